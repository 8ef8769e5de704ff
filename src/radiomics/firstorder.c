/* Figures of one distribution. Whole numbers that span little are counted, anything else is gone
   through value by value; percentiles come from selection, never from a full sort. */
#include "radiomics/firstorder.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/round.h"
#include "base/sum.h"

/* Widest span of whole numbers that is counted instead of selected from. */
#define COUNT_SPAN (1 << 20)
/* Selection: values are dealt into this many equal intervals; fewer than SORT are sorted. */
#define BUCKETS 1024
#define SORT    256

const char *const mi_why_no_voxel = "no voxel in the intensity mask";

/* ---- moments ---- */

/* m values with their weights; weight NULL: 1 each. */
typedef struct sample {
    const double *value, *weight;
    int64_t m, n; /* n: sum of the weights */
} sample;

static double weight_of(const sample *s, int64_t i)
{
    return s->weight ? s->weight[i] : 1;
}

/* Terms that are added plainly before they go into a sum that keeps what rounding loses. */
#define RUN 64

static double mean_of(const sample *s)
{
    mi_sum sum = { 0, 0 };
    for (int64_t i = 0; i < s->m; i += RUN) {
        double run = 0;
        for (int64_t k = i; k < i + RUN && k < s->m; k++)
            run += weight_of(s, k) * s->value[k];
        mi_sum_add(&sum, run);
    }
    return mi_sum_value(&sum) / (double)s->n;
}

/* Sums of powers of the distance from the mean, of its size, and of squares. p1 is what rounding of
   the mean leaves. */
typedef struct powers {
    mi_sum p1, p2, p3, p4, size, square;
} powers;

static void add_powers(powers *p, const sample *s, double mean, int64_t from, int64_t to)
{
    double p1 = 0, p2 = 0, p3 = 0, p4 = 0, size = 0, square = 0;
    for (int64_t i = from; i < to; i++) {
        double w = weight_of(s, i), x = s->value[i], e = x - mean, e2 = w * e * e;
        p1 += w * e;
        p2 += e2;
        p3 += e2 * e;
        p4 += e2 * e * e;
        size += w * fabs(e);
        square += w * x * x;
    }
    mi_sum_add(&p->p1, p1);
    mi_sum_add(&p->p2, p2);
    mi_sum_add(&p->p3, p3);
    mi_sum_add(&p->p4, p4);
    mi_sum_add(&p->size, size);
    mi_sum_add(&p->square, square);
}

static void central_moments(const sample *s, mi_distribution *d)
{
    powers p;
    memset(&p, 0, sizeof p);
    for (int64_t i = 0; i < s->m; i += RUN)
        add_powers(&p, s, d->mean, i, i + RUN < s->m ? i + RUN : s->m);
    /* moments about the mean from those about its rounded value, which is off by m1 */
    double n = (double)s->n, m1 = mi_sum_value(&p.p1) / n, m2 = mi_sum_value(&p.p2) / n;
    double m3 = mi_sum_value(&p.p3) / n, m4 = mi_sum_value(&p.p4) / n, v = m2 - m1 * m1;
    bool flat = !(d->max > d->min);
    d->variance = flat ? 0 : v;
    d->skewness = flat ? 0 : (m3 - 3 * m1 * m2 + 2 * m1 * m1 * m1) / (v * sqrt(v));
    d->kurtosis =
        flat ? 0 : (m4 - 4 * m1 * m3 + 6 * m1 * m1 * m2 - 3 * m1 * m1 * m1 * m1) / (v * v) - 3;
    d->mad = flat ? 0 : mi_sum_value(&p.size) / n;
    d->energy = mi_sum_value(&p.square);
}

/* 1 for values within the 10th and 90th percentile, else 0. */
static double is_inner(const mi_distribution *d, double x)
{
    return (x >= d->p10) & (x <= d->p90);
}

