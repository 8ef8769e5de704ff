#include "io/dicom/report.h"
#include <stdio.h>
#include <string.h>

typedef struct walk {
    mi_dicom_scan *s;
    mi_dcm *d;
    cJSON *list;
    int groups, group; /* TID 1411 groups seen, the current one (0: none) */
} walk;

/* "SCHEME:VALUE:MEANING" of a code sequence under `at`. */
static bool code_at(const walk *w, const char *at, const char *sequence, char *out, size_t size)
{
    static const char *const part[3] = { "0008,0102", "0008,0100", "0008,0104" };
    char path[512];
    size_t n = 0;
    out[0] = '\0';
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s[0].%s", at, sequence, part[i]);
        const char *s = w->s->f->text(w->d, path);
        if (i == 1 && !s)
            return false;
        n += (size_t)snprintf(out + n, n < size ? size - n : 0, "%s%s", i ? ":" : "", s ? s : "");
    }
    return true;
}

static void add_number(walk *w, const char *at)
{
    char path[512], code[256];
    double x;
    cJSON *j = cJSON_CreateObject();
    if (code_at(w, at, "0040,a043", code, sizeof code))
        mi_json_add_string(j, "concept", code);
    snprintf(path, sizeof path, "%s0040,a300[0].0040,a30a", at);
    if (w->s->f->numbers(w->d, path, &x, 1) >= 1)
        mi_json_add_number(j, "value", x);
    snprintf(path, sizeof path, "%s0040,a300[0].0040,08ea[0].0008,0100", at);
    mi_json_add_string(j, "unit", w->s->f->text(w->d, path));
    snprintf(path, sizeof path, "%s0040,a730", at);
    int64_t n = w->s->f->items(w->d, path);
    for (int64_t i = 0; i < n; i++) { /* derivation: 121401, or its method 370129005 */
        char child[512];
        snprintf(child, sizeof child, "%s0040,a730[%lld].", at, (long long)i);
        if (code_at(w, child, "0040,a043", code, sizeof code) && strstr(code, ":121401:") &&
            code_at(w, child, "0040,a168", code, sizeof code))
            mi_json_add_string(j, "derivation", code);
    }
    if (w->group)
        mi_json_add_number(j, "group", w->group);
    mi_json_append(w->list, j);
}

static void visit(walk *w, const char *at, int depth)
{
    char path[512], code[256], type[17] = "";
    snprintf(path, sizeof path, "%s0040,a040", at);
    const char *t = w->s->f->text(w->d, path);
    snprintf(type, sizeof type, "%s", t ? t : "");
    if (strcmp(type, "NUM") == 0)
        add_number(w, at);
    int before = w->group;
    if (code_at(w, at, "0040,a043", code, sizeof code) && strstr(code, ":125007:"))
        w->group = ++w->groups;
    snprintf(path, sizeof path, "%s0040,a730", at);
    int64_t n = depth < 12 ? w->s->f->items(w->d, path) : 0;
    for (int64_t i = 0; i < n && strlen(at) < 400; i++) {
        char child[512];
        snprintf(child, sizeof child, "%s0040,a730[%lld].", at, (long long)i);
        visit(w, child, depth + 1);
    }
    w->group = before;
}

int mi_report_facts(mi_dicom_scan *s, mi_dcm *d, cJSON *into, mi_err *err)
{
    walk w = { s, d, cJSON_CreateArray(), 0, 0 };
    if (!w.list)
        return mi_fail(err, MI_E_MEMORY, NULL, "no memory for the report");
    visit(&w, "", 0);
    mi_json_add_number(into, "measurement_groups", w.groups);
    mi_json_add(into, "measurements", w.list);
    return 0;
}
