/* What every tool is told of the files it reads: --frame, --verify, --grid-tolerance, and of DICOM
   --series, --roi, --grey, --uid-key, --keep-uids, --keep-descriptions. */
#ifndef MI_TOOLS_READING_H
#define MI_TOOLS_READING_H
#include "cli/tool.h"
#include "io/source.h"

typedef struct mi_reading_opts {
    char *frame; /* "N" or "all"; NULL */
    bool verify, grey;
    double grid_tolerance;
    char *series, *roi;
    char *uid_key; /* file */
    bool keep_uids, keep_descriptions;
    /* no options themselves: of the last three, filled in by mi_reading_open */
    mi_keep keep;
    void *key;
} mi_reading_opts;
extern const mi_param mi_reading_params[];

/* Read the key, once: it may come from a pipe. mi_reading_close gives it back. */
int mi_reading_open(mi_reading_opts *o, mi_err *err);
void mi_reading_close(mi_reading_opts *o);

/* What sources are to be opened with; it borrows from *o. Error MI_E_USAGE for a --frame that is
   none. */
int mi_reading_source(const mi_reading_opts *o, mi_source_opts *out, mi_err *err);
/* --series, --roi for something that is no DICOM would choose nothing and say nothing:
   MI_E_USAGE. */
int mi_reading_check_series(const mi_reading_opts *o, const mi_source *src, mi_err *err);
int mi_reading_check_roi(const mi_reading_opts *o, const mi_source *src, mi_err *err);
bool mi_reading_all_frames(const mi_reading_opts *o);

#endif
