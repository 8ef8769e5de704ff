/* FreeSurfer MGH and, gzipped, MGZ: one header of 284 bytes, big endian, then the frames; what
   follows them (scan parameters, tags) is not needed. Layout: FreeSurfer's wiki page
   "FsTutorial/MghFormat". */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/linalg.h"
#include "base/memory.h"
#include "image/grid.h"
#include "io/format.h"
#include "io/raster.h"

enum {
    MGH_HEADER = 284,
    AT_SIZES = 4,
    AT_TYPE = 20,
    AT_GOOD = 28,
    AT_DELTA = 30,
    AT_AXES = 42,
    AT_CENTRE = 78
};

typedef struct mgh_state {
    mi_input *in;
    char *path;
    mi_source_opts opts;
    mi_volume proto;
    int64_t n[4]; /* size and number of frames */
    int64_t frame, frame_bytes;
    bool started, taken, oriented, gzip;
    mi_raster raster;
} mgh_state;

static uint32_t big32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static double big_float(const unsigned char *p)
{
    uint32_t u = big32(p);
    float f;
    memcpy(&f, &u, 4);
    return f;
}

static mi_type type_of(uint32_t code)
{
    switch (code) {
    case 0:
        return MI_U8;
    case 1:
        return MI_I32;
    case 3:
        return MI_F32;
    case 4:
        return MI_I16;
    case 10:
        return MI_U16;
    default:
        return MI_TYPES;
    }
}

/* Version 1, four sizes above 0, a known type, a flag that is 0 or 1: no other format read here
   begins so. */
static bool mgh_sniff(const unsigned char *head, size_t len, const char *path, bool is_folder)
{
    (void)path;
    if (is_folder || len < MGH_HEADER || big32(head) != 1 || head[AT_GOOD] != 0 ||
        head[AT_GOOD + 1] > 1)
        return false;
    for (int i = 0; i < 4; i++)
        if ((int32_t)big32(head + AT_SIZES + 4 * i) < 1)
            return false;
    return big32(head + AT_TYPE) <= 10;
}

static void mgh_close(void *state)
{
    mgh_state *st = state;
    if (!st)
        return;
    mi_volume_free(&st->proto);
    free(st->path);
    free(st);
}

static int mgh_open(void **state, mi_input *in, const char *path, const mi_source_opts *opts,
                    mi_err *err)
{
    mgh_state *st = mi_array_zero(1, sizeof *st, err);
    if (!st)
        return -1;
    st->in = in;
    st->gzip = mi_input_is_gzip(in);
    st->opts = *opts;
    st->proto = (mi_volume)MI_VOLUME_EMPTY;
    st->path = mi_strdup(path, err);
    if (!st->path) {
        mgh_close(st);
        return -1;
    }
    *state = st;
    return 0;
}

/* World of voxel (i,j,k) = centre + axes * size * (index - n/2). Without good flag: coronal
   slices of 1 mm, as FreeSurfer takes it. */
static int set_grid(mgh_state *st, const unsigned char *h, mi_err *err)
{
    static const double coronal[3][3] = { { -1, 0, 0 }, { 0, 0, 1 }, { 0, -1, 0 } };
    mi_grid *g = &st->proto.grid;
    double a[3][3], columns = 1;
    st->oriented = h[AT_GOOD + 1] == 1;
    for (int j = 0; j < 3; j++) {
        g->n[j] = st->n[j];
        g->spacing[j] = st->oriented ? big_float(h + AT_DELTA + 4 * j) : 1;
        for (int i = 0; i < 3; i++) {
            double axis = st->oriented ? big_float(h + AT_AXES + 4 * (3 * j + i)) : coronal[i][j];
            a[i][j] = g->m[i][j] = axis * g->spacing[j] + 0.0;
        }
        columns *= g->spacing[j];
    }
    if (!(columns > 0) || !isfinite(columns) || !(fabs(mi_det3(a)) > 1e-6 * columns))
        return mi_fail(err, MI_E_DATA, NULL,
                       "the header is wrong: voxel size or axes of the MGH image cannot be used");
    for (int i = 0; i < 3; i++) {
        double at = st->oriented ? big_float(h + AT_CENTRE + 4 * i) : 0;
        for (int j = 0; j < 3; j++)
            at -= g->m[i][j] * (double)st->n[j] / 2;
        g->m[i][3] = at + 0.0;
        if (!isfinite(at))
            return mi_fail(err, MI_E_DATA, NULL,
                           "the header is wrong: the centre of the MGH image is not finite");
    }
    if (!st->oriented)
        mi_warn(&st->proto.warnings, "no_orientation",
                "no orientation in the header (goodRASFlag is 0): "
                "coronal slices of 1 mm are taken for granted");
    mi_grid_warn(g, &st->proto.warnings);
    return 0;
}

