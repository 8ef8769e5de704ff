/* Neighbouring grey level dependence matrix (IBSI 1 reference manual, 3.11; Sun and Wee 1983). */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/emphasis.h"

enum { SMALL = 254, TABLE_MAX = 1 << 22 };

typedef struct dependence_scratch {
    mi_emphasis_scratch read;
    uint8_t *few;   /* of one row: dependent voxels, itself counted */
    int32_t *many;
    int64_t *table; /* voxels by code and dependence */
    int64_t n_table;
} dependence_scratch;

static int setup(mi_texture_job *job, mi_err *err)
{
    const mi_settings *s = job->settings;
    return mi_texture_around(job, (mi_norm)s->ngldm_norm, s->ngldm_distance, err);
}

/* Dependence counts of a row of voxels with codes of one byte: neighbours of the same code, or
   within alpha of it. The last block runs past the row. */
MI_BODY void look_small(const uint8_t *c, int64_t n, const mi_offset *o, int n_o, int alpha,
                        uint8_t *count)
{
    for (int64_t x = 0; x < n; x += MI_BLOCK) {
        mi_block8 a, b, sum = { 0 };
        memcpy(&a, c + x, sizeof a);
        for (int k = 0; k < n_o; k++) {
            memcpy(&b, c + x + o[k].at, sizeof b);
            if (alpha == 0) {
                sum -= (mi_block8)(b == a);
            } else {
                const mi_block8 apart = ((mi_block8)(a > b) & (a - b)) |
                                        ((mi_block8)(b > a) & (b - a));
                sum -= (mi_block8)(b > 0) & (mi_block8)(apart <= (uint8_t)alpha);
            }
        }
        sum += 1;
        memcpy(count + x, &sum, sizeof sum);
    }
}

MI_KERNEL static void look_equal(const uint8_t *c, int64_t n, const mi_offset *o, int n_o,
                                 uint8_t *restrict count)
{
    look_small(c, n, o, n_o, 0, count);
}

MI_KERNEL static void look_near(const uint8_t *c, int64_t n, const mi_offset *o, int n_o,
                                int alpha, uint8_t *restrict count)
{
    look_small(c, n, o, n_o, alpha, count);
}

static void look(const mi_levels *l, int64_t at, int64_t n, const mi_offset *o, int n_o,
                 int64_t alpha, int32_t *count)
{
    for (int64_t x = 0; x < n; x++) {
        const int64_t level = mi_level_of(l, mi_code(l->code, at + x, l->width));
        count[x] = 1;
        for (int k = 0; k < n_o; k++) {
            const uint32_t b = mi_code(l->code, at + x + o[k].at, l->width);
            count[x] += b > 0 && llabs((long long)(mi_level_of(l, b) - level)) <= alpha;
        }
    }
}

/* Levels are whole numbers: |i - j| <= alpha is the same as <= floor(alpha). */
static int64_t whole_alpha(const mi_settings *s)
{
    const double a = floor(s->ngldm_alpha);
    return a >= INT32_MAX ? INT32_MAX : a > 0 ? (int64_t)a : 0;
}

static int table_room(dependence_scratch *s, int64_t cells, mi_err *err)
{
    if (cells > s->n_table) {
        free(s->table);
        s->table = mi_array((size_t)cells, sizeof *s->table, err);
        s->n_table = cells;
        if (!s->table)
            return -1;
    }
    memset(s->table, 0, (size_t)cells * sizeof *s->table);
    return 0;
}

static int cells_of_table(const mi_levels *l, const int64_t *table, int64_t columns, mi_matrix *m,
                          mi_err *err)
{
    for (int64_t c = 1; c <= l->n_codes; c++)
        for (int64_t j = 1; j < columns; j++) {
            if (table[c * columns + j] == 0)
                continue;
            if (mi_matrix_reserve(m, 1, err) != 0)
                return -1;
            mi_matrix_put(m, c, j, (double)table[c * columns + j]);
        }
    return 0;
}

