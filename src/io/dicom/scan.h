/* Folders of DICOM objects: found by content, grouped into series. */
#ifndef MI_IO_DICOM_SCAN_H
#define MI_IO_DICOM_SCAN_H
#include "base/warnings.h"
#include "io/dicom/object.h"

/* Everything found; memory follows the number of DICOM objects, not of files. */
typedef struct mi_dicom_scan {
    const mi_dicom_functions *f;
    mi_dicom_object *object;
    int n_objects;
    mi_dicom_frame *frame;
    int n_frames;
    int files, strangers, damaged; /* files seen; no DICOM; DICOM that cannot be parsed */
    char first_damaged[256];
} mi_dicom_scan;

/* Objects of one series: object indices in order of finding. */
typedef struct mi_dicom_series { int *object; int n; int n_frames; } mi_dicom_series;

/* A file, a folder (recursive, sorted by name so that the order of the file system never
   matters), or a DICOMDIR (its folder's referenced files). */
int mi_dicom_scan_path(mi_dicom_scan *s, const char *path, bool is_folder, mi_err *err);
int mi_dicom_scan_bytes(mi_dicom_scan *s, const void *bytes, size_t n, mi_err *err);
void mi_dicom_scan_free(mi_dicom_scan *s);

/* Series in order of series number, then of finding. Owned: free with mi_dicom_series_free. */
int mi_dicom_scan_series(const mi_dicom_scan *s, mi_dicom_series **out, int *n, mi_err *err);
void mi_dicom_series_free(mi_dicom_series *list, int n);

/* Could these first bytes be a DICOM object? "DICM" at 128, or a data set without preamble that
   begins with group 0002 or 0008. */
bool mi_dicom_sniff(const unsigned char *head, size_t len);

/* An object's parsed form, opened again when it had been closed for room. */
mi_dcm *mi_dicom_object_open(const mi_dicom_scan *s, mi_dicom_object *o, mi_err *err);

#endif
