#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/number.h"
#include "image/grid.h"
#include "preproc/operation.h"

typedef struct pad_state { int64_t lo[3], hi[3]; unsigned char voxel[8]; } pad_state;

static bool asked(const mi_preproc_opts *o) { return o->pad.n > 0; }

static int widths(const mi_list *l, pad_state *s, mi_err *err)
{
    long long w[6];
    if (l->n != 1 && l->n != 3 && l->n != 6)
        return mi_fail(err, MI_E_USAGE, NULL, "--pad takes 1, 3 or 6 numbers, %d given", l->n);
    for (int i = 0; i < l->n; i++)
        if (!mi_parse_int(l->item[i], &w[i]) || w[i] < 0 || w[i] > 100000)
            return mi_fail(err, MI_E_USAGE, NULL, "--pad: '%s' is not a number of voxels",
                           l->item[i]);
    for (int d = 0; d < 3; d++) {
        s->lo[d] = l->n == 6 ? w[2 * d] : w[l->n == 3 ? d : 0];
        s->hi[d] = l->n == 6 ? w[2 * d + 1] : s->lo[d];
    }
    return 0;
}

static int begin(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 mi_op_flow *flow, mi_err *err)
{
    pad_state *s = mi_array_zero(1, sizeof *s, err);
    if (!s)
        return -1;
    if (widths(&c->opts->pad, s, err) != 0 ||
        mi_stored_value(in, c->geometry_only ? 0 : c->opts->pad_value, s->voxel, err) != 0) {
        free(s);
        return -1;
    }
    *state = s;
    *flow = MI_FLOW_SLICES;
    double corner[3] = { -(double)s->lo[0], -(double)s->lo[1], -(double)s->lo[2] }, world[3];
    mi_grid_world(&in->grid, corner, world);
    for (int d = 0; d < 3; d++) {
        out->grid.n[d] = in->grid.n[d] + s->lo[d] + s->hi[d];
        out->grid.m[d][3] = world[d];
    }
    return 0;
}

/* The frame around a slice is filled anew each time: the room is shared with whole slices of
   nothing. */
static int slice(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 const void **result, int64_t *to, mi_err *err)
{
    const pad_state *s = state;
    size_t size = mi_type_size(in->type), row = (size_t)in->grid.n[0] * size;
    int64_t width = out->grid.n[0], above = s->lo[1] * width;
    char *q = (char *)*result;
    (void)err;
    *to = k;
    if (!src) {
        mi_fill_voxels(q, s->voxel, size, mi_volume_slice_voxels(out));
        return 0;
    }
    *to = k + s->lo[2];
    mi_fill_voxels(q, s->voxel, size, above);
    q += (size_t)above * size;
    for (int64_t j = 0; j < in->grid.n[1]; j++, q += (size_t)width * size) {
        mi_fill_voxels(q, s->voxel, size, s->lo[0]);
        memcpy(q + (size_t)s->lo[0] * size, (const char *)src + (size_t)j * row, row);
        mi_fill_voxels(q + (size_t)(s->lo[0] + in->grid.n[0]) * size, s->voxel, size, s->hi[0]);
    }
    mi_fill_voxels(q, s->voxel, size, s->hi[1] * width);
    return 0;
}

static cJSON *step(const mi_preproc_opts *o, const void *state)
{
    const pad_state *s = state;
    double lo[3], hi[3];
    for (int d = 0; d < 3; d++) {
        lo[d] = (double)s->lo[d];
        hi[d] = (double)s->hi[d];
    }
    cJSON *j = cJSON_CreateObject();
    mi_json_add_string(j, "op", "pad");
    mi_json_add(j, "before", mi_json_numbers(lo, 3));
    mi_json_add(j, "behind", mi_json_numbers(hi, 3));
    mi_json_add_number(j, "value", o->pad_value);
    return j;
}

extern const mi_operation mi_op_pad;
const mi_operation mi_op_pad = { .name = "pad", .help = "add voxels around", .asked = asked,
                                 .begin = begin, .slice = slice, .step = step };
