// matvec_avx2_turned.h: 256 weights at a time in the order of the activations' `turned` (see q8.h).
//
// Vector t has four weights, 4 t to 4 t + 3, of each of eight groups of 32, a group in its own 32 bits. So products
// add up in 16 bits as long as they fit (on the way to a sum that fits they need not: what wraps around comes back),
// and one vpmaddwd, conversion and multiplication serve all eight groups.
#ifndef SWINFER_MATVEC_AVX2_TURNED_H
#define SWINFER_MATVEC_AVX2_TURNED_H

#include "matvec_avx2.h"

AVX2_BEGIN

// Activations of 256 weights, and the scales of each 32.
typedef struct turned {
    const int8_t *q;
    __m256 d;
} turned;

INLINE turned prepare_turned(sw_q8 x, size_t i) { return (turned){x.turned + i, _mm256_loadu_ps(x.d + i / 32)}; }

// With the sums of each 32, times their scales.
typedef struct group32 {
    turned x;
    __m256 sums;
} group32;

INLINE group32 prepare_group32(sw_q8 x, size_t i) {
    return (group32){prepare_turned(x, i), _mm256_loadu_ps(x.s32 + i / 32)};
}

// Products of vectors `first` to `first` + 3, which fit into 16 bits together, added to what is there.
INLINE __m256i four_products(const __m256i w[8], const int8_t *q, const int first) {
    const int a = first, b = first + 2;
    return _mm256_add_epi16(_mm256_add_epi16(pair_products(w[a], load256(q + 32 * a)),
                                             pair_products(w[a + 1], load256(q + 32 * a + 32))),
                            _mm256_add_epi16(pair_products(w[b], load256(q + 32 * b)),
                                             pair_products(w[b + 1], load256(q + 32 * b + 32))));
}

// sum + the groups' integers times their activations' scales and d.
INLINE __m256 add_groups(__m256 sum, turned x, __m256i total, __m256 d) {
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(total), _mm256_mul_ps(x.d, d), sum);
}

INLINE __m256i eight_products(const __m256i w[8], const int8_t *q) {
    return _mm256_add_epi16(four_products(w, q, 0), four_products(w, q, 4));
}

// Weights with integer scales, twice each, or ones, and what a group's sum times its scale counts besides.
typedef struct weights32 {
    __m256i w[8], by;
    __m256 d, minimums;
} weights32;

INLINE __m256i multiply_group32(const group32 *s, const weights32 *w) {
    return _mm256_madd_epi16(eight_products(w->w, s->x.q), w->by);
}

// Where sixteen products do not fit into 16 bits: eight times 31 do.
INLINE __m256i multiply_group32_halves(const group32 *s, const weights32 *w) {
    return _mm256_add_epi32(_mm256_madd_epi16(four_products(w->w, s->x.q, 0), w->by),
                            _mm256_madd_epi16(four_products(w->w, s->x.q, 4), w->by));
}

INLINE __m256 finish_group32(const group32 *s, const weights32 *w, __m256i total, __m256 sum) {
    return add_groups(_mm256_fmadd_ps(w->minimums, s->sums, sum), s->x, total, w->d);
}

// Activations that meet in each 16 bits in those products, added up.
INLINE __m256i four_sums(const int8_t *q, const int first) {
    const __m256i one = _mm256_set1_epi8(1);
    const __m256i ones[8] = {one, one, one, one, one, one, one, one};
    return four_products(ones, q, first);
}

// With the weights' offset times those of vectors 0 to 3 and of 4 to 7.
typedef struct less_halves {
    turned x;
    __m256i offset[2];
} less_halves;

INLINE less_halves prepare_less_halves(sw_q8 x, size_t i, short offset) {
    const __m256i factor = _mm256_set1_epi16(offset);
    const int8_t *q = x.turned + i;
    return (less_halves){prepare_turned(x, i), {_mm256_mullo_epi16(four_sums(q, 0), factor),
                                                _mm256_mullo_epi16(four_sums(q, 4), factor)}};
}

AVX2_END

#endif
