/* Intensity-volume histogram (P88C): IBSI 1 reference manual, 3.5, with a discretisation of its
   own. The share of voxels that have at least the intensity of each of its equally spaced
   levels. */
#include <math.h>
#include <stdlib.h>
#include "base/memory.h"
#include "base/round.h"
#include "base/sum.h"
#include "radiomics/firstorder.h"
#include "radiomics/steps.h"

/* Level k (from 0) has intensity first + k step; the intensities of a region reach `reached`
   levels, counted for each voxel. */
typedef struct scale {
    mi_binning_rule rule;
    double first, step, last; /* last: of the intensity fraction */
    int64_t levels;
    double offset; /* number, width: bin of level 0 */
} scale;

typedef struct curve {
    const char *why;          /* NULL: all is defined */
    const char *why_fraction; /* NULL: intensity fractions are defined */
    double v10, v90, i10, i90, area;
} curve;

static double fraction_or(const curve *c, double x, const char **why)
{
    if (c->why)
        return mi_undefined(why, c->why);
    return c->why_fraction ? mi_undefined(why, c->why_fraction) : x;
}

static double volume_at_10(const void *s, const char **why)
{
    const curve *c = s;
    return fraction_or(c, c->v10, why);
}

static double volume_at_90(const void *s, const char **why)
{
    const curve *c = s;
    return fraction_or(c, c->v90, why);
}

static double intensity_at_10(const void *s, const char **why)
{
    const curve *c = s;
    return fraction_or(c, c->i10, why);
}

static double intensity_at_90(const void *s, const char **why)
{
    const curve *c = s;
    return fraction_or(c, c->i90, why);
}

static double volume_difference(const void *s, const char **why)
{
    const curve *c = s;
    return fraction_or(c, c->v10 - c->v90, why);
}

static double intensity_difference(const void *s, const char **why)
{
    const curve *c = s;
    return fraction_or(c, c->i10 - c->i90, why);
}

static double area(const void *s, const char **why)
{
    const curve *c = s;
    return c->why ? mi_undefined(why, c->why) : c->area;
}

#define S         "IBSI 1 reference manual, 3.5."
#define VOLUME    "share of voxels at or above the lowest level that has "
#define INTENSITY "lowest level that no more than "

static const mi_feature rows[] = {
    { "volume_fraction_at_10_intensity", "Volume fraction at 10% intensity", "BC2M", "1",
      VOLUME "10 % of the intensity range", "V10 = v(min(i: (i - first) / (last - first) >= 0.1))",
      S "1", NULL, volume_at_10 },
    { "volume_fraction_at_90_intensity", "Volume fraction at 90% intensity", "BC2M", "1",
      VOLUME "90 % of the intensity range", "V90 = v(min(i: (i - first) / (last - first) >= 0.9))",
      S "1", NULL, volume_at_90 },
    { "intensity_at_10_volume", "Intensity at 10% volume", "GBPN", "intensity",
      INTENSITY "10 % of the voxels reach; the level after the last when there is none",
      "I10 = min(i: v(i) <= 0.1)", S "2", NULL, intensity_at_10 },
    { "intensity_at_90_volume", "Intensity at 90% volume", "GBPN", "intensity",
      INTENSITY "90 % of the voxels reach; the level after the last when there is none",
      "I90 = min(i: v(i) <= 0.9)", S "2", NULL, intensity_at_90 },
    { "volume_fraction_difference", "Volume fraction difference between 10% and 90% intensity",
      "DDTU", "1", "volume fraction lost between 10 % and 90 % of the intensity range", "V10 - V90",
      S "3", NULL, volume_difference },
    { "intensity_difference", "Intensity difference between 10% and 90% volume", "CNV2",
      "intensity", "distance between the intensities at 10 % and 90 % of the volume", "I10 - I90",
      S "4", NULL, intensity_difference },
    { "area_under_curve", "Area under the IVH curve", "9CMM", "1",
      "area under the volume fraction over the intensity fraction; 0 when all voxels have one "
      "level",
      "trapezoidal sum of v(i) over (i - first) / (last - first)", S "5", NULL, area },
};

/* ---- the levels ---- */

/* Levels from first to last by step; a last one that falls short by rounding alone counts. */
static double count_levels(double first, double last, double step)
{
    return last < first ? 0 : floor((last - first) / step + 1e-6) + 1;
}

static double open_end(double given, double otherwise)
{
    return isfinite(given) ? given : otherwise;
}

/* None: intensities as they are, in steps of one, over the range of the histogram, else that of
   re-segmentation, else that of the region. */
static void scale_none(scale *c, const mi_settings *s, double min, double max)
{
    c->step = 1;
    c->first = open_end(s->ivh_range.lo, open_end(s->range.lo, min));
    c->last = open_end(s->ivh_range.hi, open_end(s->range.hi, max));
}

/* Number: the numbers of the bins, 1 to N. */
static void scale_number(scale *c, const mi_settings *s, double min, double max)
{
    c->rule.low = min;
    c->rule.high = max;
    c->rule.bins = (double)s->ivh_bin_number;
    c->step = 1;
    c->first = open_end(s->ivh_range.lo, 1);
    c->last = open_end(s->ivh_range.hi, max > min ? c->rule.bins : 1);
    c->offset = c->first;
}

/* Width: the centres of the bins, from the lower end of re-segmentation (else the minimum) to
   its upper end (else the maximum). A range of the histogram is that of the centres. */
