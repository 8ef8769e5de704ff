/* Geometry of grids: equality in world space, differences told in mm and voxels. */
#ifndef MI_IMAGE_GRID_H
#define MI_IMAGE_GRID_H
#include "image/volume.h"

/* |det| of the 3x3 part of the affine, mm3 (right for sheared grids too). When the grid is not
   sheared the product of spacing. */
double mi_grid_voxel_volume(const mi_grid *g);
/* Warn ("sheared") when two axes are off a right angle by more than 0.001 (their cosine), or a
   column of the affine is longer or shorter than the voxel size by more than a thousandth. */
void mi_grid_warn(const mi_grid *g, mi_warnings *w);
void mi_grid_world(const mi_grid *g, const double index[3], double world[3]);
/* Inverse; 0, or -1 when the affine is singular. */
int mi_grid_index(const mi_grid *g, const double world[3], double index[3]);
/* Axis letters of storage, e.g. "LPS": the anatomical direction in which each index grows. */
void mi_grid_orientation(const mi_grid *g, char out[4]);
/* "512x512x120, 0.8x0.8x1 mm" for messages. */
const char *mi_grid_text(const mi_grid *g, char out[128]);

/* How the storage axes of b lie in a: axis[d] is the axis of b that runs along axis d of a,
   flip[d] whether it runs backwards. */
typedef struct mi_axes { int axis[3]; bool flip[3]; bool identity; } mi_axes;

/* Do a and b share a grid, comparing in world space? No corner of one may lie farther than
   `tolerance` (fraction of the smallest voxel edge, 0.01 by default) from its place in the
   other. b may be stored with flipped or swapped axes: *axes says how (may be NULL). On
   difference MI_E_GEOMETRY, the message tells sizes when they differ, else by how much in mm and
   voxels; `what_a`, `what_b` name the two ("image", "mask"). */
int mi_grid_same(const mi_grid *a, const mi_grid *b, double tolerance, const char *what_a,
                 const char *what_b, mi_axes *axes, mi_err *err);

/* Rearrange v in place so that its storage axes are those given by `axes` (identity: nothing
   happens). A trimmed volume stays trimmed. */
int mi_volume_rearrange(mi_volume *v, const mi_axes *axes, mi_err *err);

#endif
