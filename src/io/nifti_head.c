/* NIfTI headers: layout and byte order by nifti_clib's structs and swap calls, meaning by
   ourselves.

   Geometry. The sform is used when its code is above 0, else the qform when its code is above 0,
   else the voxel size alone (axes to the right, front and top, voxel 0 at the origin) with a
   warning. When both are set and a corner of the grid differs by more than 1e-3 mm a warning
   says by how much and that the sform is used. (nifti1.h, "3D image (volume) orientation and
   location in space", methods 1 to 3.) The voxel size is pixdim; where the sform says otherwise
   by more than 1 in 10000 the sform counts. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <nifti/nifti2_io.h>
#include "base/linalg.h"
#include "image/grid.h"
#include "io/nifti.h"

#define DISAGREE_MM      1e-3
#define DISAGREE_SPACING 1e-4

typedef struct nifti_type {
    int code, bits;
    mi_type type; /* MI_TYPES: cannot be read */
    const char *name;
} nifti_type;

static const nifti_type types[] = {
    { DT_UINT8, 8, MI_U8, "uint8" },
    { DT_INT8, 8, MI_I8, "int8" },
    { DT_UINT16, 16, MI_U16, "uint16" },
    { DT_INT16, 16, MI_I16, "int16" },
    { DT_UINT32, 32, MI_U32, "uint32" },
    { DT_INT32, 32, MI_I32, "int32" },
    { DT_UINT64, 64, MI_U64, "uint64" },
    { DT_INT64, 64, MI_I64, "int64" },
    { DT_FLOAT32, 32, MI_F32, "float32" },
    { DT_FLOAT64, 64, MI_F64, "float64" },
    { DT_BINARY, 1, MI_TYPES, "binary (1 bit)" },
    { DT_COMPLEX64, 64, MI_TYPES, "complex64" },
    { DT_COMPLEX128, 128, MI_TYPES, "complex128" },
    { DT_COMPLEX256, 256, MI_TYPES, "complex256" },
    { DT_FLOAT128, 128, MI_TYPES, "float128" },
    { DT_RGB24, 24, MI_TYPES, "RGB24 (colour)" },
    { DT_RGBA32, 32, MI_TYPES, "RGBA32 (colour)" },
};

static const nifti_type *find_type(int code)
{
    for (int i = 0; i < MI_COUNT(types); i++)
        if (types[i].code == code)
            return &types[i];
    return NULL;
}

size_t mi_nifti_head_size(const unsigned char *p, size_t n)
{
    if (n < 4)
        return 0;
    uint32_t le = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    uint32_t be = __builtin_bswap32(le);
    if (le == MI_NIFTI_SIZE1 || be == MI_NIFTI_SIZE1)
        return MI_NIFTI_SIZE1;
    return le == MI_NIFTI_SIZE2 || be == MI_NIFTI_SIZE2 ? MI_NIFTI_SIZE2 : 0;
}

bool mi_nifti_is_head(const unsigned char *p, size_t n)
{
    return mi_nifti_head_size(p, n) != 0;
}

static void widen(double *to, const float *from, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = from[i];
}

static void text(char *to, size_t size, const char *from)
{
    size_t n = strnlen(from, size - 1);
    for (size_t i = 0; i < n; i++)
        to[i] = from[i] >= 32 && from[i] < 127 ? from[i] : '?';
    to[n] = '\0';
}

static int parse1(const unsigned char *p, mi_nifti_head *h, double *offset, mi_err *err)
{
    nifti_1_header r;
    memcpy(&r, p, sizeof r);
    h->swap = r.sizeof_hdr != MI_NIFTI_SIZE1;
    if (h->swap)
        nifti_swap_as_nifti1(&r);
    if (memcmp(r.magic, "n+1", 4) != 0 && memcmp(r.magic, "ni1", 4) != 0)
        return mi_fail(
            err, MI_E_DATA, "convert it to NIfTI with a tool that knows how it was oriented",
            "not a NIfTI image: a header as of ANALYZE 7.5, which does not tell left from right");
    h->version = 1;
    h->pair = r.magic[1] == 'i';
    for (int i = 0; i < 8; i++)
        h->dim[i] = r.dim[i];
    widen(h->pixdim, r.pixdim, 8);
    widen(h->srow[0], r.srow_x, 4);
    widen(h->srow[1], r.srow_y, 4);
    widen(h->srow[2], r.srow_z, 4);
    widen(h->quatern, (float[]) { r.quatern_b, r.quatern_c, r.quatern_d }, 3);
    widen(h->qoffset, (float[]) { r.qoffset_x, r.qoffset_y, r.qoffset_z }, 3);
    h->datatype = r.datatype;
    h->bitpix = r.bitpix;
    *offset = r.vox_offset;
    h->slope = r.scl_slope;
    h->inter = r.scl_inter;
    h->qform_code = r.qform_code;
    h->sform_code = r.sform_code;
    h->xyzt_units = (unsigned char)r.xyzt_units;
    h->intent_code = r.intent_code;
    text(h->intent_name, sizeof h->intent_name, r.intent_name);
    text(h->descrip, sizeof h->descrip, r.descrip);
    return 0;
}

