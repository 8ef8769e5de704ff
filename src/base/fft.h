/* Complex FFT in double, any length whose prime factors are 2, 3, 5, 7 (mixed radix, our own; no
   GPL library may be linked). The bits of a result depend on the length and the data alone: not
   on the batch, the processor or the number of threads. */
#ifndef MI_BASE_FFT_H
#define MI_BASE_FFT_H
#include <stddef.h>
#include "base/error.h"

typedef struct mi_fft mi_fft;

/* Smallest length >= n that mi_fft_new accepts and is fast. */
int mi_fft_good_size(int n);
/* A plan for length n >= 1; constant from then on, so threads may share it. NULL on failure:
   MI_E_INTERNAL when n has another prime factor. */
mi_fft *mi_fft_new(int n, mi_err *err);
void mi_fft_free(mi_fft *f);

/* Doubles of scratch that a run needs, whatever the batch (33 * n or so). */
size_t mi_fft_work(const mi_fft *f);

/* `batch` transforms of interleaved re,im doubles at once, unnormalised, in place. Transform b
   has its element j at x[2*(j*stride + b)]. sign -1 forward, +1 inverse. work: mi_fft_work(f)
   doubles. Contiguous batches (stride >= batch) vectorise. */
void mi_fft_run(const mi_fft *f, double *x, size_t stride, int batch, int sign, double *work);

/* The same for transforms along rows: transform b has its element j at x[2*(b*stride + j)]. */
void mi_fft_run_rows(const mi_fft *f, double *x, size_t stride, int batch, int sign, double *work);

/* The same, forward, on data that already lie as the transforms work on them: in cells, the real
   parts of four transforms and behind them their imaginary parts, MI_FFT_CELL doubles. `a` and
   `b` hold n * cells of them each, aligned to MI_FFT_ALIGN bytes; cell c of element j is number
   j * cells + c of `a`. Both are overwritten; the one that holds the result is returned. The
   bits are those of mi_fft_run. */
enum { MI_FFT_CELL = 8, MI_FFT_ALIGN = 64 };
double *mi_fft_run_cells(const mi_fft *f, double *a, double *b, int cells);

/* Where the next multiple of MI_FFT_ALIGN bytes lies; room for MI_FFT_CELL doubles more is
   needed. */
double *mi_fft_align(double *p);

#endif
