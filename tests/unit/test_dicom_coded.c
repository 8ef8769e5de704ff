/* Encapsulated pixels of DICOM objects that this test codes itself: which fragments make up a
   frame, by what table; frames deflated on their own; damage. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../kit/dicom_code.h"
#include "dicom_case.h"

enum { FRAMES = 3 };

static const char *const names[DW_CODERS] = { "JPEG lossless", "deflated frames", "JPEG-LS",
                                              "JPEG 2000" };

/* 40 x 30 pixels with a pattern that codes to some hundred bytes a frame. */
static dw *image(int frames, int bits)
{
    dw_spec s = dw_spec_ct();
    s.columns = 40;
    s.rows = 30;
    s.frames = frames;
    s.allocated = s.stored = bits;
    s.high = bits - 1;
    s.inter = 0;
    return dw_image(&s);
}

static int stored(int x, int y, int k, int bits)
{
    return dw_value(x, y, k) & (bits == 8 ? 255 : 65535);
}

static char *written(dw *d_take)
{
    char *folder = dw_folder();
    dw_write(d_take, DW_EXPLICIT, dw_path(folder, "one"));
    dw_free(d_take);
    return folder;
}

static void hold_image(dw *d_take, int frames, int bits, const char *what)
{
    char *folder = written(d_take);
    mi_volume v = read_volume(dw_path(folder, "one"));
    ck_assert_int_eq(v.grid.n[2], frames ? frames : 1);
    for (int k = 0; k < (frames ? frames : 1); k++)
        for (int y = 0; y < 30; y++)
            for (int x = 0; x < 40; x++)
                ck_assert_msg(value_at(&v, x, y, k) == stored(x, y, frames ? k : 1, bits),
                              "%s: %d, %d, %d is %g", what, x, y, k, value_at(&v, x, y, k));
    mi_volume_free(&v);
    free(folder);
}

static void hold_refused(dw *d_take, mi_class cls, const char *words, const char *what)
{
    char *folder = written(d_take);
    mi_err err = refused(dw_path(folder, "one"));
    ck_assert_msg(err.cls == cls && strstr(err.message, words), "%s: %s", what, err.message);
    free(folder);
}

static bool left_out(dw_coder coder, const char *test)
{
    if (dw_can_code(coder))
        return false;
    printf("SKIP: %s of %s, the library that codes it is not installed\n", test, names[coder]);
    return true;
}

/* ---- fragments ---- */

START_TEST(one_frame_in_any_number_of_fragments)
{
    NEEDS_DICOM;
    for (int coder = 0; coder < DW_CODERS; coder++)
        for (int fragments = 1; fragments <= 5; fragments += 2)
            for (int bits = 8; bits <= 16 && !left_out((dw_coder)coder, __func__); bits += 8) {
                dw *d = image(0, bits);
                dw_encapsulate(d, (dw_coder)coder, fragments, DW_NO_TABLE);
                hold_image(d, 0, bits, names[coder]);
            }
}
END_TEST

/* Without a table several fragments a frame are told apart by the heads of their codes, where a
   code has one. */
START_TEST(frames_of_several_fragments)
{
    NEEDS_DICOM;
    for (int coder = 0; coder < DW_CODERS; coder++)
        for (int way = 0; way < DW_LAYOUTS * 3 && !left_out((dw_coder)coder, __func__); way++) {
            int layout = way % DW_LAYOUTS, fragments = way / DW_LAYOUTS + 1;
            dw *d = image(FRAMES, 16);
            dw_encapsulate(d, (dw_coder)coder, fragments, (dw_layout)layout);
            if (coder == DW_DEFLATED_FRAMES && layout == DW_NO_TABLE && fragments > 1)
                hold_refused(d, MI_E_DATA, "offset table", names[coder]);
            else
                hold_image(d, FRAMES, 16, names[coder]);
        }
}
END_TEST

