/* Every real NIfTI and MGH file of the reference material against facts.json (made with nibabel
   and SimpleITK), and the damaged ones against what must happen to them. */
#define _GNU_SOURCE
#include <check.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/json.h"
#include "image/grid.h"
#include "io/source.h"

static char root[3000];
static cJSON *facts;

/* The folder of images, or "" when there is none. */
static void find_shared(void)
{
    const char *shared = getenv("MI_SHARED");
    mi_err err = MI_ERR_EMPTY;
    char path[4096];
    snprintf(root, sizeof root, "%s/data", shared ? shared : "../shared");
    snprintf(path, sizeof path, "%s/facts.json", root);
    if (access(path, R_OK) != 0) {
        printf("SKIP: reading of the shared images, no %s (set MI_SHARED)\n", path);
        root[0] = '\0';
        return;
    }
    facts = mi_json_read(path, &err);
    if (!facts) {
        printf("%s\n", err.message);
        exit(1);
    }
}

static const cJSON *facts_of(const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItem(facts, "files"), name);
}

static double number(const cJSON *o, const char *key)
{
    double x = NAN;
    mi_json_get_number(cJSON_GetObjectItem(o, key), &x);
    return x;
}

static double number_at(const cJSON *o, const char *key, int i)
{
    double x = NAN;
    mi_json_get_number(cJSON_GetArrayItem(cJSON_GetObjectItem(o, key), i), &x);
    return x;
}

typedef struct stats {
    double n, sum, sum2, min, max;
} stats;

/* Values of an item; the squares are taken about `about` so that nothing is lost. */
static void add_stats(stats *s, const mi_volume *v, double about)
{
    mi_box b = { { 0, 0, 0 }, { v->grid.n[0], v->grid.n[1], 1 } };
    int64_t slice = mi_volume_slice_voxels(v);
    mi_err err = MI_ERR_EMPTY;
    double *x = malloc((size_t)slice * sizeof *x);
    for (int64_t k = 0; k < v->grid.n[2]; k++) {
        b.lo[2] = k;
        b.hi[2] = k + 1;
        ck_assert_msg(mi_volume_load(v, &b, x, &err) == 0, "%s", err.message);
        for (int64_t i = 0; i < slice; i++) {
            s->n++;
            s->sum += x[i] - about;
            s->sum2 += (x[i] - about) * (x[i] - about);
            s->min = fmin(s->min, x[i]);
            s->max = fmax(s->max, x[i]);
        }
    }
    free(x);
}

static void check_stats(const char *name, const stats *s, const cJSON *want)
{
    double scale = fmax(fmax(fabs(number(want, "min")), fabs(number(want, "max"))), 1e-6),
           tol = 1e-6 * scale;
    double about = number(want, "mean"), mean = s->sum / s->n,
           sd = sqrt(s->sum2 / s->n - mean * mean);
    ck_assert_msg(s->n == number(want, "n"), "%s: %g voxels", name, s->n);
    ck_assert_msg(fabs(s->min - number(want, "min")) <= tol, "%s: min %.10g", name, s->min);
    ck_assert_msg(fabs(s->max - number(want, "max")) <= tol, "%s: max %.10g", name, s->max);
    ck_assert_msg(fabs(mean) <= tol, "%s: mean %.10g", name, mean + about);
    if (cJSON_GetObjectItem(want, "sd_population"))
        ck_assert_msg(fabs(sd - number(want, "sd_population")) <= tol, "%s: sd %.10g", name, sd);
}

/* Size, spacing, and the place of the first and last voxel in space; facts are LPS, the grid
   RAS. */
