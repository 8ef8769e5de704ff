/* Volumes written and read back: types, geometry, what travels along, gzip members, streams. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <nifti/nifti2_io.h>
#include "image/grid.h"
#include "io/source.h"
#include "io/volume_write.h"
#include "make_nifti.h"

static mi_volume make(mi_type type, int64_t nx, int64_t ny, int64_t nz)
{
    mi_volume v = MI_VOLUME_EMPTY;
    double c = cos(0.4), s = sin(0.4);
    v.grid = (mi_grid){ .n = { nx, ny, nz },
                        .m = { { -0.75 * c, -0.75 * s, 0, 12.5 },
                               { 0.75 * s, -0.75 * c, 0, -7.25 },
                               { 0, 0, 3, 100 } },
                        .spacing = { 0.75, 0.75, 3 } };
    for (int r = 0; r < 3; r++)
        for (int k = 0; k < 4; k++)
            v.grid.m[r][k] = (float)v.grid.m[r][k];
    v.type = type;
    v.k1 = nz;
    size_t n_bytes = (size_t)(nx * ny * nz) * mi_type_size(type);
    unsigned char *p = v.data = malloc(n_bytes);
    uint32_t noise = 1;
    for (size_t i = 0; i < n_bytes; i++)
        p[i] = mi_type_is_float(type) ? 63 : (noise = noise * 1664525 + 1013904223) >> 27;
    return v;
}

static void write_to(const char *path, const mi_volume *v, int times, bool plain, bool gzip,
                     mi_pool *pool)
{
    mi_output *o;
    mi_err e = MI_ERR_EMPTY;
    mi_write_opts opts = { .plain = plain, .gzip = gzip };
    mi_volume_writer *w;
    ck_assert_msg(mi_output_open(&o, path, true, &e) == 0, "%s", e.message);
    ck_assert_int_eq(mi_volume_writer_open(&w, o, &opts, pool, &e), 0);
    for (int i = 0; i < times; i++)
        ck_assert_msg(mi_volume_write(w, v, &e) == 0, "%s", e.message);
    ck_assert_msg(mi_volume_writer_end(w, &e) == 0, "%s", e.message);
    ck_assert_msg(mi_output_commit(o, &e) == 0, "%s", e.message);
}

static mi_volume read_from(const char *path)
{
    mi_volume v = MI_VOLUME_EMPTY;
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_err e = MI_ERR_EMPTY;
    ck_assert_msg(mi_volume_read(&v, path, &opts, &e) == 0, "%s: %s", path, e.message);
    return v;
}

static void check_same(const mi_volume *a, const mi_volume *b)
{
    ck_assert_int_eq(a->type, b->type);
    ck_assert(a->slope == b->slope && a->inter == b->inter);
    for (int d = 0; d < 3; d++) {
        ck_assert_int_eq(a->grid.n[d], b->grid.n[d]);
        ck_assert(a->grid.spacing[d] == b->grid.spacing[d]);
        for (int k = 0; k < 4; k++)
            ck_assert(a->grid.m[d][k] == b->grid.m[d][k]);
    }
    size_t n_bytes = (size_t)(mi_volume_slice_voxels(a) * a->grid.n[2]) * mi_type_size(a->type);
    ck_assert_int_eq(memcmp(a->data, b->data, n_bytes), 0);
}

START_TEST(there_and_back)
{
    for (int t = 0; t < MI_TYPES; t++)
        for (int way = 0; way < 4; way++) {
            mi_volume v = make((mi_type)t, 7, 5, 3);
            v.slope = t % 2 ? 1 : 0.5;
            v.inter = t % 2 ? 0 : -1024;
            write_to(place("a.nii"), &v, 1, way & 1, way & 2, NULL);
            mi_volume w = read_from(place("a.nii"));
            check_same(&v, &w);
            ck_assert_int_eq(w.warnings.n, 0); /* qform and sform agree */
            mi_volume_free(&v);
            mi_volume_free(&w);
        }
}
END_TEST

