#include "../levels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

static uint64_t read_bytes(const uint8_t *bytes, size_t n) {
    __m256i sum[8];
    for (int j = 0; j < 8; j++) sum[j] = _mm256_setzero_si256();
    for (size_t i = 0; i < n; i += 256)
        for (int j = 0; j < 8; j++)
            sum[j] = _mm256_xor_si256(sum[j], _mm256_loadu_si256((const __m256i *)(bytes + i + 32 * j)));
    for (int j = 1; j < 8; j++) sum[0] = _mm256_xor_si256(sum[0], sum[j]);
    return (uint64_t)_mm256_extract_epi64(sum[0], 0) ^ (uint64_t)_mm256_extract_epi64(sum[0], 1) ^
           (uint64_t)_mm256_extract_epi64(sum[0], 2) ^ (uint64_t)_mm256_extract_epi64(sum[0], 3);
}

// Without a dot-product instruction a product of 32 bytes takes three: pairs, fours, sum.
static int32_t int8_rounds(size_t rounds) {
    __m256i sum[8];
    __m256i a = _mm256_set1_epi8(3), b = _mm256_set1_epi8(-5), one = _mm256_set1_epi16(1);
    for (int j = 0; j < 8; j++) sum[j] = _mm256_set1_epi32(j);
    for (size_t i = 0; i < rounds; i++) {
        for (int j = 0; j < 8; j++) {
            __asm__ volatile("" : "+x"(a));
            sum[j] = _mm256_add_epi32(sum[j], _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), one));
        }
    }
    for (int j = 1; j < 8; j++) sum[0] = _mm256_add_epi32(sum[0], sum[j]);
    return _mm256_extract_epi32(sum[0], 0) ^ _mm256_extract_epi32(sum[0], 7);
}

#pragma clang attribute pop

void sw_fill_avx2_limits(sw_kernels *k) {
    k->read_bytes = read_bytes;
    k->int8_rounds = int8_rounds;
    k->int8_round_operations = 8 * 32 * 2;
}
#endif
