/* Grey level co-occurrence matrix (IBSI 1 reference manual, 3.6; Haralick et al. 1973). */
#include <math.h>
#include <stdlib.h>
#include "base/memory.h"
#include "radiomics/glcm.h"

typedef struct glcm_state {
    double joint_max, mean, variance, entropy, energy, autocorrelation, covariance;
    double diff_mean, diff_variance, diff_entropy, contrast;
    double inv_diff, inv_diff_norm, inv_moment, inv_moment_norm, inv_variance;
    double sum_mean, sum_variance, sum_entropy, shade, prominence;
    double margin_entropy, information; /* HX; mutual information of i and j */
    bool flat;                          /* one grey level only */
} glcm_state;

/* Entropy, mean and variance of a distribution over numbers; sum is what the counts add up to. */
static void describe(const mi_matrix *h, double sum, double *mean, double *variance,
                     double *entropy)
{
    double m = 0, v = 0, e = 0;
    for (int64_t k = 0; k < h->n; k++)
        m += (double)mi_cell_j(&h->cell[k]) * h->cell[k].n;
    m /= sum;
    for (int64_t k = 0; k < h->n; k++) {
        const double p = h->cell[k].n / sum, d = (double)mi_cell_j(&h->cell[k]) - m;
        v += d * d * p;
        e -= p * log2(p);
    }
    *mean = m;
    *variance = v;
    *entropy = h->n > 1 ? e : 0;
}

/* Distributions of level, difference and sum, as counts. Returns their sum, negative when memory is
   short. */
static double distributions(const mi_texture_job *job, mi_glcm_scratch *s, const mi_matrix *m,
                            mi_err *err)
{
    double sum = 0;
    mi_matrix_clear(&s->margin);
    mi_matrix_clear(&s->diff);
    mi_matrix_clear(&s->sum);
    if (mi_matrix_reserve(&s->margin, 2 * m->n, err) != 0 ||
        mi_matrix_reserve(&s->diff, m->n, err) != 0 || mi_matrix_reserve(&s->sum, m->n, err) != 0)
        return -1;
    for (int64_t k = 0; k < m->n; k++) {
        const int64_t ci = mi_cell_i(&m->cell[k]), cj = mi_cell_j(&m->cell[k]);
        const int64_t i = mi_level_of(&job->levels, ci), j = mi_level_of(&job->levels, cj);
        const double n = m->cell[k].n, both = ci == cj ? n : 2 * n;
        mi_matrix_put(&s->margin, 0, ci, n);
        if (ci != cj)
            mi_matrix_put(&s->margin, 0, cj, n);
        mi_matrix_put(&s->diff, 0, j - i, both);
        mi_matrix_put(&s->sum, 0, i + j, both);
        sum += both;
    }
    if (mi_matrix_reduce(&s->margin, &s->work, err) != 0 ||
        mi_matrix_reduce(&s->diff, &s->work, err) != 0 ||
        mi_matrix_reduce(&s->sum, &s->work, err) != 0)
        return -1;
    return sum;
}

static int margins(const mi_texture_job *job, mi_glcm_scratch *s, double sum, glcm_state *g,
                   mi_err *err)
{
    const int64_t codes = (int64_t)job->levels.n_codes + 1;
    if (s->n_px < codes) {
        free(s->px);
        s->px = mi_array((size_t)codes, sizeof *s->px, err);
        if (!s->px)
            return -1;
        s->n_px = codes;
    }
    double mean = 0, variance = 0, entropy = 0;
    for (int64_t k = 0; k < s->margin.n; k++) {
        const int64_t code = mi_cell_j(&s->margin.cell[k]);
        s->px[code] = s->margin.cell[k].n / sum;
        mean += (double)mi_level_of(&job->levels, code) * s->margin.cell[k].n;
    }
    mean /= sum;
    for (int64_t k = 0; k < s->margin.n; k++) {
        const int64_t code = mi_cell_j(&s->margin.cell[k]);
        const double p = s->px[code], d = (double)mi_level_of(&job->levels, code) - mean;
        variance += d * d * p;
        entropy -= p * log2(p);
    }
    g->mean = mean;
    g->variance = variance;
    g->margin_entropy = s->margin.n > 1 ? entropy : 0;
    g->flat = s->margin.n == 1;
    return 0;
}

