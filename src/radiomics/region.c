/* The processing chain of one region (IBSI 1 reference manual, chapter 2): interpolation,
   rounding, re-segmentation, discretisation. */
#include "radiomics/region.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "image/labels.h"
#include "radiomics/catalogue.h"
#include "radiomics/steps.h"

void mi_region_free(mi_region *r)
{
    if (r->wide_value != r->value)
        free(r->wide_value);
    free(r->morph);
    free(r->inten);
    free(r->value);
    free(r->level);
    *r = (mi_region)MI_REGION_EMPTY;
}

/* ---- boxes ---- */

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}
static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void working_grid(const mi_grid *image, const mi_settings *s, mi_grid *out)
{
    double spacing[3];
    mi_settings_spacing(s, spacing);
    mi_grid_resample(image, spacing, out);
}

int mi_region_check_grid(const mi_grid *image, const mi_settings *s, mi_err *err)
{
    const int64_t most = 1 << 20; /* three such axes have voxels that can be counted */
    mi_grid to;
    working_grid(image, s, &to);
    for (int d = 0; d < 3; d++)
        if (to.n[d] > most && to.n[d] != image->n[d])
            return mi_fail(err, MI_E_USAGE, "give larger voxels by --spacing",
                           "a voxel size of %g mm makes %.3g voxels along axis %d; at most %lld "
                           "are taken",
                           to.spacing[d], (double)to.n[d], d + 1, (long long)most);
    return 0;
}

/* Are features asked for that look beyond the region? */
static bool wants_wide(const mi_settings *s)
{
    for (int r = 0; r < mi_family_peak.n_rows; r++) {
        mi_key k = { .family = &mi_family_peak, .row = r };
        snprintf(k.text, sizeof k.text, "%s.%s", mi_family_peak.id, mi_family_peak.rows[r].id);
        if (mi_key_wanted(&k, &s->features, &s->aggregations))
            return true;
    }
    return false;
}

static void widen(const mi_grid *g, const mi_box *box, const mi_settings *s, mi_box *out)
{
    for (int d = 0; d < 3; d++) {
        double voxels = floor(s->peak_radius / g->spacing[d] + 1e-9);
        int64_t margin = voxels < (double)g->n[d] ? (int64_t)voxels : g->n[d];
        out->lo[d] = max64(box->lo[d] - margin, 0);
        out->hi[d] = min64(box->hi[d] + margin, g->n[d]);
    }
}

void mi_region_support(const mi_grid *image, const mi_box *mask_box, const mi_settings *s,
                       mi_box *support)
{
    mi_grid to;
    mi_box box;
    working_grid(image, s, &to);
    mi_mask_reach(image, &to, mask_box, s, &box);
    if (wants_wide(s))
        widen(&to, &box, s, &box);
    mi_resample_support(image, &to, (mi_interp)s->interpolation, &box, support);
    for (int d = 0; d < 3; d++) { /* the region itself, for the figures before interpolation */
        support->lo[d] = min64(support->lo[d], mask_box->lo[d]);
        support->hi[d] = max64(support->hi[d], mask_box->hi[d]);
    }
}

/* ---- intensities ---- */

/* Values over the box, or over the wide box and from there over the box. */
static int make_values(mi_region *r, const mi_volume *image, const mi_settings *s, mi_pool *pool,
                       mi_err *err)
{
    bool wide = wants_wide(s);
    r->wide = r->box;
    r->value = mi_array((size_t)mi_box_voxels(&r->box), sizeof *r->value, err);
    if (!r->value)
        return -1;
    if (wide)
        widen(&r->grid, &r->box, s, &r->wide);
    if (memcmp(&r->wide, &r->box, sizeof r->box) == 0) {
        r->wide_value = wide ? r->value : NULL;
        return mi_working_values(image, &r->grid, &r->box, s, r->value, pool, err);
    }
    r->wide_value = mi_array((size_t)mi_box_voxels(&r->wide), sizeof *r->wide_value, err);
    if (!r->wide_value ||
        mi_working_values(image, &r->grid, &r->wide, s, r->wide_value, pool, err) != 0)
        return -1;
    int64_t w0 = r->wide.hi[0] - r->wide.lo[0], w1 = r->wide.hi[1] - r->wide.lo[1];
    const double *corner =
        r->wide_value + (r->box.lo[0] - r->wide.lo[0]) +
        w0 * (r->box.lo[1] - r->wide.lo[1] + w1 * (r->box.lo[2] - r->wide.lo[2]));
    for (int64_t k = 0; k < r->n[2]; k++)
        for (int64_t j = 0; j < r->n[1]; j++)
            memcpy(r->value + (k * r->n[1] + j) * r->n[0], corner + (k * w1 + j) * w0,
                   (size_t)r->n[0] * sizeof *r->value);
    return 0;
}

