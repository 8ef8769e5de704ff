/* mi-info: what a file, a stream or a folder holds. */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "cli/shown.h"
#include "tools/info.h"

static const char *const as_words[] = { "auto", "image", "mask", NULL };

#define AT(field) offsetof(mi_info_opts, field)

static const mi_param params[] = {
    { .name = "stats", .letter = 's', .type = MI_P_BOOL, .offset = AT(stats), .group = "Content",
      .help = "minimum, maximum, mean, sd, percentiles; under each label too" },
    { .name = "mask", .letter = 'm', .type = MI_P_LIST, .offset = AT(mask), .value = "FILE",
      .flags = MI_PF_REPEAT, .group = "Content",
      .help = "label map for --stats; in a stream masks follow their image" },
    { .name = "header", .letter = 'H', .type = MI_P_BOOL, .offset = AT(header), .group = "Content",
      .help = "the header alone: read no voxels, count no labels" },
    { .name = "as", .type = MI_P_CHOICE, .offset = AT(as), .value = "WHAT", .preset = "auto",
      .choices = as_words, .flags = MI_PF_FULL, .group = "Content",
      .help = "count labels (mask), do not (image), or when it looks like a label map" },
    { .name = "digest", .type = MI_P_BOOL, .offset = AT(digest), .flags = MI_PF_FULL,
      .group = "Content", .help = "SHA-256 of voxels and geometry; a file and its gzip agree" },
    { .name = NULL }
};

/* What is written, file by file. */
typedef struct writing {
    mi_context *c;
    mi_output *o;
    mi_records *table; /* CSV and TSV */
    cJSON *all;        /* JSON: one array at the end */
    int done, failed;
    mi_err first;      /* the first failure */
} writing;

static const char *const plain_columns[] = { "volume_mm3", "volume_ml" };
static const char *const stats_columns[] = { "volume_mm3", "volume_ml", "min", "max", "mean", "sd",
                                             "p1", "p5", "p25", "p50", "p75", "p95", "p99" };

static mi_info_opts *opts_of(const mi_context *c)
{
    return c->group[0];
}

static int no_memory(mi_err *err)
{
    return mi_fail(err, MI_E_MEMORY, NULL, "no memory for the answer");
}

static int put_text(writing *w, mi_text *t, mi_err *err)
{
    int rc = t->failed ? no_memory(err) : mi_output_write(w->o, mi_text_ref(t), t->len, err);
    mi_text_free(t);
    return rc;
}

static int put_json(writing *w, const cJSON *j, bool pretty, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    char *s = pretty ? mi_json_pretty(j) : mi_json_line(j, false);
    t.failed = !s;
    mi_text_add(&t, s);
    mi_text_add(&t, "\n");
    free(s);
    return put_text(w, &t, err);
}

/* ---- tables: a row for each label, or one for an item without ---- */

static bool copy_member(cJSON *to, const cJSON *from, const char *key)
{
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(from, key);
    return !x || mi_json_add(to, key, cJSON_Duplicate(x, 1));
}

static bool add_features(cJSON *row, const cJSON *of)
{
    const cJSON *stats = cJSON_GetObjectItemCaseSensitive(of, "stats");
    cJSON *f = cJSON_AddObjectToObject(row, "features");
    bool ok = f != NULL;
    for (int i = 0; ok && i < MI_COUNT(stats_columns); i++)
        ok = copy_member(f, i < MI_COUNT(plain_columns) ? of : stats, stats_columns[i]);
    return ok;
}

static bool add_roi(cJSON *row, const char *file, const cJSON *label)
{
    cJSON *roi = cJSON_AddObjectToObject(row, "roi");
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(label, "value");
    return roi && mi_json_add_string(roi, "mask", file) &&
           mi_json_add(roi, "label", cJSON_Duplicate(value, 1)) &&
           copy_member(roi, label, "name") && copy_member(roi, label, "voxels");
}

