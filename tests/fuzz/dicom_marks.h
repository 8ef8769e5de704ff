/* Objects that mark regions, drawn on a small grid. */
#ifndef TESTS_FUZZ_DICOM_MARKS_H
#define TESTS_FUZZ_DICOM_MARKS_H
#include "dicom_fuzz.h"
#include "io/dicom/masks.h"

typedef int (*fuzz_read)(mi_dicom_scan *s, mi_dcm *d, const char *name, const mi_source_opts *opts,
                         mi_dicom_masks *out, mi_err *err);
typedef int (*fuzz_facts)(mi_dicom_scan *s, mi_dcm *d, cJSON *into, mi_err *err);

/* The first object of data through both; the first byte chooses grid and pattern. Labels must
   lie in the map. */
void fuzz_marks(const uint8_t *data, size_t size, fuzz_read read, fuzz_facts facts);

#endif