/* Sums over the cells themselves; a cell off the diagonal stands for two. */
static void cells(const mi_texture_job *job, const mi_glcm_scratch *s, const mi_matrix *m,
                  double sum, glcm_state *g)
{
    double most = 0, entropy = 0, energy = 0, product = 0, covariance = 0, information = 0;
    for (int64_t k = 0; k < m->n; k++) {
        const int64_t ci = mi_cell_i(&m->cell[k]), cj = mi_cell_j(&m->cell[k]);
        const double i = (double)mi_level_of(&job->levels, ci);
        const double j = (double)mi_level_of(&job->levels, cj);
        const double p = m->cell[k].n / sum, both = ci == cj ? p : 2 * p;
        most = p > most ? p : most;
        entropy -= both * log2(p);
        energy += both * p;
        product += i * j * both;
        covariance += (i - g->mean) * (j - g->mean) * both;
        information += both * log2(p / (s->px[ci] * s->px[cj]));
    }
    g->joint_max = most;
    g->entropy = m->n == 1 && g->flat ? 0 : entropy;
    g->energy = energy;
    g->autocorrelation = product;
    g->covariance = covariance;
    g->information = information > 0 && !g->flat ? information : 0;
}

static void differences(const mi_texture_job *job, const mi_matrix *h, double sum, glcm_state *g)
{
    const double ng = job->levels.ng;
    describe(h, sum, &g->diff_mean, &g->diff_variance, &g->diff_entropy);
    for (int64_t c = 0; c < h->n; c++) {
        const double k = (double)mi_cell_j(&h->cell[c]), p = h->cell[c].n / sum;
        g->contrast += k * k * p;
        g->inv_diff += p / (1 + k);
        g->inv_diff_norm += p / (1 + k / ng);
        g->inv_moment += p / (1 + k * k);
        g->inv_moment_norm += p / (1 + (k / ng) * (k / ng));
        if (k > 0)
            g->inv_variance += p / (k * k);
    }
}

static void sums(const mi_matrix *h, double sum, glcm_state *g)
{
    describe(h, sum, &g->sum_mean, &g->sum_variance, &g->sum_entropy);
    for (int64_t c = 0; c < h->n; c++) {
        const double d = (double)mi_cell_j(&h->cell[c]) - g->sum_mean, p = h->cell[c].n / sum;
        g->shade += d * d * d * p;
        g->prominence += d * d * (d * d) * p;
    }
}

static int read_matrix(const mi_texture_job *job, void *scratch, const mi_matrix *m, void *state,
                       mi_err *err)
{
    mi_glcm_scratch *s = scratch;
    glcm_state *g = state;
    *g = (glcm_state){ .flat = false };
    double sum = distributions(job, s, m, err);
    if (sum < 0 || margins(job, s, sum, g, err) != 0)
        return -1;
    cells(job, s, m, sum, g);
    differences(job, &s->diff, sum, g);
    sums(&s->sum, sum, g);
    return 0;
}

static void close_scratch(void *scratch)
{
    mi_glcm_scratch *s = scratch;
    free(s->table);
    free(s->at);
    free(s->px);
    mi_work_free(&s->work);
    mi_matrix_free(&s->margin);
    mi_matrix_free(&s->diff);
    mi_matrix_free(&s->sum);
}

/* ---- values ---- */

#define FIELD(name, field)                                                                         \
    static double name(const void *state, const char **why)                                        \
    {                                                                                              \
        (void)why;                                                                                 \
        return ((const glcm_state *)state)->field;                                                 \
    }
FIELD(joint_maximum, joint_max)
FIELD(joint_average, mean)
FIELD(joint_variance, variance)
FIELD(joint_entropy, entropy)
FIELD(difference_average, diff_mean)
FIELD(difference_variance, diff_variance)
FIELD(difference_entropy, diff_entropy)
FIELD(sum_average, sum_mean)
FIELD(sum_variance, sum_variance)
FIELD(sum_entropy, sum_entropy)
FIELD(angular_second_moment, energy)
FIELD(contrast, contrast)
FIELD(inverse_difference, inv_diff)
FIELD(inverse_difference_norm, inv_diff_norm)
FIELD(inverse_difference_moment, inv_moment)
FIELD(inverse_difference_moment_norm, inv_moment_norm)
FIELD(autocorrelation, autocorrelation)
FIELD(cluster_shade, shade)
FIELD(cluster_prominence, prominence)
#undef FIELD