/* What another reader makes of it. */
START_TEST(nifti_clib_reads_it)
{
    mi_volume v = make(MI_I16, 9, 8, 7);
    v.meta.role = strdup("image");
    write_to(place("c.nii"), &v, 1, false, false, NULL);
    nifti_image *n = nifti_image_read(place("c.nii"), 1);
    ck_assert_ptr_nonnull(n);
    ck_assert_int_eq(n->nx, 9);
    ck_assert_int_eq(n->nz, 7);
    ck_assert_int_eq(n->datatype, DT_INT16);
    ck_assert_int_eq(n->xyz_units, NIFTI_UNITS_MM);
    ck_assert_int_eq(n->iname_offset % 16, 0);
    ck_assert_int_eq(n->num_ext, 1);
    ck_assert_int_eq(n->ext_list[0].ecode, NIFTI_ECODE_COMMENT);
    ck_assert_str_eq(n->ext_list[0].edata, "{\"mi\":{\"schema\":1,\"role\":\"image\"}}");
    ck_assert_int_eq(n->sform_code, 1);
    ck_assert_int_eq(n->qform_code, 1);
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 4; c++) {
            ck_assert(n->sto_xyz.m[r][c] == v.grid.m[r][c]);
            ck_assert_double_eq_tol(n->qto_xyz.m[r][c], v.grid.m[r][c], 2e-6);
        }
    ck_assert_int_eq(memcmp(n->data, v.data, 9 * 8 * 7 * 2), 0);
    nifti_image_free(n);
    mi_volume_free(&v);
}
END_TEST

/* A grid that no rotation describes has a sform only; one that is mirrored has qfac -1. */
START_TEST(sheared_and_mirrored)
{
    mi_volume v = make(MI_U8, 50, 50, 50);
    v.grid.m[0][2] = 0.25;
    write_to(place("s.nii"), &v, 1, true, false, NULL);
    nifti_image *n = nifti_image_read(place("s.nii"), 0);
    ck_assert_int_eq(n->qform_code, 0);
    ck_assert_int_eq(n->sform_code, 1);
    nifti_image_free(n);
    mi_volume w = read_from(place("s.nii"));
    ck_assert(w.grid.m[0][2] == 0.25);
    mi_volume_free(&w);
    v.grid.m[0][2] = 0;
    v.grid.m[2][2] = -3;
    write_to(place("s.nii"), &v, 1, true, false, NULL);
    n = nifti_image_read(place("s.nii"), 0);
    ck_assert_int_eq(n->qform_code, 1);
    ck_assert(n->qfac == -1);
    nifti_image_free(n);
    w = read_from(place("s.nii"));
    check_same(&v, &w);
    ck_assert_int_eq(w.warnings.n, 0);
    mi_volume_free(&w);
    mi_volume_free(&v);
}
END_TEST

START_TEST(what_travels_along)
{
    mi_volume v = make(MI_U8, 4, 4, 4);
    v.meta.role = strdup("mask");
    v.meta.case_id = strdup("P\xc3\xa9ter");
    v.meta.unit = strdup("HU");
    v.meta.modality = strdup("CT");
    v.meta.bundle_index = 1;
    v.meta.bundle_of = 1;
    v.meta.history = cJSON_Parse("[{\"tool\":\"mi-preproc\",\"steps\":[{\"spacing\":[1,1,0.1]}]}]");
    v.meta.n_labels = 3;
    v.meta.label = calloc(3, sizeof *v.meta.label);
    v.meta.label[0] = (mi_label){ .value = -1, .name = strdup("one"), .rgb = { -1, -1, -1 } };
    v.meta.label[1] = (mi_label){ .value = 2, .rgb = { 255, 0, 7 } };
    v.meta.label[2] = (mi_label){ .value = 3, .name = strdup("t"), .code = strdup("SCT:1:Mass"),
                                  .rgb = { -1, -1, -1 } };
    write_to(place("m.nii"), &v, 1, false, true, NULL);
    mi_volume w = read_from(place("m.nii"));
    ck_assert_str_eq(w.meta.role, "mask");
    ck_assert_str_eq(w.meta.case_id, "P\xc3\xa9ter");
    ck_assert_str_eq(w.meta.unit, "HU");
    ck_assert_str_eq(w.meta.modality, "CT");
    ck_assert_int_eq(w.meta.bundle_index, 1);
    ck_assert_int_eq(w.meta.bundle_of, 1);
    ck_assert_int_eq(w.meta.n_labels, 3);
    ck_assert_int_eq(w.meta.label[0].value, -1);
    ck_assert_str_eq(w.meta.label[0].name, "one");
    ck_assert_int_eq(w.meta.label[1].rgb[2], 7);
    ck_assert_str_eq(w.meta.label[2].code, "SCT:1:Mass");
    char *a = mi_json_line(v.meta.history, true), *b = mi_json_line(w.meta.history, true);
    ck_assert_str_eq(a, b);
    free(a);
    free(b);
    mi_volume_free(&w);
    /* Without it: 352 bytes of header and no more. */
    write_to(place("p.nii"), &v, 1, true, false, NULL);
    FILE *f = fopen(place("p.nii"), "rb");
    fseek(f, 0, SEEK_END);
    ck_assert_int_eq(ftell(f), 352 + 64);
    fclose(f);
    w = read_from(place("p.nii"));
    ck_assert_ptr_null(w.meta.role);
    mi_volume_free(&w);
    /* A history that does not fit is left behind, the rest travels. */
    cJSON_AddItemToArray(v.meta.history, cJSON_CreateArray());
    for (int i = 0; i < 20000; i++)
        cJSON_AddItemToArray(cJSON_GetArrayItem(v.meta.history, 1), cJSON_CreateString("step"));
    write_to(place("h.nii"), &v, 1, false, false, NULL);
    w = read_from(place("h.nii"));
    ck_assert_str_eq(w.meta.role, "mask");
    ck_assert_ptr_null(w.meta.history);
    mi_volume_free(&w);
    mi_volume_free(&v);
}
END_TEST

