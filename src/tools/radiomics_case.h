/* One case of mi-radiomics: image and masks in, each region handed to a visitor. The masks are
   read first; only the slices that their regions need are decoded and kept. */
#ifndef MI_TOOLS_RADIOMICS_CASE_H
#define MI_TOOLS_RADIOMICS_CASE_H
#include "cli/tool.h"
#include "image/labels.h"
#include "io/source.h"
#include "radiomics/catalogue.h"
#include "tools/reading.h"
#include "tools/radiomics_record.h"

/* The tool's own options beside mi_settings. */
typedef struct mi_radiomics_opts {
    mi_list label;   /* "1", "1+2", a name; empty: every label */
    char *labels;    /* JSON file of names, {"1":"tumour"} */
    int dump;        /* mi_dump */
    char *describe;
    bool schema;
} mi_radiomics_opts;

typedef enum mi_dump { MI_DUMP_NONE, MI_DUMP_DIAGNOSTICS, MI_DUMP_MATRICES } mi_dump;
extern const mi_param mi_radiomics_params[];

/* One region to be measured. */
typedef struct mi_target {
    int mask;            /* which mask volume */
    int64_t *label;      /* members; owned */
    int n_label;
    int64_t voxels;
    mi_box box;
    char *name;          /* of the label, joined by + for a union; NULL when not known; owned */
} mi_target;

/* What a case is made of while it is worked on. */
typedef struct mi_case_work {
    mi_context *context;
    const mi_radiomics_opts *opts;
    const mi_reading_opts *input;
    const mi_settings *settings;
    const char *case_id;
    int64_t frame;       /* -1: not a 4-D image */
    mi_volume image;
    mi_volume *mask;
    int n_masks;
    mi_diagnostics figures; /* of the image at hand, for --dump diagnostics; n is 0: not known */
    mi_target *target;
    int n_targets;
    cJSON *names;        /* of --labels, or NULL */
    double chain_seconds;/* spent on making regions of the image at hand */
} mi_case_work;

typedef struct mi_case_inputs {
    const char *id;           /* NULL: from the stream or the image's name */
    const char *image, *image_name;        /* path to open; name to show */
    const char *const *masks, *const *mask_names;
    int n_masks;              /* 0: the items behind the image in its stream */
    const mi_list *label;     /* overrides --label when not empty */
} mi_case_inputs;

/* Called for each region in order: mask by mask, label by label. `diag` holds facts with --dump
   diagnostics alone. `failed` is set when the region could not be made (then region is NULL).
   Voxels of the image and the masks may be gone by now, unless a digest was asked for. */
typedef int (*mi_region_visitor)(void *user, const mi_case_work *w, const mi_target *t,
                                 const mi_region *region, const mi_diagnostics *diag,
                                 const mi_warnings *warn, const mi_err *failed, mi_err *err);

/* Returns the number of regions that failed, or -1 when the case as a whole cannot be done, as
   when every region failed. With --dry-run or --validate everything up to the image's voxels is
   checked and nothing is visited. */
int mi_radiomics_case(mi_context *c, const mi_radiomics_opts *o, const mi_reading_opts *input,
                      const mi_settings *s, const mi_case_inputs *in, mi_region_visitor visit,
                      void *user, mi_err *err);

/* Read the names of --labels (NULL: none) into w->names: an object of label number and name,
   else MI_E_CONFIG with the key. */
int mi_case_names(mi_case_work *w, const char *path, mi_err *err);

/* Is this a word of --label, "1", "tumour", "1+2"? Else MI_E_USAGE. */
int mi_case_label_check(const char *word, mi_err *err);

/* Fill w->target: the labels asked for (a label nowhere to be found is MI_E_EMPTY with a list of
   what is there), or all of every mask. An empty mask beside others that are not becomes a
   target without label, which fails when its turn comes; nothing but empty masks is MI_E_EMPTY. */
int mi_case_targets(mi_case_work *w, const mi_list *label, mi_err *err);

/* What a record says of the region; borrows from w and t. */
void mi_case_facts(const mi_case_work *w, const mi_target *t, mi_roi_facts *out);

#endif
