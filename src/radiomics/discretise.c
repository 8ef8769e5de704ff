/* Grey levels (IBSI 1 reference manual, 2.7): fixed bin number, fixed bin size, none. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include "base/memory.h"
#include "base/round.h"
#include "radiomics/kernel.h"
#include "radiomics/steps.h"

enum { RUN = 4096 }; /* voxels that are looked at twice while they are near */

static void extremes(const mi_region *r, double *min, double *max)
{
    int64_t n = r->n[0] * r->n[1] * r->n[2];
    *min = INFINITY;
    *max = -INFINITY;
    for (int64_t i = 0; i < n; i++) {
        if (!r->inten[i])
            continue;
        *min = r->value[i] < *min ? r->value[i] : *min;
        *max = r->value[i] > *max ? r->value[i] : *max;
    }
}

static int check_levels(const mi_binning_rule *b, double min, double max, mi_err *err)
{
    double lowest = mi_binning_level(b, min), highest = mi_binning_level(b, max);
    if (b->method == MI_BIN_WIDTH && lowest < 1)
        return mi_fail(
            err, MI_E_DATA, "re-segment to the range from there on (--range), or start lower",
            "the region goes down to %g, below the start of the first bin at %g", min, b->low);
    if (b->method == MI_BIN_NONE && (min < 1 || !mi_is_whole(min)))
        return mi_fail(err, MI_E_DATA, "choose --bin-number or --bin-width",
                       "without discretisation grey levels must be whole numbers from 1 on; "
                       "the region has %g",
                       min);
    if (!isfinite(highest))
        return mi_fail(err, MI_E_DATA, "re-segment to the range that has a meaning (--range)",
                       "intensities from %g to %g are too far apart for grey levels", min, max);
    if (!(highest <= MI_LEVELS_MAX))
        return mi_fail(err, MI_E_DATA, "give wider bins, or re-segment to a narrower range",
                       "%.7g grey levels are needed for intensities up to %g; at most %d are taken",
                       highest, max, MI_LEVELS_MAX);
    return 0;
}

static void warn_levels(int64_t present, int32_t ng, mi_warnings *warn)
{
    if (!warn || present == 0)
        return;
    if (present == 1)
        mi_warn(warn, "one_level",
                "all voxels have the same grey level: most textures say nothing");
    else if (present < 8)
        mi_warn(warn, "few_levels", "only %lld grey levels: textures are coarse",
                (long long)present);
    if (ng > 512)
        mi_warn(warn, "many_levels", "%ld grey levels: texture matrices are sparse and noisy",
                (long)ng);
}

/* Levels of n voxels, 0 outside the mask. Whatever lies there is worked out too and thrown away. */
MI_KERNEL static void level_run(const mi_binning_rule *rule, const double *value, const uint8_t *in,
                                int64_t n, int32_t *level)
{
    const mi_binning_rule b = *rule;
    for (int64_t i = 0; i < n; i++) {
        const double x = in[i] ? value[i] : b.low;
        level[i] = in[i] ? (int32_t)mi_binning_level(&b, x) : 0;
    }
}

/* Levels of all voxels of the intensity mask; seen[k] when level k is there. */
static int fill_levels(mi_region *r, const mi_binning_rule *rule, bool *seen, mi_err *err)
{
    const int64_t n = r->n[0] * r->n[1] * r->n[2];
    for (int64_t i = 0; rule->method == MI_BIN_NONE && i < n; i++)
        if (r->inten[i] && !mi_is_whole(r->value[i]))
            return mi_fail(err, MI_E_DATA, "choose --bin-number or --bin-width",
                           "without discretisation grey levels must be whole numbers from 1 on; "
                           "the region has %g",
                           r->value[i]);
    for (int64_t i = 0; i < n; i += RUN) {
        const int64_t end = n - i < RUN ? n : i + RUN;
        level_run(rule, r->value + i, r->inten + i, end - i, r->level + i);
        for (int64_t k = i; k < end; k++)
            seen[r->level[k]] = true;
    }
    return 0;
}

static void note_levels(mi_region *r, const bool *seen, mi_diagnostics *diag, mi_warnings *warn)
{
    int64_t present = 0;
    int32_t lowest = 0;
    for (int32_t k = 1; k <= MI_LEVELS_MAX; k++) {
        if (!seen[k])
            continue;
        present++;
        lowest = lowest ? lowest : k;
        r->ng = k;
    }
    if (diag) {
        diag->level_min = lowest;
        diag->level_max = r->ng;
    }
    warn_levels(present, r->ng, warn);
}

int mi_region_discretise(mi_region *r, const mi_settings *s, mi_diagnostics *diag,
                         mi_warnings *warn, mi_err *err)
{
    size_t n = (size_t)r->n[0] * (size_t)r->n[1] * (size_t)r->n[2];
    r->ng = 0;
    r->level = mi_array_zero(n, sizeof *r->level, err);
    if (!r->level)
        return -1;
    if (r->n_inten == 0)
        return 0;
    double min, max;
    extremes(r, &min, &max);
    mi_binning_rule b = { .method = (mi_binning)s->discretisation,
                          .low = min,
                          .high = max,
                          .bins = (double)s->bin_number,
                          .width = s->bin_width };
    if (b.method == MI_BIN_WIDTH && !isnan(s->bin_start))
        b.low = s->bin_start;
    else if (b.method == MI_BIN_WIDTH && isfinite(s->range.lo))
        b.low = s->range.lo;
    bool *seen = mi_array_zero(MI_LEVELS_MAX + 1, sizeof *seen, err);
    int rc = seen ? check_levels(&b, min, max, err) : -1;
    if (rc == 0)
        rc = fill_levels(r, &b, seen, err);
    if (rc == 0)
        note_levels(r, seen, diag, warn);
    free(seen);
    return rc;
}
