/* The fast code against the reference on random small regions, family by family. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "radiomics/catalogue.h"
#include "random_case.h"
#include "reference.h"
#include "support.h"

enum { CASES = 336 };

static void volumes(const random_case *c, mi_volume *image, mi_volume *mask)
{
    mi_volume v = { .slope = 1, .type = MI_F64, .data = c->value, .k1 = c->n[2] };
    for (int d = 0; d < 3; d++) {
        v.grid.n[d] = c->n[d];
        v.grid.spacing[d] = c->s[d];
        for (int r = 0; r < 3; r++)
            v.grid.m[r][d] = c->m[r][d];
        v.grid.m[d][3] = c->m[d][3];
    }
    *image = *mask = v;
    mask->type = MI_U8;
    mask->data = c->mask;
}

/* Masks, values and levels voxel by voxel; nothing of the masks may lie outside the region's box.
   */
static bool same_region(tally *t, const random_case *c, const mi_region *g, const ref_roi *r)
{
    int64_t in_box = 0, wrong_mask = 0, wrong_level = 0, wrong_value = 0;
    for (int64_t z = 0; z < g->n[2]; z++)
        for (int64_t y = 0; y < g->n[1]; y++)
            for (int64_t x = 0; x < g->n[0]; x++) {
                int64_t i = x + g->n[0] * (y + g->n[1] * z);
                size_t j = ref_at(r, (int)(x + g->box.lo[0]), (int)(y + g->box.lo[1]),
                                  (int)(z + g->box.lo[2]));
                in_box += r->morph[j];
                wrong_mask += g->morph[i] != r->morph[j] || g->inten[i] != r->inten[j];
                wrong_level += g->level[i] != r->level[j];
                wrong_value += r->inten[j] && !(fabs(g->value[i] - r->value[j]) <=
                                                1e-12 * (1 + fabs(r->value[j])) * 100);
            }
    bool ok = check(t, g->n_morph == r->n_morph && in_box == r->n_morph && g->n_inten == r->n_inten,
                    "%s: %lld and %lld voxels, reference %d and %d", c->what, (long long)g->n_morph,
                    (long long)g->n_inten, r->n_morph, r->n_inten);
    ok = check(t, wrong_mask == 0, "%s: masks differ in %lld voxels", c->what,
               (long long)wrong_mask) &&
         ok;
    ok = check(t, wrong_value == 0, "%s: values differ in %lld voxels", c->what,
               (long long)wrong_value) &&
         ok;
    return check(t, wrong_level == 0 && g->ng == r->ng,
                 "%s: levels differ in %lld voxels, highest %d, reference %d", c->what,
                 (long long)wrong_level, (int)g->ng, r->ng) &&
           ok;
}

static void reference_rows(const random_case *c, const ref_roi *r, double volume, double area,
                           ref_rows *to)
{
    to->n = 0;
    ref_morphology(r, volume, area, to);
    if (r->n_inten == 0)
        return;
    ref_peak(r, &c->set, to);
    ref_statistics(r, to);
    ref_histogram(r, to);
    ref_ivh(r, &c->set, to);
    ref_glcm(r, &c->set, to);
    ref_glrlm(r, &c->set, to);
    ref_glszm(r, to);
    ref_gldzm(r, to);
    ref_ngtdm(r, &c->set, to);
    ref_ngldm(r, &c->set, to);
}

static double value_of(const mi_family *f, const mi_measured *m, const char *tag)
{
    for (int i = 0; i < f->n_rows; i++)
        if (strcmp(f->rows[i].tag, tag) == 0)
            return m->value[i];
    return NAN;
}

typedef struct tester {
    tally t;
    int family_passed[16], family_n[16];
    int regions, masks_differ, no_intensity, interpolated, not_finite;
    mi_pool *pool; /* odd cases are measured on it, the others serially */
    ref_rows rows;
} tester;

