/* mi-radiomics on every NIfTI image and mask of the shared data, held against facts that other
   programs worked out (data/facts.json): voxels, volumes, intensities; and not a word of complaint
   that is not deserved. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"

typedef struct proof {
    tally t;
    cJSON *list;
    const cJSON *files;  /* of facts.json */
    char *data, *errors; /* folder of the data; file for stderr */
    int pairs, regions;
} proof;

static double fact(const cJSON *object, const char *name)
{
    return json_number(cJSON_GetObjectItemCaseSensitive(object, name));
}

static double feature(const proof *p, const cJSON *features, const char *tag)
{
    const char *key = feature_key(p->list, tag, "", "");
    return key ? json_number(cJSON_GetObjectItemCaseSensitive(features, key)) : NAN;
}

/* Facts are written with about ten digits. */
static void near(proof *p, const char *who, const char *what, double x, double want)
{
    check(&p->t, fabs(x - want) <= 2e-8 * fmax(1, fabs(want)), "%s: %s is %.10g, facts say %.10g",
          who, what, x, want);
}

/* ---- warnings ---- */

static bool at_border(const cJSON *label, const cJSON *size)
{
    const cJSON *box = cJSON_GetObjectItem(label, "bbox_index_xyz");
    const cJSON *lo = cJSON_GetArrayItem(box, 0), *hi = cJSON_GetArrayItem(box, 1);
    for (int d = 0; d < 3; d++)
        if (json_number(cJSON_GetArrayItem(lo, d)) == 0 ||
            json_number(cJSON_GetArrayItem(hi, d)) == json_number(cJSON_GetArrayItem(size, d)) - 1)
            return true;
    return false;
}

static bool warned(const cJSON *record, const char *member, const char *text)
{
    const cJSON *w;
    cJSON_ArrayForEach(w, cJSON_GetObjectItem(record, "warnings"))
    {
        const char *s = cJSON_GetStringValue(cJSON_GetObjectItem(w, member));
        if (s && strcmp(s, text) == 0)
            return true;
    }
    return false;
}

static void hold_warnings(proof *p, const char *who, const cJSON *record, const cJSON *label,
                          const cJSON *intensity, const cJSON *size)
{
    const cJSON *w, *f;
    double span = fact(intensity, "max") - fact(intensity, "min"), n = fact(label, "voxels");
    struct {
        const char *code;
        bool deserved;
    } rule[] = { { "small_region", n < 64 },
                 { "touches_border", at_border(label, size) },
                 { "one_level", span == 0 } };
    for (size_t i = 0; i < sizeof rule / sizeof rule[0]; i++)
        check(&p->t, warned(record, "code", rule[i].code) == rule[i].deserved, "%s: %s is %s", who,
              rule[i].code, rule[i].deserved ? "missing" : "not deserved");
    cJSON_ArrayForEach(w, cJSON_GetObjectItem(record, "warnings"))
    {
        const char *code = cJSON_GetStringValue(cJSON_GetObjectItem(w, "code"));
        bool known = !code;
        for (size_t i = 0; code && i < sizeof rule / sizeof rule[0]; i++)
            known = known || strcmp(code, rule[i].code) == 0;
        /* 32 bins over the span of whole numbers: fewer than 8 levels need a small span or region
           */
        known = known || (strcmp(code, "few_levels") == 0 && (span < 8 || n < 64));
        check(&p->t, known, "%s: %s is not deserved: %s", who, code ? code : "?",
              cJSON_GetStringValue(cJSON_GetObjectItem(w, "why")));
    }
    cJSON_ArrayForEach(f, cJSON_GetObjectItem(record, "features"))
        check(&p->t, cJSON_IsNull(f) == warned(record, "feature", f->string), "%s: %s is %s", who,
              f->string, cJSON_IsNull(f) ? "null without a reason" : "warned of but there");
}

/* ---- a pair ---- */

