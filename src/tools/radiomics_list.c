#include "tools/radiomics_list.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/text.h"

static const mi_feature *feature_of(const mi_key *k) { return &k->family->rows[k->row]; }
static const mi_aggregation *agg_of(const mi_key *k) { return &k->family->aggregations[k->agg]; }

static int put_text(mi_output *o, mi_text *t, mi_err *err)
{
    int rc = t->failed ? mi_fail(err, MI_E_MEMORY, NULL, "no memory for the list")
                       : mi_output_write(o, mi_text_ref(t), t->len, err);
    mi_text_free(t);
    return rc;
}

/* ---- --list-features ---- */

static cJSON *key_json(const mi_key *k)
{
    const mi_feature *f = feature_of(k);
    cJSON *j = cJSON_CreateObject();
    bool ok = j && mi_json_add_string(j, "key", k->text) &&
              mi_json_add_string(j, "family", k->family->id) &&
              mi_json_add_string(j, "feature", f->name) &&
              mi_json_add_string(j, "ibsi_tag", f->tag) &&
              mi_json_add_string(j, "aggregation", agg_of(k)->id) &&
              mi_json_add_string(j, "unit", f->unit) &&
              mi_json_add_string(j, "definition", f->definition) &&
              mi_json_add(j, "pyradiomics", f->pyradiomics ? cJSON_CreateString(f->pyradiomics)
                                                           : cJSON_CreateNull());
    if (ok)
        return j;
    cJSON_Delete(j);
    return NULL;
}

cJSON *mi_radiomics_feature_rows(mi_context *c, mi_err *err)
{
    int n;
    mi_key *keys = mi_catalogue(&n, err);
    cJSON *all = keys ? cJSON_CreateArray() : NULL;
    bool ok = all != NULL;
    (void)c;
    for (int i = 0; ok && i < n; i++) {
        cJSON *j = key_json(&keys[i]);
        ok = j && cJSON_AddItemToArray(all, j);
    }
    free(keys);
    if (ok)
        return all;
    cJSON_Delete(all);
    mi_fail(err, MI_E_MEMORY, NULL, "no memory for the list");
    return NULL;
}

int mi_radiomics_list_features(mi_context *c, mi_output *o, mi_err *err)
{
    int n, rc = -1;
    mi_key *keys = mi_catalogue(&n, err);
    mi_text t = MI_TEXT_EMPTY;
    (void)c;
    for (int i = 0; keys && i < n; i++)
        mi_text_addf(&t, "%-56s %-4s  %-14s %s\n", keys[i].text, feature_of(&keys[i])->tag,
                     feature_of(&keys[i])->unit, feature_of(&keys[i])->definition);
    if (keys)
        rc = put_text(o, &t, err);
    free(keys);
    return rc;
}

/* ---- --describe ---- */

/* Does `what` name this key: whole, without its aggregation, by its family, by tag, or as
   PyRadiomics calls it? */
static bool described(const mi_key *k, const char *what)
{
    char bare[96];
    snprintf(bare, sizeof bare, "%s.%s", k->family->id, feature_of(k)->id);
    const char *other = feature_of(k)->pyradiomics;
    return strcmp(k->text, what) == 0 || strcmp(bare, what) == 0 ||
           strcmp(k->family->id, what) == 0 || strcmp(feature_of(k)->tag, what) == 0 ||
           (other && strcmp(other, what) == 0);
}

static void describe_row(mi_text *t, const mi_key *k)
{
    const mi_feature *f = feature_of(k);
    mi_text_addf(t, "%s%s.%s\n", t->len ? "\n" : "", k->family->id, f->id);
    mi_text_addf(t, "  name         %s (%s)\n", f->name, k->family->title);
    mi_text_addf(t, "  definition   %s\n", f->definition);
    mi_text_addf(t, "  formula      %s\n", f->formula);
    mi_text_addf(t, "  symbols      %s\n", k->family->symbols);
    mi_text_addf(t, "  unit         %s\n", f->unit);
    mi_text_addf(t, "  IBSI tag     %s\n", f->tag);
    mi_text_addf(t, "  reference    %s\n", f->section);
    mi_text_addf(t, "  PyRadiomics  %s\n", f->pyradiomics ? f->pyradiomics : "none");
    mi_text_add(t, "  keys         ");
    for (int a = 0; a < k->family->n_aggregations; a++) {
        const mi_aggregation *g = &k->family->aggregations[a];
        mi_text_addf(t, "%s%s%s%s.%s", a ? "\n               " : "", k->family->id,
                     *g->id ? "." : "", g->id, f->id);
        if (*g->id)
            mi_text_addf(t, "  (%s, %s)", g->name, g->tag);
    }
    mi_text_add(t, "\n");
}

/* The nearest of all keys, families ("glcm") and names without a family ("joint_entropy", which
   stands for the first key that has it). */
