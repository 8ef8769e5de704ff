/* DICOM as a format of volumes: one series of a file, a folder, a DICOMDIR or stdin. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/digest.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "io/dicom/masks.h"
#include "io/dicom/pet.h"
#include "io/dicom/pixels.h"
#include "io/format.h"
#include "shim/module.h"

typedef struct dicom_state {
    mi_dicom_scan scan;
    mi_dicom_series *series;
    int n_series, chosen;   /* chosen -1: none could be */
    unsigned char *bytes;   /* of stdin */
    mi_dicom_stack stack;
    mi_dicom_plan plan;
    mi_dicom_masks masks;   /* when the object marks regions */
    bool marks;
    /* volumes (or masks) to give: [first, last); at: the current one, first - 1 before */
    int64_t first, last, at;
    mi_warnings warnings;
    mi_warnings noticed;    /* while voxels of the current item were read */
    int64_t padding;        /* voxels of the current item that hold it */
    double earliest;        /* acquisition of a PET series, NaN before it is known */
    char *path;
    const char *libraries;  /* of the module */
    mi_keep keep;
    mi_pool *pool;
} dicom_state;

static bool sniff(const unsigned char *head, size_t len, const char *path, bool is_folder)
{
    return is_folder || mi_dicom_sniff(head, len);
}

/* ---- which series ---- */

static const mi_dicom_object *first_of(const dicom_state *st, int i)
{
    return &st->scan.object[st->series[i].object[0]];
}

static bool has_image(const dicom_state *st, int i)
{
    const mi_dicom_object *o = first_of(st, i);
    const mi_sop_class *c = mi_sop_class_find(o->sop_class);
    return st->series[i].n_frames > 0 && !mi_dicom_marks(o) && (c || o->rows > 0);
}

/* How a UID is told: "sha256:" or "hmac:" and 16 digits, which are enough to tell series apart
   and to name one; or itself. */
static void shown_uid(const dicom_state *st, const char *uid, char out[MI_UID_SIZE])
{
    char whole[72];
    if (st->keep.uids)
        snprintf(whole, sizeof whole, "%s", uid);
    else if (st->keep.key)
        mi_digest_keyed(st->keep.key, st->keep.key_n, uid, strlen(uid), whole);
    else
        mi_digest_of(uid, strlen(uid), whole);
    snprintf(out, MI_UID_SIZE, "%.*s",
             st->keep.uids ? MI_UID_SIZE - 1 : (int)strcspn(whole, ":") + 17, whole);
}

static bool named(const dicom_state *st, int i, const char *name)
{
    char shown[MI_UID_SIZE];
    double number;
    const mi_dicom_object *o = first_of(st, i);
    shown_uid(st, o->series, shown);
    const char *digits = strchr(shown, ':');
    return strcmp(o->series, name) == 0 || strcmp(shown, name) == 0 ||
           (digits && strcmp(digits + 1, name) == 0) ||
           (mi_parse_double(name, &number) && o->series_number == number);
}

static void series_text(const dicom_state *st, int i, mi_text *t)
{
    const mi_dicom_object *o = first_of(st, i);
    mi_text_addf(t, "%s%s", t->len ? "; " : "", o->modality[0] ? o->modality : "?");
    if (!isnan(o->series_number))
        mi_text_addf(t, " number %.0f", o->series_number);
    mi_text_addf(t, ", %d image%s of %lldx%lld", st->series[i].n_frames,
                 st->series[i].n_frames == 1 ? "" : "s", (long long)o->columns,
                 (long long)o->rows);
}

static int fail_choice(const dicom_state *st, int candidates, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    int shown = 0;
    for (int i = 0; i < st->n_series && shown < 6; i++)
        if (has_image(st, i)) {
            series_text(st, i, &t);
            shown++;
        }
    int rc =
        mi_fail(err, MI_E_DATA, "choose one with --series NUMBER or UID; --list-series shows all",
                "%d series with images: %s%s", candidates, mi_text_ref(&t),
                candidates > shown ? "; ..." : "");
    mi_text_free(&t);
    return rc;
}

