/* make-dicom KIND FOLDER [N]: DICOM folders for tests of the tools.
     ct       a CT series of 12 slices of 64 x 48 pixels with a bright box
     tilt     the same, by a tilted gantry
     pet      a PET series of 12 slices
     rt       ct and a structure set with the regions Box, Box-Inner and Far
     private  ct, rt, a SEG, a PET series and a report, in which every attribute that could identify
              somebody is filled: texts hold the word Xanadu, dates are 19610203,
              times 131415, UIDs begin with 1.2.826.0.1.777
     seeds    inputs for the fuzz targets of tests/fuzz, in folders of their names
     rubbish  N files that are mostly no DICOM or damaged, and among them the series ct */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "dicom_code.h"
#include "dicom_pet.h"

enum { NX = 64, NY = 48, NZ = 12 };

#define ROOT "1.2.826.0.1.777"

/* ---- identity ---- */

/* Of PS3.15, table E.1-1: what the basic profile removes or replaces. */
static const struct { uint32_t tag; const char *vr; } personal[] = {
    { 0x00080012, "DA" }, { 0x00080013, "TM" }, { 0x00080020, "DA" }, { 0x00080021, "DA" },
    { 0x00080022, "DA" }, { 0x00080023, "DA" }, { 0x0008002a, "DT" }, { 0x00080030, "TM" },
    { 0x00080031, "TM" }, { 0x00080032, "TM" }, { 0x00080033, "TM" }, { 0x00080050, "SH" },
    { 0x00080080, "LO" }, { 0x00080081, "ST" }, { 0x00080090, "PN" }, { 0x00080092, "ST" },
    { 0x00080094, "SH" }, { 0x00081010, "SH" }, { 0x00081030, "LO" }, { 0x0008103e, "LO" },
    { 0x00081040, "LO" }, { 0x00081048, "PN" }, { 0x00081050, "PN" }, { 0x00081070, "PN" },
    { 0x00081080, "LO" }, { 0x00082111, "ST" }, { 0x00084000, "LT" }, { 0x00100010, "PN" },
    { 0x00100020, "LO" }, { 0x00100030, "DA" }, { 0x00100032, "TM" }, { 0x00101000, "LO" },
    { 0x00101001, "PN" }, { 0x00101005, "PN" }, { 0x00101040, "LO" }, { 0x00101060, "PN" },
    { 0x00102154, "SH" }, { 0x00102180, "SH" }, { 0x001021b0, "LT" }, { 0x00104000, "LT" },
    { 0x00120010, "LO" }, { 0x00181000, "LO" }, { 0x00181030, "LO" }, { 0x00181400, "LO" },
    { 0x00200010, "SH" }, { 0x00204000, "LT" }, { 0x00321032, "PN" }, { 0x00321060, "LO" },
    { 0x00324000, "LT" }, { 0x00380010, "LO" }, { 0x00400006, "PN" }, { 0x00400244, "DA" },
    { 0x00400245, "TM" }, { 0x00400253, "SH" }, { 0x00400254, "LO" }, { 0x00400275, "LO" },
    { 0x00402016, "LO" }, { 0x0040a124, "UI" }, { 0x00880140, "UI" }, { 0x30060002, "SH" },
    { 0x30060004, "LO" }, { 0x30060006, "ST" }, { 0x30060008, "DA" }, { 0x30060009, "TM" },
    { 0x00700080, "CS" }, { 0x00700081, "LO" }, { 0x00700084, "PN" }, { 0x00091001, "LO" }
};

static void identify(dw *d)
{
    for (size_t i = 0; i < sizeof personal / sizeof personal[0]; i++) {
        const char *vr = personal[i].vr;
        dw_text(d, personal[i].tag, vr, "%s", strcmp(vr, "DA") == 0   ? "19610203"
                                              : strcmp(vr, "TM") == 0 ? "131415"
                                              : strcmp(vr, "DT") == 0 ? "19610203131415"
                                              : strcmp(vr, "UI") == 0 ? ROOT ".99"
                                              : strcmp(vr, "CS") == 0 ? "XANADU" : "Xanadu^Kubla");
    }
    dw_text(d, 0x00090010, "LO", "Xanadu private");
}

