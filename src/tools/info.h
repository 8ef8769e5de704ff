/* What mi-info knows of a file: a JSON document (mi.info/1), and the same as text. */
#ifndef MI_TOOLS_INFO_H
#define MI_TOOLS_INFO_H
#include "base/text.h"
#include "cli/tool.h"
#include "tools/reading.h"

typedef enum mi_info_as { MI_INFO_AUTO, MI_INFO_IMAGE, MI_INFO_MASK } mi_info_as;

/* The tool's own options. */
typedef struct mi_info_opts {
    bool header;  /* read no voxels */
    bool stats, digest;
    int as;       /* mi_info_as */
    mi_list mask; /* files */
} mi_info_opts;

/* Everything about one file, its items in order, those of the mask files behind them:
   {"schema","status","file","items":[..]} and "series" for DICOM. Owned by the caller; NULL on
   error, whose subject is the file. */
cJSON *mi_info_gather(const char *path, const mi_info_opts *o, const mi_reading_opts *input,
                      mi_pool *pool, mi_err *err);

/* The document in words, behind what t holds. */
void mi_info_text(const cJSON *doc, mi_text *t);

#endif