static int fail_nothing(const dicom_state *st, mi_err *err)
{
    const mi_dicom_scan *s = &st->scan;
    if (s->n_objects == 0 && s->damaged)
        return mi_fail(err, MI_E_DATA, "the files are damaged: get them again from where they came",
                       "%d DICOM file%s, none can be read (%s)", s->damaged,
                       s->damaged == 1 ? "" : "s", s->first_damaged);
    if (s->n_objects == 0)
        return mi_fail(err, MI_E_DATA, "name a folder with DICOM files, or an image file",
                       "no DICOM image in the folder (%d file%s)", s->files,
                       s->files == 1 ? "" : "s");
    return mi_fail(err, MI_E_DATA, "mi-info shows what the folder holds",
                   "%d DICOM object%s without an image (modality %s)", s->n_objects,
                   s->n_objects == 1 ? "" : "s",
                   s->object[0].modality[0] ? s->object[0].modality : "not told");
}

static int choose_series(dicom_state *st, const char *name, mi_err *err)
{
    int images = 0, marks = 0, last_image = -1, last_mark = -1;
    for (int i = 0; i < st->n_series; i++) {
        if (name && !named(st, i, name))
            continue;
        if (has_image(st, i)) {
            images++;
            last_image = i;
        } else if (mi_dicom_marks(first_of(st, i))) {
            marks++;
            last_mark = i;
        }
    }
    st->chosen = images ? last_image : last_mark;
    if (images > 1)
        return fail_choice(st, images, err);
    if (images == 1 || marks == 1)
        return 0;
    if (marks > 1)
        return mi_fail(err, MI_E_DATA, "name one file", "%d objects that mark regions", marks);
    if (name && st->n_series > 0)
        return mi_fail(err, MI_E_NOINPUT, "--list-series shows what is there",
                       "no series '%s' with images", name);
    return fail_nothing(st, err);
}

/* ---- opening ---- */

static int read_all(mi_input *in, unsigned char **bytes, size_t *n, mi_err *err)
{
    size_t cap = 1 << 20, len = 0;
    unsigned char *p = mi_array(cap, 1, err);
    while (p) {
        int64_t got = mi_input_read(in, p + len, cap - len, err);
        if (got < 0)
            break;
        len += (size_t)got;
        if (len < cap) {
            *bytes = p;
            *n = len;
            return 0;
        }
        unsigned char *more = mi_regrow(p, cap * 2, 1, err);
        if (!more)
            break;
        p = more;
        cap *= 2;
    }
    free(p);
    return -1;
}

static int scan_input(dicom_state *st, mi_input *in, const char *path, mi_err *err)
{
    size_t n = 0;
    if (!in)
        return mi_dicom_scan_path(&st->scan, path, true, err);
    if (!mi_input_is_stdin(in) && !mi_input_is_gzip(in))
        return mi_dicom_scan_path(&st->scan, path, false, err);
    if (read_all(in, &st->bytes, &n, err) != 0)
        return -1;
    return mi_dicom_scan_bytes(&st->scan, st->bytes, n, err);
}

/* Slices side by side in one picture, whose position is that of none of them. */
static int check_mosaic(const dicom_state *st, mi_err *err)
{
    return first_of(st, st->chosen)->mosaic
               ? mi_fail(err, MI_E_DATA,
                         "convert the series with a tool that knows the maker's private header",
                         "a mosaic: many slices in one picture")
               : 0;
}

/* Frames of the chosen series, in the order of its objects. */
static mi_dicom_frame *chosen_frames(const dicom_state *st, int *n, mi_err *err)
{
    const mi_dicom_series *se = &st->series[st->chosen];
    mi_dicom_frame *f = mi_array((size_t)st->scan.n_frames, sizeof *f, err);
    *n = 0;
    for (int i = 0; f && i < se->n; i++)
        for (int k = 0; k < st->scan.n_frames; k++)
            if (st->scan.frame[k].object == se->object[i])
                f[(*n)++] = st->scan.frame[k];
    return f;
}

static int choose_frame(dicom_state *st, const mi_source_opts *opts, mi_err *err)
{
    int64_t n = st->stack.volumes;
    if (n > 1 && opts->frame == MI_FRAME_REFUSE)
        return mi_fail(err, MI_E_DATA, "--frame N takes one, --frame all each of them",
                       "%lld volumes at the same place (%s): a 4-D series, or acquisitions mixed",
                       (long long)n, st->stack.parted_by);
    if (opts->frame >= n)
        return mi_fail(err, MI_E_USAGE, NULL, "frame %lld asked for, there are %lld (from 0)",
                       opts->frame, (long long)n);
    st->first = opts->frame >= 0 ? opts->frame : 0;
    st->last = opts->frame >= 0 ? opts->frame + 1 : n;
    return 0;
}

