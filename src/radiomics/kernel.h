/* How the inner loops over voxels are compiled: loops over integers only, so that no result depends on it. */
#ifndef MI_RADIOMICS_KERNEL_H
#define MI_RADIOMICS_KERNEL_H

/* Function variants for wider vector units are chosen by the loader; sanitizers do not get on with that. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && \
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

#endif
