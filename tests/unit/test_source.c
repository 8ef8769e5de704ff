/* Volumes in: every type, order, version and container; geometry and scaling; streams, frames,
   label maps. */
#define _GNU_SOURCE
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/source.h"
#include "make_nifti.h"

static const struct {
    int code, bits;
    mi_type type;
} types[] = {
    { 2, 8, MI_U8 },     { 256, 8, MI_I8 },  { 512, 16, MI_U16 },  { 4, 16, MI_I16 },
    { 768, 32, MI_U32 }, { 8, 32, MI_I32 },  { 1280, 64, MI_U64 }, { 1024, 64, MI_I64 },
    { 16, 32, MI_F32 },  { 64, 64, MI_F64 },
};

static double stored(const mi_volume *v, int64_t i)
{
    const void *d = v->data;
    switch (v->type) {
    case MI_U8:
        return ((const uint8_t *)d)[i];
    case MI_I8:
        return ((const int8_t *)d)[i];
    case MI_U16:
        return ((const uint16_t *)d)[i];
    case MI_I16:
        return ((const int16_t *)d)[i];
    case MI_U32:
        return ((const uint32_t *)d)[i];
    case MI_I32:
        return ((const int32_t *)d)[i];
    case MI_U64:
        return (double)((const uint64_t *)d)[i];
    case MI_I64:
        return (double)((const int64_t *)d)[i];
    case MI_F32:
        return ((const float *)d)[i];
    default:
        return ((const double *)d)[i];
    }
}

static void check_ramp(const mi_volume *v, double first, double step)
{
    int64_t slice = mi_volume_slice_voxels(v);
    for (int64_t i = v->k0 * slice; i < v->k1 * slice; i++)
        ck_assert_double_eq(stored(v, i - v->k0 * slice), first + step * (double)i);
}

static mi_volume read_ok(const char *path, const mi_source_opts *o)
{
    mi_volume v;
    mi_err err = MI_ERR_EMPTY;
    int rc = mi_volume_read(&v, path, o, &err);
    ck_assert_msg(rc == 0, "%s: %s", path, err.message);
    return v;
}

static bool has_warning(const mi_volume *v, const char *code)
{
    for (int i = 0; i < v->warnings.n; i++)
        if (v->warnings.item[i].code && strcmp(v->warnings.item[i].code, code) == 0)
            return true;
    return false;
}

START_TEST(every_type_order_version_container)
{
    static const char *const names[] = { "a.nii", "a.nii.gz", "b.nii.gz", "c.img", "d.img.gz" };
    int t = _i / 20, version = 1 + _i / 10 % 2, container = _i % 5;
    spec s = make_spec();
    s.big = _i / 5 % 2;
    s.version = version;
    s.datatype = types[t].code;
    s.bitpix = types[t].bits;
    s.pair = container >= 3;
    double first = mi_type_is_float(types[t].type)                ? -2.5
                   : strchr("iI", mi_type_name(types[t].type)[0]) ? -7
                                                                  : 3;
    bytes b = s.pair ? make_voxels(&s, first, 2) : make_file(&s, first, 2);
    if (container == 1 || container == 4)
        b = make_gzip(b, 0);
    if (container == 2)
        b = make_gzip(b, 97);
    const char *path = put(names[container], b);
    if (s.pair)
        put(container == 3 ? "c.hdr" : "d.hdr", make_head(&s));
    for (int by = 0; by < (s.pair ? 2 : 1); by++) {
        mi_volume v = read_ok(by ? place(container == 3 ? "c.hdr" : "d.hdr") : path, NULL);
        ck_assert_int_eq(v.type, types[t].type);
        ck_assert_int_eq(v.grid.n[0], 4);
        ck_assert_int_eq(v.grid.n[1], 3);
        ck_assert_int_eq(v.k1 - v.k0, 2);
        ck_assert_int_eq(v.warnings.n, 0);
        check_ramp(&v, first, 2);
        mi_volume_free(&v);
    }
}
END_TEST