/* ---- images ---- */

static bool in_box(int x, int y, int z)
{
    return x >= 20 && x < 40 && y >= 12 && y < 30 && z >= 3 && z < 9;
}

static dw_spec slice_of(int k, const char *series)
{
    dw_spec s = dw_spec_ct();
    s.series = series;
    s.columns = NX;
    s.rows = NY;
    s.instance = k + 1;
    s.position[2] = 3 * k;
    return s;
}

static void put_pixels(dw *d, int k)
{
    uint16_t *w = calloc(NX * NY, sizeof *w);
    if (!w)
        abort();
    for (int p = 0; p < NX * NY; p++)
        w[p] = (uint16_t)((in_box(p % NX, p / NX, k) ? 1060 : 900) + (7 * p + 13 * k) % 40);
    dw_bytes(d, 0x7fe00010, "OW", w, NX * NY * sizeof *w);
    free(w);
}

static void make_ct(const char *folder, const char *series, double tilt, bool named)
{
    for (int k = 0; k < NZ; k++) {
        char name[32];
        dw_spec s = slice_of(k, series);
        s.position[1] += tilt * k;
        dw *d = dw_image(&s);
        put_pixels(d, k);
        if (named)
            identify(d);
        snprintf(name, sizeof name, "CT%03d.dcm", NZ - k);
        dw_write(d, DW_EXPLICIT, dw_path(folder, name));
        dw_free(d);
    }
}

static void make_pet(const char *folder, const char *series, bool named)
{
    for (int k = 0; k < NZ; k++) {
        char name[32];
        dw_spec s = slice_of(k, series);
        dw_pet h = dw_pet_plain();
        s.sop_class = "1.2.840.10008.5.1.4.1.1.128";
        s.modality = "PT";
        s.series_number = 5;
        s.slope = 1;
        s.inter = 0;
        dw *d = dw_image(&s);
        put_pixels(d, k);
        if (named) {
            identify(d);
            h.date = h.acquisition_date = "19610203";
            h.series_time = h.acquisition_time = "131415";
            h.injection_time = NULL;
            h.injection_datetime = "19610203121415";
            h.maker = "Xanadu works";
            h.nuclide = "SCT:77004003:^18^Fluorine";
        }
        dw_pet_add(d, &h);
        snprintf(name, sizeof name, "PT%03d.dcm", k);
        dw_write(d, DW_EXPLICIT, dw_path(folder, name));
        dw_free(d);
    }
}

/* ---- regions and reports ---- */

static dw *object(const char *sop_class, const char *modality, int number, bool named)
{
    dw *d = dw_new();
    if (named)
        identify(d);
    dw_text(d, 0x00080016, "UI", "%s", sop_class);
    dw_text(d, 0x00080018, "UI", ROOT ".%d.1", number);
    dw_text(d, 0x00080060, "CS", "%s", modality);
    dw_text(d, 0x0020000e, "UI", ROOT ".%d", number);
    dw_number(d, 0x00200011, "IS", number);
    return d;
}

/* Edges between pixel centres: x0 <= x < x1, y0 <= y < y1, slices z0 to z1. */
static void add_region(dw *d, int number, const char *name, const int x[2], const int y[2],
                       const int z[2])
{
    dw *r = dw_item(d, 0x30060020), *c;
    dw_number(r, 0x30060022, "IS", number);
    dw_text(r, 0x30060026, "LO", "%s", name);
    c = dw_item(d, 0x30060039);
    dw_number(c, 0x30060084, "IS", number);
    for (int k = z[0]; k < z[1]; k++) {
        dw_spec s = slice_of(k, "");
        double p[12];
        for (int i = 0; i < 4; i++) {
            p[3 * i] = s.position[0] + s.spacing[1] * (x[i == 1 || i == 2] - 0.5);
            p[3 * i + 1] = s.position[1] + s.spacing[0] * (y[i >= 2] - 0.5);
            p[3 * i + 2] = s.position[2];
        }
        dw *contour = dw_item(c, 0x30060040);
        dw_text(contour, 0x30060042, "CS", "CLOSED_PLANAR");
        dw_number(contour, 0x30060046, "IS", 4);
        dw_numbers(contour, 0x30060050, "DS", p, 12);
    }
}

