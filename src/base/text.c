#include "base/text.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for n more bytes and the closing NUL. */
static bool reserve(mi_text *t, size_t n)
{
    if (t->failed)
        return false;
    if (n < t->cap && t->len < t->cap - n)
        return true;
    size_t cap = t->cap ? t->cap : 64;
    while (cap - t->len <= n) {
        if (cap > SIZE_MAX / 4) {
            t->failed = true;
            return false;
        }
        cap *= 2;
    }
    char *s = realloc(t->s, cap);
    if (!s) {
        t->failed = true;
        return false;
    }
    t->s = s;
    t->cap = cap;
    return true;
}

void mi_text_addn(mi_text *t, const char *s, size_t n)
{
    if (!reserve(t, n))
        return;
    if (n)
        memcpy(t->s + t->len, s, n);
    t->len += n;
    t->s[t->len] = '\0';
}

void mi_text_add(mi_text *t, const char *s)
{
    if (s)
        mi_text_addn(t, s, strlen(s));
}

void mi_text_addf(mi_text *t, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        t->failed = true;
    else if (reserve(t, (size_t)n)) {
        vsnprintf(t->s + t->len, (size_t)n + 1, fmt, again);
        t->len += (size_t)n;
    }
    va_end(again);
}

void mi_text_free(mi_text *t)
{
    free(t->s);
    *t = (mi_text)MI_TEXT_EMPTY;
}

const char *mi_text_ref(const mi_text *t)
{
    return t->s ? t->s : "";
}

/* Does c belong to the set that starts behind '['? *end: behind ']', or NULL when it is absent. */
static bool in_set(const char *p, unsigned char c, const char **end)
{
    bool not = *p == '!' || *p == '^', found = false;
    p += not;
    for (const char *first = p; *p && (*p != ']' || p == first); p++) {
        unsigned char lo = (unsigned char)*p, hi = lo;
        if (p[1] == '-' && p[2] && p[2] != ']') {
            hi = (unsigned char)p[2];
            p += 2;
        }
        if (c >= lo && c <= hi)
            found = true;
    }
    *end = *p ? p + 1 : NULL;
    return found != not;
}

/* One pattern element against one character; the pattern moves on when it fits. */
static bool fits(const char **pattern, unsigned char c)
{
    const char *p = *pattern, *end = NULL;
    if (*p == '[') {
        bool in = in_set(p + 1, c, &end);
        if (end) {
            *pattern = end;
            return in;
        }
    }
    if (*p != '?' && (unsigned char)*p != c)
        return false;
    *pattern = p + 1;
    return true;
}

bool mi_glob(const char *pattern, const char *s)
{
    const char *star = NULL, *retry = NULL; /* behind the last '*', and where it began to match */
    while (*s) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = s;
        } else if (*pattern && fits(&pattern, (unsigned char)*s)) {
            s++;
        } else if (star) {
            pattern = star;
            s = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static int fold(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

enum { WORD_MAX = 128 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Edit distance with transpositions of neighbours (optimal string alignment), ASCII case folded. */
static int distance(const char *a, int na, const char *b, int nb)
{
    int rows[3][WORD_MAX + 1];
    int *before = rows[0], *last = rows[1], *row = rows[2];
    for (int j = 0; j <= nb; j++) {
        before[j] = 0;
        row[j] = j;
    }
    for (int i = 1; i <= na; i++) {
        int *t = before;
        before = last;
        last = row;
        row = t;
        row[0] = i;
        for (int j = 1; j <= nb; j++) {
            int x = fold(a[i - 1]), y = fold(b[j - 1]);
            row[j] = least(last[j - 1] + (x != y), least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && x == fold(b[j - 2]) && y == fold(a[i - 2]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[nb];
}

const char *mi_nearest(const char *word, const char *const *names)
{
    size_t n = strlen(word);
    if (n > WORD_MAX)
        return NULL;
    const char *best = NULL;
    int best_distance = 2 + (int)(n / 3);
    for (; *names; names++) {
        size_t m = strlen(*names);
        if (m > WORD_MAX)
            continue;
        int d = distance(word, (int)n, *names, (int)m);
        if (d < best_distance) {
            best_distance = d;
            best = *names;
        }
    }
    return best;
}
