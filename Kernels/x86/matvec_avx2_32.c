// matvec_avx2_32.c: the types with one float scale per 32 weights.
#if defined(__x86_64__)
#include "matvec_avx2_turned_32.h"

AVX2_BEGIN

INLINE less prepare_q4_0(sw_q8 x, size_t i) { return prepare_less(x, i, 8); }

INLINE weights_less unpack_q4_0(const sw_block *block) {
    const uint8_t *b = block->b;
    weights_less to = {.d = eight_halves(b, 18)};
    turn_nibbles(b + 2, 18, to.w);
    return to;
}

// Eight pairs of float16: scales and minimums.
INLINE void eight_pairs(const uint8_t *p, const size_t stride, weights32 *to) {
    const __m256i first = _mm256_setr_epi16(0x0100, 0x0504, 0x0908, 0x0d0c, 0x0302, 0x0706, 0x0b0a, 0x0f0e,  //
                                            0x0100, 0x0504, 0x0908, 0x0d0c, 0x0302, 0x0706, 0x0b0a, 0x0f0e);
    const __m256i apart = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(eight_dwords(p, stride), first), 0xd8);
    to->by = _mm256_set1_epi16(1);
    to->d = _mm256_cvtph_ps(_mm256_castsi256_si128(apart));
    to->minimums = _mm256_cvtph_ps(_mm256_extracti128_si256(apart, 1));
}

INLINE weights32 unpack_q4_1(const sw_block *block) {
    const uint8_t *b = block->b;
    weights32 to;
    eight_pairs(b, 20, &to);
    turn_nibbles(b + 4, 20, to.w);
    return to;
}

// Nibbles as of `turn_nibbles`, and fifth bits: bit i of 32 at h and at each stride for element i.
INLINE void turn_fives(const uint8_t *h, const size_t stride, __m256i w[8]) {
    const __m256i dwords = _mm256_setr_epi32(0, 0x04040404, 0x08080808, 0x0c0c0c0c,  //
                                             0, 0x04040404, 0x08080808, 0x0c0c0c0c);
    const __m256i bit = _mm256_set1_epi32((int)0x80402010), fifth = _mm256_set1_epi8(16);
    const __m256i bits = eight_dwords(h, stride);
    turn_nibbles(h + 4, stride, w);
    UNROLL
    for (int k = 0; k < 4; k++) {
        // Bits 4 k to 4 k + 7 in each of four bytes, of which each byte takes its own.
        const __m256i odd = _mm256_shuffle_epi8(bits, _mm256_add_epi8(dwords, _mm256_set1_epi8((char)k)));
        const __m256i even = _mm256_slli_epi16(odd, 4);
        w[2 * k] = _mm256_or_si256(w[2 * k], _mm256_min_epu8(_mm256_and_si256(even, bit), fifth));
        w[2 * k + 1] = _mm256_or_si256(w[2 * k + 1], _mm256_min_epu8(_mm256_and_si256(odd, bit), fifth));
    }
}

INLINE less prepare_q5_0(sw_q8 x, size_t i) { return prepare_less(x, i, 16); }

INLINE weights_less unpack_q5_0(const sw_block *block) {
    const uint8_t *b = block->b;
    weights_less to = {.d = eight_halves(b, 22)};
    turn_fives(b + 2, 22, to.w);
    return to;
}

INLINE weights32 unpack_q5_1(const sw_block *block) {
    const uint8_t *b = block->b;
    weights32 to;
    eight_pairs(b, 24, &to);
    turn_fives(b + 4, 24, to.w);
    return to;
}

// MARK: Q8_0, Q1_0

typedef struct singles {
    __m256i x[4];
    __m128 d;
    float scales[4];
} singles;

INLINE singles prepare_q8_0(sw_q8 x, size_t i) {
    singles s;
    UNROLL
    for (int k = 0; k < 4; k++) s.x[k] = load256(x.q + i + 32 * k);
    s.d = _mm_loadu_ps(x.d + i / 32);
    _mm_storeu_ps(s.scales, s.d);
    return s;
}

INLINE __m256 row_q8_0(const singles *s, const uint8_t *b, __m256 sum) {
    const __m128 scales = _mm_mul_ps(four_halves(b, 34), s->d);
    const __m256 both = _mm256_castps128_ps256(scales);
    UNROLL
    for (int k = 0; k < 4; k++) {
        const __m256i p = sum_pairs(signed_products(load256(b + 34 * k + 2), s->x[k]));
        sum = add_products(sum, p, _mm256_permutevar8x32_ps(both, _mm256_set1_epi32(k)));
    }
    return sum;
}

// Twice the activations whose bits are set, less all.
INLINE __m256 row_q1_0(const singles *s, const uint8_t *b, __m256 sum) {
    const __m256i byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    __m256 products = _mm256_setzero_ps();
    UNROLL
    for (int k = 0; k < 4; k++) {
        const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32((int)sw_load32(b + 2 + 4 * k)), byte);
        // -1 where the bit is set, 1 where not.
        const __m256i negated =
            _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit), _mm256_set1_epi8(1));
        const __m256i p = sum_pairs(pair_products(_mm256_set1_epi8(1), _mm256_sign_epi8(s->x[k], negated)));
        products = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(p), _mm256_set1_ps(s->scales[k]), products);
    }
    return _mm256_fmadd_ps(products, half256(b), sum);
}

MATVEC_AVX2(q1_0, singles, 128, 18, 128, prepare_q8_0, row_q1_0)
MATVEC_TURNED_AVX2(q4_0, less, sw_block, weights_less, 32, 18, prepare_q4_0, sw_read_block, unpack_q4_0, multiply_less,
                   finish_less)
MATVEC_TURNED_AVX2(q4_1, group32, sw_block, weights32, 32, 20, prepare_group32, sw_read_block, unpack_q4_1,
                   multiply_group32, finish_group32)
MATVEC_TURNED_AVX2(q5_0, less, sw_block, weights_less, 32, 22, prepare_q5_0, sw_read_block, unpack_q5_0, multiply_less,
                   finish_less)
MATVEC_TURNED_AVX2(q5_1, group32, sw_block, weights32, 32, 24, prepare_group32, sw_read_block, unpack_q5_1,
                   multiply_group32_halves, finish_group32)
MATVEC_AVX2(q8_0, singles, 32, 34, 128, prepare_q8_0, row_q8_0)

AVX2_END
#endif
