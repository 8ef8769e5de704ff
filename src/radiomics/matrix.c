/* Sorted cells: radix sort, merging. */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "radiomics/matrix.h"

enum { DIGIT = 11, BUCKETS = 1 << DIGIT, FEW = 48 };

void mi_matrix_free(mi_matrix *m)
{
    free(m->cell);
    *m = (mi_matrix)MI_MATRIX_EMPTY;
}

void mi_matrix_clear(mi_matrix *m)
{
    m->n = 0;
    m->voxels = 0;
}

void mi_work_free(mi_work *w)
{
    free(w->p);
    *w = (mi_work)MI_WORK_EMPTY;
}

int mi_matrix_reserve(mi_matrix *m, int64_t more, mi_err *err)
{
    if (more <= m->cap - m->n)
        return 0;
    int64_t cap = m->n + more > 2 * m->cap ? m->n + more : 2 * m->cap;
    mi_cell *c = mi_regrow(m->cell, (size_t)cap, sizeof *c, err);
    if (!c)
        return -1;
    m->cell = c;
    m->cap = cap;
    return 0;
}

/* At least n * size bytes of room, contents undefined; NULL when memory is short. */
static void *room(mi_work *w, int64_t n, size_t size, mi_err *err)
{
    size_t bytes;
    if (__builtin_mul_overflow((size_t)n, size, &bytes))
        bytes = SIZE_MAX;
    if (bytes > w->size || !w->p) {
        void *p = mi_array((size_t)n, size, err);
        if (!p)
            return NULL;
        free(w->p);
        w->p = p;
        w->size = bytes;
    }
    return w->p;
}

static void sort_few(mi_cell *c, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        mi_cell x = c[i];
        int64_t k = i;
        for (; k > 0 && c[k - 1].key > x.key; k--)
            c[k] = c[k - 1];
        c[k] = x;
    }
}

/* One stable pass by the digit at `shift`. */
static void sort_digit(const mi_cell *from, mi_cell *to, int64_t n, int shift)
{
    int64_t start[BUCKETS] = { 0 }, at = 0;
    for (int64_t i = 0; i < n; i++)
        start[(from[i].key >> shift) & (BUCKETS - 1)]++;
    for (int b = 0; b < BUCKETS; b++) {
        int64_t count = start[b];
        start[b] = at;
        at += count;
    }
    for (int64_t i = 0; i < n; i++)
        to[start[(from[i].key >> shift) & (BUCKETS - 1)]++] = from[i];
}

/* Least digit first; digits that are the same in all keys are passed over. */
static int sort_cells(mi_cell *cell, int64_t n, uint64_t vary, mi_work *w, mi_err *err)
{
    if (n <= FEW) {
        sort_few(cell, n);
        return 0;
    }
    mi_cell *a = cell, *b = room(w, n, sizeof *b, err);
    if (!b)
        return -1;
    for (int shift = 0; shift < 64 && vary >> shift; shift += DIGIT) {
        shift += __builtin_ctzll(vary >> shift);
        sort_digit(a, b, n, shift);
        mi_cell *t = a;
        a = b;
        b = t;
    }
    if (a != cell)
        memcpy(cell, a, (size_t)n * sizeof *cell);
    return 0;
}

/* Keys that lie close together: count them into an array instead of sorting. */
static int reduce_close(mi_matrix *m, uint64_t low, int64_t range, mi_work *w, mi_err *err)
{
    double *sum = room(w, range, sizeof *sum, err);
    if (!sum)
        return -1;
    memset(sum, 0, (size_t)range * sizeof *sum);
    for (int64_t i = 0; i < m->n; i++)
        sum[m->cell[i].key - low] += m->cell[i].n;
    int64_t k = 0;
    for (int64_t i = 0; i < range; i++)
        if (sum[i] != 0)
            m->cell[k++] = (mi_cell){ low + (uint64_t)i, sum[i] };
    m->n = k;
    return 0;
}

int mi_matrix_reduce(mi_matrix *m, mi_work *w, mi_err *err)
{
    if (m->n < 2)
        return 0;
    uint64_t low = m->cell[0].key, high = low, vary = 0;
    bool sorted = true;
    for (int64_t i = 1; i < m->n; i++) {
        uint64_t key = m->cell[i].key;
        sorted = sorted && key > m->cell[i - 1].key;
        low = key < low ? key : low;
        high = key > high ? key : high;
        vary |= key ^ m->cell[0].key;
    }
    if (sorted)
        return 0;
    if (high - low < (uint64_t)m->n * 2 + 64)
        return reduce_close(m, low, (int64_t)(high - low) + 1, w, err);
    if (sort_cells(m->cell, m->n, vary, w, err) != 0)
        return -1;
    int64_t k = 0;
    for (int64_t i = 1; i < m->n; i++)
        if (m->cell[i].key == m->cell[k].key)
            m->cell[k].n += m->cell[i].n;
        else
            m->cell[++k] = m->cell[i];
    m->n = k + 1;
    return 0;
}

int mi_matrix_add(mi_matrix *to, const mi_matrix *from, double weight, mi_err *err)
{
    to->voxels += weight * from->voxels;
    if (from->n == 0 || weight == 0) /* exp(-|m|^2) of a far direction */
        return 0;
    if (mi_matrix_reserve(to, from->n, err) != 0)
        return -1;
    /* From the end, so that nothing is overwritten before it is read. */
    mi_cell *c = to->cell;
    int64_t i = to->n - 1, j = from->n - 1, k = to->n + from->n, end = k;
    while (j >= 0) {
        mi_cell x = from->cell[j];
        x.n *= weight;
        if (i >= 0 && c[i].key > x.key) {
            c[--k] = c[i--];
            continue;
        }
        if (i >= 0 && c[i].key == x.key)
            x.n += c[i--].n;
        c[--k] = x;
        j--;
    }
    /* Cells of `to` below i stay where they are; the others follow without a gap. */
    if (end > k)
        memmove(c + i + 1, c + k, (size_t)(end - k) * sizeof *c);
    to->n = i + 1 + (end - k);
    return 0;
}
