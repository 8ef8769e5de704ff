/* RT Structure Sets as label maps on the grid of an image (PS3.3 C.8.8.5, C.8.8.6). */
#include "io/dicom/rtstruct.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/text.h"
#include "image/contours.h"
#include "image/grid.h"
#include "io/dicom/rois.h"

/* One contour on the grid: in-plane indices and the place along the third axis. */
typedef struct plane_contour { mi_contour c; double k; } plane_contour;

typedef struct roi {
    int64_t item, contours; /* item of ROI Contour Sequence, its contours; item -1: none drawn */
    long long number;
    int label;
    char name[128];
    int rgb[3];
    plane_contour *pc;
    int n, cap;
    int skipped;            /* contours that are not closed planar */
} roi;

typedef struct drawing {
    mi_dicom_scan *s;
    mi_dcm *d;
    const mi_grid *g;
    double inverse[3][4];   /* LPS mm to index */
    mi_warnings *warn;
} drawing;

static double number_at(const drawing *w, const char *path, double otherwise)
{
    double x;
    return w->s->f->numbers(w->d, path, &x, 1) >= 1 ? x : otherwise;
}

/* ---- list of regions ---- */

static void read_colour(const drawing *w, int64_t item, int rgb[3])
{
    char path[64];
    double c[3];
    rgb[0] = rgb[1] = rgb[2] = -1;
    snprintf(path, sizeof path, "3006,0039[%lld].3006,002a", (long long)item);
    if (w->s->f->numbers(w->d, path, c, 3) == 3)
        for (int i = 0; i < 3; i++)
            rgb[i] = (int)fmin(255, fmax(0, c[i]));
}

/* A region's number, -1 when it is none that could be. */
static long long number_of_roi(const drawing *w, int64_t i)
{
    char path[64];
    snprintf(path, sizeof path, "3006,0020[%lld].3006,0022", (long long)i);
    double x = number_at(w, path, (double)i + 1);
    return fabs(x) < 1e9 ? (long long)x : -1;
}

/* Are there two regions of this number? Whose contours are whose cannot be told then. */
static bool is_twice(const drawing *w, int64_t at, long long number)
{
    int64_t n = w->s->f->items(w->d, "3006,0020");
    for (int64_t i = 0; i < n; i++)
        if (i != at && number_of_roi(w, i) == number)
            return true;
    return false;
}

/* A region's label: its number, or the first numbers that no region has where it is none that a
   label can have (0 is the background). */
static int label_of(const drawing *w, int64_t at)
{
    int64_t before = 0;
    long long number = number_of_roi(w, at);
    if (number >= 1 && number <= 65535)
        return (int)number;
    for (int64_t i = 0; i < at; i++) {
        number = number_of_roi(w, i);
        before += number < 1 || number > 65535;
    }
    for (int label = 1;; label++)
        if (!is_twice(w, -1, label) && before-- == 0)
            return label;
}

static int64_t find_contours(const drawing *w, long long number)
{
    char path[64];
    int64_t n = w->s->f->items(w->d, "3006,0039");
    for (int64_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, "3006,0039[%lld].3006,0084", (long long)i);
        if (number_at(w, path, -1) == (double)number)
            return i;
    }
    return -1;
}

static void read_roi(const drawing *w, int64_t i, roi *r)
{
    char path[64];
    memset(r, 0, sizeof *r);
    r->number = number_of_roi(w, i);
    r->label = label_of(w, i);
    snprintf(path, sizeof path, "3006,0020[%lld].3006,0026", (long long)i);
    const char *name = w->s->f->text(w->d, path);
    snprintf(r->name, sizeof r->name, "%s", name ? name : "");
    r->item = find_contours(w, r->number);
    if (r->item >= 0) {
        snprintf(path, sizeof path, "3006,0039[%lld].3006,0040", (long long)r->item);
        r->contours = w->s->f->items(w->d, path);
        read_colour(w, r->item, r->rgb);
    }
}

static void free_roi(roi *r)
{
    for (int i = 0; i < r->n; i++)
        free(r->pc[i].c.xy);
    free(r->pc);
    r->pc = NULL;
    r->n = r->cap = 0;
}

