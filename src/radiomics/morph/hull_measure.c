#include "radiomics/morph/hull.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

void mi_hull_normal(const mi_hull *h, int32_t f, int64_t n[3])
{
    const int32_t *a = h->point[h->face[f][0]], *b = h->point[h->face[f][1]],
                  *c = h->point[h->face[f][2]];
    int64_t u[3], v[3];
    for (int i = 0; i < 3; i++) {
        u[i] = (int64_t)b[i] - a[i];
        v[i] = (int64_t)c[i] - a[i];
    }
    n[0] = u[1] * v[2] - u[2] * v[1];
    n[1] = u[2] * v[0] - u[0] * v[2];
    n[2] = u[0] * v[1] - u[1] * v[0];
}

/* Six times the volume in half edges cubed is a whole number: the sum of signed tetrahedra from
   the first vertex. */
void mi_hull_measure(const mi_hull *h, const double s[3], double *volume, double *area)
{
    const int32_t *o = h->point[0];
    mi_wide six = 0;
    *area = 0;
    for (int32_t f = 0; f < h->n_faces; f++) {
        const int32_t *a = h->point[h->face[f][0]];
        int64_t n[3];
        mi_hull_normal(h, f, n);
        for (int i = 0; i < 3; i++)
            six += (mi_wide)n[i] * ((int64_t)a[i] - o[i]);
        double x = (double)n[0] * (s[1] * s[2]), y = (double)n[1] * (s[2] * s[0]),
               z = (double)n[2] * (s[0] * s[1]);
        *area += sqrt(x * x + y * y + z * z) / 8;
    }
    *volume = (double)six / 48 * (s[0] * s[1] * s[2]);
}

enum { PATCH = 16 };

/* A few vertices that lie together, with their box. */
typedef struct patch {
    int32_t from, to;
    double lo[3], hi[3];
} patch;

typedef struct site {
    double p[3];
    uint64_t key;
    int32_t index;
} site;

/* Bits of the three coordinates in turn (Morton order): neighbours in the list are neighbours in
   space. */
static uint64_t interleave(const int32_t p[3], const int32_t lo[3])
{
    uint64_t key = 0;
    for (int bit = 20; bit >= 0; bit--)
        for (int a = 0; a < 3; a++)
            key = key << 1 | ((uint64_t)((int64_t)p[a] - lo[a]) >> bit & 1);
    return key;
}

static int by_key(const void *pa, const void *pb)
{
    const site *a = pa, *b = pb;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static site *sites_of(const mi_hull *h, const double s[3], mi_err *err)
{
    int32_t lo[3] = { INT32_MAX, INT32_MAX, INT32_MAX };
    site *q = mi_array((size_t)h->n_points, sizeof *q, err);
    if (!q)
        return NULL;
    for (int32_t i = 0; i < h->n_points; i++)
        for (int a = 0; a < 3; a++)
            lo[a] = h->point[i][a] < lo[a] ? h->point[i][a] : lo[a];
    for (int32_t i = 0; i < h->n_points; i++) {
        for (int a = 0; a < 3; a++)
            q[i].p[a] = (double)h->point[i][a] * (0.5 * s[a]);
        q[i].key = interleave(h->point[i], lo);
        q[i].index = i;
    }
    qsort(q, (size_t)h->n_points, sizeof *q, by_key);
    return q;
}

/* No two points of the patches are farther apart than this (squared). */
static double reach(const patch *a, const patch *b)
{
    double d2 = 0;
    for (int i = 0; i < 3; i++) {
        double u = a->hi[i] - b->lo[i], v = b->hi[i] - a->lo[i], d = u > v ? u : v;
        d2 += d * d;
    }
    return d2;
}

static double farthest(const site *q, const patch *a, const patch *b, double best)
{
    for (int32_t i = a->from; i < a->to; i++)
        for (int32_t j = b->from; j < b->to; j++) {
            double x = q[i].p[0] - q[j].p[0], y = q[i].p[1] - q[j].p[1], z = q[i].p[2] - q[j].p[2];
            double d2 = x * x + y * y + z * z;
            best = d2 > best ? d2 : best;
        }
    return best;
}

static void make_patches(const site *q, int32_t n, patch *p)
{
    for (int32_t from = 0; from < n; from += PATCH, p++) {
        p->from = from;
        p->to = from + PATCH < n ? from + PATCH : n;
        memcpy(p->lo, q[from].p, sizeof p->lo);
        memcpy(p->hi, q[from].p, sizeof p->hi);
        for (int32_t i = from; i < p->to; i++)
            for (int a = 0; a < 3; a++) {
                p->lo[a] = fmin(p->lo[a], q[i].p[a]);
                p->hi[a] = fmax(p->hi[a], q[i].p[a]);
            }
    }
}

/* All pairs of patches that could hold a longer distance than the best so far; the sweep from
   the first vertex and back gives a good one to begin with. */
int mi_hull_diameter(const mi_hull *h, const double s[3], double *diameter, mi_err *err)
{
    int32_t n = h->n_points, n_patches = (n + PATCH - 1) / PATCH, at = 0;
    double best = 0;
    site *q = sites_of(h, s, err);
    patch *p = q ? mi_array((size_t)n_patches, sizeof *p, err) : NULL;
    if (!p) {
        free(q);
        return -1;
    }
    make_patches(q, n, p);
    for (int sweep = 0; sweep < 3; sweep++) {
        patch from = { at, at + 1, { 0 }, { 0 } };
        int32_t to = at;
        for (int32_t i = 0; i < n; i++) {
            patch one = { i, i + 1, { 0 }, { 0 } };
            double d2 = farthest(q, &from, &one, 0);
            if (d2 > best) {
                best = d2;
                to = i;
            }
        }
        at = to;
    }
    for (int32_t i = 0; i < n_patches; i++)
        for (int32_t j = i; j < n_patches; j++)
            if (reach(&p[i], &p[j]) > best)
                best = farthest(q, &p[i], &p[j], best);
    *diameter = sqrt(best);
    free(p);
    free(q);
    return 0;
}
