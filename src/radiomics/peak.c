/* Local intensity (9ST6): IBSI 1 reference manual, 3.2. Means over spheres around the voxels of
   the intensity mask, drawn from the whole image. A sphere is a stack of discs and a disc a set
   of chords along x; the sum over a chord is the difference of two running sums of its row. Each
   slice gives its discs to the spheres above and below. That is done on intensities cut into
   whole steps, in 32-bit numbers, and finds the few spheres whose mean can be the greatest;
   these are then summed voxel by voxel. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/lanes.h"
#include "base/memory.h"
#include "base/round.h"
#include "base/sum.h"
#include "radiomics/firstorder.h"

/* Rows of centres that are worked on together: one task. */
#define BLOCK 16
#define LANES ((int64_t)(sizeof(mi_words) / sizeof(uint32_t)))

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

/* Chords along x, by slice of the sphere: half-length at (dy, dz), -1 where there is none. */
typedef struct sphere {
    int64_t reach[3];
    int32_t *half; /* (dz * (2 reach[1] + 1) + dy + reach[1]), dz from 0 on: both signs are alike */
    int64_t voxels;
} sphere;

static int32_t half_at(const sphere *s, int64_t dy, int64_t dz)
{
    return s->half[(dz < 0 ? -dz : dz) * (2 * s->reach[1] + 1) + dy + s->reach[1]];
}

