/* Zones by union-find over the voxels. */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/zones.h"

enum { BEFORE = MI_ZONES_BEFORE, IN_PLANE = 4, SLAB_VOXELS = 1 << 17, SMALL = 64 };

/* Neighbours that come before a voxel in the scan; the first four lie in the plane. */
static const int8_t before[BEFORE][3] = {
    { -1, 0, 0 },  { -1, -1, 0 }, { 0, -1, 0 },  { 1, -1, 0 },  { -1, -1, -1 },
    { 0, -1, -1 }, { 1, -1, -1 }, { -1, 0, -1 }, { 0, 0, -1 },  { 1, 0, -1 },
    { -1, 1, -1 }, { 0, 1, -1 },  { 1, 1, -1 },
};

void mi_zones_free(mi_zones *z)
{
    free(z->node);
    free(z->links);
    free(z->list);
    free(z->first);
    free(z->table);
    mi_work_free(&z->work);
    *z = (mi_zones)MI_ZONES_EMPTY;
}

static bool touch(int a, int b)
{
    for (int k = 0; k < 3; k++)
        if (abs(before[a][k] - before[b][k]) > 1)
            return false;
    return true;
}

/* Neighbours of the same level that touch each other are linked already: of each such group the
   first is enough. One bit per group, of the sets of links that one voxel has. */
static unsigned find_first(const uint16_t *near, unsigned links)
{
    unsigned first = 0;
    for (unsigned left = links; left;) {
        unsigned grown = left & -left;
        first |= grown;
        left ^= grown;
        while (grown) {
            const unsigned next = near[__builtin_ctz(grown)] & left;
            left ^= next;
            grown = (grown & (grown - 1)) | next;
        }
    }
    return first;
}

/* Found once for each set that occurs; threads that find the same at once find the same. */
static unsigned first_of(const mi_zones *z, unsigned links)
{
    unsigned first = atomic_load_explicit(&z->first[links], memory_order_relaxed);
    if (first == 0) {
        first = find_first(z->near, links);
        atomic_store_explicit(&z->first[links], (uint16_t)first, memory_order_relaxed);
    }
    return first;
}

static void find_near(uint16_t near[BEFORE])
{
    for (int a = 0; a < BEFORE; a++) {
        near[a] = 0;
        for (int b = 0; b < BEFORE; b++)
            near[a] |= (uint16_t)(touch(a, b) << b);
    }
}

/* Which of the neighbours before have the same code; none outside the region. The bits from the
   ninth on go to `more`. The last block runs past the row. */
MI_KERNEL static void link_small(const uint8_t *c, int64_t n, const int64_t *step, int n_steps,
                                 uint8_t *links, uint8_t *more)
{
    for (int64_t x = 0; x < n; x += MI_BLOCK) {
        mi_block8 a, b, low = { 0 }, high = { 0 };
        memcpy(&a, c + x, sizeof a);
        const mi_block8 in = (mi_block8)(a > 0);
        for (int d = 0; d < n_steps; d++) {
            memcpy(&b, c + x + step[d], sizeof b);
            if (d < 8)
                low |= (mi_block8)(b == a) & (uint8_t)(1 << d);
            else
                high |= (mi_block8)(b == a) & (uint8_t)(1 << (d - 8));
        }
        low &= in;
        high &= in;
        memcpy(links + x, &low, sizeof low);
        memcpy(more + x, &high, sizeof high);
    }
}

static void link_any(const mi_levels *l, int64_t at, int64_t n, const int64_t *step, int n_steps,
                     uint8_t *links, uint8_t *more)
{
    if (l->width == 1) {
        link_small((const uint8_t *)l->code + at, n, step, n_steps, links, more);
        return;
    }
    for (int64_t x = 0; x < n; x++) {
        const uint32_t c = mi_code(l->code, at + x, l->width);
        unsigned bits = 0;
        for (int d = 0; c > 0 && d < n_steps; d++)
            bits |= (unsigned)(mi_code(l->code, at + x + step[d], l->width) == c) << d;
        links[x] = (uint8_t)(bits & 255);
        more[x] = (uint8_t)(bits >> 8);
    }
}

/* ---- union-find: a node is the number of another voxel of its zone that comes before it, or, at
   the first voxel of a zone (its root), minus the size or the smallest distance ---- */

MI_BODY int64_t get(const void *p, int64_t i, bool wide)
{
    return wide ? ((const int64_t *)p)[i] : ((const int32_t *)p)[i];
}

MI_BODY void set(void *p, int64_t i, int64_t v, bool wide)
{
    if (wide)
        ((int64_t *)p)[i] = v;
    else
        ((int32_t *)p)[i] = (int32_t)v;
}

MI_BODY int64_t root_of(void *p, int64_t i, bool wide)
{
    int64_t up = get(p, i, wide);
    while (up >= 0) {
        const int64_t next = get(p, up, wide);
        if (next < 0)
            return up;
        set(p, i, next, wide); /* path halving */
        i = next;
        up = get(p, i, wide);
    }
    return i;
}

