/* Bytes out: unbuffered, checked, and for regular files atomic. */
#include "base/version.h" /* config.h first: it asks for the GNU names */
#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* Names of the unfinished files of this process, for the signal handler only: a handler gets no
   argument, so this registry is the one place in the library with static storage. A slot is NULL
   or points to a name that stays valid until the slot is emptied. */
#define SLOTS 64
#define PIPE_SIZE (1 << 20) /* room in a pipe, so that both ends work at once */
static _Atomic(char *) unfinished[SLOTS];

struct mi_output {
    int fd;
    bool is_stdout, is_terminal, force, pending; /* pending: a file waits for its rename */
    char *name;                                  /* as given, for messages */
    char *target;                                /* where the file goes (links followed) */
    char *part;                                  /* what it is called until then */
    int slot;
};

static int fail_errno(mi_err *err, const mi_output *o, int e, const char *what)
{
    mi_class cls = mi_class_of_errno(e);
    if (cls != MI_E_MEMORY)
        cls = MI_E_IO;
    mi_fail(err, cls, mi_hint_of_errno(e), "%s: %s", what, strerror(e));
    mi_err_subject(err, o->is_stdout ? "stdout" : o->name);
    return -1;
}

static int fail_create(mi_err *err, const char *name, int e)
{
    mi_class cls = e == ENOMEM ? MI_E_MEMORY : MI_E_CANTCREATE;
    mi_fail(err, cls, e == ENOENT ? "make the folder first" : mi_hint_of_errno(e),
            "cannot create: %s",
            strerror(e));
    mi_err_subject(err, name);
    return -1;
}

static int fail_exists(mi_err *err, const char *name)
{
    mi_fail(err, MI_E_CANTCREATE, "use --force to overwrite it", "exists already");
    mi_err_subject(err, name);
    return -1;
}

static int slot_take(char *path)
{
    for (int i = 0; i < SLOTS; i++) {
        char *none = NULL;
        if (atomic_compare_exchange_strong(&unfinished[i], &none, path))
            return i;
    }
    return -1;
}

static void slot_give(mi_output *o)
{
    if (o->slot >= 0)
        atomic_store(&unfinished[o->slot], NULL);
    o->slot = -1;
}

static void output_free(mi_output *o)
{
    slot_give(o);
    free(o->name);
    free(o->target);
    free(o->part);
    free(o);
}

/* ".NAME.part-PID-N" beside the target; a long NAME is cut so that the whole stays a legal file
   name. */
static char *part_name(const char *target, int attempt, mi_err *err)
{
    const char *slash = strrchr(target, '/');
    int folder = slash ? (int)(slash - target) + 1 : 0;
    size_t size = (size_t)folder + 320;
    char *s = mi_array(size, 1, err);
    if (s)
        snprintf(s, size, "%.*s.%.180s.part-%ld-%d", folder, target, target + folder,
                 (long)getpid(), attempt);
    return s;
}

/* Where it is not allowed, or no pipe, everything stays as it is. */
static void widen_pipe(int fd)
{
#ifdef F_SETPIPE_SZ
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
        (void)!fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#else
    (void)fd;
#endif
}

