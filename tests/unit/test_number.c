/* Numbers as text and back, also where the locale writes a comma. */
#include <check.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/number.h"

static char buf[MI_NUMBER_SIZE];

START_TEST(known_forms)
{
    static const struct { double x; const char *s; } row[] = {
        { 0, "0" }, { -0.0, "0" }, { 0.1, "0.1" }, { -0.1, "-0.1" }, { 1e300, "1e+300" },
        { 1, "1" }, { -7, "-7" }, { 43296, "43296" }, { 999999999999999, "999999999999999" },
        { 1e15, "1e+15" }, { 0.3, "0.3" }, { 0.1 + 0.2, "0.30000000000000004" },
        { 1 / 3.0, "0.3333333333333333" }, { 100, "100" }, { 123456789.125, "123456789.125" },
        { 0.0001, "0.0001" }, { 5e-324, "5e-324" },
        { 2.2250738585072014e-308, "2.2250738585072014e-308" },
        { 1.7976931348623157e308, "1.7976931348623157e+308" },
        { 9007199254740993.0, "9007199254740992" },
        { 5.684341886080802e-14, "5.684341886080802e-14" }, /* 2^-44 */
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_str_eq(mi_number(row[i].x, buf), row[i].s);
}
END_TEST

static double random_double(void)
{
    uint64_t u = 0;
    double x;
    do {
        for (int i = 0; i < 5; i++)
            u = u << 15 ^ (uint64_t)rand();
        memcpy(&x, &u, sizeof x);
    } while (!isfinite(x));
    return x;
}

/* Reads back, and no shorter decimal does. */
static void check_shortest(double x)
{
    double y;
    char s[MI_NUMBER_SIZE], t[MI_NUMBER_SIZE];
    ck_assert(mi_parse_double(mi_number(x, s), &y));
    ck_assert_msg(y == x, "%.17g became %s", x, s);
    int digits = 0;
    while (digits < 17) {
        snprintf(t, sizeof t, "%.*e", digits, x);
        if (strtod(t, NULL) == x)
            break;
        digits++;
    }
    int held = 0, zeros = 0;
    for (const char *p = s; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9' && (held || *p != '0')) {
            held++;
            zeros = *p == '0' ? zeros + 1 : 0;
        }
    if (strchr(s, '.') == NULL)
        held -= zeros;
    ck_assert_msg(held <= digits + 1, "%s is longer than %d digits", s, digits + 1);
}

START_TEST(shortest_that_reads_back)
{
    srand(3);
    for (int i = 0; i < 20000; i++)
        check_shortest(random_double());
    for (int i = 0; i < 10000; i++)
        check_shortest((rand() - RAND_MAX / 2) / 1000.0);
    for (int e = -1074; e < 1024; e += 3) {
        check_shortest(ldexp(1, e));
        check_shortest(nextafter(ldexp(1, e), 0));
        check_shortest(nextafter(ldexp(1, e), INFINITY));
    }
}
END_TEST

START_TEST(rounded)
{
    ck_assert_str_eq(mi_number_short(0.8f, 6, buf), "0.8");
    ck_assert_str_eq(mi_number_short(1234567, 3, buf), "1.23e+06");
    ck_assert_str_eq(mi_number_short(-0.0, 3, buf), "0");
    ck_assert_str_eq(mi_number_short(NAN, 3, buf), "nan");
    ck_assert_str_eq(mi_number_short(-INFINITY, 3, buf), "-inf");
}
END_TEST

START_TEST(parse_doubles)
{
    static const struct { const char *s; double x; } good[] = {
        { "1", 1 }, { "-1.5", -1.5 }, { "+2", 2 }, { ".5", 0.5 }, { "5.", 5 }, { "1e3", 1000 },
        { "1E-3", 0.001 }, { "inf", INFINITY }, { "-inf", -INFINITY }, { "0", 0 },
        { "0.000e9", 0 }, { "4.9e-324", 4.9e-324 }, { "00012", 12 },
    };
    static const char *const bad[] = { "",    " 1",   "1 ",    "nan",    "NaN",    "1e",  "1e+",
                                       "abc", "-",    ".",     "1,5",    "0x10",   "1mm", "1e400",
                                       "--1", "1.2.3", "-1e400", "1e-400", "infinity" };
    double x;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(mi_parse_double(good[i].s, &x), "%s refused", good[i].s);
        ck_assert(x == good[i].x);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        x = 77;
        ck_assert_msg(!mi_parse_double(bad[i], &x), "%s taken", bad[i]);
        ck_assert(x == 77);
    }
    ck_assert(!mi_parse_double(NULL, &x));
}
END_TEST

START_TEST(parse_with_rest)
{
    double x;
    const char *rest;
    ck_assert(mi_parse_double_rest("1.5mm", &x, &rest));
    ck_assert(x == 1.5);
    ck_assert_str_eq(rest, "mm");
    ck_assert(mi_parse_double_rest("2e", &x, &rest));
    ck_assert_str_eq(rest, "e");
    ck_assert(mi_parse_double_rest("-0x3", &x, &rest));
    ck_assert(x == 0);
    ck_assert_str_eq(rest, "x3");
    ck_assert(mi_parse_double_rest("-1000:400", &x, &rest));
    ck_assert(x == -1000);
    ck_assert_str_eq(rest, ":400");
    ck_assert(mi_parse_double_rest("3", &x, &rest));
    ck_assert_str_eq(rest, "");
    ck_assert(!mi_parse_double_rest("mm", &x, &rest));
}
END_TEST

START_TEST(parse_ints)
{
    long long i = 5;
    ck_assert(mi_parse_int("-42", &i));
    ck_assert_int_eq(i, -42);
    ck_assert(mi_parse_int("9223372036854775807", &i));
    ck_assert(i == INT64_MAX);
    static const char *const bad[] = { "",   "1.0", "9223372036854775808", " 1",
                                       "1 ", "0x1", "+", "1e3" };
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++)
        ck_assert_msg(!mi_parse_int(bad[k], &i), "%s taken", bad[k]);
    ck_assert(i == INT64_MAX);
}
END_TEST

START_TEST(any_locale)
{
    static const char *const names[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "nl_NL.UTF-8" };
    bool set = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !set; i++)
        set = setlocale(LC_ALL, names[i]) != NULL;
    if (!set || *localeconv()->decimal_point != ',') {
        printf("SKIP: any_locale, no locale with a decimal comma is installed\n");
        return;
    }
    double x;
    ck_assert_str_eq(mi_number(1.5, buf), "1.5");
    ck_assert_str_eq(mi_number(0.1 + 0.2, buf), "0.30000000000000004");
    ck_assert_str_eq(mi_number_short(2.25, 2, buf), "2.2");
    ck_assert(mi_parse_double("1.5", &x) && x == 1.5);
    ck_assert(!mi_parse_double("1,5", &x));
    setlocale(LC_ALL, "C");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("number");
    TCase *t = tcase_create("number");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, known_forms);
    tcase_add_test(t, shortest_that_reads_back);
    tcase_add_test(t, rounded);
    tcase_add_test(t, parse_doubles);
    tcase_add_test(t, parse_with_rest);
    tcase_add_test(t, parse_ints);
    tcase_add_test(t, any_locale);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
