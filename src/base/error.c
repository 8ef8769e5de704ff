#include "base/error.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Make what vsnprintf left fit for one line: no control characters, no half UTF-8 sequence at a
   cut end. */
static void tidy(char *s, size_t size, int wanted)
{
    if (wanted < 0) {
        s[0] = '\0';
        return;
    }
    if ((size_t)wanted >= size) {
        size_t n = strlen(s), back = 1;
        while (back < 4 && back < n && ((unsigned char)s[n - back] & 0xC0) == 0x80)
            back++;
        unsigned char lead = back <= n ? (unsigned char)s[n - back] : 0;
        size_t whole = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
        if (back < whole)
            s[n - back] = '\0';
    }
    for (char *p = s; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
}

int mi_fail(mi_err *err, mi_class cls, const char *hint, const char *fmt, ...)
{
    if (!err || err->cls != MI_E_NONE)
        return -1;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->message, sizeof err->message, fmt, ap);
    va_end(ap);
    tidy(err->message, sizeof err->message, n);
    err->cls = cls == MI_E_NONE ? MI_E_INTERNAL : cls;
    err->subject[0] = '\0';
    err->within[0] = '\0';
    err->hint[0] = '\0';
    if (hint)
        tidy(err->hint, sizeof err->hint, snprintf(err->hint, sizeof err->hint, "%s", hint));
    return -1;
}

void mi_err_subject(mi_err *err, const char *subject)
{
    if (!err || err->cls == MI_E_NONE || err->subject[0] || !subject)
        return;
    int n = snprintf(err->subject, sizeof err->subject, "%s", subject);
    tidy(err->subject, sizeof err->subject, n);
}

void mi_err_within(mi_err *err, const char *file)
{
    if (!err || err->cls == MI_E_NONE || err->within[0] || !file)
        return;
    int n = snprintf(err->within, sizeof err->within, "%s", file);
    tidy(err->within, sizeof err->within, n);
}

void mi_err_hint(mi_err *err, const char *fmt, ...)
{
    if (!err || err->cls == MI_E_NONE || err->hint[0])
        return;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->hint, sizeof err->hint, fmt, ap);
    va_end(ap);
    tidy(err->hint, sizeof err->hint, n);
}

const char *mi_class_name(mi_class cls)
{
    static const char *const name[] = {
        [MI_E_NONE] = "none",
        [MI_E_USAGE] = "usage",
        [MI_E_DATA] = "data",
        [MI_E_GEOMETRY] = "geometry",
        [MI_E_EMPTY] = "empty region",
        [MI_E_NOINPUT] = "no input",
        [MI_E_UNAVAILABLE] = "unavailable",
        [MI_E_INTERNAL] = "internal",
        [MI_E_MEMORY] = "memory",
        [MI_E_CANTCREATE] = "cannot create",
        [MI_E_IO] = "I/O",
        [MI_E_TEMPORARY] = "temporary",
        [MI_E_CONFIG] = "config",
    };
    return (int)cls >= 0 && (int)cls < MI_COUNT(name) ? name[cls] : "internal";
}

/* What the system's errors mean to a user: the class, and what to do about it (NULL: nothing that
   is known beforehand). What is not listed is MI_E_IO. */
static const struct {
    int e;
    mi_class cls;
    const char *hint;
} causes[] = {
    { ENOENT, MI_E_NOINPUT, "check the name; it is looked for from the current folder on" },
    { ENOTDIR, MI_E_NOINPUT, "a part of the path is a file where a folder belongs" },
    { EISDIR, MI_E_NOINPUT, "name a file, not a folder" },
    { EACCES, MI_E_NOINPUT, "ls -l shows who may; ask its owner for the right" },
    { EPERM, MI_E_NOINPUT, "ls -l shows who may; ask its owner for the right" },
    { ELOOP, MI_E_NOINPUT, "a link leads in a circle: name the file itself" },
    { ENAMETOOLONG, MI_E_NOINPUT, "give a shorter name" },
    { ENXIO, MI_E_NOINPUT, "the disk or device fails: look at it, then run again" },
    { ENODEV, MI_E_NOINPUT, "the disk or device fails: look at it, then run again" },
    { EEXIST, MI_E_CANTCREATE, NULL },
    { EROFS, MI_E_CANTCREATE, "nothing can be written there: choose another folder" },
    { ETXTBSY, MI_E_CANTCREATE, "another program uses it: try again when it has ended" },
    { ENOMEM, MI_E_MEMORY, NULL },
    { EAGAIN, MI_E_TEMPORARY, NULL },
    { ETIMEDOUT, MI_E_TEMPORARY, NULL },
    { EBUSY, MI_E_TEMPORARY, "another program uses it: try again when it has ended" },
    { EMFILE, MI_E_TEMPORARY, "too many files are open: ulimit -n shows the limit" },
    { ENFILE, MI_E_TEMPORARY, "too many files are open: ulimit -n shows the limit" },
    { EBADF, MI_E_IO, "the stream is closed: leave it open or redirect it" },
    { ENOSPC, MI_E_IO, "make room and run again; nothing was kept" },
    { EDQUOT, MI_E_IO, "make room and run again; nothing was kept" },
    { EFBIG, MI_E_IO, "the limit of file sizes is met: ulimit -f shows it" },
    { EIO, MI_E_IO, "the disk or device fails: look at it, then run again" },
};

mi_class mi_class_of_errno(int e)
{
    for (int i = 0; i < MI_COUNT(causes); i++)
        if (causes[i].e == e)
            return causes[i].cls;
    return MI_E_IO;
}

const char *mi_hint_of_errno(int e)
{
    for (int i = 0; i < MI_COUNT(causes); i++)
        if (causes[i].e == e)
            return causes[i].hint;
    return NULL;
}

int mi_fail_input(mi_err *err, int e, const char *what)
{
    const char *hint = mi_hint_of_errno(e);
    if (e == ENOENT)
        return mi_fail(err, MI_E_NOINPUT, hint, "no such file");
    if (e == EACCES)
        return mi_fail(err, MI_E_NOINPUT, hint, "no permission to read it");
    return mi_fail(err, mi_class_of_errno(e), hint, "%s: %s", what, strerror(e));
}