/* Four fragments for three frames: the first frame has two. */
START_TEST(frames_of_unequal_fragments)
{
    NEEDS_DICOM;
    for (int layout = DW_BASIC_TABLE; layout < DW_LAYOUTS; layout++) {
        dw *d = image(FRAMES, 8);
        size_t n;
        dw_encapsulate(d, DW_DEFLATED_FRAMES, 1, (dw_layout)layout);
        const unsigned char *held = dw_held(d, 0x7fe00010, &n);
        unsigned char *p = malloc(n + 8);
        ck_assert_ptr_nonnull(p);
        size_t head = layout == DW_BASIC_TABLE ? 8 + 4 * FRAMES : 8, size = held[head + 4] +
                      256u * held[head + 5];
        memcpy(p, held, head + 8 + 10); /* the first ten bytes, then an item of the rest */
        p[head + 4] = 10;
        p[head + 5] = 0;
        memcpy(p + head + 18, held + head, 8);
        p[head + 18 + 4] = (unsigned char)(size - 10);
        p[head + 18 + 5] = (unsigned char)((size - 10) >> 8);
        memcpy(p + head + 26, held + head + 18, n - head - 18);
        for (int k = 1; k < FRAMES; k++) /* frames begin 8 bytes later */
            if (layout == DW_BASIC_TABLE) {
                unsigned at = p[8 + 4 * k] + 256u * p[8 + 4 * k + 1] + 8;
                p[8 + 4 * k] = (unsigned char)at;
                p[8 + 4 * k + 1] = (unsigned char)(at >> 8);
            }
        if (layout == DW_EXTENDED_TABLE) {
            size_t m;
            uint64_t far[FRAMES];
            memcpy(far, dw_held(d, 0x7fe00001, &m), sizeof far);
            for (int k = 1; k < FRAMES; k++)
                far[k] += 8;
            dw_bytes(d, 0x7fe00001, "OV", far, sizeof far);
        }
        dw_items(d, 0x7fe00010, p, n + 8);
        free(p);
        hold_image(d, FRAMES, 8, "unequal");
    }
}
END_TEST

/* ---- tables that lie ---- */

START_TEST(tables_that_do_not_fit)
{
    NEEDS_DICOM;
    for (int layout = DW_BASIC_TABLE; layout < DW_LAYOUTS; layout++)
        for (int coder = 0; coder < 2; coder++)
            for (int fragments = 1; fragments <= 2; fragments++) {
                dw *d = image(FRAMES, 16);
                size_t n;
                dw_encapsulate(d, (dw_coder)coder, fragments, (dw_layout)layout);
                uint32_t tag = layout == DW_BASIC_TABLE ? 0x7fe00010 : 0x7fe00001;
                unsigned char *p = malloc(4096 * FRAMES * 8);
                const void *held = dw_held(d, tag, &n);
                ck_assert(p && n <= 4096 * FRAMES * 8);
                memcpy(p, held, n);
                p[8 + 4] ^= 6; /* the second frame of either table */
                p[8] ^= 6;
                if (layout == DW_BASIC_TABLE)
                    dw_items(d, tag, p, n);
                else
                    dw_bytes(d, tag, "OV", p, n);
                free(p);
                if (coder == DW_DEFLATED_FRAMES && fragments > 1)
                    hold_refused(d, MI_E_DATA, "offset table", "lying table");
                else /* a fragment for every frame, or codes that tell */
                    hold_image(d, FRAMES, 16, "lying table");
            }
}
END_TEST

START_TEST(lengths_that_do_not_fit)
{
    NEEDS_DICOM;
    for (int way = 0; way < 3; way++) {
        dw *d = image(FRAMES, 16);
        size_t n;
        uint64_t length[FRAMES];
        dw_encapsulate(d, DW_DEFLATED_FRAMES, 2, DW_EXTENDED_TABLE);
        memcpy(length, dw_held(d, 0x7fe00002, &n), sizeof length);
        ck_assert_uint_eq(n, sizeof length);
        length[1] = way == 0 ? 0 : way == 1 ? length[1] + 2 : 1;
        dw_bytes(d, 0x7fe00002, "OV", length, sizeof length);
        hold_refused(d, MI_E_DATA, way == 2 ? "deflated frame" : "Extended Offset Table Lengths",
                     "lengths");
    }
}
END_TEST

