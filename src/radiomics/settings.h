/* The IBSI processing chain and the features' own parameters, as one plain struct; the table
   says what a user calls them. */
#ifndef MI_RADIOMICS_SETTINGS_H
#define MI_RADIOMICS_SETTINGS_H
#include "base/error.h"
#include "base/param.h"
#include "image/interpolate.h"

/* Grey levels that a region may have at most: texture matrices grow with their square. */
#define MI_LEVELS_MAX 65536
/* Steps that an intensity-volume histogram may have at most. */
#define MI_IVH_LEVELS_MAX (1 << 24)

/* none; fixed bin number; fixed bin size */
typedef enum mi_binning { MI_BIN_NONE, MI_BIN_NUMBER, MI_BIN_WIDTH } mi_binning;
typedef enum mi_norm { MI_NORM_CHEBYSHEV, MI_NORM_MANHATTAN, MI_NORM_EUCLIDEAN } mi_norm;
/* none; 1/|m|; exp(-|m|^2), |m| in voxels by glcm_norm */
typedef enum mi_weighting { MI_WEIGHT_NONE, MI_WEIGHT_INVERSE, MI_WEIGHT_EXP } mi_weighting;

typedef struct mi_settings {
    mi_vec3 spacing;      /* new voxel size, mm; unset: original grid; an axis of 0 is kept */
    int interpolation;    /* mi_interp of the image */
    int mask_interpolation;
    double mask_threshold;/* inside when >= (after rounding the interpolated mask to 6 decimals) */
    bool round;           /* intensities to the nearest integer after interpolation */
    mi_range range;       /* re-segmentation, closed */
    double outliers;      /* keep mean +- this many sd; NaN or 0: off */
    int discretisation;   /* mi_binning for histogram and textures */
    long long bin_number;
    double bin_width;
    /* lower edge of bin 1 for fixed width; NaN: lower end of range when that is finite, else the
       region's minimum */
    double bin_start;
    int ivh_discretisation; /* mi_binning */
    long long ivh_bin_number;
    double ivh_bin_width;
    /* first and last intensity of the IVH; open ends: from the rule of the method */
    mi_range ivh_range;
    /* ids of section "Names of features": 2d_avg 2d_merge 25d_dir 25d_merge 3d_avg 3d_merge 2d
       25d 3d */
    mi_list aggregations;
    mi_list features;     /* patterns of keys; empty: all */
    /* >= 1; zones always link at Chebyshev 1 */
    long long glcm_distance, ngtdm_distance, ngldm_distance;
    int glcm_norm, ngtdm_norm, ngldm_norm; /* mi_norm */
    int glcm_weighting, glrlm_weighting;   /* mi_weighting */
    double ngldm_alpha;
    double peak_radius;   /* mm; sphere of local intensity features, 6.2035 = (3/(4 pi))^(1/3) cm */
} mi_settings;

extern const mi_param mi_settings_params[]; /* ends with a row whose name is NULL */

/* The defaults of the table, without any command line. Free with mi_settings_free. */
int mi_settings_default(mi_settings *s, mi_err *err);
void mi_settings_free(mi_settings *s); /* the lists; safe on a zeroed struct */

/* How a parameter came to its value, in rising order of precedence. */
typedef enum mi_origin {
    MI_FROM_DEFAULT,
    MI_FROM_PRESET,
    MI_FROM_CONFIG,
    MI_FROM_OPTION
} mi_origin;
typedef mi_origin (*mi_origin_of)(const void *ctx, const char *name);

/* Choices that follow from others: a bin width given where no discretisation was (at the same
   level of precedence or above) means fixed width, a bin number means fixed number; likewise for
   the intensity-volume histogram. Both at the same level without a discretisation is MI_E_USAGE.
   To be called once, after all values are set and before they are shown or used. */
int mi_settings_imply(mi_settings *s, mi_origin_of origin, const void *ctx, mi_err *err);

/* Check what no single row can check: MI_E_USAGE with the names of the options concerned. A
   discretisation that was never set (-1) becomes fixed width when a bin width is there, else
   fixed number. */
int mi_settings_settle(mi_settings *s, mi_err *err);

/* New voxel size for images on grid g; 0 for an axis that is kept (mi_grid_resample). One number
   stands for all axes, two for the first two. */
void mi_settings_spacing(const mi_settings *s, double out[3]);

#endif