typedef struct search {
    mi_zones *z;
    const mi_levels *l;
    int64_t k0, k1;       /* slices */
    int64_t code_step[BEFORE], step[BEFORE]; /* to the neighbours before: in codes; in voxels */
    int n_steps, slabs;
    bool wide;            /* nodes take 8 bytes */
    void *node;
    const int32_t *distance; /* may be `node` */
    int64_t small;        /* sizes and distances below go to the table */
    mi_matrix *m;
} search;

/* Join the zones of roots a and b; the root that comes first stays. */
MI_BODY int64_t join_roots(const search *s, int64_t a, int64_t b, bool wide)
{
    if (a == b)
        return a;
    const int64_t low = a < b ? a : b, high = a < b ? b : a;
    const int64_t p = get(s->node, low, wide), q = get(s->node, high, wide);
    set(s->node, low, !s->distance ? p + q : p > q ? p : q, wide);
    set(s->node, high, low, wide);
    return low;
}

static void slab_of(const search *s, int i, int64_t *k0, int64_t *k1)
{
    *k0 = s->k0 + (s->k1 - s->k0) * i / s->slabs;
    *k1 = s->k0 + (s->k1 - s->k0) * (i + 1) / s->slabs;
}

/* Number of a voxel of the slices without borders. */
static int64_t place(const search *s, int64_t x, int64_t y, int64_t z)
{
    return x + s->l->n[0] * (y + s->l->n[1] * (z - s->k0));
}

/* Every voxel of the region a zone of its own; outside, a number that is no root. */
MI_BODY void start_row(const search *s, int64_t at, int64_t v, int64_t n, int width, bool wide)
{
    const void *code = s->l->code;
    if (s->distance)
        for (int64_t x = 0; x < n; x++)
            set(s->node, v + x, mi_code(code, at + x, width) ? -(int64_t)s->distance[v + x] : 0,
                wide);
    else
        for (int64_t x = 0; x < n; x++)
            set(s->node, v + x, mi_code(code, at + x, width) ? -1 : 0, wide);
}

MI_KERNEL static void start_small(const search *s, int64_t at, int64_t v, int64_t n)
{
    start_row(s, at, v, n, 1, false);
}

/* Link the voxels of one row with those before. */
MI_BODY void link_up(const search *s, int64_t y, int64_t z, int n_steps, uint8_t *links,
                     int32_t *list, bool wide)
{
    const mi_levels *l = s->l;
    const int64_t row = y + l->n[1] * z, n = l->to[row] - l->from[row];
    const int64_t at = mi_levels_at(l, l->from[row], y, z), v0 = place(s, l->from[row], y, z);
    int64_t n_list = 0;
    uint8_t *more = links + l->n[0] + MI_BLOCK;
    link_any(l, at, n, s->code_step, n_steps, links, more);
    if (!wide && l->width == 1)
        start_small(s, at, v0, n);
    else
        start_row(s, at, v0, n, l->width, wide);
    for (int64_t x = 0; x < n; x++) { /* without a branch: links come and go at random */
        list[n_list] = (int32_t)x;
        n_list += (links[x] | more[x]) != 0;
    }
    for (int64_t k = 0; k < n_list; k++) {
        const int64_t v = v0 + list[k];
        unsigned bits = first_of(s->z, links[list[k]] | (unsigned)more[list[k]] << 8);
        int64_t root = root_of(s->node, v + s->step[__builtin_ctz(bits)], wide);
        for (bits &= bits - 1; bits; bits &= bits - 1) {
            const int64_t to = v + s->step[__builtin_ctz(bits)];
            root = join_roots(s, root, root_of(s->node, to, wide), wide);
        }
        join_roots(s, root, v, wide);
    }
}

static int slab_task(void *ctx, int i, mi_err *err)
{
    const search *s = ctx;
    int64_t k0, k1;
    (void)err;
    slab_of(s, i, &k0, &k1);
    uint8_t *links = s->z->links + 2 * i * (s->l->n[0] + MI_BLOCK);
    int32_t *list = s->z->list + i * (s->l->n[0] + MI_BLOCK);
    for (int64_t z = k0; z < k1; z++) {
        const int steps = z == k0 ? IN_PLANE : s->n_steps;
        for (int64_t y = 0; y < s->l->n[1]; y++)
            if (s->wide)
                link_up(s, y, z, steps, links, list, true);
            else
                link_up(s, y, z, steps, links, list, false);
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
            const int64_t at = mi_levels_at(l, x, y, z), v = place(s, x, y, z);
            const uint32_t c = mi_code(l->code, at, l->width);
            for (int d = IN_PLANE; c > 0 && d < BEFORE; d++)
                if (mi_code(l->code, at + s->code_step[d], l->width) == c)
                    join_roots(s, root_of(s->node, v, s->wide),
                               root_of(s->node, v + s->step[d], s->wide), s->wide);
        }
    }
}

