/* mi-preproc: images in, prepared images out; masks follow the geometry. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/provenance.h"
#include "image/grid.h"
#include "image/labels.h"
#include "io/source.h"
#include "io/volume_write.h"
#include "preproc/chain.h"
#include "tools/keep.h"
#include "tools/series_list.h"

typedef struct tool_opts {
    mi_list mask;
    mi_list steps;
    char *series, *roi, *frame;
    bool grey, plain, verify, list_series, as_mask;
    double grid_tolerance;
} tool_opts;

#define AT(field) offsetof(tool_opts, field)

static const mi_param tool_params[] = {
    { .name = "mask", .letter = 'm', .type = MI_P_LIST, .offset = AT(mask), .value = "FILE",
      .flags = MI_PF_REPEAT, .group = "Input",
      .help = "label maps that go with the image and follow its geometry" },
    { .name = "list-series", .type = MI_P_FLAG, .offset = AT(list_series), .group = "Input",
      .help = "the series of a DICOM folder and what is wrong with them" },
    { .name = "series", .type = MI_P_STRING, .offset = AT(series), .value = "UID|N",
      .group = "Input", .help = "which series of a folder, by number, UID or digest" },
    { .name = "roi", .type = MI_P_STRING, .offset = AT(roi), .value = "PATTERN", .flags = MI_PF_CONFIG,
      .group = "Input", .help = "regions of an RTSTRUCT or SEG by name (with * and ?) or number" },
    { .name = "frame", .type = MI_P_STRING, .offset = AT(frame), .value = "N", .group = "Input",
      .help = "frame of a 4-D image, from 0, or all" },
    { .name = "as-mask", .type = MI_P_BOOL, .offset = AT(as_mask), .flags = MI_PF_CONFIG | MI_PF_FULL,
      .group = "Input", .help = "IMAGE is a label map: geometry only, nearest neighbour" },
    { .name = "grey", .type = MI_P_BOOL, .offset = AT(grey), .flags = MI_PF_CONFIG | MI_PF_FULL,
      .group = "Input", .help = "take the luminance of colour images instead of refusing them" },
    { .name = "verify", .type = MI_P_BOOL, .offset = AT(verify), .flags = MI_PF_FULL,
      .group = "Input", .help = "read files to the end and check their checksums" },
    { .name = "grid-tolerance", .type = MI_P_DOUBLE, .offset = AT(grid_tolerance), .value = "F",
      .preset = "0.01", .min = 0, .max = 0.5, .flags = MI_PF_CONFIG | MI_PF_FULL, .group = "Input",
      .help = "grids are equal when corners differ by less than this share of a voxel edge" },
    { .name = "steps", .type = MI_P_LIST, .offset = AT(steps), .value = "A,B",
      .flags = MI_PF_CONFIG | MI_PF_FULL, .group = "Steps, in this order",
      .help = "another order of the steps" },
    { .name = "plain", .type = MI_P_BOOL, .offset = AT(plain), .group = "Product",
      .help = "bare NIfTI without header extension, for other tools" },
    { .name = NULL }
};

typedef struct work {
    mi_context *c;
    const mi_preproc_opts *steps;
    const tool_opts *o;
    mi_pool *pool;
    mi_keep keep;
    mi_source *src;
    mi_volume image;      /* head; voxels only when the masks decide on the crop */
    mi_volume *mask;
    int n_masks;
    mi_box mask_box;
    bool have_box;
    mi_grid like;         /* of --like */
    mi_volume_writer *out;
    mi_warnings warn;
    bool lost;            /* no memory for a warning of the reader */
    int items, of;        /* written; to be written, 0: not known */
    char **order;         /* --steps, NULL-terminated, or NULL */
} work;

/* ---- input ---- */

static int source_opts(const work *w, mi_source_opts *out, mi_err *err)
{
    *out = (mi_source_opts)MI_SOURCE_OPTS;
    out->verify = w->o->verify;
    out->series = w->o->series;
    out->roi = w->o->roi;
    out->grey = w->o->grey;
    out->keep = w->keep;
    out->pool = w->pool;
    if (!w->o->frame)
        return 0;
    if (strcmp(w->o->frame, "all") == 0)
        out->frame = MI_FRAME_ALL;
    else if (!mi_parse_int(w->o->frame, &out->frame) || out->frame < 0)
        return mi_fail(err, MI_E_USAGE, "give the frame's number from 0, or all",
                       "--frame: '%s' is not a frame", w->o->frame);
    return 0;
}

