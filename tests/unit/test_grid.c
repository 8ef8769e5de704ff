/* Grids in world space: equality, differences in words, rearranging to other storage axes. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "image/grid.h"

/* An oblique grid: columns of a rotation times the spacing. */
static mi_grid oblique(int64_t nx, int64_t ny, int64_t nz)
{
    double c = cos(0.3), s = sin(0.3), c2 = cos(-0.2), s2 = sin(-0.2);
    double r[3][3] = { { c, -s * c2, s * s2 }, { s, c * c2, -c * s2 }, { 0, s2, c2 } };
    mi_grid g = { .n = { nx, ny, nz }, .spacing = { 0.8, 0.9, 2.5 } };
    static const double origin[3] = { -120, 33.5, 700 };
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            g.m[i][j] = r[i][j] * g.spacing[j];
        g.m[i][3] = origin[i];
    }
    return g;
}

static mi_grid plain(int64_t nx, int64_t ny, int64_t nz)
{
    return (mi_grid){ .n = { nx, ny, nz },
                      .m = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } },
                      .spacing = { 1, 1, 1 } };
}

static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                  { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

static mi_axes storage(int which)
{
    mi_axes a = { .identity = which == 0 };
    for (int d = 0; d < 3; d++) {
        a.axis[d] = orders[which / 8][d];
        a.flip[d] = which >> d & 1;
    }
    return a;
}

START_TEST(world_and_back)
{
    mi_grid g = oblique(10, 20, 30);
    double index[3] = { 3.25, -7, 11 }, world[3], back[3];
    mi_grid_world(&g, index, world);
    ck_assert_int_eq(mi_grid_index(&g, world, back), 0);
    for (int d = 0; d < 3; d++)
        ck_assert_double_eq_tol(back[d], index[d], 1e-12);
    for (int r = 0; r < 3; r++)
        g.m[r][2] = g.m[r][1];
    ck_assert_int_eq(mi_grid_index(&g, world, back), -1);
}
END_TEST

START_TEST(voxel_volumes)
{
    mi_grid g = oblique(1, 1, 1);
    ck_assert_double_eq_tol(mi_grid_voxel_volume(&g), 1.8, 1e-15);
    g.spacing[0] = 0.800001; /* what the file states counts */
    ck_assert(mi_grid_voxel_volume(&g) == 0.800001 * 0.9 * 2.5);
    mi_grid sheared = plain(2, 2, 2);
    sheared.m[0][2] = 0.5;
    sheared.spacing[2] = sqrt(1.25);
    ck_assert_double_eq_tol(mi_grid_voxel_volume(&sheared), 1, 1e-15);
    mi_grid left = plain(2, 2, 2);
    left.m[0][0] = -3;
    left.m[0][2] = 1;
    ck_assert_double_eq_tol(mi_grid_voxel_volume(&left), 3, 1e-15);
}
END_TEST

START_TEST(orientations)
{
    char out[4], text[128];
    mi_grid g = plain(512, 512, 120);
    mi_grid_orientation(&g, out);
    ck_assert_str_eq(out, "RAS");
    g.m[0][0] = g.m[1][1] = -0.8;
    mi_grid_orientation(&g, out);
    ck_assert_str_eq(out, "LPS");
    g.spacing[0] = g.spacing[1] = 0.8f;
    ck_assert_str_eq(mi_grid_text(&g, text), "512x512x120, 0.8x0.8x1 mm");
    mi_grid sagittal = { .n = { 1, 1, 1 },
                         .m = { { 0, 0, 1, 0 }, { -1, 0.1, 0, 0 }, { 0, -1, 0, 0 } } };
    mi_grid_orientation(&sagittal, out);
    ck_assert_str_eq(out, "PIR");
    g = oblique(1, 1, 1);
    mi_grid_orientation(&g, out);
    ck_assert_str_eq(out, "RAS");
    mi_grid turned = plain(1, 1, 1); /* 45 degrees: still three different letters */
    turned.m[0][0] = turned.m[0][1] = turned.m[1][1] = sqrt(0.5);
    turned.m[1][0] = -sqrt(0.5);
    mi_grid_orientation(&turned, out);
    ck_assert(strcmp(out, "RAS") == 0 || strcmp(out, "PRS") == 0);
}
END_TEST

/* The old element number of each voxel tells where it came from: its place in the world must not
   change. */
static void check_rearranged(int which, bool trimmed, int64_t k0, int64_t k1, mi_type type)
{
    mi_grid g = oblique(4, 3, 5);
    mi_axes axes = storage(which);
    mi_volume v = MI_VOLUME_EMPTY;
    v.grid = g;
    v.type = type;
    v.trimmed = trimmed;
    v.k0 = k0;
    v.k1 = k1;
    size_t size = mi_type_size(type);
    unsigned char *p = v.data = calloc((size_t)(12 * (k1 - k0)) + 1, size);
    for (int64_t i = 0; i < 12 * (k1 - k0); i++) /* the first byte of an element, none zero */
        p[(size_t)i * size] = (unsigned char)(1 + i + 12 * k0);
    mi_err e = MI_ERR_EMPTY;
    ck_assert_msg(mi_volume_rearrange(&v, &axes, &e) == 0, "%d: %s", which, e.message);
    p = v.data;
    int64_t found = 0;
    for (int64_t k = v.k0; k < v.k1; k++)
        for (int64_t j = 0; j < v.grid.n[1]; j++)
            for (int64_t i = 0; i < v.grid.n[0]; i++) {
                size_t at = (size_t)(((k - v.k0) * v.grid.n[1] + j) * v.grid.n[0] + i);
                int64_t old = p[at * size] - 1;
                if (old < 0)
                    continue;
                found++;
                double a[3] = { (double)i, (double)j, (double)k }, wa[3], wb[3];
                double b[3] = { (double)(old % 4), (double)(old / 4 % 3), (double)(old / 12) };
                mi_grid_world(&v.grid, a, wa);
                mi_grid_world(&g, b, wb);
                for (int d = 0; d < 3; d++)
                    ck_assert_double_eq_tol(wa[d], wb[d], 1e-12);
            }
    ck_assert_int_eq(found, 12 * (k1 - k0));
    for (int d = 0; d < 3; d++) {
        ck_assert_int_eq(v.grid.n[d], g.n[axes.axis[d]]);
        ck_assert(v.grid.spacing[d] == g.spacing[axes.axis[d]]);
    }
    mi_axes seen, back;
    ck_assert_int_eq(mi_grid_same(&v.grid, &g, 0.01, "image", "mask", &seen, NULL), 0);
    ck_assert_int_eq(memcmp(seen.axis, axes.axis, sizeof seen.axis), 0);
    ck_assert_int_eq(memcmp(seen.flip, axes.flip, sizeof seen.flip), 0);
    ck_assert(seen.identity == (which == 0));
    ck_assert_int_eq(mi_grid_same(&g, &v.grid, 0.01, "image", "mask", &back, NULL), 0);
    ck_assert_int_eq(mi_volume_rearrange(&v, &back, NULL), 0);
    ck_assert_int_eq(v.k1 - v.k0, k1 - k0);
    ck_assert(k0 == k1 || v.k0 == k0);
    p = v.data;
    for (int64_t i = 0; i < 12 * (k1 - k0); i++)
        ck_assert_int_eq(p[(size_t)i * size], 1 + i + 12 * k0);
    mi_volume_free(&v);
}

START_TEST(rearrange_all_ways)
{
    static const mi_type types[4] = { MI_U8, MI_I16, MI_F32, MI_I64 };
    for (int which = 0; which < 48; which++)
        for (int t = 0; t < 4; t++) {
            check_rearranged(which, false, 0, 5, types[t]);
            check_rearranged(which, true, 1, 3, types[t]);
            check_rearranged(which, true, 4, 5, types[t]);
            check_rearranged(which, true, 2, 2, types[t]);
            if (storage(which).axis[2] == 2)
                check_rearranged(which, false, 1, 4, types[t]);
        }
}
END_TEST

START_TEST(rearrange_refuses_and_keeps)
{
    mi_volume v = MI_VOLUME_EMPTY;
    mi_axes turn = { .axis = { 2, 1, 0 } };
    mi_err e = MI_ERR_EMPTY;
    v.grid = plain(4, 3, 5);
    v.k0 = 1;
    v.k1 = 3;
    v.data = calloc(24, 1);
    ck_assert_int_eq(mi_volume_rearrange(&v, &turn, &e), -1);
    ck_assert_int_eq(e.cls, MI_E_INTERNAL);
    ck_assert_int_eq(v.grid.n[0], 4);
    /* A trimmed map is cut to its labels again. */
    v.trimmed = true;
    ((uint8_t *)v.data)[12 + 4 + 2] = 9; /* voxel (2, 1, 2) */
    ck_assert_int_eq(mi_volume_rearrange(&v, &turn, NULL), 0);
    ck_assert_int_eq(v.k0, 2);
    ck_assert_int_eq(v.k1, 3);
    ck_assert_int_eq(((uint8_t *)v.data)[1 * 5 + 2], 9);
    mi_volume_free(&v);
    v.grid = plain(4, 3, 5); /* header only */
    ck_assert_int_eq(mi_volume_rearrange(&v, &turn, NULL), 0);
    ck_assert_int_eq(v.grid.n[0], 5);
    ck_assert_ptr_null(v.data);
    mi_volume_free(&v);
}
END_TEST

static void check_message(const mi_grid *a, const mi_grid *b, const char *expected)
{
    mi_err e = MI_ERR_EMPTY;
    ck_assert_int_eq(mi_grid_same(a, b, 0.01, "image", "mask", NULL, &e), -1);
    ck_assert_int_eq(e.cls, MI_E_GEOMETRY);
    ck_assert_str_eq(e.message, expected);
    ck_assert_str_eq(e.hint,
                     "resample the mask onto the image: mi-preproc --as-mask --like IMAGE MASK");
}

START_TEST(differences_in_words)
{
    mi_grid a = plain(512, 512, 118), b = plain(512, 512, 120);
    check_message(&a, &b, "mask is 512x512x120, image is 512x512x118");
    b = a;
    b.m[0][3] = 1.5;
    check_message(&a, &b,
                  "mask is shifted by 1.5 mm (1.5 voxels) against the image: (1.5, 0, 0) mm "
                  "in RAS");
    a.m[2][2] = b.m[2][2] = 3;
    b.m[0][3] = 0;
    b.m[2][3] = -1.5;
    check_message(&a, &b,
                  "mask is shifted by 1.5 mm (0.5 voxels) against the image: (0, 0, -1.5) mm "
                  "in RAS");
    a = plain(100, 100, 100);
    b = a;
    b.m[0][0] = cos(0.015);
    b.m[1][0] = sin(0.015);
    b.m[0][1] = -sin(0.015);
    b.m[1][1] = cos(0.015);
    check_message(&a, &b,
                  "mask lies 2.11 mm (2.11 voxels) away from the image at the farthest corner");
    b = a;
    b.m[0][0] = 0.5;
    check_message(&a, &b,
                  "mask has voxels of 0.5x1x1 mm, image of 1x1x1 mm: they lie 49.8 mm "
                  "(49.8 voxels) apart at the farthest corner");
    b = a;
    b.m[0][0] = NAN;
    mi_err e = MI_ERR_EMPTY;
    ck_assert_int_eq(mi_grid_same(&a, &b, 0.01, "image", "mask", NULL, &e), -1);
    ck_assert_int_eq(e.cls, MI_E_GEOMETRY);
    memset(b.m, 0, sizeof b.m);
    ck_assert_int_eq(mi_grid_same(&b, &b, 0.01, "image", "mask", NULL, NULL), 0);
}
END_TEST

START_TEST(tolerance)
{
    mi_grid a = oblique(100, 100, 40), b = a;
    mi_axes axes;
    b.m[1][3] += 0.0079; /* the smallest edge is 0.8 mm */
    ck_assert_int_eq(mi_grid_same(&a, &b, 0.01, "image", "mask", &axes, NULL), 0);
    ck_assert(axes.identity);
    b.m[1][3] += 0.0002;
    ck_assert_int_eq(mi_grid_same(&a, &b, 0.01, "image", "mask", &axes, NULL), -1);
    ck_assert_int_eq(mi_grid_same(&a, &b, 0.02, "image", "mask", &axes, NULL), 0);
    /* The same size and shape, but another person's head. */
    b = a;
    for (int r = 0; r < 3; r++)
        b.m[r][0] = -b.m[r][0];
    ck_assert_int_eq(mi_grid_same(&a, &b, 0.01, "image", "mask", &axes, NULL), -1);
    /* Two slices of different thickness do not share a grid, though their centres coincide. */
    a = plain(10, 10, 1);
    b = a;
    b.m[2][2] = 5;
    ck_assert_int_eq(mi_grid_same(&a, &b, 0.01, "image", "mask", &axes, NULL), -1);
    /* Rounding as float32 headers do it passes. */
    a = oblique(512, 512, 400);
    b = a;
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 4; c++)
            b.m[r][c] = (float)b.m[r][c];
    ck_assert_int_eq(mi_grid_same(&a, &b, 0.01, "image", "mask", &axes, NULL), 0);
}
END_TEST

