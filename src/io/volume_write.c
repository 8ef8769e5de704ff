#include "io/volume_write.h"
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "io/nifti_make.h"
#include "io/raster.h"

/* A gzip member holds this much, so that files do not depend on the number of threads. */
enum {
    MEMBER = 16 << 20,
    LEVEL = 1,
    SLOTS_MAX = 8,
    SMALL = 64 << 10, /* bytes that are worth a write of their own */
    ROOM = 256 << 10  /* for those that are not */
};

typedef struct slot {
    unsigned char *in, *out;
    size_t n, room, made;
} slot;

struct mi_volume_writer {
    mi_output *o;
    mi_write_opts opts;
    mi_pool *pool;
    int64_t left; /* bytes of the item that are still to come */
    size_t voxel; /* bytes of one that has to be turned to the other byte order; 0: none has */
    unsigned char *turned;
    slot slot[SLOTS_MAX];
    int slots, filled;    /* slots in use; full ones, the next takes bytes */
    unsigned char *small; /* plain bytes that wait for others */
    size_t waiting;
};

int mi_volume_writer_open(mi_volume_writer **out, mi_output *o, const mi_write_opts *opts,
                          mi_pool *pool, mi_err *err)
{
    mi_volume_writer *w = mi_array_zero(1, sizeof *w, err);
    if (!w)
        return -1;
    w->o = o;
    w->opts = *opts;
    w->pool = pool;
    w->slots = mi_pool_threads(pool) < SLOTS_MAX ? mi_pool_threads(pool) : SLOTS_MAX;
    *out = w;
    return 0;
}

void mi_volume_writer_free(mi_volume_writer *w)
{
    for (int i = 0; w && i < SLOTS_MAX; i++) {
        free(w->slot[i].in);
        free(w->slot[i].out);
    }
    if (w) {
        free(w->small);
        free(w->turned);
    }
    free(w);
}

/* ---- plain ---- */

static int send_waiting(mi_volume_writer *w, mi_err *err)
{
    size_t n = w->waiting;
    w->waiting = 0;
    return n > 0 ? mi_output_write(w->o, w->small, n, err) : 0;
}

/* Small pieces go out together; nothing waits beyond the end of its item. */
static int plain_bytes(mi_volume_writer *w, const void *p, size_t n, mi_err *err)
{
    if (!w->small && !(w->small = mi_array(ROOM, 1, err)))
        return -1;
    if ((n >= SMALL || n > ROOM - w->waiting) && send_waiting(w, err) != 0)
        return -1;
    if (n >= SMALL)
        return mi_output_write(w->o, p, n, err);
    memcpy(w->small + w->waiting, p, n);
    w->waiting += n;
    return 0;
}

/* ---- gzip ---- */

static int compress_slot(void *ctx, int i, mi_err *err)
{
    slot *s = &((mi_volume_writer *)ctx)->slot[i];
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
    if (!c)
        return mi_fail(err, MI_E_MEMORY, NULL, "no memory to compress");
    size_t bound = libdeflate_gzip_compress_bound(c, s->n);
    if (bound > s->room) {
        free(s->out);
        s->out = mi_array(bound, 1, err);
        s->room = s->out ? bound : 0;
    }
    s->made = s->out ? libdeflate_gzip_compress(c, s->in, s->n, s->out, s->room) : 0;
    libdeflate_free_compressor(c);
    if (s->out && s->made == 0)
        return mi_fail(err, MI_E_INTERNAL, NULL, "compression failed");
    return s->out ? 0 : -1;
}

static int flush(mi_volume_writer *w, int slots, mi_err *err)
{
    int rc = mi_pool_run(w->pool, slots, compress_slot, w, err);
    for (int i = 0; rc == 0 && i < slots; i++) {
        rc = mi_output_write(w->o, w->slot[i].out, w->slot[i].made, err);
        w->slot[i].n = 0;
    }
    w->filled = 0;
    return rc;
}

