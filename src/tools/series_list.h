/* --list-series of every tool that reads DICOM. */
#ifndef MI_TOOLS_SERIES_LIST_H
#define MI_TOOLS_SERIES_LIST_H
#include "cli/tool.h"
#include "io/source.h"

/* Print the series of a file or folder as text, or with --json as data. */
int mi_series_list(mi_context *c, const char *path, const mi_keep *keep, mi_err *err);

#endif
