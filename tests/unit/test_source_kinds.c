/* Volumes that are no NIfTI: MGH, NRRD; and files that are no volume at all. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/source.h"
#include "make_nifti.h"
#include "shim/module.h"

static mi_err read_bad(const char *path, const mi_source_opts *o)
{
    mi_volume v;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_msg(mi_volume_read(&v, path, o, &err) != 0, "%s was read", path);
    ck_assert_ptr_null(v.data);
    ck_assert_str_ne(err.message, "");
    ck_assert_str_ne(err.subject, "");
    return err;
}

static unsigned char *big(unsigned char *p, int size, uint32_t x)
{
    for (int i = 0; i < size; i++)
        p[i] = (unsigned char)(x >> 8 * (size - 1 - i));
    return p + size;
}

static unsigned char *big_float(unsigned char *p, float f)
{
    uint32_t u;
    memcpy(&u, &f, 4);
    return big(p, 4, u);
}

/* A 3 x 2 x 2 MGH image of `frames` frames, value = index. */
static bytes make_mgh(int type, int size, int frames, bool oriented)
{
    static const float geometry[] = { 2, 3, 4, -1, 0, 0, 0, 0, -1, 0, 1, 0, 10, 20, 30 };
    int head[] = { 1, 3, 2, 2, frames, type, 0 }, n = 12 * frames;
    bytes b = { calloc(284 + (size_t)(n * size) + 16, 1), 284 + (size_t)(n * size) + 16 };
    unsigned char *p = b.p;
    for (int i = 0; i < 7; i++)
        p = big(p, 4, (uint32_t)head[i]);
    p = big(p, 2, oriented);
    for (int i = 0; i < 15; i++)
        p = big_float(p, geometry[i]);
    p = b.p + 284;
    for (int i = 0; i < n; i++)
        p = type == 3 ? big_float(p, (float)i) : big(p, size, (uint32_t)i);
    return b;
}

START_TEST(mgh)
{
    static const struct {
        int code, size;
        mi_type type;
    } types[] = {
        { 0, 1, MI_U8 }, { 1, 4, MI_I32 }, { 3, 4, MI_F32 }, { 4, 2, MI_I16 }, { 10, 2, MI_U16 }
    };
    int t = _i / 4;
    bool gz = _i & 1, oriented = _i & 2;
    bytes b = make_mgh(types[t].code, types[t].size, 2, oriented);
    const char *path = put("x.mgz", gz ? make_gzip(b, 0) : b);
    mi_source_opts o = { .frame = 1 };
    mi_volume v;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_msg(mi_volume_read(&v, path, &o, &err) == 0, "%s", err.message);
    ck_assert_int_eq(v.type, types[t].type);
    ck_assert_int_eq(v.grid.n[0], 3);
    ck_assert_int_eq(v.warnings.n, !oriented);
    if (oriented) {
        ck_assert_double_eq(v.grid.spacing[1], 3);
        /* x: -1 0 0, y: 0 0 -1, z: 0 1 0, centre 10 20 30 at index (1.5, 1, 1). */
        ck_assert_double_eq(v.grid.m[0][0], -2);
        ck_assert_double_eq(v.grid.m[2][1], -3);
        ck_assert_double_eq(v.grid.m[1][2], 4);
        ck_assert_double_eq(v.grid.m[0][3], 10 + 2 * 1.5);
        ck_assert_double_eq(v.grid.m[1][3], 20 - 4);
        ck_assert_double_eq(v.grid.m[2][3], 30 + 3);
    }
    for (int i = 0; i < 12; i++) {
        double x = v.type == MI_U8    ? ((uint8_t *)v.data)[i]
                   : v.type == MI_I32 ? ((int32_t *)v.data)[i]
                   : v.type == MI_F32 ? ((float *)v.data)[i]
                                      : ((int16_t *)v.data)[i];
        ck_assert_double_eq(x, 12 + i);
    }
    mi_volume_free(&v);
    ck_assert_ptr_nonnull(strstr(read_bad(path, NULL).message, "2 frames"));
}
END_TEST

