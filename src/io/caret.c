/* The label table that Caret and the tools after it (also TotalSegmentator) put into a header
   extension: XML, <Label Key="1" Red="0.5" Green="1" Blue="0"><![CDATA[spleen]]></Label>. Form: the
   LabelTable of GIFTI 1.0 (section 7), with colours from 0 to 1; extension code 30
   (NIFTI_ECODE_CARET), by some writers 0. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "io/meta.h"

/* `what` between p and end, or NULL. */
static const char *find(const char *p, const char *end, const char *what)
{
    size_t n = strlen(what);
    for (; p && end - p >= (ptrdiff_t)n; p++)
        if (memcmp(p, what, n) == 0)
            return p;
    return NULL;
}

/* The value of NAME="..." in the tag from p to end, as a number. */
static bool attribute(const char *p, const char *end, const char *name, double *x)
{
    char text[40];
    const char *at = find(p, end, name);
    const char *from = at ? at + strlen(name) : NULL, *to = from ? find(from, end, "\"") : NULL;
    if (!to || to - from >= (ptrdiff_t)sizeof text)
        return false;
    memcpy(text, from, (size_t)(to - from));
    text[to - from] = '\0';
    return mi_parse_double(text, x);
}

/* Text of an element, its five named entities written out. */
static void add_plain(mi_text *t, const char *p, const char *end)
{
    static const char *const entity[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&apos;" };
    while (p < end) {
        int e = 0;
        while (e < 5 && find(p, p + strlen(entity[e]) <= end ? p + strlen(entity[e]) : p,
                             entity[e]) != p)
            e++;
        mi_text_addn(t, e < 5 ? &"&<>\"'"[e] : p, 1);
        p += e < 5 ? strlen(entity[e]) : 1;
    }
}

/* NULL without an error when it is empty. */
static char *content(const char *p, const char *end, mi_err *err)
{
    static const char open[] = "<![CDATA[";
    const char *cdata = find(p, end, open), *close = cdata ? find(cdata, end, "]]>") : NULL;
    mi_text t = MI_TEXT_EMPTY;
    if (close)
        mi_text_addn(&t, cdata + strlen(open), (size_t)(close - cdata) - strlen(open));
    else
        add_plain(&t, p, end);
    if (t.failed)
        mi_fail(err, MI_E_MEMORY, NULL, "no memory for the name of a label");
    char *s = t.len && !t.failed ? mi_strdup(mi_text_ref(&t), err) : NULL;
    mi_text_free(&t);
    return s;
}

static bool read_label(const char *tag, const char *tag_end, const char *end, mi_label *l,
                       mi_err *err)
{
    static const char *const colour[3] = { "Red=\"", "Green=\"", "Blue=\"" };
    double x;
    if (!attribute(tag, tag_end, "Key=\"", &x) || !(fabs(x) <= INT32_MAX) ||
        x != (double)(int32_t)x || x == 0)
        return false;
    *l = (mi_label) { .value = (int64_t)x, .rgb = { -1, -1, -1 } };
    bool all = true;
    for (int i = 0; i < 3; i++) {
        all = all && attribute(tag, tag_end, colour[i], &x) && x >= 0 && x <= 1;
        l->rgb[i] = all ? (int)(255 * x + 0.5) : -1;
    }
    if (!all)
        l->rgb[0] = l->rgb[1] = l->rgb[2] = -1;
    l->name = content(tag_end + 1, end, err);
    return l->name != NULL;
}

int mi_meta_caret(const char *text, size_t len, mi_meta *m, mi_err *err)
{
    const char *end = find(text, text + len, "</LabelTable>");
    const char *p = end ? find(text, end, "<LabelTable>") : NULL;
    if (m->n_labels > 0)
        return 0;
    mi_err own = MI_ERR_EMPTY;
    while ((p = find(p, end, "<Label ")) != NULL) {
        const char *tag_end = find(p, end, ">");
        const char *last = tag_end ? find(tag_end, end, "</Label>") : NULL;
        mi_label l;
        if (!last)
            break;
        if (tag_end[-1] != '/' && read_label(p, tag_end, last, &l, &own)) {
            mi_label *more = mi_regrow(m->label, (size_t)m->n_labels + 1, sizeof *more, &own);
            if (!more) {
                free(l.name);
                break;
            }
            m->label = more;
            m->label[m->n_labels++] = l;
        }
        p = tag_end[-1] == '/' ? tag_end : last;
    }
    mi_meta_sort(m);
    return own.cls == MI_E_NONE ? 0 : mi_fail(err, own.cls, NULL, "%s", own.message);
}
