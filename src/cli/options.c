/* The parser: argument words to events, events to fields. No unique prefixes, so that a new
   option breaks no script. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/internal.h"

/* ---- the tables put together ---- */

static int table_size(const mi_param *params)
{
    int n = 0;
    while (params && params[n].name)
        n++;
    return n;
}

/* Which of the shared options this tool has. */
static bool wanted(const mi_context *c, const mi_param *p)
{
    static const char *const of_config[] = { "preset", "config", "print-config", NULL };
    if (c->tool->without & (p->flags >> 20))
        return false;
    for (int i = 0; !c->priv->has_config && of_config[i]; i++)
        if (strcmp(p->name, of_config[i]) == 0)
            return false;
    return true;
}

static void add_table(mi_context *c, const mi_param *params, void *base)
{
    struct mi_private *pr = c->priv;
    for (const mi_param *p = params; p && p->name; p++)
        if (wanted(c, p))
            pr->option[pr->n_options++] = (mi_option) { .p = p, .base = base };
}

static char *joined(const char *a, const char *b, mi_err *err)
{
    size_t n = strlen(a) + strlen(b) + 1;
    char *s = mi_array(n, 1, err);
    if (s) {
        strcpy(s, a);
        strcat(s, b);
    }
    return s;
}

/* What can be listed: what the tool declares, the codes of warnings where --fail-on takes them,
   and presets where there are parameters. */
static int gather_listings(struct mi_private *pr, const mi_tool *tool, mi_err *err)
{
    static const mi_listing warnings = { "warnings", "codes of warnings, for --fail-on",
                                         mi_warnings_print, mi_warnings_rows };
    static const mi_listing presets = { "presets", "presets and what they are for",
                                        mi_presets_print, mi_presets_json };
    int n = 0;
    while (tool->listings && tool->listings[n].noun)
        n++;
    pr->list = mi_array_zero((size_t)n + 2, sizeof *pr->list, err);
    if (!pr->list)
        return -1;
    for (int i = 0; i < n; i++)
        pr->list[i] = tool->listings[i];
    if (!(tool->without & MI_WITHOUT_FORMS))
        pr->list[n++] = warnings;
    if (pr->has_config)
        pr->list[n++] = presets;
    return n;
}

/* Rows --list-NOUN. */
static int make_listings(mi_context *c, mi_err *err)
{
    struct mi_private *pr = c->priv;
    int n = gather_listings(pr, c->tool, err);
    if (n < 0)
        return -1;
    pr->listing = mi_array_zero((size_t)n + 1, sizeof *pr->listing, err);
    pr->listing_on = mi_array_zero((size_t)n + 1, sizeof *pr->listing_on, err);
    if (!pr->listing || !pr->listing_on)
        return -1;
    for (int i = 0; i < n; i++) {
        char *name = joined("list-", pr->list[i].noun, err);
        if (!name)
            return -1;
        bool full = pr->list[i].print == mi_warnings_print;
        pr->listing[i] = (mi_param) { .name = name,
                                      .type = MI_P_FLAG,
                                      .group = "Information",
                                      .flags = full ? MI_PF_FULL : 0,
                                      .offset = (size_t)i * sizeof *pr->listing_on,
                                      .help = pr->list[i].help };
        pr->n_listings++;
    }
    return 0;
}

static int groups_of(const mi_tool *tool)
{
    int n = 0;
    while (tool->groups && tool->groups[n].params)
        n++;
    return n;
}

static int set_defaults(mi_context *c, mi_err *err)
{
    struct mi_private *pr = c->priv;
    for (int i = 0; i < pr->n_options; i++) {
        const mi_param *p = pr->option[i].p;
        if (p->type == MI_P_FLAG && p->preset)
            continue; /* stands for another option, has no field */
        mi_value_clear(p, pr->option[i].base);
        if (p->preset &&
            mi_value_parse(p, pr->option[i].base, p->preset, MI_E_INTERNAL, err) != 0) {
            mi_err_subject(err, p->name);
            return -1;
        }
    }
    return 0;
}

int mi_options_make(mi_context *c, mi_err *err)
{
    struct mi_private *pr = c->priv;
    int n_groups = groups_of(c->tool), n = 0;
    if (n_groups > MI_COUNT(c->group))
        return mi_fail(err, MI_E_INTERNAL, NULL, "the tool declares %d groups", n_groups);
    for (int g = 0; g < n_groups; g++) {
        const mi_param *p = c->tool->groups[g].params;
        c->group[g] = mi_array_zero(1, c->tool->groups[g].size, err);
        if (!c->group[g])
            return -1;
        n += table_size(p);
        for (; p->name; p++)
            pr->has_config = pr->has_config || mi_option_is_config(p);
    }
    if (make_listings(c, err) != 0)
        return -1;
    n += table_size(mi_common_params) + table_size(mi_action_params) + pr->n_listings;
    pr->option = mi_array_zero((size_t)n, sizeof *pr->option, err);
    if (!pr->option)
        return -1;
    for (int g = 0; g < n_groups; g++)
        add_table(c, c->tool->groups[g].params, c->group[g]);
    add_table(c, mi_common_params, &c->common);
    add_table(c, mi_action_params, &pr->act);
    add_table(c, pr->listing, pr->listing_on);
    return set_defaults(c, err);
}

