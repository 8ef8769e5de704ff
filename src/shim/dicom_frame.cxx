// Frames of the module mi-dicom: DCMTK for native and JPEG, OpenJPEG for JPEG 2000, our own RLE and
// plain JPEG-LS, CharLS for the rest of it.
#include "shim/dicom_module.h"
#include <cstdlib>
#include <cstring>
#include <dcmtk/dcmdata/dcpixel.h>
#include <charls/charls.h>
#include <openjpeg.h>
#include <zlib.h>
extern "C" {
#include "shim/jpegls.h"
}

namespace {

int shape_of(DcmDataset *ds, mi_frame_shape &s, mi_err *err)
{
    Uint16 rows = 0, columns = 0, samples = 1, bits = 0;
    ds->findAndGetUint16(DCM_Rows, rows);
    ds->findAndGetUint16(DCM_Columns, columns);
    ds->findAndGetUint16(DCM_SamplesPerPixel, samples);
    ds->findAndGetUint16(DCM_BitsAllocated, bits);
    s = { rows, columns, samples ? samples : 1u, bits };
    bool known = bits == 1 || bits == 8 || bits == 16 || bits == 32 || bits == 64;
    if (!rows || !columns || !known)
        return mi_fail(err, MI_E_DATA, nullptr,
                       "Rows %u, Columns %u, Bits Allocated %u describe no image", rows, columns,
                       bits);
    return 0;
}

DcmElement *pixel_element(DcmDataset *ds)
{
    DcmElement *e = nullptr;
    const DcmTagKey tags[] = { DCM_PixelData, DCM_FloatPixelData, DCM_DoubleFloatPixelData };
    for (const DcmTagKey &t : tags)
        if (ds->findAndGetElement(t, e).good() && e)
            return e;
    return nullptr;
}

int short_data(int64_t f, double have, double want, mi_err *err)
{
    return mi_fail(err, MI_E_DATA, nullptr,
                   "pixel data end in frame %lld: %.0f bytes are there, %.0f are needed",
                   (long long)f + 1, have, want);
}

// n bits from bit `first` on, lowest bit of a byte first, to a byte each.
void unpack_bits(const unsigned char *p, size_t first, size_t n, unsigned char *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)((p[(first + i) >> 3] >> ((first + i) & 7)) & 1);
}

// Bits are packed from frame to frame without padding (PS3.5, 8.2).
int bit_frame(DcmElement *e, const mi_frame_shape &s, int64_t f, unsigned char *out, mi_err *err)
{
    Uint8 *p = nullptr;
    Uint16 *w = nullptr;
    size_t n = e->getLength();
    if (e->getUint8Array(p).bad() || !p) {
        if (e->getUint16Array(w).bad() || !w)
            return mi_fail(err, MI_E_DATA, nullptr, "pixel data cannot be read");
        p = (Uint8 *)w;
    }
    size_t first = (size_t)f * s.pixels();
    if ((first + s.pixels() + 7) / 8 > n)
        return short_data(f, (double)n, (double)((first + s.pixels() + 7) / 8), err);
    unpack_bits(p, first, s.pixels(), out);
    return 0;
}

// Planes of samples (Planar Configuration 1) to samples side by side.
void interleave(DcmDataset *ds, const mi_frame_shape &s, unsigned char *out)
{
    Uint16 planar = 0;
    if (s.samples < 2 || ds->findAndGetUint16(DCM_PlanarConfiguration, planar).bad() || planar != 1)
        return;
    std::vector<unsigned char> planes(out, out + s.bytes());
    size_t pixels = (size_t)s.rows * s.columns, width = s.bits / 8;
    for (size_t c = 0; c < s.samples; c++)
        for (size_t i = 0; i < pixels; i++)
            std::memcpy(out + (i * s.samples + c) * width, &planes[(c * pixels + i) * width],
                        width);
}

