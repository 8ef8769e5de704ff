/* What the readers of ITK do not check or tell (C++ only, inside the module mi-itk): the format by
   content, and whether the file can hold the voxels that its header promises. */
#ifndef MI_SHIM_ITK_HEADER_H
#define MI_SHIM_ITK_HEADER_H
#include <cstddef>
#include <string>
extern "C" {
#include "base/error.h"
}

class MetaImage;

namespace mi
{

/* Blanks at both ends taken off. */
std::string trimmed(const std::string &s);

struct itk_header {
    bool nrrd = false;     /* else MetaImage */
    bool attached = false; /* voxels follow in the same file */
    std::string encoding;  /* NRRD: raw, gzip ... */
    long long size = 0;    /* bytes of the header */
};

/* Throws failed (MI_E_DATA) when the content is neither. */
itk_header itk_header_read(const char *path, mi_err *err);

/* A header that promises more `bytes` of voxels than its data can hold is refused before memory is
   asked for. Compressed NRRD data are inflated once to the end: NrrdIO stops before the checksum.
   Throw failed (MI_E_DATA). */
void itk_check_nrrd(const char *path, const itk_header &h, size_t bytes, mi_err *err);
void itk_check_meta(const char *path, const itk_header &h, const MetaImage *meta, size_t bytes,
                    mi_err *err);

/* Voxels (`bytes` in all, `size` each) of a compressed MetaImage, which MetaIO reads without a look
   at damage, or not at all when CompressedDataSize is absent. False when they are not compressed or
   lie in several files: then ITK reads them. Throws failed (MI_E_DATA). */
bool itk_inflate_meta(const char *path, const itk_header &h, const MetaImage *meta, void *out,
                      size_t bytes, size_t size, mi_err *err);

} // namespace mi

#endif
