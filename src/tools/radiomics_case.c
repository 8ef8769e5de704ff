#include "tools/radiomics_case.h"
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/batch.h"
#include "cli/provenance.h"
#include "cli/shown.h"
#include "image/grid.h"

static void work_free(mi_case_work *w)
{
    mi_volume_free(&w->image);
    for (int i = 0; i < w->n_masks; i++)
        mi_volume_free(&w->mask[i]);
    free(w->mask);
    for (int i = 0; i < w->n_targets; i++) {
        free(w->target[i].label);
        free(w->target[i].name);
    }
    free(w->target);
    cJSON_Delete(w->names);
}

/* ---- masks ---- */

static mi_volume *mask_add(mi_case_work *w, mi_err *err)
{
    mi_volume *more = mi_regrow(w->mask, (size_t)w->n_masks + 1, sizeof *more, err);
    if (!more)
        return NULL;
    w->mask = more;
    w->mask[w->n_masks] = (mi_volume)MI_VOLUME_EMPTY;
    return &w->mask[w->n_masks];
}

static bool is_label_map(const mi_volume *v)
{
    const char *role = v->meta.role;
    return !role || strcmp(role, "mask") == 0;
}

/* All label maps that are left in a source. */
static int read_masks_from(mi_case_work *w, mi_source *src, mi_err *err)
{
    for (;;) {
        mi_volume *m = mask_add(w, err);
        int got = m ? mi_source_next(src, m, err) : -1;
        if (got <= 0)
            return got;
        if (!is_label_map(m)) {
            mi_volume_free(m);
            continue;
        }
        w->n_masks++;
        if (mi_source_labels(src, m, err) != 0)
            return -1;
    }
}

/* Names are shown as the user gave them, whatever path was opened. */
static int rename_volume(mi_volume *v, const char *name, mi_err *err)
{
    char *own = mi_strdup(name, err);
    if (!own)
        return -1;
    free(v->name);
    v->name = own;
    return 0;
}

static int read_mask_file(mi_case_work *w, const char *path, const char *name,
                          const mi_source_opts *opts, mi_err *err)
{
    mi_source *src = NULL;
    int before = w->n_masks;
    int rc = mi_source_open(&src, path, opts, err);
    if (rc == 0)
        rc = mi_reading_check_roi(w->input, src, err);
    if (rc == 0)
        rc = read_masks_from(w, src, err);
    if (rc == 0 && w->n_masks == before)
        rc = mi_fail(err, MI_E_DATA, NULL, "holds no label map");
    for (int i = before; rc == 0 && i < w->n_masks; i++)
        rc = rename_volume(&w->mask[i], name, err);
    mi_source_close(src);
    if (rc != 0)
        mi_err_subject(err, name);
    return rc;
}

/* Put every mask on the image's storage axes, or say how the grids differ. */
static int align_masks(mi_case_work *w, mi_err *err)
{
    for (int i = 0; i < w->n_masks; i++) {
        mi_axes axes;
        if (mi_grid_same(&w->image.grid, &w->mask[i].grid, w->input->grid_tolerance, "image",
                         "mask", &axes, err) != 0 ||
            mi_volume_rearrange(&w->mask[i], &axes, err) != 0) {
            mi_err_subject(err, w->mask[i].name);
            return -1;
        }
    }
    return 0;
}

/* ---- image ---- */

/* The slices that the regions need, all when the whole image is asked about. */
static int read_image(mi_case_work *w, mi_source *src, mi_err *err)
{
    int64_t k0 = w->image.grid.n[2], k1 = 0;
    bool whole = w->context->common.digest || w->opts->dump == MI_DUMP_DIAGNOSTICS;
    for (int i = 0; i < w->n_targets; i++) {
        mi_box need;
        if (w->target[i].n_label == 0)
            continue;
        mi_region_support(&w->image.grid, &w->target[i].box, w->settings, &need);
        k0 = need.lo[2] < k0 ? need.lo[2] : k0;
        k1 = need.hi[2] > k1 ? need.hi[2] : k1;
    }
    if (whole || k0 >= k1) {
        k0 = 0;
        k1 = w->image.grid.n[2];
    }
    int rc = mi_source_voxels(src, &w->image, k0, k1, err);
    if (rc != 0)
        mi_err_subject(err, w->image.name);
    return rc;
}

