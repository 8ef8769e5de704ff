/* Stockham's self-sorting FFT, decimation in frequency, radices 4, 2, 3, 5, 7 (C. Van Loan,
   Computational Frameworks for the Fast Fourier Transform, SIAM 1992, sections 1.7 and 2.4). Eight
   transforms at a time are copied into a compact block, where four of them fill one vector, and go
   through all stages there; fft_wide.c has the stages for vectors of twice that width. */
#include "base/fft_plan.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

enum { LANES = 4, GROUPS = 2, BLOCK = LANES * GROUPS };

typedef mi_fft_cell cell;

/* The radices of n, large ones last; 0 when another prime is left over. */
static int factorise(int n, int radix[MI_FFT_STAGES_MAX])
{
    static const int order[] = { 7, 5, 3, 4, 2 };
    int count = 0;
    for (int i = 0; i < MI_COUNT(order); i++)
        for (; n % order[i] == 0; n /= order[i])
            radix[count++] = order[i];
    return n == 1 ? count : -1;
}

int mi_fft_good_size(int n)
{
    for (int64_t m = n < 1 ? 1 : n; m <= INT32_MAX; m++) {
        int64_t rest = m;
        if (rest % 7 == 0)
            rest /= 7; /* one factor 7 at most: it is the slowest */
        while (rest % 2 == 0)
            rest /= 2;
        while (rest % 3 == 0)
            rest /= 3;
        while (rest % 5 == 0)
            rest /= 5;
        if (rest == 1)
            return (int)m;
    }
    return n;
}

/* exp(-2 pi i k / n), 0 <= k < n: the angle is brought below pi/4 in whole numbers first, so that
   both parts are right to the last bit or nearly so. */
static void unit_root(int64_t k, int64_t n, double *re, double *im)
{
    int64_t eighths = 8 * k / n, rest = 8 * k % n;
    if (eighths & 1)
        rest = n - rest;
    const long double eighth = 0.785398163397448309615660845819875721L; /* pi / 4 */
    long double angle = eighth * (long double)rest / (long double)n;
    double c = (double)cosl(angle), s = (double)sinl(angle);
    static const struct { int swap, c, s; } octant[8] = {
        { 0, 1, 1 }, { 1, 1, 1 }, { 1, -1, 1 }, { 0, -1, 1 },
        { 0, -1, -1 }, { 1, -1, -1 }, { 1, 1, -1 }, { 0, 1, -1 },
    };
    *re = octant[eighths].c * (octant[eighths].swap ? s : c);
    *im = -octant[eighths].s * (octant[eighths].swap ? c : s);
}

/* The cell y becomes (re, im) * (w[0], w[1]). */
#define PUT(y, real, imaginary, w)                                                               \
    {                                                                                            \
        mi_lanes re_ = real, im_ = imaginary;                                                    \
        (y)->re = re_ * (w)[0] - im_ * (w)[1];                                                   \
        (y)->im = re_ * (w)[1] + im_ * (w)[0];                                                   \
    }

#define RE(k) x[k * apart].re
#define IM(k) x[k * apart].im

MI_INLINE void stage2(const cell *x, cell *y, int m, size_t s, const double *w)
{
    const size_t apart = (size_t)m * s;
    MI_FFT_STAGE(2, cell) {
        mi_lanes re = RE(0) - RE(1), im = IM(0) - IM(1);
        y->re = RE(0) + RE(1);
        y->im = IM(0) + IM(1);
        PUT(y + s, re, im, w)
    }
}

MI_INLINE void stage3(const cell *x, cell *y, int m, size_t s, const double *w)
{
    const double s1 = MI_FFT_SIN3_1;
    const size_t apart = (size_t)m * s;
    MI_FFT_STAGE(3, cell) {
        mi_lanes tr = RE(1) + RE(2), ti = IM(1) + IM(2);
        mi_lanes dr = (RE(1) - RE(2)) * s1, di = (IM(1) - IM(2)) * s1;
        mi_lanes ur = RE(0) - 0.5 * tr, ui = IM(0) - 0.5 * ti;
        y->re = RE(0) + tr;
        y->im = IM(0) + ti;
        PUT(y + s, ur + di, ui - dr, w)
        PUT(y + 2 * s, ur - di, ui + dr, w + 2)
    }
}

