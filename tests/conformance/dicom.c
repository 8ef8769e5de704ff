/* Every DICOM image of the shared data against facts that other programs worked out
   (data/facts.json): size, spacing, place, direction, values; and every coding of one image
   against the image. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dicom_support.h"

/* ---- geometry ---- */

static bool warned(const mi_volume *v, const char *code)
{
    for (int i = 0; i < v->warnings.n; i++)
        if (strcmp(v->warnings.item[i].code, code) == 0)
            return true;
    return false;
}

/* Slices ascend along the cross product of row and column here; a reader that goes by the order
   of frames may have them the other way round. */
static mi_grid other_way(const mi_grid *g)
{
    mi_grid o = *g;
    for (int i = 0; i < 3; i++) {
        o.m[i][3] = g->m[i][3] + (double)(g->n[2] - 1) * g->m[i][2];
        o.m[i][2] = -g->m[i][2];
    }
    return o;
}

/* Facts are LPS and written with seven to ten digits. The third spacing of what has no position,
   and of a single slice, is a matter of convention: thickness here, 1 mm in some readers. */
static void hold_grid(dicom_proof *p, const char *who, const mi_volume *v, const cJSON *f)
{
    mi_grid turned = other_way(&v->grid);
    bool same_way = fabs(v->grid.m[2][3] - fact_at(f, "origin_lps", 2)) < 1e-4;
    const mi_grid *g = same_way ? &v->grid : &turned;
    int side = cJSON_GetArraySize(member(f, "size"));
    for (int j = 0; j < 3; j++) {
        double spacing = fact_at(f, "spacing", j), length = 0;
        bool free_choice = j == 2 && spacing == 1 && (g->n[2] == 1 || warned(v, "no_position"));
        for (int i = 0; i < 3; i++) {
            double sign = i < 2 ? -1 : 1, d = fact_at(f, "direction_lps_rowmajor", i * side + j);
            length += g->m[i][j] * g->m[i][j];
            check(&p->t, free_choice || fabs(sign * g->m[i][j] - d * spacing) < 1e-5 * spacing,
                  "%s: axis %d runs along %g in direction %d, facts say %g", who, j,
                  sign * g->m[i][j], i, d * spacing);
        }
        check(&p->t, free_choice || fabs(sqrt(length) - spacing) < 1e-6 * spacing,
              "%s: spacing %d is %.9g, facts say %.9g", who, j, sqrt(length), spacing);
        double sign = j < 2 ? -1 : 1, o = fact_at(f, "origin_lps", j);
        check(&p->t, fabs(sign * g->m[j][3] - o) < 1e-4, "%s: origin %d is %.9g, facts say %.9g",
              who, j, sign * g->m[j][3], o);
    }
}

/* ---- values ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct scaling { double slope, inter; } scaling; /* ours = slope * theirs + inter */

static void hold_values(dicom_proof *p, const char *who, double *x, size_t n, const cJSON *f,
                        scaling s, double relative)
{
    double sum = 0, square = 0, scale = fabs(s.slope);
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        square += (x[i] - mean) * (x[i] - mean);
    qsort(x, n, sizeof *x, by_size);
    double median = (x[(n - 1) / 2] + x[n / 2]) / 2;
    const struct { const char *name; double ours, slope, inter; } row[] = {
        { "min", x[0], s.slope, s.inter }, { "max", x[n - 1], s.slope, s.inter },
        { "mean", mean, s.slope, s.inter }, { "median", median, s.slope, s.inter },
        { "sd_population", sqrt(square / (double)n), scale, 0 }
    };
    check(&p->t, (double)n == fact(f, "n"), "%s: %zu voxels", who, n);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        double want = row[i].slope * fact(f, row[i].name) + row[i].inter;
        check(&p->t, fabs(row[i].ours - want) <= relative * fmax(scale, fabs(want)),
              "%s: %s is %.10g, facts say %.10g", who, row[i].name, row[i].ours, want);
    }
}

/* Where the facts hold something else than values: what they hold, and how to get from there to
   values. */
#define STORED "stored_values_pydicom"
static const struct other { const char *file, *from; scaling to; double relative; } others[] = {
    { "dicom/single/RG3_J2KR.dcm", STORED, { 1, 0 }, 2e-8 }, /* MONOCHROME1 is not turned round */
    { "dicom/single/rtdose.dcm", STORED, { 1e-6, 0 }, 2e-8 }, /* Dose Grid Scaling */
    /* its table, rounded down */
    { "dicom/single/mlut_18.dcm", STORED, { 65535 / 4095.0, 65535 / 4095.0 * 2048 }, 2e-5 },
    { "dicom/mr_enhanced_philips/0001.dcm", STORED, { 1, 0 }, 1e-6 },
    { "dicom/single/parametric_map_float.dcm", STORED, { 1, 0 }, 1e-6 },
    { "dicom/single/parametric_map_double_float.dcm", STORED, { 1, 0 }, 2e-8 }
};

/* Two volumes (field and magnitude), each with its rescale, that the other reader stacked upon
   one another and scaled alike: held against the stored values. */
