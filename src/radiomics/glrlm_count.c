/* Counting runs: one pass per direction carries the length of the run that ends at each voxel. */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/glrlm.h"

enum { TABLE_MAX = 1 << 21, LONG = UINT8_MAX };

/* One scan of slices along one direction. */
typedef struct scan {
    const mi_levels *l;
    int64_t f[3], at;   /* the direction, turned so that the voxel before comes first in the scan */
    int64_t columns;    /* longest run + 1 */
    bool small;         /* lengths take one byte; runs of one voxel are not counted as they end */
    void *now, *before; /* lengths in this slice and the one before */
    uint32_t *ends;
    uint32_t *table;    /* NULL: list */
    mi_matrix *list;
} scan;

/* ---- any width: every run is counted where the next voxel differs ---- */

static void extend(const scan *s, int64_t base, const int32_t *from, int32_t *to, int64_t x0,
                   int64_t x1)
{
    const void *code = s->l->code;
    const int width = s->l->width;
    for (int64_t x = x0; x < x1; x++) {
        const uint32_t c = mi_code(code, base + x, width);
        to[x] = (c > 0 && c == mi_code(code, base + x - s->at, width) ? from[x] : 0) + 1;
    }
}

static void count_ends(const scan *s, int64_t base, const int32_t *length, int64_t x0, int64_t x1)
{
    const void *code = s->l->code;
    const int width = s->l->width;
    for (int64_t x = x0; x < x1; x++) {
        const uint32_t c = mi_code(code, base + x, width);
        if (c == 0 || c == mi_code(code, base + x + s->at, width))
            continue;
        if (s->table)
            s->table[c * s->columns + length[x]]++;
        else
            mi_matrix_put(s->list, c, length[x], 1);
    }
}

/* ---- codes of one byte: lengths take one byte too and stop at LONG ---- */

/* One bit per byte of a block (bytes are 0 or all bits). */
MI_BODY uint32_t bits_of(const mi_block8 *b)
{
    static const mi_block8 bit = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128,
                                   1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
    uint64_t eight[MI_BLOCK / 8];
    uint32_t bits = 0;
    const mi_block8 set = *b & bit;
    memcpy(eight, &set, sizeof eight);
    for (int k = 0; k < MI_BLOCK / 8; k++) /* the product's top byte is the sum of all bytes */
        bits |= (uint32_t)(eight[k] * 0x0101010101010101u >> 56) << (8 * k);
    return bits;
}

/* Lengths of the runs that end at the voxels of a row, from those that end at the voxels before;
   and where a run of more than one voxel ends, a bit per voxel. Blocks run past the row: lengths
   there are not read before their own row has written them. */
MI_KERNEL static void extend_small(const uint8_t *c, int64_t at, const uint8_t *from, uint8_t *to,
                                   int64_t n, uint32_t *ends)
{
    for (int64_t x = 0; x < n; x += MI_BLOCK) {
        mi_block8 a, back, next, length;
        memcpy(&a, c + x, sizeof a);
        memcpy(&back, c + x - at, sizeof back);
        memcpy(&next, c + x + at, sizeof next);
        memcpy(&length, from + x, sizeof length);
        const mi_block8 grows = (mi_block8)(a == back) & (mi_block8)(a > 0);
        const mi_block8 end = grows & (mi_block8)(a != next);
        ends[x / MI_BLOCK] = bits_of(&end);
        length &= grows;
        length -= (mi_block8)(length < LONG);
        memcpy(to + x, &length, sizeof length);
    }
}

/* Runs along the row itself cannot be worked on side by side. */
static void extend_row(const uint8_t *c, uint8_t *to, int64_t n, uint32_t *ends)
{
    for (int64_t x = 0; x < n; x++) {
        const uint32_t grows = c[x] > 0 && c[x] == c[x - 1], ended = c[x] != c[x + 1];
        to[x] = (uint8_t)(!grows ? 1 : to[x - 1] + (to[x - 1] < LONG));
        if (x % MI_BLOCK == 0)
            ends[x / MI_BLOCK] = 0;
        ends[x / MI_BLOCK] |= (grows & ended) << (x % MI_BLOCK);
    }
}

