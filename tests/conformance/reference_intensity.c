/* Intensity statistics, histogram, intensity-volume histogram and local intensity (IBSI 1 reference
   manual, 3.2 to 3.5). */
#include "reference.h"
#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The rank (n - 1) p / 100 is split in whole numbers, so that a rank that is whole stays whole. */
double ref_percentile(const double *sorted, int n, int p)
{
    int k = (n - 1) * p / 100, rest = (n - 1) * p % 100;
    return rest ? sorted[k] + rest / 100.0 * (sorted[k + 1] - sorted[k]) : sorted[k];
}

static size_t voxels(const ref_roi *r)
{
    return (size_t)r->n[0] * (size_t)r->n[1] * (size_t)r->n[2];
}

/* The 18 of 3.3 (and with levels instead of values the first 17 of 3.4 but the mode), in the order
   below. */
enum {
    MEAN,
    VAR,
    SKEW,
    KURT,
    MEDIAN,
    MIN,
    P10,
    P90,
    MAX,
    IQR,
    RANGE,
    MAD,
    RMAD,
    MEDAD,
    COV,
    QCOD,
    ENERGY,
    RMS,
    STATS
};

static void measure(double *x, int n, double f[STATS], double scale[STATS])
{
    double sum = 0, size = 0, m2 = 0, m3 = 0, m4 = 0, a3 = 0, inner = 0;
    int n_inner = 0;
    qsort(x, (size_t)n, sizeof *x, by_value);
    for (int i = 0; i < STATS; i++) {
        f[i] = 0;
        scale[i] = 1;
    }
    for (int i = 0; i < n; i++) {
        sum += x[i];
        size += fabs(x[i]);
        f[ENERGY] += x[i] * x[i];
    }
    f[MEAN] = sum / n;
    scale[MEAN] = size / n;
    for (int i = 0; i < n; i++) {
        double d = x[i] - f[MEAN];
        m2 += d * d / n;
        m3 += d * d * d / n;
        m4 += d * d * d * d / n;
        a3 += fabs(d * d * d) / n;
    }
    bool flat = x[0] == x[n - 1];
    f[VAR] = flat ? 0 : m2;
    f[SKEW] = flat ? 0 : m3 / pow(m2, 1.5);
    scale[SKEW] = flat ? 1 : a3 / pow(m2, 1.5) * (1 + fabs(f[MEAN]) / sqrt(m2));
    f[KURT] = flat ? 0 : m4 / (m2 * m2) - 3;
    scale[KURT] = flat ? 1 : m4 / (m2 * m2) * (1 + fabs(f[MEAN]) / sqrt(m2));
    f[MEDIAN] = ref_percentile(x, n, 50);
    f[MIN] = x[0];
    f[P10] = ref_percentile(x, n, 10);
    f[P90] = ref_percentile(x, n, 90);
    f[MAX] = x[n - 1];
    double p25 = ref_percentile(x, n, 25), p75 = ref_percentile(x, n, 75);
    f[IQR] = p75 - p25;
    f[RANGE] = f[MAX] - f[MIN];
    scale[IQR] = scale[RANGE] = fabs(f[MIN]) + fabs(f[MAX]);
    for (int i = 0; i < n; i++) {
        f[MAD] += fabs(x[i] - f[MEAN]) / n;
        f[MEDAD] += fabs(x[i] - f[MEDIAN]) / n;
        if (x[i] >= f[P10] && x[i] <= f[P90]) {
            inner += x[i];
            n_inner++;
        }
    }
    for (int i = 0; i < n; i++)
        if (x[i] >= f[P10] && x[i] <= f[P90])
            f[RMAD] += fabs(x[i] - inner / n_inner) / n_inner;
    scale[MAD] = scale[MEDAD] = scale[RMAD] = size / n;
    f[COV] = f[MEAN] != 0 ? sqrt(f[VAR]) / f[MEAN] : NAN;
    scale[COV] = fabs(f[COV]) * (size / n) / fabs(f[MEAN]);
    f[QCOD] = p75 + p25 != 0 ? f[IQR] / (p75 + p25) : NAN;
    scale[QCOD] = (1 + fabs(f[QCOD])) * (fabs(p75) + fabs(p25)) / fabs(p75 + p25);
    f[RMS] = sqrt(f[ENERGY] / n);
}

