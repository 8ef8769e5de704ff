/* Zones: groups of linked voxels of the same grey level (IBSI 1 reference manual, 3.8), and distances to the border of the region (3.9). */
#ifndef MI_RADIOMICS_ZONES_H
#define MI_RADIOMICS_ZONES_H
#include "radiomics/levels.h"

typedef struct mi_zone {
    int64_t size;    /* voxels */
    int32_t code;    /* grey level */
    int32_t nearest; /* smallest border distance of its voxels; 0 without distances */
} mi_zone;

typedef struct mi_zones {
    mi_zone *zone;
    int64_t n, cap;
    void *parent;    /* working memory, kept for the next call */
    int64_t n_parent;
    uint16_t *links, *first; /* of one row; table over all links */
} mi_zones;

#define MI_ZONES_EMPTY { .n = 0 }
void mi_zones_free(mi_zones *z);

/* Zones of slices [k0, k1), linked at Chebyshev distance 1: 26 neighbours, or 8 with `planar` (slices apart). The box needs a border of 1.
   distance: of the voxels of these slices without borders (x fastest), or NULL. The order of zones is that of their first voxels. */
int mi_zones_find(mi_zones *z, const mi_levels *l, int64_t k0, int64_t k1, bool planar,
                  const int32_t *distance, mi_pool *pool, mi_err *err);

/* City-block distance of each voxel of slices [k0, k1) of the region's box to the nearest voxel outside the morphological mask (1 on the border); what lies
   beyond the box is outside; 0 outside the mask. planar: within each slice. out: (k1 - k0) n[1] n[0]. */
void mi_border_distance(const mi_region *r, int64_t k0, int64_t k1, bool planar, int32_t *out);

#endif
