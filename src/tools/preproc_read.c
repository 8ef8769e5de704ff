#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/number.h"
#include "image/grid.h"
#include "image/labels.h"
#include "tools/preproc.h"

static int source_opts(const mi_preproc_work *w, mi_source_opts *out, mi_err *err)
{
    int rc = mi_reading_source(w->input, out, err);
    out->pool = w->pool;
    return rc;
}

bool mi_preproc_is_labels(const mi_preproc_work *w, const mi_volume *v, int item)
{
    const char *role = v->meta.role;
    if (item == 0 && w->o->as_mask)
        return true;
    if (role)
        return strcmp(role, "mask") == 0;
    bool frame = mi_reading_all_frames(w->input) && v->frames > 1;
    return item > 0 && !frame;
}

/* ---- items in memory ---- */

/* Whole numbers that labels can be; what is no label map is not written as one. */
static int check_labels(const mi_volume *v, mi_err *err)
{
    mi_label_stat *st = NULL;
    int n = 0;
    int rc = mi_labels_count(v, &st, &n, err);
    free(st);
    return rc;
}

/* Take the current item of s, whose head is v, into memory: on the storage axes of the image, and
   then on its very grid. On equal axes it keeps its own, equal within the tolerance. */
static int hold(mi_preproc_work *w, mi_source *s, mi_volume *v_take, bool labels, mi_err *err)
{
    mi_volume *more = mi_regrow(w->held, (size_t)w->n_held + 1, sizeof *more, err);
    mi_axes axes;
    if (!more) {
        mi_volume_free(v_take);
        return -1;
    }
    w->held = more;
    mi_volume *v = &w->held[w->n_held++];
    *v = *v_take;
    if (!v->meta.role && !(v->meta.role = mi_strdup(labels ? "mask" : "image", err)))
        return -1;
    int rc = mi_grid_same(&w->image.grid, &v->grid, w->input->grid_tolerance, "image",
                          labels ? "mask" : "item", &axes, err);
    if (rc == 0)
        rc = labels ? mi_source_labels(s, v, err) : mi_source_voxels(s, v, 0, v->grid.n[2], err);
    if (rc == 0 && labels)
        rc = check_labels(v, err);
    if (rc == 0)
        rc = mi_volume_rearrange(v, &axes, err);
    if (rc == 0 && !axes.identity)
        v->grid = w->image.grid;
    if (rc != 0)
        mi_err_subject(err, v->name);
    return rc;
}

static int read_masks(mi_preproc_work *w, mi_source *s, mi_err *err)
{
    int before = w->n_held;
    for (;;) {
        mi_volume m;
        int got = mi_source_next(s, &m, err);
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        if (m.meta.role && strcmp(m.meta.role, "mask") != 0) {
            mi_volume_free(&m);
            continue;
        }
        if (hold(w, s, &m, true, err) != 0)
            return -1;
    }
    return w->n_held > before ? 0 : mi_fail(err, MI_E_DATA, NULL, "holds no label map");
}

static int read_mask_file(mi_preproc_work *w, const char *path, mi_err *err)
{
    mi_source *s = NULL;
    mi_source_opts opts;
    int rc = source_opts(w, &opts, err);
    opts.frame = MI_FRAME_REFUSE;
    opts.series = NULL;
    opts.like = &w->image.grid;
    opts.like_frame = w->image.frame_of_reference;
    if (rc == 0)
        rc = mi_source_open(&s, path, &opts, err);
    if (rc == 0)
        rc = mi_reading_check_roi(w->input, s, err);
    if (rc == 0)
        rc = read_masks(w, s, err);
    mi_source_close(s);
    if (rc != 0)
        mi_err_subject(err, path);
    return rc;
}

/* --crop-to-mask with the masks behind the image in one stream: everything is read before anything
   is written. */
static int read_ahead(mi_preproc_work *w, mi_err *err)
{
    if (!w->steps->crop_to_mask || w->o->mask.n > 0)
        return 0;
    w->ahead = true;
    if (mi_source_voxels(w->src, &w->image, 0, w->image.grid.n[2], err) != 0)
        return -1;
    for (;;) {
        mi_volume v;
        int got = mi_source_next(w->src, &v, err);
        if (got <= 0)
            return got;
        if (hold(w, w->src, &v, mi_preproc_is_labels(w, &v, w->n_held + 1), err) != 0)
            return -1;
    }
}

