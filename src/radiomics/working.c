/* Intensities on the working grid: as they are, or interpolated (IBSI 1 reference manual, 2.4), and
   rounded (2.4, rounding intensities after interpolation). */
#include <math.h>
#include "image/interpolate.h"
#include "radiomics/steps.h"

typedef struct source_image {
    const mi_volume *image;
    mi_box support;
} source_image;

/* Values of a box; padding (DICOM Pixel Padding Value, PS3.3 C.7.5.1.1.2) reads as NaN, so that
   interpolation does not mix it in. */
static int load_values(const mi_volume *image, const mi_box *b, double *out, mi_err *err)
{
    if (mi_volume_load(image, b, out, err) != 0)
        return -1;
    mi_range padding = mi_volume_padding(image);
    int64_t n = mi_box_voxels(b);
    for (int64_t i = 0; image->meta.has_padding && i < n; i++)
        if (out[i] >= padding.lo && out[i] <= padding.hi)
            out[i] = NAN;
    return 0;
}

static int load_image_slice(void *ctx, int64_t k, double *out, mi_err *err)
{
    const source_image *s = ctx;
    mi_box b = s->support;
    b.lo[2] = k;
    b.hi[2] = k + 1;
    return load_values(s->image, &b, out, err);
}

int mi_working_values(const mi_volume *image, const mi_grid *to, const mi_box *b,
                      const mi_settings *s, double *out, mi_pool *pool, mi_err *err)
{
    int rc;
    if (mi_grid_changes(&image->grid, to)) {
        source_image from = { .image = image };
        mi_interp kind = (mi_interp)s->interpolation;
        mi_resample_support(&image->grid, to, kind, b, &from.support);
        rc = mi_resample_from(&image->grid, &from.support, load_image_slice, &from, to, b, kind,
                              out, pool, err);
    } else {
        rc = load_values(image, b, out, err);
    }
    int64_t n = mi_box_voxels(b);
    for (int64_t i = 0; rc == 0 && s->round && i < n; i++)
        out[i] = rint(out[i]) + 0.0; /* halves to even (IEEE 754); no negative zero */
    return rc;
}
