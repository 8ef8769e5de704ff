/* DICOM segmentations that this test writes: bits across bytes, overlaps, fractions, frames in
   any order, on grids of their own and of an image. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../kit/dicom_code.h"
#include "base/json.h"
#include "dicom_case.h"

enum { NX = 7, NY = 5 }; /* 35 pixels: no frame begins on a byte but the first */

/* Pixels of segment s in slice z. */
static int in_segment(int s, int x, int y, int z) { return (3 * x + 5 * y + 7 * z + s) % 4 == 0; }
static int in_left_half(int s, int x, int y, int z)
{
    return (void)y, (void)z, (x < 3) == (s == 1);
}

typedef struct spec {
    const char *type;      /* "BINARY", "FRACTIONAL", "LABELMAP" */
    int segments;
    int (*in)(int s, int x, int y, int z);
    const int *slice;      /* of each frame */
    const int *segment;    /* of each frame; NULL: segment 1 */
    int frames, maximum;
    double spacing, thickness; /* between slices; 0: not told */
    double row, column;    /* signs: -1 stores the plane the other way round */
} spec;

static spec plain(const int *slice, int frames)
{
    return (spec){ .type = "BINARY", .segments = 1, .in = in_segment, .slice = slice,
                   .frames = frames, .thickness = 3, .row = 1, .column = 1 };
}

static void add_segment(dw *d, int k)
{
    dw *i = dw_item(d, 0x00620002);
    dw_number(i, 0x00620004, "US", k);
    dw_text(i, 0x00620005, "LO", k == 1 ? "Liver" : k == 2 ? "Tumour" : "Part %d", k);
    dw_numbers(i, 0x0062000d, "US", (double[]){ 34885, 53485, 50171 }, 3); /* sRGB 255, 0, 0 */
    dw_code(i, 0x0062000f, "SCT:10200004:Liver");
}

/* Pixel (x, y) of the image is stored at (x, y), or counted from the other end. */
static void add_frame(dw *d, const spec *s, int k, unsigned char *bits, unsigned char *bytes)
{
    int z = s->slice[k], segment = s->segment ? s->segment[k] : 1;
    dw *f = dw_item(d, 0x52009230);
    dw_numbers(dw_item(f, 0x00209113), 0x00200032, "DS",
               (double[]){ -10 + (s->row < 0 ? 1.5 * (NX - 1) : 0),
                           -20 + (s->column < 0 ? 2 * (NY - 1) : 0), 30 + 3 * z }, 3);
    if (strcmp(s->type, "LABELMAP") != 0)
        dw_number(dw_item(f, 0x0062000a), 0x0062000b, "US", segment);
    for (int p = 0; p < NX * NY; p++) {
        int x = p % NX, y = p / NX, at = k * NX * NY + p;
        int ix = s->row < 0 ? NX - 1 - x : x, iy = s->column < 0 ? NY - 1 - y : y;
        int value = s->in(segment, ix, iy, z);
        bits[at / 8] = (unsigned char)(bits[at / 8] | value << at % 8);
        bytes[at] = (unsigned char)(value ? s->maximum : s->maximum / 2 - 1);
        if (strcmp(s->type, "LABELMAP") == 0)
            bytes[at] = (unsigned char)(s->in(1, ix, iy, z) ? 1 : s->in(2, ix, iy, z) ? 2 : 0);
    }
}

