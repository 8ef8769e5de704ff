/* What the program of reference/imaging shares: runs of mi-preproc, and values and grids held
   against what a case expects. */
#ifndef TESTS_CONFORMANCE_IMAGING_SUPPORT_H
#define TESTS_CONFORMANCE_IMAGING_SUPPORT_H
#include "dicom_support.h"
#include "image/grid.h"

typedef struct proof {
    tally t;
    char *data;                           /* folder of the shared data */
    char *copy, *grid, *product, *errors; /* files of the scratch folder */
    int ruled;                            /* cases whose grid was made here */
    int either;                           /* cases met by ties that may go either way */
} proof;

/* The first item of what mi-preproc wrote, with its values. */
typedef struct product {
    mi_volume v;
    double *x;
    size_t n;
} product;

const char *word(const cJSON *c, const char *name);
bool within(double x, double want, double tol);
/* Path of the case's input of this role, or NULL; owned by the caller. */
char *input(const proof *p, const cJSON *c, const char *role);

/* `mi-preproc option... -f -o PRODUCT image`; false when it fails, which is told. *r is always to
   be given to drop. */
bool prepare(proof *p, const cJSON *c, const char *const option[], const char *image, product *r);
void drop(product *r);

/* n, min, max, mean, sd (of the population) and percentiles; a tolerance is the larger of absolute
   and relative. */
void hold_values(proof *p, const cJSON *c, const product *r, double absolute,
                 double of_percentiles, double relative);
/* Size, and spacing and affine within the case's tolerance; `g` holds them as "size", "spacing" and
   "affine_ras". */
void hold_grid(proof *p, const cJSON *c, const cJSON *g, const mi_grid *ours);
double voxel_at(const product *r, const cJSON *index); /* NaN outside */
/* Voxels from lo to hi, both included. */
double count_from(const product *r, double lo, double hi);

#endif
