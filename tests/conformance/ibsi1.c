/* How many of the 1804 published values, 300 diagnostics and 88 texture matrices of IBSI 1 does
   mi-radiomics meet? The digital phantom comes with the source, the CT phantom of configurations A
   to E is reference material. Rule of comparison: round to three significant digits (diagnostics:
   to the digits given), then the distance to the reference is at most its tolerance. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"

static const char *const preset[6] = { "ibsi-phantom", "ibsi-a", "ibsi-b",
                                       "ibsi-c",       "ibsi-d", "ibsi-e" };
static const char *const config[6] = { "digital_phantom", "A", "B", "C", "D", "E" };

typedef struct proof {
    tally t;
    cJSON *list; /* of features */
    table values, facts;
} proof;

static bool meets(double x, double want, double tolerance, int digits)
{
    return fabs(rounded(x, digits) - want) <= tolerance + 1e-9 * fabs(want);
}

/* Significant digits of a number as it is written. */
static int digits_of(const char *s)
{
    int n = 0;
    for (; *s && *s != 'e'; s++)
        n += (*s >= '1' && *s <= '9') || (*s == '0' && n > 0);
    return n < 3 ? 3 : n;
}

/* The phantom as two files. */
static bool phantom_files(char *folder, char **image, char **mask)
{
    static const int n[3] = { 5, 4, 4 };
    static const double s[3] = { 2, 2, 2 };
    double value[80] = { 0 }, inside[80] = { 0 };
    char *path = source_path("testdata/ibsi_digital_phantom.csv");
    table t;
    bool ok = table_read(&t, path);
    for (int i = 0; ok && i < t.rows; i++) {
        int at = (int)(table_number(&t, i, "x") +
                       5 * (table_number(&t, i, "y") + 4 * table_number(&t, i, "z")));
        value[at] = table_number(&t, i, "intensity");
        inside[at] = table_number(&t, i, "mask");
    }
    nii v = nii_plain(n, s, NII_I16, value), m = nii_plain(n, s, NII_U8, inside);
    *image = join(folder, "image.nii");
    *mask = join(folder, "mask.nii");
    ok = ok && nii_write(*image, &v) && nii_write(*mask, &m);
    table_free(&t);
    free(path);
    return ok;
}

/* ---- values ---- */

static void hold_values(proof *p, int which, const char *image, const char *mask)
{
    const char *const argv[] = { "mi-radiomics", "--preset", preset[which], image, mask, NULL };
    cJSON *all = run_json(argv);
    const cJSON *features = cJSON_GetObjectItem(cJSON_GetArrayItem(all, 0), "features");
    int met = 0, n = 0;
    for (int i = 0; i < p->values.rows; i++) {
        if (strcmp(table_cell(&p->values, i, "config"), config[which]) != 0)
            continue;
        const char *feature = table_cell(&p->values, i, "feature");
        const char *agg = table_cell(&p->values, i, "aggregation");
        const char *key = feature_key(p->list, table_cell(&p->values, i, "ibsi_tag"),
                                      aggregation_id(agg), feature);
        double x = key ? json_number(cJSON_GetObjectItemCaseSensitive(features, key)) : NAN;
        double want = table_number(&p->values, i, "value");
        double tolerance = table_number(&p->values, i, "tolerance");
        n++;
        met +=
            check(&p->t, meets(x, want, tolerance, 3), "%s: %s, %s (%s): %.9g, published %g +- %g",
                  config[which], agg, feature, key ? key : "not in the list", x, want, tolerance);
    }
    printf("ibsi1: %s %d of %d\n", config[which], met, n);
    cJSON_Delete(all);
}

/* ---- diagnostics ---- */

static double along(const cJSON *array, const char *axis)
{
    return json_number(cJSON_GetArrayItem(array, axis[0] - 'x'));
}

