// matvec_avx2_ternary.c: TQ2_0 and TQ1_0: weights of -1, 0 and 1 with one scale per 256.
#if defined(__x86_64__)
#include "matvec_avx2.h"

AVX2_BEGIN

// Activations whose weights' codes differ from their values by an offset.
typedef struct ternary {
    const int8_t *x;
    __m256i words[8];  // multipliers
    __m256 offset;     // what the offset adds, over all lanes
    float unit;        // negative where the codes are
} ternary;

// The word of group j of 32, of eight in both lanes, in all places.
INLINE __m256i word_of(__m256i words, const int j) {
    return _mm256_shuffle_epi8(words, _mm256_set1_epi16((short)(0x0100 + 0x0202 * j)));
}

INLINE ternary prepare_ternary(sw_q8 x, size_t i, int offset, float sign) {
    const __m128i m = load128(x.m + i / 32);
    const __m256i both = _mm256_broadcastsi128_si256(m);
    ternary t = {.x = x.q + i, .unit = x.unit[i / 256] * sign};
    UNROLL
    for (int j = 0; j < 8; j++) t.words[j] = word_of(both, j);
    const __m256i each = _mm256_setr_m128i(_mm_unpacklo_epi16(m, m), _mm_unpackhi_epi16(m, m));
    const __m256 sums = _mm256_cvtepi32_ps(_mm256_madd_epi16(each, load256(x.sum + i / 16)));
    t.offset = _mm256_mul_ps(sums, _mm256_set1_ps((float)offset));
    return t;
}

INLINE __m256i add_ternary(__m256i total, const ternary *s, __m256i codes, const int j) {
    const __m256i p = pair_products(codes, load256(s->x + 32 * j));
    return _mm256_add_epi32(total, _mm256_madd_epi16(p, s->words[j]));
}

INLINE __m256 finish_ternary(__m256 sum, const ternary *s, __m256i total, const uint8_t *half) {
    const __m256 d = _mm256_mul_ps(half256(half), _mm256_set1_ps(s->unit));
    return _mm256_fmadd_ps(_mm256_sub_ps(_mm256_cvtepi32_ps(total), s->offset), d, sum);
}

INLINE ternary prepare_tq2_0(sw_q8 x, size_t i) { return prepare_ternary(x, i, 1, 1); }

INLINE __m256 row_tq2_0(const ternary *s, const uint8_t *b, __m256 sum) {
    __m256i total = _mm256_setzero_si256();
    UNROLL
    for (int j = 0; j < 8; j++) {
        const __m256i q = _mm256_srli_epi16(load256(b + 32 * (j / 4)), 2 * (j % 4));
        total = add_ternary(total, s, _mm256_and_si256(q, _mm256_set1_epi8(3)), j);
    }
    return finish_ternary(sum, s, total, b + 64);
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

INLINE ternary prepare_tq1_0(sw_q8 x, size_t i) { return prepare_ternary(x, i, 2, -1); }

INLINE __m256 row_tq1_0(const ternary *s, const uint8_t *b, __m256 sum) {
    __m256i total = _mm256_setzero_si256(), x = load256(b);
    UNROLL
    for (int k = 0; k < 5; k++) {
        total = add_ternary(total, s, digit_code(x), k);
        x = times3(x);
    }
    // 16 bytes of five digits, 4 bytes of four: their products with powers of three, in order.
    const __m128i h = _mm_cvtsi32_si128((int)sw_load32(b + 48));
    __m256i d0 = _mm256_setr_m128i(load128(b + 32), h);
    const __m256i d1 = times3(d0), d2 = times3(d1), d3 = times3(d2), d4 = times3(d3);
    const __m128i last = _mm_unpacklo_epi64(
        _mm_unpacklo_epi32(_mm256_extracti128_si256(d0, 1), _mm256_extracti128_si256(d1, 1)),
        _mm_unpacklo_epi32(_mm256_extracti128_si256(d2, 1), _mm256_extracti128_si256(d3, 1)));
    const __m256i a = _mm256_inserti128_si256(d0, _mm256_castsi256_si128(d1), 1);
    const __m256i c = _mm256_inserti128_si256(d2, _mm256_castsi256_si128(d3), 1);
    total = add_ternary(total, s, digit_code(a), 5);
    total = add_ternary(total, s, digit_code(c), 6);
    total = add_ternary(total, s, digit_code(_mm256_inserti128_si256(d4, last, 1)), 7);
    return finish_ternary(sum, s, total, b + 52);
}

MATVEC_AVX2(tq2_0, ternary, 256, 66, 256, prepare_tq2_0, row_tq2_0)
MATVEC_AVX2(tq1_0, ternary, 256, 54, 256, prepare_tq1_0, row_tq1_0)

AVX2_END
#endif
