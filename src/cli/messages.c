/* Words on stderr: messages as text or JSON, one write each, and the line of progress. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/internal.h"
#include "cli/provenance.h"
#include "cli/shown.h"

enum { WIPE_WIDTH = 78 };

static void put_stderr(const char *s, size_t n)
{
    while (n > 0) {
        ssize_t k = write(STDERR_FILENO, s, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return; /* nobody to tell */
        s += k;
        n -= (size_t)k;
    }
}

/* Words are put together in a room of fixed size, so that a lack of memory can be told as well. It
   holds the longest message: what is cut off at its end is cut off silently. */
typedef struct words {
    char s[2 * sizeof(mi_err)];
    size_t n;
} words;

static void add(words *l, const char *s)
{
    while (*s && l->n < sizeof l->s - 1)
        l->s[l->n++] = *s++;
}

/* A message is one line whatever a file is called: control characters become '?'. */
static void add_clean(words *l, const char *s)
{
    for (; *s; s++) {
        bool control = (unsigned char)*s < 32 || *s == 127;
        add(l, (char[2]) { control ? '?' : *s, 0 });
    }
}

static const char *colour(const mi_context *c, const char *code)
{
    return c->priv->colour ? code : "";
}

static void add_text_form(const mi_context *c, words *l, const char *level, const mi_err *e)
{
    bool error = strcmp(level, "error") == 0, warning = strcmp(level, "warning") == 0;
    add(l, colour(c, error     ? "\033[1;31m"
                     : warning ? "\033[1;33m"
                               : "\033[1m"));
    add(l, c->tool->name);
    add(l, ":");
    add(l, colour(c, "\033[0m"));
    add(l, warning ? " warning: " : " ");
    if (*e->subject) {
        add_clean(l, e->subject);
        add(l, ": ");
    }
    add_clean(l, e->message);
    add(l, "\n");
    if (*e->hint) {
        add(l, colour(c, "\033[36m"));
        add(l, "hint:");
        add(l, colour(c, "\033[0m"));
        add(l, " ");
        add_clean(l, e->hint);
        add(l, "\n");
    }
}

/* One line of JSON, or NULL without memory. */
static char *json_form(const mi_context *c, const char *level, const char *case_id,
                       const mi_err *e)
{
    cJSON *j = cJSON_CreateObject();
    bool ok = mi_json_add_string(j, "level", strcmp(level, "notice") == 0 ? "info" : level) &&
              mi_json_add_string(j, "tool", c->tool->name);
    if (ok && e->cls != MI_E_NONE)
        ok = mi_json_add_string(j, "class", mi_class_name(e->cls)) &&
             mi_json_add_number(j, "code", mi_exit_code(e->cls));
    ok = ok && mi_json_add_string(j, "case", case_id) &&
         mi_json_add_string(j, "subject", *e->subject ? e->subject : NULL) &&
         mi_json_add_string(j, "message", e->message) &&
         mi_json_add_string(j, "hint", *e->hint ? e->hint : NULL);
    char *text = ok ? mi_json_line(j, false) : NULL;
    cJSON_Delete(j);
    return text;
}

static void add_member(words *l, const char *key, const char *value)
{
    add(l, l->n ? ",\"" : "{\"");
    add(l, key);
    add(l, "\":\"");
    for (; *value; value++) {
        bool plain = *value >= 32 && *value < 127 && *value != '"' && *value != '\\';
        add(l, (char[2]) { plain ? *value : '?', 0 });
    }
    add(l, "\"");
}

/* The same without memory to make it: what would need care inside a string becomes '?'. */
static void add_json_form(const mi_context *c, words *l, const char *level, const mi_err *e)
{
    char code[32];
    add_member(l, "level", strcmp(level, "notice") == 0 ? "info" : level);
    add_member(l, "tool", c->tool->name);
    if (e->cls != MI_E_NONE) {
        add_member(l, "class", mi_class_name(e->cls));
        snprintf(code, sizeof code, ",\"code\":%d", mi_exit_code(e->cls));
        add(l, code);
    }
    if (*e->subject)
        add_member(l, "subject", e->subject);
    add_member(l, "message", e->message);
    add(l, "}\n");
}

static void wipe(mi_context *c)
{
    if (c->priv->progress_shown)
        put_stderr("\r\033[K", 4);
    c->priv->progress_shown = false;
}