/* The number that one row of the table asks for. */
static double diagnostic(const cJSON *stage, const table *t, int row)
{
    const char *what = table_cell(t, row, "quantity"), *axis = table_cell(t, row, "axis");
    const cJSON *image = cJSON_GetObjectItem(stage, "image");
    bool roi = strcmp(table_cell(t, row, "object"), "roi") == 0;
    const cJSON *mask =
        cJSON_GetObjectItem(stage, strncmp(what, "morph", 5) == 0 ? "morph" : "inten");
    const cJSON *from = roi ? mask : image;
    if (strcmp(what, "image dimension") == 0 || strcmp(what, "intensity mask dimension") == 0)
        return along(cJSON_GetObjectItem(image, "size"), axis);
    if (strcmp(what, "voxel dimension") == 0)
        return along(cJSON_GetObjectItem(image, "spacing"), axis);
    if (strstr(what, "bounding box"))
        return along(cJSON_GetObjectItem(cJSON_GetObjectItem(mask, "box"), "size"), axis);
    if (strstr(what, "voxel count"))
        return json_number(cJSON_GetObjectItem(mask, "voxels"));
    if (strstr(what, "mean intensity"))
        return json_number(cJSON_GetObjectItem(from, "mean"));
    if (strstr(what, "minimum intensity"))
        return json_number(cJSON_GetObjectItem(from, "min"));
    if (strstr(what, "maximum intensity"))
        return json_number(cJSON_GetObjectItem(from, "max"));
    return NAN;
}

static const cJSON *stage_of(const cJSON *record, const char *name)
{
    const cJSON *s;
    cJSON_ArrayForEach(s, cJSON_GetObjectItem(record, "stages"))
    {
        const char *is = cJSON_GetStringValue(cJSON_GetObjectItem(s, "name"));
        if (is && strcmp(is, name) == 0)
            return s;
    }
    return NULL;
}

static void hold_diagnostics(proof *p, int which, const char *image, const char *mask, int *met,
                             int *n)
{
    const char *const argv[] = { "mi-radiomics", "--preset", preset[which], "--dump",
                                 "diagnostics",  image,      mask,          NULL };
    cJSON *all = run_json(argv);
    for (int i = 0; i < p->facts.rows; i++) {
        if (strcmp(table_cell(&p->facts, i, "config"), config[which]) != 0)
            continue;
        const char *name = table_cell(&p->facts, i, "stage");
        double x = diagnostic(stage_of(cJSON_GetArrayItem(all, 0), name), &p->facts, i);
        double want = table_number(&p->facts, i, "value");
        double tolerance = table_number(&p->facts, i, "tolerance");
        ++*n;
        *met +=
            check(&p->t, meets(x, want, tolerance, digits_of(table_cell(&p->facts, i, "value"))),
                  "%s %s %s %s %s: %.9g, published %g +- %g", config[which], name,
                  table_cell(&p->facts, i, "object"), table_cell(&p->facts, i, "quantity"),
                  table_cell(&p->facts, i, "axis"), x, want, tolerance);
    }
    cJSON_Delete(all);
}

/* ---- matrices ---- */

static bool same_matrix(const table *a, int i, const table *b, int j)
{
    static const char *const column[] = { "matrix", "mode", "direction", "slice" };
    for (int c = 0; c < 4; c++)
        if (strcmp(table_cell(a, i, column[c]), table_cell(b, j, column[c])) != 0)
            return false;
    return true;
}

static bool same_number(const table *a, int i, const table *b, int j, const char *column)
{
    double x = table_number(a, i, column), y = table_number(b, j, column);
    if (isnan(x) || isnan(y))
        return isnan(x) && isnan(y);
    return fabs(rounded(x, digits_of(table_cell(b, j, column))) - y) <= 1e-9 * fabs(y);
}

static bool same_entry(const table *a, int i, const table *b, int j)
{
    return same_matrix(a, i, b, j) && same_number(a, i, b, j, "i") &&
           same_number(a, i, b, j, "j") && same_number(a, i, b, j, "n") &&
           same_number(a, i, b, j, "s");
}

