/* Voxels to other places: by tiles whose edges are lines of memory, so that each line is moved
   once. */
#include "preproc/turn.h"
#include <string.h>
#include "base/lanes.h"

enum { LINE = 64 }; /* bytes that memory moves at once */

/* ---- a tile: rows of the source become columns ---- */

MI_INLINE void turn_voxels(const char *src, int64_t step, int64_t rows, int64_t columns, char *tile,
                           size_t size)
{
    for (int64_t j = 0; j < rows; j++)
        for (int64_t i = 0; i < columns; i++)
            memcpy(tile + i * LINE + j * (int64_t)size, src + j * step + i * (int64_t)size, size);
}

static void turn_part(const char *src, int64_t step, int64_t rows, int64_t columns, char *tile,
                      size_t size)
{
    if (size == 1)
        turn_voxels(src, step, rows, columns, tile, 1);
    else if (size == 2)
        turn_voxels(src, step, rows, columns, tile, 2);
    else if (size == 4)
        turn_voxels(src, step, rows, columns, tile, 4);
    else
        turn_voxels(src, step, rows, columns, tile, 8);
}

#ifdef MI_HAVE_INTERLEAVE
static inline mi_lanes16 take16(const char *p)
{
    mi_lanes16 x;
    memcpy(&x, p, sizeof x);
    return x;
}

static inline mi_lanes32 take32(const char *p)
{
    mi_lanes32 x;
    memcpy(&x, p, sizeof x);
    return x;
}

static inline void give(char *p, const void *x) { memcpy(p, x, 16); }

/* 8 x 8 voxels of 2 bytes: interleaving row i with row i + 4, three times, turns them. */
static void turn_block16(const char *src, int64_t step, char *tile)
{
    const mi_lanes16 a = take16(src), b = take16(src + step), c = take16(src + 2 * step),
                     d = take16(src + 3 * step), e = take16(src + 4 * step),
                     f = take16(src + 5 * step), g = take16(src + 6 * step),
                     h = take16(src + 7 * step);
    const mi_lanes16 a1 = MI_LOW16(a, e), b1 = MI_HIGH16(a, e), c1 = MI_LOW16(b, f),
                     d1 = MI_HIGH16(b, f), e1 = MI_LOW16(c, g), f1 = MI_HIGH16(c, g),
                     g1 = MI_LOW16(d, h), h1 = MI_HIGH16(d, h);
    const mi_lanes16 a2 = MI_LOW16(a1, e1), b2 = MI_HIGH16(a1, e1), c2 = MI_LOW16(b1, f1),
                     d2 = MI_HIGH16(b1, f1), e2 = MI_LOW16(c1, g1), f2 = MI_HIGH16(c1, g1),
                     g2 = MI_LOW16(d1, h1), h2 = MI_HIGH16(d1, h1);
    const mi_lanes16 r[8] = { MI_LOW16(a2, e2), MI_HIGH16(a2, e2), MI_LOW16(b2, f2),
                              MI_HIGH16(b2, f2), MI_LOW16(c2, g2), MI_HIGH16(c2, g2),
                              MI_LOW16(d2, h2), MI_HIGH16(d2, h2) };
    give(tile, &r[0]), give(tile + LINE, &r[1]), give(tile + 2 * LINE, &r[2]);
    give(tile + 3 * LINE, &r[3]), give(tile + 4 * LINE, &r[4]), give(tile + 5 * LINE, &r[5]);
    give(tile + 6 * LINE, &r[6]), give(tile + 7 * LINE, &r[7]);
}

/* 4 x 4 voxels of 4 bytes. */
static void turn_block32(const char *src, int64_t step, char *tile)
{
    const mi_lanes32 a = take32(src), b = take32(src + step), c = take32(src + 2 * step),
                     d = take32(src + 3 * step);
    const mi_lanes32 a1 = MI_LOW32(a, c), b1 = MI_HIGH32(a, c), c1 = MI_LOW32(b, d),
                     d1 = MI_HIGH32(b, d);
    const mi_lanes32 r[4] = { MI_LOW32(a1, c1), MI_HIGH32(a1, c1), MI_LOW32(b1, d1),
                              MI_HIGH32(b1, d1) };
    give(tile, &r[0]), give(tile + LINE, &r[1]);
    give(tile + 2 * LINE, &r[2]), give(tile + 3 * LINE, &r[3]);
}

