#include "radiomics/morph/autocorr.h"
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/fft.h"
#include "base/lanes.h"
#include "base/memory.h"
#include "radiomics/kernel.h"

/* With f, g fields on the box, zero around it, and k(d) = 1/|d|, k(0) = 0, the sum over all
   pairs of k f g is, by the theorems of convolution and of Parseval,
       1/L sum over frequencies of K Re(conj(F) G),   L the number of frequencies,
   when the box is padded to at least 2n - 1 points an axis. Wanted are w = (m, m), product = (x,
   x) and square = 2 (x^2, m) - 2 (x, x), m the mask. All fields are real, so half of the
   frequencies along x will do, and k is even along each axis, so K is real and is needed for one
   octant. No spectrum is ever held as a whole: after the transforms along x, a group of LANES
   frequencies of x is carried through y and z and summed by one thread. */

/* Data lie in cells of LANES complex numbers, as the FFT works on them: real parts, then imaginary
   parts. ROWS rows go through x together, as columns of COLUMNS cells. */
enum { LANES = 4, CELL = MI_FFT_CELL, FIELDS = 3, POINT = FIELDS * CELL, ROWS = 16, COLUMNS = 6 };

typedef struct plan {
    const mi_field *f;
    double scale;          /* power of two: |x| <= 1, as large as the mask it is packed with */
    int n[3], len[3];      /* box; padded lengths */
    mi_fft *fft[3];        /* NULL for length 1 */
    int n_rows;            /* rows (y, z) with a voxel, in order */
    int *row;              /* y + n[1] * z */
    int *row_of_z;         /* first row of each slice; n[2] + 1 */
    int n_groups;          /* groups of LANES frequencies 0 .. len[0]/2 */
    int first, last;       /* groups of this slab */
    double *spectrum;      /* [group][row][field] cells: after x */
    double *kernel;        /* [group][z][y][lane]: after x */
    double (*sum)[FIELDS]; /* results by group */
    atomic_int next;       /* group to take */
} plan;

/* A line of `cells` cells an element from `a`, with `b` beside it; where the result lies. */
static double *run(const plan *p, int axis, double *a, double *b, int cells)
{
    return p->fft[axis] ? mi_fft_run_cells(p->fft[axis], a, b, cells) : a;
}

/* Two aligned buffers of n doubles each, a multiple of CELL; free *memory. */
static int two_lines(size_t n, double **memory, double *line[2], mi_err *err)
{
    *memory = mi_array(2 * n + CELL, sizeof **memory, err);
    if (!*memory)
        return -1;
    line[0] = mi_fft_align(*memory);
    line[1] = line[0] + n;
    return 0;
}

/* ---- along x ---- */

/* Row b of fields x, m in complex column b, the squares of rows b and b + 1 in column ROWS + b / 2:
   where the real part of a column lies in an element. */
static int column(int b)
{
    return b / LANES * CELL + b % LANES;
}

static void gather(const plan *p, int first, int n, double *s)
{
    memset(s, 0, sizeof *s * COLUMNS * CELL * (size_t)p->len[0]);
    for (int b = 0; b < n; b++) {
        const size_t at = (size_t)p->row[first + b] * (size_t)p->n[0];
        const int field = column(b), square = column(ROWS + b / 2) + b % 2 * LANES;
        double *c = s;
        for (int x = 0; x < p->n[0]; x++, c += COLUMNS * CELL) {
            double v = p->f->x[at + (size_t)x] * p->scale;
            c[field] = v;
            c[field + LANES] = p->f->mask[at + (size_t)x];
            c[square] = v * v;
        }
    }
}

/* Spectra of the real and the imaginary parts of a transformed cell, from frequencies k and -k. */
static void parts(const double *k, const double *minus, double re[CELL], double im[CELL])
{
    for (int l = 0; l < LANES; l++) {
        re[l] = 0.5 * (k[l] + minus[l]);
        re[LANES + l] = 0.5 * (k[LANES + l] - minus[LANES + l]);
        im[l] = 0.5 * (k[LANES + l] + minus[LANES + l]);
        im[LANES + l] = -0.5 * (k[l] - minus[l]);
    }
}

