/* mi-radiomics: image and masks in, IBSI features of every region out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/text.h"
#include "cli/batch.h"
#include "cli/provenance.h"
#include "cli/shown.h"
#include "radiomics/matrices.h"
#include "tools/radiomics_case.h"
#include "tools/radiomics_list.h"
#include "tools/radiomics_record.h"

static const char *const dumps[] = { "none", "diagnostics", "matrices", NULL };

#define AT(field) offsetof(mi_radiomics_opts, field)

const mi_param mi_radiomics_params[] = {
    { .name = "label",
      .letter = 'l',
      .type = MI_P_LIST,
      .offset = AT(label),
      .value = "L,L+L",
      .flags = MI_PF_CONFIG | MI_PF_REPEAT,
      .group = "Regions",
      .help = "labels to measure, by value or name; 1+2 is a union (default: every label)" },
    { .name = "labels",
      .type = MI_P_STRING,
      .offset = AT(labels),
      .value = "FILE",
      .flags = MI_PF_FULL,
      .group = "Regions",
      .help = "names of labels, a JSON object such as {\"1\":\"tumour\"}" },
    { .name = "describe",
      .type = MI_P_STRING,
      .offset = AT(describe),
      .value = "KEY",
      .group = "Features",
      .help = "all that is known of a feature" },
    { .name = "schema",
      .type = MI_P_FLAG,
      .offset = AT(schema),
      .flags = MI_PF_FULL,
      .group = "Features",
      .help = "print the JSON schema of the records" },
    { .name = "dump",
      .type = MI_P_CHOICE,
      .offset = AT(dump),
      .value = "WHAT",
      .preset = "none",
      .choices = dumps,
      .flags = MI_PF_FULL,
      .group = "Features",
      .help = "instead of features: diagnostics (each processing stage, as JSON Lines) or "
              "matrices (filled, of one region, as CSV)" },
    { .name = NULL }
};

static mi_settings *settings_of(mi_context *c) { return c->group[0]; }
static mi_radiomics_opts *opts_of(mi_context *c) { return c->group[1]; }
static mi_reading_opts *reading_of(mi_context *c) { return c->group[2]; }

/* ---- records ---- */

typedef struct collected {
    mi_context *c;
    const mi_settings *settings;
    const mi_key *keys;
    int n_keys;
    cJSON *records; /* array */
    double *seconds; /* [mi_n_families], spent in this case */
} collected;

static int keep(collected *k, cJSON *row_take, mi_err *err)
{
    if (row_take && cJSON_AddItemToArray(k->records, row_take))
        return 0;
    cJSON_Delete(row_take);
    return mi_fail(err, MI_E_MEMORY, NULL, "no memory for the record");
}

/* Names as --names asks for. */
static int shown(mi_context *c, mi_roi_facts *f, char *own[2], mi_err *err)
{
    own[0] = mi_shown_name(c, f->image, err);
    own[1] = mi_shown_name(c, f->mask, err);
    f->image = own[0];
    f->mask = own[1];
    return own[0] && own[1] ? 0 : -1;
}

static cJSON *row_of_failure(const mi_context *c, const mi_roi_facts *f, const mi_err *failed)
{
    cJSON *roi = mi_radiomics_roi(f);
    mi_err e = mi_shown_error(c, failed);
    cJSON *row = mi_record_error("mi.features/1", f->case_id, f->image, roi, &e,
                                 mi_exit_code(failed->cls));
    cJSON_Delete(roi);
    return row;
}

static cJSON *row_of_region(collected *k, const mi_case_work *w, const mi_target *t,
                            const mi_roi_facts *f, const mi_region *r, const mi_warnings *warn,
                            mi_err *err)
{
    const mi_volume *inputs[2] = { &w->image, &w->mask[t->mask] };
    cJSON *row = mi_radiomics_record_begin(f), *provenance = NULL;
    mi_pool *pool = mi_context_pool(k->c, err);
    if (row && pool &&
        mi_radiomics_record_fill(row, k->c->effective, r, k->settings, k->keys, k->n_keys, pool,
                                 warn, k->seconds, err) == 0) {
        if (k->c->common.no_provenance)
            return row;
        provenance = mi_provenance_record(k->c, NULL, inputs, 2, err);
        if (provenance && mi_json_add(row, "provenance", provenance))
            return row;
    }
    cJSON_Delete(row);
    return NULL;
}

