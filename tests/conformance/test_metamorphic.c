/* Changes of the input that must not change the numbers. Where every step is counting in whole
   numbers or does not see the change, the bytes must be equal; where doubles are summed in another
   order, 1e-10 relative is allowed (the reasons stand beside each check). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"

enum { NX = 17, NY = 14, NZ = 9, N = NX * NY * NZ };

typedef struct world {
    tally t;
    char *folder, *image, *mask;
    double value[N], inside[N];
    cJSON *base;     /* features of the plain case */
    char *base_text; /* its whole output */
} world;

static const double plain_spacing[3] = { 0.9, 1.3, 2.5 };
static const int plain_n[3] = { NX, NY, NZ };

/* A lumpy region with a hole and a second part, well inside, and whole numbers below 128. */
static void make(world *w)
{
    unsigned long long s = 88172645463325252ull;
    for (int i = 0; i < N; i++) {
        int x = i % NX, y = i / NX % NY, z = i / NX / NY;
        double a = (x - 8) / 4.6, b = (y - 6.5) / 4.2, c = (z - 4) / 2.6;
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        w->value[i] = (double)(int)(30 + 3 * x - 2 * y + 2 * z + (int)(s % 13));
        w->inside[i] = (a * a + b * b + c * c + (double)(s / 16 % 5) / 20 < 1.1 &&
                        !(x == 8 && y == 6 && z == 4)) ||
                       (x == 2 && y == 2 && z >= 6 && z < 8);
    }
}

/* ---- runs ---- */

static char *measure_text(const world *w, const char *const *extra)
{
    const char *argv[24] = { "mi-radiomics", "--aggregations",
                             "2d_avg,2d_merge,25d_dir,25d_merge,3d_avg,3d_merge,2d,25d,3d", NULL };
    int n = 3;
    char *out;
    while (extra && *extra && n < 20)
        argv[n++] = *extra++;
    argv[n++] = w->image;
    argv[n++] = w->mask;
    argv[n] = NULL;
    if (run(argv, &out, NULL) != 0)
        out[0] = '\0';
    return out;
}

static cJSON *features_of(const char *text)
{
    cJSON *all = cJSON_Parse(text);
    cJSON *f = cJSON_DetachItemFromObject(all, "features");
    cJSON_Delete(all);
    return f;
}

static cJSON *measure(const world *w, const char *const *extra)
{
    char *text = measure_text(w, extra);
    cJSON *f = features_of(text);
    free(text);
    return f;
}

static bool write_both(world *w, const nii *image, const nii *mask)
{
    return check(&w->t, nii_write(w->image, image) && nii_write(w->mask, mask), "cannot write");
}

static bool write_plain(world *w)
{
    nii v = nii_plain(plain_n, plain_spacing, NII_I16, w->value);
    nii m = nii_plain(plain_n, plain_spacing, NII_U8, w->inside);
    return write_both(w, &v, &m);
}

/* ---- comparison ---- */

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* Textures and the histogram are made of counts: the same counts in any order. */
static bool counted(const char *key)
{
    static const char *const family[] = { "ih.",    "glcm.",  "glrlm.", "glszm.",
                                          "gldzm.", "ngtdm.", "ngldm.", "ivh." };
    for (size_t i = 0; i < sizeof family / sizeof family[0]; i++)
        if (starts(key, family[i]))
            return true;
    return false;
}

typedef bool (*chosen)(const char *key);
static bool any(const char *key)
{
    return key[0] != '\0';
}
static bool volumetric(const char *key)
{
    return !strstr(key, ".2d") && !strstr(key, ".25d");
}
static bool volumetric_counts(const char *key)
{
    return counted(key) && volumetric(key);
}
static bool intensities(const char *key)
{
    return starts(key, "stat.") || starts(key, "peak.");
}

/* rel 0: equal doubles, which print as equal bytes. */
static void same(world *w, const char *what, const cJSON *a, const cJSON *b, chosen which,
                 double rel)
{
    const cJSON *f;
    int n = 0;
    cJSON_ArrayForEach(f, a)
    {
        if (!which(f->string))
            continue;
        const cJSON *g = cJSON_GetObjectItemCaseSensitive(b, f->string);
        double x = json_number(f), y = json_number(g);
        bool ok = isnan(x) ? g && isnan(y)
                           : fabs(x - y) <= rel * fmax(fabs(x), fabs(y)) ||
                                 (rel > 0 && fabs(x - y) <= 1e-12);
        check(&w->t, ok, "%s: %s was %.17g, is %.17g", what, f->string, x, y);
        n++;
    }
    check(&w->t, n > 0 && cJSON_GetArraySize(a) == cJSON_GetArraySize(b), "%s: %d features", what,
          n);
}

static void same_text(world *w, const char *what, const char *const *extra)
{
    char *text = measure_text(w, extra);
    check(&w->t, *text && strcmp(text, w->base_text) == 0, "%s: the bytes differ", what);
    free(text);
}

/* ---- the changes ---- */

