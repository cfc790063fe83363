// matvec_avx2_k.c: the K types: 256 weights with integer scales per 32 or 16.
#if defined(__x86_64__)
#include "matvec_avx2_256.h"

AVX2_BEGIN

// MARK: Q4_K, Q5_K

// Activations of 256 weights whose nibbles come in four runs of 32 bytes; run r holds groups 2 r (low)
// and 2 r + 1 (high). Vectors hold the first or second 16 of both groups. A block unpacks four scales,
// then four minimums, to a 128-bit lane.
typedef struct group32 {
    __m256i first[4], second[4];
    __m256i m;     // multipliers of scales and minimums
    __m256i sums;  // of 32, in the minimums' places
    __m128 unit;   // in the two lowest lanes
} group32;

INLINE group32 prepare_group32(sw_q8 x, size_t i) {
    const __m256i m = _mm256_castsi128_si256(load128(x.m + i / 32));
    const __m256i sums = _mm256_madd_epi16(load256(x.sum + i / 16), _mm256_set1_epi16(1));
    group32 s = {
        .m = _mm256_permute4x64_epi64(m, 0x50),
        .sums = _mm256_packs_epi32(_mm256_setzero_si256(), sums),
        .unit = _mm_set1_ps(x.unit[i / 256]),
    };
    load_halves(x.q + i, 4, s.first, s.second);
    return s;
}

// Scales 0 to 3, minimums 0 to 3, scales 4 to 7, minimums 4 to 7, times the multipliers. b: the first
// 16 bytes of a block.
INLINE __m256i scales_and_minimums(const group32 *s, const uint8_t *b) {
    const __m128i bytes = load128(b);
    const __m128i low = _mm_and_si128(
        _mm_srlv_epi32(_mm_shuffle_epi32(bytes, _MM_SHUFFLE(3, 3, 2, 1)), _mm_setr_epi32(0, 0, 0, 4)),
        _mm_setr_epi32(0x3f3f3f3f, 0x3f3f3f3f, 0x0f0f0f0f, 0x0f0f0f0f));
    const __m128i high = _mm_and_si128(_mm_srli_epi32(_mm_shuffle_epi32(bytes, _MM_SHUFFLE(2, 1, 0, 0)), 2),
                                       _mm_setr_epi32(0, 0, 0x30303030, 0x30303030));
    return _mm256_mullo_epi16(_mm256_cvtepu8_epi16(_mm_or_si128(low, high)), s->m);
}

// The eight scales, in both lanes.
INLINE __m256i scales_of(__m256i both) { return _mm256_permute4x64_epi64(both, 0x88); }

INLINE __m256 add_group32(__m256 sum, const group32 *s, const uint8_t *b, __m256i total, __m256i both) {
    const __m128 halves = _mm_mul_ps(_mm_cvtph_ps(_mm_cvtsi32_si128((int)sw_load32(b))), s->unit);
    const __m256 minimums = _mm256_cvtepi32_ps(_mm256_madd_epi16(both, s->sums));
    sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(total), _mm256_broadcastss_ps(halves), sum);
    return _mm256_fnmadd_ps(minimums, _mm256_broadcastss_ps(_mm_movehdup_ps(halves)), sum);
}

// Adds run r: the first and the second halves of its groups.
INLINE __m256i add_run(__m256i total, const group32 *s, __m256i first, __m256i second, __m256i scales, const int r) {
    const __m256i p = _mm256_add_epi16(pair_products(first, s->first[r]), pair_products(second, s->second[r]));
    return _mm256_add_epi32(total, _mm256_madd_epi16(p, two_words32(scales, r)));
}

INLINE __m256 row_q4_k(const group32 *s, const uint8_t *b, __m256 sum) {
    const __m256i low = _mm256_set1_epi8(15), both = scales_and_minimums(s, b), scales = scales_of(both);
    const __m256i high_lane = _mm256_setr_epi64x(0, 0, 4, 4);
    __m256i total = _mm256_setzero_si256();
    UNROLL
    for (int r = 0; r < 4; r++) {
        const __m256i q0 = _mm256_and_si256(_mm256_srlv_epi64(repeat128(b + 16 + 32 * r), high_lane), low);
        const __m256i q1 = _mm256_and_si256(_mm256_srlv_epi64(repeat128(b + 32 + 32 * r), high_lane), low);
        total = add_run(total, s, q0, q1, scales, r);
    }
    return add_group32(sum, s, b, total, both);
}
INLINE __m256 row_q5_k(const group32 *s, const uint8_t *b, __m256 sum) {
    const __m256i low = _mm256_set1_epi8(15), fifth = _mm256_set1_epi8(16);
    const __m256i high_lane = _mm256_setr_epi64x(0, 0, 4, 4), odd_lane = _mm256_setr_epi64x(0, 0, 1, 1);
    const __m256i both = scales_and_minimums(s, b), scales = scales_of(both);
    // Bit 2 r of each byte: the fifth bit of its element in run r.
    const __m256i h0 = _mm256_srlv_epi64(repeat128(b + 16), odd_lane);
    const __m256i h1 = _mm256_srlv_epi64(repeat128(b + 32), odd_lane);
    __m256i total = _mm256_setzero_si256();
    UNROLL
    for (int r = 0; r < 4; r++) {
        const __m256i f0 = r < 2 ? _mm256_slli_epi64(h0, 4 - 2 * r) : _mm256_srli_epi64(h0, 2 * r - 4);
        const __m256i f1 = r < 2 ? _mm256_slli_epi64(h1, 4 - 2 * r) : _mm256_srli_epi64(h1, 2 * r - 4);
        const __m256i q0 = _mm256_and_si256(_mm256_srlv_epi64(repeat128(b + 48 + 32 * r), high_lane), low);
        const __m256i q1 = _mm256_and_si256(_mm256_srlv_epi64(repeat128(b + 64 + 32 * r), high_lane), low);
        const __m256i w0 = _mm256_or_si256(q0, _mm256_and_si256(f0, fifth));
        const __m256i w1 = _mm256_or_si256(q1, _mm256_and_si256(f1, fifth));
        total = add_run(total, s, w0, w1, scales, r);
    }
    return add_group32(sum, s, b, total, both);
}

