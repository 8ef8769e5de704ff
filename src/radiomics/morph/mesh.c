#include "radiomics/morph/mesh.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

/* Marching cubes after Lorensen and Cline, "Marching cubes: a high resolution 3D surface
   construction algorithm", Computer Graphics 21(4), 1987. The 256 cases are not tabulated but
   traced. On each face of a cell every run of inside corners is cut off by a segment of its own,
   so that two inside corners that are diagonal on a face stay apart; as the rule looks at that
   face alone, neighbouring cells agree on it and the surface is closed. The segments of the six
   faces link up to loops, and each loop is cut into a fan of triangles. */

enum { MAX_LOOP = 8, SLICES_PER_TASK = 16 };

/* Corners of the faces x=0, x=1, y=0 ... in counter-clockwise order seen from outside the cell. */
static const uint8_t face_corner[6][4] = {
    { 0, 4, 6, 2 }, { 1, 3, 7, 5 }, { 0, 1, 5, 4 }, { 2, 6, 7, 3 }, { 0, 2, 3, 1 }, { 4, 5, 7, 6 },
};

/* A vertex as one number, from the corners at the ends of its edge: x + 3y + 9z in half edges. */
static int mid(int a, int b)
{
    return ((a & 1) + (b & 1)) + 3 * ((a >> 1 & 1) + (b >> 1 & 1)) + 9 * ((a >> 2) + (b >> 2));
}

static void place(int v, int p[3])
{
    p[0] = v % 3;
    p[1] = v / 3 % 3;
    p[2] = v / 9;
}

/* next[v]: the vertex that follows v on its loop, -1 where the surface does not cut the edge. */
static void link_faces(int code, int8_t next[27])
{
    memset(next, -1, 27);
    for (int f = 0; f < 6; f++) {
        const uint8_t *c = face_corner[f];
        for (int i = 0; i < 4; i++) {
            if ((code >> c[i] & 1) || !(code >> c[(i + 1) & 3] & 1))
                continue;
            int begin = mid(c[i], c[(i + 1) & 3]), j = i + 1;
            while (code >> c[(j + 1) & 3] & 1)
                j++;
            next[begin] = (int8_t)mid(c[j & 3], c[(j + 1) & 3]);
        }
    }
}

static int same_face(const int a[3], const int b[3])
{
    for (int i = 0; i < 3; i++)
        if (a[i] == b[i] && a[i] != 1)
            return 1;
    return 0;
}

static int det3(const int a[3], const int b[3], const int c[3])
{
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) +
           a[2] * (b[0] * c[1] - b[1] * c[0]);
}

/* Six times the signed volume, in half edges cubed, between the centre of the cell and the fan
   from vertex `apex`. */
static int fan_volume(int p[][3], int n, int apex)
{
    int q[3][3], v = 0;
    for (int k = 1; k + 1 < n; k++) {
        const int *t[3] = { p[apex], p[(apex + k) % n], p[(apex + k + 1) % n] };
        for (int i = 0; i < 3; i++)
            for (int a = 0; a < 3; a++)
                q[i][a] = t[i][a] - 1;
        v += det3(q[0], q[1], q[2]);
    }
    return v;
}

/* Where to begin the fan. No diagonal may lie in a face of the cell (it would meet the
   neighbour's surface there). Of what remains, loops of up to six take a fan without volume
   about the centre, so that a region and its complement have the same surface there; the loop of
   seven is cut from its vertex in the mirror plane, which is the fan of greatest volume. */
static int choose_apex(int p[][3], int n)
{
    int best = 0, best_score = -1000;
    for (int a = 0; a < n; a++) {
        int flat = 0;
        for (int k = 2; k + 1 < n; k++)
            flat |= same_face(p[a], p[(a + k) % n]);
        int v = abs(fan_volume(p, n, a)), score = n == 7 ? v : -v;
        if (!flat && score > best_score) {
            best = a;
            best_score = score;
        }
    }
    return best;
}

int mi_mesh_cell(int code, mi_mesh_triangle tri[MI_MESH_MAX_TRIANGLES])
{
    int8_t next[27];
    int n_tri = 0;
    link_faces(code, next);
    for (int s = 0; s < 27; s++) {
        int p[MAX_LOOP][3], n = 0;
        for (int v = s; next[v] >= 0 && n < MAX_LOOP; n++) {
            int to = next[v];
            place(v, p[n]);
            next[v] = -1;
            v = to;
        }
        int apex = n > 3 ? choose_apex(p, n) : 0;
        for (int k = 1; k + 1 < n; k++, n_tri++)
            for (int a = 0; a < 3; a++) {
                tri[n_tri][0][a] = (int8_t)p[apex][a];
                tri[n_tri][1][a] = (int8_t)p[(apex + k) % n][a];
                tri[n_tri][2][a] = (int8_t)p[(apex + k + 1) % n][a];
            }
    }
    return n_tri;
}

/* Four rows of voxels around a row of cells. */
typedef struct rows {
    const uint8_t *r[4];
} rows;

static uint8_t column(const rows *w, int64_t x)
{
    return (uint8_t)(w->r[0][x] | w->r[1][x] << 2 | w->r[2][x] << 4 | w->r[3][x] << 6);
}

static uint64_t columns(const rows *w, int64_t x)
{
    uint64_t v[4];
    for (int i = 0; i < 4; i++)
        memcpy(&v[i], w->r[i] + x, 8);
    return v[0] | v[1] << 2 | v[2] << 4 | v[3] << 6;
}

