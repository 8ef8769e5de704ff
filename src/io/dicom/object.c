/* Attributes of DICOM objects, of classic and of enhanced multi-frame images (PS3.3 C.7.6.2,
   C.7.6.16, C.8.9, C.11.1). */
#include "io/dicom/object.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "image/pet.h"

#define STORAGE "1.2.840.10008.5.1.4.1.1."

/* PS3.4 table B.5-1, and what is made of each. */
const mi_sop_class mi_sop_classes[] = {
    { STORAGE "2", "CT Image", "volume" },
    { STORAGE "2.1", "Enhanced CT Image", "volume, 4-D by dimension" },
    { STORAGE "2.2", "Legacy Converted Enhanced CT Image", "volume" },
    { STORAGE "4", "MR Image", "volume" },
    { STORAGE "4.1", "Enhanced MR Image", "volume, 4-D by dimension" },
    { STORAGE "4.4", "Legacy Converted Enhanced MR Image", "volume" },
    { STORAGE "128", "PET Image", "volume" },
    { STORAGE "130", "Enhanced PET Image", "volume, 4-D by dimension" },
    { STORAGE "128.1", "Legacy Converted Enhanced PET Image", "volume" },
    { STORAGE "20", "Nuclear Medicine Image", "volume, or 4-D of frames without position" },
    { STORAGE "1", "Computed Radiography Image", "one slice" },
    { STORAGE "1.1", "Digital X-Ray Image, for presentation", "one slice" },
    { STORAGE "1.1.1", "Digital X-Ray Image, for processing", "one slice" },
    { STORAGE "1.2", "Digital Mammography Image, for presentation", "one slice" },
    { STORAGE "1.2.1", "Digital Mammography Image, for processing", "one slice" },
    { STORAGE "13.1.3", "Breast Tomosynthesis Image", "volume" },
    { STORAGE "12.1", "X-Ray Angiographic Image", "4-D of frames without position" },
    { STORAGE "12.2", "X-Ray Radiofluoroscopic Image", "4-D of frames without position" },
    { STORAGE "6.1", "Ultrasound Image", "one slice; colour by --grey" },
    { STORAGE "3.1", "Ultrasound Multi-frame Image", "4-D of frames; colour by --grey" },
    { STORAGE "7", "Secondary Capture Image", "one slice; colour by --grey" },
    { STORAGE "7.1", "Multi-frame Single Bit Secondary Capture", "one slice a frame" },
    { STORAGE "7.2", "Multi-frame Greyscale Byte Secondary Capture", "volume if placed" },
    { STORAGE "7.3", "Multi-frame Greyscale Word Secondary Capture", "volume if placed" },
    { STORAGE "7.4", "Multi-frame True Colour Secondary Capture", "by --grey" },
    { STORAGE "30", "Parametric Map", "volume, float" },
    { STORAGE "481.2", "RT Dose", "volume in Gy" },
    { STORAGE "66.4", "Segmentation", "label maps" },
    { STORAGE "66.7", "Label Map Segmentation", "label maps" },
    { STORAGE "481.3", "RT Structure Set", "label maps on the image's grid" },
    { NULL, NULL, NULL }
};

const mi_sop_class *mi_sop_class_find(const char *uid)
{
    for (const mi_sop_class *c = mi_sop_classes; c->uid; c++)
        if (strcmp(c->uid, uid) == 0)
            return c;
    return NULL;
}

/* Reads attributes of one object. */
typedef struct reader {
    const mi_dicom_functions *f;
    mi_dcm *d;
    const char *damaged; /* an attribute that values depend on and that is no number */
} reader;

static void get_text(const reader *r, const char *path, char *out, size_t size)
{
    const char *s = r->f->text(r->d, path);
    snprintf(out, size, "%s", s ? s : "");
}

static double get_number(const reader *r, const char *path, double otherwise)
{
    double x;
    return r->f->numbers(r->d, path, &x, 1) >= 1 ? x : otherwise;
}

