/* Bytes that grow. Without memory a test ends by abort(). */
#ifndef TESTS_KIT_BYTES_H
#define TESTS_KIT_BYTES_H
#include <stdlib.h>
#include <string.h>

typedef struct buffer { unsigned char *p; size_t n, cap; } buffer;

static inline void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

static inline void put(buffer *b, const void *p, size_t n)
{
    if (b->n + n > b->cap) {
        b->cap = 2 * (b->n + n) + 256;
        b->p = must(realloc(b->p, b->cap));
    }
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
}

#endif
