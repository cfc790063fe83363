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

// The words of groups 2 r and 2 r + 1 of 32, one to a lane.
INLINE __m256i two_words32(__m256i words, const int r) {
    const short a = (short)(0x0100 + 0x0404 * r), c = (short)(a + 0x0202);
    return _mm256_shuffle_epi8(words, _mm256_setr_epi16(a, a, a, a, a, a, a, a, c, c, c, c, c, c, c, c));
}

// The word of group j of 32, of eight in both lanes, in all places.
INLINE __m256i word32(__m256i words, const int j) {
    return _mm256_shuffle_epi8(words, _mm256_set1_epi16((short)(0x0100 + 0x0202 * j)));
}

AVX2_END

#endif
