/* Morphology: the published values of the digital phantom, sums over pairs against their
   definition, what is undefined, and what must not matter. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/family.h"
#include "radiomics/morph/autocorr.h"
#include "radiomics/morph/moments.h"

enum { ROWS = 29 };

static uint32_t next(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return (uint32_t)(*s >> 32);
}

static double uniform(uint64_t *s)
{
    return next(s) / 4294967296.0;
}

static void near(double a, double b, double rel)
{
    ck_assert_msg(fabs(a - b) <= rel * fabs(b), "%.17g, not %.17g", a, b);
}

/* ---- regions ---- */

static mi_region region_make(int64_t nx, int64_t ny, int64_t nz, const double spacing[3])
{
    mi_region r = MI_REGION_EMPTY;
    const int64_t n[3] = { nx, ny, nz };
    size_t voxels = (size_t)(nx * ny * nz);
    r.voxel_volume = 1;
    for (int a = 0; a < 3; a++) {
        r.n[a] = r.box.hi[a] = n[a];
        r.spacing[a] = spacing[a];
        r.voxel_volume *= spacing[a];
    }
    r.morph = mi_array_zero(voxels, 1, NULL);
    r.inten = mi_array_zero(voxels, 1, NULL);
    r.value = mi_array_zero(voxels, sizeof *r.value, NULL);
    ck_assert(r.morph && r.inten && r.value);
    return r;
}

static void region_count(mi_region *r)
{
    r->n_morph = r->n_inten = 0;
    for (int64_t i = 0; i < r->n[0] * r->n[1] * r->n[2]; i++) {
        r->n_morph += r->morph[i];
        r->n_inten += r->inten[i];
        if (!r->inten[i])
            r->value[i] = NAN; /* must not be looked at */
    }
}

static void region_end(mi_region *r)
{
    free(r->morph);
    free(r->inten);
    free(r->value);
}

/* Random voxels with a smooth and a rough part in their values; some of the morphological mask
   are not in the intensity mask. */
static mi_region region_random(int64_t nx, int64_t ny, int64_t nz, double density, uint64_t *seed)
{
    const double spacing[3] = { 0.5 + uniform(seed), 0.5 + uniform(seed), 0.5 + 3 * uniform(seed) };
    mi_region r = region_make(nx, ny, nz, spacing);
    for (int64_t i = 0; i < nx * ny * nz; i++) {
        r.morph[i] = uniform(seed) < density;
        r.inten[i] = r.morph[i] && uniform(seed) < 0.9;
        r.value[i] = 300 * sin(0.3 * (double)(i % nx)) - 1000 + 40 * uniform(seed);
    }
    for (int64_t i = 0; i < 2 && i < nx * ny * nz; i++)
        r.morph[i] = r.inten[i] = 1;
    region_count(&r);
    return r;
}

typedef struct result {
    double value[ROWS];
    const char *why[ROWS];
} result;

static result measure(const mi_region *r, int threads)
{
    result out;
    mi_measured m = { out.value, out.why };
    mi_settings s;
    mi_err err = MI_ERR_EMPTY;
    const bool want = true;
    memset(&s, 0, sizeof s);
    mi_pool *pool = mi_pool_new(threads, &err);
    ck_assert(pool);
    ck_assert_msg(mi_family_measure(&mi_family_morph, r, &s, &want, pool, &m, &err) == 0, "%s",
                  err.message);
    mi_pool_free(pool);
    for (int i = 0; i < ROWS; i++) {
        ck_assert_msg(isfinite(out.value[i]) || isnan(out.value[i]), "%s",
                      mi_family_morph.rows[i].id);
        ck_assert_msg(!isnan(out.value[i]) == !out.why[i], "%s", mi_family_morph.rows[i].id);
    }
    return out;
}

static int row(const char *tag)
{
    for (int i = 0; i < ROWS; i++)
        if (strcmp(mi_family_morph.rows[i].tag, tag) == 0)
            return i;
    ck_abort_msg("no row %s", tag);
    return 0;
}

/* ---- the family ---- */

START_TEST(catalogue_rows)
{
    ck_assert_int_eq(mi_family_morph.n_rows, ROWS);
    for (int i = 0; i < ROWS; i++) {
        const mi_feature *f = &mi_family_morph.rows[i];
        ck_assert(f->id && f->name && strlen(f->tag) == 4 && f->unit && f->definition &&
                  f->formula && f->section && f->value);
        for (int j = 0; j < i; j++)
            ck_assert(strcmp(f->id, mi_family_morph.rows[j].id) &&
                      strcmp(f->tag, mi_family_morph.rows[j].tag));
    }
}
END_TEST

