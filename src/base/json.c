#include "base/json.h"
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

enum { FILE_MAX_BYTES = 64 << 20 };

cJSON *mi_json_number(double x)
{
    char buf[MI_NUMBER_SIZE];
    return isfinite(x) ? cJSON_CreateRaw(mi_number(x, buf)) : cJSON_CreateNull();
}

cJSON *mi_json_integer(int64_t x)
{
    char buf[24];
    snprintf(buf, sizeof buf, "%lld", (long long)x);
    return cJSON_CreateRaw(buf);
}

/* A bit of cJSON's type that cJSON itself leaves alone and copies. */
enum { NOT_WHOLE = 1 << 16 };

static bool lacks(cJSON *parent, cJSON *item_take)
{
    cJSON_Delete(item_take);
    if (parent)
        parent->type |= NOT_WHOLE;
    return false;
}

bool mi_json_add(cJSON *object, const char *key, cJSON *item_take)
{
    if (object && item_take && cJSON_AddItemToObjectCS(object, key, item_take))
        return true;
    return lacks(object, item_take);
}

bool mi_json_append(cJSON *array, cJSON *item_take)
{
    if (array && item_take && cJSON_AddItemToArray(array, item_take))
        return true;
    return lacks(array, item_take);
}

bool mi_json_replace(cJSON *object, const char *key, cJSON *item_take)
{
    cJSON *old = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!old || !item_take)
        return lacks(object, item_take);
    item_take->string = old->string;
    item_take->type |= old->type & cJSON_StringIsConst;
    old->string = NULL;
    return cJSON_ReplaceItemViaPointer(object, old, item_take);
}

bool mi_json_whole(const cJSON *item)
{
    bool whole = !(item->type & NOT_WHOLE);
    for (const cJSON *m = item->child; m && whole; m = m->next)
        whole = mi_json_whole(m);
    return whole;
}

bool mi_json_add_number(cJSON *object, const char *key, double x)
{
    return mi_json_add(object, key, mi_json_number(x));
}

bool mi_json_add_string(cJSON *object, const char *key, const char *s)
{
    return s ? mi_json_add(object, key, cJSON_CreateString(s)) : true;
}

cJSON *mi_json_numbers(const double *x, int n)
{
    cJSON *a = cJSON_CreateArray();
    for (int i = 0; a && i < n; i++) {
        cJSON *item = mi_json_number(x[i]);
        if (!item || !cJSON_AddItemToArray(a, item)) {
            cJSON_Delete(item);
            cJSON_Delete(a);
            return NULL;
        }
    }
    return a;
}

