/* Presets and config files: flat JSON objects of parameters; unknown keys are errors that give
   file, line and key. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/internal.h"

/* A parsed file with its text, for line numbers. */
typedef struct config_file {
    char *path;
    mi_text text;
    cJSON *root;
    mi_source_of_value level;
} config_file;

static void file_free(config_file *f)
{
    free(f->path);
    mi_text_free(&f->text);
    cJSON_Delete(f->root);
}

/* ---- where a key stands ---- */

/* End of the string that starts behind the quote at s. */
static const char *string_end(const char *s)
{
    while (*s && *s != '"')
        s += *s == '\\' && s[1] ? 2 : 1;
    return s;
}

/* Line of the n-th member (from 0) of the outermost object; the text is valid JSON. */
static int line_of_member(const char *s, int n)
{
    int line = 1, depth = 0, member = -1;
    bool key = false; /* the next string of depth 1 is a key */
    for (; *s; s++) {
        if (*s == '\n') {
            line++;
        } else if (*s == '"') {
            if (depth == 1 && key && ++member == n)
                return line;
            key = false;
            s = string_end(s + 1);
            if (!*s)
                break;
        } else if (*s == '{' || *s == '[') {
            key = ++depth == 1;
        } else if (*s == '}' || *s == ']') {
            depth--;
        } else if (*s == ',' && depth == 1) {
            key = true;
        }
    }
    return line;
}

static int index_of(const cJSON *root, const cJSON *item)
{
    int n = 0;
    for (const cJSON *e = root->child; e && e != item; e = e->next)
        n++;
    return n;
}

/* "FILE:LINE" as the subject. */
static int fail_at(const config_file *f, const cJSON *item, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    mi_text_addf(&t, "%s:%d", f->path, line_of_member(f->text.s, index_of(f->root, item)));
    mi_err_subject(err, mi_text_ref(&t));
    mi_text_free(&t);
    return -1;
}

/* ---- files ---- */

static int file_read(config_file *f, mi_err *err)
{
    if (mi_slurp(f->path, &f->text, err) != 0) {
        if (err->cls == MI_E_DATA)
            err->cls = MI_E_CONFIG;
        return -1;
    }
    f->root = mi_json_parse(mi_text_ref(&f->text), f->text.len, err);
    if (f->root && !cJSON_IsObject(f->root))
        mi_fail(err, MI_E_CONFIG, NULL, "not a JSON object");
    mi_err_subject(err, f->path);
    return err->cls == MI_E_NONE ? 0 : -1;
}

