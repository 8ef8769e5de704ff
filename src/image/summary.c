#include "image/summary.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "image/labels.h"

const double mi_percentile_of[MI_PERCENTILES] = { 1, 5, 25, 50, 75, 95, 99 };

enum { BINS = 65536, BLOCK = 4096, FEW = 65536, RANKS_MAX = 2 * MI_PERCENTILES };

/* Walks through the values slice by slice. */
typedef struct walk {
    const mi_volume *v, *mask;
    const mi_box *box;
    int64_t label, not_finite;
    mi_range padding;
    double *value; /* room for one slice of the box */
    uint8_t *in;
} walk;

typedef void (*consumer)(void *ctx, const double *x, int64_t n);

/* The values of slice k that count, packed; -1 on error. */
static int64_t load_slice(walk *w, int64_t k, mi_err *err)
{
    mi_box b = *w->box;
    int64_t n = 0;
    b.lo[2] = k;
    b.hi[2] = k + 1;
    if (mi_volume_load(w->v, &b, w->value, err) != 0 ||
        (w->mask && mi_labels_select(w->mask, &w->label, 1, &b, w->in, err) != 0))
        return -1;
    for (int64_t i = 0, all = mi_box_voxels(&b); i < all; i++) {
        if (w->mask && !w->in[i])
            continue;
        double x = w->value[i];
        if (!isfinite(x))
            w->not_finite++;
        else if (!(x >= w->padding.lo && x <= w->padding.hi))
            w->value[n++] = x;
    }
    return n;
}

static int each_slice(walk *w, consumer take, void *ctx, mi_err *err)
{
    w->not_finite = 0;
    for (int64_t k = w->box->lo[2]; k < w->box->hi[2]; k++) {
        int64_t n = load_slice(w, k, err);
        if (n < 0)
            return -1;
        take(ctx, w->value, n);
    }
    return 0;
}

/* ---- small integers: one histogram of the stored values ---- */

static bool is_small(const mi_volume *v)
{
    return mi_type_size(v->type) <= 2 && !mi_type_is_float(v->type) &&
           !(v->trimmed && v->inter != 0);
}

static void count_bins(void *ctx, const double *x, int64_t n)
{
    int64_t *bin = (int64_t *)ctx + BINS / 2;
    for (int64_t i = 0; i < n; i++)
        bin[(int)x[i]]++;
}

/* Stored value of rank `rank` from below. */
static double bin_of_rank(const int64_t *count, int64_t rank)
{
    int i = 0;
    for (int64_t below = count[0]; below <= rank; below += count[i])
        i++;
    return i - BINS / 2;
}

/* Order statistics number h = (n - 1) p and the one above, mixed by the fraction of h. */
static double between(double low, double high, double h)
{
    double f = h - floor(h);
    return f > 0 ? low + f * (high - low) : low;
}

static void finish_bins(const int64_t *count, double slope, double inter, mi_summary *s)
{
    int64_t sum = 0;
    double m2 = 0;
    for (int i = 0; i < 2 * BINS; i++) {
        s->n += count[i];
        sum += count[i] * (i - BINS / 2);
    }
    if (s->n == 0)
        return;
    double mean = (double)sum / (double)s->n;
    for (int i = 0; i < 2 * BINS; i++)
        m2 += (double)count[i] * (i - BINS / 2 - mean) * (i - BINS / 2 - mean);
    double low = bin_of_rank(count, 0), high = bin_of_rank(count, s->n - 1);
    s->min = slope * (slope < 0 ? high : low) + inter;
    s->max = slope * (slope < 0 ? low : high) + inter;
    s->mean = slope * mean + inter;
    s->sd = fabs(slope) * sqrt(m2 / (double)s->n);
    for (int p = 0; p < MI_PERCENTILES; p++) {
        double h = (double)(s->n - 1) * mi_percentile_of[p] / 100;
        int64_t a = (int64_t)h, b = a + 1 < s->n ? a + 1 : a;
        if (slope < 0) {
            a = s->n - 1 - a;
            b = s->n - 1 - b;
        }
        s->percentile[p] = between(slope * bin_of_rank(count, a) + inter,
                                   slope * bin_of_rank(count, b) + inter, h);
    }
}

