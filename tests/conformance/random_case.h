/* Seeded random small regions of many shapes, and settings to measure them with. */
#ifndef TESTS_CONFORMANCE_RANDOM_CASE_H
#define TESTS_CONFORMANCE_RANDOM_CASE_H
#include "radiomics/settings.h"

typedef struct random_case {
    int n[3];
    double s[3];
    double m[3][4]; /* affine: a turned, mirrored or plain grid with this spacing */
    double *value;
    unsigned char *mask;
    mi_settings set;
    char what[160]; /* for messages */
} random_case;

void random_case_make(random_case *c, unsigned seed);
void random_case_free(random_case *c);

#endif
