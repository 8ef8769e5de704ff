#include "image/labels.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/lanes.h"
#include "base/memory.h"
#include "base/number.h"

enum { LABELS_MAX = 65536, FIRST_PLACES = 256 };

typedef struct scan {
    mi_label_stat *stat;
    int n, cap;
    int32_t *slot;     /* open addressing: number in stat + 1, or 0 */
    uint32_t places;   /* of slot: a power of two, at least twice n */
    int64_t last;      /* value of the run before, at stat[hit]; valid when hit >= 0 */
    int hit;
    int64_t odd;       /* voxels that hold no label: fractions, NaN, beyond int64 */
    double odd_value;
    int64_t odd_at[3]; /* the first of them */
    mi_err *err;
} scan;

/* The place of a label, or the free one where it belongs. Few labels of 16 bits meet; wider ones
   are mixed. */
static uint32_t place_of(const scan *s, int64_t v)
{
    uint64_t u = (uint64_t)v;
    if (v < -65536 || v > 65535)
        u = (u * UINT64_C(0x9E3779B97F4A7C15)) >> 40;
    uint32_t p = (uint32_t)u & (s->places - 1);
    while (s->slot[p] && s->stat[s->slot[p] - 1].value != v)
        p = (p + 1) & (s->places - 1);
    return p;
}

/* Twice the places. */
static int widen(scan *s)
{
    uint32_t places = s->places ? 2 * s->places : FIRST_PLACES;
    int32_t *slot = mi_array_zero(places, sizeof *slot, s->err);
    if (!slot)
        return -1;
    free(s->slot);
    s->slot = slot;
    s->places = places;
    for (int i = 0; i < s->n; i++)
        slot[place_of(s, s->stat[i].value)] = i + 1;
    return 0;
}

/* Room for one label more. */
static int grow(scan *s)
{
    if (s->n == LABELS_MAX)
        return mi_fail(s->err, MI_E_DATA, "is this an image given as mask?",
                       "more than %d different labels", LABELS_MAX);
    if (2 * ((uint32_t)s->n + 1) > s->places && widen(s) != 0)
        return -1;
    if (s->n < s->cap)
        return 0;
    int cap = s->cap ? 4 * s->cap : 64;
    mi_label_stat *more = mi_regrow(s->stat, (size_t)cap, sizeof *more, s->err);
    if (!more)
        return -1;
    s->stat = more;
    s->cap = cap;
    return 0;
}

/* Number of the label in s->stat, -1 on error. */
static int find(scan *s, int64_t value, const int64_t at[3])
{
    uint32_t p = place_of(s, value);
    if (s->slot[p])
        return s->slot[p] - 1;
    if (grow(s) != 0)
        return -1;
    p = place_of(s, value);
    mi_label_stat *st = &s->stat[s->n];
    *st = (mi_label_stat){ .value = value };
    for (int d = 0; d < 3; d++) {
        st->box.lo[d] = at[d];
        st->box.hi[d] = at[d] + 1;
    }
    s->slot[p] = ++s->n;
    return s->n - 1;
}

/* A run of voxels [i, end) of one value in row j of slice k. */
static int add_run(scan *s, int64_t value, int64_t i, int64_t end, int64_t j, int64_t k)
{
    if (s->hit < 0 || s->last != value) {
        s->hit = find(s, value, (const int64_t[]){ i, j, k });
        s->last = value;
        if (s->hit < 0)
            return -1;
    }
    mi_label_stat *st = &s->stat[s->hit];
    st->voxels += end - i;
    if (i < st->box.lo[0])
        st->box.lo[0] = i;
    if (end > st->box.hi[0])
        st->box.hi[0] = end;
    if (j < st->box.lo[1])
        st->box.lo[1] = j;
    if (j >= st->box.hi[1])
        st->box.hi[1] = j + 1;
    st->box.hi[2] = k + 1; /* slices come in ascending order */
    return 0;
}

static void add_odd(scan *s, double value, int64_t n, int64_t i, int64_t j, int64_t k)
{
    if (s->odd == 0) {
        s->odd_value = value;
        s->odd_at[0] = i;
        s->odd_at[1] = j;
        s->odd_at[2] = k;
    }
    s->odd += n;
}

