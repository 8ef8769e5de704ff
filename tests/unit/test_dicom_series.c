/* DICOM series that this test writes: what is found in folders, how slices are put in order, and
   what is said of series that are a mess. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "dicom_case.h"

/* Slice k of the volume holds the values of instance k + 1. */
static void hold_values(const mi_volume *v, int slices)
{
    ck_assert_int_eq(v->grid.n[0], 8);
    ck_assert_int_eq(v->grid.n[1], 6);
    ck_assert_int_eq(v->grid.n[2], slices);
    for (int z = 0; z < slices; z++)
        for (int y = 0; y < 6; y++)
            for (int x = 0; x < 8; x++)
                ck_assert_double_eq(value_at(v, x, y, z), dw_value(x, y, z + 1) - 1000);
}

static void near(double a, double b) { ck_assert_double_eq_tol(a, b, 1e-9); }

/* ---- order and geometry ---- */

START_TEST(slices_lie_in_order_of_position)
{
    NEEDS_DICOM;
    char *folder = series_of(5, NULL, NULL);
    mi_volume v = read_volume(folder);
    hold_values(&v, 5);
    ck_assert_int_eq(v.type, MI_U16);
    ck_assert_int_eq(v.warnings.n, 0);
    const double want[3][4] = { { -1.5, 0, 0, 10 }, { 0, -2, 0, 20 }, { 0, 0, 3, 30 } };
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++)
            near(v.grid.m[i][j], want[i][j]);
    near(v.grid.spacing[0], 1.5);
    near(v.grid.spacing[1], 2);
    near(v.grid.spacing[2], 3);
    ck_assert_str_eq(v.meta.modality, "CT");
    ck_assert_str_eq(v.meta.unit, "HU");
    mi_volume_free(&v);
    free(folder);
}
END_TEST

START_TEST(every_syntax_holds_the_same)
{
    NEEDS_DICOM;
    for (int syntax = 0; syntax < DW_SYNTAXES; syntax++) {
        char *folder = dw_folder();
        add_series(folder, "", 3, (dw_syntax)syntax, NULL, NULL);
        mi_volume v = read_volume(folder);
        hold_values(&v, 3);
        mi_volume_free(&v);
        v = read_volume(dw_path(folder, "002")); /* one of the files alone */
        ck_assert_int_eq(v.grid.n[2], 1);
        near(v.grid.m[2][3], 33);
        near(v.grid.m[2][2], 3);
        mi_volume_free(&v);
        free(folder);
    }
}
END_TEST

/* Sagittal planes from left to right, stored from the right: the normal tells the order. */
static void sagittal(int k, dw_spec *s)
{
    const double o[6] = { 0, 1, 0, 0, 0, -1 };
    memcpy(s->orientation, o, sizeof o);
    s->position[0] = 40 - 3 * k;
    s->position[1] = -20;
    s->position[2] = 30;
}

START_TEST(sagittal_planes)
{
    NEEDS_DICOM;
    char *folder = series_of(4, sagittal, NULL);
    mi_volume v = read_volume(folder); /* normal: row x column = (-1, 0, 0) */
    hold_values(&v, 4);
    const double want[3][4] = { { 0, 0, 3, -40 }, { -1.5, 0, 0, 20 }, { 0, -2, 0, 30 } };
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++)
            near(v.grid.m[i][j], want[i][j]);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

static void tilted(int k, dw_spec *s) { s->position[1] += 0.8 * k; }

START_TEST(a_tilted_gantry_is_kept_as_shear)
{
    NEEDS_DICOM;
    char *folder = series_of(5, tilted, NULL);
    mi_volume v = read_volume(folder);
    hold_values(&v, 5);
    ck_assert(warned(&v, "gantry_tilt"));
    near(v.grid.m[1][2], -0.8);
    near(v.grid.m[2][2], 3);
    near(v.grid.spacing[2], hypot(0.8, 3));
    mi_volume_free(&v);
    free(folder);
}
END_TEST

static void bent(int k, dw_spec *s) { s->position[1] += k == 2 ? 1 : 0; }

START_TEST(slices_beside_the_line_are_refused)
{
    NEEDS_DICOM;
    char *folder = series_of(5, bent, NULL);
    ck_assert_int_eq(refused(folder).cls, MI_E_GEOMETRY);
    free(folder);
}
END_TEST

static void without_fourth(int k, dw_spec *s) { s->position[2] += k > 3 ? 3 : 0; }

