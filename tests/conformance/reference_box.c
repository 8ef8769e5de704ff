/* The smallest box around a convex hull. Two neighbouring faces of that box each hold an edge of
   the hull (O'Rourke, Int J Comput Inf Sci 14(3), 1985): for every pair of edges the first face is
   swung about its edge, in steps and then ever finer, and the second follows. No step is trusted to
   be the best: each is a box, and the smallest of all boxes is kept. */
#include "reference.h"
#include <math.h>
#include <stdlib.h>

enum { STEPS = 12, FINER = 40 };

typedef struct search {
    const ref_hull *h;
    double (*p)[3]; /* corners, mm */
    double volume, area_lo, area_hi;
} search;

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double a[3], const double b[3], double c[3])
{
    for (int d = 0; d < 3; d++)
        c[d] = a[(d + 1) % 3] * b[(d + 2) % 3] - a[(d + 2) % 3] * b[(d + 1) % 3];
}

static double extent(const search *s, const double u[3])
{
    double lo = INFINITY, hi = -INFINITY;
    for (int c = 0; c < s->h->n_corners; c++) {
        double t = dot(s->p[c], u);
        lo = t < lo ? t : lo;
        hi = t > hi ? t : hi;
    }
    return hi - lo;
}

/* The box with a face across u and another across v; v need not be of unit length. INFINITY when v
   is no direction. */
static double box(search *s, const double u[3], double v[3])
{
    double w[3], len = sqrt(dot(v, v));
    if (len < 1e-9)
        return INFINITY;
    for (int d = 0; d < 3; d++)
        v[d] /= len;
    cross(u, v, w);
    double a = extent(s, u), b = extent(s, v), c = extent(s, w), volume = a * b * c;
    double area = 2 * (a * b + b * c + a * c);
    if (volume < s->volume * (1 - 1e-5))
        s->area_lo = s->area_hi = area;
    else if (volume < s->volume * (1 + 1e-5)) {
        s->area_lo = fmin(s->area_lo, area);
        s->area_hi = fmax(s->area_hi, area);
    }
    s->volume = fmin(s->volume, volume);
    return volume;
}

/* The first face lies on edge e, a part t of the way from one of its hull faces to the other; the
   second holds edge f. */
static double swing(search *s, const double n0[3], const double n1[3], double t, const double f[3])
{
    double u[3], v[3], len = 0;
    for (int d = 0; d < 3; d++) {
        u[d] = (1 - t) * n0[d] + t * n1[d];
        len += u[d] * u[d];
    }
    for (int d = 0; d < 3; d++)
        u[d] /= sqrt(len);
    cross(u, f, v);
    return box(s, u, v);
}

static void try_pair(search *s, const double n0[3], const double n1[3], const double f[3])
{
    double best = INFINITY, at = 0, step = 1.0 / STEPS;
    for (int i = 0; i <= STEPS; i++) {
        double volume = swing(s, n0, n1, i * step, f);
        if (volume < best) {
            best = volume;
            at = i * step;
        }
    }
    if (best > s->volume * 1.05)
        return;
    for (int i = 0; i < FINER; i++) {
        step *= 0.7;
        for (int side = -1; side <= 1; side += 2) {
            double t = fmin(1, fmax(0, at + side * step)), volume = swing(s, n0, n1, t, f);
            if (volume < best) {
                best = volume;
                at = t;
            }
        }
    }
}

static int twin_face(const ref_hull *h, const ref_edge *e)
{
    for (int i = 0; i < h->n_edges; i++)
        if (h->edge[i].from == e->to && h->edge[i].to == e->from)
            return h->edge[i].face;
    return e->face;
}

void ref_box(const ref_hull *h, const double s[3], double *volume, double *area_lo, double *area_hi)
{
    search k = { h, ref_alloc((size_t)h->n_corners, sizeof *k.p), INFINITY, INFINITY, INFINITY };
    for (int c = 0; c < h->n_corners; c++)
        for (int d = 0; d < 3; d++)
            k.p[c][d] = h->corner[c][d] * s[d] / 2;
    for (int i = 0; i < h->n_edges; i++) {
        const ref_edge *e = &h->edge[i];
        if (e->from > e->to)
            continue;
        int other = twin_face(h, e);
        for (int j = 0; j < h->n_edges; j++) {
            const ref_edge *f = &h->edge[j];
            double line[3], len = 0;
            if (f->from > f->to)
                continue;
            for (int d = 0; d < 3; d++) {
                line[d] = k.p[f->to][d] - k.p[f->from][d];
                len += line[d] * line[d];
            }
            for (int d = 0; d < 3; d++)
                line[d] /= sqrt(len);
            try_pair(&k, h->normal[e->face], h->normal[other], line);
        }
    }
    *volume = k.volume;
    *area_lo = k.area_lo;
    *area_hi = k.area_hi;
    free(k.p);
}
