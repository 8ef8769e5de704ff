/* SUV: the cases of reference/quantification/pet.json that belong to mi-preproc, through the
   tool on PET series written here; and the shared PET series against facts.json,
   reference/imaging/pet.json and the same image as NIfTI, which is SUV already. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../kit/dicom_pet.h"
#include "dicom_support.h"
#include "image/grid.h"
#include "preproc/suv.h"

typedef struct proof { dicom_proof d; char *errors, *product; int cases, images, regions; } proof;

/* mi-preproc --suv KIND FOLDER: the exit status; its first words on stderr in said. */
static int run_suv(const proof *p, const char *folder, const char *kind, char said[512])
{
    const char *const argv[] = {
        "mi-preproc", "--suv", kind, folder, "-f", "-o", p->product, NULL
    };
    char *out = NULL;
    int status = run(argv, &out, p->errors);
    char *errors = text_of(p->errors, NULL);
    snprintf(said, 512, "%s", errors ? errors : "");
    free(errors);
    free(out);
    return status;
}

/* SUV of a unit of activity (or counts), of a series made from this header; NaN when refused. */
static double factor_of(proof *p, const dw_pet *h, const char *kind, const char *who)
{
    char said[512], *folder = dw_pet_series(h, 2);
    double x = NAN;
    int status = run_suv(p, folder, kind, said);
    if (check(&p->d.t, status == 0, "%s: ended with %d: %s", who, status, said)) {
        mi_volume v;
        mi_err err = MI_ERR_EMPTY;
        if (check(&p->d.t, mi_volume_read(&v, p->product, NULL, &err) == 0, "%s: %s", who,
                  err.message)) {
            size_t n;
            double *value = values_of(&v, &n);
            x = value[0] / (h->slope * dw_value(0, 0, 1));
            free(value);
        }
        mi_volume_free(&v);
    }
    free(folder);
    return x;
}

/* ---- cases ---- */

/* The header of a case: date and time parted, "20201217 104829" or "104829". */
typedef struct told {
    dw_pet h;
    char date[16], series[32], acquisition_date[16], acquisition[32], injection[64];
} told;

static void part(const char *s, char date[16], char time[32])
{
    const char *blank = s ? strchr(s, ' ') : NULL;
    date[0] = time[0] = '\0';
    if (!s)
        return;
    if (blank)
        snprintf(date, 16, "%.*s", (int)(blank - s), s);
    snprintf(time, 32, "%s", blank ? blank + 1 : s);
}

static const char *word(const cJSON *in, const char *name)
{
    return cJSON_GetStringValue(member(in, name));
}

static double or_zero(const cJSON *in, const char *name)
{
    double x = fact(in, name);
    return isnan(x) ? 0 : x;
}

static void read_header(const cJSON *in, told *t)
{
    dw_pet *h = &t->h;
    char day[16], time[32];
    *h = (dw_pet){ .units = word(in, "units"), .corrected = "ATTN\\DECY", .sex = word(in, "sex"),
                   .decay = word(in, member(in, "decay") ? "decay" : "decay_correction"),
                   .maker = word(in, "manufacturer"), .dose_bq = or_zero(in, "dose_bq"),
                   .half_life_s = or_zero(in, "half_life_s"), .weight_kg = or_zero(in, "weight_kg"),
                   .height_m = or_zero(in, "height_m"),
                   .reference_ms = or_zero(in, "frame_reference_time_ms"),
                   .duration_ms = or_zero(in, "frame_duration_ms"),
                   .philips_suv = or_zero(in, "philips_suv_scale"),
                   .philips_activity = or_zero(in, "philips_activity_scale"), .slope = 2 };
    part(word(in, member(in, "series") ? "series" : "series_time"), t->date, t->series);
    part(word(in, member(in, "acquisition") ? "acquisition" : "acquisition_time"),
         t->acquisition_date, t->acquisition);
    h->date = t->date[0] ? t->date : NULL;
    h->series_time = t->series[0] ? t->series : NULL;
    h->acquisition_date = t->acquisition_date[0] ? t->acquisition_date : NULL;
    h->acquisition_time = t->acquisition[0] ? t->acquisition : NULL;
    part(word(in, member(in, "injection")        ? "injection"
                  : member(in, "injection_time") ? "injection_time"
                                                 : "injection_time_only"),
         day, time);
    snprintf(t->injection, sizeof t->injection, "%s%s", day, time);
    if (day[0])
        h->injection_datetime = t->injection;
    else
        h->injection_time = t->injection;
}