static bool is_labels(const mi_volume *v, int item)
{
    const char *role = v->meta.role;
    return role ? strcmp(role, "mask") == 0 : item > 0;
}

static int add_mask(work *w, mi_volume *m_take, mi_err *err)
{
    mi_volume *more = mi_regrow(w->mask, (size_t)w->n_masks + 1, sizeof *more, err);
    mi_axes axes;
    if (!more) {
        mi_volume_free(m_take);
        return -1;
    }
    w->mask = more;
    w->mask[w->n_masks++] = *m_take;
    mi_volume *m = &w->mask[w->n_masks - 1];
    if (mi_grid_same(&w->image.grid, &m->grid, w->o->grid_tolerance, "image", "mask", &axes, err) != 0 ||
        mi_volume_rearrange(m, &axes, err) != 0) {
        mi_err_subject(err, m->name);
        return -1;
    }
    m->grid = w->image.grid; /* equal within the tolerance: one grid for both from here on */
    if (!m->meta.role && !(m->meta.role = mi_strdup("mask", err)))
        return -1;
    return 0;
}

static int read_mask_file(work *w, const char *path, mi_err *err)
{
    mi_source *s = NULL;
    mi_source_opts opts;
    int rc = source_opts(w, &opts, err), found = 0;
    opts.frame = MI_FRAME_REFUSE;
    opts.series = NULL;
    opts.like = &w->image.grid;
    if (rc == 0)
        rc = mi_source_open(&s, path, &opts, err);
    while (rc == 0) {
        mi_volume m;
        int got = mi_source_next(s, &m, err);
        if (got <= 0) {
            rc = got;
            break;
        }
        if (m.meta.role && strcmp(m.meta.role, "mask") != 0) {
            mi_volume_free(&m);
            continue;
        }
        rc = mi_source_labels(s, &m, err);
        if (rc != 0)
            mi_volume_free(&m);
        else
            rc = add_mask(w, &m, err);
        found++;
    }
    if (rc == 0 && found == 0)
        rc = mi_fail(err, MI_E_DATA, NULL, "holds no label map");
    mi_source_close(s);
    if (rc != 0)
        mi_err_subject(err, path);
    return rc;
}

/* The box around every voxel of every mask. */
static int find_box(work *w, mi_err *err)
{
    for (int i = 0; i < w->n_masks; i++) {
        mi_label_stat *st = NULL;
        int n = 0;
        if (mi_labels_count(&w->mask[i], &st, &n, err) != 0) {
            mi_err_subject(err, w->mask[i].name);
            return -1;
        }
        for (int k = 0; k < n; k++)
            for (int d = 0; d < 3; d++) {
                if (!w->have_box || st[k].box.lo[d] < w->mask_box.lo[d])
                    w->mask_box.lo[d] = st[k].box.lo[d];
                if (!w->have_box || st[k].box.hi[d] > w->mask_box.hi[d])
                    w->mask_box.hi[d] = st[k].box.hi[d];
                w->have_box = w->have_box || d == 2;
            }
        free(st);
    }
    if (w->n_masks > 0 && !w->have_box && w->steps->crop_to_mask)
        return mi_fail(err, MI_E_EMPTY, NULL, "--crop-to-mask: the masks are empty");
    return 0;
}

/* ---- output ---- */

static int sink(void *user, const void *slice, size_t bytes, mi_err *err)
{
    return mi_volume_writer_put(((work *)user)->out, slice, bytes, err);
}

/* Head of the result: geometry from the chain, words from the input, history with one entry more. */
static int begin_item(work *w, const mi_volume *in, const mi_chain *chain, bool labels, mi_err *err)
{
    mi_volume head = *mi_chain_head(chain);
    const mi_volume *inputs[1] = { in };
    mi_meta meta = { .role = NULL };
    cJSON *entry = NULL;
    int rc = mi_meta_copy(&meta, &head.meta, err);
    if (rc == 0 && (!meta.role || labels)) {
        free(meta.role);
        rc = (meta.role = mi_strdup(labels ? "mask" : "image", err)) ? 0 : -1;
    }
    if (rc == 0 && !w->c->common.no_provenance) {
        cJSON *steps = mi_chain_steps(chain);
        entry = steps ? mi_provenance_entry(w->c, steps, inputs, 1, err) : NULL;
        rc = entry ? 0 : mi_fail(err, MI_E_MEMORY, NULL, "no memory for the history");
        if (entry && !meta.history)
            meta.history = cJSON_CreateArray();
        if (entry && !mi_json_append(meta.history, entry))
            rc = mi_fail(err, MI_E_MEMORY, NULL, "no memory for the history");
    }
    meta.bundle_index = w->of > 1 ? w->items + 1 : 0;
    meta.bundle_of = w->of > 1 ? w->of : 0;
    head.meta = meta;
    head.nifti_head = in->nifti_head;
    if (rc == 0)
        rc = mi_volume_writer_item(w->out, &head, err);
    mi_meta_free(&meta);
    w->items++;
    return rc;
}

