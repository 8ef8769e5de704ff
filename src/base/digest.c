#include "base/digest.h"
#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct mi_digest {
    struct sha256_ctx sha;
};

mi_digest *mi_digest_new(void)
{
    mi_digest *d = malloc(sizeof *d);
    if (d)
        sha256_init(&d->sha);
    return d;
}

void mi_digest_add(mi_digest *d, const void *p, size_t n)
{
    if (d && n)
        sha256_update(&d->sha, n, p);
}

static void print(const char *name, const uint8_t bytes[SHA256_DIGEST_SIZE], char out[72])
{
    static const char hex[] = "0123456789abcdef";
    size_t n = strlen(name);
    memcpy(out, name, n);
    for (int i = 0; i < SHA256_DIGEST_SIZE; i++) {
        out[n++] = hex[bytes[i] >> 4];
        out[n++] = hex[bytes[i] & 15];
    }
    out[n] = '\0';
}

static void finish(struct sha256_ctx *sha, char out[72])
{
    uint8_t bytes[SHA256_DIGEST_SIZE];
    sha256_digest(sha, sizeof bytes, bytes);
    print("sha256:", bytes, out);
}

void mi_digest_keyed(const void *key, size_t key_n, const void *p, size_t n, char out[72])
{
    struct hmac_sha256_ctx hmac;
    uint8_t bytes[SHA256_DIGEST_SIZE];
    hmac_sha256_set_key(&hmac, key_n, key);
    if (n)
        hmac_sha256_update(&hmac, n, p);
    hmac_sha256_digest(&hmac, sizeof bytes, bytes);
    print("hmac:", bytes, out);
}

void mi_digest_end(mi_digest *d, char out[72])
{
    out[0] = '\0';
    if (d)
        finish(&d->sha, out);
    free(d);
}

void mi_digest_of(const void *p, size_t n, char out[72])
{
    struct sha256_ctx sha;
    sha256_init(&sha);
    if (n)
        sha256_update(&sha, n, p);
    finish(&sha, out);
}
