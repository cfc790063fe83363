// matvec_avx2_256.h: blocks of 256 weights with integer scales.
//
// A group's products are multiplied by one word: the block's scale of the group times the activations'
// multiplier m (see q8.h). So they add up in int32 over the whole block, and what is not known before
// (offsets and minimums) is a product of such words with the sums of the activations.
//
// Nothing overflows: m is at most 127 and a scale at most 128, so a word is below 2^14, and a pair of
// products in int16; the types whose int32 could overflow over 256 weights (Q6_K) split them.
#ifndef SWINFER_MATVEC_AVX2_256_H
#define SWINFER_MATVEC_AVX2_256_H

#include "matvec_avx2.h"

AVX2_BEGIN

// Activations of 256 weights, in their order.
typedef struct run256 {
    const int8_t *x;
    __m256i m;     // multipliers, one for each 16
    __m256i sums;  // of each 16
    __m128i m32;   // multipliers, one for each 32
    __m128 unit;   // in the lowest lane; times what the type's integers are multiples of
} run256;

INLINE run256 prepare_256(sw_q8 x, size_t i, float factor) {
    const __m128i m = load128(x.m + i / 32);
    return (run256){
        .x = x.q + i,
        .m = _mm256_setr_m128i(_mm_unpacklo_epi16(m, m), _mm_unpackhi_epi16(m, m)),
        .sums = load256(x.sum + i / 16),
        .m32 = m,
        .unit = _mm_set_ss(x.unit[i / 256] * factor),
    };
}

// A float16 times the unit, in every lane.
INLINE __m256 scale_256(const run256 *s, const void *half) {
    const __m128 d = _mm_cvtph_ps(_mm_cvtsi32_si128(sw_load16(half)));
    return _mm256_broadcastss_ps(_mm_mul_ss(d, s->unit));
}

// The words of groups 2 r and 2 r + 1 of 32, one to a lane.
INLINE __m256i two_words32(__m256i words, const int r) {
    const short a = (short)(0x0100 + 0x0404 * r), c = (short)(a + 0x0202);
    return _mm256_shuffle_epi8(words, _mm256_setr_epi16(a, a, a, a, a, a, a, a, c, c, c, c, c, c, c, c));
}

// The words of 16 groups of 16, arranged for `word16`.
typedef struct words16 {
    __m256i low, high;
} words16;

INLINE words16 words_of_16(__m256i words) {
    return (words16){_mm256_permute4x64_epi64(words, 0x44), _mm256_permute4x64_epi64(words, 0xee)};
}

// The words of groups 2 j and 2 j + 1, one in all places of a lane.
INLINE __m256i word16(words16 words, const int j) {
    return two_words32(j < 4 ? words.low : words.high, j % 4);
}

// The word of group j of 32, of eight in both lanes, in all places.
INLINE __m256i word32(__m256i words, const int j) {
    return _mm256_shuffle_epi8(words, _mm256_set1_epi16((short)(0x0100 + 0x0202 * j)));
}

// Adds 32 products, multiplied by their words.
INLINE __m256i add_256(__m256i total, const run256 *s, __m256i weights, __m256i words, const int j) {
    const __m256i p = pair_products(weights, load256(s->x + 32 * j));
    return _mm256_add_epi32(total, _mm256_madd_epi16(p, words));
}

// 16 nibbles of 8 bytes, in order.
INLINE __m128i nibbles_of_8(__m128i bytes) {
    const __m128i low = _mm_set1_epi8(15);
    return _mm_unpacklo_epi8(_mm_and_si128(bytes, low), _mm_and_si128(_mm_srli_epi16(bytes, 4), low));
}

// s -> 2 s + 1
INLINE __m256i odd_words(__m256i s) { return _mm256_add_epi16(_mm256_add_epi16(s, s), _mm256_set1_epi16(1)); }

AVX2_END

#endif