static int visit_record(void *user, const mi_case_work *w, const mi_target *t, const mi_region *r,
                        const mi_diagnostics *d, const mi_warnings *warn, const mi_err *failed,
                        mi_err *err)
{
    collected *k = user;
    mi_roi_facts f;
    char *own[2] = { NULL, NULL };
    (void)d;
    mi_case_facts(w, t, &f);
    int rc = shown(k->c, &f, own, err);
    if (rc == 0)
        rc = keep(k, failed ? row_of_failure(k->c, &f, failed)
                            : row_of_region(k, w, t, &f, r, warn, err), err);
    free(own[0]);
    free(own[1]);
    return rc;
}

/* ---- cases ---- */

enum { COL_CASE, COL_IMAGE, COL_MASK, COL_LABEL };

static const mi_column columns[] = {
    { "case", 0 },
    { "image", MI_COL_REQUIRED | MI_COL_PATH | MI_COL_OPERAND },
    { "mask", MI_COL_PATH | MI_COL_OPERAND },
    { "label", 0 },
    { NULL, 0 }
};

/* The words of a batch's label cell, "1,3" or "1;3" as in --label; a name may hold spaces. */
static int words_of(const char *cell, mi_list *out, mi_err *err)
{
    *out = (mi_list){ NULL, 0 };
    for (const char *p = cell ? cell : ""; *p;) {
        p += strspn(p, ",; ");
        size_t n = strcspn(p, ",;"), len = n;
        while (len > 0 && p[len - 1] == ' ')
            len--;
        char **more = len ? mi_regrow(out->item, (size_t)out->n + 1, sizeof *more, err) : NULL;
        char *word = more ? mi_array_zero(len + 1, 1, err) : NULL;
        if (more)
            out->item = more;
        if (len && !word)
            return -1;
        if (len) {
            memcpy(word, p, len);
            out->item[out->n++] = word;
            if (mi_case_label_check(word, err) != 0)
                return -1;
        }
        p += n;
    }
    return 0;
}

static void words_free(mi_list *l)
{
    for (int i = 0; i < l->n; i++)
        free(l->item[i]);
    free(l->item);
}

static int run_case(mi_context *c, const mi_case *cs, mi_region_visitor visit, void *user,
                    mi_err *err)
{
    mi_list label;
    int n_masks = cs->path[COL_MASK] ? 1 + cs->n_more : 0;
    const char **paths = mi_array_zero((size_t)n_masks + 1, sizeof *paths, err);
    const char **names = mi_array_zero((size_t)n_masks + 1, sizeof *names, err);
    int rc = paths && names ? words_of(cs->name[COL_LABEL], &label, err) : -1;
    if (!paths || !names)
        label = (mi_list){ NULL, 0 };
    for (int i = 0; rc == 0 && i < n_masks; i++) {
        paths[i] = i ? cs->more[i - 1] : cs->path[COL_MASK];
        names[i] = i ? cs->more[i - 1] : cs->name[COL_MASK];
    }
    if (rc == 0) {
        mi_case_inputs in = { .id = cs->name[COL_CASE], .image = cs->path[COL_IMAGE],
                              .image_name = cs->name[COL_IMAGE], .masks = paths,
                              .mask_names = names, .n_masks = n_masks, .label = &label };
        rc = mi_radiomics_case(c, opts_of(c), reading_of(c), settings_of(c), &in, visit, user, err);
    }
    words_free(&label);
    free(paths);
    free(names);
    return rc < 0 ? -1 : 0;
}

static void say_seconds(mi_context *c, const char *image, const double *seconds)
{
    mi_text t = MI_TEXT_EMPTY;
    for (int f = 0; f < mi_n_families; f++)
        mi_text_addf(&t, "%s%s in %.3f s", f ? ", " : "", mi_families[f]->id, seconds[f]);
    mi_say(c, "debug", image, "%s", t.failed ? "no memory to tell the seconds" : mi_text_ref(&t));
    mi_text_free(&t);
}