bool mi_json_get_number(const cJSON *item, double *out)
{
    if (cJSON_IsNumber(item)) {
        *out = item->valuedouble;
        return true;
    }
    double x;
    if (!cJSON_IsRaw(item) || !mi_parse_double(item->valuestring, &x) || !isfinite(x))
        return false;
    *out = x;
    return true;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void place_of(const char *text, const char *at, int *line, int *column)
{
    *line = *column = 1;
    for (; text < at; text++) {
        if (*text == '\n') {
            ++*line;
            *column = 0;
        }
        if (((unsigned char)*text & 0xC0) != 0x80)
            ++*column;
    }
}

cJSON *mi_json_parse(const char *text, size_t len, mi_err *err)
{
    const char *end = text;
    size_t blanks = 0;
    while (blanks < len && blank(text[blanks]))
        blanks++;
    if (blanks == len) {
        mi_fail(err, MI_E_CONFIG, NULL, "no JSON: the text is empty");
        return NULL;
    }
    errno = 0;
    cJSON *root = cJSON_ParseWithLengthOpts(text, len, &end, 0);
    if (!root && errno == ENOMEM) {
        mi_fail(err, MI_E_MEMORY, NULL, "no memory for the JSON text");
        return NULL;
    }
    const char *stop = text + len;
    if (!end || end < text || end > stop)
        end = text;
    while (root && end < stop && blank(*end))
        end++;
    if (root && end == stop)
        return root;
    int line, column;
    place_of(text, end, &line, &column);
    mi_fail(err, MI_E_CONFIG, NULL, "%s at line %d, column %d",
            root ? "text behind the end of the JSON value" : "not valid JSON", line, column);
    cJSON_Delete(root);
    return NULL;
}

/* The whole file as text; *len bytes and a NUL. */
static char *read_all(FILE *f, size_t *len, mi_err *err)
{
    size_t cap = 1 << 16, n = 0, got;
    char *s = mi_array(cap, 1, err);
    while (s && (got = fread(s + n, 1, cap - n - 1, f)) > 0) {
        n += got;
        if (n > FILE_MAX_BYTES) {
            mi_fail(err, MI_E_CONFIG, NULL, "larger than %d MiB", FILE_MAX_BYTES >> 20);
            free(s);
            return NULL;
        }
        if (cap - n > 1)
            continue;
        char *more = mi_regrow(s, cap *= 2, 1, err);
        if (!more)
            free(s);
        s = more;
    }
    if (!s)
        return NULL;
    if (ferror(f)) {
        mi_fail_input(err, errno, "cannot read");
        free(s);
        return NULL;
    }
    s[n] = '\0';
    *len = n;
    return s;
}

cJSON *mi_json_read(const char *path, mi_err *err)
{
    cJSON *root = NULL;
    size_t len;
    FILE *f = fopen(path, "rb");
    if (!f) {
        mi_fail_input(err, errno, "cannot open");
    } else {
        char *text = read_all(f, &len, err);
        if (text)
            root = mi_json_parse(text, len, err);
        free(text);
        fclose(f);
    }
    if (!root)
        mi_err_subject(err, path);
    return root;
}

/* Length of the UTF-8 sequence at s and its code point; 0 when it is not one (RFC 3629). */
static int utf8(const unsigned char *s, uint32_t *code)
{
    int n = s[0] < 0x80   ? 1
            : s[0] < 0xC2 ? 0
            : s[0] < 0xE0 ? 2
            : s[0] < 0xF0 ? 3
            : s[0] < 0xF5 ? 4
                          : 0;
    static const unsigned char lead[5] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint32_t c = s[0] & lead[n];
    for (int i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3F);
    }
    if (n == 0 || c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    *code = c;
    return n;
}

static void add_code(mi_text *t, uint32_t c)
{
    if (c >= 0x10000)
        mi_text_addf(t, "\\u%04x\\u%04x", (unsigned)(0xD800 + ((c - 0x10000) >> 10)),
                     (unsigned)(0xDC00 + ((c - 0x10000) & 0x3FF)));
    else
        mi_text_addf(t, "\\u%04x", (unsigned)c);
}

static void add_special(mi_text *t, unsigned char c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *p = memchr(from, c, sizeof from - 1);
    if (p)
        mi_text_addn(t, (const char[]){ '\\', to[p - from] }, 2);
    else
        add_code(t, c);
}

static void add_string(mi_text *t, const char *text, bool ascii)
{
    const unsigned char *s = (const unsigned char *)(text ? text : ""), *run = s;
    mi_text_addn(t, "\"", 1);
    while (*s) {
        uint32_t code = 0xFFFD;
        int n = utf8(s, &code);
        bool simple = *s >= 0x20 && *s != '"' && *s != '\\' && *s != 0x7f;
        bool plain = n == 1 ? simple : n > 1 && !ascii;
        if (!plain) {
            mi_text_addn(t, (const char *)run, (size_t)(s - run));
            if (n == 1)
                add_special(t, *s);
            else if (ascii)
                add_code(t, code);
            else
                mi_text_add(t, "\xEF\xBF\xBD");
        }
        s += n ? n : 1;
        if (!plain)
            run = s;
    }
    mi_text_addn(t, (const char *)run, (size_t)(s - run));
    mi_text_addn(t, "\"", 1);
}

static void add_break(mi_text *t, int indent)
{
    if (indent < 0)
        return;
    mi_text_addn(t, "\n", 1);
    for (int i = 0; i < indent; i++)
        mi_text_addn(t, "  ", 2);
}

static void add_item(mi_text *t, const cJSON *item, bool ascii, int indent);

static bool only_numbers(const cJSON *item)
{
    const cJSON *m = item->child;
    while (m && (cJSON_IsNumber(m) || cJSON_IsRaw(m) || cJSON_IsNull(m)))
        m = m->next;
    return m == NULL;
}

/* An array of numbers on one line of an indented document. */
static void add_numbers(mi_text *t, const cJSON *item, bool ascii)
{
    mi_text_addn(t, "[", 1);
    for (const cJSON *m = item->child; m; m = m->next) {
        add_item(t, m, ascii, -1);
        mi_text_add(t, m->next ? ", " : "");
    }
    mi_text_addn(t, "]", 1);
}

/* Members of an array or object; indent < 0: all on one line. */
static void add_members(mi_text *t, const cJSON *item, bool ascii, int indent)
{
    bool object = cJSON_IsObject(item);
    if (!object && indent >= 0 && only_numbers(item)) {
        add_numbers(t, item, ascii);
        return;
    }
    int inner = indent < 0 ? indent : indent + 1;
    mi_text_addn(t, object ? "{" : "[", 1);
    for (const cJSON *m = item->child; m; m = m->next) {
        add_break(t, inner);
        if (object) {
            add_string(t, m->string, ascii);
            mi_text_add(t, indent < 0 ? ":" : ": ");
        }
        add_item(t, m, ascii, inner);
        if (m->next)
            mi_text_addn(t, ",", 1);
    }
    if (item->child)
        add_break(t, indent);
    mi_text_addn(t, object ? "}" : "]", 1);
}

/* Numbers print as mi_number() does, whether they were made by us or parsed. */
static void add_item(mi_text *t, const cJSON *item, bool ascii, int indent)
{
    char buf[MI_NUMBER_SIZE];
    if (cJSON_IsObject(item) || cJSON_IsArray(item))
        add_members(t, item, ascii, indent);
    else if (cJSON_IsString(item))
        add_string(t, item->valuestring, ascii);
    else if (cJSON_IsRaw(item))
        mi_text_add(t, item->valuestring);
    else if (cJSON_IsNumber(item) && isfinite(item->valuedouble))
        mi_text_add(t, mi_number(item->valuedouble, buf));
    else if (cJSON_IsBool(item))
        mi_text_add(t, cJSON_IsTrue(item) ? "true" : "false");
    else
        mi_text_add(t, "null");
}

static char *print(const cJSON *item, bool ascii, int indent)
{
    mi_text t = MI_TEXT_EMPTY;
    if (!mi_json_whole(item))
        return NULL;
    add_item(&t, item, ascii, indent);
    if (!t.failed)
        return t.s;
    mi_text_free(&t);
    return NULL;
}

char *mi_json_line(const cJSON *item, bool ascii)
{
    return print(item, ascii, -1);
}

char *mi_json_pretty(const cJSON *item)
{
    return print(item, false, 0);
}
