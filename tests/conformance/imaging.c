/* What other programs make of the shared images (geometry, intensity, bias and ms of
   reference/imaging): every case of a step that mi-preproc has goes through the tool and is held to
   its tolerance. Cases of operations that come later are skipped by name. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "imaging_support.h"

/* ---- resampling ---- */

/* A file of float32 with the image's values, so that nothing is rounded. */
static bool write_float(proof *p, const cJSON *c, const char *image)
{
    mi_volume v = MI_VOLUME_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    bool ok = check(&p->t, mi_volume_read(&v, image, NULL, &err) == 0, "%s: %s", word(c, "id"),
                    err.message);
    if (ok) {
        size_t n;
        double *x = values_of(&v, &n);
        nii f = { { (int)v.grid.n[0], (int)v.grid.n[1], (int)v.grid.n[2] },
                  { { 0 } },
                  NII_F32,
                  0,
                  0,
                  false,
                  x };
        memcpy(f.m, v.grid.m, sizeof f.m);
        ok = check(&p->t, nii_write(p->copy, &f), "%s: a copy cannot be written", word(c, "id"));
        free(x);
    }
    mi_volume_free(&v);
    return ok;
}

/* An image with the grid that is expected, moved by a share of its voxels. */
static bool write_grid(proof *p, const cJSON *c, const double shift[3])
{
    const cJSON *g = member(member(c, "expected"), "geometry");
    nii f = { { 0, 0, 0 }, { { 0 } }, NII_U8, 0, 0, false, NULL };
    size_t n = 1;
    for (int d = 0; d < 3; d++) {
        f.n[d] = (int)fact_at(g, "size", d);
        n *= (size_t)f.n[d];
        for (int k = 0; k < 4; k++)
            f.m[d][k] =
                json_number(cJSON_GetArrayItem(cJSON_GetArrayItem(member(g, "affine_ras"), d), k));
        for (int k = 0; k < 3; k++)
            f.m[d][3] += shift[k] * f.m[d][k];
    }
    double *x = calloc(n, sizeof *x);
    f.value = x;
    bool ok =
        check(&p->t, x && nii_write(p->grid, &f), "%s: a grid cannot be written", word(c, "id"));
    free(x);
    return ok;
}

/* Where a sample falls exactly between two voxels programs part, some from line to line. The same
   on grids a ten-thousandth of a voxel to either side, for each axis: a voxel where all eight agree
   is no tie. */
static double *other_sides(proof *p, const cJSON *c, const char *image, const product *r)
{
    double *side = malloc(8 * r->n * sizeof *side);
    bool ok = side != NULL;
    for (int k = 0; ok && k < 8; k++) {
        const double shift[3] = { k & 1 ? 1e-4 : -1e-4, k & 2 ? 1e-4 : -1e-4,
                                  k & 4 ? 1e-4 : -1e-4 };
        const char *const option[] = { "--like", p->grid, "--as-mask", NULL };
        product moved = { MI_VOLUME_EMPTY, NULL, 0 };
        ok = write_grid(p, c, shift) && prepare(p, c, option, image, &moved);
        if (ok)
            memcpy(side + (size_t)k * r->n, moved.x, r->n * sizeof *side);
        drop(&moved);
    }
    if (ok)
        return side;
    free(side);
    return NULL;
}

/* Voxels that have the label whatever way ties go, and that may have it. */
static void count_ties(const double *side, size_t n, double label, double *sure, double *possible)
{
    *sure = *possible = 0;
    for (size_t i = 0; i < n; i++) {
        int with = 0;
        for (size_t k = 0; k < 8; k++)
            with += side[k * n + i] == label;
        *sure += with == 8;
        *possible += with > 0;
    }
}

