/* Any bytes as a DICOM structure set. */
#include "dicom_marks.h"
#include "io/dicom/rtstruct.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_marks(data, size, mi_rtstruct_read, mi_rtstruct_facts);
    return 0;
}
