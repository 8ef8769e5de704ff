#include "dicom_marks.h"
#include <stdlib.h>

static mi_grid small_grid(bool sheared)
{
    mi_grid g = { .n = { 24, 20, 6 }, .spacing = { 1.5, 2, 3 },
                  .m = { { -1.5, 0, 0, 10 }, { 0, -2, 0, 20 }, { 0, 0, 3, 30 } } };
    if (sheared)
        g.m[1][2] = 0.7;
    return g;
}

void fuzz_marks(const uint8_t *data, size_t size, fuzz_read read, fuzz_facts facts)
{
    if (size < 1)
        return;
    mi_dicom_scan s = fuzz_scan(data + 1, size - 1);
    mi_grid g = small_grid(data[0] & 1);
    mi_source_opts opts = MI_SOURCE_OPTS;
    mi_dicom_masks masks = { NULL, 0 };
    mi_err err = MI_ERR_EMPTY, own = MI_ERR_EMPTY;
    opts.like = data[0] & 2 ? NULL : &g;
    opts.roi = data[0] & 4 ? "1,G*" : NULL;
    if (s.n_objects > 0) {
        cJSON *into = cJSON_CreateObject();
        fuzz_told(read(&s, s.object[0].dcm, "fuzz", &opts, &masks, &err), &err);
        fuzz_told(facts(&s, s.object[0].dcm, into, &own), &own);
        cJSON_Delete(into);
    }
    for (int i = 0; i < masks.n && err.cls == MI_E_NONE; i++)
        if (masks.v[i].meta.n_labels < 1 || !masks.v[i].data)
            abort();
    mi_dicom_masks_free(&masks);
    mi_dicom_scan_free(&s);
}
