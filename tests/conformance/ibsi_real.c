/* Values of real images to full precision (reference/ibsi_real): other images than IBSI's, made and
   recomputed by other programs. Rows are compared by their class and family as the README there
   says. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"

typedef struct score {
    char name[64];
    int met, n;
} score;

typedef struct proof {
    tally t;
    cJSON *list, *facts;
    char *root; /* folder that holds shared/ */
    score family[16], kind[8];
} proof;

static void count(score *s, int n, const char *name, bool met)
{
    for (int i = 0; i < n; i++) {
        if (!*s[i].name)
            snprintf(s[i].name, sizeof s[i].name, "%s", name);
        if (strcmp(s[i].name, name) == 0) {
            s[i].n++;
            s[i].met += met;
            return;
        }
    }
}

static bool one_of(const char *s, const char *const *list)
{
    while (*list && strcmp(s, *list) != 0)
        list++;
    return *list != NULL;
}

/* Relative tolerance of a row: README, "How to compare". */
static double tolerance(const char *family, const char *tag, const char *kind, const char *setting)
{
    static const char *const wide[] = {
        "R8DG", "JN9H", "7NFM", /* information correlations, cluster shade */
        "KE2A", "IPH6", "7TET", "88K1", "C3I7", "CWYJ", "N365", "NPT7", NULL
    };
    static const char *const mesh[] = { "RNU0", "C0JK", "2PR5", "SKGS", "BQWJ", "KRCK",
                                        "QCFX", "25C7", "PBX1", "R59B", "6BDE", "RDD2",
                                        "R3ER", "7T7F", "99N0", NULL };
    if (strcmp(kind, "mesh") == 0 || (strcmp(family, "morphology") == 0 && one_of(tag, mesh)))
        return 1e-6;
    if (strncmp(setting, "s4", 2) == 0 || one_of(tag, wide))
        return 1e-7;
    return 1e-9;
}

static bool close_to(double x, double want, double rel)
{
    return fabs(x - want) <= rel * fmax(fabs(x), fabs(want)) + 1e-12;
}

static void hold_row(proof *p, const table *t, int row, const cJSON *features, const char *stem,
                     const char *setting)
{
    const char *family = table_cell(t, row, "family"), *tag = table_cell(t, row, "ibsi_tag");
    const char *feature = table_cell(t, row, "feature"), *kind = table_cell(t, row, "compare");
    const char *agg = table_cell(t, row, "aggregation");
    const char *key = feature_key(p->list, tag, aggregation_id(agg), feature);
    double x = key ? json_number(cJSON_GetObjectItemCaseSensitive(features, key)) : NAN;
    double want = table_number(t, row, "value"), rel = tolerance(family, tag, kind, setting);
    double lo = table_number(t, row, "low"), hi = table_number(t, row, "high");
    if (strcmp(kind, "free") == 0)
        return;
    bool met = close_to(x, want, rel);
    if (!met && strcmp(kind, "exact") != 0) {
        if (isnan(lo)) /* a choice without bounds: README says not to count a difference */
            met = isfinite(x);
        else
            met = (x >= lo && x <= hi) || close_to(x, lo, rel) || close_to(x, hi, rel);
    }
    check(&p->t, met, "%s: %s %s %s: %.17g, reference %.17g (%s [%g, %g], %.1e apart)", stem,
          family, agg, feature, x, want, kind, lo, hi, fabs(x - want) / fmax(fabs(want), 1e-300));
    count(p->family, 16, family, met);
    count(p->kind, 8, kind, met);
}

static void hold_table(proof *p, const char *stem, const char *path)
{
    const cJSON *d = cJSON_GetObjectItem(p->facts, stem);
    const char *setting = cJSON_GetStringValue(cJSON_GetObjectItem(d, "setting"));
    const char *image = cJSON_GetStringValue(cJSON_GetObjectItem(d, "image"));
    const char *mask = cJSON_GetStringValue(cJSON_GetObjectItem(d, "mask"));
    char name[128];
    table t;
    int before = p->t.failed;
    if (!check(&p->t, setting && image && mask && table_read(&t, path), "%s: no facts", stem))
        return;
    snprintf(name, sizeof name, "tests/conformance/settings/%s.json", setting);
    char *file = source_path(name), *a = join(p->root, image + strlen("shared/"));
    char *b = join(p->root, mask + strlen("shared/"));
    const char *const argv[] = { "mi-radiomics", "--config", file, a, b, NULL };
    cJSON *all = run_json(argv);
    const cJSON *record = cJSON_GetArrayItem(all, 0);
    const cJSON *features = cJSON_GetObjectItem(record, "features");
    if (check(&p->t, features != NULL, "%s: no features", stem))
        for (int i = 0; i < t.rows; i++)
            hold_row(p, &t, i, features, stem, setting);
    printf("ibsi_real: %-22s %d of %d\n", stem, t.rows - (p->t.failed - before), t.rows);
    cJSON_Delete(all);
    table_free(&t);
    free(file);
    free(a);
    free(b);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void hold_folder(proof *p, const char *folder, const char *only)
{
    struct dirent **e = NULL;
    int n = scandir(folder, &e, NULL, by_name);
    for (int i = 0; i < n; i++) {
        char stem[128];
        size_t len = strlen(e[i]->d_name);
        if (len > 4 && len < sizeof stem && strcmp(e[i]->d_name + len - 4, ".csv") == 0) {
            snprintf(stem, sizeof stem, "%.*s", (int)len - 4, e[i]->d_name);
            char *path = join(folder, e[i]->d_name);
            if (only && !strstr(stem, only))
                ;
            else if (strstr(stem, "_s6"))
                skip(&p->t, "ibsi_real: %s needs filtered images, which mi-radiomics does not make",
                     stem);
            else
                hold_table(p, stem, path);
            free(path);
        }
        free(e[i]);
    }
    free(e);
}

int main(int argc, char **argv)
{
    proof p = { .list = NULL };
    char *folder = shared_path("reference/ibsi_real"),
         *facts = shared_path("reference/ibsi_real/diagnostics.json");
    p.root = shared_path(".");
    if (!tool_is_there("mi-radiomics"))
        skip(&p.t, "mi-radiomics is not in PATH");
    else if (!folder || !facts)
        skip(&p.t, "ibsi_real: the reference material is not there (MI_SHARED)");
    else {
        char *text = text_of(facts, NULL);
        p.facts = cJSON_Parse(text);
        p.list = feature_list();
        if (check(&p.t, p.facts && p.list, "no list of features or no facts"))
            hold_folder(&p, folder, argc > 1 ? argv[1] : NULL);
        free(text);
    }
    for (int i = 0; i < 16 && *p.family[i].name; i++)
        printf("ibsi_real: %-28s %d of %d\n", p.family[i].name, p.family[i].met, p.family[i].n);
    for (int i = 0; i < 8 && *p.kind[i].name; i++)
        printf("ibsi_real: rows of class %-10s %d of %d\n", p.kind[i].name, p.kind[i].met,
               p.kind[i].n);
    cJSON_Delete(p.facts);
    cJSON_Delete(p.list);
    free(folder);
    free(facts);
    free(p.root);
    return tally_end(&p.t);
}
