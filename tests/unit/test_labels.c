/* Label maps counted and selected, against the plain way, in every voxel type. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "image/labels.h"

static void store(mi_volume *v, int64_t at, double x)
{
    switch (v->type) {
    case MI_U8: ((uint8_t *)v->data)[at] = (uint8_t)x; break;
    case MI_I8: ((int8_t *)v->data)[at] = (int8_t)x; break;
    case MI_U16: ((uint16_t *)v->data)[at] = (uint16_t)x; break;
    case MI_I16: ((int16_t *)v->data)[at] = (int16_t)x; break;
    case MI_U32: ((uint32_t *)v->data)[at] = (uint32_t)x; break;
    case MI_I32: ((int32_t *)v->data)[at] = (int32_t)x; break;
    case MI_U64: ((uint64_t *)v->data)[at] = (uint64_t)x; break;
    case MI_I64: ((int64_t *)v->data)[at] = (int64_t)x; break;
    case MI_F32: ((float *)v->data)[at] = (float)x; break;
    default: ((double *)v->data)[at] = x; break;
    }
}

static mi_volume zeros(mi_type type, int64_t nx, int64_t ny, int64_t nz)
{
    mi_volume v = MI_VOLUME_EMPTY;
    v.grid.n[0] = nx;
    v.grid.n[1] = ny;
    v.grid.n[2] = v.k1 = nz;
    v.type = type;
    v.data = calloc((size_t)(nx * ny * nz), mi_type_size(type));
    return v;
}

static void check_one(const mi_volume *v, const mi_label_stat *st)
{
    mi_box all = { { 0, 0, 0 }, { v->grid.n[0], v->grid.n[1], v->grid.n[2] } };
    size_t n = (size_t)mi_box_voxels(&all);
    double *x = malloc(n * sizeof *x);
    uint8_t *in = malloc(n);
    ck_assert_int_eq(mi_volume_load(v, &all, x, NULL), 0);
    ck_assert_int_eq(mi_labels_select(v, &st->value, 1, &all, in, NULL), 0);
    int64_t voxels = 0, wrong = 0;
    mi_box b = { { INT64_MAX, INT64_MAX, INT64_MAX }, { 0, 0, 0 } };
    for (size_t i = 0; i < n; i++) {
        wrong += in[i] != (x[i] == (double)st->value);
        if (!in[i])
            continue;
        int64_t at[3] = { (int64_t)i % v->grid.n[0], (int64_t)i / v->grid.n[0] % v->grid.n[1],
                          (int64_t)i / v->grid.n[0] / v->grid.n[1] };
        voxels++;
        for (int d = 0; d < 3; d++) {
            b.lo[d] = at[d] < b.lo[d] ? at[d] : b.lo[d];
            b.hi[d] = at[d] + 1 > b.hi[d] ? at[d] + 1 : b.hi[d];
        }
    }
    ck_assert_int_eq(wrong, 0);
    ck_assert_int_eq(st->voxels, voxels);
    ck_assert_int_eq(memcmp(&b, &st->box, sizeof b), 0);
    free(in);
    free(x);
}

/* How many labels; each is checked against the plain way. */
static int check_count(const mi_volume *v)
{
    mi_label_stat *st;
    int n;
    mi_err e = MI_ERR_EMPTY;
    ck_assert_msg(mi_labels_count(v, &st, &n, &e) == 0, "%s", e.message);
    for (int i = 0; i < n; i++) {
        ck_assert(i == 0 || st[i].value > st[i - 1].value);
        ck_assert(st[i].value != 0);
        check_one(v, &st[i]);
    }
    free(st);
    return n;
}

START_TEST(every_type)
{
    srand(9);
    for (int t = 0; t < MI_TYPES; t++)
        for (int nx = 1; nx < 40; nx += 6) {
            mi_volume v = zeros((mi_type)t, nx, 7, 6);
            ck_assert_int_eq(check_count(&v), 0);
            for (int64_t i = 0; i < nx * 42; i++)
                if (rand() % 3 == 0)
                    store(&v, i, 1 + rand() % 5);
            for (int64_t i = nx * 14; i < nx * 16; i++)
                store(&v, i, 6);
            ck_assert_int_ge(check_count(&v), 1);
            mi_volume_free(&v);
        }
}
END_TEST

