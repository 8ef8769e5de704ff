/* Every damaged or contradictory DICOM input of the shared data (bad/dicom): refused in a clear
   line, or read as the facts have it, by the library and by mi-preproc; never a crash, never a
   wrong image. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dicom_support.h"

/* What must happen. */
static const struct bad {
    const char *name;
    const char *says;    /* refused with these words; NULL: it is read */
    const char *series;  /* --series, to choose one */
    double size[3], min, max, mean; /* of what is read, from facts.json */
    const char *warning; /* that comes along, or NULL */
} input[] = {
    { "MR_truncated.dcm", "truncated", NULL, { 0 }, 0, 0, 0, NULL },
    { "badVR.dcm", "Number of Frames (0028,0008) is damaged", NULL, { 0 }, 0, 0, 0, NULL },
    { "bad_sequence.dcm", NULL, NULL, { 512, 512, 1 }, -1011, 1243, -76.6256485, NULL },
    { "ct_duplicate_slice", "a duplicate slice", NULL, { 0 }, 0, 0, 0, NULL },
    { "ct_missing_slice", "1 slice is missing", NULL, { 0 }, 0, 0, 0, NULL },
    { "ct_mixed_folder", "2 series with images", NULL, { 0 }, 0, 0, 0, NULL },
    { "ct_mixed_folder", NULL, "123456", { 88, 128, 17 }, 0, 696, 148.21828, NULL },
    { "emri_small_jpeg_2k_lossless_too_short.dcm", "truncated", NULL, { 0 }, 0, 0, 0, NULL },
    { "explicit_VR-UN.dcm",
      NULL,
      NULL,
      { 512, 512, 1 },
      -1024,
      1186,
      -670.9574127,
      "no_thickness" },
    { "meta_missing_tsyntax.dcm", "describe no image", NULL, { 0 }, 0, 0, 0, NULL },
    { "no_meta.dcm", "not an image that is known here", NULL, { 0 }, 0, 0, 0, NULL },
    { "rtplan_truncated.dcm", "truncated", NULL, { 0 }, 0, 0, 0, NULL }
};

static void hold_read(dicom_proof *p, const struct bad *b, const mi_volume *v)
{
    size_t n;
    double *x = values_of(v, &n), lo = INFINITY, hi = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) {
        lo = fmin(lo, x[i]);
        hi = fmax(hi, x[i]);
        sum += x[i];
    }
    for (int d = 0; d < 3; d++)
        check(&p->t, (double)v->grid.n[d] == b->size[d], "%s: size %d is %lld", b->name, d,
              (long long)v->grid.n[d]);
    check(&p->t,
          lo == b->min && hi == b->max && fabs(sum / (double)n - b->mean) < 2e-8 * fabs(b->mean),
          "%s: %g to %g, mean %.10g", b->name, lo, hi, sum / (double)n);
    bool told = !b->warning;
    for (int i = 0; i < v->warnings.n; i++)
        told = told || strcmp(v->warnings.item[i].code, b->warning) == 0;
    check(&p->t, told, "%s: no warning %s", b->name, b->warning ? b->warning : "");
    free(x);
}

static void hold(dicom_proof *p, const struct bad *b)
{
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_err err = MI_ERR_EMPTY;
    mi_volume *v = NULL;
    char *path = data_path(p, "bad/dicom"), *file = join(path, b->name);
    opts.series = b->series;
    int n = read_items(file, &opts, false, &v, &err);
    if (b->says)
        check(&p->t, n < 0 && (err.cls == MI_E_DATA || err.cls == MI_E_GEOMETRY) &&
                         strstr(err.message, b->says),
              "%s: %d images, %s", b->name, n, err.message);
    else if (check(&p->t, n == 1, "%s: %d images, %s", b->name, n, err.message))
        hold_read(p, b, v);
    if (n >= 0)
        free_items(v, n);
    free(file);
    free(path);
}

/* The tool ends with 65 or 0, says at most two lines on a failure, and leaves no file behind. */
static void hold_tool(dicom_proof *p, const struct bad *b, const char *scratch)
{
    char *errors = join(scratch, "errors"), *product = join(scratch, "x.nii"), *out = NULL;
    char *path = data_path(p, "bad/dicom"), *file = join(path, b->name);
    const char *const argv[] = { "mi-preproc", file, "-o",
                                 product,      "-f", b->series ? "--series" : NULL,
                                 b->series,    NULL };
    int status = run(argv, &out, errors), lines = 0;
    char *said = text_of(errors, NULL);
    for (const char *s = said; s && *s; s++)
        lines += *s == '\n';
    FILE *f = fopen(product, "rb");
    check(&p->t, status == (b->says ? 65 : 0), "mi-preproc %s ended with %d: %s", b->name, status,
          said);
    check(&p->t, b->says ? lines >= 1 && lines <= 2 && !f : f != NULL,
          "mi-preproc %s: %d lines, %s file", b->name, lines, f ? "a" : "no");
    if (f)
        fclose(f);
    remove(product);
    free(said);
    free(out);
    free(file);
    free(path);
    free(errors);
    free(product);
}

/* Nothing in the folder is left out of the table. */
static void hold_complete(dicom_proof *p)
{
    char *path = data_path(p, "bad/dicom");
    DIR *d = opendir(path);
    const struct dirent *e;
    while (d && (e = readdir(d))) {
        bool known = e->d_name[0] == '.';
        for (size_t i = 0; i < sizeof input / sizeof input[0]; i++)
            known = known || strcmp(input[i].name, e->d_name) == 0;
        check(&p->t, known, "%s is not in the table", e->d_name);
    }
    check(&p->t, d != NULL, "no folder %s", path);
    if (d)
        closedir(d);
    free(path);
}

int main(void)
{
    dicom_proof p = { .data = NULL };
    char *scratch = scratch_make();
    if (dicom_begin(&p)) {
        for (size_t i = 0; i < sizeof input / sizeof input[0]; i++) {
            hold(&p, &input[i]);
            if (tool_is_there("mi-preproc"))
                hold_tool(&p, &input[i], scratch);
        }
        hold_complete(&p);
        printf("dicom bad: %zu inputs\n", sizeof input / sizeof input[0]);
    }
    scratch_remove(scratch);
    return dicom_end(&p);
}
