/* PET slices for tests: headers with every attribute that SUV depends on. */
#ifndef TESTS_KIT_DICOM_PET_H
#define TESTS_KIT_DICOM_PET_H
#include "dicom_write.h"

/* Texts NULL and numbers 0: not told. */
typedef struct dw_pet {
    const char *units, *decay, *suv_type, *corrected, *maker, *sex, *nuclide;
    const char *date, *series_time, *acquisition_date, *acquisition_time;
    const char *injection_datetime, *injection_time;
    double dose_bq, half_life_s, weight_kg, height_m;
    double reference_ms, duration_ms;
    double philips_suv, philips_activity; /* (7053,1000), (7053,1009) */
    const char *ge_scan;                  /* (0009,100d) */
    const char *zone;                     /* (0008,0201) */
    double slope;
} dw_pet;

/* 370 MBq of F-18, 70 kg, 1.75 m, a man; scanned an hour after injection; BQML, START. */
dw_pet dw_pet_plain(void);
/* The attributes added to an object (which may be one of dw_image). */
void dw_pet_add(dw *d, const dw_pet *p);
/* Slice k (from 0) of a series: dw_image of 8 x 6 pixels with the header. */
dw *dw_pet_slice(const dw_pet *p, int k);
/* A folder of n slices alike; owned by the caller. */
char *dw_pet_series(const dw_pet *p, int n);

#endif
