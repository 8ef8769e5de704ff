/* Zones by union-find over the voxels, and city-block distances. */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/zones.h"

enum { BEFORE = 13, PLANE_BITS = 0xf, ALL_BITS = 0x1fff, SLAB_VOXELS = 1 << 17 };

/* Neighbours that come before a voxel in the scan, nearest in memory first; the first four lie in the plane. */
static const int8_t before[BEFORE][3] = {
    { -1, 0, 0 },  { -1, -1, 0 }, { 0, -1, 0 },  { 1, -1, 0 },  { -1, -1, -1 },
    { 0, -1, -1 }, { 1, -1, -1 }, { -1, 0, -1 }, { 0, 0, -1 },  { 1, 0, -1 },
    { -1, 1, -1 }, { 0, 1, -1 },  { 1, 1, -1 },
};

void mi_zones_free(mi_zones *z)
{
    free(z->zone);
    free(z->parent);
    free(z->links);
    free(z->first);
    *z = (mi_zones)MI_ZONES_EMPTY;
}

static bool touch(int a, int b)
{
    for (int k = 0; k < 3; k++)
        if (abs(before[a][k] - before[b][k]) > 1)
            return false;
    return true;
}

/* Neighbours of the same level that touch each other are linked already: of each such group one is enough. first[bits] has
   one bit per group. */
static void make_first(uint16_t *first)
{
    uint16_t near[BEFORE];
    for (int a = 0; a < BEFORE; a++) {
        near[a] = 0;
        for (int b = 0; b < BEFORE; b++)
            near[a] |= (uint16_t)(touch(a, b) << b);
    }
    for (unsigned bits = 0; bits <= ALL_BITS; bits++) {
        unsigned left = bits, one = 0;
        while (left) {
            unsigned group = left & -left, grown = 0;
            one |= group;
            while (group != grown) {
                grown = group;
                for (unsigned g = grown; g; g &= g - 1)
                    group |= near[__builtin_ctz(g)] & left;
            }
            left &= ~group;
        }
        first[bits] = (uint16_t)one;
    }
}

/* Which of the neighbours before have the same code. */
MI_BODY void link_row(const mi_levels *l, int64_t at, int64_t n, const int64_t *step, int n_steps,
                      uint16_t *links, int width)
{
    for (int64_t x = 0; x < n; x++)
        links[x] = 0;
    for (int d = 0; d < n_steps; d++)
        for (int64_t x = 0; x < n; x++)
            links[x] |= (uint16_t)((mi_code(l->code, at + x, width) ==
                                    mi_code(l->code, at + x + step[d], width)) << d);
}

MI_KERNEL static void link_any(const mi_levels *l, int64_t at, int64_t n, const int64_t *step,
                               int n_steps, uint16_t *links)
{
    if (l->width == 1)
        link_row(l, at, n, step, n_steps, links, 1);
    else if (l->width == 2)
        link_row(l, at, n, step, n_steps, links, 2);
    else
        link_row(l, at, n, step, n_steps, links, 4);
}

/* ---- union-find: parent[v] <= v, roots are their own parents ---- */

MI_BODY int64_t get(const void *p, int64_t i, bool wide)
{
    return wide ? ((const int64_t *)p)[i] : (int64_t)((const uint32_t *)p)[i];
}

MI_BODY void set(void *p, int64_t i, int64_t v, bool wide)
{
    if (wide)
        ((int64_t *)p)[i] = v;
    else
        ((uint32_t *)p)[i] = (uint32_t)v;
}

MI_BODY int64_t root_of(void *p, int64_t i, bool wide)
{
    for (int64_t up = get(p, i, wide); up != i; up = get(p, i, wide)) {
        const int64_t next = get(p, up, wide);
        set(p, i, next, wide); /* path halving */
        i = next;
    }
    return i;
}

MI_BODY void unite(void *p, int64_t a, int64_t b, bool wide)
{
    a = root_of(p, a, wide);
    b = root_of(p, b, wide);
    if (a < b)
        set(p, b, a, wide);
    else
        set(p, a, b, wide);
}

typedef struct search {
    mi_zones *z;
    const mi_levels *l;
    int64_t k0, k1, base; /* slices; first code of slice k0 with its border */
    int64_t step[BEFORE];
    int n_steps, slabs;
    bool wide;            /* parents take 8 bytes */
    uint16_t *links;      /* [slabs][n[0]] */
} search;

