/* JPEG-LS, our decoder beside CharLS. The first byte of an input chooses: 0 any bytes as a code;
   1 coded samples behind a sound header; 2 samples that CharLS codes. Where ours decodes, CharLS
   must give the same samples; what CharLS coded, ours must decode. */
#include <stdlib.h>
#include <string.h>
#include "../kit/jpegls.h"
#include "shim/jpegls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether ours decoded; both gave the same then. */
static int compare(const unsigned char *code, size_t n)
{
    jls_spec s;
    mi_err err = MI_ERR_EMPTY;
    bool known = jls_look(code, n, &s);
    if (!known)
        s = (jls_spec){ .columns = 8, .rows = 8, .precision = 16 };
    if (jls_bytes(&s) > 1 << 20)
        return 0;
    /* of this very size, so that a byte behind it is seen */
    unsigned char *ours = malloc(jls_bytes(&s)), *theirs = calloc(jls_bytes(&s), 1);
    if (!ours || !theirs)
        abort();
    int rc = mi_jpegls_decode(code, n, s.columns, s.rows, s.precision > 8 ? 16 : 8, ours, &err);
    if (rc < 0 || err.cls != MI_E_NONE)
        abort();
    if (rc == 1 && (!known || !jls_decode(code, n, theirs) ||
                    memcmp(ours, theirs, jls_bytes(&s)) != 0))
        abort();
    free(ours);
    free(theirs);
    return rc;
}

/* Size, precision and parameters from the first 10 of 12 bytes. */
static jls_spec spec_of(const uint8_t *p)
{
    jls_spec s = { .columns = 1 + p[0] % 64, .rows = 1 + p[1] % 64, .precision = 2 + p[2] % 15 };
    int top = (1 << s.precision) - 1;
    if (p[3] & 1)
        s.maxval = top;
    if (p[3] & 2) {
        s.t1 = 1 + p[6] % top;
        s.t2 = s.t1 + p[7] % (top - s.t1 + 1);
        s.t3 = s.t2 + (p[8] << 3) % (top - s.t2 + 1);
    }
    if (p[3] & 4)
        s.reset = 3 + p[9] % 253;
    return s;
}

static void behind_a_header(const uint8_t *p, size_t n)
{
    jls_spec s = spec_of(p);
    unsigned char *samples = calloc(jls_bytes(&s), 1);
    size_t coded;
    unsigned char *code = jls_encode(&s, samples, &coded);
    free(samples);
    if (!code)
        return;
    size_t from = 0;
    while (from + 10 < coded && !(code[from] == 0xff && code[from + 1] == 0xda))
        from++;
    unsigned char *whole = malloc(from + n);
    if (!whole)
        abort();
    memcpy(whole, code, from + 10);
    memcpy(whole + from + 10, p + 12, n - 12);
    memcpy(whole + from + n - 2, "\xff\xd9", 2);
    compare(whole, from + n);
    free(whole);
    free(code);
}

static void coded(const uint8_t *p, size_t n)
{
    jls_spec s = spec_of(p);
    size_t bytes = jls_bytes(&s), size;
    unsigned char *samples = malloc(bytes);
    if (!samples)
        abort();
    for (size_t i = 0; i < bytes; i++)
        samples[i] = n > 12 ? p[12 + i % (n - 12)] : 0;
    for (size_t i = 0; i < bytes / (s.precision > 8 ? 2 : 1); i++) {
        if (s.precision > 8)
            ((uint16_t *)(void *)samples)[i] &= (uint16_t)((1 << s.precision) - 1);
        else
            samples[i] &= (unsigned char)((1 << s.precision) - 1);
    }
    unsigned char *code = jls_encode(&s, samples, &size);
    if (code && compare(code, size) != 1)
        abort();
    free(code);
    free(samples);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 && data[0] % 3 == 0)
        compare(data + 1, size - 1);
    else if (size > 15 && data[0] % 3 == 1)
        behind_a_header(data + 1, size - 1);
    else if (size > 13)
        coded(data + 1, size - 1);
    return 0;
}
