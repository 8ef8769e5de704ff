#include "io/nifti_make.h"
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <nifti/nifti2_io.h>
#include "base/memory.h"
#include "io/nifti.h"

static const struct {
    mi_type type;
    int code;
} codes[] = { { MI_U8, DT_UINT8 },   { MI_I8, DT_INT8 },    { MI_U16, DT_UINT16 },
              { MI_I16, DT_INT16 },  { MI_U32, DT_UINT32 }, { MI_I32, DT_INT32 },
              { MI_U64, DT_UINT64 }, { MI_I64, DT_INT64 },  { MI_F32, DT_FLOAT32 },
              { MI_F64, DT_FLOAT64 } };

static int code_of(mi_type t)
{
    for (int i = 0; i < MI_COUNT(codes); i++)
        if (codes[i].type == t)
            return codes[i].code;
    return 0;
}

/* Columns at right angles to 1e-5: then the qform can say the grid too. */
static bool orthogonal(const mi_grid *g)
{
    for (int a = 0; a < 3; a++)
        for (int b = a + 1; b < 3; b++) {
            double dot = 0, la = 0, lb = 0;
            for (int i = 0; i < 3; i++) {
                dot += g->m[i][a] * g->m[i][b];
                la += g->m[i][a] * g->m[i][a];
                lb += g->m[i][b] * g->m[i][b];
            }
            if (fabs(dot) > 1e-5 * sqrt(la * lb))
                return false;
        }
    return true;
}

typedef struct forms {
    double quatern[3], qoffset[3], qfac;
    bool q;
} forms;

static void make_forms(const mi_grid *g, forms *f)
{
    nifti_dmat44 m;
    double spacing[3];
    memset(&m, 0, sizeof m);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++)
            m.m[i][j] = g->m[i][j];
    m.m[3][3] = 1;
    nifti_dmat44_to_quatern(m, &f->quatern[0], &f->quatern[1], &f->quatern[2], &f->qoffset[0],
                            &f->qoffset[1], &f->qoffset[2], &spacing[0], &spacing[1], &spacing[2],
                            &f->qfac);
    f->q = orthogonal(g);
}

/* ---- a header that came with the image ---- */

/* Both versions as the wide one, in native order. */
static void widen(const nifti_1_header *r, nifti_2_header *w)
{
    memset(w, 0, sizeof *w);
    w->datatype = r->datatype;
    w->bitpix = r->bitpix;
    for (int i = 0; i < 8; i++) {
        w->dim[i] = r->dim[i];
        w->pixdim[i] = r->pixdim[i];
    }
    w->intent_p1 = r->intent_p1;
    w->intent_p2 = r->intent_p2;
    w->intent_p3 = r->intent_p3;
    w->scl_slope = r->scl_slope;
    w->scl_inter = r->scl_inter;
    w->cal_max = r->cal_max;
    w->cal_min = r->cal_min;
    w->slice_duration = r->slice_duration;
    w->toffset = r->toffset;
    w->slice_start = r->slice_start;
    w->slice_end = r->slice_end;
    memcpy(w->descrip, r->descrip, sizeof w->descrip);
    memcpy(w->aux_file, r->aux_file, sizeof w->aux_file);
    w->qform_code = r->qform_code;
    w->sform_code = r->sform_code;
    w->quatern_b = r->quatern_b;
    w->quatern_c = r->quatern_c;
    w->quatern_d = r->quatern_d;
    w->qoffset_x = r->qoffset_x;
    w->qoffset_y = r->qoffset_y;
    w->qoffset_z = r->qoffset_z;
    for (int j = 0; j < 4; j++) {
        w->srow_x[j] = r->srow_x[j];
        w->srow_y[j] = r->srow_y[j];
        w->srow_z[j] = r->srow_z[j];
    }
    w->slice_code = r->slice_code;
    w->xyzt_units = (unsigned char)r->xyzt_units;
    w->intent_code = r->intent_code;
    memcpy(w->intent_name, r->intent_name, sizeof w->intent_name);
    w->dim_info = r->dim_info;
}

static short to_short(int64_t x)
{
    return x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : (short)x;
}