static void slab_of(const search *s, int i, int64_t *k0, int64_t *k1)
{
    *k0 = s->k0 + (s->k1 - s->k0) * i / s->slabs;
    *k1 = s->k0 + (s->k1 - s->k0) * (i + 1) / s->slabs;
}

/* Link the voxels of one row with those before. n_steps 4 keeps to the slice. */
MI_BODY void join_row(const search *s, int64_t y, int64_t z, int n_steps, uint16_t *links,
                      bool wide)
{
    const mi_levels *l = s->l;
    const int64_t row = y + l->n[1] * z, n = l->to[row] - l->from[row];
    const int64_t at = mi_levels_at(l, l->from[row], y, z);
    void *p = s->z->parent;
    const uint16_t *first = s->z->first;
    link_any(l, at, n, s->step, n_steps, links);
    for (int64_t x = 0; x < n; x++) {
        const int64_t v = at + x - s->base;
        if (mi_code(l->code, at + x, l->width) == 0)
            continue;
        if (links[x] == 0) {
            set(p, v, v, wide);
            continue;
        }
        unsigned bits = first[links[x]];
        const int64_t to = v + s->step[__builtin_ctz(bits)];
        set(p, v, get(p, to, wide), wide);
        for (bits &= bits - 1; bits; bits &= bits - 1)
            unite(p, v, v + s->step[__builtin_ctz(bits)], wide);
    }
}

static int slab_task(void *ctx, int i, mi_err *err)
{
    const search *s = ctx;
    int64_t k0, k1;
    (void)err;
    slab_of(s, i, &k0, &k1);
    for (int64_t z = k0; z < k1; z++) {
        const int steps = z == k0 ? 4 : s->n_steps;
        for (int64_t y = 0; y < s->l->n[1]; y++)
            if (s->wide)
                join_row(s, y, z, steps, s->links + i * s->l->n[0], true);
            else
                join_row(s, y, z, steps, s->links + i * s->l->n[0], false);
    }
    return 0;
}

/* Link the first slice of a slab with the last of the slab before. */
static void join_slabs(const search *s, int64_t z)
{
    const mi_levels *l = s->l;
    for (int64_t y = 0; y < l->n[1]; y++) {
        const int64_t row = y + l->n[1] * z;
        for (int64_t x = l->from[row]; x < l->to[row]; x++) {
            const int64_t at = mi_levels_at(l, x, y, z);
            const uint32_t c = mi_code(l->code, at, l->width);
            for (int d = 4; c > 0 && d < BEFORE; d++)
                if (mi_code(l->code, at + s->step[d], l->width) == c)
                    unite(s->z->parent, at - s->base, at + s->step[d] - s->base, s->wide);
        }
    }
}

static int room_for_zone(mi_zones *z, mi_err *err)
{
    if (z->n < z->cap)
        return 0;
    int64_t cap = z->cap ? 2 * z->cap : 256;
    mi_zone *p = mi_regrow(z->zone, (size_t)cap, sizeof *p, err);
    if (!p)
        return -1;
    z->zone = p;
    z->cap = cap;
    return 0;
}

/* In scan order every parent comes before its voxel: replace it by the number of its zone. */
MI_BODY int number_body(const search *s, const int32_t *distance, bool wide, mi_err *err)
{
    const mi_levels *l = s->l;
    mi_zones *zs = s->z;
    void *p = zs->parent;
    for (int64_t z = s->k0; z < s->k1; z++)
        for (int64_t y = 0; y < l->n[1]; y++) {
            const int64_t row = y + l->n[1] * z, at = mi_levels_at(l, 0, y, z);
            const int32_t *near = distance ? distance + (row - s->k0 * l->n[1]) * l->n[0] : NULL;
            for (int64_t x = l->from[row]; x < l->to[row]; x++) {
                const uint32_t c = mi_code(l->code, at + x, l->width);
                const int64_t v = at + x - s->base;
                if (c == 0)
                    continue;
                int64_t up = get(p, v, wide), id;
                if (up == v) {
                    if (room_for_zone(zs, err) != 0)
                        return -1;
                    id = zs->n++;
                    zs->zone[id] = (mi_zone){ 0, (int32_t)c, near ? near[x] : 0 };
                } else {
                    id = get(p, up, wide);
                }
                set(p, v, id, wide);
                zs->zone[id].size++;
                if (near && near[x] < zs->zone[id].nearest)
                    zs->zone[id].nearest = near[x];
            }
        }
    return 0;
}

