// matvec_avx512_k.c: the K types: 256 weights with integer scales per 32 or 16.
#if defined(__x86_64__)
#include "matvec_avx512_turned.h"

AVX512_BEGIN

// A factor for each of four groups of 32, and the next four.
INLINE __m512 fours(float a, float b, float c, float d) { return _mm512_broadcast_f32x4(_mm_setr_ps(a, b, c, d)); }

// MARK: Q4_K, Q5_K

// Scales, and minimums times the block's second scale, from the first 16 bytes of a block.
INLINE void scales_of(const uint8_t *b, weights_minimum *to) {
    // In general registers: the vector pipes have enough to do.
    const uint32_t x = sw_load32(b + 4), y = sw_load32(b + 8), z = sw_load32(b + 12);
    const uint32_t scales4 = (z & 0x0f0f0f0f) | (x >> 2 & 0x30303030);
    const uint32_t minimums4 = (z >> 4 & 0x0f0f0f0f) | (y >> 2 & 0x30303030);
    const uint64_t scales = (x & 0x3f3f3f3f) | (uint64_t)scales4 << 32;
    const uint64_t minimums = (y & 0x3f3f3f3f) | (uint64_t)minimums4 << 32;
    float d[4];
    store_halves(d, b);
    to->of.d = _mm512_mul_ps(floats_of_unsigned(twice_eight_bytes(scales)), _mm512_set1_ps(d[0]));
    const __m256 floats = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(eight_bytes(minimums)));
    to->minimum = _mm512_zextps256_ps512(_mm256_mul_ps(floats, _mm256_set1_ps(d[1])));
}

// Groups 2 r and 2 r + 1 are the low and the high nibbles of run r of four runs of 32 bytes.
INLINE __m512i nibbles_at(void) { return LANES(0, 0, 8, 8, 16, 16, 24, 24, 4); }

// High nibbles stay where they are: sixteen times their value.
INLINE summed prepare_q4_k(sw_q8 x, size_t i) { return prepare_summed(x, i, fours(1, 0.0625f, 1, 0.0625f)); }

INLINE weights_minimum unpack_q4_k(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m512i a = load512(b + 16), c = load512(b + 80), nibble = _mm512_set1_epi64((long long)0xf0f0f0f00f0f0f0f);
    weights_minimum to;
    scales_of(b, &to);
    UNROLL
    for (int t = 0; t < 4; t++) to.of.w[t] = _mm512_and_si512(pick(a, c, nibbles_at(), t), nibble);
    return to;
}

INLINE summed prepare_q5_k(sw_q8 x, size_t i) { return prepare_summed(x, i, _mm512_set1_ps(1)); }

INLINE weights_minimum unpack_q5_k(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m512i a = load512(b + 48), c = load512(b + 112), bits = halves_twice(b + 16);
    const __m512i low = _mm512_set1_epi8(15), fifth = _mm512_set1_epi8(16), odd = _mm512_set1_epi64(4ll << 32);
    // Bit g of a byte is group g's.
    const __m512i to_fifth = _mm512_broadcast_i64x4(_mm256_setr_epi32(4, 3, 2, 1, 0, 31, 30, 29));
    weights_minimum to;
    scales_of(b, &to);
    UNROLL
    for (int t = 0; t < 4; t++) {
        const __m512i more = _mm512_rolv_epi32(spread(bits, t), to_fifth);
        const __m512i q = _mm512_srlv_epi32(pick(a, c, nibbles_at(), t), odd);
        to.of.w[t] = and_or(q, low, _mm512_and_si512(more, fifth));
    }
    return to;
}

// MARK: Q2_K, Q3_K, Q6_K

// Two bits of a byte stay where they are: 4, 16 or 64 times their value.
INLINE __m512 twos_factors(void) { return fours(1, 0.25f, 0.0625f, 0.015625f); }
INLINE __m512i twos(void) {
    return _mm512_broadcast_i32x4(_mm_setr_epi32(0x03030303, 0x0c0c0c0c, 0x30303030, (int)0xc0c0c0c0));
}

// Group 4 k + j has the bits 2 j of run k of two runs of 32 bytes.
INLINE summed prepare_q2_k(sw_q8 x, size_t i) {
    const __m512i lanes = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
    return (summed){prepare_turned(x, i, twos_factors()),
                    _mm512_permutexvar_ps(lanes, _mm512_loadu_ps(x.s16 + i / 16))};
}

