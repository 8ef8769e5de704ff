/* Small NIfTI files for tests at the command line, good and bad ones:

     make-image FILE [KEY=VALUE...]

   size=X,Y,Z[,T]   16,16,8          type=NAME        uint8 ... int64, float32, float64, or a number
   spacing=X,Y,Z    2,2,2            affine=12 NUMBERS  the sform; else the spacing and shift=X,Y,Z
   units=N          2 (mm)           version=1|2      big=1            sform=CODE, qform=CODE
   slope=A          inter=B          extension=TEXT   offset=N (vox_offset as the header tells it)
   cut=N            the file's first N bytes; cut=-N: without its last N
   more=N           N bytes behind the voxels
   voxels=none      the header alone
   gz=1             (level 6, one member)

   and what the voxels hold, later ones over earlier ones (else 0):

   noise=LO,HI      whole numbers, the same at every run
   ramp=FIRST,STEP  FIRST + i STEP along the voxels
   all=V            ball=V,R[,X,Y,Z] voxels within R voxels of the middle or of X,Y,Z
   box=V,I0,J0,K0,I1,J1,K1           ends not included
   labels=N         every voxel one of 1..N in turn
   bands=N          1 to N, one after the other along the voxels */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/make_nifti.h"

typedef struct image {
    spec s;
    long double *v;
    size_t n;
    bool head_only, gzip, sform_given;
    long long cut, more;
    double shift[3];
} image;

static const struct { const char *name; int code, bits; } types[] = {
    { "uint8", 2, 8 },     { "int16", 4, 16 },   { "int32", 8, 32 },     { "float32", 16, 32 },
    { "float64", 64, 64 }, { "int8", 256, 8 },   { "uint16", 512, 16 },  { "uint32", 768, 32 },
    { "int64", 1024, 64 }, { "uint64", 1280, 64 }, { "complex64", 32, 64 }, { "rgb24", 128, 24 },
};

static void fail(const char *what)
{
    fprintf(stderr, "make-image: %s\n", what);
    exit(64);
}

static int numbers(const char *s, long double *x, int most)
{
    int n = 0;
    while (*s && n < most) {
        char *end;
        x[n++] = strtold(s, &end);
        if (end == s || (*end && *end != ','))
            fail(s);
        s = *end ? end + 1 : end;
    }
    return n;
}

static void set_type(spec *s, const char *name)
{
    s->datatype = atoi(name);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, name) == 0) {
            s->datatype = types[i].code;
            s->bitpix = types[i].bits;
        }
    if (s->datatype == 0)
        fail(name);
}

/* Keys of the header. false: it is none of them. */
static bool set_head(image *im, const char *key, const char *value)
{
    spec *s = &im->s;
    long double x[12];
    double first = strtod(value, NULL);
    if (strcmp(key, "size") == 0) {
        int n = numbers(value, x, 7);
        s->dim[0] = n;
        for (int i = 0; i < n; i++)
            s->dim[i + 1] = (int64_t)x[i];
    } else if (strcmp(key, "spacing") == 0) {
        for (int i = numbers(value, x, 3) - 1; i >= 0; i--)
            s->pixdim[i + 1] = (double)x[i];
    } else if (strcmp(key, "shift") == 0) {
        for (int i = numbers(value, x, 3) - 1; i >= 0; i--)
            im->shift[i] = (double)x[i];
    } else if (strcmp(key, "affine") == 0) {
        im->sform_given = numbers(value, x, 12) == 12;
        for (int i = 0; i < 12; i++)
            s->srow[i / 4][i % 4] = (double)x[i];
    } else if (strcmp(key, "type") == 0)
        set_type(s, value);
    else if (strcmp(key, "units") == 0)
        s->units = (int)first;
    else if (strcmp(key, "version") == 0)
        s->version = (int)first;
    else if (strcmp(key, "big") == 0)
        s->big = first != 0;
    else if (strcmp(key, "sform") == 0)
        s->sform = (int)first;
    else if (strcmp(key, "qform") == 0)
        s->qform = (int)first;
    else if (strcmp(key, "slope") == 0)
        s->slope = first;
    else if (strcmp(key, "inter") == 0)
        s->inter = first;
    else if (strcmp(key, "offset") == 0)
        s->vox_offset = first;
    else if (strcmp(key, "extension") == 0)
        s->extension = value;
    else
        return false;
    return true;
}

static bool set_file(image *im, const char *key, const char *value)
{
    if (strcmp(key, "cut") == 0)
        im->cut = atoll(value);
    else if (strcmp(key, "more") == 0)
        im->more = atoll(value);
    else if (strcmp(key, "voxels") == 0)
        im->head_only = true;
    else if (strcmp(key, "gz") == 0)
        im->gzip = true;
    else
        return false;
    return true;
}