/* Slices at a time: enough for a read of a megabyte, or for every thread to decode some. */
static int64_t group_of(const work *w, const mi_volume *v)
{
    int64_t bytes = mi_volume_slice_voxels(v) * (int64_t)mi_type_size(v->type);
    int64_t n = bytes > 0 ? (1 << 20) / bytes : 1, threads = 4 * mi_pool_threads(w->pool);
    n = n < 1 ? 1 : n;
    if (threads > 4 && n < threads)
        n = threads;
    return n < v->grid.n[2] ? n : v->grid.n[2];
}

/* Slices of the current item of the source through the chain. */
static int flow(work *w, const mi_volume *head, mi_chain *chain, mi_err *err)
{
    size_t slice = (size_t)mi_volume_slice_voxels(head) * mi_type_size(head->type);
    int64_t group = group_of(w, head), nz = head->grid.n[2];
    char *buf = mi_array((size_t)group + 1, slice, err);
    int rc = buf ? 0 : -1;
    for (int64_t k = 0; rc == 0 && k < nz; k += group) {
        int64_t now = nz - k < group ? nz - k : group;
        rc = mi_source_slices(w->src, head, k, k + now, buf, err);
        if (rc == 0 && mi_chain_is_empty(chain))
            rc = sink(w, buf, (size_t)now * slice, err);
        for (int64_t i = 0; rc == 0 && !mi_chain_is_empty(chain) && i < now; i++)
            rc = mi_chain_push(chain, k + i, buf + (size_t)i * slice, sink, w, err);
    }
    free(buf);
    return rc == 0 ? mi_chain_finish(chain, sink, w, err) : rc;
}

/* Slices in memory; a trimmed label map has zeros elsewhere. */
static int flow_from_memory(work *w, const mi_volume *v, mi_chain *chain, mi_err *err)
{
    size_t slice = (size_t)mi_volume_slice_voxels(v) * mi_type_size(v->type);
    void *zero = mi_array_zero(slice + 1, 1, err);
    int rc = zero ? 0 : -1;
    for (int64_t k = 0; rc == 0 && k < v->grid.n[2]; k++) {
        bool held = k >= v->k0 && k < v->k1;
        const void *p = held ? (char *)v->data + (size_t)(k - v->k0) * slice : zero;
        rc = mi_chain_push(chain, k, p, sink, w, err);
    }
    free(zero);
    return rc == 0 ? mi_chain_finish(chain, sink, w, err) : rc;
}

static int write_item(work *w, const mi_volume *v, bool labels, mi_err *err)
{
    mi_op_context op = { .opts = w->steps, .is_labels = labels, .geometry_only = labels,
                         .like = w->steps->like ? &w->like : NULL,
                         .mask_box = w->have_box ? &w->mask_box : NULL,
                         .mask_grid = &w->image.grid, .pool = w->pool, .warn = &w->warn };
    mi_chain *chain = NULL;
    int rc = mi_chain_begin(&chain, &op, (const char *const *)w->order, v, err);
    if (rc == 0)
        rc = begin_item(w, v, chain, labels, err);
    if (rc == 0)
        rc = v->data ? flow_from_memory(w, v, chain, err) : flow(w, v, chain, err);
    mi_chain_free(chain);
    if (rc != 0)
        mi_err_subject(err, v->name);
    return rc;
}

/* ---- the run ---- */

static void say(work *w, const char *name, const mi_warnings *warn)
{
    w->lost = w->lost || (warn && warn->lost);
    for (int i = 0; warn && i < warn->n; i++)
        mi_say(w->c, "warning", name, "%s", warn->item[i].why);
}

static void say_warnings(work *w, const mi_volume *v) { say(w, v->name, &v->warnings); }

