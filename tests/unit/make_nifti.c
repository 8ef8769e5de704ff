#define _GNU_SOURCE
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "make_nifti.h"

spec make_spec(void)
{
    return (spec) { .version = 1,
                    .dim = { 3, 4, 3, 2, 1, 1, 1, 1 },
                    .pixdim = { 1, 1, 1, 1, 1, 1, 1, 1 },
                    .datatype = 4,
                    .bitpix = 16,
                    .units = 2,
                    .slope = 1,
                    .sform = 1,
                    .srow = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } } };
}

static void put_int(unsigned char *p, bool big, int size, int64_t x)
{
    for (int i = 0; i < size; i++)
        p[big ? size - 1 - i : i] = (unsigned char)((uint64_t)x >> (8 * i));
}

static void put_real(unsigned char *p, bool big, int size, double x)
{
    int64_t u = 0;
    float f = (float)x;
    if (size == 4) {
        uint32_t w;
        memcpy(&w, &f, 4);
        u = w;
    } else {
        memcpy(&u, &x, 8);
    }
    put_int(p, big, size, u);
}

static void head1(unsigned char *h, const spec *s)
{
    bool b = s->big;
    put_int(h, b, 4, 348);
    for (int i = 0; i < 8; i++) {
        put_int(h + 40 + 2 * i, b, 2, s->dim[i]);
        put_real(h + 76 + 4 * i, b, 4, s->pixdim[i]);
    }
    put_int(h + 70, b, 2, s->datatype);
    put_int(h + 72, b, 2, s->bitpix);
    put_real(h + 108, b, 4, s->vox_offset);
    put_real(h + 112, b, 4, s->slope);
    put_real(h + 116, b, 4, s->inter);
    h[123] = (unsigned char)s->units;
    memcpy(h + 148, "made by a test", 14);
    put_int(h + 252, b, 2, s->qform);
    put_int(h + 254, b, 2, s->sform);
    for (int i = 0; i < 6; i++)
        put_real(h + 256 + 4 * i, b, 4, s->quatern[i]);
    for (int i = 0; i < 12; i++)
        put_real(h + 280 + 4 * i, b, 4, s->srow[i / 4][i % 4]);
    memcpy(h + 344, s->pair ? "ni1" : "n+1", 4);
}

static void head2(unsigned char *h, const spec *s)
{
    bool b = s->big;
    put_int(h, b, 4, 540);
    memcpy(h + 4, s->pair ? "ni2\0\r\n\032\n" : "n+2\0\r\n\032\n", 8);
    put_int(h + 12, b, 2, s->datatype);
    put_int(h + 14, b, 2, s->bitpix);
    for (int i = 0; i < 8; i++) {
        put_int(h + 16 + 8 * i, b, 8, s->dim[i]);
        put_real(h + 104 + 8 * i, b, 8, s->pixdim[i]);
    }
    put_int(h + 168, b, 8, (int64_t)s->vox_offset);
    put_real(h + 176, b, 8, s->slope);
    put_real(h + 184, b, 8, s->inter);
    put_int(h + 344, b, 4, s->qform);
    put_int(h + 348, b, 4, s->sform);
    for (int i = 0; i < 6; i++)
        put_real(h + 352 + 8 * i, b, 8, s->quatern[i]);
    for (int i = 0; i < 12; i++)
        put_real(h + 400 + 8 * i, b, 8, s->srow[i / 4][i % 4]);
    put_int(h + 500, b, 4, s->units);
}

bytes make_head(const spec *given)
{
    spec s = *given;
    size_t size = s.version == 1 ? 348 : 540, body = s.extension ? strlen(s.extension) + 8 : 0;
    body = (body + 15) / 16 * 16;
    bytes b = { calloc(size + 4 + body, 1), size + 4 + body };
    if (s.vox_offset == 0 && !s.pair)
        s.vox_offset = (double)b.n;
    if (s.version == 1)
        head1(b.p, &s);
    else
        head2(b.p, &s);
    if (s.extension) {
        b.p[size] = 1;
        put_int(b.p + size + 4, s.big, 4, (int64_t)body);
        put_int(b.p + size + 8, s.big, 4,
                s.extension_code < 0 ? 0 : s.extension_code ? s.extension_code : 6);
        memcpy(b.p + size + 12, s.extension, strlen(s.extension));
    }
    return b;
}

bytes make_voxels(const spec *s, double first, double step)
{
    size_t n = 1, size = (size_t)s->bitpix / 8;
    for (int i = 1; i <= s->dim[0]; i++)
        n *= (size_t)s->dim[i];
    bytes b = { calloc(n, size), n * size };
    for (size_t i = 0; i < n; i++) {
        double x = first + step * (double)i;
        if (s->datatype == 16 || s->datatype == 64)
            put_real(b.p + i * size, s->big, (int)size, x);
        else
            put_int(b.p + i * size, s->big, (int)size, (int64_t)x);
    }
    return b;
}

bytes make_file(const spec *s, double first, double step)
{
    return join(make_head(s), make_voxels(s, first, step));
}

bytes make_gzip(bytes b, size_t member)
{
    bytes out = { NULL, 0 };
    size_t at = 0;
    do {
        size_t now = member == 0 || b.n - at < member ? b.n - at : member;
        z_stream z = { 0 };
        deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
        size_t bound = deflateBound(&z, now) + 64;
        out.p = realloc(out.p, out.n + bound);
        z.next_in = b.p + at;
        z.avail_in = (uInt)now;
        z.next_out = out.p + out.n;
        z.avail_out = (uInt)bound;
        deflate(&z, Z_FINISH);
        out.n += z.total_out;
        deflateEnd(&z);
        at += now;
    } while (at < b.n);
    free(b.p);
    return out;
}

bytes join(bytes a, bytes b)
{
    a.p = realloc(a.p, a.n + b.n + 1);
    memcpy(a.p + a.n, b.p, b.n);
    free(b.p);
    a.n += b.n;
    return a;
}

bytes cut(bytes b, size_t n)
{
    b.n = n < b.n ? n : b.n;
    return b;
}

bytes copy_of(bytes b)
{
    bytes c = { malloc(b.n + 1), b.n };
    memcpy(c.p, b.p, b.n);
    return c;
}

static char folder[] = "/tmp/mi-test-XXXXXX";
static bool made;
static pid_t maker;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st;
    (void)type;
    (void)f;
    return remove(path);
}

static void remove_folder(void)
{
    if (getpid() == maker)
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *place(const char *name)
{
    static char path[16][256];
    static int at;
    if (!made) {
        made = mkdtemp(folder) != NULL;
        maker = getpid();
        atexit(remove_folder);
    }
    char *p = path[at++ % 16];
    snprintf(p, 256, "%s/%s", folder, name);
    return p;
}

const char *put(const char *name, bytes b)
{
    const char *path = place(name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(b.p, 1, b.n, f) != b.n || fclose(f) != 0) {
        perror(path);
        abort();
    }
    free(b.p);
    return path;
}
