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

static void note_extension(cJSON **list, int32_t code, int64_t bytes)
{
    cJSON *e = cJSON_CreateObject();
    mi_json_add_number(e, "code", code);
    mi_json_add_number(e, "bytes", (double)bytes);
    mi_json_append(*list, e);
}

/* An extension with n bytes of text is next on the input. 0, or -1 on a read error; a short read
   leaves the count to the caller. */
static int read_text(mi_input *in, int32_t code, int64_t n, mi_meta *meta, mi_warnings *w,
                     mi_err *err)
{
    char why[160] = "";
    char *text = mi_array((size_t)n, 1, err);
    if (!text)
        return -1;
    int64_t got = mi_input_read(in, text, (size_t)n, err);
    int rc = got < 0 ? -1 : 0;
    if (got == n && code != MI_NIFTI_COMMENT)
        rc = mi_meta_caret(text, (size_t)n, meta, err);
    else if (got == n && !meta->role && mi_meta_parse(text, (size_t)n, meta, why, err) < 0) {
        if (*why)
            mi_warn(w, "extension", "the mi header extension is not used: %s", why);
        else
            rc = -1;
    }
    free(text);
    return rc;
}

/* Comments may be ours; a table of labels comes with Caret's code or with none. */
static bool is_text(int32_t code, int64_t body)
{
    return (code == MI_NIFTI_COMMENT && body <= MI_NIFTI_COMMENT_MAX) ||
           ((code == MI_NIFTI_CARET || code == 0) && body <= MI_NIFTI_CARET_MAX);
}

/* Each extension is esize (a multiple of 16, these 8 bytes included), ecode, data (nifti1.h,
   "extended header"). */
int mi_nifti_extensions(mi_input *in, const mi_nifti_head *h, int64_t end, mi_meta *meta,
                        cJSON **list, mi_warnings *w, mi_err *err)
{
    unsigned char b[8];
    if (!(*list = cJSON_CreateArray()))
        return mi_fail(err, MI_E_MEMORY, NULL, "no memory for the header extensions");
    int64_t got = end < 0 || end - mi_input_offset(in) >= 4 ? mi_input_read(in, b, 4, err) : 0;
    if (got < 4 || b[0] == 0)
        return got < 0 ? -1 : 0;
    for (;;) {
        int64_t left = end < 0 ? INT64_MAX : end - mi_input_offset(in);
        if (left < 16)
            return 0;
        got = mi_input_read(in, b, 8, err);
        if (got < 8)
            return got < 0 ? -1 : 0;
        int64_t size = int_at(b, h->swap);
        int32_t code = int_at(b + 4, h->swap);
        if (size < 16 || size % 16 != 0 || size > left) {
            mi_warn(w, "extension",
                    "a damaged header extension (size %lld) and what follows it are skipped",
                    (long long)size);
            return 0;
        }
        note_extension(list, code, size);
        int64_t body = size - 8;
        if (is_text(code, body)) {
            if (read_text(in, code, body, meta, w, err) != 0)
                return -1;
        } else if (mi_input_read(in, NULL, (size_t)body, err) < 0) {
            return -1;
        }
    }
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
