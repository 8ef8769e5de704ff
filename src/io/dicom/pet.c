#include "io/dicom/pet.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

#define DRUG "0054,0016[0]."

static void text(const mi_dicom_scan *s, mi_dcm *d, const char *path, char *out, size_t size)
{
    const char *t = s->f->text(d, path);
    snprintf(out, size, "%s", t ? t : "");
}

static double number(const mi_dicom_scan *s, mi_dcm *d, const char *path)
{
    double x;
    return s->f->numbers(d, path, &x, 1) >= 1 ? x : NAN;
}

/* Date and time attributes as seconds. */
static double moment(const mi_dicom_scan *s, mi_dcm *d, const char *date, const char *time,
                     bool *dated)
{
    char a[32], b[32];
    text(s, d, date, a, sizeof a);
    text(s, d, time, b, sizeof b);
    return mi_dicom_seconds(*a ? a : NULL, *b ? b : NULL, dated);
}

/* A DT that tells its offset from UTC is put into the zone of the other dates and times, where
   Timezone Offset From UTC (0008,0201) tells that one. */
static double moment_dt(const mi_dicom_scan *s, mi_dcm *d, const char *path, bool *dated)
{
    char a[40], zone[17];
    text(s, d, path, a, sizeof a);
    text(s, d, "0008,0201", zone, sizeof zone);
    double ahead = mi_dicom_zone_seconds(a + strcspn(a, "+-")) - mi_dicom_zone_seconds(zone);
    return mi_dicom_datetime_seconds(*a ? a : NULL, dated) - (isnan(ahead) ? 0 : ahead);
}

/* The injection: (0018,1078) with its date, else (0018,1072) on the series date. */
static void read_injection(const mi_dicom_scan *s, mi_dcm *d, mi_pet *p)
{
    bool dated;
    p->injection = moment_dt(s, d, DRUG "0018,1078", &p->injection_dated);
    if (isnan(p->injection)) {
        p->injection = moment(s, d, "0008,0021", DRUG "0018,1072", &dated);
        p->injection_dated = false;
    }
}

/* A series without date is made on that day which brings it nearest to the acquisition. */
static void read_series_time(const mi_dicom_scan *s, mi_dcm *d, mi_pet *p)
{
    p->series = moment(s, d, "0008,0021", "0008,0031", &p->series_dated);
    if (p->series_dated)
        return;
    double acquired = moment(s, d, "0008,0022", "0008,0032", &p->series_dated);
    if (p->series_dated && !isnan(acquired))
        p->series += 86400 * round((acquired - p->series) / 86400);
}

static void read_common(const mi_dicom_scan *s, mi_dcm *d, mi_pet *p)
{
    char maker[64], sex[8];
    bool dated;
    text(s, d, "0054,1001", p->units, sizeof p->units);
    text(s, d, "0054,1102", p->decay, sizeof p->decay);
    text(s, d, "0054,1006", p->suv_type, sizeof p->suv_type);
    text(s, d, "0028,0051", p->corrected, sizeof p->corrected);
    text(s, d, "0008,0070", maker, sizeof maker);
    text(s, d, "0010,0040", sex, sizeof sex);
    text(s, d, DRUG "0054,0300[0].0008,0104", p->nuclide, sizeof p->nuclide);
    p->drugs = s->f->items(d, "0054,0016");
    p->ge = strncmp(maker, "GE", 2) == 0;
    p->sex = sex[0];
    read_series_time(s, d, p);
    read_injection(s, d, p);
    p->dose_bq = number(s, d, DRUG "0018,1074");
    p->half_life_s = number(s, d, DRUG "0018,1075");
    p->weight_kg = number(s, d, "0010,1030");
    p->height_m = number(s, d, "0010,1020");
    p->philips_suv = number(s, d, "7053,1000");
    p->philips_activity = number(s, d, "7053,1009");
    p->ge_scan = moment_dt(s, d, "0009,100d", &dated);
}

static bool differ(double a, double b) { return a != b && !(isnan(a) && isnan(b)); }

