#include "jpegls.h"
#include <charls/charls.h>
#include <stdlib.h>

size_t jls_bytes(const jls_spec *s)
{
    return (size_t)s->columns * (size_t)s->rows * (size_t)(s->components ? s->components : 1) *
           (s->precision > 8 ? 2 : 1);
}

unsigned char *jls_encode(const jls_spec *s, const void *samples, size_t *n)
{
    const charls_frame_info info = { (uint32_t)s->columns, (uint32_t)s->rows, s->precision,
                                     s->components ? s->components : 1 };
    const charls_jpegls_pc_parameters preset = { s->maxval, s->t1, s->t2, s->t3, s->reset };
    charls_interleave_mode mode =
        s->components > 1 ? CHARLS_INTERLEAVE_MODE_SAMPLE : CHARLS_INTERLEAVE_MODE_NONE;
    size_t room = 4 * jls_bytes(s) + 4096;
    unsigned char *code = malloc(room);
    charls_jpegls_encoder *e = charls_jpegls_encoder_create();
    if (!code || !e)
        abort();
    bool done = charls_jpegls_encoder_set_destination_buffer(e, code, room) == 0 &&
                charls_jpegls_encoder_set_frame_info(e, &info) == 0 &&
                charls_jpegls_encoder_set_near_lossless(e, s->near) == 0 &&
                charls_jpegls_encoder_set_interleave_mode(e, mode) == 0 &&
                charls_jpegls_encoder_set_preset_coding_parameters(e, &preset) == 0 &&
                charls_jpegls_encoder_encode_from_buffer(e, samples, jls_bytes(s), 0) == 0 &&
                charls_jpegls_encoder_get_bytes_written(e, n) == 0;
    charls_jpegls_encoder_destroy(e);
    if (done)
        return code;
    free(code);
    return NULL;
}

static charls_jpegls_decoder *opened(const unsigned char *code, size_t n)
{
    charls_jpegls_decoder *d = charls_jpegls_decoder_create();
    if (d && charls_jpegls_decoder_set_source_buffer(d, code, n) == 0 &&
        charls_jpegls_decoder_read_header(d) == 0)
        return d;
    charls_jpegls_decoder_destroy(d);
    return NULL;
}

bool jls_look(const unsigned char *code, size_t n, jls_spec *s)
{
    charls_frame_info info;
    charls_jpegls_decoder *d = opened(code, n);
    bool known = d && charls_jpegls_decoder_get_frame_info(d, &info) == 0;
    charls_jpegls_decoder_destroy(d);
    if (known)
        *s = (jls_spec){ .columns = (int)info.width, .rows = (int)info.height,
                         .precision = info.bits_per_sample, .components = info.component_count };
    return known;
}

bool jls_decode(const unsigned char *code, size_t n, void *samples)
{
    size_t room = 0;
    charls_jpegls_decoder *d = opened(code, n);
    bool done = d && charls_jpegls_decoder_get_destination_size(d, 0, &room) == 0 &&
                charls_jpegls_decoder_decode_to_buffer(d, samples, room, 0) == 0;
    charls_jpegls_decoder_destroy(d);
    return done;
}
