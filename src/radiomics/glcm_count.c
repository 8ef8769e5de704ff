/* Counting pairs of neighbouring voxels. Every pair is counted once per direction, from one of its
   ends; the matrix is symmetric, so only cells with i <= j are kept, with the value of that cell of
   M = M_m + M_m^T. */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/glcm.h"

enum {
    TABLE_MAX = 1 << 22,   /* entries of the tables that are filled at once */
    TABLE_EACH = 1 << 20,  /* of one of them, when several are */
    PART_VOXELS = 1 << 18
};

/* The volume is cut into chunks of slices, the directions into groups counted together. */
typedef struct glcm_parts { int chunks, group; } glcm_parts;

/* Entries of one dense table: row 0 and column 0 take what lies outside. */
static int64_t entries(const mi_levels *l)
{
    return ((int64_t)l->n_codes + 1) * ((int64_t)l->n_codes + 1);
}

/* A table pays when it is not much larger than what is counted into it. */
static bool use_table(const mi_levels *l, int64_t voxels)
{
    return entries(l) <= TABLE_MAX && entries(l) <= 4 * voxels + 4096;
}

int mi_glcm_setup(mi_texture_job *job, mi_err *err)
{
    const mi_settings *s = job->settings;
    mi_reach reach = s->glcm_norm == MI_NORM_CHEBYSHEV ? MI_REACH_STEPS : MI_REACH_SHELL;
    int64_t pad[3];
    if (mi_directions(&job->dir, (mi_norm)s->glcm_norm, reach, s->glcm_distance,
                      (mi_weighting)s->glcm_weighting, job->region->n, err) != 0)
        return -1;
    mi_offsets_pad(&job->dir, pad);
    if (mi_levels_build(&job->levels, job->region, pad, err) != 0)
        return -1;
    mi_offsets_locate(&job->dir, &job->levels);
    job->n_dir = job->dir.n;
    job->n_plane = job->dir.n_plane;
    job->first = job->planes ? job->n_plane : 0;
    glcm_parts *p = mi_array_zero(1, sizeof *p, err);
    if (!p)
        return -1;
    job->extra = p;
    const int64_t e = entries(&job->levels), n = job->n_dir - job->first;
    const int64_t box = job->levels.n[0] * job->levels.n[1] * job->levels.n[2];
    const bool table = use_table(&job->levels, box);
    p->chunks = table ? mi_texture_parts(&job->levels, e * 16 > PART_VOXELS ? e * 16 : PART_VOXELS)
                      : 1;
    p->group = table && TABLE_EACH / e > 1 ? (int)(TABLE_EACH / e) : 1;
    if (p->group > n)
        p->group = n > 0 ? (int)n : 1;
    job->n_parts = (int)((n + p->group - 1) / p->group) * p->chunks;
    return 0;
}

void mi_glcm_teardown(mi_texture_job *job)
{
    free(job->extra);
}

/* Slices [k0, k1), directions o[0 .. n): table[d][a][b] += 1 for every voxel of level a with b at
   the other end. */
MI_BODY void fill(const mi_levels *l, int64_t k0, int64_t k1, const int64_t *at, int n,
                  uint32_t *table, int width)
{
    const int64_t rows = (int64_t)l->n_codes + 1, each = rows * rows;
    for (int64_t z = k0; z < k1; z++)
        for (int64_t y = 0; y < l->n[1]; y++) {
            const int64_t row = y + l->n[1] * z, base = mi_levels_at(l, 0, y, z);
            for (int64_t x = l->from[row]; x < l->to[row]; x++) {
                const uint32_t a = mi_code(l->code, base + x, width);
                if (a == 0)
                    continue;
                uint32_t *t = table + a * rows;
                for (int d = 0; d < n; d++)
                    t[d * each + mi_code(l->code, base + x + at[d], width)]++;
            }
        }
}

static void fill_any(const mi_levels *l, int64_t k0, int64_t k1, const int64_t *at, int n,
                     uint32_t *table)
{
    if (l->width == 1)
        fill(l, k0, k1, at, n, table, 1);
    else if (l->width == 2)
        fill(l, k0, k1, at, n, table, 2);
    else
        fill(l, k0, k1, at, n, table, 4);
}

/* Add the lower half of a square table to the upper, tile by tile so that both stay in the
   cache. */
