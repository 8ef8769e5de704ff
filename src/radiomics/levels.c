/* The padded box of grey level codes, and offsets between voxels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/levels.h"
#include "radiomics/matrix.h"

enum { DIRECT_MAX = 65535 }; /* up to here levels are codes themselves */

void mi_levels_free(mi_levels *l)
{
    free(l->code);
    free(l->level);
    free(l->from);
    free(l->to);
    free(l->in_slice);
    *l = (mi_levels)MI_LEVELS_EMPTY;
}

static int by_level(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The levels present in ascending order, level[1 .. n_codes]. */
static int rank_levels(mi_levels *l, const mi_region *r, mi_err *err)
{
    int64_t n = 0, voxels = r->n[0] * r->n[1] * r->n[2], m = 1;
    int32_t *v = mi_array((size_t)r->n_inten + 1, sizeof *v, err);
    if (!v)
        return -1;
    for (int64_t i = 0; i < voxels; i++) /* neighbours are often equal: fewer values to sort */
        if (r->level[i] > 0 && (n == 0 || r->level[i] != v[n]))
            v[++n] = r->level[i];
    if (n > 1)
        qsort(v + 1, (size_t)n, sizeof *v, by_level);
    for (int64_t i = 2; i <= n; i++)
        if (v[i] != v[m])
            v[++m] = v[i];
    v[0] = 0;
    l->level = v;
    if (n > 0 && m >= (int64_t)1 << MI_CELL_I_BITS)
        return mi_fail(err, MI_E_DATA, "discretise the intensities",
                       "too many grey levels for texture features: %lld", (long long)m);
    l->n_codes = n > 0 ? (int32_t)m : 0;
    return 0;
}

static int32_t rank_of(const mi_levels *l, int32_t level)
{
    int32_t lo = 1, hi = l->n_codes;
    while (lo < hi) {
        int32_t mid = lo + (hi - lo) / 2;
        if (l->level[mid] < level)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

MI_BODY void copy_codes(const mi_levels *l, const int32_t *from, void *to, int64_t n, int width)
{
    if (!l->direct && width < 4)
        for (int64_t x = 0; x < n; x++) {
            uint32_t c = from[x] > 0 ? (uint32_t)rank_of(l, from[x]) : 0;
            if (width == 1)
                ((uint8_t *)to)[x] = (uint8_t)c;
            else
                ((uint16_t *)to)[x] = (uint16_t)c;
        }
    else if (width == 1)
        for (int64_t x = 0; x < n; x++)
            ((uint8_t *)to)[x] = (uint8_t)from[x];
    else if (width == 2)
        for (int64_t x = 0; x < n; x++)
            ((uint16_t *)to)[x] = (uint16_t)from[x];
    else
        for (int64_t x = 0; x < n; x++)
            ((uint32_t *)to)[x] = from[x] > 0 ? (uint32_t)rank_of(l, from[x]) : 0;
}

MI_KERNEL static void copy_row(const mi_levels *l, const int32_t *from, void *to, int64_t n)
{
    switch (l->width) {
    case 1:
        copy_codes(l, from, to, n, 1);
        break;
    case 2:
        copy_codes(l, from, to, n, 2);
        break;
    default:
        copy_codes(l, from, to, n, 4);
    }
}

/* Sizes and steps of the box with its border; -1 when they do not fit. */
static int lay_out(mi_levels *l, const mi_region *r, const int64_t pad[3], mi_err *err)
{
    int64_t m[3];
    for (int a = 0; a < 3; a++) {
        l->n[a] = r->n[a];
        l->pad[a] = pad[a];
        m[a] = r->n[a] + 2 * pad[a];
    }
    l->sy = m[0];
    if (__builtin_mul_overflow(m[0], m[1], &l->sz) ||
        __builtin_mul_overflow(l->sz, m[2], &l->total))
        return mi_fail(err, MI_E_MEMORY, NULL, "the region's box is too large");
    return 0;
}

/* First and last voxel of a row; the number of voxels between them that are in the region. */
static int64_t span(const int32_t *level, int64_t n, int64_t *from, int64_t *to)
{
    int64_t a = 0, b = n, count = 0;
    while (a < n && level[a] <= 0)
        a++;
    while (b > a && level[b - 1] <= 0)
        b--;
    for (int64_t x = a; x < b; x++)
        count += level[x] > 0;
    *from = a;
    *to = b;
    return count;
}

int mi_levels_build(mi_levels *l, const mi_region *r, const int64_t pad[3], mi_err *err)
{
    *l = (mi_levels)MI_LEVELS_EMPTY;
    l->ng = r->ng;
    l->direct = r->ng <= DIRECT_MAX;
    l->n_codes = r->ng;
    if (lay_out(l, r, pad, err) != 0 || (!l->direct && rank_levels(l, r, err) != 0)) {
        mi_levels_free(l);
        return -1;
    }
    l->width = l->n_codes <= UINT8_MAX ? 1 : l->n_codes <= UINT16_MAX ? 2 : 4;
    l->code = mi_array_zero((size_t)l->total + MI_LEVELS_SLACK, (size_t)l->width, err);
    l->from = mi_array((size_t)(l->n[1] * l->n[2]), sizeof *l->from, err);
    l->to = mi_array((size_t)(l->n[1] * l->n[2]), sizeof *l->to, err);
    l->in_slice = mi_array_zero((size_t)l->n[2], sizeof *l->in_slice, err);
    if (!l->code || !l->from || !l->to || !l->in_slice) {
        mi_levels_free(l);
        return -1;
    }
    for (int64_t z = 0, row = 0; z < l->n[2]; z++) {
        for (int64_t y = 0; y < l->n[1]; y++, row++) {
            const int32_t *level = r->level + row * l->n[0];
            l->in_slice[z] += span(level, l->n[0], &l->from[row], &l->to[row]);
            int64_t a = l->from[row], at = mi_levels_at(l, a, y, z);
            copy_row(l, level + a, (char *)l->code + at * l->width, l->to[row] - a);
        }
        l->voxels += l->in_slice[z];
    }
    return 0;
}

void mi_offsets_free(mi_offsets *s)
{
    free(s->o);
    *s = (mi_offsets)MI_OFFSETS_EMPTY;
}

static double length(const int64_t d[3], mi_norm norm)
{
    double a = fabs((double)d[0]), b = fabs((double)d[1]), c = fabs((double)d[2]);
    if (norm == MI_NORM_CHEBYSHEV)
        return fmax(a, fmax(b, c));
    return norm == MI_NORM_MANHATTAN ? a + b + c : sqrt(a * a + b * b + c * c);
}

/* The first component that is not 0 is positive. */
static bool is_forward(const int64_t d[3])
{
    return d[0] != 0 ? d[0] > 0 : d[1] != 0 ? d[1] > 0 : d[2] > 0;
}

static int by_plane_then_place(const void *a, const void *b)
{
    const mi_offset *p = a, *q = b;
    if ((p->d[2] == 0) != (q->d[2] == 0))
        return p->d[2] == 0 ? -1 : 1;
    for (int k = 0; k < 3; k++)
        if (p->d[k] != q->d[k])
            return p->d[k] < q->d[k] ? -1 : 1;
    return 0;
}

/* Does vector d (before it is multiplied by `times`) belong to the set? */
typedef struct rule {
    mi_norm norm;
    double over, upto; /* over < |m| <= upto */
    bool half;         /* one of m and -m */
    int64_t reach, times;
    const int64_t *n;
} rule;

static bool belongs(const rule *q, const int64_t d[3])
{
    double len = length(d, q->norm);
    bool fits = true;
    for (int a = 0; a < 3; a++)
        fits = fits && llabs((long long)(d[a] * q->times)) < q->n[a];
    return fits && len > q->over && len <= q->upto && (!q->half || is_forward(d));
}

/* Components past the box have no pair: no need to look there. */
static int64_t limit(const rule *q, int axis)
{
    int64_t most = (q->n[axis] - 1) / q->times;
    return most < q->reach ? most : q->reach;
}

static int gather(mi_offsets *s, const rule *q, mi_weighting w, mi_err *err)
{
    int64_t lim[3] = { limit(q, 0), limit(q, 1), limit(q, 2) }, d[3];
    int cap = 0;
    *s = (mi_offsets)MI_OFFSETS_EMPTY;
    for (d[2] = -lim[2]; d[2] <= lim[2]; d[2]++)
        for (d[1] = -lim[1]; d[1] <= lim[1]; d[1]++)
            for (d[0] = -lim[0]; d[0] <= lim[0]; d[0]++) {
                if (!belongs(q, d))
                    continue;
                if (s->n == cap) {
                    cap = cap ? 2 * cap : 32;
                    mi_offset *o = mi_regrow(s->o, (size_t)cap, sizeof *o, err);
                    if (!o) {
                        mi_offsets_free(s);
                        return -1;
                    }
                    s->o = o;
                }
                mi_offset *o = &s->o[s->n++];
                for (int a = 0; a < 3; a++)
                    o->d[a] = d[a] * q->times;
                double len = length(o->d, q->norm);
                o->weight = w == MI_WEIGHT_INVERSE ? 1 / len
                            : w == MI_WEIGHT_EXP   ? exp(-len * len)
                                                   : 1;
                s->n_plane += d[2] == 0;
            }
    if (s->n > 1)
        qsort(s->o, (size_t)s->n, sizeof *s->o, by_plane_then_place);
    return 0;
}

int mi_directions(mi_offsets *s, mi_norm norm, mi_reach reach, int64_t distance, mi_weighting w,
                  const int64_t n[3], mi_err *err)
{
    rule q = { norm, 0, 1, true, 1, distance, n };
    if (reach == MI_REACH_STEPS) {
        /* The neighbours at Chebyshev distance 1; weights go by the norm asked for. */
        q.upto = norm == MI_NORM_CHEBYSHEV ? 1 : norm == MI_NORM_MANHATTAN ? 3 : sqrt(3) + 1e-9;
    } else {
        q.times = 1;
        q.reach = distance;
        q.over = (double)distance - 1;
        q.upto = (double)distance;
    }
    return gather(s, &q, w, err);
}

int mi_neighbours(mi_offsets *s, mi_norm norm, int64_t distance, const int64_t n[3], mi_err *err)
{
    rule q = { norm, 0, (double)distance, false, distance, 1, n };
    return gather(s, &q, MI_WEIGHT_NONE, err);
}

void mi_offsets_pad(const mi_offsets *s, int64_t pad[3])
{
    for (int a = 0; a < 3; a++) {
        pad[a] = 0;
        for (int i = 0; i < s->n; i++)
            if (llabs((long long)s->o[i].d[a]) > pad[a])
                pad[a] = llabs((long long)s->o[i].d[a]);
    }
}

void mi_offsets_locate(mi_offsets *s, const mi_levels *l)
{
    for (int i = 0; i < s->n; i++)
        s->o[i].at = s->o[i].d[0] + s->o[i].d[1] * l->sy + s->o[i].d[2] * l->sz;
}
