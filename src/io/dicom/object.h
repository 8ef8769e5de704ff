/* What the reader keeps of a DICOM object: the attributes that place, scale and name its frames.
   Nothing that could identify a person is read. */
#ifndef MI_IO_DICOM_OBJECT_H
#define MI_IO_DICOM_OBJECT_H
#include "shim/dicom.h"

enum { MI_UID_SIZE = 72, MI_DICOM_TEXT = 64 };

/* One frame: where it lies (LPS mm) and how stored values become values. NaN: not told. */
typedef struct mi_dicom_frame {
    int object;             /* index in the list of objects */
    int64_t number;         /* frame in the object, from 0 */
    bool placed;            /* position and orientation are known */
    /* direction of growing column index; of growing row index */
    double position[3], row[3], column[3];
    double spacing[2];      /* between rows, between columns; 0: not told */
    double thickness, between; /* slice thickness, spacing between slices */
    double slope, inter;
    /* what parts several images of one place */
    double instance, acquisition, temporal, echo, trigger, b_value, inversion, flip;
    double dimensions;      /* Dimension Index Values, the first ones highest */
    double when;            /* moment of acquisition, s */
    double along;           /* position along the normal, filled in by the stack */
} mi_dicom_frame;

typedef struct mi_dicom_object {
    char *path;                       /* owned; NULL for stdin */
    /* bytes of the file, -1 when not known: a header cannot promise more than it holds */
    int64_t size;
    /* kept open while there is room, else NULL and opened again */
    mi_dcm *dcm;
    char sop_class[MI_UID_SIZE], sop_instance[MI_UID_SIZE], series[MI_UID_SIZE],
        syntax[MI_UID_SIZE];
    char frame_of_reference[MI_UID_SIZE];
    char modality[17], photometric[17], units[17];
    char rescale_type[17], map_unit[33]; /* of CT; UCUM code of a parametric map */
    /* Dose Units are not GY; many slices in one picture; NM: slices of a volume */
    bool relative_dose, mosaic, reconstructed;
    char description[MI_DICOM_TEXT];  /* series description: told only where it is asked for */
    double series_number;
    bool localizer, lossy, has_lut;
    /* frames without positions follow one another in time, not in space */
    bool in_time;
    int64_t rows, columns, frames;
    int samples, bits_allocated, bits_stored, high_bit;
    bool is_signed, is_float;
    bool has_padding;
    double padding[2];                /* stored values, low and high */
    int lut_first, lut_entries, lut_bits;
    bool lut_signed;
} mi_dicom_object;

/* Fill *o from a parsed object (path and size are there already). Frames are appended to *list.
   An object without pixels is fine: it has no frames. */
int mi_dicom_object_read(const mi_dicom_functions *f, mi_dcm *d, int index, mi_dicom_object *o,
                         mi_dicom_frame **list, int *n, mi_err *err);
void mi_dicom_object_free(const mi_dicom_functions *f, mi_dicom_object *o);

/* Is this SOP class an image we make volumes of; how it is called. NULL: not an image. The table
   of the manual is made from the same rows. */
typedef struct mi_sop_class { const char *uid, *name, *how; } mi_sop_class;
const mi_sop_class *mi_sop_class_find(const char *uid);
extern const mi_sop_class mi_sop_classes[]; /* ends with uid NULL */

#endif
