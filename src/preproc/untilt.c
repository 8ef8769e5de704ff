#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "image/grid.h"
#include "preproc/operation.h"

/* A tilted gantry stacks slices along a line that is not their normal. The result is straight: slice k is shifted within its plane by k times the sideways part of the
   step, values by linear interpolation (whole numbers rounded), labels by nearest neighbour; the plane grows so that nothing is cut off. */
typedef struct untilt_state {
    double shift[2]; /* voxels of in-plane shift per slice, along axes 0 and 1 */
    double start[2]; /* of the new plane's first voxel, in old voxels of slice 0 */
    unsigned char voxel[8];
    bool nearest;
    double angle;
} untilt_state;

static bool asked(const mi_preproc_opts *o) { return o->untilt; }

static double dot(const mi_grid *g, int a, int b)
{
    return g->m[0][a] * g->m[0][b] + g->m[1][a] * g->m[1][b] + g->m[2][a] * g->m[2][b];
}

static int begin(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 bool *whole, mi_err *err)
{
    untilt_state *s = mi_array_zero(1, sizeof *s, err);
    if (!s)
        return -1;
    if (!c->is_labels && mi_stored_value(in, c->opts->pad_value, s->voxel, err) != 0) {
        free(s);
        return -1;
    }
    *state = s;
    *whole = false;
    s->nearest = c->is_labels;
    const mi_grid *g = &in->grid;
    double straight2 = dot(g, 2, 2);
    for (int d = 0; d < 2; d++) {
        s->shift[d] = dot(g, 2, d) / dot(g, d, d);
        straight2 -= s->shift[d] * s->shift[d] * dot(g, d, d);
        double total = s->shift[d] * (double)(g->n[2] - 1);
        int64_t grow = (int64_t)ceil(fabs(total) - 1e-6);
        out->grid.n[d] = g->n[d] + grow;
        s->start[d] = total < 0 ? -(double)grow : 0;
    }
    s->angle = acos(fmin(1, sqrt(fmax(0, straight2) / dot(g, 2, 2)))) * 180 / acos(-1);
    for (int i = 0; i < 3; i++) {
        out->grid.m[i][2] = g->m[i][2] - s->shift[0] * g->m[i][0] - s->shift[1] * g->m[i][1];
        out->grid.m[i][3] = g->m[i][3] + s->start[0] * g->m[i][0] + s->start[1] * g->m[i][1];
    }
    out->grid.spacing[2] = sqrt(fmax(0, straight2));
    return 0;
}

static double at(const double *x, const mi_grid *g, int64_t i, int64_t j)
{
    return x[j * g->n[0] + i];
}

/* Value at (u, v) of a slice; false outside the outer voxel faces. */
static bool sample(const untilt_state *s, const double *x, const mi_grid *g, double u, double v,
                   double *out)
{
    if (u < -0.5 || v < -0.5 || u > (double)g->n[0] - 0.5 || v > (double)g->n[1] - 0.5)
        return false;
    u = fmin(fmax(u, 0), (double)(g->n[0] - 1));
    v = fmin(fmax(v, 0), (double)(g->n[1] - 1));
    if (s->nearest) {
        *out = at(x, g, (int64_t)floor(u + 0.5), (int64_t)floor(v + 0.5));
        return true;
    }
    int64_t i = (int64_t)u, j = (int64_t)v;
    int64_t i1 = i + 1 < g->n[0] ? i + 1 : i, j1 = j + 1 < g->n[1] ? j + 1 : j;
    double a = u - (double)i, b = v - (double)j;
    *out = (1 - b) * ((1 - a) * at(x, g, i, j) + a * at(x, g, i1, j)) +
           b * ((1 - a) * at(x, g, i, j1) + a * at(x, g, i1, j1));
    return true;
}

static int slice(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 void *dst, int64_t *to, mi_err *err)
{
    const untilt_state *s = state;
    size_t size = mi_type_size(in->type);
    int64_t n = mi_volume_slice_voxels(in);
    mi_volume one = MI_VOLUME_EMPTY; /* borrows src; stored values, no scaling */
    one.grid = in->grid;
    one.grid.n[2] = one.k1 = 1;
    one.type = in->type;
    one.data = (void *)src;
    const mi_box b = { { 0, 0, 0 }, { in->grid.n[0], in->grid.n[1], 1 } };
    mi_volume plain = one;
    double *x = mi_array((size_t)n, sizeof *x, err);
    int rc = x ? mi_volume_load(&one, &b, x, err) : -1;
    *to = k;
    for (int64_t j = 0; rc == 0 && j < out->grid.n[1]; j++)
        for (int64_t i = 0; rc == 0 && i < out->grid.n[0]; i++) {
            void *q = (char *)dst + (size_t)(j * out->grid.n[0] + i) * size;
            double value, u = (double)i + s->start[0] - (double)k * s->shift[0],
                          v = (double)j + s->start[1] - (double)k * s->shift[1];
            if (sample(s, x, &in->grid, u, v, &value))
                rc = mi_stored_value(&plain, value, q, err);
            else
                memcpy(q, s->voxel, size);
        }
    free(x);
    return rc;
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
const mi_operation mi_op_untilt = { "untilt", "straighten the slices of a tilted gantry", false, asked, begin, slice,
                                    NULL, step, NULL };
