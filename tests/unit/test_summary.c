/* Summaries of values against sorting. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "image/labels.h"
#include "image/summary.h"

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The plain way: all values sorted. */
static void check_plain(const mi_volume *v, const mi_box *b, const mi_volume *mask, int64_t label)
{
    size_t all = (size_t)mi_box_voxels(b), n = 0;
    double *x = malloc(all * sizeof *x), sum = 0, m2 = 0;
    uint8_t *in = malloc(all);
    int64_t not_finite = 0;
    ck_assert_int_eq(mi_volume_load(v, b, x, NULL), 0);
    if (mask)
        ck_assert_int_eq(mi_labels_select(mask, &label, 1, b, in, NULL), 0);
    for (size_t i = 0; i < all; i++)
        if (!mask || in[i]) {
            if (isfinite(x[i]))
                x[n++] = x[i];
            else
                not_finite++;
        }
    qsort(x, n, sizeof *x, by_size);
    mi_summary s;
    mi_err e = MI_ERR_EMPTY;
    ck_assert_msg(mi_volume_summary(v, b, mask, label, &s, &e) == 0, "%s", e.message);
    ck_assert_int_eq(s.n, (int64_t)n);
    ck_assert_int_eq(s.not_finite, not_finite);
    for (size_t i = 0; i < n; i++)
        sum += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        m2 += (x[i] - sum) * (x[i] - sum);
    if (n == 0) {
        ck_assert(isnan(s.min) && isnan(s.mean) && isnan(s.percentile[3]));
    } else {
        double scale = fabs(x[0]) + fabs(x[n - 1]);
        ck_assert(s.min == x[0] && s.max == x[n - 1]);
        ck_assert(fabs(s.mean - sum) <= 1e-13 * scale);
        ck_assert(fabs(s.sd - sqrt(m2 / (double)n)) <= 1e-13 * scale);
        for (int p = 0; p < MI_PERCENTILES; p++) {
            double h = (double)(n - 1) * mi_percentile_of[p] / 100;
            size_t a = (size_t)h, c = a + 1 < n ? a + 1 : a;
            double want = h > (double)a ? x[a] + (h - (double)a) * (x[c] - x[a]) : x[a];
            ck_assert_msg(s.percentile[p] == want, "p%g: %.17g instead of %.17g",
                          mi_percentile_of[p], s.percentile[p], want);
        }
    }
    free(in);
    free(x);
}

static mi_volume noise(mi_type type, int64_t nx, int64_t ny, int64_t nz, int range)
{
    mi_volume v = MI_VOLUME_EMPTY;
    v.grid.n[0] = nx;
    v.grid.n[1] = ny;
    v.grid.n[2] = v.k1 = nz;
    v.type = type;
    v.data = calloc((size_t)(nx * ny * nz), mi_type_size(type));
    for (int64_t i = 0; i < nx * ny * nz; i++) {
        double x = rand() % (2 * range) - (type == MI_U8 || type == MI_U16 ? 0 : range);
        switch (type) {
        case MI_U8: ((uint8_t *)v.data)[i] = (uint8_t)x; break;
        case MI_I8: ((int8_t *)v.data)[i] = (int8_t)x; break;
        case MI_U16: ((uint16_t *)v.data)[i] = (uint16_t)x; break;
        case MI_I16: ((int16_t *)v.data)[i] = (int16_t)x; break;
        case MI_I32: ((int32_t *)v.data)[i] = (int32_t)x * 3000; break;
        case MI_F32: ((float *)v.data)[i] = (float)x / 7; break;
        default: ((double *)v.data)[i] = x / 7 * pow(10, rand() % 9 - 4); break;
        }
    }
    return v;
}

START_TEST(every_way)
{
    static const mi_type types[] = { MI_U8, MI_I8, MI_U16, MI_I16, MI_I32, MI_F32, MI_F64 };
    srand(12);
    for (int t = 0; t < MI_COUNT(types); t++)
        for (int scaling = 0; scaling < 3; scaling++)
            for (int64_t nx = 1; nx < 30; nx += 7) {
                mi_type type = types[t];
                mi_volume v = noise(type, nx, 9, 5, mi_type_size(type) == 1 ? 100 : 30000);
                mi_volume mask = noise(MI_U8, nx, 9, 5, 2);
                mi_box all = { { 0, 0, 0 }, { nx, 9, 5 } }, part = { { 0, 2, 1 }, { nx, 7, 4 } };
                v.slope = scaling == 1 ? 0.1 : scaling == 2 ? -2.5 : 1;
                v.inter = scaling ? -1024 : 0;
                check_plain(&v, &all, NULL, 0);
                check_plain(&v, &part, NULL, 0);
                for (int label = 0; label < 5; label++)
                    check_plain(&v, &part, &mask, label);
                mi_volume_free(&v);
                mi_volume_free(&mask);
            }
}
END_TEST

/* Enough values for the walks. */
START_TEST(many_values)
{
    srand(13);
    mi_volume v = noise(MI_F64, 100, 60, 20, 30000), mask = noise(MI_U8, 100, 60, 20, 1);
    mi_box all = { { 0, 0, 0 }, { 100, 60, 20 } };
    check_plain(&v, &all, NULL, 0);
    memset(mask.data, 1, 110000);
    check_plain(&v, &all, &mask, 1);
    for (int i = 0; i < 120000; i++)
        ((double *)v.data)[i] = i % 3 - 1; /* ties, zeros of both signs */
    check_plain(&v, &all, NULL, 0);
    mi_volume_free(&v);
    mi_volume_free(&mask);
}
END_TEST

