/* The command line described as data (--usage-json), as a bash completion and as sections of the
   man page. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/warnings.h"
#include "base/version.h"
#include "cli/internal.h"

/* ---- --usage-json ---- */

static const char *type_word(mi_param_type type)
{
    static const char *const words[] = { "bool",   "int",   "number", "string", "choice",
                                         "vector", "range", "list",   "flag" };
    return words[type];
}

static cJSON *words_json(const char *const *words)
{
    cJSON *a = cJSON_CreateArray();
    for (int i = 0; a && words[i]; i++)
        if (!cJSON_AddItemToArray(a, cJSON_CreateString(words[i]))) {
            cJSON_Delete(a);
            return NULL;
        }
    return a;
}

static bool add_limits_json(const mi_param *p, cJSON *j)
{
    if (p->min == 0 && p->max == 0)
        return true;
    return (isinf(p->min) || mi_json_add_number(j, "min", p->min)) &&
           (isinf(p->max) || mi_json_add_number(j, "max", p->max));
}

static cJSON *option_json(const mi_param *p)
{
    cJSON *j = cJSON_CreateObject();
    bool stands = p->type == MI_P_FLAG && p->preset;
    char letter[2] = { p->letter, 0 };
    bool ok = j && mi_json_add_string(j, "name", p->name) &&
              mi_json_add_string(j, "letter", p->letter ? letter : NULL) &&
              mi_json_add_string(j, "type", type_word(p->type)) &&
              mi_json_add_string(j, "group", mi_option_group(p)) &&
              mi_json_add_string(j, "help", p->help) && mi_json_add_string(j, "value", p->value) &&
              mi_json_add_string(j, "unit", p->unit) &&
              mi_json_add_string(j, stands ? "stands_for" : "default", p->preset) &&
              add_limits_json(p, j);
    if (ok && p->choices)
        ok = mi_json_add(j, "choices", words_json(p->choices));
    if (ok && mi_option_is_config(p)) {
        char *key = mi_config_key(p, NULL);
        ok = key && mi_json_add_string(j, "config_key", key);
        free(key);
    }
    if (ok && p->type == MI_P_BOOL)
        ok = mi_json_add(j, "negatable", cJSON_CreateTrue());
    if (ok && p->flags & (MI_PF_REPEAT | MI_PF_COUNT))
        ok = mi_json_add(j, "repeatable", cJSON_CreateTrue());
    if (ok && !(p->flags & MI_PF_FULL))
        ok = mi_json_add(j, "essential", cJSON_CreateTrue());
    if (ok)
        return j;
    cJSON_Delete(j);
    return NULL;
}

static cJSON *options_json(const mi_context *c)
{
    cJSON *a = cJSON_CreateArray();
    for (int i = 0; a && i < c->priv->n_options; i++) {
        if (c->priv->option[i].p->flags & MI_PF_HIDDEN)
            continue;
        cJSON *j = option_json(c->priv->option[i].p);
        if (!j || !cJSON_AddItemToArray(a, j)) {
            cJSON_Delete(a);
            return NULL;
        }
    }
    return a;
}

static cJSON *exits_json(void)
{
    cJSON *a = cJSON_CreateArray();
    for (const mi_exit_row *r = mi_exit_rows; a && r->name; r++) {
        cJSON *j = cJSON_CreateObject();
        bool ok = j && mi_json_add_number(j, "code", r->code) &&
                  mi_json_add_string(j, "name", r->name) &&
                  mi_json_add_string(j, "meaning", r->meaning) &&
                  mi_json_add_string(j, "retry_helps", r->retry);
        if (!ok || !cJSON_AddItemToArray(a, j)) {
            cJSON_Delete(j);
            cJSON_Delete(a);
            return NULL;
        }
    }
    return a;
}

int mi_usage_print(mi_context *c, mi_output *o, mi_err *err)
{
    const mi_tool *tool = c->tool;
    mi_text t = MI_TEXT_EMPTY;
    cJSON *j = cJSON_CreateObject();
    bool ok =
        mi_json_add_string(j, "schema", "mi.usage/1") &&
        mi_json_add_string(j, "tool", tool->name) && mi_json_add_string(j, "version", MI_VERSION) &&
        mi_json_add_string(j, "purpose", tool->purpose) &&
        mi_json_add_string(j, "operands", tool->operands) &&
        mi_json_add_string(j, "about", tool->about) && mi_json_add(j, "options", options_json(c)) &&
        (!tool->examples || mi_json_add(j, "examples", words_json(tool->examples))) &&
        mi_json_add(j, "exit_codes", exits_json());
    char *s = ok ? mi_json_pretty(j) : NULL;
    if (s)
        mi_text_addf(&t, "%s\n", s);
    t.failed = t.failed || !s;
    free(s);
    cJSON_Delete(j);
    return mi_put(o, &t, err);
}

/* ---- --completion bash ---- */

static void add_identifier(mi_text *t, const char *name)
{
    for (; *name; name++)
        mi_text_addn(t, isalnum((unsigned char)*name) ? name : "_", 1);
}

