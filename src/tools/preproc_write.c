#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "cli/provenance.h"
#include "image/grid.h"
#include "image/summary.h"
#include "tools/preproc.h"

/* --fail-on: the image is written all the same, the end is 1. */
static void flag(mi_preproc_work *w, const char *code)
{
    const mi_list *flags = &w->c->common.fail_on;
    for (int i = 0; i < flags->n; i++)
        if (mi_flag_is(flags->item[i], code))
            w->c->exit_code = 1;
}

static void say(mi_preproc_work *w, const char *name, const mi_warnings *warn)
{
    w->lost = w->lost || (warn && warn->lost);
    for (int i = 0; warn && i < warn->n; i++) {
        mi_say(w->c, "warning", name, "%s", warn->item[i].why);
        flag(w, warn->item[i].code);
    }
}

/* ---- the head of an item ---- */

/* Items are numbered as they are written; those behind the first bundle keep the numbers they
   came with. */
static void number_item(mi_preproc_work *w, mi_meta *m)
{
    if (w->items < w->of) {
        m->bundle_index = w->of > 1 ? w->items + 1 : 0;
        m->bundle_of = w->of > 1 ? w->of : 0;
    }
}

/* The inputs of a run with --mask: the image and its masks. A file that gives several maps is told
   once, with --digest each map. */
static cJSON *first_entry(mi_preproc_work *w, cJSON *steps_take, mi_err *err)
{
    int n = 0;
    const mi_volume **all = mi_array_zero((size_t)w->n_held + 1, sizeof *all, err);
    if (all)
        all[n++] = &w->image;
    for (int i = 0; all && i < w->n_held; i++)
        if (w->c->common.digest || i == 0 || strcmp(w->held[i].name, w->held[i - 1].name) != 0)
            all[n++] = &w->held[i];
    cJSON *entry = all ? mi_provenance_entry(w->c, steps_take, all, n, err) : NULL;
    if (!all)
        cJSON_Delete(steps_take);
    free(all);
    w->inputs = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(entry, "inputs"), true);
    if (w->inputs)
        return entry;
    cJSON_Delete(entry);
    mi_fail(err, MI_E_MEMORY, NULL, "no memory for the history of an image");
    return NULL;
}

/* This run's entry in the history of an item: what went into an item of a stream is the item, what
   went into those of IMAGE and --mask is all of them. */
static cJSON *entry_of(mi_preproc_work *w, const mi_volume *in, cJSON *steps_take, mi_err *err)
{
    if (w->o->mask.n > 0 && in == &w->image)
        return first_entry(w, steps_take, err);
    cJSON *entry = mi_provenance_entry(w->c, steps_take, &in, 1, err);
    cJSON *inputs = w->inputs && entry ? cJSON_Duplicate(w->inputs, true) : NULL;
    if (!entry || !w->inputs)
        return entry;
    if (mi_json_replace(entry, "inputs", inputs))
        return entry;
    cJSON_Delete(entry);
    return NULL;
}

static int add_history(mi_preproc_work *w, const mi_volume *in, const mi_chain *chain, mi_meta *m,
                       mi_err *err)
{
    if (w->c->common.no_provenance) {
        cJSON_Delete(m->history);
        m->history = NULL;
        return 0;
    }
    cJSON *steps = mi_chain_steps(chain);
    cJSON *entry = steps ? entry_of(w, in, steps, err) : NULL;
    if (entry && !m->history)
        m->history = cJSON_CreateArray();
    if (entry && mi_json_append(m->history, entry) && mi_history_show_names(w->c, m->history))
        return 0;
    return mi_fail(err, MI_E_MEMORY, NULL, "no memory for the history of an image");
}

/* Head of the result: geometry, unit and padding from the chain, other words from the input,
   history with one entry more. */
static int begin_item(mi_preproc_work *w, const mi_volume *in, const mi_chain *chain, bool labels,
                      mi_err *err)
{
    mi_volume head = *mi_chain_head(chain);
    mi_meta meta = { .role = NULL };
    int rc = mi_meta_copy(&meta, &head.meta, err);
    if (rc == 0 && (!meta.role || labels)) {
        free(meta.role);
        rc = (meta.role = mi_strdup(labels ? "mask" : "image", err)) ? 0 : -1;
    }
    if (rc == 0)
        rc = add_history(w, in, chain, &meta, err);
    number_item(w, &meta);
    head.meta = meta;
    head.nifti_kept = in->nifti_kept;
    if (mi_chain_is_empty(chain))
        head.grid = in->grid; /* its own to the last digit, not the equal one of the first item */
    if (rc == 0)
        rc = mi_volume_writer_item(w->out, &head, !mi_chain_is_empty(chain), err);
    mi_meta_free(&meta);
    return rc;
}

