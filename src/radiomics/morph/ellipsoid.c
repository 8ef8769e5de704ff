#include "radiomics/morph/solids.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/linalg.h"
#include "base/memory.h"

/* The smallest ellipsoid around points p_i: weights w_i >= 0 of sum 1 that maximise log det sum
   w_i q_i q_i', q_i = (p_i, 1) (Titterington, "Optimal design: some geometrical aspects of
   D-optimality", Biometrika 62(2), 1975). With k_i = q_i' M^-1 q_i the optimum has k_i <= 4
   everywhere, k_i = 4 where w_i > 0. Few points carry weight: a working set grows by the points
   that violate this most, and is solved by a primal-dual interior point method in the manner of
   Sun and Freund, "Computation of minimum-volume covering ellipsoids", Oper Res 52(5), 2004. k_i
   <= 4 (1 + e) on all points bounds the volume by (1 + 4e/3)^(3/2). */

enum { ROUNDS = 500, STEPS = 100, ADD = 12 };
static const double excess = 3e-10; /* e above */

typedef struct solver {
    double (*q)[4]; /* all points, whitened, lifted by 1 */
    int32_t n;
    int32_t *set; /* working set */
    int32_t m, cap;
    double *w, *s, *k;   /* weights, slacks 4 - k, k of the set */
    double *step, *gram; /* Newton step; m x m */
    double inv[4][4];    /* M^-1 */
} solver;

/* In place Cholesky factor (lower) of the n x n matrix a, rows of n. 0 when it is not positive
   definite. */
static int cholesky(double *a, int n)
{
    for (int j = 0; j < n; j++)
        for (int i = j; i < n; i++) {
            double t = a[i * n + j];
            for (int k = 0; k < j; k++)
                t -= a[i * n + k] * a[j * n + k];
            if (i == j && !(t > 0))
                return 0;
            a[i * n + j] = i == j ? sqrt(t) : t / a[j * n + j];
        }
    return 1;
}

static void solve(const double *l, int n, double *x)
{
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++)
            x[i] -= l[i * n + k] * x[k];
        x[i] /= l[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++)
            x[i] -= l[k * n + i] * x[k];
        x[i] /= l[i * n + i];
    }
}

/* M^-1 for the weights of the working set. */
static int invert(solver *s)
{
    double m[16] = { 0 };
    for (int32_t i = 0; i < s->m; i++) {
        const double *q = s->q[s->set[i]];
        for (int a = 0; a < 4; a++)
            for (int b = 0; b <= a; b++)
                m[4 * a + b] += s->w[i] * q[a] * q[b];
    }
    if (!cholesky(m, 4))
        return 0;
    for (int b = 0; b < 4; b++) {
        double x[4] = { 0 };
        x[b] = 1;
        solve(m, 4, x);
        for (int a = 0; a < 4; a++)
            s->inv[a][b] = x[a];
    }
    return 1;
}

static void times_inverse(const solver *s, const double q[4], double y[4])
{
    for (int a = 0; a < 4; a++)
        y[a] =
            s->inv[a][0] * q[0] + s->inv[a][1] * q[1] + s->inv[a][2] * q[2] + s->inv[a][3] * q[3];
}

static double form(const double a[4], const double b[4])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
}

static double k_of(const solver *s, int32_t point)
{
    double y[4];
    times_inverse(s, s->q[point], y);
    return form(s->q[point], y);
}

/* gram = (q_i' M^-1 q_j)^2 + diagonal of s/w; k = its unsquared diagonal. */
static void newton_matrix(solver *s)
{
    for (int32_t i = 0; i < s->m; i++) {
        double y[4];
        times_inverse(s, s->q[s->set[i]], y);
        for (int32_t j = 0; j <= i; j++) {
            double g = form(s->q[s->set[j]], y);
            if (i == j)
                s->k[i] = g;
            s->gram[i * s->m + j] = g * g;
        }
    }
}

static double longest(const double *x, const double *dx, int32_t m)
{
    double t = 1;
    for (int32_t i = 0; i < m; i++)
        if (x[i] + t / 0.95 * dx[i] < 0)
            t = -0.95 * x[i] / dx[i];
    return t;
}

/* Optimal weights of the working set. The conditions are k_i + s_i = 4, w_i s_i = mu, mu towards
   0; they imply that the weights add up to 1. */
