/* Objects that mark regions: DICOM SEG and RTSTRUCT as label maps. */
#ifndef MI_IO_DICOM_MASKS_H
#define MI_IO_DICOM_MASKS_H
#include "io/dicom/scan.h"
#include "io/source.h"

/* Label maps of one object, each a whole volume in memory; regions that overlap lie in different
   ones. Owned: free each, then the array. */
typedef struct mi_dicom_masks { mi_volume *v; int n; } mi_dicom_masks;

/* Does this object mark regions (SOP class Segmentation or RT Structure Set)? */
bool mi_dicom_marks(const mi_dicom_object *o);

/* opts->like: the grid to fill (needed for RTSTRUCT, whose contours have none); opts->roi:
   pattern of names or a number. The meta of each map names its labels. `name`: of the input as it
   was given; the maps are called by it. */
int mi_dicom_masks_read(mi_dicom_scan *s, mi_dicom_object *o, const char *name,
                        const mi_source_opts *opts, mi_dicom_masks *out, mi_err *err);
void mi_dicom_masks_free(mi_dicom_masks *m);

/* What such an object or a measurement report (TID 1500) says, for mi-info: segments or contours
   with counts, measurements with codes. No free text, no names of persons. */
int mi_dicom_marks_facts(mi_dicom_scan *s, mi_dicom_object *o, cJSON *into, mi_err *err);

#endif
