// matvec_avx2_turned_32.h: eight blocks of 32 at a time, each with scales of its own, whose bytes hold elements i
// (low nibble) and 16 + i (high).
#ifndef SWINFER_MATVEC_AVX2_TURNED_32_H
#define SWINFER_MATVEC_AVX2_TURNED_32_H

#include "matvec_avx2_columns.h"
#include "strided.h"

AVX2_BEGIN

// And the weights' offset times the activations that meet in each 16 bits.
typedef struct less {
    turned x;
    __m256i offset;
} less;

INLINE less prepare_less(sw_q8 x, size_t i, short offset) {
    const int8_t *q = x.turned + i;
    const __m256i sums = _mm256_add_epi16(four_sums(q, 0), four_sums(q, 4));
    return (less){prepare_turned(x, i), _mm256_mullo_epi16(sums, _mm256_set1_epi16(offset))};
}

typedef struct weights_less {
    __m256i w[8];
    __m256 d;
} weights_less;

// Sixteen products each, which with the offset subtracted fit into 16 bits.
INLINE __m256i multiply_less(const less *s, const weights_less *w) {
    return sum_pairs(_mm256_sub_epi16(eight_products(w->w, s->x.q), s->offset));
}

INLINE __m256 finish_less(const less *s, const weights_less *w, __m256i total, __m256 sum) {
    return add_groups(sum, s->x, total, w->d);
}

// Eight bytes as dwords.
INLINE __m256i eight_bytes(const uint8_t *p, const size_t stride) {
    uint64_t bytes = strided_bytes(p, stride);
    // Otherwise the compiler inserts them into a vector one by one, which the vector pipes have no room for.
    __asm__("" : "+r"(bytes));
    return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)bytes));
}

INLINE __m128 four_halves(const uint8_t *p, const size_t stride) {
    return _mm_cvtph_ps(_mm_cvtsi64_si128((long long)four_words(p, stride)));
}

INLINE __m256 eight_halves(const uint8_t *p, const size_t stride) {
    return _mm256_cvtph_ps(_mm_set_epi64x((long long)four_words(p + 4 * stride, stride),
                                          (long long)four_words(p, stride)));
}

// The nibbles of 16 bytes at q and at each of seven strides after it.
INLINE void turn_nibbles(const uint8_t *q, const size_t stride, __m256i w[8]) {
    const __m256i low = _mm256_set1_epi8(15);
    __m256i v[4], bytes[4];
    UNROLL
    for (size_t j = 0; j < 4; j++) v[j] = load_two(q + j * stride, q + (j + 4) * stride);
    turn_fours(v, bytes);
    UNROLL
    for (int t = 0; t < 4; t++) {
        w[t] = _mm256_and_si256(bytes[t], low);
        w[t + 4] = _mm256_and_si256(_mm256_srli_epi16(bytes[t], 4), low);
    }
}

AVX2_END

#endif
