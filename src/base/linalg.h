/* Small dense linear algebra. */
#ifndef MI_BASE_LINALG_H
#define MI_BASE_LINALG_H

/* Eigenvalues (descending) and unit eigenvectors (columns of v: v[i][k] is component i of vector
   k) of a symmetric 3x3 matrix, by cyclic Jacobi rotations. */
void mi_eigen3(const double a[3][3], double w[3], double v[3][3]);
double mi_det3(const double a[3][3]);
/* 0 when singular (inv untouched). */
int mi_inverse3(const double a[3][3], double inv[3][3]);

#endif
