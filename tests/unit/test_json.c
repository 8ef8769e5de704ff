/* JSON in and out: numbers, text in any encoding, places of faults, files. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/json.h"

static void check_line(const cJSON *item, bool ascii, const char *expected)
{
    char *s = mi_json_line(item, ascii);
    ck_assert_str_eq(s, expected);
    free(s);
}

static cJSON *parse(const char *text)
{
    mi_err e = MI_ERR_EMPTY;
    cJSON *j = mi_json_parse(text, strlen(text), &e);
    ck_assert_msg(j != NULL, "%s: %s", text, e.message);
    return j;
}

START_TEST(build_and_print)
{
    cJSON *o = cJSON_CreateObject();
    double x[] = { 1, 0.1 + 0.2, NAN };
    ck_assert(mi_json_add_number(o, "a", 0.1));
    ck_assert(mi_json_add_number(o, "b", INFINITY));
    ck_assert(mi_json_add_string(o, "c", "q\"\\\n\x01\x7f/"));
    ck_assert(mi_json_add_string(o, "none", NULL));
    ck_assert(mi_json_add(o, "d", mi_json_numbers(x, 3)));
    ck_assert(mi_json_add(o, "e", cJSON_CreateArray()));
    ck_assert(mi_json_add(o, "f", cJSON_CreateObject()));
    ck_assert(mi_json_add(o, "g", cJSON_CreateTrue()));
    ck_assert(!mi_json_add(NULL, "h", cJSON_CreateTrue()));
    check_line(o, false,
               "{\"a\":0.1,\"b\":null,\"c\":\"q\\\"\\\\\\n\\u0001\\u007f/\","
               "\"d\":[1,0.30000000000000004,null],\"e\":[],\"f\":{},\"g\":true}");
    char *p = mi_json_pretty(o);
    ck_assert_str_eq(p, "{\n  \"a\": 0.1,\n  \"b\": null,\n"
                        "  \"c\": \"q\\\"\\\\\\n\\u0001\\u007f/\",\n"
                        "  \"d\": [1, 0.30000000000000004, null],\n"
                        "  \"e\": [],\n  \"f\": {},\n  \"g\": true\n}");
    free(p);
    double v;
    ck_assert(mi_json_get_number(cJSON_GetObjectItem(o, "a"), &v) && v == 0.1);
    ck_assert(!mi_json_get_number(cJSON_GetObjectItem(o, "b"), &v));
    ck_assert(!mi_json_get_number(cJSON_GetObjectItem(o, "c"), &v));
    ck_assert(!mi_json_get_number(NULL, &v));
    cJSON_Delete(o);
}
END_TEST

/* What is missing somewhere below keeps a document, and copies of it, from being printed. */
START_TEST(what_is_not_whole_is_not_printed)
{
    cJSON *o = cJSON_CreateObject(), *a = cJSON_CreateArray();
    ck_assert(mi_json_add(o, "a", a) && mi_json_append(a, mi_json_number(1)));
    ck_assert(mi_json_whole(o));
    check_line(o, false, "{\"a\":[1]}");
    ck_assert(!mi_json_append(NULL, mi_json_number(2)));
    ck_assert(!mi_json_append(a, NULL));
    ck_assert(!mi_json_whole(o));
    ck_assert_ptr_null(mi_json_line(o, false));
    cJSON *copy = cJSON_Duplicate(o, true);
    ck_assert_ptr_null(mi_json_pretty(copy));
    cJSON_Delete(copy);
    cJSON_Delete(o);
    o = cJSON_CreateObject();
    ck_assert(!mi_json_add(o, "b", NULL));
    ck_assert_ptr_null(mi_json_line(o, false));
    cJSON_Delete(o);
}
END_TEST

/* Another value in the place of the first, whether the key was borrowed or read. */
START_TEST(replaced_in_place)
{
    cJSON *made = cJSON_CreateObject(), *read = cJSON_Parse("{\"a\":1,\"b\":2,\"c\":3}");
    mi_json_add_number(made, "a", 1);
    mi_json_add_number(made, "b", 2);
    mi_json_add_number(made, "c", 3);
    cJSON *const objects[] = { made, read };
    for (int i = 0; i < 2; i++) {
        ck_assert(mi_json_replace(objects[i], "b", cJSON_CreateString("x")));
        ck_assert(mi_json_replace(objects[i], "c", mi_json_number(4)));
        char *line = mi_json_line(objects[i], true);
        ck_assert_str_eq(line, "{\"a\":1,\"b\":\"x\",\"c\":4}");
        free(line);
        ck_assert(!mi_json_replace(objects[i], "none", cJSON_CreateNull()));
        ck_assert(!mi_json_whole(objects[i]));
        cJSON_Delete(objects[i]);
    }
}
END_TEST

