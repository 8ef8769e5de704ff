/* check-schema [-a] SCHEMA [FILE]: does the JSON of FILE (or stdin) fit the schema? One
   document, or JSON Lines; -a: each element of an array. Prints the number of documents that
   fit; exit status 1 with the reason when one does not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema.h"

static char *read_all(FILE *f)
{
    size_t cap = 1 << 16, n = 0, k;
    char *s = malloc(cap);
    while (s && (k = fread(s + n, 1, cap - n - 1, f)) > 0) {
        n += k;
        if (cap - n <= 1)
            s = realloc(s, cap *= 2);
    }
    if (s)
        s[n] = 0;
    return s;
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *s = f ? read_all(f) : NULL;
    if (f)
        fclose(f);
    return s;
}

static int checked;

static int check(const cJSON *schema, const cJSON *value)
{
    char why[1200];
    if (schema_check(schema, value, why, sizeof why)) {
        checked++;
        return 0;
    }
    printf("document %d%s\n", checked + 1, why);
    return 1;
}

static int check_text(const cJSON *schema, char *text, int each)
{
    int bad = 0;
    cJSON *whole = cJSON_ParseWithOpts(text, NULL, 1);
    if (whole && each && cJSON_IsArray(whole)) {
        for (const cJSON *e = whole->child; e; e = e->next)
            bad |= check(schema, e);
    } else if (whole) {
        bad = check(schema, whole);
    } else {
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
            cJSON *j = cJSON_ParseWithOpts(line, NULL, 1);
            if (j)
                bad |= check(schema, j);
            else
                bad |= printf("not JSON: %.200s\n", line) > 0;
            cJSON_Delete(j);
        }
    }
    cJSON_Delete(whole);
    return bad;
}

int main(int argc, char **argv)
{
    int each = argc > 1 && strcmp(argv[1], "-a") == 0;
    if (argc - each < 2) {
        fprintf(stderr, "usage: check-schema [-a] SCHEMA [FILE]\n");
        return 64;
    }
    char *source = read_file(argv[1 + each]);
    cJSON *schema = source ? cJSON_Parse(source) : NULL;
    char *text = argc - each > 2 ? read_file(argv[2 + each]) : read_all(stdin);
    if (!schema || !text) {
        fprintf(stderr, "check-schema: %s cannot be read\n",
                !schema ? argv[1 + each] : "the document");
        return 66;
    }
    int bad = check_text(schema, text, each);
    if (!bad)
        printf("%d fit\n", checked);
    free(source);
    free(text);
    cJSON_Delete(schema);
    return bad;
}
