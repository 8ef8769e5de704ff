/* Surface mesh and convex hull: closed surfaces, exact cases, brute force. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/morph/mesh.h"
#include "radiomics/morph/solids.h"

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

/* Voxels at random, as dense as asked for; at least one. */
static uint8_t *random_mask(const int64_t n[3], double density, uint64_t *seed)
{
    int64_t voxels = n[0] * n[1] * n[2];
    uint8_t *m = mi_array_zero((size_t)voxels, 1, NULL);
    ck_assert(m);
    for (int64_t i = 0; i < voxels; i++)
        m[i] = uniform(seed) < density;
    m[next(seed) % voxels] = 1;
    return m;
}

/* ---- the mesh, triangle by triangle ---- */

typedef int32_t point[3];
typedef struct mesh {
    point (*t)[3];
    int n;
} mesh;

static int cell_code(const uint8_t *m, const int64_t n[3], int64_t x, int64_t y, int64_t z)
{
    int code = 0;
    for (int c = 0; c < 8; c++) {
        int64_t p[3] = { x + (c & 1), y + (c >> 1 & 1), z + (c >> 2) };
        if (p[0] >= 0 && p[1] >= 0 && p[2] >= 0 && p[0] < n[0] && p[1] < n[1] && p[2] < n[2])
            code |= m[(p[2] * n[1] + p[1]) * n[0] + p[0]] << c;
    }
    return code;
}

/* Vertices in half voxel edges, as the hull has them. */
static mesh mesh_of(const uint8_t *m, const int64_t n[3])
{
    mesh out = { mi_array((size_t)((n[0] + 1) * (n[1] + 1) * (n[2] + 1)), 5 * sizeof *out.t, NULL),
                 0 };
    ck_assert(out.t);
    for (int64_t z = -1; z < n[2]; z++)
        for (int64_t y = -1; y < n[1]; y++)
            for (int64_t x = -1; x < n[0]; x++) {
                mi_mesh_triangle t[MI_MESH_MAX_TRIANGLES];
                int64_t at[3] = { x, y, z };
                int k = mi_mesh_cell(cell_code(m, n, x, y, z), t);
                for (int i = 0; i < k; i++, out.n++)
                    for (int v = 0; v < 3; v++)
                        for (int a = 0; a < 3; a++)
                            out.t[out.n][v][a] = (int32_t)(2 * at[a]) + t[i][v][a];
            }
    return out;
}

typedef struct edge {
    point a, b;
    int forward;
} edge;

static int by_ends(const void *p, const void *q)
{
    const edge *a = p, *b = q;
    int c = memcmp(a->a, b->a, sizeof a->a);
    return c ? c : memcmp(a->b, b->b, sizeof a->b);
}

/* Every edge belongs to two triangles, which run along it in opposite directions. */
static void check_closed(const mesh *m)
{
    edge *e = mi_array((size_t)m->n, 3 * sizeof *e, NULL);
    int n = 0;
    ck_assert(e);
    for (int t = 0; t < m->n; t++)
        for (int k = 0; k < 3; k++, n++) {
            const int32_t *a = m->t[t][k], *b = m->t[t][(k + 1) % 3];
            e[n].forward = memcmp(a, b, sizeof(point)) < 0;
            memcpy(e[n].a, e[n].forward ? a : b, sizeof(point));
            memcpy(e[n].b, e[n].forward ? b : a, sizeof(point));
        }
    qsort(e, (size_t)n, sizeof *e, by_ends);
    int wrong = n % 2;
    for (int i = 0; i + 1 < n; i += 2)
        wrong += by_ends(&e[i], &e[i + 1]) != 0 || e[i].forward == e[i + 1].forward ||
                 (i + 2 < n && by_ends(&e[i], &e[i + 2]) == 0);
    ck_assert_int_eq(wrong, 0);
    free(e);
}

