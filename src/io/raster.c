#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "io/raster.h"

enum {
    SWAP_CHUNK = 1 << 20,  /* bytes swapped while still in the cache */
    LABEL_CHUNK = 1 << 19, /* bytes of a label map looked at together */
    FIRST_BYTES = 1 << 28, /* first allocation of an unproven length, doubled later */
    DEFLATE_RATIO = 1032   /* of deflate: 258 bytes from two bits (RFC 1951, 3.2.5) */
};

int64_t mi_raster_bytes(const int64_t n[3], int64_t frames, mi_type type)
{
    int64_t b = (int64_t)mi_type_size(type);
    for (int i = 0; i < 3; i++)
        if (n[i] < 0 || __builtin_mul_overflow(b, n[i], &b))
            return -1;
    if (frames < 0 || __builtin_mul_overflow(b, frames, &b))
        return -1;
    return b;
}

int mi_raster_frame(const mi_source_opts *opts, int64_t frames, int index, const char *dims,
                    int64_t *frame, mi_err *err)
{
    long long want = opts->frame;
    *frame = 0;
    if (frames == 1 && (want <= 0 || index > 0))
        return 0;
    if (want == MI_FRAME_REFUSE)
        return mi_fail(err, MI_E_DATA,
                       opts->like ? "choose one, counted from 0: mi-preproc --frame N MASK"
                                  : "choose one with --frame N (counted from 0), or --frame all",
                       "%lld frames in one image (%s)", (long long)frames, dims);
    if (want >= frames)
        return mi_fail(err, MI_E_DATA, "frames are counted from 0; --frame all takes every one",
                       "frame %lld asked for, there are %lld (0 to %lld)",
                       want, (long long)frames, (long long)frames - 1);
    if (want > 0)
        *frame = want;
    return 0;
}

const char *mi_raster_hint_cut(bool is_stdin)
{
    return is_stdin ? "the command before this one in the pipe ended early; "
                      "see its message, or use: set -o pipefail"
                    : "the file is incomplete: get it again from where it came";
}

static int fail_short(const mi_raster *r, int64_t have, mi_err *err)
{
    return mi_fail(err, MI_E_DATA, mi_raster_hint_cut(mi_input_is_stdin(r->in)),
                   "truncated: the header promises %lld bytes, %lld are missing%s",
                   (long long)r->end, (long long)(r->end - have),
                   mi_input_is_cut(r->in) ? " (the gzip data end before their end mark)" : "");
}

int mi_raster_check(const mi_raster *r, mi_err *err)
{
    int64_t file = mi_input_file_size(r->in), size = mi_input_size(r->in);
    if (!mi_input_is_gzip(r->in))
        return size >= 0 && size < r->end ? fail_short(r, size, err) : 0;
    if (file >= 0 && (r->end - mi_input_offset(r->in)) / DEFLATE_RATIO > file)
        return mi_fail(
            err, MI_E_DATA, "the header is wrong or the file is incomplete",
            "truncated: the header promises %lld bytes, %lld bytes of gzip cannot hold them",
            (long long)r->end, (long long)file);
    return 0;
}

static int read_exactly(const mi_raster *r, void *buf, int64_t n, mi_err *err)
{
    int64_t got = mi_input_read(r->in, buf, (size_t)n, err);
    if (got < 0)
        return -1;
    return got == n ? 0 : fail_short(r, mi_input_offset(r->in), err);
}

void mi_raster_swap(unsigned char *p, int64_t n, size_t size)
{
    switch (size) {
    case 2: {
        uint16_t x;
        for (int64_t i = 0; i < n; i += 2, p += 2)
            memcpy(&x, p, 2), x = __builtin_bswap16(x), memcpy(p, &x, 2);
        break;
    }
    case 4: {
        uint32_t x;
        for (int64_t i = 0; i < n; i += 4, p += 4)
            memcpy(&x, p, 4), x = __builtin_bswap32(x), memcpy(p, &x, 4);
        break;
    }
    case 8: {
        uint64_t x;
        for (int64_t i = 0; i < n; i += 8, p += 8)
            memcpy(&x, p, 8), x = __builtin_bswap64(x), memcpy(p, &x, 8);
        break;
    }
    }
}

/* n bytes of voxels of `size` bytes each, in native order. */
static int read_voxels(const mi_raster *r, unsigned char *buf, int64_t n, size_t size, mi_err *err)
{
    int64_t step = r->swap && size > 1 ? SWAP_CHUNK : n;
    for (int64_t at = 0; at < n; at += step) {
        int64_t now = n - at < step ? n - at : step;
        if (read_exactly(r, buf + at, now, err) != 0)
            return -1;
        if (r->swap)
            mi_raster_swap(buf + at, now, size);
    }
    return 0;
}

static int skip_to(const mi_raster *r, int64_t offset, mi_err *err)
{
    int64_t n = offset - mi_input_offset(r->in);
    if (n < 0)
        return mi_fail(err, MI_E_INTERNAL, NULL, "voxels asked for twice");
    return n == 0 ? 0 : read_exactly(r, NULL, n, err);
}

/* Is the length of the data certain before they are read? */
static bool length_known(const mi_raster *r)
{
    return !mi_input_is_gzip(r->in) && mi_input_size(r->in) >= r->end;
}