static double *inside(const ref_roi *r, bool levels)
{
    double *x = ref_alloc((size_t)r->n_inten, sizeof *x);
    int n = 0;
    for (size_t i = 0; i < voxels(r); i++)
        if (r->inten[i])
            x[n++] = levels ? r->level[i] : r->value[i];
    return x;
}

void ref_statistics(const ref_roi *r, ref_rows *to)
{
    static const ref_name name[STATS] = {
        { "Q4LE", "Mean intensity" },
        { "ECT3", "Intensity variance" },
        { "KE2A", "Intensity skewness" },
        { "IPH6", "(Excess) intensity kurtosis" },
        { "Y12H", "Median intensity" },
        { "1GSF", "Minimum intensity" },
        { "QG58", "10th intensity percentile" },
        { "8DWT", "90th intensity percentile" },
        { "84IY", "Maximum intensity" },
        { "SALO", "Intensity interquartile range" },
        { "2OJQ", "Intensity range" },
        { "4FUA", "Intensity-based mean absolute deviation" },
        { "1128", "Intensity-based robust mean absolute deviation" },
        { "N72L", "Intensity-based median absolute deviation" },
        { "7TET", "Intensity-based coefficient of variation" },
        { "9S40", "Intensity-based quartile coefficient of dispersion" },
        { "N8CA", "Intensity-based energy" },
        { "5ZWQ", "Root mean square intensity" }
    };
    double f[STATS], scale[STATS], *x = inside(r, false);
    measure(x, r->n_inten, f, scale);
    for (int i = 0; i < STATS; i++)
        ref_put(to, "intensity-based statistics", "", &name[i], f[i], scale[i]);
    free(x);
}

/* Level with the highest count; among equals the one nearest the mean, the lower of two (3.4.10).
   Distances in whole numbers. */
static int mode_of(const int *count, int ng, long total, long sum)
{
    int best = 1;
    for (int i = 1; i <= ng; i++) {
        long d = labs(i * total - sum), b = labs(best * total - sum);
        if (count[i] > count[best] || (count[i] == count[best] && d < b))
            best = i;
    }
    return best;
}

static void gradients(const int *count, int ng, const ref_name *name, ref_rows *to)
{
    double hi = NAN, lo = NAN, hi_at = NAN, lo_at = NAN;
    for (int i = 1; ng > 1 && i <= ng; i++) {
        double g = i == 1    ? count[2] - count[1]
                   : i == ng ? count[ng] - count[ng - 1]
                             : (count[i + 1] - count[i - 1]) / 2.0;
        if (!(g <= hi)) {
            hi = g;
            hi_at = i;
        }
        if (!(g >= lo)) {
            lo = g;
            lo_at = i;
        }
    }
    ref_put(to, "intensity histogram", "", &name[0], hi, 1);
    ref_put(to, "intensity histogram", "", &name[1], hi_at, 1);
    ref_put(to, "intensity histogram", "", &name[2], lo, 1);
    ref_put(to, "intensity histogram", "", &name[3], lo_at, 1);
}