/* Mean -+ n sd of the finite values of the morphological mask, population sd (IBSI 2.6, outlier
   filtering). */
static mi_range outlier_interval(const mi_region *r, double n_sd)
{
    int64_t n = r->n[0] * r->n[1] * r->n[2];
    mi_facts f = MI_FACTS_EMPTY;
    mi_facts_add(&f, r->value, r->morph, n);
    double mean = mi_facts_mean(&f);
    mi_sum square = { 0, 0 };
    for (int64_t i = 0; i < n; i++)
        if (r->morph[i] && isfinite(r->value[i]))
            mi_sum_add(&square, (r->value[i] - mean) * (r->value[i] - mean));
    double sd = sqrt(mi_sum_value(&square) / (double)f.finite);
    return (mi_range) { mean - n_sd * sd, mean + n_sd * sd };
}

/* The intensity mask: finite values within the range and not outliers, both intervals closed
   (IBSI 2.6). */
static int make_inten(mi_region *r, const mi_settings *s, mi_warnings *warn, mi_err *err)
{
    int64_t n = r->n[0] * r->n[1] * r->n[2];
    r->inten = mi_array_zero((size_t)n, 1, err);
    if (!r->inten)
        return -1;
    mi_range keep = { -INFINITY, INFINITY };
    if (s->outliers > 0)
        keep = outlier_interval(r, s->outliers);
    r->n_inten = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = r->value[i];
        bool in = r->morph[i] && isfinite(x) && x >= s->range.lo && x <= s->range.hi &&
                  !(x < keep.lo) && !(x > keep.hi);
        r->inten[i] = in;
        r->n_inten += in;
    }
    if (r->n_inten == 0 && warn)
        mi_warn(warn, "empty_intensity_mask",
                "no voxel is left in the intensity mask: only features of shape are defined");
    return 0;
}

/* ---- figures ---- */

static void stage_of(mi_stage *st, const char *name, const mi_region *r, const uint8_t *inten,
                     int64_t at_threshold)
{
    int64_t n = r->n[0] * r->n[1] * r->n[2];
    mi_facts f = MI_FACTS_EMPTY;
    mi_facts_add(&f, r->value, inten, n);
    *st = (mi_stage) { .name = name,
                       .grid = r->grid,
                       .morph_box = r->box,
                       .morph_voxels = r->n_morph,
                       .at_threshold = at_threshold };
    st->inten_voxels = mi_mask_box(inten, &r->box, &st->inten_box);
    st->mean = mi_facts_mean(&f);
    st->min = f.finite ? f.min : NAN;
    st->max = f.finite ? f.max : NAN;
}

/* Padding counts apart from other values that are not there. */
static void note_padding(const mi_volume *image, double *value, const uint8_t *in, int64_t n,
                         mi_facts *f)
{
    mi_range padding = mi_volume_padding(image);
    for (int64_t i = 0; image->meta.has_padding && i < n; i++)
        if (in[i] && value[i] >= padding.lo && value[i] <= padding.hi) {
            value[i] = NAN;
            f->padding++;
        }
}

/* The region before any processing: the values at hand, or slice by slice those that went into
   them. */
static int initial_facts(const mi_volume *image, const mi_source_mask *m, const mi_settings *s,
                         const mi_region *r, mi_facts *f, mi_err *err)
{
    if (!s->round && !image->meta.has_padding && !mi_grid_changes(&image->grid, &r->grid)) {
        mi_facts_add(f, r->value, r->morph, r->n[0] * r->n[1] * r->n[2]);
        return 0;
    }
    mi_box b = m->box;
    b.hi[2] = b.lo[2] + 1;
    int64_t n = mi_box_voxels(&b);
    double *value = mi_array((size_t)n, sizeof *value, err);
    uint8_t *in = mi_array((size_t)n, 1, err);
    int rc = value && in ? 0 : -1;
    for (; rc == 0 && b.lo[2] < m->box.hi[2]; b.lo[2]++, b.hi[2]++) {
        rc = mi_labels_select(m->mask, m->labels, m->n_labels, &b, in, err);
        if (rc == 0)
            rc = mi_volume_load(image, &b, value, err);
        if (rc == 0)
            note_padding(image, value, in, n, f);
        if (rc == 0)
            mi_facts_add(f, value, in, n);
    }
    free(value);
    free(in);
    return rc;
}

