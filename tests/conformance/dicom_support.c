#include "dicom_support.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "shim/module.h"

bool dicom_begin(dicom_proof *p)
{
    mi_err err = MI_ERR_EMPTY;
    char *facts = shared_path("data/facts.json");
    mi_module_path(getenv("MI_MODULES"));
    if (!mi_module_open("mi-dicom", &err)) {
        skip(&p->t, "DICOM: %s", err.message);
    } else if (!facts) {
        skip(&p->t, "DICOM: the shared data are not there (MI_SHARED)");
    } else {
        char *text = text_of(facts, NULL);
        p->data = shared_path("data");
        p->all = cJSON_Parse(text);
        p->files = cJSON_GetObjectItem(p->all, "files");
        free(text);
        check(&p->t, p->files != NULL, "no facts in %s", facts);
    }
    free(facts);
    return p->files != NULL;
}

int dicom_end(dicom_proof *p)
{
    cJSON_Delete(p->all);
    free(p->data);
    return tally_end(&p->t);
}

const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

double fact(const cJSON *object, const char *name) { return json_number(member(object, name)); }

double fact_at(const cJSON *object, const char *name, int i)
{
    return json_number(cJSON_GetArrayItem(member(object, name), i));
}

char *data_path(const dicom_proof *p, const char *name) { return join(p->data, name); }

int read_items(const char *path, const mi_source_opts *opts, bool labels, mi_volume **out,
               mi_err *err)
{
    mi_source *s = NULL;
    mi_volume *list = NULL, v;
    int n = 0, rc = mi_source_open(&s, path, opts, err);
    while (rc == 0 && (rc = mi_source_next(s, &v, err)) > 0) {
        rc = labels ? mi_source_labels(s, &v, err) : mi_source_voxels(s, &v, 0, v.grid.n[2], err);
        list = realloc(list, (size_t)(n + 1) * sizeof *list);
        if (!list)
            abort();
        list[n++] = v;
    }
    mi_source_close(s);
    if (rc < 0) {
        free_items(list, n);
        return -1;
    }
    *out = list;
    return n;
}

void free_items(mi_volume *v, int n)
{
    for (int i = 0; i < n; i++)
        mi_volume_free(&v[i]);
    free(v);
}

/* Printed and parsed again: numbers are kept as text in what the library gives. */
cJSON *read_facts(const char *path, mi_err *err)
{
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_source *s = NULL;
    opts.list_only = true;
    cJSON *facts = mi_source_open(&s, path, &opts, err) == 0 ? mi_source_facts(s, err) : NULL;
    char *text = facts ? cJSON_PrintUnformatted(facts) : NULL;
    cJSON *again = text ? cJSON_Parse(text) : NULL;
    free(text);
    cJSON_Delete(facts);
    mi_source_close(s);
    return again;
}

double *values_of(const mi_volume *v, size_t *n)
{
    const mi_box b = { { 0, 0, 0 }, { v->grid.n[0], v->grid.n[1], v->grid.n[2] } };
    *n = (size_t)mi_box_voxels(&b);
    double *x = malloc(*n * sizeof *x + 1);
    mi_err err = MI_ERR_EMPTY;
    if (!x || mi_volume_load(v, &b, x, &err) != 0)
        abort();
    return x;
}