static int count(const mi_texture_job *job, dependence_scratch *s, int64_t k0, int64_t k1, int n_o,
                 mi_matrix *m, mi_err *err)
{
    const mi_levels *l = &job->levels;
    const mi_offset *o = job->dir.o;
    const int64_t alpha = whole_alpha(job->settings), columns = n_o + 2;
    const int64_t cells = ((int64_t)l->n_codes + 1) * columns;
    const bool small = l->width == 1 && n_o <= SMALL && (alpha == 0 || l->direct);
    int64_t voxels = 0;
    for (int64_t z = k0; z < k1; z++)
        voxels += l->in_slice[z];
    const bool table = cells <= TABLE_MAX && cells <= 4 * voxels + 4096;
    m->voxels = (double)voxels;
    if (small && !s->few && !(s->few = mi_array((size_t)l->n[0] + MI_BLOCK, 1, err)))
        return -1;
    if (!small && !s->many && !(s->many = mi_array((size_t)l->n[0], sizeof *s->many, err)))
        return -1;
    if ((table ? table_room(s, cells, err) : mi_matrix_reserve(m, voxels, err)) != 0)
        return -1;
    for (int64_t z = k0; z < k1; z++)
        for (int64_t y = 0; y < l->n[1]; y++) {
            const int64_t row = y + l->n[1] * z, n = l->to[row] - l->from[row];
            const int64_t at = mi_levels_at(l, l->from[row], y, z);
            const uint8_t *byte = (const uint8_t *)l->code + at;
            if (small && alpha == 0)
                look_equal(byte, n, o, n_o, s->few);
            else if (small)
                look_near(byte, n, o, n_o, alpha < 255 ? (int)alpha : 255, s->few);
            else
                look(l, at, n, o, n_o, alpha, s->many);
            for (int64_t x = 0; x < n; x++) {
                const int64_t c = mi_code(l->code, at + x, l->width);
                const int64_t j = small ? s->few[x] : s->many[x];
                if (table)
                    s->table[c * columns + (c > 0 ? j : 0)]++;
                else if (c > 0)
                    mi_matrix_put(m, c, j, 1);
            }
        }
    return table ? cells_of_table(l, s->table, columns, m, err)
                 : mi_matrix_reduce(m, &s->read.work, err);
}

static int plane(const mi_texture_job *job, void *scratch, int64_t k, mi_matrix *m, mi_err *err)
{
    return count(job, scratch, k, k + 1, job->dir.n_plane, m, err);
}

static int part(const mi_texture_job *job, void *scratch, int i, mi_matrix *m, mi_err *err)
{
    int64_t k0, k1;
    mi_texture_part(&job->levels, job->n_parts, i, &k0, &k1);
    return count(job, scratch, k0, k1, job->dir.n, m, err);
}

static int read_matrix(const mi_texture_job *job, void *scratch, const mi_matrix *m, void *state,
                       mi_err *err)
{
    return mi_emphasis_read(&job->levels, &((dependence_scratch *)scratch)->read, m, state, err);
}

static void close_scratch(void *scratch)
{
    dependence_scratch *s = scratch;
    mi_emphasis_close(&s->read);
    free(s->few);
    free(s->many);
    free(s->table);
}