START_TEST(extremes)
{
    mi_volume v = noise(MI_F64, 5, 5, 3, 100);
    mi_box b = { { 0, 0, 0 }, { 5, 5, 3 } };
    double *x = v.data;
    x[3] = NAN;
    x[9] = INFINITY;
    x[10] = -INFINITY;
    x[11] = -0.0;
    x[12] = 5e-324;
    x[13] = 1e150;
    x[14] = -1e150;
    check_plain(&v, &b, NULL, 0);
    for (int i = 0; i < 75; i++)
        x[i] = NAN;
    check_plain(&v, &b, NULL, 0);
    x[74] = 7;
    check_plain(&v, &b, NULL, 0);
    mi_box none = { { 0, 0, 0 }, { 0, 5, 3 } };
    mi_summary s;
    ck_assert_int_eq(mi_volume_summary(&v, &none, NULL, 0, &s, NULL), 0);
    ck_assert_int_eq(s.n, 0);
    ck_assert(isnan(s.max));
    mi_box outside = { { 0, 0, 0 }, { 6, 5, 3 } };
    mi_err e = MI_ERR_EMPTY;
    ck_assert_int_eq(mi_volume_summary(&v, &outside, NULL, 0, &s, &e), -1);
    ck_assert_int_eq(e.cls, MI_E_INTERNAL);
    mi_volume_free(&v);
    v = noise(MI_I16, 5, 5, 3, 100); /* the ends of the type */
    ((int16_t *)v.data)[0] = INT16_MIN;
    ((int16_t *)v.data)[1] = INT16_MAX;
    check_plain(&v, &b, NULL, 0);
    mi_volume_free(&v);
    v = noise(MI_U16, 5, 5, 3, 100);
    ((uint16_t *)v.data)[0] = UINT16_MAX;
    v.grid.n[2] = 9; /* a trimmed map is zero elsewhere */
    v.trimmed = true;
    b.hi[2] = 9;
    check_plain(&v, &b, NULL, 0);
    mi_volume_free(&v);
}
END_TEST

START_TEST(likely_labels)
{
    mi_volume v = noise(MI_I16, 40, 40, 10, 800); /* like CT */
    ck_assert(!mi_labels_likely(&v));
    mi_volume_free(&v);
    v = noise(MI_U16, 40, 40, 10, 800); /* like MR */
    ck_assert(!mi_labels_likely(&v));
    uint16_t *p = v.data;
    for (int i = 0; i < 16000; i++)
        p[i] = (uint16_t)(i / 10 % 500); /* many labels, each some voxels long */
    ck_assert(mi_labels_likely(&v));
    mi_volume_free(&v);
    v = noise(MI_I16, 40, 40, 10, 2); /* few values */
    ck_assert(mi_labels_likely(&v));
    mi_volume_free(&v);
    v = noise(MI_I16, 3, 3, 3, 13); /* a tiny image */
    ck_assert(!mi_labels_likely(&v));
    mi_volume_free(&v);
    v = noise(MI_F32, 40, 40, 10, 2);
    ck_assert(!mi_labels_likely(&v));
    memset(v.data, 0, 64000);
    ck_assert(mi_labels_likely(&v));
    ((float *)v.data)[9] = 2;
    ck_assert(mi_labels_likely(&v));
    ((float *)v.data)[9] = NAN;
    ck_assert(!mi_labels_likely(&v));
    free(v.data);
    v.data = NULL;
    ck_assert(!mi_labels_likely(&v));
    mi_volume_free(&v);
}
END_TEST

START_TEST(not_finite)
{
    float f[5] = { 1, NAN, INFINITY, -INFINITY, 0 };
    double d[3] = { NAN, 1e308, -1e308 };
    int32_t i[2] = { -1, INT32_MAX }; /* bits of a NaN */
    ck_assert_int_eq(mi_voxels_not_finite(f, 5, MI_F32), 3);
    ck_assert_int_eq(mi_voxels_not_finite(f, 1, MI_F32), 0);
    ck_assert_int_eq(mi_voxels_not_finite(d, 3, MI_F64), 1);
    ck_assert_int_eq(mi_voxels_not_finite(i, 2, MI_I32), 0);
}
END_TEST

/* Padding is there, but does not count; slope and intercept are what float32 makes of them. */
START_TEST(padding_does_not_count)
{
    mi_volume v = noise(MI_I16, 9, 8, 7, 900);
    mi_box all = { { 0, 0, 0 }, { 9, 8, 7 } };
    mi_summary whole, rest;
    v.slope = (float)0.745;
    v.inter = (float)-768.67;
    ((int16_t *)v.data)[17] = 30000; /* beyond the others */
    ck_assert_int_eq(mi_volume_summary(&v, &all, NULL, 0, &whole, NULL), 0);
    for (int i = 0; i < 20; i++)
        ((int16_t *)v.data)[11 * i] = -2000;
    v.meta.has_padding = true;
    v.meta.padding[0] = v.meta.padding[1] = -2000 * 0.745 - 768.67;
    ck_assert_int_eq(mi_volume_summary(&v, &all, NULL, 0, &rest, NULL), 0);
    ck_assert_int_eq(whole.n, 9 * 8 * 7);
    ck_assert_int_eq(rest.n, whole.n - 20);
    ck_assert_double_ge(rest.min, -900 * v.slope + v.inter);
    ck_assert_double_eq(rest.max, whole.max);
    free(v.data);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("summary");
    TCase *t = tcase_create("summary");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, padding_does_not_count);
    tcase_add_test(t, every_way);
    tcase_add_test(t, many_values);
    tcase_add_test(t, extremes);
    tcase_add_test(t, likely_labels);
    tcase_add_test(t, not_finite);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
