#include "base/pool.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

/* One call of mi_pool_run. */
typedef struct job {
    mi_task task;
    void *ctx;
    int n, next, done;
    int failed; /* lowest failing task, n when none */
    mi_err err;
} job;

struct mi_pool {
    int threads;        /* with the caller */
    int started;
    pthread_t *thread;
    pthread_mutex_t one_run; /* callers from several threads take turns */
    pthread_mutex_t lock;
    pthread_cond_t wake, idle;
    job *job;           /* what is being done; NULL: nothing */
    bool stop;
};

/* Set while this thread works on a task: a run that is asked for then is done here and now. */
static _Thread_local bool inside;

static void keep_error(job *j, int i, const mi_err *err)
{
    if (i >= j->failed)
        return;
    j->failed = i;
    j->err = *err;
    if (err->cls == MI_E_NONE)
        mi_fail(&j->err, MI_E_INTERNAL, NULL, "a task failed without telling why");
}

/* Take tasks until none is left. Called and left with p->lock held. */
static void work(mi_pool *p, job *j)
{
    mi_err err = MI_ERR_EMPTY;
    inside = true;
    while (j->next < j->n) {
        int i = j->next++;
        pthread_mutex_unlock(&p->lock);
        int rc = j->task(j->ctx, i, &err);
        pthread_mutex_lock(&p->lock);
        if (rc != 0)
            keep_error(j, i, &err);
        err.cls = MI_E_NONE;
        if (++j->done == j->n)
            pthread_cond_broadcast(&p->idle);
    }
    inside = false;
}

static void *worker(void *arg)
{
    mi_pool *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        job *j = p->job;
        if (j && j->next < j->n)
            work(p, j);
        else
            pthread_cond_wait(&p->wake, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

mi_pool *mi_pool_new(int threads, mi_err *err)
{
    if (threads < 1) {
        mi_fail(err, MI_E_INTERNAL, NULL, "a pool of %d threads was asked for", threads);
        return NULL;
    }
    mi_pool *p = mi_array_zero(1, sizeof *p, err);
    if (!p)
        return NULL;
    p->threads = threads;
    pthread_mutex_init(&p->one_run, NULL);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    pthread_cond_init(&p->idle, NULL);
    p->thread = mi_array((size_t)threads, sizeof *p->thread, err);
    for (; p->thread && p->started < threads - 1; p->started++) {
        int e = pthread_create(&p->thread[p->started], NULL, worker, p);
        if (e) {
            mi_fail(err, MI_E_TEMPORARY, "ask for fewer threads: -@ N",
                    "cannot start thread %d of %d: %s", p->started + 2, threads, strerror(e));
            break;
        }
    }
    if (!p->thread || p->started < threads - 1) {
        mi_pool_free(p);
        return NULL;
    }
    return p;
}

int mi_pool_threads(const mi_pool *p)
{
    return p ? p->threads : 1;
}

void mi_pool_free(mi_pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->started; i++)
        pthread_join(p->thread[i], NULL);
    pthread_cond_destroy(&p->idle);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    pthread_mutex_destroy(&p->one_run);
    free(p->thread);
    free(p);
}

static void run_here(job *j)
{
    bool was = inside;
    mi_err err = MI_ERR_EMPTY;
    inside = true;
    for (int i = 0; i < j->n; i++) {
        if (j->task(j->ctx, i, &err) != 0)
            keep_error(j, i, &err);
        err.cls = MI_E_NONE;
    }
    inside = was;
}

static void run_on(mi_pool *p, job *j)
{
    pthread_mutex_lock(&p->one_run);
    pthread_mutex_lock(&p->lock);
    p->job = j;
    pthread_cond_broadcast(&p->wake);
    work(p, j);
    while (j->done < j->n)
        pthread_cond_wait(&p->idle, &p->lock);
    p->job = NULL;
    pthread_mutex_unlock(&p->lock);
    pthread_mutex_unlock(&p->one_run);
}

int mi_pool_run(mi_pool *p, int n, mi_task task, void *ctx, mi_err *err)
{
    if (n <= 0)
        return 0;
    job j = { .task = task, .ctx = ctx, .n = n, .failed = n };
    if (!p || p->threads == 1 || n == 1 || inside)
        run_here(&j);
    else
        run_on(p, &j);
    if (j.failed == n)
        return 0;
    if (err && err->cls == MI_E_NONE)
        *err = j.err;
    return -1;
}
