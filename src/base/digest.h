/* SHA-256 (FIPS 180-4) as lower-case hex, by libnettle. */
#ifndef MI_BASE_DIGEST_H
#define MI_BASE_DIGEST_H
#include <stddef.h>

typedef struct mi_digest mi_digest; /* NULL when memory is short; all calls accept NULL */
mi_digest *mi_digest_new(void);
void mi_digest_add(mi_digest *d, const void *p, size_t n);
/* Writes "sha256:" + 64 hex digits + NUL and frees d. */
void mi_digest_end(mi_digest *d, char out[72]);
/* In one go. */
void mi_digest_of(const void *p, size_t n, char out[72]);
/* HMAC-SHA-256 (RFC 2104, FIPS 198-1) by a key: "hmac:" + 64 hex digits + NUL. Who lacks the key
   cannot find the text by trying. */
void mi_digest_keyed(const void *key, size_t key_n, const void *p, size_t n, char out[72]);

#endif
