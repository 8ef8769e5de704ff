/* Records out in four forms. */
#include "io/record.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

const char *const mi_form_names[] = { "jsonl", "json", "csv", "tsv", NULL };

struct mi_records {
    mi_output *o;
    mi_form form;
    const char *const *columns;
    int n_columns;
    const char *const *extra;
    mi_text text; /* JSON: the document so far; tables: the header until the first row is out */
    int n;
};

int mi_form_of_name(const char *path)
{
    const char *dot = path ? strrchr(path, '.') : NULL;
    if (!dot || strchr(dot, '/'))
        return -1;
    for (int i = 0; mi_form_names[i]; i++)
        if (strcasecmp(dot + 1, mi_form_names[i]) == 0)
            return i;
    return -1;
}

/* ---- cells ---- */

static void put_csv(mi_text *t, const char *s)
{
    size_t len = strlen(s);
    bool quote = strpbrk(s, ",\"\r\n") || (len > 0 && (s[0] == ' ' || s[len - 1] == ' '));
    if (!quote) {
        mi_text_add(t, s);
        return;
    }
    mi_text_add(t, "\"");
    for (const char *p = s; *p; p++)
        mi_text_add(t, *p == '"' ? "\"\"" : (char[2]) { *p, 0 });
    mi_text_add(t, "\"");
}

/* TSV has no quoting: a tab or an end of line inside a cell becomes a blank. */
static void put_tsv(mi_text *t, const char *s)
{
    for (const char *p = s; *p; p++)
        mi_text_addn(t, strchr("\t\r\n", *p) ? " " : p, 1);
}

static void put_text(const mi_records *r, mi_text *t, const char *s)
{
    if (r->form == MI_FORM_CSV)
        put_csv(t, s ? s : "");
    else
        put_tsv(t, s ? s : "n/a");
}

static void put_json(const mi_records *r, mi_text *t, const cJSON *item)
{
    char number[MI_NUMBER_SIZE];
    double x;
    if (!item || cJSON_IsNull(item))
        put_text(r, t, NULL);
    else if (cJSON_IsString(item))
        put_text(r, t, item->valuestring);
    else if (cJSON_IsBool(item))
        put_text(r, t, cJSON_IsTrue(item) ? "true" : "false");
    else if (cJSON_IsRaw(item)) /* numbers of our own making */
        put_text(r, t, item->valuestring);
    else if (mi_json_get_number(item, &x))
        put_text(r, t, mi_number(x, number));
    else {
        char *line = mi_json_line(item, false);
        if (line)
            put_text(r, t, line);
        else
            t->failed = true;
        free(line);
    }
}