static int64_t walk_back(const uint8_t *c, int64_t at)
{
    int64_t n = 1;
    while (*(c - n * at) == *c)
        n++;
    return n;
}

static void count_small(const scan *s, const uint8_t *c, const uint8_t *length, int64_t n)
{
    for (int64_t x = 0; x < n; x += MI_BLOCK) {
        uint32_t bits = s->ends[x / MI_BLOCK];
        if (n - x < MI_BLOCK)
            bits &= (UINT32_C(1) << (n - x)) - 1;
        for (; bits; bits &= bits - 1) {
            const int64_t i = x + __builtin_ctz(bits);
            const int64_t j = length[i] < LONG ? length[i] : walk_back(c + i, s->at);
            s->table[c[i] * s->columns + j]++;
        }
    }
}

/* Voxels of slices [k0, k1) by code. */
static void count_voxels(const mi_levels *l, int64_t k0, int64_t k1, int64_t *voxels)
{
    for (int64_t z = k0; z < k1; z++)
        for (int64_t y = 0; y < l->n[1]; y++) {
            const int64_t row = y + l->n[1] * z;
            const uint8_t *c = (const uint8_t *)l->code + mi_levels_at(l, 0, y, z);
            for (int64_t x = l->from[row]; x < l->to[row]; x++)
                voxels[c[x]]++;
        }
}

/* Runs of one voxel: the voxels of a level that are in no longer run. */
static void count_singles(const scan *s, const int64_t *voxels)
{
    for (int64_t c = 1; c <= s->l->n_codes; c++) {
        uint32_t *t = s->table + c * s->columns;
        int64_t left = voxels[c];
        for (int64_t j = 2; j < s->columns; j++)
            left -= j * t[j];
        if (s->columns > 1)
            t[1] = (uint32_t)left;
    }
}

/* ---- */

static void scan_slice(const scan *s, int64_t z)
{
    const mi_levels *l = s->l;
    const void *source = s->f[2] ? s->before : s->now;
    for (int64_t y = 0; y < l->n[1]; y++) {
        const int64_t row = y + l->n[1] * z, x0 = l->from[row], n = l->to[row] - x0;
        const int64_t base = mi_levels_at(l, 0, y, z), here = l->sy + 1 + y * l->sy;
        const int64_t back = here - s->f[0] - s->f[1] * l->sy;
        if (!s->small) {
            int32_t *to = (int32_t *)s->now + here;
            extend(s, base, (const int32_t *)source + back, to, x0, x0 + n);
            count_ends(s, base, to, x0, x0 + n);
            continue;
        }
        const uint8_t *c = (const uint8_t *)l->code + base + x0;
        uint8_t *to = (uint8_t *)s->now + here + x0;
        if (s->f[1] || s->f[2])
            extend_small(c, s->at, (const uint8_t *)source + back + x0, to, n, s->ends);
        else
            extend_row(c, to, n, s->ends);
        count_small(s, c, to, n);
    }
}

static int cells_of_table(const scan *s, mi_matrix *m, mi_err *err)
{
    for (int64_t c = 1; c <= s->l->n_codes; c++)
        for (int64_t j = 1; j < s->columns; j++) {
            const uint32_t n = s->table[c * s->columns + j];
            if (n == 0)
                continue;
            if (mi_matrix_reserve(m, 1, err) != 0)
                return -1;
            mi_matrix_put(m, c, j, n);
        }
    return 0;
}

/* Memory for a scan of slices [k0, k1); the table when it is not much larger than what is counted
   and 32 bits hold the counts. */
