/* One entry of history per tool: what ran on what with which settings (mi(7), Provenance). */
#ifndef MI_CLI_PROVENANCE_H
#define MI_CLI_PROVENANCE_H
#include "cli/tool.h"
#include "image/volume.h"

/* {"tool","version","steps":[...],"settings":"sha256:..","inputs":[{"name","pixels"?}],"libs":{}};
   steps (taken) may be NULL. Names follow --names. */
cJSON *mi_provenance_entry(mi_context *c, cJSON *steps_take, const mi_volume *const *inputs, int n,
                           mi_err *err);
/* The histories of the inputs, each entry once, names as --names asks, + this tool's entry, as the
   record's "provenance" member: {"history":[...]}. NULL when --no-provenance. */
cJSON *mi_provenance_record(mi_context *c, cJSON *steps_take, const mi_volume *const *inputs,
                            int n, mi_err *err);
/* The names of files in all entries of a history, as --names asks; false: no memory. */
bool mi_history_show_names(const mi_context *c, cJSON *history);
/* A name as --names asks: as given, base name, or "sha256:..." */
char *mi_shown_name(const mi_context *c, const char *name, mi_err *err);
/* A copy of an error for a record, its subject shown as --names asks when it is a file; names of
   files that were found within it are left out. */
mi_err mi_shown_error(const mi_context *c, const mi_err *e);

#endif