/* Another type on disk, same values: not a byte may differ. */
static void types(world *w)
{
    static const int type[] = { NII_U8,  NII_I8,  NII_I16, NII_U16, NII_I32,
                                NII_U32, NII_I64, NII_U64, NII_F32, NII_F64 };
    for (int big = 0; big < 2; big++)
        for (size_t i = 0; i < sizeof type / sizeof type[0]; i++) {
            char what[64];
            nii v = nii_plain(plain_n, plain_spacing, type[i], w->value);
            nii m = nii_plain(plain_n, plain_spacing, type[(i + 3) % 10], w->inside);
            v.big_endian = big;
            m.big_endian = !big;
            snprintf(what, sizeof what, "type %d, %s-endian", type[i], big ? "big" : "little");
            if (write_both(w, &v, &m))
                same_text(w, what, NULL);
        }
}

/* Stored as (value - 10) / 2 with slope 2 and inter 10: exact in binary, so equal bytes. */
static void scaled(world *w)
{
    double stored[N];
    for (int i = 0; i < N; i++)
        stored[i] = (w->value[i] - 10) / 2;
    nii v = nii_plain(plain_n, plain_spacing, NII_F32, stored);
    nii m = nii_plain(plain_n, plain_spacing, NII_U8, w->inside);
    v.slope = 2;
    v.inter = 10;
    if (write_both(w, &v, &m))
        same_text(w, "slope and inter", NULL);
}

/* Threads share out work, never sums: equal bytes. Once plain, once with everything on. */
static void threads(world *w)
{
    static const char *const n[] = { "2", "7" };
    static const char *const much[] = { "--spacing",
                                        "1.1",
                                        "--interpolation",
                                        "cubic",
                                        "--outliers",
                                        "2",
                                        "--glcm-norm",
                                        "euclidean",
                                        "--glcm-distance",
                                        "2",
                                        "--glcm-weighting",
                                        "inverse",
                                        "--threads",
                                        "1",
                                        NULL };
    const char *other[16];
    memcpy(other, much, sizeof much);
    char *one = measure_text(w, much);
    check(&w->t, *one != '\0', "no features with everything on");
    for (int i = 0; i < 2; i++) {
        const char *const plain[] = { "--threads", n[i], NULL };
        same_text(w, "threads", plain);
        other[13] = n[i];
        char *text = measure_text(w, other);
        check(&w->t, strcmp(one, text) == 0, "%s threads with everything on: the bytes differ",
              n[i]);
        free(text);
    }
    free(one);
}

/* The grid elsewhere and turned in space: no feature knows where it is. */
static void moved(world *w)
{
    nii v = nii_plain(plain_n, plain_spacing, NII_I16, w->value);
    nii m = nii_plain(plain_n, plain_spacing, NII_U8, w->inside);
    for (int d = 0; d < 3; d++)
        v.m[d][3] = m.m[d][3] = 37.5 * (d - 1) + 3;
    if (!write_both(w, &v, &m))
        return;
    cJSON *f = measure(w, NULL);
    same(w, "shifted grid", w->base, f, any, 0);
    cJSON_Delete(f);
}

/* More image around: region and sphere of the peak lie inside as before. */
static void padded(world *w)
{
    enum { P = 5 };
    static const int n[3] = { NX + 2 * P, NY + 2 * P, NZ + 2 * P };
    static double value[(NX + 2 * P) * (NY + 2 * P) * (NZ + 2 * P)];
    static double inside[(NX + 2 * P) * (NY + 2 * P) * (NZ + 2 * P)];
    for (int z = 0; z < NZ; z++)
        for (int y = 0; y < NY; y++)
            for (int x = 0; x < NX; x++) {
                int from = x + NX * (y + NY * z), to = x + P + n[0] * (y + P + n[1] * (z + P));
                value[to] = w->value[from];
                inside[to] = w->inside[from] * 3;
            }
    nii v = nii_plain(n, plain_spacing, NII_F64, value),
        m = nii_plain(n, plain_spacing, NII_I32, inside);
    if (write_both(w, &v, &m)) {
        cJSON *f = measure(w, NULL);
        const cJSON *k;
        /* peak looks beyond the region's image border now, the others do not */
        cJSON_ArrayForEach(k, w->base) if (!starts(k->string, "peak."))
            check(&w->t, cJSON_Compare(k, cJSON_GetObjectItemCaseSensitive(f, k->string), true),
                  "padded image, label 3: %s changed", k->string);
        cJSON_Delete(f);
    }
}

/* Rearranged storage axes: new axis d runs along old axis from[d], backwards where back[d]. The
   world stays as it is. */
