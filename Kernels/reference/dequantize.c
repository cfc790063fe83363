// dequantize.c: rows of blocks to float32.
#include "dequantize.h"

static const sw_dequantize_block blocks[SW_TYPE_COUNT] = {
    [SW_F32] = sw_dequantize_f32,         [SW_F16] = sw_dequantize_f16,
    [SW_BF16] = sw_dequantize_bf16,       [SW_Q4_0] = sw_dequantize_q4_0,
    [SW_Q4_1] = sw_dequantize_q4_1,       [SW_Q5_0] = sw_dequantize_q5_0,
    [SW_Q5_1] = sw_dequantize_q5_1,       [SW_Q8_0] = sw_dequantize_q8_0,
    [SW_Q1_0] = sw_dequantize_q1_0,       [SW_Q2_K] = sw_dequantize_q2_k,
    [SW_Q3_K] = sw_dequantize_q3_k,       [SW_Q4_K] = sw_dequantize_q4_k,
    [SW_Q5_K] = sw_dequantize_q5_k,       [SW_Q6_K] = sw_dequantize_q6_k,
    [SW_IQ2_XXS] = sw_dequantize_iq2_xxs, [SW_IQ2_XS] = sw_dequantize_iq2_xs,
    [SW_IQ2_S] = sw_dequantize_iq2_s,     [SW_IQ3_XXS] = sw_dequantize_iq3_xxs,
    [SW_IQ3_S] = sw_dequantize_iq3_s,     [SW_IQ1_S] = sw_dequantize_iq1_s,
    [SW_IQ1_M] = sw_dequantize_iq1_m,     [SW_IQ4_NL] = sw_dequantize_iq4_nl,
    [SW_IQ4_XS] = sw_dequantize_iq4_xs,   [SW_TQ1_0] = sw_dequantize_tq1_0,
    [SW_TQ2_0] = sw_dequantize_tq2_0,     [SW_MXFP4] = sw_dequantize_mxfp4,
    [SW_NVFP4] = sw_dequantize_nvfp4,
};

sw_dequantize_block sw_dequantize_block_of(int type) {
    return type >= 0 && type < SW_TYPE_COUNT ? blocks[type] : NULL;
}

void sw_dequantize_scalar(int type, const void *src, float *dst, size_t n) {
    const sw_dequantize_block block = sw_dequantize_block_of(type);
    if (block == NULL) return;
    const sw_type_info info = sw_type(type);
    const uint8_t *b = src;
    for (size_t i = 0; i < n; i += info.block, b += info.bytes) block(b, dst + i);
}