/* ---- regions ---- */

void mi_case_facts(const mi_case_work *w, const mi_target *t, mi_roi_facts *out)
{
    *out = (mi_roi_facts) { .case_id = w->case_id,
                            .image = w->image.name,
                            .mask = w->mask[t->mask].name,
                            .name = t->name,
                            .labels = t->label,
                            .n_labels = t->n_label,
                            .voxels = t->voxels,
                            .frame = w->frame };
}

/* Figures of the whole image are the same for every region of it. */
static void take_image_figures(mi_diagnostics *to, const mi_diagnostics *from)
{
    for (int i = 0; i < to->n && i < from->n; i++) {
        to->stage[i].has_image = from->stage[i].has_image;
        to->stage[i].image_mean = from->stage[i].image_mean;
        to->stage[i].image_min = from->stage[i].image_min;
        to->stage[i].image_max = from->stage[i].image_max;
    }
}

static int build_region(mi_case_work *w, const mi_target *t, mi_region *r, mi_diagnostics *d,
                        mi_warnings *warn, mi_err *err)
{
    if (t->n_label == 0)
        return mi_fail(err, MI_E_EMPTY, "a mask marks the region with non-zero voxels",
                       "mask is empty: all voxels are 0");
    mi_pool *pool = mi_context_pool(w->context, err);
    if (!pool)
        return -1;
    mi_warnings_copy(warn, &w->image.warnings);
    mi_warnings_copy(warn, &w->mask[t->mask].warnings);
    bool dump = w->opts->dump == MI_DUMP_DIAGNOSTICS;
    int rc = mi_region_build_in(&w->image, &w->mask[t->mask], t->label, t->n_label, &t->box,
                                w->settings, dump && w->figures.n == 0, pool, r, dump ? d : NULL,
                                warn, err);
    if (rc == 0 && dump && w->figures.n == 0)
        w->figures = *d;
    else if (rc == 0 && dump)
        take_image_figures(d, &w->figures);
    return rc;
}

/* The last region has its values: image and masks are not needed any more, features are. Digests
   and further frames look at them later. */
static void drop_voxels(mi_case_work *w)
{
    if (w->context->common.digest)
        return;
    free(w->image.data);
    w->image.data = NULL;
    for (int i = 0; w->frame < 0 && i < w->n_masks; i++) {
        free(w->mask[i].data);
        w->mask[i].data = NULL;
    }
}

/* 0 done, 1 this region failed and was told to the visitor, -1 the case cannot go on. */
static int visit_target(mi_case_work *w, const mi_target *t, mi_region_visitor visit,
                        void *user, mi_err *first, mi_err *err)
{
    mi_region r = MI_REGION_EMPTY;
    mi_diagnostics d = { .n = 0 };
    mi_warnings warn = MI_WARNINGS_EMPTY;
    mi_err failed = MI_ERR_EMPTY;
    double start = mi_seconds();
    int rc = build_region(w, t, &r, &d, &warn, &failed);
    w->chain_seconds += mi_seconds() - start;
    if (t == &w->target[w->n_targets - 1])
        drop_voxels(w);
    if (rc != 0)
        mi_err_subject(&failed, w->mask[t->mask].name);
    bool bad = rc != 0;
    rc = visit(user, w, t, bad ? NULL : &r, &d, &warn, bad ? &failed : NULL, err);
    if (bad && first->cls == MI_E_NONE)
        *first = failed;
    mi_region_free(&r);
    mi_warnings_free(&warn);
    return rc != 0 ? -1 : bad;
}