START_TEST(a_missing_slice_is_refused)
{
    NEEDS_DICOM;
    char *folder = series_of(7, without_fourth, NULL);
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_GEOMETRY);
    ck_assert_msg(strstr(err.message, "1 slice is missing"), "%s", err.message);
    free(folder);
    folder = series_of(2, NULL, NULL);
    dw_spec s = dw_spec_ct(); /* of two gaps the smaller is the usual one */
    s.instance = 9;
    s.position[2] += 9;
    dw_image_write(&s, DW_EXPLICIT, dw_path(folder, "far"));
    err = refused(folder);
    ck_assert_msg(strstr(err.message, "1 slice is missing"), "%s", err.message);
    free(folder);
}
END_TEST

static void tell_spacing(int k, dw *d) { dw_number(d, 0x00180088, "DS", k < 9 ? 1.5 : 0); }

START_TEST(every_second_slice_missing)
{
    NEEDS_DICOM;
    char *folder = series_of(4, NULL, tell_spacing); /* 3 mm apart */
    mi_volume v = read_volume(folder);
    ck_assert(warned(&v, "uneven_spacing"));
    mi_volume_free(&v);
    free(folder);
}
END_TEST

static void fourth_has_no_place(int k, dw_spec *s) { s->placed = k != 3; }

START_TEST(a_slice_without_position)
{
    NEEDS_DICOM;
    char *folder = series_of(12, fourth_has_no_place, NULL);
    mi_err err = refused(folder);
    ck_assert_msg(strstr(err.message, "missing"), "%s", err.message);
    ck_assert_msg(err.hint && strstr(err.hint, "without position"), "%s", err.message);
    free(folder);
}
END_TEST

static void five_percent(int k, dw_spec *s) { s->position[2] += k > 3 ? 0.15 : 0; }
static void twenty_percent(int k, dw_spec *s) { s->position[2] += k > 3 ? 0.6 : 0; }

START_TEST(uneven_spacing_is_told_or_refused)
{
    NEEDS_DICOM;
    char *folder = series_of(7, five_percent, NULL);
    mi_volume v = read_volume(folder);
    ck_assert(warned(&v, "uneven_spacing"));
    near(v.grid.spacing[2], 18.15 / 6);
    mi_volume_free(&v);
    free(folder);
    folder = series_of(7, twenty_percent, NULL);
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_GEOMETRY);
    ck_assert_msg(strstr(err.message, "not uniform"), "%s", err.message);
    free(folder);
}
END_TEST

/* ---- what does not belong to the series ---- */

START_TEST(an_identical_copy_counts_once)
{
    NEEDS_DICOM;
    char *folder = series_of(4, NULL, NULL);
    dw_spec s = dw_spec_ct();
    s.instance = 2;
    s.position[2] += 3;
    dw_image_write(&s, DW_IMPLICIT, dw_path(folder, "copy of 2"));
    mi_volume v = read_volume(folder);
    hold_values(&v, 4);
    ck_assert(warned(&v, "duplicate_slice"));
    mi_volume_free(&v);
    free(folder);
}
END_TEST

START_TEST(another_image_at_one_place_is_refused)
{
    NEEDS_DICOM;
    char *folder = series_of(4, NULL, NULL);
    dw_spec s = dw_spec_ct();
    s.instance = 9;
    s.position[2] += 3;
    dw_image_write(&s, DW_EXPLICIT, dw_path(folder, "other"));
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_GEOMETRY);
    ck_assert_msg(strstr(err.message, "duplicate slice"), "%s", err.message);
    free(folder);
}
END_TEST

static void second_acquisition(int k, dw_spec *s)
{
    s->acquisition = 2;
    s->instance = k + 21;
}

