/* The Fourier transform against the plain sum, in every way it can be called. */
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/fft_plan.h"

static double noise(void)
{
    return rand() / (double)RAND_MAX - 0.5;
}

/* Relative error (2-norm) against the definition of the transform that begins at `at`; its input
   was x0. */
static double error_of(const double *x, const double *x0, int n, size_t element, size_t at,
                       int sign)
{
    long double wrong = 0, all = 0;
    long double *c = malloc(2 * (size_t)n * sizeof *c), *s = c + n;
    for (int k = 0; k < n; k++) {
        c[k] = cosl(2 * acosl(-1) * k / n);
        s[k] = sign * sinl(2 * acosl(-1) * k / n);
    }
    for (int k = 0; k < n; k++) {
        long double re = 0, im = 0;
        for (int j = 0; j < n; j++) {
            const double *p = x0 + 2 * ((size_t)j * element + at);
            int t = (int)((long long)j * k % n);
            re += p[0] * c[t] - p[1] * s[t];
            im += p[0] * s[t] + p[1] * c[t];
        }
        const double *p = x + 2 * ((size_t)k * element + at);
        wrong += (p[0] - re) * (p[0] - re) + (p[1] - im) * (p[1] - im);
        all += re * re + im * im;
    }
    free(c);
    return (double)sqrtl(wrong / all);
}

static void check_size(int n, int batch, size_t gap, int sign, bool rows)
{
    mi_err e = MI_ERR_EMPTY;
    mi_fft *f = mi_fft_new(n, &e);
    ck_assert_msg(f != NULL, "%d: %s", n, e.message);
    size_t stride = (size_t)(rows ? n : batch) + gap;
    size_t doubles = 2 * stride * (size_t)(rows ? batch : n);
    double *x = malloc(doubles * sizeof *x), *x0 = malloc(doubles * sizeof *x);
    double *work = malloc(mi_fft_work(f) * sizeof *work);
    for (size_t i = 0; i < doubles; i++)
        x0[i] = x[i] = noise();
    if (rows)
        mi_fft_run_rows(f, x, stride, batch, sign, work);
    else
        mi_fft_run(f, x, stride, batch, sign, work);
    for (int b = 0; b < batch; b++) {
        size_t at = (size_t)b * (rows ? stride : 1);
        double d = error_of(x, x0, n, rows ? 1 : stride, at, sign);
        ck_assert_msg(d < 1e-15, "n %d batch %d lane %d sign %d: %g", n, batch, b, sign, d);
    }
    for (size_t i = 0; i < doubles; i++) /* what lies between is left alone */
        if (i / 2 % stride >= stride - gap)
            ck_assert(x[i] == x0[i]);
    free(work);
    free(x0);
    free(x);
    mi_fft_free(f);
}

START_TEST(plain_sums)
{
    srand(5);
    for (int n = 1; n <= 128; n++)
        if (mi_fft_good_size(n) == n) {
            check_size(n, 9, 3, -1, false);
            check_size(n, 5, 2, 1, true);
        }
    static const int more[] = { 49, 98, 343, 625, 729, 1000, 1024 };
    for (int i = 0; i < MI_COUNT(more); i++)
        check_size(more[i], 1, 0, i % 2 ? 1 : -1, i % 3 == 0);
}
END_TEST

START_TEST(any_batch)
{
    for (int batch = 1; batch <= 20; batch++)
        for (int way = 0; way < 4; way++)
            check_size(30, batch, (size_t)(batch % 3), way & 1 ? 1 : -1, way & 2);
}
END_TEST

/* The bits of a transform do not depend on how many go with it. */
START_TEST(same_bits_in_any_company)
{
    enum { LENGTH = 60, BATCH = 21 };
    mi_fft *f = mi_fft_new(LENGTH, NULL);
    double all[2 * LENGTH * BATCH], one[2 * LENGTH], row[2 * LENGTH];
    double *work = malloc(mi_fft_work(f) * sizeof *work);
    for (int b = 0; b < BATCH; b++) {
        srand(6);
        for (int i = 0; i < 2 * LENGTH * BATCH; i++)
            all[i] = noise();
        for (int j = 0; j < LENGTH; j++)
            for (int c = 0; c < 2; c++)
                row[2 * j + c] = one[2 * j + c] = all[2 * (j * BATCH + b) + c];
        mi_fft_run(f, all, BATCH, BATCH, -1, work);
        mi_fft_run(f, one, 1, 1, -1, work);
        mi_fft_run_rows(f, row, LENGTH, 1, -1, work);
        for (int j = 0; j < LENGTH; j++)
            for (int c = 0; c < 2; c++) {
                ck_assert(one[2 * j + c] == all[2 * (j * BATCH + b) + c]);
                ck_assert(one[2 * j + c] == row[2 * j + c]);
            }
    }
    free(work);
    mi_fft_free(f);
}
END_TEST

