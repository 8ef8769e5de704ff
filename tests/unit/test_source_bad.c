/* Volumes that are cut, damaged, unusual or slow to come; early stops; what is not an image. */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "io/input.h"
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

static spec cube(int n, int datatype, int bits)
{
    spec s = make_spec();
    s.dim[1] = s.dim[2] = s.dim[3] = n;
    s.datatype = datatype;
    s.bitpix = bits;
    return s;
}

START_TEST(every_truncation_is_refused)
{
    spec s = make_spec();
    s.extension = "{\"mi\":{\"schema\":1,\"role\":\"image\"}}";
    bytes whole = make_file(&s, 0, 1);
    size_t data = whole.n - 48;
    if (_i & 1)
        whole = make_gzip(whole, _i & 2 ? 150 : 0);
    for (size_t n = 0; n < whole.n; n++) {
        mi_source_opts o = MI_SOURCE_OPTS;
        o.verify = n & 1;
        mi_err err = read_bad(put("t.nii", cut(copy_of(whole), n)), &o);
        ck_assert_msg(err.cls == MI_E_DATA, "%zu of %zu bytes: %s", n, whole.n, err.message);
        if (!(_i & 1) && n >= data) {
            char want[64];
            snprintf(want, sizeof want, " %zu are missing", whole.n - n);
            ck_assert_msg(strstr(err.message, want) != NULL, "%s", err.message);
        }
    }
    free(whole.p);
}
END_TEST

/* Label maps take another road through the same data. */
START_TEST(every_truncation_of_a_label_map_is_refused)
{
    spec s = make_spec();
    bytes whole = make_gzip(make_file(&s, 0, 0), 0);
    for (size_t n = 0; n < whole.n; n++) {
        mi_source *src;
        mi_volume v;
        mi_err err = MI_ERR_EMPTY;
        int rc = mi_source_open(&src, put("t.nii", cut(copy_of(whole), n)), NULL, &err);
        if (rc == 0 && (rc = mi_source_next(src, &v, &err)) > 0) {
            rc = mi_source_labels(src, &v, &err);
            mi_volume_free(&v);
        }
        ck_assert_int_lt(rc, 0);
        ck_assert_int_eq(err.cls, MI_E_DATA);
        mi_source_close(src);
    }
    free(whole.p);
}
END_TEST

/* Any damaged byte of compressed data is found: by the decoder or by the checksum. */
START_TEST(every_flipped_byte_of_gzip_is_refused)
{
    spec s = make_spec();
    bytes whole = make_gzip(make_file(&s, 0, 1), 0);
    for (size_t i = 10; i < whole.n; i++) {
        bytes b = copy_of(whole);
        b.p[i] ^= 0x55;
        mi_source_opts o = MI_SOURCE_OPTS;
        o.verify = i & 1; /* read as a whole, the checksum is looked at in any case */
        ck_assert_int_eq(read_bad(put("t.nii", b), &o).cls, MI_E_DATA);
    }
    free(whole.p);
}
END_TEST

static void make_bad(int what, spec *s)
{
    switch (what) {
    case 0:
        s->dim[1] = -4;
        break;
    case 1:
        s->dim[3] = 0;
        break;
    case 2:
        s->dim[0] = 0;
        break;
    case 3:
        s->dim[0] = 8;
        break;
    case 4:
        s->dim[0] = -3;
        break;
    case 5:
        s->datatype = 0;
        break;
    case 6:
        s->datatype = 1;
        break;
    case 7:
        s->datatype = 32;
        break;
    case 8:
        s->datatype = 128;
        break;
    case 9:
        s->datatype = 1536;
        break;
    case 10:
        s->datatype = 1792;
        break;
    case 11:
        s->datatype = 2048;
        break;
    case 12:
        s->datatype = 2304;
        break;
    case 13:
        s->datatype = 4711;
        break;
    case 14:
        s->vox_offset = 200;
        break;
    case 15:
        s->vox_offset = -16;
        break;
    case 16:
        s->vox_offset = 352.5;
        break;
    case 17:
        s->vox_offset = NAN;
        break;
    case 18:
        s->inter = INFINITY;
        break;
    case 19:
        s->sform = 0;
        s->pixdim[2] = 0;
        break;
    case 20:
        s->sform = 0;
        s->pixdim[1] = NAN;
        break;
    case 21:
        s->dim[1] = s->dim[2] = s->dim[3] = 32767;
        break;
    case 22:
        s->dim[0] = 7;
        for (int i = 1; i < 8; i++)
            s->dim[i] = 32767;
        break;
    case 23:
        s->vox_offset = 1e18;
        break;
    }
}

