#include "base/linalg.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* One Jacobi rotation that zeroes a[p][q]; v collects the rotations. Golub and Van Loan, Matrix
   Computations, 4th ed., section 8.5.2 (symmetric Schur decomposition). */
static void rotate(double a[3][3], double v[3][3], int p, int q)
{
    double tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = (tau >= 0 ? 1 : -1) / (fabs(tau) + sqrt(1 + tau * tau));
    double c = 1 / sqrt(1 + t * t), s = t * c;
    int r = 3 - p - q;
    double apq = a[p][q], arp = a[r][p], arq = a[r][q];
    a[p][p] -= t * apq;
    a[q][q] += t * apq;
    a[p][q] = a[q][p] = 0;
    a[r][p] = a[p][r] = c * arp - s * arq;
    a[r][q] = a[q][r] = s * arp + c * arq;
    for (int i = 0; i < 3; i++) {
        double vp = v[i][p], vq = v[i][q];
        v[i][p] = c * vp - s * vq;
        v[i][q] = s * vp + c * vq;
    }
}

/* An element counts as zero when adding it to the diagonals it couples changes neither. */
static bool negligible(const double a[3][3], int p, int q)
{
    double x = fabs(a[p][q]);
    return x == 0 || (fabs(a[p][p]) + x == fabs(a[p][p]) && fabs(a[q][q]) + x == fabs(a[q][q]) &&
                      x < DBL_EPSILON * DBL_EPSILON * (fabs(a[p][p]) + fabs(a[q][q])));
}

void mi_eigen3(const double a[3][3], double w[3], double v[3][3])
{
    double m[3][3], u[3][3] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
    memcpy(m, a, sizeof m);
    for (int sweep = 0; sweep < 50; sweep++) {
        bool done = true;
        for (int p = 0; p < 2; p++)
            for (int q = p + 1; q < 3; q++)
                if (!negligible(m, p, q)) {
                    rotate(m, u, p, q);
                    done = false;
                }
        if (done)
            break;
    }
    int order[3] = { 0, 1, 2 };
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2 - i; j++)
            if (m[order[j]][order[j]] < m[order[j + 1]][order[j + 1]]) {
                int t = order[j];
                order[j] = order[j + 1];
                order[j + 1] = t;
            }
    for (int k = 0; k < 3; k++) {
        int from = order[k], big = 0;
        for (int i = 1; i < 3; i++)
            if (fabs(u[i][from]) > fabs(u[big][from]))
                big = i;
        double sign = u[big][from] < 0 ? -1 : 1;
        w[k] = m[from][from];
        for (int i = 0; i < 3; i++)
            v[i][k] = sign * u[i][from];
    }
}

static double minor2(const double a[3][3], int r0, int r1, int c0, int c1)
{
    return a[r0][c0] * a[r1][c1] - a[r0][c1] * a[r1][c0];
}

double mi_det3(const double a[3][3])
{
    return a[0][0] * minor2(a, 1, 2, 1, 2) - a[0][1] * minor2(a, 1, 2, 0, 2) +
           a[0][2] * minor2(a, 1, 2, 0, 1);
}

int mi_inverse3(const double a[3][3], double inv[3][3])
{
    double det = mi_det3(a), size = 1;
    for (int j = 0; j < 3; j++)
        size *= sqrt(a[0][j] * a[0][j] + a[1][j] * a[1][j] + a[2][j] * a[2][j]);
    if (!isfinite(det) || !(fabs(det) > 8 * DBL_EPSILON * size))
        return 0;
    double out[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            int r0 = (j + 1) % 3, r1 = (j + 2) % 3, c0 = (i + 1) % 3, c1 = (i + 2) % 3;
            out[i][j] = minor2(a, r0, r1, c0, c1) / det;
        }
    memcpy(inv, out, sizeof out);
    return 1;
}