static const char *nearest_feature(const mi_key *keys, int n, const char *what, mi_err *err)
{
    const char **names = mi_array_zero(3 * (size_t)n + 1, sizeof *names, err);
    const char *near = NULL;
    for (int i = 0; names && i < n; i++) {
        names[i] = keys[i].text;
        names[n + i] = feature_of(&keys[i])->id;
        names[2 * n + i] = keys[i].family->id;
    }
    if (names)
        near = mi_nearest(what, names);
    for (int i = 0; near && i < n; i++)
        if (near == feature_of(&keys[i])->id) {
            near = keys[i].text;
            break;
        }
    free(names);
    return near;
}

static int unknown_feature(const mi_key *keys, int n, const char *what, const char *option,
                           mi_err *err)
{
    const char *near = nearest_feature(keys, n, what, err);
    mi_fail(err, MI_E_USAGE, NULL, "%s: no feature is called '%s'", option, what);
    if (near)
        mi_err_hint(err, "did you mean %s? --list-features shows all", near);
    else
        mi_err_hint(err, "--list-features shows all");
    return -1;
}

int mi_radiomics_describe(const char *what, mi_output *o, mi_err *err)
{
    int n, rc = -1;
    mi_key *keys = mi_catalogue(&n, err);
    mi_text t = MI_TEXT_EMPTY;
    const mi_feature *last = NULL;
    for (int i = 0; keys && i < n; i++) {
        bool first_of_row = keys[i].agg == 0 || strcmp(keys[i].text, what) == 0;
        if (first_of_row && described(&keys[i], what) && feature_of(&keys[i]) != last) {
            describe_row(&t, &keys[i]);
            last = feature_of(&keys[i]);
        }
    }
    if (keys)
        rc = t.len ? put_text(o, &t, err) : unknown_feature(keys, n, what, "--describe", err);
    free(keys);
    return rc;
}

/* ---- the keys asked for ---- */

/* Of what a pattern asks for, something has to be left by --aggregations. */
static int check_aggregations(const mi_settings *s, const mi_key *keys, int n, const mi_list *one,
                              mi_err *err)
{
    const mi_list any = { NULL, 0 };
    const char *seen[16];
    mi_text has = MI_TEXT_EMPTY;
    int n_seen = 0;
    bool left = false;
    for (int i = 0; i < n && !left; i++) {
        bool again = !mi_key_wanted(&keys[i], one, &any);
        left = mi_key_wanted(&keys[i], one, &s->aggregations);
        for (int k = 0; k < n_seen; k++)
            again = again || strcmp(seen[k], agg_of(&keys[i])->id) == 0;
        if (again || n_seen == MI_COUNT(seen))
            continue;
        mi_text_addf(&has, "%s%s", n_seen ? "," : "", agg_of(&keys[i])->id);
        seen[n_seen++] = agg_of(&keys[i])->id;
    }
    if (!left) {
        mi_fail(err, MI_E_USAGE, NULL, "--features: --aggregations leaves nothing of %s",
                one->item[0]);
        mi_err_hint(err, "add to --aggregations what it has: %s", mi_text_ref(&has));
    }
    mi_text_free(&has);
    return left ? 0 : -1;
}

static int check_patterns(const mi_settings *s, const mi_key *keys, int n, mi_err *err)
{
    for (int p = 0; p < s->features.n; p++) {
        mi_list one = { &s->features.item[p], 1 }, any = { NULL, 0 };
        bool found = false;
        for (int i = 0; i < n && !found; i++)
            found = mi_key_wanted(&keys[i], &one, &any);
        if (!found)
            return unknown_feature(keys, n, s->features.item[p], "--features", err);
        if (check_aggregations(s, keys, n, &one, err) != 0)
            return -1;
    }
    return 0;
}

mi_key *mi_radiomics_keys(const mi_settings *s, int *n, mi_err *err)
{
    int all, kept = 0;
    mi_key *keys = mi_catalogue(&all, err);
    if (!keys || check_patterns(s, keys, all, err) != 0) {
        free(keys);
        return NULL;
    }
    for (int i = 0; i < all; i++)
        if (mi_key_wanted(&keys[i], &s->features, &s->aggregations))
            keys[kept++] = keys[i];
    *n = kept;
    return keys;
}

/* ---- --dump diagnostics ---- */

static cJSON *box_json(const mi_box *b)
{
    double v[6];
    for (int d = 0; d < 3; d++) {
        v[d] = (double)b->lo[d];
        v[d + 3] = (double)(b->hi[d] - b->lo[d]);
    }
    cJSON *j = cJSON_CreateObject();
    mi_json_add(j, "start", mi_json_numbers(v, 3));
    mi_json_add(j, "size", mi_json_numbers(v + 3, 3));
    return j;
}

