/* NRRD (with Slicer's .seg.nrrd) and MetaImage by ITK's readers, each set explicitly: without CMake
   no factory is registered, and the format is told by content. Pixels are read straight into the
   volume, in the type that the file has. */
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <locale>
#include <sstream>
#include <string>
#include <vector>
#include <itkImageIOBase.h>
#include <itkMetaDataObject.h>
#include <itkMetaImageIO.h>
#include <itkNrrdImageIO.h>
#include "shim/itk_guard.h"
#include "shim/itk_header.h"
extern "C" {
#include "base/memory.h"
#include "shim/itk_io.h"
}

namespace
{

using mi::failed;

/* Volumes under construction: freed unless released. */
struct volumes {
    mi_volume *item = nullptr;
    int n = 0;
    ~volumes()
    {
        for (int i = 0; i < n; i++)
            mi_volume_free(&item[i]);
        std::free(item);
    }
};

mi_type type_of(const itk::ImageIOBase *io, mi_err *err)
{
    const size_t size = io->GetComponentSize();
    const bool wide = size == 8;
    switch (io->GetComponentType()) {
    case itk::IOComponentEnum::UCHAR:
        return MI_U8;
    case itk::IOComponentEnum::CHAR:
        return MI_I8;
    case itk::IOComponentEnum::USHORT:
        return MI_U16;
    case itk::IOComponentEnum::SHORT:
        return MI_I16;
    case itk::IOComponentEnum::UINT:
    case itk::IOComponentEnum::ULONG:
    case itk::IOComponentEnum::ULONGLONG:
        return wide ? MI_U64 : MI_U32;
    case itk::IOComponentEnum::INT:
    case itk::IOComponentEnum::LONG:
    case itk::IOComponentEnum::LONGLONG:
        return wide ? MI_I64 : MI_I32;
    case itk::IOComponentEnum::FLOAT:
        return MI_F32;
    case itk::IOComponentEnum::DOUBLE:
        return MI_F64;
    default:
        mi_fail(err, MI_E_DATA, nullptr, "voxels of an unknown type");
        throw failed();
    }
}

/* Only scalars, and vectors or lists of them, which are layers. */
void check_pixels(const itk::ImageIOBase *io, mi_err *err)
{
    using pixel = itk::IOPixelEnum;
    const pixel p = io->GetPixelType();
    if (p == pixel::SCALAR || p == pixel::VECTOR || p == pixel::COVARIANTVECTOR ||
        p == pixel::POINT || p == pixel::VARIABLELENGTHVECTOR || p == pixel::ARRAY)
        return;
    mi_fail(err, MI_E_DATA,
            "only single numbers per voxel can be measured: split or convert the file first",
            "voxels of type %s are not supported",
            itk::ImageIOBase::GetPixelTypeAsString(p).c_str());
    throw failed();
}

/* Grid of the first three axes; ITK's world is LPS, ours RAS: the first two rows change sign. */
mi_grid grid_of(const itk::ImageIOBase *io, mi_err *err)
{
    const unsigned dims = io->GetNumberOfDimensions();
    mi_grid g = {};
    for (unsigned d = 0; d < 3; d++) {
        g.n[d] = d < dims ? static_cast<int64_t>(io->GetDimensions(d)) : 1;
        g.spacing[d] = d < dims ? io->GetSpacing(d) : 1;
        const std::vector<double> axis = d < dims ? io->GetDirection(d) : std::vector<double>();
        for (unsigned r = 0; r < 3; r++) {
            const double cosine = d < dims ? (r < axis.size() ? axis[r] : 0) : (r == d ? 1 : 0);
            g.m[r][d] = (r < 2 ? -1 : 1) * cosine * g.spacing[d];
        }
        g.m[d][3] = (d < 2 ? -1 : 1) * (d < dims ? io->GetOrigin(d) : 0);
        if (g.n[d] < 1 || !(g.spacing[d] > 0) || !std::isfinite(g.spacing[d])) {
            mi_fail(err, MI_E_DATA, nullptr, "axis %u has %lld voxels of %g mm", d + 1,
                    static_cast<long long>(g.n[d]), g.spacing[d]);
            throw failed();
        }
    }
    const double det = g.m[0][0] * (g.m[1][1] * g.m[2][2] - g.m[1][2] * g.m[2][1]) -
                       g.m[0][1] * (g.m[1][0] * g.m[2][2] - g.m[1][2] * g.m[2][0]) +
                       g.m[0][2] * (g.m[1][0] * g.m[2][1] - g.m[1][1] * g.m[2][0]);
    if (!std::isfinite(det) ||
        std::fabs(det) <= 1e-9 * g.spacing[0] * g.spacing[1] * g.spacing[2]) {
        mi_fail(err, MI_E_DATA, nullptr, "the directions of the axes do not span space");
        throw failed();
    }
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 4; c++)
            g.m[r][c] += 0.0; /* -0 becomes 0 */
    return g;
}

