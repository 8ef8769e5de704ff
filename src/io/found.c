#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "io/found.h"

typedef struct signature {
    int at, len;
    const char *bytes, *name;
} signature;

static const signature known[] = {
    { 128, 4, "DICM", "a DICOM object" },
    { 0, 8, "\x89PNG\r\n\032\n", "a PNG picture" },
    { 0, 3, "\xff\xd8\xff", "a JPEG picture" },
    { 0, 4, "GIF8", "a GIF picture" },
    { 0, 4, "II*\0", "a TIFF picture" },
    { 0, 4, "MM\0*", "a TIFF picture" },
    { 0, 4, "%PDF", "a PDF document" },
    { 0, 4, "PK\003\004", "a zip archive" },
    { 257, 5, "ustar", "a tar archive" },
    { 0, 3, "BZh", "bzip2 data" },
    { 0, 6,
      "\xfd"
      "7zXZ\0",
      "xz data" },
    { 0, 4, "\x28\xb5\x2f\xfd", "zstd data" },
    { 0, 8, "\x89HDF\r\n\032\n", "an HDF5 file (MINC 2, for one)" },
    { 0, 3, "CDF", "a netCDF file (MINC 1, for one)" },
    { 0, 4, "\177ELF", "a program" },
    { 0, 2, "\x1f\x8b", "gzip data that cannot be read" },
};

static int is_text(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((p[i] < 32 && !strchr("\t\r\n\f", p[i])) || p[i] == 127 || p[i] == 0)
            return 0;
    return 1;
}

const char *mi_found(const unsigned char *head, size_t n, char out[96])
{
    for (int i = 0; i < MI_COUNT(known); i++)
        if (n >= (size_t)(known[i].at + known[i].len) &&
            memcmp(head + known[i].at, known[i].bytes, (size_t)known[i].len) == 0) {
            snprintf(out, 96, "%s", known[i].name);
            return out;
        }
    if (n > 0 && is_text(head, n)) {
        size_t line = 0;
        while (line < n && line < 40 && head[line] >= 32 && head[line] < 127)
            line++;
        snprintf(out, 96, "text beginning with \"%.*s\"", (int)line, (const char *)head);
        return out;
    }
    int at = snprintf(out, 96, "%s", n < 8 ? "only the bytes" : "bytes");
    for (size_t i = 0; i < n && i < 8; i++)
        at += snprintf(out + at, 96 - (size_t)at, " %02x", head[i]);
    if (n > 8)
        snprintf(out + at, 96 - (size_t)at, " ...");
    return out;
}
