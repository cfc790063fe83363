// matvec_neon_k.c: the K types and TQ2_0: 256 weights with integer scales per 32 or 16.
#if defined(__aarch64__)
#include "matvec_neon.h"

NEON_BEGIN

// Activations of 256 weights.
typedef struct block256 {
    int8x16_t x[16];
    float d[8];
    float32x4_t s32[2], s16[4];
} block256;

INLINE block256 prepare(sw_q8 x, size_t i) {
    block256 s;
    UNROLL
    for (int k = 0; k < 16; k++) s.x[k] = vld1q_s8(x.q + i + 16 * k);
    memcpy(s.d, x.d + i / 32, sizeof s.d);
    UNROLL
    for (int k = 0; k < 2; k++) s.s32[k] = vld1q_f32(x.s32 + i / 32 + 4 * k);
    UNROLL
    for (int k = 0; k < 4; k++) s.s16[k] = vld1q_f32(x.s16 + i / 16 + 4 * k);
    return s;
}

// MARK: Q4_K, Q5_K

// Bytes: scales 0..7, minimums 0..7.
INLINE void scales_and_minimums(const uint8_t *b, uint8_t out[16]) {
    const uint32_t a = sw_load32(b), c = sw_load32(b + 4), e = sw_load32(b + 8);
    const uint32_t words[4] = {a & 0x3f3f3f3f, (e & 0x0f0f0f0f) | (a >> 2 & 0x30303030), c & 0x3f3f3f3f,
                               (e >> 4 & 0x0f0f0f0f) | (c >> 2 & 0x30303030)};
    memcpy(out, words, 16);
}

// Four unsigned bytes as floats.
INLINE float32x4_t floats_of_bytes(const uint8_t *p) {
    return vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(sw_load32(p))))));
}

INLINE float32x4_t finish_group32(float32x4_t sum, float32x4_t products, const block256 *s, const uint8_t *b,
                                  const uint8_t minimums[8]) {
    sum = vfmaq_n_f32(sum, products, half_of(b));
    const float32x4_t m =
        vfmaq_f32(vmulq_f32(floats_of_bytes(minimums), s->s32[0]), floats_of_bytes(minimums + 4), s->s32[1]);
    return vfmsq_n_f32(sum, m, half_of(b + 2));
}

INLINE float32x4_t row_q4_k(const block256 *s, const uint8_t *b, float32x4_t sum) {
    uint8_t scales[16];
    scales_and_minimums(b + 4, scales);
    float32x4_t products = vdupq_n_f32(0);
    UNROLL
    for (int r = 0; r < 4; r++) {
        const uint8x16_t q0 = vld1q_u8(b + 16 + 32 * r), q1 = vld1q_u8(b + 32 + 32 * r);
        const int32x4_t low = dot32(low_nibbles(q0), low_nibbles(q1), s->x + 4 * r);
        const int32x4_t high = dot32(high_nibbles(q0), high_nibbles(q1), s->x + 4 * r + 2);
        products = add_products(products, low, (float)scales[2 * r] * s->d[2 * r]);
        products = add_products(products, high, (float)scales[2 * r + 1] * s->d[2 * r + 1]);
    }
    return finish_group32(sum, products, s, b, scales + 8);
}

// Bit j of each byte, as 16.
INLINE int8x16_t fifth_bit(uint8x16_t h, int j) {
    return vreinterpretq_s8_u8(vandq_u8(vshlq_u8(h, vdupq_n_s8((int8_t)(4 - j))), vdupq_n_u8(16)));
}

INLINE float32x4_t row_q5_k(const block256 *s, const uint8_t *b, float32x4_t sum) {
    uint8_t scales[16];
    scales_and_minimums(b + 4, scales);
    const uint8x16_t h0 = vld1q_u8(b + 16), h1 = vld1q_u8(b + 32);
    float32x4_t products = vdupq_n_f32(0);
    UNROLL
    for (int r = 0; r < 4; r++) {
        const uint8x16_t q0 = vld1q_u8(b + 48 + 32 * r), q1 = vld1q_u8(b + 64 + 32 * r);
        const int j = 2 * r;
        const int32x4_t low = dot32(vorrq_s8(low_nibbles(q0), fifth_bit(h0, j)),
                                    vorrq_s8(low_nibbles(q1), fifth_bit(h1, j)), s->x + 4 * r);
        const int32x4_t high = dot32(vorrq_s8(high_nibbles(q0), fifth_bit(h0, j + 1)),
                                     vorrq_s8(high_nibbles(q1), fifth_bit(h1, j + 1)), s->x + 4 * r + 2);
        products = add_products(products, low, (float)scales[j] * s->d[j]);
        products = add_products(products, high, (float)scales[j + 1] * s->d[j + 1]);
    }
    return finish_group32(sum, products, s, b, scales + 8);
}

// MARK: Q2_K, Q3_K, Q6_K, TQ2_0

// Group j of 32: two groups of 16 with a scale each.
INLINE float32x4_t add_group32(float32x4_t products, const block256 *s, int8x16_t w0, int8x16_t w1,
                               int scale0, int scale1, const int j) {
    const int32x4_t p0 = vdotq_s32(vdupq_n_s32(0), w0, s->x[2 * j]),
                    p1 = vdotq_s32(vdupq_n_s32(0), w1, s->x[2 * j + 1]);
    return add_products(products, vmlaq_n_s32(vmulq_n_s32(p0, scale0), p1, scale1), s->d[j]);
}

