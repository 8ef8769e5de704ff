/* Volumes in: a file, a folder or a stream, told by content and never by name, as a sequence of
   items (a 3-D volume each). The formats are rows of one table (io/format.h): NIfTI-1/-2 single,
   pair, gzip, streams back to back; MGH/MGZ; NRRD, seg.nrrd and MetaImage through the module
   mi-itk; DICOM through the module mi-dicom. */
#ifndef MI_IO_SOURCE_H
#define MI_IO_SOURCE_H
#include <stdatomic.h>
#include "image/volume.h"

typedef struct mi_source mi_source;

enum { MI_FRAME_REFUSE = -2, MI_FRAME_ALL = -1 };

/* What may be told of a DICOM object beyond what is measured (PS3.15, annex E: the basic
   profile, and its options to retain). */
typedef struct mi_keep {
    bool uids;         /* UIDs as they are instead of digests */
    bool descriptions; /* series descriptions: free text */
    const void *key;   /* of the digests (HMAC-SHA-256); borrowed; NULL: plain SHA-256 */
    size_t key_n;
} mi_keep;

typedef struct mi_source_opts {
    /* of 4-D files: MI_FRAME_REFUSE (an error that says how many there are and names --frame),
       MI_FRAME_ALL (each frame is an item), or 0.. */
    long long frame;
    /* read to the end and check CRC and length even when fewer slices are wanted */
    bool verify;
    const char *series;/* DICOM: UID or number; NULL */
    const char *roi;   /* RTSTRUCT, SEG: pattern of names or numbers; NULL: all */
    /* grid of the image that a mask belongs to: contours are drawn on it, segments are put into
       it; NULL: their own */
    const mi_grid *like;
    /* frame of reference of that image, when it is known: a mask of another one is warned about */
    const char *like_frame;
    bool list_only;    /* DICOM: choose no series; for mi_source_facts */
    mi_keep keep;      /* DICOM */
    bool grey;         /* colour images become grey (luminance) instead of being refused */
    struct mi_pool *pool; /* for decoding; NULL: serial */
} mi_source_opts;

#define MI_SOURCE_OPTS { .frame = MI_FRAME_REFUSE }

/* `path` "-" is stdin (blocking reads, never seeks, works with FIFOs and gzip members). */
int mi_source_open(mi_source **out, const char *path, const mi_source_opts *opts, mi_err *err);
/* Name of the format, "nifti", "dicom" ...; borrowed, static. */
const char *mi_source_format_ref(const mi_source *s);
/* Next item: 1 and its header in *head (no voxels; to be freed by the caller), 0 at the end, -1
   on error. Voxels of the item before that were not asked for are skipped. */
int mi_source_next(mi_source *s, mi_volume *head, mi_err *err);
/* Inflate up to n bytes of the current item before its voxels are asked for, until *stop is set;
   for a second thread while the caller reads something else. Changes nothing but the time. */
void mi_source_ahead(mi_source *s, size_t n, const atomic_bool *stop);
/* Voxels of slices [k0, k1) of the current item into v (a head from mi_source_next). Truncation
   is MI_E_DATA and tells how many bytes are missing. Once per item. */
int mi_source_voxels(mi_source *s, mi_volume *v, int64_t k0, int64_t k1, mi_err *err);
/* Slices [k0, k1) of the current item, in v's type and native byte order, into `out` (v: the
   head, unchanged). Calls must ascend without overlap; an item is read either by this or by the
   calls before and after. For tools that stream: nothing behind the last slice is waited for, so
   checksums and bundles are checked when the next item is asked for; do that to the end. */
int mi_source_slices(mi_source *s, const mi_volume *v, int64_t k0, int64_t k1, void *out,
                     mi_err *err);
/* The same for a label map: all slices are read, only the span from the first to the last slice
   with a non-zero voxel is kept (v->trimmed). */
int mi_source_labels(mi_source *s, mi_volume *v, mi_err *err);
/* What was noticed while the slices of the current item were read (mi_source_voxels has put it
   into the volume's warnings), and, once mi_source_next has told the end, behind the last one;
   for tools that stream. Borrowed until the next item; NULL: nothing. */
const mi_warnings *mi_source_noticed(const mi_source *s);
/* Facts of the file for mi-info, as a JSON object (format, version, endianness, data type, dims,
   qform, sform, extensions ...); owned by the caller. */
cJSON *mi_source_facts(const mi_source *s, mi_err *err);
/* stdin: read to its end so that the producer is not killed. Then close. NULL is fine. */
void mi_source_close(mi_source *s);

/* Whole first item of a file in one call (all slices). */
int mi_volume_read(mi_volume *out, const char *path, const mi_source_opts *opts, mi_err *err);

/* SHA-256 over type, geometry and voxels in a canonical order of bytes (little endian): a file
   and its gzip agree. v must hold all its slices. */
int mi_volume_digest(const mi_volume *v, char out[72], mi_err *err);

#endif
