/* Values of parameters from text, and in words what is allowed. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cli/internal.h"

static void *field(const mi_param *p, const void *base)
{
    return (char *)base + p->offset;
}

static bool has_limits(const mi_param *p)
{
    return p->min != 0 || p->max != 0;
}

bool mi_value_within(const mi_param *p, double x)
{
    return !has_limits(p) || (x >= p->min && x <= p->max);
}

/* ---- what is allowed, in words ---- */

static void add_limits(const mi_param *p, mi_text *t)
{
    char lo[MI_NUMBER_SIZE], hi[MI_NUMBER_SIZE];
    bool low = isfinite(p->min) && p->min > -DBL_MAX, high = isfinite(p->max) && p->max < DBL_MAX;
    if (p->type == MI_P_INT) {
        low = low && p->min > (double)LLONG_MIN;
        high = high && p->max < (double)LLONG_MAX;
    }
    if (!has_limits(p) || (!low && !high))
        return;
    if (low)
        mi_number(p->min, lo);
    if (high)
        mi_number(p->max, hi);
    if (low && high)
        mi_text_addf(t, " from %s to %s", lo, hi);
    else if (low)
        mi_text_addf(t, ", %s or more", lo);
    else
        mi_text_addf(t, ", %s or less", hi);
}

static void add_choices(const mi_param *p, mi_text *t)
{
    for (int i = 0; p->choices[i]; i++)
        mi_text_addf(t, "%s%s", i ? ", " : "", p->choices[i]);
}

void mi_value_allowed(const mi_param *p, mi_text *t)
{
    switch (p->type) {
    case MI_P_BOOL:
    case MI_P_FLAG:
        mi_text_add(t, "yes or no");
        return;
    case MI_P_INT:
        mi_text_add(t, "a whole number");
        break;
    case MI_P_DOUBLE:
        mi_text_add(t, "a number");
        break;
    case MI_P_STRING:
        mi_text_add(t, "a text");
        return;
    case MI_P_CHOICE:
        mi_text_add(t, "one of ");
        add_choices(p, t);
        return;
    case MI_P_VEC3:
        mi_text_add(t, "one number or up to three (a,b,c)");
        break;
    case MI_P_RANGE:
        mi_text_add(t, "a range lo:hi, either end may be left out");
        break;
    case MI_P_LIST:
        mi_text_add(t, "words with commas between");
        if (p->choices) {
            mi_text_add(t, " out of ");
            add_choices(p, t);
        }
        return;
    }
    add_limits(p, t);
    if (p->unit)
        mi_text_addf(t, " (%s)", p->unit);
}

int mi_value_refuse(const mi_param *p, const char *value, const char *what, mi_class cls,
                    mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    mi_value_allowed(p, &t);
    mi_fail(err, cls, NULL, "'%s' %s: give %s", value, what, mi_text_ref(&t));
    mi_text_free(&t);
    return -1;
}

static int refuse_unit(const mi_param *p, const char *value, const char *unit, mi_class cls,
                       mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    mi_value_allowed(p, &t);
    mi_fail(err, cls, NULL, "'%s' is in %s: give %s", value, unit, mi_text_ref(&t));
    mi_text_free(&t);
    return -1;
}

static int refuse_word(const mi_param *p, const char *word, mi_class cls, mi_err *err)
{
    const char *near = mi_nearest(word, p->choices);
    mi_value_refuse(p, word, "is not known", cls, err);
    if (near)
        mi_err_hint(err, "did you mean %s?", near);
    return -1;
}

/* ---- pieces of text ---- */

static int find_word(const char *const *words, const char *s)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], s) == 0)
            return i;
    return -1;
}

static char *trimmed(const char *s, size_t n, mi_err *err)
{
    while (n > 0 && strchr(" \t", *s)) {
        s++;
        n--;
    }
    while (n > 0 && strchr(" \t", s[n - 1]))
        n--;
    char *copy = mi_array(n + 1, 1, err);
    if (copy) {
        memcpy(copy, s, n);
        copy[n] = 0;
    }
    return copy;
}

