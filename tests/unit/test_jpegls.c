/* The decoder of JPEG-LS: the example of the standard, what CharLS codes, other kinds, damage; and
   images of fewer bits than their DICOM header has room for. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../kit/dicom_code.h"
#include "../kit/jpegls.h"
#include "dicom_case.h"
#include "shim/jpegls.h"

/* ---- a source of samples ---- */

static uint32_t roll(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* What an image shows, from 0 on. */
enum { FLAT, NOISE, EXTREMES, STEPS, SMOOTH, SPECKS, PICTURES };

static uint32_t sample_of(int picture, int i, int columns, uint32_t top, uint32_t *state)
{
    uint32_t x = (uint32_t)(i % columns), y = (uint32_t)(i / columns);
    switch (picture) {
    case FLAT: return top / 2;
    case NOISE: return roll(state) % (top + 1);
    case EXTREMES: return roll(state) & 1 ? top : 0;
    case STEPS: return (x / 11 + y / 7) % 2 ? top : top / 3;
    case SMOOTH: return (x + 2 * y + roll(state) % 3) % (top + 1);
    default: return roll(state) % 61 == 0 ? roll(state) % (top + 1) : 0; /* between long runs */
    }
}

static void *picture_of(int picture, const jls_spec *s)
{
    int n = s->columns * s->rows * (s->components ? s->components : 1);
    uint32_t state = (uint32_t)(picture + 100 * s->precision + n), top = (1u << s->precision) - 1;
    unsigned char *bytes = malloc((size_t)n * 2);
    uint16_t *words = (uint16_t *)(void *)bytes;
    ck_assert_ptr_nonnull(bytes);
    for (int i = 0; i < n; i++) {
        uint32_t x = sample_of(picture, i, s->columns, top, &state);
        if (s->precision > 8)
            words[i] = (uint16_t)x;
        else
            bytes[i] = (unsigned char)x;
    }
    return bytes;
}

static int bits_of(const jls_spec *s) { return s->precision > 8 ? 16 : 8; }

/* The decoder under test, into room of the very size. */
static int decode(const unsigned char *code, size_t n, const jls_spec *s, int bits, void **out)
{
    mi_err err = MI_ERR_EMPTY;
    *out = malloc((size_t)s->columns * (size_t)s->rows * (size_t)(bits / 8));
    unsigned char *copy = malloc(n ? n : 1); /* so that reading behind the end is seen, too */
    ck_assert(*out && copy);
    memcpy(copy, code, n);
    int rc = mi_jpegls_decode(copy, n, s->columns, s->rows, bits, *out, &err);
    ck_assert_int_ge(rc, 0);
    ck_assert_int_eq(err.cls, MI_E_NONE);
    free(copy);
    return rc;
}

static unsigned char *encode(const jls_spec *s, const void *samples, size_t *n)
{
    unsigned char *code = jls_encode(s, samples, n);
    ck_assert_msg(code != NULL, "%d x %d, %d bits: not coded", s->columns, s->rows, s->precision);
    return code;
}

/* Every picture coded by CharLS comes back from ours, and from CharLS. */
static void hold(jls_spec s)
{
    for (int picture = 0; picture < PICTURES; picture++) {
        size_t n, bytes = jls_bytes(&s);
        void *samples = picture_of(picture, &s), *ours, *theirs = malloc(bytes);
        unsigned char *code = encode(&s, samples, &n);
        char text[160];
        snprintf(text, sizeof text, "picture %d, %d x %d, %d bits, T %d %d %d, RESET %d", picture,
                 s.columns, s.rows, s.precision, s.t1, s.t2, s.t3, s.reset);
        ck_assert_msg(decode(code, n, &s, bits_of(&s), &ours) == 1, "%s: left alone", text);
        ck_assert_msg(memcmp(ours, samples, bytes) == 0, "%s: other samples", text);
        ck_assert_msg(jls_decode(code, n, theirs) && memcmp(ours, theirs, bytes) == 0,
                      "%s: CharLS gives others", text);
        free(code);
        free(samples);
        free(ours);
        free(theirs);
    }
}

/* ---- sound codes ---- */

/* ITU-T T.87, H.3: four lines of four samples. */
static const unsigned char example[] = {
    0xff, 0xd8, 0xff, 0xf7, 0x00, 0x0b, 0x08, 0x00, 0x04, 0x00, 0x04, 0x01, 0x01, 0x11, 0x00,
    0xff, 0xda, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x6c, 0x80,
    0x20, 0x8e, 0x01, 0xc0, 0x00, 0x00, 0x57, 0x40, 0x00, 0x00, 0x6e, 0xe6, 0x00, 0x00, 0x01,
    0xbc, 0x18, 0x00, 0x00, 0x05, 0xd8, 0x00, 0x00, 0x91, 0x60, 0xff, 0xd9
};
static const jls_spec example_spec = { .columns = 4, .rows = 4, .precision = 8 };

START_TEST(the_example_of_the_standard)
{
    static const unsigned char want[16] = { 0,  0,   90,  74,  68,  50,  43,  205,
                                            64, 145, 145, 145, 100, 145, 145, 145 };
    void *out;
    ck_assert_int_eq(decode(example, sizeof example, &example_spec, 8, &out), 1);
    ck_assert_mem_eq(out, want, sizeof want);
    free(out);
    uint16_t *wide;
    ck_assert_int_eq(decode(example, sizeof example, &example_spec, 16, (void **)&wide), 1);
    for (int i = 0; i < 16; i++)
        ck_assert_uint_eq(wide[i], want[i]);
    free(wide);
}
END_TEST

START_TEST(every_precision_and_shape)
{
    static const int shape[][2] = { { 1, 1 },  { 1, 37 },  { 37, 1 },
                                    { 2, 2 }, { 64, 48 }, { 701, 5 } };
    for (int precision = 2; precision <= 16; precision++)
        for (int i = 0; i < MI_COUNT(shape); i++)
            hold((jls_spec){ .columns = shape[i][0], .rows = shape[i][1], .precision = precision });
}
END_TEST

START_TEST(runs_longer_than_any_step)
{
    hold((jls_spec){ .columns = 65535, .rows = 3, .precision = 12 });
    hold((jls_spec){ .columns = 512, .rows = 200, .precision = 16 });
}
END_TEST

START_TEST(given_parameters)
{
    static const jls_spec given[] = {
        { 50, 40, 12, .maxval = 4095, .t1 = 18, .t2 = 67, .t3 = 276, .reset = 64 },
        { 50, 40, 16, .maxval = 65535, .t1 = 18, .t2 = 67, .t3 = 276, .reset = 64 },
        { 50, 40, 8, .t1 = 1, .t2 = 1, .t3 = 255 },
        { 50, 40, 8, .t1 = 9, .t2 = 9, .t3 = 9, .reset = 3 },
        { 50, 40, 10, .reset = 255 }
    };
    for (int i = 0; i < MI_COUNT(given); i++)
        hold(given[i]);
}
END_TEST

/* Application data, comments and fill bytes change nothing (T.81, B.1.1.2). */
START_TEST(markers_that_say_nothing)
{
    static const unsigned char more[] = { 0xff, 0xe8, 0, 4, 'm', 'i', 0xff, 0xfe, 0, 3, '!' };
    unsigned char code[sizeof example + sizeof more + 2];
    void *out, *plain;
    size_t end = sizeof example - 2;
    memcpy(code, example, 2);
    memcpy(code + 2, more, sizeof more);
    memcpy(code + 2 + sizeof more, example + 2, end - 2);
    memcpy(code + end + sizeof more, "\xff\xff\xff\xd9", 4);
    ck_assert_int_eq(decode(code, sizeof code, &example_spec, 8, &out), 1);
    ck_assert_int_eq(decode(example, sizeof example, &example_spec, 8, &plain), 1);
    ck_assert_mem_eq(out, plain, 16);
    free(out);
    free(plain);
}
END_TEST

/* ---- codes for another decoder ---- */

static void hold_left_alone(jls_spec s, jls_spec asked, int bits)
{
    size_t n;
    void *samples = picture_of(SMOOTH, &s), *out;
    unsigned char *code = encode(&s, samples, &n);
    ck_assert_int_eq(decode(code, n, &asked, bits, &out), 0);
    free(out);
    free(code);
    free(samples);
}

START_TEST(other_kinds_are_left_alone)
{
    const jls_spec s = { .columns = 20, .rows = 10, .precision = 12 };
    jls_spec t = s;
    t.near = 2;
    hold_left_alone(t, s, 16);
    t.near = 0;
    t.components = 3;
    hold_left_alone(t, s, 16);
    t = s;
    t.columns = 19;
    hold_left_alone(s, t, 16);
    t = s;
    t.rows = 11;
    hold_left_alone(s, t, 16);
    hold_left_alone(s, s, 8); /* 12 bits do not fit */
    t = s;
    t.reset = 256;
    hold_left_alone(t, s, 16);
}
END_TEST

/* The example with other bytes; with restart intervals; with another MAXVAL. */
START_TEST(other_marks_are_left_alone)
{
    static const struct { size_t at; unsigned char value; } change[] = {
        { 1, 0xd7 },  { 3, 0xf6 }, { 5, 12 }, { 6, 1 },  { 6, 17 }, { 11, 2 }, { 13, 0x21 },
        { 14, 1 },    { 16, 0xdb }, { 18, 9 }, { 19, 2 }, { 20, 7 }, { 21, 1 }, { 22, 1 },
        { 23, 1 },    { 24, 1 },
        { sizeof example - 1, 0xd0 }
    };
    static const unsigned char dri[] = { 0xff, 0xdd, 0, 4, 0, 2 },
                               preset[] = { 0xff, 0xf8, 0, 13, 1,  0,  127, 0,
                                            3,    0,    7, 0,  21, 0,  64 };
    unsigned char code[sizeof example + sizeof preset];
    void *out;
    for (int i = 0; i < MI_COUNT(change); i++) {
        memcpy(code, example, sizeof example);
        code[change[i].at] = change[i].value;
        ck_assert_msg(decode(code, sizeof example, &example_spec, 8, &out) == 0, "byte %zu",
                      change[i].at);
        free(out);
    }
    for (int i = 0; i < 2; i++) {
        size_t n = i ? sizeof preset : sizeof dri;
        memcpy(code, example, 2);
        memcpy(code + 2, i ? preset : dri, n);
        memcpy(code + 2 + n, example + 2, sizeof example - 2);
        ck_assert_int_eq(decode(code, sizeof example + n, &example_spec, 8, &out), 0);
        free(out);
    }
}
END_TEST

/* ---- damage ---- */

START_TEST(a_code_cut_anywhere_is_left_alone)
{
    for (int precision = 2; precision <= 16; precision += 7)
        for (int picture = 0; picture < PICTURES; picture++) {
            const jls_spec s = { .columns = 13, .rows = 9, .precision = precision };
            size_t n;
            void *samples = picture_of(picture, &s), *out;
            unsigned char *code = encode(&s, samples, &n);
            for (size_t k = 0; k < n; k++) {
                ck_assert_int_eq(decode(code, k, &s, bits_of(&s), &out), 0);
                free(out);
            }
            free(code);
            free(samples);
        }
}
END_TEST

/* A changed byte: what is decoded nevertheless must be what CharLS makes of it. */
START_TEST(damage_gives_what_charls_gives_or_nothing)
{
    uint32_t state = 5;
    int done = 0;
    for (int turn = 0; turn < 3000; turn++) {
        const jls_spec s = { .columns = 17, .rows = 11, .precision = 2 + turn % 15 };
        size_t n;
        void *samples = picture_of(turn / 15 % PICTURES, &s), *ours;
        void *theirs = calloc(jls_bytes(&s), 1);
        unsigned char *code = encode(&s, samples, &n);
        size_t first = 26; /* of the scan, or near */
        for (int k = 0; k < 1 + turn % 3 && n > first + 2; k++)
            code[first + roll(&state) % (n - first - 2)] ^= (unsigned char)(1u << roll(&state) % 8);
        if (decode(code, n, &s, bits_of(&s), &ours) == 1) {
            done++;
            ck_assert_msg(jls_decode(code, n, theirs), "turn %d: CharLS refuses", turn);
            ck_assert_msg(memcmp(ours, theirs, jls_bytes(&s)) == 0, "turn %d: other samples", turn);
        }
        free(ours);
        free(theirs);
        free(code);
        free(samples);
    }
    ck_assert_int_gt(done, 0);
}
END_TEST

/* ---- through the reader ---- */

/* A CT slice of 8 x 6 whose header says `allocated` and `stored` bits, coded with `precision`. */
static char *coded_slice(int allocated, int stored, jls_spec s, const void *samples, size_t cut)
{
    size_t n;
    unsigned char *code = encode(&s, samples, &n);
    char *folder = dw_folder();
    dw_spec head = dw_spec_ct();
    head.allocated = allocated;
    head.stored = stored;
    head.high = stored - 1;
    head.inter = 0;
    dw *d = dw_image(&head);
    n -= cut;
    dw_encapsulate_codes(d, "1.2.840.10008.1.2.4.80", &code, &n, 1, 1, DW_NO_TABLE);
    dw_write(d, DW_EXPLICIT, dw_path(folder, "one"));
    dw_free(d);
    free(code);
    return folder;
}

START_TEST(fewer_bits_than_the_header_has_room_for)
{
    NEEDS_DICOM;
    static const int kind[][3] = { { 16, 16, 8 }, { 16, 8, 8 }, { 16, 16, 12 }, { 16, 12, 12 },
                                   { 16, 16, 2 }, { 16, 16, 16 }, { 8, 8, 8 }, { 8, 8, 5 } };
    for (int i = 0; i < MI_COUNT(kind); i++)
        for (int picture = 0; picture < PICTURES; picture++) {
            const jls_spec s = { .columns = 8, .rows = 6, .precision = kind[i][2] };
            void *samples = picture_of(picture, &s);
            char *folder = coded_slice(kind[i][0], kind[i][1], s, samples, 0);
            mi_volume v = read_volume(folder);
            ck_assert_int_eq(v.type, kind[i][0] == 16 ? MI_U16 : MI_U8);
            for (int k = 0; k < 48; k++)
                ck_assert_double_eq(value_at(&v, k % 8, k / 8, 0),
                                    s.precision > 8 ? ((uint16_t *)samples)[k]
                                                    : ((unsigned char *)samples)[k]);
            mi_volume_free(&v);
            free(folder);
            free(samples);
        }
}
END_TEST

/* What ours leaves alone CharLS reads, or refuses in one line. */
START_TEST(the_rest_is_for_charls)
{
    NEEDS_DICOM;
    jls_spec s = { .columns = 8, .rows = 6, .precision = 8, .near = 1 };
    unsigned char *samples = picture_of(SMOOTH, &s);
    char *folder = coded_slice(16, 16, s, samples, 0);
    mi_volume v = read_volume(folder);
    for (int k = 0; k < 48; k++)
        ck_assert_double_eq_tol(value_at(&v, k % 8, k / 8, 0), samples[k], 1.5);
    mi_volume_free(&v);
    free(folder);
    s.near = 0;
    folder = coded_slice(16, 16, s, samples, 9);
    mi_err err = refused(dw_path(folder, "one"));
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_msg(strstr(err.message, "JPEG-LS") && !strchr(err.message, '\n'), "%s", err.message);
    free(folder);
    s.columns = 9; /* not what the header says */
    free(samples);
    samples = picture_of(SMOOTH, &s);
    folder = coded_slice(16, 16, s, samples, 0);
    ck_assert_int_eq(refused(dw_path(folder, "one")).cls, MI_E_DATA);
    free(folder);
    free(samples);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("jpegls");
    Suite *s = suite_create("JPEG-LS");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, the_example_of_the_standard);
    tcase_add_test(t, every_precision_and_shape);
    tcase_add_test(t, runs_longer_than_any_step);
    tcase_add_test(t, given_parameters);
    tcase_add_test(t, markers_that_say_nothing);
    tcase_add_test(t, other_kinds_are_left_alone);
    tcase_add_test(t, other_marks_are_left_alone);
    tcase_add_test(t, a_code_cut_anywhere_is_left_alone);
    tcase_add_test(t, damage_gives_what_charls_gives_or_nothing);
    tcase_add_test(t, fewer_bits_than_the_header_has_room_for);
    tcase_add_test(t, the_rest_is_for_charls);
    suite_add_tcase(s, t);
    return run_suite(s);
}
