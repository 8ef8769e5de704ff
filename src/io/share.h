/* Where the suite's own files are: MI_DATA, then XDG_DATA_DIRS/mi, then the installed folder,
   then the source tree of an uninstalled build (the environment is read by cli and passed in). */
#ifndef MI_IO_SHARE_H
#define MI_IO_SHARE_H
#include "base/error.h"
#include "base/json.h"

/* values of the variables or NULL; borrowed */
typedef struct mi_share { const char *mi_data; const char *xdg_data_dirs; } mi_share;

/* Path of share file `name` ("presets/ct.json"); owned by the caller; NULL and MI_E_NOINPUT when
   it is nowhere. */
char *mi_share_find(const mi_share *s, const char *name, mi_err *err);
/* Names (without .json) of the files in folder `dir`, sorted, NULL-terminated; free with
   mi_share_names_free. */
char **mi_share_names(const mi_share *s, const char *dir, int *n, mi_err *err);
void mi_share_names_free(char **names);

#endif
