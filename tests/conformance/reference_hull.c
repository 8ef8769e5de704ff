/* Convex hull and enclosing ellipsoid of a point set, by trying everything. Hull decisions are made
   in whole numbers. */
#include "reference.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Keep the points that are not between two others on a line along an axis; only these can be
   corners. */
static int thin(int (*p)[3], int n, int (*out)[3])
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        bool inner = false;
        for (int d = 0; d < 3 && !inner; d++) {
            bool below = false, above = false;
            for (int j = 0; j < n; j++)
                if (p[j][(d + 1) % 3] == p[i][(d + 1) % 3] &&
                    p[j][(d + 2) % 3] == p[i][(d + 2) % 3]) {
                    below = below || p[j][d] < p[i][d];
                    above = above || p[j][d] > p[i][d];
                }
            inner = below && above;
        }
        for (int j = 0; j < kept && !inner; j++)
            inner = memcmp(out[j], p[i], sizeof out[j]) == 0;
        if (!inner)
            memcpy(out[kept++], p[i], sizeof out[0]);
    }
    return kept;
}

typedef struct plane {
    long n[3], off;
} plane;

static long gcd(long a, long b)
{
    return b ? gcd(b, a % b) : labs(a);
}

static long side_of(const plane *f, const int p[3])
{
    return f->n[0] * p[0] + f->n[1] * p[1] + f->n[2] * p[2] - f->off;
}

/* The plane through three points with all points on its inner side; false when there is none. */
static bool supporting(int (*p)[3], int n, int i, int j, int k, plane *f)
{
    long u[3], v[3], low = 0, high = 0;
    for (int d = 0; d < 3; d++) {
        u[d] = p[j][d] - p[i][d];
        v[d] = p[k][d] - p[i][d];
    }
    for (int d = 0; d < 3; d++)
        f->n[d] = u[(d + 1) % 3] * v[(d + 2) % 3] - u[(d + 2) % 3] * v[(d + 1) % 3];
    long g = gcd(gcd(f->n[0], f->n[1]), f->n[2]);
    if (g == 0)
        return false;
    for (int d = 0; d < 3; d++)
        f->n[d] /= g;
    f->off = 0;
    f->off = side_of(f, p[i]);
    for (int q = 0; q < n && (low == 0 || high == 0); q++) {
        long s = side_of(f, p[q]);
        low = s < 0 ? s : low;
        high = s > 0 ? s : high;
    }
    if (low != 0 && high != 0)
        return false;
    if (high != 0) {
        for (int d = 0; d < 3; d++)
            f->n[d] = -f->n[d];
        f->off = -f->off;
    }
    return true;
}

/* Corners of the polygon that the points on a plane span, in order against the clock seen from
   outside, by gift wrapping. */
static int polygon(int (*p)[3], int n, const plane *f, int *corner)
{
    int start = -1, count = 0, at;
    for (int i = 0; i < n; i++) { /* lowest x, then y, then z: a corner */
        if (side_of(f, p[i]) != 0)
            continue;
        int d = 0;
        while (start >= 0 && d < 2 && p[i][d] == p[start][d])
            d++;
        if (start < 0 || p[i][d] < p[start][d])
            start = i;
    }
    at = start;
    do {
        int best = -1;
        corner[count++] = at;
        for (int i = 0; i < n; i++) {
            if (i == at || side_of(f, p[i]) != 0)
                continue;
            if (best < 0) {
                best = i;
                continue;
            }
            long u[3], v[3], turn = 0, far = 0;
            for (int d = 0; d < 3; d++) {
                u[d] = p[best][d] - p[at][d];
                v[d] = p[i][d] - p[at][d];
                far += v[d] * v[d] - u[d] * u[d];
            }
            for (int d = 0; d < 3; d++)
                turn +=
                    f->n[d] * (u[(d + 1) % 3] * v[(d + 2) % 3] - u[(d + 2) % 3] * v[(d + 1) % 3]);
            if (turn < 0 || (turn == 0 && far > 0))
                best = i;
        }
        at = best;
    } while (at != start);
    return count;
}

static int corner_index(ref_hull *h, const int p[3])
{
    int c = 0;
    while (c < h->n_corners && memcmp(h->corner[c], p, sizeof h->corner[c]) != 0)
        c++;
    if (c == h->n_corners)
        memcpy(h->corner[h->n_corners++], p, sizeof h->corner[c]);
    return c;
}

