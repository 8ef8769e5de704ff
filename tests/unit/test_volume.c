/* Volumes: types, boxes, loading of values, what travels along. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "image/volume.h"

START_TEST(types)
{
    static const size_t size[MI_TYPES] = { 1, 1, 2, 2, 4, 4, 8, 8, 4, 8 };
    for (int t = 0; t < MI_TYPES; t++) {
        ck_assert_uint_eq(mi_type_size((mi_type)t), size[t]);
        ck_assert(mi_type_is_float((mi_type)t) == (t == MI_F32 || t == MI_F64));
    }
    ck_assert_str_eq(mi_type_name(MI_I16), "int16");
    ck_assert_str_eq(mi_type_name(MI_F64), "float64");
    ck_assert_uint_eq(mi_type_size(MI_TYPES), 0);
    ck_assert_str_eq(mi_type_name((mi_type)-1), "unknown");
}
END_TEST

START_TEST(boxes)
{
    mi_box b = { { 1, 2, 3 }, { 4, 4, 4 } }, flat = { { 0, 0, 5 }, { 9, 9, 5 } };
    ck_assert(!mi_box_empty(&b));
    ck_assert_int_eq(mi_box_voxels(&b), 6);
    ck_assert(mi_box_empty(&flat));
    ck_assert_int_eq(mi_box_voxels(&flat), 0);
    mi_box inverted = { { 3, 3, 3 }, { 1, 1, 9 } };
    ck_assert_int_eq(mi_box_voxels(&inverted), 0);
}
END_TEST

/* A 4x3x5 volume whose stored values are their own element numbers, slices k0 .. k1-1 held. */
static mi_volume numbered(mi_type type, int64_t k0, int64_t k1)
{
    mi_volume v = MI_VOLUME_EMPTY;
    v.grid = (mi_grid){ .n = { 4, 3, 5 } };
    v.type = type;
    v.k0 = k0;
    v.k1 = k1;
    v.data = malloc(60 * 8);
    for (int i = 0; i < 12 * (int)(k1 - k0); i++) {
        int x = i + 12 * (int)k0;
        switch (type) {
        case MI_U8: ((uint8_t *)v.data)[i] = (uint8_t)x; break;
        case MI_I8: ((int8_t *)v.data)[i] = (int8_t)x; break;
        case MI_U16: ((uint16_t *)v.data)[i] = (uint16_t)x; break;
        case MI_I16: ((int16_t *)v.data)[i] = (int16_t)x; break;
        case MI_U32: ((uint32_t *)v.data)[i] = (uint32_t)x; break;
        case MI_I32: ((int32_t *)v.data)[i] = x; break;
        case MI_U64: ((uint64_t *)v.data)[i] = (uint64_t)x; break;
        case MI_I64: ((int64_t *)v.data)[i] = x; break;
        case MI_F32: ((float *)v.data)[i] = (float)x; break;
        default: ((double *)v.data)[i] = x; break;
        }
    }
    return v;
}

START_TEST(load_every_type)
{
    mi_box b = { { 1, 0, 2 }, { 3, 3, 4 } };
    double out[12];
    for (int t = 0; t < MI_TYPES; t++)
        for (int scaled = 0; scaled < 2; scaled++) {
            mi_volume v = numbered((mi_type)t, 1, 4);
            if (scaled) {
                v.slope = -0.1;
                v.inter = 1024;
            }
            ck_assert_int_eq(mi_volume_load(&v, &b, out, NULL), 0);
            for (int n = 0; n < 12; n++) {
                double stored = 1 + n % 2 + 4 * (n / 2 % 3) + 12 * (2 + n / 6);
                ck_assert(out[n] == (scaled ? -0.1 * stored + 1024 : stored));
            }
            mi_volume_free(&v);
        }
}
END_TEST