bool mi_option_is_config(const mi_param *p)
{
    return p->flags & MI_PF_CONFIG;
}

char *mi_config_key(const mi_param *p, mi_err *err)
{
    char *key = mi_strdup(p->name, err);
    for (char *s = key; s && *s; s++)
        if (*s == '-')
            *s = '_';
    return key;
}

static mi_option *find_n(const mi_context *c, const char *name, size_t len)
{
    struct mi_private *pr = c->priv;
    for (int i = 0; i < pr->n_options; i++)
        if (strlen(pr->option[i].p->name) == len && strncmp(pr->option[i].p->name, name, len) == 0)
            return &pr->option[i];
    return NULL;
}

mi_option *mi_option_find(const mi_context *c, const char *name)
{
    return find_n(c, name, strlen(name));
}

static mi_option *find_letter(const mi_context *c, char letter)
{
    struct mi_private *pr = c->priv;
    for (int i = 0; i < pr->n_options; i++)
        if (pr->option[i].p->letter == letter)
            return &pr->option[i];
    return NULL;
}

/* ---- words to events ---- */

static bool takes_value(const mi_param *p)
{
    return p->type != MI_P_BOOL && p->type != MI_P_FLAG;
}

static int fail_option(mi_err *err, const char *name, size_t len, const char *message)
{
    mi_fail(err, MI_E_USAGE, NULL, "%s", message);
    char subject[256];
    if (len > sizeof subject - 1)
        len = sizeof subject - 1;
    memcpy(subject, name, len);
    subject[len] = 0;
    mi_err_subject(err, subject);
    return -1;
}

/* `word` without its dashes, of length len, is not an option: hint at the nearest one. */
static int unknown_option(const mi_context *c, const char *word, size_t len, mi_err *err)
{
    const struct mi_private *pr = c->priv;
    char name[128] = "";
    const char **names = mi_array_zero((size_t)pr->n_options + 1, sizeof *names, err);
    int n = 0;
    fail_option(err, word - 2, len + 2, "unknown option");
    if (!names)
        return -1;
    for (int i = 0; i < pr->n_options; i++)
        if (!(pr->option[i].p->flags & MI_PF_HIDDEN))
            names[n++] = pr->option[i].p->name;
    bool off = len > 3 && strncmp(word, "no-", 3) == 0;
    if (len < sizeof name)
        memcpy(name, word, len);
    const char *near = NULL;
    for (int i = 0; i < n && !near && len >= 3;
         i++) /* a beginning is no abbreviation, but tells what was meant */
        if (strncmp(names[i], word, len) == 0)
            near = names[i];
    if (!near)
        near = mi_nearest(name, names);
    const char *near_off = !near && off ? mi_nearest(name + 3, names) : NULL;
    if (near || near_off)
        mi_err_hint(err, "did you mean --%s%s?", near ? "" : "no-", near ? near : near_off);
    else
        mi_err_hint(err, "%s --help-all shows every option", c->tool->name);
    free(names);
    return -1;
}

static int add_event(mi_context *c, mi_option *o, const char *value, bool off, mi_err *err)
{
    struct mi_private *pr = c->priv;
    if (o->p->type == MI_P_FLAG && o->p->preset) { /* --json: --format=json */
        const char *eq = strchr(o->p->preset, '=');
        mi_option *target = eq ? find_n(c, o->p->preset, (size_t)(eq - o->p->preset)) : NULL;
        if (!target)
            return mi_fail(err, MI_E_INTERNAL, NULL, "--%s stands for nothing", o->p->name);
        value = eq + 1;
        o = target;
    }
    mi_event *more = mi_regrow(pr->event, (size_t)pr->n_events + 1, sizeof *more, err);
    if (!more)
        return -1;
    pr->event = more;
    pr->event[pr->n_events++] = (mi_event) { o, value, off };
    return 0;
}

static int need_value(const mi_param *p, const char *shown, size_t len, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    mi_text_add(&t, "needs a value: ");
    mi_value_allowed(p, &t);
    fail_option(err, shown, len, mi_text_ref(&t));
    mi_text_free(&t);
    return -1;
}

