/* Figures along the processing chain, and the warnings that follow from them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/round.h"
#include "radiomics/steps.h"

/* Where CT ends: below LOW only fill and padding values lie (-2000, -2048, -3024, -32768 ...),
   above HIGH tissue and air (air is -1000, the scale begins at -1024). */
#define CT_LOW  (-1500.0)
#define CT_HIGH (-1100.0)

/* Values that are summed plainly before the sum that keeps what rounding loses. */
#define RUN 64

/* Up to RUN values, in local variables: in[] could be anything for all that the compiler knows. */
static void add_run(mi_facts *f, const double *value, const uint8_t *in, int64_t n)
{
    int64_t voxels = 0, finite = 0, low = 0, between = 0, fractions = 0, at_min = f->at_min;
    double sum = 0, min = f->min, max = f->max;
    for (int64_t i = 0; i < n; i++) {
        double x = value[i];
        if (in && !in[i])
            continue;
        voxels++;
        if (!isfinite(x))
            continue;
        finite++;
        sum += x;
        at_min = x < min ? 1 : at_min + (x == min);
        min = x < min ? x : min;
        max = x > max ? x : max;
        low += x <= CT_LOW;
        between += x > CT_LOW && x < CT_HIGH;
        fractions += !mi_is_whole(x);
    }
    f->voxels += voxels;
    f->finite += finite;
    f->low += low;
    f->between += between;
    f->at_min = at_min;
    f->whole = f->whole && fractions == 0;
    f->min = min;
    f->max = max;
    mi_sum_add(&f->sum, sum);
}

void mi_facts_add(mi_facts *f, const double *value, const uint8_t *in, int64_t n)
{
    for (int64_t i = 0; i < n; i += RUN)
        add_run(f, value + i, in ? in + i : NULL, n - i < RUN ? n - i : RUN);
}

double mi_facts_mean(const mi_facts *f)
{
    return f->finite ? mi_sum_value(&f->sum) / (double)f->finite : NAN;
}

static bool touches_border(const mi_grid *g, const mi_box *b)
{
    for (int d = 0; d < 3; d++)
        if (g->n[d] > 1 && (b->lo[d] <= 0 || b->hi[d] >= g->n[d]))
            return true;
    return false;
}

/* Values that stand for "nothing here" inside a region. The rule: some voxels lie at or below
   -1500, at most a twentieth as many (edges that were interpolated) between there and -1100, and a
   tenth of them at least is the lowest value itself (all of them when there is nothing else), for
   fill is one value or a few; and nothing says that this is not CT. The lowest 16-bit value counts
   in any image. */
static void warn_fill(const mi_volume *image, const mi_facts *f, mi_warnings *warn)
{
    const char *modality = image->meta.modality;
    bool ct = !modality || strcmp(modality, "CT") == 0;
    bool few = f->low < f->finite ? 10 * f->at_min >= f->low : f->at_min == f->low;
    bool gap = f->low > 0 && 20 * f->between <= f->low && few;
    if (gap && (ct || f->min == -32768))
        mi_warn(warn, "fill_values",
                "%lld voxels of the region are fill or padding values (down to %g): leave them out "
                "with --range",
                (long long)f->low, f->min);
}

/* An unsigned 16-bit image stored as signed: values at both far ends of the type. */
static void warn_overflow(const mi_volume *image, const mi_facts *f, mi_warnings *warn)
{
    double lo = (f->min - image->inter) / image->slope, hi = (f->max - image->inter) / image->slope;
    if (lo > hi) {
        double t = lo;
        lo = hi;
        hi = t;
    }
    if (image->type == MI_I16 && lo < -16384 && hi > 16384)
        mi_warn(warn, "signed_overflow",
                "intensities from %g to %g fill the signed 16-bit range: values above 32767 may "
                "have become negative",
                f->min, f->max);
}

void mi_warn_region(const mi_volume *image, const mi_box *mask_box, const mi_facts *f,
                    int64_t n_morph, mi_warnings *warn)
{
    if (!warn)
        return;
    if (n_morph < 64)
        mi_warn(warn, "small_region", "only %lld voxel%s: few features are stable",
                (long long)n_morph, n_morph == 1 ? "" : "s");
    if (touches_border(&image->grid, mask_box))
        mi_warn(warn, "touches_border",
                "the region touches the border of the image: it may be cut off");
    if (f->finite + f->padding < f->voxels)
        mi_warn(warn, "non_finite",
                "%lld of %lld voxels of the region are NaN or infinite and left out",
                (long long)(f->voxels - f->finite - f->padding), (long long)f->voxels);
    if (f->padding)
        mi_warn(warn, "padding_in_region",
                "%lld of %lld voxels of the region hold the padding value of the image and are "
                "left out",
                (long long)f->padding, (long long)f->voxels);
    if (f->finite == 0)
        return;
    warn_fill(image, f, warn);
    warn_overflow(image, f, warn);
}

/* ---- figures of whole images ---- */

/* Slices taken at once: the tail of the cubic prefilter is worked out anew for each such slab. */
#define SLAB 64

int mi_stage_image(mi_stage *st, const mi_volume *image, const mi_grid *to, const mi_settings *s,
                   bool processed, mi_pool *pool, mi_err *err)
{
    if (image->k0 != 0 || image->k1 != image->grid.n[2])
        return 0;
    mi_facts f = MI_FACTS_EMPTY;
    int64_t slice = to->n[0] * to->n[1];
    double *value = mi_array((size_t)slice, SLAB * sizeof *value, err);
    int rc = value ? 0 : -1;
    for (int64_t k = 0; rc == 0 && k < to->n[2]; k += SLAB) {
        int64_t end = k + SLAB < to->n[2] ? k + SLAB : to->n[2];
        mi_box b = { { 0, 0, k }, { to->n[0], to->n[1], end } };
        rc = processed ? mi_working_values(image, to, &b, s, value, pool, err)
                       : mi_volume_load(image, &b, value, err);
        if (rc == 0)
            mi_facts_add(&f, value, NULL, (end - k) * slice);
    }
    free(value);
    if (rc != 0)
        return -1;
    st->has_image = true;
    st->image_mean = mi_facts_mean(&f);
    st->image_min = f.finite ? f.min : NAN;
    st->image_max = f.finite ? f.max : NAN;
    return 0;
}