START_TEST(odd_axes_are_warned_of)
{
    mi_grid g = oblique(20, 20, 20);
    mi_warnings w = MI_WARNINGS_EMPTY;
    mi_grid_warn(&g, &w);
    ck_assert_int_eq(w.n, 0);
    g = plain(20, 20, 20);
    g.m[0][2] = 0.1 * g.m[2][2];
    mi_grid_warn(&g, &w);
    ck_assert_int_eq(w.n, 1);
    ck_assert_str_eq(w.item[0].code, "sheared");
    ck_assert_str_eq(w.item[0].why,
                     "the axes of the grid are not at right angles (up to 5.71 degrees off)");
    mi_warnings_free(&w);
    g = plain(20, 20, 20);
    g.m[1][1] *= 1.5;
    mi_grid_warn(&g, &w);
    ck_assert_int_eq(w.n, 1);
    ck_assert_str_eq(w.item[0].why,
                     "the axes of the grid are not of the length of the voxel size (50 %)");
    mi_warnings_free(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("grid");
    TCase *t = tcase_create("grid");
    suite_add_tcase(s, t);
    tcase_add_test(t, world_and_back);
    tcase_add_test(t, odd_axes_are_warned_of);
    tcase_add_test(t, voxel_volumes);
    tcase_add_test(t, orientations);
    tcase_add_test(t, rearrange_all_ways);
    tcase_add_test(t, rearrange_refuses_and_keeps);
    tcase_add_test(t, differences_in_words);
    tcase_add_test(t, tolerance);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
