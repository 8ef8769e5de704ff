/* The table of --batch, checked as a whole before the first case runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/number.h"
#include "cli/batch_internal.h"

const char *mi_case_label(const mi_case *cs, char buf[32])
{
    if (cs->id)
        return cs->id;
    if (cs->number == 0)
        return NULL;
    snprintf(buf, 32, "row %lld", cs->number);
    return buf;
}

static int fail_line(const mi_context *c, int line, mi_err *err)
{
    char subject[480];
    snprintf(subject, sizeof subject, "%.440s:%d", c->common.batch, line);
    mi_err_subject(err, subject);
    return -1;
}

static int column_of(const mi_batch *b, const char *name)
{
    for (int i = 0; b->columns[i].name; i++)
        if (strcasecmp(b->columns[i].name, name) == 0)
            return i;
    return -1;
}

/* ---- unknown columns ---- */

static int note_extra(mi_cases *t, const char *name, mi_err *err)
{
    for (int i = 0; i < t->n_extra; i++)
        if (strcmp(t->extra[i], name) == 0)
            return 0;
    char **more = mi_regrow(t->extra, (size_t)t->n_extra + 2, sizeof *more, err);
    if (!more)
        return -1;
    t->extra = more;
    t->extra[t->n_extra] = mi_strdup(name, err);
    t->extra[t->n_extra + 1] = NULL;
    return t->extra[t->n_extra++] ? 0 : -1;
}

/* ---- one row ---- */

/* Where names of the table start from: the folder of the batch file; a pipe has none. */
static int folder_length(const char *batch)
{
    struct stat st;
    const char *slash = strrchr(batch, '/');
    return slash && stat(batch, &st) == 0 && S_ISREG(st.st_mode) ? (int)(slash - batch) + 1 : 0;
}

/* A path beside the batch file, or as it is. Kept by the table. */
static const char *resolved(mi_cases *t, const mi_context *c, const char *name, mi_err *err)
{
    mi_text s = MI_TEXT_EMPTY;
    if (*name != '/')
        mi_text_addn(&s, c->common.batch, (size_t)folder_length(c->common.batch));
    mi_text_add(&s, name);
    char **more = s.failed ? NULL : mi_regrow(t->path, (size_t)t->n_paths + 1, sizeof *more, err);
    if (!more) {
        mi_text_free(&s);
        mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the table");
        return NULL;
    }
    t->path = more;
    return t->path[t->n_paths++] = s.s;
}

/* The text of a known cell: numbers of JSON Lines become strings in place. NULL when empty; *bad
   when it is neither. */
static const char *cell_text(cJSON *cell, bool *bad)
{
    double x;
    char number[MI_NUMBER_SIZE];
    *bad = false;
    if (cJSON_IsNumber(cell) && mi_json_get_number(cell, &x)) {
        char *s = cJSON_malloc(MI_NUMBER_SIZE);
        if (s) {
            strcpy(s, mi_number(x, number));
            cell->valuestring = s;
            cell->type = cJSON_String;
        }
    }
    if (cJSON_IsString(cell))
        return *cell->valuestring ? cell->valuestring : NULL;
    *bad = !cJSON_IsNull(cell);
    return NULL;
}

static int fill_cell(mi_cases *t, const mi_context *c, const mi_batch *b, mi_case *cs, cJSON *cell,
                     int line, mi_err *err)
{
    int col = column_of(b, cell->string);
    const mi_column *k = &b->columns[col];
    bool bad;
    if (cs->name[col]) {
        mi_fail(err, MI_E_DATA, "rename or remove one of them", "column %s is there twice",
                k->name);
        return fail_line(c, line, err);
    }
    cs->name[col] = cell_text(cell, &bad);
    if (bad) {
        mi_fail(err, MI_E_DATA, "give a text", "%s is neither a text nor a number", k->name);
        return fail_line(c, line, err);
    }
    if (!cs->name[col] || !(k->flags & MI_COL_PATH))
        return 0;
    if (strcmp(cs->name[col], "-") == 0) {
        mi_fail(err, MI_E_DATA, "name the file", "%s is -, a case of a batch needs a file",
                k->name);
        return fail_line(c, line, err);
    }
    cs->path[col] = resolved(t, c, cs->name[col], err);
    return cs->path[col] ? 0 : -1;
}

/* Split a row into the cells the tool knows (they stay in the row) and the others (they move to
   "extra"). */
static int fill_case(mi_cases *t, const mi_context *c, const mi_batch *b, mi_case *cs, cJSON *row,
                     int line, mi_err *err)
{
    cJSON *extra = NULL, *next;
    for (cJSON *cell = row->child; cell; cell = next) {
        next = cell->next;
        if (column_of(b, cell->string) >= 0) {
            if (fill_cell(t, c, b, cs, cell, line, err) != 0)
                return -1;
            continue;
        }
        if (!extra && !(extra = cJSON_AddObjectToObject(row, " extra")))
            return mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the table");
        if (cell == extra)
            continue;
        if (note_extra(t, cell->string, err) != 0)
            return -1;
        cJSON_AddItemToArray(extra, cJSON_DetachItemViaPointer(row, cell));
    }
    cs->extra = extra;
    for (int i = 0; b->columns[i].name; i++) {
        if (strcmp(b->columns[i].name, "case") == 0)
            cs->id = cs->name[i];
        if (b->columns[i].flags & MI_COL_REQUIRED && !cs->name[i]) {
            mi_fail(err, MI_E_DATA, "fill in the cell", "%s is missing", b->columns[i].name);
            return fail_line(c, line, err);
        }
    }
    return 0;
}

/* ---- the whole table ---- */