static void grow_box(mi_preproc_work *w, const mi_box *b)
{
    for (int d = 0; d < 3; d++) {
        if (!w->have_box || b->lo[d] < w->mask_box.lo[d])
            w->mask_box.lo[d] = b->lo[d];
        if (!w->have_box || b->hi[d] > w->mask_box.hi[d])
            w->mask_box.hi[d] = b->hi[d];
    }
    w->have_box = true;
}

/* The box around every voxel of every mask in memory. */
static int find_box(mi_preproc_work *w, mi_err *err)
{
    int masks = 0;
    if (!w->steps->crop_to_mask)
        return 0;
    for (int i = 0; i < w->n_held; i++) {
        mi_label_stat *st = NULL;
        int n = 0;
        if (!mi_preproc_is_labels(w, &w->held[i], i + 1))
            continue;
        masks++;
        if (mi_labels_count(&w->held[i], &st, &n, err) != 0) {
            mi_err_subject(err, w->held[i].name);
            return -1;
        }
        for (int k = 0; k < n; k++)
            grow_box(w, &st[k].box);
        free(st);
    }
    if (masks == 0)
        return mi_fail(err, MI_E_USAGE, "--mask FILE names one",
                       "--crop-to-mask: there is no mask");
    if (!w->have_box)
        return mi_fail(err, MI_E_EMPTY, "a mask marks the region with non-zero voxels",
                       "--crop-to-mask: the masks are empty");
    return 0;
}

/* ---- the input ---- */

/* The grid of --like: a header is enough. */
static int read_like(mi_preproc_work *w, mi_err *err)
{
    mi_source *s = NULL;
    mi_volume v = MI_VOLUME_EMPTY;
    if (!w->steps->like)
        return 0;
    int rc = mi_source_open(&s, w->steps->like, NULL, err);
    if (rc == 0) {
        int got = mi_source_next(s, &v, err);
        rc = got > 0 ? 0 : got < 0 ? -1 : mi_fail(err, MI_E_DATA, NULL, "holds no image");
        w->like = v.grid;
        mi_volume_free(&v);
    }
    mi_source_close(s);
    if (rc != 0)
        mi_err_subject(err, w->steps->like);
    return rc;
}

static int check_stdin(const mi_preproc_work *w, mi_err *err)
{
    int n = strcmp(w->c->operands[0], "-") == 0;
    n += w->steps->like && strcmp(w->steps->like, "-") == 0;
    for (int i = 0; i < w->o->mask.n; i++)
        n += strcmp(w->o->mask.item[i], "-") == 0;
    return n <= 1 ? 0
                  : mi_fail(err, MI_E_USAGE, "put the items into one stream: cat IMAGE MASK |",
                            "only one input may be -");
}

int mi_preproc_read(mi_preproc_work *w, mi_err *err)
{
    mi_source_opts opts;
    const char *path = w->c->operands[0];
    if (check_stdin(w, err) != 0 || read_like(w, err) != 0 || source_opts(w, &opts, err) != 0 ||
        mi_source_open(&w->src, path, &opts, err) != 0)
        return -1;
    int got = mi_reading_check_series(w->input, w->src, err);
    if (got == 0 && w->o->mask.n == 0)
        got = mi_reading_check_roi(w->input, w->src, err);
    if (got == 0)
        got = mi_source_next(w->src, &w->image, err);
    if (got == 0)
        mi_fail(err, MI_E_DATA, NULL, "holds no image");
    if (got <= 0) {
        mi_err_subject(err, path);
        return -1;
    }
    for (int i = 0; i < w->o->mask.n; i++)
        if (read_mask_file(w, w->o->mask.item[i], err) != 0)
            return -1;
    return read_ahead(w, err) == 0 ? find_box(w, err) : -1;
}

void mi_preproc_work_free(mi_preproc_work *w)
{
    mi_source_close(w->src);
    mi_volume_free(&w->image);
    for (int i = 0; i < w->n_held; i++)
        mi_volume_free(&w->held[i]);
    free(w->held);
    mi_volume_writer_free(w->out);
    mi_warnings_free(&w->warn);
    cJSON_Delete(w->inputs);
    free(w->order);
}
