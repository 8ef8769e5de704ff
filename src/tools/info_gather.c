#include "tools/info.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/memory.h"
#include "base/number.h"
#include "image/grid.h"
#include "image/labels.h"
#include "image/summary.h"
#include "io/source.h"

/* One file while it is looked at. */
typedef struct gathering {
    const mi_info_opts *o;
    const mi_reading_opts *input;
    mi_source_opts source;
    cJSON *items;    /* of the document */
    mi_volume image; /* the first one, with voxels, when masks may follow; else empty */
    bool has_image;
} gathering;

static int no_memory(mi_err *err)
{
    return mi_fail(err, MI_E_MEMORY, NULL, "no memory for what is known of the file");
}

/* ---- parts of an item ---- */

static cJSON *sizes(const int64_t n[3])
{
    const double x[3] = { (double)n[0], (double)n[1], (double)n[2] };
    return mi_json_numbers(x, 3);
}

static cJSON *affine(const mi_grid *g)
{
    cJSON *a = cJSON_CreateArray();
    for (int r = 0; r < 3; r++)
        if (!a || !cJSON_AddItemToArray(a, mi_json_numbers(g->m[r], 4))) {
            cJSON_Delete(a);
            return NULL;
        }
    return a;
}

static bool add_grid(cJSON *item, const mi_volume *v)
{
    char axes[4];
    mi_grid_orientation(&v->grid, axes);
    return mi_json_add_string(item, "type", mi_type_name(v->type)) &&
           mi_json_add(item, "size", sizes(v->grid.n)) &&
           mi_json_add(item, "spacing", mi_json_numbers(v->grid.spacing, 3)) &&
           mi_json_add_number(item, "voxel_volume_mm3", mi_grid_voxel_volume(&v->grid)) &&
           mi_json_add_string(item, "orientation", axes) &&
           mi_json_add(item, "affine", affine(&v->grid)) &&
           ((v->slope == 1 && v->inter == 0) ||
            (mi_json_add_number(item, "slope", v->slope) &&
             mi_json_add_number(item, "inter", v->inter)));
}

static bool add_bundle(cJSON *item, const mi_meta *m)
{
    cJSON *b = m->bundle_of > 0 ? cJSON_AddObjectToObject(item, "bundle") : NULL;
    return m->bundle_of == 0 || (b && mi_json_add_number(b, "index", m->bundle_index) &&
                                 mi_json_add_number(b, "of", m->bundle_of));
}

static bool add_meta(cJSON *item, const mi_meta *m)
{
    return mi_json_add_string(item, "role", m->role) &&
           mi_json_add_string(item, "case", m->case_id) &&
           mi_json_add_string(item, "modality", m->modality) &&
           mi_json_add_string(item, "unit", m->unit) && add_bundle(item, m) &&
           (!m->has_padding || mi_json_add(item, "padding", mi_json_numbers(m->padding, 2))) &&
           (!m->lossy || mi_json_add(item, "lossy", cJSON_CreateTrue()));
}

static bool add_warnings(cJSON *item, const mi_warnings *w)
{
    if (w->lost)
        return false;
    cJSON *a = w->n > 0 ? cJSON_AddArrayToObject(item, "warnings") : NULL;
    for (int i = 0; a && i < w->n; i++) {
        cJSON *x = cJSON_CreateObject();
        if (!x || !mi_json_add_string(x, "code", w->item[i].code) ||
            !mi_json_add_string(x, "why", w->item[i].why) || !cJSON_AddItemToArray(a, x)) {
            cJSON_Delete(x);
            return false;
        }
    }
    return w->n == 0 || a;
}

/* Summary of the values of v in box b, where `mask` (or NULL) holds `label`, as member `name`. */
static int add_stats(cJSON *to, const char *name, const mi_volume *v, const mi_box *b,
                     const mi_volume *mask, int64_t label, mi_err *err)
{
    mi_summary s;
    if (mi_volume_summary(v, b, mask, label, &s, err) != 0)
        return -1;
    cJSON *j = cJSON_AddObjectToObject(to, name);
    bool ok = j && mi_json_add_number(j, "voxels", (double)s.n) &&
              (s.not_finite == 0 ||
               mi_json_add_number(j, "not_finite", (double)s.not_finite)) &&
              mi_json_add_number(j, "min", s.min) && mi_json_add_number(j, "max", s.max) &&
              mi_json_add_number(j, "mean", s.mean) && mi_json_add_number(j, "sd", s.sd);
    static const char *const key[] = { "p1", "p5", "p25", "p50", "p75", "p95", "p99" };
    for (int p = 0; ok && p < MI_PERCENTILES; p++)
        ok = mi_json_add_number(j, key[p], s.percentile[p]);
    return ok ? 0 : no_memory(err);
}

