/* The morphological mask: where the region lies, and its interpolation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "image/grid.h"
#include "image/labels.h"
#include "radiomics/steps.h"

/* Voxels around a region where an interpolated cubic mask may still reach 1e-6, the last decimal
   that is kept of it. */
#define CUBIC_MASK_REACH 12

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}
static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool mi_grid_changes(const mi_grid *from, const mi_grid *to)
{
    for (int d = 0; d < 3; d++)
        if (from->n[d] != to->n[d] || from->spacing[d] != to->spacing[d])
            return true;
    return false;
}

/* Box of the working grid outside which the interpolated mask is 0 when the mask lies in
   mask_box. */
void mi_mask_reach(const mi_grid *from, const mi_grid *to, const mi_box *mask_box,
                   const mi_settings *s, mi_box *out)
{
    double reach = s->mask_interpolation == MI_INTERP_CUBIC ? CUBIC_MASK_REACH : 1;
    for (int d = 0; d < 3; d++) {
        double origin = mi_resample_origin(from->n[d], from->spacing[d], to->n[d], to->spacing[d]);
        double ratio = to->spacing[d] / from->spacing[d];
        double lo = floor(((double)mask_box->lo[d] - reach - origin) / ratio);
        double hi = ceil(((double)(mask_box->hi[d] - 1) + reach - origin) / ratio) + 1;
        out->lo[d] = mask_box->lo[d] == 0 ? 0 : max64((int64_t)lo, 0);
        out->hi[d] = mask_box->hi[d] == from->n[d] ? to->n[d] : min64((int64_t)hi, to->n[d]);
        if (from->n[d] == to->n[d] && from->spacing[d] == to->spacing[d]) {
            out->lo[d] = mask_box->lo[d];
            out->hi[d] = mask_box->hi[d];
        }
    }
}

int64_t mi_mask_box(const uint8_t *mask, const mi_box *b, mi_box *tight)
{
    int64_t n0 = b->hi[0] - b->lo[0], n1 = b->hi[1] - b->lo[1], n2 = b->hi[2] - b->lo[2], n = 0;
    *tight = (mi_box) { { b->hi[0], b->hi[1], b->hi[2] }, { b->lo[0], b->lo[1], b->lo[2] } };
    for (int64_t k = 0; k < n2; k++)
        for (int64_t j = 0; j < n1; j++) {
            const uint8_t *row = mask + (k * n1 + j) * n0;
            int64_t count = 0, first = n0, last = -1;
            for (int64_t i = 0; i < n0; i++)
                count += row[i] != 0;
            if (!count)
                continue;
            for (first = 0; !row[first]; first++)
                ;
            for (last = n0 - 1; !row[last]; last--)
                ;
            int64_t lo[3] = { b->lo[0] + first, b->lo[1] + j, b->lo[2] + k };
            int64_t hi[3] = { b->lo[0] + last + 1, lo[1] + 1, lo[2] + 1 };
            for (int d = 0; d < 3; d++) {
                tight->lo[d] = min64(tight->lo[d], lo[d]);
                tight->hi[d] = max64(tight->hi[d], hi[d]);
            }
            n += count;
        }
    if (n == 0)
        *tight = (mi_box) { { b->lo[0], b->lo[1], b->lo[2] }, { b->lo[0], b->lo[1], b->lo[2] } };
    return n;
}

int mi_source_mask_find(mi_source_mask *m, const mi_box *within, mi_err *err)
{
    mi_box b = *within;
    b.lo[2] = max64(b.lo[2], m->mask->k0); /* slices that a trimmed mask does not hold are empty */
    const int64_t end = min64(b.hi[2], m->mask->k1);
    b.hi[2] = b.lo[2] + 1;
    uint8_t *slice = mi_array((size_t)mi_box_voxels(&b), 1, err);
    int rc = slice ? 0 : -1;
    m->voxels = 0;
    for (; rc == 0 && b.lo[2] < end; b.lo[2]++, b.hi[2]++) {
        mi_box tight;
        rc = mi_labels_select(m->mask, m->labels, m->n_labels, &b, slice, err);
        int64_t n = rc == 0 ? mi_mask_box(slice, &b, &tight) : 0;
        if (n == 0)
            continue;
        for (int d = 0; d < 3; d++) {
            m->box.lo[d] = m->voxels ? min64(m->box.lo[d], tight.lo[d]) : tight.lo[d];
            m->box.hi[d] = m->voxels ? max64(m->box.hi[d], tight.hi[d]) : tight.hi[d];
        }
        m->voxels += n;
    }
    free(slice);
    if (rc == 0 && m->voxels == 0)
        rc = mi_fail(err, MI_E_EMPTY, NULL, "the region is empty: no voxel has its label");
    return rc;
}

