// gemm_unpack_steps_avx2.c: the K types with an integer scale per 16 to panels that keep those
// scales beside the codes (STEPS and STEP_MINIMA in gemm_panel.h). The layouts of the blocks are
// drawn in reference/dequantize_k.c.
#include "../levels.h"

#if defined(__x86_64__)
#include "gemm_unpack_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

INLINE void put_integers(const eight_rows *rows, size_t group, int plane, __m256i values) {
    put_plane(rows, group, plane, _mm256_castsi256_ps(values));
}

// The scales of a block's sixteen halves of groups, signed bytes, to the planes of steps.
INLINE void put_steps(const eight_rows *rows, size_t group, const __m256i scale[4]) {
    const __m256i even = alike(_mm_setr_epi8(-1, 0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13));
    const __m256i odd = alike(_mm_setr_epi8(-1, 2, -1, 3, -1, 6, -1, 7, -1, 10, -1, 11, -1, 14, -1, 15));
    UNROLL for (int g = 0; g < 8; g++) {
        const __m256i upper = _mm256_shuffle_epi8(scale[g / 2], g % 2 ? odd : even);
        put_integers(rows, group + (size_t)g, 0, _mm256_srai_epi16(upper, 8));
    }
}

// `width` bits of a nibble from `shift` on, less `offset` and shifted left by `up`: a table of all nibbles.
INLINE __m256i table_of_bits(const int shift, const int width, const int offset, const int up) {
    char table[16];
    UNROLL for (int i = 0; i < 16; i++) table[i] = (char)(((i >> shift & ((1 << width) - 1)) - offset) * (1 << up));
    return alike(_mm_loadu_si128((const __m128i *)(const void *)table));
}

INLINE __m256i sum_of_four(const __m256i codes[4]) {
    return _mm256_add_epi8(_mm256_add_epi8(codes[0], codes[1]), _mm256_add_epi8(codes[2], codes[3]));
}

// Signed bytes added in pairs.
INLINE __m256i in_pairs(__m256i bytes) { return _mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes); }

// The plane of sums, from those of the codes, half by half.
INLINE void put_sums(const eight_rows *rows, size_t group, __m256i halves) {
    const uint8_t *steps = rows->planes + group * rows->step;
    const __m256i sums = _mm256_madd_epi16(halves, _mm256_load_si256((const __m256i *)(const void *)steps));
    put_integers(rows, group, 1, _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_slli_epi32(sums, 7)));
}

INLINE void block_q2_k(const eight_rows *rows, size_t group, size_t at) {
    const __m256 d = row_f16(rows, at + 80), dm = row_f16(rows, at + 82);
    __m256i scale[4], step[4];
    words(rows->row, at, scale);
    UNROLL for (int i = 0; i < 4; i++) step[i] = bits(scale[i], 0, 15);
    put_steps(rows, group, step);
    UNROLL for (int g = 0; g < 8; g++) {
        const __m256i minima = bits(scale[g / 2], 4, 15);
        put_plane(rows, group + (size_t)g, 1, d);
        put_plane(rows, group + (size_t)g, 2, _mm256_mul_ps(dm, float_of_byte(minima, g % 2 * 2)));
        put_plane(rows, group + (size_t)g, 3, _mm256_mul_ps(dm, float_of_byte(minima, g % 2 * 2 + 1)));
    }
    for (size_t r = 0; r < 2; r++) {
        __m256i q[8];
        words_in_turn(rows->row, at + 16 + 32 * r, q);
        UNROLL for (int k = 0; k < 4; k++) {
            UNROLL for (int i = 0; i < 8; i++) put(rows, group + 4 * r + (size_t)k, i, bits(q[i], 2 * k, 3));
        }
    }
}

