#include "image/volume.h"
#include "image/pet.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

static const struct {
    const char *name;
    size_t size;
    bool is_float;
} types[MI_TYPES] = {
    [MI_U8] = { "uint8", 1, false },    [MI_I8] = { "int8", 1, false },
    [MI_U16] = { "uint16", 2, false },  [MI_I16] = { "int16", 2, false },
    [MI_U32] = { "uint32", 4, false },  [MI_I32] = { "int32", 4, false },
    [MI_U64] = { "uint64", 8, false },  [MI_I64] = { "int64", 8, false },
    [MI_F32] = { "float32", 4, true },  [MI_F64] = { "float64", 8, true },
};

static bool known(mi_type t)
{
    return (int)t >= 0 && t < MI_TYPES;
}

size_t mi_type_size(mi_type t)
{
    return known(t) ? types[t].size : 0;
}

const char *mi_type_name(mi_type t)
{
    return known(t) ? types[t].name : "unknown";
}

bool mi_type_is_float(mi_type t)
{
    return known(t) && types[t].is_float;
}

void mi_meta_labels_free(mi_meta *m)
{
    for (int i = 0; i < m->n_labels; i++) {
        free(m->label[i].name);
        free(m->label[i].code);
    }
    free(m->label);
    m->label = NULL;
    m->n_labels = 0;
}

void mi_meta_free(mi_meta *m)
{
    free(m->role);
    free(m->case_id);
    free(m->unit);
    free(m->modality);
    mi_meta_labels_free(m);
    cJSON_Delete(m->history);
    *m = (mi_meta){ .n_labels = 0 };
}

static bool copy_string(char **to, const char *from, mi_err *err)
{
    *to = mi_strdup(from, err);
    return *to || !from;
}

static bool copy_labels(mi_meta *to, const mi_meta *from, mi_err *err)
{
    if (from->n_labels == 0)
        return true;
    to->label = mi_array_zero((size_t)from->n_labels, sizeof *to->label, err);
    if (!to->label)
        return false;
    for (int i = 0; i < from->n_labels; i++) {
        to->label[i] = from->label[i];
        to->label[i].code = NULL;
        to->n_labels = i + 1;
        if (!copy_string(&to->label[i].name, from->label[i].name, err) ||
            !copy_string(&to->label[i].code, from->label[i].code, err))
            return false;
    }
    return true;
}

int mi_meta_copy(mi_meta *to, const mi_meta *from, mi_err *err)
{
    mi_meta m = { .bundle_index = from->bundle_index, .bundle_of = from->bundle_of,
                  .has_padding = from->has_padding,
                  .padding = { from->padding[0], from->padding[1] }, .lossy = from->lossy };
    bool ok = copy_string(&m.role, from->role, err) &&
              copy_string(&m.case_id, from->case_id, err) &&
              copy_string(&m.unit, from->unit, err) &&
              copy_string(&m.modality, from->modality, err) && copy_labels(&m, from, err);
    if (ok && from->history) {
        m.history = cJSON_Duplicate(from->history, 1);
        ok = m.history != NULL;
        if (!ok)
            mi_fail(err, MI_E_MEMORY, NULL, "not enough memory to copy the history of an image");
    }
    if (!ok) {
        mi_meta_free(&m);
        return -1;
    }
    mi_meta_free(to);
    *to = m;
    return 0;
}

const char *mi_meta_label_name_ref(const mi_meta *m, int64_t value)
{
    for (int i = 0; i < m->n_labels; i++)
        if (m->label[i].value == value)
            return m->label[i].name;
    return NULL;
}

void mi_volume_free(mi_volume *v)
{
    free(v->data);
    free(v->name);
    free(v->nifti_kept);
    free(v->series);
    free(v->frame_of_reference);
    mi_meta_free(&v->meta);
    mi_pet_free(v->pet);
    mi_warnings_free(&v->warnings);
    *v = (mi_volume)MI_VOLUME_EMPTY;
}

int64_t mi_volume_slice_voxels(const mi_volume *v)
{
    return v->grid.n[0] * v->grid.n[1];
}

bool mi_box_empty(const mi_box *b)
{
    return b->lo[0] >= b->hi[0] || b->lo[1] >= b->hi[1] || b->lo[2] >= b->hi[2];
}

int64_t mi_box_voxels(const mi_box *b)
{
    if (mi_box_empty(b))
        return 0;
    return (b->hi[0] - b->lo[0]) * (b->hi[1] - b->lo[1]) * (b->hi[2] - b->lo[2]);
}

#define LOAD(T)                                                                                  \
    {                                                                                            \
        const T *x = (const T *)v->data + first;                                                 \
        if (v->slope == 1 && v->inter == 0)                                                      \
            for (int64_t i = 0; i < n; i++)                                                      \
                out[i] = (double)x[i];                                                           \
        else                                                                                     \
            for (int64_t i = 0; i < n; i++)                                                      \
                out[i] = v->slope * (double)x[i] + v->inter;                                     \
        break;                                                                                   \
    }

/* n values from element `first` of the held voxels on. */
static void load_run(const mi_volume *v, int64_t first, int64_t n, double *out)
{
    switch (v->type) {
    case MI_U8: LOAD(uint8_t)
    case MI_I8: LOAD(int8_t)
    case MI_U16: LOAD(uint16_t)
    case MI_I16: LOAD(int16_t)
    case MI_U32: LOAD(uint32_t)
    case MI_I32: LOAD(int32_t)
    case MI_U64: LOAD(uint64_t)
    case MI_I64: LOAD(int64_t)
    case MI_F32: LOAD(float)
    case MI_F64: LOAD(double)
    case MI_TYPES: break;
    }
}

/* Is b inside the grid, and are its slices held (or known to be zero)? */
static bool box_fits(const mi_volume *v, const mi_box *b)
{
    for (int d = 0; d < 3; d++)
        if (b->lo[d] < 0 || b->hi[d] > v->grid.n[d])
            return false;
    bool held = b->lo[2] >= v->k0 && b->hi[2] <= v->k1 && v->data;
    return known(v->type) && (held || (v->trimmed && (v->data || v->k0 == v->k1)));
}

int mi_volume_load(const mi_volume *v, const mi_box *b, double *out, mi_err *err)
{
    if (mi_box_empty(b))
        return 0;
    if (!box_fits(v, b))
        return mi_fail(err, MI_E_INTERNAL, NULL,
                       "slices %lld to %lld were asked for, %lld to %lld are held",
                       (long long)b->lo[2], (long long)b->hi[2] - 1, (long long)v->k0,
                       (long long)v->k1 - 1);
    int64_t nx = b->hi[0] - b->lo[0];
    for (int64_t k = b->lo[2]; k < b->hi[2]; k++)
        for (int64_t j = b->lo[1]; j < b->hi[1]; j++, out += nx) {
            if (k < v->k0 || k >= v->k1) {
                for (int64_t i = 0; i < nx; i++)
                    out[i] = 0;
                continue;
            }
            int64_t row = (k - v->k0) * v->grid.n[1] + j;
            load_run(v, row * v->grid.n[0] + b->lo[0], nx, out);
        }
    return 0;
}

mi_range mi_volume_padding(const mi_volume *v)
{
    const double *p = v->meta.padding, inter = fabs(v->inter);
    if (!v->meta.has_padding)
        return (mi_range){ INFINITY, -INFINITY };
    return (mi_range){ p[0] - 1e-6 * (fabs(p[0]) + inter), p[1] + 1e-6 * (fabs(p[1]) + inter) };
}
