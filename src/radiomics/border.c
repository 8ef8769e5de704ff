/* City-block distances to the border of the region. */
#include "radiomics/zones.h"

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Distance along the row. */
static void along(const uint8_t *in, int32_t *d, int64_t n)
{
    int32_t last = 0;
    for (int64_t x = 0; x < n; x++) {
        last = in[x] ? last + 1 : 0;
        d[x] = last;
    }
    last = 0;
    for (int64_t x = n - 1; x >= 0; x--) {
        last = least(last + 1, d[x]);
        d[x] = last;
    }
}

/* One more than the row beside; NULL: outside. */
MI_KERNEL static void across(int32_t *restrict d, const int32_t *restrict beside, int64_t n)
{
    for (int64_t x = 0; x < n; x++) {
        const int32_t by = (beside ? beside[x] : 0) + 1;
        d[x] = d[x] < by ? d[x] : by;
    }
}

/* A shortest way in the city-block metric may be ordered at will: first along x, then towards
   higher y and z, then towards lower. One sweep forward and one back are exact (after Rosenfeld and
   Pfaltz 1966). */
void mi_border_distance(const mi_region *r, int64_t k0, int64_t k1, bool planar, int32_t *out)
{
    const int64_t nx = r->n[0], ny = r->n[1], nz = k1 - k0, plane = nx * ny;
    for (int64_t z = 0; z < nz; z++)
        for (int64_t y = 0; y < ny; y++) {
            int32_t *d = out + (y + z * ny) * nx;
            along(r->morph + (y + (k0 + z) * ny) * nx, d, nx);
            across(d, y > 0 ? d - nx : NULL, nx);
            if (!planar)
                across(d, z > 0 ? d - plane : NULL, nx);
        }
    for (int64_t z = nz - 1; z >= 0; z--)
        for (int64_t y = ny - 1; y >= 0; y--) {
            int32_t *d = out + (y + z * ny) * nx;
            across(d, y < ny - 1 ? d + nx : NULL, nx);
            if (!planar)
                across(d, z < nz - 1 ? d + plane : NULL, nx);
        }
}
