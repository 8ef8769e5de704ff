/* A texture matrix: the cells that are not zero, sorted by row and column. Counts are whole numbers
   (exact in a double up to 2^53) unless a weighting has multiplied them. */
#ifndef MI_RADIOMICS_MATRIX_H
#define MI_RADIOMICS_MATRIX_H
#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

/* i: code of a grey level; j: code of another, run length, zone size, distance or dependence. */
enum { MI_CELL_J_BITS = 36, MI_CELL_I_BITS = 28 };

typedef struct mi_cell { uint64_t key; double n; } mi_cell;

static inline uint64_t mi_cell_key(int64_t i, int64_t j)
{
    return (uint64_t)i << MI_CELL_J_BITS | (uint64_t)j;
}
static inline int64_t mi_cell_i(const mi_cell *c)
{
    return (int64_t)(c->key >> MI_CELL_J_BITS);
}
static inline int64_t mi_cell_j(const mi_cell *c)
{
    return (int64_t)(c->key & (((uint64_t)1 << MI_CELL_J_BITS) - 1));
}

typedef struct mi_matrix {
    mi_cell *cell;
    int64_t n, cap;
    double voxels; /* voxels it was made from (N_v), weighted like the counts */
} mi_matrix;

#define MI_MATRIX_EMPTY { .n = 0 }

/* Room that sorting reuses. */
typedef struct mi_work { void *p; size_t size; } mi_work;
#define MI_WORK_EMPTY { .size = 0 }

void mi_matrix_free(mi_matrix *m);
void mi_matrix_clear(mi_matrix *m); /* no cells; keeps the memory */
/* Room for `more` cells behind the last. */
int mi_matrix_reserve(mi_matrix *m, int64_t more, mi_err *err);
void mi_work_free(mi_work *w);

/* Append without looking at the order; the room must have been reserved. */
static inline void mi_matrix_put(mi_matrix *m, int64_t i, int64_t j, double n)
{
    m->cell[m->n++] = (mi_cell){ mi_cell_key(i, j), n };
}

/* Sort the cells and add up those of equal key. */
int mi_matrix_reduce(mi_matrix *m, mi_work *w, mi_err *err);

/* to += weight * from; both sorted. */
int mi_matrix_add(mi_matrix *to, const mi_matrix *from, double weight, mi_err *err);

#endif
