#include "io/dicom/scan.h"
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/memory.h"
#include "base/text.h"

/* Parsed objects kept open at most; more are opened again when their pixels are wanted. */
enum { KEEP_OPEN = 1024, DEPTH_MAX = 32 };

#define DIRECTORY_STORAGE "1.2.840.10008.1.3.10"

bool mi_dicom_sniff(const unsigned char *p, size_t n)
{
    if (n >= 132 && memcmp(p + 128, "DICM", 4) == 0)
        return true;
    if (n < 8)
        return false;
    bool little = (p[0] == 8 || p[0] == 2) && p[1] == 0 && p[3] == 0;
    bool big = p[0] == 0 && (p[1] == 8 || p[1] == 2) && p[2] == 0;
    if (!little && !big)
        return false;
    /* an explicit VR (two capitals), or an implicit length that is small */
    bool vr = p[4] >= 'A' && p[4] <= 'Z' && p[5] >= 'A' && p[5] <= 'Z';
    return vr || (little && p[6] == 0 && p[7] == 0 && p[4] <= 64);
}

/* ---- one object ---- */

static int64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_size : -1;
}

static int add_object(mi_dicom_scan *s, mi_dcm *d, const char *path, int64_t size, mi_err *err)
{
    mi_dicom_object *more = mi_regrow(s->object, (size_t)s->n_objects + 1, sizeof *more, err);
    char *own = more && path ? mi_strdup(path, err) : NULL;
    if (more)
        s->object = more;
    if (!more || (path && !own)) {
        s->f->close(d);
        return -1;
    }
    mi_dicom_object *o = &s->object[s->n_objects];
    *o = (mi_dicom_object){ .path = own, .size = size };
    int rc = mi_dicom_object_read(s->f, d, s->n_objects, o, &s->frame, &s->n_frames, err);
    if (rc != 0) {
        mi_dicom_object_free(s->f, o);
        return -1;
    }
    if (s->n_objects >= KEEP_OPEN && path) {
        s->f->close(d);
        o->dcm = NULL;
    }
    s->n_objects++;
    return 0;
}

mi_dcm *mi_dicom_object_open(const mi_dicom_scan *s, mi_dicom_object *o, mi_err *err)
{
    if (!o->dcm && s->f->open(&o->dcm, o->path, err) != 0)
        mi_err_within(err, o->path);
    return o->dcm;
}

int mi_dicom_scan_bytes(mi_dicom_scan *s, const void *bytes, size_t n, mi_err *err)
{
    mi_dcm *d = NULL;
    s->files = 1;
    return s->f->open_bytes(&d, bytes, n, err) != 0 ? -1
                                                    : add_object(s, d, NULL, (int64_t)n, err);
}

static bool looks_like_dicom(const char *path)
{
    unsigned char head[132];
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(head, 1, sizeof head, f) : 0;
    if (f)
        fclose(f);
    return mi_dicom_sniff(head, n);
}

/* A file of a folder: strangers and damaged ones are counted, not fatal. */
static int scan_member(mi_dicom_scan *s, const char *path, mi_err *err)
{
    mi_dcm *d = NULL;
    mi_err own = MI_ERR_EMPTY;
    s->files++;
    if (!looks_like_dicom(path)) {
        s->strangers++;
        return 0;
    }
    int rc = s->f->open(&d, path, &own);
    if (rc == 0)
        rc = add_object(s, d, path, size_of(path), &own);
    if (rc == 0)
        return 0;
    if (own.cls == MI_E_MEMORY)
        return mi_fail(err, own.cls, own.hint, "%s", own.message);
    if (!s->damaged++) /* without the file's name, which may be a person's */
        snprintf(s->first_damaged, sizeof s->first_damaged, "%.250s", own.message);
    return 0;
}

/* ---- folders ---- */

static char *join(const char *folder, const char *name, mi_err *err)
{
    size_t n = strlen(folder);
    mi_text t = MI_TEXT_EMPTY;
    mi_text_addf(&t, "%s%s%s", folder, n && folder[n - 1] == '/' ? "" : "/", name);
    if (t.failed)
        mi_fail(err, MI_E_MEMORY, NULL, "no memory for a file name");
    return t.failed ? (mi_text_free(&t), NULL) : t.s;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *d) { return d->d_name[0] != '.'; }

static int scan_folder(mi_dicom_scan *s, const char *folder, int depth, mi_err *err)
{
    struct dirent **entry = NULL;
    int n = scandir(folder, &entry, visible, by_name), rc = 0;
    if (n < 0)
        return depth ? 0
                     : mi_fail(err, mi_class_of_errno(errno), NULL, "cannot list the folder: %s",
                               strerror(errno));
    for (int i = 0; i < n; i++) {
        struct stat st;
        char *path = rc == 0 ? join(folder, entry[i]->d_name, err) : NULL;
        if (rc == 0 && !path)
            rc = -1;
        if (path && lstat(path, &st) == 0) {
            bool link = S_ISLNK(st.st_mode);
            if (link && stat(path, &st) != 0)
                st.st_mode = 0;
            if (S_ISDIR(st.st_mode) && !link && depth < DEPTH_MAX)
                rc = scan_folder(s, path, depth + 1, err);
            else if (S_ISREG(st.st_mode) && strcmp(entry[i]->d_name, "DICOMDIR") != 0)
                rc = scan_member(s, path, err);
        }
        free(path);
        free(entry[i]);
    }
    free(entry);
    return rc;
}

