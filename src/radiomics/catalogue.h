/* All families in the order of keys. */
#ifndef MI_RADIOMICS_CATALOGUE_H
#define MI_RADIOMICS_CATALOGUE_H
#include "radiomics/family.h"

extern const mi_family *const mi_families[];
extern const int mi_n_families;

/* One key of the catalogue. */
typedef struct mi_key { const mi_family *family; int agg, row; char text[96]; } mi_key;

/* Every key, in record order: family, aggregation, row. Caller frees. */
mi_key *mi_catalogue(int *n, mi_err *err);

/* Does a key fit one of the patterns ("stat", "glcm.*", "glcm.3d_avg.correlation", "*.joint_*")?
   A pattern without wildcard also fits every key it is a dotted prefix of; "glcm.correlation"
   fits every aggregation. An empty list fits all. */
bool mi_key_wanted(const mi_key *k, const mi_list *patterns, const mi_list *aggregations);

#endif
