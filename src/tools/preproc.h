/* Parts of mi-preproc: what is read, what is written. */
#ifndef MI_TOOLS_PREPROC_H
#define MI_TOOLS_PREPROC_H
#include "cli/tool.h"
#include "io/source.h"
#include "io/volume_write.h"
#include "preproc/chain.h"
#include "tools/reading.h"

typedef struct mi_preproc_tool {
    mi_list mask;
    mi_list steps;
    bool plain, list_series, as_mask;
} mi_preproc_tool;

typedef struct mi_preproc_work {
    mi_context *c;
    const mi_preproc_opts *steps;
    const mi_preproc_tool *o;
    const mi_reading_opts *input;
    mi_pool *pool;
    mi_source *src;
    /* the first item: head; voxels only when something behind it has to be known first */
    mi_volume image;
    mi_volume *held;   /* items in memory: those of --mask, or all that follow in the stream */
    int n_held;
    bool ahead;        /* the stream was read to its end */
    mi_box mask_box;   /* around every voxel of every mask */
    bool have_box;
    mi_grid like;      /* of --like */
    mi_volume_writer *out; /* NULL: look only */
    mi_warnings warn;
    int64_t not_finite; /* voxels of the current item */
    int64_t not_whole;  /* the same of what --as-mask calls a label map; -1: not asked */
    bool lost;         /* no memory for a warning of the reader */
    int items;         /* written so far */
    int of;            /* in the bundle that is written; 0: nobody knows */
    int left_out;      /* --plain: items that were not written */
    cJSON *inputs;     /* of the run with --mask, as told in each history */
    char **order;      /* --steps, NULL-terminated, or NULL */
} mi_preproc_work;

#define MI_PREPROC_WORK { .image = MI_VOLUME_EMPTY }

/* Is an item a label map? By its role; without one what follows an image is (the further frames
   of a 4-D image excepted). Item 0 is the first. */
bool mi_preproc_is_labels(const mi_preproc_work *w, const mi_volume *v, int item);

/* Head of the first item, the masks of --mask, the grid of --like; with --crop-to-mask the box
   of all masks, for which a stream without --mask is read to its end. */
int mi_preproc_read(mi_preproc_work *w, mi_err *err);
/* Every item through the steps to w->out, in their order; without w->out they are only checked. */
int mi_preproc_write(mi_preproc_work *w, mi_err *err);

void mi_preproc_work_free(mi_preproc_work *w);

#endif
