/* SUV of PET series that this test writes: every unit and decay mode, the private tags of two
   makers, times that miss, and refusals that name the tag. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../kit/dicom_pet.h"
#include "dicom_case.h"
#include "preproc/suv.h"

static mi_volume read_series(const dw_pet *h)
{
    char *folder = dw_pet_series(h, 3);
    mi_volume v = read_volume(folder);
    ck_assert_ptr_nonnull(v.pet);
    free(folder);
    return v;
}

typedef struct result {
    double factor[3];
    char path[256];
    char unit[16];
    int warnings;
    char warning[300];
} result;

static result suv_with(const dw_pet *h, mi_suv_kind kind, bool activity_first)
{
    mi_volume v = read_series(h);
    mi_suv s;
    mi_warnings w = MI_WARNINGS_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    result r = { .warnings = 0 };
    ck_assert_msg(mi_suv_factors(v.pet, kind, activity_first, &s, &w, &err) == 0, "%s",
                  err.message);
    ck_assert_int_eq(s.n, 3);
    memcpy(r.factor, s.factor, sizeof r.factor);
    snprintf(r.path, sizeof r.path, "%s", s.path);
    snprintf(r.unit, sizeof r.unit, "%s", s.unit);
    r.warnings = w.n;
    snprintf(r.warning, sizeof r.warning, "%s", w.n ? w.item[0].why : "");
    mi_suv_free(&s);
    mi_warnings_free(&w);
    mi_volume_free(&v);
    return r;
}

static result suv(const dw_pet *h) { return suv_with(h, MI_SUV_BW, false); }

static mi_err refused_suv(const dw_pet *h, mi_suv_kind kind)
{
    mi_volume v = read_series(h);
    mi_suv s;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_int_ne(mi_suv_factors(v.pet, kind, false, &s, NULL, &err), 0);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    mi_volume_free(&v);
    return err;
}

static void near(double a, double b) { ck_assert_double_eq_tol(a, b, 1e-9 * fabs(b)); }

/* 70 kg over 370 MBq that decayed for so many seconds. */
static double after(double seconds) { return 70e3 / (370e6 * exp2(-seconds / 6586.2)); }

/* ---- decay ---- */

START_TEST(start_decays_to_the_series_time)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    result r = suv(&h);
    for (int k = 0; k < 3; k++)
        near(r.factor[k], after(3600));
    ck_assert_str_eq(r.unit, "g/ml");
    ck_assert_msg(strstr(r.path, "series time"), "%s", r.path);
    ck_assert_int_eq(r.warnings, 0);
    h.series_time = "10:59:50.50"; /* as old writers put it; a little before the first frame */
    near(suv(&h).factor[0], after(3590.5));
}
END_TEST

START_TEST(admin_does_not_decay)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    h.decay = "ADMIN";
    h.injection_time = NULL; /* not needed */
    near(suv(&h).factor[0], after(0));
}
END_TEST

/* Lambda T for 20 minutes of F-18: the mean activity is that of 593.7 s after the start, not of
   600. */
START_TEST(none_decays_to_the_average_count)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    h.decay = "NONE";
    h.corrected = "ATTN";
    h.duration_ms = 1200e3;
    double l = log(2) / 6586.2, average = log(l * 1200 / (1 - exp(-l * 1200))) / l;
    ck_assert_double_eq_tol(average, 593.686, 0.001);
    near(suv(&h).factor[2], after(3600 + average));
    h.duration_ms = 0;
    ck_assert(strstr(refused_suv(&h, MI_SUV_BW).message, "(0018,1242)"));
}
END_TEST

START_TEST(a_series_time_after_the_scan_is_not_used)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    h.series_time = "150000"; /* made from others in the afternoon */
    result r = suv(&h);
    near(r.factor[0], after(3600));
    ck_assert_msg(strstr(r.path, "earliest acquisition"), "%s", r.path);
    h.reference_ms = 300e3;
    h.duration_ms = 1200e3;
    r = suv(&h);
    double l = log(2) / 6586.2, average = log(l * 1200 / (1 - exp(-l * 1200))) / l;
    near(r.factor[0], after(3600 + average - 300));
    ck_assert_msg(strstr(r.path, "average count"), "%s", r.path);
    h.duration_ms = 0; /* not told: where in the frame its mean lies is not known */
    near(suv(&h).factor[0], after(3600));
    h.maker = "GE MEDICAL SYSTEMS";
    near(suv(&h).factor[0], after(3600 - 300));
    h.ge_scan = "20240102105500.00";
    r = suv(&h);
    near(r.factor[0], after(3300));
    ck_assert_msg(strstr(r.path, "(0009,100D)"), "%s", r.path);
}
END_TEST

