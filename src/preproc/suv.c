#include "preproc/suv.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

const char *const mi_suv_kinds[] = { "bw", "lbm", "lbm-james", "lbm-janma", "bsa", "ibw", NULL };

/* ---- body ---- */

double mi_lean_body_mass_g(mi_suv_kind variant, double w, double h, char sex)
{
    double cm = 100 * h, r = w / cm, bmi = w / (h * h);
    bool man = sex == 'M';
    if (!(w > 0) || !(h > 0) || (sex != 'M' && sex != 'F'))
        return NAN;
    if (variant == MI_SUV_LBM_JANMA) /* Janmahasatian, Clin Pharmacokinet 2005;44:1051 */
        return 1000 * (man ? 9270 * w / (6680 + 216 * bmi) : 9270 * w / (8780 + 244 * bmi));
    /* James, HMSO 1976; 120 for men as in the QIBA profile */
    double k = variant == MI_SUV_LBM_JAMES ? 128 : 120;
    return 1000 * (man ? 1.10 * w - k * r * r : 1.07 * w - 148 * r * r);
}

double mi_bsa_cm2(double w, double h)
{
    return w > 0 && h > 0 ? 71.84 * pow(w, 0.425) * pow(100 * h, 0.725) : NAN;
}

/* Mosteller, N Engl J Med 1987;317:1098. */
double mi_bsa_mosteller_m2(double w, double h)
{
    return w > 0 && h > 0 ? sqrt(w * 100 * h / 3600) : NAN;
}

/* As DICOM 126404 is computed by common tools: 48 + 1.06 (H - 152) for men, 45.5 + 0.91 (H -
   152) for women, H in cm. */
double mi_ideal_body_weight_g(double h, char sex)
{
    if (!(h > 0) || (sex != 'M' && sex != 'F'))
        return NAN;
    double over = 100 * h - 152;
    return 1000 * (sex == 'M' ? 48 + 1.06 * over : 45.5 + 0.91 * over);
}

/* A height beyond 3 m is one in cm. */
static double height_of(const mi_pet *p) { return p->height_m / (p->height_m > 3 ? 100 : 1); }

/* What a decayed dose is divided by, in g (BSA: cm2). */
static int body_of(const mi_pet *p, mi_suv_kind kind, double *out, mi_err *err)
{
    double h = height_of(p);
    if (!(p->weight_kg > 0))
        return mi_fail(err, MI_E_DATA, NULL, "Patient Weight (0010,1030) is missing or 0");
    if (kind == MI_SUV_BW) {
        *out = 1000 * p->weight_kg;
        return 0;
    }
    if (!(h > 0))
        return mi_fail(err, MI_E_DATA, "SUV by body weight needs no height: --suv bw",
                       "Patient Size (0010,1020) is missing or 0");
    *out = kind == MI_SUV_BSA   ? mi_bsa_cm2(p->weight_kg, h)
           : kind == MI_SUV_IBW ? mi_ideal_body_weight_g(h, p->sex)
                                : mi_lean_body_mass_g(kind, p->weight_kg, h, p->sex);
    if (isnan(*out))
        return mi_fail(err, MI_E_DATA, "SUV by body weight needs no sex: --suv bw",
                       "Patient's Sex (0010,0040) is neither M nor F");
    return *out > 0 ? 0
                    : mi_fail(err, MI_E_DATA, NULL,
                              "weight %g kg and height %g m give no body measure", p->weight_kg, h);
}

/* ---- preconditions ---- */

static bool lists(const char *values, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = values; *p;) {
        size_t k = strcspn(p, "\\");
        if (k == n && strncmp(p, word, n) == 0)
            return true;
        p += k + (p[k] == '\\');
    }
    return false;
}

static int check_header(const mi_pet *p, mi_err *err)
{
    if (p->mixed)
        return mi_fail(err, MI_E_DATA, NULL, "%s differs between the images of the series",
                       p->mixed);
    if (!lists(p->corrected, "ATTN"))
        return mi_fail(err, MI_E_DATA, NULL,
                       "Corrected Image (0028,0051) does not list ATTN: no attenuation correction");
    if (!lists(p->corrected, "DECY") && strcmp(p->decay, "NONE") != 0)
        return mi_fail(err, MI_E_DATA, NULL,
                       "Corrected Image (0028,0051) does not list DECY: no decay correction");
    return 0;
}

