/* The corridor all texture families go through: count per slice and over the volume, merge, read,
   average. */
#include <math.h>
#include <stdlib.h>
#include "base/memory.h"
#include "radiomics/texture.h"

enum {
    TASK_VOXELS = 1 << 16, /* box voxels whose slices make one task */
    PART_VOXELS = 1 << 17  /* and of a volume, where neighbours are looked up */
};

/* Indices into mi_agg_six and mi_agg_three. */
enum { SIX_2D_AVG, SIX_2D_MERGE, SIX_25D_DIR, SIX_25D_MERGE, SIX_3D_AVG, SIX_3D_MERGE };
enum { THREE_2D, THREE_25D, THREE_3D };

/* What rows say of one matrix. */
typedef struct reading {
    double *value;
    const char **why;
    bool any; /* there was a matrix to read */
} reading;

typedef struct run {
    const mi_family *f;
    const mi_texture *t; /* of f */
    mi_texture_job job;
    bool avg_2d, merge_2d, dir_25d, merge_25d, avg_3d, merge_3d;
    int plane_tasks;
    mi_matrix *sum;   /* [plane_tasks][n_plane], then [n_parts][n_dir]: what each task counted */
    mi_matrix *flat;  /* [n_plane]: slices summed */
    mi_matrix *whole; /* [n_dir]: the volume; for directed families the first n_plane are `flat` */
    mi_matrix merged[2]; /* 2.5-D, 3-D */
    reading *slice;   /* [n[2]][n_plane + 1]: directions, then merged */
    reading *final;   /* [n_dir + 2]: directions of the volume, merged 2.5-D, merged 3-D */
    double *values;
    const char **whys;
    mi_texture_visit visit;
    void *user;
} run;

int mi_texture_parts(const mi_levels *l, int64_t voxels)
{
    int64_t slices = 1 + voxels / (l->n[0] * l->n[1]);
    return (int)((l->n[2] + slices - 1) / slices);
}

int mi_texture_around(mi_texture_job *job, mi_norm norm, int64_t distance, mi_err *err)
{
    int64_t pad[3];
    if (mi_neighbours(&job->dir, norm, distance, job->region->n, err) != 0)
        return -1;
    mi_offsets_pad(&job->dir, pad);
    if (mi_levels_build(&job->levels, job->region, pad, err) != 0)
        return -1;
    mi_offsets_locate(&job->dir, &job->levels);
    job->n_dir = job->n_plane = 1;
    job->n_parts = mi_texture_parts(&job->levels, PART_VOXELS);
    return 0;
}

void mi_texture_part(const mi_levels *l, int n_parts, int part, int64_t *k0, int64_t *k1)
{
    *k0 = l->n[2] / n_parts * part + l->n[2] % n_parts * part / n_parts;
    part++;
    *k1 = l->n[2] / n_parts * part + l->n[2] % n_parts * part / n_parts;
}

static int read_into(const run *u, void *scratch, const mi_matrix *m, void *state, reading *to,
                     mi_err *err)
{
    if (m->n == 0)
        return 0;
    if (u->t->read(&u->job, scratch, m, state, err) != 0)
        return -1;
    for (int r = 0; r < u->f->n_rows; r++) {
        to->why[r] = NULL;
        to->value[r] = u->f->rows[r].value(state, &to->why[r]);
    }
    to->any = true;
    return 0;
}

static int show(const run *u, const char *mode, int dir, int64_t slice, const mi_matrix *m,
                mi_err *err)
{
    if (!u->visit || m->n == 0)
        return 0;
    const mi_offset *o = u->t->directed && dir >= 0 ? &u->job.dir.o[dir] : NULL;
    return u->visit(u->user, &u->job, mode, o, slice, m, err);
}

static double weight_of(const run *u, int dir)
{
    return u->t->directed ? u->job.dir.o[dir].weight : 1;
}

/* Memory of one task. */
typedef struct bench {
    void *scratch, *state;
    mi_matrix *m, merged;
} bench;

static void bench_close(const run *u, bench *b)
{
    if (b->scratch && u->t->close)
        u->t->close(b->scratch);
    for (int d = 0; b->m && d < u->job.n_dir; d++)
        mi_matrix_free(&b->m[d]);
    mi_matrix_free(&b->merged);
    free(b->scratch);
    free(b->state);
    free(b->m);
}

