/* Grey-level co-occurrence (IBSI 1 reference manual, 3.6) and neighbourhood grey tone differences
   (3.10). */
#include "reference.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- GLCM ---- */

static const ref_name glcm_names[25] = { { "GYBY", "Joint maximum" },
                                         { "60VM", "Joint average" },
                                         { "UR99", "Joint variance" },
                                         { "TU9B", "Joint entropy" },
                                         { "TF7R", "Difference average" },
                                         { "D3YU", "Difference variance" },
                                         { "NTRS", "Difference entropy" },
                                         { "ZGXS", "Sum average" },
                                         { "OEEB", "Sum variance" },
                                         { "P6QZ", "Sum entropy" },
                                         { "8ZQL", "Angular second moment" },
                                         { "ACUI", "Contrast" },
                                         { "8S9J", "Dissimilarity" },
                                         { "IB1Z", "Inverse difference" },
                                         { "NDRX", "Normalised inverse difference" },
                                         { "WF0Z", "Inverse difference moment" },
                                         { "1QCO", "Normalised inverse difference moment" },
                                         { "E8JP", "Inverse variance" },
                                         { "NI2N", "Correlation" },
                                         { "QWB0", "Autocorrelation" },
                                         { "DG8W", "Cluster tendency" },
                                         { "7NFM", "Cluster shade" },
                                         { "AE86", "Cluster prominence" },
                                         { "R8DG", "Information correlation 1" },
                                         { "JN9H", "Information correlation 2" } };
enum {
    JMAX,
    JAVG,
    JVAR,
    JENT,
    DAVG,
    DVAR,
    DENT,
    SAVG,
    SVAR,
    SENT,
    ASM,
    CON,
    DIS,
    INV,
    INVN,
    IDM,
    IDMN,
    IVAR,
    CORR,
    AUTO,
    TEND,
    SHADE,
    PROM,
    INFO1,
    INFO2
};

static double plogp(double p)
{
    return p > 0 ? p * log2(p) : 0;
}

/* Features of the diagonals (differences and sums). */
static void diagonals(const double *p, int ng, double f[25])
{
    double *diff = ref_alloc((size_t)ng, sizeof *diff);
    double *sum = ref_alloc(2 * (size_t)ng + 1, sizeof *sum);
    for (int i = 1; i <= ng; i++)
        for (int j = 1; j <= ng; j++) {
            diff[abs(i - j)] += p[(i - 1) * ng + j - 1];
            sum[i + j] += p[(i - 1) * ng + j - 1];
        }
    for (int k = 0; k < ng; k++) {
        f[DAVG] += k * diff[k];
        f[DENT] -= plogp(diff[k]);
    }
    for (int k = 2; k <= 2 * ng; k++) {
        f[SAVG] += k * sum[k];
        f[SENT] -= plogp(sum[k]);
    }
    for (int k = 0; k < ng; k++)
        f[DVAR] += (k - f[DAVG]) * (k - f[DAVG]) * diff[k];
    for (int k = 2; k <= 2 * ng; k++)
        f[SVAR] += (k - f[SAVG]) * (k - f[SAVG]) * sum[k];
    free(diff);
    free(sum);
}

static void information(const double *p, const double *margin, int ng, double f[25],
                        double scale[25])
{
    double hxy = 0, hx = 0, hxy1 = 0, hxy2 = 0;
    for (int i = 0; i < ng; i++) {
        hx -= plogp(margin[i]);
        for (int j = 0; j < ng; j++) {
            double both = margin[i] * margin[j];
            hxy -= plogp(p[i * ng + j]);
            hxy1 -= p[i * ng + j] > 0 ? p[i * ng + j] * log2(both) : 0;
            hxy2 -= plogp(both);
        }
    }
    f[INFO1] = hx > 0 ? (hxy - hxy1) / hx : NAN;
    scale[INFO1] = hx > 0 ? (hxy + hxy1) / hx : 1;
    double gap = hxy2 - hxy;
    f[INFO2] = gap > 0 ? sqrt(1 - exp(-2 * gap)) : 0;
    /* The root magnifies the rounding of a gap near zero. */
    scale[INFO2] = (1 + hxy + hxy2) / fmax(f[INFO2], 1e-6);
}

