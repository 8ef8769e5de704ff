/* The stages of fft.c for processors whose vectors take a cell at once: real parts in the lower
   half, imaginary parts in the upper. A product by i is an exchange of the halves and a sign. Each
   number goes through the same operations in the same order as there, so the bits are the same. */
#include "base/fft_plan.h"
#include <stdint.h>

#ifdef MI_HAVE_AVX512_TARGET

typedef double wide __attribute__((vector_size(64)));
typedef int64_t bits __attribute__((vector_size(64)));

#define WIDE_INLINE MI_TARGET_AVX512 MI_INLINE

_Static_assert(sizeof(wide) == sizeof(mi_fft_cell), "a cell is one vector");

WIDE_INLINE wide exchange(wide v)
{
    return __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
}

/* -i v */
WIDE_INLINE wide turn(wide v)
{
    const bits sign = { 0, 0, 0, 0, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN };
    return (wide)((bits)exchange(v) ^ sign);
}

/* (w[0] + i w[1]) v */
WIDE_INLINE wide times(wide v, const double *w)
{
    const double a = -w[1], b = w[1];
    return v * w[0] + exchange(v) * (wide) { a, a, a, a, b, b, b, b };
}

#define X(k) x[k * apart]

WIDE_INLINE void stage2(const wide *x, wide *y, int m, size_t s, const double *w)
{
    const size_t apart = (size_t)m * s;
    MI_FFT_STAGE(2, wide) {
        const wide d = X(0) - X(1);
        y[0] = X(0) + X(1);
        y[s] = times(d, w);
    }
}

WIDE_INLINE void stage3(const wide *x, wide *y, int m, size_t s, const double *w)
{
    const double s1 = MI_FFT_SIN3_1;
    const size_t apart = (size_t)m * s;
    MI_FFT_STAGE(3, wide) {
        const wide t = X(1) + X(2), d = turn((X(1) - X(2)) * s1), u = X(0) - 0.5 * t;
        y[0] = X(0) + t;
        y[s] = times(u + d, w);
        y[2 * s] = times(u - d, w + 2);
    }
}

WIDE_INLINE void stage4(const wide *x, wide *y, int m, size_t s, const double *w)
{
    const size_t apart = (size_t)m * s;
    MI_FFT_STAGE(4, wide) {
        const wide a = X(0) + X(2), b = X(0) - X(2), c = X(1) + X(3), d = turn(X(1) - X(3));
        y[0] = a + c;
        y[s] = times(b + d, w);
        y[2 * s] = times(a - c, w + 2);
        y[3 * s] = times(b - d, w + 4);
    }
}

WIDE_INLINE void stage5(const wide *x, wide *y, int m, size_t s, const double *w)
{
    const double c1 = MI_FFT_COS5_1, c2 = MI_FFT_COS5_2, s1 = MI_FFT_SIN5_1, s2 = MI_FFT_SIN5_2;
    const size_t apart = (size_t)m * s;
    MI_FFT_STAGE(5, wide) {
        const wide t1 = X(1) + X(4), d1 = X(1) - X(4), t2 = X(2) + X(3), d2 = X(2) - X(3);
        const wide u1 = X(0) + c1 * t1 + c2 * t2, u2 = X(0) + c2 * t1 + c1 * t2;
        const wide v1 = turn(s1 * d1 + s2 * d2), v2 = turn(s2 * d1 - s1 * d2);
        y[0] = X(0) + t1 + t2;
        y[s] = times(u1 + v1, w);
        y[2 * s] = times(u2 + v2, w + 2);
        y[3 * s] = times(u2 - v2, w + 4);
        y[4 * s] = times(u1 - v1, w + 6);
    }
}

/* Outputs j and 7-j: sums with the cosines (c) and sines (s) of 2 pi j k / 7, k = 1, 2, 3. */
#define PAIR7(j, ca, cb, cc, sa, sb, sc)                                                           \
    {                                                                                              \
        const wide u = X(0) + ca * t1 + cb * t2 + cc * t3;                                         \
        const wide v = turn(sa * d1 + sb * d2 + sc * d3);                                          \
        y[j * s] = times(u + v, w + 2 * (j - 1));                                                  \
        y[(7 - j) * s] = times(u - v, w + 2 * (6 - j));                                            \
    }

WIDE_INLINE void stage7(const wide *x, wide *y, int m, size_t s, const double *w)
{
    const double c1 = MI_FFT_COS7_1, c2 = MI_FFT_COS7_2, c3 = MI_FFT_COS7_3;
    const double s1 = MI_FFT_SIN7_1, s2 = MI_FFT_SIN7_2, s3 = MI_FFT_SIN7_3;
    const size_t apart = (size_t)m * s;
    MI_FFT_STAGE(7, wide) {
        const wide t1 = X(1) + X(6), d1 = X(1) - X(6), t2 = X(2) + X(5), d2 = X(2) - X(5);
        const wide t3 = X(3) + X(4), d3 = X(3) - X(4);
        y[0] = X(0) + t1 + t2 + t3;
        PAIR7(1, c1, c2, c3, s1, s2, s3)
        PAIR7(2, c2, c3, c1, s2, -s3, -s1)
        PAIR7(3, c3, c1, c2, s3, -s1, s2)
    }
}

MI_TARGET_AVX512 void mi_fft_stages_wide(const mi_fft *f, mi_fft_cell *from, mi_fft_cell *to,
                                         int groups)
{
    wide *a = (wide *)from, *b = (wide *)to;
    int m = f->n;
    size_t s = (size_t)groups;
    for (int i = 0; i < f->n_stages; i++) {
        const double *w = f->twiddle + f->first[i];
        m /= f->radix[i];
        switch (f->radix[i]) {
        case 2: stage2(a, b, m, s, w); break;
        case 3: stage3(a, b, m, s, w); break;
        case 4: stage4(a, b, m, s, w); break;
        case 5: stage5(a, b, m, s, w); break;
        default: stage7(a, b, m, s, w); break;
        }
        s *= (size_t)f->radix[i];
        wide *t = a;
        a = b;
        b = t;
    }
}

#endif