static int bench_open(const run *u, bench *b, mi_err *err)
{
    *b = (bench){ .scratch = mi_array_zero(1, u->t->scratch_size, err) };
    b->state = mi_array_zero(1, u->t->state_size, err);
    b->m = mi_array_zero((size_t)u->job.n_dir, sizeof *b->m, err);
    return b->scratch && b->state && b->m ? 0 : -1;
}

static int count_slice(const run *u, bench *b, int64_t k, mi_matrix *sum, mi_err *err)
{
    const int np = u->job.n_plane;
    reading *to = u->slice + k * (np + 1);
    for (int d = 0; d < np; d++)
        mi_matrix_clear(&b->m[d]);
    if (u->t->plane(&u->job, b->scratch, k, b->m, err) != 0)
        return -1;
    mi_matrix_clear(&b->merged);
    for (int d = 0; d < np; d++) {
        if ((u->avg_2d && show(u, "2D", d, k, &b->m[d], err) != 0) ||
            (u->avg_2d && read_into(u, b->scratch, &b->m[d], b->state, &to[d], err) != 0) ||
            (u->merge_2d && mi_matrix_add(&b->merged, &b->m[d], weight_of(u, d), err) != 0) ||
            mi_matrix_add(&sum[d], &b->m[d], 1, err) != 0)
            return -1;
    }
    if (show(u, "2D merged", -1, k, &b->merged, err) != 0)
        return -1;
    return read_into(u, b->scratch, &b->merged, b->state, &to[np], err);
}

static int count_task(void *ctx, int i, mi_err *err)
{
    run *u = ctx;
    bench b;
    int rc = bench_open(u, &b, err);
    if (rc == 0 && i < u->plane_tasks) {
        int64_t k0, k1;
        mi_texture_part(&u->job.levels, u->plane_tasks, i, &k0, &k1);
        for (int64_t k = k0; k < k1 && rc == 0; k++)
            if (u->job.levels.in_slice[k] > 0)
                rc = count_slice(u, &b, k, u->sum + (int64_t)i * u->job.n_plane, err);
    } else if (rc == 0) {
        i -= u->plane_tasks;
        mi_matrix *to = u->sum + (int64_t)u->plane_tasks * u->job.n_plane;
        rc = u->t->part(&u->job, b.scratch, i, to + (int64_t)i * u->job.n_dir, err);
    }
    bench_close(u, &b);
    return rc;
}

/* The tasks' matrices, added in the order of the tasks. */
static int add_up(run *u, mi_err *err)
{
    const int np = u->job.n_plane, nd = u->job.n_dir;
    mi_matrix *from = u->sum;
    for (int i = 0; i < u->plane_tasks; i++, from += np)
        for (int d = 0; d < np; d++) {
            if (mi_matrix_add(&u->flat[d], &from[d], 1, err) != 0)
                return -1;
            mi_matrix_free(&from[d]);
        }
    for (int i = 0; u->job.volume && i < u->job.n_parts; i++, from += nd)
        for (int d = u->job.first; d < nd; d++) {
            if (mi_matrix_add(&u->whole[d], &from[d], 1, err) != 0)
                return -1;
            mi_matrix_free(&from[d]);
        }
    return 0;
}

/* The matrix of direction d over the volume. */
static const mi_matrix *whole_of(const run *u, int d)
{
    return d < u->job.first ? &u->flat[d] : &u->whole[d];
}

static int merge(run *u, mi_err *err)
{
    for (int d = 0; u->merge_25d && d < u->job.n_plane; d++)
        if (mi_matrix_add(&u->merged[0], &u->flat[d], weight_of(u, d), err) != 0)
            return -1;
    for (int d = 0; u->merge_3d && d < u->job.n_dir; d++)
        if (mi_matrix_add(&u->merged[1], whole_of(u, d), weight_of(u, d), err) != 0)
            return -1;
    return 0;
}

/* Read final matrix i: directions, then the two merged ones. */
static int read_task(void *ctx, int i, mi_err *err)
{
    run *u = ctx;
    const int nd = u->job.n_dir;
    bool wanted = i >= nd || u->avg_3d || (u->dir_25d && i < u->job.n_plane);
    if (!wanted)
        return 0;
    bench b;
    const mi_matrix *m = i >= nd               ? &u->merged[i - nd]
                         : u->job.volume       ? whole_of(u, i)
                                               : &u->flat[i];
    int rc = bench_open(u, &b, err);
    if (rc == 0)
        rc = read_into(u, b.scratch, m, b.state, &u->final[i], err);
    bench_close(u, &b);
    return rc;
}

