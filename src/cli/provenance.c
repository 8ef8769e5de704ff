/* Where a result came from. */
#include "cli/provenance.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/version.h"
#include "cli/internal.h"
#include "cli/shown.h"
#include "io/source.h"

static int no_memory(mi_err *err)
{
    return mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the provenance");
}

static bool add_settings(mi_context *c, cJSON *entry)
{
    char hash[72];
    char *line = c->effective ? mi_json_line(c->effective, false) : NULL;
    if (!line)
        return false;
    mi_digest_of(line, strlen(line), hash);
    free(line);
    return mi_json_add_string(entry, "settings", hash);
}

static cJSON *input_json(mi_context *c, const mi_volume *v, mi_err *err)
{
    char hash[72];
    cJSON *j = cJSON_CreateObject();
    char *name = mi_shown_name(c, v->name ? v->name : "-", err);
    bool ok = j && name && mi_json_add_string(j, "name", name);
    if (ok && c->common.digest)
        ok = mi_volume_digest(v, hash, err) == 0 && mi_json_add_string(j, "pixels", hash);
    if (ok && v->series)
        ok = mi_json_add_string(j, "series", v->series);
    if (ok && v->meta.lossy)
        ok = mi_json_add(j, "lossy", cJSON_CreateTrue());
    free(name);
    if (ok)
        return j;
    no_memory(err); /* unless the cause is known */
    cJSON_Delete(j);
    return NULL;
}

static cJSON *inputs_json(mi_context *c, const mi_volume *const *inputs, int n, mi_err *err)
{
    cJSON *a = cJSON_CreateArray();
    for (int i = 0; a && i < n; i++) {
        cJSON *j = input_json(c, inputs[i], err);
        if (!j || !cJSON_AddItemToArray(a, j)) {
            cJSON_Delete(j);
            cJSON_Delete(a);
            return NULL;
        }
    }
    return a;
}

/* Seconds since 1970: SOURCE_DATE_EPOCH when set, for reproducible pages. */
static time_t clock_now(void)
{
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    char *end;
    if (fixed && *fixed) {
        long long t = strtoll(fixed, &end, 10);
        if (!*end)
            return (time_t)t;
    }
    return time(NULL);
}

/* The user who runs this: USER, else LOGNAME, else the number. (The C library's look-up by number
   crashes when memory is short.) */
static const char *user_name(char buf[32])
{
    const char *user = getenv("USER");
    if (!user || !*user)
        user = getenv("LOGNAME");
    if (user && *user)
        return user;
    snprintf(buf, 32, "%lld", (long long)geteuid());
    return buf;
}

/* Clock, host, user and threads: only on request, for they make equal runs differ. */
static bool add_run_info(const mi_context *c, cJSON *entry)
{
    char when[32] = "", host[256] = "", buf[32];
    struct tm tm;
    time_t now = clock_now();
    cJSON *j = cJSON_CreateObject();
    if (gmtime_r(&now, &tm))
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
    gethostname(host, sizeof host - 1);
    bool ok = j && mi_json_add_string(j, "time", when) && mi_json_add_string(j, "host", host) &&
              mi_json_add_string(j, "user", user_name(buf)) &&
              mi_json_add_number(j, "threads", mi_context_threads(c));
    if (ok)
        return mi_json_add(entry, "run", j);
    cJSON_Delete(j);
    return false;
}

/* "ITK 5.2.1, OpenJPEG 2.5" as members itk and openjpeg, each once. */
static bool add_libraries(cJSON *libs, const char *list)
{
    bool ok = libs != NULL;
    for (const char *p = list ? list : ""; ok && *p;) {
        char text[80], name[80] = "";
        size_t n = strcspn(p, ","), k = 0;
        snprintf(text, sizeof text, "%.*s", (int)n, p);
        char *version = strrchr(text, ' ');
        if (version) {
            *version++ = '\0';
            for (; text[k]; k++)
                name[k] = (char)tolower((unsigned char)text[k]);
            cJSON *item = cJSON_CreateString(version);
            if (cJSON_GetObjectItemCaseSensitive(libs, name))
                cJSON_Delete(item);
            else if (!item || !cJSON_AddItemToObject(libs, name, item))
                ok = false;
        }
        p += n + strspn(p + n, ", ");
    }
    return ok;
}

/* The libraries that every tool holds, and those of the modules that read the inputs. */
static cJSON *libs_json(const mi_volume *const *inputs, int n)
{
    cJSON *libs = mi_version_libraries();
    for (int i = 0; libs && i < n; i++)
        if (!add_libraries(libs, inputs[i]->libraries)) {
            cJSON_Delete(libs);
            libs = NULL;
        }
    return libs;
}