/* Frequency k of all rows: x and m by groups of LANES rows, squares by groups of 2 LANES, those of
   even and those of odd rows. Zeros beyond the last frequency. */
typedef struct spectra {
    double x[ROWS / LANES][CELL], m[ROWS / LANES][CELL];
    double even[ROWS / LANES / 2][CELL], odd[ROWS / LANES / 2][CELL];
} spectra;

static void separate(const plan *p, const double *s, int k, spectra *out)
{
    if (k > p->len[0] / 2) {
        memset(out, 0, sizeof *out);
        return;
    }
    const double *a = s + COLUMNS * CELL * (size_t)k;
    const double *b = s + COLUMNS * CELL * (size_t)(k ? p->len[0] - k : 0);
    for (int i = 0; i < ROWS / LANES; i++)
        parts(a + CELL * i, b + CELL * i, out->x[i], out->m[i]);
    a += ROWS / LANES * CELL;
    b += ROWS / LANES * CELL;
    for (int i = 0; i < ROWS / LANES / 2; i++)
        parts(a + CELL * i, b + CELL * i, out->even[i], out->odd[i]);
}

/* Number `from` of a cell to place `to` of another. */
static void put(const double *cell, int from, double *out, int to)
{
    out[to] = cell[from];
    out[LANES + to] = cell[LANES + from];
}

static void scatter(const plan *p, int first, int n, const double *s)
{
    spectra at[LANES];
    for (int g = p->first; g < p->last; g++) {
        size_t row = (size_t)(g - p->first) * (size_t)p->n_rows + (size_t)first;
        double *out = p->spectrum + POINT * row;
        for (int l = 0; l < LANES; l++)
            separate(p, s, g * LANES + l, &at[l]);
        for (int r = 0; r < n; r++, out += POINT)
            for (int l = 0; l < LANES; l++) {
                const int c = r / LANES, q = r / 2;
                put(at[l].x[c], r % LANES, out, l);
                put(at[l].m[c], r % LANES, out + CELL, l);
                put(r % 2 ? at[l].odd[q / LANES] : at[l].even[q / LANES], q % LANES,
                    out + 2 * CELL, l);
            }
    }
}

static int rows_task(void *ctx, int task, mi_err *err)
{
    const plan *p = ctx;
    const int first = task * ROWS;
    int n = first + ROWS < p->n_rows ? ROWS : p->n_rows - first;
    double *memory, *line[2];
    if (two_lines(COLUMNS * CELL * (size_t)p->len[0], &memory, line, err) != 0)
        return -1;
    gather(p, first, n, line[0]);
    scatter(p, first, n, run(p, 0, line[0], line[1], COLUMNS));
    free(memory);
    return 0;
}

static double weight(const plan *p, int x, int y, int z)
{
    double d[3] = { x * p->f->spacing[0], y * p->f->spacing[1], z * p->f->spacing[2] };
    double d2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    return d2 > 0 ? 1 / sqrt(d2) : 0;
}

/* The kernel along x for one z: even rows are real spectra, so two rows go through one complex
   column as they are: real number i of an element is part i % 2 of column i / 2. */
static int real_number(int i)
{
    return column(i / 2) + i % 2 * LANES;
}

static int kernel_task(void *ctx, int z, mi_err *err)
{
    const plan *p = ctx;
    const int half = p->len[0] / 2;
    const size_t len = (size_t)p->len[0], each = 2 * ROWS;
    double *memory, *line[2];
    if (two_lines(each * len, &memory, line, err) != 0)
        return -1;
    for (int y0 = 0; y0 < p->n[1]; y0 += 2 * ROWS) {
        int n = y0 + 2 * ROWS < p->n[1] ? 2 * ROWS : p->n[1] - y0;
        memset(line[0], 0, sizeof *line[0] * each * len);
        for (int x = 0; x < p->n[0]; x++) {
            double *a = line[0] + each * (size_t)x;
            double *b = line[0] + each * (x ? len - (size_t)x : 0);
            for (int y = 0; y < n; y++)
                a[real_number(y)] = b[real_number(y)] = weight(p, x, y0 + y, z);
        }
        const double *s = run(p, 0, line[0], line[1], ROWS / LANES);
        for (int g = p->first; g < p->last; g++) {
            size_t row = (size_t)(g - p->first) * (size_t)p->n[2] + (size_t)z;
            double *out = p->kernel + LANES * (row * (size_t)p->n[1] + (size_t)y0);
            for (int y = 0; y < n; y++)
                for (int l = 0; l < LANES; l++) {
                    size_t k = (size_t)(g * LANES + l);
                    *out++ = k <= (size_t)half ? s[each * k + (size_t)real_number(y)] : 0;
                }
        }
    }
    free(memory);
    return 0;
}