static void compare(tester *k, const random_case *c, int which, const mi_measured *m)
{
    const mi_family *f = mi_families[which];
    for (int a = 0; a < f->n_aggregations; a++)
        for (int i = 0; i < f->n_rows; i++) {
            double x = m->value[a * f->n_rows + i];
            const char *why = m->why[a * f->n_rows + i];
            const ref_row *row = ref_find(&k->rows, f->name, f->aggregations[a].name,
                                          f->rows[i].tag, f->rows[i].name);
            bool ok = check(&k->t, row && ref_agrees(row, x) && (!isnan(x) || why),
                            "%s: %s %s %s: %.17g (%s), reference %.17g [%g, %g] scale %g", c->what,
                            f->id, f->aggregations[a].id, f->rows[i].id, x,
                            why && isnan(x) ? why : "", row ? row->value : NAN, row ? row->lo : NAN,
                            row ? row->hi : NAN, row ? row->scale : NAN);
            k->family_passed[which] += ok;
            k->family_n[which]++;
        }
}

static void measure_all(tester *k, const random_case *c, const mi_region *g, const ref_roi *r)
{
    static const bool want[6] = { true, true, true, true, true, true };
    mi_measured m[16];
    mi_err err = MI_ERR_EMPTY;
    double volume = NAN, area = NAN;
    for (int i = 0; i < mi_n_families; i++) {
        const mi_family *f = mi_families[i];
        size_t cells = (size_t)f->n_rows * (size_t)f->n_aggregations;
        m[i].value = ref_alloc(cells, sizeof(double));
        m[i].why = ref_alloc(cells, sizeof(char *));
        if (f != &mi_family_morph && g->n_inten == 0)
            continue;
        check(&k->t,
              mi_family_measure(f, g, &c->set, want, k->regions % 2 ? k->pool : NULL, &m[i],
                                &err) == 0,
              "%s: %s: %s", c->what, f->id, err.message);
        if (f == &mi_family_morph) {
            volume = value_of(f, &m[i], "RNU0");
            area = value_of(f, &m[i], "C0JK");
        }
    }
    reference_rows(c, r, volume, area, &k->rows);
    for (int i = 0; i < mi_n_families; i++) {
        if (mi_families[i] == &mi_family_morph || g->n_inten > 0)
            compare(k, c, i, &m[i]);
        free(m[i].value);
        free(m[i].why);
    }
}

static void count_case(tester *k, const random_case *c, const ref_roi *r)
{
    bool finite = true;
    for (int i = 0; i < c->n[0] * c->n[1] * c->n[2]; i++)
        finite = finite && isfinite(c->value[i]);
    k->regions++;
    k->masks_differ += r->n_inten < r->n_morph;
    k->no_intensity += r->n_inten == 0;
    k->interpolated += c->set.spacing.n > 0;
    k->not_finite += !finite;
}

static void one_case(tester *k, unsigned seed)
{
    random_case c;
    mi_volume image, mask;
    ref_roi r;
    mi_region g = MI_REGION_EMPTY;
    mi_warnings warn = MI_WARNINGS_EMPTY;
    mi_err err = MI_ERR_EMPTY;
    static const int64_t label[1] = { 1 };
    random_case_make(&c, seed);
    volumes(&c, &image, &mask);
    int empty = ref_chain(c.value, c.mask, c.n, c.s, &c.set, &r);
    count_case(k, &c, &r);
    int rc = mi_region_build(&image, &mask, label, 1, &c.set, false, NULL, &g, NULL, &warn, &err);
    if (empty)
        check(&k->t, rc != 0 && err.cls == MI_E_EMPTY, "%s: an empty region was accepted", c.what);
    else if (check(&k->t, rc == 0, "%s: %s", c.what, err.message) && same_region(&k->t, &c, &g, &r))
        measure_all(k, &c, &g, &r);
    mi_region_free(&g);
    mi_warnings_free(&warn);
    ref_roi_free(&r);
    random_case_free(&c);
}

int main(int argc, char **argv)
{
    static tester k;
    k.pool = mi_pool_new(3, NULL);
    if (argc > 1)
        one_case(&k, (unsigned)atoi(argv[1]));
    else
        for (unsigned seed = 0; seed < CASES; seed++)
            one_case(&k, seed);
    for (int i = 0; i < mi_n_families; i++)
        printf("brute: %-6s %d of %d\n", mi_families[i]->id, k.family_passed[i], k.family_n[i]);
    printf(
        "brute: %d regions: %d with two masks that differ (%d without intensities), "
        "%d interpolated, %d with non-finite voxels\n",
        k.regions, k.masks_differ, k.no_intensity, k.interpolated, k.not_finite);
    mi_pool_free(k.pool);
    return tally_end(&k.t);
}
