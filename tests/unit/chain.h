/* Small volumes for the tests of the processing chain. */
#ifndef TEST_CHAIN_H
#define TEST_CHAIN_H
#include "radiomics/catalogue.h"
#include "radiomics/region.h"

/* A volume of doubles / bytes over borrowed data; identity axes with this spacing. */
mi_volume image_of(double *value, int64_t nx, int64_t ny, int64_t nz, double sx, double sy,
                   double sz);
mi_volume mask_of(uint8_t *value, int64_t nx, int64_t ny, int64_t nz, double sx, double sy,
                  double sz);

mi_settings default_settings(void);
/* Region of label 1; aborts the test on an error. */
mi_region region_of(const mi_volume *image, const mi_volume *mask, const mi_settings *s,
                    mi_diagnostics *diag, mi_warnings *warn);
/* The class of the error that building gives; MI_E_NONE when it works. */
mi_class region_error(const mi_volume *image, const mi_volume *mask, const mi_settings *s);

/* Value of a feature without aggregation; NaN checks that a reason is given. */
double feature(const mi_family *f, const mi_region *r, const mi_settings *s, const char *id);

bool warned(const mi_warnings *w, const char *code);

/* Repeatable numbers in [0, 1). */
double random_unit(uint64_t *state);

#endif