START_TEST(load_keeps_within)
{
    static const mi_box outside[] = {
        { { 0, 0, 0 }, { 4, 3, 3 } },  { { 0, 0, 2 }, { 4, 3, 5 } },  { { -1, 0, 2 }, { 4, 3, 3 } },
        { { 0, 0, 2 }, { 5, 3, 3 } },  { { 0, 0, 2 }, { 4, 4, 3 } },
    };
    double out[60];
    mi_volume v = numbered(MI_I16, 1, 4);
    for (int i = 0; i < MI_COUNT(outside); i++) {
        mi_err e = MI_ERR_EMPTY;
        ck_assert_int_eq(mi_volume_load(&v, &outside[i], out, &e), -1);
        ck_assert_int_eq(e.cls, MI_E_INTERNAL);
    }
    mi_box none = { { 0, 0, 0 }, { 0, 3, 9 } };
    ck_assert_int_eq(mi_volume_load(&v, &none, out, NULL), 0);
    v.trimmed = true;
    mi_box all = { { 0, 0, 0 }, { 4, 3, 5 } };
    ck_assert_int_eq(mi_volume_load(&v, &all, out, NULL), 0);
    for (int i = 0; i < 60; i++)
        ck_assert(out[i] == (i < 12 || i >= 48 ? 0 : i));
    free(v.data);
    v.data = NULL;
    ck_assert_int_eq(mi_volume_load(&v, &all, out, NULL), -1);
    v.k0 = v.k1 = 0; /* a label map without any label */
    ck_assert_int_eq(mi_volume_load(&v, &all, out, NULL), 0);
    ck_assert(out[20] == 0);
    mi_volume_free(&v);
}
END_TEST

START_TEST(meta_is_copied_whole)
{
    mi_meta m = { .bundle_index = 2, .bundle_of = 3 }, copy = { .n_labels = 0 };
    m.role = strdup("mask");
    m.unit = strdup("HU");
    m.n_labels = 2;
    m.label = calloc(2, sizeof *m.label);
    m.label[0] = (mi_label){ .value = 1, .name = strdup("tumour"), .rgb = { 255, 0, 0 } };
    m.label[1] = (mi_label){ .value = 7, .code = strdup("c"), .rgb = { -1, -1, -1 } };
    m.history = cJSON_Parse("[{\"tool\":\"mi-preproc\"}]");
    ck_assert_int_eq(mi_meta_copy(&copy, &m, NULL), 0);
    ck_assert_int_eq(mi_meta_copy(&copy, &m, NULL), 0); /* what was there is freed */
    mi_meta_free(&m);
    mi_meta_free(&m);
    ck_assert_str_eq(copy.role, "mask");
    ck_assert_str_eq(copy.unit, "HU");
    ck_assert_ptr_null(copy.modality);
    ck_assert_int_eq(copy.bundle_of, 3);
    ck_assert_str_eq(mi_meta_label_name_ref(&copy, 1), "tumour");
    ck_assert_ptr_null(mi_meta_label_name_ref(&copy, 7));
    ck_assert_ptr_null(mi_meta_label_name_ref(&copy, 2));
    ck_assert_int_eq(copy.label[0].rgb[0], 255);
    ck_assert_ptr_null(copy.label[0].code);
    ck_assert_str_eq(copy.label[1].code, "c");
    ck_assert_int_eq(cJSON_GetArraySize(copy.history), 1);
    mi_meta_free(&copy);
}
END_TEST

START_TEST(free_leaves_it_empty)
{
    mi_volume v = numbered(MI_U8, 0, 5);
    v.name = strdup("a.nii");
    ck_assert_int_eq(mi_volume_slice_voxels(&v), 12);
    mi_warn(&v.warnings, "x", "y");
    mi_volume_free(&v);
    ck_assert_ptr_null(v.data);
    ck_assert_ptr_null(v.name);
    ck_assert_int_eq(v.warnings.n, 0);
    ck_assert(v.slope == 1 && v.inter == 0);
    mi_volume_free(&v);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("volume");
    TCase *t = tcase_create("volume");
    suite_add_tcase(s, t);
    tcase_add_test(t, types);
    tcase_add_test(t, boxes);
    tcase_add_test(t, load_every_type);
    tcase_add_test(t, load_keeps_within);
    tcase_add_test(t, meta_is_copied_whole);
    tcase_add_test(t, free_leaves_it_empty);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
