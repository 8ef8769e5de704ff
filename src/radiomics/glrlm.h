/* Between the two halves of the run length family: counting (glrlm_count.c) and reading
   (glrlm.c). */
#ifndef MI_RADIOMICS_GLRLM_H
#define MI_RADIOMICS_GLRLM_H
#include "radiomics/emphasis.h"

typedef struct mi_run_scratch {
    mi_emphasis_scratch read;
    void *length;     /* of the run that ends at each voxel: two slices with borders */
    int64_t n_length; /* bytes */
    uint32_t *ends;   /* of one row, a bit per voxel */
    uint32_t *table;  /* runs by code and length */
    int64_t n_table;
} mi_run_scratch;

/* Functions of mi_texture (radiomics/texture.h) for the GLRLM: directions and weights; runs of a
   slice; of a part of the volume. */
int mi_glrlm_setup(mi_texture_job *job, mi_err *err);
void mi_glrlm_teardown(mi_texture_job *job);
int mi_glrlm_plane(const mi_texture_job *job, void *scratch, int64_t k, mi_matrix *m, mi_err *err);
int mi_glrlm_part(const mi_texture_job *job, void *scratch, int i, mi_matrix *m, mi_err *err);

#endif
