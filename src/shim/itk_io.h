/* Files that ITK reads for us (inside the module mi-itk). */
#ifndef MI_SHIM_ITK_IO_H
#define MI_SHIM_ITK_IO_H
#include "image/volume.h"

/* As read_file of mi_itk_functions (shim/itk.h). */
int mi_itk_read_file(const char *path, mi_volume **out, int *n, mi_err *err);

#endif