/* Factors are written as float32 images: six digits and a half. */
static void hold_factor(proof *p, const cJSON *c)
{
    told t;
    read_header(member(c, "inputs"), &t);
    double want = fact(member(c, "expected"), "factor"),
           x = factor_of(p, &t.h, "bw", word(c, "id"));
    check(&p->d.t, fabs(x - want) <= fact(c, "tol") && fabs(x - want) <= 1e-6 * want,
          "%s: factor %.10g, expected %.10g", word(c, "id"), x, want);
}

static void hold_factors(proof *p, const cJSON *c)
{
    static const struct { const char *name, *kind; } row[] = {
        { "factor_body_weight", "bw" }, { "factor_bsa_cm2", "bsa" },
        { "factor_lbm_james128", "lbm-james" }, { "factor_lbm_james120", "lbm" },
        { "factor_lbm_janma", "lbm-janma" }, { "factor_ibw", "ibw" }
    };
    told t;
    read_header(member(c, "inputs"), &t);
    const cJSON *expected = member(c, "expected");
    check(&p->d.t, cJSON_GetArraySize(expected) == 6, "%s: an expectation is not looked at",
          word(c, "id"));
    for (int i = 0; i < 6; i++) {
        double want = fact(expected, row[i].name),
               x = factor_of(p, &t.h, row[i].kind, word(c, "id"));
        check(&p->d.t, fabs(x - want) <= fact(member(c, "tol"), "relative") * want,
              "%s, %s: factor %.10g, expected %.10g", word(c, "id"), row[i].kind, x, want);
    }
}

static void hold_worked(proof *p, const cJSON *c)
{
    const cJSON *in = member(c, "inputs"), *e = member(c, "expected");
    dw_pet h = dw_pet_plain();
    h.dose_bq = fact(in, "dose_bq");
    h.weight_kg = fact(in, "weight_kg");
    h.half_life_s = fact(in, "half_life_s");
    check(&p->d.t, fact(in, "decay_time_s") == 3600, "%s: another time", word(c, "id"));
    double x = factor_of(p, &h, "bw", word(c, "id")) * fact(in, "activity_bqml");
    check(&p->d.t, fabs(x - fact(e, "suvbw")) <= fact(c, "tol"), "%s: %.10g", word(c, "id"), x);
    double dose = h.weight_kg * 1000 / (x / fact(in, "activity_bqml"));
    check(&p->d.t, fabs(dose - fact(e, "decayed_dose_bq")) <= 1e-6 * dose, "%s: decayed dose %.10g",
          word(c, "id"), dose);
}

static void hold_body(proof *p, const cJSON *c)
{
    const cJSON *in = member(c, "inputs"), *e = member(c, "expected"), *x;
    double w = fact(in, "weight_kg"), h = fact(in, "height_cm") / 100;
    bool janma = strstr(word(c, "id"), "janma") != NULL;
    const struct { const char *name; double value; } row[] = {
        { "M_g", mi_lean_body_mass_g(janma ? MI_SUV_LBM_JANMA : MI_SUV_LBM, w, h, 'M') },
        { "F_g", mi_lean_body_mass_g(janma ? MI_SUV_LBM_JANMA : MI_SUV_LBM, w, h, 'F') },
        { "M_g_james128", mi_lean_body_mass_g(MI_SUV_LBM_JAMES, w, h, 'M') },
        { "bsa_cm2", mi_bsa_cm2(w, h) }, { "bsa_m2_mosteller", mi_bsa_mosteller_m2(w, h) }
    };
    cJSON_ArrayForEach(x, e) {
        double ours = NAN;
        for (int i = 0; i < 5; i++)
            if (strcmp(row[i].name, x->string) == 0)
                ours = row[i].value;
        check(&p->d.t, fabs(ours - json_number(x)) <= fact(c, "tol"), "%s, %s: %.10g",
              word(c, "id"), x->string, ours);
    }
}

