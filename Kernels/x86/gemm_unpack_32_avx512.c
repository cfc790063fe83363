// gemm_unpack_32_avx512.c: unpackers of the types with a scale in every block of 32 (or 64, or
// 128; layouts: reference/dequantize_32.c). Everything is done for 16 rows at once, a row per
// 32-bit lane.
#include "../levels.h"

#if defined(__x86_64__)
#include <string.h>

#include "../reference/tables.h"
#include "gemm_unpack_avx512.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,popcnt"))), apply_to = function)

INLINE __m512 negative(__m512 v) { return _mm512_xor_ps(v, _mm512_set1_ps(-0.0f)); }

// Nibble i of each row's h becomes `value` in those of four bytes whose bit is set.
INLINE __m512i nibble_bits(__m512i h, int i, int value) {
    const __m512i table = _mm512_mullo_epi32(
        _mm512_setr_epi32(0, 0x1, 0x100, 0x101, 0x10000, 0x10001, 0x10100, 0x10101, 0x1000000, 0x1000001, 0x1000100,
                          0x1000101, 0x1010000, 0x1010001, 0x1010100, 0x1010101),
        _mm512_set1_epi32(value));
    return _mm512_permutexvar_epi32(_mm512_srli_epi32(h, 4 * i), table);
}

INLINE void put_five_bits(const sw_unpack_job *job, size_t group, const __m512i q[4], __m512i h) {
    UNROLL for (int i = 0; i < 4; i++) {
        put(job, group, i, _mm512_or_si512(bits(q[i], 0, 15), nibble_bits(h, i, 16)));
        put(job, group, 4 + i, _mm512_or_si512(bits(q[i], 4, 15), nibble_bits(h, 4 + i, 16)));
    }
}

static void q4_0(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    for (size_t group = 0, at = 0; group < job->k / 32; group++, at += 18) {
        sw_fetch(job->ahead);
        __m512i q[4];
        words(job->row, at + 2, q);
        put_nibbles(job, group, q);
        put_plane(job, group, 0, row_f16(job->row, at));
    }
}

static void q4_1(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    for (size_t group = 0, at = 0; group < job->k / 32; group++, at += 20) {
        sw_fetch(job->ahead);
        __m512i header[4], q[4];
        words(job->row, at, header);
        words(job->row, at + 4, q);
        put_nibbles(job, group, q);
        put_plane(job, group, 0, low_f16(header[0]));
        put_plane(job, group, 1, negative(high_f16(header[0])));
    }
}

static void q5_0(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    for (size_t group = 0, at = 0; group < job->k / 32; group++, at += 22) {
        sw_fetch(job->ahead);
        __m512i header[4], q[4];
        words(job->row, at, header);
        words(job->row, at + 6, q);
        put_five_bits(job, group, q,
                      _mm512_or_si512(_mm512_srli_epi32(header[0], 16), _mm512_slli_epi32(header[1], 16)));
        put_plane(job, group, 0, low_f16(header[0]));
    }
}

static void q5_1(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    for (size_t group = 0, at = 0; group < job->k / 32; group++, at += 24) {
        sw_fetch(job->ahead);
        __m512i header[4], q[4];
        words(job->row, at, header);
        words(job->row, at + 8, q);
        put_five_bits(job, group, q, header[1]);
        put_plane(job, group, 0, low_f16(header[0]));
        put_plane(job, group, 1, negative(high_f16(header[0])));
    }
}

static void q8_0(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    for (size_t group = 0, at = 0; group < job->k / 32; group++, at += 34) {
        sw_fetch(job->ahead);
        UNROLL for (int half = 0; half < 2; half++) {
            __m512i q[4];
            words(job->row, at + 2 + 16 * (size_t)half, q);
            UNROLL for (int i = 0; i < 4; i++) {
                put(job, group, 4 * half + i, _mm512_xor_si512(q[i], _mm512_set1_epi8((char)128)));
            }
        }
        put_plane(job, group, 0, row_f16(job->row, at));
    }
}

