/* Texture families: published values and matrices of the digital phantom, cases worked by hand, and
   what must not matter (threads, flips, how levels are stored). */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/family.h"
#include "radiomics/levels.h"
#include "radiomics/matrices.h"
#include "radiomics/matrix.h"

static const mi_family *const families[] = { &mi_family_glcm,  &mi_family_glrlm, &mi_family_glszm,
                                             &mi_family_gldzm, &mi_family_ngtdm, &mi_family_ngldm };
enum { FAMILIES = 6, AGG = 6, ROWS = 25 };

static const mi_settings plain = { .glcm_distance = 1, .ngtdm_distance = 1, .ngldm_distance = 1 };

/* ---- regions ---- */

/* Levels as given, x fastest; 0 is outside both masks. */
static mi_region region_of(const int64_t n[3], const int32_t *level)
{
    mi_region r = MI_REGION_EMPTY;
    const int64_t voxels = n[0] * n[1] * n[2];
    mi_err err = MI_ERR_EMPTY;
    r.morph = mi_array_zero((size_t)voxels, 1, &err);
    r.inten = mi_array_zero((size_t)voxels, 1, &err);
    r.level = mi_array_zero((size_t)voxels, sizeof *r.level, &err);
    ck_assert(r.morph && r.inten && r.level);
    for (int a = 0; a < 3; a++)
        r.n[a] = r.box.hi[a] = n[a];
    for (int64_t i = 0; i < voxels; i++) {
        r.level[i] = level[i];
        r.morph[i] = r.inten[i] = level[i] > 0;
        r.n_inten += level[i] > 0;
        r.ng = level[i] > r.ng ? level[i] : r.ng;
    }
    r.n_morph = r.n_inten;
    return r;
}

static void region_end(mi_region *r)
{
    free(r->morph);
    free(r->inten);
    free(r->level);
}

static uint32_t next(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return (uint32_t)(*s >> 32);
}

/* Patchy levels from 1 to `levels`, `step` apart, with holes. */
static mi_region random_region(int64_t nx, int64_t ny, int64_t nz, int levels, int32_t step,
                               uint64_t seed)
{
    const int64_t n[3] = { nx, ny, nz };
    mi_err err = MI_ERR_EMPTY;
    int32_t *v = mi_array((size_t)(nx * ny * nz), sizeof *v, &err);
    ck_assert_ptr_nonnull(v);
    for (int64_t i = 0; i < nx * ny * nz; i++) {
        v[i] = next(&seed) % 7 == 0 ? 0 : step * (int32_t)(1 + next(&seed) % (unsigned)levels);
        if (i > 0 && v[i] && v[i - 1] && next(&seed) % 3)
            v[i] = v[i - 1];
    }
    mi_region r = region_of(n, v);
    free(v);
    return r;
}

typedef struct result {
    double value[AGG * ROWS];
    const char *why[AGG * ROWS];
} result;

static void measure(const mi_family *f, const mi_region *r, const mi_settings *s, mi_pool *pool,
                    result *to)
{
    bool want[AGG] = { true, true, true, true, true, true };
    mi_err err = MI_ERR_EMPTY;
    mi_measured m = { to->value, to->why };
    memset(to, 0, sizeof *to);
    ck_assert_msg(mi_family_measure(f, r, s, want, pool, &m, &err) == 0, "%s", err.message);
}

static int row_of(const mi_family *f, const char *agg, const char *id)
{
    for (int a = 0; a < f->n_aggregations; a++)
        for (int i = 0; i < f->n_rows; i++)
            if (strcmp(f->aggregations[a].id, agg) == 0 && strcmp(f->rows[i].id, id) == 0)
                return a * f->n_rows + i;
    ck_abort_msg("no row %s.%s.%s", f->id, agg, id);
    return -1;
}

static double value_of(const mi_family *f, const result *r, const char *agg, const char *id)
{
    return r->value[row_of(f, agg, id)];
}

static void ck_near(double x, double expected)
{
    ck_assert_msg(fabs(x - expected) <= 1e-13 * fmax(1, fabs(expected)), "%.17g, not %.17g", x,
                  expected);
}

/* ---- the digital phantom ---- */

static FILE *open_data(const char *name)
{
    char path[1024];
    const char *dir = getenv("srcdir");
    snprintf(path, sizeof path, "%s/testdata/%s", dir ? dir : ".", name);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "cannot open %s", path);
    return f;
}

