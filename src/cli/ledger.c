/* Finished cases of a batch on disk: OUT.part holds their records as JSON Lines in the order of
   completion, OUT.state where each case lies and what it was made from. Both are appended to
   only; OUT is put together from them in the order of the input when all is done. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/version.h"
#include "cli/fingerprint.h"

/* Where the records of a case lie in OUT.part; length -1: not there. */
typedef struct extent {
    int64_t offset, length;
} extent;

/* A line of OUT.state. */
typedef struct entry {
    char inputs[72];
    extent at;
    bool ok;
} entry;

struct mi_ledger {
    mi_context *c;
    const mi_cases *cases;
    char *part, *state;
    int part_fd, state_fd;
    int64_t end; /* of OUT.part */
    char settings[72];
    extent *at;       /* by case */
    bool *taken_over; /* by case: done in an earlier run */
    entry *before;    /* of the earlier run, by inputs; the last of equal ones counts */
    int n_before;
};

static int fail_file(const char *path, mi_class cls, const char *what, int e, mi_err *err)
{
    mi_fail(err, e == ENOMEM ? MI_E_MEMORY : cls,
            e == ENOSPC || e == EDQUOT ? "make room, then go on with --resume"
                                       : mi_hint_of_errno(e),
            "%s: %s", what, strerror(e));
    mi_err_subject(err, path);
    return -1;
}

static int put(int fd, const char *path, const char *s, size_t n, mi_err *err)
{
    while (n > 0) {
        ssize_t k = write(fd, s, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return fail_file(path, MI_E_IO, "write failed", errno, err);
        s += k;
        n -= (size_t)k;
    }
    return 0;
}

/* ---- the earlier run ---- */

static bool read_entry(const char *line, size_t len, entry *e)
{
    mi_err none = MI_ERR_EMPTY;
    double offset, length;
    cJSON *j = mi_json_parse(line, len, &none);
    const cJSON *inputs = cJSON_GetObjectItemCaseSensitive(j, "inputs");
    bool ok = cJSON_IsString(inputs) && strlen(inputs->valuestring) < sizeof e->inputs &&
              mi_json_get_number(cJSON_GetObjectItemCaseSensitive(j, "offset"), &offset) &&
              mi_json_get_number(cJSON_GetObjectItemCaseSensitive(j, "length"), &length);
    if (ok) {
        strcpy(e->inputs, inputs->valuestring);
        e->at = (extent) { (int64_t)offset, (int64_t)length };
        e->ok = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(j, "ok"));
    }
    cJSON_Delete(j);
    return ok;
}

static int other_settings(const char *path, mi_err *err)
{
    mi_fail(err, MI_E_CANTCREATE, "use the options of that run, or --force to start again",
            "was begun with other settings");
    mi_err_subject(err, path);
    return -1;
}

/* First line: the settings. Then a line per case; a line cut off by the end of the earlier run
   does not count. */
static int read_state(mi_ledger *l, const mi_text *text, mi_err *err)
{
    mi_err none = MI_ERR_EMPTY;
    const char *s = mi_text_ref(text), *nl = strchr(s, '\n');
    if (!nl)
        return 0;
    cJSON *head = mi_json_parse(s, (size_t)(nl - s), &none);
    const cJSON *settings = cJSON_GetObjectItemCaseSensitive(head, "settings");
    bool same = cJSON_IsString(settings) && strcmp(settings->valuestring, l->settings) == 0;
    cJSON_Delete(head);
    if (!same)
        return other_settings(l->state, err);
    for (s = nl + 1; (nl = strchr(s, '\n')); s = nl + 1) {
        entry e;
        if (!read_entry(s, (size_t)(nl - s), &e) || e.at.offset + e.at.length > l->end)
            continue;
        entry *more =
            l->n_before & (l->n_before - 1) /* grow at powers of two */
                ? l->before
                : mi_regrow(l->before, l->n_before ? 2 * (size_t)l->n_before : 1, sizeof e, err);
        if (!more)
            return -1;
        l->before = more;
        l->before[l->n_before++] = e;
    }
    return 0;
}

