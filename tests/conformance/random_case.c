#include "random_case.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "reference.h"

/* xorshift64* (Vigna 2016). */
static uint64_t next(uint64_t *s)
{
    *s ^= *s >> 12;
    *s ^= *s << 25;
    *s ^= *s >> 27;
    return *s * 2685821657736338717u;
}
static double uniform(uint64_t *s)
{
    return (double)(next(s) >> 11) / 9007199254740992.0;
}
static int below(uint64_t *s, int n)
{
    return (int)(next(s) % (uint64_t)n);
}

/* ---- grids ---- */

static void make_grid(random_case *c, uint64_t *s, unsigned seed)
{
    static const double sizes[] = { 1, 1, 1, 2, 0.7, 0.9765625, 3, 1.5, 4.2 };
    double q[4], len = 0, turn[3][3];
    for (int d = 0; d < 3; d++) {
        c->n[d] = 4 + below(s, d == 2 ? 5 : 7);
        c->s[d] = sizes[below(s, 9)];
    }
    if (seed % 4 == 0)
        c->s[1] = c->s[2] = c->s[0];
    for (int i = 0; i < 4; i++) {
        q[i] = seed % 3 == 0 ? i == 0 : uniform(s) - 0.5;
        len += q[i] * q[i];
    }
    for (int i = 0; i < 4; i++)
        q[i] /= sqrt(len);
    double a = q[0], b = q[1], e = q[2], f = q[3];
    double rotation[3][3] = {
        { a * a + b * b - e * e - f * f, 2 * (b * e - a * f), 2 * (b * f + a * e) },
        { 2 * (b * e + a * f), a * a - b * b + e * e - f * f, 2 * (e * f - a * b) },
        { 2 * (b * f - a * e), 2 * (e * f + a * b), a * a - b * b - e * e + f * f }
    };
    memcpy(turn, rotation, sizeof turn);
    for (int d = 0; d < 3; d++) {
        double mirror = seed % 5 == 1 && d != 2 ? -1 : 1;
        for (int r = 0; r < 3; r++)
            c->m[r][d] = turn[r][d] * c->s[d] * mirror;
        c->m[d][3] = 200 * (uniform(s) - 0.5);
    }
}

/* ---- shapes ---- */

static size_t at(const random_case *c, int x, int y, int z)
{
    return (size_t)x + (size_t)c->n[0] * ((size_t)y + (size_t)c->n[1] * (size_t)z);
}

static void line(random_case *c, uint64_t *s)
{
    int d[3] = { below(s, 3) - 1, below(s, 3) - 1, 1 }, p[3];
    for (int i = 0; i < 3; i++)
        p[i] = d[i] < 0 ? c->n[i] - 1 : 0;
    while (p[0] >= 0 && p[1] >= 0 && p[0] < c->n[0] && p[1] < c->n[1] && p[2] < c->n[2]) {
        c->mask[at(c, p[0], p[1], p[2])] = 1;
        for (int i = 0; i < 3; i++)
            p[i] += d[i];
    }
}

/* Is the voxel in shape number `shape`? */
static bool inside(const random_case *c, uint64_t *s, int shape, int x, int y, int z,
                   const double *r)
{
    double dx = x - c->n[0] * r[0], dy = y - c->n[1] * r[1], dz = z - c->n[2] * r[2];
    bool edge =
        x == 0 || y == 0 || z == 0 || x == c->n[0] - 1 || y == c->n[1] - 1 || z == c->n[2] - 1;
    switch (shape) {
    case 0:
        return dx * dx + dy * dy + dz * dz <= 3 + 5 * r[3]; /* a ball, perhaps cut by the border */
    case 1:
        return uniform(s) < 0.5; /* scattered, touching borders */
    case 2:
        return !edge; /* a block */
    case 3:
        return !edge && uniform(s) < 0.8; /* a block with holes */
    case 4:
        return !edge && (x < c->n[0] / 2 || y < c->n[1] / 2); /* an L */
    case 5:
        return z == c->n[2] / 2 && uniform(s) < 0.8; /* a plane */
    case 6:
        return x == c->n[0] / 2; /* a plane across the slices, to the border */
    case 7:
        return (x < 2 && y < 2) || (x > 2 && z > 2 && uniform(s) < 0.7); /* two parts */
    case 8:
        return x == y; /* a slanted plane */
    case 9:
        return uniform(s) < 0.12; /* crumbs */
    case 10:
        return edge; /* a hollow box */
    default:
        return true; /* the whole image */
    }
}

