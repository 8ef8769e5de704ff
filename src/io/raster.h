/* The voxels of one item on an input: a run of slices at a known place, read in one pass. What
   NIfTI and MGH have in common. */
#ifndef MI_IO_RASTER_H
#define MI_IO_RASTER_H
#include "image/volume.h"
#include "io/input.h"
#include "io/source.h"

typedef struct mi_raster {
    mi_input *in;  /* borrowed */
    int64_t start; /* uncompressed offset of the first voxel of this frame */
    int64_t end; /* uncompressed offset behind the last byte of the item (behind its last frame) */
    bool swap;   /* the bytes are not in native order */
} mi_raster;

/* Bytes of an item: n[0] * n[1] * n[2] * frames * size of a voxel; -1 when that does not fit 63
   bits. */
int64_t mi_raster_bytes(const int64_t n[3], int64_t frames, mi_type type);

/* n bytes of voxels of `size` bytes each into the other byte order. */
void mi_raster_swap(unsigned char *p, int64_t n, size_t size);

/* Which frame of an item with `frames` of them comes first under the wish of `opts`. `index`
   counts the items of the source from 0: behind the first, an item of one frame needs no choice
   (a mask behind a 4-D image). `dims` is for the message. MI_E_DATA when a choice is missing or
   too high. */
int mi_raster_frame(const mi_source_opts *opts, int64_t frames, int index, const char *dims,
                    int64_t *frame, mi_err *err);

/* Refuse what the file cannot hold, before anything is allocated: a plain file shorter than the
   item, a gzip file that even at the best ratio of deflate (1032:1) cannot hold it. Streams
   pass: they are found short when read. MI_E_DATA. */
int mi_raster_check(const mi_raster *r, mi_err *err);

/* Slices [k0, k1) into v->data (v: grid and type set, data NULL), native byte order. */
int mi_raster_voxels(const mi_raster *r, mi_volume *v, int64_t k0, int64_t k1, mi_err *err);
/* Slices [k0, k1) into `out`, native byte order; ascending calls only. */
int mi_raster_slices(const mi_raster *r, const mi_volume *v, int64_t k0, int64_t k1, void *out,
                     mi_err *err);
/* All slices in one pass; only the span of those with a non-zero voxel is kept. When inter is
   not 0 (a stored 0 is no value 0) all are kept. */
int mi_raster_labels(const mi_raster *r, mi_volume *v, mi_err *err);

/* Go to the end of the item, checksums included. A regular gzip file that is not yet there, and of
   which ISIZE says that it ends there, is left where it is unless `verify` (mi_input_ends_at). */
int mi_raster_finish(const mi_raster *r, bool verify, mi_err *err);
/* The voxels were all there, the end mark or checksum of the gzip data was not: MI_E_DATA. */
int mi_raster_fail_cut(mi_err *err);
/* What to do about data that end too early. */
const char *mi_raster_hint_cut(bool is_stdin);

#endif