static int parse2(const unsigned char *p, mi_nifti_head *h, double *offset, mi_err *err)
{
    nifti_2_header r;
    memcpy(&r, p, sizeof r);
    h->swap = r.sizeof_hdr != MI_NIFTI_SIZE2;
    if (h->swap)
        nifti_swap_as_nifti2(&r);
    if ((memcmp(r.magic, "n+2", 4) != 0 && memcmp(r.magic, "ni2", 4) != 0) ||
        memcmp(r.magic + 4, "\r\n\032\n", 4) != 0)
        return mi_fail(err, MI_E_DATA, NULL,
                       "not a NIfTI image: the size of a NIfTI-2 header without its magic bytes");
    h->version = 2;
    h->pair = r.magic[1] == 'i';
    for (int i = 0; i < 8; i++)
        h->dim[i] = r.dim[i];
    memcpy(h->pixdim, r.pixdim, sizeof h->pixdim);
    memcpy(h->srow[0], r.srow_x, sizeof h->srow[0]);
    memcpy(h->srow[1], r.srow_y, sizeof h->srow[1]);
    memcpy(h->srow[2], r.srow_z, sizeof h->srow[2]);
    memcpy(h->quatern, (double[]) { r.quatern_b, r.quatern_c, r.quatern_d }, sizeof h->quatern);
    memcpy(h->qoffset, (double[]) { r.qoffset_x, r.qoffset_y, r.qoffset_z }, sizeof h->qoffset);
    h->datatype = r.datatype;
    h->bitpix = r.bitpix;
    *offset = (double)r.vox_offset;
    h->slope = r.scl_slope;
    h->inter = r.scl_inter;
    h->qform_code = r.qform_code;
    h->sform_code = r.sform_code;
    h->xyzt_units = r.xyzt_units;
    h->intent_code = r.intent_code;
    text(h->intent_name, sizeof h->intent_name, r.intent_name);
    text(h->descrip, sizeof h->descrip, r.descrip);
    return 0;
}

static const char damaged[] = "the file is damaged or no NIfTI: get it again from where it came";

static int check_dims(mi_nifti_head *h, mi_err *err)
{
    if (h->dim[0] < 1 || h->dim[0] > 7)
        return mi_fail(err, MI_E_DATA, damaged, "the header is wrong: %lld dimensions (dim[0])",
                       (long long)h->dim[0]);
    h->ndim = (int)h->dim[0];
    for (int i = 1; i < 8; i++) {
        if (i > h->ndim)
            h->dim[i] = 1;
        if (h->dim[i] < 1)
            return mi_fail(err, MI_E_DATA, damaged, "the header is wrong: dim[%d] is %lld", i,
                           (long long)h->dim[i]);
    }
    int64_t all = 1;
    for (int i = 1; i < 8; i++)
        if (__builtin_mul_overflow(all, h->dim[i], &all) || all > INT64_MAX / 16)
            return mi_fail(err, MI_E_DATA, damaged,
                           "the header is wrong: more voxels than can be counted");
    return 0;
}

/* Where the voxels begin. Single files: 0 means right behind the header and its four extension
   bytes; a value inside the header is refused; 348 (no extension bytes, as old writers had it)
   is taken at its word. */
static int check_offset(mi_nifti_head *h, double offset, mi_err *err)
{
    if (!(offset >= 0 && offset < 9e15) || offset != floor(offset))
        return mi_fail(err, MI_E_DATA, damaged, "the header is wrong: vox_offset is %g", offset);
    h->vox_offset = (int64_t)offset;
    int64_t size = h->version == 1 ? MI_NIFTI_SIZE1 : MI_NIFTI_SIZE2;
    if (h->pair)
        return 0;
    if (h->vox_offset == 0)
        h->vox_offset = size + 4;
    if (h->vox_offset < size)
        return mi_fail(err, MI_E_DATA, damaged,
                       "the header is wrong: vox_offset %g points into the header", offset);
    return 0;
}

