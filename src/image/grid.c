#include "image/grid.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/linalg.h"
#include "base/memory.h"
#include "base/number.h"

static const int permutation[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                       { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

static void linear_part(const mi_grid *g, double a[3][3])
{
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++)
            a[r][c] = g->m[r][c];
}

static double column_norm(const mi_grid *g, int c)
{
    return sqrt(g->m[0][c] * g->m[0][c] + g->m[1][c] * g->m[1][c] + g->m[2][c] * g->m[2][c]);
}

/* Cosine of the angle between axis ca of a and axis cb of b; 0 when one has no direction. */
static double cosine(const mi_grid *a, int ca, const mi_grid *b, int cb)
{
    double s = 0, n = column_norm(a, ca) * column_norm(b, cb);
    for (int r = 0; r < 3; r++)
        s += a->m[r][ca] * b->m[r][cb];
    return n > 0 ? s / n : 0;
}

void mi_grid_warn(const mi_grid *g, mi_warnings *w)
{
    double bend = 0, stretch = 0;
    for (int c = 0; c < 3; c++) {
        bend = fmax(bend, fabs(cosine(g, c, g, (c + 1) % 3)));
        if (g->n[c] > 1)
            stretch = fmax(stretch, fabs(column_norm(g, c) / g->spacing[c] - 1));
    }
    if (bend > 1e-3)
        mi_warn(w, "sheared",
                "the axes of the grid are not at right angles (up to %.3g degrees off)",
                asin(fmin(bend, 1)) * 180 / M_PI);
    else if (stretch > 1e-3)
        mi_warn(w, "sheared",
                "the axes of the grid are not of the length of the voxel size (%.3g %%)",
                100 * stretch);
}

double mi_grid_voxel_volume(const mi_grid *g)
{
    double a[3][3];
    for (int c = 0; c < 3; c++)
        if (!(fabs(cosine(g, c, g, (c + 1) % 3)) <= 1e-4)) {
            linear_part(g, a);
            return fabs(mi_det3(a));
        }
    return g->spacing[0] * g->spacing[1] * g->spacing[2];
}

void mi_grid_world(const mi_grid *g, const double index[3], double world[3])
{
    for (int r = 0; r < 3; r++)
        world[r] = g->m[r][0] * index[0] + g->m[r][1] * index[1] + g->m[r][2] * index[2] +
                   g->m[r][3];
}

/* Index vector of a world vector. */
static int index_vector(const mi_grid *g, const double world[3], double index[3])
{
    double a[3][3], inv[3][3];
    linear_part(g, a);
    if (!mi_inverse3(a, inv))
        return -1;
    for (int r = 0; r < 3; r++)
        index[r] = inv[r][0] * world[0] + inv[r][1] * world[1] + inv[r][2] * world[2];
    return 0;
}

int mi_grid_index(const mi_grid *g, const double world[3], double index[3])
{
    double from_origin[3];
    for (int r = 0; r < 3; r++)
        from_origin[r] = world[r] - g->m[r][3];
    return index_vector(g, from_origin, index);
}

/* The axes of b that run closest along those of a: the permutation with the largest sum of
   |cosine|. */
static void match_axes(const mi_grid *a, const mi_grid *b, mi_axes *out)
{
    double best = -1;
    for (int p = 0; p < 6; p++) {
        double sum = 0;
        for (int d = 0; d < 3; d++)
            sum += fabs(cosine(a, d, b, permutation[p][d]));
        if (sum > best + 1e-9) {
            best = sum;
            memcpy(out->axis, permutation[p], sizeof out->axis);
        }
    }
    out->identity = true;
    for (int d = 0; d < 3; d++) {
        out->flip[d] = cosine(a, d, b, out->axis[d]) < 0;
        if (out->axis[d] != d || out->flip[d])
            out->identity = false;
    }
}

void mi_grid_orientation(const mi_grid *g, char out[4])
{
    static const char letter[2][4] = { "RAS", "LPI" };
    mi_grid world = { .m = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } } };
    mi_axes axes;
    match_axes(g, &world, &axes);
    for (int d = 0; d < 3; d++)
        out[d] = letter[axes.flip[d]][axes.axis[d]];
    out[3] = '\0';
}

static void spacing_text(const double s[3], char out[72])
{
    char a[MI_NUMBER_SIZE], b[MI_NUMBER_SIZE], c[MI_NUMBER_SIZE];
    snprintf(out, 72, "%sx%sx%s mm", mi_number_short(s[0], 6, a), mi_number_short(s[1], 6, b),
             mi_number_short(s[2], 6, c));
}

const char *mi_grid_text(const mi_grid *g, char out[128])
{
    char s[72];
    spacing_text(g->spacing, s);
    snprintf(out, 128, "%lldx%lldx%lld, %s", (long long)g->n[0], (long long)g->n[1],
             (long long)g->n[2], s);
    return out;
}

/* Outer corner number c (bit d set: upper end of axis d of a) in the world of a, and in that of
   b. */
