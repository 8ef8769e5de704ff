/* A feature family: one table of rows and one function that measures them all. The catalogue
   lists the families; everything that names a feature (keys, --list-features, schema, man page,
   conformance tests) is made from these rows. */
#ifndef MI_RADIOMICS_FAMILY_H
#define MI_RADIOMICS_FAMILY_H
#include "radiomics/region.h"

typedef struct mi_feature {
    const char *id;         /* key part: "joint_maximum" */
    const char *name;       /* as IBSI names it (ibsi1_values.csv): "Joint maximum" */
    const char *tag;        /* IBSI code */
    /* UCUM ("mm", "mm3", "1"); "intensity", "intensity2", "intensity.mm3" for what follows the
       image's unit */
    const char *unit;
    const char *definition; /* one line in words, no full stop */
    const char *formula;    /* plain text */
    const char *section;    /* "IBSI 1 reference manual, 3.6.1" */
    const char *pyradiomics;/* feature name there, e.g. "glcm_MaximumProbability", or NULL */
    /* Value from the family's state; NaN when undefined, then *why must point to a static
       reason. */
    double (*value)(const void *state, const char **why);
} mi_feature;

typedef struct mi_aggregation {
    const char *id;   /* "3d_avg"; "" for families without aggregation */
    const char *name; /* as in ibsi1_values.csv: "3D averaged"; "" */
    const char *tag;  /* "ITBB" */
} mi_aggregation;

/* Results: value[a * n_rows + r], why[...] (static text) where the value is NaN. */
typedef struct mi_measured { double *value; const char **why; } mi_measured;

typedef struct mi_family {
    const char *id;   /* "glcm" */
    const char *name; /* as in ibsi1_values.csv: "GLCM" */
    const char *title;/* "grey-level co-occurrence matrix" */
    const mi_aggregation *aggregations;
    int n_aggregations;
    const mi_feature *rows;
    int n_rows;
    bool needs_levels, needs_wide;
    const struct mi_texture *texture; /* how matrices are filled and read (texture.h), or NULL */
    /* Of a family without matrices, as mi_family_measure. */
    int (*measure)(const mi_region *r, const mi_settings *s, const bool *want, mi_pool *pool,
                   mi_measured *out, mi_err *err);
    const char *symbols; /* what the letters in the formulas stand for */
} mi_family;

/* Measure all rows for the aggregations a with want[a]; others stay untouched. out has room for
   all. 0 or -1 with err (memory). */
int mi_family_measure(const mi_family *f, const mi_region *r, const mi_settings *s,
                      const bool *want, mi_pool *pool, mi_measured *out, mi_err *err);

/* Where aggregated textures come from: glcm and glrlm have six, the other textures three. */
/* 2d_avg BTW3, 2d_merge SUJT, 25d_dir JJUI, 25d_merge ZW7Z, 3d_avg ITBB, 3d_merge IAZD */
extern const mi_aggregation mi_agg_six[6];
extern const mi_aggregation mi_agg_three[3]; /* 2d 8QNN, 25d 62GR, 3d KOBO */
extern const mi_aggregation mi_agg_none[1];  /* "" DHQ4 */

/* Mean of all rows over several states (directions, slices). A state in which a row is undefined
   is left out of that row's mean; a row that no state defines is undefined with the reason of
   the first state, and with `none` when there was no state. Sums are carried in two doubles, so
   that the order of the states (a flipped or turned image) does not show in the result. */
typedef struct mi_mean { double *sum, *rest; const char **why; int64_t *n; int n_rows; } mi_mean;
int mi_mean_begin(mi_mean *m, int n_rows, mi_err *err);
void mi_mean_add(mi_mean *m, const mi_feature *rows, const void *state);
/* of one state; NaN: undefined */
void mi_mean_add_values(mi_mean *m, const double *value, const char *const *why);
void mi_mean_end(mi_mean *m, double *value, const char **why, const char *none); /* frees */

extern const mi_family mi_family_morph, mi_family_peak, mi_family_stat, mi_family_ih, mi_family_ivh,
    mi_family_glcm, mi_family_glrlm, mi_family_glszm, mi_family_gldzm, mi_family_ngtdm,
    mi_family_ngldm;

#endif
