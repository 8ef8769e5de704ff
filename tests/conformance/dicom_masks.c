/* DICOM segmentations and contours of the shared data as label maps, against data/facts.json and
   the rasters of other programs (reference/imaging/contours.json). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dicom_support.h"
#include "image/grid.h"
#include "image/labels.h"

/* What is found of one label over all maps of an object. */
typedef struct region { int64_t voxels, slices; double row, column; char name[128]; } region;

static void take(const mi_volume *v, double value, region *r)
{
    size_t n;
    double *x = values_of(v, &n);
    const char *name = mi_meta_label_name_ref(&v->meta, (int64_t)value);
    if (name)
        snprintf(r->name, sizeof r->name, "%s", name);
    int64_t last = -1, slice = mi_volume_slice_voxels(v);
    for (size_t i = 0; i < n; i++)
        if (x[i] == value) {
            r->slices += (int64_t)i / slice != last;
            last = (int64_t)i / slice;
            r->voxels++;
            r->column += (double)(i % (size_t)v->grid.n[0]);
            r->row += (double)(i / (size_t)v->grid.n[0] % (size_t)v->grid.n[1]);
        }
    free(x);
}

static region find(const mi_volume *v, int n, double value)
{
    region r = { 0, 0, 0, 0, "" };
    for (int i = 0; i < n; i++)
        take(&v[i], value, &r);
    r.row /= (double)r.voxels;
    r.column /= (double)r.voxels;
    return r;
}

/* Labels come whole or trimmed to the slices that hold something; here all slices are wanted. */
static int read_maps(const char *path, const mi_grid *like, const char *roi, mi_volume **v,
                     mi_err *err)
{
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.like = like;
    opts.roi = roi;
    return read_items(path, &opts, false, v, err);
}

/* ---- segmentations ---- */

/* How far the first voxel of the slice that is nearest lies from a place in LPS, mm. */
static double nearest_slice(const mi_volume *v, int n, const cJSON *more)
{
    double best = INFINITY;
    for (int i = 0; i < n; i++)
        for (int64_t k = 0; k < v[i].grid.n[2]; k++) {
            double index[3] = { 0, 0, (double)k }, w[3], square = 0;
            mi_grid_world(&v[i].grid, index, w);
            for (int d = 0; d < 3; d++) {
                double lps = fact_at(more, "first_frame_position_lps", d);
                square += pow((d < 2 ? -w[d] : w[d]) - lps, 2);
            }
            best = fmin(best, sqrt(square));
        }
    return best;
}

static void hold_segment(dicom_proof *p, const char *who, const mi_volume *v, int n, const cJSON *f,
                         const cJSON *more)
{
    region r = find(v, n, atof(f->string));
    double volume = (double)r.voxels * mi_grid_voxel_volume(&v[0].grid);
    check(&p->t, (double)r.voxels == fact(f, "voxels"), "%s segment %s: %lld voxels", who,
          f->string, (long long)r.voxels);
    check(&p->t, fabs(volume - fact(f, "volume_mm3")) < 1e-5 * volume, "%s segment %s: %.9g mm3",
          who, f->string, volume);
    const char *label = cJSON_GetStringValue(member(f, "label"));
    check(&p->t, label && strcmp(label, r.name) == 0, "%s segment %s is called '%s'", who,
          f->string, r.name);
    if (more) {
        const double at[2] = { fact_at(more, "centroid_row_column", 0),
                               fact_at(more, "centroid_row_column", 1) };
        check(&p->t, fabs(r.row - at[0]) < 1e-6 && fabs(r.column - at[1]) < 1e-6,
              "%s segment %s: centroid %.8g, %.8g", who, f->string, r.row, r.column);
        check(&p->t,
              (double)r.voxels == fact(more, "sum_of_fractions") &&
                  (double)r.slices == fact(more, "frames_not_empty"),
              "%s segment %s: %lld slices", who, f->string, (long long)r.slices);
        double off = nearest_slice(v, n, more);
        check(&p->t, off < 1e-3, "%s segment %s: its first frame is %g mm off", who,
              f->string, off);
    }
}

