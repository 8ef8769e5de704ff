/* The grey levels of a region as the texture matrices scan them: a small box of codes with a border
   of zeros, so that no neighbour needs a bounds check; and the sets of offsets that make directions
   and neighbourhoods. */
#ifndef MI_RADIOMICS_LEVELS_H
#define MI_RADIOMICS_LEVELS_H
#include "radiomics/kernel.h"
#include "radiomics/region.h"

enum { MI_LEVELS_SLACK = 64 }; /* zeros behind the last code, so that rows may be read in blocks */

/* A code is the grey level itself, or its rank among the levels present when these are few and far
   apart. 0 is outside. */
typedef struct mi_levels {
    int64_t n[3];      /* size of the region's box */
    int64_t pad[3];    /* border of zeros on either side */
    int64_t sy, sz;    /* steps to the next row and slice, in codes */
    int64_t total;     /* codes in the box with its border */
    int width;         /* bytes per code: 1, 2 or 4 */
    void *code;
    int32_t n_codes;   /* codes run from 1 to n_codes */
    bool direct;       /* code == level */
    int32_t *level;    /* level[code]; NULL when direct */
    int32_t ng;        /* highest level present */
    int64_t *from, *to;/* per row (y + n[1] z): first voxel of the region, one past the last */
    int64_t *in_slice; /* voxels of the region per slice */
    int64_t voxels;
} mi_levels;

#define MI_LEVELS_EMPTY { .code = NULL }

/* pad: border per axis. Errors: memory; MI_E_DATA when there are more than 2^28 - 1 levels. */
int mi_levels_build(mi_levels *l, const mi_region *r, const int64_t pad[3], mi_err *err);
void mi_levels_free(mi_levels *l);

/* Index of voxel (x, y, z) of the region's box. */
static inline int64_t mi_levels_at(const mi_levels *l, int64_t x, int64_t y, int64_t z)
{
    return x + l->pad[0] + (y + l->pad[1]) * l->sy + (z + l->pad[2]) * l->sz;
}

static inline int64_t mi_level_of(const mi_levels *l, int64_t code)
{
    return l->direct ? code : l->level[code];
}

MI_BODY uint32_t mi_code(const void *p, int64_t i, int width)
{
    return width == 1 ? ((const uint8_t *)p)[i]
                      : width == 2 ? ((const uint16_t *)p)[i] : ((const uint32_t *)p)[i];
}

/* A vector between voxels. */
typedef struct mi_offset {
    int64_t d[3];
    int64_t at;    /* the same as a step in codes (set by mi_offsets_locate) */
    double weight;
} mi_offset;

/* The first n_plane lie in the plane (d[2] == 0). */
typedef struct mi_offsets { mi_offset *o; int n, n_plane; } mi_offsets;
#define MI_OFFSETS_EMPTY { .n = 0 }
void mi_offsets_free(mi_offsets *s);

/* Which vectors make the directions at a distance. */
typedef enum mi_reach {
    MI_REACH_STEPS, /* the 13 vectors to the neighbours at Chebyshev distance 1, times distance */
    MI_REACH_SHELL  /* all vectors with distance - 1 < |m| <= distance */
} mi_reach;

/* Directions, one of each pair m and -m (the one whose first component that is not 0 is positive),
   sorted by x, y, z within the plane and then outside. Vectors longer than the box of size n are
   left out. Weights by |m| of `norm`. IBSI 1 reference manual, 3.6 (distances and distance
   weighting). */
int mi_directions(mi_offsets *s, mi_norm norm, mi_reach reach, int64_t distance, mi_weighting w,
                  const int64_t n[3], mi_err *err);

/* All vectors with 0 < |m| <= distance that fit into a box of size n. IBSI 1 reference manual, 3.10
   and 3.11 (distances). */
int mi_neighbours(mi_offsets *s, mi_norm norm, int64_t distance, const int64_t n[3], mi_err *err);

/* Border that the offsets need, and their steps in codes. */
void mi_offsets_pad(const mi_offsets *s, int64_t pad[3]);
void mi_offsets_locate(mi_offsets *s, const mi_levels *l);

#endif