static cJSON *stage_json(const mi_stage *s)
{
    double size[3] = { (double)s->grid.n[0], (double)s->grid.n[1], (double)s->grid.n[2] };
    cJSON *j = cJSON_CreateObject(), *image = cJSON_CreateObject(), *morph = cJSON_CreateObject(),
          *inten = cJSON_CreateObject();
    mi_json_add_string(j, "name", s->name);
    mi_json_add(image, "size", mi_json_numbers(size, 3));
    mi_json_add(image, "spacing", mi_json_numbers(s->grid.spacing, 3));
    if (s->has_image) {
        mi_json_add_number(image, "mean", s->image_mean);
        mi_json_add_number(image, "min", s->image_min);
        mi_json_add_number(image, "max", s->image_max);
    }
    mi_json_add(j, "image", image);
    mi_json_add(morph, "box", box_json(&s->morph_box));
    mi_json_add_number(morph, "voxels", (double)s->morph_voxels);
    mi_json_add_number(morph, "at_threshold", (double)s->at_threshold);
    mi_json_add(j, "morph", morph);
    mi_json_add(inten, "box", box_json(&s->inten_box));
    mi_json_add_number(inten, "voxels", (double)s->inten_voxels);
    mi_json_add_number(inten, "mean", s->mean);
    mi_json_add_number(inten, "min", s->min);
    mi_json_add_number(inten, "max", s->max);
    mi_json_add(j, "inten", inten);
    return j;
}

cJSON *mi_radiomics_diagnostics(const mi_roi_facts *f, const mi_diagnostics *d)
{
    double levels[2] = { d->level_min, d->level_max };
    cJSON *j = cJSON_CreateObject(), *stages = cJSON_CreateArray();
    mi_json_add_string(j, "case", f->case_id);
    mi_json_add(j, "roi", mi_radiomics_roi(f));
    for (int i = 0; i < d->n; i++)
        mi_json_append(stages, stage_json(&d->stage[i]));
    mi_json_add(j, "stages", stages);
    mi_json_add(j, "levels", mi_json_numbers(levels, 2));
    return j;
}

/* ---- --schema ---- */

/* What of a record does not depend on the catalogue;
   {"properties":{"features":{"properties":{}}}} is filled in. */
static const char record_schema[] =
    "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"title\":\"mi.features/1\","
    "\"description\":\"One region of interest, or one that could not be measured\","
    "\"type\":\"object\",\"required\":[\"schema\",\"status\"],\"additionalProperties\":false,"
    "\"properties\":{"
    "\"schema\":{\"const\":\"mi.features/1\"},"
    "\"status\":{\"enum\":[\"ok\",\"error\"]},"
    "\"case\":{\"type\":\"string\"},\"image\":{\"type\":\"string\"},"
    "\"roi\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"mask\":{\"type\":\"string\"},\"label\":{\"type\":[\"integer\",\"string\"]},"
    "\"name\":{\"type\":\"string\"},\"frame\":{\"type\":\"integer\",\"minimum\":0},"
    "\"voxels\":{\"type\":\"integer\",\"minimum\":0}}},"
    "\"settings\":{\"type\":\"object\"},"
    "\"features\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{}},"
    "\"warnings\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"why\"],"
    "\"additionalProperties\":false,\"properties\":{\"code\":{\"type\":\"string\"},"
    "\"feature\":{\"type\":\"string\"},\"why\":{\"type\":\"string\"}}}},"
    "\"provenance\":{\"type\":\"object\",\"required\":[\"history\"],\"properties\":{"
    "\"history\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"tool\","
    "\"version\"]}}}},"
    "\"extra\":{\"type\":\"object\"},"
    "\"error\":{\"type\":\"object\",\"required\":[\"class\",\"code\",\"message\"],"
    "\"additionalProperties\":false,\"properties\":{\"class\":{\"type\":\"string\"},"
    "\"code\":{\"type\":\"integer\"},\"subject\":{\"type\":\"string\"},"
    "\"message\":{\"type\":\"string\"},\"hint\":{\"type\":\"string\"}}}}}";

static cJSON *member(cJSON *o, const char *a, const char *b, const char *c)
{
    o = cJSON_GetObjectItemCaseSensitive(o, a);
    o = cJSON_GetObjectItemCaseSensitive(o, b);
    return cJSON_GetObjectItemCaseSensitive(o, c);
}

int mi_radiomics_schema(mi_output *o, mi_err *err)
{
    int n, rc = -1;
    mi_key *keys = mi_catalogue(&n, err);
    cJSON *root = keys ? mi_json_parse(record_schema, strlen(record_schema), err) : NULL;
    cJSON *features = root ? member(root, "properties", "features", "properties") : NULL;
    for (int i = 0; features && i < n; i++) {
        cJSON *k = cJSON_CreateObject(), *type = cJSON_CreateArray();
        mi_json_append(type, cJSON_CreateString("number"));
        mi_json_append(type, cJSON_CreateString("null"));
        mi_json_add(k, "type", type);
        mi_json_add_string(k, "description", feature_of(&keys[i])->definition);
        mi_json_add(features, keys[i].text, k);
    }
    char *text = features ? mi_json_pretty(root) : NULL;
    mi_text t = MI_TEXT_EMPTY;
    if (text) {
        mi_text_add(&t, text);
        mi_text_add(&t, "\n");
        rc = put_text(o, &t, err);
    } else {
        mi_fail(err, MI_E_MEMORY, NULL, "no memory for the schema");
    }
    free(text);
    cJSON_Delete(root);
    free(keys);
    return rc;
}
