/* The driver of cases: one, or a table of them, several at once, their records written in the
   order of the input. */
#include "cli/batch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/batch_internal.h"

typedef struct tally {
    int cases, failed, taken_over;
    int by_class[MI_CLASSES];
    bool any_ok, flagged;
    int first_failed; /* index of the case, -1 none */
    mi_class first_class;
} tally;

typedef struct run {
    mi_context *c;
    const mi_batch *b;
    mi_cases cases;
    mi_output *out; /* records go straight out, or ... */
    mi_records *records;
    mi_ledger *ledger;   /* ... are kept in OUT.part */
    mi_outcome *waiting; /* ring of `window` */
    int window, next_take, next_emit, finished;
    bool stop;
    tally tally;
    mi_err err; /* of the run itself */
    pthread_mutex_t lock;
    pthread_cond_t room;
} run;

/* ---- what is said ---- */

/* On a terminal one line that moves, in a log a line per case. */
static void say_case(run *r, const mi_case *cs, const mi_outcome *o)
{
    mi_context *c = r->c;
    char buf[32];
    bool log = c->common.progress == 1 || (c->common.progress == 0 && !c->stderr_is_terminal);
    if (o->failed)
        mi_case_say_failures(c, cs, o);
    else if (log && !c->stderr_is_terminal)
        mi_say(c, "notice", mi_case_label(cs, buf), "ok");
    mi_progress(c, "case", r->finished, r->cases.n - r->tally.taken_over);
}

static void say_summary(run *r)
{
    const tally *t = &r->tally;
    mi_text s = MI_TEXT_EMPTY;
    mi_text_addf(&s, "%d case%s, %d ok, %d failed", t->cases, t->cases == 1 ? "" : "s",
                 t->cases - t->failed, t->failed);
    const char *open = " (";
    for (int i = 0; i < MI_CLASSES; i++)
        if (t->by_class[i] > 0) {
            mi_text_addf(&s, "%s%s %d", open, mi_class_name((mi_class)i), t->by_class[i]);
            open = ", ";
        }
    if (t->failed > 0)
        mi_text_add(&s, ")");
    if (t->taken_over > 0)
        mi_text_addf(&s, "; %d from the earlier run", t->taken_over);
    mi_say(r->c, "notice", NULL, "%s", mi_text_ref(&s));
    mi_text_free(&s);
}

static void count(run *r, int k, const mi_outcome *o)
{
    tally *t = &r->tally;
    t->cases++;
    t->any_ok = t->any_ok || o->any_ok;
    t->flagged = t->flagged || o->flagged;
    if (!o->failed)
        return;
    t->failed++;
    t->by_class[o->err.cls]++;
    if (t->first_failed < 0 || k < t->first_failed) {
        t->first_failed = k;
        t->first_class = o->err.cls;
    }
}

/* The exit code that the tally asks for (0, 1, 3 or the class of the first failure). */
static int code_of(const run *r)
{
    const tally *t = &r->tally;
    if (t->failed > 0 && r->c->common.validate)
        return 1;
    if (t->failed > 0)
        return t->any_ok ? 3 : mi_exit_code(t->first_class);
    return t->flagged ? 1 : 0;
}

/* ---- many cases ---- */

static int write_records(run *r, const cJSON *records, mi_err *err)
{
    for (const cJSON *rec = records->child; rec; rec = rec->next)
        if (mi_records_add(r->records, rec, err) != 0)
            return -1;
    return 0;
}

/* Under the lock: a finished case goes to OUT.part, or waits until those before it are out. */
static int hand_over(run *r, int k, mi_outcome *o, mi_err *err)
{
    int rc = 0;
    if (r->ledger) {
        rc = mi_ledger_add(r->ledger, k, o->records, o->failed, err);
        cJSON_Delete(o->records);
        r->next_emit = r->next_take; /* nothing waits */
        return rc;
    }
    o->done = true;
    r->waiting[k % r->window] = *o;
    while (rc == 0 && r->waiting[r->next_emit % r->window].done) {
        mi_outcome *w = &r->waiting[r->next_emit % r->window];
        rc = r->records ? write_records(r, w->records, err) : 0;
        cJSON_Delete(w->records);
        *w = (mi_outcome) { .done = false };
        r->next_emit++;
    }
    return rc;
}

