/* Between the two halves of the tone difference family: counting (ngtdm_count.c) and reading
   (ngtdm.c). */
#ifndef MI_RADIOMICS_NGTDM_H
#define MI_RADIOMICS_NGTDM_H
#include "radiomics/texture.h"

typedef struct mi_tone_row { double i, n, s, p; } mi_tone_row; /* level, n_i, s_i, p_i */

typedef struct mi_tone_scratch {
    mi_work work;
    uint8_t *few;      /* of one row: neighbours in the region */
    uint16_t *sum_few; /* and their sum, when it fits */
    int32_t *many;
    int64_t *sum_many;
    int64_t *count, *differ; /* tables over code and W */
    int64_t n_table;
    mi_tone_row *row;    /* what read made of the matrix */
    int64_t n_row;
    mi_matrix by_count;/* levels by n_i */
} mi_tone_scratch;

/* Functions of mi_texture (radiomics/texture.h) for the NGTDM: the neighbourhood; tone
   differences of a slice; of a part of the volume. */
int mi_ngtdm_setup(mi_texture_job *job, mi_err *err);
int mi_ngtdm_plane(const mi_texture_job *job, void *scratch, int64_t k, mi_matrix *m, mi_err *err);
int mi_ngtdm_part(const mi_texture_job *job, void *scratch, int i, mi_matrix *m, mi_err *err);

#endif
