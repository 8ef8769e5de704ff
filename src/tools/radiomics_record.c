#include "tools/radiomics_record.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/memory.h"
#include "base/text.h"

static bool add_label(cJSON *roi, const mi_roi_facts *f)
{
    if (f->n_labels == 1)
        return mi_json_add(roi, "label", mi_json_integer(f->labels[0]));
    mi_text t = MI_TEXT_EMPTY;
    for (int i = 0; i < f->n_labels; i++)
        mi_text_addf(&t, "%s%lld", i ? "+" : "", (long long)f->labels[i]);
    bool ok = !t.failed && mi_json_add_string(roi, "label", mi_text_ref(&t));
    mi_text_free(&t);
    return ok;
}

cJSON *mi_radiomics_roi(const mi_roi_facts *f)
{
    cJSON *roi = cJSON_CreateObject();
    bool ok = roi && mi_json_add_string(roi, "mask", f->mask) &&
              (f->n_labels == 0 || add_label(roi, f)) && mi_json_add_string(roi, "name", f->name);
    if (ok && f->frame >= 0)
        ok = mi_json_add_number(roi, "frame", (double)f->frame);
    if (ok && f->voxels >= 0)
        ok = mi_json_add_number(roi, "voxels", (double)f->voxels);
    if (ok)
        return roi;
    cJSON_Delete(roi);
    return NULL;
}

cJSON *mi_radiomics_record_begin(const mi_roi_facts *f)
{
    cJSON *r = cJSON_CreateObject();
    if (r && mi_json_add_string(r, "schema", "mi.features/1") &&
        mi_json_add_string(r, "status", "ok") && mi_json_add_string(r, "case", f->case_id) &&
        mi_json_add_string(r, "image", f->image) && mi_json_add(r, "roi", mi_radiomics_roi(f)))
        return r;
    cJSON_Delete(r);
    return NULL;
}

/* Where a family's keys begin in the list of wanted ones; keys come family by family. */
static int family_end(const mi_key *keys, int n, int from)
{
    int i = from;
    while (i < n && keys[i].family == keys[from].family)
        i++;
    return i;
}

static int family_number(const mi_family *f)
{
    int i = 0;
    while (mi_families[i] != f)
        i++;
    return i;
}

double mi_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Without a voxel in the intensity mask only morphology has something to measure. */
static int measure(const mi_family *f, const mi_region *r, const mi_settings *s, const bool *want,
                   mi_pool *pool, mi_measured *m, mi_err *err)
{
    if (r->n_inten > 0 || f == &mi_family_morph)
        return mi_family_measure(f, r, s, want, pool, m, err);
    for (int i = 0; i < f->n_rows * f->n_aggregations; i++) {
        m->value[i] = NAN;
        m->why[i] = "no voxel is left in the intensity mask";
    }
    return 0;
}

static int add_family(cJSON *features, cJSON *undefined, const mi_key *keys, int n,
                      const mi_region *r, const mi_settings *s, mi_pool *pool, mi_err *err)
{
    const mi_family *f = keys[0].family;
    size_t cells = (size_t)f->n_rows * (size_t)f->n_aggregations;
    bool want[8] = { false };
    int rc = -1;
    mi_measured m = { mi_array_zero(cells, sizeof(double), err),
                      mi_array_zero(cells, sizeof(char *), err) };
    if (!m.value || !m.why)
        goto done;
    for (int i = 0; i < n; i++)
        want[keys[i].agg] = true;
    if (measure(f, r, s, want, pool, &m, err) != 0)
        goto done;
    for (int i = 0; i < n; i++) {
        int cell = keys[i].agg * f->n_rows + keys[i].row;
        bool ok = mi_json_add_number(features, keys[i].text, m.value[cell]);
        if (ok && !isfinite(m.value[cell])) {
            cJSON *w = cJSON_CreateObject();
            ok = w && cJSON_AddItemToArray(undefined, w) &&
                 mi_json_add_string(w, "feature", keys[i].text) &&
                 mi_json_add_string(w, "why", m.why[cell] ? m.why[cell] : "not a finite number");
        }
        if (!ok) {
            mi_fail(err, MI_E_MEMORY, NULL, "no memory for the record");
            goto done;
        }
    }
    rc = 0;
done:
    free(m.value);
    free(m.why);
    return rc;
}

static cJSON *warnings_json(const mi_warnings *warn)
{
    cJSON *a = warn->lost ? NULL : cJSON_CreateArray();
    for (int i = 0; a && i < warn->n; i++) {
        cJSON *w = cJSON_CreateObject();
        if (!w || !mi_json_add_string(w, "code", warn->item[i].code) ||
            !mi_json_add_string(w, "feature", warn->item[i].feature) ||
            !mi_json_add_string(w, "why", warn->item[i].why) || !cJSON_AddItemToArray(a, w)) {
            cJSON_Delete(w);
            cJSON_Delete(a);
            return NULL;
        }
    }
    return a;
}

int mi_radiomics_record_fill(cJSON *record, const cJSON *settings, const mi_region *r,
                             const mi_settings *s, const mi_key *keys, int n_keys, mi_pool *pool,
                             const mi_warnings *warn, double *seconds, mi_err *err)
{
    cJSON *features = cJSON_CreateObject(), *warnings = warnings_json(warn);
    int rc = features && warnings ? 0 : mi_fail(err, MI_E_MEMORY, NULL, "no memory for the record");
    for (int i = 0; rc == 0 && i < n_keys;) {
        int end = family_end(keys, n_keys, i);
        double start = mi_seconds();
        rc = add_family(features, warnings, keys + i, end - i, r, s, pool, err);
        seconds[family_number(keys[i].family)] += mi_seconds() - start;
        i = end;
    }
    if (rc != 0) {
        cJSON_Delete(features);
        cJSON_Delete(warnings);
        return rc;
    }
    bool ok = mi_json_add(record, "settings", cJSON_Duplicate(settings, 1));
    ok = mi_json_add(record, "features", features) && ok; /* each is given away in any case */
    ok = mi_json_add(record, "warnings", warnings) && ok;
    return ok ? 0 : mi_fail(err, MI_E_MEMORY, NULL, "no memory for the record");
}