static const mi_label *known_label(const mi_meta *m, int64_t value)
{
    for (int i = 0; i < m->n_labels; i++)
        if (m->label[i].value == value)
            return &m->label[i];
    return NULL;
}

static cJSON *label_json(const mi_volume *v, const mi_label_stat *st, bool with_box)
{
    double mm3 = (double)st->voxels * mi_grid_voxel_volume(&v->grid);
    const mi_label *l = known_label(&v->meta, st->value);
    cJSON *j = cJSON_CreateObject();
    int64_t last[3] = { st->box.hi[0] - 1, st->box.hi[1] - 1, st->box.hi[2] - 1 };
    bool ok = j && mi_json_add(j, "value", mi_json_integer(st->value)) &&
              mi_json_add_string(j, "name", l ? l->name : NULL) &&
              mi_json_add_string(j, "code", l ? l->code : NULL) &&
              mi_json_add_number(j, "voxels", (double)st->voxels) &&
              mi_json_add_number(j, "volume_mm3", mm3) &&
              mi_json_add_number(j, "volume_ml", mm3 / 1000);
    if (ok && with_box)
        ok = mi_json_add(j, "first", sizes(st->box.lo)) && mi_json_add(j, "last", sizes(last));
    if (ok)
        return j;
    cJSON_Delete(j);
    return NULL;
}

/* Each label with its count, and with --stats its box. */
static int add_labels(gathering *g, cJSON *item, const mi_volume *v, const mi_label_stat *st, int n,
                      mi_err *err)
{
    cJSON *a = cJSON_AddArrayToObject(item, "labels");
    for (int i = 0; a && i < n; i++) {
        cJSON *j = label_json(v, &st[i], g->o->stats);
        if (!j || !cJSON_AddItemToArray(a, j)) {
            cJSON_Delete(j);
            return no_memory(err);
        }
    }
    return a ? 0 : no_memory(err);
}

/* ---- items ---- */

/* Could this be a label map, by what is said of it? */
static bool may_be_labels(const mi_info_opts *o, const mi_volume *v, bool from_mask)
{
    const char *role = v->meta.role;
    if (from_mask || o->as == MI_INFO_MASK)
        return true;
    return o->as == MI_INFO_AUTO && (!role || strcmp(role, "mask") == 0) && v->inter == 0;
}

/* It is one when we were told so; else when it looks like one. Then *st, *n are filled and 1 is
   returned. */
static int find_labels(const mi_info_opts *o, const mi_volume *v, bool from_mask,
                       mi_label_stat **st, int *n, mi_err *err)
{
    bool told = from_mask || o->as == MI_INFO_MASK ||
                (v->meta.role && strcmp(v->meta.role, "mask") == 0);
    if (!may_be_labels(o, v, from_mask) || (!told && !mi_labels_likely(v)))
        return 0;
    mi_err own = MI_ERR_EMPTY;
    if (mi_labels_count(v, st, n, &own) == 0)
        return 1;
    if (!told && own.cls != MI_E_MEMORY)
        return 0;
    *err = own;
    return -1;
}

/* The values of the file's image under each label of a map on its grid. A mask file must fit; an
   item of a stream that does not fit is told in a warning. v is turned to the image's axes. */
static int add_label_stats(gathering *g, cJSON *labels, mi_volume *v, bool from_mask, mi_err *err)
{
    mi_axes axes;
    mi_err own = MI_ERR_EMPTY;
    mi_label_stat *st = NULL;
    int n = 0;
    if (mi_grid_same(&g->image.grid, &v->grid, g->input->grid_tolerance, "image", "mask", &axes,
                     &own) != 0) {
        if (from_mask)
            *err = own;
        else
            mi_warn(&v->warnings, "grid", "%s", own.message);
        return from_mask ? -1 : 0;
    }
    int rc = mi_volume_rearrange(v, &axes, err);
    if (rc == 0)
        rc = mi_labels_count(v, &st, &n, err); /* boxes turn with the axes, the order stays */
    cJSON *to = labels ? labels->child : NULL;
    for (int i = 0; rc == 0 && i < n && to; i++, to = to->next)
        rc = add_stats(to, "stats", &g->image, &st[i].box, v, st[i].value, err);
    free(st);
    return rc;
}