static bool get_numbers(const reader *r, const char *path, double *out, int n)
{
    return r->f->numbers(r->d, path, out, n) == n;
}

/* A number that may be left out, but not be damaged. */
static double must_number(reader *r, const char *path, const char *name, double otherwise)
{
    double x;
    int n = r->f->numbers(r->d, path, &x, 1);
    if (n < 0)
        r->damaged = name;
    return n >= 1 ? x : otherwise;
}

/* A whole number in a range; outside it what stands for "cannot be". */
static int64_t get_count(const reader *r, const char *path, double otherwise, double most)
{
    double x = get_number(r, path, otherwise);
    return x >= 0 && x <= most ? (int64_t)x : -1;
}

/* A value of the frame's functional groups: per frame first, then shared (PS3.3 C.7.6.16). tail
   is "sequence[0].element". */
static bool group_numbers(const reader *r, int64_t frame, const char *tail, double *out, int n)
{
    char path[128];
    snprintf(path, sizeof path, "5200,9230[%lld].%s", (long long)frame, tail);
    if (get_numbers(r, path, out, n))
        return true;
    snprintf(path, sizeof path, "5200,9229[0].%s", tail);
    return get_numbers(r, path, out, n);
}

static bool group_must(reader *r, int64_t frame, const char *tail, const char *name, double *out)
{
    char path[128];
    double x;
    snprintf(path, sizeof path, "5200,9230[%lld].%s", (long long)frame, tail);
    if (r->f->numbers(r->d, path, &x, 1) == 0)
        snprintf(path, sizeof path, "5200,9229[0].%s", tail);
    x = must_number(r, path, name, NAN);
    if (isnan(x))
        return false;
    *out = x;
    return true;
}

/* False when it has no direction. */
static bool unit_vector(double v[3])
{
    double n = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int i = 0; i < 3 && n > 0; i++)
        v[i] /= n;
    return n > 1e-3;
}

/* False when row and column are no directions at all. */
static bool set_orientation(mi_dicom_frame *fr, const double o[6])
{
    memcpy(fr->row, o, sizeof fr->row);
    memcpy(fr->column, o + 3, sizeof fr->column);
    bool row = unit_vector(fr->row);
    return unit_vector(fr->column) && row;
}

/* Place, spacing and rescale as classic images tell them, at the top level. */
#define SLOPE "Rescale Slope (0028,1053)"
#define INTERCEPT "Rescale Intercept (0028,1052)"

/* When an image was acquired: what parts frames of one place that no other attribute parts. */
static double moment(const reader *r, const char *date, const char *time)
{
    char a[32], b[32];
    bool dated;
    get_text(r, date, a, sizeof a);
    get_text(r, time, b, sizeof b);
    return mi_dicom_seconds(*a ? a : NULL, *b ? b : NULL, &dated);
}

static void read_plain(reader *r, mi_dicom_frame *fr)
{
    double o[6], s[2];
    fr->placed = get_numbers(r, "0020,0032", fr->position, 3) && get_numbers(r, "0020,0037", o, 6);
    if (fr->placed)
        fr->placed = set_orientation(fr, o);
    if (get_numbers(r, "0028,0030", s, 2) || get_numbers(r, "0018,1164", s, 2) ||
        get_numbers(r, "0018,2010", s, 2))
        memcpy(fr->spacing, s, sizeof s);
    fr->thickness = get_number(r, "0018,0050", NAN);
    fr->between = get_number(r, "0018,0088", NAN);
    fr->slope = must_number(r, "0028,1053", SLOPE, 1);
    fr->inter = must_number(r, "0028,1052", INTERCEPT, 0);
    fr->instance = get_number(r, "0020,0013", NAN);
    fr->acquisition = get_number(r, "0020,0012", NAN);
    fr->temporal = get_number(r, "0020,0100", NAN);
    fr->echo = get_number(r, "0018,0081", NAN);
    fr->trigger = get_number(r, "0018,1060", NAN);
    fr->b_value = get_number(r, "0018,9087", NAN);
    fr->inversion = get_number(r, "0018,0082", NAN);
    fr->flip = get_number(r, "0018,1314", NAN);
    fr->dimensions = NAN;
    fr->when = moment(r, "0008,0022", "0008,0032");
}

