/* Intensity histogram (ZVCW): IBSI 1 reference manual, 3.4. Over the grey levels 1 to Ng, empty
   ones included. */
#include <math.h>
#include <stdlib.h>
#include "base/memory.h"
#include "base/sum.h"
#include "radiomics/firstorder.h"

/* mi_distribution first: the shared rows read it. */
typedef struct histogram {
    mi_distribution d;
    double entropy, uniformity;
    int32_t mode;
    double steepest, shallowest; /* gradients: maximum and minimum; NaN with a single bin */
    int32_t steepest_at, shallowest_at;
} histogram;

static double defined(const histogram *h, double x, const char **why)
{
    return h->d.n > 0 ? x : mi_undefined(why, mi_why_no_voxel);
}

static double gradient(const histogram *h, double x, const char **why)
{
    if (h->d.n > 0 && isnan(h->steepest))
        return mi_undefined(why, "a histogram of one bin has no gradient");
    return defined(h, x, why);
}

static double mode(const void *s, const char **why)
{
    const histogram *h = s;
    return defined(h, h->mode, why);
}

static double entropy(const void *s, const char **why)
{
    const histogram *h = s;
    return defined(h, h->entropy, why);
}

static double uniformity(const void *s, const char **why)
{
    const histogram *h = s;
    return defined(h, h->uniformity, why);
}

static double maximum_gradient(const void *s, const char **why)
{
    const histogram *h = s;
    return gradient(h, h->steepest, why);
}

static double maximum_gradient_level(const void *s, const char **why)
{
    const histogram *h = s;
    return gradient(h, h->steepest_at, why);
}

static double minimum_gradient(const void *s, const char **why)
{
    const histogram *h = s;
    return gradient(h, h->shallowest, why);
}

static double minimum_gradient_level(const void *s, const char **why)
{
    const histogram *h = s;
    return gradient(h, h->shallowest_at, why);
}

#define S "IBSI 1 reference manual, 3.4."

static const mi_feature rows[] = {
    { "mean", "Mean discretised intensity", "X6K6", "1", "mean grey level", "mean = sum(g) / n",
      S "1", NULL, mi_dist_mean },
    { "variance", "Discretised intensity variance", "CH89", "1",
      "mean squared distance from the mean grey level, without bias correction",
      "variance = sum((g - mean)^2) / n", S "2", NULL, mi_dist_variance },
    { "skewness", "Discretised intensity skewness", "88K1", "1",
      "asymmetry of the histogram about its mean; 0 when all grey levels are equal",
      "(sum((g - mean)^3) / n) / variance^(3/2)", S "3", NULL, mi_dist_skewness },
    { "kurtosis", "(Excess) discretised intensity kurtosis", "C3I7", "1",
      "weight of the tails against a normal distribution, which has 0; 0 when all grey levels are "
      "equal",
      "(sum((g - mean)^4) / n) / variance^2 - 3", S "4", NULL, mi_dist_kurtosis },
    { "median", "Median discretised intensity", "WIFQ", "1", "50th percentile of the grey levels",
      "P50", S "5", NULL, mi_dist_median },
    { "minimum", "Minimum discretised intensity", "1PR8", "1", "lowest grey level", "min(g)", S "6",
      NULL, mi_dist_minimum },
    { "percentile_10", "10th discretised intensity percentile", "GPMT", "1",
      "10th percentile, interpolated linearly between ordered grey levels",
      "P10 = g at rank 0.1 (n - 1), counted from 0", S "7", NULL, mi_dist_p10 },
    { "percentile_90", "90th discretised intensity percentile", "OZ0C", "1",
      "90th percentile, interpolated linearly between ordered grey levels",
      "P90 = g at rank 0.9 (n - 1), counted from 0", S "8", NULL, mi_dist_p90 },
    { "maximum", "Maximum discretised intensity", "3NCY", "1", "highest grey level", "max(g)",
      S "9", NULL, mi_dist_maximum },
    { "mode", "Intensity histogram mode", "AMMC", "1",
      "most frequent grey level; among several the one nearest to the mean, the lower one of two "
      "equally near",
      "argmax(count(g))", S "10", NULL, mode },
    { "interquartile_range", "Discretised intensity interquartile range", "WR0O", "1",
      "distance between the 25th and the 75th percentile of the grey levels", "P75 - P25", S "11",
      NULL, mi_dist_iqr },
    { "range", "Discretised intensity range", "5Z3W", "1",
      "distance between the lowest and the highest grey level", "max(g) - min(g)", S "12", NULL,
      mi_dist_range },
    { "mean_absolute_deviation", "Intensity histogram mean absolute deviation", "D2ZX", "1",
      "mean distance from the mean grey level", "sum(|g - mean|) / n", S "13", NULL, mi_dist_mad },
    { "robust_mean_absolute_deviation", "Intensity histogram robust mean absolute deviation",
      "WRZB", "1",
      "mean distance from the mean among grey levels within the 10th and 90th percentile",
      "sum(|h - mean(h)|) / n_h over all h = g with P10 <= g <= P90", S "14", NULL,
      mi_dist_robust_mad },
    { "median_absolute_deviation", "Intensity histogram median absolute deviation", "4RNL", "1",
      "mean distance from the median grey level", "sum(|g - P50|) / n", S "15", NULL,
      mi_dist_median_ad },
    { "coefficient_of_variation", "Intensity histogram coefficient of variation", "CWYJ", "1",
      "standard deviation relative to the mean", "sqrt(variance) / mean", S "16", NULL,
      mi_dist_cov },
    { "quartile_coefficient_of_dispersion",
      "Intensity histogram quartile coefficient of dispersion", "SLWD", "1",
      "distance of the quartiles relative to their sum", "(P75 - P25) / (P75 + P25)", S "17", NULL,
      mi_dist_qcod },
    { "entropy", "Discretised intensity entropy", "TLU2", "bit", "Shannon entropy of the histogram",
      "-sum(p log2(p)) over occupied bins", S "18", "firstorder_Entropy", entropy },
    { "uniformity", "Discretised intensity uniformity", "BJ5W", "1",
      "sum of squared probabilities of the bins", "sum(p^2)", S "19", "firstorder_Uniformity",
      uniformity },
    { "maximum_histogram_gradient", "Maximum histogram gradient", "12CE", "1",
      "steepest rise of the histogram; undefined with a single bin",
      "max(H'), H'(g) = (H(g+1) - H(g-1)) / 2, one-sided at the ends", S "20", NULL,
      maximum_gradient },
    { "maximum_histogram_gradient_intensity", "Maximum histogram gradient intensity", "8E6O", "1",
      "lowest grey level of the steepest rise", "argmax(H')", S "21", NULL,
      maximum_gradient_level },
    { "minimum_histogram_gradient", "Minimum histogram gradient", "VQB3", "1",
      "steepest fall of the histogram; undefined with a single bin",
      "min(H'), H'(g) = (H(g+1) - H(g-1)) / 2, one-sided at the ends", S "22", NULL,
      minimum_gradient },
    { "minimum_histogram_gradient_intensity", "Minimum histogram gradient intensity", "RHQZ", "1",
      "lowest grey level of the steepest fall", "argmin(H')", S "23", NULL,
      minimum_gradient_level },
};

