/* Plain C face of the module mi-itk. Every exception is turned into an mi_err before it crosses. */
#ifndef MI_SHIM_ITK_H
#define MI_SHIM_ITK_H
#include "image/volume.h"

typedef struct mi_itk_functions {
    /* NRRD and MetaImage (told by content) -> volumes in memory; geometry LPS -> RAS. seg.nrrd: one label map per layer, segment names and colours in meta.
       *out: array of *n volumes, owned by the caller (free each, then the array). */
    int (*read_file)(const char *path, mi_volume **out, int *n, mi_err *err);
} mi_itk_functions;

#endif