/* Dimension Index Values, at most four of up to 4095, folded into one number; and the moment of
   acquisition. */
static void read_content(const reader *r, int64_t k, mi_dicom_frame *fr)
{
    double index[4];
    char path[64], when[40];
    bool dated;
    snprintf(path, sizeof path, "5200,9230[%lld].0020,9111[0].0020,9157", (long long)k);
    int n = r->f->numbers(r->d, path, index, 4);
    if (n > 0)
        fr->dimensions = 0;
    for (int i = 0; i < n && i < 4; i++)
        fr->dimensions = fr->dimensions * 4096 + index[i];
    snprintf(path, sizeof path, "5200,9230[%lld].0020,9111[0].0018,9074", (long long)k);
    get_text(r, path, when, sizeof when);
    if (*when)
        fr->when = mi_dicom_datetime_seconds(when, &dated);
}

/* What the functional groups of an enhanced image say of a frame replaces what the top level
   says. */
static void read_groups(reader *r, int64_t k, mi_dicom_frame *fr)
{
    double o[6], s[2], x;
    if (group_numbers(r, k, "0020,9113[0].0020,0032", fr->position, 3) &&
        group_numbers(r, k, "0020,9116[0].0020,0037", o, 6)) {
        fr->placed = set_orientation(fr, o);
    }
    if (group_numbers(r, k, "0028,9110[0].0028,0030", s, 2))
        memcpy(fr->spacing, s, sizeof s);
    if (group_numbers(r, k, "0028,9110[0].0018,0050", &x, 1))
        fr->thickness = x;
    if (group_numbers(r, k, "0028,9110[0].0018,0088", &x, 1))
        fr->between = x;
    if (group_must(r, k, "0028,9145[0].0028,1053", SLOPE, &fr->slope))
        group_must(r, k, "0028,9145[0].0028,1052", INTERCEPT, &fr->inter);
    if (group_numbers(r, k, "0020,9111[0].0020,9128", &x, 1))
        fr->temporal = x;
    if (group_numbers(r, k, "0020,9111[0].0020,9156", &x, 1))
        fr->acquisition = x;
    if (group_numbers(r, k, "0018,9114[0].0018,9082", &x, 1))
        fr->echo = x;
    if (group_numbers(r, k, "0018,9117[0].0018,9087", &x, 1))
        fr->b_value = x;
    if (group_numbers(r, k, "0018,9118[0].0020,9153", &x, 1))
        fr->trigger = x;
    if (group_numbers(r, k, "0018,9115[0].0018,9079", &x, 1))
        fr->inversion = x;
    if (group_numbers(r, k, "0018,9112[0].0018,1314", &x, 1))
        fr->flip = x;
    read_content(r, k, fr);
}

static void step_along(mi_dicom_frame *fr, double mm)
{
    const double *a = fr->row, *b = fr->column;
    double n[3] = { a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                    a[0] * b[1] - a[1] * b[0] };
    for (int i = 0; i < 3; i++)
        fr->position[i] += mm * n[i];
}

/* Frames of RT Dose lie at Grid Frame Offset Vector (PS3.3 C.8.8.3), values in Gy by Dose Grid
   Scaling. */
static int read_dose(const reader *r, const mi_dicom_object *o, mi_dicom_frame *list, mi_err *err)
{
    double *offset = mi_array((size_t)o->frames, sizeof *offset, err);
    if (!offset)
        return -1;
    int n = r->f->numbers(r->d, "3004,000c", offset, (int)o->frames);
    double scale = get_number(r, "3004,000e", 1);
    for (int64_t k = 0; k < o->frames; k++) {
        list[k].slope = scale;
        list[k].inter = 0;
        if (n == o->frames && list[k].placed)
            step_along(&list[k], offset[k] - offset[0]);
        else if (o->frames > 1)
            list[k].placed = false;
    }
    free(offset);
    return 0;
}

