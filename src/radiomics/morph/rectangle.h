/* The smallest rectangle around a convex polygon. */
#ifndef MI_RADIOMICS_MORPH_RECTANGLE_H
#define MI_RADIOMICS_MORPH_RECTANGLE_H
#include <stdint.h>

/* q: n vertices, counter-clockwise. Its area; the direction of one side (unit) in dir, which stays
   as it is when no edge has a length (the area is infinite then). */
double mi_rectangle(const double (*q)[2], int32_t n, double dir[2]);

#endif
