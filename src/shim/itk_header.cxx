/* Headers of NRRD and MetaImage as text, and the check of what they promise. */
#include "shim/itk_header.h"
#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <vector>
#include <sys/stat.h>
#include <zlib.h>
#include <metaImage.h>
#include "shim/itk_guard.h"

namespace
{

using fields = std::map<std::string, std::string>;

std::string lower(std::string s)
{
    for (char &c : s)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return s;
}

/* "key: value" of NRRD or "Key = Value" of MetaImage, in lower case; comments and key:=value pairs
   are passed over. The stream is left behind the header. */
fields read_fields(std::istream &in, bool nrrd)
{
    fields found;
    std::string line;
    for (int lines = 0; lines < 65536 && std::getline(in, line); lines++) {
        line = mi::trimmed(line);
        if (nrrd && line.empty())
            break;
        const size_t at = line.find(nrrd ? ':' : '=');
        if (at == std::string::npos || line[0] == '#' || (nrrd && line.compare(at, 2, ":=") == 0))
            continue;
        const std::string key = lower(mi::trimmed(line.substr(0, at)));
        found[key] = lower(mi::trimmed(line.substr(at + 1)));
        if (!nrrd && key == "elementdatafile")
            break;
    }
    return found;
}

/* More bytes than `there` can hold: 1040 is above the best that deflate does. */
void refuse_short(size_t bytes, long long there, double expansion, mi_err *err)
{
    if (static_cast<double>(bytes) <= expansion * static_cast<double>(there))
        return;
    mi_fail(err, MI_E_DATA, nullptr,
            "truncated: the header promises %zu bytes of voxels, %lld bytes follow it", bytes,
            there);
    throw mi::failed();
}

/* zlib or gzip (also of several members) to the end of the stream, so that its checksum is seen.
   `out` takes the first `wanted` bytes, or is NULL to count only. False when the stream is damaged,
   ends early, or holds fewer. */
bool inflate_all(std::istream &in, unsigned char *out, size_t wanted)
{
    std::vector<unsigned char> from(1 << 16), spill(1 << 16);
    z_stream z = {};
    if (inflateInit2(&z, 47) != Z_OK)
        throw std::bad_alloc();
    int rc = Z_OK;
    size_t count = 0;
    while (rc == Z_OK) {
        if (z.avail_in == 0) {
            in.read(reinterpret_cast<char *>(from.data()),
                    static_cast<std::streamsize>(from.size()));
            z.next_in = from.data();
            z.avail_in = static_cast<uInt>(in.gcount());
        }
        const bool keep = out && count < wanted;
        const size_t room = keep ? std::min<size_t>(wanted - count, 1u << 30) : spill.size();
        z.next_out = keep ? out + count : spill.data();
        z.avail_out = static_cast<uInt>(room);
        rc = z.avail_in > 0 ? inflate(&z, Z_NO_FLUSH) : Z_BUF_ERROR;
        count += room - z.avail_out;
        if (rc == Z_STREAM_END && count < wanted)
            rc = inflateReset(&z); /* the next member, if there is one */
    }
    inflateEnd(&z);
    return rc == Z_STREAM_END && count >= wanted;
}

[[noreturn]] void refuse_damaged(mi_err *err)
{
    mi_fail(err, MI_E_DATA, nullptr, "the compressed voxels are damaged or truncated");
    throw mi::failed();
}

/* The file that holds a MetaImage's voxels, when it is one file. */
std::string data_file(const char *path, const mi::itk_header &h, const std::string &named)
{
    if (h.attached)
        return path;
    if (named.empty() || named.find_first_of("% ") != std::string::npos ||
        named.compare(0, 4, "LIST") == 0)
        return "";
    const std::string own(path);
    const size_t slash = own.rfind('/');
    return named[0] == '/' || slash == std::string::npos ? named : own.substr(0, slash + 1) + named;
}

/* Where a MetaImage's voxels begin in their file. */
long long data_start(const mi::itk_header &h, const MetaImage *meta)
{
    return h.attached ? h.size : meta->HeaderSize() > 0 ? meta->HeaderSize() : 0;
}

} // namespace

namespace mi
{

std::string trimmed(const std::string &s)
{
    const size_t a = s.find_first_not_of(" \t\r"), b = s.find_last_not_of(" \t\r");
    return a == std::string::npos ? "" : s.substr(a, b - a + 1);
}

itk_header itk_header_read(const char *path, mi_err *err)
{
    std::ifstream in(path, std::ios::binary);
    char magic[4] = { 0 };
    if (!in.read(magic, 4)) {
        mi_fail(err, MI_E_DATA, nullptr, "not NRRD or MetaImage: shorter than any header");
        throw failed();
    }
    itk_header h;
    h.nrrd = std::memcmp(magic, "NRRD", 4) == 0;
    in.seekg(0);
    fields f = read_fields(in, h.nrrd);
    h.size = in ? static_cast<long long>(in.tellg()) : 0;
    if (h.nrrd) {
        h.encoding = f["encoding"];
        h.attached = f.count("data file") == 0 && f.count("datafile") == 0;
    } else if (f.count("elementdatafile") == 0 || f.count("dimsize") == 0) {
        mi_fail(err, MI_E_DATA, nullptr, "not NRRD or MetaImage");
        throw failed();
    } else {
        h.attached = f["elementdatafile"] == "local";
    }
    return h;
}

void itk_check_nrrd(const char *path, const itk_header &h, size_t bytes, mi_err *err)
{
    struct stat st;
    const bool packed = h.encoding == "gzip" || h.encoding == "gz";
    if (!h.attached || (!packed && h.encoding != "raw") || stat(path, &st) != 0)
        return;
    refuse_short(bytes, st.st_size - h.size, packed ? 1040 : 1, err);
    if (!packed)
        return;
    std::ifstream in(path, std::ios::binary);
    in.seekg(h.size);
    if (!inflate_all(in, nullptr, bytes))
        refuse_damaged(err);
}

void itk_check_meta(const char *path, const itk_header &h, const MetaImage *meta, size_t bytes,
                    mi_err *err)
{
    const std::string file = data_file(path, h, meta->ElementDataFileName());
    struct stat st;
    if (file.empty() || !meta->BinaryData())
        return;
    if (stat(file.c_str(), &st) != 0) {
        mi_fail(err, MI_E_DATA, nullptr, "the file of its voxels is not there: %s", file.c_str());
        throw failed();
    }
    refuse_short(bytes, st.st_size - data_start(h, meta), meta->CompressedData() ? 1040 : 1, err);
}

bool itk_inflate_meta(const char *path, const itk_header &h, const MetaImage *meta, void *out,
                      size_t bytes, size_t size, mi_err *err)
{
    const std::string file = data_file(path, h, meta->ElementDataFileName());
    if (file.empty() || !meta->CompressedData())
        return false;
    auto *p = static_cast<unsigned char *>(out);
    std::ifstream in(file, std::ios::binary);
    in.seekg(data_start(h, meta));
    if (!inflate_all(in, p, bytes))
        refuse_damaged(err);
    if (meta->BinaryDataByteOrderMSB() != MET_SystemByteOrderMSB())
        for (size_t i = 0; i + size <= bytes; i += size)
            std::reverse(p + i, p + i + size);
    return true;
}

} // namespace mi