static int show_final(const run *u, mi_err *err)
{
    const int np = u->job.n_plane, nd = u->job.n_dir;
    int rc = 0;
    for (int d = 0; u->dir_25d && d < np && rc == 0; d++)
        rc = show(u, "2.5D", d, -1, &u->flat[d], err);
    if (rc == 0)
        rc = show(u, u->t->directed ? "2.5D merged" : "2.5D", -1, -1, &u->merged[0], err);
    for (int d = 0; u->avg_3d && d < nd && rc == 0; d++)
        rc = show(u, "3D", d, -1, whole_of(u, d), err);
    if (rc == 0)
        rc = show(u, "3D merged", -1, -1, &u->merged[1], err);
    return rc;
}

static int average(const run *u, const reading *from, int64_t n, mi_measured *out, int agg,
                   const char *none, mi_err *err)
{
    const int rows = u->f->n_rows;
    mi_mean m;
    if (mi_mean_begin(&m, rows, err) != 0)
        return -1;
    for (int64_t i = 0; i < n; i++)
        if (from[i].any)
            mi_mean_add_values(&m, from[i].value, from[i].why);
    mi_mean_end(&m, out->value + agg * rows, out->why + agg * rows, none);
    return 0;
}

/* Readings [first, first + n) of each slice: its directions, or the merged one. */
static int average_slices(const run *u, int first, int n, mi_measured *out, int agg,
                          const char *none, mi_err *err)
{
    const int rows = u->f->n_rows, each = u->job.n_plane + 1;
    mi_mean m;
    if (mi_mean_begin(&m, rows, err) != 0)
        return -1;
    for (int64_t k = 0; k < u->job.levels.n[2]; k++)
        for (int d = first; d < first + n; d++) {
            const reading *r = &u->slice[k * each + d];
            if (r->any)
                mi_mean_add_values(&m, r->value, r->why);
        }
    mi_mean_end(&m, out->value + agg * rows, out->why + agg * rows, none);
    return 0;
}

static int finish(const run *u, mi_measured *out, mi_err *err)
{
    const char *none = u->job.region->n_inten > 0 ? u->t->none : "no voxel in the intensity mask";
    const int np = u->job.n_plane, nd = u->job.n_dir;
    const bool six = u->t->directed;
    int rc = 0;
    if (u->avg_2d)
        rc = average_slices(u, 0, np, out, six ? SIX_2D_AVG : THREE_2D, none, err);
    if (rc == 0 && u->merge_2d)
        rc = average_slices(u, np, 1, out, SIX_2D_MERGE, none, err);
    if (rc == 0 && u->dir_25d)
        rc = average(u, u->final, np, out, six ? SIX_25D_DIR : THREE_25D, none, err);
    if (rc == 0 && u->merge_25d)
        rc = average(u, u->final + nd, 1, out, six ? SIX_25D_MERGE : THREE_25D, none, err);
    if (rc == 0 && u->avg_3d)
        rc = average(u, u->final, nd, out, six ? SIX_3D_AVG : THREE_3D, none, err);
    if (rc == 0 && u->merge_3d)
        rc = average(u, u->final + nd + 1, 1, out, SIX_3D_MERGE, none, err);
    return rc;
}

/* Undirected families merge one matrix per slice and have one matrix of the volume. */
static void set_wanted(run *u, const bool *want)
{
    if (u->t->directed) {
        u->avg_2d = want[SIX_2D_AVG];
        u->merge_2d = want[SIX_2D_MERGE];
        u->dir_25d = want[SIX_25D_DIR];
        u->merge_25d = want[SIX_25D_MERGE];
        u->avg_3d = want[SIX_3D_AVG];
        u->merge_3d = want[SIX_3D_MERGE];
    } else {
        u->avg_2d = want[THREE_2D];
        u->merge_25d = want[THREE_25D];
        u->avg_3d = want[THREE_3D];
    }
    u->job.planes = u->avg_2d || u->merge_2d || u->dir_25d || u->merge_25d;
    u->job.volume = u->avg_3d || u->merge_3d;
}

