#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "preproc/operation.h"
#include "preproc/suv.h"

/* PET to SUV: a factor for every slice; the result is float32. */

static bool asked(const mi_preproc_opts *o) { return o->suv > 0; }

static int begin(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 bool *whole, mi_err *err)
{
    if (!in->pet)
        return mi_fail(err, MI_E_DATA, "read the DICOM series itself; NIfTI does not keep dose and times",
                       "SUV needs the header of a DICOM PET image");
    mi_suv *s = mi_array_zero(1, sizeof *s, err);
    if (!s)
        return -1;
    *state = s;
    *whole = false;
    if (mi_suv_factors(in->pet, (mi_suv_kind)(c->opts->suv - 1), c->opts->philips_activity_first, s,
                       c->warn, err) != 0) {
        free(s);
        *state = NULL;
        return -1;
    }
    out->type = MI_F32;
    out->slope = 1;
    out->inter = 0;
    return 0;
}

static int slice(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 void *dst, int64_t *to, mi_err *err)
{
    const mi_suv *s = state;
    int64_t n = mi_volume_slice_voxels(in);
    mi_volume one = MI_VOLUME_EMPTY; /* borrows src */
    (void)out;
    *to = k;
    one.grid = in->grid;
    one.grid.n[2] = one.k1 = 1;
    one.type = in->type;
    one.slope = in->slope;
    one.inter = in->inter;
    one.data = (void *)src;
    const mi_box b = { { 0, 0, 0 }, { in->grid.n[0], in->grid.n[1], 1 } };
    double *x = mi_array((size_t)n, sizeof *x, err), factor = s->factor[k];
    int rc = x ? mi_volume_load(&one, &b, x, err) : -1;
    for (int64_t i = 0; rc == 0 && i < n; i++)
        ((float *)dst)[i] = (float)(x[i] * factor);
    free(x);
    return rc;
}

/* Equal factors are told once. */
static cJSON *step(const mi_preproc_opts *o, const void *state)
{
    const mi_suv *s = state;
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
    mi_json_add_string(j, "unit", s->unit);
    return j;
}

static void end(void *state)
{
    if (state)
        mi_suv_free(state);
    free(state);
}

extern const mi_operation mi_op_suv;
const mi_operation mi_op_suv = { "suv", "PET to standardised uptake values", true, asked, begin, slice, NULL, step,
                                 end };
