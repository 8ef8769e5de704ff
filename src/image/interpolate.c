/* Separable interpolation: every slice along x and y first, then along z. All that an axis needs
   is worked out once, as the few voxels and weights that make each sample. */
#include "image/interpolate.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

const char *const mi_interp_names[] = { "nearest", "linear", "cubic", NULL };

/* Voxels after which the impulse response of the cubic prefilter has fallen below 1e-18: |z|^32
   with z = sqrt(3) - 2. */
#define CUBIC_TAIL 32
/* Coordinates this close to a voxel centre, or to the middle between two, are meant to be there. */
#define SNAP 1e-9

/* ---- grids ---- */

double mi_resample_origin(int64_t n_old, double s_old, int64_t n_new, double s_new)
{
    return ((double)(n_old - 1) - s_new / s_old * (double)(n_new - 1)) / 2;
}

static int64_t resampled_size(int64_t n_old, double s_old, double s_new)
{
    double n = (double)n_old * s_old / s_new;
    double up = ceil(n - SNAP);
    return up < 1 ? 1 : up > 9e15 ? (int64_t)9e15 : (int64_t)up;
}

void mi_grid_resample(const mi_grid *g, const double s_new[3], mi_grid *out)
{
    mi_grid r = *g;
    for (int d = 0; d < 3; d++) {
        double s_old = g->spacing[d];
        if (!(s_new[d] > 0) || s_new[d] == s_old)
            continue;
        r.n[d] = resampled_size(g->n[d], s_old, s_new[d]);
        r.spacing[d] = s_new[d];
        double origin = mi_resample_origin(g->n[d], s_old, r.n[d], s_new[d]);
        for (int i = 0; i < 3; i++) {
            r.m[i][3] += g->m[i][d] * origin;
            r.m[i][d] = g->m[i][d] * (s_new[d] / s_old);
        }
    }
    *out = r;
}

static bool axis_kept(const mi_grid *from, const mi_grid *to, int d)
{
    return from->n[d] == to->n[d] && from->spacing[d] == to->spacing[d];
}

/* Old index of sample j of the new axis d. */
static double coordinate(const mi_grid *from, const mi_grid *to, int d, int64_t j)
{
    double origin = mi_resample_origin(from->n[d], from->spacing[d], to->n[d], to->spacing[d]);
    double x = origin + to->spacing[d] / from->spacing[d] * (double)j;
    double half = rint(2 * x) / 2;
    return fabs(x - half) < SNAP ? half : x;
}

static int64_t clamp(int64_t i, int64_t lo, int64_t hi)
{
    return i < lo ? lo : i > hi ? hi : i;
}

void mi_resample_support(const mi_grid *from, const mi_grid *to, mi_interp kind, const mi_box *b,
                         mi_box *support)
{
    int64_t reach = kind == MI_INTERP_CUBIC ? CUBIC_TAIL + 1 : 0;
    for (int d = 0; d < 3; d++) {
        support->lo[d] = b->lo[d];
        support->hi[d] = b->hi[d];
        if (axis_kept(from, to, d) || b->lo[d] >= b->hi[d])
            continue;
        int64_t first = (int64_t)floor(coordinate(from, to, d, b->lo[d])) - reach;
        int64_t last = (int64_t)floor(coordinate(from, to, d, b->hi[d] - 1)) + 1 + reach;
        support->lo[d] = clamp(first, 0, from->n[d] - 1);
        support->hi[d] = clamp(last, 0, from->n[d] - 1) + 1;
    }
}

/* ---- one axis ---- */

/* How the samples of one axis come from the lines of the input box. Sample j is the sum over t
   of weight[taps j + t] times element index[taps j + t] of the line; a cubic line has before +
   n_in + after elements, with the coefficients beyond the ends of the line. */
typedef struct axis {
    int taps; /* 0: kept, samples are the voxels */
    bool cubic;
    int64_t n_in, n_out, before, after;
    int64_t skip; /* kept: first voxel of the line that is asked for */
    int64_t *index;
    double *weight;
} axis;

static void axis_free(axis *a)
{
    free(a->index);
    free(a->weight);
    *a = (axis) { .taps = 0 };
}

/* Cubic B-spline at distance 1 + f, f, 1 - f, 2 - f from the four knots (Unser 1999, eq. 8). */
static void cubic_weights(double f, double w[4])
{
    double g = 1 - f;
    w[0] = g * g * g / 6;
    w[1] = 2.0 / 3 - f * f * (2 - f) / 2;
    w[2] = 2.0 / 3 - g * g * (2 - g) / 2;
    w[3] = f * f * f / 6;
}

/* Taps of one sample at old index x; index counts from the start of the line, not clamped for
   cubic. */
