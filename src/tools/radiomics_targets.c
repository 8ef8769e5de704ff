/* Which regions a case has: labels of its masks, unions of them, names. */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "tools/radiomics_case.h"

static const char *label_name(const mi_case_work *w, int mask, int64_t value)
{
    char key[32];
    const cJSON *given = NULL;
    if (w->names) {
        given = cJSON_GetObjectItemCaseSensitive(w->names, mi_number((double)value, key));
    }
    return cJSON_IsString(given) ? given->valuestring
                                 : mi_meta_label_name_ref(&w->mask[mask].meta, value);
}

static void box_join(mi_box *a, const mi_box *b)
{
    for (int d = 0; d < 3; d++) {
        a->lo[d] = b->lo[d] < a->lo[d] ? b->lo[d] : a->lo[d];
        a->hi[d] = b->hi[d] > a->hi[d] ? b->hi[d] : a->hi[d];
    }
}

static mi_target *target_add(mi_case_work *w, int mask, mi_err *err)
{
    mi_target *more = mi_regrow(w->target, (size_t)w->n_targets + 1, sizeof *more, err);
    if (!more)
        return NULL;
    w->target = more;
    w->target[w->n_targets] = (mi_target){ .mask = mask };
    return &w->target[w->n_targets++];
}

static int target_member(mi_target *t, const mi_label_stat *s, mi_err *err)
{
    int64_t *more = mi_regrow(t->label, (size_t)t->n_label + 1, sizeof *more, err);
    if (!more)
        return -1;
    t->label = more;
    t->label[t->n_label++] = s->value;
    if (t->n_label == 1)
        t->box = s->box;
    else
        box_join(&t->box, &s->box);
    t->voxels += s->voxels;
    return 0;
}

static const mi_label_stat *find_stat(const mi_case_work *w, int mask, const mi_label_stat *st,
                                      int n, const char *word, size_t len)
{
    char text[128];
    if (len >= sizeof text)
        return NULL;
    memcpy(text, word, len);
    text[len] = '\0';
    long long value;
    bool number = mi_parse_int(text, &value);
    for (int i = 0; i < n; i++) {
        const char *name = label_name(w, mask, st[i].value);
        if (number ? st[i].value == value : name && strcmp(name, text) == 0)
            return &st[i];
    }
    return NULL;
}

/* One word of --label in one mask: 1 target made, 0 not all members are there, -1 no memory. */
static int target_of_word(mi_case_work *w, int mask, const mi_label_stat *st, int n,
                          const char *word, mi_err *err)
{
    const mi_label_stat *member[64];
    int members = 0;
    for (const char *p = word; *p && members < MI_COUNT(member);) {
        size_t len = strcspn(p, "+");
        const mi_label_stat *s = find_stat(w, mask, st, n, p, len);
        if (!s)
            return 0;
        bool again = false;
        for (int i = 0; i < members; i++)
            again = again || member[i] == s;
        if (!again)
            member[members++] = s;
        p += len + (p[len] == '+');
    }
    mi_target *t = members ? target_add(w, mask, err) : NULL;
    if (!t)
        return members ? -1 : 0;
    for (int i = 0; i < members; i++)
        if (target_member(t, member[i], err) != 0)
            return -1;
    t->name = members == 1 ? label_name(w, mask, member[0]->value) : NULL;
    return 1;
}

typedef struct mask_stats { mi_label_stat *st; int n; } mask_stats;

static int absent(const mi_case_work *w, const mask_stats *all, const char *word, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    int shown = 0;
    for (int m = 0; m < w->n_masks; m++)
        for (int i = 0; i < all[m].n && shown < 12; i++, shown++) {
            const char *name = label_name(w, m, all[m].st[i].value);
            mi_text_addf(&t, "%s%lld%s%s%s (%lld voxels)", shown ? ", " : "",
                         (long long)all[m].st[i].value, name ? " '" : "", name ? name : "",
                         name ? "'" : "", (long long)all[m].st[i].voxels);
        }
    int rc = mi_fail(err, MI_E_EMPTY, NULL, "label %s is not in the mask; there %s %s", word,
                     shown == 1 ? "is" : "are", shown ? mi_text_ref(&t) : "no labels at all");
    mi_err_subject(err, w->n_masks == 1 ? w->mask[0].name : NULL);
    mi_text_free(&t);
    return rc;
}

static int choose_named(mi_case_work *w, const mask_stats *all, const mi_list *label, mi_err *err)
{
    for (int i = 0; i < label->n; i++) {
        bool found = false;
        for (int m = 0; m < w->n_masks; m++) {
            int made = target_of_word(w, m, all[m].st, all[m].n, label->item[i], err);
            if (made < 0)
                return -1;
            found = found || made;
        }
        if (!found)
            return absent(w, all, label->item[i], err);
    }
    return 0;
}

/* Labels in ascending order within what came from one file, in however many maps. */
static void sort_targets(mi_case_work *w)
{
    for (int i = 1; i < w->n_targets; i++)
        for (int j = i; j > 0; j--) {
            mi_target *a = &w->target[j - 1], *b = &w->target[j], t;
            if (strcmp(w->mask[a->mask].name, w->mask[b->mask].name) != 0 ||
                a->n_label == 0 || b->n_label == 0 || a->label[0] <= b->label[0])
                break;
            t = *a;
            *a = *b;
            *b = t;
        }
}

/* More labels than this in one map are an image given as mask, unless they are asked for by --label. */
enum { LABELS_MAX = 1000 };

static int choose_all(mi_case_work *w, const mask_stats *all, mi_err *err)
{
    for (int m = 0; m < w->n_masks; m++)
        if (all[m].n > LABELS_MAX) {
            mi_fail(err, MI_E_DATA, "image first, then its mask; --label chooses among many labels",
                    "mask has %d labels: an image given as mask?", all[m].n);
            mi_err_subject(err, w->mask[m].name);
            return -1;
        }
    for (int m = 0; m < w->n_masks; m++)
        for (int i = 0; i < all[m].n; i++) {
            mi_target *t = target_add(w, m, err);
            if (!t || target_member(t, &all[m].st[i], err) != 0)
                return -1;
            t->name = label_name(w, m, all[m].st[i].value);
        }
    return 0;
}

int mi_case_targets(mi_case_work *w, const mi_list *label, mi_err *err)
{
    mask_stats *all = mi_array_zero((size_t)w->n_masks, sizeof *all, err);
    int rc = all ? 0 : -1, labelled = 0;
    for (int m = 0; rc == 0 && m < w->n_masks; m++) {
        rc = mi_labels_count(&w->mask[m], &all[m].st, &all[m].n, err);
        if (rc == 0 && all[m].n == 0 && label->n == 0)
            rc = target_add(w, m, err) ? 0 : -1;
        else
            labelled += rc == 0;
        if (rc != 0)
            mi_err_subject(err, w->mask[m].name);
    }
    if (rc == 0 && labelled == 0 && label->n == 0) {
        rc = mi_fail(err, MI_E_EMPTY, "a mask marks the region with non-zero voxels",
                     "mask is empty: all voxels are 0");
        mi_err_subject(err, w->mask[0].name);
    }
    if (rc == 0)
        rc = label->n ? choose_named(w, all, label, err) : choose_all(w, all, err);
    if (rc == 0 && label->n == 0)
        sort_targets(w);
    for (int m = 0; all && m < w->n_masks; m++)
        free(all[m].st);
    free(all);
    return rc;
}
