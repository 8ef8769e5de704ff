/* Steps of mi_region_build, shared by the files that make a region. */
#ifndef MI_RADIOMICS_STEPS_H
#define MI_RADIOMICS_STEPS_H
#include "base/round.h"
#include "base/sum.h"
#include "radiomics/region.h"

/* Do two grids of one image differ, so that it has to be interpolated? */
bool mi_grid_changes(const mi_grid *from, const mi_grid *to);

/* The region on the grid of its mask. */
typedef struct mi_source_mask {
    const mi_volume *mask;
    const int64_t *labels;
    int n_labels;
    mi_box box;             /* tight, original grid */
    const mi_box *support;  /* what interpolation needs */
    int64_t voxels;
} mi_source_mask;

/* Fill in box and voxels, looking only within a box. MI_E_EMPTY when no voxel has one of the
   labels. */
int mi_source_mask_find(mi_source_mask *m, const mi_box *within, mi_err *err);
/* Box of the working grid outside which the interpolated mask is 0 when the mask lies in
   mask_box. */
void mi_mask_reach(const mi_grid *from, const mi_grid *to, const mi_box *mask_box,
                   const mi_settings *s, mi_box *out);
/* Morphological mask on r->grid with its tight box and what hangs on that. MI_E_EMPTY when
   interpolation leaves no voxel. */
int mi_region_morph(mi_region *r, mi_source_mask *m, const mi_settings *s, int64_t *at_threshold,
                    mi_pool *pool, mi_err *err);

/* A rule that gives the level of an intensity (IBSI 1 reference manual, 2.7). */
typedef struct mi_binning_rule {
    mi_binning method;
    /* number: minimum and maximum of the region; width: low is the lower edge of level 1 */
    double low, high;
    double bins, width;
} mi_binning_rule;

/* Level of x as a whole number (none: x itself), which the caller checks for range. The order of
   operations decides for values on an edge: floor(N (x - min) / (max - min)) + 1, the maximum in
   bin N; floor((x - low) / width) + 1. */
static inline double mi_binning_level(const mi_binning_rule *b, double x)
{
    if (b->method == MI_BIN_NUMBER) {
        if (!(b->high > b->low))
            return 1;
        double k = mi_floor(b->bins * (x - b->low) / (b->high - b->low)) + 1;
        return k > b->bins ? b->bins : k;
    }
    return b->method == MI_BIN_WIDTH ? mi_floor((x - b->low) / b->width) + 1 : x;
}

/* Grey levels of the intensity mask into r->level (all of the box), r->ng and the warnings about
   their number. Also counts the levels present, their lowest and highest, into diag (may be
   NULL). IBSI 1 reference manual, 2.7. */
int mi_region_discretise(mi_region *r, const mi_settings *s, mi_diagnostics *diag,
                         mi_warnings *warn, mi_err *err);

/* What lies in a mask: counted slice by slice with mi_facts_add, in order. */
typedef struct mi_facts {
    int64_t voxels, finite, padding; /* padding: among those that are not finite */
    double min, max;
    mi_sum sum; /* of the finite values */
    int64_t low, between;      /* values up to -1500, values above that and below -1100 */
    int64_t at_min;            /* values equal to the lowest */
    bool whole;                /* all finite values are whole numbers */
} mi_facts;
#define MI_FACTS_EMPTY { .min = INFINITY, .max = -INFINITY, .whole = true }
/* n values; in (may be NULL: all) marks those that count. */
void mi_facts_add(mi_facts *f, const double *value, const uint8_t *in, int64_t n);
double mi_facts_mean(const mi_facts *f); /* NaN when there is no finite value */

/* Warnings about a region of n_morph voxels after interpolation, f before any processing: size,
   border, non-finite voxels, fill values, overflow. */
void mi_warn_region(const mi_volume *image, const mi_box *mask_box, const mi_facts *f,
                    int64_t n_morph, mi_warnings *warn);

/* Whole-image figures of a stage, of the image as it is or interpolated (and rounded) on grid
   `to`. Nothing happens when the image is not held completely. */
int mi_stage_image(mi_stage *st, const mi_volume *image, const mi_grid *to, const mi_settings *s,
                   bool processed, mi_pool *pool, mi_err *err);

/* Intensities of grid `to` in box b: loaded or interpolated, then rounded when the settings ask
   for it. */
int mi_working_values(const mi_volume *image, const mi_grid *to, const mi_box *b,
                      const mi_settings *s, double *out, mi_pool *pool, mi_err *err);

/* Tight box around the ones of a dense mask over box b; empty (lo = hi) when there is none.
   Counts them too. */
int64_t mi_mask_box(const uint8_t *mask, const mi_box *b, mi_box *tight);

#endif