/* ---- DICOMDIR: the files it refers to, relative to its folder (PS3.3 F.3.2.2) ---- */

static int scan_directory(mi_dicom_scan *s, mi_dcm *dir, const char *path, mi_err *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? mi_strdup(path, err) : mi_strdup(".", err);
    int rc = folder ? 0 : -1;
    if (folder && slash)
        folder[slash - path] = '\0';
    int64_t n = s->f->items(dir, "0004,1220");
    for (int64_t i = 0; rc == 0 && i < n; i++) {
        char at[48];
        snprintf(at, sizeof at, "0004,1220[%lld].0004,1500", (long long)i);
        const char *id = s->f->text(dir, at);
        char *file = id ? join(folder, id, err) : NULL;
        if (id && !file)
            rc = -1;
        for (char *p = file ? file + strlen(folder) : NULL; p && *p; p++)
            if (*p == '\\')
                *p = '/';
        if (file && !strstr(id, ".."))
            rc = scan_member(s, file, err);
        free(file);
    }
    free(folder);
    return rc;
}

static int scan_file(mi_dicom_scan *s, const char *path, mi_err *err)
{
    mi_dcm *d = NULL;
    if (s->f->open(&d, path, err) != 0)
        return -1;
    const char *kind = s->f->text(d, "0002,0002");
    if (kind && strcmp(kind, DIRECTORY_STORAGE) == 0) {
        int rc = scan_directory(s, d, path, err);
        s->f->close(d);
        return rc;
    }
    s->files = 1;
    return add_object(s, d, path, size_of(path), err);
}

int mi_dicom_scan_path(mi_dicom_scan *s, const char *path, bool is_folder, mi_err *err)
{
    return is_folder ? scan_folder(s, path, 0, err) : scan_file(s, path, err);
}

void mi_dicom_scan_free(mi_dicom_scan *s)
{
    for (int i = 0; i < s->n_objects; i++)
        mi_dicom_object_free(s->f, &s->object[i]);
    free(s->object);
    free(s->frame);
    *s = (mi_dicom_scan){ .f = s->f };
}

/* ---- series ---- */

static int series_of(const mi_dicom_scan *s, const mi_dicom_series *list, int n,
                     const mi_dicom_object *o)
{
    for (int i = n - 1; i >= 0; i--)
        if (strcmp(s->object[list[i].object[0]].series, o->series) == 0)
            return i;
    return n;
}

static bool before(const mi_dicom_scan *s, const mi_dicom_series *a, const mi_dicom_series *b)
{
    double x = s->object[a->object[0]].series_number, y = s->object[b->object[0]].series_number;
    return !isnan(x) && (isnan(y) || x < y);
}

/* Few series: insertion keeps the order of finding among equals. */
static void sort_series(const mi_dicom_scan *s, mi_dicom_series *list, int n)
{
    for (int i = 1; i < n; i++)
        for (int j = i; j > 0 && before(s, &list[j], &list[j - 1]); j--) {
            mi_dicom_series t = list[j];
            list[j] = list[j - 1];
            list[j - 1] = t;
        }
}

int mi_dicom_scan_series(const mi_dicom_scan *s, mi_dicom_series **out, int *n, mi_err *err)
{
    mi_dicom_series *list = NULL;
    int count = 0, rc = 0;
    for (int i = 0; rc == 0 && i < s->n_objects; i++) {
        int k = series_of(s, list, count, &s->object[i]);
        if (k == count) {
            mi_dicom_series *more = mi_regrow(list, (size_t)count + 1, sizeof *more, err);
            rc = more ? 0 : -1;
            if (more) {
                list = more;
                list[count++] = (mi_dicom_series){ NULL, 0, 0 };
            }
        }
        int *more = rc == 0 ? mi_regrow(list[k].object, (size_t)list[k].n + 1, sizeof *more, err)
                            : NULL;
        rc = more ? 0 : -1;
        if (more) {
            list[k].object = more;
            list[k].object[list[k].n++] = i;
            list[k].n_frames += (int)s->object[i].frames;
        }
    }
    if (rc != 0) {
        mi_dicom_series_free(list, count);
        return -1;
    }
    sort_series(s, list, count);
    *out = list;
    *n = count;
    return 0;
}

void mi_dicom_series_free(mi_dicom_series *list, int n)
{
    for (int i = 0; i < n; i++)
        free(list[i].object);
    free(list);
}