MI_INLINE void stage4(const cell *x, cell *y, int m, size_t s, const double *w)
{
    const size_t apart = (size_t)m * s;
    MI_FFT_STAGE(4, cell) {
        mi_lanes ar = RE(0) + RE(2), ai = IM(0) + IM(2), br = RE(0) - RE(2), bi = IM(0) - IM(2);
        mi_lanes cr = RE(1) + RE(3), ci = IM(1) + IM(3), dr = RE(1) - RE(3), di = IM(1) - IM(3);
        y->re = ar + cr;
        y->im = ai + ci;
        PUT(y + s, br + di, bi - dr, w)
        PUT(y + 2 * s, ar - cr, ai - ci, w + 2)
        PUT(y + 3 * s, br - di, bi + dr, w + 4)
    }
}

MI_INLINE void stage5(const cell *x, cell *y, int m, size_t s, const double *w)
{
    const double c1 = MI_FFT_COS5_1;
    const double c2 = MI_FFT_COS5_2;
    const double s1 = MI_FFT_SIN5_1;
    const double s2 = MI_FFT_SIN5_2;
    const size_t apart = (size_t)m * s;
    MI_FFT_STAGE(5, cell) {
        mi_lanes t1r = RE(1) + RE(4), t1i = IM(1) + IM(4), d1r = RE(1) - RE(4), d1i = IM(1) - IM(4);
        mi_lanes t2r = RE(2) + RE(3), t2i = IM(2) + IM(3), d2r = RE(2) - RE(3), d2i = IM(2) - IM(3);
        mi_lanes u1r = RE(0) + c1 * t1r + c2 * t2r, u1i = IM(0) + c1 * t1i + c2 * t2i;
        mi_lanes u2r = RE(0) + c2 * t1r + c1 * t2r, u2i = IM(0) + c2 * t1i + c1 * t2i;
        mi_lanes v1r = s1 * d1r + s2 * d2r, v1i = s1 * d1i + s2 * d2i;
        mi_lanes v2r = s2 * d1r - s1 * d2r, v2i = s2 * d1i - s1 * d2i;
        y->re = RE(0) + t1r + t2r;
        y->im = IM(0) + t1i + t2i;
        PUT(y + s, u1r + v1i, u1i - v1r, w)
        PUT(y + 2 * s, u2r + v2i, u2i - v2r, w + 2)
        PUT(y + 3 * s, u2r - v2i, u2i + v2r, w + 4)
        PUT(y + 4 * s, u1r - v1i, u1i + v1r, w + 6)
    }
}

/* Outputs j and 7-j: sums with the cosines (c) and sines (s) of 2 pi j k / 7, k = 1, 2, 3. */
#define PAIR7(j, ca, cb, cc, sa, sb, sc)                                                         \
    {                                                                                            \
        mi_lanes ur = RE(0) + ca * t1r + cb * t2r + cc * t3r;                                    \
        mi_lanes ui = IM(0) + ca * t1i + cb * t2i + cc * t3i;                                    \
        mi_lanes vr = sa * d1r + sb * d2r + sc * d3r, vi = sa * d1i + sb * d2i + sc * d3i;       \
        PUT(y + j * s, ur + vi, ui - vr, w + 2 * (j - 1))                                       \
        PUT(y + (7 - j) * s, ur - vi, ui + vr, w + 2 * (6 - j))                                 \
    }

