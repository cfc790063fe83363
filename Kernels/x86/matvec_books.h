// matvec_books.h: the codebook types' weights for the matrix-vector kernels of AVX2 and AVX-512: entries for the
// eight groups of 32 of a block, in the order of the activations' `turned` (q8.h), with signs and made unsigned.
#ifndef SWINFER_MATVEC_BOOKS_H
#define SWINFER_MATVEC_BOOKS_H

#include "../body/matvec.h"
#include "../reference/tables.h"
#include "books_avx2.h"
#include "signs_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

INLINE __m256i load_32(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE __m128i load_16(const void *p) { return _mm_loadu_si128((const __m128i *)p); }

// A block's weights, and its groups' integer scales, twice each: of the even and of the odd ones of 16, or in the
// first vector those of 32.
typedef struct coded {
    __m256i w[8], by[2];
} coded;

// Two entries of eight bytes. In assembly: the compiler would take two loads and a shuffle.
INLINE __m128i two_eights(const uint64_t *grid, size_t a, size_t b) {
    __m128i v = _mm_loadl_epi64((const __m128i *)(grid + a));
    __asm__("vmovhps %1, %0, %0" : "+x"(v) : "m"(grid[b]));
    return v;
}

INLINE __m256i quad_of(const uint64_t *grid, size_t a, size_t b, size_t c, size_t d) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(two_eights(grid, a, b)), two_eights(grid, c, d), 1);
}

// Entries of eight bytes, one of each group: two vectors.
INLINE void load_eights(const uint64_t *grid, const size_t at[8], __m256i v[2]) {
    const __m256 a = _mm256_castsi256_ps(quad_of(grid, at[0], at[1], at[4], at[5]));
    const __m256 b = _mm256_castsi256_ps(quad_of(grid, at[2], at[3], at[6], at[7]));
    v[0] = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
    v[1] = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xdd));
}

// Entries of four bytes, one of each group.
INLINE __m256i load_fours(const uint32_t *grid, const size_t at[8]) {
    return _mm256_setr_epi32((int)grid[at[0]], (int)grid[at[1]], (int)grid[at[2]], (int)grid[at[3]],
                             (int)grid[at[4]], (int)grid[at[5]], (int)grid[at[6]], (int)grid[at[7]]);
}

// A block and its indices. Vectors take long to get to where they are loaded from, so four rows' are written before
// the first is read.
typedef struct indexed {
    const uint8_t *b;
    indices all;
} indexed;

// Index `k` of each group of `count`.
INLINE void indices_at(const indexed *from, const int k, const int count, size_t at[8]) {
    UNROLL
    for (int j = 0; j < 8; j++) at[j] = from->all.k[count * j + k];
}

// All entries of eight bytes, in the order of the weights.
INLINE void load_indexed(const uint64_t *grid, const indexed *from, __m256i v[8]) {
    UNROLL
    for (int k = 0; k < 4; k++) {
        size_t at[8];
        indices_at(from, k, 4, at);
        load_eights(grid, at, v + 2 * k);
    }
}

INLINE void bytes_at(const uint8_t *b, size_t at[8]) {
    UNROLL
    for (int j = 0; j < 8; j++) at[j] = b[8 * j];
}

// MARK: Signs and scales

// Words of four times seven signs and above them the scale.
INLINE signs signs_and_scales(__m256i u, coded *to) {
    const __m256i odd = _mm256_or_si256(_mm256_srli_epi32(u, 27), _mm256_set1_epi32(1));
    to->by[0] = _mm256_or_si256(odd, _mm256_slli_epi32(odd, 16));
    return signs_of_sevens(sevens_to_bytes(u));
}

// Twice the low nibble of each 16 bits, and one.
INLINE __m256i odd_of_nibbles(__m256i twice) {
    return _mm256_or_si256(_mm256_and_si256(twice, _mm256_set1_epi16(30)), _mm256_set1_epi16(1));
}

