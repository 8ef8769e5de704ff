/* The parameters of the processing chain and of the features: one row each, defaults, and what
   follows from what. Terms are those of the IBSI reference manual, chapter 2. */
#include "radiomics/settings.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

static const char *const binning_names[] = { "none", "number", "width", NULL };
static const char *const norm_names[] = { "chebyshev", "manhattan", "euclidean", NULL };
static const char *const weighting_names[] = { "none", "inverse", "exponential", NULL };
static const char *const aggregation_names[] = { "2d_avg", "2d_merge", "25d_dir", "25d_merge",
                                                 "3d_avg", "3d_merge", "2d",      "25d",
                                                 "3d",     NULL };

#define AGGREGATIONS "3d_avg,3d_merge,3d"
/* Radius of a sphere of 1 cm3: 10 (3 / (4 pi))^(1/3) mm (IBSI 1 reference manual, 3.2.1). */
#define PEAK_RADIUS      6.203504908994001
#define PEAK_RADIUS_TEXT "6.203504908994001"

#define AT(field)      offsetof(mi_settings, field)
#define INTERPOLATION  MI_PF_CONFIG, "Interpolation"
#define RESEGMENTATION MI_PF_CONFIG, "Re-segmentation"
#define DISCRETISATION MI_PF_CONFIG, "Discretisation"
#define IVH            MI_PF_CONFIG | MI_PF_FULL, "Intensity-volume histogram"
#define TEXTURE        MI_PF_CONFIG | MI_PF_FULL, "Texture"
#define FEATURES       MI_PF_CONFIG, "Features"

