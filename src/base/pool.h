/* The one owner of threads. Work is split into numbered tasks; results go to places chosen by
   the task number, so they do not depend on the number of threads. */
#ifndef MI_BASE_POOL_H
#define MI_BASE_POOL_H
#include "base/error.h"

typedef struct mi_pool mi_pool;

/* `threads` >= 1 including the caller; 1 starts no thread. NULL on failure. */
mi_pool *mi_pool_new(int threads, mi_err *err);
int mi_pool_threads(const mi_pool *p); /* NULL: 1 */
void mi_pool_free(mi_pool *p);

/* Run task(ctx, i) for i in [0, n), each once, in any order, on the pool's threads and the
   caller; returns when all are done. A task returns 0 or -1 with its own error set. The error of
   the lowest failing i is copied to *err and -1 returned; all tasks run anyhow. Calls from
   inside a task run serially in that task. p may be NULL (serial). */
typedef int (*mi_task)(void *ctx, int i, mi_err *err);
int mi_pool_run(mi_pool *p, int n, mi_task task, void *ctx, mi_err *err);

#endif
