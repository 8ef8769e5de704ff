/* RT Structure Sets that this test writes, drawn on a CT series of 40 x 32 pixels of 1.5 x 2 mm
   and 6 slices of 3 mm: holes, keyholes, places between slices, choice of regions. The rule: a
   voxel is inside when its centre is, by even-odd over all contours of the plane. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dicom_case.h"

enum { NX = 40, NY = 32, NZ = 6 };

static void large(int k, dw_spec *s)
{
    (void)k;
    s->columns = NX;
    s->rows = NY;
    s->position[0] = s->position[1] = s->position[2] = 0;
    s->position[2] = 3 * k;
}

static mi_grid grid_of(change_spec change)
{
    char *folder = series_of(NZ, change, NULL);
    mi_volume v = read_volume(folder);
    mi_grid g = v.grid;
    mi_volume_free(&v);
    free(folder);
    return g;
}

/* ---- writing ---- */

static dw *structure_set(void)
{
    dw *d = dw_new();
    dw_text(d, 0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.481.3");
    dw_text(d, 0x00080018, "UI", "1.2.3.4.77");
    dw_text(d, 0x00080060, "CS", "RTSTRUCT");
    dw_text(d, 0x0020000e, "UI", "1.2.3.77");
    return d;
}

/* A region; its item of ROI Contour Sequence. */
static dw *add_roi(dw *d, int number, const char *name)
{
    dw *r = dw_item(d, 0x30060020), *c;
    dw_number(r, 0x30060022, "IS", number);
    dw_text(r, 0x30060026, "LO", "%s", name);
    c = dw_item(d, 0x30060039);
    dw_numbers(c, 0x3006002a, "IS", (double[]){ 10, 20, 250 }, 3);
    dw_number(c, 0x30060084, "IS", number);
    return c;
}

/* A contour of n points given as x, y in voxels, in plane k of the grid (any real number). */
static void add_contour(dw *roi, const mi_grid *g, const char *type, const double *xy, int n,
                        double k)
{
    double *lps = malloc((size_t)n * 3 * sizeof *lps);
    ck_assert_ptr_nonnull(lps);
    for (int i = 0; i < n; i++)
        for (int r = 0; r < 3; r++)
            lps[3 * i + r] =
                (r < 2 ? -1 : 1) *
                (g->m[r][0] * xy[2 * i] + g->m[r][1] * xy[2 * i + 1] + g->m[r][2] * k + g->m[r][3]);
    dw *c = dw_item(roi, 0x30060040);
    dw_text(c, 0x30060042, "CS", "%s", type);
    dw_number(c, 0x30060046, "IS", n);
    dw_numbers(c, 0x30060050, "DS", lps, 3 * n);
    free(lps);
}

static void add_box(dw *roi, const mi_grid *g, double x0, double y0, double x1, double y1, double k)
{
    const double xy[8] = { x0, y0, x1, y0, x1, y1, x0, y1 };
    add_contour(roi, g, "CLOSED_PLANAR", xy, 4, k);
}

/* ---- reading ---- */

static char *folder_with(dw *d_take)
{
    char *folder = dw_folder();
    dw_write(d_take, DW_EXPLICIT, dw_path(folder, "rt"));
    dw_free(d_take);
    return folder;
}

static int read_maps(const char *folder, const mi_grid *g, const char *roi, mi_volume *v, int room)
{
    mi_source *s = NULL;
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_err err = MI_ERR_EMPTY;
    opts.like = g;
    opts.roi = roi;
    int n = 0, rc = mi_source_open(&s, dw_path(folder, "rt"), &opts, &err);
    while (rc == 0 && n < room && (rc = mi_source_next(s, &v[n], &err)) > 0) {
        rc = mi_source_voxels(s, &v[n], 0, v[n].grid.n[2], &err);
        n++;
    }
    ck_assert_msg(rc == 0, "%s", err.message);
    mi_source_close(s);
    return n;
}

static mi_volume read_one(dw *d_take, const mi_grid *g)
{
    mi_volume v;
    char *folder = folder_with(d_take);
    ck_assert_int_eq(read_maps(folder, g, NULL, &v, 1), 1);
    free(folder);
    return v;
}

static mi_err refuse(dw *d_take, const mi_grid *g, const char *roi)
{
    mi_source_opts opts = MI_SOURCE_OPTS;
    char *folder = folder_with(d_take);
    opts.like = g;
    opts.roi = roi;
    mi_err err = refused_with(dw_path(folder, "rt"), &opts);
    free(folder);
    return err;
}

static bool in_box(int x, int y, double x0, double y0, double x1, double y1)
{
    return x >= x0 && x < x1 && y >= y0 && y < y1;
}

static int count(const mi_volume *v, double value, int z)
{
    int n = 0;
    for (int p = 0; p < NX * NY; p++)
        n += value_at(v, p % NX, p / NX, z) == value;
    return n;
}

/* ---- shapes ---- */

START_TEST(a_contour_inside_another_is_a_hole)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    dw *d = structure_set(), *r = add_roi(d, 3, "Wall");
    add_box(r, &g, 4.5, 3.5, 30.5, 25.5, 2); /* outside */
    add_box(r, &g, 9.5, 8.5, 20.5, 18.5, 2); /* hole */
    add_box(r, &g, 12.5, 10.5, 14.5, 12.5, 2); /* an island in it */
    add_box(r, &g, 32.5, 2.5, 36.5, 6.5, 2); /* one beside them */
    mi_volume v = read_one(d, &g);
    ck_assert_int_eq(memcmp(&v.grid, &g, sizeof g), 0);
    ck_assert_str_eq(v.meta.label[0].name, "Wall");
    ck_assert_int_eq(v.meta.label[0].value, 3);
    ck_assert_int_eq(v.meta.label[0].rgb[2], 250);
    for (int z = 0; z < NZ; z++)
        for (int p = 0; p < NX * NY; p++) {
            int x = p % NX, y = p / NX;
            bool in = in_box(x, y, 4.5, 3.5, 30.5, 25.5) ^ in_box(x, y, 9.5, 8.5, 20.5, 18.5) ^
                      in_box(x, y, 12.5, 10.5, 14.5, 12.5) ^ in_box(x, y, 32.5, 2.5, 36.5, 6.5);
            ck_assert_msg(value_at(&v, x, y, z) == (z == 2 && in ? 3 : 0), "%d, %d, %d", x, y, z);
        }
    mi_volume_free(&v);
}
END_TEST