static int by_inputs(const void *a, const void *b)
{
    const entry *p = a, *q = b;
    int d = strcmp(p->inputs, q->inputs);
    return d ? d : p->at.offset < q->at.offset ? -1 : p->at.offset > q->at.offset;
}

static const entry *find_before(const mi_ledger *l, const char *inputs)
{
    int lo = 0, hi = l->n_before;
    while (lo < hi) { /* first entry behind all with these inputs */
        int mid = (lo + hi) / 2;
        if (strcmp(l->before[mid].inputs, inputs) <= 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo > 0 && strcmp(l->before[lo - 1].inputs, inputs) == 0 ? &l->before[lo - 1] : NULL;
}

/* What earlier entries are still true; OUT.part is cut behind the last whole row. */
static int take_over(mi_ledger *l, mi_err *err)
{
    int64_t end = 0;
    if (l->n_before > 0)
        qsort(l->before, (size_t)l->n_before, sizeof *l->before, by_inputs);
    for (int i = 0; i < l->n_before; i++) {
        int64_t e = l->before[i].at.offset + l->before[i].at.length;
        end = e > end ? e : end;
    }
    for (int k = 0; l->n_before > 0 && k < l->cases->n; k++) {
        char inputs[72];
        if (mi_fingerprint_case(l->c, &l->cases->item[k], inputs, err) != 0)
            return -1;
        const entry *e = find_before(l, inputs);
        l->taken_over[k] = e && e->ok;
        if (l->taken_over[k])
            l->at[k] = e->at;
    }
    l->end = end;
    if (ftruncate(l->part_fd, (off_t)end) != 0)
        return fail_file(l->part, MI_E_IO, "cannot shorten", errno, err);
    return 0;
}

/* ---- opening ---- */

static char *with_suffix(const char *name, const char *suffix, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    mi_text_addf(&t, "%s%s", name, suffix);
    if (t.failed) {
        mi_text_free(&t);
        mi_fail(err, MI_E_MEMORY, NULL, "out of memory for a file name");
    }
    return t.s;
}

/* O_APPEND is not used: the end is known, and after a resume it is where we cut. */
static int open_locked(mi_ledger *l, mi_err *err)
{
    struct stat st;
    const mi_common *o = &l->c->common;
    bool fresh = !o->resume;
    if (fresh && !o->force && (access(l->part, F_OK) == 0 || access(l->state, F_OK) == 0)) {
        mi_fail(err, MI_E_CANTCREATE, "--resume goes on with it, --force starts again",
                "an earlier run of this batch was stopped");
        mi_err_subject(err, l->part);
        return -1;
    }
    l->state_fd = open(l->state, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (l->state_fd < 0)
        return fail_file(l->state, MI_E_CANTCREATE, "cannot create", errno, err);
    if (flock(l->state_fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        mi_fail(err, MI_E_TEMPORARY, "wait until it has ended, or name another file",
                "another run is writing this batch");
        mi_err_subject(err, l->state);
        return -1;
    }
    l->part_fd = open(l->part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (l->part_fd < 0)
        return fail_file(l->part, MI_E_CANTCREATE, "cannot create", errno, err);
    if (fresh && (ftruncate(l->state_fd, 0) != 0 || ftruncate(l->part_fd, 0) != 0))
        return fail_file(l->part, MI_E_IO, "cannot empty", errno, err);
    l->end = fstat(l->part_fd, &st) == 0 ? (int64_t)st.st_size : 0;
    return 0;
}

/* Write the state anew: settings, then what was taken over. */
static int begin_state(mi_ledger *l, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    mi_text_addf(&t, "{\"schema\":\"mi.state/1\",\"settings\":\"%s\"}\n", l->settings);
    for (int i = 0; i < l->n_before; i++)
        mi_text_addf(&t, "{\"inputs\":\"%s\",\"offset\":%lld,\"length\":%lld,\"ok\":%s}\n",
                     l->before[i].inputs, (long long)l->before[i].at.offset,
                     (long long)l->before[i].at.length, l->before[i].ok ? "true" : "false");
    int rc = t.failed ? mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the state") : 0;
    if (rc == 0 && (ftruncate(l->state_fd, 0) != 0 || lseek(l->state_fd, 0, SEEK_SET) != 0))
        rc = fail_file(l->state, MI_E_IO, "cannot rewrite", errno, err);
    if (rc == 0)
        rc = put(l->state_fd, l->state, t.s, t.len, err);
    mi_text_free(&t);
    return rc;
}

static int begin(mi_ledger *l, const mi_batch *b, mi_err *err)
{
    mi_text text = MI_TEXT_EMPTY;
    int n = l->cases->n;
    l->part = with_suffix(l->c->common.output, ".part", err);
    l->state = with_suffix(l->c->common.output, ".state", err);
    l->at = mi_array((size_t)n, sizeof *l->at, err);
    l->taken_over = mi_array_zero((size_t)n, sizeof *l->taken_over, err);
    if (!l->part || !l->state || !l->at || !l->taken_over ||
        mi_fingerprint_settings(l->c, b->schema, l->settings, err) != 0)
        return -1;
    for (int k = 0; k < n; k++)
        l->at[k] = (extent) { 0, -1 };
    if (open_locked(l, err) != 0)
        return -1;
    int rc = l->c->common.resume ? mi_slurp(l->state, &text, err) : 0;
    if (rc == 0)
        rc = read_state(l, &text, err);
    if (rc == 0)
        rc = take_over(l, err);
    mi_text_free(&text);
    return rc == 0 ? begin_state(l, err) : -1;
}

int mi_ledger_open(mi_ledger **out, mi_context *c, const mi_batch *b, const mi_cases *cases,
                   mi_err *err)
{
    *out = NULL;
    mi_ledger *l = mi_array_zero(1, sizeof *l, err);
    if (!l)
        return -1;
    l->c = c;
    l->cases = cases;
    l->part_fd = l->state_fd = -1;
    if (begin(l, b, err) != 0) {
        mi_ledger_close(l, false);
        return -1;
    }
    *out = l;
    return 0;
}

bool mi_ledger_has(const mi_ledger *l, int k)
{
    return l->taken_over[k];
}

/* ---- adding ---- */

int mi_ledger_add(mi_ledger *l, int k, const cJSON *records, bool failed, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    char inputs[72], line[256];
    for (const cJSON *r = records->child; r; r = r->next) {
        char *s = mi_json_line(r, false);
        t.failed = t.failed || !s;
        mi_text_add(&t, s ? s : "");
        mi_text_add(&t, "\n");
        free(s);
    }
    int rc = t.failed ? mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the records")
                      : mi_fingerprint_case(l->c, &l->cases->item[k], inputs, err);
    if (rc == 0 && lseek(l->part_fd, (off_t)l->end, SEEK_SET) < 0)
        rc = fail_file(l->part, MI_E_IO, "cannot go to the end", errno, err);
    if (rc == 0)
        rc = put(l->part_fd, l->part, mi_text_ref(&t), t.len, err);
    if (rc == 0) {
        snprintf(line, sizeof line,
                 "{\"inputs\":\"%s\",\"offset\":%lld,\"length\":%lld,\"ok\":%s}\n", inputs,
                 (long long)l->end, (long long)t.len, failed ? "false" : "true");
        rc = put(l->state_fd, l->state, line, strlen(line), err);
    }
    if (rc == 0) {
        l->at[k] = (extent) { l->end, (int64_t)t.len };
        l->end += (int64_t)t.len;
    }
    mi_text_free(&t);
    return rc;
}

/* ---- putting together ---- */

static char *read_extent(mi_ledger *l, extent at, mi_err *err)
{
    char *s = mi_array((size_t)at.length + 1, 1, err);
    for (int64_t n = 0; s && n < at.length;) {
        ssize_t k = pread(l->part_fd, s + n, (size_t)(at.length - n), (off_t)(at.offset + n));
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0) {
            fail_file(l->part, MI_E_IO, "cannot read back", k < 0 ? errno : EIO, err);
            free(s);
            return NULL;
        }
        n += k;
    }
    if (s)
        s[at.length] = 0;
    return s;
}

static int add_lines(mi_records *records, const char *s, mi_err *err)
{
    int rc = 0;
    for (const char *nl; rc == 0 && (nl = strchr(s, '\n')); s = nl + 1) {
        cJSON *j = mi_json_parse(s, (size_t)(nl - s), err);
        rc = j ? mi_records_add(records, j, err) : -1;
        cJSON_Delete(j);
    }
    return rc;
}

int mi_ledger_assemble(mi_ledger *l, mi_output *o, mi_records *records, mi_err *err)
{
    for (int k = 0; k < l->cases->n; k++) {
        if (l->at[k].length < 0)
            return mi_fail(err, MI_E_INTERNAL, NULL, "case %d was not done", k + 1);
        char *s = read_extent(l, l->at[k], err);
        int rc = !s        ? -1
                 : records ? add_lines(records, s, err)
                           : mi_output_write(o, s, (size_t)l->at[k].length, err);
        free(s);
        if (rc != 0)
            return -1;
    }
    return 0;
}

void mi_ledger_close(mi_ledger *l, bool done)
{
    if (!l)
        return;
    if (done) {
        unlink(l->part);
        unlink(l->state);
    }
    if (l->part_fd >= 0)
        close(l->part_fd);
    if (l->state_fd >= 0)
        close(l->state_fd);
    free(l->part);
    free(l->state);
    free(l->at);
    free(l->taken_over);
    free(l->before);
    free(l);
}

/* ---- an output that is there already ---- */

static bool names_case(const cJSON *record, const char *id)
{
    const cJSON *j = cJSON_GetObjectItemCaseSensitive(record, "case");
    return cJSON_IsString(j) && strcmp(j->valuestring, id) == 0;
}

/* Settings of the tool's own last entry of history, or NULL. */
static const char *settings_of(const cJSON *record)
{
    const cJSON *p = cJSON_GetObjectItemCaseSensitive(record, "provenance");
    const cJSON *h = cJSON_GetObjectItemCaseSensitive(p, "history");
    const cJSON *s = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetArrayItem(h, cJSON_GetArraySize(h) - 1), "settings");
    return cJSON_IsString(s) ? s->valuestring : NULL;
}

int mi_ledger_check_complete(mi_context *c, const mi_cases *cases, mi_err *err)
{
    mi_text text = MI_TEXT_EMPTY;
    char now[72];
    int next = 0;
    if (c->common.form > 0 || mi_form_of_name(c->common.output) > 0)
        return 0; /* tables tell too little */
    int rc = mi_slurp(c->common.output, &text, err);
    if (rc == 0)
        rc = mi_fingerprint_effective(c, now, err);
    const char *s = mi_text_ref(&text);
    for (const char *nl; rc == 0 && (nl = strchr(s, '\n')); s = nl + 1) {
        cJSON *j = mi_json_parse(s, (size_t)(nl - s), err);
        const char *was = j ? settings_of(j) : NULL;
        if (!j)
            rc = -1;
        else if (was && strcmp(was, now) != 0)
            rc = other_settings(c->common.output, err);
        while (j && next < cases->n && cases->item[next].id && names_case(j, cases->item[next].id))
            next++; /* rows stand in the order of the cases */
        cJSON_Delete(j);
    }
    mi_text_free(&text);
    if (rc == 0 && next < cases->n && cases->item[next].id) {
        mi_fail(err, MI_E_CANTCREATE, "--force makes it anew", "is complete, but lacks case %s",
                cases->item[next].id);
        rc = -1;
    }
    if (rc != 0)
        mi_err_subject(err, c->common.output);
    return rc;
}