// MARK: Q2_K, Q3_K, Q6_K

INLINE run256 prepare_k(sw_q8 x, size_t i) { return prepare_256(x, i, 1); }

INLINE __m256 row_q2_k(const run256 *s, const uint8_t *b, __m256 sum) {
    const __m256i two = _mm256_set1_epi8(3);
    const __m256i packed = _mm256_cvtepu8_epi16(load128(b));
    const __m256i scales = _mm256_and_si256(packed, _mm256_set1_epi16(15));
    const words16 words = words_of_16(_mm256_mullo_epi16(scales, s->m));
    const __m256i minimums = _mm256_mullo_epi16(_mm256_srli_epi16(packed, 4), s->m);
    __m256i total = _mm256_setzero_si256();
    UNROLL
    for (int j = 0; j < 8; j++) {
        const __m256i q = _mm256_srli_epi16(load256(b + 16 + 32 * (j / 4)), 2 * (j % 4));
        total = add_256(total, s, _mm256_and_si256(q, two), word16(words, j), j);
    }
    const __m256 subtracted = _mm256_cvtepi32_ps(_mm256_madd_epi16(minimums, s->sums));
    sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(total), scale_256(s, b + 80), sum);
    return _mm256_fnmadd_ps(subtracted, scale_256(s, b + 82), sum);
}

// Weights are `offset` more than their value.
INLINE __m256 less_offset(const run256 *s, __m256 total, __m256i words, float offset) {
    const __m256 sums = _mm256_cvtepi32_ps(_mm256_madd_epi16(words, s->sums));
    return _mm256_fnmadd_ps(sums, _mm256_set1_ps(offset), total);
}

INLINE __m256 row_q3_k(const run256 *s, const uint8_t *b, __m256 sum) {
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
    const __m128i six = _mm_sub_epi8(_mm_or_si128(low, _mm_slli_epi16(top, 4)), _mm_set1_epi8(32));
    const __m256i scales = _mm256_mullo_epi16(_mm256_cvtepi8_epi16(six), s->m);
    const words16 words = words_of_16(scales);
    const __m256i h = load256(b);
    __m256i total = _mm256_setzero_si256();
    UNROLL
    for (int j = 0; j < 8; j++) {
        const __m256i q =
            _mm256_and_si256(_mm256_srli_epi16(load256(b + 32 + 32 * (j / 4)), 2 * (j % 4)), two);
        const __m256i bit = j < 2 ? _mm256_slli_epi16(h, 2 - j) : _mm256_srli_epi16(h, j - 2);
        total = add_256(total, s, _mm256_or_si256(q, _mm256_and_si256(bit, third)), word16(words, j), j);
    }
    const __m256 products = less_offset(s, _mm256_cvtepi32_ps(total), scales, 4);
    return _mm256_fmadd_ps(products, scale_256(s, b + 108), sum);
}

INLINE __m256 row_q6_k(const run256 *s, const uint8_t *b, __m256 sum) {
    const __m256i low = _mm256_set1_epi8(15), high = _mm256_set1_epi8(0x30);
    const __m256i scales = _mm256_mullo_epi16(_mm256_cvtepi8_epi16(load128(b + 192)), s->m);
    const words16 words = words_of_16(scales);
    // 128 products of 63, 127 and 128 * 127 are what an int32 holds.
    __m256i total[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
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
            total[r] = add_256(total[r], s, weights[k], word16(words, 4 * r + k), 4 * r + k);
        }
    }
    const __m256 products = _mm256_add_ps(_mm256_cvtepi32_ps(total[0]), _mm256_cvtepi32_ps(total[1]));
    return _mm256_fmadd_ps(less_offset(s, products, scales, 32), scale_256(s, b + 208), sum);
}

MATVEC_AVX2(q4_k, group32, 256, 144, 256, prepare_group32, row_q4_k)
MATVEC_AVX2(q5_k, group32, 256, 176, 256, prepare_group32, row_q5_k)
MATVEC_AVX2(q2_k, run256, 256, 84, 256, prepare_k, row_q2_k)
MATVEC_AVX2(q3_k, run256, 256, 110, 256, prepare_k, row_q3_k)
MATVEC_AVX2(q6_k, run256, 256, 210, 256, prepare_k, row_q6_k)

AVX2_END
#endif