/* A row was lost on the way out: nothing may follow it. */
static int drop(mi_outcome *o)
{
    cJSON_Delete(o->records);
    return 0;
}

/* The next case for a worker, or -1. */
static int take(run *r)
{
    int k = -1;
    pthread_mutex_lock(&r->lock);
    for (;;) {
        while (r->ledger && r->next_take < r->cases.n && mi_ledger_has(r->ledger, r->next_take))
            r->next_take++;
        if (r->stop || r->next_take >= r->cases.n)
            break;
        if (r->ledger || r->next_take < r->next_emit + r->window) {
            k = r->next_take++;
            break;
        }
        pthread_cond_wait(&r->room, &r->lock);
    }
    pthread_mutex_unlock(&r->lock);
    return k;
}

static void finish(run *r, int k, int rc, mi_outcome *o, mi_err *err)
{
    pthread_mutex_lock(&r->lock);
    r->finished++;
    if (rc == 0) {
        count(r, k, o);
        say_case(r, &r->cases.item[k], o);
        if (o->failed && r->c->common.fail_fast)
            r->stop = true;
        rc = r->err.cls == MI_E_NONE ? hand_over(r, k, o, err) : drop(o);
    } else {
        cJSON_Delete(o->records);
    }
    if (rc != 0) {
        r->stop = true;
        if (r->err.cls == MI_E_NONE)
            r->err = *err;
    }
    pthread_cond_broadcast(&r->room);
    pthread_mutex_unlock(&r->lock);
}

/* A worker takes cases until there are none. Cases are taken in order and a worker never waits
   while it holds one, so the oldest case is always being worked on and the ring cannot lock up,
   however many workers there really are. */
static int worker(void *ctx, int i, mi_err *err)
{
    run *r = ctx;
    (void)i;
    for (int k = take(r); k >= 0; k = take(r)) {
        mi_outcome o;
        mi_err e = MI_ERR_EMPTY;
        int rc = mi_case_do(r->c, r->b, &r->cases.item[k], &o, &e);
        finish(r, k, rc, &o, &e);
    }
    (void)err;
    return 0;
}

static int work_off_with(run *r, int jobs, mi_err *err)
{
    if (jobs > 1) { /* the pool's threads take cases; inside a case it works serially */
        mi_pool_free(r->c->pool);
        r->c->pool = mi_pool_new(jobs, err);
    }
    mi_pool *pool = mi_context_pool(r->c, err);
    if (!pool)
        return -1;
    if (jobs > 1)
        mi_pool_run(pool, jobs, worker, r, err);
    else
        worker(r, 0, err);
    mi_progress_wipe(r->c);
    if (r->err.cls == MI_E_NONE)
        return 0;
    *err = r->err;
    return -1;
}

static int work_off(run *r, mi_err *err)
{
    int jobs = (int)r->c->common.jobs;
    if (jobs > r->cases.n)
        jobs = r->cases.n > 0 ? r->cases.n : 1;
    r->window = 4 * jobs;
    r->waiting = mi_array_zero((size_t)r->window, sizeof *r->waiting, err);
    if (!r->waiting)
        return -1;
    int rc = work_off_with(r, jobs, err);
    for (int i = 0; i < r->window; i++)
        if (r->waiting[i].done)
            cJSON_Delete(r->waiting[i].records);
    free(r->waiting);
    return rc;
}

/* ---- outputs ---- */

static mi_form form_of(const mi_context *c)
{
    if (c->common.form >= 0)
        return (mi_form)c->common.form;
    int form = mi_form_of_name(c->common.output);
    return form >= 0 ? (mi_form)form : MI_FORM_JSONL;
}

