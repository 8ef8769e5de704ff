#include "tools/info.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/number.h"

/* All figures are rounded to this many digits; --json has them in full. */
enum { DIGITS = 6 };

static const cJSON *get(const cJSON *o, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(o, key);
}

static const char *text_of(const cJSON *o, const char *key)
{
    const cJSON *s = get(o, key);
    return cJSON_IsString(s) ? s->valuestring : NULL;
}

static double number_of(const cJSON *item)
{
    double x = NAN;
    mi_json_get_number(item, &x);
    return x;
}

static void add_number(mi_text *t, double x)
{
    char s[MI_NUMBER_SIZE];
    if (isnan(x))
        mi_text_add(t, "n/a");
    else
        mi_text_add(t, fabs(x) < 1e15 && x == floor(x) ? mi_number(x, s)
                                                       : mi_number_short(x, DIGITS, s));
}

/* Text of a file on a terminal: control characters become '?'. */
static void add_safe(mi_text *t, const char *s)
{
    for (; s && *s; s++)
        mi_text_addn(t, (unsigned char)*s < 32 || *s == 127 ? "?" : s, 1);
}

static void begin(mi_text *t, const char *key)
{
    mi_text_addf(t, "  %-12s ", key);
}

static void line(mi_text *t, const char *key, const char *value)
{
    if (!value || !*value)
        return;
    begin(t, key);
    add_safe(t, value);
    mi_text_add(t, "\n");
}

static void add_list(mi_text *t, const cJSON *list, const char *between)
{
    for (const cJSON *i = list ? list->child : NULL; i; i = i->next) {
        add_number(t, number_of(i));
        mi_text_add(t, i->next ? between : "");
    }
}

/* ---- lines of an item ---- */

static void add_format(mi_text *t, const cJSON *header)
{
    const char *packed = text_of(header, "compression"), *order = text_of(header, "byte_order");
    if (!text_of(header, "format"))
        return;
    begin(t, "format");
    add_safe(t, text_of(header, "format"));
    if (text_of(header, "files") && strcmp(text_of(header, "files"), "pair") == 0)
        mi_text_add(t, ", two files");
    if (packed && strcmp(packed, "none") != 0)
        mi_text_addf(t, ", %s", packed);
    if (order)
        mi_text_addf(t, ", %s-endian", order);
    mi_text_add(t, "\n");
    double frames = number_of(get(header, "frames"));
    if (frames > 1) {
        begin(t, "frames");
        mi_text_addf(t, "%.0f, this is %.0f\n", frames, number_of(get(header, "frame")));
    }
}

static void add_geometry(mi_text *t, const cJSON *item)
{
    const cJSON *m = get(item, "affine");
    const char *from = text_of(get(item, "header"), "orientation_from");
    begin(t, "size");
    add_list(t, get(item, "size"), " x ");
    mi_text_add(t, "\n");
    begin(t, "voxel size");
    add_list(t, get(item, "spacing"), " x ");
    mi_text_add(t, " mm, ");
    add_number(t, number_of(get(item, "voxel_volume_mm3")));
    mi_text_add(t, " mm3\n");
    begin(t, "axes");
    mi_text_add(t, text_of(item, "orientation"));
    if (from)
        mi_text_addf(t, ", from the %s", from);
    mi_text_add(t, "\n");
    begin(t, "first voxel");
    for (int r = 0; r < 3; r++) {
        add_number(t, number_of(cJSON_GetArrayItem(cJSON_GetArrayItem(m, r), 3)));
        mi_text_add(t, r < 2 ? ", " : " mm (right, front, top)\n");
    }
}

static void add_values(mi_text *t, const cJSON *item)
{
    begin(t, "type");
    mi_text_add(t, text_of(item, "type"));
    double slope = number_of(get(item, "slope")), inter = number_of(get(item, "inter"));
    if (get(item, "slope")) {
        mi_text_add(t, ", value = ");
        if (slope != 1)
            add_number(t, slope);
        mi_text_add(t, slope != 1 ? " * stored" : "stored");
        if (inter != 0)
            mi_text_add(t, inter < 0 ? " - " : " + ");
        if (inter != 0)
            add_number(t, fabs(inter));
    }
    mi_text_add(t, "\n");
}

static void add_bundle(mi_text *t, const cJSON *b)
{
    if (!b)
        return;
    begin(t, "bundle");
    mi_text_addf(t, "item %.0f of %.0f\n", number_of(get(b, "index")), number_of(get(b, "of")));
}

static void add_stats(mi_text *t, const cJSON *s)
{
    static const char *const keys[] = { "min", "max", "mean", "sd", "p1", "p5", "p25", "p50",
                                        "p75", "p95", "p99", "not_finite" };
    if (!s)
        return;
    for (int i = 0; i < MI_COUNT(keys); i++) {
        if (!get(s, keys[i]))
            continue;
        begin(t, strcmp(keys[i], "not_finite") == 0 ? "not finite" : keys[i]);
        add_number(t, number_of(get(s, keys[i])));
        mi_text_add(t, "\n");
    }
}