static void fold(uint32_t *t, int64_t rows)
{
    enum { TILE = 32 };
    for (int64_t i0 = 1; i0 < rows; i0 += TILE)
        for (int64_t j0 = i0; j0 < rows; j0 += TILE)
            for (int64_t i = i0; i < i0 + TILE && i < rows; i++)
                for (int64_t j = j0 > i ? j0 : i + 1; j < j0 + TILE && j < rows; j++)
                    t[i * rows + j] += t[j * rows + i];
}

static int table_cells(const mi_levels *l, uint32_t *t, mi_matrix *m, mi_err *err)
{
    const int64_t rows = (int64_t)l->n_codes + 1;
    fold(t, rows);
    for (int64_t i = 1; i < rows; i++) {
        if (mi_matrix_reserve(m, rows - i, err) != 0)
            return -1;
        if (t[i * rows + i] > 0)
            mi_matrix_put(m, i, i, 2.0 * t[i * rows + i]);
        for (int64_t j = i + 1; j < rows; j++)
            if (t[i * rows + j] > 0)
                mi_matrix_put(m, i, j, t[i * rows + j]);
    }
    return 0;
}

/* Without a table: one cell per pair, sorted and added up afterwards. */
static int list_cells(const mi_levels *l, int64_t k0, int64_t k1, int64_t at, mi_work *w,
                      mi_matrix *m, mi_err *err)
{
    for (int64_t z = k0; z < k1; z++) {
        if (mi_matrix_reserve(m, l->in_slice[z], err) != 0)
            return -1;
        for (int64_t y = 0; y < l->n[1]; y++) {
            const int64_t row = y + l->n[1] * z, base = mi_levels_at(l, 0, y, z);
            for (int64_t x = l->from[row]; x < l->to[row]; x++) {
                const uint32_t a = mi_code(l->code, base + x, l->width);
                const uint32_t b = mi_code(l->code, base + x + at, l->width);
                if (a > 0 && b > 0)
                    mi_matrix_put(m, a < b ? a : b, a < b ? b : a, 1 + (a == b));
            }
        }
    }
    return mi_matrix_reduce(m, w, err);
}

/* Directions [d0, d1) of slices [k0, k1). */
static int count(const mi_texture_job *job, mi_glcm_scratch *s, int64_t k0, int64_t k1, int d0,
                 int d1, mi_matrix *m, mi_err *err)
{
    const mi_levels *l = &job->levels;
    const int64_t each = entries(l), n = d1 - d0;
    const bool table = use_table(l, (k1 - k0) * l->n[0] * l->n[1]);
    int64_t voxels = 0;
    for (int64_t k = k0; k < k1; k++)
        voxels += l->in_slice[k];
    if (n > s->n_at) {
        free(s->at);
        s->at = mi_array((size_t)n, sizeof *s->at, err);
        if (!s->at)
            return -1;
        s->n_at = n;
    }
    if (table && n * each > s->n_table) {
        free(s->table);
        s->table = mi_array((size_t)(n * each), sizeof *s->table, err);
        if (!s->table)
            return -1;
        s->n_table = n * each;
    }
    for (int d = d0; d < d1; d++) {
        s->at[d - d0] = job->dir.o[d].at;
        m[d].voxels = (double)voxels;
    }
    if (table) {
        memset(s->table, 0, (size_t)(n * each) * sizeof *s->table);
        fill_any(l, k0, k1, s->at, (int)n, s->table);
    }
    for (int d = d0; d < d1; d++)
        if ((table ? table_cells(l, s->table + (d - d0) * each, &m[d], err)
                   : list_cells(l, k0, k1, s->at[d - d0], &s->work, &m[d], err)) != 0)
            return -1;
    return 0;
}

int mi_glcm_plane(const mi_texture_job *job, void *scratch, int64_t k, mi_matrix *m, mi_err *err)
{
    const glcm_parts *p = job->extra;
    int rc = 0;
    for (int d = 0; d < job->n_plane && rc == 0; d += p->group)
        rc = count(job, scratch, k, k + 1, d,
                   d + p->group < job->n_plane ? d + p->group : job->n_plane, m, err);
    return rc;
}

int mi_glcm_part(const mi_texture_job *job, void *scratch, int part, mi_matrix *m, mi_err *err)
{
    const glcm_parts *p = job->extra;
    int64_t k0, k1;
    int d = job->first + part / p->chunks * p->group;
    mi_texture_part(&job->levels, p->chunks, part % p->chunks, &k0, &k1);
    return count(job, scratch, k0, k1, d, d + p->group < job->n_dir ? d + p->group : job->n_dir,
                 m, err);
}
