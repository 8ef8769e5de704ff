#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/number.h"
#include "image/grid.h"
#include "preproc/operation.h"

typedef struct crop_state { mi_box box; } crop_state;

static bool asked(const mi_preproc_opts *o) { return o->crop.n > 0 || o->crop_to_mask; }

/* "lo:hi" with open ends, or one index. */
static int parse_range(const char *word, int64_t n, int64_t *lo, int64_t *hi, mi_err *err)
{
    char text[64];
    const char *colon = strchr(word, ':');
    long long a = 0, b = n;
    size_t len = colon ? (size_t)(colon - word) : strlen(word);
    bool ok = len < sizeof text;
    if (ok) {
        memcpy(text, word, len);
        text[len] = '\0';
        ok = (len == 0 && colon) || mi_parse_int(text, &a);
    }
    if (ok && colon)
        ok = !colon[1] || mi_parse_int(colon + 1, &b);
    if (ok && !colon)
        b = a + 1;
    if (!ok)
        return mi_fail(err, MI_E_USAGE, "ranges of indices from 0: --crop 10:90,20:100,:",
                       "--crop: '%s' is not a range", word);
    if (a < 0 || b > n || a >= b)
        return mi_fail(err, MI_E_USAGE, NULL, "--crop: %s is not within 0:%lld", word,
                       (long long)n);
    *lo = a;
    *hi = b;
    return 0;
}

static int box_of_ranges(const mi_list *l, const mi_grid *g, mi_box *b, mi_err *err)
{
    if (l->n != 3)
        return mi_fail(err, MI_E_USAGE, "--crop :,:,10:20 crops slices only",
                       "--crop takes three ranges, %d given", l->n);
    for (int d = 0; d < 3; d++)
        if (parse_range(l->item[d], g->n[d], &b->lo[d], &b->hi[d], err) != 0)
            return -1;
    return 0;
}

/* The box of the masks in indices of g: the steps before may have turned, moved or straightened
   the grid that the masks are on. Where a straightened grid cuts voxels, the box is the one that
   holds them. */
static int box_on(const mi_op_context *c, const mi_grid *g, mi_box *b, mi_err *err)
{
    double lo[3] = { INFINITY, INFINITY, INFINITY }, hi[3] = { -INFINITY, -INFINITY, -INFINITY };
    for (int corner = 0; corner < 8; corner++) {
        double i[3], world[3], x[3];
        for (int d = 0; d < 3; d++)
            i[d] = (double)(corner >> d & 1 ? c->mask_box->hi[d] - 1 : c->mask_box->lo[d]);
        mi_grid_world(c->mask_grid, i, world);
        if (mi_grid_index(g, world, x) != 0)
            return mi_fail(err, MI_E_INTERNAL, NULL, "a grid without inverse");
        for (int d = 0; d < 3; d++) {
            lo[d] = fmin(lo[d], x[d]);
            hi[d] = fmax(hi[d], x[d]);
        }
    }
    for (int d = 0; d < 3; d++) {
        b->lo[d] = (int64_t)floor(lo[d] + 1e-6);
        b->hi[d] = (int64_t)ceil(hi[d] - 1e-6) + 1;
    }
    return 0;
}

static int box_of_mask(const mi_op_context *c, const mi_grid *g, mi_box *b, mi_err *err)
{
    if (!c->mask_box)
        return mi_fail(err, MI_E_USAGE, "--mask FILE names one",
                       "--crop-to-mask: there is no mask");
    if (box_on(c, g, b, err) != 0)
        return -1;
    const mi_vec3 *m = &c->opts->margin;
    for (int d = 0; d < 3; d++) {
        double mm = m->n == 0 ? 0 : m->n == 1 ? m->v[0] : d < m->n ? m->v[d] : 0;
        if (mm < 0)
            return mi_fail(err, MI_E_USAGE, NULL, "--margin: %g is below 0", mm);
        double wide = ceil(mm / g->spacing[d] - 1e-6);
        int64_t voxels = wide < (double)g->n[d] ? (int64_t)wide : g->n[d];
        b->lo[d] = b->lo[d] - voxels < 0 ? 0 : b->lo[d] - voxels;
        b->hi[d] = b->hi[d] + voxels > g->n[d] ? g->n[d] : b->hi[d] + voxels;
        if (b->lo[d] >= b->hi[d])
            return mi_fail(err, MI_E_EMPTY, NULL,
                           "--crop-to-mask: an earlier step has cut the masks off");
    }
    return 0;
}

static int begin(const mi_op_context *c, const mi_volume *in, mi_volume *out, void **state,
                 mi_op_flow *flow, mi_err *err)
{
    crop_state *s = mi_array_zero(1, sizeof *s, err);
    if (!s)
        return -1;
    int rc = c->opts->crop.n ? box_of_ranges(&c->opts->crop, &in->grid, &s->box, err)
                             : box_of_mask(c, &in->grid, &s->box, err);
    if (rc != 0) {
        free(s);
        return -1;
    }
    *state = s;
    *flow = MI_FLOW_SLICES;
    double corner[3] = { (double)s->box.lo[0], (double)s->box.lo[1], (double)s->box.lo[2] },
           world[3];
    mi_grid_world(&in->grid, corner, world);
    for (int d = 0; d < 3; d++) {
        out->grid.n[d] = s->box.hi[d] - s->box.lo[d];
        out->grid.m[d][3] = world[d];
    }
    return 0;
}

static int slice(void *state, const mi_volume *in, const mi_volume *out, int64_t k, const void *src,
                 const void **result, int64_t *to, mi_err *err)
{
    const crop_state *s = state;
    size_t size = mi_type_size(in->type), row = (size_t)out->grid.n[0] * size;
    const char *p =
        (const char *)src + (size_t)(s->box.lo[1] * in->grid.n[0] + s->box.lo[0]) * size;
    char *q = (char *)*result;
    (void)err;
    *to = -1;
    if (k < s->box.lo[2] || k >= s->box.hi[2])
        return 0;
    *to = k - s->box.lo[2];
    if (out->grid.n[0] == in->grid.n[0]) { /* whole rows lie together */
        *result = p;
        return 0;
    }
    for (int64_t j = 0; j < out->grid.n[1]; j++)
        memcpy(q + (size_t)j * row, p + (size_t)(j * in->grid.n[0]) * size, row);
    return 0;
}

static cJSON *step(const mi_preproc_opts *o, const void *state)
{
    const crop_state *s = state;
    double lo[3], hi[3];
    for (int d = 0; d < 3; d++) {
        lo[d] = (double)s->box.lo[d];
        hi[d] = (double)s->box.hi[d];
    }
    cJSON *j = cJSON_CreateObject();
    (void)o;
    mi_json_add_string(j, "op", "crop");
    mi_json_add(j, "from", mi_json_numbers(lo, 3));
    mi_json_add(j, "to", mi_json_numbers(hi, 3));
    return j;
}

extern const mi_operation mi_op_crop;
const mi_operation mi_op_crop = { .name = "crop", .help = "keep a box", .asked = asked,
                                  .begin = begin, .slice = slice, .step = step };