static int put_row(writing *w, const char *file, const cJSON *item, const cJSON *label, mi_err *err)
{
    const cJSON *mask = cJSON_GetObjectItemCaseSensitive(item, "mask_file");
    cJSON *row = cJSON_CreateObject();
    bool ok = mi_json_add_string(row, "schema", "mi.info/1") &&
              mi_json_add_string(row, "status", "ok") && copy_member(row, item, "case") &&
              mi_json_add_string(row, "image", file) &&
              (!label || add_roi(row, mask ? mask->valuestring : file, label)) &&
              add_features(row, label ? label : item) && copy_member(row, item, "warnings");
    int rc = ok ? mi_records_add(w->table, row, err) : no_memory(err);
    cJSON_Delete(row);
    return rc;
}

static int put_rows(writing *w, const char *file, const cJSON *doc, mi_err *err)
{
    const cJSON *item, *label;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(doc, "items"))
    {
        const cJSON *labels = cJSON_GetObjectItemCaseSensitive(item, "labels");
        if (!labels && put_row(w, file, item, NULL, err) != 0)
            return -1;
        cJSON_ArrayForEach(label, labels)
            if (put_row(w, file, item, label, err) != 0)
                return -1;
    }
    return 0;
}

/* ---- files ---- */

/* --fail-on: a code of a warning, or "error". */
static bool is_flagged(const mi_context *c, const cJSON *doc)
{
    const mi_list *flags = &c->common.fail_on;
    const cJSON *item, *w;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(doc, "items"))
        cJSON_ArrayForEach(w, cJSON_GetObjectItemCaseSensitive(item, "warnings"))
        {
            const cJSON *code = cJSON_GetObjectItemCaseSensitive(w, "code");
            for (int i = 0; i < flags->n; i++)
                if (cJSON_IsString(code) && mi_flag_is(flags->item[i], code->valuestring))
                    return true;
        }
    return false;
}

static int put_document(writing *w, const char *file, cJSON *doc_take, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    int form = w->c->common.form, rc = 0;
    if (is_flagged(w->c, doc_take))
        w->c->exit_code = 1;
    if (w->table) {
        rc = put_rows(w, file, doc_take, err);
    } else if (form == MI_FORM_JSON) {
        if (cJSON_AddItemToArray(w->all, doc_take))
            return 0;
        rc = no_memory(err);
    } else if (form == MI_FORM_JSONL) {
        rc = put_json(w, doc_take, false, err);
    } else {
        mi_info_text(doc_take, &t);
        rc = put_text(w, &t, err);
    }
    cJSON_Delete(doc_take);
    return rc;
}

/* A file that failed: a message, and where there is a form for it a row. */
static int put_failure(writing *w, const char *file, const mi_err *e, mi_err *err)
{
    int form = w->c->common.form, code = mi_exit_code(e->cls);
    mi_err told = *e;
    mi_err_hint_of_class(w->c, &told);
    cJSON *record = mi_record_error("mi.info/1", NULL, file, NULL, &told, code);
    mi_say_error(w->c, NULL, e);
    if (w->failed++ == 0)
        w->first = *e;
    if (!record)
        return no_memory(err);
    int rc = 0;
    if (w->table) {
        rc = mi_records_add(w->table, record, err);
        cJSON_Delete(record);
        return rc;
    }
    cJSON *doc = cJSON_CreateObject();
    bool ok = mi_json_add_string(doc, "schema", "mi.info/1") &&
              mi_json_add_string(doc, "status", "error") && mi_json_add_string(doc, "file", file) &&
              copy_member(doc, record, "error");
    cJSON_Delete(record);
    if (!ok)
        rc = no_memory(err);
    else if (form == MI_FORM_JSON)
        return cJSON_AddItemToArray(w->all, doc) ? 0 : no_memory(err);
    else if (form == MI_FORM_JSONL)
        rc = put_json(w, doc, false, err);
    cJSON_Delete(doc);
    return rc;
}

static int open_writing(writing *w, mi_err *err)
{
    int form = w->c->common.form;
    bool stats = opts_of(w->c)->stats;
    if (form < 0)
        form = w->c->common.form = mi_form_of_name(w->c->common.output);
    if (mi_output_open(&w->o, w->c->common.output, w->c->common.force, err) != 0)
        return -1;
    if (form == MI_FORM_CSV || form == MI_FORM_TSV)
        return mi_records_open(&w->table, w->o, form, stats ? stats_columns : plain_columns,
                               stats ? MI_COUNT(stats_columns) : MI_COUNT(plain_columns), NULL,
                               err);
    if (form == MI_FORM_JSON && !(w->all = cJSON_CreateArray()))
        return no_memory(err);
    return 0;
}

