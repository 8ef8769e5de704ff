/* Stored values of DICOM objects that this test writes: rescale, signs, unused bits, padding,
   tables, colour, damage. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/pool.h"
#include "dicom_case.h"

/* One object of 8 x 6 pixels in a folder of its own. */
static char *one(dw *d_take, dw_syntax syntax)
{
    char *folder = dw_folder();
    dw_write(d_take, syntax, dw_path(folder, "one"));
    dw_free(d_take);
    return folder;
}

static dw *ct(dw_spec *s)
{
    *s = dw_spec_ct();
    return dw_image(s);
}

/* ---- rescale ---- */

static void own_slope(int k, dw_spec *s)
{
    s->slope = 0.25 * (k + 1);
    s->inter = -k;
}

START_TEST(each_slice_has_its_rescale)
{
    NEEDS_DICOM;
    char *folder = series_of(4, own_slope, NULL);
    mi_volume v = read_volume(folder);
    ck_assert_int_eq(v.type, MI_F32);
    for (int z = 0; z < 4; z++)
        ck_assert_double_eq(value_at(&v, 7, 5, z), 0.25 * (z + 1) * dw_value(7, 5, z + 1) - z);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

START_TEST(without_rescale_values_are_as_stored)
{
    NEEDS_DICOM;
    dw_spec s;
    dw *d = ct(&s);
    dw_remove(d, 0x00281052);
    dw_remove(d, 0x00281053);
    char *folder = one(d, DW_EXPLICIT);
    mi_volume v = read_volume(folder);
    ck_assert_double_eq(v.slope, 1);
    ck_assert_double_eq(v.inter, 0);
    ck_assert_double_eq(value_at(&v, 2, 1, 0), dw_value(2, 1, 1));
    mi_volume_free(&v);
    free(folder);
}
END_TEST

START_TEST(a_slope_of_zero_is_refused)
{
    NEEDS_DICOM;
    dw_spec s;
    dw *d = ct(&s);
    dw_number(d, 0x00281053, "DS", 0);
    char *folder = one(d, DW_EXPLICIT);
    mi_err err = refused(folder);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_msg(strstr(err.message, "Rescale Slope"), "%s", err.message);
    free(folder);
}
END_TEST

/* A slope that cannot be read is not a slope of 1. */
START_TEST(a_damaged_slope_is_refused)
{
    NEEDS_DICOM;
    dw_spec s;
    static const uint32_t tag[] = { 0x00281052, 0x00281053 };
    for (int i = 0; i < 2; i++) {
        dw *d = ct(&s);
        dw_text(d, tag[i], "DS", "1,5");
        char *folder = one(d, DW_EXPLICIT);
        ck_assert_int_eq(refused(dw_path(folder, "one")).cls, MI_E_DATA);
        free(folder);
    }
}
END_TEST

/* ---- bits ---- */

static dw *words(const uint16_t *w, int stored, int high, int is_signed)
{
    dw_spec s = dw_spec_ct();
    s.stored = stored;
    s.high = high;
    s.is_signed = is_signed;
    s.inter = 0;
    dw *d = dw_image(&s);
    dw_bytes(d, 0x7fe00010, "OW", w, 96);
    return d;
}

START_TEST(signed_twelve_of_sixteen_with_rubbish_above)
{
    NEEDS_DICOM;
    uint16_t w[48];
    for (int syntax = 0; syntax < DW_SYNTAXES; syntax++) {
        for (int i = 0; i < 48; i++)
            w[i] = (uint16_t)(((i - 24) & 0x0fff) | (i % 16) << 12);
        char *folder = one(words(w, 12, 11, 1), (dw_syntax)syntax);
        mi_volume v = read_volume(folder);
        ck_assert_int_eq(v.type, MI_I16);
        for (int i = 0; i < 48; i++)
            ck_assert_double_eq(value_at(&v, i % 8, i / 8, 0), i - 24);
        mi_volume_free(&v);
        free(folder);
    }
}
END_TEST

START_TEST(unsigned_bits_that_end_at_the_top)
{
    NEEDS_DICOM;
    uint16_t w[48];
    for (int i = 0; i < 48; i++)
        w[i] = (uint16_t)((80 * i) << 4 | (i & 15)); /* 12 bits up to bit 15, rubbish below */
    char *folder = one(words(w, 12, 15, 0), DW_EXPLICIT);
    mi_volume v = read_volume(folder);
    for (int i = 0; i < 48; i++)
        ck_assert_double_eq(value_at(&v, i % 8, i / 8, 0), 80 * i);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

START_TEST(bytes_signed_and_unsigned)
{
    NEEDS_DICOM;
    signed char p[48];
    for (int i = 0; i < 48; i++)
        p[i] = (signed char)(5 * i - 120);
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        dw_spec s = dw_spec_ct();
        s.allocated = s.stored = 8;
        s.high = 7;
        s.is_signed = is_signed;
        s.slope = 0;
        dw *d = dw_image(&s);
        dw_bytes(d, 0x7fe00010, "OB", p, 48);
        char *folder = one(d, is_signed ? DW_RLE : DW_BIG);
        mi_volume v = read_volume(folder);
        ck_assert_int_eq(v.type, is_signed ? MI_I8 : MI_U8);
        for (int i = 0; i < 48; i++)
            ck_assert_double_eq(value_at(&v, i % 8, i / 8, 0),
                                is_signed ? p[i] : (unsigned char)p[i]);
        mi_volume_free(&v);
        free(folder);
    }
}
END_TEST

/* Unused bits of bytes are cut off as those of words are. */
START_TEST(seven_bits_of_eight)
{
    NEEDS_DICOM;
    unsigned char p[48];
    for (int i = 0; i < 48; i++)
        p[i] = (unsigned char)(i | (i % 2) << 7);
    dw_spec s = dw_spec_ct();
    s.allocated = 8;
    s.stored = 7;
    s.high = 6;
    s.slope = 0;
    dw *d = dw_image(&s);
    dw_bytes(d, 0x7fe00010, "OB", p, 48);
    char *folder = one(d, DW_EXPLICIT);
    mi_volume v = read_volume(folder);
    for (int i = 0; i < 48; i++)
        ck_assert_double_eq(value_at(&v, i % 8, i / 8, 0), i);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

START_TEST(bits_that_cannot_be)
{
    NEEDS_DICOM;
    static const int bad[][3] = { { 12, 12, 11 }, { 16, 17, 16 }, { 16, 12, 5 }, { 24, 24, 23 } };
    for (int i = 0; i < 4; i++) {
        dw_spec s;
        dw *d = ct(&s);
        dw_number(d, 0x00280100, "US", bad[i][0]);
        dw_number(d, 0x00280101, "US", bad[i][1]);
        dw_number(d, 0x00280102, "US", bad[i][2]);
        char *folder = one(d, DW_EXPLICIT);
        ck_assert_int_eq(refused(folder).cls, MI_E_DATA);
        free(folder);
    }
}
END_TEST

START_TEST(floating_pixels)
{
    NEEDS_DICOM;
    double x[48];
    float f[48];
    for (int i = 0; i < 48; i++)
        f[i] = (float)(x[i] = i / 7.0 - 3);
    for (int wide = 0; wide < 2; wide++) {
        dw_spec s = dw_spec_ct();
        s.sop_class = "1.2.840.10008.5.1.4.1.1.30";
        s.modality = "OT";
        s.slope = 0;
        s.allocated = wide ? 64 : 32;
        dw *d = dw_image(&s);
        dw_remove(d, 0x7fe00010);
        if (wide)
            dw_bytes(d, 0x7fe00009, "OD", x, sizeof x);
        else
            dw_bytes(d, 0x7fe00008, "OF", f, sizeof f);
        char *folder = one(d, wide ? DW_BIG : DW_EXPLICIT);
        mi_volume v = read_volume(folder);
        ck_assert_int_eq(v.type, wide ? MI_F64 : MI_F32);
        for (int i = 0; i < 48; i++)
            ck_assert_double_eq(value_at(&v, i % 8, i / 8, 0), wide ? x[i] : (double)f[i]);
        mi_volume_free(&v);
        free(folder);
    }
}
END_TEST

/* ---- meaning ---- */

START_TEST(monochrome1_keeps_its_values_and_says_so)
{
    NEEDS_DICOM;
    dw_spec s = dw_spec_ct();
    s.photometric = "MONOCHROME1";
    char *folder = one(dw_image(&s), DW_EXPLICIT);
    mi_volume v = read_volume(folder);
    ck_assert_double_eq(value_at(&v, 1, 0, 0), dw_value(1, 0, 1) - 1000);
    ck_assert(warned(&v, "monochrome1"));
    mi_volume_free(&v);
    free(folder);
}
END_TEST

/* Values 101 to 103 of the first slice, 201 to 203 of the second ... are padding where the
   limits say so. */
static void padded(int k, dw *d)
{
    (void)k;
    dw_number(d, 0x00280120, "US", 101);
    dw_number(d, 0x00280121, "US", 103);
}

static void hold_padding(const mi_volume *v)
{
    ck_assert(v->meta.has_padding);
    ck_assert_double_eq(v->meta.padding[0], 101 - 1000);
    ck_assert_double_eq(v->meta.padding[1], 103 - 1000);
}

START_TEST(padding_is_kept_counted_and_told)
{
    NEEDS_DICOM;
    char *folder = series_of(3, NULL, padded);
    mi_volume v = read_volume(folder);
    hold_padding(&v);
    ck_assert_double_eq(value_at(&v, 2, 0, 0), 102 - 1000);
    bool counted = false;
    for (int i = 0; i < v.warnings.n; i++)
        counted = counted || strstr(v.warnings.item[i].why, "3 voxels hold the padding value");
    ck_assert(counted);
    mi_volume_free(&v);
    mi_source_opts opts = MI_SOURCE_OPTS; /* who reads slice by slice must know it beforehand */
    mi_source *s = NULL;
    ck_assert_int_eq(mi_source_open(&s, folder, &opts, NULL), 0);
    ck_assert_int_eq(mi_source_next(s, &v, NULL), 1);
    hold_padding(&v);
    mi_volume_free(&v);
    mi_source_close(s);
    free(folder);
}
END_TEST

START_TEST(signed_padding_written_as_unsigned)
{
    NEEDS_DICOM;
    uint16_t w[48];
    for (int i = 0; i < 48; i++)
        w[i] = i % 3 ? (uint16_t)i : (uint16_t)-2000;
    dw *d = words(w, 16, 15, 1);
    dw_number(d, 0x00280120, "US", 63536);
    char *folder = one(d, DW_EXPLICIT);
    mi_volume v = read_volume(folder);
    ck_assert_double_eq(value_at(&v, 3, 0, 0), -2000);
    ck_assert_double_eq(v.meta.padding[0], -2000);
    ck_assert_double_eq(v.meta.padding[1], -2000);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

static void padded_and_scaled(int k, dw *d)
{
    padded(k, d);
    dw_number(d, 0x00281053, "DS", k + 1);
}

/* Where each slice has its own rescale a padded voxel keeps one value in all of them, or nobody
   could tell it afterwards. */
START_TEST(padding_of_slices_with_their_own_rescale)
{
    NEEDS_DICOM;
    char *folder = series_of(3, NULL, padded_and_scaled);
    dw_spec s = dw_spec_ct();
    s.instance = 2;
    s.position[2] += 3;
    dw *d = dw_image(&s);
    uint16_t w[48] = { 102, 7 };
    dw_bytes(d, 0x7fe00010, "OW", w, sizeof w);
    padded_and_scaled(1, d);
    dw_write(d, DW_EXPLICIT, dw_path(folder, "IM002"));
    dw_free(d);
    mi_volume v = read_volume(folder);
    ck_assert(v.meta.has_padding);
    double x = value_at(&v, 0, 0, 1), y = value_at(&v, 1, 0, 1);
    ck_assert(x >= v.meta.padding[0] && x <= v.meta.padding[1]);
    ck_assert_double_eq(y, 2 * 7 - 1000);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

static void padded_with_fractions(int k, dw *d)
{
    padded(k, d);
    dw_number(d, 0x00281053, "DS", 0.814 + 0.1 * k);
}

/* No end of the range is a float32 number; the voxels are. */
START_TEST(padding_of_fractions)
{
    NEEDS_DICOM;
    char *folder = series_of(3, NULL, padded_with_fractions);
    mi_volume v = read_volume(folder);
    mi_range r = mi_volume_padding(&v);
    ck_assert_int_eq(v.type, MI_F32);
    for (int x = 1; x <= 3; x++) { /* 101 to 103 */
        double y = value_at(&v, x, 0, 0);
        ck_assert_msg(y >= r.lo && y <= r.hi, "%.10g of %.10g to %.10g", y, r.lo, r.hi);
    }
    double y = value_at(&v, 4, 0, 0);
    ck_assert(y < r.lo || y > r.hi);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

/* ---- tables and colour ---- */

static dw *with_table(int entry_bits, bool wide_entries)
{
    dw_spec s;
    dw *d = ct(&s), *t;
    unsigned char narrow[200];
    uint16_t wide[200];
    for (int i = 0; i < 200; i++) {
        wide[i] = (uint16_t)(entry_bits > 8 ? 300 * i : 255 - i);
        narrow[i] = (unsigned char)wide[i];
    }
    dw_remove(d, 0x00281052);
    dw_remove(d, 0x00281053);
    t = dw_item(d, 0x00283000);
    dw_numbers(t, 0x00283002, "US", (double[]){ 200, 105, entry_bits }, 3);
    dw_text(t, 0x00283004, "LO", "US");
    dw_bytes(t, 0x00283006, "OW", wide_entries ? (void *)wide : narrow, wide_entries ? 400 : 200);
    return d;
}

START_TEST(a_modality_table_is_applied)
{
    NEEDS_DICOM;
    static const struct {
        int bits;
        bool wide;
    } kind[] = { { 16, true }, { 8, false }, { 8, true } };
    for (int i = 0; i < 3; i++) {
        char *folder = one(with_table(kind[i].bits, kind[i].wide), DW_EXPLICIT);
        mi_volume v = read_volume(folder);
        double first = kind[i].bits > 8 ? 0 : 255, step = kind[i].bits > 8 ? 300 : -1;
        ck_assert_int_eq(v.type, MI_F32);
        ck_assert_double_eq(value_at(&v, 0, 0, 0), first); /* 100: below the first entry */
        ck_assert_double_eq(value_at(&v, 5, 0, 0), first);
        ck_assert_double_eq(value_at(&v, 7, 5, 0), first + step * (157 - 105));
        mi_volume_free(&v);
        free(folder);
    }
    dw *d = with_table(16, true); /* cut short */
    dw_bytes(dw_item(d, 0x00283000), 0x00283006, "OW", "", 0);
    dw_remove(d, 0x00283000);
    dw *t = dw_item(d, 0x00283000);
    dw_numbers(t, 0x00283002, "US", (double[]){ 200, 105, 16 }, 3);
    dw_bytes(t, 0x00283006, "OW", "0123456", 8);
    char *folder = one(d, DW_EXPLICIT);
    ck_assert_int_eq(refused(folder).cls, MI_E_DATA);
    free(folder);
}
END_TEST

/* Red 3 i, green 200, blue 255 - i. */
static dw *colour(const char *photometric, int planar)
{
    unsigned char p[144];
    dw_spec s = dw_spec_ct();
    s.sop_class = "1.2.840.10008.5.1.4.1.1.6.1";
    s.modality = "US";
    s.photometric = photometric;
    s.samples = 3;
    s.allocated = s.stored = 8;
    s.high = 7;
    s.slope = 0;
    dw *d = dw_image(&s);
    for (int i = 0; i < 48; i++) {
        const unsigned char c[3] = { (unsigned char)(3 * i), 200, (unsigned char)(255 - i) };
        for (int k = 0; k < 3; k++)
            p[planar ? k * 48 + i : 3 * i + k] = c[k];
    }
    dw_number(d, 0x00280006, "US", planar);
    dw_bytes(d, 0x7fe00010, "OB", p, sizeof p);
    return d;
}

START_TEST(colour_is_refused_or_made_grey)
{
    NEEDS_DICOM;
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.grey = true;
    for (int planar = 0; planar < 2; planar++)
        for (int ybr = 0; ybr < 2; ybr++) {
            char *folder = one(colour(ybr ? "YBR_FULL" : "RGB", planar), DW_EXPLICIT);
            mi_err err = refused(folder);
            ck_assert_int_eq(err.cls, MI_E_DATA);
            ck_assert_msg(strstr(err.hint, "--grey"), "%s", err.hint);
            mi_volume v = read_with(folder, &opts);
            for (int i = 0; i < 48; i++)
                ck_assert_double_eq_tol(
                    value_at(&v, i % 8, i / 8, 0),
                    ybr ? 3 * i : 0.299 * 3 * i + 0.587 * 200 + 0.114 * (255 - i), 1e-4);
            mi_volume_free(&v);
            free(folder);
        }
    char *folder = one(colour("RGB", 0), DW_RLE);
    mi_volume v = read_with(folder, &opts);
    ck_assert_double_eq_tol(value_at(&v, 7, 5, 0), 0.299 * 141 + 117.4 + 0.114 * 208, 1e-4);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

/* Two pixels share Cb and Cr: Y1 Y2 Cb Cr. */
START_TEST(colour_with_shared_chrominance)
{
    NEEDS_DICOM;
    unsigned char p[96];
    dw *d = colour("YBR_FULL_422", 0);
    for (int i = 0; i < 96; i++)
        p[i] = (unsigned char)(i % 4 < 2 ? i / 4 * 2 + i % 4 : 128);
    dw_bytes(d, 0x7fe00010, "OB", p, sizeof p);
    char *folder = one(d, DW_EXPLICIT);
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.grey = true;
    mi_volume v = read_with(folder, &opts);
    for (int i = 0; i < 48; i++)
        ck_assert_double_eq(value_at(&v, i % 8, i / 8, 0), i);
    mi_volume_free(&v);
    free(folder);
}
END_TEST

START_TEST(a_palette_is_refused_or_made_grey)
{
    NEEDS_DICOM;
    for (int wide = 0; wide < 2; wide++) {
        dw_spec s = dw_spec_ct();
        uint16_t red[256], green[256], blue[256];
        s.photometric = "PALETTE COLOR";
        s.allocated = s.stored = 8;
        s.high = 7;
        s.slope = 0;
        dw *d = dw_image(&s);
        for (int i = 0; i < 256; i++) {
            red[i] = (uint16_t)(i * (wide ? 257 : 1));
            green[i] = (uint16_t)((255 - i) * (wide ? 257 : 1));
            blue[i] = 0;
        }
        for (uint32_t c = 0; c < 3; c++)
            dw_numbers(d, 0x00281101 + c, "US", (double[]){ 256, 0, wide ? 16 : 8 }, 3);
        dw_bytes(d, 0x00281201, "OW", red, sizeof red);
        dw_bytes(d, 0x00281202, "OW", green, sizeof green);
        dw_bytes(d, 0x00281203, "OW", blue, sizeof blue);
        char *folder = one(d, DW_EXPLICIT);
        ck_assert_int_eq(refused(folder).cls, MI_E_DATA);
        mi_source_opts opts = MI_SOURCE_OPTS;
        opts.grey = true;
        mi_volume v = read_with(folder, &opts);
        int i = dw_value(3, 2, 1) & 255;
        ck_assert_double_eq_tol(value_at(&v, 3, 2, 0), 0.299 * i + 0.587 * (255 - i), 1e-3);
        mi_volume_free(&v);
        free(folder);
    }
}
END_TEST

/* ---- units ---- */

static void hold_unit(dw *d_take, const char *unit)
{
    char *folder = one(d_take, DW_EXPLICIT);
    mi_volume v = read_volume(folder);
    if (unit)
        ck_assert_str_eq(v.meta.unit, unit);
    else
        ck_assert_ptr_null(v.meta.unit);
    mi_volume_free(&v);
    free(folder);
}

START_TEST(units_are_told_where_they_are_known)
{
    NEEDS_DICOM;
    static const struct { const char *type, *unit; } ct_types[] = {
        { NULL, "HU" }, { "HU", "HU" }, { "US", NULL }, { "MGML", "mg/ml" }, { "HU_MOD", NULL }
    };
    dw_spec s;
    for (int i = 0; i < 5; i++) {
        dw *d = ct(&s);
        if (ct_types[i].type)
            dw_text(d, 0x00281054, "LO", "%s", ct_types[i].type);
        hold_unit(d, ct_types[i].unit);
    }
    s = dw_spec_ct();
    s.modality = "MR";
    hold_unit(dw_image(&s), NULL);
    static const char *const dose[][2] = { { "GY", "Gy" }, { "RELATIVE", NULL } };
    for (int i = 0; i < 2; i++) {
        s.modality = "RTDOSE";
        s.sop_class = "1.2.840.10008.5.1.4.1.1.481.2";
        dw *d = dw_image(&s);
        dw_text(d, 0x30040002, "CS", "%s", dose[i][0]);
        dw_number(d, 0x3004000e, "DS", 0.5);
        hold_unit(d, dose[i][1]);
    }
}
END_TEST

/* What the values of a parametric map mean stands in its mapping (PS3.3 C.8.23.3). */
START_TEST(parametric_maps_are_real_world_values)
{
    NEEDS_DICOM;
    dw_spec s = dw_spec_ct();
    s.sop_class = "1.2.840.10008.5.1.4.1.1.30";
    s.modality = "MR";
    s.slope = 0;
    s.frames = 1;
    dw *d = dw_image(&s), *m = dw_item(dw_item(d, 0x52009229), 0x00409096);
    dw_number(m, 0x00409224, "FD", 5);
    dw_number(m, 0x00409225, "FD", 0.125);
    dw_code(m, 0x004008ea, "UCUM:um2/s:square micrometre per second");
    char *folder = one(d, DW_EXPLICIT);
    mi_volume v = read_volume(folder);
    ck_assert_double_eq(value_at(&v, 3, 2, 0), 0.125 * dw_value(3, 2, 0) + 5);
    ck_assert_str_eq(v.meta.unit, "um2/s");
    mi_volume_free(&v);
    free(folder);
}
END_TEST

START_TEST(loss_is_told)
{
    NEEDS_DICOM;
    dw_spec s;
    dw *d = ct(&s);
    dw_text(d, 0x00282110, "CS", "01");
    char *folder = one(d, DW_EXPLICIT);
    mi_volume v = read_volume(folder);
    ck_assert(v.meta.lossy);
    ck_assert(warned(&v, "lossy"));
    mi_volume_free(&v);
    free(folder);
}
END_TEST

/* ---- damage ---- */

START_TEST(cut_pixels_are_refused)
{
    NEEDS_DICOM;
    static const dw_syntax syntax[] = { DW_EXPLICIT, DW_BIG, DW_DEFLATED, DW_RLE };
    for (int i = 0; i < 4; i++) {
        dw_spec s;
        dw *d = ct(&s);
        size_t n;
        unsigned char *p = dw_encode(d, syntax[i], &n);
        for (size_t cut = 2; cut < 90; cut += 13) {
            char *folder = dw_folder();
            FILE *f = fopen(dw_path(folder, "cut"), "wb");
            ck_assert(f && fwrite(p, 1, n - cut, f) == n - cut && fclose(f) == 0);
            if (i != 3 || cut > 8) /* the mark behind the last frame may be missing */
                ck_assert_int_eq(refused(dw_path(folder, "cut")).cls, MI_E_DATA);
            free(folder);
        }
        free(p);
        dw_free(d);
    }
}
END_TEST

/* A header that promises more than the file can hold. */
START_TEST(a_header_that_promises_too_much)
{
    NEEDS_DICOM;
    static const dw_syntax syntax[] = { DW_EXPLICIT, DW_RLE, DW_DEFLATED };
    for (int i = 0; i < 3; i++) {
        dw_spec s;
        dw *d = ct(&s);
        size_t n;
        dw_remove(d, 0x00280008);
        unsigned char *p;
        if (syntax[i] == DW_RLE) { /* the writer would look for the pixels: two bytes are patched */
            p = dw_encode(d, DW_RLE, &n);
            for (size_t k = 0; k + 10 < n; k++)
                if (memcmp(p + k, "\x28\0\x10\0US\2\0", 8) == 0 ||
                    memcmp(p + k, "\x28\0\x11\0US\2\0", 8) == 0)
                    p[k + 9] = 0xff;
        } else {
            dw_number(d, 0x00280008, "IS", 900000);
            dw_number(d, 0x00280010, "US", 65535);
            dw_number(d, 0x00280011, "US", 65535);
            p = dw_encode(d, syntax[i], &n);
        }
        char *folder = dw_folder();
        FILE *f = fopen(dw_path(folder, "huge"), "wb");
        ck_assert(f && fwrite(p, 1, n, f) == n && fclose(f) == 0);
        mi_err err = refused(dw_path(folder, "huge"));
        ck_assert_msg(err.cls == MI_E_DATA, "class %s: %s", mi_class_name(err.cls), err.message);
        free(p);
        dw_free(d);
        free(folder);
    }
}
END_TEST

START_TEST(a_syntax_that_is_not_supported_is_named)
{
    NEEDS_DICOM;
    static const char *const syntax[] = { "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.102",
                                          "1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.110",
                                          "1.2.840.10008.1.2.4.201", "1.2.3.999" };
    for (int i = 0; i < 6; i++) {
        dw_spec s;
        dw *d = ct(&s);
        size_t n;
        dw_text(d, 0x00020010, "UI", "%s", syntax[i]);
        unsigned char *p = dw_encode(d, DW_RLE, &n);
        char *folder = dw_folder();
        FILE *f = fopen(dw_path(folder, "video"), "wb");
        ck_assert(f && fwrite(p, 1, n, f) == n && fclose(f) == 0);
        mi_err err = refused(dw_path(folder, "video"));
        ck_assert_msg(err.cls == MI_E_UNAVAILABLE && strstr(err.message, syntax[i]), "%s: %s",
                      mi_class_name(err.cls), err.message);
        free(p);
        dw_free(d);
        free(folder);
    }
}
END_TEST

START_TEST(threads_change_nothing)
{
    NEEDS_DICOM;
    char *folder = series_of(9, own_slope, NULL), first[72], other[72];
    static const int threads[] = { 1, 2, 7 };
    for (int i = 0; i < 3; i++) {
        mi_source_opts opts = MI_SOURCE_OPTS;
        opts.pool = mi_pool_new(threads[i], NULL);
        mi_volume v = read_with(folder, &opts);
        ck_assert_int_eq(mi_volume_digest(&v, i ? other : first, NULL), 0);
        if (i)
            ck_assert_str_eq(first, other);
        mi_volume_free(&v);
        mi_pool_free(opts.pool);
    }
    free(folder);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("pixels");
    Suite *s = suite_create("dicom pixels");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, each_slice_has_its_rescale);
    tcase_add_test(t, without_rescale_values_are_as_stored);
    tcase_add_test(t, a_slope_of_zero_is_refused);
    tcase_add_test(t, a_damaged_slope_is_refused);
    tcase_add_test(t, signed_twelve_of_sixteen_with_rubbish_above);
    tcase_add_test(t, unsigned_bits_that_end_at_the_top);
    tcase_add_test(t, bytes_signed_and_unsigned);
    tcase_add_test(t, seven_bits_of_eight);
    tcase_add_test(t, bits_that_cannot_be);
    tcase_add_test(t, floating_pixels);
    tcase_add_test(t, monochrome1_keeps_its_values_and_says_so);
    tcase_add_test(t, padding_is_kept_counted_and_told);
    tcase_add_test(t, signed_padding_written_as_unsigned);
    tcase_add_test(t, padding_of_slices_with_their_own_rescale);
    tcase_add_test(t, padding_of_fractions);
    tcase_add_test(t, a_modality_table_is_applied);
    tcase_add_test(t, colour_is_refused_or_made_grey);
    tcase_add_test(t, colour_with_shared_chrominance);
    tcase_add_test(t, a_palette_is_refused_or_made_grey);
    tcase_add_test(t, units_are_told_where_they_are_known);
    tcase_add_test(t, parametric_maps_are_real_world_values);
    tcase_add_test(t, loss_is_told);
    tcase_add_test(t, cut_pixels_are_refused);
    tcase_add_test(t, a_header_that_promises_too_much);
    tcase_add_test(t, a_syntax_that_is_not_supported_is_named);
    tcase_add_test(t, threads_change_nothing);
    suite_add_tcase(s, t);
    return run_suite(s);
}
