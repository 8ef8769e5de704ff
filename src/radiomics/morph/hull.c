#include "radiomics/morph/hull.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

typedef struct facet {
    int32_t v[3], across[3];
    int64_t normal[3];
    int32_t outside; /* first of the points above this facet, -1: none */
    int32_t far;     /* the highest of them */
    mi_wide height;
    bool dead;
    int32_t seen; /* last point from which the facet was found visible */
} facet;

typedef struct builder {
    const int32_t (*p)[3];
    int32_t n;
    bool narrow;     /* heights fit 64 bits */
    int32_t *next;   /* chains of points above a facet */
    int32_t *begins; /* horizon edge that begins at a point: its new facet */
    facet *f;
    int32_t n_facets, cap;
    int32_t *stack, *visible, *horizon; /* horizon: pairs facet, edge */
    int32_t n_visible, n_horizon;
    int64_t work_cap;
} builder;

void mi_hull_free(mi_hull *h)
{
    free(h->point);
    free(h->face);
    free(h->across);
    *h = (mi_hull)MI_HULL_EMPTY;
}

static void cross(const int32_t a[3], const int32_t b[3], const int32_t c[3], int64_t n[3])
{
    int64_t u[3], v[3];
    for (int i = 0; i < 3; i++) {
        u[i] = (int64_t)b[i] - a[i];
        v[i] = (int64_t)c[i] - a[i];
    }
    n[0] = u[1] * v[2] - u[2] * v[1];
    n[1] = u[2] * v[0] - u[0] * v[2];
    n[2] = u[0] * v[1] - u[1] * v[0];
}

/* Height of q over the plane through a with this normal; its sign is exact. */
static mi_wide height(bool narrow, const int64_t n[3], const int32_t a[3], const int32_t q[3])
{
    int64_t d[3] = { (int64_t)q[0] - a[0], (int64_t)q[1] - a[1], (int64_t)q[2] - a[2] };
    if (narrow)
        return n[0] * d[0] + n[1] * d[1] + n[2] * d[2];
    return (mi_wide)n[0] * d[0] + (mi_wide)n[1] * d[1] + (mi_wide)n[2] * d[2];
}

static mi_wide above(const builder *b, const facet *f, int32_t q)
{
    return height(b->narrow, f->normal, b->p[f->v[0]], b->p[q]);
}

static int32_t new_facet(builder *b, int32_t v0, int32_t v1, int32_t v2, mi_err *err)
{
    if (b->n_facets == b->cap) {
        int32_t cap = b->cap > INT32_MAX / 2 ? INT32_MAX : 2 * b->cap + 64;
        facet *f = b->n_facets == INT32_MAX ? NULL : mi_regrow(b->f, (size_t)cap, sizeof *f, err);
        if (!f)
            return mi_fail(err, MI_E_MEMORY, NULL, "convex hull with %d facets", b->n_facets);
        b->f = f;
        b->cap = cap;
    }
    facet *f = &b->f[b->n_facets];
    memset(f, 0, sizeof *f);
    f->v[0] = v0;
    f->v[1] = v1;
    f->v[2] = v2;
    f->outside = f->far = f->seen = -1;
    cross(b->p[v0], b->p[v1], b->p[v2], f->normal);
    return b->n_facets++;
}

/* Chain point q to the first of the facets from `first` on that it lies above. */
static void hand_over(builder *b, int32_t q, int32_t first)
{
    for (int32_t i = first; i < b->n_facets; i++) {
        facet *f = &b->f[i];
        mi_wide h = above(b, f, q);
        if (h <= 0)
            continue;
        b->next[q] = f->outside;
        f->outside = q;
        if (f->far < 0 || h > f->height) {
            f->far = q;
            f->height = h;
        }
        return;
    }
}

