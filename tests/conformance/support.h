/* What the conformance programs share: counting, tables, paths, NIfTI files made on the spot,
   running a tool. Memory that is short ends the program. */
#ifndef TESTS_CONFORMANCE_SUPPORT_H
#define TESTS_CONFORMANCE_SUPPORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cjson/cJSON.h>

/* ---- counting ---- */

typedef struct tally {
    int passed, failed, skipped;
} tally;

/* Count one check; a failure is told on stderr (the first 40 of them). Returns ok. */
bool check(tally *t, bool ok, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void skip(tally *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "N passed, N failed, N skipped"; the exit status: 0, 1, or 77 when all was skipped. */
int tally_end(const tally *t);

/* ---- tables ---- */

/* A table with a header line; lines that begin with # are left out. Cells may be quoted. */
typedef struct table {
    char **cell;
    int rows, columns;
    char **head;
    char *text;
} table;

bool table_read(table *t, const char *path);
bool table_parse(table *t, char *text_take);
void table_free(table *t);
/* Cell by row (from 0) and name of the column; "" when there is no such column. */
const char *table_cell(const table *t, int row, const char *column);
double table_number(const table *t, int row, const char *column); /* NaN when blank */

/* Rounded to significant digits. */
double rounded(double x, int digits);

/* ---- paths ---- */

/* A file of the source tree ($srcdir, else the folder that holds testdata above the current one).
   */
char *source_path(const char *name);
/* A file of the reference material ($MI_SHARED, else ../shared beside the source tree); NULL when
   it is not there. */
char *shared_path(const char *name);
/* A new empty folder for files; removed with its files by scratch_remove. */
char *scratch_make(void);
void scratch_remove(char *folder);
char *join(const char *a, const char *b); /* "a/b" */
char *text_of(const char *path, size_t *len);

/* ---- NIfTI-1 files ---- */

enum {
    NII_U8 = 2,
    NII_I16 = 4,
    NII_I32 = 8,
    NII_F32 = 16,
    NII_F64 = 64,
    NII_I8 = 256,
    NII_U16 = 512,
    NII_U32 = 768,
    NII_I64 = 1024,
    NII_U64 = 1280
};

typedef struct nii {
    int n[3];
    double m[3][4];      /* index to RAS+ mm, written as sform */
    int type;            /* NII_... */
    double slope, inter; /* scl_; slope 0: none */
    bool big_endian;
    const double *value; /* before slope and inter */
} nii;

bool nii_write(const char *path, const nii *v);
/* Diagonal affine. */
nii nii_plain(const int n[3], const double s[3], int type, const double *value);

/* ---- the tool ---- */

/* Run `argv` (NULL-terminated) without a shell; stdout to a new text (caller frees), stderr to the
   file `errors` or, when NULL, passed through. Returns the exit status, 128 + n for a signal, 127
   when it cannot be run. */
int run(const char *const argv[], char **out, const char *errors);
/* A run whose stdout is JSON: NULL unless it ended with 0 and parses; several lines become an
   array. */
cJSON *run_json(const char *const argv[]);
bool tool_is_there(const char *name);
/* Number of an item (null is NaN). */
double json_number(const cJSON *item);

/* The key of each feature by tag, aggregation (id) and name, from --list-features --json. */
cJSON *feature_list(void);
const char *feature_key(const cJSON *list, const char *tag, const char *aggregation,
                        const char *feature);
/* "3D averaged" -> "3d_avg" and so on; "" stays. NULL for an unknown name. */
const char *aggregation_id(const char *name);

#endif
