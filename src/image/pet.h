/* What a PET image's header says of dose, times and body: everything that SUV needs. Filled by
   the DICOM reader, used by preproc; never written anywhere. */
#ifndef MI_IMAGE_PET_H
#define MI_IMAGE_PET_H
#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

/* Times are seconds since 1970-01-01 (or of the day where no date is told); NaN: not told. */
typedef struct mi_pet_frame { double acquisition, reference_ms, duration_ms; } mi_pet_frame;

typedef struct mi_pet {
    char units[17];        /* (0054,1001) BQML, CNTS, GML, CM2ML, PROPCNTS */
    char decay[17];        /* (0054,1102) START, ADMIN, NONE */
    char suv_type[17];     /* (0054,1006) */
    char corrected[128];   /* (0028,0051) */
    bool ge;               /* maker */
    double series;         /* (0008,0021) + (0008,0031) */
    bool series_dated;
    double earliest;       /* acquisition of the whole series, all its volumes */
    double injection;      /* (0018,1078), else (0018,1072) */
    bool injection_dated;
    double dose_bq, half_life_s, weight_kg, height_m;
    char sex;              /* 'M', 'F', 'O', 0 */
    char nuclide[64];      /* meaning of (0054,0300) */
    int64_t drugs;         /* items of (0054,0016); the first is read */
    double philips_suv, philips_activity; /* (7053,1000), (7053,1009) */
    double ge_scan;        /* (0009,100d) */
    /* an attribute that differs between the objects of the series; NULL: none. Static text */
    const char *mixed;
    mi_pet_frame *frame;   /* one for each slice of the volume */
    int64_t n;
} mi_pet;

void mi_pet_free(mi_pet *p); /* NULL is fine; frees p too */

/* DICOM DA, TM and DT (PS3.5, 6.2; colons and dots as old writers put them) to seconds; either
   text may be NULL. NaN when the time is missing or damaged. *dated: a date was there. */
double mi_dicom_seconds(const char *date, const char *time, bool *dated);
double mi_dicom_datetime_seconds(const char *datetime, bool *dated);
/* The offset from UTC at the end of a DT, or that of (0008,0201): "+0100" is 3600. NaN: none. */
double mi_dicom_zone_seconds(const char *text);

#endif
