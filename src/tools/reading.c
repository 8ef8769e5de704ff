#include "tools/reading.h"
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/number.h"

enum { KEY_MAX = 4096 };

#define AT(field) offsetof(mi_reading_opts, field)

const mi_param mi_reading_params[] = {
    { .name = "frame",
      .type = MI_P_STRING,
      .offset = AT(frame),
      .value = "N",
      .flags = MI_PF_FULL,
      .group = "Input",
      .help = "frame of a 4-D image, from 0, or all" },
    { .name = "verify",
      .type = MI_P_BOOL,
      .offset = AT(verify),
      .flags = MI_PF_FULL,
      .group = "Input",
      .help = "read files to the end and check their checksums" },
    { .name = "grid-tolerance",
      .type = MI_P_DOUBLE,
      .offset = AT(grid_tolerance),
      .value = "F",
      .preset = "0.01",
      .min = 0,
      .max = 0.5,
      .flags = MI_PF_CONFIG | MI_PF_FULL,
      .group = "Input",
      .help = "grids are equal when corners differ by less than this share of a voxel edge" },
    { .name = "series",
      .type = MI_P_STRING,
      .offset = AT(series),
      .value = "UID|N",
      .group = "DICOM",
      .help = "which series of a folder, by number, UID or digest" },
    { .name = "roi",
      .type = MI_P_STRING,
      .offset = AT(roi),
      .value = "PATTERN",
      .flags = MI_PF_CONFIG,
      .group = "DICOM",
      .help = "regions of an RTSTRUCT or SEG by name (with * and ?) or number" },
    { .name = "grey",
      .type = MI_P_BOOL,
      .offset = AT(grey),
      .flags = MI_PF_CONFIG | MI_PF_FULL,
      .group = "DICOM",
      .help = "take the luminance of colour images instead of refusing them" },
    { .name = "uid-key",
      .type = MI_P_STRING,
      .offset = AT(uid_key),
      .value = "FILE",
      .flags = MI_PF_FULL,
      .group = "DICOM",
      .help = "digests of UIDs by this key (HMAC-SHA-256), so that nobody else can retrace them" },
    { .name = "keep-uids",
      .type = MI_P_BOOL,
      .offset = AT(keep_uids),
      .flags = MI_PF_FULL,
      .group = "DICOM",
      .help = "tell UIDs themselves instead of digests" },
    { .name = "keep-descriptions",
      .type = MI_P_BOOL,
      .offset = AT(keep_descriptions),
      .flags = MI_PF_FULL,
      .group = "DICOM",
      .help = "tell series descriptions, which are free text" },
    { .name = NULL }
};

/* The bytes of the file without a line end behind them. */
static int read_key(const char *path, char *key, size_t *n, mi_err *err)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return mi_fail_input(err, errno, "cannot open the key");
    *n = fread(key, 1, KEY_MAX + 1, f);
    int failed = ferror(f) ? errno : 0;
    fclose(f);
    if (failed)
        return mi_fail_input(err, failed, "cannot read the key");
    if (*n > 0 && key[*n - 1] == '\n')
        --*n;
    if (*n == 0 || *n > KEY_MAX)
        return mi_fail(err, MI_E_CONFIG, "a key is a line of text that nobody guesses",
                       "a key has 1 to %d bytes", KEY_MAX);
    return 0;
}

int mi_reading_open(mi_reading_opts *o, mi_err *err)
{
    o->keep = (mi_keep){ .uids = o->keep_uids, .descriptions = o->keep_descriptions };
    o->key = NULL;
    if (!o->uid_key)
        return 0;
    o->key = mi_array(KEY_MAX + 1, 1, err);
    if (!o->key)
        return -1;
    if (read_key(o->uid_key, o->key, &o->keep.key_n, err) != 0) {
        mi_err_subject(err, o->uid_key);
        mi_reading_close(o);
        return -1;
    }
    o->keep.key = o->key;
    return 0;
}

void mi_reading_close(mi_reading_opts *o)
{
    free(o->key);
    o->key = NULL;
}

bool mi_reading_all_frames(const mi_reading_opts *o)
{
    return o->frame && strcmp(o->frame, "all") == 0;
}

int mi_reading_source(const mi_reading_opts *o, mi_source_opts *out, mi_err *err)
{
    *out = (mi_source_opts)MI_SOURCE_OPTS;
    out->verify = o->verify;
    out->series = o->series;
    out->roi = o->roi;
    out->grey = o->grey;
    out->keep = o->keep;
    if (!o->frame)
        return 0;
    if (mi_reading_all_frames(o))
        out->frame = MI_FRAME_ALL;
    else if (!mi_parse_int(o->frame, &out->frame) || out->frame < 0)
        return mi_fail(err, MI_E_USAGE, "give the frame's number from 0, or all",
                       "--frame: '%s' is not a frame", o->frame);
    return 0;
}

static bool is_dicom(const mi_source *src)
{
    return strcmp(mi_source_format_ref(src), "dicom") == 0;
}

int mi_reading_check_series(const mi_reading_opts *o, const mi_source *src, mi_err *err)
{
    if (!o->series || is_dicom(src))
        return 0;
    return mi_fail(err, MI_E_USAGE, "leave --series out", "--series chooses a series of DICOM, "
                   "this is none");
}

int mi_reading_check_roi(const mi_reading_opts *o, const mi_source *src, mi_err *err)
{
    if (!o->roi || is_dicom(src))
        return 0;
    return mi_fail(err, MI_E_USAGE, "leave --roi out; mi-radiomics --label chooses labels of a map",
                   "--roi chooses regions of an RTSTRUCT or SEG, this is none");
}