/* Does the matrix of row `row` of `want` stand in `got`, entry by entry and nothing besides? */
static bool matrix_met(const table *got, const table *want, int row)
{
    int n_want = 0, n_got = 0, met = 0;
    for (int j = 0; j < want->rows; j++) {
        bool found = false;
        if (!same_matrix(want, row, want, j))
            continue;
        for (int i = 0; i < got->rows && !found; i++)
            found = same_entry(got, i, want, j);
        n_want++;
        met += found;
    }
    for (int i = 0; i < got->rows; i++)
        n_got += same_matrix(got, i, want, row);
    return met == n_want && n_got == n_want;
}

static void hold_matrices(proof *p, const char *image, const char *mask)
{
    const char *const argv[] = { "mi-radiomics", "--preset", preset[0], "--dump",
                                 "matrices",     image,      mask,      NULL };
    char *out, *path = source_path("testdata/digital_phantom_texture_matrices.csv");
    table got, want;
    int met = 0, n = 0;
    int status = run(argv, &out, NULL);
    check(&p->t, status == 0, "--dump matrices ended with %d", status);
    if (!table_parse(&got, out) || !table_read(&want, path)) {
        check(&p->t, false, "no matrices, or no table of them");
    } else {
        for (int j = 0; j < want.rows; j++) {
            bool first = true;
            for (int k = 0; k < j && first; k++)
                first = !same_matrix(&want, k, &want, j);
            if (!first)
                continue;
            n++;
            met += check(&p->t, matrix_met(&got, &want, j), "matrix %s %s (%s) slice %s",
                         table_cell(&want, j, "matrix"), table_cell(&want, j, "mode"),
                         table_cell(&want, j, "direction"), table_cell(&want, j, "slice"));
        }
        table_free(&want);
    }
    check(&p->t, n == 88, "%d matrices instead of 88", n);
    printf("ibsi1: matrices %d of %d\n", met, n);
    table_free(&got);
    free(path);
}

int main(void)
{
    proof p = { .list = NULL };
    char *values = source_path("testdata/ibsi1_values.csv"), *folder = scratch_make();
    char *facts = source_path("testdata/ibsi1_diagnostics.csv"), *image = NULL, *mask = NULL;
    int met = 0, n = 0;
    if (!tool_is_there("mi-radiomics"))
        skip(&p.t, "mi-radiomics is not in PATH");
    else if (check(&p.t, (p.list = feature_list()) != NULL, "no list of features") &&
             check(&p.t, table_read(&p.values, values) && table_read(&p.facts, facts),
                   "no tables") &&
             check(&p.t, phantom_files(folder, &image, &mask), "no phantom")) {
        char *ct = shared_path("reference/ibsi/ct_phantom/image.nii.gz");
        char *ct_mask = shared_path("reference/ibsi/ct_phantom/mask.nii.gz");
        hold_values(&p, 0, image, mask);
        hold_matrices(&p, image, mask);
        if (!ct || !ct_mask)
            skip(&p.t, "ibsi1: A to E need the CT phantom (MI_SHARED)");
        for (int c = 1; ct && ct_mask && c < 6; c++)
            hold_values(&p, c, ct, ct_mask);
        for (int c = 1; ct && ct_mask && c < 6; c++)
            hold_diagnostics(&p, c, ct, ct_mask, &met, &n);
        if (ct && ct_mask) {
            check(&p.t, n == 300, "%d diagnostics instead of 300", n);
            printf("ibsi1: diagnostics %d of %d\n", met, n);
        }
        free(ct);
        free(ct_mask);
    }
    table_free(&p.values);
    table_free(&p.facts);
    cJSON_Delete(p.list);
    scratch_remove(folder);
    free(image);
    free(mask);
    free(values);
    free(facts);
    return tally_end(&p.t);
}
