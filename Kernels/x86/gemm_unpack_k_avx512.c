// gemm_unpack_k_avx512.c: unpackers of the types with 256 elements a block (layouts:
// reference/dequantize_k.c). Everything is done for 16 rows at once, a row per 32-bit lane.
#include "../levels.h"

#if defined(__x86_64__)
#include <string.h>

#include "../reference/tables.h"
#include "gemm_unpack_avx512.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,popcnt"))), apply_to = function)

// Scales and minimums of Q4_K and Q5_K from the words d|dm and s[12].
INLINE void k_scales(const sw_unpack_job *job, size_t group, const __m512i header[4]) {
    const __m512 d = low_f16(header[0]), dm = high_f16(header[0]);
    const __m512i scale[2] = {bits(header[1], 0, 63),
                              _mm512_or_si512(bits(header[3], 0, 15), bits(header[1], 2, 48))};
    const __m512i minimum[2] = {bits(header[2], 0, 63),
                                _mm512_or_si512(bits(header[3], 4, 15), bits(header[2], 2, 48))};
    UNROLL for (int g = 0; g < 8; g++) {
        const __m512 s = _mm512_cvtepi32_ps(byte_of(scale[g / 4], g % 4));
        const __m512 m = _mm512_cvtepi32_ps(byte_of(minimum[g / 4], g % 4));
        put_plane(job, group + (size_t)g, 0, _mm512_mul_ps(d, s));
        put_plane(job, group + (size_t)g, 1, _mm512_mul_ps(dm, m));
    }
}

// 32 bytes at `at` of each row: v[i] holds bytes 4 i ..< 4 i + 4.
INLINE void run_of_32(const sw_unpack_job *job, size_t at, __m512i v[8]) {
    words(job->row, at, v);
    words(job->row, at + 16, v + 4);
}

INLINE __m512i or_bits(__m512i codes, __m512i v, int shift, char mask, unsigned up) {
    return _mm512_or_si512(codes, _mm512_slli_epi32(bits(v, shift, mask), up));
}

static void q4_k(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    for (size_t group = 0, at = 0; group < job->k / 32; group += 8, at += 144) {
        sw_fetch(job->ahead);
        __m512i header[4];
        words(job->row, at, header);
        k_scales(job, group, header);
        for (size_t r = 0; r < 4; r++) {
            __m512i q[8];
            run_of_32(job, at + 16 + 32 * r, q);
            UNROLL for (int i = 0; i < 8; i++) {
                put(job, group + 2 * r, i, bits(q[i], 0, 15));
                put(job, group + 2 * r + 1, i, bits(q[i], 4, 15));
            }
        }
    }
}

static void q5_k(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    for (size_t group = 0, at = 0; group < job->k / 32; group += 8, at += 176) {
        sw_fetch(job->ahead);
        __m512i header[4], h[8];
        words(job->row, at, header);
        k_scales(job, group, header);
        run_of_32(job, at + 16, h);
        UNROLL for (int r = 0; r < 4; r++) {
            __m512i q[8];
            run_of_32(job, at + 48 + 32 * (size_t)r, q);
            UNROLL for (int i = 0; i < 8; i++) {
                put(job, group + 2 * (size_t)r, i, or_bits(bits(q[i], 0, 15), h[i], 2 * r, 1, 4));
                put(job, group + 2 * (size_t)r + 1, i, or_bits(bits(q[i], 4, 15), h[i], 2 * r + 1, 1, 4));
            }
        }
    }
}

