/* Headers of PET images, for SUV. */
#ifndef MI_IO_DICOM_PET_H
#define MI_IO_DICOM_PET_H
#include "image/pet.h"
#include "io/dicom/scan.h"

/* Frames [first, first + count) of a series of n: one mi_pet_frame each. *earliest is the earliest
   acquisition of the series, NaN before it is known: it is found once for all volumes. *out is
   owned by the caller (mi_pet_free). */
int mi_dicom_pet_read(mi_dicom_scan *s, const mi_dicom_frame *frames, int64_t n, int64_t first,
                      int64_t count, double *earliest, mi_pet **out, mi_err *err);

#endif