// Nibbles of eight bytes: scales of 16.
INLINE void scales_of_16(const uint8_t *b, coded *to) {
    const __m256i place = _mm256_setr_epi16((short)0x8000, (short)0x8000, (short)0x8001, (short)0x8001,
                                            (short)0x8002, (short)0x8002, (short)0x8003, (short)0x8003,
                                            (short)0x8004, (short)0x8004, (short)0x8005, (short)0x8005,
                                            (short)0x8006, (short)0x8006, (short)0x8007, (short)0x8007);
    const __m256i bytes = _mm256_shuffle_epi8(repeat_eight(b), place);
    to->by[0] = odd_of_nibbles(_mm256_slli_epi16(bytes, 1));
    to->by[1] = odd_of_nibbles(_mm256_srli_epi16(bytes, 3));
}

// MARK: IQ2

// Entry `k` of each group, signed.
INLINE void put_eights(coded *to, const int k, const uint64_t *grid, const size_t at[8], const signs *s) {
    __m256i v[2];
    load_eights(grid, at, v);
    UNROLL
    for (int i = 0; i < 2; i++) to->w[2 * k + i] = signed_codes(v[i], s, 2 * k + i, 43);
}

INLINE void put_indexed(coded *to, const uint64_t *grid, const indexed *from, const signs *s) {
    UNROLL
    for (int k = 0; k < 4; k++) {
        size_t at[8];
        indices_at(from, k, 4, at);
        put_eights(to, k, grid, at, s);
    }
}

INLINE coded codes_iq2_xxs(const sw_block *block) {
    const uint8_t *b = block->b;
    coded w;
    // The second words of eight pairs.
    const __m256 pairs =
        _mm256_shuffle_ps(_mm256_castsi256_ps(load_32(b + 2)), _mm256_castsi256_ps(load_32(b + 34)), 0xdd);
    const signs s = signs_and_scales(_mm256_permute4x64_epi64(_mm256_castps_si256(pairs), 0xd8), &w);
    UNROLL
    for (int k = 0; k < 4; k++) {
        size_t at[8];
        bytes_at(b + 2 + k, at);
        put_eights(&w, k, sw_grid_iq2_xxs, at, &s);
    }
    return w;
}

INLINE void read_iq2_xs(const uint8_t *b, indexed *to) {
    to->b = b;
    UNROLL
    for (int i = 0; i < 2; i++) {
        store_indices(&to->all, i, _mm256_and_si256(load_32(b + 2 + 32 * i), _mm256_set1_epi16(511)));
    }
}

INLINE coded codes_iq2_xs(const indexed *from) {
    const uint8_t *b = from->b;
    coded w;
    const __m256i u0 = load_32(b + 2), u1 = load_32(b + 34);
    const __m256i sevens = _mm256_packus_epi16(_mm256_srli_epi16(u0, 9), _mm256_srli_epi16(u1, 9));
    const signs s = signs_of_sevens(_mm256_permute4x64_epi64(sevens, 0xd8));
    scales_of_16(b + 66, &w);
    put_indexed(&w, sw_grid_iq2_xs, from, &s);
    return w;
}

INLINE void read_iq2_s(const uint8_t *b, indexed *to) {
    to->b = b;
    ten_bits(&to->all, b + 2, b + 66);
}

INLINE coded codes_iq2_s(const indexed *from) {
    const uint8_t *b = from->b;
    coded w;
    const signs s = signs_of_bytes(load_32(b + 34));
    scales_of_16(b + 74, &w);
    put_indexed(&w, sw_grid_iq2_s, from, &s);
    return w;
}

// MARK: IQ3

// The magnitudes are even.
INLINE coded codes_iq3_xxs(const sw_block *block) {
    const uint8_t *b = block->b;
    coded w;
    const signs s = signs_and_scales(load_32(b + 66), &w);
    UNROLL
    for (int t = 0; t < 8; t++) {
        size_t at[8];
        bytes_at(b + 2 + t, at);
        w.w[t] = signed_codes(_mm256_srli_epi16(load_fours(sw_grid_iq3_xxs, at), 1), &s, t, 31);
    }
    return w;
}

