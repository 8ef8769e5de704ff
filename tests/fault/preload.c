/* Preloaded into a tool (LD_PRELOAD): the n-th call of one kind fails. MI_FAULT=KIND:N, from that
   call on all of them with MI_FAULT=KIND:N+. Calls are counted from the begin of main(). Kinds:

     malloc          malloc, calloc, realloc, aligned_alloc, posix_memalign give ENOMEM
     open            open gives EIO
     read            read and pread give EIO
     write           write gives ENOSPC; stderr is left alone, what went wrong must be told there
     close           close gives EIO; the descriptor is closed
     rename          rename and renameat2 give EIO
     thread          pthread_create gives EAGAIN
     interrupt       read and write give EINTR
     short           read and write take one byte

   When the tool ends, "CALLS LIVE\n" goes to descriptor MI_FAULT_FD: how many calls of the kind
   were made, and how many blocks were allocated in main() and not freed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MALLOC = 1, OPEN, READ, WRITE, CLOSE, RENAME, THREAD, INTERRUPT, SHORT };

static const char *const kinds[] = { "", "malloc", "open", "read", "write", "close",
                                     "rename", "thread", "interrupt", "short", NULL };

static int kind;
static long nth;
static bool on; /* from the n-th call on */
static int report_fd = -1;
static atomic_bool armed;
static atomic_long calls, live;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);
void __libc_free(void *p);
int __libc_start_main(int (*run)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*end)(void), void (*loader_end)(void), void *stack);

static bool fails(int of)
{
    if (of != kind || !atomic_load(&armed))
        return false;
    long n = atomic_fetch_add(&calls, 1) + 1;
    return on ? n >= nth : n == nth;
}

/* ---- memory ---- */

static void *count(void *p)
{
    if (p && atomic_load(&armed))
        atomic_fetch_add(&live, 1);
    return p;
}

static bool refused(void)
{
    if (!fails(MALLOC))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t n)
{
    return refused() ? NULL : count(__libc_malloc(n));
}

void *calloc(size_t n, size_t size)
{
    return refused() ? NULL : count(__libc_calloc(n, size));
}

void *realloc(void *p, size_t n)
{
    if (refused())
        return NULL;
    void *q = __libc_realloc(p, n);
    return p ? q : count(q);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return refused() ? NULL : count(__libc_memalign(alignment, n));
}

int posix_memalign(void **p, size_t alignment, size_t n)
{
    void *q = refused() ? NULL : count(__libc_memalign(alignment, n));
    if (q)
        *p = q;
    return q ? 0 : ENOMEM;
}

void free(void *p)
{
    if (p && atomic_load(&armed))
        atomic_fetch_sub(&live, 1);
    int e = errno;
    __libc_free(p);
    errno = e;
}

/* ---- files ---- */

static int open_as(const char *path, int flags, mode_t mode)
{
    if (fails(OPEN)) {
        errno = EIO;
        return -1;
    }
    return openat(AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list ap;
        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        va_end(ap);
    }
    return open_as(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list ap;
        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        va_end(ap);
    }
    return open_as(path, flags, mode);
}

/* Of a read or write of n bytes: how many to do; 0: fail with errno. */
static size_t allowed(int of, int fd, size_t n)
{
    if (n == 0 || fd == report_fd)
        return n;
    if (fails(of)) {
        errno = of == READ ? EIO : ENOSPC;
        return 0;
    }
    if (fails(INTERRUPT)) {
        errno = EINTR;
        return 0;
    }
    return fails(SHORT) ? 1 : n;
}

ssize_t read(int fd, void *p, size_t n)
{
    size_t k = allowed(READ, fd, n);
    return n > 0 && k == 0 ? -1 : syscall(SYS_read, fd, p, k);
}

static ssize_t pread_at(int fd, void *p, size_t n, off_t at)
{
    size_t k = allowed(READ, fd, n);
    return n > 0 && k == 0 ? -1 : syscall(SYS_pread64, fd, p, k, at);
}

ssize_t pread(int fd, void *p, size_t n, off_t at)
{
    return pread_at(fd, p, n, at);
}

ssize_t pread64(int fd, void *p, size_t n, off64_t at)
{
    return pread_at(fd, p, n, at);
}

ssize_t write(int fd, const void *p, size_t n)
{
    size_t k = fd == STDERR_FILENO ? n : allowed(WRITE, fd, n);
    return n > 0 && k == 0 ? -1 : syscall(SYS_write, fd, p, k);
}

int close(int fd)
{
    if (fd == report_fd)
        return 0;
    bool bad = fails(CLOSE);
    int rc = (int)syscall(SYS_close, fd);
    if (!bad)
        return rc;
    errno = EIO;
    return -1;
}

int rename(const char *from, const char *to)
{
    if (fails(RENAME)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    if (fails(RENAME)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_renameat2, a, from, b, to, flags);
}

/* ---- threads ---- */

typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
    static create *real;
    if (!real)
        real = (create *)dlsym(RTLD_NEXT, "pthread_create");
    return fails(THREAD) ? EAGAIN : real(t, attr, run, arg);
}

/* ---- from main() to the end ---- */

static int (*tool_main)(int, char **, char **);

static int counted_main(int argc, char **argv, char **env)
{
    atomic_store(&armed, true);
    int code = tool_main(argc, argv, env);
    atomic_store(&armed, false);
    char line[64];
    int n = snprintf(line, sizeof line, "%ld %ld\n", atomic_load(&calls), atomic_load(&live));
    if (report_fd >= 0)
        (void)!syscall(SYS_write, report_fd, line, (size_t)n);
    return code;
}

static void settle(void)
{
    const char *what = getenv("MI_FAULT"), *fd = getenv("MI_FAULT_FD");
    if (!what)
        return;
    for (int i = 1; kinds[i]; i++) {
        size_t n = strlen(kinds[i]);
        if (strncmp(what, kinds[i], n) == 0 && what[n] == ':') {
            kind = i;
            nth = atol(what + n + 1);
            on = strchr(what, '+') != NULL;
        }
    }
    report_fd = fd ? atoi(fd) : -1;
}

int __libc_start_main(int (*run)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*end)(void), void (*loader_end)(void), void *stack)
{
    __typeof__(&__libc_start_main) real = dlsym(RTLD_NEXT, "__libc_start_main");
    settle();
    tool_main = run;
    return real(kind ? counted_main : run, argc, argv, init, end, loader_end, stack);
}
