/* Segmentations (PS3.3 A.51, C.8.20): frames are placed one by one, a segment may have any of
   them. */
#include "io/dicom/seg.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/text.h"
#include "image/grid.h"
#include "io/dicom/rois.h"

typedef struct seg_frame {
    int64_t number;
    int segment;
    double position[3], along;
    int64_t at[3];     /* voxel of the grid that its first pixel is */
} seg_frame;

typedef struct seg {
    mi_dicom_scan *s;
    mi_dcm *d;
    int64_t rows, columns, n;
    int bits;
    bool fractional, labelmap;
    double maximum;
    double row[3], column[3], normal[3], spacing[2];
    double between, thickness; /* of slices, NaN where not told */
    seg_frame *frame;
    mi_grid own;       /* its own grid */
    mi_grid grid;      /* the one that is filled */
    int64_t step[3][2]; /* voxels of `grid` from column to column and from row to row */
    int64_t segments;
} seg;

static bool numbers(const seg *g, const char *path, double *out, int n)
{
    return g->s->f->numbers(g->d, path, out, n) == n;
}

static bool group(const seg *g, int64_t frame, const char *tail, double *out, int n)
{
    char path[128];
    snprintf(path, sizeof path, "5200,9230[%lld].%s", (long long)frame, tail);
    if (numbers(g, path, out, n))
        return true;
    snprintf(path, sizeof path, "5200,9229[0].%s", tail);
    return numbers(g, path, out, n);
}

static double number(const seg *g, const char *path, double otherwise)
{
    double x;
    return g->s->f->numbers(g->d, path, &x, 1) >= 1 ? x : otherwise;
}

/* As a whole number; -1 for what is none that can be. */
static int64_t whole(double x) { return x >= 0 && x <= INT32_MAX ? (int64_t)x : -1; }

/* The nearest whole number; INT32_MAX for what is too far for any grid. */
static int64_t nearest(double x)
{
    return fabs(x) < INT32_MAX ? (int64_t)floor(x + 0.5) : INT32_MAX;
}

/* ---- reading ---- */

