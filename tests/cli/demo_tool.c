/* A tool without a domain, for the tests of the command line: parameters of every type, and a
   "feature" that is the number of bytes of a file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/batch.h"
#include "cli/provenance.h"

typedef struct demo {
    bool round;
    long long bins;
    double width;
    char *text;
    int method;
    mi_vec3 spacing;
    mi_range range;
    mi_list families, tags;
    double threshold;
    char *fail;   /* class to fail with */
    double sleep; /* seconds per case */
} demo;

static const char *const methods[] = { "nearest", "linear", "cubic", NULL };
static const char *const families[] = { "morph", "stat", "glcm", NULL };

#define D(f) .offset = offsetof(demo, f)

static const mi_param params[] = { { .name = "round",
                                     .letter = 'r',
                                     .type = MI_P_BOOL,
                                     D(round),
                                     .preset = "no",
                                     .flags = MI_PF_CONFIG,
                                     .group = "Values",
                                     .help = "round to whole numbers" },
                                   { .name = "bins",
                                     .letter = 'b',
                                     .type = MI_P_INT,
                                     D(bins),
                                     .value = "N",
                                     .preset = "32",
                                     .min = 1,
                                     .max = 65536,
                                     .flags = MI_PF_CONFIG,
                                     .group = "Values",
                                     .help = "number of bins" },
                                   { .name = "bin-width",
                                     .letter = 'w',
                                     .type = MI_P_DOUBLE,
                                     D(width),
                                     .unit = "HU",
                                     .value = "WIDTH",
                                     .min = 0.001,
                                     .max = 1e6,
                                     .flags = MI_PF_CONFIG,
                                     .group = "Values",
                                     .help = "width of a bin" },
                                   { .name = "title",
                                     .type = MI_P_STRING,
                                     D(text),
                                     .value = "TEXT",
                                     .flags = MI_PF_CONFIG,
                                     .group = "Values",
                                     .help = "a title" },
                                   { .name = "interpolation",
                                     .letter = 'i',
                                     .type = MI_P_CHOICE,
                                     D(method),
                                     .value = "METHOD",
                                     .preset = "linear",
                                     .choices = methods,
                                     .flags = MI_PF_CONFIG,
                                     .group = "Grid",
                                     .help = "how values between voxels are made" },
                                   { .name = "spacing",
                                     .letter = 's',
                                     .type = MI_P_VEC3,
                                     D(spacing),
                                     .unit = "mm",
                                     .value = "MM",
                                     .min = 0,
                                     .max = 1000,
                                     .flags = MI_PF_CONFIG,
                                     .group = "Grid",
                                     .help = "voxel size" },
                                   { .name = "range",
                                     .type = MI_P_RANGE,
                                     D(range),
                                     .unit = "HU",
                                     .value = "LO:HI",
                                     .flags = MI_PF_CONFIG,
                                     .group = "Grid",
                                     .help = "values to keep" },
                                   { .name = "families",
                                     .type = MI_P_LIST,
                                     D(families),
                                     .value = "NAME,...",
                                     .choices = families,
                                     .preset = "morph,stat",
                                     .flags = MI_PF_CONFIG,
                                     .group = "Values",
                                     .help = "what to measure" },
                                   { .name = "tag",
                                     .letter = 't',
                                     .type = MI_P_LIST,
                                     D(tags),
                                     .value = "WORD,...",
                                     .flags = MI_PF_CONFIG | MI_PF_REPEAT | MI_PF_FULL,
                                     .group = "Values",
                                     .help = "free words" },
                                   { .name = "threshold",
                                     .type = MI_P_DOUBLE,
                                     D(threshold),
                                     .value = "T",
                                     .preset = "0.5",
                                     .max = 1,
                                     .flags = MI_PF_CONFIG | MI_PF_FULL,
                                     .group = "Values",
                                     .help = "a share" },
                                   { .name = "fail",
                                     .type = MI_P_STRING,
                                     D(fail),
                                     .value = "CLASS",
                                     .flags = MI_PF_HIDDEN,
                                     .group = "Values",
                                     .help = "fail with this class of error" },
                                   { .name = "sleep",
                                     .type = MI_P_DOUBLE,
                                     D(sleep),
                                     .value = "S",
                                     .flags = MI_PF_HIDDEN,
                                     .group = "Values",
                                     .help = "take this long for a case" },
                                   { .name = NULL } };

static int fail_as(const char *word, mi_err *err)
{
    for (int cls = MI_E_USAGE; cls <= MI_E_CONFIG; cls++)
        if (strcmp(mi_class_name((mi_class)cls), word) == 0)
            return mi_fail(err, (mi_class)cls, "this was asked for", "failing as %s", word);
    return mi_fail(err, MI_E_USAGE, NULL, "no class is called %s", word);
}

static int fail_missing(const char *path, mi_err *err)
{
    mi_fail(err, MI_E_NOINPUT, NULL, "is not there");
    mi_err_subject(err, path);
    return -1;
}