// Y1 Y2 Cb Cr for every two pixels of a row (PS3.3 C.7.6.3.1.2, YBR_FULL_422 and YBR_PARTIAL_422).
bool shares_chrominance(DcmDataset *ds, const mi_frame_shape &s)
{
    OFString model;
    return s.samples == 3 && s.bits == 8 && s.columns % 2 == 0 &&
           ds->findAndGetOFString(DCM_PhotometricInterpretation, model).good() &&
           model.size() > 4 && model.substr(model.size() - 4) == "_422";
}

void spread_chrominance(const std::vector<unsigned char> &pairs, unsigned char *out)
{
    for (size_t i = 0; i + 4 <= pairs.size(); i += 4)
        for (size_t k = 0; k < 2; k++) {
            *out++ = pairs[i + k];
            *out++ = pairs[i + 2];
            *out++ = pairs[i + 3];
        }
}

int plain_frame(mi_dcm *d, DcmElement *e, const mi_frame_shape &s, int64_t f, void *out,
                mi_err *err)
{
    bool shared = shares_chrominance(d->dataset(), s);
    size_t need = shared ? s.bytes() / 3 * 2 : s.bytes(), from = (size_t)f * need;
    size_t have = e->getLength();
    std::vector<unsigned char> pairs(shared ? need : 0);
    if (from + need > have)
        return short_data(f, (double)have, (double)(from + need), err);
    OFCondition c = e->getPartialValue(shared ? pairs.data() : out, (Uint32)from, (Uint32)need,
                                       &d->cache, EBO_LittleEndian);
    if (c.bad())
        return mi_fail(err, MI_E_DATA, nullptr, "pixel data: %s", c.text());
    if (shared)
        spread_chrominance(pairs, (unsigned char *)out);
    else
        interleave(d->dataset(), s, (unsigned char *)out);
    return 0;
}

// A frame as in explicit little endian, deflated on its own (PS3.5, A.4.13; RFC 1951). Bits (SEG)
// end on a byte with each frame.
int deflated_frame(mi_dcm *d, const mi_frame_shape &s, const std::vector<unsigned char> &code,
                   unsigned char *out, mi_err *err)
{
    bool shared = shares_chrominance(d->dataset(), s);
    size_t need = s.bits == 1 ? (s.pixels() + 7) / 8 : shared ? s.bytes() / 3 * 2 : s.bytes();
    std::vector<unsigned char> own(s.bits == 1 || shared ? need : 0);
    z_stream z = {};
    if (need > 0xffffffffu || code.size() > 0xffffffffu)
        return mi_fail(err, MI_E_DATA, nullptr, "deflated frame of %zu bytes", need);
    z.next_in = const_cast<unsigned char *>(code.data());
    z.avail_in = (unsigned)code.size();
    z.next_out = own.empty() ? out : own.data();
    z.avail_out = (unsigned)need;
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
        return mi_fail(err, MI_E_MEMORY, nullptr, "no memory to inflate a frame");
    int rc = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    if (rc != Z_STREAM_END || z.avail_out > 0 || z.avail_in > 1) // a fragment is made even
        return mi_fail(err, MI_E_DATA, nullptr,
                       "deflated frame is damaged or has not the %zu bytes that the header says",
                       need);
    if (s.bits == 1)
        unpack_bits(own.data(), 0, s.pixels(), out);
    else if (shared)
        spread_chrominance(own, out);
    else
        interleave(d->dataset(), s, out);
    return 0;
}

// What the codecs of dcmjpeg take: processes 1 to 14 and the first-order prediction.
bool is_jpeg(const std::string &uid)
{
    const std::string family = "1.2.840.10008.1.2.4.";
    if (uid.compare(0, family.size(), family) != 0)
        return false;
    int number = std::atoi(uid.c_str() + family.size());
    return (number >= 50 && number <= 66) || number == 70;
}