START_TEST(sform_wins_and_disagreement_is_told)
{
    spec s = make_spec();
    s.sform = 2;
    s.srow[0][3] = 5;
    s.qform = 1;
    s.quatern[3] = 5;
    mi_volume v = read_ok(put("x.nii", make_file(&s, 0, 1)), NULL);
    ck_assert(!has_warning(&v, "qform_sform"));
    mi_volume_free(&v);
    s.quatern[3] = 5.0009;
    v = read_ok(put("x.nii", make_file(&s, 0, 1)), NULL);
    ck_assert(!has_warning(&v, "qform_sform"));
    mi_volume_free(&v);
    s.quatern[3] = 5.0011;
    v = read_ok(put("x.nii", make_file(&s, 0, 1)), NULL);
    ck_assert(has_warning(&v, "qform_sform"));
    ck_assert_double_eq(v.grid.m[0][3], 5);
    mi_volume_free(&v);
}
END_TEST

START_TEST(qform_is_used_alone)
{
    spec s = make_spec();
    s.sform = 0;
    s.qform = 1;
    s.pixdim[0] = -1; /* qfac: third axis reversed */
    s.pixdim[1] = 2;
    s.pixdim[2] = 3;
    s.pixdim[3] = 0.7;
    s.quatern[2] = 1; /* half a turn about z */
    s.quatern[4] = -9;
    mi_volume v = read_ok(put("x.nii", make_file(&s, 0, 1)), NULL);
    ck_assert_double_eq_tol(v.grid.m[0][0], -2, 1e-12);
    ck_assert_double_eq_tol(v.grid.m[1][1], -3, 1e-12);
    ck_assert_double_eq_tol(v.grid.m[2][2], -(double)0.7f, 1e-12);
    ck_assert_double_eq(v.grid.m[1][3], -9);
    ck_assert_double_eq(v.grid.spacing[2], (double)0.7f);
    ck_assert_int_eq(v.warnings.n, 0);
    mi_volume_free(&v);
}
END_TEST

START_TEST(no_form_gives_spacing_and_a_warning)
{
    spec s = make_spec();
    s.sform = 0;
    s.srow[0][3] = 77; /* not to be looked at */
    s.pixdim[2] = 2.5;
    mi_volume v = read_ok(put("x.nii", make_file(&s, 0, 1)), NULL);
    ck_assert(has_warning(&v, "no_orientation"));
    ck_assert_double_eq(v.grid.m[1][1], 2.5);
    ck_assert_double_eq(v.grid.m[0][3], 0);
    mi_volume_free(&v);
}
END_TEST

START_TEST(singular_sform_falls_back)
{
    spec s = make_spec();
    memset(s.srow, 0, sizeof s.srow);
    s.qform = 1;
    s.quatern[3] = 4;
    mi_volume v = read_ok(put("x.nii", make_file(&s, 0, 1)), NULL);
    ck_assert(has_warning(&v, "sform"));
    ck_assert_double_eq(v.grid.m[0][3], 4);
    mi_volume_free(&v);
}
END_TEST

START_TEST(units_of_length)
{
    static const struct {
        int code;
        double factor;
    } u[] = { { 0, 1 }, { 1, 1000 }, { 2, 1 }, { 3, 0.001 }, { 10, 1 }, { 11, 0.001 }, { 8, 1 } };
    spec s = make_spec();
    s.units = u[_i].code;
    s.pixdim[1] = s.pixdim[2] = s.pixdim[3] = 3000;
    for (int i = 0; i < 3; i++)
        s.srow[i][i] = 3000;
    s.srow[2][3] = 500;
    mi_volume v = read_ok(put("x.nii", make_file(&s, 0, 1)), NULL);
    ck_assert_double_eq(v.grid.spacing[0], 3000 * u[_i].factor);
    ck_assert_double_eq(v.grid.m[2][2], 3000 * u[_i].factor);
    ck_assert_double_eq(v.grid.m[2][3], 500 * u[_i].factor);
    mi_volume_free(&v);
}
END_TEST

