/* NIfTI files read and written again: what nothing was done to keeps every byte, whatever its
   version, byte order, type and extensions; what was changed keeps what still holds. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/source.h"
#include "io/volume_write.h"
#include "make_nifti.h"

static uint32_t noise_state = 1;

static unsigned char noise(void)
{
    noise_state = noise_state * 1664525 + 1013904223;
    return (unsigned char)(noise_state >> 23);
}

/* Noise into bytes [a, b) of a header: fields that have no part in reading. */
static void scribble(bytes b, const int (*span)[2])
{
    for (; (*span)[1] > 0; span++)
        for (int i = (*span)[0]; i < (*span)[1]; i++)
            b.p[i] = noise();
}

/* Header fields by their offsets in nifti1.h and nifti2.h: names of ANALYZE 7.5, intent, slices,
   display range, times, texts. */
static const int free1[][2] = { { 4, 40 },    { 56, 70 },   { 74, 76 }, { 120, 123 },
                                { 124, 252 }, { 328, 344 }, { 0, 0 } };
static const int free2[][2] = { { 80, 104 }, { 192, 344 }, { 496, 500 }, { 504, 540 }, { 0, 0 } };

static bytes text_extension(int code, bool big, const char *words, size_t body)
{
    bytes b = { calloc(body + 8, 1), body + 8 };
    for (int i = 0; i < 4; i++) {
        b.p[big ? 3 - i : i] = (unsigned char)(b.n >> (8 * i));
        b.p[4 + (big ? 3 - i : i)] = (unsigned char)(code >> (8 * i));
    }
    memcpy(b.p + 8, words, strlen(words));
    return b;
}

/* A header (352 or 544 bytes) with foreign extensions of these codes behind it. */
static bytes head_with(spec s, const int *codes, int n_codes)
{
    bytes all = { calloc(1, 1), 0 };
    for (int i = 0; i < n_codes; i++) {
        char words[64];
        snprintf(words, sizeof words, "extension %d of code %d {\"mine\":{}}", i, codes[i]);
        all = join(all, text_extension(codes[i], s.big, words, 40 + 16 * (size_t)(i % 3)));
    }
    s.vox_offset = (double)((s.version == 1 ? 352 : 544) + all.n);
    bytes h = make_head(&s);
    scribble(h, s.version == 1 ? free1 : free2);
    h.p[s.version == 1 ? 348 : 540] = n_codes > 0;
    return join(h, all);
}

/* Every item of a file through reader and writer. */
static bytes passed(const char *from, bool plain, bool changed, bool shift)
{
    const char *to = place("passed.nii");
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_write_opts how = { .plain = plain };
    mi_source *s;
    mi_output *o;
    mi_volume_writer *w;
    mi_volume v;
    mi_err e = MI_ERR_EMPTY;
    ck_assert_msg(mi_source_open(&s, from, &opts, &e) == 0, "%s", e.message);
    ck_assert_msg(mi_output_open(&o, to, true, &e) == 0, "%s", e.message);
    ck_assert_int_eq(mi_volume_writer_open(&w, o, &how, NULL, &e), 0);
    int got;
    while ((got = mi_source_next(s, &v, &e)) == 1) {
        ck_assert_msg(mi_source_voxels(s, &v, 0, v.grid.n[2], &e) == 0, "%s", e.message);
        if (shift)
            v.grid.m[0][3] += 1;
        ck_assert_msg(mi_volume_writer_item(w, &v, changed, &e) == 0, "%s", e.message);
        size_t slice = (size_t)mi_volume_slice_voxels(&v) * mi_type_size(v.type);
        for (int64_t k = 0; k < v.grid.n[2]; k++)
            ck_assert_int_eq(mi_volume_writer_put(w, (char *)v.data + (size_t)k * slice, slice, &e),
                             0);
        mi_volume_free(&v);
    }
    ck_assert_msg(got == 0, "%s", e.message);
    mi_source_close(s);
    ck_assert_int_eq(mi_volume_writer_end(w, &e), 0);
    ck_assert_int_eq(mi_output_commit(o, &e), 0);
    FILE *f = fopen(to, "rb");
    fseek(f, 0, SEEK_END);
    bytes b = { malloc((size_t)ftell(f) + 1), (size_t)ftell(f) };
    rewind(f);
    ck_assert_uint_eq(fread(b.p, 1, b.n, f), b.n);
    fclose(f);
    return b;
}

