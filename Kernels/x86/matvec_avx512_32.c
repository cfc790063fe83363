// matvec_avx512_32.c: the types with one float scale per 32 weights.
#if defined(__x86_64__)
#include "matvec_avx512_blocks.h"

AVX512_BEGIN

// MARK: Q4_0, Q4_1

// High nibbles, of the second halves, stay where they are: sixteen times their value.
INLINE __m512 nibble_factors(void) {
    return _mm512_insertf32x8(_mm512_set1_ps(1), _mm256_set1_ps(0.0625f), 1);
}

INLINE void nibbles_in_place(const uint8_t *q, const size_t stride, __m512i w[4]) {
    const __m512i a = four_runs(q, stride), c = four_runs(q + 4 * stride, stride);
    const __m512i nibble = _mm512_inserti64x4(_mm512_set1_epi8(15), _mm256_set1_epi8((char)0xf0), 1);
    UNROLL
    for (int t = 0; t < 4; t++) w[t] = _mm512_and_si512(run_dwords(a, c, t), nibble);
}

INLINE less prepare_q4_0(sw_q8 x, size_t i) { return prepare_less(x, i, offsets512(8, 128), nibble_factors()); }

INLINE weights unpack_q4_0(const sw_block *block) {
    const uint8_t *b = block->b;
    weights to = {.d = twice_eight(eight_halves(b, 18))};
    nibbles_in_place(b + 2, 18, to.w);
    return to;
}

INLINE void scales_and_minimums(const uint8_t *b, const size_t stride, weights_minimum *to) {
    __m256 d, m;
    eight_pairs(b, stride, &d, &m);
    to->of.d = twice_eight(d);
    // They are added, and finish_summed subtracts.
    to->minimum = _mm512_zextps256_ps512(_mm256_xor_ps(m, _mm256_set1_ps(-0.0f)));
}

INLINE summed prepare_q4_1(sw_q8 x, size_t i) { return prepare_summed(x, i, nibble_factors()); }

INLINE weights_minimum unpack_q4_1(const sw_block *block) {
    const uint8_t *b = block->b;
    weights_minimum to;
    scales_and_minimums(b, 20, &to);
    nibbles_in_place(b + 4, 20, to.of.w);
    return to;
}

// MARK: Q5_0, Q5_1

// And fifth bits: bit i of 32 at h and at each stride for element i.
INLINE void fives_of(const uint8_t *h, const size_t stride, __m512i w[4]) {
    const __m512i bits = _mm512_broadcast_i64x4(eight_dwords(h, stride)), fifth = _mm512_set1_epi8(16);
    nibbles_of(h + 4, stride, w);
    UNROLL
    for (int t = 0; t < 4; t++) w[t] = _mm512_mask_add_epi8(w[t], bits_set(bits, t), w[t], fifth);
}

INLINE less prepare_q5_0(sw_q8 x, size_t i) { return prepare_offset(x, i, 16, 1); }

INLINE weights unpack_q5_0(const sw_block *block) {
    const uint8_t *b = block->b;
    weights to = {.d = twice_eight(eight_halves(b, 22))};
    fives_of(b + 2, 22, to.w);
    return to;
}

INLINE summed prepare_q5_1(sw_q8 x, size_t i) { return prepare_summed(x, i, _mm512_set1_ps(1)); }

INLINE weights_minimum unpack_q5_1(const sw_block *block) {
    const uint8_t *b = block->b;
    weights_minimum to;
    scales_and_minimums(b, 24, &to);
    fives_of(b + 4, 24, to.of.w);
    return to;
}

// MARK: Q8_0

INLINE less prepare_q8_0(sw_q8 x, size_t i) { return prepare_offset(x, i, 128, 1); }

INLINE weights unpack_q8_0(const sw_block *block) {
    const uint8_t *b = block->b;
    weights to = {.d = twice_eight(eight_halves(b, 34))};
    __m512i v[4];
    UNROLL
    for (int k = 0; k < 4; k++) {
        const uint8_t *q = b + 68 * k + 2;
        v[k] = _mm512_inserti64x4(_mm512_castsi256_si512(load256(q)), load256(q + 34), 1);
        v[k] = _mm512_xor_si512(v[k], _mm512_set1_epi8((char)128));
    }
    turn(v, to.w);
    return to;
}

// MARK: Q1_0

// 2 where the bit is set, less 1.
INLINE less prepare_q1_0(sw_q8 x, size_t i) { return prepare_offset(x, i, 1, 1); }

INLINE weights unpack_q1_0(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m256i bits = _mm256_setr_m128i(load128(b + 2), load128(b + 20));
    const __m128 first = _mm_set1_ps(sw_f16_to_f32(sw_load16(b)));
    const __m128 second = _mm_set1_ps(sw_f16_to_f32(sw_load16(b + 18)));
    weights to = {.d = twice_eight(_mm256_set_m128(second, first))};
    UNROLL
    for (int t = 0; t < 4; t++) {
        to.w[t] = _mm512_maskz_mov_epi8(bits_set(_mm512_broadcast_i64x4(bits), t), _mm512_set1_epi8(2));
    }
    return to;
}

MATVEC_LESS(q4_0, sw_block, 32, 18, prepare_q4_0, sw_read_block, unpack_q4_0)
MATVEC_MINIMUM(q4_1, 32, 20, prepare_q4_1, unpack_q4_1)
MATVEC_LESS(q5_0, sw_block, 32, 22, prepare_q5_0, sw_read_block, unpack_q5_0)
MATVEC_MINIMUM(q5_1, 32, 24, prepare_q5_1, unpack_q5_1)
MATVEC_LESS(q8_0, sw_block, 32, 34, prepare_q8_0, sw_read_block, unpack_q8_0)
MATVEC_LESS(q1_0, sw_block, 128, 18, prepare_q1_0, sw_read_block, unpack_q1_0)

AVX512_END
#endif
