#include "../levels.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

// Sixteen chains hide the latency of sdot; the barrier keeps the compiler from folding them.
static int32_t int8_rounds(size_t rounds) {
    int32x4_t sum[16];
    int8x16_t a = vdupq_n_s8(3), b = vdupq_n_s8(-5);
    for (int j = 0; j < 16; j++) sum[j] = vdupq_n_s32(j);
    for (size_t i = 0; i < rounds; i++) {
        __asm__ volatile("" : "+w"(a), "+w"(b));
        for (int j = 0; j < 16; j++) sum[j] = vdotq_s32(sum[j], a, b);
    }
    for (int j = 1; j < 16; j++) sum[0] = vaddq_s32(sum[0], sum[j]);
    return vaddvq_s32(sum[0]);
}

#pragma clang attribute pop

void sw_fill_neon_limits(sw_kernels *k) {
    k->int8_rounds = int8_rounds;
    k->int8_round_operations = 16 * 16 * 2;
}
#endif
