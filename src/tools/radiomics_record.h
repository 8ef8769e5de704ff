/* A measured region as a record (mi.features/1). */
#ifndef MI_TOOLS_RADIOMICS_RECORD_H
#define MI_TOOLS_RADIOMICS_RECORD_H
#include "cli/tool.h"
#include "radiomics/catalogue.h"

/* What the record says of where the region came from; all borrowed. */
typedef struct mi_roi_facts {
    const char *case_id, *image, *mask, *name; /* name NULL: unknown */
    const int64_t *labels; /* one, or the members of a union */
    int n_labels;
    int64_t voxels;        /* in the mask as read */
    int64_t frame;         /* of a 4-D image, or -1 */
} mi_roi_facts;

/* The members schema, status, case, image, roi. Owned by the caller; NULL when memory is short. */
cJSON *mi_radiomics_record_begin(const mi_roi_facts *f);

/* {"mask":..,"label":..,"name":..,"voxels":..}; owned by the caller. */
cJSON *mi_radiomics_roi(const mi_roi_facts *f);

/* Measure every wanted key of the region and put settings, features, warnings in. `warn` is
   read; undefined features are told behind it. The seconds that each family took are added to
   seconds[mi_n_families], in the order of mi_families. */
int mi_radiomics_record_fill(cJSON *record, const cJSON *settings, const mi_region *r,
                             const mi_settings *s, const mi_key *keys, int n_keys, mi_pool *pool,
                             const mi_warnings *warn, double *seconds, mi_err *err);

/* A clock that only goes forward. */
double mi_seconds(void);

#endif
