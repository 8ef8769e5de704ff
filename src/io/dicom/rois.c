#include "io/dicom/rois.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

int mi_roi_add_run(mi_roi_runs *r, int64_t at, int64_t len, mi_err *err)
{
    if (r->n && r->at[r->n - 1] + r->len[r->n - 1] == at) {
        r->len[r->n - 1] += len;
        return 0;
    }
    if (r->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 256;
        int64_t *a = mi_regrow(r->at, cap, sizeof *a, err);
        if (a)
            r->at = a;
        int64_t *l = a ? mi_regrow(r->len, cap, sizeof *l, err) : NULL;
        if (!l)
            return -1;
        r->len = l;
        r->cap = cap;
    }
    r->at[r->n] = at;
    r->len[r->n++] = len;
    return 0;
}

void mi_roi_runs_free(mi_roi_runs *r)
{
    free(r->at);
    free(r->len);
    *r = (mi_roi_runs){ NULL, NULL, 0, 0 };
}

static bool is_free(const mi_volume *v, const mi_roi_runs *r)
{
    size_t size = mi_type_size(v->type);
    for (size_t i = 0; i < r->n; i++) {
        const unsigned char *p = (const unsigned char *)v->data + (size_t)r->at[i] * size;
        for (size_t k = 0; k < (size_t)r->len[i] * size; k++)
            if (p[k])
                return false;
    }
    return true;
}

static void fill(mi_volume *v, const mi_roi_runs *r, int64_t value)
{
    for (size_t i = 0; i < r->n; i++)
        for (int64_t k = 0; k < r->len[i]; k++)
            if (v->type == MI_U8)
                ((uint8_t *)v->data)[r->at[i] + k] = (uint8_t)value;
            else
                ((uint16_t *)v->data)[r->at[i] + k] = (uint16_t)value;
}

/* Zero pages that nobody writes cost no memory, so a map costs what its regions cost. */
static mi_volume *new_map(mi_dicom_masks *m, const mi_grid *g, mi_type type, const char *name,
                          mi_err *err)
{
    mi_volume *more = mi_regrow(m->v, (size_t)m->n + 1, sizeof *more, err);
    if (!more)
        return NULL;
    m->v = more;
    mi_volume *v = &m->v[m->n];
    *v = (mi_volume)MI_VOLUME_EMPTY;
    v->grid = *g;
    v->type = type;
    v->k1 = g->n[2];
    v->data = mi_array_zero((size_t)(g->n[0] * g->n[1] * g->n[2]), mi_type_size(type), err);
    v->name = mi_strdup(name, err);
    v->meta.role = mi_strdup("mask", err);
    m->n++;
    return v->data && v->name && v->meta.role ? v : NULL;
}

static int add_label(mi_meta *meta, const mi_label *label, mi_err *err)
{
    mi_label *more = mi_regrow(meta->label, (size_t)meta->n_labels + 1, sizeof *more, err);
    if (!more)
        return -1;
    meta->label = more;
    int at = meta->n_labels++;
    while (at > 0 && more[at - 1].value > label->value) {
        more[at] = more[at - 1];
        at--;
    }
    more[at] = *label;
    more[at].name = mi_strdup(label->name, err);
    more[at].code = mi_strdup(label->code, err);
    return (label->name && !more[at].name) || (label->code && !more[at].code) ? -1 : 0;
}

int mi_rois_put(mi_dicom_masks *m, const mi_grid *g, mi_type type, const mi_roi_runs *runs,
                const mi_label *label, const char *name, mi_err *err)
{
    mi_volume *v = NULL;
    for (int i = 0; i < m->n && !v; i++)
        if (is_free(&m->v[i], runs))
            v = &m->v[i];
    if (!v)
        v = new_map(m, g, type, name, err);
    if (!v)
        return -1;
    fill(v, runs, label->value);
    return add_label(&v->meta, label, err);
}

bool mi_roi_wanted(const char *pattern, long long number, const char *name)
{
    if (!pattern || !*pattern)
        return true;
    for (const char *p = pattern; *p;) {
        char word[256];
        size_t n = strcspn(p, ",");
        size_t k = n < sizeof word ? n : sizeof word - 1;
        long long value;
        memcpy(word, p, k);
        word[k] = '\0';
        if (name && mi_glob(word, name))
            return true;
        if (mi_parse_int(word, &value) && value == number)
            return true;
        p += n + (p[n] == ',');
    }
    return false;
}

void mi_dicom_check_frame(const char *mask, const char *image, mi_warnings *warn)
{
    if (mask && image && strcmp(mask, image) != 0)
        mi_warn(
            warn, "frame_of_reference",
            "the regions belong to another frame of reference than the image: their places "
            "may not fit");
}

/* CIE 1976 L*a*b* (white D65) to sRGB, IEC 61966-2-1. */
void mi_cielab_rgb(const double lab[3], int rgb[3])
{
    double L = lab[0] * 100 / 65535, a = lab[1] * 255 / 65535 - 128, b = lab[2] * 255 / 65535 - 128;
    double fy = (L + 16) / 116, f[3] = { fy + a / 500, fy, fy - b / 200 };
    const double white[3] = { 0.95047, 1, 1.08883 };
    const double m[3][3] = { { 3.2404542, -1.5371385, -0.4985314 },
                             { -0.9692660, 1.8760108, 0.0415560 },
                             { 0.0556434, -0.2040259, 1.0572252 } };
    double x[3];
    for (int i = 0; i < 3; i++)
        x[i] = white[i] * (f[i] > 6.0 / 29 ? f[i] * f[i] * f[i]
                                           : (f[i] - 4.0 / 29) * 3 * 36.0 / 841);
    for (int i = 0; i < 3; i++) {
        double v = m[i][0] * x[0] + m[i][1] * x[1] + m[i][2] * x[2];
        v = v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055;
        rgb[i] = (int)lround(255 * fmin(1, fmax(0, v)));
    }
}