INLINE void read_iq3_s(const uint8_t *b, indexed *to) {
    to->b = b;
    nine_bits(&to->all, b + 2, b + 66);
}

INLINE coded codes_iq3_s(const indexed *from) {
    const uint8_t *b = from->b;
    coded w;
    const signs s = signs_of_bytes(load_32(b + 74));
    // Four bytes of two scales.
    const __m256i pairs = _mm256_shuffle_epi8(
        _mm256_set1_epi32((int)sw_load32(b + 106)),
        _mm256_setr_epi32((int)0x80008000, (int)0x80008000, (int)0x80018001, (int)0x80018001, (int)0x80028002,
                          (int)0x80028002, (int)0x80038003, (int)0x80038003));
    w.by[0] = odd_of_nibbles(_mm256_srlv_epi32(_mm256_slli_epi16(pairs, 1), _mm256_set1_epi64x(4ll << 32)));
    UNROLL
    for (int t = 0; t < 8; t++) {
        size_t at[8];
        indices_at(from, t, 8, at);
        w.w[t] = signed_codes(load_fours(sw_grid_iq3_s, at), &s, t, 15);
    }
    return w;
}

// MARK: IQ1

INLINE void read_iq1_s(const uint8_t *b, indexed *to) {
    to->b = b;
    eleven_bits(&to->all, b + 2, b + 34, 0x0010008004002000);
}

// IQ1_M: the block's scale, a float16 in four top nibbles.
INLINE uint16_t scale_of_nibbles(uint64_t packed) {
    return (uint16_t)((packed >> 12 & 0xf) | (packed >> 24 & 0xf0) | (packed >> 36 & 0xf00) |
                      (packed >> 48 & 0xf000));
}

// 1 + 2 * (three bits of each word), which the factors bring to the top.
INLINE __m256i odd_of_three(__m256i words, long long factors) {
    const __m256i top = _mm256_mullo_epi16(words, _mm256_set1_epi64x(factors));
    return _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(top, 12), _mm256_set1_epi16(14)),
                           _mm256_set1_epi16(1));
}

// 2 in byte k of a group's word where its k-th eight is shifted upwards: the top bits of nibbles, which are 0 there.
INLINE __m256i twos_upwards(const uint8_t *b) {
    const __m256i four = _mm256_shuffle_epi8(
        alike(load_16(b)), _mm256_setr_epi32(0x01010000, 0x03030202, 0x05050404, 0x07070606, 0x09090808, 0x0b0b0a0a,
                                        0x0d0d0c0c, 0x0f0f0e0e));
    const __m256i down = _mm256_and_si256(four, _mm256_set1_epi16((short)0x8008));
    return _mm256_and_si256(_mm256_cmpeq_epi8(down, _mm256_setzero_si256()), _mm256_set1_epi8(2));
}

INLINE void read_iq1_m(const uint8_t *b, indexed *to) {
    to->b = b;
    eleven_bits(&to->all, b, b + 32, 0x0002002002002000);
}

// The weights are eighths, 9 more than their value: 8 (-1, 0 or 1) + 8, and 2 more where the shift is upwards.
INLINE coded codes_iq1_m(const indexed *from) {
    const uint8_t *b = from->b;
    coded w;
    const __m256i four = repeat_words(b + 48), up = twos_upwards(b + 32);
    w.by[0] = odd_of_three(four, 0x0080008020002000);
    w.by[1] = odd_of_three(four, 0x0010001004000400);
    // -1 has the bit that makes vpshufb give 0.
    const __m256i values = alike(_mm_setr_epi8(8, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    load_indexed(sw_grid_iq1, from, w.w);
    UNROLL
    for (int t = 0; t < 8; t++) {
        w.w[t] = _mm256_add_epi8(_mm256_shuffle_epi8(values, w.w[t]), byte_of_words(up, t / 2, false));
    }
    return w;
}

#pragma clang attribute pop

#endif