static void check_grid(const char *name, const mi_volume *v, const cJSON *header, const cJSON *itk)
{
    const cJSON *shape = cJSON_GetObjectItem(header, "shape");
    for (int i = 0; i < 3 && i < cJSON_GetArraySize(shape); i++) {
        ck_assert_msg(v->grid.n[i] == number_at(header, "shape", i), "%s: size of axis %d", name,
                      i);
        if (cJSON_GetObjectItem(header, "zooms"))
            ck_assert_msg(fabs(v->grid.spacing[i] - number_at(header, "zooms", i)) <=
                              1e-6 * v->grid.spacing[i],
                          "%s: spacing %.9g on axis %d", name, v->grid.spacing[i], i);
    }
    bool placed = number(header, "qform_code") > 0 || number(header, "sform_code") > 0;
    int dims = cJSON_GetArraySize(cJSON_GetObjectItem(itk, "size"));
    if (!placed || dims < 3)
        return;
    for (int corner = 0; corner < 2; corner++)
        for (int i = 0; i < 3; i++) {
            double want = number_at(itk, "origin_lps", i), got = v->grid.m[i][3];
            for (int j = 0; corner && j < 3; j++) {
                double last = (double)(v->grid.n[j] - 1);
                want += number_at(itk, "direction_lps_rowmajor", i * dims + j) *
                        number_at(itk, "spacing", j) * last;
                got += v->grid.m[i][j] * last;
            }
            if (i < 2)
                got = -got;
            ck_assert_msg(fabs(want - got) < 5e-3, "%s: corner %d at %.9g on axis %d, not %.9g",
                          name, corner, got, i, want);
        }
}

/* Every frame of one file. */
static void check_file(const char *name)
{
    const cJSON *f = facts_of(name), *header = cJSON_GetObjectItem(f, "header");
    const cJSON *want = cJSON_GetObjectItem(f, "nibabel"),
                *itk = cJSON_GetObjectItem(f, "simpleitk");
    char path[4096];
    mi_source *s;
    mi_err err = MI_ERR_EMPTY;
    mi_source_opts o = { .frame = MI_FRAME_ALL, .verify = true };
    stats st = { 0, 0, 0, INFINITY, -INFINITY };
    mi_volume v;
    int rc;
    snprintf(path, sizeof path, "%s/%s", root, name);
    ck_assert_msg(mi_source_open(&s, path, &o, &err) == 0, "%s: %s", name, err.message);
    while ((rc = mi_source_next(s, &v, &err)) > 0) {
        ck_assert_msg(mi_source_voxels(s, &v, 0, v.grid.n[2], &err) == 0, "%s: %s", name,
                      err.message);
        check_grid(name, &v, header, itk);
        add_stats(&st, &v, number(want, "mean"));
        mi_volume_free(&v);
    }
    ck_assert_msg(rc == 0, "%s: %s", name, err.message);
    mi_source_close(s);
    if (strstr(name, "five_d_scaled"))
        st.n = 18; /* its facts have no sd */
    check_stats(name, &st, want);
}

START_TEST(files_with_facts)
{
    const cJSON *f;
    int n = 0;
    if (!root[0])
        return;
    cJSON_ArrayForEach(f, cJSON_GetObjectItem(facts, "files"))
    {
        if (strstr(f->string, "nifti/") && cJSON_GetObjectItem(f, "nibabel") &&
            cJSON_GetObjectItem(f, "header")) {
            check_file(f->string);
            n++;
        }
    }
    ck_assert_int_ge(n, 50);
}
END_TEST

static int read_file(mi_volume *v, const char *name, mi_err *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return mi_volume_read(v, path, NULL, err);
}

START_TEST(refused_by_name)
{
    static const struct {
        const char *name, *words;
        mi_class cls;
    } bad[] = {
        { "nifti/variants/rgb24.nii", "RGB24", MI_E_DATA },
        { "nifti/variants/rgba32_4d.nii", "RGBA32", MI_E_DATA },
        { "nifti/variants/complex64.nii", "complex64", MI_E_DATA },
        { "nifti/variants/complex128.nii", "complex128", MI_E_DATA },
        { "nifti/variants/analyze.hdr", "ANALYZE", MI_E_DATA },
        { "nifti/variants/nifti1.hdr", ".img", MI_E_NOINPUT },
        { "nifti/variants/not_a_nifti.nii", "05 33 d3 aa", MI_E_DATA },
        { "nifti/variants/dwi_4d.nii.gz", "7 frames", MI_E_DATA },
        { "nifti/variants/example_nifti2.nii.gz", "2 frames", MI_E_DATA },
        { "nifti/variants/test.mgz", "2 frames", MI_E_DATA },
        { "nifti/variants/five_d_scaled.nii", "3 frames", MI_E_DATA },
        { "bad/nifti/truncated_stream.nii.gz", "missing", MI_E_DATA },
        { "bad/nifti/dim_negative.nii.gz", "dim[1] is -40", MI_E_DATA },
        { "bad/nifti/voxels_missing.nii.gz", "31200 are missing", MI_E_DATA },
    };
    mi_volume v;
    mi_err err = MI_ERR_EMPTY;
    if (!root[0])
        return;
    ck_assert_msg(read_file(&v, bad[_i].name, &err) != 0, "%s was read", bad[_i].name);
    ck_assert_int_eq(err.cls, bad[_i].cls);
    ck_assert_msg(strstr(err.message, bad[_i].words) != NULL, "%s: %s", bad[_i].name, err.message);
}
END_TEST

