/* Textures that count runs, zones and dependences, and the tone differences (IBSI 1 reference
   manual, 3.7 to 3.11). */
#include "reference.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the count matrices share ---- */

void ref_matrix_features(const double *count, int ni, int nj, double voxels, double f[17])
{
    double total = 0, mean_i = 0, mean_j = 0;
    for (int k = 0; k < 17; k++)
        f[k] = 0;
    for (int i = 0; i < ni; i++)
        for (int j = 0; j < nj; j++) {
            total += count[i * nj + j];
            mean_i += (i + 1) * count[i * nj + j];
            mean_j += (j + 1) * count[i * nj + j];
        }
    mean_i /= total;
    mean_j /= total;
    for (int i = 0; i < ni; i++)
        for (int j = 0; j < nj; j++) {
            double p = count[i * nj + j] / total, a = (i + 1.0) * (i + 1), b = (j + 1.0) * (j + 1);
            f[0] += p / b;
            f[1] += p * b;
            f[2] += p / a;
            f[3] += p * a;
            f[4] += p / a / b;
            f[5] += p * a / b;
            f[6] += p * b / a;
            f[7] += p * a * b;
            f[13] += (i + 1 - mean_i) * (i + 1 - mean_i) * p;
            f[14] += (j + 1 - mean_j) * (j + 1 - mean_j) * p;
            f[15] -= p > 0 ? p * log2(p) : 0;
            f[16] += p * p;
        }
    for (int i = 0; i < ni; i++) {
        double row = 0;
        for (int j = 0; j < nj; j++)
            row += count[i * nj + j];
        f[8] += row * row / total;
        f[9] += row * row / (total * total);
    }
    for (int j = 0; j < nj; j++) {
        double column = 0;
        for (int i = 0; i < ni; i++)
            column += count[i * nj + j];
        f[10] += column * column / total;
        f[11] += column * column / (total * total);
    }
    f[12] = total / voxels;
}

static int slice_voxels(const ref_roi *r, int z)
{
    int n = 0;
    for (int y = 0; y < r->n[1]; y++)
        for (int x = 0; x < r->n[0]; x++)
            n += r->inten[ref_at(r, x, y, z)];
    return n;
}

/* ---- GLRLM ---- */

/* Add weight for each run along d that starts in slices z0 <= z < z1. A run starts where the voxel
   before is not of its level. */
static void add_runs(const ref_roi *r, const int d[3], int z0, int z1, double weight, double *m,
                     int nj)
{
    for (int z = z0; z < z1; z++)
        for (int y = 0; y < r->n[1]; y++)
            for (int x = 0; x < r->n[0]; x++) {
                if (!ref_in(r, r->inten, x, y, z))
                    continue;
                int g = r->level[ref_at(r, x, y, z)], a = x - d[0], b = y - d[1], c = z - d[2];
                if (ref_in(r, r->inten, a, b, c) && r->level[ref_at(r, a, b, c)] == g)
                    continue;
                int length = 0;
                for (a = x, b = y, c = z;
                     ref_in(r, r->inten, a, b, c) && r->level[ref_at(r, a, b, c)] == g;
                     a += d[0], b += d[1], c += d[2])
                    length++;
                m[(g - 1) * nj + length - 1] += weight;
            }
}

static const ref_name glrlm_names[16] = { { "22OV", "Short runs emphasis" },
                                          { "W4KF", "Long runs emphasis" },
                                          { "V3SW", "Low grey level run emphasis" },
                                          { "G3QZ", "High grey level run emphasis" },
                                          { "HTZT", "Short run low grey level emphasis" },
                                          { "GD3A", "Short run high grey level emphasis" },
                                          { "IVPO", "Long run low grey level emphasis" },
                                          { "3KUM", "Long run high grey level emphasis" },
                                          { "R5YN", "Grey level non-uniformity" },
                                          { "OVBL", "Normalised grey level non-uniformity" },
                                          { "W92Y", "Run length non-uniformity" },
                                          { "IC23", "Normalised run length non-uniformity" },
                                          { "9ZK5", "Run percentage" },
                                          { "8CE5", "Grey level variance" },
                                          { "SXLW", "Run length variance" },
                                          { "HJ9O", "Run entropy" } };

