/* Parts of the NIfTI reader: the header as one struct for both versions, the header extensions,
   the names of a pair. */
#ifndef MI_IO_NIFTI_H
#define MI_IO_NIFTI_H
#include "image/volume.h"
#include "io/input.h"

enum {
    MI_NIFTI_SIZE1 = 348,
    MI_NIFTI_SIZE2 = 540,
    MI_NIFTI_COMMENT = 6,
    MI_NIFTI_COMMENT_MAX = 65536,
    MI_NIFTI_CARET = 30,
    MI_NIFTI_CARET_MAX = 1 << 20,
    MI_NIFTI_KEPT_MAX = 64 << 20 /* bytes before the voxels that are kept */
};

/* A header in native byte order, NIfTI-1 widened. Source: nifti1.h and nifti2.h of nifti_clib. */
typedef struct mi_nifti_head {
    int version;     /* 1 or 2 */
    bool swap, pair; /* other byte order; voxels in a .img file */
    int ndim;
    int64_t dim[8]; /* as in the file; those above ndim are 1 */
    double pixdim[8];
    int datatype, bitpix;
    int64_t vox_offset;  /* where the voxels begin: at least behind the header in single files */
    double slope, inter; /* as in the file */
    int qform_code, sform_code;
    double quatern[3], qoffset[3], srow[3][4];
    int xyzt_units, intent_code;
    char intent_name[17], descrip[81];
    char used; /* the transform that gave the grid: 's', 'q' or 0 (mi_nifti_volume sets it) */
} mi_nifti_head;

/* What stands before the voxels of a file, byte by byte: header, extensions, what lies between. */
typedef struct mi_nifti_kept {
    bool whole; /* up to the voxels (of a pair: the whole header file); else the header alone */
    size_t n;
    unsigned char bytes[];
} mi_nifti_kept;

/* Do these bytes begin like a NIfTI header (or one of ANALYZE 7.5): sizeof_hdr in either byte
   order? */
bool mi_nifti_is_head(const unsigned char *p, size_t n);
/* Header size by the first four bytes: 348, 540 or 0. */
size_t mi_nifti_head_size(const unsigned char *p, size_t n);
/* p holds a whole header. MI_E_DATA names what is wrong. */
int mi_nifti_parse(const unsigned char *p, mi_nifti_head *h, mi_err *err);
/* Frames: the product of dimensions 4 to 7. */
int64_t mi_nifti_frames(const mi_nifti_head *h);
/* "40 x 42 x 5 x 7" */
const char *mi_nifti_dims(const mi_nifti_head *h, char out[160]);

/* Type, grid, scaling and warnings of one frame into an empty v. Voxel types that are no plain
   numbers are refused by name. */
int mi_nifti_volume(mi_nifti_head *h, mi_volume *v, mi_err *err);
/* The two transforms as they stand in the header (unit applied), whatever their codes: 0, or -1
   when not finite. */
int mi_nifti_qform(const mi_nifti_head *h, double m[3][4]);
int mi_nifti_sform(const mi_nifti_head *h, double m[3][4]);

/* Of a header h that was read from `in` (its bytes: raw) keep all up to the voxels, which begin at
   `end` (uncompressed offset; -1: the end of the input). More than MI_NIFTI_KEPT_MAX is not kept,
   with a warning. *out is owned by the caller. */
int mi_nifti_keep(mi_input *in, const unsigned char *raw, const mi_nifti_head *h, int64_t end,
                  mi_nifti_kept **out, mi_warnings *w, mi_err *err);
/* The next extension of what was kept: esize (a multiple of 16, these 8 bytes included), ecode,
   data (nifti1.h, "extended header"). Begin with *at 0. 1: there is one; 0: none follows; -1: a
   damaged one and what follows it must be left alone, *size is what it says. */
typedef struct mi_nifti_extension {
    int32_t code;
    int64_t size; /* with the 8 bytes before the data */
    const unsigned char *data;
} mi_nifti_extension;
int mi_nifti_extension_next(const mi_nifti_kept *k, size_t *at, mi_nifti_extension *e);
/* Is it one of our own, {"mi":...}, whatever its schema? 1, 0, or -1 without memory. */
int mi_nifti_extension_own(const mi_nifti_extension *e, mi_err *err);
/* Fill meta from the extension with the key `mi`, and the names of labels from a table of Caret.
   *list gets an array of {code, bytes} (owned by the caller). Damaged ones end the list with a
   warning. */
int mi_nifti_extensions(const mi_nifti_kept *k, mi_meta *meta, cJSON **list, mi_warnings *w,
                        mi_err *err);

/* Partner of a pair by name: for "x.hdr", "x.hdr.gz" the image, for "x.img", "x.img.gz" the
   header, the one with the same compression first. false when the name is none of these or no
   partner exists. */
enum { MI_NIFTI_PATH = 4096 };
bool mi_nifti_partner(const char *path, bool want_image, char out[MI_NIFTI_PATH]);

#endif
