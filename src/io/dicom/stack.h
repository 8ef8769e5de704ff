/* Frames of one series put in order: by position along the normal of their planes, never by file
   name or instance number. */
#ifndef MI_IO_DICOM_STACK_H
#define MI_IO_DICOM_STACK_H
#include "base/warnings.h"
#include "image/volume.h"
#include "io/dicom/object.h"

/* frame[v * slices + k]: slice k (ascending along row x column) of volume v (4-D: by
   acquisition, temporal position, echo, b-value, trigger time, inversion time, flip angle,
   dimension index, acquisition time, instance). */
typedef struct mi_dicom_stack {
    mi_dicom_frame *frame; /* owned */
    int64_t slices, volumes;
    mi_grid grid;
    double tilt_deg;       /* of the gantry: angle between the stacking direction and the normal */
    char parted_by[48];    /* 4-D: what differs between the volumes, for messages */
    int left_out;          /* frames of another kind */
} mi_dicom_stack;

#define MI_DICOM_STACK_EMPTY { .frame = NULL }
void mi_dicom_stack_free(mi_dicom_stack *s);

/* The rules (also in the manual, mi(7)):
   - scouts, and frames of another size, spacing or orientation, are left out with a warning when
   they are localizers or at most one in ten; otherwise MI_E_GEOMETRY;
   - the same object twice (equal SOP Instance UID) counts once, with a warning; different images at
   one place, when not every place has as many, are refused;
   - a gap that is a multiple of the usual one is a missing slice: refused; gaps that differ by more
   than 10 % are refused, by more than 1 % warned about
     (the mean is used); gaps that are all a multiple of Spacing Between Slices are warned about;
   - slices shifted sideways by a constant step are gantry tilt, kept as a sheared affine with a
   warning above 0.1 degrees;
   - acquisition numbers that take turns along the stack are warned about: two scans may be mixed;
   - without positions one frame is a volume of one slice, frames of one object are a 4-D image;
   several objects are refused;
   - a spacing that is missing or 0 is refused for a series and, with a warning, 1 mm for single
   projection images. */
int mi_dicom_stack_make(const mi_dicom_object *objects, const mi_dicom_frame *frames, int n,
                        mi_dicom_stack *out, mi_warnings *warn, mi_err *err);

#endif