// Bits 2 k, 2 k + 1 of each byte.
INLINE int8x16_t two_bits(uint8x16_t q, int k) {
    return vreinterpretq_s8_u8(vandq_u8(vshlq_u8(q, vdupq_n_s8((int8_t)(-2 * k))), vdupq_n_u8(3)));
}

INLINE float32x4_t row_q2_k(const block256 *s, const uint8_t *b, float32x4_t sum) {
    float32x4_t products = vdupq_n_f32(0), subtracted = vdupq_n_f32(0);
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint8_t *q = b + 16 + 32 * (j / 4);
        products = add_group32(products, s, two_bits(vld1q_u8(q), j % 4), two_bits(vld1q_u8(q + 16), j % 4),
                               b[2 * j] & 15, b[2 * j + 1] & 15, j);
    }
    uint8_t minimums[16];
    vst1q_u8(minimums, vshrq_n_u8(vld1q_u8(b), 4));
    UNROLL
    for (int k = 0; k < 4; k++)
        subtracted = vfmaq_f32(subtracted, floats_of_bytes(minimums + 4 * k), s->s16[k]);
    sum = vfmaq_n_f32(sum, products, half_of(b + 80));
    return vfmsq_n_f32(sum, subtracted, half_of(b + 82));
}

// Bit j of each byte clear: 4.
INLINE int8x16_t third_bit(uint8x16_t h, int j) {
    const uint8x16_t bit = vandq_u8(vshlq_u8(h, vdupq_n_s8((int8_t)(2 - j))), vdupq_n_u8(4));
    return vreinterpretq_s8_u8(veorq_u8(bit, vdupq_n_u8(4)));
}

INLINE float32x4_t row_q3_k(const block256 *s, const uint8_t *b, float32x4_t sum) {
    const uint32_t a = sw_load32(b + 96), c = sw_load32(b + 100), e = sw_load32(b + 104);
    const uint32_t words[4] = {
        (a & 0x0f0f0f0f) | (e << 4 & 0x30303030), (c & 0x0f0f0f0f) | (e << 2 & 0x30303030),
        (a >> 4 & 0x0f0f0f0f) | (e & 0x30303030), (c >> 4 & 0x0f0f0f0f) | (e >> 2 & 0x30303030)};
    uint8_t scales[16];
    memcpy(scales, words, 16);
    const uint8x16_t h0 = vld1q_u8(b), h1 = vld1q_u8(b + 16);
    float32x4_t products = vdupq_n_f32(0);
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint8_t *q = b + 32 + 32 * (j / 4);
        const int8x16_t w0 = vsubq_s8(two_bits(vld1q_u8(q), j % 4), third_bit(h0, j));
        const int8x16_t w1 = vsubq_s8(two_bits(vld1q_u8(q + 16), j % 4), third_bit(h1, j));
        products = add_group32(products, s, w0, w1, scales[2 * j] - 32, scales[2 * j + 1] - 32, j);
    }
    return vfmaq_n_f32(sum, products, half_of(b + 108));
}

INLINE float32x4_t row_q6_k(const block256 *s, const uint8_t *b, float32x4_t sum) {
    const int8_t *scales = (const int8_t *)b + 192;
    const int8x16_t offset = vdupq_n_s8(32);
    float32x4_t products = vdupq_n_f32(0);
    UNROLL
    for (int j = 0; j < 8; j++) {
        // Nibbles of 64 bytes, low ones first, and two bits of 32.
        const uint8_t *low = b + 64 * (j / 4) + 32 * (j % 2), *high = b + 128 + 32 * (j / 4);
        int8x16_t w[2];
        UNROLL
        for (int k = 0; k < 2; k++) {
            const uint8x16_t q = vld1q_u8(low + 16 * k);
            const int8x16_t nibble = j % 4 < 2 ? low_nibbles(q) : high_nibbles(q);
            const int8x16_t upper = vshlq_n_s8(two_bits(vld1q_u8(high + 16 * k), j % 4), 4);
            w[k] = vsubq_s8(vorrq_s8(nibble, upper), offset);
        }
        products = add_group32(products, s, w[0], w[1], scales[2 * j], scales[2 * j + 1], j);
    }
    return vfmaq_n_f32(sum, products, half_of(b + 208));
}

INLINE float32x4_t row_tq2_0(const block256 *s, const uint8_t *b, float32x4_t sum) {
    const int8x16_t one = vdupq_n_s8(1);
    float32x4_t products = vdupq_n_f32(0);
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint8_t *q = b + 32 * (j / 4);
        const int8x16_t w0 = vsubq_s8(two_bits(vld1q_u8(q), j % 4), one);
        const int8x16_t w1 = vsubq_s8(two_bits(vld1q_u8(q + 16), j % 4), one);
        products = add_products(products, dot32(w0, w1, s->x + 2 * j), s->d[j]);
    }
    return vfmaq_n_f32(sum, products, half_of(b + 64));
}

MATVEC_NEON(q4_k, block256, 256, 144, 256, prepare, row_q4_k)
MATVEC_NEON(q5_k, block256, 256, 176, 256, prepare, row_q5_k)
MATVEC_NEON(q2_k, block256, 256, 84, 256, prepare, row_q2_k)
MATVEC_NEON(q3_k, block256, 256, 110, 256, prepare, row_q3_k)
MATVEC_NEON(q6_k, block256, 256, 210, 256, prepare, row_q6_k)
MATVEC_NEON(tq2_0, block256, 256, 66, 256, prepare, row_tq2_0)

NEON_END
#endif
