/* Options every tool shares (mi(7)). */
#include <stddef.h>

#include "cli/internal.h"

#define C(field) .offset = offsetof(mi_common, field)
#define A(field) .offset = offsetof(mi_actions, field)
#define NO_BATCH MI_PF_WITHOUT(MI_WITHOUT_BATCH)
#define NO_FORMS MI_PF_WITHOUT(MI_WITHOUT_FORMS)
#define NO_PROVENANCE MI_PF_WITHOUT(MI_WITHOUT_PROVENANCE)
#define NO_OUTPUT MI_PF_WITHOUT(MI_WITHOUT_OUTPUT)

static const char *const progress_words[] = { "auto", "always", "never", NULL };
static const char *const names_words[] = { "given", "base", "hash", NULL };
static const char *const log_words[] = { "text", "json", NULL };
static const char *const terminal_words[] = { "stdin", "stdout", "stderr", NULL };

const mi_param mi_common_params[] = {
    { .name = "output", .letter = 'o', .type = MI_P_STRING, C(output), .value = "FILE",
      .flags = NO_OUTPUT, .group = "Output", .help = "write to FILE; - is stdout" },
    { .name = "format", .letter = 'O', .type = MI_P_CHOICE, C(form), .value = "FORM",
      .choices = mi_form_names, .flags = NO_FORMS | MI_PF_FULL, .group = "Output",
      .help = "form of the records; without it the name of FILE tells, else jsonl" },
    { .name = "json", .type = MI_P_FLAG, .preset = "format=json", .flags = NO_FORMS,
      .group = "Output", .help = "one JSON array; lists and --version too" },
    { .name = "jsonl", .type = MI_P_FLAG, .preset = "format=jsonl", .flags = NO_FORMS | MI_PF_FULL,
      .group = "Output", .help = "JSON Lines, one record per line" },
    { .name = "csv", .type = MI_P_FLAG, .preset = "format=csv", .flags = NO_FORMS,
      .group = "Output", .help = "comma-separated table" },
    { .name = "tsv", .type = MI_P_FLAG, .preset = "format=tsv", .flags = NO_FORMS,
      .group = "Output", .help = "tab-separated table" },
    { .name = "force", .letter = 'f', .type = MI_P_BOOL, C(force), .flags = NO_OUTPUT,
      .group = "Output", .help = "overwrite FILE when it exists" },
    { .name = "names", .type = MI_P_CHOICE, C(names), .value = "HOW", .preset = "given",
      .choices = names_words, .flags = NO_PROVENANCE | MI_PF_FULL, .group = "Output",
      .help = "file names in the product: as given, without folders, or as a hash" },
    { .name = "digest", .type = MI_P_BOOL, C(digest), .flags = NO_PROVENANCE | MI_PF_FULL,
      .group = "Output", .help = "add a SHA-256 of the voxels and geometry of each input" },
    { .name = "no-provenance", .type = MI_P_FLAG, C(no_provenance),
      .flags = NO_PROVENANCE | MI_PF_FULL, .group = "Output", .help = "leave out where it came from" },
    { .name = "run-info", .type = MI_P_BOOL, C(run_info), .flags = NO_PROVENANCE | MI_PF_FULL,
      .group = "Output", .help = "add clock, host, user and threads to the provenance" },
    { .name = "fail-on", .type = MI_P_LIST, C(fail_on), .value = "FLAG,...",
      .flags = NO_FORMS | MI_PF_FULL | MI_PF_REPEAT, .group = "Output",
      .help = "end with 1 when a record has one of these warnings, or: undefined, error" },

    { .name = "preset", .letter = 'p', .type = MI_P_STRING, C(preset), .value = "NAME",
      .group = "Parameters", .help = "a named set of parameters, see --list-presets" },
    { .name = "config", .letter = 'c', .type = MI_P_STRING, C(config), .value = "FILE",
      .group = "Parameters", .help = "parameters as --print-config writes them" },

    { .name = "batch", .type = MI_P_STRING, C(batch), .value = "FILE", .flags = NO_BATCH,
      .group = "Batch", .help = "many cases: a CSV or JSON Lines table" },
    { .name = "jobs", .type = MI_P_INT, C(jobs), .value = "N", .preset = "1", .min = 1, .max = 4096,
      .flags = NO_BATCH, .group = "Batch", .help = "cases at once, each on one thread" },
    { .name = "part", .type = MI_P_STRING, C(part), .value = "K/N", .flags = NO_BATCH | MI_PF_FULL,
      .group = "Batch", .help = "only every N-th case, from the K-th on (K from 1 to N)" },
    { .name = "resume", .type = MI_P_BOOL, C(resume), .flags = NO_BATCH,
      .group = "Batch", .help = "go on with -o FILE after a run was stopped" },
    { .name = "keep-going", .type = MI_P_BOOL, C(keep_going), .preset = "yes",
      .flags = NO_BATCH | MI_PF_FULL, .group = "Batch", .help = "a case that fails is a row" },
    { .name = "fail-fast", .type = MI_P_FLAG, .preset = "keep-going=no",
      .flags = NO_BATCH | MI_PF_FULL, .group = "Batch", .help = "stop at the first case that fails" },

    { .name = "threads", .letter = '@', .type = MI_P_INT, C(threads), .value = "N", .preset = "1",
      .min = 0, .max = 4096, .group = "Running",
      .help = "threads; 0: every CPU this process may use" },
    { .name = "timeout", .type = MI_P_DOUBLE, C(timeout), .unit = "s", .value = "SECONDS",
      .min = 0.001, .max = 1e9, .flags = MI_PF_FULL, .group = "Running",
      .help = "end with 75 when the run takes longer; --resume goes on from there" },
    { .name = "dry-run", .letter = 'n', .type = MI_P_BOOL, C(dry_run), .group = "Running",
      .flags = MI_PF_FULL, .help = "check inputs, options and grids, compute nothing" },
    { .name = "validate", .type = MI_P_BOOL, C(validate), .group = "Running", .flags = MI_PF_FULL,
      .help = "the same, and end with 1 when there are faults" },

    { .name = "quiet", .letter = 'q', .type = MI_P_BOOL, C(quiet), .group = "Messages",
      .flags = MI_PF_FULL, .help = "errors only" },
    { .name = "verbose", .letter = 'v', .type = MI_P_FLAG, C(verbose), .flags = MI_PF_COUNT | MI_PF_FULL,
      .group = "Messages", .help = "say more; -vv still more" },
    { .name = "progress", .type = MI_P_CHOICE, C(progress), .value = "WHEN", .preset = "auto",
      .choices = progress_words, .flags = MI_PF_FULL, .group = "Messages",
      .help = "progress on stderr; auto: a line on a terminal, a line per case in a log" },
    { .name = NULL }
};