static int number_zones(const search *s, const int32_t *distance, mi_err *err)
{
    return s->wide ? number_body(s, distance, true, err) : number_body(s, distance, false, err);
}

static int allocate(search *s, mi_err *err)
{
    mi_zones *z = s->z;
    const int64_t n = (s->k1 - s->k0 + 2 * s->l->pad[2]) * s->l->sz;
    s->wide = n > UINT32_MAX;
    z->n = 0;
    if (n > z->n_parent) {
        free(z->parent);
        z->n_parent = n;
        z->parent = mi_array((size_t)n, s->wide ? sizeof(int64_t) : sizeof(uint32_t), err);
    }
    free(z->links);
    z->links = mi_array((size_t)(s->slabs * s->l->n[0]), sizeof *z->links, err);
    s->links = z->links;
    if (!z->first) {
        z->first = mi_array(ALL_BITS + 1, sizeof *z->first, err);
        if (z->first)
            make_first(z->first);
    }
    return z->parent && z->links && z->first ? 0 : -1;
}

int mi_zones_find(mi_zones *z, const mi_levels *l, int64_t k0, int64_t k1, bool planar,
                  const int32_t *distance, mi_pool *pool, mi_err *err)
{
    search s = { .z = z, .l = l, .k0 = k0, .k1 = k1, .n_steps = planar ? 4 : BEFORE };
    const int64_t each = 1 + SLAB_VOXELS / (l->n[0] * l->n[1]);
    s.base = mi_levels_at(l, -l->pad[0], -l->pad[1], k0 - l->pad[2]);
    s.slabs = k1 > k0 ? (int)((k1 - k0 + each - 1) / each) : 1;
    for (int d = 0; d < BEFORE; d++)
        s.step[d] = before[d][0] + before[d][1] * l->sy + before[d][2] * l->sz;
    if (allocate(&s, err) != 0 || mi_pool_run(pool, s.slabs, slab_task, &s, err) != 0)
        return -1;
    for (int i = 1; i < s.slabs && !planar; i++) {
        int64_t a, b;
        slab_of(&s, i, &a, &b);
        join_slabs(&s, a);
    }
    return number_zones(&s, distance, err);
}

/* ---- distances ---- */

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* One row of a pass: inside, one more than the nearest of the three neighbours already passed.
   up, over: the rows of the other two; NULL: outside. */
static void pass_forward(const uint8_t *in, int32_t *d, int64_t n, const int32_t *up,
                         const int32_t *over)
{
    int32_t last = 0;
    for (int64_t x = 0; x < n; x++) {
        const int32_t a = least(up ? up[x] : 0, over ? over[x] : 0);
        last = in[x] ? 1 + least(last, a) : 0;
        d[x] = last;
    }
}

static void pass_back(int32_t *d, int64_t n, const int32_t *up, const int32_t *over)
{
    int32_t last = 0;
    for (int64_t x = n - 1; x >= 0; x--) {
        const int32_t a = least(up ? up[x] : 0, over ? over[x] : 0);
        last = least(d[x], 1 + least(last, a));
        d[x] = last;
    }
}

/* Two passes are exact for the city-block distance (Rosenfeld and Pfaltz 1966). In the plane the
   row above stands in for the one across slices. */
void mi_border_distance(const mi_region *r, int64_t k0, int64_t k1, bool planar, int32_t *out)
{
    const int64_t nx = r->n[0], ny = r->n[1], nz = k1 - k0, plane = nx * ny;
    for (int64_t z = 0; z < nz; z++)
        for (int64_t y = 0; y < ny; y++) {
            int32_t *d = out + (y + z * ny) * nx;
            const int32_t *up = y > 0 ? d - nx : NULL, *over = z > 0 ? d - plane : NULL;
            pass_forward(r->morph + (k0 * ny + y + z * ny) * nx, d, nx, up, planar ? up : over);
        }
    for (int64_t z = nz - 1; z >= 0; z--)
        for (int64_t y = ny - 1; y >= 0; y--) {
            int32_t *d = out + (y + z * ny) * nx;
            const int32_t *up = y < ny - 1 ? d + nx : NULL;
            const int32_t *over = z < nz - 1 ? d + plane : NULL;
            pass_back(d, nx, up, planar ? up : over);
        }
}
