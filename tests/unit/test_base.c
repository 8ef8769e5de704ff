/* Errors, memory, text, digests, warnings, small matrices. */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/digest.h"
#include "base/error.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/warnings.h"

START_TEST(first_error_wins)
{
    mi_err e = MI_ERR_EMPTY;
    mi_err_subject(&e, "too early");
    mi_err_hint(&e, "too early");
    ck_assert_int_eq(mi_fail(&e, MI_E_DATA, "cut?", "%d bytes are missing", 7), -1);
    ck_assert_int_eq(mi_fail(&e, MI_E_IO, "other", "other"), -1);
    ck_assert_int_eq(e.cls, MI_E_DATA);
    ck_assert_str_eq(e.message, "7 bytes are missing");
    ck_assert_str_eq(e.hint, "cut?");
    ck_assert_str_eq(e.subject, "");
    mi_err_subject(&e, "a.nii");
    mi_err_subject(&e, "b.nii");
    mi_err_hint(&e, "not this one");
    ck_assert_str_eq(e.subject, "a.nii");
    ck_assert_str_eq(e.hint, "cut?");
    ck_assert_int_eq(mi_fail(NULL, MI_E_DATA, NULL, "nobody listens"), -1);
}
END_TEST

START_TEST(messages_stay_on_one_line)
{
    mi_err e = MI_ERR_EMPTY;
    char big[2000];
    for (int i = 0; i < 1998; i += 2)
        memcpy(big + i, "\xc3\xa9", 2);
    big[1998] = '\0';
    mi_fail(&e, MI_E_DATA, NULL, "x%s", big);
    size_t n = strlen(e.message);
    ck_assert_uint_eq(n, sizeof e.message - 1);
    ck_assert_int_eq((unsigned char)e.message[n - 1], 0xa9);
    e.cls = MI_E_NONE;
    mi_fail(&e, MI_E_DATA, NULL, "xy%s", big);
    n = strlen(e.message);
    ck_assert_uint_eq(n, sizeof e.message - 2);
    ck_assert_int_eq((unsigned char)e.message[n - 1], 0xa9);
    mi_err f = MI_ERR_EMPTY;
    mi_fail(&f, MI_E_NONE, "a\nb", "one\ntwo\tthree");
    ck_assert_str_eq(f.message, "one two three");
    ck_assert_str_eq(f.hint, "a b");
    ck_assert_int_eq(f.cls, MI_E_INTERNAL);
}
END_TEST

START_TEST(classes_have_names)
{
    for (int c = MI_E_NONE; c <= MI_E_CONFIG; c++)
        for (int d = MI_E_NONE; d < c; d++)
            ck_assert_str_ne(mi_class_name((mi_class)c), mi_class_name((mi_class)d));
    ck_assert_str_eq(mi_class_name(MI_E_GEOMETRY), "geometry");
    ck_assert_str_eq(mi_class_name(MI_E_EMPTY), "empty region");
    ck_assert_str_eq(mi_class_name((mi_class)99), "internal");
    ck_assert_int_eq(mi_class_of_errno(ENOENT), MI_E_NOINPUT);
    ck_assert_int_eq(mi_class_of_errno(EACCES), MI_E_NOINPUT);
    ck_assert_int_eq(mi_class_of_errno(ENOSPC), MI_E_IO);
    ck_assert_int_eq(mi_class_of_errno(ENOMEM), MI_E_MEMORY);
    ck_assert_int_eq(mi_class_of_errno(EEXIST), MI_E_CANTCREATE);
}
END_TEST

START_TEST(allocation_is_checked)
{
    mi_err e = MI_ERR_EMPTY;
    ck_assert_ptr_null(mi_array(SIZE_MAX / 4, 8, &e));
    ck_assert_int_eq(e.cls, MI_E_MEMORY);
    ck_assert_ptr_nonnull(strstr(e.message, "times 8 bytes"));
    e.cls = MI_E_NONE;
    void *none = mi_array(0, 8, &e);
    ck_assert_ptr_nonnull(none);
    free(none);
    unsigned char *z = mi_array_zero(1000, 3, &e);
    for (int i = 0; i < 3000; i++)
        ck_assert_int_eq(z[i], 0);
    z[2999] = 5;
    ck_assert_ptr_null(mi_regrow(z, SIZE_MAX, 2, &e));
    ck_assert_int_eq(e.cls, MI_E_MEMORY);
    z = mi_regrow(z, 6000, 1, NULL);
    ck_assert_int_eq(z[2999], 5);
    free(z);
    ck_assert_ptr_null(mi_strdup(NULL, &e));
    char *s = mi_strdup("word", NULL);
    ck_assert_str_eq(s, "word");
    free(s);
}
END_TEST

