// gemm_unpack_k_avx2.c: unpackers of the types with 256 elements a block and one scale per 32
// (layouts: reference/dequantize_k.c).
#include "../levels.h"

#if defined(__x86_64__)
#include "../reference/tables.h"
#include "gemm_unpack_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

// Scales and minimums of Q4_K and Q5_K from the words d|dm and s[12].
INLINE void k_scales(const eight_rows *rows, size_t group, const __m256i header[4]) {
    __m256 d[2];
    both_f16(header[0], d);
    const __m256i scale[2] = {bits(header[1], 0, 63),
                              _mm256_or_si256(bits(header[3], 0, 15), bits(header[1], 2, 48))};
    const __m256i minimum[2] = {bits(header[2], 0, 63),
                                _mm256_or_si256(bits(header[3], 4, 15), bits(header[2], 2, 48))};
    UNROLL for (int g = 0; g < 8; g++) {
        put_plane(rows, group + (size_t)g, 0, _mm256_mul_ps(d[0], float_of_byte(scale[g / 4], g % 4)));
        put_plane(rows, group + (size_t)g, 1, _mm256_mul_ps(d[1], float_of_byte(minimum[g / 4], g % 4)));
    }
}

INLINE void block_q4_k(const eight_rows *rows, size_t group, size_t at) {
    __m256i q[4];
    words(rows->row, at, q);
    k_scales(rows, group, q);
    UNROLL for (int half = 0; half < 2; half++) {
        for (size_t r = 0; r < 4; r++) {
            words(rows->row, at + 16 + 16 * (size_t)half + 32 * r, q);
            UNROLL for (int i = 0; i < 4; i++) {
                put(rows, group + 2 * r, 4 * half + i, bits(q[i], 0, 15));
                put(rows, group + 2 * r + 1, 4 * half + i, bits(q[i], 4, 15));
            }
        }
    }
}

// 16 * bit k of each nibble.
INLINE __m256i fifth_bit(__m256i nibbles, const int k) {
    char table[16];
    UNROLL for (int i = 0; i < 16; i++) table[i] = (char)((i >> k & 1) << 4);
    return _mm256_shuffle_epi8(alike(_mm_loadu_si128((const __m128i *)(const void *)table)), nibbles);
}

INLINE void block_q5_k(const eight_rows *rows, size_t group, size_t at) {
    __m256i q[4];
    words(rows->row, at, q);
    k_scales(rows, group, q);
    UNROLL for (int half = 0; half < 2; half++) {
        __m256i h[4];
        words(rows->row, at + 16 + 16 * (size_t)half, h);
        UNROLL for (int r = 0; r < 4; r++) {
            words(rows->row, at + 48 + 16 * (size_t)half + 32 * (size_t)r, q);
            UNROLL for (int i = 0; i < 4; i++) {
                const __m256i fifths = bits(h[i], r / 2 * 4, 15);
                const __m256i low = fifth_bit(fifths, r % 2 * 2), high = fifth_bit(fifths, r % 2 * 2 + 1);
                put(rows, group + 2 * (size_t)r, 4 * half + i, _mm256_or_si256(bits(q[i], 0, 15), low));
                put(rows, group + 2 * (size_t)r + 1, 4 * half + i, _mm256_or_si256(bits(q[i], 4, 15), high));
            }
        }
    }
}

INLINE void block_iq4_xs(const eight_rows *rows, size_t group, size_t at) {
    const int8_t values[16] = {SW_IQ4_VALUES};
    const __m256i table = value_table(values, 128);
    __m256i q[4];
    words(rows->row, at, q);
    __m256 d[2];
    both_f16(q[0], d);
    UNROLL for (int g = 0; g < 8; g++) {
        const __m256i low = _mm256_and_si256(_mm256_srli_epi32(q[1], 4 * g), _mm256_set1_epi32(15));
        const __m256i high = _mm256_and_si256(_mm256_srli_epi32(q[0], 12 + 2 * g), _mm256_set1_epi32(48));
        const __m256i six = _mm256_or_si256(low, high);
        const __m256 scale = _mm256_cvtepi32_ps(_mm256_sub_epi32(six, _mm256_set1_epi32(32)));
        put_plane(rows, group + (size_t)g, 0, _mm256_mul_ps(d[0], scale));
    }
    for (size_t g = 0; g < 8; g++) {
        words(rows->row, at + 8 + 16 * g, q);
        put_table(rows, group + g, q, table);
    }
}