const mi_param mi_settings_params[] = {
    { "spacing", 's', MI_P_VEC3, AT(spacing), "mm", "MM", NULL, 0, 0, NULL, INTERPOLATION,
      "interpolate to this voxel size; two numbers: in plane only; an axis of 0 is kept" },
    { "interpolation", 0, MI_P_CHOICE, AT(interpolation), NULL, "HOW", "linear", 0, 0,
      mi_interp_names, MI_PF_FULL | INTERPOLATION,
      "interpolation of the image (cubic: B-spline with prefilter)" },
    { "mask-interpolation", 0, MI_P_CHOICE, AT(mask_interpolation), NULL, "HOW", "linear", 0, 0,
      mi_interp_names, MI_PF_FULL | INTERPOLATION, "interpolation of the mask" },
    { "mask-threshold", 0, MI_P_DOUBLE, AT(mask_threshold), NULL, "X", "0.5", 0, 1, NULL,
      MI_PF_FULL | INTERPOLATION, "interpolated mask values from here on are inside" },
    { "round", 0, MI_P_BOOL, AT(round), NULL, NULL, NULL, 0, 0, NULL, INTERPOLATION,
      "round intensities to whole numbers after interpolation (CT)" },

    { "range", 'r', MI_P_RANGE, AT(range), NULL, "LO:HI", NULL, 0, 0, NULL, RESEGMENTATION,
      "only intensities within this closed range enter the intensity mask" },
    { "outliers", 0, MI_P_DOUBLE, AT(outliers), NULL, "N", NULL, 0, 1e6, NULL,
      MI_PF_FULL | RESEGMENTATION,
      "leave out what lies more than N standard deviations from the mean (0: off)" },

    { "discretisation", 0, MI_P_CHOICE, AT(discretisation), NULL, "HOW", "number", 0, 0,
      binning_names, DISCRETISATION,
      "grey levels: fixed bin number, fixed bin size (width), or none for whole numbers >= 1" },
    { "bin-number", 0, MI_P_INT, AT(bin_number), NULL, "N", "32", 1, MI_LEVELS_MAX, NULL,
      DISCRETISATION, "number of bins; alone it means --discretisation number" },
    { "bin-width", 'w', MI_P_DOUBLE, AT(bin_width), NULL, "X", NULL, 0, 0, NULL, DISCRETISATION,
      "width of a bin; alone it means --discretisation width" },
    { "bin-start", 0, MI_P_DOUBLE, AT(bin_start), NULL, "X", NULL, 0, 0, NULL,
      MI_PF_FULL | DISCRETISATION,
      "lower edge of the first bin of fixed width (else: of the range, else the minimum)" },

    { "ivh-discretisation", 0, MI_P_CHOICE, AT(ivh_discretisation), NULL, "HOW", "number", 0, 0,
      binning_names, IVH, "as for grey levels; none: intensities as they are, in steps of 1" },
    { "ivh-bin-number", 0, MI_P_INT, AT(ivh_bin_number), NULL, "N", "1000", 1, MI_IVH_LEVELS_MAX,
      NULL, IVH, "number of bins; alone it means --ivh-discretisation number" },
    { "ivh-bin-width", 0, MI_P_DOUBLE, AT(ivh_bin_width), NULL, "X", NULL, 0, 0, NULL, IVH,
      "width of a bin; alone it means --ivh-discretisation width" },
    { "ivh-range", 0, MI_P_RANGE, AT(ivh_range), NULL, "LO:HI", NULL, 0, 0, NULL, IVH,
      "first and last level (width: bin centres; number: bin numbers)" },

    { "glcm-distance", 0, MI_P_INT, AT(glcm_distance), "voxel", "N", "1", 1, 1000, NULL, TEXTURE,
      "GLCM: distance between neighbours" },
    { "glcm-norm", 0, MI_P_CHOICE, AT(glcm_norm), NULL, "NORM", "chebyshev", 0, 0, norm_names,
      TEXTURE, "GLCM: norm of that distance" },
    { "glcm-weighting", 0, MI_P_CHOICE, AT(glcm_weighting), NULL, "HOW", "none", 0, 0,
      weighting_names, TEXTURE, "GLCM: weight of a direction by its length" },
    { "glrlm-weighting", 0, MI_P_CHOICE, AT(glrlm_weighting), NULL, "HOW", "none", 0, 0,
      weighting_names, TEXTURE, "GLRLM: weight of a direction by its length" },
    { "ngtdm-distance", 0, MI_P_INT, AT(ngtdm_distance), "voxel", "N", "1", 1, 1000, NULL, TEXTURE,
      "NGTDM: reach of the neighbourhood" },
    { "ngtdm-norm", 0, MI_P_CHOICE, AT(ngtdm_norm), NULL, "NORM", "chebyshev", 0, 0, norm_names,
      TEXTURE, "NGTDM: norm of that distance" },
    { "ngldm-distance", 0, MI_P_INT, AT(ngldm_distance), "voxel", "N", "1", 1, 1000, NULL, TEXTURE,
      "NGLDM: reach of the neighbourhood" },
    { "ngldm-norm", 0, MI_P_CHOICE, AT(ngldm_norm), NULL, "NORM", "chebyshev", 0, 0, norm_names,
      TEXTURE, "NGLDM: norm of that distance" },
    { "ngldm-alpha", 0, MI_P_DOUBLE, AT(ngldm_alpha), NULL, "X", "0", 0, MI_LEVELS_MAX, NULL,
      TEXTURE, "NGLDM: grey levels count as dependent up to this difference (coarseness)" },

    { "features", 0, MI_P_LIST, AT(features), NULL, "PATTERN", NULL, 0, 0, NULL,
      MI_PF_REPEAT | FEATURES, "only features whose key fits, such as stat or 'glcm.*.joint_*'" },
    { "aggregations", 0, MI_P_LIST, AT(aggregations), NULL, "LIST", AGGREGATIONS, 0, 0,
      aggregation_names, FEATURES,
      "how textures are averaged or merged over directions and slices" },
    { "peak-radius", 0, MI_P_DOUBLE, AT(peak_radius), "mm", "MM", PEAK_RADIUS_TEXT, 0, 1000, NULL,
      MI_PF_FULL | FEATURES, "radius of the sphere of local intensity features (default: 1 cm3)" },
    { .name = NULL }
};