/* Voxels whose centres lie within the radius, by spacing in mm. `limit` bounds what can matter. */
static int sphere_make(sphere *s, const double spacing[3], double radius, const int64_t limit[3],
                       mi_err *err)
{
    double r2 = radius * radius;
    *s = (sphere) { .voxels = 0 };
    for (int d = 0; d < 3; d++) {
        double reach = floor(radius / spacing[d] + 1e-9);
        s->reach[d] = reach < (double)limit[d] ? (int64_t)reach : limit[d];
    }
    s->half =
        mi_array((size_t)(2 * s->reach[1] + 1), (size_t)(s->reach[2] + 1) * sizeof *s->half, err);
    if (!s->half)
        return -1;
    int32_t *to = s->half;
    for (int64_t dz = 0; dz <= s->reach[2]; dz++)
        for (int64_t dy = -s->reach[1]; dy <= s->reach[1]; dy++) {
            double y = (double)dy * spacing[1], z = (double)dz * spacing[2], yz = y * y + z * z;
            int64_t half = s->reach[0];
            while (half >= 0 && (double)half * spacing[0] * ((double)half * spacing[0]) + yz > r2)
                half--;
            *to++ = (int32_t)half;
            s->voxels += (2 * half + 1) * (half < 0 ? 0 : dz ? 2 : 1);
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
    for (int64_t dz = -s->reach[2]; dz <= s->reach[2]; dz++)
        for (int64_t dy = -s->reach[1]; dy <= s->reach[1]; dy++) {
            int64_t y = c[1] + dy, z = c[2] + dz, half = half_at(s, dy, dz);
            if (half < 0 || y < 0 || y >= w[1] || z < 0 || z >= w[2])
                continue;
            int64_t a = c[0] - half < 0 ? 0 : c[0] - half;
            int64_t b = c[0] + half < w[0] ? c[0] + half + 1 : w[0];
            const double *row = r->wide_value + (z * w[1] + y) * w[0];
            double part = 0;
            for (int64_t x = a; x < b; x++)
                if (isfinite(row[x])) {
                    part += row[x];
                    n++;
                }
            mi_sum_add(&sum, part);
        }
    return mi_sum_value(&sum) / (double)n;
}

/* ---- the search ---- */

typedef struct candidate {
    int64_t c[3];
    double mean;
} candidate; /* mean in steps */

/* Centres that may have the greatest mean. */
typedef struct best {
    candidate *item;
    int64_t n, cap;
    double mean;
} best;

typedef struct found {
    best local, global;
} found; /* of one block of rows */

/* Intensities in whole steps from the lowest one, few enough that the steps of a sphere add up
   in 32 bits: sums are exact, and off by less than half a step per voxel. */
typedef struct search {
    const mi_region *r;
    const sphere *s;
    int64_t w[3], at[3];  /* size of the wide box; where the region's box begins in it */
    double low, per_unit; /* steps = (x - low) per_unit */
    double highest;       /* intensity of centres of the local peak */
    bool exact;           /* steps are the intensities themselves */
    bool count;           /* spheres differ in voxels: non-finite ones, or a border is near */
    void (*add_disc)(const uint32_t *centre, const int64_t *offset, int n, int64_t words,
                     uint32_t *up, uint32_t *down);
    found *found; /* per block */
} search;

/* Buffers of one block: rows y0 - reach .. y1 + reach of one slice as running sums, and the sums
   of all centres. Element i + reach + 1 of a running row is the sum of what lies up to x = i. */
typedef struct block {
    int64_t y0, y1;             /* rows of the region's box */
    int64_t rows, stride;       /* running rows */
    int64_t width;              /* of a row of sums, in words: whole vectors */
    int64_t a[BLOCK], b[BLOCK]; /* where the centres of each row lie */
    uint32_t *running, *sum, *voxels;
    int64_t *offset; /* of the ends of the chords, pairs */
} block;

static void block_free(block *k)
{
    free(k->running);
    free(k->sum);
    free(k->voxels);
    free(k->offset);
}

static int block_make(block *k, const search *q, int64_t y0, mi_err *err)
{
    const int64_t *n = q->r->n, *reach = q->s->reach;
    *k = (block) { .y0 = y0, .y1 = y0 + BLOCK < n[1] ? y0 + BLOCK : n[1] };
    k->rows = k->y1 - y0 + 2 * reach[1];
    k->stride = q->w[0] + 2 * reach[0] + 2 + LANES;
    k->width = (n[0] + LANES - 1) / LANES * LANES;
    size_t slices = (size_t)(k->y1 - y0) * (size_t)n[2];
    k->running = mi_array((size_t)k->rows, (size_t)k->stride * sizeof *k->running, err);
    k->sum = mi_array_zero(slices, (size_t)k->width * sizeof *k->sum, err);
    k->voxels = q->count ? mi_array_zero(slices, (size_t)k->width * sizeof *k->voxels, err) : NULL;
    k->offset = mi_array((size_t)(2 * reach[1] + 1), 2 * sizeof *k->offset, err);
    if (!k->running || !k->sum || !k->offset || (q->count && !k->voxels))
        return -1;
    for (int64_t j = y0; j < k->y1; j++) {
        int64_t a = n[0], b = 0;
        for (int64_t z = 0; z < n[2]; z++) {
            const uint8_t *in = q->r->inten + (z * n[1] + j) * n[0];
            for (int64_t i = 0; i < a; i++)
                a = in[i] ? i : a;
            for (int64_t i = n[0] - 1; i >= b; i--)
                b = in[i] ? i + 1 : b;
        }
        k->a[j - y0] = a;
        k->b[j - y0] = b;
    }
    return 0;
}

/* Running sums of slice z of the wide box: of steps, or of ones when voxels are counted. */
static void run_slice(block *k, const search *q, int64_t z, bool ones)
{
    int64_t reach = q->s->reach[0];
    for (int64_t row = 0; row < k->rows; row++) {
        int64_t y = q->at[1] + k->y0 - q->s->reach[1] + row;
        uint32_t *to = k->running + row * k->stride, total = 0;
        if (y < 0 || y >= q->w[1]) {
            memset(to, 0, (size_t)k->stride * sizeof *to);
            continue;
        }
        const double *v = q->r->wide_value + (z * q->w[1] + y) * q->w[0];
        memset(to, 0, (size_t)(reach + 1) * sizeof *to);
        to += reach + 1;
        for (int64_t x = 0; x < q->w[0]; x++) {
            if (isfinite(v[x]))
                total += ones ? 1 : (uint32_t)((v[x] - q->low) * q->per_unit + 0.5);
            to[x] = total;
        }
        for (int64_t x = q->w[0]; x < k->stride - reach - 1; x++)
            to[x] = total;
    }
}

/* Offsets of both ends of each chord of slice dz of the sphere, from the running row and column
   of a centre. Returns their number. */
static int chord_ends(const block *k, const sphere *s, int64_t dz, int64_t *offset)
{
    int n = 0;
    for (int64_t dy = -s->reach[1]; dy <= s->reach[1]; dy++) {
        int64_t half = half_at(s, dy, dz), at = dy * k->stride + s->reach[0] + 1;
        if (half < 0)
            continue;
        offset[2 * n] = at + half;
        offset[2 * n + 1] = at - half - 1;
        n++;
    }
    return n;
}

/* Add the disc of n chords around each centre of a row to the sums of one or two slices. */
MI_INLINE void add_disc_by(const uint32_t *centre, const int64_t *offset, int n, int64_t words,
                           uint32_t *up, uint32_t *down)
{
    for (int64_t i = 0; i < words; i += LANES) {
        mi_words sum = { 0 }, hi, lo, to;
        for (int c = 0; c < n; c++) {
            memcpy(&hi, centre + offset[2 * c] + i, sizeof hi);
            memcpy(&lo, centre + offset[2 * c + 1] + i, sizeof lo);
            sum += hi - lo;
        }
        if (up) {
            memcpy(&to, up + i, sizeof to);
            to += sum;
            memcpy(up + i, &to, sizeof to);
        }
        if (down) {
            memcpy(&to, down + i, sizeof to);
            to += sum;
            memcpy(down + i, &to, sizeof to);
        }
    }
}

static void add_disc_plain(const uint32_t *centre, const int64_t *offset, int n, int64_t words,
                           uint32_t *up, uint32_t *down)
{
    add_disc_by(centre, offset, n, words, up, down);
}

#ifdef MI_HAVE_AVX2_TARGET
MI_TARGET_AVX2 static void add_disc_avx2(const uint32_t *centre, const int64_t *offset, int n,
                                         int64_t words, uint32_t *up, uint32_t *down)
{
    add_disc_by(centre, offset, n, words, up, down);
}
#endif

/* Row j of the sums of slice z of the region's box; NULL outside. */
static uint32_t *sums_of(const block *k, uint32_t *sums, int64_t n2, int64_t z, int64_t j)
{
    return z < 0 || z >= n2 ? NULL : sums + (z * (k->y1 - k->y0) + j - k->y0) * k->width;
}

/* What slice z of the wide box gives to all spheres of the block. */
static void add_slice(block *k, const search *q, int64_t z, uint32_t *sums)
{
    int64_t n2 = q->r->n[2], here = z - q->at[2];
    for (int64_t dz = 0; dz <= q->s->reach[2]; dz++) {
        if (here + dz < 0 || here - dz >= n2 || (here + dz >= n2 && here - dz < 0))
            continue;
        int chords = chord_ends(k, q->s, dz, k->offset);
        for (int64_t j = k->y0; j < k->y1; j++) {
            int64_t a = k->a[j - k->y0] / LANES * LANES, words = k->b[j - k->y0] - a;
            if (words <= 0)
                continue;
            const uint32_t *centre =
                k->running + (j - k->y0 + q->s->reach[1]) * k->stride + q->at[0] + a;
            uint32_t *up = sums_of(k, sums, n2, here + dz, j);
            uint32_t *down = dz ? sums_of(k, sums, n2, here - dz, j) : NULL;
            q->add_disc(centre, k->offset, chords, words, up ? up + a : NULL,
                        down ? down + a : NULL);
        }
    }
}

/* Keep a centre when it may be the best: within the two half steps that two means may be off. */
static int offer(best *o, const search *q, const candidate *c, mi_err *err)
{
    double slack = q->exact ? 0 : 1 + 1e-6;
    if (o->n > 0 && c->mean < o->mean - slack)
        return 0;
    if (o->n == 0 || c->mean > o->mean)
        o->mean = c->mean;
    if (o->n == o->cap) { /* full: drop what has fallen behind, or what is as good */
        int64_t n = 0;
        for (int64_t i = 0; i < o->n; i++)
            if (o->item[i].mean >= o->mean - slack && !(q->exact && n > 0))
                o->item[n++] = o->item[i];
        o->n = n;
        if (2 * n >= o->cap) {
            int64_t cap = o->cap ? 2 * o->cap : 64;
            candidate *more = mi_regrow(o->item, (size_t)cap, sizeof *more, err);
            if (!more)
                return -1;
            o->item = more;
            o->cap = cap;
        }
    }
    o->item[o->n++] = *c;
    return 0;
}

static int offer_all(const block *k, const search *q, found *f, mi_err *err)
{
    const mi_region *r = q->r;
    for (int64_t z = 0; z < r->n[2]; z++)
        for (int64_t j = k->y0; j < k->y1; j++) {
            int64_t start = (z * r->n[1] + j) * r->n[0];
            const uint32_t *sum = sums_of(k, k->sum, r->n[2], z, j);
            const uint32_t *voxels = q->count ? sums_of(k, k->voxels, r->n[2], z, j) : NULL;
            for (int64_t i = k->a[j - k->y0]; i < k->b[j - k->y0]; i++) {
                if (!r->inten[start + i])
                    continue;
                double n = voxels ? voxels[i] : (double)q->s->voxels;
                candidate c = { { q->at[0] + i, q->at[1] + j, q->at[2] + z }, sum[i] / n };
                if (offer(&f->global, q, &c, err) != 0 ||
                    (r->value[start + i] == q->highest && offer(&f->local, q, &c, err) != 0))
                    return -1;
            }
        }
    return 0;
}

static int search_block(void *ctx, int task, mi_err *err)
{
    const search *q = ctx;
    block k;
    int rc = block_make(&k, q, (int64_t)task * BLOCK, err);
    for (int64_t z = 0; rc == 0 && z < q->w[2]; z++) {
        run_slice(&k, q, z, false);
        add_slice(&k, q, z, k.sum);
        if (q->count) {
            run_slice(&k, q, z, true);
            add_slice(&k, q, z, k.voxels);
        }
    }
    if (rc == 0)
        rc = offer_all(&k, q, &q->found[task], err);
    block_free(&k);
    return rc;
}

/* ---- the peaks ---- */

/* Intensities and what surrounds the region: how to cut them into steps. */
static void survey(search *q)
{
    const mi_region *r = q->r;
    int64_t n = q->w[0] * q->w[1] * q->w[2], finite = 0;
    double low = INFINITY, high = -INFINITY;
    bool whole = true;
    for (int64_t i = 0; i < n; i++) {
        double x = r->wide_value[i];
        if (!isfinite(x))
            continue;
        finite++;
        low = x < low ? x : low;
        high = x > high ? x : high;
        whole = whole && mi_is_whole(x);
    }
    q->highest = -INFINITY;
    for (int64_t i = 0; i < r->n[0] * r->n[1] * r->n[2]; i++)
        if (r->inten[i] && r->value[i] > q->highest)
            q->highest = r->value[i];
    q->count = finite < n;
    for (int d = 0; d < 3; d++)
        q->count =
            q->count || q->at[d] < q->s->reach[d] || q->w[d] - q->at[d] - r->n[d] < q->s->reach[d];
    double steps = floor(4294967295.0 / (double)q->s->voxels) - 1;
    q->low = low;
    q->exact = (whole && high - low <= steps) || !(high > low);
    q->per_unit = q->exact ? 1 : steps / (high - low);
    if (!isfinite(q->per_unit) || q->per_unit == 0) /* no steps can be made: all look alike */
        q->low = q->per_unit = 0;
}

typedef struct recheck {
    const search *q;
    const candidate *item;
    int64_t n;
    double *mean;
} recheck;

static int recheck_task(void *ctx, int task, mi_err *err)
{
    recheck *o = ctx;
    const search *q = o->q;
    int64_t end = ((int64_t)task + 1) * 64;
    for (int64_t i = (int64_t)task * 64; i < end && i < o->n; i++)
        o->mean[i] = sphere_mean(q->r, q->s, q->w, o->item[i].c);
    return 0;
}

/* The greatest mean among the candidates of all blocks: the same whatever sums they were found
   by. */
static int greatest(const search *q, int blocks, bool local, mi_pool *pool, double *out,
                    mi_err *err)
{
    best all = { .n = 0 };
    int rc = 0;
    for (int t = 0; rc == 0 && t < blocks; t++) {
        const best *b = local ? &q->found[t].local : &q->found[t].global;
        for (int64_t i = 0; rc == 0 && i < b->n; i++)
            rc = offer(&all, q, &b->item[i], err);
    }
    int64_t n = 0; /* the best came late: once more through the list */
    for (int64_t i = 0; rc == 0 && i < all.n; i++)
        if (all.item[i].mean >= all.mean - (q->exact ? 0 : 1 + 1e-6))
            all.item[n++] = all.item[i];
    n = q->exact && n > 1 ? 1 : n;
    double *mean = rc == 0 ? mi_array((size_t)n, sizeof *mean, err) : NULL;
    recheck o = { q, all.item, n, mean };
    rc = mean ? mi_pool_run(pool, (int)((n + 63) / 64), recheck_task, &o, err) : -1;
    *out = -INFINITY;
    for (int64_t i = 0; rc == 0 && i < n; i++)
        *out = mean[i] > *out ? mean[i] : *out;
    free(mean);
    free(all.item);
    return rc;
}

static int find_peaks(const mi_region *r, double radius, mi_pool *pool, peaks *out, mi_err *err)
{
    sphere s;
    search q = { .r = r, .s = &s, .add_disc = add_disc_plain };
#ifdef MI_HAVE_AVX2_TARGET
    if (MI_CPU_HAS_AVX2())
        q.add_disc = add_disc_avx2;
#endif
    int blocks = (int)((r->n[1] + BLOCK - 1) / BLOCK);
    for (int d = 0; d < 3; d++) {
        q.w[d] = r->wide.hi[d] - r->wide.lo[d];
        q.at[d] = r->box.lo[d] - r->wide.lo[d];
    }
    int rc = sphere_make(&s, r->spacing, radius, q.w, err);
    if (rc == 0) {
        survey(&q);
        q.found = mi_array_zero((size_t)blocks, sizeof *q.found, err);
        rc = q.found ? mi_pool_run(pool, blocks, search_block, &q, err) : -1;
    }
    if (rc == 0)
        rc = greatest(&q, blocks, true, pool, &out->local, err);
    if (rc == 0)
        rc = greatest(&q, blocks, false, pool, &out->global, err);
    out->why = NULL;
    for (int t = 0; q.found && t < blocks; t++) {
        free(q.found[t].local.item);
        free(q.found[t].global.item);
    }
    free(q.found);
    free(s.half);
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
    .symbols =
        "x intensities; c voxel centres; radius by --peak-radius, as a rule that of 1 cm3",
};