static int record_case(mi_context *c, const mi_case *cs, const void *user, cJSON *records,
                       mi_err *err)
{
    collected k = *(const collected *)user;
    k.c = c;
    k.records = records;
    k.seconds = mi_array_zero((size_t)mi_n_families, sizeof *k.seconds, err);
    int rc = k.seconds ? run_case(c, cs, visit_record, &k, err) : -1;
    if (rc == 0)
        say_seconds(c, cs->name[COL_IMAGE], k.seconds);
    free(k.seconds);
    return rc;
}

static int run_records(mi_context *c, mi_err *err)
{
    int n = 0, rc = -1;
    mi_key *keys = mi_radiomics_keys(settings_of(c), &n, err);
    const char **names = keys ? mi_array_zero((size_t)n + 2, sizeof *names, err) : NULL;
    if (names) {
        int n_names = 0;
        if (reading_of(c)->frame) /* tells rows of one image and region apart */
            names[n_names++] = "frame";
        for (int i = 0; i < n; i++)
            names[n_names++] = keys[i].text;
        collected k = { c, settings_of(c), keys, n, NULL, NULL };
        mi_batch b = { .schema = "mi.features/1", .columns = columns, .keys = names,
                       .n_keys = n_names, .run = record_case, .user = &k };
        rc = mi_batch_run(c, &b, err);
    }
    free(names);
    free(keys);
    return rc;
}

/* ---- --dump ---- */

typedef struct dumping {
    mi_context *c;
    mi_text text;
    int regions;
} dumping;

static void put_matrix_line(void *user, const char *line)
{
    mi_text_add(user, line);
    mi_text_add(user, "\n");
}

static int visit_dump(void *user, const mi_case_work *w, const mi_target *t, const mi_region *r,
                      const mi_diagnostics *d, const mi_warnings *warn, const mi_err *failed,
                      mi_err *err)
{
    dumping *k = user;
    mi_roi_facts f;
    (void)warn;
    mi_case_facts(w, t, &f);
    if (failed) {
        *err = *failed;
        return -1;
    }
    if (opts_of(k->c)->dump == MI_DUMP_MATRICES && k->regions++ > 0)
        return mi_fail(err, MI_E_USAGE, "choose it with --label",
                       "--dump matrices shows one region, there are several");
    if (opts_of(k->c)->dump == MI_DUMP_MATRICES)
        return mi_matrices_print(r, settings_of(k->c), put_matrix_line, &k->text, err);
    cJSON *j = mi_radiomics_diagnostics(&f, d);
    char *line = j ? mi_json_line(j, false) : NULL;
    cJSON_Delete(j);
    if (!line)
        return mi_fail(err, MI_E_MEMORY, NULL, "no memory for the record");
    mi_text_add(&k->text, line);
    mi_text_add(&k->text, "\n");
    free(line);
    return 0;
}

static int write_text(mi_context *c, const mi_text *t, mi_err *err)
{
    mi_output *o = NULL;
    if (mi_output_open(&o, c->common.output, c->common.force, err) != 0)
        return -1;
    if (mi_output_write(o, mi_text_ref(t), t->len, err) != 0) {
        mi_output_abort(o);
        return -1;
    }
    return mi_output_commit(o, err);
}

/* A dump has one form; another one that is asked for is refused. */
static int check_dump_form(mi_context *c, mi_err *err)
{
    bool matrices = opts_of(c)->dump == MI_DUMP_MATRICES;
    if (mi_context_source(c, "format") != MI_OF_OPTION ||
        c->common.form == (matrices ? MI_FORM_CSV : MI_FORM_JSONL))
        return 0;
    return mi_fail(err, MI_E_USAGE, NULL, "--dump %s is written as %s only",
                   matrices ? "matrices" : "diagnostics", matrices ? "CSV" : "JSON Lines");
}

