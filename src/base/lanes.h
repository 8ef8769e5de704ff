/* Four doubles, or eight whole numbers, that are worked on side by side: the one place of compiler extensions for vectors. */
#ifndef MI_BASE_LANES_H
#define MI_BASE_LANES_H
#include <stdint.h>

typedef double mi_lanes __attribute__((vector_size(32)));
typedef double mi_pair __attribute__((vector_size(16)));

typedef uint32_t mi_words __attribute__((vector_size(32)));

#define MI_INLINE static inline __attribute__((always_inline))

/* AVX2 has no fused multiply-add of its own, so a function compiled for it gives the same bits. */
#if defined(__x86_64__) && defined(__GNUC__)
#define MI_HAVE_AVX2_TARGET 1
#define MI_TARGET_AVX2 __attribute__((target("avx2")))
#define MI_CPU_HAS_AVX2() __builtin_cpu_supports("avx2")
#endif

#endif