static void rearranged(world *w, const char *what, const int from[3], const bool back[3],
                       chosen exact, chosen close)
{
    double value[N] = { 0 }, inside[N] = { 0 };
    nii v = nii_plain(plain_n, plain_spacing, NII_I16, value), m;
    int n[3], old[3], i = 0;
    for (int d = 0; d < 3; d++)
        n[d] = plain_n[from[d]];
    for (int z = 0; z < n[2]; z++)
        for (int y = 0; y < n[1]; y++)
            for (int x = 0; x < n[0]; x++, i++) {
                int at[3] = { x, y, z };
                for (int d = 0; d < 3; d++)
                    old[from[d]] = back[d] ? n[d] - 1 - at[d] : at[d];
                value[i] = w->value[old[0] + NX * (old[1] + NY * old[2])];
                inside[i] = w->inside[old[0] + NX * (old[1] + NY * old[2])];
            }
    memset(v.m, 0, sizeof v.m);
    for (int d = 0; d < 3; d++) {
        v.n[d] = n[d];
        v.m[from[d]][d] = back[d] ? -plain_spacing[from[d]] : plain_spacing[from[d]];
        v.m[from[d]][3] = back[d] ? plain_spacing[from[d]] * (n[d] - 1) : 0;
    }
    m = v;
    m.type = NII_U8;
    m.value = inside;
    if (!write_both(w, &v, &m))
        return;
    cJSON *f = measure(w, NULL);
    same(w, what, w->base, f, exact, 0);
    same(w, what, w->base, f, close, 1e-10);
    cJSON_Delete(f);
    /* The mask in the plain storage, the image rearranged: the same place in the world, so the same
       bytes as with both rearranged. */
    cJSON *both = measure(w, NULL);
    nii plain = nii_plain(plain_n, plain_spacing, NII_U8, w->inside);
    if (check(&w->t, nii_write(w->mask, &plain), "cannot write")) {
        f = measure(w, NULL);
        same(w, "mask stored otherwise", both, f, any, 0);
        cJSON_Delete(f);
    }
    cJSON_Delete(both);
}

/* Interpolated grids are centred on the image's centre, so turning them changes rounding only.
   Levels may then fall on the other side of a bin edge: what is not discretised is compared. */
static void turned_interpolation(world *w)
{
    static const char *const how[] = { "--spacing", "1.7", NULL };
    double value[N], inside[N];
    for (int i = 0; i < N; i++) {
        value[i] = w->value[N - 1 - i];
        inside[i] = w->inside[N - 1 - i];
    }
    if (!write_plain(w))
        return;
    cJSON *a = measure(w, how);
    nii v = nii_plain(plain_n, plain_spacing, NII_I16, value);
    nii m = nii_plain(plain_n, plain_spacing, NII_U8, inside);
    if (write_both(w, &v, &m)) {
        cJSON *b = measure(w, how);
        same(w, "turned and interpolated", a, b, intensities, 1e-10);
        cJSON_Delete(b);
    }
    cJSON_Delete(a);
}

/* 32 bins from minimum to maximum do not see a shift or a doubling of whole numbers. */
static void recoloured(world *w)
{
    double value[N];
    for (int i = 0; i < N; i++)
        value[i] = 2 * w->value[i] + 64;
    nii v = nii_plain(plain_n, plain_spacing, NII_I16, value);
    nii m = nii_plain(plain_n, plain_spacing, NII_U8, w->inside);
    if (write_both(w, &v, &m)) {
        cJSON *f = measure(w, NULL);
        same(w, "doubled and shifted intensities", w->base, f, counted, 0);
        cJSON_Delete(f);
    }
}

static void all_changes(world *w)
{
    static const int kept[3] = { 0, 1, 2 }, quarter[3] = { 1, 0, 2 }, tipped[3] = { 0, 2, 1 };
    static const int rolled[3] = { 2, 0, 1 };
    types(w);
    scaled(w);
    if (write_plain(w))
        threads(w);
    moved(w);
    padded(w);
    /* Slices stay slices: all counts must be the same counts. */
    rearranged(w, "flipped x", kept, (const bool[]) { true, false, false }, counted, any);
    rearranged(w, "flipped y", kept, (const bool[]) { false, true, false }, counted, any);
    rearranged(w, "flipped z", kept, (const bool[]) { false, false, true }, counted, any);
    rearranged(w, "flipped all", kept, (const bool[]) { true, true, true }, counted, any);
    rearranged(w, "turned in the plane", quarter, (const bool[]) { true, false, false }, counted,
               any);
    rearranged(w, "swapped x and y", quarter, (const bool[]) { false, false, false }, counted, any);
    /* Slices become another plane: only what is measured in 3-D stays. */
    rearranged(w, "turned out of the plane", tipped, (const bool[]) { false, true, false },
               volumetric_counts, volumetric);
    rearranged(w, "rolled axes", rolled, (const bool[]) { false, false, true }, volumetric_counts,
               volumetric);
    turned_interpolation(w);
    recoloured(w);
}

int main(void)
{
    static world w;
    if (!tool_is_there("mi-radiomics")) {
        skip(&w.t, "mi-radiomics is not in PATH");
        return tally_end(&w.t);
    }
    w.folder = scratch_make();
    w.image = join(w.folder, "image.nii");
    w.mask = join(w.folder, "mask.nii");
    make(&w);
    if (write_plain(&w)) {
        w.base_text = measure_text(&w, NULL);
        w.base = features_of(w.base_text);
        if (check(&w.t, cJSON_GetArraySize(w.base) > 400, "no features of the plain case"))
            all_changes(&w);
    }
    cJSON_Delete(w.base);
    free(w.base_text);
    free(w.image);
    free(w.mask);
    scratch_remove(w.folder);
    return tally_end(&w.t);
}
