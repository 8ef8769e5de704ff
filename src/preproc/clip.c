#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "preproc/operation.h"

/* Whole-number types stay when both ends are values that they can hold; else the result is float32 (float64 stays). */
typedef struct clip_state {
    double lo, hi;         /* in stored units of the result */
    bool convert;          /* to float32 values */
    double slope, inter;   /* of the input */
} clip_state;

static bool asked(const mi_preproc_opts *o) { return o->clip.lo > -INFINITY || o->clip.hi < INFINITY; }

static bool holds(const mi_volume *v, double value)
{
    unsigned char p[8];
    mi_err e = MI_ERR_EMPTY;
    double x = (value - v->inter) / v->slope;
    return isinf(value) || (x == rint(x) && mi_stored_value(v, value, p, &e) == 0);
}

/* A whole number beyond the type's range limits nothing. */
static bool keeps_type(const mi_volume *v, const mi_range *r)
{
    if (mi_type_is_float(v->type))
        return true;
    return v->slope > 0 && holds(v, r->lo) && holds(v, r->hi);
}

static int begin(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 bool *whole, mi_err *err)
{
    clip_state *s = mi_array_zero(1, sizeof *s, err);
    const mi_range *r = &c->opts->clip;
    if (!s)
        return -1;
    *state = s;
    *whole = false;
    s->slope = in->slope;
    s->inter = in->inter;
    if (!keeps_type(in, r)) {
        s->convert = true;
        out->type = MI_F32;
        out->slope = 1;
        out->inter = 0;
    }
    double a = (r->lo - out->inter) / out->slope, b = (r->hi - out->inter) / out->slope;
    s->lo = fmin(a, b);
    s->hi = fmax(a, b);
    return 0;
}

#define CLIP(type, name)                                                                           \
    static void name(const void *src, void *dst, int64_t n, double lo, double hi, double tlo,      \
                     double thi)                                                                   \
    {                                                                                              \
        const type *p = src, a = (type)(lo > tlo ? lo : tlo), b = (type)(hi < thi ? hi : thi);     \
        type *q = dst;                                                                             \
        for (int64_t i = 0; i < n; i++)                                                            \
            q[i] = p[i] < a ? a : p[i] > b ? b : p[i];                                             \
    }
CLIP(uint8_t, clip_u8)
CLIP(int8_t, clip_i8)
CLIP(uint16_t, clip_u16)
CLIP(int16_t, clip_i16)
CLIP(uint32_t, clip_u32)
CLIP(int32_t, clip_i32)
CLIP(uint64_t, clip_u64)
CLIP(int64_t, clip_i64)
CLIP(float, clip_f32)
CLIP(double, clip_f64)
#undef CLIP

static const struct {
    void (*clip)(const void *, void *, int64_t, double, double, double, double);
    double lo, hi;
} rows[] = { [MI_U8] = { clip_u8, 0, 255 },
             [MI_I8] = { clip_i8, -128, 127 },
             [MI_U16] = { clip_u16, 0, 65535 },
             [MI_I16] = { clip_i16, -32768, 32767 },
             [MI_U32] = { clip_u32, 0, 4294967295.0 },
             [MI_I32] = { clip_i32, -2147483648.0, 2147483647.0 },
             [MI_U64] = { clip_u64, 0, 18446744073709549568.0 },
             [MI_I64] = { clip_i64, -9223372036854775808.0, 9223372036854774784.0 },
             [MI_F32] = { clip_f32, -INFINITY, INFINITY },
             [MI_F64] = { clip_f64, -INFINITY, INFINITY } };

static int slice(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 void *dst, int64_t *to, mi_err *err)
{
    const clip_state *s = state;
    int64_t n = mi_volume_slice_voxels(in);
    *to = k;
    if (!s->convert) {
        rows[in->type].clip(src, dst, n, s->lo, s->hi, rows[in->type].lo, rows[in->type].hi);
        return 0;
    }
    mi_volume one = MI_VOLUME_EMPTY; /* borrows src */
    one.grid = in->grid;
    one.grid.n[2] = one.k1 = 1;
    one.type = in->type;
    one.slope = in->slope;
    one.inter = in->inter;
    one.data = (void *)src;
    const mi_box b = { { 0, 0, 0 }, { in->grid.n[0], in->grid.n[1], 1 } };
    double *x = mi_array((size_t)n, sizeof *x, err);
    int rc = x ? mi_volume_load(&one, &b, x, err) : -1;
    float *q = dst;
    (void)out;
    for (int64_t i = 0; rc == 0 && i < n; i++)
        q[i] = (float)(x[i] < s->lo ? s->lo : x[i] > s->hi ? s->hi : x[i]);
    free(x);
    return rc;
}

static cJSON *step(const mi_preproc_opts *o, const void *state)
{
    cJSON *j = cJSON_CreateObject();
    (void)state;
    mi_json_add_string(j, "op", "clip");
    mi_json_add_number(j, "low", o->clip.lo);
    mi_json_add_number(j, "high", o->clip.hi);
    return j;
}

extern const mi_operation mi_op_clip;
const mi_operation mi_op_clip = { "clip", "values beyond a range take its ends", true, asked, begin, slice, NULL,
                                  step, NULL };