int mi_raster_voxels(const mi_raster *r, mi_volume *v, int64_t k0, int64_t k1, mi_err *err)
{
    size_t size = mi_type_size(v->type);
    int64_t slice = mi_volume_slice_voxels(v) * (int64_t)size;
    if (v->data || k0 < 0 || k1 > v->grid.n[2] || k0 > k1)
        return mi_fail(err, MI_E_INTERNAL, NULL, "slices %lld to %lld of %lld asked for",
                       (long long)k0, (long long)k1, (long long)v->grid.n[2]);
    if (skip_to(r, r->start + k0 * slice, err) != 0)
        return -1;
    int64_t want = (k1 - k0) * slice;
    int64_t room = want > FIRST_BYTES && !length_known(r) ? FIRST_BYTES : want;
    int64_t have = 0;
    unsigned char *p = mi_array((size_t)room, 1, err);
    int rc = p ? 0 : -1;
    while (rc == 0 && have < want) {
        if (have == room) {
            room = room > want / 2 ? want : room * 2;
            unsigned char *q = mi_regrow(p, (size_t)room, 1, err);
            rc = q ? 0 : -1;
            p = q ? q : p;
        }
        if (rc == 0)
            rc = read_voxels(r, p + have, room - have, size, err);
        have = room;
    }
    if (rc != 0) {
        free(p);
        return rc;
    }
    v->data = p;
    v->k0 = k0;
    v->k1 = k1;
    return 0;
}

int mi_raster_slices(const mi_raster *r, const mi_volume *v, int64_t k0, int64_t k1, void *out,
                     mi_err *err)
{
    size_t size = mi_type_size(v->type);
    int64_t slice = mi_volume_slice_voxels(v) * (int64_t)size;
    return skip_to(r, r->start + k0 * slice, err) != 0
               ? -1 : read_voxels(r, out, (k1 - k0) * slice, size, err);
}

static bool all_zero(const unsigned char *p, int64_t n)
{
    uint64_t any = 0, w[8];
    while (n >= 64) {
        memcpy(w, p, 64);
        any |= w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7];
        if (any)
            return false;
        p += 64;
        n -= 64;
    }
    for (; n > 0; n--)
        any |= *p++;
    return any == 0;
}

/* The span of slices that is kept, growing. */
typedef struct span {
    unsigned char *p;
    int64_t first, n; /* first slice (-1: none yet), slices held */
    int64_t room;     /* slices allocated */
} span;

/* Append slice k (not zero); the zero slices since the last one are filled in. */
static int span_add(span *s, const unsigned char *data, int64_t k, int64_t k_end, int64_t slice,
                    mi_err *err)
{
    if (s->first < 0)
        s->first = k;
    int64_t n = k - s->first + 1;
    if (n > s->room) {
        int64_t room = n * 2 < k_end - s->first ? n * 2 : k_end - s->first;
        void *q = mi_regrow(s->p, (size_t)room, (size_t)slice, err);
        if (!q)
            return -1;
        s->p = q;
        s->room = room;
    }
    memset(s->p + s->n * slice, 0, (size_t)((n - 1 - s->n) * slice));
    memcpy(s->p + (n - 1) * slice, data, (size_t)slice);
    s->n = n;
    return 0;
}

int mi_raster_labels(const mi_raster *r, mi_volume *v, mi_err *err)
{
    size_t size = mi_type_size(v->type);
    int64_t slice = mi_volume_slice_voxels(v) * (int64_t)size, nz = v->grid.n[2];
    /* A slice that may not exist is not allocated at once. */
    if (v->inter != 0 || (slice > FIRST_BYTES && !length_known(r)))
        return mi_raster_voxels(r, v, 0, nz, err);
    int64_t group = slice > LABEL_CHUNK ? 1 : LABEL_CHUNK / slice;
    if (group > nz)
        group = nz;
    span s = { NULL, -1, 0, 0 };
    int rc = v->data ? mi_fail(err, MI_E_INTERNAL, NULL, "labels asked for twice")
                     : skip_to(r, r->start, err);
    unsigned char *buf = rc == 0 ? mi_array((size_t)group, (size_t)slice, err) : NULL;
    if (!buf)
        rc = -1;
    for (int64_t k = 0; rc == 0 && k < nz; k += group) {
        int64_t now = nz - k < group ? nz - k : group;
        rc = read_voxels(r, buf, now * slice, size, err);
        for (int64_t i = 0; rc == 0 && i < now; i++)
            if (!all_zero(buf + i * slice, slice))
                rc = span_add(&s, buf + i * slice, k + i, nz, slice, err);
    }
    if (rc == 0) {
        void *q = mi_regrow(s.p, (size_t)(s.n > 0 ? s.n : 1), (size_t)slice, err);
        rc = q ? 0 : -1;
        s.p = q ? q : s.p;
    }
    free(buf);
    if (rc != 0) {
        free(s.p);
        return rc;
    }
    v->data = s.p;
    v->k0 = s.first < 0 ? 0 : s.first;
    v->k1 = v->k0 + s.n;
    v->trimmed = true;
    return 0;
}

int mi_raster_fail_cut(mi_err *err)
{
    return mi_fail(err, MI_E_DATA, "the file is incomplete: get it again from where it came",
                   "truncated: the gzip data end before their checksum");
}

int mi_raster_finish(const mi_raster *r, bool verify, mi_err *err)
{
    bool there = mi_input_offset(r->in) == r->end;
    if (!verify && !there && mi_input_is_gzip(r->in) && mi_input_ends_at(r->in, r->end))
        return 0;
    if (skip_to(r, r->end, err) != 0)
        return -1;
    const unsigned char *p;
    /* Looking beyond the end makes the end mark and the checksum of the gzip member be read. */
    int64_t got = mi_input_peek(r->in, &p, 1, err);
    if (got < 0)
        return -1;
    if (got == 0 && mi_input_is_cut(r->in))
        return mi_raster_fail_cut(err);
    return 0;
}