static const cJSON *get(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* ---- tables ---- */

/* The columns that every table has, in this order. */
static const char *const fixed[] = {
    "case",   "image",  "mask",        "label",         "name",
    "voxels", "status", "error_class", "error_message", "warnings"
};

static void put_error_message(const mi_records *r, mi_text *t, const cJSON *error)
{
    const cJSON *subject = get(error, "subject"), *message = get(error, "message");
    mi_text s = MI_TEXT_EMPTY;
    if (cJSON_IsString(subject) && *subject->valuestring)
        mi_text_addf(&s, "%s: ", subject->valuestring);
    if (cJSON_IsString(message))
        mi_text_add(&s, message->valuestring);
    t->failed = t->failed || s.failed;
    put_text(r, t, s.len > 0 ? mi_text_ref(&s) : NULL);
    mi_text_free(&s);
}

/* Codes of the record's warnings, parted by ';'; "undefined" once for all features that are
   null. */
static void put_warnings(const mi_records *r, mi_text *t, const cJSON *warnings)
{
    mi_text s = MI_TEXT_EMPTY;
    const cJSON *w;
    bool undefined = false;
    cJSON_ArrayForEach(w, warnings)
    {
        const cJSON *code = get(w, "code");
        if (!cJSON_IsString(code) && (undefined || !get(w, "feature")))
            continue;
        undefined = undefined || !cJSON_IsString(code);
        mi_text_addf(&s, "%s%s", s.len ? ";" : "",
                     cJSON_IsString(code) ? code->valuestring : "undefined");
    }
    t->failed = t->failed || s.failed;
    put_text(r, t, s.len > 0 ? mi_text_ref(&s) : NULL);
    mi_text_free(&s);
}

static void put_fixed(const mi_records *r, mi_text *t, const cJSON *record, int i)
{
    const cJSON *error = get(record, "error");
    const char *key = fixed[i];
    if (strcmp(key, "error_class") == 0)
        put_json(r, t, get(error, "class"));
    else if (strcmp(key, "error_message") == 0)
        put_error_message(r, t, error);
    else if (strcmp(key, "warnings") == 0)
        put_warnings(r, t, get(record, "warnings"));
    else if (i >= 2 && i <= 5)
        put_json(r, t, get(get(record, "roi"), key));
    else
        put_json(r, t, get(record, key));
}

static const cJSON *find_value(const cJSON *record, const char *key)
{
    static const char *const where[] = { "features", "measures", "scores", "roi" };
    for (int i = 0; i < MI_COUNT(where); i++) {
        const cJSON *item = get(get(record, where[i]), key);
        if (cJSON_IsObject(item) && get(item, "value"))
            item = get(item, "value");
        if (item)
            return item;
    }
    return NULL;
}

static const char *separator(const mi_records *r)
{
    return r->form == MI_FORM_CSV ? "," : "\t";
}

static bool is_fixed(const char *name)
{
    for (int i = 0; i < MI_COUNT(fixed); i++)
        if (strcasecmp(fixed[i], name) == 0)
            return true;
    return false;
}

static void put_header(mi_records *r)
{
    mi_text *t = &r->text;
    for (int i = 0; i < MI_COUNT(fixed); i++)
        mi_text_addf(t, "%s%s", i ? separator(r) : "", fixed[i]);
    for (const char *const *p = r->extra; p && *p; p++) {
        mi_text name = MI_TEXT_EMPTY;
        mi_text_addf(&name, "%s%s", is_fixed(*p) ? "extra." : "", *p);
        t->failed = t->failed || name.failed;
        mi_text_add(t, separator(r));
        put_text(r, t, mi_text_ref(&name));
        mi_text_free(&name);
    }
    for (int i = 0; i < r->n_columns; i++) {
        mi_text_add(t, separator(r));
        put_text(r, t, r->columns[i]);
    }
    mi_text_add(t, "\n");
}

static void put_row(const mi_records *r, mi_text *t, const cJSON *record)
{
    for (int i = 0; i < MI_COUNT(fixed); i++) {
        if (i)
            mi_text_add(t, separator(r));
        put_fixed(r, t, record, i);
    }
    for (const char *const *p = r->extra; p && *p; p++) {
        mi_text_add(t, separator(r));
        put_json(r, t, get(get(record, "extra"), *p));
    }
    for (int i = 0; i < r->n_columns; i++) {
        mi_text_add(t, separator(r));
        put_json(r, t, find_value(record, r->columns[i]));
    }
    mi_text_add(t, "\n");
}

/* ---- the writer ---- */

static int no_memory(mi_err *err)
{
    return mi_fail(err, MI_E_MEMORY, NULL, "out of memory for a record");
}

int mi_records_open(mi_records **out, mi_output *o_borrow, mi_form form, const char *const *columns,
                    int n_columns, const char *const *extra, mi_err *err)
{
    mi_records *r = mi_array_zero(1, sizeof *r, err);
    *out = NULL;
    if (!r)
        return -1;
    r->o = o_borrow;
    r->form = form;
    r->columns = columns;
    r->n_columns = n_columns;
    r->extra = extra;
    if (form == MI_FORM_CSV || form == MI_FORM_TSV)
        put_header(r);
    *out = r;
    return 0;
}

static int add_line(mi_records *r, const cJSON *record, mi_err *err)
{
    char *line = mi_json_line(record, false);
    if (!line)
        return no_memory(err);
    size_t len = strlen(line);
    line[len] = '\n'; /* in place of the end mark: the write counts its bytes */
    int rc = mi_output_write(r->o, line, len + 1, err);
    free(line);
    return rc;
}

static int add_document(mi_records *r, const cJSON *record, mi_err *err)
{
    char *pretty = mi_json_pretty(record);
    if (!pretty)
        return no_memory(err);
    mi_text_add(&r->text, r->n == 0 ? "[\n  " : ",\n  ");
    for (char *p = pretty; *p;) {
        size_t len = strcspn(p, "\n");
        mi_text_addn(&r->text, p, len);
        p += len;
        if (*p && *++p)
            mi_text_add(&r->text, "\n  ");
    }
    free(pretty);
    return r->text.failed ? no_memory(err) : 0;
}

static int add_row(mi_records *r, const cJSON *record, mi_err *err)
{
    put_row(r, &r->text, record); /* behind the header when it is the first */
    int rc = r->text.failed ? no_memory(err) : mi_output_write(r->o, r->text.s, r->text.len, err);
    r->text.len = 0;
    return rc;
}

int mi_records_add(mi_records *r, const cJSON *record, mi_err *err)
{
    int rc;
    if (!mi_json_whole(record))
        return no_memory(err);
    if (r->form == MI_FORM_JSONL)
        rc = add_line(r, record, err);
    else if (r->form == MI_FORM_JSON)
        rc = add_document(r, record, err);
    else
        rc = add_row(r, record, err);
    r->n++;
    return rc;
}

int mi_records_end(mi_records *r, mi_err *err)
{
    int rc = 0;
    if (r->form == MI_FORM_JSON)
        mi_text_add(&r->text, r->n == 0 ? "[]\n" : "\n]\n");
    if (r->text.failed)
        rc = no_memory(err);
    else if (r->text.len > 0)
        rc = mi_output_write(r->o, r->text.s, r->text.len, err);
    mi_records_free(r);
    return rc;
}

void mi_records_free(mi_records *r)
{
    if (!r)
        return;
    mi_text_free(&r->text);
    free(r);
}

cJSON *mi_record_error(const char *schema, const char *case_id, const char *image, const cJSON *roi,
                       const mi_err *e, int code)
{
    cJSON *record = cJSON_CreateObject(), *error = cJSON_CreateObject();
    bool ok = record && error && mi_json_add_string(record, "schema", schema);
    ok = ok && mi_json_add_string(record, "status", "error");
    ok = ok && (!case_id || mi_json_add_string(record, "case", case_id));
    ok = ok && (!image || mi_json_add_string(record, "image", image));
    ok = ok && (!roi || mi_json_add(record, "roi", cJSON_Duplicate(roi, true)));
    ok = ok && mi_json_add_string(error, "class", mi_class_name(e->cls));
    ok = ok && mi_json_add_number(error, "code", code);
    ok = ok && (!*e->subject || mi_json_add_string(error, "subject", e->subject));
    ok = ok && mi_json_add_string(error, "message", e->message);
    ok = ok && (!*e->hint || mi_json_add_string(error, "hint", e->hint));
    if (ok && mi_json_add(record, "error", error))
        return record;
    if (!ok)
        cJSON_Delete(error);
    cJSON_Delete(record);
    return NULL;
}

/* ---- lists ---- */

/* The members of all rows, as an object of nulls. */
static cJSON *columns_of(const cJSON *rows)
{
    const cJSON *row, *cell;
    cJSON *all = cJSON_CreateObject();
    cJSON_ArrayForEach(row, rows)
        cJSON_ArrayForEach(cell, row)
            if (!all || (cell->string && !get(all, cell->string) &&
                         !cJSON_AddNullToObject(all, cell->string))) {
                cJSON_Delete(all);
                return NULL;
            }
    return all;
}

static bool add_table(mi_text *t, mi_form form, const cJSON *rows)
{
    const mi_records r = { .form = form };
    const char *separator = form == MI_FORM_CSV ? "," : "\t";
    const cJSON *row, *column;
    cJSON *columns = columns_of(rows);
    cJSON_ArrayForEach(column, columns) {
        mi_text_add(t, column == columns->child ? "" : separator);
        put_text(&r, t, column->string);
    }
    mi_text_add(t, "\n");
    cJSON_ArrayForEach(row, rows) {
        cJSON_ArrayForEach(column, columns) {
            mi_text_add(t, column == columns->child ? "" : separator);
            put_json(&r, t, get(row, column->string));
        }
        mi_text_add(t, "\n");
    }
    cJSON_Delete(columns);
    return columns != NULL;
}

static bool add_lines(mi_text *t, const cJSON *rows)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, rows) {
        char *line = mi_json_line(row, false);
        if (!line)
            return false;
        mi_text_addf(t, "%s\n", line);
        free(line);
    }
    return true;
}

int mi_rows_write(mi_output *o, mi_form form, const cJSON *rows, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    bool ok = true;
    if (form == MI_FORM_JSON) {
        char *whole = mi_json_pretty(rows);
        ok = whole != NULL;
        mi_text_addf(&t, "%s\n", whole ? whole : "");
        free(whole);
    } else if (form == MI_FORM_JSONL) {
        ok = add_lines(&t, rows);
    } else {
        ok = add_table(&t, form, rows);
    }
    int rc = ok && !t.failed ? mi_output_write(o, mi_text_ref(&t), t.len, err)
                             : mi_fail(err, MI_E_MEMORY, NULL, "no memory for the list");
    mi_text_free(&t);
    return rc;
}
