// matvec_neon.c: which kernel serves a type.
#include "../levels.h"

#if defined(__aarch64__)
#include "../reference/dequantize.h"
#include "matvec_neon.h"

static sw_matvec_rows *const kernels[SW_TYPE_COUNT] = {
    [SW_Q4_0] = sw_neon_q4_0,     [SW_Q4_1] = sw_neon_q4_1,   [SW_Q5_0] = sw_neon_q5_0,
    [SW_Q5_1] = sw_neon_q5_1,     [SW_Q8_0] = sw_neon_q8_0,   [SW_IQ4_NL] = sw_neon_iq4_nl,
    [SW_IQ4_XS] = sw_neon_iq4_xs, [SW_MXFP4] = sw_neon_mxfp4, [SW_TQ2_0] = sw_neon_tq2_0,
    [SW_Q2_K] = sw_neon_q2_k,     [SW_Q3_K] = sw_neon_q3_k,   [SW_Q4_K] = sw_neon_q4_k,
    [SW_Q5_K] = sw_neon_q5_k,     [SW_Q6_K] = sw_neon_q6_k,
};

static sw_matvec_float_rows *const float_kernels[SW_TYPE_COUNT] = {
    [SW_F32] = sw_neon_f32,
    [SW_F16] = sw_neon_f16,
    [SW_BF16] = sw_neon_bf16,
};

MATVEC_ENTRIES(kernels, float_kernels)

void sw_fill_neon_matvec(sw_kernels *k) {
    k->matvec = matvec;
    k->matvec_few = matvec_few;
    k->matvec_float = matvec_float;
}
#endif