static void make_taps(axis *a, mi_interp kind, double x, int64_t line_start, int64_t n_old,
                      int64_t *index, double *weight)
{
    double cell = floor(x);
    int64_t i = (int64_t)cell;
    if (kind == MI_INTERP_CUBIC) {
        cubic_weights(x - cell, weight);
        for (int t = 0; t < 4; t++)
            index[t] = i - 1 + t - line_start;
        return;
    }
    if (kind == MI_INTERP_NEAREST) {
        index[0] = clamp((int64_t)floor(x + 0.5), 0, n_old - 1) - line_start;
        weight[0] = 1;
        return;
    }
    double f = x - cell;
    int64_t here = clamp(i, 0, n_old - 1), next = clamp(i + 1, 0, n_old - 1);
    if (f == 0 || next == here) { /* a voxel of weight 0 must not bring in its NaN */
        next = here;
        f = 0;
    }
    index[0] = here - line_start;
    index[1] = next - line_start;
    weight[0] = 1 - f;
    weight[1] = f;
}

/* Coefficients needed beyond the ends of the line. */
static void cubic_margins(axis *a)
{
    for (int64_t i = 0; i < 4 * a->n_out; i++) {
        int64_t k = a->index[i];
        if (-k > a->before)
            a->before = -k;
        if (k - (a->n_in - 1) > a->after)
            a->after = k - (a->n_in - 1);
    }
    for (int64_t i = 0; i < 4 * a->n_out; i++)
        a->index[i] += a->before;
}

static int axis_make(axis *a, const mi_grid *from, const mi_box *in_box, const mi_grid *to,
                     const mi_box *b, int d, mi_interp kind, mi_err *err)
{
    *a = (axis) { .n_in = in_box->hi[d] - in_box->lo[d], .n_out = b->hi[d] - b->lo[d] };
    if (axis_kept(from, to, d)) {
        a->skip = b->lo[d] - in_box->lo[d];
        if (a->skip < 0 || a->skip + a->n_out > a->n_in)
            return mi_fail(err, MI_E_INTERNAL, NULL, "box to interpolate does not fit its input");
        return 0;
    }
    a->cubic = kind == MI_INTERP_CUBIC;
    a->taps = kind == MI_INTERP_NEAREST ? 1 : kind == MI_INTERP_LINEAR ? 2 : 4;
    a->index = mi_array((size_t)a->n_out, (size_t)a->taps * sizeof *a->index, err);
    a->weight = mi_array((size_t)a->n_out, (size_t)a->taps * sizeof *a->weight, err);
    if (!a->index || !a->weight)
        return -1;
    for (int64_t j = 0; j < a->n_out; j++)
        make_taps(a, kind, coordinate(from, to, d, b->lo[d] + j), in_box->lo[d], from->n[d],
                  a->index + a->taps * j, a->weight + a->taps * j);
    if (a->cubic) {
        cubic_margins(a);
        return 0;
    }
    for (int64_t i = 0; i < a->taps * a->n_out; i++)
        if (a->index[i] < 0 || a->index[i] >= a->n_in)
            return mi_fail(err, MI_E_INTERNAL, NULL, "box to interpolate does not fit its input");
    return 0;
}

/* ---- the prefilter ---- */

/* From samples to coefficients of the interpolating cubic B-spline, in place, along lines of `n`
   elements `step` apart, `width` neighbouring lines at once. The line goes on with its end
   values on both sides; `before` and `after` further coefficients are written there. Recursive
   filter of one pole (Unser, Aldroubi, Eden, IEEE Trans Signal Process 1993;41:834-848, section
   II); the two starts are the sums of its response to the constant continuation. */
static void cubic_prefilter(double *x, int64_t n, int64_t step, int64_t width, int64_t before,
                            int64_t after)
{
    const double z = sqrt(3) - 2, to_steady = 1 / (1 - z);
    double *last = x + (n - 1) * step;
    for (int64_t w = 0; w < width; w++) {
        double first = x[w], end = last[w];
        for (int64_t k = 1; k <= before; k++)
            x[w - k * step] = first;
        for (int64_t k = 1; k <= after; k++)
            last[w + k * step] = end;
        x[w] = first * to_steady;
    }
    if (n > 1) {
        for (int64_t k = 1; k < n - 1; k++)
            for (int64_t w = 0; w < width; w++)
                x[k * step + w] += z * x[(k - 1) * step + w];
    }
    for (int64_t w = 0; w < width; w++) {
        /* the end value is needed once more: `last` still holds it (or, when n is 1, its start) */
        double end = n > 1 ? last[w] : last[w] / to_steady;
        double causal = n > 1 ? end + z * last[w - step] : last[w];
        double steady = end * to_steady;
        last[w] = -6 * z * (steady / (1 - z) + (causal - steady) / (1 - z * z));
        double power = 1;
        for (int64_t k = 1; k <= after; k++) {
            power *= z;
            last[w + k * step] = end + power * (last[w] - end);
        }
    }
    for (int64_t k = n - 2; k >= 0; k--)
        for (int64_t w = 0; w < width; w++)
            x[k * step + w] = z * (x[(k + 1) * step + w] - 6 * x[k * step + w]);
    for (int64_t w = 0; w < width; w++) {
        double power = 1, first = before ? x[w - step] : 0;
        for (int64_t k = 1; k <= before; k++) {
            power *= z;
            x[w - k * step] = first + power * (x[w] - first);
        }
    }
}

