/* The filled texture matrices themselves, for inspection and for checking against published
   ones. */
#ifndef MI_RADIOMICS_MATRICES_H
#define MI_RADIOMICS_MATRICES_H
#include "radiomics/family.h"

/* One entry that is not zero. */
typedef struct mi_entry {
    const char *matrix;    /* "GLCM" ... */
    const char *mode;      /* "2D", "2D merged", "2.5D", "2.5D merged", "3D", "3D merged" */
    bool directed;
    int64_t direction[3];  /* x y z, when directed */
    int64_t slice;         /* slice of the image, counted from 1; 0 where it does not apply */
    int64_t i;             /* grey level */
    int64_t j;             /* second level, run length, zone size, distance or dependence count; 0
                              for NGTDM */
    double n;              /* count */
    double s;              /* NGTDM: sum of the differences; NaN for the others */
} mi_entry;

/* Every entry of every matrix behind the wanted aggregations of a texture family, in order: by
   slice and direction, then 2.5-D, then 3-D; within a matrix by i, j. Other families have none. The
   visitor returns 0 to go on; else the walk ends with -1 (and err as the visitor set it). */
typedef int (*mi_entry_visit)(void *user, const mi_entry *e, mi_err *err);
int mi_matrices_walk(const mi_family *f, const mi_region *r, const mi_settings *s, const bool *want,
                     mi_entry_visit visit, void *user, mi_err *err);

/* All matrices of all texture families as CSV lines without line end, the header first:
   matrix,mode,direction,slice,i,j,n,s. Those behind the aggregations named in the settings; all
   when none is named. */
typedef void (*mi_matrix_line)(void *user, const char *line);
int mi_matrices_print(const mi_region *r, const mi_settings *s, mi_matrix_line put, void *user,
                      mi_err *err);

#endif
