#include "support.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void *need(void *p)
{
    if (!p) {
        fprintf(stderr, "no memory\n");
        exit(99);
    }
    return p;
}

/* ---- counting ---- */

bool check(tally *t, bool ok, const char *fmt, ...)
{
    if (ok) {
        t->passed++;
        return true;
    }
    if (++t->failed <= 40) {
        va_list ap;
        va_start(ap, fmt);
        fputs("FAIL ", stderr);
        vfprintf(stderr, fmt, ap);
        fputs("\n", stderr);
        va_end(ap);
    }
    return false;
}

void skip(tally *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("SKIP ", stdout);
    vprintf(fmt, ap);
    fputs("\n", stdout);
    va_end(ap);
    t->skipped++;
}

int tally_end(const tally *t)
{
    if (t->failed > 40)
        fprintf(stderr, "... and %d failures more\n", t->failed - 40);
    printf("%d passed, %d failed, %d skipped\n", t->passed, t->failed, t->skipped);
    return t->failed ? 1 : t->passed ? 0 : 77;
}

/* ---- tables ---- */

char *text_of(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    size_t n = 0, cap = 1 << 16;
    char *s = need(malloc(cap + 1));
    while (f) {
        size_t got = fread(s + n, 1, cap - n, f);
        n += got;
        if (got == 0)
            break;
        if (n == cap)
            s = need(realloc(s, (cap *= 2) + 1));
    }
    s[n] = '\0';
    if (len)
        *len = n;
    if (f)
        fclose(f);
    else {
        free(s);
        s = NULL;
    }
    return s;
}

/* Cut one line into cells in place; returns their number. */
static int cut(char *line, char **cell, int max)
{
    int n = 0;
    for (char *p = line; n < max; p++) {
        char *to = p;
        cell[n++] = p;
        bool quoted = false;
        for (; *p && (quoted || *p != ','); p++) {
            if (*p == '"' && quoted && p[1] == '"')
                *to++ = *p++;
            else if (*p == '"')
                quoted = !quoted;
            else
                *to++ = *p;
        }
        bool more = *p == ',';
        *to = '\0';
        if (!more)
            break;
    }
    return n;
}

bool table_parse(table *t, char *text)
{
    char *save = NULL;
    memset(t, 0, sizeof *t);
    t->text = text;
    if (!t->text)
        return false;
    for (char *line = strtok_r(t->text, "\r\n", &save); line;
         line = strtok_r(NULL, "\r\n", &save)) {
        if (*line == '#')
            continue;
        if (!t->head) {
            t->head = need(calloc(64, sizeof *t->head));
            t->columns = cut(line, t->head, 64);
            continue;
        }
        t->cell =
            need(realloc(t->cell, (size_t)(t->rows + 1) * (size_t)t->columns * sizeof *t->cell));
        char **row = t->cell + t->rows * t->columns;
        for (int got = cut(line, row, t->columns); got < t->columns; got++)
            row[got] = (char *)"";
        t->rows++;
    }
    return t->head != NULL;
}

bool table_read(table *t, const char *path)
{
    return table_parse(t, text_of(path, NULL));
}

void table_free(table *t)
{
    free(t->cell);
    free(t->head);
    free(t->text);
    memset(t, 0, sizeof *t);
}

const char *table_cell(const table *t, int row, const char *column)
{
    for (int c = 0; c < t->columns; c++)
        if (strcmp(t->head[c], column) == 0)
            return t->cell[row * t->columns + c];
    return "";
}

double table_number(const table *t, int row, const char *column)
{
    const char *s = table_cell(t, row, column);
    char *end;
    double x = strtod(s, &end);
    return *s && !*end ? x : NAN;
}

double rounded(double x, int digits)
{
    char s[40];
    snprintf(s, sizeof s, "%.*e", digits - 1, x);
    return strtod(s, NULL);
}

/* ---- paths ---- */

char *join(const char *a, const char *b)
{
    size_t n = strlen(a) + strlen(b) + 2;
    char *s = need(malloc(n));
    snprintf(s, n, "%s/%s", a, b);
    return s;
}

static bool is_there(const char *path)
{
    return access(path, R_OK) == 0;
}

static const char *source_root(void)
{
    static char root[4096];
    const char *given = getenv("srcdir");
    if (given && *given)
        return given;
    strcpy(root, ".");
    for (int up = 0; up < 6; up++, strcat(root, "/..")) {
        char probe[4200];
        snprintf(probe, sizeof probe, "%s/testdata/ibsi1_values.csv", root);
        if (is_there(probe))
            return root;
    }
    return ".";
}