/* Nothing is written when no file could be looked at. */
static int close_writing(writing *w, int rc, mi_err *err)
{
    bool keep = rc == 0 && w->done > 0;
    if (w->table && keep)
        rc = mi_records_end(w->table, err);
    else
        mi_records_free(w->table);
    if (keep && rc == 0 && w->all)
        rc = put_json(w, w->all, true, err);
    cJSON_Delete(w->all);
    if (keep && rc == 0)
        return mi_output_commit(w->o, err);
    mi_output_abort(w->o);
    return rc;
}

static int settle_exit(writing *w)
{
    mi_context *c = w->c;
    bool asked = c->common.validate;
    for (int i = 0; i < c->common.fail_on.n; i++)
        asked = asked || strcmp(c->common.fail_on.item[i], "error") == 0;
    if (w->failed > 0)
        c->exit_code = asked ? 1 : w->done > 0 ? 3 : mi_exit_code(w->first.cls);
    return 0;
}

/* With one file its failure is the failure of the run. */
static int look_at(writing *w, const char *file, bool only, mi_err *err)
{
    mi_err own = MI_ERR_EMPTY;
    mi_info_opts o = *opts_of(w->c);
    o.header = o.header || w->c->common.dry_run || w->c->common.validate;
    mi_pool *pool = mi_context_pool(w->c, err);
    if (!pool)
        return -1;
    cJSON *doc = mi_info_gather(file, &o, w->c->group[1], pool, only ? err : &own);
    if (!doc)
        return only ? -1 : put_failure(w, file, &own, err);
    w->done++;
    return put_document(w, file, doc, err);
}

static int dashes(char *const *name, int n)
{
    int found = 0;
    for (int i = 0; i < n; i++)
        found += strcmp(name[i], "-") == 0;
    return found;
}

static int run(mi_context *c, mi_err *err)
{
    char dash[] = "-", *stdin_only[] = { dash };
    char **file = c->operands;
    int n = c->n_operands;
    if (n == 0 && !c->stdin_is_terminal) {
        file = stdin_only;
        n = 1;
    }
    if (n == 0)
        return mi_fail(err, MI_E_USAGE, "see mi-info --help", "name at least one file");
    if (dashes(file, n) + dashes(opts_of(c)->mask.item, opts_of(c)->mask.n) > 1)
        return mi_fail(err, MI_E_USAGE, "put the items into one stream: cat IMAGE MASK |",
                       "only one input may be -");
    writing w = { .c = c, .first = MI_ERR_EMPTY };
    if (mi_reading_open(c->group[1], err) != 0)
        return -1;
    int rc = open_writing(&w, err);
    for (int i = 0; rc == 0 && i < n; i++)
        rc = look_at(&w, file[i], n == 1 && !c->common.validate, err);
    rc = close_writing(&w, rc, err);
    mi_reading_close(c->group[1]);
    return rc == 0 ? settle_exit(&w) : rc;
}

static const mi_group groups[] = { { params, sizeof(mi_info_opts) },
                                   { mi_reading_params, sizeof(mi_reading_opts) },
                                   { NULL, 0 } };

static const char *const examples[] = {
    "mi-info image.nii mask.nii",
    "mi-info --stats --mask mask.nii image.nii",
    "cat image.nii mask.nii | mi-info --json -",
    NULL
};

static const mi_tool tool = {
    .name = "mi-info",
    .purpose = "show what images, label maps, streams and folders hold",
    .operands = "FILE...",
    .about = "Header, grid, labels with counts and volumes, items and history of a stream.\n"
             "Voxels are read to count the labels of what looks like a label map.",
    .examples = examples,
    .groups = groups,
    .run = run,
    .without = MI_WITHOUT_BATCH | MI_WITHOUT_PROVENANCE,
};

int main(int argc, char **argv)
{
    return mi_tool_main(&tool, argc, argv);
}