/* A whole tile of LINE / size rows and columns. */
static void turn_whole(const char *src, int64_t step, char *tile, size_t size)
{
    const int edge = LINE / (int)size;
    if (size == 2)
        for (int64_t j = 0; j < 32; j += 8)
            for (int64_t i = 0; i < 32; i += 8)
                turn_block16(src + j * step + i * 2, step, tile + i * LINE + j * 2);
    else if (size == 4)
        for (int64_t j = 0; j < 16; j += 4)
            for (int64_t i = 0; i < 16; i += 4)
                turn_block32(src + j * step + i * 4, step, tile + i * LINE + j * 4);
    else
        turn_part(src, step, edge, edge, tile, size);
}
#else
static void turn_whole(const char *src, int64_t step, char *tile, size_t size)
{
    turn_part(src, step, LINE / (int64_t)size, LINE / (int64_t)size, tile, size);
}
#endif

/* ---- a plane ---- */

/* Where the result runs backwards along b, the rows of the source are taken from the last one
   on. */
void mi_turn(const char *src, char *dst, const mi_turn_axis *a, mi_turn_axis b, size_t size)
{
    const int64_t bytes = (int64_t)size, edge = LINE / bytes;
    _Alignas(LINE) char tile[LINE * LINE];
    if (b.dst < 0) {
        src += (b.n - 1) * b.src * bytes;
        dst -= (b.n - 1) * bytes;
        b.src = -b.src;
    }
    for (int64_t j = 0; j < b.n; j += edge)
        for (int64_t i = 0; i < a->n; i += edge) {
            int64_t columns = a->n - i < edge ? a->n - i : edge;
            int64_t rows = b.n - j < edge ? b.n - j : edge;
            const char *p = src + (i + j * b.src) * bytes;
            char *q = dst + (i * a->dst + j) * bytes;
            if (columns == edge && rows == edge)
                turn_whole(p, b.src * bytes, tile, size);
            else
                turn_part(p, b.src * bytes, rows, columns, tile, size);
            if (rows == edge) /* a line of known length */
                for (int64_t k = 0; k < columns; k++)
                    memcpy(q + k * a->dst * bytes, tile + k * LINE, LINE);
            else
                for (int64_t k = 0; k < columns; k++)
                    memcpy(q + k * a->dst * bytes, tile + k * LINE, (size_t)(rows * bytes));
        }
}

/* ---- a row ---- */

/* The voxels of eight bytes in reverse order. */
static uint64_t turned(uint64_t x, size_t size)
{
    if (size == 1)
        return __builtin_bswap64(x);
    if (size == 2)
        x = (x & 0x0000ffff0000ffffu) << 16 | (x >> 16 & 0x0000ffff0000ffffu);
    return size == 8 ? x : x << 32 | x >> 32;
}

/* n voxels to places that run backwards from `last`. */
static inline void copy_back(const char *src, char *last, int64_t n, size_t size)
{
    int64_t bytes = n * (int64_t)size, at = 0;
    char *end = last + size;
    for (; at + 8 <= bytes; at += 8) {
        uint64_t x;
        memcpy(&x, src + at, 8);
        x = turned(x, size);
        memcpy(end - at - 8, &x, 8);
    }
    for (; at < bytes; at += (int64_t)size)
        memcpy(end - at - (int64_t)size, src + at, size);
}

void mi_copy_row(const char *src, char *dst, int64_t n, int64_t step, size_t size)
{
    if (step == 1)
        memcpy(dst, src, (size_t)n * size);
    else if (size == 1)
        copy_back(src, dst, n, 1);
    else if (size == 2)
        copy_back(src, dst, n, 2);
    else if (size == 4)
        copy_back(src, dst, n, 4);
    else
        copy_back(src, dst, n, 8);
}