/* Deviations that need percentiles first. */
static void robust_deviations(const sample *s, mi_distribution *d)
{
    mi_sum about_median = { 0, 0 }, inner = { 0, 0 }, about_inner = { 0, 0 };
    double kept = 0;
    for (int64_t i = 0; i < s->m; i += RUN) {
        double far = 0, sum = 0;
        for (int64_t k = i; k < i + RUN && k < s->m; k++) {
            double w = weight_of(s, k), x = s->value[k], in = is_inner(d, x) * w;
            far += w * fabs(x - d->median);
            sum += in * x;
            kept += in;
        }
        mi_sum_add(&about_median, far);
        mi_sum_add(&inner, sum);
    }
    double mean = mi_sum_value(&inner) / kept;
    for (int64_t i = 0; i < s->m; i += RUN) {
        double far = 0;
        for (int64_t k = i; k < i + RUN && k < s->m; k++)
            far += is_inner(d, s->value[k]) * weight_of(s, k) * fabs(s->value[k] - mean);
        mi_sum_add(&about_inner, far);
    }
    d->median_ad = mi_sum_value(&about_median) / (double)s->n;
    /* of two values none lies between the percentiles */
    d->robust_mad = kept > 0 ? mi_sum_value(&about_inner) / kept : NAN;
}

/* ---- percentiles ---- */

static const int percents[] = { 10, 25, 50, 75, 90 };
#define PERCENTS MI_COUNT(percents)

/* Order statistics wanted, ascending: those below and above each percentile. */
typedef struct ranks {
    int64_t rank[2 * PERCENTS];
    double value[2 * PERCENTS];
} ranks;

/* The rank (n - 1) p in whole numbers and hundredths, so that rounding cannot move a percentile
   off a value. */
static void wanted_ranks(int64_t n, ranks *r)
{
    for (int p = 0; p < PERCENTS; p++) {
        int64_t whole = (n - 1) / 100 * percents[p] + (n - 1) % 100 * percents[p] / 100;
        r->rank[2 * p] = whole;
        r->rank[2 * p + 1] = whole + 1 < n ? whole + 1 : n - 1;
    }
}

