/* The values of a volume in a few numbers, exactly: no sampling, no copy of the volume. */
#ifndef MI_IMAGE_SUMMARY_H
#define MI_IMAGE_SUMMARY_H
#include "image/volume.h"

enum { MI_PERCENTILES = 7 };
extern const double mi_percentile_of[MI_PERCENTILES]; /* 1 5 25 50 75 95 99 */

typedef struct mi_summary {
    /* finite values; everything below is about these, and NaN when there are none */
    int64_t n;
    int64_t not_finite; /* NaN and infinite ones, left out */
    double min, max, mean;
    double sd;          /* of the population: divided by n */
    double percentile[MI_PERCENTILES]; /* linear between order statistics */
} mi_summary;

/* Values (slope and inter applied) of box b of v; with a mask on the same storage axes only
   where it holds `label`. Padding (meta.padding) does not count. Slices must be held as for
   mi_volume_load. Percentiles: R. Hyndman and Y. Fan, Sample quantiles in statistical packages,
   Am Stat 50 (1996), definition 7. */
int mi_volume_summary(const mi_volume *v, const mi_box *b, const mi_volume *mask, int64_t label,
                      mi_summary *out, mi_err *err);

/* How many of n voxels of a type, as stored, are NaN or infinite. */
int64_t mi_voxels_not_finite(const void *voxels, int64_t n, mi_type type);
/* How many of n voxels of a floating type hold no whole number, slope and inter applied; 0 for
   the integer types. */
int64_t mi_voxels_not_whole(const void *voxels, int64_t n, mi_type type, double slope,
                            double inter);

#endif