/* Reconstructed NM: the detector's position is that of the first slice, the others follow along
   the normal (PS3.3 C.8.4.15, C.8.4.9). A Slice Vector tells which slice a frame is; frames of
   one slice are moments. */
static int read_nuclear(const reader *r, const mi_dicom_object *o, mi_dicom_frame *list,
                        mi_err *err)
{
    double p[3], d[6];
    double *slice = mi_array((size_t)o->frames, sizeof *slice, err);
    if (!slice)
        return -1;
    bool vector = r->f->numbers(r->d, "0054,0080", slice, (int)o->frames) == o->frames;
    bool known = get_numbers(r, "0054,0022[0].0020,0032", p, 3) &&
                 get_numbers(r, "0054,0022[0].0020,0037", d, 6) && list[0].between != 0 &&
                 !isnan(list[0].between);
    for (int64_t k = 0; known && k < o->frames; k++) {
        memcpy(list[k].position, p, sizeof p);
        list[k].placed = set_orientation(&list[k], d);
        step_along(&list[k], (vector ? slice[k] - 1 : (double)k) * list[0].between);
    }
    free(slice);
    return 0;
}

/* A parametric map's values are those of its Real World Value Mapping (PS3.3 C.7.6.16.2.11). */
static void read_mapping(const reader *r, mi_dicom_object *o, mi_dicom_frame *list)
{
    static const char *const groups[] = { "5200,9230[0].", "5200,9229[0]." };
    char path[128];
    for (int64_t k = 0; k < o->frames; k++) {
        double slope, inter;
        if (group_numbers(r, k, "0040,9096[0].0040,9225", &slope, 1) &&
            group_numbers(r, k, "0040,9096[0].0040,9224", &inter, 1)) {
            list[k].slope = slope;
            list[k].inter = inter;
        }
    }
    for (int i = 0; i < 2 && !*o->map_unit; i++) {
        snprintf(path, sizeof path, "%s0040,9096[0].0040,08ea[0].0008,0100", groups[i]);
        get_text(r, path, o->map_unit, sizeof o->map_unit);
    }
}

/* Frames without positions are slices in their order where volumes are made, moments in time
   elsewhere (ultrasound, angiography ...). */
static bool volumetric(const char *modality)
{
    static const char *const volumes[] = { "CT", "MR", "PT", "NM", "OT" };
    for (int i = 0; i < MI_COUNT(volumes); i++)
        if (strcmp(volumes[i], modality) == 0)
            return true;
    return false;
}

static int read_frames(reader *r, int index, mi_dicom_object *o, mi_dicom_frame **list, int *n,
                       mi_err *err)
{
    mi_dicom_frame *all = mi_regrow(*list, (size_t)*n + (size_t)o->frames, sizeof *all, err);
    if (!all)
        return -1;
    *list = all;
    mi_dicom_frame *own = all + *n;
    memset(own, 0, (size_t)o->frames * sizeof *own);
    bool groups = r->f->items(r->d, "5200,9229") > 0 || r->f->items(r->d, "5200,9230") > 0;
    read_plain(r, &own[0]);
    for (int64_t k = o->frames - 1; k >= 0; k--) {
        own[k] = own[0];
        own[k].object = index;
        own[k].number = k;
        if (o->frames > 1 && !groups) {
            own[k].placed = own[0].placed && strcmp(o->modality, "RTDOSE") == 0;
            own[k].temporal = o->frames > 1 ? (double)k : own[0].temporal;
        }
    }
    for (int64_t k = 0; groups && k < o->frames; k++)
        read_groups(r, k, &own[k]);
    bool nuclear = strcmp(o->modality, "NM") == 0;
    o->in_time = !volumetric(o->modality) || (nuclear && o->frames > 1 && !o->reconstructed);
    *n += (int)o->frames;
    if (strcmp(o->modality, "RTDOSE") == 0)
        return read_dose(r, o, own, err);
    if (nuclear && !o->in_time && !own[0].placed && read_nuclear(r, o, own, err) != 0)
        return -1;
    if (strcmp(o->sop_class, STORAGE "30") == 0)
        read_mapping(r, o, own);
    return r->damaged ? mi_fail(err, MI_E_DATA, NULL, "%s is damaged", r->damaged) : 0;
}