/* Four points of the set that span a solid; -1 when there are none. */
static int first_solid(const builder *b, int32_t s[4])
{
    double best = 0;
    s[0] = s[1] = 0;
    for (int32_t i = 1; i < b->n; i++) {
        if (b->p[i][0] < b->p[s[0]][0])
            s[0] = i;
        if (b->p[i][0] > b->p[s[1]][0])
            s[1] = i;
    }
    s[2] = s[3] = -1;
    for (int32_t i = 0; i < b->n; i++) {
        int64_t c[3];
        cross(b->p[s[0]], b->p[s[1]], b->p[i], c);
        double d =
            (double)c[0] * (double)c[0] + (double)c[1] * (double)c[1] + (double)c[2] * (double)c[2];
        if (d > best) {
            best = d;
            s[2] = i;
        }
    }
    if (s[2] < 0)
        return -1;
    int64_t c[3];
    mi_wide top = 0;
    cross(b->p[s[0]], b->p[s[1]], b->p[s[2]], c);
    for (int32_t i = 0; i < b->n; i++) {
        mi_wide h = height(b->narrow, c, b->p[s[0]], b->p[i]);
        if ((h < 0 ? -h : h) > (top < 0 ? -top : top)) {
            top = h;
            s[3] = i;
        }
    }
    if (s[3] < 0)
        return -1;
    if (top > 0) { /* the fourth point lies below the first three, seen from outside */
        int32_t t = s[1];
        s[1] = s[2];
        s[2] = t;
    }
    return 0;
}

static int begin(builder *b, mi_err *err)
{
    static const int8_t v[4][3] = { { 0, 1, 2 }, { 0, 3, 1 }, { 1, 3, 2 }, { 2, 3, 0 } };
    static const int8_t across[4][3] = { { 1, 2, 3 }, { 3, 2, 0 }, { 1, 3, 0 }, { 2, 1, 0 } };
    int32_t s[4];
    if (first_solid(b, s) != 0)
        return mi_fail(err, MI_E_INTERNAL, NULL, "convex hull of %d points in one plane", b->n);
    for (int i = 0; i < 4; i++) {
        if (new_facet(b, s[v[i][0]], s[v[i][1]], s[v[i][2]], err) < 0)
            return -1;
        for (int k = 0; k < 3; k++)
            b->f[i].across[k] = across[i][k];
    }
    for (int32_t q = 0; q < b->n; q++)
        hand_over(b, q, 0);
    return 0;
}

/* Room in the lists of one step: every facet may be visible and every edge on the horizon. */
static int room(builder *b, mi_err *err)
{
    if (b->work_cap >= b->n_facets)
        return 0;
    int64_t cap = 2 * (int64_t)b->n_facets + 64;
    int32_t **list[3] = { &b->stack, &b->visible, &b->horizon };
    for (int i = 0; i < 3; i++) {
        int32_t *p = mi_regrow(*list[i], (size_t)cap, 6 * sizeof *p, err);
        if (!p)
            return -1;
        *list[i] = p;
    }
    b->work_cap = cap;
    return 0;
}

/* Facets that q sees, and the edges between them and the others. */
static void look(builder *b, int32_t start, int32_t q)
{
    int64_t top = 0;
    b->n_visible = b->n_horizon = 0;
    b->stack[top++] = start;
    b->f[start].seen = q;
    while (top > 0) {
        int32_t i = b->stack[--top];
        b->visible[b->n_visible++] = i;
        for (int k = 0; k < 3; k++) {
            int32_t g = b->f[i].across[k];
            if (b->f[g].seen == q)
                continue;
            if (above(b, &b->f[g], q) > 0) {
                b->f[g].seen = q;
                b->stack[top++] = g;
            } else {
                b->horizon[2 * b->n_horizon] = i;
                b->horizon[2 * b->n_horizon + 1] = k;
                b->n_horizon++;
            }
        }
    }
}

