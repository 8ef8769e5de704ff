/* Values of parameters, tables of cells, exit codes (src/cli). */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/batch_internal.h"
#include "cli/internal.h"

static const char *const words[] = { "nearest", "linear", "cubic", NULL };

typedef struct all {
    bool flag;
    long long whole;
    double number;
    char *text;
    int choice;
    mi_vec3 vec;
    mi_range range;
    mi_list list, few;
} all;

#define ROW(n, t, f) .name = n, .type = t, .offset = offsetof(all, f)

static const mi_param rows[] = {
    { ROW("flag", MI_P_BOOL, flag) },
    { ROW("whole", MI_P_INT, whole), .min = -5, .max = 100, .unit = "mm" },
    { ROW("number", MI_P_DOUBLE, number), .min = 0, .max = INFINITY, .unit = "mm" },
    { ROW("text", MI_P_STRING, text) },
    { ROW("choice", MI_P_CHOICE, choice), .choices = words },
    { ROW("vec", MI_P_VEC3, vec), .unit = "mm" },
    { ROW("range", MI_P_RANGE, range), .unit = "HU" },
    { ROW("list", MI_P_LIST, list) },
    { ROW("few", MI_P_LIST, few), .choices = words },
};

static const mi_param *row(const char *name)
{
    for (int i = 0; i < MI_COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    ck_abort_msg("no row %s", name);
    return NULL;
}

static void clear(all *a)
{
    for (int i = 0; i < MI_COUNT(rows); i++)
        mi_value_clear(&rows[i], a);
}

/* As JSON; caller frees. */
static char *shown(const mi_param *p, const all *a)
{
    cJSON *j = mi_value_json(p, a);
    char *s = mi_json_line(j, false);
    cJSON_Delete(j);
    return s;
}

static const struct {
    const char *name, *text, *json;
} good[] = {
    { "flag", "yes", "true" },
    { "flag", "0", "false" },
    { "whole", "100", "100" },
    { "whole", "-5 mm", "-5" },
    { "whole", " 7mm", "7" },
    { "number", "1e-300", "1e-300" },
    { "number", "0.1mm", "0.1" },
    { "number", "1.5 mm", "1.5" },
    { "text", "", "\"\"" },
    { "text", "a\"b", "\"a\\\"b\"" },
    { "choice", "cubic", "\"cubic\"" },
    { "vec", "1", "1" },
    { "vec", "1,2", "[1,2]" },
    { "vec", "1mm, 2 mm ,-3", "[1,2,-3]" },
    { "range", "-1000:400", "[-1000,400]" },
    { "range", ":400 HU", "[null,400]" },
    { "range", "-1e3:", "[-1000,null]" },
    { "range", ":", "null" },
    { "range", "-inf:3", "[null,3]" },
    { "range", "2:2", "[2,2]" },
    { "list", "a, b,c d", "[\"a\",\"b\",\"c d\"]" },
    { "list", "", "[]" },
    { "few", "cubic,linear", "[\"cubic\",\"linear\"]" },
};

START_TEST(text_to_json_and_back)
{
    all a, b;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    clear(&a);
    clear(&b);
    const mi_param *p = row(good[_i].name);
    mi_err err = MI_ERR_EMPTY;
    ck_assert_msg(mi_value_parse(p, &a, good[_i].text, MI_E_USAGE, &err) == 0, "%s", err.message);
    char *s = shown(p, &a);
    ck_assert_str_eq(s, good[_i].json);
    cJSON *j = mi_json_parse(s, strlen(s), &err);
    ck_assert_msg(mi_value_from_json(p, &b, j, &err) == 0, "%s", err.message);
    char *t = shown(p, &b);
    ck_assert_str_eq(t, s);
    cJSON_Delete(j);
    free(s);
    free(t);
    clear(&a);
    clear(&b);
}
END_TEST

static const struct {
    const char *name, *text;
} bad[] = {
    { "flag", "maybe" },   { "whole", "101" },    { "whole", "-6" },    { "whole", "1.0" },
    { "whole", "1 cm" },   { "whole", "" },       { "number", "-1" },   { "number", "nan" },
    { "number", "inf" },   { "number", "1,5" },   { "number", "1mmm" }, { "number", "0x10" },
    { "choice", "Cubic" }, { "choice", "cub" },   { "vec", "" },        { "vec", "1,2,3,4" },
    { "vec", "1,," },      { "vec", "1;2" },      { "range", "5" },     { "range", "2:1" },
    { "range", "a:b" },    { "range", "1:2 mm" }, { "range", "inf:" },  { "list", "a,,b" },
    { "few", "linear,x" },
};

START_TEST(bad_text_is_refused)
{
    all a;
    memset(&a, 0, sizeof a);
    clear(&a);
    mi_err err = MI_ERR_EMPTY;
    ck_assert_msg(mi_value_parse(row(bad[_i].name), &a, bad[_i].text, MI_E_USAGE, &err) == -1,
                  "--%s=%s is taken", bad[_i].name, bad[_i].text);
    ck_assert_int_eq(err.cls, MI_E_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "give "));
    clear(&a);
}
END_TEST