static mi_region phantom(void)
{
    const int64_t n[3] = { 5, 4, 4 };
    int32_t v[80] = { 0 };
    char line[512];
    int x, y, z, g, in, found = 0;
    FILE *f = open_data("ibsi_digital_phantom.csv");
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%d,%d,%d,%d,%d", &x, &y, &z, &g, &in) == 5) {
            v[x + 5 * (y + 4 * z)] = in ? g : 0;
            found++;
        }
    fclose(f);
    ck_assert_int_eq(found, 80);
    mi_region r = region_of(n, v);
    ck_assert_int_eq(r.n_inten, 74);
    return r;
}

/* Cells of a CSV line without quotes, in place. */
static int split(char *line, char **cell, int max)
{
    int n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *p = line; p && n < max; n++) {
        cell[n] = p;
        p = strchr(p, ',');
        if (p)
            *p++ = '\0';
    }
    return n;
}

/* Published values have three digits. */
static double three_digits(double x)
{
    char text[40];
    snprintf(text, sizeof text, "%.3g", x);
    return strtod(text, NULL);
}

START_TEST(phantom_values)
{
    mi_region r = phantom();
    static result all[FAMILIES];
    for (int k = 0; k < FAMILIES; k++)
        measure(families[k], &r, &plain, NULL, &all[k]);
    FILE *f = open_data("ibsi1_values.csv");
    char line[512], *c[8];
    int checked = 0;
    while (fgets(line, sizeof line, f)) {
        if (split(line, c, 8) != 8 || strcmp(c[0], "digital_phantom") != 0)
            continue;
        for (int k = 0; k < FAMILIES; k++) {
            const mi_family *m = families[k];
            if (strcmp(m->name, c[1]) != 0)
                continue;
            int found = 0;
            for (int a = 0; a < m->n_aggregations; a++)
                for (int i = 0; i < m->n_rows; i++) {
                    if (strcmp(m->aggregations[a].name, c[2]) || strcmp(m->rows[i].name, c[3]) ||
                        strcmp(m->rows[i].tag, c[4]))
                        continue;
                    const double x = three_digits(all[k].value[a * m->n_rows + i]);
                    const double ref = strtod(c[5], NULL), tol = strtod(c[6], NULL);
                    found++;
                    ck_assert_msg(fabs(x - ref) <= tol + 1e-9 * fabs(ref), "%s %s %s: %g, not %g",
                                  c[1], c[2], c[3], x, ref);
                }
            ck_assert_msg(found == 1, "%s %s %s", c[1], c[2], c[3]);
            checked++;
        }
    }
    fclose(f);
    ck_assert_int_eq(checked, 6 * (25 + 16) + 3 * (16 + 16 + 5 + 17));
    region_end(&r);
}
END_TEST

typedef struct lines { char text[2000][96]; int n; } lines;

static void keep_line(void *user, const char *line)
{
    lines *l = user;
    ck_assert_int_lt(l->n, 2000);
    snprintf(l->text[l->n++], sizeof l->text[0], "%s", line);
}

/* Does the printed line tell the same entry? The published s has six decimals. */
static bool same_entry(const char *ours, const char *theirs)
{
    char a[512], b[512], *p[8], *q[8];
    snprintf(a, sizeof a, "%s", ours);
    snprintf(b, sizeof b, "%s", theirs);
    if (split(a, p, 8) != 8 || split(b, q, 8) != 8)
        return false;
    for (int i = 0; i < 7; i++)
        if (strcmp(p[i], q[i]) != 0)
            return false;
    return fabs(strtod(p[7], NULL) - strtod(q[7], NULL)) < 1e-6;
}

START_TEST(phantom_matrices)
{
    mi_region r = phantom();
    mi_err err = MI_ERR_EMPTY;
    static lines ours;
    ours.n = 0;
    ck_assert_int_eq(mi_matrices_print(&r, &plain, keep_line, &ours, &err), 0);
    FILE *f = open_data("digital_phantom_texture_matrices.csv");
    char line[512];
    int published = 0, printed = 0;
    while (fgets(line, sizeof line, f)) {
        bool found = false;
        line[strcspn(line, "\r\n")] = '\0';
        for (int i = 0; i < ours.n && !found; i++)
            found = same_entry(ours.text[i], line);
        ck_assert_msg(found, "not printed: %s", line);
        published++;
    }
    fclose(f);
    for (int i = 0; i < ours.n; i++) /* nothing that is not published, apart from 2.5-D */
        printed += strstr(ours.text[i], ",2.5D") == NULL;
    ck_assert_int_eq(published, 633);
    ck_assert_int_eq(printed, 633);
    region_end(&r);
}
END_TEST

