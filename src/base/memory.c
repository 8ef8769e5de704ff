#include "base/version.h" /* config.h first: it asks for the GNU names */
#include "base/memory.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LARGE = 1 << 20 }; /* bytes from which large pages pay */

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

/* What is large is filled from end to end as a rule: the system may lend it large pages, whose
   first touch costs a fifth of that of as many small ones. Nothing else changes. */
static void prefer_large_pages(void *p, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = (uintptr_t)p / page * page;
    (void)madvise((void *)from, (uintptr_t)p + bytes - from, MADV_HUGEPAGE); /* it may refuse */
#else
    (void)p;
    (void)bytes;
#endif
}

static void *checked(void *p, size_t bytes, mi_err *err)
{
    if (!p)
        mi_fail(err, MI_E_MEMORY, NULL, "not enough memory: %zu bytes asked for", bytes);
    else if (bytes >= LARGE)
        prefer_large_pages(p, bytes);
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