START_TEST(scaling)
{
    static const struct {
        double slope, inter, want_slope, want_inter;
    } c[] = { { 0, 5, 1, 0 },
              { NAN, 5, 1, 0 },
              { INFINITY, 5, 1, 0 },
              { 0.5, -3, 0.5, -3 },
              { -2, 0, -2, 0 } };
    spec s = make_spec();
    s.slope = c[_i].slope;
    s.inter = c[_i].inter;
    mi_volume v = read_ok(put("x.nii", make_file(&s, 0, 1)), NULL);
    ck_assert_double_eq(v.slope, c[_i].want_slope);
    ck_assert_double_eq(v.inter, c[_i].want_inter);
    mi_volume_free(&v);
}
END_TEST

START_TEST(two_dimensions_are_one_slice)
{
    spec s = make_spec();
    s.dim[0] = 2;
    s.dim[3] = 0; /* beyond dim[0] nothing counts */
    s.srow[2][2] = 0;
    mi_volume v = read_ok(put("x.nii", make_file(&s, 0, 1)), NULL);
    ck_assert_int_eq(v.grid.n[2], 1);
    ck_assert_double_eq(v.grid.m[2][2], 1);
    ck_assert_int_eq(v.warnings.n, 0);
    mi_volume_free(&v);
}
END_TEST

START_TEST(offset_zero_and_348)
{
    spec s = make_spec();
    bytes b = make_file(&s, 0, 1);
    memset(b.p + 108, 0, 4); /* vox_offset 0: 352 is meant */
    mi_volume v = read_ok(put("x.nii", b), NULL);
    check_ramp(&v, 0, 1);
    mi_volume_free(&v);
    s.vox_offset = 348;
    b = join(cut(make_head(&s), 348), make_voxels(&s, 5, 1));
    v = read_ok(put("x.nii", b), NULL);
    check_ramp(&v, 5, 1);
    mi_volume_free(&v);
    s.vox_offset = 400;
    b = make_head(&s);
    b = join(join(b, (bytes) { calloc(48, 1), 48 }), make_voxels(&s, 9, 1));
    v = read_ok(put("x.nii", b), NULL);
    check_ramp(&v, 9, 1);
    mi_volume_free(&v);
}
END_TEST

static const char ext_image[] =
    "{\"mi\":{\"schema\":1,\"role\":\"image\",\"case\":\"P1\",\"unit\":\"HU\","
    "\"modality\":\"CT\",\"bundle\":{\"index\":1,\"of\":2},\"history\":[{\"tool\":\"x\"}]}}";
static const char ext_mask[] =
    "{\"mi\":{\"schema\":1,\"role\":\"mask\",\"labels\":{\"2\":\"necrosis\","
    "\"1\":{\"name\":\"tumour\",\"color\":[255,0,9]}},\"bundle\":{\"index\":2,\"of\":2}}}";

/* One stream of two items, each plain or gzip. */
static bytes bundle(bool gz1, bool gz2, const char *e1, const char *e2)
{
    spec s = make_spec(), m = make_spec();
    s.extension = e1;
    m.extension = e2;
    m.version = 2;
    m.big = true;
    bytes a = make_file(&s, 0, 1), b = make_file(&m, 100, 1);
    return join(gz1 ? make_gzip(a, 200) : a, gz2 ? make_gzip(b, 0) : b);
}

START_TEST(stream_of_two_items)
{
    const char *path = put("s.nii", bundle(_i & 1, _i & 2, ext_image, ext_mask));
    bool skip = _i & 4;
    mi_source *s;
    mi_volume v;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_msg(mi_source_open(&s, path, NULL, &err) == 0, "%s", err.message);
    ck_assert_int_eq(mi_source_next(s, &v, &err), 1);
    ck_assert_str_eq(v.meta.role, "image");
    ck_assert_str_eq(v.meta.case_id, "P1");
    ck_assert_str_eq(v.meta.unit, "HU");
    ck_assert_str_eq(v.meta.modality, "CT");
    ck_assert_int_eq(cJSON_GetArraySize(v.meta.history), 1);
    if (!skip) {
        ck_assert_int_eq(mi_source_voxels(s, &v, 0, 2, &err), 0);
        check_ramp(&v, 0, 1);
    }
    mi_volume_free(&v);
    ck_assert_msg(mi_source_next(s, &v, &err) == 1, "%s", err.message);
    ck_assert_str_eq(v.meta.role, "mask");
    ck_assert_int_eq(v.meta.n_labels, 2);
    ck_assert_int_eq(v.meta.label[0].value, 1);
    ck_assert_str_eq(v.meta.label[0].name, "tumour");
    ck_assert_int_eq(v.meta.label[0].rgb[2], 9);
    ck_assert_int_eq(v.meta.label[1].rgb[0], -1);
    ck_assert_int_eq(mi_source_voxels(s, &v, 1, 2, &err), 0);
    check_ramp(&v, 100, 1);
    ck_assert_int_eq(v.warnings.n, 0);
    mi_volume_free(&v);
    ck_assert_int_eq(mi_source_next(s, &v, &err), 0);
    mi_volume_free(&v);
    mi_source_close(s);
}
END_TEST

