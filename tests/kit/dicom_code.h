/* Coded frames for tests: native pixels of a data set become encapsulated ones. */
#ifndef TESTS_KIT_DICOM_CODE_H
#define TESTS_KIT_DICOM_CODE_H
#include <stdbool.h>
#include "dicom_write.h"

typedef enum dw_coder {
    DW_JPEG_LOSSLESS, /* process 14, selection value 1: one sample of 8 or 16 bits */
    DW_DEFLATED_FRAMES,
    DW_JPEG_LS,       /* by CharLS: one sample of 8 or 16 bits */
    DW_JPEG_2000,     /* by OpenJPEG, lossless: one sample of 1, 8 or 16 bits */
    DW_CODERS
} dw_coder;

typedef enum dw_layout {
    DW_NO_TABLE,       /* an empty offset table */
    DW_BASIC_TABLE,
    DW_EXTENDED_TABLE, /* (7FE0,0001) and (7FE0,0002) behind an empty one */
    DW_LAYOUTS
} dw_layout;

/* False when the build has not the library of the coder. */
bool dw_can_code(dw_coder coder);
/* Codes each frame of (7FE0,0010), as explicit little endian holds it, into so many fragments and
   sets the transfer syntax; to be written as DW_EXPLICIT. */
void dw_encapsulate(dw *d, dw_coder coder, int fragments, dw_layout layout);
/* The same for frames that are coded already: `code` holds them one after the other, code[i] of
   n[i] bytes. */
void dw_encapsulate_codes(dw *d, const char *syntax, unsigned char *const *code, const size_t *n,
                          int frames, int fragments, dw_layout layout);
/* What a coder makes of one frame of `pixels` (bits: a byte 0 or 1 each); owned by the caller. */
unsigned char *dw_code_frame(dw_coder coder, const void *pixels, int columns, int rows, int bits,
                             size_t *n);

#endif