/* Merge directions d0 <= d < d1 over slices z0 <= z < z1 into one matrix and add its features to
   the mean. Weights matter only where directions are merged ("otherwise weighting has no effect",
   3.7). */
static void glrlm_part(const ref_roi *r, const mi_settings *set, int d0, int d1, int z0, int z1,
                       ref_mean *mean)
{
    int longest = r->n[0] > r->n[1] ? r->n[0] : r->n[1];
    int nj = longest > r->n[2] ? longest : r->n[2];
    double *m = ref_alloc((size_t)r->ng * (size_t)nj, sizeof *m), f[17], voxels = 0, total = 0;
    for (int d = d0; d < d1; d++) {
        double w =
            d1 - d0 == 1 ? 1 : ref_weight(set->glrlm_weighting, set->glcm_norm, ref_direction[d]);
        add_runs(r, ref_direction[d], z0, z1, w, m, nj);
        for (int z = z0; z < z1; z++)
            voxels += w * slice_voxels(r, z);
    }
    for (int i = 0; i < r->ng * nj; i++)
        total += m[i];
    if (total > 0) {
        ref_matrix_features(m, r->ng, nj, voxels, f);
        ref_mean_add(mean, f, NULL, 16);
    }
    free(m);
}

void ref_glrlm(const ref_roi *r, const mi_settings *set, ref_rows *to)
{
    ref_mean m[6] = { 0 };
    for (int z = 0; z < r->n[2]; z++) {
        for (int d = 0; d < 4; d++)
            glrlm_part(r, set, d, d + 1, z, z + 1, &m[0]);
        glrlm_part(r, set, 0, 4, z, z + 1, &m[1]);
    }
    for (int d = 0; d < 4; d++)
        glrlm_part(r, set, d, d + 1, 0, r->n[2], &m[2]);
    glrlm_part(r, set, 0, 4, 0, r->n[2], &m[3]);
    for (int d = 0; d < 13; d++)
        glrlm_part(r, set, d, d + 1, 0, r->n[2], &m[4]);
    glrlm_part(r, set, 0, 13, 0, r->n[2], &m[5]);
    static const char *const name[6] = { "2D averaged", "2D slice-merged", "2.5D direction-merged",
                                         "2.5D merged", "3D averaged",     "3D merged" };
    for (int a = 0; a < 6; a++)
        ref_mean_put(&m[a], to, "GLRLM", name[a], glrlm_names, 16);
}

/* ---- GLSZM and GLDZM ---- */

/* Manhattan distance to the nearest voxel that is not in the morphological mask; what lies beyond
   the image is outside. */
static int border_distance(const ref_roi *r, int x, int y, int z, bool flat)
{
    int best = 1 << 30;
    for (int c = flat ? z : -1; c <= (flat ? z : r->n[2]); c++)
        for (int b = -1; b <= r->n[1]; b++)
            for (int a = -1; a <= r->n[0]; a++) {
                int d = abs(a - x) + abs(b - y) + abs(c - z);
                if (d < best && !ref_in(r, r->morph, a, b, c))
                    best = d;
            }
    return best;
}

typedef struct zone {
    int size, distance;
} zone;

/* Grow a zone from one voxel over its 8 or 26 neighbours of the same level; `seen` marks what is
   taken. */
