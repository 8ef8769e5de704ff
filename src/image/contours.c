#include "image/contours.h"
#include <math.h>
#include <stdlib.h>
#include "base/memory.h"

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void fill_row(double *cross, int n, int64_t nx, uint8_t *row)
{
    qsort(cross, (size_t)n, sizeof *cross, compare);
    for (int k = 0; k + 1 < n; k += 2) {
        double a = ceil(cross[k]), b = ceil(cross[k + 1]);
        int64_t from = a < 0 ? 0 : a > (double)nx ? nx : (int64_t)a;
        int64_t to = b < 0 ? 0 : b > (double)nx ? nx : (int64_t)b;
        for (int64_t x = from; x < to; x++)
            row[x] = 1;
    }
}

/* An edge is followed upwards whichever way it is drawn, so that edges drawn there and back (the
   channel of a keyhole, the border of two regions) cross a row at one place. */
static int crossings(const mi_contour *c, int n, double y, double *cross)
{
    int found = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < c[i].n; k++) {
            const double *p = c[i].xy + 2 * k, *q = c[i].xy + 2 * ((k + 1) % c[i].n);
            if ((p[1] <= y) == (q[1] <= y))
                continue;
            if (p[1] > q[1]) {
                const double *t = p;
                p = q;
                q = t;
            }
            cross[found++] = p[0] + (y - p[1]) * (q[0] - p[0]) / (q[1] - p[1]);
        }
    return found;
}

int mi_contours_fill(const mi_contour *c, int n, int64_t nx, int64_t ny, uint8_t *plane,
                     mi_err *err)
{
    double lo = INFINITY, hi = -INFINITY;
    size_t points = 0;
    for (int i = 0; i < n; i++) {
        points += (size_t)c[i].n;
        for (int k = 0; k < c[i].n; k++) {
            lo = fmin(lo, c[i].xy[2 * k + 1]);
            hi = fmax(hi, c[i].xy[2 * k + 1]);
        }
    }
    if (!(lo <= hi))
        return 0;
    double *cross = mi_array(points, sizeof *cross, err);
    if (!cross)
        return -1;
    int64_t from = (int64_t)fmax(0, ceil(lo)), to = (int64_t)fmin((double)ny - 1, floor(hi));
    for (int64_t y = from; y <= to; y++)
        fill_row(cross, crossings(c, n, (double)y, cross), nx, plane + y * nx);
    free(cross);
    return 0;
}