static cJSON *measure(const mi_case *cs, long long size, mi_err *err)
{
    cJSON *r = cJSON_CreateObject(), *roi = cJSON_CreateObject(), *f = cJSON_CreateObject();
    cJSON *warnings = cJSON_CreateArray();
    mi_json_add_string(r, "schema", "mi.demo/1");
    mi_json_add_string(r, "status", "ok");
    mi_json_add_string(r, "case", cs->id);
    mi_json_add_string(r, "image", cs->name[1]);
    mi_json_add_string(roi, "mask", cs->name[2]);
    mi_json_add_number(roi, "label", 1);
    mi_json_add_string(roi, "name", "a \"quoted\", name");
    mi_json_add(r, "roi", roi);
    mi_json_add_number(f, "stat.bytes", (double)size);
    mi_json_add_number(f, "stat.third", (double)size / 3);
    mi_json_add_number(f, "stat.undefined", size > 0 ? 1 : NAN);
    mi_json_add(r, "features", f);
    if (size == 0) {
        cJSON *w = cJSON_CreateObject();
        mi_json_add_string(w, "feature", "stat.undefined");
        mi_json_add_string(w, "why", "the file is empty");
        cJSON_AddItemToArray(warnings, w);
    }
    mi_json_add(r, "warnings", warnings);
    (void)err;
    return r;
}

static int one_case(mi_context *c, const mi_case *cs, const void *user, cJSON *records, mi_err *err)
{
    const demo *d = user;
    struct stat st;
    if (d->sleep > 0)
        usleep((useconds_t)(d->sleep * 1e6));
    if (d->fail)
        return fail_as(d->fail, err);
    if (strcmp(cs->path[1], "-") == 0)
        st.st_size = 0;
    else if (stat(cs->path[1], &st) != 0)
        return fail_missing(cs->path[1], err);
    if (cs->name[3] && strcmp(cs->name[3], "absent") == 0)
        return mi_fail(err, MI_E_EMPTY, NULL, "label absent is not there");
    if (c->common.dry_run || c->common.validate)
        return 0;
    cJSON *r = measure(cs, st.st_size, err);
    cJSON *p = mi_provenance_record(c, NULL, NULL, 0, err);
    if (p)
        mi_json_add(r, "provenance", p);
    cJSON_AddItemToArray(records, r);
    if (cs->name[3] && strcmp(cs->name[3], "half") == 0) {
        mi_err e = MI_ERR_EMPTY;
        mi_fail(&e, MI_E_EMPTY, NULL, "label 2 is not there");
        cJSON_AddItemToArray(records,
                             mi_record_error("mi.demo/1", cs->id, cs->name[1], NULL, &e, 65));
    }
    return 0;
}

static const mi_column columns[] = { { "case", 0 },
                                     { "image", MI_COL_REQUIRED | MI_COL_PATH | MI_COL_OPERAND },
                                     { "mask", MI_COL_PATH | MI_COL_OPERAND },
                                     { "label", 0 },
                                     { NULL, 0 } };

static int run(mi_context *c, mi_err *err)
{
    static const char *const keys[] = { "stat.bytes", "stat.third", "stat.undefined" };
    mi_batch b = { "mi.demo/1", columns, keys, MI_COUNT(keys), one_case, c->group[0] };
    mi_say(c, "info", NULL, "threads %d", mi_context_threads(c));
    mi_say(c, "debug", "pool", "has %d", mi_pool_threads(mi_context_pool(c, err)));
    return mi_batch_run(c, &b, err);
}

static int list_methods(mi_context *c, mi_output *o, mi_err *err)
{
    (void)c;
    return mi_output_write(o, "nearest\nlinear\ncubic\n", sizeof "nearest\nlinear\ncubic\n" - 1,
                           err);
}

static cJSON *rows_of_methods(mi_context *c, mi_err *err)
{
    (void)c;
    static const char text[] = "[{\"name\":\"nearest\",\"order\":0},"
                               "{\"name\":\"linear\",\"order\":1},"
                               "{\"name\":\"cubic\",\"why\":\"smooth, slow\"}]";
    return mi_json_parse(text, sizeof text - 1, err);
}

static const mi_group groups[] = { { params, sizeof(demo) }, { NULL, 0 } };
static const mi_listing listings[] = { { "methods", "ways to interpolate", list_methods,
                                          rows_of_methods }, { 0 } };
static const char *const examples[] = { "mi-demo image.nii", NULL };

int main(int argc, char **argv)
{
    static const mi_tool tool = { .name = "mi-demo",
                                  .purpose = "sizes of files as records",
                                  .operands = "IMAGE [MASK...]",
                                  .about = "Without options: one record for the image.",
                                  .examples = examples,
                                  .groups = groups,
                                  .listings = listings,
                                  .run = run };
    return mi_tool_main(&tool, argc, argv);
}