// Does JPEG begin with whole segments up to its frame header (ITU-T T.81, B.1.1 and B.2)? DCMTK
// never comes back from a marker TEM among them.
bool has_jpeg_frame(const std::vector<unsigned char> &code)
{
    size_t at = 2;
    if (code.size() < 2 || code[0] != 0xff || code[1] != 0xd8)
        return false;
    while (code.size() - at >= 4 && code[at] == 0xff) {
        unsigned mark = code[at + 1], n = (unsigned)code[at + 2] << 8 | code[at + 3];
        bool frame = mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc;
        if (frame)
            return true;
        if (mark == 0xff) { // a fill byte
            at++;
            continue;
        }
        if (mark < 0xc0 || (mark >= 0xd0 && mark <= 0xd9) || n < 2 || n > code.size() - at - 2)
            return false;
        at += n + 2;
    }
    return false;
}

int coded_frame(mi_dcm *d, DcmElement *e, const mi_frame_shape &s, int64_t f, void *out,
                mi_err *err)
{
    DcmPixelData *pixels = dynamic_cast<DcmPixelData *>(e);
    Uint32 fragment = 0, size = 0;
    OFString model;
    if (!pixels)
        return mi_fail(err, MI_E_DATA, nullptr, "pixel data are of an unexpected kind");
    if (is_jpeg(d->uid)) { // DCMTK itself looks into the basic table alone
        if (mi_dicom_fragments(d, f, err) != 0)
            return -1;
        fragment = (Uint32)d->fragments.first[(size_t)f] + 1; // item 0 is the table
        std::vector<unsigned char> code;
        if (mi_dicom_joined_frame(d, f, code, err) != 0)
            return -1;
        if (!has_jpeg_frame(code))
            return mi_fail(err, MI_E_DATA, nullptr, "frame %lld: the header of the JPEG is damaged",
                           (long long)f + 1);
    }
    OFCondition c = pixels->getUncompressedFrameSize(d->dataset(), size);
    size_t room = s.bytes() + (s.bytes() & 1);
    if (c.good() && size > room)
        return mi_fail(err, MI_E_DATA, nullptr, "a decoded frame has %u bytes, the header says %zu",
                       (unsigned)size, s.bytes());
    std::vector<unsigned char> padded;
    void *to = out;
    if (room != s.bytes()) {
        padded.resize(room);
        to = padded.data();
    }
    if (c.good())
        c = pixels->getUncompressedFrame(d->dataset(), (Uint32)f, fragment, to, (Uint32)room, model,
                                         &d->cache);
    if (c == EC_UnsupportedEncoding || c == EC_CannotChangeRepresentation || c == EC_IllegalCall)
        return mi_fail(err, MI_E_UNAVAILABLE, nullptr, "transfer syntax %s (%s) is not supported",
                       d->uid.c_str(), DcmXfer(d->dataset()->getOriginalXfer()).getXferName());
    if (c.bad())
        return mi_fail(err, MI_E_DATA, nullptr, "frame %lld cannot be decoded: %s",
                       (long long)f + 1, c.text());
    if (to != out)
        std::memcpy(out, to, s.bytes());
    return 0;
}

// ---- JPEG 2000 ----

struct Reader {
    const unsigned char *p;
    size_t n, at;
};

OPJ_SIZE_T reader_read(void *to, OPJ_SIZE_T n, void *user)
{
    Reader *r = (Reader *)user;
    size_t left = r->n - r->at, k = n < left ? n : left;
    if (k == 0)
        return (OPJ_SIZE_T)-1;
    std::memcpy(to, r->p + r->at, k);
    r->at += k;
    return k;
}

OPJ_OFF_T reader_skip(OPJ_OFF_T n, void *user)
{
    Reader *r = (Reader *)user;
    if (n < 0 || (size_t)n > r->n - r->at)
        return -1;
    r->at += (size_t)n;
    return n;
}

OPJ_BOOL reader_seek(OPJ_OFF_T n, void *user)
{
    Reader *r = (Reader *)user;
    if (n < 0 || (size_t)n > r->n)
        return OPJ_FALSE;
    r->at = (size_t)n;
    return OPJ_TRUE;
}