/* Into r, whose fields of ANALYZE 7.5, which the wide one lacks, stay. */
static void narrow(const nifti_2_header *w, nifti_1_header *r)
{
    r->sizeof_hdr = sizeof *r;
    r->datatype = w->datatype;
    r->bitpix = w->bitpix;
    for (int i = 0; i < 8; i++) {
        r->dim[i] = to_short(w->dim[i]);
        r->pixdim[i] = (float)w->pixdim[i];
    }
    r->intent_p1 = (float)w->intent_p1;
    r->intent_p2 = (float)w->intent_p2;
    r->intent_p3 = (float)w->intent_p3;
    r->scl_slope = (float)w->scl_slope;
    r->scl_inter = (float)w->scl_inter;
    r->cal_max = (float)w->cal_max;
    r->cal_min = (float)w->cal_min;
    r->slice_duration = (float)w->slice_duration;
    r->toffset = (float)w->toffset;
    r->slice_start = to_short(w->slice_start);
    r->slice_end = to_short(w->slice_end);
    memcpy(r->descrip, w->descrip, sizeof r->descrip);
    memcpy(r->aux_file, w->aux_file, sizeof r->aux_file);
    r->qform_code = to_short(w->qform_code);
    r->sform_code = to_short(w->sform_code);
    r->quatern_b = (float)w->quatern_b;
    r->quatern_c = (float)w->quatern_c;
    r->quatern_d = (float)w->quatern_d;
    r->qoffset_x = (float)w->qoffset_x;
    r->qoffset_y = (float)w->qoffset_y;
    r->qoffset_z = (float)w->qoffset_z;
    for (int j = 0; j < 4; j++) {
        r->srow_x[j] = (float)w->srow_x[j];
        r->srow_y[j] = (float)w->srow_y[j];
        r->srow_z[j] = (float)w->srow_z[j];
    }
    r->slice_code = (char)w->slice_code;
    r->xyzt_units = (char)w->xyzt_units;
    r->intent_code = to_short(w->intent_code);
    memcpy(r->intent_name, w->intent_name, sizeof r->intent_name);
    r->dim_info = w->dim_info;
}

/* The header of a file in both forms; of a NIfTI-2 header *r gets nothing. */
static void unpack(const mi_nifti_kept *k, const mi_nifti_head *h, nifti_1_header *r,
                   nifti_2_header *w)
{
    memset(r, 0, sizeof *r);
    r->regular = 'r';
    if (h->version == 1) {
        memcpy(r, k->bytes, sizeof *r);
        if (h->swap)
            nifti_swap_as_nifti1(r);
        widen(r, w);
    } else {
        memcpy(w, k->bytes, sizeof *w);
        if (h->swap)
            nifti_swap_as_nifti2(w);
    }
}

/* Does the header the image came with still say its grid? (That of a 4-D file: of one frame.) */
static bool says_grid(const mi_nifti_head *kept, const mi_volume *v)
{
    mi_nifti_head h = *kept;
    mi_volume read = MI_VOLUME_EMPTY;
    bool same = mi_nifti_volume(&h, &read, NULL) == 0 &&
                memcmp(read.grid.n, v->grid.n, sizeof read.grid.n) == 0 &&
                memcmp(read.grid.m, v->grid.m, sizeof read.grid.m) == 0 &&
                memcmp(read.grid.spacing, v->grid.spacing, sizeof read.grid.spacing) == 0;
    mi_volume_free(&read);
    return same;
}

/* Slope and inter of a header that asks for none stay as they were (0, NaN, 1). */
static bool says_scaling(const nifti_2_header *w, const mi_volume *v)
{
    double slope = w->scl_slope, inter = w->scl_inter;
    if (!(slope != 0) || !isfinite(slope))
        return v->slope == 1 && v->inter == 0;
    return slope == v->slope && (isfinite(inter) ? inter : 0) == v->inter;
}

/* ---- a header as the volume wants it ---- */

static void set_grid(nifti_2_header *w, const mi_volume *v)
{
    const mi_grid *g = &v->grid;
    forms f;
    make_forms(g, &f);
    w->pixdim[0] = f.qfac;
    for (int i = 0; i < 3; i++)
        w->pixdim[i + 1] = g->spacing[i];
    w->xyzt_units = (w->xyzt_units & ~7) | NIFTI_UNITS_MM;
    w->qform_code = f.q ? NIFTI_XFORM_SCANNER_ANAT : 0;
    w->sform_code = NIFTI_XFORM_SCANNER_ANAT;
    w->quatern_b = f.quatern[0];
    w->quatern_c = f.quatern[1];
    w->quatern_d = f.quatern[2];
    w->qoffset_x = f.qoffset[0];
    w->qoffset_y = f.qoffset[1];
    w->qoffset_z = f.qoffset[2];
    for (int j = 0; j < 4; j++) {
        w->srow_x[j] = g->m[0][j];
        w->srow_y[j] = g->m[1][j];
        w->srow_z[j] = g->m[2][j];
    }
}

