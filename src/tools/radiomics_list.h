/* What mi-radiomics can say of its features: --list-features, --describe, --dump. */
#ifndef MI_TOOLS_RADIOMICS_LIST_H
#define MI_TOOLS_RADIOMICS_LIST_H
#include "tools/radiomics_case.h"

/* mi_listing of the noun "features". */
int mi_radiomics_list_features(mi_context *c, mi_output *o, mi_err *err);
cJSON *mi_radiomics_feature_rows(mi_context *c, mi_err *err);

/* Everything that is known of a key ("glcm.3d_avg.contrast"), a feature of all aggregations
   ("glcm.contrast") or an IBSI tag ("ACUI"). */
int mi_radiomics_describe(const char *what, mi_output *o, mi_err *err);

/* The keys that settings ask for, in record order. Owned by the caller. A pattern that fits no
   key is MI_E_USAGE with the nearest name. */
mi_key *mi_radiomics_keys(const mi_settings *s, int *n, mi_err *err);

/* The JSON schema of the records (share/schemas/mi.features-1.json), made from the catalogue. */
int mi_radiomics_schema(mi_output *o, mi_err *err);

/* The stages of the processing chain as JSON: {"case","roi","stages":[...],"levels":[lowest,
   highest]}. */
cJSON *mi_radiomics_diagnostics(const mi_roi_facts *f, const mi_diagnostics *d);

#endif