static FILE *open_data(const char *name)
{
    char path[4096];
    const char *dir = getenv("srcdir");
    snprintf(path, sizeof path, "%s/testdata/%s", dir ? dir : ".", name);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "cannot open %s", path);
    return f;
}

static mi_region phantom(void)
{
    const double spacing[3] = { 2, 2, 2 };
    mi_region r = region_make(5, 4, 4, spacing);
    char line[512];
    int x, y, z, g, in, found = 0;
    FILE *f = open_data("ibsi_digital_phantom.csv");
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%d,%d,%d,%d,%d", &x, &y, &z, &g, &in) == 5) {
            r.value[x + 5 * (y + 4 * z)] = g;
            r.morph[x + 5 * (y + 4 * z)] = r.inten[x + 5 * (y + 4 * z)] = (uint8_t)in;
            found++;
        }
    fclose(f);
    ck_assert_int_eq(found, 80);
    region_count(&r);
    ck_assert_int_eq(r.n_inten, 74);
    return r;
}

START_TEST(phantom_values)
{
    mi_region r = phantom();
    result m = measure(&r, 1);
    char line[512], name[128], tag[8], text[40];
    double ref, tol;
    int checked = 0;
    FILE *f = open_data("ibsi1_values.csv");
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "digital_phantom,morphology,,%127[^,],%7[^,],%lf,%lf", name, tag, &ref,
                   &tol) != 4)
            continue;
        int i = row(tag);
        ck_assert_str_eq(mi_family_morph.rows[i].name, name);
        snprintf(text, sizeof text, "%.2e", m.value[i]); /* published with three digits */
        ck_assert_msg(fabs(strtod(text, NULL) - ref) <= tol + 1e-9 * fabs(ref), "%s: %g, not %g",
                      name, m.value[i], ref);
        checked++;
    }
    fclose(f);
    ck_assert_int_eq(checked, 25);
    /* not published: the oriented box is that along the axes, and no ellipsoid is larger than
       the ball through a corner of the box */
    near(m.value[row("ZH1A")], m.value[row("PBX1")], 1e-9);
    near(m.value[row("IQYR")], m.value[row("R59B")], 1e-9);
    ck_assert(m.value[row("SWZ1")] > m.value[row("RNU0")] / (4.18879 * pow(25 + 16 + 16, 1.5)));
    region_end(&r);
}
END_TEST

START_TEST(one_voxel)
{
    const double s[3] = { 0.7, 1.1, 2.3 };
    mi_region r = region_make(1, 1, 1, s);
    r.morph[0] = r.inten[0] = 1;
    r.value[0] = -7;
    region_count(&r);
    result m = measure(&r, 1);
    double volume = s[0] * s[1] * s[2] / 6; /* an octahedron */
    double area =
        2 * sqrt(pow(s[0] * s[1] / 2, 2) + pow(s[1] * s[2] / 2, 2) + pow(s[2] * s[0] / 2, 2));
    near(m.value[row("RNU0")], volume, 1e-15);
    near(m.value[row("C0JK")], area, 1e-15);
    near(m.value[row("YEKZ")], 6 * volume, 1e-15);
    near(m.value[row("L0JK")], 2.3, 1e-15);
    near(m.value[row("R3ER")], 1, 1e-14);
    near(m.value[row("7T7F")], 1, 1e-14);
    near(m.value[row("PBX1")], 1.0 / 6, 1e-14);
    near(m.value[row("SWZ1")], 1 / acos(-1), 1e-8);
    near(m.value[row("99N0")], -7 * volume, 1e-14);
    ck_assert(fabs(m.value[row("KLMA")]) < 1e-15);
    const char *undefined[] = { "TDIC", "P9VJ", "7J51", "Q3CK", "N17B",
                                "6BDE", "RDD2", "N365", "NPT7" };
    int n = 0;
    for (int i = 0; i < ROWS; i++)
        n += isnan(m.value[i]);
    ck_assert_int_eq(n, MI_COUNT(undefined));
    for (int i = 0; i < MI_COUNT(undefined); i++)
        ck_assert_msg(isnan(m.value[row(undefined[i])]), "%s", undefined[i]);
    region_end(&r);
}
END_TEST