/* ---- times of injection ---- */

START_TEST(injection_by_date_and_time)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    h.injection_time = "070000"; /* the date and time win */
    h.injection_datetime = "20240102100000.000000+0100";
    near(suv(&h).factor[0], after(3600));
    h.zone = "+0000"; /* of the scan: ten o'clock there is nine here */
    near(suv(&h).factor[0], after(7200));
    h.injection_datetime = "20240102040000-0530";
    near(suv(&h).factor[0], after(5400));
    h.zone = NULL;
    h.injection_datetime = "20240101233000"; /* the evening before */
    h.date = h.acquisition_date = "20240102";
    h.series_time = h.acquisition_time = "003000";
    near(suv(&h).factor[0], after(3600));
}
END_TEST

START_TEST(injection_before_midnight_by_time_alone)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    h.injection_time = "233000";
    h.series_time = h.acquisition_time = "003000";
    near(suv(&h).factor[0], after(3600));
}
END_TEST

START_TEST(dates_that_are_left_out)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    h.half_life_s = 45724; /* Cu-64, two days and a half after injection, is no shifted date */
    h.injection_time = NULL;
    h.injection_datetime = "20231230230000";
    result r = suv(&h);
    near(r.factor[0], 70e3 / (370e6 * exp2(-60 * 3600 / 45724.0)));
    ck_assert_int_eq(r.warnings, 0);
    h.date = NULL; /* that of the acquisition */
    near(suv(&h).factor[0], r.factor[0]);
    h = dw_pet_plain();
    h.acquisition_date = NULL;
    h.injection_time = "225900";
    h.series_time = "235900";
    h.acquisition_time = "000100"; /* the next day: the series time is not later */
    r = suv(&h);
    near(r.factor[0], after(3600));
    ck_assert_msg(strstr(r.path, "series time"), "%s", r.path);
}
END_TEST

START_TEST(dates_shifted_apart_are_left_out)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    h.injection_time = NULL;
    h.injection_datetime = "20191105100000";
    result r = suv(&h);
    near(r.factor[0], after(3600));
    ck_assert_msg(strstr(r.warning, "times of the day"), "%s", r.warning);
}
END_TEST

/* ---- units ---- */

START_TEST(philips_counts)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    h.maker = "Philips Medical Systems";
    h.units = "CNTS";
    h.philips_suv = 0.0007;
    near(suv(&h).factor[0], 0.0007);
    h.philips_suv = 0;
    h.philips_activity = 2.5;
    near(suv(&h).factor[0], 2.5 * after(3600));
    h.philips_suv = 0.0007; /* both, and they disagree by more than 1 % */
    result r = suv(&h);
    near(r.factor[0], 0.0007);
    ck_assert_msg(strstr(r.warning, "(7053,1009)"), "%s", r.warning);
    near(suv_with(&h, MI_SUV_BW, true).factor[0], 2.5 * after(3600));
    h.philips_suv = 2.5 * after(3600);
    ck_assert_int_eq(suv(&h).warnings, 0);
}
END_TEST

/* Private elements have no VR of their own in implicit files, and are UN after a PACS that does
   not know them. */
START_TEST(private_factors_without_a_vr)
{
    NEEDS_DICOM;
    for (int unknown = 0; unknown < 2; unknown++) {
        dw_pet h = dw_pet_plain();
        h.units = "CNTS";
        h.philips_suv = 0.0007;
        h.ge_scan = "20240102105500.00";
        char *folder = dw_folder();
        dw *d = dw_pet_slice(&h, 0);
        if (unknown) {
            dw_bytes(d, 0x70531000, "UN", "0.0007", 6);
            dw_bytes(d, 0x0009100d, "UN", h.ge_scan, strlen(h.ge_scan));
        }
        dw_write(d, unknown ? DW_EXPLICIT : DW_IMPLICIT, dw_path(folder, "one"));
        dw_free(d);
        mi_volume v = read_volume(folder);
        ck_assert_double_eq(v.pet->philips_suv, 0.0007);
        ck_assert_double_eq(v.pet->ge_scan, v.pet->series - 300);
        mi_volume_free(&v);
        free(folder);
    }
}
END_TEST