START_TEST(wide_and_negative)
{
    static const double odd[] = { -3,    -70000, 70000,  2147483647, -2147483648.0,
                                  65536, 131072, 196608 };
    static const mi_type types[] = { MI_I32, MI_I64, MI_F64 };
    for (int t = 0; t < MI_COUNT(types); t++) {
        mi_volume v = zeros(types[t], 5, 5, 5);
        for (int i = 0; i < 100; i++)
            store(&v, i, odd[i % MI_COUNT(odd)]);
        ck_assert_int_eq(check_count(&v), MI_COUNT(odd));
        mi_volume_free(&v);
    }
    mi_volume v = zeros(MI_I8, 5, 5, 5);
    store(&v, 0, -128);
    store(&v, 124, 127);
    ck_assert_int_eq(check_count(&v), 2);
    mi_volume_free(&v);
}
END_TEST

START_TEST(scaled)
{
    mi_volume v = zeros(MI_I16, 6, 5, 4);
    v.slope = 2;
    v.inter = -1;
    mi_err e = MI_ERR_EMPTY;
    ck_assert_int_eq(check_count(&v), 1); /* stored 0 is label -1 */
    v.inter = 0;
    store(&v, 7, 3);
    ck_assert_int_eq(check_count(&v), 1); /* label 6 */
    v.slope = 0.5;
    mi_label_stat *st;
    int n;
    ck_assert_int_eq(mi_labels_count(&v, &st, &n, &e), -1);
    ck_assert_str_eq(e.message, "1 voxel holds no whole number; "
                                "the first is 1.5 at voxel (1, 1, 0)");
    ck_assert_ptr_null(st);
    mi_volume_free(&v);
}
END_TEST

/* What a writer makes of 0 and 3 in an integer type, with the slope that fits it in float32. */
START_TEST(scaled_by_float32)
{
    static const struct {
        mi_type type;
        double top, inter;
    } kinds[] = { { MI_U8, 255, 0 }, { MI_I16, 32767, 0 }, { MI_U16, 65535, 0 },
                  { MI_I16, 32767, 1.5 }, { MI_I8, 127, 0 } };
    for (int i = 0; i < MI_COUNT(kinds); i++) {
        mi_volume v = zeros(kinds[i].type, 6, 5, 4);
        v.slope = (float)((3 - kinds[i].inter) / kinds[i].top);
        v.inter = (float)kinds[i].inter;
        for (int k = 0; k < 120; k++)
            store(&v, k, k < 20 ? kinds[i].top : kinds[i].inter == 0 ? 0 : -kinds[i].top);
        mi_label_stat *st;
        mi_err e = MI_ERR_EMPTY;
        int n = 0;
        ck_assert_msg(mi_labels_count(&v, &st, &n, &e) == 0, "%d: %s", i, e.message);
        ck_assert_int_eq(n, 1);
        ck_assert_int_eq(st[0].value, 3);
        ck_assert_int_eq(st[0].voxels, 20);
        ck_assert(mi_labels_likely(&v));
        uint8_t in[120];
        const mi_box all = { { 0, 0, 0 }, { 6, 5, 4 } };
        ck_assert_int_eq(mi_labels_select(&v, &st[0].value, 1, &all, in, &e), 0);
        ck_assert_int_eq(in[19] + in[20], 1);
        free(st);
        v.slope *= 1.001; /* 3.003 is no label */
        ck_assert_int_eq(mi_labels_count(&v, &st, &n, &e), -1);
        mi_volume_free(&v);
    }
}
END_TEST