static void make_contours(const char *folder, bool named)
{
    dw *d = object("1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT", 77, named);
    add_region(d, 1, "Box", (int[]){ 20, 40 }, (int[]){ 12, 30 }, (int[]){ 3, 9 });
    add_region(d, 2, "Box-Inner", (int[]){ 25, 35 }, (int[]){ 15, 25 }, (int[]){ 4, 8 });
    add_region(d, 3, "Far", (int[]){ 50, 60 }, (int[]){ 30, 40 }, (int[]){ 5, 6 });
    dw_write(d, DW_EXPLICIT, dw_path(folder, "contours.dcm"));
    dw_free(d);
}

static dw *segmentation(void)
{
    unsigned char bits[NX * NY / 8] = { 0 };
    dw *d = object("1.2.840.10008.5.1.4.1.1.66.4", "SEG", 66, true), *s, *m, *f;
    for (int p = 0; p < NX * NY; p++)
        bits[p / 8] = (unsigned char)(bits[p / 8] | in_box(p % NX, p / NX, 5) << p % 8);
    dw_number(d, 0x00280002, "US", 1);
    dw_text(d, 0x00280004, "CS", "MONOCHROME2");
    dw_number(d, 0x00280008, "IS", 1);
    dw_number(d, 0x00280010, "US", NY);
    dw_number(d, 0x00280011, "US", NX);
    dw_number(d, 0x00280100, "US", 1);
    dw_number(d, 0x00280101, "US", 1);
    dw_number(d, 0x00280102, "US", 0);
    dw_text(d, 0x00620001, "CS", "BINARY");
    s = dw_item(d, 0x00620002);
    dw_number(s, 0x00620004, "US", 1);
    dw_text(s, 0x00620005, "LO", "Box");
    dw_text(s, 0x00620006, "ST", "Xanadu drew it");
    dw_text(s, 0x00620009, "LO", "Xanadu's algorithm");
    s = dw_item(d, 0x52009229);
    dw_numbers(dw_item(s, 0x00209116), 0x00200037, "DS", (double[]){ 1, 0, 0, 0, 1, 0 }, 6);
    m = dw_item(s, 0x00289110);
    dw_numbers(m, 0x00280030, "DS", (double[]){ 2, 1.5 }, 2);
    dw_number(m, 0x00180050, "DS", 3);
    f = dw_item(d, 0x52009230);
    dw_numbers(dw_item(f, 0x00209113), 0x00200032, "DS", (double[]){ -10, -20, 15 }, 3);
    dw_number(dw_item(f, 0x0062000a), 0x0062000b, "US", 1);
    dw_bytes(d, 0x7fe00010, "OB", bits, sizeof bits);
    return d;
}

static void make_segmentation(const char *folder)
{
    dw *d = segmentation();
    dw_write(d, DW_EXPLICIT, dw_path(folder, "segments.dcm"));
    dw_free(d);
}

static void make_report(const char *folder)
{
    dw *d = object("1.2.840.10008.5.1.4.1.1.88.33", "SR", 88, true), *t, *v;
    dw_text(d, 0x0040a040, "CS", "CONTAINER");
    t = dw_item(d, 0x0040a730);
    dw_text(t, 0x0040a040, "CS", "TEXT");
    dw_code(t, 0x0040a043, "DCM:121106:Comment");
    dw_text(t, 0x0040a160, "UT", "Xanadu is well");
    t = dw_item(d, 0x0040a730);
    dw_text(t, 0x0040a040, "CS", "PNAME");
    dw_code(t, 0x0040a043, "DCM:121008:Person Observer Name");
    dw_text(t, 0x0040a123, "PN", "Xanadu^Kubla");
    t = dw_item(d, 0x0040a730);
    dw_text(t, 0x0040a040, "CS", "NUM");
    dw_code(t, 0x0040a043, "SCT:118565006:Volume");
    v = dw_item(t, 0x0040a300);
    dw_number(v, 0x0040a30a, "DS", 12.5);
    dw_code(v, 0x004008ea, "UCUM:ml:ml");
    dw_write(d, DW_EXPLICIT, dw_path(folder, "report.dcm"));
    dw_free(d);
}

