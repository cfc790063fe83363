// matvec_avx2_k.c: the K types: 256 weights with integer scales per 32 or 16.
#if defined(__x86_64__)
#include "matvec_avx2_group16.h"

AVX2_BEGIN

// MARK: Q4_K, Q5_K

// Activations of 256 weights whose nibbles come in four runs of 32 bytes; run r holds groups
// 2 r (low) and 2 r + 1 (high). Vectors hold the first or second 16 of both groups.
typedef struct group32 {
    __m256i first[4], second[4];
    __m256 d[4];  // scales of the two groups, four lanes each
    __m256 s;     // sums of the eight groups
} group32;

INLINE group32 prepare_group32(sw_q8 x, size_t i) {
    group32 s;
    const __m256 d = _mm256_loadu_ps(x.d + i / 32);
    UNROLL
    for (int r = 0; r < 4; r++) {
        const int8_t *q = x.q + i + 64 * r;
        s.first[r] = load_two(q, q + 32);
        s.second[r] = load_two(q + 16, q + 48);
        const int g = 2 * r;
        s.d[r] = _mm256_permutevar8x32_ps(d, _mm256_setr_epi32(g, g, g, g, g + 1, g + 1, g + 1, g + 1));
    }
    s.s = _mm256_loadu_ps(x.s32 + i / 32);
    return s;
}

// Bytes: scales 0..3, minimums 0..3, scales 4..7, minimums 4..7. b: the first 16 bytes of a block.
INLINE __m128i scales_and_minimums(const uint8_t *b) {
    const __m128i bytes = load128(b);
    const __m128i low = _mm_and_si128(
        _mm_srlv_epi32(_mm_shuffle_epi32(bytes, _MM_SHUFFLE(3, 3, 2, 1)), _mm_setr_epi32(0, 0, 0, 4)),
        _mm_setr_epi32(0x3f3f3f3f, 0x3f3f3f3f, 0x0f0f0f0f, 0x0f0f0f0f));
    const __m128i high = _mm_and_si128(_mm_srli_epi32(_mm_shuffle_epi32(bytes, _MM_SHUFFLE(2, 1, 0, 0)), 2),
                                       _mm_setr_epi32(0, 0, 0x30303030, 0x30303030));
    return _mm_or_si128(low, high);
}

// Scales 2 r and 2 r + 1 as words, one to a lane.
INLINE __m256i group32_words(__m256i scales, const int r) {
    const int first = r < 2 ? 2 * r : 2 * r + 4;
    const short a = (short)(0x8000 | first), c = (short)(0x8000 | (first + 1));
    return _mm256_shuffle_epi8(scales, _mm256_setr_epi16(a, a, a, a, a, a, a, a, c, c, c, c, c, c, c, c));
}

INLINE __m256 add_group32(__m256 sum, __m256 products, __m128i scales, const uint8_t *b, __m256 s) {
    const __m128 halves = _mm_cvtph_ps(_mm_cvtsi32_si128((int)sw_load32(b)));
    sum = _mm256_fmadd_ps(products, _mm256_broadcastss_ps(halves), sum);
    const __m128i minimums = _mm_shuffle_epi32(scales, _MM_SHUFFLE(3, 3, 3, 1));
    const __m256 subtracted = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(minimums)), s);
    return _mm256_fnmadd_ps(subtracted, _mm256_broadcastss_ps(_mm_movehdup_ps(halves)), sum);
}

INLINE __m256 row_q4_k(const group32 *s, const uint8_t *b, __m256 sum) {
    const __m256i low = _mm256_set1_epi8(15), high_lane = _mm256_setr_epi64x(0, 0, 4, 4);
    const __m128i scales = scales_and_minimums(b);
    const __m256i both = _mm256_broadcastsi128_si256(scales);
    __m256 products = _mm256_setzero_ps();
    UNROLL
    for (int r = 0; r < 4; r++) {
        const __m256i q0 = _mm256_and_si256(_mm256_srlv_epi64(repeat128(b + 16 + 32 * r), high_lane), low);
        const __m256i q1 = _mm256_and_si256(_mm256_srlv_epi64(repeat128(b + 32 + 32 * r), high_lane), low);
        const __m256i p = _mm256_add_epi16(pair_products(q0, s->first[r]), pair_products(q1, s->second[r]));
        products = add_products(products, _mm256_madd_epi16(p, group32_words(both, r)), s->d[r]);
    }
    return add_group32(sum, products, scales, b, s->s);
}