static int open_images(dicom_state *st, const mi_source_opts *opts, mi_err *err)
{
    int n = 0;
    mi_dicom_frame *f = chosen_frames(st, &n, err);
    int rc = f ? check_mosaic(st, err) : -1;
    if (rc == 0)
        rc = mi_dicom_stack_make(st->scan.object, f, n, &st->stack, &st->warnings, err);
    free(f);
    if (rc == 0)
        rc = choose_frame(st, opts, err);
    if (rc == 0)
        rc = mi_dicom_plan_make(&st->scan, st->stack.frame, st->stack.slices * st->stack.volumes,
                                opts->grey, &st->plan, &st->warnings, err);
    return rc;
}

static int open_marks(dicom_state *st, const mi_source_opts *opts, mi_err *err)
{
    mi_dicom_object *o = &st->scan.object[st->series[st->chosen].object[0]];
    st->marks = true;
    if (mi_dicom_masks_read(&st->scan, o, st->path, opts, &st->masks, err) != 0)
        return -1;
    st->last = st->masks.n;
    return 0;
}

static void tell_strangers(dicom_state *st)
{
    if (st->scan.damaged)
        mi_warn(&st->warnings, "damaged_files", "%d DICOM file%s in the folder cannot be read (%s)",
                st->scan.damaged, st->scan.damaged == 1 ? "" : "s", st->scan.first_damaged);
}

static void close_state(void *state)
{
    dicom_state *st = state;
    if (!st)
        return;
    mi_dicom_masks_free(&st->masks);
    mi_dicom_stack_free(&st->stack);
    mi_dicom_series_free(st->series, st->n_series);
    if (st->scan.f)
        mi_dicom_scan_free(&st->scan);
    mi_warnings_free(&st->warnings);
    mi_warnings_free(&st->noticed);
    free(st->bytes);
    free(st->path);
    free(st);
}

static int open_dicom(void **state, mi_input *in, const char *path, const mi_source_opts *opts,
                      mi_err *err)
{
    const mi_module *m = mi_module_open("mi-dicom", err);
    dicom_state *st = m ? mi_array_zero(1, sizeof *st, err) : NULL;
    if (!st)
        return -1;
    st->scan.f = m->functions;
    st->libraries = m->libraries;
    st->pool = opts->pool;
    st->keep = opts->keep;
    st->chosen = -1;
    st->earliest = NAN;
    st->path = mi_strdup(path, err);
    int rc = st->path ? scan_input(st, in, path, err) : -1;
    if (rc == 0)
        rc = mi_dicom_scan_series(&st->scan, &st->series, &st->n_series, err);
    if (rc == 0 && opts->list_only && st->scan.n_objects == 0 && !st->scan.damaged)
        rc = fail_nothing(st, err);
    if (rc == 0 && !opts->list_only)
        rc = choose_series(st, opts->series, err);
    if (rc == 0 && !opts->list_only) {
        tell_strangers(st);
        rc = has_image(st, st->chosen) ? open_images(st, opts, err) : open_marks(st, opts, err);
    }
    st->at = st->first - 1;
    if (rc == 0)
        *state = st;
    else
        close_state(st);
    return rc;
}

/* ---- items ---- */

/* What the values are: HU only where Rescale Type and modality allow no other reading. */
static const char *unit_of(const mi_dicom_object *o)
{
    static const struct { const char *units, *name; } pet[] = {
        { "BQML", "Bq/ml" }, { "CNTS", "counts" }, { "GML", "g/ml" }, { "CM2ML", "cm2/ml" },
        { "PROPCNTS", "prop. counts" }
    };
    if (strcmp(o->modality, "CT") ==
        0) /* PS3.3 C.8.2.1: HU where no type is told; US: not specified */
        return !*o->rescale_type || strcmp(o->rescale_type, "HU") == 0 ? "HU"
               : strcmp(o->rescale_type, "MGML") == 0                  ? "mg/ml" : NULL;
    if (strcmp(o->modality, "RTDOSE") == 0)
        return o->relative_dose ? NULL : "Gy";
    if (*o->map_unit)
        return o->map_unit;
    for (int i = 0; i < MI_COUNT(pet); i++)
        if (strcmp(pet[i].units, o->units) == 0)
            return pet[i].name;
    return NULL;
}