/* ---- by hand ---- */

/* The example of the manual's section on co-occurrence: M for the direction to the right is
   {0 3 0 2; 3 2 3 2; 0 3 2 0; 2 2 0 0}, 24 in all. */
START_TEST(manual_example)
{
    const int64_t n[3] = { 4, 4, 1 };
    const int32_t v[16] = { 1, 2, 2, 3, 1, 2, 3, 3, 4, 2, 4, 1, 4, 1, 2, 3 };
    mi_region r = region_of(n, v);
    mi_settings s = plain;
    char *only[] = { (char *)"25d_dir" };
    mi_err err = MI_ERR_EMPTY;
    static lines l;
    static const char *const m[] = { "1,2,3", "1,4,2", "2,1,3", "2,2,2", "2,3,3", "2,4,2",
                                     "3,2,3", "3,3,2", "4,1,2", "4,2,2" };
    int found = 0, right = 0;
    l.n = 0;
    s.aggregations = (mi_list){ only, 1 };
    ck_assert_int_eq(mi_matrices_print(&r, &s, keep_line, &l, &err), 0);
    for (int i = 0; i < l.n; i++) {
        right += strncmp(l.text[i], "GLCM,2.5D,1 0 0,", 16) == 0;
        for (int k = 0; k < MI_COUNT(m); k++) {
            char want[96];
            snprintf(want, sizeof want, "GLCM,2.5D,1 0 0,,%s,", m[k]);
            found += strcmp(l.text[i], want) == 0;
        }
    }
    ck_assert_int_eq(found, MI_COUNT(m));
    ck_assert_int_eq(right, MI_COUNT(m));
    region_end(&r);
}
END_TEST

/* Levels 1 1 2 in a row: one direction has the pairs (1,1) and (1,2), M = {2 1; 1 0}. */
START_TEST(three_in_a_row)
{
    const int64_t n[3] = { 3, 1, 1 };
    const int32_t v[3] = { 1, 1, 2 };
    mi_region r = region_of(n, v);
    result m;
    measure(&mi_family_glcm, &r, &plain, NULL, &m);
    for (int a = 0; a < 6; a++) {
        const char *agg = mi_agg_six[a].id;
        ck_near(value_of(&mi_family_glcm, &m, agg, "joint_maximum"), 0.5);
        ck_near(value_of(&mi_family_glcm, &m, agg, "joint_average"), 1.25);
        ck_near(value_of(&mi_family_glcm, &m, agg, "joint_entropy"), 1.5);
        ck_near(value_of(&mi_family_glcm, &m, agg, "contrast"), 0.5);
        ck_near(value_of(&mi_family_glcm, &m, agg, "normalised_inverse_difference"),
                0.5 + 0.5 / 1.5);
        ck_near(value_of(&mi_family_glcm, &m, agg, "correlation"), -1.0 / 3);
    }
    measure(&mi_family_glrlm, &r, &plain, NULL, &m);
    /* along x: a run of two 1s and one of one 2; elsewhere three runs of one */
    ck_near(value_of(&mi_family_glrlm, &m, "3d_avg", "run_percentage"), (2.0 / 3 + 12) / 13);
    ck_near(value_of(&mi_family_glrlm, &m, "2d_avg", "run_percentage"), (2.0 / 3 + 3) / 4);
    ck_near(value_of(&mi_family_glrlm, &m, "3d_merge", "run_percentage"), (2.0 + 36) / 39);
    measure(&mi_family_glszm, &r, &plain, NULL, &m);
    ck_near(value_of(&mi_family_glszm, &m, "3d", "small_zone_emphasis"), (0.25 + 1) / 2);
    measure(&mi_family_ngldm, &r, &plain, NULL, &m);
    ck_near(value_of(&mi_family_ngldm, &m, "2d", "high_dependence_emphasis"), (4 + 4 + 1) / 3.0);
    measure(&mi_family_ngtdm, &r, &plain, NULL, &m);
    /* s_1 = |1 - 1| + |1 - 1.5|, s_2 = |2 - 1| */
    ck_near(value_of(&mi_family_ngtdm, &m, "3d", "coarseness"), 1 / (2.0 / 3 * 0.5 + 1.0 / 3));
    region_end(&r);
}
END_TEST

