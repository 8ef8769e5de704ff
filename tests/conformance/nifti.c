/* NIfTI-1 files made on the spot (https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h). */
#include "support.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

nii nii_plain(const int n[3], const double s[3], int type, const double *value)
{
    nii v = { { n[0], n[1], n[2] }, { { 0 } }, type, 0, 0, false, value };
    for (int d = 0; d < 3; d++)
        v.m[d][d] = s[d];
    return v;
}

static size_t width(int type)
{
    switch (type) {
    case NII_U8:
    case NII_I8:
        return 1;
    case NII_I16:
    case NII_U16:
        return 2;
    case NII_F64:
    case NII_I64:
    case NII_U64:
        return 8;
    default:
        return 4;
    }
}

/* One number of the file in the byte order asked for. */
static void put(unsigned char *to, const void *from, size_t n, bool big)
{
    const unsigned char *p = from;
    const uint16_t probe = 1;
    bool host_big = *(const unsigned char *)&probe == 0;
    for (size_t i = 0; i < n; i++)
        to[i] = p[big == host_big ? i : n - 1 - i];
}

static void put_int(unsigned char *to, int v, size_t n, bool big)
{
    int16_t h = (int16_t)v;
    int32_t w = v;
    if (n == 2)
        put(to, &h, 2, big);
    else
        put(to, &w, 4, big);
}

static void put_float(unsigned char *to, double v, bool big)
{
    float f = (float)v;
    put(to, &f, 4, big);
}

#define STORE(code, ctype)                                                                         \
    case code: {                                                                                   \
        ctype x = (ctype)v;                                                                        \
        put(to, &x, sizeof x, big);                                                                \
        break;                                                                                     \
    }

static void put_voxel(unsigned char *to, double v, int type, bool big)
{
    switch (type) {
        STORE(NII_U8, uint8_t)
        STORE(NII_I8, int8_t)
        STORE(NII_I16, int16_t)
        STORE(NII_U16, uint16_t)
        STORE(NII_I32, int32_t)
        STORE(NII_U32, uint32_t)
        STORE(NII_I64, int64_t)
        STORE(NII_U64, uint64_t)
        STORE(NII_F32, float)
        STORE(NII_F64, double)
    }
}

static void header(const nii *v, unsigned char h[352])
{
    bool big = v->big_endian;
    memset(h, 0, 352);
    put_int(h, 348, 4, big);
    put_int(h + 40, 3, 2, big);
    for (int d = 0; d < 3; d++) {
        double len = 0;
        put_int(h + 42 + 2 * d, v->n[d], 2, big);
        for (int r = 0; r < 3; r++)
            len += v->m[r][d] * v->m[r][d];
        put_float(h + 80 + 4 * d, sqrt(len), big);
        put_int(h + 48 + 2 * d, 1, 2, big);
    }
    put_int(h + 54, 1, 2, big);
    put_int(h + 70, v->type, 2, big);
    put_int(h + 72, 8 * (int)width(v->type), 2, big);
    put_float(h + 76, 1, big);
    put_float(h + 108, 352, big);
    put_float(h + 112, v->slope, big);
    put_float(h + 116, v->inter, big);
    h[123] = 2; /* mm */
    put_int(h + 254, 1, 2, big);
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 4; c++)
            put_float(h + 280 + 16 * r + 4 * c, v->m[r][c], big);
    memcpy(h + 344, "n+1", 4);
}

bool nii_write(const char *path, const nii *v)
{
    unsigned char h[352], voxel[8];
    size_t n = (size_t)v->n[0] * (size_t)v->n[1] * (size_t)v->n[2];
    FILE *f = fopen(path, "wb");
    if (!f)
        return false;
    header(v, h);
    bool ok = fwrite(h, 1, sizeof h, f) == sizeof h;
    for (size_t i = 0; ok && i < n; i++) {
        put_voxel(voxel, v->value[i], v->type, v->big_endian);
        ok = fwrite(voxel, 1, width(v->type), f) == width(v->type);
    }
    return fclose(f) == 0 && ok;
}
