// matvec_avx512.c: which kernel serves a type.
#include "../levels.h"

#if defined(__x86_64__)
#include "../reference/dequantize.h"
#include "matvec_avx512.h"

static sw_matvec_rows *const kernels[SW_TYPE_COUNT] = {
    [SW_Q4_0] = sw_avx512_q4_0,     [SW_Q4_1] = sw_avx512_q4_1,       [SW_Q5_0] = sw_avx512_q5_0,
    [SW_Q5_1] = sw_avx512_q5_1,     [SW_Q8_0] = sw_avx512_q8_0,       [SW_IQ4_NL] = sw_avx512_iq4_nl,
    [SW_IQ4_XS] = sw_avx512_iq4_xs, [SW_MXFP4] = sw_avx512_mxfp4,     [SW_NVFP4] = sw_avx512_nvfp4,
    [SW_Q1_0] = sw_avx512_q1_0,     [SW_IQ2_XXS] = sw_avx512_iq2_xxs, [SW_IQ2_XS] = sw_avx512_iq2_xs,
    [SW_IQ2_S] = sw_avx512_iq2_s,   [SW_IQ3_XXS] = sw_avx512_iq3_xxs, [SW_IQ3_S] = sw_avx512_iq3_s,
    [SW_IQ1_S] = sw_avx512_iq1_s,   [SW_IQ1_M] = sw_avx512_iq1_m,     [SW_TQ1_0] = sw_avx512_tq1_0,
    [SW_TQ2_0] = sw_avx512_tq2_0,   [SW_Q2_K] = sw_avx512_q2_k,       [SW_Q3_K] = sw_avx512_q3_k,
    [SW_Q4_K] = sw_avx512_q4_k,     [SW_Q5_K] = sw_avx512_q5_k,       [SW_Q6_K] = sw_avx512_q6_k,
};

static sw_matvec_float_rows *const float_kernels[SW_TYPE_COUNT] = {
    [SW_F32] = sw_avx512_f32,
    [SW_F16] = sw_avx512_f16,
    [SW_BF16] = sw_avx512_bf16,
};

MATVEC_ENTRIES(kernels, float_kernels)

// Up to here turned weights are faster than tiles (gemm_avx512.c), which take longer to unpack codebooks. Of other
// types fewer than nine columns are, and those come to matvec_few.
static size_t turned_columns_of(int type) {
    switch (type) {
    case SW_IQ1_S:
    case SW_IQ1_M: return 64;
    case SW_IQ2_XXS:
    case SW_IQ2_XS:
    case SW_IQ2_S:
    case SW_IQ3_XXS:
    case SW_IQ3_S: return 32;
    default: return 0;
    }
}

bool sw_gemm_turned_avx512(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                           size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch) {
    if (type < 0 || type >= SW_TYPE_COUNT || kernels[type] == NULL) return false;
    if (n == 0 || cols < 2 || cols > turned_columns_of(type)) return false;
    const sw_columns x = {q8, q8_stride, index, cols, n, y, ldy, scratch};
    kernels[type](w, row_bytes, rows, &x);
    return true;
}

void sw_fill_avx512_matvec(sw_kernels *k) {
    k->matvec = matvec;
    k->matvec_few = matvec_few;
    k->matvec_float = matvec_float;
}
#endif
