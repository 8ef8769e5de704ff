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

static double mean_of(const sample *s)
{
    mi_sum sum = { 0, 0 };
    for (int64_t i = 0; i < s->m; i++)
        mi_sum_add(&sum, weight_of(s, i) * s->value[i]);
    return mi_sum_value(&sum) / (double)s->n;
}

static void central_moments(const sample *s, mi_distribution *d)
{
    mi_sum m2 = { 0, 0 }, m3 = { 0, 0 }, m4 = { 0, 0 }, ad = { 0, 0 }, square = { 0, 0 };
    for (int64_t i = 0; i < s->m; i++) {
        double w = weight_of(s, i), x = s->value[i], e = x - d->mean, e2 = e * e;
        mi_sum_add(&m2, w * e2);
        mi_sum_add(&m3, w * e2 * e);
        mi_sum_add(&m4, w * e2 * e2);
        mi_sum_add(&ad, w * fabs(e));
        mi_sum_add(&square, w * x * x);
    }
    double n = (double)s->n, v = mi_sum_value(&m2) / n;
    bool flat = !(d->max > d->min);
    d->variance = flat ? 0 : v;
    d->skewness = flat ? 0 : mi_sum_value(&m3) / n / (v * sqrt(v));
    d->kurtosis = flat ? 0 : mi_sum_value(&m4) / n / (v * v) - 3;
    d->mad = flat ? 0 : mi_sum_value(&ad) / n;
    d->energy = mi_sum_value(&square);
}

/* Deviations that need percentiles first. */
static void robust_deviations(const sample *s, mi_distribution *d)
{
    mi_sum about_median = { 0, 0 }, inner = { 0, 0 }, about_inner = { 0, 0 };
    double kept = 0;
    for (int64_t i = 0; i < s->m; i++) {
        double w = weight_of(s, i), x = s->value[i];
        mi_sum_add(&about_median, w * fabs(x - d->median));
        if (x >= d->p10 && x <= d->p90) {
            mi_sum_add(&inner, w * x);
            kept += w;
        }
    }
    double mean = mi_sum_value(&inner) / kept;
    for (int64_t i = 0; i < s->m; i++)
        if (s->value[i] >= d->p10 && s->value[i] <= d->p90)
            mi_sum_add(&about_inner, weight_of(s, i) * fabs(s->value[i] - mean));
    d->median_ad = mi_sum_value(&about_median) / (double)s->n;
    /* two values apart: nothing may lie between the percentiles */
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

/* Fill in r->value[from..to): order statistics of rank r->rank[i] - base of the n values x
   (reordered). Each step deals the values into equal intervals and goes on in those that hold a
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
    int64_t count[BUCKETS] = { 0 };
    for (int64_t i = 0; i < n; i++)
        count[bucket_of(x[i], min, scale)]++;
    int64_t below = base;
    int rc = 0;
    for (int b = 0; rc == 0 && b < BUCKETS && from < to; below += count[b++]) {
        int end = from;
        while (end < to && r->rank[end] < below + count[b])
            end++;
        if (end == from)
            continue;
        double *part = mi_array((size_t)count[b], sizeof *part, err);
        if (!part)
            return -1;
        int64_t m = 0;
        for (int64_t i = 0; i < n; i++)
            if (bucket_of(x[i], min, scale) == b)
                part[m++] = x[i];
        rc = select_ranks(part, m, below, r, from, end, err);
        free(part);
        from = end;
    }
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
    return d->n > 0 ? x : mi_undefined(why, mi_why_no_voxel);
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