/* a * b, refused on overflow. */
size_t times(size_t a, size_t b, mi_err *err)
{
    if (b != 0 && a > SIZE_MAX / 2 / b) {
        mi_fail(err, MI_E_DATA, nullptr,
                "the header promises more voxels than a machine can count");
        throw failed();
    }
    return a * b;
}

void *bytes_or_throw(size_t count, size_t size, mi_err *err)
{
    void *p = mi_array(count, size, err);
    if (!p)
        throw failed();
    return p;
}

char *text_or_throw(const std::string &s, mi_err *err)
{
    char *p = mi_strdup(s.c_str(), err);
    if (!p)
        throw failed();
    return p;
}

/* Voxel-interleaved components of one frame into one volume each. */
void split(const unsigned char *in, size_t voxels, size_t size, volumes &v, int first,
           int components)
{
    for (int c = 0; c < components; c++) {
        unsigned char *out = static_cast<unsigned char *>(v.item[first + c].data);
        const unsigned char *from = in + static_cast<size_t>(c) * size;
        for (size_t i = 0; i < voxels; i++)
            std::memcpy(out + i * size, from + i * size * static_cast<size_t>(components), size);
    }
}

/* Value of a key of the header, or "". */
std::string field(const itk::ImageIOBase *io, const std::string &key)
{
    std::string s;
    itk::ExposeMetaData<std::string>(io->GetMetaDataDictionary(), key, s);
    return s;
}

/* "1 0.5 0" -> 255 128 0; unknown (-1) when it does not read as three numbers in [0, 1]. */
void colour_of(const std::string &text, int rgb[3])
{
    std::istringstream in(text);
    in.imbue(std::locale::classic());
    for (int i = 0; i < 3; i++) {
        double x = -1;
        if (!(in >> x) || !(x >= 0) || !(x <= 1)) {
            rgb[0] = rgb[1] = rgb[2] = -1;
            return;
        }
        rgb[i] = static_cast<int>(x * 255 + 0.5);
    }
}

bool whole_number(const std::string &s, long long *out)
{
    char *end = nullptr;
    const std::string t = mi::trimmed(s);
    *out = std::strtoll(t.c_str(), &end, 10);
    return !t.empty() && *end == '\0';
}

/* Keep labels ascending by value; a value that comes twice keeps its first name. */
void add_label(mi_meta *meta, const mi_label &label, mi_err *err)
{
    int at = 0;
    while (at < meta->n_labels && meta->label[at].value < label.value)
        at++;
    if (at < meta->n_labels && meta->label[at].value == label.value) {
        std::free(label.name);
        return;
    }
    const size_t count = static_cast<size_t>(meta->n_labels) + 1;
    auto *grown = static_cast<mi_label *>(mi_regrow(meta->label, count, sizeof *meta->label, err));
    if (!grown) {
        std::free(label.name);
        throw failed();
    }
    meta->label = grown;
    std::memmove(grown + at + 1, grown + at,
                 static_cast<size_t>(meta->n_labels - at) * sizeof *grown);
    grown[at] = label;
    meta->n_labels++;
}

/* Segments of 3D Slicer: SegmentN_Name, _LabelValue, _Layer, _Color (Slicer's file format for
   segmentations). Files from before 4.11 have neither value nor layer: segment N is the value 1 of
   layer N. */
void add_segments(const itk::ImageIOBase *io, volumes &v, mi_err *err)
{
    for (int s = 0; s < 65536; s++) {
        const std::string prefix = "Segment" + std::to_string(s) + "_";
        if (field(io, prefix + "ID").empty() && field(io, prefix + "Name").empty())
            return;
        long long value = 1, layer = s;
        const bool has_value = whole_number(field(io, prefix + "LabelValue"), &value);
        const bool has_layer = whole_number(field(io, prefix + "Layer"), &layer);
        if (!has_value)
            value = 1;
        if (!has_layer)
            layer = v.n == 1 ? 0 : s;
        if (layer < 0 || layer >= v.n)
            continue;
        const std::string name = field(io, prefix + "Name");
        mi_label label = {};
        label.value = value;
        colour_of(field(io, prefix + "Color"), label.rgb);
        label.name = text_or_throw(name.empty() ? field(io, prefix + "ID") : name, err);
        add_label(&v.item[layer].meta, label, err);
        if (!v.item[layer].meta.role)
            v.item[layer].meta.role = text_or_throw("mask", err);
    }
}

/* MetaImage may state value = slope * stored + offset; ITK leaves it to the reader. */
void apply_rescale(itk::MetaImageIO *io, volumes &v)
{
    const double slope = io->GetMetaImagePointer()->ElementToIntensityFunctionSlope();
    const double inter = io->GetMetaImagePointer()->ElementToIntensityFunctionOffset();
    if (slope == 0 || !std::isfinite(slope) || !std::isfinite(inter))
        return;
    for (int i = 0; i < v.n; i++) {
        v.item[i].slope = slope;
        v.item[i].inter = inter;
    }
}