/* A regular file, or none yet, can have its part and state beside it; a pipe or a device cannot. */
static bool goes_to_file(const mi_context *c)
{
    struct stat st;
    const char *name = c->common.output;
    if (!name || strcmp(name, "-") == 0)
        return false;
    return stat(name, &st) != 0 || S_ISREG(st.st_mode);
}

static bool output_exists(const mi_context *c)
{
    return goes_to_file(c) && access(c->common.output, F_OK) == 0;
}

static int check_free(const mi_context *c, mi_err *err)
{
    if (c->common.force || !output_exists(c))
        return 0;
    mi_fail(err, MI_E_CANTCREATE, "use --force to overwrite it", "exists already");
    mi_err_subject(err, c->common.output);
    return -1;
}

static int open_records(run *r, mi_err *err)
{
    if (mi_output_open(&r->out, r->c->common.output, r->c->common.force, err) != 0)
        return -1;
    return mi_records_open(&r->records, r->out, form_of(r->c), r->b->keys, r->b->n_keys,
                           (const char *const *)r->cases.extra, err);
}

/* `good`: commit; else take back. */
static int close_records(run *r, bool good, mi_err *err)
{
    int rc = 0;
    mi_records *records = r->records;
    mi_output *out = r->out;
    r->records = NULL;
    r->out = NULL;
    if (records && good)
        rc = mi_records_end(records, err);
    else
        mi_records_free(records);
    if (out && good && rc == 0)
        return mi_output_commit(out, err);
    mi_output_abort(out);
    return rc;
}

static int assemble(run *r, mi_err *err)
{
    if (open_records(r, err) != 0)
        return -1;
    bool lines = form_of(r->c) == MI_FORM_JSONL;
    int rc = mi_ledger_assemble(r->ledger, r->out, lines ? NULL : r->records, err);
    int end = close_records(r, rc == 0, err);
    return rc == 0 ? end : rc;
}

static void count_taken_over(run *r)
{
    for (int k = 0; k < r->cases.n; k++)
        if (mi_ledger_has(r->ledger, k)) {
            mi_outcome ok = { .any_ok = true };
            count(r, k, &ok);
            r->tally.taken_over++;
        }
}

/* To a file: by way of OUT.part and OUT.state. */
static int run_to_file(run *r, mi_err *err)
{
    mi_context *c = r->c;
    if (mi_ledger_open(&r->ledger, c, r->b, &r->cases, err) != 0)
        return -1;
    count_taken_over(r);
    int rc = work_off(r, err);
    bool whole = rc == 0 && r->tally.cases == r->cases.n;
    if (whole)
        rc = assemble(r, err);
    mi_ledger_close(r->ledger, whole && rc == 0);
    r->ledger = NULL;
    if (rc == 0 && !whole)
        mi_say(c, "notice", c->common.output,
               "not complete; --resume goes on from the finished cases");
    return rc;
}

static int run_to_stream(run *r, mi_err *err)
{
    bool dry = r->c->common.dry_run || r->c->common.validate;
    if (!dry && open_records(r, err) != 0)
        return -1;
    int rc = work_off(r, err);
    int end = close_records(r, rc == 0, err);
    return rc == 0 ? end : rc;
}

/* The output must be no input of a case. */
static int check_no_input(const run *r, mi_err *err)
{
    int columns = 0;
    while (r->b->columns[columns].name)
        columns++;
    for (int k = 0; output_exists(r->c) && k < r->cases.n; k++)
        for (int i = 0; i < columns; i++)
            if (r->b->columns[i].flags & MI_COL_PATH &&
                mi_output_check_input(r->c, r->cases.item[k].path[i], err) != 0)
                return -1;
    return 0;
}