/* The roots: most zones are small and go to the table. */
MI_BODY int collect(const search *s, bool wide, mi_err *err)
{
    const mi_levels *l = s->l;
    int32_t *list = s->z->list;
    uint32_t *table = s->z->table;
    for (int64_t z = s->k0; z < s->k1; z++)
        for (int64_t y = 0; y < l->n[1]; y++) {
            const int64_t row = y + l->n[1] * z, n = l->to[row] - l->from[row];
            const int64_t at = mi_levels_at(l, l->from[row], y, z);
            const int64_t v0 = place(s, l->from[row], y, z);
            int64_t n_list = 0;
            if (mi_matrix_reserve(s->m, n, err) != 0)
                return -1;
            for (int64_t x = 0; x < n; x++) {
                list[n_list] = (int32_t)x;
                n_list += get(s->node, v0 + x, wide) < 0;
            }
            for (int64_t k = 0; k < n_list; k++) {
                const int64_t j = -get(s->node, v0 + list[k], wide);
                const int64_t c = mi_code(l->code, at + list[k], l->width);
                if (j < s->small)
                    table[c * s->small + j]++;
                else
                    mi_matrix_put(s->m, c, j, 1);
            }
        }
    return 0;
}

/* The table's cells join the list. */
static int empty_table(const search *s, mi_err *err)
{
    const uint32_t *t = s->z->table;
    for (int64_t c = 1; c <= s->l->n_codes && s->small > 0; c++) {
        if (mi_matrix_reserve(s->m, s->small, err) != 0)
            return -1;
        for (int64_t j = 1; j < s->small; j++)
            if (t[c * s->small + j] > 0)
                mi_matrix_put(s->m, c, j, t[c * s->small + j]);
    }
    return mi_matrix_reduce(s->m, &s->z->work, err);
}

static int allocate(search *s, int32_t *distance, mi_err *err)
{
    mi_zones *z = s->z;
    const int64_t n = (s->k1 - s->k0) * s->l->n[0] * s->l->n[1];
    const int64_t rows = s->slabs * (s->l->n[0] + MI_BLOCK);
    const int64_t codes = (int64_t)s->l->n_codes + 1;
    if (distance && !s->wide) {
        s->node = distance;
    } else if (n > z->n_node) {
        free(z->node);
        z->n_node = n;
        z->node = mi_array((size_t)n, s->wide ? sizeof(int64_t) : sizeof(int32_t), err);
    }
    if (!s->node)
        s->node = z->node;
    if (rows > z->n_links) {
        free(z->links);
        free(z->list);
        z->n_links = rows;
        z->links = mi_array((size_t)(2 * rows), 1, err);
        z->list = mi_array((size_t)rows, sizeof *z->list, err);
    }
    if (s->n_steps > z->n_first) {
        free(z->first);
        z->n_first = s->n_steps;
        z->first = mi_array_zero((size_t)1 << s->n_steps, sizeof *z->first, err);
        find_near(z->near);
    }
    /* Counts of 32 bits hold what one search can find while nodes are not wide. */
    s->small = !s->wide && codes * SMALL <= n + 4096 ? SMALL : 0;
    if (codes * s->small > z->n_table) {
        free(z->table);
        z->n_table = codes * s->small;
        z->table = mi_array((size_t)z->n_table, sizeof *z->table, err);
    }
    if (z->table)
        memset(z->table, 0, (size_t)(codes * s->small) * sizeof *z->table);
    return s->node && z->links && z->list && z->first && (z->table || !s->small) ? 0 : -1;
}

int mi_zones_count(mi_zones *z, const mi_levels *l, int64_t k0, int64_t k1, bool planar,
                   int32_t *distance, mi_pool *pool, mi_matrix *m, mi_err *err)
{
    search s = { .z = z, .l = l, .k0 = k0, .k1 = k1, .distance = distance, .m = m };
    const int64_t each = 1 + SLAB_VOXELS / (l->n[0] * l->n[1]);
    s.n_steps = planar ? IN_PLANE : BEFORE;
    s.slabs = k1 > k0 ? (int)((k1 - k0 + each - 1) / each) : 1;
    s.wide = l->n[0] * l->n[1] * l->n[2] > INT32_MAX;
    for (int d = 0; d < BEFORE; d++) {
        s.code_step[d] = before[d][0] + before[d][1] * l->sy + before[d][2] * l->sz;
        s.step[d] = before[d][0] + l->n[0] * (before[d][1] + l->n[1] * before[d][2]);
    }
    if (allocate(&s, distance, err) != 0 || mi_pool_run(pool, s.slabs, slab_task, &s, err) != 0)
        return -1;
    for (int i = 1; i < s.slabs && !planar; i++) {
        int64_t a, b;
        slab_of(&s, i, &a, &b);
        join_slabs(&s, a);
    }
    for (int64_t k = k0; k < k1; k++)
        m->voxels += (double)l->in_slice[k];
    if ((s.wide ? collect(&s, true, err) : collect(&s, false, err)) != 0)
        return -1;
    return empty_table(&s, err);
}
