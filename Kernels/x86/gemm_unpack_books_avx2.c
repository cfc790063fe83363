// gemm_unpack_books_avx2.c: unpackers of IQ2 and IQ3: codebooks of magnitudes and, beside their indices, signs
// (layouts: reference/dequantize_iq.c).
#include "../levels.h"

#if defined(__x86_64__)
#include "gemm_unpack_books_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

INLINE void put_eights(const eight_rows *rows, size_t group, const uint64_t *grid, places p, const signs s[8]) {
    for (size_t g = 0; g < 8; g++) {
        UNROLL for (int k = 0; k < 2; k++) {
            __m256i v[4];
            eights(grid, after(p, g, k), v);
            UNROLL for (int i = 0; i < 4; i++) {
                put(rows, group + g, 4 * k + i, signed_codes(v[i], &s[g], 4 * k + i, 43));
            }
        }
    }
}

INLINE void put_fours(const eight_rows *rows, size_t group, const uint32_t *grid, places p, const signs s[8],
                      const bool halved, char bias) {
    for (size_t g = 0; g < 8; g++) {
        UNROLL for (int k = 0; k < 4; k++) {
            __m256i v[2];
            fours(grid, after(p, g, k), v);
            UNROLL for (int i = 0; i < 2; i++) {
                const __m256i magnitudes = halved ? _mm256_srli_epi16(v[i], 1) : v[i];
                put(rows, group + g, 2 * k + i, signed_codes(magnitudes, &s[g], 2 * k + i, bias));
            }
        }
    }
}

// A word of four times seven signs and above them the scale.
INLINE signs signs_and_scale(const eight_rows *rows, size_t group, __m256i u, __m256 d, float factor) {
    const __m256 scale = _mm256_add_ps(_mm256_set1_ps(0.5f), _mm256_cvtepi32_ps(_mm256_srli_epi32(u, 28)));
    put_plane(rows, group, 0, _mm256_mul_ps(_mm256_mul_ps(d, scale), _mm256_set1_ps(factor)));
    return signs_of_sevens(sevens_to_bytes(u));
}

INLINE void block_iq2_xxs(const eight_rows *rows, size_t group, size_t at) {
    const __m256 d = row_f16(rows, at);
    signs s[8];
    UNROLL for (int g = 0; g < 8; g += 2) {
        __m256i v[4];
        words(rows->row, at + 2 + 8 * (size_t)g, v);
        UNROLL for (int i = 0; i < 2; i++) {
            s[g + i] = signs_and_scale(rows, group + (size_t)(g + i), v[2 * i + 1], d, 0.25f);
        }
    }
    put_eights(rows, group, sw_grid_iq2_xxs, (places){rows->row, at + 2, 2, 8, two_bytes}, s);
}

INLINE void block_iq3_xxs(const eight_rows *rows, size_t group, size_t at) {
    const __m256 d = row_f16(rows, at);
    signs s[8];
    UNROLL for (int g = 0; g < 8; g += 4) {
        __m256i v[4];
        words(rows->row, at + 66 + 4 * (size_t)g, v);
        UNROLL for (int i = 0; i < 4; i++) s[g + i] = signs_and_scale(rows, group + (size_t)(g + i), v[i], d, 1);
    }
    put_fours(rows, group, sw_grid_iq3_xxs, (places){rows->row, at + 2, 2, 8, two_bytes}, s, true, 31);
}

// Nibbles of the words' eight bytes: scales of 16.
INLINE void put_half_scales(const eight_rows *rows, size_t group, size_t at, const __m256i s[2]) {
    const __m256 d = _mm256_mul_ps(row_f16(rows, at), _mm256_set1_ps(0.25f)), half = _mm256_set1_ps(0.5f);
    UNROLL for (int g = 0; g < 8; g++) {
        UNROLL for (int i = 0; i < 2; i++) {
            const __m256 scale = float_of_byte(bits(s[g / 4], 4 * i, 15), g % 4);
            put_plane(rows, group + (size_t)g, i, _mm256_mul_ps(d, _mm256_add_ps(half, scale)));
        }
    }
}

