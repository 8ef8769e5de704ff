/* Growable text. Starts empty ({0}), is always NUL-terminated once written to, remembers a
   failed allocation. */
#ifndef MI_BASE_TEXT_H
#define MI_BASE_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

typedef struct mi_text {
    char *s;
    size_t len, cap;
    bool failed; /* an allocation was refused: the text is incomplete */
} mi_text;

#define MI_TEXT_EMPTY { NULL, 0, 0, false }

/* Append a string, n bytes of one, or formatted text (s is borrowed; t->failed tells a refused
   allocation); mi_text_free leaves it empty. */
void mi_text_add(mi_text *t, const char *s);
void mi_text_addn(mi_text *t, const char *s, size_t n);
void mi_text_addf(mi_text *t, const char *fmt, ...) MI_PRINTF(2, 3);
void mi_text_free(mi_text *t);
/* The C string so far ("" when nothing was added); borrowed until the next call. */
const char *mi_text_ref(const mi_text *t);

/* Shell-like pattern: * ? [..], whole string, case-sensitive. */
bool mi_glob(const char *pattern, const char *s);

/* The nearest of `names` (NULL-terminated) to `word` by edit distance, or NULL when none is near
   (distance above 1 + len/3). */
const char *mi_nearest(const char *word, const char *const *names);

#endif
