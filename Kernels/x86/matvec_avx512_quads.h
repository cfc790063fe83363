// matvec_avx512_quads.h: four groups of 32 at a time, for blocks whose bytes hold elements i (low
// nibble) and 16 + i (high).
#ifndef SWINFER_MATVEC_AVX512_QUADS_H
#define SWINFER_MATVEC_AVX512_QUADS_H

#include "matvec_avx512.h"

AVX512_BEGIN

// Activations of four groups of 32: their first and their second halves, so that both halves of
// a group add up in the same four lanes.
typedef struct quads {
    __m512i first, second, start;
    __m512 d;  // scale of group k in lanes 4 k ..< 4 k + 4
    __m512 s;  // sum of group k in lane 4 k, else 0
} quads;

INLINE quads prepare_quads(sw_q8 x, size_t i, char offset) {
    const __m512i a = load512(x.q + i), b = load512(x.q + i + 64);
    const __m512i group = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    const __m512 d = _mm512_castps128_ps512(_mm_loadu_ps(x.d + i / 32));
    const __m512 s = _mm512_castps128_ps512(_mm_loadu_ps(x.s32 + i / 32));
    quads v = {.first = _mm512_shuffle_i64x2(a, b, 0x88),
               .second = _mm512_shuffle_i64x2(a, b, 0xdd),
               .d = _mm512_permutexvar_ps(group, d),
               .s = _mm512_maskz_permutexvar_ps(0x1111, group, s)};
    v.start = _mm512_setzero_si512();
    if (offset) v.start = _mm512_add_epi32(offset_start(offset, v.first), offset_start(offset, v.second));
    return v;
}

// Word k of `from` and the vector that starts `shift` words later, as one run of words.
#define WORDS(k, shift) (short)((k) < 32 ? (k) : (k) - (shift) + 32)
#define BLOCK_WORDS(k, shift)                                                                            \
    WORDS(k, shift), WORDS(k + 1, shift), WORDS(k + 2, shift), WORDS(k + 3, shift), WORDS(k + 4, shift), \
        WORDS(k + 5, shift), WORDS(k + 6, shift), WORDS(k + 7, shift)
#define FOUR(k) k, k, k, k

typedef short words512[32] __attribute__((aligned(64)));

// Word k of each of the four blocks whose words start at idx, four times.
INLINE __m512 block_halves(__m512i bytes, const short *words) {
    return _mm512_cvtph_ps(_mm512_castsi512_si256(_mm512_permutexvar_epi16(load512(words), bytes)));
}

// Q4_0 and IQ4_NL: four blocks of 9 words, from two loads, the second 4 words later.
static const words512 q4_0_q = {BLOCK_WORDS(1, 4), BLOCK_WORDS(10, 4), BLOCK_WORDS(19, 4),
                                BLOCK_WORDS(28, 4)};
static const words512 q4_0_d = {FOUR(0), FOUR(9), FOUR(18), FOUR(27)};

AVX512_END

#endif
