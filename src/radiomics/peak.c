/* Local intensity (9ST6): IBSI 1 reference manual, 3.2. Means over spheres around voxels of the
   intensity mask, drawn from the whole image. A sphere is a set of chords along x; the sum over
   a chord is the difference of two running sums of its row, so a mean costs two additions per
   chord. That finds the few spheres that can be the greatest; these are then summed voxel by
   voxel. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/sum.h"
#include "radiomics/firstorder.h"

/* Slices of centres that share one set of running sums: one task. */
#define CHUNK 8
/* Spheres that are summed voxel by voxel at most; more can only be as good as equal. */
#define CANDIDATES 2048

typedef struct peaks {
    const char *why;
    double local, global;
} peaks;

static double local_peak(const void *s, const char **why)
{
    const peaks *p = s;
    return p->why ? mi_undefined(why, p->why) : p->local;
}

static double global_peak(const void *s, const char **why)
{
    const peaks *p = s;
    return p->why ? mi_undefined(why, p->why) : p->global;
}

#define S "IBSI 1 reference manual, 3.2."

static const mi_feature rows[] = {
    { "local_intensity_peak", "Local intensity peak", "VJGA", "intensity",
      "mean intensity within a sphere of 1 cm3 around the voxel of highest intensity; the highest "
      "such mean when several voxels are",
      "max(mean(x within the radius of c)) over all c with x(c) = max(x)", S "1", NULL,
      local_peak },
    { "global_intensity_peak", "Global intensity peak", "0F91", "intensity",
      "highest mean intensity within a sphere of 1 cm3 around any voxel of the region",
      "max(mean(x within the radius of c)) over all c in the intensity mask", S "2", NULL,
      global_peak },
};

/* ---- the sphere ---- */

typedef struct chord {
    int64_t dy, dz, half;
} chord; /* voxels x - half .. x + half */

typedef struct sphere {
    chord *item;
    int n;
    int64_t reach[3]; /* greatest half, dy, dz */
} sphere;

/* Voxels whose centres lie within the radius, by spacing in mm. */
static int sphere_make(sphere *s, const double spacing[3], double radius, const int64_t limit[3],
                       mi_err *err)
{
    double r2 = radius * radius;
    *s = (sphere) { .n = 0 };
    for (int d = 0; d < 3; d++) {
        double reach = floor(radius / spacing[d] + 1e-9);
        s->reach[d] = reach < (double)limit[d] ? (int64_t)reach : limit[d];
    }
    s->item = mi_array((size_t)(2 * s->reach[1] + 1),
                       (size_t)(2 * s->reach[2] + 1) * sizeof *s->item, err);
    if (!s->item)
        return -1;
    for (int64_t dz = -s->reach[2]; dz <= s->reach[2]; dz++)
        for (int64_t dy = -s->reach[1]; dy <= s->reach[1]; dy++) {
            double y = (double)dy * spacing[1], z = (double)dz * spacing[2], yz = y * y + z * z;
            int64_t half = s->reach[0];
            while (half >= 0 && (double)half * spacing[0] * ((double)half * spacing[0]) + yz > r2)
                half--;
            if (half >= 0)
                s->item[s->n++] = (chord) { dy, dz, half };
        }
    return 0;
}

/* Mean over the sphere around voxel c of the wide box, voxel by voxel. Non-finite voxels are
   left out. */
static double sphere_mean(const mi_region *r, const sphere *s, const int64_t w[3],
                          const int64_t c[3])
{
    mi_sum sum = { 0, 0 };
    int64_t n = 0;
    for (int k = 0; k < s->n; k++) {
        const chord *h = &s->item[k];
        int64_t y = c[1] + h->dy, z = c[2] + h->dz;
        if (y < 0 || y >= w[1] || z < 0 || z >= w[2])
            continue;
        int64_t a = c[0] - h->half, b = c[0] + h->half;
        const double *row = r->wide_value + (z * w[1] + y) * w[0];
        for (int64_t x = a < 0 ? 0 : a; x <= b && x < w[0]; x++) {
            if (!isfinite(row[x]))
                continue;
            mi_sum_add(&sum, row[x]);
            n++;
        }
    }
    return mi_sum_value(&sum) / (double)n;
}

/* ---- the search ---- */

typedef struct candidate {
    int64_t c[3];
    double mean;
} candidate;

/* The best centres of one chunk, in storage order. */
typedef struct best {
    candidate *item;
    int n;
    double mean;
} best;

typedef struct search {
    const mi_region *r;
    const sphere *s;
    int64_t w[3], at[3]; /* size of the wide box; where the region's box begins in it */
    bool gaps;           /* the wide box holds non-finite values */
    double least;        /* centres have at least this intensity */
    double slack;        /* by how much a mean of running sums may be off */
    best *best;          /* per chunk */
} search;

/* Running sums of the rows of some slices, with room for a chord beyond either end: element i +
   reach of a row is the sum of the values before x = i. */