static void hold_segmentation(dicom_proof *p, const cJSON *f, const cJSON *more)
{
    mi_volume *v = NULL;
    mi_err err = MI_ERR_EMPTY;
    char *path = data_path(p, f->string);
    int n = read_maps(path, NULL, NULL, &v, &err);
    if (check(&p->t, n > 0, "%s: %s", f->string, err.message)) {
        const cJSON *s;
        check(&p->t, fabs(v[0].grid.spacing[2] - fact(f, "slice_spacing_used")) < 1e-6,
              "%s: slices are %.9g mm apart", f->string, v[0].grid.spacing[2]);
        cJSON_ArrayForEach(s, member(f, "segments")) hold_segment(
            p, f->string, v, n, s, member(member(member(more, "expected"), "segment"), s->string));
        int labels = 0;
        for (int i = 0; i < n; i++)
            labels += v[i].meta.n_labels;
        check(&p->t, labels == cJSON_GetArraySize(member(f, "segments")), "%s: %d segments",
              f->string, labels);
    }
    if (n >= 0)
        free_items(v, n);
    free(path);
}

/* Codings that the other programs could not read: the same liver. */
static void hold_liver_by(dicom_proof *p, const char *coding)
{
    char name[64];
    mi_volume *v = NULL;
    mi_err err = MI_ERR_EMPTY;
    snprintf(name, sizeof name, "dicom/single/liver_%s.dcm", coding);
    char *path = data_path(p, name);
    int n = read_maps(path, NULL, NULL, &v, &err);
    if (check(&p->t, n == 1, "%s: %s", name, err.message))
        check(&p->t, find(v, n, 1).voxels == 107098, "%s: %lld voxels", name,
              (long long)find(v, n, 1).voxels);
    if (n >= 0)
        free_items(v, n);
    free(path);
}

/* ---- contours ---- */

/* Voxels that differ from a mask in another file, whatever way its axes run; -1 when the grids
   differ. */
static double differing(const mi_volume *v, double value, const char *truth, mi_err *err)
{
    mi_volume m;
    mi_axes axes;
    if (mi_volume_read(&m, truth, NULL, err) != 0)
        return -1;
    double count = -1;
    if (mi_grid_same(&v->grid, &m.grid, 0.01, "image", "mask", &axes, err) == 0 &&
        mi_volume_rearrange(&m, &axes, err) == 0) {
        size_t n, k;
        double *x = values_of(v, &n), *y = values_of(&m, &k);
        count = 0;
        for (size_t i = 0; i < n; i++)
            count += (x[i] == value) != (y[i] != 0);
        free(x);
        free(y);
    }
    mi_volume_free(&m);
    return count;
}

static void hold_contour_facts(dicom_proof *p, const char *rtstruct, const char *path)
{
    mi_err err = MI_ERR_EMPTY;
    cJSON *ours = read_facts(path, &err);
    const cJSON *want = member(member(p->files, rtstruct), "rois"), *w, *o;
    const cJSON *rois = member(cJSON_GetArrayItem(member(ours, "series"), 0), "rois");
    check(&p->t, cJSON_GetArraySize(rois) == cJSON_GetArraySize(want), "%s: %d regions", rtstruct,
          cJSON_GetArraySize(rois));
    cJSON_ArrayForEach(w, want) {
        const char *name = cJSON_GetStringValue(member(w, "name"));
        int found = 0;
        cJSON_ArrayForEach(o, rois)
            if (strcmp(cJSON_GetStringValue(member(o, "name")), name) == 0)
                found += fact(o, "contours") == fact(w, "contours");
        check(&p->t, found == 1, "%s: '%s' or its contours are missing", rtstruct, name);
    }
    cJSON_Delete(ours);
}

