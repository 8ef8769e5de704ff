#include "radiomics/morph/solids.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

/* O'Rourke, "Finding minimal enclosing boxes", Int J Comput Inf Sci 14(3), 1985: two
   neighbouring faces of the smallest box each hold an edge of the hull. The usual case, a face
   of the hull flush with a face of the box, is searched in full. Within the plane across an axis
   the smallest rectangle has a side flush with an edge of the outline (Freeman and Shapira,
   Commun ACM 18(7), 1975), found by rotating calipers (Toussaint, Proc IEEE MELECON 1983). */

enum { MAX_EDGES = 128, KEEP = 4, MAX_TURNS = 64 };

typedef struct axes {
    double u[3][3], volume;
} axes; /* unit vectors, right-handed */

typedef struct solver {
    const mi_hull *h;
    double (*p)[3]; /* vertices, mm */
    int64_t (
        *normal)[3]; /* of the faces: primitive lattice vectors, equal for faces of one plane */
    double (*n)[3];  /* the same in mm, not of unit length */
    double *weight;  /* area of the face / length of n */
    double *slope;   /* n . axis of the face */
    int32_t *to;     /* outline: vertex that follows, -1 off the outline */
    double (*q)[2];  /* outline, projected */
    axes best[KEEP];
    int n_best;
} solver;

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double a[3], const double b[3], double c[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

static bool unit(double a[3])
{
    double l = sqrt(dot(a, a));
    if (!(l > 0))
        return false;
    for (int i = 0; i < 3; i++)
        a[i] /= l;
    return true;
}

/* Two unit vectors that make a right-handed set with u. */
static void frame(const double u[3], double v[3], double w[3])
{
    double e[3] = { 0, 0, 0 };
    int least = fabs(u[0]) < fabs(u[1]) ? (fabs(u[0]) < fabs(u[2]) ? 0 : 2)
                                        : (fabs(u[1]) < fabs(u[2]) ? 1 : 2);
    e[least] = 1;
    cross(u, e, v);
    unit(v);
    cross(u, v, w);
}

static double width(const solver *s, const double u[3])
{
    double lo = INFINITY, hi = -INFINITY;
    for (int32_t i = 0; i < s->h->n_points; i++) {
        double d = dot(s->p[i], u);
        lo = d < lo ? d : lo;
        hi = d > hi ? d : hi;
    }
    return hi - lo;
}

/* Area of the shadow along u: half the sum of the shadows of all faces. A rectangle around it is
   not smaller. */
static double shadow(solver *s, const double u[3])
{
    double a = 0;
    for (int32_t f = 0; f < s->h->n_faces; f++) {
        s->slope[f] = dot(s->n[f], u);
        a += s->weight[f] * fabs(s->slope[f]);
    }
    return a / 2;
}

/* The outline seen along u, counter-clockwise, into s->q: edges between faces that look up and
   faces that do not. Returns the number of vertices; 0 when rounding has torn the outline. */
static int32_t outline(solver *s, const double v[3], const double w[3])
{
    const mi_hull *h = s->h;
    int32_t start = -1, edges = 0, m = 0;
    memset(s->to, -1, (size_t)h->n_points * sizeof *s->to);
    for (int32_t f = 0; f < h->n_faces; f++) {
        if (!(s->slope[f] > 0))
            continue;
        for (int k = 0; k < 3; k++) {
            if (s->slope[h->across[f][k]] > 0)
                continue;
            start = h->face[f][k];
            if (s->to[start] >= 0)
                return 0;
            s->to[start] = h->face[f][(k + 1) % 3];
            edges++;
        }
    }
    for (int32_t i = start; i >= 0 && m < edges; i = s->to[i], m++) {
        s->q[m][0] = dot(s->p[i], v);
        s->q[m][1] = dot(s->p[i], w);
        if (m > 0 && i == start)
            return 0;
    }
    return m == edges ? m : 0;
}

/* Drop vertices that coincide with the one before: the edge between them has no direction of its
   own, only that of rounding. */
static int32_t thin_out(solver *s, int32_t m)
{
    double size = 0;
    int32_t kept = 1;
    for (int32_t i = 1; i < m; i++)
        size = fmax(size, fmax(fabs(s->q[i][0] - s->q[0][0]), fabs(s->q[i][1] - s->q[0][1])));
    for (int32_t i = 1; i <= m; i++) {
        const double *a = s->q[kept - 1], *b = s->q[i < m ? i : 0];
        if (fmax(fabs(a[0] - b[0]), fabs(a[1] - b[1])) > 1e-9 * size) {
            if (i < m) {
                s->q[kept][0] = b[0];
                s->q[kept++][1] = b[1];
            }
        } else if (i == m) {
            kept--;
        }
    }
    return kept;
}

static int by_place(const void *pa, const void *pb)
{
    const double *a = pa, *b = pb;
    if (a[0] != b[0])
        return a[0] < b[0] ? -1 : 1;
    return a[1] < b[1] ? -1 : a[1] > b[1];
}

/* Convex polygon around all vertices, for the rare torn outline (monotone chain). q has room for
   twice the vertices and one. */
static int32_t polygon(solver *s, const double v[3], const double w[3])
{
    int32_t n = s->h->n_points, m = 0;
    double(*in)[2] = s->q + n + 1, (*out)[2] = s->q;
    for (int32_t i = 0; i < n; i++) {
        in[i][0] = dot(s->p[i], v);
        in[i][1] = dot(s->p[i], w);
    }
    qsort(in, (size_t)n, sizeof *in, by_place);
    for (int pass = 0; pass < 2; pass++) {
        int32_t base = m;
        for (int32_t k = 0; k < n; k++) {
            const double *c = in[pass ? n - 1 - k : k];
            while (m - base >= 2 && (out[m - 1][0] - out[m - 2][0]) * (c[1] - out[m - 2][1]) <=
                                        (c[0] - out[m - 2][0]) * (out[m - 1][1] - out[m - 2][1]))
                m--;
            out[m][0] = c[0];
            out[m][1] = c[1];
            m++;
        }
        m--;
    }
    return m;
}

static double along(const solver *s, int32_t i, const double d[2])
{
    return s->q[i][0] * d[0] + s->q[i][1] * d[1];
}

/* Go on around the outline from i while that leads farther in direction d. */
static int32_t climb(const solver *s, int32_t m, int32_t i, const double d[2])
{
    for (int32_t steps = 0; steps < m; steps++) {
        int32_t j = i + 1 < m ? i + 1 : 0;
        if (!(along(s, j, d) > along(s, i, d)))
            break;
        i = j;
    }
    return i;
}

/* Smallest rectangle around the outline; its direction in dir. */
static double rectangle(const solver *s, int32_t m, double dir[2])
{
    double best = INFINITY;
    int32_t right = 0, top = 0, left = 0;
    for (int32_t i = 0; i < m; i++) {
        int32_t j = i + 1 < m ? i + 1 : 0;
        double d[2] = { s->q[j][0] - s->q[i][0], s->q[j][1] - s->q[i][1] };
        double l = sqrt(d[0] * d[0] + d[1] * d[1]);
        if (!(l > 0))
            continue;
        d[0] /= l;
        d[1] /= l;
        double up[2] = { -d[1], d[0] }, back[2] = { -d[0], -d[1] };
        right = climb(s, m, best < INFINITY ? right : j, d);
        top = climb(s, m, best < INFINITY ? top : right, up);
        left = climb(s, m, best < INFINITY ? left : top, back);
        double area =
            (along(s, right, d) - along(s, left, d)) * (along(s, top, up) - along(s, i, up));
        if (area < best) {
            best = area;
            dir[0] = d[0];
            dir[1] = d[1];
        }
    }
    return best;
}

/* A box is found along each of its axes: it is kept once. */
static void keep(solver *s, const axes *a)
{
    for (int i = 0; i < s->n_best; i++)
        if (fabs(s->best[i].volume - a->volume) <= 1e-9 * a->volume)
            return;
    int at = s->n_best < KEEP ? s->n_best++ : KEEP - 1;
    for (; at > 0 && s->best[at - 1].volume > a->volume; at--)
        s->best[at] = s->best[at - 1];
    s->best[at] = *a;
}

/* The smallest box with an axis along u (unit). false when it is not smaller than `limit`. */
static bool try_axis(solver *s, const double u[3], double limit, axes *out)
{
    double v[3], w[3], dir[2] = { 1, 0 }, high = width(s, u);
    if (shadow(s, u) * high >= limit)
        return false;
    frame(u, v, w);
    int32_t m = outline(s, v, w);
    if (m < 3)
        m = polygon(s, v, w);
    m = thin_out(s, m);
    out->volume = rectangle(s, m, dir) * high;
    for (int i = 0; i < 3; i++) {
        out->u[0][i] = u[i];
        out->u[1][i] = dir[0] * v[i] + dir[1] * w[i];
    }
    cross(out->u[0], out->u[1], out->u[2]);
    return out->volume < limit;
}

static void offer(solver *s, const double u[3])
{
    axes a;
    double limit = s->n_best < KEEP ? INFINITY : s->best[KEEP - 1].volume;
    if (try_axis(s, u, limit, &a))
        keep(s, &a);
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t t = a % b;
        a = b;
        b = t;
    }
    return a < 0 ? -a : a;
}

