/* What the files of the batch driver share among themselves. */
#ifndef MI_CLI_BATCH_INTERNAL_H
#define MI_CLI_BATCH_INTERNAL_H
#include "cli/batch.h"
#include "cli/internal.h"

/* ---- the table of cases (batch_table.c) ---- */

typedef struct mi_cases {
    mi_case *item; /* the cases of this --part, in order */
    int n;
    cJSON *rows; /* array of objects; owns the cells */
    char **path; /* owned names of PATH cells */
    int n_paths;
    char **extra; /* names of unknown columns, NULL-terminated */
    int n_extra;
} mi_cases;

#define MI_CASES_EMPTY                                                                             \
    {                                                                                              \
        .n = 0                                                                                     \
    }

/* Read, check and cut to the part. Errors give file and line. */
int mi_cases_read(mi_cases *out, const mi_context *c, const mi_batch *b, mi_err *err);
void mi_cases_free(mi_cases *t);
/* "P001" or "row 7": how messages name a case. */
const char *mi_case_label(const mi_case *cs, char buf[32]);

/* CSV (RFC 4180, separator comma, semicolon or tab by the header) or JSON Lines to an array of
   objects with a member per cell; empty cells are null. line[i] is the line row i begins at
   (owned by the caller). NULL on failure. */
cJSON *mi_rows_parse(const char *text, const char *path, int **line, mi_err *err);

/* ---- one case (batch_case.c) ---- */

/* What became of a case. */
typedef struct mi_outcome {
    cJSON *records;
    bool done, failed, any_ok, flagged; /* flagged: a --fail-on flag is set */
    mi_err err;                         /* of the first failure */
} mi_outcome;

enum { MI_CLASSES = MI_E_CONFIG + 1 };

/* Run a case. -1 only for what ends the whole run (no memory for the row of a failure). */
int mi_case_do(mi_context *c, const mi_batch *b, const mi_case *cs, mi_outcome *o, mi_err *err);
void mi_case_say_failures(mi_context *c, const mi_case *cs, const mi_outcome *o);

/* ---- finished cases on disk (ledger.c) ---- */

typedef struct mi_ledger mi_ledger;

/* OUT.part (records as JSON Lines, whole rows) and OUT.state (digest of settings; inputs and
   place of each finished case). With --resume the cases of an earlier run with the same settings
   and inputs are taken over, failed ones excepted. Locked: a second run on the same OUT is
   MI_E_TEMPORARY. */
int mi_ledger_open(mi_ledger **out, mi_context *c, const mi_batch *b, const mi_cases *cases,
                   mi_err *err);
bool mi_ledger_has(const mi_ledger *l, int k);
int mi_ledger_add(mi_ledger *l, int k, const cJSON *records, bool failed, mi_err *err);
/* All cases in order into the output; `records` is the writer for forms other than JSON Lines,
   NULL for these. */
int mi_ledger_assemble(mi_ledger *l, mi_output *o, mi_records *records, mi_err *err);
/* Frees l; `done` removes both files, else they stay for --resume. NULL is fine. */
void mi_ledger_close(mi_ledger *l, bool done);
/* --resume on an output that is there and has no ledger: it is complete. MI_E_CANTCREATE when it
   shows other settings or lacks cases. */
int mi_ledger_check_complete(mi_context *c, const mi_cases *cases, mi_err *err);

#endif
