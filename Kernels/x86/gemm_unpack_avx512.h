// gemm_unpack_avx512.h: steps of the AVX-512 unpackers. A register holds one 32-bit word of each
// of 16 rows; included inside a target region.
#ifndef SWINFER_GEMM_UNPACK_AVX512_H
#define SWINFER_GEMM_UNPACK_AVX512_H

#include <immintrin.h>

#include "gemm_avx512.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,popcnt"))), apply_to = function)

// A copy of the job that no store to the panel can change, as far as the compiler knows.
#define LOCAL_JOB(given) const sw_unpack_job copy = *(given), *const job = &copy

// Four words at `at` of 16 rows:  v[i] lane r = word i of row r.
INLINE void words(const uint8_t *const *row, size_t at, __m512i v[4]) {
    __m512i x[4];
    UNROLL for (int i = 0; i < 4; i++) {
        x[i] = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(row[i] + at)));
        x[i] = _mm512_inserti32x4(x[i], _mm_loadu_si128((const __m128i *)(row[4 + i] + at)), 1);
        x[i] = _mm512_inserti32x4(x[i], _mm_loadu_si128((const __m128i *)(row[8 + i] + at)), 2);
        x[i] = _mm512_inserti32x4(x[i], _mm_loadu_si128((const __m128i *)(row[12 + i] + at)), 3);
    }
    const __m512i low01 = _mm512_unpacklo_epi32(x[0], x[1]), low23 = _mm512_unpacklo_epi32(x[2], x[3]);
    const __m512i high01 = _mm512_unpackhi_epi32(x[0], x[1]), high23 = _mm512_unpackhi_epi32(x[2], x[3]);
    v[0] = _mm512_unpacklo_epi64(low01, low23);
    v[1] = _mm512_unpackhi_epi64(low01, low23);
    v[2] = _mm512_unpacklo_epi64(high01, high23);
    v[3] = _mm512_unpackhi_epi64(high01, high23);
}

// The low or high float16 of each word.
INLINE __m512 low_f16(__m512i v) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(v)); }
INLINE __m512 high_f16(__m512i v) { return low_f16(_mm512_srli_epi32(v, 16)); }

// A float16 of each row.
INLINE __m512 row_f16(const uint8_t *const *row, size_t at) {
    uint16_t h[16];
    UNROLL for (int i = 0; i < 16; i++) memcpy(&h[i], row[i] + at, 2);
    const __m256i all = _mm256_setr_epi16(
        (short)h[0], (short)h[1], (short)h[2], (short)h[3], (short)h[4], (short)h[5], (short)h[6], (short)h[7],
        (short)h[8], (short)h[9], (short)h[10], (short)h[11], (short)h[12], (short)h[13], (short)h[14],
        (short)h[15]);
    return _mm512_cvtph_ps(all);
}

// Byte i of each word, unsigned or signed.
INLINE __m512i byte_of(__m512i v, int i) {
    return _mm512_and_si512(_mm512_srli_epi32(v, 8 * i), _mm512_set1_epi32(255));
}
INLINE __m512i signed_byte_of(__m512i v, int i) {
    return _mm512_srai_epi32(_mm512_slli_epi32(v, 24 - 8 * i), 24);
}

// Bits `shift` ... of each byte.
INLINE __m512i bits(__m512i v, int shift, char mask) {
    return _mm512_and_si512(shift ? _mm512_srli_epi32(v, (unsigned)shift) : v, _mm512_set1_epi8(mask));
}

INLINE void put(const sw_unpack_job *job, size_t group, int quad, __m512i codes) {
    _mm512_store_si512(job->codes + group * job->step + (size_t)quad * SW_QUAD_BYTES, codes);
}

INLINE void put_plane(const sw_unpack_job *job, size_t group, int plane, __m512 values) {
    _mm512_store_ps(job->planes + group * job->step + (size_t)plane * job->plane_bytes, values);
}

// A table of 16 values for byte shuffles, made unsigned.
INLINE __m512i value_table(const int8_t *values, int bias) {
    const __m128i all = _mm_add_epi8(_mm_loadu_si128((const __m128i *)(const void *)values), _mm_set1_epi8((char)bias));
    return _mm512_broadcast_i32x4(all);
}

// A group of 32 whose codes lie as Q4_0's: first 16 in the low nibbles of 16 bytes.
INLINE void put_nibbles(const sw_unpack_job *job, size_t group, const __m512i q[4]) {
    UNROLL for (int i = 0; i < 4; i++) {
        put(job, group, i, bits(q[i], 0, 15));
        put(job, group, 4 + i, bits(q[i], 4, 15));
    }
}

INLINE void put_table(const sw_unpack_job *job, size_t group, const __m512i q[4], __m512i table) {
    UNROLL for (int i = 0; i < 4; i++) {
        put(job, group, i, _mm512_shuffle_epi8(table, bits(q[i], 0, 15)));
        put(job, group, 4 + i, _mm512_shuffle_epi8(table, bits(q[i], 4, 15)));
    }
}

#pragma clang attribute pop
#endif
