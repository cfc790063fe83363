// gemm_avx2_tile.h: the steps of which the AVX2 tile kernels are made. Included by files whose
// functions are compiled for AVX2.
//
// In assembly, and volatile, so that everything stays where it is written: left to itself the
// compiler takes column after column and keeps the weights of all quads on the stack.
#ifndef SWINFER_GEMM_AVX2_TILE_H
#define SWINFER_GEMM_AVX2_TILE_H

#include <immintrin.h>
#include <string.h>

#include "gemm_avx2.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define COLS SW_TILE_COLS_AVX2

INLINE __m256i quad(const char *at) {
    __m256i four;
    __asm__ volatile("vpbroadcastd %1, %0" : "=x"(four) : "m"(*(const char(*)[4])at));
    return four;
}

INLINE __m256i load_codes(const uint8_t *codes, int i) {
    __m256i w;
    __asm__ volatile("vmovdqa %1, %0" : "=x"(w) : "m"(*(const __m256i *)(const void *)(codes + 32 * i)));
    return w;
}

// Products of codes and activations, summed in pairs. `negative`: the codes are signed and the
// activations are not, else the other way round.
INLINE __m256i first_pairs(const bool negative, __m256i codes, __m256i activations) {
    const __m256i a = negative ? activations : codes, b = negative ? codes : activations;
    __m256i pairs;
    __asm__ volatile("vpmaddubsw %2, %1, %0" : "=x"(pairs) : "x"(a), "x"(b));
    return pairs;
}

// Both halves at once: their additions wait for the products less.
INLINE void more_pairs(const bool negative, __m256i pairs[2], __m256i w0, __m256i w1, __m256i activations) {
    __m256i products0, products1;
    if (negative) {
        __asm__ volatile("vpmaddubsw %4, %6, %0\n\tvpmaddubsw %5, %6, %1\n\tvpaddw %0, %2, %2\n\tvpaddw %1, %3, %3"
                         : "=&x"(products0), "=&x"(products1), "+x"(pairs[0]), "+x"(pairs[1])
                         : "x"(w0), "x"(w1), "x"(activations));
    } else {
        __asm__ volatile("vpmaddubsw %6, %4, %0\n\tvpmaddubsw %6, %5, %1\n\tvpaddw %0, %2, %2\n\tvpaddw %1, %3, %3"
                         : "=&x"(products0), "=&x"(products1), "+x"(pairs[0]), "+x"(pairs[1])
                         : "x"(w0), "x"(w1), "x"(activations));
    }
}

// Two quads of both halves, w[quad][half], added up in 16 bits and then, times the words at
// `factors`, in 32. All sixteen registers are in use where four columns' sums stay in eight.
#define TWO_QUADS(first, second) \
    __asm__ volatile("vpbroadcastd %[x0], %[x]\n\t" \
                     "vpmaddubsw " first("[w0]") ", %[p0]\n\tvpmaddubsw " first("[w1]") ", %[p1]\n\t" \
                     "vpbroadcastd %[x1], %[x]\n\t" \
                     "vpmaddubsw " first("[w2]") ", %[q]\n\tvpmaddubsw " first("[w3]") ", %[x]\n\t" \
                     "vpaddw %[q], %[p0], %[p0]\n\tvpaddw %[x], %[p1], %[p1]\n\t" \
                     "vpmaddwd %[f0], %[p0], %[p0]\n\tvpmaddwd %[f1], %[p1], %[p1]\n\t" \
                     "vpaddd %[p0], %[s0], %[s0]\n\tvpaddd %[p1], %[s1], %[s1]" \
                     : [s0] "+x"(sum[0]), [s1] "+x"(sum[1]), [p0] "=&x"(pairs0), [p1] "=&x"(pairs1), [q] "=&x"(more), \
                       [x] "=&x"(four) \
                     : [w0] "x"(w[0][0]), [w1] "x"(w[0][1]), [w2] "x"(w[1][0]), [w3] "x"(w[1][1]), \
                       [x0] "m"(*(const char(*)[4])at), [x1] "m"(*(const char(*)[4])(at + 4)), \
                       [f0] "m"(factors[0]), [f1] "m"(factors[second]))
#define SIGNED_CODES(w) "%" w ", %[x]"
#define SIGNED_ACTIVATIONS(w) "%[x], %" w
INLINE void two_quads(const bool negative, __m256i sum[2], __m256i w[2][2], const char *at, const __m256i *factors) {
    __m256i pairs0, pairs1, more, four;
    if (negative) TWO_QUADS(SIGNED_CODES, 1);
    else TWO_QUADS(SIGNED_ACTIVATIONS, 0);
}

INLINE __m256 number(const char *at) {
    float value;
    memcpy(&value, at, 4);
    return _mm256_set1_ps(value);
}

// Behind the sums in scratch: each column's activations of the run as `prepare` puts them, up to
// two bytes each.
#define PREPARED_BYTES (2 * SW_PANEL_K)

INLINE char *prepared(const sw_tile_columns *x, size_t column) {
    return (char *)(x->sums + COLS * SW_TILE_SUMS) + column * PREPARED_BYTES;
}

_Static_assert(SW_PANEL_BYTES + COLS * (SW_TILE_SUMS * sizeof(int32_t) + PREPARED_BYTES) <= SW_GEMM_SCRATCH,
               "the prepared columns fit into scratch");

// Which of the 16 rows there are.
typedef struct sw_tile_rows {
    __m256i written[2];
} sw_tile_rows;

INLINE sw_tile_rows rows_of(const sw_tile *t) {
    const __m256i count = _mm256_set1_epi32((int)t->rows), lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return (sw_tile_rows){{_mm256_cmpgt_epi32(count, lanes),
                           _mm256_cmpgt_epi32(count, _mm256_add_epi32(lanes, _mm256_set1_epi32(8)))}};
}

// The tile's sums so far: zero, or what y holds.
INLINE void load_tile(__m256 acc[][2], const int cols, const sw_tile *t, const sw_tile_rows *rows) {
    UNROLL for (int c = 0; c < cols; c++) {
        UNROLL for (int h = 0; h < 2; h++) {
            acc[c][h] = _mm256_setzero_ps();
            if (!t->first) acc[c][h] = _mm256_maskload_ps(t->y + (size_t)c * t->ldy + 8 * h, rows->written[h]);
        }
    }
}

INLINE void store_tile(__m256 acc[][2], const int cols, const sw_tile *t, const sw_tile_rows *rows) {
    UNROLL for (int c = 0; c < cols; c++) {
        UNROLL for (int h = 0; h < 2; h++) {
            _mm256_maskstore_ps(t->y + (size_t)c * t->ldy + 8 * h, rows->written[h], acc[c][h]);
        }
    }
}

// The next columns' activations and what else of them this form reads.
INLINE void fetch_columns(const int cols, const sw_tile *t, size_t g, const bool s32, const bool s16) {
    if (!t->fetch || g % 2 != 0) return;
    UNROLL for (int c = 0; c < cols; c++) {
        const char *next = t->x->next[c];
        _mm_prefetch(next + 32 * g, _MM_HINT_T0);
        if (g % 16 == 0) _mm_prefetch(next + t->x->d + 4 * g, _MM_HINT_T0);
        if (g % 16 == 0 && s32) _mm_prefetch(next + t->x->s32 + 4 * g, _MM_HINT_T0);
        if (g % 8 == 0 && s16) _mm_prefetch(next + t->x->s16 + 8 * g, _MM_HINT_T0);
    }
}

#endif
