/* Plain C face of the module mi-itk. Every exception is turned into an mi_err before it crosses. */
#ifndef MI_SHIM_ITK_H
#define MI_SHIM_ITK_H
#include "image/volume.h"

typedef struct mi_itk_functions {
    /* NRRD and MetaImage, told by content, as volumes in memory (all slices, own type). Geometry
       LPS -> RAS. A vector or list axis gives one volume per
       component (the layers of a .seg.nrrd: role "mask", names and colours of the segments in
       meta), a fourth axis one per frame; frames before
       components. RGB, complex and tensors are MI_E_DATA by name, as are truncated files and
       headers that promise more than the file can hold.
       *out: array of *n volumes, owned by the caller (free each, then the array); NULL and 0 on
       error. */
    int (*read_file)(const char *path, mi_volume **out, int *n, mi_err *err);
} mi_itk_functions;

#endif
