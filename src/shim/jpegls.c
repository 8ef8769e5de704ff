#include "shim/jpegls.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/lanes.h"
#include "base/memory.h"

/* Sections are those of ITU-T T.87 (06/98). Near-lossless coding is left out, so NEAR is 0 in every
   formula; MAXVAL is 2^P - 1, so values are taken modulo RANGE = 2^P by a mask. */

/* ---- markers ---- */

/* Annex C, and T.81, table B.1 */
enum {
    SOI = 0xd8, EOI = 0xd9, SOS = 0xda, APP0 = 0xe0, APP15 = 0xef, SOF55 = 0xf7, LSE = 0xf8,
    COM = 0xfe
};

typedef struct image {
    int columns, rows, precision, component;
    int maxval, t1, t2, t3, reset; /* 0: by default */
    const unsigned char *scan, *end; /* entropy-coded data and whatever follows them */
} image;

static int word(const unsigned char *p) { return p[0] << 8 | p[1]; }

static int clamp_threshold(int t, int least, int maxval)
{
    return t > maxval || t < least ? least : t;
}

static int larger(int a, int b) { return a > b ? a : b; }

static int smaller(int a, int b) { return a < b ? a : b; }

/* C.2.4.1.1: what is not given has its default; what is given must be in order. */
static bool settle_parameters(image *im)
{
    int maxval = (1 << im->precision) - 1, t1, t2, t3;
    if (im->maxval && im->maxval != maxval)
        return false;
    if (maxval >= 128) {
        int factor = (smaller(maxval, 4095) + 128) / 256;
        t1 = factor + 2;
        t2 = 4 * factor + 3;
        t3 = 17 * factor + 4;
    } else {
        int factor = 256 / (maxval + 1);
        t1 = larger(2, 3 / factor);
        t2 = larger(3, 7 / factor);
        t3 = larger(4, 21 / factor);
    }
    t1 = clamp_threshold(t1, 1, maxval);
    t2 = clamp_threshold(t2, t1, maxval);
    t3 = clamp_threshold(t3, t2, maxval);
    im->maxval = maxval;
    im->t1 = im->t1 ? im->t1 : t1;
    im->t2 = im->t2 ? im->t2 : t2;
    im->t3 = im->t3 ? im->t3 : t3;
    im->reset = im->reset ? im->reset : 64;
    return im->t1 <= im->t2 && im->t2 <= im->t3 && im->t3 <= maxval && im->reset >= 3 &&
           im->reset <= 255;
}

/* C.2.2: one component, not subsampled. */
static bool read_frame(image *im, const unsigned char *p, int n)
{
    if (n != 9 || im->precision || p[5] != 1 || p[7] != 0x11 || p[8] != 0)
        return false;
    im->precision = p[0];
    im->rows = word(p + 1);
    im->columns = word(p + 3);
    im->component = p[6];
    return im->precision >= 2 && im->precision <= 16;
}

/* C.2.4.1.1: preset coding parameters; the other kinds of LSE are left alone. */
static bool read_preset(image *im, const unsigned char *p, int n)
{
    if (n != 11 || p[0] != 1)
        return false;
    im->maxval = word(p + 1);
    im->t1 = word(p + 3);
    im->t2 = word(p + 5);
    im->t3 = word(p + 7);
    im->reset = word(p + 9);
    return true;
}

/* C.2.3: the whole image in one scan, no mapping table, NEAR 0, not interleaved, all bits. */
static bool read_scan(const image *im, const unsigned char *p, int n)
{
    return n == 6 && im->precision && p[0] == 1 && p[1] == im->component && p[2] == 0 &&
           p[3] == 0 && p[4] == 0 && p[5] == 0;
}

/* Everything before the coded samples (Annex C). False for what is not of the plain kind. */
static bool read_markers(image *im, const unsigned char *p, const unsigned char *end)
{
    if (end - p < 2 || p[0] != 0xff || p[1] != SOI)
        return false;
    for (p += 2; end - p >= 4 && p[0] == 0xff;) {
        int mark = p[1], n = word(p + 2) - 2;
        p += 4;
        if (n < 0 || end - p < n)
            return false;
        bool known = mark == COM || (mark >= APP0 && mark <= APP15);
        if (mark == SOS) {
            im->scan = p + n;
            im->end = end;
            return read_scan(im, p, n) && settle_parameters(im);
        }
        if (mark == SOF55)
            known = read_frame(im, p, n);
        if (mark == LSE)
            known = read_preset(im, p, n);
        if (!known)
            return false;
        p += n;
    }
    return false;
}

/* ---- bits ---- */

