/* First-order families: values worked by hand, definitions written out plainly, random
   regions against plain loops. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "chain.h"
#include "radiomics/firstorder.h"

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Rank (n - 1) p by sorting. */
static double percentile(const double *sorted, int n, int p)
{
    double rank = (n - 1) * p / 100.0;
    int i = (int)floor(rank);
    return i + 1 < n ? sorted[i] + (rank - i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

static void check_distribution(const double *value, int n)
{
    double *sorted = malloc((size_t)n * sizeof *sorted), *work = malloc((size_t)n * sizeof *work);
    memcpy(sorted, value, (size_t)n * sizeof *sorted);
    memcpy(work, value, (size_t)n * sizeof *work);
    qsort(sorted, (size_t)n, sizeof *sorted, by_value);
    mi_distribution d;
    ck_assert_int_eq(mi_distribution_of_values(work, n, &d, NULL), 0);
    long double mean = 0, m2 = 0, m3 = 0, m4 = 0, ad = 0, energy = 0;
    for (int i = 0; i < n; i++)
        mean += ((long double)value[i] - value[0]) / n; /* from one of them: exact */
    for (int i = 0; i < n; i++) {
        long double e = (long double)value[i] - value[0] - mean;
        m2 += e * e / n;
        m3 += e * e * e / n;
        m4 += e * e * e * e / n;
        ad += fabsl(e) / n;
        energy += (long double)value[i] * value[i];
    }
    double scale = fabs(sorted[0]) + fabs(sorted[n - 1]) + 1e-300, tiny = 1e-13 * scale + 1e-200;
    ck_assert_double_eq(d.min, sorted[0]);
    ck_assert_double_eq(d.max, sorted[n - 1]);
    ck_assert_double_eq_tol(d.mean, (double)(value[0] + mean), tiny);
    ck_assert_double_eq_tol(d.variance, (double)m2,
                            1e-12 * (double)m2 + tiny * 1e-3 * scale + 1e-200);
    ck_assert_double_eq_tol(d.mad, (double)ad, tiny);
    ck_assert_double_eq_tol(d.energy, (double)energy, 1e-12 * (double)energy + 1e-200);
    if (d.max > d.min) {
        ck_assert_msg(fabs(d.skewness - (double)(m3 / powl(m2, 1.5L))) < 1e-9,
                      "skewness of %d values %g ..: %.17g, not %.17Lg", n, value[0], d.skewness,
                      m3 / powl(m2, 1.5L));
        ck_assert_double_eq_tol(d.kurtosis, (double)(m4 / (m2 * m2) - 3), 1e-9 * (3 + n));
    } else {
        ck_assert(d.variance == 0 && d.skewness == 0 && d.kurtosis == 0);
    }
    const double got[] = { d.p10, d.p25, d.median, d.p75, d.p90 };
    const int p[] = { 10, 25, 50, 75, 90 };
    for (int i = 0; i < 5; i++)
        ck_assert_double_eq_tol(got[i], percentile(sorted, n, p[i]), tiny);
    double inner = 0, kept = 0, robust = 0, about = 0;
    for (int i = 0; i < n; i++) {
        about += fabs(value[i] - d.median) / n;
        if (value[i] >= d.p10 && value[i] <= d.p90) {
            inner += value[i];
            kept++;
        }
    }
    for (int i = 0; i < n; i++)
        if (value[i] >= d.p10 && value[i] <= d.p90)
            robust += fabs(value[i] - inner / kept) / kept;
    ck_assert_double_eq_tol(d.median_ad, about, 100 * tiny);
    ck_assert_int_eq(isnan(d.robust_mad), kept == 0);
    if (kept > 0)
        ck_assert_double_eq_tol(d.robust_mad, robust, 100 * tiny);
    free(sorted);
    free(work);
}

START_TEST(distributions_by_definition)
{
    enum { MOST = 20000 };
    double *v = malloc(MOST * sizeof *v);
    uint64_t seed = 1;
    for (int shape = 0; shape < 8; shape++) {
        const int sizes[] = { 1, 2, 3, 4, 7, 11, 100, 255, 257, 1000, MOST };
        for (int k = 0; k < MI_COUNT(sizes); k++) {
            for (int i = 0; i < sizes[k]; i++) {
                double u = random_unit(&seed);
                v[i] = shape == 0   ? u - 0.5
                       : shape == 1 ? floor(1000 * u) - 300
                       : shape == 2 ? exp(40 * u) /* heavy tail: buckets nearly empty */
                       : shape == 3 ? 7.25        /* one value */
                       : shape == 4 ? (u < 0.5 ? 3.5 : 4)
                       : shape == 5 ? ldexp(u, (int)(600 * random_unit(&seed)) - 300)
                       : shape == 6 ? floor(4 * u)
                                    : 1e6 + 1e-3 * u; /* small spread far from 0 */
            }
            if (shape != 5)
                check_distribution(v, sizes[k]);
            else
                qsort(v, (size_t)sizes[k], sizeof *v, by_value);
            if (shape == 5) { /* only order: powers of such values leave the range of double */
                mi_distribution d;
                double *copy = malloc((size_t)sizes[k] * sizeof *copy);
                memcpy(copy, v, (size_t)sizes[k] * sizeof *copy);
                ck_assert_int_eq(mi_distribution_of_values(copy, sizes[k], &d, NULL), 0);
                ck_assert_double_eq_tol(d.median / percentile(v, sizes[k], 50), 1, 1e-12);
                ck_assert_double_eq_tol(d.p25 / percentile(v, sizes[k], 25), 1, 1e-12);
                free(copy);
            }
        }
    }
    free(v);
}
END_TEST

START_TEST(skewness_near_zero)
{
    /* a symmetric set far from 0 has none at all */
    enum { N = 100001 };
    double *v = malloc(N * sizeof *v);
    for (int i = 0; i < N; i++)
        v[i] = 1e4 + (i - N / 2) * 0.001;
    mi_distribution d;
    ck_assert_int_eq(mi_distribution_of_values(v, N, &d, NULL), 0);
    ck_assert_double_lt(fabs(d.skewness), 1e-10);
    ck_assert_double_eq_tol(d.variance / ((double)N * N - 1) * 12e6, 1, 1e-9);
    free(v);
}
END_TEST

/* ---- regions in a row ---- */

typedef struct row {
    double value[64];
    uint8_t in[64];
    mi_volume image, mask;
    mi_settings s;
    mi_region r;
} row;

static void row_begin(row *w, const double *value, int n)
{
    memcpy(w->value, value, (size_t)n * sizeof *value);
    memset(w->in, 1, sizeof w->in);
    w->image = image_of(w->value, n, 1, 1, 1, 1, 1);
    w->mask = mask_of(w->in, n, 1, 1, 1, 1, 1);
    w->s = default_settings();
}

static void row_build(row *w)
{
    w->r = region_of(&w->image, &w->mask, &w->s, NULL, NULL);
}

static void row_end(row *w)
{
    mi_region_free(&w->r);
    mi_settings_free(&w->s);
}

START_TEST(statistics_by_hand)
{
    const double v[] = { 2, 4, 4, 4, 5, 5, 7, 9, -4, 0 };
    row w;
    row_begin(&w, v, 10);
    row_build(&w);
    const struct {
        const char *id;
        double value;
    } want[] = {
        { "mean", 3.6 },
        { "variance", 11.84 },
        { "minimum", -4 },
        { "maximum", 9 },
        { "range", 13 },
        { "median", 4 },
        { "percentile_10", -0.4 }, /* sorted -4 0 2 4 4 4 5 5 7 9, rank 0.9 */
        { "percentile_90", 7.2 },
        { "interquartile_range", 2.5 }, /* ranks 2.25 and 6.75: 2.5 and 5 */
        { "energy", 248 },
        { "root_mean_square", sqrt(24.8) },
        { "mean_absolute_deviation", 2.56 },
        { "median_absolute_deviation", 2.4 },
        { "robust_mean_absolute_deviation", 1.4375 }, /* 0 2 4 4 4 5 5 7 about 3.875 */
        { "coefficient_of_variation", sqrt(11.84) / 3.6 },
        { "quartile_coefficient_of_dispersion", 2.5 / 7.5 },
    };
    for (int i = 0; i < MI_COUNT(want); i++) {
        double got = feature(&mi_family_stat, &w.r, &w.s, want[i].id);
        ck_assert_msg(fabs(got - want[i].value) < 1e-12, "%s is %.17g, not %.17g", want[i].id, got,
                      want[i].value);
    }
    row_end(&w);
    const double odd[] = { -1, 1, -2, 2 };
    row_begin(&w, odd, 4);
    row_build(&w);
    ck_assert(isnan(feature(&mi_family_stat, &w.r, &w.s, "coefficient_of_variation")));
    ck_assert(isnan(feature(&mi_family_stat, &w.r, &w.s, "quartile_coefficient_of_dispersion")));
    row_end(&w);
}
END_TEST

START_TEST(histogram_by_hand)
{
    /* counts of levels 1 to 6: 2 0 3 3 0 1; mean 29 / 9 */
    const double v[] = { 1, 1, 3, 3, 3, 4, 4, 4, 6 };
    row w;
    row_begin(&w, v, 9);
    w.s.discretisation = MI_BIN_NONE;
    row_build(&w);
    const struct {
        const char *id;
        double value;
    } want[] = {
        { "mean", 29.0 / 9 },
        { "mode", 3 }, /* 3 and 4 are as frequent, 3 lies nearer to the mean */
        { "maximum_histogram_gradient", 1.5 }, /* -2 0.5 1.5 -1.5 -1 1 */
        { "maximum_histogram_gradient_intensity", 3 },
        { "minimum_histogram_gradient", -2 },
        { "minimum_histogram_gradient_intensity", 1 },
        { "uniformity", 23.0 / 81 },
        { "entropy", log2(9) - (2 + 6 * log2(3)) / 9 },
        { "minimum", 1 },
        { "maximum", 6 },
        { "median", 3 },
    };
    for (int i = 0; i < MI_COUNT(want); i++)
        ck_assert_double_eq_tol(feature(&mi_family_ih, &w.r, &w.s, want[i].id), want[i].value,
                                1e-12);
    row_end(&w);
    const double flat[] = { 1, 1, 1 };
    row_begin(&w, flat, 3);
    row_build(&w);
    ck_assert(isnan(feature(&mi_family_ih, &w.r, &w.s, "maximum_histogram_gradient")));
    ck_assert(isnan(feature(&mi_family_ih, &w.r, &w.s, "minimum_histogram_gradient_intensity")));
    ck_assert_double_eq(feature(&mi_family_ih, &w.r, &w.s, "entropy"), 0);
    ck_assert_int_eq(signbit(feature(&mi_family_ih, &w.r, &w.s, "entropy")), 0);
    ck_assert_double_eq(feature(&mi_family_ih, &w.r, &w.s, "uniformity"), 1);
    row_end(&w);
}
END_TEST

static void check_ivh(row *w, double v10, double v90, double i10, double i90, double area)
{
    row_build(w);
    const mi_family *f = &mi_family_ivh;
    ck_assert_double_eq_tol(feature(f, &w->r, &w->s, "volume_fraction_at_10_intensity"), v10,
                            1e-14);
    ck_assert_double_eq_tol(feature(f, &w->r, &w->s, "volume_fraction_at_90_intensity"), v90,
                            1e-14);
    ck_assert_double_eq_tol(feature(f, &w->r, &w->s, "intensity_at_10_volume"), i10, 1e-12);
    ck_assert_double_eq_tol(feature(f, &w->r, &w->s, "intensity_at_90_volume"), i90, 1e-12);
    ck_assert_double_eq_tol(feature(f, &w->r, &w->s, "volume_fraction_difference"), v10 - v90,
                            1e-14);
    ck_assert_double_eq_tol(feature(f, &w->r, &w->s, "intensity_difference"), i10 - i90, 1e-12);
    ck_assert_double_eq_tol(feature(f, &w->r, &w->s, "area_under_curve"), area, 1e-12);
    mi_region_free(&w->r);
}

START_TEST(intensity_volume_histogram_by_hand)
{
    const double v[] = { 0, 1, 1, 2, 2, 2, 3, 3, 4, 10 };
    row w;
    row_begin(&w, v, 10);
    /* none, steps of 1 over 0 .. 10: volume 1 .9 .7 .4 .2 .1 .1 .1 .1 .1 .1 */
    w.s.ivh_discretisation = MI_BIN_NONE;
    check_ivh(&w, 0.9, 0.1, 5, 1, 0.1 * (0.55 + 0.9 + 0.7 + 0.4 + 0.2 + 5 * 0.1));
    /* over 0 .. 5: 10 % is level 1, 90 % level 5 */
    w.s.ivh_range = (mi_range) { 0, 5 };
    check_ivh(&w, 0.9, 0.1, 5, 1, 0.2 * (0.5 + 0.9 + 0.7 + 0.4 + 0.2 + 0.05));
    /* over 0 .. 4: none has so few, the level after the last */
    w.s.ivh_range = (mi_range) { 0, 4 };
    check_ivh(&w, 0.9, 0.2, 5, 1, 0.25 * (0.5 + 0.9 + 0.7 + 0.4 + 0.1));
    w.s.ivh_range = (mi_range) { -INFINITY, INFINITY };
    /* number, 5 bins: 0 0 0 1 1 1 1 1 2 4 counted from 0, bins 1 .. 5, volume 1 .7 .2 .1 .1 */
    w.s.ivh_discretisation = MI_BIN_NUMBER;
    w.s.ivh_bin_number = 5;
    check_ivh(&w, 0.7, 0.1, 4, 2, 0.25 * (0.5 + 0.7 + 0.2 + 0.1 + 0.05));
    /* width 4 from the minimum: bins 1 x8, 2, 3; centres 2 6 10; volume 1 .2 .1 */
    w.s.ivh_discretisation = MI_BIN_WIDTH;
    w.s.ivh_bin_width = 4;
    check_ivh(&w, 0.2, 0.1, 10, 6, 0.5 * (0.5 + 0.2 + 0.05));
    /* the same from the lower end of the range to its upper end: centres -2 2 .. 10 14 */
    w.s.range = (mi_range) { -4, 16 };
    check_ivh(&w, 1, 0, 10, 6, 0.25 * (0.5 + 1 + 0.2 + 0.1));
    /* a range of its own, of centres */
    w.s.ivh_range = (mi_range) { 2, 10 };
    check_ivh(&w, 0.2, 0.1, 10, 6, 0.5 * (0.5 + 0.2 + 0.05));
    mi_settings_free(&w.s);

    const double flat[] = { 5, 5, 5, 5 };
    row_begin(&w, flat, 4);
    row_build(&w);
    ck_assert(isnan(feature(&mi_family_ivh, &w.r, &w.s, "volume_fraction_at_10_intensity")));
    ck_assert(isnan(feature(&mi_family_ivh, &w.r, &w.s, "intensity_at_90_volume")));
    ck_assert_double_eq(feature(&mi_family_ivh, &w.r, &w.s, "area_under_curve"), 0);
    row_end(&w);
}
END_TEST

/* ---- peaks ---- */

/* Means of all spheres, plainly. */
static void plain_peaks(const mi_volume *image, const uint8_t *in, double radius, double *local,
                        double *global)
{
    const int64_t *n = image->grid.n;
    const double *s = image->grid.spacing, *v = image->data;
    double top = -INFINITY;
    *local = *global = -INFINITY;
    for (int64_t i = 0; i < n[0] * n[1] * n[2]; i++)
        if (in[i] && isfinite(v[i]) && v[i] > top)
            top = v[i];
    for (int64_t c = 0; c < n[0] * n[1] * n[2]; c++) {
        if (!in[c] || !isfinite(v[c]))
            continue;
        double sum = 0, count = 0;
        for (int64_t i = 0; i < n[0] * n[1] * n[2]; i++) {
            double x = (double)(i % n[0] - c % n[0]) * s[0];
            double y = (double)(i / n[0] % n[1] - c / n[0] % n[1]) * s[1];
            double z = (double)(i / n[0] / n[1] - c / n[0] / n[1]) * s[2];
            if (x * x + y * y + z * z > radius * radius || !isfinite(v[i]))
                continue;
            sum += v[i];
            count++;
        }
        *global = sum / count > *global ? sum / count : *global;
        if (v[c] == top)
            *local = sum / count > *local ? sum / count : *local;
    }
}

/* The same bits from 1, 2 and 7 threads. */
static void check_threads(const mi_family *f, const mi_region *r, const mi_settings *s)
{
    const bool want[1] = { true };
    double one[32], many[32];
    const char *why[32];
    mi_measured a = { one, why }, b = { many, why };
    ck_assert_int_eq(mi_family_measure(f, r, s, want, NULL, &a, NULL), 0);
    for (int threads = 2; threads <= 7; threads += 5) {
        mi_pool *pool = mi_pool_new(threads, NULL);
        ck_assert_int_eq(mi_family_measure(f, r, s, want, pool, &b, NULL), 0);
        ck_assert_mem_eq(one, many, (size_t)f->n_rows * sizeof *one);
        mi_pool_free(pool);
    }
}

START_TEST(huge_numbers_end_as_undefined)
{
    const double v[] = { -1e300, 1e300, 3, 4, 1e300 }, far[] = { -1e308, 1e308 };
    row w;
    row_begin(&w, v, 5);
    row_build(&w);
    ck_assert(isnan(feature(&mi_family_stat, &w.r, &w.s, "energy")));
    ck_assert_double_eq(feature(&mi_family_stat, &w.r, &w.s, "maximum"), 1e300);
    feature(&mi_family_peak, &w.r, &w.s, "global_intensity_peak");
    row_end(&w);
    row_begin(&w, far, 2);
    ck_assert_int_eq(region_error(&w.image, &w.mask, &w.s), MI_E_DATA);
    mi_settings_free(&w.s);
}
END_TEST

START_TEST(peaks_by_definition)
{
    enum { MOST = 40 * 25 * 12 };
    double v[MOST];
    uint8_t in[MOST];
    uint64_t seed = 99;
    for (int pass = 0; pass < 40; pass++) {
        int64_t nx = 1 + (int64_t)(39 * random_unit(&seed)),
                ny = 1 + (int64_t)(24 * random_unit(&seed));
        int64_t nz = 1 + (int64_t)(11 * random_unit(&seed));
        double sx = 0.8 + 2 * random_unit(&seed), sy = 0.8 + 2 * random_unit(&seed);
        double sz = 1 + 4 * random_unit(&seed);
        double share = pass % 4 == 0 ? 1 : 0.3;
        int64_t n = nx * ny * nz;
        for (int64_t i = 0; i < n; i++) {
            double u = random_unit(&seed);
            v[i] = pass % 5 == 0   ? floor(4 * u)       /* whole, the maximum often */
                   : pass % 5 == 1 ? 0.5 * floor(3 * u) /* many ties that are no whole numbers */
                   : pass % 5 == 2 ? 3000 * u - 1000
                   : pass % 5 == 3 ? floor(70000 * u) - 35000
                                   : 12.3;
            if (pass % 3 == 1 && random_unit(&seed) < 0.05)
                v[i] = random_unit(&seed) < 0.5 ? NAN : INFINITY;
            in[i] = random_unit(&seed) < share;
        }
        in[n / 2] = 1;
        v[n / 2] = 1;
        if (pass == 17)
            v[0] = -1e30; /* steps too coarse to tell anything apart */
        mi_volume image = image_of(v, nx, ny, nz, sx, sy, sz);
        mi_volume mask = mask_of(in, nx, ny, nz, sx, sy, sz);
        mi_settings s = default_settings();
        s.peak_radius = pass % 7 == 0 ? 0.5 : 6.2035;
        mi_region r = region_of(&image, &mask, &s, NULL, NULL);
        double local, global;
        plain_peaks(&image, in, s.peak_radius, &local, &global);
        double scale = 1e-12 * (fabs(global) + 1) * (pass == 17 ? 1e18 : 1);
        ck_assert_double_eq_tol(feature(&mi_family_peak, &r, &s, "global_intensity_peak"), global,
                                scale);
        ck_assert_double_eq_tol(feature(&mi_family_peak, &r, &s, "local_intensity_peak"), local,
                                pass == 17 ? fabs(local) * 1e-12 + 1e-12 : scale);
        check_threads(&mi_family_peak, &r, &s);
        mi_region_free(&r);
        mi_settings_free(&s);
    }
}
END_TEST

/* ---- the tables ---- */

START_TEST(rows_are_those_of_the_manual)
{
    static const mi_family *const families[] = { &mi_family_stat, &mi_family_ih, &mi_family_ivh,
                                                 &mi_family_peak };
    static const int rows[] = { 18, 23, 7, 2 };
    for (int f = 0; f < 4; f++) {
        ck_assert_int_eq(families[f]->n_rows, rows[f]);
        for (int r = 0; r < rows[f]; r++) {
            const mi_feature *x = &families[f]->rows[r];
            ck_assert(x->id && x->name && x->unit && x->definition && x->formula && x->section);
            ck_assert_uint_eq(strlen(x->tag), 4);
            for (int q = 0; q < r; q++)
                ck_assert_str_ne(families[f]->rows[q].id, x->id);
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("first order");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, distributions_by_definition);
    tcase_add_test(t, skewness_near_zero);
    tcase_add_test(t, statistics_by_hand);
    tcase_add_test(t, histogram_by_hand);
    tcase_add_test(t, intensity_volume_histogram_by_hand);
    tcase_add_test(t, huge_numbers_end_as_undefined);
    tcase_add_test(t, peaks_by_definition);
    tcase_add_test(t, rows_are_those_of_the_manual);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