int mi_nifti_parse(const unsigned char *p, mi_nifti_head *h, mi_err *err)
{
    memset(h, 0, sizeof *h);
    double offset = 0;
    int rc = mi_nifti_head_size(p, 4) == MI_NIFTI_SIZE1 ? parse1(p, h, &offset, err)
                                                        : parse2(p, h, &offset, err);
    if (rc == 0)
        rc = check_dims(h, err);
    if (rc == 0)
        rc = check_offset(h, offset, err);
    return rc;
}

int64_t mi_nifti_frames(const mi_nifti_head *h)
{
    return h->dim[4] * h->dim[5] * h->dim[6] * h->dim[7];
}

const char *mi_nifti_dims(const mi_nifti_head *h, char out[160])
{
    int at = snprintf(out, 160, "%lld", (long long)h->dim[1]);
    for (int i = 2; i <= h->ndim && at < 140; i++)
        at += snprintf(out + at, 160 - (size_t)at, " x %lld", (long long)h->dim[i]);
    return out;
}

/* A length of the file in mm; a unit that is not told is mm. Division keeps 3000 um at 3 mm
   exactly. */
static double to_mm(const mi_nifti_head *h, double x)
{
    int unit = XYZT_TO_SPACE(h->xyzt_units);
    return unit == NIFTI_UNITS_METER ? x * 1000 : unit == NIFTI_UNITS_MICRON ? x / 1000 : x;
}

/* To mm; no negative zeros. -1 when not finite. */
static int finish(const mi_nifti_head *h, double m[3][4])
{
    int rc = 0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) {
            m[i][j] = to_mm(h, m[i][j]) + 0.0;
            if (!isfinite(m[i][j]))
                rc = -1;
        }
    return rc;
}

static double usable(double pixdim)
{
    double p = fabs(pixdim);
    return isfinite(p) && p > 0 ? p : 1;
}

int mi_nifti_qform(const mi_nifti_head *h, double m[3][4])
{
    double qfac = h->pixdim[0] < 0 ? -1 : 1;
    nifti_dmat44 q = nifti_quatern_to_dmat44(
        h->quatern[0], h->quatern[1], h->quatern[2], h->qoffset[0], h->qoffset[1], h->qoffset[2],
        usable(h->pixdim[1]), usable(h->pixdim[2]), usable(h->pixdim[3]), qfac);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++)
            m[i][j] = q.m[i][j];
    return finish(h, m);
}

int mi_nifti_sform(const mi_nifti_head *h, double m[3][4])
{
    memcpy(m, h->srow, sizeof h->srow);
    return finish(h, m);
}

static double column(double m[3][4], int j)
{
    return sqrt(m[0][j] * m[0][j] + m[1][j] * m[1][j] + m[2][j] * m[2][j]);
}

/* A single slice needs no direction of its own: an empty third column gets the normal of the
   other two, 1 pixdim long. */
static void complete(double m[3][4], const int64_t n[3], double length)
{
    if (n[2] != 1 || column(m, 2) != 0)
        return;
    double c[3] = { m[1][0] * m[2][1] - m[2][0] * m[1][1], m[2][0] * m[0][1] - m[0][0] * m[2][1],
                    m[0][0] * m[1][1] - m[1][0] * m[0][1] };
    double norm = sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]);
    for (int i = 0; norm > 0 && i < 3; i++)
        m[i][2] = c[i] / norm * length;
}

/* Can indices be told from world positions? Relative to the size of the columns. */
static bool invertible(double m[3][4])
{
    double a[3][3], size = column(m, 0) * column(m, 1) * column(m, 2);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            a[i][j] = m[i][j];
    return size > 0 && fabs(mi_det3(a)) > 1e-6 * size;
}

/* The largest distance between the places that two transforms give a corner of the grid, mm. */
static double corner_distance(double a[3][4], double b[3][4], const int64_t n[3])
{
    double far = 0;
    for (int c = 0; c < 8; c++) {
        double d2 = 0;
        for (int i = 0; i < 3; i++) {
            double d = a[i][3] - b[i][3];
            for (int j = 0; j < 3; j++)
                d += (a[i][j] - b[i][j]) * (c >> j & 1 ? (double)(n[j] - 1) : 0.0);
            d2 += d * d;
        }
        far = fmax(far, sqrt(d2));
    }
    return far;
}

