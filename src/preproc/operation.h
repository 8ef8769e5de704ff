/* Operations of mi-preproc: one file and one row of the table each. Slices flow through a chain
   of operations one by one where they can; an operation that needs the whole volume gathers it
   first. */
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
    /* three ranges "lo:hi" of indices from 0, hi not included; open ends allowed */
    mi_list crop;
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
    bool is_labels;              /* the item is a label map: nearest neighbour */
    /* it is not an image (a label map, probabilities, a field): operations on values pass it by,
       added voxels are 0 */
    bool geometry_only;
    const mi_grid *like;         /* grid of opts->like, or NULL */
    const mi_box *mask_box;      /* of all masks, in voxels of mask_grid; NULL: none known */
    const mi_grid *mask_grid;    /* the grid that the items come with */
    /* an operation before this one has changed the grid; set by the chain */
    bool moved;
    mi_pool *pool;
    mi_warnings *warn;
} mi_op_context;

/* How the slices of an item go through an operation: one by one (slice), into a result that is
   complete only behind the last one (scatter: one by one, or by groups so large that voxels
   along the third axis fill what memory moves at once), or not before all are there (at_once). */
typedef enum mi_op_flow {
    MI_FLOW_SLICES,
    MI_FLOW_SCATTER,
    MI_FLOW_SCATTER_GROUPS,
    MI_FLOW_AT_ONCE
} mi_op_flow;

typedef struct mi_operation {
    const char *name;
    const char *help;            /* what it does, for the manual */
    bool on_values;              /* changes values, not the grid: only images go through it */
    bool (*asked)(const mi_preproc_opts *o);
    /* Decide: *out (a copy of `in` before) gets grid, type, slope, inter of the result, and
       where they change meta.unit (a string that lives as long as *state) and meta.padding; the
       rest of meta is carried by the caller. *state is the operation's own. */
    int (*begin)(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 mi_op_flow *flow, mi_err *err);
    /* One slice, src of `in` at k. *result is room for a slice of `out`; the operation fills it, or
       sets *result to a place within src that holds the result already.
       *to is the slice's place in `out`, or -1 when it is dropped. src NULL: fill it with what
       stands for nothing (k: index in out). */
    int (*slice)(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 const void **result, int64_t *to, mi_err *err);
    /* Slices k0 to k1 (not included) of `in`, in src, to their places in out->data. */
    int (*scatter)(void *state, const mi_volume *in, mi_volume *out, int64_t k0, int64_t k1,
                   const void *src, mi_pool *pool, mi_err *err);
    /* All at once: `in` holds all slices, out->data is allocated. */
    int (*at_once)(void *state, const mi_volume *in, mi_volume *out, mi_pool *pool, mi_err *err);
    /* The step as provenance tells it: {"op":name,...}. */
    cJSON *(*step)(const mi_preproc_opts *o, const void *state);
    void (*end)(void *state);    /* frees; NULL: free() */
} mi_operation;

/* In the order in which they run. */
extern const mi_operation *const mi_operations[];
extern const int mi_n_operations;

/* The floating-point type that holds every value of t: float32 for whole numbers of up to 16
   bits and for float32, else float64. */
mi_type mi_float_type(mi_type t);
/* n values (slope and inter applied when `scaled`) of a run of stored voxels of v's type. */
void mi_voxel_values(const mi_volume *v, const void *stored, int64_t n, bool scaled, double *out);
/* The stored numbers that stand for nothing: the range of v->meta.padding in v's scaling. An
   empty range (lo > hi) when there are none. */
mi_range mi_stored_padding(const mi_volume *v);
/* A voxel value as stored in v's type: rounded for whole numbers. MI_E_USAGE when the type
   cannot hold it. p: room for one voxel, anywhere. */
int mi_stored_value(const mi_volume *v, double value, void *p, mi_err *err);
/* Copy one voxel to n places. */
void mi_fill_voxels(void *dst, const void *voxel, size_t size, int64_t n);

#endif
