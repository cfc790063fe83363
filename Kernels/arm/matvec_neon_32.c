// matvec_neon_32.c: the types with one scale per 32 weights, and IQ4_XS, whose blocks are alike.
#if defined(__aarch64__)
#include "../reference/tables.h"
#include "matvec_neon.h"

NEON_BEGIN

// Activations of four groups of 32.
typedef struct quads {
    int8x16_t x[8];
    float d[4], s[4];
} quads;

INLINE quads prepare_quads(sw_q8 x, size_t i) {
    quads s;
    UNROLL
    for (int k = 0; k < 8; k++) s.x[k] = vld1q_s8(x.q + i + 16 * k);
    memcpy(s.d, x.d + i / 32, sizeof s.d);
    memcpy(s.s, x.s32 + i / 32, sizeof s.s);
    return s;
}

INLINE float32x4_t row_q4_0(const quads *s, const uint8_t *b, float32x4_t sum) {
    const int8x16_t eight = vdupq_n_s8(8);
    for (int k = 0; k < 4; k++, b += 18) {
        const uint8x16_t q = vld1q_u8(b + 2);
        const int32x4_t p =
            dot32(vsubq_s8(low_nibbles(q), eight), vsubq_s8(high_nibbles(q), eight), s->x + 2 * k);
        sum = add_products(sum, p, half_of(b) * s->d[k]);
    }
    return sum;
}

INLINE float32x4_t row_q4_1(const quads *s, const uint8_t *b, float32x4_t sum) {
    float minimums = 0;
    for (int k = 0; k < 4; k++, b += 20) {
        const uint8x16_t q = vld1q_u8(b + 4);
        sum = add_products(sum, dot32(low_nibbles(q), high_nibbles(q), s->x + 2 * k), half_of(b) * s->d[k]);
        minimums += half_of(b + 2) * s->s[k];
    }
    return vsetq_lane_f32(vgetq_lane_f32(sum, 0) + minimums, sum, 0);
}

// 16 where the bits of two bytes are set.
INLINE int8x16_t fifth_bits(const uint8_t *h) {
    const uint8x16_t bit = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201));
    const uint8x16_t bytes = vcombine_u8(vdup_n_u8(h[0]), vdup_n_u8(h[1]));
    return vreinterpretq_s8_u8(vandq_u8(vtstq_u8(bytes, bit), vdupq_n_u8(16)));
}

INLINE float32x4_t row_q5_0(const quads *s, const uint8_t *b, float32x4_t sum) {
    const int8x16_t offset = vdupq_n_s8(16);
    for (int k = 0; k < 4; k++, b += 22) {
        const uint8x16_t q = vld1q_u8(b + 6);
        const int8x16_t w0 = vsubq_s8(vorrq_s8(low_nibbles(q), fifth_bits(b + 2)), offset);
        const int8x16_t w1 = vsubq_s8(vorrq_s8(high_nibbles(q), fifth_bits(b + 4)), offset);
        sum = add_products(sum, dot32(w0, w1, s->x + 2 * k), half_of(b) * s->d[k]);
    }
    return sum;
}

INLINE float32x4_t row_q5_1(const quads *s, const uint8_t *b, float32x4_t sum) {
    float minimums = 0;
    for (int k = 0; k < 4; k++, b += 24) {
        const uint8x16_t q = vld1q_u8(b + 8);
        const int8x16_t w0 = vorrq_s8(low_nibbles(q), fifth_bits(b + 4));
        const int8x16_t w1 = vorrq_s8(high_nibbles(q), fifth_bits(b + 6));
        sum = add_products(sum, dot32(w0, w1, s->x + 2 * k), half_of(b) * s->d[k]);
        minimums += half_of(b + 2) * s->s[k];
    }
    return vsetq_lane_f32(vgetq_lane_f32(sum, 0) + minimums, sum, 0);
}

INLINE float32x4_t row_q8_0(const quads *s, const uint8_t *b, float32x4_t sum) {
    for (int k = 0; k < 4; k++, b += 34) {
        const int8x16_t w0 = vreinterpretq_s8_u8(vld1q_u8(b + 2)), w1 = vreinterpretq_s8_u8(vld1q_u8(b + 18));
        sum = add_products(sum, dot32(w0, w1, s->x + 2 * k), half_of(b) * s->d[k]);
    }
    return sum;
}

// MARK: Tables

static const int8_t iq4_values[16] = {SW_IQ4_VALUES};
static const int8_t e2m1_values[16] = {SW_E2M1_VALUES};

INLINE int32x4_t dot_table(const int8_t *values, const uint8_t *q, const int8x16_t *x) {
    const int8x16_t table = vld1q_s8(values);
    const uint8x16_t bytes = vld1q_u8(q);
    return dot32(vqtbl1q_s8(table, vandq_u8(bytes, vdupq_n_u8(15))), vqtbl1q_s8(table, vshrq_n_u8(bytes, 4)),
                 x);
}

INLINE float32x4_t row_iq4_nl(const quads *s, const uint8_t *b, float32x4_t sum) {
    for (int k = 0; k < 4; k++, b += 18) {
        sum = add_products(sum, dot_table(iq4_values, b + 2, s->x + 2 * k), half_of(b) * s->d[k]);
    }
    return sum;
}

INLINE float32x4_t row_mxfp4(const quads *s, const uint8_t *b, float32x4_t sum) {
    for (int k = 0; k < 4; k++, b += 17) {
        // Half the power of two, for the table holds twice the values; the smallest are subnormal.
        const float d = sw_float_of_bits(b[0] < 2 ? 0x00200000u << b[0] : (uint32_t)(b[0] - 1) << 23);
        sum = add_products(sum, dot_table(e2m1_values, b + 1, s->x + 2 * k), d * s->d[k]);
    }
    return sum;
}

typedef struct octets {
    quads halves[2];
} octets;

INLINE octets prepare_iq4_xs(sw_q8 x, size_t i) {
    return (octets){{prepare_quads(x, i), prepare_quads(x, i + 128)}};
}

INLINE float32x4_t row_iq4_xs(const octets *s, const uint8_t *b, float32x4_t sum) {
    const uint32_t low = sw_load32(b + 4), high = sw_load16(b + 2);
    float32x4_t products = vdupq_n_f32(0);
    UNROLL
    for (int j = 0; j < 8; j++) {
        const quads *half = &s->halves[j / 4];
        const int scale = (int)((low >> 4 * j & 15) | (high >> 2 * j & 3) << 4) - 32;
        const int32x4_t p = dot_table(iq4_values, b + 8 + 16 * j, half->x + j % 4 * 2);
        products = add_products(products, p, (float)scale * half->d[j % 4]);
    }
    return vfmaq_n_f32(sum, products, half_of(b));
}

MATVEC_NEON(q4_0, quads, 32, 18, 128, prepare_quads, row_q4_0)
MATVEC_NEON(q4_1, quads, 32, 20, 128, prepare_quads, row_q4_1)
MATVEC_NEON(q5_0, quads, 32, 22, 128, prepare_quads, row_q5_0)
MATVEC_NEON(q5_1, quads, 32, 24, 128, prepare_quads, row_q5_1)
MATVEC_NEON(q8_0, quads, 32, 34, 128, prepare_quads, row_q8_0)
MATVEC_NEON(iq4_nl, quads, 32, 18, 128, prepare_quads, row_iq4_nl)
MATVEC_NEON(mxfp4, quads, 32, 17, 128, prepare_quads, row_mxfp4)
MATVEC_NEON(iq4_xs, octets, 256, 136, 256, prepare_iq4_xs, row_iq4_xs)

NEON_END
#endif
