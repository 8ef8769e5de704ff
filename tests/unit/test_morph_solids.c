/* Oriented box and smallest ellipsoid: exact cases, brute force. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/morph/rectangle.h"
#include "radiomics/morph/solids.h"

typedef int32_t point[3];

static const double pi = 3.14159265358979323846;

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

static mi_hull hull_of(const uint8_t *m, const int64_t n[3])
{
    mi_hull h = MI_HULL_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    ck_assert_msg(mi_hull_of_mask(m, n, &h, &err) == 0, "%s", err.message);
    return h;
}

/* ---- rectangles ---- */

/* Least area over all edges, each vertex looked at for each: as the definition says. */
static double plain_rectangle(const double (*q)[2], int n)
{
    double best = INFINITY;
    for (int i = 0; i < n; i++) {
        const double *a = q[i], *b = q[(i + 1) % n];
        double l = hypot(b[0] - a[0], b[1] - a[1]), dx = (b[0] - a[0]) / l, dy = (b[1] - a[1]) / l;
        double far = -INFINITY, near = INFINITY, top = -INFINITY, low = INFINITY;
        for (int k = 0; k < n; k++) {
            double along = q[k][0] * dx + q[k][1] * dy, up = q[k][1] * dx - q[k][0] * dy;
            far = fmax(far, along);
            near = fmin(near, along);
            top = fmax(top, up);
            low = fmin(low, up);
        }
        best = fmin(best, (far - near) * (top - low));
    }
    return best;
}

/* Polygons of 3 to 300 vertices on an ellipse: short and long outlines take different ways. */
START_TEST(rectangle_of_polygons)
{
    uint64_t seed = 77;
    double q[300][2];
    for (int n = 3; n <= 300; n++) {
        double step = 2 * pi / n;
        for (int i = 0; i < n; i++) {
            double t = (i + 0.9 * uniform(&seed)) * step;
            q[i][0] = 3 + 5 * cos(t) - sin(t);
            q[i][1] = 2 * cos(t) + 4 * sin(t) - 7;
        }
        double dir[2], area = mi_rectangle((const double(*)[2])q, n, dir);
        near(area, plain_rectangle((const double(*)[2])q, n), 1e-12);
        near(hypot(dir[0], dir[1]), 1, 1e-12);
    }
    double one[3][2] = { { 1, 1 }, { 1, 1 }, { 1, 1 } }, dir[2] = { 0.6, 0.8 };
    ck_assert(isinf(mi_rectangle((const double(*)[2])one, 3, dir)));
    ck_assert(dir[0] == 0.6 && dir[1] == 0.8);
}
END_TEST

/* ---- boxes ---- */

/* Corners i of a box with edges e[0], e[1], e[2] (mm, whole numbers), in half edges of voxels of
   1 x 2 x 0.5 mm. */
static mi_hull box_hull(int32_t e[3][3])
{
    point p[8];
    mi_hull h = MI_HULL_EMPTY;
    for (int i = 0; i < 8; i++) {
        int32_t mm[3] = { 0, 0, 0 };
        for (int k = 0; k < 3; k++)
            for (int a = 0; a < 3; a++)
                mm[a] += (i >> k & 1) * e[k][a];
        p[i][0] = 2 * mm[0];
        p[i][1] = mm[1];
        p[i][2] = 4 * mm[2];
    }
    ck_assert_int_eq(mi_hull_of_points((const point *)p, 8, &h, NULL), 0);
    return h;
}

static const double voxel[3] = { 1, 2, 0.5 };

START_TEST(box_of_turned_boxes)
{
    /* mutually perpendicular, length 3 each; 5, 5, 1; 7 each */
    static const int32_t frame[3][3][3] = { { { 1, 2, 2 }, { 2, 1, -2 }, { 2, -2, 1 } },
                                            { { 3, 4, 0 }, { -4, 3, 0 }, { 0, 0, 1 } },
                                            { { 2, 3, 6 }, { 3, -6, 2 }, { 6, 2, -3 } } };
    static const int32_t times[4][3] = { { 1, 1, 1 }, { 5, 3, 2 }, { 40, 3, 9 }, { 7, 7, 1 } };
    for (int f = 0; f < 3; f++)
        for (int t = 0; t < 4; t++) {
            int32_t e[3][3];
            double side[3], length[3], volume = 1;
            for (int k = 0; k < 3; k++) {
                for (int a = 0; a < 3; a++)
                    e[k][a] = frame[f][k][a] * times[t][k];
                length[k] = sqrt(e[k][0] * e[k][0] + e[k][1] * e[k][1] + e[k][2] * e[k][2]);
                volume *= length[k];
            }
            mi_hull h = box_hull(e);
            ck_assert_int_eq(mi_hull_box(&h, voxel, side, NULL), 0);
            ck_assert(side[0] >= side[1] && side[1] >= side[2]);
            near(side[0] * side[1] * side[2], volume, 1e-12);
            near(side[0], fmax(length[0], fmax(length[1], length[2])), 1e-9);
            mi_hull_free(&h);
        }
}
END_TEST

