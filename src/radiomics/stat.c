/* Intensity-based statistics (UHIW): IBSI 1 reference manual, 3.3. The smallest family; to add
   one, begin with a copy of this file: rows of a feature each, a function that measures, the
   family itself, and its name in catalogue.c. */
#include <stdlib.h>
#include "base/memory.h"
#include "radiomics/firstorder.h"

#define S "IBSI 1 reference manual, 3.3."

static const mi_feature rows[] = {
    { "mean", "Mean intensity", "Q4LE", "intensity", "mean of the intensities", "mean = sum(x) / n",
      S "1", "firstorder_Mean", mi_dist_mean },
    { "variance", "Intensity variance", "ECT3", "intensity2",
      "mean squared distance from the mean, without bias correction",
      "variance = sum((x - mean)^2) / n", S "2", "firstorder_Variance", mi_dist_variance },
    { "skewness", "Intensity skewness", "KE2A", "1",
      "asymmetry of the distribution about its mean; 0 when all intensities are equal",
      "(sum((x - mean)^3) / n) / variance^(3/2)", S "3", "firstorder_Skewness", mi_dist_skewness },
    { "kurtosis", "(Excess) intensity kurtosis", "IPH6", "1",
      "weight of the tails against a normal distribution, which has 0; 0 when all intensities are "
      "equal (PyRadiomics does not subtract 3)",
      "(sum((x - mean)^4) / n) / variance^2 - 3", S "4", "firstorder_Kurtosis", mi_dist_kurtosis },
    { "median", "Median intensity", "Y12H", "intensity", "50th percentile", "P50", S "5",
      "firstorder_Median", mi_dist_median },
    { "minimum", "Minimum intensity", "1GSF", "intensity", "lowest intensity", "min(x)", S "6",
      "firstorder_Minimum", mi_dist_minimum },
    { "percentile_10", "10th intensity percentile", "QG58", "intensity",
      "10th percentile, interpolated linearly between ordered intensities",
      "P10 = x at rank 0.1 (n - 1), counted from 0", S "7", "firstorder_10Percentile",
      mi_dist_p10 },
    { "percentile_90", "90th intensity percentile", "8DWT", "intensity",
      "90th percentile, interpolated linearly between ordered intensities",
      "P90 = x at rank 0.9 (n - 1), counted from 0", S "8", "firstorder_90Percentile",
      mi_dist_p90 },
    { "maximum", "Maximum intensity", "84IY", "intensity", "highest intensity", "max(x)", S "9",
      "firstorder_Maximum", mi_dist_maximum },
    { "interquartile_range", "Intensity interquartile range", "SALO", "intensity",
      "distance between the 25th and the 75th percentile", "P75 - P25", S "10",
      "firstorder_InterquartileRange", mi_dist_iqr },
    { "range", "Intensity range", "2OJQ", "intensity",
      "distance between the lowest and the highest intensity", "max(x) - min(x)", S "11",
      "firstorder_Range", mi_dist_range },
    { "mean_absolute_deviation", "Intensity-based mean absolute deviation", "4FUA", "intensity",
      "mean distance from the mean", "sum(|x - mean|) / n", S "12",
      "firstorder_MeanAbsoluteDeviation", mi_dist_mad },
    { "robust_mean_absolute_deviation", "Intensity-based robust mean absolute deviation", "1128",
      "intensity",
      "mean distance from the mean among intensities within the 10th and 90th percentile",
      "sum(|y - mean(y)|) / n_y over all y = x with P10 <= x <= P90", S "13",
      "firstorder_RobustMeanAbsoluteDeviation", mi_dist_robust_mad },
    { "median_absolute_deviation", "Intensity-based median absolute deviation", "N72L", "intensity",
      "mean distance from the median", "sum(|x - P50|) / n", S "14", NULL, mi_dist_median_ad },
    { "coefficient_of_variation", "Intensity-based coefficient of variation", "7TET", "1",
      "standard deviation relative to the mean; undefined when the mean is 0",
      "sqrt(variance) / mean", S "15", NULL, mi_dist_cov },
    { "quartile_coefficient_of_dispersion", "Intensity-based quartile coefficient of dispersion",
      "9S40", "1", "distance of the quartiles relative to their sum; undefined when that is 0",
      "(P75 - P25) / (P75 + P25)", S "16", NULL, mi_dist_qcod },
    { "energy", "Intensity-based energy", "N8CA", "intensity2", "sum of squared intensities",
      "sum(x^2)", S "17", "firstorder_Energy", mi_dist_energy },
    { "root_mean_square", "Root mean square intensity", "5ZWQ", "intensity",
      "square root of the mean squared intensity", "sqrt(sum(x^2) / n)", S "18",
      "firstorder_RootMeanSquared", mi_dist_rms },
};

static int measure(const mi_region *r, const mi_settings *s, const bool *want, mi_pool *pool,
                   mi_measured *out, mi_err *err)
{
    mi_distribution d = { .n = 0 };
    double *value = NULL;
    int rc = 0;
    if (!want[0])
        return 0;
    if (r->n_inten > 0) {
        value = mi_region_intensities(r, err);
        rc = value ? mi_distribution_of_values(value, r->n_inten, &d, err) : -1;
    }
    free(value);
    if (rc == 0)
        mi_measure_rows(&mi_family_stat, &d, out);
    return rc;
}

const mi_family mi_family_stat = {
    .id = "stat",
    .name = "intensity-based statistics",
    .title = "intensity-based statistics",
    .aggregations = mi_agg_none,
    .n_aggregations = 1,
    .rows = rows,
    .n_rows = MI_COUNT(rows),
    .measure = measure,
    .symbols =
        "x intensities of the n voxels; Pq their percentiles",
};
