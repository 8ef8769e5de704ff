#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/number.h"
#include "io/meta.h"

static char *get_string(const cJSON *o, const char *key, mi_err *err)
{
    const cJSON *s = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsString(s) ? mi_strdup(s->valuestring, err) : NULL;
}

static int get_int(const cJSON *o, const char *key, int lo, int hi, int missing)
{
    double x;
    const cJSON *i = cJSON_GetObjectItemCaseSensitive(o, key);
    return i && mi_json_get_number(i, &x) && x >= lo && x <= hi && x == (int)x ? (int)x : missing;
}

static void get_colour(const cJSON *o, int rgb[3])
{
    const cJSON *c = cJSON_GetObjectItemCaseSensitive(o, "color");
    rgb[0] = rgb[1] = rgb[2] = -1;
    if (!cJSON_IsArray(c) || cJSON_GetArraySize(c) != 3)
        return;
    int v[3];
    for (int i = 0; i < 3; i++) {
        double x;
        if (!mi_json_get_number(cJSON_GetArrayItem(c, i), &x) || !(x >= 0 && x <= 255))
            return;
        v[i] = (int)x;
    }
    memcpy(rgb, v, sizeof v);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = ((const mi_label *)a)->value, y = ((const mi_label *)b)->value;
    return x < y ? -1 : x > y;
}

void mi_meta_sort(mi_meta *m)
{
    if (m->n_labels > 1)
        qsort(m->label, (size_t)m->n_labels, sizeof *m->label, by_value);
}

/* "labels": {"1":"tumour"} or {"1":{"name":"tumour","color":[255,0,0],"code":"SCT:..."}} */
static void get_labels(const cJSON *o, mi_meta *m, mi_err *err)
{
    const cJSON *labels = cJSON_GetObjectItemCaseSensitive(o, "labels"), *item;
    int n = cJSON_IsObject(labels) ? cJSON_GetArraySize(labels) : 0;
    mi_label *own = n ? mi_array_zero((size_t)n, sizeof *own, err) : NULL;
    if (!own)
        return;
    mi_meta_labels_free(m); /* those of another extension */
    m->label = own;
    cJSON_ArrayForEach(item, labels)
    {
        long long value;
        if (!mi_parse_int(item->string, &value))
            continue;
        mi_label *l = &m->label[m->n_labels];
        l->value = value;
        get_colour(item, l->rgb);
        l->name = cJSON_IsString(item) ? mi_strdup(item->valuestring, err)
                                       : get_string(item, "name", err);
        l->code = cJSON_IsObject(item) ? get_string(item, "code", err) : NULL;
        if (l->name || l->code || l->rgb[0] >= 0)
            m->n_labels++;
    }
    mi_meta_sort(m);
}

static int get_bundle(const cJSON *o, mi_meta *m, char why[160])
{
    const cJSON *b = cJSON_GetObjectItemCaseSensitive(o, "bundle");
    if (!b)
        return 0;
    m->bundle_index = get_int(b, "index", 1, 1 << 20, 0);
    m->bundle_of = get_int(b, "of", 1, 1 << 20, 0);
    if (m->bundle_index > 0 && m->bundle_of >= m->bundle_index)
        return 0;
    snprintf(why, 160, "its bundle needs 1 <= index <= of");
    return -1;
}

static int fill(const cJSON *mi, mi_meta *m, char why[160], mi_err *err)
{
    int schema = get_int(mi, "schema", 0, 1 << 20, 0);
    if (!cJSON_IsObject(mi) || schema != 1) {
        snprintf(why, 160, "schema %d is not known here (1 is)", schema);
        return -1;
    }
    m->role = get_string(mi, "role", err);
    m->case_id = get_string(mi, "case", err);
    m->unit = get_string(mi, "unit", err);
    m->modality = get_string(mi, "modality", err);
    get_labels(mi, m, err);
    const cJSON *padding = cJSON_GetObjectItemCaseSensitive(mi, "padding");
    m->has_padding = cJSON_GetArraySize(padding) == 2 &&
                     mi_json_get_number(cJSON_GetArrayItem(padding, 0), &m->padding[0]) &&
                     mi_json_get_number(cJSON_GetArrayItem(padding, 1), &m->padding[1]);
    m->lossy = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(mi, "lossy"));
    const cJSON *history = cJSON_GetObjectItemCaseSensitive(mi, "history");
    if (cJSON_IsArray(history) && !(m->history = cJSON_Duplicate(history, 1)))
        mi_fail(err, MI_E_MEMORY, NULL, "no memory for the history of the image");
    return get_bundle(mi, m, why);
}

int mi_meta_parse(const char *text, size_t len, mi_meta *m, char why[160], mi_err *err)
{
    while (len > 0 && (text[len - 1] == '\0' || text[len - 1] == ' ' || text[len - 1] == '\n'))
        len--;
    if (len < 8 || text[0] != '{' || memchr(text, '\0', len))
        return 0;
    mi_err own = MI_ERR_EMPTY;
    cJSON *root = mi_json_parse(text, len, &own); /* a comment may hold any text */
    const cJSON *mi = cJSON_GetObjectItemCaseSensitive(root, "mi");
    int rc = mi ? fill(mi, m, why, &own) : 0;
    if (rc < 0 || own.cls == MI_E_MEMORY)
        mi_meta_free(m);
    cJSON_Delete(root);
    if (own.cls == MI_E_MEMORY)
        return mi_fail(err, own.cls, NULL, "%s", own.message);
    return rc < 0 ? -1 : mi != NULL;
}
