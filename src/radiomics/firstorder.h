/* What the first-order families share: the figures of one distribution, of intensities or of
   grey levels. */
#ifndef MI_RADIOMICS_FIRSTORDER_H
#define MI_RADIOMICS_FIRSTORDER_H
#include "radiomics/family.h"

/* Figures of a distribution of n values (IBSI 1 reference manual, 3.3). Percentiles interpolate
   linearly between the order statistics at rank (n - 1) p. */
typedef struct mi_distribution {
    int64_t n;
    double mean, variance; /* population variance: divided by n */
    double skewness, kurtosis; /* excess; both 0 when the variance is 0 */
    double min, max, p10, p25, median, p75, p90;
    /* mean of |x - mean|; the same over p10 <= x <= p90 about their own mean; mean of |x -
       median| */
    double mad, robust_mad, median_ad;
    double energy;         /* sum of squares */
} mi_distribution;

/* Of n >= 1 finite values; the array is free to be reordered. */
int mi_distribution_of_values(double *value, int64_t n, mi_distribution *out, mi_err *err);
/* Of the whole numbers first, first + 1, ... with these counts; at least one count is above 0. */
int mi_distribution_of_counts(double first, const int64_t *count, int64_t n_counts,
                              mi_distribution *out, mi_err *err);

/* Rows share these; the state must begin with a mi_distribution. With n = 0 all are undefined. */
double mi_dist_mean(const void *state, const char **why);
double mi_dist_variance(const void *state, const char **why);
double mi_dist_skewness(const void *state, const char **why);
double mi_dist_kurtosis(const void *state, const char **why);
double mi_dist_median(const void *state, const char **why);
double mi_dist_minimum(const void *state, const char **why);
double mi_dist_p10(const void *state, const char **why);
double mi_dist_p90(const void *state, const char **why);
double mi_dist_maximum(const void *state, const char **why);
double mi_dist_iqr(const void *state, const char **why);
double mi_dist_range(const void *state, const char **why);
double mi_dist_mad(const void *state, const char **why);
double mi_dist_robust_mad(const void *state, const char **why);
double mi_dist_median_ad(const void *state, const char **why);
double mi_dist_cov(const void *state, const char **why);
double mi_dist_qcod(const void *state, const char **why);
double mi_dist_energy(const void *state, const char **why);
double mi_dist_rms(const void *state, const char **why);

/* NaN and *why = reason. */
double mi_undefined(const char **why, const char *reason);
extern const char *const mi_why_no_voxel; /* "no voxel in the intensity mask" */

/* All rows of a family without aggregations from one state. */
void mi_measure_rows(const mi_family *f, const void *state, mi_measured *out);

/* The intensities of the intensity mask in storage order; n_inten doubles, owned by the caller. */
double *mi_region_intensities(const mi_region *r, mi_err *err);

#endif
