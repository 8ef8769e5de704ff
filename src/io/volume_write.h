/* Volumes out: NIfTI-1 (NIfTI-2 only when a dimension exceeds 32767), plain or gzip (libdeflate level 1, fixed 16 MiB members). */
#ifndef MI_IO_VOLUME_WRITE_H
#define MI_IO_VOLUME_WRITE_H
#include "base/pool.h"
#include "image/volume.h"
#include "io/output.h"

typedef struct mi_write_opts {
    bool plain; /* one bare item, no `mi` extension */
    bool gzip;
} mi_write_opts;

/* Append one whole volume (all its slices, in its own type, slope and inter kept) to an open output. */
int mi_volume_write(mi_output *o, const mi_volume *v, const mi_write_opts *opts, mi_pool *pool, mi_err *err);
/* The same in parts: header first, then slices in order, then the end (which checks the count). */
int mi_volume_write_head(mi_output *o, const mi_volume *v, const mi_write_opts *opts, mi_err *err);

#endif