static const char *const shape_names[] = {
    "ball",      "scattered",     "block",  "holes",      "L",           "plane", "sagittal plane",
    "two parts", "slanted plane", "crumbs", "hollow box", "whole image", "line",  "one voxel"
};

static int make_mask(random_case *c, uint64_t *s, unsigned seed)
{
    int shape = (int)(seed % 14), n = 0;
    double r[4] = { uniform(s), uniform(s), uniform(s), uniform(s) };
    if (shape == 12)
        line(c, s);
    for (int z = 0; z < c->n[2]; z++)
        for (int y = 0; y < c->n[1]; y++)
            for (int x = 0; x < c->n[0]; x++) {
                if (shape < 12)
                    c->mask[at(c, x, y, z)] = inside(c, s, shape, x, y, z, r);
                n += c->mask[at(c, x, y, z)];
            }
    if (n == 0)
        c->mask[at(c, below(s, c->n[0]), below(s, c->n[1]), below(s, c->n[2]))] = 1;
    return shape;
}

/* ---- values ---- */

static int make_values(random_case *c, uint64_t *s, unsigned seed)
{
    int kind = (int)(seed / 14 % 6);
    size_t total = at(c, 0, 0, c->n[2]);
    for (size_t i = 0; i < total; i++) {
        double u = uniform(s);
        double smooth = sin((double)(i % (size_t)c->n[0]) / 2) + cos((double)i / total * 6);
        switch (kind) {
        case 0:
            c->value[i] = floor(u * 200) - 60;
            break; /* whole, negative too */
        case 1:
            c->value[i] = 40 * (u - 0.5);
            break; /* fractions about zero */
        case 2:
            c->value[i] = 1 + below(s, 3);
            break; /* three values */
        case 3:
            c->value[i] = 1000 + 300 * smooth + 20 * u;
            break;
        case 4:
            c->value[i] = 7;
            break; /* one value */
        default:
            c->value[i] = 1 + (double)below(s, 9);
            break; /* grey levels as they are */
        }
    }
    if (seed % 17 == 5)
        c->value[total / 2] = NAN;
    if (seed % 19 == 7)
        c->value[total / 3] = INFINITY;
    return kind;
}

static const char *const value_names[] = { "whole",  "fractions", "three values",
                                           "smooth", "one value", "levels" };

/* ---- settings ---- */

