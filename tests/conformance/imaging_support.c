#include "imaging_support.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *word(const cJSON *c, const char *name)
{
    return cJSON_GetStringValue(member(c, name));
}

bool within(double x, double want, double tol)
{
    return fabs(x - want) <= tol;
}

/* ---- the tool ---- */

bool prepare(proof *p, const cJSON *c, const char *const option[], const char *image, product *r)
{
    const char *argv[24] = { "mi-preproc", "-q" };
    int n = 2;
    char *out = NULL;
    mi_err err = MI_ERR_EMPTY;
    *r = (product) { MI_VOLUME_EMPTY, NULL, 0 };
    for (int i = 0; option[i]; i++)
        argv[n++] = option[i];
    argv[n++] = "-f";
    argv[n++] = "-o";
    argv[n++] = p->product;
    argv[n] = image;
    int status = run(argv, &out, p->errors);
    char *said = text_of(p->errors, NULL);
    bool ok = check(&p->t, status == 0, "%s: ended with %d: %s", word(c, "id"), status,
                    said ? said : "") &&
              check(&p->t, mi_volume_read(&r->v, p->product, NULL, &err) == 0, "%s: %s",
                    word(c, "id"), err.message);
    if (ok)
        r->x = values_of(&r->v, &r->n);
    free(said);
    free(out);
    return ok;
}

void drop(product *r)
{
    mi_volume_free(&r->v);
    free(r->x);
}

char *input(const proof *p, const cJSON *c, const char *role)
{
    const char *name = word(member(c, "inputs"), role);
    return name ? join(p->data, name) : NULL;
}

/* ---- what is compared ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Linear between order statistics: Hyndman and Fan 1996, definition 7. */
static double percentile(const double *sorted, size_t n, double percent)
{
    double at = (double)(n - 1) * percent / 100;
    size_t i = (size_t)at;
    return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

void hold_values(proof *p, const cJSON *c, const product *r, double absolute, double of_percentiles,
                 double relative)
{
    const cJSON *want = member(member(c, "expected"), "values"), *w;
    double *sorted = malloc(r->n * sizeof *sorted), sum = 0, square = 0, n = (double)r->n;
    if (!sorted)
        abort();
    memcpy(sorted, r->x, r->n * sizeof *sorted);
    qsort(sorted, r->n, sizeof *sorted, ascending);
    for (size_t i = 0; i < r->n; i++)
        sum += r->x[i];
    for (size_t i = 0; i < r->n; i++)
        square += (r->x[i] - sum / n) * (r->x[i] - sum / n);
    cJSON_ArrayForEach(w, want)
    {
        const char *name = w->string;
        bool ranked = name[0] == 'p';
        double expected = json_number(w), x = NAN;
        if (strcmp(name, "n") == 0)
            x = n;
        else if (strcmp(name, "mean") == 0)
            x = sum / n;
        else if (strcmp(name, "sd") == 0)
            x = sqrt(square / n);
        else
            x = percentile(sorted, r->n,
                           ranked                     ? atof(name + 1)
                           : strcmp(name, "max") == 0 ? 100
                                                      : 0);
        double tol = fmax(ranked ? of_percentiles : absolute, relative * fabs(expected));
        check(&p->t, within(x, expected, strcmp(name, "n") == 0 ? 0 : tol),
              "%s, %s: %.10g, expected %.10g", word(c, "id"), name, x, expected);
    }
    check(&p->t, cJSON_GetArraySize(want) == 10, "%s: %d values", word(c, "id"),
          cJSON_GetArraySize(want));
    free(sorted);
}

/* Size, affine within the case's tolerance; `g` holds them as "size", "spacing" and
   "affine_ras". */
void hold_grid(proof *p, const cJSON *c, const cJSON *g, const mi_grid *ours)
{
    const cJSON *tol = member(c, "tol"), *affine = member(g, "affine_ras");
    double spacing = isnan(fact(tol, "spacing")) ? 1e-9 : fact(tol, "spacing");
    for (int d = 0; d < 3; d++) {
        check(&p->t, (double)ours->n[d] == fact_at(g, "size", d), "%s: size %lld on axis %d",
              word(c, "id"), (long long)ours->n[d], d);
        /* float32, as NIfTI-1 has it, of a number with ten digits */
        if (member(g, "spacing"))
            check(&p->t, within((float)fact_at(g, "spacing", d), ours->spacing[d], spacing * 1.5),
                  "%s: spacing %.12g on axis %d", word(c, "id"), ours->spacing[d], d);
        for (int k = 0; k < 4; k++) {
            double want = json_number(cJSON_GetArrayItem(cJSON_GetArrayItem(affine, d), k));
            check(&p->t, within(ours->m[d][k], want, fact(tol, "affine_mm")),
                  "%s: affine %d, %d is %.10g, expected %.10g", word(c, "id"), d, k, ours->m[d][k],
                  want);
        }
    }
}

double voxel_at(const product *r, const cJSON *index)
{
    const int64_t *n = r->v.grid.n;
    int64_t at = 0;
    for (int d = 2; d >= 0; d--)
        at = at * n[d] + (int64_t)json_number(cJSON_GetArrayItem(index, d));
    return at >= 0 && (size_t)at < r->n ? r->x[at] : NAN;
}

double count_from(const product *r, double lo, double hi)
{
    double n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += r->x[i] >= lo && r->x[i] <= hi;
    return n;
}