static int check_dose(const mi_pet *p, mi_err *err)
{
    if (!(p->dose_bq > 0))
        return mi_fail(err, MI_E_DATA, NULL,
                       "Radionuclide Total Dose (0018,1074) is missing or 0");
    if (!(p->half_life_s > 0))
        return mi_fail(err, MI_E_DATA, NULL, "Radionuclide Half Life (0018,1075) is missing or 0");
    return 0;
}

/* Half-lives in seconds; the header's value is used, a disagreement is told. */
static void check_half_life(const mi_pet *p, mi_warnings *warn)
{
    static const struct { const char *a, *b; double s; } known[] = {
        { "18F", "F-18", 6586.2 }, { "18F", "Fluorine", 6586.2 },  { "68Ga", "Ga-68", 4062.6 },
        { "11C", "C-11", 1223.4 }, { "64Cu", "Cu-64", 45724 },     { "89Zr", "Zr-89", 282276 }
    };
    for (int i = 0; i < MI_COUNT(known); i++)
        if (strstr(p->nuclide, known[i].a) || strstr(p->nuclide, known[i].b)) {
            if (fabs(p->half_life_s - known[i].s) > 0.005 * known[i].s)
                mi_warn(warn, "half_life", "half-life in the header is %g s, %s has %g s",
                        p->half_life_s, known[i].b, known[i].s);
            return;
        }
}

/* ---- times ---- */

/* From the start of a frame to the moment when activity equals the frame's mean: ln(lT / (1 -
   exp(-lT))) / l. */
static double average_count_s(double half_life_s, double duration_ms)
{
    double l = log(2) / half_life_s, lt = l * duration_ms / 1000;
    return lt > 0 ? log(lt / -expm1(-lt)) / l : 0;
}

typedef struct timing { double series, earliest; bool post_processed; bool dated; } timing;

/* Does the first bed seem to be missing: the earliest frame begins its own length or more after
   the series? Then the frame's own reference time is the surer one. */
static bool begins_late(const mi_pet *p, const timing *t, int64_t k)
{
    const mi_pet_frame *f = &p->frame[k];
    return !isnan(f->reference_ms) && !isnan(f->duration_ms) && !isnan(f->acquisition) &&
           t->earliest - t->series >= f->duration_ms / 1000;
}

/* To what time slice k was decay-corrected (Decay Correction START). */
static double reference_time(const mi_pet *p, const timing *t, int64_t k, const char **how)
{
    const mi_pet_frame *f = &p->frame[k];
    if (!t->post_processed && !begins_late(p, t, k)) {
        *how = "series time";
        return t->series;
    }
    if (t->post_processed && !isnan(p->ge_scan)) {
        *how = "GE scan time (0009,100D)";
        return p->ge_scan;
    }
    if (isnan(f->reference_ms) || isnan(f->acquisition) || (!p->ge && isnan(f->duration_ms))) {
        *how = "earliest acquisition time";
        return t->earliest;
    }
    if (p->ge) {
        *how = "acquisition time less frame reference time";
        return f->acquisition - f->reference_ms / 1000;
    }
    *how = "acquisition time, back by frame reference time and average count time";
    return f->acquisition + average_count_s(p->half_life_s, f->duration_ms) -
           f->reference_ms / 1000;
}

/* Seconds from injection to t. Dates that were shifted unevenly (the injection two days after the
   scan, or more than a day and ten half-lives before it) are left out and the times of the day
   used. */
static int delay_to(const mi_pet *p, const timing *times, double t, double *out, mi_warnings *warn,
                    mi_err *err)
{
    double delay = t - p->injection;
    if (!p->injection_dated || !times->dated) {
        delay = fmod(t, 86400) - fmod(p->injection, 86400);
        if (delay < -6 * 3600)
            delay += 86400;
    } else if (delay < -2 * 86400 || (delay > 86400 && delay > 10 * p->half_life_s)) {
        mi_warn(
            warn, "dates_shifted",
            "injection and scan lie %.1f days apart by date; only the times of the day are used",
            delay / 86400);
        delay = fmod(t, 86400) - fmod(p->injection, 86400);
        if (delay < -6 * 3600)
            delay += 86400;
    }
    if (delay < 0)
        return mi_fail(err, MI_E_DATA, NULL,
                       "injection (0018,1072) lies %.0f s after the scan", -delay);
    *out = delay;
    return 0;
}

