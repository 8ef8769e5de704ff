/* Operations of mi-preproc on volumes made on the spot, pushed through chains slice by slice.
   What a result must be is worked out here from world coordinates, by hand or by a formula,
   never by the code under test. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "image/grid.h"
#include "image/pet.h"
#include "preproc/chain.h"

/* ---- volumes ---- */

static mi_volume make(mi_type type, int64_t nx, int64_t ny, int64_t nz)
{
    mi_volume v = MI_VOLUME_EMPTY;
    v.grid = (mi_grid){ .n = { nx, ny, nz },
                        .m = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } },
                        .spacing = { 1, 1, 1 } };
    v.type = type;
    v.k1 = nz;
    v.data = calloc((size_t)(nx * ny * nz), mi_type_size(type));
    return v;
}

static int64_t place(const mi_volume *v, int64_t i, int64_t j, int64_t k)
{
    return (k * v->grid.n[1] + j) * v->grid.n[0] + i;
}

static double stored(const mi_volume *v, int64_t at)
{
    switch (v->type) {
    case MI_U8: return ((uint8_t *)v->data)[at];
    case MI_I8: return ((int8_t *)v->data)[at];
    case MI_U16: return ((uint16_t *)v->data)[at];
    case MI_I16: return ((int16_t *)v->data)[at];
    case MI_U32: return ((uint32_t *)v->data)[at];
    case MI_I32: return ((int32_t *)v->data)[at];
    case MI_U64: return (double)((uint64_t *)v->data)[at];
    case MI_I64: return (double)((int64_t *)v->data)[at];
    case MI_F32: return ((float *)v->data)[at];
    default: return ((double *)v->data)[at];
    }
}

static void store(mi_volume *v, int64_t at, double x)
{
    switch (v->type) {
    case MI_U8: ((uint8_t *)v->data)[at] = (uint8_t)x; break;
    case MI_I8: ((int8_t *)v->data)[at] = (int8_t)x; break;
    case MI_U16: ((uint16_t *)v->data)[at] = (uint16_t)x; break;
    case MI_I16: ((int16_t *)v->data)[at] = (int16_t)x; break;
    case MI_U32: ((uint32_t *)v->data)[at] = (uint32_t)x; break;
    case MI_I32: ((int32_t *)v->data)[at] = (int32_t)x; break;
    case MI_U64: ((uint64_t *)v->data)[at] = (uint64_t)x; break;
    case MI_I64: ((int64_t *)v->data)[at] = (int64_t)x; break;
    case MI_F32: ((float *)v->data)[at] = (float)x; break;
    default: ((double *)v->data)[at] = x; break;
    }
}

static double value(const mi_volume *v, int64_t i, int64_t j, int64_t k)
{
    return v->slope * stored(v, place(v, i, j, k)) + v->inter;
}

static int64_t voxels(const mi_volume *v) { return v->grid.n[0] * v->grid.n[1] * v->grid.n[2]; }

/* Numbers without pattern, the same each time. */
static void fill_noise(mi_volume *v)
{
    uint32_t x = 12345;
    for (int64_t i = 0; i < voxels(v); i++) {
        x = x * 1664525 + 1013904223;
        store(v, i, (double)(x >> 25));
    }
}

/* Storage axis d along world axis to[d], backwards where back[d]; of 0.7, 0.9 and 2.5 mm; turned
   by `angle` about an axis that is none of them. */