static void say(mi_context *c, const char *level, const char *case_id, const mi_err *e)
{
    words l = { .n = 0 };
    char *json = c->common.log_json ? json_form(c, level, case_id, e) : NULL;
    size_t n = json ? strlen(json) : 0;
    if (json)
        json[n++] = '\n'; /* in place of the end mark: the write counts its bytes */
    else if (c->common.log_json)
        add_json_form(c, &l, level, e);
    else
        add_text_form(c, &l, level, e);
    pthread_mutex_lock(&c->priv->lock);
    wipe(c);
    put_stderr(json ? json : l.s, json ? n : l.n);
    pthread_mutex_unlock(&c->priv->lock);
    free(json);
}

static bool audible(const mi_context *c, const char *level)
{
    if (strcmp(level, "error") == 0)
        return true;
    if (c->common.quiet)
        return false;
    if (strcmp(level, "info") == 0)
        return c->common.verbose >= 1;
    return strcmp(level, "debug") != 0 || c->common.verbose >= 2;
}

/* Of a folder the file that is at fault is told, unless names are to be hidden altogether. */
static mi_err shown_message(const mi_context *c, const mi_err *err)
{
    mi_err told = *err;
    if (*err->within)
        memcpy(told.subject, err->within, sizeof told.subject);
    mi_err whole = mi_shown_error(c, err), part = mi_shown_error(c, &told);
    return strncmp(part.subject, "sha256:", 7) == 0 ? whole : part;
}

void mi_say(mi_context *c, const char *level, const char *subject, const char *fmt, ...)
{
    if (!audible(c, level))
        return;
    mi_err e = MI_ERR_EMPTY;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e.message, sizeof e.message, fmt, ap);
    va_end(ap);
    snprintf(e.subject, sizeof e.subject, "%s", subject ? subject : "");
    if (strcmp(level, "warning") == 0) /* about a file; others may be about a case */
        e = mi_shown_error(c, &e);
    say(c, level, NULL, &e);
}

void mi_say_error(mi_context *c, const char *case_id, const mi_err *err)
{
    mi_err e = shown_message(c, err);
    mi_err_hint_of_class(c, &e);
    char subject[sizeof e.subject];
    memcpy(subject, e.subject, sizeof subject);
    if (case_id && !c->common.log_json) /* in text the case stands before the subject */
        snprintf(e.subject, sizeof e.subject, "%.200s%s%.300s", case_id, *subject ? ": " : "",
                 subject);
    say(c, "error", case_id, &e);
}

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
    return (double)(b->tv_sec - a->tv_sec) + 1e-9 * (double)(b->tv_nsec - a->tv_nsec);
}

void mi_progress(mi_context *c, const char *what, long long done, long long total)
{
    struct mi_private *pr = c->priv;
    bool on = c->common.progress == 1 || (c->common.progress == 0 && c->stderr_is_terminal);
    if (!on || !c->stderr_is_terminal || c->common.quiet || c->common.log_json)
        return;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&pr->lock);
    bool early = c->common.progress == 0 && seconds_between(&pr->start, &now) < 2;
    bool often = pr->progress_shown && seconds_between(&pr->last, &now) < 0.1;
    if (done >= total && total > 0) {
        wipe(c);
    } else if (!early && !often) {
        char line[WIPE_WIDTH + 8];
        int n = total > 0
                    ? snprintf(line, sizeof line, "\r%.50s %lld of %lld\033[K", what, done, total)
                    : snprintf(line, sizeof line, "\r%.50s %lld\033[K", what, done);
        put_stderr(line, n < (int)sizeof line ? (size_t)n : sizeof line - 1);
        pr->progress_shown = true;
        pr->last = now;
    }
    pthread_mutex_unlock(&pr->lock);
}

void mi_progress_wipe(mi_context *c)
{
    pthread_mutex_lock(&c->priv->lock);
    wipe(c);
    pthread_mutex_unlock(&c->priv->lock);
}

int mi_put(mi_output *o, mi_text *t, mi_err *err)
{
    int rc = t->failed ? mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the text")
                       : mi_output_write(o, mi_text_ref(t), t->len, err);
    mi_text_free(t);
    return rc;
}

int mi_put_json(mi_output *o, const cJSON *item, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    char *s = item ? mi_json_pretty(item) : NULL;
    t.failed = !s;
    if (s)
        mi_text_addf(&t, "%s\n", s);
    free(s);
    return mi_put(o, &t, err);
}