/* Data that lie in cells already give the bits of data that do not. */
START_TEST(same_bits_in_cells)
{
    enum { CELLS = 3, LANES = MI_FFT_CELL / 2, BATCH = CELLS * LANES, LONGEST = 120 };
    static double x[2 * BATCH * LONGEST], memory[2 * CELLS * MI_FFT_CELL * LONGEST + MI_FFT_CELL];
    for (int n = 1; n <= LONGEST; n++) {
        if (mi_fft_good_size(n) != n)
            continue;
        mi_fft *f = mi_fft_new(n, NULL);
        double *work = malloc(mi_fft_work(f) * sizeof *work);
        double *a = mi_fft_align(memory), *b = a + CELLS * MI_FFT_CELL * n;
        for (int j = 0; j < n; j++)
            for (int t = 0; t < BATCH; t++) {
                double *c = a + MI_FFT_CELL * (j * CELLS + t / LANES) + t % LANES;
                c[0] = x[2 * (j * BATCH + t)] = noise();
                c[LANES] = x[2 * (j * BATCH + t) + 1] = noise();
            }
        mi_fft_run(f, x, BATCH, BATCH, -1, work);
        const double *y = mi_fft_run_cells(f, a, b, CELLS);
        ck_assert(y == a || y == b);
        for (int j = 0; j < n; j++)
            for (int t = 0; t < BATCH; t++) {
                const double *c = y + MI_FFT_CELL * (j * CELLS + t / LANES) + t % LANES;
                ck_assert(c[0] == x[2 * (j * BATCH + t)]);
                ck_assert(c[LANES] == x[2 * (j * BATCH + t) + 1]);
            }
        free(work);
        mi_fft_free(f);
    }
}
END_TEST

/* The way chosen for this processor against the one for any: all radices, several transforms. */
START_TEST(same_bits_on_any_processor)
{
    static const int sizes[] = { 1, 2, 3, 4, 5, 7, 12, 35, 84, 100, 128, 210, 360, 420, 500 };
    for (int i = 0; i < MI_COUNT(sizes); i++)
        for (int groups = 1; groups <= 3; groups++) {
            mi_fft *f = mi_fft_new(sizes[i], NULL);
            ck_assert(f != NULL);
            size_t n = (size_t)sizes[i] * (size_t)groups * MI_FFT_CELL;
            double *memory = malloc((4 * n + MI_FFT_CELL) * sizeof *memory);
            double *a = mi_fft_align(memory), *b = a + n, *c = b + n, *d = c + n;
            for (size_t k = 0; k < n; k++)
                a[k] = c[k] = noise();
            f->stages(f, (mi_fft_cell *)a, (mi_fft_cell *)b, groups);
            mi_fft_stages_plain(f, (mi_fft_cell *)c, (mi_fft_cell *)d, groups);
            bool odd = f->n_stages % 2;
            ck_assert_msg(memcmp(odd ? b : a, odd ? d : c, n * sizeof *a) == 0, "length %d",
                          sizes[i]);
            free(memory);
            mi_fft_free(f);
        }
}
END_TEST

START_TEST(there_and_back)
{
    enum { LENGTH = 840 };
    mi_fft *f = mi_fft_new(LENGTH, NULL);
    static double x[2 * LENGTH * 8], x0[2 * LENGTH * 8];
    double *work = malloc(mi_fft_work(f) * sizeof *work);
    for (int i = 0; i < 2 * LENGTH * 8; i++)
        x0[i] = x[i] = noise();
    mi_fft_run(f, x, 8, 8, -1, work);
    mi_fft_run(f, x, 8, 8, 1, work);
    for (int i = 0; i < 2 * LENGTH * 8; i++)
        ck_assert_double_eq_tol(x[i] / LENGTH, x0[i], 4e-15);
    free(work);
    mi_fft_free(f);
}
END_TEST

START_TEST(sizes)
{
    for (int n = -3; n <= 3000; n++) {
        int m = mi_fft_good_size(n), rest = m;
        ck_assert_int_ge(m, n < 1 ? 1 : n);
        ck_assert_int_le(m, n < 8 ? 8 : n + n / 8);
        for (int p = 2; p <= 7; p++)
            while (rest % p == 0)
                rest /= p;
        ck_assert_int_eq(rest, 1);
    }
    mi_err e = MI_ERR_EMPTY;
    ck_assert_ptr_null(mi_fft_new(22, &e));
    ck_assert_int_eq(e.cls, MI_E_INTERNAL);
    ck_assert_ptr_null(mi_fft_new(0, NULL));
    ck_assert_ptr_null(mi_fft_new(-4, NULL));
    mi_fft_free(NULL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fft");
    TCase *t = tcase_create("fft");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, plain_sums);
    tcase_add_test(t, any_batch);
    tcase_add_test(t, same_bits_in_any_company);
    tcase_add_test(t, same_bits_in_cells);
    tcase_add_test(t, same_bits_on_any_processor);
    tcase_add_test(t, there_and_back);
    tcase_add_test(t, sizes);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