static void same_bytes(bytes a, bytes b, const char *what)
{
    size_t at = 0;
    while (at < a.n && at < b.n && a.p[at] == b.p[at])
        at++;
    ck_assert_msg(a.n == b.n && at == a.n, "%s: %zu and %zu bytes, first difference at %zu", what,
                  a.n, b.n, at);
}

static int64_t number_at(bytes b, size_t at, int size, bool big)
{
    uint64_t x = 0;
    for (int i = 0; i < size; i++)
        x |= (uint64_t)b.p[at + (size_t)(big ? size - 1 - i : i)] << (8 * i);
    return (int64_t)x;
}

/* With our extension: the header but for vox_offset, the foreign extensions, ours as the last one,
   the voxels. And without it again: all as it was. */
static void check_with_own(bytes in, const spec *s, size_t front, const char *what)
{
    size_t size = s->version == 1 ? 348 : 540, offset_at = s->version == 1 ? 108 : 168;
    size_t offset_n = s->version == 1 ? 4 : 8;
    bytes own = passed(put("own.nii", copy_of(in)), false, false, false);
    ck_assert_msg(memcmp(own.p, in.p, offset_at) == 0, "%s: header", what);
    ck_assert_msg(memcmp(own.p + offset_at + offset_n, in.p + offset_at + offset_n,
                         size - offset_at - offset_n) == 0,
                  "%s: header", what);
    ck_assert_int_eq(own.p[size], 1);
    ck_assert_msg(memcmp(own.p + size + 4, in.p + size + 4, front - size - 4) == 0,
                  "%s: extensions", what);
    int64_t n = number_at(own, front, 4, s->big);
    ck_assert_int_eq(number_at(own, front + 4, 4, s->big), 6);
    ck_assert_msg(memcmp(own.p + front + 8, "{\"mi\":{", 7) == 0, "%s: ours", what);
    same_bytes((bytes) { own.p + front + n, own.n - front - (size_t)n },
               (bytes) { in.p + front, in.n - front }, what);
    bytes again = passed(put("again.nii", own), true, false, false);
    same_bytes(again, in, what);
    free(again.p);
}

static const struct {
    int code, bits;
} types[] = { { 2, 8 },   { 4, 16 },   { 8, 32 },   { 16, 32 },   { 64, 64 },
              { 256, 8 }, { 512, 16 }, { 768, 32 }, { 1024, 64 }, { 1280, 64 } };
static const int foreign[] = { 4, 2, 6, 30, 0, 32, 6, 44 };

static spec kind(int version, bool big, int type)
{
    static const double slopes[] = { 1, 0, NAN, 0.5, -2 };
    spec s = make_spec();
    s.version = version;
    s.big = big;
    s.datatype = types[type].code;
    s.bitpix = types[type].bits;
    s.slope = slopes[type % 5];
    s.inter = s.slope == 0.5 ? -1024 : 0;
    s.sform = type % 3 ? type % 5 : 0;
    s.qform = type % 2 ? 1 + type % 3 : 0;
    memcpy(s.quatern, (double[]) { 0.1, -0.2, 0.3, -12.3, 7.7, 100.1 }, sizeof s.quatern);
    s.pixdim[0] = type % 4 == 1 ? -1 : 1;
    for (int i = 0; i < 3; i++)
        s.pixdim[i + 1] = s.srow[i][i] = 0.7 + 0.1 * i;
    s.units = type % 2 ? 10 : 0;
    if (type % 3 == 1) { /* what stands behind the dimensions is nobody's business */
        s.dim[0] = 4;
        s.dim[5] = 77;
    }
    return s;
}

