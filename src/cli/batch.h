/* One case or a table of cases, the same road for both: a tool gives a function that turns one
   case into records; the driver reads the table of --batch, runs the cases (several at once with
   --jobs), writes the records in the form asked for, in the order of the input, and keeps the
   books of failed cases, --part, --resume, --fail-on and the exit code (told in mi(7)). */
#ifndef MI_CLI_BATCH_H
#define MI_CLI_BATCH_H
#include "cli/tool.h"

enum { MI_COL_REQUIRED = 1, MI_COL_PATH = 2, MI_COL_OPERAND = 4 };

/* A column of the table that the tool understands, matched without regard to case. Columns
   nobody understands are passed on to the record's "extra".
   flags: REQUIRED: must be there and filled in; PATH: a file or folder, relative to the batch
   file; OPERAND: in a run without --batch the next operand fills it. */
typedef struct mi_column {
    const char *name;
    unsigned flags;
} mi_column;

#define MI_COLUMNS_MAX 16

/* Cells stand in the order of mi_batch.columns; NULL when absent or empty. */
typedef struct mi_case {
    long long number;                 /* row of the batch, from 1; 0 in a run without --batch */
    const char *id;                   /* column "case", NULL when there is none */
    const char *name[MI_COLUMNS_MAX]; /* cells as given, for records */
    const char *path[MI_COLUMNS_MAX]; /* cells of PATH columns, as to be opened */
    char *const *more;                /* operands behind the last OPERAND column (further masks) */
    int n_more;
    const cJSON *extra;               /* unknown columns; the driver puts them into the records */
} mi_case;

/* Compute one case. Append its records (objects, given away) to the array `records`; the driver
   writes them, also those with "status":"error" that the function made itself by mi_record_error
   (one bad region among good ones). 0, or -1 with err: what was appended is dropped and the case
   is an error row (batch) or the error of the run (single). With --jobs several calls run at
   once: `user` must be read only, and the pool of the context works serially. With
   c->common.dry_run or validate the function checks inputs, options and grids, computes nothing
   and appends nothing. */
typedef int (*mi_case_fn)(mi_context *c, const mi_case *cs, const void *user, cJSON *records,
                          mi_err *err);

typedef struct mi_batch {
    const char *schema;       /* of the records: "mi.features/1" */
    const mi_column *columns; /* ends with name NULL */
    const char *const *keys;  /* columns of CSV and TSV in order: features, measures, scores */
    int n_keys;
    mi_case_fn run;
    const void *user;
} mi_batch;

/* The name of a case without a column "case": its image without folder and ending; "stdin" for -.
   The caller's; NULL with err. */
char *mi_case_stem(const char *image, mi_err *err);

/* Everything from opening the output to committing it. 0 with c->exit_code set (0; 1: a --fail-on
   flag is set, or --validate found faults; 3: some cases failed; the class of the first failure
   when no case of a batch succeeded). -1 with err: a single case failed and nothing was written,
   or the run itself could not go on. */
int mi_batch_run(mi_context *c, const mi_batch *b, mi_err *err);

#endif
