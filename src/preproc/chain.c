#include "preproc/chain.h"
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

enum {
    STAGES_MAX = 16,
    LINE = 64 /* bytes that memory moves at once: a group of slices fills them in every direction */
};

typedef struct stage {
    const mi_operation *op;
    void *state;
    mi_volume in, out; /* heads; data: what is gathered of the input, and the result */
    mi_op_flow flow;
    void *slice;       /* room for one slice of out */
    int64_t group, held; /* slices of in.data: room, there */
    int64_t first;     /* slices of the input that are scattered */
    int64_t given;     /* slices of out that went on */
} stage;

struct mi_chain {
    mi_op_context context;
    stage stage[STAGES_MAX];
    int n;
    mi_volume head;    /* of the input, then of the result; no voxels, meta borrowed */
};

static size_t slice_bytes(const mi_volume *v)
{
    return (size_t)mi_volume_slice_voxels(v) * mi_type_size(v->type);
}

/* Grid, type and scaling only. */
static mi_volume bare(const mi_volume *v)
{
    mi_volume b = MI_VOLUME_EMPTY;
    b.grid = v->grid;
    b.type = v->type;
    b.slope = v->slope;
    b.inter = v->inter;
    b.pet = v->pet;
    b.meta = v->meta;
    b.name = v->name;
    return b;
}

static bool scatters(const stage *s)
{
    return s->flow == MI_FLOW_SCATTER || s->flow == MI_FLOW_SCATTER_GROUPS;
}

/* The memory of a stage: a slice of the result; or slices of the input, and the result. */
static int make_room(stage *s, mi_err *err)
{
    int64_t lines = LINE / (int64_t)mi_type_size(s->in.type);
    if (s->flow == MI_FLOW_SLICES) {
        s->slice = mi_array(slice_bytes(&s->out), 1, err);
        return s->slice ? 0 : -1;
    }
    s->group = s->flow == MI_FLOW_AT_ONCE || lines > s->in.grid.n[2] ? s->in.grid.n[2] : lines;
    if (s->flow != MI_FLOW_SCATTER &&
        !(s->in.data = mi_array((size_t)s->group, slice_bytes(&s->in), err)))
        return -1;
    if (scatters(s))
        s->out.data = mi_array((size_t)s->out.grid.n[2], slice_bytes(&s->out), err);
    return s->flow == MI_FLOW_AT_ONCE || s->out.data ? 0 : -1;
}

static int add_stage(mi_chain *c, const mi_operation *op, mi_err *err)
{
    stage *s = &c->stage[c->n];
    if (c->n == STAGES_MAX)
        return mi_fail(err, MI_E_USAGE, NULL, "too many steps");
    *s = (stage){ .op = op, .in = bare(&c->head), .out = bare(&c->head) };
    if (op->begin(&c->context, &s->in, &s->out, &s->state, &s->flow, err) != 0)
        return -1;
    c->n++;
    c->head = bare(&s->out);
    c->context.moved = c->context.moved || !op->on_values;
    return make_room(s, err);
}

static const mi_operation *operation_named(const char *name)
{
    for (int i = 0; i < mi_n_operations; i++)
        if (strcmp(mi_operations[i]->name, name) == 0)
            return mi_operations[i];
    return NULL;
}

static int add_stages(mi_chain *c, const char *const *order, mi_err *err)
{
    for (int i = 0; order ? order[i] != NULL : i < mi_n_operations; i++) {
        const mi_operation *op = order ? operation_named(order[i]) : mi_operations[i];
        if (!op)
            return mi_fail(err, MI_E_USAGE, NULL, "no step is called '%s'", order[i]);
        if (!op->asked(c->context.opts) || (op->on_values && c->context.geometry_only))
            continue;
        if (add_stage(c, op, err) != 0)
            return -1;
    }
    return 0;
}

int mi_chain_begin(mi_chain **out, const mi_op_context *context, const char *const *order,
                   const mi_volume *head, mi_err *err)
{
    mi_chain *c = mi_array_zero(1, sizeof *c, err);
    if (!c)
        return -1;
    c->context = *context;
    c->head = bare(head);
    if (add_stages(c, order, err) != 0) {
        mi_chain_free(c);
        return -1;
    }
    *out = c;
    return 0;
}

const mi_volume *mi_chain_head(const mi_chain *c) { return &c->head; }
bool mi_chain_is_empty(const mi_chain *c) { return c->n == 0; }

cJSON *mi_chain_steps(const mi_chain *c)
{
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; all && i < c->n; i++)
        mi_json_append(all, c->stage[i].op->step(c->context.opts, c->stage[i].state));
    return all;
}

static int push(mi_chain *c, int at, int64_t k, const void *slice, mi_slice_sink sink, void *user,
                mi_err *err);

