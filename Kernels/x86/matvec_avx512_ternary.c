// matvec_avx512_ternary.c: TQ2_0 and TQ1_0: weights of -1, 0 and 1 with one scale per 256.
#if defined(__x86_64__)
#include "matvec_avx512.h"

AVX512_BEGIN

// MARK: TQ2_0

// Activations of 256 weights: groups k and 4 + k of 32, as the two bits k of 64 bytes have them.
typedef struct two_bits {
    __m512i x[4], start[4];
    __m512 d[4];
} two_bits;

INLINE two_bits prepare_tq2_0(sw_q8 x, size_t i) {
    const __m512 d = _mm512_castps256_ps512(_mm256_loadu_ps(x.d + i / 32));
    two_bits s;
    UNROLL
    for (int k = 0; k < 4; k++) {
        s.x[k] = _mm512_inserti64x4(_mm512_castsi256_si512(load256(x.q + i + 32 * k)),
                                    load256(x.q + i + 128 + 32 * k), 1);
        s.start[k] = offset_start(1, s.x[k]);
        const __m512i lanes = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 4, 4, 4);
        s.d[k] = _mm512_permutexvar_ps(_mm512_add_epi32(lanes, _mm512_set1_epi32(k)), d);
    }
    return s;
}

INLINE __m512 row_tq2_0(const two_bits *s, const uint8_t *b, __m512 sum) {
    const __m512i q = load512(b), two = _mm512_set1_epi8(3);
    __m512 products = _mm512_setzero_ps();
    UNROLL
    for (int k = 0; k < 4; k++) {
        const __m512i weights = _mm512_and_si512(_mm512_srli_epi16(q, (unsigned)(2 * k)), two);
        products = add_products(products, dot(s->start[k], weights, s->x[k]), s->d[k]);
    }
    return _mm512_fmadd_ps(products, half512(b + 64), sum);
}

// MARK: TQ1_0

// Activations that digit k of a block's 52 bytes meets: 32 of group k, 16 of those from 160 on,
// 4 of those from 240 on (none for the last digit), and zeros.
typedef struct digits {
    __m512i x[5], start[5];
    __m512 d[5];
} digits;

INLINE digits prepare_tq1_0(sw_q8 x, size_t i) {
    digits s;
    UNROLL
    for (int k = 0; k < 5; k++) {
        const int8_t *q = x.q + i;
        const float *d = x.d + i / 32;
        const __m128i last = k < 4 ? _mm_cvtsi32_si128((int)sw_load32(q + 240 + 4 * k)) : _mm_setzero_si128();
        const __m256i rest = _mm256_setr_m128i(load128(q + 160 + 16 * k), last);
        s.x[k] = _mm512_inserti64x4(_mm512_castsi256_si512(load256(q + 32 * k)), rest, 1);
        // The code is 3 - (weight + 1): see below.
        s.start[k] = offset_start(2, s.x[k]);
        const __m256 d_rest = _mm256_setr_m128(_mm_set1_ps(d[5 + k / 2]), _mm_set1_ps(d[7]));
        s.d[k] = _mm512_insertf32x8(_mm512_set1_ps(d[k]), d_rest, 1);
        s.d[k] = _mm512_sub_ps(_mm512_setzero_ps(), s.d[k]);
    }
    return s;
}

// The first digit of x is x * 3 / 256 = floor(3 x / 4) / 64. vpavgb rounds up, so with complements
// (n = 255 - x) it rounds down: avg(n, avg(n, 255)) = 255 - floor(3 x / 4), and the two top bits
// are 3 - digit.
INLINE __m512 row_tq1_0(const digits *s, const uint8_t *b, __m512 sum) {
    const __m512i ones = _mm512_set1_epi8(-1), two = _mm512_set1_epi8(3);
    __m512i x = _mm512_maskz_loadu_epi8(0x000fffffffffffff, b);
    __m512 products = _mm512_setzero_ps();
    UNROLL
    for (int k = 0; k < 5; k++) {
        const __m512i n = _mm512_xor_si512(x, ones);
        const __m512i three_quarters = _mm512_avg_epu8(n, _mm512_avg_epu8(n, ones));
        const __m512i weights = _mm512_and_si512(_mm512_srli_epi16(three_quarters, 6), two);
        products = add_products(products, dot(s->start[k], weights, s->x[k]), s->d[k]);
        x = _mm512_add_epi8(x, _mm512_add_epi8(x, x));
    }
    return _mm512_fmadd_ps(products, half512(b + 52), sum);
}

MATVEC_AVX512(tq2_0, two_bits, 256, 66, 256, prepare_tq2_0, row_tq2_0)
MATVEC_AVX512(tq1_0, digits, 256, 54, 256, prepare_tq1_0, row_tq1_0)

AVX512_END
#endif