static int open_part(mi_output *o, const struct stat *old, mi_err *err)
{
    for (int attempt = 0; attempt < 1000; attempt++) {
        o->part = part_name(o->target, attempt, err);
        if (!o->part)
            return -1;
        o->slot = slot_take(o->part); /* before the file is there: a signal may come any time */
        if (o->slot < 0)
            return mi_fail(err, MI_E_INTERNAL, NULL, "more than %d files are being written", SLOTS);
        o->fd = open(o->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (o->fd >= 0)
            break;
        int e = errno;
        slot_give(o);
        free(o->part);
        o->part = NULL;
        if (e != EEXIST)
            return fail_create(err, o->name, e);
    }
    if (o->fd < 0)
        return fail_create(err, o->name, EEXIST);
    o->pending = true;
    if (old)
        (void)!fchmod(o->fd,
                      old->st_mode & 0777); /* best effort: an overwritten file keeps its mode */
    return 0;
}

static int open_file(mi_output *o, mi_err *err)
{
    struct stat st;
    bool there = stat(o->name, &st) == 0;
    if (!there && errno != ENOENT)
        return fail_create(err, o->name, errno);
    if (there && S_ISDIR(st.st_mode))
        return fail_create(err, o->name, EISDIR);
    if (there && !S_ISREG(st.st_mode)) {
        o->fd = open(o->name, O_WRONLY | O_CLOEXEC);
        if (o->fd < 0)
            return fail_create(err, o->name, errno);
        o->is_terminal = isatty(o->fd);
        widen_pipe(o->fd);
        return 0;
    }
    if (there && !o->force)
        return fail_exists(err, o->name);
    o->target = there ? realpath(o->name, NULL) : mi_strdup(o->name, err);
    if (!o->target)
        return mi_fail(err, MI_E_MEMORY, NULL, "out of memory for a file name");
    return open_part(o, there ? &st : NULL, err);
}

int mi_output_open(mi_output **out, const char *path, bool force, mi_err *err)
{
    *out = NULL;
    mi_output *o = mi_array_zero(1, sizeof *o, err);
    if (!o)
        return -1;
    o->fd = -1;
    o->slot = -1;
    o->force = force;
    o->is_stdout = !path || strcmp(path, "-") == 0;
    if (o->is_stdout) {
        o->fd = STDOUT_FILENO;
        o->is_terminal = isatty(o->fd);
        widen_pipe(o->fd);
        *out = o;
        return 0;
    }
    o->name = mi_strdup(path, err);
    if (!o->name || open_file(o, err) != 0) {
        mi_output_abort(o);
        return -1;
    }
    *out = o;
    return 0;
}

int mi_output_write(mi_output *o, const void *p, size_t n, mi_err *err)
{
    const char *s = p;
    while (n > 0) {
        ssize_t k = write(o->fd, s, n > SSIZE_MAX ? (size_t)SSIZE_MAX : n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return fail_errno(err, o, errno, "write failed");
        s += k;
        n -= (size_t)k;
    }
    return 0;
}

bool mi_output_is_terminal(const mi_output *o)
{
    return o->is_terminal;
}

bool mi_output_is_file(const mi_output *o)
{
    return o->target != NULL;
}

/* Rename without overwriting where the kernel can; a file that appeared meanwhile is kept. */
static int put_in_place(mi_output *o, mi_err *err)
{
    int rc = -1, e = ENOSYS;
#ifdef RENAME_NOREPLACE
    if (!o->force) {
        rc = renameat2(AT_FDCWD, o->part, AT_FDCWD, o->target, RENAME_NOREPLACE);
        e = errno;
        if (rc != 0 && e == EEXIST)
            return fail_exists(err, o->name);
    }
#endif
    if (rc != 0 && (o->force || e == ENOSYS || e == EINVAL))
        rc = rename(o->part, o->target);
    if (rc != 0)
        return fail_create(err, o->name, errno);
    o->pending = false;
    return 0;
}

int mi_output_commit(mi_output *o, mi_err *err)
{
    int fd = o->fd;
    o->fd = -1;
    int rc = close(fd) == 0 || errno == EINTR ? 0 : fail_errno(err, o, errno, "close failed");
    if (rc == 0 && o->pending)
        rc = put_in_place(o, err);
    if (o->pending)
        unlink(o->part);
    output_free(o);
    return rc;
}

void mi_output_abort(mi_output *o)
{
    if (!o)
        return;
    if (o->fd >= 0 && !o->is_stdout)
        close(o->fd);
    if (o->pending)
        unlink(o->part);
    output_free(o);
}

void mi_output_abandon_all(void)
{
    for (int i = 0; i < SLOTS; i++) {
        char *path = atomic_load(&unfinished[i]);
        if (path)
            unlink(path);
    }
}