/* ---- refusals ---- */

static void refuse(proof *p, const char *who, char *folder, const char *tag)
{
    char said[512];
    int status = run_suv(p, folder, "bw", said);
    check(&p->d.t, status == 65 && strstr(said, tag), "%s: ended with %d: %s", who, status, said);
    free(folder);
}

static void hold_refusals(proof *p, const cJSON *c)
{
    const cJSON *v;
    int known = 0;
    cJSON_ArrayForEach(v, member(member(c, "inputs"), "variants")) {
        const char *name = cJSON_GetStringValue(v);
        dw_pet h = dw_pet_plain();
        known++;
        if (strstr(name, "ATTN")) {
            h.corrected = "DECY";
            refuse(p, name, dw_pet_series(&h, 2), "(0028,0051)");
            h.corrected = "ATTN";
            refuse(p, name, dw_pet_series(&h, 2), "(0028,0051)");
        } else if (strstr(name, "PROPCNTS")) {
            h.units = "PROPCNTS";
            refuse(p, name, dw_pet_series(&h, 2), "(0054,1001)");
        } else if (strstr(name, "after scan")) {
            h.injection_time = "113000";
            refuse(p, name, dw_pet_series(&h, 2), "(0018,1072)");
        } else if (strstr(name, "weight")) {
            h.weight_kg = 0;
            refuse(p, name, dw_pet_series(&h, 2), "(0010,1030)");
        } else if (strstr(name, "half-lives")) {
            char *folder = dw_pet_series(&h, 2);
            h.half_life_s = 4062.6;
            dw *d = dw_pet_slice(&h, 1);
            dw_write(d, DW_EXPLICIT, dw_path(folder, "PT001"));
            dw_free(d);
            refuse(p, name, folder, "(0018,1075)");
        } else if (strstr(name, "CNTS")) {
            h.units = "CNTS";
            refuse(p, name, dw_pet_series(&h, 2), "(7053,1000)");
        } else {
            known--;
        }
    }
    check(&p->d.t, known == 6, "%d variants of refusal are known", known);
}

static void hold_cases(proof *p)
{
    char *name = shared_path("reference/quantification/pet.json");
    char *text = name ? text_of(name, NULL) : NULL;
    cJSON *all = cJSON_Parse(text);
    const cJSON *c;
    if (!all)
        skip(&p->d.t, "SUV cases: reference/quantification is not there");
    cJSON_ArrayForEach(c, member(all, "cases")) {
        const char *measure = word(c, "measure");
        if (strcmp(word(c, "tool"), "mi-preproc") != 0)
            continue;
        p->cases++;
        if (strcmp(measure, "suvbw_factor") == 0)
            hold_factor(p, c);
        else if (strcmp(measure, "suv_factors") == 0)
            hold_factors(p, c);
        else if (strcmp(measure, "suvbw") == 0)
            hold_worked(p, c);
        else if (strcmp(measure, "suv_factor") == 0)
            hold_refusals(p, c);
        else
            hold_body(p, c);
    }
    check(&p->d.t, !all || p->cases == 15, "%d cases", p->cases);
    cJSON_Delete(all);
    free(text);
    free(name);
}

/* ---- the shared series ---- */

typedef struct summary { double n, min, max, mean, sd; } summary;