/* Replace what q sees by a cone from q over the horizon. */
static int raise_cone(builder *b, int32_t q, mi_err *err)
{
    int32_t first = b->n_facets;
    for (int32_t i = 0; i < b->n_horizon; i++) {
        int32_t old = b->horizon[2 * i], k = b->horizon[2 * i + 1];
        int32_t from = b->f[old].v[k], to = b->f[old].v[(k + 1) % 3], beyond = b->f[old].across[k];
        int32_t now = new_facet(b, from, to, q, err);
        if (now < 0)
            return -1;
        b->f[now].across[0] = beyond;
        for (int e = 0; e < 3; e++)
            if (b->f[beyond].v[e] == to && b->f[beyond].v[(e + 1) % 3] == from)
                b->f[beyond].across[e] = now;
        b->begins[from] = now;
    }
    for (int32_t i = first; i < b->n_facets; i++) {
        int32_t after = b->begins[b->f[i].v[1]];
        b->f[i].across[1] = after;
        b->f[after].across[2] = i;
    }
    for (int32_t i = 0; i < b->n_visible; i++) {
        facet *f = &b->f[b->visible[i]];
        f->dead = true;
        for (int32_t r = f->outside; r >= 0;) {
            int32_t follow = b->next[r];
            if (r != q)
                hand_over(b, r, first);
            r = follow;
        }
    }
    return 0;
}

static int build(builder *b, mi_err *err)
{
    if (begin(b, err) != 0)
        return -1;
    for (int32_t i = 0; i < b->n_facets; i++) {
        if (b->f[i].dead || b->f[i].far < 0)
            continue;
        int32_t q = b->f[i].far;
        if (room(b, err) != 0)
            return -1;
        look(b, i, q);
        if (raise_cone(b, q, err) != 0)
            return -1;
    }
    return 0;
}

/* Living facets and their vertices, renumbered. */
static int collect(builder *b, mi_hull *out, mi_err *err)
{
    int32_t *place = b->begins, n_faces = 0, n_points = 0;
    for (int32_t i = 0; i < b->n; i++)
        place[i] = -1;
    for (int32_t i = 0; i < b->n_facets; i++) {
        if (b->f[i].dead)
            continue;
        b->f[i].seen = n_faces++;
        for (int k = 0; k < 3; k++)
            if (place[b->f[i].v[k]] < 0)
                place[b->f[i].v[k]] = n_points++;
    }
    out->n_points = n_points;
    out->n_faces = n_faces;
    out->point = mi_array((size_t)n_points, sizeof *out->point, err);
    out->face = mi_array((size_t)n_faces, sizeof *out->face, err);
    out->across = mi_array((size_t)n_faces, sizeof *out->across, err);
    if (!out->point || !out->face || !out->across)
        return -1;
    for (int32_t i = 0; i < b->n; i++)
        if (place[i] >= 0)
            memcpy(out->point[place[i]], b->p[i], sizeof *out->point);
    for (int32_t i = 0, f = 0; i < b->n_facets; i++) {
        if (b->f[i].dead)
            continue;
        for (int k = 0; k < 3; k++) {
            out->face[f][k] = place[b->f[i].v[k]];
            out->across[f][k] = b->f[b->f[i].across[k]].seen;
        }
        f++;
    }
    return 0;
}

/* The largest extent along an axis decides how wide a height may get: |normal| <= 2 e^2, times
   e, three times. */
static bool heights_are_narrow(const int32_t (*p)[3], int64_t n)
{
    for (int a = 0; a < 3; a++) {
        int64_t lo = p[0][a], hi = p[0][a];
        for (int64_t i = 1; i < n; i++) {
            lo = p[i][a] < lo ? p[i][a] : lo;
            hi = p[i][a] > hi ? p[i][a] : hi;
        }
        if (hi - lo >= (int64_t)1 << 20)
            return false;
    }
    return true;
}

int mi_hull_of_points(const int32_t (*p)[3], int64_t n, mi_hull *out, mi_err *err)
{
    builder b = { .p = p, .n = (int32_t)n };
    if (n < 1 || n > INT32_MAX - 1)
        return mi_fail(err, MI_E_INTERNAL, NULL, "convex hull of %lld points", (long long)n);
    b.narrow = heights_are_narrow(p, n);
    b.next = mi_array((size_t)n, sizeof *b.next, err);
    b.begins = mi_array((size_t)n, sizeof *b.begins, err);
    int rc = b.next && b.begins ? build(&b, err) : -1;
    if (rc == 0)
        rc = collect(&b, out, err);
    if (rc != 0)
        mi_hull_free(out);
    free(b.next);
    free(b.begins);
    free(b.f);
    free(b.stack);
    free(b.visible);
    free(b.horizon);
    return rc;
}