/* ---- a group of frequencies of x through y and z ---- */

typedef struct scratch {
    double *memory;
    double *line[2];   /* the longest line of points */
    double *k_line[2]; /* the longest line of one cell */
    double *planes;    /* [y frequency][z] points */
    double *kernel;    /* [y frequency 0..len/2][z][LANES] */
} scratch;

static int scratch_make(const plan *p, scratch *s, mi_err *err)
{
    size_t longest = (size_t)(p->len[1] > p->len[2] ? p->len[1] : p->len[2]);
    if (two_lines((POINT + CELL) * longest, &s->memory, s->line, err) != 0)
        return -1;
    for (int i = 0; i < 2; i++)
        s->k_line[i] = s->line[i] + POINT * longest;
    s->planes = mi_array((size_t)p->len[1] * (size_t)p->n[2], POINT * sizeof *s->planes, err);
    s->kernel =
        mi_array((size_t)(p->len[1] / 2 + 1) * (size_t)p->n[2], LANES * sizeof *s->kernel, err);
    return s->planes && s->kernel ? 0 : -1;
}

static void scratch_free(scratch *s)
{
    free(s->memory);
    free(s->planes);
    free(s->kernel);
}

static void fields_along_y(const plan *p, int g, const scratch *s)
{
    const double *from = p->spectrum + POINT * (size_t)(g - p->first) * (size_t)p->n_rows;
    const size_t bytes = POINT * sizeof *from;
    for (int z = 0; z < p->n[2]; z++) {
        const double *line = s->line[0];
        memset(s->line[0], 0, bytes * (size_t)p->len[1]);
        for (int r = p->row_of_z[z]; r < p->row_of_z[z + 1]; r++)
            memcpy(s->line[0] + POINT * (size_t)(p->row[r] % p->n[1]), from + POINT * (size_t)r,
                   bytes);
        if (p->row_of_z[z] < p->row_of_z[z + 1])
            line = run(p, 1, s->line[0], s->line[1], FIELDS);
        for (int y = 0; y < p->len[1]; y++)
            memcpy(s->planes + POINT * ((size_t)y * (size_t)p->n[2] + (size_t)z),
                   line + POINT * (size_t)y, bytes);
    }
}

/* LANES reals are half a cell, so two rows of them (b may be NULL) go through together: numbers 0
   and 1 are the parts of a complex number, and so are 2 and 3. A real and an imaginary part that
   are even have real spectra, which come out in the same places. */
static void put_reals(double *cell, const double *from)
{
    cell[0] = from[0];
    cell[1] = from[2];
    cell[LANES] = from[1];
    cell[LANES + 1] = from[3];
}

static void take_reals(const double *cell, double *to)
{
    to[0] = cell[0];
    to[1] = cell[LANES];
    to[2] = cell[1];
    to[3] = cell[LANES + 1];
}

/* Rows of n values of LANES reals, mirrored about 0 to even rows of length len. */
static void mirror(const double *a, const double *b, int n, int len, double *line)
{
    memset(line, 0, CELL * sizeof *line * (size_t)len);
    for (int i = 0; i < n; i++) {
        double *there = line + CELL * (size_t)i, *back = line + CELL * (size_t)(i ? len - i : 0);
        put_reals(there, a + LANES * (size_t)i);
        if (b)
            put_reals(there + 2, b + LANES * (size_t)i);
        memcpy(back, there, i ? CELL * sizeof *line : 0);
    }
}

