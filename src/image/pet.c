#include "image/pet.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mi_pet_free(mi_pet *p)
{
    if (p)
        free(p->frame);
    free(p);
}

/* n digits at s as a number; false when there are not as many. */
static bool digits(const char *s, int n, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        *out = *out * 10 + (s[i] - '0');
    }
    return true;
}

/* Days from 1970-01-01 in the Gregorian calendar, counted in years that begin in March. */
static double days_of(int y, int m, int d)
{
    y -= m <= 2;
    int era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int day = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return (double)era * 146097 + day - 719468;
}

/* hh[mm[ss[.ffffff]]], with or without colons; NaN when there is no hour. */
static double time_of(const char *t)
{
    int part[3] = { 0, 0, 0 }, k = 0;
    const char *p = t;
    for (; k < 3 && digits(p, 2, &part[k]); k++) {
        p += 2;
        p += *p == ':';
    }
    if (k == 0 || part[0] > 23 || part[1] > 59 || part[2] > 60)
        return NAN;
    double fraction = 0, unit = 0.1;
    if (k == 3 && *p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
            fraction += unit * (*p - '0');
    return part[0] * 3600.0 + part[1] * 60.0 + part[2] + fraction;
}

static bool date_of(const char *s, double *days)
{
    int y, m, d;
    bool dotted = s && strlen(s) >= 10 && (s[4] == '.' || s[4] == '-');
    if (!s || !digits(s, 4, &y) || !digits(s + 4 + dotted, 2, &m) ||
        !digits(s + 6 + 2 * dotted, 2, &d) || m < 1 || m > 12 || d < 1 || d > 31)
        return false;
    *days = days_of(y, m, d);
    return true;
}

double mi_dicom_seconds(const char *date, const char *time, bool *dated)
{
    double days = 0;
    *dated = date_of(date, &days);
    return time ? days * 86400 + time_of(time) : NAN;
}

double mi_dicom_datetime_seconds(const char *dt, bool *dated)
{
    double days = 0;
    *dated = false;
    if (!dt || strlen(dt) < 10 || !date_of(dt, &days))
        return NAN;
    double t = time_of(dt + 8);
    *dated = !isnan(t);
    return days * 86400 + t;
}

double mi_dicom_zone_seconds(const char *text)
{
    const char *sign = text ? strpbrk(text, "+-") : NULL;
    int hours, minutes;
    if (!sign || !digits(sign + 1, 2, &hours) || !digits(sign + 3, 2, &minutes))
        return NAN;
    return (*sign == '-' ? -1 : 1) * (hours * 3600.0 + minutes * 60.0);
}
