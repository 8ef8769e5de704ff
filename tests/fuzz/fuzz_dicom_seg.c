/* Any bytes as a DICOM segmentation. */
#include "dicom_marks.h"
#include "io/dicom/seg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_marks(data, size, mi_seg_read, mi_seg_facts);
    return 0;
}
