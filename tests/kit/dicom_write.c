#define _GNU_SOURCE
#include "dicom_write.h"
#include <ftw.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "bytes.h"

typedef struct element {
    uint32_t tag;
    char vr[3];
    void *value;    /* text, doubles or bytes */
    size_t n;       /* of bytes, or of numbers */
    bool numbers, undefined;
    dw **item;      /* of a sequence */
    int items;
} element;

struct dw { element *e; int n; };

/* ---- elements ---- */

dw *dw_new(void) { return must(calloc(1, sizeof(dw))); }

static void clear(element *e)
{
    for (int i = 0; i < e->items; i++)
        dw_free(e->item[i]);
    free(e->item);
    free(e->value);
}

void dw_free(dw *d)
{
    for (int i = 0; d && i < d->n; i++)
        clear(&d->e[i]);
    if (d)
        free(d->e);
    free(d);
}

static element *find(const dw *d, uint32_t tag)
{
    for (int i = 0; i < d->n; i++)
        if (d->e[i].tag == tag)
            return &d->e[i];
    return NULL;
}

void dw_remove(dw *d, uint32_t tag)
{
    element *e = find(d, tag);
    if (!e)
        return;
    clear(e);
    memmove(e, e + 1, (size_t)(d->e + d->n - (e + 1)) * sizeof *e);
    d->n--;
}

/* An empty element in its place by tag. */
static element *add(dw *d, uint32_t tag, const char *vr)
{
    dw_remove(d, tag);
    d->e = must(realloc(d->e, (size_t)(d->n + 1) * sizeof *d->e));
    int at = d->n++;
    while (at > 0 && d->e[at - 1].tag > tag) {
        d->e[at] = d->e[at - 1];
        at--;
    }
    d->e[at] = (element){ .tag = tag };
    memcpy(d->e[at].vr, vr, 2);
    return &d->e[at];
}

void dw_text(dw *d, uint32_t tag, const char *vr, const char *fmt, ...)
{
    va_list ap;
    char *s;
    va_start(ap, fmt);
    if (vasprintf(&s, fmt, ap) < 0)
        abort();
    va_end(ap);
    element *e = add(d, tag, vr);
    e->value = s;
    e->n = strlen(s);
}

/* A decimal string has at most 16 characters. */
static void decimal(double x, char out[32])
{
    for (int digits = 17; digits > 0; digits--) {
        snprintf(out, 32, "%.*g", digits, x);
        if (strlen(out) <= 16)
            return;
    }
}

void dw_numbers(dw *d, uint32_t tag, const char *vr, const double *x, int n)
{
    if (strcmp(vr, "DS") == 0 || strcmp(vr, "IS") == 0) {
        buffer b = { NULL, 0, 0 };
        for (int i = 0; i < n; i++) {
            char word[32];
            decimal(x[i], word);
            put(&b, "\\", i > 0);
            put(&b, word, strlen(word));
        }
        element *e = add(d, tag, vr);
        put(&b, "", 1); /* an end that does not count */
        e->value = b.p;
        e->n = b.n - 1;
        return;
    }
    element *e = add(d, tag, vr);
    e->value = must(malloc((size_t)n * sizeof *x + 1));
    memcpy(e->value, x, (size_t)n * sizeof *x);
    e->n = (size_t)n;
    e->numbers = true;
}

void dw_number(dw *d, uint32_t tag, const char *vr, double x) { dw_numbers(d, tag, vr, &x, 1); }

void dw_bytes(dw *d, uint32_t tag, const char *vr, const void *p, size_t n)
{
    void *copy = must(malloc(n + 1));
    memcpy(copy, p, n);
    element *e = add(d, tag, vr);
    e->value = copy;
    e->n = n;
}

void dw_items(dw *d, uint32_t tag, const void *p, size_t n)
{
    dw_bytes(d, tag, "OB", p, n);
    find(d, tag)->undefined = true;
}