/* Attributes of a series that all its images must share. */
static void compare(const mi_pet *q, mi_pet *p)
{
    p->mixed = strcmp(p->units, q->units) != 0           ? "Units (0054,1001)"
               : strcmp(p->decay, q->decay) != 0         ? "Decay Correction (0054,1102)"
               : strcmp(p->suv_type, q->suv_type) != 0   ? "SUV Type (0054,1006)"
               : strcmp(p->corrected, q->corrected) != 0 ? "Corrected Image (0028,0051)"
               : differ(p->half_life_s, q->half_life_s)  ? "Radionuclide Half Life (0018,1075)"
               : differ(p->dose_bq, q->dose_bq)          ? "Radionuclide Total Dose (0018,1074)"
               : differ(p->weight_kg, q->weight_kg)      ? "Patient Weight (0010,1030)"
               : differ(p->height_m, q->height_m)        ? "Patient Size (0010,1020)"
               : p->sex != q->sex                        ? "Patient's Sex (0010,0040)"
               : differ(fmod(p->series, 86400), fmod(q->series, 86400))
                   ? "Series Time (0008,0031)"
               : differ(p->injection, q->injection) ? "Radiopharmaceutical Start Time (0018,1072)"
               : differ(p->philips_suv, q->philips_suv) ? "SUV Scale Factor (7053,1000)"
               : differ(p->philips_activity, q->philips_activity)
                   ? "Activity Concentration Scale Factor (7053,1009)" : p->mixed;
}

/* Times of one frame; an enhanced image has them in its functional groups. An
   acquisition without date was made on the day of the series, or on the next when that lies
   nearer. */
static mi_pet_frame read_frame(const mi_dicom_scan *s, mi_dcm *d, int64_t frame, const mi_pet *p)
{
    char at[80];
    bool dated;
    mi_pet_frame f = { .acquisition = moment(s, d, "0008,0022", "0008,0032", &dated),
                       .reference_ms = number(s, d, "0054,1300"),
                       .duration_ms = number(s, d, "0018,1242") };
    if (!dated) {
        f.acquisition = moment(s, d, "0008,0021", "0008,0032", &dated);
        if (f.acquisition < p->series - 43200)
            f.acquisition += 86400;
    }
    snprintf(at, sizeof at, "5200,9230[%lld].0020,9111[0].0018,9074", (long long)frame);
    if (isnan(f.acquisition))
        f.acquisition = moment_dt(s, d, at, &dated);
    snprintf(at, sizeof at, "5200,9230[%lld].0020,9111[0].0018,9220", (long long)frame);
    if (isnan(f.duration_ms))
        f.duration_ms = number(s, d, at);
    return f;
}

static int read_headers(mi_dicom_scan *s, const mi_dicom_frame *frames, mi_pet *p, mi_err *err)
{
    for (int64_t k = 0; k < p->n; k++) {
        mi_pet other = { .n = 0 };
        mi_dcm *d = mi_dicom_object_open(s, &s->object[frames[k].object], err);
        if (!d)
            return -1;
        read_common(s, d, k ? &other : p);
        if (k)
            compare(&other, p);
        p->frame[k] = read_frame(s, d, frames[k].number, p);
    }
    return 0;
}

static int find_earliest(mi_dicom_scan *s, const mi_dicom_frame *frames, int64_t n, mi_pet *p,
                         mi_err *err)
{
    for (int64_t k = 0; k < n; k++) {
        mi_dcm *d = mi_dicom_object_open(s, &s->object[frames[k].object], err);
        if (!d)
            return -1;
        p->earliest = fmin(p->earliest, read_frame(s, d, frames[k].number, p).acquisition);
    }
    return 0;
}

int mi_dicom_pet_read(mi_dicom_scan *s, const mi_dicom_frame *frames, int64_t n, int64_t first,
                      int64_t count, double *earliest, mi_pet **out, mi_err *err)
{
    mi_pet *p = mi_array_zero(1, sizeof *p, err);
    if (!p || !(p->frame = mi_array((size_t)count, sizeof *p->frame, err))) {
        mi_pet_free(p);
        return -1;
    }
    p->n = count;
    p->earliest = *earliest;
    int rc = read_headers(s, frames + first, p, err);
    if (rc == 0 && isnan(*earliest))
        rc = find_earliest(s, frames, n, p, err);
    if (rc != 0) {
        mi_pet_free(p);
        return -1;
    }
    *earliest = p->earliest;
    *out = p;
    return 0;
}