static uint64_t big_endian(const unsigned char *p)
{
    return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
           (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
           (uint64_t)p[6] << 8 | p[7];
}

static void put_big_endian(unsigned char *p, uint64_t w)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)(w >> (56 - 8 * i));
}

/* The bits of the scan one after the other, without the 0 bit that follows each 0xff (A.1), up to
   the marker that ends them, which must be EOI. Returns how many there are, 0 when no such end is
   found. out has room for all of the input and 8 bytes. */
static uint64_t unstuff(const unsigned char *p, const unsigned char *end, unsigned char *out)
{
    const unsigned char *from = out;
    uint64_t held = 0; /* `count` bits from the top, 0 behind them; fewer than 8 */
    unsigned count = 0;
    while (end - p >= 2) {
        if (end - p >= 8) {
            uint64_t w = big_endian(p), rest = ~w;
            if (((rest - 0x0101010101010101u) & w & 0x8080808080808080u) == 0) { /* no 0xff */
                put_big_endian(out, held | w >> count);
                held = count ? w << (64 - count) : 0;
                out += 8;
                p += 8;
                continue;
            }
        }
        uint64_t bits = *p++;
        unsigned add = 8;
        if (bits == 0xff) {
            if (*p & 0x80) {
                put_big_endian(out, held);
                while (*p == 0xff && p + 1 < end) /* fill bytes before a marker (T.81, B.1.1.2) */
                    p++;
                return *p == EOI ? (uint64_t)(out - from) * 8 + count : 0;
            }
            bits = bits << 7 | *p++;
            add = 15;
        }
        held |= bits << (64 - count - add);
        for (count += add; count >= 8; count -= 8, held <<= 8)
            *out++ = (unsigned char)(held >> 56);
    }
    return 0;
}

/* At least 57 bits from bit `at`, from the top. */
MI_INLINE uint64_t bits_at(const unsigned char *p, uint64_t at)
{
    return big_endian(p + (at >> 3)) << (at & 7);
}

/* ---- contexts ---- */

/* A.2.1: sums of magnitudes (A) and of errors (B), correction of the prediction (C), how many (N),
   and what follows: k of A.5.1, and all ones where the mapping of A.5.2 is the turned one. */
typedef struct context {
    uint32_t a;
    int32_t b;
    uint16_t n; /* at most RESET */
    int8_t c;
    uint8_t k;
    int32_t turned;
} context;

/* Of run interruption (A.7.2): nn counts the negative errors. */
typedef struct run_context { uint32_t a, n, nn; } run_context;

enum { CONTEXTS = 365 };

typedef struct decoder {
    const unsigned char *bits;
    uint64_t at, end;        /* in bits; what lies behind the end is 0 */
    int maxval, range, qbpp; /* A.2.1 */
    int longest;             /* zeros before a code; as many mean an escape (A.5.3) */
    int columns, reset, run_index;
    const int8_t *quantised; /* of a gradient, from -maxval to maxval (A.3.3) */
    context *context;
    run_context run[2];
} decoder;

/* A.5.1: the least k with N 2^k >= A. n is not 0. */
MI_INLINE unsigned golomb_k(uint32_t a, uint32_t n)
{
    int k = __builtin_clz(n) - __builtin_clz(a | 1);
    k = k < 0 ? 0 : k;
    return (unsigned)k + ((n << k) < a);
}

/* A code of A.5.3 in full: value below, bits used above bit 32; 0 for none. */
static uint64_t any_code(const unsigned char *p, uint64_t at, unsigned k, int longest, int qbpp)
{
    uint64_t w = bits_at(p, at), from = at;
    int zeros = w ? __builtin_clzll(w) : 64;
    if (zeros > longest)
        return 0;
    at += (uint64_t)zeros + 1;
    w = bits_at(p, at);
    bool escape = zeros == longest;
    unsigned more = escape ? (unsigned)qbpp : k;
    uint64_t low = w >> 1 >> (63 - more);
    uint64_t value = escape ? low + 1 : (uint64_t)zeros << k | low;
    return (at + more - from) << 32 | value;
}

/* A.6.1 and A.6.2: what is learnt from an error. */
MI_INLINE void learn(context *c, int error, int reset)
{
    uint32_t a = c->a + (uint32_t)(error < 0 ? -error : error);
    int b = c->b + error, n = c->n, correction = c->c;
    if (__builtin_expect(n == reset, 0)) {
        a >>= 1;
        b >>= 1;
        n >>= 1;
    }
    n++;
    if (b <= -n) {
        b = larger(b + n, 1 - n);
        correction -= correction > -128;
    } else if (b > 0) {
        b = smaller(b - n, 0);
        correction += correction < 127;
    }
    unsigned k = golomb_k(a, (uint32_t)n);
    c->a = a;
    c->b = b;
    c->n = (uint16_t)n;
    c->c = (int8_t)correction;
    c->k = (uint8_t)k;
    c->turned = -(k == 0 && 2 * b <= -n);
}