START_TEST(nothing_done)
{
    for (int version = 1; version <= 2; version++)
        for (int big = 0; big < 2; big++)
            for (int t = 0; t < 10; t++)
                for (int n = 0; n <= 8; n += 4) {
                    char what[80];
                    spec s = kind(version, big, t);
                    bytes head = head_with(s, foreign, n);
                    size_t front = head.n;
                    bytes in = join(head, make_voxels(&s, -7, 3.25));
                    snprintf(what, sizeof what, "NIfTI-%d, %s, type %d, %d extensions", version,
                             big ? "big" : "little", types[t].code, n);
                    bytes out = passed(put("in.nii", copy_of(in)), true, false, false);
                    same_bytes(out, in, what);
                    check_with_own(in, &s, front, what);
                    free(out.p);
                    out = passed(put("in.nii.gz", make_gzip(copy_of(in), 0)), true, false, false);
                    same_bytes(out, in, what);
                    free(out.p);
                    free(in.p);
                }
}
END_TEST

/* Voxels right behind the header, a gap before them, a damaged extension, no vox_offset: odd, but
   nothing to mend when nothing was asked. */
START_TEST(odd_fronts)
{
    for (int big = 0; big < 2; big++) {
        spec s = kind(1, big, 4);
        static const double offsets[] = { 348, 352, 400, 1024 };
        for (int i = 0; i < 4; i++) {
            s.vox_offset = offsets[i];
            bytes h = make_head(&s);
            bytes gap = { calloc(1024, 1), offsets[i] > 352 ? (size_t)offsets[i] - 352 : 0 };
            for (size_t k = 0; k < gap.n; k++)
                gap.p[k] = noise();
            if (i == 3) /* the flag is set, and what follows it is nonsense */
                h.p[348] = 1;
            h.n = offsets[i] < 352 ? (size_t)offsets[i] : h.n;
            bytes in = join(join(h, gap), make_voxels(&s, 0, 1));
            bytes out = passed(put("odd.nii", copy_of(in)), true, false, false);
            same_bytes(out, in, "odd front");
            free(out.p);
            out = passed(put("odd.nii", copy_of(in)), false, false, false);
            ck_assert_int_eq(number_at(out, 352 + 4, 4, big), 6);
            free(out.p);
            free(in.p);
        }
        s.vox_offset = 352;
        bytes in = make_file(&s, 0, 1);
        memset(in.p + 108, 0, 4);
        bytes out = passed(put("odd.nii", copy_of(in)), true, false, false);
        same_bytes(out, in, "vox_offset 0");
        free(out.p);
        free(in.p);
    }
}
END_TEST

/* A pair becomes a single file: magic and vox_offset change, nothing else. */
START_TEST(pairs)
{
    for (int version = 1; version <= 2; version++)
        for (int big = 0; big < 2; big++) {
            spec s = kind(version, big, 4);
            s.pair = true;
            size_t size = version == 1 ? 348 : 540, offset = version == 1 ? 108 : 168;
            size_t magic = version == 1 ? 344 : 4, n = version == 1 ? 4 : 8;
            bytes h = make_head(&s);
            scribble(h, version == 1 ? free1 : free2);
            h.p[size] = 1;
            h = join(h, text_extension(2, big, "of DICOM", 40));
            bytes voxels = make_voxels(&s, 3, 1), head = copy_of(h);
            put("pair.img", copy_of(voxels));
            bytes out = passed(put("pair.hdr", h), true, false, false);
            ck_assert_uint_eq(out.n, head.n + voxels.n);
            const char *want = version == 1 ? "n+1" : "n+2\0\r\n\032\n";
            ck_assert_int_eq(memcmp(out.p + magic, want, n), 0);
            memcpy(out.p + magic, head.p + magic, n);
            memcpy(out.p + offset, head.p + offset, n);
            same_bytes((bytes) { out.p, head.n }, head, "header of a pair");
            same_bytes((bytes) { out.p + head.n, voxels.n }, voxels, "voxels of a pair");
            free(out.p);
            free(head.p);
            free(voxels.p);
        }
}
END_TEST

/* Codes of the extensions of a file, up to 16. */
static int codes_of(bytes b, size_t size, bool big, int codes[16])
{
    int n = 0;
    int64_t at = (int64_t)size + 4;
    int64_t end = size == 348 ? 0 : number_at(b, 168, 8, big);
    if (size == 348) {
        uint32_t u = (uint32_t)number_at(b, 108, 4, big);
        float f;
        memcpy(&f, &u, 4);
        end = (int64_t)f;
    }
    while (b.p[size] && at < end && n < 16) {
        codes[n++] = (int)number_at(b, (size_t)at + 4, 4, big);
        at += number_at(b, (size_t)at, 4, big);
    }
    ck_assert_int_eq(at, end);
    return n;
}