static void add_unpadded(mi_text *t, const cJSON *s)
{
    static const char *const keys[] = { "min", "max", "mean", "sd" };
    if (!s)
        return;
    begin(t, "no padding");
    for (int i = 0; i < MI_COUNT(keys); i++) {
        mi_text_addf(t, "%s%s ", i ? ", " : "", keys[i]);
        add_number(t, number_of(get(s, keys[i])));
    }
    mi_text_add(t, "\n");
}

/* ---- the table of labels ---- */

typedef struct column {
    const char *title, *key; /* key of the label, or of its stats */
    bool of_stats;
} column;

static const column columns[] = {
    { "label", "value", false }, { "name", "name", false },      { "voxels", "voxels", false },
    { "mm3", "volume_mm3", false }, { "ml", "volume_ml", false }, { "min", "min", true },
    { "max", "max", true },      { "mean", "mean", true },       { "sd", "sd", true },
    { "median", "p50", true },   { "first", "first", false },    { "last", "last", false },
};
enum { COLUMNS = sizeof columns / sizeof columns[0], CELL = 48 };

/* A lack of memory is noted in *of. */
static void cell(mi_text *of, const cJSON *label, const column *c, char out[CELL])
{
    const cJSON *x = get(c->of_stats ? get(label, "stats") : label, c->key);
    mi_text t = MI_TEXT_EMPTY;
    if (cJSON_IsString(x))
        add_safe(&t, x->valuestring);
    else if (cJSON_IsArray(x))
        add_list(&t, x, ",");
    else if (cJSON_IsRaw(x) && !strpbrk(x->valuestring, ".e"))
        mi_text_add(&t, x->valuestring); /* counts and labels to the last digit */
    else if (x)
        add_number(&t, number_of(x));
    of->failed = of->failed || t.failed;
    snprintf(out, CELL, "%s", mi_text_ref(&t));
    mi_text_free(&t);
}