static void hold_labels(proof *p, const cJSON *c, const char *image, const product *r)
{
    const cJSON *all = member(member(c, "expected"), "label"), *w, *tol = member(c, "tol");
    double inside = 0, *side = other_sides(p, c, image, r), parted = 0;
    cJSON_ArrayForEach(w, all)
    {
        double label = atof(w->string), n = count_from(r, label, label), want = fact(w, "voxels");
        double voxel = mi_grid_voxel_volume(&r->v.grid), sure = n, possible = n;
        double most = fmax(fact(tol, "voxels"), fact(tol, "voxels_relative") * want);
        inside += n;
        if (side)
            count_ties(side, r->n, label, &sure, &possible);
        check(&p->t, sure <= n && n <= possible, "%s, label %s: %.0f voxels", word(c, "id"),
              w->string, n);
        parted += !within(n, want, most);
        check(&p->t, within(n, want, most) || (sure <= want && want <= possible),
              "%s, label %s: %.0f voxels, expected %.0f", word(c, "id"), w->string, n, want);
        check(&p->t, within(want * voxel, fact(w, "volume_mm3"), voxel / 2),
              "%s, label %s: %.9g mm3 a voxel", word(c, "id"), w->string, voxel);
    }
    check(&p->t, inside == (double)r->n - count_from(r, 0, 0),
          "%s: labels that were not there before", word(c, "id"));
    check(&p->t, side != NULL, "%s: the ties are not known", word(c, "id"));
    p->either += parted > 0;
    free(side);
}

/* A mask by nearest neighbour, or by half of its linear interpolation. */
static void hold_mask(proof *p, const cJSON *c, const product *r, bool linear)
{
    const cJSON *e = member(c, "expected");
    double want = fact(e, "voxels"), most = fact(member(c, "tol"), "voxels");
    double n = count_from(r, linear ? 0.5 : 1, INFINITY), voxel = mi_grid_voxel_volume(&r->v.grid);
    double sure = linear ? count_from(r, 0.5 + 1e-6, INFINITY) : n;
    p->either += !within(n, want, most);
    check(&p->t, within(n, want, most) || (sure <= want && want <= n),
          "%s: %.0f voxels, expected %.0f", word(c, "id"), n, want);
    check(&p->t, within(want * voxel, fact(e, "volume_mm3"), voxel / 2), "%s: %.9g mm3 a voxel",
          word(c, "id"), voxel);
}

static void hold_resampled(proof *p, const cJSON *c, const char *image, const product *r,
                           bool linear)
{
    const cJSON *e = member(c, "expected"), *tol = member(c, "tol"), *s;
    hold_grid(p, c, member(e, "geometry"), &r->v.grid);
    if (member(e, "label"))
        hold_labels(p, c, image, r);
    if (member(e, "voxels"))
        hold_mask(p, c, r, linear);
    if (member(e, "values"))
        hold_values(p, c, r, fact(tol, "values_absolute"), fact(tol, "percentiles_absolute"), 0);
    cJSON_ArrayForEach(s, member(e, "samples")) check(
        &p->t,
        within(voxel_at(r, member(s, "index_ijk")), fact(s, "value"), fact(tol, "values_absolute")),
        "%s: a voxel is %.10g, expected %.10g", word(c, "id"), voxel_at(r, member(s, "index_ijk")),
        fact(s, "value"));
}

/* By --like: the grid is that of an input, or was made here as the case tells it. */
static void hold_like(proof *p, const cJSON *c)
{
    const char *how = word(member(c, "parameters"), "interpolation");
    bool linear = how && strcmp(how, "linear") == 0;
    bool labels = !linear && !member(member(c, "expected"), "values");
    char *image = input(p, c, member(member(c, "inputs"), "image") ? "image" : "mask");
    char *like = input(p, c, "like");
    const char *const option[] = { "--like", like ? like : p->grid,
                                   labels ? "--as-mask" : "--like-interpolation",
                                   labels   ? NULL
                                   : linear ? "linear"
                                            : "nearest",
                                   NULL };
    product r;
    const double here[3] = { 0, 0, 0 };
    p->ruled += !like;
    if ((like || write_grid(p, c, here)) && (!linear || write_float(p, c, image))) {
        if (prepare(p, c, option, linear ? p->copy : image, &r))
            hold_resampled(p, c, image, &r, linear);
        drop(&r);
    }
    free(image);
    free(like);
}

/* ---- reorienting, cropping, padding ---- */

