/* Counting tone differences. */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/ngtdm.h"

enum { SMALL = 255, TABLE_MAX = 1 << 22 };

int mi_ngtdm_setup(mi_texture_job *job, mi_err *err)
{
    const mi_settings *s = job->settings;
    return mi_texture_around(job, (mi_norm)s->ngtdm_norm, s->ngtdm_distance, err);
}

/* Number and sum of the neighbours of a row of voxels, for codes of one byte that are levels and
   few neighbours. The last block runs past the row. */
MI_KERNEL static void look_small(const uint8_t *c, int64_t n, const mi_offset *o, int n_o,
                                 uint8_t *count, uint16_t *sum)
{
    for (int64_t x = 0; x < n; x += MI_BLOCK) {
        mi_block8 b, w = { 0 };
        mi_half16 even = { 0 }, odd = { 0 };
        for (int k = 0; k < n_o; k++) {
            memcpy(&b, c + x + o[k].at, sizeof b);
            w -= (mi_block8)(b > 0);
            even += MI_EVEN(b);
            odd += MI_ODD(b);
        }
        uint16_t e[MI_BLOCK / 2], f[MI_BLOCK / 2];
        memcpy(count + x, &w, sizeof w);
        memcpy(e, &even, sizeof e);
        memcpy(f, &odd, sizeof f);
        for (int i = 0; i < MI_BLOCK / 2; i++) {
            sum[x + 2 * i] = e[i];
            sum[x + 2 * i + 1] = f[i];
        }
    }
}

static void look(const mi_levels *l, int64_t at, int64_t n, const mi_offset *o, int n_o,
                 int32_t *count, int64_t *sum)
{
    for (int64_t x = 0; x < n; x++) {
        count[x] = 0;
        sum[x] = 0;
        for (int k = 0; k < n_o; k++) {
            const uint32_t b = mi_code(l->code, at + x + o[k].at, l->width);
            if (b > 0) {
                count[x]++;
                sum[x] += mi_level_of(l, b);
            }
        }
    }
}

static int rows_room(const mi_levels *l, mi_tone_scratch *s, bool small, mi_err *err)
{
    const size_t n = (size_t)l->n[0] + MI_BLOCK;
    if (small && !s->few) {
        s->few = mi_array(n, sizeof *s->few, err);
        s->sum_few = mi_array(n, sizeof *s->sum_few, err);
        return s->few && s->sum_few ? 0 : -1;
    }
    if (!small && !s->many) {
        s->many = mi_array(n, sizeof *s->many, err);
        s->sum_many = mi_array(n, sizeof *s->sum_many, err);
        return s->many && s->sum_many ? 0 : -1;
    }
    return 0;
}

/* Where counts go: tables, or cells to be sorted. */
typedef struct sink {
    mi_tone_scratch *s;
    bool table;
    int64_t columns; /* W from 0 */
    mi_matrix *list;
} sink;

static int sink_open(sink *k, const mi_levels *l, int64_t voxels, int n_o, mi_err *err)
{
    k->columns = n_o + 1;
    const int64_t cells = ((int64_t)l->n_codes + 1) * k->columns;
    k->table = cells <= TABLE_MAX && cells <= 4 * voxels + 4096;
    if (!k->table)
        return mi_matrix_reserve(k->list, 2 * voxels, err);
    mi_tone_scratch *s = k->s;
    if (cells > s->n_table) {
        free(s->count);
        free(s->differ);
        s->count = mi_array((size_t)cells, sizeof *s->count, err);
        s->differ = mi_array((size_t)cells, sizeof *s->differ, err);
        s->n_table = cells;
        if (!s->count || !s->differ)
            return -1;
    }
    memset(s->count, 0, (size_t)cells * sizeof *s->count);
    memset(s->differ, 0, (size_t)cells * sizeof *s->differ);
    return 0;
}

static int sink_close(const sink *k, const mi_levels *l, mi_matrix *m, mi_err *err)
{
    if (!k->table)
        return mi_matrix_reduce(m, &k->s->work, err);
    for (int64_t c = 1; c <= l->n_codes; c++)
        for (int64_t w = 1; w < k->columns; w++) {
            const int64_t at = c * k->columns + w;
            if (k->s->count[at] == 0)
                continue;
            if (mi_matrix_reserve(m, 2, err) != 0)
                return -1;
            mi_matrix_put(m, c, 2 * w, (double)k->s->count[at]);
            if (k->s->differ[at] > 0)
                mi_matrix_put(m, c, 2 * w + 1, (double)k->s->differ[at]);
        }
    return 0;
}

/* A voxel of code c with w neighbours of that sum; voxels without neighbours fall into column 0,
   which nobody reads. */
static void sink_add(const sink *k, const mi_levels *l, uint32_t c, int64_t w, int64_t sum)
{
    const int64_t d = llabs((long long)(w * mi_level_of(l, c) - sum));
    if (k->table) {
        k->s->count[c * k->columns + w]++;
        k->s->differ[c * k->columns + w] += d;
    } else if (w > 0) {
        mi_matrix_put(k->list, c, 2 * w, 1);
        mi_matrix_put(k->list, c, 2 * w + 1, (double)d);
    }
}

static int count(const mi_texture_job *job, mi_tone_scratch *s, int64_t k0, int64_t k1, int n_o,
                 mi_matrix *m, mi_err *err)
{
    const mi_levels *l = &job->levels;
    const mi_offset *o = job->dir.o;
    const bool small = l->width == 1 && l->direct && n_o <= SMALL;
    sink k = { .s = s, .list = m };
    int64_t voxels = 0;
    for (int64_t z = k0; z < k1; z++)
        voxels += l->in_slice[z];
    m->voxels = (double)voxels;
    if (rows_room(l, s, small, err) != 0 || sink_open(&k, l, voxels, n_o, err) != 0)
        return -1;
    for (int64_t z = k0; z < k1; z++)
        for (int64_t y = 0; y < l->n[1]; y++) {
            const int64_t row = y + l->n[1] * z, n = l->to[row] - l->from[row];
            const int64_t at = mi_levels_at(l, l->from[row], y, z);
            if (small)
                look_small((const uint8_t *)l->code + at, n, o, n_o, s->few, s->sum_few);
            else
                look(l, at, n, o, n_o, s->many, s->sum_many);
            for (int64_t x = 0; x < n; x++) {
                const uint32_t c = mi_code(l->code, at + x, l->width);
                if (c > 0 && small)
                    sink_add(&k, l, c, s->few[x], s->sum_few[x]);
                else if (c > 0)
                    sink_add(&k, l, c, s->many[x], s->sum_many[x]);
            }
        }
    return sink_close(&k, l, m, err);
}

int mi_ngtdm_plane(const mi_texture_job *job, void *scratch, int64_t k, mi_matrix *m, mi_err *err)
{
    return count(job, scratch, k, k + 1, job->dir.n_plane, m, err);
}

int mi_ngtdm_part(const mi_texture_job *job, void *scratch, int i, mi_matrix *m, mi_err *err)
{
    int64_t k0, k1;
    mi_texture_part(&job->levels, job->n_parts, i, &k0, &k1);
    return count(job, scratch, k0, k1, job->dir.n, m, err);
}