/* Characters, not bytes, take room on a terminal. */
static int width_of(const char *s)
{
    int n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static void add_row(mi_text *t, const cJSON *label, const int width[COLUMNS])
{
    char s[CELL];
    mi_text_add(t, "   ");
    for (int i = 0; i < COLUMNS; i++) {
        if (width[i] == 0)
            continue;
        if (label)
            cell(t, label, &columns[i], s);
        else
            snprintf(s, sizeof s, "%s", columns[i].title);
        mi_text_addf(t, " %*s%s", width[i] + 1 - width_of(s), "", s);
    }
    mi_text_add(t, "\n");
}

static void add_labels(mi_text *t, const cJSON *labels)
{
    int width[COLUMNS] = { 0 };
    char s[CELL];
    if (!labels)
        return;
    begin(t, "labels");
    mi_text_addf(t, "%d\n", cJSON_GetArraySize(labels));
    for (const cJSON *l = labels->child; l; l = l->next)
        for (int i = 0; i < COLUMNS; i++) {
            cell(t, l, &columns[i], s);
            int n = width_of(s), title = width_of(columns[i].title);
            n = n && n < title ? title : n;
            width[i] = n > width[i] ? n : width[i];
        }
    if (labels->child)
        add_row(t, NULL, width);
    for (const cJSON *l = labels->child; l; l = l->next)
        add_row(t, l, width);
}

/* "mi-preproc 1.0.0: resample, clip" */
static void add_history(mi_text *t, const cJSON *history)
{
    for (const cJSON *h = history ? history->child : NULL; h; h = h->next) {
        const cJSON *steps = get(h, "steps");
        begin(t, "history");
        add_safe(t, text_of(h, "tool") ? text_of(h, "tool") : "?");
        if (text_of(h, "version")) {
            mi_text_add(t, " ");
            add_safe(t, text_of(h, "version"));
        }
        const char *between = ": ";
        for (const cJSON *s = steps ? steps->child : NULL; s; s = s->next) {
            if (!text_of(s, "op"))
                continue;
            mi_text_add(t, between);
            add_safe(t, text_of(s, "op"));
            between = ", ";
        }
        mi_text_add(t, "\n");
    }
}

static void add_warnings(mi_text *t, const cJSON *warnings)
{
    for (const cJSON *w = warnings ? warnings->child : NULL; w; w = w->next)
        line(t, "warning", text_of(w, "why"));
}

static void add_item(mi_text *t, const cJSON *item, int of)
{
    if (of > 1) {
        mi_text_addf(t, "  --- item %.0f of %d", number_of(get(item, "index")), of);
        if (text_of(item, "mask_file")) {
            mi_text_add(t, ": ");
            add_safe(t, text_of(item, "mask_file"));
        }
        mi_text_add(t, "\n");
    }
    add_format(t, get(item, "header"));
    add_values(t, item);
    add_geometry(t, item);
    line(t, "role", text_of(item, "role"));
    line(t, "case", text_of(item, "case"));
    line(t, "modality", text_of(item, "modality"));
    line(t, "unit", text_of(item, "unit"));
    add_bundle(t, get(item, "bundle"));
    line(t, "digest", text_of(item, "digest"));
    if (!get(item, "labels")) { /* the mean of label numbers says nothing */
        add_stats(t, get(item, "stats"));
        add_unpadded(t, get(item, "stats_without_padding"));
    }
    add_labels(t, get(item, "labels"));
    add_history(t, get(item, "history"));
    add_warnings(t, get(item, "warnings"));
}

/* ---- DICOM ---- */

static void add_count(mi_text *t, double n, const char *what)
{
    mi_text_addf(t, "  %.0f %s%s", n, what, n == 1 ? "" : "s");
}

/* Segments, regions and measurements of objects that mark something in images. */
static void add_marks(mi_text *t, const cJSON *s)
{
    const cJSON *m;
    cJSON_ArrayForEach(m, get(s, "segments"))
    {
        mi_text_addf(t, "    segment %.0f  ", number_of(get(m, "number")));
        add_safe(t, text_of(m, "name"));
        if (get(m, "voxels"))
            add_count(t, number_of(get(m, "voxels")), "voxel");
        if (get(m, "volume_mm3")) {
            mi_text_add(t, "  ");
            add_number(t, number_of(get(m, "volume_mm3")));
            mi_text_add(t, " mm3");
        }
        mi_text_add(t, "\n");
    }
    cJSON_ArrayForEach(m, get(s, "rois"))
    {
        mi_text_addf(t, "    region %.0f  ", number_of(get(m, "number")));
        add_safe(t, text_of(m, "name"));
        add_count(t, number_of(get(m, "contours")), "contour");
        mi_text_add(t, "\n");
    }
    cJSON_ArrayForEach(m, get(s, "measurements"))
    {
        mi_text_add(t, "    ");
        add_safe(t, text_of(m, "concept"));
        if (text_of(m, "derivation")) {
            mi_text_add(t, ", ");
            add_safe(t, text_of(m, "derivation"));
        }
        mi_text_add(t, "  ");
        add_number(t, number_of(get(m, "value")));
        mi_text_add(t, " ");
        add_safe(t, text_of(m, "unit"));
        mi_text_add(t, "\n");
    }
}

/* How many files there were, and how many were of no use. */
static void add_dicom(mi_text *t, const cJSON *d)
{
    double none = number_of(get(d, "not_dicom")), damaged = number_of(get(d, "damaged"));
    begin(t, "format");
    mi_text_addf(t, "DICOM, %.0f file%s", number_of(get(d, "files")),
                 number_of(get(d, "files")) == 1 ? "" : "s");
    if (none > 0)
        mi_text_addf(t, ", %.0f of them no DICOM", none);
    if (damaged > 0)
        mi_text_addf(t, ", %.0f damaged", damaged);
    mi_text_add(t, "\n");
}

/* Is it told below, of the image that the series makes? */
static bool is_told(const cJSON *items, const char *why)
{
    const cJSON *i, *w;
    cJSON_ArrayForEach(i, items)
        cJSON_ArrayForEach(w, get(i, "warnings"))
            if (text_of(w, "why") && strcmp(text_of(w, "why"), why) == 0)
                return true;
    return false;
}

static void add_series(mi_text *t, const cJSON *s, const cJSON *items)
{
    begin(t, "series");
    add_number(t, number_of(get(s, "number")));
    mi_text_addf(t, "  %s", text_of(s, "modality") ? text_of(s, "modality") : "?");
    if (get(s, "size")) {
        mi_text_add(t, "  ");
        add_list(t, get(s, "size"), " x ");
        mi_text_add(t, ", ");
        add_list(t, get(s, "spacing"), " x ");
        mi_text_add(t, " mm");
    }
    add_count(t, number_of(get(s, "objects")), "object");
    if (text_of(s, "description")) {
        mi_text_add(t, "  ");
        add_safe(t, text_of(s, "description"));
    }
    mi_text_addf(t, "  %s\n", text_of(s, "series") ? text_of(s, "series") : "");
    add_marks(t, s);
    for (const cJSON *w = get(s, "wrong") ? get(s, "wrong")->child : NULL; w; w = w->next)
        if (!is_told(items, w->valuestring))
            line(t, "warning", w->valuestring);
}

void mi_info_text(const cJSON *doc, mi_text *t)
{
    const cJSON *items = get(doc, "items"), *series = get(doc, "series");
    int n = cJSON_GetArraySize(items);
    add_safe(t, text_of(doc, "file"));
    mi_text_add(t, "\n");
    if (get(doc, "dicom"))
        add_dicom(t, get(doc, "dicom"));
    for (const cJSON *s = series ? series->child : NULL; s; s = s->next)
        add_series(t, s, items);
    for (const cJSON *i = items ? items->child : NULL; i; i = i->next)
        add_item(t, i, n);
}