cJSON *mi_provenance_entry(mi_context *c, cJSON *steps_take, const mi_volume *const *inputs, int n,
                           mi_err *err)
{
    cJSON *j = cJSON_CreateObject();
    bool ok = mi_json_add_string(j, "tool", c->tool->name) &&
              mi_json_add_string(j, "version", MI_VERSION);
    if (steps_take)
        ok = mi_json_add(j, "steps", steps_take) && ok;
    ok = ok && add_settings(c, j) && mi_json_add(j, "inputs", inputs_json(c, inputs, n, err)) &&
         mi_json_add(j, "libs", libs_json(inputs, n)) &&
         (!c->common.run_info || add_run_info(c, j));
    if (ok)
        return j;
    no_memory(err);
    cJSON_Delete(j);
    return NULL;
}

static bool same_member(const cJSON *a, const cJSON *b, const char *key)
{
    return cJSON_Compare(cJSON_GetObjectItemCaseSensitive(a, key),
                         cJSON_GetObjectItemCaseSensitive(b, key), true);
}

/* Do two entries tell of one run? Its steps may differ: a mask goes through those of geometry
   alone. */
static bool same_run(const cJSON *a, const cJSON *b)
{
    return same_member(a, b, "tool") && same_member(a, b, "version") &&
           same_member(a, b, "settings") && same_member(a, b, "inputs");
}

/* Append the entries of `more` that are not in the chain yet. An equal run that happened twice is
   there twice: each entry of the chain answers for one of `more`. */
static bool join_chain(cJSON *chain, const cJSON *more)
{
    int known = cJSON_GetArraySize(chain);
    bool *used = mi_array_zero((size_t)known + 1, sizeof *used, NULL), ok = used != NULL;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, more) {
        int i = 0;
        const cJSON *e = chain->child;
        while (ok && i < known && (used[i] || !same_run(e, entry))) {
            e = e->next;
            i++;
        }
        if (ok && i < known)
            used[i] = true;
        else
            ok = ok && mi_json_append(chain, cJSON_Duplicate(entry, true));
    }
    free(used);
    return ok;
}

/* The entries of all inputs in order, image first, each run once. */
static cJSON *chain_of(const mi_volume *const *inputs, int n)
{
    cJSON *chain = cJSON_CreateArray();
    bool ok = chain != NULL;
    for (int i = 0; i < n && ok; i++)
        if (cJSON_IsArray(inputs[i]->meta.history))
            ok = join_chain(chain, inputs[i]->meta.history);
    if (ok)
        return chain;
    cJSON_Delete(chain);
    return NULL;
}

/* A member that holds the name of a file, as --names asks. */
static bool show_name(const mi_context *c, cJSON *object, const char *member)
{
    cJSON *name = cJSON_GetObjectItemCaseSensitive(object, member);
    if (!cJSON_IsString(name))
        return true;
    char *shown = mi_shown_name(c, name->valuestring, NULL);
    bool ok = shown && cJSON_SetValuestring(name, shown);
    free(shown);
    return ok;
}

bool mi_history_show_names(const mi_context *c, cJSON *history)
{
    cJSON *entry, *part;
    bool ok = true;
    cJSON_ArrayForEach(entry, history) {
        cJSON_ArrayForEach(part, cJSON_GetObjectItemCaseSensitive(entry, "inputs"))
            ok = show_name(c, part, "name") && ok;
        cJSON_ArrayForEach(part, cJSON_GetObjectItemCaseSensitive(entry, "steps"))
            ok = show_name(c, part, "grid") && ok; /* of --like */
    }
    return ok;
}

cJSON *mi_provenance_record(mi_context *c, cJSON *steps_take, const mi_volume *const *inputs, int n,
                            mi_err *err)
{
    if (c->common.no_provenance) {
        cJSON_Delete(steps_take);
        return NULL;
    }
    cJSON *entry = mi_provenance_entry(c, steps_take, inputs, n, err), *record = NULL;
    cJSON *chain = entry ? chain_of(inputs, n) : NULL;
    if (chain && mi_history_show_names(c, chain) && cJSON_AddItemToArray(chain, entry)) {
        record = cJSON_CreateObject();
        if (mi_json_add(record, "history", chain))
            return record;
        entry = chain = NULL; /* mi_json_add has freed them */
    }
    no_memory(err);
    cJSON_Delete(entry);
    cJSON_Delete(chain);
    cJSON_Delete(record);
    return NULL;
}
