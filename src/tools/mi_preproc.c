/* mi-preproc: images in, prepared images out; masks follow the geometry. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/text.h"
#include "tools/preproc.h"
#include "tools/series_list.h"

#define AT(field) offsetof(mi_preproc_tool, field)

static const mi_param tool_params[] = {
    { .name = "mask",
      .letter = 'm',
      .type = MI_P_LIST,
      .offset = AT(mask),
      .value = "FILE",
      .flags = MI_PF_REPEAT,
      .group = "Input",
      .help = "label maps that go with the image and follow its geometry" },
    { .name = "list-series",
      .type = MI_P_FLAG,
      .offset = AT(list_series),
      .group = "Input",
      .help = "the series of a DICOM folder and what is wrong with them" },
    { .name = "as-mask",
      .type = MI_P_BOOL,
      .offset = AT(as_mask),
      .flags = MI_PF_CONFIG | MI_PF_FULL,
      .group = "Input",
      .help = "IMAGE is a label map: geometry only, nearest neighbour" },
    { .name = "steps",
      .type = MI_P_LIST,
      .offset = AT(steps),
      .value = "A,B",
      .flags = MI_PF_CONFIG | MI_PF_FULL,
      .group = "Steps, in this order",
      .help = "another order of the steps" },
    { .name = "plain",
      .type = MI_P_BOOL,
      .offset = AT(plain),
      .group = "Product",
      .help = "one bare NIfTI image without our header extension, for other tools" },
    { .name = NULL }
};

/* ---- what is asked for ---- */

static int check_plain(const mi_preproc_tool *o, const mi_reading_opts *in,
                       const mi_preproc_opts *steps, mi_err *err)
{
    if (o->plain && o->mask.n > 0 && !steps->crop_to_mask)
        return mi_fail(err, MI_E_USAGE, "write image and masks in two runs",
                       "--plain writes one item, there are masks besides");
    if (o->plain && mi_reading_all_frames(in))
        return mi_fail(err, MI_E_USAGE, "--frame N chooses one",
                       "--plain writes one item, not all frames");
    return 0;
}

static int check_crop(const mi_preproc_opts *o, mi_err *err)
{
    if (o->crop.n > 0 && o->crop_to_mask)
        return mi_fail(err, MI_E_USAGE, "one of them in a second run",
                       "--crop and --crop-to-mask are two boxes");
    if (o->margin.n > 0 && !o->crop_to_mask)
        return mi_fail(err, MI_E_USAGE, NULL, "--margin belongs to --crop-to-mask");
    for (int i = 0; i < o->margin.n; i++)
        if (!(o->margin.v[i] >= 0))
            return mi_fail(err, MI_E_USAGE, NULL, "--margin: %g mm are no width", o->margin.v[i]);
    return 0;
}

static int unknown_step(const char *word, mi_err *err)
{
    const char *names[32];
    int n = 0;
    for (; n < mi_n_operations && n < 31; n++)
        names[n] = mi_operations[n]->name;
    names[n] = NULL;
    const char *near = mi_nearest(word, names);
    mi_fail(err, MI_E_USAGE, NULL, "--steps: no step is called '%s'", word);
    if (near)
        mi_err_hint(err, "did you mean %s?", near);
    return -1;
}

static bool lists(const mi_list *l, int n, const char *word)
{
    for (int i = 0; i < n; i++)
        if (strcmp(l->item[i], word) == 0)
            return true;
    return false;
}

/* Every step named once, every step asked for among them. */
static int make_order(mi_preproc_work *w, mi_err *err)
{
    const mi_list *l = &w->o->steps;
    if (l->n == 0)
        return 0;
    w->order = mi_array_zero((size_t)l->n + 1, sizeof *w->order, err);
    for (int i = 0; w->order && i < l->n; i++) {
        bool known = false;
        for (int k = 0; k < mi_n_operations; k++)
            known = known || strcmp(l->item[i], mi_operations[k]->name) == 0;
        if (!known)
            return unknown_step(l->item[i], err);
        if (lists(l, i, l->item[i]))
            return mi_fail(err, MI_E_USAGE, NULL, "--steps names %s twice", l->item[i]);
        w->order[i] = l->item[i];
    }
    for (int i = 0; w->order && i < mi_n_operations; i++)
        if (mi_operations[i]->asked(w->steps) && !lists(l, l->n, mi_operations[i]->name))
            return mi_fail(err, MI_E_USAGE, NULL, "--steps leaves out %s, which is asked for",
                           mi_operations[i]->name);
    return w->order ? 0 : -1;
}

/* ---- the run ---- */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), e = strlen(end);
    return n >= e && strcmp(s + n - e, end) == 0;
}