enum { BAD_KINDS = 24 };

START_TEST(bad_headers_are_refused)
{
    static const char *const words[BAD_KINDS] = {
        "dim[1]",    "dim[3]",     "dim[0]",     "dim[0]",     "dim[0]",     "datatype 0",
        "binary",    "complex64",  "RGB24",      "float128",   "complex128", "complex256",
        "RGBA32",    "4711",       "vox_offset", "vox_offset", "vox_offset", "vox_offset",
        "scl_inter", "voxel size", "voxel size", "promises",   "voxels",     "vox_offset"
    };
    spec s = make_spec(), good = make_spec();
    int kind = _i / 4, form = _i % 4;
    s.version = 1 + (form & 1);
    make_bad(kind, &s);
    if (s.version == 2 && (kind == 16 || kind == 17))
        return; /* its vox_offset is an integer */
    mi_source_opts o = MI_SOURCE_OPTS;
    o.frame = MI_FRAME_ALL;
    bytes b = join(make_head(&s), make_voxels(&good, 0, 1));
    mi_err err = read_bad(put("x.nii", form & 2 ? make_gzip(b, 0) : b), &o);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_msg(strstr(err.message, words[kind]) != NULL, "%d: %s", kind, err.message);
}
END_TEST

START_TEST(promises_are_checked_before_memory_is_taken)
{
    spec s = make_spec();
    s.version = 2;
    s.dim[1] = s.dim[2] = 1 << 14;
    s.dim[3] = 1 << 12;
    s.datatype = 2;
    s.bitpix = 8;
    bytes b = make_head(&s);
    char want[64];
    snprintf(want, sizeof want, "promises %lld bytes", (1LL << 40) + 544);
    mi_err err = read_bad(put("x.nii", _i ? make_gzip(b, 0) : b), NULL);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, want));
}
END_TEST

typedef struct feed {
    const char *path;
    int fd;
    bytes b;
    size_t step;
} feed;

static void *feeder(void *p)
{
    feed *f = p;
    int fd = f->path ? open(f->path, O_WRONLY) : f->fd;
    for (size_t at = 0; at < f->b.n; at += f->step) {
        size_t n = f->b.n - at < f->step ? f->b.n - at : f->step;
        if (write(fd, f->b.p + at, n) != (ssize_t)n)
            break;
        if (at % (16 * f->step) == 0)
            usleep(50);
    }
    close(fd);
    return NULL;
}

/* A slow producer that writes a few bytes at a time into a named pipe; plain and gzip items
   mixed. */
START_TEST(slow_fifo)
{
    static const size_t steps[] = { 1, 7, 4096 };
    spec s = make_spec();
    bytes a = make_file(&s, 0, 1), b = make_file(&s, 50, 1), c = make_file(&s, 90, 1);
    const char *path = place("fifo");
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    feed f = { path, -1, join(join(make_gzip(a, 130), b), make_gzip(c, 0)), steps[_i] };
    pthread_t t;
    ck_assert_int_eq(pthread_create(&t, NULL, feeder, &f), 0);
    mi_source *src;
    mi_volume v;
    mi_err err = MI_ERR_EMPTY;
    int n = 0;
    ck_assert_msg(mi_source_open(&src, path, NULL, &err) == 0, "%s", err.message);
    while (mi_source_next(src, &v, &err) > 0) {
        static const int first[] = { 0, 50, 90 };
        ck_assert_msg(mi_source_voxels(src, &v, n & 1, 2, &err) == 0, "%s", err.message);
        for (int i = 0; i < 12 * (2 - (n & 1)); i++)
            ck_assert_int_eq(((int16_t *)v.data)[i], first[n] + 12 * (n & 1) + i);
        mi_volume_free(&v);
        n++;
    }
    ck_assert_str_eq(err.message, "");
    ck_assert_int_eq(n, 3);
    mi_source_close(src);
    pthread_join(t, NULL);
    free(f.b.p);
}
END_TEST

/* Run with stdin connected to a producer; how many bytes it could write is told by `left` in the
   pipe. */