/* ---- contours on the grid ---- */

static int lps_to_index(const mi_grid *g, double out[3][4], mi_err *err)
{
    const double zero[3] = { 0, 0, 0 };
    double at0[3];
    if (mi_grid_index(g, zero, at0) != 0)
        return mi_fail(err, MI_E_GEOMETRY, NULL, "the image's affine is singular");
    for (int c = 0; c < 3; c++) {
        double unit[3] = { 0, 0, 0 }, at[3];
        unit[c] = c < 2 ? -1 : 1;
        mi_grid_index(g, unit, at);
        for (int i = 0; i < 3; i++)
            out[i][c] = at[i] - at0[i];
    }
    for (int i = 0; i < 3; i++)
        out[i][3] = at0[i];
    return 0;
}

/* Points that are meant to lie on a row or column of pixel centres come a little off it, by the
   digits they are written with: those within a ten-thousandth of a pixel are put onto it, so that
   the rule for centres on an edge holds. */
static double on_line(double index)
{
    double line = round(index);
    return fabs(index - line) < 1e-4 ? line : index;
}

/* Points to indices; a contour must lie in one plane of the grid. */
static int place_contour(const drawing *w, const roi *r, double *xyz, int points, plane_contour *pc,
                         mi_err *err)
{
    double lo = INFINITY, hi = -INFINITY, sum = 0;
    for (int p = 0; p < points; p++) {
        double at[3];
        for (int i = 0; i < 3; i++)
            at[i] = w->inverse[i][0] * xyz[3 * p] + w->inverse[i][1] * xyz[3 * p + 1] +
                    w->inverse[i][2] * xyz[3 * p + 2] + w->inverse[i][3];
        xyz[2 * p] = on_line(at[0]);
        xyz[2 * p + 1] = on_line(at[1]);
        lo = fmin(lo, at[2]);
        hi = fmax(hi, at[2]);
        sum += at[2];
    }
    if (hi - lo > 0.2)
        return mi_fail(err, MI_E_GEOMETRY, "use the series that the contours were drawn on",
                       "a contour of '%s' is not in a plane of the image: it spans %.2f slices",
                       r->name, hi - lo);
    pc->c.xy = xyz;
    pc->c.n = points;
    pc->k = sum / points;
    return 0;
}

static int read_contour(const drawing *w, roi *r, int64_t k, mi_err *err)
{
    char path[96];
    snprintf(path, sizeof path, "3006,0039[%lld].3006,0040[%lld].3006,0042", (long long)r->item,
             (long long)k);
    const char *type = w->s->f->text(w->d, path);
    if (type && strncmp(type, "CLOSED_PLANAR", 13) != 0 && strncmp(type, "CLOSEDPLANAR", 12) != 0) {
        r->skipped++;
        return 0;
    }
    snprintf(path, sizeof path, "3006,0039[%lld].3006,0040[%lld].3006,0050", (long long)r->item,
             (long long)k);
    int n = w->s->f->numbers(w->d, path, NULL, 0);
    if (n < 9 || n % 3) {
        if (n < 0 || n % 3)
            return mi_fail(err, MI_E_DATA, NULL, "contour %lld of '%s' is damaged",
                           (long long)k + 1, r->name);
        r->skipped++;
        return 0;
    }
    double *xyz = mi_array((size_t)n, sizeof *xyz, err);
    plane_contour *more = xyz ? mi_regrow(r->pc, (size_t)r->n + 1, sizeof *more, err) : NULL;
    if (!more) {
        free(xyz);
        return -1;
    }
    r->pc = more;
    w->s->f->numbers(w->d, path, xyz, n);
    if (place_contour(w, r, xyz, n / 3, &r->pc[r->n], err) != 0) {
        free(xyz);
        return -1;
    }
    r->n++;
    return 0;
}

/* ---- rasters ---- */

static int by_place(const void *pa, const void *pb)
{
    const plane_contour *a = pa, *b = pb;
    return (a->k > b->k) - (a->k < b->k);
}

