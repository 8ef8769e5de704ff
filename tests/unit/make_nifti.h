/* Small NIfTI files made byte by byte, without the structs of the reader under test. */
#ifndef MI_TEST_MAKE_NIFTI_H
#define MI_TEST_MAKE_NIFTI_H
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

/* What goes into a header. make_spec() gives a 4 x 3 x 2 int16 image of 1 mm with an sform. */
typedef struct spec {
    int version; /* 1, 2 */
    bool big, pair;
    int64_t dim[8];
    double pixdim[8];
    int datatype, bitpix, units;
    double vox_offset, slope, inter;
    int qform, sform;
    double quatern[6];
    double srow[3][4];
    const char *extension; /* text of an extension or NULL */
    int extension_code;    /* 6, comment, by default (0); -1 stands for the code 0 */
} spec;

typedef struct bytes {
    unsigned char *p;
    size_t n;
} bytes;

spec make_spec(void);
/* Header with the four bytes behind it and the extension (a pair's without voxels). Sets vox_offset
   unless it is given (not 0). */
bytes make_head(const spec *s);
/* Header and voxels: voxel i has value i * step + first, in the type and order of s. */
bytes make_file(const spec *s, double first, double step);
bytes make_voxels(const spec *s, double first, double step);

/* gzip of b in members of at most `member` bytes (0: one). */
bytes make_gzip(bytes b, size_t member);
bytes join(bytes a, bytes b); /* takes both */
bytes cut(bytes b, size_t n); /* takes b; its first n bytes */
bytes copy_of(bytes b);

/* Write to a file in the folder of this test (made at the first call, removed at exit) and take b.
   Its path, valid until the 16th call after. */
const char *put(const char *name, bytes b);
/* Only the path. */
const char *place(const char *name);

#endif
