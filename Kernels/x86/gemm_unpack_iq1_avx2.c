// gemm_unpack_iq1_avx2.c: unpackers of IQ1: codebooks of -1, 0 and 1, shifted by an eighth up or down (layouts:
// reference/dequantize_iq.c).
#include "../levels.h"

#if defined(__x86_64__)
#include "gemm_unpack_books_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

// The codes are eighths, 9 more than the values: 8 (-1, 0 or 1) + 8, and 2 more where the shift is upwards. `up`:
// those 2, four bytes a row for the four eights of a group.
INLINE void put_shifted(const eight_rows *rows, size_t group, const indices all[8], const __m256i up[8]) {
    // -1 has the bit that makes vpshufb give 0.
    const __m256i values = alike(_mm_setr_epi8(8, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    const uint8_t *row[8];
    rows_of_indices(all, row);
    const places p = {row, 0, 4, 8, two_words};
    for (size_t g = 0; g < 8; g++) {
        UNROLL for (int k = 0; k < 2; k++) {
            __m256i v[4];
            eights(sw_grid_iq1, after(p, g, k), v);
            UNROLL for (int i = 0; i < 4; i++) {
                const __m256i two = byte_of_words(up[g], 2 * k + i / 2, false);
                put(rows, group + g, 4 * k + i, _mm256_add_epi8(_mm256_shuffle_epi8(values, v[i]), two));
            }
        }
    }
}

INLINE void eleven_bits_of_rows(const eight_rows *rows, size_t q, size_t h, long long factors, indices all[8]) {
    UNROLL for (int r = 0; r < 8; r++) eleven_bits(&all[r], rows->row[r] + q, rows->row[r] + h, factors);
}

// 1 + 2 * (three bits of each word from `from` on), as a float.
INLINE __m256 odd_of_three(__m256i v, const int from) {
    const __m256i twice = from == 0 ? _mm256_slli_epi32(v, 1) : _mm256_srli_epi32(v, from - 1);
    const __m256i three = _mm256_and_si256(twice, _mm256_set1_epi32(14));
    return _mm256_cvtepi32_ps(_mm256_or_si256(three, _mm256_set1_epi32(1)));
}

INLINE void block_iq1_s(const eight_rows *rows, size_t group, size_t at) {
    const __m256 d = row_f16(rows, at), eighth = _mm256_set1_ps(0.125f);
    __m256i h[4], up[8];
    words(rows->row, at + 34, h);
    UNROLL for (int g = 0; g < 8; g++) {
        const __m256 scale = _mm256_mul_ps(d, odd_of_three(h[g / 2], g % 2 * 16 + 12));
        put_plane(rows, group + (size_t)g, 0, _mm256_mul_ps(scale, eighth));
        const __m256i down = byte_of_words(_mm256_srai_epi16(h[g / 2], 15), g % 2 * 2, false);
        up[g] = _mm256_andnot_si256(down, _mm256_set1_epi8(2));
    }
    indices all[8];
    eleven_bits_of_rows(rows, at + 2, at + 34, 0x0010008004002000, all);
    put_shifted(rows, group, all, up);
}

// The scales of 16 and above each four of them a nibble of the block's own, a float16, in four 16-bit words.
INLINE void scales_iq1_m(const eight_rows *rows, size_t group, const __m256i s[2]) {
    const __m256i nibbles[4] = {_mm256_srli_epi32(s[0], 12), _mm256_srli_epi32(s[0], 24), _mm256_srli_epi32(s[1], 4),
                                _mm256_srli_epi32(s[1], 16)};
    __m256i half = _mm256_setzero_si256();
    UNROLL for (int i = 0; i < 4; i++) {
        half = _mm256_or_si256(half, _mm256_and_si256(nibbles[i], _mm256_set1_epi32(15 << 4 * i)));
    }
    __m256 d[2];
    both_f16(half, d);
    d[0] = _mm256_mul_ps(d[0], _mm256_set1_ps(0.125f));
    UNROLL for (int j = 0; j < 16; j++) {
        const __m256 scale = odd_of_three(s[j / 8], j / 4 % 2 * 16 + j % 4 * 3);
        put_plane(rows, group + (size_t)(j / 2), j % 2, _mm256_mul_ps(d[0], scale));
    }
}

INLINE void block_iq1_m(const eight_rows *rows, size_t group, size_t at) {
    __m256i v[4], up[8];
    words(rows->row, at + 40, v);
    scales_iq1_m(rows, group, v + 2);
    words(rows->row, at + 32, v);
    UNROLL for (int g = 0; g < 8; g++) {
        // Nibbles, two bytes of them a group, whose top bits say downwards.
        const __m256i place = alike(_mm_setr_epi8(0, 0, 1, 1, 4, 4, 5, 5, 8, 8, 9, 9, 12, 12, 13, 13));
        const __m256i four = _mm256_shuffle_epi8(v[g / 2], _mm256_add_epi8(place, _mm256_set1_epi8(g % 2 * 2)));
        const __m256i down = _mm256_and_si256(four, _mm256_set1_epi16((short)0x8008));
        const __m256i none = _mm256_cmpeq_epi8(down, _mm256_setzero_si256());
        up[g] = _mm256_and_si256(none, _mm256_set1_epi8(2));
    }
    indices all[8];
    eleven_bits_of_rows(rows, at, at + 32, 0x0002002002002000, all);
    put_shifted(rows, group, all, up);
}

#define UNPACKER(type, bytes) \
    static void type(const sw_unpack_job *job) { unpack_blocks(job, block_##type, 8, bytes); }
UNPACKER(iq1_s, 50)
UNPACKER(iq1_m, 56)

sw_unpacker *sw_unpacker_iq1_avx2(int type) {
    switch (type) {
    case SW_IQ1_S: return iq1_s;
    case SW_IQ1_M: return iq1_m;
    default: return NULL;
    }
}

#pragma clang attribute pop
#endif
