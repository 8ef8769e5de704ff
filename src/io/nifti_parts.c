/* The parts around a NIfTI header: extensions behind it, the other file of a pair. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "base/memory.h"
#include "io/meta.h"
#include "io/nifti.h"

static int32_t int_at(const unsigned char *p, bool swap)
{
    uint32_t x;
    memcpy(&x, p, 4);
    return (int32_t)(swap ? __builtin_bswap32(x) : x);
}

static size_t head_size(const mi_nifti_kept *k)
{
    return mi_nifti_head_size(k->bytes, k->n);
}

/* Is the header in the other byte order? */
static bool swapped(const mi_nifti_kept *k)
{
    return (size_t)int_at(k->bytes, false) != head_size(k);
}

/* Memory grows with the bytes that are there, whatever the header promises. */
static int append(mi_nifti_kept **k, size_t *room, mi_input *in, size_t n, mi_err *err)
{
    if ((*k)->n + n > *room) {
        *room = 2 * *room > (*k)->n + n ? 2 * *room : (*k)->n + n;
        mi_nifti_kept *more = mi_regrow(*k, sizeof **k + *room, 1, err);
        if (!more)
            return -1;
        *k = more;
    }
    int64_t got = mi_input_read(in, (*k)->bytes + (*k)->n, n, err);
    if (got > 0)
        (*k)->n += (size_t)got;
    return got < 0 ? -1 : (size_t)got == n;
}

int mi_nifti_keep(mi_input *in, const unsigned char *raw, const mi_nifti_head *h, int64_t end,
                  mi_nifti_kept **out, mi_warnings *w, mi_err *err)
{
    size_t size = h->version == 1 ? MI_NIFTI_SIZE1 : MI_NIFTI_SIZE2, room = size + 4;
    mi_nifti_kept *k = mi_array(sizeof *k + room, 1, err);
    int rc = k ? 1 : -1;
    if (k) {
        k->n = size;
        memcpy(k->bytes, raw, size);
    }
    for (size_t step = 4; rc == 1; step = 1 << 16) {
        int64_t left = end < 0 ? INT64_MAX : end - mi_input_offset(in);
        if (left <= 0 || k->n > MI_NIFTI_KEPT_MAX)
            break;
        rc = append(&k, &room, in, left < (int64_t)step ? (size_t)left : step, err);
    }
    *out = k;
    if (rc < 0)
        return -1;
    k->whole = k->n <= MI_NIFTI_KEPT_MAX;
    if (!k->whole) {
        mi_warn(w, "extension", "header extensions of more than %d MiB are not used",
                MI_NIFTI_KEPT_MAX >> 20);
        k->n = size;
    }
    return 0;
}

int mi_nifti_extension_next(const mi_nifti_kept *k, size_t *at, mi_nifti_extension *e)
{
    size_t size = head_size(k);
    if (*at == 0) {
        if (k->n < size + 4 || k->bytes[size] == 0)
            return 0;
        *at = size + 4;
    }
    size_t left = k->n - *at;
    if (left < 16)
        return 0;
    const unsigned char *p = k->bytes + *at;
    *e = (mi_nifti_extension) { int_at(p + 4, swapped(k)), int_at(p, swapped(k)), p + 8 };
    if (e->size < 16 || e->size % 16 != 0 || (size_t)e->size > left)
        return -1;
    *at += (size_t)e->size;
    return 1;
}

int mi_nifti_extension_own(const mi_nifti_extension *e, mi_err *err)
{
    char why[160] = "";
    mi_meta m = { .role = NULL };
    if (e->code != MI_NIFTI_COMMENT || e->size - 8 > MI_NIFTI_COMMENT_MAX)
        return 0;
    int rc = mi_meta_parse((const char *)e->data, (size_t)e->size - 8, &m, why, err);
    mi_meta_free(&m);
    return *why ? 1 : rc;
}

static void note_extension(cJSON **list, const mi_nifti_extension *e)
{
    cJSON *o = cJSON_CreateObject();
    mi_json_add_number(o, "code", e->code);
    mi_json_add_number(o, "bytes", (double)e->size);
    mi_json_append(*list, o);
}

/* Comments may be ours; a table of labels comes with Caret's code or with none. */
static int use(const mi_nifti_extension *e, mi_meta *meta, mi_warnings *w, mi_err *err)
{
    char why[160] = "";
    int64_t n = e->size - 8;
    const char *text = (const char *)e->data;
    if ((e->code == MI_NIFTI_CARET || e->code == 0) && n <= MI_NIFTI_CARET_MAX)
        return mi_meta_caret(text, (size_t)n, meta, err);
    if (e->code != MI_NIFTI_COMMENT || n > MI_NIFTI_COMMENT_MAX || meta->role ||
        mi_meta_parse(text, (size_t)n, meta, why, err) >= 0)
        return 0;
    if (!*why)
        return -1;
    mi_warn(w, "extension", "the mi header extension is not used: %s", why);
    return 0;
}

int mi_nifti_extensions(const mi_nifti_kept *k, mi_meta *meta, cJSON **list, mi_warnings *w,
                        mi_err *err)
{
    mi_nifti_extension e;
    size_t at = 0;
    int more;
    if (!(*list = cJSON_CreateArray()))
        return mi_fail(err, MI_E_MEMORY, NULL, "no memory for the header extensions");
    while ((more = mi_nifti_extension_next(k, &at, &e)) > 0) {
        note_extension(list, &e);
        if (use(&e, meta, w, err) != 0)
            return -1;
    }
    if (more < 0)
        mi_warn(w, "extension",
                "a damaged header extension (size %lld) and what follows it are skipped",
                (long long)e.size);
    return 0;
}

/* path without `suffix` in any case of letters: its length, or 0. */
static size_t stem(const char *path, const char *suffix)
{
    size_t n = strlen(path), s = strlen(suffix);
    return n > s && strcasecmp(path + n - s, suffix) == 0 ? n - s : 0;
}

/* "PATH's first n letters" + suffix when there is such a file. */
static bool existing(const char *path, size_t n, const char *suffix, bool upper,
                     char out[MI_NIFTI_PATH])
{
    size_t s = strlen(suffix);
    if (n + s >= MI_NIFTI_PATH)
        return false;
    memcpy(out, path, n);
    for (size_t i = 0; i <= s; i++)
        out[n + i] =
            upper && suffix[i] >= 'a' && suffix[i] <= 'z' ? (char)(suffix[i] - 32) : suffix[i];
    return access(out, F_OK) == 0;
}

bool mi_nifti_partner(const char *path, bool want_image, char out[MI_NIFTI_PATH])
{
    const char *from = want_image ? ".hdr" : ".img", *from_gz = want_image ? ".hdr.gz" : ".img.gz";
    const char *to = want_image ? ".img" : ".hdr", *to_gz = want_image ? ".img.gz" : ".hdr.gz";
    size_t n = stem(path, from);
    bool gz = n == 0;
    if (gz)
        n = stem(path, from_gz);
    if (n == 0)
        return false;
    bool upper = path[n + 1] == 'H' || path[n + 1] == 'I';
    return existing(path, n, gz ? to_gz : to, upper, out) ||
           existing(path, n, gz ? to : to_gz, upper, out);
}
