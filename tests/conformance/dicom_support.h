/* What the conformance programs of DICOM share: the shared data and their facts, and volumes
   read by the library. */
#ifndef TESTS_CONFORMANCE_DICOM_SUPPORT_H
#define TESTS_CONFORMANCE_DICOM_SUPPORT_H
#include "io/source.h"
#include "support.h"

typedef struct dicom_proof {
    tally t;
    cJSON *all;         /* facts.json */
    const cJSON *files; /* of it */
    char *data;         /* folder of the data */
} dicom_proof;

/* False, having told the reason and counted one skip, when the module or the shared data are not
   there. */
bool dicom_begin(dicom_proof *p);
int dicom_end(dicom_proof *p); /* the exit status */

double fact(const cJSON *object, const char *name);
double fact_at(const cJSON *object, const char *name, int i);
const cJSON *member(const cJSON *object, const char *name);

/* Path of a file of the data folder; owned by the caller. */
char *data_path(const dicom_proof *p, const char *name);

/* All items of a source with their voxels; label maps by mi_source_labels when `labels`. Returns
   how many (owned: free_items), -1 and the reason in *err. */
int read_items(const char *path, const mi_source_opts *opts, bool labels, mi_volume **out,
               mi_err *err);
void free_items(mi_volume *v, int n);
/* mi_source_facts; owned by the caller. */
cJSON *read_facts(const char *path, mi_err *err);
/* Values of a whole volume, x fastest; owned by the caller. */
double *values_of(const mi_volume *v, size_t *n);

#endif
