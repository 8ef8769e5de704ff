/* Failing memory, reads, writes: each tool runs on a small case again and again, while the 1st,
   2nd,
   3rd ... call of one kind fails (preload.c), until a run gets by without the failure. However it
   ends, a tool must not crash or hang, must say what went wrong in one line and a hint, must have
   freed what it allocated, and what it wrote must be whole or not be there.

     walk [SCENARIO [KIND[+] [N]]]      all, or some; with N one run, whose words are shown */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

enum { REPORT_FD = 9, SECONDS = 60, WORDS = 32, TOLD = 5 };

typedef struct scenario {
    const char *name;
    const char *command; /* words split at blanks */
    const char *input;   /* stdin, or NULL */
    const char *output;  /* the file written, or NULL: stdout */
    int step;            /* from the 200th call on, every step-th is tried */
    bool stream;         /* an image on stdout, which may break off */
    bool batch;          /* OUT.part and OUT.state may stay; --resume must go on from there */
} scenario;

static const scenario scenarios[] = {
    { "record", "mi-radiomics --features stat image.nii mask.nii", 0, 0, 1, 0, 0 },
    { "file", "mi-radiomics -o out.jsonl image.nii mask.nii", 0, "out.jsonl", 11, 0, 0 },
    { "threads", "mi-radiomics -@2 --csv --no-provenance image.nii mask.nii", 0, 0, 23, 0, 0 },
    { "gzip",
      "mi-radiomics --verify --digest --features stat,ih -o out.csv image.nii.gz mask.nii.gz", 0,
      "out.csv", 3, 0, 0 },
    { "bundle", "mi-radiomics --json --features stat,peak -", "bundle.nii", 0, 3, 0, 0 },
    { "chain",
      "mi-radiomics --preset ct --spacing 1 --range 0:90 --outliers 3 --features stat,ivh,glcm "
      "image.nii mask.nii",
      0, 0, 5, 0, 0 },
    { "config",
      "mi-radiomics --config config.json --labels names.json --label tumour,2 --tsv "
      "--names hash --run-info image.nii mask.nii -o out.tsv",
      0, "out.tsv", 3, 0, 0 },
    { "diagnostics", "mi-radiomics --dump diagnostics image.nii mask.nii", 0, 0, 3, 0, 0 },
    { "matrices", "mi-radiomics --dump matrices --label 1 -o out.txt image.nii mask.nii", 0,
      "out.txt", 5, 0, 0 },
    { "batch", "mi-radiomics --batch cohort.csv --features stat -o out.jsonl", 0, "out.jsonl", 3, 0,
      1 },
    { "batch table", "mi-radiomics --batch cohort.csv --features stat -o out.csv", 0, "out.csv", 5,
      0, 1 },
    { "batch stream", "mi-radiomics --batch - --features stat --jobs 2", "cohort.csv", 0, 5, 0, 0 },
    { "image",
      "mi-preproc --reorient LPI --crop 2:14,0:16,1:7 --pad 1 --clip 0:80 --rescale 2,1 "
      "-m mask.nii image.nii.gz -o out.nii.gz",
      0, "out.nii.gz", 1, 0, 0 },
    { "image stream", "mi-preproc --crop-to-mask -", "bundle.nii", 0, 1, 1, 0 },
    { "pair", "mi-radiomics --features stat pair.hdr mask.nii", 0, 0, 1, 0, 0 },
    { "like", "mi-preproc --like like.nii image.nii -o out.nii", 0, "out.nii", 1, 0, 0 },
    { "extensions", "mi-preproc words.nii -o out.nii", 0, "out.nii", 1, 0, 0 },
    { "info", "mi-info --stats image.nii.gz", 0, 0, 1, 0, 0 },
    { "info of a mask", "mi-info --json -o out.json bundle.nii", 0, "out.json", 1, 0, 0 },
    { "list", "mi-radiomics --list-features --json", 0, 0, 97, 0, 0 },
    { "configuration", "mi-radiomics --preset ibsi-d --config config.json --print-config", 0, 0, 1,
      0, 0 },
    { "help", "mi-preproc --help-all", 0, 0, 1, 0, 0 },
    { "usage", "mi-radiomics --usage-json", 0, 0, 5, 0, 0 },
};

/* A kind of failure and the exit statuses it may lead to (0: with whole output). 3 beside them
   where some rows may fail alone. */
typedef struct failure {
    const char *kind;
    int codes[4];
} failure;