/* The name of a file tells its form; a FIFO or a device may have any. */
static int open_output(mi_preproc_work *w, mi_output **o, mi_err *err)
{
    const char *path = w->c->common.output;
    bool to_stdout = !path || strcmp(path, "-") == 0;
    if (mi_output_open(o, path, w->c->common.force, err) != 0)
        return -1;
    if (to_stdout && w->c->stdout_is_terminal)
        return mi_fail(err, MI_E_USAGE, "redirect it, or name a file: -o FILE.nii.gz",
                       "images are not written to a terminal");
    if (mi_output_is_file(*o) && !ends_with(path, ".nii") && !ends_with(path, ".nii.gz")) {
        mi_fail(err, MI_E_USAGE, "images are written as .nii or .nii.gz", "the name tells no form");
        mi_err_subject(err, path);
        return -1;
    }
    mi_write_opts opts = { .plain = w->o->plain, .gzip = !to_stdout && ends_with(path, ".gz") };
    return mi_volume_writer_open(&w->out, *o, &opts, w->pool, err);
}

/* --dry-run and --validate check everything and write nothing. */
static int prepare(mi_preproc_work *w, mi_output **o, mi_err *err)
{
    const mi_common *common = &w->c->common;
    w->pool = mi_context_pool(w->c, err);
    if (!w->pool || check_plain(w->o, w->input, w->steps, err) != 0 ||
        check_crop(w->steps, err) != 0 || make_order(w, err) != 0)
        return -1;
    if (!common->dry_run && !common->validate && open_output(w, o, err) != 0)
        return -1;
    if (mi_preproc_read(w, err) != 0 || mi_preproc_write(w, err) != 0)
        return -1;
    if (w->lost || w->warn.lost)
        return mi_fail(err, MI_E_MEMORY, NULL, "no memory for the warnings");
    mi_volume_writer *out = w->out;
    w->out = NULL;
    return out ? mi_volume_writer_end(out, err) : 0;
}

/* A fault of the images is what --validate asks about. */
static bool is_answer(const mi_context *c, const mi_err *err)
{
    return c->common.validate && err->cls != MI_E_USAGE && err->cls != MI_E_INTERNAL &&
           err->cls != MI_E_MEMORY;
}

static int run(mi_context *c, mi_err *err)
{
    mi_preproc_work w = MI_PREPROC_WORK;
    mi_output *o = NULL;
    w.c = c;
    w.steps = c->group[0];
    w.o = c->group[1];
    w.input = c->group[2];
    if (c->n_operands == 0)
        return mi_fail(err, MI_E_USAGE, "mi-preproc [options] IMAGE", "no image is named");
    if (!w.o->list_series && c->common.form >= 0)
        return mi_fail(err, MI_E_USAGE, "the name of -o chooses .nii or .nii.gz",
                       "an image has no form as a table or JSON");
    if (mi_reading_open(c->group[2], err) != 0)
        return -1;
    int rc =
        w.o->list_series ? mi_series_list(c, c->operands[0], &w.input->keep, err)
                         : prepare(&w, &o, err);
    mi_preproc_work_free(&w);
    mi_reading_close(c->group[2]);
    if (rc == 0)
        return o ? mi_output_commit(o, err) : 0;
    mi_output_abort(o);
    if (!is_answer(c, err))
        return rc;
    mi_say_error(c, NULL, err);
    *err = (mi_err)MI_ERR_EMPTY;
    c->exit_code = 1;
    return 0;
}

static const mi_group groups[] = { { mi_preproc_params, sizeof(mi_preproc_opts) },
                                   { tool_params, sizeof(mi_preproc_tool) },
                                   { mi_reading_params, sizeof(mi_reading_opts) },
                                   { NULL, 0 } };

static const char *const examples[] = {
    "mi-preproc scan-folder -o scan.nii.gz",
    "mi-preproc --suv bw pet-folder --mask gtv.rtstruct.dcm | mi-radiomics --preset pet -",
    "mi-preproc --clip -1000:400 --crop-to-mask --margin 10mm ct.nii.gz --mask tumour.nii.gz "
    "-o crop.nii",
    "mi-preproc --list-series folder", NULL
};

static const mi_tool tool = {
    .name = "mi-preproc",
    .purpose = "prepares images: import, SUV, reorient, crop, pad, clip, rescale",
    .operands = "IMAGE",
    .about = "IMAGE is NIfTI, a DICOM file or folder, or - for a stream. The result is NIfTI: a\n"
             "file by -o, else a stream of image and masks on stdout. Without a step the image\n"
             "is only imported.",
    .examples = examples,
    .groups = groups,
    .without = MI_WITHOUT_BATCH,
    .images = true,
    .run = run
};

int main(int argc, char **argv) { return mi_tool_main(&tool, argc, argv); }
