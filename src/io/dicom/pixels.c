#include "io/dicom/pixels.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

/* ---- the plan ---- */

static int stored_type(const mi_dicom_object *o, mi_type *t, mi_err *err)
{
    switch (o->bits_allocated) {
    case 1: *t = MI_U8; return 0;
    case 8: *t = o->is_signed ? MI_I8 : MI_U8; return 0;
    case 16: *t = o->is_signed ? MI_I16 : MI_U16; return 0;
    case 32: *t = o->is_float ? MI_F32 : o->is_signed ? MI_I32 : MI_U32; return 0;
    case 64: *t = MI_F64; return 0;
    }
    return mi_fail(err, MI_E_DATA, NULL, "%d bits allocated a pixel", o->bits_allocated);
}

static bool is_colour(const mi_dicom_object *o)
{
    return o->samples > 1 || strcmp(o->photometric, "PALETTE COLOR") == 0;
}

static int check_colour(const mi_dicom_object *o, bool grey, mi_err *err)
{
    if (!is_colour(o))
        return o->samples == 1 ? 0
                               : mi_fail(err, MI_E_DATA, NULL, "%d samples a pixel", o->samples);
    if (!grey)
        return mi_fail(err, MI_E_DATA, "--grey takes the luminance",
                       "a colour image (%s), not measured values", o->photometric);
    if (o->bits_allocated != 8 && !(o->bits_allocated == 16 && o->samples == 1))
        return mi_fail(err, MI_E_DATA, NULL, "colour of %d bits is not supported",
                       o->bits_allocated);
    return o->samples == 1 || o->samples == 3
               ? 0 : mi_fail(err, MI_E_DATA, NULL, "%d samples a pixel", o->samples);
}

static bool padding_differs(const mi_dicom_object *a, const mi_dicom_object *b)
{
    return a->has_padding && b->has_padding &&
           (a->padding[0] != b->padding[0] || a->padding[1] != b->padding[1]);
}

/* Padding as values of the volume, by the first frame's rescale; other frames put theirs there
   too. A look-up table leaves no value that only padding has. */
static void plan_padding(const mi_dicom_object *o, const mi_dicom_frame *f, mi_dicom_plan *p)
{
    if (!o->has_padding || o->has_lut || p->grey)
        return;
    double a = f->slope * o->padding[0] + f->inter, b = f->slope * o->padding[1] + f->inter;
    p->has_padding = true;
    p->padding[0] = p->convert ? (float)fmin(a, b) : fmin(a, b);
    p->padding[1] = p->convert ? (float)fmax(a, b) : fmax(a, b);
}

int mi_dicom_plan_make(const mi_dicom_scan *s, const mi_dicom_frame *f, int64_t n, bool grey,
                       mi_dicom_plan *out, mi_warnings *warn, mi_err *err)
{
    const mi_dicom_object *first = &s->object[f[0].object];
    *out = (mi_dicom_plan){ .slope = f[0].slope, .inter = f[0].inter };
    if (stored_type(first, &out->type, err) != 0)
        return -1;
    bool lossy = false, shifted = false;
    for (int64_t k = 0; k < n; k++) {
        const mi_dicom_object *o = &s->object[f[k].object];
        mi_type t;
        if (stored_type(o, &t, err) != 0 || check_colour(o, grey, err) != 0)
            return -1;
        out->grey = out->grey || is_colour(o);
        out->convert = out->convert || t != out->type || o->has_lut ||
                       f[k].slope != out->slope || f[k].inter != out->inter ||
                       padding_differs(o, first);
        shifted = shifted || (!o->is_float && o->high_bit != o->bits_stored - 1);
        if (f[k].slope == 0)
            return mi_fail(err, MI_E_DATA, NULL, "Rescale Slope is 0");
        lossy = lossy || o->lossy;
    }
    if (out->convert || out->grey) {
        out->type = MI_F32;
        out->slope = 1;
        out->inter = 0;
    }
    plan_padding(first, &f[0], out);
    if (shifted)
        mi_warn(warn, "high_bit", "High Bit is not Bits Stored - 1; values are taken from the bits "
                                  "below it as old editions of the standard allowed");
    if (lossy)
        mi_warn(warn, "lossy", "the image was compressed with loss; values are not as acquired");
    if (strcmp(first->photometric, "MONOCHROME1") == 0)
        mi_warn(warn, "monochrome1",
                "MONOCHROME1: low values are shown bright; the values are kept as they are");
    return 0;
}

