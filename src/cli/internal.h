/* What the files of src/cli share among themselves. */
#ifndef MI_CLI_INTERNAL_H
#define MI_CLI_INTERNAL_H
#include <pthread.h>
#include <time.h>
#include "base/text.h"
#include "cli/tool.h"

/* FLAG whose field is an int that counts how often it was given (-vv). */
#define MI_PF_COUNT 0x10000u
/* Left out of tools that declare MI_WITHOUT_<bit>. */
#define MI_PF_WITHOUT(bits) ((unsigned)(bits) << 20)

/* A FLAG row whose `preset` is "name=value" stands for that option: --json is --format=json. */

/* ---- values (value.c, value_json.c) ---- */

/* Set a field from text as on the command line / from a JSON value / to "not set". Messages name
   the value and what is allowed, of class cls. */
int mi_value_parse(const mi_param *p, void *base, const char *text, mi_class cls, mi_err *err);
int mi_value_from_json(const mi_param *p, void *base, const cJSON *item, mi_err *err);
void mi_value_clear(const mi_param *p, void *base);        /* frees what the field owns */
cJSON *mi_value_json(const mi_param *p, const void *base); /* NULL when memory is short */
/* Pieces for both: the message of a refusal, the limits, a word for a list (the word is taken). */
int mi_value_refuse(const mi_param *p, const char *value, const char *what, mi_class cls,
                    mi_err *err);
bool mi_value_within(const mi_param *p, double x);
int mi_value_list_add(const mi_param *p, mi_list *l, char *word, mi_class cls, mi_err *err);
/* "a number from 0 to 1 (mm)", "one of nearest, linear" ... */
void mi_value_allowed(const mi_param *p, mi_text *t);

/* ---- the options of one run (options.c) ---- */

typedef struct mi_option {
    const mi_param *p;
    void *base;
    bool given;
    mi_source_of_value from;
} mi_option;

typedef struct
    mi_actions { /* what is asked for instead of the run, and switches that end up elsewhere */
    bool help, help_all, version, usage_json, print_config;
    char *completion, *man;
    int log_format;
    mi_list pretend;
} mi_actions;

typedef struct mi_event {
    mi_option *o;
    const char *value;
    bool off;
} mi_event; /* one option as given; value borrowed from argv */

struct mi_private {
    mi_option *option;
    int n_options;
    mi_actions act;
    mi_listing *list;  /* what can be listed */
    mi_param *listing; /* rows --list-NOUN made for it */
    bool *listing_on;
    int n_listings;
    mi_event *event;
    int n_events;
    char **operand;          /* operands in order; strings borrowed from argv */
    const char *env_modules; /* MI_MODULES or NULL */
    bool colour;
    bool has_config;      /* the tool has parameters for presets and config files */
    char *preset;         /* name of the preset in effect, or NULL */
    pthread_mutex_t lock; /* stderr and progress */
    struct timespec start, last;
    bool progress_shown;
};

extern const mi_param mi_common_params[];
extern const mi_param mi_action_params[];

int mi_options_make(mi_context *c, mi_err *err); /* tables put together, fields at their defaults */
int mi_options_scan(mi_context *c, int argc, char **argv,
                    mi_err *err);                 /* names known? -> events and operands */
int mi_options_apply(mi_context *c, mi_err *err); /* values of the events, in order */
void mi_options_free(mi_context *c);
mi_option *mi_option_find(const mi_context *c, const char *name);
bool mi_option_is_config(const mi_param *p);
char *mi_config_key(const mi_param *p, mi_err *err); /* "bin_width"; owned by the caller */

/* ---- presets and config files (config.c) ---- */

int mi_config_apply(mi_context *c, mi_err *err); /* preset, then config file, as the events ask */
int mi_config_effective(mi_context *c, mi_err *err); /* fills c->effective */
int mi_config_print(mi_context *c, mi_output *o, mi_err *err);
/* The presets for this tool: an array of {"name","description","reasons"}; owned by the caller. */
cJSON *mi_presets_json(mi_context *c, mi_err *err);
int mi_presets_print(mi_context *c, mi_output *o, mi_err *err);

/* ---- codes of warnings (flags.c) ---- */

/* Every word of --fail-on must be a code of a warning, "undefined" or "error"; else MI_E_USAGE
   with the nearest one as hint. */
int mi_flags_check(const mi_context *c, mi_err *err);
/* --list-warnings */
int mi_warnings_print(mi_context *c, mi_output *o, mi_err *err);
cJSON *mi_warnings_rows(mi_context *c, mi_err *err);

/* A whole file or, for "-", stdin, as text (at most 256 MiB, no NUL inside). The subject of an
   error is the path. */
int mi_slurp(const char *path, mi_text *out, mi_err *err);

/* ---- what there is (help.c, usage.c) ---- */

/* Each writes what its option asks for. */
int mi_help_print(mi_context *c, bool all, mi_output *o, mi_err *err);
int mi_version_print(mi_context *c, bool json, mi_output *o, mi_err *err);
int mi_usage_print(mi_context *c, mi_output *o, mi_err *err);
int mi_completion_print(mi_context *c, const char *shell, mi_output *o, mi_err *err);
int mi_man_print(mi_context *c, const char *part, mi_output *o, mi_err *err);
cJSON *mi_version_libraries(void); /* {"cjson":"1.7.15",...}; NULL when memory is short */
const char *mi_option_group(const mi_param *p); /* heading in help */
/* Default as text ("" when there is none). */
void mi_option_default(const mi_param *p, mi_text *t);

/* ---- exit codes (exit.c) ---- */

typedef struct mi_exit_row {
    int code;
    const char *name, *meaning, *retry;
} mi_exit_row;
extern const mi_exit_row mi_exit_rows[]; /* ends with name NULL */

/* ---- the output (tool.c) ---- */

/* MI_E_CANTCREATE when the file of -o is the one of this name (NULL: fine). */
int mi_output_check_input(const mi_context *c, const char *name, mi_err *err);

/* ---- messages (messages.c) ---- */

/* Take a line of progress off the terminal, if there is one. */
void mi_progress_wipe(mi_context *c);
/* Write a text and free it; "out of memory" when it is incomplete. */
int mi_put(mi_output *o, mi_text *t, mi_err *err);
/* Write an item indented; the item stays the caller's. */
int mi_put_json(mi_output *o, const cJSON *item, mi_err *err);

/* ---- signals and time (signals.c) ---- */

/* On SIGHUP, SIGINT, SIGTERM and SIGXCPU unfinished files are removed; SIGPIPE keeps its
   default. */
void mi_signals_install(void);
/* After `seconds` the process says so, removes unfinished files and ends with 75. */
int mi_timeout_start(const char *tool, double seconds, bool json, mi_err *err);

#endif