typedef struct running {
    int64_t z0, z1, stride, rows;
    double *sum;
    int32_t *count; /* finite values; NULL when all are */
} running;

static void running_free(running *u)
{
    free(u->sum);
    free(u->count);
}

static int running_make(running *u, const search *q, int64_t z0, int64_t z1, mi_err *err)
{
    int64_t reach = q->s->reach[0];
    *u = (running) {
        .z0 = z0, .z1 = z1, .stride = q->w[0] + 1 + 2 * reach, .rows = (z1 - z0) * q->w[1]
    };
    u->sum = mi_array((size_t)u->rows, (size_t)u->stride * sizeof *u->sum, err);
    u->count = q->gaps && u->sum
                   ? mi_array((size_t)u->rows, (size_t)u->stride * sizeof *u->count, err)
                   : NULL;
    if (!u->sum || (q->gaps && !u->count))
        return -1;
    for (int64_t row = 0; row < u->rows; row++) {
        const double *v = q->r->wide_value + (z0 * q->w[1] + row) * q->w[0];
        double *to = u->sum + row * u->stride, total = 0;
        int32_t *n = u->count ? u->count + row * u->stride : NULL, seen = 0;
        for (int64_t i = 0; i < u->stride; i++) {
            int64_t x = i - reach - 1; /* the value that element i adds */
            if (x >= 0 && x < q->w[0] && isfinite(v[x])) {
                total += v[x];
                seen++;
            }
            to[i] = total;
            if (n)
                n[i] = seen;
        }
    }
    return 0;
}

/* Sums and voxel counts of the spheres around a row of centres: x from a to b, y and z in the
   wide box. */
static void row_sums(const search *q, const running *u, int64_t a, int64_t b, int64_t y, int64_t z,
                     double *sum, double *count)
{
    int64_t reach = q->s->reach[0], n = b - a;
    for (int64_t i = 0; i < n; i++)
        sum[i] = count[i] = 0;
    double whole = 0;
    bool inside = a >= reach && b + reach <= q->w[0];
    for (int k = 0; k < q->s->n; k++) {
        const chord *h = &q->s->item[k];
        int64_t yy = y + h->dy, zz = z + h->dz;
        if (yy < 0 || yy >= q->w[1] || zz < 0 || zz >= q->w[2])
            continue;
        int64_t row = ((zz - u->z0) * q->w[1] + yy) * u->stride;
        const double *hi = u->sum + row + a + reach + h->half + 1;
        const double *lo = u->sum + row + a + reach - h->half;
        for (int64_t i = 0; i < n; i++)
            sum[i] += hi[i] - lo[i];
        if (u->count) {
            const int32_t *nh = u->count + row + a + reach + h->half + 1;
            const int32_t *nl = u->count + row + a + reach - h->half;
            for (int64_t i = 0; i < n; i++)
                count[i] += nh[i] - nl[i];
        } else if (inside) {
            whole += (double)(2 * h->half + 1);
        } else {
            for (int64_t i = 0; i < n; i++) {
                int64_t x0 = a + i - h->half, x1 = a + i + h->half;
                x0 = x0 < 0 ? 0 : x0;
                x1 = x1 < q->w[0] ? x1 : q->w[0] - 1;
                count[i] += (double)(x1 - x0 + 1);
            }
        }
    }
    for (int64_t i = 0; i < n; i++)
        count[i] += whole;
}

/* Keep a centre if it may be the best. */
static void offer(best *o, const search *q, const int64_t c[3], double mean)
{
    if (o->n > 0 && mean < o->mean - q->slack)
        return;
    if (o->n == 0 || mean > o->mean)
        o->mean = mean;
    int n = 0;
    for (int i = 0; i < o->n && o->n == CANDIDATES; i++) /* full: drop what has fallen behind */
        if (o->item[i].mean >= o->mean - q->slack)
            o->item[n++] = o->item[i];
    if (o->n == CANDIDATES)
        o->n = n;
    if (o->n < CANDIDATES)
        o->item[o->n++] = (candidate) { { c[0], c[1], c[2] }, mean };
}

/* The centres of one row of the region: sums, then the ones that count. */
static void search_row(const search *q, const running *u, int64_t j, int64_t k, double *work,
                       best *o)
{
    const mi_region *r = q->r;
    const int64_t start = (k * r->n[1] + j) * r->n[0];
    const uint8_t *in = r->inten + start;
    const double *value = r->value + start;
    int64_t a = r->n[0], b = 0;
    for (int64_t i = 0; i < r->n[0]; i++)
        if (in[i] && value[i] >= q->least) {
            a = i < a ? i : a;
            b = i + 1;
        }
    if (a >= b)
        return;
    double *sum = work, *count = work + r->n[0];
    row_sums(q, u, q->at[0] + a, q->at[0] + b, q->at[1] + j, q->at[2] + k, sum, count);
    for (int64_t i = a; i < b; i++) {
        if (!in[i] || !(value[i] >= q->least))
            continue;
        int64_t c[3] = { q->at[0] + i, q->at[1] + j, q->at[2] + k };
        offer(o, q, c, sum[i - a] / count[i - a]);
    }
}