static void glcm_features(const double *m, int ng, double f[25], double scale[25])
{
    double total = 0, *p = ref_alloc((size_t)ng * (size_t)ng, sizeof *p);
    double *margin = ref_alloc((size_t)ng, sizeof *margin), var = 0;
    int levels = 0;
    for (int k = 0; k < ng * ng; k++)
        total += m[k];
    for (int k = 0; k < 25; k++) {
        f[k] = 0;
        scale[k] = 1;
    }
    for (int i = 0; i < ng; i++)
        for (int j = 0; j < ng; j++) {
            p[i * ng + j] = m[i * ng + j] / total;
            margin[i] += p[i * ng + j];
            f[JAVG] += (i + 1) * p[i * ng + j];
        }
    double mu = f[JAVG];
    for (int i = 1; i <= ng; i++) {
        levels += margin[i - 1] > 0;
        var += (i - mu) * (i - mu) * margin[i - 1];
        for (int j = 1; j <= ng; j++) {
            double q = p[(i - 1) * ng + j - 1], d = abs(i - j), c = i + j - 2 * mu;
            f[JMAX] = fmax(f[JMAX], q);
            f[JVAR] += (i - mu) * (i - mu) * q;
            f[JENT] -= plogp(q);
            f[ASM] += q * q;
            f[CON] += d * d * q;
            f[DIS] += d * q;
            f[INV] += q / (1 + d);
            f[INVN] += q / (1 + d / ng);
            f[IDM] += q / (1 + d * d);
            f[IDMN] += q / (1 + d * d / ((double)ng * ng));
            f[IVAR] += d > 0 ? q / (d * d) : 0;
            f[CORR] += (i - mu) * (j - mu) * q;
            f[AUTO] += i * j * q;
            f[TEND] += c * c * q;
            f[SHADE] += c * c * c * q;
            f[PROM] += c * c * c * c * q;
            scale[SHADE] += fabs(c * c * c * q) + fabs(c * c * q) * mu;
        }
    }
    f[CORR] = levels > 1 ? f[CORR] / var : NAN;
    scale[CORR] = levels > 1 ? (mu * mu + var) / var : 1;
    if (levels == 1)
        f[JVAR] = f[TEND] = f[SHADE] = f[PROM] = 0;
    if (f[CON] == 0)
        f[IVAR] = NAN; /* no pair differs in grey level */
    diagonals(p, ng, f);
    information(p, margin, ng, f, scale);
    if (levels == 1)
        f[INFO1] = NAN;
    free(p);
    free(margin);
}

/* Direction vectors, one of each pair m and -m, those in the slice first: at Chebyshev distance the
   13 times the distance; in the other norms all vectors of that length (Euclidean: between distance
   - 1 and distance). */
typedef struct directions {
    int m[200][3], n, n_plane;
} directions;

static bool is_direction(const mi_settings *set, int a, int b, int c)
{
    int m[3] = { a, b, c }, far = (int)set->glcm_distance;
    double len = ref_norm(set->glcm_norm, m);
    bool half = a > 0 || (a == 0 && (b > 0 || (b == 0 && c > 0)));
    if (!half)
        return false;
    if (set->glcm_norm == MI_NORM_CHEBYSHEV)
        return a % far == 0 && b % far == 0 && c % far == 0;
    return set->glcm_norm == MI_NORM_MANHATTAN ? len == far : len > far - 1 && len <= far;
}

static void find_directions(const mi_settings *set, directions *to)
{
    int far = (int)set->glcm_distance;
    to->n = 0;
    for (int volume = 0; volume < 2; volume++) {
        for (int a = -far; a <= far; a++)
            for (int b = -far; b <= far; b++)
                for (int c = -far; c <= far; c++)
                    if ((c != 0) == volume && to->n < 200 && is_direction(set, a, b, c)) {
                        to->m[to->n][0] = a;
                        to->m[to->n][1] = b;
                        to->m[to->n++][2] = c;
                    }
        if (!volume)
            to->n_plane = to->n;
    }
}

/* Count pairs (k, k + m) with the first voxel in slices z0 <= z < z1, both ways round. */
static void add_pairs(const ref_roi *r, const int m[3], int z0, int z1, double weight,
                      double *matrix)
{
    for (int z = z0; z < z1; z++)
        for (int y = 0; y < r->n[1]; y++)
            for (int x = 0; x < r->n[0]; x++) {
                int a = x + m[0], b = y + m[1], c = z + m[2];
                if (!ref_in(r, r->inten, x, y, z) || !ref_in(r, r->inten, a, b, c))
                    continue;
                int i = r->level[ref_at(r, x, y, z)] - 1, j = r->level[ref_at(r, a, b, c)] - 1;
                matrix[i * r->ng + j] += weight;
                matrix[j * r->ng + i] += weight;
            }
}

typedef struct part {
    const ref_roi *r;
    const mi_settings *set;
    directions d;
} part;

/* One matrix of directions d0 <= d < d1 and slices z0 <= z < z1; without any pair it is left out.
   */
static void glcm_part(const part *p, int d0, int d1, int z0, int z1, ref_mean *mean)
{
    int ng = p->r->ng;
    double *m = ref_alloc((size_t)ng * (size_t)ng, sizeof *m), f[25], scale[25], total = 0;
    for (int d = d0; d < d1; d++)
        add_pairs(p->r, p->d.m[d], z0, z1,
                  ref_weight(p->set->glcm_weighting, p->set->glcm_norm, p->d.m[d]), m);
    for (int k = 0; k < ng * ng; k++)
        total += m[k];
    if (total > 0) {
        glcm_features(m, ng, f, scale);
        ref_mean_add(mean, f, scale, 25);
    }
    free(m);
}

