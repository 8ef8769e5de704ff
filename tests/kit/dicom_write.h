/* DICOM objects for tests, made element by element without the library of the reader under test:
   a data set is a list of elements in order of tag, written in any of five transfer syntaxes. A
   test that cannot write ends by abort(). */
#ifndef TESTS_KIT_DICOM_WRITE_H
#define TESTS_KIT_DICOM_WRITE_H
#include <stddef.h>
#include <stdint.h>

typedef struct dw dw; /* a data set, or an item of a sequence */

typedef enum dw_syntax {
    DW_EXPLICIT, /* little endian, explicit VR */
    DW_IMPLICIT,
    DW_BIG,      /* big endian, explicit VR */
    DW_DEFLATED,
    DW_RLE,      /* the frames of (7FE0,0010); everything else as DW_EXPLICIT */
    DW_BARE,     /* as DW_IMPLICIT without preamble and meta header */
    DW_SYNTAXES
} dw_syntax;

dw *dw_new(void);
void dw_free(dw *d); /* NULL is fine; items with it */

/* Tags are 0xggggeeee. An element that is there already is replaced. */
void dw_text(dw *d, uint32_t tag, const char *vr, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* DS and IS become text; US SS UL SL FL FD AT are binary. */
void dw_numbers(dw *d, uint32_t tag, const char *vr, const double *x, int n);
void dw_number(dw *d, uint32_t tag, const char *vr, double x);
/* OB, UN: bytes as they are; OW: 16-bit, OF: 32-bit, OD: 64-bit numbers in the order of this
   machine. n in bytes. */
void dw_bytes(dw *d, uint32_t tag, const char *vr, const void *p, size_t n);
dw *dw_item(dw *d, uint32_t tag); /* one more item of the sequence; borrowed */
void dw_remove(dw *d, uint32_t tag);
/* OB of undefined length: its items as they are, with the last delimiter (DW_EXPLICIT alone). */
void dw_items(dw *d, uint32_t tag, const void *p, size_t n);
/* What an element holds: the first number, and the value's bytes (borrowed; NULL: not there). */
double dw_told(const dw *d, uint32_t tag, double otherwise);
const void *dw_held(const dw *d, uint32_t tag, size_t *n);
/* CID 2.. of a code sequence: "SCHEME:VALUE:MEANING". */
void dw_code(dw *d, uint32_t tag, const char *code);

/* The file's bytes; owned by the caller. */
unsigned char *dw_encode(const dw *d, dw_syntax syntax, size_t *n);
void dw_write(const dw *d, dw_syntax syntax, const char *path);

/* ---- images ---- */

/* What an image object says of itself; dw_spec_ct() gives a CT slice of 8 columns and 6 rows,
   1.5 x 2 mm, 16 bits unsigned, slope 1, intercept -1000. */
typedef struct dw_spec {
    const char *sop_class, *modality, *photometric;
    const char *series;           /* UID; the object's own is it with .INSTANCE added */
    int series_number, instance, acquisition;
    int columns, rows, frames;    /* frames 0: no Number of Frames */
    int samples, allocated, stored, high, is_signed;
    int placed;                   /* position and orientation are told */
    double position[3], orientation[6];
    double spacing[2];            /* between rows, between columns; 0, 0: not told */
    double thickness;             /* 0: not told */
    double slope, inter;          /* slope 0: not told */
} dw_spec;

dw_spec dw_spec_ct(void);
/* Stored value of the images that dw_image makes: 100 k + 10 y + x, with k the instance (frames:
   their number). */
int dw_value(int x, int y, int k);
/* The object with its pixels; 8 and 16 bits allocated, one sample. */
dw *dw_image(const dw_spec *s);
/* Writes dw_image(s) and frees it. */
void dw_image_write(const dw_spec *s, dw_syntax syntax, const char *path);

/* ---- folders ---- */

/* A new folder that goes with what it holds when the program ends. */
char *dw_folder(void); /* owned by the caller */
/* "folder/name"; valid until the 16th call after. */
const char *dw_path(const char *folder, const char *name);

#endif