START_TEST(values_that_are_suv_already)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    h.units = "GML";
    near(suv(&h).factor[0], 1);
    h.suv_type = "LBMJAMES128";
    near(suv_with(&h, MI_SUV_LBM_JAMES, false).factor[0], 1);
    double lean = mi_lean_body_mass_g(MI_SUV_LBM_JAMES, 70, 1.75, 'M');
    near(suv(&h).factor[0], 70e3 / lean);
    h.suv_type = "BW";
    near(suv_with(&h, MI_SUV_LBM_JAMES, false).factor[0], lean / 70e3);
    h.suv_type = "UNKNOWN";
    ck_assert(strstr(refused_suv(&h, MI_SUV_BW).message, "(0054,1006)"));
    h.suv_type = NULL;
    h.corrected = "DECY"; /* asked of all units */
    ck_assert(strstr(refused_suv(&h, MI_SUV_BW).message, "(0028,0051)"));
    h.corrected = "DECY\\ATTN";
    h.units = "CM2ML";
    h.suv_type = NULL;
    result r = suv_with(&h, MI_SUV_BSA, false);
    near(r.factor[0], 1);
    ck_assert_str_eq(r.unit, "cm2/ml");
    near(suv(&h).factor[0], 70e3 / mi_bsa_cm2(70, 1.75));
}
END_TEST

START_TEST(by_every_body_measure)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    const struct { mi_suv_kind kind; double body; } row[] = {
        { MI_SUV_BW, 70e3 }, { MI_SUV_LBM, 1e3 * (1.10 * 70 - 120 * 0.16) },
        { MI_SUV_LBM_JAMES, 1e3 * (1.10 * 70 - 128 * 0.16) },
        { MI_SUV_LBM_JANMA, 1e3 * 9270 * 70 / (6680 + 216 * 70 / (1.75 * 1.75)) },
        { MI_SUV_BSA, 71.84 * pow(70, 0.425) * pow(175, 0.725) },
        { MI_SUV_IBW, 1e3 * (48 + 1.06 * 23) }
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        near(suv_with(&h, row[i].kind, false).factor[0] / after(3600), row[i].body / 70e3);
    h.height_m = 175; /* beyond 3 m it is in cm */
    result r = suv_with(&h, MI_SUV_BSA, false);
    near(r.factor[0] / after(3600), row[4].body / 70e3);
    ck_assert_msg(strstr(r.warning, "(0010,1020)"), "%s", r.warning);
    h.height_m = 1.75;
    h.sex = "F";
    near(suv_with(&h, MI_SUV_LBM, false).factor[0] / after(3600), (1.07 * 70 - 148 * 0.16) / 70);
    near(suv_with(&h, MI_SUV_IBW, false).factor[0] / after(3600), (45.5 + 0.91 * 23) / 70);
}
END_TEST

/* ---- refusals ---- */

