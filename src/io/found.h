/* What a file that no format claims seems to be, for the error message. */
#ifndef MI_IO_FOUND_H
#define MI_IO_FOUND_H
#include <stddef.h>

/* "a PNG picture", "text beginning with ...", "bytes 05 33 d3 aa ..." into out. */
const char *mi_found(const unsigned char *head, size_t n, char out[96]);

#endif