char *source_path(const char *name)
{
    return join(source_root(), name);
}

char *shared_path(const char *name)
{
    const char *given = getenv("MI_SHARED");
    char *beside = join(source_root(), "../shared");
    char *path = join(given && *given ? given : beside, name);
    free(beside);
    if (is_there(path))
        return path;
    free(path);
    return NULL;
}

char *scratch_make(void)
{
    const char *tmp = getenv("TMPDIR");
    char *s = join(tmp && *tmp ? tmp : "/tmp", "mi-conformance-XXXXXX");
    if (!mkdtemp(s)) {
        perror(s);
        exit(99);
    }
    return s;
}

void scratch_remove(char *folder)
{
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        char *p = join(folder, e->d_name);
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlink(p);
        free(p);
    }
    if (d)
        closedir(d);
    rmdir(folder);
    free(folder);
}

/* ---- the tool ---- */

bool tool_is_there(const char *name)
{
    const char *path = getenv("PATH");
    char *copy = need(strdup(path ? path : "")), *save = NULL;
    bool found = false;
    for (char *d = strtok_r(copy, ":", &save); d && !found; d = strtok_r(NULL, ":", &save)) {
        char *p = join(d, name);
        found = access(p, X_OK) == 0;
        free(p);
    }
    free(copy);
    return found;
}

static char *drain(int fd)
{
    size_t n = 0, cap = 1 << 16;
    char *s = need(malloc(cap + 1));
    for (;;) {
        ssize_t got = read(fd, s + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
        if (n == cap)
            s = need(realloc(s, (cap *= 2) + 1));
    }
    s[n] = '\0';
    return s;
}

int run(const char *const argv[], char **out, const char *errors)
{
    int p[2], status = 0;
    *out = NULL;
    fflush(NULL);
    if (pipe(p) != 0)
        return 127;
    pid_t child = fork();
    if (child == 0) {
        int e = errors ? open(errors, O_WRONLY | O_CREAT | O_TRUNC, 0600) : 2;
        int null = open("/dev/null", O_RDONLY);
        dup2(null, 0);
        dup2(p[1], 1);
        if (e >= 0)
            dup2(e, 2);
        close(p[0]);
        close(p[1]);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(p[1]);
    *out = drain(p[0]);
    close(p[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child < 0)
        return 127;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

cJSON *run_json(const char *const argv[])
{
    char *out;
    int status = run(argv, &out, NULL);
    cJSON *all = NULL;
    if (status != 0)
        fprintf(stderr, "%s ended with %d\n", argv[0], status);
    else if (out[0] == '[')
        all = cJSON_Parse(out);
    else {
        const char *end = out;
        all = cJSON_CreateArray();
        for (const char *p = out; *p;) {
            cJSON *one = cJSON_ParseWithOpts(p, &end, 0);
            if (!one) {
                cJSON_Delete(all);
                all = NULL;
                break;
            }
            cJSON_AddItemToArray(all, one);
            p = end + strspn(end, " \t\r\n");
        }
    }
    free(out);
    return all;
}

double json_number(const cJSON *item)
{
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

cJSON *feature_list(void)
{
    static const char *const argv[] = { "mi-radiomics", "--list-features", "--json", NULL };
    return run_json(argv);
}

static bool same(const cJSON *object, const char *member, const char *text)
{
    const cJSON *m = cJSON_GetObjectItemCaseSensitive(object, member);
    return cJSON_IsString(m) && strcmp(m->valuestring, text) == 0;
}

const char *feature_key(const cJSON *list, const char *tag, const char *aggregation,
                        const char *feature)
{
    const cJSON *one;
    bool shared = strcmp(tag, "BC2M") == 0 || strcmp(tag, "GBPN") == 0;
    cJSON_ArrayForEach(one, list) if (
        same(one, "ibsi_tag", tag) && same(one, "aggregation", aggregation) &&
        (!shared ||
         same(one, "feature",
              feature))) return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, "key"));
    return NULL;
}

const char *aggregation_id(const char *name)
{
    static const char *const pair[][2] = { { "", "" },
                                           { "2D averaged", "2d_avg" },
                                           { "2D slice-merged", "2d_merge" },
                                           { "2.5D direction-merged", "25d_dir" },
                                           { "2.5D merged", "25d_merge" },
                                           { "3D averaged", "3d_avg" },
                                           { "3D merged", "3d_merge" },
                                           { "2D", "2d" },
                                           { "2.5D", "25d" },
                                           { "3D", "3d" } };
    for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++)
        if (strcmp(name, pair[i][0]) == 0)
            return pair[i][1];
    return NULL;
}
