/* Stored values to voxels. */
#ifndef MI_IO_DICOM_PIXELS_H
#define MI_IO_DICOM_PIXELS_H
#include "base/pool.h"
#include "io/dicom/scan.h"
#include "io/dicom/stack.h"

/* How the frames of a volume become voxels: the type they are kept in. Frames that share one rescale keep their stored type and carry slope and inter in the volume;
   frames that differ in it (PET of some makers), and look-up tables, become values in float32. */
typedef struct mi_dicom_plan {
    mi_type type;
    double slope, inter; /* of the volume */
    bool convert;        /* frame by frame to float32 */
    bool grey;           /* from colour */
} mi_dicom_plan;

/* Colour without `grey` and unknown bit depths are refused. Warnings: monochrome1, lossy. */
int mi_dicom_plan_make(const mi_dicom_scan *s, const mi_dicom_frame *frames, int64_t n, bool grey, mi_dicom_plan *out, mi_warnings *warn, mi_err *err);

/* Decode n frames into v->data one after the other, each of v's slice size. Padding is counted (warning "padding") and told in v. pool may be NULL. */
int mi_dicom_decode(mi_dicom_scan *s, const mi_dicom_frame *frames, int64_t n, const mi_dicom_plan *plan, mi_volume *v, mi_pool *pool, mi_err *err);

#endif
