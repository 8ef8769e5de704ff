/* Grey level run length matrix (IBSI 1 reference manual, 3.7; Galloway 1975). */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/emphasis.h"

enum { TABLE_MAX = 1 << 21 };

typedef struct run_scratch {
    mi_emphasis_scratch read;
    int32_t *length;  /* of the run that ends at each voxel: two slices with borders */
    int64_t n_length;
    uint32_t *table;  /* runs by code and length */
    int64_t n_table;
} run_scratch;

/* One scan of slices along one direction. */
typedef struct scan {
    const mi_levels *l;
    int64_t f[3], at;   /* the direction, turned so that the voxel before comes first in the scan */
    int64_t columns;    /* longest run + 1 */
    int32_t *now, *before; /* lengths in this slice and the one before */
    uint32_t *table;    /* NULL: list */
    mi_matrix *list;
} scan;

static int setup(mi_texture_job *job, mi_err *err)
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
    return 0;
}

/* Lengths of the runs that end at the voxels of a row, from those that end at the voxels before. */
MI_BODY void extend(const void *code, int64_t base, int64_t back, const int32_t *from, int32_t *to,
                    int64_t x0, int64_t x1, int width)
{
    for (int64_t x = x0; x < x1; x++) {
        const uint32_t c = mi_code(code, base + x, width), b = mi_code(code, base + x - back, width);
        to[x] = (c == b && c > 0 ? from[x] : 0) + 1;
    }
}

/* A run is counted where the next voxel differs. Row 0 of the table takes what lies outside. */
MI_BODY void count_ends(const scan *s, int64_t base, const int32_t *length, int64_t x0, int64_t x1,
                        int width)
{
    const void *code = s->l->code;
    for (int64_t x = x0; x < x1; x++) {
        const uint32_t c = mi_code(code, base + x, width);
        s->table[c * s->columns + length[x]] += c != mi_code(code, base + x + s->at, width);
    }
}

MI_BODY void list_ends(const scan *s, int64_t base, const int32_t *length, int64_t x0, int64_t x1,
                       int width)
{
    const void *code = s->l->code;
    for (int64_t x = x0; x < x1; x++) {
        const uint32_t c = mi_code(code, base + x, width);
        if (c > 0 && c != mi_code(code, base + x + s->at, width))
            mi_matrix_put(s->list, c, length[x], 1);
    }
}

MI_BODY void slice_body(const scan *s, int64_t z, int width)
{
    const mi_levels *l = s->l;
    const int64_t start = l->sy + 1;
    const int32_t *source = s->f[2] ? s->before : s->now;
    for (int64_t y = 0; y < l->n[1]; y++) {
        const int64_t row = y + l->n[1] * z, x0 = l->from[row], x1 = l->to[row];
        const int64_t base = mi_levels_at(l, 0, y, z), here = start + y * l->sy;
        int32_t *to = s->now + here;
        extend(l->code, base, s->at, source + here - s->f[0] - s->f[1] * l->sy, to, x0, x1, width);
        if (s->table)
            count_ends(s, base, to, x0, x1, width);
        else
            list_ends(s, base, to, x0, x1, width);
    }
}

MI_KERNEL static void slice_1(const scan *s, int64_t z)
{
    slice_body(s, z, 1);
}