// Owns the three handles of OpenJPEG while one image is decoded.
struct Decoding {
    opj_codec_t *codec = nullptr;
    opj_stream_t *stream = nullptr;
    opj_image_t *image = nullptr;
    ~Decoding()
    {
        if (image)
            opj_image_destroy(image);
        if (stream)
            opj_stream_destroy(stream);
        if (codec)
            opj_destroy_codec(codec);
    }
};

// Open the code and read what it says of the image, before its size is believed.
bool read_j2k(Decoding &j, Reader &r)
{
    static const unsigned char jp2[] = { 0, 0, 0, 12, 'j', 'P', ' ', ' ' };
    bool boxed = r.n > sizeof jp2 && std::memcmp(r.p, jp2, sizeof jp2) == 0;
    opj_dparameters_t p;
    opj_set_default_decoder_parameters(&p);
    j.codec = opj_create_decompress(boxed ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
    j.stream = opj_stream_create(r.n < 65536 ? r.n + 1 : 65536, OPJ_TRUE);
    if (!j.codec || !j.stream || !opj_setup_decoder(j.codec, &p))
        return false;
    opj_stream_set_user_data(j.stream, &r, nullptr);
    opj_stream_set_user_data_length(j.stream, r.n);
    opj_stream_set_read_function(j.stream, reader_read);
    opj_stream_set_skip_function(j.stream, reader_skip);
    opj_stream_set_seek_function(j.stream, reader_seek);
    return opj_read_header(j.stream, j.codec, &j.image);
}

// Does the code hold the image that the header describes: size, components, bits?
int check_j2k(const opj_image_t *im, const mi_frame_shape &s, mi_err *err)
{
    unsigned w = im->x1 - im->x0, h = im->y1 - im->y0, bits = s.bits == 1 ? 8 : s.bits;
    bool fits = im->numcomps == s.samples && w == s.columns && h == s.rows;
    for (unsigned c = 0; fits && c < im->numcomps; c++)
        fits = im->comps[c].dx == 1 && im->comps[c].dy == 1 && im->comps[c].prec <= bits;
    return fits ? 0
                : mi_fail(
                      err, MI_E_DATA, nullptr,
                      "JPEG 2000 image is %ux%u of %u components, header says %ux%u of %u, %u bits",
                      w, h, (unsigned)im->numcomps, s.columns, s.rows, s.samples, s.bits);
}

template <class T> void spread(const opj_image_t *im, T *out)
{
    size_t pixels = (size_t)im->comps[0].w * im->comps[0].h;
    for (unsigned c = 0; c < im->numcomps; c++)
        for (size_t i = 0; i < pixels; i++)
            out[i * im->numcomps + c] = (T)im->comps[c].data[i];
}

} // namespace

int mi_dicom_j2k(const std::vector<unsigned char> &code, const mi_frame_shape &s, void *out,
                 mi_err *err)
{
    Decoding j;
    Reader r = { code.data(), code.size(), 0 };
    bool read = !code.empty() && read_j2k(j, r);
    if (read && check_j2k(j.image, s, err) != 0)
        return -1;
    bool whole = read && opj_decode(j.codec, j.stream, j.image);
    for (unsigned c = 0; whole && c < j.image->numcomps; c++)
        whole = j.image->comps[c].data && j.image->comps[c].w == s.columns &&
                j.image->comps[c].h == s.rows;
    if (!whole)
        return mi_fail(err, MI_E_DATA, nullptr, "JPEG 2000 data are damaged or cut short");
    switch (s.bits) {
    case 8: spread(j.image, (uint8_t *)out); return 0;
    case 16: spread(j.image, (uint16_t *)out); return 0;
    case 32: spread(j.image, (uint32_t *)out); return 0;
    case 1:
        spread(j.image, (uint8_t *)out);
        for (size_t i = 0; i < s.pixels(); i++) // codes of 8 bits may tell inside by 255
            ((uint8_t *)out)[i] = ((uint8_t *)out)[i] != 0;
        return 0;
    default: return mi_fail(err, MI_E_DATA, nullptr, "JPEG 2000 with %u bits allocated", s.bits);
    }
}

