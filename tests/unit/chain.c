#include "chain.h"
#include <check.h>
#include <math.h>
#include <string.h>

static mi_volume volume_of(void *data, mi_type type, const int64_t n[3], const double s[3])
{
    mi_volume v = MI_VOLUME_EMPTY;
    v.type = type;
    v.data = data;
    v.k1 = n[2];
    for (int d = 0; d < 3; d++) {
        v.grid.n[d] = n[d];
        v.grid.spacing[d] = s[d];
        v.grid.m[d][d] = s[d];
    }
    return v;
}

mi_volume image_of(double *value, int64_t nx, int64_t ny, int64_t nz, double sx, double sy,
                   double sz)
{
    return volume_of(value, MI_F64, (int64_t[]) { nx, ny, nz }, (double[]) { sx, sy, sz });
}

mi_volume mask_of(uint8_t *value, int64_t nx, int64_t ny, int64_t nz, double sx, double sy,
                  double sz)
{
    return volume_of(value, MI_U8, (int64_t[]) { nx, ny, nz }, (double[]) { sx, sy, sz });
}

mi_settings default_settings(void)
{
    mi_settings s;
    ck_assert_int_eq(mi_settings_default(&s, NULL), 0);
    return s;
}

static int build(const mi_volume *image, const mi_volume *mask, const mi_settings *s, mi_region *r,
                 mi_diagnostics *diag, mi_warnings *warn, mi_err *err)
{
    const int64_t label = 1;
    return mi_region_build(image, mask, &label, 1, s, diag != NULL, NULL, r, diag, warn, err);
}

mi_region region_of(const mi_volume *image, const mi_volume *mask, const mi_settings *s,
                    mi_diagnostics *diag, mi_warnings *warn)
{
    mi_region r = MI_REGION_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_msg(build(image, mask, s, &r, diag, warn, &err) == 0, "%s", err.message);
    return r;
}

mi_class region_error(const mi_volume *image, const mi_volume *mask, const mi_settings *s)
{
    mi_region r = MI_REGION_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    if (build(image, mask, s, &r, NULL, NULL, &err) == 0) {
        mi_region_free(&r);
        return MI_E_NONE;
    }
    ck_assert_ptr_null(r.morph);
    ck_assert_int_ne(err.message[0], '\0');
    return err.cls;
}

double feature(const mi_family *f, const mi_region *r, const mi_settings *s, const char *id)
{
    double value[64];
    const char *why[64];
    const bool want[1] = { true };
    mi_measured out = { value, why };
    ck_assert_int_eq(mi_family_measure(f, r, s, want, NULL, &out, NULL), 0);
    for (int i = 0; i < f->n_rows; i++) {
        if (strcmp(f->rows[i].id, id) != 0)
            continue;
        ck_assert_msg(isnan(value[i]) == (why[i] != NULL), "%s: value and reason", id);
        return value[i];
    }
    ck_abort_msg("%s has no row %s", f->id, id);
    return NAN;
}

bool warned(const mi_warnings *w, const char *code)
{
    for (int i = 0; i < w->n; i++)
        if (w->item[i].code && strcmp(w->item[i].code, code) == 0)
            return true;
    return false;
}

double random_unit(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}