static int with_stdin(bytes b, int (*run)(mi_err *), mi_err *err)
{
    int p[2], old = dup(STDIN_FILENO);
    ck_assert_int_eq(pipe(p), 0);
    dup2(p[0], STDIN_FILENO);
    close(p[0]);
    feed f = { NULL, p[1], b, 1000 };
    pthread_t t;
    ck_assert_int_eq(pthread_create(&t, NULL, feeder, &f), 0);
    int rc = run(err);
    char c;
    if (rc >= 0)
        ck_assert_int_eq(read(STDIN_FILENO, &c, 1), 0); /* drained */
    dup2(old, STDIN_FILENO);
    close(old);
    pthread_join(t, NULL);
    free(b.p);
    return rc;
}

static int first_slice(mi_err *err)
{
    mi_source *s;
    mi_volume v;
    int rc = mi_source_open(&s, "-", NULL, err);
    if (rc == 0 && (rc = mi_source_next(s, &v, err)) > 0) {
        ck_assert_str_eq(v.name, "-");
        rc = mi_source_voxels(s, &v, 0, 1, err);
        mi_volume_free(&v);
    }
    mi_source_close(s);
    return rc;
}

START_TEST(stdin_is_counted_and_drained)
{
    spec s = cube(40, 4, 16);
    bytes b = make_file(&s, 0, 1);
    mi_err err = MI_ERR_EMPTY;
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(with_stdin(join(copy_of(b), copy_of(b)), first_slice, &err), 0);
    ck_assert_int_eq(with_stdin(make_gzip(copy_of(b), 0), first_slice, &err), 0);
    /* Cut behind the slice that is wanted: noticed all the same. */
    ck_assert_int_lt(with_stdin(cut(copy_of(b), b.n - 1), first_slice, &err), 0);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, " 1 are missing"));
    ck_assert_str_eq(err.subject, "-");
    ck_assert_ptr_nonnull(strstr(err.hint, "pipefail"));
    err = (mi_err)MI_ERR_EMPTY;
    ck_assert_int_lt(with_stdin(cut(b, 0), first_slice, &err), 0);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_str_eq(err.message, "no data on stdin");
}
END_TEST

/* A stream that promises a terabyte takes no terabyte: it is short, and that is what is said. */
static int whole_item(mi_err *err)
{
    mi_volume v;
    int rc = mi_volume_read(&v, "-", NULL, err);
    mi_volume_free(&v);
    return rc;
}

START_TEST(stream_with_a_huge_promise)
{
    spec s = make_spec();
    s.version = 2;
    s.dim[1] = s.dim[2] = 1 << 14;
    s.dim[3] = 1 << 12;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_int_lt(with_stdin(make_head(&s), whole_item, &err), 0);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "2199023255552 are missing"));
}
END_TEST

/* Read slices and compare; k1 -1 reads a label map. */
static int slices(const char *path, int64_t k0, int64_t k1, bool verify, mi_err *err)
{
    mi_source *s;
    mi_volume v;
    mi_source_opts o = MI_SOURCE_OPTS;
    o.verify = verify;
    int rc = mi_source_open(&s, path, &o, err);
    if (rc == 0 && (rc = mi_source_next(s, &v, err)) > 0) {
        rc = k1 < 0 ? mi_source_labels(s, &v, err) : mi_source_voxels(s, &v, k0, k1, err);
        for (int64_t i = 0; rc == 0 && i < (k1 - k0) * mi_volume_slice_voxels(&v); i++)
            ck_assert_int_eq(((uint16_t *)v.data)[i],
                             (uint16_t)(i + k0 * mi_volume_slice_voxels(&v)));
        mi_volume_free(&v);
    }
    mi_source_close(s);
    return rc;
}

