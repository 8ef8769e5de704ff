/* NIfTI-1 and NIfTI-2: single files, pairs, and streams of single files back to back (each item
   may be gzip or plain). */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "io/format.h"
#include "io/nifti.h"
#include "io/raster.h"

typedef struct nifti_state {
    mi_input *in;    /* headers, and voxels of single files */
    mi_input *img;   /* voxels: the same, or the .img file of a pair */
    mi_input *owned; /* that of the two which was opened here, or NULL */
    char *path, *img_path;
    mi_source_opts opts;
    int items;          /* headers read so far */
    bool open;          /* an item is being read */
    bool gzip;          /* its voxels are */
    bool taken;         /* voxels of the current frame were handed out */
    bool by_slices;     /* and slice by slice: what follows them was not looked at yet */
    mi_nifti_head head; /* of the item */
    mi_volume proto;    /* type, grid, scaling, meta, warnings of the item; no voxels */
    cJSON *extensions;
    mi_nifti_kept *kept; /* what stands before its voxels */
    int64_t frames, frame;
    mi_raster raster; /* of the current frame */
    int64_t frame_bytes, data_start;
    int bundle_seen, bundle_of;
    mi_warnings noticed; /* behind the last item */
} nifti_state;

static void nifti_close(void *state)
{
    nifti_state *st = state;
    if (!st)
        return;
    mi_input_close(st->owned);
    mi_volume_free(&st->proto);
    mi_warnings_free(&st->noticed);
    cJSON_Delete(st->extensions);
    free(st->kept);
    free(st->path);
    free(st->img_path);
    free(st);
}

static nifti_state *new_state(mi_input *in, const char *path, const mi_source_opts *opts,
                              mi_err *err)
{
    nifti_state *st = mi_array_zero(1, sizeof *st, err);
    if (!st)
        return NULL;
    st->in = st->img = in;
    st->opts = *opts;
    st->proto = (mi_volume)MI_VOLUME_EMPTY;
    st->path = mi_strdup(path, err);
    if (!st->path) {
        free(st);
        return NULL;
    }
    return st;
}

static bool sniff_head(const unsigned char *head, size_t len, const char *path, bool is_folder)
{
    (void)path;
    return !is_folder && mi_nifti_is_head(head, len);
}

static int open_head(void **state, mi_input *in, const char *path, const mi_source_opts *opts,
                     mi_err *err)
{
    *state = new_state(in, path, opts, err);
    return *state ? 0 : -1;
}

/* The voxels of a pair, given by the name of its image file: raw bytes, so the name has to lead
   to the header. */
static bool sniff_image(const unsigned char *head, size_t len, const char *path, bool is_folder)
{
    (void)head;
    (void)len;
    char hdr[MI_NIFTI_PATH];
    return !is_folder && mi_nifti_partner(path, false, hdr);
}

static int open_image(void **state, mi_input *in, const char *path, const mi_source_opts *opts,
                      mi_err *err)
{
    nifti_state *st = new_state(in, path, opts, err);
    char hdr[MI_NIFTI_PATH];
    bool there = mi_nifti_partner(path, false, hdr);
    int rc = !st     ? -1
             : there ? mi_input_open(&st->in, hdr, err)
                     : mi_fail(err, MI_E_NOINPUT, NULL, "its header is gone");
    if (rc == 0) {
        st->owned = st->in;
        const unsigned char *p;
        int64_t got = mi_input_peek(st->in, &p, 4, err);
        if (got < 0 || !mi_nifti_is_head(p, (size_t)got))
            rc = mi_fail(err, MI_E_DATA, NULL,
                         "raw voxels whose header file %s is not a NIfTI header", hdr);
    }
    if (rc == 0)
        st->img_path = mi_strdup(path, err);
    if (rc != 0 || !st->img_path) {
        mi_err_subject(err, path);
        nifti_close(st);
        st = NULL;
        rc = -1;
    }
    *state = st;
    return rc;
}

/* The header of a pair was read: open the image file beside it. */
static int open_pair(nifti_state *st, mi_err *err)
{
    if (st->img_path)
        return 0;
    if (mi_input_is_stdin(st->in))
        return mi_fail(err, MI_E_DATA, "name the .hdr file instead",
                       "a header without voxels (.hdr of a pair) cannot come through a stream");
    char img[MI_NIFTI_PATH];
    if (!mi_nifti_partner(st->path, true, img))
        return mi_fail(err, MI_E_NOINPUT,
                       "a pair is NAME.hdr and NAME.img (or NAME.img.gz) in one folder",
                       "the header of a pair, but its .img file is not there");
    int rc = mi_input_open(&st->img, img, err);
    st->owned = rc == 0 ? st->img : NULL;
    if (rc == 0 && !(st->img_path = mi_strdup(img, err)))
        rc = -1;
    return rc;
}