START_TEST(too_few_fragments)
{
    NEEDS_DICOM;
    for (int layout = 0; layout < DW_LAYOUTS; layout++) {
        dw *d = image(FRAMES, 16);
        dw_encapsulate(d, DW_JPEG_LOSSLESS, 1, (dw_layout)layout);
        dw_number(d, 0x00280008, "IS", FRAMES + 2);
        hold_refused(d, MI_E_DATA, "offset table", "too few");
    }
}
END_TEST

/* A marker without a length among those before the frame header (T.81, B.1.1.3), no mark at all, a
   segment longer than the code. */
START_TEST(damaged_headers_of_jpeg)
{
    NEEDS_DICOM;
    static const unsigned char marks[][4] = {
        { 0xff, 0x01, 0, 11 }, { 0xff, 0xd0, 0, 11 },
        { 0x00, 0x01, 0, 11 }, { 0xff, 0xc4, 0xff, 0xff }
    };
    uint16_t pixels[1200];
    size_t n;
    if (!dw_can_code(DW_JPEG_LOSSLESS))
        return;
    for (int i = 0; i < 1200; i++)
        pixels[i] = (uint16_t)(i % 97);
    for (int i = 0; i <= MI_COUNT(marks); i++) {
        unsigned char *code = dw_code_frame(DW_JPEG_LOSSLESS, pixels, 40, 30, 16, &n);
        unsigned char *with = malloc(n + 4);
        ck_assert_ptr_nonnull(with);
        bool one = i < MI_COUNT(marks); /* the last: as it is */
        memcpy(with, code, 2);
        if (one)
            memcpy(with + 2, marks[i], 4);
        memcpy(with + (one ? 6 : 2), code + 2, n - 2);
        n += one ? 4 : 0;
        dw *d = image(0, 16);
        dw_encapsulate_codes(d, "1.2.840.10008.1.2.4.70", &with, &n, 1, 1, DW_NO_TABLE);
        char *folder = written(d);
        if (one) {
            mi_err err = refused(dw_path(folder, "one"));
            ck_assert_int_eq(err.cls, MI_E_DATA);
            ck_assert_msg(strstr(err.message, "header of the JPEG"), "%d: %s", i, err.message);
        } else {
            mi_volume v = read_volume(dw_path(folder, "one"));
            ck_assert_double_eq(value_at(&v, 17, 3, 0), (40 * 3 + 17) % 97);
            mi_volume_free(&v);
        }
        free(folder);
        free(with);
        free(code);
    }
}
END_TEST

/* ---- deflated frames ---- */

static dw *colour(int planar)
{
    unsigned char p[FRAMES * 20 * 9 * 3];
    dw_spec s = dw_spec_ct();
    s.sop_class = "1.2.840.10008.5.1.4.1.1.3.1";
    s.modality = "US";
    s.photometric = "RGB";
    s.columns = 20;
    s.rows = 9;
    s.frames = FRAMES;
    s.samples = 3;
    s.allocated = s.stored = 8;
    s.high = 7;
    s.slope = 0;
    dw *d = dw_image(&s);
    for (size_t i = 0; i < sizeof p; i++)
        p[i] = (unsigned char)(i * i % 251);
    dw_number(d, 0x00280006, "US", planar);
    dw_bytes(d, 0x7fe00010, "OB", p, sizeof p);
    return d;
}