static const struct {
    const char *name, *json;
} bad_json[] = {
    { "flag", "1" },        { "flag", "null" },   { "whole", "1.5" },   { "whole", "\"x\"" },
    { "whole", "1e300" },   { "number", "true" }, { "number", "-1" },   { "number", "\"1 cm\"" },
    { "text", "3" },        { "choice", "0" },    { "choice", "\"\"" }, { "vec", "[]" },
    { "vec", "[1,2,3,4]" }, { "vec", "[\"a\"]" }, { "range", "[1]" },   { "range", "[2,1]" },
    { "range", "3" },       { "list", "\"a\"" },  { "list", "[1]" },    { "list", "[\"a,b\"]" },
    { "few", "[\"x\"]" },
};

START_TEST(bad_json_is_refused)
{
    all a;
    memset(&a, 0, sizeof a);
    clear(&a);
    mi_err err = MI_ERR_EMPTY;
    cJSON *j = mi_json_parse(bad_json[_i].json, strlen(bad_json[_i].json), &err);
    ck_assert_msg(mi_value_from_json(row(bad_json[_i].name), &a, j, &err) == -1, "%s: %s is taken",
                  bad_json[_i].name, bad_json[_i].json);
    ck_assert_int_eq(err.cls, MI_E_CONFIG);
    cJSON_Delete(j);
    clear(&a);
}
END_TEST

/* ---- tables of cells ---- */

static uint64_t state = 88172645463325252u;

static unsigned dice(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % n;
}

static void random_cell(char *s)
{
    static const char signs[] = "ab,\"\n ;\r\txyz'";
    size_t n = dice(8);
    for (size_t i = 0; i < n; i++)
        s[i] = signs[dice(sizeof signs - 1)];
    s[n] = 0;
}

/* What the writer quotes, the reader reads: cells of random signs through a file. */
START_TEST(csv_round_trip)
{
    enum { ROWS = 200 };
    static const char *const extra[] = { "x", "y", NULL };
    char cell[ROWS][2][12], path[] = "/tmp/mi-rows-XXXXXX";
    int fd = mkstemp(path), *line = NULL;
    mi_err err = MI_ERR_EMPTY;
    mi_output *o;
    mi_records *r;
    mi_text text = MI_TEXT_EMPTY;
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(mi_output_open(&o, path, true, &err), 0);
    ck_assert_int_eq(mi_records_open(&r, o, MI_FORM_CSV, NULL, 0, extra, &err), 0);
    for (int i = 0; i < ROWS; i++) {
        cJSON *record = cJSON_CreateObject(), *x = cJSON_CreateObject();
        for (int k = 0; k < 2; k++) {
            random_cell(cell[i][k]);
            mi_json_add_string(x, extra[k], cell[i][k]);
        }
        mi_json_add_string(record, "case", "c");
        mi_json_add(record, "extra", x);
        ck_assert_int_eq(mi_records_add(r, record, &err), 0);
        cJSON_Delete(record);
    }
    ck_assert_int_eq(mi_records_end(r, &err), 0);
    ck_assert_int_eq(mi_output_commit(o, &err), 0);
    ck_assert_int_eq(mi_slurp(path, &text, &err), 0);
    cJSON *rows_read = mi_rows_parse(text.s, path, &line, &err);
    ck_assert_msg(rows_read != NULL, "%s", err.message);
    ck_assert_int_eq(cJSON_GetArraySize(rows_read), ROWS);
    int i = 0;
    for (const cJSON *e = rows_read->child; e; e = e->next, i++)
        for (int k = 0; k < 2; k++) {
            const cJSON *j = cJSON_GetObjectItem(e, extra[k]);
            ck_assert_str_eq(cJSON_IsNull(j) ? "" : j->valuestring, cell[i][k]);
        }
    cJSON_Delete(rows_read);
    free(line);
    mi_text_free(&text);
    unlink(path);
}
END_TEST

