// matvec_avx2_quads.h: four groups of 32 at a time, for blocks whose bytes hold elements i (low
// nibble) and 16 + i (high).
#ifndef SWINFER_MATVEC_AVX2_QUADS_H
#define SWINFER_MATVEC_AVX2_QUADS_H

#include "matvec_avx2.h"

AVX2_BEGIN

// Activations of four groups of 32, two groups to a vector: their first and their second halves.
typedef struct quads {
    __m256i first[2], second[2];
    __m256i offset[2];  // the weights' offset times the sums, as pairs of int16
    __m128 d, s;        // scales and sums of the four groups
} quads;

INLINE quads prepare_quads(sw_q8 x, size_t i, char offset) {
    quads v;
    load_halves(x.q + i, 2, v.first, v.second);
    UNROLL
    for (int k = 0; k < 2; k++) {
        const __m256i factor = _mm256_set1_epi8(offset);
        v.offset[k] = _mm256_add_epi16(pair_products(factor, v.first[k]), pair_products(factor, v.second[k]));
    }
    v.d = _mm_loadu_ps(x.d + i / 32);
    v.s = _mm_loadu_ps(x.s32 + i / 32);
    return v;
}

// The float16 at p and at each of three strides after it.
INLINE __m128 four_halves(const uint8_t *p, const size_t stride) {
    const uint64_t words = sw_load16(p) | (uint64_t)sw_load16(p + stride) << 16 |
                           (uint64_t)sw_load16(p + 2 * stride) << 32 |
                           (uint64_t)sw_load16(p + 3 * stride) << 48;
    return _mm_cvtph_ps(_mm_cvtsi64_si128((long long)words));
}

// Scales 2 k and 2 k + 1 of four, each in four lanes.
INLINE __m256 two_scales(__m128 scales, const int k) {
    const int a = 2 * k, b = 2 * k + 1;
    return _mm256_permutevar8x32_ps(_mm256_castps128_ps256(scales),
                                    _mm256_setr_epi32(a, a, a, a, b, b, b, b));
}

// Signed weights: their magnitudes times the activations with their signs.
INLINE __m256i signed_products(__m256i weights, __m256i activations) {
    return pair_products(_mm256_abs_epi8(weights), _mm256_sign_epi8(activations, weights));
}

AVX2_END

#endif
