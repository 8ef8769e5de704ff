/* Closed planar contours to pixels. */
#ifndef MI_IMAGE_CONTOURS_H
#define MI_IMAGE_CONTOURS_H
#include <stdint.h>
#include "base/error.h"

/* Points in continuous pixel indices (pixel centres at whole numbers), x then y, n of them;
   closed from the last to the first. */
typedef struct mi_contour { double *xy; int n; } mi_contour;

/* Set plane[y * nx + x] to 1 for every pixel whose centre lies inside the contours taken
   together by the even-odd rule: a contour inside another is a hole, and keyholes work. A centre
   exactly on an edge counts as inside on the low side (x_left <= x < x_right, y_low <= y <
   y_high). Other pixels stay as they are. */
int mi_contours_fill(const mi_contour *c, int n, int64_t nx, int64_t ny, uint8_t *plane,
                     mi_err *err);

#endif
