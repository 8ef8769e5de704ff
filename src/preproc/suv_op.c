#include <math.h>
#include <stdlib.h>
#include "base/memory.h"
#include "preproc/operation.h"
#include "preproc/suv.h"

/* PET to SUV: a factor for every slice; the result is float32. Padding keeps its value. */
typedef struct suv_state {
    mi_suv suv;
    mi_range padding; /* stored */
    double *row;      /* values of one row, and the same as stored */
} suv_state;

static bool asked(const mi_preproc_opts *o) { return o->suv > 0; }

static void clear(void *state)
{
    suv_state *s = state;
    if (s) {
        mi_suv_free(&s->suv);
        free(s->row);
    }
    free(s);
}

static int begin(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 mi_op_flow *flow, mi_err *err)
{
    if (!in->pet)
        return mi_fail(err, MI_E_DATA,
                       "read the DICOM series itself; NIfTI does not keep dose and times",
                       "SUV needs the header of a DICOM PET image");
    if (c->moved)
        return mi_fail(err, MI_E_USAGE, "name suv before them in --steps",
                       "SUV has a factor for each slice: it comes before steps that move voxels");
    suv_state *s = mi_array_zero(1, sizeof *s, err);
    if (!s)
        return -1;
    s->padding = mi_stored_padding(in);
    s->row = mi_array((size_t)in->grid.n[0] * 2, sizeof *s->row, err);
    if (!s->row || mi_suv_factors(in->pet, (mi_suv_kind)(c->opts->suv - 1),
                                  c->opts->philips_activity_first, &s->suv, c->warn, err) != 0) {
        clear(s);
        return -1;
    }
    *state = s;
    *flow = MI_FLOW_SLICES;
    out->type = MI_F32;
    out->slope = 1;
    out->inter = 0;
    out->meta.unit = s->suv.unit;
    return 0;
}

static int slice(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 const void **result, int64_t *to, mi_err *err)
{
    const suv_state *s = state;
    float *dst = (float *)*result;
    size_t row = (size_t)in->grid.n[0] * mi_type_size(in->type);
    int64_t n = in->grid.n[0];
    double *x = s->row, *stored = s->row + n, factor = s->suv.factor[k];
    (void)out;
    (void)err;
    *to = k;
    for (int64_t j = 0; j < in->grid.n[1]; j++, dst += n) {
        const char *p = (const char *)src + (size_t)j * row;
        mi_voxel_values(in, p, n, true, x);
        mi_voxel_values(in, p, n, false, stored);
        for (int64_t i = 0; i < n; i++) {
            bool keep = stored[i] >= s->padding.lo && stored[i] <= s->padding.hi;
            dst[i] = (float)(keep ? x[i] : x[i] * factor);
        }
    }
    return 0;
}

/* Equal factors are told once. */
static cJSON *step(const mi_preproc_opts *o, const void *state)
{
    const mi_suv *s = &((const suv_state *)state)->suv;
    cJSON *j = cJSON_CreateObject();
    bool same = true;
    for (int64_t k = 1; k < s->n; k++)
        same = same && s->factor[k] == s->factor[0];
    mi_json_add_string(j, "op", "suv");
    mi_json_add_string(j, "kind", mi_suv_kinds[o->suv - 1]);
    mi_json_add(j, "suv_factor", same ? mi_json_number(s->factor[0])
                                      : mi_json_numbers(s->factor, (int)s->n));
    mi_json_add_string(j, "suv_path", s->path);
    if (!isnan(s->decayed_dose_bq))
        mi_json_add_number(j, "decayed_dose_bq", s->decayed_dose_bq);
    if (!isnan(s->body) && o->suv - 1 == MI_SUV_BSA)
        mi_json_add_number(j, "bsa_cm2", s->body);
    else if (!isnan(s->body) && o->suv - 1 >= MI_SUV_LBM && o->suv - 1 <= MI_SUV_LBM_JANMA)
        mi_json_add_number(j, "lean_body_mass_g", s->body);
    mi_json_add_string(j, "unit", s->unit);
    return j;
}

extern const mi_operation mi_op_suv;
const mi_operation mi_op_suv = { .name = "suv", .help = "PET to standardised uptake values",
                                 .on_values = true, .asked = asked, .begin = begin, .slice = slice,
                                 .step = step, .end = clear };