/* ---- voxels ---- */

static int sink(void *user, const void *slice, size_t bytes, mi_err *err)
{
    return mi_volume_writer_put(((mi_preproc_work *)user)->out, slice, bytes, err);
}

/* Slices at a time: enough for a large read, or for every thread to decode some. */
static int64_t group_of(const mi_preproc_work *w, const mi_volume *v)
{
    int64_t bytes = mi_volume_slice_voxels(v) * (int64_t)mi_type_size(v->type);
    int64_t n = bytes > 0 ? (1 << 20) / bytes : 1, threads = 4 * mi_pool_threads(w->pool);
    n = n < 1 ? 1 : n;
    if (threads > 4 && n < threads)
        n = threads;
    return n < v->grid.n[2] ? n : v->grid.n[2];
}

static int push_group(mi_preproc_work *w, const mi_volume *v, mi_chain *chain, int64_t k, int64_t n,
                      const char *p, mi_err *err)
{
    size_t slice = (size_t)mi_volume_slice_voxels(v) * mi_type_size(v->type);
    int rc = 0;
    w->not_finite += mi_voxels_not_finite(p, n * mi_volume_slice_voxels(v), v->type);
    if (w->not_whole >= 0)
        w->not_whole += mi_voxels_not_whole(p, n * mi_volume_slice_voxels(v), v->type, v->slope,
                                            v->inter);
    if (mi_chain_is_empty(chain))
        return sink(w, p, (size_t)n * slice, err);
    for (int64_t i = 0; rc == 0 && i < n; i++)
        rc = mi_chain_push(chain, k + i, p + (size_t)i * slice, sink, w, err);
    return rc;
}

/* Slices of the current item of the source through the chain; straight to where it gathers them,
   if it does. */
static int flow(mi_preproc_work *w, const mi_volume *head, mi_chain *chain, mi_err *err)
{
    size_t slice = (size_t)mi_volume_slice_voxels(head) * mi_type_size(head->type);
    int64_t group = group_of(w, head), nz = head->grid.n[2], now = 0;
    char *buf = mi_array((size_t)group, slice, err);
    int rc = buf ? 0 : -1;
    for (int64_t k = 0; rc == 0 && k < nz; k += now) {
        int64_t room = group;
        char *at = mi_chain_room(chain, &room);
        now = room < group ? room : group;
        now = nz - k < now ? nz - k : now;
        at = at ? at : buf;
        rc = mi_source_slices(w->src, head, k, k + now, at, err);
        if (rc == 0)
            rc = push_group(w, head, chain, k, now, at, err);
        mi_progress(w->c, "slice", k + now, nz);
    }
    free(buf);
    return rc == 0 ? mi_chain_finish(chain, sink, w, err) : rc;
}

/* Slices in memory; a trimmed label map has zeros elsewhere. */
static int flow_from_memory(mi_preproc_work *w, const mi_volume *v, mi_chain *chain, mi_err *err)
{
    size_t slice = (size_t)mi_volume_slice_voxels(v) * mi_type_size(v->type);
    void *zero = mi_array_zero(slice, 1, err);
    int rc = zero ? 0 : -1;
    for (int64_t k = 0; rc == 0 && k < v->grid.n[2]; k++) {
        bool held = k >= v->k0 && k < v->k1;
        const void *p = held ? (char *)v->data + (size_t)(k - v->k0) * slice : zero;
        rc = push_group(w, v, chain, k, 1, p, err);
    }
    free(zero);
    return rc == 0 ? mi_chain_finish(chain, sink, w, err) : rc;
}

/* ---- items ---- */

/* A digest is of the voxels that came in, and stands before those that go out. */
static int read_for_digest(mi_preproc_work *w, mi_volume *v, mi_err *err)
{
    if (!w->c->common.digest || w->c->common.no_provenance || v->data)
        return 0;
    return mi_source_voxels(w->src, v, 0, v->grid.n[2], err);
}