/* Runs of 600 and 300 voxels along each axis; across them every voxel is a run. */
START_TEST(long_runs)
{
    mi_err err = MI_ERR_EMPTY;
    int32_t *v = mi_array(900, sizeof *v, &err);
    ck_assert_ptr_nonnull(v);
    for (int i = 0; i < 900; i++)
        v[i] = i < 600 ? 1 : 2;
    for (int axis = 0; axis < 3; axis++) {
        int64_t n[3] = { 1, 1, 1 };
        n[axis] = 900;
        mi_region r = region_of(n, v);
        result m;
        measure(&mi_family_glrlm, &r, &plain, NULL, &m);
        ck_near(value_of(&mi_family_glrlm, &m, "3d_avg", "long_runs_emphasis"),
                ((360000 + 90000) / 2.0 + 12) / 13);
        ck_near(value_of(&mi_family_glrlm, &m, "3d_merge", "run_percentage"),
                (2.0 + 12 * 900) / (13 * 900));
        measure(&mi_family_glszm, &r, &plain, NULL, &m);
        ck_near(value_of(&mi_family_glszm, &m, "3d", "zone_size_variance"), 150.0 * 150);
        region_end(&r);
    }
    free(v);
}
END_TEST

START_TEST(one_voxel)
{
    const int64_t n[3] = { 1, 1, 1 };
    const int32_t v[1] = { 5 };
    mi_region r = region_of(n, v);
    result m;
    measure(&mi_family_glcm, &r, &plain, NULL, &m);
    for (int i = 0; i < 6 * mi_family_glcm.n_rows; i++) {
        ck_assert(isnan(m.value[i]));
        ck_assert_str_eq(m.why[i], "no two voxels of the region at this distance");
    }
    measure(&mi_family_ngtdm, &r, &plain, NULL, &m);
    for (int i = 0; i < 3 * mi_family_ngtdm.n_rows; i++)
        ck_assert(isnan(m.value[i]) && m.why[i]);
    measure(&mi_family_glrlm, &r, &plain, NULL, &m);
    ck_near(value_of(&mi_family_glrlm, &m, "3d_merge", "run_percentage"), 1);
    ck_near(value_of(&mi_family_glrlm, &m, "3d_avg", "run_entropy"), 0);
    ck_near(value_of(&mi_family_glrlm, &m, "3d_avg", "high_grey_level_run_emphasis"), 25);
    measure(&mi_family_gldzm, &r, &plain, NULL, &m);
    ck_near(value_of(&mi_family_gldzm, &m, "2d", "large_distance_emphasis"), 1);
    region_end(&r);
}
END_TEST

START_TEST(no_voxel)
{
    const int64_t n[3] = { 2, 1, 1 };
    const int32_t v[2] = { 0, 0 };
    mi_region r = region_of(n, v);
    result m;
    for (int k = 0; k < FAMILIES; k++) {
        measure(families[k], &r, &plain, NULL, &m);
        for (int i = 0; i < families[k]->n_aggregations * families[k]->n_rows; i++) {
            ck_assert(isnan(m.value[i]));
            ck_assert_str_eq(m.why[i], "no voxel in the intensity mask");
        }
    }
    region_end(&r);
}
END_TEST

