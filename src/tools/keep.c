#include "tools/keep.h"
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

enum { KEY_MAX = 4096 };

#define AT(field) offsetof(mi_keep_opts, field)

const mi_param mi_keep_params[] = {
    { .name = "uid-key",
      .type = MI_P_STRING,
      .offset = AT(uid_key),
      .value = "FILE",
      .flags = MI_PF_FULL,
      .group = "DICOM",
      .help = "digests of UIDs by this key (HMAC-SHA-256), so that nobody else can retrace them" },
    { .name = "keep-uids",
      .type = MI_P_BOOL,
      .offset = AT(keep_uids),
      .flags = MI_PF_FULL,
      .group = "DICOM",
      .help = "tell UIDs themselves instead of digests" },
    { .name = "keep-descriptions",
      .type = MI_P_BOOL,
      .offset = AT(keep_descriptions),
      .flags = MI_PF_FULL,
      .group = "DICOM",
      .help = "tell series descriptions, which are free text" },
    { .name = NULL }
};

/* The bytes of the file without a line end behind them. */
static int read_key(const char *path, char *key, size_t *n, mi_err *err)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return mi_fail(err, mi_class_of_errno(errno), NULL, "cannot open the key: %s",
                       strerror(errno));
    *n = fread(key, 1, KEY_MAX + 1, f);
    int failed = ferror(f);
    fclose(f);
    if (failed)
        return mi_fail(err, MI_E_IO, NULL, "cannot read the key");
    if (*n > 0 && key[*n - 1] == '\n')
        --*n;
    if (*n == 0 || *n > KEY_MAX)
        return mi_fail(err, MI_E_CONFIG, NULL, "a key has 1 to %d bytes", KEY_MAX);
    return 0;
}

int mi_keep_read(const mi_keep_opts *o, mi_keep *out, void **key, mi_err *err)
{
    *out = (mi_keep){ .uids = o->keep_uids, .descriptions = o->keep_descriptions };
    *key = NULL;
    if (!o->uid_key)
        return 0;
    *key = mi_array(KEY_MAX + 1, 1, err);
    if (!*key)
        return -1;
    if (read_key(o->uid_key, *key, &out->key_n, err) != 0) {
        mi_err_subject(err, o->uid_key);
        free(*key);
        *key = NULL;
        return -1;
    }
    out->key = *key;
    return 0;
}