// Scales of six bits, 32 too large, from the words s[12].
INLINE void steps_q3_k(const eight_rows *rows, size_t group, const __m256i s[3]) {
    __m256i scale[4];
    UNROLL for (int i = 0; i < 4; i++) {
        const __m256i high = i < 2 ? _mm256_slli_epi32(s[2], 4 - 2 * i) : _mm256_srli_epi32(s[2], 2 * i - 4);
        const __m256i six = _mm256_or_si256(bits(s[i % 2], i / 2 * 4, 15), bits(high, 0, 48));
        scale[i] = _mm256_sub_epi8(six, _mm256_set1_epi8(32));
    }
    put_steps(rows, group, scale);
}

INLINE void block_q3_k(const eight_rows *rows, size_t group, size_t at) {
    __m256i s[4], h[8];
    words(rows->row, at + 92, s);
    steps_q3_k(rows, group, s + 1);
    const __m256 d = row_f16(rows, at + 108);
    UNROLL for (int g = 0; g < 8; g++) put_plane(rows, group + (size_t)g, 2, d);
    words_in_turn(rows->row, at, h);
    UNROLL for (int r = 0; r < 2; r++) {
        __m256i q[8], third[8];
        words_in_turn(rows->row, at + 32 + 32 * (size_t)r, q);
        UNROLL for (int i = 0; i < 8; i++) third[i] = bits(h[i], 4 * r, 15);
        UNROLL for (int k = 0; k < 4; k++) {
            const size_t g = group + 4 * (size_t)r + (size_t)k;
            const __m256i above = table_of_bits(k, 1, 1, 2);
            __m256i codes[8];
            UNROLL for (int i = 0; i < 8; i++) {
                codes[i] = _mm256_add_epi8(bits(q[i], 2 * k, 3), _mm256_shuffle_epi8(above, third[i]));
                put(rows, g, i, codes[i]);
            }
            put_sums(rows, g, in_pairs(_mm256_add_epi8(sum_of_four(codes), sum_of_four(codes + 4))));
        }
    }
}

INLINE void block_q6_k(const eight_rows *rows, size_t group, size_t at) {
    __m256i scale[4];
    words(rows->row, at + 192, scale);
    put_steps(rows, group, scale);
    const __m256 d = row_f16(rows, at + 208);
    UNROLL for (int g = 0; g < 8; g++) put_plane(rows, group + (size_t)g, 2, d);
    for (size_t r = 0; r < 2; r++) {
        __m256i h[8];
        words_in_turn(rows->row, at + 128 + 32 * r, h);
        UNROLL for (int j = 0; j < 2; j++) {
            const __m256i above = table_of_bits(2 * j, 2, 2, 4);
            __m256i q[8];
            words_in_turn(rows->row, at + 64 * r + 32 * (size_t)j, q);
            UNROLL for (int nibble = 0; nibble < 2; nibble++) {
                const size_t g = group + 4 * r + 2 * (size_t)nibble + (size_t)j;
                __m256i codes[8];
                UNROLL for (int i = 0; i < 8; i++) {
                    const __m256i high = _mm256_shuffle_epi8(above, bits(h[i], 4 * nibble, 15));
                    codes[i] = _mm256_add_epi8(bits(q[i], 4 * nibble, 15), high);
                    put(rows, g, i, codes[i]);
                }
                const __m256i first = in_pairs(sum_of_four(codes)), second = in_pairs(sum_of_four(codes + 4));
                put_sums(rows, g, _mm256_add_epi16(first, second));
            }
        }
    }
}

#define UNPACKER(type, bytes) \
    static void type(const sw_unpack_job *job) { unpack_blocks(job, block_##type, 8, bytes); }
UNPACKER(q2_k, 84)
UNPACKER(q3_k, 110)
UNPACKER(q6_k, 210)

sw_unpacker *sw_unpacker_steps_avx2(int type) {
    switch (type) {
    case SW_Q2_K: return q2_k;
    case SW_Q3_K: return q3_k;
    case SW_Q6_K: return q6_k;
    default: return NULL;
    }
}

#pragma clang attribute pop
#endif
