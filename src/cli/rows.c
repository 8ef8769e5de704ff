/* Tables of cells: CSV as in RFC 4180 and JSON Lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/batch_internal.h"

typedef struct reader {
    const char *s, *path;
    int line;
    char separator;
    mi_text cell;
} reader;

typedef struct row_list {
    cJSON *rows;
    int *line;
    int n, cap;
} row_list;

static int fail_line(const reader *r, int line, mi_err *err)
{
    char subject[480];
    snprintf(subject, sizeof subject, "%.440s:%d", r->path, line);
    mi_err_subject(err, subject);
    return -1;
}

static int no_memory(mi_err *err)
{
    return mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the table");
}

/* Takes row. */
static int add_row(row_list *l, cJSON *row, int line, mi_err *err)
{
    if (l->n == l->cap) {
        int cap = l->cap ? 2 * l->cap : 64;
        int *more = mi_regrow(l->line, (size_t)cap, sizeof *more, err);
        if (!more) {
            cJSON_Delete(row);
            return -1;
        }
        l->line = more;
        l->cap = cap;
    }
    if (!row || !cJSON_AddItemToArray(l->rows, row)) {
        cJSON_Delete(row);
        return no_memory(err);
    }
    l->line[l->n++] = line;
    return 0;
}

/* ---- CSV ---- */

static bool at_end_of_row(const reader *r)
{
    return *r->s == 0 || *r->s == '\n' || (*r->s == '\r' && (r->s[1] == '\n' || r->s[1] == 0));
}

static int read_quoted(reader *r, mi_err *err)
{
    int began = r->line;
    for (r->s++; !(r->s[0] == '"' && r->s[1] != '"'); r->s++) {
        if (!*r->s) {
            mi_fail(err, MI_E_DATA, "close it, or write a quote inside quotes twice",
                    "a quote is not closed");
            return fail_line(r, began, err);
        }
        r->line += *r->s == '\n';
        r->s += *r->s == '"'; /* the second of a pair */
        mi_text_addn(&r->cell, r->s, 1);
    }
    r->s++;
    if (*r->s == r->separator || at_end_of_row(r))
        return 0;
    mi_fail(err, MI_E_DATA, "double the quotes inside a quoted cell",
            "text behind a closing quote");
    return fail_line(r, r->line, err);
}

/* The next cell into r->cell; the separator behind it is taken. *last: it ends the row. */
static int read_cell(reader *r, bool *last, mi_err *err)
{
    r->cell.len = 0;
    mi_text_addn(&r->cell, "", 0);
    int rc = 0;
    if (*r->s == '"') {
        rc = read_quoted(r, err);
    } else {
        const char *from = r->s;
        while (*r->s != r->separator && !at_end_of_row(r))
            r->s++;
        mi_text_addn(&r->cell, from, (size_t)(r->s - from));
    }
    if (rc != 0)
        return -1;
    if (r->cell.failed)
        return no_memory(err);
    *last = *r->s != r->separator;
    if (!*last) {
        r->s++;
        return 0;
    }
    r->s += *r->s == '\r';
    if (*r->s == '\n') {
        r->s++;
        r->line++;
    }
    return 0;
}

/* A row of cells as an array of strings; empty array for a blank line. */
static cJSON *read_row(reader *r, mi_err *err)
{
    cJSON *row = cJSON_CreateArray();
    bool last = row == NULL;
    if (row && at_end_of_row(r)) {
        r->s += *r->s == '\r';
        r->line += *r->s == '\n';
        r->s += *r->s == '\n';
        return row;
    }
    while (!last) {
        if (read_cell(r, &last, err) != 0) {
            cJSON_Delete(row);
            return NULL;
        }
        cJSON *cell = cJSON_CreateString(mi_text_ref(&r->cell));
        if (!cell || !cJSON_AddItemToArray(row, cell)) {
            cJSON_Delete(cell);
            cJSON_Delete(row);
            row = NULL;
            last = true;
        }
    }
    if (!row)
        no_memory(err);
    return row;
}