static summary sum_up(const double *x, const double *in, size_t n)
{
    summary s = { 0, INFINITY, -INFINITY, 0, 0 };
    double sum = 0, square = 0;
    for (size_t i = 0; i < n; i++)
        if (!in || in[i] != 0) {
            s.n++;
            sum += x[i];
            square += x[i] * x[i];
            s.min = fmin(s.min, x[i]);
            s.max = fmax(s.max, x[i]);
        }
    s.mean = sum / s.n;
    s.sd = sqrt(fmax(0, square / s.n - s.mean * s.mean));
    return s;
}

static void close_to(proof *p, const char *what, double x, double want, double relative)
{
    check(&p->d.t, fabs(x - want) <= relative * fmax(1e-3, fabs(want)), "%s: %.10g, expected %.10g",
          what, x, want);
}

/* A region's figures. Peak, MTV and TLG belong to operations that come later. */
static void hold_region(proof *p, const char *who, const mi_grid *g, const double *x,
                        const double *in, const cJSON *e)
{
    int64_t n = g->n[0] * g->n[1] * g->n[2], at = -1;
    summary s = sum_up(x, in, (size_t)n);
    for (int64_t i = 0; i < n && at < 0; i++)
        at = in[i] != 0 && x[i] == s.max ? i : -1;
    const int64_t index[3] = { at % g->n[0], at / g->n[0] % g->n[1], at / g->n[0] / g->n[1] };
    check(&p->d.t, s.n == fact(e, "voxels"), "%s: %g voxels", who, s.n);
    close_to(p, who, s.n * mi_grid_voxel_volume(g) / 1000, fact(e, "volume_ml"), 1e-5);
    close_to(p, who, s.max, fact(e, "suvmax"), 1e-6);
    close_to(p, who, s.min, fact(e, "suvmin"), 1e-6);
    close_to(p, who, s.mean, fact(e, "suvmean"), 1e-6);
    close_to(p, who, s.sd, fact(e, "suvsd"), 1e-5);
    for (int d = 0; d < 3; d++)
        check(&p->d.t, (double)index[d] == fact_at(e, "index_of_max_ijk", d),
              "%s: the maximum is at %lld on axis %d", who, (long long)index[d], d);
    p->regions++;
}

static void hold_regions(proof *p, const mi_volume *suv, const double *x, const cJSON *c)
{
    const cJSON *roi;
    char *path = data_path(&p->d, word(member(c, "inputs"), "rtstruct"));
    check(&p->d.t, (double)suv->grid.n[2] == fact(member(c, "expected"), "slices"),
          "sarcoma_001: %lld slices", (long long)suv->grid.n[2]);
    cJSON_ArrayForEach(roi, member(member(c, "expected"), "roi")) {
        mi_source_opts opts = MI_SOURCE_OPTS;
        mi_volume *m = NULL;
        mi_err err = MI_ERR_EMPTY;
        opts.like = &suv->grid;
        opts.roi = roi->string;
        int n = read_items(path, &opts, false, &m, &err);
        if (check(&p->d.t, n == 1, "%s: %s", roi->string, err.message)) {
            size_t k;
            double *in = values_of(m, &k);
            hold_region(p, roi->string, &suv->grid, x, in, roi);
            free(in);
        }
        if (n >= 0)
            free_items(m, n);
    }
    free(path);
}

/* Both are parts of one scan: every voxel of the NIfTI image whose place the series has. Slices
   lie at uneven steps by 0.02 mm, so places agree to that. The makers of the NIfTI image rounded
   once more: values agree to one count of the scanner, 2.5e-4 SUV where the slope is steepest. */