static void measure_triangles(const mesh *m, const double s[3], double *volume, double *area)
{
    *volume = *area = 0;
    for (int t = 0; t < m->n; t++) {
        double p[3][3], c[3];
        for (int v = 0; v < 3; v++)
            for (int a = 0; a < 3; a++)
                p[v][a] = m->t[t][v][a] * s[a] / 2;
        for (int a = 0; a < 3; a++) {
            int b = (a + 1) % 3, d = (a + 2) % 3;
            c[a] = (p[1][b] - p[0][b]) * (p[2][d] - p[0][d]) -
                   (p[1][d] - p[0][d]) * (p[2][b] - p[0][b]);
            *volume += p[0][a] * c[a] / 6;
        }
        *area += sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]) / 2;
    }
}

static void measure_counts(const uint8_t *m, const int64_t n[3], const double s[3], mi_pool *pool,
                           double *volume, double *area)
{
    int64_t count[256], cells = 0;
    ck_assert_int_eq(mi_mesh_count(m, n, pool, count, NULL), 0);
    for (int i = 0; i < 256; i++)
        cells += count[i];
    ck_assert_int_eq(cells, (n[0] + 1) * (n[1] + 1) * (n[2] + 1));
    mi_mesh_measure(count, s, volume, area);
}

START_TEST(mesh_is_closed)
{
    uint64_t seed = 20;
    for (int trial = 0; trial < 120; trial++) {
        int64_t n[3] = { 1 + next(&seed) % 19, 1 + next(&seed) % 9, 1 + next(&seed) % 7 };
        double s[3] = { 0.5 + uniform(&seed), 1, 3 * uniform(&seed) + 0.1 }, v, a, vc, ac;
        uint8_t *m = random_mask(n, 0.05 + 0.9 * uniform(&seed), &seed);
        mesh t = mesh_of(m, n);
        check_closed(&t);
        measure_triangles(&t, s, &v, &a);
        measure_counts(m, n, s, NULL, &vc, &ac);
        near(vc, v, 1e-12);
        near(ac, a, 1e-12);
        ck_assert(vc > 0);
        free(t.t);
        free(m);
    }
}
END_TEST

/* Rows long enough for the steps of eight voxels, filled and empty. */
START_TEST(mesh_of_long_rows)
{
    const int64_t n[3] = { 61, 3, 20 };
    const double s[3] = { 1, 2, 3 };
    for (int from = 0; from < 20; from += 3) {
        double v, a, vc, ac;
        uint8_t *m = mi_array_zero(61 * 3 * 20, 1, NULL);
        for (int z = 2; z < 19; z++)
            for (int y = 0; y < 3; y++)
                memset(m + (z * 3 + y) * 61 + from, 1, (size_t)(40 - from / 2));
        mesh t = mesh_of(m, n);
        measure_triangles(&t, s, &v, &a);
        measure_counts(m, n, s, NULL, &vc, &ac);
        near(vc, v, 1e-12);
        near(ac, a, 1e-12);
        free(t.t);
        free(m);
    }
}
END_TEST

START_TEST(mesh_flips_and_threads)
{
    uint64_t seed = 5;
    const int64_t n[3] = { 23, 11, 70 };
    const double s[3] = { 0.7, 1.3, 2.9 };
    uint8_t *m = random_mask(n, 0.4, &seed), *f = mi_array(23 * 11 * 70, 1, NULL);
    double v, a, v1, a1;
    measure_counts(m, n, s, NULL, &v, &a);
    for (int threads = 1; threads < 8; threads += 3) {
        mi_pool *pool = mi_pool_new(threads, NULL);
        measure_counts(m, n, s, pool, &v1, &a1);
        ck_assert(v1 == v && a1 == a);
        mi_pool_free(pool);
    }
    for (int flip = 1; flip < 8; flip++) {
        for (int64_t z = 0, i = 0; z < n[2]; z++)
            for (int64_t y = 0; y < n[1]; y++)
                for (int64_t x = 0; x < n[0]; x++, i++) {
                    int64_t p[3] = { flip & 1 ? n[0] - 1 - x : x, flip & 2 ? n[1] - 1 - y : y,
                                     flip & 4 ? n[2] - 1 - z : z };
                    f[(p[2] * n[1] + p[1]) * n[0] + p[0]] = m[i];
                }
        measure_counts(f, n, s, NULL, &v1, &a1);
        ck_assert(v1 == v && a1 == a);
    }
    free(m);
    free(f);
}
END_TEST