/* Choose the transform by the rule at the head of this file. Returns 's', 'q' or 0. */
static char choose(const mi_nifti_head *h, mi_volume *v, double m[3][4])
{
    double q[3][4], s[3][4];
    bool has_q = h->qform_code > 0, has_s = h->sform_code > 0;
    bool ok_q = has_q && mi_nifti_qform(h, q) == 0, ok_s = has_s && mi_nifti_sform(h, s) == 0;
    if (ok_s) {
        complete(s, v->grid.n, to_mm(h, usable(h->pixdim[3])));
        ok_s = invertible(s);
    }
    if (has_s && !ok_s)
        mi_warn(&v->warnings, "sform", "the sform is singular or not finite and is not used");
    if (has_q && !ok_q)
        mi_warn(&v->warnings, "qform", "the qform is not finite and is not used");
    if (ok_q && ok_s) {
        double d = corner_distance(q, s, v->grid.n);
        if (d > DISAGREE_MM)
            mi_warn(&v->warnings, "qform_sform",
                    "qform and sform disagree by %.4g mm: the sform is used", d);
    }
    if (ok_s || ok_q)
        memcpy(m, ok_s ? s : q, sizeof s);
    return ok_s ? 's' : ok_q ? 'q' : 0;
}

/* Voxel size of axis j from pixdim and, where that is missing or contradicted, from the sform. */
static int set_spacing(const mi_nifti_head *h, mi_volume *v, int j, char form, double m[3][4],
                       mi_err *err)
{
    double p = h->pixdim[j + 1], size = to_mm(h, fabs(p));
    bool given = isfinite(p) && p != 0;
    double norm = form == 's' ? column(m, j) : NAN;
    if (!given && form != 's' && v->grid.n[j] > 1)
        return mi_fail(err, MI_E_DATA,
                       "set the voxel size in the header; it goes from 1e-9 to 1e9 mm",
                       "the voxel size of axis %d is %g", j + 1, p);
    if (given && p < 0)
        mi_warn(&v->warnings, "pixdim",
                "negative voxel size in the header: its absolute value is used");
    if (!given)
        size = form == 's' ? norm : to_mm(h, 1);
    else if (form == 's' && fabs(norm - size) > DISAGREE_SPACING * size && v->grid.n[j] > 1) {
        mi_warn(
            &v->warnings, "spacing",
            "the header says a voxel size of %.6g mm on axis %d, its sform %.6g: the sform is used",
            size, j + 1, norm);
        size = norm;
    }
    v->grid.spacing[j] = size;
    return 0;
}

static int set_grid(mi_nifti_head *h, mi_volume *v, mi_err *err)
{
    double m[3][4] = { { 0 } };
    for (int j = 0; j < 3; j++)
        v->grid.n[j] = h->dim[j + 1];
    char form = h->used = choose(h, v, m);
    for (int j = 0; j < 3; j++)
        if (set_spacing(h, v, j, form, m, err) != 0)
            return -1;
    if (!form) {
        bool said = h->qform_code > 0 || h->sform_code > 0;
        mi_warn(&v->warnings, "no_orientation",
                "no %sorientation in the header%s: voxel size only, sides are not known",
                said ? "usable " : "", said ? "" : " (qform_code and sform_code are 0)");
        for (int j = 0; j < 3; j++)
            m[j][j] = v->grid.spacing[j];
    }
    memcpy(v->grid.m, m, sizeof m);
    mi_grid_warn(&v->grid, &v->warnings);
    return 0;
}

/* value = slope * stored + inter; slope 0, NaN or infinite: none (nifti1.h, "scl_slope"). */
static int set_scaling(const mi_nifti_head *h, mi_volume *v, mi_err *err)
{
    v->slope = 1;
    v->inter = 0;
    if (h->slope == 0 || !isfinite(h->slope))
        return 0;
    if (!isfinite(h->inter))
        return mi_fail(err, MI_E_DATA,
                       "set scl_slope and scl_inter in the header; slope 0 means none",
                       "the header is wrong: scl_slope is %g but scl_inter is %g", h->slope,
                       h->inter);
    v->slope = h->slope;
    v->inter = h->inter + 0.0;
    return 0;
}

int mi_nifti_volume(mi_nifti_head *h, mi_volume *v, mi_err *err)
{
    const nifti_type *t = find_type(h->datatype);
    if (!t)
        return mi_fail(err, MI_E_DATA, damaged, "unknown voxel type (datatype %d)", h->datatype);
    if (t->type == MI_TYPES)
        return mi_fail(err, MI_E_DATA,
                       "voxels must be one real number of at most 64 bits: convert it first",
                       "voxels of type %s are not read", t->name);
    v->type = t->type;
    if (h->bitpix != t->bits)
        mi_warn(&v->warnings, "bitpix",
                "the header says %d bits per voxel, %s has %d: the type is used", h->bitpix,
                t->name, t->bits);
    if (set_scaling(h, v, err) != 0)
        return -1;
    return set_grid(h, v, err);
}
