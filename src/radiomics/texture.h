/* What the texture families have in common: matrices are counted per slice and direction or over
   the volume, merged and averaged as IBSI aggregates them (IBSI 1 reference manual, 3.6 to 3.11,
   "aggregating features"). A family says how to count and how to read one matrix. */
#ifndef MI_RADIOMICS_TEXTURE_H
#define MI_RADIOMICS_TEXTURE_H
#include "radiomics/family.h"
#include "radiomics/levels.h"
#include "radiomics/matrix.h"

/* One measurement of one region. */
typedef struct mi_texture_job {
    const mi_region *region;
    const mi_settings *settings;
    mi_pool *pool;
    mi_levels levels;
    mi_offsets dir;     /* directions (glcm, glrlm) or neighbours (ngtdm, ngldm) */
    int n_dir, n_plane; /* matrices over the volume and per slice: one per direction, else 1 */
    bool planes, volume;/* 2-D and 2.5-D wanted; 3-D wanted */
    int first;          /* parts count [first, n_dir); those before are sums of the slices' */
    int n_parts;        /* the volume is counted in that many parts, fixed by the region alone */
    void *extra;        /* the family's own, freed by its teardown */
} mi_texture_job;

typedef struct mi_texture {
    bool directed;      /* six aggregations, else three */
    const char *none;   /* reason when there is no matrix at all */
    size_t state_size, scratch_size;
    /* Sets levels, dir, n_dir, n_plane, first, n_parts, extra. */
    int (*setup)(mi_texture_job *job, mi_err *err);
    void (*teardown)(mi_texture_job *job); /* may be NULL */
    /* Frees what counting and reading keep in the scratch of a task, which starts as zeros. */
    void (*close)(void *scratch);
    /* Matrices of slice k, one per direction in the plane, appended to empty m[0 .. n_plane). */
    int (*plane)(const mi_texture_job *job, void *scratch, int64_t k, mi_matrix *m, mi_err *err);
    /* One part of the volume: appended to empty m[first .. n_dir). */
    int (*part)(const mi_texture_job *job, void *scratch, int part, mi_matrix *m, mi_err *err);
    /* Instead of part, for families that cut the work themselves: the whole volume, appended to
       empty m[0]. */
    int (*volume)(const mi_texture_job *job, mi_matrix *m, mi_err *err);
    /* Everything the rows need of a matrix that is not empty. */
    int (*read)(const mi_texture_job *job, void *scratch, const mi_matrix *m, void *state,
                mi_err *err);
} mi_texture;

/* Every filled matrix in order, serially: slices, then 2.5-D, then the volume. dir is NULL for
   merged and undirected matrices, slice -1 beyond the plane. */
typedef int (*mi_texture_visit)(void *user, const mi_texture_job *job, const char *mode,
                                const mi_offset *dir, int64_t slice, const mi_matrix *m,
                                mi_err *err);
int mi_texture_walk(const mi_family *f, const mi_region *r, const mi_settings *s,
                    const bool *want, mi_texture_visit visit, void *user, mi_err *err);

extern const mi_texture mi_texture_glcm, mi_texture_glrlm, mi_texture_glszm, mi_texture_gldzm,
    mi_texture_ngtdm, mi_texture_ngldm;

/* Fixed cut of the slices into parts of about `voxels` box voxels: how many, and the slices [*k0,
   *k1) of one. */
int mi_texture_parts(const mi_levels *l, int64_t voxels);
/* Set-up of a family that looks at all neighbours of a voxel at once (NGTDM, NGLDM). */
int mi_texture_around(mi_texture_job *job, mi_norm norm, int64_t distance, mi_err *err);
void mi_texture_part(const mi_levels *l, int n_parts, int part, int64_t *k0, int64_t *k1);

#endif
