// gemm_interleave_avx2.h: bytes to quads of a panel. Included by files whose functions are compiled for AVX2.
#ifndef SWINFER_GEMM_INTERLEAVE_AVX2_H
#define SWINFER_GEMM_INTERLEAVE_AVX2_H

#include <immintrin.h>
#include <stdint.h>

// 32 bytes of a group to the order of quads with steps: 0 1 16 17, 2 3 18 19, ...
static inline __m256i load_in_turn(const void *from) {
    const __m128i words = _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
    const __m256i bytes = _mm256_permute4x64_epi64(_mm256_loadu_si256((const __m256i *)from), 0xd8);
    return _mm256_shuffle_epi8(bytes, _mm256_broadcastsi128_si256(words));
}

// 16 bytes of eight rows: word i of rows 0 ..< 8 to `to` + 64 i.
static inline void interleave_8(const uint8_t *const *row, uint8_t *to) {
    __m256i x[4];
    for (int i = 0; i < 4; i++) {
        x[i] = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)row[i]));
        x[i] = _mm256_inserti128_si256(x[i], _mm_loadu_si128((const __m128i *)(const void *)row[4 + i]), 1);
    }
    const __m256i low01 = _mm256_unpacklo_epi32(x[0], x[1]), low23 = _mm256_unpacklo_epi32(x[2], x[3]);
    const __m256i high01 = _mm256_unpackhi_epi32(x[0], x[1]), high23 = _mm256_unpackhi_epi32(x[2], x[3]);
    __m256i *out = (__m256i *)(void *)to;
    _mm256_store_si256(out, _mm256_unpacklo_epi64(low01, low23));
    _mm256_store_si256(out + 2, _mm256_unpackhi_epi64(low01, low23));
    _mm256_store_si256(out + 4, _mm256_unpacklo_epi64(high01, high23));
    _mm256_store_si256(out + 6, _mm256_unpackhi_epi64(high01, high23));
}

static inline void interleave(const uint8_t *const *row, uint8_t *to) {
    interleave_8(row, to);
    interleave_8(row + 8, to + 32);
}

#endif