START_TEST(two_acquisitions_at_the_same_places)
{
    NEEDS_DICOM;
    char *folder = series_of(4, NULL, NULL);
    add_series(folder, "B", 4, DW_EXPLICIT, second_acquisition, NULL);
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_msg(strstr(err.message, "acquisition number 1 to 2"), "%s", err.message);
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.frame = 1;
    mi_volume v = read_with(folder, &opts);
    ck_assert_double_eq(value_at(&v, 0, 0, 0), dw_value(0, 0, 21) - 1000);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

static void between_the_first(int k, dw_spec *s)
{
    second_acquisition(k, s);
    s->position[2] += 1.5;
}

/* Evenly spaced all the same: told, for nobody can see it in the result. */
START_TEST(two_acquisitions_interleaved)
{
    NEEDS_DICOM;
    char *folder = series_of(4, NULL, NULL);
    add_series(folder, "B", 4, DW_EXPLICIT, between_the_first, NULL);
    mi_volume v = read_volume(folder);
    ck_assert_int_eq(v.grid.n[2], 8);
    ck_assert(warned(&v, "acquisitions_interleaved"));
    mi_volume_free(&v);
    free(folder);
}
END_TEST

static void shifted_behind(int k, dw_spec *s)
{
    second_acquisition(k, s);
    s->position[2] += 12;
}

/* One after the other, as a scanner parts a long range. */
START_TEST(two_acquisitions_in_a_row_are_one_volume)
{
    NEEDS_DICOM;
    char *folder = series_of(4, NULL, NULL);
    add_series(folder, "B", 4, DW_EXPLICIT, shifted_behind, NULL);
    mi_volume v = read_volume(folder);
    ck_assert_int_eq(v.grid.n[2], 8);
    ck_assert_int_eq(v.warnings.n, 0);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

static void one_is_larger(int k, dw_spec *s) { s->columns = k == 11 ? 10 : 8; }
static void half_are_larger(int k, dw_spec *s) { s->columns = k > 5 ? 10 : 8; }

START_TEST(slices_of_another_size)
{
    NEEDS_DICOM;
    char *folder = series_of(12, one_is_larger, NULL);
    mi_volume v = read_volume(folder);
    hold_values(&v, 11);
    ck_assert(warned(&v, "images_left_out"));
    mi_volume_free(&v);
    free(folder);
    folder = series_of(12, half_are_larger, NULL);
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_GEOMETRY);
    ck_assert_msg(strstr(err.message, "another size"), "%s", err.message);
    free(folder);
}
END_TEST

static void one_is_turned(int k, dw_spec *s)
{
    const double o[6] = { 0, 1, 0, 0, 0, -1 };
    if (k == 11)
        memcpy(s->orientation, o, sizeof o);
}

START_TEST(a_slice_of_another_orientation)
{
    NEEDS_DICOM;
    char *folder = series_of(12, one_is_turned, NULL);
    mi_volume v = read_volume(folder);
    hold_values(&v, 11);
    ck_assert(warned(&v, "images_left_out"));
    mi_volume_free(&v);
    free(folder);
}
END_TEST

START_TEST(a_scout_is_left_out)
{
    NEEDS_DICOM;
    char *folder = series_of(3, NULL, NULL); /* more than one in ten, but it says what it is */
    dw_spec s = dw_spec_ct();
    const double o[6] = { 1, 0, 0, 0, 0, -1 };
    memcpy(s.orientation, o, sizeof o);
    s.instance = 90;
    s.columns = 12;
    dw *d = dw_image(&s);
    dw_text(d, 0x00080008, "CS", "ORIGINAL\\PRIMARY\\LOCALIZER");
    dw_write(d, DW_EXPLICIT, dw_path(folder, "scout"));
    dw_free(d);
    mi_volume v = read_volume(folder);
    hold_values(&v, 3);
    ck_assert(warned(&v, "images_left_out"));
    mi_volume_free(&v);
    s = dw_spec_ct(); /* of the size and orientation of the slices, 50 mm away */
    s.instance = 90;
    s.position[2] -= 50;
    d = dw_image(&s);
    dw_text(d, 0x00080008, "CS", "ORIGINAL\\PRIMARY\\LOCALIZER");
    dw_write(d, DW_EXPLICIT, dw_path(folder, "scout"));
    dw_free(d);
    v = read_volume(folder);
    hold_values(&v, 3);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

/* ---- missing geometry ---- */

static void not_placed(int k, dw_spec *s)
{
    (void)k;
    s->placed = 0;
}

START_TEST(without_positions)
{
    NEEDS_DICOM;
    char *folder = series_of(3, not_placed, NULL);
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_GEOMETRY);
    ck_assert_msg(strstr(err.message, "no position"), "%s", err.message);
    mi_volume v = read_volume(dw_path(folder, "IM001"));
    ck_assert(warned(&v, "no_position"));
    mi_volume_free(&v);
    free(folder);
}
END_TEST

static void zero_spacing(int k, dw_spec *s) { s->spacing[0] = k < 9 ? 0 : 1; }
static void no_spacing(int k, dw_spec *s) { s->spacing[0] = s->spacing[1] = k < 9 ? 0 : 1; }

START_TEST(without_spacing)
{
    NEEDS_DICOM;
    char *folder = series_of(3, zero_spacing, NULL);
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_GEOMETRY);
    ck_assert_msg(strstr(err.message, "pixel spacing"), "%s", err.message);
    free(folder);
    folder = series_of(3, no_spacing, NULL);
    ck_assert_int_eq(refused(folder).cls, MI_E_GEOMETRY);
    free(folder);
    folder = dw_folder();
    dw_spec s = dw_spec_ct();
    s.modality = "DX";
    s.sop_class = "1.2.840.10008.5.1.4.1.1.1.1";
    s.placed = 0;
    s.spacing[0] = s.spacing[1] = s.thickness = 0;
    dw_image_write(&s, DW_EXPLICIT, dw_path(folder, "plain"));
    mi_volume v = read_volume(dw_path(folder, "plain"));
    ck_assert(warned(&v, "no_spacing"));
    ck_assert(warned(&v, "no_thickness"));
    near(v.grid.spacing[0], 1);
    mi_volume_free(&v);
    dw *d = dw_image(&s);
    dw_numbers(d, 0x00181164, "DS", (double[]){ 0.2, 0.1 }, 2);
    dw_write(d, DW_EXPLICIT, dw_path(folder, "imager"));
    dw_free(d);
    v = read_volume(dw_path(folder, "imager"));
    ck_assert(!warned(&v, "no_spacing"));
    near(v.grid.spacing[0], 0.1);
    near(v.grid.spacing[1], 0.2);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

static void number_damaged(int k, dw *d)
{
    if (k == 1)
        dw_text(d, 0x00200032, "DS", "-10\\-20\\3O");
}

/* A position that is no number is a slice without position, so it does not fit the others. */
START_TEST(a_damaged_position_is_not_guessed)
{
    NEEDS_DICOM;
    char *folder = series_of(3, NULL, number_damaged);
    ck_assert_int_eq(refused(folder).cls, MI_E_GEOMETRY);
    free(folder);
}
END_TEST

static void not_a_number(int k, dw *d)
{
    if (k == 1)
        dw_numbers(d, 0x00200032, "FD", (double[]){ -10, -20, NAN }, 3);
    if (k == 2)
        dw_numbers(d, 0x00200032, "FD", (double[]){ -10, INFINITY, 36 }, 3);
}

START_TEST(positions_that_are_not_finite)
{
    NEEDS_DICOM;
    char *folder = series_of(3, NULL, not_a_number);
    ck_assert_int_eq(refused(folder).cls, MI_E_GEOMETRY);
    free(folder);
}
END_TEST

static void no_direction(int k, dw_spec *s)
{
    (void)k;
    memset(s->orientation, 0, sizeof s->orientation);
}

static void skewed(int k, dw_spec *s)
{
    (void)k;
    s->orientation[3] = 0.6;
    s->orientation[4] = 0.8;
}

START_TEST(directions_that_span_no_plane)
{
    NEEDS_DICOM;
    char *folder = series_of(3, no_direction, NULL);
    ck_assert_int_eq(refused(folder).cls, MI_E_GEOMETRY);
    mi_volume v = read_volume(dw_path(folder, "IM002"));
    ck_assert(warned(&v, "no_position"));
    mi_volume_free(&v);
    free(folder);
    folder = series_of(3, skewed, NULL);
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_GEOMETRY);
    ck_assert_msg(strstr(err.message, "right angles"), "%s", err.message);
    free(folder);
}
END_TEST