// By CharLS, whatever the code holds.
static int any_jpegls(const std::vector<unsigned char> &code, const mi_frame_shape &s, void *out,
                      mi_err *err)
{
    charls_frame_info info;
    charls_jpegls_decoder *d = charls_jpegls_decoder_create();
    if (!d)
        return mi_fail(err, MI_E_MEMORY, nullptr, "no memory to decode JPEG-LS");
    charls_interleave_mode mode = charls::interleave_mode::none;
    charls_jpegls_errc rc =
        charls_jpegls_decoder_set_source_buffer(d, code.data(), code.size());
    if (rc == charls::jpegls_errc::success)
        rc = charls_jpegls_decoder_read_header(d);
    if (rc == charls::jpegls_errc::success)
        rc = charls_jpegls_decoder_get_frame_info(d, &info);
    if (rc == charls::jpegls_errc::success)
        rc = charls_jpegls_decoder_get_interleave_mode(d, &mode);
    bool fits = rc == charls::jpegls_errc::success && info.width == s.columns &&
                info.height == s.rows && (unsigned)info.component_count == s.samples &&
                (unsigned)(info.bits_per_sample > 8 ? 16 : 8) <= s.bits && s.bits <= 16 &&
                (s.samples == 1 || mode != charls::interleave_mode::none);
    bool narrow =
        fits && info.bits_per_sample <= 8 && s.bits == 16; // bytes of code for words of the header
    std::vector<unsigned char> bytes(narrow ? s.pixels() : 0);
    if (fits)
        rc = charls_jpegls_decoder_decode_to_buffer(d, narrow ? bytes.data() : out,
                                                    narrow ? bytes.size() : s.bytes(), 0);
    charls_jpegls_decoder_destroy(d);
    for (size_t i = 0; i < bytes.size(); i++)
        ((uint16_t *)out)[i] = bytes[i];
    if (rc != charls::jpegls_errc::success)
        return mi_fail(err, MI_E_DATA, nullptr, "JPEG-LS data: %s", charls_get_error_message(rc));
    return fits ? 0
                : mi_fail(err, MI_E_DATA, nullptr,
                          "JPEG-LS image is %ux%u of %d bits, header says %ux%u of %u", info.width,
                          info.height, info.bits_per_sample, s.columns, s.rows, s.bits);
}

int mi_dicom_jpegls(const std::vector<unsigned char> &code, const mi_frame_shape &s, void *out,
                    mi_err *err)
{
    bool plain = s.samples == 1 && (s.bits == 8 || s.bits == 16);
    int rc = plain ? mi_jpegls_decode(code.data(), code.size(), (int)s.columns, (int)s.rows,
                                      (int)s.bits, out, err)
                   : 0;
    return rc == 0 ? any_jpegls(code, s, out, err) : rc < 0 ? -1 : 0;
}

// One segment of RLE (PS3.5, annex G.3) to every `step`-th byte of out; false when it does not
// give `n` bytes.
static bool unpack(const unsigned char *p, const unsigned char *end, unsigned char *out, size_t n,
                   size_t step)
{
    size_t at = 0;
    while (at < n && p < end) {
        int c = (signed char)*p++;
        if (c == -128)
            continue;
        size_t k = c < 0 ? (size_t)(1 - c) : (size_t)(c + 1);
        k = k < n - at ? k : n - at;
        if (c < 0 ? p >= end : (size_t)(end - p) < k)
            return false;
        for (size_t i = 0; i < k; i++)
            out[(at + i) * step] = c < 0 ? *p : p[i];
        p += c < 0 ? 1 : k;
        at += k;
    }
    return at == n;
}

