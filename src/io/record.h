/* Records out: one object per region as JSON Lines, one indented JSON array, CSV or TSV with the
   same columns for every row. Order of members: schema status case image roi settings features
   measures scores warnings provenance. */
#ifndef MI_IO_RECORD_H
#define MI_IO_RECORD_H
#include "base/json.h"
#include "io/output.h"

typedef enum mi_form { MI_FORM_JSONL, MI_FORM_JSON, MI_FORM_CSV, MI_FORM_TSV } mi_form;
extern const char *const mi_form_names[]; /* "jsonl", "json", "csv", "tsv", NULL */

/* Form by file name (".json", ".jsonl", ".csv", ".tsv"); -1 when the name does not tell. */
int mi_form_of_name(const char *path);

typedef struct mi_records mi_records;
/* `columns` (for CSV and TSV) are the feature keys in order, before them further members of roi,
   borrowed for the life of the writer; `extra` names pass-through columns of a batch
   (NULL-terminated or NULL). */
int mi_records_open(mi_records **out, mi_output *o_borrow, mi_form form, const char *const *columns,
                    int n_columns, const char *const *extra, mi_err *err);
/* One record (borrowed). JSON Lines: written at once, one write. JSON: kept until the end.
   CSV/TSV: roi.*, status, error and the columns; null is empty / n/a. */
int mi_records_add(mi_records *r, const cJSON *record, mi_err *err);
/* Write what is left (closing bracket, header of an empty table). Frees r. */
int mi_records_end(mi_records *r, mi_err *err);
void mi_records_free(mi_records *r); /* without writing */

/* A list of objects (an array) in any form. The columns of a table are the members of all, in the
   order in which they are met first; what is no text or number is JSON in its cell. */
int mi_rows_write(mi_output *o, mi_form form, const cJSON *rows, mi_err *err);

/* The record of a case that failed:
   {"schema":...,"status":"error","case":...,"image":...,"roi":{...},
    "error":{class,code,subject,message,hint}}. */
cJSON *mi_record_error(const char *schema, const char *case_id, const char *image, const cJSON *roi,
                       const mi_err *e, int code);

#endif
