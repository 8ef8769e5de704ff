// Encapsulated pixel data of the module mi-dicom: which fragments make up a frame (PS3.5, A.4).
#include "shim/dicom_module.h"
#include <cstring>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

namespace {

const size_t ITEM_HEAD = 8; // tag and length of an item

// The fragments of any encapsulated representation: one of a transfer syntax that DCMTK does not
// know is kept under another name.
DcmPixelSequence *sequence_of(mi_dcm *d)
{
    DcmElement *e = nullptr;
    DcmPixelSequence *seq = nullptr;
    E_TransferSyntax xfer = d->dataset()->getOriginalXfer();
    const DcmRepresentationParameter *how = nullptr;
    if (d->dataset()->findAndGetElement(DCM_PixelData, e).bad() || !e)
        return nullptr;
    DcmPixelData *pixels = dynamic_cast<DcmPixelData *>(e);
    if (!pixels)
        return nullptr;
    pixels->getOriginalRepresentationKey(xfer, how);
    return pixels->getEncapsulatedRepresentation(xfer, how, seq).good() ? seq : nullptr;
}

uint64_t little(const Uint8 *p, size_t size)
{
    uint64_t x = 0;
    for (size_t i = size; i-- > 0;)
        x = x << 8 | p[i];
    return x;
}

// Offsets of the frames from the first fragment on; empty when the item is.
std::vector<uint64_t> basic_table(DcmPixelSequence *seq)
{
    std::vector<uint64_t> out;
    DcmPixelItem *item = nullptr;
    Uint8 *p = nullptr;
    if (seq->getItem(item, 0).bad() || !item || item->getUint8Array(p).bad() || !p)
        return out;
    for (size_t i = 0; i + 4 <= item->getLength(); i += 4)
        out.push_back(little(p + i, 4));
    return out;
}

// Extended Offset Table and its lengths (PS3.3, C.7.6.3.1.8): 64-bit numbers.
std::vector<uint64_t> extended_table(mi_dcm *d, const DcmTagKey &tag)
{
    std::vector<uint64_t> out;
    DcmElement *e = nullptr;
    Uint64 *x = nullptr;
    Uint8 *p = nullptr;
    if (d->dataset()->findAndGetElement(tag, e).bad() || !e)
        return out;
    size_t n = e->getLength() / 8;
    if (e->getUint64Array(x).good() && x)
        out.assign(x, x + n);
    else if (e->getUint8Array(p).good() && p)
        for (size_t i = 0; i < n; i++)
            out.push_back(little(p + 8 * i, 8));
    return out;
}

// Where frames begin by a table of offsets; false when it does not fit the fragments.
bool by_table(const std::vector<uint64_t> &table, size_t frames, mi_fragments &f)
{
    uint64_t at = 0;
    f.first.clear();
    if (table.size() != frames || table[0] != 0)
        return false;
    for (size_t i = 0; i < f.item.size(); i++) {
        if (f.first.size() < frames && table[f.first.size()] == at)
            f.first.push_back(i);
        at += f.item[i]->getLength() + ITEM_HEAD;
    }
    return f.first.size() == frames;
}

// A code of JPEG and JPEG-LS (SOI), JPEG 2000 (SOC, SIZ) or JP2 (signature box) tells where it
// begins. Such bytes at the head of a later fragment could stand there only by chance, and would
// then make too many beginnings.
bool begins_code(DcmPixelItem *item)
{
    static const std::vector<unsigned char> mark[] = { { 0xff, 0xd8, 0xff },
                                                       { 0xff, 0x4f, 0xff, 0x51 },
                                                       { 0, 0, 0, 12, 'j', 'P', ' ', ' ' } };
    Uint8 *p = nullptr;
    if (item->getLength() < 8 || item->getUint8Array(p).bad() || !p)
        return false;
    for (const std::vector<unsigned char> &m : mark)
        if (std::memcmp(p, m.data(), m.size()) == 0)
            return true;
    return false;
}

bool by_code(size_t frames, mi_fragments &f)
{
    f.first.clear();
    for (size_t i = 0; i < f.item.size(); i++)
        if (begins_code(f.item[i]))
            f.first.push_back(i);
    return f.first.size() == frames && f.first[0] == 0;
}

void list_items(DcmPixelSequence *seq, mi_fragments &f)
{
    bool table = true; // the first item
    for (DcmObject *o = nullptr; (o = seq->nextInContainer(o)) != nullptr; table = false)
        if (DcmPixelItem *item = dynamic_cast<DcmPixelItem *>(o); item && !table)
            f.item.push_back(item);
}

// The tables are believed where they fit, then a fragment for every frame, then what the codes
// tell.
int make_index(mi_dcm *d, mi_fragments &f, mi_err *err)
{
    Sint32 told = 1;
    DcmPixelSequence *seq = sequence_of(d);
    if (!seq)
        return mi_fail(err, MI_E_DATA, nullptr, "encapsulated pixel data are missing");
    d->dataset()->findAndGetSint32(DCM_NumberOfFrames, told);
    size_t frames = told > 1 ? (size_t)told : 1;
    list_items(seq, f);
    std::vector<uint64_t> basic = basic_table(seq);
    f.extended = false;
    if (f.item.empty())
        return mi_fail(err, MI_E_DATA, nullptr, "encapsulated pixel data are empty");
    if (frames == 1)
        f.first.assign(1, 0);
    if (frames == 1 || by_table(basic, frames, f))
        return 0;
    f.extended = basic.empty() && by_table(extended_table(d, DCM_ExtendedOffsetTable), frames, f);
    if (f.extended)
        return 0;
    if (f.item.size() == frames) {
        f.first.resize(frames);
        for (size_t i = 0; i < frames; i++)
            f.first[i] = i;
        return 0;
    }
    if (by_code(frames, f))
        return 0;
    return mi_fail(err, MI_E_DATA, nullptr,
                   "%zu frames in %zu fragments without an offset table that fits", frames,
                   f.item.size());
}

} // namespace