static int prepare(solver *s, const mi_hull *h, const double sp[3], mi_err *err)
{
    size_t np = (size_t)h->n_points, nf = (size_t)h->n_faces;
    s->h = h;
    s->p = mi_array(np, sizeof *s->p, err);
    s->normal = mi_array(nf, sizeof *s->normal, err);
    s->n = mi_array(nf, sizeof *s->n, err);
    s->weight = mi_array(nf, sizeof *s->weight, err);
    s->slope = mi_array(nf, sizeof *s->slope, err);
    s->to = mi_array(np, sizeof *s->to, err);
    s->q = mi_array(2 * np + 2, sizeof *s->q, err);
    if (!s->p || !s->normal || !s->n || !s->weight || !s->slope || !s->to || !s->q)
        return -1;
    for (size_t i = 0; i < np; i++)
        for (int a = 0; a < 3; a++)
            s->p[i][a] = (double)h->point[i][a] * (0.5 * sp[a]);
    for (size_t f = 0; f < nf; f++) {
        int64_t *n = s->normal[f];
        mi_hull_normal(h, (int32_t)f, n);
        int64_t g = gcd(gcd(n[0], n[1]), n[2]);
        for (int a = 0; a < 3; a++) {
            n[a] /= g;
            s->n[f][a] = (double)n[a] * (sp[(a + 1) % 3] * sp[(a + 2) % 3]);
        }
        s->weight[f] = (double)g / 8;
    }
    return 0;
}

