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

void sw_fill_avx512_matvec(sw_kernels *k) {
    k->matvec = matvec;
    k->matvec_few = matvec_few;
    k->matvec_float = matvec_float;
}
#endif
