/* Exit codes: one table from which the codes, the section of the man pages and the test of both
   come. */
#include "cli/internal.h"

const mi_exit_row mi_exit_rows[] = {
    { 0, "ok", "all that was asked for was written", "no" },
    { 1, "negative",
      "ran well, the answer is no: a difference was found, a --fail-on flag is set, "
      "--validate found faults",
      "no" },
    { 3, "partial", "some cases or regions failed, some succeeded; the rows tell which",
      "failed rows" },
    { 64, "usage", "unknown option or value, missing operand, terminal as image output", "no" },
    { 65, "data",
      "corrupt or truncated input, grids differ, empty region, label absent, not a "
      "known format",
      "no" },
    { 66, "no input", "file or series not there or not readable", "no" },
    { 69, "unavailable", "module, model or device absent from this build", "no" },
    { 70, "internal", "a bug: an invariant broke or an exception crossed an adapter", "no" },
    { 71, "memory", "allocation refused; the message names the size", "larger machine" },
    { 73, "cannot create", "output exists or folder not writable", "no" },
    { 74, "I/O", "read or write failed, disk full", "maybe" },
    { 75, "temporary", "a resource is locked or busy, the limit of --timeout was met", "yes" },
    { 78, "config", "preset or config file wrong; the message gives file, line and key", "no" },
    { 128, "signal",
      "128 + n: ended by signal n; 130 interrupted, 141 the reader of the pipe is "
      "gone",
      "no" },
    { 0, NULL, NULL, NULL }
};

int mi_exit_code(mi_class cls)
{
    switch (cls) {
    case MI_E_NONE:
        return 0;
    case MI_E_USAGE:
        return 64;
    case MI_E_DATA:
    case MI_E_GEOMETRY:
    case MI_E_EMPTY:
        return 65;
    case MI_E_NOINPUT:
        return 66;
    case MI_E_UNAVAILABLE:
        return 69;
    case MI_E_INTERNAL:
        return 70;
    case MI_E_MEMORY:
        return 71;
    case MI_E_CANTCREATE:
        return 73;
    case MI_E_IO:
        return 74;
    case MI_E_TEMPORARY:
        return 75;
    case MI_E_CONFIG:
        return 78;
    }
    return 70;
}
