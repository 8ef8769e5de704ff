#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "image/grid.h"
#include "preproc/operation.h"
#include "preproc/turn.h"

typedef struct reorient_state { mi_axes axes; } reorient_state;

static bool asked(const mi_preproc_opts *o) { return o->reorient != NULL; }

static char opposite(char c)
{
    static const char a[] = "RLAPSI", b[] = "LRPAIS";
    const char *p = strchr(a, c);
    return p ? b[p - a] : '\0';
}

static char upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c; }

/* Which storage axis of g runs along letter t[d], and whether backwards. */
static int find_axes(const mi_grid *g, const char *t, mi_axes *out, mi_err *err)
{
    char now[4];
    mi_grid_orientation(g, now);
    out->identity = true;
    bool used[3] = { false, false, false };
    for (int d = 0; d < 3; d++) {
        char want = strlen(t) == 3 ? upper(t[d]) : '\0';
        out->axis[d] = -1;
        for (int a = 0; a < 3 && want && opposite(want); a++)
            if (!used[a] && (now[a] == want || now[a] == opposite(want))) {
                out->axis[d] = a;
                out->flip[d] = now[a] != want;
                used[a] = true;
                break;
            }
        if (out->axis[d] < 0)
            return mi_fail(err, MI_E_USAGE,
                           "three letters, one of each pair L/R, A/P, S/I: --reorient RAS",
                           "--reorient: '%s' names no orientation", t);
        out->identity = out->identity && out->axis[d] == d && !out->flip[d];
    }
    return 0;
}

static void new_grid(const mi_grid *g, const mi_axes *x, mi_grid *out)
{
    double corner[3] = { 0, 0, 0 }, world[3];
    for (int d = 0; d < 3; d++) {
        int a = x->axis[d];
        out->n[d] = g->n[a];
        out->spacing[d] = g->spacing[a];
        if (x->flip[d])
            corner[a] = (double)(g->n[a] - 1);
        for (int i = 0; i < 3; i++)
            out->m[i][d] = (x->flip[d] ? -g->m[i][a] : g->m[i][a]) + 0.0;
    }
    mi_grid_world(g, corner, world);
    for (int i = 0; i < 3; i++)
        out->m[i][3] = world[i];
}

static int begin(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 mi_op_flow *flow, mi_err *err)
{
    reorient_state *s = mi_array_zero(1, sizeof *s, err);
    if (!s)
        return -1;
    if (find_axes(&in->grid, c->opts->reorient, &s->axes, err) != 0) {
        free(s);
        return -1;
    }
    *state = s;
    *flow = s->axes.axis[0] == 2                        ? MI_FLOW_SCATTER_GROUPS
            : s->axes.axis[2] != 2 || s->axes.flip[2] ? MI_FLOW_SCATTER
                                                      : MI_FLOW_SLICES;
    new_grid(&in->grid, &s->axes, &out->grid);
    return 0;
}

/* ---- voxels to their places ---- */

/* How far apart in the result, in voxels, are neighbours along each axis of the input; and where
   its first voxel goes. */
typedef struct places { int64_t step[3], first; } places;

static places places_of(const mi_axes *x, const mi_grid *in)
{
    places p = { .first = 0 };
    int64_t stride = 1;
    for (int d = 0; d < 3; d++) {
        int a = x->axis[d];
        p.step[a] = x->flip[d] ? -stride : stride;
        if (x->flip[d])
            p.first += stride * (in->n[a] - 1);
        stride *= in->n[a];
    }
    return p;
}

/* A group of nz slices of the input, its first voxel going to dst. Task t of the work is one
   slice, or where slices are the fastest axis of the result one row of all. */
typedef struct group {
    const char *src;
    char *dst;
    int64_t n[3];    /* of the input; slices in the group */
    places p;
    size_t size;
} group;

static bool by_rows(const places *p) { return p->step[2] == 1 || p->step[2] == -1; }

static int move_one(void *ctx, int t, mi_err *err)
{
    const group *g = ctx;
    int64_t size = (int64_t)g->size;
    mi_turn_axis a = { g->n[0], 1, g->p.step[0] }; /* as the source runs */
    (void)err;
    if (by_rows(&g->p)) {
        mi_turn_axis b = { g->n[2], g->n[0] * g->n[1], g->p.step[2] };
        mi_turn(g->src + t * g->n[0] * size, g->dst + t * g->p.step[1] * size, &a, b, g->size);
        return 0;
    }
    const char *src = g->src + t * g->n[0] * g->n[1] * size;
    char *dst = g->dst + t * g->p.step[2] * size;
    mi_turn_axis b = { g->n[1], g->n[0], g->p.step[1] };
    if (b.dst == 1 || b.dst == -1) {
        mi_turn(src, dst, &a, b, g->size);
        return 0;
    }
    for (int64_t j = 0; j < b.n; j++)
        mi_copy_row(src + j * b.src * size, dst + j * b.dst * size, a.n, a.dst, g->size);
    return 0;
}

static int slice(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 const void **result, int64_t *to, mi_err *err)
{
    const mi_axes *x = &((reorient_state *)state)->axes;
    places p = places_of(x, &in->grid);
    size_t size = mi_type_size(in->type);
    (void)out;
    *to = k;
    if (x->identity) {
        *result = src;
        return 0;
    }
    group g = { src, (char *)*result + (size_t)p.first * size,
                { in->grid.n[0], in->grid.n[1], 1 }, p, size };
    return move_one(&g, 0, err);
}

static int scatter(void *state, const mi_volume *in, mi_volume *out, int64_t k0, int64_t k1,
                   const void *src, mi_pool *pool, mi_err *err)
{
    places p = places_of(&((reorient_state *)state)->axes, &in->grid);
    int64_t size = (int64_t)mi_type_size(in->type);
    group g = { src, (char *)out->data + (p.first + k0 * p.step[2]) * size,
                { in->grid.n[0], in->grid.n[1], k1 - k0 }, p, (size_t)size };
    return mi_pool_run(pool, (int)(by_rows(&p) ? g.n[1] : g.n[2]), move_one, &g, err);
}

static cJSON *step(const mi_preproc_opts *o, const void *state)
{
    char word[4] = "";
    cJSON *j = cJSON_CreateObject();
    (void)state;
    for (int d = 0; d < 3 && o->reorient[d]; d++)
        word[d] = upper(o->reorient[d]);
    mi_json_add_string(j, "op", "reorient");
    mi_json_add_string(j, "orientation", word);
    return j;
}

extern const mi_operation mi_op_reorient;
const mi_operation mi_op_reorient = { .name = "reorient", .help = "permute and flip storage axes",
                                      .asked = asked, .begin = begin, .slice = slice,
                                      .scatter = scatter, .step = step };