static const failure failures[] = {
    { "malloc", { 0, 3, 71, 75 } },
    { "open", { 3, 73, 74, -1 } },
    { "read", { 0, 3, 74, -1 } },
    { "write", { 3, 74, -1, -1 } },
    { "close", { 0, 3, 74, -1 } },
    { "rename", { 73, 74, -1, -1 } },
    { "thread", { 0, 71, 75, -1 } },
    { "interrupt", { 0, -1, -1, -1 } },
    { "short", { 0, -1, -1, -1 } },
};

typedef struct buffer {
    char *p;
    size_t n;
} buffer;

/* What came of one run. */
typedef struct result {
    int status; /* of waitpid */
    long calls, live;
    buffer out, err;
    bool written; /* the output file is there */
} result;

static char base[PATH_MAX], preload[PATH_MAX];
static int passed, failed, told;

static void die(const char *what)
{
    fprintf(stderr, "walk: %s: %s\n", what, strerror(errno));
    exit(70);
}

/* ---- files ---- */

static buffer load(const char *path)
{
    buffer b = { NULL, 0 };
    FILE *f = fopen(path, "rb");
    size_t cap = 1 << 16;
    if (!f)
        return b;
    b.p = malloc(cap + 1);
    for (size_t got; b.p && (got = fread(b.p + b.n, 1, cap - b.n, f)) > 0;) {
        b.n += got;
        if (b.n == cap)
            b.p = realloc(b.p, (cap *= 2) + 1);
    }
    if (!b.p)
        die("memory");
    b.p[b.n] = '\0';
    fclose(f);
    return b;
}

static void save(const char *path, const void *p, size_t n, const void *q, size_t m)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(p, 1, n, f) != n || fwrite(q, 1, m, f) != m || fclose(f) != 0)
        die(path);
}

static void save_text(const char *path, const char *s)
{
    save(path, s, strlen(s), "", 0);
}

enum { NX = 16, NY = 16, NZ = 8, VOXELS = NX * NY * NZ };

/* NIfTI-1, 2 mm, with an sform, little-endian like the machines this runs on. */
static void header(unsigned char h[352], short type, short bits, float shift)
{
    short dim[8] = { 3, NX, NY, NZ, 1, 1, 1, 1 }, code = 1;
    float pixdim[8] = { 1, 2, 2, 2, 0, 0, 0, 0 }, begin = 352, one = 1;
    float row[3][4] = { { -2, 0, 0, shift }, { 0, 2, 0, 5 }, { 0, 0, 2, 7 } };
    int size = 348;
    memset(h, 0, 352);
    memcpy(h, &size, 4);
    memcpy(h + 40, dim, sizeof dim);
    memcpy(h + 70, &type, 2);
    memcpy(h + 72, &bits, 2);
    memcpy(h + 76, pixdim, sizeof pixdim);
    memcpy(h + 108, &begin, 4);
    memcpy(h + 112, &one, 4);
    h[123] = 2;
    memcpy(h + 254, &code, 2);
    memcpy(h + 280, row, sizeof row);
    memcpy(h + 344, "n+1", 4);
}

/* An image with header extensions: words of another program and ours. */
static void save_with_words(const char *path, unsigned char h[352], const void *p, size_t n)
{
    unsigned char all[352 + 2 * 48] = { 0 };
    static const char *const words[] = { "of another program", "{\"mi\":{\"schema\":1}}" };
    const float begin = sizeof all;
    memcpy(all, h, 352);
    memcpy(all + 108, &begin, 4);
    all[348] = 1;
    for (int i = 0; i < 2; i++) {
        const int size[2] = { 48, 6 };
        memcpy(all + 352 + 48 * i, size, sizeof size);
        memcpy(all + 360 + 48 * i, words[i], strlen(words[i]));
    }
    save(path, all, sizeof all, p, n);
}

