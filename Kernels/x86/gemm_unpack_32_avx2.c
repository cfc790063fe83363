// gemm_unpack_32_avx2.c: unpackers of the types with a scale in every block of 32 (or 64, or 128; layouts:
// reference/dequantize_32.c).
#include "../levels.h"

#if defined(__x86_64__)
#include "../reference/tables.h"
#include "gemm_unpack_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

INLINE __m256 negative(__m256 v) { return _mm256_xor_ps(v, _mm256_set1_ps(-0.0f)); }

// Nibble i of each row's h becomes `value` (at most 16) in those of four bytes whose bit is set.
INLINE __m256i nibble_bits(__m256i h, const int i, char value) {
    const __m256i upper = i % 2 ? h : _mm256_slli_epi32(h, 4);
    const __m256i index = _mm256_add_epi8(
        _mm256_setr_epi32(0, 0x04040404, 0x08080808, 0x0c0c0c0c, 0, 0x04040404, 0x08080808, 0x0c0c0c0c),
        _mm256_set1_epi8((char)(i / 2)));
    const __m256i set = _mm256_and_si256(_mm256_shuffle_epi8(upper, index), _mm256_set1_epi32((int)0x80402010));
    return _mm256_min_epu8(set, _mm256_set1_epi8(value));
}

INLINE void put_five_bits(const eight_rows *rows, size_t group, const __m256i q[4], __m256i h) {
    UNROLL for (int i = 0; i < 4; i++) {
        put(rows, group, i, _mm256_or_si256(bits(q[i], 0, 15), nibble_bits(h, i, 16)));
        put(rows, group, 4 + i, _mm256_or_si256(bits(q[i], 4, 15), nibble_bits(h, 4 + i, 16)));
    }
}

// The words d|m: scale and minimum.
INLINE void put_both(const eight_rows *rows, size_t group, size_t at) {
    __m256 d[2];
    both_f16(row_words(rows, at), d);
    put_plane(rows, group, 0, d[0]);
    put_plane(rows, group, 1, negative(d[1]));
}

INLINE void block_q4_0(const eight_rows *rows, size_t group, size_t at) {
    __m256i q[4];
    words(rows->row, at + 2, q);
    put_nibbles(rows, group, q);
    put_plane(rows, group, 0, row_f16(rows, at));
}

INLINE void block_q4_1(const eight_rows *rows, size_t group, size_t at) {
    __m256i q[4];
    words(rows->row, at + 4, q);
    put_nibbles(rows, group, q);
    put_both(rows, group, at);
}

INLINE void block_q5_0(const eight_rows *rows, size_t group, size_t at) {
    __m256i q[4];
    words(rows->row, at + 6, q);
    put_five_bits(rows, group, q, row_words(rows, at + 2));
    put_plane(rows, group, 0, row_f16(rows, at));
}

INLINE void block_q5_1(const eight_rows *rows, size_t group, size_t at) {
    __m256i q[4];
    words(rows->row, at + 8, q);
    put_five_bits(rows, group, q, row_words(rows, at + 4));
    put_both(rows, group, at);
}

INLINE void block_q8_0(const eight_rows *rows, size_t group, size_t at) {
    UNROLL for (int half = 0; half < 2; half++) {
        __m256i q[4];
        words(rows->row, at + 2 + 16 * (size_t)half, q);
        UNROLL for (int i = 0; i < 4; i++) {
            put(rows, group, 4 * half + i, _mm256_xor_si256(q[i], _mm256_set1_epi8((char)128)));
        }
    }
    put_plane(rows, group, 0, row_f16(rows, at));
}

INLINE void block_q1_0(const eight_rows *rows, size_t group, size_t at) {
    __m256i h[4];
    words(rows->row, at + 2, h);
    const __m256 d = row_f16(rows, at);
    UNROLL for (int g = 0; g < 4; g++) {
        UNROLL for (int i = 0; i < 8; i++) put(rows, group + (size_t)g, i, nibble_bits(h[g], i, 2));
        put_plane(rows, group + (size_t)g, 0, d);
    }
}