/* One contour that runs in along a line, round the hole and out again. */
START_TEST(a_keyhole_is_the_same_as_a_hole)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    const double xy[] = { 4.5, 3.5,  30.5, 3.5,  30.5, 25.5, 4.5, 25.5, 4.5, 12.3, 9.5, 12.3,
                          9.5, 18.5, 20.5, 18.5, 20.5, 8.5,  9.5, 8.5,  9.5, 12.3, 4.5, 12.3 };
    dw *d = structure_set();
    add_contour(add_roi(d, 1, "Keyhole"), &g, "CLOSED_PLANAR", xy, 12, 1);
    mi_volume v = read_one(d, &g);
    for (int p = 0; p < NX * NY; p++) {
        int x = p % NX, y = p / NX;
        bool in = in_box(x, y, 4.5, 3.5, 30.5, 25.5) && !in_box(x, y, 9.5, 8.5, 20.5, 18.5);
        ck_assert_msg(value_at(&v, x, y, 1) == in, "%d, %d", x, y);
    }
    mi_volume_free(&v);
}
END_TEST

/* 720 corners on a circle of 20.175 mm round a point that is no centre: inside are exactly the
   centres nearer than the radius (none lies within 0.01 mm of it). */
START_TEST(a_cylinder_has_its_voxels)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    const double radius = 20.175, cx = 18.3, cy = 15.6; /* voxels of 1.5 x 2 mm */
    double xy[1440];
    int want = 0;
    for (int i = 0; i < 720; i++) {
        double a = i * acos(-1) / 360;
        xy[2 * i] = cx + radius / 1.5 * cos(a);
        xy[2 * i + 1] = cy + radius / 2 * sin(a);
    }
    for (int p = 0; p < NX * NY; p++) {
        double r = hypot(1.5 * (p % NX - cx), 2.0 * (p / NX - cy));
        ck_assert(fabs(r - radius) > 0.01);
        want += r < radius;
    }
    dw *d = structure_set(), *roi = add_roi(d, 1, "Cylinder");
    for (int k = 1; k < 5; k++)
        add_contour(roi, &g, "CLOSED_PLANAR", xy, 720, k);
    mi_volume v = read_one(d, &g);
    for (int z = 0; z < NZ; z++)
        ck_assert_int_eq(count(&v, 1, z), z >= 1 && z < 5 ? want : 0);
    ck_assert_int_eq(v.warnings.n, 0);
    mi_volume_free(&v);
}
END_TEST

