/* Measurement reports (TID 1500, PS3.16). */
#ifndef MI_IO_DICOM_REPORT_H
#define MI_IO_DICOM_REPORT_H
#include "io/dicom/masks.h"

/* "measurements": each NUM item of the content tree with its concept, value, UCUM unit and
   derivation, and the tracking identifier's place in the tree as a group number. Free text and
   names are not read. */
int mi_report_facts(mi_dicom_scan *s, mi_dcm *d, cJSON *into, mi_err *err);

#endif