const mi_param mi_action_params[] = {
    { .name = "log-format", .type = MI_P_CHOICE, A(log_format), .value = "FORM", .preset = "text",
      .choices = log_words, .flags = MI_PF_FULL, .group = "Messages",
      .help = "messages as text or as one JSON object per line" },
    { .name = "help", .letter = 'h', .type = MI_P_FLAG, A(help), .group = "Information",
      .help = "this page; --help-all shows every option" },
    { .name = "help-all", .type = MI_P_FLAG, A(help_all), .flags = MI_PF_FULL,
      .group = "Information", .help = "every option" },
    { .name = "print-config", .type = MI_P_FLAG, A(print_config), .group = "Information",
      .flags = MI_PF_FULL, .help = "the parameters in effect as JSON, which --config takes back" },
    { .name = "usage-json", .type = MI_P_FLAG, A(usage_json), .flags = MI_PF_FULL,
      .group = "Information", .help = "the whole command line described as JSON" },
    { .name = "completion", .type = MI_P_STRING, A(completion), .value = "SHELL",
      .flags = MI_PF_FULL, .group = "Information", .help = "completion script for a shell (bash)" },
    { .name = "version", .type = MI_P_FLAG, A(version), .group = "Information",
      .help = "version, libraries and build" },
    { .name = "man", .type = MI_P_STRING, A(man), .value = "PART", .flags = MI_PF_HIDDEN,
      .group = "Information", .help = "a part of the man page: options, exit, environment" },
    { .name = "pretend-terminal", .type = MI_P_LIST, A(pretend), .value = "STREAM,...",
      .choices = terminal_words, .flags = MI_PF_HIDDEN, .group = "Information",
      .help = "take these streams for a terminal" },
    { .name = NULL }
};
