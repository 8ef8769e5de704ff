#include "dicom_code.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "bytes.h"
#ifdef MI_TEST_CODECS
#include <charls/charls.h>
#include <openjpeg.h>
#endif

static void put_byte(buffer *b, int x)
{
    unsigned char c = (unsigned char)x;
    put(b, &c, 1);
}

static int sample(const void *pixels, size_t i, int bits)
{
    return bits == 16 ? ((const uint16_t *)pixels)[i] : ((const unsigned char *)pixels)[i];
}

/* ---- JPEG lossless (ITU-T T.81, annex H) ---- */

typedef struct bit_writer { buffer *b; uint32_t bits; int n; } bit_writer;

static void put_bits(bit_writer *w, uint32_t x, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        w->bits = w->bits << 1 | (x >> i & 1);
        if (++w->n == 8) {
            put_byte(w->b, (int)(w->bits & 255));
            if ((w->bits & 255) == 255) /* a zero is stuffed behind FF */
                put_byte(w->b, 0);
            w->n = 0;
        }
    }
}

/* The difference modulo 65536: its size in 5 bits (every size has the code of its number), then so
   many bits. */
static void put_difference(bit_writer *w, int d)
{
    int size = 0;
    d = (int16_t)(uint16_t)d;
    while ((d < 0 ? -d : d) >> size)
        size++;
    put_bits(w, (uint32_t)size, 5);
    if (size < 16)
        put_bits(w, (uint32_t)(d < 0 ? d - 1 : d), size);
}

static buffer jpeg_lossless(const void *pixels, int columns, int rows, int bits)
{
    buffer b = { NULL, 0, 0 };
    bit_writer w = { &b, 0, 0 };
    const unsigned char start[] = { 0xff, 0xd8, 0xff, 0xc4, 0, 36, 0, 0, 0, 0, 0, 17 };
    const unsigned char frame[] = { 0xff, 0xc3, 0, 11, (unsigned char)bits,
                                    (unsigned char)(rows >> 8), (unsigned char)rows,
                                    (unsigned char)(columns >> 8), (unsigned char)columns,
                                    1, 1, 0x11, 0 };
    const unsigned char scan[] = { 0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0 };
    put(&b, start, sizeof start); /* 17 codes of 5 bits, none of other lengths */
    for (int i = 5; i < 16; i++)
        put_byte(&b, 0);
    for (int i = 0; i < 17; i++)
        put_byte(&b, i);
    put(&b, frame, sizeof frame);
    put(&b, scan, sizeof scan);
    for (int i = 0; i < columns * rows; i++) { /* left neighbour; in the first column the upper */
        int before = i == 0 ? 1 << (bits - 1) : i % columns ? i - 1 : i - columns;
        put_difference(&w, sample(pixels, (size_t)i, bits) -
                               (i ? sample(pixels, (size_t)before, bits) : before));
    }
    while (w.n)
        put_bits(&w, 1, 1);
    put(&b, "\xff\xd9", 2);
    return b;
}

/* ---- deflated ---- */