void ref_histogram(const ref_roi *r, ref_rows *to)
{
    static const ref_name name[QCOD + 1] = {
        { "X6K6", "Mean discretised intensity" },
        { "CH89", "Discretised intensity variance" },
        { "88K1", "Discretised intensity skewness" },
        { "C3I7", "(Excess) discretised intensity kurtosis" },
        { "WIFQ", "Median discretised intensity" },
        { "1PR8", "Minimum discretised intensity" },
        { "GPMT", "10th discretised intensity percentile" },
        { "OZ0C", "90th discretised intensity percentile" },
        { "3NCY", "Maximum discretised intensity" },
        { "WR0O", "Discretised intensity interquartile range" },
        { "5Z3W", "Discretised intensity range" },
        { "D2ZX", "Intensity histogram mean absolute deviation" },
        { "WRZB", "Intensity histogram robust mean absolute deviation" },
        { "4RNL", "Intensity histogram median absolute deviation" },
        { "CWYJ", "Intensity histogram coefficient of variation" },
        { "SLWD", "Intensity histogram quartile coefficient of dispersion" }
    };
    static const ref_name more[] = { { "AMMC", "Intensity histogram mode" },
                                     { "TLU2", "Discretised intensity entropy" },
                                     { "BJ5W", "Discretised intensity uniformity" },
                                     { "12CE", "Maximum histogram gradient" },
                                     { "8E6O", "Maximum histogram gradient intensity" },
                                     { "VQB3", "Minimum histogram gradient" },
                                     { "RHQZ", "Minimum histogram gradient intensity" } };
    double f[STATS], scale[STATS], *x = inside(r, true), entropy = 0, uniformity = 0;
    int *count = ref_alloc((size_t)r->ng + 2, sizeof *count);
    long sum = 0;
    for (int i = 0; i < r->n_inten; i++) {
        count[(int)x[i]]++;
        sum += (long)x[i];
    }
    measure(x, r->n_inten, f, scale);
    for (int i = 0; i <= QCOD; i++)
        ref_put(to, "intensity histogram", "", &name[i], f[i], scale[i]);
    for (int i = 1; i <= r->ng; i++) {
        double p = (double)count[i] / r->n_inten;
        entropy -= p > 0 ? p * log2(p) : 0;
        uniformity += p * p;
    }
    ref_put(to, "intensity histogram", "", &more[0], mode_of(count, r->ng, r->n_inten, sum), 1);
    ref_put(to, "intensity histogram", "", &more[1], entropy, 1);
    ref_put(to, "intensity histogram", "", &more[2], uniformity, 1);
    gradients(count, r->ng, &more[3], to);
    free(count);
    free(x);
}

/* ---- intensity-volume histogram (3.5) ---- */

/* First level, last level, step, and the intensities on that scale. */
typedef struct ivh {
    double first, last, step, *x;
    int n;
    bool one;
} ivh;

static double pick(double a, double b)
{
    return isfinite(a) ? a : b;
}

static void ivh_scale(const ref_roi *r, const mi_settings *set, ivh *h)
{
    h->x = inside(r, false);
    h->n = r->n_inten;
    qsort(h->x, (size_t)h->n, sizeof(double), by_value);
    double min = h->x[0], max = h->x[h->n - 1];
    double lo = pick(set->range.lo, min), hi = pick(set->range.hi, max), w = set->ivh_bin_width;
    if (set->ivh_discretisation == MI_BIN_NUMBER) {
        double bins = (double)set->ivh_bin_number;
        for (int i = 0; i < h->n; i++)
            h->x[i] = h->x[i] >= max ? (max > min ? bins : 1)
                                     : floor(bins * (h->x[i] - min) / (max - min)) + 1;
        h->first = 1;
        h->last = max > min ? bins : 1; /* a region of one value has one bin */
        h->step = 1;
    } else if (set->ivh_discretisation == MI_BIN_WIDTH) {
        for (int i = 0; i < h->n; i++)
            h->x[i] = lo + (floor((h->x[i] - lo) / w) + 0.5) * w;
        h->first = lo + 0.5 * w;
        h->last = hi - 0.5 * w;
        h->step = w;
    } else {
        h->first = lo;
        h->last = hi;
        h->step = 1;
    }
    h->first = pick(set->ivh_range.lo, h->first);
    h->last = pick(set->ivh_range.hi, h->last);
    h->one = h->x[0] == h->x[h->n - 1];
}

static double volume_fraction(const ivh *h, double level)
{
    int count = 0;
    for (int i = 0; i < h->n; i++)
        count += h->x[i] >= level - 1e-9 * h->step;
    return (double)count / h->n;
}