static void hold_roi(dicom_proof *p, const cJSON *c, const cJSON *roi, const mi_volume *image)
{
    mi_volume *v = NULL;
    mi_err err = MI_ERR_EMPTY;
    const cJSON *in = member(c, "inputs");
    const char *name = cJSON_GetStringValue(member(roi, "name"));
    const char *rtstruct = cJSON_GetStringValue(member(in, "rtstruct"));
    const char *truth = cJSON_GetStringValue(member(in, "mask_truth"));
    const cJSON *masks = member(member(p->files, rtstruct), "plastimatch_masks");
    char *path = data_path(p, rtstruct);
    int n = read_maps(path, &image->grid, name, &v, &err);
    if (check(&p->t, n == 1 && v[0].meta.n_labels == 1, "%s: %s", name, err.message)) {
        double value = (double)v[0].meta.label[0].value;
        region r = find(v, 1, value);
        double volume = (double)r.voxels * mi_grid_voxel_volume(&v[0].grid);
        check(&p->t, strcmp(r.name, name) == 0, "the region %s is called %s", name, r.name);
        check(&p->t, (double)r.voxels == fact(roi, "even_odd") &&
                         (double)r.voxels == fact(member(masks, name), "voxels"),
              "%s: %lld voxels", name, (long long)r.voxels);
        check(&p->t,
              (double)r.voxels == fact(roi, "plastimatch_xor") &&
                  (double)r.voxels == fact(roi, "dcmrtstruct2nii"),
              "%s: %lld voxels, not those of other rasters", name, (long long)r.voxels);
        check(&p->t, fabs(volume - fact(roi, "volume_mm3_even_odd")) < 1e-5 * volume,
              "%s: %.9g mm3", name, volume);
        if (truth) {
            char *file = data_path(p, truth);
            double off = differing(&v[0], value, file, &err);
            check(&p->t, off == fact(roi, "differ_even_odd_ibsi_mask"), "%s: %g voxels off (%s)",
                  name, off, err.message);
            free(file);
        }
    }
    if (n >= 0)
        free_items(v, n);
    free(path);
}

static void hold_contours(dicom_proof *p, const cJSON *c)
{
    mi_volume image = MI_VOLUME_EMPTY;
    mi_source *s = NULL;
    mi_err err = MI_ERR_EMPTY;
    const cJSON *in = member(c, "inputs"), *roi;
    char *path = data_path(p, cJSON_GetStringValue(member(in, "image")));
    if (check(&p->t,
              mi_source_open(&s, path, NULL, &err) == 0 && mi_source_next(s, &image, &err) > 0,
              "%s: %s", path, err.message)) {
        char *rtstruct = data_path(p, cJSON_GetStringValue(member(in, "rtstruct")));
        double voxel = mi_grid_voxel_volume(&image.grid);
        check(&p->t, fabs(voxel - fact(member(c, "expected"), "voxel_mm3")) < 1e-5 * voxel,
              "%s: voxels of %.9g mm3", path, voxel);
        hold_contour_facts(p, cJSON_GetStringValue(member(in, "rtstruct")), rtstruct);
        cJSON_ArrayForEach(roi, member(member(c, "expected"), "roi"))
            hold_roi(p, c, roi, &image);
        free(rtstruct);
    }
    mi_volume_free(&image);
    mi_source_close(s);
    free(path);
}

int main(void)
{
    dicom_proof p = { .data = NULL };
    char *name = shared_path("reference/imaging/contours.json");
    if (dicom_begin(&p)) {
        char *text = name ? text_of(name, NULL) : NULL;
        cJSON *all = cJSON_Parse(text);
        const cJSON *c, *f;
        int segmentations = 0, contours = 0;
        if (!all)
            skip(&p.t, "contours: reference/imaging is not there");
        cJSON_ArrayForEach(f, p.files) {
            const cJSON *more = NULL;
            cJSON_ArrayForEach(c, member(all, "cases")) {
                const char *seg = cJSON_GetStringValue(member(member(c, "inputs"), "seg"));
                if (seg && strcmp(seg, f->string) == 0)
                    more = c;
            }
            if (member(f, "segments")) {
                hold_segmentation(&p, f, more);
                segmentations++;
            }
        }
        cJSON_ArrayForEach(c, member(all, "cases"))
            if (member(member(c, "inputs"), "rtstruct")) {
                hold_contours(&p, c);
                contours++;
            }
        hold_liver_by(&p, "rle");
        hold_liver_by(&p, "deflate");
        check(&p.t, segmentations >= 7, "only %d segmentations were found", segmentations);
        check(&p.t, !all || contours == 2, "%d contour sets", contours);
        printf("dicom masks: %d segmentations, %d contour sets\n", segmentations, contours);
        cJSON_Delete(all);
        free(text);
    }
    free(name);
    return dicom_end(&p);
}
