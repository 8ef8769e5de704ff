/* Bytes out: stdout with a checked end, or a file written beside its target and renamed when
   complete. */
#ifndef MI_IO_OUTPUT_H
#define MI_IO_OUTPUT_H
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

typedef struct mi_output mi_output;

/* path NULL or "-": stdout. An existing file is MI_E_CANTCREATE unless `force`; it is checked
   before any work. A FIFO or device is written straight. */
int mi_output_open(mi_output **out, const char *path, bool force, mi_err *err);
/* one write(2) per call when it fits */
int mi_output_write(mi_output *o, const void *p, size_t n, mi_err *err);
bool mi_output_is_terminal(const mi_output *o);
bool mi_output_is_file(const mi_output *o); /* a regular file; else stdout, a FIFO or a device */
/* Flush, fsync-free close with a check, rename into place. Frees o in every case; on failure
   nothing stays behind. */
int mi_output_commit(mi_output *o, mi_err *err);
/* Give up: remove what was written. NULL is fine. Also done for every open output by
   mi_output_abandon_all(), which is async-signal-safe. */
void mi_output_abort(mi_output *o);
void mi_output_abandon_all(void);

#endif