double dw_told(const dw *d, uint32_t tag, double otherwise)
{
    const element *e = find(d, tag);
    if (!e)
        return otherwise;
    return e->numbers ? ((const double *)e->value)[0] : strtod(e->value, NULL);
}

const void *dw_held(const dw *d, uint32_t tag, size_t *n)
{
    const element *e = find(d, tag);
    *n = e ? e->n : 0;
    return e ? e->value : NULL;
}

dw *dw_item(dw *d, uint32_t tag)
{
    element *e = find(d, tag);
    if (!e)
        e = add(d, tag, "SQ");
    e->item = must(realloc(e->item, (size_t)(e->items + 1) * sizeof *e->item));
    return e->item[e->items++] = dw_new();
}

void dw_code(dw *d, uint32_t tag, const char *code)
{
    char word[3][128] = { "", "", "" };
    if (sscanf(code, "%127[^:]:%127[^:]:%127[^\n]", word[0], word[1], word[2]) < 2)
        abort();
    dw *i = dw_item(d, tag);
    dw_text(i, 0x00080102, "SH", "%s", word[0]);
    dw_text(i, 0x00080100, "SH", "%s", word[1]);
    dw_text(i, 0x00080104, "LO", "%s", word[2]);
}

/* ---- encoding ---- */

typedef struct form { bool big, implicit, rle; } form;

static void integer(buffer *b, const form *f, uint64_t x, int size)
{
    for (int i = 0; i < size; i++) {
        unsigned char c = (unsigned char)(x >> 8 * (f->big ? size - 1 - i : i));
        put(b, &c, 1);
    }
}

static void binary_number(buffer *b, const form *f, const char *vr, double x)
{
    float single = (float)x;
    uint32_t w;
    uint64_t v;
    memcpy(&w, &single, sizeof w);
    memcpy(&v, &x, sizeof v);
    if (strcmp(vr, "US") == 0 || strcmp(vr, "SS") == 0) {
        integer(b, f, (uint64_t)(int64_t)x, 2);
    } else if (strcmp(vr, "AT") == 0) { /* group, then element */
        integer(b, f, (uint64_t)x >> 16, 2);
        integer(b, f, (uint64_t)x & 0xffff, 2);
    } else if (strcmp(vr, "FL") == 0) {
        integer(b, f, w, 4);
    } else if (strcmp(vr, "FD") == 0) {
        integer(b, f, v, 8);
    } else {
        integer(b, f, (uint64_t)(int64_t)x, 4);
    }
}

/* The size of the numbers that a VR of bytes holds. */
static size_t word_of(const char *vr)
{
    return strcmp(vr, "OW") == 0 ? 2 : strcmp(vr, "OF") == 0 || strcmp(vr, "OL") == 0 ? 4
           : strcmp(vr, "OD") == 0 ? 8 : 1;
}

static void data_set(buffer *b, const form *f, const dw *d, int from_group, int to_group);

static buffer value_of(const form *f, const element *e)
{
    buffer b = { NULL, 0, 0 };
    const form swap = { .big = f->big };
    size_t word = word_of(e->vr);
    for (int i = 0; i < e->items; i++) {
        buffer item = { NULL, 0, 0 };
        data_set(&item, f, e->item[i], 0, 0xffff);
        integer(&b, f, 0xfffe, 2);
        integer(&b, f, 0xe000, 2);
        integer(&b, f, item.n, 4);
        put(&b, item.p, item.n);
        free(item.p);
    }
    if (e->numbers) {
        for (size_t i = 0; i < e->n; i++)
            binary_number(&b, f, e->vr, ((const double *)e->value)[i]);
    } else if (word > 1 && f->big) {
        for (size_t i = 0; i + word <= e->n; i += word) {
            uint64_t x = 0;
            memcpy(&x, (const char *)e->value + i, word);
            integer(&b, &swap, x, (int)word);
        }
    } else if (e->value) {
        put(&b, e->value, e->n);
    }
    if (b.n & 1)
        put(&b, strcmp(e->vr, "UI") == 0 || word_of(e->vr) > 1 || e->vr[0] == 'O' ? "" : " ", 1);
    return b;
}