// A frame of RLE: a segment for every byte of every sample, most significant byte first (PS3.5,
// G.2). Bits (SEG) are packed in one segment.
int mi_dicom_rle(const std::vector<unsigned char> &code, const mi_frame_shape &s, void *out,
                 mi_err *err)
{
    auto word = [&](size_t i) {
        const unsigned char *t = code.data() + 4 * i;
        return (size_t)t[0] | (size_t)t[1] << 8 | (size_t)t[2] << 16 | (size_t)t[3] << 24;
    };
    size_t per = s.bits == 1 ? 1 : s.bits / 8, want = per * s.samples;
    size_t pixels = (size_t)s.rows * s.columns, n = s.bits == 1 ? (pixels + 7) / 8 : pixels;
    if (code.size() < 64 || word(0) != want || want > 15)
        return mi_fail(err, MI_E_DATA, nullptr, "RLE data have no header for %zu segments", want);
    std::vector<unsigned char> bits(s.bits == 1 ? n : 0);
    unsigned char *base = s.bits == 1 ? bits.data() : (unsigned char *)out;
    for (size_t g = 0; g < want; g++) {
        size_t from = word(g + 1), to = g + 1 < want ? word(g + 2) : code.size();
        size_t sample = g / per, byte = per - 1 - g % per;
        if (from < 64 || to > code.size() || from > to ||
            !unpack(code.data() + from, code.data() + to, base + sample * per + byte, n,
                    s.bits == 1 ? 1 : per * s.samples))
            return mi_fail(err, MI_E_DATA, nullptr, "RLE data are damaged or cut short");
    }
    if (s.bits == 1)
        unpack_bits(bits.data(), 0, pixels, (unsigned char *)out);
    return 0;
}

int mi_dicom_frame(mi_dcm *d, int64_t f, void *out, size_t bytes, mi_err *err)
{
    return guarded(err, [&] {
        DcmDataset *ds = d->dataset();
        mi_frame_shape s;
        std::vector<unsigned char> code;
        if (shape_of(ds, s, err) != 0)
            return -1;
        if (bytes != s.bytes())
            return mi_fail(err, MI_E_INTERNAL, nullptr, "room for %zu bytes, a frame has %zu",
                           bytes, s.bytes());
        if (d->uid == "1.2.840.10008.1.2.8.1") {
            int rc = mi_dicom_joined_frame(d, f, code, err);
            return rc ? rc : deflated_frame(d, s, code, (unsigned char *)out, err);
        }
        if (DcmXfer(d->uid.c_str()).getXfer() == EXS_Unknown)
            return mi_fail(err, MI_E_UNAVAILABLE, nullptr, "transfer syntax %s is not supported",
                           d->uid.c_str());
        DcmElement *e = pixel_element(ds);
        if (!e)
            return mi_fail(err, MI_E_DATA, nullptr, "holds no pixel data");
        DcmXfer xfer(ds->getOriginalXfer());
        if (d->uid == UID_JPEG2000LosslessOnlyTransferSyntax ||
            d->uid == UID_JPEG2000TransferSyntax) {
            int rc = mi_dicom_joined_frame(d, f, code, err);
            return rc ? rc : mi_dicom_j2k(code, s, out, err);
        }
        if (d->uid == UID_JPEGLSLosslessTransferSyntax || d->uid == UID_JPEGLSLossyTransferSyntax) {
            int rc = mi_dicom_joined_frame(d, f, code, err);
            return rc ? rc : mi_dicom_jpegls(code, s, out, err);
        }
        if (d->uid == UID_RLELosslessTransferSyntax) {
            int rc = mi_dicom_joined_frame(d, f, code, err);
            return rc ? rc : mi_dicom_rle(code, s, out, err);
        }
        if (!xfer.isEncapsulated())
            return s.bits == 1 ? bit_frame(e, s, f, (unsigned char *)out, err)
                               : plain_frame(d, e, s, f, out, err);
        return coded_frame(d, e, s, f, out, err);
    });
}