static int add_word(mi_list *l, const char *s, size_t n, mi_err *err)
{
    char **more = mi_regrow(l->item, (size_t)l->n + 1, sizeof *more, err);
    char *word = more ? mi_array(n + 1, 1, err) : NULL;
    if (more)
        l->item = more;
    if (!word)
        return -1;
    memcpy(word, s, n);
    word[n] = '\0';
    l->item[l->n++] = word;
    return 0;
}

int mi_settings_default(mi_settings *s, mi_err *err)
{
    *s = (mi_settings) {
        .interpolation = MI_INTERP_LINEAR,
        .mask_interpolation = MI_INTERP_LINEAR,
        .mask_threshold = 0.5,
        .range = { -INFINITY, INFINITY },
        .outliers = NAN,
        .discretisation = MI_BIN_NUMBER,
        .bin_number = 32,
        .bin_width = NAN,
        .bin_start = NAN,
        .ivh_discretisation = MI_BIN_NUMBER,
        .ivh_bin_number = 1000,
        .ivh_bin_width = NAN,
        .ivh_range = { -INFINITY, INFINITY },
        .glcm_distance = 1,
        .ngtdm_distance = 1,
        .ngldm_distance = 1,
        .peak_radius = PEAK_RADIUS,
    };
    for (const char *p = AGGREGATIONS; *p;) {
        size_t n = strcspn(p, ",");
        if (add_word(&s->aggregations, p, n, err) != 0) {
            mi_settings_free(s);
            return -1;
        }
        p += n + (p[n] == ',');
    }
    return 0;
}

static void free_list(mi_list *l)
{
    for (int i = 0; i < l->n; i++)
        free(l->item[i]);
    free(l->item);
    *l = (mi_list) { NULL, 0 };
}

void mi_settings_free(mi_settings *s)
{
    free_list(&s->aggregations);
    free_list(&s->features);
}

void mi_settings_spacing(const mi_settings *s, double out[3])
{
    for (int d = 0; d < 3; d++)
        out[d] = s->spacing.n == 1 ? s->spacing.v[0] : d < s->spacing.n ? s->spacing.v[d] : 0;
}

/* ---- what follows from what ---- */

/* One discretisation: the choice and the names of its three options. */
typedef struct binning_names_of {
    const char *method, *number, *width;
} binning_names_of;

static const binning_names_of texture_names = { "discretisation", "bin-number", "bin-width" };
static const binning_names_of ivh_names = { "ivh-discretisation", "ivh-bin-number",
                                            "ivh-bin-width" };

static int imply(int *method, double width, const binning_names_of *names, mi_origin_of origin,
                 const void *ctx, mi_err *err)
{
    mi_origin m = origin(ctx, names->method), n = origin(ctx, names->number);
    mi_origin w = isnan(width) ? MI_FROM_DEFAULT : origin(ctx, names->width);
    mi_origin top = n > w ? n : w;
    if (top <= m)
        return 0;
    if (n == w)
        return mi_fail(err, MI_E_USAGE, "leave one out", "--%s and --%s exclude each other",
                       names->number, names->width);
    *method = n > w ? MI_BIN_NUMBER : MI_BIN_WIDTH;
    return 0;
}

int mi_settings_imply(mi_settings *s, mi_origin_of origin, const void *ctx, mi_err *err)
{
    if (imply(&s->discretisation, s->bin_width, &texture_names, origin, ctx, err) != 0)
        return -1;
    return imply(&s->ivh_discretisation, s->ivh_bin_width, &ivh_names, origin, ctx, err);
}

/* ---- checks ---- */

static int check_spacing(const mi_settings *s, mi_err *err)
{
    bool any = s->spacing.n == 0;
    for (int d = 0; d < s->spacing.n && d < 3; d++) {
        if (!isfinite(s->spacing.v[d]) || s->spacing.v[d] < 0)
            return mi_fail(err, MI_E_USAGE, "give millimetres, such as 2 or 1,1,3; 0 keeps an axis",
                           "--spacing: %g is not a voxel size", s->spacing.v[d]);
        any = any || s->spacing.v[d] > 0;
    }
    return any ? 0
               : mi_fail(err, MI_E_USAGE, "leave --spacing out to keep the grid",
                         "--spacing: a voxel size of 0");
}