static void grow(const ref_roi *r, unsigned char *seen, int x, int y, int z, int g, bool flat,
                 zone *out)
{
    if (!ref_in(r, r->inten, x, y, z) || seen[ref_at(r, x, y, z)] ||
        r->level[ref_at(r, x, y, z)] != g)
        return;
    seen[ref_at(r, x, y, z)] = 1;
    int d = border_distance(r, x, y, z, flat);
    out->size++;
    out->distance = d < out->distance ? d : out->distance;
    for (int c = flat ? 0 : -1; c <= (flat ? 0 : 1); c++)
        for (int b = -1; b <= 1; b++)
            for (int a = -1; a <= 1; a++)
                grow(r, seen, x + a, y + b, z + c, g, flat, out);
}

/* Zones whose first voxel lies in slices z0 <= z < z1, by size or distance. */
static void add_zones(const ref_roi *r, int z0, int z1, bool flat, bool distance, double *m, int nj)
{
    unsigned char *seen = ref_alloc((size_t)r->n[0] * (size_t)r->n[1] * (size_t)r->n[2], 1);
    for (int z = z0; z < z1; z++)
        for (int y = 0; y < r->n[1]; y++)
            for (int x = 0; x < r->n[0]; x++) {
                size_t at = ref_at(r, x, y, z);
                zone found = { 0, 1 << 30 };
                if (r->inten[at] && !seen[at]) {
                    grow(r, seen, x, y, z, r->level[at], flat, &found);
                    m[(r->level[at] - 1) * nj + (distance ? found.distance : found.size) - 1]++;
                }
            }
    free(seen);
}

/* ---- NGLDM ---- */

static int dependence(const ref_roi *r, const mi_settings *set, int x, int y, int z, bool flat)
{
    int n = 0, reach = (int)set->ngldm_distance, g = r->level[ref_at(r, x, y, z)];
    for (int c = flat ? 0 : -reach; c <= (flat ? 0 : reach); c++)
        for (int b = -reach; b <= reach; b++)
            for (int a = -reach; a <= reach; a++) {
                int m[3] = { a, b, c };
                if (ref_norm(set->ngldm_norm, m) <= reach &&
                    ref_in(r, r->inten, x + a, y + b, z + c) &&
                    abs(r->level[ref_at(r, x + a, y + b, z + c)] - g) <= set->ngldm_alpha)
                    n++;
            }
    return n;
}

static void add_dependences(const ref_roi *r, const mi_settings *set, int z0, int z1, bool flat,
                            double *m, int nj)
{
    for (int z = z0; z < z1; z++)
        for (int y = 0; y < r->n[1]; y++)
            for (int x = 0; x < r->n[0]; x++)
                if (ref_in(r, r->inten, x, y, z))
                    m[(r->level[ref_at(r, x, y, z)] - 1) * nj + dependence(r, set, x, y, z, flat) -
                      1]++;
}

/* ---- the three aggregations ---- */

static const char *const three[3] = { "2D", "2.5D", "3D" };
typedef enum kind { SIZE, DISTANCE, DEPENDENCE } kind;

static void fill(const ref_roi *r, const mi_settings *set, kind k, int z0, int z1, bool flat,
                 double *m, int nj)
{
    if (k == DEPENDENCE)
        add_dependences(r, set, z0, z1, flat, m, nj);
    else
        add_zones(r, z0, z1, flat, k == DISTANCE, m, nj);
}

static void three_ways(const ref_roi *r, const mi_settings *set, kind k, const char *family,
                       const ref_name *names, int rows, ref_rows *to)
{
    int nj = r->n_inten + r->n[0] + r->n[1] + r->n[2];
    size_t cells = (size_t)r->ng * (size_t)nj;
    double *m = ref_alloc(cells, sizeof *m), f[17];
    ref_mean mean[3] = { 0 };
    for (int z = 0; z < r->n[2]; z++)
        if (slice_voxels(r, z) > 0) {
            memset(m, 0, cells * sizeof *m);
            fill(r, set, k, z, z + 1, true, m, nj);
            ref_matrix_features(m, r->ng, nj, slice_voxels(r, z), f);
            ref_mean_add(&mean[0], f, NULL, rows);
        }
    for (int volume = 0; volume < 2; volume++) {
        memset(m, 0, cells * sizeof *m);
        fill(r, set, k, 0, r->n[2], !volume, m, nj);
        ref_matrix_features(m, r->ng, nj, r->n_inten, f);
        ref_mean_add(&mean[1 + volume], f, NULL, rows);
    }
    for (int a = 0; a < 3; a++)
        ref_mean_put(&mean[a], to, family, three[a], names, rows);
    free(m);
}

