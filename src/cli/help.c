/* --help, --help-all and --version. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <isa-l.h>
#include <libdeflate.h>
#include <nettle/version.h>

#include "base/version.h"
#include "cli/internal.h"

enum { INDENT = 26, WIDTH = 80 };

/* ---- one option ---- */

void mi_option_default(const mi_param *p, mi_text *t)
{
    if (!p->preset || p->type == MI_P_FLAG || (p->type == MI_P_STRING && !*p->preset))
        return;
    mi_text_add(t, p->preset);
}

static bool shown(const mi_param *p, bool all)
{
    return !(p->flags & MI_PF_HIDDEN) && (all || !(p->flags & MI_PF_FULL));
}

static void add_names(const mi_param *p, mi_text *t)
{
    if (p->letter)
        mi_text_addf(t, "  -%c, ", p->letter);
    else
        mi_text_add(t, "      ");
    mi_text_addf(t, "--%s%s",
                 p->type == MI_P_BOOL && p->preset && strcmp(p->preset, "yes") == 0 ? "[no-]" : "",
                 p->name);
    if (p->value)
        mi_text_addf(t, " %s", p->value);
}

/* Text wrapped at WIDTH, each further line indented. `column` is where the cursor is. */
static void add_wrapped(mi_text *t, const char *s, int column, int indent)
{
    bool first = true;
    while (*s) {
        size_t len = strcspn(s, " ");
        if (!first && column + 1 + (int)len > WIDTH) {
            mi_text_addf(t, "\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            mi_text_add(t, " ");
            column++;
        }
        mi_text_addn(t, s, len);
        column += (int)len;
        s += len;
        s += strspn(s, " ");
        first = false;
    }
    mi_text_add(t, "\n");
}

/* Text filled to WIDTH; ends of line in it count as blanks. */
static void add_paragraph(mi_text *t, const char *s)
{
    mi_text flat = MI_TEXT_EMPTY;
    for (; *s; s++)
        mi_text_addn(&flat, *s == '\n' ? " " : s, 1);
    add_wrapped(t, mi_text_ref(&flat), 0, 0);
    t->failed = t->failed || flat.failed;
    mi_text_free(&flat);
}

/* The help of a row as far as it fits one line: whole, or up to where its first remark begins. */
static void add_short(const char *help, int room, mi_text *t)
{
    size_t len = strlen(help), cut = strcspn(help, ";");
    const char *bracket = len > 0 && help[len - 1] == ')' ? strrchr(help, '(') : NULL;
    if (bracket && (size_t)(bracket - help) < cut)
        cut = (size_t)(bracket - help);
    if ((int)len > room && cut > 0 && cut < len)
        len = cut;
    while (len > 0 && help[len - 1] == ' ')
        len--;
    mi_text_addn(t, help, len);
}

static void add_default(const mi_param *p, mi_text *t)
{
    mi_text def = MI_TEXT_EMPTY;
    mi_option_default(p, &def);
    bool off = p->type == MI_P_BOOL && (strcmp(mi_text_ref(&def), "no") == 0);
    if (def.len > 0 && !off)
        mi_text_addf(t, " [%s]", def.s);
    t->failed = t->failed || def.failed;
    mi_text_free(&def);
}

static void add_explanation(const mi_param *p, bool all, mi_text *t)
{
    mi_text rest = MI_TEXT_EMPTY;
    if (all && p->choices && p->type != MI_P_FLAG) {
        mi_text_add(&rest, ":");
        for (int i = 0; p->choices[i]; i++)
            mi_text_addf(&rest, "%s %s", i ? "," : "", p->choices[i]);
    }
    if (p->unit)
        mi_text_addf(&rest, " (%s)", p->unit);
    add_default(p, &rest);
    if (all)
        mi_text_add(t, p->help ? p->help : "");
    else
        add_short(p->help ? p->help : "", WIDTH - INDENT - (int)rest.len, t);
    mi_text_add(t, mi_text_ref(&rest));
    t->failed = t->failed || rest.failed;
    mi_text_free(&rest);
}

static void add_line(const mi_text *names, const mi_text *words, mi_text *t)
{
    int column = (int)names->len, length = (int)words->len;
    mi_text_add(t, mi_text_ref(names));
    if (column + 2 > INDENT && column + 2 + length <= WIDTH) {
        mi_text_addf(t, "  %s\n", mi_text_ref(words));
    } else {
        if (column + 2 > INDENT)
            mi_text_addf(t, "\n%*s", INDENT, "");
        else
            mi_text_addf(t, "%*s", INDENT - column, "");
        add_wrapped(t, mi_text_ref(words), INDENT, INDENT);
    }
    t->failed = t->failed || names->failed || words->failed;
}

static void add_option(const mi_param *p, bool all, mi_text *t)
{
    mi_text names = MI_TEXT_EMPTY, words = MI_TEXT_EMPTY;
    add_names(p, &names);
    add_explanation(p, all, &words);
    add_line(&names, &words, t);
    mi_text_free(&names);
    mi_text_free(&words);
}

/* ---- pages ---- */

const char *mi_option_group(const mi_param *p)
{
    return p->group ? p->group : "Options";
}

/* Is this the first option of its group? */
static bool leads_group(const struct mi_private *pr, int i)
{
    for (int k = 0; k < i; k++)
        if (shown(pr->option[k].p, true) &&
            strcmp(mi_option_group(pr->option[k].p), mi_option_group(pr->option[i].p)) == 0)
            return false;
    return true;
}

/* Everything, group by group. */
static void add_groups(const mi_context *c, mi_text *t)
{
    const struct mi_private *pr = c->priv;
    for (int i = 0; i < pr->n_options; i++) {
        const mi_param *head = pr->option[i].p;
        if (!shown(head, true) || !leads_group(pr, i))
            continue;
        mi_text_addf(t, "\n%s:\n", mi_option_group(head));
        for (int k = i; k < pr->n_options; k++) {
            const mi_param *p = pr->option[k].p;
            if (shown(p, true) && strcmp(mi_option_group(p), mi_option_group(head)) == 0)
                add_option(p, true, t);
        }
    }
}

static bool is_own(const mi_context *c, const mi_option *o)
{
    for (int g = 0; g < MI_COUNT(c->group); g++)
        if (c->group[g] && o->base == c->group[g])
            return true;
    return false;
}

/* Rows that stand for a value of one option (--json, --csv ...) share a line. Returns the last
   of them. */
static int add_stand_ins(const mi_context *c, int i, mi_text *t)
{
    const struct mi_private *pr = c->priv;
    const char *target = pr->option[i].p->preset;
    size_t len = strcspn(target, "=");
    int last = i;
    mi_text names = MI_TEXT_EMPTY, words = MI_TEXT_EMPTY;
    for (int k = i; k < pr->n_options; k++) {
        const mi_param *p = pr->option[k].p;
        if (!shown(p, false))
            continue;
        if (p->type != MI_P_FLAG || !p->preset || strncmp(p->preset, target, len + 1) != 0)
            break;
        mi_text_addf(&names, "%s--%s", k == i ? "      " : ", ", p->name);
        last = k;
    }
    for (int k = 0; k < pr->n_options; k++)
        if (strncmp(pr->option[k].p->name, target, len) == 0 && !pr->option[k].p->name[len])
            add_short(pr->option[k].p->help, WIDTH - (int)names.len - 2, &words);
    add_line(&names, &words, t);
    mi_text_free(&names);
    mi_text_free(&words);
    return last;
}

/* The essential options: first the tool's own, then those that all tools share. */
static void add_essential(const mi_context *c, bool own, mi_text *t)
{
    const struct mi_private *pr = c->priv;
    bool first = true;
    for (int i = 0; i < pr->n_options; i++) {
        const mi_option *o = &pr->option[i];
        if (!shown(o->p, false) || is_own(c, o) != own)
            continue;
        if (first)
            mi_text_add(t, own ? "\nOptions:\n" : "\nShared by all tools:\n");
        first = false;
        if (o->p->type == MI_P_FLAG && o->p->preset)
            i = add_stand_ins(c, i, t);
        else
            add_option(o->p, false, t);
    }
}

int mi_help_print(mi_context *c, bool all, mi_output *o, mi_err *err)
{
    const mi_tool *tool = c->tool;
    mi_text t = MI_TEXT_EMPTY;
    mi_text_addf(&t, "Usage: %s [options]%s%s\n%s.\n", tool->name, tool->operands ? " " : "",
                 tool->operands ? tool->operands : "", tool->purpose);
    if (tool->about)
        add_paragraph(&t, tool->about);
    if (all) {
        add_groups(c, &t);
    } else {
        add_essential(c, true, &t);
        add_essential(c, false, &t);
    }
    if (all && tool->examples) {
        mi_text_add(&t, "\nExamples:\n");
        for (int i = 0; tool->examples[i]; i++)
            mi_text_addf(&t, "  %s\n", tool->examples[i]);
    }
    if (all) {
        mi_text_add(&t, "\nExit codes:\n");
        for (const mi_exit_row *r = mi_exit_rows; r->name; r++) {
            mi_text_addf(&t, "  %3d%s  ", r->code, r->code == 128 ? "+" : " ");
            add_wrapped(&t, r->meaning, 8, 8);
        }
        mi_text_addf(&t, "\nStreams, records and the environment are told in mi(7).\n");
    } else {
        mi_text_addf(&t, "All options: %s --help-all; manual: man %s, man mi\n", tool->name,
                     tool->name);
    }
    return mi_put(o, &t, err);
}

/* ---- version ---- */

/* By what the headers say, where a library's own answer lies in memory that threads share (as that
   of cJSON_Version does). */
cJSON *mi_version_libraries(void)
{
    char cjson[32], isal[32], nettle[32];
    snprintf(cjson, sizeof cjson, "%d.%d.%d", CJSON_VERSION_MAJOR, CJSON_VERSION_MINOR,
             CJSON_VERSION_PATCH);
    snprintf(isal, sizeof isal, "%d.%d.%d", ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION,
             ISAL_PATCH_VERSION);
    snprintf(nettle, sizeof nettle, "%d.%d", nettle_version_major(), nettle_version_minor());
    cJSON *j = cJSON_CreateObject();
    if (mi_json_add_string(j, "cjson", cjson) && mi_json_add_string(j, "isa-l", isal) &&
        mi_json_add_string(j, "libdeflate", LIBDEFLATE_VERSION_STRING) &&
        mi_json_add_string(j, "nettle", nettle) && mi_json_add_string(j, "nifti_clib", "2"))
        return j;
    cJSON_Delete(j);
    return NULL;
}

/* Modules that lie in a folder, by name; they are not opened, that would cost the time this
   option must not take. */
static void add_modules(const char *folder, cJSON *list)
{
    DIR *d = folder && *folder ? opendir(folder) : NULL;
    for (struct dirent *e; d && (e = readdir(d));) {
        size_t len = strlen(e->d_name);
        if (strncmp(e->d_name, "mi-", 3) != 0 || len < 7 || strcmp(e->d_name + len - 3, ".so") != 0)
            continue;
        cJSON *name = cJSON_CreateString(e->d_name);
        if (!name) {
            mi_json_append(list, NULL);
            continue;
        }
        name->valuestring[len - 3] = 0;
        bool twice = false;
        for (const cJSON *k = list->child; k; k = k->next)
            twice = twice || strcmp(k->valuestring, name->valuestring) == 0;
        if (twice)
            cJSON_Delete(name);
        else
            cJSON_AddItemToArray(list, name);
    }
    if (d)
        closedir(d);
}

static cJSON *version_json(const mi_context *c)
{
    struct utsname u;
    char build[256] = "";
    if (uname(&u) == 0)
        snprintf(build, sizeof build, "%.64s %.64s", u.sysname, u.machine);
    cJSON *j = cJSON_CreateObject(), *modules = cJSON_CreateArray();
    bool ok =
        j && modules && mi_json_add_string(j, "tool", c->tool->name) &&
        mi_json_add_string(j, "suite", "mi") && mi_json_add_string(j, "version", MI_VERSION) &&
        mi_json_add(j, "libraries", mi_version_libraries()) &&
        mi_json_add_string(j, "compiler", __VERSION__) && mi_json_add_string(j, "system", build);
    if (ok) {
        add_modules(c->priv->env_modules, modules);
#ifdef MI_PKGLIBDIR
        add_modules(MI_PKGLIBDIR, modules);
#endif
        if (mi_json_add(j, "modules", modules))
            return j;
    } else {
        cJSON_Delete(modules);
    }
    cJSON_Delete(j);
    return NULL;
}

static void add_version_text(const cJSON *j, mi_text *t)
{
    const cJSON *libs = cJSON_GetObjectItemCaseSensitive(j, "libraries");
    const cJSON *modules = cJSON_GetObjectItemCaseSensitive(j, "modules");
    mi_text_addf(t, "%s (mi) %s\nlibraries: ",
                 cJSON_GetObjectItemCaseSensitive(j, "tool")->valuestring, MI_VERSION);
    for (const cJSON *e = libs->child; e; e = e->next)
        mi_text_addf(t, "%s%s %s", e == libs->child ? "" : ", ", e->string, e->valuestring);
    mi_text_addf(t, "\nbuild: compiler %s, %s\nmodules: %s", __VERSION__,
                 cJSON_GetObjectItemCaseSensitive(j, "system")->valuestring,
                 modules->child ? "" : "none");
    for (const cJSON *e = modules->child; e; e = e->next)
        mi_text_addf(t, "%s%s", e == modules->child ? "" : ", ", e->valuestring);
    mi_text_add(t, "\n");
}

int mi_version_print(mi_context *c, bool json, mi_output *o, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    cJSON *j = version_json(c);
    char *pretty = j && json ? mi_json_pretty(j) : NULL;
    if (pretty)
        mi_text_addf(&t, "%s\n", pretty);
    else if (j && !json)
        add_version_text(j, &t);
    else
        t.failed = true;
    free(pretty);
    cJSON_Delete(j);
    return mi_put(o, &t, err);
}
