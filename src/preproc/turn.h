/* Copying voxels of 1, 2, 4 or 8 bytes so that another axis becomes the fastest. */
#ifndef MI_PREPROC_TURN_H
#define MI_PREPROC_TURN_H
#include <stddef.h>
#include <stdint.h>

/* An axis of voxels: how many, and how far apart (in voxels, either way) they lie in the source
   and in the result. */
typedef struct mi_turn_axis { int64_t n, src, dst; } mi_turn_axis;

/* The plane of axes a and b: the source runs along a (a->src is 1), the result along b (b.dst is
   1 or -1). */
void mi_turn(const char *src, char *dst, const mi_turn_axis *a, mi_turn_axis b, size_t size);
/* n voxels that lie together in both; step -1: in the result they run backwards from dst. */
void mi_copy_row(const char *src, char *dst, int64_t n, int64_t step, size_t size);

#endif
