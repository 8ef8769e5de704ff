#include "dicom_case.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "shim/module.h"

bool lacking(const char *test)
{
    mi_err err = MI_ERR_EMPTY;
    if (mi_module_open("mi-dicom", &err))
        return false;
    int n = (int)strlen(test);
    printf("SKIP: %.*s, %s\n", n > 3 && strcmp(test + n - 3, "_fn") == 0 ? n - 3 : n, test,
           err.message);
    return true;
}

void add_series(const char *folder, const char *prefix, int n, dw_syntax syntax, change_spec change,
                edit_object edit)
{
    for (int k = 0; k < n; k++) {
        char name[64];
        dw_spec s = dw_spec_ct();
        s.instance = k + 1;
        s.position[2] += 3 * k;
        if (change)
            change(k, &s);
        dw *d = dw_image(&s);
        if (edit)
            edit(k, d);
        snprintf(name, sizeof name, "%s%03d", prefix, n - k);
        dw_write(d, syntax, dw_path(folder, name));
        dw_free(d);
    }
}

char *series_of(int n, change_spec change, edit_object edit)
{
    char *folder = dw_folder();
    add_series(folder, "IM", n, DW_EXPLICIT, change, edit);
    return folder;
}

mi_volume read_with(const char *path, const mi_source_opts *opts)
{
    mi_volume v = MI_VOLUME_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_msg(mi_volume_read(&v, path, opts, &err) == 0, "%s: %s", path, err.message);
    return v;
}

mi_volume read_volume(const char *path)
{
    const mi_source_opts opts = MI_SOURCE_OPTS;
    return read_with(path, &opts);
}

mi_err refused_with(const char *path, const mi_source_opts *opts)
{
    mi_volume v = MI_VOLUME_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    int rc = mi_volume_read(&v, path, opts, &err);
    mi_volume_free(&v);
    ck_assert_msg(rc != 0, "%s was read", path);
    ck_assert_int_ne(err.cls, MI_E_NONE);
    ck_assert_int_ne(err.cls, MI_E_INTERNAL);
    ck_assert_msg(err.message[0], "no message");
    return err;
}

mi_err refused(const char *path)
{
    const mi_source_opts opts = MI_SOURCE_OPTS;
    return refused_with(path, &opts);
}

double value_at(const mi_volume *v, int64_t x, int64_t y, int64_t z)
{
    const mi_box b = { { x, y, z }, { x + 1, y + 1, z + 1 } };
    mi_err err = MI_ERR_EMPTY;
    double value;
    ck_assert_msg(mi_volume_load(v, &b, &value, &err) == 0, "%s", err.message);
    return value;
}

bool warned(const mi_volume *v, const char *code)
{
    for (int i = 0; i < v->warnings.n; i++)
        if (v->warnings.item[i].code && strcmp(v->warnings.item[i].code, code) == 0)
            return true;
    return false;
}

cJSON *facts_of(const char *path)
{
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_source *s = NULL;
    mi_err err = MI_ERR_EMPTY;
    opts.list_only = true;
    ck_assert_msg(mi_source_open(&s, path, &opts, &err) == 0, "%s: %s", path, err.message);
    cJSON *facts = mi_source_facts(s, &err);
    mi_source_close(s);
    ck_assert_msg(facts != NULL, "%s: %s", path, err.message);
    return facts;
}

int run_suite(Suite *s_take)
{
    mi_module_path(getenv("MI_MODULES"));
    SRunner *r = srunner_create(s_take);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
