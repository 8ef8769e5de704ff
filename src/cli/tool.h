/* A tool is a declaration (tables) and a run function. From the declaration come the parser,
   --help, --help-all, the man page's tables, bash completion, --usage-json, --print-config and
   the handling of presets and config files. */
#ifndef MI_CLI_TOOL_H
#define MI_CLI_TOOL_H
#include "base/json.h"
#include "base/param.h"
#include "base/pool.h"
#include "base/error.h"
#include "io/record.h"
#include "io/share.h"

typedef struct mi_context mi_context;

/* Options every tool shares (mi(7)); the table is mi_common_params. */
typedef struct mi_common {
    char *output;      /* -o; NULL: stdout */
    int form;          /* -O, --json, --csv, --tsv: mi_form, or -1 when not told */
    char *config, *preset;
    long long threads; /* -@; 0: every CPU this process may use */
    bool force, resume, quiet, dry_run, validate;
    int verbose;       /* 0, 1, 2 */
    bool log_json;
    int progress;      /* 0 auto, 1 always, 2 never */
    bool digest, no_provenance, run_info;
    int names;         /* 0 as given, 1 base, 2 hash */
    mi_list fail_on;
    char *batch; long long jobs; char *part; bool keep_going, fail_fast;
    double timeout;
} mi_common;

/* One struct that options are parsed into, with its table (ends with a NULL name). */
typedef struct mi_group { const mi_param *params; size_t size; } mi_group;

/* A list the tool can print: --list-NOUN as text, or its rows (an array of objects, the caller's)
   in the form asked for. */
typedef struct mi_listing {
    const char *noun, *help;
    int (*print)(mi_context *c, mi_output *o, mi_err *err);
    cJSON *(*rows)(mi_context *c, mi_err *err);
} mi_listing;

/* How a value came to be, in rising order of precedence. */
typedef enum mi_source_of_value {
    MI_BUILT_IN,
    MI_OF_PRESET,
    MI_OF_CONFIG,
    MI_OF_OPTION
} mi_source_of_value;

typedef struct mi_tool {
    const char *name;      /* "mi-radiomics" */
    const char *purpose;   /* one line */
    const char *operands;  /* "IMAGE [MASK...]" */
    const char *about;     /* a few lines for --help: what happens without options */
    const char *const *examples; /* command lines, NULL-terminated */
    const mi_group *groups;/* the tool's own structs; ends with params NULL */
    const mi_listing *listings; /* ends with noun NULL */
    /* Choices that follow from others and checks across values; may be NULL. */
    int (*settle)(mi_context *c, mi_err *err);
    int (*run)(mi_context *c, mi_err *err); /* 0, or -1 with err; c->exit_code for 1 and 3 */
    unsigned without;      /* MI_WITHOUT_...: shared options this tool does not have */
    bool images;           /* the product is an image, not records; it may replace its input */
} mi_tool;

enum {
    MI_WITHOUT_BATCH = 1,
    MI_WITHOUT_FORMS = 2,
    MI_WITHOUT_PROVENANCE = 4,
    MI_WITHOUT_OUTPUT = 8
};

struct mi_context {
    const mi_tool *tool;
    mi_common common;
    void *group[8];        /* parsed structs, in the order of tool->groups */
    int n_operands;
    char **operands;       /* borrowed from argv */
    mi_share share;
    mi_pool *pool;         /* made on first use by mi_context_pool */
    cJSON *effective;      /* config keys in effect, in table order: --print-config, settings */
    int exit_code;         /* for 1 (negative) and 3 (partial) */
    bool stdin_is_terminal, stdout_is_terminal, stderr_is_terminal;
    struct mi_private *priv; /* of src/cli */
};

/* Threads of -@: at least 1. */
int mi_context_threads(const mi_context *c);

/* All of main(): options, what is asked for instead of a run, the run, messages. The exit code. */
int mi_tool_main(const mi_tool *tool, int argc, char **argv);

/* The pool of -@ threads, made at the first call; owned by the context. NULL with err. */
mi_pool *mi_context_pool(mi_context *c, mi_err *err);
/* How the option or key `name` ("bin-width") came to its value. */
mi_source_of_value mi_context_source(const mi_context *c, const char *name);
/* Messages on stderr in the form asked for, one write each. Level: "error", "warning" and
   "notice" (not with -q), "info" (-v), "debug" (-vv). Thread-safe. */
void mi_say(mi_context *c, const char *level, const char *subject, const char *fmt, ...)
    MI_PRINTF(4, 5);
void mi_say_error(mi_context *c, const char *case_id, const mi_err *err);
/* One line of progress on a terminal after two seconds. done of total; done == total wipes the
   line. Thread-safe. */
void mi_progress(mi_context *c, const char *what, long long done, long long total);
/* Is `code` what --fail-on calls `flag`? - and _ are the same. */
bool mi_flag_is(const char *flag, const char *code);
/* Exit code of a class: the table of the manual mi(7). */
int mi_exit_code(mi_class cls);

#endif
