// matvec_avx512_blocks.h: eight blocks of 32 at a time, each with scales of its own.
#ifndef SWINFER_MATVEC_AVX512_BLOCKS_H
#define SWINFER_MATVEC_AVX512_BLOCKS_H

#include "matvec_avx512_turned.h"
#include "strided.h"

AVX512_BEGIN

// 16 bytes at p and at each of three strides after it.
INLINE __m512i four_runs(const uint8_t *p, const size_t stride) {
    __m512i v = _mm512_castsi128_si512(load128(p));
    v = _mm512_inserti32x4(v, load128(p + stride), 1);
    v = _mm512_inserti32x4(v, load128(p + 2 * stride), 2);
    return _mm512_inserti32x4(v, load128(p + 3 * stride), 3);
}

INLINE __m256 eight_halves(const uint8_t *p, const size_t stride) {
    const __m128i first = eight_bytes(four_words(p, stride)), second = eight_bytes(four_words(p + 4 * stride, stride));
    return _mm256_cvtph_ps(_mm_unpacklo_epi64(first, second));
}
// The words of eight pairs: the first ones' floats and the second ones'.
INLINE void eight_pairs(const uint8_t *p, const size_t stride, __m256 *first, __m256 *second) {
    const __m128i even = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
    const __m128i a = _mm_shuffle_epi8(four_dwords(p, stride), even);
    const __m128i c = _mm_shuffle_epi8(four_dwords(p + 4 * stride, stride), even);
    *first = _mm256_cvtph_ps(_mm_unpacklo_epi64(a, c));
    *second = _mm256_cvtph_ps(_mm_unpackhi_epi64(a, c));
}

// The bytes of eight runs of 16: run g for group g, twice; dword t of each.
INLINE __m512i run_dwords(__m512i a, __m512i c, const int t) {
    return pick(a, c, LANES(0, 4, 8, 12, 16, 20, 24, 28, 0), t);
}

// Low nibbles are the first halves of groups, high ones the second.
INLINE void nibbles_of(const uint8_t *q, const size_t stride, __m512i w[4]) {
    const __m512i a = four_runs(q, stride), c = four_runs(q + 4 * stride, stride), low = _mm512_set1_epi8(15);
    const __m512i down = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi32(4), 1);
    UNROLL
    for (int t = 0; t < 4; t++) w[t] = _mm512_and_si512(_mm512_srlv_epi32(run_dwords(a, c, t), down), low);
}

// Which bytes of vector t have their bit set: bit i of dword g for element i of group g.
INLINE __mmask64 bits_set(__m512i dwords, const int t) {
    const int k = t / 2 * 0x01010101;
    const __m128i first = _mm_setr_epi32(k, 0x04040404 + k, 0x08080808 + k, 0x0c0c0c0c + k);
    const __m256i second = _mm256_broadcastsi128_si256(_mm_add_epi8(first, _mm_set1_epi8(2)));
    const __m512i byte = _mm512_inserti64x4(_mm512_broadcast_i32x4(first), second, 1);
    const __m512i bit = _mm512_set1_epi32(t % 2 == 0 ? 0x08040201 : (int)0x80402010);
    return _mm512_test_epi8_mask(_mm512_shuffle_epi8(dwords, byte), bit);
}

AVX512_END

#endif
