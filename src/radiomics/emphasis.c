/* Features of matrices over grey level and run length, zone size, distance or dependence count. */
#include <math.h>
#include <stdlib.h>
#include "radiomics/emphasis.h"

void mi_emphasis_close(mi_emphasis_scratch *s)
{
    mi_work_free(&s->work);
    mi_matrix_free(&s->by_j);
}

/* Mean, sum of squares and variance of a margin given as counts. */
typedef struct margin { double sum, first, squares; } margin;

static void margin_add(margin *g, double x, double n)
{
    g->sum += n;
    g->first += x * n;
    g->squares += n * n;
}

/* Levels: the cells of one level lie together. Returns the end of the group that begins at k and
   its count. */
static int64_t group(const mi_matrix *m, int64_t k, double *n)
{
    const int64_t i = mi_cell_i(&m->cell[k]);
    for (*n = 0; k < m->n && mi_cell_i(&m->cell[k]) == i; k++)
        *n += m->cell[k].n;
    return k;
}

static void over_levels(const mi_levels *l, const mi_matrix *m, mi_emphasis *e)
{
    margin g = { 0 };
    double n;
    for (int64_t k = 0, end; k < m->n; k = end) {
        end = group(m, k, &n);
        const double i = (double)mi_level_of(l, mi_cell_i(&m->cell[k]));
        margin_add(&g, i, n);
        e->low_i += n / (i * i);
        e->high_i += n * (i * i);
    }
    const double mean = g.first / g.sum;
    for (int64_t k = 0, end; k < m->n; k = end) {
        end = group(m, k, &n);
        const double d = (double)mi_level_of(l, mi_cell_i(&m->cell[k])) - mean;
        e->level_variance += d * d * (n / g.sum);
    }
    e->low_i /= g.sum;
    e->high_i /= g.sum;
    e->level_nonuniform = g.squares / g.sum;
    e->level_nonuniform_norm = g.squares / (g.sum * g.sum);
}

static int over_j(mi_emphasis_scratch *s, const mi_matrix *m, mi_emphasis *e, mi_err *err)
{
    mi_matrix *h = &s->by_j;
    margin g = { 0 };
    mi_matrix_clear(h);
    if (mi_matrix_reserve(h, m->n, err) != 0)
        return -1;
    for (int64_t k = 0; k < m->n; k++)
        mi_matrix_put(h, 0, mi_cell_j(&m->cell[k]), m->cell[k].n);
    if (mi_matrix_reduce(h, &s->work, err) != 0)
        return -1;
    for (int64_t k = 0; k < h->n; k++) {
        const double j = (double)mi_cell_j(&h->cell[k]), n = h->cell[k].n;
        margin_add(&g, j, n);
        e->small_j += n / (j * j);
        e->large_j += n * (j * j);
    }
    const double mean = g.first / g.sum;
    for (int64_t k = 0; k < h->n; k++) {
        const double d = (double)mi_cell_j(&h->cell[k]) - mean;
        e->j_variance += d * d * (h->cell[k].n / g.sum);
    }
    e->small_j /= g.sum;
    e->large_j /= g.sum;
    e->j_nonuniform = g.squares / g.sum;
    e->j_nonuniform_norm = g.squares / (g.sum * g.sum);
    e->percentage = g.sum / m->voxels;
    return 0;
}

static void over_cells(const mi_levels *l, const mi_matrix *m, mi_emphasis *e)
{
    double sum = 0;
    for (int64_t k = 0; k < m->n; k++)
        sum += m->cell[k].n;
    for (int64_t k = 0; k < m->n; k++) {
        const double i = (double)mi_level_of(l, mi_cell_i(&m->cell[k]));
        const double j = (double)mi_cell_j(&m->cell[k]), n = m->cell[k].n, p = n / sum;
        const double ii = i * i, jj = j * j;
        e->small_low += n / (ii * jj);
        e->small_high += n * ii / jj;
        e->large_low += n * jj / ii;
        e->large_high += n * ii * jj;
        e->energy += p * p;
        e->entropy -= p * log2(p);
    }
    if (m->n == 1)
        e->entropy = 0;
    e->small_low /= sum;
    e->small_high /= sum;
    e->large_low /= sum;
    e->large_high /= sum;
}

int mi_emphasis_read(const mi_levels *l, mi_emphasis_scratch *s, const mi_matrix *m,
                     mi_emphasis *e, mi_err *err)
{
    *e = (mi_emphasis){ 0 };
    over_levels(l, m, e);
    over_cells(l, m, e);
    return over_j(s, m, e, err);
}

#define FIELD(field)                                                                               \
    double mi_emphasis_##field(const void *state, const char **why)                                \
    {                                                                                              \
        (void)why;                                                                                 \
        return ((const mi_emphasis *)state)->field;                                                \
    }
FIELD(small_j)
FIELD(large_j)
FIELD(low_i)
FIELD(high_i)
FIELD(small_low)
FIELD(small_high)
FIELD(large_low)
FIELD(large_high)
FIELD(level_nonuniform)
FIELD(level_nonuniform_norm)
FIELD(j_nonuniform)
FIELD(j_nonuniform_norm)
FIELD(percentage)
FIELD(level_variance)
FIELD(j_variance)
FIELD(entropy)
FIELD(energy)