/* Through centres exactly: inside on the low side, outside on the high one, so that touching
   regions share no voxel and leave none out. */
START_TEST(edges_through_centres)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    dw *d = structure_set(), *a = add_roi(d, 1, "Left"), *b = add_roi(d, 2, "Right");
    add_box(a, &g, 4, 4, 10, 12, 0);
    add_box(b, &g, 10, 4, 16, 12, 0);
    char *folder = folder_with(d);
    mi_volume v[2];
    ck_assert_int_eq(read_maps(folder, &g, NULL, v, 2), 1);
    ck_assert_int_eq(count(&v[0], 1, 0), 48);
    ck_assert_int_eq(count(&v[0], 2, 0), 48);
    mi_volume_free(&v[0]);
    free(folder);
}
END_TEST

static void odd_spacing(int k, dw_spec *s)
{
    large(k, s);
    s->spacing[0] = 0.7331;
    s->spacing[1] = 0.6113;
    s->position[0] = -123.457;
    s->position[1] = 77.7131;
}

/* The same where no coordinate in mm is a whole number: what is written with 16 characters comes
   a little to this or that side of a centre. */
START_TEST(edges_a_hair_beside_centres)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(odd_spacing);
    for (int i = 0; i < 12; i++) {
        dw *d = structure_set(), *r = add_roi(d, 1, "Box");
        const double rhomb[8] = { i + 4, 4, i + 9, 9, i + 4, 14, i - 1, 9 };
        add_box(r, &g, i, 2 * i, i + 11, 2 * i + 5, 0);
        add_contour(r, &g, "CLOSED_PLANAR", rhomb, 4, 1);
        mi_volume v = read_one(d, &g);
        ck_assert_int_eq(count(&v, 1, 0), 55);
        ck_assert_int_eq(count(&v, 1, 1), 50 - (i == 0)); /* there one lies beside the image */
        mi_volume_free(&v);
    }
}
END_TEST

START_TEST(regions_that_overlap_get_maps_of_their_own)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    dw *d = structure_set();
    add_box(add_roi(d, 1, "Outer"), &g, 2.5, 2.5, 20.5, 20.5, 2);
    add_box(add_roi(d, 2, "Inner"), &g, 5.5, 5.5, 9.5, 9.5, 2);
    add_box(add_roi(d, 3, "Apart"), &g, 25.5, 5.5, 29.5, 9.5, 2);
    char *folder = folder_with(d);
    mi_volume v[4];
    ck_assert_int_eq(read_maps(folder, &g, NULL, v, 4), 2);
    ck_assert_int_eq(count(&v[0], 1, 2), 18 * 18);
    ck_assert_int_eq(count(&v[0], 3, 2), 16);
    ck_assert_int_eq(count(&v[1], 2, 2), 16);
    mi_volume_free(&v[0]);
    mi_volume_free(&v[1]);
    free(folder);
}
END_TEST

/* ---- places ---- */

START_TEST(contours_between_slices)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    dw *d = structure_set(), *r = add_roi(d, 1, "Odd");
    add_box(r, &g, 2.5, 2.5, 6.5, 6.5, 1.3);  /* to slice 1 */
    add_box(r, &g, 2.5, 2.5, 8.5, 8.5, 2.4);  /* slice 2 has a nearer one */
    add_box(r, &g, 2.5, 2.5, 10.5, 10.5, 1.9);
    add_box(r, &g, 2.5, 2.5, 4.5, 4.5, 4.02); /* as good as on the slice */
    mi_volume v = read_one(d, &g);
    ck_assert_int_eq(count(&v, 1, 1), 16);
    ck_assert_int_eq(count(&v, 1, 2), 64);
    ck_assert_int_eq(count(&v, 1, 3), 0);
    ck_assert_int_eq(count(&v, 1, 4), 4);
    ck_assert(warned(&v, "contours_between_slices"));
    ck_assert(warned(&v, "contours_share_slice"));
    mi_volume_free(&v);
}
END_TEST

