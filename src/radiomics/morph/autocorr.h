/* Moran's I and Geary's C over all pairs of voxels. */
#ifndef MI_RADIOMICS_MORPH_AUTOCORR_H
#define MI_RADIOMICS_MORPH_AUTOCORR_H
#include "radiomics/region.h"

/* Over all ordered pairs i != j of the intensity mask, with w = 1 / distance in mm and x the
   intensity less its mean. */
typedef struct mi_pairs {
    double w;       /* sum w_ij */
    double product; /* sum w_ij x_i x_j */
    double square;  /* sum w_ij (x_i - x_j)^2 */
} mi_pairs;

/* The voxels of the intensity mask: a dense box of their own, tight around them. */
typedef struct mi_field {
    int64_t n[3];
    double spacing[3];
    int64_t count;    /* voxels in the mask */
    uint8_t *mask;    /* n[0]*n[1]*n[2], x fastest */
    double *x;        /* intensity less the mean, 0 outside */
    double sum_x2;    /* sum of squares of x */
} mi_field;

#define MI_FIELD_EMPTY { .count = 0 }
/* count is 0 and nothing allocated when the intensity mask is empty. */
int mi_field_of(const mi_region *r, mi_field *out, mi_err *err);
void mi_field_free(mi_field *f);

/* The plain double sum. */
int mi_pairs_direct(const mi_field *f, mi_pool *pool, mi_pairs *out, mi_err *err);
/* The same by FFT. Memory: 56 bytes per voxel of the box (its sides rounded up to lengths the
   FFT is fast at), at most `cap` bytes in total: above the cap the work is done in slabs, at some
   more time. Beside that each thread takes 416 bytes for each voxel of one layer of the box across
   x. cap 0: 512 MiB. */
int mi_pairs_fft(const mi_field *f, int64_t cap, mi_pool *pool, mi_pairs *out, mi_err *err);
/* Whichever is faster by their cost. */
int mi_pairs_of(const mi_field *f, mi_pool *pool, mi_pairs *out, mi_err *err);

#endif
