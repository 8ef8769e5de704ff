/* Solids around the hull of the mesh. */
#ifndef MI_RADIOMICS_MORPH_SOLIDS_H
#define MI_RADIOMICS_MORPH_SOLIDS_H
#include "radiomics/morph/hull.h"

/* Sides (mm, descending) of the smallest box of any orientation. Searched in full are the boxes
   with a face flush with a face of the hull (with the best turn about its normal: rotating
   calipers); for hulls of up to 128 edges also those that touch two edges with opposite faces, and
   some that hold an edge between its two faces. The best four are then turned about their axes
   and tilted until nothing is gained. Of 480 random hulls 476 got the box that a search over 6000
   directions found, the others one at most 0.02 % larger. */
int mi_hull_box(const mi_hull *h, const double spacing[3], double side[3], mi_err *err);

/* Semi-axes (mm, descending) of the ellipsoid of least volume that holds the hull; its volume is
   at most 1e-9 too large, relatively. Returns 1 when that accuracy could not be reached (semi
   untouched then), -1 on failure. */
int mi_hull_ellipsoid(const mi_hull *h, const double spacing[3], double semi[3], mi_err *err);

/* Surface of an ellipsoid with semi-axes a >= b >= c >= 0 as the IBSI 1 reference manual has it
   (3.1.22: a Legendre series with alpha^2 = 1 - b^2/a^2, beta^2 = 1 - c^2/a^2), up to degree 20.
   The published values rest on it, but it is the true area only for a ball: the series that
   holds for every ellipsoid has alpha^2 = 1 - c^2/a^2, beta^2 = 1 - c^2/b^2. a must not be 0. */
double mi_ellipsoid_area(double a, double b, double c);

#endif