START_TEST(deflated_colour_is_as_native)
{
    NEEDS_DICOM;
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.grey = true;
    for (int way = 0; way < 2 * FRAMES; way++) {
        int planar = way % 2;
        opts.frame = way / 2;
        dw *d = colour(planar);
        char *native = written(d), *coded;
        d = colour(planar);
        dw_encapsulate(d, DW_DEFLATED_FRAMES, 1, DW_BASIC_TABLE);
        coded = written(d);
        mi_volume a = read_with(dw_path(native, "one"), &opts);
        mi_volume b = read_with(dw_path(coded, "one"), &opts);
        ck_assert_int_eq(memcmp(a.grid.n, b.grid.n, sizeof a.grid.n), 0);
        for (int k = 0; k < 20 * 9; k++)
            ck_assert_double_eq(value_at(&a, k % 20, k / 20, 0), value_at(&b, k % 20, k / 20, 0));
        mi_volume_free(&a);
        mi_volume_free(&b);
        free(native);
        free(coded);
    }
}
END_TEST

START_TEST(deflated_signed_words)
{
    NEEDS_DICOM;
    int16_t w[40 * 30];
    for (int i = 0; i < 40 * 30; i++)
        w[i] = (int16_t)(27 * i - 16000);
    dw *d = image(0, 16);
    dw_number(d, 0x00280103, "US", 1);
    dw_bytes(d, 0x7fe00010, "OW", w, sizeof w);
    dw_encapsulate(d, DW_DEFLATED_FRAMES, 1, DW_NO_TABLE);
    char *folder = written(d);
    mi_volume v = read_volume(dw_path(folder, "one"));
    ck_assert_int_eq(v.type, MI_I16);
    for (int i = 0; i < 40 * 30; i++)
        ck_assert_double_eq(value_at(&v, i % 40, i / 40, 0), w[i]);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

/* Rows too few and too many, a cut, no deflate at all, bytes behind the end. */
START_TEST(damaged_deflated_frames)
{
    NEEDS_DICOM;
    uint16_t w[40 * 32];
    for (int i = 0; i < 40 * 32; i++)
        w[i] = (uint16_t)(i * 2654435761u >> 16);
    for (int way = 0; way < 6; way++) {
        int rows = way == 0 ? 29 : way == 1 ? 32 : 30;
        size_t n;
        unsigned char *code = dw_code_frame(DW_DEFLATED_FRAMES, w, 40, rows, 16, &n);
        code = realloc(code, n + 8);
        ck_assert_ptr_nonnull(code);
        if (way == 2)
            n = n / 2;
        if (way == 3)
            memset(code, 0xff, n);
        if (way == 4)
            memset(code + n, 0, 8);
        n += way == 4 ? 8 : 0;
        dw *d = image(0, 16);
        dw_encapsulate_codes(d, "1.2.840.10008.1.2.8.1", &code, &n, 1, 1, DW_NO_TABLE);
        free(code);
        if (way < 5) {
            hold_refused(d, MI_E_DATA, "deflated frame", "damage");
            continue;
        }
        char *folder = written(d); /* the same undamaged */
        mi_volume v = read_volume(dw_path(folder, "one"));
        ck_assert_double_eq(value_at(&v, 39, 29, 0), w[40 * 30 - 1]);
        mi_volume_free(&v);
        free(folder);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("coded");
    Suite *s = suite_create("dicom coded");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, one_frame_in_any_number_of_fragments);
    tcase_add_test(t, frames_of_several_fragments);
    tcase_add_test(t, frames_of_unequal_fragments);
    tcase_add_test(t, tables_that_do_not_fit);
    tcase_add_test(t, lengths_that_do_not_fit);
    tcase_add_test(t, too_few_fragments);
    tcase_add_test(t, damaged_headers_of_jpeg);
    tcase_add_test(t, deflated_colour_is_as_native);
    tcase_add_test(t, deflated_signed_words);
    tcase_add_test(t, damaged_deflated_frames);
    suite_add_tcase(s, t);
    return run_suite(s);
}