INLINE void block_iq4_nl(const eight_rows *rows, size_t group, size_t at) {
    const int8_t values[16] = {SW_IQ4_VALUES};
    __m256i q[4];
    words(rows->row, at + 2, q);
    put_table(rows, group, q, value_table(values, 128));
    put_plane(rows, group, 0, row_f16(rows, at));
}

// 2^(e - 128), of which the least two are subnormal.
INLINE __m256 half_e8m0(__m256i e) {
    const __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(e, _mm256_set1_epi32(1)), 23);
    const __m256i subnormal = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), e);
    const __m256i small = _mm256_cmpgt_epi32(_mm256_set1_epi32(2), e);
    return _mm256_castsi256_ps(_mm256_blendv_epi8(normal, subnormal, small));
}

INLINE void block_mxfp4(const eight_rows *rows, size_t group, size_t at) {
    const int8_t values[16] = {SW_E2M1_VALUES};
    __m256i q[4];
    words(rows->row, at + 1, q);
    put_table(rows, group, q, value_table(values, 12));
    put_plane(rows, group, 0, half_e8m0(_mm256_and_si256(row_words(rows, at), _mm256_set1_epi32(255))));
}

// Half the value of an unsigned E4M3 float.
INLINE __m256 half_ue4m3(__m256i x) {
    const __m256i mantissa = _mm256_and_si256(x, _mm256_set1_epi32(7)), zero = _mm256_setzero_si256();
    const __m256i exponent = _mm256_and_si256(_mm256_srli_epi32(x, 3), _mm256_set1_epi32(15));
    const __m256i normal = _mm256_or_si256(_mm256_slli_epi32(_mm256_add_epi32(exponent, _mm256_set1_epi32(119)), 23),
                                           _mm256_slli_epi32(mantissa, 20));
    const __m256 subnormal = _mm256_mul_ps(_mm256_cvtepi32_ps(mantissa), _mm256_set1_ps(0x1p-10f));
    const __m256i small = _mm256_cmpeq_epi32(exponent, zero), none = _mm256_cmpeq_epi32(x, _mm256_set1_epi32(0x7f));
    const __m256i number = _mm256_blendv_epi8(normal, _mm256_castps_si256(subnormal), small);
    return _mm256_castsi256_ps(_mm256_andnot_si256(none, number));
}

INLINE void block_nvfp4(const eight_rows *rows, size_t group, size_t at) {
    const int8_t values[16] = {SW_E2M1_VALUES};
    const __m256i table = value_table(values, 12), header = row_words(rows, at);
    UNROLL for (int g = 0; g < 2; g++) {
        __m256i q[4];
        words(rows->row, at + 4 + 16 * (size_t)g, q);
        UNROLL for (int s = 0; s < 2; s++) {
            UNROLL for (int i = 0; i < 2; i++) {
                const __m256i two = q[2 * s + i];
                put(rows, group + (size_t)g, 4 * s + i, _mm256_shuffle_epi8(table, bits(two, 0, 15)));
                put(rows, group + (size_t)g, 4 * s + 2 + i, _mm256_shuffle_epi8(table, bits(two, 4, 15)));
            }
            const __m256i scale = _mm256_srli_epi32(header, 8 * (2 * g + s));
            put_plane(rows, group + (size_t)g, s, half_ue4m3(_mm256_and_si256(scale, _mm256_set1_epi32(255))));
        }
    }
}

#define UNPACKER(type, groups, bytes) \
    static void type(const sw_unpack_job *job) { unpack_blocks(job, block_##type, groups, bytes); }
UNPACKER(q4_0, 1, 18)
UNPACKER(q4_1, 1, 20)
UNPACKER(q5_0, 1, 22)
UNPACKER(q5_1, 1, 24)
UNPACKER(q8_0, 1, 34)
UNPACKER(q1_0, 4, 18)
UNPACKER(iq4_nl, 1, 18)
UNPACKER(mxfp4, 1, 17)
UNPACKER(nvfp4, 2, 36)

SW_UNPACKERS_32(sw_unpacker_32_avx2)

#pragma clang attribute pop
#endif
