/* The thread pool: every task once, the same error for any number of threads. */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/pool.h"

enum { N = 1000 };

typedef struct counts {
    atomic_int times[N];
    mi_pool *pool;
} counts;

static int count(void *ctx, int i, mi_err *err)
{
    counts *c = ctx;
    (void)err;
    atomic_fetch_add(&c->times[i], 1);
    return 0;
}

START_TEST(each_task_once)
{
    for (int threads = 1; threads <= 7; threads++) {
        mi_pool *p = mi_pool_new(threads, NULL);
        ck_assert_int_eq(mi_pool_threads(p), threads);
        counts c = { .pool = p };
        for (int round = 0; round < 20; round++)
            ck_assert_int_eq(mi_pool_run(p, N, count, &c, NULL), 0);
        for (int i = 0; i < N; i++)
            ck_assert_int_eq(c.times[i], 20);
        ck_assert_int_eq(mi_pool_run(p, 0, count, &c, NULL), 0);
        mi_pool_free(p);
    }
    ck_assert_int_eq(mi_pool_threads(NULL), 1);
    counts c = { .pool = NULL };
    ck_assert_int_eq(mi_pool_run(NULL, 3, count, &c, NULL), 0);
    ck_assert_int_eq(c.times[2], 1);
    mi_pool_free(NULL);
}
END_TEST

static int fail_some(void *ctx, int i, mi_err *err)
{
    count(ctx, i, err);
    if (i % 100 != 37)
        return 0;
    if (i == 37) /* the lowest comes late */
        for (int spin = 0; spin < 200; spin++)
            sched_yield();
    return mi_fail(err, MI_E_DATA, "hint", "task %d", i);
}

static int fail_silently(void *ctx, int i, mi_err *err)
{
    (void)ctx;
    (void)err;
    return i == 4 ? -1 : 0;
}

START_TEST(lowest_error)
{
    for (int threads = 1; threads <= 4; threads++) {
        mi_pool *p = mi_pool_new(threads, NULL);
        counts c = { .pool = p };
        mi_err e = MI_ERR_EMPTY;
        ck_assert_int_eq(mi_pool_run(p, N, fail_some, &c, &e), -1);
        ck_assert_str_eq(e.message, "task 37");
        ck_assert_str_eq(e.hint, "hint");
        ck_assert_int_eq(e.cls, MI_E_DATA);
        for (int i = 0; i < N; i++)
            ck_assert_int_eq(c.times[i], 1);
        ck_assert_int_eq(mi_pool_run(p, N, fail_silently, NULL, &e), -1);
        ck_assert_str_eq(e.message, "task 37");
        e.cls = MI_E_NONE;
        ck_assert_int_eq(mi_pool_run(p, N, fail_silently, NULL, &e), -1);
        ck_assert_int_eq(e.cls, MI_E_INTERNAL);
        ck_assert_int_eq(mi_pool_run(p, N, fail_silently, NULL, NULL), -1);
        mi_pool_free(p);
    }
}
END_TEST

/* A nested run is done by the thread that asks for it. */
typedef struct nest {
    mi_pool *pool;
    atomic_int ran, strayed;
} nest;

typedef struct inner {
    nest *nest;
    pthread_t who;
} inner;

static int inner_task(void *ctx, int i, mi_err *err)
{
    inner *n = ctx;
    (void)err;
    (void)i;
    atomic_fetch_add(&n->nest->ran, 1);
    if (!pthread_equal(n->who, pthread_self()))
        atomic_fetch_add(&n->nest->strayed, 1);
    return 0;
}

static int outer_task(void *ctx, int i, mi_err *err)
{
    (void)i;
    inner n = { ctx, pthread_self() };
    return mi_pool_run(n.nest->pool, 10, inner_task, &n, err);
}

START_TEST(nested_runs_are_serial)
{
    mi_pool *p = mi_pool_new(3, NULL);
    nest n = { .pool = p };
    ck_assert_int_eq(mi_pool_run(p, 50, outer_task, &n, NULL), 0);
    ck_assert_int_eq(n.ran, 500);
    ck_assert_int_eq(n.strayed, 0);
    mi_pool_free(p);
}
END_TEST

static void *run_many(void *arg)
{
    counts *c = arg;
    for (int i = 0; i < 50; i++)
        mi_pool_run(c->pool, N, count, c, NULL);
    return NULL;
}

START_TEST(callers_take_turns)
{
    mi_pool *p = mi_pool_new(3, NULL);
    counts c = { .pool = p };
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&t[i], NULL, run_many, &c), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(c.times[i], 200);
    mi_pool_free(p);
}
END_TEST

START_TEST(no_threads)
{
    mi_err e = MI_ERR_EMPTY;
    ck_assert_ptr_null(mi_pool_new(0, &e));
    ck_assert_int_eq(e.cls, MI_E_INTERNAL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pool");
    TCase *t = tcase_create("pool");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, each_task_once);
    tcase_add_test(t, lowest_error);
    tcase_add_test(t, nested_runs_are_serial);
    tcase_add_test(t, callers_take_turns);
    tcase_add_test(t, no_threads);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
