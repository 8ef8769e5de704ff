/* RT Structure Sets. See masks.h; the rules of drawing are in rtstruct.c and in mi(7). */
#ifndef MI_IO_DICOM_RTSTRUCT_H
#define MI_IO_DICOM_RTSTRUCT_H
#include "io/dicom/masks.h"

/* Maps on opts->like. `name`: of the volumes. */
int mi_rtstruct_read(mi_dicom_scan *s, mi_dcm *d, const char *name, const mi_source_opts *opts,
                     mi_dicom_masks *out, mi_err *err);
int mi_rtstruct_facts(mi_dicom_scan *s, mi_dcm *d, cJSON *into, mi_err *err);

#endif