void ref_glszm(const ref_roi *r, ref_rows *to)
{
    static const ref_name name[16] = { { "5QRC", "Small zone emphasis" },
                                       { "48P8", "Large zone emphasis" },
                                       { "XMSY", "Low grey level zone emphasis" },
                                       { "5GN9", "High grey level zone emphasis" },
                                       { "5RAI", "Small zone low grey level emphasis" },
                                       { "HW1V", "Small zone high grey level emphasis" },
                                       { "YH51", "Large zone low grey level emphasis" },
                                       { "J17V", "Large zone high grey level emphasis" },
                                       { "JNSA", "Grey level non-uniformity" },
                                       { "Y1RO", "Normalised grey level non-uniformity" },
                                       { "4JP3", "Zone size non-uniformity" },
                                       { "VB3A", "Normalised zone size non-uniformity" },
                                       { "P30P", "Zone percentage" },
                                       { "BYLV", "Grey level variance" },
                                       { "3NSA", "Zone size variance" },
                                       { "GU8N", "Zone size entropy" } };
    three_ways(r, NULL, SIZE, "GLSZM", name, 16, to);
}

void ref_gldzm(const ref_roi *r, ref_rows *to)
{
    static const ref_name name[16] = { { "0GBI", "Small distance emphasis" },
                                       { "MB4I", "Large distance emphasis" },
                                       { "S1RA", "Low grey level zone emphasis" },
                                       { "K26C", "High grey level zone emphasis" },
                                       { "RUVG", "Small distance low grey level emphasis" },
                                       { "DKNJ", "Small distance high grey level emphasis" },
                                       { "A7WM", "Large distance low grey level emphasis" },
                                       { "KLTH", "Large distance high grey level emphasis" },
                                       { "VFT7", "Grey level non-uniformity" },
                                       { "7HP3", "Normalised grey level non-uniformity" },
                                       { "V294", "Zone distance non-uniformity" },
                                       { "IATH", "Normalised zone distance non-uniformity" },
                                       { "VIWW", "Zone percentage" },
                                       { "QK93", "Grey level variance" },
                                       { "7WT1", "Zone distance variance" },
                                       { "GBDU", "Zone distance entropy" } };
    three_ways(r, NULL, DISTANCE, "GLDZM", name, 16, to);
}

void ref_ngldm(const ref_roi *r, const mi_settings *set, ref_rows *to)
{
    static const ref_name name[17] = { { "SODN", "Low dependence emphasis" },
                                       { "IMOQ", "High dependence emphasis" },
                                       { "TL9H", "Low grey level count emphasis" },
                                       { "OAE7", "High grey level count emphasis" },
                                       { "EQ3F", "Low dependence low grey level emphasis" },
                                       { "JA6D", "Low dependence high grey level emphasis" },
                                       { "NBZI", "High dependence low grey level emphasis" },
                                       { "9QMG", "High dependence high grey level emphasis" },
                                       { "FP8K", "Grey level non-uniformity" },
                                       { "5SPA", "Normalised grey level non-uniformity" },
                                       { "Z87G", "Dependence count non-uniformity" },
                                       { "OKJI", "Normalised dependence count non-uniformity" },
                                       { "6XV8", "Dependence count percentage" },
                                       { "1PFV", "Grey level variance" },
                                       { "DNX2", "Dependence count variance" },
                                       { "FCBV", "Dependence count entropy" },
                                       { "CAS9", "Dependence count energy" } };
    three_ways(r, set, DEPENDENCE, "NGLDM", name, 17, to);
}