START_TEST(early_stop)
{
    spec s = cube(64, 512, 16);
    bytes b = make_file(&s, 0, 1);
    static const size_t members[] = { 0, 50000, 65536, 1 << 19 };
    const char *gz = put("e.nii.gz", make_gzip(copy_of(b), members[_i]));
    mi_err err = MI_ERR_EMPTY;
    for (int v = 0; v < 2; v++) {
        ck_assert_int_eq(slices(gz, 0, 1, v, &err), 0);
        ck_assert_int_eq(slices(gz, 10, 20, v, &err), 0);
        ck_assert_int_eq(slices(gz, 63, 64, v, &err), 0);
        ck_assert_int_eq(slices(gz, 0, 64, v, &err), 0);
        ck_assert_int_eq(slices(gz, 5, 5, v, &err), 0);
    }
    /* Cut far behind what is wanted: the length tells. */
    bytes z = make_gzip(b, members[_i]);
    for (size_t n = z.n - 1; n > z.n - 12; n--) {
        const char *path = put("e.nii.gz", cut(copy_of(z), n));
        err = (mi_err)MI_ERR_EMPTY;
        ck_assert_int_lt(slices(path, 0, 1, false, &err), 0);
        ck_assert_int_eq(err.cls, MI_E_DATA);
    }
    /* Damage behind what is wanted is what an early stop does not see, and verify does. */
    z.p[z.n - 6] ^= 1;
    const char *path = put("e.nii.gz", z);
    err = (mi_err)MI_ERR_EMPTY;
    ck_assert_int_lt(slices(path, 0, 1, true, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "checksum"));
    /* Nor is it hidden from who reads all voxels, or a label map. */
    err = (mi_err)MI_ERR_EMPTY;
    ck_assert_int_lt(slices(path, 0, 64, false, &err), 0);
    ck_assert_int_lt(slices(path, 63, 64, false, &err), 0);
    ck_assert_int_lt(slices(path, 0, -1, false, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "checksum"));
    if (members[_i] == 0) {
        err = (mi_err)MI_ERR_EMPTY;
        ck_assert_int_eq(slices(path, 0, 1, false, &err), 0);
    }
}
END_TEST

START_TEST(members_of_one_size_are_understood)
{
    mi_err err = MI_ERR_EMPTY;
    for (int member = 100; member < 1000; member += 100)
        for (int n = 900; n <= 1000; n += 50) {
            mi_input *in;
            const char *path =
                put("m.gz", make_gzip((bytes) { calloc((size_t)n, 1), (size_t)n }, (size_t)member));
            ck_assert_int_eq(mi_input_open(&in, path, &err), 0);
            int64_t some = member < n ? member + 1 : n;
            ck_assert_int_eq(mi_input_read(in, NULL, (size_t)some, &err), some);
            ck_assert(mi_input_ends_at(in, n));
            ck_assert(!mi_input_ends_at(in, n + 1));
            mi_input_close(in);
        }
}
END_TEST

START_TEST(names_that_lead_nowhere)
{
    mi_err err = read_bad(place("absent.nii"), NULL);
    ck_assert_int_eq(err.cls, MI_E_NOINPUT);
    ck_assert_str_eq(err.subject, place("absent.nii"));
    spec s = make_spec();
    put("near.nii.gz", make_gzip(make_file(&s, 0, 1), 0));
    err = read_bad(place("near.nii"), NULL);
    ck_assert_ptr_nonnull(strstr(err.hint, "near.nii.gz"));
    mkdir(place("folder"), 0700);
    /* An empty folder: looked into where DICOM can be read, else the missing module is named. */
    bool dicom = mi_module_open("mi-dicom", NULL) != NULL;
    ck_assert_int_eq(read_bad(place("folder"), NULL).cls, dicom ? MI_E_DATA : MI_E_UNAVAILABLE);
    const char *path = put("secret.nii", make_file(&s, 0, 1));
    bool root = geteuid() == 0;
    chmod(path, 0);
    chmod(place("."), 0711);
    if (root && seteuid(65534) != 0) {
        printf("SKIP: a file without permission, root cannot be another user here\n");
    } else {
        err = read_bad(path, NULL);
        ck_assert_int_eq(root ? seteuid(0) : 0, 0);
        ck_assert_int_eq(err.cls, MI_E_NOINPUT);
        ck_assert_str_eq(err.message, "no permission to read it");
    }
    s.pair = true;
    err = read_bad(put("alone.hdr", make_head(&s)), NULL);
    ck_assert_int_eq(err.cls, MI_E_NOINPUT);
    ck_assert_ptr_nonnull(strstr(err.message, ".img"));
}
END_TEST

/* Slices [k0, k1) of the first image of a file, `ahead` bytes of it inflated beforehand. */
static int read_slices(const char *path, size_t ahead, bool verify, int64_t k0, int64_t k1,
                       mi_volume *v, mi_err *err)
{
    const atomic_bool stop = false;
    mi_source_opts o = MI_SOURCE_OPTS;
    mi_source *src;
    o.verify = verify;
    *v = (mi_volume)MI_VOLUME_EMPTY;
    int rc = mi_source_open(&src, path, &o, err) == 0 ? mi_source_next(src, v, err) : -1;
    if (rc > 0) {
        mi_source_ahead(src, ahead, &stop);
        rc = mi_source_voxels(src, v, k0, k1, err);
    }
    mi_source_close(src);
    return rc;
}