static void check_codes(bytes b, const int *want, int n)
{
    int codes[16];
    ck_assert_int_eq(codes_of(b, 348, false, codes), n);
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(codes[i], want[i]);
}

/* A changed image is NIfTI-1 in the byte order of this machine, with the words that still hold. */
START_TEST(changed)
{
    static const int all[] = { 4, 2, 6, 30, 0, 32, 6, 44, 6 };
    static const int moved[] = { 2, 6, 30, 0, 6, 44, 6 };
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) {
        printf("SKIP: changed, for machines of little endian only\n");
        return;
    }
    for (int version = 1; version <= 2; version++)
        for (int big = 0; big < 2; big++) {
            spec s = kind(version, big, 1);
            bytes in = join(head_with(s, foreign, 8), make_voxels(&s, -7, 3));
            const char *path = put("in.nii", copy_of(in));
            size_t words = version == 1 ? 148 : 240, intent = version == 1 ? 328 : 508;
            for (int shift = 0; shift < 2; shift++) {
                bytes out = passed(path, false, true, shift);
                ck_assert_int_eq(number_at(out, 0, 4, false), 348);
                ck_assert_int_eq(memcmp(out.p + 148, in.p + words, 80), 0);
                ck_assert_int_eq(memcmp(out.p + 328, in.p + intent, 16), 0);
                ck_assert_int_eq(out.p[252], shift ? 1 : s.qform);
                check_codes(out, shift ? moved : all, shift ? 7 : 9);
                free(out.p);
                out = passed(path, true, true, shift);
                check_codes(out, NULL, 0);
                ck_assert_uint_eq(out.n, 352 + 24 * 2);
                free(out.p);
            }
            /* a place that the header does not tell is a change, whoever says otherwise */
            bytes out = passed(path, false, false, true);
            ck_assert_int_eq(number_at(out, 0, 4, false), 348);
            check_codes(out, moved, 7);
            free(out.p);
            free(in.p);
        }
}
END_TEST

/* Ours among others: only ours goes, whatever its schema; a comment that looks like it stays. */
START_TEST(ours_among_others)
{
    spec s = kind(1, true, 3);
    static const char *words[] = { "first", "{\"mi\":{\"schema\":1,\"role\":\"mask\"}}",
                                   "{\"mine\":{\"schema\":1}}", "{\"mi\":{\"schema\":9}}" };
    bytes all = { calloc(1, 1), 0 }, kept = { calloc(1, 1), 0 };
    for (int i = 0; i < 4; i++) {
        bytes e = text_extension(6, true, words[i], 56);
        if (i % 2 == 0)
            kept = join(kept, copy_of(e));
        all = join(all, e);
    }
    s.vox_offset = 352 + (double)all.n;
    bytes h = make_head(&s);
    h.p[348] = 1;
    bytes in = join(join(h, all), make_voxels(&s, 0, 1));
    s.vox_offset = 352 + (double)kept.n;
    h = make_head(&s);
    h.p[348] = 1;
    bytes want = join(join(h, kept), make_voxels(&s, 0, 1));
    bytes out = passed(put("ours.nii", in), true, false, false);
    same_bytes(out, want, "ours among others");
    free(out.p);
    free(want.p);
}
END_TEST

/* Items of both byte orders and versions in one stream. */
START_TEST(mixed_stream)
{
    bytes in = { calloc(1, 1), 0 };
    for (int i = 0; i < 8; i++) {
        spec s = kind(1 + i % 2, i & 2, 4);
        in = join(in, join(head_with(s, foreign, i), make_voxels(&s, i, 1)));
    }
    bytes out = passed(put("mixed.nii", copy_of(in)), true, false, false);
    same_bytes(out, in, "mixed stream");
    free(out.p);
    free(in.p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("passed_on");
    TCase *t = tcase_create("passed_on");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, nothing_done);
    tcase_add_test(t, odd_fronts);
    tcase_add_test(t, pairs);
    tcase_add_test(t, changed);
    tcase_add_test(t, ours_among_others);
    tcase_add_test(t, mixed_stream);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
