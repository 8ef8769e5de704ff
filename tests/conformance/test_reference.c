/* The reference itself, held against the 482 published values of the digital phantom before it
   judges anything else. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "reference.h"
#include "support.h"

static void phantom(const char *path, ref_roi *r, const mi_settings *set)
{
    static const int n[3] = { 5, 4, 4 };
    static const double s[3] = { 2, 2, 2 };
    double image[80] = { 0 };
    unsigned char mask[80] = { 0 };
    table t;
    if (!table_read(&t, path)) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(99);
    }
    for (int i = 0; i < t.rows; i++) {
        int at = (int)(table_number(&t, i, "x") +
                       5 * (table_number(&t, i, "y") + 4 * table_number(&t, i, "z")));
        image[at] = table_number(&t, i, "intensity");
        mask[at] = table_number(&t, i, "mask") != 0;
    }
    ref_chain(image, mask, n, s, set, r);
    table_free(&t);
}

int main(void)
{
    tally count = { 0, 0, 0 };
    mi_settings set = { .range = { -INFINITY, INFINITY },
                        .bin_start = NAN,
                        .ivh_range = { -INFINITY, INFINITY },
                        .glcm_distance = 1,
                        .ngtdm_distance = 1,
                        .ngldm_distance = 1,
                        .peak_radius = 6.2035 };
    static ref_rows rows;
    ref_roi r;
    table t;
    int met = 0;
    char *data = source_path("testdata/ibsi_digital_phantom.csv");
    char *values = source_path("testdata/ibsi1_values.csv");
    phantom(data, &r, &set);
    ref_statistics(&r, &rows);
    ref_histogram(&r, &rows);
    ref_ivh(&r, &set, &rows);
    ref_peak(&r, &set, &rows);
    ref_morphology(&r, 556, 388,
                   &rows); /* the published volume and area; their bounds are checked below */
    ref_glcm(&r, &set, &rows);
    ref_glrlm(&r, &set, &rows);
    ref_glszm(&r, &rows);
    ref_gldzm(&r, &rows);
    ref_ngtdm(&r, &set, &rows);
    ref_ngldm(&r, &set, &rows);
    if (!table_read(&t, values))
        return 99;
    for (int i = 0; i < t.rows; i++) {
        if (strcmp(table_cell(&t, i, "config"), "digital_phantom") != 0)
            continue;
        const char *family = table_cell(&t, i, "family"), *agg = table_cell(&t, i, "aggregation");
        const char *feature = table_cell(&t, i, "feature");
        const ref_row *row = ref_find(&rows, family, agg, table_cell(&t, i, "ibsi_tag"), feature);
        double want = table_number(&t, i, "value"), tol = table_number(&t, i, "tolerance");
        double got = row ? row->value : NAN;
        if (row && row->lo <= row->hi)
            check(&count, ref_agrees(row, got), "%s %g is outside [%g, %g]", feature, got, row->lo,
                  row->hi);
        met += check(&count, row && fabs(rounded(got, 3) - want) <= tol + 1e-9 * fabs(want),
                     "%s, %s, %s: reference %.17g, published %.17g +- %g", family, agg, feature,
                     got, want, tol);
    }
    printf("reference: %d of 482 published values of the digital phantom\n", met);
    check(&count, met == 482, "%d published values met instead of 482", met);
    table_free(&t);
    ref_roi_free(&r);
    free(data);
    free(values);
    return tally_end(&count);
}