static void q1_0(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    for (size_t group = 0, at = 0; group < job->k / 32; group += 4, at += 18) {
        sw_fetch(job->ahead);
        __m512i h[4];
        words(job->row, at + 2, h);
        const __m512 d = row_f16(job->row, at);
        UNROLL for (int g = 0; g < 4; g++) {
            UNROLL for (int i = 0; i < 8; i++) put(job, group + (size_t)g, i, nibble_bits(h[g], i, 2));
            put_plane(job, group + (size_t)g, 0, d);
        }
    }
}

static void iq4_nl(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    const __m512i table = value_table((const int8_t[16]){SW_IQ4_VALUES}, 128);
    for (size_t group = 0, at = 0; group < job->k / 32; group++, at += 18) {
        sw_fetch(job->ahead);
        __m512i q[4];
        words(job->row, at + 2, q);
        put_table(job, group, q, table);
        put_plane(job, group, 0, row_f16(job->row, at));
    }
}

static void mxfp4(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    const __m512i table = value_table((const int8_t[16]){SW_E2M1_VALUES}, 12);
    for (size_t group = 0, at = 0; group < job->k / 32; group++, at += 17) {
        sw_fetch(job->ahead);
        __m512i header[4], q[4];
        words(job->row, at, header);
        words(job->row, at + 1, q);
        put_table(job, group, q, table);
        // 2^(e - 128), for the table holds twice the values; the two lowest are subnormal.
        const __m512i e = byte_of(header[0], 0);
        const __m512i normal = _mm512_slli_epi32(_mm512_sub_epi32(e, _mm512_set1_epi32(1)), 23);
        const __m512i tiny = _mm512_sllv_epi32(_mm512_set1_epi32(0x00200000), e);
        const __mmask16 low = _mm512_cmplt_epi32_mask(e, _mm512_set1_epi32(2));
        put_plane(job, group, 0, _mm512_castsi512_ps(_mm512_mask_mov_epi32(normal, low, tiny)));
    }
}

// Half the value of an unsigned E4M3 float.
INLINE __m512 half_ue4m3(__m512i x) {
    const __m512i mantissa = _mm512_and_si512(x, _mm512_set1_epi32(7));
    const __m512i exponent = _mm512_and_si512(_mm512_srli_epi32(x, 3), _mm512_set1_epi32(15));
    const __m512i normal = _mm512_or_si512(_mm512_slli_epi32(_mm512_add_epi32(exponent, _mm512_set1_epi32(119)), 23),
                                           _mm512_slli_epi32(mantissa, 20));
    const __m512 tiny = _mm512_mul_ps(_mm512_cvtepi32_ps(mantissa), _mm512_set1_ps(0x1p-10f));
    const __mmask16 subnormal = _mm512_testn_epi32_mask(exponent, exponent);
    const __mmask16 number = _mm512_cmpneq_epi32_mask(x, _mm512_set1_epi32(0x7f));
    return _mm512_maskz_mov_ps(number, _mm512_mask_mov_ps(_mm512_castsi512_ps(normal), subnormal, tiny));
}

static void nvfp4(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    const __m512i table = value_table((const int8_t[16]){SW_E2M1_VALUES}, 12);
    for (size_t group = 0, at = 0; group < job->k / 32; group += 2, at += 36) {
        sw_fetch(job->ahead);
        __m512i header[4], q[8];
        words(job->row, at, header);
        words(job->row, at + 4, q);
        words(job->row, at + 20, q + 4);
        UNROLL for (int s = 0; s < 4; s++) {
            UNROLL for (int i = 0; i < 2; i++) {
                const __m512i two = q[2 * s + i];
                put(job, group + (size_t)s / 2, 4 * (s % 2) + i, _mm512_shuffle_epi8(table, bits(two, 0, 15)));
                put(job, group + (size_t)s / 2, 4 * (s % 2) + 2 + i, _mm512_shuffle_epi8(table, bits(two, 4, 15)));
            }
            put_plane(job, group + (size_t)s / 2, s % 2, half_ue4m3(byte_of(header[0], s)));
        }
    }
}

SW_UNPACKERS_32(sw_unpacker_32_avx512)

#pragma clang attribute pop
#endif
