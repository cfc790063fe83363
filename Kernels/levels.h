// levels.h: who fills which part of a level's table. Each fill function overwrites only the
// entries that it has; what a level lacks it inherits from the level below, down to scalar.
#ifndef SWINFER_LEVELS_H
#define SWINFER_LEVELS_H

#include "include/kernels.h"

// What the CPU and the operating system allow.
typedef struct sw_cpu {
    bool avx2;         // AVX2, FMA, F16C
    bool avx512;       // F, BW, DQ, VL, VNNI (Zen 4 and later, Ice Lake and later)
    bool avx512_bf16;
    bool neon;         // NEON with dot product
} sw_cpu;
sw_cpu sw_cpu_detect(void);

void sw_fill_scalar_matvec(sw_kernels *k);
void sw_fill_scalar_gemm(sw_kernels *k);
void sw_fill_scalar_vector(sw_kernels *k);
void sw_fill_scalar_limits(sw_kernels *k);
void sw_fill_scalar_encode(sw_kernels *k);
#if defined(__x86_64__)
void sw_fill_avx2_matvec(sw_kernels *k);
void sw_fill_avx2_gemm(sw_kernels *k);
void sw_fill_avx2_vector(sw_kernels *k);
void sw_fill_avx2_limits(sw_kernels *k);
void sw_fill_avx2_encode(sw_kernels *k);
void sw_fill_avx512_matvec(sw_kernels *k);
void sw_fill_avx512_gemm(sw_kernels *k);
void sw_fill_avx512_vector(sw_kernels *k);
void sw_fill_avx512_limits(sw_kernels *k);
#elif defined(__aarch64__)
void sw_fill_neon_matvec(sw_kernels *k);
void sw_fill_neon_gemm(sw_kernels *k);
void sw_fill_neon_vector(sw_kernels *k);
void sw_fill_neon_limits(sw_kernels *k);
#endif

// gemm for types whose matrix-vector kernels take any number of columns (see body/matvec_turned.h); false: not one.
bool sw_gemm_turned_avx2(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                         size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch);
bool sw_gemm_turned_avx512(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                           size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch);

#endif
