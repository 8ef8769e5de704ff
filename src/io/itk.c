/* NRRD (also Slicer's .seg.nrrd) and MetaImage, read whole by the module mi-itk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "io/format.h"
#include "io/raster.h"
#include "shim/itk.h"
#include "shim/module.h"

typedef struct itk_state {
    char *path;
    const char *kind;
    const char *libraries; /* of the module */
    mi_source_opts opts;
    mi_volume *item;
    int n;
    int current; /* -1 before the first */
    int end;     /* behind the last item that is wanted */
} itk_state;

/* The first line of a MetaImage header names one of these keys. */
static bool is_meta(const unsigned char *head, size_t len)
{
    static const char *const keys[] = { "ObjectType", "NDims", "Comment", "ObjectSubType" };
    char text[353];
    size_t n = len < sizeof text - 1 ? len : sizeof text - 1;
    memcpy(text, head, n);
    text[n] = '\0';
    for (int i = 0; i < MI_COUNT(keys); i++) {
        size_t k = strlen(keys[i]);
        if (strncmp(text, keys[i], k) != 0 || text[k + strspn(text + k, " \t")] != '=')
            continue;
        return strstr(text, "ObjectType") || strstr(text, "NDims");
    }
    return false;
}

static const char *kind_of(const unsigned char *head, size_t len)
{
    if (len >= 8 && memcmp(head, "NRRD000", 7) == 0)
        return "NRRD";
    return is_meta(head, len) ? "MetaImage" : NULL;
}

static bool itk_sniff(const unsigned char *head, size_t len, const char *path, bool is_folder)
{
    (void)path;
    return !is_folder && kind_of(head, len) != NULL;
}

static void itk_close(void *state)
{
    itk_state *st = state;
    if (!st)
        return;
    for (int i = 0; i < st->n; i++)
        mi_volume_free(&st->item[i]);
    free(st->item);
    free(st->path);
    free(st);
}

/* The module opens the file itself, so it must be one. */
static int read_items(itk_state *st, mi_input *in, mi_err *err)
{
    if (mi_input_file_size(in) < 0)
        return mi_fail(err, MI_E_DATA, "save it to a file, or convert it to NIfTI",
                       "%s cannot be read from stdin or a pipe", st->kind);
    if (mi_input_is_gzip(in))
        return mi_fail(err, MI_E_DATA, "gunzip it first", "%s inside gzip is not read", st->kind);
    const mi_module *m = mi_module_open("mi-itk", err);
    if (!m)
        return -1;
    const mi_itk_functions *f = m->functions;
    st->libraries = m->libraries;
    return f->read_file(st->path, &st->item, &st->n, err);
}

/* Items of a file are the layers of a segmentation (all wanted) or frames (to be chosen from). */
static int choose(itk_state *st, mi_err *err)
{
    st->current = -1;
    st->end = st->n;
    const char *role = st->n > 0 ? st->item[0].meta.role : NULL;
    if (st->n == 0 || (role && strcmp(role, "mask") == 0))
        return 0;
    char dims[96];
    int64_t frame;
    const int64_t *n = st->item[0].grid.n;
    snprintf(dims, sizeof dims, "%lld x %lld x %lld x %d", (long long)n[0], (long long)n[1],
             (long long)n[2], st->n);
    if (mi_raster_frame(&st->opts, st->n, 0, dims, &frame, err) != 0)
        return -1;
    st->current = (int)frame - 1;
    if (st->opts.frame != MI_FRAME_ALL)
        st->end = (int)frame + 1;
    return 0;
}

static int itk_open(void **state, mi_input *in, const char *path, const mi_source_opts *opts,
                    mi_err *err)
{
    const unsigned char *head;
    int64_t got = mi_input_peek(in, &head, 352, err);
    itk_state *st = got < 0 ? NULL : mi_array_zero(1, sizeof *st, err);
    if (!st)
        return -1;
    st->opts = *opts;
    st->kind = kind_of(head, (size_t)got);
    st->path = mi_strdup(path, err);
    if (!st->path || read_items(st, in, err) != 0 || choose(st, err) != 0) {
        itk_close(st);
        return -1;
    }
    *state = st;
    return 0;
}

