#include "io/format.h"

/* Asked in this order. Those that look at content come first; the last goes by the name of a
   file whose content says nothing. */
const mi_format *const mi_formats[] = {
    &mi_format_nifti,
    &mi_format_mgh,
    &mi_format_itk,
    &mi_format_dicom,
    &mi_format_nifti_image,
};
const int mi_n_formats = MI_COUNT(mi_formats);
