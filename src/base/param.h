/* Parameters: one row declares a value that a user can set, and from the row come the
   command-line option, the config key (the name with '-' as '_'), the preset key, the line in
   --help, man page, completion and --usage-json, and the entry in the record's settings. A
   domain declares rows for its own settings struct; the tools put the tables of several structs
   together. */
#ifndef MI_BASE_PARAM_H
#define MI_BASE_PARAM_H
#include <stdbool.h>
#include <stddef.h>

typedef enum mi_param_type {
    MI_P_BOOL,   /* bool; also --no-NAME */
    MI_P_INT,    /* long long, within [min, max] */
    MI_P_DOUBLE, /* double, within [min, max]; NaN = unset */
    MI_P_STRING, /* char *, owned; NULL = unset */
    MI_P_CHOICE, /* int: index into choices */
    MI_P_VEC3,   /* mi_vec3: one number for all axes or up to three; n = 0 means unset */
    MI_P_RANGE,  /* mi_range lo:hi, either end may be left open */
    MI_P_LIST,   /* mi_list of comma-separated words */
    MI_P_FLAG    /* bool; an action such as --help: no --no- form */
} mi_param_type;

typedef struct mi_vec3 { int n; double v[3]; } mi_vec3;
typedef struct mi_range { double lo, hi; } mi_range; /* -INFINITY, INFINITY when open */
typedef struct mi_list { char **item; int n; } mi_list; /* owned */

enum {
    /* changes numbers or names in the product: config key, preset key, part of settings and
       provenance */
    MI_PF_CONFIG = 1,
    MI_PF_REPEAT = 2, /* LIST: may be given several times, adds up */
    MI_PF_HIDDEN = 4, /* not in any help (test switches) */
    MI_PF_FULL = 8    /* only in --help-all and the man page */
};

typedef struct mi_param {
    const char *name;  /* long name without dashes: "bin-width" */
    char letter;       /* short name or 0 */
    mi_param_type type;
    size_t offset;     /* in the struct that the table belongs to */
    const char *unit;  /* "mm", "mm3" ...: accepted behind the number, checked; NULL: none */
    /* what stands for the value in help: "MM", "N", "FILE"; NULL for BOOL and FLAG */
    const char *value;
    const char *preset;/* default as text, parsed like a command-line value; NULL: unset / false */
    double min, max;   /* numbers: closed limits, both 0 = none */
    const char *const *choices; /* CHOICE, and LIST if its words are limited: NULL-terminated */
    unsigned flags;
    const char *group; /* heading in help: "Interpolation" ... */
    const char *help;  /* one line, no full stop */
} mi_param;

#endif