static void hold_reoriented(proof *p, const cJSON *c, const product *r)
{
    const cJSON *e = member(c, "expected"), *third = member(e, "voxel_at_third");
    double sum = 0, moment[3] = { 0, 0, 0 }, relative = fact(member(c, "tol"), "relative");
    const int64_t *n = r->v.grid.n;
    for (size_t i = 0; i < r->n; i++) {
        sum += r->x[i];
        moment[0] += r->x[i] * (double)((int64_t)i % n[0]);
        moment[1] += r->x[i] * (double)((int64_t)i / n[0] % n[1]);
        moment[2] += r->x[i] * (double)((int64_t)i / n[0] / n[1]);
    }
    hold_grid(p, c, e, &r->v.grid);
    check(&p->t, sum == fact(e, "sum"), "%s: the sum is %.12g", word(c, "id"), sum);
    for (int d = 0; d < 3; d++) {
        double want = fact_at(e, "centre_of_mass_ijk", d);
        check(&p->t, within(moment[d] / sum, want, relative * want),
              "%s: centre of mass %.10g on axis %d", word(c, "id"), moment[d] / sum, d);
    }
    check(&p->t, r->x[0] == fact(e, "first_voxel"), "%s: the first voxel is %g", word(c, "id"),
          r->x[0]);
    check(&p->t, voxel_at(r, member(third, "index_ijk")) == fact(third, "value"),
          "%s: a voxel is %g", word(c, "id"), voxel_at(r, member(third, "index_ijk")));
}

static void hold_reorient(proof *p, const cJSON *c)
{
    static const char start[] = "reorient storage to ";
    char to[4] = "", from[4], *image = input(p, c, "image");
    snprintf(to, sizeof to, "%.3s", word(c, "operation") + sizeof start - 1);
    const char *const option[] = { "--reorient", to, NULL };
    mi_volume v = MI_VOLUME_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    product r;
    if (check(&p->t, mi_volume_read(&v, image, NULL, &err) == 0, "%s: %s", word(c, "id"),
              err.message)) {
        mi_grid_orientation(&v.grid, from);
        check(&p->t, strcmp(from, word(member(c, "expected"), "from")) == 0, "%s: the image is %s",
              word(c, "id"), from);
    }
    if (prepare(p, c, option, image, &r)) {
        mi_grid_orientation(&r.v.grid, from);
        check(&p->t, strcmp(from, to) == 0, "%s: the result is %s", word(c, "id"), from);
        check(&p->t, r.v.type == v.type, "%s: the type has changed", word(c, "id"));
        hold_reoriented(p, c, &r);
    }
    mi_volume_free(&v);
    drop(&r);
    free(image);
}

/* The entry of an operation in the history of the product. */
static const cJSON *step_of(const product *r, const char *name)
{
    const cJSON *entry, *s;
    cJSON_ArrayForEach(entry, r->v.meta.history) cJSON_ArrayForEach(
        s, member(entry, "steps")) if (strcmp(word(s, "op"), name) == 0) return s;
    return NULL;
}

static void hold_crop(proof *p, const cJSON *c)
{
    char *image = input(p, c, "image"), *mask = input(p, c, "mask"), margin[128];
    double voxels = fact(member(c, "parameters"), "margin_voxels");
    mi_volume v = MI_VOLUME_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    if (check(&p->t, mi_volume_read(&v, image, NULL, &err) == 0, "%s: %s", word(c, "id"),
              err.message)) {
        const double *s = v.grid.spacing;
        snprintf(margin, sizeof margin, "%.9g,%.9g,%.9g", voxels * s[0], voxels * s[1],
                 voxels * s[2]);
        const char *const option[] = { "--crop-to-mask", "--margin", margin, "--mask", mask, NULL };
        const cJSON *e = member(c, "expected");
        product r;
        if (prepare(p, c, option, image, &r)) {
            hold_grid(p, c, member(e, "geometry"), &r.v.grid);
            hold_values(p, c, &r, 0, 0, fact(member(c, "tol"), "relative"));
            for (int d = 0; d < 3; d++)
                check(&p->t,
                      fact_at(step_of(&r, "crop"), "from", d) == fact_at(e, "first_index_ijk", d),
                      "%s: the box begins elsewhere on axis %d", word(c, "id"), d);
        }
        drop(&r);
    }
    mi_volume_free(&v);
    free(image);
    free(mask);
}