/* A number, perhaps with blanks and the parameter's unit behind it. */
static int parse_number(const mi_param *p, const char *text, double *out, mi_class cls, mi_err *err)
{
    const char *rest = NULL;
    if (!mi_parse_double_rest(text, out, &rest) || !isfinite(*out))
        return mi_value_refuse(p, text, "is not a number", cls, err);
    while (*rest == ' ')
        rest++;
    if (*rest && (!p->unit || strcmp(rest, p->unit) != 0)) {
        bool word = strspn(rest, "0123456789.,:;+-") == 0;
        return p->unit && word ? refuse_unit(p, text, rest, cls, err)
                               : mi_value_refuse(p, text, "is not a number", cls, err);
    }
    return mi_value_within(p, *out) ? 0 : mi_value_refuse(p, text, "is out of range", cls, err);
}

static int parse_whole(const mi_param *p, const char *text, long long *out, mi_class cls,
                       mi_err *err)
{
    char *number = trimmed(text, strlen(text), err);
    size_t len = number ? strlen(number) : 0, unit = p->unit ? strlen(p->unit) : 0;
    int rc = number ? 0 : -1;
    if (unit && len > unit && strcmp(number + len - unit, p->unit) == 0) {
        number[len - unit] = 0;
        while (len > unit + 1 && number[len - unit - 1] == ' ')
            number[--len - unit] = 0;
    }
    if (rc == 0 && !mi_parse_int(number, out))
        rc = mi_value_refuse(p, text, "is not a whole number", cls, err);
    else if (rc == 0 && !mi_value_within(p, (double)*out))
        rc = mi_value_refuse(p, text, "is out of range", cls, err);
    free(number);
    return rc;
}

static int parse_vec3(const mi_param *p, const char *text, mi_vec3 *out, mi_class cls, mi_err *err)
{
    mi_vec3 v = { 0, { 0, 0, 0 } };
    for (const char *s = text;;) {
        size_t len = strcspn(s, ",");
        if (v.n == 3)
            return mi_value_refuse(p, text, "has too many numbers", cls, err);
        char *word = trimmed(s, len, err);
        int rc = word ? parse_number(p, word, &v.v[v.n++], cls, err) : -1;
        free(word);
        if (rc != 0)
            return -1;
        if (!s[len])
            break;
        s += len + 1;
    }
    *out = v;
    return 0;
}

static int parse_end(const mi_param *p, const char *s, size_t n, double *out, mi_class cls,
                     mi_err *err)
{
    char *word = trimmed(s, n, err);
    int rc = word ? 0 : -1;
    if (word && *word && !(strcmp(word, "inf") == 0 && *out > 0) &&
        !(strcmp(word, "-inf") == 0 && *out < 0))
        rc = parse_number(p, word, out, cls, err);
    free(word);
    return rc;
}

static int parse_range(const mi_param *p, const char *text, mi_range *out, mi_class cls,
                       mi_err *err)
{
    mi_range r = { -INFINITY, INFINITY };
    const char *colon = strchr(text, ':');
    if (!colon || strchr(colon + 1, ':'))
        return mi_value_refuse(p, text, "is not a range", cls, err);
    if (parse_end(p, text, (size_t)(colon - text), &r.lo, cls, err) != 0 ||
        parse_end(p, colon + 1, strlen(colon + 1), &r.hi, cls, err) != 0)
        return -1;
    if (r.lo > r.hi)
        return mi_value_refuse(p, text, "has its lower end above the upper one", cls, err);
    *out = r;
    return 0;
}

static int parse_bool(const mi_param *p, const char *text, bool *out, mi_class cls, mi_err *err)
{
    static const char *const words[] = {
        "no", "yes", "false", "true", "off", "on", "0", "1", NULL
    };
    int i = find_word(words, text);
    if (i < 0)
        return mi_value_refuse(p, text, "is not a switch", cls, err);
    *out = i % 2;
    return 0;
}