START_TEST(parsed_numbers_stay)
{
    static const char text[] = "[0.1,0.30000000000000004,1e+300,5e-324,-0.25,123456789012345]";
    cJSON *j = parse(text);
    check_line(j, true, text);
    double v;
    ck_assert(mi_json_get_number(cJSON_GetArrayItem(j, 1), &v) && v == 0.1 + 0.2);
    cJSON_Delete(j);
}
END_TEST

START_TEST(text_encodings)
{
    cJSON *s = cJSON_CreateString("\xc3\xa9 \xe2\x82\xac \xf0\x9d\x84\x9e");
    check_line(s, false, "\"\xc3\xa9 \xe2\x82\xac \xf0\x9d\x84\x9e\"");
    check_line(s, true, "\"\\u00e9 \\u20ac \\ud834\\udd1e\"");
    cJSON_Delete(s);
    /* A Latin-1 byte, an overlong form, a lone surrogate, a cut sequence. */
    s = cJSON_CreateString("a\xe9" "b\xc0\x80" "c\xed\xa0\x80" "d\xe2\x82");
    check_line(s, true, "\"a\\ufffdb\\ufffd\\ufffdc\\ufffd\\ufffd\\ufffdd\\ufffd\\ufffd\"");
    char *plain = mi_json_line(s, false);
    ck_assert_int_eq(strncmp(plain, "\"a\xef\xbf\xbd" "b", 6), 0);
    cJSON *back = parse(plain);
    cJSON_Delete(back);
    free(plain);
    cJSON_Delete(s);
    s = parse("\"\\ud834\\udd1e\"");
    ck_assert_str_eq(s->valuestring, "\xf0\x9d\x84\x9e");
    cJSON_Delete(s);
}
END_TEST

START_TEST(faults_have_a_place)
{
    static const struct { const char *text, *message; } row[] = {
        { "", "no JSON" },
        { " \n", "no JSON" },
        { "{\n  \"a\": 1,\n  \"b\": x\n}", "line 3, column 8" },
        { "{\"a\":1} {", "text behind the end of the JSON value at line 1, column 9" },
        { "{\"a\":1", "not valid JSON" },
        { "[1,2", "not valid JSON" },
        { "\"open", "not valid JSON" },
        { "nul", "not valid JSON at line 1, column 1" },
    };
    for (int i = 0; i < MI_COUNT(row); i++) {
        mi_err e = MI_ERR_EMPTY;
        ck_assert_ptr_null(mi_json_parse(row[i].text, strlen(row[i].text), &e));
        ck_assert_int_eq(e.cls, MI_E_CONFIG);
        ck_assert_msg(strstr(e.message, row[i].message) != NULL, "%s: %s", row[i].text, e.message);
    }
    /* The length counts, not a NUL. */
    cJSON *j = mi_json_parse("[1]garbage", 3, NULL);
    ck_assert_ptr_nonnull(j);
    cJSON_Delete(j);
    char deep[5000];
    memset(deep, '[', sizeof deep);
    ck_assert_ptr_null(mi_json_parse(deep, sizeof deep, NULL));
}
END_TEST

START_TEST(files)
{
    mi_err e = MI_ERR_EMPTY;
    ck_assert_ptr_null(mi_json_read("/nowhere/at/all.json", &e));
    ck_assert_int_eq(e.cls, MI_E_NOINPUT);
    ck_assert_str_eq(e.subject, "/nowhere/at/all.json");
    e.cls = MI_E_NONE;
    ck_assert_ptr_null(mi_json_read("/", &e));
    ck_assert_int_eq(e.cls, MI_E_NOINPUT);
    char path[] = "/tmp/mi_test_json_XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    FILE *f = fdopen(fd, "w");
    fputs("[", f);
    for (int i = 0; i < 40000; i++)
        fprintf(f, "%d,", i);
    fputs("0]\n", f);
    fclose(f);
    cJSON *j = mi_json_read(path, NULL);
    ck_assert_int_eq(cJSON_GetArraySize(j), 40001);
    cJSON_Delete(j);
    f = fopen(path, "w");
    fputs("{\"a\":}", f);
    fclose(f);
    e.cls = MI_E_NONE;
    ck_assert_ptr_null(mi_json_read(path, &e));
    ck_assert_int_eq(e.cls, MI_E_CONFIG);
    ck_assert_str_eq(e.subject, path);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("json");
    TCase *t = tcase_create("json");
    suite_add_tcase(s, t);
    tcase_add_test(t, build_and_print);
    tcase_add_test(t, what_is_not_whole_is_not_printed);
    tcase_add_test(t, parsed_numbers_stay);
    tcase_add_test(t, text_encodings);
    tcase_add_test(t, faults_have_a_place);
    tcase_add_test(t, files);
    tcase_add_test(t, replaced_in_place);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