void ref_ivh(const ref_roi *r, const mi_settings *set, ref_rows *to)
{
    static const ref_name name[7] = {
        { "BC2M", "Volume fraction at 10% intensity" },
        { "BC2M", "Volume fraction at 90% intensity" },
        { "GBPN", "Intensity at 10% volume" },
        { "GBPN", "Intensity at 90% volume" },
        { "DDTU", "Volume fraction difference between 10% and 90% intensity" },
        { "CNV2", "Intensity difference between 10% and 90% volume" },
        { "9CMM", "Area under the IVH curve" }
    };
    ivh h;
    ivh_scale(r, set, &h);
    double f[7] = { NAN, NAN, NAN, NAN, 0, 0, 0 }, before = 0, before_at = 0;
    int steps = (int)floor((h.last - h.first) / h.step + 1e-9);
    for (int k = 0; k <= steps; k++) {
        double level = h.first + k * h.step, volume = volume_fraction(&h, level);
        double part = (level - h.first) / (h.last - h.first);
        for (int p = 0; p < 2; p++) {
            if (isnan(f[p]) && part >= (p ? 0.9 : 0.1))
                f[p] = volume;
            if (isnan(f[2 + p]) && volume <= (p ? 0.9 : 0.1))
                f[2 + p] = level;
        }
        if (k > 0)
            f[6] += (part - before_at) * (volume + before) / 2;
        before = volume;
        before_at = part;
    }
    for (int p = 0; p < 2; p++)
        if (isnan(f[2 + p]))
            f[2 + p] = h.first + (steps + 1) * h.step;
    f[4] = f[0] - f[1];
    f[5] = f[2] - f[3];
    if (h.one)
        f[6] = 0;
    if (!(h.last > h.first)) /* no intensity fraction is defined on one level */
        f[0] = f[1] = f[2] = f[3] = f[4] = f[5] = NAN;
    for (int i = 0; i < 7; i++)
        ref_put(to, "intensity-volume histogram", "", &name[i], f[i], fabs(h.first) + fabs(h.last));
    free(h.x);
}

/* ---- local intensity (3.2) ---- */

static double sphere_mean(const ref_roi *r, int x, int y, int z, double radius)
{
    double sum = 0;
    int n = 0;
    for (int k = 0; k < r->n[2]; k++)
        for (int j = 0; j < r->n[1]; j++)
            for (int i = 0; i < r->n[0]; i++) {
                double a = (i - x) * r->s[0], b = (j - y) * r->s[1], c = (k - z) * r->s[2];
                double v = r->value[ref_at(r, i, j, k)];
                if (sqrt(a * a + b * b + c * c) <= radius && isfinite(v)) {
                    sum += v;
                    n++;
                }
            }
    return sum / n;
}

void ref_peak(const ref_roi *r, const mi_settings *set, ref_rows *to)
{
    static const ref_name name[2] = { { "VJGA", "Local intensity peak" },
                                      { "0F91", "Global intensity peak" } };
    double top = -INFINITY, local = -INFINITY, global = -INFINITY, size = 0;
    for (size_t i = 0; i < voxels(r); i++)
        if (r->inten[i]) {
            top = fmax(top, r->value[i]);
            size = fmax(size, fabs(r->value[i]));
        }
    for (int z = 0; z < r->n[2]; z++)
        for (int y = 0; y < r->n[1]; y++)
            for (int x = 0; x < r->n[0]; x++) {
                if (!ref_in(r, r->inten, x, y, z))
                    continue;
                double m = sphere_mean(r, x, y, z, set->peak_radius);
                global = fmax(global, m);
                if (r->value[ref_at(r, x, y, z)] == top)
                    local = fmax(local, m);
            }
    ref_put(to, "local intensity", "", &name[0], local, 10 * size);
    ref_put(to, "local intensity", "", &name[1], global, 10 * size);
}