/* A sum over pairs of different levels: without such a pair there is nothing to sum, and no
   variance to invert. */
static double inverse_variance(const void *state, const char **why)
{
    const glcm_state *g = state;
    if (g->contrast > 0)
        return g->inv_variance;
    *why = "no pair of voxels differs in grey level";
    return NAN;
}

static double correlation(const void *state, const char **why)
{
    const glcm_state *g = state;
    if (!g->flat)
        return g->covariance / g->variance;
    *why = "one grey level among the pairs of voxels";
    return NAN;
}

/* HXY - HXY1 is minus the mutual information. */
static double information_1(const void *state, const char **why)
{
    const glcm_state *g = state;
    if (!g->flat)
        return -g->information / g->margin_entropy;
    *why = "one grey level among the pairs of voxels";
    return NAN;
}

/* HXY2 - HXY is the mutual information. */
static double information_2(const void *state, const char **why)
{
    (void)why;
    return sqrt(-expm1(-2 * ((const glcm_state *)state)->information));
}

#define SECTION "IBSI 1 reference manual, 3.6."
static const mi_feature rows[] = {
    { "joint_maximum", "Joint maximum", "GYBY", "1",
      "probability of the most common pair of neighbouring grey levels", "max(p_ij)",
      SECTION "1", "glcm_MaximumProbability", joint_maximum },
    { "joint_average", "Joint average", "60VM", "1",
      "mean grey level over all pairs of neighbours", "sum_ij i p_ij",
      SECTION "2", "glcm_JointAverage", joint_average },
    { "joint_variance", "Joint variance", "UR99", "1",
      "variance of the grey level over all pairs of neighbours",
      "sum_ij (i - mu)^2 p_ij, mu the joint average",
      SECTION "3", "glcm_SumSquares", joint_variance },
    { "joint_entropy", "Joint entropy", "TU9B", "bit",
      "entropy in bits of the pairs of neighbouring grey levels", "-sum_ij p_ij log2(p_ij)",
      SECTION "4", "glcm_JointEntropy", joint_entropy },
    { "difference_average", "Difference average", "TF7R", "1",
      "mean difference between the grey levels of neighbours", "sum_k k p_(i-j),k",
      SECTION "5", "glcm_DifferenceAverage", difference_average },
    { "difference_variance", "Difference variance", "D3YU", "1",
      "variance of the difference between the grey levels of neighbours",
      "sum_k (k - mu)^2 p_(i-j),k, mu the difference average",
      SECTION "6", "glcm_DifferenceVariance", difference_variance },
    { "difference_entropy", "Difference entropy", "NTRS", "bit",
      "entropy in bits of the difference between the grey levels of neighbours",
      "-sum_k p_(i-j),k log2(p_(i-j),k)",
      SECTION "7", "glcm_DifferenceEntropy", difference_entropy },
    { "sum_average", "Sum average", "ZGXS", "1",
      "mean sum of the grey levels of neighbours", "sum_k k p_(i+j),k",
      SECTION "8", "glcm_SumAverage", sum_average },
    { "sum_variance", "Sum variance", "OEEB", "1",
      "variance of the sum of the grey levels of neighbours",
      "sum_k (k - mu)^2 p_(i+j),k, mu the sum average",
      SECTION "9", NULL, sum_variance },
    { "sum_entropy", "Sum entropy", "P6QZ", "bit",
      "entropy in bits of the sum of the grey levels of neighbours",
      "-sum_k p_(i+j),k log2(p_(i+j),k)",
      SECTION "10", "glcm_SumEntropy", sum_entropy },
    { "angular_second_moment", "Angular second moment", "8ZQL", "1",
      "energy of the distribution of pairs, high when few pairs dominate", "sum_ij p_ij^2",
      SECTION "11", "glcm_JointEnergy", angular_second_moment },
    { "contrast", "Contrast", "ACUI", "1",
      "mean squared difference between the grey levels of neighbours", "sum_ij (i - j)^2 p_ij",
      SECTION "12", "glcm_Contrast", contrast },
    { "dissimilarity", "Dissimilarity", "8S9J", "1",
      "mean difference between the grey levels of neighbours (the same as difference average)",
      "sum_ij |i - j| p_ij", SECTION "13", NULL, difference_average },
    { "inverse_difference", "Inverse difference", "IB1Z", "1",
      "homogeneity: pairs of similar levels count most", "sum_ij p_ij / (1 + |i - j|)",
      SECTION "14", "glcm_Id", inverse_difference },
    { "normalised_inverse_difference", "Normalised inverse difference", "NDRX", "1",
      "inverse difference with the difference divided by the number of grey levels",
      "sum_ij p_ij / (1 + |i - j| / Ng)", SECTION "15", "glcm_Idn", inverse_difference_norm },
    { "inverse_difference_moment", "Inverse difference moment", "WF0Z", "1",
      "homogeneity: pairs count less with the square of their difference",
      "sum_ij p_ij / (1 + (i - j)^2)", SECTION "16", "glcm_Idm", inverse_difference_moment },
    { "normalised_inverse_difference_moment", "Normalised inverse difference moment", "1QCO", "1",
      "inverse difference moment with the difference divided by the number of grey levels",
      "sum_ij p_ij / (1 + (i - j)^2 / Ng^2)",
      SECTION "17", "glcm_Idmn", inverse_difference_moment_norm },
    { "inverse_variance", "Inverse variance", "E8JP", "1",
      "pairs of unequal levels by the inverse square of their difference",
      "2 sum_(j>i) p_ij / (i - j)^2; undefined where no pair differs", SECTION "18",
      "glcm_InverseVariance", inverse_variance },
    { "correlation", "Correlation", "NI2N", "1",
      "linear correlation of the grey levels of neighbours",
      "sum_ij (i - mu)(j - mu) p_ij / sigma^2", SECTION "19", "glcm_Correlation", correlation },
    { "autocorrelation", "Autocorrelation", "QWB0", "1",
      "mean product of the grey levels of neighbours", "sum_ij i j p_ij",
      SECTION "20", "glcm_Autocorrelation", autocorrelation },
    { "cluster_tendency", "Cluster tendency", "DG8W", "1",
      "second moment of the sum of the grey levels of neighbours (the same as sum variance)",
      "sum_ij (i + j - 2 mu)^2 p_ij", SECTION "21", "glcm_ClusterTendency", sum_variance },
    { "cluster_shade", "Cluster shade", "7NFM", "1",
      "third moment of the sum of the grey levels of neighbours",
      "sum_ij (i + j - 2 mu)^3 p_ij", SECTION "22", "glcm_ClusterShade", cluster_shade },
    { "cluster_prominence", "Cluster prominence", "AE86", "1",
      "fourth moment of the sum of the grey levels of neighbours",
      "sum_ij (i + j - 2 mu)^4 p_ij", SECTION "23", "glcm_ClusterProminence",
      cluster_prominence },
    { "information_correlation_1", "Information correlation 1", "R8DG", "1",
      "how much less uncertain a level is when its neighbour is known, relative to its entropy",
      "(HXY - HXY1) / HX", SECTION "24", "glcm_Imc1", information_1 },
    { "information_correlation_2", "Information correlation 2", "JN9H", "1",
      "dependence of the grey levels of neighbours from their joint entropy",
      "sqrt(1 - exp(-2 (HXY2 - HXY)))", SECTION "25", "glcm_Imc2", information_2 },
};

