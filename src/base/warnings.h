/* What a computation wants to say about its result; travels beside it and ends in the record. */
#ifndef MI_BASE_WARNINGS_H
#define MI_BASE_WARNINGS_H
#include <stdbool.h>
#include "base/error.h"

typedef struct mi_warning {
    /* short machine name of the rule, e.g. "few_levels"; NULL for an undefined feature */
    char *code;
    /* key of the feature that is null; NULL when the whole region or image is meant */
    char *feature;
    char *why;
} mi_warning;

typedef struct mi_warnings {
    mi_warning *item;
    int n, cap;
    bool lost; /* no memory for one of them: what they go with must not be given out */
} mi_warnings;

#define MI_WARNINGS_EMPTY { NULL, 0, 0, false }

/* Every code that mi_warn() is called with, and what it stands for; ends with code NULL. */
typedef struct mi_warning_row { const char *code, *meaning; } mi_warning_row;
extern const mi_warning_row mi_warning_rows[];

/* One per code; the same code and text again is dropped. Out of memory sets `lost`. */
void mi_warn(mi_warnings *w, const char *code, const char *fmt, ...) MI_PRINTF(3, 4);
void mi_warn_feature(mi_warnings *w, const char *feature, const char *why);
/* what `from` lost, `to` lacks too */
void mi_warnings_copy(mi_warnings *to, const mi_warnings *from);
void mi_warnings_free(mi_warnings *w);

#endif