static int find_times(const mi_pet *p, timing *t, mi_err *err)
{
    *t = (timing){ .series = p->series, .earliest = p->earliest,
                   .dated = p->series_dated };
    if (isnan(p->injection))
        return mi_fail(err, MI_E_DATA, NULL,
                       "Radiopharmaceutical Start Time (0018,1072) is missing");
    if (isnan(t->series))
        t->series = t->earliest;
    if (isnan(t->series))
        return mi_fail(err, MI_E_DATA, NULL, "Series Time (0008,0031) is missing");
    t->post_processed = t->series > t->earliest;
    return 0;
}

/* Dose left at the time to which slice k is corrected. */
static int decayed_dose(const mi_pet *p, const timing *t, int64_t k, double *dose, const char **how,
                        mi_warnings *warn, mi_err *err)
{
    double at, delay = 0;
    if (strcmp(p->decay, "ADMIN") == 0) {
        *how = "corrected to administration";
        *dose = p->dose_bq;
        return 0;
    }
    if (strcmp(p->decay, "NONE") == 0) {
        const mi_pet_frame *f = &p->frame[k];
        if (isnan(f->acquisition) || isnan(f->duration_ms))
            return mi_fail(err, MI_E_DATA, NULL, "Decay Correction is NONE and Acquisition Time "
                                                 "(0008,0032) or Actual Frame Duration (0018,1242) "
                                                 "is missing");
        *how = "not corrected: average count time of each frame";
        at = f->acquisition + average_count_s(p->half_life_s, f->duration_ms);
    } else if (strcmp(p->decay, "START") == 0) {
        at = reference_time(p, t, k, how);
    } else {
        return mi_fail(err, MI_E_DATA, NULL, "Decay Correction (0054,1102) is %s",
                       p->decay[0] ? p->decay : "missing");
    }
    if (delay_to(p, t, at, &delay, warn, err) != 0)
        return -1;
    *dose = p->dose_bq * exp2(-delay / p->half_life_s);
    return 0;
}

/* ---- units ---- */

/* Values in Bq/ml, after `scale`: the factor of every slice. */
static int from_activity(const mi_pet *p, mi_suv_kind kind, double scale, const char *units,
                         mi_suv *out, mi_warnings *warn, mi_err *err)
{
    double body;
    timing t = { .dated = false };
    const char *how = "";
    if (check_dose(p, err) != 0 || body_of(p, kind, &body, err) != 0)
        return -1;
    out->body = body;
    check_half_life(p, warn);
    if (p->dose_bq < 1e4)
        mi_warn(warn, "pet_header",
                "Radionuclide Total Dose (0018,1074) is %g Bq: perhaps someone wrote MBq",
                p->dose_bq);
    if (p->drugs > 1)
        mi_warn(warn, "pet_header",
                "Radiopharmaceutical Information Sequence (0054,0016) has %lld items; the first "
                "is used", (long long)p->drugs);
    if (strcmp(p->decay, "ADMIN") != 0 && find_times(p, &t, err) != 0)
        return -1;
    for (int64_t k = 0; k < out->n; k++) {
        double dose = NAN;
        if (decayed_dose(p, &t, k, &dose, &how, warn, err) != 0)
            return -1;
        if (k == 0)
            out->decayed_dose_bq = dose;
        out->factor[k] = scale * body / dose;
    }
    snprintf(out->path, sizeof out->path, "%s; decay %s; %s; SUV %s", units, p->decay, how,
             mi_suv_kinds[kind]);
    return 0;
}

/* The values are SUV of some kind, `scale` times; another kind follows from the ratio of body
   measures. */
static int from_suv(const mi_pet *p, mi_suv_kind have, mi_suv_kind kind, double scale,
                    const char *units, mi_suv *out, mi_err *err)
{
    double a = 1, b = 1;
    if (have != kind && (body_of(p, have, &a, err) != 0 || body_of(p, kind, &b, err) != 0))
        return -1;
    for (int64_t k = 0; k < out->n; k++)
        out->factor[k] = scale * b / a;
    out->body = have != kind ? b : NAN;
    out->decayed_dose_bq = NAN;
    snprintf(out->path, sizeof out->path, "%s: values are SUV %s already; SUV %s", units,
             mi_suv_kinds[have], mi_suv_kinds[kind]);
    return 0;
}

/* Philips counts: the private SUV scale factor, else the activity concentration factor (QIBA
   order). */
