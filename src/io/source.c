/* A source asks the table of formats who knows the content, and passes the calls on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/memory.h"
#include "io/format.h"
#include "io/found.h"

enum { SNIFF = 352 }; /* no format needs more to be told; the smallest NIfTI file is not shorter */

struct mi_source {
    const mi_format *format;
    void *state;
    mi_input *in; /* NULL for folders */
    char *path;
    bool failed;
    mi_volume whole; /* of a format that gives no slices, while they are handed out */
};

static const mi_format *find_format(const unsigned char *head, size_t len, const char *path,
                                    bool is_folder)
{
    for (int i = 0; i < mi_n_formats; i++)
        if (mi_formats[i]->sniff(head, len, path, is_folder))
            return mi_formats[i];
    return NULL;
}

/* Nothing is known of this content: say what it is instead. */
static int fail_unknown(const mi_input *in, const unsigned char *head, size_t len, mi_err *err)
{
    char what[96];
    if (len == 0 && mi_input_is_cut(in))
        return mi_fail(err, MI_E_DATA, "the file is incomplete: get it again from where it came",
                       "truncated: gzip data without content");
    if (len == 0 && mi_input_is_stdin(in))
        return mi_fail(err, MI_E_DATA,
                       "the command before this one in the pipe wrote nothing; "
                       "see its message, or use: set -o pipefail",
                       "no data on stdin");
    if (len == 0)
        return mi_fail(err, MI_E_DATA,
                       "nothing was written into it: make it again, or get it again",
                       mi_input_is_gzip(in) ? "nothing inside the gzip file" : "the file is empty");
    return mi_fail(err, MI_E_DATA, "images are told by content: NIfTI, MGH, NRRD, MetaImage",
                   "not an image that is known here: %s%s", mi_found(head, len, what),
                   mi_input_is_gzip(in) ? " (inside gzip)" : "");
}

static int open_folder(mi_source *s, const mi_source_opts *opts, mi_err *err)
{
    s->format = find_format(NULL, 0, s->path, true);
    if (!s->format)
        return mi_fail(err, MI_E_DATA, "name an image file", "is a folder, not an image");
    return s->format->open(&s->state, NULL, s->path, opts, err);
}

/* x.nii is not there, but x.nii.gz is, or the other way round: say so. */
static void hint_other_name(const char *path, mi_err *err)
{
    char other[4096];
    size_t n = strlen(path);
    if (n + 4 > sizeof other)
        return;
    memcpy(other, path, n + 1);
    if (n > 3 && strcmp(path + n - 3, ".gz") == 0)
        other[n - 3] = '\0';
    else
        memcpy(other + n, ".gz", 4);
    if (access(other, R_OK) == 0)
        mi_err_hint(err, "there is %s", other);
}

static int open_file(mi_source *s, const mi_source_opts *opts, mi_err *err)
{
    const unsigned char *head;
    if (mi_input_open(&s->in, s->path, err) != 0) {
        if (err && err->cls == MI_E_NOINPUT) {
            hint_other_name(s->path, err);
            mi_err_hint(err, "%s", mi_hint_of_errno(ENOENT));
        }
        return -1;
    }
    int64_t got = mi_input_peek(s->in, &head, SNIFF, err);
    if (got < 0)
        return -1;
    s->format = find_format(head, (size_t)got, s->path, false);
    return s->format ? s->format->open(&s->state, s->in, s->path, opts, err)
                     : fail_unknown(s->in, head, (size_t)got, err);
}

int mi_source_open(mi_source **out, const char *path, const mi_source_opts *opts, mi_err *err)
{
    static const mi_source_opts none = MI_SOURCE_OPTS;
    struct stat st;
    *out = NULL;
    mi_source *s = mi_array_zero(1, sizeof *s, err);
    int rc = s && (s->path = mi_strdup(path, err)) ? 0 : -1;
    if (rc == 0) {
        bool folder = strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
        rc = folder ? open_folder(s, opts ? opts : &none, err)
                    : open_file(s, opts ? opts : &none, err);
    }
    if (rc == 0) {
        *out = s;
        return 0;
    }
    if (s)
        s->failed = true;
    mi_source_close(s);
    mi_err_subject(err, path);
    return -1;
}

