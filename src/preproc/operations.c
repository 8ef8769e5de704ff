#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "preproc/operation.h"

extern const mi_operation mi_op_suv, mi_op_untilt, mi_op_like, mi_op_reorient, mi_op_crop,
    mi_op_pad, mi_op_clip, mi_op_rescale;

const mi_operation *const mi_operations[] = { &mi_op_suv,      &mi_op_untilt, &mi_op_like,
                                              &mi_op_reorient, &mi_op_crop,   &mi_op_pad,
                                              &mi_op_clip,     &mi_op_rescale };
const int mi_n_operations = MI_COUNT(mi_operations);

#define AT(field) offsetof(mi_preproc_opts, field)

static const char *const suv_words[] = { "none",      "bw",  "lbm", "lbm-james",
                                         "lbm-janma", "bsa", "ibw", NULL };

static const char *const like_words[] = { "nearest", "linear", NULL };

const mi_param mi_preproc_params[] = {
    { .name = "suv",
      .type = MI_P_CHOICE,
      .offset = AT(suv),
      .value = "KIND",
      .preset = "none",
      .choices = suv_words,
      .flags = MI_PF_CONFIG,
      .group = "Steps, in this order",
      .help = "PET to standardised uptake values" },
    { .name = "philips-activity-first",
      .type = MI_P_BOOL,
      .offset = AT(philips_activity_first),
      .flags = MI_PF_CONFIG | MI_PF_FULL,
      .group = "Steps, in this order",
      .help = "of two Philips factors prefer (7053,1009) to (7053,1000)" },
    { .name = "untilt",
      .type = MI_P_BOOL,
      .offset = AT(untilt),
      .flags = MI_PF_CONFIG,
      .group = "Steps, in this order",
      .help = "resample a tilted gantry's slices to a straight grid" },
    { .name = "like",
      .type = MI_P_STRING,
      .offset = AT(like),
      .value = "FILE",
      .flags = MI_PF_CONFIG,
      .group = "Steps, in this order",
      .help = "resample to the grid of this image" },
    { .name = "like-interpolation",
      .type = MI_P_CHOICE,
      .offset = AT(like_interpolation),
      .value = "HOW",
      .preset = "linear",
      .choices = like_words,
      .flags = MI_PF_CONFIG | MI_PF_FULL,
      .group = "Steps, in this order",
      .help = "interpolation of images by --like (masks: nearest)" },
    { .name = "reorient",
      .type = MI_P_STRING,
      .offset = AT(reorient),
      .value = "XYZ",
      .flags = MI_PF_CONFIG,
      .group = "Steps, in this order",
      .help = "storage axes towards these directions, such as RAS or LPS" },
    { .name = "crop",
      .type = MI_P_LIST,
      .offset = AT(crop),
      .value = "I,J,K",
      .flags = MI_PF_CONFIG,
      .group = "Steps, in this order",
      .help = "keep these index ranges lo:hi (from 0, hi not included; open ends allowed)" },
    { .name = "crop-to-mask",
      .type = MI_P_BOOL,
      .offset = AT(crop_to_mask),
      .flags = MI_PF_CONFIG,
      .group = "Steps, in this order",
      .help = "keep the box around all masks" },
    { .name = "margin",
      .type = MI_P_VEC3,
      .offset = AT(margin),
      .unit = "mm",
      .value = "MM",
      .flags = MI_PF_CONFIG,
      .group = "Steps, in this order",
      .help = "width kept around the masks" },
    { .name = "pad",
      .type = MI_P_LIST,
      .offset = AT(pad),
      .value = "N",
      .flags = MI_PF_CONFIG,
      .group = "Steps, in this order",
      .help = "add voxels on every side; three numbers: by axis; six: lo,hi by axis" },
    { .name = "pad-value",
      .type = MI_P_DOUBLE,
      .offset = AT(pad_value),
      .value = "X",
      .preset = "0",
      .flags = MI_PF_CONFIG,
      .group = "Steps, in this order",
      .help = "value of added voxels of images (masks: 0)" },
    { .name = "clip",
      .type = MI_P_RANGE,
      .offset = AT(clip),
      .value = "LO:HI",
      .flags = MI_PF_CONFIG,
      .group = "Steps, in this order",
      .help = "values beyond the range take its ends" },
    { .name = "rescale",
      .type = MI_P_VEC3,
      .offset = AT(rescale),
      .value = "A,B",
      .flags = MI_PF_CONFIG,
      .group = "Steps, in this order",
      .help = "x becomes A x + B" },
    { .name = NULL }
};

