#define _GNU_SOURCE
#include "dicom_fuzz.h"
#include <stdlib.h>
#include <string.h>
#include "shim/module.h"

extern const mi_module mi_module_self; /* of dicom_module.cxx */

/* Instead of those of shim/module.c. */
const mi_module *mi_module_open(const char *name, mi_err *err)
{
    if (strcmp(name, "mi-dicom") == 0)
        return &mi_module_self;
    mi_fail(err, MI_E_UNAVAILABLE, NULL, "not linked in");
    return NULL;
}

void mi_module_path(const char *folder) { (void)folder; }

void fuzz_told(int rc, const mi_err *err)
{
    if (rc < 0 && (err->cls == MI_E_NONE || err->cls == MI_E_INTERNAL || !err->message[0]))
        abort();
}

mi_dicom_scan fuzz_scan(const uint8_t *data, size_t size)
{
    static const char mark[] = "\xff\xfeNEXT";
    mi_dicom_scan s = { .f = mi_module_self.functions };
    for (int i = 0; i < 4 && size > 0; i++) {
        const uint8_t *next = memmem(data, size, mark, sizeof mark - 1);
        size_t n = next ? (size_t)(next - data) : size;
        mi_err err = MI_ERR_EMPTY;
        fuzz_told(n ? mi_dicom_scan_bytes(&s, data, n, &err) : 0, &err);
        size_t used = next ? n + sizeof mark - 1 : n;
        data += used;
        size -= used;
    }
    return s;
}