static void hold_pad(proof *p, const cJSON *c)
{
    const cJSON *in = member(c, "parameters");
    char *image = input(p, c, "image"), sides[128], value[32];
    snprintf(sides, sizeof sides, "%g,%g,%g,%g,%g,%g", fact_at(in, "before_ijk", 0),
             fact_at(in, "after_ijk", 0), fact_at(in, "before_ijk", 1), fact_at(in, "after_ijk", 1),
             fact_at(in, "before_ijk", 2), fact_at(in, "after_ijk", 2));
    snprintf(value, sizeof value, "%.17g", fact(in, "value"));
    const char *const option[] = { "--pad", sides, "--pad-value", value, NULL };
    product r;
    if (prepare(p, c, option, image, &r)) {
        hold_grid(p, c, member(member(c, "expected"), "geometry"), &r.v.grid);
        hold_values(p, c, &r, 0, 0, fact(member(c, "tol"), "relative"));
    }
    drop(&r);
    free(image);
}

/* ---- values ---- */

static void hold_clip(proof *p, const cJSON *c)
{
    const cJSON *in = member(c, "parameters"), *e = member(c, "expected");
    double lo = fact(in, "lo"), hi = fact(in, "hi");
    char *image = input(p, c, "image"), range[80];
    snprintf(range, sizeof range, "%.17g:%.17g", lo, hi);
    const char *const option[] = { "--clip", range, NULL };
    product r;
    if (prepare(p, c, option, image, &r)) {
        hold_values(p, c, &r, 0, 0, fact(member(c, "tol"), "relative"));
        check(&p->t,
              count_from(&r, lo, lo) == fact(e, "at_lo") &&
                  count_from(&r, hi, hi) == fact(e, "at_hi"),
              "%s: %.0f voxels at the lower end, %.0f at the upper", word(c, "id"),
              count_from(&r, lo, lo), count_from(&r, hi, hi));
    }
    drop(&r);
    free(image);
}

/* a x + b, and the ends 0 and 1 when `cut`: what is left of an operation when the numbers that it
   works out of the voxels are given. */
static void hold_line(proof *p, const cJSON *c, double a, double b, bool cut)
{
    char *image = input(p, c, "image"), line[80];
    snprintf(line, sizeof line, "%.17g,%.17g", a, b);
    const char *const option[] = { "--rescale",    line, cut ? "--clip" : NULL, "0:1", "--steps",
                                   "rescale,clip", NULL };
    product r;
    if (prepare(p, c, option, image, &r)) {
        double tol = fact(member(c, "tol"), "absolute");
        hold_values(p, c, &r, tol, tol, 0);
    }
    drop(&r);
    free(image);
}

static void hold_zscore(proof *p, const cJSON *c)
{
    const cJSON *e = member(c, "expected");
    hold_line(p, c, 1 / fact(e, "sd"), -fact(e, "mean") / fact(e, "sd"), false);
}

static void hold_scaling(proof *p, const cJSON *c)
{
    const cJSON *e = member(c, "expected");
    double lo = fact(e, "p1"), hi = fact(e, "p99");
    hold_line(p, c, 1 / (hi - lo), -lo / (hi - lo), true);
}

/* ---- two images of a visit ---- */

enum { BINS = 64 };

static int bin_of(double x, double lo, double hi)
{
    int k = (int)((x - lo) / (hi - lo) * BINS);
    return k < BINS ? k : BINS - 1;
}

static double entropy(const double *count, int n, double all)
{
    double h = 0;
    for (int i = 0; i < n; i++)
        if (count[i] > 0)
            h -= count[i] / all * log(count[i] / all);
    return h;
}

/* Voxels where both exceed 20: how many, their correlation, and their normalised mutual information
   (H(x) + H(y)) / H(x, y) by 64 bins from minimum to maximum (Studholme 1999). */