static int prepare(mi_run_scratch *r, scan *s, int64_t k0, int64_t k1, mi_err *err)
{
    const mi_levels *l = s->l;
    const int64_t cells = ((int64_t)l->n_codes + 1) * s->columns, box = (k1 - k0) * l->sz;
    const bool table = cells <= TABLE_MAX && cells <= 4 * box + 4096 && box <= UINT32_MAX;
    s->small = table && l->width == 1;
    if (!r->length) {
        r->n_length = 2 * (l->sz + MI_BLOCK) * (int64_t)sizeof(int32_t);
        r->length = mi_array_zero((size_t)r->n_length, 1, err);
        r->ends = mi_array((size_t)l->n[0] / MI_BLOCK + 1, sizeof *r->ends, err);
        if (!r->length || !r->ends)
            return -1;
    }
    s->ends = r->ends;
    s->now = r->length;
    s->before = (char *)r->length + (l->sz + MI_BLOCK) * (int64_t)(s->small ? 1 : sizeof(int32_t));
    s->table = NULL;
    if (!table)
        return 0;
    if (cells > r->n_table) {
        free(r->table);
        r->table = mi_array((size_t)cells, sizeof *r->table, err);
        if (!r->table)
            return -1;
        r->n_table = cells;
    }
    s->table = r->table;
    memset(s->table, 0, (size_t)cells * sizeof *s->table);
    return 0;
}

/* Runs of slices [k0, k1) along direction d; slices that the direction does not leave may be
   scanned apart. voxels: by code, for codes of one byte. */
static int count(const mi_texture_job *job, mi_run_scratch *r, int64_t k0, int64_t k1, int d,
                 const int64_t *voxels, mi_matrix *m, mi_err *err)
{
    const mi_levels *l = &job->levels;
    const mi_offset *o = &job->dir.o[d];
    const int sign = o->at > 0 ? 1 : -1;
    scan s = { .l = l, .at = sign * o->at, .list = m };
    int64_t longest = INT64_MAX;
    for (int a = 0; a < 3; a++) {
        s.f[a] = sign * o->d[a];
        if (s.f[a] && l->n[a] < longest)
            longest = l->n[a];
    }
    s.columns = longest + 1;
    if (prepare(r, &s, k0, k1, err) != 0)
        return -1;
    for (int64_t k = k0; k < k1; k++) {
        if (!s.table && mi_matrix_reserve(m, l->in_slice[k], err) != 0)
            return -1;
        scan_slice(&s, k);
        m->voxels += (double)l->in_slice[k];
        void *t = s.now;
        s.now = s.before;
        s.before = t;
    }
    if (!s.table)
        return mi_matrix_reduce(m, &r->read.work, err);
    if (s.small)
        count_singles(&s, voxels);
    return cells_of_table(&s, m, err);
}

int mi_glrlm_setup(mi_texture_job *job, mi_err *err)
{
    static const int64_t pad[3] = { 1, 1, 1 }, any[3] = { 2, 2, 2 };
    const mi_settings *s = job->settings;
    if (mi_directions(&job->dir, (mi_norm)s->glcm_norm, MI_REACH_STEPS, 1,
                      (mi_weighting)s->glrlm_weighting, any, err) != 0 ||
        mi_levels_build(&job->levels, job->region, pad, err) != 0)
        return -1;
    mi_offsets_locate(&job->dir, &job->levels);
    job->n_dir = job->dir.n;
    job->n_plane = job->dir.n_plane;
    job->first = job->planes ? job->n_plane : 0;
    job->n_parts = job->n_dir - job->first;
    int64_t *voxels = mi_array_zero(UINT8_MAX + 1, sizeof *voxels, err);
    job->extra = voxels;
    if (!voxels)
        return -1;
    if (job->volume && job->levels.width == 1)
        count_voxels(&job->levels, 0, job->levels.n[2], voxels);
    return 0;
}

int mi_glrlm_plane(const mi_texture_job *job, void *scratch, int64_t k, mi_matrix *m, mi_err *err)
{
    int64_t voxels[UINT8_MAX + 1] = { 0 };
    int rc = 0;
    if (job->levels.width == 1)
        count_voxels(&job->levels, k, k + 1, voxels);
    for (int d = 0; d < job->n_plane && rc == 0; d++)
        rc = count(job, scratch, k, k + 1, d, voxels, &m[d], err);
    return rc;
}

int mi_glrlm_part(const mi_texture_job *job, void *scratch, int i, mi_matrix *m, mi_err *err)
{
    const int d = job->first + i;
    return count(job, scratch, 0, job->levels.n[2], d, job->extra, &m[d], err);
}

void mi_glrlm_teardown(mi_texture_job *job)
{
    free(job->extra);
}
