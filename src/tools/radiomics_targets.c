/* Which regions a case has: labels of its masks, unions of them, names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "tools/radiomics_case.h"

int mi_case_names(mi_case_work *w, const char *path, mi_err *err)
{
    const cJSON *item;
    long long value;
    if (!path)
        return 0;
    static const char *const form = "give a JSON object such as {\"1\":\"tumour\"}";
    w->names = mi_json_read(path, err);
    if (!w->names) {
        mi_err_hint(err, "%s", form);
        return -1;
    }
    int rc = cJSON_IsObject(w->names) ? 0
                                      : mi_fail(err, MI_E_CONFIG, form, "not a JSON object");
    cJSON_ArrayForEach(item, w->names)
        if (rc == 0 && !mi_parse_int(item->string, &value))
            rc = mi_fail(err, MI_E_CONFIG, form, "%.60s: not the number of a label", item->string);
        else if (rc == 0 && !(cJSON_IsString(item) && item->valuestring[0]))
            rc = mi_fail(err, MI_E_CONFIG, form, "%.60s: not a name", item->string);
    if (rc != 0)
        mi_err_subject(err, path);
    return rc;
}

static const char *label_name(const mi_case_work *w, int mask, int64_t value)
{
    const cJSON *item;
    long long key;
    cJSON_ArrayForEach(item, w->names)
        if (mi_parse_int(item->string, &key) && key == value)
            return item->valuestring;
    return mi_meta_label_name_ref(&w->mask[mask].meta, value);
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

/* All labels that a number or a name stands for, each once: a name may be that of several. */
static bool add_members(const mi_case_work *w, int mask, const mi_label_stat *st, int n,
                        const char *word, size_t len, const mi_label_stat **member, int *members)
{
    char text[128];
    long long value;
    bool found = false;
    if (len >= sizeof text)
        return false;
    memcpy(text, word, len);
    text[len] = '\0';
    bool number = mi_parse_int(text, &value);
    for (int i = 0; i < n; i++) {
        const char *name = label_name(w, mask, st[i].value);
        if (number ? st[i].value != value : !name || strcmp(name, text) != 0)
            continue;
        found = true;
        int k = 0;
        while (k < *members && member[k] != &st[i])
            k++;
        member[k] = &st[i];
        *members = k == *members ? k + 1 : *members;
    }
    return found;
}

/* "spleen+liver" when every member has a name. */
static int name_target(const mi_case_work *w, mi_target *t, mi_err *err)
{
    mi_text all = MI_TEXT_EMPTY;
    int rc = 0;
    for (int i = 0; i < t->n_label; i++) {
        const char *name = label_name(w, t->mask, t->label[i]);
        if (!name) {
            mi_text_free(&all);
            return 0;
        }
        mi_text_addf(&all, "%s%s", i ? "+" : "", name);
    }
    if (all.failed || !(t->name = mi_strdup(mi_text_ref(&all), err)))
        rc = mi_fail(err, MI_E_MEMORY, NULL, "no memory for the names of labels");
    mi_text_free(&all);
    return rc;
}

/* The labels that a word such as "1+tumour" names, each once; NULL: not all are there. */
static bool find_members(const mi_case_work *w, int mask, const mi_label_stat *st, int n,
                         const char *word, const mi_label_stat **member, int *members)
{
    *members = 0;
    for (const char *p = word; *p;) {
        size_t len = strcspn(p, "+");
        if (!add_members(w, mask, st, n, p, len, member, members))
            return false;
        p += len + (p[len] == '+');
    }
    return *members > 0;
}

/* One word of --label in one mask, a target for a union, else one for each label of that name: 1
   made, 0 not all members are there, -1 no memory. */
static int target_of_word(mi_case_work *w, int mask, const mi_label_stat *st, int n,
                          const char *word, mi_err *err)
{
    const mi_label_stat **member = mi_array((size_t)n + 1, sizeof *member, err);
    int members = 0, rc = member ? 0 : -1;
    if (rc == 0 && find_members(w, mask, st, n, word, member, &members)) {
        const bool together = strchr(word, '+') != NULL;
        mi_target *t = NULL;
        for (int i = 0; rc == 0 && i < members; i++) {
            if (i == 0 || !together)
                t = target_add(w, mask, err);
            bool last = i + 1 == members || !together;
            if (!t || target_member(t, member[i], err) != 0 ||
                (last && name_target(w, t, err) != 0))
                rc = -1;
        }
        rc = rc == 0 ? 1 : -1;
    }
    free(member);
    return rc;
}