START_TEST(trimmed_maps)
{
    mi_volume v = make(MI_I16, 6, 5, 2), whole = make(MI_I16, 6, 5, 9);
    v.grid.n[2] = 9;
    v.k0 = 3;
    v.k1 = 5;
    memset(whole.data, 0, 6 * 5 * 9 * 2);
    memcpy((char *)whole.data + 6 * 5 * 3 * 2, v.data, 6 * 5 * 2 * 2);
    mi_output *o;
    mi_volume_writer *writer;
    mi_err e = MI_ERR_EMPTY;
    mi_write_opts plain = { .plain = true };
    ck_assert_int_eq(mi_output_open(&o, place("x.nii"), true, NULL), 0);
    ck_assert_int_eq(mi_volume_writer_open(&writer, o, &plain, NULL, NULL), 0);
    ck_assert_int_eq(mi_volume_write(writer, &v, &e), -1);
    ck_assert_int_eq(e.cls, MI_E_INTERNAL);
    mi_volume_writer_free(writer);
    mi_output_abort(o);
    v.trimmed = true;
    for (int gzip = 0; gzip < 2; gzip++) {
        write_to(place("t.nii"), &v, 1, false, gzip, NULL);
        mi_volume w = read_from(place("t.nii"));
        check_same(&whole, &w);
        mi_volume_free(&w);
    }
    free(v.data);
    v.data = NULL;
    v.k0 = v.k1 = 0;
    write_to(place("t.nii"), &v, 1, false, true, NULL);
    mi_volume w = read_from(place("t.nii"));
    memset(whole.data, 0, 6 * 5 * 9 * 2);
    check_same(&whole, &w);
    mi_volume_free(&w);
    mi_volume_free(&v);
    mi_volume_free(&whole);
}
END_TEST

static unsigned char *slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    unsigned char *p = malloc(*n);
    ck_assert_uint_eq(fread(p, 1, *n, f), *n);
    fclose(f);
    return p;
}

/* 40 MiB are three members, wherever they are made; zlib and our own reader get all of it back. */
START_TEST(members)
{
    mi_volume v = make(MI_I16, 512, 512, 80);
    size_t n1 = 0, n = 0;
    unsigned char *one = NULL;
    static const int threads[] = { 1, 2, 7 };
    for (int i = 0; i < 3; i++) {
        mi_pool *pool = mi_pool_new(threads[i], NULL);
        write_to(place("g.nii.gz"), &v, 1, false, true, pool);
        mi_pool_free(pool);
        unsigned char *p = slurp(place("g.nii.gz"), &n);
        if (i == 0) {
            one = p;
            n1 = n;
            continue;
        }
        ck_assert_uint_eq(n, n1);
        ck_assert_int_eq(memcmp(p, one, n), 0);
        free(p);
    }
    free(one);
    mi_volume w = read_from(place("g.nii.gz"));
    check_same(&v, &w);
    mi_volume_free(&w);
    gzFile z = gzopen(place("g.nii.gz"), "rb");
    size_t n_bytes = 512 * 512 * 80 * 2;
    char *all = malloc(n_bytes + 1000);
    int got = gzread(z, all, (unsigned)n_bytes + 1000);
    ck_assert_int_gt(got, (int)n_bytes);
    ck_assert_int_eq(memcmp(all + got - n_bytes, v.data, n_bytes), 0);
    free(all);
    gzclose(z);
    mi_volume_free(&v);
}
END_TEST