/* ---- evaluation ---- */

/* Samples along the line of x: elements are neighbours. */
static void sample_row(const axis *a, const double *in, double *out)
{
    if (a->taps == 0) {
        memcpy(out, in + a->skip, (size_t)a->n_out * sizeof *out);
        return;
    }
    for (int64_t j = 0; j < a->n_out; j++) {
        const int64_t *i = a->index + a->taps * j;
        const double *w = a->weight + a->taps * j;
        double s = w[0] * in[i[0]];
        for (int t = 1; t < a->taps; t++)
            s += w[t] * in[i[t]];
        out[j] = s;
    }
}

/* Sample j of `width` lines at once, whose elements are `step` apart. */
static void sample_lines(const axis *a, const double *in, int64_t step, int64_t width, int64_t j,
                         double *out)
{
    if (a->taps == 0) {
        memcpy(out, in + (a->skip + j) * step, (size_t)width * sizeof *out);
        return;
    }
    const int64_t *i = a->index + a->taps * j;
    const double *w = a->weight + a->taps * j;
    const double *p = in + i[0] * step;
    if (a->taps == 1) {
        memcpy(out, p, (size_t)width * sizeof *out);
    } else if (a->taps == 2) {
        const double *q = in + i[1] * step;
        for (int64_t k = 0; k < width; k++)
            out[k] = w[0] * p[k] + w[1] * q[k];
    } else {
        const double *q = in + i[1] * step, *r = in + i[2] * step, *s = in + i[3] * step;
        for (int64_t k = 0; k < width; k++)
            out[k] = w[0] * p[k] + w[1] * q[k] + w[2] * r[k] + w[3] * s[k];
    }
}

/* ---- the volume ---- */

typedef struct job {
    axis ax[3];
    const mi_box *in_box;
    mi_slice_load load;
    void *load_ctx;
    double *mid; /* slices along z, interpolated in x and y, with room for the margins of z */
    double *out;
    bool *bad; /* per input slice: non-finite voxels were there (cubic) */
} job;

/* Put the last finite value before it in place of each non-finite one (the first finite one at
   the start, 0 when there is none). Were there any? */
static bool fill_gaps(double *x, int64_t n)
{
    int64_t first = 0;
    while (first < n && !isfinite(x[first]))
        first++;
    bool any = first > 0;
    double keep = first < n ? x[first] : 0;
    for (int64_t i = 0; i < n; i++) {
        if (isfinite(x[i])) {
            keep = x[i];
        } else {
            x[i] = keep;
            any = true;
        }
    }
    return any;
}

/* One input slice into its place in mid. */
static int slice_task(void *ctx, int task, mi_err *err)
{
    job *o = ctx;
    const axis *ax = &o->ax[0], *ay = &o->ax[1];
    int64_t nx = ax->n_in, ny = ay->n_in, wide = ax->before + nx + ax->after;
    double *in = mi_array((size_t)nx, (size_t)ny * sizeof *in, err);
    double *line = mi_array((size_t)wide, sizeof *line, err);
    double *rows =
        mi_array((size_t)ax->n_out, (size_t)(ay->before + ny + ay->after) * sizeof *rows, err);
    int rc = in && line && rows ? o->load(o->load_ctx, o->in_box->lo[2] + task, in, err) : -1;
    if (rc == 0) {
        if (o->bad)
            o->bad[task] = fill_gaps(in, nx * ny);
        double *first_row = rows + ay->before * ax->n_out;
        for (int64_t j = 0; j < ny; j++) {
            const double *row = in + j * nx;
            if (ax->cubic) {
                memcpy(line + ax->before, row, (size_t)nx * sizeof *line);
                cubic_prefilter(line + ax->before, nx, 1, 1, ax->before, ax->after);
                row = line;
            }
            sample_row(ax, row, first_row + j * ax->n_out);
        }
        if (ay->cubic)
            cubic_prefilter(first_row, ny, ax->n_out, ax->n_out, ay->before, ay->after);
        double *to = o->mid + (o->ax[2].before + task) * ax->n_out * ay->n_out;
        for (int64_t j = 0; j < ay->n_out; j++)
            sample_lines(ay, rows, ax->n_out, ax->n_out, j, to + j * ax->n_out);
    }
    free(in);
    free(line);
    free(rows);
    return rc;
}