static int fail_missing(const nifti_state *st, mi_err *err)
{
    return mi_fail(err, MI_E_DATA,
                   "the command that wrote the stream ended early, or the file is incomplete",
                   "item %d of %d of the bundle is missing", st->bundle_seen + 1, st->bundle_of);
}

/* Items of a bundle come complete and in order. `m` NULL: the end of the stream. */
static int check_bundle(nifti_state *st, const mi_meta *m, mi_err *err)
{
    bool inside = st->bundle_seen < st->bundle_of;
    if (inside && !(m && m->bundle_of == st->bundle_of && m->bundle_index == st->bundle_seen + 1))
        return fail_missing(st, err);
    if (!inside) {
        st->bundle_of = m ? m->bundle_of : 0;
        st->bundle_seen = 0;
        if (st->bundle_of > 0 && m->bundle_index != 1)
            return fail_missing(st, err);
    }
    if (st->bundle_of > 0)
        st->bundle_seen++;
    return 0;
}

static int choose_frame(nifti_state *st, mi_err *err)
{
    char dims[160];
    st->frames = mi_nifti_frames(&st->head);
    return mi_raster_frame(&st->opts, st->frames, st->items, mi_nifti_dims(&st->head, dims),
                           &st->frame, err);
}

static void set_frame(nifti_state *st)
{
    st->raster.start = st->data_start + st->frame * st->frame_bytes;
    st->taken = false;
}

/* Where the voxels lie; refuses what the file cannot hold. */
static int place(nifti_state *st, int64_t head_at, mi_err *err)
{
    const mi_volume *v = &st->proto;
    int64_t bytes = mi_raster_bytes(v->grid.n, st->frames, v->type);
    st->data_start = st->head.vox_offset + (st->head.pair ? 0 : head_at);
    int64_t end;
    if (bytes < 0 || __builtin_add_overflow(st->data_start, bytes, &end))
        return mi_fail(err, MI_E_DATA, NULL,
                       "the header is wrong: more voxels than can be counted");
    st->frame_bytes = bytes / st->frames;
    st->raster = (mi_raster) { st->img, 0, end, st->head.swap };
    st->gzip = mi_input_is_gzip(st->img);
    set_frame(st);
    int rc = mi_raster_check(&st->raster, err);
    if (rc != 0 && st->head.pair)
        mi_err_subject(err, st->img_path);
    return rc;
}

static int read_head(nifti_state *st, mi_err *err)
{
    unsigned char raw[MI_NIFTI_SIZE2];
    int64_t at = mi_input_offset(st->in);
    int64_t got = mi_input_read(st->in, raw, 4, err);
    if (got < 0)
        return -1;
    size_t size = mi_nifti_head_size(raw, (size_t)got);
    got = size ? mi_input_read(st->in, raw + 4, size - 4, err) : 0;
    if (got < 0)
        return -1;
    if (!size || (size_t)got < size - 4)
        return mi_fail(err, MI_E_DATA, mi_raster_hint_cut(mi_input_is_stdin(st->in)),
                       "truncated: a NIfTI header has %d bytes, %d are missing", (int)size,
                       (int)((int64_t)size - 4 - got));
    mi_volume_free(&st->proto);
    mi_warnings_free(&st->noticed);
    cJSON_Delete(st->extensions);
    st->extensions = NULL;
    free(st->kept);
    st->kept = NULL;
    if (mi_nifti_parse(raw, &st->head, err) != 0)
        return -1;
    if (st->head.pair && st->items > 0)
        return mi_fail(err, MI_E_DATA, NULL, "the header of a pair inside a stream");
    if (!st->head.pair && st->img != st->in)
        return mi_fail(err, MI_E_DATA, "name the header file instead",
                       "raw voxels whose .hdr file says that it holds the voxels itself");
    if ((st->head.pair && open_pair(st, err) != 0) ||
        mi_nifti_volume(&st->head, &st->proto, err) != 0 || choose_frame(st, err) != 0 ||
        place(st, at, err) != 0 ||
        mi_nifti_keep(st->in, raw, &st->head, st->head.pair ? -1 : st->data_start, &st->kept,
                      &st->proto.warnings, err) != 0)
        return -1;
    return mi_nifti_extensions(st->kept, &st->proto.meta, &st->extensions, &st->proto.warnings,
                               err);
}