typedef struct mask_stats { mi_label_stat *st; int n; } mask_stats;

/* How many labels an error lists. */
enum { SHOWN_MAX = 12 };

/* A name that is spelled much the same. */
static void hint_nearest(const mi_case_work *w, const mask_stats *all, const char *word,
                         mi_err *err)
{
    int n = 0;
    for (int m = 0; m < w->n_masks; m++)
        n += all[m].n;
    const char **names = mi_array_zero((size_t)n + 1, sizeof *names, NULL);
    n = 0;
    for (int m = 0; names && m < w->n_masks; m++)
        for (int i = 0; i < all[m].n; i++) {
            names[n] = label_name(w, m, all[m].st[i].value);
            n += names[n] != NULL;
        }
    const char *near = names ? mi_nearest(word, names) : NULL;
    if (near)
        mi_err_hint(err, "did you mean %s?", near);
    free(names);
}

static int absent(const mi_case_work *w, const mask_stats *all, const char *word, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    int there = 0;
    for (int m = 0; m < w->n_masks; m++)
        for (int i = 0; i < all[m].n; i++, there++) {
            const char *name = label_name(w, m, all[m].st[i].value);
            if (there < SHOWN_MAX)
                mi_text_addf(&t, "%s%lld%s%s%s (%lld voxels)", there ? ", " : "",
                             (long long)all[m].st[i].value, name ? " '" : "", name ? name : "",
                             name ? "'" : "", (long long)all[m].st[i].voxels);
        }
    char many[40] = "";
    if (there > SHOWN_MAX)
        snprintf(many, sizeof many, "%d, the first of them ", there);
    int rc = mi_fail(err, MI_E_EMPTY, NULL, "label %s is not in the mask; there %s %s%s", word,
                     there == 1 ? "is" : "are", many, there ? mi_text_ref(&t) : "no labels at all");
    mi_err_subject(err, w->n_masks == 1 ? w->mask[0].name : NULL);
    hint_nearest(w, all, word, err);
    if (there > SHOWN_MAX)
        mi_err_hint(err, "mi-info MASK lists them all");
    mi_err_hint(err, there ? "choose among these, or leave out --label to measure every label"
                           : "a mask marks the region with non-zero voxels");
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

/* More labels than this in one map, or half as many as a byte holds where they lie about like the
   values of an image, are an image given as mask, unless they are asked for by --label. */
enum { LABELS_MAX = 1000, SCATTERED_MAX = 64 };

static bool is_an_image(const mi_volume *mask, int labels)
{
    return labels > LABELS_MAX || (labels > SCATTERED_MAX && !mi_labels_likely(mask));
}

static int choose_all(mi_case_work *w, const mask_stats *all, mi_err *err)
{
    for (int m = 0; m < w->n_masks; m++)
        if (is_an_image(&w->mask[m], all[m].n)) {
            mi_fail(err, MI_E_DATA, "image first, then its mask; --label chooses among many labels",
                    "mask has %d labels: an image given as mask?", all[m].n);
            mi_err_subject(err, w->mask[m].name);
            return -1;
        }
    for (int m = 0; m < w->n_masks; m++)
        for (int i = 0; i < all[m].n; i++) {
            mi_target *t = target_add(w, m, err);
            if (!t || target_member(t, &all[m].st[i], err) != 0 || name_target(w, t, err) != 0)
                return -1;
        }
    return 0;
}

int mi_case_label_check(const char *word, mi_err *err)
{
    for (const char *p = word;; p++) {
        size_t n = strcspn(p, "+");
        if (n == 0)
            return mi_fail(err, MI_E_USAGE, "a label is a number or a name, a union 1+2",
                           *word ? "'%s' is no label: nothing on one side of the +"
                                 : "'%s' is no label", word);
        p += n;
        if (!*p)
            return 0;
    }
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
