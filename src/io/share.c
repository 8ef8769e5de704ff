/* Where the suite's own files are. */
#include "io/share.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

/* Visit the folders in their order; `visit` returns true to stop. */
typedef bool (*visitor)(void *ctx, const char *folder, size_t len, const char *tail);

static bool each_folder(const mi_share *s, visitor visit, void *ctx)
{
    if (s && s->mi_data && *s->mi_data && visit(ctx, s->mi_data, strlen(s->mi_data), ""))
        return true;
    for (const char *p = s && s->xdg_data_dirs ? s->xdg_data_dirs : ""; *p;) {
        size_t len = strcspn(p, ":");
        if (len > 0 && visit(ctx, p, len, "/mi"))
            return true;
        p += len + (p[len] == ':');
    }
#ifdef MI_PKGDATADIR
    if (visit(ctx, MI_PKGDATADIR, strlen(MI_PKGDATADIR), ""))
        return true;
#endif
#ifdef MI_SRCDATADIR
    if (visit(ctx, MI_SRCDATADIR, strlen(MI_SRCDATADIR), ""))
        return true;
#endif
    return false;
}

struct find {
    const char *name;
    mi_text path;
};

static bool find_in(void *ctx, const char *folder, size_t len, const char *tail)
{
    struct find *f = ctx;
    f->path.len = 0;
    mi_text_addn(&f->path, folder, len);
    mi_text_addf(&f->path, "%s/%s", tail, f->name);
    return f->path.failed || access(f->path.s, R_OK) == 0;
}

char *mi_share_find(const mi_share *s, const char *name, mi_err *err)
{
    struct find f = { name, MI_TEXT_EMPTY };
    bool found = each_folder(s, find_in, &f);
    if (f.path.failed) {
        mi_text_free(&f.path);
        mi_fail(err, MI_E_MEMORY, NULL, "out of memory for a file name");
        return NULL;
    }
    if (found)
        return f.path.s;
    mi_text_free(&f.path);
    mi_fail(err, MI_E_NOINPUT, "set MI_DATA to the folder share/mi of the installation",
            "the suite's file %s is nowhere", name);
    return NULL;
}

struct names {
    const char *dir;
    char **item;
    int n, cap;
    mi_err *err;
    bool failed;
};

static bool known(const struct names *l, const char *s, size_t len)
{
    for (int i = 0; i < l->n; i++)
        if (strlen(l->item[i]) == len && strncmp(l->item[i], s, len) == 0)
            return true;
    return false;
}

static void add_name(struct names *l, const char *file)
{
    size_t len = strlen(file);
    if (len < 6 || file[0] == '.' || strcmp(file + len - 5, ".json") != 0 ||
        known(l, file, len - 5))
        return;
    if (l->n + 1 >= l->cap) {
        int cap = l->cap ? 2 * l->cap : 16;
        char **bigger = mi_regrow(l->item, (size_t)cap, sizeof *bigger, l->err);
        if (!bigger) {
            l->failed = true;
            return;
        }
        l->item = bigger;
        l->cap = cap;
    }
    char *copy = mi_strdup(file, l->err);
    if (!copy) {
        l->failed = true;
        return;
    }
    copy[len - 5] = 0;
    l->item[l->n++] = copy;
    l->item[l->n] = NULL;
}

static bool list_in(void *ctx, const char *folder, size_t len, const char *tail)
{
    struct names *l = ctx;
    mi_text path = MI_TEXT_EMPTY;
    mi_text_addn(&path, folder, len);
    mi_text_addf(&path, "%s/%s", tail, l->dir);
    DIR *d = path.failed ? NULL : opendir(path.s);
    if (d) {
        for (struct dirent *e; !l->failed && (e = readdir(d));)
            add_name(l, e->d_name);
        closedir(d);
    }
    l->failed = l->failed || path.failed;
    mi_text_free(&path);
    return l->failed;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **mi_share_names(const mi_share *s, const char *dir, int *n, mi_err *err)
{
    struct names l = { .dir = dir, .err = err };
    *n = 0;
    each_folder(s, list_in, &l);
    if (!l.failed && !l.item)
        l.item = mi_array_zero(1, sizeof *l.item, err);
    if (l.failed || !l.item) {
        mi_fail(err, MI_E_MEMORY, NULL, "out of memory for a list of names");
        mi_share_names_free(l.item);
        return NULL;
    }
    if (l.n > 0)
        qsort(l.item, (size_t)l.n, sizeof *l.item, by_name);
    *n = l.n;
    return l.item;
}

void mi_share_names_free(char **names)
{
    for (char **p = names; p && *p; p++)
        free(*p);
    free(names);
}