/* How many items can be read to the end (headers and voxels); -1 - that count when an error ends
   it. */
static int count_items(const char *path, mi_err *err)
{
    mi_source *s;
    int n = 0, rc = mi_source_open(&s, path, NULL, err);
    if (rc != 0)
        return -1;
    for (;; n++) {
        mi_volume v;
        rc = mi_source_next(s, &v, err);
        if (rc > 0)
            rc = mi_source_voxels(s, &v, 0, v.grid.n[2], err) == 0 ? 1 : -1;
        mi_volume_free(&v);
        if (rc <= 0)
            break;
    }
    mi_source_close(s);
    return rc < 0 ? -1 - n : n;
}

START_TEST(bundle_notices_a_missing_item)
{
    spec s = make_spec();
    mi_err err = MI_ERR_EMPTY;
    s.extension = ext_image;
    ck_assert_int_eq(count_items(put("s.nii", make_file(&s, 0, 1)), &err), -2);
    ck_assert_ptr_nonnull(strstr(err.message, "item 2 of 2"));
    ck_assert_int_eq(err.cls, MI_E_DATA);
    err = (mi_err)MI_ERR_EMPTY;
    s.extension = ext_mask;
    ck_assert_int_eq(count_items(put("s.nii", make_file(&s, 0, 1)), &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "item 1 of 2"));
    err = (mi_err)MI_ERR_EMPTY;
    ck_assert_int_eq(count_items(put("s.nii", bundle(false, false, ext_image, NULL)), &err), -2);
    /* Two bundles in a row, and items without any. */
    err = (mi_err)MI_ERR_EMPTY;
    bytes two =
        join(bundle(false, true, ext_image, ext_mask), bundle(true, false, ext_image, ext_mask));
    ck_assert_int_eq(count_items(put("s.nii", two), &err), 4);
    ck_assert_int_eq(count_items(put("s.nii", bundle(true, true, NULL, NULL)), &err), 2);
}
END_TEST

START_TEST(foreign_extensions_do_no_harm)
{
    static const char *const texts[] = {
        "plain words",
        "{\"other\":1}",
        "{\"mi\":",
        "{\"mi\":3}",
        "{\"mi\":{\"schema\":9,\"role\":\"mask\"}}",
        "{\"mi\":{\"schema\":1,\"bundle\":{\"index\":3,\"of\":2}}}"
    };
    spec s = make_spec();
    s.extension = texts[_i];
    mi_volume v = read_ok(put("x.nii", make_file(&s, 0, 1)), NULL);
    ck_assert_ptr_null(v.meta.role);
    ck_assert_int_eq(has_warning(&v, "extension"), _i >= 3);
    check_ramp(&v, 0, 1);
    mi_volume_free(&v);
}
END_TEST

START_TEST(trailing_bytes_are_told)
{
    spec s = make_spec();
    bytes b = make_file(&s, 0, 1);
    if (_i & 1)
        b = make_gzip(b, 0);
    if (_i & 2)
        b = join(b, (bytes) { calloc(1000, 1), 1000 });
    else
        b = join(b, (bytes) { (unsigned char *)strdup("rubbish"), 7 });
    mi_volume v = read_ok(put("x.nii", b), NULL);
    ck_assert(has_warning(&v, "trailing_bytes"));
    check_ramp(&v, 0, 1);
    mi_volume_free(&v);
}
END_TEST