/* Of the whole image: all voxels as they are held, and those that are no padding. */
static int add_image_stats(cJSON *item, const mi_volume *v, mi_err *err)
{
    mi_box all = { { 0, 0, 0 }, { v->grid.n[0], v->grid.n[1], v->grid.n[2] } };
    mi_volume held = *v; /* borrowed: only read */
    held.meta.has_padding = false;
    int rc = add_stats(item, "stats", &held, &all, NULL, 0, err);
    if (rc == 0 && v->meta.has_padding)
        rc = add_stats(item, "stats_without_padding", v, &all, NULL, 0, err);
    return rc;
}

/* What only the voxels tell. v may be taken as the image for masks that follow. */
static int look_at_voxels(gathering *g, cJSON *item, mi_volume *v, bool from_mask, mi_err *err)
{
    mi_label_stat *st = NULL;
    int n = 0, rc = 0;
    char digest[72];
    if (g->o->digest) {
        rc = mi_volume_digest(v, digest, err);
        if (rc == 0 && !mi_json_add_string(item, "digest", digest))
            rc = no_memory(err);
    }
    if (rc == 0 && g->o->stats)
        rc = add_image_stats(item, v, err);
    int labels = rc == 0 ? find_labels(g->o, v, from_mask, &st, &n, err) : -1;
    if (labels < 0)
        return -1;
    if (labels == 0) {
        if (!g->has_image && g->o->stats) {
            g->image = *v;
            g->has_image = true;
            *v = (mi_volume)MI_VOLUME_EMPTY;
        }
        return 0;
    }
    rc = add_labels(g, item, v, st, n, err);
    free(st);
    if (rc == 0 && g->o->stats && g->has_image)
        rc = add_label_stats(g, cJSON_GetObjectItem(item, "labels"), v, from_mask, err);
    return rc;
}

static int read_voxels(gathering *g, mi_source *src, mi_volume *v, bool from_mask, mi_err *err)
{
    if (may_be_labels(g->o, v, from_mask) && !g->o->digest)
        return mi_source_labels(src, v, err);
    return mi_source_voxels(src, v, 0, v->grid.n[2], err);
}

/* Fill `item` from the head and, unless --header, the voxels. */
static int add_item(gathering *g, mi_source *src, mi_volume *v, const char *mask, cJSON *item,
                    mi_err *err)
{
    bool dicom = strcmp(mi_source_format_ref(src), "dicom") == 0;
    cJSON *header = dicom ? NULL : mi_source_facts(src, err);
    if (!dicom && !header)
        return -1;
    bool ok = mi_json_add_number(item, "index", cJSON_GetArraySize(g->items)) &&
              mi_json_add_string(item, "mask_file", mask) && add_grid(item, v) &&
              add_meta(item, &v->meta);
    if (header)
        ok = mi_json_add(item, "header", header) && ok;
    if (!ok)
        return no_memory(err);
    cJSON *history = NULL;
    if (v->meta.history && !(history = cJSON_Duplicate(v->meta.history, 1)))
        return no_memory(err);
    mi_warnings warnings = MI_WARNINGS_EMPTY;
    int rc = g->o->header ? 0 : read_voxels(g, src, v, mask != NULL, err);
    mi_warnings_copy(&warnings, &v->warnings);
    if (rc == 0 && !g->o->header)
        rc = look_at_voxels(g, item, v, mask != NULL, err);
    mi_warnings_copy(&warnings, &v->warnings); /* the volume may be gone or have got more */
    if (history)
        ok = mi_json_add(item, "history", history);
    if (rc == 0 && !(ok && add_warnings(item, &warnings)))
        rc = no_memory(err);
    mi_warnings_free(&warnings);
    return rc;
}

