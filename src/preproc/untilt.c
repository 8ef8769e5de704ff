#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "image/grid.h"
#include "preproc/operation.h"

/* A tilted gantry stacks slices along a line that is not their normal. The result is straight:
   slice k is shifted within its plane by k times the sideways part of the step, values by linear
   interpolation (whole numbers rounded), labels by nearest neighbour; the plane grows so that
   nothing is cut off. A value that leans on padding is padding. */
typedef struct untilt_state {
    double shift[2]; /* voxels of in-plane shift per slice, along axes 0 and 1 */
    double start[2]; /* of the new plane's first voxel, in old voxels of slice 0 */
    unsigned char voxel[8];
    bool nearest;
    double angle;
    mi_range padding; /* stored */
    double *x;        /* stored numbers of a slice */
} untilt_state;

static bool asked(const mi_preproc_opts *o) { return o->untilt; }

static void clear(void *state)
{
    untilt_state *s = state;
    if (s)
        free(s->x);
    free(s);
}

static double dot(const mi_grid *g, int a, int b)
{
    return g->m[0][a] * g->m[0][b] + g->m[1][a] * g->m[1][b] + g->m[2][a] * g->m[2][b];
}

/* The step to the next slice in terms of the plane's axes (least squares), and the square of
   what is left: the way along the normal. */
static double split_step(const mi_grid *g, double shift[2])
{
    double a = dot(g, 0, 0), b = dot(g, 0, 1), c = dot(g, 1, 1), u = dot(g, 2, 0), v = dot(g, 2, 1);
    double det = a * c - b * b;
    shift[0] = (c * u - b * v) / det;
    shift[1] = (a * v - b * u) / det;
    return fmax(0, dot(g, 2, 2) - shift[0] * u - shift[1] * v);
}

static int begin(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 mi_op_flow *flow, mi_err *err)
{
    untilt_state *s = mi_array_zero(1, sizeof *s, err);
    if (!s)
        return -1;
    s->x = mi_array((size_t)mi_volume_slice_voxels(in), sizeof *s->x, err);
    if (!s->x ||
        mi_stored_value(in, c->geometry_only ? 0 : c->opts->pad_value, s->voxel, err) != 0) {
        clear(s);
        return -1;
    }
    *state = s;
    *flow = MI_FLOW_SLICES;
    s->nearest = c->is_labels;
    s->padding = mi_stored_padding(in);
    const mi_grid *g = &in->grid;
    double normal2 = split_step(g, s->shift);
    for (int d = 0; d < 2; d++) {
        double total = s->shift[d] * (double)(g->n[2] - 1);
        int64_t grow = (int64_t)ceil(fabs(total) - 1e-6);
        out->grid.n[d] = g->n[d] + grow;
        s->start[d] = total < 0 ? -(double)grow : 0;
    }
    s->angle = acos(fmin(1, sqrt(normal2 / dot(g, 2, 2)))) * 180 / acos(-1);
    for (int i = 0; i < 3; i++) {
        out->grid.m[i][2] = g->m[i][2] - s->shift[0] * g->m[i][0] - s->shift[1] * g->m[i][1];
        out->grid.m[i][3] = g->m[i][3] + s->start[0] * g->m[i][0] + s->start[1] * g->m[i][1];
    }
    out->grid.spacing[2] = sqrt(normal2);
    return 0;
}

/* Neighbours along one axis and the weight of the second. */
typedef struct between { int64_t i, j; double w; } between;

/* Position u on an axis of n voxels; false outside the outer voxel faces. Positions a rounding
   error beside a voxel are taken to be there. */
static bool find(double u, int64_t n, between *b)
{
    double whole = rint(2 * u) / 2;
    u = fabs(u - whole) < 1e-9 ? whole : u;
    if (u < -0.5 || u > (double)n - 0.5)
        return false;
    u = fmin(fmax(u, 0), (double)(n - 1));
    b->i = (int64_t)u;
    b->j = b->i + 1 < n ? b->i + 1 : b->i;
    b->w = u - (double)b->i;
    return true;
}

/* The stored number between four others; voxels without weight do not count, be they NaN or
   padding. */
static double mix(const untilt_state *s, const double *x, int64_t width, const between *u,
                  const between *v)
{
    const int64_t at[4] = { v->i * width + u->i, v->i * width + u->j, v->j * width + u->i,
                            v->j * width + u->j };
    const double w[4] = { (1 - v->w) * (1 - u->w), (1 - v->w) * u->w, v->w * (1 - u->w),
                          v->w * u->w };
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        if (w[i] == 0)
            continue;
        if (x[at[i]] >= s->padding.lo && x[at[i]] <= s->padding.hi)
            return x[at[i]];
        sum += w[i] * x[at[i]];
    }
    return sum;
}

static double value_at(const untilt_state *s, const double *x, int64_t width, const between *u,
                       const between *v)
{
    if (!s->nearest)
        return mix(s, x, width, u, v);
    return x[(v->w < 0.5 ? v->i : v->j) * width + (u->w < 0.5 ? u->i : u->j)];
}

static int slice(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 const void **result, int64_t *to, mi_err *err)
{
    const untilt_state *s = state;
    size_t size = mi_type_size(in->type);
    int64_t width = in->grid.n[0];
    mi_volume stored = *out; /* values are in stored numbers */
    char *q = (char *)*result;
    *to = k;
    if (s->shift[0] == 0 && s->shift[1] == 0) {
        *result = src;
        return 0;
    }
    stored.slope = 1;
    stored.inter = 0;
    mi_voxel_values(in, src, mi_volume_slice_voxels(in), false, s->x);
    for (int64_t j = 0; j < out->grid.n[1]; j++) {
        between u, v;
        bool row = find((double)j + s->start[1] - (double)k * s->shift[1], in->grid.n[1], &v);
        for (int64_t i = 0; i < out->grid.n[0]; i++, q += size) {
            bool in_it = row && find((double)i + s->start[0] - (double)k * s->shift[0], width, &u);
            if (!in_it)
                memcpy(q, s->voxel, size);
            else if (mi_stored_value(&stored, value_at(s, s->x, width, &u, &v), q, err) != 0)
                return -1;
        }
    }
    return 0;
}

static cJSON *step(const mi_preproc_opts *o, const void *state)
{
    const untilt_state *s = state;
    cJSON *j = cJSON_CreateObject();
    (void)o;
    mi_json_add_string(j, "op", "untilt");
    mi_json_add_number(j, "gantry_tilt_deg", s->angle);
    mi_json_add_string(j, "interpolation", "linear");
    return j;
}

extern const mi_operation mi_op_untilt;
const mi_operation mi_op_untilt = { .name = "untilt",
                                    .help = "straighten the slices of a tilted gantry",
                                    .asked = asked,
                                    .begin = begin,
                                    .slice = slice,
                                    .step = step,
                                    .end = clear };