START_TEST(contours_on_every_second_slice)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    dw *d = structure_set(), *r = add_roi(d, 1, "Thick");
    for (int k = 0; k < 6; k += 2)
        add_box(r, &g, 2.5, 2.5, 4.5, 4.5, k);
    mi_volume v = read_one(d, &g);
    ck_assert_int_eq(count(&v, 1, 1), 0);
    ck_assert_int_eq(count(&v, 1, 2), 4);
    ck_assert(warned(&v, "contours_between_slices"));
    mi_volume_free(&v);
}
END_TEST

/* A hole that lies hundredths of a millimetre beside its surroundings is of the same plane. */
START_TEST(contours_nearly_in_one_plane)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    dw *d = structure_set(), *r = add_roi(d, 1, "Ring");
    add_box(r, &g, 2.5, 2.5, 12.5, 12.5, 1.004);
    add_box(r, &g, 4.5, 4.5, 6.5, 6.5, 0.998);
    mi_volume v = read_one(d, &g);
    ck_assert_int_eq(count(&v, 1, 1), 96);
    ck_assert_int_eq(v.warnings.n, 0);
    mi_volume_free(&v);
}
END_TEST

START_TEST(contours_outside)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    dw *d = structure_set(), *r = add_roi(d, 1, "Long");
    add_box(r, &g, -5.5, -5.5, 1.5, 1.5, 2); /* partly beside the image */
    add_box(r, &g, 2.5, 2.5, 4.5, 4.5, -3);
    add_box(r, &g, 2.5, 2.5, 4.5, 4.5, 6);
    mi_volume v = read_one(d, &g);
    ck_assert_int_eq(count(&v, 1, 2), 4);
    ck_assert(warned(&v, "contours_outside"));
    mi_volume_free(&v);
}
END_TEST

static void tilted(int k, dw_spec *s)
{
    large(k, s);
    s->position[1] += 0.9 * k;
}

START_TEST(contours_on_a_tilted_gantry)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(tilted);
    dw *d = structure_set(), *r = add_roi(d, 1, "Tilted");
    for (int k = 0; k < NZ; k++)
        add_box(r, &g, 3.5, 3.5, 7.5, 7.5, k);
    mi_volume v = read_one(d, &g);
    for (int z = 0; z < NZ; z++) {
        ck_assert_int_eq(count(&v, 1, z), 16);
        ck_assert_double_eq(value_at(&v, 4, 4, z), 1);
    }
    mi_volume_free(&v);
}
END_TEST

START_TEST(contours_of_another_orientation_are_refused)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    dw *d = structure_set(), *c = dw_item(add_roi(d, 1, "Upright"), 0x30060040);
    dw_text(c, 0x30060042, "CS", "CLOSED_PLANAR");
    dw_numbers(c, 0x30060050, "DS", (double[]){ 5, 5, 0, 15, 5, 0, 15, 5, 9, 5, 5, 9 }, 12);
    mi_err err = refuse(d, &g, NULL);
    ck_assert_int_eq(err.cls, MI_E_GEOMETRY);
    ck_assert_msg(strstr(err.message, "not in a plane"), "%s", err.message);
}
END_TEST