static void make_settings(random_case *c, uint64_t *s, unsigned seed, int kind)
{
    mi_settings *t = &c->set;
    *t = (mi_settings) { .interpolation = MI_INTERP_LINEAR,
                         .mask_interpolation = MI_INTERP_LINEAR,
                         .mask_threshold = 0.5,
                         .range = { -INFINITY, INFINITY },
                         .outliers = NAN,
                         .discretisation = MI_BIN_NUMBER,
                         .bin_number = 4 + below(s, 29),
                         .bin_width = NAN,
                         .bin_start = NAN,
                         .ivh_discretisation = MI_BIN_NUMBER,
                         .ivh_bin_number = 100,
                         .ivh_bin_width = NAN,
                         .ivh_range = { -INFINITY, INFINITY },
                         .glcm_distance = 1,
                         .ngtdm_distance = 1,
                         .ngldm_distance = 1,
                         .peak_radius = 6.203504908994001 };
    double lo = kind == 3 ? 800 : kind == 2 || kind == 5 ? 1 : -20;
    if (seed % 3 == 1)
        t->range = (mi_range) { lo, seed % 2 ? INFINITY : lo + (kind == 3 ? 500 : 100) };
    if (seed % 7 == 3)
        t->outliers = 1.5;
    if (seed % 41 == 40) /* nothing is left */
        t->range = (mi_range) { 1e6, 2e6 };
    if (seed % 4 == 2) {
        t->discretisation = MI_BIN_WIDTH;
        t->bin_width = kind == 3 ? 23.5 : kind == 2 || kind == 5 ? 0.75 : 6.25;
        if (seed % 8 == 2)
            t->bin_start = kind == 3 ? 400 : -61;
    }
    if (kind == 5)
        t->discretisation = MI_BIN_NONE;
    if (kind != 1 && seed % 5 == 2)
        t->ivh_discretisation = MI_BIN_NONE;
    if (seed % 5 == 3) {
        t->ivh_discretisation = MI_BIN_WIDTH;
        t->ivh_bin_width = 0.5;
        if (!isfinite(t->range.lo))
            t->range.lo = lo;
        if (!isfinite(t->range.hi))
            t->range.hi = lo + 600;
    }
}

static void make_distances(random_case *c, uint64_t *s, unsigned seed)
{
    mi_settings *t = &c->set;
    if (seed % 3 != 2)
        return;
    t->glcm_norm = below(s, 3);
    t->glcm_distance = 1 + below(s, 2);
    t->glcm_weighting = below(s, 3);
    t->glrlm_weighting = below(s, 3);
    t->ngtdm_norm = below(s, 3);
    t->ngtdm_distance = 1 + below(s, 2);
    t->ngldm_norm = below(s, 3);
    t->ngldm_distance = 1 + below(s, 2);
    t->ngldm_alpha = below(s, 3);
}

static void make_interpolation(random_case *c, uint64_t *s, unsigned seed, int kind)
{
    mi_settings *t = &c->set;
    if (seed % 3 != 1 || kind == 2 || kind == 5 || seed % 14 == 13)
        return;
    if (kind == 4) /* one value interpolates to itself only up to rounding: no defined levels */
        return;
    t->spacing.n = 1 + below(s, 3);
    for (int d = 0; d < t->spacing.n; d++)
        t->spacing.v[d] = c->s[d] * (0.6 + 0.9 * uniform(s));
    if (t->spacing.n == 1)
        t->spacing.v[0] = fmin(c->s[0], fmin(c->s[1], c->s[2])) * 1.13;
    t->interpolation = below(s, 3);
    t->mask_interpolation = below(s, 2);
    t->round = kind == 1 && seed % 4 == 0;
    for (size_t i = 0; i < at(c, 0, 0, c->n[2]); i++)
        if (!isfinite(c->value[i]))
            c->value[i] = 3;
}

void random_case_make(random_case *c, unsigned seed)
{
    uint64_t s = (seed + 1) * 0x9E3779B97F4A7C15u;
    memset(c, 0, sizeof *c);
    make_grid(c, &s, seed);
    size_t total = at(c, 0, 0, c->n[2]);
    c->value = ref_alloc(total, sizeof *c->value);
    c->mask = ref_alloc(total, 1);
    int shape = make_mask(c, &s, seed), kind = make_values(c, &s, seed);
    make_settings(c, &s, seed, kind);
    make_distances(c, &s, seed);
    make_interpolation(c, &s, seed, kind);
    snprintf(c->what, sizeof c->what, "case %u (%s, %s, %dx%dx%d%s)", seed, shape_names[shape],
             value_names[kind], c->n[0], c->n[1], c->n[2],
             c->set.spacing.n ? ", interpolated" : "");
}

void random_case_free(random_case *c)
{
    free(c->value);
    free(c->mask);
    memset(c, 0, sizeof *c);
}
