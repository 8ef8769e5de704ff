#include <math.h>
#include <stdlib.h>
#include "base/memory.h"
#include "preproc/operation.h"

/* Values below a range become its lower end, values above it the upper one; padding and NaN stay
   what they are. Whole-number types stay when the limits are numbers that they hold (a limit
   beyond the type limits nothing); else the result is of floating point. */
typedef struct clip_state {
    double lo, hi;       /* in stored units of the result */
    mi_range padding;    /* stored in the input */
    bool convert;
    double *row;         /* to convert: values of one row, and the same as stored */
} clip_state;

enum { BLOCK = 64 };

static bool asked(const mi_preproc_opts *o)
{
    return o->clip.lo > -INFINITY || o->clip.hi < INFINITY;
}

static void clear(void *state)
{
    clip_state *s = state;
    if (s)
        free(s->row);
    free(s);
}

/* Blocks of a known length are worked on side by side. */
#define CLIP(type, name)                                                                           \
    static int64_t name##_blocks(const type *restrict p, type *restrict q, int64_t n, type a,      \
                                 type b)                                                           \
    {                                                                                              \
        int64_t i = 0;                                                                             \
        for (; i + BLOCK <= n; i += BLOCK)                                                         \
            for (int j = 0; j < BLOCK; j++) {                                                      \
                type x = p[i + j] < a ? a : p[i + j];                                              \
                q[i + j] = x > b ? b : x;                                                          \
            }                                                                                      \
        return i;                                                                                  \
    }                                                                                              \
    static void name(const void *src, void *dst, int64_t n, type a, type b, mi_range pad)          \
    {                                                                                              \
        const type *p = src;                                                                       \
        type *q = dst;                                                                             \
        for (int64_t i = pad.lo <= pad.hi ? 0 : name##_blocks(p, q, n, a, b); i < n; i++) {        \
            bool keep = (double)p[i] >= pad.lo && (double)p[i] <= pad.hi;                          \
            q[i] = keep ? p[i] : p[i] < a ? a : p[i] > b ? b : p[i];                               \
        }                                                                                          \
    }
/* A limit at or beyond the end of the type is that end. */
#define CLIP_WHOLE(type, name, min, max)                                                           \
    CLIP(type, name##_to)                                                                          \
    static void name(const void *src, void *dst, int64_t n, double lo, double hi, mi_range pad)    \
    {                                                                                              \
        name##_to(src, dst, n, lo <= (double)min ? min : (type)lo,                                 \
                  hi >= (double)max ? max : (type)hi, pad);                                        \
    }