/* Slice k of the support of the mask as 0 and 1. */
static int load_mask_slice(void *ctx, int64_t k, double *out, mi_err *err)
{
    const mi_source_mask *m = ctx;
    mi_box b = *m->support;
    b.lo[2] = k;
    b.hi[2] = k + 1;
    int64_t n = mi_box_voxels(&b);
    uint8_t *in = mi_array((size_t)n, 1, err);
    int rc = in ? mi_labels_select(m->mask, m->labels, m->n_labels, &b, in, err) : -1;
    for (int64_t i = 0; rc == 0 && i < n; i++)
        out[i] = in[i];
    free(in);
    return rc;
}

/* The interpolated mask over box b: 1 where it reaches the threshold. Rounding noise must not
   decide at the threshold, so six decimals are looked at. */
static int interpolate_mask(mi_source_mask *m, const mi_grid *to, const mi_box *b,
                            const mi_settings *s, uint8_t *out, int64_t *at_threshold,
                            mi_pool *pool, mi_err *err)
{
    mi_box support;
    mi_interp kind = (mi_interp)s->mask_interpolation;
    mi_resample_support(&m->mask->grid, to, kind, b, &support);
    m->support = &support;
    int64_t n = mi_box_voxels(b);
    double *part = mi_array((size_t)n, sizeof *part, err);
    int rc = part ? mi_resample_from(&m->mask->grid, &support, load_mask_slice, m, to, b, kind,
                                     part, pool, err)
                  : -1;
    for (int64_t i = 0; rc == 0 && i < n; i++) {
        double x = rint(part[i] * 1e6) / 1e6;
        out[i] = x >= s->mask_threshold;
        *at_threshold += x == s->mask_threshold;
    }
    free(part);
    m->support = NULL;
    return rc;
}

/* Copy the part of a dense mask over box `from` that lies in box `to`. */
static void crop_mask(const uint8_t *in, const mi_box *from, uint8_t *out, const mi_box *to)
{
    int64_t n0 = from->hi[0] - from->lo[0], n1 = from->hi[1] - from->lo[1];
    int64_t m0 = to->hi[0] - to->lo[0];
    for (int64_t k = to->lo[2]; k < to->hi[2]; k++)
        for (int64_t j = to->lo[1]; j < to->hi[1]; j++, out += m0)
            memcpy(out,
                   in + ((k - from->lo[2]) * n1 + j - from->lo[1]) * n0 + to->lo[0] - from->lo[0],
                   (size_t)m0);
}

static void set_box(mi_region *r, const mi_box *box)
{
    r->box = *box;
    for (int d = 0; d < 3; d++) {
        r->n[d] = box->hi[d] - box->lo[d];
        r->spacing[d] = r->grid.spacing[d];
    }
    r->voxel_volume = mi_grid_voxel_volume(&r->grid);
}

/* Morphological mask on the working grid, with its tight box. */
int mi_region_morph(mi_region *r, mi_source_mask *m, const mi_settings *s, int64_t *at_threshold,
                    mi_pool *pool, mi_err *err)
{
    mi_box reach, tight;
    mi_mask_reach(&m->mask->grid, &r->grid, &m->box, s, &reach);
    uint8_t *all = mi_array((size_t)mi_box_voxels(&reach), 1, err);
    int rc = all ? 0 : -1;
    if (rc == 0)
        rc = mi_grid_changes(&m->mask->grid, &r->grid)
                 ? interpolate_mask(m, &r->grid, &reach, s, all, at_threshold, pool, err)
                 : mi_labels_select(m->mask, m->labels, m->n_labels, &reach, all, err);
    if (rc == 0) {
        r->n_morph = mi_mask_box(all, &reach, &tight);
        if (r->n_morph == 0)
            rc = mi_fail(err, MI_E_EMPTY, "use smaller voxels, or a lower --mask-threshold",
                         "no voxel of the region is left after interpolation of the mask");
    }
    if (rc == 0) {
        set_box(r, &tight);
        if (memcmp(&tight, &reach, sizeof tight) == 0) {
            r->morph = all;
            return 0;
        }
        r->morph = mi_array((size_t)mi_box_voxels(&tight), 1, err);
        rc = r->morph ? 0 : -1;
    }
    if (rc == 0)
        crop_mask(all, &reach, r->morph, &tight);
    free(all);
    return rc;
}