START_TEST(no_label_map)
{
    mi_label_stat *st;
    int n;
    mi_err e = MI_ERR_EMPTY;
    mi_volume v = zeros(MI_F32, 6, 5, 4);
    store(&v, 50, 0.25);
    store(&v, 60, NAN);
    store(&v, 61, NAN);
    store(&v, 70, INFINITY);
    store(&v, 71, 1e30);
    ck_assert_int_eq(mi_labels_count(&v, &st, &n, &e), -1);
    ck_assert_int_eq(e.cls, MI_E_DATA);
    ck_assert_str_eq(e.message, "5 voxels hold no whole number; "
                                "the first is 0.25 at voxel (2, 3, 1)");
    ck_assert_str_eq(e.hint, "a probability map? threshold it first");
    store(&v, 50, 0);
    e.cls = MI_E_NONE;
    ck_assert_int_eq(mi_labels_count(&v, &st, &n, &e), -1);
    ck_assert_str_eq(e.message, "4 voxels hold no whole number; "
                                "the first is nan at voxel (0, 0, 2)");
    mi_volume_free(&v);
    v = zeros(MI_U64, 4, 1, 1);
    ((uint64_t *)v.data)[2] = UINT64_MAX;
    ck_assert_int_eq(mi_labels_count(&v, &st, &n, NULL), -1);
    mi_volume_free(&v);
    v = zeros(MI_F32, 2, 1, 1);
    store(&v, 0, -0.0);
    ck_assert_int_eq(check_count(&v), 0);
    mi_volume_free(&v);
}
END_TEST

START_TEST(too_many)
{
    mi_label_stat *st;
    int n;
    mi_err e = MI_ERR_EMPTY;
    mi_volume v = zeros(MI_I32, 300, 300, 1);
    for (int i = 0; i < 65537; i++)
        store(&v, i, i * 3.0);
    ck_assert_int_eq(mi_labels_count(&v, &st, &n, &e), 0); /* one of them is the background */
    ck_assert_int_eq(n, 65536);
    ck_assert_int_eq(st[65535].value, 65536 * 3);
    free(st);
    store(&v, 65537, -1);
    ck_assert_int_eq(mi_labels_count(&v, &st, &n, &e), -1);
    ck_assert_str_eq(e.message, "more than 65536 different labels");
    mi_volume_free(&v);
}
END_TEST

START_TEST(trimmed_and_unions)
{
    mi_volume v = zeros(MI_U16, 3, 2, 2);
    v.grid.n[2] = 10;
    v.k0 = 4;
    v.k1 = 6;
    v.trimmed = true;
    store(&v, 1, 5);
    store(&v, 11, 8);
    ck_assert_int_eq(check_count(&v), 2);
    mi_label_stat *st;
    int n;
    ck_assert_int_eq(mi_labels_count(&v, &st, &n, NULL), 0);
    ck_assert_int_eq(st[1].box.lo[2], 5);
    ck_assert_int_eq(st[1].box.hi[2], 6);
    free(st);
    const int64_t both[] = { 8, 5 }, background[] = { 0 };
    uint8_t out[12];
    mi_box b = { { 0, 0, 4 }, { 3, 2, 6 } };
    ck_assert_int_eq(mi_labels_select(&v, both, 2, &b, out, NULL), 0);
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(out[i], i == 1 || i == 11);
    ck_assert_int_eq(mi_labels_select(&v, background, 1, &b, out, NULL), 0);
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(out[i], i != 1 && i != 11);
    mi_box beyond = { { 0, 0, 9 }, { 3, 2, 11 } };
    mi_err e = MI_ERR_EMPTY;
    ck_assert_int_eq(mi_labels_select(&v, both, 2, &beyond, out, &e), -1);
    ck_assert_int_eq(e.cls, MI_E_INTERNAL);
    v.trimmed = false;
    mi_box unheld = { { 0, 0, 3 }, { 3, 2, 5 } };
    ck_assert_int_eq(mi_labels_select(&v, both, 2, &unheld, out, NULL), -1);
    free(v.data);
    v.data = NULL;
    ck_assert_int_eq(mi_labels_count(&v, &st, &n, NULL), -1);
    mi_volume_free(&v);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("labels");
    TCase *t = tcase_create("labels");
    suite_add_tcase(s, t);
    tcase_add_test(t, every_type);
    tcase_add_test(t, wide_and_negative);
    tcase_add_test(t, scaled);
    tcase_add_test(t, scaled_by_float32);
    tcase_add_test(t, no_label_map);
    tcase_add_test(t, too_many);
    tcase_add_test(t, trimmed_and_unions);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
