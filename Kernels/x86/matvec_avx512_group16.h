// matvec_avx512_group16.h: 256 weights in their own order with integer scales per 16.
#ifndef SWINFER_MATVEC_AVX512_GROUP16_H
#define SWINFER_MATVEC_AVX512_GROUP16_H

#include "matvec_avx512.h"

AVX512_BEGIN

// Activations of 256 weights in their own order, for scales per 16. A 128-bit lane of a product
// is one group of 16; its four sums fit int16, so two products are packed together and vpmaddwd
// multiplies by the integer scales.
typedef struct group16 {
    __m512i x[4], start[4];
    __m512 d[2];  // as add_group16 leaves its lanes
    __m512 s;     // sums of the 16 groups
} group16;

INLINE group16 prepare_group16(sw_q8 x, size_t i, char offset, float factor) {
    group16 s;
    UNROLL
    for (int k = 0; k < 4; k++) {
        s.x[k] = load512(x.q + i + 64 * k);
        s.start[k] = offset ? offset_start(offset, s.x[k]) : _mm512_setzero_si512();
    }
    const __m512i lanes = _mm512_setr_epi32(0, 0, 2, 2, 0, 0, 2, 2, 1, 1, 3, 3, 1, 1, 3, 3);
    const __m512 d =
        _mm512_mul_ps(_mm512_castps256_ps512(_mm256_loadu_ps(x.d + i / 32)), _mm512_set1_ps(factor));
    s.d[0] = _mm512_permutexvar_ps(lanes, d);
    s.d[1] = _mm512_permutexvar_ps(_mm512_add_epi32(lanes, _mm512_set1_epi32(4)), d);
    s.s = _mm512_loadu_ps(x.s16 + i / 16);
    return s;
}

// Sixteen scale bytes, repeated in each lane, to the words that vpmaddwd wants; the byte goes to
// `place` 0 (unsigned) or 1 (signed, and 256 times the value).
INLINE __m512i scale_words(__m512i bytes, const int place, const int pair) {
    const int high = place ? 0 : 8;  // shift of the byte that is cleared
    const long long clear = 0x0080008000800080ll << high, word = 0x0001000100010001ll << (8 - high);
    const long long g = 8 * pair;
    const __m512i source = _mm512_setr_epi64(
        clear | (g + 0) * word, clear | (g + 4) * word, clear | (g + 1) * word, clear | (g + 5) * word,
        clear | (g + 2) * word, clear | (g + 6) * word, clear | (g + 3) * word, clear | (g + 7) * word);
    return _mm512_shuffle_epi8(bytes, source);
}

INLINE __m512 scaled_products(const group16 *s, const __m512i p[4], __m512i scales0, __m512i scales1) {
    const __m512i m0 = _mm512_madd_epi16(_mm512_packs_epi32(p[0], p[1]), scales0);
    const __m512i m1 = _mm512_madd_epi16(_mm512_packs_epi32(p[2], p[3]), scales1);
    return add_products(_mm512_mul_ps(_mm512_cvtepi32_ps(m0), s->d[0]), m1, s->d[1]);
}

// Products with unsigned scales; with signed ones, 256 times their value.
INLINE __m512 scaled_unsigned(const group16 *s, const __m512i weights[4], __m512i scales) {
    __m512i p[4];
    UNROLL
    for (int k = 0; k < 4; k++) p[k] = dot(s->start[k], weights[k], s->x[k]);
    return scaled_products(s, p, scale_words(scales, 0, 0), scale_words(scales, 0, 1));
}
INLINE __m512 scaled_signed(const group16 *s, const __m512i weights[4], __m512i scales) {
    __m512i p[4];
    UNROLL
    for (int k = 0; k < 4; k++) p[k] = dot(s->start[k], weights[k], s->x[k]);
    return scaled_products(s, p, scale_words(scales, 1, 0), scale_words(scales, 1, 1));
}

AVX512_END

#endif