MI_INLINE void stage7(const cell *x, cell *y, int m, size_t s, const double *w)
{
    const double c1 = MI_FFT_COS7_1;
    const double c2 = MI_FFT_COS7_2;
    const double c3 = MI_FFT_COS7_3;
    const double s1 = MI_FFT_SIN7_1;
    const double s2 = MI_FFT_SIN7_2;
    const double s3 = MI_FFT_SIN7_3;
    const size_t apart = (size_t)m * s;
    MI_FFT_STAGE(7, cell) {
        mi_lanes t1r = RE(1) + RE(6), t1i = IM(1) + IM(6), d1r = RE(1) - RE(6), d1i = IM(1) - IM(6);
        mi_lanes t2r = RE(2) + RE(5), t2i = IM(2) + IM(5), d2r = RE(2) - RE(5), d2i = IM(2) - IM(5);
        mi_lanes t3r = RE(3) + RE(4), t3i = IM(3) + IM(4), d3r = RE(3) - RE(4), d3i = IM(3) - IM(4);
        y->re = RE(0) + t1r + t2r + t3r;
        y->im = IM(0) + t1i + t2i + t3i;
        PAIR7(1, c1, c2, c3, s1, s2, s3)
        PAIR7(2, c2, c3, c1, s2, -s3, -s1)
        PAIR7(3, c3, c1, c2, s3, -s1, s2)
    }
}

/* All stages; an even number of them ends in a, an odd one in b. */
MI_INLINE void all_stages(const mi_fft *f, cell *a, cell *b, int groups)
{
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
        cell *t = a;
        a = b;
        b = t;
    }
}

void mi_fft_stages_plain(const mi_fft *f, cell *a, cell *b, int groups)
{
    all_stages(f, a, b, groups);
}

#ifdef MI_HAVE_AVX2_TARGET
MI_TARGET_AVX2 static void stages_avx2(const mi_fft *f, cell *a, cell *b, int groups)
{
    all_stages(f, a, b, groups);
}
#endif

static void fill_twiddles(mi_fft *f)
{
    double *w = f->twiddle;
    int64_t m = f->n;
    for (int i = 0; i < f->n_stages; i++) {
        int64_t n = m, r = f->radix[i];
        m /= r;
        f->first[i] = (size_t)(w - f->twiddle);
        for (int64_t p = 0; p < m; p++)
            for (int64_t k = 1; k < r; k++, w += 2)
                unit_root(p * k % n, n, w, w + 1);
    }
}

mi_fft *mi_fft_new(int n, mi_err *err)
{
    mi_fft *f = mi_array_zero(1, sizeof *f, err);
    if (!f)
        return NULL;
    f->n = n;
    f->n_stages = n >= 1 ? factorise(n, f->radix) : -1;
    f->stages = mi_fft_stages_plain;
#ifdef MI_HAVE_AVX2_TARGET
    if (MI_CPU_HAS_AVX2())
        f->stages = stages_avx2;
#endif
#ifdef MI_HAVE_AVX512_TARGET
    if (MI_CPU_HAS_AVX512())
        f->stages = mi_fft_stages_wide;
#endif
    if (f->n_stages < 0) {
        mi_fail(err, MI_E_INTERNAL, NULL, "no Fourier transform of length %d", n);
        free(f);
        return NULL;
    }
    /* The stages need n - n/r1 + n/r1 - ... pairs, less than n in all. */
    f->twiddle = mi_array((size_t)n, 2 * sizeof *f->twiddle, err);
    if (!f->twiddle) {
        free(f);
        return NULL;
    }
    fill_twiddles(f);
    return f;
}

void mi_fft_free(mi_fft *f)
{
    if (f)
        free(f->twiddle);
    free(f);
}

_Static_assert(sizeof(cell) == MI_FFT_CELL * sizeof(double) && MI_FFT_CELL == 2 * LANES,
               "a cell is as the header says");

double *mi_fft_align(double *p)
{
    return (double *)(((uintptr_t)p + MI_FFT_ALIGN - 1) / MI_FFT_ALIGN * MI_FFT_ALIGN);
}

size_t mi_fft_work(const mi_fft *f)
{
    return 2 * (size_t)f->n * GROUPS * MI_FFT_CELL + MI_FFT_CELL;
}

double *mi_fft_run_cells(const mi_fft *f, double *a, double *b, int cells)
{
    f->stages(f, (cell *)a, (cell *)b, cells);
    return f->n_stages % 2 ? b : a;
}

/* Where the elements of transform b and element j lie: x[2 * (j * element + b * transform)]. */
typedef struct layout {
    size_t element, transform;
} layout;

