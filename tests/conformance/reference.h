/* A slow and obvious computation of every IBSI 1 feature, written from the definitions of the IBSI
   1 reference manual (arXiv:1612.07003 and its online edition, chapters 2 and 3) and from nothing
   else: no code of the library is called. Everything works on the whole working grid, with loops
   over all voxels and all pairs. Only for small images; memory that is short ends the program. */
#ifndef TESTS_CONFORMANCE_REFERENCE_H
#define TESTS_CONFORMANCE_REFERENCE_H
#include <stdbool.h>
#include <stddef.h>
#include "radiomics/settings.h"

/* The region on its whole working grid; x runs fastest. */
typedef struct ref_roi {
    int n[3];
    double s[3];          /* spacing, mm */
    unsigned char *morph; /* 1 inside the morphological mask */
    unsigned char *inten; /* 1 inside the intensity mask */
    double *value;
    int *level; /* >= 1 inside the intensity mask, else 0 */
    int ng;     /* highest level present */
    int n_morph, n_inten;
} ref_roi;

static inline size_t ref_at(const ref_roi *r, int x, int y, int z)
{
    return (size_t)x + (size_t)r->n[0] * ((size_t)y + (size_t)r->n[1] * (size_t)z);
}
/* Is the voxel inside the image and the mask? */
static inline bool ref_in(const ref_roi *r, const unsigned char *mask, int x, int y, int z)
{
    return x >= 0 && y >= 0 && z >= 0 && x < r->n[0] && y < r->n[1] && z < r->n[2] &&
           mask[ref_at(r, x, y, z)];
}

/* One value of the reference. A computed x is right when |x - value| <= 1e-10 |value| + 1e-12
   max(1, scale), where scale is the size of the terms that cancel in the formula (a sum of signed
   terms cannot be known better than its largest terms); with lo <= hi set, right means inside [lo,
   hi] widened likewise: the definition leaves a choice there. NaN goes with NaN. */
typedef struct ref_row {
    const char *family, *aggregation, *tag, *feature; /* as in ibsi1_values.csv */
    double value, scale, lo, hi;
} ref_row;

enum { REF_ROWS = 700 };
typedef struct ref_rows {
    ref_row row[REF_ROWS];
    int n;
} ref_rows;

typedef struct ref_name {
    const char *tag, *feature;
} ref_name;

ref_row *ref_put(ref_rows *to, const char *family, const char *aggregation, const ref_name *name,
                 double value, double scale);
/* The row of a feature, by tag (and name where a tag stands for two features); NULL when there is
   none. */
const ref_row *ref_find(const ref_rows *in, const char *family, const char *aggregation,
                        const char *tag, const char *feature);
bool ref_agrees(const ref_row *r, double x);

void *ref_alloc(size_t count, size_t size); /* zero-filled */
void ref_roi_free(ref_roi *r);

/* The processing chain: interpolation, rounding, masks, re-segmentation, discretisation. image and
   mask: n[0]*n[1]*n[2]. -1: no voxel in the morphological mask. */
int ref_chain(const double *image, const unsigned char *mask, const int n[3], const double s[3],
              const mi_settings *set, ref_roi *out);

/* The families; each puts its rows. Morphology takes the mesh volume and area from the program
   under test (after they were found within their bounds), since the definition leaves the
   triangulation open; give NaN to have the middle of the bounds. */
void ref_statistics(const ref_roi *r, ref_rows *to);
void ref_histogram(const ref_roi *r, ref_rows *to);
void ref_ivh(const ref_roi *r, const mi_settings *set, ref_rows *to);
void ref_peak(const ref_roi *r, const mi_settings *set, ref_rows *to);
void ref_morphology(const ref_roi *r, double volume, double area, ref_rows *to);
void ref_glcm(const ref_roi *r, const mi_settings *set, ref_rows *to);
void ref_glrlm(const ref_roi *r, const mi_settings *set, ref_rows *to);
void ref_glszm(const ref_roi *r, ref_rows *to);
void ref_gldzm(const ref_roi *r, ref_rows *to);
void ref_ngldm(const ref_roi *r, const mi_settings *set, ref_rows *to);
void ref_ngtdm(const ref_roi *r, const mi_settings *set, ref_rows *to);

/* ---- parts ---- */

/* Percentile with linear interpolation between order statistics at rank (n - 1) p / 100; x is
   sorted. */
double ref_percentile(const double *sorted, int n, int p);

/* The marching cubes surface of the morphological mask at 0.5: its vertices (midpoints of the grid
   edges between inside and outside), in units of half a voxel, and the lowest and highest volume
   and area (mm3, mm2) over all ways to resolve faces and to triangulate loops. */
typedef struct ref_mesh {
    int (*vertex)[3];
    int n;
    double volume_lo, volume_hi, area_lo, area_hi;
} ref_mesh;
void ref_mesh_make(const ref_roi *r, ref_mesh *m);

/* Convex hull of points in units of half a voxel, exact in integers. */
typedef struct ref_edge {
    int from, to, face;
} ref_edge; /* corners, with the face on the left */
typedef struct ref_hull {
    double volume, area; /* mm3, mm2 */
    int (*corner)[3];    /* extreme points */
    int n_corners;
    double (*normal)[3]; /* unit normals of the faces in mm space, outwards */
    int n_faces;
    ref_edge *edge; /* each edge twice, once for either face */
    int n_edges;
} ref_hull;
void ref_hull_make(int (*p)[3], int n, const double s[3], ref_hull *h);
void ref_hull_free(ref_hull *h);
/* Volume of the smallest box of any orientation, and the bounds of the areas of all boxes found
   within 1e-5 of that volume. */
void ref_box(const ref_hull *h, const double s[3], double *volume, double *area_lo,
             double *area_hi);
/* Semi-axes of the ellipsoid of least volume around the corners, to a relative precision of 1e-9 in
   volume, largest first. */
void ref_ellipsoid(const ref_hull *h, const double s[3], double axis[3]);
/* Area of an ellipsoid with semi-axes a >= b >= c by the series of the manual, cut after degree 20.
   */
double ref_ellipsoid_area(double a, double b, double c);
/* Eigenvalues of a symmetric matrix, descending. */
void ref_eigenvalues(double m[3][3], double w[3]);

/* The 16 features that GLRLM, GLSZM, GLDZM and NGLDM share (and the energy of NGLDM as the 17th) of
   a matrix count[i * nj + j], i and j from 0 standing for 1. */
void ref_matrix_features(const double *count, int ni, int nj, double voxels, double f[17]);

/* The mean of feature vectors. A vector in which a feature is undefined is left out of the mean of
   that feature. */
typedef struct ref_mean {
    double sum[32], scale[32];
    int n[32];
} ref_mean;
void ref_mean_add(ref_mean *m, const double *f, const double *scale, int n);
void ref_mean_put(const ref_mean *m, ref_rows *to, const char *family, const char *aggregation,
                  const ref_name *names, int n);

/* Directions: four in the slice first, then the nine others (IBSI 1, 3.6). */
extern const int ref_direction[13][3];
double ref_weight(int weighting, int norm, const int m[3]);
double ref_norm(int norm, const int d[3]);

#endif