/* A.2.1: the logarithm of the length that one bit of a run stands for. */
static const unsigned char J[32] = { 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
                                     4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

/* A.7.1: how many samples equal the one before them, of `left` at most; -1: the code tells more. */
static int run_length(decoder *d, int left)
{
    int n = 0;
    while (bits_at(d->bits, d->at) >> 63) {
        int step = 1 << J[d->run_index];
        d->at++;
        if (step > left - n) /* the bit that ends a run at the end of the line */
            return left;
        n += step;
        d->run_index += d->run_index < 31;
        if (n == left)
            return n;
    }
    unsigned more = J[d->run_index];
    n += (int)(bits_at(d->bits, d->at + 1) >> 1 >> (63 - more));
    d->at += 1 + more;
    return n < left ? n : -1;
}

/* A.7.2: the sample that ends a run; -1 when the code is none. */
static int interruption(decoder *d, int ra, int rb)
{
    int type = ra == rb;
    run_context *c = &d->run[type];
    unsigned k = golomb_k(type ? c->a + (c->n >> 1) : c->a, c->n);
    uint64_t code = any_code(d->bits, d->at, k, d->longest - J[d->run_index] - 1, d->qbpp);
    int mapped = (int)(uint32_t)code;
    if (code == 0 || mapped > d->range)
        return -1;
    d->at += code >> 32;
    int map = (mapped + type) & 1, size = (mapped + type + map) >> 1;
    bool usual = k != 0 || 2 * c->nn >= c->n; /* map stands for negative errors */
    int error = (map != 0) == usual ? -size : size;
    c->nn += error < 0;
    c->a += (uint32_t)((mapped + 1 - type) >> 1);
    if (c->n == (uint32_t)d->reset) {
        c->a >>= 1;
        c->n >>= 1;
        c->nn >>= 1;
    }
    c->n++;
    return (rb + (ra > rb ? -error : error)) & d->maxval; /* predicted from rb, or ra that is rb */
}

/* ---- samples ---- */

/* Samples x and on, in run mode: behind them, or -1. */
static int run(decoder *d, const uint16_t *above, uint16_t *line, int x)
{
    int ra = line[x - 1], n = run_length(d, d->columns + 1 - x);
    if (n < 0)
        return -1;
    for (int i = 0; i < n; i++)
        line[x + i] = (uint16_t)ra;
    x += n;
    if (x > d->columns)
        return x;
    int sample = interruption(d, ra, above[x]);
    d->run_index -= d->run_index > 0;
    line[x] = (uint16_t)sample;
    return sample < 0 ? -1 : x + 1;
}

/* One line below another; both have a sample more on either side (A.2.1). Neighbours of a sample:
   rc rb rd
   ra */
static bool decode_line(decoder *d, const uint16_t *above, uint16_t *line)
{
    const unsigned char *bits = d->bits;
    const int8_t *quantised = d->quantised;
    context *contexts = d->context;
    const int columns = d->columns, maxval = d->maxval, reset = d->reset, range = d->range;
    const int usual = smaller(d->longest, 32);
    uint64_t at = d->at;
    int ra = line[0], rb = above[0], rd = above[1], q1 = quantised[rd - rb];
    for (ptrdiff_t x = 1; x <= columns;) {
        int rc = rb, q2 = q1;
        rb = rd;
        rd = above[x + 1];
        q1 = quantised[rd - rb];
        int q = 81 * q1 + 9 * q2 + quantised[rc - ra];
        if (q == 0) {
            d->at = at;
            x = run(d, above, line, (int)x);
            if (x < 0)
                return false;
            at = d->at;
            ra = line[x - 1];
            rb = above[x - 1];
            rd = above[x];
            q1 = quantised[rd - rb];
            continue;
        }
        int sign = q >> 31; /* A.3.4: all ones where signs are turned */
        context *c = &contexts[(unsigned)((q ^ sign) - sign)];
        /* A.4.1: the median of ra, rb and ra + rb - rc; A.4.2: corrected */
        int least = smaller(ra, rb), most = larger(ra, rb), plane = ra + rb - rc;
        plane = plane < least ? least : plane;
        plane = plane > most ? most : plane;
        int predicted = plane + ((c->c ^ sign) - sign);
        predicted = predicted < 0 ? 0 : predicted > maxval ? maxval : predicted;
        unsigned k = c->k;
        uint64_t w = bits_at(bits, at);
        int zeros = __builtin_clzll(w | 1), mapped;
        if (__builtin_expect(zeros < usual, 1)) {
            mapped = (int)((unsigned)zeros << k | (unsigned)(w << zeros << 1 >> 1 >> (63 - k)));
            at += (unsigned)zeros + 1 + k;
        } else {
            uint64_t code = any_code(bits, at, k, d->longest, d->qbpp);
            mapped = code ? (int)(uint32_t)code : range + 1;
            at += code >> 32;
        }
        if (__builtin_expect(mapped > range, 0))
            return false;
        int error = ((mapped >> 1) ^ -(mapped & 1)) ^ c->turned; /* A.5.2 */
        ra = (predicted + ((error ^ sign) - sign)) & maxval; /* A.4.5 backwards */
        line[x++] = (uint16_t)ra;
        learn(c, error, reset);
    }
    d->at = at;
    return at <= d->end;
}

static bool decode_lines(decoder *d, uint16_t *lines, int rows, int bits, char *out)
{
    size_t columns = (size_t)d->columns;
    uint16_t *above = lines, *line = lines + columns + 2;
    for (int y = 0; y < rows; y++) {
        above[columns + 1] = above[columns];
        line[0] = above[1];
        if (!decode_line(d, above, line))
            return false;
        if (bits == 16)
            memcpy(out, line + 1, 2 * columns);
        for (size_t x = 0; bits == 8 && x < columns; x++)
            out[x] = (char)(unsigned char)line[x + 1];
        out += columns * (size_t)(bits / 8);
        uint16_t *other = above;
        above = line;
        line = other;
    }
    return true;
}

/* A.3.3 */
static void fill_quantised(int8_t *q, const image *im)
{
    const int from[] = { -im->maxval, 1 - im->t3, 1 - im->t2, 1 - im->t1, 0, 1,
                         im->t1, im->t2, im->t3, im->maxval + 1 };
    for (int i = 0; i < 9; i++)
        if (from[i] < from[i + 1])
            memset(q + from[i], i - 4, (size_t)(from[i + 1] - from[i]));
}

/* A.2.1 */
static void start(decoder *d, const image *im)
{
    int bpp = im->precision;
    d->maxval = im->maxval;
    d->range = im->maxval + 1;
    d->qbpp = bpp;
    d->longest = 2 * (bpp + larger(8, bpp)) - bpp - 1; /* LIMIT - qbpp - 1 */
    d->columns = im->columns;
    d->reset = im->reset;
    uint32_t a = (uint32_t)larger(2, (d->range + 32) >> 6);
    context first = { .a = a, .n = 1, .k = (uint8_t)golomb_k(a, 1) };
    for (int i = 0; i < CONTEXTS; i++)
        d->context[i] = first;
    d->run[0] = d->run[1] = (run_context){ a, 1, 0 };
}

int mi_jpegls_decode(const unsigned char *code, size_t n, int columns, int rows, int bits,
                     void *out, mi_err *err)
{
    image im = { 0 };
    bool ours = read_markers(&im, code, code + n) && im.columns == columns && im.rows == rows &&
                columns > 0 && rows > 0 && im.precision <= bits && (bits == 8 || bits == 16);
    if (!ours)
        return 0;
    /* A line may run over the end, into zeros: no sample takes more than 16 bytes. */
    size_t size = (size_t)(im.end - im.scan), spare = 16 * (size_t)columns + 64;
    decoder d = { 0 };
    unsigned char *plain = mi_array(size + spare, 1, err);
    uint16_t *lines = mi_array_zero(2 * ((size_t)columns + 2), sizeof *lines, err);
    int8_t *quantised = mi_array(2 * (size_t)im.maxval + 1, 1, err);
    context *contexts = mi_array(CONTEXTS, sizeof *contexts, err);
    int rc = plain && lines && quantised && contexts ? 0 : -1;
    if (rc == 0) {
        d.bits = plain;
        d.end = unstuff(im.scan, im.end, plain);
        memset(plain + (d.end + 7) / 8, 0, spare);
        fill_quantised(quantised + im.maxval, &im);
        d.quantised = quantised + im.maxval;
        d.context = contexts;
        start(&d, &im);
        bool whole = d.end > 0 && decode_lines(&d, lines, rows, bits, out);
        /* A.1: the last byte is filled up with zeros */
        rc = whole && d.end - d.at < 8 && bits_at(plain, d.at) == 0;
    }
    free(plain);
    free(lines);
    free(quantised);
    free(contexts);
    return rc;
}