MI_KERNEL static void slice_any(const scan *s, int64_t z)
{
    if (s->l->width == 2)
        slice_body(s, z, 2);
    else
        slice_body(s, z, 4);
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

/* Before a slice of `held` voxels could make a count overflow. */
static int empty_table(const scan *s, mi_matrix *m, int64_t *held, mi_err *err)
{
    *held = 0;
    if (cells_of_table(s, m, err) != 0)
        return -1;
    memset(s->table, 0, (size_t)(((int64_t)s->l->n_codes + 1) * s->columns) * sizeof *s->table);
    return 0;
}

/* Memory for a scan; the table when it is not much larger than what is counted. */
static int prepare(run_scratch *r, scan *s, int64_t slices, mi_err *err)
{
    const mi_levels *l = s->l;
    const int64_t cells = ((int64_t)l->n_codes + 1) * s->columns;
    if (!r->length) {
        r->length = mi_array_zero((size_t)(2 * l->sz), sizeof *r->length, err);
        if (!r->length)
            return -1;
    }
    s->now = r->length;
    s->before = r->length + l->sz;
    s->table = NULL;
    if (cells > TABLE_MAX || cells > 4 * slices * l->n[0] * l->n[1] + 4096)
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

/* Runs of slices [k0, k1) along direction d; slices that the direction does not leave may be scanned apart. */
static int count(const mi_texture_job *job, run_scratch *r, int64_t k0, int64_t k1, int d,
                 mi_matrix *m, mi_err *err)
{
    const mi_levels *l = &job->levels;
    const mi_offset *o = &job->dir.o[d];
    const int sign = o->at > 0 ? 1 : -1;
    scan s = { .l = l, .at = sign * o->at, .list = m };
    int64_t longest = INT64_MAX, held = 0;
    for (int a = 0; a < 3; a++) {
        s.f[a] = sign * o->d[a];
        if (s.f[a] && l->n[a] < longest)
            longest = l->n[a];
    }
    s.columns = longest + 1;
    if (prepare(r, &s, k1 - k0, err) != 0)
        return -1;
    for (int64_t k = k0; k < k1; k++) {
        if (!s.table && mi_matrix_reserve(m, l->in_slice[k], err) != 0)
            return -1;
        held += l->in_slice[k];
        if (s.table && held > UINT32_MAX && empty_table(&s, m, &held, err) != 0)
            return -1;
        if (l->width == 1)
            slice_1(&s, k);
        else
            slice_any(&s, k);
        m->voxels += (double)l->in_slice[k];
        int32_t *t = s.now;
        s.now = s.before;
        s.before = t;
    }
    if (s.table && cells_of_table(&s, m, err) != 0)
        return -1;
    return mi_matrix_reduce(m, &r->read.work, err);
}

static int plane(const mi_texture_job *job, void *scratch, int64_t k, mi_matrix *m, mi_err *err)
{
    int rc = 0;
    for (int d = 0; d < job->n_plane && rc == 0; d++)
        rc = count(job, scratch, k, k + 1, d, &m[d], err);
    return rc;
}

static int part(const mi_texture_job *job, void *scratch, int i, mi_matrix *m, mi_err *err)
{
    const int d = job->first + i;
    return count(job, scratch, 0, job->levels.n[2], d, &m[d], err);
}

static int read_matrix(const mi_texture_job *job, void *scratch, const mi_matrix *m, void *state,
                       mi_err *err)
{
    return mi_emphasis_read(&job->levels, &((run_scratch *)scratch)->read, m, state, err);
}

static void close_scratch(void *scratch)
{
    run_scratch *r = scratch;
    mi_emphasis_close(&r->read);
    free(r->length);
    free(r->table);
}

#define SECTION "IBSI 1 reference manual, 3.7."
static const mi_feature rows[] = {
    { "short_runs_emphasis", "Short runs emphasis", "22OV", "1",
      "mean inverse square of the run length", "1/Ns sum_j r_.j / j^2",
      SECTION "1", "glrlm_ShortRunEmphasis", mi_emphasis_small_j },
    { "long_runs_emphasis", "Long runs emphasis", "W4KF", "1",
      "mean square of the run length", "1/Ns sum_j j^2 r_.j",
      SECTION "2", "glrlm_LongRunEmphasis", mi_emphasis_large_j },
    { "low_grey_level_run_emphasis", "Low grey level run emphasis", "V3SW", "1",
      "mean inverse square of the grey level of runs", "1/Ns sum_i r_i. / i^2",
      SECTION "3", "glrlm_LowGrayLevelRunEmphasis", mi_emphasis_low_i },
    { "high_grey_level_run_emphasis", "High grey level run emphasis", "G3QZ", "1",
      "mean square of the grey level of runs", "1/Ns sum_i i^2 r_i.",
      SECTION "4", "glrlm_HighGrayLevelRunEmphasis", mi_emphasis_high_i },
    { "short_run_low_grey_level_emphasis", "Short run low grey level emphasis", "HTZT", "1",
      "emphasis on short runs of low grey level", "1/Ns sum_ij r_ij / (i^2 j^2)",
      SECTION "5", "glrlm_ShortRunLowGrayLevelEmphasis", mi_emphasis_small_low },
    { "short_run_high_grey_level_emphasis", "Short run high grey level emphasis", "GD3A", "1",
      "emphasis on short runs of high grey level", "1/Ns sum_ij i^2 r_ij / j^2",
      SECTION "6", "glrlm_ShortRunHighGrayLevelEmphasis", mi_emphasis_small_high },
    { "long_run_low_grey_level_emphasis", "Long run low grey level emphasis", "IVPO", "1",
      "emphasis on long runs of low grey level", "1/Ns sum_ij j^2 r_ij / i^2",
      SECTION "7", "glrlm_LongRunLowGrayLevelEmphasis", mi_emphasis_large_low },
    { "long_run_high_grey_level_emphasis", "Long run high grey level emphasis", "3KUM", "1",
      "emphasis on long runs of high grey level", "1/Ns sum_ij i^2 j^2 r_ij",
      SECTION "8", "glrlm_LongRunHighGrayLevelEmphasis", mi_emphasis_large_high },
    { "grey_level_non_uniformity", "Grey level non-uniformity", "R5YN", "1",
      "how unevenly runs spread over the grey levels", "1/Ns sum_i r_i.^2",
      SECTION "9", "glrlm_GrayLevelNonUniformity", mi_emphasis_level_nonuniform },
    { "normalised_grey_level_non_uniformity", "Normalised grey level non-uniformity", "OVBL", "1",
      "grey level non-uniformity divided by the number of runs", "1/Ns^2 sum_i r_i.^2",
      SECTION "10", "glrlm_GrayLevelNonUniformityNormalized", mi_emphasis_level_nonuniform_norm },
    { "run_length_non_uniformity", "Run length non-uniformity", "W92Y", "1",
      "how unevenly runs spread over the lengths", "1/Ns sum_j r_.j^2",
      SECTION "11", "glrlm_RunLengthNonUniformity", mi_emphasis_j_nonuniform },
    { "normalised_run_length_non_uniformity", "Normalised run length non-uniformity", "IC23", "1",
      "run length non-uniformity divided by the number of runs", "1/Ns^2 sum_j r_.j^2",
      SECTION "12", "glrlm_RunLengthNonUniformityNormalized", mi_emphasis_j_nonuniform_norm },
    { "run_percentage", "Run percentage", "9ZK5", "1",
      "number of runs per voxel", "Ns / Nv",
      SECTION "13", "glrlm_RunPercentage", mi_emphasis_percentage },
    { "grey_level_variance", "Grey level variance", "8CE5", "1",
      "variance of the grey level of runs", "sum_ij (i - mu)^2 p_ij, mu the mean level of runs",
      SECTION "14", "glrlm_GrayLevelVariance", mi_emphasis_level_variance },
    { "run_length_variance", "Run length variance", "SXLW", "1",
      "variance of the run length", "sum_ij (j - mu)^2 p_ij, mu the mean run length",
      SECTION "15", "glrlm_RunVariance", mi_emphasis_j_variance },
    { "run_entropy", "Run entropy", "HJ9O", "1",
      "entropy in bits of grey level and length of runs", "-sum_ij p_ij log2(p_ij)",
      SECTION "16", "glrlm_RunEntropy", mi_emphasis_entropy },
};

const mi_texture mi_texture_glrlm = {
    .rows = rows,
    .n_rows = MI_COUNT(rows),
    .directed = true,
    .none = "no run of voxels in the region",
    .state_size = sizeof(mi_emphasis),
    .scratch_size = sizeof(run_scratch),
    .setup = setup,
    .close = close_scratch,
    .plane = plane,
    .part = part,
    .read = read_matrix,
};

static int measure(const mi_region *r, const mi_settings *s, const bool *want, mi_pool *pool,
                   mi_measured *out, mi_err *err)
{
    return mi_texture_measure(&mi_texture_glrlm, r, s, want, pool, out, err);
}

const mi_family mi_family_glrlm = { "glrlm", "GLRLM", "grey level run length matrix",
                                    mi_agg_six, MI_COUNT(mi_agg_six), rows, MI_COUNT(rows),
                                    true, false, measure };
