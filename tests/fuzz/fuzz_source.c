/* Any bytes as a file or stream of volumes: NIfTI of both versions, gzip, MGH. Errors must be told,
   nothing may leak. The first byte chooses how the items are read. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "io/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_items(mi_source *s, int how, mi_err *err)
{
    int rc = 1;
    for (int i = 0; i < 8 && rc > 0; i++) {
        mi_volume v = MI_VOLUME_EMPTY;
        rc = mi_source_next(s, &v, err);
        if (rc > 0 && how == 1 && mi_source_labels(s, &v, err) != 0)
            rc = -1;
        if (rc > 0 && how == 2 && mi_source_voxels(s, &v, 0, v.grid.n[2], err) != 0)
            rc = -1;
        if (rc > 0 && how == 3 && mi_source_voxels(s, &v, v.grid.n[2] / 2, v.grid.n[2], err) != 0)
            rc = -1;
        mi_volume_free(&v);
    }
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    mi_err err = MI_ERR_EMPTY;
    mi_source_opts opts = MI_SOURCE_OPTS;
    opts.verify = data[0] & 4;
    if (data[0] & 8)
        opts.frame = MI_FRAME_ALL;
    mi_source *s = NULL;
    int rc = mi_source_open(&s, path, &opts, &err);
    if (rc == 0)
        rc = read_items(s, data[0] & 3, &err);
    if (rc < 0 && (err.cls == MI_E_NONE || !err.message[0]))
        abort();
    mi_source_close(s);
    close(fd);
    return 0;
}
