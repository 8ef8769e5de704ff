/* What a stream says about an item: the header extension {"mi":{...}} of cli.md, section 2,
   read. */
#ifndef MI_IO_META_H
#define MI_IO_META_H
#include <stddef.h>
#include "image/volume.h"

/* Fill m (empty before) from the text of a comment extension. 1: done; 0: the text is not ours
   (m stays empty); -1: it is ours but cannot be used, `why` says what is wrong (m stays empty).
   Values of a wrong type are left out. Without memory -1 with *err set and no `why`. */
int mi_meta_parse(const char *text, size_t len, mi_meta *m, char why[160], mi_err *err);

/* Names and colours of labels from the label table of a Caret extension, unless m has some. Text
   without a table, and labels that cannot be read, are passed over. */
int mi_meta_caret(const char *text, size_t len, mi_meta *m, mi_err *err);

/* Put the labels into ascending order. */
void mi_meta_sort(mi_meta *m);

#endif