static void mosaic(int k, dw *d)
{
    (void)k;
    dw_text(d, 0x00080008, "CS", "ORIGINAL\\PRIMARY\\M\\ND\\MOSAIC");
}

/* Many slices in one picture: its position is that of none of them. */
START_TEST(a_mosaic_is_refused)
{
    NEEDS_DICOM;
    char *folder = series_of(2, NULL, mosaic);
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_msg(strstr(err.message, "mosaic"), "%s", err.message);
    free(folder);
}
END_TEST

/* ---- nuclear medicine ---- */

static dw *nuclear(const char *type, int frames)
{
    dw_spec s = dw_spec_ct();
    s.sop_class = "1.2.840.10008.5.1.4.1.1.20";
    s.modality = "NM";
    s.frames = frames;
    s.placed = 0;
    dw *d = dw_image(&s), *det = dw_item(d, 0x00540022);
    dw_text(d, 0x00080008, "CS", "%s", type);
    dw_numbers(det, 0x00200032, "DS", (double[]){ -10, -20, 30 }, 3);
    dw_numbers(det, 0x00200037, "DS", s.orientation, 6);
    dw_number(d, 0x00180088, "DS", -4);
    return d;
}

START_TEST(reconstructed_slices_follow_the_detector)
{
    NEEDS_DICOM;
    char *folder = dw_folder();
    dw *d = nuclear("ORIGINAL\\PRIMARY\\RECON TOMO\\EMISSION", 4);
    dw_write(d, DW_EXPLICIT, dw_path(folder, "nm"));
    mi_volume v = read_volume(dw_path(folder, "nm"));
    ck_assert_int_eq(v.grid.n[2], 4);
    near(v.grid.m[2][2], 4);
    near(v.grid.m[2][3], 30 - 12);
    for (int z = 0; z < 4; z++) /* the first frame is the topmost slice */
        ck_assert_double_eq(value_at(&v, 1, 1, z), dw_value(1, 1, 3 - z) - 1000);
    mi_volume_free(&v);
    /* gated: two slices at two moments */
    dw_numbers(d, 0x00540080, "US", (double[]){ 1, 2, 1, 2 }, 4);
    dw_write(d, DW_EXPLICIT, dw_path(folder, "nm"));
    ck_assert_int_eq(refused(dw_path(folder, "nm")).cls, MI_E_DATA);
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.frame = 1;
    v = read_with(dw_path(folder, "nm"), &opts);
    ck_assert_int_eq(v.grid.n[2], 2);
    ck_assert_double_eq(value_at(&v, 0, 0, 0), dw_value(0, 0, 3) - 1000);
    ck_assert_double_eq(value_at(&v, 0, 0, 1), dw_value(0, 0, 2) - 1000);
    mi_volume_free(&v);
    dw_free(d);
    free(folder);
}
END_TEST