#define SECTION "IBSI 1 reference manual, 3.11."
static const mi_feature rows[] = {
    { "low_dependence_emphasis", "Low dependence emphasis", "SODN", "1",
      "mean inverse square of the number of dependent neighbours", "1/Ns sum_j s_.j / j^2",
      SECTION "1", "gldm_SmallDependenceEmphasis", mi_emphasis_small_j },
    { "high_dependence_emphasis", "High dependence emphasis", "IMOQ", "1",
      "mean square of the number of dependent neighbours", "1/Ns sum_j j^2 s_.j",
      SECTION "2", "gldm_LargeDependenceEmphasis", mi_emphasis_large_j },
    { "low_grey_level_count_emphasis", "Low grey level count emphasis", "TL9H", "1",
      "mean inverse square of the grey level", "1/Ns sum_i s_i. / i^2",
      SECTION "3", "gldm_LowGrayLevelEmphasis", mi_emphasis_low_i },
    { "high_grey_level_count_emphasis", "High grey level count emphasis", "OAE7", "1",
      "mean square of the grey level", "1/Ns sum_i i^2 s_i.",
      SECTION "4", "gldm_HighGrayLevelEmphasis", mi_emphasis_high_i },
    { "low_dependence_low_grey_level_emphasis", "Low dependence low grey level emphasis", "EQ3F",
      "1", "emphasis on few dependent neighbours at low grey levels",
      "1/Ns sum_ij s_ij / (i^2 j^2)",
      SECTION "5", "gldm_SmallDependenceLowGrayLevelEmphasis", mi_emphasis_small_low },
    { "low_dependence_high_grey_level_emphasis", "Low dependence high grey level emphasis", "JA6D",
      "1", "emphasis on few dependent neighbours at high grey levels",
      "1/Ns sum_ij i^2 s_ij / j^2",
      SECTION "6", "gldm_SmallDependenceHighGrayLevelEmphasis", mi_emphasis_small_high },
    { "high_dependence_low_grey_level_emphasis", "High dependence low grey level emphasis", "NBZI",
      "1", "emphasis on many dependent neighbours at low grey levels",
      "1/Ns sum_ij j^2 s_ij / i^2",
      SECTION "7", "gldm_LargeDependenceLowGrayLevelEmphasis", mi_emphasis_large_low },
    { "high_dependence_high_grey_level_emphasis", "High dependence high grey level emphasis",
      "9QMG", "1", "emphasis on many dependent neighbours at high grey levels",
      "1/Ns sum_ij i^2 j^2 s_ij",
      SECTION "8", "gldm_LargeDependenceHighGrayLevelEmphasis", mi_emphasis_large_high },
    { "grey_level_non_uniformity", "Grey level non-uniformity", "FP8K", "1",
      "how unevenly neighbourhoods spread over the grey levels", "1/Ns sum_i s_i.^2",
      SECTION "9", "gldm_GrayLevelNonUniformity", mi_emphasis_level_nonuniform },
    { "normalised_grey_level_non_uniformity", "Normalised grey level non-uniformity", "5SPA", "1",
      "grey level non-uniformity divided by the number of neighbourhoods",
      "1/Ns^2 sum_i s_i.^2", SECTION "10", NULL, mi_emphasis_level_nonuniform_norm },
    { "dependence_count_non_uniformity", "Dependence count non-uniformity", "Z87G", "1",
      "how unevenly neighbourhoods spread over the dependence counts", "1/Ns sum_j s_.j^2",
      SECTION "11", "gldm_DependenceNonUniformity", mi_emphasis_j_nonuniform },
    { "normalised_dependence_count_non_uniformity", "Normalised dependence count non-uniformity",
      "OKJI", "1", "dependence count non-uniformity divided by the number of neighbourhoods",
      "1/Ns^2 sum_j s_.j^2",
      SECTION "12", "gldm_DependenceNonUniformityNormalized", mi_emphasis_j_nonuniform_norm },
    { "dependence_count_percentage", "Dependence count percentage", "6XV8", "1",
      "neighbourhoods per voxel; always 1, since incomplete neighbourhoods count", "Ns / Nv",
      SECTION "13", NULL, mi_emphasis_percentage },
    { "grey_level_variance", "Grey level variance", "1PFV", "1",
      "variance of the grey level", "sum_ij (i - mu)^2 p_ij, mu the mean grey level",
      SECTION "14", "gldm_GrayLevelVariance", mi_emphasis_level_variance },
    { "dependence_count_variance", "Dependence count variance", "DNX2", "1",
      "variance of the number of dependent neighbours",
      "sum_ij (j - mu)^2 p_ij, mu the mean dependence count",
      SECTION "15", "gldm_DependenceVariance", mi_emphasis_j_variance },
    { "dependence_count_entropy", "Dependence count entropy", "FCBV", "bit",
      "entropy in bits of grey level and dependence count", "-sum_ij p_ij log2(p_ij)",
      SECTION "16", "gldm_DependenceEntropy", mi_emphasis_entropy },
    { "dependence_count_energy", "Dependence count energy", "CAS9", "1",
      "energy of the distribution of grey level and dependence count", "sum_ij p_ij^2",
      SECTION "17", NULL, mi_emphasis_energy },
};

const mi_texture mi_texture_ngldm = {
    .none = "no voxel in the region",
    .state_size = sizeof(mi_emphasis),
    .scratch_size = sizeof(dependence_scratch),
    .setup = setup,
    .close = close_scratch,
    .plane = plane,
    .part = part,
    .read = read_matrix,
};

const mi_family mi_family_ngldm = {
    .id = "ngldm",
    .name = "NGLDM",
    .title = "neighbouring grey level dependence matrix",
    .aggregations = mi_agg_three,
    .n_aggregations = MI_COUNT(mi_agg_three),
    .rows = rows,
    .n_rows = MI_COUNT(rows),
    .needs_levels = true,
    .texture = &mi_texture_ngldm,
    .symbols =
        "s_ij voxels of level i with j - 1 neighbours of like level; a dot for the sum over an "
        "index; Ns all of them; Nv voxels; p_ij = s_ij / Ns",
};