/* One row along x of all slices, interpolated in z. */
static int row_task(void *ctx, int task, mi_err *err)
{
    job *o = ctx;
    const axis *az = &o->ax[2];
    int64_t nx = o->ax[0].n_out, slice = nx * o->ax[1].n_out;
    double *row = o->mid + task * nx;
    if (az->cubic)
        cubic_prefilter(row + az->before * slice, az->n_in, slice, nx, az->before, az->after);
    for (int64_t k = 0; k < az->n_out; k++)
        sample_lines(az, row, slice, nx, k, o->out + k * slice + task * nx);
    return 0;
}

static int job_make(job *o, const mi_grid *from, const mi_grid *to, const mi_box *b, mi_interp kind,
                    mi_err *err)
{
    for (int d = 0; d < 3; d++)
        if (axis_make(&o->ax[d], from, o->in_box, to, b, d, kind, err) != 0)
            return -1;
    int64_t slices = o->ax[2].before + o->ax[2].n_in + o->ax[2].after;
    if (o->ax[1].n_out > INT32_MAX || slices > INT32_MAX || o->ax[0].n_out > INT32_MAX)
        return mi_fail(err, MI_E_MEMORY, NULL, "no memory for an interpolated image of %lld rows",
                       (long long)o->ax[1].n_out);
    size_t slice = (size_t)o->ax[0].n_out * (size_t)o->ax[1].n_out;
    if (slice > SIZE_MAX / sizeof *o->mid)
        return mi_fail(err, MI_E_MEMORY, NULL, "no memory for an interpolated slice");
    o->mid = mi_array((size_t)slices, slice * sizeof *o->mid, err);
    if (kind == MI_INTERP_CUBIC)
        o->bad = mi_array_zero((size_t)o->ax[2].n_in, sizeof *o->bad, err);
    return o->mid && (o->bad || kind != MI_INTERP_CUBIC) ? 0 : -1;
}

/* The cubic samples that lie in a cell with a non-finite voxel: those that linear interpolation
   cannot give either. */
static int mark_gaps(const mi_grid *from, const mi_box *in_box, mi_slice_load load, void *ctx,
                     const mi_grid *to, const mi_box *b, double *out, mi_pool *pool, mi_err *err)
{
    int64_t n = mi_box_voxels(b);
    double *linear = mi_array((size_t)n, sizeof *linear, err);
    int rc = linear ? mi_resample_from(from, in_box, load, ctx, to, b, MI_INTERP_LINEAR, linear,
                                       pool, err)
                    : -1;
    for (int64_t i = 0; rc == 0 && i < n; i++)
        if (!isfinite(linear[i]))
            out[i] = NAN;
    free(linear);
    return rc;
}

int mi_resample_from(const mi_grid *from, const mi_box *in_box, mi_slice_load load, void *ctx,
                     const mi_grid *to, const mi_box *b, mi_interp kind, double *out, mi_pool *pool,
                     mi_err *err)
{
    job o = { .in_box = in_box, .load = load, .load_ctx = ctx, .out = out };
    if (mi_box_empty(b))
        return 0;
    int rc = job_make(&o, from, to, b, kind, err);
    if (rc == 0)
        rc = mi_pool_run(pool, (int)o.ax[2].n_in, slice_task, &o, err);
    if (rc == 0)
        rc = mi_pool_run(pool, (int)o.ax[1].n_out, row_task, &o, err);
    bool gaps = false;
    for (int64_t k = 0; rc == 0 && o.bad && k < o.ax[2].n_in; k++)
        gaps = gaps || o.bad[k];
    free(o.mid);
    free(o.bad);
    for (int d = 0; d < 3; d++)
        axis_free(&o.ax[d]);
    return rc == 0 && gaps ? mark_gaps(from, in_box, load, ctx, to, b, out, pool, err) : rc;
}

typedef struct held {
    const mi_box *box;
    const double *value;
} held;

static int load_held(void *ctx, int64_t k, double *slice, mi_err *err)
{
    const held *h = ctx;
    size_t n = (size_t)((h->box->hi[0] - h->box->lo[0]) * (h->box->hi[1] - h->box->lo[1]));
    memcpy(slice, h->value + (size_t)(k - h->box->lo[2]) * n, n * sizeof *slice);
    return 0;
}

int mi_resample(const mi_grid *from, const mi_box *in_box, const double *in, const mi_grid *to,
                const mi_box *b, mi_interp kind, double *out, mi_pool *pool, mi_err *err)
{
    held h = { in_box, in };
    return mi_resample_from(from, in_box, load_held, &h, to, b, kind, out, pool, err);
}