/* Frames (a fourth axis) times components (a vector or list axis): one volume each, frame by
   frame. */
void make_volumes(const itk::ImageIOBase *io, const char *path, size_t voxels, size_t size,
                  volumes &v, mi_err *err)
{
    const mi_grid grid = grid_of(io, err);
    const mi_type type = type_of(io, err);
    const size_t frames = io->GetNumberOfDimensions() > 3 ? io->GetDimensions(3) : 1;
    const size_t count = times(frames, io->GetNumberOfComponents(), err);
    if (count < 1 || count > 65536) {
        mi_fail(err, MI_E_DATA, nullptr, "%zu volumes in one file", count);
        throw failed();
    }
    v.item = static_cast<mi_volume *>(mi_array_zero(count, sizeof *v.item, err));
    if (!v.item)
        throw failed();
    v.n = static_cast<int>(count);
    for (int i = 0; i < v.n; i++) {
        mi_volume *one = &v.item[i];
        one->grid = grid;
        one->type = type;
        one->slope = 1;
        one->k1 = grid.n[2];
        one->name = text_or_throw(path, err);
        one->data = bytes_or_throw(voxels, size, err);
    }
}

/* All voxels in the order of the file, components interleaved. */
void read_bytes(itk::ImageIOBase *io, void *out)
{
    const unsigned dims = io->GetNumberOfDimensions();
    itk::ImageIORegion whole(dims);
    for (unsigned d = 0; d < dims; d++)
        whole.SetSize(d, io->GetDimensions(d));
    io->SetIORegion(whole);
    io->Read(out);
}

/* `read(out)` reads all voxels: into the volume itself when there is one, else into a buffer. */
template <typename F> void fill(const itk::ImageIOBase *io, size_t voxels, volumes &v, F &&read)
{
    const size_t size = io->GetComponentSize();
    if (v.n == 1) {
        read(v.item[0].data);
        return;
    }
    std::vector<unsigned char> buffer(voxels * size * static_cast<size_t>(v.n));
    read(buffer.data());
    const int components = static_cast<int>(io->GetNumberOfComponents());
    for (int first = 0; first < v.n; first += components)
        split(buffer.data() + static_cast<size_t>(first) * voxels * size, voxels, size, v, first,
              components);
}

/* What is there to read: voxels of one volume, and bytes of all. */
struct extent {
    size_t voxels = 1, bytes = 0;
};

extent measure(itk::ImageIOBase *io, const char *path, mi_err *err)
{
    io->SetFileName(path);
    io->ReadImageInformation();
    check_pixels(io, err);
    const unsigned dims = io->GetNumberOfDimensions();
    if (dims < 2 || dims > 4) {
        mi_fail(err, MI_E_DATA, nullptr, "%u axes; two to four can be read", dims);
        throw failed();
    }
    extent e;
    e.bytes = times(io->GetNumberOfComponents(), io->GetComponentSize(), err);
    for (unsigned d = 0; d < dims; d++) {
        e.bytes = times(e.bytes, io->GetDimensions(d), err);
        e.voxels = d < 3 ? times(e.voxels, io->GetDimensions(d), err) : e.voxels;
    }
    return e;
}

void read_nrrd(const char *path, const mi::itk_header &h, volumes &v, mi_err *err)
{
    const itk::NrrdImageIO::Pointer io = itk::NrrdImageIO::New();
    const extent e = measure(io, path, err);
    mi::itk_check_nrrd(path, h, e.bytes, err);
    make_volumes(io, path, e.voxels, io->GetComponentSize(), v, err);
    fill(io.GetPointer(), e.voxels, v, [&](void *out) { read_bytes(io, out); });
    add_segments(io, v, err);
}

void read_meta(const char *path, const mi::itk_header &h, volumes &v, mi_err *err)
{
    const itk::MetaImageIO::Pointer io = itk::MetaImageIO::New();
    const extent e = measure(io, path, err);
    const MetaImage *meta = io->GetMetaImagePointer();
    mi::itk_check_meta(path, h, meta, e.bytes, err);
    make_volumes(io, path, e.voxels, io->GetComponentSize(), v, err);
    fill(io.GetPointer(), e.voxels, v, [&](void *out) {
        if (!mi::itk_inflate_meta(path, h, meta, out, e.bytes, io->GetComponentSize(), err))
            read_bytes(io, out);
    });
    apply_rescale(io, v);
}

} // namespace

extern "C" int mi_itk_read_file(const char *path, mi_volume **out, int *n, mi_err *err)
{
    *out = nullptr;
    *n = 0;
    const int rc = mi::guarded(err, MI_E_DATA, [&] {
        volumes v;
        const mi::itk_header h = mi::itk_header_read(path, err);
        h.nrrd ? read_nrrd(path, h, v, err) : read_meta(path, h, v, err);
        *out = v.item;
        *n = v.n;
        v.item = nullptr;
        v.n = 0;
    });
    if (rc != 0)
        mi_err_subject(err, path);
    return rc;
}