static int head_of_image(dicom_state *st, mi_volume *head, mi_err *err)
{
    const mi_dicom_object *o = first_of(st, st->chosen);
    const char *unit = unit_of(o);
    char shown[MI_UID_SIZE];
    shown_uid(st, o->series, shown);
    head->grid = st->stack.grid;
    head->type = st->plan.type;
    head->frames = st->stack.volumes;
    head->slope = st->plan.slope;
    head->inter = st->plan.inter;
    head->libraries = st->libraries;
    mi_warnings_copy(&head->warnings, &st->warnings);
    for (int i = 0; i < st->series[st->chosen].n; i++)
        head->meta.lossy =
            head->meta.lossy || st->scan.object[st->series[st->chosen].object[i]].lossy;
    head->meta.has_padding = st->plan.has_padding;
    memcpy(head->meta.padding, st->plan.padding, sizeof head->meta.padding);
    head->name = mi_strdup(st->path, err);
    head->series = mi_strdup(shown, err);
    head->frame_of_reference =
        mi_strdup(*o->frame_of_reference ? o->frame_of_reference : NULL, err);
    head->meta.role = mi_strdup("image", err);
    head->meta.modality = o->modality[0] ? mi_strdup(o->modality, err) : NULL;
    head->meta.unit = mi_strdup(unit, err);
    if (!head->name || !head->series || !head->meta.role)
        return -1;
    if (strcmp(o->modality, "PT") != 0)
        return 0;
    const mi_dicom_stack *all = &st->stack;
    return mi_dicom_pet_read(&st->scan, all->frame, all->slices * all->volumes,
                             st->at * all->slices, all->slices, &st->earliest, &head->pet, err);
}

static int next(void *state, mi_volume *head, mi_err *err)
{
    dicom_state *st = state;
    mi_warnings_free(&st->noticed);
    if (st->at + 1 >= st->last)
        return 0;
    st->at++;
    st->padding = 0;
    if (!st->marks)
        return head_of_image(st, head, err) == 0 ? 1 : -1;
    mi_volume *m = &st->masks.v[st->at];
    char shown[MI_UID_SIZE];
    shown_uid(st, first_of(st, st->chosen)->series, shown);
    *head = *m;
    head->data = NULL; /* the voxels follow when asked for */
    head->libraries = st->libraries;
    head->series = mi_strdup(shown, err);
    m->name = NULL;
    m->meta = (mi_meta){ .role = NULL };
    m->warnings = (mi_warnings)MI_WARNINGS_EMPTY;
    return head->series ? 1 : -1;
}

static int decode(dicom_state *st, int64_t k0, int64_t k1, void *out, mi_err *err)
{
    const mi_dicom_frame *f = st->stack.frame + st->at * st->stack.slices + k0;
    return mi_dicom_decode(&st->scan, f, k1 - k0, &st->plan, out, &st->padding, st->pool, err);
}

static void tell_padding(const dicom_state *st, mi_warnings *w)
{
    if (st->padding)
        mi_warn(w, "padding",
                "%lld voxels hold the padding value %g; they are kept, and left out of statistics",
                (long long)st->padding, st->plan.padding[0]);
}

static int image_voxels(dicom_state *st, mi_volume *v, int64_t k0, int64_t k1, mi_err *err)
{
    size_t slice = (size_t)mi_volume_slice_voxels(v) * mi_type_size(v->type);
    v->data = mi_array((size_t)(k1 - k0), slice, err);
    if (!v->data)
        return -1;
    v->k0 = k0;
    v->k1 = k1;
    if (decode(st, k0, k1, v->data, err) != 0)
        return -1;
    tell_padding(st, &v->warnings);
    return 0;
}

static int voxels(void *state, mi_volume *v, int64_t k0, int64_t k1, mi_err *err)
{
    dicom_state *st = state;
    if (!st->marks)
        return image_voxels(st, v, k0, k1, err);
    mi_volume *m = &st->masks.v[st->at];
    if (k0 != m->k0 || k1 != m->k1)
        return mi_fail(err, MI_E_INTERNAL, NULL, "part of a label map asked for");
    v->data = m->data;
    m->data = NULL;
    v->k0 = k0;
    v->k1 = k1;
    return 0;
}