static void add_edge(ref_hull *h, int from, int to)
{
    h->edge = realloc(h->edge, (size_t)(h->n_edges + 1) * sizeof *h->edge);
    h->edge[h->n_edges++] = (ref_edge) { from, to, h->n_faces };
}

static void add_face(ref_hull *h, int (*p)[3], int n, const plane *f, const double s[3])
{
    int *corner = ref_alloc((size_t)n, sizeof *corner), count = polygon(p, n, f, corner);
    double area[3] = { 0, 0, 0 }, off = 0, size = 0;
    for (int i = 0; i < count; i++) {
        const int *a = p[corner[i]], *b = p[corner[(i + 1) % count]];
        for (int d = 0; d < 3; d++) {
            int e = (d + 1) % 3, g = (d + 2) % 3;
            area[d] += ((double)a[e] * b[g] - (double)a[g] * b[e]) * s[e] * s[g] / 8;
        }
        add_edge(h, corner_index(h, a), corner_index(h, b));
    }
    for (int d = 0; d < 3; d++) {
        off += area[d] * p[corner[0]][d] * s[d] / 2;
        size += area[d] * area[d];
    }
    size = sqrt(size);
    h->volume += off / 3;
    h->area += size;
    h->normal = realloc(h->normal, (size_t)(h->n_faces + 1) * sizeof *h->normal);
    for (int d = 0; d < 3; d++)
        h->normal[h->n_faces][d] = area[d] / size;
    h->n_faces++;
    free(corner);
}

void ref_hull_make(int (*all)[3], int n_all, const double s[3], ref_hull *h)
{
    int(*p)[3] = ref_alloc((size_t)n_all, sizeof *p), n = thin(all, n_all, p), faces = 0;
    plane *face = NULL, f;
    memset(h, 0, sizeof *h);
    h->corner = ref_alloc((size_t)n, sizeof *h->corner);
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++)
            for (int k = j + 1; k < n; k++) {
                if (!supporting(p, n, i, j, k, &f))
                    continue;
                bool known = false;
                for (int q = 0; q < faces && !known; q++)
                    known = memcmp(&face[q], &f, sizeof f) == 0;
                if (known)
                    continue;
                face = realloc(face, (size_t)(faces + 1) * sizeof *face);
                face[faces++] = f;
                add_face(h, p, n, &f, s);
            }
    free(face);
    free(p);
}

void ref_hull_free(ref_hull *h)
{
    free(h->corner);
    free(h->normal);
    free(h->edge);
    memset(h, 0, sizeof *h);
}

/* ---- ellipsoids ---- */

/* Solve m x = b in place (b becomes x) for a 4 x 4 matrix, by elimination with pivots. */
static void solve4(double m[4][4], double b[4])
{
    for (int c = 0; c < 4; c++) {
        int best = c;
        for (int r = c + 1; r < 4; r++)
            if (fabs(m[r][c]) > fabs(m[best][c]))
                best = r;
        for (int k = 0; k < 4; k++) {
            double t = m[c][k];
            m[c][k] = m[best][k];
            m[best][k] = t;
        }
        double t = b[c];
        b[c] = b[best];
        b[best] = t;
        for (int r = 0; r < 4; r++) {
            if (r == c)
                continue;
            double f = m[r][c] / m[c][c];
            for (int k = 0; k < 4; k++)
                m[r][k] -= f * m[c][k];
            b[r] -= f * b[c];
        }
    }
    for (int c = 0; c < 4; c++)
        b[c] /= m[c][c];
}

static double weight_distance(double moment[4][4], const double q[4])
{
    double m[4][4], x[4], sum = 0;
    memcpy(m, moment, sizeof m);
    memcpy(x, q, sizeof x);
    solve4(m, x);
    for (int d = 0; d < 4; d++)
        sum += x[d] * q[d];
    return sum;
}

/* Khachiyan's coordinate ascent with steps away from a point too (Todd and Yildirim 2007, algorithm
   4.1). */
