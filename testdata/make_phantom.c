/* Generator of the shipped phantoms: image.nii and mask.nii in a folder.

       mi-make-phantom ibsi FOLDER TABLE   IBSI digital phantom (testdata/ibsi_digital_phantom.csv)
       mi-make-phantom tumour FOLDER       CT-like chest with a tumour: formulas and seeded noise

   Only +, -, *, /, floor and sqrt on doubles and integer hashing are used, so the bytes are the
   same on every machine (with -ffp-contract=off). It stands alone on purpose: it links nothing of
   the suite that it helps to test. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct shape {
    int n[3];
    double spacing[3];
} shape;

static size_t voxels_of(const shape *s)
{
    return (size_t)s->n[0] * (size_t)s->n[1] * (size_t)s->n[2];
}

/* --- NIfTI-1, little endian, single file (header 348 + 4 bytes) --- */

static void put16(unsigned char *p, int v)
{
    p[0] = (unsigned char)(v & 255);
    p[1] = (unsigned char)((v >> 8) & 255);
}

static void put_float(unsigned char *p, double v)
{
    float f = (float)v;
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)((u >> (8 * i)) & 255);
}

/* Storage runs to the patient's left, to the back and up (RAS: -x, -y, +z); the first voxel lies
   at `first`. */
static void put_geometry(unsigned char *h, const shape *s, const double first[3])
{
    put_float(h + 76, 1); /* qfac */
    for (int d = 0; d < 3; d++)
        put_float(h + 80 + 4 * d, s->spacing[d]);
    h[123] = 2; /* millimetres */
    put16(h + 252, 1);
    put16(h + 254, 1);
    put_float(h + 264, 1); /* half a turn about z */
    for (int d = 0; d < 3; d++) {
        put_float(h + 268 + 4 * d, first[d]);
        put_float(h + 280 + 16 * d + 4 * d, d < 2 ? -s->spacing[d] : s->spacing[d]);
        put_float(h + 280 + 16 * d + 12, first[d]);
    }
}

static int write_nifti(const char *folder, const char *name, const shape *s, const double first[3],
                       const int16_t *v, int bytes)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        fprintf(stderr, "mi-make-phantom: %s: name too long\n", folder);
        return -1;
    }
    FILE *f = fopen(path, "wb");
    if (!f) {
        fprintf(stderr, "mi-make-phantom: %s: %s\n", path, strerror(errno));
        return -1;
    }
    unsigned char h[352] = { 0 };
    put16(h, 348);
    h[38] = 'r';
    put16(h + 40, 3);
    for (int d = 0; d < 7; d++)
        put16(h + 42 + 2 * d, d < 3 ? s->n[d] : 1);
    put16(h + 70, bytes == 2 ? 4 : 2); /* int16 or uint8 */
    put16(h + 72, 8 * bytes);
    put_float(h + 108, 352);
    put_float(h + 112, 1);
    put_geometry(h, s, first);
    memcpy(h + 344, "n+1", 4);
    fwrite(h, 1, sizeof h, f);
    for (size_t i = 0; i < voxels_of(s); i++) {
        unsigned char b[2];
        put16(b, v[i]);
        fwrite(b, 1, (size_t)bytes, f);
    }
    int bad = ferror(f);
    if (fclose(f) != 0 || bad) {
        fprintf(stderr, "mi-make-phantom: %s: write failed\n", path);
        return -1;
    }
    return 0;
}

/* --- IBSI digital phantom: a table of x,y,z,intensity,mask --- */

static int read_table(const char *path, const shape *s, int16_t *image, int16_t *mask)
{
    FILE *f = fopen(path, "r");
    if (!f) {
        fprintf(stderr, "mi-make-phantom: %s: %s\n", path, strerror(errno));
        return -1;
    }
    char line[512];
    size_t rows = 0;
    while (fgets(line, sizeof line, f)) {
        int x, y, z, a, m;
        if (sscanf(line, "%d,%d,%d,%d,%d", &x, &y, &z, &a, &m) != 5)
            continue; /* comment or heading */
        if (x < 0 || y < 0 || z < 0 || x >= s->n[0] || y >= s->n[1] || z >= s->n[2])
            continue;
        size_t at = ((size_t)z * (size_t)s->n[1] + (size_t)y) * (size_t)s->n[0] + (size_t)x;
        image[at] = (int16_t)a;
        mask[at] = (int16_t)m;
        rows++;
    }
    fclose(f);
    if (rows == voxels_of(s))
        return 0;
    fprintf(stderr, "mi-make-phantom: %s: %zu rows, %zu voxels wanted\n", path, rows, voxels_of(s));
    return -1;
}

/* --- tumour phantom --- */

/* A hash of a lattice point (splitmix64 finaliser), uniform in [0, 1). */
static double hash01(int64_t x, int64_t y, int64_t z, uint64_t seed)
{
    uint64_t u = seed + (uint64_t)x * 0x9E3779B97F4A7C15u + (uint64_t)y * 0xC2B2AE3D27D4EB4Fu +
                 (uint64_t)z * 0x165667B19E3779F9u;
    u = (u ^ (u >> 30)) * 0xBF58476D1CE4E5B9u;
    u = (u ^ (u >> 27)) * 0x94D049BB133111EBu;
    u ^= u >> 31;
    return (double)(u >> 11) / 9007199254740992.0;
}

/* Nearly normal noise: sum of twelve uniform numbers less six; mean 0, standard deviation 1. */
static double noise(int x, int y, int z)
{
    double sum = -6;
    for (uint64_t k = 0; k < 12; k++)
        sum += hash01(x, y, z, 1000 + k);
    return sum;
}

