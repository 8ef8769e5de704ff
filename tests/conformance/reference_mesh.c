/* Marching cubes at 0.5 without a table: in each cube the surface cuts the faces along segments
   between edge midpoints, the segments close to loops, the loops are triangulated. Where a face has
   its inside corners on a diagonal there are two ways to draw the segments, and a loop of more than
   three corners may be triangulated in several ways: all are tried, so that volume and area come as
   bounds (IBSI 1 reference manual, 3.1: values depend on the algorithm). */
#include "reference.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct point {
    double x[3];
} point;
typedef struct bounds {
    double volume_lo, volume_hi, area_lo, area_hi;
} bounds;

/* Corner c of the cube lies at ((c & 1), (c >> 1 & 1), (c >> 2 & 1)). The four corners of each
   face, in order round it as seen from outside. */
static const int face[6][4] = { { 0, 4, 6, 2 }, { 1, 3, 7, 5 }, { 0, 1, 5, 4 },
                                { 2, 6, 7, 3 }, { 0, 2, 3, 1 }, { 4, 5, 7, 6 } };

/* An edge as a small number, whichever way round. */
static int edge(int a, int b)
{
    return a < b ? a * 8 + b : b * 8 + a;
}

static point middle(int e)
{
    point p;
    for (int d = 0; d < 3; d++)
        p.x[d] = ((e / 8 >> d & 1) + (e % 8 >> d & 1)) / 2.0 - 0.5;
    return p;
}

static double det(point a, point b, point c)
{
    return a.x[0] * (b.x[1] * c.x[2] - b.x[2] * c.x[1]) -
           a.x[1] * (b.x[0] * c.x[2] - b.x[2] * c.x[0]) +
           a.x[2] * (b.x[0] * c.x[1] - b.x[1] * c.x[0]);
}

static double triangle(point a, point b, point c, const double s[3])
{
    double u[3], v[3];
    for (int d = 0; d < 3; d++) {
        u[d] = (b.x[d] - a.x[d]) * s[d];
        v[d] = (c.x[d] - a.x[d]) * s[d];
    }
    double x = u[1] * v[2] - u[2] * v[1], y = u[2] * v[0] - u[0] * v[2];
    double z = u[0] * v[1] - u[1] * v[0];
    return sqrt(x * x + y * y + z * z) / 2;
}

/* Bounds over all triangulations of a loop: the best of each chain i..j from those of its parts. */
static bounds loop_bounds(const point *p, int n, const double s[3])
{
    static const bounds none = { 0, 0, 0, 0 };
    bounds best[16][16];
    for (int len = 1; len < n; len++)
        for (int i = 0; i + len < n; i++) {
            int j = i + len;
            best[i][j] = none;
            for (int k = i + 1; k < j; k++) {
                double v = det(p[i], p[k], p[j]) / 6, a = triangle(p[i], p[k], p[j], s);
                bounds l = best[i][k], r = best[k][j], *b = &best[i][j];
                bool first = k == i + 1;
                double vl = l.volume_lo + r.volume_lo + v, vh = l.volume_hi + r.volume_hi + v;
                double al = l.area_lo + r.area_lo + a, ah = l.area_hi + r.area_hi + a;
                b->volume_lo = first ? vl : fmin(b->volume_lo, vl);
                b->volume_hi = first ? vh : fmax(b->volume_hi, vh);
                b->area_lo = first ? al : fmin(b->area_lo, al);
                b->area_hi = first ? ah : fmax(b->area_hi, ah);
            }
        }
    return best[0][n - 1];
}

static bool is_in(int config, int corner)
{
    return config >> corner & 1;
}

/* Draw the segments of one face. next[e] becomes the edge that follows e round the surface's loop,
   outward normals. Returns the inside share of the face. */