/* First byte at or behind p[at] that is not zero, n when there is none. */
static size_t skip_zeros(const unsigned char *p, size_t at, size_t n)
{
    uint64_t w[4];
    while (at + sizeof w <= n) {
        memcpy(w, p + at, sizeof w);
        if (w[0] | w[1] | w[2] | w[3])
            break;
        at += sizeof w;
    }
    while (at < n && p[at] == 0)
        at++;
    return at;
}

/* Element behind the run of equal elements of `size` bytes that element `i` is part of. */
MI_INLINE int64_t run_end(const unsigned char *p, int64_t i, int64_t n, size_t size)
{
    size_t at = (size_t)(i + 1) * size, end = (size_t)n * size;
    uint64_t here, before;
    while (at + sizeof here <= end) {
        memcpy(&here, p + at, sizeof here);
        memcpy(&before, p + at - size, sizeof before);
        if (here != before)
            break;
        at += sizeof here;
    }
    while (at < end && memcmp(p + at, p + at - size, size) == 0)
        at += size;
    return (int64_t)(at / size);
}

#define COUNT_ROW(T)                                                                             \
    {                                                                                            \
        const T *x = (const T *)row;                                                             \
        for (int64_t i = 0; i < n;) {                                                            \
            i = (int64_t)(skip_zeros(row, (size_t)i * sizeof(T), (size_t)n * sizeof(T)) /        \
                          sizeof(T));                                                            \
            if (i == n)                                                                          \
                break;                                                                           \
            T v = x[i];                                                                          \
            int64_t label = (int64_t)v;                                                          \
            int64_t end = run_end(row, i, n, sizeof(T));                                         \
            if (type == MI_U64 && label < 0)                                                     \
                add_odd(s, (double)v, end - i, i, j, k);                                         \
            else if (add_run(s, label, i, end, j, k) != 0)                                       \
                return -1;                                                                       \
            i = end;                                                                             \
        }                                                                                        \
        return 0;                                                                                \
    }

/* A row of stored integers that are the labels themselves. */
static int count_integers(scan *s, mi_type type, const unsigned char *row, int64_t n, int64_t j,
                          int64_t k)
{
    switch (type) {
    case MI_U8: COUNT_ROW(uint8_t)
    case MI_I8: COUNT_ROW(int8_t)
    case MI_U16: COUNT_ROW(uint16_t)
    case MI_I16: COUNT_ROW(int16_t)
    case MI_U32: COUNT_ROW(uint32_t)
    case MI_I32: COUNT_ROW(int32_t)
    case MI_U64: COUNT_ROW(uint64_t)
    default: COUNT_ROW(int64_t)
    }
}

/* The label that x stands for; false when it is no whole number or beyond int64. */
static bool as_label(double x, int64_t *out)
{
    if (!(fabs(x) < 9223372036854775808.0) || x != floor(x))
        return false;
    *out = (int64_t)x;
    return true;
}

/* Values of a box of a label map. Slope and intercept of a file are float32: 255 times 1/255 is
   1.00000006 there and means 1, so what lies that near a whole number is that number. */
static int load_labels(const mi_volume *v, const mi_box *b, double *out, mi_err *err)
{
    if (mi_volume_load(v, b, out, err) != 0)
        return -1;
    if (v->slope == 1 && v->inter == 0)
        return 0;
    int64_t n = 1;
    for (int d = 0; d < 3; d++)
        n *= b->hi[d] - b->lo[d];
    for (int64_t i = 0; i < n; i++) {
        const double whole = floor(out[i] + 0.5);
        if (fabs(out[i] - whole) <= fmin(1e-6 * (fabs(out[i]) + fabs(v->inter)), 0.01))
            out[i] = whole;
    }
    return 0;
}

/* A row of values as doubles (float types, scaled integers). */
static int count_doubles(scan *s, const double *x, int64_t n, int64_t j, int64_t k)
{
    for (int64_t i = 0, end; i < n; i = end) {
        int64_t v = 0;
        bool whole = as_label(x[i], &v);
        for (end = i + 1; end < n && x[end] == x[i];)
            end++;
        if (!whole)
            add_odd(s, x[i], end - i, i, j, k);
        else if (v != 0 && add_run(s, v, i, end, j, k) != 0)
            return -1;
    }
    return 0;
}