INLINE void block_tq2_0(const eight_rows *rows, size_t group, size_t at) {
    const __m256 d = row_f16(rows, at + 64);
    UNROLL for (int g = 0; g < 8; g++) put_plane(rows, group + (size_t)g, 0, d);
    UNROLL for (int half = 0; half < 2; half++) {
        for (size_t r = 0; r < 2; r++) {
            __m256i q[4];
            words(rows->row, at + 16 * (size_t)half + 32 * r, q);
            UNROLL for (int k = 0; k < 4; k++) {
                UNROLL for (int i = 0; i < 4; i++) {
                    put(rows, group + 4 * r + (size_t)k, 4 * half + i, bits(q[i], 2 * k, 3));
                }
            }
        }
    }
}

// Quads of base-3 fractions x / 256: the first digit is 3 x >> 8, which compares tell, and 3 x modulo 256 brings
// the next one there. The x are 128 too small, since compares are of signed bytes: so is then 3 x.
INLINE void put_digits(const eight_rows *rows, size_t group, int quad, __m256i x[4], const int count) {
    UNROLL for (int i = 0; i < count; i++) {
        const __m256i above = _mm256_cmpgt_epi8(x[i], _mm256_set1_epi8(85 - 128));
        const __m256i both = _mm256_add_epi8(above, _mm256_cmpgt_epi8(x[i], _mm256_set1_epi8(170 - 128)));
        put(rows, group, quad + i, _mm256_abs_epi8(both));
        x[i] = _mm256_add_epi8(x[i], _mm256_add_epi8(x[i], x[i]));
    }
}

INLINE __m256i less_128(__m256i x) { return _mm256_xor_si256(x, _mm256_set1_epi8(-128)); }

INLINE void fractions(const eight_rows *rows, size_t at, __m256i x[4]) {
    words(rows->row, at, x);
    UNROLL for (int i = 0; i < 4; i++) x[i] = less_128(x[i]);
}

INLINE void block_tq1_0(const eight_rows *rows, size_t group, size_t at) {
    __m256i x[4];
    UNROLL for (int half = 0; half < 2; half++) {
        fractions(rows, at + 16 * (size_t)half, x);
        UNROLL for (int k = 0; k < 5; k++) put_digits(rows, group + (size_t)k, 4 * half, x, 4);
    }
    fractions(rows, at + 32, x);
    UNROLL for (int k = 0; k < 5; k++) put_digits(rows, group + 5 + (size_t)(k / 2), 4 * (k % 2), x, 4);
    // ... | h h | h h d d
    words(rows->row, at + 38, x);
    __m256 d[2];
    both_f16(x[3], d);
    __m256i h = less_128(_mm256_blend_epi16(_mm256_srli_epi32(x[2], 16), _mm256_slli_epi32(x[3], 16), 0xaa));
    UNROLL for (int k = 0; k < 4; k++) put_digits(rows, group + 7, 4 + k, &h, 1);
    UNROLL for (int g = 0; g < 8; g++) put_plane(rows, group + (size_t)g, 0, d[1]);
}

#define UNPACKER(type, bytes) \
    static void type(const sw_unpack_job *job) { unpack_blocks(job, block_##type, 8, bytes); }
UNPACKER(q4_k, 144)
UNPACKER(q5_k, 176)
UNPACKER(iq4_xs, 136)
UNPACKER(tq2_0, 66)
UNPACKER(tq1_0, 54)

sw_unpacker *sw_unpacker_k_avx2(int type) {
    switch (type) {
    case SW_Q4_K: return q4_k;
    case SW_Q5_K: return q5_k;
    case SW_IQ4_XS: return iq4_xs;
    case SW_TQ2_0: return tq2_0;
    case SW_TQ1_0: return tq1_0;
    default: return NULL;
    }
}

#pragma clang attribute pop
#endif
