/* Any bytes as the objects of a series: sorting, geometry, rescale, decoding, PET headers; then
   what the whole reader makes of the first of them. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "dicom_fuzz.h"
#include "io/dicom/pet.h"
#include "io/dicom/pixels.h"
#include "io/source.h"
#include "preproc/suv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MAX = 64 << 20 };

static void decode(mi_dicom_scan *s, const mi_dicom_stack *st, bool grey)
{
    mi_dicom_plan plan;
    mi_warnings w = MI_WARNINGS_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    int64_t n = st->slices * st->volumes, padding = 0;
    int rc = mi_dicom_plan_make(s, st->frame, n, grey, &plan, &w, &err);
    double bytes = rc == 0 ? (double)st->grid.n[0] * (double)st->grid.n[1] * (double)n *
                                 (double)mi_type_size(plan.type) : 0;
    if (rc == 0 && bytes <= BYTES_MAX) {
        void *out = malloc((size_t)bytes + 1);
        rc = out ? mi_dicom_decode(s, st->frame, n, &plan, out, &padding, NULL, &err) : 0;
        free(out);
    }
    fuzz_told(rc, &err);
    mi_warnings_free(&w);
}

static void look_at_pet(mi_dicom_scan *s, const mi_dicom_stack *st)
{
    mi_pet *p = NULL;
    mi_suv suv;
    mi_warnings w = MI_WARNINGS_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    double earliest = NAN;
    int rc = mi_dicom_pet_read(s, st->frame, st->slices, 0, st->slices, &earliest, &p, &err);
    if (rc == 0) {
        rc = mi_suv_factors(p, MI_SUV_BW, false, &suv, &w, &err);
        if (rc == 0)
            mi_suv_free(&suv);
    }
    fuzz_told(rc, &err);
    mi_pet_free(p);
    mi_warnings_free(&w);
}

static void series(const uint8_t *data, size_t size, bool grey)
{
    mi_dicom_scan s = fuzz_scan(data, size);
    mi_dicom_stack st;
    mi_warnings w = MI_WARNINGS_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    if (s.n_frames > 0) {
        int rc = mi_dicom_stack_make(s.object, s.frame, s.n_frames, &st, &w, &err);
        fuzz_told(rc, &err);
        if (rc == 0) {
            look_at_pet(&s, &st);
            decode(&s, &st, grey);
            mi_dicom_stack_free(&st);
        }
    }
    mi_warnings_free(&w);
    mi_dicom_scan_free(&s);
}

static void whole_reader(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    char path[64];
    mi_err err = MI_ERR_EMPTY;
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_source *s = NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    opts.list_only = true;
    int rc = mi_source_open(&s, path, &opts, &err);
    fuzz_told(rc, &err);
    if (rc == 0)
        cJSON_Delete(mi_source_facts(s, &err));
    mi_source_close(s);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (data[0] & 1)
        whole_reader(data + 1, size - 1);
    else
        series(data + 1, size - 1, data[0] & 2);
    return 0;
}
