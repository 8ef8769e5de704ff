/* Operations of mi-preproc: one file and one row of the table each. Slices flow through a chain of operations one by one where they can; an operation that needs the
   whole volume gathers it first. */
#ifndef MI_PREPROC_OPERATION_H
#define MI_PREPROC_OPERATION_H
#include "base/param.h"
#include "base/pool.h"
#include "image/volume.h"

/* What the user asked for; the table of parameters names the options. */
typedef struct mi_preproc_opts {
    int suv;                     /* 0: not asked for, else mi_suv_kind + 1 */
    bool philips_activity_first;
    bool untilt;
    char *reorient;              /* "RAS", "LPS" ... */
    mi_list crop;                /* three ranges "lo:hi" of indices from 0, hi not included; open ends allowed */
    bool crop_to_mask;
    mi_vec3 margin;              /* mm around the masks */
    mi_list pad;                 /* voxels: one number, three (both sides of an axis), or six */
    double pad_value;
    mi_range clip;
    mi_vec3 rescale;             /* slope and intercept */
    char *like;                  /* file whose grid the result has */
    int like_interpolation;      /* mi_interp of images: nearest or linear; masks: nearest */
} mi_preproc_opts;
extern const mi_param mi_preproc_params[];

/* What an operation may need to know beside its input. */
typedef struct mi_op_context {
    const mi_preproc_opts *opts;
    bool is_labels;              /* the item is a label map: geometry only, nearest neighbour */
    const mi_grid *like;         /* grid of opts->like, or NULL */
    const mi_box *mask_box;      /* of all masks on the image's grid; NULL: none known */
    mi_pool *pool;
    mi_warnings *warn;
} mi_op_context;

typedef struct mi_operation {
    const char *name;
    const char *help;            /* what it does, for the manual */
    bool images_only;            /* label maps pass untouched */
    bool (*asked)(const mi_preproc_opts *o);
    /* Decide: *out (empty before) gets grid, type, slope, inter of the result; meta is carried by the caller. *state is the operation's own. *whole: slices cannot go
       one by one. */
    int (*begin)(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state, bool *whole, mi_err *err);
    /* One slice: src of `in` at k to dst of `out`; *to is its place there, or -1 when it is dropped. src NULL: fill dst with what stands for nothing (k: index in out). */
    int (*slice)(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src, void *dst, int64_t *to, mi_err *err);
    /* All at once: `in` holds all slices, out->data is allocated. NULL for operations that never need it. */
    int (*at_once)(void *state, const mi_volume *in, mi_volume *out, mi_pool *pool, mi_err *err);
    /* The step as provenance tells it: {"op":name,...}. */
    cJSON *(*step)(const mi_preproc_opts *o, const void *state);
    void (*end)(void *state);    /* frees; NULL: free() */
} mi_operation;

/* In the order in which they run. */
extern const mi_operation *const mi_operations[];
extern const int mi_n_operations;

/* A voxel value as stored in v's type: rounded for whole numbers. MI_E_USAGE when the type cannot hold it. p: room for one voxel. */
int mi_stored_value(const mi_volume *v, double value, void *p, mi_err *err);
/* Copy one voxel to n places. */
void mi_fill_voxels(void *dst, const void *voxel, size_t size, int64_t n);

#endif