static int slices(void *state, const mi_volume *v, int64_t k0, int64_t k1, void *out, mi_err *err)
{
    dicom_state *st = state;
    if (st->marks) {
        const mi_volume *m = &st->masks.v[st->at];
        size_t slice = (size_t)mi_volume_slice_voxels(v) * mi_type_size(v->type);
        memcpy(out, (const char *)m->data + (size_t)k0 * slice, (size_t)(k1 - k0) * slice);
        return 0;
    }
    if (decode(st, k0, k1, out, err) != 0)
        return -1;
    if (k1 == v->grid.n[2])
        tell_padding(st, &st->noticed);
    return 0;
}

static const mi_warnings *noticed(const void *state)
{
    return &((const dicom_state *)state)->noticed;
}

static int labels(void *state, mi_volume *v, mi_err *err)
{
    return voxels(state, v, 0, v->grid.n[2], err);
}

/* ---- facts ---- */

static cJSON *series_facts(dicom_state *st, int i, mi_err *err)
{
    const mi_dicom_object *o = first_of(st, i);
    char shown[MI_UID_SIZE];
    cJSON *j = cJSON_CreateObject();
    shown_uid(st, o->series, shown);
    mi_json_add_string(j, "series", shown);
    mi_json_add_number(j, "number", o->series_number);
    mi_json_add_string(j, "modality", o->modality);
    mi_json_add_string(j, "description",
                       st->keep.descriptions && o->description[0] ? o->description : NULL);
    const mi_sop_class *c = mi_sop_class_find(o->sop_class);
    mi_json_add_string(j, "sop_class", c ? c->name : o->sop_class);
    mi_json_add_string(j, "transfer_syntax", o->syntax);
    mi_json_add_number(j, "objects", st->series[i].n);
    mi_json_add_number(j, "images", st->series[i].n_frames);
    if (mi_dicom_marks(o) || !has_image(st, i)) {
        mi_dicom_marks_facts(&st->scan, &st->scan.object[st->series[i].object[0]], j, err);
        return j;
    }
    mi_dicom_stack s = MI_DICOM_STACK_EMPTY;
    mi_warnings w = MI_WARNINGS_EMPTY;
    mi_err own = MI_ERR_EMPTY;
    int n = 0, was = st->chosen;
    st->chosen = i;
    mi_dicom_frame *f = chosen_frames(st, &n, err);
    st->chosen = was;
    cJSON *wrong = cJSON_CreateArray();
    if (f && mi_dicom_stack_make(st->scan.object, f, n, &s, &w, &own) == 0) {
        double size[3] = { (double)s.grid.n[0], (double)s.grid.n[1], (double)s.grid.n[2] };
        mi_json_add(j, "size", mi_json_numbers(size, 3));
        mi_json_add(j, "spacing", mi_json_numbers(s.grid.spacing, 3));
        mi_json_add_number(j, "volumes", (double)s.volumes);
        if (s.tilt_deg > 0.1)
            mi_json_add_number(j, "gantry_tilt_deg", s.tilt_deg);
    } else {
        mi_json_append(wrong, cJSON_CreateString(own.message));
    }
    for (int k = 0; k < w.n; k++)
        mi_json_append(wrong, cJSON_CreateString(w.item[k].why));
    mi_json_add(j, "wrong", wrong);
    mi_warnings_free(&w);
    mi_dicom_stack_free(&s);
    free(f);
    return j;
}

static cJSON *facts(const void *state, mi_err *err)
{
    dicom_state *st = (dicom_state *)state;
    cJSON *j = cJSON_CreateObject(), *list = cJSON_CreateArray();
    mi_json_add_string(j, "format", "DICOM");
    mi_json_add_number(j, "files", st->scan.files);
    mi_json_add_number(j, "not_dicom", st->scan.strangers);
    mi_json_add_number(j, "damaged", st->scan.damaged);
    for (int i = 0; i < st->n_series; i++)
        mi_json_append(list, series_facts(st, i, err));
    mi_json_add(j, "series", list);
    return j;
}

extern const mi_format mi_format_dicom;
const mi_format mi_format_dicom = { "dicom", sniff, open_dicom, next, voxels, labels, slices,
                                    facts, close_state, noticed };
