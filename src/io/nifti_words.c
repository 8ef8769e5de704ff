/* Our own header extension: what travels with an item, as JSON (cli.md, section 2). */
#include "io/nifti_make.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/json.h"
#include "base/memory.h"
#include "io/nifti.h"

/* {"1":"tumour"}, or an object where colour or code are known. */
static cJSON *labels_json(const mi_meta *m)
{
    cJSON *all = cJSON_CreateObject();
    for (int i = 0; all && i < m->n_labels; i++) {
        char key[24];
        const mi_label *l = &m->label[i];
        const double rgb[3] = { l->rgb[0], l->rgb[1], l->rgb[2] };
        cJSON *o = NULL;
        snprintf(key, sizeof key, "%lld", (long long)l->value);
        if (l->rgb[0] < 0 && !l->code) {
            o = cJSON_CreateString(l->name ? l->name : "");
        } else if ((o = cJSON_CreateObject())) {
            mi_json_add_string(o, "name", l->name);
            if (l->rgb[0] >= 0)
                mi_json_add(o, "color", mi_json_numbers(rgb, 3));
            mi_json_add_string(o, "code", l->code);
        }
        if (!o || !cJSON_AddItemToObject(all, key, o)) {
            cJSON_Delete(o);
            cJSON_Delete(all);
            return NULL;
        }
    }
    return all;
}

static cJSON *meta_json(const mi_volume *v, bool history, bool labels)
{
    const mi_meta *m = &v->meta;
    cJSON *root = cJSON_CreateObject(), *mi = cJSON_CreateObject();
    mi_json_add_number(mi, "schema", 1);
    mi_json_add_string(mi, "role", m->role ? m->role : "image");
    mi_json_add_string(mi, "case", m->case_id);
    if (labels && m->n_labels > 0)
        mi_json_add(mi, "labels", labels_json(m));
    if (m->bundle_of > 0) {
        cJSON *b = cJSON_CreateObject();
        mi_json_add_number(b, "index", m->bundle_index);
        mi_json_add_number(b, "of", m->bundle_of);
        mi_json_add(mi, "bundle", b);
    }
    mi_json_add_string(mi, "unit", m->unit);
    mi_json_add_string(mi, "modality", m->modality);
    if (m->has_padding)
        mi_json_add(mi, "padding", mi_json_numbers(m->padding, 2));
    if (m->lossy)
        mi_json_add(mi, "lossy", cJSON_CreateTrue());
    if (history && m->history)
        mi_json_add(mi, "history", cJSON_Duplicate(m->history, 1));
    mi_json_add(root, "mi", mi);
    return root;
}

/* What does not fit is left out: first the history, which then starts anew, then the names of
   labels. */
static char *extension_text(const mi_volume *v)
{
    for (int less = 0; less < 3; less++) {
        cJSON *j = meta_json(v, less == 0, less < 2);
        char *text = j ? mi_json_line(j, true) : NULL;
        cJSON_Delete(j);
        if (!text || strlen(text) <= MI_NIFTI_COMMENT_MAX - 32)
            return text;
        free(text);
    }
    return NULL;
}

unsigned char *mi_nifti_make_extension(const mi_volume *v, size_t *n, mi_err *err)
{
    char *text = extension_text(v);
    size_t len = text ? strlen(text) : 0;
    size_t room = (len + 8 + 15) / 16 * 16;
    unsigned char *out = text ? mi_array_zero(room, 1, err) : NULL;
    if (out) {
        memcpy(out + 8, text, len);
        *n = room;
    } else {
        mi_fail(err, MI_E_MEMORY, NULL, "no memory for the header extension");
    }
    free(text);
    return out;
}