/* Contours of one drawn plane: places that differ by less than a twentieth of a slice, which
   hundredths of a millimetre can make out on oblique planes. */
static int same_plane(const roi *r, int from)
{
    int i = from;
    while (i < r->n && r->pc[i].k - r->pc[from].k < 0.05)
        i++;
    return i;
}

static int add_plane(const drawing *w, const roi *r, int from, int to, int64_t k, uint8_t *plane,
                     mi_roi_runs *runs, mi_err *err)
{
    int64_t nx = w->g->n[0], ny = w->g->n[1];
    mi_contour *c = mi_array((size_t)(to - from), sizeof *c, err);
    if (!c)
        return -1;
    for (int i = from; i < to; i++)
        c[i - from] = r->pc[i].c;
    memset(plane, 0, (size_t)(nx * ny));
    int rc = mi_contours_fill(c, to - from, nx, ny, plane, err);
    free(c);
    for (int64_t p = 0; rc == 0 && p < nx * ny; p++)
        if (plane[p]) {
            int64_t end = p;
            while (end < nx * ny && plane[end])
                end++;
            rc = mi_roi_add_run(runs, k * nx * ny + p, end - p, err);
            p = end;
        }
    return rc;
}

/* Each drawn plane goes to the nearest slice; when several claim one slice, the nearest of them
   is taken. Planes outside the image are dropped. */
static int raster(const drawing *w, roi *r, uint8_t *plane, mi_roi_runs *runs, mi_err *err)
{
    int off = 0, outside = 0, second = 0;
    if (r->n > 1)
        qsort(r->pc, (size_t)r->n, sizeof *r->pc, by_place);
    for (int from = 0; from < r->n;) {
        int to = same_plane(r, from);
        double k = r->pc[from].k, slice = floor(k + 0.5);
        int best_from = from, best_to = to;
        off += fabs(k - slice) > 0.05;
        while (to < r->n && floor(r->pc[to].k + 0.5) == slice) {
            int end = same_plane(r, to);
            off += fabs(r->pc[to].k - slice) > 0.05;
            second++;
            if (fabs(r->pc[to].k - slice) < fabs(r->pc[best_from].k - slice)) {
                best_from = to;
                best_to = end;
            }
            to = end;
        }
        if (slice < 0 || slice >= (double)w->g->n[2])
            outside++;
        else if (add_plane(w, r, best_from, best_to, (int64_t)slice, plane, runs, err) != 0)
            return -1;
        from = to;
    }
    if (off)
        mi_warn(w->warn, "contours_between_slices",
                "%d contour planes of '%s' lie between slices; each goes to the nearest", off,
                r->name);
    if (second)
        mi_warn(w->warn, "contours_share_slice",
                "%d contour planes of '%s' are nearer to a slice that a closer one fills; left out",
                second, r->name);
    if (outside)
        mi_warn(w->warn, "contours_outside", "%d contour planes of '%s' lie outside the image",
                outside, r->name);
    if (r->skipped)
        mi_warn(w->warn, "contours_open",
                "%d contours of '%s' are points or open lines and enclose nothing", r->skipped,
                r->name);
    return 0;
}

/* Contours drawn on thicker slices than those of the image: the smallest step between drawn planes
   leaves slices out. */
static void tell_step(const drawing *w, const roi *r)
{
    double step = INFINITY;
    for (int to, from = 0; (to = same_plane(r, from)) < r->n; from = to)
        step = fmin(step, r->pc[to].k - r->pc[from].k);
    if (step > 1.5 && isfinite(step))
        mi_warn(w->warn, "contours_between_slices",
                "contours of '%s' are drawn every %.3g slices; those between stay empty", r->name,
                step);
}

static int draw_roi(const drawing *w, roi *r, uint8_t *plane, mi_dicom_masks *out, mi_type type,
                    const char *name, mi_err *err)
{
    mi_roi_runs runs = { NULL, NULL, 0, 0 };
    int rc = 0;
    for (int64_t k = 0; rc == 0 && k < r->contours; k++)
        rc = read_contour(w, r, k, err);
    if (rc == 0)
        rc = raster(w, r, plane, &runs, err);
    if (rc == 0)
        tell_step(w, r);
    mi_label label = { .value = r->label, .name = r->name,
                       .rgb = { r->rgb[0], r->rgb[1], r->rgb[2] } };
    if (rc == 0)
        rc = mi_rois_put(out, w->g, type, &runs, &label, name, err);
    mi_roi_runs_free(&runs);
    free_roi(r);
    return rc;
}