/* Smooth noise in [-1, 1] at point p (mm): hashed values on a lattice of `edge` mm, trilinear in
   between. */
static double smooth_noise(const double p[3], double edge, uint64_t seed)
{
    int64_t base[3];
    double w[3], sum = 0;
    for (int d = 0; d < 3; d++) {
        double q = p[d] / edge;
        base[d] = (int64_t)floor(q);
        w[d] = q - (double)base[d];
    }
    for (int c = 0; c < 8; c++) {
        double weight = 1;
        int64_t at[3];
        for (int d = 0; d < 3; d++) {
            int up = (c >> d) & 1;
            at[d] = base[d] + up;
            weight *= up ? w[d] : 1 - w[d];
        }
        sum += weight * hash01(at[0], at[1], at[2], seed);
    }
    return 2 * sum - 1;
}

/* Signed depth in an ellipsoid, about in mm: positive inside. */
static double depth_in(const double p[3], const double centre[3], const double radius[3])
{
    double q = 0, least = radius[0];
    for (int d = 0; d < 3; d++) {
        double t = (p[d] - centre[d]) / radius[d];
        q += t * t;
        if (radius[d] < least)
            least = radius[d];
    }
    return (1 - sqrt(q)) * least;
}

static double tumour_depth(const double p[3])
{
    static const double centre[3][3] = { { 52, 4, 6 }, { 63, 12, 2 }, { 45, 13, 14 } };
    static const double radius[3][3] = { { 19, 16, 17 }, { 11, 10, 12 }, { 10, 12, 9 } };
    double best = -1e3;
    for (int i = 0; i < 3; i++) {
        double d = depth_in(p, centre[i], radius[i]);
        if (d > best)
            best = d;
    }
    return best + 2.5 * smooth_noise(p, 9, 7); /* a lobulated edge */
}

/* From a to b over `width` mm around depth 0: the blur of a scanner. */
static double blend(double a, double b, double depth, double width)
{
    double t = depth / width + 0.5;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return a + (b - a) * t * t * (3 - 2 * t);
}

static double tissue(const double p[3], double tumour)
{
    static const double body[3] = { 0, 0, 0 }, body_r[3] = { 112, 84, 400 };
    static const double lung[2][3] = { { 52, 4, 4 }, { -52, 4, 4 } }, lung_r[3] = { 38, 56, 92 };
    static const double spine[3] = { 0, 52, 0 }, spine_r[3] = { 16, 15, 400 };
    static const double core[3] = { 53, 6, 6 }, core_r[3] = { 8, 7, 8 };
    double fine = smooth_noise(p, 6, 3);
    double v = blend(-1000, 45 + 15 * smooth_noise(p, 25, 1), depth_in(p, body, body_r), 2);
    v = blend(v, 420 + 150 * fine, depth_in(p, spine, spine_r), 3);
    for (int i = 0; i < 2; i++)
        v = blend(v, -840 + 40 * smooth_noise(p, 5, 2), depth_in(p, lung[i], lung_r), 3);
    double inside = 55 + 28 * smooth_noise(p, 11, 4) + 14 * fine;
    inside = blend(inside, 12, depth_in(p, core, core_r) + 3 * fine, 4); /* necrosis */
    return blend(v, inside, tumour, 2);
}

static void make_tumour(const shape *s, int16_t *image, int16_t *mask)
{
    size_t at = 0;
    for (int k = 0; k < s->n[2]; k++) {
        for (int j = 0; j < s->n[1]; j++) {
            for (int i = 0; i < s->n[0]; i++, at++) {
                double p[3] = { (i - (s->n[0] - 1) / 2.0) * s->spacing[0],
                                (j - (s->n[1] - 1) / 2.0) * s->spacing[1],
                                (k - (s->n[2] - 1) / 2.0) * s->spacing[2] };
                double depth = tumour_depth(p);
                double v = floor(tissue(p, depth) + 12 * noise(i, j, k) + 0.5);
                image[at] = (int16_t)(v < -1024 ? -1024 : v);
                mask[at] = depth > 0;
            }
        }
    }
}

static int usage(void)
{
    fputs("usage: mi-make-phantom ibsi FOLDER TABLE\n       mi-make-phantom tumour FOLDER\n",
          stderr);
    return 64;
}

int main(int argc, char **argv)
{
    static const shape ibsi = { { 5, 4, 4 }, { 2, 2, 2 } },
                       chest = { { 160, 128, 72 }, { 1.5, 1.5, 2.5 } };
    int tumour = argc == 3 && strcmp(argv[1], "tumour") == 0;
    if (!tumour && !(argc == 4 && strcmp(argv[1], "ibsi") == 0))
        return usage();
    const shape *s = tumour ? &chest : &ibsi;
    double first[3] = { 0, 0, 0 };
    int16_t *image = calloc(voxels_of(s), sizeof *image),
            *mask = calloc(voxels_of(s), sizeof *mask);
    int rc = 74;
    if (!image || !mask) {
        fputs("mi-make-phantom: out of memory\n", stderr);
        goto done;
    }
    if (tumour) {
        make_tumour(s, image, mask);
        for (int d = 0; d < 3; d++)
            first[d] = (d < 2 ? 1 : -1) * (s->n[d] - 1) / 2.0 * s->spacing[d];
    } else if (read_table(argv[3], s, image, mask) != 0) {
        goto done;
    }
    if (write_nifti(argv[2], "image.nii", s, first, image, 2) == 0 &&
        write_nifti(argv[2], "mask.nii", s, first, mask, 1) == 0)
        rc = 0;
done:
    free(image);
    free(mask);
    return rc;
}
