// matvec_neon_float.c: F32, F16 and BF16 weights with float32 activations.
#if defined(__aarch64__)
#include "matvec_neon.h"

NEON_BEGIN

INLINE float32x4_t neon_load_x(const float *x) { return vld1q_f32(x); }
INLINE float32x4_t neon_multiply_add(float32x4_t a, float32x4_t b, float32x4_t c) {
    return vfmaq_f32(c, a, b);
}
INLINE float32x4_t neon_add(float32x4_t a, float32x4_t b) { return vaddq_f32(a, b); }

INLINE float32x4_t load_f32(const uint8_t *w) { return vreinterpretq_f32_u8(vld1q_u8(w)); }
INLINE float32x4_t load_f16(const uint8_t *w) { return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(w))); }
INLINE float32x4_t load_bf16(const uint8_t *w) {
    return vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(w)), 16));
}

MATVEC_FLOAT(neon, float32x4_t, 4, f32, 4, load_f32, sw_one_f32)
MATVEC_FLOAT(neon, float32x4_t, 4, f16, 2, load_f16, sw_one_f16)
MATVEC_FLOAT(neon, float32x4_t, 4, bf16, 2, load_bf16, sw_one_bf16)

NEON_END
#endif