START_TEST(read_with_or_without_a_warning)
{
    static const struct {
        const char *name, *code; /* of the warning; NULL: none may come */
    } odd[] = {
        { "bad/nifti/ok_base.nii.gz", NULL },
        { "bad/nifti/slope_zero.nii.gz", NULL },
        { "bad/nifti/units_micron.nii.gz", NULL },
        { "bad/nifti/nan_and_inf_voxels.nii.gz", NULL },
        { "bad/nifti/qform_sform_disagree.nii.gz", "qform_sform" },
        { "bad/nifti/no_orientation.nii.gz", "no_orientation" },
    };
    mi_volume base, v;
    mi_err err = MI_ERR_EMPTY;
    if (!root[0])
        return;
    ck_assert_int_eq(read_file(&base, "bad/nifti/ok_base.nii.gz", &err), 0);
    ck_assert_msg(read_file(&v, odd[_i].name, &err) == 0, "%s", err.message);
    ck_assert_int_eq(v.warnings.n, odd[_i].code != NULL);
    if (odd[_i].code)
        ck_assert_str_eq(v.warnings.item[0].code, odd[_i].code);
    ck_assert_double_eq(v.slope, 1);
    ck_assert_double_eq(v.inter, 0);
    ck_assert_double_eq(mi_grid_voxel_volume(&v.grid), mi_grid_voxel_volume(&base.grid));
    if (v.type == base.type)
        ck_assert_mem_eq(v.data, base.data, 25600 * 2);
    mi_volume_free(&v);
    mi_volume_free(&base);
}
END_TEST

START_TEST(masks_are_compared_in_space)
{
    static const struct {
        const char *name;
        bool same, flipped;
    } masks[] = {
        { "bad/nifti/mask_same_grid.nii.gz", true, false },
        { "bad/nifti/mask_origin_off_0p1um.nii.gz", true, false },
        { "bad/nifti/mask_stored_flipped.nii.gz", true, true },
        { "bad/nifti/mask_origin_off_half_voxel.nii.gz", false, false },
    };
    mi_volume base, same, v;
    mi_axes axes;
    mi_err err = MI_ERR_EMPTY;
    if (!root[0])
        return;
    ck_assert_int_eq(read_file(&base, "bad/nifti/ok_base.nii.gz", &err), 0);
    ck_assert_int_eq(read_file(&same, masks[0].name, &err), 0);
    ck_assert_msg(read_file(&v, masks[_i].name, &err) == 0, "%s", err.message);
    int rc = mi_grid_same(&base.grid, &v.grid, 0.01, "image", "mask", &axes, &err);
    ck_assert_int_eq(rc == 0, masks[_i].same);
    if (rc == 0) {
        ck_assert_int_eq(axes.identity, !masks[_i].flipped);
        ck_assert_int_eq(mi_volume_rearrange(&v, &axes, &err), 0);
        ck_assert_mem_eq(v.data, same.data, 25600);
    } else {
        ck_assert_int_eq(err.cls, MI_E_GEOMETRY);
    }
    mi_volume_free(&v);
    mi_volume_free(&same);
    mi_volume_free(&base);
}
END_TEST

int main(void)
{
    find_shared();
    Suite *s = suite_create("source, shared images");
    TCase *t = tcase_create("shared");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, files_with_facts);
    tcase_add_loop_test(t, refused_by_name, 0, 14);
    tcase_add_loop_test(t, read_with_or_without_a_warning, 0, 6);
    tcase_add_loop_test(t, masks_are_compared_in_space, 0, 4);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    cJSON_Delete(facts);
    return failed ? 1 : 0;
}
