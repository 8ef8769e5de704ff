/* Grey level size zone matrix (IBSI 1 reference manual, 3.8; Thibault et al. 2014). */
#include <stdlib.h>
#include "base/memory.h"
#include "radiomics/emphasis.h"
#include "radiomics/zones.h"

typedef struct zone_scratch {
    mi_emphasis_scratch read;
    mi_zones zones;
} zone_scratch;

static int setup(mi_texture_job *job, mi_err *err)
{
    static const int64_t pad[3] = { 1, 1, 1 };
    job->n_dir = job->n_plane = 1;
    return mi_levels_build(&job->levels, job->region, pad, err);
}

static int plane(const mi_texture_job *job, void *scratch, int64_t k, mi_matrix *m, mi_err *err)
{
    zone_scratch *s = scratch;
    return mi_zones_count(&s->zones, &job->levels, k, k + 1, true, NULL, NULL, m, err);
}

static int volume(const mi_texture_job *job, mi_matrix *m, mi_err *err)
{
    mi_zones z = MI_ZONES_EMPTY;
    int rc = mi_zones_count(&z, &job->levels, 0, job->levels.n[2], false, NULL, job->pool, m, err);
    mi_zones_free(&z);
    return rc;
}

static int read_matrix(const mi_texture_job *job, void *scratch, const mi_matrix *m, void *state,
                       mi_err *err)
{
    return mi_emphasis_read(&job->levels, &((zone_scratch *)scratch)->read, m, state, err);
}

static void close_scratch(void *scratch)
{
    zone_scratch *s = scratch;
    mi_emphasis_close(&s->read);
    mi_zones_free(&s->zones);
}

#define SECTION "IBSI 1 reference manual, 3.8."
static const mi_feature rows[] = {
    { "small_zone_emphasis", "Small zone emphasis", "5QRC", "1",
      "mean inverse square of the zone size", "1/Ns sum_j s_.j / j^2",
      SECTION "1", "glszm_SmallAreaEmphasis", mi_emphasis_small_j },
    { "large_zone_emphasis", "Large zone emphasis", "48P8", "1",
      "mean square of the zone size", "1/Ns sum_j j^2 s_.j",
      SECTION "2", "glszm_LargeAreaEmphasis", mi_emphasis_large_j },
    { "low_grey_level_zone_emphasis", "Low grey level zone emphasis", "XMSY", "1",
      "mean inverse square of the grey level of zones", "1/Ns sum_i s_i. / i^2",
      SECTION "3", "glszm_LowGrayLevelZoneEmphasis", mi_emphasis_low_i },
    { "high_grey_level_zone_emphasis", "High grey level zone emphasis", "5GN9", "1",
      "mean square of the grey level of zones", "1/Ns sum_i i^2 s_i.",
      SECTION "4", "glszm_HighGrayLevelZoneEmphasis", mi_emphasis_high_i },
    { "small_zone_low_grey_level_emphasis", "Small zone low grey level emphasis", "5RAI", "1",
      "emphasis on small zones of low grey level", "1/Ns sum_ij s_ij / (i^2 j^2)",
      SECTION "5", "glszm_SmallAreaLowGrayLevelEmphasis", mi_emphasis_small_low },
    { "small_zone_high_grey_level_emphasis", "Small zone high grey level emphasis", "HW1V", "1",
      "emphasis on small zones of high grey level", "1/Ns sum_ij i^2 s_ij / j^2",
      SECTION "6", "glszm_SmallAreaHighGrayLevelEmphasis", mi_emphasis_small_high },
    { "large_zone_low_grey_level_emphasis", "Large zone low grey level emphasis", "YH51", "1",
      "emphasis on large zones of low grey level", "1/Ns sum_ij j^2 s_ij / i^2",
      SECTION "7", "glszm_LargeAreaLowGrayLevelEmphasis", mi_emphasis_large_low },
    { "large_zone_high_grey_level_emphasis", "Large zone high grey level emphasis", "J17V", "1",
      "emphasis on large zones of high grey level", "1/Ns sum_ij i^2 j^2 s_ij",
      SECTION "8", "glszm_LargeAreaHighGrayLevelEmphasis", mi_emphasis_large_high },
    { "grey_level_non_uniformity", "Grey level non-uniformity", "JNSA", "1",
      "how unevenly zones spread over the grey levels", "1/Ns sum_i s_i.^2",
      SECTION "9", "glszm_GrayLevelNonUniformity", mi_emphasis_level_nonuniform },
    { "normalised_grey_level_non_uniformity", "Normalised grey level non-uniformity", "Y1RO", "1",
      "grey level non-uniformity divided by the number of zones", "1/Ns^2 sum_i s_i.^2",
      SECTION "10", "glszm_GrayLevelNonUniformityNormalized", mi_emphasis_level_nonuniform_norm },
    { "zone_size_non_uniformity", "Zone size non-uniformity", "4JP3", "1",
      "how unevenly zones spread over the sizes", "1/Ns sum_j s_.j^2",
      SECTION "11", "glszm_SizeZoneNonUniformity", mi_emphasis_j_nonuniform },
    { "normalised_zone_size_non_uniformity", "Normalised zone size non-uniformity", "VB3A", "1",
      "zone size non-uniformity divided by the number of zones", "1/Ns^2 sum_j s_.j^2",
      SECTION "12", "glszm_SizeZoneNonUniformityNormalized", mi_emphasis_j_nonuniform_norm },
    { "zone_percentage", "Zone percentage", "P30P", "1",
      "number of zones per voxel", "Ns / Nv",
      SECTION "13", "glszm_ZonePercentage", mi_emphasis_percentage },
    { "grey_level_variance", "Grey level variance", "BYLV", "1",
      "variance of the grey level of zones", "sum_ij (i - mu)^2 p_ij, mu the mean level of zones",
      SECTION "14", "glszm_GrayLevelVariance", mi_emphasis_level_variance },
    { "zone_size_variance", "Zone size variance", "3NSA", "1",
      "variance of the zone size", "sum_ij (j - mu)^2 p_ij, mu the mean zone size",
      SECTION "15", "glszm_ZoneVariance", mi_emphasis_j_variance },
    { "zone_size_entropy", "Zone size entropy", "GU8N", "bit",
      "entropy in bits of grey level and size of zones", "-sum_ij p_ij log2(p_ij)",
      SECTION "16", "glszm_ZoneEntropy", mi_emphasis_entropy },
};

const mi_texture mi_texture_glszm = {
    .none = "no zone in the region",
    .state_size = sizeof(mi_emphasis),
    .scratch_size = sizeof(zone_scratch),
    .setup = setup,
    .close = close_scratch,
    .plane = plane,
    .volume = volume,
    .read = read_matrix,
};

const mi_family mi_family_glszm = {
    .id = "glszm",
    .name = "GLSZM",
    .title = "grey level size zone matrix",
    .aggregations = mi_agg_three,
    .n_aggregations = MI_COUNT(mi_agg_three),
    .rows = rows,
    .n_rows = MI_COUNT(rows),
    .needs_levels = true,
    .texture = &mi_texture_glszm,
    .symbols =
        "s_ij zones of j voxels of level i; a dot for the sum over an index; Ns all zones; Nv "
        "voxels; p_ij = s_ij / Ns",
};