static int put_item(mi_preproc_work *w, mi_volume *v, mi_chain *chain, bool labels, mi_err *err)
{
    if (read_for_digest(w, v, err) != 0 || begin_item(w, v, chain, labels, err) != 0)
        return -1;
    w->not_finite = 0;
    w->not_whole = labels && w->o->as_mask && v == &w->image ? 0 : -1;
    int rc = v->data ? flow_from_memory(w, v, chain, err) : flow(w, v, chain, err);
    if (rc == 0)
        say(w, v->name, mi_source_noticed(w->src));
    if (rc == 0 && w->not_whole > 0)
        rc = mi_fail(err, MI_E_DATA, "a probability map? threshold it first",
                     "--as-mask: %lld voxel%s no whole number", (long long)w->not_whole,
                     w->not_whole == 1 ? " holds" : "s hold");
    if (rc == 0 && w->not_finite > 0) {
        mi_say(w->c, "warning", v->name, "%lld of %lld voxels are NaN or infinite",
               (long long)w->not_finite,
               (long long)(mi_volume_slice_voxels(v) * v->grid.n[2]));
        flag(w, "non_finite");
    }
    return rc;
}

static int write_item(mi_preproc_work *w, mi_volume *v, bool labels, mi_err *err)
{
    const char *role = v->meta.role;
    mi_op_context op = { .opts = w->steps, .is_labels = labels,
                         .geometry_only = labels || (role && strcmp(role, "image") != 0),
                         .like = w->steps->like ? &w->like : NULL,
                         .mask_box = w->have_box ? &w->mask_box : NULL,
                         .mask_grid = &w->image.grid, .pool = w->pool, .warn = &w->warn };
    mi_chain *chain = NULL;
    if (w->o->plain && w->items > 0) {
        w->left_out++;
        return 0;
    }
    mi_volume at_image = *v; /* equal grids become one: steps move all items alike */
    at_image.grid = w->image.grid;
    int rc = mi_chain_begin(&chain, &op, (const char *const *)w->order, &at_image, err);
    if (rc == 0 && w->out)
        rc = put_item(w, v, chain, labels, err);
    mi_chain_free(chain);
    w->items++;
    if (rc != 0)
        mi_err_subject(err, v->name);
    return rc;
}

/* A further item of the input, not yet on the storage axes of the first. */
static int pass_item(mi_preproc_work *w, mi_volume *v, int item, mi_err *err)
{
    mi_axes axes;
    bool labels = mi_preproc_is_labels(w, v, item);
    if (mi_grid_same(&w->image.grid, &v->grid, w->input->grid_tolerance, "image",
                     labels ? "mask" : "item", &axes, err) != 0)
        return -1;
    if (!axes.identity && w->out &&
        (mi_source_voxels(w->src, v, 0, v->grid.n[2], err) != 0 ||
         mi_volume_rearrange(v, &axes, err) != 0))
        return -1;
    if (!axes.identity)
        v->grid = w->image.grid;
    return write_item(w, v, labels, err);
}

/* Further items of the input: masks and what else a bundle holds, further frames. */
static int pass_rest(mi_preproc_work *w, mi_err *err)
{
    for (int item = 1; !w->ahead; item++) {
        mi_volume v;
        int got = mi_source_next(w->src, &v, err);
        if (got < 0)
            return -1;
        if (got == 0) {
            say(w, w->image.name, mi_source_noticed(w->src));
            break;
        }
        say(w, v.name, &v.warnings);
        int rc = pass_item(w, &v, item, err);
        if (rc != 0)
            mi_err_subject(err, v.name);
        mi_volume_free(&v);
        if (rc != 0)
            return -1;
    }
    return 0;
}

/* How many items the bundle will have that begins with the first; 0 when nobody knows, or it is
   none. */
static int count_items(const mi_preproc_work *w)
{
    bool all = mi_reading_all_frames(w->input);
    int64_t frames = all && w->image.frames > 1 ? w->image.frames : 1;
    int own = w->image.meta.bundle_of;
    if (w->ahead)
        return 1 + w->n_held;
    if (own == 0 && frames == 1 && w->n_held == 0)
        return 0;
    return (int)frames + (own > 0 ? own - 1 : 0) + w->n_held;
}

int mi_preproc_write(mi_preproc_work *w, mi_err *err)
{
    w->of = count_items(w);
    say(w, w->image.name, &w->image.warnings);
    if (write_item(w, &w->image, mi_preproc_is_labels(w, &w->image, 0), err) != 0)
        return -1;
    free(w->image.data); /* the head is still needed */
    w->image.data = NULL;
    for (int i = 0; i < w->n_held; i++) {
        say(w, w->held[i].name, &w->held[i].warnings);
        if (write_item(w, &w->held[i], mi_preproc_is_labels(w, &w->held[i], i + 1), err) != 0)
            return -1;
    }
    if (pass_rest(w, err) != 0)
        return -1;
    say(w, w->image.name, &w->warn);
    if (w->left_out > 0)
        mi_say(w->c, "warning", w->image.name, "%d further item%s left out: --plain writes one",
               w->left_out, w->left_out == 1 ? " is" : "s are");
    return 0;
}
