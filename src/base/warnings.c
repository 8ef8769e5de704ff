#include "base/warnings.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void add(mi_warnings *w, const char *code, const char *feature, const char *why)
{
    for (int i = 0; i < w->n; i++)
        if (same(w->item[i].feature, feature) && same(w->item[i].code, code) &&
            same(w->item[i].why, why))
            return;
    if (w->n == w->cap) {
        int cap = w->cap ? 2 * w->cap : 8;
        mi_warning *item = mi_regrow(w->item, (size_t)cap, sizeof *item, NULL);
        if (!item) {
            w->lost = true;
            return;
        }
        w->item = item;
        w->cap = cap;
    }
    mi_warning x = { mi_strdup(code, NULL), mi_strdup(feature, NULL), mi_strdup(why, NULL) };
    if ((code && !x.code) || (feature && !x.feature) || !x.why) {
        free(x.code);
        free(x.feature);
        free(x.why);
        w->lost = true;
        return;
    }
    w->item[w->n++] = x;
}

void mi_warn(mi_warnings *w, const char *code, const char *fmt, ...)
{
    if (!w)
        return;
    char why[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    add(w, code, NULL, why);
}

void mi_warn_feature(mi_warnings *w, const char *feature, const char *why)
{
    if (w)
        add(w, NULL, feature, why ? why : "");
}

void mi_warnings_copy(mi_warnings *to, const mi_warnings *from)
{
    if (to && from)
        to->lost = to->lost || from->lost;
    for (int i = 0; to && from && i < from->n; i++)
        add(to, from->item[i].code, from->item[i].feature, from->item[i].why);
}

void mi_warnings_free(mi_warnings *w)
{
    for (int i = 0; i < w->n; i++) {
        free(w->item[i].code);
        free(w->item[i].feature);
        free(w->item[i].why);
    }
    free(w->item);
    *w = (mi_warnings)MI_WARNINGS_EMPTY;
}
