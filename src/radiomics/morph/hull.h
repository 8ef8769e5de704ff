/* Convex hull of the surface mesh, exact. */
#ifndef MI_RADIOMICS_MORPH_HULL_H
#define MI_RADIOMICS_MORPH_HULL_H
#include <stdint.h>
#include "base/error.h"

/* Sums of products of three lattice coordinates; the one compiler extension of this folder. */
__extension__ typedef __int128 mi_wide;

/* Coordinates are whole numbers of half voxel edges: the centre of voxel (i, j, k) is (2i, 2j,
   2k). Scaling the axes by the spacing keeps a hull a hull, so the spacing is left to those who
   measure it. */
typedef struct mi_hull {
    int32_t n_points, n_faces;
    int32_t (*point)[3];  /* vertices; some may lie within a facet or edge, none inside the hull */
    int32_t (*face)[3];   /* triangles, counter-clockwise from outside; several to a plane */
    int32_t (*across)[3]; /* the face beyond the edge from face[f][i] to face[f][(i+1)%3] */
} mi_hull;

#define MI_HULL_EMPTY { 0, 0, NULL, NULL, NULL }
void mi_hull_free(mi_hull *h);

/* Hull of any points (read only; equal ones allowed), which must not all lie in one plane
   (MI_E_INTERNAL). Coordinates within +-2^29. Quickhull (Barber, Dobkin and Huhdanpaa, ACM Trans
   Math Softw 22(4), 1996) with exact predicates. */
int mi_hull_of_points(const int32_t (*p)[3], int64_t n, mi_hull *out, mi_err *err);

/* Hull of the vertices of the mesh of a mask (mesh.h), which has at least one voxel. */
int mi_hull_of_mask(const uint8_t *mask, const int64_t n[3], mi_hull *out, mi_err *err);

/* Normal of a face by the right-hand rule, in half edges squared, not normalised. */
void mi_hull_normal(const mi_hull *h, int32_t face, int64_t normal[3]);

/* Volume (mm3) and area (mm2). */
void mi_hull_measure(const mi_hull *h, const double spacing[3], double *volume, double *area);

/* Largest distance of two vertices, mm. */
int mi_hull_diameter(const mi_hull *h, const double spacing[3], double *diameter, mi_err *err);

#endif
