/* Errors as values: a class (which alone decides the exit code), a message and at most one hint.
   Nobody below main() prints or exits. The first error wins; later calls on a set error change
   nothing. */
#ifndef MI_BASE_ERROR_H
#define MI_BASE_ERROR_H

#if defined(__GNUC__)
#define MI_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define MI_PRINTF(f, a)
#endif

#define MI_COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

typedef enum mi_class {
    MI_E_NONE = 0,
    MI_E_USAGE,       /* 64: unknown option, missing operand */
    MI_E_DATA,        /* 65: corrupt or truncated or unsupported content */
    MI_E_GEOMETRY,    /* 65: grids differ */
    MI_E_EMPTY,       /* 65: empty region, label absent */
    MI_E_NOINPUT,     /* 66: not there or not readable */
    MI_E_UNAVAILABLE, /* 69: module, model or device absent from this build */
    MI_E_INTERNAL,    /* 70: a bug */
    MI_E_MEMORY,      /* 71: allocation refused; the message names the size */
    MI_E_CANTCREATE,  /* 73: output exists or folder not writable */
    MI_E_IO,          /* 74: read or write failed, disk full */
    MI_E_TEMPORARY,   /* 75: busy, time limit met */
    MI_E_CONFIG       /* 78: preset or config file wrong */
} mi_class;

typedef struct mi_err {
    mi_class cls;
    char subject[512]; /* what it is about: usually a file name; may be empty */
    char message[768];
    char hint[512]; /* what to do; may be empty */
    char within[512]; /* the file inside a subject that is a folder; may be empty. Its name was not
                         given by the user: messages may tell it, records never */
} mi_err;

#define MI_ERR_EMPTY { MI_E_NONE, "", "", "", "" }

/* Set *err (may be NULL) unless it is set already. `hint` may be NULL. Always returns -1. */
int mi_fail(mi_err *err, mi_class cls, const char *hint, const char *fmt, ...) MI_PRINTF(4, 5);

/* Name the subject, the file within it / replace the hint of a set error, if it has none yet. */
void mi_err_subject(mi_err *err, const char *subject);
void mi_err_within(mi_err *err, const char *file);
void mi_err_hint(mi_err *err, const char *fmt, ...) MI_PRINTF(2, 3);

/* Lower-case name of a class as in the JSON form of messages and error rows: "geometry", "empty
   region" ... */
const char *mi_class_name(mi_class cls);

/* Class of an errno value of open/read/write/rename, e.g. ENOENT -> MI_E_NOINPUT, ENOSPC ->
   MI_E_IO, ENOMEM -> MI_E_MEMORY. */
mi_class mi_class_of_errno(int e);
/* What the user can do about an errno value of a file; NULL: nothing in particular. */
const char *mi_hint_of_errno(int e);
/* A file that is to be read failed with errno value e: class, "no such file" or "WHAT: reason",
   hint. Always returns -1. */
int mi_fail_input(mi_err *err, int e, const char *what);

#endif