/* Planar and dynamic frames, and projections before reconstruction, are no slices of a volume. */
START_TEST(planar_frames_are_moments)
{
    NEEDS_DICOM;
    static const char *const types[] = { "ORIGINAL\\PRIMARY\\DYNAMIC\\EMISSION",
                                         "ORIGINAL\\PRIMARY\\TOMO\\EMISSION" };
    for (int i = 0; i < 2; i++) {
        char *folder = dw_folder();
        dw *d = nuclear(types[i], 4);
        dw_write(d, DW_EXPLICIT, dw_path(folder, "nm"));
        dw_free(d);
        ck_assert_int_eq(refused(dw_path(folder, "nm")).cls, MI_E_DATA);
        mi_source_opts opts = MI_SOURCE_OPTS;
        opts.frame = 2;
        mi_volume v = read_with(dw_path(folder, "nm"), &opts);
        ck_assert_int_eq(v.grid.n[2], 1);
        ck_assert_double_eq(value_at(&v, 0, 0, 0), dw_value(0, 0, 2) - 1000);
        mi_volume_free(&v);
        free(folder);
    }
}
END_TEST

/* ---- several series ---- */

static void of_series_7(int k, dw_spec *s)
{
    s->series = "1.2.3.7";
    s->series_number = 7;
    s->instance = k + 11;
}

START_TEST(two_series_need_a_choice)
{
    NEEDS_DICOM;
    char *folder = series_of(3, NULL, NULL);
    mkdir(dw_path(folder, "deeper"), 0777);
    add_series(folder, "deeper/", 4, DW_EXPLICIT, of_series_7, NULL);
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_msg(strstr(err.message, "number 4") && strstr(err.message, "number 7"), "%s",
                  err.message);
    cJSON *facts = facts_of(folder);
    const cJSON *list = cJSON_GetObjectItem(facts, "series");
    ck_assert_int_eq(cJSON_GetArraySize(list), 2);
    const char *digest = cJSON_GetStringValue(
        cJSON_GetObjectItem(cJSON_GetArrayItem(list, 1), "series"));
    const char *const names[] = { "7", "1.2.3.7", digest, digest + 7 };
    for (int i = 0; i < 4; i++) {
        mi_source_opts opts = MI_SOURCE_OPTS;
        opts.series = names[i];
        mi_volume v = read_with(folder, &opts);
        ck_assert_int_eq(v.grid.n[2], 4);
        mi_volume_free(&v);
    }
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.series = "5";
    err = refused_with(folder, &opts);
    ck_assert_int_eq(err.cls, MI_E_NOINPUT);
    cJSON_Delete(facts);
    free(folder);
}
END_TEST

START_TEST(the_list_tells_what_is_wrong)
{
    NEEDS_DICOM;
    char *folder = series_of(7, without_fourth, NULL);
    FILE *f = fopen(dw_path(folder, "notes.txt"), "w");
    ck_assert(f && fputs("not an image\n", f) >= 0 && fclose(f) == 0);
    cJSON *facts = facts_of(folder);
    const cJSON *one = cJSON_GetArrayItem(cJSON_GetObjectItem(facts, "series"), 0);
    const cJSON *wrong = cJSON_GetArrayItem(cJSON_GetObjectItem(one, "wrong"), 0);
    double images = 0, strangers = 0;
    mi_json_get_number(cJSON_GetObjectItem(one, "images"), &images);
    mi_json_get_number(cJSON_GetObjectItem(facts, "not_dicom"), &strangers);
    ck_assert_double_eq(images, 7);
    ck_assert_double_eq(strangers, 1);
    ck_assert_msg(wrong && strstr(wrong->valuestring, "missing"), "nothing is said to be wrong");
    cJSON_Delete(facts);
    free(folder);
}
END_TEST