/* ---- stored values ---- */

/* Bits above Bits Stored may hold overlays or rubbish (PS3.5, 8.1.1): cut them off, extend the
   sign. Only when they are there. */
static void clean16(uint16_t *p, size_t n, const mi_dicom_object *o)
{
    int unused = 16 - o->bits_stored, low = o->high_bit + 1 - o->bits_stored;
    if (o->is_signed)
        for (size_t i = 0; i < n; i++) {
            int16_t top = (int16_t)(uint16_t)(p[i] << (unused - low));
            p[i] = (uint16_t)(int16_t)(top >> unused);
        }
    else
        for (size_t i = 0; i < n; i++)
            p[i] = (uint16_t)((p[i] >> low) & ((1u << o->bits_stored) - 1));
}

static void clean8(uint8_t *p, size_t n, const mi_dicom_object *o)
{
    int unused = 8 - o->bits_stored, low = o->high_bit + 1 - o->bits_stored;
    for (size_t i = 0; i < n; i++) {
        uint8_t top = (uint8_t)(p[i] << (unused - low));
        p[i] = o->is_signed ? (uint8_t)((int8_t)top >> unused) : (uint8_t)(top >> unused);
    }
}

static void clean32(uint32_t *p, size_t n, const mi_dicom_object *o)
{
    int unused = 32 - o->bits_stored, low = o->high_bit + 1 - o->bits_stored;
    for (size_t i = 0; i < n; i++) {
        uint32_t top = p[i] << (unused - low);
        p[i] = o->is_signed ? (uint32_t)((int32_t)top >> unused) : top >> unused;
    }
}

static void clean(void *p, size_t n, const mi_dicom_object *o)
{
    if (o->is_float || o->bits_stored == o->bits_allocated)
        return;
    if (o->bits_allocated == 8)
        clean8(p, n, o);
    else if (o->bits_allocated == 16)
        clean16(p, n, o);
    else if (o->bits_allocated == 32)
        clean32(p, n, o);
}

static double stored_at(const void *p, mi_type t, size_t i)
{
    switch (t) {
    case MI_U8: return ((const uint8_t *)p)[i];
    case MI_I8: return ((const int8_t *)p)[i];
    case MI_U16: return ((const uint16_t *)p)[i];
    case MI_I16: return ((const int16_t *)p)[i];
    case MI_U32: return ((const uint32_t *)p)[i];
    case MI_I32: return ((const int32_t *)p)[i];
    case MI_F32: return ((const float *)p)[i];
    default: return ((const double *)p)[i];
    }
}

static int64_t count_padding(const void *p, mi_type t, size_t n, const mi_dicom_object *o)
{
    int64_t count = 0;
    double lo = o->padding[0], hi = o->padding[1];
    if (!o->has_padding)
        return 0;
    if (t == MI_I16) {
        const int16_t *q = p;
        int a = (int)fmax(lo, -32768), b = (int)fmin(hi, 32767);
        for (size_t i = 0; i < n; i++)
            count += q[i] >= a && q[i] <= b;
    } else if (t == MI_U16) {
        const uint16_t *q = p;
        int a = (int)fmax(lo, 0), b = (int)fmin(hi, 65535);
        for (size_t i = 0; i < n; i++)
            count += q[i] >= a && q[i] <= b;
    } else {
        for (size_t i = 0; i < n; i++) {
            double x = stored_at(p, t, i);
            count += x >= lo && x <= hi;
        }
    }
    return count;
}

/* ---- tables ---- */

/* Modality LUT (PS3.3 C.11.1.1): values below the first map to the first entry, above the last
   to the last. */
