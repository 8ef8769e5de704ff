/* Standardised uptake values of DICOM PET (QIBA FDG-PET profile, appendix G: SUV pseudo-code;
   DICOM CID 85). */
#ifndef MI_PREPROC_SUV_H
#define MI_PREPROC_SUV_H
#include "base/warnings.h"
#include "image/pet.h"

/* By what the uptake is normalised. */
typedef enum mi_suv_kind {
    MI_SUV_BW,        /* body weight; DICOM 126401 */
    MI_SUV_LBM,       /* lean body mass, James with 120 for men (QIBA); 126402 */
    MI_SUV_LBM_JAMES, /* James 1976 with 128 for men; 126406 */
    MI_SUV_LBM_JANMA, /* Janmahasatian 2005; 126405 */
    MI_SUV_BSA,       /* body surface area, Du Bois 1916, cm2/ml; 126403 */
    MI_SUV_IBW        /* ideal body weight; 126404 */
} mi_suv_kind;
/* "bw", "lbm", "lbm-james", "lbm-janma", "bsa", "ibw", NULL */
extern const char *const mi_suv_kinds[];

/* Body measures; weight in kg, height in m. NaN where sex or height do not allow them. */
double mi_lean_body_mass_g(mi_suv_kind variant, double weight_kg, double height_m, char sex);
double mi_bsa_cm2(double weight_kg, double height_m);      /* Du Bois 1916 */
double mi_bsa_mosteller_m2(double weight_kg, double height_m);
double mi_ideal_body_weight_g(double height_m, char sex);

typedef struct mi_suv {
    double *factor;        /* value of slice k times factor[k] is SUV; owned */
    int64_t n;
    double decayed_dose_bq; /* of slice 0; NaN when the values are SUV already */
    double body;           /* g, or cm2 of body surface; NaN where it was not needed */
    char path[256];        /* which rules were taken, in words */
    char unit[16];         /* "g/ml" or "cm2/ml" */
} mi_suv;
void mi_suv_free(mi_suv *s);

/* philips_activity_first: prefer (7053,1009) over (7053,1000) when both are there. MI_E_DATA
   naming the tag when something needed is missing or contradicts. */
int mi_suv_factors(const mi_pet *p, mi_suv_kind kind, bool philips_activity_first, mi_suv *out,
                   mi_warnings *warn, mi_err *err);

#endif
