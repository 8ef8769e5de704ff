#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "image/grid.h"
#include "image/interpolate.h"
#include "preproc/operation.h"

/* To the grid of another image, whatever its orientation: one result voxel is the interpolated
   value at its centre. Up to half a voxel beyond the outer centres the nearest border value
   counts, further out --pad-value (masks: 0). Whole numbers stay whole (rounded). */
typedef struct like_state {
    mi_grid from, to;
    double m[3][4];          /* index of the result to index of the input */
    bool nearest;
    unsigned char voxel[8];  /* outside */
    mi_range padding;        /* stored */
} like_state;

static bool asked(const mi_preproc_opts *o) { return o->like != NULL; }

static int begin(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 mi_op_flow *flow, mi_err *err)
{
    like_state *s = c->like ? mi_array_zero(1, sizeof *s, err) : NULL;
    if (!s)
        return mi_fail(err, MI_E_INTERNAL, NULL, "--like without a grid");
    if (mi_stored_value(in, c->geometry_only ? 0 : c->opts->pad_value, s->voxel, err) != 0) {
        free(s);
        return -1;
    }
    *state = s;
    *flow = MI_FLOW_AT_ONCE;
    s->padding = mi_stored_padding(in);
    s->from = in->grid;
    s->to = out->grid = *c->like;
    s->nearest = c->is_labels || c->opts->like_interpolation == MI_INTERP_NEAREST;
    double at[4][3];
    for (int k = 0; k < 4; k++) {
        double index[3] = { k == 1, k == 2, k == 3 }, world[3];
        mi_grid_world(&s->to, index, world);
        if (mi_grid_index(&s->from, world, at[k]) != 0) {
            free(s);
            *state = NULL;
            return mi_fail(err, MI_E_GEOMETRY, NULL, "the affine is singular");
        }
    }
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++)
            s->m[i][k] = at[k + 1][i] - at[0][i];
        s->m[i][3] = at[0][i];
    }
    return 0;
}

/* Along one axis: lower neighbour and weight of the upper one; false outside. A position a rounding
   error beside a voxel, or beside the middle between two, is taken to be there, so that ties go one
   way (nearest: to the higher index), whatever the grids' origins. */
static bool locate(double x, int64_t n, int64_t *lo, double *w)
{
    double half = rint(2 * x) / 2;
    x = fabs(x - half) < 1e-9 ? half : x;
    if (!(x >= -0.5 && x <= (double)n - 0.5))
        return false;
    x = fmin(fmax(x, 0), (double)(n - 1));
    *lo = (int64_t)x;
    if (*lo > n - 2)
        *lo = n > 1 ? n - 2 : 0;
    *w = n > 1 ? x - (double)*lo : 0;
    return true;
}

typedef struct planes { const like_state *s; const mi_volume *in; mi_volume *out; } planes;

/* The number stored between eight others. Those without weight do not count, be they NaN or
   padding; what leans on padding is padding. */
static double mix(const like_state *s, const mi_volume *in, const int64_t lo[3], const double w[3])
{
    const int64_t nx = s->from.n[0], ny = s->from.n[1];
    size_t size = mi_type_size(in->type);
    double sum = 0;
    for (int k = 0; k < 8; k++) {
        double v, part = (k & 1 ? w[0] : 1 - w[0]) * (k & 2 ? w[1] : 1 - w[1]) *
                         (k & 4 ? w[2] : 1 - w[2]);
        if (part == 0)
            continue;
        int64_t at = ((lo[2] + (k >> 2)) * ny + lo[1] + (k >> 1 & 1)) * nx + lo[0] + (k & 1);
        mi_voxel_values(in, (const char *)in->data + (size_t)at * size, 1, false, &v);
        if (v >= s->padding.lo && v <= s->padding.hi)
            return v;
        sum += part * v;
    }
    return sum;
}

static int linear_voxel(const planes *p, const int64_t lo[3], const double w[3], void *q,
                        mi_err *err)
{
    mi_volume stored = *p->in; /* numbers as stored */
    stored.slope = 1;
    stored.inter = 0;
    return mi_stored_value(&stored, mix(p->s, p->in, lo, w), q, err);
}

static int one_plane(void *ctx, int k, mi_err *err)
{
    const planes *p = ctx;
    const like_state *s = p->s;
    size_t size = mi_type_size(p->in->type);
    char *q = (char *)p->out->data + (size_t)(k * mi_volume_slice_voxels(p->out)) * size;
    for (int64_t j = 0; j < s->to.n[1]; j++)
        for (int64_t i = 0; i < s->to.n[0]; i++, q += size) {
            int64_t lo[3];
            double w[3];
            bool inside = true;
            for (int d = 0; d < 3 && inside; d++)
                inside = locate(s->m[d][0] * (double)i + s->m[d][1] * (double)j +
                                    s->m[d][2] * k + s->m[d][3], s->from.n[d], &lo[d], &w[d]);
            if (!inside) {
                memcpy(q, s->voxel, size);
            } else if (s->nearest) {
                int64_t at = 0;
                for (int d = 2; d >= 0; d--)
                    at = at * s->from.n[d] + lo[d] + (w[d] >= 0.5);
                memcpy(q, (const char *)p->in->data + (size_t)at * size, size);
            } else if (linear_voxel(p, lo, w, q, err) != 0) {
                return -1;
            }
        }
    return 0;
}

static int at_once(void *state, const mi_volume *in, mi_volume *out, mi_pool *pool, mi_err *err)
{
    planes p = { state, in, out };
    return mi_pool_run(pool, (int)out->grid.n[2], one_plane, &p, err);
}

static cJSON *step(const mi_preproc_opts *o, const void *state)
{
    const like_state *s = state;
    cJSON *j = cJSON_CreateObject();
    mi_json_add_string(j, "op", "like");
    mi_json_add_string(j, "grid", o->like);
    mi_json_add_string(j, "interpolation", s->nearest ? "nearest" : "linear");
    return j;
}

extern const mi_operation mi_op_like;
const mi_operation mi_op_like = { .name = "like",
                                  .help = "resample to the grid of another image",
                                  .asked = asked,
                                  .begin = begin,
                                  .at_once = at_once,
                                  .step = step };
