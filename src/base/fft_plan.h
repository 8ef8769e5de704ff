/* What the two ways through the stages of an FFT share (fft.c, fft_wide.c). */
#ifndef MI_BASE_FFT_PLAN_H
#define MI_BASE_FFT_PLAN_H
#include "base/fft.h"
#include "base/lanes.h"

enum { MI_FFT_STAGES_MAX = 32 };

/* One element of four transforms. */
typedef struct mi_fft_cell {
    mi_lanes re, im;
} mi_fft_cell;

struct mi_fft {
    int n, n_stages;
    int radix[MI_FFT_STAGES_MAX];
    size_t first[MI_FFT_STAGES_MAX]; /* where the twiddles of a stage begin */
    double *twiddle; /* per stage, p = 0 .. m-1: radix-1 pairs exp(-2 pi i p k / (m radix)) */
    /* All stages on n * groups cells; an even number of them ends in a, an odd one in b. */
    void (*stages)(const mi_fft *f, mi_fft_cell *a, mi_fft_cell *b, int groups);
};

/* Cosines and sines of 2 pi k / radix. */
#define MI_FFT_SIN3_1 0.866025403784438646763723170752936183
#define MI_FFT_COS5_1 0.309016994374947424102293417182819059
#define MI_FFT_COS5_2 (-0.809016994374947424102293417182819059)
#define MI_FFT_SIN5_1 0.951056516295153572116439333379382143
#define MI_FFT_SIN5_2 0.587785252292473129168705954639072769
#define MI_FFT_COS7_1 0.623489801858733530525004884004239810
#define MI_FFT_COS7_2 (-0.222520933956314404288902564496794759)
#define MI_FFT_COS7_3 (-0.900968867902419126236102319507445051)
#define MI_FFT_SIN7_1 0.781831482468029808708444526674057750
#define MI_FFT_SIN7_2 0.974927912181823607018131682993931217
#define MI_FFT_SIN7_3 0.433883739117558120475768332848358754

/* The loop that all stages share: for each p the r inputs lie apart from each other by all that one
   pass leaves over, the r outputs by s. */
#define MI_FFT_STAGE(r, type)                                                                      \
    for (int p = 0; p < m; p++, w += 2 * (r - 1), y += (r - 1) * s)                                \
        for (const type *end = x + s; x < end; x++, y++)

/* For any processor; for those with vectors of 64 bytes. The bits are the same. */
void mi_fft_stages_plain(const mi_fft *f, mi_fft_cell *a, mi_fft_cell *b, int groups);
#ifdef MI_HAVE_AVX512_TARGET
void mi_fft_stages_wide(const mi_fft *f, mi_fft_cell *a, mi_fft_cell *b, int groups);
#endif

#endif
