// matvec_avx2_books.h: entries of codebooks for the eight groups of 32 of a block, and the indices of them.
#ifndef SWINFER_MATVEC_AVX2_BOOKS_H
#define SWINFER_MATVEC_AVX2_BOOKS_H

#include "../reference/tables.h"
#include "matvec_avx2_turned.h"
#include "signs_avx2.h"

AVX2_BEGIN

// A block's weights made unsigned, in the order of `turned`, their groups' integer scales, twice each, and the
// block's own. Two vectors of scales: of the even and of the odd ones of 16.
typedef struct weights {
    __m256i w[8], by[2];
    __m256 d;
} weights;

// The sums of products of vectors `first` to `end` - 1, as they meet in each 16 bits.
INLINE __m256i products(const __m256i w[8], const int8_t *q, const int first, const int end) {
    __m256i sum = pair_products(w[first], load256(q + 32 * first));
    UNROLL
    for (int t = first + 1; t < end; t++) sum = _mm256_add_epi16(sum, pair_products(w[t], load256(q + 32 * t)));
    return sum;
}

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

// A block and 64 indices. They go through memory, since a load takes one from there at once; the compiler would
// rather extract them. Vectors take long to get there, so four rows' are written before the first is read.
typedef struct indices {
    const uint8_t *b;
    uint16_t k[64];
} indices;

// Sixteen of them.
INLINE void store_indices(indices *to, const int i, __m256i k) {
    _mm256_storeu_si256((__m256i *)(to->k + 16 * i), k);
    __asm__ volatile("" : "+m"(to->k));
}

// Bytes at q and above them `high`.
INLINE void store_bytes_and(indices *to, const int i, const uint8_t *q, __m256i high) {
    store_indices(to, i, _mm256_or_si256(_mm256_cvtepu8_epi16(load128(q)), high));
}

// Index `k` of each group of `count`.
INLINE void indices_at(const indices *from, const int k, const int count, size_t at[8]) {
    UNROLL
    for (int j = 0; j < 8; j++) at[j] = from->k[count * j + k];
}

INLINE void bytes_at(const uint8_t *b, size_t at[8]) {
    UNROLL
    for (int j = 0; j < 8; j++) at[j] = b[8 * j];
}

INLINE __m256i repeat_eight(const uint8_t *b) { return _mm256_set1_epi64x((long long)sw_load64(b)); }

// Each of four words as four words.
INLINE __m256i repeat_words(const uint8_t *b) {
    return _mm256_shuffle_epi8(repeat_eight(b), _mm256_setr_epi64x(0x0100010001000100, 0x0302030203020302,
                                                                   0x0504050405040504, 0x0706070607060706));
}

AVX2_END

#endif
