#include "io/dicom/masks.h"
#include <stdlib.h>
#include <string.h>
#include "io/dicom/report.h"
#include "io/dicom/rtstruct.h"
#include "io/dicom/seg.h"

/* One row per kind of object that marks regions or reports on them. */
typedef struct kind {
    const char *sop_class;
    bool marks;
    int (*read)(mi_dicom_scan *s, mi_dcm *d, const char *name, const mi_source_opts *opts,
                mi_dicom_masks *out, mi_err *err);
    int (*facts)(mi_dicom_scan *s, mi_dcm *d, cJSON *into, mi_err *err);
} kind;

static const kind kinds[] = {
    { "1.2.840.10008.5.1.4.1.1.66.4", true, mi_seg_read, mi_seg_facts },
    { "1.2.840.10008.5.1.4.1.1.66.7", true, mi_seg_read, mi_seg_facts }, /* label map */
    { "1.2.840.10008.5.1.4.1.1.481.3", true, mi_rtstruct_read, mi_rtstruct_facts },
    { "1.2.840.10008.5.1.4.1.1.88.22", false, NULL, mi_report_facts }, /* Enhanced SR */
    { "1.2.840.10008.5.1.4.1.1.88.33", false, NULL, mi_report_facts }, /* Comprehensive SR */
    { "1.2.840.10008.5.1.4.1.1.88.34", false, NULL, mi_report_facts }  /* Comprehensive 3D SR */
};

static const kind *kind_of(const mi_dicom_object *o)
{
    for (int i = 0; i < MI_COUNT(kinds); i++)
        if (strcmp(kinds[i].sop_class, o->sop_class) == 0)
            return &kinds[i];
    return NULL;
}

bool mi_dicom_marks(const mi_dicom_object *o)
{
    const kind *k = kind_of(o);
    return k && k->marks;
}

int mi_dicom_masks_read(mi_dicom_scan *s, mi_dicom_object *o, const char *name,
                        const mi_source_opts *opts, mi_dicom_masks *out, mi_err *err)
{
    const kind *k = kind_of(o);
    mi_dcm *d = mi_dicom_object_open(s, o, err);
    if (!d || !k || !k->read)
        return d ? mi_fail(err, MI_E_INTERNAL, NULL, "not an object that marks regions") : -1;
    return k->read(s, d, name, opts, out, err);
}

void mi_dicom_masks_free(mi_dicom_masks *m)
{
    for (int i = 0; i < m->n; i++)
        mi_volume_free(&m->v[i]);
    free(m->v);
    *m = (mi_dicom_masks){ NULL, 0 };
}

int mi_dicom_marks_facts(mi_dicom_scan *s, mi_dicom_object *o, cJSON *into, mi_err *err)
{
    const kind *k = kind_of(o);
    mi_dcm *d = k ? mi_dicom_object_open(s, o, err) : NULL;
    return d ? k->facts(s, d, into, err) : 0;
}
