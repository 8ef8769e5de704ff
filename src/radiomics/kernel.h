/* How the inner loops over voxels are compiled: loops over integers only, so that no result depends
   on it. */
#ifndef MI_RADIOMICS_KERNEL_H
#define MI_RADIOMICS_KERNEL_H
#include <stdint.h>

/* Function variants for wider vector units are chosen by the loader; sanitizers do not get on with
   that. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MI_KERNEL __attribute__((target_clones("avx2", "default"), optimize("O3")))
#elif defined(__GNUC__) && !defined(__clang__)
#define MI_KERNEL __attribute__((optimize("O3")))
#else
#define MI_KERNEL
#endif

/* A body that is compiled once per voxel width: called with a constant width from a switch. */
#if defined(__GNUC__)
#define MI_BODY static inline __attribute__((always_inline))
#else
#define MI_BODY static inline
#endif

/* Blocks of small numbers that are worked on at once, in registers; comparing two gives -1 (all
   bits) where it holds. Moved from and to memory by memcpy. */
enum { MI_BLOCK = 32 };
#if !defined(__GNUC__)
#error "a compiler with vector types (GCC, clang) is needed"
#endif
typedef uint8_t mi_block8 __attribute__((vector_size(MI_BLOCK)));
typedef uint16_t mi_half16 __attribute__((vector_size(MI_BLOCK)));

/* The bytes at the even and the odd places of a block, widened. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define MI_EVEN(b) ((mi_half16)(b) >> 8)
#define MI_ODD(b) ((mi_half16)(b) & 255)
#else
#define MI_EVEN(b) ((mi_half16)(b) & 255)
#define MI_ODD(b) ((mi_half16)(b) >> 8)
#endif

#endif
