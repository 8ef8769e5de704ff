/* --fail-on and --list-warnings: the codes of warnings. */
#include <string.h>
#include "base/json.h"
#include "base/warnings.h"
#include "cli/internal.h"

bool mi_flag_is(const char *flag, const char *code)
{
    for (; code && *flag; flag++, code++)
        if ((*flag == '-' ? '_' : *flag) != (*code == '-' ? '_' : *code))
            return false;
    return code && !*flag && !*code;
}

enum { KNOWN_MAX = 128 };

/* "undefined", "error" and every code; NULL-terminated. */
static void fill_known(const char *known[KNOWN_MAX])
{
    int n = 0;
    known[n++] = "undefined";
    known[n++] = "error";
    for (const mi_warning_row *w = mi_warning_rows; w->code && n < KNOWN_MAX - 1; w++)
        known[n++] = w->code;
    known[n] = NULL;
}

int mi_flags_check(const mi_context *c, mi_err *err)
{
    const char *known[KNOWN_MAX];
    fill_known(known);
    for (int i = 0; i < c->common.fail_on.n; i++) {
        const char *flag = c->common.fail_on.item[i];
        int k = 0;
        while (known[k] && !mi_flag_is(flag, known[k]))
            k++;
        if (known[k])
            continue;
        const char *near = mi_nearest(flag, known);
        mi_fail(err, MI_E_USAGE, NULL, "'%s' is no code of a warning", flag);
        mi_err_subject(err, "--fail-on");
        if (near)
            mi_err_hint(err, "did you mean %s? --list-warnings shows all", near);
        else
            mi_err_hint(err, "give undefined, error, or a code of --list-warnings");
        return -1;
    }
    return 0;
}

cJSON *mi_warnings_rows(mi_context *c, mi_err *err)
{
    (void)c;
    cJSON *all = cJSON_CreateArray();
    for (const mi_warning_row *w = mi_warning_rows; all && w->code; w++) {
        cJSON *j = cJSON_CreateObject();
        if (mi_json_add_string(j, "code", w->code) &&
            mi_json_add_string(j, "meaning", w->meaning) && cJSON_AddItemToArray(all, j))
            continue;
        cJSON_Delete(j);
        cJSON_Delete(all);
        all = NULL;
    }
    if (!all)
        mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the warnings");
    return all;
}

int mi_warnings_print(mi_context *c, mi_output *o, mi_err *err)
{
    (void)c;
    mi_text t = MI_TEXT_EMPTY;
    for (const mi_warning_row *w = mi_warning_rows; w->code; w++)
        mi_text_addf(&t, "%-24s %s\n", w->code, w->meaning);
    return mi_put(o, &t, err);
}