static int summarise_small(walk *w, mi_summary *s, mi_err *err)
{
    mi_volume stored = *w->v; /* borrowed: only read */
    stored.slope = 1;
    stored.inter = 0;
    const mi_volume *v = w->v;
    int64_t *count = mi_array_zero(2 * BINS, sizeof *count, err);
    if (!count)
        return -1;
    w->v = &stored;
    int rc = each_slice(w, count_bins, count, err);
    w->v = v;
    if (rc == 0)
        finish_bins(count, v->slope, v->inter, s);
    free(count);
    return rc;
}

/* ---- any values: moments in one walk; order statistics by sorting a few values, or of many in
   four walks, 16 bits of the result in each ---- */

/* Mean and sum of squares of blocks, put together in order (T. Chan, G. Golub, R. LeVeque,
   Algorithms for computing the sample variance, Am Stat 37 (1983), formula 2.1). */
typedef struct moments {
    double n, mean, m2, min, max;
} moments;

static void add_block(moments *m, const double *x, int64_t n)
{
    double sum = 0, m2 = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i];
        m->min = x[i] < m->min ? x[i] : m->min;
        m->max = x[i] > m->max ? x[i] : m->max;
    }
    double mean = sum / (double)n, delta = mean - m->mean, all = m->n + (double)n;
    for (int64_t i = 0; i < n; i++)
        m2 += (x[i] - mean) * (x[i] - mean);
    m->m2 += m2 + delta * delta * m->n * (double)n / all;
    m->mean += delta * (double)n / all;
    m->n = all;
}

static void add_moments(void *ctx, const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i += BLOCK)
        add_block(ctx, x + i, n - i < BLOCK ? n - i : BLOCK);
}

/* The order of keys is the order of values. */
static uint64_t key_of(double x)
{
    uint64_t u;
    x += 0.0; /* -0 is 0 */
    memcpy(&u, &x, sizeof u);
    return u >> 63 ? ~u : u | UINT64_C(1) << 63;
}