START_TEST(frames)
{
    spec s = make_spec();
    mi_volume v;
    mi_err err = MI_ERR_EMPTY;
    s.dim[0] = 5;
    s.dim[4] = 3;
    s.dim[5] = 2;
    bytes b = make_file(&s, 0, 1);
    const char *path = put("x.nii", _i ? make_gzip(b, 100) : b);
    ck_assert_int_ne(mi_volume_read(&v, path, NULL, &err), 0);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "6 frames"));
    ck_assert_ptr_nonnull(strstr(err.hint, "--frame"));
    for (int f = 0; f < 6; f++) {
        mi_source_opts o = { .frame = f, .verify = f & 1 };
        v = read_ok(path, &o);
        check_ramp(&v, 24 * f, 1);
        mi_volume_free(&v);
    }
    mi_source_opts six = { .frame = 6 };
    err = (mi_err)MI_ERR_EMPTY;
    ck_assert_int_ne(mi_volume_read(&v, path, &six, &err), 0);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    err = (mi_err)MI_ERR_EMPTY;
    mi_source_opts all = { .frame = MI_FRAME_ALL };
    mi_source *src;
    int n = 0;
    ck_assert_int_eq(mi_source_open(&src, path, &all, &err), 0);
    while (mi_source_next(src, &v, &err) > 0) {
        if (n != 2) {
            ck_assert_int_eq(mi_source_voxels(src, &v, 1, 2, &err), 0);
            check_ramp(&v, 24 * n, 1);
        }
        mi_volume_free(&v);
        n++;
    }
    ck_assert_int_eq(n, 6);
    ck_assert_int_eq(err.cls, MI_E_NONE);
    mi_source_close(src);
}
END_TEST

/* 3 x 2 x 10 label map with ones in the slices of `set`. */
static bytes label_file(const spec *base, unsigned set)
{
    spec s = *base;
    bytes b = make_file(&s, 0, 0);
    size_t size = (size_t)s.bitpix / 8, head = b.n - 60 * size;
    for (int k = 0; k < 10; k++)
        if (set >> k & 1)
            b.p[head + ((size_t)k * 6 + 4) * size + (s.big ? size - 1 : 0)] =
                (unsigned char)(k + 1);
    return b;
}

START_TEST(label_maps_keep_their_span)
{
    static const unsigned sets[] = { 0, 1, 0x200, 0x3ff, 0x48, 0x81, 0x10 };
    spec s = make_spec();
    s.dim[1] = 3;
    s.dim[2] = 2;
    s.dim[3] = 10;
    s.big = _i / 7 % 2;
    unsigned set = sets[_i % 7];
    bytes b = label_file(&s, set);
    const char *path = put("m.nii", _i / 14 ? make_gzip(b, 0) : b);
    mi_source *src;
    mi_volume v;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_int_eq(mi_source_open(&src, path, NULL, &err), 0);
    ck_assert_int_eq(mi_source_next(src, &v, &err), 1);
    ck_assert_msg(mi_source_labels(src, &v, &err) == 0, "%s", err.message);
    ck_assert(v.trimmed);
    ck_assert_ptr_nonnull(v.data);
    int lo = set ? __builtin_ctz(set) : 0, hi = set ? 32 - __builtin_clz(set) : 0;
    ck_assert_int_eq(v.k0, lo);
    ck_assert_int_eq(v.k1, hi);
    for (int k = lo; k < hi; k++)
        for (int i = 0; i < 6; i++)
            ck_assert_double_eq(stored(&v, (k - lo) * 6 + i), i == 4 && (set >> k & 1) ? k + 1 : 0);
    char whole[72], trimmed[72];
    ck_assert_int_eq(mi_volume_digest(&v, trimmed, &err), 0);
    mi_volume_free(&v);
    mi_source_close(src);
    v = read_ok(path, NULL);
    ck_assert_int_eq(mi_volume_digest(&v, whole, &err), 0);
    ck_assert_str_eq(whole, trimmed);
    mi_volume_free(&v);
}
END_TEST

