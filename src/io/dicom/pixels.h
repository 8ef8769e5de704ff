/* Stored values to voxels. */
#ifndef MI_IO_DICOM_PIXELS_H
#define MI_IO_DICOM_PIXELS_H
#include "base/pool.h"
#include "io/dicom/scan.h"
#include "io/dicom/stack.h"

/* How the frames of a volume become voxels: the type they are kept in. Frames that share one
   rescale keep their stored type and carry slope and inter in the volume; frames that differ in
   it (PET of some makers), and look-up tables, become values in float32. */
typedef struct mi_dicom_plan {
    mi_type type;
    double slope, inter; /* of the volume */
    bool convert;        /* frame by frame to float32 */
    bool grey;           /* from colour */
    bool has_padding;    /* values within padding[0..1] stand for "nothing here", in every frame */
    double padding[2];
} mi_dicom_plan;

/* Colour without `grey` and unknown bit depths are refused. Warnings: monochrome1, lossy,
   high_bit. */
int mi_dicom_plan_make(const mi_dicom_scan *s, const mi_dicom_frame *frames, int64_t n, bool grey,
                       mi_dicom_plan *out, mi_warnings *warn, mi_err *err);

/* Decode n frames into `out` one after the other. Voxels that hold padding are added to
   *padding. pool may be NULL. */
int mi_dicom_decode(mi_dicom_scan *s, const mi_dicom_frame *frames, int64_t n,
                    const mi_dicom_plan *plan, void *out, int64_t *padding, mi_pool *pool,
                    mi_err *err);

#endif