START_TEST(a_folder_without_images)
{
    NEEDS_DICOM;
    char *folder = dw_folder();
    ck_assert_int_eq(refused(folder).cls, MI_E_DATA);
    FILE *f = fopen(dw_path(folder, "notes.txt"), "w");
    ck_assert(f && fputs("not an image\n", f) >= 0 && fclose(f) == 0);
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_msg(strstr(err.message, "no DICOM image"), "%s", err.message);
    free(folder);
}
END_TEST

/* ---- four dimensions ---- */

static void echoes(int k, dw *d) { dw_number(d, 0x00180081, "IS", k % 2 + 1); }
static void moments(int k, dw *d) { dw_number(d, 0x00200100, "IS", k % 2 + 1); }
static void b_values(int k, dw *d) { dw_number(d, 0x00189087, "FD", k % 2 ? 800 : 0); }

static void pairs(int k, dw_spec *s)
{
    s->modality = "MR";
    s->sop_class = "1.2.840.10008.5.1.4.1.1.4";
    s->inter = 0;
    s->position[2] = 30 + 3 * (k / 2);
}

static void hold_pairs(edit_object edit, const char *by)
{
    char *folder = series_of(8, pairs, edit);
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_msg(strstr(err.message, by), "%s", err.message);
    for (int frame = 0; frame < 2; frame++) {
        mi_source_opts opts = MI_SOURCE_OPTS;
        opts.frame = frame;
        mi_volume v = read_with(folder, &opts);
        ck_assert_int_eq(v.grid.n[2], 4);
        for (int z = 0; z < 4; z++)
            ck_assert_double_eq(value_at(&v, 3, 2, z), dw_value(3, 2, 2 * z + frame + 1));
        mi_volume_free(&v);
    }
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.frame = 2;
    ck_assert_int_eq(refused_with(folder, &opts).cls, MI_E_USAGE);
    opts.frame = MI_FRAME_ALL;
    mi_source *s = NULL;
    ck_assert_int_eq(mi_source_open(&s, folder, &opts, NULL), 0);
    mi_volume v = MI_VOLUME_EMPTY;
    int n = 0;
    while (mi_source_next(s, &v, NULL) > 0) {
        n++;
        mi_volume_free(&v);
    }
    ck_assert_int_eq(n, 2);
    mi_source_close(s);
    free(folder);
}

/* The instance numbers start anew in each volume, or tell less than the rest: names run against
   them. */
static void inversions(int k, dw *d)
{
    dw_number(d, 0x00180082, "DS", k % 2 ? 400 : 100);
    dw_number(d, 0x00200013, "IS", 1);
}

static void angles(int k, dw *d)
{
    dw_number(d, 0x00181314, "DS", k % 2 ? 20 : 2);
    dw_number(d, 0x00200013, "IS", 1);
}

static void times(int k, dw *d)
{
    dw_text(d, 0x00080022, "DA", "20240102");
    dw_text(d, 0x00080032, "TM", k % 2 ? "120000" : "115900");
    dw_number(d, 0x00200013, "IS", k % 2 ? 1 : 2);
}

static void nothing(int k, dw *d)
{
    (void)k;
    dw_number(d, 0x00200013, "IS", 1);
}

START_TEST(series_of_echoes_moments_and_b_values)
{
    NEEDS_DICOM;
    hold_pairs(echoes, "echo 1 to 2");
    hold_pairs(moments, "temporal position 1 to 2");
    hold_pairs(b_values, "b-value 0 to 800");
    hold_pairs(inversions, "inversion time 100 to 400");
    hold_pairs(angles, "flip angle 2 to 20");
    hold_pairs(times, "acquisition time only");
}
END_TEST

START_TEST(volumes_that_nothing_parts)
{
    NEEDS_DICOM;
    char *folder = series_of(8, pairs, nothing);
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.frame = 0;
    mi_err err = refused_with(folder, &opts);
    ck_assert_int_eq(err.cls, MI_E_GEOMETRY);
    ck_assert_msg(strstr(err.message, "which volume"), "%s", err.message);
    free(folder);
}
END_TEST

/* ---- enhanced multi-frame ---- */