static bool is_long(const char *vr)
{
    return vr[0] == 'O' || strcmp(vr, "SQ") == 0 || strcmp(vr, "UN") == 0 || strcmp(vr, "UT") == 0;
}

static void head(buffer *b, const form *f, uint32_t tag, const char *vr, uint32_t length)
{
    integer(b, f, tag >> 16, 2);
    integer(b, f, tag & 0xffff, 2);
    if (f->implicit) {
        integer(b, f, length, 4);
        return;
    }
    put(b, vr, 2);
    if (is_long(vr))
        integer(b, f, 0, 2);
    integer(b, f, length, is_long(vr) ? 4 : 2);
}

/* One plane of bytes of a frame as literal runs (PS3.5, annex G). */
static void literal(buffer *b, const unsigned char *p, size_t n, size_t step)
{
    size_t before = b->n;
    for (size_t i = 0; i < n; i += 128) {
        size_t now = n - i < 128 ? n - i : 128;
        unsigned char c = (unsigned char)(now - 1);
        put(b, &c, 1);
        for (size_t k = 0; k < now; k++)
            put(b, p + (i + k) * step, 1);
    }
    put(b, "", (b->n - before) & 1);
}

static void rle_frame(buffer *b, const unsigned char *p, size_t pixels, int samples, int bytes)
{
    const form f = { .big = false };
    uint32_t at[16] = { (uint32_t)(samples * bytes) };
    buffer planes = { NULL, 0, 0 };
    for (int s = 0; s < samples; s++)
        for (int k = bytes - 1; k >= 0; k--) { /* the highest byte first */
            at[1 + s * bytes + bytes - 1 - k] = (uint32_t)(64 + planes.n);
            literal(&planes, p + s * bytes + k, pixels, (size_t)(samples * bytes));
        }
    head(b, &(form){ .implicit = true }, 0xfffee000, "", (uint32_t)(64 + planes.n));
    for (int i = 0; i < 16; i++)
        integer(b, &f, at[i], 4);
    put(b, planes.p, planes.n);
    free(planes.p);
}

static void rle_pixels(buffer *b, const dw *d, const element *e)
{
    size_t pixels = (size_t)(dw_told(d, 0x00280010, 0) * dw_told(d, 0x00280011, 0));
    int samples = (int)dw_told(d, 0x00280002, 1), bytes = (int)dw_told(d, 0x00280100, 16) / 8;
    int frames = (int)dw_told(d, 0x00280008, 1);
    size_t size = pixels * (size_t)samples * (size_t)bytes;
    if (size * (size_t)frames > e->n)
        abort();
    head(b, &(form){ .big = false }, e->tag, "OB", 0xffffffff);
    head(b, &(form){ .implicit = true }, 0xfffee000, "", 0); /* no offset table */
    for (int k = 0; k < frames; k++)
        rle_frame(b, (const unsigned char *)e->value + (size_t)k * size, pixels, samples, bytes);
    head(b, &(form){ .implicit = true }, 0xfffee0dd, "", 0);
}

static void data_set(buffer *b, const form *f, const dw *d, int from_group, int to_group)
{
    for (int i = 0; i < d->n; i++) {
        const element *e = &d->e[i];
        int group = (int)(e->tag >> 16);
        if (group < from_group || group > to_group)
            continue;
        if (f->rle && e->tag == 0x7fe00010) {
            rle_pixels(b, d, e);
            continue;
        }
        buffer v = value_of(f, e);
        head(b, f, e->tag, e->vr, e->undefined ? 0xffffffff : (uint32_t)v.n);
        put(b, v.p, v.n);
        free(v.p);
    }
}

