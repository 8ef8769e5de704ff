#include "io/dicom/stack.h"
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

void mi_dicom_stack_free(mi_dicom_stack *s)
{
    free(s->frame);
    *s = (mi_dicom_stack)MI_DICOM_STACK_EMPTY;
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

/* ---- frames that belong together ---- */

/* Both scouts or neither; same plane size, same pixel spacing, same orientation (cosines to
   1e-3). */
static bool alike(const mi_dicom_object *o, const mi_dicom_frame *a, const mi_dicom_frame *b)
{
    const mi_dicom_object *p = &o[a->object], *q = &o[b->object];
    if (p->rows != q->rows || p->columns != q->columns || p->samples != q->samples ||
        p->localizer != q->localizer || a->placed != b->placed)
        return false;
    for (int i = 0; i < 2; i++)
        if (fabs(a->spacing[i] - b->spacing[i]) > 1e-3 * fabs(a->spacing[i]) + 1e-6)
            return false;
    return !a->placed || (dot(a->row, b->row) > 1 - 1e-3 && dot(a->column, b->column) > 1 - 1e-3);
}

/* The frame that most others are like. Series have few kinds, so this is linear in practice. */
static int main_kind(const mi_dicom_object *o, const mi_dicom_frame *f, int n, int *count)
{
    int best = 0;
    *count = 0;
    for (int i = 0; i < n && *count < n - i; i++) {
        bool seen = false;
        for (int j = i > 64 ? i - 64 : 0; j < i && !seen; j++)
            seen = alike(o, &f[j], &f[i]);
        int c = 0;
        for (int j = 0; j < n && !seen; j++)
            c += alike(o, &f[i], &f[j]);
        if (c > *count) {
            *count = c;
            best = i;
        }
    }
    return best;
}

/* Keep the main kind in `out`; the others are left out or refused. */
static int keep_kind(const mi_dicom_object *o, const mi_dicom_frame *f, int n, mi_dicom_frame *out,
                     int *kept, int *left_out, mi_warnings *warn, mi_err *err)
{
    int count, best = main_kind(o, f, n, &count), scouts = 0, lost = 0;
    *kept = 0;
    for (int i = 0; i < n; i++) {
        if (alike(o, &f[best], &f[i])) {
            out[(*kept)++] = f[i];
            continue;
        }
        scouts += o[f[i].object].localizer;
        lost += f[best].placed && !f[i].placed;
    }
    int others = *left_out = n - *kept;
    if (others == 0)
        return 0;
    const char *unlike = lost ? "of another size, spacing or orientation, or without position,"
                              : "of another size, spacing or orientation";
    if (others > scouts && (others - scouts) * 10 > n)
        return mi_fail(
            err, MI_E_GEOMETRY, "part the series, or name the files of one stack",
            "the series mixes %d images of %lldx%lld with %d %s",
            *kept, (long long)o[f[best].object].columns, (long long)o[f[best].object].rows, others,
            unlike);
    mi_warn(warn, "images_left_out",
            "%d image%s %s left out%s", others, others == 1 ? "" : "s", unlike,
            scouts ? " (localizer)" : "");
    return 0;
}

/* ---- order ---- */

static int compare_numbers(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}

/* What parts the images of one place, in this order; and whether messages show its values. */
static const struct { const char *name; size_t at; bool shown; } keys[] = {
    { "acquisition number", offsetof(mi_dicom_frame, acquisition), true },
    { "temporal position", offsetof(mi_dicom_frame, temporal), true },
    { "echo", offsetof(mi_dicom_frame, echo), true },
    { "b-value", offsetof(mi_dicom_frame, b_value), true },
    { "trigger time", offsetof(mi_dicom_frame, trigger), true },
    { "inversion time", offsetof(mi_dicom_frame, inversion), true },
    { "flip angle", offsetof(mi_dicom_frame, flip), true },
    { "dimension index", offsetof(mi_dicom_frame, dimensions), false },
    { "acquisition time", offsetof(mi_dicom_frame, when), false },
    { "instance number", offsetof(mi_dicom_frame, instance), false }
};

static double key_of(const mi_dicom_frame *f, int i)
{
    double x;
    memcpy(&x, (const char *)f + keys[i].at, sizeof x);
    return x;
}

/* The first key that parts two images, -1: none. */
static int parting(const mi_dicom_frame *a, const mi_dicom_frame *b)
{
    for (int i = 0; i < MI_COUNT(keys); i++)
        if (compare_numbers(key_of(a, i), key_of(b, i)) != 0)
            return i;
    return -1;
}

static int compare_frames(const void *pa, const void *pb)
{
    const mi_dicom_frame *a = pa, *b = pb;
    int c = compare_numbers(a->along, b->along), i = c ? -1 : parting(a, b);
    if (c || i >= 0)
        return c ? c : compare_numbers(key_of(a, i), key_of(b, i));
    if (a->object != b->object)
        return a->object < b->object ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* Two positions are one place when they differ by less than this (mm). */
#define SAME_PLACE 1e-3

/* Snap positions that differ by rounding onto one value, so that the other keys order images of
   one place. */
static void sort_frames(mi_dicom_frame *f, int n)
{
    double normal[3];
    cross(f[0].row, f[0].column, normal);
    for (int i = 0; i < n; i++)
        f[i].along = f[i].placed ? dot(f[i].position, normal) : 0;
    qsort(f, (size_t)n, sizeof *f, compare_frames);
    for (int i = 1; i < n; i++)
        if (f[i].along - f[i - 1].along < SAME_PLACE)
            f[i].along = f[i - 1].along;
    qsort(f, (size_t)n, sizeof *f, compare_frames);
}

/* The same object given twice counts once. */
static int drop_copies(const mi_dicom_object *o, mi_dicom_frame *f, int n, mi_warnings *warn)
{
    int kept = 0, dropped = 0;
    for (int i = 0; i < n; i++) {
        bool copy = false;
        for (int j = kept - 1; j >= 0 && f[j].along == f[i].along && !copy; j--)
            copy = f[j].number == f[i].number && *o[f[i].object].sop_instance &&
                   strcmp(o[f[j].object].sop_instance, o[f[i].object].sop_instance) == 0;
        if (!copy)
            f[kept++] = f[i];
        dropped += copy;
    }
    if (dropped)
        mi_warn(warn, "duplicate_slice", "%d image%s there twice; the copy is left out", dropped,
                dropped == 1 ? " is" : "s are");
    return kept;
}

/* What tells the images of one place apart. */
static void name_parts(mi_dicom_stack *s)
{
    const mi_dicom_frame *a = &s->frame[0], *b = &s->frame[s->slices * (s->volumes - 1)];
    int i = parting(a, b);
    if (i >= 0 && keys[i].shown)
        snprintf(s->parted_by, sizeof s->parted_by, "%s %g to %g", keys[i].name, key_of(a, i),
                 key_of(b, i));
    else
        snprintf(s->parted_by, sizeof s->parted_by, "%s only",
                 i < 0 ? "frame number" : keys[i].name);
}

static int64_t images_at(const mi_dicom_frame *f, int n, int from)
{
    int i = from;
    while (i < n && f[i].along == f[from].along)
        i++;
    return i - from;
}

/* From place-by-place order to volume-by-volume order; every place must hold as many images. */
static int part_volumes(mi_dicom_frame *f, int n, mi_dicom_stack *s, mi_err *err)
{
    s->volumes = images_at(f, n, 0);
    for (int i = 0; i < n;) {
        int64_t here = images_at(f, n, i);
        if (here != s->volumes)
            return mi_fail(
                err, MI_E_GEOMETRY, "remove the image that does not belong to the series",
                "%lld images lie at %.3f mm along the stack, %lld at %.3f mm: a duplicate "
                "slice, or two acquisitions mixed",
                (long long)here, f[i].along, (long long)s->volumes, f[0].along);
        i += (int)here;
    }
    for (int i = 1; i < n; i++)
        if (f[i].along == f[i - 1].along && f[i].object != f[i - 1].object &&
            parting(&f[i - 1], &f[i]) < 0)
            return mi_fail(err, MI_E_GEOMETRY, "remove the images that do not belong to the series",
                           "two images lie at %.3f mm along the stack, and nothing tells which "
                           "volume each is of", f[i].along);
    s->slices = n / s->volumes;
    for (int64_t k = 0; k < s->slices; k++)
        for (int64_t v = 0; v < s->volumes; v++)
            s->frame[v * s->slices + k] = f[k * s->volumes + v];
    if (s->volumes > 1)
        name_parts(s);
    return 0;
}

/* Slices of two acquisitions that take turns look like one evenly spaced stack: only their
   numbers tell. Acquisitions one after the other are how long ranges are scanned. */
static void check_acquisitions(const mi_dicom_stack *s, mi_warnings *warn)
{
    for (int64_t k = 1; k < s->slices; k++) {
        double now = s->frame[k].acquisition;
        if (isnan(now) || now == s->frame[k - 1].acquisition)
            continue;
        for (int64_t j = 0; j < k - 1; j++)
            if (s->frame[j].acquisition == now) {
                mi_warn(warn, "acquisitions_interleaved",
                        "slices of several acquisitions (number %g and others) take turns; two "
                        "scans may be mixed", now);
                return;
            }
    }
}

/* ---- geometry ---- */

static int compare_doubles(const void *a, const void *b)
{
    return compare_numbers(*(const double *)a, *(const double *)b);
}

static int median_gap(const mi_dicom_stack *s, double *median, mi_err *err)
{
    double *gap = mi_array((size_t)s->slices, sizeof *gap, err);
    if (!gap)
        return -1;
    for (int64_t k = 1; k < s->slices; k++)
        gap[k - 1] = s->frame[k].along - s->frame[k - 1].along;
    qsort(gap, (size_t)s->slices - 1, sizeof *gap, compare_doubles);
    *median = gap[(s->slices - 2) / 2]; /* of two in the middle the smaller */
    free(gap);
    return 0;
}

static int check_gaps(const mi_dicom_stack *s, mi_warnings *warn, mi_err *err)
{
    double usual, lo = INFINITY, hi = 0;
    if (median_gap(s, &usual, err) != 0)
        return -1;
    for (int64_t k = 1; k < s->slices; k++) {
        double gap = s->frame[k].along - s->frame[k - 1].along, times = gap / usual;
        lo = fmin(lo, gap);
        hi = fmax(hi, gap);
        if (times > 1.5 && fabs(times - round(times)) < 0.1)
            return mi_fail(err, MI_E_GEOMETRY,
                           s->left_out ? "images left out as of another size, spacing or "
                                         "orientation, or without position, may be those"
                                       : "find the missing images; nothing is made up here",
                           "%.0f slice%s missing between %.3f and %.3f mm along the stack "
                           "(gap %.4g mm, usual %.4g mm)", round(times) - 1,
                           times > 2.5 ? "s are" : " is", s->frame[k - 1].along, s->frame[k].along,
                           gap, usual);
    }
    if (hi - usual > 0.1 * usual || usual - lo > 0.1 * usual)
        return mi_fail(err, MI_E_GEOMETRY, "resample the series with a tool that knows why",
                       "slice spacing is not uniform: %.4g to %.4g mm", lo, hi);
    if (hi - usual > 0.01 * usual || usual - lo > 0.01 * usual)
        mi_warn(warn, "uneven_spacing",
                "slice spacing varies from %.4g to %.4g mm; the mean is used", lo, hi);
    double told = usual / s->frame[0].between;
    if (told > 1.5 && told < 1e3 && fabs(told - round(told)) < 0.1)
        mi_warn(warn, "uneven_spacing",
                "slices lie %.4g mm apart, Spacing Between Slices (0018,0088) is %.4g mm: every "
                "slice between may be missing", usual, s->frame[0].between);
    return 0;
}

/* The step from slice to slice; slices must lie on a straight line. */
static int stacking_step(const mi_dicom_stack *s, double step[3], mi_err *err)
{
    const mi_dicom_frame *a = &s->frame[0], *b = &s->frame[s->slices - 1];
    for (int i = 0; i < 3; i++)
        step[i] = (b->position[i] - a->position[i]) / (double)(s->slices - 1);
    for (int64_t k = 1; k < s->slices; k++) {
        double row = 0, column = 0;
        for (int i = 0; i < 3; i++) {
            double off = s->frame[k].position[i] - a->position[i] - (double)k * step[i];
            row += off * a->row[i];
            column += off * a->column[i];
        }
        if (fabs(row) > 0.1 * a->spacing[1] || fabs(column) > 0.1 * a->spacing[0])
            return mi_fail(err, MI_E_GEOMETRY, NULL,
                           "slice %lld lies %.3g mm beside the line of the others",
                           (long long)k + 1, hypot(row, column));
    }
    return 0;
}

static double single_step(const mi_dicom_frame *f, mi_warnings *warn)
{
    if (f->between > 0)
        return f->between;
    if (f->thickness > 0)
        return f->thickness;
    mi_warn(warn, "no_thickness", "slice thickness is not told; 1 mm is used");
    return 1;
}

/* LPS to RAS: the first two world axes change sign. */
static void set_grid(mi_dicom_stack *s, const mi_dicom_object *o, const double step[3])
{
    const mi_dicom_frame *f = &s->frame[0];
    mi_grid *g = &s->grid;
    g->n[0] = o[f->object].columns;
    g->n[1] = o[f->object].rows;
    g->n[2] = s->slices;
    for (int i = 0; i < 3; i++) {
        double sign = i < 2 ? -1 : 1;
        g->m[i][0] = sign * f->row[i] * f->spacing[1];
        g->m[i][1] = sign * f->column[i] * f->spacing[0];
        g->m[i][2] = sign * step[i];
        g->m[i][3] = sign * f->position[i];
        for (int j = 0; j < 4; j++)
            g->m[i][j] += 0.0; /* no negative zeros */
    }
    g->spacing[0] = f->spacing[1];
    g->spacing[1] = f->spacing[0];
    g->spacing[2] = sqrt(dot(step, step));
}

static int check_spacing(mi_dicom_stack *s, mi_warnings *warn, mi_err *err)
{
    mi_dicom_frame *f = &s->frame[0];
    if (f->spacing[0] > 0 && f->spacing[1] > 0)
        return 0;
    if (f->placed || f->spacing[0] < 0 || f->spacing[1] < 0)
        return mi_fail(err, MI_E_GEOMETRY, NULL, "pixel spacing is %g x %g mm", f->spacing[1],
                       f->spacing[0]);
    mi_warn(warn, "no_spacing", "pixel spacing is not told; 1 mm is used");
    f->spacing[0] = f->spacing[1] = 1;
    return 0;
}

static int place(mi_dicom_stack *s, const mi_dicom_object *o, mi_warnings *warn, mi_err *err)
{
    mi_dicom_frame *f = &s->frame[0];
    double step[3], normal[3];
    if (check_spacing(s, warn, err) != 0)
        return -1;
    if (!f->placed) {
        const double row[3] = { 1, 0, 0 }, column[3] = { 0, 1, 0 };
        memcpy(f->row, row, sizeof row);
        memcpy(f->column, column, sizeof column);
        memset(f->position, 0, sizeof f->position);
        mi_warn(warn, "no_position",
                "position and orientation are not told; the first pixel is put "
                "at 0, 0, 0 and frames follow in their order");
    }
    cross(f->row, f->column, normal);
    if (fabs(dot(f->row, f->column)) > 0.01)
        return mi_fail(err, MI_E_GEOMETRY, NULL,
                       "rows and columns are not at right angles (cosine %.3f)",
                       dot(f->row, f->column));
    check_acquisitions(s, warn);
    if (s->slices == 1 || !f->placed) {
        double mm = single_step(f, warn);
        for (int i = 0; i < 3; i++)
            step[i] = mm * normal[i];
    } else if (check_gaps(s, warn, err) != 0 || stacking_step(s, step, err) != 0) {
        return -1;
    }
    double cosine = dot(step, normal) / sqrt(dot(step, step));
    s->tilt_deg = acos(fmin(1, cosine)) * 180 / acos(-1);
    if (s->tilt_deg > 0.1)
        mi_warn(warn, "gantry_tilt",
                "the gantry was tilted by %.2f degrees; the grid is kept sheared", s->tilt_deg);
    set_grid(s, o, step);
    return 0;
}

/* Without positions: frames of one object, one after the other in time, or (where volumes are
   made) in space. */
static int unplaced(const mi_dicom_object *o, const mi_dicom_frame *f, int n, mi_dicom_stack *s,
                    mi_err *err)
{
    for (int i = 1; i < n; i++)
        if (f[i].object != f[0].object)
            return mi_fail(err, MI_E_GEOMETRY, "name one of the files",
                           "the images of the series have no position, so they cannot be stacked");
    memcpy(s->frame, f, (size_t)n * sizeof *f);
    bool in_time = o[f[0].object].in_time;
    s->slices = in_time ? 1 : n;
    s->volumes = in_time ? n : 1;
    snprintf(s->parted_by, sizeof s->parted_by, "frames without position");
    return 0;
}

int mi_dicom_stack_make(const mi_dicom_object *objects, const mi_dicom_frame *frames, int n,
                        mi_dicom_stack *out, mi_warnings *warn, mi_err *err)
{
    *out = (mi_dicom_stack)MI_DICOM_STACK_EMPTY;
    mi_dicom_frame *f = mi_array((size_t)n, sizeof *f, err);
    out->frame = f ? mi_array((size_t)n, sizeof *f, err) : NULL;
    int kept, rc = -1;
    if (!out->frame || keep_kind(objects, frames, n, f, &kept, &out->left_out, warn, err) != 0)
        goto done;
    if (f[0].placed) {
        sort_frames(f, kept);
        kept = drop_copies(objects, f, kept, warn);
        rc = part_volumes(f, kept, out, err);
    } else {
        rc = unplaced(objects, f, kept, out, err);
    }
    if (rc == 0)
        rc = place(out, objects, warn, err);
done:
    free(f);
    if (rc != 0)
        mi_dicom_stack_free(out);
    return rc;
}