const mi_texture mi_texture_glcm = {
    .directed = true,
    .none = "no two voxels of the region at this distance",
    .state_size = sizeof(glcm_state),
    .scratch_size = sizeof(mi_glcm_scratch),
    .setup = mi_glcm_setup,
    .teardown = mi_glcm_teardown,
    .close = close_scratch,
    .plane = mi_glcm_plane,
    .part = mi_glcm_part,
    .read = read_matrix,
};

const mi_family mi_family_glcm = {
    .id = "glcm",
    .name = "GLCM",
    .title = "grey level co-occurrence matrix",
    .aggregations = mi_agg_six,
    .n_aggregations = MI_COUNT(mi_agg_six),
    .rows = rows,
    .n_rows = MI_COUNT(rows),
    .needs_levels = true,
    .texture = &mi_texture_glcm,
    .symbols =
        "p_ij share of the pairs of neighbours with levels i and j; p_(i-j),k and p_(i+j),k sums "
        "of those with |i - j| = k and i + j = k; p_i. sums over j, mu and sigma their mean and "
        "standard deviation; Ng number of levels; HXY and HX entropies of p_ij and p_i.; HXY1 = "
        "-sum_ij p_ij log2(p_i. p_.j); HXY2 = -sum_ij p_i. p_.j log2(p_i. p_.j)",
};