/* A required column that no row has is told once, with what is there instead. */
static int check_header(const mi_context *c, const mi_batch *b, const cJSON *first, int line,
                        mi_err *err)
{
    for (int i = 0; b->columns[i].name; i++) {
        bool there = false;
        mi_text names = MI_TEXT_EMPTY;
        for (const cJSON *cell = first->child; cell; cell = cell->next) {
            there = there || column_of(b, cell->string) == i;
            mi_text_addf(&names, "%s%s", names.len ? ", " : "", cell->string);
        }
        if (b->columns[i].flags & MI_COL_REQUIRED && !there) {
            mi_fail(err, MI_E_DATA, "the first row names the columns: case,image,mask",
                    "no column %s; there are: %s", b->columns[i].name, mi_text_ref(&names));
            fail_line(c, line, err);
        }
        mi_text_free(&names);
        if (err->cls != MI_E_NONE)
            return -1;
    }
    return 0;
}

typedef struct place {
    const mi_case *cs;
    int line, columns;
} place;

static int by_cells(const void *a, const void *b)
{
    const place *p = a, *q = b;
    for (int i = 0; i < p->columns; i++) {
        const char *s = p->cs->name[i] ? p->cs->name[i] : "",
                   *t = q->cs->name[i] ? q->cs->name[i] : "";
        int d = strcmp(s, t);
        if (d != 0)
            return d;
    }
    return p->line - q->line;
}

/* The same case twice would be two equal rows of the result, and mostly is a slip. */
static int check_twins(const mi_context *c, const mi_batch *b, const mi_cases *t, const int *line,
                       mi_err *err)
{
    int columns = 0, first = -1, second = -1;
    place *p = mi_array((size_t)t->n, sizeof *p, err);
    if (!p)
        return -1;
    while (b->columns[columns].name)
        columns++;
    for (int i = 0; i < t->n; i++)
        p[i] = (place) { &t->item[i], line[i], columns };
    qsort(p, (size_t)t->n, sizeof *p, by_cells);
    for (int i = 1; i < t->n; i++) {
        place twin = p[i - 1];
        twin.line = p[i].line;
        if (by_cells(&twin, &p[i]) == 0 && (second < 0 || p[i].line < second)) {
            first = p[i - 1].line;
            second = p[i].line;
        }
    }
    free(p);
    if (second < 0)
        return 0;
    mi_fail(err, MI_E_DATA, "give each case a name of its own", "the same case as in line %d",
            first);
    return fail_line(c, second, err);
}

static int fill_all(mi_cases *t, const mi_context *c, const mi_batch *b, const int *line,
                    mi_err *err)
{
    int n = cJSON_GetArraySize(t->rows), k = 0;
    if (n == 0) {
        mi_fail(err, MI_E_DATA, "give a row for each case: case,image,mask", "names no cases");
        mi_err_subject(err, c->common.batch);
        return -1;
    }
    t->item = mi_array_zero((size_t)n, sizeof *t->item, err);
    if (!t->item || check_header(c, b, t->rows->child, line[0] > 1 ? line[0] - 1 : 1, err) != 0)
        return -1;
    for (cJSON *row = t->rows->child; row; row = row->next, k++) {
        t->item[k].number = k + 1;
        if (fill_case(t, c, b, &t->item[k], row, line[k], err) != 0)
            return -1;
    }
    t->n = n;
    return check_twins(c, b, t, line, err);
}

/* Every N-th case from the K-th on, so that array jobs K/N share the work. */
static int cut(mi_cases *t, const char *part, mi_err *err)
{
    const char *slash = part ? strchr(part, '/') : NULL;
    char first[24] = "";
    long long k, of;
    int n = 0;
    if (!part)
        return 0;
    if (slash && (size_t)(slash - part) < sizeof first)
        memcpy(first, part, (size_t)(slash - part));
    if (!slash || !mi_parse_int(first, &k) || !mi_parse_int(slash + 1, &of) || k < 1 || k > of) {
        mi_fail(err, MI_E_USAGE, "parts count from 1: --part 1/20 to --part 20/20",
                "'%s' is not a part: give K/N with K from 1 to N", part);
        mi_err_subject(err, "--part");
        return -1;
    }
    for (int i = 0; i < t->n; i++)
        if (i % of == k - 1)
            t->item[n++] = t->item[i];
    t->n = n;
    return 0;
}

int mi_cases_read(mi_cases *out, const mi_context *c, const mi_batch *b, mi_err *err)
{
    mi_text text = MI_TEXT_EMPTY;
    int *line = NULL, columns = 0;
    while (b->columns[columns].name)
        columns++;
    if (columns > MI_COLUMNS_MAX)
        return mi_fail(err, MI_E_INTERNAL, NULL, "more than %d columns", MI_COLUMNS_MAX);
    int rc = mi_slurp(c->common.batch, &text, err);
    if (rc == 0 && text.len == 0 && strcmp(c->common.batch, "-") == 0) {
        rc = mi_fail(err, MI_E_DATA,
                     "the command before this one in the pipe wrote nothing; "
                     "see its message, or use: set -o pipefail",
                     "no data on stdin");
        mi_err_subject(err, "-");
    }
    if (rc == 0)
        out->rows = mi_rows_parse(mi_text_ref(&text), c->common.batch, &line, err);
    rc = out->rows ? fill_all(out, c, b, line, err) : -1;
    if (rc == 0)
        rc = cut(out, c->common.part, err);
    free(line);
    mi_text_free(&text);
    return rc;
}

void mi_cases_free(mi_cases *t)
{
    for (int i = 0; i < t->n_paths; i++)
        free(t->path[i]);
    for (int i = 0; i < t->n_extra; i++)
        free(t->extra[i]);
    free(t->path);
    free(t->extra);
    free(t->item);
    cJSON_Delete(t->rows);
    *t = (mi_cases)MI_CASES_EMPTY;
}