static int allocate(run *u, mi_err *err)
{
    const mi_texture_job *j = &u->job;
    int64_t n_slice = j->planes ? j->levels.n[2] * (j->n_plane + 1) : 0;
    int64_t n_sum = (int64_t)u->plane_tasks * j->n_plane + (int64_t)j->n_parts * j->n_dir;
    int64_t n_final = j->n_dir + 2, rows = u->f->n_rows;
    u->sum = mi_array_zero((size_t)n_sum, sizeof *u->sum, err);
    u->flat = mi_array_zero((size_t)j->n_plane, sizeof *u->flat, err);
    u->whole = mi_array_zero((size_t)j->n_dir, sizeof *u->whole, err);
    u->slice = mi_array_zero((size_t)(n_slice + n_final), sizeof *u->slice, err);
    u->values = mi_array((size_t)((n_slice + n_final) * rows), sizeof *u->values, err);
    u->whys = mi_array_zero((size_t)((n_slice + n_final) * rows), sizeof *u->whys, err);
    if (!u->sum || !u->flat || !u->whole || !u->slice || !u->values || !u->whys)
        return -1;
    u->final = u->slice + n_slice;
    for (int64_t i = 0; i < n_slice + n_final; i++) {
        u->slice[i].value = u->values + i * rows;
        u->slice[i].why = u->whys + i * rows;
    }
    return 0;
}

static void release(run *u)
{
    const mi_texture_job *j = &u->job;
    int64_t n_sum = (int64_t)u->plane_tasks * j->n_plane + (int64_t)j->n_parts * j->n_dir;
    for (int64_t i = 0; u->sum && i < n_sum; i++)
        mi_matrix_free(&u->sum[i]);
    for (int d = 0; u->flat && d < j->n_plane; d++)
        mi_matrix_free(&u->flat[d]);
    for (int d = 0; u->whole && d < j->n_dir; d++)
        mi_matrix_free(&u->whole[d]);
    mi_matrix_free(&u->merged[0]);
    mi_matrix_free(&u->merged[1]);
    free(u->sum);
    free(u->flat);
    free(u->whole);
    free(u->slice);
    free(u->values);
    free(u->whys);
    if (u->t->teardown)
        u->t->teardown(&u->job);
    mi_offsets_free(&u->job.dir);
    mi_levels_free(&u->job.levels);
}

static int count_all(run *u, mi_err *err)
{
    mi_texture_job *j = &u->job;
    if (u->t->setup(j, err) != 0)
        return -1;
    u->plane_tasks = j->planes ? mi_texture_parts(&j->levels, TASK_VOXELS) : 0;
    if (!j->volume || u->t->volume)
        j->n_parts = 0;
    if (allocate(u, err) != 0 ||
        mi_pool_run(j->pool, u->plane_tasks + j->n_parts, count_task, u, err) != 0 ||
        add_up(u, err) != 0)
        return -1;
    if (j->volume && u->t->volume && u->t->volume(j, &u->whole[0], err) != 0)
        return -1;
    return merge(u, err);
}

int mi_family_measure(const mi_family *f, const mi_region *r, const mi_settings *s,
                      const bool *want, mi_pool *pool, mi_measured *out, mi_err *err)
{
    if (!f->texture)
        return f->measure(r, s, want, pool, out, err);
    run u = { .f = f, .t = f->texture, .job = { .region = r, .settings = s, .pool = pool } };
    set_wanted(&u, want);
    int rc = 0;
    if (u.job.planes || u.job.volume) {
        rc = count_all(&u, err);
        if (rc == 0)
            rc = mi_pool_run(pool, u.job.n_dir + 2, read_task, &u, err);
        if (rc == 0)
            rc = finish(&u, out, err);
    }
    release(&u);
    return rc;
}

int mi_texture_walk(const mi_family *f, const mi_region *r, const mi_settings *s,
                    const bool *want, mi_texture_visit visit, void *user, mi_err *err)
{
    run u = { .f = f,
              .t = f->texture,
              .job = { .region = r, .settings = s },
              .visit = visit,
              .user = user };
    set_wanted(&u, want);
    int rc = 0;
    if (u.job.planes || u.job.volume) {
        rc = count_all(&u, err);
        if (rc == 0)
            rc = show_final(&u, err);
    }
    release(&u);
    return rc;
}