/* Slices of the result that come from none of the input: before the first, behind the last. */
static int fill_up_to(mi_chain *c, int at, int64_t k, mi_slice_sink sink, void *user, mi_err *err)
{
    stage *s = &c->stage[at];
    int64_t to;
    while (s->given < k) {
        const void *result = s->slice;
        if (s->op->slice(s->state, &s->in, &s->out, s->given, NULL, &result, &to, err) != 0 ||
            push(c, at + 1, s->given++, result, sink, user, err) != 0)
            return -1;
    }
    return 0;
}

static int scatter(mi_chain *c, stage *s, int64_t n, const void *src, mi_err *err)
{
    int64_t k = s->first;
    s->first += n;
    s->held = 0;
    return n == 0 ? 0
                  : s->op->scatter(s->state, &s->in, &s->out, k, k + n, src, c->context.pool, err);
}

static int gather(mi_chain *c, stage *s, const void *slice, mi_err *err)
{
    size_t bytes = slice_bytes(&s->in);
    if (s->flow == MI_FLOW_SCATTER)
        return scatter(c, s, 1, slice, err);
    char *place = (char *)s->in.data + (size_t)s->held++ * bytes;
    if (place != slice)
        memcpy(place, slice, bytes);
    return s->flow == MI_FLOW_SCATTER_GROUPS && s->held == s->group
               ? scatter(c, s, s->held, s->in.data, err) : 0;
}

static int push(mi_chain *c, int at, int64_t k, const void *slice, mi_slice_sink sink, void *user,
                mi_err *err)
{
    if (at == c->n)
        return sink(user, slice, slice_bytes(&c->head), err);
    stage *s = &c->stage[at];
    if (s->flow != MI_FLOW_SLICES)
        return gather(c, s, slice, err);
    int64_t to = -1;
    const void *result = s->slice;
    if (s->op->slice(s->state, &s->in, &s->out, k, slice, &result, &to, err) != 0)
        return -1;
    if (to < 0)
        return 0;
    if (s->given < to) { /* filling up uses the same room, so the slice is made again behind it */
        if (fill_up_to(c, at, to, sink, user, err) != 0)
            return -1;
        result = s->slice;
        if (s->op->slice(s->state, &s->in, &s->out, k, slice, &result, &to, err) != 0)
            return -1;
    }
    s->given = to + 1;
    return push(c, at + 1, to, result, sink, user, err);
}

void *mi_chain_room(mi_chain *c, int64_t *n)
{
    stage *s = &c->stage[0];
    if (c->n == 0 || !s->in.data)
        return NULL;
    *n = s->group - s->held;
    return (char *)s->in.data + (size_t)s->held * slice_bytes(&s->in);
}

int mi_chain_push(mi_chain *c, int64_t k, const void *slice, mi_slice_sink sink, void *user,
                  mi_err *err)
{
    return push(c, 0, k, slice, sink, user, err);
}

/* The last slice was gathered: the result, and on with it. */
static int complete(mi_chain *c, int at, mi_slice_sink sink, void *user, mi_err *err)
{
    stage *s = &c->stage[at];
    size_t bytes = slice_bytes(&s->out);
    int rc = 0;
    s->out.k1 = s->out.grid.n[2];
    if (scatters(s)) {
        rc = scatter(c, s, s->held, s->in.data, err);
    } else {
        s->in.k1 = s->in.grid.n[2];
        s->out.data = mi_array((size_t)s->out.grid.n[2], slice_bytes(&s->out), err);
        rc = s->out.data ? s->op->at_once(s->state, &s->in, &s->out, c->context.pool, err) : -1;
    }
    free(s->in.data);
    s->in.data = NULL;
    for (int64_t k = 0; rc == 0 && k < s->out.grid.n[2]; k++)
        rc = push(c, at + 1, k, (char *)s->out.data + (size_t)k * bytes, sink, user, err);
    free(s->out.data);
    s->out.data = NULL;
    return rc;
}

int mi_chain_finish(mi_chain *c, mi_slice_sink sink, void *user, mi_err *err)
{
    for (int at = 0; at < c->n; at++) {
        stage *s = &c->stage[at];
        int rc = s->flow != MI_FLOW_SLICES
                     ? complete(c, at, sink, user, err)
                     : fill_up_to(c, at, s->out.grid.n[2], sink, user, err);
        if (rc != 0)
            return -1;
    }
    return 0;
}

void mi_chain_free(mi_chain *c)
{
    for (int i = 0; c && i < c->n; i++) {
        stage *s = &c->stage[i];
        if (s->op->end)
            s->op->end(s->state);
        else
            free(s->state);
        free(s->in.data);
        free(s->out.data);
        free(s->slice);
    }
    free(c);
}
