#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "preproc/operation.h"

/* Linear change of values: done in the header's slope and intercept, so that no voxel is touched and nothing is lost, when float32 (what NIfTI-1 keeps them in) holds
   them exactly; else the voxels become float32. */
typedef struct rescale_state { double a, b; bool convert; } rescale_state;

static bool asked(const mi_preproc_opts *o) { return o->rescale.n > 0; }

static bool exact(double x) { return (double)(float)x == x; }

static int begin(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 bool *whole, mi_err *err)
{
    const mi_vec3 *r = &c->opts->rescale;
    if (r->n != 2)
        return mi_fail(err, MI_E_USAGE, NULL, "--rescale takes two numbers, A,B for A x + B");
    if (r->v[0] == 0 || !isfinite(r->v[0]) || !isfinite(r->v[1]))
        return mi_fail(err, MI_E_USAGE, NULL, "--rescale: %g is no slope", r->v[0]);
    rescale_state *s = mi_array_zero(1, sizeof *s, err);
    if (!s)
        return -1;
    *state = s;
    *whole = false;
    s->a = r->v[0];
    s->b = r->v[1];
    out->slope = s->a * in->slope;
    out->inter = s->a * in->inter + s->b;
    s->convert = !exact(out->slope) || !exact(out->inter) || mi_type_is_float(in->type);
    if (s->convert) {
        out->type = in->type == MI_F64 ? MI_F64 : MI_F32;
        out->slope = 1;
        out->inter = 0;
    }
    return 0;
}

static int slice(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 void *dst, int64_t *to, mi_err *err)
{
    const rescale_state *s = state;
    int64_t n = mi_volume_slice_voxels(in);
    *to = k;
    if (!s->convert) {
        memcpy(dst, src, (size_t)n * mi_type_size(in->type));
        return 0;
    }
    double a = s->a * in->slope, b = s->a * in->inter + s->b;
    if (in->type == MI_F32) {
        const float *p = src;
        float *q = dst;
        for (int64_t i = 0; i < n; i++)
            q[i] = (float)(a * p[i] + b);
        return 0;
    }
    mi_volume one = MI_VOLUME_EMPTY; /* borrows src */
    one.grid = in->grid;
    one.grid.n[2] = one.k1 = 1;
    one.type = in->type;
    one.data = (void *)src;
    const mi_box box = { { 0, 0, 0 }, { in->grid.n[0], in->grid.n[1], 1 } };
    double *x = mi_array((size_t)n, sizeof *x, err);
    int rc = x ? mi_volume_load(&one, &box, x, err) : -1;
    for (int64_t i = 0; rc == 0 && i < n; i++) {
        double y = a * x[i] + b;
        if (out->type == MI_F64)
            ((double *)dst)[i] = y;
        else
            ((float *)dst)[i] = (float)y;
    }
    free(x);
    return rc;
}

static cJSON *step(const mi_preproc_opts *o, const void *state)
{
    cJSON *j = cJSON_CreateObject();
    (void)state;
    mi_json_add_string(j, "op", "rescale");
    mi_json_add_number(j, "slope", o->rescale.v[0]);
    mi_json_add_number(j, "intercept", o->rescale.v[1]);
    return j;
}

extern const mi_operation mi_op_rescale;
const mi_operation mi_op_rescale = { "rescale", "A x + B", true, asked, begin, slice, NULL, step, NULL };
