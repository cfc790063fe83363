// turn_avx2.h: four vectors of 32-bit words side by side. Its includer defines INLINE.
#ifndef SWINFER_TURN_AVX2_H
#define SWINFER_TURN_AVX2_H

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

// Word t of each lane of each vector, in the same lane of vector t.
INLINE void turn_fours(const __m256i v[4], __m256i turned[4]) {
    const __m256i a = _mm256_unpacklo_epi32(v[0], v[1]), b = _mm256_unpacklo_epi32(v[2], v[3]);
    const __m256i c = _mm256_unpackhi_epi32(v[0], v[1]), d = _mm256_unpackhi_epi32(v[2], v[3]);
    turned[0] = _mm256_unpacklo_epi64(a, b);
    turned[1] = _mm256_unpackhi_epi64(a, b);
    turned[2] = _mm256_unpacklo_epi64(c, d);
    turned[3] = _mm256_unpackhi_epi64(c, d);
}

#pragma clang attribute pop
#endif