INLINE weights_minimum unpack_q2_k(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m128i packed = to_lanes(load128(b)), low = _mm_set1_epi8(15);
    const __m512i q = two_runs(b + 16);
    float d[4];
    store_halves(d, b + 76);
    weights_minimum to = {
        .of.d = _mm512_mul_ps(floats_of_unsigned(_mm_and_si128(packed, low)), _mm512_set1_ps(d[2])),
        .minimum = _mm512_mul_ps(floats_of_unsigned(_mm_and_si128(_mm_srli_epi16(packed, 4), low)),
                                 _mm512_set1_ps(d[3]))};
    UNROLL
    for (int t = 0; t < 4; t++) to.of.w[t] = _mm512_and_si512(spread(q, t), twos());
    return to;
}

// Two bits stay where they are as in Q2_K, with the third one above them; the highest move down by one to leave room.
INLINE less prepare_q3_k(sw_q8 x, size_t i) {
    const __m512i low = _mm512_broadcast_i32x4(_mm_setr_epi32(4, 16, 64, 128));
    const __m512i offsets = _mm512_mask_slli_epi32(low, 0xff00, low, 16);
    return prepare_less(x, i, offsets, fours(1, 0.25f, 0.0625f, 0.03125f));
}

// Sixteen scales of six bits, of groups in order: four bits from eight bytes, two from four.
INLINE __m128i scales_q3_k(const uint8_t *b) {
    const uint64_t low = sw_load64(b), twos = 0x0303030303030303, fours = 0x0f0f0f0f0f0f0f0f;
    const uint64_t high = sw_load32(b + 8), both = high | high >> 2 << 32;
    const uint64_t first = (low & fours) | (both & twos) << 4, second = (low >> 4 & fours) | (both >> 4 & twos) << 4;
    return _mm_sub_epi8(_mm_unpacklo_epi64(eight_bytes(first), eight_bytes(second)), _mm_set1_epi8(32));
}

INLINE weights unpack_q3_k(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m512i q = two_runs(b + 32), bits = halves_twice(b), lower = _mm512_srli_epi32(q, 1);
    const __m512i places = _mm512_setr_epi32(0, 0, 0, 16, 4, 4, 4, 20, 8, 8, 8, 24, 12, 12, 12, 28);
    const __m512i two = _mm512_broadcast_i32x4(_mm_setr_epi32(0x03030303, 0x0c0c0c0c, 0x30303030, 0x60606060));
    const __m512i third = _mm512_broadcast_i32x4(_mm_setr_epi32(0x04040404, 0x10101010, 0x40404040, (int)0x80808080));
    // Bit g of a byte is group g's.
    const __m512i to_third = _mm512_broadcast_i64x4(_mm256_setr_epi32(2, 3, 4, 4, 30, 31, 0, 0));
    weights to = {.d = _mm512_mul_ps(floats_of_signed(to_lanes(scales_q3_k(b + 96))), half_at_end(b + 108))};
    UNROLL
    for (int t = 0; t < 4; t++) {
        const __m512i more = _mm512_rolv_epi32(spread(bits, t), to_third);
        const __m512i here = pick(q, lower, places, t);
        to.w[t] = and_or(here, two, _mm512_and_si512(more, third));
    }
    return to;
}

INLINE less prepare_q6_k(sw_q8 x, size_t i) { return prepare_offset(x, i, 32, 1); }

// Group 4 k + j has nibbles j / 2 of run 2 k + j % 2 of four runs of 32 bytes, and the bits 2 j of run k of two.
INLINE weights unpack_q6_k(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m512i a = load512(b), c = load512(b + 64), bits = two_runs(b + 128);
    const __m512i low = _mm512_set1_epi8(15), high = _mm512_set1_epi8(0x30);
    const __m512i to_low = _mm512_broadcast_i32x4(_mm_setr_epi32(0, 0, 4, 4));
    const __m512i to_high = _mm512_broadcast_i32x4(_mm_setr_epi32(4, 2, 0, 30));
    weights to = {.d = _mm512_mul_ps(floats_of_signed(to_lanes(load128(b + 192))), half_at_end(b + 208))};
    UNROLL
    for (int t = 0; t < 4; t++) {
        const __m512i more = _mm512_rolv_epi32(spread(bits, t), to_high);
        const __m512i q = _mm512_srlv_epi32(pick(a, c, LANES(0, 8, 0, 8, 16, 24, 16, 24, 4), t), to_low);
        to.w[t] = and_or(q, low, _mm512_and_si512(more, high));
    }
    return to;
}

MATVEC_MINIMUM(q4_k, 256, 144, prepare_q4_k, unpack_q4_k)
MATVEC_MINIMUM(q5_k, 256, 176, prepare_q5_k, unpack_q5_k)
MATVEC_MINIMUM(q2_k, 256, 84, prepare_q2_k, unpack_q2_k)
MATVEC_LESS(q3_k, sw_block, 256, 110, prepare_q3_k, sw_read_block, unpack_q3_k)
MATVEC_LESS(q6_k, sw_block, 256, 210, prepare_q6_k, sw_read_block, unpack_q6_k)

AVX512_END
#endif