/* What a header says of the acquisition's axes and of the time of each slice holds for the slices
   as they were. */
static void forget_slices(nifti_2_header *w)
{
    w->dim_info = 0;
    w->slice_start = w->slice_end = 0;
    w->slice_code = 0;
    w->slice_duration = 0;
}

static void set_dims(nifti_2_header *w, const mi_volume *v)
{
    w->dim[0] = 3;
    for (int i = 1; i < 8; i++)
        w->dim[i] = i < 4 ? v->grid.n[i - 1] : 1;
}

/* What is kept of the file's own header, and how. */
typedef struct origin {
    const mi_nifti_kept *kept; /* NULL: it came from no NIfTI file */
    mi_nifti_head head;
    nifti_1_header r;
    nifti_2_header w;
    bool grid, scaling; /* the header still says them */
    bool same;          /* nothing was done to the image, and the header says all of it */
} origin;

static void find_origin(const mi_volume *v, bool changed, origin *o)
{
    memset(o, 0, sizeof *o);
    o->r.regular = 'r';
    o->kept = v->nifti_kept;
    if (!o->kept || mi_nifti_parse(o->kept->bytes, &o->head, NULL) != 0) {
        o->kept = NULL;
        return;
    }
    unpack(o->kept, &o->head, &o->r, &o->w);
    o->grid = says_grid(&o->head, v);
    o->scaling = says_scaling(&o->w, v);
    o->same = !changed && o->grid && o->scaling && o->w.datatype == code_of(v->type) &&
              mi_nifti_frames(&o->head) == 1;
}

/* The fields of a header for v, from those it came with where they still hold. */
static void fill(origin *o, const mi_volume *v)
{
    nifti_2_header *w = &o->w;
    if (!o->grid || mi_nifti_frames(&o->head) != 1)
        set_dims(w, v);
    if (!o->grid) {
        set_grid(w, v);
        forget_slices(w);
    }
    if (w->datatype != code_of(v->type) || !o->scaling)
        w->cal_min = w->cal_max = 0; /* the display range of other values */
    w->datatype = (int16_t)code_of(v->type);
    w->bitpix = (int16_t)(8 * mi_type_size(v->type));
    if (!o->scaling) {
        w->scl_slope = v->slope;
        w->scl_inter = v->inter;
    }
}

static void put_int(unsigned char *p, int64_t x, bool swap)
{
    uint32_t u = (uint32_t)x;
    u = swap ? __builtin_bswap32(u) : u;
    memcpy(p, &u, 4);
}

static const char magic2[8] = { 'n', '+', '2', '\0', '\r', '\n', '\032', '\n' };

/* The header as bytes, in native order, for voxels at `offset`. */
static void pack(origin *o, int version, size_t offset, unsigned char *out)
{
    if (version == 1) {
        narrow(&o->w, &o->r);
        o->r.vox_offset = (float)offset;
        memcpy(o->r.magic, "n+1", 4);
        memcpy(out, &o->r, sizeof o->r);
        return;
    }
    o->w.sizeof_hdr = sizeof o->w;
    o->w.vox_offset = (int64_t)offset;
    memcpy(o->w.magic, magic2, sizeof o->w.magic);
    memcpy(out, &o->w, sizeof o->w);
}

/* The header as it came, for voxels at `offset` of the same file. */
static void pack_same(const origin *o, size_t offset, unsigned char *out)
{
    if (o->head.version == 1) {
        const float f = (float)offset;
        uint32_t u;
        memcpy(&u, &f, sizeof u);
        memcpy(out, o->kept->bytes, MI_NIFTI_SIZE1);
        put_int(out + offsetof(nifti_1_header, vox_offset), u, o->head.swap);
        memcpy(out + offsetof(nifti_1_header, magic), "n+1", 4);
        return;
    }
    const uint64_t u = o->head.swap ? __builtin_bswap64(offset) : offset;
    memcpy(out, o->kept->bytes, MI_NIFTI_SIZE2);
    memcpy(out + offsetof(nifti_2_header, vox_offset), &u, sizeof u);
    memcpy(out + offsetof(nifti_2_header, magic), magic2, sizeof magic2);
}

