/* Neighbourhood grey tone difference matrix (IBSI 1 reference manual, 3.10; Amadasun and King
   1989). Counted exactly: for level i and number W of neighbours in the region, the voxels and the
   whole number sum |W i - sum of neighbours|, from which s_i = sum_W (...) / W. The cells (i, 2 W)
   and (i, 2 W + 1) hold the two. */
#include <math.h>
#include <stdlib.h>
#include "base/memory.h"
#include "radiomics/ngtdm.h"

typedef struct tone_state {
    double coarse;   /* sum_i p_i s_i */
    double differ;   /* sum_i s_i */
    double voxels;   /* N_v,c */
    int64_t levels;  /* N_g,p */
    double spread;   /* sum_ij p_i p_j (i - j)^2 */
    double busy;     /* sum_ij |i p_i - j p_j| */
    double complex, strong;
} tone_state;

/* n_i, s_i and p_i of the levels that have voxels with neighbours. */
static int make_rows(const mi_levels *l, mi_tone_scratch *s, const mi_matrix *m, tone_state *t,
                     mi_err *err)
{
    free(s->row);
    s->n_row = 0;
    s->row = mi_array((size_t)m->n, sizeof *s->row, err);
    if (!s->row)
        return -1;
    for (int64_t k = 0, last = -1; k < m->n; k++) {
        const int64_t code = mi_cell_i(&m->cell[k]), j = mi_cell_j(&m->cell[k]);
        if (code != last)
            s->row[s->n_row++] = (mi_tone_row){ .i = (double)mi_level_of(l, code) };
        last = code;
        mi_tone_row *r = &s->row[s->n_row - 1];
        if (j % 2 == 0)
            r->n += m->cell[k].n;
        else
            r->s += m->cell[k].n / (double)(j / 2);
    }
    for (int64_t k = 0; k < s->n_row; k++)
        t->voxels += s->row[k].n;
    for (int64_t k = 0; k < s->n_row; k++)
        s->row[k].p = s->row[k].n / t->voxels;
    t->levels = s->n_row;
    return 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* sum_ij |i p_i - j p_j| over ordered pairs: every gap between neighbours in order lies between the
   k values below and the n - k above it. Counts stand for probabilities until the end, so that
   equal products differ by nothing. */
static int busy_sum(mi_tone_scratch *s, tone_state *t, mi_err *err)
{
    const int64_t n = s->n_row;
    double *v = mi_array((size_t)n, sizeof *v, err);
    if (!v)
        return -1;
    for (int64_t k = 0; k < n; k++)
        v[k] = s->row[k].i * s->row[k].n;
    qsort(v, (size_t)n, sizeof *v, by_value);
    for (int64_t k = 1; k < n; k++)
        t->busy += 2 * (v[k] - v[k - 1]) * ((double)k * (double)(n - k));
    t->busy /= t->voxels;
    free(v);
    return 0;
}

/* sum_ij |i - j| (n_i s_i + n_j s_j) / (n_i + n_j) over ordered pairs is 2 sum_i n_i s_i sum_j |i -
   j| / (n_i + n_j). Levels of equal n_j are summed together, so that many levels (then with few
   different counts) stay cheap. */
static int complexity_sum(mi_tone_scratch *s, tone_state *t, mi_err *err)
{
    mi_matrix *g = &s->by_count;
    const int64_t n = s->n_row;
    mi_matrix_clear(g);
    if (mi_matrix_reserve(g, n, err) != 0)
        return -1;
    for (int64_t k = 0; k < n; k++)
        mi_matrix_put(g, 0, (int64_t)s->row[k].n, 1);
    if (mi_matrix_reduce(g, &s->work, err) != 0)
        return -1;
    for (int64_t c = 0; c < g->n; c++) {
        const double count = (double)mi_cell_j(&g->cell[c]);
        double left = 0, left_sum = 0, right = 0, right_sum = 0;
        for (int64_t k = 0; k < n; k++)
            if (s->row[k].n == count) {
                right++;
                right_sum += s->row[k].i;
            }
        for (int64_t k = 0; k < n; k++) {
            const mi_tone_row *r = &s->row[k];
            if (r->n == count) {
                right--;
                right_sum -= r->i;
            }
            const double apart = (r->i * left - left_sum) + (right_sum - r->i * right);
            t->complex += 2 * (r->n * r->s) * apart / (r->n + count);
            if (r->n == count) {
                left++;
                left_sum += r->i;
            }
        }
    }
    t->complex /= t->voxels;
    return 0;
}

/* Over ordered pairs, from the moments about a centre: sum_ij p_i p_j (i - j)^2 is twice the
   variance, sum_ij (p_i + p_j)(i - j)^2 is 2 sum_i p_i (n (i - m)^2 + sum_j (j - m)^2). */
static void spread_and_strength(const mi_tone_scratch *s, tone_state *t)
{
    double mean = 0, plain = 0, squares = 0;
    const double n = (double)s->n_row;
    for (int64_t k = 0; k < s->n_row; k++) {
        mean += s->row[k].i * s->row[k].n;
        plain += s->row[k].i;
    }
    mean /= t->voxels;
    plain /= n;
    for (int64_t k = 0; k < s->n_row; k++) {
        const double d = s->row[k].i - mean, e = s->row[k].i - plain;
        t->spread += 2 * d * d * s->row[k].p;
        squares += e * e;
    }
    for (int64_t k = 0; k < s->n_row; k++) {
        const double e = s->row[k].i - plain;
        t->strong += 2 * s->row[k].p * (n * (e * e) + squares);
    }
}

static int read_matrix(const mi_texture_job *job, void *scratch, const mi_matrix *m, void *state,
                       mi_err *err)
{
    mi_tone_scratch *s = scratch;
    tone_state *t = state;
    *t = (tone_state){ .levels = 0 };
    if (make_rows(&job->levels, s, m, t, err) != 0 || busy_sum(s, t, err) != 0 ||
        complexity_sum(s, t, err) != 0)
        return -1;
    for (int64_t k = 0; k < s->n_row; k++) {
        t->coarse += s->row[k].p * s->row[k].s;
        t->differ += s->row[k].s;
    }
    spread_and_strength(s, t);
    return 0;
}

static void close_scratch(void *scratch)
{
    mi_tone_scratch *s = scratch;
    mi_work_free(&s->work);
    mi_matrix_free(&s->by_count);
    free(s->few);
    free(s->sum_few);
    free(s->many);
    free(s->sum_many);
    free(s->count);
    free(s->differ);
    free(s->row);
}

/* ---- values ---- */

/* "The maximum coarseness value is set to an arbitrary number of 10^6", reached where no voxel
   differs from the mean of its neighbours. */
static double coarseness(const void *state, const char **why)
{
    const tone_state *t = state;
    (void)why;
    return t->coarse > 1e-6 ? 1 / t->coarse : 1e6;
}

static double contrast(const void *state, const char **why)
{
    const tone_state *t = state;
    const double n = (double)t->levels;
    (void)why;
    return t->levels > 1 ? t->spread / (n * (n - 1)) * (t->differ / t->voxels) : 0;
}

static double busyness(const void *state, const char **why)
{
    const tone_state *t = state;
    if (t->levels == 1)
        return 0;
    if (t->busy > 0)
        return t->coarse / t->busy;
    *why = "all products of grey level and probability are equal";
    return NAN;
}

static double complexity(const void *state, const char **why)
{
    (void)why;
    return ((const tone_state *)state)->complex;
}

static double strength(const void *state, const char **why)
{
    const tone_state *t = state;
    (void)why;
    return t->differ > 0 ? t->strong / t->differ : 0;
}

#define SECTION "IBSI 1 reference manual, 3.10."
static const mi_feature rows[] = {
    { "coarseness", "Coarseness", "QCDE", "1",
      "inverse of the summed differences between voxels and the mean of their neighbours",
      "1 / sum_i p_i s_i, at most 10^6", SECTION "1", "ngtdm_Coarseness", coarseness },
    { "contrast", "Contrast", "65HE", "1",
      "range of the grey levels times the mean difference from the neighbours",
      "sum_ij p_i p_j (i - j)^2 / (Ngp (Ngp - 1)) * sum_i s_i / Nvc; 0 when Ngp is 1",
      SECTION "2", "ngtdm_Contrast", contrast },
    { "busyness", "Busyness", "NQ30", "1",
      "how fast grey levels change between neighbours, relative to the range of levels",
      "sum_i p_i s_i / sum_ij |i p_i - j p_j| over p_i, p_j > 0; 0 when Ngp is 1",
      SECTION "3", "ngtdm_Busyness", busyness },
    { "complexity", "Complexity", "HDEZ", "1",
      "how many rapid and large changes of grey level there are",
      "1/Nvc sum_ij |i - j| (p_i s_i + p_j s_j) / (p_i + p_j) over p_i, p_j > 0",
      SECTION "4", "ngtdm_Complexity", complexity },
    { "strength", "Strength", "1X9X", "1",
      "how distinct the grey levels are, relative to the differences between neighbours",
      "sum_ij (p_i + p_j)(i - j)^2 / sum_i s_i over p_i, p_j > 0; 0 when all s_i are 0",
      SECTION "5", "ngtdm_Strength", strength },
};

const mi_texture mi_texture_ngtdm = {
    .none = "no voxel of the region has a neighbour in it",
    .state_size = sizeof(tone_state),
    .scratch_size = sizeof(mi_tone_scratch),
    .setup = mi_ngtdm_setup,
    .close = close_scratch,
    .plane = mi_ngtdm_plane,
    .part = mi_ngtdm_part,
    .read = read_matrix,
};

const mi_family mi_family_ngtdm = {
    .id = "ngtdm",
    .name = "NGTDM",
    .title = "neighbourhood grey tone difference matrix",
    .aggregations = mi_agg_three,
    .n_aggregations = MI_COUNT(mi_agg_three),
    .rows = rows,
    .n_rows = MI_COUNT(rows),
    .needs_levels = true,
    .texture = &mi_texture_ngtdm,
    .symbols =
        "Nvc voxels that have neighbours; p_i share of level i among them; s_i sum of |i - mean "
        "of the neighbours| over those of level i; Ngp levels that there are",
};