/* ---- hull ---- */

static mi_hull hull_of(const uint8_t *m, const int64_t n[3])
{
    mi_hull h = MI_HULL_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_msg(mi_hull_of_mask(m, n, &h, &err) == 0, "%s", err.message);
    return h;
}

/* A closed convex surface that holds all points and is made of some of them is their hull. */
static void check_hull(const mi_hull *h, const point *p, int n)
{
    int above = 0, open = 0, flat = 0, strange = 0;
    ck_assert_int_eq(h->n_faces, 2 * h->n_points - 4); /* Euler, triangles only */
    for (int32_t f = 0; f < h->n_faces; f++) {
        int64_t normal[3];
        const int32_t *o = h->point[h->face[f][0]];
        mi_hull_normal(h, f, normal);
        flat += !(normal[0] || normal[1] || normal[2]);
        for (int i = 0; i < n; i++) {
            mi_wide d = 0;
            for (int a = 0; a < 3; a++)
                d += (mi_wide)normal[a] * ((int64_t)p[i][a] - o[a]);
            above += d > 0;
        }
        for (int k = 0; k < 3; k++) {
            int32_t g = h->across[f][k], found = 0;
            for (int e = 0; e < 3; e++)
                found += h->face[g][e] == h->face[f][(k + 1) % 3] &&
                         h->face[g][(e + 1) % 3] == h->face[f][k];
            open += found != 1;
        }
    }
    for (int32_t i = 0; i < h->n_points; i++) {
        int found = 0;
        for (int k = 0; k < n && !found; k++)
            found = memcmp(p[k], h->point[i], sizeof(point)) == 0;
        strange += !found;
    }
    ck_assert_msg(!above && !open && !flat && !strange, "%d points above, %d open edges", above,
                  open);
}

START_TEST(hull_of_masks)
{
    uint64_t seed = 77;
    for (int trial = 0; trial < 150; trial++) {
        int64_t n[3] = { 1 + next(&seed) % 9, 1 + next(&seed) % 9, 1 + next(&seed) % 9 };
        double s[3] = { 0.5 + uniform(&seed), 1, 3 * uniform(&seed) + 0.1 }, d, far = 0;
        uint8_t *m = random_mask(n, trial % 3 ? 0.03 : 0.7 * uniform(&seed), &seed);
        mesh t = mesh_of(m, n);
        mi_hull h = hull_of(m, n);
        check_hull(&h, &t.t[0][0], 3 * t.n);
        ck_assert_int_eq(mi_hull_diameter(&h, s, &d, NULL), 0);
        for (int i = 0; i < 3 * t.n; i++)
            for (int j = 0; j < i; j++) {
                const int32_t *a = t.t[i / 3][i % 3], *b = t.t[j / 3][j % 3];
                double x = (a[0] - b[0]) * s[0] / 2, y = (a[1] - b[1]) * s[1] / 2,
                       z = (a[2] - b[2]) * s[2] / 2;
                far = fmax(far, x * x + y * y + z * z);
            }
        near(d, sqrt(far), 1e-14);
        mi_hull_free(&h);
        free(t.t);
        free(m);
    }
}
END_TEST

