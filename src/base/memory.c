#include "base/version.h" /* config.h first: it asks for the GNU names */
#include "base/memory.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LARGE = 4 << 20 }; /* bytes from which large pages pay */

/* Bytes to ask for, at least one; 0 when the product overflows or no object can be that large. */
static size_t bytes_of(size_t count, size_t size, mi_err *err)
{
    if (size && count > (size_t)PTRDIFF_MAX / size) {
        mi_fail(err, MI_E_MEMORY, NULL, "not enough memory: %zu times %zu bytes asked for", count,
                size);
        return 0;
    }
    size_t bytes = count * size;
    return bytes ? bytes : 1;
}

static void *checked(void *p, size_t bytes, mi_err *err)
{
    if (!p)
        mi_fail(err, MI_E_MEMORY, NULL, "not enough memory: %zu bytes asked for", bytes);
    return p;
}

void *mi_array(size_t count, size_t size, mi_err *err)
{
    size_t bytes = bytes_of(count, size, err);
    return bytes ? checked(malloc(bytes), bytes, err) : NULL;
}

void *mi_array_zero(size_t count, size_t size, mi_err *err)
{
    size_t bytes = bytes_of(count, size, err);
    return bytes ? checked(calloc(bytes, 1), bytes, err) : NULL;
}

void *mi_regrow(void *p, size_t count, size_t size, mi_err *err)
{
    size_t bytes = bytes_of(count, size, err);
    return bytes ? checked(realloc(p, bytes), bytes, err) : NULL;
}

void mi_memory_fill_ahead(void *p, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)p + page - 1) / page * page,
              to = ((uintptr_t)p + bytes) / page * page;
    if (p && bytes >= LARGE && from < to)
        (void)madvise((void *)from, to - from, MADV_HUGEPAGE); /* an advice: it may be refused */
#else
    (void)p;
    (void)bytes;
#endif
}

char *mi_strdup(const char *s, mi_err *err)
{
    if (!s)
        return NULL;
    size_t n = strlen(s) + 1;
    char *copy = mi_array(n, 1, err);
    if (copy)
        memcpy(copy, s, n);
    return copy;
}