START_TEST(two_voxels)
{
    const double s[3] = { 1, 1.5, 2 };
    mi_region r = region_make(2, 2, 2, s);
    r.morph[0] = r.inten[0] = r.morph[7] = r.inten[7] = 1;
    r.value[0] = 1;
    r.value[7] = 4;
    region_count(&r);
    result m = measure(&r, 1);
    double d = sqrt(1 + 2.25 + 4);
    near(m.value[row("TDIC")], 4 * d / sqrt(2), 1e-14); /* variance d^2 / 2 */
    ck_assert(m.value[row("P9VJ")] == 0 && m.value[row("7J51")] == 0 && m.value[row("Q3CK")] == 0);
    ck_assert(isnan(m.value[row("6BDE")]) && isnan(m.value[row("RDD2")]));
    near(m.value[row("KLMA")], d * (4.0 / 5 - 0.5), 1e-14);
    near(m.value[row("N365")], -1, 1e-14); /* 2 / 2w * 2w (-1.5 * 1.5) / (2 * 1.5^2) */
    near(m.value[row("NPT7")], 1, 1e-14);  /* 1 / 4w * 2w * 9 / 4.5 */
    near(m.value[row("99N0")], 2.5 * m.value[row("RNU0")], 1e-14);
    region_end(&r);
}
END_TEST

START_TEST(flat_and_empty)
{
    const double s[3] = { 1, 1.5, 2 };
    mi_region r = region_make(4, 3, 1, s);
    memset(r.morph, 1, 12);
    region_count(&r); /* no voxel in the intensity mask */
    result m = measure(&r, 1);
    const char *undefined[] = { "6BDE", "RDD2", "KLMA", "99N0", "N365", "NPT7" };
    int n = 0;
    for (int i = 0; i < ROWS; i++)
        n += isnan(m.value[i]);
    ck_assert_int_eq(n, MI_COUNT(undefined));
    for (int i = 0; i < MI_COUNT(undefined); i++)
        ck_assert_msg(isnan(m.value[row(undefined[i])]), "%s", undefined[i]);
    near(m.value[row("TDIC")], 4 * sqrt(2.25 * (9 - 1) / 12 * 12 / 11), 1e-14);
    near(m.value[row("P9VJ")], 4 * sqrt((16 - 1) / 12.0 * 12 / 11), 1e-14);
    ck_assert(m.value[row("7J51")] == 0);

    memset(r.inten, 1, 12);
    for (int i = 0; i < 12; i++)
        r.value[i] = 0.1;
    region_count(&r); /* one intensity */
    m = measure(&r, 1);
    ck_assert(isnan(m.value[row("N365")]) && isnan(m.value[row("NPT7")]));
    ck_assert_str_eq(m.why[row("N365")], "all intensities are equal");
    ck_assert(m.value[row("KLMA")] < 1e-15);

    for (int i = 0; i < 12; i++)
        r.value[i] = i & 1 ? 1 : -1;
    m = measure(&r, 1); /* intensities of sum 0 */
    ck_assert(isnan(m.value[row("KLMA")]) && m.value[row("99N0")] == 0);
    region_end(&r);
}
END_TEST

/* What is not asked for is not worked out, and changes nothing else. */
START_TEST(patterns)
{
    uint64_t seed = 40;
    mi_region r = region_random(8, 9, 7, 0.5, &seed);
    result all = measure(&r, 1), some;
    char volumes[] = "morph.volume_*", geary[] = "morph.gearys_c_measure",
         one[] = "morph.volume_mesh";
    char *item[] = { volumes, geary };
    mi_settings s;
    memset(&s, 0, sizeof s);
    s.features = (mi_list) { item, 2 };
    mi_measured m = { some.value, some.why };
    const bool want = true;
    ck_assert_int_eq(mi_family_measure(&mi_family_morph, &r, &s, &want, NULL, &m, NULL), 0);
    for (int i = 0; i < ROWS; i++)
        ck_assert_msg(some.value[i] == all.value[i], "%s", mi_family_morph.rows[i].id);
    item[0] = one;
    s.features.n = 1;
    ck_assert_int_eq(mi_family_measure(&mi_family_morph, &r, &s, &want, NULL, &m, NULL), 0);
    int n = 0;
    for (int i = 0; i < ROWS; i++)
        n += isnan(some.value[i]);
    ck_assert_int_eq(n, 6);
    ck_assert(some.value[0] == all.value[0]);
    region_end(&r);
}
END_TEST

