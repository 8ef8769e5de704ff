/* The module mi-itk on files that this test writes: NRRD raw, gzip and big-endian, Slicer's layered
   .seg.nrrd, MetaImage in one and two files, and files that must be refused. Without the module:
   how its absence is told. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "shim/itk.h"
#include "shim/module.h"

static char folder[64];

static const mi_itk_functions *itk(void)
{
    const mi_module *m = mi_module_open("mi-itk", NULL);
    return m ? m->functions : NULL;
}

/* A test returns at once when the module is left out. */
static bool lacking(const char *test)
{
    if (itk())
        return false;
    int n = (int)strlen(test) - 3; /* Check adds "_fn" */
    printf("SKIP: %.*s, the module mi-itk is not part of this build\n", n, test);
    return true;
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* A file of a header and bytes behind it. */
static void write_file(const char *name, const char *header, const void *bytes, size_t n)
{
    FILE *f = fopen(path_of(name), "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(header, 1, strlen(header), f), strlen(header));
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

static size_t gzip_of(const void *in, size_t n, unsigned char *out, size_t cap)
{
    z_stream z = { .next_in = (unsigned char *)in, .avail_in = (unsigned)n, .next_out = out };
    z.avail_out = (unsigned)cap;
    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static mi_volume *read_all(const char *name, int expected)
{
    mi_volume *v = NULL;
    int n = -1;
    mi_err err = MI_ERR_EMPTY;
    int rc = itk()->read_file(path_of(name), &v, &n, &err);
    ck_assert_msg(rc == 0, "%s: %s", name, err.message);
    ck_assert_int_eq(n, expected);
    for (int i = 0; i < n; i++) {
        ck_assert_str_eq(v[i].name, path_of(name));
        ck_assert_int_eq(v[i].k0, 0);
        ck_assert_int_eq(v[i].k1, v[i].grid.n[2]);
    }
    return v;
}

static void free_all(mi_volume *v, int n)
{
    for (int i = 0; i < n; i++)
        mi_volume_free(&v[i]);
    free(v);
}

static void refuse(const char *name, mi_class cls, const char *part)
{
    mi_volume *v = NULL;
    int n = -1;
    mi_err err = MI_ERR_EMPTY;
    int rc = itk()->read_file(path_of(name), &v, &n, &err);
    ck_assert_msg(rc == -1, "%s was read", name);
    ck_assert_ptr_null(v);
    ck_assert_int_eq(n, 0);
    ck_assert_int_eq(err.cls, cls);
    ck_assert_str_eq(err.subject, path_of(name));
    ck_assert_msg(strstr(err.message, part), "%s: \"%s\" lacks \"%s\"", name, err.message, part);
    ck_assert_msg(!strchr(err.message, '\n') && !strstr(err.message, "0x"), "%s", err.message);
}

static void same_affine(const mi_grid *g, const double want[3][4])
{
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 4; c++)
            ck_assert_double_eq_tol(g->m[r][c], want[r][c], 1e-12);
}

static const int16_t ramp[24] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,   10,  11,
                                  -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, 30000 };

START_TEST(absence)
{
    mi_err err = MI_ERR_EMPTY;
    ck_assert_ptr_null(mi_module_open("mi-nowhere", &err));
    ck_assert_int_eq(err.cls, MI_E_UNAVAILABLE);
    ck_assert_str_eq(err.message, "the module mi-nowhere is not part of this build");
    ck_assert(err.hint[0] != '\0');
    const mi_module *m = mi_module_open("mi-itk", NULL);
    if (m) {
        ck_assert_str_eq(m->name, "mi-itk");
        ck_assert_int_eq(strncmp(m->libraries, "ITK 5.", 6), 0);
        ck_assert_ptr_eq(m, mi_module_open("mi-itk", NULL));
    }
}
END_TEST

START_TEST(nrrd_raw_oblique)
{
    if (lacking(__func__))
        return;
    /* An axis turned by 3-4-5 in the plane, in RAS. */
    write_file("a.nrrd",
               "NRRD0004\n# a comment: ignored\ntype: short\ndimension: 3\n"
               "space: right-anterior-superior\nsizes: 4 3 2\n"
               "space directions: (0.6,0.8,0) (-1.6,1.2,0) (0,0,2.5)\nkinds: domain domain domain\n"
               "endian: little\nencoding: raw\nspace origin: (10,-20,30.5)\n\n",
               ramp, sizeof ramp);
    mi_volume *v = read_all("a.nrrd", 1);
    const double want[3][4] = { { 0.6, -1.6, 0, 10 }, { 0.8, 1.2, 0, -20 }, { 0, 0, 2.5, 30.5 } };
    same_affine(&v->grid, want);
    ck_assert_int_eq(v->type, MI_I16);
    ck_assert_int_eq(v->grid.n[0] * 100 + v->grid.n[1] * 10 + v->grid.n[2], 432);
    ck_assert_double_eq_tol(v->grid.spacing[0], 1, 1e-12);
    ck_assert_double_eq_tol(v->grid.spacing[1], 2, 1e-12);
    ck_assert_double_eq_tol(v->grid.spacing[2], 2.5, 1e-12);
    ck_assert_mem_eq(v->data, ramp, sizeof ramp);
    ck_assert_double_eq(v->slope, 1);
    ck_assert_ptr_null(v->meta.role);
    free_all(v, 1);
}
END_TEST

START_TEST(nrrd_gzip_and_foreign_name)
{
    if (lacking(__func__))
        return;
    float x[24];
    for (int i = 0; i < 24; i++)
        x[i] = (float)i / 3;
    unsigned char packed[512];
    size_t n = gzip_of(x, sizeof x, packed, sizeof packed);
    /* Told by content: the suffix says nothing. LPS, the way of most writers. */
    write_file("b.dat",
               "NRRD0005\ntype: float\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 3 4\n"
               "space directions: (2,0,0) (0,2,0) (0,0,3)\nkinds: domain domain domain\n"
               "endian: little\nencoding: gzip\nspace origin: (1,2,3)\n\n",
               packed, n);
    mi_volume *v = read_all("b.dat", 1);
    const double want[3][4] = { { -2, 0, 0, -1 }, { 0, -2, 0, -2 }, { 0, 0, 3, 3 } };
    same_affine(&v->grid, want);
    ck_assert_int_eq(v->type, MI_F32);
    ck_assert_mem_eq(v->data, x, sizeof x);
    free_all(v, 1);
}
END_TEST

START_TEST(nrrd_types)
{
    static const struct {
        const char *name;
        mi_type type;
    } types[] = { { "uint8", MI_U8 },   { "int8", MI_I8 },    { "uint16", MI_U16 },
                  { "int16", MI_I16 },  { "uint32", MI_U32 }, { "int32", MI_I32 },
                  { "uint64", MI_U64 }, { "int64", MI_I64 },  { "float", MI_F32 },
                  { "double", MI_F64 } };
    if (lacking(__func__))
        return;
    for (int t = 0; t < MI_COUNT(types); t++) {
        char header[300];
        unsigned char bytes[64];
        for (int i = 0; i < 64; i++)
            bytes[i] = (unsigned char)(i * 5 % 64); /* no NaN among the floats */
        snprintf(header, sizeof header,
                 "NRRD0004\ntype: %s\ndimension: 3\nsizes: 2 2 2\nspacings: 1 1 4\n"
                 "endian: little\nencoding: raw\n\n",
                 types[t].name);
        write_file("t.nrrd", header, bytes, 8 * mi_type_size(types[t].type));
        mi_volume *v = read_all("t.nrrd", 1);
        ck_assert_int_eq(v->type, types[t].type);
        ck_assert_mem_eq(v->data, bytes, 8 * mi_type_size(types[t].type));
        ck_assert_double_eq(v->grid.spacing[2], 4);
        free_all(v, 1);
    }
}
END_TEST

START_TEST(nrrd_big_endian)
{
    if (lacking(__func__))
        return;
    const unsigned char bytes[16] = { 1, 2, 0, 3, 255, 254, 0, 5, 0, 6, 0, 7, 0, 8, 127, 255 };
    write_file("be.nrrd",
               "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nspacings: 1 1 1\n"
               "endian: big\nencoding: raw\n\n",
               bytes, sizeof bytes);
    mi_volume *v = read_all("be.nrrd", 1);
    const int16_t *x = v->data;
    ck_assert_int_eq(x[0], 258);
    ck_assert_int_eq(x[2], -2);
    ck_assert_int_eq(x[7], 32767);
    free_all(v, 1);
}
END_TEST

/* Two layers of 2x2x2, three segments, as Slicer writes them. */
static const char seg_head[] = "NRRD0004\ntype: unsigned char\ndimension: 4\n"
                               "space: left-posterior-superior\nsizes: 2 2 2 2\n"
                               "space directions: none (1,0,0) (0,1,0) (0,0,1)\n"
                               "kinds: list domain domain domain\nencoding: raw\n"
                               "space origin: (0,0,0)\n";
static const char seg_keys[] =
    "Segment0_ID:=Segment_1\nSegment0_Name:=tumour core\nSegment0_Color:=1 0.5 0\n"
    "Segment0_LabelValue:=2\nSegment0_Layer:=0\n"
    "Segment1_ID:=Segment_2\nSegment1_Name:=oedema\nSegment1_Color:=0 0 1\n"
    "Segment1_LabelValue:=1\nSegment1_Layer:=0\n"
    "Segment2_ID:=Segment_3\nSegment2_Name:=organ\nSegment2_Color:=odd\n"
    "Segment2_LabelValue:=1\nSegment2_Layer:=1\n\n";
static const unsigned char seg_voxels[16] = { 0, 1, 2, 1, 1, 0, 0, 0, 2, 0, 1, 1, 0, 1, 0, 0 };

START_TEST(slicer_layers)
{
    if (lacking(__func__))
        return;
    char header[1200];
    snprintf(header, sizeof header, "%s%s", seg_head, seg_keys);
    write_file("c.seg.nrrd", header, seg_voxels, sizeof seg_voxels);
    mi_volume *v = read_all("c.seg.nrrd", 2);
    for (int layer = 0; layer < 2; layer++) {
        const unsigned char *x = v[layer].data;
        for (int i = 0; i < 8; i++)
            ck_assert_uint_eq(x[i], seg_voxels[2 * i + layer]);
        ck_assert_str_eq(v[layer].meta.role, "mask");
        ck_assert_int_eq(v[layer].type, MI_U8);
    }
    ck_assert_int_eq(v[0].meta.n_labels, 2);
    ck_assert_int_eq(v[0].meta.label[0].value, 1);
    ck_assert_str_eq(v[0].meta.label[0].name, "oedema");
    ck_assert_str_eq(v[0].meta.label[1].name, "tumour core");
    ck_assert_int_eq(v[0].meta.label[1].rgb[0], 255);
    ck_assert_int_eq(v[0].meta.label[1].rgb[1], 128);
    ck_assert_int_eq(v[0].meta.label[1].rgb[2], 0);
    ck_assert_int_eq(v[1].meta.n_labels, 1);
    ck_assert_str_eq(v[1].meta.label[0].name, "organ");
    ck_assert_int_eq(v[1].meta.label[0].rgb[0], -1);
    free_all(v, 2);
}
END_TEST

START_TEST(slicer_before_layers)
{
    if (lacking(__func__))
        return;
    char header[1200];
    snprintf(header, sizeof header, "%sSegment0_ID:=a\nSegment0_Name:=first\nSegment1_ID:=b\n\n",
             seg_head);
    write_file("old.seg.nrrd", header, seg_voxels, sizeof seg_voxels);
    mi_volume *v = read_all("old.seg.nrrd", 2);
    ck_assert_str_eq(v[0].meta.label[0].name, "first");
    ck_assert_str_eq(v[1].meta.label[0].name, "b");
    ck_assert_int_eq(v[1].meta.label[0].value, 1);
    free_all(v, 2);
}
END_TEST

START_TEST(list_axis_last)
{
    if (lacking(__func__))
        return;
    unsigned char x[24];
    for (int i = 0; i < 24; i++)
        x[i] = (unsigned char)i;
    write_file(
        "last.nrrd",
        "NRRD0004\ntype: uchar\ndimension: 4\nspace: left-posterior-superior\nsizes: 2 2 2 3\n"
        "space directions: (1,0,0) (0,1,0) (0,0,1) none\nkinds: domain domain domain list\n"
        "encoding: raw\nspace origin: (0,0,0)\n\n",
        x, sizeof x);
    mi_volume *v = read_all("last.nrrd", 3);
    for (int c = 0; c < 3; c++)
        ck_assert_mem_eq(v[c].data, x + 8 * c, 8);
    free_all(v, 3);
}
END_TEST

START_TEST(meta_image)
{
    if (lacking(__func__))
        return;
    /* Offset and directions in LPS; the rows of TransformMatrix are the axes of the image. */
    static const char head[] =
        "ObjectType = Image\nNDims = 3\nBinaryData = True\n"
        "BinaryDataByteOrderMSB = False\nCompressedData = False\n"
        "TransformMatrix = 0 1 0 -1 0 0 0 0 1\nOffset = 5 6 7\n"
        "ElementSpacing = 0.5 0.75 3\nDimSize = 4 3 2\nElementType = MET_SHORT\n";
    const double want[3][4] = { { 0, 0.75, 0, -5 }, { -0.5, 0, 0, -6 }, { 0, 0, 3, 7 } };
    char text[600];
    snprintf(text, sizeof text, "%sElementDataFile = LOCAL\n", head);
    write_file("d.mha", text, ramp, sizeof ramp);
    write_file("suffixless", text, ramp, sizeof ramp);
    snprintf(text, sizeof text, "%sElementDataFile = d.raw\n", head);
    write_file("d.mhd", text, "", 0);
    write_file("d.raw", "", ramp, sizeof ramp);
    static const char *const names[] = { "d.mha", "d.mhd", "suffixless" };
    for (int i = 0; i < MI_COUNT(names); i++) {
        mi_volume *v = read_all(names[i], 1);
        same_affine(&v->grid, want);
        ck_assert_int_eq(v->type, MI_I16);
        ck_assert_mem_eq(v->data, ramp, sizeof ramp);
        ck_assert_double_eq(v->grid.spacing[1], 0.75);
        ck_assert_double_eq(v->slope, 1);
        ck_assert_double_eq(v->inter, 0);
        free_all(v, 1);
    }
}
END_TEST

START_TEST(meta_image_compressed)
{
    if (lacking(__func__))
        return;
    unsigned char packed[512];
    uLongf n = sizeof packed;
    ck_assert_int_eq(compress(packed, &n, (const unsigned char *)ramp, sizeof ramp), Z_OK);
    write_file(
        "z.mha",
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nCompressedData = True\nDimSize = 4 3 2\n"
        "ElementType = MET_SHORT\nElementDataFile = LOCAL\n",
        packed, n);
    mi_volume *v = read_all("z.mha", 1);
    ck_assert_mem_eq(v->data, ramp, sizeof ramp);
    free_all(v, 1);
}
END_TEST

START_TEST(meta_image_big_endian_rescaled)
{
    if (lacking(__func__))
        return;
    const unsigned char bytes[8] = { 1, 0, 0, 2, 0, 3, 0, 4 };
    write_file("e.mha",
               "ObjectType = Image\nNDims = 2\nBinaryData = True\nBinaryDataByteOrderMSB = True\n"
               "Offset = 1 2\nElementSpacing = 2 2\nDimSize = 2 2\nElementType = MET_USHORT\n"
               "ElementToIntensityFunctionSlope = 2\nElementToIntensityFunctionOffset = -10\n"
               "ElementDataFile = LOCAL\n",
               bytes, sizeof bytes);
    mi_volume *v = read_all("e.mha", 1);
    const uint16_t *x = v->data;
    ck_assert_uint_eq(x[0], 256);
    ck_assert_uint_eq(x[3], 4);
    ck_assert_int_eq(v->grid.n[2], 1);
    ck_assert_double_eq(v->grid.spacing[2], 1);
    ck_assert_double_eq(v->slope, 2);
    ck_assert_double_eq(v->inter, -10);
    free_all(v, 1);
}
END_TEST

START_TEST(refused)
{
    if (lacking(__func__))
        return;
    unsigned char zeros[24] = { 0 };
    write_file("rgb.nrrd",
               "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 3 2 2 2\n"
               "kinds: RGB-color domain domain domain\n"
               "spacings: nan 1 1 1\nencoding: raw\n\n",
               zeros, 24);
    refuse("rgb.nrrd", MI_E_DATA, "rgb");
    write_file(
        "short.nrrd",
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 4 4\nspacings: 1 1 1\nendian: little\n"
        "encoding: raw\n\n",
        zeros, 20);
    refuse("short.nrrd", MI_E_DATA, "128 bytes");
    write_file("huge.nrrd",
               "NRRD0004\ntype: short\ndimension: 3\nsizes: 65536 65536 256\nspacings: 1 1 1\n"
               "endian: little\nencoding: gzip\n\n",
               zeros, 20);
    refuse("huge.nrrd", MI_E_DATA, "promises");
    write_file("broken.nrrd", "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 4\n\n", zeros, 20);
    refuse("broken.nrrd", MI_E_DATA, "");
    write_file("flat.nrrd",
               "NRRD0004\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 2 2\n"
               "space directions: (1,0,0) (1,0,0) (0,0,1)\nkinds: domain domain domain\n"
               "encoding: raw\nspace origin: (0,0,0)\n\n",
               zeros, 8);
    refuse("flat.nrrd", MI_E_DATA, "");
    write_file("short.mha",
               "ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = 4 4 4\n"
               "ElementType = MET_SHORT\nElementDataFile = LOCAL\n",
               zeros, 20);
    refuse("short.mha", MI_E_DATA, "20 bytes");
    write_file(
        "packed.mha",
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nCompressedData = True\nDimSize = 4 4 4\n"
        "ElementType = MET_SHORT\nElementDataFile = LOCAL\n",
        zeros, 20);
    refuse("packed.mha", MI_E_DATA, "damaged or truncated");
    write_file("lost.mhd",
               "ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = 4 4 4\n"
               "ElementType = MET_SHORT\nElementDataFile = nowhere.raw\n",
               zeros, 0);
    refuse("lost.mhd", MI_E_DATA, "nowhere.raw");
    unsigned char packed[512];
    size_t n = gzip_of(ramp, sizeof ramp, packed, sizeof packed);
    packed[n / 2] ^= 0x55;
    const char *gz =
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nspacings: 1 1 1\nendian: little\n"
        "encoding: gzip\n\n";
    write_file("damaged.nrrd", gz, packed, n);
    refuse("damaged.nrrd", MI_E_DATA, "");
    packed[n / 2] ^= 0x55;
    write_file("cut.nrrd", gz, packed, n / 2);
    refuse("cut.nrrd", MI_E_DATA, "");
    write_file(
        "cut.mha",
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nCompressedData = True\nDimSize = 4 3 2\n"
        "ElementType = MET_SHORT\nElementDataFile = LOCAL\n",
        packed, n / 2);
    refuse("cut.mha", MI_E_DATA, "damaged or truncated");
    write_file("short.mhd",
               "ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = 4 4 4\n"
               "ElementType = MET_SHORT\nElementDataFile = short.raw\n",
               zeros, 0);
    write_file("short.raw", "", zeros, 24);
    refuse("short.mhd", MI_E_DATA, "promises 128 bytes of voxels, 24 bytes");
    write_file("words", "nothing of the kind\n", zeros, 4);
    refuse("words", MI_E_DATA, "not NRRD or MetaImage");
    write_file("empty", "", zeros, 0);
    refuse("empty", MI_E_DATA, "shorter");
}
END_TEST

static void clean_up(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left behind\n", folder);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0); /* Check forks */
    snprintf(folder, sizeof folder, "/tmp/mi-itk-XXXXXX");
    if (!mkdtemp(folder))
        return 99;
    mi_module_path(getenv("MI_MODULES"));
    TCase *t = tcase_create("itk");
    tcase_add_test(t, absence);
    tcase_add_test(t, nrrd_raw_oblique);
    tcase_add_test(t, nrrd_gzip_and_foreign_name);
    tcase_add_test(t, nrrd_types);
    tcase_add_test(t, nrrd_big_endian);
    tcase_add_test(t, slicer_layers);
    tcase_add_test(t, slicer_before_layers);
    tcase_add_test(t, list_axis_last);
    tcase_add_test(t, meta_image);
    tcase_add_test(t, meta_image_compressed);
    tcase_add_test(t, meta_image_big_endian_rescaled);
    tcase_add_test(t, refused);
    Suite *s = suite_create("itk");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    clean_up();
    return failed != 0;
}
