/* A chain of operations that slices are pushed through. */
#ifndef MI_PREPROC_CHAIN_H
#define MI_PREPROC_CHAIN_H
#include "preproc/operation.h"

typedef struct mi_chain mi_chain;

/* Where slices of the result go, in ascending order, all of them. */
typedef int (*mi_slice_sink)(void *user, const void *slice, size_t bytes, mi_err *err);

/* The operations asked for, in `order` (names, NULL-terminated; NULL: the table's order), for an
   item with this head, which is borrowed until the end. mi_chain_head: grid, type and scaling of
   the result; meta is that of the input but for unit and padding, and borrowed. */
int mi_chain_begin(mi_chain **out, const mi_op_context *c, const char *const *order,
                   const mi_volume *head, mi_err *err);
const mi_volume *mi_chain_head(const mi_chain *c);
/* Steps for the provenance; owned by the caller. */
cJSON *mi_chain_steps(const mi_chain *c);
bool mi_chain_is_empty(const mi_chain *c); /* no operation: slices pass as they are */
/* Room for the next slices of the input, *n of them, where the first operation gathers them:
   slices put there need no copy when they are pushed. NULL: it gathers none. */
void *mi_chain_room(mi_chain *c, int64_t *n);
/* Slice k of the input, k = 0, 1, 2 ... */
int mi_chain_push(mi_chain *c, int64_t k, const void *slice, mi_slice_sink sink, void *user,
                  mi_err *err);
/* Behind the last slice: what was gathered comes out. */
int mi_chain_finish(mi_chain *c, mi_slice_sink sink, void *user, mi_err *err);
void mi_chain_free(mi_chain *c);

#endif
