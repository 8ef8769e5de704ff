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

/* Digits of u without leading zeros; returns their number. */
static int put_digits(uint64_t u, char *out)
{
    char t[20];
    int n = 0;
    do
        t[n++] = (char)('0' + u % 10);
    while (u /= 10);
    for (int i = 0; i < n; i++)
        out[i] = t[n - 1 - i];
    return n;
}

/* The form of %g for digits d.ddd * 10^exponent, -12 < exponent < 16. Zeros at the end go. */
static void put_decimal(bool negative, uint64_t digits, int exponent, char *out)
{
    char d[20];
    int n = put_digits(digits, d);
    while (n > 1 && d[n - 1] == '0')
        n--;
    if (negative)
        *out++ = '-';
    int whole = exponent < -4 ? 1 : exponent + 1; /* digits before the point */
    if (whole <= 0) {
        *out++ = '0';
        *out++ = '.';
        for (; whole < 0; whole++)
            *out++ = '0';
        whole = -1; /* the point is written */
    }
    for (int i = 0; i < n || i < whole; i++) {
        if (i == whole)
            *out++ = '.';
        *out++ = i < n ? d[i] : '0';
    }
    if (exponent < -4) {
        *out++ = 'e';
        *out++ = '-';
        *out++ = (char)('0' + -exponent / 10);
        *out++ = (char)('0' + -exponent % 10);
    }
    *out = '\0';
}

typedef unsigned __int128 wide;

/* The shortest decimal of |x| in whole numbers, for 1e-11 <= |x| < 2^53, not whole: else false.
   x = m 2^e; times 10^k it has 17 digits before the point. In units of 2^-(s+2), where all is
   exact, it is 4 m 5^k; the neighbourhood that reads back as x reaches 2 5^k up and as much
   down, or half of it below a power of two. Of the decimals of 15, 16, 17 digits in there the
   nearest of the shortest is taken (the problem and the neighbourhood: G. Steele and J. White,
   How to print floating-point numbers accurately, PLDI 1990). */
static bool put_shortest(double x, char *out)
{
    int e, k;
    double a = fabs(x);
    if (!(a >= 1e-11 && a < 9007199254740992.0) || a == floor(a))
        return false;
    uint64_t m = (uint64_t)ldexp(frexp(a, &e), 53), power = 1;
    e -= 53;
    k = 16 - (int)floor(log10(a));
    for (int i = 0; i < k; i++)
        power *= 5;
    int s = -(e + k);
    wide v = (wide)m * power * 4;
    uint64_t q = k > 27 || s < 0 ? 0 : (uint64_t)(v >> (s + 2));
    if (q < UINT64_C(10000000000000000) || q >= UINT64_C(100000000000000000))
        return false;
    wide above = (wide)power * 2, below = m == UINT64_C(1) << 52 ? power : above;
    for (uint64_t unit = 100;; unit /= 10) {
        wide low = (wide)(q / unit * unit) << (s + 2), high = low + ((wide)unit << (s + 2));
        bool low_in = v - low < below || (v - low == below && m % 2 == 0);
        bool high_in = high - v < above || (high - v == above && m % 2 == 0);
        bool up = high_in && (!low_in || high - v < v - low ||
                              (high - v == v - low && q / unit % 2 == 1));
        if (!low_in && !high_in && unit > 1)
            continue;
        uint64_t digits = q / unit * unit + (up ? unit : 0);
        if (digits == UINT64_C(100000000000000000))
            k--;
        put_decimal(x < 0, digits, 16 - k, out);
        return true;
    }
}

const char *mi_number(double x, char out[MI_NUMBER_SIZE])
{
    if (fabs(x) < 1e15 && x == floor(x)) {
        char *p = out;
        if (x < 0)
            *p++ = '-';
        p[put_digits((uint64_t)fabs(x), p)] = '\0';
        return out;
    }
    if (put_shortest(x, out))
        return out;
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
