// matvec_avx2_group16.h: 256 weights in their own order with integer scales per 16.
#ifndef SWINFER_MATVEC_AVX2_GROUP16_H
#define SWINFER_MATVEC_AVX2_GROUP16_H

#include "matvec_avx2.h"

AVX2_BEGIN

// Activations of 256 weights in their own order, for scales per 16: a group to a 128-bit lane.
typedef struct group16 {
    __m256i x[8], offset[8];  // offset: what the weights' offset adds to each pair
    float d[8];
    __m256 s[2];  // sums of the 16 groups
} group16;

INLINE group16 prepare_group16(sw_q8 x, size_t i, char offset, float factor) {
    group16 s;
    UNROLL
    for (int j = 0; j < 8; j++) {
        s.x[j] = load256(x.q + i + 32 * j);
        s.offset[j] = pair_products(_mm256_set1_epi8(offset), s.x[j]);
        s.d[j] = x.d[i / 32 + j] * factor;
    }
    s.s[0] = _mm256_loadu_ps(x.s16 + i / 16);
    s.s[1] = _mm256_loadu_ps(x.s16 + i / 16 + 8);
    return s;
}

// Scales 2 j and 2 j + 1, of 16 bytes in both lanes, as words: unsigned, or (place 1) signed and
// 256 times their value.
INLINE __m256i group16_words(__m256i scales, const int place, const int j) {
    const short a = (short)(place ? 0x0080 | (2 * j) << 8 : 0x8000 | 2 * j);
    const short c = (short)(place ? 0x0080 | (2 * j + 1) << 8 : 0x8000 | (2 * j + 1));
    return _mm256_shuffle_epi8(scales, _mm256_setr_epi16(a, a, a, a, a, a, a, a, c, c, c, c, c, c, c, c));
}

INLINE __m256 add_group16(__m256 products, const group16 *s, __m256i weights, __m256i words, const int j) {
    const __m256i p = _mm256_sub_epi16(pair_products(weights, s->x[j]), s->offset[j]);
    return add_products(products, _mm256_madd_epi16(p, words), _mm256_set1_ps(s->d[j]));
}

AVX2_END

#endif