static void hold_nifti(proof *p, const mi_volume *suv, const double *x, const char *file)
{
    mi_volume v;
    mi_err err = MI_ERR_EMPTY;
    char *path = data_path(&p->d, file);
    if (check(&p->d.t, mi_volume_read(&v, path, NULL, &err) == 0, "%s: %s", file, err.message)) {
        size_t n, compared = 0;
        double *y = values_of(&v, &n), most = 0, sum = 0, away = 0;
        for (size_t i = 0; i < n; i++) {
            int64_t nx = v.grid.n[0], ny = v.grid.n[1], at[3];
            double world[3], index[3] = { (double)((int64_t)i % nx), (double)((int64_t)i / nx % ny),
                                          (double)((int64_t)i / nx / ny) };
            bool inside = true;
            mi_grid_world(&v.grid, index, world);
            mi_grid_index(&suv->grid, world, index);
            for (int d = 0; d < 3; d++) {
                at[d] = (int64_t)floor(index[d] + 0.5);
                away = fmax(away, fabs(index[d] - (double)at[d]));
                inside = inside && at[d] >= 0 && at[d] < suv->grid.n[d];
            }
            if (!inside)
                continue;
            double ours = x[(at[2] * suv->grid.n[1] + at[1]) * suv->grid.n[0] + at[0]];
            most = fmax(most, fabs(ours - y[i]));
            sum += fabs(ours - y[i]);
            compared++;
        }
        size_t held = (size_t)(v.grid.n[0] * v.grid.n[1] * suv->grid.n[2]);
        check(&p->d.t, compared == held && away < 0.02,
              "%s: %zu of %zu voxels lie in the series, up to %g off", file, compared, held, away);
        check(&p->d.t, most < 2.5e-4 && sum < 5e-5 * (double)compared,
              "%s: SUV differs by up to %g, %g in the mean", file, most, sum / (double)compared);
        free(y);
    }
    mi_volume_free(&v);
    free(path);
}