static int none_fits(const drawing *w, const char *pattern, int64_t n, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    for (int64_t i = 0; i < n && t.len < 400; i++) {
        roi r;
        read_roi(w, i, &r);
        mi_text_addf(&t, "%s%lld '%s'", i ? ", " : "", r.number, r.name);
    }
    int rc = n ? mi_fail(err, MI_E_EMPTY, NULL, "no region fits --roi '%s'; there are %s",
                         pattern ? pattern : "*", mi_text_ref(&t))
               : mi_fail(err, MI_E_EMPTY, NULL, "the structure set holds no regions");
    mi_text_free(&t);
    return rc;
}

int mi_rtstruct_read(mi_dicom_scan *s, mi_dcm *d, const char *name, const mi_source_opts *opts,
                     mi_dicom_masks *out, mi_err *err)
{
    mi_warnings warn = MI_WARNINGS_EMPTY;
    drawing w = { .s = s, .d = d, .g = opts->like, .warn = &warn };
    int64_t n = s->f->items(d, "3006,0020");
    int drawn = 0, rc = 0;
    mi_type type = MI_U8;
    if (!w.g)
        return mi_fail(err, MI_E_USAGE, "name the image it was drawn on first",
                       "contours have no grid of their own");
    if (lps_to_index(w.g, w.inverse, err) != 0)
        return -1;
    uint8_t *plane = mi_array((size_t)(w.g->n[0] * w.g->n[1]), 1, err);
    rc = plane ? 0 : -1;
    for (int64_t i = 0; rc == 0 && i < n; i++) {
        roi r;
        read_roi(&w, i, &r);
        if (r.item < 0 || !mi_roi_wanted(opts->roi, r.number, r.name))
            continue;
        if (r.label != r.number)
            mi_warn(&warn, "region_number",
                    "the region '%s' has the number %lld, which no label can have; its label is %d",
                    r.name, r.number, r.label);
        if (is_twice(&w, i, r.number))
            rc = mi_fail(err, MI_E_DATA, NULL, "the ROI Number %lld of '%s' is there twice",
                         r.number, r.name);
        type = r.label > 255 ? MI_U16 : type;
    }
    for (int64_t i = 0; rc == 0 && i < n; i++) {
        roi r;
        read_roi(&w, i, &r);
        if (r.item < 0 || !mi_roi_wanted(opts->roi, r.number, r.name))
            continue;
        rc = draw_roi(&w, &r, plane, out, type, name, err);
        drawn++;
    }
    if (rc == 0 && drawn == 0)
        rc = none_fits(&w, opts->roi, n, err);
    if (rc == 0)
        mi_dicom_check_frame(s->f->text(d, "3006,0010[0].0020,0052"), opts->like_frame, &warn);
    for (int i = 0; rc == 0 && i < out->n; i++)
        mi_warnings_copy(&out->v[i].warnings, &warn);
    mi_warnings_free(&warn);
    free(plane);
    return rc;
}

int mi_rtstruct_facts(mi_dicom_scan *s, mi_dcm *d, cJSON *into, mi_err *err)
{
    drawing w = { .s = s, .d = d };
    cJSON *list = cJSON_CreateArray();
    int64_t n = s->f->items(d, "3006,0020");
    for (int64_t i = 0; list && i < n; i++) {
        roi r;
        cJSON *j = cJSON_CreateObject();
        read_roi(&w, i, &r);
        mi_json_add_number(j, "number", (double)r.number);
        mi_json_add_string(j, "name", r.name);
        mi_json_add_number(j, "contours", (double)r.contours);
        mi_json_append(list, j);
    }
    return list && mi_json_add(into, "rois", list) ? 0
                                                   : mi_fail(err, MI_E_MEMORY, NULL, "no memory");
}
