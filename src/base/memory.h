/* Checked allocation. Every failure is MI_E_MEMORY with the size asked for in the message. Free
   with free(). */
#ifndef MI_BASE_MEMORY_H
#define MI_BASE_MEMORY_H
#include <stddef.h>
#include "base/error.h"

/* count * size bytes; overflow of the product is refused. count 0 gives a pointer that can be
   freed. NULL on failure. */
void *mi_array(size_t count, size_t size, mi_err *err);       /* contents undefined */
void *mi_array_zero(size_t count, size_t size, mi_err *err);  /* zero-filled */

/* Grow `p` (take on success; on failure p stays valid and owned by the caller, NULL is
   returned). */
void *mi_regrow(void *p, size_t count, size_t size, mi_err *err);

/* Copy of a string (NULL gives NULL without error). */
char *mi_strdup(const char *s, mi_err *err);

#endif
