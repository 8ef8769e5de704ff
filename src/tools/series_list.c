#include "tools/series_list.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "io/source.h"

static double number(const cJSON *o, const char *key, double otherwise)
{
    double x;
    const cJSON *i = cJSON_GetObjectItemCaseSensitive(o, key);
    return i && mi_json_get_number(i, &x) ? x : otherwise;
}

static const char *text(const cJSON *o, const char *key)
{
    const cJSON *i = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsString(i) ? i->valuestring : "";
}

static void vector(mi_text *t, const cJSON *o, const char *key)
{
    const cJSON *a = cJSON_GetObjectItemCaseSensitive(o, key), *i;
    int n = 0;
    cJSON_ArrayForEach(i, a)
    {
        double x = 0;
        mi_json_get_number(i, &x);
        mi_text_addf(t, "%s%g", n++ ? "x" : "", x);
    }
    if (n == 0)
        mi_text_add(t, "-");
}

static void row(mi_text *t, const cJSON *s)
{
    const cJSON *wrong = cJSON_GetObjectItemCaseSensitive(s, "wrong"), *i;
    char no[24] = "-";
    double n = number(s, "number", -1);
    if (n >= 0)
        snprintf(no, sizeof no, "%.0f", n);
    mi_text_addf(t, "%-6s %-23s %-9s %5.0f  ", no, text(s, "series"), text(s, "modality"),
                 number(s, "images", 0));
    vector(t, s, "size");
    mi_text_add(t, "  ");
    vector(t, s, "spacing");
    if (number(s, "volumes", 1) > 1)
        mi_text_addf(t, "  %.0f volumes", number(s, "volumes", 1));
    mi_text_addf(t, "%s%s\n", *text(s, "description") ? "  " : "", text(s, "description"));
    cJSON_ArrayForEach(i, wrong)
    {
        mi_text_addf(t, "       ! %s\n", i->valuestring);
    }
}

/* The series as text. */
static void add_text(mi_text *t, const cJSON *facts, const mi_keep *keep)
{
    const cJSON *i;
    mi_text_addf(t, "%-6s %-23s %-9s %5s  size  spacing (mm)%s\n", "number", "series", "modality",
                 "images", keep->descriptions ? "  description" : "");
    cJSON_ArrayForEach(i, cJSON_GetObjectItemCaseSensitive(facts, "series"))
        row(t, i);
    if (number(facts, "not_dicom", 0) > 0 || number(facts, "damaged", 0) > 0)
        mi_text_addf(t, "%.0f files are no DICOM, %.0f cannot be read\n",
                     number(facts, "not_dicom", 0), number(facts, "damaged", 0));
}

static int put_series(mi_output *o, int form, const cJSON *facts, const mi_keep *keep, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    if (form >= 0)
        return mi_rows_write(o, (mi_form)form, cJSON_GetObjectItemCaseSensitive(facts, "series"),
                             err);
    add_text(&t, facts, keep);
    int rc = t.failed ? mi_fail(err, MI_E_MEMORY, NULL, "no memory for the list")
                      : mi_output_write(o, mi_text_ref(&t), t.len, err);
    mi_text_free(&t);
    return rc;
}

static int write_series(mi_context *c, const cJSON *facts, const mi_keep *keep, mi_err *err)
{
    mi_output *o = NULL;
    int form = c->common.form >= 0 ? c->common.form : mi_form_of_name(c->common.output);
    if (mi_output_open(&o, c->common.output, c->common.force, err) != 0)
        return -1;
    if (put_series(o, form, facts, keep, err) == 0)
        return mi_output_commit(o, err);
    mi_output_abort(o);
    return -1;
}

int mi_series_list(mi_context *c, const char *path, const mi_keep *keep, mi_err *err)
{
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_source *s = NULL;
    cJSON *facts = NULL;
    int rc = -1;
    opts.list_only = true;
    opts.keep = *keep;
    if (mi_source_open(&s, path, &opts, err) == 0 && (facts = mi_source_facts(s, err))) {
        if (cJSON_GetObjectItemCaseSensitive(facts, "series"))
            rc = write_series(c, facts, keep, err);
        else
            mi_fail(err, MI_E_DATA, "name a folder with DICOM files, or a DICOM file",
                    "not DICOM: there are no series");
        if (rc != 0)
            mi_err_subject(err, path);
    }
    mi_source_close(s);
    cJSON_Delete(facts);
    return rc;
}
