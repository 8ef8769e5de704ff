/* The road from main() to the tool's run function and back. */
#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "cli/internal.h"
#include "shim/module.h"

/* ---- the process ---- */

/* A stream closed by the parent must not be taken by the next file opened: fill 0 to 2, such
   that a write to stdout or stderr fails. */
static void fill_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/* Arrays that are given up are taken again: without this every large one comes as fresh pages,
   which the system clears first, and goes back at once. 64 MiB at most wait at the end of the
   heap. */
static void keep_pages(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

static bool pretends(const mi_context *c, const char *stream)
{
    const mi_list *l = &c->priv->act.pretend;
    for (int i = 0; i < l->n; i++)
        if (strcmp(l->item[i], stream) == 0)
            return true;
    return false;
}

static void look_at_terminals(mi_context *c)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    c->stdin_is_terminal = isatty(STDIN_FILENO) || pretends(c, "stdin");
    c->stdout_is_terminal = isatty(STDOUT_FILENO) || pretends(c, "stdout");
    c->stderr_is_terminal = isatty(STDERR_FILENO) || pretends(c, "stderr");
    c->priv->colour =
        c->stderr_is_terminal && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

/* ---- threads ---- */

static int cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int mi_context_threads(const mi_context *c)
{
    return c->common.threads > 0 ? (int)c->common.threads : cpus();
}

mi_pool *mi_context_pool(mi_context *c, mi_err *err)
{
    if (!c->pool)
        c->pool = mi_pool_new(mi_context_threads(c), err);
    return c->pool;
}

/* ---- the environment ---- */

/* The first variable that is set gives the default of -@. Only MI_THREADS is ours to complain
   about. */
static int threads_of_environment(mi_context *c, mi_err *err)
{
    static const char *const names[] = { "MI_THREADS", "OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK" };
    for (int i = 0; i < MI_COUNT(names); i++) {
        const char *value = getenv(names[i]);
        char first[32] = "";
        long long n;
        if (!value || !*value)
            continue;
        size_t len = strcspn(value, i == 0 ? "" : ","); /* OMP_NUM_THREADS may list levels */
        if (len < sizeof first)
            memcpy(first, value, len);
        if (mi_parse_int(first, &n) && n >= (i == 0 ? 0 : 1) && n <= 4096) {
            c->common.threads = n;
            return 0;
        }
        if (i == 0) {
            mi_fail(err, MI_E_USAGE, NULL, "'%s' is not a whole number from 0 to 4096", value);
            mi_err_subject(err, names[i]);
            return -1;
        }
    }
    return 0;
}

static void environment(mi_context *c)
{
    const char *log = getenv("MI_LOG");
    c->share.mi_data = getenv("MI_DATA");
    c->share.xdg_data_dirs = getenv("XDG_DATA_DIRS");
    c->priv->env_modules = getenv("MI_MODULES");
    mi_module_path(c->priv->env_modules);
    c->common.log_json = log && strcmp(log, "json") == 0;
    c->priv->act.log_format = c->common.log_json;
}

/* --log-format as far as it was understood, so that an error further on takes that form. */
static void early_log_format(mi_context *c)
{
    for (int i = 0; i < c->priv->n_events; i++) {
        const mi_event *e = &c->priv->event[i];
        if (e->value && strcmp(e->o->p->name, "log-format") == 0)
            c->common.log_json = strcmp(e->value, "json") == 0;
    }
}

/* ---- from words to a context ---- */

static int check_operands(mi_context *c, mi_err *err)
{
    static char dash[] = "-";
    int streams = 0;
    for (int i = 0; i < c->n_operands; i++)
        streams += strcmp(c->operands[i], "-") == 0;
    if (c->common.batch)
        streams += strcmp(c->common.batch, "-") == 0;
    if (streams > 1)
        return mi_fail(err, MI_E_USAGE, "put the items into one stream: cat IMAGE MASK |",
                       "only one input may be -");
    const char *takes = c->tool->operands ? c->tool->operands : "";
    int most = *takes != '\0';
    for (const char *s = takes; *s; s++)
        most += *s == ' ';
    if (!strstr(takes, "...") && c->n_operands > most) {
        mi_fail(err, MI_E_USAGE, NULL, "one operand too many");
        mi_err_subject(err, c->operands[most]);
        return -1;
    }
    if (c->common.batch && c->n_operands > 0) {
        mi_fail(err, MI_E_USAGE, "name the inputs in the batch file", "operand beside --batch");
        mi_err_subject(err, c->operands[0]);
        return -1;
    }
    if (*takes && c->n_operands == 0 && !c->common.batch && !c->stdin_is_terminal)
        c->operands[c->n_operands++] = dash;
    return 0;
}

static bool same_file(const struct stat *out, const char *name)
{
    struct stat in;
    return name && strcmp(name, "-") != 0 && stat(name, &in) == 0 && in.st_dev == out->st_dev &&
           in.st_ino == out->st_ino;
}

/* Does this option name the file? */
static bool option_names(const mi_option *o, const struct stat *out)
{
    const mi_param *p = o->p;
    if (!p->value || strcmp(p->value, "FILE") != 0 || strcmp(p->name, "output") == 0)
        return false;
    const char *field = (const char *)o->base + p->offset;
    bool found = false;
    if (p->type == MI_P_STRING)
        found = same_file(out, *(char *const *)field);
    for (int i = 0; p->type == MI_P_LIST && i < ((const mi_list *)field)->n; i++)
        found = found || same_file(out, ((const mi_list *)field)->item[i]);
    return found;
}

/* Is the output one of the files that are read? */
static bool is_input(const mi_context *c, const char *output)
{
    struct stat out;
    if (stat(output, &out) != 0 || !S_ISREG(out.st_mode))
        return false;
    bool found = false;
    for (int i = 0; i < c->n_operands; i++)
        found = found || same_file(&out, c->operands[i]);
    for (int i = 0; i < c->priv->n_options; i++)
        found = found || option_names(&c->priv->option[i], &out);
    return found;
}

static int fail_input(const char *output, mi_err *err)
{
    mi_fail(err, MI_E_CANTCREATE, "give another name: records are not written over their input",
            "is an input of this run");
    mi_err_subject(err, output);
    return -1;
}

int mi_output_check_input(const mi_context *c, const char *name, mi_err *err)
{
    struct stat out;
    const char *output = c->common.output;
    return output && stat(output, &out) == 0 && S_ISREG(out.st_mode) && same_file(&out, name)
               ? fail_input(output, err) : 0;
}

/* Names that would lie about records in them. */
static bool is_other_form(const char *output)
{
    static const char *const other[] = { ".nii", ".gz",  ".mgh", ".mgz", ".hdr", ".img", ".nrrd",
                                         ".mha", ".mhd", ".dcm", ".png", ".xz",  ".zip", ".zst" };
    size_t n = strlen(output);
    for (int i = 0; i < MI_COUNT(other); i++) {
        size_t k = strlen(other[i]);
        if (n > k && strcasecmp(output + n - k, other[i]) == 0)
            return true;
    }
    return false;
}

static int check_output(const mi_context *c, mi_err *err)
{
    const char *output = c->common.output;
    if (!output || strcmp(output, "-") == 0)
        return 0;
    if (!*output) {
        mi_fail(err, MI_E_USAGE, "leave it out, or give -, for stdout", "the name is empty");
        mi_err_subject(err, "--output");
        return -1;
    }
    if (c->tool->images)
        return 0;
    if (is_input(c, output))
        return fail_input(output, err);
    if (c->common.form < 0 && is_other_form(output))
        mi_fail(err, MI_E_USAGE, "give the name an end of .jsonl, .json, .csv or .tsv",
                "the name tells of something else than records");
    else
        return 0;
    mi_err_subject(err, output);
    return -1;
}

/* Order, later wins: built-in, preset, config file, environment, command line. */
static int settle(mi_context *c, mi_err *err)
{
    if (mi_config_apply(c, err) != 0 || threads_of_environment(c, err) != 0 ||
        mi_options_apply(c, err) != 0)
        return -1;
    c->common.log_json = c->priv->act.log_format == 1;
    c->common.fail_fast = !c->common.keep_going;
    look_at_terminals(c);
    if (c->tool->settle && c->tool->settle(c, err) != 0)
        return -1;
    return mi_config_effective(c, err);
}

/* ---- what is asked for instead of a run ---- */

static const mi_listing *listing_asked(const mi_context *c)
{
    for (int i = 0; i < c->priv->n_listings; i++)
        if (c->priv->listing_on[i])
            return &c->priv->list[i];
    return NULL;
}

/* A list as text, or as data in the form that an option or the name of the output tells. */
static int print_list(mi_context *c, const mi_listing *l, mi_output *o, mi_err *err)
{
    int form = c->common.form >= 0 ? c->common.form : mi_form_of_name(c->common.output);
    if (form < 0)
        return l->print(c, o, err);
    cJSON *rows = l->rows(c, err);
    int rc = rows ? mi_rows_write(o, (mi_form)form, rows, err) : -1;
    cJSON_Delete(rows);
    return rc;
}

/* 1: was written, 0: nothing asked for, -1: failed. */
static int inform(mi_context *c, mi_output *o, mi_err *err)
{
    const mi_actions *a = &c->priv->act;
    bool json = c->common.form == MI_FORM_JSON;
    const mi_listing *l = listing_asked(c);
    int rc;
    if (a->help || a->help_all)
        rc = mi_help_print(c, a->help_all, o, err);
    else if (a->version)
        rc = mi_version_print(c, json, o, err);
    else if (a->usage_json)
        rc = mi_usage_print(c, o, err);
    else if (a->completion)
        rc = mi_completion_print(c, a->completion, o, err);
    else if (a->man)
        rc = mi_man_print(c, a->man, o, err);
    else if (a->print_config)
        rc = mi_config_print(c, o, err);
    else if (l)
        rc = print_list(c, l, o, err);
    else
        return 0;
    return rc == 0 ? 1 : -1;
}

/* Information goes to stdout, or to the file of -o. */
static int inform_checked(mi_context *c, mi_err *err)
{
    const mi_actions *a = &c->priv->act;
    bool asked = a->help || a->help_all || a->version || a->usage_json || a->completion || a->man ||
                 a->print_config || listing_asked(c);
    mi_output *o = NULL;
    if (!asked)
        return 0;
    if (a->version && c->common.form >= 0 && c->common.form != MI_FORM_JSON)
        return mi_fail(err, MI_E_USAGE, "leave the form out, or give --json",
                       "--version is told as text or JSON only");
    if (mi_output_open(&o, c->common.output, c->common.force, err) != 0)
        return -1;
    int rc = inform(c, o, err);
    if (rc < 0) {
        mi_output_abort(o);
        return -1;
    }
    return mi_output_commit(o, err) == 0 ? rc : -1;
}

static int work(mi_context *c, int argc, char **argv, mi_err *err)
{
    look_at_terminals(c);
    int rc = mi_options_make(c, err);
    environment(c);
    if (rc == 0)
        rc = mi_options_scan(c, argc, argv, err);
    if (rc == 0)
        rc = settle(c, err);
    if (rc == 0)
        rc = inform_checked(c, err);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    if (mi_flags_check(c, err) != 0 || check_operands(c, err) != 0 ||
        check_output(c, err) != 0)
        return -1;
    if (c->common.timeout > 0 &&
        mi_timeout_start(c->tool->name, c->common.timeout, c->common.log_json, err) != 0)
        return -1;
    return c->tool->run(c, err);
}

static void context_free(mi_context *c)
{
    mi_options_free(c);
    mi_pool_free(c->pool);
    cJSON_Delete(c->effective);
    free(c->priv->preset);
    pthread_mutex_destroy(&c->priv->lock);
}

int mi_tool_main(const mi_tool *tool, int argc, char **argv)
{
    struct mi_private priv = { .n_options = 0 };
    mi_context c = { .tool = tool, .priv = &priv };
    mi_err err = MI_ERR_EMPTY;
    pthread_mutex_init(&priv.lock, NULL);
    clock_gettime(CLOCK_MONOTONIC, &priv.start);
    fill_streams();
    keep_pages();
    mi_signals_install();
    int code = 0;
    if (work(&c, argc, argv, &err) != 0) {
        early_log_format(&c);
        mi_fail(&err, MI_E_INTERNAL, "please report this",
                "failed without a reason"); /* unless it is set */
        mi_say_error(&c, NULL, &err);
        code = mi_exit_code(err.cls);
    } else {
        mi_progress_wipe(&c);
        code = c.exit_code;
    }
    context_free(&c);
    return code;
}
