#include "radiomics/morph/autocorr.h"
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/fft.h"
#include "base/memory.h"

/* With f, g fields on the box, zero around it, and k(d) = 1/|d|, k(0) = 0, the sum over all
   pairs of k f g is, by the theorems of convolution and of Parseval,
       1/L sum over frequencies of K Re(conj(F) G),   L the number of frequencies,
   when the box is padded to at least 2n - 1 points an axis. Wanted are w = (m, m), product = (x,
   x) and square = 2 (x^2, m) - 2 (x, x), m the mask. All fields are real, so half of the
   frequencies along x will do, and k is even along each axis, so K is real and is needed for one
   octant. No spectrum is ever held as a whole: after the transforms along x, a group of LANES
   frequencies of x is carried through y and z and summed by one thread. */

enum { LANES = 4, FIELDS = 3, WIDE = LANES * FIELDS, ROWS = 16 };

typedef struct plan {
    const mi_field *f;
    double scale;          /* power of two: |x| <= 1, as large as the mask it is packed with */
    int n[3], len[3];      /* box; padded lengths */
    mi_fft *fft[3];        /* NULL for length 1 */
    size_t work;           /* doubles the FFTs need beside their data */
    int n_rows;            /* rows (y, z) with a voxel, in order */
    int *row;              /* y + n[1] * z */
    int *row_of_z;         /* first row of each slice; n[2] + 1 */
    int n_groups;          /* groups of LANES frequencies 0 .. len[0]/2 */
    int first, last;       /* groups of this slab */
    double *spectrum;      /* [group][row][field][lane] complex: after x */
    double *kernel;        /* [group][z][y][lane]: after x */
    double (*sum)[FIELDS]; /* results by group */
    atomic_int next;       /* group to take */
} plan;

static void run(const plan *p, int axis, double *x, int batch, double *work)
{
    if (p->fft[axis])
        mi_fft_run(p->fft[axis], x, (size_t)batch, batch, -1, work);
}

/* ---- along x ---- */

/* Row of fields x, m in one complex column, the squares of two rows in another. */
static void gather(const plan *p, int first, int n, double *s)
{
    const int batch = ROWS + ROWS / 2;
    memset(s, 0, 2 * sizeof *s * (size_t)batch * (size_t)p->len[0]);
    for (int b = 0; b < n; b++) {
        size_t at = (size_t)p->row[first + b] * (size_t)p->n[0];
        for (int x = 0; x < p->n[0]; x++) {
            double v = p->f->x[at + (size_t)x] * p->scale, *c = s + 2 * (size_t)batch * (size_t)x;
            c[2 * b] = v;
            c[2 * b + 1] = p->f->mask[at + (size_t)x];
            c[2 * ROWS + b] = v * v;
        }
    }
}

/* Spectra of the real and the imaginary part of a transformed column, from frequencies k and -k. */
static void part(const double *k, const double *minus, double *re, double *im)
{
    re[0] = 0.5 * (k[0] + minus[0]);
    re[1] = 0.5 * (k[1] - minus[1]);
    im[0] = 0.5 * (k[1] + minus[1]);
    im[1] = -0.5 * (k[0] - minus[0]);
}

/* Frequency k of one row into its three places; beyond the last frequency zeros. */
static void put(const plan *p, const double *s, int k, int r, double *out)
{
    const size_t batch = ROWS + ROWS / 2;
    double pair[2][2];
    if (k > p->len[0] / 2) {
        for (int i = 0; i < FIELDS; i++)
            memset(out + 2 * LANES * i, 0, 2 * sizeof *out);
        return;
    }
    const double *a = s + 2 * batch * (size_t)k,
                 *b = s + 2 * batch * (size_t)(k ? p->len[0] - k : 0);
    part(a + 2 * r, b + 2 * r, out, out + 2 * LANES);
    part(a + 2 * ROWS + (r & ~1), b + 2 * ROWS + (r & ~1), pair[0], pair[1]);
    memcpy(out + 4 * LANES, pair[r & 1], sizeof pair[0]);
}

static void scatter(const plan *p, int first, int n, const double *s)
{
    for (int g = p->first; g < p->last; g++)
        for (int r = 0; r < n; r++) {
            size_t row = (size_t)(g - p->first) * (size_t)p->n_rows + (size_t)(first + r);
            for (int l = 0; l < LANES; l++)
                put(p, s, g * LANES + l, r, p->spectrum + 2 * (row * WIDE + (size_t)l));
        }
}