/* What follows the item: 1 another header, 0 nothing or something else, -1 on error. Something
   else is read to its end (so that a checksum behind it is not missed) and its bytes counted in
   *rest. */
static int look_ahead(nifti_state *st, int64_t *rest, mi_err *err)
{
    const unsigned char *p;
    *rest = 0;
    if (mi_input_boundary(st->img, err) != 0)
        return -1;
    int64_t got = mi_input_peek(st->img, &p, 4, err);
    if (got > 0 && !st->head.pair && mi_nifti_is_head(p, (size_t)got))
        return 1;
    while (got > 0) {
        got = mi_input_read(st->img, NULL, 1 << 24, err);
        *rest += got;
    }
    if (got == 0 && mi_input_is_cut(st->img))
        return mi_raster_fail_cut(err);
    return got < 0 ? -1 : 0;
}

static void warn_rest(mi_warnings *w, int64_t rest)
{
    if (rest > 0)
        mi_warn(w, "trailing_bytes",
                "%lld bytes behind the last voxel are no image and are not used", (long long)rest);
}

/* The current item is done with: go to its end and warn of bytes there that are no image. */
static int finish_item(nifti_state *st, mi_warnings *w, mi_err *err)
{
    if (mi_raster_finish(&st->raster, st->opts.verify, err) != 0)
        return -1;
    /* The end was promised by ISIZE and not visited: nothing follows. */
    if (mi_input_offset(st->img) < st->raster.end)
        return 0;
    int64_t rest;
    if (look_ahead(st, &rest, err) < 0)
        return -1;
    warn_rest(w, rest);
    return 0;
}

/* 1: another item, and the input stands at its header. */
static int go_to_next(nifti_state *st, mi_err *err)
{
    int64_t rest = 0;
    if (st->items == 0)
        return 1;
    if (st->open) {
        mi_raster r = st->raster;
        st->open = false;
        if (mi_input_offset(st->img) > r.end)
            return 0; /* finish_item() has read on to the end of the input */
        if (mi_raster_finish(&r, true, err) != 0)
            return -1;
    }
    int more = st->head.pair && !st->by_slices ? 0 : look_ahead(st, &rest, err);
    if (more == 0 && st->by_slices)
        warn_rest(&st->noticed, rest);
    return more;
}

static int emit(const nifti_state *st, mi_volume *head, mi_err *err)
{
    const mi_volume *p = &st->proto;
    *head = (mi_volume)MI_VOLUME_EMPTY;
    head->grid = p->grid;
    head->type = p->type;
    head->slope = p->slope;
    head->inter = p->inter;
    head->frames = st->frames;
    mi_warnings_copy(&head->warnings, &p->warnings);
    head->name = mi_strdup(st->path, err);
    size_t kept = sizeof *st->kept + st->kept->n;
    head->nifti_kept = head->name ? mi_array(kept, 1, err) : NULL;
    if (head->nifti_kept) {
        memcpy(head->nifti_kept, st->kept, kept);
        if (mi_meta_copy(&head->meta, &p->meta, err) == 0)
            return 1;
    }
    mi_volume_free(head);
    return -1;
}

static int nifti_next(void *state, mi_volume *head, mi_err *err)
{
    nifti_state *st = state;
    if (st->open && st->opts.frame == MI_FRAME_ALL && st->frame + 1 < st->frames) {
        st->frame++;
        set_frame(st);
        return emit(st, head, err);
    }
    int more = go_to_next(st, err);
    if (more < 0)
        return -1;
    if (more == 0)
        return check_bundle(st, NULL, err);
    if (read_head(st, err) != 0 || check_bundle(st, &st->proto.meta, err) != 0)
        return -1;
    st->items++;
    st->open = true;
    st->by_slices = false;
    return emit(st, head, err);
}

/* Common to voxels and labels: once per frame, and the end of the item is looked at behind its
   last frame. */
static int fetch(nifti_state *st, mi_volume *v, bool labels, int64_t k0, int64_t k1, mi_err *err)
{
    if (!st->open || st->taken)
        return mi_fail(err, MI_E_INTERNAL, NULL, "voxels asked for twice or without an item");
    st->taken = true;
    int rc = labels ? mi_raster_labels(&st->raster, v, err)
                    : mi_raster_voxels(&st->raster, v, k0, k1, err);
    bool last = st->opts.frame != MI_FRAME_ALL || st->frame + 1 == st->frames;
    if (rc == 0 && last)
        rc = finish_item(st, &v->warnings, err);
    if (rc != 0 && st->img_path)
        mi_err_subject(err, st->img_path);
    return rc;
}

