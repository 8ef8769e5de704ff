/* Grids and interpolation: hand-worked values, a spline solved as a system of equations, crops,
   threads, gaps. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "chain.h"
#include "image/interpolate.h"

static mi_grid grid_of(int64_t nx, int64_t ny, int64_t nz, double sx, double sy, double sz)
{
    return image_of(NULL, nx, ny, nz, sx, sy, sz).grid;
}

static mi_grid resampled(const mi_grid *g, double sx, double sy, double sz)
{
    mi_grid out;
    mi_grid_resample(g, (double[]) { sx, sy, sz }, &out);
    return out;
}

static mi_box whole(const mi_grid *g)
{
    return (mi_box) { { 0, 0, 0 }, { g->n[0], g->n[1], g->n[2] } };
}

/* All of `to` from all of `from`; the result is the caller's. */
static double *run(const mi_grid *from, const double *in, const mi_grid *to, mi_interp kind,
                   mi_pool *pool)
{
    mi_box a = whole(from), b = whole(to);
    double *out = malloc((size_t)mi_box_voxels(&b) * sizeof *out);
    ck_assert_int_eq(mi_resample(from, &a, in, to, &b, kind, out, pool, NULL), 0);
    return out;
}

START_TEST(sizes_and_places)
{
    /* IBSI 1, CT phantom to 2 mm: 100 x 99 x 90 (configurations C to E) */
    mi_grid g = grid_of(204, 201, 60, 0.9769999980926514, 0.9769999980926514, 3);
    mi_grid r = resampled(&g, 2, 2, 2);
    ck_assert_int_eq(r.n[0], 100);
    ck_assert_int_eq(r.n[1], 99);
    ck_assert_int_eq(r.n[2], 90);
    ck_assert_double_eq(r.spacing[2], 2);
    /* z: ((60 - 1) - 2/3 * 89) / 2 = -1/6 of an old voxel, -0.5 mm */
    ck_assert_double_eq_tol(mi_resample_origin(60, 3, 90, 2), -1.0 / 6, 1e-14);
    ck_assert_double_eq_tol(r.m[2][3], -0.5, 1e-12);
    ck_assert_double_eq_tol(r.m[2][2], 2, 1e-12);
    /* an axis of 0 or of the old spacing stays */
    mi_grid k = resampled(&g, 2, 0, 3);
    ck_assert_int_eq(k.n[1], 201);
    ck_assert_int_eq(k.n[2], 60);
    ck_assert_double_eq(k.m[2][3], 0);
    /* 10 x 0.3 / 0.1 is 30 and a little in floating point: 30 voxels, not 31 */
    mi_grid f = grid_of(10, 1, 1, 0.3, 1, 1);
    ck_assert_int_eq(resampled(&f, 0.1, 1, 1).n[0], 30);
    /* a voxel larger than the image */
    ck_assert_int_eq(resampled(&f, 50, 1, 1).n[0], 1);
}
END_TEST

START_TEST(centre_of_oblique_grid_stays)
{
    mi_grid g = grid_of(7, 5, 4, 1, 2, 3);
    double m[3][4] = { { 0.8, -1.2, 0, 10 }, { 0.6, 1.6, 0, -5 }, { 0, 0, -3, 2 } };
    memcpy(g.m, m, sizeof m);
    mi_grid r = resampled(&g, 0.7, 1.3, 1.9);
    for (int i = 0; i < 3; i++) {
        double a = g.m[i][3], b = r.m[i][3];
        for (int d = 0; d < 3; d++) {
            a += g.m[i][d] * (double)(g.n[d] - 1) / 2;
            b += r.m[i][d] * (double)(r.n[d] - 1) / 2;
        }
        ck_assert_double_eq_tol(a, b, 1e-12);
    }
}
END_TEST

START_TEST(nearest_and_linear_by_hand)
{
    /* 3 voxels of 2 mm to 6 of 1 mm: old places -0.25, 0.25, 0.75, 1.25, 1.75, 2.25 */
    mi_grid g = grid_of(3, 1, 1, 2, 1, 1), r = resampled(&g, 1, 1, 1);
    const double in[3] = { 10, 20, 40 };
    const double nearest[6] = { 10, 10, 20, 20, 40, 40 };
    const double linear[6] = { 10, 12.5, 17.5, 25, 35, 40 };
    double *n = run(&g, in, &r, MI_INTERP_NEAREST, NULL),
           *l = run(&g, in, &r, MI_INTERP_LINEAR, NULL);
    for (int i = 0; i < 6; i++) {
        ck_assert_double_eq(n[i], nearest[i]);
        ck_assert_double_eq_tol(l[i], linear[i], 1e-13);
    }
    free(n);
    free(l);
    /* 4 voxels of 1 mm to 2 of 2 mm: old places 0.5 and 2.5, ties go up */
    mi_grid h = grid_of(4, 1, 1, 1, 1, 1), t = resampled(&h, 2, 1, 1);
    const double four[4] = { 1, 2, 3, 4 };
    double *u = run(&h, four, &t, MI_INTERP_NEAREST, NULL);
    ck_assert_double_eq(u[0], 2);
    ck_assert_double_eq(u[1], 4);
    free(u);
}
END_TEST