static int read_kind(seg *g, mi_err *err)
{
    const char *type = g->s->f->text(g->d, "0062,0001");
    g->fractional = type && strcmp(type, "FRACTIONAL") == 0;
    g->labelmap = type && strcmp(type, "LABELMAP") == 0;
    if (type && !g->fractional && !g->labelmap && strcmp(type, "BINARY") != 0)
        return mi_fail(err, MI_E_DATA, NULL, "Segmentation Type '%s' is not known", type);
    g->rows = whole(number(g, "0028,0010", 0));
    g->columns = whole(number(g, "0028,0011", 0));
    g->bits = (int)whole(number(g, "0028,0100", 0));
    g->n = whole(number(g, "0028,0008", 1));
    g->maximum = number(g, "0062,000e", 255);
    g->segments = g->s->f->items(g->d, "0062,0002");
    if (g->rows < 1 || g->columns < 1 || g->n < 1 || g->n > 10000000 || g->segments < 1 ||
        (g->bits != 1 && g->bits != 8 && g->bits != 16) || g->maximum <= 0 ||
        number(g, "0028,0002", 1) != 1)
        return mi_fail(
            err, MI_E_DATA, NULL,
            "segmentation of %lldx%lld, %lld frames, %lld segments, %d bits cannot be read",
            (long long)g->columns, (long long)g->rows, (long long)g->n, (long long)g->segments,
            g->bits);
    return 0;
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static int read_orientation(seg *g, mi_err *err)
{
    double o[6];
    if (!group(g, 0, "0020,9116[0].0020,0037", o, 6) && !numbers(g, "0020,0037", o, 6))
        return mi_fail(err, MI_E_DATA, NULL, "segmentation without Image Orientation (Patient)");
    if (!group(g, 0, "0028,9110[0].0028,0030", g->spacing, 2) || !(g->spacing[0] > 0) ||
        !(g->spacing[1] > 0))
        return mi_fail(err, MI_E_DATA, NULL, "segmentation without Pixel Spacing");
    memcpy(g->row, o, sizeof g->row);
    memcpy(g->column, o + 3, sizeof g->column);
    cross(g->row, g->column, g->normal);
    g->between = g->thickness = NAN;
    group(g, 0, "0028,9110[0].0018,0088", &g->between, 1);
    group(g, 0, "0028,9110[0].0018,0050", &g->thickness, 1);
    return 0;
}

static int by_along(const void *a, const void *b)
{
    double x = ((const seg_frame *)a)->along, y = ((const seg_frame *)b)->along;
    if (x != y)
        return x < y ? -1 : 1;
    return (((const seg_frame *)a)->number > ((const seg_frame *)b)->number) * 2 - 1;
}

static int read_frames(seg *g, mi_err *err)
{
    g->frame = mi_array((size_t)g->n, sizeof *g->frame, err);
    if (!g->frame)
        return -1;
    for (int64_t k = 0; k < g->n; k++) {
        seg_frame *f = &g->frame[k];
        double segment = g->labelmap ? 0 : 1, o[6];
        f->number = k;
        if (!group(g, k, "0020,9113[0].0020,0032", f->position, 3))
            return mi_fail(err, MI_E_DATA, NULL, "frame %lld of the segmentation has no position",
                           (long long)k + 1);
        if (!g->labelmap && !group(g, k, "0062,000a[0].0062,000b", &segment, 1) && g->segments > 1)
            return mi_fail(err, MI_E_DATA, NULL, "frame %lld names no segment", (long long)k + 1);
        if (group(g, k, "0020,9116[0].0020,0037", o, 6) &&
            (dot(o, g->row) < 1 - 1e-3 || dot(o + 3, g->column) < 1 - 1e-3))
            return mi_fail(err, MI_E_GEOMETRY, NULL, "frames of the segmentation are not parallel");
        f->segment = (int)whole(segment);
        f->along = dot(f->position, g->normal);
    }
    qsort(g->frame, (size_t)g->n, sizeof *g->frame, by_along);
    return 0;
}

/* ---- geometry ---- */

/* Slice step: the smallest gap between frames; Spacing Between Slices where that is smaller (every
   second frame may be empty and left out), or the Slice Thickness that goes into it. */
static double own_step(const seg *g)
{
    double step = INFINITY, times;
    for (int64_t k = 1; k < g->n; k++) {
        double gap = g->frame[k].along - g->frame[k - 1].along;
        if (gap > 1e-3 && gap < step)
            step = gap;
    }
    if (g->between > 0)
        return step > 1.01 * g->between ? g->between : step;
    if (!isfinite(step))
        return g->thickness > 0 ? g->thickness : 1;
    times = step / g->thickness;
    return times > 1.5 && fabs(times - round(times)) < 0.01 ? g->thickness : step;
}

/* The grid of the segmentation alone. */
static int own_grid(seg *g, mi_err *err)
{
    double step = own_step(g);
    const seg_frame *first = &g->frame[0], *last = &g->frame[g->n - 1];
    double count = floor((last->along - first->along) / step + 0.5);
    if (!(count <= 100000))
        return mi_fail(err, MI_E_DATA, NULL, "segmentation spans %.0f slices", count + 1);
    if (count > 0)
        step = (last->along - first->along) / count;
    for (int64_t k = 0; k < g->n; k++) {
        double at = (g->frame[k].along - first->along) / step;
        g->frame[k].at[0] = g->frame[k].at[1] = 0;
        g->frame[k].at[2] = nearest(at);
        if (!(fabs(at - (double)g->frame[k].at[2]) <= 0.1))
            return mi_fail(err, MI_E_GEOMETRY, NULL,
                           "frames of the segmentation lie at uneven steps (%.3g of %.3g mm)",
                           at, step);
    }
    mi_grid *o = &g->own;
    memset(o, 0, sizeof *o);
    o->n[0] = g->columns;
    o->n[1] = g->rows;
    o->n[2] = (int64_t)count + 1;
    for (int i = 0; i < 3; i++) {
        double sign = i < 2 ? -1 : 1;
        o->m[i][0] = sign * g->row[i] * g->spacing[1] + 0.0;
        o->m[i][1] = sign * g->column[i] * g->spacing[0] + 0.0;
        o->m[i][2] = sign * g->normal[i] * step + 0.0;
        o->m[i][3] = sign * first->position[i] + 0.0;
    }
    o->spacing[0] = g->spacing[1];
    o->spacing[1] = g->spacing[0];
    o->spacing[2] = step;
    return 0;
}

/* Index in `like` of a point `mm` further along an LPS direction. */
static int index_in(const mi_grid *like, const double lps[3], const double direction[3], double mm,
                    double out[3])
{
    double world[3];
    for (int i = 0; i < 3; i++)
        world[i] = (i < 2 ? -1 : 1) * (lps[i] + mm * direction[i]);
    return mi_grid_index(like, world, out);
}

/* Are the frames planes of `like`, pixel on voxel, whatever its axes are called? Each frame is
   placed alone: a segmentation may leave out the slices that it does not mark. */
static bool fits(seg *g, const mi_grid *like)
{
    double from[3], to[3];
    const double *direction[2] = { g->row, g->column };
    const double pixels[2] = { (double)g->columns, (double)g->rows };
    bool in_plane[3] = { false, false, false };
    for (int c = 0; c < 2; c++) {
        if (index_in(like, g->frame[0].position, g->row, 0, from) != 0 ||
            index_in(like, g->frame[0].position, direction[c], g->spacing[1 - c], to) != 0)
            return false;
        for (int i = 0; i < 3; i++) {
            g->step[i][c] = nearest(to[i] - from[i]);
            in_plane[i] = in_plane[i] || g->step[i][c];
            if (!(fabs(to[i] - from[i] - (double)g->step[i][c]) * pixels[c] <= 0.1))
                return false;
        }
        if (llabs(g->step[0][c]) + llabs(g->step[1][c]) + llabs(g->step[2][c]) != 1)
            return false;
    }
    for (int64_t k = 0; k < g->n; k++) {
        index_in(like, g->frame[k].position, g->row, 0, from);
        for (int i = 0; i < 3; i++) {
            g->frame[k].at[i] = nearest(from[i]);
            if (!(fabs(from[i] - (double)g->frame[k].at[i]) <= (in_plane[i] ? 0.02 : 0.1)))
                return false;
        }
    }
    return true;
}

/* The grid of `like` where the frames fit into it, else the segmentation's own. */
static int choose_grid(seg *g, const mi_grid *like, mi_err *err)
{
    if (like && fits(g, like)) {
        g->grid = *like;
        return 0;
    }
    memset(g->step, 0, sizeof g->step);
    g->step[0][0] = g->step[1][1] = 1;
    int rc = own_grid(g, err);
    g->grid = g->own;
    return rc;
}

/* ---- filling ---- */

static int64_t offset_of(const seg *g, const seg_frame *f, int64_t x, int64_t y)
{
    int64_t at[3];
    for (int i = 0; i < 3; i++) {
        at[i] = f->at[i] + g->step[i][0] * x + g->step[i][1] * y;
        if (at[i] < 0 || at[i] >= g->grid.n[i])
            return -1;
    }
    return (at[2] * g->grid.n[1] + at[1]) * g->grid.n[0] + at[0];
}

static double value_of(const seg *g, const void *px, int64_t i)
{
    return g->bits == 16 ? ((const uint16_t *)px)[i] : ((const uint8_t *)px)[i];
}

/* The voxels of one frame that have a slot: slot[v] is 1 + the number of the runs that voxels of
   value v go to, or 0. A slot for the whole frame (`all` > 0) takes what reaches the threshold. */
typedef struct filling {
    const void *px;
    const int *slot;
    int all;
    double threshold;
    mi_roi_runs *runs;
    int64_t outside;
} filling;

static int add_frame(const seg *g, const seg_frame *f, filling *w, mi_err *err)
{
    for (int64_t y = 0; y < g->rows; y++)
        for (int64_t x = 0; x < g->columns; x++) {
            double v = value_of(g, w->px, y * g->columns + x);
            int to = w->slot ? w->slot[(int)v] : v >= w->threshold ? w->all : 0;
            int64_t at = to ? offset_of(g, f, x, y) : 0;
            if (at < 0)
                w->outside++;
            else if (to && mi_roi_add_run(&w->runs[to - 1], at, 1, err) != 0)
                return -1;
        }
    return 0;
}

/* The frames of a segment. */
static int fill_segment(const seg *g, int segment, void *px, size_t bytes, mi_roi_runs *runs,
                        int64_t *outside, mi_err *err)
{
    filling w = { .px = px, .all = 1, .threshold = g->fractional ? 0.5 * g->maximum : 1,
                  .runs = runs };
    for (int64_t k = 0; k < g->n; k++) {
        const seg_frame *f = &g->frame[k];
        if (f->segment != segment)
            continue;
        if (g->s->f->frame(g->d, f->number, px, bytes, err) != 0 ||
            add_frame(g, f, &w, err) != 0)
            return -1;
    }
    *outside += w.outside;
    return 0;
}

/* All frames of a label map, each decoded once: voxels of slot[value] go to those runs. */
static int fill_labels(const seg *g, const int *slot, void *px, size_t bytes, mi_roi_runs *runs,
                       int64_t *outside, mi_err *err)
{
    filling w = { .px = px, .slot = slot, .runs = runs };
    for (int64_t k = 0; k < g->n; k++)
        if (g->s->f->frame(g->d, g->frame[k].number, px, bytes, err) != 0 ||
            add_frame(g, &g->frame[k], &w, err) != 0)
            return -1;
    *outside += w.outside;
    return 0;
}

/* ---- segments ---- */

typedef struct segment_info { int number; char name[128], code[256]; int rgb[3]; } segment_info;

static void segment_text(const seg *g, int64_t i, const char *tail, char *out, size_t size)
{
    char path[96];
    snprintf(path, sizeof path, "0062,0002[%lld].%s", (long long)i, tail);
    const char *s = g->s->f->text(g->d, path);
    snprintf(out, size, "%s", s ? s : "");
}

static void read_segment(const seg *g, int64_t i, segment_info *out)
{
    char path[64], scheme[32], value[64], meaning[128];
    double lab[3];
    snprintf(path, sizeof path, "0062,0002[%lld].0062,0004", (long long)i);
    out->number = (int)whole(number(g, path, (double)i + 1));
    segment_text(g, i, "0062,0005", out->name, sizeof out->name);
    segment_text(g, i, "0062,000f[0].0008,0102", scheme, sizeof scheme);
    segment_text(g, i, "0062,000f[0].0008,0100", value, sizeof value);
    segment_text(g, i, "0062,000f[0].0008,0104", meaning, sizeof meaning);
    snprintf(out->code, sizeof out->code, "%s:%s:%s", scheme, value, meaning);
    if (!*value)
        out->code[0] = '\0';
    snprintf(path, sizeof path, "0062,0002[%lld].0062,000d", (long long)i);
    out->rgb[0] = out->rgb[1] = out->rgb[2] = -1;
    if (numbers(g, path, lab, 3))
        mi_cielab_rgb(lab, out->rgb);
}

static int none_fits(const seg *g, const char *pattern, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    for (int64_t i = 0; i < g->segments && t.len < 400; i++) {
        segment_info s;
        read_segment(g, i, &s);
        mi_text_addf(&t, "%s%d '%s'", i ? ", " : "", s.number, s.name);
    }
    int rc = mi_fail(err, MI_E_EMPTY, NULL, "no segment fits --roi '%s'; there are %s",
                     pattern ? pattern : "*", mi_text_ref(&t));
    mi_text_free(&t);
    return rc;
}

static int open_seg(seg *g, mi_dicom_scan *s, mi_dcm *d, mi_err *err)
{
    *g = (seg){ .s = s, .d = d };
    return read_kind(g, err) != 0 || read_orientation(g, err) != 0 || read_frames(g, err) != 0
               ? -1 : 0;
}

/* Room for a frame, and for the runs of all segments of a label map (one otherwise). */
typedef struct room { void *px; size_t bytes; mi_roi_runs *runs; int64_t n; } room;

static int make_room(const seg *g, room *r, mi_err *err)
{
    r->bytes = (size_t)(g->rows * g->columns) * (g->bits == 16 ? 2 : 1);
    r->n = g->labelmap ? g->segments : 1;
    r->px = mi_array(r->bytes, 1, err);
    r->runs = r->px ? mi_array_zero((size_t)r->n, sizeof *r->runs, err) : NULL;
    return r->runs ? 0 : -1;
}

static void free_room(room *r)
{
    for (int64_t i = 0; r->runs && i < r->n; i++)
        mi_roi_runs_free(&r->runs[i]);
    free(r->runs);
    free(r->px);
}

static bool taken(const segment_info *s, const char *pattern)
{
    return s->number >= 1 && s->number <= 65535 && mi_roi_wanted(pattern, s->number, s->name);
}

/* A label map's segments that the pattern takes, all at once; nothing for other kinds. `every`: the
   background too, where it is a segment. */
static int take_labels(const seg *g, const char *pattern, bool every, room *r, int64_t *outside,
                       mi_err *err)
{
    int *slot = g->labelmap ? mi_array_zero(65536, sizeof *slot, err) : NULL;
    for (int64_t i = 0; slot && i < g->segments; i++) {
        segment_info s;
        read_segment(g, i, &s);
        if ((taken(&s, pattern) || (every && s.number == 0)) && !slot[s.number])
            slot[s.number] = (int)i + 1;
    }
    int rc = !g->labelmap ? 0
             : slot       ? fill_labels(g, slot, r->px, r->bytes, r->runs, outside, err) : -1;
    free(slot);
    return rc;
}

static int put_segments(seg *g, const char *name, const mi_source_opts *opts, mi_dicom_masks *out,
                        int64_t *outside, int *n, mi_err *err)
{
    room r = { NULL, 0, NULL, 0 };
    int rc = make_room(g, &r, err);
    mi_type type = g->segments > 255 ? MI_U16 : MI_U8;
    for (int64_t i = 0; i < g->segments; i++) {
        segment_info s;
        read_segment(g, i, &s);
        type = s.number > 255 ? MI_U16 : type;
    }
    if (rc == 0)
        rc = take_labels(g, opts->roi, false, &r, outside, err);
    for (int64_t i = 0; rc == 0 && i < g->segments; i++) {
        segment_info s;
        mi_roi_runs *runs = &r.runs[g->labelmap ? i : 0];
        read_segment(g, i, &s);
        if (!taken(&s, opts->roi))
            continue;
        mi_label label = { .value = s.number, .name = s.name, .code = *s.code ? s.code : NULL,
                           .rgb = { s.rgb[0], s.rgb[1], s.rgb[2] } };
        if (!g->labelmap)
            rc = fill_segment(g, s.number, r.px, r.bytes, runs, outside, err);
        if (rc == 0)
            rc = mi_rois_put(out, &g->grid, type, runs, &label, name, err);
        mi_roi_runs_free(runs);
        (*n)++;
    }
    free_room(&r);
    return rc;
}

int mi_seg_read(mi_dicom_scan *s, mi_dcm *d, const char *name, const mi_source_opts *opts,
                mi_dicom_masks *out, mi_err *err)
{
    seg g;
    int64_t outside = 0;
    int taken = 0;
    int rc = open_seg(&g, s, d, err);
    if (rc == 0)
        rc = choose_grid(&g, opts->like, err);
    if (rc == 0)
        rc = put_segments(&g, name, opts, out, &outside, &taken, err);
    if (rc == 0 && taken == 0)
        rc = none_fits(&g, opts->roi, err);
    for (int i = 0; rc == 0 && i < out->n; i++) {
        if (outside)
            mi_warn(&out->v[i].warnings, "segments_outside",
                    "%lld voxels of the segmentation lie outside the image", (long long)outside);
        mi_dicom_check_frame(s->f->text(d, "0020,0052"), opts->like_frame, &out->v[i].warnings);
        if (g.fractional)
            mi_warn(&out->v[i].warnings, "fractional",
                    "fractional segmentation: inside from half of the maximum (%g) up", g.maximum);
    }
    free(g.frame);
    return rc;
}

static cJSON *segment_facts(const seg *g, int64_t i, room *r, const mi_err *failed)
{
    segment_info si;
    mi_roi_runs *runs = &r->runs[g->labelmap ? i : 0];
    int64_t outside = 0, voxels = 0, frames = 0;
    mi_err own = *failed;
    cJSON *j = cJSON_CreateObject();
    read_segment(g, i, &si);
    mi_json_add_number(j, "number", si.number);
    mi_json_add_string(j, "name", si.name);
    mi_json_add_string(j, "code", *si.code ? si.code : NULL);
    for (int64_t k = 0; k < g->n; k++)
        frames += g->labelmap || g->frame[k].segment == si.number;
    mi_json_add_number(j, "frames", (double)frames);
    if (own.cls == MI_E_NONE &&
        (g->labelmap ||
         fill_segment(g, si.number, r->px, r->bytes, runs, &outside, &own) == 0)) {
        for (size_t k = 0; k < runs->n; k++)
            voxels += runs->len[k];
        mi_json_add_number(j, "voxels", (double)voxels);
        mi_json_add_number(j, "volume_mm3", (double)voxels * mi_grid_voxel_volume(&g->own));
    } else {
        mi_json_add_string(j, "wrong", own.message);
    }
    mi_roi_runs_free(runs);
    return j;
}

int mi_seg_facts(mi_dicom_scan *s, mi_dcm *d, cJSON *into, mi_err *err)
{
    seg g;
    room r = { NULL, 0, NULL, 0 };
    mi_err own = MI_ERR_EMPTY;
    int64_t outside = 0;
    int rc = open_seg(&g, s, d, err);
    if (rc == 0)
        rc = choose_grid(&g, NULL, err);
    if (rc == 0)
        rc = make_room(&g, &r, err);
    if (rc == 0) {
        cJSON *list = cJSON_CreateArray();
        mi_json_add_string(into, "segmentation_type",
                           g.fractional ? "FRACTIONAL" : g.labelmap ? "LABELMAP" : "BINARY");
        mi_json_add_number(into, "slice_spacing", g.own.spacing[2]);
        take_labels(&g, NULL, true, &r, &outside, &own);
        for (int64_t i = 0; i < g.segments; i++)
            mi_json_append(list, segment_facts(&g, i, &r, &own));
        mi_json_add(into, "segments", list);
    }
    free_room(&r);
    free(g.frame);
    return rc;
}