static const struct {
    const char *text, *rows;
    int last_line;
} tables[] = {
    { "a,b\n1,2\n", "[{\"a\":\"1\",\"b\":\"2\"}]", 2 },
    { "\xEF\xBB\xBF"
      "a,b\r\n1,\"x\ny\"\r\n\r\n,\"\"\"\"",
      "[{\"a\":\"1\",\"b\":\"x\\ny\"},{\"a\":null,\"b\":\"\\\"\"}]", 5 },
    { " a \tb\n1,5\t2\n", "[{\"a\":\"1,5\",\"b\":\"2\"}]", 2 },
    { "a\tb\n1\t2\n", "[{\"a\":\"1\",\"b\":\"2\"}]", 2 },
    { "a;b\n1,5;2\n", "[{\"a\":\"1,5\",\"b\":\"2\"}]", 2 },
    { "\n\na,b\n1,2", "[{\"a\":\"1\",\"b\":\"2\"}]", 4 },
    { "{\"a\":1}\n\n {\"a\":[2]}\n", "[{\"a\":1},{\"a\":[2]}]", 3 },
    { "", "[]", 0 },
    { "a,b\n", "[]", 0 },
    { "a,b\n1\n", NULL, 0 },
    { "a,b\n1,2,3\n", NULL, 0 },
    { "a,b\n1,\"2\n", NULL, 0 },
    { "a,b\n1,\"2\"x\n", NULL, 0 },
    { "{\"a\":1}\n[2]\n", NULL, 0 },
    { "{\"a\":1} x\n", NULL, 0 },
};

START_TEST(tables_are_read)
{
    mi_err err = MI_ERR_EMPTY;
    int *line = NULL;
    cJSON *j = mi_rows_parse(tables[_i].text, "t", &line, &err);
    if (!tables[_i].rows) {
        ck_assert_ptr_null(j);
        ck_assert_int_eq(err.cls, MI_E_DATA);
        ck_assert_int_eq(strncmp(err.subject, "t:", 2), 0);
        return;
    }
    ck_assert_msg(j != NULL, "%s: %s", err.subject, err.message);
    char *s = mi_json_line(j, false);
    ck_assert_str_eq(s, tables[_i].rows);
    int n = cJSON_GetArraySize(j);
    ck_assert_int_eq(n > 0 ? line[n - 1] : 0, tables[_i].last_line);
    free(s);
    free(line);
    cJSON_Delete(j);
}
END_TEST

/* ---- exit codes ---- */

START_TEST(every_class_has_a_row)
{
    for (int cls = MI_E_NONE; cls <= MI_E_CONFIG; cls++) {
        int found = 0, code = mi_exit_code((mi_class)cls);
        for (const mi_exit_row *r = mi_exit_rows; r->name; r++)
            found += r->code == code;
        ck_assert_msg(found == 1, "class %s has code %d, in %d rows", mi_class_name((mi_class)cls),
                      code, found);
    }
}
END_TEST

/* ---- several cases at once ---- */

static int same_libraries(void *ctx, int i, mi_err *err)
{
    bool same = true;
    (void)i;
    for (int k = 0; k < 2000 && same; k++) {
        cJSON *j = mi_version_libraries();
        same = cJSON_Compare(j, ctx, true);
        cJSON_Delete(j);
    }
    return same ? 0 : mi_fail(err, MI_E_INTERNAL, NULL, "versions differ from thread to thread");
}

/* Each record of a batch tells them, whichever thread makes it. */
START_TEST(threads_tell_the_same_libraries)
{
    mi_err err = MI_ERR_EMPTY;
    mi_pool *pool = mi_pool_new(4, &err);
    cJSON *first = mi_version_libraries();
    int rc = mi_pool_run(pool, 40, same_libraries, first, &err);
    ck_assert_msg(rc == 0, "%s", err.message);
    cJSON_Delete(first);
    mi_pool_free(pool);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("values");
    TCase *t = tcase_create("all");
    tcase_add_loop_test(t, text_to_json_and_back, 0, MI_COUNT(good));
    tcase_add_loop_test(t, bad_text_is_refused, 0, MI_COUNT(bad));
    tcase_add_loop_test(t, bad_json_is_refused, 0, MI_COUNT(bad_json));
    tcase_add_test(t, csv_round_trip);
    tcase_add_loop_test(t, tables_are_read, 0, MI_COUNT(tables));
    tcase_add_test(t, every_class_has_a_row);
    tcase_add_test(t, threads_tell_the_same_libraries);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