START_TEST(large_dimensions)
{
    mi_volume v = make(MI_U8, 40000, 2, 3);
    write_to(place("l.nii"), &v, 1, false, false, NULL);
    size_t n;
    unsigned char *p = slurp(place("l.nii"), &n);
    ck_assert_int_eq(p[0] | p[1] << 8, 540);
    free(p);
    mi_volume w = read_from(place("l.nii"));
    check_same(&v, &w);
    mi_volume_free(&w);
    mi_volume_free(&v);
}
END_TEST

START_TEST(streams)
{
    mi_volume v = make(MI_F32, 5, 4, 3);
    for (int gzip = 0; gzip < 2; gzip++) {
        write_to(place("b.nii"), &v, 3, false, gzip, NULL);
        mi_source *s;
        mi_source_opts opts = MI_SOURCE_OPTS;
        ck_assert_int_eq(mi_source_open(&s, place("b.nii"), &opts, NULL), 0);
        int items = 0;
        mi_volume w = MI_VOLUME_EMPTY;
        while (mi_source_next(s, &w, NULL) == 1) {
            ck_assert_int_eq(mi_source_voxels(s, &w, 0, 3, NULL), 0);
            check_same(&v, &w);
            mi_volume_free(&w);
            items++;
        }
        ck_assert_int_eq(items, 3);
        mi_source_close(s);
    }
    /* In parts, and through a full device. */
    mi_output *o;
    mi_err e = MI_ERR_EMPTY;
    mi_volume_writer *writer;
    mi_write_opts gzipped = { .gzip = true };
    ck_assert_int_eq(mi_output_open(&o, place("h.nii"), true, NULL), 0);
    ck_assert_int_eq(mi_volume_writer_open(&writer, o, &gzipped, NULL, NULL), 0);
    ck_assert_int_eq(mi_volume_writer_item(writer, &v, true, NULL), 0);
    for (int k = 0; k < 3; k++)
        ck_assert_int_eq(mi_volume_writer_put(writer, (float *)v.data + 20 * k, 80, NULL), 0);
    ck_assert_int_eq(mi_volume_writer_put(writer, v.data, 1, &e), -1);
    ck_assert_int_eq(mi_volume_writer_end(writer, NULL), 0);
    ck_assert_int_eq(mi_output_commit(o, NULL), 0);
    mi_volume w = read_from(place("h.nii"));
    check_same(&v, &w);
    mi_volume_free(&w);
    ck_assert_int_eq(mi_output_open(&o, place("i.nii"), true, NULL), 0);
    ck_assert_int_eq(mi_volume_writer_open(&writer, o, &gzipped, NULL, NULL), 0);
    ck_assert_int_eq(mi_volume_writer_item(writer, &v, true, NULL), 0);
    ck_assert_int_eq(mi_volume_writer_end(writer, NULL), -1); /* it ends too early */
    mi_output_abort(o);
    if (access("/dev/full", W_OK) == 0) {
        ck_assert_int_eq(mi_output_open(&o, "/dev/full", true, NULL), 0);
        ck_assert_int_eq(mi_volume_writer_open(&writer, o, &gzipped, NULL, NULL), 0);
        ck_assert_int_eq(mi_volume_write(writer, &v, NULL), 0);
        e.cls = MI_E_NONE;
        ck_assert_int_eq(mi_volume_writer_end(writer, &e), -1);
        ck_assert_int_eq(e.cls, MI_E_IO);
        mi_output_abort(o);
    } else {
        printf("SKIP: streams, there is no /dev/full here\n");
    }
    mi_volume_free(&v);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("volume_write");
    TCase *t = tcase_create("volume_write");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, there_and_back);
    tcase_add_test(t, nifti_clib_reads_it);
    tcase_add_test(t, sheared_and_mirrored);
    tcase_add_test(t, what_travels_along);
    tcase_add_test(t, trimmed_maps);
    tcase_add_test(t, members);
    tcase_add_test(t, large_dimensions);
    tcase_add_test(t, streams);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