START_TEST(label_table_of_caret)
{
    static const char table[] =
        "<?xml version=\"1.0\"?><CaretExtension><LabelTable>\n"
        "<Label Key=\"0\" Red=\"0\" Green=\"0\" Blue=\"0\"><![CDATA[???]]></Label>"
        "<Label Key=\"7\" Red=\"0.5\" Green=\"1\" Blue=\"0\"><![CDATA[liver & co]]></Label>"
        "<Label Key=\"2\">left &lt;kidney&gt; &amp; more</Label><Label Key=\"5\"/>"
        "<Label Key=\"x\">no number</Label><Label Key=\"9\"></Label>"
        "</LabelTable></CaretExtension>";
    static const int code[] = { 30, -1, 6, 30 };
    spec s = make_spec();
    char *cut = strdup(table);
    if (_i == 3) /* a table that ends in the middle is none */
        *strstr(cut, "<Label Key=\"5") = '\0';
    s.extension = cut;
    s.extension_code = code[_i];
    mi_volume v;
    ck_assert_int_eq(mi_volume_read(&v, put("x.nii", make_file(&s, 0, 1)), NULL, NULL), 0);
    ck_assert_int_eq(v.warnings.n, 0);
    ck_assert_int_eq(v.meta.n_labels, _i < 2 ? 2 : 0);
    if (_i < 2) {
        ck_assert_str_eq(mi_meta_label_name_ref(&v.meta, 2), "left <kidney> & more");
        ck_assert_str_eq(mi_meta_label_name_ref(&v.meta, 7), "liver & co");
        ck_assert_int_eq(v.meta.label[0].rgb[0], -1);
        ck_assert_int_eq(v.meta.label[1].rgb[0], 128);
        ck_assert_int_eq(v.meta.label[1].rgb[1], 255);
    }
    mi_volume_free(&v);
    free(cut);
}
END_TEST

START_TEST(mgh_cut)
{
    bytes whole = make_mgh(4, 2, 1, true);
    whole.n -= 16; /* without the words behind the voxels, which may be absent */
    if (_i)
        whole = make_gzip(whole, 0);
    for (size_t n = 0; n < whole.n; n++)
        ck_assert_int_eq(read_bad(put("t.mgh", cut(copy_of(whole), n)), NULL).cls, MI_E_DATA);
    free(whole.p);
}
END_TEST

START_TEST(what_is_no_image_is_named)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *word;
    } c[] = { { "", 0, "empty" },
              { "case,image,mask\n1,2,3\n", 22, "text beginning with \"case,image,mask\"" },
              { "\x89PNG\r\n\032\n....", 12, "PNG" },
              { "PK\003\004......", 10, "zip" },
              { "\x1f\x8b\x03....", 7, "gzip data that cannot" },
              { "\001\002", 2, "only the bytes 01 02" },
              { "%PDF-1.5", 8, "PDF" } };
    bytes b = { calloc(c[_i].n + 1, 1), c[_i].n };
    memcpy(b.p, c[_i].bytes, c[_i].n);
    mi_err err = read_bad(put("x", b), NULL);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_msg(strstr(err.message, c[_i].word) != NULL, "%s", err.message);
}
END_TEST

START_TEST(analyze_and_lost_pairs_are_named)
{
    spec s = make_spec();
    bytes b = make_file(&s, 0, 1);
    memset(b.p + 344, 0, 4);
    mi_err err = read_bad(put("a.hdr", b), NULL);
    ck_assert_ptr_nonnull(strstr(err.message, "ANALYZE"));
    b = make_file(&s, 0, 1);
    memcpy(b.p + 344, "ni1", 4);
    err = read_bad(put("b.nii", b), NULL);
    ck_assert_ptr_nonnull(strstr(err.message, "pair"));
    put("c.hdr", make_file(&s, 0, 1)); /* single file beside an .img of that name */
    err = read_bad(put("c.img", make_voxels(&s, 0, 1)), NULL);
    ck_assert_int_eq(err.cls, MI_E_DATA);
}
END_TEST

START_TEST(nrrd_needs_its_module)
{
    const char text[] =
        "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n\n01234567";
    bytes b = { (unsigned char *)strdup(text), sizeof text - 1 };
    const char *path = put("x.nrrd", copy_of(b));
    mi_volume v;
    mi_err err = MI_ERR_EMPTY;
    mi_module_path(place("no-modules-here"));
    if (mi_volume_read(&v, path, NULL, &err) == 0) { /* an installed one was found */
        ck_assert_int_eq(v.grid.n[0], 2);
        ck_assert_int_eq(((char *)v.data)[7], '7');
        mi_volume_free(&v);
    } else {
        ck_assert_int_eq(err.cls, MI_E_UNAVAILABLE);
        ck_assert_ptr_nonnull(strstr(err.message, "mi-itk"));
    }
    ck_assert_int_eq(read_bad(put("x.nrrd.gz", make_gzip(b, 0)), NULL).cls, MI_E_DATA);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("source, other kinds");
    TCase *t = tcase_create("kinds");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, mgh, 0, 20);
    tcase_add_loop_test(t, mgh_cut, 0, 2);
    tcase_add_loop_test(t, label_table_of_caret, 0, 4);
    tcase_add_loop_test(t, what_is_no_image_is_named, 0, 7);
    tcase_add_test(t, analyze_and_lost_pairs_are_named);
    tcase_add_test(t, nrrd_needs_its_module);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
