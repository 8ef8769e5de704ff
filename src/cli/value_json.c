/* Values of parameters from JSON and to JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cli/internal.h"

static int wrong_type(const mi_param *p, const cJSON *item, mi_err *err)
{
    char *shown = mi_json_line(item, false);
    int rc = mi_value_refuse(p, shown ? shown : "", "is the wrong kind of value", MI_E_CONFIG, err);
    free(shown);
    return rc;
}

static int number_from_json(const mi_param *p, const cJSON *item, double *out, mi_err *err)
{
    char text[MI_NUMBER_SIZE];
    double x;
    if (!mi_json_get_number(item, &x))
        return wrong_type(p, item, err);
    if (!isfinite(x))
        return mi_value_refuse(p, x > 0 ? "inf" : "-inf", "is out of range", MI_E_CONFIG, err);
    if (!mi_value_within(p, x))
        return mi_value_refuse(p, mi_number(x, text), "is out of range", MI_E_CONFIG, err);
    *out = x;
    return 0;
}

static int whole_from_json(const mi_param *p, const cJSON *item, long long *out, mi_err *err)
{
    double x;
    if (number_from_json(p, item, &x, err) != 0)
        return -1;
    if (x != floor(x) || fabs(x) > 9007199254740992.0)
        return wrong_type(p, item, err);
    *out = (long long)x;
    return 0;
}

static int vec3_from_json(const mi_param *p, const cJSON *item, mi_vec3 *out, mi_err *err)
{
    mi_vec3 v = { 1, { 0, 0, 0 } };
    if (!cJSON_IsArray(item)) {
        if (number_from_json(p, item, &v.v[0], err) != 0)
            return -1;
        *out = v;
        return 0;
    }
    v.n = cJSON_GetArraySize(item);
    if (v.n < 1 || v.n > 3)
        return wrong_type(p, item, err);
    for (int i = 0; i < v.n; i++)
        if (number_from_json(p, cJSON_GetArrayItem(item, i), &v.v[i], err) != 0)
            return -1;
    *out = v;
    return 0;
}

static int range_from_json(const mi_param *p, const cJSON *item, mi_range *out, mi_err *err)
{
    mi_range r = { -INFINITY, INFINITY };
    if (!cJSON_IsArray(item) || cJSON_GetArraySize(item) != 2)
        return wrong_type(p, item, err);
    const cJSON *lo = cJSON_GetArrayItem(item, 0), *hi = cJSON_GetArrayItem(item, 1);
    if ((!cJSON_IsNull(lo) && number_from_json(p, lo, &r.lo, err) != 0) ||
        (!cJSON_IsNull(hi) && number_from_json(p, hi, &r.hi, err) != 0))
        return -1;
    if (r.lo > r.hi)
        return wrong_type(p, item, err);
    *out = r;
    return 0;
}

static int list_from_json(const mi_param *p, const cJSON *item, mi_list *out, mi_err *err)
{
    if (!cJSON_IsArray(item))
        return wrong_type(p, item, err);
    for (const cJSON *e = item->child; e; e = e->next) {
        if (!cJSON_IsString(e) || strchr(e->valuestring, ','))
            return wrong_type(p, item, err);
        if (mi_value_list_add(p, out, mi_strdup(e->valuestring, err), MI_E_CONFIG, err) != 0)
            return -1;
    }
    return 0;
}

/* May the value be a text as on the command line? Numbers only to carry a unit: "1.5mm". */
static bool takes_text(const mi_param *p)
{
    switch (p->type) {
    case MI_P_STRING:
    case MI_P_CHOICE:
    case MI_P_RANGE:
        return true;
    case MI_P_DOUBLE:
    case MI_P_VEC3:
        return p->unit != NULL;
    default:
        return false;
    }
}

int mi_value_from_json(const mi_param *p, void *base, const cJSON *item, mi_err *err)
{
    void *f = (char *)base + p->offset;
    if (cJSON_IsNull(item) && p->type != MI_P_BOOL) {
        mi_value_clear(p, base);
        return 0;
    }
    if (cJSON_IsString(item) && takes_text(p))
        return mi_value_parse(p, base, item->valuestring, MI_E_CONFIG, err);
    switch (p->type) {
    case MI_P_BOOL:
        if (!cJSON_IsBool(item))
            return wrong_type(p, item, err);
        *(bool *)f = cJSON_IsTrue(item);
        return 0;
    case MI_P_INT:
        return whole_from_json(p, item, f, err);
    case MI_P_DOUBLE:
        return number_from_json(p, item, f, err);
    case MI_P_VEC3:
        return vec3_from_json(p, item, f, err);
    case MI_P_RANGE:
        return range_from_json(p, item, f, err);
    case MI_P_LIST:
        mi_value_clear(p, base);
        return list_from_json(p, item, f, err);
    default:
        return wrong_type(p, item, err);
    }
}

static cJSON *range_json(const mi_range *r)
{
    if (isinf(r->lo) && isinf(r->hi))
        return cJSON_CreateNull();
    return mi_json_numbers((const double[2]) { r->lo, r->hi }, 2); /* an open end gives null */
}

static cJSON *list_json(const mi_list *l)
{
    cJSON *a = cJSON_CreateArray();
    for (int i = 0; a && i < l->n; i++) {
        cJSON *s = cJSON_CreateString(l->item[i]);
        if (!s) {
            cJSON_Delete(a);
            return NULL;
        }
        cJSON_AddItemToArray(a, s);
    }
    return a;
}

cJSON *mi_value_json(const mi_param *p, const void *base)
{
    const void *f = (const char *)base + p->offset;
    const char *s;
    switch (p->type) {
    case MI_P_BOOL:
    case MI_P_FLAG:
        return p->flags & MI_PF_COUNT ? mi_json_number(*(const int *)f)
                                      : cJSON_CreateBool(*(const bool *)f);
    case MI_P_INT: /* 0 outside the limits means not set */
        return mi_value_within(p, (double)*(const long long *)f)
                   ? mi_json_number((double)*(const long long *)f)
                   : cJSON_CreateNull();
    case MI_P_DOUBLE:
        return mi_json_number(*(const double *)f);
    case MI_P_STRING:
        s = *(char *const *)f;
        return s ? cJSON_CreateString(s) : cJSON_CreateNull();
    case MI_P_CHOICE:
        return *(const int *)f < 0 ? cJSON_CreateNull()
                                   : cJSON_CreateString(p->choices[*(const int *)f]);
    case MI_P_VEC3: {
        const mi_vec3 *v = f;
        if (v->n == 0)
            return cJSON_CreateNull();
        return v->n == 1 ? mi_json_number(v->v[0]) : mi_json_numbers(v->v, v->n);
    }
    case MI_P_RANGE:
        return range_json(f);
    case MI_P_LIST:
        return list_json(f);
    }
    return NULL;
}