static bool parted_here(const char *file)
{
    return strcmp(file, "dicom/mr_enhanced_philips/0001.dcm") == 0;
}

static void back_to_stored(double *x, size_t n, int volume)
{
    static const scaling of[2] = { { 0.24420024420024, -500 }, { 1.27985347985347, 0 } };
    for (size_t i = 0; i < n; i++)
        x[i] = (x[i] - of[volume].inter) / of[volume].slope;
}

static void hold_image(dicom_proof *p, const cJSON *f)
{
    const cJSON *geometry = member(f, "simpleitk"), *values = geometry;
    scaling to = { 1, 0 };
    double relative = 0;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(others[i].file, f->string) == 0) {
            values = member(f, others[i].from);
            to = others[i].to;
            relative = others[i].relative;
        }
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_volume *v = NULL;
    mi_err err = MI_ERR_EMPTY;
    char *path = data_path(p, f->string);
    opts.frame = MI_FRAME_ALL;
    int n = read_items(path, &opts, false, &v, &err);
    int frames = cJSON_GetArraySize(member(geometry, "size")) > 3
                     ? (int)fact_at(geometry, "size", 3)
                 : parted_here(f->string) ? 2
                                          : 1;
    if (relative == 0)
        relative = 2e-8;
    if (check(&p->t, n == frames, "%s: %d volumes instead of %d (%s)", f->string, n, frames,
              err.message)) {
        size_t all = 0, one;
        double *x = NULL;
        for (int i = 0; i < n; i++) {
            double *y = values_of(&v[i], &one);
            if (parted_here(f->string))
                back_to_stored(y, one, i);
            x = realloc(x, (all + one) * sizeof *x + 1);
            if (!x)
                abort();
            memcpy(x + all, y, one * sizeof *y);
            all += one;
            free(y);
            if (v[i].type == MI_F32)
                relative = fmax(relative, 1e-6);
        }
        if (parted_here(f->string))
            v[0].grid.n[2] *= 2;
        if (geometry)
            hold_grid(p, f->string, &v[0], geometry);
        hold_values(p, f->string, x, all, values, to, relative);
        free(x);
    }
    if (n >= 0)
        free_items(v, n);
    free(path);
}

static void hold_colour(dicom_proof *p, const cJSON *f)
{
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_err err = MI_ERR_EMPTY;
    mi_volume *v = NULL;
    char *path = data_path(p, f->string);
    opts.frame = MI_FRAME_ALL;
    int n = read_items(path, &opts, false, &v, &err);
    if (check(&p->t, n < 0 && err.cls == MI_E_DATA && strstr(err.hint, "--grey"),
              "%s: colour is not refused: %s", f->string, err.message)) {
        opts.grey = true;
        n = read_items(path, &opts, false, &v, &err);
        check(&p->t, n >= 1, "%s: no grey: %s", f->string, err.message);
    }
    if (n >= 0)
        free_items(v, n);
    free(path);
}

/* ---- codings ---- */

/* How far values may lie off, 0: lossless. Facts and README of the data. */
static const struct coding { const char *file, *original; double off; } codings[] = {
#define CT "dicom/ct_transfer_syntaxes/"
    { CT "BigEndianExplicit_1.2.840.10008.1.2.2.dcm", CT "original.dcm", 0 },
    { CT "DeflatedExplicitVRLittleEndian_1.2.840.10008.1.2.1.99.dcm", CT "original.dcm", 0 },
    { CT "JPEG2000LosslessOnly_1.2.840.10008.1.2.4.90.dcm", CT "original.dcm", 0 },
    { CT "JPEGLSLossless_1.2.840.10008.1.2.4.80.dcm", CT "original.dcm", 0 },
    { CT "JPEGProcess14SV1_1.2.840.10008.1.2.4.70.dcm", CT "original.dcm", 0 },
    { CT "JPEGProcess14_1.2.840.10008.1.2.4.57.dcm", CT "original.dcm", 0 },
    { CT "LittleEndianExplicit_1.2.840.10008.1.2.1.dcm", CT "original.dcm", 0 },
    { CT "LittleEndianImplicit_1.2.840.10008.1.2.dcm", CT "original.dcm", 0 },
    { CT "RLELossless_1.2.840.10008.1.2.5.dcm", CT "original.dcm", 0 },
    { CT "JPEG2000_1.2.840.10008.1.2.4.91.dcm", CT "original.dcm", 5 },
    { CT "JPEGLSLossy_1.2.840.10008.1.2.4.81.dcm", CT "original.dcm", 5 },
    { CT "JPEGProcess10_12_1.2.840.10008.1.2.4.55.dcm", CT "original.dcm", 36 },
    { CT "JPEGProcess2_4_1.2.840.10008.1.2.4.51.dcm", CT "original.dcm", 36 },
    { CT "JPEGProcess6_8_1.2.840.10008.1.2.4.53.dcm", CT "original.dcm", 36 },
    { CT "JPEGProcess1_1.2.840.10008.1.2.4.50.dcm", CT "original.dcm", 64.5 },
#define ONE "dicom/single/"
    { ONE "MR_small_implicit.dcm", ONE "MR_small.dcm", 0 },
    { ONE "MR_small_bigendian.dcm", ONE "MR_small.dcm", 0 },
    { ONE "MR_small_expb.dcm", ONE "MR_small.dcm", 0 },
    { ONE "MR_small_padded.dcm", ONE "MR_small.dcm", 0 },
    { ONE "MR_small_RLE.dcm", ONE "MR_small.dcm", 0 },
    { ONE "MR_small_jp2klossless.dcm", ONE "MR_small.dcm", 0 },
    { ONE "MR_small_jpeg_ls_lossless.dcm", ONE "MR_small.dcm", 0 },
    { ONE "emri_small_RLE.dcm", ONE "emri_small.dcm", 0 },
    { ONE "emri_small_jpeg_ls_lossless.dcm", ONE "emri_small.dcm", 0 },
    { ONE "emri_small_jpeg_2k_lossless.dcm", ONE "emri_small.dcm", 0 },
    { ONE "emri_small_big_endian.dcm", ONE "emri_small.dcm", 0 }
};