static int rows_task(void *ctx, int task, mi_err *err)
{
    const plan *p = ctx;
    const int batch = ROWS + ROWS / 2, first = task * ROWS;
    int n = first + ROWS < p->n_rows ? ROWS : p->n_rows - first;
    double *s = mi_array((size_t)p->len[0] * (size_t)batch, 2 * sizeof *s, err);
    double *work = mi_array(p->work, sizeof *work, err);
    if (s && work) {
        gather(p, first, n, s);
        run(p, 0, s, batch, work);
        scatter(p, first, n, s);
    }
    free(work);
    free(s);
    return s && work ? 0 : -1;
}

static double weight(const plan *p, int x, int y, int z)
{
    double d[3] = { x * p->f->spacing[0], y * p->f->spacing[1], z * p->f->spacing[2] };
    double d2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    return d2 > 0 ? 1 / sqrt(d2) : 0;
}

/* The kernel along x for one z: even rows are real spectra, so two rows go through one complex
   column as they are. */
static int kernel_task(void *ctx, int z, mi_err *err)
{
    const plan *p = ctx;
    const int half = p->len[0] / 2;
    const size_t len = (size_t)p->len[0];
    double *s = mi_array(len * ROWS, 2 * sizeof *s, err);
    double *work = mi_array(p->work, sizeof *work, err);
    for (int y0 = 0; s && work && y0 < p->n[1]; y0 += 2 * ROWS) {
        int n = y0 + 2 * ROWS < p->n[1] ? 2 * ROWS : p->n[1] - y0;
        memset(s, 0, 2 * sizeof *s * len * ROWS);
        for (int x = 0; x < p->n[0]; x++) {
            double *a = s + 2 * ROWS * (size_t)x, *b = s + 2 * ROWS * (x ? len - (size_t)x : 0);
            for (int y = 0; y < n; y++)
                a[y] = b[y] = weight(p, x, y0 + y, z);
        }
        run(p, 0, s, ROWS, work);
        for (int g = p->first; g < p->last; g++)
            for (int y = 0; y < n; y++) {
                size_t at =
                    ((size_t)(g - p->first) * (size_t)p->n[2] + (size_t)z) * (size_t)p->n[1] +
                    (size_t)(y0 + y);
                for (int l = 0; l < LANES; l++)
                    p->kernel[at * LANES + (size_t)l] =
                        g * LANES + l <= half ? s[2 * ROWS * (size_t)(g * LANES + l) + (size_t)y]
                                              : 0;
            }
    }
    free(work);
    free(s);
    return s && work ? 0 : -1;
}

/* ---- a group of frequencies of x through y and z ---- */

typedef struct scratch {
    double *line; /* two buffers of the longest line, WIDE complex wide */
    double *work;
    double *planes; /* [y frequency][z][WIDE] complex */
    double
        *kernel; /* [y frequency 0..len/2][z][LANES]; then z frequencies in place of z in `line` */
} scratch;

static int scratch_make(const plan *p, scratch *s, mi_err *err)
{
    size_t longest = (size_t)(p->len[1] > p->len[2] ? p->len[1] : p->len[2]);
    s->line = mi_array(longest, 4 * WIDE * sizeof *s->line, err);
    s->work = mi_array(p->work, sizeof *s->work, err);
    s->planes = mi_array((size_t)p->len[1] * (size_t)p->n[2], 2 * WIDE * sizeof *s->planes, err);
    s->kernel =
        mi_array((size_t)(p->len[1] / 2 + 1) * (size_t)p->n[2], LANES * sizeof *s->kernel, err);
    return s->line && s->work && s->planes && s->kernel ? 0 : -1;
}

static void scratch_free(scratch *s)
{
    free(s->line);
    free(s->work);
    free(s->planes);
    free(s->kernel);
}

static void fields_along_y(const plan *p, int g, const scratch *s)
{
    const double *from = p->spectrum + 2 * WIDE * (size_t)(g - p->first) * (size_t)p->n_rows;
    const size_t bytes = 2 * WIDE * sizeof *from;
    for (int z = 0; z < p->n[2]; z++) {
        memset(s->line, 0, bytes * (size_t)p->len[1]);
        for (int r = p->row_of_z[z]; r < p->row_of_z[z + 1]; r++)
            memcpy(s->line + 2 * WIDE * (size_t)(p->row[r] % p->n[1]), from + 2 * WIDE * (size_t)r,
                   bytes);
        if (p->row_of_z[z] < p->row_of_z[z + 1])
            run(p, 1, s->line, WIDE, s->work);
        for (int y = 0; y < p->len[1]; y++)
            memcpy(s->planes + 2 * WIDE * ((size_t)y * (size_t)p->n[2] + (size_t)z),
                   s->line + 2 * WIDE * (size_t)y, bytes);
    }
}

