/* Aggregations, and means over directions and slices. */
#include <math.h>
#include <stdlib.h>
#include "base/memory.h"
#include "radiomics/family.h"

const mi_aggregation mi_agg_six[6] = {
    { "2d_avg", "2D averaged", "BTW3" },
    { "2d_merge", "2D slice-merged", "SUJT" },
    { "25d_dir", "2.5D direction-merged", "JJUI" },
    { "25d_merge", "2.5D merged", "ZW7Z" },
    { "3d_avg", "3D averaged", "ITBB" },
    { "3d_merge", "3D merged", "IAZD" },
};

const mi_aggregation mi_agg_three[3] = {
    { "2d", "2D", "8QNN" },
    { "25d", "2.5D", "62GR" },
    { "3d", "3D", "KOBO" },
};

const mi_aggregation mi_agg_none[1] = { { "", "", "DHQ4" } };

int mi_mean_begin(mi_mean *m, int n_rows, mi_err *err)
{
    *m = (mi_mean){ .n_rows = n_rows };
    m->sum = mi_array_zero((size_t)n_rows, sizeof *m->sum, err);
    m->rest = mi_array_zero((size_t)n_rows, sizeof *m->rest, err);
    m->why = mi_array_zero((size_t)n_rows, sizeof *m->why, err);
    m->n = mi_array_zero((size_t)n_rows, sizeof *m->n, err);
    if (m->sum && m->rest && m->why && m->n)
        return 0;
    mi_mean_end(m, NULL, NULL, NULL);
    return -1;
}

/* One value into the sum of row r; what rounding loses goes to `rest` (Knuth, The Art of Computer
   Programming 2, 4.2.2, theorem B). */
static void add_value(mi_mean *m, int r, double x, const char *why)
{
    if (isnan(x)) {
        if (!m->why[r])
            m->why[r] = why;
        return;
    }
    double a = m->sum[r], s = a + x, b = s - a;
    m->rest[r] += (a - (s - b)) + (x - b);
    m->sum[r] = s;
    m->n[r]++;
}

void mi_mean_add(mi_mean *m, const mi_feature *rows, const void *state)
{
    for (int r = 0; r < m->n_rows; r++) {
        const char *why = NULL;
        double x = rows[r].value(state, &why);
        add_value(m, r, x, why);
    }
}

void mi_mean_add_values(mi_mean *m, const double *value, const char *const *why)
{
    for (int r = 0; r < m->n_rows; r++)
        add_value(m, r, value[r], why[r]);
}

void mi_mean_end(mi_mean *m, double *value, const char **why, const char *none)
{
    for (int r = 0; value && r < m->n_rows; r++) {
        value[r] = m->n[r] > 0 ? (m->sum[r] + m->rest[r]) / (double)m->n[r] : NAN;
        why[r] = m->n[r] > 0 ? NULL : m->why[r] ? m->why[r] : none;
    }
    free(m->sum);
    free(m->rest);
    free(m->why);
    free(m->n);
    *m = (mi_mean){ .n_rows = 0 };
}