/* Positions of one frame of reference mean nothing in another. */
START_TEST(contours_of_another_frame_of_reference)
{
    NEEDS_DICOM;
    char *folder = series_of(NZ, large, NULL), *other = dw_folder();
    mi_volume image = read_volume(folder), v;
    static const struct {
        const char *uid;
        bool told;
    } row[] = { { "1.2.3.4.99", false }, { "1.2.3.4.98", true }, { NULL, false } };
    for (int i = 0; i < 3; i++) {
        dw *d = structure_set();
        add_box(add_roi(d, 1, "Box"), &image.grid, 2.5, 2.5, 4.5, 4.5, 2);
        if (row[i].uid)
            dw_text(dw_item(d, 0x30060010), 0x00200052, "UI", "%s", row[i].uid);
        dw_write(d, DW_EXPLICIT, dw_path(other, "rt"));
        dw_free(d);
        mi_source_opts opts = MI_SOURCE_OPTS;
        opts.like = &image.grid;
        opts.like_frame = image.frame_of_reference;
        v = read_with(dw_path(other, "rt"), &opts);
        ck_assert_int_eq(warned(&v, "frame_of_reference"), row[i].told);
        mi_volume_free(&v);
    }
    mi_volume_free(&image);
    free(folder);
    free(other);
}
END_TEST

/* ---- what encloses nothing, what is not there ---- */

START_TEST(points_and_open_lines)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    const double xy[] = { 4.5, 4.5, 9.5, 4.5, 9.5, 9.5 };
    dw *d = structure_set(), *r = add_roi(d, 1, "Lines");
    add_contour(r, &g, "OPEN_PLANAR", xy, 3, 1);
    add_contour(r, &g, "POINT", xy, 1, 1);
    add_contour(r, &g, "CLOSED_PLANAR", xy, 2, 1);
    add_box(r, &g, 4.5, 4.5, 6.5, 6.5, 3);
    mi_volume v = read_one(d, &g);
    ck_assert_int_eq(count(&v, 1, 1), 0);
    ck_assert_int_eq(count(&v, 1, 3), 4);
    bool told = false;
    for (int i = 0; i < v.warnings.n; i++)
        told = told || strstr(v.warnings.item[i].why, "3 contours of 'Lines' are points");
    ck_assert(told);
    mi_volume_free(&v);
}
END_TEST

START_TEST(without_an_image)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    dw *d = structure_set();
    add_box(add_roi(d, 1, "A"), &g, 4.5, 4.5, 6.5, 6.5, 3);
    ck_assert_int_eq(refuse(d, NULL, NULL).cls, MI_E_USAGE);
}
END_TEST

START_TEST(damaged_points_are_refused)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    static const char *const points[] = { "1\\2\\3\\4\\5\\6\\7\\8", "1\\2\\3\\4\\5\\6\\7\\x\\9",
                                          "1\\2\\3\\\\5\\6\\7\\8\\9" };
    for (int i = 0; i < 3; i++) {
        dw *d = structure_set(), *c = dw_item(add_roi(d, 1, "Broken"), 0x30060040);
        dw_text(c, 0x30060042, "CS", "CLOSED_PLANAR");
        dw_text(c, 0x30060050, "DS", "%s", points[i]);
        mi_err err = refuse(d, &g, NULL);
        ck_assert_int_eq(err.cls, MI_E_DATA);
        ck_assert_msg(strstr(err.message, "damaged"), "%s", err.message);
    }
}
END_TEST

START_TEST(regions_by_name_and_number)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    static const struct { const char *roi; int n, first; } row[] = {
        { "GTV*", 2, 1 }, { "GTV-1", 1, 1 }, { "*2", 1, 2 }, { "300", 1, 300 }, { "Body", 1, 300 },
        { "GTV-2,Body", 2, 2 }, { NULL, 3, 1 }, { "gtv-1", 0, 0 }, { "Empty", 0, 0 }
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        dw *d = structure_set(), *empty;
        add_box(add_roi(d, 1, "GTV-1"), &g, 4.5, 4.5, 6.5, 6.5, 3);
        add_box(add_roi(d, 2, "GTV-2"), &g, 8.5, 4.5, 9.5, 6.5, 3);
        add_box(add_roi(d, 300, "Body"), &g, 14.5, 4.5, 16.5, 6.5, 3);
        empty = dw_item(d, 0x30060020); /* named, but not drawn */
        dw_number(empty, 0x30060022, "IS", 4);
        dw_text(empty, 0x30060026, "LO", "Empty");
        if (row[i].n == 0) {
            mi_err err = refuse(d, &g, row[i].roi);
            ck_assert_int_eq(err.cls, MI_E_EMPTY);
            ck_assert_msg(strstr(err.message, "1 'GTV-1', 2 'GTV-2', 300 'Body'"), "%s",
                          err.message);
            continue;
        }
        char *folder = folder_with(d);
        mi_volume v[2];
        ck_assert_int_eq(read_maps(folder, &g, row[i].roi, v, 2), 1);
        ck_assert_int_eq(v[0].meta.n_labels, row[i].n);
        ck_assert_int_eq(v[0].meta.label[0].value, row[i].first);
        ck_assert_int_eq(v[0].type, row[i].first == 300 || row[i].n == 3 ||
                                        v[0].meta.label[v[0].meta.n_labels - 1].value > 255
                                        ? MI_U16 : v[0].type);
        ck_assert_int_gt(count(&v[0], row[i].first, 3), 0);
        mi_volume_free(&v[0]);
        free(folder);
    }
}
END_TEST