static void find_mode(histogram *h, const int64_t *count, int32_t ng)
{
    int64_t most = 0;
    for (int32_t g = 1; g <= ng; g++) {
        bool nearer = fabs(g - h->d.mean) < fabs(h->mode - h->d.mean);
        if (count[g] > most || (count[g] == most && nearer))
            h->mode = g;
        most = count[g] > most ? count[g] : most;
    }
}

static void find_gradients(histogram *h, const int64_t *count, int32_t ng)
{
    h->steepest = h->shallowest = NAN;
    for (int32_t g = 1; ng > 1 && g <= ng; g++) {
        int32_t a = g > 1 ? g - 1 : g, b = g < ng ? g + 1 : g;
        double slope = (double)(count[b] - count[a]) / (b - a);
        if (g == 1 || slope > h->steepest) {
            h->steepest = slope;
            h->steepest_at = g;
        }
        if (g == 1 || slope < h->shallowest) {
            h->shallowest = slope;
            h->shallowest_at = g;
        }
    }
}

static void find_information(histogram *h, const int64_t *count, int32_t ng)
{
    mi_sum e = { 0, 0 }, u = { 0, 0 };
    for (int32_t g = 1; g <= ng; g++) {
        if (count[g] == 0)
            continue;
        double p = (double)count[g] / (double)h->d.n;
        mi_sum_add(&e, -p * log2(p));
        mi_sum_add(&u, p * p);
    }
    h->entropy = mi_sum_value(&e) + 0.0; /* one bin: 0, not -0 */
    h->uniformity = mi_sum_value(&u);
}

static int measure(const mi_region *r, const mi_settings *s, const bool *want, mi_pool *pool,
                   mi_measured *out, mi_err *err)
{
    histogram h = { .mode = 0 };
    int64_t n = r->n[0] * r->n[1] * r->n[2];
    if (!want[0])
        return 0;
    int64_t *count = mi_array_zero((size_t)r->ng + 1, sizeof *count, err);
    if (!count)
        return -1;
    for (int64_t i = 0; i < n; i++)
        count[r->level[i]]++; /* count[0] is what lies outside */
    int rc = r->ng > 0 ? mi_distribution_of_counts(1, count + 1, r->ng, &h.d, err) : 0;
    if (rc == 0 && r->ng > 0) {
        find_mode(&h, count, r->ng);
        find_gradients(&h, count, r->ng);
        find_information(&h, count, r->ng);
    }
    free(count);
    if (rc == 0)
        mi_measure_rows(&mi_family_ih, &h, out);
    return rc;
}

const mi_family mi_family_ih = {
    .id = "ih",
    .name = "intensity histogram",
    .title = "intensity histogram",
    .aggregations = mi_agg_none,
    .n_aggregations = 1,
    .rows = rows,
    .n_rows = MI_COUNT(rows),
    .needs_levels = true,
    .measure = measure,
    .symbols =
        "g grey levels of the n voxels; Pq their percentiles; p share and H count of voxels of a "
        "level",
};