static int run_dump(mi_context *c, mi_err *err)
{
    dumping k = { c, MI_TEXT_EMPTY, 0 };
    mi_case cs = { .number = 0 };
    int rc = check_dump_form(c, err) != 0
                 ? -1
             : c->common.batch
                 ? mi_fail(err, MI_E_USAGE, NULL, "--dump works on one case, not with --batch")
             : c->n_operands == 0
                 ? mi_fail(err, MI_E_USAGE, NULL, "--dump: name an image and its mask")
                 : 0;
    if (rc == 0) {
        cs.name[COL_IMAGE] = cs.path[COL_IMAGE] = c->operands[0];
        if (c->n_operands > 1)
            cs.name[COL_MASK] = cs.path[COL_MASK] = c->operands[1];
        cs.more = c->operands + 2;
        cs.n_more = c->n_operands > 2 ? c->n_operands - 2 : 0;
        rc = run_case(c, &cs, visit_dump, &k, err);
    }
    if (rc == 0)
        rc = k.text.failed ? mi_fail(err, MI_E_MEMORY, NULL, "no memory for the dump")
                           : write_text(c, &k.text, err);
    mi_text_free(&k.text);
    return rc;
}

/* --describe and --schema: text about features instead of features. */
static int inform(mi_context *c, mi_err *err)
{
    mi_output *o = NULL;
    if (mi_output_open(&o, c->common.output, c->common.force, err) != 0)
        return -1;
    int rc = opts_of(c)->schema ? mi_radiomics_schema(o, err)
                                : mi_radiomics_describe(opts_of(c)->describe, o, err);
    if (rc != 0) {
        mi_output_abort(o);
        return -1;
    }
    return mi_output_commit(o, err);
}

static int run(mi_context *c, mi_err *err)
{
    if (opts_of(c)->describe || opts_of(c)->schema)
        return inform(c, err);
    if (mi_reading_open(reading_of(c), err) != 0)
        return -1;
    int rc = opts_of(c)->dump ? run_dump(c, err) : run_records(c, err);
    mi_reading_close(reading_of(c));
    return rc;
}

static mi_origin origin_of(const void *c, const char *name)
{
    static const mi_origin as[] = { [MI_BUILT_IN] = MI_FROM_DEFAULT,
                                    [MI_OF_PRESET] = MI_FROM_PRESET,
                                    [MI_OF_CONFIG] = MI_FROM_CONFIG,
                                    [MI_OF_OPTION] = MI_FROM_OPTION };
    return as[mi_context_source(c, name)];
}

static int check_labels(const mi_radiomics_opts *o, mi_err *err)
{
    for (int i = 0; i < o->label.n; i++)
        if (mi_case_label_check(o->label.item[i], err) != 0) {
            mi_err_subject(err, "--label");
            return -1;
        }
    return 0;
}

static int settle(mi_context *c, mi_err *err)
{
    if (check_labels(opts_of(c), err) != 0)
        return -1;
    return mi_settings_imply(settings_of(c), origin_of, c, err) == 0
               ? mi_settings_settle(settings_of(c), err) : -1;
}

/* ---- the declaration ---- */

static const mi_group groups[] = {
    { mi_settings_params, sizeof(mi_settings) },
    { mi_radiomics_params, sizeof(mi_radiomics_opts) },
    { mi_reading_params, sizeof(mi_reading_opts) },
    { NULL, 0 }
};

static const mi_listing listings[] = {
    { "features", "every feature with tag, unit and definition", mi_radiomics_list_features,
      mi_radiomics_feature_rows },
    { NULL, NULL, NULL, NULL }
};

static const char *const examples[] = {
    "mi-radiomics image.nii.gz mask.nii.gz > features.jsonl",
    "mi-radiomics --preset ct --features stat,morph --csv ct.nii.gz tumour.nii.gz",
    "mi-radiomics --batch cohort.csv --jobs 4 -o cohort.jsonl",
    "cat ct.nii tumour.nii | mi-radiomics -",
    NULL
};

static const mi_tool tool = {
    .name = "mi-radiomics",
    .purpose = "IBSI features of regions of interest",
    .operands = "IMAGE [MASK...]",
    .about = "Without a preset: the original grid, all intensities, 32 bins of equal width\n"
             "between the region's minimum and maximum, textures in 3-D, averaged and merged.\n"
             "Every non-zero label of every mask is one record.",
    .examples = examples,
    .groups = groups,
    .listings = listings,
    .settle = settle,
    .run = run
};

int main(int argc, char **argv) { return mi_tool_main(&tool, argc, argv); }