/* The smallest box of the octahedron |x| + |y| + |z| <= 1 is a cube of side 4/3, with no face flush
   with one of the octahedron's: one isotropic voxel has such a mesh. */
START_TEST(box_of_an_octahedron)
{
    const uint8_t one = 1;
    const int64_t n[3] = { 1, 1, 1 };
    const double two[3] = { 2, 2, 2 };
    double side[3];
    mi_hull h = hull_of(&one, n);
    ck_assert_int_eq(mi_hull_box(&h, two, side, NULL), 0);
    for (int i = 0; i < 3; i++)
        near(side[i], 4.0 / 3, 1e-6);
    mi_hull_free(&h);
}
END_TEST

/* The smallest box of a regular tetrahedron is the cube whose corners it uses every other one
   of: no face of it is flush with the tetrahedron's. */
START_TEST(box_of_a_tetrahedron)
{
    static const int32_t turn[3][3] = { { 1, 2, 2 }, { 2, 1, -2 }, { 2, -2, 1 } };
    point p[4];
    double side[3];
    for (int i = 0; i < 4; i++) {
        int32_t c[3] = { i & 1, i >> 1, (i & 1) ^ (i >> 1) }, mm[3] = { 0, 0, 0 };
        for (int k = 0; k < 3; k++)
            for (int a = 0; a < 3; a++)
                mm[a] += c[k] * turn[k][a];
        p[i][0] = 2 * mm[0];
        p[i][1] = mm[1];
        p[i][2] = 4 * mm[2];
    }
    mi_hull h = MI_HULL_EMPTY;
    ck_assert_int_eq(mi_hull_of_points((const point *)p, 4, &h, NULL), 0);
    ck_assert_int_eq(mi_hull_box(&h, voxel, side, NULL), 0);
    for (int i = 0; i < 3; i++)
        near(side[i], 3, 1e-6);
    mi_hull_free(&h);
}
END_TEST

/* Extent of a hull along three perpendicular directions: volume of the box. */
static double box_along(const mi_hull *h, const double s[3], double u[3][3])
{
    double v = 1;
    for (int k = 0; k < 3; k++) {
        double lo = INFINITY, hi = -INFINITY;
        for (int32_t i = 0; i < h->n_points; i++) {
            double d = 0;
            for (int a = 0; a < 3; a++)
                d += h->point[i][a] * s[a] / 2 * u[k][a];
            lo = fmin(lo, d);
            hi = fmax(hi, d);
        }
        v *= hi - lo;
    }
    return v;
}

/* A rotation from a quaternion. */
static void rotation(double w, double x, double y, double z, double u[3][3])
{
    double l = sqrt(w * w + x * x + y * y + z * z);
    w /= l;
    x /= l;
    y /= l;
    z /= l;
    double r[3][3] = { { 1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y) },
                       { 2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x) },
                       { 2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y) } };
    memcpy(u, r, sizeof r);
}

/* No box of many others is smaller, and the box holds at least the hull. */
START_TEST(box_is_small)
{
    uint64_t seed = 9;
    for (int trial = 0; trial < 30; trial++) {
        int64_t n[3] = { 3 + next(&seed) % 9, 3 + next(&seed) % 9, 2 + next(&seed) % 7 };
        double s[3] = { 0.5 + uniform(&seed), 1, 3 * uniform(&seed) + 0.3 }, side[3], v, a, u[3][3];
        uint8_t *m = random_mask(n, 0.04, &seed);
        mi_hull h = hull_of(m, n);
        ck_assert_int_eq(mi_hull_box(&h, s, side, NULL), 0);
        double box = side[0] * side[1] * side[2];
        mi_hull_measure(&h, s, &v, &a);
        ck_assert(box > v);
        int smaller = 0;
        for (int k = 0; k < 4000; k++) {
            rotation(uniform(&seed) - 0.5, uniform(&seed) - 0.5, uniform(&seed) - 0.5,
                     uniform(&seed) - 0.5, u);
            smaller += box_along(&h, s, u) < box * (1 - 1e-12);
        }
        ck_assert_int_eq(smaller, 0);
        mi_hull_free(&h);
        free(m);
    }
}
END_TEST