START_TEST(threads)
{
    uint64_t seed = 12;
    for (int trial = 0; trial < 6; trial++) {
        mi_region r =
            region_random(17 + trial, 33 - trial, 9 + 5 * trial, trial & 1 ? 0.1 : 0.8, &seed);
        result one = measure(&r, 1), two = measure(&r, 2), seven = measure(&r, 7);
        ck_assert(memcmp(one.value, two.value, sizeof one.value) == 0);
        ck_assert(memcmp(one.value, seven.value, sizeof one.value) == 0);
        region_end(&r);
    }
}
END_TEST

/* Along axis `a` reversed. */
static mi_region flipped(const mi_region *r, int a)
{
    mi_region f = region_make(r->n[0], r->n[1], r->n[2], r->spacing);
    for (int64_t z = 0, i = 0; z < r->n[2]; z++)
        for (int64_t y = 0; y < r->n[1]; y++)
            for (int64_t x = 0; x < r->n[0]; x++, i++) {
                int64_t p[3] = { x, y, z };
                p[a] = r->n[a] - 1 - p[a];
                int64_t to = (p[2] * r->n[1] + p[1]) * r->n[0] + p[0];
                f.morph[to] = r->morph[i];
                f.inten[to] = r->inten[i];
                f.value[to] = r->value[i];
            }
    region_count(&f);
    return f;
}

START_TEST(flips)
{
    uint64_t seed = 21;
    for (int trial = 0; trial < 6; trial++) {
        mi_region r = region_random(7 + trial, 12, 5, 0.3, &seed);
        result m = measure(&r, 1);
        for (int a = 0; a < 3; a++) {
            mi_region f = flipped(&r, a);
            result g = measure(&f, 1);
            for (int i = 0; i < ROWS; i++) {
                int box = i == row("ZH1A") || i == row("IQYR"); /* a search */
                near(g.value[i], m.value[i], box ? 0.02 : 1e-9);
            }
            ck_assert(g.value[row("RNU0")] == m.value[row("RNU0")] &&
                      g.value[row("C0JK")] == m.value[row("C0JK")]);
            region_end(&f);
        }
        region_end(&r);
    }
}
END_TEST

/* ---- moments ---- */

START_TEST(moments)
{
    uint64_t seed = 4;
    for (int trial = 0; trial < 20; trial++) {
        mi_region r = region_random(1 + trial * 3, 1 + trial % 5, 1 + trial % 9 * 3,
                                    0.2 + 0.04 * trial, &seed);
        mi_moments m, exact = { 0, { 0 }, { 0 } };
        for (int64_t z = 0, i = 0; z < r.n[2]; z++)
            for (int64_t y = 0; y < r.n[1]; y++)
                for (int64_t x = 0; x < r.n[0]; x++, i++) {
                    int64_t p[3] = { x, y, z }, v = r.morph[i], k = 0;
                    exact.n += v;
                    for (int a = 0; a < 3; a++) {
                        exact.first[a] += v * p[a];
                        for (int b = a; b < 3; b++)
                            exact.second[k++] += v * p[a] * p[b];
                    }
                }
        ck_assert_int_eq(mi_moments_of(r.morph, r.n, NULL, &m, NULL), 0);
        ck_assert(memcmp(&m, &exact, sizeof m) == 0);
        region_end(&r);
    }
}
END_TEST

/* ---- pairs ---- */

/* Straight from the definition. */
static mi_pairs by_definition(const mi_region *r)
{
    int64_t n = 0, total = r->n[0] * r->n[1] * r->n[2];
    double(*p)[4] = mi_array((size_t)total, sizeof *p, NULL), mean = 0;
    mi_pairs s = { 0, 0, 0 };
    for (int64_t i = 0; i < total; i++)
        if (r->inten[i]) {
            p[n][0] = (double)(i % r->n[0]) * r->spacing[0];
            p[n][1] = (double)(i / r->n[0] % r->n[1]) * r->spacing[1];
            p[n][2] = (double)(i / r->n[0] / r->n[1]) * r->spacing[2];
            p[n++][3] = r->value[i];
            mean += r->value[i];
        }
    mean /= (double)n;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            if (i == j)
                continue;
            double x = p[i][0] - p[j][0], y = p[i][1] - p[j][1], z = p[i][2] - p[j][2];
            double w = 1 / sqrt(x * x + y * y + z * z), d = p[i][3] - p[j][3];
            s.w += w;
            s.product += w * (p[i][3] - mean) * (p[j][3] - mean);
            s.square += w * d * d;
        }
    free(p);
    return s;
}

