#include "io/nifti_make.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <nifti/nifti2_io.h>
#include "base/memory.h"
#include "io/nifti.h"

static const struct { mi_type type; int code; } codes[] = {
    { MI_U8, DT_UINT8 }, { MI_I8, DT_INT8 }, { MI_U16, DT_UINT16 }, { MI_I16, DT_INT16 },
    { MI_U32, DT_UINT32 }, { MI_I32, DT_INT32 }, { MI_U64, DT_UINT64 }, { MI_I64, DT_INT64 },
    { MI_F32, DT_FLOAT32 }, { MI_F64, DT_FLOAT64 }
};

static int code_of(mi_type t)
{
    for (int i = 0; i < MI_COUNT(codes); i++)
        if (codes[i].type == t)
            return codes[i].code;
    return 0;
}

/* Does the header the image came with still say its grid? */
static bool says_grid(const nifti_1_header *r, const mi_volume *v)
{
    mi_nifti_head h;
    mi_volume read = MI_VOLUME_EMPTY;
    memset(&h, 0, sizeof h);
    nifti_1_header copy = *r;
    for (int i = 4; i < 8; i++) /* the header of one frame of a 4-D file */
        copy.dim[i] = 1;
    if (copy.dim[0] > 3)
        copy.dim[0] = 3;
    bool same = mi_nifti_parse((const unsigned char *)&copy, &h, NULL) == 0 &&
                mi_nifti_volume(&h, &read, NULL) == 0 &&
                memcmp(read.grid.n, v->grid.n, sizeof read.grid.n) == 0 &&
                memcmp(read.grid.m, v->grid.m, sizeof read.grid.m) == 0 &&
                memcmp(read.grid.spacing, v->grid.spacing, sizeof read.grid.spacing) == 0;
    mi_volume_free(&read);
    return same;
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

typedef struct forms { double quatern[3], qoffset[3], qfac; bool q; } forms;

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

static void set_grid1(nifti_1_header *r, const mi_volume *v)
{
    const mi_grid *g = &v->grid;
    forms f;
    make_forms(g, &f);
    r->pixdim[0] = (float)f.qfac;
    for (int i = 0; i < 3; i++)
        r->pixdim[i + 1] = (float)g->spacing[i];
    r->xyzt_units = (char)((r->xyzt_units & ~7) | NIFTI_UNITS_MM);
    r->qform_code = f.q ? NIFTI_XFORM_SCANNER_ANAT : 0;
    r->sform_code = NIFTI_XFORM_SCANNER_ANAT;
    r->quatern_b = (float)f.quatern[0];
    r->quatern_c = (float)f.quatern[1];
    r->quatern_d = (float)f.quatern[2];
    r->qoffset_x = (float)f.qoffset[0];
    r->qoffset_y = (float)f.qoffset[1];
    r->qoffset_z = (float)f.qoffset[2];
    for (int j = 0; j < 4; j++) {
        r->srow_x[j] = (float)g->m[0][j];
        r->srow_y[j] = (float)g->m[1][j];
        r->srow_z[j] = (float)g->m[2][j];
    }
}

/* Slope and inter of a header that asks for none stay as they were (0, NaN, 1). */
static bool says_scaling(const nifti_1_header *r, const mi_volume *v)
{
    double slope = r->scl_slope, inter = r->scl_inter;
    if (!(slope != 0) || !isfinite(slope))
        return v->slope == 1 && v->inter == 0;
    return slope == v->slope && (isfinite(inter) ? inter : 0) == v->inter;
}

static bool has_frames(const nifti_1_header *r)
{
    for (int i = 4; i <= r->dim[0] && i < 8; i++)
        if (r->dim[i] != 1)
            return true;
    return false;
}

/* What a header says of the acquisition's axes and of the time of each slice holds for the
   slices as they were. */
static void forget_slices(nifti_1_header *r)
{
    r->dim_info = 0;
    r->slice_start = r->slice_end = 0;
    r->slice_code = 0;
    r->slice_duration = 0;
}

static size_t make1(const mi_volume *v, size_t extension, unsigned char *out)
{
    nifti_1_header r;
    bool kept = v->nifti_head != NULL;
    if (kept)
        memcpy(&r, v->nifti_head, sizeof r);
    else
        memset(&r, 0, sizeof r);
    bool same = kept && says_grid(&r, v);
    r.sizeof_hdr = sizeof r;
    if (!kept)
        r.regular = 'r';
    if (!same || has_frames(&r)) {
        r.dim[0] = 3;
        for (int i = 1; i < 8; i++)
            r.dim[i] = i < 4 ? (short)v->grid.n[i - 1] : 1;
    }
    if (!same) {
        set_grid1(&r, v);
        forget_slices(&r);
    }
    if (r.datatype != code_of(v->type) || !says_scaling(&r, v))
        r.cal_min = r.cal_max = 0; /* the display range of other values */
    r.datatype = (short)code_of(v->type);
    r.bitpix = (short)(8 * mi_type_size(v->type));
    if (!kept || !says_scaling(&r, v)) {
        r.scl_slope = (float)v->slope;
        r.scl_inter = (float)v->inter;
    }
    r.vox_offset = (float)(sizeof r + 4 + extension);
    memcpy(r.magic, "n+1", 4);
    memcpy(out, &r, sizeof r);
    return sizeof r;
}

static size_t make2(const mi_volume *v, size_t extension, unsigned char *out)
{
    static const char magic[8] = { 'n', '+', '2', '\0', '\r', '\n', '\032', '\n' };
    nifti_2_header r;
    forms f;
    const mi_grid *g = &v->grid;
    make_forms(g, &f);
    memset(&r, 0, sizeof r);
    r.sizeof_hdr = sizeof r;
    memcpy(r.magic, magic, sizeof r.magic);
    r.datatype = (int16_t)code_of(v->type);
    r.bitpix = (int16_t)(8 * mi_type_size(v->type));
    r.dim[0] = 3;
    for (int i = 1; i < 8; i++)
        r.dim[i] = i < 4 ? g->n[i - 1] : 1;
    r.pixdim[0] = f.qfac;
    for (int i = 0; i < 3; i++)
        r.pixdim[i + 1] = g->spacing[i];
    r.vox_offset = (int64_t)(sizeof r + 4 + extension);
    r.scl_slope = v->slope;
    r.scl_inter = v->inter;
    r.qform_code = f.q ? NIFTI_XFORM_SCANNER_ANAT : 0;
    r.sform_code = NIFTI_XFORM_SCANNER_ANAT;
    r.quatern_b = f.quatern[0];
    r.quatern_c = f.quatern[1];
    r.quatern_d = f.quatern[2];
    r.qoffset_x = f.qoffset[0];
    r.qoffset_y = f.qoffset[1];
    r.qoffset_z = f.qoffset[2];
    for (int j = 0; j < 4; j++) {
        r.srow_x[j] = g->m[0][j];
        r.srow_y[j] = g->m[1][j];
        r.srow_z[j] = g->m[2][j];
    }
    r.xyzt_units = NIFTI_UNITS_MM;
    memcpy(out, &r, sizeof r);
    return sizeof r;
}

size_t mi_nifti_make(const mi_volume *v, size_t extension, unsigned char out[MI_NIFTI_HEAD_MAX],
                     mi_err *err)
{
    bool wide = v->grid.n[0] > 32767 || v->grid.n[1] > 32767 || v->grid.n[2] > 32767;
    (void)err;
    memset(out, 0, MI_NIFTI_HEAD_MAX);
    size_t n = wide ? make2(v, extension, out) : make1(v, extension, out);
    out[n] = extension > 0;
    return n + 4;
}

/* ---- the extension ---- */

/* {"1":"tumour"}, or an object where colour or code are known. */
static cJSON *labels_json(const mi_meta *m)
{
    cJSON *all = cJSON_CreateObject();
    for (int i = 0; all && i < m->n_labels; i++) {
        char key[24];
        const mi_label *l = &m->label[i];
        const double rgb[3] = { l->rgb[0], l->rgb[1], l->rgb[2] };
        cJSON *o = NULL;
        snprintf(key, sizeof key, "%lld", (long long)l->value);
        if (l->rgb[0] < 0 && !l->code) {
            o = cJSON_CreateString(l->name ? l->name : "");
        } else if ((o = cJSON_CreateObject())) {
            mi_json_add_string(o, "name", l->name);
            if (l->rgb[0] >= 0)
                mi_json_add(o, "color", mi_json_numbers(rgb, 3));
            mi_json_add_string(o, "code", l->code);
        }
        if (!o || !cJSON_AddItemToObject(all, key, o)) {
            cJSON_Delete(o);
            cJSON_Delete(all);
            return NULL;
        }
    }
    return all;
}

static cJSON *meta_json(const mi_volume *v, bool history, bool labels)
{
    const mi_meta *m = &v->meta;
    cJSON *root = cJSON_CreateObject(), *mi = cJSON_CreateObject();
    mi_json_add_number(mi, "schema", 1);
    mi_json_add_string(mi, "role", m->role ? m->role : "image");
    mi_json_add_string(mi, "case", m->case_id);
    if (labels && m->n_labels > 0)
        mi_json_add(mi, "labels", labels_json(m));
    if (m->bundle_of > 0) {
        cJSON *b = cJSON_CreateObject();
        mi_json_add_number(b, "index", m->bundle_index);
        mi_json_add_number(b, "of", m->bundle_of);
        mi_json_add(mi, "bundle", b);
    }
    mi_json_add_string(mi, "unit", m->unit);
    mi_json_add_string(mi, "modality", m->modality);
    if (m->has_padding)
        mi_json_add(mi, "padding", mi_json_numbers(m->padding, 2));
    if (m->lossy)
        mi_json_add(mi, "lossy", cJSON_CreateTrue());
    if (history && m->history)
        mi_json_add(mi, "history", cJSON_Duplicate(m->history, 1));
    mi_json_add(root, "mi", mi);
    return root;
}

/* What does not fit is left out: first the history, which then starts anew, then the names of
   labels. */
static char *extension_text(const mi_volume *v)
{
    for (int less = 0; less < 3; less++) {
        cJSON *j = meta_json(v, less == 0, less < 2);
        char *text = j ? mi_json_line(j, true) : NULL;
        cJSON_Delete(j);
        if (!text || strlen(text) <= MI_NIFTI_COMMENT_MAX - 32)
            return text;
        free(text);
    }
    return NULL;
}

unsigned char *mi_nifti_make_extension(const mi_volume *v, size_t *n, mi_err *err)
{
    char *text = extension_text(v);
    size_t len = text ? strlen(text) : 0;
    size_t room = (len + 8 + 15) / 16 * 16;
    unsigned char *out = text ? mi_array_zero(room, 1, err) : NULL;
    if (out) {
        const int32_t head[2] = { (int32_t)room, NIFTI_ECODE_COMMENT };
        memcpy(out, head, sizeof head);
        memcpy(out + 8, text, len);
        *n = room;
    } else {
        mi_fail(err, MI_E_MEMORY, NULL, "no memory for the header extension");
    }
    free(text);
    return out;
}
