/* What the tests of the DICOM reader share: folders of generated objects, reading them, and
   leaving out what the build lacks. */
#ifndef MI_TEST_DICOM_CASE_H
#define MI_TEST_DICOM_CASE_H
#include <stdbool.h>
#include "../kit/dicom_write.h"
#include <check.h>
#include "io/source.h"

/* True when the module mi-dicom is not part of this build: the test then returns, having said
   so. */
bool lacking(const char *test);
#define NEEDS_DICOM if (lacking(__func__)) return

/* A CT series of n slices in a new folder: slice k (instance k + 1) lies 3 k mm above the first.
   File names and instance numbers run against each other. `change` may alter what slice k says
   before it is written, `edit` the object itself; either may be NULL. */
typedef void (*change_spec)(int k, dw_spec *s);
typedef void (*edit_object)(int k, dw *d);
char *series_of(int n, change_spec change, edit_object edit);
/* The same into a folder that is there; names begin with `prefix`. */
void add_series(const char *folder, const char *prefix, int n, dw_syntax syntax, change_spec change,
                edit_object edit);

/* The first item with its voxels. A failure ends the test. */
mi_volume read_with(const char *path, const mi_source_opts *opts);
mi_volume read_volume(const char *path);
/* It must be refused: the error. */
mi_err refused_with(const char *path, const mi_source_opts *opts);
mi_err refused(const char *path);

/* Value of a voxel, with slope and intercept. */
double value_at(const mi_volume *v, int64_t x, int64_t y, int64_t z);
bool warned(const mi_volume *v, const char *code);
/* Facts of a source as JSON (series and so on); owned by the caller. */
cJSON *facts_of(const char *path);

/* main of these tests: the suite with the modules of MI_MODULES; 1 when a test failed. */
int run_suite(Suite *s_take);

#endif