static const char *text_member(const config_file *f, const char *key)
{
    const cJSON *item = f->root ? cJSON_GetObjectItemCaseSensitive(f->root, key) : NULL;
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static mi_option *option_of_key(const mi_context *c, const char *key)
{
    for (int i = 0; i < c->priv->n_options; i++) {
        const char *a = c->priv->option[i].p->name, *b = key;
        while (*a && (*a == '-' ? *b == '_' : *a == *b)) {
            a++;
            b++;
        }
        if (!*a && !*b)
            return &c->priv->option[i];
    }
    return NULL;
}

static int unknown_key(const mi_context *c, const config_file *f, const cJSON *item, mi_err *err)
{
    const struct mi_private *pr = c->priv;
    if (option_of_key(c, item->string)) {
        mi_fail(err, MI_E_CONFIG, "give it on the command line",
                "%s is not a parameter of the result", item->string);
        return fail_at(f, item, err);
    }
    mi_fail(err, MI_E_CONFIG, NULL, "unknown key %s", item->string);
    char **keys = mi_array_zero((size_t)pr->n_options + 1, sizeof *keys, NULL);
    for (int i = 0, n = 0; keys && i < pr->n_options; i++)
        if (mi_option_is_config(pr->option[i].p) &&
            (keys[n] = mi_config_key(pr->option[i].p, NULL)))
            n++;
    const char *near = keys ? mi_nearest(item->string, (const char *const *)keys) : NULL;
    if (near)
        mi_err_hint(err, "did you mean %s?", near);
    else
        mi_err_hint(err, "%s --print-config shows every key", c->tool->name);
    for (int i = 0; keys && keys[i]; i++)
        free(keys[i]);
    free(keys);
    return fail_at(f, item, err);
}

static int check_reasons(const mi_context *c, const config_file *f, const cJSON *item, mi_err *err)
{
    if (!cJSON_IsObject(item)) {
        mi_fail(err, MI_E_CONFIG, NULL, "reasons: give an object of key and text");
        return fail_at(f, item, err);
    }
    for (const cJSON *e = item->child; e; e = e->next) {
        const mi_option *o = option_of_key(c, e->string);
        if (o && mi_option_is_config(o->p) && cJSON_IsString(e))
            continue;
        mi_fail(err, MI_E_CONFIG, NULL, "reasons: %s %s", e->string,
                o ? "has no text" : "is not a key");
        return fail_at(f, item, err);
    }
    return 0;
}

/* Members beside the parameters that hold a text. */
static bool is_other(const char *key)
{
    static const char *const texts[] = { "schema", "description", "preset", "tool" };
    for (int i = 0; i < MI_COUNT(texts); i++)
        if (strcmp(key, texts[i]) == 0)
            return true;
    return false;
}

/* 1: it was a member beside the parameters, and is right; 0: it is none. */
static int check_other(const mi_context *c, const config_file *f, const cJSON *item, mi_err *err)
{
    const char *key = item->string;
    if (strcmp(key, "reasons") == 0)
        return check_reasons(c, f, item, err) == 0 ? 1 : -1;
    if (!is_other(key))
        return 0;
    if (!cJSON_IsString(item))
        mi_fail(err, MI_E_CONFIG, NULL, "%s: give a text", key);
    else if (strcmp(key, "schema") == 0 && strcmp(item->valuestring, "mi.config/1") != 0)
        mi_fail(err, MI_E_CONFIG, NULL, "schema: '%s' is not mi.config/1", item->valuestring);
    else if (strcmp(key, "tool") == 0 && strcmp(item->valuestring, c->tool->name) != 0)
        mi_fail(err, MI_E_CONFIG, NULL, "this is for %s", item->valuestring);
    else
        return 1;
    return fail_at(f, item, err);
}

static int apply_member(mi_context *c, const config_file *f, const cJSON *item, mi_err *err)
{
    for (const cJSON *e = f->root->child; e != item; e = e->next)
        if (strcmp(e->string, item->string) == 0) {
            mi_fail(err, MI_E_CONFIG, NULL, "%s is given twice", item->string);
            return fail_at(f, item, err);
        }
    int other = check_other(c, f, item, err);
    if (other != 0)
        return other > 0 ? 0 : -1;
    mi_option *o = option_of_key(c, item->string);
    if (!o || !mi_option_is_config(o->p))
        return unknown_key(c, f, item, err);
    mi_err e = MI_ERR_EMPTY;
    o->from = f->level;
    if (mi_value_from_json(o->p, o->base, item, &e) == 0)
        return 0;
    mi_fail(err, e.cls, *e.hint ? e.hint : NULL, "%s: %s", item->string, e.message);
    return fail_at(f, item, err);
}

static int apply_file(mi_context *c, const config_file *f, mi_err *err)
{
    for (const cJSON *item = f->root->child; item; item = item->next)
        if (apply_member(c, f, item, err) != 0)
            return -1;
    return 0;
}

/* ---- presets ---- */

static char *preset_path(const mi_context *c, const char *name, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    mi_text_addf(&t, "presets/%s.json", name);
    if (t.failed)
        mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the name of a preset");
    char *path = t.failed || strchr(name, '/') ? NULL : mi_share_find(&c->share, t.s, err);
    mi_text_free(&t);
    return path;
}

static int unknown_preset(mi_context *c, const char *name, const config_file *by, mi_err *err)
{
    int n;
    char **names = mi_share_names(&c->share, "presets", &n, NULL);
    const char *near = names ? mi_nearest(name, (const char *const *)names) : NULL;
    mi_fail(err, by ? MI_E_CONFIG : MI_E_USAGE, NULL, "%sno preset is called '%s'",
            by ? "preset: " : "", name);
    if (by)
        fail_at(by, cJSON_GetObjectItemCaseSensitive(by->root, "preset"), err);
    mi_err_subject(err, "--preset");
    if (near)
        mi_err_hint(err, "did you mean %s?", near);
    else
        mi_err_hint(err, "%s --list-presets shows them", c->tool->name);
    mi_share_names_free(names);
    return -1;
}

/* `by`: the config file that names it, or NULL when it comes from the command line. */
static int apply_preset(mi_context *c, const char *name, const config_file *by, mi_err *err)
{
    mi_err nowhere = MI_ERR_EMPTY;
    config_file f = { preset_path(c, name, &nowhere), MI_TEXT_EMPTY, NULL, MI_OF_PRESET };
    int rc = f.path                       ? 0
             : nowhere.cls == MI_E_MEMORY ? mi_fail(err, nowhere.cls, NULL, "%s", nowhere.message)
                                          : unknown_preset(c, name, by, err);
    if (rc == 0)
        rc = file_read(&f, err);
    if (rc == 0 && cJSON_GetObjectItemCaseSensitive(f.root, "preset")) {
        mi_fail(err, MI_E_CONFIG, NULL, "a preset cannot name a preset");
        rc = fail_at(&f, cJSON_GetObjectItemCaseSensitive(f.root, "preset"), err);
    }
    if (rc == 0)
        rc = apply_file(c, &f, err);
    if (rc == 0 && !(c->priv->preset = mi_strdup(name, err)))
        rc = -1;
    file_free(&f);
    return rc;
}

static const char *last_value(const mi_context *c, const char *name)
{
    const char *value = NULL;
    for (int i = 0; i < c->priv->n_events; i++)
        if (strcmp(c->priv->event[i].o->p->name, name) == 0)
            value = c->priv->event[i].value;
    return value;
}

int mi_config_apply(mi_context *c, mi_err *err)
{
    const char *config = last_value(c, "config"), *preset = last_value(c, "preset");
    config_file f = { NULL, MI_TEXT_EMPTY, NULL, MI_OF_CONFIG };
    int rc = 0;
    if (config && !*config) {
        rc = mi_fail(err, MI_E_USAGE, NULL, "the name is empty");
        mi_err_subject(err, "--config");
    } else if (config) {
        f.path = mi_strdup(config, err);
        rc = f.path ? file_read(&f, err) : -1;
    }
    const config_file *by = preset ? NULL : &f;
    if (rc == 0 && !preset)
        preset = text_member(&f, "preset");
    if (rc == 0 && preset)
        rc = apply_preset(c, preset, by, err);
    if (rc == 0 && f.root)
        rc = apply_file(c, &f, err);
    file_free(&f);
    return rc;
}

/* ---- what is in effect ---- */

int mi_config_effective(mi_context *c, mi_err *err)
{
    const struct mi_private *pr = c->priv;
    cJSON_Delete(c->effective);
    c->effective = cJSON_CreateObject();
    bool ok =
        c->effective && (!pr->preset || mi_json_add_string(c->effective, "preset", pr->preset));
    for (int i = 0; ok && i < pr->n_options; i++) {
        const mi_option *o = &pr->option[i];
        if (!mi_option_is_config(o->p))
            continue;
        char *key = mi_config_key(o->p, err);
        cJSON *item = key ? mi_value_json(o->p, o->base) : NULL;
        ok = item && cJSON_AddItemToObject(c->effective, key, item);
        if (!ok)
            cJSON_Delete(item);
        free(key);
    }
    return ok ? 0 : mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the settings");
}

int mi_config_print(mi_context *c, mi_output *o, mi_err *err)
{
    return mi_put_json(o, c->effective, err);
}

/* Is a preset for this tool? It says so, or else this tool knows all its keys. */
static bool is_for(const mi_context *c, const config_file *f)
{
    const char *tool = text_member(f, "tool");
    if (tool)
        return strcmp(tool, c->tool->name) == 0;
    for (const cJSON *item = f->root->child; item; item = item->next) {
        const mi_option *o = option_of_key(c, item->string);
        bool parameter = o && mi_option_is_config(o->p);
        if (!parameter && !is_other(item->string) && strcmp(item->string, "reasons") != 0)
            return false;
    }
    return true;
}

/* {"name","description","reasons"} of one preset; NULL without an error when it is for another
   tool. */
static cJSON *preset_json(mi_context *c, const char *name, mi_err *err)
{
    config_file f = { preset_path(c, name, err), MI_TEXT_EMPTY, NULL, MI_OF_PRESET };
    cJSON *j = NULL;
    if (f.path && file_read(&f, err) == 0 && is_for(c, &f)) {
        const char *text = text_member(&f, "description");
        cJSON *reasons = cJSON_DetachItemFromObjectCaseSensitive(f.root, "reasons");
        j = cJSON_CreateObject();
        if (!mi_json_add_string(j, "name", name) ||
            !mi_json_add_string(j, "description", text ? text : "") ||
            (reasons && !cJSON_AddItemToObject(j, "reasons", reasons))) {
            cJSON_Delete(j);
            j = NULL;
            mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the presets");
        }
    }
    file_free(&f);
    return j;
}

cJSON *mi_presets_json(mi_context *c, mi_err *err)
{
    int n = 0;
    char **names = mi_share_names(&c->share, "presets", &n, err);
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; names && i < n && err->cls == MI_E_NONE; i++) {
        cJSON *j = preset_json(c, names[i], err);
        if (j && !cJSON_AddItemToArray(all, j)) {
            cJSON_Delete(j);
            mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the presets");
        }
    }
    mi_share_names_free(names);
    if (names && err->cls == MI_E_NONE)
        return all;
    cJSON_Delete(all);
    return NULL;
}

int mi_presets_print(mi_context *c, mi_output *o, mi_err *err)
{
    const cJSON *j;
    mi_text t = MI_TEXT_EMPTY;
    cJSON *all = mi_presets_json(c, err);
    int rc = -1;
    if (all) {
        cJSON_ArrayForEach(j, all)
            mi_text_addf(&t, "%-14s %s\n",
                         cJSON_GetObjectItemCaseSensitive(j, "name")->valuestring,
                         cJSON_GetObjectItemCaseSensitive(j, "description")->valuestring);
        if (cJSON_GetArraySize(all) == 0)
            mi_text_addf(&t, "there are none for %s\n", c->tool->name);
        rc = mi_put(o, &t, err);
    }
    cJSON_Delete(all);
    return rc;
}
