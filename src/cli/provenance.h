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

#endif