START_TEST(one_level)
{
    const int64_t n[3] = { 3, 3, 2 };
    int32_t v[18];
    for (int i = 0; i < 18; i++)
        v[i] = 3;
    mi_region r = region_of(n, v);
    result m;
    measure(&mi_family_glcm, &r, &plain, NULL, &m);
    int c = row_of(&mi_family_glcm, "3d_merge", "correlation");
    ck_assert(isnan(m.value[c]) && m.why[c]);
    c = row_of(&mi_family_glcm, "2d_avg", "information_correlation_1");
    ck_assert(isnan(m.value[c]) && m.why[c]);
    ck_near(value_of(&mi_family_glcm, &m, "3d_avg", "information_correlation_2"), 0);
    ck_near(value_of(&mi_family_glcm, &m, "3d_avg", "joint_entropy"), 0);
    ck_near(value_of(&mi_family_glcm, &m, "3d_avg", "angular_second_moment"), 1);
    measure(&mi_family_ngtdm, &r, &plain, NULL, &m);
    ck_near(value_of(&mi_family_ngtdm, &m, "3d", "coarseness"), 1e6);
    ck_near(value_of(&mi_family_ngtdm, &m, "3d", "contrast"), 0);
    ck_near(value_of(&mi_family_ngtdm, &m, "3d", "busyness"), 0);
    region_end(&r);
}
END_TEST

/* A slice of one level has no correlation: the mean over slices is that of the other slice. A
   direction without pairs and a slice without voxels are left out as well. */
START_TEST(left_out_of_means)
{
    const int64_t n[3] = { 3, 1, 3 };
    const int32_t v[9] = { 1, 1, 2, 0, 0, 0, 2, 2, 2 };
    mi_region r = region_of(n, v);
    result m;
    measure(&mi_family_glcm, &r, &plain, NULL, &m);
    ck_near(value_of(&mi_family_glcm, &m, "2d_avg", "correlation"), -1.0 / 3);
    ck_near(value_of(&mi_family_glcm, &m, "2d_merge", "correlation"), -1.0 / 3);
    ck_near(value_of(&mi_family_glcm, &m, "2d_avg", "joint_average"), (1.25 + 2) / 2);
    ck_near(value_of(&mi_family_glcm, &m, "3d_avg", "joint_average"), (5.0 + 8) / 8);
    region_end(&r);
}
END_TEST

/* Distances count from the morphological mask, also where the intensity mask has holes. */
START_TEST(border_distances)
{
    const int64_t n[3] = { 5, 5, 1 };
    int32_t v[25];
    for (int i = 0; i < 25; i++)
        v[i] = 1;
    v[12] = 2; /* the middle */
    v[11] = 0; /* out of the intensity mask beside it */
    mi_region r = region_of(n, v);
    r.morph[11] = 1;
    r.n_morph++;
    result m;
    measure(&mi_family_gldzm, &r, &plain, NULL, &m);
    /* zone of 1s at distance 1, zone of 2 at distance 3 in the plane, 1 in the volume of one
       slice */
    ck_near(value_of(&mi_family_gldzm, &m, "2d", "large_distance_emphasis"), (1 + 9) / 2.0);
    ck_near(value_of(&mi_family_gldzm, &m, "3d", "large_distance_emphasis"), 1);
    region_end(&r);
}
END_TEST

/* ---- settings ---- */

static int count_of(mi_norm norm, mi_reach reach, int64_t distance, int *plane)
{
    const int64_t n[3] = { 100, 100, 100 };
    mi_offsets o;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_int_eq(mi_directions(&o, norm, reach, distance, MI_WEIGHT_NONE, n, &err), 0);
    int count = o.n;
    *plane = o.n_plane;
    mi_offsets_free(&o);
    return count;
}

START_TEST(directions)
{
    int plane;
    ck_assert_int_eq(count_of(MI_NORM_CHEBYSHEV, MI_REACH_STEPS, 3, &plane), 13);
    ck_assert_int_eq(plane, 4);
    ck_assert_int_eq(count_of(MI_NORM_CHEBYSHEV, MI_REACH_SHELL, 2, &plane), 49);
    ck_assert_int_eq(plane, 8);
    ck_assert_int_eq(count_of(MI_NORM_MANHATTAN, MI_REACH_SHELL, 1, &plane), 3);
    ck_assert_int_eq(plane, 2);
    ck_assert_int_eq(count_of(MI_NORM_MANHATTAN, MI_REACH_SHELL, 2, &plane), 9);
    ck_assert_int_eq(plane, 4);
    /* 1 < |m| <= 2: (1,1,0), (1,1,1), (2,0,0) and their kin */
    ck_assert_int_eq(count_of(MI_NORM_EUCLIDEAN, MI_REACH_SHELL, 2, &plane), 6 + 4 + 3);
    ck_assert_int_eq(plane, 2 + 2);
    const int64_t flat[3] = { 100, 2, 1 };
    mi_offsets o;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_int_eq(mi_directions(&o, MI_NORM_CHEBYSHEV, MI_REACH_STEPS, 2, MI_WEIGHT_NONE, flat,
                                   &err), 0);
    ck_assert_int_eq(o.n, 1); /* only along x is there room for two steps */
    ck_assert_int_eq(o.o[0].d[0], 2);
    mi_offsets_free(&o);
    ck_assert_int_eq(mi_neighbours(&o, MI_NORM_EUCLIDEAN, 2, (int64_t[]){ 9, 9, 9 }, &err), 0);
    ck_assert_int_eq(o.n, 6 + 12 + 8 + 6);
    ck_assert_int_eq(o.n_plane, 4 + 4 + 4);
    mi_offsets_free(&o);
}
END_TEST