static void q6_k(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    for (size_t group = 0, at = 0; group < job->k / 32; group += 8, at += 210) {
        sw_fetch(job->ahead);
        __m512i scale[4], end[4];
        words(job->row, at + 192, scale);
        words(job->row, at + 194, end);
        const __m512 d = high_f16(end[3]);
        UNROLL for (int j = 0; j < 16; j++) {
            const __m512 s = _mm512_cvtepi32_ps(signed_byte_of(scale[j / 4], j % 4));
            put_plane(job, group + (size_t)j / 2, j % 2, _mm512_mul_ps(d, s));
        }
        for (size_t r = 0; r < 2; r++) {
            UNROLL for (int half = 0; half < 2; half++) {
                __m512i low[4], next[4], h[4];
                words(job->row, at + 64 * r + 16 * (size_t)half, low);
                words(job->row, at + 64 * r + 32 + 16 * (size_t)half, next);
                words(job->row, at + 128 + 32 * r + 16 * (size_t)half, h);
                UNROLL for (int i = 0; i < 4; i++) {
                    const int quad = 4 * half + i;
                    put(job, group + 4 * r, quad, or_bits(bits(low[i], 0, 15), h[i], 0, 3, 4));
                    put(job, group + 4 * r + 1, quad, or_bits(bits(next[i], 0, 15), h[i], 2, 3, 4));
                    put(job, group + 4 * r + 2, quad, or_bits(bits(low[i], 4, 15), h[i], 4, 3, 4));
                    put(job, group + 4 * r + 3, quad, or_bits(bits(next[i], 4, 15), h[i], 6, 3, 4));
                }
            }
        }
    }
}

// MARK: Codes times small scales
//
// A quad holds four rows in each 128 bits, and a two-bit code has four values: so the products
// of a run of 16 are a byte shuffle whose table is, for every row, scale * (0, 1, 2, 3), and
// whose index is the code and the row's place.

INLINE __m512i shuffle_index(__m512i codes) {
    return _mm512_or_si512(codes, _mm512_set4_epi32(0x0c0c0c0c, 0x08080808, 0x04040404, 0));
}

static void q2_k(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    const __m512i multiples = _mm512_set1_epi32(0x03020100);
    for (size_t group = 0, at = 0; group < job->k / 32; group += 8, at += 84) {
        sw_fetch(job->ahead);
        __m512i scale[4], end[4];
        words(job->row, at, scale);
        words(job->row, at + 68, end);
        const __m512 d = low_f16(end[3]), dm = high_f16(end[3]);
        UNROLL for (int r = 0; r < 2; r++) {
            UNROLL for (int half = 0; half < 2; half++) {
                __m512i q[4];
                words(job->row, at + 16 + 32 * (size_t)r + 16 * (size_t)half, q);
                UNROLL for (int k = 0; k < 4; k++) {
                    const int j = 8 * r + 2 * k + half;  // of 16
                    const __m512i byte = byte_of(scale[j / 4], j % 4);
                    const __m512i s = _mm512_and_si512(byte, _mm512_set1_epi32(15));
                    const __m512i table = _mm512_mullo_epi32(s, multiples);
                    UNROLL for (int i = 0; i < 4; i++) {
                        const __m512i index = shuffle_index(bits(q[i], 2 * k, 3));
                        put(job, group + (size_t)j / 2, 4 * half + i, _mm512_shuffle_epi8(table, index));
                    }
                    if (half == 0) put_plane(job, group + (size_t)j / 2, 0, d);
                    const __m512 minimum = _mm512_cvtepi32_ps(_mm512_srli_epi32(byte, 4));
                    put_plane(job, group + (size_t)j / 2, 1 + half, _mm512_mul_ps(dm, minimum));
                }
            }
        }
    }
}