static buffer deflated(const void *pixels, size_t n)
{
    z_stream z = { .next_in = (unsigned char *)pixels, .avail_in = (unsigned)n };
    buffer b = { must(malloc(n + 1024)), 0, n + 1024 };
    z.next_out = b.p;
    z.avail_out = (unsigned)b.cap;
    if (deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    b.n = z.total_out;
    deflateEnd(&z);
    return b;
}

/* Bits to bytes, lowest first. */
static buffer packed(const unsigned char *pixels, size_t n)
{
    buffer b = { must(calloc(n / 8 + 1, 1)), (n + 7) / 8, n / 8 + 1 };
    for (size_t i = 0; i < n; i++)
        b.p[i / 8] = (unsigned char)(b.p[i / 8] | (pixels[i] != 0) << i % 8);
    return b;
}

/* ---- by the libraries ---- */

#ifdef MI_TEST_CODECS
static buffer jpeg_ls(const void *pixels, int columns, int rows, int bits)
{
    size_t n = (size_t)columns * (size_t)rows * (size_t)(bits / 8);
    buffer b = { must(malloc(2 * n + 4096)), 0, 2 * n + 4096 };
    const charls_frame_info info = { (uint32_t)columns, (uint32_t)rows, bits, 1 };
    charls_jpegls_encoder *e = must(charls_jpegls_encoder_create());
    if (charls_jpegls_encoder_set_frame_info(e, &info) ||
        charls_jpegls_encoder_set_destination_buffer(e, b.p, b.cap) ||
        charls_jpegls_encoder_encode_from_buffer(e, pixels, n, 0) ||
        charls_jpegls_encoder_get_bytes_written(e, &b.n))
        abort();
    charls_jpegls_encoder_destroy(e);
    return b;
}

static OPJ_SIZE_T append(void *p, OPJ_SIZE_T n, void *to)
{
    put(to, p, n);
    return n;
}

static buffer jpeg_2000(const void *pixels, int columns, int rows, int bits)
{
    buffer b = { NULL, 0, 0 };
    opj_cparameters_t how;
    opj_image_cmptparm_t part = { .dx = 1, .dy = 1, .w = (OPJ_UINT32)columns, .h = (OPJ_UINT32)rows,
                                  .prec = (OPJ_UINT32)bits, .bpp = (OPJ_UINT32)bits };
    opj_set_default_encoder_parameters(&how);
    how.tcp_numlayers = 1;
    how.cp_disto_alloc = 1;
    how.numresolution = 2;
    opj_image_t *im = must(opj_image_create(1, &part, OPJ_CLRSPC_GRAY));
    opj_codec_t *codec = must(opj_create_compress(OPJ_CODEC_J2K));
    opj_stream_t *to = must(opj_stream_create(4096, OPJ_FALSE));
    im->x1 = (OPJ_UINT32)columns;
    im->y1 = (OPJ_UINT32)rows;
    for (int i = 0; i < columns * rows; i++)
        im->comps[0].data[i] = sample(pixels, (size_t)i, bits);
    opj_stream_set_user_data(to, &b, NULL);
    opj_stream_set_write_function(to, append);
    if (!opj_setup_encoder(codec, &how, im) || !opj_start_compress(codec, im, to) ||
        !opj_encode(codec, to) || !opj_end_compress(codec, to))
        abort();
    opj_stream_destroy(to);
    opj_destroy_codec(codec);
    opj_image_destroy(im);
    return b;
}
#endif

bool dw_can_code(dw_coder coder)
{
#ifdef MI_TEST_CODECS
    return coder < DW_CODERS;
#else
    return coder == DW_JPEG_LOSSLESS || coder == DW_DEFLATED_FRAMES;
#endif
}

unsigned char *dw_code_frame(dw_coder coder, const void *pixels, int columns, int rows, int bits,
                             size_t *n)
{
    size_t count = (size_t)columns * (size_t)rows;
    buffer b = { NULL, 0, 0 };
    if (coder == DW_JPEG_LOSSLESS)
        b = jpeg_lossless(pixels, columns, rows, bits);
#ifdef MI_TEST_CODECS
    if (coder == DW_JPEG_LS)
        b = jpeg_ls(pixels, columns, rows, bits);
    if (coder == DW_JPEG_2000)
        b = jpeg_2000(pixels, columns, rows, bits);
#endif
    if (coder == DW_DEFLATED_FRAMES && bits == 1) {
        buffer plain = packed(pixels, count);
        b = deflated(plain.p, plain.n);
        free(plain.p);
    } else if (coder == DW_DEFLATED_FRAMES) {
        b = deflated(pixels, count * (size_t)(bits / 8));
    }
    *n = b.n;
    return must(b.p);
}

/* ---- fragments ---- */

static void put_little(buffer *b, uint64_t x, int size)
{
    for (int i = 0; i < size; i++)
        put_byte(b, (int)(x >> 8 * i & 255));
}

static void put_item(buffer *b, int element, const void *p, size_t n)
{
    put_little(b, 0xfffe, 2);
    put_little(b, (uint64_t)element, 2);
    put_little(b, n + (n & 1), 4);
    put(b, p, n);
    put(b, "", n & 1);
}

void dw_encapsulate_codes(dw *d, const char *syntax, unsigned char *const *code, const size_t *n,
                          int frames, int fragments, dw_layout layout)
{
    buffer items = { NULL, 0, 0 }, at = { NULL, 0, 0 }, far = at, length = at, all = at;
    for (int k = 0; k < frames; k++) {
        put_little(&at, items.n, 4);
        put_little(&far, items.n, 8);
        put_little(&length, n[k], 8);
        size_t part = n[k] / (size_t)fragments & ~(size_t)1;
        for (int i = 0; i < fragments; i++)
            put_item(&items, 0xe000, code[k] + (size_t)i * part,
                     i + 1 < fragments ? part : n[k] - (size_t)i * part);
    }
    put_item(&all, 0xe000, at.p, layout == DW_BASIC_TABLE ? at.n : 0);
    put(&all, items.p, items.n);
    put_item(&all, 0xe0dd, NULL, 0);
    dw_text(d, 0x00020010, "UI", "%s", syntax);
    if (layout == DW_EXTENDED_TABLE) {
        dw_bytes(d, 0x7fe00001, "OV", far.p, far.n);
        dw_bytes(d, 0x7fe00002, "OV", length.p, length.n);
    }
    dw_items(d, 0x7fe00010, all.p, all.n);
    free(items.p);
    free(at.p);
    free(far.p);
    free(length.p);
    free(all.p);
}

void dw_encapsulate(dw *d, dw_coder coder, int fragments, dw_layout layout)
{
    static const char *const syntax[DW_CODERS] = {
        "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.4.90"
    };
    size_t held, pixels = (size_t)(dw_told(d, 0x00280010, 0) * dw_told(d, 0x00280011, 0));
    int rows = (int)dw_told(d, 0x00280010, 0), bits = (int)dw_told(d, 0x00280100, 16);
    int frames = (int)dw_told(d, 0x00280008, 1), samples = (int)dw_told(d, 0x00280002, 1);
    const unsigned char *native = dw_held(d, 0x7fe00010, &held);
    size_t count = pixels * (size_t)samples, size = bits == 16 ? 2 : 1;
    unsigned char **code = must(calloc((size_t)frames, sizeof *code));
    unsigned char *one = must(calloc(count + 1, size));
    size_t *n = must(calloc((size_t)frames, sizeof *n));
    if ((count * (size_t)frames * (size_t)bits + 7) / 8 > held)
        abort();
    for (int k = 0; k < frames; k++) {
        for (size_t i = 0, j = (size_t)k * count; bits == 1 && i < count; i++, j++)
            one[i] = native[j / 8] >> j % 8 & 1;
        if (bits > 1)
            memcpy(one, native + (size_t)k * count * size, count * size);
        code[k] = dw_code_frame(coder, one, (int)(count / (size_t)rows), rows, bits, &n[k]);
    }
    dw_encapsulate_codes(d, syntax[coder], code, n, frames, fragments, layout);
    for (int k = 0; k < frames; k++)
        free(code[k]);
    free(code);
    free(one);
    free(n);
}
