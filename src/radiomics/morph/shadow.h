/* The shadow of a convex hull along a direction, and the boxes that stand on it. */
#ifndef MI_RADIOMICS_MORPH_SHADOW_H
#define MI_RADIOMICS_MORPH_SHADOW_H
#include <stdbool.h>
#include "radiomics/morph/hull.h"

typedef struct mi_shadow {
    const mi_hull *h;
    double (*p)[3];       /* vertices, mm */
    int64_t (*normal)[3]; /* of the faces: primitive lattice vectors, equal within one plane */
    double (*n)[3];       /* the same in mm, of length 1 */
    int32_t *face_at;     /* a face at each vertex */
    double (*q)[2];       /* outline, projected */
    int32_t near[3];      /* where the last climbs ended */
} mi_shadow;

/* Three perpendicular unit vectors, right-handed, and the volume of the box along them (mm3). */
typedef struct mi_axes { double u[3][3], volume; } mi_axes;

/* h is borrowed. On failure nothing is left allocated. */
int mi_shadow_make(mi_shadow *s, const mi_hull *h, const double spacing[3], mi_err *err);
void mi_shadow_free(mi_shadow *s);

/* Extent of the hull along u (unit), mm. */
double mi_shadow_width(const mi_shadow *s, const double u[3]);

/* The smallest box with its first axis along u (unit). false when it is not smaller than `limit`;
   then out is not to be used. */
bool mi_shadow_box(mi_shadow *s, const double u[3], double limit, mi_axes *out);

/* Scale to length 1; false for the null vector. */
bool mi_unit(double a[3]);

static inline double mi_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline void mi_cross(const double a[3], const double b[3], double c[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

#endif