static void same_pairs(const mi_pairs *a, const mi_pairs *b, double scale)
{
    near(a->w, b->w, 1e-11);
    near(a->square, b->square, 1e-10);
    ck_assert_msg(fabs(a->product - b->product) <= 1e-10 * scale, "%.17g, not %.17g", a->product,
                  b->product);
}

static void check_pairs(const mi_region *r, mi_pool *pool)
{
    mi_field f = MI_FIELD_EMPTY;
    mi_pairs exact = by_definition(r), direct, fft, slabs;
    ck_assert_int_eq(mi_field_of(r, &f, NULL), 0);
    ck_assert_int_eq(f.count, r->n_inten);
    ck_assert_int_eq(mi_pairs_direct(&f, pool, &direct, NULL), 0);
    ck_assert_int_eq(mi_pairs_fft(&f, 0, pool, &fft, NULL), 0);
    ck_assert_int_eq(mi_pairs_fft(&f, 1, pool, &slabs, NULL), 0);
    same_pairs(&direct, &exact, fabs(exact.product));
    same_pairs(&fft, &exact, fabs(exact.product));
    ck_assert(memcmp(&fft, &slabs, sizeof fft) == 0);
    mi_field_free(&f);
}

START_TEST(pairs)
{
    static const int64_t size[][3] = { { 2, 1, 1 },   { 1, 2, 1 },   { 1, 1, 2 },   { 40, 1, 1 },
                                       { 1, 37, 1 },  { 1, 1, 33 },  { 9, 8, 1 },   { 1, 9, 11 },
                                       { 13, 1, 6 },  { 5, 6, 7 },   { 16, 3, 12 }, { 3, 19, 4 },
                                       { 33, 34, 3 }, { 12, 11, 10 } };
    static const double density[3] = { 1, 0.5, 0.05 };
    uint64_t seed = 8;
    mi_pool *pool = mi_pool_new(2, NULL);
    for (int i = 0; i < MI_COUNT(size); i++)
        for (int d = 0; d < 3; d++) {
            mi_region r = region_random(size[i][0], size[i][1], size[i][2], density[d], &seed);
            check_pairs(&r, d ? pool : NULL);
            region_end(&r);
        }
    mi_pool_free(pool);
}
END_TEST

/* Values far from zero with little variation, and one voxel that outweighs all others. */
START_TEST(pairs_of_hard_values)
{
    uint64_t seed = 15;
    mi_region r = region_random(14, 9, 8, 0.6, &seed);
    for (int64_t i = 0; i < 14 * 9 * 8; i++)
        r.value[i] = 1e6 + uniform(&seed);
    region_count(&r);
    mi_pairs exact = by_definition(&r), fft;
    mi_field f = MI_FIELD_EMPTY;
    ck_assert_int_eq(mi_field_of(&r, &f, NULL), 0);
    ck_assert_int_eq(mi_pairs_fft(&f, 0, NULL, &fft, NULL), 0);
    near(fft.square, exact.square, 1e-10);
    mi_field_free(&f);
    r.value[1] = 1e9;
    check_pairs(&r, NULL);
    region_end(&r);
}
END_TEST

/* The intensity mask in a corner of the box: only its own box is transformed. */
START_TEST(field_is_tight)
{
    const double s[3] = { 1, 1, 1 };
    mi_region r = region_make(20, 10, 10, s);
    memset(r.morph, 1, 2000);
    for (int z = 3; z < 5; z++)
        for (int x = 11; x < 14; x++)
            r.inten[(z * 10 + 6) * 20 + x] = 1;
    region_count(&r);
    for (int64_t i = 0; i < 2000; i++)
        r.value[i] = r.inten[i] ? (double)i : NAN;
    mi_field f = MI_FIELD_EMPTY;
    ck_assert_int_eq(mi_field_of(&r, &f, NULL), 0);
    ck_assert(f.n[0] == 3 && f.n[1] == 1 && f.n[2] == 2 && f.count == 6);
    mi_field_free(&f);
    check_pairs(&r, NULL);
    region_end(&r);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("morph");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, catalogue_rows);
    tcase_add_test(c, phantom_values);
    tcase_add_test(c, one_voxel);
    tcase_add_test(c, two_voxels);
    tcase_add_test(c, flat_and_empty);
    tcase_add_test(c, patterns);
    tcase_add_test(c, threads);
    tcase_add_test(c, flips);
    tcase_add_test(c, moments);
    tcase_add_test(c, pairs);
    tcase_add_test(c, pairs_of_hard_values);
    tcase_add_test(c, field_is_tight);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
