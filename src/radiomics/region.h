/* The region of interest as the feature families see it: dense boxes, x fastest, on the working
   grid (after interpolation). */
#ifndef MI_RADIOMICS_REGION_H
#define MI_RADIOMICS_REGION_H
#include "base/pool.h"
#include "base/warnings.h"
#include "image/volume.h"
#include "radiomics/settings.h"

typedef struct mi_region {
    mi_grid grid;       /* working grid of the whole image */
    mi_box box;         /* tight around the morphological mask, in indices of `grid` */
    int64_t n[3];       /* size of box */
    double spacing[3];  /* mm */
    double voxel_volume;/* mm3 */
    uint8_t *morph;     /* 1 inside the morphological mask, else 0; n[0]*n[1]*n[2] */
    uint8_t *inten;     /* 1 inside the intensity mask, a subset of morph */
    /* intensities, everywhere in the box; may be NaN or Inf outside `inten`, never inside */
    double *value;
    int32_t *level;     /* grey level >= 1 inside the intensity mask, 0 outside */
    int64_t n_morph, n_inten; /* voxels of the two masks; n_morph >= 1, n_inten may be 0 */
    /* Ng: the highest grey level present (levels count from 1); 0 when n_inten is 0 */
    int32_t ng;
    mi_box wide;        /* box plus the margin that local intensity needs, clipped to the image */
    /* intensities over `wide`, `value` itself when the boxes are one; NULL when peak is not
       asked for */
    double *wide_value;
} mi_region;

#define MI_REGION_EMPTY { .ng = 0 }
void mi_region_free(mi_region *r);

/* Facts along the processing chain, for --dump diagnostics and the record (IBSI 1 diagnostics). */
typedef struct mi_stage {
    const char *name;        /* "initial", "interpolated", "re-segmented" */
    mi_grid grid;
    bool has_image;          /* the three image figures are known (whole image was at hand) */
    double image_mean, image_min, image_max;
    mi_box morph_box, inten_box;
    int64_t morph_voxels, inten_voxels;
    double mean, min, max;   /* of the intensity mask; NaN when empty */
    int64_t at_threshold;    /* mask voxels at exactly the threshold */
} mi_stage;

typedef struct mi_diagnostics {
    mi_stage stage[3];
    int n;
    int32_t level_min, level_max;
} mi_diagnostics;

/* Can a grid of this voxel size be worked on? MI_E_USAGE when an axis gets more than 2^20
   voxels. Before anything else is asked of an image. */
int mi_region_check_grid(const mi_grid *image, const mi_settings *s, mi_err *err);

/* Box of the image (original grid) that the region of `mask_box` (original grid) needs under
   these settings, with all margins. The reader decodes just these slices. */
void mi_region_support(const mi_grid *image, const mi_box *mask_box, const mi_settings *s,
                       mi_box *support);

/* Run the chain on one region: union of `labels` in `mask` (same storage axes as image).
   Warnings as in the manual. MI_E_EMPTY when no voxel is left in the morphological mask; an
   intensity mask that becomes empty is a warning and n_inten 0. diag may be NULL;
   whole_image_figures asks for image_* too. */
int mi_region_build(const mi_volume *image, const mi_volume *mask, const int64_t *labels,
                    int n_labels, const mi_settings *s, bool whole_image_figures, mi_pool *pool,
                    mi_region *out, mi_diagnostics *diag, mi_warnings *warn, mi_err *err);
/* The same when a box of the mask's grid is known that holds all voxels of the labels
   (mi_labels_count): the rest of the mask is not looked at again. */
int mi_region_build_in(const mi_volume *image, const mi_volume *mask, const int64_t *labels,
                       int n_labels, const mi_box *within, const mi_settings *s,
                       bool whole_image_figures, mi_pool *pool, mi_region *out,
                       mi_diagnostics *diag, mi_warnings *warn, mi_err *err);

#endif
