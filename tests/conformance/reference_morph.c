/* Morphology (IBSI 1 reference manual, 3.1). */
#include "reference.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char family[] = "morphology";

/* How many dimensions the voxel centres span, in whole numbers. */
static int span(int (*p)[3], int n)
{
    int rank = 0;
    long u[3] = { 0 }, w[3] = { 0 };
    for (int i = 1; i < n && rank < 3; i++) {
        long v[3], c[3], t = 0;
        for (int d = 0; d < 3; d++)
            v[d] = p[i][d] - p[0][d];
        for (int d = 0; d < 3; d++)
            c[d] = u[(d + 1) % 3] * v[(d + 2) % 3] - u[(d + 2) % 3] * v[(d + 1) % 3];
        for (int d = 0; d < 3; d++)
            t += w[d] * v[d];
        if (rank == 0) {
            memcpy(u, v, sizeof u);
            rank = 1;
        } else if (rank == 1 && (c[0] || c[1] || c[2])) {
            memcpy(w, c, sizeof w);
            rank = 2;
        } else if (rank == 2 && t != 0)
            rank = 3;
    }
    return rank;
}

static int collect(const ref_roi *r, const unsigned char *mask, int (*p)[3])
{
    int n = 0;
    for (int z = 0; z < r->n[2]; z++)
        for (int y = 0; y < r->n[1]; y++)
            for (int x = 0; x < r->n[0]; x++)
                if (mask[ref_at(r, x, y, z)]) {
                    p[n][0] = x;
                    p[n][1] = y;
                    p[n++][2] = z;
                }
    return n;
}

static void put(ref_rows *to, const char *tag, const char *feature, double value, double scale)
{
    ref_name name = { tag, feature };
    ref_put(to, family, "", &name, value, scale);
}

static void surface(const ref_roi *r, const ref_mesh *m, double v, double a, ref_rows *to)
{
    const double pi = acos(-1);
    ref_name volume = { "RNU0", "Volume (mesh)" }, area = { "C0JK", "Surface area (mesh)" };
    ref_row *row = ref_put(to, family, "", &volume, v, 1);
    row->lo = m->volume_lo;
    row->hi = m->volume_hi;
    row = ref_put(to, family, "", &area, a, 1);
    row->lo = m->area_lo;
    row->hi = m->area_hi;
    put(to, "YEKZ", "Volume (voxel counting)", r->n_morph * r->s[0] * r->s[1] * r->s[2], 1);
    put(to, "2PR5", "Surface to volume ratio", a / v, 1);
    put(to, "SKGS", "Compactness 1", v / (sqrt(pi) * pow(a, 1.5)), 1);
    put(to, "BQWJ", "Compactness 2", 36 * pi * v * v / (a * a * a), 1);
    put(to, "KRCK", "Spherical disproportion", a / cbrt(36 * pi * v * v), 1);
    put(to, "QCFX", "Sphericity", cbrt(36 * pi * v * v) / a, 1);
    put(to, "25C7", "Asphericity", cbrt(a * a * a / (v * v) / (36 * pi)) - 1, 1);
}

/* Principal axes of the voxel centres; the covariance is divided by N - 1. */
static void axes(const ref_roi *r, double v, double a, ref_rows *to)
{
    int(*p)[3] = ref_alloc((size_t)r->n_morph, sizeof *p), n = collect(r, r->morph, p);
    double mean[3] = { 0 }, m[3][3] = { { 0 } }, w[3], len[3], near[3];
    int rank = span(p, n);
    for (int i = 0; i < n; i++)
        for (int d = 0; d < 3; d++)
            mean[d] += p[i][d] * r->s[d] / n;
    for (int i = 0; i < n; i++)
        for (int d = 0; d < 3; d++)
            for (int e = 0; e < 3; e++)
                m[d][e] += (p[i][d] * r->s[d] - mean[d]) * (p[i][e] * r->s[e] - mean[e]) / (n - 1);
    if (n > 1)
        ref_eigenvalues(m, w);
    for (int d = 0; d < 3; d++) {
        len[d] = n == 1 ? NAN : d < rank ? 4 * sqrt(w[d]) : 0;
        near[d] = n == 1 ? 1 : d < rank ? w[0] / sqrt(w[d]) : 1;
    }
    put(to, "TDIC", "Major axis length", len[0], near[0]);
    put(to, "P9VJ", "Minor axis length", len[1], near[1]);
    put(to, "7J51", "Least axis length", len[2], near[2]);
    put(to, "Q3CK", "Elongation", n > 1 ? len[1] / len[0] : NAN, 1);
    put(to, "N17B", "Flatness", n > 1 ? len[2] / len[0] : NAN, 1);
    bool solid = rank == 3;
    put(to, "6BDE", "Volume density (approximate enclosing ellipsoid)",
        solid ? v / (acos(-1) / 6 * len[0] * len[1] * len[2]) : NAN, 1);
    put(to, "RDD2", "Area density (approximate enclosing ellipsoid)",
        solid ? a / ref_ellipsoid_area(len[0] / 2, len[1] / 2, len[2] / 2) : NAN, 1);
    free(p);
}

