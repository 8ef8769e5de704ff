#include <float.h>
#include <math.h>
#include <stdlib.h>
#include "base/memory.h"
#include "preproc/operation.h"

/* Linear change of values: done in the header's slope and intercept, so that no voxel is touched
   and nothing is lost, when float32 (what NIfTI-1 keeps them in) holds them exactly; else the
   voxels become numbers of floating point. Those of floating point are always computed. What the
   numbers are is no longer what unit says. */
typedef struct rescale_state {
    double a, b;  /* of stored numbers */
    bool convert;
    double *row;
} rescale_state;

static bool asked(const mi_preproc_opts *o) { return o->rescale.n > 0; }

static void clear(void *state)
{
    rescale_state *s = state;
    if (s)
        free(s->row);
    free(s);
}

static bool exact(double x) { return fabs(x) <= FLT_MAX && (double)(float)x == x; }

/* Would float32 lose a factor of this size, or what it makes of whole numbers? */
static bool extreme(double x) { return x != 0 && !(fabs(x) > 1e-30 && fabs(x) < 1e30); }

/* A stored number as it comes out. */
static double value_of(const rescale_state *s, mi_type to, double stored)
{
    double y = s->a * stored + s->b;
    return to == MI_F32 ? (float)y : y;
}

/* Padding goes where its voxels go. */
static void move_padding(const rescale_state *s, const mi_volume *in, mi_volume *out)
{
    if (!in->meta.has_padding)
        return;
    mi_range r = mi_stored_padding(in);
    double a = s->convert ? value_of(s, out->type, r.lo) : out->slope * r.lo + out->inter;
    double b = s->convert ? value_of(s, out->type, r.hi) : out->slope * r.hi + out->inter;
    out->meta.padding[0] = fmin(a, b);
    out->meta.padding[1] = fmax(a, b);
}

static int begin(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 mi_op_flow *flow, mi_err *err)
{
    const mi_vec3 *r = &c->opts->rescale;
    if (r->n != 2)
        return mi_fail(err, MI_E_USAGE, NULL, "--rescale takes two numbers, A,B for A x + B");
    if (r->v[0] == 0 || !isfinite(r->v[0]) || !isfinite(r->v[1]))
        return mi_fail(err, MI_E_USAGE, NULL, "--rescale: %g x + %g tells no values", r->v[0],
                       r->v[1]);
    rescale_state *s = mi_array_zero(1, sizeof *s, err);
    if (!s)
        return -1;
    *state = s;
    *flow = MI_FLOW_SLICES;
    s->a = r->v[0] * in->slope;
    s->b = r->v[0] * in->inter + r->v[1];
    out->slope = s->a;
    out->inter = s->b;
    s->convert = !exact(s->a) || !exact(s->b) || mi_type_is_float(in->type);
    if (s->convert) {
        out->type = extreme(s->a) || extreme(s->b) ? MI_F64 : mi_float_type(in->type);
        out->slope = 1;
        out->inter = 0;
        s->row = mi_array((size_t)in->grid.n[0], sizeof *s->row, err);
        if (!s->row) {
            clear(s);
            *state = NULL;
            return -1;
        }
    }
    if (r->v[0] != 1 || r->v[1] != 0)
        out->meta.unit = NULL;
    move_padding(s, in, out);
    return 0;
}

static int convert_row(const rescale_state *s, const mi_volume *in, const void *src, mi_type to,
                       void *dst, mi_err *err)
{
    int64_t n = in->grid.n[0];
    double most = to == MI_F64 ? DBL_MAX : FLT_MAX;
    mi_voxel_values(in, src, n, false, s->row);
    for (int64_t i = 0; i < n; i++) {
        double y = s->a * s->row[i] + s->b;
        if (!(fabs(y) <= most) && isfinite(s->row[i]))
            return mi_fail(err, MI_E_DATA, NULL, "--rescale: %g becomes %g, which %s cannot hold",
                           s->row[i] * in->slope + in->inter, y, mi_type_name(to));
        if (to == MI_F64)
            ((double *)dst)[i] = y;
        else
            ((float *)dst)[i] = (float)y;
    }
    return 0;
}

static int slice(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 const void **result, int64_t *to, mi_err *err)
{
    const rescale_state *s = state;
    char *dst = (char *)*result;
    *to = k;
    if (!s->convert) {
        *result = src;
        return 0;
    }
    size_t row_in = (size_t)in->grid.n[0] * mi_type_size(in->type);
    size_t row_out = (size_t)in->grid.n[0] * mi_type_size(out->type);
    int rc = 0;
    for (int64_t j = 0; rc == 0 && j < in->grid.n[1]; j++)
        rc = convert_row(s, in, (const char *)src + (size_t)j * row_in, out->type,
                         dst + (size_t)j * row_out, err);
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
const mi_operation mi_op_rescale = { .name = "rescale", .help = "A x + B", .on_values = true,
                                     .asked = asked, .begin = begin, .slice = slice, .step = step,
                                     .end = clear };