static void take_percentiles(int64_t n, const ranks *r, mi_distribution *d)
{
    double *const to[PERCENTS] = { &d->p10, &d->p25, &d->median, &d->p75, &d->p90 };
    for (int p = 0; p < PERCENTS; p++) {
        double f = (double)((n - 1) % 100 * percents[p] % 100) / 100;
        double lo = r->value[2 * p], hi = r->value[2 * p + 1];
        *to[p] = f == 0 ? lo : lo + f * (hi - lo);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Bucket of x in [min, max]; grows with x, the minimum is in the first and the maximum in the
   last. */
static int bucket_of(double x, double min, double scale)
{
    int b = (int)((x - min) * scale);
    return b < BUCKETS ? b : BUCKETS - 1;
}

static void select_sorted(double *x, int64_t n, int64_t base, ranks *r, int from, int to)
{
    qsort(x, (size_t)n, sizeof *x, by_value);
    for (int i = from; i < to; i++)
        r->value[i] = x[r->rank[i] - base];
}

/* The buckets that hold wanted ranks, each with its values. */
typedef struct dealt {
    int64_t count[BUCKETS];
    double *part[BUCKETS]; /* NULL: not wanted; else the place of its next value */
} dealt;

static int select_ranks(double *x, int64_t n, int64_t base, ranks *r, int from, int to,
                        mi_err *err);

/* Go on in each bucket that holds a wanted rank. */
static int select_in(dealt *d, const double *x, int64_t n, double min, double scale, double *room,
                     int64_t base, ranks *r, int from, int to, mi_err *err)
{
    int64_t below = base;
    int rank = from, rc = 0;
    double *next = room;
    for (int b = 0; b < BUCKETS; below += d->count[b++]) {
        d->part[b] = rank < to && r->rank[rank] < below + d->count[b] ? next : NULL;
        while (rank < to && r->rank[rank] < below + d->count[b])
            rank++;
        next += d->part[b] ? d->count[b] : 0;
    }
    for (int64_t i = 0; i < n; i++) {
        double **at = &d->part[bucket_of(x[i], min, scale)];
        if (*at)
            *(*at)++ = x[i];
    }
    below = base;
    for (int b = 0; rc == 0 && b < BUCKETS; below += d->count[b++]) {
        int end = from;
        while (d->part[b] && end < to && r->rank[end] < below + d->count[b])
            end++;
        if (end > from)
            rc = select_ranks(d->part[b] - d->count[b], d->count[b], below, r, from, end, err);
        from = end;
    }
    return rc;
}

/* Fill in r->value[from..to): order statistics of rank r->rank[i] - base of the n values x, which
   are reordered. Each step deals the values into equal intervals and goes on in those that hold a
   wanted rank; minimum and maximum fall apart, so it ends. */
static int select_ranks(double *x, int64_t n, int64_t base, ranks *r, int from, int to, mi_err *err)
{
    double min = x[0], max = x[0];
    for (int64_t i = 1; i < n; i++) {
        min = x[i] < min ? x[i] : min;
        max = x[i] > max ? x[i] : max;
    }
    if (min == max) {
        for (int i = from; i < to; i++)
            r->value[i] = min;
        return 0;
    }
    double scale = BUCKETS / (max - min);
    if (n < SORT || !isfinite(max - min) || !isfinite(scale) || scale == 0) {
        select_sorted(x, n, base, r, from, to);
        return 0;
    }
    dealt *d = mi_array_zero(1, sizeof *d, err);
    if (!d)
        return -1;
    for (int64_t i = 0; i < n; i++)
        d->count[bucket_of(x[i], min, scale)]++;
    int64_t below = base, wanted = 0;
    for (int b = 0, rank = from; b < BUCKETS; below += d->count[b++]) {
        bool any = rank < to && r->rank[rank] < below + d->count[b];
        while (rank < to && r->rank[rank] < below + d->count[b])
            rank++;
        wanted += any ? d->count[b] : 0;
    }
    double *room = mi_array((size_t)wanted, sizeof *room, err);
    int rc = room ? select_in(d, x, n, min, scale, room, base, r, from, to, err) : -1;
    free(room);
    free(d);
    return rc;
}

/* In few values the rank above one percentile may lie above the rank below the next: each is
   sought from the start. */
static void ranks_of_sample(const sample *s, ranks *r)
{
    for (int k = 0; k < 2 * PERCENTS; k++) {
        double below = 0;
        int64_t i = 0;
        while (below + s->weight[i] <= (double)r->rank[k])
            below += s->weight[i++];
        r->value[k] = s->value[i];
    }
}

/* ---- distributions ---- */

/* Values ascending with their counts. */
static void of_weights(const sample *s, mi_distribution *d)
{
    ranks r;
    wanted_ranks(s->n, &r);
    ranks_of_sample(s, &r);
    *d = (mi_distribution) { .n = s->n, .min = s->value[0], .max = s->value[s->m - 1] };
    d->mean = mean_of(s);
    take_percentiles(s->n, &r, d);
    central_moments(s, d);
    robust_deviations(s, d);
}

int mi_distribution_of_counts(double first, const int64_t *count, int64_t n_counts,
                              mi_distribution *out, mi_err *err)
{
    sample s = { .m = 0 };
    for (int64_t b = 0; b < n_counts; b++)
        s.m += count[b] > 0;
    double *value = mi_array((size_t)s.m, 2 * sizeof *value, err);
    if (!value)
        return -1;
    double *weight = value + s.m;
    s = (sample) { .value = value, .weight = weight };
    for (int64_t b = 0; b < n_counts; b++) {
        if (count[b] <= 0)
            continue;
        value[s.m] = first + (double)b;
        weight[s.m++] = (double)count[b];
        s.n += count[b];
    }
    of_weights(&s, out);
    free(value);
    return 0;
}

/* Whole numbers of small span, as CT and most MR are. */
static int by_counting(const double *value, int64_t n, double min, double max, mi_distribution *out,
                       mi_err *err)
{
    int64_t span = (int64_t)(max - min) + 1;
    int64_t *count = mi_array_zero((size_t)span, sizeof *count, err);
    if (!count)
        return -1;
    for (int64_t i = 0; i < n; i++)
        count[(int64_t)(value[i] - min)]++;
    int rc = mi_distribution_of_counts(min, count, span, out, err);
    free(count);
    return rc;
}

int mi_distribution_of_values(double *value, int64_t n, mi_distribution *out, mi_err *err)
{
    mi_distribution d = { .n = n, .min = value[0], .max = value[0] };
    bool whole = true;
    for (int64_t i = 0; i < n; i++) {
        d.min = value[i] < d.min ? value[i] : d.min;
        d.max = value[i] > d.max ? value[i] : d.max;
        whole = whole && mi_is_whole(value[i]);
    }
    if (whole && d.max - d.min < COUNT_SPAN && fabs(d.min) < 1e15)
        return by_counting(value, n, d.min, d.max, out, err);
    sample s = { .value = value, .m = n, .n = n };
    ranks r;
    wanted_ranks(n, &r);
    if (select_ranks(value, n, 0, &r, 0, 2 * PERCENTS, err) != 0)
        return -1;
    d.mean = d.max > d.min ? mean_of(&s) : d.min;
    take_percentiles(n, &r, &d);
    central_moments(&s, &d);
    robust_deviations(&s, &d);
    *out = d;
    return 0;
}

/* ---- rows ---- */

double mi_undefined(const char **why, const char *reason)
{
    *why = reason;
    return NAN;
}

static double figure(const mi_distribution *d, double x, const char **why)
{
    if (d->n == 0)
        return mi_undefined(why, mi_why_no_voxel);
    return isfinite(x) ? x : mi_undefined(why, "the value leaves the range of numbers");
}

#define FIGURE(name, expression)                                                                   \
    double mi_dist_##name(const void *state, const char **why)                                     \
    {                                                                                              \
        const mi_distribution *d = state;                                                          \
        return figure(d, expression, why);                                                         \
    }

FIGURE(mean, d->mean)
FIGURE(variance, d->variance)
FIGURE(skewness, d->skewness)
FIGURE(kurtosis, d->kurtosis)
FIGURE(median, d->median)
FIGURE(minimum, d->min)
FIGURE(p10, d->p10)
FIGURE(p90, d->p90)
FIGURE(maximum, d->max)
FIGURE(iqr, d->p75 - d->p25)
FIGURE(range, d->max - d->min)
FIGURE(mad, d->mad)
FIGURE(median_ad, d->median_ad)
FIGURE(energy, d->energy)
FIGURE(rms, sqrt(d->energy / (double)d->n))

double mi_dist_robust_mad(const void *state, const char **why)
{
    const mi_distribution *d = state;
    if (d->n > 0 && isnan(d->robust_mad))
        return mi_undefined(why, "no value lies between the 10th and the 90th percentile");
    return figure(d, d->robust_mad, why);
}

double mi_dist_cov(const void *state, const char **why)
{
    const mi_distribution *d = state;
    if (d->n > 0 && d->mean == 0)
        return mi_undefined(why, "the mean is 0");
    return figure(d, sqrt(d->variance) / d->mean, why);
}

double mi_dist_qcod(const void *state, const char **why)
{
    const mi_distribution *d = state;
    if (d->n > 0 && d->p75 + d->p25 == 0)
        return mi_undefined(why, "the quartiles sum to 0");
    return figure(d, (d->p75 - d->p25) / (d->p75 + d->p25), why);
}

void mi_measure_rows(const mi_family *f, const void *state, mi_measured *out)
{
    for (int r = 0; r < f->n_rows; r++) {
        out->why[r] = NULL;
        out->value[r] = f->rows[r].value(state, &out->why[r]);
    }
}

double *mi_region_intensities(const mi_region *r, mi_err *err)
{
    double *out = mi_array((size_t)r->n_inten, sizeof *out, err);
    int64_t n = r->n[0] * r->n[1] * r->n[2], m = 0;
    for (int64_t i = 0; out && i < n; i++)
        if (r->inten[i])
            out[m++] = r->value[i];
    return out;
}
