#include "schema.h"

#include <math.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct check {
    const cJSON *root;
    char path[512];
    char *why;
    size_t size;
} check;

static bool valid(check *k, const cJSON *schema, const cJSON *v);

static bool fail(check *k, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    snprintf(k->why, k->size, "%s: %s", *k->path ? k->path : "/", text);
    return false;
}

static const cJSON *get(const cJSON *o, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(o, key);
}

static bool is_type(const cJSON *v, const char *type)
{
    if (strcmp(type, "integer") == 0)
        return cJSON_IsNumber(v) && v->valuedouble == floor(v->valuedouble);
    return strcmp(type, "object") == 0    ? cJSON_IsObject(v)
           : strcmp(type, "array") == 0   ? cJSON_IsArray(v)
           : strcmp(type, "string") == 0  ? cJSON_IsString(v)
           : strcmp(type, "number") == 0  ? cJSON_IsNumber(v)
           : strcmp(type, "boolean") == 0 ? cJSON_IsBool(v)
           : strcmp(type, "null") == 0    ? cJSON_IsNull(v)
                                          : false;
}

static bool check_type(check *k, const cJSON *type, const cJSON *v)
{
    if (cJSON_IsString(type))
        return is_type(v, type->valuestring) || fail(k, "is not of type %s", type->valuestring);
    for (const cJSON *t = type->child; t; t = t->next)
        if (is_type(v, t->valuestring))
            return true;
    return fail(k, "is of none of the types allowed");
}

static bool check_enum(check *k, const cJSON *words, const cJSON *v)
{
    for (const cJSON *w = words->child; w; w = w->next)
        if (cJSON_Compare(w, v, true))
            return true;
    char *s = cJSON_PrintUnformatted(v);
    fail(k, "%s is none of the values allowed", s ? s : "?");
    free(s);
    return false;
}

static bool fits(const char *pattern, const char *s)
{
    regex_t re;
    if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    bool ok = regexec(&re, s, 0, NULL, 0) == 0;
    regfree(&re);
    return ok;
}

/* Check a member with the path lengthened. */
static bool inside(check *k, const char *step, const cJSON *schema, const cJSON *v)
{
    size_t len = strlen(k->path);
    snprintf(k->path + len, sizeof k->path - len, "/%s", step);
    bool ok = valid(k, schema, v);
    k->path[len] = 0;
    return ok;
}

static bool check_member(check *k, const cJSON *schema, const cJSON *m)
{
    const cJSON *p = get(get(schema, "properties"), m->string);
    const cJSON *patterns = get(schema, "patternProperties"),
                *rest = get(schema, "additionalProperties");
    bool known = p != NULL;
    if (p && !inside(k, m->string, p, m))
        return false;
    for (const cJSON *r = patterns ? patterns->child : NULL; r; r = r->next)
        if (fits(r->string, m->string)) {
            known = true;
            if (!inside(k, m->string, r, m))
                return false;
        }
    if (known || !rest || cJSON_IsTrue(rest))
        return true;
    return cJSON_IsFalse(rest) ? fail(k, "has the unknown member %s", m->string)
                               : inside(k, m->string, rest, m);
}

static bool check_object(check *k, const cJSON *schema, const cJSON *v)
{
    const cJSON *required = get(schema, "required");
    for (const cJSON *r = required ? required->child : NULL; r; r = r->next)
        if (!get(v, r->valuestring))
            return fail(k, "lacks %s", r->valuestring);
    for (const cJSON *m = v->child; m; m = m->next) {
        for (const cJSON *twin = m->next; twin; twin = twin->next)
            if (strcmp(twin->string, m->string) == 0)
                return fail(k, "has %s twice", m->string);
        if (!check_member(k, schema, m))
            return false;
    }
    return true;
}

static bool check_array(check *k, const cJSON *schema, const cJSON *v)
{
    const cJSON *items = get(schema, "items"), *least = get(schema, "minItems");
    int i = 0;
    if (least && cJSON_GetArraySize(v) < least->valuedouble)
        return fail(k, "has too few items");
    for (const cJSON *m = v->child; items && m; m = m->next) {
        char step[24];
        snprintf(step, sizeof step, "%d", i++);
        if (!inside(k, step, items, m))
            return false;
    }
    return true;
}

static const cJSON *resolve(const check *k, const char *ref)
{
    static const char head[] = "#/definitions/";
    if (strncmp(ref, head, sizeof head - 1) != 0)
        return NULL;
    return get(get(k->root, "definitions"), ref + sizeof head - 1);
}

static bool check_keyword(check *k, const cJSON *word, const cJSON *v)
{
    static const char *const silent[] = { "$schema",
                                          "$id",
                                          "title",
                                          "description",
                                          "definitions",
                                          "required",
                                          "properties",
                                          "patternProperties",
                                          "additionalProperties",
                                          "items",
                                          "minItems" };
    const char *name = word->string;
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        if (strcmp(name, silent[i]) == 0)
            return true;
    if (strcmp(name, "type") == 0)
        return check_type(k, word, v);
    if (strcmp(name, "enum") == 0)
        return check_enum(k, word, v);
    if (strcmp(name, "const") == 0)
        return cJSON_Compare(word, v, true) || fail(k, "is not the constant asked for");
    if (strcmp(name, "minimum") == 0)
        return !cJSON_IsNumber(v) || v->valuedouble >= word->valuedouble || fail(k, "is too small");
    if (strcmp(name, "maximum") == 0)
        return !cJSON_IsNumber(v) || v->valuedouble <= word->valuedouble || fail(k, "is too large");
    if (strcmp(name, "pattern") == 0)
        return !cJSON_IsString(v) || fits(word->valuestring, v->valuestring) ||
               fail(k, "'%s' does not fit %s", v->valuestring, word->valuestring);
    if (strcmp(name, "$ref") == 0) {
        const cJSON *target = resolve(k, word->valuestring);
        return target ? valid(k, target, v) : fail(k, "%s is nowhere", word->valuestring);
    }
    return fail(k, "the schema's keyword %s is not known to this validator", name);
}

static bool valid(check *k, const cJSON *schema, const cJSON *v)
{
    if (cJSON_IsBool(schema))
        return cJSON_IsTrue(schema) || fail(k, "nothing is allowed here");
    for (const cJSON *word = schema->child; word; word = word->next)
        if (!check_keyword(k, word, v))
            return false;
    if (cJSON_IsObject(v))
        return check_object(k, schema, v);
    return !cJSON_IsArray(v) || check_array(k, schema, v);
}

bool schema_check(const cJSON *schema, const cJSON *value, char *why, size_t size)
{
    check k = { schema, "", why, size };
    return valid(&k, schema, value);
}
