#include "cli/fingerprint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/version.h"

static void add(mi_digest *d, const char *s)
{
    mi_digest_add(d, s, strlen(s) + 1); /* with its end mark, so that "a","b" is not "ab" */
}

static int no_memory(mi_err *err)
{
    return mi_fail(err, MI_E_MEMORY, NULL, "out of memory for a digest");
}

/* ---- settings ---- */

int mi_fingerprint_effective(const mi_context *c, char out[72], mi_err *err)
{
    char *line = c->effective ? mi_json_line(c->effective, false) : NULL;
    if (!line)
        return no_memory(err);
    mi_digest_of(line, strlen(line), out);
    free(line);
    return 0;
}

/* The tool's own options, parameters or not: --frame changes records too. */
static bool add_options(mi_digest *d, const mi_context *c)
{
    for (int i = 0; i < c->priv->n_options; i++) {
        const mi_option *o = &c->priv->option[i];
        bool own = false;
        for (int g = 0; g < MI_COUNT(c->group); g++)
            own = own || (o->base && o->base == c->group[g]);
        if (!own || o->p->flags & MI_PF_HIDDEN || (o->p->type == MI_P_FLAG && o->p->preset))
            continue;
        cJSON *j = mi_value_json(o->p, o->base);
        char *line = j ? mi_json_line(j, false) : NULL;
        cJSON_Delete(j);
        if (!line)
            return false;
        add(d, o->p->name);
        add(d, line);
        free(line);
    }
    return true;
}

int mi_fingerprint_settings(const mi_context *c, const char *schema, char out[72], mi_err *err)
{
    const mi_common *o = &c->common;
    char switches[64];
    snprintf(switches, sizeof switches, "%d %d %d %d", o->names, o->digest, o->no_provenance,
             o->run_info);
    mi_digest *d = mi_digest_new();
    if (!d)
        return no_memory(err);
    add(d, c->tool->name);
    add(d, MI_VERSION);
    add(d, schema);
    add(d, c->priv->preset ? c->priv->preset : "");
    add(d, switches);
    bool ok = add_options(d, c);
    mi_digest_end(d, out);
    return ok ? 0 : no_memory(err);
}

/* ---- files ---- */

static void add_path(mi_digest *d, const char *path, bool bytes, int depth);

static void add_bytes(mi_digest *d, const char *path)
{
    char buf[65536];
    ssize_t k = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && ((k = read(fd, buf, sizeof buf)) > 0 || (k < 0 && errno == EINTR)))
        if (k > 0)
            mi_digest_add(d, buf, (size_t)k);
    if (k < 0)
        add(d, "unreadable");
    if (fd >= 0)
        close(fd);
}

static void add_folder(mi_digest *d, const char *path, bool bytes, int depth)
{
    struct dirent **entry;
    int n = scandir(path, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        mi_text t = MI_TEXT_EMPTY;
        if (entry[i]->d_name[0] != '.') {
            mi_text_addf(&t, "%s/%s", path, entry[i]->d_name);
            add(d, entry[i]->d_name);
            add_path(d, mi_text_ref(&t), bytes, depth + 1);
            mi_text_free(&t);
        }
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
}

static void add_path(mi_digest *d, const char *path, bool bytes, int depth)
{
    struct stat st;
    char facts[96];
    if (stat(path, &st) != 0) {
        add(d, "absent");
    } else if (S_ISDIR(st.st_mode)) {
        if (depth < 32)
            add_folder(d, path, bytes, depth);
    } else if (bytes && S_ISREG(st.st_mode)) {
        add_bytes(d, path);
    } else {
        snprintf(facts, sizeof facts, "%lld %lld.%09ld", (long long)st.st_size,
                 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
        add(d, facts);
    }
}

int mi_fingerprint_case(const mi_context *c, const mi_case *cs, char out[72], mi_err *err)
{
    mi_digest *d = mi_digest_new();
    char *extra = cs->extra ? mi_json_line(cs->extra, false) : NULL;
    if (!d || (cs->extra && !extra)) {
        free(extra);
        if (d)
            mi_digest_end(d, out);
        return no_memory(err);
    }
    for (int i = 0; i < MI_COLUMNS_MAX; i++) {
        add(d, cs->name[i] ? cs->name[i] : "");
        if (cs->path[i])
            add_path(d, cs->path[i], c->common.digest, 0);
    }
    add(d, extra ? extra : "");
    free(extra);
    mi_digest_end(d, out);
    return 0;
}