static int add_items(gathering *g, mi_source *src, const char *mask, mi_err *err)
{
    for (;;) {
        mi_volume v = MI_VOLUME_EMPTY;
        int got = mi_source_next(src, &v, err);
        if (got <= 0)
            return got;
        cJSON *item = cJSON_CreateObject();
        int rc = item && cJSON_AddItemToArray(g->items, item) ? 0 : no_memory(err);
        if (rc == 0)
            rc = add_item(g, src, &v, mask, item, err);
        mi_volume_free(&v);
        if (rc != 0)
            return rc;
    }
}

/* ---- files ---- */

/* The one series that makes a volume, or a segmentation that lies there alone; else NULL. */
static const cJSON *only_volume(const cJSON *series)
{
    const cJSON *s, *found = NULL;
    int n = 0;
    cJSON_ArrayForEach(s, series)
        if (cJSON_GetObjectItem(s, "size")) {
            found = s;
            n++;
        }
    if (n == 0 && cJSON_GetArraySize(series) == 1 && cJSON_GetObjectItem(series->child, "segments"))
        return series->child;
    return n == 1 ? found : NULL;
}

/* DICOM that can be opened again: the series it holds. *read is cleared when there is nothing more
   to be read (several series and none chosen, or no images). */
static int add_series(gathering *g, cJSON *doc, mi_source *src, bool *read, mi_err *err)
{
    cJSON *facts = mi_source_facts(src, err);
    if (!facts)
        return -1;
    cJSON *series = cJSON_DetachItemFromObject(facts, "series");
    *read = g->input->series || only_volume(series);
    bool ok = mi_json_add(doc, "dicom", facts) && mi_json_add(doc, "series", series);
    return ok ? 0 : no_memory(err);
}

static bool can_be_reopened(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && stat(path, &st) == 0 &&
           (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static int gather_file(gathering *g, cJSON *doc, const char *path, mi_err *err)
{
    mi_source *src = NULL;
    bool read = true;
    g->source.list_only = can_be_reopened(path);
    int rc = mi_source_open(&src, path, &g->source, err);
    if (rc == 0 && g->source.list_only && strcmp(mi_source_format_ref(src), "dicom") == 0) {
        rc = add_series(g, doc, src, &read, err);
        mi_source_close(src);
        src = NULL;
        g->source.list_only = false;
        if (rc == 0 && read)
            rc = mi_source_open(&src, path, &g->source, err);
    }
    if (rc == 0 && read)
        rc = add_items(g, src, NULL, err);
    mi_source_close(src);
    return rc;
}

static int gather_mask(gathering *g, const char *path, mi_err *err)
{
    mi_source *src = NULL;
    mi_source_opts opts = g->source;
    opts.list_only = false;
    opts.series = NULL;
    opts.like = g->has_image ? &g->image.grid : NULL;
    opts.like_frame = g->image.frame_of_reference;
    int rc = mi_source_open(&src, path, &opts, err);
    if (rc == 0)
        rc = add_items(g, src, path, err);
    mi_source_close(src);
    if (rc != 0)
        mi_err_subject(err, path);
    return rc;
}

static int source_opts(gathering *g, mi_pool *pool, mi_err *err)
{
    int rc = mi_reading_source(g->input, &g->source, err);
    if (!g->input->frame)
        g->source.frame = 0; /* a header is not worth an error */
    g->source.pool = pool;
    return rc;
}

cJSON *mi_info_gather(const char *path, const mi_info_opts *o, const mi_reading_opts *input,
                      mi_pool *pool, mi_err *err)
{
    gathering g = { .o = o, .input = input, .image = MI_VOLUME_EMPTY };
    cJSON *doc = cJSON_CreateObject();
    if (source_opts(&g, pool, err) != 0) {
        cJSON_Delete(doc);
        return NULL;
    }
    bool ok = mi_json_add_string(doc, "schema", "mi.info/1") &&
              mi_json_add_string(doc, "status", "ok") && mi_json_add_string(doc, "file", path);
    g.items = cJSON_CreateArray();
    int rc = ok && g.items ? gather_file(&g, doc, path, err) : no_memory(err);
    if (rc != 0)
        mi_err_subject(err, path);
    for (int i = 0; rc == 0 && i < o->mask.n; i++)
        rc = gather_mask(&g, o->mask.item[i], err);
    if (!mi_json_add(doc, "items", g.items) && rc == 0)
        rc = no_memory(err);
    mi_volume_free(&g.image);
    if (rc == 0)
        return doc;
    cJSON_Delete(doc);
    return NULL;
}
