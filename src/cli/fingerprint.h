/* Digests by which --resume knows settings and inputs again. Each writes "sha256:..." into out. */
#ifndef MI_CLI_FINGERPRINT_H
#define MI_CLI_FINGERPRINT_H
#include "cli/batch_internal.h"

/* Of the parameters in effect alone, as in the provenance. */
int mi_fingerprint_effective(const mi_context *c, char out[72], mi_err *err);
/* Of tool, version, schema, parameters in effect and the options that change records. */
int mi_fingerprint_settings(const mi_context *c, const char *schema, char out[72], mi_err *err);
/* Of the cells of a case and of its files: size and time of each, with --digest their bytes;
   folders with all that is in them. */
int mi_fingerprint_case(const mi_context *c, const mi_case *cs, char out[72], mi_err *err);

#endif
