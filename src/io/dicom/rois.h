/* Label maps filled region by region; regions that overlap go to maps of their own. */
#ifndef MI_IO_DICOM_ROIS_H
#define MI_IO_DICOM_ROIS_H
#include "io/dicom/masks.h"

/* runs of voxels of one region, as offsets into the grid */
typedef struct mi_roi_runs { int64_t *at, *len; size_t n, cap; } mi_roi_runs;

/* Append len voxels from offset `at`, joined to the run before when they touch it; the runs are
   the caller's to free. MI_E_MEMORY. */
int mi_roi_add_run(mi_roi_runs *r, int64_t at, int64_t len, mi_err *err);
void mi_roi_runs_free(mi_roi_runs *r);

/* Put a region into the first map where it meets no other, or a new one. label: name and code
   are copied. type: of new maps. */
int mi_rois_put(mi_dicom_masks *m, const mi_grid *g, mi_type type, const mi_roi_runs *runs,
                const mi_label *label, const char *name, mi_err *err);

/* Does a region of this number and name fit the pattern: NULL, a number, or comma-separated
   names with * and ?. */
bool mi_roi_wanted(const char *pattern, long long number, const char *name);

/* Warn when a mask's frame of reference (NULL: not told) is not that of its image. */
void mi_dicom_check_frame(const char *mask, const char *image, mi_warnings *warn);

/* CIELab as DICOM stores it (three unsigned 16-bit numbers, PS3.3 C.10.7.1.1) to sRGB bytes. */
void mi_cielab_rgb(const double lab[3], int rgb[3]);

#endif
