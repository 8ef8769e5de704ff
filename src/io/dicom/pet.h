/* Headers of PET images, for SUV. */
#ifndef MI_IO_DICOM_PET_H
#define MI_IO_DICOM_PET_H
#include "image/pet.h"
#include "io/dicom/scan.h"

/* From the objects of frames[0..n): one mi_pet_frame each. *out is owned by the caller
   (mi_pet_free). */
int mi_dicom_pet_read(mi_dicom_scan *s, const mi_dicom_frame *frames, int64_t n, mi_pet **out,
                      mi_err *err);

#endif