START_TEST(what_is_missing_is_named)
{
    NEEDS_DICOM;
    const struct { const char *tag; size_t at;
    } text[] = { { "(0054,1001)", offsetof(dw_pet, units) },
                 { "(0054,1102)", offsetof(dw_pet, decay) },
                 { "(0028,0051)", offsetof(dw_pet, corrected) },
                 { "(0018,1072)", offsetof(dw_pet, injection_time) } },
      number[] = { { "(0018,1074)", offsetof(dw_pet, dose_bq) },
                   { "(0018,1075)", offsetof(dw_pet, half_life_s) },
                   { "(0010,1030)", offsetof(dw_pet, weight_kg) } };
    for (size_t i = 0; i < 4; i++) {
        dw_pet h = dw_pet_plain();
        *(const char **)(void *)((char *)&h + text[i].at) = NULL;
        mi_err err = refused_suv(&h, MI_SUV_BW);
        ck_assert_msg(strstr(err.message, text[i].tag), "%s: %s", text[i].tag, err.message);
    }
    for (size_t i = 0; i < 3; i++) {
        dw_pet h = dw_pet_plain();
        *(double *)(void *)((char *)&h + number[i].at) = 0;
        mi_err err = refused_suv(&h, MI_SUV_BW);
        ck_assert_msg(strstr(err.message, number[i].tag), "%s: %s", number[i].tag, err.message);
    }
    dw_pet h = dw_pet_plain();
    h.series_time = h.acquisition_time = NULL;
    ck_assert(strstr(refused_suv(&h, MI_SUV_BW).message, "(0008,0031)"));
    h = dw_pet_plain();
    h.sex = "O";
    ck_assert(strstr(refused_suv(&h, MI_SUV_LBM).message, "(0010,0040)"));
    near(suv(&h).factor[0], after(3600)); /* body weight asks for no sex */
    h = dw_pet_plain();
    h.height_m = 0;
    ck_assert(strstr(refused_suv(&h, MI_SUV_IBW).message, "(0010,1020)"));
}
END_TEST

START_TEST(what_contradicts_is_refused)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    h.units = "PROPCNTS";
    ck_assert(strstr(refused_suv(&h, MI_SUV_BW).message, "PROPCNTS"));
    h = dw_pet_plain();
    h.corrected = "ATTN\\SCAT";
    ck_assert(strstr(refused_suv(&h, MI_SUV_BW).message, "DECY"));
    h.corrected = "DECY\\NOATTN";
    ck_assert(strstr(refused_suv(&h, MI_SUV_BW).message, "ATTN"));
    h = dw_pet_plain();
    h.decay = "SOMETIMES";
    ck_assert(strstr(refused_suv(&h, MI_SUV_BW).message, "(0054,1102)"));
    h = dw_pet_plain();
    h.injection_time = "120000"; /* an hour after the scan */
    ck_assert(strstr(refused_suv(&h, MI_SUV_BW).message, "after the scan"));
    h = dw_pet_plain();
    h.injection_time = "10:00"; /* hours and minutes are a time */
    near(suv(&h).factor[0], after(3600));
    h.injection_time = "ten";
    ck_assert(strstr(refused_suv(&h, MI_SUV_BW).message, "(0018,1072)"));
}
END_TEST

START_TEST(images_that_contradict_one_another)
{
    NEEDS_DICOM;
    for (int i = 0; i < 5; i++) {
        static const char *const tag[] = { "(0010,1020)", "(0010,0040)", "(0028,0051)",
                                           "(0054,1006)", "(7053,1009)" };
        dw_pet h = dw_pet_plain();
        char *folder = dw_pet_series(&h, 2);
        h.height_m = i == 0 ? 1.8 : h.height_m;
        h.sex = i == 1 ? "F" : h.sex;
        h.corrected = i == 2 ? "ATTN" : h.corrected;
        h.suv_type = i == 3 ? "BSA" : NULL;
        h.philips_activity = i == 4 ? 2.5 : 0;
        dw *d = dw_pet_slice(&h, 1);
        dw_write(d, DW_EXPLICIT, dw_path(folder, "PT001"));
        dw_free(d);
        mi_volume v = read_volume(folder);
        mi_suv s;
        mi_err err = MI_ERR_EMPTY;
        ck_assert_int_ne(mi_suv_factors(v.pet, MI_SUV_BW, false, &s, NULL, &err), 0);
        ck_assert_msg(strstr(err.message, tag[i]), "%s: %s", tag[i], err.message);
        mi_volume_free(&v);
        free(folder);
    }
}
END_TEST

START_TEST(doses_that_look_wrong)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    h.dose_bq = 370; /* MBq */
    result r = suv(&h);
    ck_assert_msg(strstr(r.warning, "(0018,1074)"), "%s", r.warning);
    near(r.factor[0], 1e6 * after(3600));
}
END_TEST