static void make_inputs(void)
{
    static unsigned char mask[VOXELS];
    static int16_t image[VOXELS];
    unsigned char h[352], m[352], like[352];
    for (int i = 0; i < VOXELS; i++) {
        int x = i % NX - 8, y = i / NX % NY - 8, z = i / NX / NY - 4;
        int r2 = x * x + y * y + 4 * z * z;
        image[i] = (int16_t)((i * 7919 % 101) + 3 * x);
        mask[i] = r2 < 20 ? 1 : r2 < 40 && x > 0 ? 2 : 0;
    }
    header(h, 4, 16, 3);
    header(m, 2, 8, 3);
    header(like, 2, 8, 1);
    save("image.nii", h, sizeof h, image, sizeof image);
    save_with_words("words.nii", h, image, sizeof image);
    float zero = 0;
    memcpy(h + 108, &zero, 4);
    memcpy(h + 344, "ni1", 4);
    save("pair.hdr", h, 348, "", 0);
    save("pair.img", image, sizeof image, "", 0);
    save("mask.nii", m, sizeof m, mask, sizeof mask);
    save("like.nii", like, sizeof like, mask, sizeof mask);
    if (system("gzip -k image.nii mask.nii && cat image.nii mask.nii >bundle.nii") != 0)
        die("gzip");
    save_text("config.json", "{\"bin_number\":16,\"features\":[\"stat\",\"ngtdm\"]}\n");
    save_text("names.json", "{\"1\":\"tumour\",\"2\":\"rim\"}\n");
    save_text("cohort.csv",
              "case,image,mask,label\na,image.nii,mask.nii,1\nb,image.nii.gz,mask.nii,\n"
              "c,image.nii,mask.nii.gz,2\n");
}

static bool is_input(const char *name)
{
    static const char *const inputs[] = { "image.nii",  "mask.nii",   "image.nii.gz", "mask.nii.gz",
                                          "like.nii",   "bundle.nii", "config.json",  "names.json",
                                          "cohort.csv", "pair.hdr",   "pair.img",     "words.nii",
                                          ".",          ".." };
    for (int i = 0; i < COUNT(inputs); i++)
        if (strcmp(name, inputs[i]) == 0)
            return true;
    return false;
}

/* The first file that is neither an input nor `output` (with .part or .state when `batch`); "" for
   none. remove: take every one away. */
static void stray(const scenario *s, bool remove, char name[256])
{
    DIR *d = opendir(".");
    name[0] = '\0';
    for (struct dirent *e; d && (e = readdir(d));) {
        size_t n = s->output ? strlen(s->output) : 0;
        bool own = n && strncmp(e->d_name, s->output, n) == 0 &&
                   (!e->d_name[n] || (s->batch && (strcmp(e->d_name + n, ".part") == 0 ||
                                                   strcmp(e->d_name + n, ".state") == 0)));
        if (is_input(e->d_name))
            continue;
        if (remove)
            unlink(e->d_name);
        else if (!own)
            snprintf(name, 256, "%s", e->d_name);
    }
    if (d)
        closedir(d);
}

/* ---- one run ---- */