static void weights(double (*q)[4], int n, double *u)
{
    for (int i = 0; i < n; i++)
        u[i] = 1.0 / n;
    for (int step = 0; step < 20000; step++) {
        double moment[4][4] = { { 0 } }, far = 0, near = INFINITY;
        int most = 0, least = 0;
        for (int i = 0; i < n; i++)
            for (int a = 0; a < 4; a++)
                for (int b = 0; b < 4; b++)
                    moment[a][b] += u[i] * q[i][a] * q[i][b];
        for (int i = 0; i < n; i++) {
            double g = weight_distance(moment, q[i]);
            if (g > far) {
                far = g;
                most = i;
            }
            if (u[i] > 0 && g < near) {
                near = g;
                least = i;
            }
        }
        if (far - 4 < 4e-11 && 4 - near < 4e-11)
            return;
        bool towards = far - 4 >= 4 - near;
        int at = towards ? most : least;
        double g = towards ? far : near, beta = (g - 4) / (4 * (g - 1));
        if (!towards && (g <= 1 || beta < -u[at] / (1 - u[at])))
            beta = -u[at] / (1 - u[at]);
        for (int i = 0; i < n; i++)
            u[i] *= 1 - beta;
        u[at] += beta;
        if (u[at] < 1e-15)
            u[at] = 0;
    }
}

void ref_ellipsoid(const ref_hull *h, const double s[3], double axis[3])
{
    int n = h->n_corners;
    double(*q)[4] = ref_alloc((size_t)n, sizeof *q), *u = ref_alloc((size_t)n, sizeof *u);
    double centre[3] = { 0, 0, 0 }, m[3][3] = { { 0 } }, w[3];
    for (int i = 0; i < n; i++) {
        for (int d = 0; d < 3; d++)
            q[i][d] = h->corner[i][d] * s[d] / 2;
        q[i][3] = 1;
    }
    weights(q, n, u);
    for (int i = 0; i < n; i++)
        for (int d = 0; d < 3; d++)
            centre[d] += u[i] * q[i][d];
    for (int i = 0; i < n; i++)
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++)
                m[a][b] += u[i] * (q[i][a] - centre[a]) * (q[i][b] - centre[b]);
    ref_eigenvalues(m, w);
    for (int d = 0; d < 3; d++)
        axis[d] = sqrt(3 * w[d]);
    free(q);
    free(u);
}

/* Legendre polynomials from their explicit sum, times (alpha beta)^nu so that nothing is divided by
   zero. */
double ref_ellipsoid_area(double a, double b, double c)
{
    long double alpha2 = 1 - (long double)b * b / ((long double)a * a);
    long double beta2 = 1 - (long double)c * c / ((long double)a * a), sum = 0;
    for (int nu = 0; nu <= 20; nu++) {
        long double p = 0;
        for (int k = 0; 2 * k <= nu; k++) {
            long double term = k % 2 ? -1 : 1;
            for (int i = 1; i <= k; i++) /* nu over k */
                term *= (long double)(nu - k + i) / i;
            for (int i = 1; i <= nu; i++) /* 2 nu - 2 k over nu */
                term *= (long double)(nu - 2 * k + i) / i;
            term *= powl(alpha2 * beta2, k) * powl((alpha2 + beta2) / 2, nu - 2 * k);
            p += term;
        }
        sum += p / powl(2, nu) / (1 - 4.0L * nu * nu);
    }
    return (double)(4 * acosl(-1) * a * b * sum);
}

/* Jacobi's method, largest element first. */
void ref_eigenvalues(double in[3][3], double w[3])
{
    double m[3][3];
    memcpy(m, in, sizeof m);
    for (int sweep = 0; sweep < 200; sweep++) {
        int p = 0, q = 1;
        for (int i = 0; i < 3; i++)
            for (int j = i + 1; j < 3; j++)
                if (fabs(m[i][j]) > fabs(m[p][q])) {
                    p = i;
                    q = j;
                }
        if (m[p][q] == 0)
            break;
        double angle = 0.5 * atan2(2 * m[p][q], m[q][q] - m[p][p]), c = cos(angle), s = sin(angle);
        for (int k = 0; k < 3; k++) {
            double x = m[k][p], y = m[k][q];
            m[k][p] = c * x - s * y;
            m[k][q] = s * x + c * y;
        }
        for (int k = 0; k < 3; k++) {
            double x = m[p][k], y = m[q][k];
            m[p][k] = c * x - s * y;
            m[q][k] = s * x + c * y;
        }
        if (fabs(m[p][q]) < 1e-300)
            m[p][q] = m[q][p] = 0;
    }
    for (int i = 0; i < 3; i++)
        w[i] = m[i][i] > 0 ? m[i][i] : 0;
    for (int i = 0; i < 2; i++)
        for (int j = i + 1; j < 3; j++)
            if (w[j] > w[i]) {
                double t = w[i];
                w[i] = w[j];
                w[j] = t;
            }
}