/* A row of n values of LANES reals, mirrored about 0 to an even row of length len. LANES reals
   are half as many complex numbers: a real and an imaginary part that are even have real
   spectra, which come out in the same places. */
static void mirror(const double *from, int n, int len, double *line)
{
    memset(line, 0, LANES * sizeof *line * (size_t)len);
    for (int i = 0; i < n; i++) {
        memcpy(line + LANES * (size_t)i, from + LANES * (size_t)i, LANES * sizeof *line);
        memcpy(line + LANES * (size_t)(i ? len - i : 0), from + LANES * (size_t)i,
               LANES * sizeof *line);
    }
}

static void kernel_along_y(const plan *p, int g, const scratch *s)
{
    size_t plane = (size_t)p->n[1] * LANES;
    const double *from = p->kernel + (size_t)(g - p->first) * (size_t)p->n[2] * plane;
    for (int z = 0; z < p->n[2]; z++) {
        mirror(from + (size_t)z * plane, p->n[1], p->len[1], s->line);
        run(p, 1, s->line, LANES / 2, s->work);
        for (int y = 0; y <= p->len[1] / 2; y++)
            memcpy(s->kernel + LANES * ((size_t)y * (size_t)p->n[2] + (size_t)z),
                   s->line + LANES * (size_t)y, LANES * sizeof *from);
    }
}

/* Sums of K |X|^2, K |M|^2, K Re(conj(Q) M) over one column of z frequencies, by lane. */
static void add_column(const double *c, const double *k, int len, double sum[FIELDS][LANES])
{
    for (int z = 0; z < len; z++, c += 2 * WIDE) {
        const double *kz = k + LANES * (size_t)(2 * z <= len ? z : len - z);
        const double *x = c, *m = c + 2 * LANES, *q = c + 4 * LANES;
        for (int l = 0; l < LANES; l++) {
            sum[0][l] += kz[l] * (m[2 * l] * m[2 * l] + m[2 * l + 1] * m[2 * l + 1]);
            sum[1][l] += kz[l] * (x[2 * l] * x[2 * l] + x[2 * l + 1] * x[2 * l + 1]);
            sum[2][l] += kz[l] * (q[2 * l] * m[2 * l] + q[2 * l + 1] * m[2 * l + 1]);
        }
    }
}

static void along_z(const plan *p, const scratch *s, double sum[FIELDS][LANES])
{
    const size_t nz = (size_t)p->n[2], len = (size_t)p->len[2];
    double *line = s->line, *k = s->line + 2 * WIDE * len;
    for (int y = 0; y <= p->len[1] / 2; y++) {
        mirror(s->kernel + LANES * (size_t)y * nz, p->n[2], p->len[2], k);
        run(p, 2, k, LANES / 2, s->work);
        for (int side = 0; side < 2; side++) {
            int at = side ? p->len[1] - y : y;
            if (side && (y == 0 || at == y))
                continue;
            memcpy(line, s->planes + 2 * WIDE * (size_t)at * nz, 2 * WIDE * sizeof *line * nz);
            memset(line + 2 * WIDE * nz, 0, 2 * WIDE * sizeof *line * (len - nz));
            run(p, 2, line, WIDE, s->work);
            add_column(line, k, p->len[2], sum);
        }
    }
}

/* Takes groups until none is left; what a group adds goes to a place of its own. */
static int groups_task(void *ctx, int task, mi_err *err)
{
    plan *p = ctx;
    scratch s = { NULL, NULL, NULL, NULL };
    int rc = 0, g;
    (void)task;
    while (rc == 0 && (g = atomic_fetch_add(&p->next, 1)) < p->last) {
        double sum[FIELDS][LANES] = { { 0 } };
        if (!s.line && (rc = scratch_make(p, &s, err)) != 0)
            break;
        kernel_along_y(p, g, &s);
        fields_along_y(p, g, &s);
        along_z(p, &s, sum);
        for (int i = 0; i < FIELDS; i++) {
            p->sum[g][i] = 0;
            for (int l = 0; l < LANES; l++) {
                int k = g * LANES + l; /* frequencies k and -k of x give the same */
                p->sum[g][i] += sum[i][l] * (k == 0 || 2 * k == p->len[0] ? 1 : 2);
            }
        }
    }
    scratch_free(&s);
    return rc;
}

/* ---- all of it ---- */

static double scale_of(const mi_field *f)
{
    double top = 0;
    int exponent;
    for (int64_t i = 0, n = f->n[0] * f->n[1] * f->n[2]; i < n; i++)
        top = fmax(top, fabs(f->x[i]));
    frexp(top, &exponent);
    return top > 0 ? ldexp(1, -exponent) : 1;
}

