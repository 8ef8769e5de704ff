/* Where a region lies and how its voxels are spread. */
#ifndef MI_RADIOMICS_MORPH_MOMENTS_H
#define MI_RADIOMICS_MORPH_MOMENTS_H
#include <stdint.h>
#include "radiomics/region.h"

/* Sums over the voxels of a mask: count, indices, products of indices (xx, xy, xz, yy, yz, zz).
   Whole numbers, so exact in any order. */
typedef struct mi_moments { int64_t n, first[3], second[6]; } mi_moments;

/* Of a mask of n voxels, x fastest, not 0 inside. 0, or -1 with err (memory). */
int mi_moments_of(const uint8_t *mask, const int64_t n[3], mi_pool *pool, mi_moments *out,
                  mi_err *err);

/* Mean position in mm, from the centre of voxel (0, 0, 0). */
void mi_moments_centre(const mi_moments *m, const double spacing[3], double centre[3]);

/* Eigenvalues (mm2, descending, none below 0) of the covariance of voxel centres, divided by n -
   1. n must be at least 2. */
void mi_moments_principal(const mi_moments *m, const double spacing[3], double lambda[3]);

/* Sums of intensities over the intensity mask: plain, and with the indices as weights. */
typedef struct mi_weighted { double sum, first[3]; } mi_weighted;
int mi_weighted_of(const mi_region *r, mi_pool *pool, mi_weighted *out, mi_err *err);

#endif