/* Remember a failure and name the file it is about. */
static int result(mi_source *s, int rc, mi_err *err)
{
    if (rc < 0) {
        s->failed = true;
        mi_err_subject(err, s->path);
    }
    return rc;
}

/* Voxels of a size that lengths, areas and volumes can be told of: from a picometre to a thousand
   kilometres. */
static int check_sizes(const mi_volume *v, mi_err *err)
{
    for (int d = 0; d < 3; d++)
        if (!(v->grid.spacing[d] >= 1e-9 && v->grid.spacing[d] <= 1e9))
            return mi_fail(err, MI_E_DATA,
                           "set the voxel size in the header; it goes from 1e-9 to 1e9 mm",
                           "the voxel size of axis %d is %g mm", d + 1, v->grid.spacing[d]);
    return 0;
}

int mi_source_next(mi_source *s, mi_volume *head, mi_err *err)
{
    mi_volume_free(&s->whole);
    *head = (mi_volume)MI_VOLUME_EMPTY;
    int got = s->format->next(s->state, head, err);
    if (got > 0 && check_sizes(head, err) != 0) {
        mi_volume_free(head);
        got = -1;
    }
    return result(s, got, err);
}

void mi_source_ahead(mi_source *s, size_t n, const atomic_bool *stop)
{
    if (s->in && !s->failed)
        mi_input_ahead(s->in, n, stop);
}

int mi_source_voxels(mi_source *s, mi_volume *v, int64_t k0, int64_t k1, mi_err *err)
{
    return result(s, s->format->voxels(s->state, v, k0, k1, err), err);
}

/* Formats that cannot stream: the whole item once, then parts of it. */
static int slices_of_whole(mi_source *s, const mi_volume *v, int64_t k0, int64_t k1, void *out,
                           mi_err *err)
{
    size_t slice = (size_t)mi_volume_slice_voxels(v) * mi_type_size(v->type);
    if (!s->whole.data) {
        s->whole = (mi_volume)MI_VOLUME_EMPTY;
        s->whole.grid = v->grid;
        s->whole.type = v->type;
        if (s->format->voxels(s->state, &s->whole, 0, v->grid.n[2], err) != 0)
            return -1;
    }
    memcpy(out, (char *)s->whole.data + (size_t)k0 * slice, (size_t)(k1 - k0) * slice);
    return 0;
}

int mi_source_slices(mi_source *s, const mi_volume *v, int64_t k0, int64_t k1, void *out,
                     mi_err *err)
{
    int rc = s->format->slices ? s->format->slices(s->state, v, k0, k1, out, err)
                               : slices_of_whole(s, v, k0, k1, out, err);
    return result(s, rc, err);
}

int mi_source_labels(mi_source *s, mi_volume *v, mi_err *err)
{
    return result(s, s->format->labels(s->state, v, err), err);
}

const char *mi_source_format_ref(const mi_source *s)
{
    return s->format->name;
}

const mi_warnings *mi_source_noticed(const mi_source *s)
{
    return s->format->noticed ? s->format->noticed(s->state) : NULL;
}

cJSON *mi_source_facts(const mi_source *s, mi_err *err)
{
    return s->format->facts(s->state, err);
}

void mi_source_close(mi_source *s)
{
    if (!s)
        return;
    if (s->format && s->state)
        s->format->close(s->state);
    /* After a failure nobody waits for the producer. */
    if (s->in && !s->failed)
        mi_input_drain(s->in);
    mi_input_close(s->in);
    mi_volume_free(&s->whole);
    free(s->path);
    free(s);
}

int mi_volume_read(mi_volume *out, const char *path, const mi_source_opts *opts, mi_err *err)
{
    mi_source *s = NULL;
    *out = (mi_volume)MI_VOLUME_EMPTY;
    int rc = mi_source_open(&s, path, opts, err);
    if (rc == 0) {
        rc = mi_source_next(s, out, err);
        if (rc == 0) {
            rc = mi_fail(err, MI_E_DATA, NULL, "no image in it");
            mi_err_subject(err, path);
        }
    }
    if (rc > 0)
        rc = mi_source_voxels(s, out, 0, out->grid.n[2], err);
    mi_source_close(s);
    if (rc != 0)
        mi_volume_free(out);
    return rc;
}