static void make_room(image *im)
{
    im->n = 1;
    for (int i = 1; i <= im->s.dim[0]; i++)
        im->n *= (size_t)im->s.dim[i];
    if (im->n > 100000000)
        fail("too many voxels to be written");
    im->v = calloc(im->n + 1, sizeof *im->v);
    if (!im->v)
        fail("no memory");
}

static bool inside(const char *key, const long double *x, int n, const int64_t *dim, size_t i)
{
    const int64_t at[3] = { (int64_t)i % dim[1], (int64_t)i / dim[1] % dim[2],
                            (int64_t)i / dim[1] / dim[2] };
    long double r2 = 0;
    bool in = true;
    for (int d = 0; d < 3; d++) {
        long double middle = n == 5 ? x[2 + d] : (long double)(dim[d + 1] / 2);
        r2 += ((long double)at[d] - middle) * ((long double)at[d] - middle);
        in = in && (*key != 'b' || key[1] == 'a' || (at[d] >= x[1 + d] && at[d] < x[4 + d]));
    }
    return strcmp(key, "ball") == 0 ? r2 <= x[1] * x[1] : in;
}

static void fill(image *im, const char *key, const char *value)
{
    long double x[12] = { 0 };
    int n = numbers(value, x, 12);
    uint64_t state = 88172645463325252u;
    for (size_t i = 0; i < im->n; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if (strcmp(key, "noise") == 0)
            im->v[i] = x[0] + (long double)(state % (uint64_t)(x[1] - x[0] + 1));
        else if (strcmp(key, "ramp") == 0)
            im->v[i] = x[0] + x[1] * (long double)i;
        else if (strcmp(key, "labels") == 0)
            im->v[i] = (long double)(i % (size_t)x[0] + 1);
        else if (strcmp(key, "bands") == 0)
            im->v[i] = (long double)(i * (size_t)x[0] / im->n + 1);
        else if (strcmp(key, "all") == 0 || strcmp(key, "ball") == 0 || strcmp(key, "box") == 0)
            im->v[i] = inside(key, x, n, im->s.dim, i) ? x[0] : im->v[i];
        else
            fail(key);
    }
}

/* A value in the type and order of the file. */
static void put_value(unsigned char *p, const spec *s, long double x)
{
    size_t size = (size_t)s->bitpix / 8;
    unsigned char b[8] = { 0 };
    float f = (float)x;
    double d = (double)x;
    uint64_t u = x < 0 ? (uint64_t)(int64_t)x : (uint64_t)x;
    if (s->datatype == 16)
        memcpy(b, &f, 4);
    else if (s->datatype == 64)
        memcpy(b, &d, 8);
    else
        memcpy(b, &u, 8);
    for (size_t i = 0; i < size; i++)
        p[s->big ? size - 1 - i : i] = b[i];
}

static bytes make(const image *im)
{
    bytes b = make_head(&im->s);
    size_t size = (size_t)im->s.bitpix / 8, head = b.n, n = im->head_only ? 0 : im->n;
    size_t all = head + n * size + (size_t)im->more;
    b.p = realloc(b.p, all + 1);
    if (!b.p)
        fail("no memory");
    for (size_t i = 0; i < n; i++)
        put_value(b.p + head + i * size, &im->s, im->v[i]);
    memset(b.p + head + n * size, 'x', (size_t)im->more);
    b.n = all;
    if (im->gzip)
        b = make_gzip(b, 0);
    if (im->cut)
        b = cut(b, im->cut > 0 ? (size_t)im->cut : b.n - (size_t)-im->cut);
    return b;
}

int main(int argc, char **argv)
{
    image im = { .s = make_spec() };
    if (argc < 2)
        fail("name a file");
    im.s.dim[1] = im.s.dim[2] = 16;
    im.s.dim[3] = 8;
    im.s.pixdim[1] = im.s.pixdim[2] = im.s.pixdim[3] = 2;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 2; i < argc; i++) {
            char key[32] = "";
            const char *value = strchr(argv[i], '=');
            if (!value || value - argv[i] >= (int)sizeof key)
                fail(argv[i]);
            memcpy(key, argv[i], (size_t)(value - argv[i]));
            bool head = set_head(&im, key, value + 1) || set_file(&im, key, value + 1);
            if (pass == 1 && !head)
                fill(&im, key, value + 1);
        }
        if (pass == 0 && !im.head_only)
            make_room(&im);
    }
    for (int i = 0; i < 3 && !im.sform_given; i++) {
        im.s.srow[i][i] = im.s.pixdim[i + 1];
        im.s.srow[i][3] = im.shift[i];
    }
    bytes b = make(&im);
    FILE *f = fopen(argv[1], "wb");
    if (!f || fwrite(b.p, 1, b.n, f) != b.n || fclose(f) != 0) {
        perror(argv[1]);
        return 74;
    }
    free(b.p);
    free(im.v);
    return 0;
}