/* Do the stored integers need no conversion? */
static bool direct(const mi_volume *v)
{
    return v->slope == 1 && v->inter == 0 && !mi_type_is_float(v->type);
}

static int count_all(scan *s, const mi_volume *v, double *values)
{
    int64_t nx = v->grid.n[0], ny = v->grid.n[1];
    size_t row_bytes = (size_t)nx * mi_type_size(v->type);
    const unsigned char *row = v->data;
    bool skip = v->inter == 0;
    for (int64_t k = v->k0; k < v->k1; k++)
        for (int64_t j = 0; j < ny; j++, row += row_bytes) {
            if (skip && skip_zeros(row, 0, row_bytes) == row_bytes)
                continue;
            if (!values) {
                if (count_integers(s, v->type, row, nx, j, k) != 0)
                    return -1;
                continue;
            }
            mi_box b = { { 0, j, k }, { nx, j + 1, k + 1 } };
            if (load_labels(v, &b, values, s->err) != 0 ||
                count_doubles(s, values, nx, j, k) != 0)
                return -1;
        }
    return 0;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = ((const mi_label_stat *)a)->value, y = ((const mi_label_stat *)b)->value;
    return x < y ? -1 : x > y;
}

static int fail_odd(const scan *s)
{
    char value[MI_NUMBER_SIZE];
    bool whole = isfinite(s->odd_value) && s->odd_value == floor(s->odd_value);
    return mi_fail(s->err, MI_E_DATA,
                   whole ? "labels go from -2^63 to 2^63 - 1"
                         : "a probability map? threshold it first",
                   "%lld voxel%s %s; the first is %s at voxel (%lld, %lld, %lld)",
                   (long long)s->odd, s->odd == 1 ? " holds" : "s hold",
                   whole ? "numbers too large for a label" : "no whole number",
                   mi_number_short(s->odd_value, 9, value), (long long)s->odd_at[0],
                   (long long)s->odd_at[1], (long long)s->odd_at[2]);
}

int mi_labels_count(const mi_volume *mask, mi_label_stat **out, int *n, mi_err *err)
{
    scan s = { .hit = -1, .err = err };
    double *values = NULL;
    int rc = -1;
    *out = NULL;
    *n = 0;
    if (!mask->data && mask->k0 < mask->k1)
        return mi_fail(err, MI_E_INTERNAL, NULL, "a label map without voxels");
    if (!direct(mask))
        values = mi_array((size_t)mask->grid.n[0], sizeof *values, err);
    if ((values || direct(mask)) && grow(&s) == 0)
        rc = count_all(&s, mask, values);
    if (rc == 0 && s.odd)
        rc = fail_odd(&s);
    free(values);
    free(s.slot);
    if (rc != 0) {
        free(s.stat);
        return -1;
    }
    qsort(s.stat, (size_t)s.n, sizeof *s.stat, by_value);
    *out = s.stat;
    *n = s.n;
    return 0;
}

/* The labels that are wanted, and the answer for the value asked last. */
typedef struct wanted {
    const int64_t *label;
    int n;
    int64_t last;
    uint8_t answer;
} wanted;

static uint8_t is_wanted(wanted *w, int64_t value)
{
    if (value != w->last) {
        w->last = value;
        w->answer = 0;
        for (int i = 0; i < w->n && !w->answer; i++)
            w->answer = w->label[i] == value;
    }
    return w->answer;
}

#define SELECT_ROW(T)                                                                            \
    {                                                                                            \
        const T *x = (const T *)v->data + first;                                                 \
        for (int64_t i = 0; i < n; i++)                                                          \
            out[i] = is_wanted(w, (int64_t)x[i]);                                                \
        break;                                                                                   \
    }

static void select_integers(wanted *w, const mi_volume *v, int64_t first, int64_t n, uint8_t *out)
{
    switch (v->type) {
    case MI_U8: SELECT_ROW(uint8_t)
    case MI_I8: SELECT_ROW(int8_t)
    case MI_U16: SELECT_ROW(uint16_t)
    case MI_I16: SELECT_ROW(int16_t)
    case MI_U32: SELECT_ROW(uint32_t)
    case MI_I32: SELECT_ROW(int32_t)
    case MI_U64: SELECT_ROW(uint64_t)
    default: SELECT_ROW(int64_t)
    }
}