static int check_range(const mi_range *r, const char *name, mi_err *err)
{
    if (isnan(r->lo) || isnan(r->hi) || r->lo > r->hi || r->lo == INFINITY || r->hi == -INFINITY)
        return mi_fail(err, MI_E_USAGE, "write LO:HI with LO <= HI; either end may be left out",
                       "--%s: nothing lies between %g and %g", name, r->lo, r->hi);
    return 0;
}

static int check_binning(int *method, long long number, double width, double most,
                         const mi_range *range, const binning_names_of *names, mi_err *err)
{
    if (*method < 0)
        *method = isnan(width) ? MI_BIN_NUMBER : MI_BIN_WIDTH;
    if (*method == MI_BIN_NUMBER && (number < 1 || (double)number > most))
        return mi_fail(err, MI_E_USAGE, NULL, "--%s: %lld is not between 1 and %.0f", names->number,
                       number, most);
    if (*method != MI_BIN_WIDTH)
        return 0;
    if (isnan(width))
        return mi_fail(err, MI_E_USAGE, "say how wide a bin is, in the unit of the image",
                       "--%s width needs --%s", names->method, names->width);
    if (!(width > 0) || isinf(width))
        return mi_fail(err, MI_E_USAGE, NULL, "--%s: %g is not a width above 0", names->width,
                       width);
    if (isfinite(range->lo) && isfinite(range->hi) && (range->hi - range->lo) / width > most)
        return mi_fail(err, MI_E_USAGE, "give wider bins or a narrower range",
                       "--%s %g: more than %.0f bins between %g and %g", names->width, width, most,
                       range->lo, range->hi);
    return 0;
}

static int check_distance(long long distance, const char *name, mi_err *err)
{
    return distance >= 1 ? 0
                         : mi_fail(err, MI_E_USAGE, NULL, "--%s: %lld is below 1", name, distance);
}

static int check_numbers(const mi_settings *s, mi_err *err)
{
    if (!(s->mask_threshold > 0 && s->mask_threshold <= 1))
        return mi_fail(err, MI_E_USAGE, "0.5 keeps the volume of the region",
                       "--mask-threshold: %g is not above 0 and at most 1", s->mask_threshold);
    if (!isnan(s->outliers) && (s->outliers < 0 || isinf(s->outliers)))
        return mi_fail(err, MI_E_USAGE, NULL, "--outliers: %g standard deviations", s->outliers);
    if (!(s->peak_radius > 0) || isinf(s->peak_radius))
        return mi_fail(err, MI_E_USAGE, NULL, "--peak-radius: %g is not above 0", s->peak_radius);
    if (!(s->ngldm_alpha >= 0) || isinf(s->ngldm_alpha))
        return mi_fail(err, MI_E_USAGE, NULL, "--ngldm-alpha: %g is below 0", s->ngldm_alpha);
    if (isinf(s->bin_start))
        return mi_fail(err, MI_E_USAGE, NULL, "--bin-start: not a finite number");
    return 0;
}

int mi_settings_settle(mi_settings *s, mi_err *err)
{
    if (check_spacing(s, err) != 0 || check_range(&s->range, "range", err) != 0 ||
        check_range(&s->ivh_range, "ivh-range", err) != 0 || check_numbers(s, err) != 0)
        return -1;
    if (check_binning(&s->discretisation, s->bin_number, s->bin_width, MI_LEVELS_MAX, &s->range,
                      &texture_names, err) != 0 ||
        check_binning(&s->ivh_discretisation, s->ivh_bin_number, s->ivh_bin_width,
                      MI_IVH_LEVELS_MAX, &s->range, &ivh_names, err) != 0)
        return -1;
    if (check_distance(s->glcm_distance, "glcm-distance", err) != 0 ||
        check_distance(s->ngtdm_distance, "ngtdm-distance", err) != 0 ||
        check_distance(s->ngldm_distance, "ngldm-distance", err) != 0)
        return -1;
    return 0;
}
