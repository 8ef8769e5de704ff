/* DICOM Segmentation objects. See masks.h. */
#ifndef MI_IO_DICOM_SEG_H
#define MI_IO_DICOM_SEG_H
#include "io/dicom/masks.h"

/* Binary, fractional (inside from half of the maximum up, with a warning) and label map
   segmentations; put into opts->like when its voxels are those of the segmentation, else on
   their own grid. */
int mi_seg_read(mi_dicom_scan *s, mi_dcm *d, const char *name, const mi_source_opts *opts,
                mi_dicom_masks *out, mi_err *err);
int mi_seg_facts(mi_dicom_scan *s, mi_dcm *d, cJSON *into, mi_err *err);

#endif
