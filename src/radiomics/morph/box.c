#include "radiomics/morph/solids.h"
#include <math.h>
#include <stdlib.h>
#include "base/memory.h"
#include "radiomics/morph/shadow.h"

/* O'Rourke, "Finding minimal enclosing boxes", Int J Comput Inf Sci 14(3), 1985: two neighbouring
   faces of the smallest box each hold an edge of the hull. The usual case, a face of the hull flush
   with a face of the box, is searched in full. */

enum { MAX_EDGES = 128, KEEP = 4, MAX_TURNS = 64 };

typedef struct search {
    mi_shadow s;
    mi_axes best[KEEP];
    int n_best;
} search;

/* A box is found along each of its axes: it is kept once. */
static void keep(search *s, const mi_axes *a)
{
    for (int i = 0; i < s->n_best; i++)
        if (fabs(s->best[i].volume - a->volume) <= 1e-9 * a->volume)
            return;
    int at = s->n_best < KEEP ? s->n_best++ : KEEP - 1;
    for (; at > 0 && s->best[at - 1].volume > a->volume; at--)
        s->best[at] = s->best[at - 1];
    s->best[at] = *a;
}

static void offer(search *s, const double u[3])
{
    mi_axes a;
    double limit = s->n_best < KEEP ? INFINITY : s->best[KEEP - 1].volume;
    if (mi_shadow_box(&s->s, u, limit, &a))
        keep(s, &a);
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
static int try_faces(search *s, const double sp[3], mi_err *err)
{
    int32_t nf = s->s.h->n_faces;
    int64_t(*d)[3] = mi_array((size_t)nf, sizeof *d, err);
    if (!d)
        return -1;
    for (int32_t f = 0; f < nf; f++) {
        const int64_t *n = s->s.normal[f];
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
        if (mi_unit(u))
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
    mi_cross(e->f, u, a);
    mi_cross(u, e->g, b);
    return mi_dot(a, e->e) >= 0 && mi_dot(b, e->e) >= 0;
}

/* Faces of the box that hold this edge, on their way from one face of the hull to the other. */
static void swing(search *s, const edge *e)
{
    enum { STEPS = 8 };
    double u[3];
    for (int k = 1; k < STEPS; k++) {
        for (int a = 0; a < 3; a++)
            u[a] = (STEPS - k) * e->f[a] + k * e->g[a];
        if (mi_unit(u))
            offer(s, u);
    }
}

static void try_edges(search *s)
{
    edge list[MAX_EDGES];
    int n = 0;
    for (int32_t f = 0; f < s->s.h->n_faces; f++)
        for (int k = 0; k < 3; k++) {
            int32_t g = s->s.h->across[f][k];
            if (g < f || by_normal(s->s.normal[f], s->s.normal[g]) == 0)
                continue;
            if (n == MAX_EDGES)
                return;
            const double *a = s->s.p[s->s.h->face[f][k]], *b = s->s.p[s->s.h->face[f][(k + 1) % 3]];
            list[n].f = s->s.n[f];
            list[n].g = s->s.n[g];
            for (int i = 0; i < 3; i++)
                list[n].e[i] = b[i] - a[i];
            n++;
        }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) {
            double u[3], back[3];
            mi_cross(list[i].e, list[j].e, u);
            for (int a = 0; a < 3; a++)
                back[a] = -u[a];
            if ((supports(&list[i], u) && supports(&list[j], back)) ||
                (supports(&list[j], u) && supports(&list[i], back)))
                if (mi_unit(u))
                    offer(s, u);
        }
    for (int i = 0; i < n; i++)
        swing(s, &list[i]);
}

/* Turn the box about its axes in turn while it shrinks. */
static void refine(search *s, mi_axes *a)
{
    for (int turn = 0, since = 0; turn < MAX_TURNS && since < 3; turn++) {
        mi_axes b;
        int k = turn % 3;
        if (mi_shadow_box(&s->s, a->u[k], a->volume * (1 - 1e-12), &b)) {
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
static void tilt(search *s, mi_axes *a, double coarse, double fine)
{
    static const double way[8][2] = { { 1, 0 }, { 0, 1 },  { -1, 0 },  { 0, -1 },
                                      { 1, 1 }, { -1, 1 }, { -1, -1 }, { 1, -1 } };
    for (double step = coarse; step > fine;) {
        mi_axes best = *a, b;
        bool better = false;
        for (int i = 0; i < 8; i++) {
            double u[3];
            for (int k = 0; k < 3; k++)
                u[k] = a->u[0][k] + step * (way[i][0] * a->u[1][k] + way[i][1] * a->u[2][k]);
            if (mi_unit(u) && mi_shadow_box(&s->s, u, best.volume * (1 - 1e-12), &b)) {
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
    search s = { .n_best = 0 };
    int best = 0, rc = mi_shadow_make(&s.s, h, spacing, err);
    if (rc == 0)
        rc = try_faces(&s, spacing, err);
    if (rc == 0) {
        try_edges(&s);
        for (int i = 0; i < s.n_best; i++) {
            refine(&s, &s.best[i]);
            tilt(&s, &s.best[i], 0.06, 3e-3);
            if (s.best[i].volume < s.best[best].volume)
                best = i;
        }
        tilt(&s, &s.best[best], 3e-3, 1e-7);
        refine(&s, &s.best[best]);
        for (int i = 0; i < 3; i++)
            side[i] = mi_shadow_width(&s.s, s.best[best].u[i]);
        qsort(side, 3, sizeof *side, by_size);
    }
    mi_shadow_free(&s.s);
    return rc;
}