static void optimise(solver *s, double *ds)
{
    double top = 0;
    for (int32_t i = 0; i < s->m; i++)
        s->w[i] = 1.0 / s->m;
    if (!invert(s))
        return;
    for (int32_t i = 0; i < s->m; i++)
        top = fmax(top, k_of(s, s->set[i]));
    for (int32_t i = 0; i < s->m; i++)
        s->w[i] *= top / 3;
    for (int step = 0; step < STEPS && invert(s); step++) {
        double gap = 0, off = 0;
        newton_matrix(s);
        for (int32_t i = 0; i < s->m; i++) {
            if (step == 0)
                s->s[i] = 4 - s->k[i];
            gap += s->w[i] * s->s[i];
            off = fmax(off, fabs(4 - s->k[i] - s->s[i]));
        }
        if (gap < 1e-13 && off < 1e-12)
            break;
        double mu = (off < 0.1 ? 0.05 : 0.5) * gap / s->m;
        for (int32_t i = 0; i < s->m; i++) {
            s->gram[i * s->m + i] += s->s[i] / s->w[i];
            s->step[i] = s->k[i] - 4 + mu / s->w[i];
        }
        if (!cholesky(s->gram, s->m))
            break;
        solve(s->gram, s->m, s->step);
        for (int32_t i = 0; i < s->m; i++)
            ds[i] = (mu - s->w[i] * s->s[i] - s->s[i] * s->step[i]) / s->w[i];
        double tw = longest(s->w, s->step, s->m), ts = longest(s->s, ds, s->m);
        for (int32_t i = 0; i < s->m; i++) {
            s->w[i] += tw * s->step[i];
            s->s[i] += ts * ds[i];
        }
    }
}

/* Scale the weights to sum 1 and drop points that carry none. */
static void normalise(solver *s)
{
    double sum = 0;
    int32_t m = 0;
    for (int32_t i = 0; i < s->m; i++)
        sum += s->w[i];
    for (int32_t i = 0; i < s->m; i++) {
        s->w[i] /= sum;
        if (s->w[i] > 1e-9 || s->s[i] < 1e-3) {
            s->set[m] = s->set[i];
            s->w[m++] = s->w[i];
        }
    }
    s->m = m;
}

/* The points that stick out most join the set. Returns the largest k of all points. */
static double extend(solver *s)
{
    int32_t top[ADD];
    double k_top[ADD], k_max = 0;
    int n = 0;
    for (int32_t i = 0; i < s->n; i++) {
        double k = k_of(s, i);
        k_max = fmax(k_max, k);
        if (k <= 4 * (1 + excess) || (n == ADD && k <= k_top[n - 1]))
            continue;
        int at = n < ADD ? n++ : ADD - 1;
        for (; at > 0 && k_top[at - 1] < k; at--) {
            k_top[at] = k_top[at - 1];
            top[at] = top[at - 1];
        }
        k_top[at] = k;
        top[at] = i;
    }
    for (int i = 0; i < n; i++) {
        int known = 0;
        for (int32_t j = 0; j < s->m; j++)
            known |= s->set[j] == top[i];
        if (!known && s->m < s->cap)
            s->set[s->m++] = top[i];
    }
    return k_max;
}

static void add_extremes(solver *s, const double d[3])
{
    int32_t lo = 0, hi = 0;
    double l = INFINITY, h = -INFINITY;
    for (int32_t i = 0; i < s->n; i++) {
        double x = s->q[i][0] * d[0] + s->q[i][1] * d[1] + s->q[i][2] * d[2];
        if (x < l) {
            l = x;
            lo = i;
        }
        if (x > h) {
            h = x;
            hi = i;
        }
    }
    int known_lo = 0, known_hi = lo == hi;
    for (int32_t j = 0; j < s->m; j++) {
        known_lo |= s->set[j] == lo;
        known_hi |= s->set[j] == hi;
    }
    if (!known_lo)
        s->set[s->m++] = lo;
    if (!known_hi)
        s->set[s->m++] = hi;
}

/* Points with mean 0 and covariance 1: p = centre + l q, l lower triangular, in half voxel
   edges. */
static int whiten(solver *s, const mi_hull *h, double l[9])
{
    double mean[3] = { 0 };
    memset(l, 0, 9 * sizeof *l);
    for (int32_t i = 0; i < h->n_points; i++)
        for (int a = 0; a < 3; a++)
            mean[a] += (double)h->point[i][a] / h->n_points;
    for (int32_t i = 0; i < h->n_points; i++)
        for (int a = 0; a < 3; a++)
            for (int b = 0; b <= a; b++)
                l[3 * a + b] +=
                    (h->point[i][a] - mean[a]) * (h->point[i][b] - mean[b]) / h->n_points;
    if (!cholesky(l, 3))
        return 0;
    for (int32_t i = 0; i < h->n_points; i++) {
        double *q = s->q[i];
        for (int a = 0; a < 3; a++) {
            q[a] = h->point[i][a] - mean[a];
            for (int b = 0; b < a; b++)
                q[a] -= l[3 * a + b] * q[b];
            q[a] /= l[3 * a + a];
        }
        q[3] = 1;
    }
    return 1;
}