void ref_glcm(const ref_roi *r, const mi_settings *set, ref_rows *to)
{
    static const char *const name[6] = { "2D averaged", "2D slice-merged", "2.5D direction-merged",
                                         "2.5D merged", "3D averaged",     "3D merged" };
    ref_mean m[6] = { 0 };
    part p = { r, set, { .n = 0 } };
    find_directions(set, &p.d);
    for (int z = 0; z < r->n[2]; z++) {
        for (int d = 0; d < p.d.n_plane; d++)
            glcm_part(&p, d, d + 1, z, z + 1, &m[0]);
        glcm_part(&p, 0, p.d.n_plane, z, z + 1, &m[1]);
    }
    for (int d = 0; d < p.d.n_plane; d++)
        glcm_part(&p, d, d + 1, 0, r->n[2], &m[2]);
    glcm_part(&p, 0, p.d.n_plane, 0, r->n[2], &m[3]);
    for (int d = 0; d < p.d.n; d++)
        glcm_part(&p, d, d + 1, 0, r->n[2], &m[4]);
    glcm_part(&p, 0, p.d.n, 0, r->n[2], &m[5]);
    for (int a = 0; a < 6; a++)
        ref_mean_put(&m[a], to, "GLCM", name[a], glcm_names, 25);
}

/* ---- NGTDM ---- */

/* Add n_i and s_i of the slices z0 <= z < z1. Voxels without a neighbour are left out. */
static void add_tones(const ref_roi *r, const mi_settings *set, int z0, int z1, bool flat, int *n,
                      double *s)
{
    int reach = (int)set->ngtdm_distance;
    for (int z = z0; z < z1; z++)
        for (int y = 0; y < r->n[1]; y++)
            for (int x = 0; x < r->n[0]; x++) {
                int w = 0, sum = 0;
                if (!ref_in(r, r->inten, x, y, z))
                    continue;
                for (int c = flat ? 0 : -reach; c <= (flat ? 0 : reach); c++)
                    for (int b = -reach; b <= reach; b++)
                        for (int a = -reach; a <= reach; a++) {
                            int m[3] = { a, b, c };
                            if ((a || b || c) && ref_norm(set->ngtdm_norm, m) <= reach &&
                                ref_in(r, r->inten, x + a, y + b, z + c)) {
                                w++;
                                sum += r->level[ref_at(r, x + a, y + b, z + c)];
                            }
                        }
                int g = r->level[ref_at(r, x, y, z)];
                if (w > 0) {
                    n[g]++;
                    s[g] += fabs(g - (double)sum / w);
                }
            }
}

static void tone_features(const int *n, const double *s, int ng, double f[5])
{
    double total = 0, all_s = 0, ps = 0, spread = 0, complexity = 0, strength = 0;
    long busy = 0;
    int present = 0;
    for (int i = 1; i <= ng; i++) {
        total += n[i];
        all_s += s[i];
        ps += n[i] * s[i];
        present += n[i] > 0;
    }
    ps /= total;
    for (int i = 1; i <= ng; i++)
        for (int j = 1; j <= ng; j++) {
            if (n[i] == 0 || n[j] == 0)
                continue;
            double p = n[i] / total, q = n[j] / total;
            spread += p * q * (i - j) * (i - j);
            busy += labs((long)i * n[i] - (long)j * n[j]);
            complexity += abs(i - j) * (p * s[i] + q * s[j]) / (p + q);
            strength += (p + q) * (i - j) * (i - j);
        }
    f[0] = ps > 1e-6 ? 1 / ps : 1e6;
    f[1] = present > 1 ? spread / (present * (present - 1.0)) * (all_s / total) : 0;
    f[2] = present > 1 ? (busy ? ps / (busy / total) : NAN) : 0;
    f[3] = complexity / total;
    f[4] = all_s > 0 ? strength / all_s : 0;
}

void ref_ngtdm(const ref_roi *r, const mi_settings *set, ref_rows *to)
{
    static const ref_name name[5] = { { "QCDE", "Coarseness" },
                                      { "65HE", "Contrast" },
                                      { "NQ30", "Busyness" },
                                      { "HDEZ", "Complexity" },
                                      { "1X9X", "Strength" } };
    static const char *const three[3] = { "2D", "2.5D", "3D" };
    ref_mean mean[3] = { 0 };
    size_t size = (size_t)r->ng + 1;
    int *n = ref_alloc(size, sizeof *n);
    double *s = ref_alloc(size, sizeof *s), f[5];
    for (int turn = 0; turn < r->n[2] + 2; turn++) {
        bool slice = turn < r->n[2], flat = turn <= r->n[2];
        int counted = 0;
        memset(n, 0, size * sizeof *n);
        memset(s, 0, size * sizeof *s);
        add_tones(r, set, slice ? turn : 0, slice ? turn + 1 : r->n[2], flat, n, s);
        for (int i = 1; i <= r->ng; i++)
            counted += n[i];
        if (counted > 0) {
            tone_features(n, s, r->ng, f);
            ref_mean_add(&mean[slice ? 0 : flat ? 1 : 2], f, NULL, 5);
        }
    }
    for (int a = 0; a < 3; a++)
        ref_mean_put(&mean[a], to, "NGTDM", three[a], name, 5);
    free(n);
    free(s);
}