/* Zero is the background of a label map: such a region has the first label that is free. */
START_TEST(a_region_number_that_no_label_can_have)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    dw *d = structure_set();
    add_box(add_roi(d, 0, "Body"), &g, 14.5, 4.5, 16.5, 7.5, 3);
    add_box(add_roi(d, 1, "GTV"), &g, 4.5, 4.5, 6.5, 6.5, 3);
    add_box(add_roi(d, 70000, "Far"), &g, 20.5, 4.5, 23.5, 7.5, 3);
    add_box(add_roi(d, 2, "CTV"), &g, 8.5, 4.5, 9.5, 6.5, 3);
    mi_volume v = read_one(d, &g);
    ck_assert_int_eq(v.meta.n_labels, 4);
    ck_assert_str_eq(v.meta.label[2].name, "Body");
    ck_assert_int_eq(count(&v, 1, 3), 4);
    ck_assert_int_eq(count(&v, 3, 3), 6);
    ck_assert_int_eq(count(&v, 4, 3), 9);
    ck_assert(warned(&v, "region_number"));
    mi_volume_free(&v);
    d = structure_set();
    dw_text(dw_item(d, 0x30060020), 0x30060022, "IS", "1e300");
    mi_err err = refuse(d, &g, NULL);
    ck_assert(err.cls == MI_E_DATA || err.cls == MI_E_EMPTY);
}
END_TEST

/* Two regions of one number: whose contours are whose cannot be told. */
START_TEST(a_region_number_given_twice)
{
    NEEDS_DICOM;
    mi_grid g = grid_of(large);
    dw *d = structure_set();
    add_box(add_roi(d, 1, "GTV"), &g, 4.5, 4.5, 6.5, 6.5, 3);
    add_box(add_roi(d, 1, "Heart"), &g, 14.5, 4.5, 19.5, 6.5, 3);
    mi_err err = refuse(d, &g, "Heart");
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_msg(strstr(err.message, "twice"), "%s", err.message);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("rtstruct");
    Suite *s = suite_create("dicom contours");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_contour_inside_another_is_a_hole);
    tcase_add_test(t, a_keyhole_is_the_same_as_a_hole);
    tcase_add_test(t, a_cylinder_has_its_voxels);
    tcase_add_test(t, edges_through_centres);
    tcase_add_test(t, edges_a_hair_beside_centres);
    tcase_add_test(t, regions_that_overlap_get_maps_of_their_own);
    tcase_add_test(t, contours_between_slices);
    tcase_add_test(t, contours_nearly_in_one_plane);
    tcase_add_test(t, contours_on_every_second_slice);
    tcase_add_test(t, contours_outside);
    tcase_add_test(t, contours_on_a_tilted_gantry);
    tcase_add_test(t, contours_of_another_orientation_are_refused);
    tcase_add_test(t, contours_of_another_frame_of_reference);
    tcase_add_test(t, points_and_open_lines);
    tcase_add_test(t, without_an_image);
    tcase_add_test(t, damaged_points_are_refused);
    tcase_add_test(t, regions_by_name_and_number);
    tcase_add_test(t, a_region_number_that_no_label_can_have);
    tcase_add_test(t, a_region_number_given_twice);
    suite_add_tcase(s, t);
    return run_suite(s);
}