/* Frames in disorder: place 1 of frame 0, place 2 of frame 1, place 0 of frame 2. */
static dw *enhanced(void)
{
    static const int place[3] = { 1, 2, 0 };
    dw_spec s = dw_spec_ct();
    s.sop_class = "1.2.840.10008.5.1.4.1.1.4.1";
    s.modality = "MR";
    s.frames = 3;
    s.placed = 0;
    s.spacing[0] = s.spacing[1] = s.thickness = s.slope = 0;
    dw *d = dw_image(&s), *shared = dw_item(d, 0x52009229);
    dw_numbers(dw_item(shared, 0x00209116), 0x00200037, "DS", dw_spec_ct().orientation, 6);
    dw *m = dw_item(shared, 0x00289110);
    dw_numbers(m, 0x00280030, "DS", dw_spec_ct().spacing, 2);
    dw_number(m, 0x00180050, "DS", 5);
    for (int k = 0; k < 3; k++) {
        dw *f = dw_item(d, 0x52009230), *t;
        dw_numbers(dw_item(f, 0x00209113), 0x00200032, "DS",
                   (double[]){ -10, -20, 30 + 5 * place[k] }, 3);
        t = dw_item(f, 0x00289145);
        dw_number(t, 0x00281052, "DS", -place[k]);
        dw_number(t, 0x00281053, "DS", 0.5);
    }
    return d;
}

START_TEST(enhanced_frames_are_sorted_and_scaled)
{
    NEEDS_DICOM;
    static const int frame_at[3] = { 2, 0, 1 };
    char *folder = dw_folder();
    dw *d = enhanced();
    for (int syntax = 0; syntax < DW_SYNTAXES; syntax++) {
        dw_write(d, (dw_syntax)syntax, dw_path(folder, "enhanced"));
        mi_volume v = read_volume(dw_path(folder, "enhanced"));
        ck_assert_int_eq(v.type, MI_F32); /* each frame has its own intercept */
        near(v.grid.spacing[2], 5);
        near(v.grid.m[2][3], 30);
        for (int z = 0; z < 3; z++)
            ck_assert_double_eq(value_at(&v, 5, 4, z), 0.5 * dw_value(5, 4, frame_at[z]) - z);
        mi_volume_free(&v);
    }
    dw_free(d);
    free(folder);
}
END_TEST

/* Where a frame lies, and which moment's it is: by Temporal Position Index, or (its standard way)
   by Dimension Index Values alone. */
static void add_dimension(dw *d, int stack, int moment, bool by_index)
{
    dw *f = dw_item(d, 0x52009230), *c = dw_item(f, 0x00209111);
    dw_numbers(dw_item(f, 0x00209113), 0x00200032, "DS", (double[]){ -10, -20, 30 + 5 * stack }, 3);
    if (by_index)
        dw_numbers(c, 0x00209157, "UL", (double[]){ stack + 1, moment + 1 }, 2);
    else
        dw_number(c, 0x00209128, "UL", moment + 1);
}

START_TEST(enhanced_frames_of_two_moments)
{
    NEEDS_DICOM;
    for (int by_index = 0; by_index < 2; by_index++) {
        static const int place[6] = { 0, 0, 2, 1, 1, 2 }, at[3] = { 0, 4, 2 };
        char *folder = dw_folder();
        dw_spec s = dw_spec_ct();
        s.sop_class = "1.2.840.10008.5.1.4.1.1.4.1";
        s.modality = "MR";
        s.frames = 6;
        s.placed = 0;
        dw *d = dw_image(&s);
        dw_numbers(dw_item(dw_item(d, 0x52009229), 0x00209116), 0x00200037, "DS", s.orientation, 6);
        for (int k = 0; k < 6; k++) /* frames 0, 2 and 4 are the second moment's */
            add_dimension(d, place[k], k % 2 == 0, by_index);
        dw_write(d, DW_EXPLICIT, dw_path(folder, "e"));
        ck_assert_int_eq(refused(dw_path(folder, "e")).cls, MI_E_DATA);
        mi_source_opts opts = MI_SOURCE_OPTS;
        opts.frame = 1;
        mi_volume v = read_with(dw_path(folder, "e"), &opts);
        ck_assert_int_eq(v.grid.n[2], 3);
        for (int z = 0; z < 3; z++)
            ck_assert_double_eq(value_at(&v, 0, 0, z), dw_value(0, 0, at[z]) - 1000);
        mi_volume_free(&v);
        dw_free(d);
        free(folder);
    }
}
END_TEST

/* ---- ways in ---- */

