/* Volumes: voxels in the type they have on disk, on a grid in RAS+ millimetres. */
#ifndef MI_IMAGE_VOLUME_H
#define MI_IMAGE_VOLUME_H
#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "base/json.h"
#include "base/param.h"
#include "base/warnings.h"

/* clang-format off */
typedef enum mi_type {
    MI_U8, MI_I8, MI_U16, MI_I16, MI_U32, MI_I32, MI_U64, MI_I64, MI_F32, MI_F64, MI_TYPES
} mi_type;
/* clang-format on */

size_t mi_type_size(mi_type t); /* bytes of a voxel */
const char *mi_type_name(mi_type t); /* "uint8", "int16", "float32" ... */
bool mi_type_is_float(mi_type t);

/* A grid of voxel centres. World = m[.][0..2] * index + m[.][3]; RAS+, mm. Index x runs fastest
   in storage. */
typedef struct mi_grid {
    int64_t n[3];
    double m[3][4];
    /* mm, as the file states it (NIfTI pixdim, float32 widened), which may differ from the
       column norms of m in the 7th digit */
    double spacing[3];
} mi_grid;

typedef struct mi_label {
    int64_t value;
    char *name;       /* NULL: unknown */
    char *code;       /* what it is, as "SCHEME:VALUE:MEANING" (DICOM coded entry); NULL: unknown */
    int rgb[3];       /* -1: unknown */
} mi_label;

/* What travels with a volume beside its voxels (the `mi` header extension of a stream). */
typedef struct mi_meta {
    char *role;       /* "image", "mask", "prob", "uncertainty", "field"; NULL: unknown */
    char *case_id;    /* NULL: unknown */
    char *unit;       /* "HU", "g/ml" ...; NULL: unknown */
    char *modality;   /* "CT" ...; NULL: unknown */
    mi_label *label;  /* names of label values, ascending by value */
    int n_labels;
    int bundle_index, bundle_of; /* 0: not told */
    /* values within padding[0..1] stand for "nothing here" (DICOM Pixel Padding Value) */
    bool has_padding;
    double padding[2];
    bool lossy;       /* the source was compressed with loss */
    cJSON *history;   /* array of provenance entries or NULL; owned */
} mi_meta;

typedef struct mi_volume {
    mi_grid grid;
    mi_type type;
    double slope, inter; /* value = slope * stored + inter; 1 and 0 when the file asks for none */
    /* slices held in data: k0 <= k < k1 (all others were not read, or are zero in a trimmed
       mask) */
    int64_t k0, k1;
    /* NULL: header only. (k1-k0) * n[1] * n[0] voxels, native byte order; owned */
    void *data;
    bool trimmed;        /* a label map whose slices outside [k0, k1) are all zero and not held */
    /* what stood before the voxels in the NIfTI file it came from (mi_nifti_kept of io/nifti.h),
       so that writing it back loses nothing; one piece of memory, owned, or NULL */
    void *nifti_kept;
    char *name;          /* file name as given, "-" for stdin; owned */
    /* how many of its kind the image in the file has, when it is one frame of several; 0: not
       told */
    int64_t frames;
    mi_meta meta;
    /* of DICOM: which one, as a digest of its UID unless the UID was to be kept; owned, or NULL */
    char *series;
    /* of the module that read it, as "ITK 5.2.1, ..."; NULL: none did. Lives as long as the
       process */
    const char *libraries;
    /* of DICOM: UID of its coordinates, never written anywhere; owned, or NULL */
    char *frame_of_reference;
    struct mi_pet *pet;  /* header of a DICOM PET image (image/pet.h), or NULL; owned */
    mi_warnings warnings; /* what the reader noticed */
} mi_volume;

/* Loaded values that are padding: meta.padding, widened by a millionth, for float32 (voxels, or
   slope and intercept in a NIfTI-1 header) rounds them. lo > hi: none. */
mi_range mi_volume_padding(const mi_volume *v);

#define MI_VOLUME_EMPTY { .slope = 1 }

void mi_volume_free(mi_volume *v);   /* leaves it empty; safe on an empty one */
void mi_meta_free(mi_meta *m);
void mi_meta_labels_free(mi_meta *m); /* leaves it without labels */
int mi_meta_copy(mi_meta *to, const mi_meta *from, mi_err *err);
/* Name of a label value or NULL; borrowed. */
const char *mi_meta_label_name_ref(const mi_meta *m, int64_t value);

/* Voxels of one slice: n[0] * n[1]. */
int64_t mi_volume_slice_voxels(const mi_volume *v);

/* A half-open index box. */
typedef struct mi_box { int64_t lo[3], hi[3]; } mi_box;
bool mi_box_empty(const mi_box *b);
int64_t mi_box_voxels(const mi_box *b);

/* Values (slope and inter applied) of a box as doubles, x fastest. The box must lie inside the
   grid and inside [k0, k1) (for a trimmed mask slices outside read as 0). out: mi_box_voxels
   doubles. Error MI_E_INTERNAL when it does not fit. */
int mi_volume_load(const mi_volume *v, const mi_box *b, double *out, mi_err *err);

#endif