/* --crop-to-mask with the masks behind the image in one stream: everything is read before anything is written. */
static int read_ahead(work *w, mi_err *err)
{
    if (!w->steps->crop_to_mask || w->o->mask.n > 0)
        return 0;
    if (mi_source_voxels(w->src, &w->image, 0, w->image.grid.n[2], err) != 0)
        return -1;
    for (;;) {
        mi_volume m;
        int got = mi_source_next(w->src, &m, err);
        if (got <= 0)
            return got;
        if (mi_source_labels(w->src, &m, err) != 0) {
            mi_volume_free(&m);
            return -1;
        }
        if (add_mask(w, &m, err) != 0)
            return -1;
    }
}

/* Further items of the input: masks and what else a bundle holds, further frames. */
static int pass_rest(work *w, mi_err *err)
{
    for (;;) {
        mi_volume v;
        mi_axes axes;
        int got = mi_source_next(w->src, &v, err);
        if (got <= 0)
            return got;
        int rc = mi_grid_same(&w->image.grid, &v.grid, w->o->grid_tolerance, "the first item", "this one",
                              &axes, err);
        if (rc == 0 && !axes.identity)
            rc = mi_source_voxels(w->src, &v, 0, v.grid.n[2], err) == 0
                     ? mi_volume_rearrange(&v, &axes, err) : -1;
        if (rc == 0)
            v.grid = w->image.grid;
        say_warnings(w, &v);
        if (rc == 0)
            rc = write_item(w, &v, is_labels(&v, w->o->frame ? 0 : 1), err);
        mi_volume_free(&v);
        if (rc != 0)
            return -1;
    }
}

static int write_all(work *w, mi_err *err)
{
    w->of = w->n_masks > 0 ? w->n_masks + 1 : w->image.meta.bundle_of;
    const char *role = w->image.meta.role;
    if (write_item(w, &w->image, w->o->as_mask || (role && strcmp(role, "mask") == 0), err) != 0)
        return -1;
    say(w, w->image.name, mi_source_noticed(w->src));
    mi_volume_free(&(mi_volume){ .data = w->image.data, .slope = 1 });
    w->image.data = NULL;
    for (int i = 0; i < w->n_masks; i++)
        if (write_item(w, &w->mask[i], true, err) != 0)
            return -1;
    return pass_rest(w, err);
}

/* The grid of --like: a header is enough. */
static int read_like(work *w, mi_err *err)
{
    mi_source *s = NULL;
    mi_volume v;
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

static int open_input(work *w, mi_err *err)
{
    mi_source_opts opts;
    const char *path = w->c->operands[0];
    if (source_opts(w, &opts, err) != 0 || mi_source_open(&w->src, path, &opts, err) != 0)
        return -1;
    int got = mi_source_next(w->src, &w->image, err);
    if (got == 0)
        mi_fail(err, MI_E_DATA, NULL, "holds no image");
    if (got <= 0) {
        mi_err_subject(err, path);
        return -1;
    }
    say_warnings(w, &w->image);
    for (int i = 0; i < w->o->mask.n; i++)
        if (read_mask_file(w, w->o->mask.item[i], err) != 0)
            return -1;
    return read_ahead(w, err) == 0 ? find_box(w, err) : -1;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), e = strlen(end);
    return n >= e && strcmp(s + n - e, end) == 0;
}

static int open_output(work *w, mi_output **o, mi_err *err)
{
    const char *path = w->c->common.output;
    bool to_stdout = !path || strcmp(path, "-") == 0;
    if (!to_stdout && !ends_with(path, ".nii") && !ends_with(path, ".nii.gz")) {
        mi_fail(err, MI_E_USAGE, "images are written as .nii or .nii.gz", "the name tells no form");
        mi_err_subject(err, path);
        return -1;
    }
    if (mi_output_open(o, path, w->c->common.force, err) != 0)
        return -1;
    if (to_stdout && w->c->stdout_is_terminal)
        return mi_fail(err, MI_E_USAGE, "redirect it, or name a file: -o FILE.nii.gz",
                       "images are not written to a terminal");
    mi_write_opts opts = { .plain = w->o->plain, .gzip = !to_stdout && ends_with(path, ".gz") };
    return mi_volume_writer_open(&w->out, *o, &opts, w->pool, err);
}

static int check_plain(const work *w, mi_err *err)
{
    if (w->o->plain && w->o->mask.n > 0)
        return mi_fail(err, MI_E_USAGE, "write image and masks in two runs",
                       "--plain writes one item, there are masks besides");
    return 0;
}

