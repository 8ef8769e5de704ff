#include "base/number.h"
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t c_locale; /* made once, constant from then on */

static void make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* strtod of the C locale whatever the process or the thread has set. */
static double read_double(const char *s, char **end)
{
    pthread_once(&once, make_locale);
    return c_locale ? strtod_l(s, end, c_locale) : strtod(s, end);
}

/* Whatever printf put for the decimal point becomes '.'. */
static void mend_point(char *s)
{
    char *p = s + strspn(s, "+-0123456789");
    size_t n = strcspn(p, "0123456789");
    if (*p == '\0' || *p == 'e' || *p == '.')
        return;
    *p = '.';
    memmove(p + 1, p + n, strlen(p + n) + 1);
}

static void print_digits(double x, int digits, char out[MI_NUMBER_SIZE])
{
    snprintf(out, MI_NUMBER_SIZE, "%.*g", digits, x);
    mend_point(out);
}

/* A power of two has a narrower neighbourhood below than above: the nearest 16 digits may lie
   outside of it on the near side while the next decimal away from zero is inside. */
static bool next_above(double x, char out[MI_NUMBER_SIZE])
{
    int e;
    if (frexp(fabs(x), &e) != 0.5)
        return false;
    char t[MI_NUMBER_SIZE];
    memcpy(t, out, sizeof t);
    char *p = strchr(t, 'e');
    p = p ? p : t + strlen(t);
    while (p > t && *--p == '9')
        *p = '0';
    if (p < t || *p < '0' || *p > '8')
        return false;
    ++*p;
    if (read_double(t, NULL) != x)
        return false;
    memcpy(out, t, sizeof t);
    return true;
}

const char *mi_number(double x, char out[MI_NUMBER_SIZE])
{
    if (x == 0) {
        strcpy(out, "0");
        return out;
    }
    if (fabs(x) < 1e15 && x == floor(x)) {
        snprintf(out, MI_NUMBER_SIZE, "%lld", (long long)x);
        return out;
    }
    /* 15 digits survive the way through a normal double, so they give the shortest form if they
       give x at all; a subnormal holds fewer. */
    int digits = fabs(x) < 2.2250738585072014e-308 ? 1 : 15;
    for (; digits < 17; digits++) {
        print_digits(x, digits, out);
        if (read_double(out, NULL) == x || (digits == 16 && next_above(x, out)))
            return out;
    }
    print_digits(x, 17, out);
    return out;
}

const char *mi_number_short(double x, int digits, char out[MI_NUMBER_SIZE])
{
    if (isfinite(x) && x != 0)
        print_digits(x, digits, out);
    else
        strcpy(out, x == 0 ? "0" : isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
    return out;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* End of [+-] digits [. digits] [e [+-] digits], or NULL; *nonzero: some digit of the mantissa is
   not 0. */
static const char *scan_decimal(const char *s, bool *nonzero)
{
    const char *p = s + (*s == '+' || *s == '-');
    bool any = false;
    *nonzero = false;
    for (bool point = false; digit(*p) || (*p == '.' && !point); p++) {
        point = point || *p == '.';
        any = any || digit(*p);
        *nonzero = *nonzero || (digit(*p) && *p != '0');
    }
    if (!any)
        return NULL;
    if (*p == 'e' || *p == 'E') {
        const char *q = p + 1 + (p[1] == '+' || p[1] == '-');
        if (digit(*q)) {
            while (digit(*q))
                q++;
            p = q;
        }
    }
    return p;
}

bool mi_parse_double_rest(const char *s, double *out, const char **rest)
{
    if (!s)
        return false;
    const char *p = s + (*s == '+' || *s == '-');
    if (strncmp(p, "inf", 3) == 0) {
        *out = *s == '-' ? -INFINITY : INFINITY;
        *rest = p + 3;
        return true;
    }
    bool nonzero;
    const char *end = scan_decimal(s, &nonzero);
    if (!end)
        return false;
    char *stop;
    double x = read_double(s, &stop);
    if (stop != end) /* "0x..." is a number to strtod, but here a 0 and a rest */
        x = 0;
    if (isinf(x) || (nonzero && x == 0))
        return false;
    *out = x;
    *rest = end;
    return true;
}

bool mi_parse_double(const char *s, double *out)
{
    double x;
    const char *rest;
    if (!mi_parse_double_rest(s, &x, &rest) || *rest)
        return false;
    *out = x;
    return true;
}

bool mi_parse_int(const char *s, long long *out)
{
    if (!s || !digit(s[*s == '+' || *s == '-']))
        return false;
    char *end;
    errno = 0;
    long long x = strtoll(s, &end, 10);
    if (*end || errno)
        return false;
    *out = x;
    return true;
}