static int deflate_bytes(mi_volume_writer *w, const unsigned char *p, size_t n, mi_err *err)
{
    while (n > 0) {
        slot *s = &w->slot[w->filled];
        if (!s->in && !(s->in = mi_array(MEMBER, 1, err)))
            return -1;
        size_t k = n < MEMBER - s->n ? n : MEMBER - s->n;
        memcpy(s->in + s->n, p, k);
        s->n += k;
        p += k;
        n -= k;
        if (s->n == MEMBER && ++w->filled == w->slots && flush(w, w->slots, err) != 0)
            return -1;
    }
    return 0;
}

static int put(mi_volume_writer *w, const void *p, size_t n, mi_err *err)
{
    return w->opts.gzip ? deflate_bytes(w, p, n, err) : plain_bytes(w, p, n, err);
}

/* ---- items ---- */

int mi_volume_writer_item(mi_volume_writer *w, const mi_volume *head, bool changed, mi_err *err)
{
    mi_nifti_front front;
    if (w->left != 0)
        return mi_fail(err, MI_E_INTERNAL, NULL, "an image is %lld bytes short",
                       (long long)w->left);
    if (mi_nifti_front_make(head, w->opts.plain, changed, &front, err) != 0)
        return -1;
    int rc = put(w, front.bytes, front.n, err);
    free(front.bytes);
    w->voxel = front.swap && mi_type_size(head->type) > 1 ? mi_type_size(head->type) : 0;
    w->left = mi_volume_slice_voxels(head) * head->grid.n[2] * (int64_t)mi_type_size(head->type);
    return rc;
}

/* Voxels in the other byte order. */
static int put_turned(mi_volume_writer *w, const unsigned char *p, size_t n, mi_err *err)
{
    if (!w->turned && !(w->turned = mi_array(ROOM, 1, err)))
        return -1;
    if (n % w->voxel != 0)
        return mi_fail(err, MI_E_INTERNAL, NULL, "a part of a voxel");
    for (size_t at = 0, now; at < n; at += now) {
        now = n - at < ROOM ? n - at : ROOM;
        memcpy(w->turned, p + at, now);
        mi_raster_swap(w->turned, (int64_t)now, w->voxel);
        if (put(w, w->turned, now, err) != 0)
            return -1;
    }
    return 0;
}

int mi_volume_writer_put(mi_volume_writer *w, const void *p, size_t bytes, mi_err *err)
{
    if ((int64_t)bytes > w->left)
        return mi_fail(err, MI_E_INTERNAL, NULL, "an image is longer than its header says");
    w->left -= (int64_t)bytes;
    int rc = w->voxel ? put_turned(w, p, bytes, err) : put(w, p, bytes, err);
    return rc == 0 && w->left == 0 ? send_waiting(w, err) : rc;
}

int mi_volume_writer_end(mi_volume_writer *w, mi_err *err)
{
    int rc = w->left == 0 ? 0
                          : mi_fail(err, MI_E_INTERNAL, NULL, "an image is %lld bytes short",
                                    (long long)w->left);
    int slots = w->filled + (w->filled < w->slots && w->slot[w->filled].n > 0);
    if (rc == 0 && w->opts.gzip && slots > 0)
        rc = flush(w, slots, err);
    mi_volume_writer_free(w);
    return rc;
}

static int put_zeros(mi_volume_writer *w, int64_t slices, size_t slice, mi_err *err)
{
    void *zero = slices > 0 ? mi_array_zero(slice, 1, err) : NULL;
    int rc = slices > 0 && !zero ? -1 : 0;
    for (int64_t k = 0; rc == 0 && k < slices; k++)
        rc = mi_volume_writer_put(w, zero, slice, err);
    free(zero);
    return rc;
}

int mi_volume_write(mi_volume_writer *w, const mi_volume *v, mi_err *err)
{
    size_t slice = (size_t)mi_volume_slice_voxels(v) * mi_type_size(v->type);
    if (!v->trimmed && (v->k0 != 0 || v->k1 != v->grid.n[2]))
        return mi_fail(err, MI_E_INTERNAL, NULL, "slices of %s are missing",
                       v->name ? v->name : "?");
    if (mi_volume_writer_item(w, v, true, err) != 0 || put_zeros(w, v->k0, slice, err) != 0)
        return -1;
    int rc = mi_volume_writer_put(w, v->data, (size_t)(v->k1 - v->k0) * slice, err);
    return rc == 0 ? put_zeros(w, v->grid.n[2] - v->k1, slice, err) : rc;
}