static int apply_lut(const mi_dicom_scan *s, const mi_dicom_object *o, mi_dcm *d, const void *p,
                     mi_type t, size_t n, float *out, mi_err *err)
{
    size_t bytes = 0;
    const unsigned char *raw = s->f->bytes(d, "0028,3000[0].0028,3006", &bytes);
    double table_value;
    if (!raw)
        return mi_fail(err, MI_E_DATA, NULL, "the modality look-up table has no data");
    /* entries of 8 bits may come in words */
    bool wide = o->lut_bits > 8 || bytes >= 2 * (size_t)o->lut_entries;
    size_t entries = bytes / (wide ? 2 : 1);
    if (entries < (size_t)o->lut_entries || o->lut_entries < 1)
        return mi_fail(err, MI_E_DATA, NULL, "the modality look-up table has %zu entries of %d",
                       entries, o->lut_entries);
    for (size_t i = 0; i < n; i++) {
        double k = stored_at(p, t, i) - o->lut_first;
        size_t j = k < 0 ? 0 : k >= o->lut_entries ? (size_t)o->lut_entries - 1 : (size_t)k;
        if (wide) {
            uint16_t w;
            memcpy(&w, raw + 2 * j, sizeof w);
            table_value = w;
        } else {
            table_value = raw[j];
        }
        out[i] = (float)table_value;
    }
    return 0;
}

/* Is the first sample of a decoded pixel its luminance? Decoders of JPEG and the transforms of
   JPEG 2000 (YBR_RCT, YBR_ICT) give RGB. */
static bool first_is_luminance(const mi_dicom_object *o)
{
    return (strncmp(o->photometric, "YBR_FULL", 8) == 0 ||
            strncmp(o->photometric, "YBR_PARTIAL", 11) == 0) &&
           strncmp(o->syntax, "1.2.840.10008.1.2.4.5", 21) != 0 &&
           strcmp(o->syntax, "1.2.840.10008.1.2.4.70") != 0;
}

/* Luminance of ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B. */
static void grey_of_samples(const mi_dicom_object *o, const uint8_t *p, size_t n, float *out)
{
    bool ybr = first_is_luminance(o);
    for (size_t i = 0; i < n; i++)
        out[i] = ybr ? p[3 * i]
                     : (float)(0.299 * p[3 * i] + 0.587 * p[3 * i + 1] + 0.114 * p[3 * i + 2]);
}

static int grey_of_palette(const mi_dicom_scan *s, const mi_dicom_object *o, mi_dcm *d,
                           const void *p, mi_type t, size_t n, float *out, mi_err *err)
{
    static const char *const data[3] = { "0028,1201", "0028,1202", "0028,1203" };
    static const char *const about[3] = { "0028,1101", "0028,1102", "0028,1103" };
    static const double weight[3] = { 0.299, 0.587, 0.114 };
    memset(out, 0, n * sizeof *out);
    for (int c = 0; c < 3; c++) {
        double desc[3];
        size_t bytes = 0;
        const unsigned char *lut = s->f->bytes(d, data[c], &bytes);
        if (!lut || s->f->numbers(d, about[c], desc, 3) != 3)
            return mi_fail(err, MI_E_DATA, NULL, "the palette is missing");
        size_t entries = desc[0] == 0 ? 65536 : (size_t)desc[0];
        size_t width = bytes >= 2 * entries ? 2 : 1;
        if (bytes < entries * width || entries == 0)
            return mi_fail(err, MI_E_DATA, NULL, "the palette is cut short");
        for (size_t i = 0; i < n; i++) {
            double k = stored_at(p, t, i) - desc[1];
            size_t j = k < 0 ? 0 : k >= (double)entries ? entries - 1 : (size_t)k;
            int value = width == 2 ? (desc[2] > 8 ? lut[2 * j + 1] : lut[2 * j]) : lut[j];
            out[i] += (float)(weight[c] * value);
        }
    }
    return 0;
}

/* ---- decoding ---- */

typedef struct decoding {
    mi_dicom_scan *s;
    const mi_dicom_frame *frame;
    const mi_dicom_plan *plan;
    char *out;
    int64_t n;
    int64_t *padding; /* per frame */
} decoding;

/* Padding of a frame with a rescale of its own goes where that of the first lies. */
static void put_padding(const mi_dicom_plan *plan, const mi_dicom_object *o, const void *raw,
                        mi_type t, size_t pixels, float *out)
{
    for (size_t i = 0; i < pixels; i++) {
        double x = stored_at(raw, t, i);
        if (x >= o->padding[0] && x <= o->padding[1])
            out[i] = (float)plan->padding[x == o->padding[0] ? 0 : 1];
    }
}

