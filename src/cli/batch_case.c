/* One case of a batch: run, look at what came out, make the row of a failure. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/batch_internal.h"
#include "cli/provenance.h"
#include "cli/shown.h"

static int no_memory(mi_err *err)
{
    return mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the records");
}

static mi_class class_named(const char *name)
{
    for (int i = MI_E_USAGE; name && i < MI_CLASSES; i++)
        if (strcmp(mi_class_name((mi_class)i), name) == 0)
            return (mi_class)i;
    return MI_E_INTERNAL;
}

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *j = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(j) ? j->valuestring : NULL;
}

static bool is_error(const cJSON *record)
{
    const char *status = text_of(record, "status");
    return status && strcmp(status, "error") == 0;
}

/* The error a tool put into a record, as a value. */
static void error_of(const cJSON *record, mi_err *err)
{
    const cJSON *e = cJSON_GetObjectItemCaseSensitive(record, "error");
    const char *message = text_of(e, "message"), *subject = text_of(e, "subject");
    mi_fail(err, class_named(text_of(e, "class")), text_of(e, "hint"), "%s",
            message ? message : "failed");
    if (subject)
        mi_err_subject(err, subject);
}

char *mi_case_stem(const char *image, mi_err *err)
{
    const char *base = strrchr(image, '/');
    base = base ? base + 1 : image;
    char *s = mi_strdup(strcmp(base, "-") == 0 ? "stdin" : base, err);
    if (s) {
        static const char *const ends[] = { ".gz",  ".nii",  ".mgz", ".mgh", ".hdr",
                                            ".img", ".nrrd", ".mha", ".mhd", ".dcm" };
        for (int i = 0; i < MI_COUNT(ends); i++) {
            size_t n = strlen(s), e = strlen(ends[i]);
            if (n > e && strcmp(s + n - e, ends[i]) == 0)
                s[n - e] = '\0';
        }
    }
    return s;
}

/* The record's place for a case that failed as a whole. */
static cJSON *failure(const mi_context *c, const mi_batch *b, const mi_case *cs, const mi_err *e,
                      mi_err *err)
{
    cJSON *roi = cJSON_CreateObject(), *record = NULL;
    char *image = NULL, *mask = NULL, *stem = NULL;
    mi_err shown = mi_shown_error(c, e);
    bool ok = roi != NULL;
    for (int i = 0; ok && b->columns[i].name; i++) {
        const char *name = b->columns[i].name;
        if (strcmp(name, "image") == 0 && cs->name[i])
            ok = (image = mi_shown_name(c, cs->name[i], err)) != NULL;
        else if (strcmp(name, "mask") == 0 && cs->name[i])
            ok = (mask = mi_shown_name(c, cs->name[i], err)) &&
                 mi_json_add_string(roi, "mask", mask);
        else if (strcmp(name, "label") == 0)
            ok = mi_json_add_string(roi, "label", cs->name[i]);
    }
    if (ok && !cs->id && image)
        ok = (stem = mi_case_stem(image, err)) != NULL;
    if (ok)
        record = mi_record_error(b->schema, cs->id ? cs->id : stem, image,
                                 roi->child ? roi : NULL, &shown, mi_exit_code(e->cls));
    if (!record)
        no_memory(err);
    free(image);
    free(mask);
    free(stem);
    cJSON_Delete(roi);
    return record;
}

static bool has_undefined(const cJSON *record)
{
    const cJSON *f = cJSON_GetObjectItemCaseSensitive(record, "features");
    for (f = f ? f->child : NULL; f; f = f->next)
        if (cJSON_IsNull(f))
            return true;
    return false;
}

static bool is_flagged(const mi_context *c, const cJSON *record)
{
    const mi_list *flags = &c->common.fail_on;
    const cJSON *warnings = cJSON_GetObjectItemCaseSensitive(record, "warnings");
    for (int i = 0; i < flags->n; i++) {
        if (mi_flag_is(flags->item[i], "undefined") && has_undefined(record))
            return true;
        if (mi_flag_is(flags->item[i], "error") && is_error(record))
            return true;
        for (const cJSON *w = warnings ? warnings->child : NULL; w; w = w->next)
            if (mi_flag_is(flags->item[i], text_of(w, "code")))
                return true;
    }
    return false;
}

/* "extra" stands behind schema, status, case, image and roi: it is put at the end, then what
   belongs behind it moves there, in order. */
static int add_extra(cJSON *record, const mi_case *cs, mi_err *err)
{
    static const char *const head[] = { "schema", "status", "case", "image", "roi" };
    cJSON *extra = cJSON_Duplicate(cs->extra, true), *next;
    if (!extra || !cJSON_AddItemToObject(record, "extra", extra)) {
        cJSON_Delete(extra);
        return no_memory(err);
    }
    for (cJSON *m = record->child; m != extra; m = next) {
        bool first = false;
        next = m->next;
        for (int i = 0; i < MI_COUNT(head); i++)
            first = first || strcmp(m->string, head[i]) == 0;
        if (!first)
            cJSON_AddItemToArray(record,
                                 cJSON_DetachItemViaPointer(record, m)); /* keeps its name */
    }
    return 0;
}

static int look_at_records(const mi_context *c, const mi_case *cs, mi_outcome *o, mi_err *err)
{
    for (cJSON *rec = o->records->child; rec; rec = rec->next) {
        if (cs->extra && add_extra(rec, cs, err) != 0)
            return -1;
        o->flagged = o->flagged || is_flagged(c, rec);
        if (!is_error(rec))
            o->any_ok = true;
        else {
            o->failed = true;
            error_of(rec, &o->err); /* the first one stays */
        }
    }
    return 0;
}

int mi_case_do(mi_context *c, const mi_batch *b, const mi_case *cs, mi_outcome *o, mi_err *err)
{
    *o = (mi_outcome) { .records = cJSON_CreateArray() };
    if (!o->records)
        return no_memory(err);
    int rc = b->run(c, cs, b->user, o->records, &o->err);
    if (rc != 0) {
        mi_fail(&o->err, MI_E_INTERNAL, "please report this",
                "failed without a reason"); /* unless set */
        o->failed = true;
        cJSON_Delete(o->records);
        o->records = cJSON_CreateArray();
        cJSON *row = o->records ? failure(c, b, cs, &o->err, err) : NULL;
        if (!row)
            return no_memory(err);
        cJSON_AddItemToArray(o->records, row);
    } else if (!o->records->child) {
        o->any_ok = true; /* checked, nothing to write */
    }
    return look_at_records(c, cs, o, err);
}

void mi_case_say_failures(mi_context *c, const mi_case *cs, const mi_outcome *o)
{
    char buf[32];
    const char *label = mi_case_label(cs, buf);
    bool told = false;
    for (const cJSON *rec = o->records->child; rec; rec = rec->next)
        if (is_error(rec)) {
            mi_err e = MI_ERR_EMPTY;
            error_of(rec, &e);
            if (strcmp(e.message, o->err.message) == 0) /* records do not tell it */
                mi_err_within(&e, o->err.within);
            mi_say_error(c, label, &e);
            told = true;
        }
    if (!told)
        mi_say_error(c, label, &o->err);
}
