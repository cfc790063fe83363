// types.c: the facts of every weight type.
#include "q8.h"

static const sw_type_info types[SW_TYPE_COUNT] = {
    [SW_F32] = {"F32", 1, 4, false},
    [SW_F16] = {"F16", 1, 2, false},
    [SW_BF16] = {"BF16", 1, 2, false},
    [SW_Q4_0] = {"Q4_0", 32, 18, true},
    [SW_Q4_1] = {"Q4_1", 32, 20, true},
    [SW_Q5_0] = {"Q5_0", 32, 22, true},
    [SW_Q5_1] = {"Q5_1", 32, 24, true},
    [SW_Q8_0] = {"Q8_0", 32, 34, true},
    [SW_Q2_K] = {"Q2_K", 256, 84, true},
    [SW_Q3_K] = {"Q3_K", 256, 110, true},
    [SW_Q4_K] = {"Q4_K", 256, 144, true},
    [SW_Q5_K] = {"Q5_K", 256, 176, true},
    [SW_Q6_K] = {"Q6_K", 256, 210, true},
    [SW_IQ2_XXS] = {"IQ2_XXS", 256, 66, true},
    [SW_IQ2_XS] = {"IQ2_XS", 256, 74, true},
    [SW_IQ2_S] = {"IQ2_S", 256, 82, true},
    [SW_IQ3_XXS] = {"IQ3_XXS", 256, 98, true},
    [SW_IQ3_S] = {"IQ3_S", 256, 110, true},
    [SW_IQ1_S] = {"IQ1_S", 256, 50, true},
    [SW_IQ1_M] = {"IQ1_M", 256, 56, true},
    [SW_IQ4_NL] = {"IQ4_NL", 32, 18, true},
    [SW_IQ4_XS] = {"IQ4_XS", 256, 136, true},
    [SW_TQ1_0] = {"TQ1_0", 256, 54, true},
    [SW_TQ2_0] = {"TQ2_0", 256, 66, true},
    [SW_MXFP4] = {"MXFP4", 32, 17, true},
    [SW_NVFP4] = {"NVFP4", 64, 36, true},
    [SW_Q1_0] = {"Q1_0", 128, 18, true},
};

sw_type_info sw_type(int type) {
    if (type < 0 || type >= SW_TYPE_COUNT) return (sw_type_info){0};
    return types[type];
}

size_t sw_q8_row_bytes(size_t n) { return sw_q8_size(n); }