START_TEST(hull_of_points)
{
    uint64_t seed = 3;
    const int32_t reach[4] = { 2, 5, 1000, 1 << 29 };
    for (int trial = 0; trial < 80; trial++) {
        int n = 8 + (int)(next(&seed) % 200), r = reach[trial % 4];
        point *p = mi_array((size_t)n, sizeof *p, NULL);
        for (int i = 0; i < n; i++)
            for (int a = 0; a < 3; a++)
                p[i][a] = (int32_t)(next(&seed) % (2u * (unsigned)r)) - r;
        for (int a = 0; a < 4; a++) /* a corner, so that they are never all in one plane */
            for (int b = 0; b < 3; b++)
                p[a][b] = a == b + 1 ? r : -r;
        mi_hull h = MI_HULL_EMPTY;
        ck_assert_int_eq(mi_hull_of_points((const point *)p, n, &h, NULL), 0);
        check_hull(&h, (const point *)p, n);
        mi_hull_free(&h);
        free(p);
    }
}
END_TEST

START_TEST(hull_of_a_plane)
{
    const point p[5] = { { 0, 0, 0 }, { 4, 2, 2 }, { 2, 4, 2 }, { 6, 6, 4 }, { 2, 1, 1 } };
    mi_hull h = MI_HULL_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_int_eq(mi_hull_of_points(p, 5, &h, &err), -1);
    ck_assert_int_eq(err.cls, MI_E_INTERNAL);
    ck_assert(h.point == NULL);
}
END_TEST

/* The mesh of a cuboid is the sum, in Minkowski's sense, of the box of its voxel centres and
   half a voxel's octahedron. */
static void check_cuboid(int64_t nx, int64_t ny, int64_t nz, const double s[3])
{
    const int64_t n[3] = { nx, ny, nz };
    uint8_t *m = mi_array((size_t)(nx * ny * nz), 1, NULL);
    memset(m, 1, (size_t)(nx * ny * nz));
    double l[3], h[3], volume, area, v, a, d, far = 0, side[3], box = 1;
    for (int i = 0; i < 3; i++) {
        l[i] = (double)(n[i] - 1) * s[i];
        h[i] = s[i] / 2;
        box *= (double)n[i] * s[i];
    }
    volume = l[0] * l[1] * l[2] + 4.0 / 3 * h[0] * h[1] * h[2];
    area = 4 * sqrt(pow(h[0] * h[1], 2) + pow(h[1] * h[2], 2) + pow(h[2] * h[0], 2));
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        volume += 2 * h[i] * l[j] * l[k] + 2 * h[i] * h[j] * l[k];
        area += 2 * l[j] * l[k] + 4 * l[k] * sqrt(h[i] * h[i] + h[j] * h[j]);
        far = fmax(far, pow(l[i] + s[i], 2) + l[j] * l[j] + l[k] * l[k]);
    }
    measure_counts(m, n, s, NULL, &v, &a);
    near(v, volume, 1e-14);
    near(a, area, 1e-14);
    mi_hull hull = hull_of(m, n);
    mi_hull_measure(&hull, s, &v, &a);
    near(v, volume, 1e-14);
    near(a, area, 1e-13);
    ck_assert_int_eq(mi_hull_diameter(&hull, s, &d, NULL), 0);
    near(d, sqrt(far), 1e-14);
    ck_assert_int_eq(mi_hull_box(&hull, s, side, NULL), 0);
    ck_assert(side[0] * side[1] * side[2] <= box * (1 + 1e-14));
    mi_hull_free(&hull);
    free(m);
}

START_TEST(cuboids)
{
    const double even[3] = { 1, 1, 1 }, odd[3] = { 0.7, 1.9, 3.1 };
    check_cuboid(1, 1, 1, even);
    check_cuboid(1, 1, 1, odd);
    check_cuboid(2, 1, 1, odd);
    check_cuboid(1, 1, 40, odd);
    check_cuboid(1, 17, 5, odd);
    check_cuboid(9, 8, 7, odd);
    check_cuboid(30, 21, 12, even);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("morph_mesh");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, mesh_is_closed);
    tcase_add_test(c, mesh_of_long_rows);
    tcase_add_test(c, mesh_flips_and_threads);
    tcase_add_test(c, hull_of_masks);
    tcase_add_test(c, hull_of_points);
    tcase_add_test(c, hull_of_a_plane);
    tcase_add_test(c, cuboids);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
