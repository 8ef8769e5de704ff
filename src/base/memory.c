#include "base/memory.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* From here on memory is asked for in huge pages where the system gives them on request: first use
   of an array is then a few faults, not one for every 4 KiB. */
#define HUGE_FROM ((size_t)4 << 20)
#define HUGE_PAGE ((uintptr_t)2 << 20)

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

/* A hint only: whether it is followed shows in time alone. */
static void prefer_huge_pages(void *p, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    uintptr_t from = ((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
    uintptr_t to = ((uintptr_t)p + bytes) & ~(HUGE_PAGE - 1);
    if (to > from)
        (void)madvise((void *)from, to - from, MADV_HUGEPAGE);
#else
    (void)p;
    (void)bytes;
#endif
}

static void *checked(void *p, size_t bytes, mi_err *err)
{
    if (!p)
        mi_fail(err, MI_E_MEMORY, NULL, "not enough memory: %zu bytes asked for", bytes);
    else if (bytes >= HUGE_FROM)
        prefer_huge_pages(p, bytes);
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