static bool is_file(const mi_param *p)
{
    return p->type == MI_P_STRING && p->value && strcmp(p->value, "FILE") == 0;
}

/* A branch of the case statement for options whose value is known. */
static void add_value_branch(const mi_context *c, const mi_param *p, mi_text *t)
{
    bool preset = strcmp(p->name, "preset") == 0;
    if (!p->choices && !preset && strcmp(p->name, "completion") != 0)
        return;
    mi_text_addf(t, "    --%s", p->name);
    if (p->letter)
        mi_text_addf(t, "|-%c", p->letter);
    mi_text_add(t, ") words=\"");
    if (preset)
        mi_text_addf(t, "$(%s --list-presets 2>/dev/null | sed 's/ .*//')", c->tool->name);
    for (int i = 0; p->choices && p->choices[i]; i++)
        mi_text_addf(t, "%s%s", i ? " " : "", p->choices[i]);
    mi_text_addf(t, "%s\" ;;\n", p->choices || preset ? "" : "bash");
}

static void add_free_values(const mi_context *c, mi_text *t)
{
    bool first = true;
    for (int i = 0; i < c->priv->n_options; i++) {
        const mi_param *p = c->priv->option[i].p;
        if (p->flags & MI_PF_HIDDEN || p->type == MI_P_BOOL || p->type == MI_P_FLAG || p->choices ||
            is_file(p) || strcmp(p->name, "preset") == 0 || strcmp(p->name, "completion") == 0)
            continue;
        mi_text_addf(t, "%s--%s", first ? "    " : "|", p->name);
        if (p->letter)
            mi_text_addf(t, "|-%c", p->letter);
        first = false;
    }
    if (!first)
        mi_text_add(t, ") return 0 ;;\n");
}

