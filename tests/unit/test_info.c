/* mi-info on every NIfTI and MGH file of the reference material: sizes, statistics, labels with
   counts, volumes and boxes as in facts.json (made with nibabel and SimpleITK). */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/info.h"

static char root[3000];
static cJSON *facts;

static void find_shared(void)
{
    const char *shared = getenv("MI_SHARED");
    char path[4096];
    snprintf(root, sizeof root, "%s/data", shared ? shared : "../shared");
    snprintf(path, sizeof path, "%s/facts.json", root);
    mi_err err = MI_ERR_EMPTY;
    if (access(path, R_OK) != 0)
        printf("SKIP: mi-info on the shared images, no %s (set MI_SHARED)\n", path);
    else if (!(facts = mi_json_read(path, &err)))
        printf("%s\n", err.message);
}

static const cJSON *get(const cJSON *o, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(o, key);
}

static double number(const cJSON *item)
{
    double x = NAN;
    mi_json_get_number(item, &x);
    return x;
}

static double number_at(const cJSON *array, int i)
{
    return number(cJSON_GetArrayItem(array, i));
}

static void check_stats(const char *name, const cJSON *got, const cJSON *want)
{
    static const char *const keys[][2] = { { "min", "min" }, { "max", "max" }, { "mean", "mean" },
                                           { "sd_population", "sd" }, { "median", "p50" } };
    double scale = fmax(fabs(number(get(want, "min"))), fabs(number(get(want, "max"))));
    ck_assert_msg(number(get(got, "voxels")) == number(get(want, "n")), "%s: voxels", name);
    for (int i = 0; i < MI_COUNT(keys); i++) {
        double w = number(get(want, keys[i][0])), g = number(get(got, keys[i][1]));
        ck_assert_msg(isnan(w) || fabs(g - w) <= 1e-6 * fmax(scale, 1e-6),
                      "%s: %s is %.10g, not %.10g", name, keys[i][1], g, w);
    }
}

static void check_label(const char *name, const cJSON *got, const cJSON *want)
{
    double volume = number(get(want, "volume_mm3"));
    const cJSON *box = get(want, "bbox_index_xyz");
    ck_assert_msg(number(get(got, "voxels")) == number(get(want, "voxels")),
                  "%s: label %s: voxels", name, want->string);
    ck_assert_msg(fabs(number(get(got, "volume_mm3")) - volume) <= 1e-6 * volume,
                  "%s: label %s: volume", name, want->string);
    ck_assert_msg(fabs(1000 * number(get(got, "volume_ml")) - volume) <= 1e-6 * volume,
                  "%s: label %s: ml", name, want->string);
    for (int i = 0; i < 6; i++)
        ck_assert_msg(number_at(get(got, i < 3 ? "first" : "last"), i % 3) ==
                          number_at(cJSON_GetArrayItem(box, i / 3), i % 3),
                      "%s: label %s: box", name, want->string);
}

static const cJSON *label_of(const cJSON *item, double value)
{
    const cJSON *l;
    cJSON_ArrayForEach(l, get(item, "labels"))
        if (number(get(l, "value")) == value)
            return l;
    return NULL;
}

static cJSON *gather(const char *name, bool stats)
{
    char path[4096];
    mi_info_opts o = { .stats = stats };
    mi_reading_opts input = { .grid_tolerance = 0.01 };
    snprintf(path, sizeof path, "%s/%s", root, name);
    return mi_info_gather(path, &o, &input, NULL, NULL);
}

/* false: no image, or one that is refused on purpose (colour, complex, ANALYZE, half a pair) */
static bool check_file(const cJSON *want)
{
    const cJSON *stats = get(want, "nibabel"), *labels = get(want, "labels"), *l;
    if (!get(stats, "n"))
        stats = get(want, "simpleitk");
    cJSON *doc = get(stats, "mean") ? gather(want->string, true) : NULL;
    if (!doc)
        return false;
    const cJSON *item = get(doc, "items")->child, *shape = get(get(want, "header"), "shape");
    for (int i = 0; i < 3 && i < cJSON_GetArraySize(shape); i++)
        ck_assert_msg(number_at(get(item, "size"), i) == number_at(shape, i), "%s: size",
                      want->string);
    if (!(number(get(get(item, "header"), "frames")) > 1))
        check_stats(want->string, get(item, "stats"), stats);
    ck_assert_msg(!labels || get(item, "labels"), "%s is a label map", want->string);
    cJSON_ArrayForEach(l, labels)
    {
        const cJSON *got = label_of(item, atof(l->string));
        ck_assert_msg(got != NULL, "%s: no label %s", want->string, l->string);
        check_label(want->string, got, l);
    }
    ck_assert(!labels || cJSON_GetArraySize(get(item, "labels")) == cJSON_GetArraySize(labels));
    mi_text t = MI_TEXT_EMPTY;
    mi_info_text(doc, &t);
    ck_assert(!t.failed && t.len > 100);
    mi_text_free(&t);
    cJSON_Delete(doc);
    return true;
}

START_TEST(shared_images)
{
    int n = 0;
    const cJSON *f;
    if (!facts)
        return;
    cJSON_ArrayForEach(f, get(facts, "files"))
        if (strncmp(f->string, "nifti/", 6) == 0)
            n += check_file(f);
    ck_assert_int_ge(n, 57);
}
END_TEST

/* Real images are not taken for label maps (the tiny ones of variants may be). */
START_TEST(images_are_no_labels)
{
    int n = 0;
    const cJSON *f;
    if (!facts)
        return;
    cJSON_ArrayForEach(f, get(facts, "files"))
    {
        if (strncmp(f->string, "nifti/", 6) != 0 || strstr(f->string, "variants") ||
            get(f, "labels"))
            continue;
        cJSON *doc = gather(f->string, false);
        if (!doc)
            continue;
        ck_assert_msg(!get(get(doc, "items")->child, "labels"), "%s is an image", f->string);
        cJSON_Delete(doc);
        n++;
    }
    ck_assert_int_ge(n, 20);
}
END_TEST

int main(void)
{
    find_shared();
    Suite *s = suite_create("info");
    TCase *t = tcase_create("info");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, shared_images);
    tcase_add_test(t, images_are_no_labels);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    cJSON_Delete(facts);
    return failed != 0;
}