void mi_fill_voxels(void *dst, const void *voxel, size_t size, int64_t n)
{
    char *p = dst;
    size_t all = n > 0 ? (size_t)n * size : 0, done = all < size ? all : size;
    memcpy(p, voxel, done);
    for (size_t now; done < all; done += now) { /* what is there, once more */
        now = done < all - done ? done : all - done;
        memcpy(p + done, p, now);
    }
}

mi_type mi_float_type(mi_type t)
{
    return mi_type_size(t) <= 2 || t == MI_F32 ? MI_F32 : MI_F64;
}

void mi_voxel_values(const mi_volume *v, const void *stored, int64_t n, bool scaled, double *out)
{
    mi_volume run = MI_VOLUME_EMPTY; /* borrows stored */
    const mi_box all = { { 0, 0, 0 }, { n, 1, 1 } };
    run.grid.n[0] = n;
    run.grid.n[1] = run.grid.n[2] = run.k1 = 1;
    run.type = v->type;
    run.data = (void *)stored;
    if (scaled) {
        run.slope = v->slope;
        run.inter = v->inter;
    }
    mi_volume_load(&run, &all, out, NULL); /* the box is the run: it fits */
}

/* The whole number that x is but for rounding; else x. */
static double whole(double x) { return fabs(x - rint(x)) < 0.01 ? rint(x) : x; }

mi_range mi_stored_padding(const mi_volume *v)
{
    mi_range r = mi_volume_padding(v);
    if (!v->meta.has_padding)
        return r;
    bool is_float = mi_type_is_float(v->type);
    double lo = is_float ? r.lo : v->meta.padding[0], hi = is_float ? r.hi : v->meta.padding[1];
    double a = (lo - v->inter) / v->slope, b = (hi - v->inter) / v->slope;
    r.lo = is_float ? fmin(a, b) : whole(fmin(a, b));
    r.hi = is_float ? fmax(a, b) : whole(fmax(a, b));
    return r;
}

/* The numbers of a whole-number type that doubles can tell apart. */
static const mi_range limits[MI_TYPES] = {
    [MI_U8] = { 0, 255 },
    [MI_I8] = { -128, 127 },
    [MI_U16] = { 0, 65535 },
    [MI_I16] = { -32768, 32767 },
    [MI_U32] = { 0, 4294967295.0 },
    [MI_I32] = { -2147483648.0, 2147483647.0 },
    [MI_U64] = { 0, 18446744073709549568.0 },
    [MI_I64] = { -9223372036854775808.0, 9223372036854774784.0 }
};

int mi_stored_value(const mi_volume *v, double value, void *p, mi_err *err)
{
    double x = (value - v->inter) / v->slope;
    if (!mi_type_is_float(v->type)) {
        x = rint(x);
        if (!(x >= limits[v->type].lo && x <= limits[v->type].hi))
            return mi_fail(err, MI_E_USAGE, NULL, "%g cannot be stored as %s", value,
                           mi_type_name(v->type));
    }
    union {
        uint8_t u8; int8_t i8; uint16_t u16; int16_t i16; uint32_t u32; int32_t i32; uint64_t u64;
        int64_t i64; float f32; double f64;
    } u;
    switch (v->type) {
    case MI_U8: u.u8 = (uint8_t)x; break;
    case MI_I8: u.i8 = (int8_t)x; break;
    case MI_U16: u.u16 = (uint16_t)x; break;
    case MI_I16: u.i16 = (int16_t)x; break;
    case MI_U32: u.u32 = (uint32_t)x; break;
    case MI_I32: u.i32 = (int32_t)x; break;
    case MI_U64: u.u64 = (uint64_t)x; break;
    case MI_I64: u.i64 = (int64_t)x; break;
    case MI_F32: u.f32 = (float)x; break;
    default: u.f64 = x; break;
    }
    memcpy(p, &u, mi_type_size(v->type)); /* p may lie anywhere */
    return 0;
}