static int by_normal(const void *pa, const void *pb)
{
    const int64_t *a = pa, *b = pb;
    for (int i = 0; i < 3; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* Every direction of a face once, opposite ones counting as one. */
static int try_faces(solver *s, const double sp[3], mi_err *err)
{
    int32_t nf = s->h->n_faces;
    int64_t(*d)[3] = mi_array((size_t)nf, sizeof *d, err);
    if (!d)
        return -1;
    for (int32_t f = 0; f < nf; f++) {
        const int64_t *n = s->normal[f];
        int64_t first = n[0] ? n[0] : n[1] ? n[1] : n[2];
        for (int a = 0; a < 3; a++)
            d[f][a] = first < 0 ? -n[a] : n[a];
    }
    qsort(d, (size_t)nf, sizeof *d, by_normal);
    for (int32_t f = 0; f < nf; f++) {
        if (f > 0 && by_normal(d[f], d[f - 1]) == 0)
            continue;
        double u[3];
        for (int a = 0; a < 3; a++)
            u[a] = (double)d[f][a] * (sp[(a + 1) % 3] * sp[(a + 2) % 3]);
        if (unit(u))
            offer(s, u);
    }
    free(d);
    return 0;
}

typedef struct edge {
    const double *f, *g;
    double e[3];
} edge; /* normals of its two faces, f to g turns about e */

/* Does a plane across u touch the hull along this edge, the hull below it? */
static bool supports(const edge *e, const double u[3])
{
    double a[3], b[3];
    cross(e->f, u, a);
    cross(u, e->g, b);
    return dot(a, e->e) >= 0 && dot(b, e->e) >= 0;
}

/* Faces of the box that hold this edge, on their way from one face of the hull to the other. */
static void swing(solver *s, const edge *e)
{
    enum { STEPS = 8 };
    double f = sqrt(dot(e->f, e->f)), g = sqrt(dot(e->g, e->g)), u[3];
    for (int k = 1; k < STEPS; k++) {
        for (int a = 0; a < 3; a++)
            u[a] = (STEPS - k) / f * e->f[a] + k / g * e->g[a];
        if (unit(u))
            offer(s, u);
    }
}

static void try_edges(solver *s)
{
    edge list[MAX_EDGES];
    int n = 0;
    for (int32_t f = 0; f < s->h->n_faces; f++)
        for (int k = 0; k < 3; k++) {
            int32_t g = s->h->across[f][k];
            if (g < f || by_normal(s->normal[f], s->normal[g]) == 0)
                continue;
            if (n == MAX_EDGES)
                return;
            const double *a = s->p[s->h->face[f][k]], *b = s->p[s->h->face[f][(k + 1) % 3]];
            list[n].f = s->n[f];
            list[n].g = s->n[g];
            for (int i = 0; i < 3; i++)
                list[n].e[i] = b[i] - a[i];
            n++;
        }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) {
            double u[3], back[3];
            cross(list[i].e, list[j].e, u);
            for (int a = 0; a < 3; a++)
                back[a] = -u[a];
            if ((supports(&list[i], u) && supports(&list[j], back)) ||
                (supports(&list[j], u) && supports(&list[i], back)))
                if (unit(u))
                    offer(s, u);
        }
    for (int i = 0; i < n; i++)
        swing(s, &list[i]);
}

/* Turn the box about its axes in turn while it shrinks. */
static void refine(solver *s, axes *a)
{
    for (int turn = 0, since = 0; turn < MAX_TURNS && since < 3; turn++) {
        axes b;
        int k = turn % 3;
        if (try_axis(s, a->u[k], a->volume * (1 - 1e-12), &b)) {
            *a = b;
            since = 0;
        } else {
            since++;
        }
    }
}

/* Tilt the box while it shrinks: its first axis moves in eight directions by steps that halve.
   What the families of boxes above miss is a box that three edges touch on three neighbouring
   sides; it is near one of them. */
static void tilt(solver *s, axes *a, double coarse, double fine)
{
    static const double way[8][2] = { { 1, 0 }, { 0, 1 },  { -1, 0 },  { 0, -1 },
                                      { 1, 1 }, { -1, 1 }, { -1, -1 }, { 1, -1 } };
    for (double step = coarse; step > fine;) {
        axes best = *a, b;
        bool better = false;
        for (int i = 0; i < 8; i++) {
            double u[3];
            for (int k = 0; k < 3; k++)
                u[k] = a->u[0][k] + step * (way[i][0] * a->u[1][k] + way[i][1] * a->u[2][k]);
            if (unit(u) && try_axis(s, u, best.volume * (1 - 1e-12), &b)) {
                best = b;
                better = true;
            }
        }
        if (better)
            *a = best;
        else
            step /= 2;
    }
}

static int by_size(const void *pa, const void *pb)
{
    const double *a = pa, *b = pb;
    return *a > *b ? -1 : *a < *b;
}

int mi_hull_box(const mi_hull *h, const double spacing[3], double side[3], mi_err *err)
{
    solver s = { .n_best = 0 };
    int rc = prepare(&s, h, spacing, err);
    if (rc == 0)
        rc = try_faces(&s, spacing, err);
    if (rc == 0) {
        try_edges(&s);
        int best = 0;
        for (int i = 0; i < s.n_best; i++) {
            refine(&s, &s.best[i]);
            tilt(&s, &s.best[i], 0.06, 3e-3);
            if (s.best[i].volume < s.best[best].volume)
                best = i;
        }
        tilt(&s, &s.best[best], 3e-3, 1e-7);
        refine(&s, &s.best[best]);
        for (int i = 0; i < 3; i++)
            side[i] = width(&s, s.best[best].u[i]);
        qsort(side, 3, sizeof *side, by_size);
    }
    free(s.p);
    free(s.normal);
    free(s.n);
    free(s.weight);
    free(s.slope);
    free(s.to);
    free(s.q);
    return rc;
}
