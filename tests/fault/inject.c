/* Preloaded into a tool: makes the N-th call of one function fail, once. MI_FAULT is "malloc:N",
   "write:N", "read:N", "close:N", "open:N" or "thread:N"; the file named by MI_FAULT_MARK appears
   when the call has failed. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

static char kind[16];
static long countdown; /* 0: nothing fails */
static atomic_long calls;

/* Before main, so that only the tool's own calls count. */
__attribute__((constructor)) static void start(void)
{
    const char *fault = getenv("MI_FAULT"), *colon = fault ? strchr(fault, ':') : NULL;
    if (!colon || (size_t)(colon - fault) >= sizeof kind)
        return;
    memcpy(kind, fault, (size_t)(colon - fault));
    countdown = strtol(colon + 1, NULL, 10);
}

static int fails(const char *what)
{
    if (countdown == 0 || strcmp(kind, what) != 0 || atomic_fetch_add(&calls, 1) + 1 != countdown)
        return 0;
    const char *mark = getenv("MI_FAULT_MARK");
    if (mark) {
        long fd = syscall(SYS_openat, AT_FDCWD, mark, O_WRONLY | O_CREAT, 0600);
        if (fd >= 0)
            syscall(SYS_close, fd);
    }
    return 1;
}

void *malloc(size_t n)
{
    if (fails("malloc")) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    if (fails("malloc")) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    if (fails("malloc")) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_realloc(p, n);
}

ssize_t write(int fd, const void *p, size_t n)
{
    if (fd != STDERR_FILENO && fails("write")) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_write, fd, p, n);
}

ssize_t read(int fd, void *p, size_t n)
{
    if (fails("read")) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_read, fd, p, n);
}

int close(int fd)
{
    int rc = (int)syscall(SYS_close, fd);
    if (fails("close")) {
        errno = EIO;
        return -1;
    }
    return rc;
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list ap;
        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        va_end(ap);
    }
    if (fails("open")) {
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (fails("thread"))
        return EAGAIN;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    return real(thread, attr, run, arg);
}
