/* Filled matrices, entry by entry. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/number.h"
#include "radiomics/matrices.h"
#include "radiomics/catalogue.h"
#include "radiomics/texture.h"

typedef struct walk {
    const mi_family *family;
    mi_entry_visit visit;
    void *user;
} walk;

static int emit(const walk *w, mi_entry *e, int64_t i, int64_t j, double n, double s, mi_err *err)
{
    e->i = i;
    e->j = j;
    e->n = n;
    e->s = s;
    return w->visit(w->user, e, err);
}

/* Of a symmetric matrix one half is kept: unfold it and sort. */
static int unfolded(const walk *w, const mi_levels *l, mi_entry *e, const mi_matrix *m, mi_err *err)
{
    mi_matrix full = MI_MATRIX_EMPTY;
    mi_work work = MI_WORK_EMPTY;
    int rc = mi_matrix_reserve(&full, 2 * m->n, err);
    for (int64_t k = 0; k < m->n && rc == 0; k++) {
        const int64_t i = mi_cell_i(&m->cell[k]), j = mi_cell_j(&m->cell[k]);
        mi_matrix_put(&full, i, j, m->cell[k].n);
        if (i != j)
            mi_matrix_put(&full, j, i, m->cell[k].n);
    }
    if (rc == 0)
        rc = mi_matrix_reduce(&full, &work, err);
    for (int64_t k = 0; k < full.n && rc == 0; k++)
        rc = emit(w, e, mi_level_of(l, mi_cell_i(&full.cell[k])),
                  mi_level_of(l, mi_cell_j(&full.cell[k])), full.cell[k].n, NAN, err);
    mi_work_free(&work);
    mi_matrix_free(&full);
    return rc;
}

/* Cells (i, 2 W) and (i, 2 W + 1) of the tone differences become n_i and s_i. */
static int tones(const walk *w, const mi_levels *l, mi_entry *e, const mi_matrix *m, mi_err *err)
{
    int rc = 0;
    for (int64_t k = 0; k < m->n && rc == 0;) {
        const int64_t code = mi_cell_i(&m->cell[k]);
        double n = 0, s = 0;
        for (; k < m->n && mi_cell_i(&m->cell[k]) == code; k++) {
            const int64_t j = mi_cell_j(&m->cell[k]);
            if (j % 2 == 0)
                n += m->cell[k].n;
            else
                s += m->cell[k].n / (double)(j / 2);
        }
        rc = emit(w, e, mi_level_of(l, code), 0, n, s, err);
    }
    return rc;
}

static int plain(const walk *w, const mi_levels *l, mi_entry *e, const mi_matrix *m, mi_err *err)
{
    int rc = 0;
    for (int64_t k = 0; k < m->n && rc == 0; k++)
        rc = emit(w, e, mi_level_of(l, mi_cell_i(&m->cell[k])), mi_cell_j(&m->cell[k]),
                  m->cell[k].n, NAN, err);
    return rc;
}

static int visit_matrix(void *user, const mi_texture_job *job, const char *mode,
                        const mi_offset *dir, int64_t slice, const mi_matrix *m, mi_err *err)
{
    const walk *w = user;
    const mi_levels *l = &job->levels;
    mi_entry e = { .matrix = w->family->name, .mode = mode, .directed = dir != NULL };
    if (dir)
        memcpy(e.direction, dir->d, sizeof e.direction);
    e.slice = slice < 0 ? 0 : job->region->box.lo[2] + slice + 1;
    if (w->family == &mi_family_glcm)
        return unfolded(w, l, &e, m, err);
    return w->family == &mi_family_ngtdm ? tones(w, l, &e, m, err) : plain(w, l, &e, m, err);
}

int mi_matrices_walk(const mi_family *f, const mi_region *r, const mi_settings *s, const bool *want,
                     mi_entry_visit visit, void *user, mi_err *err)
{
    walk w = { .family = f, .visit = visit, .user = user };
    return f->texture ? mi_texture_walk(f, r, s, want, visit_matrix, &w, err) : 0;
}

/* ---- as text ---- */

typedef struct printer {
    mi_matrix_line put;
    void *user;
} printer;

static int print_entry(void *user, const mi_entry *e, mi_err *err)
{
    const printer *p = user;
    char line[256], dir[80] = "", slice[24] = "", j[24] = "";
    char n[MI_NUMBER_SIZE], s[MI_NUMBER_SIZE] = "";
    (void)err;
    if (e->directed)
        snprintf(dir, sizeof dir, "%" PRId64 " %" PRId64 " %" PRId64, e->direction[0],
                 e->direction[1], e->direction[2]);
    if (e->slice > 0)
        snprintf(slice, sizeof slice, "%" PRId64, e->slice);
    if (e->j > 0)
        snprintf(j, sizeof j, "%" PRId64, e->j);
    if (!isnan(e->s))
        mi_number(e->s, s);
    snprintf(line, sizeof line, "%s,%s,%s,%s,%" PRId64 ",%s,%s,%s", e->matrix, e->mode, dir, slice,
             e->i, j, mi_number(e->n, n), s);
    p->put(p->user, line);
    return 0;
}

static bool is_named(const mi_list *names, const char *id)
{
    for (int i = 0; i < names->n; i++)
        if (strcmp(names->item[i], id) == 0)
            return true;
    return names->n == 0;
}

int mi_matrices_print(const mi_region *r, const mi_settings *s, mi_matrix_line put, void *user,
                      mi_err *err)
{
    printer p = { put, user };
    int rc = 0;
    put(user, "matrix,mode,direction,slice,i,j,n,s");
    for (int i = 0; i < mi_n_families && rc == 0; i++) {
        const mi_family *f = mi_families[i];
        bool want[MI_COUNT(mi_agg_six)] = { false };
        for (int a = 0; a < f->n_aggregations; a++)
            want[a] = is_named(&s->aggregations, f->aggregations[a].id);
        rc = mi_matrices_walk(f, r, s, want, print_entry, &p, err);
    }
    return rc;
}
