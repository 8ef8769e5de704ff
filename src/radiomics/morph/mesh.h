/* The surface mesh of a 0/1 mask as IBSI asks for it: marching cubes at level 0.5, so every
   vertex is the mid-point of the edge between a voxel inside and a face neighbour outside. What
   a cell adds to volume and area depends on its eight corners alone, so cells are only counted. */
#ifndef MI_RADIOMICS_MORPH_MESH_H
#define MI_RADIOMICS_MORPH_MESH_H
#include <stdint.h>
#include "base/pool.h"

#define MI_MESH_MAX_TRIANGLES 5

/* A triangle of a cell: three vertices in half voxel edges, 0..2 on each axis, counter-clockwise
   seen from outside the region. */
typedef int8_t mi_mesh_triangle[3][3];

/* Triangles of a cell. Bit x + 2y + 4z of code says whether corner (x, y, z) is inside. Returns
   how many were written. */
int mi_mesh_cell(int code, mi_mesh_triangle tri[MI_MESH_MAX_TRIANGLES]);

/* How often each of the 256 codes occurs among the cells of the mask (n[0]*n[1]*n[2] bytes of 0
   or 1, x fastest), padded with zeros. */
int mi_mesh_count(const uint8_t *mask, const int64_t n[3], mi_pool *pool, int64_t count[256],
                  mi_err *err);

/* Volume (mm3) inside and area (mm2) of the mesh. */
void mi_mesh_measure(const int64_t count[256], const double spacing[3], double *volume,
                     double *area);

#endif