START_TEST(a_dicomdir_names_its_files)
{
    NEEDS_DICOM;
    char *folder = dw_folder();
    mkdir(dw_path(folder, "DISK1"), 0777);
    add_series(folder, "DISK1/IM", 3, DW_EXPLICIT, NULL, NULL);
    add_series(folder, "STRAY", 2, DW_EXPLICIT, of_series_7, NULL); /* not referred to */
    dw *d = dw_new();
    dw_text(d, 0x00080016, "UI", "1.2.840.10008.1.3.10");
    dw_text(d, 0x00080018, "UI", "1.2.3.55");
    for (int k = 1; k <= 3; k++) {
        dw *r = dw_item(d, 0x00041220);
        dw_text(r, 0x00041430, "CS", "IMAGE");
        dw_text(r, 0x00041500, "CS", "DISK1\\IM%03d", k);
    }
    dw_text(dw_item(d, 0x00041220), 0x00041500, "CS", "..\\OUTSIDE");
    dw_text(dw_item(d, 0x00041220), 0x00041430, "CS", "PATIENT");
    dw_write(d, DW_EXPLICIT, dw_path(folder, "DICOMDIR"));
    mi_volume v = read_volume(dw_path(folder, "DICOMDIR"));
    hold_values(&v, 3);
    mi_volume_free(&v);
    dw_free(d);
    free(folder);
}
END_TEST

/* Run f with stdin from a file. */
static mi_volume read_stdin(const char *path)
{
    int kept = dup(0);
    ck_assert_ptr_nonnull(freopen(path, "rb", stdin));
    mi_volume v = read_volume("-");
    dup2(kept, 0);
    close(kept);
    return v;
}

START_TEST(one_object_on_stdin)
{
    NEEDS_DICOM;
    char *folder = dw_folder();
    for (int syntax = 0; syntax < DW_SYNTAXES; syntax++) {
        dw_spec s = dw_spec_ct();
        dw_image_write(&s, (dw_syntax)syntax, dw_path(folder, "one"));
        mi_volume v = read_stdin(dw_path(folder, "one"));
        hold_values(&v, 1);
        mi_volume_free(&v);
    }
    free(folder);
}
END_TEST

START_TEST(a_gzipped_object)
{
    NEEDS_DICOM;
    char *folder = dw_folder();
    dw_spec s = dw_spec_ct();
    size_t n;
    dw *d = dw_image(&s);
    unsigned char *p = dw_encode(d, DW_EXPLICIT, &n);
    gzFile f = gzopen(dw_path(folder, "x.dcm.gz"), "wb");
    ck_assert(f && gzwrite(f, p, (unsigned)n) == (int)n && gzclose(f) == Z_OK);
    mi_volume v = read_volume(dw_path(folder, "x.dcm.gz"));
    hold_values(&v, 1);
    mi_volume_free(&v);
    free(p);
    dw_free(d);
    free(folder);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("series");
    Suite *s = suite_create("dicom series");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, slices_lie_in_order_of_position);
    tcase_add_test(t, every_syntax_holds_the_same);
    tcase_add_test(t, sagittal_planes);
    tcase_add_test(t, a_tilted_gantry_is_kept_as_shear);
    tcase_add_test(t, slices_beside_the_line_are_refused);
    tcase_add_test(t, a_missing_slice_is_refused);
    tcase_add_test(t, every_second_slice_missing);
    tcase_add_test(t, a_slice_without_position);
    tcase_add_test(t, uneven_spacing_is_told_or_refused);
    tcase_add_test(t, an_identical_copy_counts_once);
    tcase_add_test(t, another_image_at_one_place_is_refused);
    tcase_add_test(t, two_acquisitions_at_the_same_places);
    tcase_add_test(t, two_acquisitions_interleaved);
    tcase_add_test(t, two_acquisitions_in_a_row_are_one_volume);
    tcase_add_test(t, slices_of_another_size);
    tcase_add_test(t, a_slice_of_another_orientation);
    tcase_add_test(t, a_scout_is_left_out);
    tcase_add_test(t, without_positions);
    tcase_add_test(t, without_spacing);
    tcase_add_test(t, a_damaged_position_is_not_guessed);
    tcase_add_test(t, positions_that_are_not_finite);
    tcase_add_test(t, directions_that_span_no_plane);
    tcase_add_test(t, a_mosaic_is_refused);
    tcase_add_test(t, reconstructed_slices_follow_the_detector);
    tcase_add_test(t, planar_frames_are_moments);
    tcase_add_test(t, two_series_need_a_choice);
    tcase_add_test(t, the_list_tells_what_is_wrong);
    tcase_add_test(t, a_folder_without_images);
    tcase_add_test(t, series_of_echoes_moments_and_b_values);
    tcase_add_test(t, volumes_that_nothing_parts);
    tcase_add_test(t, enhanced_frames_are_sorted_and_scaled);
    tcase_add_test(t, enhanced_frames_of_two_moments);
    tcase_add_test(t, a_dicomdir_names_its_files);
    tcase_add_test(t, one_object_on_stdin);
    tcase_add_test(t, a_gzipped_object);
    suite_add_tcase(s, t);
    return run_suite(s);
}