static double draw_face(int config, const int f[4], bool joined, int next[64])
{
    int in = 0;
    for (int k = 0; k < 4; k++)
        in += is_in(config, f[k]);
    bool diagonal = in == 2 && is_in(config, f[0]) == is_in(config, f[2]);
    for (int k = 0; k < 4; k++) {
        int c = f[k], before = f[(k + 3) % 4], after = f[(k + 1) % 4];
        if (diagonal && is_in(config, c) != joined)
            /* cut this corner off: it alone lies on one side of the segment */
            next[joined ? edge(c, after) : edge(before, c)] =
                joined ? edge(before, c) : edge(c, after);
        if (!diagonal && is_in(config, c) && !is_in(config, after)) {
            /* the inside run of corners ends here; it began after the last outside corner */
            int first = k;
            while (is_in(config, f[(first + 3) % 4]))
                first = (first + 3) % 4;
            next[edge(f[(first + 3) % 4], f[first])] = edge(c, after);
        }
    }
    if (diagonal)
        return joined ? 6.0 / 8 : 2.0 / 8;
    return in == 0 ? 0 : in == 1 ? 1.0 / 8 : in == 2 ? 0.5 : in == 3 ? 7.0 / 8 : 1;
}

/* One choice for all faces (bit f of `joined`): bounds of the cube's share. Volumes are taken as
   cones from the cube's centre. */
static bounds cube_choice(int config, int joined, const double s[3])
{
    int next[64];
    bounds sum = { 0, 0, 0, 0 };
    memset(next, -1, sizeof next);
    for (int f = 0; f < 6; f++) {
        double part = draw_face(config, face[f], joined >> f & 1, next) * 0.5 / 3;
        sum.volume_lo += part;
        sum.volume_hi += part;
    }
    for (int e = 0; e < 64; e++) {
        point loop[16];
        int n = 0;
        for (int at = e; next[at] >= 0;) {
            int to = next[at];
            loop[n++] = middle(at);
            next[at] = -1;
            at = to;
        }
        if (n < 3)
            continue;
        bounds b = loop_bounds(loop, n, s);
        sum.volume_lo += b.volume_lo;
        sum.volume_hi += b.volume_hi;
        sum.area_lo += b.area_lo;
        sum.area_hi += b.area_hi;
    }
    return sum;
}

static bounds cube(int config, const double s[3])
{
    bounds all = { INFINITY, -INFINITY, INFINITY, -INFINITY };
    for (int joined = 0; joined < 64; joined++) {
        bounds b = cube_choice(config, joined, s);
        all.volume_lo = fmin(all.volume_lo, b.volume_lo);
        all.volume_hi = fmax(all.volume_hi, b.volume_hi);
        all.area_lo = fmin(all.area_lo, b.area_lo);
        all.area_hi = fmax(all.area_hi, b.area_hi);
    }
    return all;
}

static void add_vertices(const ref_roi *r, ref_mesh *m, int x, int y, int z)
{
    static const int side[6][3] = { { 1, 0, 0 },  { -1, 0, 0 }, { 0, 1, 0 },
                                    { 0, -1, 0 }, { 0, 0, 1 },  { 0, 0, -1 } };
    for (int k = 0; k < 6; k++)
        if (!ref_in(r, r->morph, x + side[k][0], y + side[k][1], z + side[k][2])) {
            m->vertex[m->n][0] = 2 * x + side[k][0];
            m->vertex[m->n][1] = 2 * y + side[k][1];
            m->vertex[m->n][2] = 2 * z + side[k][2];
            m->n++;
        }
}

void ref_mesh_make(const ref_roi *r, ref_mesh *m)
{
    bounds part[256], sum = { 0, 0, 0, 0 };
    memset(m, 0, sizeof *m);
    m->vertex = ref_alloc(6 * (size_t)r->n_morph, sizeof *m->vertex);
    for (int c = 0; c < 256; c++)
        part[c] = cube(c, r->s);
    for (int z = -1; z < r->n[2]; z++)
        for (int y = -1; y < r->n[1]; y++)
            for (int x = -1; x < r->n[0]; x++) {
                int config = 0;
                for (int c = 0; c < 8; c++)
                    config |= ref_in(r, r->morph, x + (c & 1), y + (c >> 1 & 1), z + (c >> 2 & 1))
                              << c;
                sum.volume_lo += part[config].volume_lo;
                sum.volume_hi += part[config].volume_hi;
                sum.area_lo += part[config].area_lo;
                sum.area_hi += part[config].area_hi;
                if (ref_in(r, r->morph, x, y, z))
                    add_vertices(r, m, x, y, z);
            }
    double voxel = r->s[0] * r->s[1] * r->s[2];
    m->volume_lo = sum.volume_lo * voxel;
    m->volume_hi = sum.volume_hi * voxel;
    m->area_lo = sum.area_lo;
    m->area_hi = sum.area_hi;
}