static void hold_pair(proof *p, const cJSON *c, const double *x, const double *y, size_t n)
{
    const cJSON *e = member(member(c, "expected"), "header_only"), *tol = member(c, "tol");
    double used = 0, sx = 0, sy = 0, xx = 0, yy = 0, xy = 0, lo[2] = { INFINITY, INFINITY };
    double hi[2] = { -INFINITY, -INFINITY };
    double *h = calloc(BINS * BINS + 2 * BINS, sizeof *h), *a = h + BINS * BINS, *b = a + BINS;
    for (size_t i = 0; i < n; i++)
        if (x[i] > 20 && y[i] > 20) {
            used++;
            sx += x[i];
            sy += y[i];
            lo[0] = fmin(lo[0], x[i]), hi[0] = fmax(hi[0], x[i]);
            lo[1] = fmin(lo[1], y[i]), hi[1] = fmax(hi[1], y[i]);
        }
    for (size_t i = 0; h && i < n; i++)
        if (x[i] > 20 && y[i] > 20) {
            int j = bin_of(x[i], lo[0], hi[0]), k = bin_of(y[i], lo[1], hi[1]);
            double dx = x[i] - sx / used, dy = y[i] - sy / used;
            xx += dx * dx;
            yy += dy * dy;
            xy += dx * dy;
            h[j * BINS + k]++;
            a[j]++;
            b[k]++;
        }
    double r = xy / sqrt(xx * yy);
    double nmi =
        !h ? NAN
           : (entropy(a, BINS, used) + entropy(b, BINS, used)) / entropy(h, BINS * BINS, used);
    check(
        &p->t,
        within(used, fact(e, "voxels_used"), fact(tol, "voxels_relative") * fact(e, "voxels_used")),
        "%s: %.0f voxels", word(c, "id"), used);
    check(&p->t, within(r, fact(e, "correlation"), fact(tol, "correlation")),
          "%s: correlation %.10g", word(c, "id"), r);
    check(&p->t, within(nmi, fact(e, "nmi_64_bins"), fact(tol, "nmi")), "%s: NMI %.10g",
          word(c, "id"), nmi);
    free(h);
}

/* T1W on the grid of FLAIR, by their headers alone. */
static void hold_visit(proof *p, const cJSON *c)
{
    char *flair = input(p, c, "flair"), *t1w = input(p, c, "t1w");
    const char *const option[] = { "--like", flair, NULL };
    mi_volume v = MI_VOLUME_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    product r;
    if (write_float(p, c, t1w)) {
        if (prepare(p, c, option, p->copy, &r) &&
            check(&p->t, mi_volume_read(&v, flair, NULL, &err) == 0, "%s: %s", word(c, "id"),
                  err.message)) {
            size_t n;
            double *x = values_of(&v, &n);
            if (check(&p->t, n == r.n, "%s: %zu and %zu voxels", word(c, "id"), n, r.n))
                hold_pair(p, c, x, r.x, n);
            free(x);
        }
        drop(&r);
    }
    mi_volume_free(&v);
    free(flair);
    free(t1w);
}

/* ---- the table ---- */

/* A case belongs to the first row whose words its operation begins with, and whose interpolation
   it names. */
typedef struct row {
    const char *area, *operation, *interpolation;
    void (*hold)(proof *p, const cJSON *c); /* NULL: the operation comes later */
    const char *title, *later;              /* later: what of the operation is not looked at */
    int cases;
} row;