/* Two voxels apart: 1 _ 2 counts at distance 2, not at 1. */
START_TEST(distance_two)
{
    const int64_t n[3] = { 3, 1, 1 };
    const int32_t v[3] = { 1, 0, 2 };
    mi_region r = region_of(n, v);
    mi_settings s = plain;
    result m;
    measure(&mi_family_glcm, &r, &s, NULL, &m);
    ck_assert(isnan(value_of(&mi_family_glcm, &m, "3d_merge", "contrast")));
    s.glcm_distance = s.ngtdm_distance = s.ngldm_distance = 2;
    s.ngldm_alpha = 1;
    measure(&mi_family_glcm, &r, &s, NULL, &m);
    ck_near(value_of(&mi_family_glcm, &m, "3d_merge", "contrast"), 1);
    measure(&mi_family_ngtdm, &r, &s, NULL, &m);
    ck_near(value_of(&mi_family_ngtdm, &m, "3d", "coarseness"), 1);
    measure(&mi_family_ngldm, &r, &s, NULL, &m);
    ck_near(value_of(&mi_family_ngldm, &m, "3d", "high_dependence_emphasis"), 4);
    s.ngldm_alpha = 0.9;
    measure(&mi_family_ngldm, &r, &s, NULL, &m);
    ck_near(value_of(&mi_family_ngldm, &m, "3d", "high_dependence_emphasis"), 1);
    region_end(&r);
}
END_TEST

/* Weights: 1/|m| in the Euclidean norm gives 1/1 to (0,1,0), 1/sqrt 2 ... only where directions of
   different lengths are merged. */
START_TEST(weighting)
{
    const int64_t n[3] = { 2, 2, 1 };
    const int32_t v[4] = { 1, 2, 1, 1 };
    mi_region r = region_of(n, v);
    mi_settings s = plain;
    result m;
    s.glcm_norm = MI_NORM_EUCLIDEAN;
    s.glrlm_weighting = MI_WEIGHT_INVERSE;
    measure(&mi_family_glrlm, &r, &s, NULL, &m);
    /* x: 12, 11 -> 3 runs; y: 11, 21 -> 3; both diagonals: 1|2|.. (1,1,0): 3 runs, (1,-1,0): 4 */
    const double w = 1 / sqrt(2);
    ck_near(value_of(&mi_family_glrlm, &m, "25d_merge", "run_percentage"),
            (3 + 3 + w * 3 + w * 4) / (8 + 8 * w));
    ck_near(value_of(&mi_family_glrlm, &m, "2d_avg", "run_percentage"), (3 + 3 + 3 + 4) / 16.0);
    s.glcm_distance = 2;
    s.glcm_weighting = MI_WEIGHT_EXP;
    measure(&mi_family_glcm, &r, &s, NULL, &m);
    /* 1 < |m| <= 2 leaves the diagonals: pairs (1,1) and (2,1) */
    ck_near(value_of(&mi_family_glcm, &m, "3d_merge", "contrast"), 0.5);
    region_end(&r);
}
END_TEST

/* ---- what must not matter ---- */

static void same_bits(const mi_family *f, const result *a, const result *b)
{
    for (int i = 0; i < f->n_aggregations * f->n_rows; i++) {
        const int agg = i / f->n_rows, row = i % f->n_rows;
        ck_assert_msg(memcmp(&a->value[i], &b->value[i], sizeof a->value[i]) == 0 ||
                          (isnan(a->value[i]) && isnan(b->value[i])),
                      "%s.%s.%s: %.17g and %.17g", f->id, f->aggregations[agg].id, f->rows[row].id,
                      a->value[i], b->value[i]);
        ck_assert_ptr_eq(a->why[i], b->why[i]);
    }
}

