/* Between the two halves of the co-occurrence family: counting (glcm_count.c) and reading
   (glcm.c). */
#ifndef MI_RADIOMICS_GLCM_H
#define MI_RADIOMICS_GLCM_H
#include "radiomics/texture.h"

typedef struct mi_glcm_scratch {
    uint32_t *table; /* dense counts, one table per direction */
    int64_t n_table;
    int64_t *at;     /* steps to the other end of a pair */
    int64_t n_at;
    mi_work work;
    mi_matrix margin, diff, sum; /* p_i, p_(i-j), p_(i+j) */
    double *px;      /* p_i by code */
    int64_t n_px;
} mi_glcm_scratch;

/* Functions of mi_texture (radiomics/texture.h) for the GLCM: directions and weights; pairs of a
   slice; of a part of the volume. */
int mi_glcm_setup(mi_texture_job *job, mi_err *err);
void mi_glcm_teardown(mi_texture_job *job);
int mi_glcm_plane(const mi_texture_job *job, void *scratch, int64_t k, mi_matrix *m, mi_err *err);
int mi_glcm_part(const mi_texture_job *job, void *scratch, int part, mi_matrix *m, mi_err *err);

#endif