static int search_chunk(void *ctx, int task, mi_err *err)
{
    const search *q = ctx;
    const mi_region *r = q->r;
    best *o = &q->best[task];
    int64_t k0 = (int64_t)task * CHUNK, k1 = k0 + CHUNK < r->n[2] ? k0 + CHUNK : r->n[2];
    int64_t z0 = q->at[2] + k0 - q->s->reach[2], z1 = q->at[2] + k1 + q->s->reach[2];
    running u = { .rows = 0 };
    double *work = mi_array((size_t)r->n[0], 2 * sizeof *work, err);
    o->item = mi_array(CANDIDATES, sizeof *o->item, err);
    int rc = work && o->item
                 ? running_make(&u, q, z0 < 0 ? 0 : z0, z1 < q->w[2] ? z1 : q->w[2], err)
                 : -1;
    for (int64_t k = k0; rc == 0 && k < k1; k++)
        for (int64_t j = 0; j < r->n[1]; j++)
            search_row(q, &u, j, k, work, o);
    running_free(&u);
    free(work);
    return rc;
}

/* The greatest sphere mean over all centres of at least the intensity q->least. */
static int search_run(search *q, mi_pool *pool, double *out, mi_err *err)
{
    int chunks = (int)((q->r->n[2] + CHUNK - 1) / CHUNK), left = CANDIDATES;
    q->best = mi_array_zero((size_t)chunks, sizeof *q->best, err);
    int rc = q->best ? mi_pool_run(pool, chunks, search_chunk, q, err) : -1;
    double top = -INFINITY;
    for (int t = 0; rc == 0 && t < chunks; t++)
        if (q->best[t].n > 0 && q->best[t].mean > top)
            top = q->best[t].mean;
    *out = -INFINITY;
    for (int t = 0; rc == 0 && t < chunks; t++)
        for (int i = 0; i < q->best[t].n && left > 0; i++) {
            if (q->best[t].item[i].mean < top - q->slack)
                continue;
            double mean = sphere_mean(q->r, q->s, q->w, q->best[t].item[i].c);
            *out = mean > *out ? mean : *out;
            left--;
        }
    for (int t = 0; q->best && t < chunks; t++)
        free(q->best[t].item);
    free(q->best);
    q->best = NULL;
    return rc;
}

/* What the search has to know of the values around: gaps, and the rounding error of differences
   of running sums, at most half an ulp of the longest running sum per addition. */
static double survey(search *q)
{
    const mi_region *r = q->r;
    int64_t n = q->w[0] * q->w[1] * q->w[2];
    double most = 0, max = -INFINITY;
    for (int64_t i = 0; i < n; i++) {
        double x = fabs(r->wide_value[i]);
        if (isfinite(x))
            most = x > most ? x : most;
        else
            q->gaps = true;
    }
    for (int64_t i = 0; i < r->n[0] * r->n[1] * r->n[2]; i++)
        if (r->inten[i] && r->value[i] > max)
            max = r->value[i];
    q->slack = 4 * DBL_EPSILON * (double)q->w[0] * (double)q->w[0] * most;
    return max;
}

static int find_peaks(const mi_region *r, double radius, mi_pool *pool, peaks *out, mi_err *err)
{
    sphere s;
    search q = { .r = r, .s = &s };
    for (int d = 0; d < 3; d++) {
        q.w[d] = r->wide.hi[d] - r->wide.lo[d];
        q.at[d] = r->box.lo[d] - r->wide.lo[d];
    }
    int rc = sphere_make(&s, r->spacing, radius, q.w, err);
    if (rc == 0) {
        out->why = NULL;
        q.least = survey(&q);
        rc = search_run(&q, pool, &out->local, err);
        q.least = -INFINITY;
        if (rc == 0)
            rc = search_run(&q, pool, &out->global, err);
    }
    free(s.item);
    return rc;
}

static int measure(const mi_region *r, const mi_settings *s, const bool *want, mi_pool *pool,
                   mi_measured *out, mi_err *err)
{
    peaks p = { .why = mi_why_no_voxel };
    if (!want[0])
        return 0;
    if (r->n_inten > 0 && !r->wide_value)
        p.why = "the surroundings of the region were not read";
    else if (r->n_inten > 0 && find_peaks(r, s->peak_radius, pool, &p, err) != 0)
        return -1;
    mi_measure_rows(&mi_family_peak, &p, out);
    return 0;
}

const mi_family mi_family_peak = {
    .id = "peak",
    .name = "local intensity",
    .title = "local intensity",
    .aggregations = mi_agg_none,
    .n_aggregations = 1,
    .rows = rows,
    .n_rows = MI_COUNT(rows),
    .needs_wide = true,
    .measure = measure,
};