/* ---- ellipsoids ---- */

START_TEST(ellipsoid_of_solids)
{
    double semi[3];
    int32_t e[3][3] = { { 6, 12, 12 }, { 10, 5, -10 }, { 4, -4, 2 } };
    mi_hull h = box_hull(e); /* a cuboid of 18 x 15 x 6 mm: volume pi sqrt(3)/2 times its own */
    ck_assert_int_eq(mi_hull_ellipsoid(&h, voxel, semi, NULL), 0);
    near(semi[0], 18 * sqrt(3) / 2, 1e-8);
    near(semi[1], 15 * sqrt(3) / 2, 1e-8);
    near(semi[2], 6 * sqrt(3) / 2, 1e-8);
    near(4 * pi / 3 * semi[0] * semi[1] * semi[2], pi * sqrt(3) / 2 * (18 * 15 * 6), 1e-8);
    mi_hull_free(&h);

    const uint8_t one = 1;
    const int64_t n[3] = { 1, 1, 1 };
    h = hull_of(&one, n); /* the vertices of an octahedron are the ends of the axes */
    ck_assert_int_eq(mi_hull_ellipsoid(&h, voxel, semi, NULL), 0);
    near(semi[0], 1, 1e-8);
    near(semi[1], 0.5, 1e-8);
    near(semi[2], 0.25, 1e-8);
    mi_hull_free(&h);

    const point p[4] = { { 0, 0, 0 }, { 0, 4, 4 }, { 4, 0, 4 }, { 4, 4, 0 } };
    const double cube[3] = { 1, 1, 1 };
    h = (mi_hull)MI_HULL_EMPTY;
    ck_assert_int_eq(mi_hull_of_points(p, 4, &h, NULL), 0); /* regular tetrahedron: its ball */
    ck_assert_int_eq(mi_hull_ellipsoid(&h, cube, semi, NULL), 0);
    for (int i = 0; i < 3; i++)
        near(semi[i], sqrt(3), 1e-8);
    mi_hull_free(&h);
}
END_TEST

/* Volume of the smallest ellipsoid by Titterington's multiplicative weights, which creep up on
   it from below. */
static double slow_volume(const mi_hull *h, const double s[3])
{
    int n = h->n_points;
    double *w = mi_array((size_t)n, sizeof *w, NULL), det = 0;
    for (int i = 0; i < n; i++)
        w[i] = 1.0 / n;
    for (int step = 0; step < 20000; step++) {
        double c[3] = { 0 }, m[3][3] = { { 0 } }, inv[3][3];
        for (int i = 0; i < n; i++)
            for (int a = 0; a < 3; a++)
                c[a] += w[i] * h->point[i][a] * s[a] / 2;
        for (int i = 0; i < n; i++)
            for (int a = 0; a < 3; a++)
                for (int b = 0; b < 3; b++)
                    m[a][b] += w[i] * (h->point[i][a] * s[a] / 2 - c[a]) *
                               (h->point[i][b] * s[b] / 2 - c[b]);
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) {
                int p = (a + 1) % 3, q = (a + 2) % 3, r = (b + 1) % 3, t = (b + 2) % 3;
                inv[b][a] = m[p][r] * m[q][t] - m[p][t] * m[q][r];
            }
        det = m[0][0] * inv[0][0] + m[0][1] * inv[1][0] + m[0][2] * inv[2][0];
        for (int i = 0; i < n; i++) {
            double k = 1;
            for (int a = 0; a < 3; a++)
                for (int b = 0; b < 3; b++)
                    k += (h->point[i][a] * s[a] / 2 - c[a]) * inv[a][b] / det *
                         (h->point[i][b] * s[b] / 2 - c[b]);
            w[i] *= k / 4;
        }
    }
    free(w);
    return 4 * pi / 3 * sqrt(27 * det);
}

