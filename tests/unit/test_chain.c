/* Settings and the processing chain of a region. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/number.h"
#include "chain.h"

/* ---- settings ---- */

static const mi_param *row_of(const char *name)
{
    for (const mi_param *p = mi_settings_params; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    ck_abort_msg("no row %s", name);
    return NULL;
}

/* The default in the table and the one of mi_settings_default. */
static void check_default(const mi_param *p, const mi_settings *s)
{
    const void *f = (const char *)s + p->offset;
    double x = 0;
    long long n = 0;
    switch (p->type) {
    case MI_P_DOUBLE:
        ck_assert(p->preset ? mi_parse_double(p->preset, &x) && x == *(const double *)f
                            : isnan(*(const double *)f));
        break;
    case MI_P_INT:
        ck_assert(mi_parse_int(p->preset, &n) && n == *(const long long *)f);
        break;
    case MI_P_CHOICE:
        ck_assert_str_eq(p->preset, p->choices[*(const int *)f]);
        break;
    case MI_P_BOOL:
        ck_assert(!p->preset && !*(const bool *)f);
        break;
    case MI_P_VEC3:
        ck_assert(!p->preset && ((const mi_vec3 *)f)->n == 0);
        break;
    case MI_P_RANGE:
        ck_assert(!p->preset && isinf(((const mi_range *)f)->lo) &&
                  isinf(((const mi_range *)f)->hi));
        break;
    case MI_P_LIST: {
        const mi_list *l = f;
        char joined[128] = "";
        for (int i = 0; i < l->n; i++) {
            strcat(joined, i ? "," : "");
            strcat(joined, l->item[i]);
        }
        ck_assert_str_eq(joined, p->preset ? p->preset : "");
        break;
    }
    default:
        ck_abort_msg("%s has a type of its own", p->name);
    }
}

START_TEST(table_and_defaults_agree)
{
    mi_settings s = default_settings();
    for (const mi_param *p = mi_settings_params; p->name; p++) {
        ck_assert(p->flags & MI_PF_CONFIG);
        ck_assert_ptr_nonnull(p->group);
        ck_assert_uint_lt(strlen(p->help), 90);
        check_default(p, &s);
    }
    ck_assert_double_eq_tol(s.peak_radius, 10 * cbrt(3 / (4 * acos(-1))), 1e-14);
    ck_assert_int_eq(mi_settings_settle(&s, NULL), 0);
    mi_settings_free(&s);
    ck_assert_int_eq(s.aggregations.n, 0);
}
END_TEST

/* Origins by name: "bin-width=3 discretisation=1". */
static mi_origin told(const void *ctx, const char *name)
{
    const char *at = strstr(ctx, name);
    ck_assert_ptr_nonnull(row_of(name));
    for (; at; at = strstr(at + 1, name))
        if ((at == (const char *)ctx || at[-1] == ' ') && at[strlen(name)] == '=')
            return (mi_origin)(at[strlen(name) + 1] - '0');
    return MI_FROM_DEFAULT;
}

START_TEST(width_and_number_imply_the_method)
{
    static const struct {
        const char *told;
        int before, after;
        double width;
    } cases[] = {
        { "", MI_BIN_NUMBER, MI_BIN_NUMBER, NAN },
        { "bin-width=3", MI_BIN_NUMBER, MI_BIN_WIDTH, 25 },
        { "bin-width=2", MI_BIN_NUMBER, MI_BIN_WIDTH, 25 },
        { "bin-width=1 discretisation=1 bin-number=3", MI_BIN_WIDTH, MI_BIN_NUMBER, 25 },
        { "bin-width=1 discretisation=3", MI_BIN_NUMBER, MI_BIN_NUMBER, 25 },
        { "bin-width=3 discretisation=3", MI_BIN_NONE, MI_BIN_NONE, 25 },
        { "bin-width=3 bin-number=1 discretisation=1", MI_BIN_NUMBER, MI_BIN_WIDTH, 25 },
        { "bin-width=3 bin-number=3", MI_BIN_NUMBER, -2, 25 },
    };
    for (int i = 0; i < MI_COUNT(cases); i++) {
        mi_settings s = default_settings();
        s.discretisation = cases[i].before;
        s.bin_width = cases[i].width;
        int rc = mi_settings_imply(&s, told, cases[i].told, NULL);
        ck_assert_int_eq(rc, cases[i].after == -2 ? -1 : 0);
        if (rc == 0)
            ck_assert_int_eq(s.discretisation, cases[i].after);
        mi_settings_free(&s);
    }
    mi_settings s = default_settings();
    s.ivh_bin_width = 2.5;
    ck_assert_int_eq(mi_settings_imply(&s, told, "ivh-bin-width=3", NULL), 0);
    ck_assert_int_eq(s.ivh_discretisation, MI_BIN_WIDTH);
    ck_assert_int_eq(s.discretisation, MI_BIN_NUMBER);
    mi_settings_free(&s);
}
END_TEST

/* Settling refuses with the name of the option. */
static void check_refused(mi_settings *s, const char *name)
{
    mi_err err = MI_ERR_EMPTY;
    ck_assert_int_eq(mi_settings_settle(s, &err), -1);
    ck_assert_int_eq(err.cls, MI_E_USAGE);
    ck_assert_msg(strstr(err.message, name) != NULL, "%s: %s", name, err.message);
    mi_settings_free(s);
}

#define REFUSED(name, change)                                                                      \
    do {                                                                                           \
        mi_settings s = default_settings();                                                        \
        change;                                                                                    \
        check_refused(&s, name);                                                                   \
    } while (0)

START_TEST(nonsense_is_refused)
{
    REFUSED("--spacing", (s.spacing = (mi_vec3) { 1, { -1 } }));
    REFUSED("--spacing", (s.spacing = (mi_vec3) { 2, { 0, 0 } }));
    REFUSED("--spacing", (s.spacing = (mi_vec3) { 3, { 1, NAN, 1 } }));
    REFUSED("--range", (s.range = (mi_range) { 5, 4 }));
    REFUSED("--ivh-range", (s.ivh_range = (mi_range) { 5, 4 }));
    REFUSED("--mask-threshold", s.mask_threshold = 0);
    REFUSED("--mask-threshold", s.mask_threshold = 1.5);
    REFUSED("--outliers", s.outliers = -3);
    REFUSED("--peak-radius", s.peak_radius = 0);
    REFUSED("--ngldm-alpha", s.ngldm_alpha = -1);
    REFUSED("--glcm-distance", s.glcm_distance = 0);
    REFUSED("--ngtdm-distance", s.ngtdm_distance = 0);
    REFUSED("--ngldm-distance", s.ngldm_distance = -4);
    REFUSED("--bin-number", s.bin_number = 0);
    REFUSED("--bin-number", s.bin_number = MI_LEVELS_MAX + 1);
    REFUSED("--bin-width", s.discretisation = MI_BIN_WIDTH);
    REFUSED("--bin-width", (s.discretisation = MI_BIN_WIDTH, s.bin_width = 0));
    REFUSED("--bin-width", (s.discretisation = MI_BIN_WIDTH, s.bin_width = 1e-3,
                            s.range = (mi_range) { -1000, 400 }));
    REFUSED("--ivh-bin-width", s.ivh_discretisation = MI_BIN_WIDTH);
    mi_settings s = default_settings();
    s.discretisation = -1; /* never set: what is there decides */
    s.bin_width = 25;
    ck_assert_int_eq(mi_settings_settle(&s, NULL), 0);
    ck_assert_int_eq(s.discretisation, MI_BIN_WIDTH);
    mi_settings_free(&s);
}
END_TEST

/* ---- discretisation ---- */

/* Levels of a row of intensities that is all region. */
static void check_levels(const mi_settings *s, const double *value, const int32_t *level, int n)
{
    double in[32];
    uint8_t ones[32];
    memcpy(in, value, (size_t)n * sizeof *in);
    memset(ones, 1, sizeof ones);
    mi_volume image = image_of(in, n, 1, 1, 1, 1, 1), mask = mask_of(ones, n, 1, 1, 1, 1, 1);
    mi_region r = region_of(&image, &mask, s, NULL, NULL);
    int32_t top = 0;
    for (int i = 0; i < n; i++) {
        ck_assert_msg(r.level[i] == level[i], "%g has level %d, not %d", value[i], (int)r.level[i],
                      (int)level[i]);
        top = level[i] > top ? level[i] : top;
    }
    ck_assert_int_eq(r.ng, top);
    mi_region_free(&r);
}

START_TEST(bins_by_hand)
{
    mi_settings s = default_settings();
    s.bin_number = 4; /* over 0 to 8: edges 2, 4, 6; the maximum in the last bin */
    const double a[] = { 0, 1.999, 2, 3, 4, 5.5, 6, 8 };
    const int32_t la[] = { 1, 1, 2, 2, 3, 3, 4, 4 };
    check_levels(&s, a, la, 8);
    s.bin_number = 32; /* one value: one level */
    const double flat[] = { 7, 7, 7 };
    const int32_t lf[] = { 1, 1, 1 };
    check_levels(&s, flat, lf, 3);
    /* 0.3 lies on the edge of bin 4 of 10 over 0 to 1: 10 (0.3 - 0) / 1 is 3 in this order */
    s.bin_number = 10;
    const double tenth[] = { 0, 0.3, 0.7, 1 };
    const int32_t lt[] = { 1, 4, 8, 10 };
    check_levels(&s, tenth, lt, 4);

    s.discretisation = MI_BIN_WIDTH;
    s.bin_width = 25;
    const double c[] = { -500, -475.5, -475, 0, 399, 400 };
    const int32_t from_range[] = { 1, 1, 2, 21, 36, 37 };
    s.range = (mi_range) { -500, 400 };
    check_levels(&s, c, from_range, 6);
    const int32_t from_start[] = { 21, 21, 22, 41, 56, 57 };
    s.bin_start = -1000;
    check_levels(&s, c, from_start, 6);
    s.bin_start = NAN;
    s.range = (mi_range) { -INFINITY, INFINITY };
    const double d[] = { 3, 27.9, 28, 53 };
    const int32_t from_minimum[] = { 1, 1, 2, 3 };
    check_levels(&s, d, from_minimum, 4);

    s.discretisation = MI_BIN_NONE;
    const double e[] = { 1, 6, 4, 4 };
    const int32_t le[] = { 1, 6, 4, 4 };
    check_levels(&s, e, le, 4);
    mi_settings_free(&s);
}
END_TEST

static mi_class error_of(const mi_settings *s, double *value, int n)
{
    uint8_t ones[32];
    memset(ones, 1, sizeof ones);
    mi_volume image = image_of(value, n, 1, 1, 1, 1, 1), mask = mask_of(ones, n, 1, 1, 1, 1, 1);
    return region_error(&image, &mask, s);
}

START_TEST(impossible_levels_are_refused)
{
    mi_settings s = default_settings();
    double fraction[] = { 1, 2.5, 3 }, zero[] = { 0, 1, 2 }, wide[] = { 0, 1e6 };
    s.discretisation = MI_BIN_NONE;
    ck_assert_int_eq(error_of(&s, fraction, 3), MI_E_DATA);
    ck_assert_int_eq(error_of(&s, zero, 3), MI_E_DATA);
    ck_assert_int_eq(error_of(&s, wide, 2), MI_E_DATA);
    s.discretisation = MI_BIN_WIDTH;
    s.bin_width = 1;
    ck_assert_int_eq(error_of(&s, wide, 2), MI_E_DATA); /* a million levels */
    s.bin_start = 1;
    ck_assert_int_eq(error_of(&s, zero, 3), MI_E_DATA); /* below the first bin */
    s.bin_start = 0;
    ck_assert_int_eq(error_of(&s, zero, 3), MI_E_NONE);
    mi_settings_free(&s);
}
END_TEST

/* ---- masks ---- */

START_TEST(range_and_outliers)
{
    /* mean 12, population sd 24: 3 sd reach 84, so 100 leaves only below 3.67 sd */
    double value[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 96 };
    uint8_t ones[16];
    memset(ones, 1, sizeof ones);
    mi_volume image = image_of(value, 16, 1, 1, 1, 1, 1), mask = mask_of(ones, 16, 1, 1, 1, 1, 1);
    mi_settings s = default_settings();
    /* mean 6, variance 96^2 / 16 - 36 = 540 */
    s.outliers = (96 - 6) / sqrt(540) + 1e-9;
    mi_region r = region_of(&image, &mask, &s, NULL, NULL);
    ck_assert_int_eq(r.n_inten, 16);
    mi_region_free(&r);
    s.outliers = (96 - 6) / sqrt(540) - 1e-9;
    r = region_of(&image, &mask, &s, NULL, NULL);
    ck_assert_int_eq(r.n_inten, 15);
    ck_assert_int_eq(r.n_morph, 16); /* shape keeps its voxels */
    ck_assert_int_eq(r.level[15], 0);
    mi_region_free(&r);
    s.outliers = NAN;
    for (int i = 0; i < 16; i++)
        value[i] = i;
    s.range = (mi_range) { 3, 7 }; /* closed */
    mi_diagnostics d;
    r = region_of(&image, &mask, &s, &d, NULL);
    ck_assert_int_eq(r.n_inten, 5);
    ck_assert_int_eq(r.inten[3] + r.inten[7], 2);
    ck_assert_int_eq(d.n, 3);
    ck_assert_int_eq(d.stage[1].inten_voxels, 16);
    ck_assert_int_eq(d.stage[2].inten_voxels, 5);
    ck_assert_double_eq(d.stage[2].mean, 5);
    ck_assert_int_eq(d.stage[2].inten_box.lo[0], 3);
    ck_assert_int_eq(d.stage[2].inten_box.hi[0], 8);
    ck_assert_int_eq(d.stage[2].morph_voxels, 16);
    ck_assert(d.stage[0].has_image && d.stage[0].image_mean == 7.5);
    mi_region_free(&r);
    mi_settings_free(&s);
}
END_TEST

START_TEST(empty_intensity_mask_is_a_warning)
{
    double value[4] = { 1, 2, 3, 4 };
    uint8_t in[4] = { 1, 1, 0, 0 }, none[4] = { 2, 0, 0, 0 };
    mi_volume image = image_of(value, 4, 1, 1, 1, 1, 1), mask = mask_of(in, 4, 1, 1, 1, 1, 1);
    mi_settings s = default_settings();
    mi_warnings w = MI_WARNINGS_EMPTY;
    s.range = (mi_range) { 3, 9 };
    mi_region r = region_of(&image, &mask, &s, NULL, &w);
    ck_assert_int_eq(r.n_inten, 0);
    ck_assert_int_eq(r.ng, 0);
    ck_assert_int_eq(r.n_morph, 2);
    ck_assert(warned(&w, "empty_intensity_mask"));
    ck_assert(isnan(feature(&mi_family_stat, &r, &s, "mean")));
    ck_assert(isnan(feature(&mi_family_ih, &r, &s, "entropy")));
    ck_assert(isnan(feature(&mi_family_ivh, &r, &s, "area_under_curve")));
    ck_assert(isnan(feature(&mi_family_peak, &r, &s, "global_intensity_peak")));
    mi_region_free(&r);
    mi_warnings_free(&w);
    mask = mask_of(none, 4, 1, 1, 1, 1, 1);
    ck_assert_int_eq(region_error(&image, &mask, &s), MI_E_EMPTY);
    mi_settings_free(&s);
}
END_TEST

START_TEST(masks_at_the_threshold_are_inside)
{
    /* one voxel of 2 mm to voxels of 1 mm: places -0.25, 0.25, 0.75, 1.25, 1.75, 2.25 of the old;
       the mask is 1 at old voxel 1, so 0, 0.25, 0.75, 0.75, 0.25, 0 */
    double value[3] = { 10, 20, 40 };
    uint8_t in[3] = { 0, 1, 0 };
    mi_volume image = image_of(value, 3, 1, 1, 2, 1, 1), mask = mask_of(in, 3, 1, 1, 2, 1, 1);
    mi_settings s = default_settings();
    s.spacing = (mi_vec3) { 1, { 1 } };
    mi_diagnostics d;
    mi_region r = region_of(&image, &mask, &s, &d, NULL);
    ck_assert_int_eq(r.grid.n[0], 6);
    ck_assert_int_eq(r.box.lo[0], 2);
    ck_assert_int_eq(r.box.hi[0], 4);
    ck_assert_double_eq_tol(r.value[0], 17.5, 1e-12);
    ck_assert_double_eq_tol(r.value[1], 25, 1e-12);
    ck_assert_int_eq(d.stage[1].at_threshold, 0);
    ck_assert_int_eq(d.stage[0].morph_voxels, 1);
    mi_region_free(&r);
    s.mask_threshold = 0.25;
    s.round = true; /* 17.5 to the even 18, 12.5 to 12 */
    r = region_of(&image, &mask, &s, &d, NULL);
    ck_assert_int_eq(r.n_morph, 4);
    ck_assert_int_eq(d.stage[1].at_threshold, 2);
    ck_assert_double_eq(r.value[0], 12);
    ck_assert_double_eq(r.value[1], 18);
    mi_region_free(&r);
    /* nothing left: one voxel of 1 mm in voxels of 5 mm whose centres miss it */
    double many[10] = { 0 };
    uint8_t small[10] = { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
    image = image_of(many, 10, 1, 1, 1, 1, 1);
    mask = mask_of(small, 10, 1, 1, 1, 1, 1);
    s.spacing = (mi_vec3) { 1, { 5 } };
    s.mask_threshold = 0.5;
    ck_assert_int_eq(region_error(&image, &mask, &s), MI_E_EMPTY);
    mi_settings_free(&s);
}
END_TEST

/* ---- boxes ---- */

/* A region far inside an image whose other slices are not there. */
START_TEST(support_is_enough)
{
    enum { N = 60, VOXELS = N * N * N };
    double *value = malloc(VOXELS * sizeof *value);
    uint8_t *in = calloc(VOXELS, 1);
    uint64_t seed = 5;
    for (int i = 0; i < VOXELS; i++)
        value[i] = random_unit(&seed);
    for (int k = 28; k < 33; k++)
        for (int j = 20; j < 29; j++)
            for (int i = 40; i < 44; i++)
                in[(k * N + j) * N + i] = random_unit(&seed) < 0.7;
    mi_volume image = image_of(value, N, N, N, 1, 1, 1), mask = mask_of(in, N, N, N, 1, 1, 1);
    const mi_box box = { { 40, 20, 28 }, { 44, 29, 33 } };
    mi_settings s = default_settings();
    for (int pass = 0; pass < 6; pass++) {
        s.interpolation = pass % 3;
        s.mask_interpolation = (pass + 1) % 3;
        s.spacing = (mi_vec3) { pass < 3 ? 3 : 0, { 0.8, 1.3, 1.9 } };
        mi_region whole = region_of(&image, &mask, &s, NULL, NULL);
        mi_box need;
        mi_region_support(&image.grid, &box, &s, &need);
        if (pass >= 3 || pass < 2)
            ck_assert_int_gt(need.lo[2], 5);
        mi_volume part = image;
        part.k0 = need.lo[2];
        part.k1 = need.hi[2];
        part.data = value + need.lo[2] * N * N;
        mi_region r = region_of(&part, &mask, &s, NULL, NULL);
        ck_assert_int_eq(r.n_morph, whole.n_morph);
        ck_assert_mem_eq(&r.box, &whole.box, sizeof r.box);
        ck_assert_mem_eq(&r.wide, &whole.wide, sizeof r.wide);
        ck_assert_mem_eq(r.wide_value, whole.wide_value,
                         (size_t)mi_box_voxels(&r.wide) * sizeof *r.value);
        mi_region_free(&r);
        mi_region_free(&whole);
    }
    mi_settings_free(&s);
    free(value);
    free(in);
}
END_TEST

START_TEST(without_peaks_nothing_wide_is_kept)
{
    double value[27];
    uint8_t in[27] = { 0 };
    for (int i = 0; i < 27; i++)
        value[i] = i;
    in[13] = 1;
    mi_volume image = image_of(value, 3, 3, 3, 1, 1, 1), mask = mask_of(in, 3, 3, 3, 1, 1, 1);
    mi_settings s = default_settings();
    mi_region r = region_of(&image, &mask, &s, NULL, NULL);
    ck_assert_ptr_nonnull(r.wide_value);
    ck_assert_int_eq(mi_box_voxels(&r.wide), 27);
    mi_region_free(&r);
    char *word = strdup("stat");
    s.features = (mi_list) { malloc(sizeof(char *)), 1 };
    s.features.item[0] = word;
    r = region_of(&image, &mask, &s, NULL, NULL);
    ck_assert_ptr_null(r.wide_value);
    ck_assert_double_eq(r.value[0], 13);
    mi_box need, box = { { 1, 1, 1 }, { 2, 2, 2 } };
    mi_region_support(&image.grid, &box, &s, &need);
    ck_assert_mem_eq(&need, &box, sizeof box);
    mi_region_free(&r);
    mi_settings_free(&s);
}
END_TEST

/* ---- warnings ---- */

/* The codes that a row of intensities, all but its ends region, brings about. */
static mi_warnings warnings_of(double *value, int n, const mi_settings *s)
{
    static uint8_t in[256];
    memset(in, 1, sizeof in);
    in[0] = in[n - 1] = 0;
    mi_volume image = image_of(value, n, 1, 1, 1, 1, 1), mask = mask_of(in, n, 1, 1, 1, 1, 1);
    mi_warnings w = MI_WARNINGS_EMPTY;
    mi_region r = region_of(&image, &mask, s, NULL, &w);
    mi_region_free(&r);
    return w;
}

START_TEST(warnings_when_deserved)
{
    double value[100];
    mi_settings s = default_settings();
    for (int i = 0; i < 100; i++)
        value[i] = i * i * 0.1;
    mi_warnings w = warnings_of(value, 100, &s);
    ck_assert_int_eq(w.n, 0);
    value[0] = value[99] = NAN; /* outside the region */
    w = warnings_of(value, 100, &s);
    ck_assert_int_eq(w.n, 0);
    w = warnings_of(value, 60, &s);
    ck_assert(w.n == 1 && warned(&w, "small_region"));
    mi_warnings_free(&w);

    value[7] = NAN;
    value[8] = -INFINITY;
    w = warnings_of(value, 100, &s);
    ck_assert(w.n == 1 && warned(&w, "non_finite"));
    ck_assert_ptr_nonnull(strstr(w.item[0].why, "2 of 98"));
    mi_warnings_free(&w);
    value[7] = value[8] = 5;

    s.ivh_discretisation = MI_BIN_NONE; /* fractions in steps of one */
    w = warnings_of(value, 100, &s);
    ck_assert(w.n == 1 && warned(&w, "ivh_unit_steps"));
    mi_warnings_free(&w);
    s.ivh_discretisation = MI_BIN_NUMBER;

    s.discretisation = MI_BIN_WIDTH;
    s.bin_width = 1;
    w = warnings_of(value, 100, &s);
    ck_assert(w.n == 1 && warned(&w, "many_levels"));
    mi_warnings_free(&w);
    s.bin_width = 500;
    w = warnings_of(value, 100, &s);
    ck_assert(w.n == 1 && warned(&w, "few_levels"));
    mi_warnings_free(&w);
    s.bin_width = 5000;
    w = warnings_of(value, 100, &s);
    ck_assert(w.n == 1 && warned(&w, "one_level"));
    mi_warnings_free(&w);
    mi_settings_free(&s);
}
END_TEST

START_TEST(fill_and_overflow)
{
    double value[100];
    mi_settings s = default_settings();
    for (int i = 0; i < 100; i++)
        value[i] = 11 * i - 1000;
    mi_warnings w = warnings_of(value, 100, &s);
    ck_assert_int_eq(w.n, 0);
    value[50] = value[51] = -3024;
    w = warnings_of(value, 100, &s);
    ck_assert(w.n == 1 && warned(&w, "fill_values"));
    ck_assert_ptr_nonnull(strstr(w.item[0].why, "2 voxels"));
    mi_warnings_free(&w);
    for (int i = 0; i < 100; i++) /* an image that has all values down there */
        value[i] = 40 * i - 3024;
    w = warnings_of(value, 100, &s);
    ck_assert_int_eq(w.n, 0);

    for (int i = 0; i < 100; i++) /* half fill, and one voxel of an edge that was interpolated */
        value[i] = i < 50 ? -2000 : i == 50 ? -1300 : 11 * i - 1000;
    w = warnings_of(value, 100, &s);
    ck_assert(w.n == 1 && warned(&w, "fill_values"));
    mi_warnings_free(&w);
    for (int i = 0; i < 100; i++) /* nothing but fill */
        value[i] = -3024;
    w = warnings_of(value, 100, &s);
    ck_assert(warned(&w, "fill_values") && warned(&w, "one_level"));
    mi_warnings_free(&w);
    for (int i = 0; i < 100; i++) /* a wide scale, far below zero too: no value is there twice */
        value[i] = 1e4 * (i - 49.8) + i * i;
    w = warnings_of(value, 100, &s);
    ck_assert(!warned(&w, "fill_values"));
    mi_warnings_free(&w);

    int16_t stored[100];
    uint8_t in[100];
    memset(in, 1, sizeof in);
    in[0] = in[99] = 0;
    for (int i = 0; i < 100; i++)
        stored[i] = (int16_t)(300 * i);
    mi_volume image = image_of(value, 100, 1, 1, 1, 1, 1), mask = mask_of(in, 100, 1, 1, 1, 1, 1);
    image.type = MI_I16;
    image.data = stored;
    mi_region r = region_of(&image, &mask, &s, NULL, &w);
    ck_assert_int_eq(w.n, 0);
    mi_region_free(&r);
    stored[98] = -30000;
    r = region_of(&image, &mask, &s, NULL, &w);
    ck_assert(warned(&w, "signed_overflow"));
    mi_region_free(&r);
    mi_warnings_free(&w);
    in[0] = 1;
    r = region_of(&image, &mask, &s, NULL, &w);
    ck_assert(warned(&w, "touches_border"));
    mi_region_free(&r);
    mi_warnings_free(&w);
    mi_settings_free(&s);
}
END_TEST

START_TEST(padding_is_left_out)
{
    double value[80];
    uint8_t in[80];
    memset(in, 1, sizeof in);
    for (int i = 0; i < 80; i++)
        value[i] = i;
    value[40] = -2000;
    mi_volume image = image_of(value, 80, 1, 1, 1, 1, 1), mask = mask_of(in, 80, 1, 1, 1, 1, 1);
    image.meta.has_padding = true;
    image.meta.padding[0] = image.meta.padding[1] = -2000;
    mi_settings s = default_settings();
    mi_warnings w = MI_WARNINGS_EMPTY;
    s.outliers = 3; /* of the others: none is one */
    mi_region r = region_of(&image, &mask, &s, NULL, &w);
    ck_assert_int_eq(r.n_inten, 79);
    ck_assert_int_eq(r.n_morph, 80);
    ck_assert(warned(&w, "padding_in_region") && !warned(&w, "non_finite") &&
              !warned(&w, "fill_values"));
    mi_region_free(&r);
    mi_warnings_free(&w);
    s.outliers = NAN;
    s.spacing = (mi_vec3) { 3, { 0.5, 0, 0 } };
    for (int kind = 0; kind < 3; kind++) {
        s.interpolation = kind;
        r = region_of(&image, &mask, &s, NULL, NULL);
        ck_assert_double_gt(feature(&mi_family_stat, &r, &s, "minimum"), -1);
        ck_assert_int_eq(r.n_inten, kind == MI_INTERP_NEAREST ? 158 : 156);
        mi_region_free(&r);
    }
    mi_settings_free(&s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("chain");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, table_and_defaults_agree);
    tcase_add_test(t, width_and_number_imply_the_method);
    tcase_add_test(t, nonsense_is_refused);
    tcase_add_test(t, bins_by_hand);
    tcase_add_test(t, impossible_levels_are_refused);
    tcase_add_test(t, range_and_outliers);
    tcase_add_test(t, empty_intensity_mask_is_a_warning);
    tcase_add_test(t, masks_at_the_threshold_are_inside);
    tcase_add_test(t, support_is_enough);
    tcase_add_test(t, without_peaks_nothing_wide_is_kept);
    tcase_add_test(t, warnings_when_deserved);
    tcase_add_test(t, fill_and_overflow);
    tcase_add_test(t, padding_is_left_out);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
