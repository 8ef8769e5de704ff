/* Rounding without a call into the C library, which the plain x86-64 target would need. */
#ifndef MI_BASE_ROUND_H
#define MI_BASE_ROUND_H
#include <stdbool.h>
#include <stdint.h>

/* Below this all doubles may have a fraction, and all fit an int64_t. */
#define MI_FRACTION_LIMIT 4503599627370496.0

/* floor(x); NaN and infinities pass. */
static inline double mi_floor(double x)
{
    if (!(x < MI_FRACTION_LIMIT && x > -MI_FRACTION_LIMIT))
        return x;
    double t = (double)(int64_t)x;
    return t > x ? t - 1 : t;
}

/* Is x a whole number? False for NaN and infinities. */
static inline bool mi_is_whole(double x)
{
    if (!(x < MI_FRACTION_LIMIT && x > -MI_FRACTION_LIMIT))
        return x - x == 0;
    return (double)(int64_t)x == x;
}

#endif