static void kernel_along_y(const plan *p, int g, const scratch *s)
{
    const size_t plane = (size_t)p->n[1] * LANES, nz = (size_t)p->n[2];
    const double *from = p->kernel + (size_t)(g - p->first) * nz * plane;
    for (size_t z = 0; z < nz; z += 2) {
        const bool two = z + 1 < nz;
        const double *row = from + z * plane;
        mirror(row, two ? row + plane : NULL, p->n[1], p->len[1], s->k_line[0]);
        const double *line = run(p, 1, s->k_line[0], s->k_line[1], 1);
        for (int y = 0; y <= p->len[1] / 2; y++) {
            double *to = s->kernel + LANES * ((size_t)y * nz + z);
            take_reals(line + CELL * (size_t)y, to);
            if (two)
                take_reals(line + CELL * (size_t)y + 2, to + LANES);
        }
    }
}

/* |a|^2, and Re(conj(a) b), of four complex numbers. */
#define NORM(a) (a##_re * a##_re + a##_im * a##_im)
#define INNER(a, b) (a##_re * b##_re + a##_im * b##_im)

/* Sums of K |M|^2, K |X|^2, K Re(conj(Q) M) over one column of z frequencies, by lane. */
MI_KERNEL static void add_column(const double *c, const double *k, int len,
                                 double sum[FIELDS][LANES])
{
    mi_lanes total[FIELDS];
    memcpy(total, sum, sizeof total);
    for (int z = 0; z < len; z++, c += POINT) {
        const double *at = k + CELL * (size_t)(2 * z <= len ? z : len - z);
        const mi_lanes kz = { at[0], at[LANES], at[1], at[LANES + 1] };
        mi_lanes x_re, x_im, m_re, m_im, q_re, q_im;
        memcpy(&x_re, c, sizeof x_re);
        memcpy(&x_im, c + LANES, sizeof x_im);
        memcpy(&m_re, c + CELL, sizeof m_re);
        memcpy(&m_im, c + CELL + LANES, sizeof m_im);
        memcpy(&q_re, c + 2 * CELL, sizeof q_re);
        memcpy(&q_im, c + 2 * CELL + LANES, sizeof q_im);
        total[0] += kz * NORM(m);
        total[1] += kz * NORM(x);
        total[2] += kz * INNER(q, m);
    }
    memcpy(sum, total, sizeof total);
}

/* The column at frequency y, its kernel at k. */
static void column_along_z(const plan *p, const scratch *s, int y, const double *k,
                           double sum[FIELDS][LANES])
{
    const size_t nz = (size_t)p->n[2], len = (size_t)p->len[2];
    memcpy(s->line[0], s->planes + POINT * (size_t)y * nz, POINT * sizeof *s->line[0] * nz);
    memset(s->line[0] + POINT * nz, 0, POINT * sizeof *s->line[0] * (len - nz));
    add_column(run(p, 2, s->line[0], s->line[1], FIELDS), k, p->len[2], sum);
}

static void along_z(const plan *p, const scratch *s, double sum[FIELDS][LANES])
{
    const int half = p->len[1] / 2;
    const double *k = NULL;
    for (int y = 0; y <= half; y++) {
        const double *row = s->kernel + LANES * (size_t)y * (size_t)p->n[2];
        if (y % 2 == 0) {
            mirror(row, y < half ? row + LANES * (size_t)p->n[2] : NULL, p->n[2], p->len[2],
                   s->k_line[0]);
            k = run(p, 2, s->k_line[0], s->k_line[1], 1);
        }
        column_along_z(p, s, y, k + y % 2 * 2, sum);
        if (y > 0 && 2 * y != p->len[1])
            column_along_z(p, s, p->len[1] - y, k + y % 2 * 2, sum);
    }
}

/* Takes groups until none is left; what a group adds goes to a place of its own. */
static int groups_task(void *ctx, int task, mi_err *err)
{
    plan *p = ctx;
    scratch s = { .memory = NULL };
    int rc = 0, g;
    (void)task;
    while (rc == 0 && (g = atomic_fetch_add(&p->next, 1)) < p->last) {
        double sum[FIELDS][LANES] = { { 0 } };
        if (!s.memory && (rc = scratch_make(p, &s, err)) != 0)
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
    int64_t rows = (int64_t)p->n_rows * POINT, kernel = (int64_t)p->n[1] * p->n[2] * LANES;
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
