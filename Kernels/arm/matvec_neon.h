// matvec_neon.h: what the NEON matrix-vector kernels share. The dot-product instruction takes signed
// weights, so offsets are taken off the weights themselves.
#ifndef SWINFER_MATVEC_NEON_H
#define SWINFER_MATVEC_NEON_H

#include <arm_neon.h>

#include "../body/matvec.h"

#define NEON_BEGIN _Pragma("clang attribute push(__attribute__((target(\"dotprod\"))), apply_to=function)")
#define NEON_END _Pragma("clang attribute pop")

sw_matvec_rows sw_neon_q4_0, sw_neon_q4_1, sw_neon_q5_0, sw_neon_q5_1, sw_neon_q8_0, sw_neon_iq4_nl,
    sw_neon_iq4_xs, sw_neon_mxfp4;
sw_matvec_rows sw_neon_q2_k, sw_neon_q3_k, sw_neon_q4_k, sw_neon_q5_k, sw_neon_q6_k, sw_neon_tq2_0;
sw_matvec_float_rows sw_neon_f32, sw_neon_f16, sw_neon_bf16;

NEON_BEGIN

INLINE float half_of(const uint8_t *p) {
    return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(sw_load16(p)))), 0);
}

// Low and high nibbles.
INLINE int8x16_t low_nibbles(uint8x16_t q) { return vreinterpretq_s8_u8(vandq_u8(q, vdupq_n_u8(15))); }
INLINE int8x16_t high_nibbles(uint8x16_t q) { return vreinterpretq_s8_u8(vshrq_n_u8(q, 4)); }

// Products of 32 weights, in four sums.
INLINE int32x4_t dot32(int8x16_t w0, int8x16_t w1, const int8x16_t *x) {
    return vdotq_s32(vdotq_s32(vdupq_n_s32(0), w0, x[0]), w1, x[1]);
}
INLINE float32x4_t add_products(float32x4_t sum, int32x4_t products, float scale) {
    return vfmaq_n_f32(sum, vcvtq_f32_s32(products), scale);
}

INLINE float neon_reduce(float32x4_t v) { return vaddvq_f32(v); }
INLINE void neon_reduce4(const float32x4_t v[4], float *y) {
    vst1q_f32(y, vpaddq_f32(vpaddq_f32(v[0], v[1]), vpaddq_f32(v[2], v[3])));
}

NEON_END

#define MATVEC_NEON(...) MATVEC(neon, float32x4_t, __VA_ARGS__)

#endif