static void deflate_to(buffer *b, const buffer *set)
{
    z_stream z = { .next_in = set->p, .avail_in = (unsigned)set->n };
    size_t room = set->n + 1024;
    unsigned char *out = must(malloc(room));
    z.next_out = out;
    z.avail_out = (unsigned)room;
    if (deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    put(b, out, z.total_out);
    put(b, "", z.total_out & 1);
    deflateEnd(&z);
    free(out);
}

static const char *const uids[] = { "1.2.840.10008.1.2.1", "1.2.840.10008.1.2",
                                    "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99",
                                    "1.2.840.10008.1.2.5" };

/* Preamble and meta header; elements of group 0002 in the data set win. */
static void meta(buffer *b, const dw *d, dw_syntax syntax)
{
    const form f = { .big = false };
    const element *e;
    const unsigned char zero[128] = { 0 }, version[2] = { 0, 1 };
    buffer body = { NULL, 0, 0 };
    dw *m = dw_new();
    dw_bytes(m, 0x00020001, "OB", version, 2);
    if ((e = find(d, 0x00080016)))
        dw_text(m, 0x00020002, "UI", "%.*s", (int)e->n, (const char *)e->value);
    if ((e = find(d, 0x00080018)))
        dw_text(m, 0x00020003, "UI", "%.*s", (int)e->n, (const char *)e->value);
    dw_text(m, 0x00020010, "UI", "%s", uids[syntax]);
    for (int i = 0; i < d->n && d->e[i].tag >> 16 == 2; i++)
        dw_text(m, d->e[i].tag, d->e[i].vr, "%.*s", (int)d->e[i].n, (const char *)d->e[i].value);
    data_set(&body, &f, m, 2, 2);
    put(b, zero, sizeof zero);
    put(b, "DICM", 4);
    head(b, &f, 0x00020000, "UL", 4);
    integer(b, &f, body.n, 4);
    put(b, body.p, body.n);
    free(body.p);
    dw_free(m);
}

unsigned char *dw_encode(const dw *d, dw_syntax syntax, size_t *n)
{
    buffer b = { NULL, 0, 0 }, set = { NULL, 0, 0 };
    const form f = { .big = syntax == DW_BIG,
                     .implicit = syntax == DW_IMPLICIT || syntax == DW_BARE,
                     .rle = syntax == DW_RLE };
    data_set(&set, &f, d, 3, 0xffff);
    if (syntax != DW_BARE)
        meta(&b, d, syntax);
    if (syntax == DW_DEFLATED)
        deflate_to(&b, &set);
    else
        put(&b, set.p, set.n);
    free(set.p);
    *n = b.n;
    return b.p;
}

void dw_write(const dw *d, dw_syntax syntax, const char *path)
{
    size_t n;
    unsigned char *p = dw_encode(d, syntax, &n);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0) {
        perror(path);
        abort();
    }
    free(p);
}

/* ---- images ---- */

dw_spec dw_spec_ct(void)
{
    return (dw_spec){ .sop_class = "1.2.840.10008.5.1.4.1.1.2", .modality = "CT",
                      .photometric = "MONOCHROME2", .series = "1.2.3.4", .series_number = 4,
                      .instance = 1, .acquisition = 1, .columns = 8, .rows = 6, .samples = 1,
                      .allocated = 16, .stored = 16, .high = 15, .placed = 1,
                      .position = { -10, -20, 30 }, .orientation = { 1, 0, 0, 0, 1, 0 },
                      .spacing = { 2, 1.5 }, .thickness = 3, .slope = 1, .inter = -1000 };
}

int dw_value(int x, int y, int k) { return 100 * k + 10 * y + x; }

static void add_pixels(dw *d, const dw_spec *s)
{
    size_t frames = (size_t)(s->frames ? s->frames : 1),
           plane = (size_t)s->columns * (size_t)s->rows;
    uint16_t *wide = must(calloc(frames * plane + 1, sizeof *wide));
    unsigned char *narrow = must(calloc(frames * plane + 1, 1));
    for (size_t i = 0; i < frames * plane; i++) {
        int k = s->frames ? (int)(i / plane) : s->instance, p = (int)(i % plane);
        wide[i] = (uint16_t)dw_value(p % s->columns, p / s->columns, k);
        narrow[i] = (unsigned char)wide[i];
    }
    if (s->allocated == 16)
        dw_bytes(d, 0x7fe00010, "OW", wide, 2 * frames * plane);
    else
        dw_bytes(d, 0x7fe00010, "OB", narrow, frames * plane);
    free(wide);
    free(narrow);
}