/* ---- extensions ---- */

/* Those of AFNI and CIfTI tell of the grid and do not outlive it; ours is made anew. 1, 0 or -1. */
static int goes_along(const origin *o, const mi_nifti_extension *e, mi_err *err)
{
    bool of_grid = e->code == NIFTI_ECODE_AFNI || e->code == NIFTI_ECODE_CIFTI;
    if (of_grid && !(o->grid && mi_nifti_frames(&o->head) == 1))
        return 0;
    int own = mi_nifti_extension_own(e, err);
    return own < 0 ? -1 : !own;
}

/* The extensions of other programs, in their order; *own: there was one of ours. `out` has room
   for all that was kept. */
static int foreign(const origin *o, bool swap, unsigned char *out, size_t *n, bool *own,
                   mi_err *err)
{
    mi_nifti_extension e;
    size_t at = 0;
    *n = 0;
    while (o->kept && o->kept->whole && mi_nifti_extension_next(o->kept, &at, &e) > 0) {
        int along = goes_along(o, &e, err);
        if (along < 0)
            return -1;
        *own = *own || !along;
        if (!along)
            continue;
        put_int(out + *n, e.size, swap);
        put_int(out + *n + 4, e.code, swap);
        memcpy(out + *n + 8, e.data, (size_t)e.size - 8);
        *n += (size_t)e.size;
    }
    return 0;
}

/* ---- all of it ---- */

static int version_for(const origin *o, const mi_volume *v)
{
    bool wide = v->grid.n[0] > 32767 || v->grid.n[1] > 32767 || v->grid.n[2] > 32767;
    return o->same ? o->head.version : wide ? 2 : 1;
}

/* Header, foreign extensions, our own (of `own_n` bytes) into out->bytes, which has room. */
static int assemble(origin *o, const mi_volume *v, bool bare, unsigned char *own, size_t own_n,
                    mi_nifti_front *out, mi_err *err)
{
    int version = version_for(o, v);
    size_t size = version == 1 ? MI_NIFTI_SIZE1 : MI_NIFTI_SIZE2, n = 0;
    bool had_own = false;
    out->swap = o->same && o->head.swap;
    if (!bare && foreign(o, out->swap, out->bytes + size + 4, &n, &had_own, err) != 0)
        return -1;
    if (o->same && own_n == 0 && !had_own && !o->head.pair && o->kept->whole) {
        memcpy(out->bytes, o->kept->bytes, o->kept->n);
        out->n = o->kept->n;
        return 0;
    }
    if (own_n > 0) {
        put_int(own, (int64_t)own_n, out->swap);
        put_int(own + 4, NIFTI_ECODE_COMMENT, out->swap);
        memcpy(out->bytes + size + 4 + n, own, own_n);
    }
    n += own_n;
    if (o->same) {
        pack_same(o, size + 4 + n, out->bytes);
    } else {
        fill(o, v);
        pack(o, version, size + 4 + n, out->bytes);
    }
    memset(out->bytes + size, 0, 4);
    out->bytes[size] = n > 0;
    out->n = size + 4 + n;
    return 0;
}

int mi_nifti_front_make(const mi_volume *v, bool plain, bool changed, mi_nifti_front *out,
                        mi_err *err)
{
    origin o;
    unsigned char *own = NULL;
    size_t own_n = 0;
    *out = (mi_nifti_front) { .bytes = NULL };
    find_origin(v, changed, &o);
    if (!plain && !(own = mi_nifti_make_extension(v, &own_n, err)))
        return -1;
    size_t room = MI_NIFTI_SIZE2 + 4 + own_n + (o.kept ? o.kept->n : 0);
    int rc = (out->bytes = mi_array_zero(room, 1, err)) ? 0 : -1;
    if (rc == 0)
        rc = assemble(&o, v, plain && changed, own, own_n, out, err);
    free(own);
    if (rc != 0) {
        free(out->bytes);
        out->bytes = NULL;
    }
    return rc;
}