static int make_order(work *w, mi_err *err)
{
    const mi_list *l = &w->o->steps;
    if (l->n == 0)
        return 0;
    w->order = mi_array_zero((size_t)l->n + 1, sizeof *w->order, err);
    for (int i = 0; w->order && i < l->n; i++)
        w->order[i] = l->item[i];
    for (int i = 0; w->order && i < mi_n_operations; i++) {
        bool named = false;
        for (int k = 0; k < l->n; k++)
            named = named || strcmp(l->item[k], mi_operations[i]->name) == 0;
        if (mi_operations[i]->asked(w->steps) && !named)
            return mi_fail(err, MI_E_USAGE, NULL, "--steps leaves out %s, which is asked for",
                           mi_operations[i]->name);
    }
    return w->order ? 0 : -1;
}

static void work_free(work *w)
{
    mi_source_close(w->src);
    mi_volume_free(&w->image);
    for (int i = 0; i < w->n_masks; i++)
        mi_volume_free(&w->mask[i]);
    free(w->mask);
    mi_volume_writer_free(w->out);
    mi_warnings_free(&w->warn);
    free(w->order);
}

/* --dry-run and --validate read everything and write nothing. */
static bool looks_only(const mi_context *c) { return c->common.dry_run || c->common.validate; }

static int prepare(mi_context *c, const mi_keep *keep, mi_err *err)
{
    work w = { .c = c, .steps = c->group[0], .o = c->group[1], .keep = *keep,
               .image = MI_VOLUME_EMPTY };
    mi_output *o = NULL;
    w.pool = mi_context_pool(c, err);
    int rc = w.pool ? make_order(&w, err) : -1;
    if (rc == 0)
        rc = check_plain(&w, err);
    if (rc == 0)
        rc = read_like(&w, err);
    if (rc == 0 && !looks_only(c))
        rc = open_output(&w, &o, err);
    if (rc == 0)
        rc = open_input(&w, err);
    if (rc == 0 && !looks_only(c))
        rc = write_all(&w, err);
    if (rc == 0 && !looks_only(c)) {
        rc = mi_volume_writer_end(w.out, err);
        w.out = NULL;
    }
    for (int i = 0; i < w.warn.n; i++)
        mi_say(c, "warning", w.image.name, "%s", w.warn.item[i].why);
    if (rc == 0 && (w.warn.lost || w.lost))
        rc = mi_fail(err, MI_E_MEMORY, NULL, "no memory for the warnings");
    work_free(&w);
    if (rc == 0 && o)
        return mi_output_commit(o, err);
    mi_output_abort(o);
    return rc;
}

static int run(mi_context *c, mi_err *err)
{
    const tool_opts *o = c->group[1];
    if (c->n_operands == 0)
        return mi_fail(err, MI_E_USAGE, "mi-preproc [options] IMAGE", "no image is named");
    if (!o->list_series && c->common.form >= 0)
        return mi_fail(err, MI_E_USAGE, "the name of -o chooses .nii or .nii.gz",
                       "an image has no form as a table or JSON");
    mi_keep keep;
    void *key;
    if (mi_keep_read(c->group[2], &keep, &key, err) != 0)
        return -1;
    int rc = o->list_series ? mi_series_list(c, c->operands[0], &keep, err) : prepare(c, &keep, err);
    free(key);
    return rc;
}

static const mi_group groups[] = { { mi_preproc_params, sizeof(mi_preproc_opts) },
                                   { tool_params, sizeof(tool_opts) },
                                   { mi_keep_params, sizeof(mi_keep_opts) },
                                   { NULL, 0 } };

static const char *const examples[] = {
    "mi-preproc scan-folder -o scan.nii.gz",
    "mi-preproc --suv bw pet-folder --mask gtv.rtstruct.dcm | mi-radiomics --preset pet -",
    "mi-preproc --clip -1000:400 --crop-to-mask --margin 10mm ct.nii.gz --mask tumour.nii.gz -o crop.nii",
    "mi-preproc --list-series folder",
    NULL
};

static const mi_tool tool = {
    .name = "mi-preproc",
    .purpose = "prepares images: import, SUV, reorient, crop, pad, clip, rescale",
    .operands = "IMAGE",
    .about = "IMAGE is NIfTI, a DICOM file or folder, or - for a stream. The result is NIfTI: a\n"
             "file by -o, else a stream of image and masks on stdout. Without a step the image\n"
             "is only imported.",
    .examples = examples,
    .groups = groups,
    .without = MI_WITHOUT_BATCH,
    .run = run
};

int main(int argc, char **argv) { return mi_tool_main(&tool, argc, argv); }
