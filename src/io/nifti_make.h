/* NIfTI headers to write. */
#ifndef MI_IO_NIFTI_MAKE_H
#define MI_IO_NIFTI_MAKE_H
#include "image/volume.h"

enum { MI_NIFTI_HEAD_MAX = 544 }; /* NIfTI-2 with its four bytes of extension flag */

/* Header (with the four bytes that follow it) for `head`, whose extension takes `extension`
   bytes (a multiple of 16, 0: none). Returns its length. */
size_t mi_nifti_make(const mi_volume *head, size_t extension, unsigned char out[MI_NIFTI_HEAD_MAX],
                     mi_err *err);
/* The `mi` extension of an item as bytes to follow the header (esize, ecode, JSON, padding), at
   most 64 KiB: history that does not fit begins anew. Owned. */
unsigned char *mi_nifti_make_extension(const mi_volume *head, size_t *n, mi_err *err);

#endif
