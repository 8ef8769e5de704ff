/* Grey level run length matrix (IBSI 1 reference manual, 3.7; Galloway 1975). */
#include <stdlib.h>
#include "radiomics/glrlm.h"

static int read_matrix(const mi_texture_job *job, void *scratch, const mi_matrix *m, void *state,
                       mi_err *err)
{
    return mi_emphasis_read(&job->levels, &((mi_run_scratch *)scratch)->read, m, state, err);
}

static void close_scratch(void *scratch)
{
    mi_run_scratch *r = scratch;
    mi_emphasis_close(&r->read);
    free(r->length);
    free(r->ends);
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
    { "run_entropy", "Run entropy", "HJ9O", "bit",
      "entropy in bits of grey level and length of runs", "-sum_ij p_ij log2(p_ij)",
      SECTION "16", "glrlm_RunEntropy", mi_emphasis_entropy },
};

const mi_texture mi_texture_glrlm = {
    .directed = true,
    .none = "no run of voxels in the region",
    .state_size = sizeof(mi_emphasis),
    .scratch_size = sizeof(mi_run_scratch),
    .setup = mi_glrlm_setup,
    .teardown = mi_glrlm_teardown,
    .close = close_scratch,
    .plane = mi_glrlm_plane,
    .part = mi_glrlm_part,
    .read = read_matrix,
};

const mi_family mi_family_glrlm = {
    .id = "glrlm",
    .name = "GLRLM",
    .title = "grey level run length matrix",
    .aggregations = mi_agg_six,
    .n_aggregations = MI_COUNT(mi_agg_six),
    .rows = rows,
    .n_rows = MI_COUNT(rows),
    .needs_levels = true,
    .texture = &mi_texture_glrlm,
    .symbols =
        "r_ij runs of j voxels of level i; a dot for the sum over an index; Ns all runs; Nv "
        "voxels, once for each direction that is merged; p_ij = r_ij / Ns",
};