START_TEST(threads)
{
    static const struct { int levels; int32_t step; int64_t n; } kind[] = {
        { 6, 1, 40 }, { 300, 1, 24 }, { 9000, 1, 24 }, { 40000, 50, 20 },
    };
    mi_err err = MI_ERR_EMPTY;
    for (int k = 0; k < MI_COUNT(kind); k++) {
        mi_region r = random_region(kind[k].n, 70, kind[k].n + 3, kind[k].levels, kind[k].step,
                                    17 + (uint64_t)k);
        for (int f = 0; f < FAMILIES; f++) {
            result one, more;
            measure(families[f], &r, &plain, NULL, &one);
            for (int t = 1; t <= 7; t += t == 1 ? 1 : 5) {
                mi_pool *p = mi_pool_new(t, &err);
                ck_assert_ptr_nonnull(p);
                measure(families[f], &r, &plain, p, &more);
                same_bits(families[f], &one, &more);
                mi_pool_free(p);
            }
        }
        region_end(&r);
    }
}
END_TEST

/* Mirrored along all axes, and turned by a quarter in the plane: the same bytes. */
START_TEST(flips)
{
    mi_region r = random_region(9, 8, 7, 5, 1, 5);
    const int64_t n[3] = { r.n[0], r.n[1], r.n[2] }, turned[3] = { r.n[1], r.n[0], r.n[2] };
    int32_t mirror[9 * 8 * 7], turn[9 * 8 * 7];
    for (int64_t z = 0, i = 0; z < n[2]; z++)
        for (int64_t y = 0; y < n[1]; y++)
            for (int64_t x = 0; x < n[0]; x++, i++) {
                mirror[9 * 8 * 7 - 1 - i] = r.level[i];
                turn[y + n[1] * ((n[0] - 1 - x) + n[0] * z)] = r.level[i];
            }
    mi_region a = region_of(n, mirror), b = region_of(turned, turn);
    for (int f = 0; f < FAMILIES; f++) {
        result plainly, mirrored, turned_round;
        measure(families[f], &r, &plain, NULL, &plainly);
        measure(families[f], &a, &plain, NULL, &mirrored);
        measure(families[f], &b, &plain, NULL, &turned_round);
        same_bits(families[f], &plainly, &mirrored);
        same_bits(families[f], &plainly, &turned_round);
    }
    region_end(&r);
    region_end(&a);
    region_end(&b);
}
END_TEST

typedef struct entries { mi_entry *e; int n, cap; } entries;

static int keep_entry(void *user, const mi_entry *e, mi_err *err)
{
    entries *k = user;
    if (k->n == k->cap) {
        k->cap = k->cap ? 2 * k->cap : 1024;
        k->e = mi_regrow(k->e, (size_t)k->cap, sizeof *k->e, err);
        ck_assert_ptr_nonnull(k->e);
    }
    k->e[k->n++] = *e;
    return 0;
}

/* Levels 20000 apart take ranks as codes, and few voxels take lists instead of tables: the matrices
   are those of levels 1 apart, with the levels multiplied. */
START_TEST(far_levels)
{
    const int32_t step = 20000;
    for (int levels = 4; levels <= 400; levels *= 100) {
        mi_region a = random_region(13, 11, 6, levels, 1, 99);
        mi_region b = random_region(13, 11, 6, levels, step, 99);
        for (int f = 0; f < FAMILIES; f++) {
            entries p = { NULL, 0, 0 }, q = { NULL, 0, 0 };
            bool want[AGG] = { true, true, true, true, true, true };
            mi_err err = MI_ERR_EMPTY;
            int rc = mi_matrices_walk(families[f], &a, &plain, want, keep_entry, &p, &err);
            ck_assert_int_eq(rc, 0);
            rc = mi_matrices_walk(families[f], &b, &plain, want, keep_entry, &q, &err);
            ck_assert_int_eq(rc, 0);
            ck_assert_int_eq(p.n, q.n);
            ck_assert_int_gt(p.n, 0);
            for (int i = 0; i < p.n; i++) {
                const mi_entry *x = &p.e[i], *y = &q.e[i];
                ck_assert_str_eq(x->mode, y->mode);
                ck_assert_int_eq(x->slice, y->slice);
                ck_assert_int_eq(memcmp(x->direction, y->direction, sizeof x->direction), 0);
                ck_assert_int_eq(x->i * step, y->i);
                ck_assert_int_eq(f == 0 ? x->j * step : x->j, y->j);
                ck_assert(x->n == y->n);
                ck_assert(isnan(x->s) ? isnan(y->s)
                                      : fabs(x->s * step - y->s) <= 1e-9 * fabs(y->s));
            }
            free(p.e);
            free(q.e);
        }
        region_end(&a);
        region_end(&b);
    }
}
END_TEST