static int run_table(run *r, mi_err *err)
{
    mi_context *c = r->c;
    bool dry = c->common.dry_run || c->common.validate;
    if (mi_cases_read(&r->cases, c, r->b, err) != 0)
        return -1;
    if (c->common.resume && !c->common.force && output_exists(c)) {
        if (mi_ledger_check_complete(c, &r->cases, err) != 0)
            return -1;
        mi_say(c, "notice", c->common.output, "is complete already");
        return 0;
    }
    if (check_free(c, err) != 0 || check_no_input(r, err) != 0)
        return -1;
    int rc = goes_to_file(c) && !dry ? run_to_file(r, err) : run_to_stream(r, err);
    if (rc == 0) {
        say_summary(r);
        c->exit_code = code_of(r);
    }
    return rc;
}

/* ---- a single case ---- */

static int case_of_operands(run *r, mi_case *cs, mi_err *err)
{
    const mi_context *c = r->c;
    int used = 0;
    for (int i = 0; r->b->columns[i].name; i++) {
        const mi_column *k = &r->b->columns[i];
        if (!(k->flags & MI_COL_OPERAND))
            continue;
        if (used < c->n_operands) {
            cs->name[i] = cs->path[i] = c->operands[used++];
        } else if (k->flags & MI_COL_REQUIRED) {
            mi_fail(err, MI_E_USAGE, NULL, "no %s given", k->name);
            mi_err_hint(err, "usage: %s [options] %s", c->tool->name,
                        c->tool->operands ? c->tool->operands : "");
            return -1;
        }
    }
    cs->more = c->operands + used;
    cs->n_more = c->n_operands - used;
    return 0;
}

static int check_single(const mi_context *c, mi_err *err)
{
    if (!c->common.part)
        return 0;
    mi_fail(err, MI_E_USAGE, NULL, "needs --batch");
    mi_err_subject(err, "--part");
    return -1;
}

/* Records go out only when the case succeeded, at least in part. */
static int write_single(run *r, const mi_case *cs, mi_outcome *o, mi_err *err)
{
    if (o->failed && !o->any_ok) {
        *err = o->err;
        return -1;
    }
    if (o->failed)
        mi_case_say_failures(r->c, cs, o);
    return r->records ? write_records(r, o->records, err) : 0;
}

static int run_single(run *r, mi_err *err)
{
    mi_context *c = r->c;
    mi_case cs = { .number = 0 };
    mi_outcome o = { .records = NULL };
    bool dry = c->common.dry_run || c->common.validate;
    if (check_single(c, err) != 0 || case_of_operands(r, &cs, err) != 0)
        return -1;
    if (c->common.resume && !c->common.force && output_exists(c)) {
        mi_cases one = { .item = &cs, .n = 1 };
        if (mi_ledger_check_complete(c, &one, err) != 0)
            return -1;
        mi_say(c, "notice", c->common.output, "is complete already");
        return 0;
    }
    if (check_free(c, err) != 0 || (!dry && open_records(r, err) != 0))
        return -1;
    int rc = mi_case_do(c, r->b, &cs, &o, err);
    if (rc == 0) {
        count(r, 0, &o);
        rc = write_single(r, &cs, &o, err);
    }
    cJSON_Delete(o.records);
    if (rc != 0 && c->common.validate &&
        o.failed) { /* the answer is no, and that is what was asked */
        mi_say_error(c, NULL, err);
        *err = (mi_err)MI_ERR_EMPTY;
        rc = 0;
    }
    int end = close_records(r, rc == 0, err);
    if (rc == 0 && end == 0)
        c->exit_code = code_of(r);
    return rc == 0 ? end : rc;
}

/* ---- the entrance ---- */

int mi_batch_run(mi_context *c, const mi_batch *b, mi_err *err)
{
    run r = { .c = c, .b = b, .tally = { .first_failed = -1 } };
    pthread_mutex_init(&r.lock, NULL);
    pthread_cond_init(&r.room, NULL);
    int rc = c->common.batch ? run_table(&r, err) : run_single(&r, err);
    if (r.out || r.records)
        close_records(&r, false, err);
    mi_cases_free(&r.cases);
    pthread_cond_destroy(&r.room);
    pthread_mutex_destroy(&r.lock);
    return rc;
}
