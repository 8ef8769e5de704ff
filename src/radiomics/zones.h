/* Zones: groups of linked voxels of the same grey level (IBSI 1 reference manual, 3.8), and
   distances to the border of the region (3.9). */
#ifndef MI_RADIOMICS_ZONES_H
#define MI_RADIOMICS_ZONES_H
#include <stdatomic.h>
#include "radiomics/levels.h"
#include "radiomics/matrix.h"

enum { MI_ZONES_BEFORE = 13 }; /* neighbours that come before a voxel in the scan */

/* Memory of the search, kept from call to call. */
typedef struct mi_zones {
    void *node;          /* one per voxel: union-find */
    int64_t n_node;
    uint8_t *links;      /* of one row per slab */
    int32_t *list;
    int64_t n_links;
    _Atomic uint16_t *first; /* of a set of links, one for each group of touching neighbours; 0:
                                not known yet */
    int n_first;             /* links of a set */
    uint16_t near[MI_ZONES_BEFORE]; /* which neighbours touch each */
    uint32_t *table;     /* zones by grey level and a small size or distance */
    int64_t n_table;
    mi_work work;
} mi_zones;

#define MI_ZONES_EMPTY { .n_node = 0 }
void mi_zones_free(mi_zones *z);

/* Zones of slices [k0, k1), linked at Chebyshev distance 1: 26 neighbours, or 8 with `planar`
   (slices apart), as a matrix over grey level and size; with `distance`, over grey level and the
   smallest distance of a zone's voxels. The box of levels needs a border of 1. distance: of the
   voxels of these slices without borders (x fastest), >= 1 in the region; overwritten. m must be
   empty. */
int mi_zones_count(mi_zones *z, const mi_levels *l, int64_t k0, int64_t k1, bool planar,
                   int32_t *distance, mi_pool *pool, mi_matrix *m, mi_err *err);

/* City-block distance of each voxel of slices [k0, k1) of the region's box to the nearest voxel
   outside the morphological mask (1 on the border); what lies beyond the box is outside; 0 outside
   the mask. planar: within each slice. out: (k1 - k0) n[1] n[0]. */
void mi_border_distance(const mi_region *r, int64_t k0, int64_t k1, bool planar, int32_t *out);

#endif
