/* Names of files and errors as they may be told. */
#include "cli/shown.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/digest.h"
#include "base/memory.h"

enum { NAMES_GIVEN, NAMES_BASE, NAMES_HASH };

static const char *base_name(const char *name)
{
    const char *end = name + strlen(name), *s;
    while (end > name + 1 && end[-1] == '/')
        end--;
    for (s = end; s > name && s[-1] != '/'; s--)
        ;
    return s;
}

char *mi_shown_name(const mi_context *c, const char *name, mi_err *err)
{
    char hash[72];
    if (!name || c->common.names == NAMES_GIVEN || strcmp(name, "-") == 0 ||
        strncmp(name, "sha256:", 7) == 0)
        return mi_strdup(name, err);
    if (c->common.names == NAMES_BASE)
        return mi_strdup(base_name(name), err);
    mi_digest_of(name, strlen(name), hash);
    return mi_strdup(hash, err);
}

void mi_err_hint_of_class(const mi_context *c, mi_err *err)
{
    static const char *const hints[] = {
        [MI_E_DATA] = "mi-info shows what a file holds, as far as it can be read",
        [MI_E_EMPTY] = "mi-info --stats shows what an image and its mask hold",
        [MI_E_INTERNAL] = "please report this",
        [MI_E_MEMORY] = "use a larger machine, or fewer voxels at once",
        [MI_E_TEMPORARY] = "run it again later",
    };
    int cls = (int)err->cls;
    if (cls == MI_E_USAGE)
        mi_err_hint(err, "%s --help-all describes every option", c->tool->name);
    else if (cls == MI_E_CONFIG)
        mi_err_hint(err, "%s --print-config shows the form of a config file", c->tool->name);
    else if (cls >= 0 && cls < MI_COUNT(hints) && hints[cls])
        mi_err_hint(err, "%s", hints[cls]);
}

mi_err mi_shown_error(const mi_context *c, const mi_err *e)
{
    mi_err out = *e;
    out.within[0] = '\0';
    mi_err_hint_of_class(c, &out);
    if (!*e->subject || *e->subject == '-')
        return out;
    char *name = mi_shown_name(c, e->subject, NULL);
    snprintf(out.subject, sizeof out.subject, "%s", name ? name : "");
    free(name);
    return out;
}