INLINE __m256 row_q5_k(const group32 *s, const uint8_t *b, __m256 sum) {
    const __m256i low = _mm256_set1_epi8(15), fifth = _mm256_set1_epi8(16);
    const __m256i high_lane = _mm256_setr_epi64x(0, 0, 4, 4), odd_lane = _mm256_setr_epi64x(0, 0, 1, 1);
    const __m128i scales = scales_and_minimums(b);
    const __m256i both = _mm256_broadcastsi128_si256(scales);
    // Bit 2 r of each byte: the fifth bit of its element in run r.
    const __m256i h0 = _mm256_srlv_epi64(repeat128(b + 16), odd_lane);
    const __m256i h1 = _mm256_srlv_epi64(repeat128(b + 32), odd_lane);
    __m256 products = _mm256_setzero_ps();
    UNROLL
    for (int r = 0; r < 4; r++) {
        const __m256i f0 = r < 2 ? _mm256_slli_epi64(h0, 4 - 2 * r) : _mm256_srli_epi64(h0, 2 * r - 4);
        const __m256i f1 = r < 2 ? _mm256_slli_epi64(h1, 4 - 2 * r) : _mm256_srli_epi64(h1, 2 * r - 4);
        const __m256i q0 = _mm256_and_si256(_mm256_srlv_epi64(repeat128(b + 48 + 32 * r), high_lane), low);
        const __m256i q1 = _mm256_and_si256(_mm256_srlv_epi64(repeat128(b + 64 + 32 * r), high_lane), low);
        const __m256i w0 = _mm256_or_si256(q0, _mm256_and_si256(f0, fifth));
        const __m256i w1 = _mm256_or_si256(q1, _mm256_and_si256(f1, fifth));
        const __m256i p = _mm256_add_epi16(pair_products(w0, s->first[r]), pair_products(w1, s->second[r]));
        products = add_products(products, _mm256_madd_epi16(p, group32_words(both, r)), s->d[r]);
    }
    return add_group32(sum, products, scales, b, s->s);
}

// MARK: Q2_K, Q3_K, Q6_K

INLINE group16 prepare_q2_k(sw_q8 x, size_t i) { return prepare_group16(x, i, 0, 1); }

INLINE __m256 row_q2_k(const group16 *s, const uint8_t *b, __m256 sum) {
    const __m256i two = _mm256_set1_epi8(3);
    const __m128i packed = load128(b), low = _mm_set1_epi8(15);
    const __m256i scales = _mm256_broadcastsi128_si256(_mm_and_si128(packed, low));
    __m256 products = _mm256_setzero_ps();
    UNROLL
    for (int j = 0; j < 8; j++) {
        const __m256i q =
            _mm256_and_si256(_mm256_srli_epi16(load256(b + 16 + 32 * (j / 4)), 2 * (j % 4)), two);
        const __m256i p = _mm256_madd_epi16(pair_products(q, s->x[j]), group16_words(scales, 0, j));
        products = add_products(products, p, _mm256_set1_ps(s->d[j]));
    }
    const __m128i minimums = _mm_and_si128(_mm_srli_epi16(packed, 4), low);
    const __m256 m0 = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(minimums));
    const __m256 m1 = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(minimums, 8)));
    const __m256 subtracted = _mm256_fmadd_ps(m1, s->s[1], _mm256_mul_ps(m0, s->s[0]));
    sum = _mm256_fmadd_ps(products, half256(b + 80), sum);
    return _mm256_fnmadd_ps(subtracted, half256(b + 82), sum);
}