START_TEST(label_map_with_intercept_keeps_all)
{
    spec s = make_spec();
    s.dim[1] = 3;
    s.dim[2] = 2;
    s.dim[3] = 10;
    s.inter = 1;
    mi_source *src;
    mi_volume v;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_int_eq(mi_source_open(&src, put("m.nii", label_file(&s, 8)), NULL, &err), 0);
    ck_assert_int_eq(mi_source_next(src, &v, &err), 1);
    ck_assert_int_eq(mi_source_labels(src, &v, &err), 0);
    ck_assert_int_eq(v.k1 - v.k0, 10);
    ck_assert(!v.trimmed);
    mi_volume_free(&v);
    mi_source_close(src);
}
END_TEST

START_TEST(digest_is_of_the_content)
{
    spec s = make_spec(), t = make_spec();
    char plain[72], gz[72], big[72], moved[72];
    mi_err err = MI_ERR_EMPTY;
    struct {
        const char *path;
        char *out;
    } c[4] = { { put("a.nii", make_file(&s, 0, 1)), plain },
               { put("a.nii.gz", make_gzip(make_file(&s, 0, 1), 60)), gz } };
    t.big = true;
    t.version = 2;
    c[2].path = put("b.nii", make_file(&t, 0, 1));
    c[2].out = big;
    s.srow[1][3] = 1;
    c[3].path = put("c.nii", make_file(&s, 0, 1));
    c[3].out = moved;
    for (int i = 0; i < 4; i++) {
        mi_volume v = read_ok(c[i].path, NULL);
        ck_assert_int_eq(mi_volume_digest(&v, c[i].out, &err), 0);
        mi_volume_free(&v);
    }
    ck_assert_str_eq(plain, gz);
    ck_assert_str_eq(plain, big);
    ck_assert_str_ne(plain, moved);
}
END_TEST

START_TEST(facts_name_the_header)
{
    spec s = make_spec();
    s.extension = ext_mask;
    s.big = true;
    mi_source *src;
    mi_volume v;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_int_eq(mi_source_open(&src, put("a.nii", make_file(&s, 0, 1)), NULL, &err), 0);
    cJSON *f = mi_source_facts(src, &err); /* before the first item too */
    cJSON_Delete(f);
    err = (mi_err)MI_ERR_EMPTY;
    ck_assert_int_eq(mi_source_next(src, &v, &err), -1); /* its bundle begins with item 2 */
    mi_volume_free(&v);
    f = mi_source_facts(src, &err);
    ck_assert_ptr_nonnull(f);
    ck_assert_str_eq(cJSON_GetObjectItem(f, "format")->valuestring, "NIfTI-1");
    ck_assert_str_eq(cJSON_GetObjectItem(f, "byte_order")->valuestring, "big");
    ck_assert_str_eq(cJSON_GetObjectItem(f, "orientation_from")->valuestring, "sform");
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(f, "dim")), 3);
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(f, "extensions")), 1);
    cJSON_Delete(f);
    mi_source_close(src);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("source");
    TCase *t = tcase_create("nifti");
    suite_add_tcase(s, t);
    tcase_add_loop_test(t, every_type_order_version_container, 0, 200);
    tcase_add_test(t, sform_wins_and_disagreement_is_told);
    tcase_add_test(t, qform_is_used_alone);
    tcase_add_test(t, no_form_gives_spacing_and_a_warning);
    tcase_add_test(t, singular_sform_falls_back);
    tcase_add_loop_test(t, units_of_length, 0, 7);
    tcase_add_loop_test(t, scaling, 0, 5);
    tcase_add_test(t, two_dimensions_are_one_slice);
    tcase_add_test(t, offset_zero_and_348);
    tcase_add_loop_test(t, stream_of_two_items, 0, 8);
    tcase_add_test(t, bundle_notices_a_missing_item);
    tcase_add_loop_test(t, foreign_extensions_do_no_harm, 0, 6);
    tcase_add_loop_test(t, trailing_bytes_are_told, 0, 4);
    tcase_add_loop_test(t, frames, 0, 2);
    tcase_add_loop_test(t, label_maps_keep_their_span, 0, 28);
    tcase_add_test(t, label_map_with_intercept_keeps_all);
    tcase_add_test(t, digest_is_of_the_content);
    tcase_add_test(t, facts_name_the_header);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
