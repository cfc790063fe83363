// strided.h: small numbers of several blocks, put together in general registers: the vector pipes of the matrix-vector
// kernels have enough to do. Its includer defines INLINE, UNROLL and sw_load16, sw_load32.
#ifndef SWINFER_STRIDED_H
#define SWINFER_STRIDED_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

// The bytes, words, ... at p and at each of seven or three strides after it.
INLINE uint64_t strided_bytes(const uint8_t *p, const size_t stride) {
    uint64_t bytes = 0;
    UNROLL
    for (size_t j = 0; j < 8; j++) bytes |= (uint64_t)p[j * stride] << 8 * j;
    return bytes;
}

INLINE uint64_t four_words(const uint8_t *p, const size_t stride) {
    uint64_t words = 0;
    UNROLL
    for (size_t j = 0; j < 4; j++) words |= (uint64_t)sw_load16(p + j * stride) << 16 * j;
    return words;
}

INLINE __m128i four_dwords(const uint8_t *p, const size_t stride) {
    return _mm_setr_epi32((int)sw_load32(p), (int)sw_load32(p + stride), (int)sw_load32(p + 2 * stride),
                          (int)sw_load32(p + 3 * stride));
}

INLINE __m256i eight_dwords(const uint8_t *p, const size_t stride) {
    return _mm256_setr_m128i(four_dwords(p, stride), four_dwords(p + 4 * stride, stride));
}

#pragma clang attribute pop

#endif