static void orient(mi_grid *g, const int to[3], const bool back[3], double angle)
{
    static const double size[3] = { 0.7, 0.9, 2.5 };
    const double u[3] = { 1 / 3.0, 2 / 3.0, 2 / 3.0 }, c = cos(angle), s = sin(angle);
    double r[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            r[i][j] = u[i] * u[j] * (1 - c) + (i == j ? c : 0);
    r[0][1] -= u[2] * s, r[1][0] += u[2] * s;
    r[0][2] += u[1] * s, r[2][0] -= u[1] * s;
    r[1][2] -= u[0] * s, r[2][1] += u[0] * s;
    for (int d = 0; d < 3; d++) {
        g->spacing[d] = size[d];
        for (int i = 0; i < 3; i++)
            g->m[i][d] = (back[d] ? -size[d] : size[d]) * r[i][to[d]];
    }
    g->m[0][3] = -31.5;
    g->m[1][3] = 12.25;
    g->m[2][3] = 400;
}

static void world(const mi_grid *g, int64_t i, int64_t j, int64_t k, double w[3])
{
    for (int r = 0; r < 3; r++)
        w[r] =
            g->m[r][0] * (double)i + g->m[r][1] * (double)j + g->m[r][2] * (double)k + g->m[r][3];
}

/* ---- chains ---- */

typedef struct collected { char *data; size_t n, room; } collected;

static int collect(void *user, const void *slice, size_t bytes, mi_err *err)
{
    collected *c = user;
    (void)err;
    ck_assert_uint_le(c->n + bytes, c->room);
    memcpy(c->data + c->n, slice, bytes);
    c->n += bytes;
    return 0;
}

static mi_preproc_opts nothing(void)
{
    return (mi_preproc_opts){ .clip = { -INFINITY, INFINITY }, .pad_value = 0 };
}

typedef struct how {
    const char *const *order;
    bool labels, other;
    const mi_box *box;
    const mi_grid *like;
    mi_pool *pool;
    cJSON **steps;
} how;

static mi_chain *start(const mi_preproc_opts *o, const how *h, const mi_volume *v, mi_err *err)
{
    static mi_warnings warn;
    mi_op_context c = { .opts = o, .is_labels = h->labels, .geometry_only = h->labels || h->other,
                        .mask_box = h->box, .mask_grid = &v->grid, .like = h->like,
                        .pool = h->pool, .warn = &warn };
    mi_chain *chain = NULL;
    int rc = mi_chain_begin(&chain, &c, h->order, v, err);
    mi_warnings_free(&warn);
    return rc == 0 ? chain : NULL;
}

/* The whole of v through the operations asked for; unit and padding as the chain tells them,
   unit borrowed from nobody. */
static mi_volume through(const mi_preproc_opts *o, const how *h, const mi_volume *v)
{
    mi_err err = MI_ERR_EMPTY;
    mi_chain *chain = start(o, h, v, &err);
    ck_assert_msg(chain != NULL, "%s", err.message);
    mi_volume out = *mi_chain_head(chain);
    size_t slice = (size_t)mi_volume_slice_voxels(v) * mi_type_size(v->type);
    size_t bytes = (size_t)voxels(&out) * mi_type_size(out.type);
    collected c = { malloc(bytes + 1), 0, bytes };
    for (int64_t k = 0; k < v->grid.n[2]; k++)
        ck_assert_msg(
            mi_chain_push(chain, k, (char *)v->data + (size_t)k * slice, collect, &c, &err) == 0,
            "%s", err.message);
    ck_assert_msg(mi_chain_finish(chain, collect, &c, &err) == 0, "%s", err.message);
    ck_assert_uint_eq(c.n, bytes);
    if (h->steps)
        *h->steps = mi_chain_steps(chain);
    mi_chain_free(chain);
    out.data = c.data;
    out.k1 = out.grid.n[2];
    out.pet = NULL;
    out.name = NULL;
    return out;
}

static void done(mi_volume *v)
{
    free(v->data);
    v->data = NULL;
}

static mi_class refused(const mi_preproc_opts *o, const how *h, const mi_volume *v)
{
    mi_err err = MI_ERR_EMPTY;
    ck_assert_ptr_null(start(o, h, v, &err));
    return err.cls;
}

static void ck_grid(const mi_grid *a, const mi_grid *b, double tolerance)
{
    for (int d = 0; d < 3; d++) {
        ck_assert_int_eq(a->n[d], b->n[d]);
        ck_assert_double_le(fabs(a->spacing[d] - b->spacing[d]), tolerance);
        for (int j = 0; j < 4; j++)
            ck_assert_double_le(fabs(a->m[d][j] - b->m[d][j]), tolerance);
    }
}

static const how plainly;

/* ---- reorient ---- */

/* Every voxel of b holds what lies in a at the same place of the world, and there are as many. */
static void ck_same_in_world(const mi_volume *a, const mi_volume *b)
{
    ck_assert_int_eq(voxels(a), voxels(b));
    for (int64_t k = 0; k < b->grid.n[2]; k++)
        for (int64_t j = 0; j < b->grid.n[1]; j++)
            for (int64_t i = 0; i < b->grid.n[0]; i++) {
                double w[3], x[3];
                world(&b->grid, i, j, k, w);
                ck_assert_int_eq(mi_grid_index(&a->grid, w, x), 0);
                for (int d = 0; d < 3; d++)
                    ck_assert_double_eq_tol(x[d], rint(x[d]), 1e-9);
                double there = stored(a, place(a, llrint(x[0]), llrint(x[1]), llrint(x[2])));
                ck_assert_double_eq(there, stored(b, place(b, i, j, k)));
            }
}

static const int turns[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                 { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

static void name_of(int p, int flips, char word[4])
{
    static const char letters[3][2] = { { 'R', 'L' }, { 'A', 'P' }, { 'S', 'I' } };
    for (int d = 0; d < 3; d++)
        word[d] = letters[turns[p][d]][flips >> d & 1];
    word[3] = '\0';
}

static void there_and_back(mi_volume *v, int from, int flips, int to, int to_flips, double angle,
                           mi_pool *pool)
{
    char here[4], there[4], now[4];
    const bool back[3] = { flips & 1, flips >> 1 & 1, flips >> 2 & 1 };
    mi_preproc_opts o = nothing();
    how h = { .pool = pool };
    orient(&v->grid, turns[from], back, angle);
    name_of(from, flips, here);
    mi_grid_orientation(&v->grid, now);
    ck_assert_str_eq(now, here);
    name_of(to, to_flips, there);
    o.reorient = there;
    mi_volume a = through(&o, &h, v);
    mi_grid_orientation(&a.grid, now);
    ck_assert_str_eq(now, there);
    ck_same_in_world(v, &a);
    o.reorient = here;
    mi_volume b = through(&o, &h, &a);
    ck_grid(&b.grid, &v->grid, 1e-10);
    ck_assert_mem_eq(b.data, v->data, (size_t)voxels(v) * mi_type_size(v->type));
    done(&a);
    done(&b);
}

START_TEST(reorient_every_way)
{
    mi_volume v = make(MI_I16, 4, 3, 5);
    fill_noise(&v);
    for (int from = 0; from < 48; from++)
        for (int to = 0; to < 48; to++)
            there_and_back(&v, from / 8, from % 8, to / 8, to % 8, 0.2, NULL);
    done(&v);
}
END_TEST

/* Voxels of all sizes, and sizes of volumes that leave tiles and groups of slices unfilled. */
START_TEST(reorient_every_size)
{
    static const mi_type types[] = { MI_U8, MI_I16, MI_F32, MI_F64 };
    mi_err err = MI_ERR_EMPTY;
    mi_pool *pool = mi_pool_new(3, &err);
    for (int t = 0; t < 4; t++) {
        mi_volume v = make(types[t], 37, 33, t == 0 ? 70 : 35);
        fill_noise(&v);
        for (int to = 0; to < 48; to += 5)
            there_and_back(&v, 0, 6, to / 8, to % 8, -0.1, to % 2 ? pool : NULL);
        done(&v);
    }
    mi_pool_free(pool);
}
END_TEST

START_TEST(reorient_by_hand)
{
    mi_volume v = make(MI_U8, 3, 2, 2); /* LPS of 2 x 3 x 5 mm, first voxel at (10, 20, 30) */
    v.grid = (mi_grid) { { 3, 2, 2 },
                         { { -2, 0, 0, 10 }, { 0, -3, 0, 20 }, { 0, 0, 5, 30 } },
                         { 2, 3, 5 } };
    for (int i = 0; i < 12; i++)
        store(&v, i, i);
    mi_preproc_opts o = nothing();
    o.reorient = (char *)"SAr";
    mi_volume a = through(&o, &plainly, &v);
    const mi_grid want = { { 2, 2, 3 },
                           { { 0, 0, 2, 6 }, { 0, 3, 0, 17 }, { 5, 0, 0, 30 } },
                           { 5, 3, 2 } };
    const uint8_t order[] = { 5, 11, 2, 8, 4, 10, 1, 7, 3, 9, 0, 6 };
    ck_grid(&a.grid, &want, 0);
    ck_assert_mem_eq(a.data, order, sizeof order);
    done(&a);
    static const char *const bad[] = { "RAR", "RA", "RASS", "XAS", "", "RLS" };
    for (int i = 0; i < MI_COUNT(bad); i++) {
        o.reorient = (char *)bad[i];
        ck_assert_int_eq(refused(&o, &plainly, &v), MI_E_USAGE);
    }
    done(&v);
}
END_TEST

/* ---- crop and pad ---- */

static char *words[6];
static mi_list list(int n, const char *a, const char *b, const char *c)
{
    words[0] = (char *)a;
    words[1] = (char *)b;
    words[2] = (char *)c;
    return (mi_list){ words, n };
}

/* Each axis of storage along another one of the world, two of them backwards, and none at right
   angles to all: first voxel at (100, -50, 7). */
static const mi_grid skew = {
    { 6, 5, 4 },
    { { 0, -2, 0.5, 100 }, { 0.75, 0, -0.25, -50 }, { -0.5, 0.25, 3, 7 } },
    { 0.9013878188659973, 2.015564437074637, 3.0516389039334255 }
};

START_TEST(crop_by_hand)
{
    mi_volume v = make(MI_I16, 6, 5, 4);
    v.grid = skew;
    fill_noise(&v);
    mi_preproc_opts o = nothing();
    o.crop = list(3, "1:4", ":3", "2:");
    mi_volume a = through(&o, &plainly, &v);
    mi_grid want = skew;
    /* first voxel kept is (1, 0, 2): 100 + 0 + 1, -50 + 0.75 - 0.5, 7 - 0.5 + 6 */
    want.n[0] = 3, want.n[1] = 3, want.n[2] = 2;
    want.m[0][3] = 101, want.m[1][3] = -49.75, want.m[2][3] = 12.5;
    ck_grid(&a.grid, &want, 0);
    for (int k = 0; k < 2; k++)
        for (int j = 0; j < 3; j++)
            for (int i = 0; i < 3; i++)
                ck_assert_double_eq(value(&a, i, j, k), value(&v, i + 1, j, k + 2));
    done(&a);
    o.crop = list(3, ":", "3", ":"); /* one row, all of x: passed without a copy */
    a = through(&o, &plainly, &v);
    ck_assert_int_eq(a.grid.n[1], 1);
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 6; i++)
            ck_assert_double_eq(value(&a, i, 0, k), value(&v, i, 3, k));
    done(&a);
    static const char *const bad[] = {
        "0:7", "-1:2", "3:3", "4:2", "a:b", "1:2:3", "", "1.5:3", "6"
    };
    for (int i = 0; i < MI_COUNT(bad); i++) {
        o.crop = list(3, bad[i], ":", ":");
        ck_assert_int_eq(refused(&o, &plainly, &v), MI_E_USAGE);
    }
    o.crop = list(2, ":", ":", NULL);
    ck_assert_int_eq(refused(&o, &plainly, &v), MI_E_USAGE);
    done(&v);
}
END_TEST

START_TEST(pad_by_hand)
{
    mi_volume v = make(MI_I16, 6, 5, 4);
    v.grid = skew;
    v.slope = 2;
    v.inter = -1000;
    fill_noise(&v);
    mi_preproc_opts o = nothing();
    words[0] = words[3] = (char *)"1";
    words[1] = words[4] = (char *)"0";
    words[2] = words[5] = (char *)"2";
    o.pad = (mi_list){ words, 6 }; /* x: 1 and 0, y: 2 and 1, z: 0 and 2 */
    o.pad_value = -500;
    mi_volume a = through(&o, &plainly, &v);
    mi_grid want = skew;
    /* first voxel is (-1, -2, 0): 100 + 4, -50 - 0.75, 7 + 0.5 - 0.5 */
    want.n[0] = 7, want.n[1] = 8, want.n[2] = 6;
    want.m[0][3] = 104, want.m[1][3] = -50.75, want.m[2][3] = 7;
    ck_grid(&a.grid, &want, 0);
    for (int k = 0; k < 6; k++)
        for (int j = 0; j < 8; j++)
            for (int i = 0; i < 7; i++) {
                bool in = i >= 1 && j >= 2 && j < 7 && k < 4;
                ck_assert_double_eq(value(&a, i, j, k), in ? value(&v, i - 1, j - 2, k) : -500);
            }
    done(&a);
    /* what is no image gets the value 0 */
    a = through(&o, &(how){ .other = true }, &v);
    ck_assert_double_eq(value(&a, 0, 0, 5), 0);
    done(&a);
    /* padding in front of the first slice; the crop that undoes it */
    o.pad = list(1, "2", NULL, NULL);
    mi_volume b = through(&o, &plainly, &v);
    ck_assert_double_eq(value(&b, 3, 3, 1), -500);
    o = nothing();
    o.crop = list(3, "2:8", "2:7", "2:6");
    a = through(&o, &plainly, &b);
    ck_grid(&a.grid, &skew, 1e-12);
    ck_assert_mem_eq(a.data, v.data, 6 * 5 * 4 * 2);
    done(&a);
    done(&b);
    o = nothing();
    o.pad = list(1, "1", NULL, NULL);
    o.pad_value = 1e6; /* 500500 stored */
    ck_assert_int_eq(refused(&o, &plainly, &v), MI_E_USAGE);
    o.pad = list(2, "1", "2", NULL);
    ck_assert_int_eq(refused(&o, &plainly, &v), MI_E_USAGE);
    o.pad = list(1, "-1", NULL, NULL);
    ck_assert_int_eq(refused(&o, &plainly, &v), MI_E_USAGE);
    done(&v);
}
END_TEST

/* The box of the masks is known on the grid that came in; the crop is behind steps that change
   it. */
START_TEST(crop_to_mask_behind_other_steps)
{
    mi_volume v = make(MI_I16, 6, 5, 4);
    const bool back[3] = { true, true, false };
    orient(&v.grid, turns[0], back, 0);
    fill_noise(&v);
    const mi_box box = { { 1, 2, 0 }, { 3, 3, 2 } };
    how h = { .box = &box };
    mi_preproc_opts o = nothing();
    o.crop_to_mask = true;
    mi_volume a = through(&o, &h, &v);
    o.reorient = (char *)"SRA";
    mi_volume b = through(&o, &h, &v);
    ck_same_in_world(&a, &b);
    ck_assert_int_eq(b.grid.n[0], 2);
    done(&a);
    done(&b);
    /* along the axes of the grid that is cropped: S, R, A of 2.5, 0.7, 0.9 mm */
    o.margin = (mi_vec3){ 3, { 0.7, 0, 2.6 } };
    b = through(&o, &h, &v);
    ck_assert_int_eq(b.grid.n[0], 3); /* one slice more above, none below the first */
    ck_assert_int_eq(b.grid.n[1], 2);
    ck_assert_int_eq(b.grid.n[2], 5); /* 3 more before and behind, of which 2 + 2 are there */
    done(&b);
    o = nothing();
    o.crop_to_mask = true;
    ck_assert_int_eq(refused(&o, &plainly, &v), MI_E_USAGE); /* no mask */
    o.pad = list(1, "3", NULL, NULL);
    static const char *const order[] = { "pad", "crop", NULL };
    h.order = order;
    a = through(&o, &h, &v);
    h.order = NULL;
    o.pad = (mi_list){ NULL, 0 };
    b = through(&o, &h, &v);
    ck_same_in_world(&a, &b);
    done(&a);
    done(&b);
    done(&v);
}
END_TEST

/* ---- clip ---- */

static mi_preproc_opts clipping(double lo, double hi)
{
    mi_preproc_opts o = nothing();
    o.clip = (mi_range){ lo, hi };
    return o;
}

START_TEST(clip_keeps_the_type)
{
    static const struct { mi_type t; double min, max; } rows[] = {
        { MI_U8, 0, 255 }, { MI_I8, -128, 127 }, { MI_U16, 0, 65535 }, { MI_I16, -32768, 32767 },
        { MI_U32, 0, 4294967295.0 }, { MI_I32, -2147483648.0, 2147483647.0 }
    };
    for (int r = 0; r < MI_COUNT(rows); r++) {
        mi_volume v = make(rows[r].t, 4, 1, 1);
        const double x[4] = { rows[r].min, 3, 100, rows[r].max };
        for (int i = 0; i < 4; i++)
            store(&v, i, x[i]);
        const struct { double lo, hi, want[4]; mi_type t;
        } cases[] = {
            { 5, 90, { 5, 5, 90, 90 }, v.type },
            { rows[r].min, rows[r].max, { x[0], 3, 100, x[3] }, v.type },
            /* beyond the type: no limit */
            { rows[r].min - 7, 90, { x[0], 3, 90, 90 }, v.type },
            { 4, rows[r].max + 0.5, { 4, 4, 100, x[3] }, v.type },
            { -INFINITY, 90, { x[0], 3, 90, 90 }, v.type },
            { 5, INFINITY, { 5, 5, 100, x[3] }, v.type },
            { 3.5, 90, { 3.5, 3.5, 90, 90 }, mi_float_type(v.type) }, /* no whole number */
            { rows[r].max + 1,
              rows[r].max + 2,
              { x[3] + 1, x[3] + 1, x[3] + 1, x[3] + 1 },
              mi_float_type(v.type) }
        };
        for (int c = 0; c < MI_COUNT(cases); c++) {
            mi_preproc_opts o = clipping(cases[c].lo, cases[c].hi);
            mi_volume a = through(&o, &plainly, &v);
            ck_assert_int_eq(a.type, cases[c].t);
            for (int i = 0; i < 4; i++)
                ck_assert_double_eq(value(&a, i, 0, 0), cases[c].want[i]);
            done(&a);
        }
        done(&v);
    }
}
END_TEST

/* Doubles cannot tell the last numbers of 64 bits apart; they pass all the same. */
START_TEST(clip_64_bits)
{
    mi_volume v = make(MI_U64, 2, 1, 1), w = make(MI_I64, 2, 1, 1);
    ((uint64_t *)v.data)[0] = 7;
    ((uint64_t *)v.data)[1] = UINT64_MAX - 1;
    ((int64_t *)w.data)[0] = INT64_MIN + 1;
    ((int64_t *)w.data)[1] = INT64_MAX - 1;
    mi_preproc_opts o = clipping(10, INFINITY);
    mi_volume a = through(&o, &plainly, &v), b = through(&o, &plainly, &w);
    ck_assert(((uint64_t *)a.data)[0] == 10 && ((uint64_t *)a.data)[1] == UINT64_MAX - 1);
    ck_assert(((int64_t *)b.data)[0] == 10 && ((int64_t *)b.data)[1] == INT64_MAX - 1);
    done(&a);
    done(&b);
    o = clipping(-INFINITY, 10);
    a = through(&o, &plainly, &w);
    ck_assert(((int64_t *)a.data)[0] == INT64_MIN + 1 && ((int64_t *)a.data)[1] == 10);
    done(&a);
    o = clipping(18446744073709551616.0, INFINITY); /* 2^64 */
    a = through(&o, &plainly, &v);
    ck_assert_int_eq(a.type, MI_F64);
    ck_assert_double_eq(value(&a, 0, 0, 0), 18446744073709551616.0);
    done(&a);
    done(&v);
    done(&w);
}
END_TEST

START_TEST(clip_scaled_and_floating)
{
    mi_volume v = make(MI_U16, 3, 1, 1); /* CT as it often is stored */
    v.inter = -1024;
    const double x[3] = { 0, 1000, 4000 };
    for (int i = 0; i < 3; i++)
        store(&v, i, x[i]);
    mi_preproc_opts o = clipping(-1000, 400);
    mi_volume a = through(&o, &plainly, &v);
    ck_assert_int_eq(a.type, MI_U16);
    ck_assert_double_eq(value(&a, 0, 0, 0), -1000);
    ck_assert_double_eq(value(&a, 1, 0, 0), -24);
    ck_assert_double_eq(value(&a, 2, 0, 0), 400);
    done(&a);
    v.slope = -1; /* values fall where stored numbers rise */
    v.inter = 0;
    a = through(&o, &plainly, &v);
    ck_assert_int_eq(a.type, MI_U16);
    ck_assert_double_eq(value(&a, 0, 0, 0), 0);
    ck_assert_double_eq(value(&a, 2, 0, 0), -1000);
    done(&a);
    v.slope = 0.1f;
    a = through(&o, &plainly, &v);
    ck_assert_int_eq(a.type, MI_F32);
    ck_assert_double_eq_tol(value(&a, 2, 0, 0), 400, 1e-4);
    ck_assert_double_eq_tol(value(&a, 1, 0, 0), 100, 1e-4);
    done(&a);
    done(&v);
    v = make(MI_F32, 4, 1, 1);
    const double y[4] = { NAN, -INFINITY, INFINITY, 0.25 };
    for (int i = 0; i < 4; i++)
        store(&v, i, y[i]);
    o = clipping(-1.5, 2.5);
    a = through(&o, &plainly, &v);
    ck_assert_int_eq(a.type, MI_F32);
    ck_assert(isnan(value(&a, 0, 0, 0)));
    ck_assert_double_eq(value(&a, 1, 0, 0), -1.5);
    ck_assert_double_eq(value(&a, 2, 0, 0), 2.5);
    ck_assert_double_eq(value(&a, 3, 0, 0), 0.25);
    done(&a);
    done(&v);
}
END_TEST

/* Voxels that stand for nothing are not values. */
START_TEST(padding_is_kept)
{
    mi_volume v = make(MI_I16, 4, 1, 1);
    const double x[4] = { -2000, -1500, 0, 3000 };
    for (int i = 0; i < 4; i++)
        store(&v, i, x[i]);
    v.meta.has_padding = true;
    v.meta.padding[0] = v.meta.padding[1] = -2000;
    v.meta.unit = (char *)"HU";
    mi_preproc_opts o = clipping(-1000, 400);
    for (int way = 0; way < 2; way++) {
        mi_volume a = through(&o, &plainly, &v);
        ck_assert_int_eq(a.type, way ? MI_F32 : MI_I16);
        ck_assert_double_eq(value(&a, 0, 0, 0), -2000);
        ck_assert_double_eq(value(&a, 1, 0, 0), o.clip.lo);
        ck_assert_double_eq(value(&a, 3, 0, 0), 400);
        ck_assert(a.meta.has_padding && a.meta.padding[0] == -2000);
        ck_assert_str_eq(a.meta.unit, "HU");
        done(&a);
        o.clip.lo = -999.5;
    }
    static const double slopes[] = { 2, -0.1 };
    for (int i = 0; i < 2; i++) {
        o = nothing();
        o.rescale = (mi_vec3){ 2, { slopes[i], 3 } };
        mi_volume a = through(&o, &plainly, &v);
        ck_assert_double_eq(a.meta.padding[0], value(&a, 0, 0, 0));
        ck_assert_double_eq(a.meta.padding[1], value(&a, 0, 0, 0));
        ck_assert_ptr_null(a.meta.unit);
        done(&a);
    }
    done(&v);
}
END_TEST

/* ---- rescale ---- */

START_TEST(rescale_in_the_header)
{
    mi_volume v = make(MI_I16, 5, 4, 3);
    fill_noise(&v);
    v.inter = -1024;
    mi_preproc_opts o = nothing();
    o.rescale = (mi_vec3){ 2, { 0.5, 12 } };
    mi_volume a = through(&o, &plainly, &v);
    ck_assert_int_eq(a.type, MI_I16);
    ck_assert(a.slope == 0.5 && a.inter == -500);
    ck_assert_mem_eq(a.data, v.data, 120);
    o.rescale = (mi_vec3){ 2, { 2, -24 } };
    mi_volume b = through(&o, &plainly, &a);
    ck_assert(b.slope == 1 && b.inter == -1024); /* back */
    done(&a);
    done(&b);
    o.rescale = (mi_vec3){ 2, { 1, 0 } };
    v.meta.unit = (char *)"HU";
    a = through(&o, &plainly, &v);
    ck_assert_str_eq(a.meta.unit, "HU");
    done(&a);
    done(&v);
}
END_TEST

/* What float32 cannot say in the header is computed in the voxels, once, and rounded once. */
START_TEST(rescale_in_the_voxels)
{
    static const struct { mi_type from, to; } rows[] = {
        { MI_U8, MI_F32 }, { MI_I16, MI_F32 }, { MI_U16, MI_F32 }, { MI_I32, MI_F64 },
        { MI_I64, MI_F64 }, { MI_F32, MI_F32 }, { MI_F64, MI_F64 }
    };
    for (int r = 0; r < MI_COUNT(rows); r++) {
        mi_volume v = make(rows[r].from, 5, 4, 3);
        fill_noise(&v);
        v.slope = 3;
        v.inter = -7;
        mi_preproc_opts o = nothing();
        o.rescale = (mi_vec3){ 2, { 0.1, 1 / 3.0 } };
        mi_volume a = through(&o, &plainly, &v);
        ck_assert_int_eq(a.type, rows[r].to);
        ck_assert(a.slope == 1 && a.inter == 0);
        for (int64_t i = 0; i < voxels(&v); i++) {
            double want = 0.1 * (3 * stored(&v, i) - 7) + 1 / 3.0;
            ck_assert_double_eq_tol(stored(&a, i), want,
                                    rows[r].to == MI_F32 ? fabs(want) * 6e-8
                                                         : fabs(want) * 1e-15 + 1e-15);
        }
        done(&a);
        done(&v);
    }
    mi_volume v = make(MI_I16, 1, 1, 1);
    mi_preproc_opts o = nothing();
    static const mi_vec3 bad[] = {
        { 1, { 2 } }, { 3, { 1, 2, 3 } }, { 2, { 0, 1 } }, { 2, { INFINITY, 0 } }
    };
    for (int i = 0; i < MI_COUNT(bad); i++) {
        o.rescale = bad[i];
        ck_assert_int_eq(refused(&o, &plainly, &v), MI_E_USAGE);
    }
    done(&v);
}
END_TEST

/* ---- like ---- */

static double plane_of(const double w[3]) { return 200 + 3 * w[0] - 2 * w[1] + 0.5 * w[2]; }

/* Linear interpolation gives a linear function back at the place in the world, between the outer
   centres; half a voxel further the border's value; then the value of padding. */
START_TEST(like_a_linear_function)
{
    mi_volume v = make(MI_F64, 12, 9, 7);
    const bool back[3] = { true, false, true };
    mi_grid to = { .n = { 14, 13, 11 } };
    double w[3], x[3];
    orient(&v.grid, turns[3], back, 0.3);
    orient(&to, turns[1], (const bool[3]){ false, false, false }, -0.2);
    for (int i = 0; i < 3; i++) { /* both about one centre */
        double here[3], there[3];
        world(&v.grid, 6, 4, 3, here);
        world(&to, 7, 6, 5, there);
        to.m[i][3] += here[i] - there[i];
    }
    for (int64_t at = 0; at < voxels(&v); at++) {
        world(&v.grid, at % 12, at / 12 % 9, at / 108, w);
        store(&v, at, plane_of(w));
    }
    char name[] = "grid";
    mi_preproc_opts o = nothing();
    o.like = name;
    o.like_interpolation = 1;
    o.pad_value = -5000;
    mi_volume a = through(&o, &(how){ .like = &to }, &v);
    int64_t inside = 0, outside = 0;
    ck_grid(&a.grid, &to, 0);
    for (int64_t at = 0; at < voxels(&a); at++) {
        bool in = true, out = false;
        world(&to, at % 14, at / 14 % 13, at / 182, w);
        mi_grid_index(&v.grid, w, x);
        for (int d = 0; d < 3; d++) {
            in = in && x[d] >= 0 && x[d] <= (double)(v.grid.n[d] - 1);
            out = out || x[d] < -0.501 || x[d] > (double)v.grid.n[d] - 0.499;
        }
        if (in)
            ck_assert_double_eq_tol(stored(&a, at), plane_of(w), 1e-9);
        if (out)
            ck_assert_double_eq(stored(&a, at), -5000);
        inside += in;
        outside += out;
    }
    ck_assert_int_gt(inside, 100);
    ck_assert_int_gt(outside, 100);
    done(&a);
    done(&v);
}
END_TEST

/* Halfway between two voxels the higher index counts, though origins like these leave a rounding
   error in every position. */
START_TEST(like_between_voxels)
{
    static const double origin[] = { 0, -177.9563293, 1e-3 / 3, 94.3017578125, 881.3200073 };
    char name[] = "grid";
    for (int t = 0; t < MI_COUNT(origin); t++) {
        mi_volume v = make(MI_U8, 8, 1, 1);
        mi_grid to = { { 12, 1, 1 },
                       { { 2, 0, 0, 0 }, { 0, 3, 0, 0 }, { 0, 0, 3, 0 } },
                       { 2, 3, 3 } };
        for (int d = 0; d < 3; d++) {
            v.grid.m[d][d] = v.grid.spacing[d] = 3;
            v.grid.m[d][3] = to.m[d][3] = origin[t];
        }
        to.m[0][3] -= 0.5; /* places (2 i - 0.5) / 3 */
        for (int i = 0; i < 8; i++)
            store(&v, i, i + 1);
        mi_preproc_opts o = nothing();
        o.like = name;
        mi_volume a = through(&o, &(how){ .labels = true, .like = &to }, &v);
        for (int i = 0; i < 12; i++)
            ck_assert_double_eq(stored(&a, i), (4 * i + 2) / 6 + 1);
        done(&a);
        done(&v);
    }
}
END_TEST

/* ---- untilt ---- */

/* A grid whose slices are shifted along y by dy (and along x by dx) mm per slice of 3 mm. */
static mi_volume tilted(mi_type t, double dx, double dy)
{
    mi_volume v = make(t, 12, 14, 9);
    v.grid = (mi_grid){ { 12, 14, 9 },
                        { { -1.5, 0, dx, 20 }, { 0, -1.25, dy, 40 }, { 0, 0, 3, -10 } },
                        { 1.5, 1.25, sqrt(dx * dx + dy * dy + 9) } };
    return v;
}

/* Where linear interpolation is exact it must give the very function at the place in the world,
   on a grid at right angles that holds every old voxel. */
START_TEST(untilt_a_linear_function)
{
    static const double tilt[][2] = {
        { 0, 0.8 }, { 0, -0.8 }, { 0.4, 0 }, { -0.7, 1.1 }, { 0, 0 }
    };
    for (int t = 0; t < MI_COUNT(tilt); t++) {
        mi_volume v = tilted(MI_F64, tilt[t][0], tilt[t][1]);
        double w[3], x[3];
        for (int64_t at = 0; at < voxels(&v); at++) {
            world(&v.grid, at % 12, at / 12 % 14, at / 168, w);
            store(&v, at, plane_of(w));
        }
        mi_preproc_opts o = nothing();
        cJSON *steps = NULL;
        o.untilt = true;
        o.pad_value = -5000;
        mi_volume a = through(&o, &(how){ .steps = &steps }, &v);
        ck_assert_double_eq_tol(a.grid.m[0][2], 0, 1e-12);
        ck_assert_double_eq_tol(a.grid.m[1][2], 0, 1e-12);
        ck_assert_double_eq_tol(a.grid.m[2][2], 3, 1e-12);
        ck_assert_double_eq_tol(a.grid.spacing[2], 3, 1e-12);
        double angle;
        ck_assert(mi_json_get_number(
            cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(steps, 0), "gantry_tilt_deg"),
            &angle));
        ck_assert_double_eq_tol(angle, atan2(hypot(tilt[t][0], tilt[t][1]), 3) * 180 / acos(-1),
                                1e-6);
        cJSON_Delete(steps);
        int64_t inside = 0;
        for (int64_t k = 0; k < a.grid.n[2]; k++)
            for (int64_t j = 0; j < a.grid.n[1]; j++)
                for (int64_t i = 0; i < a.grid.n[0]; i++) {
                    world(&a.grid, i, j, k, w);
                    mi_grid_index(&v.grid, w, x);
                    double y = value(&a, i, j, k);
                    ck_assert_double_eq_tol(x[2], (double)k, 1e-9);
                    if (x[0] > -1e-9 && x[0] < 11 + 1e-9 && x[1] > -1e-9 && x[1] < 13 + 1e-9) {
                        ck_assert_double_eq_tol(y, plane_of(w), 1e-6);
                        inside++;
                    } else if (x[0] < -0.51 || x[0] > 11.51 || x[1] < -0.51 || x[1] > 13.51) {
                        ck_assert_double_eq(y, -5000);
                    }
                }
        ck_assert_int_ge(inside, 11 * 13 * 9);
        for (int c = 0; c < 8; c++) { /* no corner is cut off */
            world(&v.grid, c & 1 ? 11 : 0, c & 2 ? 13 : 0, c & 4 ? 8 : 0, w);
            mi_grid_index(&a.grid, w, x);
            for (int d = 0; d < 3; d++)
                ck_assert(x[d] > -1e-6 && x[d] < (double)(a.grid.n[d] - 1) + 1e-6);
        }
        done(&a);
        done(&v);
    }
}
END_TEST

/* A label map of an ellipsoid: every straight voxel takes the label of the old voxel that is
   nearest within the slice. */
START_TEST(untilt_labels)
{
    mi_volume v = tilted(MI_U8, 0.35, 0.9);
    double w[3], x[3];
    for (int64_t at = 0; at < voxels(&v); at++) {
        world(&v.grid, at % 12, at / 12 % 14, at / 168, w);
        double r = pow((w[0] - 12) / 7, 2) + pow((w[1] - 36) / 7, 2) + pow((w[2] - 2) / 12, 2);
        store(&v, at, r < 0.3 ? 2 : r < 1 ? 7 : 0);
    }
    mi_preproc_opts o = nothing();
    o.untilt = true;
    o.pad_value = 99; /* of images only */
    mi_volume a = through(&o, &(how){ .labels = true }, &v);
    int64_t n = 0, before = 0;
    for (int64_t at = 0; at < voxels(&v); at++)
        before += stored(&v, at) != 0;
    for (int64_t k = 0; k < a.grid.n[2]; k++)
        for (int64_t j = 0; j < a.grid.n[1]; j++)
            for (int64_t i = 0; i < a.grid.n[0]; i++) {
                world(&a.grid, i, j, k, w);
                mi_grid_index(&v.grid, w, x);
                double u = floor(x[0] + 0.5), t = floor(x[1] + 0.5);
                bool in = u >= 0 && u < 12 && t >= 0 && t < 14;
                double want = in ? stored(&v, place(&v, (int64_t)u, (int64_t)t, k)) : 0;
                ck_assert_double_eq(stored(&a, place(&a, i, j, k)), want);
                n += want != 0;
            }
    ck_assert_int_eq(a.type, MI_U8);
    ck_assert_int_gt(before, 200);
    ck_assert(llabs(n - before) < before / 50);
    done(&a);
    done(&v);
}
END_TEST

START_TEST(untilt_next_to_nothing)
{
    mi_volume v = tilted(MI_F32, 0, 0.5), w = tilted(MI_I16, 0, 0.5); /* 0.4 voxels per slice */
    for (int64_t at = 0; at < voxels(&v); at++) {
        store(&v, at, at / 12 % 14 == 6 ? NAN : 100);
        store(&w, at, at / 12 % 14 == 6 ? -2000 : 101);
    }
    w.meta.has_padding = true;
    w.meta.padding[0] = -2000;
    w.meta.padding[1] = -1999;
    mi_preproc_opts o = nothing();
    o.untilt = true;
    mi_volume a = through(&o, &plainly, &v), b = through(&o, &plainly, &w);
    int nans = 0, nothings = 0;
    for (int64_t i = 0; i < voxels(&a); i++) {
        nans += isnan(stored(&a, i));
        nothings += stored(&b, i) == -2000;
        ck_assert(isnan(stored(&a, i)) || stored(&a, i) == 100 || stored(&a, i) == 0);
        ck_assert(stored(&b, i) == -2000 || stored(&b, i) == 101 || stored(&b, i) == 0);
    }
    /* one row in slices 0 and 5, which lie on voxels again; two in the others */
    ck_assert_int_eq(nans, 12 * (2 + 7 * 2));
    ck_assert_int_eq(nothings, nans);
    done(&a);
    done(&b);
    done(&v);
    done(&w);
}
END_TEST

/* ---- SUV ---- */

static mi_volume pet_of(mi_pet *p, mi_pet_frame frame[3])
{
    mi_volume v = make(MI_U16, 2, 2, 3);
    *p = (mi_pet){ .units = "BQML", .decay = "NONE", .corrected = "ATTN", .dose_bq = 3e8,
                   .half_life_s = 6586.2, .weight_kg = 70, .height_m = 1.7, .sex = 'M',
                   .series = 36000, .injection = 32400, .philips_suv = NAN, .philips_activity = NAN,
                   .ge_scan = NAN, .frame = frame, .n = 3 };
    for (int k = 0; k < 3; k++)
        frame[k] = (mi_pet_frame){ 36000 + 600 * k, 0, 0 };
    v.pet = p;
    v.slope = 2;
    for (int i = 0; i < 12; i++)
        store(&v, i, 1000 + i);
    v.meta.unit = (char *)"Bq/ml";
    return v;
}

START_TEST(suv_of_every_kind)
{
    mi_pet p;
    mi_pet_frame frame[3];
    mi_volume v = pet_of(&p, frame);
    /* kind, what the dose is divided by: by hand for a man of 70 kg and 1.70 m */
    const double r = 70 / 170.0, bmi = 70 / (1.7 * 1.7);
    const struct { int kind; double body; const char *unit; } rows[] = {
        { 1, 70000, "g/ml" },
        { 2, 1000 * (1.10 * 70 - 120 * r * r), "g/ml" },
        { 3, 1000 * (1.10 * 70 - 128 * r * r), "g/ml" },
        { 4, 1000 * 9270 * 70 / (6680 + 216 * bmi), "g/ml" },
        { 5, 71.84 * pow(70, 0.425) * pow(170, 0.725), "cm2/ml" },
        { 6, 1000 * (48 + 1.06 * 18), "g/ml" }
    };
    for (int i = 0; i < MI_COUNT(rows); i++) {
        mi_preproc_opts o = nothing();
        o.suv = rows[i].kind;
        mi_err err = MI_ERR_EMPTY;
        mi_chain *c = start(&o, &plainly, &v, &err);
        ck_assert_msg(c != NULL, "%s", err.message);
        ck_assert_str_eq(mi_chain_head(c)->meta.unit, rows[i].unit);
        mi_chain_free(c);
        mi_volume a = through(&o, &plainly, &v);
        ck_assert_int_eq(a.type, MI_F32);
        for (int k = 0; k < 3; k++) { /* each slice has its own time */
            double dose = 3e8 * exp2(-(3600 + 600 * k) / 6586.2);
            for (int j = 0; j < 4; j++)
                ck_assert_double_eq_tol(stored(&a, 4 * k + j),
                                        2 * (1000 + 4 * k + j) * rows[i].body / dose, 1e-6);
        }
        done(&a);
    }
    done(&v);
}
END_TEST

START_TEST(suv_comes_first)
{
    mi_pet p;
    mi_pet_frame frame[3];
    mi_volume v = pet_of(&p, frame);
    mi_preproc_opts o = nothing();
    o.suv = 1;
    o.crop = list(3, ":", ":", "1:3");
    static const char *const wrong[] = { "crop", "suv", NULL };
    static const char *const right[] = { "suv", "crop", NULL };
    ck_assert_int_eq(refused(&o, &(how){ .order = wrong }, &v), MI_E_USAGE);
    mi_volume a = through(&o, &(how){ .order = right }, &v), b = through(&o, &plainly, &v);
    ck_assert_int_eq(voxels(&a), 8);
    ck_assert_mem_eq(a.data, b.data, 32);
    ck_assert_double_eq_tol(stored(&a, 0), 2008 * 70000 / (3e8 * exp2(-4200 / 6586.2)), 1e-6);
    done(&a);
    done(&b);
    /* a mask goes by */
    v.pet = NULL;
    a = through(&o, &(how){ .labels = true }, &v);
    ck_assert_int_eq(a.type, MI_U16);
    done(&a);
    ck_assert_int_eq(refused(&o, &plainly, &v), MI_E_DATA); /* no header of a PET image */
    done(&v);
}
END_TEST

/* ---- chains ---- */

static const how *const ways[] = { &(how) { .labels = false }, &(how) { .labels = true },
                                   &(how) { .other = true } };

/* Many steps in one chain give what they give one after the other. */
START_TEST(many_steps_or_one_by_one)
{
    static const char *const names[] = { "untilt", "reorient", "crop", "pad", "clip", "rescale" };
    for (int way = 0; way < 3; way++) {
        mi_volume v = tilted(MI_I16, 0, 0.8);
        fill_noise(&v);
        mi_preproc_opts all = nothing();
        all.untilt = true;
        all.reorient = (char *)"SPR";
        char *crop[3] = { (char *)"1:8", (char *)"2:14", (char *)":10" };
        char *pad[1] = { (char *)"2" };
        all.crop = (mi_list){ crop, 3 };
        all.pad = (mi_list){ pad, 1 };
        all.pad_value = 40;
        all.clip = (mi_range){ 20, 100 };
        all.rescale = (mi_vec3){ 2, { 0.1, 5 } };
        cJSON *steps = NULL;
        how h = *ways[way];
        h.steps = &steps;
        mi_volume at_once = through(&all, &h, &v), one = v;
        ck_assert_int_eq(cJSON_GetArraySize(steps), way == 0 ? 6 : 4);
        cJSON_Delete(steps);
        one.data = malloc((size_t)voxels(&v) * 2);
        memcpy(one.data, v.data, (size_t)voxels(&v) * 2);
        for (int s = 0; s < 6; s++) {
            const char *const only[] = { names[s], NULL };
            how by = *ways[way];
            by.order = only;
            mi_volume next = through(&all, &by, &one);
            done(&one);
            one = next;
        }
        ck_grid(&one.grid, &at_once.grid, 1e-12);
        ck_assert_int_eq(one.type, at_once.type);
        ck_assert_int_eq(one.type, way == 0 ? MI_F32 : MI_I16);
        ck_assert_mem_eq(one.data, at_once.data, (size_t)voxels(&one) * mi_type_size(one.type));
        done(&one);
        done(&at_once);
        done(&v);
    }
}
END_TEST

START_TEST(no_step_is_no_chain)
{
    mi_volume v = make(MI_I16, 2, 2, 2);
    mi_preproc_opts o = nothing();
    mi_err err = MI_ERR_EMPTY;
    mi_chain *c = start(&o, &plainly, &v, &err);
    ck_assert(c && mi_chain_is_empty(c));
    mi_chain_free(c);
    o = clipping(0, 1);
    c = start(&o, &(how){ .labels = true }, &v, &err);
    ck_assert(c && mi_chain_is_empty(c));
    mi_chain_free(c);
    static const char *const unknown[] = { "clipp", NULL };
    ck_assert_int_eq(refused(&o, &(how){ .order = unknown }, &v), MI_E_USAGE);
    done(&v);
}
END_TEST

/* NIfTI-1 keeps slope and intercept as float32: the number told as padding is met only nearly by
   the voxels that hold it. */
START_TEST(padding_is_known_behind_rounded_slopes)
{
    mi_volume v = MI_VOLUME_EMPTY;
    v.type = MI_I16;
    v.slope = (float)0.745;
    v.inter = (float)-768.67;
    v.meta.has_padding = true;
    v.meta.padding[0] = v.meta.padding[1] = -2000 * 0.745 - 768.67;
    mi_range r = mi_stored_padding(&v);
    ck_assert_double_eq(r.lo, -2000);
    ck_assert_double_eq(r.hi, -2000);
    r = mi_volume_padding(&v);
    ck_assert_double_le(r.lo, -2000 * v.slope + v.inter);
    ck_assert_double_ge(r.hi, -2000 * v.slope + v.inter);
    ck_assert_double_gt(r.lo, -2001 * v.slope + v.inter);
    ck_assert_double_lt(r.hi, -1999 * v.slope + v.inter);
    v.type = MI_F32;
    v.slope = 1;
    v.inter = 0;
    r = mi_stored_padding(&v);
    ck_assert_double_le(r.lo, (float)v.meta.padding[0]);
    ck_assert_double_ge(r.hi, (float)v.meta.padding[0]);
    v.meta.has_padding = false;
    r = mi_stored_padding(&v);
    ck_assert_double_gt(r.lo, r.hi);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("preproc");
    TCase *t = tcase_create("preproc");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, padding_is_known_behind_rounded_slopes);
    tcase_add_test(t, reorient_every_way);
    tcase_add_test(t, reorient_every_size);
    tcase_add_test(t, reorient_by_hand);
    tcase_add_test(t, crop_by_hand);
    tcase_add_test(t, pad_by_hand);
    tcase_add_test(t, crop_to_mask_behind_other_steps);
    tcase_add_test(t, clip_keeps_the_type);
    tcase_add_test(t, clip_64_bits);
    tcase_add_test(t, clip_scaled_and_floating);
    tcase_add_test(t, padding_is_kept);
    tcase_add_test(t, rescale_in_the_header);
    tcase_add_test(t, rescale_in_the_voxels);
    tcase_add_test(t, like_a_linear_function);
    tcase_add_test(t, like_between_voxels);
    tcase_add_test(t, untilt_a_linear_function);
    tcase_add_test(t, untilt_labels);
    tcase_add_test(t, untilt_next_to_nothing);
    tcase_add_test(t, suv_of_every_kind);
    tcase_add_test(t, suv_comes_first);
    tcase_add_test(t, many_steps_or_one_by_one);
    tcase_add_test(t, no_step_is_no_chain);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
