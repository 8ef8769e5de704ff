/* What stands before the voxels of a NIfTI file to be written. */
#ifndef MI_IO_NIFTI_MAKE_H
#define MI_IO_NIFTI_MAKE_H
#include "image/volume.h"

typedef struct mi_nifti_front {
    unsigned char *bytes; /* header and extensions; owned */
    size_t n;
    bool swap; /* the voxels have to be written in the other byte order */
} mi_nifti_front;

/* For an item with this head. What a NIfTI file told (head->nifti_kept) is kept where it still
   holds, and when nothing was done to the image (not `changed`) all of it, version and byte order
   too; then `plain` gives the very bytes it came with. Header extensions of other programs go
   along, but for those that tell of a grid that is no more, and but for a changed image that is to
   be plain. Not plain: our own extension is the last one. */
int mi_nifti_front_make(const mi_volume *head, bool plain, bool changed, mi_nifti_front *out,
                        mi_err *err);

/* The `mi` extension of an item, at most 64 KiB: history that does not fit begins anew. Its first
   eight bytes are for its size and code. Owned. */
unsigned char *mi_nifti_make_extension(const mi_volume *head, size_t *n, mi_err *err);

#endif
