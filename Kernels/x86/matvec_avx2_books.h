// matvec_avx2_books.h: entries of codebooks, and the indices into them.
#ifndef SWINFER_MATVEC_AVX2_BOOKS_H
#define SWINFER_MATVEC_AVX2_BOOKS_H

#include "../reference/tables.h"
#include "matvec_avx2_256.h"

AVX2_BEGIN

INLINE __m256i four_entries(const uint64_t *grid, int a, int b, int c, int d) {
    return _mm256_setr_epi64x((long long)grid[a], (long long)grid[b], (long long)grid[c], (long long)grid[d]);
}
INLINE __m128i four_small(const uint32_t *grid, int a, int b, int c, int d) {
    return _mm_setr_epi32((int)grid[a], (int)grid[b], (int)grid[c], (int)grid[d]);
}

// 32 indices. They go through memory, since a load takes one from there at once; the compiler would
// rather extract them.
typedef struct indices {
    uint16_t k[32];
} indices;

INLINE void store_indices(indices *to, const int half, __m256i k) {
    _mm256_storeu_si256((__m256i *)(to->k + 16 * half), k);
    __asm__ volatile("" : "+m"(*to));
}

INLINE __m256i entries_at(const uint64_t *grid, const indices *places, const int j) {
    const uint16_t *k = places->k + 4 * j;
    return four_entries(grid, k[0], k[1], k[2], k[3]);
}

// Each of four bytes as four words.
INLINE __m256i repeat_bytes(uint32_t bytes) {
    const __m256i place = _mm256_setr_epi16(
        (short)0x8000, (short)0x8000, (short)0x8000, (short)0x8000, (short)0x8001, (short)0x8001, (short)0x8001,
        (short)0x8001, (short)0x8002, (short)0x8002, (short)0x8002, (short)0x8002, (short)0x8003, (short)0x8003,
        (short)0x8003, (short)0x8003);
    return _mm256_shuffle_epi8(_mm256_set1_epi32((int)bytes), place);
}

// Each of four words as four words.
INLINE __m256i repeat_words(uint64_t words) {
    const __m256i place = _mm256_setr_epi64x(0x0100010001000100, 0x0302030203020302, 0x0504050405040504,
                                             0x0706070607060706);
    return _mm256_shuffle_epi8(_mm256_set1_epi64x((long long)words), place);
}

AVX2_END

#endif