static void scale_width(scale *c, const mi_settings *s, double min, double max)
{
    double w = c->step = c->rule.width = s->ivh_bin_width;
    double low = isfinite(s->ivh_range.lo) ? s->ivh_range.lo - w / 2 : open_end(s->range.lo, min);
    double bins =
        isfinite(s->range.hi) ? ceil((s->range.hi - low) / w - 1e-9) : floor((max - low) / w) + 1;
    c->rule.low = low;
    c->first = low + 0.5 * w;
    c->last = open_end(s->ivh_range.hi, low + (bins - 0.5) * w);
    c->offset = 1;
}

static void make_scale(scale *c, const mi_settings *s, double min, double max)
{
    *c = (scale) { .rule = { .method = (mi_binning)s->ivh_discretisation } };
    if (c->rule.method == MI_BIN_NUMBER)
        scale_number(c, s, min, max);
    else if (c->rule.method == MI_BIN_WIDTH)
        scale_width(c, s, min, max);
    else
        scale_none(c, s, min, max);
    double n = count_levels(c->first, c->last, c->step);
    c->levels = n <= MI_IVH_LEVELS_MAX ? (int64_t)n : -1;
}

/* How many levels, 0 to levels + 1, an intensity reaches. */
static int64_t reached(const scale *c, double x)
{
    double k = c->rule.method == MI_BIN_NONE
                   ? mi_floor(x - c->first) + 1
                   : mi_floor(mi_binning_level(&c->rule, x) - c->offset) + 1;
    return k < 0 ? 0 : k > (double)(c->levels + 1) ? c->levels + 1 : (int64_t)k;
}

static double intensity(const scale *c, int64_t k)
{
    return c->rule.method == MI_BIN_WIDTH ? c->rule.low + ((double)k + 0.5) * c->step
                                          : c->first + (double)k * c->step;
}

static double fraction(const scale *c, int64_t k)
{
    return (intensity(c, k) - c->first) / (c->last - c->first);
}

/* ---- the curve ---- */

/* volume[k], k = 0..levels: share of voxels at or above level k. */
static double volume_at(const scale *c, const double *volume, double at)
{
    int64_t k = 0;
    while (k < c->levels && !(fraction(c, k) >= at))
        k++;
    return volume[k];
}

static double intensity_where(const scale *c, const double *volume, double share)
{
    int64_t k = 0;
    while (k < c->levels && !(volume[k] <= share))
        k++;
    return intensity(c, k);
}

static double area_under(const scale *c, const double *volume)
{
    mi_sum a = { 0, 0 };
    for (int64_t k = 0; k + 1 < c->levels; k++)
        mi_sum_add(&a, (fraction(c, k + 1) - fraction(c, k)) * (volume[k] + volume[k + 1]) / 2);
    return mi_sum_value(&a);
}

/* count[k]: voxels of the intensity mask that reach just k levels. */
static void count_reached(const mi_region *r, const scale *at, int64_t *count)
{
    const scale c = *at;
    const int64_t n = r->n[0] * r->n[1] * r->n[2];
    for (int64_t i = 0; i < n; i++)
        if (r->inten[i])
            count[reached(&c, r->value[i])]++;
}

static int fill_curve(curve *out, const scale *c, const mi_region *r, bool flat, mi_err *err)
{
    int64_t *count = mi_array_zero((size_t)c->levels + 2, sizeof *count, err);
    double *volume = mi_array((size_t)c->levels + 1, sizeof *volume, err);
    if (count && volume) {
        count_reached(r, c, count);
        int64_t above = 0;
        for (int64_t k = c->levels; k >= 0; k--) {
            above += count[k + 1];
            volume[k] = (double)above / (double)r->n_inten;
        }
        out->v10 = volume_at(c, volume, 0.1);
        out->v90 = volume_at(c, volume, 0.9);
        out->i10 = intensity_where(c, volume, 0.1);
        out->i90 = intensity_where(c, volume, 0.9);
        out->area = flat ? 0 : area_under(c, volume);
    }
    int rc = count && volume ? 0 : -1;
    free(count);
    free(volume);
    return rc;
}

static int make_curve(curve *out, const mi_region *r, const mi_settings *s, mi_err *err)
{
    double min = INFINITY, max = -INFINITY;
    for (int64_t i = 0; i < r->n[0] * r->n[1] * r->n[2]; i++) {
        if (!r->inten[i])
            continue;
        min = r->value[i] < min ? r->value[i] : min;
        max = r->value[i] > max ? r->value[i] : max;
    }
    scale c;
    make_scale(&c, s, min, max);
    *out = (curve) { .why = NULL };
    if (c.levels < 0)
        out->why = "the intensity-volume histogram would have more than 16777216 levels";
    else if (c.levels == 0)
        out->why = "the range of the intensity-volume histogram holds no level";
    else if (c.levels == 1 || !(c.last > c.first))
        out->why_fraction = "the intensity-volume histogram has one level only";
    return out->why ? 0 : fill_curve(out, &c, r, !(max > min), err);
}

static int measure(const mi_region *r, const mi_settings *s, const bool *want, mi_pool *pool,
                   mi_measured *out, mi_err *err)
{
    curve c = { .why = mi_why_no_voxel };
    if (!want[0])
        return 0;
    if (r->n_inten > 0 && make_curve(&c, r, s, err) != 0)
        return -1;
    mi_measure_rows(&mi_family_ivh, &c, out);
    return 0;
}

const mi_family mi_family_ivh = {
    .id = "ivh",
    .name = "intensity-volume histogram",
    .title = "intensity-volume histogram",
    .aggregations = mi_agg_none,
    .n_aggregations = 1,
    .rows = rows,
    .n_rows = MI_COUNT(rows),
    .measure = measure,
    .symbols =
        "v(i) share of the volume at level i or above; first and last the ends of the range of "
        "levels",
};