static int visit_targets(mi_case_work *w, mi_region_visitor visit, void *user, mi_err *err)
{
    int bad = 0;
    mi_err first = MI_ERR_EMPTY;
    for (int i = 0; i < w->n_targets; i++) {
        int rc = visit_target(w, &w->target[i], visit, user, &first, err);
        if (rc < 0)
            return -1;
        bad += rc;
    }
    if (bad == w->n_targets && err->cls == MI_E_NONE) {
        *err = first;
        return -1;
    }
    return bad;
}

static char *case_name(const mi_case_work *w, const mi_case_inputs *in, mi_err *err)
{
    const char *known = in->id ? in->id : w->image.meta.case_id;
    if (known)
        return mi_strdup(known, err);
    char *name = mi_shown_name(w->context, in->image_name, err);
    char *stem = name ? mi_case_stem(name, err) : NULL;
    free(name);
    return stem;
}

/* The first image item: header only when masks come from files of their own, whole when the
   masks follow it in the stream. */
static int open_image(mi_case_work *w, const mi_case_inputs *in, const mi_source_opts *opts,
                      mi_source **src, mi_err *err)
{
    int got = mi_source_open(src, in->image, opts, err);
    if (got == 0)
        got = mi_reading_check_series(w->input, *src, err);
    if (got == 0 && in->n_masks == 0)
        got = mi_reading_check_roi(w->input, *src, err);
    if (got == 0)
        got = mi_source_next(*src, &w->image, err);
    if (got == 0)
        mi_fail(err, MI_E_DATA, NULL, "holds no image");
    if (got > 0 && rename_volume(&w->image, in->image_name, err) == 0)
        return 0;
    mi_err_subject(err, in->image_name);
    return -1;
}

/* Bytes of the image that may be inflated before the masks have told which slices are needed. */
enum { AHEAD = 32 << 20 };

typedef struct mask_reading {
    mi_case_work *w;
    const mi_case_inputs *in;
    mi_source *image;
    atomic_bool done; /* the masks are read */
} mask_reading;

static int read_mask_files(mi_case_work *w, const mi_case_inputs *in, mi_err *err)
{
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.verify = w->input->verify;
    opts.roi = w->input->roi;
    opts.like = &w->image.grid;
    opts.like_frame = w->image.frame_of_reference;
    for (int i = 0; i < in->n_masks; i++)
        if (read_mask_file(w, in->masks[i], in->mask_names[i], &opts, err) != 0)
            return -1;
    return 0;
}

/* The masks, and beside them, where there is a second thread, the beginning of the image. */
static int mask_task(void *ctx, int task, mi_err *err)
{
    mask_reading *r = ctx;
    int rc = 0;
    if (task == 0) {
        rc = read_mask_files(r->w, r->in, err);
        atomic_store(&r->done, true);
    } else {
        mi_source_ahead(r->image, AHEAD, &r->done);
    }
    return rc;
}

static int read_masks(mi_case_work *w, const mi_case_inputs *in, mi_source *src, mi_err *err)
{
    mask_reading reading = { .w = w, .in = in, .image = src };
    if (in->n_masks > 0)
        return mi_pool_run(mi_context_pool(w->context, err), 2, mask_task, &reading, err);
    int rc = mi_source_voxels(src, &w->image, 0, w->image.grid.n[2], err);
    if (rc == 0)
        rc = read_masks_from(w, src, err);
    const mi_warnings *said = &w->image.warnings;
    for (int i = 0; rc == 0 && w->n_masks == 0 && i < said->n; i++)
        if (strcmp(said->item[i].code, "trailing_bytes") == 0)
            rc = mi_fail(err, MI_E_DATA,
                         "each item begins where the one before it ends: image, then masks",
                         "holds an image and no mask: %s", said->item[i].why);
    if (rc == 0 && w->n_masks == 0)
        rc = mi_fail(err, MI_E_USAGE, "name the mask behind the image: mi-radiomics IMAGE MASK",
                     "holds an image and no mask");
    if (rc != 0)
        mi_err_subject(err, in->image_name);
    return rc;
}

