/* The IBSI processing chain from the text (IBSI 1 reference manual, chapter 2). */
#include "reference.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int clamp(int i, int n)
{
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* ---- interpolation (2.4) ---- */

static double voxel(const double *v, const int n[3], int x, int y, int z)
{
    return v[(size_t)clamp(x, n[0]) +
             (size_t)n[0] * ((size_t)clamp(y, n[1]) + (size_t)n[1] * (size_t)clamp(z, n[2]))];
}

static double nearest(const double *v, const int n[3], const double p[3])
{
    return voxel(v, n, (int)floor(p[0] + 0.5), (int)floor(p[1] + 0.5), (int)floor(p[2] + 0.5));
}

static double linear(const double *v, const int n[3], const double p[3])
{
    double sum = 0;
    int b[3];
    for (int d = 0; d < 3; d++)
        b[d] = (int)floor(p[d]);
    for (int corner = 0; corner < 8; corner++) {
        double w = 1;
        int q[3];
        for (int d = 0; d < 3; d++) {
            int up = corner >> d & 1;
            q[d] = b[d] + up;
            w *= up ? p[d] - b[d] : 1 - (p[d] - b[d]);
        }
        sum += w * voxel(v, n, q[0], q[1], q[2]);
    }
    return sum;
}

/* Values of the cubic B-spline (Unser, Aldroubi, Eden 1993). */
static double bspline3(double t)
{
    t = fabs(t);
    if (t < 1)
        return 2.0 / 3 - t * t + t * t * t / 2;
    return t < 2 ? (2 - t) * (2 - t) * (2 - t) / 6 : 0;
}

/* Coefficients c with (c[i-1] + 4 c[i] + c[i+1]) / 6 = x[i], by elimination; beyond the ends c goes
   on with the end value of x. Replaces x. */
static void spline_solve(double *x, int n, size_t stride)
{
    double *diag = ref_alloc((size_t)n, sizeof *diag), *rhs = ref_alloc((size_t)n, sizeof *rhs);
    for (int i = 0; i < n; i++) {
        diag[i] = 4.0 / 6;
        rhs[i] = x[(size_t)i * stride];
    }
    rhs[0] -= x[0] / 6;
    rhs[n - 1] -= x[(size_t)(n - 1) * stride] / 6;
    for (int i = 1; i < n; i++) {
        double f = 1.0 / 6 / diag[i - 1];
        diag[i] -= f / 6;
        rhs[i] -= f * rhs[i - 1];
    }
    rhs[n - 1] /= diag[n - 1];
    for (int i = n - 2; i >= 0; i--)
        rhs[i] = (rhs[i] - rhs[i + 1] / 6) / diag[i];
    for (int i = 0; i < n; i++)
        x[(size_t)i * stride] = rhs[i];
    free(diag);
    free(rhs);
}

/* The image goes on with its border values: a frame of this many voxels, after which the response
   of the spline has died out (0.27^40 < 1e-22). */
enum { FRAME = 40 };

static double *spline_coefficients(const double *v, const int n[3], int big[3])
{
    for (int d = 0; d < 3; d++)
        big[d] = n[d] + 2 * FRAME;
    size_t row = (size_t)big[0], slice = row * (size_t)big[1], at = 0;
    double *c = ref_alloc(slice * (size_t)big[2], sizeof *c);
    for (int z = 0; z < big[2]; z++)
        for (int y = 0; y < big[1]; y++)
            for (int x = 0; x < big[0]; x++)
                c[at++] = voxel(v, n, x - FRAME, y - FRAME, z - FRAME);
    for (int z = 0; z < big[2]; z++)
        for (int y = 0; y < big[1]; y++)
            spline_solve(c + row * (size_t)y + slice * (size_t)z, big[0], 1);
    for (int z = 0; z < big[2]; z++)
        for (int x = 0; x < big[0]; x++)
            spline_solve(c + (size_t)x + slice * (size_t)z, big[1], row);
    for (int y = 0; y < big[1]; y++)
        for (int x = 0; x < big[0]; x++)
            spline_solve(c + (size_t)x + row * (size_t)y, big[2], slice);
    return c;
}

static double cubic(const double *c, const int big[3], const double p[3])
{
    double sum = 0;
    for (int z = (int)floor(p[2]) - 1; z <= (int)floor(p[2]) + 2; z++)
        for (int y = (int)floor(p[1]) - 1; y <= (int)floor(p[1]) + 2; y++)
            for (int x = (int)floor(p[0]) - 1; x <= (int)floor(p[0]) + 2; x++)
                sum += bspline3(p[0] - x) * bspline3(p[1] - y) * bspline3(p[2] - z) *
                       c[(size_t)(x + FRAME) +
                         (size_t)big[0] *
                             ((size_t)(y + FRAME) + (size_t)big[1] * (size_t)(z + FRAME))];
    return sum;
}

/* Sample v on the new grid: n_new = ceil(n s / s_new), both grids centred on each other. */
static double *resample(const double *v, const int n[3], const double s[3], const int m[3],
                        const double t[3], int kind)
{
    double *out = ref_alloc((size_t)m[0] * (size_t)m[1] * (size_t)m[2], sizeof *out);
    int big[3] = { 0, 0, 0 };
    double *c = kind == MI_INTERP_CUBIC ? spline_coefficients(v, n, big) : NULL;
    size_t at = 0;
    for (int z = 0; z < m[2]; z++)
        for (int y = 0; y < m[1]; y++)
            for (int x = 0; x < m[0]; x++, at++) {
                int q[3] = { x, y, z };
                double p[3];
                for (int d = 0; d < 3; d++)
                    p[d] = ((n[d] - 1) - t[d] / s[d] * (m[d] - 1)) / 2 + q[d] * (t[d] / s[d]);
                out[at] = c                          ? cubic(c, big, p)
                          : kind == MI_INTERP_LINEAR ? linear(v, n, p)
                                                     : nearest(v, n, p);
            }
    free(c);
    return out;
}

static void interpolate(const double *image, const unsigned char *mask, const int n[3],
                        const double s[3], const mi_settings *set, ref_roi *r)
{
    size_t old = (size_t)n[0] * (size_t)n[1] * (size_t)n[2], total = 1;
    bool change = false;
    for (int d = 0; d < 3; d++) {
        double want = set->spacing.n == 1  ? set->spacing.v[0]
                      : d < set->spacing.n ? set->spacing.v[d]
                                           : 0;
        r->s[d] = want > 0 ? want : s[d];
        r->n[d] = want > 0 ? (int)ceil(n[d] * s[d] / want) : n[d];
        change = change || r->s[d] != s[d];
        total *= (size_t)r->n[d];
    }
    r->morph = ref_alloc(total, 1);
    if (!change) {
        r->value = ref_alloc(total, sizeof(double));
        memcpy(r->value, image, total * sizeof(double));
        memcpy(r->morph, mask, total);
        return;
    }
    double *m = ref_alloc(old, sizeof *m);
    for (size_t i = 0; i < old; i++)
        m[i] = mask[i];
    r->value = resample(image, n, s, r->n, r->s, set->interpolation);
    double *inside = resample(m, n, s, r->n, r->s, set->mask_interpolation);
    for (size_t i = 0; i < total; i++)
        r->morph[i] = round(inside[i] * 1e6) / 1e6 >= set->mask_threshold;
    free(m);
    free(inside);
}

/* ---- re-segmentation (2.5) ---- */

static void resegment(ref_roi *r, const mi_settings *set, size_t total)
{
    double sum = 0, square = 0, n = 0;
    for (size_t i = 0; i < total; i++)
        if (r->morph[i] && isfinite(r->value[i])) {
            sum += r->value[i];
            n++;
        }
    double mean = sum / n;
    for (size_t i = 0; i < total; i++)
        if (r->morph[i] && isfinite(r->value[i]))
            square += (r->value[i] - mean) * (r->value[i] - mean);
    double sd = sqrt(square / n);
    for (size_t i = 0; i < total; i++) {
        double v = r->value[i];
        bool in = r->morph[i] && isfinite(v) && v >= set->range.lo && v <= set->range.hi;
        if (set->outliers > 0)
            in = in && v >= mean - set->outliers * sd && v <= mean + set->outliers * sd;
        r->inten[i] = in;
        r->n_morph += r->morph[i];
        r->n_inten += in;
    }
}

/* ---- discretisation (2.7) ---- */

static void discretise(ref_roi *r, const mi_settings *set, size_t total)
{
    double lo = INFINITY, hi = -INFINITY;
    for (size_t i = 0; i < total; i++)
        if (r->inten[i]) {
            lo = fmin(lo, r->value[i]);
            hi = fmax(hi, r->value[i]);
        }
    double start = !isnan(set->bin_start)    ? set->bin_start
                   : isfinite(set->range.lo) ? set->range.lo
                                             : lo;
    for (size_t i = 0; i < total; i++) {
        if (!r->inten[i])
            continue;
        double v = r->value[i], bin;
        if (set->discretisation == MI_BIN_NUMBER)
            bin = v >= hi ? (double)(hi > lo ? set->bin_number : 1)
                          : floor((double)set->bin_number * (v - lo) / (hi - lo)) + 1;
        else if (set->discretisation == MI_BIN_WIDTH)
            bin = floor((v - start) / set->bin_width) + 1;
        else
            bin = v;
        r->level[i] = (int)bin;
        if (r->level[i] > r->ng)
            r->ng = r->level[i];
    }
}

int ref_chain(const double *image, const unsigned char *mask, const int n[3], const double s[3],
              const mi_settings *set, ref_roi *out)
{
    memset(out, 0, sizeof *out);
    interpolate(image, mask, n, s, set, out);
    size_t total = (size_t)out->n[0] * (size_t)out->n[1] * (size_t)out->n[2];
    if (set->round)
        for (size_t i = 0; i < total; i++)
            out->value[i] = floor(out->value[i] + 0.5);
    out->inten = ref_alloc(total, 1);
    out->level = ref_alloc(total, sizeof(int));
    resegment(out, set, total);
    discretise(out, set, total);
    return out->n_morph > 0 ? 0 : -1;
}
