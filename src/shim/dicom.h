/* Plain C face of the module mi-dicom (DCMTK, OpenJPEG): parse one object, ask for attributes by
   path, decode frames. No rule of ours lives in the module: sorting, geometry, rescaling,
   contours, SUV are C above it (io/dicom, preproc). Every exception is turned into an mi_err
   before it crosses. */
#ifndef MI_SHIM_DICOM_H
#define MI_SHIM_DICOM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

typedef struct mi_dcm mi_dcm; /* one parsed object; used by one thread at a time */

/* A path is "gggg,eeee", items of sequences in brackets: "5200,9230[3].0020,9113[0].0020,0032".
   Hex digits in lower or upper case. */
typedef struct mi_dicom_functions {
    /* Parse a file (with or without meta header), or bytes (borrowed until close). Large values
       stay on disk until asked for. MI_E_DATA when it is no DICOM object. */
    int (*open)(mi_dcm **out, const char *path, mi_err *err);
    int (*open_bytes)(mi_dcm **out, const void *bytes, size_t n, mi_err *err);
    void (*close)(mi_dcm *d); /* NULL is fine */

    bool (*has)(const mi_dcm *d, const char *path);
    /* Whole value as UTF-8 text, components parted by '\', padding off; NULL when absent or
       empty. Borrowed until the next text() of d. */
    const char *(*text)(mi_dcm *d, const char *path);
    /* Components of a numeric or decimal-string value; returns how many there are (may exceed
       max), 0 when absent or empty, -1 when one is no number. */
    int (*numbers)(mi_dcm *d, const char *path, double *out, int max);
    /* Items of a sequence, 0 when absent. */
    int64_t (*items)(mi_dcm *d, const char *path);
    /* Raw bytes of OB/OW/UN (native order for OW), borrowed until close. NULL when absent. */
    const void *(*bytes)(mi_dcm *d, const char *path, size_t *n);

    const char *(*transfer_syntax)(const mi_dcm *d); /* UID */
    /* Stored values of frame f (from 0): rows * columns * samples values of bits-allocated bits
       (8, 16, 32, float, double), native order, samples interleaved, decoded from any supported
       transfer syntax. 1-bit data (SEG): one byte 0/1 per pixel. `bytes` must fit exactly.
       MI_E_DATA when truncated or corrupt, MI_E_UNAVAILABLE naming the transfer syntax when it
       is not supported. */
    int (*frame)(mi_dcm *d, int64_t f, void *out, size_t bytes, mi_err *err);
    /* New UID-like digests and writing are not the module's business. */
} mi_dicom_functions;

#endif
