#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "image/grid.h"
#include "preproc/operation.h"

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
            return mi_fail(err, MI_E_USAGE, "three letters, one of each pair L/R, A/P, S/I: --reorient RAS",
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
                 bool *whole, mi_err *err)
{
    reorient_state *s = mi_array_zero(1, sizeof *s, err);
    if (!s)
        return -1;
    if (find_axes(&in->grid, c->opts->reorient, &s->axes, err) != 0) {
        free(s);
        return -1;
    }
    *state = s;
    *whole = s->axes.axis[2] != 2 || s->axes.flip[2];
    new_grid(&in->grid, &s->axes, &out->grid);
    return 0;
}

/* One voxel of `size` bytes. */
static inline void copy(char *q, const char *p, size_t size)
{
    switch (size) {
    case 1: *q = *p; break;
    case 2: memcpy(q, p, 2); break;
    case 4: memcpy(q, p, 4); break;
    default: memcpy(q, p, 8); break;
    }
}

/* Rows of dst from src read at steps (in voxels). */
static void copy_plane(const char *src, int64_t step0, int64_t step1, char *dst, int64_t n0,
                       int64_t n1, size_t size)
{
    for (int64_t j = 0; j < n1; j++) {
        const char *p = src + step1 * j * (int64_t)size;
        char *q = dst + (size_t)(j * n0) * size;
        if (step0 == 1) {
            memcpy(q, p, (size_t)n0 * size);
            continue;
        }
        for (int64_t i = 0; i < n0; i++, q += size, p += step0 * (int64_t)size)
            copy(q, p, size);
    }
}

/* Step in the input, in voxels, for one step along axis d of the result. */
static int64_t step_of(const mi_axes *x, const mi_grid *in, int d)
{
    const int64_t step[3] = { 1, in->n[0], in->n[0] * in->n[1] };
    return x->flip[d] ? -step[x->axis[d]] : step[x->axis[d]];
}

static int64_t first_of(const mi_axes *x, const mi_grid *in)
{
    const int64_t step[3] = { 1, in->n[0], in->n[0] * in->n[1] };
    int64_t at = 0;
    for (int d = 0; d < 3; d++)
        if (x->flip[d])
            at += step[x->axis[d]] * (in->n[x->axis[d]] - 1);
    return at;
}

static int slice(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 void *dst, int64_t *to, mi_err *err)
{
    const mi_axes *x = &((reorient_state *)state)->axes;
    size_t size = mi_type_size(in->type);
    (void)err;
    *to = k;
    copy_plane((const char *)src + (size_t)first_of(x, &in->grid) * size, step_of(x, &in->grid, 0),
               step_of(x, &in->grid, 1), dst, out->grid.n[0], out->grid.n[1], size);
    return 0;
}

typedef struct planes { const mi_axes *x; const mi_volume *in; mi_volume *out; } planes;

static int one_plane(void *ctx, int k, mi_err *err)
{
    const planes *p = ctx;
    size_t size = mi_type_size(p->in->type);
    const mi_grid *g = &p->in->grid;
    (void)err;
    copy_plane((const char *)p->in->data +
                   (first_of(p->x, g) + k * step_of(p->x, g, 2)) * (int64_t)size,
               step_of(p->x, g, 0), step_of(p->x, g, 1),
               (char *)p->out->data + (size_t)(k * mi_volume_slice_voxels(p->out)) * size,
               p->out->grid.n[0], p->out->grid.n[1], size);
    return 0;
}

static int at_once(void *state, const mi_volume *in, mi_volume *out, mi_pool *pool, mi_err *err)
{
    planes p = { &((reorient_state *)state)->axes, in, out };
    return mi_pool_run(pool, (int)out->grid.n[2], one_plane, &p, err);
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
const mi_operation mi_op_reorient = { "reorient", "permute and flip storage axes", false, asked, begin, slice,
                                      at_once, step, NULL };