static void initial_stage(mi_stage *st, const mi_volume *image, const mi_source_mask *m,
                          const mi_facts *f)
{
    *st = (mi_stage) { .name = "initial",
                       .grid = image->grid,
                       .morph_box = m->box,
                       .inten_box = m->box,
                       .morph_voxels = m->voxels,
                       .inten_voxels = m->voxels };
    st->mean = mi_facts_mean(f);
    st->min = f->finite ? f->min : NAN;
    st->max = f->finite ? f->max : NAN;
}

/* Values that are no whole numbers make little sense of an IVH in steps of one. */
static void warn_steps(const mi_region *r, const mi_settings *s, mi_warnings *warn)
{
    mi_facts f = MI_FACTS_EMPTY;
    if (!warn || s->ivh_discretisation != MI_BIN_NONE)
        return;
    mi_facts_add(&f, r->value, r->inten, r->n[0] * r->n[1] * r->n[2]);
    if (!f.whole)
        mi_warn(warn, "ivh_unit_steps",
                "the intensity-volume histogram runs in steps of 1 over intensities that are not "
                "whole numbers: choose --ivh-bin-width or --ivh-bin-number");
}

/* ---- the chain ---- */

/* Of the whole image before and after interpolation, which may have left it as it was. */
static int image_figures(mi_diagnostics *diag, const mi_volume *image, const mi_grid *to,
                         const mi_settings *s, mi_pool *pool, mi_err *err)
{
    mi_stage *before = &diag->stage[0], *after = &diag->stage[1];
    if (mi_stage_image(before, image, &image->grid, s, false, pool, err) != 0)
        return -1;
    if (s->round || mi_grid_changes(&image->grid, to))
        return mi_stage_image(after, image, to, s, true, pool, err);
    after->has_image = before->has_image;
    after->image_mean = before->image_mean;
    after->image_min = before->image_min;
    after->image_max = before->image_max;
    return 0;
}

static int run_chain(mi_region *r, const mi_volume *image, mi_source_mask *m, const mi_settings *s,
                     bool figures, mi_pool *pool, mi_diagnostics *diag, mi_warnings *warn,
                     mi_err *err)
{
    mi_facts initial = MI_FACTS_EMPTY;
    int64_t at_threshold = 0;
    working_grid(&image->grid, s, &r->grid);
    if (mi_region_morph(r, m, s, &at_threshold, pool, err) != 0 ||
        make_values(r, image, s, pool, err) != 0 ||
        initial_facts(image, m, s, r, &initial, err) != 0 || make_inten(r, s, warn, err) != 0)
        return -1;
    mi_warn_region(image, &m->box, &initial, r->n_morph, warn);
    warn_steps(r, s, warn);
    if (diag) {
        initial_stage(&diag->stage[0], image, m, &initial);
        stage_of(&diag->stage[1], "interpolated", r, r->morph, at_threshold);
        stage_of(&diag->stage[2], "re-segmented", r, r->inten, 0);
        diag->n = 3;
    }
    if (diag && figures && image_figures(diag, image, &r->grid, s, pool, err) != 0)
        return -1;
    return mi_region_discretise(r, s, diag, warn, err);
}

int mi_region_build(const mi_volume *image, const mi_volume *mask, const int64_t *labels,
                    int n_labels, const mi_settings *s, bool whole_image_figures, mi_pool *pool,
                    mi_region *out, mi_diagnostics *diag, mi_warnings *warn, mi_err *err)
{
    mi_box all = { { 0, 0, mask->k0 }, { mask->grid.n[0], mask->grid.n[1], mask->k1 } };
    return mi_region_build_in(image, mask, labels, n_labels, &all, s, whole_image_figures, pool,
                              out, diag, warn, err);
}

int mi_region_build_in(const mi_volume *image, const mi_volume *mask, const int64_t *labels,
                       int n_labels, const mi_box *within, const mi_settings *s,
                       bool whole_image_figures, mi_pool *pool, mi_region *out,
                       mi_diagnostics *diag, mi_warnings *warn, mi_err *err)
{
    mi_region r = MI_REGION_EMPTY;
    mi_source_mask m = { .mask = mask, .labels = labels, .n_labels = n_labels };
    if (diag)
        *diag = (mi_diagnostics) { .n = 0 };
    int rc = 0;
    for (int d = 0; d < 3; d++)
        if (image->grid.n[d] != mask->grid.n[d])
            rc = mi_fail(err, MI_E_INTERNAL, NULL, "image and mask differ in size");
    if (rc == 0)
        rc = mi_source_mask_find(&m, within, err);
    if (rc == 0)
        rc = run_chain(&r, image, &m, s, whole_image_figures, pool, diag, warn, err);
    if (rc != 0) {
        mi_region_free(&r);
        return -1;
    }
    *out = r;
    return 0;
}
