/* Rows, comparison and small parts of the reference. */
#include "reference.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *ref_alloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);
    if (!p) {
        fprintf(stderr, "reference: no memory\n");
        exit(99);
    }
    return p;
}

void ref_roi_free(ref_roi *r)
{
    free(r->morph);
    free(r->inten);
    free(r->value);
    free(r->level);
    memset(r, 0, sizeof *r);
}

ref_row *ref_put(ref_rows *to, const char *family, const char *aggregation, const ref_name *name,
                 double value, double scale)
{
    if (to->n >= REF_ROWS) {
        fprintf(stderr, "reference: too many rows\n");
        exit(99);
    }
    ref_row *r = &to->row[to->n++];
    *r = (ref_row) { family, aggregation, name->tag, name->feature, value, scale, 1, 0 };
    return r;
}

const ref_row *ref_find(const ref_rows *in, const char *family, const char *aggregation,
                        const char *tag, const char *feature)
{
    bool shared = strcmp(tag, "BC2M") == 0 || strcmp(tag, "GBPN") == 0;
    for (int i = 0; i < in->n; i++) {
        const ref_row *r = &in->row[i];
        if (strcmp(r->family, family) == 0 && strcmp(r->aggregation, aggregation) == 0 &&
            strcmp(r->tag, tag) == 0 && (!shared || strcmp(r->feature, feature) == 0))
            return r;
    }
    return NULL;
}

bool ref_agrees(const ref_row *r, double x)
{
    double scale = r->scale > 1 ? r->scale : 1;
    if (r->lo <= r->hi) {
        double slack = 1e-10 * fmax(fabs(r->lo), fabs(r->hi)) + 1e-12 * scale;
        return x >= r->lo - slack && x <= r->hi + slack;
    }
    if (isnan(r->value) || isnan(x))
        return isnan(r->value) && isnan(x);
    return fabs(x - r->value) <= 1e-10 * fabs(r->value) + 1e-12 * scale;
}

void ref_mean_add(ref_mean *m, const double *f, const double *scale, int n)
{
    for (int i = 0; i < n; i++) {
        if (isnan(f[i]))
            continue;
        m->sum[i] += f[i];
        m->scale[i] += scale ? scale[i] : 1;
        m->n[i]++;
    }
}

void ref_mean_put(const ref_mean *m, ref_rows *to, const char *family, const char *aggregation,
                  const ref_name *names, int n)
{
    for (int i = 0; i < n; i++)
        ref_put(to, family, aggregation, &names[i], m->n[i] ? m->sum[i] / m->n[i] : NAN,
                m->n[i] ? m->scale[i] / m->n[i] : 1);
}

const int ref_direction[13][3] = { { 1, 0, 0 },  { 0, 1, 0 }, { 1, 1, 0 },  { 1, -1, 0 },
                                   { 0, 0, 1 },  { 1, 0, 1 }, { 1, 0, -1 }, { 0, 1, 1 },
                                   { 0, 1, -1 }, { 1, 1, 1 }, { 1, 1, -1 }, { 1, -1, 1 },
                                   { 1, -1, -1 } };

double ref_norm(int norm, const int d[3])
{
    int x = abs(d[0]), y = abs(d[1]), z = abs(d[2]);
    if (norm == MI_NORM_MANHATTAN)
        return x + y + z;
    if (norm == MI_NORM_EUCLIDEAN)
        return sqrt(x * x + y * y + z * z);
    return x > y ? (x > z ? x : z) : (y > z ? y : z);
}

double ref_weight(int weighting, int norm, const int m[3])
{
    double len = ref_norm(norm, m);
    if (weighting == MI_WEIGHT_INVERSE)
        return 1 / len;
    if (weighting == MI_WEIGHT_EXP)
        return exp(-len * len);
    return 1;
}