INLINE void block_iq2_xs(const eight_rows *rows, size_t group, size_t at) {
    const __m256i in_turn = alike(_mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
    __m256i v[4];
    words(rows->row, at + 58, v);
    put_half_scales(rows, group, at, v + 2);
    signs s[8];
    UNROLL for (int g = 0; g < 8; g += 2) {
        words(rows->row, at + 2 + 8 * (size_t)g, v);
        UNROLL for (int i = 0; i < 2; i++) {
            const __m256i sevens = _mm256_packus_epi16(_mm256_srli_epi16(v[2 * i], 9),
                                                       _mm256_srli_epi16(v[2 * i + 1], 9));
            s[g + i] = signs_of_sevens(_mm256_shuffle_epi8(sevens, in_turn));
        }
    }
    put_eights(rows, group, sw_grid_iq2_xs, (places){rows->row, at + 2, 4, 8, two_nine_bits}, s);
}

// A byte for every group of 32's four eights, bit by bit.
INLINE void load_signs(const eight_rows *rows, size_t at, signs s[8]) {
    UNROLL for (int g = 0; g < 8; g += 4) {
        __m256i v[4];
        words(rows->row, at + 4 * (size_t)g, v);
        UNROLL for (int i = 0; i < 4; i++) s[g + i] = signs_of_bytes(v[i]);
    }
}

INLINE void block_iq2_s(const eight_rows *rows, size_t group, size_t at) {
    __m256i v[4];
    words(rows->row, at + 66, v);
    put_half_scales(rows, group, at, v + 2);
    signs s[8];
    load_signs(rows, at + 34, s);
    indices all[8];
    const uint8_t *row[8];
    rows_of_indices(all, row);
    UNROLL for (int r = 0; r < 8; r++) ten_bits(&all[r], rows->row[r] + at + 2, rows->row[r] + at + 66);
    put_eights(rows, group, sw_grid_iq2_s, (places){row, 0, 4, 8, two_words}, s);
}

INLINE void block_iq3_s(const eight_rows *rows, size_t group, size_t at) {
    const __m256 d = row_f16(rows, at);
    const __m256i scales = row_words(rows, at + 106);
    UNROLL for (int g = 0; g < 8; g++) {
        const __m256i scale = bits(scales, g % 2 * 4, 15);
        const __m256 odd = float_of_byte(_mm256_or_si256(_mm256_slli_epi16(scale, 1), _mm256_set1_epi8(1)), g / 2);
        put_plane(rows, group + (size_t)g, 0, _mm256_mul_ps(d, odd));
    }
    signs s[8];
    load_signs(rows, at + 74, s);
    indices all[8];
    const uint8_t *row[8];
    rows_of_indices(all, row);
    UNROLL for (int r = 0; r < 8; r++) nine_bits(&all[r], rows->row[r] + at + 2, rows->row[r] + at + 66);
    put_fours(rows, group, sw_grid_iq3_s, (places){row, 0, 4, 16, two_words}, s, false, 15);
}

#define UNPACKER(type, bytes) \
    static void type(const sw_unpack_job *job) { unpack_blocks(job, block_##type, 8, bytes); }
UNPACKER(iq2_xxs, 66)
UNPACKER(iq2_xs, 74)
UNPACKER(iq2_s, 82)
UNPACKER(iq3_xxs, 98)
UNPACKER(iq3_s, 110)

sw_unpacker *sw_unpacker_books_avx2(int type) {
    switch (type) {
    case SW_IQ2_XXS: return iq2_xxs;
    case SW_IQ2_XS: return iq2_xs;
    case SW_IQ2_S: return iq2_s;
    case SW_IQ3_XXS: return iq3_xxs;
    case SW_IQ3_S: return iq3_s;
    default: return NULL;
    }
}

#pragma clang attribute pop
#endif