static void corner(const mi_grid *a, const mi_grid *b, const mi_axes *axes, int c, double wa[3],
                   double wb[3])
{
    double ia[3], ib[3];
    for (int d = 0; d < 3; d++) {
        double last = (double)a->n[d] - 1;
        ia[d] = c >> d & 1 ? last + 0.5 : -0.5;
        ib[axes->axis[d]] = axes->flip[d] ? last - ia[d] : ia[d];
    }
    mi_grid_world(a, ia, wa);
    mi_grid_world(b, ib, wb);
}

/* How far the corners of b lie from their places in a. */
typedef struct gap {
    double far;      /* mm, of the farthest corner */
    double vector[3];/* there, from a to b */
    double spread;   /* mm, largest difference between the vectors of two corners */
} gap;

static double norm3(const double v[3])
{
    return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

static gap measure(const mi_grid *a, const mi_grid *b, const mi_axes *axes)
{
    double wa[3], wb[3], v[8][3];
    gap g = { .far = -1 };
    for (int c = 0; c < 8; c++) {
        corner(a, b, axes, c, wa, wb);
        for (int d = 0; d < 3; d++)
            v[c][d] = wb[d] - wa[d];
        double far = norm3(v[c]);
        if (!(far <= g.far)) {
            g.far = far;
            memcpy(g.vector, v[c], sizeof g.vector);
        }
        for (int o = 0; o < c; o++) {
            double between[3] = { v[c][0] - v[o][0], v[c][1] - v[o][1], v[c][2] - v[o][2] };
            g.spread = fmax(g.spread, norm3(between));
        }
    }
    return g;
}

static void upper(const char *s, char out[64])
{
    int n = 0;
    for (; s[n] && n < 63; n++)
        out[n] = (char)toupper((unsigned char)s[n]);
    out[n] = '\0';
}

static int fail_sizes(const mi_grid *a, const mi_grid *b, const char *what_a, const char *what_b,
                      const char *hint, mi_err *err)
{
    return mi_fail(err, MI_E_GEOMETRY, hint, "%s is %lldx%lldx%lld, %s is %lldx%lldx%lld", what_b,
                   (long long)b->n[0], (long long)b->n[1], (long long)b->n[2], what_a,
                   (long long)a->n[0], (long long)a->n[1], (long long)a->n[2]);
}

static int fail_gap(const mi_grid *a, const mi_grid *b, const mi_axes *axes, const gap *g,
                    const char *what_a, const char *what_b, const char *hint, mi_err *err)
{
    char mm[MI_NUMBER_SIZE], vox[MI_NUMBER_SIZE], x[3][MI_NUMBER_SIZE], sa[72], sb[72];
    double index[3], na[3], nb[3];
    double voxels = index_vector(a, g->vector, index) == 0 ? norm3(index) : NAN;
    mi_number_short(g->far, 3, mm);
    mi_number_short(voxels, 3, vox);
    if (g->spread <= 0.05 * g->far)
        return mi_fail(err, MI_E_GEOMETRY, hint,
                       "%s is shifted by %s mm (%s voxels) against the %s: (%s, %s, %s) mm in RAS",
                       what_b, mm, vox, what_a, mi_number_short(g->vector[0], 3, x[0]),
                       mi_number_short(g->vector[1], 3, x[1]),
                       mi_number_short(g->vector[2], 3, x[2]));
    bool same_size = true;
    for (int d = 0; d < 3; d++) {
        na[d] = column_norm(a, d);
        nb[d] = column_norm(b, d);
        double other = column_norm(b, axes->axis[d]);
        if (!(fabs(na[d] - other) <= 1e-3 * na[d]))
            same_size = false;
    }
    if (same_size)
        return mi_fail(err, MI_E_GEOMETRY, hint,
                       "%s lies %s mm (%s voxels) away from the %s at the farthest corner", what_b,
                       mm, vox, what_a);
    spacing_text(na, sa);
    spacing_text(nb, sb);
    return mi_fail(err, MI_E_GEOMETRY, hint,
                   "%s has voxels of %s, %s of %s: they lie %s mm (%s voxels) apart at the "
                   "farthest corner",
                   what_b, sb, what_a, sa, mm, vox);
}

int mi_grid_same(const mi_grid *a, const mi_grid *b, double tolerance, const char *what_a,
                 const char *what_b, mi_axes *axes, mi_err *err)
{
    mi_axes found;
    char hint[320], up_a[64], up_b[64];
    double edge = INFINITY;
    match_axes(a, b, &found);
    upper(what_a, up_a);
    upper(what_b, up_b);
    snprintf(hint, sizeof hint, "resample the %.40s onto the %.40s: mi-preproc %s--like %s %s",
             what_b, what_a, strstr(what_b, "mask") ? "--as-mask " : "", up_a, up_b);
    for (int d = 0; d < 3; d++) {
        edge = fmin(edge, fmin(column_norm(a, d), column_norm(b, d)));
        if (a->n[d] != b->n[found.axis[d]])
            return fail_sizes(a, b, what_a, what_b, hint, err);
    }
    gap g = measure(a, b, &found);
    if (!(g.far <= tolerance * edge))
        return fail_gap(a, b, &found, &g, what_a, what_b, hint, err);
    if (axes)
        *axes = found;
    return 0;
}

static void rearrange_grid(mi_grid *g, const mi_axes *axes)
{
    mi_grid old = *g;
    for (int d = 0; d < 3; d++) {
        int from = axes->axis[d];
        double last = (double)old.n[from] - 1;
        g->n[d] = old.n[from];
        g->spacing[d] = old.spacing[from];
        for (int r = 0; r < 3; r++) {
            g->m[r][d] = axes->flip[d] ? -old.m[r][from] : old.m[r][from];
            if (axes->flip[d])
                g->m[r][3] += last * old.m[r][from];
        }
    }
}

#define COPY(T)                                                                                  \
    {                                                                                            \
        T *o = (T *)to + at;                                                                     \
        const T *f = (const T *)from + src;                                                      \
        for (int64_t i = 0; i < n0; i++)                                                         \
            o[i] = f[i * step];                                                                  \
        break;                                                                                   \
    }

/* One row of n0 elements of `size` bytes: to[at + i] = from[src + i * step]. */
static void copy_row(void *to, int64_t at, const void *from, int64_t src, int64_t step, int64_t n0,
                     size_t size)
{
    switch (size) {
    case 1: COPY(uint8_t)
    case 2: COPY(uint16_t)
    case 4: COPY(uint32_t)
    default: COPY(uint64_t)
    }
}

/* Cut a freshly rearranged label map down to the slices from the first to the last with a non-zero
   byte. */
static void trim(mi_volume *v)
{
    size_t slice = (size_t)mi_volume_slice_voxels(v) * mi_type_size(v->type);
    unsigned char *p = v->data;
    int64_t first = v->k1, last = v->k0;
    for (int64_t k = v->k0; k < v->k1; k++, p += slice)
        for (size_t i = 0; i < slice; i++)
            if (p[i]) {
                first = k < first ? k : first;
                last = k + 1;
                break;
            }
    if (first >= last)
        first = last = v->k0;
    memmove(v->data, (unsigned char *)v->data + (size_t)(first - v->k0) * slice,
            (size_t)(last - first) * slice);
    v->k0 = first;
    v->k1 = last;
    void *less = realloc(v->data, (size_t)(last - first) * slice + 1);
    if (less)
        v->data = less;
}

/* The held box of v, seen along the new axes: where it begins, how long it is, and the strides of
   the old storage (negative where flipped) from the old element `base`. */
typedef struct view {
    int64_t lo[3], n[3], step[3], base;
} view;

static view new_view(const mi_volume *v, const mi_axes *axes)
{
    const int64_t *n = v->grid.n;
    int64_t held[3] = { n[0], n[1], v->k1 - v->k0 }, stride[3] = { 1, n[0], n[0] * n[1] };
    view w = { .base = 0 };
    for (int d = 0; d < 3; d++) {
        int from = axes->axis[d];
        int64_t lo = from == 2 ? v->k0 : 0;
        w.n[d] = held[from];
        w.lo[d] = axes->flip[d] ? n[from] - lo - held[from] : lo;
        w.step[d] = axes->flip[d] ? -stride[from] : stride[from];
        if (axes->flip[d])
            w.base += (held[from] - 1) * stride[from];
    }
    return w;
}

int mi_volume_rearrange(mi_volume *v, const mi_axes *axes, mi_err *err)
{
    if (axes->identity)
        return 0;
    bool whole = v->k0 == 0 && v->k1 == v->grid.n[2], across = axes->axis[2] != 2;
    if (!v->data || v->k0 >= v->k1) {
        rearrange_grid(&v->grid, axes);
        v->k0 = v->k1 = 0;
        return 0;
    }
    if (across && !whole && !v->trimmed)
        return mi_fail(err, MI_E_INTERNAL, NULL,
                       "an image held in part cannot change its slice axis");
    view w = new_view(v, axes);
    mi_grid g = v->grid;
    rearrange_grid(&g, axes);
    int64_t k0 = across ? 0 : w.lo[2], k1 = across ? g.n[2] : w.lo[2] + w.n[2];
    size_t size = mi_type_size(v->type);
    size_t slice = (size_t)g.n[0] * (size_t)g.n[1];
    void *data = mi_array_zero(slice * (size_t)(k1 - k0), size, err);
    if (!data)
        return -1;
    for (int64_t k = 0; k < w.n[2]; k++)
        for (int64_t j = 0; j < w.n[1]; j++) {
            int64_t row = (w.lo[2] + k - k0) * g.n[1] + w.lo[1] + j;
            copy_row(data, row * g.n[0] + w.lo[0], v->data,
                     w.base + k * w.step[2] + j * w.step[1], w.step[0], w.n[0], size);
        }
    free(v->data);
    v->data = data;
    v->grid = g;
    v->k0 = k0;
    v->k1 = k1;
    if (across && v->trimmed)
        trim(v);
    return 0;
}
