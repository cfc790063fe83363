// gemm_interleave_avx2.h: bytes of rows to quads of a panel, eight rows at a time, one per 32-bit lane. Included by
// files whose functions are compiled for AVX2.
#ifndef SWINFER_GEMM_INTERLEAVE_AVX2_H
#define SWINFER_GEMM_INTERLEAVE_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "turn_avx2.h"

// 32 bytes of a group to the order of quads with steps: 0 1 16 17, 2 3 18 19, ...
static inline __m256i load_in_turn(const void *from) {
    const __m128i words = _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
    const __m256i bytes = _mm256_permute4x64_epi64(_mm256_loadu_si256((const __m256i *)from), 0xd8);
    return _mm256_shuffle_epi8(bytes, _mm256_broadcastsi128_si256(words));
}

// 16 bytes at `at` of rows i and 4 + i.
static inline __attribute__((always_inline)) void load_rows(const uint8_t *const *row, size_t at, __m256i x[4]) {
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) {
        x[i] = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(row[i] + at)));
        x[i] = _mm256_inserti128_si256(x[i], _mm_loadu_si128((const __m128i *)(const void *)(row[4 + i] + at)), 1);
    }
}

// Four words at `at` of eight rows:  v[i] lane r = word i of row r.
static inline __attribute__((always_inline)) void words(const uint8_t *const *row, size_t at, __m256i v[4]) {
    __m256i x[4];
    load_rows(row, at, x);
    turn_fours(x, v);
}

// 32 bytes at `at` of eight rows in the order of quads with steps.
static inline __attribute__((always_inline)) void words_in_turn(const uint8_t *const *row, size_t at, __m256i v[8]) {
    __m256i x[4], y[4], low[4], high[4];
    load_rows(row, at, x);
    load_rows(row, at + 16, y);
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) {
        low[i] = _mm256_unpacklo_epi16(x[i], y[i]);
        high[i] = _mm256_unpackhi_epi16(x[i], y[i]);
    }
    turn_fours(low, v);
    turn_fours(high, v + 4);
}

#endif
