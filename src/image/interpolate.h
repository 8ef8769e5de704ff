/* Interpolation on regular grids (separable), and the IBSI alignment of grids. */
#ifndef MI_IMAGE_INTERPOLATE_H
#define MI_IMAGE_INTERPOLATE_H
#include "base/pool.h"
#include "image/volume.h"

typedef enum mi_interp { MI_INTERP_NEAREST, MI_INTERP_LINEAR, MI_INTERP_CUBIC } mi_interp;
extern const char *const mi_interp_names[]; /* "nearest", "linear", "cubic", NULL */

/* Grid of new spacing with its centre on the centre of g: n = ceil(n_old s_old / s_new) per
   axis; an axis with s_new 0 (or equal to the old) is kept. IBSI reference manual, 2.4
   (interpolation grid). */
void mi_grid_resample(const mi_grid *g, const double s_new[3], mi_grid *out);

/* Old index at which sample j of the new axis lies. */
double mi_resample_origin(int64_t n_old, double s_old, int64_t n_new, double s_new);

/* The box of the old grid that holds every sample needed for box b of the new grid with this
   kernel (cubic: with the tail of the prefilter, 32 voxels, beyond which a crop changes nothing
   above 1e-16). Clipped to the old grid. */
void mi_resample_support(const mi_grid *from, const mi_grid *to, mi_interp kind, const mi_box *b,
                         mi_box *support);

/* Values at the voxels of box b of grid `to`, from `in` = values of box `in_box` of grid `from`
   (as mi_resample_support gives). Beyond the border the image goes on with the nearest border
   value, for the prefilter of the cubic B-spline too (interpolating; Unser, IEEE Signal Process
   Mag 1999;16(6):22-38). Ties of nearest go up. Coordinates within 1e-9 of a voxel centre or of
   the middle between two are taken to be there. Weights are computed from whole-grid
   coordinates, so that cropping changes no bit of nearest and linear. A sample that leans on a
   non-finite voxel is not finite (cubic: a sample in a cell with such a voxel is NaN; for the
   others the voxel before it along x stands in). out: mi_box_voxels(b) doubles. The number of
   threads changes no bit. */
int mi_resample(const mi_grid *from, const mi_box *in_box, const double *in, const mi_grid *to,
                const mi_box *b, mi_interp kind, double *out, mi_pool *pool, mi_err *err);

/* The same, with the slices of in_box fetched one by one instead of held as doubles all at once:
   load(ctx, k, slice) fills slice with the x and y extent of in_box in slice k of `from`; it is
   called once or more per slice, from several threads. */
typedef int (*mi_slice_load)(void *ctx, int64_t k, double *slice, mi_err *err);
int mi_resample_from(const mi_grid *from, const mi_box *in_box, mi_slice_load load, void *ctx,
                     const mi_grid *to, const mi_box *b, mi_interp kind, double *out, mi_pool *pool,
                     mi_err *err);

#endif