/* The image at hand with its masks: choose, read, visit. */
static int run_image(mi_case_work *w, const mi_case_inputs *in, mi_source *src,
                     mi_region_visitor visit, void *user, mi_err *err)
{
    const mi_list *label = in->label && in->label->n ? in->label : &w->opts->label;
    if (align_masks(w, err) != 0 || mi_region_check_grid(&w->image.grid, w->settings, err) != 0)
        return -1;
    if (w->n_targets == 0 && mi_case_targets(w, label, err) != 0)
        return -1;
    if (w->context->common.dry_run || w->context->common.validate)
        return 0;
    double t0 = mi_seconds();
    if (!w->image.data && read_image(w, src, err) != 0)
        return -1;
    double t1 = mi_seconds();
    w->chain_seconds = 0;
    int bad = visit_targets(w, visit, user, err);
    mi_say(w->context, "debug", in->image_name,
           "image read in %.3f s, %d regions in %.3f s, their processing chain in %.3f s", t1 - t0,
           w->n_targets, mi_seconds() - t1, w->chain_seconds);
    return bad;
}

/* --frame all: the further frames of the same image against the same masks. */
static int run_frames(mi_case_work *w, const mi_case_inputs *in, mi_source *src,
                      mi_region_visitor visit, void *user, mi_err *err)
{
    int bad = run_image(w, in, src, visit, user, err);
    while (bad >= 0 && w->frame >= 0) {
        mi_volume_free(&w->image);
        w->figures.n = 0;
        int got = mi_source_next(src, &w->image, err);
        if (got == 0)
            return bad;
        if (got > 0 && rename_volume(&w->image, in->image_name, err) != 0)
            return -1;
        w->frame++;
        int more = got < 0 ? -1 : run_image(w, in, src, visit, user, err);
        if (got < 0)
            mi_err_subject(err, in->image_name);
        bad = more < 0 ? -1 : bad + more;
    }
    return bad;
}

int mi_radiomics_case(mi_context *c, const mi_radiomics_opts *o, const mi_reading_opts *input,
                      const mi_settings *s, const mi_case_inputs *in, mi_region_visitor visit,
                      void *user, mi_err *err)
{
    mi_case_work w = { .context = c,
                       .opts = o,
                       .input = input,
                       .settings = s,
                       .frame = -1,
                       .image = MI_VOLUME_EMPTY };
    mi_source *src = NULL;
    mi_source_opts opts;
    char *id = NULL;
    int bad = -1;
    if (mi_reading_source(w.input, &opts, err) != 0)
        goto done;
    opts.pool = mi_context_pool(c, err);
    if (!opts.pool)
        goto done;
    if (opts.frame == MI_FRAME_ALL && in->n_masks == 0) {
        mi_fail(err, MI_E_USAGE, NULL, "--frame all needs masks in files of their own");
        goto done;
    }
    w.frame = opts.frame == MI_FRAME_ALL ? 0 : opts.frame >= 0 ? opts.frame : -1;
    if (mi_case_names(&w, o->labels, err) != 0)
        goto done;
    double t0 = mi_seconds();
    if (open_image(&w, in, &opts, &src, err) != 0 || read_masks(&w, in, src, err) != 0 ||
        !(id = case_name(&w, in, err)))
        goto done;
    mi_say(c, "debug", in->image_name, "masks read in %.3f s", mi_seconds() - t0);
    w.case_id = id;
    bad = opts.frame == MI_FRAME_ALL ? run_frames(&w, in, src, visit, user, err)
                                     : run_image(&w, in, src, visit, user, err);
done:
    mi_source_close(src);
    work_free(&w);
    free(id);
    return bad;
}