static double value_of(uint64_t key)
{
    uint64_t u = key >> 63 ? key ^ UINT64_C(1) << 63 : ~key;
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* One rank that is looked for: `prefix` holds the bits of its key found so far. */
typedef struct wanted {
    int64_t rank; /* among the values with this prefix */
    uint64_t prefix;
    int histogram;
} wanted;

typedef struct radix {
    wanted rank[RANKS_MAX];
    uint64_t prefix[RANKS_MAX]; /* the different ones; histogram i belongs to prefix i */
    int n_ranks, n_prefixes;
    int shift;                  /* of the 16 bits that are counted in this walk */
    int64_t *count;             /* BINS each */
    uint8_t *likely;            /* by the highest 16 bits: does a prefix begin like this? */
} radix;

static void count_keys(void *ctx, const double *x, int64_t n)
{
    radix *r = ctx;
    for (int64_t i = 0; i < n; i++) {
        uint64_t key = key_of(x[i]);
        if (r->shift == 48) {
            r->count[key >> 48]++;
            continue;
        }
        if (!r->likely[key >> 48])
            continue;
        for (int p = 0; p < r->n_prefixes; p++)
            if (key >> (r->shift + 16) == r->prefix[p])
                r->count[(size_t)p * BINS + (key >> r->shift & 0xFFFF)]++;
    }
}

/* Before a walk: one histogram for each different prefix. */
static void begin_digit(radix *r)
{
    r->n_prefixes = 0;
    memset(r->likely, 0, BINS);
    for (int i = 0; i < r->n_ranks; i++) {
        wanted *w = &r->rank[i];
        int p = 0;
        while (p < r->n_prefixes && r->prefix[p] != w->prefix)
            p++;
        if (p == r->n_prefixes)
            r->prefix[r->n_prefixes++] = w->prefix;
        w->histogram = p;
        if (r->shift < 48)
            r->likely[w->prefix >> (32 - r->shift)] = 1;
    }
    memset(r->count, 0, (size_t)r->n_prefixes * BINS * sizeof *r->count);
}

static void end_digit(radix *r)
{
    for (int i = 0; i < r->n_ranks; i++) {
        wanted *w = &r->rank[i];
        const int64_t *count = r->count + (size_t)w->histogram * BINS;
        uint64_t digit = 0;
        for (; w->rank >= count[digit]; digit++)
            w->rank -= count[digit];
        w->prefix = w->prefix << 16 | digit;
    }
}

/* Copies of all values. */
static void append(void *ctx, const double *x, int64_t n)
{
    double **end = ctx;
    memcpy(*end, x, (size_t)n * sizeof *x);
    *end += n;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int sort_percentiles(walk *w, mi_summary *s, mi_err *err)
{
    double *x = mi_array((size_t)s->n, sizeof *x, err), *end = x;
    int rc = x ? each_slice(w, append, &end, err) : -1;
    if (rc == 0)
        qsort(x, (size_t)s->n, sizeof *x, by_size);
    for (int p = 0; rc == 0 && p < MI_PERCENTILES; p++) {
        double h = (double)(s->n - 1) * mi_percentile_of[p] / 100;
        int64_t a = (int64_t)h;
        s->percentile[p] = between(x[a], x[a + 1 < s->n ? a + 1 : a], h);
    }
    free(x);
    return rc;
}

static int find_percentiles(walk *w, mi_summary *s, mi_err *err)
{
    radix r = { .n_ranks = RANKS_MAX };
    for (int p = 0; p < MI_PERCENTILES; p++) {
        int64_t a = (int64_t)((double)(s->n - 1) * mi_percentile_of[p] / 100);
        r.rank[2 * p].rank = a;
        r.rank[2 * p + 1].rank = a + 1 < s->n ? a + 1 : a;
    }
    r.count = mi_array((size_t)RANKS_MAX * BINS, sizeof *r.count, err);
    r.likely = mi_array(BINS, 1, err);
    int rc = r.count && r.likely ? 0 : -1;
    for (r.shift = 48; rc == 0 && r.shift >= 0; r.shift -= 16) {
        begin_digit(&r);
        rc = each_slice(w, count_keys, &r, err);
        if (rc == 0)
            end_digit(&r);
    }
    for (int p = 0; rc == 0 && p < MI_PERCENTILES; p++)
        s->percentile[p] = between(value_of(r.rank[2 * p].prefix),
                                   value_of(r.rank[2 * p + 1].prefix),
                                   (double)(s->n - 1) * mi_percentile_of[p] / 100);
    free(r.likely);
    free(r.count);
    return rc;
}

static int summarise_any(walk *w, mi_summary *s, mi_err *err)
{
    moments m = { .min = INFINITY, .max = -INFINITY };
    if (each_slice(w, add_moments, &m, err) != 0)
        return -1;
    s->n = (int64_t)m.n;
    if (s->n == 0)
        return 0;
    s->min = m.min;
    s->max = m.max;
    s->mean = m.mean;
    s->sd = sqrt(m.m2 / m.n);
    return s->n <= FEW ? sort_percentiles(w, s, err) : find_percentiles(w, s, err);
}

int mi_volume_summary(const mi_volume *v, const mi_box *b, const mi_volume *mask, int64_t label,
                      mi_summary *out, mi_err *err)
{
    *out = (mi_summary){ .min = NAN, .max = NAN, .mean = NAN, .sd = NAN };
    for (int p = 0; p < MI_PERCENTILES; p++)
        out->percentile[p] = NAN;
    if (mi_box_empty(b))
        return 0;
    walk w = { .v = v, .mask = mask, .box = b, .label = label, .padding = mi_volume_padding(v) };
    size_t slice = (size_t)(b->hi[0] - b->lo[0]) * (size_t)(b->hi[1] - b->lo[1]);
    w.value = mi_array(slice, sizeof *w.value, err);
    w.in = mi_array(mask ? slice : 0, 1, err);
    int rc = !w.value || !w.in ? -1
             : is_small(v) && !v->meta.has_padding ? summarise_small(&w, out, err)
                                                   : summarise_any(&w, out, err);
    out->not_finite = w.not_finite;
    free(w.in);
    free(w.value);
    return rc;
}

int64_t mi_voxels_not_finite(const void *voxels, int64_t n, mi_type type)
{
    const float *f = voxels;
    const double *d = voxels;
    int64_t found = 0;
    if (type == MI_F32)
        for (int64_t i = 0; i < n; i++)
            found += !isfinite(f[i]);
    else if (type == MI_F64)
        for (int64_t i = 0; i < n; i++)
            found += !isfinite(d[i]);
    return found;
}

int64_t mi_voxels_not_whole(const void *voxels, int64_t n, mi_type type, double slope, double inter)
{
    const float *f = voxels;
    const double *d = voxels;
    int64_t found = 0;
    if (type != MI_F32 && type != MI_F64)
        return 0;
    for (int64_t i = 0; i < n; i++) {
        double x = slope * (type == MI_F32 ? (double)f[i] : d[i]) + inter;
        found += !(isfinite(x) && x == floor(x));
    }
    return found;
}
