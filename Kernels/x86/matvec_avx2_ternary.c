// matvec_avx2_ternary.c: TQ2_0 and TQ1_0: weights of -1, 0 and 1 with one scale per 256.
#if defined(__x86_64__)
#include "matvec_avx2_group16.h"

AVX2_BEGIN

INLINE __m256 add_ternary(__m256 products, const group16 *s, __m256i weights, const int j) {
    const __m256i p = _mm256_sub_epi16(pair_products(weights, s->x[j]), s->offset[j]);
    return add_products(products, _mm256_madd_epi16(p, _mm256_set1_epi16(1)), _mm256_set1_ps(s->d[j]));
}

INLINE group16 prepare_tq2_0(sw_q8 x, size_t i) { return prepare_group16(x, i, 1, 1); }

INLINE __m256 row_tq2_0(const group16 *s, const uint8_t *b, __m256 sum) {
    __m256 products = _mm256_setzero_ps();
    UNROLL
    for (int j = 0; j < 8; j++) {
        const __m256i q = _mm256_srli_epi16(load256(b + 32 * (j / 4)), 2 * (j % 4));
        products = add_ternary(products, s, _mm256_and_si256(q, _mm256_set1_epi8(3)), j);
    }
    return _mm256_fmadd_ps(products, half256(b + 64), sum);
}

// The first digit of x is x * 3 / 256 = floor(3 x / 4) / 64. vpavgb rounds up, so with complements
// (n = 255 - x) it rounds down: avg(n, avg(n, 255)) = 255 - floor(3 x / 4), and the two top bits
// are 3 - digit, which makes them 2 - weight.
INLINE __m256i digit_code(__m256i x) {
    const __m256i ones = _mm256_set1_epi8(-1), n = _mm256_xor_si256(x, ones);
    const __m256i three_quarters = _mm256_avg_epu8(n, _mm256_avg_epu8(n, ones));
    return _mm256_and_si256(_mm256_srli_epi16(three_quarters, 6), _mm256_set1_epi8(3));
}
INLINE __m256i times3(__m256i x) { return _mm256_add_epi8(x, _mm256_add_epi8(x, x)); }

INLINE group16 prepare_tq1_0(sw_q8 x, size_t i) { return prepare_group16(x, i, 2, -1); }

INLINE __m256 row_tq1_0(const group16 *s, const uint8_t *b, __m256 sum) {
    __m256 products = _mm256_setzero_ps();
    __m256i x = load256(b);
    UNROLL
    for (int k = 0; k < 5; k++) {
        products = add_ternary(products, s, digit_code(x), k);
        x = times3(x);
    }
    // 16 bytes of five digits, 4 bytes of four: their products with powers of three, in order.
    const __m128i h = _mm_cvtsi32_si128((int)sw_load32(b + 48));
    __m256i d0 = _mm256_setr_m128i(load128(b + 32), h);
    const __m256i d1 = times3(d0), d2 = times3(d1), d3 = times3(d2), d4 = times3(d3);
    const __m128i last = _mm_unpacklo_epi64(
        _mm_unpacklo_epi32(_mm256_extracti128_si256(d0, 1), _mm256_extracti128_si256(d1, 1)),
        _mm_unpacklo_epi32(_mm256_extracti128_si256(d2, 1), _mm256_extracti128_si256(d3, 1)));
    products =
        add_ternary(products, s, digit_code(_mm256_inserti128_si256(d0, _mm256_castsi256_si128(d1), 1)), 5);
    products =
        add_ternary(products, s, digit_code(_mm256_inserti128_si256(d2, _mm256_castsi256_si128(d3), 1)), 6);
    products = add_ternary(products, s, digit_code(_mm256_inserti128_si256(d4, last, 1)), 7);
    return _mm256_fmadd_ps(products, half256(b + 52), sum);
}

MATVEC_AVX2(tq2_0, group16, 256, 66, 256, prepare_tq2_0, row_tq2_0)
MATVEC_AVX2(tq1_0, group16, 256, 54, 256, prepare_tq1_0, row_tq1_0)

AVX2_END
#endif
