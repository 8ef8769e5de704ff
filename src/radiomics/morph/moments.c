#include "radiomics/morph/moments.h"
#include <stdlib.h>
#include <string.h>
#include "base/linalg.h"
#include "base/memory.h"

__extension__ typedef __int128 wide;

enum { SLICES_PER_TASK = 8 };

typedef struct moments_job {
    const uint8_t *mask;
    const int64_t *n;
    mi_moments *part;
} moments_job;

static int64_t last_slice(int task, int64_t nz)
{
    int64_t z = (int64_t)(task + 1) * SLICES_PER_TASK;
    return z < nz ? z : nz;
}

/* Number, sum and sum of squares of the places of a row that are set; runs of eight equal voxels
   are taken at once. */
static void row_sums(const uint8_t *m, int64_t n, int64_t s[3])
{
    const uint64_t full = 0x0101010101010101u;
    int64_t x = 0;
    memset(s, 0, 3 * sizeof *s);
    while (x < n) {
        uint64_t word = 1;
        if (x + 8 <= n)
            memcpy(&word, m + x, 8);
        if (word == 0) {
            x += 8;
        } else if (word == full) {
            s[0] += 8;
            s[1] += 8 * x + 28;
            s[2] += 8 * x * x + 56 * x + 140;
            x += 8;
        } else {
            for (int64_t end = x + 8 < n ? x + 8 : n; x < end; x++) {
                s[0] += m[x];
                s[1] += m[x] ? x : 0;
                s[2] += m[x] ? x * x : 0;
            }
        }
    }
}

static int moments_task(void *ctx, int task, mi_err *err)
{
    const moments_job *j = ctx;
    mi_moments *p = &j->part[task];
    (void)err;
    for (int64_t z = (int64_t)task * SLICES_PER_TASK; z < last_slice(task, j->n[2]); z++)
        for (int64_t y = 0; y < j->n[1]; y++) {
            int64_t s[3];
            row_sums(j->mask + (z * j->n[1] + y) * j->n[0], j->n[0], s);
            p->n += s[0];
            p->first[0] += s[1];
            p->first[1] += s[0] * y;
            p->first[2] += s[0] * z;
            p->second[0] += s[2];
            p->second[1] += s[1] * y;
            p->second[2] += s[1] * z;
            p->second[3] += s[0] * y * y;
            p->second[4] += s[0] * y * z;
            p->second[5] += s[0] * z * z;
        }
    return 0;
}

int mi_moments_of(const uint8_t *mask, const int64_t n[3], mi_pool *pool, mi_moments *out,
                  mi_err *err)
{
    int tasks = (int)((n[2] + SLICES_PER_TASK - 1) / SLICES_PER_TASK);
    moments_job j = { mask, n, mi_array_zero((size_t)tasks, sizeof *j.part, err) };
    int rc = j.part ? mi_pool_run(pool, tasks, moments_task, &j, err) : -1;
    memset(out, 0, sizeof *out);
    for (int t = 0; rc == 0 && t < tasks; t++) {
        out->n += j.part[t].n;
        for (int i = 0; i < 3; i++)
            out->first[i] += j.part[t].first[i];
        for (int i = 0; i < 6; i++)
            out->second[i] += j.part[t].second[i];
    }
    free(j.part);
    return rc;
}

void mi_moments_centre(const mi_moments *m, const double spacing[3], double centre[3])
{
    for (int a = 0; a < 3; a++)
        centre[a] = (double)m->first[a] / (double)m->n * spacing[a];
}

void mi_moments_principal(const mi_moments *m, const double spacing[3], double lambda[3])
{
    static const int place[3][3] = { { 0, 1, 2 }, { 1, 3, 4 }, { 2, 4, 5 } };
    double c[3][3], v[3][3];
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            wide t = (wide)m->n * m->second[place[a][b]] - (wide)m->first[a] * m->first[b];
            c[a][b] = (double)t / ((double)m->n * (double)(m->n - 1)) * (spacing[a] * spacing[b]);
        }
    mi_eigen3((const double(*)[3])c, lambda, v);
    /* A flat or straight region has eigenvalues of exactly 0, which rounding may miss. */
    for (int i = 0; i < 3; i++)
        if (lambda[i] < 1e-13 * lambda[0])
            lambda[i] = 0;
}

typedef struct weighted_job {
    const mi_region *r;
    mi_weighted *part;
} weighted_job;

static int weighted_task(void *ctx, int task, mi_err *err)
{
    const weighted_job *j = ctx;
    const mi_region *r = j->r;
    mi_weighted *p = &j->part[task];
    int64_t z = task;
    (void)err;
    for (int64_t y = 0; y < r->n[1]; y++) {
        const int64_t at = (z * r->n[1] + y) * r->n[0];
        double s = 0, sx = 0;
        for (int64_t x = 0; x < r->n[0]; x++)
            if (r->inten[at + x]) {
                s += r->value[at + x];
                sx += r->value[at + x] * (double)x;
            }
        p->sum += s;
        p->first[0] += sx;
        p->first[1] += s * (double)y;
    }
    p->first[2] = p->sum * (double)z;
    return 0;
}

int mi_weighted_of(const mi_region *r, mi_pool *pool, mi_weighted *out, mi_err *err)
{
    int tasks = (int)r->n[2];
    weighted_job j = { r, mi_array_zero((size_t)tasks, sizeof *j.part, err) };
    int rc = j.part ? mi_pool_run(pool, tasks, weighted_task, &j, err) : -1;
    memset(out, 0, sizeof *out);
    for (int t = 0; rc == 0 && t < tasks; t++) {
        out->sum += j.part[t].sum;
        for (int i = 0; i < 3; i++)
            out->first[i] += j.part[t].first[i];
    }
    free(j.part);
    return rc;
}