START_TEST(text_grows)
{
    mi_text t = MI_TEXT_EMPTY;
    ck_assert_str_eq(mi_text_ref(&t), "");
    for (int i = 0; i < 10000; i++)
        mi_text_addf(&t, "%d,", i % 10);
    ck_assert_uint_eq(t.len, 20000);
    ck_assert_uint_eq(strlen(mi_text_ref(&t)), 20000);
    mi_text_addn(&t, "abcdef", 3);
    mi_text_add(&t, NULL);
    mi_text_add(&t, "!");
    ck_assert_str_eq(mi_text_ref(&t) + 19998, "9,abc!");
    ck_assert(!t.failed);
    mi_text_free(&t);
    mi_text_free(&t);
    ck_assert_str_eq(mi_text_ref(&t), "");
}
END_TEST

START_TEST(text_remembers_failure)
{
    mi_text t = MI_TEXT_EMPTY;
    mi_text_add(&t, "x");
    mi_text_addn(&t, "y", SIZE_MAX / 2);
    ck_assert(t.failed);
    mi_text_add(&t, "z");
    ck_assert_str_eq(mi_text_ref(&t), "x");
    mi_text_free(&t);
}
END_TEST

START_TEST(patterns)
{
    static const struct { const char *pattern, *s; bool fits; } row[] = {
        { "", "", true },               { "", "a", false },
        { "*", "", true },              { "*", "anything", true },
        { "glcm.*", "glcm.3d_avg.contrast", true }, { "glcm.*", "glcm", false },
        { "*.contrast", "glcm.3d_avg.contrast", true },
        { "*a*b*c*", "xxaxxbxbxxc", true }, { "*a*b*c*", "xxaxxcxxb", false },
        { "?", "a", true },             { "?", "", false },
        { "a?c", "abc", true },         { "a?c", "ac", false },
        { "[a-c]x", "bx", true },       { "[a-c]x", "dx", false },
        { "[!a-c]x", "dx", true },      { "[^a-c]x", "ax", false },
        { "[]]", "]", true },           { "[]a]", "a", true },
        { "[a-]", "-", true },          { "[a-]", "b", false },
        { "[abc", "[abc", true },       { "[abc", "a", false },
        { "Stat.*", "stat.mean", false },
        { "*******************a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false },
    };
    for (int i = 0; i < MI_COUNT(row); i++)
        ck_assert_msg(mi_glob(row[i].pattern, row[i].s) == row[i].fits, "%s on %s",
                      row[i].pattern, row[i].s);
}
END_TEST

START_TEST(nearest_names)
{
    static const char *const names[] = { "bin-width", "bin-number", "preset", "ct", NULL };
    ck_assert_str_eq(mi_nearest("bin-widht", names), "bin-width");
    ck_assert_str_eq(mi_nearest("binwidth", names), "bin-width");
    ck_assert_str_eq(mi_nearest("PRESETS", names), "preset");
    ck_assert_str_eq(mi_nearest("CT", names), "ct");
    ck_assert_ptr_null(mi_nearest("smoothing", names));
    ck_assert_ptr_null(mi_nearest("mri", names));
    char longest[4000];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_ptr_null(mi_nearest(longest, names));
    const char *const self[] = { longest, "aab", NULL };
    ck_assert_str_eq(mi_nearest("aaa", self), "aab");
}
END_TEST

/* FIPS 180-4, examples of the standard: "abc", the empty message, a million times "a". */
/* RFC 4231, test cases 2 and 6 (a key longer than a block). */
START_TEST(keyed_digests)
{
    char out[72], key[131];
    const char *text = "what do ya want for nothing?",
               *longer = "Test Using Larger Than Block-Size Key - Hash Key First";
    mi_digest_keyed("Jefe", 4, text, strlen(text), out);
    ck_assert_str_eq(out, "hmac:5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    mi_digest_keyed(key, sizeof key, longer, strlen(longer), out);
    ck_assert_str_eq(out, "hmac:60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
END_TEST

START_TEST(digests)
{
    char out[72];
    mi_digest_of("abc", 3, out);
    ck_assert_str_eq(out, "sha256:ba7816bf8f01cfea414140de5dae2223"
                          "b00361a396177a9cb410ff61f20015ad");
    mi_digest_of(NULL, 0, out);
    ck_assert_str_eq(out, "sha256:e3b0c44298fc1c149afbf4c8996fb924"
                          "27ae41e4649b934ca495991b7852b855");
    char a[1000];
    memset(a, 'a', sizeof a);
    mi_digest *d = mi_digest_new();
    for (int i = 0; i < 1000; i++)
        mi_digest_add(d, a, sizeof a);
    mi_digest_end(d, out);
    ck_assert_str_eq(out, "sha256:cdc76e5c9914fb9281a1c7e284d73e67"
                          "f1809a48a497200e046d39ccc7112cd0");
    mi_digest_add(NULL, a, 3);
    mi_digest_end(NULL, out);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(warnings_once)
{
    mi_warnings w = MI_WARNINGS_EMPTY, v = MI_WARNINGS_EMPTY;
    mi_warn(&w, "few_levels", "%d grey levels", 3);
    mi_warn(&w, "few_levels", "%d grey levels", 3);
    mi_warn_feature(&w, "stat.cov", "the mean is zero");
    mi_warn_feature(&w, "stat.cov", "the mean is zero");
    mi_warn_feature(&w, "stat.qcod", "the mean is zero");
    ck_assert_int_eq(w.n, 3);
    ck_assert_str_eq(w.item[0].code, "few_levels");
    ck_assert_ptr_null(w.item[0].feature);
    ck_assert_str_eq(w.item[0].why, "3 grey levels");
    ck_assert_ptr_null(w.item[1].code);
    mi_warn(&v, "few_levels", "3 grey levels");
    for (int i = 0; i < 100; i++)
        mi_warn(&v, "n", "%d", i);
    mi_warnings_copy(&v, &w);
    ck_assert_int_eq(v.n, 103);
    ck_assert_str_eq(v.item[102].feature, "stat.qcod");
    mi_warn(NULL, "x", "y");
    mi_warnings_free(&w);
    mi_warnings_free(&w);
    mi_warnings_free(&v);
    ck_assert_int_eq(v.n, 0);
}
END_TEST

static void check_eigen(const double a[3][3], double tolerance)
{
    double w[3], v[3][3];
    mi_eigen3(a, w, v);
    ck_assert(w[0] >= w[1] && w[1] >= w[2]);
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 3; i++) {
            double av = 0, vv = 0;
            for (int j = 0; j < 3; j++) {
                av += a[i][j] * v[j][k];
                vv += v[j][i] * v[j][k];
            }
            ck_assert_double_eq_tol(av, w[k] * v[i][k], tolerance);
            ck_assert_double_eq_tol(vv, i == k, 1e-14);
        }
}

START_TEST(eigenvalues)
{
    static const double known[3][3] = { { 2, -1, 0 }, { -1, 2, -1 }, { 0, -1, 2 } };
    double w[3], v[3][3];
    mi_eigen3(known, w, v);
    ck_assert_double_eq_tol(w[0], 2 + sqrt(2), 1e-14);
    ck_assert_double_eq_tol(w[1], 2, 1e-14);
    ck_assert_double_eq_tol(w[2], 2 - sqrt(2), 1e-14);
    static const double diagonal[3][3] = { { 1, 0, 0 }, { 0, 3, 0 }, { 0, 0, 2 } };
    mi_eigen3(diagonal, w, v);
    ck_assert_double_eq(w[0], 3);
    ck_assert_double_eq(v[1][0], 1);
    ck_assert_double_eq(w[2], 1);
    static const double zero[3][3] = { { 0 } };
    check_eigen(zero, 1e-300);
    check_eigen(known, 1e-14);
    static const double tiny[3][3] = { { 1e-300, 1e-301, 0 }, { 1e-301, 1e-300, 0 }, { 0, 0, 1 } };
    check_eigen(tiny, 1e-14);
    srand(1);
    for (int t = 0; t < 2000; t++) {
        double a[3][3];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j <= i; j++)
                a[i][j] = a[j][i] = rand() / (double)RAND_MAX - 0.5;
        if (t % 3 == 0)
            a[0][1] = a[1][0] = 1e-9 * a[0][1];
        check_eigen(a, 1e-14);
    }
}
END_TEST

START_TEST(inverse)
{
    static const double flat[3][3] = { { 1, 2, 3 }, { 2, 4, 6 }, { 0, 1, 1 } };
    double inv[3][3] = { { 7 } };
    ck_assert_int_eq(mi_inverse3(flat, inv), 0);
    ck_assert_double_eq(inv[0][0], 7);
    static const double nan_in[3][3] = { { NAN, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
    ck_assert_int_eq(mi_inverse3(nan_in, inv), 0);
    static const double small[3][3] = { { 1e-5, 0, 0 }, { 0, 1e-5, 0 }, { 0, 0, 1e-5 } };
    ck_assert_int_eq(mi_inverse3(small, inv), 1);
    ck_assert_double_eq_tol(inv[2][2], 1e5, 1e-9);
    static const double a[3][3] = { { 1, 2, 3 }, { 0, -1, 4 }, { 5, 6, 0 } };
    ck_assert_double_eq_tol(mi_det3(a), 31, 1e-13);
    ck_assert_int_eq(mi_inverse3(a, inv), 1);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double s = 0;
            for (int k = 0; k < 3; k++)
                s += a[i][k] * inv[k][j];
            ck_assert_double_eq_tol(s, i == j, 1e-15);
        }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("base");
    TCase *t = tcase_create("base");
    suite_add_tcase(s, t);
    tcase_add_test(t, first_error_wins);
    tcase_add_test(t, messages_stay_on_one_line);
    tcase_add_test(t, classes_have_names);
    tcase_add_test(t, allocation_is_checked);
    tcase_add_test(t, text_grows);
    tcase_add_test(t, text_remembers_failure);
    tcase_add_test(t, patterns);
    tcase_add_test(t, nearest_names);
    tcase_add_test(t, digests);
    tcase_add_test(t, keyed_digests);
    tcase_add_test(t, warnings_once);
    tcase_add_test(t, eigenvalues);
    tcase_add_test(t, inverse);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
