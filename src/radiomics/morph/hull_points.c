#include "radiomics/morph/hull.h"
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

/* Which mesh vertices can be corners of the hull. Every voxel inside carries the six points one
   half edge from its centre (those that are no mesh vertices lie between others that are), so
   the hull of the mesh is the hull of all these points. In a plane z = const a corner of the
   hull is a corner of the convex polygon around the points of that plane, and for that polygon
   the two ends of each row suffice. */

/* First and last voxel of each row of a slice; lo > hi where a row is empty. */
typedef struct ends {
    int32_t lo, hi;
} ends;

static ends row_ends(const uint8_t *m, int64_t n)
{
    const uint8_t *first = memchr(m, 1, (size_t)n);
    if (!first)
        return (ends) { INT32_MAX, INT32_MIN };
    int64_t last = n - 1;
    while (!m[last])
        last--;
    return (ends) { (int32_t)(2 * (first - m)), (int32_t)(2 * last) };
}

static void widen(ends *e, ends with, int32_t by)
{
    if (with.lo > with.hi)
        return;
    if (with.lo - by < e->lo)
        e->lo = with.lo - by;
    if (with.hi + by > e->hi)
        e->hi = with.hi + by;
}

typedef struct points {
    int32_t (*p)[3];
    int64_t n, cap;
} points;

/* Points a, b, c in order of y: does b lie on or inside the line from a to c? side +1 for the
   upper x chain, -1 for the lower. */
static int within(const int32_t *a, const int32_t *b, const int32_t *c, int side)
{
    int64_t turn = ((int64_t)b[0] - a[0]) * ((int64_t)c[1] - a[1]) -
                   ((int64_t)c[0] - a[0]) * ((int64_t)b[1] - a[1]);
    return side * turn <= 0;
}

/* One chain of the polygon around rows e[0..n), row i at y = i - 1 (monotone chain: Andrew, Inf
   Process Lett 9(5), 1979). */
static void add_chain(points *out, const ends *e, int64_t n, int32_t z, int side)
{
    int64_t base = out->n;
    for (int64_t i = 0; i < n; i++) {
        if (e[i].lo > e[i].hi)
            continue;
        int32_t q[3] = { side > 0 ? e[i].hi : e[i].lo, (int32_t)(i - 1), z };
        while (out->n - base >= 2 && within(out->p[out->n - 2], out->p[out->n - 1], q, side))
            out->n--;
        memcpy(out->p[out->n++], q, sizeof q);
    }
}

static int add_plane(points *out, const ends *e, int64_t n, int32_t z, mi_err *err)
{
    if (out->cap - out->n < 2 * n) {
        int64_t cap = 2 * out->cap + 2 * n;
        void *p = mi_regrow(out->p, (size_t)cap, sizeof *out->p, err);
        if (!p)
            return -1;
        out->p = p;
        out->cap = cap;
    }
    add_chain(out, e, n, z, -1);
    add_chain(out, e, n, z, +1);
    return 0;
}

static void clear(ends *e, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        e[i] = (ends) { INT32_MAX, INT32_MIN };
}

/* Plane through the voxel centres of a slice: rows at odd distance hold the points beside the
   centres of the next rows. */
static void centre_plane(ends *plane, const ends *row, int64_t ny)
{
    clear(plane, 2 * ny + 1);
    for (int64_t y = 0; y < ny; y++) {
        widen(&plane[2 * y], row[y], 0);
        widen(&plane[2 * y + 1], row[y], 1);
        widen(&plane[2 * y + 2], row[y], 0);
    }
}

/* Plane between two slices: the points above and below their centres. */
static void between_plane(ends *plane, const ends *below, const ends *above, int64_t ny)
{
    clear(plane, 2 * ny + 1);
    for (int64_t y = 0; y < ny; y++) {
        widen(&plane[2 * y + 1], below[y], 0);
        widen(&plane[2 * y + 1], above[y], 0);
    }
}

static int candidates(const uint8_t *mask, const int64_t n[3], ends *buf, points *out, mi_err *err)
{
    ends *below = buf, *row = buf + n[1], *plane = buf + 2 * n[1];
    int64_t np = 2 * n[1] + 1;
    clear(below, n[1]);
    for (int64_t z = 0; z <= n[2]; z++) {
        for (int64_t y = 0; y < n[1]; y++)
            row[y] = z < n[2] ? row_ends(mask + (z * n[1] + y) * n[0], n[0])
                              : (ends) { INT32_MAX, INT32_MIN };
        between_plane(plane, below, row, n[1]);
        if (add_plane(out, plane, np, (int32_t)(2 * z - 1), err) != 0)
            return -1;
        centre_plane(plane, row, n[1]);
        if (z < n[2] && add_plane(out, plane, np, (int32_t)(2 * z), err) != 0)
            return -1;
        ends *t = below;
        below = row;
        row = t;
    }
    return 0;
}

int mi_hull_of_mask(const uint8_t *mask, const int64_t n[3], mi_hull *out, mi_err *err)
{
    points c = { NULL, 0, 0 };
    for (int a = 0; a < 3; a++)
        if (n[a] > INT64_C(1) << 28)
            return mi_fail(err, MI_E_DATA, NULL,
                           "a region of %lld voxels along an axis is too long for its convex hull",
                           (long long)n[a]);
    ends *buf = mi_array((size_t)(4 * n[1] + 1), sizeof *buf, err);
    int rc = buf ? candidates(mask, n, buf, &c, err) : -1;
    if (rc == 0)
        rc = mi_hull_of_points((const int32_t(*)[3])c.p, c.n, out, err);
    free(c.p);
    free(buf);
    return rc;
}