/* The region of the NIfTI pair. */
static void hold_pair(proof *p, const cJSON *c)
{
    mi_volume image = MI_VOLUME_EMPTY, mask = MI_VOLUME_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    char *a = data_path(&p->d, word(member(c, "inputs"), "image"));
    char *b = data_path(&p->d, word(member(c, "inputs"), "mask"));
    if (check(&p->d.t,
              mi_volume_read(&image, a, NULL, &err) == 0 &&
                  mi_volume_read(&mask, b, NULL, &err) == 0 &&
                  mi_grid_same(&image.grid, &mask.grid, 0.01, "image", "mask", NULL, &err) == 0,
              "%s: %s", word(c, "id"), err.message)) {
        size_t n;
        double *x = values_of(&image, &n), *in = values_of(&mask, &n);
        hold_region(p, word(c, "id"), &image.grid, x, in, member(c, "expected"));
        free(x);
        free(in);
    }
    mi_volume_free(&image);
    mi_volume_free(&mask);
    free(a);
    free(b);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The whole image: size, and values of n voxels, percentiles between order statistics (Hyndman and
   Fan 1996, definition 7). x is put in order. */
static void hold_image(proof *p, const mi_grid *g, double *x, size_t n, const cJSON *e)
{
    summary s = sum_up(x, NULL, n);
    const cJSON *values = member(e, "values"), *w;
    for (int d = 0; d < 3; d++)
        check(&p->d.t, (double)g->n[d] == fact_at(e, "size", d), "sarcoma_001: %lld on axis %d",
              (long long)g->n[d], d);
    check(&p->d.t, s.n == fact(values, "n"), "sarcoma_001: %g voxels", s.n);
    close_to(p, "sarcoma_001: min", s.min, fact(values, "min"), 1e-6);
    close_to(p, "sarcoma_001: max", s.max, fact(values, "max"), 1e-6);
    close_to(p, "sarcoma_001: mean", s.mean, fact(values, "mean"), 1e-6);
    close_to(p, "sarcoma_001: sd", s.sd, fact(values, "sd"), 1e-6);
    qsort(x, n, sizeof *x, ascending);
    cJSON_ArrayForEach(w, values) {
        if (w->string[0] != 'p')
            continue;
        double at = (double)(n - 1) * atof(w->string + 1) / 100;
        size_t i = (size_t)at, next = i + 1 < n ? i + 1 : i;
        close_to(p, w->string, x[i] + (at - (double)i) * (x[next] - x[i]), json_number(w), 1e-6);
    }
}

static void hold_series(proof *p)
{
    char said[512], *path = data_path(&p->d, "dicom/pet_sarcoma_001/pet");
    char *name = shared_path("reference/imaging/pet.json");
    char *text = name ? text_of(name, NULL) : NULL;
    cJSON *all = cJSON_Parse(text);
    const cJSON *facts = member(member(p->d.files, "dicom/pet_sarcoma_001/pet/"), "suv"), *c;
    mi_volume v = MI_VOLUME_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    int status = run_suv(p, path, "bw", said);
    if (check(&p->d.t, status == 0 && mi_volume_read(&v, p->product, NULL, &err) == 0,
              "%s: %d: %s%s", path, status, said, err.message)) {
        size_t n;
        double *x = values_of(&v, &n);
        summary s = sum_up(x, NULL, n);
        const cJSON *whole = NULL;
        const cJSON *step = cJSON_GetArrayItem(
            cJSON_GetObjectItem(cJSON_GetArrayItem(v.meta.history, 0), "steps"), 0);
        double factor = NAN;
        mi_json_get_number(member(step, "suv_factor"), &factor);
        close_to(p, "sarcoma_001: factor of the provenance", factor * 1e3,
                 fact(facts, "suvbw_per_bqml") * 1e3, 1e-8);
        close_to(p, "sarcoma_001: SUV max", s.max, fact(facts, "suvbw_max_of_volume"), 1e-6);
        check(&p->d.t, v.meta.unit && strcmp(v.meta.unit, "g/ml") == 0, "the unit is not g/ml");
        cJSON_ArrayForEach(c, member(all, "cases")) {
            double per = fact(member(c, "expected"), "suvbw_per_bqml");
            if (!isnan(per))
                close_to(p, "sarcoma_001: factor", factor * 1e3, per * 1e3, 1e-8);
            p->images++;
            if (strcmp(word(c, "id"), "suv-image-sarcoma001") == 0) {
                whole = member(c, "expected");
            } else if (strcmp(word(c, "id"), "pet-sarcoma001-dicom") == 0) {
                hold_regions(p, &v, x, c);
            } else if (strcmp(word(c, "id"), "pet-sarcoma001-nifti") == 0) {
                hold_nifti(p, &v, x, word(member(c, "inputs"), "image"));
                hold_pair(p, c);
            } else {
                p->images--;
            }
        }
        check(&p->d.t, !all || (p->images == 3 && p->regions == 3 && whole),
              "%d PET cases with %d regions", p->images, p->regions);
        if (whole)
            hold_image(p, &v.grid, x, n, whole);
        free(x);
    }
    if (all)
        skip(&p->d.t, "peak, MTV and TLG: %d regions, operation comes later", p->regions);
    else
        skip(&p->d.t, "PET regions: reference/imaging is not there");
    mi_volume_free(&v);
    cJSON_Delete(all);
    free(text);
    free(name);
    free(path);
}

int main(void)
{
    proof p = { .cases = 0 };
    char *folder = scratch_make();
    p.errors = join(folder, "errors");
    p.product = join(folder, "suv.nii");
    if (!tool_is_there("mi-preproc")) {
        skip(&p.d.t, "SUV: mi-preproc is not in PATH");
    } else if (dicom_begin(&p.d)) {
        hold_cases(&p);
        hold_series(&p);
        printf("dicom PET: %d cases of SUV, %d of images, %d regions\n", p.cases, p.images,
               p.regions);
    }
    free(p.errors);
    free(p.product);
    scratch_remove(folder);
    return dicom_end(&p.d);
}