static int read_head(mgh_state *st, mi_err *err)
{
    unsigned char h[MGH_HEADER];
    char dims[96];
    int64_t got = mi_input_read(st->in, h, MGH_HEADER, err);
    if (got < MGH_HEADER)
        return got < 0 ? -1
                       : mi_fail(err, MI_E_DATA, NULL,
                                 "truncated: the header of an MGH image has 284 bytes");
    for (int i = 0; i < 4; i++)
        st->n[i] = (int32_t)big32(h + AT_SIZES + 4 * i);
    uint32_t code = big32(h + AT_TYPE);
    st->proto.type = type_of(code);
    if (st->proto.type == MI_TYPES)
        return mi_fail(err, MI_E_DATA, "uchar, short, ushort, int and float are",
                       "MGH voxels of type %u are not read", code);
    snprintf(dims, sizeof dims, "%lld x %lld x %lld x %lld", (long long)st->n[0],
             (long long)st->n[1], (long long)st->n[2], (long long)st->n[3]);
    if (set_grid(st, h, err) != 0 ||
        mi_raster_frame(&st->opts, st->n[3], 0, dims, &st->frame, err) != 0)
        return -1;
    int64_t bytes = mi_raster_bytes(st->n, st->n[3], st->proto.type);
    if (bytes < 0 || bytes > INT64_MAX - MGH_HEADER)
        return mi_fail(err, MI_E_DATA, NULL,
                       "the header is wrong: more voxels than can be counted");
    st->frame_bytes = bytes / st->n[3];
    st->raster =
        (mi_raster) { st->in, 0, MGH_HEADER + bytes, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };
    return mi_raster_check(&st->raster, err);
}

static int mgh_next(void *state, mi_volume *head, mi_err *err)
{
    mgh_state *st = state;
    if (st->started && (st->opts.frame != MI_FRAME_ALL || st->frame + 1 >= st->n[3]))
        return 0;
    if (st->started)
        st->frame++;
    else if (read_head(st, err) != 0)
        return -1;
    st->started = true;
    st->taken = false;
    st->raster.start = MGH_HEADER + st->frame * st->frame_bytes;
    *head = (mi_volume)MI_VOLUME_EMPTY;
    head->grid = st->proto.grid;
    head->type = st->proto.type;
    head->frames = st->n[3];
    mi_warnings_copy(&head->warnings, &st->proto.warnings);
    head->name = mi_strdup(st->path, err);
    return head->name ? 1 : -1;
}

/* Behind the last frame stand scan parameters and tags of any length: read on to the end, for
   the checksum. */
static int finish(mgh_state *st, mi_err *err)
{
    if (mi_raster_finish(&st->raster, true, err) != 0)
        return -1;
    int64_t got;
    while ((got = mi_input_read(st->in, NULL, 1 << 24, err)) > 0)
        ;
    if (got == 0 && mi_input_is_cut(st->in))
        return mi_raster_fail_cut(err);
    return got < 0 ? -1 : 0;
}

static int fetch(mgh_state *st, mi_volume *v, bool labels, int64_t k0, int64_t k1, mi_err *err)
{
    if (!st->started || st->taken)
        return mi_fail(err, MI_E_INTERNAL, NULL, "voxels asked for twice or without an item");
    st->taken = true;
    int rc = labels ? mi_raster_labels(&st->raster, v, err)
                    : mi_raster_voxels(&st->raster, v, k0, k1, err);
    if (rc == 0 && (st->opts.frame != MI_FRAME_ALL || st->frame + 1 == st->n[3]))
        rc = finish(st, err);
    return rc;
}

static int mgh_voxels(void *state, mi_volume *v, int64_t k0, int64_t k1, mi_err *err)
{
    return fetch(state, v, false, k0, k1, err);
}

static int mgh_labels(void *state, mi_volume *v, mi_err *err)
{
    return fetch(state, v, true, 0, 0, err);
}

static cJSON *mgh_facts(const void *state, mi_err *err)
{
    const mgh_state *st = state;
    double dims[4];
    for (int i = 0; i < 4; i++)
        dims[i] = (double)st->n[i];
    cJSON *o = cJSON_CreateObject();
    if (mi_json_add_string(o, "format", "MGH") &&
        mi_json_add_string(o, "compression", st->gzip ? "gzip" : "none") &&
        mi_json_add_string(o, "byte_order", "big") &&
        mi_json_add_string(o, "data_type", mi_type_name(st->proto.type)) &&
        mi_json_add(o, "dim", mi_json_numbers(dims, 4)) &&
        mi_json_add_number(o, "frames", dims[3]) &&
        mi_json_add_number(o, "frame", (double)st->frame) &&
        mi_json_add(o, "orientation_in_header", cJSON_CreateBool(st->oriented)))
        return o;
    cJSON_Delete(o);
    mi_fail(err, MI_E_MEMORY, NULL, "no memory for the facts of a header");
    return NULL;
}

const mi_format mi_format_mgh = { "mgh",      mgh_sniff,  mgh_open,  mgh_next,
                                  mgh_voxels, mgh_labels, NULL, mgh_facts, mgh_close,
                                  NULL };