static int plan_make(plan *p, const mi_field *f, mi_err *err)
{
    p->f = f;
    p->scale = scale_of(f);
    for (int a = 0; a < 3; a++) {
        if (f->n[a] > INT32_MAX / 4)
            return mi_fail(err, MI_E_DATA, NULL,
                           "a region of %lld voxels along an axis is too long", (long long)f->n[a]);
        p->n[a] = (int)f->n[a];
        p->len[a] = p->n[a] > 1 ? mi_fft_good_size(2 * p->n[a] - 1) : 1;
        if (p->len[a] > 1 && !(p->fft[a] = mi_fft_new(p->len[a], err)))
            return -1;
        if (p->len[a] > 1 && mi_fft_work(p->fft[a]) > p->work)
            p->work = mi_fft_work(p->fft[a]);
    }
    if (f->n[1] * f->n[2] > INT32_MAX)
        return mi_fail(err, MI_E_DATA, NULL, "a region of %lld rows is too large",
                       (long long)(f->n[1] * f->n[2]));
    p->n_groups = p->len[0] / 2 / LANES + 1;
    p->row = mi_array((size_t)p->n[1] * (size_t)p->n[2], sizeof *p->row, err);
    p->row_of_z = mi_array((size_t)p->n[2] + 1, sizeof *p->row_of_z, err);
    p->sum = mi_array((size_t)p->n_groups, sizeof *p->sum, err);
    if (!p->row || !p->row_of_z || !p->sum)
        return -1;
    for (int z = 0; z < p->n[2]; z++) {
        p->row_of_z[z] = p->n_rows;
        for (int y = 0; y < p->n[1]; y++) {
            int at = y + p->n[1] * z;
            if (memchr(f->mask + (size_t)at * (size_t)p->n[0], 1, (size_t)p->n[0]))
                p->row[p->n_rows++] = at;
        }
    }
    p->row_of_z[p->n[2]] = p->n_rows;
    return 0;
}

static int one_slab(plan *p, mi_pool *pool, mi_err *err)
{
    if (mi_pool_run(pool, (p->n_rows + ROWS - 1) / ROWS, rows_task, p, err) != 0 ||
        mi_pool_run(pool, p->n[2], kernel_task, p, err) != 0)
        return -1;
    atomic_store(&p->next, p->first);
    return mi_pool_run(pool, mi_pool_threads(pool), groups_task, p, err);
}

static int all_slabs(plan *p, int64_t cap, mi_pool *pool, mi_err *err)
{
    int64_t rows = (int64_t)p->n_rows * 2 * WIDE, kernel = (int64_t)p->n[1] * p->n[2] * LANES;
    int64_t groups = cap / (8 * (rows + kernel));
    groups = groups < 1 ? 1 : groups > p->n_groups ? p->n_groups : groups;
    p->spectrum = mi_array((size_t)(groups * rows), sizeof *p->spectrum, err);
    p->kernel = mi_array((size_t)(groups * kernel), sizeof *p->kernel, err);
    int rc = p->spectrum && p->kernel ? 0 : -1;
    for (p->first = 0; rc == 0 && p->first < p->n_groups; p->first = p->last) {
        p->last = p->first + (int)groups < p->n_groups ? p->first + (int)groups : p->n_groups;
        rc = one_slab(p, pool, err);
    }
    return rc;
}

int mi_pairs_fft(const mi_field *f, int64_t cap, mi_pool *pool, mi_pairs *out, mi_err *err)
{
    plan p = { .n_rows = 0 };
    double s[FIELDS] = { 0 };
    int rc = plan_make(&p, f, err);
    if (rc == 0)
        rc = all_slabs(&p, cap > 0 ? cap : INT64_C(512) << 20, pool, err);
    for (int g = 0; rc == 0 && g < p.n_groups; g++)
        for (int i = 0; i < FIELDS; i++)
            s[i] += p.sum[g][i];
    for (int i = 0; i < FIELDS; i++)
        s[i] /= (double)p.len[0] * p.len[1] * p.len[2];
    s[1] /= p.scale * p.scale;
    s[2] /= p.scale * p.scale;
    *out = (mi_pairs) { s[0], s[1], 2 * (s[2] - s[1]) };
    for (int a = 0; a < 3; a++)
        mi_fft_free(p.fft[a]);
    free(p.row);
    free(p.row_of_z);
    free(p.sum);
    free(p.spectrum);
    free(p.kernel);
    return rc;
}