/* ---- parts ---- */

START_TEST(matrix_sums)
{
    mi_matrix m = MI_MATRIX_EMPTY, sum = MI_MATRIX_EMPTY;
    mi_work w = MI_WORK_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    uint64_t seed = 3;
    double total = 0;
    for (int round = 0; round < 3; round++) {
        const int64_t n = round == 0 ? 20 : 5000;
        const unsigned spread = round == 1 ? 900 : 40000000;
        mi_matrix_clear(&m);
        ck_assert_int_eq(mi_matrix_reserve(&m, n, &err), 0);
        for (int64_t k = 0; k < n; k++)
            mi_matrix_put(&m, next(&seed) % 3, next(&seed) % spread, 1);
        ck_assert_int_eq(mi_matrix_reduce(&m, &w, &err), 0);
        double counted = 0;
        for (int64_t k = 0; k < m.n; k++) {
            counted += m.cell[k].n;
            ck_assert(k == 0 || m.cell[k].key > m.cell[k - 1].key);
        }
        ck_assert(counted == (double)n);
        ck_assert_int_eq(mi_matrix_add(&sum, &m, 2, &err), 0);
        total += 2 * (double)n;
        counted = 0;
        for (int64_t k = 0; k < sum.n; k++) {
            counted += sum.cell[k].n;
            ck_assert(k == 0 || sum.cell[k].key > sum.cell[k - 1].key);
        }
        ck_assert(counted == total);
    }
    mi_matrix_free(&m);
    mi_matrix_free(&sum);
    mi_work_free(&w);
}
END_TEST

static double first(const void *state, const char **why)
{
    double x = *(const double *)state;
    *why = isnan(x) ? "not there" : NULL;
    return x;
}

START_TEST(means)
{
    const mi_feature row = { "x", "X", "", "1", "", "", "", NULL, first };
    const double x[4] = { 1e16, 1, -1e16, NAN };
    mi_mean m;
    mi_err err = MI_ERR_EMPTY;
    double value;
    const char *why;
    ck_assert_int_eq(mi_mean_begin(&m, 1, &err), 0);
    for (int i = 0; i < 4; i++)
        mi_mean_add(&m, &row, &x[i]);
    mi_mean_end(&m, &value, &why, "none");
    ck_assert(value == 1.0 / 3 && !why);
    ck_assert_int_eq(mi_mean_begin(&m, 1, &err), 0);
    mi_mean_add(&m, &row, &x[3]);
    mi_mean_end(&m, &value, &why, "none");
    ck_assert(isnan(value));
    ck_assert_str_eq(why, "not there");
    ck_assert_int_eq(mi_mean_begin(&m, 1, &err), 0);
    mi_mean_end(&m, &value, &why, "none");
    ck_assert(isnan(value));
    ck_assert_str_eq(why, "none");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("texture");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, phantom_values);
    tcase_add_test(c, phantom_matrices);
    tcase_add_test(c, manual_example);
    tcase_add_test(c, three_in_a_row);
    tcase_add_test(c, long_runs);
    tcase_add_test(c, one_voxel);
    tcase_add_test(c, no_voxel);
    tcase_add_test(c, one_level);
    tcase_add_test(c, left_out_of_means);
    tcase_add_test(c, border_distances);
    tcase_add_test(c, directions);
    tcase_add_test(c, distance_two);
    tcase_add_test(c, weighting);
    tcase_add_test(c, threads);
    tcase_add_test(c, flips);
    tcase_add_test(c, far_levels);
    tcase_add_test(c, matrix_sums);
    tcase_add_test(c, means);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