static char separator_of(const char *s)
{
    size_t len = strcspn(s, "\r\n");
    if (memchr(s, ',', len))
        return ',';
    return memchr(s, '\t', len) ? '\t' : memchr(s, ';', len) ? ';' : ',';
}

/* Cells named by the header. Takes neither. */
static cJSON *named_cells(const reader *r, const cJSON *header, const cJSON *cells, int line,
                          mi_err *err)
{
    int want = cJSON_GetArraySize(header), have = cJSON_GetArraySize(cells);
    if (want != have) {
        mi_fail(err, MI_E_DATA, "a cell that holds the separator needs quotes",
                "%d cells, the header names %d", have, want);
        fail_line(r, line, err);
        return NULL;
    }
    cJSON *row = cJSON_CreateObject();
    const cJSON *key = header->child;
    for (const cJSON *cell = cells->child; row && cell; cell = cell->next, key = key->next) {
        cJSON *v = *cell->valuestring ? cJSON_CreateString(cell->valuestring) : cJSON_CreateNull();
        if (!v || !cJSON_AddItemToObject(row, key->valuestring, v)) {
            cJSON_Delete(v);
            cJSON_Delete(row);
            row = NULL;
        }
    }
    if (!row)
        no_memory(err);
    return row;
}

static void trim(char *s)
{
    size_t len = strlen(s), lead = strspn(s, " \t");
    while (len > lead && strchr(" \t", s[len - 1]))
        len--;
    memmove(s, s + lead, len - lead);
    s[len - lead] = 0;
}

static int parse_csv(reader *r, row_list *l, mi_err *err)
{
    r->separator = separator_of(r->s);
    cJSON *header = read_row(r, err);
    for (cJSON *h = header ? header->child : NULL; h; h = h->next)
        trim(h->valuestring);
    int rc = header ? 0 : -1;
    while (rc == 0 && *r->s) {
        int line = r->line;
        cJSON *cells = read_row(r, err);
        if (!cells)
            rc = -1;
        else if (cells->child) {
            cJSON *row = named_cells(r, header, cells, line, err);
            rc = row ? add_row(l, row, line, err) : -1;
        }
        cJSON_Delete(cells);
    }
    cJSON_Delete(header);
    return rc;
}

/* ---- JSON Lines ---- */

static int parse_lines(reader *r, row_list *l, mi_err *err)
{
    for (; *r->s; r->line++) {
        size_t len = strcspn(r->s, "\n");
        if (strspn(r->s, " \t\r") < len) {
            mi_err e = MI_ERR_EMPTY;
            cJSON *row = mi_json_parse(r->s, len, &e);
            if (row && !cJSON_IsObject(row)) {
                cJSON_Delete(row);
                row = NULL;
                mi_fail(&e, MI_E_DATA,
                        "a line is one case: {\"case\":...,\"image\":...,\"mask\":...}",
                        "not a JSON object");
            }
            if (!row) {
                mi_fail(err, e.cls == MI_E_MEMORY ? e.cls : MI_E_DATA, NULL, "%s", e.message);
                return fail_line(r, r->line, err);
            }
            if (add_row(l, row, r->line, err) != 0)
                return -1;
        }
        r->s += len;
        r->s += *r->s == '\n';
    }
    return 0;
}

cJSON *mi_rows_parse(const char *text, const char *path, int **line, mi_err *err)
{
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    reader r = { text, path, 1, ',', MI_TEXT_EMPTY };
    row_list l = { cJSON_CreateArray(), NULL, 0, 0 };
    int rc = l.rows ? 0 : no_memory(err);
    while (rc == 0 && strchr(" \t\r\n", *r.s) && *r.s)
        r.line += *r.s++ == '\n';
    if (rc == 0 && *r.s)
        rc = *r.s == '{' ? parse_lines(&r, &l, err) : parse_csv(&r, &l, err);
    mi_text_free(&r.cell);
    if (rc != 0) {
        cJSON_Delete(l.rows);
        free(l.line);
        return NULL;
    }
    *line = l.line;
    return l.rows;
}