START_TEST(linear_is_separable)
{
    /* a trilinear function is met exactly where no sample lies beyond the border */
    mi_grid g = grid_of(6, 5, 4, 1, 1, 1), r = resampled(&g, 1.5, 1.25, 2);
    double in[120];
    for (int k = 0, i = 0; k < 4; k++)
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < 6; x++, i++)
                in[i] = 2 + 3.0 * x - y + 0.5 * k + 0.25 * x * y * k;
    double *out = run(&g, in, &r, MI_INTERP_LINEAR, NULL), *p = out;
    for (int64_t k = 0; k < r.n[2]; k++)
        for (int64_t j = 0; j < r.n[1]; j++)
            for (int64_t i = 0; i < r.n[0]; i++, p++) {
                double x = mi_resample_origin(6, 1, r.n[0], 1.5) + 1.5 * (double)i;
                double y = mi_resample_origin(5, 1, r.n[1], 1.25) + 1.25 * (double)j;
                double z = mi_resample_origin(4, 1, r.n[2], 2) + 2 * (double)k;
                ck_assert(x >= 0 && x <= 5 && y >= 0 && y <= 4 && z >= 0 && z <= 3);
                ck_assert_double_eq_tol(*p, 2 + 3 * x - y + 0.5 * z + 0.25 * x * y * z, 1e-12);
            }
    free(out);
}
END_TEST

/* The spline by its defining equations (c[k-1] + 4 c[k] + c[k+1]) / 6 = s[k], on a line
   continued by its end values far enough, solved by elimination. */
static double spline_at(const double *s, int n, double x)
{
    enum { PAD = 60, MOST = 2 * PAD + 32 };
    double c[MOST], diagonal[MOST];
    int m = n + 2 * PAD;
    for (int i = 0; i < m; i++) {
        int k = i - PAD < 0 ? 0 : i - PAD >= n ? n - 1 : i - PAD;
        c[i] = 6 * s[k];
        diagonal[i] = i == 0 || i == m - 1 ? 5 : 4; /* constant beyond: c[-1] = c[0] */
    }
    for (int i = 1; i < m; i++) {
        diagonal[i] -= 1 / diagonal[i - 1];
        c[i] -= c[i - 1] / diagonal[i - 1];
    }
    c[m - 1] /= diagonal[m - 1];
    for (int i = m - 2; i >= 0; i--)
        c[i] = (c[i] - c[i + 1]) / diagonal[i];
    double sum = 0;
    for (int i = 0; i < m; i++) {
        double t = fabs(x + PAD - i);
        if (t < 1)
            sum += c[i] * (2.0 / 3 - t * t + t * t * t / 2);
        else if (t < 2)
            sum += c[i] * (2 - t) * (2 - t) * (2 - t) / 6;
    }
    return sum;
}

START_TEST(cubic_solves_the_spline)
{
    uint64_t seed = 7;
    for (int n = 1; n <= 12; n++)
        for (int pass = 0; pass < 3; pass++) {
            double s[12], new_size = pass == 0 ? 0.37 : pass == 1 ? 0.9 : 1.7;
            for (int i = 0; i < n; i++)
                s[i] = 100 * random_unit(&seed) - 30;
            for (int d = 0; d < 3; d++) {
                int64_t size[3] = { 1, 1, 1 };
                double to[3] = { 1, 1, 1 };
                size[d] = n;
                to[d] = new_size;
                mi_grid g = grid_of(size[0], size[1], size[2], 1, 1, 1);
                mi_grid r = resampled(&g, to[0], to[1], to[2]);
                double *out = run(&g, s, &r, MI_INTERP_CUBIC, NULL);
                for (int64_t j = 0; j < r.n[d]; j++) {
                    double x = mi_resample_origin(n, 1, r.n[d], new_size) + new_size * (double)j;
                    ck_assert_double_eq_tol(out[j], spline_at(s, n, x), 1e-11);
                }
                free(out);
            }
        }
}
END_TEST

START_TEST(cubic_keeps_cubic_polynomials)
{
    mi_grid g = grid_of(100, 1, 1, 1, 1, 1), r = resampled(&g, 0.7, 1, 1);
    double in[100];
    for (int i = 0; i < 100; i++)
        in[i] = pow((i - 50) / 10.0, 3) - i;
    double *out = run(&g, in, &r, MI_INTERP_CUBIC, NULL);
    for (int64_t j = 0; j < r.n[0]; j++) {
        double x = mi_resample_origin(100, 1, r.n[0], 0.7) + 0.7 * (double)j;
        if (x > 40 && x < 60)
            ck_assert_double_eq_tol(out[j], pow((x - 50) / 10, 3) - x, 1e-9);
    }
    free(out);
}
END_TEST