/* Four neighbouring transforms from interleaved storage into a cell, and back. */
MI_INLINE void take_four(const double *x, cell *to)
{
    double *re = (double *)&to->re, *im = (double *)&to->im;
    for (int i = 0; i < LANES; i += 2, x += 4, re += 2, im += 2) {
        mi_pair a, b, c;
        memcpy(&a, x, sizeof a);
        memcpy(&b, x + 2, sizeof b);
        c = __builtin_shufflevector(a, b, 0, 2);
        memcpy(re, &c, sizeof c);
        c = __builtin_shufflevector(a, b, 1, 3);
        memcpy(im, &c, sizeof c);
    }
}

MI_INLINE void give_four(const cell *from, double *x)
{
    const double *re = (const double *)&from->re, *im = (const double *)&from->im;
    for (int i = 0; i < LANES; i += 2, x += 4, re += 2, im += 2) {
        mi_pair a, b, c;
        memcpy(&a, re, sizeof a);
        memcpy(&b, im, sizeof b);
        c = __builtin_shufflevector(a, b, 0, 2);
        memcpy(x, &c, sizeof c);
        c = __builtin_shufflevector(a, b, 1, 3);
        memcpy(x + 2, &c, sizeof c);
    }
}

/* The same for up to four transforms at any distance, through a compact copy. */
static void take_some(const double *x, size_t apart, int count, cell *to)
{
    double four[2 * LANES] = { 0 };
    for (int i = 0; i < count; i++, x += 2 * apart) {
        four[2 * i] = x[0];
        four[2 * i + 1] = x[1];
    }
    take_four(four, to);
}

static void give_some(const cell *from, size_t apart, int count, double *x)
{
    double four[2 * LANES];
    give_four(from, four);
    for (int i = 0; i < count; i++, x += 2 * apart) {
        x[0] = four[2 * i];
        x[1] = four[2 * i + 1];
    }
}

static void gather(const double *x, layout l, int n, int groups, int count, cell *to)
{
    for (int j = 0; j < n; j++, x += 2 * l.element)
        for (int g = 0; g < groups; g++, to++) {
            const double *from = x + 2 * LANES * (size_t)g * l.transform;
            int lanes = count - g * LANES;
            if (lanes >= LANES && l.transform == 1)
                take_four(from, to);
            else
                take_some(from, l.transform, lanes < LANES ? lanes : LANES, to);
        }
}

/* The inverse transform is the forward one with its elements in the order 0, n-1, n-2 .. 1. */
static void scatter(const cell *from, layout l, int n, int groups, int count, int sign, double *x)
{
    for (int j = 0; j < n; j++)
        for (int g = 0; g < groups; g++, from++) {
            size_t at = (size_t)(sign < 0 || j == 0 ? j : n - j);
            double *to = x + 2 * (at * l.element + LANES * (size_t)g * l.transform);
            int lanes = count - g * LANES;
            if (lanes >= LANES && l.transform == 1)
                give_four(from, to);
            else
                give_some(from, l.transform, lanes < LANES ? lanes : LANES, to);
        }
}

static void run(const mi_fft *f, double *x, layout l, int batch, int sign, double *work)
{
    cell *a = (cell *)mi_fft_align(work);
    cell *b = a + (size_t)f->n * GROUPS;
    for (int done = 0; done < batch; done += BLOCK) {
        int count = batch - done < BLOCK ? batch - done : BLOCK;
        int groups = (count + LANES - 1) / LANES;
        double *first = x + 2 * (size_t)done * l.transform;
        gather(first, l, f->n, groups, count, a);
        f->stages(f, a, b, groups);
        scatter(f->n_stages % 2 ? b : a, l, f->n, groups, count, sign, first);
    }
}

void mi_fft_run(const mi_fft *f, double *x, size_t stride, int batch, int sign, double *work)
{
    run(f, x, (layout){ .element = stride, .transform = 1 }, batch, sign, work);
}

void mi_fft_run_rows(const mi_fft *f, double *x, size_t stride, int batch, int sign, double *work)
{
    run(f, x, (layout){ .element = 1, .transform = stride }, batch, sign, work);
}