int mi_completion_print(mi_context *c, const char *shell, mi_output *o, mi_err *err)
{
    const struct mi_private *pr = c->priv;
    mi_text t = MI_TEXT_EMPTY;
    if (strcmp(shell, "bash") != 0) {
        mi_fail(err, MI_E_USAGE, NULL, "'%s' is not known: give bash", shell);
        mi_err_subject(err, "--completion");
        return -1;
    }
    mi_text_addf(&t, "# bash completion of %s\n_", c->tool->name);
    add_identifier(&t, c->tool->name);
    mi_text_add(&t, "()\n{\n  local cur=\"${COMP_WORDS[COMP_CWORD]}\" "
                    "prev=\"${COMP_WORDS[COMP_CWORD-1]}\" words=\"\"\n"
                    "  if [ \"$cur\" = = ]; then cur=\"\"\n"
                    "  elif [ \"$prev\" = = ]; then prev=\"${COMP_WORDS[COMP_CWORD-2]}\"; fi\n"
                    "  case \"$prev\" in\n");
    for (int i = 0; i < pr->n_options; i++)
        if (!(pr->option[i].p->flags & MI_PF_HIDDEN))
            add_value_branch(c, pr->option[i].p, &t);
    add_free_values(c, &t);
    mi_text_add(&t, "    *) case \"$cur\" in -*) words=\"");
    bool first = true;
    for (int i = 0; i < pr->n_options; i++) {
        const mi_param *p = pr->option[i].p;
        if (p->flags & MI_PF_HIDDEN)
            continue;
        mi_text_addf(&t, "%s--%s", first ? "" : " ", p->name);
        if (p->type == MI_P_BOOL)
            mi_text_addf(&t, " --no-%s", p->name);
        first = false;
    }
    mi_text_add(&t,
                "\" ;; esac ;;\n  esac\n"
                "  if [ -n \"$words\" ]; then COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                "  else COMPREPLY=($(compgen -f -- \"$cur\")); fi\n}\n"
                "complete -o filenames -F _");
    add_identifier(&t, c->tool->name);
    mi_text_addf(&t, " %s\n", c->tool->name);
    return mi_put(o, &t, err);
}

/* ---- --man PART ---- */

/* Text in roff: backslashes and dashes as they are typed, no control line by accident. */
static void add_roff(mi_text *t, const char *s)
{
    if (*s == '.' || *s == '\'')
        mi_text_add(t, "\\&");
    for (; *s; s++) {
        if (*s == '\\')
            mi_text_add(t, "\\e");
        else if (*s == '-')
            mi_text_add(t, "\\-");
        else
            mi_text_addn(t, s, 1);
    }
}

static void add_man_option(const mi_param *p, mi_text *t)
{
    mi_text_add(t, ".TP\n");
    if (p->letter)
        mi_text_addf(t, "\\fB\\-%c\\fR, ", p->letter);
    mi_text_add(t, "\\fB\\-\\-");
    if (p->type == MI_P_BOOL)
        mi_text_add(t, "\\fR[\\fBno\\-\\fR]\\fB");
    add_roff(t, p->name);
    mi_text_add(t, "\\fR");
    if (p->value) {
        mi_text_add(t, " \\fI");
        add_roff(t, p->value);
        mi_text_add(t, "\\fR");
    }
    mi_text_add(t, "\n");
    add_roff(t, p->help ? p->help : "");
    if (p->type != MI_P_BOOL && p->type != MI_P_FLAG && p->type != MI_P_STRING) {
        mi_text allowed = MI_TEXT_EMPTY;
        mi_value_allowed(p, &allowed);
        mi_text_add(t, "; ");
        add_roff(t, mi_text_ref(&allowed));
        t->failed = t->failed || allowed.failed;
        mi_text_free(&allowed);
    }
    mi_text def = MI_TEXT_EMPTY;
    mi_option_default(p, &def);
    if (def.len > 0) {
        mi_text_add(t, ". Default: ");
        add_roff(t, mi_text_ref(&def));
    }
    if (p->flags & MI_PF_REPEAT)
        mi_text_add(t, ". May be given several times");
    mi_text_add(t, ".\n");
    t->failed = t->failed || def.failed;
    mi_text_free(&def);
}

static bool first_of_group(const struct mi_private *pr, int i)
{
    for (int k = 0; k < i; k++)
        if (!(pr->option[k].p->flags & MI_PF_HIDDEN) &&
            strcmp(mi_option_group(pr->option[k].p), mi_option_group(pr->option[i].p)) == 0)
            return false;
    return true;
}

static void add_man_options(const mi_context *c, mi_text *t)
{
    const struct mi_private *pr = c->priv;
    for (int i = 0; i < pr->n_options; i++) {
        const mi_param *head = pr->option[i].p;
        if (head->flags & MI_PF_HIDDEN || !first_of_group(pr, i))
            continue;
        mi_text_addf(t, ".SS %s\n", mi_option_group(head));
        for (int k = i; k < pr->n_options; k++)
            if (!(pr->option[k].p->flags & MI_PF_HIDDEN) &&
                strcmp(mi_option_group(pr->option[k].p), mi_option_group(head)) == 0)
                add_man_option(pr->option[k].p, t);
    }
}

static void add_man_exits(mi_text *t)
{
    for (const mi_exit_row *r = mi_exit_rows; r->name; r++) {
        mi_text_addf(t, ".TP\n.B %d%s\n", r->code, r->code == 128 ? "+n" : "");
        add_roff(t, r->name);
        mi_text_add(t, ": ");
        add_roff(t, r->code == 128 ? r->meaning + strlen("128 + n: ") : r->meaning);
        mi_text_add(t, ".");
        if (strcmp(r->retry, "no") != 0)
            mi_text_addf(t, " Trying again helps: %s.", r->retry);
        mi_text_add(t, "\n");
    }
}

/* Each preset with the reason for each of its choices. */
static int add_man_presets(mi_context *c, mi_text *t, mi_err *err)
{
    const cJSON *j, *why;
    cJSON *all = mi_presets_json(c, err);
    cJSON_ArrayForEach(j, all)
    {
        mi_text_add(t, ".TP\n.B ");
        add_roff(t, cJSON_GetObjectItemCaseSensitive(j, "name")->valuestring);
        mi_text_add(t, "\n");
        add_roff(t, cJSON_GetObjectItemCaseSensitive(j, "description")->valuestring);
        mi_text_add(t, ".\n");
        cJSON_ArrayForEach(why, cJSON_GetObjectItemCaseSensitive(j, "reasons"))
        {
            mi_text_add(t, ".br\n.I ");
            add_roff(t, why->string);
            mi_text_add(t, ":\n");
            add_roff(t, cJSON_IsString(why) ? why->valuestring : "");
            mi_text_add(t, ".\n");
        }
    }
    cJSON_Delete(all);
    return all ? 0 : -1;
}

static void add_man_warnings(mi_text *t)
{
    for (const mi_warning_row *w = mi_warning_rows; w->code; w++) {
        mi_text_add(t, ".TP\n.B ");
        add_roff(t, w->code);
        mi_text_add(t, "\n");
        add_roff(t, w->meaning);
        mi_text_add(t, ".\n");
    }
}

int mi_man_print(mi_context *c, const char *part, mi_output *o, mi_err *err)
{
    mi_text t = MI_TEXT_EMPTY;
    if (strcmp(part, "options") == 0)
        add_man_options(c, &t);
    else if (strcmp(part, "exit") == 0)
        add_man_exits(&t);
    else if (strcmp(part, "purpose") == 0)
        add_roff(&t, c->tool->purpose);
    else if (strcmp(part, "warnings") == 0)
        add_man_warnings(&t);
    else if (strcmp(part, "presets") != 0)
        return mi_fail(err, MI_E_USAGE, NULL,
                       "--man: options, exit, presets, purpose or warnings");
    else if (add_man_presets(c, &t, err) != 0) {
        mi_text_free(&t);
        return -1;
    }
    if (t.len == 0 || t.s[t.len - 1] != '\n')
        mi_text_add(&t, "\n");
    return mi_put(o, &t, err);
}