/* Any box of the result from just its support, against the whole. */
static void check_crop(mi_interp kind, double tolerance)
{
    uint64_t seed = 11;
    mi_grid g = grid_of(83, 9, 70, 1, 1.5, 0.8), r = resampled(&g, 1.3, 1, 1.1);
    mi_box all = whole(&g);
    double *in = malloc((size_t)mi_box_voxels(&all) * sizeof *in);
    for (int64_t i = 0; i < mi_box_voxels(&all); i++)
        in[i] = random_unit(&seed);
    double *ref = run(&g, in, &r, kind, NULL);
    mi_box b = { { r.n[0] - 20, 0, 20 }, { r.n[0] - 3, r.n[1], 23 } }, part;
    mi_resample_support(&g, &r, kind, &b, &part);
    ck_assert_int_gt(part.lo[0], 0);
    int64_t m = 0;
    double *crop = malloc((size_t)mi_box_voxels(&part) * sizeof *crop);
    for (int64_t k = part.lo[2]; k < part.hi[2]; k++)
        for (int64_t j = part.lo[1]; j < part.hi[1]; j++)
            for (int64_t i = part.lo[0]; i < part.hi[0]; i++)
                crop[m++] = in[(k * g.n[1] + j) * g.n[0] + i];
    double *out = malloc((size_t)mi_box_voxels(&b) * sizeof *out), *p = out;
    ck_assert_int_eq(mi_resample(&g, &part, crop, &r, &b, kind, out, NULL, NULL), 0);
    for (int64_t k = b.lo[2]; k < b.hi[2]; k++)
        for (int64_t j = b.lo[1]; j < b.hi[1]; j++)
            for (int64_t i = b.lo[0]; i < b.hi[0]; i++, p++)
                ck_assert_double_le(fabs(*p - ref[(k * r.n[1] + j) * r.n[0] + i]), tolerance);
    free(in);
    free(ref);
    free(crop);
    free(out);
}

START_TEST(crops_change_nothing)
{
    check_crop(MI_INTERP_NEAREST, 0);
    check_crop(MI_INTERP_LINEAR, 0);
    check_crop(MI_INTERP_CUBIC, 1e-14);
}
END_TEST

START_TEST(threads_change_nothing)
{
    uint64_t seed = 3;
    mi_grid g = grid_of(20, 17, 13, 1, 1, 2), r = resampled(&g, 0.8, 1.4, 0.9);
    mi_box all = whole(&g), to = whole(&r);
    double *in = malloc((size_t)mi_box_voxels(&all) * sizeof *in);
    for (int64_t i = 0; i < mi_box_voxels(&all); i++)
        in[i] = random_unit(&seed);
    for (int kind = 0; kind < 3; kind++) {
        double *one = run(&g, in, &r, (mi_interp)kind, NULL);
        for (int threads = 2; threads <= 7; threads += 5) {
            mi_pool *pool = mi_pool_new(threads, NULL);
            double *many = run(&g, in, &r, (mi_interp)kind, pool);
            ck_assert_mem_eq(one, many, (size_t)mi_box_voxels(&to) * sizeof *one);
            free(many);
            mi_pool_free(pool);
        }
        free(one);
    }
    free(in);
}
END_TEST

START_TEST(gaps_stay_where_they_are)
{
    mi_grid g = grid_of(40, 1, 1, 1, 1, 1), r = resampled(&g, 0.5, 1, 1);
    double in[40];
    for (int i = 0; i < 40; i++)
        in[i] = i;
    in[10] = NAN;
    in[20] = INFINITY;
    for (int kind = 0; kind < 3; kind++) {
        double *out = run(&g, in, &r, (mi_interp)kind, NULL);
        for (int64_t j = 0; j < r.n[0]; j++) {
            double x = mi_resample_origin(40, 1, r.n[0], 0.5) + 0.5 * (double)j;
            double reach = kind == MI_INTERP_NEAREST ? 0.5 : 1;
            bool gap = fabs(x - 10) < reach || fabs(x - 20) < reach;
            ck_assert_int_eq(!isfinite(out[j]), gap);
        }
        free(out);
    }
    /* a weight of 0 must not bring in a gap: samples on the voxels */
    double three[3] = { 1, 2, NAN };
    mi_grid h = grid_of(3, 1, 1, 1, 1, 1);
    mi_grid shifted = h;
    shifted.n[0] = 2;
    shifted.spacing[0] = 2; /* places 0 and 2 */
    double *l = run(&h, three, &shifted, MI_INTERP_LINEAR, NULL);
    ck_assert_double_eq(l[0], 1);
    ck_assert(isnan(l[1]));
    free(l);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("interpolation");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, sizes_and_places);
    tcase_add_test(t, centre_of_oblique_grid_stays);
    tcase_add_test(t, nearest_and_linear_by_hand);
    tcase_add_test(t, linear_is_separable);
    tcase_add_test(t, cubic_solves_the_spline);
    tcase_add_test(t, cubic_keeps_cubic_polynomials);
    tcase_add_test(t, crops_change_nothing);
    tcase_add_test(t, threads_change_nothing);
    tcase_add_test(t, gaps_stay_where_they_are);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
