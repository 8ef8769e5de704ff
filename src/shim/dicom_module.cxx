// The module mi-dicom: parsing and attributes by path. Frames are decoded in dicom_frame.cxx.
#include "shim/dicom_module.h"
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcspchrs.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <new>
extern "C" {
#include "shim/module.h"
}

namespace {

// Codecs are kept by DCMTK in a table of its own, which they must leave before the process ends.
struct Codecs {
    Codecs()
    {
        OFLog::configure(OFLogger::OFF_LOG_LEVEL);
        dcmEnableAutomaticInputDataCorrection.set(OFTrue);
        dcmEnableUnknownVRConversion.set(OFTrue); // known attributes written as UN
        DJDecoderRegistration::registerCodecs(EDC_photometricInterpretation, EUC_default,
                                              EPC_colorByPixel);
    }
    ~Codecs() { DJDecoderRegistration::cleanup(); }
};

// Once in the process.
void register_codecs() { static Codecs codecs; }

// One step of a path: tag, and the item when it is a sequence.
struct Step {
    DcmTagKey tag;
    long item = -1;
};

bool parse_step(const char *&p, Step &s)
{
    char *end;
    unsigned long group = std::strtoul(p, &end, 16);
    if (end != p + 4 || *end != ',')
        return false;
    p = end + 1;
    unsigned long element = std::strtoul(p, &end, 16);
    if (end != p + 4)
        return false;
    s.tag = DcmTagKey((Uint16)group, (Uint16)element);
    p = end;
    if (*p == '[') {
        s.item = std::strtol(p + 1, &end, 10);
        if (*end != ']' || end[1] != '.')
            return false;
        p = end + 2;
    }
    return true;
}

// The element that a path names, or null.
DcmElement *find(const mi_dcm *d, const char *path)
{
    DcmItem *at = d->dataset();
    if (std::strncmp(path, "0002,", 5) == 0)
        at = const_cast<DcmFileFormat &>(d->file).getMetaInfo();
    for (const char *p = path; at;) {
        Step s;
        if (!parse_step(p, s))
            return nullptr;
        DcmElement *e = nullptr;
        if (at->findAndGetElement(s.tag, e).bad() || !e)
            return nullptr;
        if (s.item < 0)
            return *p ? nullptr : e;
        DcmSequenceOfItems *sq = dynamic_cast<DcmSequenceOfItems *>(e);
        if (!sq || s.item < 0 || (unsigned long)s.item >= sq->card())
            return nullptr;
        at = sq->getItem((unsigned long)s.item);
    }
    return nullptr;
}

bool has(const mi_dcm *d, const char *path)
{
    try {
        return find(d, path) != nullptr;
    } catch (...) {
        return false;
    }
}

// Latin-1 to UTF-8: the one conversion that scanners of half the world need; other sets go through
// DCMTK.
std::string latin1(const std::string &s)
{
    std::string out;
    for (unsigned char c : s) {
        if (c < 0x80)
            out += (char)c;
        else {
            out += (char)(0xc0 | (c >> 6));
            out += (char)(0x80 | (c & 0x3f));
        }
    }
    return out;
}

std::string to_utf8(const mi_dcm *d, const std::string &s)
{
    bool ascii = true;
    for (unsigned char c : s)
        ascii = ascii && c < 0x80 && c != 0x1b;
    if (ascii || d->charset.find("ISO_IR 192") != std::string::npos)
        return s;
    if (d->charset.empty() || d->charset == "ISO_IR 100")
        return latin1(s);
    DcmSpecificCharacterSet set;
    OFString out;
    if (set.selectCharacterSet(d->charset.c_str()).good() &&
        set.convertString(s.c_str(), s.size(), out, "\\^=").good())
        return out.c_str();
    return latin1(s);
}

// The characters of a value. Private elements have no VR in implicit VR files, or are marked UN:
// their bytes are taken as text, which DCMTK would show as hexadecimal numbers.
bool characters(DcmElement *e, OFString &s)
{
    Uint8 *p = nullptr;
    switch (e->ident()) {
    case EVR_UN: case EVR_UNKNOWN: case EVR_UNKNOWN2B:
        if (e->getUint8Array(p).bad() || !p)
            return false;
        s.assign((const char *)p, e->getLength());
        return true;
    default:
        return e->getOFStringArray(s).good();
    }
}

bool is_text(DcmElement *e)
{
    DcmEVR vr = e->ident();
    return e->isaString() || vr == EVR_UN || vr == EVR_UNKNOWN || vr == EVR_UNKNOWN2B;
}

const char *text(mi_dcm *d, const char *path)
{
    try {
        DcmElement *e = find(d, path);
        OFString s;
        if (!e || !e->isLeaf() || e->getLength() == 0 || !characters(e, s))
            return nullptr;
        std::string v(s.c_str());
        size_t from = v.find_first_not_of(' '), to = v.find_last_not_of(std::string(" \0", 2));
        if (from == std::string::npos || to == std::string::npos)
            return nullptr;
        d->value = to_utf8(d, v.substr(from, to - from + 1));
        return d->value.c_str();
    } catch (...) {
        return nullptr;
    }
}

// One number of a decimal string: blanks around it are allowed, nothing else.
bool parse_number(const char *s, size_t n, double &x)
{
    std::string t(s, n);
    size_t from = t.find_first_not_of(' ');
    if (from == std::string::npos)
        return false;
    t = t.substr(from);
    while (!t.empty() && (t.back() == ' ' || t.back() == '\0'))
        t.pop_back();
    char *end;
    x = std::strtod(t.c_str(), &end); // the process keeps the C locale for numbers
    return !t.empty() && *end == '\0' && std::isfinite(x);
}

int string_numbers(DcmElement *e, double *out, int max)
{
    OFString s;
    if (!characters(e, s))
        return -1;
    int n = 0;
    const char *p = s.c_str();
    for (;;) {
        size_t len = std::strcspn(p, "\\");
        double x;
        if (!parse_number(p, len, x))
            return -1;
        if (n < max)
            out[n] = x;
        n++;
        if (!p[len])
            return n;
        p += len + 1;
    }
}

bool binary_number(DcmElement *e, unsigned long i, double &x)
{
    Uint16 us; Sint16 ss; Uint32 ul; Sint32 sl; Float32 f; Float64 g;
    switch (e->ident()) {
    case EVR_US: case EVR_xs: case EVR_lt:
        return e->getUint16(us, i).good() && (x = us, true);
    case EVR_SS:
        return e->getSint16(ss, i).good() && (x = ss, true);
    case EVR_UL: case EVR_up:
        return e->getUint32(ul, i).good() && (x = ul, true);
    case EVR_SL:
        return e->getSint32(sl, i).good() && (x = sl, true);
    case EVR_FL: case EVR_OF:
        return e->getFloat32(f, i).good() && (x = f, true);
    case EVR_FD: case EVR_OD:
        return e->getFloat64(g, i).good() && (x = g, true);
    default:
        return false;
    }
}

int numbers(mi_dcm *d, const char *path, double *out, int max)
{
    try {
        DcmElement *e = find(d, path);
        if (!e || e->getLength() == 0)
            return 0;
        if (is_text(e))
            return string_numbers(e, out, max);
        unsigned long n = e->getVM();
        for (unsigned long i = 0; i < n && i < (unsigned long)max; i++)
            if (!binary_number(e, i, out[i]) || !std::isfinite(out[i]))
                return -1;
        return (int)n;
    } catch (...) {
        return -1;
    }
}

int64_t items(mi_dcm *d, const char *path)
{
    try {
        DcmSequenceOfItems *sq = dynamic_cast<DcmSequenceOfItems *>(find(d, path));
        return sq ? (int64_t)sq->card() : 0;
    } catch (...) {
        return 0;
    }
}

const void *bytes(mi_dcm *d, const char *path, size_t *n)
{
    try {
        DcmElement *e = find(d, path);
        Uint8 *p = nullptr;
        Uint16 *w = nullptr;
        if (!e)
            return nullptr;
        *n = e->getLength();
        if (e->getUint8Array(p).good() && p)
            return p;
        return e->getUint16Array(w).good() ? w : nullptr;
    } catch (...) {
        return nullptr;
    }
}

const char *transfer_syntax(const mi_dcm *d) { return d->uid.c_str(); }

// After a load: reject what parsed as nothing, keep syntax and character set.
int accept(mi_dcm *d, OFCondition c, mi_err *err)
{
    DcmDataset *ds = d->dataset();
    if (c.bad() && (!ds || ds->card() == 0))
        return mi_fail(err, MI_E_DATA, nullptr, "not a DICOM object (%s)", c.text());
    if (!ds || ds->card() == 0)
        return mi_fail(err, MI_E_DATA, nullptr, "not a DICOM object");
    if (c.bad())
        return mi_fail(err, MI_E_DATA, nullptr, "truncated or damaged DICOM object (%s)", c.text());
    d->uid = DcmXfer(ds->getOriginalXfer()).getXferID();
    OFString told; // a transfer syntax that DCMTK does not know keeps its own name
    DcmMetaInfo *meta = d->file.getMetaInfo();
    if (meta && meta->findAndGetOFString(DCM_TransferSyntaxUID, told).good() && !told.empty() &&
        DcmXfer(told.c_str()).getXfer() == EXS_Unknown)
        d->uid = told.c_str();
    OFString set;
    if (ds->findAndGetOFStringArray(DCM_SpecificCharacterSet, set).good())
        d->charset = set.c_str();
    return 0;
}

int open_file(mi_dcm **out, const char *path, mi_err *err)
{
    return guarded(err, [&] {
        register_codecs();
        mi_dcm *d = new mi_dcm;
        OFCondition c = d->file.loadFile(path, EXS_Unknown, EGL_noChange, 4096, ERM_autoDetect);
        if (accept(d, c, err) != 0) {
            delete d;
            return -1;
        }
        *out = d;
        return 0;
    });
}

int open_bytes(mi_dcm **out, const void *p, size_t n, mi_err *err)
{
    return guarded(err, [&] {
        register_codecs();
        mi_dcm *d = new mi_dcm;
        DcmInputBufferStream in;
        in.setBuffer(const_cast<void *>(p), (offile_off_t)n);
        in.setEos();
        d->file.transferInit();
        OFCondition c = d->file.read(in, EXS_Unknown, EGL_noChange, DCM_MaxReadLength);
        d->file.transferEnd();
        if (accept(d, c, err) != 0) {
            delete d;
            return -1;
        }
        *out = d;
        return 0;
    });
}

void close_object(mi_dcm *d)
{
    try {
        delete d;
    } catch (...) {
    }
}

const mi_dicom_functions functions = { open_file, open_bytes, close_object, has, text, numbers,
                                       items, bytes, transfer_syntax, mi_dicom_frame };

} // namespace

extern "C" {
extern const mi_module mi_module_self;
const mi_module mi_module_self = { MI_MODULE_ABI, "mi-dicom",
                                   "DCMTK " PACKAGE_VERSION
                                   ", OpenJPEG " MI_OPENJPEG_VERSION ", CharLS " MI_CHARLS_VERSION,
                                   &functions };
}
