// matvec_avx2_books.h: entries of codebooks for the eight groups of 32 of a block, and the indices of them.
#ifndef SWINFER_MATVEC_AVX2_BOOKS_H
#define SWINFER_MATVEC_AVX2_BOOKS_H

#include "../reference/tables.h"
#include "matvec_avx2_columns.h"
#include "books_avx2.h"
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

INLINE void bytes_at(const uint8_t *b, size_t at[8]) {
    UNROLL
    for (int j = 0; j < 8; j++) at[j] = b[8 * j];
}

AVX2_END

#endif