static void count_row(const rows *w, int64_t n, int64_t count[256])
{
    const uint64_t full = 0x5555555555555555u;
    unsigned prev = 0;
    int64_t x = 0;
    for (; x + 8 <= n; x += 8) {
        uint64_t c = columns(w, x);
        if (c == 0 && prev == 0) {
            count[0] += 8;
        } else if (c == full && prev == 0x55) {
            count[255] += 8;
        } else {
            for (int i = 0; i < 8; i++) {
                unsigned now = column(w, x + i);
                count[prev | now << 1]++;
                prev = now;
            }
        }
    }
    for (; x < n; x++) {
        unsigned now = column(w, x);
        count[prev | now << 1]++;
        prev = now;
    }
    count[prev]++;
}

typedef struct count_job {
    const uint8_t *mask, *zero;
    const int64_t *n;
    int64_t (*count)[256];
} count_job;

static int count_task(void *ctx, int task, mi_err *err)
{
    const count_job *j = ctx;
    const int64_t *n = j->n;
    int64_t z0 = (int64_t)task * SLICES_PER_TASK, z1 = z0 + SLICES_PER_TASK;
    (void)err;
    if (z1 > n[2] + 1)
        z1 = n[2] + 1;
    for (int64_t z = z0; z < z1; z++)
        for (int64_t y = 0; y <= n[1]; y++) {
            rows w;
            for (int i = 0; i < 4; i++) {
                int64_t yy = y - 1 + (i & 1), zz = z - 1 + (i >> 1);
                int in = yy >= 0 && yy < n[1] && zz >= 0 && zz < n[2];
                w.r[i] = in ? j->mask + (zz * n[1] + yy) * n[0] : j->zero;
            }
            count_row(&w, n[0], j->count[task]);
        }
    return 0;
}

int mi_mesh_count(const uint8_t *mask, const int64_t n[3], mi_pool *pool, int64_t count[256],
                  mi_err *err)
{
    int tasks = (int)(n[2] / SLICES_PER_TASK + 1);
    uint8_t *zero = mi_array_zero((size_t)n[0], 1, err);
    int64_t(*part)[256] = mi_array_zero((size_t)tasks, sizeof *part, err);
    int rc = zero && part ? 0 : -1;
    if (rc == 0) {
        count_job j = { mask, zero, n, part };
        rc = mi_pool_run(pool, tasks, count_task, &j, err);
    }
    memset(count, 0, 256 * sizeof *count);
    for (int t = 0; rc == 0 && t < tasks; t++)
        for (int c = 0; c < 256; c++)
            count[c] += part[t][c];
    free(part);
    free(zero);
    return rc;
}

/* Area in half edges squared that one face of a cell has inside, times 2: what the segments of
   link_faces leave of it. */
static int face_inside(int code, int face)
{
    static const uint8_t of_corners[5] = { 0, 1, 4, 7, 8 };
    const uint8_t *c = face_corner[face];
    int in = 0, diagonal = (code >> c[0] & 1) == (code >> c[2] & 1);
    for (int i = 0; i < 4; i++)
        in += code >> c[i] & 1;
    return in == 2 && diagonal ? 2 : of_corners[in];
}

/* Six times the volume, in half edges cubed, that a cell has inside (48 when all of it): cones
   from its centre over triangles and faces. */
static int cell_volume(int code, const mi_mesh_triangle *tri, int n)
{
    int v = 0;
    for (int f = 0; f < 6; f++)
        v += face_inside(code, f);
    for (int t = 0; t < n; t++) {
        int p[3][3];
        for (int i = 0; i < 3; i++)
            for (int a = 0; a < 3; a++)
                p[i][a] = tri[t][i][a] - 1;
        v += det3(p[0], p[1], p[2]);
    }
    return v;
}

/* Components of twice the area vector of a triangle, without sign, in half edges squared (0..4
   each). */
static void area_vector(const mi_mesh_triangle t, int c[3])
{
    for (int a = 0; a < 3; a++) {
        int p = (a + 1) % 3, q = (a + 2) % 3;
        c[a] = abs((t[1][p] - t[0][p]) * (t[2][q] - t[0][q]) -
                   (t[1][q] - t[0][q]) * (t[2][p] - t[0][p]));
    }
}

enum { KINDS = 5 * 5 * 5 };

/* Triangles are counted by shape first, so that flipped masks give the same bits. */
void mi_mesh_measure(const int64_t count[256], const double spacing[3], double *volume,
                     double *area)
{
    int64_t kinds[KINDS] = { 0 }, v48 = 0;
    for (int code = 0; code < 256; code++) {
        mi_mesh_triangle tri[MI_MESH_MAX_TRIANGLES];
        if (!count[code])
            continue;
        int n = mi_mesh_cell(code, tri);
        v48 += count[code] * cell_volume(code, tri, n);
        for (int t = 0; t < n; t++) {
            int c[3];
            area_vector(tri[t], c);
            kinds[c[0] + 5 * c[1] + 25 * c[2]] += count[code];
        }
    }
    *volume = (double)v48 / 48 * (spacing[0] * spacing[1] * spacing[2]);
    *area = 0;
    for (int k = 0; k < KINDS; k++) {
        double x = (k % 5) * spacing[1] * spacing[2], y = (k / 5 % 5) * spacing[2] * spacing[0],
               z = (k / 25) * spacing[0] * spacing[1];
        if (kinds[k])
            *area += (double)kinds[k] * (sqrt(x * x + y * y + z * z) / 8);
    }
}
