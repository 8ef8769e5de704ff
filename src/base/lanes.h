/* Four doubles, or eight whole numbers, that are worked on side by side: the one place of
   compiler extensions for vectors. */
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

/* Vectors of 64 bytes. Multiply-adds are there, and stay unfused by -ffp-contract=off. */
#if defined(__x86_64__) && defined(__GNUC__)
#define MI_HAVE_AVX512_TARGET 1
#define MI_TARGET_AVX512 __attribute__((target("avx512f")))
#define MI_CPU_HAS_AVX512() __builtin_cpu_supports("avx512f")
#endif

/* 16 bytes as voxels of 2 and of 4, and their interleaving: the lower (upper) halves of a and b,
   one of a, one of b, and so on. */
typedef uint16_t mi_lanes16 __attribute__((vector_size(16)));
typedef uint32_t mi_lanes32 __attribute__((vector_size(16)));

#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector)
#define MI_HAVE_INTERLEAVE 1
#define MI_LOW16(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define MI_HIGH16(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define MI_LOW32(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define MI_HIGH32(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#endif
#endif

#endif