/* One word "--name", "--name=value" or "--no-name"; *i moves on when the next word is the value. */
static int scan_long(mi_context *c, int argc, char **argv, int *i, mi_err *err)
{
    const char *word = argv[*i], *name = word + 2, *eq = strchr(name, '=');
    size_t len = eq ? (size_t)(eq - name) : strlen(name);
    const char *value = eq ? eq + 1 : NULL;
    mi_option *o = find_n(c, name, len);
    bool off = false;
    if (!o && len > 3 && strncmp(name, "no-", 3) == 0) {
        o = find_n(c, name + 3, len - 3);
        off = o && o->p->type == MI_P_BOOL;
        if (!off)
            o = NULL;
    }
    if (!o)
        return unknown_option(c, name, len, err);
    if (takes_value(o->p) && !value) {
        if (*i + 1 >= argc)
            return need_value(o->p, word, len + 2, err);
        value = argv[++*i];
    } else if (value && (off || o->p->type == MI_P_FLAG)) {
        return fail_option(err, word, len + 2, "takes no value");
    }
    return add_event(c, o, value, off, err);
}

/* One word of letters: "-vf", "-o FILE", "-oFILE", "-@4". */
static int scan_short(mi_context *c, int argc, char **argv, int *i, mi_err *err)
{
    for (const char *s = argv[*i] + 1; *s; s++) {
        char shown[3] = { '-', *s, 0 };
        mi_option *o = find_letter(c, *s);
        if (!o) {
            fail_option(err, shown, 2, "unknown option");
            mi_err_hint(err, "%s --help-all shows every option", c->tool->name);
            return -1;
        }
        if (!takes_value(o->p)) {
            if (add_event(c, o, NULL, false, err) != 0)
                return -1;
            continue;
        }
        const char *value = s[1] ? s + 1 : *i + 1 < argc ? argv[++*i] : NULL;
        if (!value)
            return need_value(o->p, shown, 2, err);
        return add_event(c, o, value, false, err);
    }
    return 0;
}

int mi_options_scan(mi_context *c, int argc, char **argv, mi_err *err)
{
    struct mi_private *pr = c->priv;
    bool ended = false;
    pr->operand = mi_array_zero((size_t)argc + 1, sizeof *pr->operand, err);
    if (!pr->operand)
        return -1;
    c->operands = pr->operand;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        int rc = 0;
        if (ended || word[0] != '-' || !word[1])
            c->operands[c->n_operands++] = argv[i];
        else if (strcmp(word, "--") == 0)
            ended = true;
        else
            rc = word[1] == '-' ? scan_long(c, argc, argv, &i, err)
                                : scan_short(c, argc, argv, &i, err);
        if (rc != 0)
            return -1;
    }
    return 0;
}

/* ---- events to fields ---- */

/* An empty word stands for a variable that was not set: it never means "none" or "all". */
static int check_not_empty(const mi_param *p, const char *value, mi_err *err)
{
    bool text = p->type == MI_P_STRING && p->value && strcmp(p->value, "TEXT") == 0;
    if (*value || text || (p->type != MI_P_STRING && p->type != MI_P_LIST))
        return 0;
    return mi_fail(err, MI_E_USAGE, "leave the option out, or give it a value",
                   "the value is empty");
}

int mi_options_apply(mi_context *c, mi_err *err)
{
    struct mi_private *pr = c->priv;
    for (int i = 0; i < pr->n_events; i++) {
        const mi_event *e = &pr->event[i];
        const mi_param *p = e->o->p;
        const char *value = e->value ? e->value : e->off ? "no" : "yes";
        if (p->type == MI_P_LIST && !(e->o->given && p->flags & MI_PF_REPEAT))
            mi_value_clear(p, e->o->base);
        e->o->given = true;
        e->o->from = MI_OF_OPTION;
        if (check_not_empty(p, value, err) != 0 ||
            mi_value_parse(p, e->o->base, value, MI_E_USAGE, err) != 0) {
            char subject[128] = "--";
            strncat(subject, p->name, sizeof subject - 3);
            mi_err_subject(err, subject);
            return -1;
        }
    }
    return 0;
}

mi_source_of_value mi_context_source(const mi_context *c, const char *name)
{
    const mi_option *o = mi_option_find(c, name);
    return o ? o->from : MI_BUILT_IN;
}

void mi_options_free(mi_context *c)
{
    struct mi_private *pr = c->priv;
    for (int i = 0; i < pr->n_options; i++) {
        const mi_param *p = pr->option[i].p;
        if (!(p->type == MI_P_FLAG && p->preset))
            mi_value_clear(p, pr->option[i].base);
    }
    for (int i = 0; i < pr->n_listings; i++)
        free((char *)pr->listing[i].name);
    free(pr->listing);
    free(pr->list);
    free(pr->listing_on);
    free(pr->option);
    free(pr->event);
    free(pr->operand);
    for (int g = 0; g < MI_COUNT(c->group); g++)
        free(c->group[g]);
}
