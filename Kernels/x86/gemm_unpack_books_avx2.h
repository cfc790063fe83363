// gemm_unpack_books_avx2.h: entries of codebooks for eight rows at a time.
#ifndef SWINFER_GEMM_UNPACK_BOOKS_AVX2_H
#define SWINFER_GEMM_UNPACK_BOOKS_AVX2_H

#include "../reference/tables.h"
#include "gemm_unpack_avx2.h"
#include "books_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

// MARK: Indices

// Two indices from where they lie in a row, with one load: loads are what all of this waits for.
typedef void read_two(const uint8_t *b, size_t index[2]);

INLINE void two_bytes(const uint8_t *b, size_t index[2]) {
    const uint32_t both = sw_load16(b);
    index[0] = both & 255;
    index[1] = both >> 8;
}

INLINE void two_words(const uint8_t *b, size_t index[2]) {
    const uint32_t both = sw_load32(b);
    index[0] = both & 0xffff;
    index[1] = both >> 16;
}

INLINE void two_nine_bits(const uint8_t *b, size_t index[2]) {
    two_words(b, index);
    UNROLL for (int i = 0; i < 2; i++) index[i] &= 511;
}

// Where the indices of a block's groups lie in eight rows: the first ones, and bytes to the next two and to those of
// the next group.
typedef struct places {
    const uint8_t *const *row;
    size_t at, next, next_group;
    read_two *read;
} places;

INLINE places after(places p, size_t group, int pairs) {
    p.at += group * p.next_group + (size_t)pairs * p.next;
    return p;
}

// Where those of eight rows lie that had to be put together.
INLINE void rows_of_indices(const indices all[8], const uint8_t *row[8]) {
    UNROLL for (int r = 0; r < 8; r++) row[r] = (const uint8_t *)all[r].k;
}

// MARK: Entries

// Loads of one place to all lanes, of which blends keep one, need no shuffles, of which there are fewer a cycle.
// In assembly: the compiler would shuffle.
typedef __m256i everywhere(const void *grid, size_t index);

INLINE __m256i everywhere_eight(const void *grid, size_t index) {
    __m256i v;
    __asm__("vpbroadcastq %1, %0" : "=x"(v) : "m"(((const uint64_t *)grid)[index]));
    return v;
}

INLINE __m256i everywhere_four(const void *grid, size_t index) {
    __m256i v;
    __asm__("vpbroadcastd %1, %0" : "=x"(v) : "m"(((const uint32_t *)grid)[index]));
    return v;
}

// The entries at the first two places of each row.
INLINE void load_two(everywhere *load, const void *grid, places p, __m256i x[2][8]) {
    UNROLL for (int r = 0; r < 8; r++) {
        size_t index[2];
        p.read(p.row[r] + p.at, index);
        UNROLL for (int k = 0; k < 2; k++) x[k][r] = load(grid, index[k]);
    }
}

// Of eight bytes: four quads.
INLINE void eights(const uint64_t *grid, places p, __m256i v[4]) {
    __m256i x[2][8];
    load_two(everywhere_eight, grid, p, x);
    UNROLL for (int k = 0; k < 2; k++) {
        // Rows 0, 1, 4 and 5, then the others.
        __m256 four[2];
        UNROLL for (int i = 0; i < 2; i++) {
            const __m256i low = _mm256_blend_epi32(x[k][2 * i], x[k][2 * i + 1], 0x0c);
            const __m256i high = _mm256_blend_epi32(x[k][4 + 2 * i], x[k][5 + 2 * i], 0xc0);
            four[i] = _mm256_castsi256_ps(_mm256_blend_epi32(low, high, 0xf0));
        }
        v[2 * k] = _mm256_castps_si256(_mm256_shuffle_ps(four[0], four[1], 0x88));
        v[2 * k + 1] = _mm256_castps_si256(_mm256_shuffle_ps(four[0], four[1], 0xdd));
    }
}

// Of four bytes: two quads.
INLINE void fours(const uint32_t *grid, places p, __m256i v[2]) {
    __m256i x[2][8];
    load_two(everywhere_four, grid, p, x);
    UNROLL for (int k = 0; k < 2; k++) {
        UNROLL for (int r = 0; r < 8; r += 4) {
            const __m256i ab = _mm256_blend_epi32(x[k][r], x[k][r + 1], 0x22);
            const __m256i cd = _mm256_blend_epi32(x[k][r + 2], x[k][r + 3], 0x88);
            x[k][r] = _mm256_blend_epi32(ab, cd, 0xcc);
        }
        v[k] = _mm256_blend_epi32(x[k][0], x[k][4], 0xf0);
    }
}

#pragma clang attribute pop
#endif