static row rows[] = {
    { "geometry", "resample", "bspline3", NULL, "resampling by cubic B-spline", NULL, 0 },
    { "geometry", "resample", NULL, hold_like, "resampling, linear and nearest (--like)", NULL, 0 },
    { "geometry", "reorient", NULL, hold_reorient, "reorienting", NULL, 0 },
    { "geometry", "crop", NULL, hold_crop, "cropping to a mask", NULL, 0 },
    { "geometry", "pad", NULL, hold_pad, "padding", NULL, 0 },
    { "intensity", "z-score", NULL, hold_zscore, "z-score, by --rescale",
      "mean and sd of the voxels", 0 },
    { "intensity", "clip", NULL, hold_clip, "clipping", NULL, 0 },
    { "intensity", "percentile scaling", NULL, hold_scaling,
      "percentile scaling, by --rescale and --clip", "percentiles of the voxels", 0 },
    { "intensity", "median", NULL, NULL, "median", NULL, 0 },
    { "intensity", "Gaussian", NULL, NULL, "Gaussian smoothing", NULL, 0 },
    { "intensity", "curvature anisotropic diffusion", NULL, NULL, "anisotropic diffusion", NULL,
      0 },
    { "intensity", "histogram matching", NULL, NULL, "histogram matching", NULL, 0 },
    { "bias", "N4 bias correction", NULL, NULL, "N4 bias correction", NULL, 0 },
    { "bias", "a known field", NULL, NULL, "N4 on a known field", NULL, 0 },
    { "ms", "find the rigid transform", NULL, NULL, "rigid registration", NULL, 0 },
    { "ms", "resample both FLAIR", NULL, NULL, "resampling by a transform", NULL, 0 },
    { "ms", "resample T1W", NULL, hold_visit, "two images of a visit, by their headers (--like)",
      "the same by the supplied transform", 0 }
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static row *row_of(const char *area, const cJSON *c)
{
    const char *how = word(member(c, "parameters"), "interpolation"),
               *operation = word(c, "operation");
    for (int i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].area, area) == 0 && operation &&
            strncmp(operation, rows[i].operation, strlen(rows[i].operation)) == 0 &&
            (!rows[i].interpolation || (how && strcmp(how, rows[i].interpolation) == 0)))
            return &rows[i];
    return NULL;
}

static void hold_area(proof *p, const char *area, int expected)
{
    char name[64], *path, *text;
    const cJSON *c;
    int cases = 0;
    snprintf(name, sizeof name, "reference/imaging/%s.json", area);
    path = shared_path(name);
    text = path ? text_of(path, NULL) : NULL;
    cJSON *all = cJSON_Parse(text);
    if (!path)
        skip(&p->t, "imaging, %s: the reference material is not there (MI_SHARED)", area);
    cJSON_ArrayForEach(c, member(all, "cases"))
    {
        if (strcmp(word(c, "tool"), "mi-preproc") != 0)
            continue;
        row *r = row_of(area, c);
        cases++;
        if (!check(&p->t, r != NULL, "%s: no row for '%s'", word(c, "id"), word(c, "operation")))
            continue;
        r->cases++;
        if (r->hold)
            r->hold(p, c);
    }
    check(&p->t, !path || cases == expected, "%s has %d cases instead of %d", name, cases,
          expected);
    cJSON_Delete(all);
    free(text);
    free(path);
}

static void sum_up(proof *p)
{
    for (int i = 0; i < N_ROWS; i++) {
        const row *r = &rows[i];
        if (r->cases == 0)
            continue;
        if (r->hold)
            printf("imaging: %s: %d cases\n", r->title, r->cases);
        else
            skip(&p->t, "%s: %d cases, operation comes later", r->title, r->cases);
        if (r->later)
            skip(&p->t, "%s: %d cases, operation comes later", r->later, r->cases);
    }
    if (p->either)
        printf("imaging: samples exactly between voxels go either way: %d cases\n", p->either);
    if (p->ruled)
        skip(&p->t,
             "grids made of a spacing: %d cases (run on the grid expected), operation comes later",
             p->ruled);
}

int main(void)
{
    proof p = { .ruled = 0 };
    char *folder = scratch_make();
    p.copy = join(folder, "copy.nii");
    p.grid = join(folder, "grid.nii");
    p.product = join(folder, "product.nii");
    p.errors = join(folder, "errors");
    p.data = shared_path("data");
    if (!tool_is_there("mi-preproc")) {
        skip(&p.t, "imaging: mi-preproc is not in PATH");
    } else if (!p.data) {
        skip(&p.t, "imaging: the shared data are not there (MI_SHARED)");
    } else {
        hold_area(&p, "geometry", 27);
        hold_area(&p, "intensity", 13);
        hold_area(&p, "bias", 4);
        hold_area(&p, "ms", 4);
        sum_up(&p);
    }
    free(p.copy);
    free(p.grid);
    free(p.product);
    free(p.errors);
    free(p.data);
    scratch_remove(folder);
    return tally_end(&p.t);
}
