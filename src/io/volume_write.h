/* Volumes out: NIfTI-1 (NIfTI-2 when a dimension exceeds 32767, and what came as such and was not
   changed), one item after the other, plain or gzip (libdeflate level 1, members of 16 MiB
   whatever the number of threads). */
#ifndef MI_IO_VOLUME_WRITE_H
#define MI_IO_VOLUME_WRITE_H
#include "base/pool.h"
#include "image/volume.h"
#include "io/output.h"

typedef struct mi_volume_writer mi_volume_writer;

typedef struct mi_write_opts {
    bool plain; /* bare items: no `mi` extension; none at all when the image was changed */
    bool gzip;
} mi_write_opts;

/* `o` and `pool` (or NULL) are borrowed until the end. */
int mi_volume_writer_open(mi_volume_writer **out, mi_output *o, const mi_write_opts *opts,
                          mi_pool *pool, mi_err *err);
/* Begin an item: header and extensions from head (grid, type, slope, inter, meta; no voxels
   needed). The item before must be complete. What came with a NIfTI file (head->nifti_kept) is
   kept where it still holds; of an image to which nothing was done (not `changed`) all, byte for
   byte, version and byte order too. */
int mi_volume_writer_item(mi_volume_writer *w, const mi_volume *head, bool changed, mi_err *err);
/* Voxels of the item in order, whole ones, in its type, native byte order (they are written in
   that of the item). */
int mi_volume_writer_put(mi_volume_writer *w, const void *p, size_t bytes, mi_err *err);
/* Check that the last item is complete and write what is left. Frees w in every case. */
int mi_volume_writer_end(mi_volume_writer *w, mi_err *err);
void mi_volume_writer_free(mi_volume_writer *w); /* without writing; NULL is fine */

/* One whole volume as a changed one (a trimmed label map gets its zero slices back). */
int mi_volume_write(mi_volume_writer *w, const mi_volume *v, mi_err *err);

#endif