/* Semi-axes in mm of the ellipsoid of the weights, blown up until all points lie inside. */
static void semi_axes(const solver *s, double k_max, const double l[9], const double spacing[3],
                      double semi[3])
{
    double c[3] = { 0 }, shape[3][3] = { { 0 } }, t[3][3], mm[3][3] = { { 0 } }, v[3][3];
    for (int32_t i = 0; i < s->m; i++)
        for (int a = 0; a < 3; a++)
            c[a] += s->w[i] * s->q[s->set[i]][a];
    for (int32_t i = 0; i < s->m; i++)
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++)
                shape[a][b] += s->w[i] * (s->q[s->set[i]][a] - c[a]) * (s->q[s->set[i]][b] - c[b]);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            t[a][b] = b <= a ? l[3 * a + b] * (0.5 * spacing[a]) : 0;
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    mm[a][b] += t[a][i] * shape[i][j] * t[b][j];
    mi_eigen3((const double(*)[3])mm, semi, v);
    for (int a = 0; a < 3; a++)
        semi[a] = sqrt(fmax(semi[a], 0) * (k_max - 1));
}

/* 0, or 1 when rounding kept the bound from being met. */
static int search(solver *s, double *ds, double *k_max)
{
    for (int round = 0; round < ROUNDS; round++) {
        optimise(s, ds);
        normalise(s);
        if (!invert(s))
            break;
        int32_t before = s->m;
        *k_max = extend(s);
        if (*k_max <= 4 * (1 + excess))
            return 0;
        if (s->m == before)
            break;
    }
    return 1;
}

int mi_hull_ellipsoid(const mi_hull *h, const double spacing[3], double semi[3], mi_err *err)
{
    static const double corner[7][3] = { { 1, 0, 0 },  { 0, 1, 0 },  { 0, 0, 1 }, { 1, 1, 1 },
                                         { 1, 1, -1 }, { 1, -1, 1 }, { -1, 1, 1 } };
    solver s = { .n = h->n_points, .cap = h->n_points < 400 ? h->n_points : 400 };
    double l[9], k_max = 0;
    size_t cap = (size_t)s.cap;
    s.q = mi_array((size_t)s.n, sizeof *s.q, err);
    s.set = mi_array(cap, sizeof *s.set, err);
    double *work = mi_array(cap, (cap + 5) * sizeof *work, err);
    int rc = s.q && s.set && work ? 0 : -1;
    if (rc == 0) {
        s.w = work;
        s.s = work + cap;
        s.k = work + 2 * cap;
        s.step = work + 3 * cap;
        s.gram = work + 5 * cap;
        if (!whiten(&s, h, l))
            rc = mi_fail(err, MI_E_INTERNAL, NULL,
                         "an ellipsoid around points in one plane was asked for");
    }
    if (rc == 0) {
        for (int i = 0; i < 7; i++)
            add_extremes(&s, corner[i]);
        rc = search(&s, work + 4 * cap, &k_max);
    }
    if (rc == 0)
        semi_axes(&s, k_max, l, spacing, semi);
    free(s.q);
    free(s.set);
    free(work);
    return rc;
}

/* 4 pi a b sum_v (alpha beta)^v P_v((alpha^2 + beta^2) / (2 alpha beta)) / (1 - 4 v^2), alpha^2
   = 1 - b^2/a^2, beta^2 = 1 - c^2/a^2. The recurrence of the Legendre polynomials is run on r_v
   = (alpha beta)^v P_v, which needs no division by alpha beta. */
double mi_ellipsoid_area(double a, double b, double c)
{
    double alpha2 = 1 - b * b / (a * a), beta2 = 1 - c * c / (a * a);
    double x = (alpha2 + beta2) / 2, y = alpha2 * beta2, before = 1, r = x, sum = 1;
    for (int v = 1; v <= 20; v++) {
        double after = ((2 * v + 1) * x * r - v * y * before) / (v + 1);
        sum += r / (1 - 4.0 * v * v);
        before = r;
        r = after;
    }
    return 4 * acos(-1) * a * b * sum;
}
