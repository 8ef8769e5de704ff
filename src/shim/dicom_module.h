// Inside the module mi-dicom: one parsed object and the fence against exceptions.
#ifndef MI_SHIM_DICOM_MODULE_H
#define MI_SHIM_DICOM_MODULE_H
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmdata/dcfcache.h>
#include <exception>
#include <string>
#include <vector>
extern "C" {
#include "shim/dicom.h"
}

// The fragments of encapsulated pixel data (without the offset table) and, for every frame, the
// first of its own. Empty until a frame is asked for.
struct mi_fragments {
    std::vector<DcmPixelItem *> item; // of the data set
    std::vector<size_t> first;
    std::vector<uint64_t> bytes;      // of each frame by the extended table, or empty
    bool extended = false;            // found by the Extended Offset Table
};

struct mi_dcm {
    DcmFileFormat file;
    std::string uid;   // transfer syntax
    std::string value; // of the last text()
    std::string charset;
    DcmFileCache cache;
    mi_fragments fragments;

    DcmDataset *dataset() const { return const_cast<DcmFileFormat &>(file).getDataset(); }
};

// Runs f and turns whatever it throws into an error; nothing may cross into C.
template <class F> int guarded(mi_err *err, F f)
{
    try {
        return f();
    } catch (const std::bad_alloc &) {
        return mi_fail(err, MI_E_MEMORY, nullptr, "no memory to decode the DICOM object");
    } catch (const std::exception &e) {
        return mi_fail(err, MI_E_INTERNAL, nullptr, "DICOM module: %s", e.what());
    } catch (...) {
        return mi_fail(err, MI_E_INTERNAL, nullptr, "DICOM module: unknown exception");
    }
}

struct mi_frame_shape {
    unsigned rows, columns, samples, bits; // bits allocated
    size_t pixels() const { return (size_t)rows * columns * samples; }
    size_t bytes() const { return bits == 1 ? pixels() : pixels() * (bits / 8); }
};

// Finds the fragments of all frames (d->fragments); an error when frame f is not among them.
int mi_dicom_fragments(mi_dcm *d, int64_t f, mi_err *err);

// Frames that are decoded without DCMTK: JPEG 2000 and deflated frames (which it cannot), JPEG-LS
// and RLE (which it does slower). The fragments of the frame are joined first.
int mi_dicom_joined_frame(mi_dcm *d, int64_t f, std::vector<unsigned char> &out, mi_err *err);
int mi_dicom_j2k(const std::vector<unsigned char> &code, const mi_frame_shape &s, void *out,
                 mi_err *err);
int mi_dicom_jpegls(const std::vector<unsigned char> &code, const mi_frame_shape &s, void *out,
                    mi_err *err);
int mi_dicom_rle(const std::vector<unsigned char> &code, const mi_frame_shape &s, void *out,
                 mi_err *err);
int mi_dicom_frame(mi_dcm *d, int64_t f, void *out, size_t bytes, mi_err *err);

#endif