static int from_counts(const mi_pet *p, mi_suv_kind kind, bool activity_first, mi_suv *out,
                       mi_warnings *warn, mi_err *err)
{
    bool suv = p->philips_suv > 0, activity = p->philips_activity > 0;
    if (!suv && !activity)
        return mi_fail(
            err, MI_E_DATA, NULL,
            "Units (0054,1001) are CNTS and neither (7053,1000) nor (7053,1009) is there");
    if (suv && activity) {
        mi_suv other = { .factor = mi_array((size_t)out->n, sizeof(double), err), .n = out->n };
        mi_err own = MI_ERR_EMPTY;
        mi_warnings quiet = MI_WARNINGS_EMPTY;
        if (other.factor &&
            from_activity(p, MI_SUV_BW, p->philips_activity, "", &other, &quiet, &own) == 0 &&
            fabs(other.factor[0] - p->philips_suv) > 0.01 * p->philips_suv)
            mi_warn(warn, "philips_factors",
                    "(7053,1000) gives an SUV factor of %g, (7053,1009) one of %g", p->philips_suv,
                    other.factor[0]);
        mi_warnings_free(&quiet);
        mi_suv_free(&other);
    }
    if (suv && !(activity && activity_first))
        return from_suv(p, MI_SUV_BW, kind, p->philips_suv, "CNTS by (7053,1000)", out, err);
    return from_activity(p, kind, p->philips_activity, "CNTS by (7053,1009)", out, warn, err);
}

static int kind_of_values(const char *type, mi_suv_kind *kind, mi_err *err)
{
    static const struct { const char *type; mi_suv_kind kind; } rows[] = {
        { "", MI_SUV_BW }, { "BW", MI_SUV_BW }, { "LBM", MI_SUV_LBM },
        { "LBMJAMES128", MI_SUV_LBM_JAMES }, { "LBMJANMA", MI_SUV_LBM_JANMA },
        { "BSA", MI_SUV_BSA }, { "IBW", MI_SUV_IBW }
    };
    for (int i = 0; i < MI_COUNT(rows); i++)
        if (strcmp(rows[i].type, type) == 0) {
            *kind = rows[i].kind;
            return 0;
        }
    return mi_fail(err, MI_E_DATA, NULL, "SUV Type (0054,1006) is '%s'", type);
}

void mi_suv_free(mi_suv *s)
{
    free(s->factor);
    s->factor = NULL;
}

/* By the units that the values are in. */
static int by_units(const mi_pet *p, mi_suv_kind kind, bool philips_activity_first, mi_suv *out,
                    mi_warnings *warn, mi_err *err)
{
    mi_suv_kind have = MI_SUV_BSA;
    bool gml = strcmp(p->units, "GML") == 0, cm2ml = strcmp(p->units, "CM2ML") == 0,
         counts = strcmp(p->units, "CNTS") == 0;
    if (!gml && !cm2ml && !counts && strcmp(p->units, "BQML") != 0)
        return mi_fail(err, MI_E_DATA, NULL,
                       "Units (0054,1001) are '%s': no SUV follows from them",
                       p->units[0] ? p->units : "missing");
    if (check_header(p, err) != 0 || (gml && kind_of_values(p->suv_type, &have, err) != 0))
        return -1;
    return gml || cm2ml ? from_suv(p, have, kind, 1, p->units, out, err)
           : counts     ? from_counts(p, kind, philips_activity_first, out, warn, err)
                        : from_activity(p, kind, 1, "BQML", out, warn, err);
}

int mi_suv_factors(const mi_pet *p, mi_suv_kind kind, bool philips_activity_first, mi_suv *out,
                   mi_warnings *warn, mi_err *err)
{
    *out = (mi_suv){ .n = p->n, .decayed_dose_bq = NAN, .body = NAN };
    out->factor = mi_array((size_t)p->n, sizeof(double), err);
    if (!out->factor)
        return -1;
    snprintf(out->unit, sizeof out->unit, kind == MI_SUV_BSA ? "cm2/ml" : "g/ml");
    if (by_units(p, kind, philips_activity_first, out, warn, err) != 0) {
        mi_suv_free(out);
        return -1;
    }
    if (kind != MI_SUV_BW && p->height_m > 3)
        mi_warn(warn, "pet_header", "Patient Size (0010,1020) is %g; it is taken as cm",
                p->height_m);
    return 0;
}