static int nifti_voxels(void *state, mi_volume *v, int64_t k0, int64_t k1, mi_err *err)
{
    return fetch(state, v, false, k0, k1, err);
}

static int nifti_labels(void *state, mi_volume *v, mi_err *err)
{
    return fetch(state, v, true, 0, 0, err);
}

/* Slices in ascending runs. What follows the last one is looked at when the next item is asked
   for: on a pipe nobody knows when it will come, and the slices that are there go on meanwhile. */
static int nifti_slices(void *state, const mi_volume *v, int64_t k0, int64_t k1, void *out,
                        mi_err *err)
{
    nifti_state *st = state;
    if (!st->open)
        return mi_fail(err, MI_E_INTERNAL, NULL, "slices asked for without an item");
    st->taken = st->by_slices = true;
    int rc = mi_raster_slices(&st->raster, v, k0, k1, out, err);
    if (rc != 0 && st->img_path)
        mi_err_subject(err, st->img_path);
    return rc;
}

static const mi_warnings *nifti_noticed(const void *state)
{
    return &((const nifti_state *)state)->noticed;
}

static cJSON *matrix(double m[3][4], int bad)
{
    cJSON *rows = bad ? cJSON_CreateNull() : cJSON_CreateArray();
    for (int i = 0; !bad && i < 3; i++)
        mi_json_append(rows, mi_json_numbers(m[i], 4));
    return rows;
}

static const char *used(const mi_nifti_head *h)
{
    return h->used == 's' ? "sform" : h->used == 'q' ? "qform" : "none";
}

static cJSON *nifti_facts(const void *state, mi_err *err)
{
    const nifti_state *st = state;
    const mi_nifti_head *h = &st->head;
    double q[3][4], s[3][4], dims[8];
    bool native_little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    cJSON *o = cJSON_CreateObject();
    for (int i = 1; i <= h->ndim; i++)
        dims[i] = (double)h->dim[i];
    int bad_q = mi_nifti_qform(h, q), bad_s = mi_nifti_sform(h, s);
    bool ok = mi_json_add_string(o, "format", h->version == 1 ? "NIfTI-1" : "NIfTI-2") &&
              mi_json_add_string(o, "files", h->pair ? "pair" : "single") &&
              mi_json_add_string(o, "compression", st->gzip ? "gzip" : "none") &&
              mi_json_add_string(o, "byte_order", native_little != h->swap ? "little" : "big") &&
              mi_json_add_string(o, "data_type", mi_type_name(st->proto.type)) &&
              mi_json_add(o, "dim", mi_json_numbers(dims + 1, h->ndim)) &&
              mi_json_add(o, "pixdim", mi_json_numbers(h->pixdim + 1, h->ndim)) &&
              mi_json_add_number(o, "frames", (double)st->frames) &&
              mi_json_add_number(o, "frame", (double)st->frame) &&
              mi_json_add_number(o, "vox_offset", (double)h->vox_offset) &&
              mi_json_add_number(o, "scl_slope", h->slope) &&
              mi_json_add_number(o, "scl_inter", h->inter) &&
              mi_json_add_number(o, "xyzt_units", h->xyzt_units) &&
              mi_json_add_number(o, "qform_code", h->qform_code) &&
              mi_json_add_number(o, "sform_code", h->sform_code) &&
              mi_json_add_string(o, "orientation_from", used(h)) &&
              mi_json_add(o, "qform", matrix(q, bad_q)) &&
              mi_json_add(o, "sform", matrix(s, bad_s)) &&
              mi_json_add_number(o, "intent_code", h->intent_code) &&
              mi_json_add_string(o, "intent_name", h->intent_name) &&
              mi_json_add_string(o, "description", h->descrip);
    if (ok && cJSON_GetArraySize(st->extensions) > 0)
        ok = mi_json_add(o, "extensions", cJSON_Duplicate(st->extensions, 1));
    if (ok)
        return o;
    cJSON_Delete(o);
    mi_fail(err, MI_E_MEMORY, NULL, "no memory for the facts of a header");
    return NULL;
}

const mi_format mi_format_nifti = { "nifti",      sniff_head,   open_head,   nifti_next,
                                    nifti_voxels, nifti_labels, nifti_slices, nifti_facts,
                                    nifti_close, nifti_noticed };
/* Last in the table: by name, after no content was recognised. */
const mi_format mi_format_nifti_image = { "nifti image", sniff_image,  open_image,  nifti_next,
                                          nifti_voxels,  nifti_labels, nifti_slices, nifti_facts,
                                          nifti_close, nifti_noticed };
