/* Names of files and errors as they may be told: by --names, and with a hint. */
#ifndef MI_CLI_SHOWN_H
#define MI_CLI_SHOWN_H
#include "cli/tool.h"

/* A name as --names asks: as given, base name, or "sha256:..." */
char *mi_shown_name(const mi_context *c, const char *name, mi_err *err);
/* Give an error without a hint the one of its class. */
void mi_err_hint_of_class(const mi_context *c, mi_err *err);
/* A copy of an error for a record, its subject shown as --names asks when it is a file; names of
   files that were found within it are left out. */
mi_err mi_shown_error(const mi_context *c, const mi_err *e);

#endif