START_TEST(ellipsoid_of_masks)
{
    uint64_t seed = 31;
    for (int trial = 0; trial < 25; trial++) {
        int64_t n[3] = { 1 + next(&seed) % 12, 1 + next(&seed) % 12, 1 + next(&seed) % 12 };
        double s[3] = { 0.5 + uniform(&seed), 1, 3 * uniform(&seed) + 0.3 }, unit[3] = { 1, 1, 1 },
               semi[3], other[3];
        uint8_t *m = random_mask(n, trial % 2 ? 0.02 : 0.5, &seed);
        mi_hull h = hull_of(m, n);
        ck_assert_int_eq(mi_hull_ellipsoid(&h, s, semi, NULL), 0);
        ck_assert(semi[0] >= semi[1] && semi[1] >= semi[2] && semi[2] > 0);
        double v = 4 * pi / 3 * semi[0] * semi[1] * semi[2], slow = slow_volume(&h, s);
        ck_assert_msg(v >= slow * (1 - 1e-10) && v <= slow * (1 + 2e-3), "%.12g %.12g", v, slow);
        /* scaling the axes scales the ellipsoid */
        ck_assert_int_eq(mi_hull_ellipsoid(&h, unit, other, NULL), 0);
        near(v, 4 * pi / 3 * other[0] * other[1] * other[2] * s[0] * s[1] * s[2], 1e-12);
        mi_hull_free(&h);
        free(m);
    }
}
END_TEST

/* A voxel ball: hundreds of points close to one ellipsoid. */
START_TEST(ellipsoid_of_a_ball)
{
    enum { N = 41 };
    const int64_t n[3] = { N, N, N };
    const double s[3] = { 1, 1, 1 };
    uint8_t *m = mi_array_zero(N * N * N, 1, NULL);
    for (int z = 0; z < N; z++)
        for (int y = 0; y < N; y++)
            for (int x = 0; x < N; x++)
                m[(z * N + y) * N + x] =
                    (x - 20) * (x - 20) + (y - 20) * (y - 20) + (z - 20) * (z - 20) <= 400;
    mi_hull h = hull_of(m, n);
    double semi[3], far = 0;
    for (int32_t i = 0; i < h.n_points; i++) {
        double d2 = 0;
        for (int a = 0; a < 3; a++)
            d2 += pow(h.point[i][a] / 2.0 - 20, 2);
        far = fmax(far, d2);
    }
    ck_assert_int_eq(mi_hull_ellipsoid(&h, s, semi, NULL), 0);
    ck_assert(semi[0] * semi[1] * semi[2] <= pow(far, 1.5) * (1 + 1e-9));
    ck_assert(semi[2] > 20);
    mi_hull_free(&h);
    free(m);
}
END_TEST

/* The manual's series, term by term as it stands there. */
static double area_by_terms(double a, double b, double c)
{
    double alpha = sqrt(1 - b * b / (a * a)), beta = sqrt(1 - c * c / (a * a));
    double z = (alpha * alpha + beta * beta) / (2 * alpha * beta), sum = 0;
    double p[21] = { 1, z };
    for (int v = 1; v < 20; v++)
        p[v + 1] = ((2 * v + 1) * z * p[v] - v * p[v - 1]) / (v + 1);
    for (int v = 0; v <= 20; v++)
        sum += pow(alpha * beta, v) / (1 - 4 * v * v) * p[v];
    return 4 * pi * a * b * sum;
}

START_TEST(ellipsoid_areas)
{
    near(mi_ellipsoid_area(3, 3, 3), 36 * pi, 1e-15);
    near(mi_ellipsoid_area(5, 4, 3), area_by_terms(5, 4, 3), 1e-13);
    near(mi_ellipsoid_area(9, 2, 1), area_by_terms(9, 2, 1), 1e-13);
    near(mi_ellipsoid_area(9, 9, 1), area_by_terms(9, 9 - 1e-10, 1), 1e-8);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("morph_solids");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, rectangle_of_polygons);
    tcase_add_test(c, box_of_turned_boxes);
    tcase_add_test(c, box_of_an_octahedron);
    tcase_add_test(c, box_of_a_tetrahedron);
    tcase_add_test(c, box_is_small);
    tcase_add_test(c, ellipsoid_of_solids);
    tcase_add_test(c, ellipsoid_of_masks);
    tcase_add_test(c, ellipsoid_of_a_ball);
    tcase_add_test(c, ellipsoid_areas);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
