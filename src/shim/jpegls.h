/* JPEG-LS as archives mostly hold it: lossless, one component (ITU-T T.87 | ISO/IEC 14495-1,
   Annex A with NEAR 0). */
#ifndef MI_SHIM_JPEGLS_H
#define MI_SHIM_JPEGLS_H
#include <stddef.h>
#include "base/error.h"

/* Decode the image `code` of n bytes into out: rows * columns samples of `bits` bits each (8, 16;
   native order), no fewer than the precision of the code.
   1: done. 0: the code is of another kind (near-lossless, several components, restart intervals,
   mapping tables, MAXVAL below the largest value of the precision, RESET above 255, another size)
   or damaged: nothing is said, what is in out means nothing, a decoder of all kinds has to judge.
   -1: no memory. */
int mi_jpegls_decode(const unsigned char *code, size_t n, int columns, int rows, int bits,
                     void *out, mi_err *err);

#endif