// Bytes 127 + scale * (q - 4) for q in 0..3 and, above, 4..7; modulo 256, as the sums are.
static void q3_k(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    const __m512i odd = _mm512_set1_epi32((int)0xff00ff00), upper = _mm512_set1_epi32((int)0xffff0000);
    for (size_t group = 0, at = 0; group < job->k / 32; group += 8, at += 110) {
        sw_fetch(job->ahead);
        // The words lie across the fields: two bytes of codes, s[12], d.
        __m512i end[4], h[8];
        words(job->row, at + 94, end);
        const __m512 d = high_f16(end[3]);
        __m512i s[3], scale[4];
        UNROLL for (int i = 0; i < 3; i++) {
            s[i] = _mm512_or_si512(_mm512_srli_epi32(end[i], 16), _mm512_slli_epi32(end[i + 1], 16));
        }
        UNROLL for (int i = 0; i < 4; i++) {
            const __m512i six = or_bits(bits(s[i % 2], i / 2 * 4, 15), s[2], 2 * i, 3, 4);
            scale[i] = _mm512_sub_epi8(six, _mm512_set1_epi8(32));
        }
        run_of_32(job, at, h);
        UNROLL for (int r = 0; r < 2; r++) {
            UNROLL for (int half = 0; half < 2; half++) {
                __m512i q[4];
                words(job->row, at + 32 + 32 * (size_t)r + 16 * (size_t)half, q);
                UNROLL for (int k = 0; k < 4; k++) {
                    const int j = 8 * r + 2 * k + half, b = j % 4;
                    const __m512i one = _mm512_shuffle_epi8(
                        scale[j / 4], _mm512_set4_epi32(0x0c0c0c0c + 0x01010101 * b, 0x08080808 + 0x01010101 * b,
                                                        0x04040404 + 0x01010101 * b, 0x01010101 * b));
                    const __m512i two = _mm512_add_epi8(one, one), four = _mm512_add_epi8(two, two);
                    const __m512i multiples =
                        _mm512_add_epi8(_mm512_and_si512(one, odd), _mm512_and_si512(two, upper));
                    const __m512i above = _mm512_add_epi8(multiples, _mm512_set1_epi8(127));
                    const __m512i below = _mm512_sub_epi8(above, four);
                    UNROLL for (int i = 0; i < 4; i++) {
                        const __m512i index = shuffle_index(bits(q[i], 2 * k, 3));
                        const __mmask64 high =
                            _mm512_test_epi8_mask(h[4 * half + i], _mm512_set1_epi8((char)(1 << (4 * r + k))));
                        const __m512i low = _mm512_shuffle_epi8(below, index);
                        put(job, group + (size_t)j / 2, 4 * half + i,
                            _mm512_mask_shuffle_epi8(low, high, above, index));
                    }
                    if (half == 0) put_plane(job, group + (size_t)j / 2, 0, d);
                }
            }
        }
    }
}

// MARK: Tables and ternary digits

static void iq4_xs(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    const __m512i table = value_table((const int8_t[16]){SW_IQ4_VALUES}, 128);
    for (size_t group = 0, at = 0; group < job->k / 32; group += 8, at += 136) {
        sw_fetch(job->ahead);
        __m512i header[4];
        words(job->row, at, header);
        const __m512 d = low_f16(header[0]);
        UNROLL for (int g = 0; g < 8; g++) {
            const __m512i low = _mm512_and_si512(_mm512_srli_epi32(header[1], 4 * g), _mm512_set1_epi32(15));
            const __m512i high = _mm512_and_si512(_mm512_srli_epi32(header[0], 16 + 2 * g), _mm512_set1_epi32(3));
            const __m512i six = _mm512_or_si512(low, _mm512_slli_epi32(high, 4));
            const __m512 s = _mm512_cvtepi32_ps(_mm512_sub_epi32(six, _mm512_set1_epi32(32)));
            put_plane(job, group + (size_t)g, 0, _mm512_mul_ps(d, s));
        }
        for (size_t g = 0; g < 8; g++) {
            __m512i q[4];
            words(job->row, at + 8 + 16 * g, q);
            put_table(job, group + g, q, table);
        }
    }
}

static void tq2_0(const sw_unpack_job *given) {
    LOCAL_JOB(given);
    for (size_t group = 0, at = 0; group < job->k / 32; group += 8, at += 66) {
        sw_fetch(job->ahead);
        const __m512 d = row_f16(job->row, at + 64);
        for (size_t r = 0; r < 2; r++) {
            __m512i q[8];
            run_of_32(job, at + 32 * r, q);
            UNROLL for (int k = 0; k < 4; k++) {
                UNROLL for (int i = 0; i < 8; i++) put(job, group + 4 * r + (size_t)k, i, bits(q[i], 2 * k, 3));
                put_plane(job, group + 4 * r + (size_t)k, 0, d);
            }
        }
    }
}

sw_unpacker *sw_unpacker_k_avx512(int type) {
    switch (type) {
    case SW_Q2_K: return q2_k;
    case SW_Q3_K: return q3_k;
    case SW_Q4_K: return q4_k;
    case SW_Q5_K: return q5_k;
    case SW_Q6_K: return q6_k;
    case SW_IQ4_XS: return iq4_xs;
    case SW_TQ2_0: return tq2_0;
    default: return NULL;
    }
}

#pragma clang attribute pop
#endif
