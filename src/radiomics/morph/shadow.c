#include "radiomics/morph/shadow.h"
#include <math.h>
#include <stdlib.h>
#include "base/memory.h"
#include "radiomics/morph/rectangle.h"

/* The outline of the hull across an axis is walked from vertex to vertex, so a direction costs as
   much as its outline is long, not as the hull has faces. */

bool mi_unit(double a[3])
{
    double l = sqrt(mi_dot(a, a));
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
    mi_cross(u, e, v);
    mi_unit(v);
    mi_cross(u, v, w);
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

int mi_shadow_make(mi_shadow *s, const mi_hull *h, const double sp[3], mi_err *err)
{
    size_t np = (size_t)h->n_points, nf = (size_t)h->n_faces;
    *s = (mi_shadow) { .h = h };
    s->p = mi_array(np, sizeof *s->p, err);
    s->normal = mi_array(nf, sizeof *s->normal, err);
    s->n = mi_array(nf, sizeof *s->n, err);
    s->face_at = mi_array(np, sizeof *s->face_at, err);
    s->q = mi_array(2 * np + 2, sizeof *s->q, err);
    if (!s->p || !s->normal || !s->n || !s->face_at || !s->q) {
        mi_shadow_free(s);
        return -1;
    }
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
            s->face_at[h->face[f][a]] = (int32_t)f;
        }
        mi_unit(s->n[f]);
    }
    return 0;
}

void mi_shadow_free(mi_shadow *s)
{
    free(s->p);
    free(s->normal);
    free(s->n);
    free(s->face_at);
    free(s->q);
    *s = (mi_shadow) { .h = NULL };
}

double mi_shadow_width(const mi_shadow *s, const double u[3])
{
    double lo = INFINITY, hi = -INFINITY;
    for (int32_t i = 0; i < s->h->n_points; i++) {
        double d = mi_dot(s->p[i], u);
        lo = d < lo ? d : lo;
        hi = d > hi ? d : hi;
    }
    return hi - lo;
}

/* Which corner of a face a vertex is. */
static int corner(const mi_hull *h, int32_t face, int32_t vertex)
{
    return h->face[face][0] == vertex ? 0 : h->face[face][1] == vertex ? 1 : 2;
}

/* The vertex that lies farthest along u, uphill from vertex i. */
static int32_t climb_hull(const mi_shadow *s, int32_t i, const double u[3])
{
    double best = mi_dot(s->p[i], u);
    for (int32_t from = -1; from != i;) {
        int32_t f = s->face_at[i], first = f;
        from = i;
        do {
            int k = corner(s->h, f, from);
            int32_t j = s->h->face[f][(k + 1) % 3];
            double d = mi_dot(s->p[j], u);
            if (d > best) {
                best = d;
                i = j;
            }
            f = s->h->across[f][k];
        } while (f != first);
    }
    return i;
}

/* Upright faces do not look up, whatever rounding says. */
static bool looks_up(const mi_shadow *s, int32_t face, const double u[3])
{
    return mi_dot(s->n[face], u) > 1e-12;
}

/* The edges between faces that look up along u and faces that do not, counter-clockwise from a
   vertex of theirs, projected into s->q. Returns the number of vertices; 0 when rounding has torn
   the outline. */
static int32_t outline(mi_shadow *s, const double u[3], const double v[3], const double w[3])
{
    const mi_hull *h = s->h;
    /* Farthest along v; of an upright wall there, its upper rim. */
    double out[3] = { v[0] + 1e-9 * u[0], v[1] + 1e-9 * u[1], v[2] + 1e-9 * u[2] };
    int32_t start = s->near[2] = climb_hull(s, s->near[2], out);
    int32_t f = s->face_at[start], first = f, begin = -1, m = 0;
    int begins = 0;
    do {
        int k = corner(h, f, start);
        int32_t g = h->across[f][k];
        if (looks_up(s, f, u) && !looks_up(s, g, u)) {
            begin = f;
            begins++;
        }
        f = g;
    } while (f != first);
    if (begins != 1)
        return 0;
    f = begin;
    for (int32_t i = start; m == 0 || i != start;) {
        int k = corner(h, f, i);
        while (looks_up(s, h->across[f][k], u)) {
            f = h->across[f][k];
            k = corner(h, f, i);
        }
        if (m == h->n_points)
            return 0;
        s->q[m][0] = mi_dot(s->p[i], v);
        s->q[m++][1] = mi_dot(s->p[i], w);
        i = h->face[f][(k + 1) % 3];
    }
    return m;
}

/* The larger of the two distances along the axes. */
static double farther(const double a[2], const double b[2])
{
    double x = fabs(a[0] - b[0]), y = fabs(a[1] - b[1]);
    return x > y ? x : y;
}

/* Drop vertices that coincide with the one before: the edge between them has no direction of its
   own, only that of rounding. */
static int32_t thin_out(mi_shadow *s, int32_t m)
{
    double size = 0;
    int32_t kept = 1;
    for (int32_t i = 1; i < m; i++) {
        double far = farther(s->q[i], s->q[0]);
        size = far > size ? far : size;
    }
    for (int32_t i = 1; i <= m; i++) {
        const double *a = s->q[kept - 1], *b = s->q[i < m ? i : 0];
        if (farther(a, b) > 1e-9 * size) {
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
static int32_t polygon(mi_shadow *s, const double v[3], const double w[3])
{
    int32_t n = s->h->n_points, m = 0;
    double(*in)[2] = s->q + n + 1, (*out)[2] = s->q;
    for (int32_t i = 0; i < n; i++) {
        in[i][0] = mi_dot(s->p[i], v);
        in[i][1] = mi_dot(s->p[i], w);
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

static double box_on(mi_shadow *s, int32_t m, const double v[3], const double w[3], mi_axes *out)
{
    double dir[2] = { 1, 0 }, area = mi_rectangle((const double(*)[2])s->q, thin_out(s, m), dir);
    for (int i = 0; i < 3; i++)
        out->u[1][i] = dir[0] * v[i] + dir[1] * w[i];
    mi_cross(out->u[0], out->u[1], out->u[2]);
    return area;
}

static double volume_along(const mi_shadow *s, double u[3][3])
{
    return mi_shadow_width(s, u[0]) * mi_shadow_width(s, u[1]) * mi_shadow_width(s, u[2]);
}

bool mi_shadow_box(mi_shadow *s, const double u[3], double limit, mi_axes *out)
{
    double v[3], w[3], back[3] = { -u[0], -u[1], -u[2] };
    s->near[0] = climb_hull(s, s->near[0], u);
    s->near[1] = climb_hull(s, s->near[1], back);
    double high = mi_dot(s->p[s->near[0]], u) - mi_dot(s->p[s->near[1]], u);
    frame(u, v, w);
    for (int i = 0; i < 3; i++)
        out->u[0][i] = u[i];
    int32_t m = outline(s, u, v, w);
    bool whole = m >= 3;
    out->volume = box_on(s, whole ? m : polygon(s, v, w), v, w, out) * high;
    if (whole && out->volume >= limit)
        return false;
    /* What will be used is measured on all vertices; where rounding misled the walk, anew. */
    double claimed = out->volume;
    out->volume = volume_along(s, out->u);
    if (whole && fabs(out->volume - claimed) > 1e-9 * claimed) {
        box_on(s, polygon(s, v, w), v, w, out);
        out->volume = volume_along(s, out->u);
    }
    return out->volume < limit;
}
