#include "dicom_pet.h"
#include <stdio.h>

dw_pet dw_pet_plain(void)
{
    return (dw_pet){ .units = "BQML", .decay = "START", .corrected = "DECY\\ATTN\\SCAT",
                     .maker = "SIEMENS", .sex = "M", .date = "20240102", .series_time = "110000",
                     .acquisition_date = "20240102", .acquisition_time = "110000",
                     .injection_time = "100000", .dose_bq = 370e6, .half_life_s = 6586.2,
                     .weight_kg = 70, .height_m = 1.75, .slope = 1 };
}

static void text(dw *d, uint32_t tag, const char *vr, const char *s)
{
    if (s)
        dw_text(d, tag, vr, "%s", s);
}

static void number(dw *d, uint32_t tag, const char *vr, double x)
{
    if (x != 0)
        dw_number(d, tag, vr, x);
}

void dw_pet_add(dw *d, const dw_pet *p)
{
    text(d, 0x00080021, "DA", p->date);
    text(d, 0x00080022, "DA", p->acquisition_date);
    text(d, 0x00080031, "TM", p->series_time);
    text(d, 0x00080032, "TM", p->acquisition_time);
    text(d, 0x00080070, "LO", p->maker);
    text(d, 0x00080201, "SH", p->zone);
    text(d, 0x00100040, "CS", p->sex);
    number(d, 0x00101020, "DS", p->height_m);
    number(d, 0x00101030, "DS", p->weight_kg);
    number(d, 0x00181242, "IS", p->duration_ms);
    text(d, 0x00280051, "CS", p->corrected);
    text(d, 0x00541001, "CS", p->units);
    text(d, 0x00541006, "CS", p->suv_type);
    text(d, 0x00541102, "CS", p->decay);
    number(d, 0x00541300, "DS", p->reference_ms);
    dw_remove(d, 0x00540016);
    dw *drug = dw_item(d, 0x00540016);
    text(drug, 0x00181072, "TM", p->injection_time);
    number(drug, 0x00181074, "DS", p->dose_bq);
    number(drug, 0x00181075, "DS", p->half_life_s);
    text(drug, 0x00181078, "DT", p->injection_datetime);
    if (p->nuclide)
        dw_code(drug, 0x00540300, p->nuclide);
    if (p->philips_suv != 0 || p->philips_activity != 0)
        dw_text(d, 0x70530010, "LO", "Philips PET Private Group");
    number(d, 0x70531000, "DS", p->philips_suv);
    number(d, 0x70531009, "DS", p->philips_activity);
    if (p->ge_scan) {
        dw_text(d, 0x00090010, "LO", "GEMS_PETD_01");
        dw_text(d, 0x0009100d, "DT", "%s", p->ge_scan);
    }
}

dw *dw_pet_slice(const dw_pet *p, int k)
{
    dw_spec s = dw_spec_ct();
    s.sop_class = "1.2.840.10008.5.1.4.1.1.128";
    s.modality = "PT";
    s.instance = k + 1;
    s.position[2] += 3 * k;
    s.slope = p->slope;
    s.inter = 0;
    dw *d = dw_image(&s);
    dw_pet_add(d, p);
    return d;
}

char *dw_pet_series(const dw_pet *p, int n)
{
    char *folder = dw_folder();
    for (int k = 0; k < n; k++) {
        char name[32];
        dw *d = dw_pet_slice(p, k);
        snprintf(name, sizeof name, "PT%03d", k);
        dw_write(d, DW_EXPLICIT, dw_path(folder, name));
        dw_free(d);
    }
    return folder;
}
