/* SHA-256 of what a volume holds, whatever file it came in: type, size, geometry, scaling and
   voxels, little endian. */
#include <stdlib.h>
#include <string.h>
#include "base/digest.h"
#include "base/memory.h"
#include "io/source.h"

enum { CHUNK = 1 << 16 };

static void add_le(mi_digest *d, const void *p, int64_t n, size_t size)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    mi_digest_add(d, p, (size_t)n * size);
#else
    unsigned char b[8];
    for (int64_t i = 0; i < n; i++) {
        const unsigned char *from = (const unsigned char *)p + i * (int64_t)size;
        for (size_t j = 0; j < size; j++)
            b[j] = from[size - 1 - j];
        mi_digest_add(d, b, size);
    }
#endif
}

/* Slices of a trimmed label map that are not held are zero. */
static int add_zeros(mi_digest *d, int64_t bytes, mi_err *err)
{
    void *zero = bytes > 0 ? mi_array_zero(CHUNK, 1, err) : NULL;
    if (bytes > 0 && !zero)
        return -1;
    for (; bytes > 0; bytes -= CHUNK)
        mi_digest_add(d, zero, bytes < CHUNK ? (size_t)bytes : CHUNK);
    free(zero);
    return 0;
}

int mi_volume_digest(const mi_volume *v, char out[72], mi_err *err)
{
    const mi_grid *g = &v->grid;
    if (!v->data || (!v->trimmed && (v->k0 != 0 || v->k1 != g->n[2])))
        return mi_fail(err, MI_E_INTERNAL, NULL,
                       "digest of an image of which not all slices were read");
    mi_digest *d = mi_digest_new();
    if (!d)
        return mi_fail(err, MI_E_MEMORY, NULL, "no memory for a digest");
    const char *type = mi_type_name(v->type);
    mi_digest_add(d, "mi-volume/1", 12);
    mi_digest_add(d, type, strlen(type) + 1);
    add_le(d, g->n, 3, 8);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) {
            double m = g->m[i][j] + 0.0; /* -0 is 0 */
            add_le(d, &m, 1, 8);
        }
    add_le(d, g->spacing, 3, 8);
    add_le(d, &v->slope, 1, 8);
    add_le(d, &v->inter, 1, 8);
    size_t size = mi_type_size(v->type);
    int64_t slice = mi_volume_slice_voxels(v);
    int rc = add_zeros(d, v->k0 * slice * (int64_t)size, err);
    if (rc == 0)
        add_le(d, v->data, (v->k1 - v->k0) * slice, size);
    if (rc == 0)
        rc = add_zeros(d, (g->n[2] - v->k1) * slice * (int64_t)size, err);
    mi_digest_end(d, out);
    return rc;
}
