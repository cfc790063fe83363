// matvec_avx512_ternary.c: TQ2_0 and TQ1_0: weights of -1, 0 and 1 with one scale per 256.
#if defined(__x86_64__)
#include "matvec_avx512_turned.h"

AVX512_BEGIN

// MARK: TQ2_0

// Group 4 k + j has the bits 2 j of run k of two runs of 32 bytes; they stay where they are: 4, 16 or 64 times their
// value.
INLINE less prepare_tq2_0(sw_q8 x, size_t i) {
    const __m512i low = _mm512_broadcast_i32x4(_mm_setr_epi32(1, 4, 16, 64));
    const __m512i offsets = _mm512_mask_slli_epi32(low, 0xff00, low, 16);
    return prepare_less(x, i, offsets, _mm512_broadcast_f32x4(_mm_setr_ps(1, 0.25f, 0.0625f, 0.015625f)));
}

INLINE weights unpack_tq2_0(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m512i q = two_runs(b);
    const __m512i two = _mm512_broadcast_i32x4(_mm_setr_epi32(0x03030303, 0x0c0c0c0c, 0x30303030, (int)0xc0c0c0c0));
    weights to = {.d = half_at_end(b + 64)};
    UNROLL
    for (int t = 0; t < 4; t++) to.w[t] = _mm512_and_si512(spread(q, t), two);
    return to;
}

// MARK: TQ1_0

// The code is 3 - (weight + 1), see below.
INLINE less prepare_tq1_0(sw_q8 x, size_t i) {
    less s = prepare_offset(x, i, 2, 1);
    s.x.d = _mm512_sub_ps(_mm512_setzero_ps(), s.x.d);
    return s;
}

// Digit k of a block's 52 bytes: 32 of group k, 16 from 160 + 16 k on, 4 from 240 + 4 k on (none for the last digit).
//
// The first digit of x is x * 3 / 256 = floor(3 x / 4) / 64. vpavgb rounds up, so with complements
// (n = 255 - x) it rounds down: avg(n, avg(n, 255)) = 255 - floor(3 x / 4), and the two top bits
// are 3 - digit.
INLINE weights unpack_tq1_0(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m512i ones = _mm512_set1_epi8(-1), two = _mm512_set1_epi8(3);
    __m512i x = _mm512_maskz_loadu_epi8(0x000fffffffffffff, b), d[5];
    UNROLL
    for (int k = 0; k < 5; k++) {
        const __m512i n = _mm512_xor_si512(x, ones);
        const __m512i three_quarters = _mm512_avg_epu8(n, _mm512_avg_epu8(n, ones));
        d[k] = _mm512_and_si512(_mm512_srli_epi16(three_quarters, 6), two);
        x = _mm512_add_epi8(x, _mm512_add_epi8(x, x));
    }
    // Sixteens of two digits, and the four bytes of four digits in the last lane.
    const __m512i sixteens = _mm512_setr_epi64(4, 5, 12, 13, 4, 5, 12, 13);
    const __m512i fours = _mm512_unpacklo_epi64(_mm512_unpacklo_epi32(d[0], d[1]), _mm512_unpacklo_epi32(d[2], d[3]));
    const __m512i last = _mm512_mask_blend_epi64(0xc0, d[4], fours);
    const __m512i v[4] = {_mm512_shuffle_i64x2(d[0], d[1], 0x44), _mm512_shuffle_i64x2(d[2], d[3], 0x44),
                          _mm512_shuffle_i64x2(d[4], _mm512_permutex2var_epi64(d[0], sixteens, d[1]), 0x44),
                          _mm512_shuffle_i64x2(_mm512_permutex2var_epi64(d[2], sixteens, d[3]), last, 0xe4)};
    weights to = {.d = half_at_end(b + 52)};
    turn(v, to.w);
    return to;
}

MATVEC_LESS(tq2_0, sw_block, 256, 66, prepare_tq2_0, sw_read_block, unpack_tq2_0)
MATVEC_LESS(tq1_0, sw_block, 256, 54, prepare_tq1_0, sw_read_block, unpack_tq1_0)

AVX512_END
#endif