INLINE group16 prepare_q3_k(sw_q8 x, size_t i) { return prepare_group16(x, i, 4, 0x1p-8f); }

INLINE __m256 row_q3_k(const group16 *s, const uint8_t *b, __m256 sum) {
    const __m256i two = _mm256_set1_epi8(3), third = _mm256_set1_epi8(4);
    const __m128i packed = load128(b + 94);  // two bytes of q, twelve of scales, d
    const __m128i low =
        _mm_and_si128(_mm_srlv_epi64(_mm_shuffle_epi8(packed, _mm_setr_epi8(2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4,
                                                                            5, 6, 7, 8, 9)),
                                     _mm_set_epi64x(4, 0)),
                      _mm_set1_epi8(15));
    const __m128i repeated = _mm_shuffle_epi8(
        packed, _mm_setr_epi8(10, 11, 12, 13, 10, 11, 12, 13, 10, 11, 12, 13, 10, 11, 12, 13));
    const __m128i top = _mm_and_si128(_mm_srlv_epi32(repeated, _mm_setr_epi32(0, 2, 4, 6)), _mm_set1_epi8(3));
    const __m128i six = _mm_or_si128(low, _mm_slli_epi16(top, 4));
    const __m256i scales = _mm256_broadcastsi128_si256(_mm_sub_epi8(six, _mm_set1_epi8(32)));
    const __m256i h = load256(b);
    __m256 products = _mm256_setzero_ps();
    UNROLL
    for (int j = 0; j < 8; j++) {
        const __m256i q =
            _mm256_and_si256(_mm256_srli_epi16(load256(b + 32 + 32 * (j / 4)), 2 * (j % 4)), two);
        const __m256i bit = j < 2 ? _mm256_slli_epi16(h, 2 - j) : _mm256_srli_epi16(h, j - 2);
        const __m256i weights = _mm256_or_si256(q, _mm256_and_si256(bit, third));
        products = add_group16(products, s, weights, group16_words(scales, 1, j), j);
    }
    return _mm256_fmadd_ps(products, half256(b + 108), sum);
}

INLINE group16 prepare_q6_k(sw_q8 x, size_t i) { return prepare_group16(x, i, 32, 0x1p-8f); }

INLINE __m256 row_q6_k(const group16 *s, const uint8_t *b, __m256 sum) {
    const __m256i low = _mm256_set1_epi8(15), high = _mm256_set1_epi8(0x30);
    const __m256i scales = repeat128(b + 192);
    __m256 products = _mm256_setzero_ps();
    UNROLL
    for (int r = 0; r < 2; r++) {
        const __m256i l0 = load256(b + 64 * r), l1 = load256(b + 64 * r + 32), h = load256(b + 128 + 32 * r);
        const __m256i weights[4] = {
            _mm256_or_si256(_mm256_and_si256(l0, low), _mm256_and_si256(_mm256_slli_epi16(h, 4), high)),
            _mm256_or_si256(_mm256_and_si256(l1, low), _mm256_and_si256(_mm256_slli_epi16(h, 2), high)),
            _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(l0, 4), low), _mm256_and_si256(h, high)),
            _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(l1, 4), low),
                            _mm256_and_si256(_mm256_srli_epi16(h, 2), high))};
        UNROLL
        for (int k = 0; k < 4; k++) {
            products = add_group16(products, s, weights[k], group16_words(scales, 1, 4 * r + k), 4 * r + k);
        }
    }
    return _mm256_fmadd_ps(products, half256(b + 208), sum);
}

MATVEC_AVX2(q4_k, group32, 256, 144, 256, prepare_group32, row_q4_k)
MATVEC_AVX2(q5_k, group32, 256, 176, 256, prepare_group32, row_q5_k)
MATVEC_AVX2(q2_k, group16, 256, 84, 256, prepare_q2_k, row_q2_k)
MATVEC_AVX2(q3_k, group16, 256, 110, 256, prepare_q3_k, row_q3_k)
MATVEC_AVX2(q6_k, group16, 256, 210, 256, prepare_q6_k, row_q6_k)

AVX2_END
#endif