static void add_geometry(dw *d, const dw_spec *s)
{
    if (s->thickness != 0)
        dw_number(d, 0x00180050, "DS", s->thickness);
    if (s->placed) {
        dw_numbers(d, 0x00200032, "DS", s->position, 3);
        dw_numbers(d, 0x00200037, "DS", s->orientation, 6);
        dw_text(d, 0x00200052, "UI", "%s.99", s->series);
    }
    if (s->spacing[0] != 0 || s->spacing[1] != 0)
        dw_numbers(d, 0x00280030, "DS", s->spacing, 2);
}

dw *dw_image(const dw_spec *s)
{
    dw *d = dw_new();
    dw_text(d, 0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL");
    dw_text(d, 0x00080016, "UI", "%s", s->sop_class);
    dw_text(d, 0x00080018, "UI", "%s.%d", s->series, s->instance);
    dw_text(d, 0x00080060, "CS", "%s", s->modality);
    dw_text(d, 0x0020000d, "UI", "1.2.3");
    dw_text(d, 0x0020000e, "UI", "%s", s->series);
    dw_number(d, 0x00200011, "IS", s->series_number);
    dw_number(d, 0x00200012, "IS", s->acquisition);
    dw_number(d, 0x00200013, "IS", s->instance);
    add_geometry(d, s);
    dw_number(d, 0x00280002, "US", s->samples);
    dw_text(d, 0x00280004, "CS", "%s", s->photometric);
    if (s->frames)
        dw_number(d, 0x00280008, "IS", s->frames);
    dw_number(d, 0x00280010, "US", s->rows);
    dw_number(d, 0x00280011, "US", s->columns);
    dw_number(d, 0x00280100, "US", s->allocated);
    dw_number(d, 0x00280101, "US", s->stored);
    dw_number(d, 0x00280102, "US", s->high);
    dw_number(d, 0x00280103, "US", s->is_signed);
    if (s->slope != 0) {
        dw_number(d, 0x00281052, "DS", s->inter);
        dw_number(d, 0x00281053, "DS", s->slope);
    }
    add_pixels(d, s);
    return d;
}

void dw_image_write(const dw_spec *s, dw_syntax syntax, const char *path)
{
    dw *d = dw_image(s);
    dw_write(d, syntax, path);
    dw_free(d);
}

/* ---- folders ---- */

enum { FOLDERS_MAX = 4096 };

static char *made[FOLDERS_MAX];
static int n_made;
static pid_t maker;

static int drop(const char *path, const struct stat *st, int what, struct FTW *at)
{
    (void)st;
    (void)what;
    (void)at;
    return remove(path);
}

static void drop_all(void)
{
    for (int i = 0; i < n_made && getpid() == maker; i++) {
        nftw(made[i], drop, 16, FTW_DEPTH | FTW_PHYS);
        free(made[i]);
    }
}

char *dw_folder(void)
{
    const char *tmp = getenv("TMPDIR");
    char *path;
    if (asprintf(&path, "%s/mi-dicom.XXXXXX", tmp && *tmp ? tmp : "/tmp") < 0 || !mkdtemp(path) ||
        n_made == FOLDERS_MAX)
        abort();
    if (n_made == 0) {
        maker = getpid();
        atexit(drop_all);
    }
    made[n_made++] = must(strdup(path));
    return path;
}

const char *dw_path(const char *folder, const char *name)
{
    static char ring[16][512];
    static int at;
    char *out = ring[at++ % 16];
    snprintf(out, sizeof ring[0], "%s/%s", folder, name);
    return out;
}
