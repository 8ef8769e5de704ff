/* DICOM objects from the bytes of a fuzzer, with the module mi-dicom linked into the target
   instead of opened. */
#ifndef TESTS_FUZZ_DICOM_FUZZ_H
#define TESTS_FUZZ_DICOM_FUZZ_H
#include <stdint.h>
#include "io/dicom/scan.h"

/* The objects of data, parted where "\xff\xfeNEXT" stands, as one scan (of at most 4 objects
   that can be read). Bytes that are no object are left out. Free with mi_dicom_scan_free. */
mi_dicom_scan fuzz_scan(const uint8_t *data, size_t size);
/* An error must have been told. */
void fuzz_told(int rc, const mi_err *err);

#endif