static void hold_coding(dicom_proof *p, const struct coding *c)
{
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_err err = MI_ERR_EMPTY;
    mi_volume *a = NULL, *b = NULL;
    char *one = data_path(p, c->file), *two = data_path(p, c->original);
    int n = read_items(one, &opts, false, &a, &err), m = read_items(two, &opts, false, &b, &err);
    if (check(&p->t, n == 1 && m == 1, "%s: %s", c->file, err.message)) {
        size_t na, nb;
        double *x = values_of(a, &na), *y = values_of(b, &nb), most = 0;
        for (size_t i = 0; i < na && na == nb; i++)
            most = fmax(most, fabs(x[i] - y[i]));
        check(&p->t, na == nb && most <= c->off, "%s: values are %g off, allowed are %g", c->file,
              most, c->off);
        check(&p->t, a->meta.lossy == (c->off > 0), "%s: loss is %s", c->file,
              c->off > 0 ? "not told" : "told of a lossless coding");
        free(x);
        free(y);
    }
    if (n >= 0)
        free_items(a, n);
    if (m >= 0)
        free_items(b, m);
    free(one);
    free(two);
}

/* ---- what is no image ---- */

static void hold_no_image(dicom_proof *p, const cJSON *f)
{
    mi_err err = MI_ERR_EMPTY;
    mi_volume *v = NULL;
    char *path = data_path(p, f->string);
    int n = read_items(path, NULL, false, &v, &err);
    check(&p->t, n < 0 && err.cls == MI_E_DATA && strstr(err.message, "without an image"),
          "%s: %d images, %s", f->string, n, err.message);
    if (n >= 0)
        free_items(v, n);
    free(path);
}

static double number_named(const cJSON *list, const char *concept, const char *derivation)
{
    const cJSON *m;
    cJSON_ArrayForEach(m, list) {
        const char *c = cJSON_GetStringValue(member(m, "concept"));
        const char *d = cJSON_GetStringValue(member(m, "derivation"));
        if (c && strcmp(c, concept) == 0 && (!derivation || (d && strcmp(d, derivation) == 0)))
            return fact(m, "value");
    }
    return NAN;
}

/* The report's own figures, as dcmdump shows them. */
static void hold_report(dicom_proof *p)
{
    mi_err err = MI_ERR_EMPTY;
    char *path = data_path(p, "dicom/measurements/sr.dcm");
    cJSON *facts = read_facts(path, &err);
    if (check(&p->t, facts != NULL, "%s: %s", path, err.message)) {
        const cJSON *one = cJSON_GetArrayItem(member(facts, "series"), 0);
        const cJSON *list = member(one, "measurements");
        check(&p->t, fact(one, "measurement_groups") == 1, "report: groups");
        check(&p->t, number_named(list, "DCM:126401:SUVbw", "SRT:R-00317:Mean") == 6.01529,
              "report: mean");
        check(&p->t, number_named(list, "SRT:G-D705:Volume", NULL) == 33.5824, "report: volume");
    }
    cJSON_Delete(facts);
    free(path);
}

int main(void)
{
    dicom_proof p = { .data = NULL };
    int images = 0;
    if (dicom_begin(&p)) {
        const cJSON *f;
        cJSON_ArrayForEach(f, p.files) {
            const char *end = strrchr(f->string, '.');
            const cJSON *g = member(f, "simpleitk");
            const char *type = cJSON_GetStringValue(member(g, "pixel_type"));
            if (strncmp(f->string, "dicom/", 6) != 0 || (end && strcmp(end, ".gz") == 0))
                continue;
            if (type && strncmp(type, "vector", 6) == 0)
                hold_colour(&p, f);
            else if (g || member(f, "stored_values_pydicom"))
                hold_image(&p, f), images++;
            else if (member(f, "pydicom_error"))
                hold_no_image(&p, f);
        }
        for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++)
            hold_coding(&p, &codings[i]);
        hold_report(&p);
        check(&p.t, images >= 40, "only %d images were found", images);
        printf("dicom: %d images and series, %zu codings\n", images,
               sizeof codings / sizeof codings[0]);
    }
    return dicom_end(&p);
}
