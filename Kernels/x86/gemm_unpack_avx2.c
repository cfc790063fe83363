// gemm_unpack_avx2.c: rows decoded one by one and then interleaved.
#include "../levels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "gemm_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

// 16 bytes of eight rows: word i of rows 0 ..< 8 to `to` + 64 i.
static void interleave_8(const uint8_t *const *row, uint8_t *to) {
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

static void interleave(const uint8_t *const *row, uint8_t *to) {
    interleave_8(row, to);
    interleave_8(row + 8, to + 32);
}

static inline float float_of_half(uint16_t h) { return _cvtsh_ss(h); }

#include "../body/gemm_decode.h"

void sw_unpack_avx2(int type, const sw_unpack_job *job) { unpack_any(type, job); }

#pragma clang attribute pop
#endif