/* ---- rubbish ---- */

static void write_bytes(const char *path, const unsigned char *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

static void make_rubbish(const char *folder, int n)
{
    uint32_t state = 1;
    unsigned char noise[3000] = { 0 };
    size_t whole;
    dw_spec s = slice_of(40, ROOT ".5");
    dw *d = dw_image(&s);
    unsigned char *good = dw_encode(d, DW_EXPLICIT, &whole);
    for (int i = 0; i < n; i++) {
        char name[64];
        for (size_t k = 0; k < sizeof noise; k++)
            noise[k] = (unsigned char)((state = state * 1664525u + 1013904223u) >> 24);
        snprintf(name, sizeof name, "%02d", i % 40);
        mkdir(dw_path(folder, name), 0777);
        snprintf(name, sizeof name, "%02d/file%d", i % 40, i);
        size_t k = state % sizeof noise;
        switch (i % 6) {
        case 0:
            write_bytes(dw_path(folder, name), (const unsigned char *)"only words\n", 11);
            break;
        case 1: write_bytes(dw_path(folder, name), noise, k); break;
        case 2: memset(noise, 0, k); write_bytes(dw_path(folder, name), noise, k); break;
        case 3: memcpy(noise + 128, "DICM", 4); write_bytes(dw_path(folder, name), noise, k); break;
        /* cut in the header */
        case 4: write_bytes(dw_path(folder, name), good, 132 + state % 700); break;
        default: write_bytes(dw_path(folder, name), noise, 0); break;
        }
    }
    free(good);
    dw_free(d);
    make_ct(dw_path(folder, "07"), ROOT ".4", 0, false);
}

/* ---- seeds ---- */

typedef struct seed { unsigned char *p; size_t n; } seed;

static void seed_add(seed *s, const void *p, size_t n)
{
    s->p = realloc(s->p, s->n + n + 1);
    if (!s->p)
        abort();
    memcpy(s->p + s->n, p, n);
    s->n += n;
}

/* One more object, a mark before it when it is not the first. */
static void seed_object(seed *s, const dw *d, dw_syntax syntax)
{
    size_t n;
    unsigned char *p = dw_encode(d, syntax, &n);
    if (s->n > 1)
        seed_add(s, "\xff\xfeNEXT", 6);
    seed_add(s, p, n);
    free(p);
}

static void seed_write(seed *s, const char *folder, const char *target, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", target, name);
    mkdir(dw_path(folder, target), 0777);
    write_bytes(dw_path(folder, path), s->p, s->n);
    free(s->p);
    *s = (seed){ NULL, 0 };
}

static void seed_images(const char *folder)
{
    static const char *const names[DW_SYNTAXES] = { "explicit", "implicit", "big",
                                                    "deflated", "rle",      "bare" };
    seed s = { NULL, 0 };
    for (int i = 0; i < DW_SYNTAXES; i++) {
        seed_add(&s, i == 5 ? "\1" : "\0", 1);
        for (int k = 0; k < 3; k++) {
            dw_spec spec = dw_spec_ct();
            spec.instance = k + 1;
            spec.position[2] += 3 * k;
            dw *d = dw_image(&spec);
            seed_object(&s, d, (dw_syntax)i);
            dw_free(d);
        }
        seed_write(&s, folder, "fuzz_dicom_series", names[i]);
    }
    dw_pet h = dw_pet_plain();
    dw *d = dw_pet_slice(&h, 0);
    seed_add(&s, "\0", 1);
    seed_object(&s, d, DW_EXPLICIT);
    dw_free(d);
    seed_write(&s, folder, "fuzz_dicom_series", "pet");
}

/* Coded frames, with every table of offsets. */
static void seed_coded(const char *folder)
{
    static const char *const names[DW_CODERS] = { "jpeg", "frames", "jpegls", "j2k" };
    for (int coder = 0; coder < DW_CODERS; coder++)
        for (int layout = 0; layout < DW_LAYOUTS && dw_can_code((dw_coder)coder); layout++) {
            char name[16];
            seed s = { NULL, 0 };
            dw_spec spec = dw_spec_ct();
            spec.frames = 2;
            dw *d = dw_image(&spec);
            dw_encapsulate(d, (dw_coder)coder, layout == DW_NO_TABLE ? 1 : 2, (dw_layout)layout);
            seed_add(&s, "\0", 1);
            seed_object(&s, d, DW_EXPLICIT);
            dw_free(d);
            snprintf(name, sizeof name, "%s%d", names[coder], layout);
            seed_write(&s, folder, "fuzz_dicom_series", name);
        }
}

static void seed_coded_segments(const char *folder)
{
    static const dw_coder coder[] = { DW_DEFLATED_FRAMES, DW_JPEG_2000 };
    for (int i = 0; i < 2 && dw_can_code(coder[i]); i++) {
        seed s = { NULL, 0 };
        dw *d = segmentation();
        dw_encapsulate(d, coder[i], 1 + i, DW_BASIC_TABLE);
        seed_add(&s, "\2", 1);
        seed_object(&s, d, DW_EXPLICIT);
        dw_free(d);
        seed_write(&s, folder, "fuzz_dicom_seg", i ? "j2k" : "frames");
    }
}

/* A file that a kind made, behind one byte. */
static void seed_file(const char *folder, const char *from, const char *target, char how)
{
    char name[8] = { how == 0 ? 'a' : (char)('a' + how), 0 };
    seed s = { NULL, 0 };
    FILE *f = fopen(dw_path(folder, from), "rb");
    unsigned char part[4096];
    seed_add(&s, &how, 1);
    for (size_t n; f && (n = fread(part, 1, sizeof part, f)) > 0;)
        seed_add(&s, part, n);
    if (f)
        fclose(f);
    seed_write(&s, folder, target, name);
}

static void make_seeds(const char *folder)
{
    seed_images(folder);
    seed_coded(folder);
    seed_coded_segments(folder);
    make_contours(folder, true);
    make_segmentation(folder);
    make_report(folder);
    for (char how = 0; how < 5; how++) {
        seed_file(folder, "contours.dcm", "fuzz_dicom_rtstruct", how);
        seed_file(folder, "segments.dcm", "fuzz_dicom_seg", how);
    }
    seed_file(folder, "report.dcm", "fuzz_dicom_series", 1);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: make-dicom KIND FOLDER [N]\n");
        return 64;
    }
    const char *kind = argv[1], *folder = argv[2];
    char series[64] = ROOT ".4";
    mkdir(folder, 0777);
    if (strcmp(kind, "ct") == 0) {
        make_ct(folder, series, 0, false);
    } else if (strcmp(kind, "tilt") == 0) {
        make_ct(folder, series, 0.5, false);
    } else if (strcmp(kind, "pet") == 0) {
        make_pet(folder, ROOT ".5", false);
    } else if (strcmp(kind, "rt") == 0) {
        make_ct(folder, series, 0, false);
        make_contours(folder, false);
    } else if (strcmp(kind, "private") == 0) {
        make_ct(folder, series, 0, true);
        make_pet(folder, ROOT ".5", true);
        make_contours(folder, true);
        make_segmentation(folder);
        make_report(folder);
    } else if (strcmp(kind, "seeds") == 0) {
        make_seeds(folder);
    } else if (strcmp(kind, "rubbish") == 0) {
        make_rubbish(folder, argc > 3 ? atoi(argv[3]) : 600);
    } else {
        fprintf(stderr, "make-dicom: no kind '%s'\n", kind);
        return 64;
    }
    return 0;
}