static int convert_frame(const decoding *w, const mi_dicom_object *o, const mi_dicom_frame *f,
                         mi_dcm *d, size_t pixels, float *out, int64_t *padding, mi_err *err)
{
    mi_type t;
    if (stored_type(o, &t, err) != 0)
        return -1;
    size_t bytes = pixels * (size_t)o->samples * mi_type_size(t);
    void *raw = mi_array(bytes, 1, err);
    int rc = raw ? w->s->f->frame(d, f->number, raw, bytes, err) : -1;
    if (rc == 0) {
        clean(raw, pixels * (size_t)o->samples, o);
        *padding = w->plan->has_padding ? count_padding(raw, t, pixels, o) : 0;
        if (o->samples == 3)
            grey_of_samples(o, raw, pixels, out);
        else if (is_colour(o))
            rc = grey_of_palette(w->s, o, d, raw, t, pixels, out, err);
        else if (o->has_lut)
            rc = apply_lut(w->s, o, d, raw, t, pixels, out, err);
        else
            for (size_t i = 0; i < pixels; i++)
                out[i] = (float)(f->slope * stored_at(raw, t, i) + f->inter);
        if (*padding)
            put_padding(w->plan, o, raw, t, pixels, out);
    }
    free(raw);
    return rc;
}

static int decode_frame(const decoding *w, int64_t k, mi_err *err)
{
    const mi_dicom_frame *f = &w->frame[k];
    mi_dicom_object *o = &w->s->object[f->object];
    size_t pixels = (size_t)o->rows * (size_t)o->columns;
    size_t bytes = pixels * mi_type_size(w->plan->type);
    char *out = w->out + (size_t)k * bytes;
    mi_dcm *d = mi_dicom_object_open(w->s, o, err);
    int rc = d ? 0 : -1;
    if (rc == 0 && w->plan->type == MI_F32 && (w->plan->convert || w->plan->grey)) {
        rc = convert_frame(w, o, f, d, pixels, (float *)(void *)out, &w->padding[k], err);
    } else if (rc == 0) {
        rc = w->s->f->frame(d, f->number, out, bytes, err);
        if (rc == 0) {
            clean(out, pixels, o);
            w->padding[k] = count_padding(out, w->plan->type, pixels, o);
        }
    }
    if (rc != 0 && o->path)
        mi_err_within(err, o->path);
    if (o->frames == 1 && o->path && d) {
        w->s->f->close(d);
        o->dcm = NULL;
    }
    return rc;
}

/* One task a file, so that an object is used by one thread at a time: frames of one object that
   follow one another go together. */
typedef struct span { int64_t first, last; } span;

typedef struct tasks { const decoding *w; const span *part; } tasks;

static int decode_part(void *ctx, int i, mi_err *err)
{
    const tasks *t = ctx;
    for (int64_t k = t->part[i].first; k < t->part[i].last; k++)
        if (decode_frame(t->w, k, err) != 0)
            return -1;
    return 0;
}

static int parts_of(const decoding *w, span *part)
{
    int n = 0;
    bool mixed = false;
    for (int64_t k = 0; k < w->n; k++) {
        bool same = n && w->frame[k].object == w->frame[part[n - 1].first].object;
        mixed = mixed || w->s->object[w->frame[k].object].frames > 1;
        if (same)
            part[n - 1].last = k + 1;
        else
            part[n++] = (span){ k, k + 1 };
    }
    if (mixed && n > 1) { /* frames of several objects interleaved: one after the other */
        part[0] = (span){ 0, w->n };
        n = 1;
    }
    return n;
}

int mi_dicom_decode(mi_dicom_scan *s, const mi_dicom_frame *frames, int64_t n,
                    const mi_dicom_plan *plan, void *out, int64_t *padding, mi_pool *pool,
                    mi_err *err)
{
    decoding w = { s, frames, plan, out, n, mi_array_zero((size_t)n, sizeof(int64_t), err) };
    span *part = mi_array((size_t)n, sizeof *part, err);
    int rc = w.padding && part ? 0 : -1;
    if (rc == 0) {
        tasks t = { &w, part };
        rc = mi_pool_run(pool, parts_of(&w, part), decode_part, &t, err);
    }
    for (int64_t k = 0; rc == 0 && k < n; k++)
        *padding += w.padding[k];
    free(w.padding);
    free(part);
    return rc;
}
