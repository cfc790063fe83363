// matvec_avx2_32.c: the types with one float scale per 32 weights, four blocks a step.
#if defined(__x86_64__)
#include "matvec_avx2_quads.h"

AVX2_BEGIN

INLINE __m256 add_nibbles(__m256 sum, const quads *s, const uint8_t *q, const size_t stride, __m128 scales) {
    const __m256i low = _mm256_set1_epi8(15);
    UNROLL
    for (int k = 0; k < 2; k++) {
        const __m256i bytes = load_two(q + 2 * k * stride, q + (2 * k + 1) * stride);
        const __m256i a = _mm256_and_si256(bytes, low),
                      c = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low);
        const __m256i p =
            sum_pairs(pair_products(a, s->first[k]), pair_products(c, s->second[k]), s->offset[k]);
        sum = add_products(sum, p, two_scales(scales, k));
    }
    return sum;
}

INLINE quads prepare_q4_0(sw_q8 x, size_t i) { return prepare_quads(x, i, 8); }

INLINE __m256 row_q4_0(const quads *s, const uint8_t *b, __m256 sum) {
    return add_nibbles(sum, s, b + 2, 18, _mm_mul_ps(four_halves(b, 18), s->d));
}

INLINE quads prepare_q4_1(sw_q8 x, size_t i) { return prepare_quads(x, i, 0); }

// Adds minimums times sums to the four low lanes.
INLINE __m256 add_minimums(__m256 sum, __m128 minimums, __m128 sums) {
    return _mm256_add_ps(sum, _mm256_zextps128_ps256(_mm_mul_ps(minimums, sums)));
}

INLINE __m256 row_q4_1(const quads *s, const uint8_t *b, __m256 sum) {
    sum = add_minimums(sum, four_halves(b + 2, 20), s->s);
    return add_nibbles(sum, s, b + 4, 20, _mm_mul_ps(four_halves(b, 20), s->d));
}

// 16 in the bytes whose bits are set in the two words (of two blocks, from bit `first` on).
INLINE __m256i fifth_bits(uint32_t a, uint32_t b, const int first) {
    const __m256i words =
        _mm256_setr_m128i(_mm_set1_epi16((short)(a >> first)), _mm_set1_epi16((short)(b >> first)));
    const __m256i byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0, 0x0101010101010101);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(words, byte), bit), bit);
    return _mm256_and_si256(set, _mm256_set1_epi8(16));
}

INLINE __m256 add_fives(__m256 sum, const quads *s, const uint8_t *h, const size_t stride, __m128 scales) {
    const __m256i low = _mm256_set1_epi8(15);
    UNROLL
    for (int k = 0; k < 2; k++) {
        const uint8_t *h0 = h + 2 * k * stride, *h1 = h0 + stride;
        const __m256i bytes = load_two(h0 + 4, h1 + 4);
        const __m256i a =
            _mm256_or_si256(_mm256_and_si256(bytes, low), fifth_bits(sw_load32(h0), sw_load32(h1), 0));
        const __m256i c = _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(bytes, 4), low),
                                          fifth_bits(sw_load32(h0), sw_load32(h1), 16));
        const __m256i p =
            sum_pairs(pair_products(a, s->first[k]), pair_products(c, s->second[k]), s->offset[k]);
        sum = add_products(sum, p, two_scales(scales, k));
    }
    return sum;
}

INLINE quads prepare_q5_0(sw_q8 x, size_t i) { return prepare_quads(x, i, 16); }

INLINE __m256 row_q5_0(const quads *s, const uint8_t *b, __m256 sum) {
    return add_fives(sum, s, b + 2, 22, _mm_mul_ps(four_halves(b, 22), s->d));
}

INLINE __m256 row_q5_1(const quads *s, const uint8_t *b, __m256 sum) {
    sum = add_minimums(sum, four_halves(b + 2, 24), s->s);
    return add_fives(sum, s, b + 4, 24, _mm_mul_ps(four_halves(b, 24), s->d));
}

// MARK: Q8_0, Q1_0

typedef struct singles {
    __m256i x[4];
    __m128 d;
    float scales[4];
} singles;

INLINE singles prepare_q8_0(sw_q8 x, size_t i) {
    singles s;
    UNROLL
    for (int k = 0; k < 4; k++) s.x[k] = load256(x.q + i + 32 * k);
    s.d = _mm_loadu_ps(x.d + i / 32);
    _mm_storeu_ps(s.scales, s.d);
    return s;
}

INLINE __m256 row_q8_0(const singles *s, const uint8_t *b, __m256 sum) {
    const __m128 scales = _mm_mul_ps(four_halves(b, 34), s->d);
    const __m256 both = _mm256_castps128_ps256(scales);
    UNROLL
    for (int k = 0; k < 4; k++) {
        const __m256i p = sum_four(signed_products(load256(b + 34 * k + 2), s->x[k]));
        sum = add_products(sum, p, _mm256_permutevar8x32_ps(both, _mm256_set1_epi32(k)));
    }
    return sum;
}

// Twice the activations whose bits are set, less all.
INLINE __m256 row_q1_0(const singles *s, const uint8_t *b, __m256 sum) {
    const __m256i byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    __m256 products = _mm256_setzero_ps();
    UNROLL
    for (int k = 0; k < 4; k++) {
        const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32((int)sw_load32(b + 2 + 4 * k)), byte);
        // -1 where the bit is set, 1 where not.
        const __m256i negated =
            _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit), _mm256_set1_epi8(1));
        const __m256i p = sum_four(pair_products(_mm256_set1_epi8(1), _mm256_sign_epi8(s->x[k], negated)));
        products = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(p), _mm256_set1_ps(s->scales[k]), products);
    }
    return _mm256_fmadd_ps(products, half256(b), sum);
}

MATVEC_AVX2(q1_0, singles, 128, 18, 128, prepare_q8_0, row_q1_0)
MATVEC_AVX2(q4_0, quads, 32, 18, 128, prepare_q4_0, row_q4_0)
MATVEC_AVX2(q4_1, quads, 32, 20, 128, prepare_q4_1, row_q4_1)
MATVEC_AVX2(q5_0, quads, 32, 22, 128, prepare_q5_0, row_q5_0)
MATVEC_AVX2(q5_1, quads, 32, 24, 128, prepare_q4_1, row_q5_1)
MATVEC_AVX2(q8_0, singles, 32, 34, 128, prepare_q8_0, row_q8_0)

AVX2_END
#endif
