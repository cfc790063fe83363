#include "../levels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)

static uint64_t read_bytes(const uint8_t *bytes, size_t n) {
    __m512i sum[8];
    for (int j = 0; j < 8; j++) sum[j] = _mm512_setzero_si512();
    for (size_t i = 0; i < n; i += 512)
        for (int j = 0; j < 8; j++)
            sum[j] = _mm512_xor_si512(sum[j], _mm512_loadu_si512(bytes + i + 64 * j));
    for (int j = 1; j < 8; j++) sum[0] = _mm512_xor_si512(sum[0], sum[j]);
    return (uint64_t)_mm512_reduce_or_epi64(sum[0]);
}

// Sixteen chains hide the latency of vpdpbusd; the barrier keeps the compiler from folding them.
static int32_t int8_rounds(size_t rounds) {
    __m512i sum[16];
    __m512i a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(-5);
    for (int j = 0; j < 16; j++) sum[j] = _mm512_set1_epi32(j);
    for (size_t i = 0; i < rounds; i++) {
        __asm__ volatile("" : "+v"(a), "+v"(b));
        for (int j = 0; j < 16; j++) sum[j] = _mm512_dpbusd_epi32(sum[j], a, b);
    }
    for (int j = 1; j < 16; j++) sum[0] = _mm512_add_epi32(sum[0], sum[j]);
    return _mm512_reduce_add_epi32(sum[0]);
}

#pragma clang attribute pop

void sw_fill_avx512_limits(sw_kernels *k) {
    k->read_bytes = read_bytes;
    k->int8_rounds = int8_rounds;
    k->int8_round_operations = 16 * 64 * 2;
}
#endif
