/* The features that the run length, size zone, distance zone and dependence matrices share:
   emphasis, non-uniformity, variance and entropy over grey level i and a whole number j >= 1
   (run length, zone size, distance, dependence count). IBSI 1 reference manual, 3.7, 3.8, 3.9
   and 3.11. */
#ifndef MI_RADIOMICS_EMPHASIS_H
#define MI_RADIOMICS_EMPHASIS_H
#include "radiomics/texture.h"

typedef struct mi_emphasis {
    double small_j, large_j, low_i, high_i, small_low, small_high, large_low, large_high;
    double level_nonuniform, level_nonuniform_norm, j_nonuniform, j_nonuniform_norm;
    double percentage, level_variance, j_variance, entropy, energy;
} mi_emphasis;

typedef struct mi_emphasis_scratch { mi_work work; mi_matrix by_j; } mi_emphasis_scratch;

/* read of mi_texture: state is a mi_emphasis. s may be part of a larger scratch. */
int mi_emphasis_read(const mi_levels *l, mi_emphasis_scratch *s, const mi_matrix *m,
                     mi_emphasis *e, mi_err *err);
void mi_emphasis_close(mi_emphasis_scratch *s);

/* value of mi_feature, state a mi_emphasis; NaN with a reason in *why where it is not defined.
   Formulas: the rows that name them (glrlm.c, glszm.c, gldzm.c, ngldm.c), IBSI 1 reference
   manual, 3.7 to 3.10 and 3.12. */
double mi_emphasis_small_j(const void *state, const char **why);
double mi_emphasis_large_j(const void *state, const char **why);
double mi_emphasis_low_i(const void *state, const char **why);
double mi_emphasis_high_i(const void *state, const char **why);
double mi_emphasis_small_low(const void *state, const char **why);
double mi_emphasis_small_high(const void *state, const char **why);
double mi_emphasis_large_low(const void *state, const char **why);
double mi_emphasis_large_high(const void *state, const char **why);
double mi_emphasis_level_nonuniform(const void *state, const char **why);
double mi_emphasis_level_nonuniform_norm(const void *state, const char **why);
double mi_emphasis_j_nonuniform(const void *state, const char **why);
double mi_emphasis_j_nonuniform_norm(const void *state, const char **why);
double mi_emphasis_percentage(const void *state, const char **why);
double mi_emphasis_level_variance(const void *state, const char **why);
double mi_emphasis_j_variance(const void *state, const char **why);
double mi_emphasis_entropy(const void *state, const char **why);
double mi_emphasis_energy(const void *state, const char **why);

#endif