static void become(const scenario *s, const char *fault, const char *more, int report)
{
    static char words[1024];
    char *argv[WORDS + 2], *save_at = NULL;
    int n = 0, fd;
    snprintf(words, sizeof words, "%s%s%s", s->command, more ? " " : "", more ? more : "");
    for (char *w = strtok_r(words, " ", &save_at); w && n < WORDS;
         w = strtok_r(NULL, " ", &save_at))
        argv[n++] = w;
    argv[n] = NULL;
    if ((fd = open(s->input ? s->input : "/dev/null", O_RDONLY)) != 0)
        dup2(fd, 0);
    dup2(open("../stdout", O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    dup2(open("../stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
    dup2(report, REPORT_FD);
    for (fd = 3; fd < REPORT_FD; fd++)
        close(fd);
    char number[16];
    snprintf(number, sizeof number, "%d", REPORT_FD);
    setenv("MI_FAULT", fault, 1);
    setenv("MI_FAULT_FD", number, 1);
    setenv("LD_PRELOAD", preload, 1);
    alarm(SECONDS);
    execvp(argv[0], argv);
    _exit(127);
}

static void run(const scenario *s, const char *fault, const char *more, result *r)
{
    int ends[2];
    *r = (result){ .calls = -1 };
    if (pipe(ends) != 0)
        die("pipe");
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0)
        become(s, fault, more, ends[1]);
    close(ends[1]);
    char line[64] = "";
    size_t n = 0;
    for (ssize_t got;
         n < sizeof line - 1 && (got = read(ends[0], line + n, sizeof line - 1 - n)) > 0;)
        n += (size_t)got;
    close(ends[0]);
    while (waitpid(pid, &r->status, 0) < 0 && errno == EINTR)
        ;
    if (sscanf(line, "%ld %ld", &r->calls, &r->live) != 2)
        r->calls = -1;
    r->err = load("../stderr");
    r->out = load(s->output ? s->output : "../stdout");
    r->written = !s->output || r->out.p;
}

static void forget(result *r)
{
    free(r->out.p);
    free(r->err.p);
}

/* ---- what is asked of a run ---- */

static bool same(const buffer *a, const buffer *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

static bool begins(const buffer *whole, const buffer *part, bool at_line)
{
    if (part->n > whole->n || (part->n > 0 && memcmp(whole->p, part->p, part->n) != 0))
        return false;
    return !at_line || part->n == 0 || part->p[part->n - 1] == '\n';
}

static bool holds_line(const buffer *b, const char *line, size_t n)
{
    for (const char *p = b->p; p && p < b->p + b->n;) {
        const char *end = strchr(p, '\n');
        size_t m = end ? (size_t)(end - p) : strlen(p);
        if (m == n && memcmp(p, line, n) == 0)
            return true;
        p += m + 1;
    }
    return false;
}

/* Rows that failed are marked, all others are as in the reference. How many failed, or -1 with what
   is wrong. */
static int failed_rows(const buffer *want, const buffer *out, const char **wrong)
{
    int bad = 0;
    for (const char *p = out->p; p && *p;) {
        const char *end = strchr(p, '\n');
        if (!end) {
            *wrong = "the last row is not whole";
            return -1;
        }
        size_t n = (size_t)(end - p);
        if (!holds_line(want, p, n)) {
            char row[8192];
            snprintf(row, sizeof row, "%.*s", n < 8000 ? (int)n : 8000, p);
            if (!strstr(row, "\"error\"") && !strstr(row, ",error,") && !strstr(row, "\terror\t")) {
                *wrong = "a row differs and is not marked as an error";
                return -1;
            }
            bad++;
        }
        p = end + 1;
    }
    return bad;
}

static const char *partial(const scenario *s, const buffer *want, const buffer *out)
{
    const char *wrong = NULL;
    int bad = failed_rows(want, out, &wrong);
    bool dump = strstr(s->command, "--dump"); /* tells of what failed on stderr alone */
    return bad == 0 && !dump ? "exit status 3 without a row that failed" : wrong;
}

/* Several cases on stdout: rows that are as wanted, then it may break off; or each of them
   failed. */
static const char *broken_off(const buffer *want, const buffer *out)
{
    const char *wrong = NULL;
    return begins(want, out, true) || failed_rows(want, out, &wrong) == 3
               ? NULL : wrong ? wrong : "stdout holds what it should not";
}

/* One line about the error, at most one hint; with status 3 one per row, in a batch a line per case
   before it. */
static const char *words(const scenario *s, const char *err, int code)
{
    char tool[32];
    int errors = 0, hints = 0;
    snprintf(tool, sizeof tool, "%.*s: ", (int)strcspn(s->command, " "), s->command);
    for (const char *p = err; p && *p;) {
        const char *end = strchr(p, '\n');
        if (!end)
            return "a line on stderr is not whole";
        if (strncmp(p, tool, strlen(tool)) == 0)
            errors += !strstr(p, "not complete; --resume") || strstr(p, "not complete") > end;
        else if (strncmp(p, "hint: ", 6) == 0)
            hints++;
        else
            return "a strange line on stderr";
        p = end + 1;
    }
    if (errors == 0)
        return "nothing on stderr";
    bool lines = code == 3 || strstr(s->command, "--batch");
    return !lines && (errors > 1 || hints > 1) ? "more than one line and one hint" : NULL;
}

static bool allowed(const failure *f, int code)
{
    for (int i = 0; i < COUNT(f->codes) && f->codes[i] >= 0; i++)
        if (f->codes[i] == code)
            return true;
    return false;
}

/* A batch that broke off goes on to the same result. */
static const char *resume(const scenario *s, const result *want)
{
    result r;
    run(s, "open:1000000", "--resume", &r);
    bool good = WIFEXITED(r.status) && WEXITSTATUS(r.status) == 0 && same(&r.out, &want->out);
    forget(&r);
    return good ? NULL : "--resume does not mend it";
}

static const char *judge(const scenario *s, const failure *f, const result *want, const result *r)
{
    static char text[300];
    char name[256];
    if (WIFSIGNALED(r->status)) {
        snprintf(text, sizeof text, "ended by signal %d", WTERMSIG(r->status));
        return text;
    }
    int code = WEXITSTATUS(r->status);
    if (r->calls < 0)
        return "main() did not return";
    if (!allowed(f, code)) {
        snprintf(text, sizeof text, "exit status %d", code);
        return text;
    }
    if (r->live > want->live) {
        snprintf(text, sizeof text, "%ld blocks leaked", r->live - want->live);
        return text;
    }
    stray(s, false, name);
    if (*name) {
        snprintf(text, sizeof text, "left the file %s", name);
        return text;
    }
    if (code == 0)
        return same(&want->out, &r->out)
                   ? NULL : "exit status 0, but not the output of an undisturbed run";
    const char *wrong = words(s, r->err.p, code);
    if (wrong)
        return wrong;
    if (code == 3)
        return strstr(s->command, "--json") ? NULL : partial(s, &want->out, &r->out);
    if (s->output)
        return r->written ? "left its output" : s->batch ? resume(s, want) : NULL;
    if (strstr(s->command, "--batch"))
        return broken_off(&want->out, &r->out);
    return begins(&want->out, &r->out, !s->stream) ? NULL : "stdout holds what it should not";
}

/* ---- the walk ---- */

static void complain(const scenario *s, const char *fault, const char *wrong, const result *r)
{
    failed++;
    if (told++ >= TOLD)
        return;
    printf("FAIL: %s with %s: %s\n", s->name, fault, wrong);
    printf("    %s\n", s->command);
    if (r->err.n)
        printf("    stderr: %.300s", r->err.p);
}

/* One run with a failure; false when the failure was not met any more. */
static bool step(const scenario *s, const failure *f, const char *fault, long n, const result *want)
{
    result r;
    char name[256];
    run(s, fault, NULL, &r);
    bool met = r.calls < 0 || r.calls >= n;
    if (met) {
        const char *wrong = judge(s, f, want, &r);
        if (wrong)
            complain(s, fault, wrong, &r);
        else
            passed++;
    }
    forget(&r);
    stray(s, true, name);
    return met;
}

static void walk(const scenario *s, const failure *f, bool on, long only)
{
    char fault[64], name[256];
    result want;
    snprintf(fault, sizeof fault, "%s:1000000", f->kind);
    run(s, fault, NULL, &want);
    if (!WIFEXITED(want.status) || WEXITSTATUS(want.status) != 0 || want.calls < 0) {
        complain(s, "no failure", "does not work", &want);
        forget(&want);
        stray(s, true, name);
        return;
    }
    stray(s, true, name);
    told = 0;
    for (long n = only ? only : 1;; n += n < 200 ? 1 : s->step) {
        snprintf(fault, sizeof fault, "%s:%ld%s", f->kind, n, on ? "+" : "");
        if (!step(s, f, fault, n, &want) || only)
            break;
    }
    if (told > TOLD)
        printf("    ... and %d more\n", told - TOLD);
    forget(&want);
}

static void walk_some(int argc, char **argv)
{
    for (int i = 0; i < COUNT(scenarios); i++) {
        const scenario *s = &scenarios[i];
        if (argc > 1 && strcmp(argv[1], s->name) != 0)
            continue;
        for (int k = 0; k < COUNT(failures); k++) {
            const failure *f = &failures[k];
            size_t n = strlen(f->kind);
            bool want = argc <= 2 || strncmp(argv[2], f->kind, n) == 0;
            bool once = argc <= 2 || strcmp(argv[2], f->kind) == 0;
            bool on = k < 4 && (argc <= 2 || argv[2][n] == '+'); /* a full disk stays full */
            if (want && once)
                walk(s, f, false, argc > 3 ? atol(argv[3]) : 0);
            if (want && on)
                walk(s, f, true, argc > 3 ? atol(argv[3]) : 0);
        }
        fprintf(stderr, "%s: %d passed, %d failed\n", s->name, passed, failed);
    }
}

int main(int argc, char **argv)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)argc, (void)argv, (void)walk_some;
    printf("SKIP: failing calls, a sanitizer's own allocator cannot be preloaded over\n");
    return 77;
#endif
    const char *tmp = getenv("TMPDIR");
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!realpath("tests/fault/.libs/preload.so", preload))
        die("tests/fault/.libs/preload.so");
    snprintf(base, sizeof base, "%s/mi-fault.XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(base) || chdir(base) != 0 || mkdir("in", 0700) != 0 || chdir("in") != 0)
        die(base);
    setenv("LC_ALL", "C", 1);
    unsetenv("MI_THREADS");
    unsetenv("OMP_NUM_THREADS");
    unsetenv("SLURM_CPUS_PER_TASK");
    unsetenv("MI_LOG");
    make_inputs();
    walk_some(argc, argv);
    char command[PATH_MAX + 32];
    snprintf(command, sizeof command, "rm -rf '%s'", base);
    if (chdir("/") != 0 || system(command) != 0)
        die(base);
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed > 0 || passed == 0;
}
