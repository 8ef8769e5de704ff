/* Sums that keep what rounding loses (Knuth, The Art of Computer Programming 2, 4.2.2, theorem B):
   as good as with twice the digits, and the same on every machine when the order is. */
#ifndef MI_BASE_SUM_H
#define MI_BASE_SUM_H

typedef struct mi_sum {
    double sum, rest;
} mi_sum;

static inline void mi_sum_add(mi_sum *s, double x)
{
    double a = s->sum, t = a + x, b = t - a;
    s->rest += (a - (t - b)) + (x - b);
    s->sum = t;
}

static inline double mi_sum_value(const mi_sum *s)
{
    return s->sum + s->rest;
}

#endif