static int itk_next(void *state, mi_volume *head, mi_err *err)
{
    itk_state *st = state;
    int i = st->current + 1;
    if (i >= st->end)
        return 0;
    const mi_volume *v = &st->item[i];
    *head = (mi_volume)MI_VOLUME_EMPTY;
    head->grid = v->grid;
    head->type = v->type;
    head->slope = v->slope;
    head->inter = v->inter;
    head->libraries = st->libraries;
    head->frames = st->n;
    mi_warnings_copy(&head->warnings, &v->warnings);
    head->name = mi_strdup(st->path, err);
    if (!head->name || mi_meta_copy(&head->meta, &v->meta, err) != 0) {
        mi_volume_free(head);
        return -1;
    }
    st->current = i;
    return 1;
}

/* Hand out slices [k0, k1) of the current item; the others are given back. */
static int take(itk_state *st, mi_volume *v, int64_t k0, int64_t k1, mi_err *err)
{
    mi_volume *from = &st->item[st->current];
    if (!from->data || v->data || k0 < 0 || k0 > k1 || k1 > from->grid.n[2])
        return mi_fail(err, MI_E_INTERNAL, NULL, "voxels asked for twice or outside the image");
    size_t slice = (size_t)mi_volume_slice_voxels(from) * mi_type_size(from->type);
    unsigned char *p = from->data;
    memmove(p, p + (size_t)k0 * slice, (size_t)(k1 - k0) * slice);
    from->data = NULL;
    void *q = mi_regrow(p, k1 > k0 ? (size_t)(k1 - k0) : 1, slice, NULL);
    v->data = q ? q : p;
    v->k0 = k0;
    v->k1 = k1;
    return 0;
}

static int itk_voxels(void *state, mi_volume *v, int64_t k0, int64_t k1, mi_err *err)
{
    itk_state *st = state;
    if (st->current < 0)
        return mi_fail(err, MI_E_INTERNAL, NULL, "voxels asked for without an item");
    return take(st, v, k0, k1, err);
}

static bool slice_is_zero(const unsigned char *p, size_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static int itk_labels(void *state, mi_volume *v, mi_err *err)
{
    itk_state *st = state;
    if (st->current < 0 || !st->item[st->current].data)
        return mi_fail(err, MI_E_INTERNAL, NULL, "voxels asked for twice or without an item");
    const mi_volume *from = &st->item[st->current];
    size_t slice = (size_t)mi_volume_slice_voxels(from) * mi_type_size(from->type);
    const unsigned char *p = from->data;
    int64_t k0 = 0, k1 = from->grid.n[2];
    if (from->inter != 0)
        return take(st, v, k0, k1, err);
    while (k1 > 0 && slice_is_zero(p + (size_t)(k1 - 1) * slice, slice))
        k1--;
    while (k0 < k1 && slice_is_zero(p + (size_t)k0 * slice, slice))
        k0++;
    if (k1 == 0)
        k0 = 0;
    v->trimmed = true;
    return take(st, v, k0, k1, err);
}

static cJSON *itk_facts(const void *state, mi_err *err)
{
    const itk_state *st = state;
    const mi_volume *v = &st->item[st->current < 0 ? 0 : st->current];
    double dims[3];
    for (int i = 0; i < 3; i++)
        dims[i] = (double)v->grid.n[i];
    cJSON *o = cJSON_CreateObject();
    if (mi_json_add_string(o, "format", st->kind) &&
        mi_json_add_string(o, "data_type", mi_type_name(v->type)) &&
        mi_json_add(o, "dim", mi_json_numbers(dims, 3)) && mi_json_add_number(o, "items", st->n))
        return o;
    cJSON_Delete(o);
    mi_fail(err, MI_E_MEMORY, NULL, "no memory for the facts of a header");
    return NULL;
}

const mi_format mi_format_itk = { "itk",      itk_sniff,  itk_open,  itk_next,
                                  itk_voxels, itk_labels, NULL, itk_facts, itk_close,
                                  NULL };