/* Pixel Padding Value and Range Limit are stored values (PS3.3 C.7.5.1.1.2); signed ones may
   come as unsigned. */
static double stored(const mi_dicom_object *o, double x)
{
    return o->is_signed && o->bits_allocated == 16 && x > 32767 ? x - 65536 : x;
}

static void read_padding(const reader *r, mi_dicom_object *o)
{
    bool wide = o->bits_allocated == 64; /* float images have attributes of their own */
    const char *value = !o->is_float ? "0028,0120" : wide ? "0028,0123" : "0028,0122";
    const char *limit = !o->is_float ? "0028,0121" : wide ? "0028,0125" : "0028,0124";
    double a = get_number(r, value, NAN), b = get_number(r, limit, a);
    o->has_padding = !isnan(a);
    if (o->has_padding) {
        a = stored(o, a);
        b = stored(o, b);
        o->padding[0] = fmin(a, b);
        o->padding[1] = fmax(a, b);
    }
}

/* Native pixels need their bytes; coded ones at least a few a frame, and no coding makes an
   image a hundred thousand times smaller. A file that is shorter cannot hold what it promises,
   which is known before memory is asked for. */
static int check_promise(const mi_dicom_object *o, mi_err *err)
{
    static const char *const native[] = { "1.2.840.10008.1.2", "1.2.840.10008.1.2.1",
                                          "1.2.840.10008.1.2.2" };
    double need = (double)o->rows * (double)o->columns * o->samples * o->bits_allocated / 8 *
                  (double)o->frames, least = fmax(need / 1e5, 8.0 * (double)o->frames);
    bool shared = strstr(o->photometric, "_422") != NULL, deflated;
    deflated = strcmp(o->syntax, "1.2.840.10008.1.2.1.99") == 0;
    for (int i = 0; i < MI_COUNT(native); i++)
        if (strcmp(native[i], o->syntax) == 0)
            least = shared ? need * 2 / 3 : need;
    if (deflated)
        least = need / 1040; /* the best that deflate can do is 1032 to 1 */
    if (o->size < 0 || least <= (double)o->size)
        return 0;
    return mi_fail(err, MI_E_DATA, "the file is incomplete or damaged: get it again",
                   "truncated: %lld frames of %lldx%lld do not fit into %lld bytes",
                   (long long)o->frames, (long long)o->columns, (long long)o->rows,
                   (long long)o->size);
}

static int check_pixel_module(const mi_dicom_object *o, mi_err *err)
{
    if (o->rows < 1 || o->columns < 1 || o->frames < 1 || o->samples < 1)
        return mi_fail(err, MI_E_DATA, NULL,
                       "Rows %lld, Columns %lld, Number of Frames %lld, Samples per Pixel %d "
                       "describe no image", (long long)o->rows, (long long)o->columns,
                       (long long)o->frames, o->samples);
    if (o->bits_stored < 1 || o->bits_stored > o->bits_allocated ||
        o->high_bit < o->bits_stored - 1 || o->high_bit >= o->bits_allocated)
        return mi_fail(err, MI_E_DATA, NULL,
                       "Bits Allocated %d, Bits Stored %d, High Bit %d contradict one another",
                       o->bits_allocated, o->bits_stored, o->high_bit);
    return check_promise(o, err);
}

