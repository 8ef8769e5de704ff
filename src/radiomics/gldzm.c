/* Grey level distance zone matrix (IBSI 1 reference manual, 3.9; Thibault et al. 2014). Zones lie
   in the intensity mask, distances are taken to the border of the morphological mask. */
#include <stdlib.h>
#include "base/memory.h"
#include "radiomics/emphasis.h"
#include "radiomics/zones.h"

typedef struct zone_scratch {
    mi_emphasis_scratch read;
    mi_zones zones;
    int32_t *distance; /* of one slice */
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
    const mi_levels *l = &job->levels;
    if (!s->distance)
        s->distance = mi_array((size_t)(l->n[0] * l->n[1]), sizeof *s->distance, err);
    if (!s->distance)
        return -1;
    mi_border_distance(job->region, k, k + 1, true, s->distance);
    return mi_zones_count(&s->zones, l, k, k + 1, true, s->distance, NULL, m, err);
}

static int volume(const mi_texture_job *job, mi_matrix *m, mi_err *err)
{
    const mi_levels *l = &job->levels;
    mi_zones z = MI_ZONES_EMPTY;
    int rc = -1;
    int32_t *distance = mi_array((size_t)(l->n[0] * l->n[1] * l->n[2]), sizeof *distance, err);
    if (distance) {
        mi_border_distance(job->region, 0, l->n[2], false, distance);
        rc = mi_zones_count(&z, l, 0, l->n[2], false, distance, job->pool, m, err);
    }
    mi_zones_free(&z);
    free(distance);
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
    free(s->distance);
}

#define SECTION "IBSI 1 reference manual, 3.9."
static const mi_feature rows[] = {
    { "small_distance_emphasis", "Small distance emphasis", "0GBI", "1",
      "mean inverse square of the distance of zones to the border", "1/Ns sum_j d_.j / j^2",
      SECTION "1", NULL, mi_emphasis_small_j },
    { "large_distance_emphasis", "Large distance emphasis", "MB4I", "1",
      "mean square of the distance of zones to the border", "1/Ns sum_j j^2 d_.j",
      SECTION "2", NULL, mi_emphasis_large_j },
    { "low_grey_level_zone_emphasis", "Low grey level zone emphasis", "S1RA", "1",
      "mean inverse square of the grey level of zones", "1/Ns sum_i d_i. / i^2",
      SECTION "3", NULL, mi_emphasis_low_i },
    { "high_grey_level_zone_emphasis", "High grey level zone emphasis", "K26C", "1",
      "mean square of the grey level of zones", "1/Ns sum_i i^2 d_i.",
      SECTION "4", NULL, mi_emphasis_high_i },
    { "small_distance_low_grey_level_emphasis", "Small distance low grey level emphasis", "RUVG",
      "1", "emphasis on zones of low grey level near the border", "1/Ns sum_ij d_ij / (i^2 j^2)",
      SECTION "5", NULL, mi_emphasis_small_low },
    { "small_distance_high_grey_level_emphasis", "Small distance high grey level emphasis", "DKNJ",
      "1", "emphasis on zones of high grey level near the border", "1/Ns sum_ij i^2 d_ij / j^2",
      SECTION "6", NULL, mi_emphasis_small_high },
    { "large_distance_low_grey_level_emphasis", "Large distance low grey level emphasis", "A7WM",
      "1", "emphasis on zones of low grey level far from the border",
      "1/Ns sum_ij j^2 d_ij / i^2", SECTION "7", NULL, mi_emphasis_large_low },
    { "large_distance_high_grey_level_emphasis", "Large distance high grey level emphasis", "KLTH",
      "1", "emphasis on zones of high grey level far from the border",
      "1/Ns sum_ij i^2 j^2 d_ij", SECTION "8", NULL, mi_emphasis_large_high },
    { "grey_level_non_uniformity", "Grey level non-uniformity", "VFT7", "1",
      "how unevenly zones spread over the grey levels", "1/Ns sum_i d_i.^2",
      SECTION "9", NULL, mi_emphasis_level_nonuniform },
    { "normalised_grey_level_non_uniformity", "Normalised grey level non-uniformity", "7HP3", "1",
      "grey level non-uniformity divided by the number of zones", "1/Ns^2 sum_i d_i.^2",
      SECTION "10", NULL, mi_emphasis_level_nonuniform_norm },
    { "zone_distance_non_uniformity", "Zone distance non-uniformity", "V294", "1",
      "how unevenly zones spread over the distances", "1/Ns sum_j d_.j^2",
      SECTION "11", NULL, mi_emphasis_j_nonuniform },
    { "normalised_zone_distance_non_uniformity", "Normalised zone distance non-uniformity", "IATH",
      "1", "zone distance non-uniformity divided by the number of zones", "1/Ns^2 sum_j d_.j^2",
      SECTION "12", NULL, mi_emphasis_j_nonuniform_norm },
    { "zone_percentage", "Zone percentage", "VIWW", "1",
      "number of zones per voxel", "Ns / Nv",
      SECTION "13", NULL, mi_emphasis_percentage },
    { "grey_level_variance", "Grey level variance", "QK93", "1",
      "variance of the grey level of zones", "sum_ij (i - mu)^2 p_ij, mu the mean level of zones",
      SECTION "14", NULL, mi_emphasis_level_variance },
    { "zone_distance_variance", "Zone distance variance", "7WT1", "1",
      "variance of the distance of zones to the border",
      "sum_ij (j - mu)^2 p_ij, mu the mean distance", SECTION "15", NULL, mi_emphasis_j_variance },
    { "zone_distance_entropy", "Zone distance entropy", "GBDU", "bit",
      "entropy in bits of grey level and distance of zones", "-sum_ij p_ij log2(p_ij)",
      SECTION "16", NULL, mi_emphasis_entropy },
};

const mi_texture mi_texture_gldzm = {
    .none = "no zone in the region",
    .state_size = sizeof(mi_emphasis),
    .scratch_size = sizeof(zone_scratch),
    .setup = setup,
    .close = close_scratch,
    .plane = plane,
    .volume = volume,
    .read = read_matrix,
};

const mi_family mi_family_gldzm = {
    .id = "gldzm",
    .name = "GLDZM",
    .title = "grey level distance zone matrix",
    .aggregations = mi_agg_three,
    .n_aggregations = MI_COUNT(mi_agg_three),
    .rows = rows,
    .n_rows = MI_COUNT(rows),
    .needs_levels = true,
    .texture = &mi_texture_gldzm,
    .symbols =
        "d_ij zones of level i whose nearest voxel lies j steps from the border; a dot for the "
        "sum over an index; Ns all zones; Nv voxels; p_ij = d_ij / Ns",
};