int mi_dicom_fragments(mi_dcm *d, int64_t f, mi_err *err)
{
    if (d->fragments.first.empty()) {
        mi_fragments made;
        if (make_index(d, made, err) != 0)
            return -1;
        if (made.extended)
            made.bytes = extended_table(d, DCM_ExtendedOffsetTableLengths);
        d->fragments = made;
    }
    if (f < 0 || (size_t)f >= d->fragments.first.size())
        return mi_fail(err, MI_E_DATA, nullptr, "frame %lld is missing", (long long)f + 1);
    return 0;
}

int mi_dicom_joined_frame(mi_dcm *d, int64_t f, std::vector<unsigned char> &out, mi_err *err)
{
    if (mi_dicom_fragments(d, f, err) != 0)
        return -1;
    const mi_fragments &m = d->fragments;
    size_t k = (size_t)f, end = k + 1 < m.first.size() ? m.first[k + 1] : m.item.size();
    out.clear();
    for (size_t i = m.first[k]; i < end; i++) {
        Uint8 *p = nullptr;
        if (m.item[i]->getUint8Array(p).bad() || !p)
            return mi_fail(err, MI_E_DATA, nullptr, "frame %lld is missing", (long long)f + 1);
        out.insert(out.end(), p, p + m.item[i]->getLength());
    }
    if (m.bytes.size() == m.first.size()) { // without the byte that makes a fragment even
        if (m.bytes[k] > out.size() || m.bytes[k] == 0)
            return mi_fail(err, MI_E_DATA, nullptr,
                           "frame %lld has %zu bytes, the Extended Offset Table Lengths say %llu",
                           (long long)f + 1, out.size(), (unsigned long long)m.bytes[k]);
        out.resize((size_t)m.bytes[k]);
    }
    return 0;
}