#define CLIP_FLOAT(type, name)                                                                     \
    CLIP(type, name##_to)                                                                          \
    static void name(const void *src, void *dst, int64_t n, double lo, double hi, mi_range pad)    \
    {                                                                                              \
        name##_to(src, dst, n, (type)lo, (type)hi, pad);                                           \
    }
CLIP_WHOLE(uint8_t, clip_u8, 0, UINT8_MAX)
CLIP_WHOLE(int8_t, clip_i8, INT8_MIN, INT8_MAX)
CLIP_WHOLE(uint16_t, clip_u16, 0, UINT16_MAX)
CLIP_WHOLE(int16_t, clip_i16, INT16_MIN, INT16_MAX)
CLIP_WHOLE(uint32_t, clip_u32, 0, UINT32_MAX)
CLIP_WHOLE(int32_t, clip_i32, INT32_MIN, INT32_MAX)
CLIP_WHOLE(uint64_t, clip_u64, 0, UINT64_MAX)
CLIP_WHOLE(int64_t, clip_i64, INT64_MIN, INT64_MAX)
CLIP_FLOAT(float, clip_f32)
CLIP_FLOAT(double, clip_f64)
#undef CLIP
#undef CLIP_WHOLE
#undef CLIP_FLOAT

static const struct {
    void (*clip)(const void *, void *, int64_t, double, double, mi_range);
    double min, max;
} rows[] = { [MI_U8] = { clip_u8, 0, UINT8_MAX },
             [MI_I8] = { clip_i8, INT8_MIN, INT8_MAX },
             [MI_U16] = { clip_u16, 0, UINT16_MAX },
             [MI_I16] = { clip_i16, INT16_MIN, INT16_MAX },
             [MI_U32] = { clip_u32, 0, UINT32_MAX },
             [MI_I32] = { clip_i32, INT32_MIN, INT32_MAX },
             [MI_U64] = { clip_u64, 0, (double)UINT64_MAX },
             [MI_I64] = { clip_i64, (double)INT64_MIN, (double)INT64_MAX },
             [MI_F32] = { clip_f32, -INFINITY, INFINITY },
             [MI_F64] = { clip_f64, -INFINITY, INFINITY } };

/* lo, hi in stored units. A lower limit above the type (or the other way round) would leave
   values that it cannot hold. */
static bool keeps_type(mi_type t, double lo, double hi)
{
    double min = rows[t].min, max = rows[t].max;
    if (mi_type_is_float(t))
        return true;
    double top = mi_type_size(t) == 8 ? nextafter(max, 0) : max; /* 2^64 itself is no uint64 */
    return (lo <= min || (lo == rint(lo) && lo <= top)) &&
           (hi >= max || (hi == rint(hi) && hi >= min));
}

static int begin(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 mi_op_flow *flow, mi_err *err)
{
    clip_state *s = mi_array_zero(1, sizeof *s, err);
    const mi_range *r = &c->opts->clip;
    if (!s)
        return -1;
    *state = s;
    *flow = MI_FLOW_SLICES;
    double a = (r->lo - in->inter) / in->slope, b = (r->hi - in->inter) / in->slope;
    s->lo = fmin(a, b);
    s->hi = fmax(a, b);
    s->padding = mi_stored_padding(in);
    if (keeps_type(in->type, s->lo, s->hi))
        return 0;
    s->convert = true;
    s->lo = r->lo;
    s->hi = r->hi;
    out->type = mi_float_type(in->type);
    out->slope = 1;
    out->inter = 0;
    s->row = mi_array((size_t)in->grid.n[0] * 2, sizeof *s->row, err);
    if (s->row)
        return 0;
    clear(s);
    *state = NULL;
    return -1;
}

static void convert_row(const clip_state *s, const mi_volume *in, const void *src, mi_type to,
                        void *dst)
{
    int64_t n = in->grid.n[0];
    double *x = s->row, *stored = s->row + n;
    mi_voxel_values(in, src, n, true, x);
    mi_voxel_values(in, src, n, false, stored);
    for (int64_t i = 0; i < n; i++) {
        bool keep = stored[i] >= s->padding.lo && stored[i] <= s->padding.hi;
        double y = keep ? x[i] : x[i] < s->lo ? s->lo : x[i] > s->hi ? s->hi : x[i];
        if (to == MI_F32)
            ((float *)dst)[i] = (float)y;
        else
            ((double *)dst)[i] = y;
    }
}

static int slice(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 const void **result, int64_t *to, mi_err *err)
{
    const clip_state *s = state;
    char *dst = (char *)*result;
    (void)err;
    *to = k;
    if (!s->convert) {
        rows[in->type].clip(src, dst, mi_volume_slice_voxels(in), s->lo, s->hi, s->padding);
        return 0;
    }
    size_t row_in = (size_t)in->grid.n[0] * mi_type_size(in->type);
    size_t row_out = (size_t)in->grid.n[0] * mi_type_size(out->type);
    for (int64_t j = 0; j < in->grid.n[1]; j++)
        convert_row(s, in, (const char *)src + (size_t)j * row_in, out->type,
                    dst + (size_t)j * row_out);
    return 0;
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
const mi_operation mi_op_clip = { .name = "clip", .help = "values beyond a range take its ends",
                                  .on_values = true, .asked = asked, .begin = begin,
                                  .slice = slice, .step = step, .end = clear };