static void hold_region(proof *p, const char *mask, const cJSON *record, const cJSON *facts,
                        const cJSON *size)
{
    char who[300], number[32];
    const cJSON *roi = cJSON_GetObjectItem(record, "roi");
    const cJSON *features = cJSON_GetObjectItem(record, "features");
    double value = fact(roi, "label");
    snprintf(number, sizeof number, "%.0f", value);
    snprintf(who, sizeof who, "%s label %s", mask, number);
    const cJSON *label = cJSON_GetObjectItem(cJSON_GetObjectItem(facts, "labels"), number);
    const cJSON *in = cJSON_GetObjectItem(cJSON_GetObjectItem(facts, "intensity_in_label"), number);
    if (!check(&p->t, label && features, "%s: no such label, or no features", who))
        return;
    p->regions++;
    check(&p->t, fact(roi, "voxels") == fact(label, "voxels"), "%s: %.0f voxels, facts say %.0f",
          who, fact(roi, "voxels"), fact(label, "voxels"));
    near(p, who, "volume", feature(p, features, "YEKZ"), fact(label, "volume_mm3"));
    if (!in)
        return;
    near(p, who, "minimum", feature(p, features, "1GSF"), fact(in, "min"));
    near(p, who, "maximum", feature(p, features, "84IY"), fact(in, "max"));
    near(p, who, "mean", feature(p, features, "Q4LE"), fact(in, "mean"));
    near(p, who, "sd", sqrt(feature(p, features, "ECT3")), fact(in, "sd_population"));
    near(p, who, "median", feature(p, features, "Y12H"), fact(in, "median"));
    near(p, who, "p10", feature(p, features, "QG58"), fact(in, "p10"));
    near(p, who, "p90", feature(p, features, "8DWT"), fact(in, "p90"));
    hold_warnings(p, who, record, label, in, size);
}

static void hold_pair(proof *p, const char *mask, const char *image, const cJSON *facts)
{
    char *a = join(p->data, image), *b = join(p->data, mask), *out;
    const char *const argv[] = { "mi-radiomics", "--json", a, b, NULL };
    const cJSON *labels = cJSON_GetObjectItem(facts, "labels"), *record;
    const cJSON *of_image = cJSON_GetObjectItemCaseSensitive(p->files, image);
    const cJSON *size = cJSON_GetObjectItem(cJSON_GetObjectItem(of_image, "simpleitk"), "size");
    int status = run(argv, &out, p->errors);
    size_t said = 1;
    char *errors = text_of(p->errors, &said);
    cJSON *all = cJSON_Parse(out);
    p->pairs++;
    check(&p->t, status == 0 && said == 0, "%s: ended with %d and said: %s", mask, status,
          errors ? errors : "");
    check(&p->t, cJSON_GetArraySize(all) == cJSON_GetArraySize(labels),
          "%s: %d records for %d labels", mask, cJSON_GetArraySize(all),
          cJSON_GetArraySize(labels));
    cJSON_ArrayForEach(record, all) hold_region(p, mask, record, facts, size);
    cJSON_Delete(all);
    free(errors);
    free(out);
    free(a);
    free(b);
}

/* The thorax has a mask on another grid: it must be refused. */
static void hold_other_grid(proof *p)
{
    char *a = join(p->data, "nifti/ct_thorax_crop/ct.nii.gz"), *out;
    char *b = join(p->data, "nifti/ct_thorax_crop/heart_other_grid.nii.gz");
    const char *const argv[] = { "mi-radiomics", a, b, NULL };
    int status = run(argv, &out, p->errors);
    check(&p->t, status == 65 && !*out, "a mask on another grid: ended with %d", status);
    free(out);
    free(a);
    free(b);
}

int main(void)
{
    proof p = { .pairs = 0 };
    char *facts = shared_path("data/facts.json"), *folder = scratch_make();
    p.errors = join(folder, "errors");
    p.data = shared_path("data");
    if (!tool_is_there("mi-radiomics"))
        skip(&p.t, "mi-radiomics is not in PATH");
    else if (!facts || !p.data)
        skip(&p.t, "facts: the shared data are not there (MI_SHARED)");
    else {
        char *text = text_of(facts, NULL);
        cJSON *all = cJSON_Parse(text);
        const cJSON *f;
        p.files = cJSON_GetObjectItem(all, "files");
        p.list = feature_list();
        if (check(&p.t, p.files && p.list, "no facts or no list of features")) {
            cJSON_ArrayForEach(f, p.files)
            {
                const char *image = cJSON_GetStringValue(cJSON_GetObjectItem(f, "image"));
                if (image && cJSON_GetObjectItem(f, "labels") &&
                    strncmp(f->string, "nifti/", 6) == 0)
                    hold_pair(&p, f->string, image, f);
            }
            hold_other_grid(&p);
            check(&p.t, p.pairs >= 10, "only %d pairs were found", p.pairs);
        }
        printf("facts: %d pairs, %d regions\n", p.pairs, p.regions);
        cJSON_Delete(all);
        free(text);
    }
    cJSON_Delete(p.list);
    free(facts);
    free(p.data);
    free(p.errors);
    scratch_remove(folder);
    return tally_end(&p.t);
}