static dw *make(const spec *s)
{
    unsigned char bits[2048] = { 0 }, bytes[2048] = { 0 };
    bool binary = strcmp(s->type, "BINARY") == 0;
    dw *d = dw_new(), *shared, *m;
    dw_text(d, 0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.66.4");
    dw_text(d, 0x00080018, "UI", "1.2.3.4.66");
    dw_text(d, 0x00080060, "CS", "SEG");
    dw_text(d, 0x0020000e, "UI", "1.2.3.66");
    dw_number(d, 0x00200011, "IS", 66);
    dw_number(d, 0x00280002, "US", 1);
    dw_text(d, 0x00280004, "CS", "MONOCHROME2");
    dw_number(d, 0x00280008, "IS", s->frames);
    dw_number(d, 0x00280010, "US", NY);
    dw_number(d, 0x00280011, "US", NX);
    dw_number(d, 0x00280100, "US", binary ? 1 : 8);
    dw_number(d, 0x00280101, "US", binary ? 1 : 8);
    dw_number(d, 0x00280102, "US", binary ? 0 : 7);
    dw_number(d, 0x00280103, "US", 0);
    dw_text(d, 0x00620001, "CS", "%s", s->type);
    if (strcmp(s->type, "FRACTIONAL") == 0)
        dw_number(d, 0x0062000e, "US", s->maximum);
    for (int k = 1; k <= s->segments; k++)
        add_segment(d, k);
    shared = dw_item(d, 0x52009229);
    dw_numbers(dw_item(shared, 0x00209116), 0x00200037, "DS",
               (double[]){ s->row, 0, 0, 0, s->column, 0 }, 6);
    m = dw_item(shared, 0x00289110);
    dw_numbers(m, 0x00280030, "DS", (double[]){ 2, 1.5 }, 2);
    if (s->thickness != 0)
        dw_number(m, 0x00180050, "DS", s->thickness);
    if (s->spacing != 0)
        dw_number(m, 0x00180088, "DS", s->spacing);
    for (int k = 0; k < s->frames; k++)
        add_frame(d, s, k, bits, bytes);
    size_t n = (size_t)(NX * NY * s->frames);
    dw_bytes(d, 0x7fe00010, "OB", binary ? bits : bytes, binary ? (n + 7) / 8 : n);
    return d;
}

static char *folder_with(dw *d_take, dw_syntax syntax)
{
    char *folder = dw_folder();
    dw_write(d_take, syntax, dw_path(folder, "seg"));
    dw_free(d_take);
    return folder;
}

/* All maps of "seg" in the folder. */
static int read_maps(const char *folder, const mi_source_opts *opts, mi_volume *v, int room)
{
    mi_source *s = NULL;
    mi_err err = MI_ERR_EMPTY;
    int n = 0, rc = mi_source_open(&s, dw_path(folder, "seg"), opts, &err);
    while (rc == 0 && n < room && (rc = mi_source_next(s, &v[n], &err)) > 0) {
        rc = mi_source_voxels(s, &v[n], 0, v[n].grid.n[2], &err);
        n++;
    }
    ck_assert_msg(rc == 0, "%s", err.message);
    mi_source_close(s);
    return n;
}

/* The image that the segmentations belong to: 7 x 5 pixels, six slices. */
static void small(int k, dw_spec *s)
{
    (void)k;
    s->columns = NX;
    s->rows = NY;
}

static mi_grid image_grid(void)
{
    char *folder = series_of(6, small, NULL);
    mi_volume v = read_volume(folder);
    mi_grid g = v.grid;
    mi_volume_free(&v);
    free(folder);
    return g;
}

/* ---- pixels ---- */

START_TEST(frames_that_do_not_end_on_a_byte)
{
    NEEDS_DICOM;
    static const int slice[] = { 0, 1, 2 };
    static const dw_syntax syntax[] = { DW_EXPLICIT, DW_IMPLICIT, DW_BIG, DW_DEFLATED, DW_BARE };
    spec s = plain(slice, 3);
    for (int i = 0; i < 5; i++) {
        char *folder = folder_with(make(&s), syntax[i]);
        mi_volume v = read_volume(dw_path(folder, "seg"));
        ck_assert_int_eq(v.type, MI_U8);
        ck_assert_str_eq(v.meta.role, "mask");
        for (int z = 0; z < 3; z++)
            for (int y = 0; y < NY; y++)
                for (int x = 0; x < NX; x++)
                    ck_assert_double_eq(value_at(&v, x, y, z), in_segment(1, x, y, z));
        ck_assert_double_eq_tol(v.grid.m[2][2], 3, 1e-9);
        ck_assert_double_eq_tol(v.grid.m[0][3], 10, 1e-9);
        mi_volume_free(&v);
        free(folder);
    }
}
END_TEST

START_TEST(names_codes_and_colours_are_kept)
{
    NEEDS_DICOM;
    static const int slice[] = { 0, 1, 0, 1 }, segment[] = { 1, 1, 2, 2 };
    spec s = plain(slice, 4);
    s.segments = 2;
    s.segment = segment;
    s.in = in_left_half;
    char *folder = folder_with(make(&s), DW_EXPLICIT);
    mi_volume v[3];
    ck_assert_int_eq(read_maps(folder, NULL, v, 3), 1); /* they do not meet: one map */
    ck_assert_int_eq(v[0].meta.n_labels, 2);
    ck_assert_str_eq(v[0].meta.label[0].name, "Liver");
    ck_assert_str_eq(v[0].meta.label[1].name, "Tumour");
    ck_assert_str_eq(v[0].meta.label[0].code, "SCT:10200004:Liver");
    ck_assert(abs(v[0].meta.label[0].rgb[0] - 255) <= 1);
    ck_assert(v[0].meta.label[0].rgb[1] <= 1 && v[0].meta.label[0].rgb[2] <= 1);
    ck_assert_double_eq(value_at(&v[0], 0, 0, 0), 1);
    ck_assert_double_eq(value_at(&v[0], 6, 4, 1), 2);
    mi_volume_free(&v[0]);
    free(folder);
}
END_TEST

static int overlapping(int s, int x, int y, int z)
{
    return (void)y, (void)z, s == 1 ? x < 4 : x > 2;
}

START_TEST(segments_that_overlap_get_maps_of_their_own)
{
    NEEDS_DICOM;
    static const int slice[] = { 0, 1, 0, 1 }, segment[] = { 1, 1, 2, 2 };
    spec s = plain(slice, 4);
    s.segments = 2;
    s.segment = segment;
    s.in = overlapping;
    char *folder = folder_with(make(&s), DW_EXPLICIT);
    mi_volume v[3];
    ck_assert_int_eq(read_maps(folder, NULL, v, 3), 2);
    for (int x = 0; x < NX; x++) {
        ck_assert_double_eq(value_at(&v[0], x, 2, 1), x < 4 ? 1 : 0);
        ck_assert_double_eq(value_at(&v[1], x, 2, 1), x > 2 ? 2 : 0);
    }
    ck_assert_int_eq(v[1].meta.n_labels, 1);
    ck_assert_str_eq(v[1].meta.label[0].name, "Tumour");
    mi_volume_free(&v[0]);
    mi_volume_free(&v[1]);
    free(folder);
}
END_TEST

START_TEST(fractions_from_half_of_the_maximum_up)
{
    NEEDS_DICOM;
    static const int slice[] = { 0, 1 };
    spec s = plain(slice, 2);
    s.type = "FRACTIONAL";
    s.maximum = 200;
    dw *d = make(&s);
    char *folder = folder_with(d, DW_RLE);
    mi_volume v = read_volume(dw_path(folder, "seg")); /* outside: 99 of 200 */
    for (int x = 0; x < NX; x++)
        ck_assert_double_eq(value_at(&v, x, 3, 1), in_segment(1, x, 3, 1));
    ck_assert(warned(&v, "fractional"));
    mi_volume_free(&v);
    free(folder);
}
END_TEST

static void hold_three_slices(dw *d_take, const char *what)
{
    char *folder = folder_with(d_take, DW_EXPLICIT);
    mi_volume v = read_volume(dw_path(folder, "seg"));
    for (int z = 0; z < 3; z++)
        for (int y = 0; y < NY; y++)
            for (int x = 0; x < NX; x++)
                ck_assert_msg(value_at(&v, x, y, z) == in_segment(1, x, y, z),
                              "%s: %d, %d, %d is %g", what, x, y, z, value_at(&v, x, y, z));
    mi_volume_free(&v);
    free(folder);
}

/* Bits are coded as bits (JPEG 2000) or packed frame by frame (deflated); JPEG and JPEG-LS have no
   bits. */
START_TEST(coded_frames)
{
    NEEDS_DICOM;
    static const char *const type[] = { "BINARY", "FRACTIONAL", "LABELMAP" };
    static const int slice[] = { 0, 1, 2 };
    for (int coder = 0; coder < DW_CODERS; coder++)
        for (int way = 0; way < 3 * DW_LAYOUTS; way++) {
            spec s = plain(slice, 3);
            s.type = type[way % 3];
            s.maximum = 200;
            if (way % 3 == 0 && coder != DW_DEFLATED_FRAMES && coder != DW_JPEG_2000)
                continue;
            if (!dw_can_code((dw_coder)coder)) {
                printf("SKIP: coded_frames, the library of coder %d is not installed\n", coder);
                break;
            }
            dw *d = make(&s);
            dw_encapsulate(d, (dw_coder)coder, 1, (dw_layout)(way / 3));
            hold_three_slices(d, s.type);
        }
}
END_TEST

/* Writers that have no bits give a byte for each: 0 and 1, or 0 and 255. */
START_TEST(bits_coded_as_bytes)
{
    NEEDS_DICOM;
    static const int slice[] = { 0, 1, 2 };
    for (int inside = 1; inside < 256 && dw_can_code(DW_JPEG_2000); inside += 254) {
        unsigned char *code[3], px[NX * NY];
        size_t n[3];
        for (int z = 0; z < 3; z++) {
            for (int p = 0; p < NX * NY; p++)
                px[p] = (unsigned char)(inside * in_segment(1, p % NX, p / NX, z));
            code[z] = dw_code_frame(DW_JPEG_2000, px, NX, NY, 8, &n[z]);
        }
        spec s = plain(slice, 3);
        dw *d = make(&s);
        dw_encapsulate_codes(d, "1.2.840.10008.1.2.4.90", code, n, 3, 1, DW_BASIC_TABLE);
        hold_three_slices(d, "bytes");
        for (int z = 0; z < 3; z++)
            free(code[z]);
    }
}
END_TEST

START_TEST(a_label_map)
{
    NEEDS_DICOM;
    static const int slice[] = { 0, 1 };
    spec s = plain(slice, 2);
    s.type = "LABELMAP";
    s.segments = 2;
    s.in = in_left_half;
    char *folder = folder_with(make(&s), DW_EXPLICIT);
    mi_volume v[2];
    ck_assert_int_eq(read_maps(folder, NULL, v, 2), 1);
    for (int x = 0; x < NX; x++)
        ck_assert_double_eq(value_at(&v[0], x, 1, 1), x < 3 ? 1 : 2);
    mi_volume_free(&v[0]);
    free(folder);
}
END_TEST

/* Of its own SOP class, with numbers above 255 and a background that is a segment. */
START_TEST(a_label_map_of_words)
{
    NEEDS_DICOM;
    static const int slice[] = { 0, 1, 2 }, number[] = { 0, 300, 7 };
    uint16_t w[3 * NX * NY];
    spec s = plain(slice, 3);
    s.type = "LABELMAP";
    dw *d = make(&s);
    dw_text(d, 0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.66.7");
    dw_number(d, 0x00280100, "US", 16);
    dw_number(d, 0x00280101, "US", 16);
    dw_number(d, 0x00280102, "US", 15);
    dw_remove(d, 0x00620002);
    for (int i = 0; i < 3; i++) {
        dw *item = dw_item(d, 0x00620002);
        dw_number(item, 0x00620004, "US", number[i]);
        dw_text(item, 0x00620005, "LO", i ? "Part %d" : "Background", number[i]);
    }
    for (int i = 0; i < 3 * NX * NY; i++)
        w[i] = (uint16_t)(i % 5 == 0 ? 300 : i % 5 == 2 ? 7 : i % 5 == 3 ? 9 : 0);
    dw_bytes(d, 0x7fe00010, "OW", w, sizeof w);
    char *folder = folder_with(d, DW_EXPLICIT);
    mi_source_opts opts = MI_SOURCE_OPTS;
    for (int way = 0; way < 2; way++) { /* both, then one of them */
        mi_volume v[2];
        opts.roi = way ? "7" : NULL;
        ck_assert_int_eq(read_maps(folder, &opts, v, 2), 1);
        ck_assert_int_eq(v[0].type, MI_U16);
        ck_assert_int_eq(v[0].meta.n_labels, way ? 1 : 2);
        for (int i = 0; i < 3 * NX * NY; i++)
            ck_assert_double_eq(value_at(&v[0], i % NX, i / NX % NY, i / (NX * NY)),
                                w[i] == 7 || (w[i] == 300 && !way) ? w[i] : 0);
        mi_volume_free(&v[0]);
    }
    cJSON *facts = facts_of(dw_path(folder, "seg")), *item;
    cJSON *series = cJSON_GetArrayItem(cJSON_GetObjectItem(facts, "series"), 0);
    int told = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(series, "segments")) {
        double voxels = 0; /* of 105: a fifth each, two fifths of background */
        ck_assert(mi_json_get_number(cJSON_GetObjectItem(item, "voxels"), &voxels));
        ck_assert_double_eq(voxels, told++ ? 21 : 42);
    }
    ck_assert_int_eq(told, 3);
    cJSON_Delete(facts);
    free(folder);
}
END_TEST

/* ---- places ---- */

static void hold_in_image(const spec *s, const bool *has)
{
    mi_grid g = image_grid();
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.like = &g;
    char *folder = folder_with(make(s), DW_EXPLICIT);
    mi_volume v[2];
    ck_assert_int_eq(read_maps(folder, &opts, v, 2), 1);
    ck_assert_int_eq(v[0].grid.n[2], 6);
    ck_assert_int_eq(memcmp(&v[0].grid, &g, sizeof g), 0);
    for (int z = 0; z < 6; z++)
        for (int p = 0; p < NX * NY; p++)
            ck_assert_msg(value_at(&v[0], p % NX, p / NX, z) ==
                              (has[z] ? s->in(1, p % NX, p / NX, z) : 0),
                          "slice %d, pixel %d", z, p);
    mi_volume_free(&v[0]);
    free(folder);
}

START_TEST(some_slices_in_any_order)
{
    NEEDS_DICOM;
    static const int slice[] = { 5, 2, 3 };
    static const bool has[6] = { false, false, true, true, false, true };
    spec s = plain(slice, 3);
    hold_in_image(&s, has);
    static const int every_second[] = { 4, 2, 0 };
    static const bool even[6] = { true, false, true, false, true, false };
    s.slice = every_second;
    hold_in_image(&s, even);
    static const int one[] = { 3 };
    static const bool third[6] = { false, false, false, true, false, false };
    s = plain(one, 1);
    hold_in_image(&s, third);
    s.thickness = 1; /* slices apart, or overlapping: frames are placed by position alone */
    hold_in_image(&s, third);
    s = plain(every_second, 3);
    s.thickness = 2;
    hold_in_image(&s, even);
    s.thickness = 5;
    hold_in_image(&s, even);
}
END_TEST

/* Rows, columns and slices stored against the image's. */
START_TEST(planes_stored_the_other_way_round)
{
    NEEDS_DICOM;
    static const int slice[] = { 4, 3, 2, 1 };
    static const bool has[6] = { false, true, true, true, true, false };
    for (int way = 0; way < 4; way++) {
        spec s = plain(slice, 4);
        s.row = way & 1 ? -1 : 1;
        s.column = way & 2 ? -1 : 1;
        hold_in_image(&s, has);
    }
}
END_TEST

START_TEST(a_grid_of_its_own)
{
    NEEDS_DICOM;
    static const int slice[] = { 2, 4 };
    spec s = plain(slice, 2);
    s.spacing = 3; /* every second frame is empty and left out */
    char *folder = folder_with(make(&s), DW_EXPLICIT);
    mi_volume v = read_volume(dw_path(folder, "seg"));
    ck_assert_int_eq(v.grid.n[2], 3);
    ck_assert_double_eq_tol(v.grid.m[2][2], 3, 1e-9);
    ck_assert_double_eq_tol(v.grid.m[2][3], 36, 1e-9);
    ck_assert_double_eq(value_at(&v, 3, 2, 1), 0);
    mi_volume_free(&v);
    const double thickness[3] = { 3, 2, 4 }, step[3] = { 3, 2, 6 };
    for (int i = 0; i < 3; i++) {
        spec t = plain(slice, 2); /* 6 mm apart; no spacing told */
        t.thickness = thickness[i];
        char *other = folder_with(make(&t), DW_EXPLICIT);
        v = read_volume(dw_path(other, "seg"));
        ck_assert_double_eq_tol(v.grid.spacing[2], step[i], 1e-9);
        mi_volume_free(&v);
        free(other);
    }
    mi_grid g = image_grid();
    mi_source_opts opts = MI_SOURCE_OPTS;
    g.m[0][3] += 0.7; /* of another image: not squeezed into it */
    opts.like = &g;
    v = read_with(dw_path(folder, "seg"), &opts);
    ck_assert_int_eq(v.grid.n[2], 3);
    ck_assert_double_eq_tol(v.grid.m[0][3], 10, 1e-9);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

START_TEST(beyond_the_image)
{
    NEEDS_DICOM;
    static const int slice[] = { 4, 5, 6 };
    mi_grid g = image_grid();
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.like = &g;
    spec s = plain(slice, 3);
    char *folder = folder_with(make(&s), DW_EXPLICIT);
    mi_volume v = read_with(dw_path(folder, "seg"), &opts);
    ck_assert_int_eq(v.grid.n[2], 6);
    ck_assert(warned(&v, "segments_outside"));
    mi_volume_free(&v);
    free(folder);
}
END_TEST

/* ---- choice ---- */

START_TEST(segments_by_name_and_number)
{
    NEEDS_DICOM;
    static const int slice[] = { 0, 0, 0 }, segment[] = { 1, 2, 3 };
    static const struct { const char *roi; int n, first; } row[] = {
        { "Liver", 1, 1 }, { "T*", 1, 2 }, { "2", 1, 2 }, { "*", 3, 1 }, { "Part ?", 1, 3 },
        { "Liver,3", 2, 1 }, { "liver", 0, 0 }, { "4", 0, 0 }
    };
    spec s = plain(slice, 3);
    s.segments = 3;
    s.segment = segment;
    char *folder = folder_with(make(&s), DW_EXPLICIT);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        mi_source_opts opts = MI_SOURCE_OPTS;
        opts.roi = row[i].roi;
        if (row[i].n == 0) {
            mi_err err = refused_with(dw_path(folder, "seg"), &opts);
            ck_assert_int_eq(err.cls, MI_E_EMPTY);
            ck_assert_msg(strstr(err.message, "1 'Liver', 2 'Tumour', 3 'Part 3'"), "%s",
                          err.message);
            continue;
        }
        mi_volume v[3];
        int n = read_maps(folder, &opts, v, 3), labels = 0;
        ck_assert_int_eq(v[0].meta.label[0].value, row[i].first);
        for (int k = 0; k < n; k++) {
            labels += v[k].meta.n_labels;
            mi_volume_free(&v[k]);
        }
        ck_assert_msg(labels == row[i].n, "--roi '%s' takes %d", row[i].roi, labels);
    }
    free(folder);
}
END_TEST

/* ---- damage ---- */

static void spoil(int how, dw *d)
{
    dw *f;
    switch (how) {
    case 0: dw_remove(d, 0x52009229); break;                     /* no orientation, no spacing */
    case 1: dw_remove(d, 0x52009230); break;                     /* no positions */
    case 2: dw_bytes(d, 0x7fe00010, "OB", "\1\2\3", 3); break;   /* pixels cut short */
    case 3: dw_text(d, 0x00620001, "CS", "POLYGON"); break;
    case 4: dw_number(d, 0x00280008, "IS", 400); break;          /* more frames than positions */
    case 5: dw_remove(d, 0x00620002); break;                     /* no segments */
    case 6: dw_number(d, 0x00280008, "IS", 1e9); break;
    case 9: dw_text(d, 0x00280100, "DS", "-1.2e292"); break; /* bits that no type holds */
    case 10: dw_text(d, 0x00280010, "DS", "1e300"); break;
    case 8: dw_number(d, 0x00280002, "US", 3); break;            /* colour */
    case 7: /* a frame of another orientation */
        f = dw_item(d, 0x52009230);
        dw_numbers(dw_item(f, 0x00209113), 0x00200032, "DS", (double[]){ -10, -20, 39 }, 3);
        dw_number(dw_item(f, 0x0062000a), 0x0062000b, "US", 1);
        dw_numbers(dw_item(f, 0x00209116), 0x00200037, "DS", (double[]){ 1, 0, 0, 0, -1, 0 }, 6);
        dw_number(d, 0x00280008, "IS", 4);
        dw_bytes(d, 0x7fe00010, "OB", "abcdefghijklmnopqr", 18);
        break;
    case 11: /* positions beyond all grids */
        dw_remove(d, 0x52009230);
        for (int k = 0; k < 3; k++) {
            f = dw_item(d, 0x52009230);
            dw_numbers(dw_item(f, 0x00209113), 0x00200032, "DS",
                       (double[]){ -10, -20, (k - 1) * 1.5e308 }, 3);
            dw_number(dw_item(f, 0x0062000a), 0x0062000b, "US", 1);
        }
        break;
    default: break;
    }
}

START_TEST(damaged_segmentations_are_refused)
{
    NEEDS_DICOM;
    static const int slice[] = { 0, 1, 2 };
    for (int how = 0; how < 12; how++) {
        spec s = plain(slice, 3);
        dw *d = make(&s);
        spoil(how, d);
        char *folder = folder_with(d, DW_EXPLICIT);
        mi_err err = refused(dw_path(folder, "seg"));
        ck_assert_msg(err.cls == MI_E_DATA || err.cls == MI_E_GEOMETRY, "%d: %s, %s", how,
                      mi_class_name(err.cls), err.message);
        free(folder);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("seg");
    Suite *s = suite_create("dicom segmentations");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, frames_that_do_not_end_on_a_byte);
    tcase_add_test(t, names_codes_and_colours_are_kept);
    tcase_add_test(t, segments_that_overlap_get_maps_of_their_own);
    tcase_add_test(t, fractions_from_half_of_the_maximum_up);
    tcase_add_test(t, coded_frames);
    tcase_add_test(t, bits_coded_as_bytes);
    tcase_add_test(t, a_label_map);
    tcase_add_test(t, a_label_map_of_words);
    tcase_add_test(t, some_slices_in_any_order);
    tcase_add_test(t, planes_stored_the_other_way_round);
    tcase_add_test(t, a_grid_of_its_own);
    tcase_add_test(t, beyond_the_image);
    tcase_add_test(t, segments_by_name_and_number);
    tcase_add_test(t, damaged_segmentations_are_refused);
    suite_add_tcase(s, t);
    return run_suite(s);
}
