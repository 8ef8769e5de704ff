/* Outputs, records and shared files (src/io). */
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/output.h"
#include "io/record.h"
#include "io/share.h"

static char folder[64];

static void setup(void)
{
    strcpy(folder, "/tmp/mi-output-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void teardown(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(command), 0);
}

static void content(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s is not there", path);
    size_t n = fread(out, 1, size - 1, f);
    out[n] = 0;
    fclose(f);
}

static int files(void)
{
    FILE *p = popen("ls -A | wc -l", "r");
    int n = -1;
    ck_assert_int_eq(fscanf(p, "%d", &n), 1);
    pclose(p);
    return n;
}

START_TEST(file_appears_when_complete)
{
    mi_err err = MI_ERR_EMPTY;
    mi_output *o;
    char text[64];
    ck_assert_int_eq(mi_output_open(&o, "a.txt", false, &err), 0);
    ck_assert_int_eq(mi_output_write(o, "hello", 5, &err), 0);
    ck_assert_int_ne(access("a.txt", F_OK), 0);
    ck_assert_int_eq(files(), 1);
    ck_assert_int_eq(mi_output_commit(o, &err), 0);
    content("a.txt", text, sizeof text);
    ck_assert_str_eq(text, "hello");
    ck_assert_int_eq(files(), 1);
}
END_TEST

START_TEST(abort_leaves_nothing)
{
    mi_err err = MI_ERR_EMPTY;
    mi_output *o, *p;
    ck_assert_int_eq(mi_output_open(&o, "a.txt", false, &err), 0);
    ck_assert_int_eq(mi_output_open(&p, "a.txt", false, &err), 0);
    mi_output_abort(o);
    ck_assert_int_eq(files(), 1);
    mi_output_abandon_all(); /* what a signal handler does */
    ck_assert_int_eq(files(), 0);
    mi_output_abort(p);
    mi_output_abort(NULL);
    ck_assert_int_eq(err.cls, MI_E_NONE);
}
END_TEST

START_TEST(existing_file_is_kept)
{
    mi_err err = MI_ERR_EMPTY, again = MI_ERR_EMPTY;
    mi_output *o;
    char text[64];
    struct stat st;
    ck_assert_int_eq(system("printf old >a.txt && chmod 600 a.txt"), 0);
    ck_assert_int_eq(mi_output_open(&o, "a.txt", false, &err), -1);
    ck_assert_ptr_null(o);
    ck_assert_int_eq(err.cls, MI_E_CANTCREATE);
    ck_assert_str_eq(err.subject, "a.txt");
    ck_assert_int_eq(mi_output_open(&o, "a.txt", true, &again), 0);
    ck_assert_int_eq(mi_output_write(o, "new", 3, &again), 0);
    content("a.txt", text, sizeof text);
    ck_assert_str_eq(text, "old");
    ck_assert_int_eq(mi_output_commit(o, &again), 0);
    content("a.txt", text, sizeof text);
    ck_assert_str_eq(text, "new");
    ck_assert_int_eq(stat("a.txt", &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
}
END_TEST

/* A file that appears while we work is not overwritten either. */
START_TEST(late_file_is_kept)
{
    mi_err err = MI_ERR_EMPTY;
    mi_output *o;
    char text[64];
    ck_assert_int_eq(mi_output_open(&o, "a.txt", false, &err), 0);
    ck_assert_int_eq(mi_output_write(o, "ours", 4, &err), 0);
    ck_assert_int_eq(system("printf theirs >a.txt"), 0);
    ck_assert_int_eq(mi_output_commit(o, &err), -1);
    ck_assert_int_eq(err.cls, MI_E_CANTCREATE);
    content("a.txt", text, sizeof text);
    ck_assert_str_eq(text, "theirs");
    ck_assert_int_eq(files(), 1);
}
END_TEST

START_TEST(places_that_cannot_be_written)
{
    const char *path[] = { ".", "none/a.txt", "a/b/" };
    for (int i = 0; i < MI_COUNT(path); i++) {
        mi_err err = MI_ERR_EMPTY;
        mi_output *o;
        ck_assert_int_eq(mi_output_open(&o, path[i], true, &err), -1);
        ck_assert_int_eq(err.cls, MI_E_CANTCREATE);
    }
    ck_assert_int_eq(files(), 0);
}
END_TEST

START_TEST(long_name_fits)
{
    mi_err err = MI_ERR_EMPTY;
    mi_output *o;
    char name[256];
    memset(name, 'x', 255);
    name[255] = 0;
    ck_assert_int_eq(mi_output_open(&o, name, false, &err), 0);
    ck_assert_int_eq(mi_output_commit(o, &err), 0);
    ck_assert_int_eq(access(name, F_OK), 0);
}
END_TEST

START_TEST(full_device_is_told)
{
    mi_err err = MI_ERR_EMPTY;
    mi_output *o;
    if (access("/dev/full", W_OK) != 0) {
        printf("SKIP: full_device_is_told, there is no /dev/full\n");
        return;
    }
    ck_assert_int_eq(mi_output_open(&o, "/dev/full", false, &err), 0);
    ck_assert_int_eq(mi_output_write(o, "x", 1, &err), -1);
    ck_assert_int_eq(err.cls, MI_E_IO);
    mi_output_abort(o);
    ck_assert_int_eq(access("/dev/full", F_OK), 0);
}
END_TEST

/* ---- records ---- */

static cJSON *sample(const char *status)
{
    cJSON *r = cJSON_CreateObject(), *roi = cJSON_CreateObject(), *f = cJSON_CreateObject();
    cJSON *m = cJSON_CreateObject(), *v = cJSON_CreateObject(), *x = cJSON_CreateObject();
    mi_json_add_string(r, "schema", "s/1");
    mi_json_add_string(r, "status", status);
    mi_json_add_string(r, "case", "P1");
    mi_json_add_string(r, "image", "a,\"b\".nii");
    mi_json_add_string(roi, "mask", "m\tn.nii");
    mi_json_add_number(roi, "label", 3);
    mi_json_add_string(roi, "name", "two\nlines");
    mi_json_add_number(roi, "voxels", 1e6);
    mi_json_add(r, "roi", roi);
    mi_json_add_string(x, "age", "61");
    mi_json_add_string(x, "name", " x");
    mi_json_add(r, "extra", x);
    mi_json_add_number(f, "stat.mean", 0.1);
    mi_json_add_number(f, "stat.skewness", NAN);
    mi_json_add(r, "features", f);
    mi_json_add_number(v, "value", 2.5);
    mi_json_add_string(v, "unit", "mm");
    mi_json_add(m, "size.longest", v);
    mi_json_add(r, "measures", m);
    return r;
}

static const char *const columns[] = { "stat.mean", "stat.skewness", "size.longest",
                                       "stat.absent" };
static const char *const extra[] = { "age", "name", NULL };

/* `n` records in a form, as text. */
static void written(mi_form form, int n, char *out, size_t size)
{
    mi_err err = MI_ERR_EMPTY;
    mi_output *o;
    mi_records *r;
    ck_assert_int_eq(mi_output_open(&o, "r", true, &err), 0);
    ck_assert_int_eq(mi_records_open(&r, o, form, columns, 4, extra, &err), 0);
    for (int i = 0; i < n; i++) {
        cJSON *j = sample("ok");
        ck_assert_int_eq(mi_records_add(r, j, &err), 0);
        cJSON_Delete(j);
    }
    ck_assert_int_eq(mi_records_end(r, &err), 0);
    ck_assert_int_eq(mi_output_commit(o, &err), 0);
    content("r", out, size);
}

START_TEST(tables)
{
    char text[4096];
    const char *csv_head =
        "case,image,mask,label,name,voxels,status,error_class,error_message,warnings,age,"
        "extra.name,stat.mean,stat.skewness,size.longest,stat.absent\n";
    written(MI_FORM_CSV, 0, text, sizeof text);
    ck_assert_str_eq(text, csv_head);
    written(MI_FORM_CSV, 2, text, sizeof text);
    ck_assert_int_eq(strncmp(text, csv_head, strlen(csv_head)), 0);
    const char *row =
        "P1,\"a,\"\"b\"\".nii\",m\tn.nii,3,\"two\nlines\",1000000,ok,,,,61,\" x\",0.1,,2.5,\n";
    ck_assert_int_eq(strncmp(text + strlen(csv_head), row, strlen(row)), 0);
    ck_assert_str_eq(text + strlen(csv_head) + strlen(row), row);
    written(MI_FORM_TSV, 1, text, sizeof text);
    ck_assert_str_eq(
        strchr(text, '\n') + 1,
        "P1\ta,\"b\".nii\tm n.nii\t3\ttwo lines\t1000000"
                     "\tok\tn/a\tn/a\tn/a\t61\t x\t0.1\tn/a\t2.5\tn/a\n");
}
END_TEST

START_TEST(json_forms)
{
    char text[8192], line[4096];
    written(MI_FORM_JSONL, 0, text, sizeof text);
    ck_assert_str_eq(text, "");
    written(MI_FORM_JSONL, 1, line, sizeof line);
    ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
    written(MI_FORM_JSONL, 2, text, sizeof text);
    ck_assert_int_eq(strncmp(text, line, strlen(line)), 0);
    ck_assert_str_eq(text + strlen(line), line);
    ck_assert_ptr_nonnull(strstr(line, "\"stat.mean\":0.1,\"stat.skewness\":null"));
    written(MI_FORM_JSON, 0, text, sizeof text);
    ck_assert_str_eq(text, "[]\n");
    written(MI_FORM_JSON, 2, text, sizeof text);
    cJSON *j = cJSON_ParseWithOpts(text, NULL, 1);
    ck_assert_int_eq(cJSON_GetArraySize(j), 2);
    cJSON_Delete(j);
    ck_assert_int_eq(strncmp(text, "[\n  {\n    \"schema\": \"s/1\",\n", 27), 0);
}
END_TEST

START_TEST(error_record)
{
    mi_err err = MI_ERR_EMPTY;
    mi_fail(&err, MI_E_GEOMETRY, "resample", "grids differ by %d mm", 3);
    mi_err_subject(&err, "m.nii");
    cJSON *roi = cJSON_CreateObject();
    mi_json_add_string(roi, "mask", "m.nii");
    cJSON *r = mi_record_error("s/1", "P1", "a.nii", roi, &err, 65);
    char *line = mi_json_line(r, false);
    ck_assert_str_eq(
        line, "{\"schema\":\"s/1\",\"status\":\"error\",\"case\":\"P1\",\"image\":\"a.nii\","
              "\"roi\":{\"mask\":\"m.nii\"},\"error\":{\"class\":\"geometry\",\"code\":65,"
              "\"subject\":\"m.nii\",\"message\":\"grids differ by 3 mm\",\"hint\":\"resample\"}}");
    free(line);
    cJSON_Delete(r);
    r = mi_record_error("s/1", NULL, NULL, NULL, &err, 65);
    ck_assert_ptr_null(cJSON_GetObjectItem(r, "case"));
    ck_assert_ptr_null(cJSON_GetObjectItem(r, "roi"));
    cJSON_Delete(r);
    cJSON_Delete(roi);
}
END_TEST

START_TEST(form_by_name)
{
    ck_assert_int_eq(mi_form_of_name("a.jsonl"), MI_FORM_JSONL);
    ck_assert_int_eq(mi_form_of_name("d.csv/a.JSON"), MI_FORM_JSON);
    ck_assert_int_eq(mi_form_of_name("a.b.csv"), MI_FORM_CSV);
    ck_assert_int_eq(mi_form_of_name("a.tsv"), MI_FORM_TSV);
    ck_assert_int_eq(mi_form_of_name("d.csv/a"), -1);
    ck_assert_int_eq(mi_form_of_name("csv"), -1);
    ck_assert_int_eq(mi_form_of_name(NULL), -1);
}
END_TEST

/* ---- shared files ---- */

START_TEST(share_order)
{
    mi_err err = MI_ERR_EMPTY;
    int n;
    ck_assert_int_eq(
        system("mkdir -p one/presets x/mi/presets y/mi/presets && touch one/presets/b.json "
               "x/mi/presets/a.json x/mi/presets/b.json y/mi/presets/zz.json y/mi/presets/.h.json "
               "y/mi/presets/n.txt"),
        0);
    mi_share s = { "one", "none:x::y" };
    char *path = mi_share_find(&s, "presets/b.json", &err);
    ck_assert_str_eq(path, "one/presets/b.json");
    free(path);
    path = mi_share_find(&s, "presets/zz.json", &err);
    ck_assert_str_eq(path, "y/mi/presets/zz.json");
    free(path);
    char **names = mi_share_names(&s, "presets", &n, &err);
    ck_assert_int_ge(n, 3);
    int twice = 0;
    for (int i = 0; i < n; i++) {
        twice += strcmp(names[i], "b") == 0;
        ck_assert(i == 0 || strcmp(names[i - 1], names[i]) < 0);
    }
    ck_assert_int_eq(twice, 1);
    ck_assert_str_eq(names[n - 1], "zz");
    ck_assert_ptr_null(names[n]);
    mi_share_names_free(names);
    ck_assert_ptr_null(mi_share_find(&s, "presets/no-such-preset.json", &err));
    ck_assert_int_eq(err.cls, MI_E_NOINPUT);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("output");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, file_appears_when_complete);
    tcase_add_test(t, abort_leaves_nothing);
    tcase_add_test(t, existing_file_is_kept);
    tcase_add_test(t, late_file_is_kept);
    tcase_add_test(t, places_that_cannot_be_written);
    tcase_add_test(t, long_name_fits);
    tcase_add_test(t, full_device_is_told);
    tcase_add_test(t, tables);
    tcase_add_test(t, json_forms);
    tcase_add_test(t, error_record);
    tcase_add_test(t, form_by_name);
    tcase_add_test(t, share_order);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
