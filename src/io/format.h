/* The table of volume formats: one row each. */
#ifndef MI_IO_FORMAT_H
#define MI_IO_FORMAT_H
#include "io/input.h"
#include "io/source.h"

/* An open item sequence of one format. The functions mirror io/source.h; state is the format's
   own. */
typedef struct mi_format {
    const char *name;    /* "nifti", "mgh", "itk" ... */
    /* Is it ours? From the first bytes (after gunzip) or, for a folder, only the path. */
    bool (*sniff)(const unsigned char *head, size_t len, const char *path, bool is_folder);
    int (*open)(void **state, mi_input *in_borrowed, const char *path, const mi_source_opts *opts,
                mi_err *err);
    int (*next)(void *state, mi_volume *head, mi_err *err);
    int (*voxels)(void *state, mi_volume *v, int64_t k0, int64_t k1, mi_err *err);
    int (*labels)(void *state, mi_volume *v, mi_err *err);
    /* Slices [k0, k1) into out; consecutive calls ascend. NULL: the source reads the whole item
       and hands out parts. */
    int (*slices)(void *state, const mi_volume *v, int64_t k0, int64_t k1, void *out, mi_err *err);
    cJSON *(*facts)(const void *state, mi_err *err);
    void (*close)(void *state);
    /* What was noticed while voxels of the current item were read. NULL: nothing ever. */
    const mi_warnings *(*noticed)(const void *state);
} mi_format;

/* The rows; a new format declares its own here and takes its place in formats.c. */
extern const mi_format mi_format_nifti, mi_format_mgh, mi_format_itk, mi_format_dicom;
extern const mi_format mi_format_nifti_image; /* voxels of a pair, by the name of its .img file */

extern const mi_format *const mi_formats[];
extern const int mi_n_formats;

#endif