static int select_doubles(wanted *w, const mi_volume *v, const mi_box *row, double *values,
                          uint8_t *out, mi_err *err)
{
    if (load_labels(v, row, values, err) != 0)
        return -1;
    for (int64_t i = 0; i < row->hi[0] - row->lo[0]; i++) {
        int64_t value;
        out[i] = as_label(values[i], &value) && is_wanted(w, value);
    }
    return 0;
}

int mi_labels_select(const mi_volume *mask, const int64_t *labels, int n_labels, const mi_box *b,
                     uint8_t *out, mi_err *err)
{
    if (mi_box_empty(b))
        return 0;
    bool fits = mask->trimmed || (b->lo[2] >= mask->k0 && b->hi[2] <= mask->k1);
    for (int d = 0; d < 3; d++)
        fits = fits && b->lo[d] >= 0 && b->hi[d] <= mask->grid.n[d];
    if (!fits || (!mask->data && mask->k0 < mask->k1))
        return mi_fail(err, MI_E_INTERNAL, NULL, "a box reaches outside of the label map");
    int64_t nx = b->hi[0] - b->lo[0];
    wanted w = { .label = labels, .n = n_labels, .last = 0 };
    for (int i = 0; i < n_labels; i++)
        if (labels[i] == 0)
            w.answer = 1;
    double *values = NULL;
    int rc = 0;
    if (!direct(mask) && !(values = mi_array((size_t)nx, sizeof *values, err)))
        return -1;
    for (int64_t k = b->lo[2]; k < b->hi[2]; k++)
        for (int64_t j = b->lo[1]; j < b->hi[1] && rc == 0; j++, out += nx) {
            int64_t first = ((k - mask->k0) * mask->grid.n[1] + j) * mask->grid.n[0] + b->lo[0];
            mi_box row = { { b->lo[0], j, k }, { b->hi[0], j + 1, k + 1 } };
            if (k < mask->k0 || k >= mask->k1)
                memset(out, 0, (size_t)nx);
            else if (values)
                rc = select_doubles(&w, mask, &row, values, out, err);
            else
                select_integers(&w, mask, first, nx, out);
        }
    free(values);
    return rc;
}

/* What a look at some rows finds. */
typedef struct look {
    double seen[33]; /* different values other than 0, as long as they fit */
    int n;
    int64_t pairs, alike; /* neighbours along x that both are not 0 */
    bool negative;
} look;

static void note_value(look *l, double x)
{
    for (int i = 0; i < l->n; i++)
        if (l->seen[i] == x)
            return;
    if (l->n < MI_COUNT(l->seen))
        l->seen[l->n++] = x;
}

/* false: a value that is no label */
static bool look_at_row(look *l, const double *x, int64_t n)
{
    int64_t label;
    for (int64_t i = 0; i < n; i++) {
        if (x[i] == 0)
            continue;
        if (!as_label(x[i], &label))
            return false;
        l->negative = l->negative || x[i] < 0;
        if (i > 0 && x[i - 1] != 0) {
            l->pairs++;
            l->alike += x[i] == x[i - 1];
        }
        if (i == 0 || x[i] != x[i - 1])
            note_value(l, x[i]);
    }
    return true;
}

bool mi_labels_likely(const mi_volume *v)
{
    look l = { .n = 0 };
    bool whole = true;
    int64_t rows = v->grid.n[1] * (v->k1 - v->k0), step = rows / 2048 + 1;
    if (!v->data && v->k0 < v->k1)
        return false;
    double x[1024];
    for (int64_t r = 0; whole && r < rows; r += step) {
        int64_t j = r % v->grid.n[1], k = v->k0 + r / v->grid.n[1];
        for (int64_t i = 0; whole && i < v->grid.n[0]; i += MI_COUNT(x)) {
            int64_t end = v->grid.n[0] - i < MI_COUNT(x) ? v->grid.n[0] : i + MI_COUNT(x);
            mi_box b = { { i, j, k }, { end, j + 1, k + 1 } };
            whole = load_labels(v, &b, x, NULL) == 0 && look_at_row(&l, x, end - i);
        }
    }
    bool alike = 2 * l.alike >= l.pairs && (!l.negative || l.n < MI_COUNT(l.seen));
    return whole && (l.n <= 8 || alike);
}
