/* JPEG-LS by CharLS, for tests of the decoder of src/shim/jpegls.h: something to decode, and what
   comes out of it. */
#ifndef TESTS_KIT_JPEGLS_H
#define TESTS_KIT_JPEGLS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An image and its coding. 0: by default. Samples of more than 8 bits are words of this machine. */
typedef struct jls_spec {
    int columns, rows, precision, components, near, maxval, t1, t2, t3, reset;
} jls_spec;

/* Bytes of an image as it is coded. */
size_t jls_bytes(const jls_spec *s);
/* The code of `samples`; owned by the caller. NULL when CharLS refuses (the parameters). */
unsigned char *jls_encode(const jls_spec *s, const void *samples, size_t *n);
/* What CharLS says of an image: size, precision, components. */
bool jls_look(const unsigned char *code, size_t n, jls_spec *s);
/* Its samples, jls_bytes of them. */
bool jls_decode(const unsigned char *code, size_t n, void *samples);

#endif