/* ---- lists ---- */

static void list_clear(mi_list *l)
{
    for (int i = 0; i < l->n; i++)
        free(l->item[i]);
    free(l->item);
    *l = (mi_list) { NULL, 0 };
}

int mi_value_list_add(const mi_param *p, mi_list *l, char *word, mi_class cls, mi_err *err)
{
    if (!word)
        return -1;
    int rc = 0;
    if (!*word)
        rc = mi_value_refuse(p, word, "is an empty word", cls, err);
    else if (p->choices && find_word(p->choices, word) < 0)
        rc = refuse_word(p, word, cls, err);
    char **more = rc == 0 ? mi_regrow(l->item, (size_t)l->n + 1, sizeof *more, err) : NULL;
    if (!more) {
        free(word);
        return -1;
    }
    l->item = more;
    l->item[l->n++] = word;
    return 0;
}

static int parse_list(const mi_param *p, const char *text, mi_list *out, mi_class cls, mi_err *err)
{
    int rc = 0;
    for (const char *s = text; rc == 0 && *text;) {
        size_t len = strcspn(s, ",");
        rc = mi_value_list_add(p, out, trimmed(s, len, err), cls, err);
        if (!s[len])
            break;
        s += len + 1;
    }
    return rc;
}

/* ---- fields ---- */

void mi_value_clear(const mi_param *p, void *base)
{
    void *f = field(p, base);
    switch (p->type) {
    case MI_P_BOOL:
        *(bool *)f = false;
        break;
    case MI_P_FLAG:
        if (p->flags & MI_PF_COUNT)
            *(int *)f = 0;
        else
            *(bool *)f = false;
        break;
    case MI_P_INT:
        *(long long *)f = 0;
        break;
    case MI_P_DOUBLE:
        *(double *)f = NAN;
        break;
    case MI_P_STRING:
        free(*(char **)f);
        *(char **)f = NULL;
        break;
    case MI_P_CHOICE:
        *(int *)f = -1;
        break;
    case MI_P_VEC3:
        *(mi_vec3 *)f = (mi_vec3) { 0, { 0, 0, 0 } };
        break;
    case MI_P_RANGE:
        *(mi_range *)f = (mi_range) { -INFINITY, INFINITY };
        break;
    case MI_P_LIST:
        list_clear(f);
        break;
    }
}

static int parse_choice(const mi_param *p, const char *text, int *out, mi_class cls, mi_err *err)
{
    int i = find_word(p->choices, text);
    if (i < 0)
        return refuse_word(p, text, cls, err);
    *out = i;
    return 0;
}

static int parse_string(const char *text, char **out, mi_err *err)
{
    char *copy = mi_strdup(text, err);
    if (!copy)
        return -1;
    free(*out);
    *out = copy;
    return 0;
}

int mi_value_parse(const mi_param *p, void *base, const char *text, mi_class cls, mi_err *err)
{
    void *f = field(p, base);
    switch (p->type) {
    case MI_P_BOOL:
        return parse_bool(p, text, f, cls, err);
    case MI_P_FLAG:
        if (p->flags & MI_PF_COUNT)
            ++*(int *)f;
        else
            *(bool *)f = true;
        return 0;
    case MI_P_INT:
        return parse_whole(p, text, f, cls, err);
    case MI_P_DOUBLE:
        return parse_number(p, text, f, cls, err);
    case MI_P_STRING:
        return parse_string(text, f, err);
    case MI_P_CHOICE:
        return parse_choice(p, text, f, cls, err);
    case MI_P_VEC3:
        return parse_vec3(p, text, f, cls, err);
    case MI_P_RANGE:
        return parse_range(p, text, f, cls, err);
    case MI_P_LIST:
        return parse_list(p, text, f, cls, err);
    }
    return mi_fail(err, MI_E_INTERNAL, NULL, "--%s has no type", p->name);
}