enum { SIDE = 96, SLICE = SIDE * SIDE * 2 };

static void compare_ahead(const char *path, int i)
{
    static const int64_t slices[][2] = { { 0, SIDE }, { 0, 30 }, { 40, 60 }, { SIDE - 1, SIDE } };
    static const size_t ahead[] = { 3 << 20, 1200 << 10, 5000 };
    const int64_t *k = slices[i % 4];
    mi_volume a, b;
    mi_err first = MI_ERR_EMPTY, second = MI_ERR_EMPTY;
    bool verify = i / 4 % 4 == 0;
    int rc = read_slices(path, 0, verify, k[0], k[1], &a, &first);
    int rc_ahead = read_slices(path, ahead[i % 3], verify, k[0], k[1], &b, &second);
    ck_assert_msg(rc == rc_ahead, "file %d: '%s', ahead '%s'", i, first.message, second.message);
    ck_assert_int_eq(first.cls, second.cls);
    ck_assert_str_eq(first.message, second.message);
    if (rc == 0) {
        ck_assert_mem_eq(a.data, b.data, (size_t)(k[1] - k[0]) * SLICE);
        ck_assert_int_eq(a.warnings.n, b.warnings.n);
    }
    mi_volume_free(&a);
    mi_volume_free(&b);
}

/* Good, cut and damaged files of several fillings of the reader's buffer, of one member and of
   many, with something behind them. */
START_TEST(inflating_ahead_changes_nothing)
{
    spec s = cube(SIDE, 4, 16);
    bytes image = make_file(&s, 0, 1);
    uint32_t noise = 1;
    for (size_t n = image.n - (size_t)SIDE * SLICE; n < image.n; n++)
        image.p[n] = (unsigned char)((noise = noise * 1664525 + 1013904223) >> 24) & 0x7f;
    bytes whole = make_gzip(image, _i & 1 ? 700000 : 0);
    if (_i & 2)
        whole = join(whole, make_gzip(make_file(&s, 5, 7), 0));
    for (int i = 0; i < 48; i++)
        compare_ahead(put("a.nii.gz", copy_of(whole)), i);
    for (size_t n = 400, i = 0; n < whole.n; n += 1 + whole.n / 60, i++) {
        compare_ahead(put("a.nii.gz", cut(copy_of(whole), n)), (int)i);
        bytes b = copy_of(whole);
        b.p[n] ^= 0x55;
        compare_ahead(put("a.nii.gz", b), (int)i);
        b = copy_of(whole);
        memset(b.p + n, 0xff, 8 < whole.n - n ? 8 : whole.n - n);
        compare_ahead(put("a.nii.gz", b), (int)i + 1);
    }
    free(whole.p);
}
END_TEST

/* The module opens the file by its name, so a pipe is refused and not opened again. */
START_TEST(nrrd_needs_a_file)
{
    const char *path = place("fifo");
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    feed f = { path, -1, { (unsigned char *)strdup("NRRD0004\ntype: uchar\n"), 21 }, 21 };
    pthread_t t;
    ck_assert_int_eq(pthread_create(&t, NULL, feeder, &f), 0);
    mi_err err = read_bad(path, NULL);
    ck_assert_int_eq(err.cls, MI_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "pipe"));
    pthread_join(t, NULL);
    free(f.b.p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("source, bad and unusual");
    TCase *t = tcase_create("bad");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, every_truncation_is_refused, 0, 4);
    tcase_add_test(t, every_truncation_of_a_label_map_is_refused);
    tcase_add_test(t, every_flipped_byte_of_gzip_is_refused);
    tcase_add_loop_test(t, bad_headers_are_refused, 0, 4 * BAD_KINDS);
    tcase_add_loop_test(t, promises_are_checked_before_memory_is_taken, 0, 2);
    tcase_add_loop_test(t, slow_fifo, 0, 3);
    tcase_add_test(t, stdin_is_counted_and_drained);
    tcase_add_test(t, stream_with_a_huge_promise);
    tcase_add_loop_test(t, early_stop, 0, 4);
    tcase_add_test(t, members_of_one_size_are_understood);
    tcase_add_loop_test(t, inflating_ahead_changes_nothing, 0, 4);
    tcase_add_test(t, names_that_lead_nowhere);
    tcase_add_test(t, nrrd_needs_a_file);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