static void enclosures(const ref_roi *r, const ref_mesh *m, double v, double a, ref_rows *to)
{
    double diameter = 0, side[3], volume, area_lo, area_hi, axis[3];
    for (int d = 0; d < 3; d++) {
        int lo = m->vertex[0][d], hi = lo;
        for (int i = 0; i < m->n; i++) {
            lo = m->vertex[i][d] < lo ? m->vertex[i][d] : lo;
            hi = m->vertex[i][d] > hi ? m->vertex[i][d] : hi;
        }
        side[d] = (hi - lo) * r->s[d] / 2;
    }
    for (int i = 0; i < m->n; i++)
        for (int j = i + 1; j < m->n; j++) {
            double sum = 0;
            for (int d = 0; d < 3; d++) {
                double t = (m->vertex[i][d] - m->vertex[j][d]) * r->s[d] / 2;
                sum += t * t;
            }
            diameter = fmax(diameter, sqrt(sum));
        }
    put(to, "L0JK", "Maximum 3D diameter", diameter, 1);
    put(to, "PBX1", "Volume density (axis-aligned bounding box)", v / (side[0] * side[1] * side[2]),
        1);
    put(to, "R59B", "Area density (axis-aligned bounding box)",
        a / (2 * (side[0] * side[1] + side[1] * side[2] + side[0] * side[2])), 1);
    ref_hull h;
    ref_hull_make(m->vertex, m->n, r->s, &h);
    put(to, "R3ER", "Volume density (convex hull)", v / h.volume, 1);
    put(to, "7T7F", "Area density (convex hull)", a / h.area, 1);
    /* The smallest box is found by sampling, to about 1e-5; of boxes that nearly tie any may be
       taken. */
    ref_box(&h, r->s, &volume, &area_lo, &area_hi);
    static const ref_name box[2] = { { "ZH1A", "Volume density (oriented minimum bounding box)" },
                                     { "IQYR", "Area density (oriented minimum bounding box)" } };
    ref_row *row = ref_put(to, family, "", &box[0], v / volume, 1);
    row->lo = v / volume * (1 - 1e-5);
    row->hi = v / volume * (1 + 1e-5);
    row = ref_put(to, family, "", &box[1], a / area_lo, 1);
    row->lo = a / area_hi * (1 - 1e-3);
    row->hi = a / area_lo * (1 + 1e-3);
    ref_ellipsoid(&h, r->s, axis);
    /* Both sides come near the least volume to 1e-9 only; the axes then are known to the root of
       that. */
    double density = v / (4 * acos(-1) / 3 * axis[0] * axis[1] * axis[2]);
    double cover = a / ref_ellipsoid_area(axis[0], axis[1], axis[2]);
    put(to, "SWZ1", "Volume density (minimum volume enclosing ellipsoid)", density, 2e3 * density);
    put(to, "BRI8", "Area density (minimum volume enclosing ellipsoid)", cover, 1e8 * cover);
    ref_hull_free(&h);
}

/* Moran's I and Geary's C: plain double sums over all pairs. */
static void autocorrelation(const ref_roi *r, int (*p)[3], const double *x, int n, ref_rows *to)
{
    double mean = 0, square = 0, weight = 0, moran = 0, geary = 0, size = 0;
    bool flat = true;
    for (int i = 0; i < n; i++) {
        mean += x[i] / n;
        flat = flat && x[i] == x[0];
    }
    for (int i = 0; i < n; i++)
        square += (x[i] - mean) * (x[i] - mean);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double d2 = 0;
            for (int d = 0; d < 3; d++) {
                double t = (p[i][d] - p[j][d]) * r->s[d];
                d2 += t * t;
            }
            if (i == j)
                continue;
            double w = 1 / sqrt(d2), product = w * (x[i] - mean) * (x[j] - mean);
            weight += w;
            moran += product;
            size += fabs(product);
            geary += w * (x[i] - x[j]) * (x[i] - x[j]);
        }
    put(to, "N365", "Moran's I index", flat ? NAN : n / weight * moran / square,
        flat ? 1 : 10 * n / weight * size / square * (1 + fabs(mean) / sqrt(square / n)));
    put(to, "NPT7", "Geary's C measure", flat ? NAN : (n - 1) / (2 * weight) * geary / square,
        flat ? 1 : 10 * (1 + fabs(mean) / sqrt(square / n)));
}

static void intensities(const ref_roi *r, double v, ref_rows *to)
{
    int(*p)[3] = ref_alloc((size_t)r->n_morph, sizeof *p), n = collect(r, r->morph, p);
    double geometric[3] = { 0 }, heavy[3] = { 0 }, sum = 0, size = 0, shift = 0, reach = 0;
    for (int i = 0; i < n; i++)
        for (int d = 0; d < 3; d++)
            geometric[d] += p[i][d] * r->s[d] / n;
    n = collect(r, r->inten, p);
    double *x = ref_alloc((size_t)n, sizeof *x);
    for (int i = 0; i < n; i++) {
        x[i] = r->value[ref_at(r, p[i][0], p[i][1], p[i][2])];
        sum += x[i];
        size += fabs(x[i]);
        for (int d = 0; d < 3; d++) {
            heavy[d] += x[i] * (p[i][d] * r->s[d] - geometric[d]);
            reach = fmax(reach, fabs(p[i][d] * r->s[d]));
        }
    }
    for (int d = 0; d < 3; d++)
        shift += heavy[d] / sum * heavy[d] / sum;
    put(to, "KLMA", "Centre of mass shift", n && sum != 0 ? sqrt(shift) : NAN,
        n && sum != 0 ? 10 * reach * size / fabs(sum) * (1 + size / fabs(sum)) : 1);
    put(to, "99N0", "Integrated intensity", n ? v * sum / n : NAN, n ? v * size / n : 1);
    autocorrelation(r, p, x, n, to);
    free(p);
    free(x);
}

void ref_morphology(const ref_roi *r, double volume, double area, ref_rows *to)
{
    ref_mesh m;
    ref_mesh_make(r, &m);
    double v = isnan(volume) ? (m.volume_lo + m.volume_hi) / 2 : volume;
    double a = isnan(area) ? (m.area_lo + m.area_hi) / 2 : area;
    surface(r, &m, v, a, to);
    axes(r, v, a, to);
    enclosures(r, &m, v, a, to);
    intensities(r, v, to);
    free(m.vertex);
}
