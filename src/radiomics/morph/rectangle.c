#include "radiomics/morph/rectangle.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include "base/lanes.h"
#include "radiomics/kernel.h"

/* The smallest rectangle has a side flush with an edge of the polygon (Freeman and Shapira, Commun
   ACM 18(7), 1975). Around a long outline the vertices that touch the other three sides are found
   by rotating calipers (Toussaint, Proc IEEE MELECON 1983). Around a short one all vertices are
   held against LANES edges at a time: more work, but no branch that a processor cannot foresee. */
enum { SHORT = 256, LANES = sizeof(mi_lanes) / sizeof(double) };

/* Unit vector from vertex i to the next; false when they are one. */
static bool direction(const double (*q)[2], int32_t n, int32_t i, double d[2])
{
    const int32_t j = i + 1 < n ? i + 1 : 0;
    d[0] = q[j][0] - q[i][0];
    d[1] = q[j][1] - q[i][1];
    const double l = sqrt(d[0] * d[0] + d[1] * d[1]);
    d[0] /= l;
    d[1] /= l;
    return l > 0;
}

static double along(const double q[2], const double d[2])
{
    return q[0] * d[0] + q[1] * d[1];
}

/* ---- short outlines ---- */

/* Edges of a short outline: directions, and the distance of each edge from the origin. */
typedef struct edges {
    double x[SHORT], y[SHORT], base[SHORT], area[SHORT];
    int32_t n;
} edges;

typedef int64_t choice __attribute__((vector_size(sizeof(mi_lanes))));

/* to = the larger of each two. A macro: a vector that is handed over has no one ABI. */
#define RAISE(to, x)                                                                             \
    {                                                                                            \
        const mi_lanes x_ = x;                                                                   \
        const choice above_ = (choice)(x_ > to);                                                 \
        to = (mi_lanes)(((choice)x_ & above_) | ((choice)to & ~above_));                         \
    }

/* Areas of the rectangles on all edges; e->n is a multiple of LANES. */
MI_KERNEL static void areas(const double (*q)[2], int32_t n, edges *e)
{
    for (int32_t k = 0; k < e->n; k += LANES) {
        mi_lanes x, y, base;
        memcpy(&x, e->x + k, sizeof x);
        memcpy(&y, e->y + k, sizeof y);
        memcpy(&base, e->base + k, sizeof base);
        mi_lanes far = q[0][0] * x + q[0][1] * y, near = -far, top = base;
        for (int32_t i = 0; i < n; i++) {
            const mi_lanes a = q[i][0] * x + q[i][1] * y;
            RAISE(far, a)
            RAISE(near, -a)
            RAISE(top, q[i][0] * -y + q[i][1] * x)
        }
        const mi_lanes area = (far + near) * (top - base);
        memcpy(e->area + k, &area, sizeof area);
    }
}

static double on_all_edges(const double (*q)[2], int32_t n, double dir[2])
{
    edges e;
    double best = INFINITY;
    e.n = 0;
    for (int32_t i = 0; i < n; i++) {
        double d[2];
        if (!direction(q, n, i, d))
            continue;
        e.x[e.n] = d[0];
        e.y[e.n] = d[1];
        e.base[e.n++] = along(q[i], (double[2]) { -d[1], d[0] });
    }
    for (; e.n > 0 && e.n % LANES; e.n++) { /* the last edge once more */
        e.x[e.n] = e.x[e.n - 1];
        e.y[e.n] = e.y[e.n - 1];
        e.base[e.n] = e.base[e.n - 1];
    }
    areas(q, n, &e);
    for (int32_t k = 0; k < e.n; k++)
        if (e.area[k] < best) {
            best = e.area[k];
            dir[0] = e.x[k];
            dir[1] = e.y[k];
        }
    return best;
}

/* ---- long outlines ---- */

/* Go on around the outline from i while that leads farther in direction d. */
static int32_t climb(const double (*q)[2], int32_t n, int32_t i, const double d[2])
{
    double here = along(q[i], d);
    for (int32_t steps = 0; steps < n; steps++) {
        int32_t j = i + 1 < n ? i + 1 : 0;
        double there = along(q[j], d);
        if (!(there > here))
            break;
        here = there;
        i = j;
    }
    return i;
}

static double by_calipers(const double (*q)[2], int32_t n, double dir[2])
{
    double best = INFINITY;
    int32_t right = 0, top = 0, left = 0;
    for (int32_t i = 0; i < n; i++) {
        double d[2];
        if (!direction(q, n, i, d))
            continue;
        double up[2] = { -d[1], d[0] }, back[2] = { -d[0], -d[1] };
        right = climb(q, n, best < INFINITY ? right : i + 1 < n ? i + 1 : 0, d);
        top = climb(q, n, best < INFINITY ? top : right, up);
        left = climb(q, n, best < INFINITY ? left : top, back);
        double area =
            (along(q[right], d) - along(q[left], d)) * (along(q[top], up) - along(q[i], up));
        if (area < best) {
            best = area;
            dir[0] = d[0];
            dir[1] = d[1];
        }
    }
    return best;
}

double mi_rectangle(const double (*q)[2], int32_t n, double dir[2])
{
    return n <= SHORT ? on_all_edges(q, n, dir) : by_calipers(q, n, dir);
}
