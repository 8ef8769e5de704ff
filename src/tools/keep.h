/* --uid-key, --keep-uids, --keep-descriptions: what a tool may tell of DICOM objects. */
#ifndef MI_TOOLS_KEEP_H
#define MI_TOOLS_KEEP_H
#include "cli/tool.h"
#include "io/source.h"

typedef struct mi_keep_opts {
    char *uid_key; /* file */
    bool keep_uids, keep_descriptions;
} mi_keep_opts;
extern const mi_param mi_keep_params[];

/* Fill *out; the key (owned by the caller: free) stays valid as long as *out is used. */
int mi_keep_read(const mi_keep_opts *o, mi_keep *out, void **key, mi_err *err);

#endif