static int read_pixel_module(const reader *r, mi_dicom_object *o, mi_err *err)
{
    double lut[3], frames;
    if (r->f->numbers(r->d, "0028,0008", &frames, 1) < 0)
        return mi_fail(err, MI_E_DATA, NULL, "Number of Frames (0028,0008) is damaged");
    o->rows = get_count(r, "0028,0010", 0, 65535);
    o->columns = get_count(r, "0028,0011", 0, 65535);
    o->frames = get_count(r, "0028,0008", 1, 1e6);
    o->samples = (int)get_count(r, "0028,0002", 1, 65535);
    o->bits_allocated = (int)get_count(r, "0028,0100", 0, 64);
    o->bits_stored = (int)get_count(r, "0028,0101", o->bits_allocated, 64);
    o->high_bit = (int)get_count(r, "0028,0102", o->bits_stored - 1, 64);
    o->is_signed = get_number(r, "0028,0103", 0) == 1;
    o->is_float = r->f->has(r->d, "7fe0,0008") || r->f->has(r->d, "7fe0,0009");
    read_padding(r, o);
    o->has_lut = get_numbers(r, "0028,3000[0].0028,3002", lut, 3);
    if (o->has_lut) {
        /* 16 bits, 0 is all of them */
        o->lut_entries = (int)(lut[0] <= 0 ? lut[0] + 65536 : lut[0]);
        o->lut_first = (int)fmin(65535, fmax(-65535, stored(o, lut[1])));
        o->lut_bits = (int)fmin(64, fmax(0, lut[2]));
    }
    return check_pixel_module(o, err);
}

static bool lossy(const reader *r, const char *syntax)
{
    static const char *const always[] = { "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51",
                                          "1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55",
                                          "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91" };
    char told[17];
    get_text(r, "0028,2110", told, sizeof told);
    for (int i = 0; i < MI_COUNT(always); i++)
        if (strcmp(always[i], syntax) == 0)
            return true;
    return strcmp(told, "01") == 0;
}

int mi_dicom_object_read(const mi_dicom_functions *f, mi_dcm *d, int index, mi_dicom_object *o,
                         mi_dicom_frame **list, int *n, mi_err *err)
{
    reader r = { f, d, NULL };
    char type[256];
    *o = (mi_dicom_object){ .path = o->path, .size = o->size, .dcm = d };
    get_text(&r, "0008,0016", o->sop_class, sizeof o->sop_class);
    get_text(&r, "0008,0018", o->sop_instance, sizeof o->sop_instance);
    get_text(&r, "0020,000e", o->series, sizeof o->series);
    get_text(&r, "0020,0052", o->frame_of_reference, sizeof o->frame_of_reference);
    snprintf(o->syntax, sizeof o->syntax, "%s", f->transfer_syntax(d));
    get_text(&r, "0008,0060", o->modality, sizeof o->modality);
    get_text(&r, "0028,0004", o->photometric, sizeof o->photometric);
    get_text(&r, "0054,1001", o->units, sizeof o->units);
    get_text(&r, "0008,103e", o->description, sizeof o->description);
    o->series_number = get_number(&r, "0020,0011", NAN);
    get_text(&r, "0008,0008", type, sizeof type);
    o->localizer = strstr(type, "LOCALIZER") != NULL;
    o->mosaic = strstr(type, "MOSAIC") != NULL;
    o->reconstructed = strstr(type, "RECON") != NULL;
    get_text(&r, "0028,1054", o->rescale_type, sizeof o->rescale_type);
    get_text(&r, "3004,0002", type, sizeof type);
    o->relative_dose = strcmp(type, "GY") != 0;
    o->lossy = lossy(&r, o->syntax);
    bool pixels = f->has(d, "7fe0,0010") || f->has(d, "7fe0,0008") || f->has(d, "7fe0,0009");
    if (!pixels)
        return 0;
    if (read_pixel_module(&r, o, err) != 0)
        return -1;
    return strcmp(o->modality, "SEG") == 0 ? 0 : read_frames(&r, index, o, list, n, err);
}

void mi_dicom_object_free(const mi_dicom_functions *f, mi_dicom_object *o)
{
    if (o->dcm)
        f->close(o->dcm);
    free(o->path);
    *o = (mi_dicom_object){ .path = NULL };
}