START_TEST(a_half_life_that_is_not_the_nuclide_s)
{
    NEEDS_DICOM;
    dw_pet h = dw_pet_plain();
    h.nuclide = "SCT:77004003:^18^Fluorine";
    ck_assert_int_eq(suv(&h).warnings, 0);
    h.half_life_s = 6588; /* as some headers have it */
    ck_assert_int_eq(suv(&h).warnings, 0);
    h.half_life_s = 4062.6;
    result r = suv(&h);
    ck_assert_msg(strstr(r.warning, "half-life"), "%s", r.warning);
    near(r.factor[0], 70e3 / (370e6 * exp2(-3600 / 4062.6))); /* the header's value is used */
}
END_TEST

/* ---- per slice ---- */

START_TEST(frames_of_their_own_times)
{
    NEEDS_DICOM;
    char *folder = dw_folder();
    for (int k = 0; k < 3; k++) {
        static const char *const time[] = { "110000", "111000", "112000" };
        char name[16];
        dw_pet h = dw_pet_plain();
        h.decay = "NONE";
        h.duration_ms = 1;
        h.acquisition_time = time[k];
        h.slope = k + 1; /* scaled slice by slice as well */
        dw *d = dw_pet_slice(&h, k);
        snprintf(name, sizeof name, "%d", k);
        dw_write(d, DW_EXPLICIT, dw_path(folder, name));
        dw_free(d);
    }
    mi_volume v = read_volume(folder);
    mi_suv s;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_msg(mi_suv_factors(v.pet, MI_SUV_BW, false, &s, NULL, &err) == 0, "%s", err.message);
    for (int k = 0; k < 3; k++) {
        ck_assert_double_eq_tol(s.factor[k], after(3600 + 600 * k), 1e-7 * after(3600));
        ck_assert_double_eq(value_at(&v, 1, 0, k), (k + 1) * dw_value(1, 0, k + 1));
    }
    mi_suv_free(&s);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

/* Of a dynamic series too the earliest acquisition is that of all volumes: the series time lies
   behind it, though before the second volume. */
START_TEST(the_second_volume_of_a_dynamic_series)
{
    NEEDS_DICOM;
    char *folder = dw_folder();
    for (int i = 0; i < 4; i++) {
        char name[16];
        dw_pet h = dw_pet_plain();
        h.series_time = "110500";
        h.acquisition_time = i < 2 ? "110000" : "111000";
        dw *d = dw_pet_slice(&h, i % 2);
        dw_text(d, 0x00080018, "UI", "1.2.3.%d", i + 1);
        dw_number(d, 0x00200100, "IS", 1 + i / 2);
        snprintf(name, sizeof name, "%d", i);
        dw_write(d, DW_EXPLICIT, dw_path(folder, name));
        dw_free(d);
    }
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_suv s;
    mi_err err = MI_ERR_EMPTY;
    for (opts.frame = 0; opts.frame < 2; opts.frame++) {
        mi_volume v = read_with(folder, &opts);
        ck_assert_msg(mi_suv_factors(v.pet, MI_SUV_BW, false, &s, NULL, &err) == 0, "%s",
                      err.message);
        near(s.factor[0], after(3600));
        mi_suv_free(&s);
        mi_volume_free(&v);
    }
    free(folder);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("pet");
    Suite *s = suite_create("dicom pet");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, start_decays_to_the_series_time);
    tcase_add_test(t, admin_does_not_decay);
    tcase_add_test(t, none_decays_to_the_average_count);
    tcase_add_test(t, a_series_time_after_the_scan_is_not_used);
    tcase_add_test(t, injection_by_date_and_time);
    tcase_add_test(t, injection_before_midnight_by_time_alone);
    tcase_add_test(t, dates_that_are_left_out);
    tcase_add_test(t, dates_shifted_apart_are_left_out);
    tcase_add_test(t, philips_counts);
    tcase_add_test(t, private_factors_without_a_vr);
    tcase_add_test(t, values_that_are_suv_already);
    tcase_add_test(t, by_every_body_measure);
    tcase_add_test(t, what_is_missing_is_named);
    tcase_add_test(t, what_contradicts_is_refused);
    tcase_add_test(t, images_that_contradict_one_another);
    tcase_add_test(t, doses_that_look_wrong);
    tcase_add_test(t, a_half_life_that_is_not_the_nuclide_s);
    tcase_add_test(t, frames_of_their_own_times);
    tcase_add_test(t, the_second_volume_of_a_dynamic_series);
    suite_add_tcase(s, t);
    return run_suite(s);
}
