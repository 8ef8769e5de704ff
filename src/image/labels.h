/* Label maps: which labels there are, how many voxels each has and where. */
#ifndef MI_IMAGE_LABELS_H
#define MI_IMAGE_LABELS_H
#include "image/volume.h"

typedef struct mi_label_stat { int64_t value; int64_t voxels; mi_box box; } mi_label_stat;

/* All non-zero labels in ascending order, *out owned by the caller (free). Non-integer or
   non-finite values are MI_E_DATA with count and first place ("a probability map? threshold it
   first"). Negative labels are allowed. More than 65536 distinct labels is MI_E_DATA (an image
   given as mask?). */
int mi_labels_count(const mi_volume *mask, mi_label_stat **out, int *n, mi_err *err);

/* 1 where the mask holds one of the labels, else 0, over a box (may reach outside [k0, k1) of a
   trimmed mask: 0 there). */
int mi_labels_select(const mi_volume *mask, const int64_t *labels, int n_labels, const mi_box *b,
                     uint8_t *out, mi_err *err);

/* Does it look like a label map? A look at some 2000 rows: whole numbers only, and either at
   most 8 different ones, or neighbours mostly alike and not both negative ones and more than 32.
   For tools that are told nothing; false when there are no voxels. */
bool mi_labels_likely(const mi_volume *v);

#endif
