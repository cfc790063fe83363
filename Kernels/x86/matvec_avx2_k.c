// matvec_avx2_k.c: the K types: 256 weights with integer scales per 32 or 16.
#if defined(__x86_64__)
#include "matvec_avx2_256.h"

AVX2_BEGIN

// MARK: Q4_K, Q5_K

// Activations of 256 weights whose nibbles come in four runs of 32 bytes; run r holds groups 2 r (low)
// and 2 r + 1 (high). Vectors hold the first or second 16 of both groups, the even one in the low lane.
typedef struct group32 {
    __m256i first[4], second[4];
    __m256i m;    // multipliers: the even groups' in the low lane, the odd ones' in the high one, each twice
    __m256 unit;  // in all places
    __m256 sums;  // of 32, times their scales
} group32;

INLINE group32 prepare_group32(sw_q8 x, size_t i) {
    const __m256i twice = _mm256_setr_epi16(0x0100, 0x0100, 0x0504, 0x0504, 0x0908, 0x0908, 0x0d0c, 0x0d0c,  //
                                            0x0302, 0x0302, 0x0706, 0x0706, 0x0b0a, 0x0b0a, 0x0f0e, 0x0f0e);
    group32 s = {
        .m = _mm256_shuffle_epi8(repeat128(x.m + i / 32), twice),
        .unit = _mm256_set1_ps(x.unit[i / 256]),
        .sums = _mm256_loadu_ps(x.s32 + i / 32),
    };
    load_halves(x.q + i, 4, s.first, s.second);
    return s;
}

// Scales, twice each, the even groups' in the low lane, and minimums as numbers, times the block's two scales.
typedef struct scales32 {
    __m256i words;
    __m256 d, minimums;
} scales32;

// b: the first 16 bytes of a block.
INLINE scales32 scales_of(const uint8_t *b) {
    const __m128i bytes = load128(b);
    const __m128i low = _mm_and_si128(
        _mm_srlv_epi32(_mm_shuffle_epi32(bytes, _MM_SHUFFLE(3, 3, 2, 1)), _mm_setr_epi32(0, 0, 0, 4)),
        _mm_setr_epi32(0x3f3f3f3f, 0x3f3f3f3f, 0x0f0f0f0f, 0x0f0f0f0f));
    const __m128i high = _mm_and_si128(_mm_srli_epi32(_mm_shuffle_epi32(bytes, _MM_SHUFFLE(2, 1, 0, 0)), 2),
                                       _mm_setr_epi32(0, 0, 0x30303030, 0x30303030));
    // Scales 0 to 3, minimums 0 to 3, scales 4 to 7, minimums 4 to 7.
    const __m256i both = _mm256_broadcastsi128_si256(_mm_or_si128(low, high));
    const __m256i twice = _mm256_setr_epi8(0, -1, 0, -1, 2, -1, 2, -1, 8, -1, 8, -1, 10, -1, 10, -1,  //
                                           1, -1, 1, -1, 3, -1, 3, -1, 9, -1, 9, -1, 11, -1, 11, -1);
    const __m256i each = _mm256_setr_epi8(4, -1, -1, -1, 5, -1, -1, -1, 6, -1, -1, -1, 7, -1, -1, -1,  //
                                          12, -1, -1, -1, 13, -1, -1, -1, 14, -1, -1, -1, 15, -1, -1, -1);
    const __m128 halves = _mm_cvtph_ps(bytes);
    const __m256 minimums = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(both, each));
    return (scales32){_mm256_shuffle_epi8(both, twice), _mm256_broadcastss_ps(halves),
                      _mm256_mul_ps(minimums, _mm256_broadcastss_ps(_mm_movehdup_ps(halves)))};
}

// Adds run r: the first and the second halves of its groups.
INLINE __m256i add_run(__m256i total, const group32 *s, __m256i first, __m256i second, __m256i words, const int r) {
    const __m256i p = _mm256_add_epi16(pair_products(first, s->first[r]), pair_products(second, s->second[r]));
    const __m256i word = r == 0   ? _mm256_shuffle_epi32(words, 0x00)
                         : r == 1 ? _mm256_shuffle_epi32(words, 0x55)
                         : r == 2 ? _mm256_shuffle_epi32(words, 0xaa)
                                  : _mm256_shuffle_epi32(words, 0xff);
    return _mm256_add_epi32(total, _mm256_madd_epi16(p, word));
}

INLINE __m256 add_group32(__m256 sum, const group32 *s, __m256i total, scales32 by) {
    sum = _mm256_fnmadd_ps(by.minimums, s->sums, sum);
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(total), _mm256_mul_ps(by.d, s->unit), sum);
}

INLINE __m256 row_q4_k(const group32 *s, const uint8_t *b, __m256 sum) {
    const scales32 by = scales_of(b);
    const __m256i low = _mm256_set1_epi8(15), high_lane = _mm256_setr_epi64x(0, 0, 4, 4);
    const __m256i words = _mm256_mullo_epi16(by.words, s->m);
    __m256i total = _mm256_setzero_si256();
    UNROLL
    for (int r = 0; r < 4; r++) {
        const __m256i q0 = _mm256_and_si256(_mm256_srlv_epi64(repeat128(b + 16 + 32 * r), high_lane), low);
        const __m256i q1 = _mm256_and_si256(_mm256_srlv_epi64(repeat128(b + 32 + 32 * r), high_lane), low);
        total = add_run(total, s, q0, q1, words, r);
    }
    return add_group32(sum, s, total, by);
}
INLINE __m256 row_q5_k(const group32 *s, const uint8_t *b, __m256 sum) {
    const __m256i low = _mm256_set1_epi8(15), fifth = _mm256_set1_epi8(16);
    const __m256i high_lane = _mm256_setr_epi64x(0, 0, 4, 4), odd_lane = _mm256_setr_epi64x(0, 0, 1, 1);
    const scales32 by = scales_of(b);
    // Bit 2 r of each byte: the fifth bit of its element in run r.
    const __m256i h0 = _mm256_srlv_epi64(repeat128(b + 16), odd_lane);
    const __m256i h1 = _mm256_srlv_epi64(repeat128(b + 32), odd_lane);
    const __m256i words = _mm256_mullo_epi16(by.words, s->m);
    __m256i total = _mm256_setzero_si256();
    UNROLL
    for (int r = 0; r < 4; r++) {
        const __m256i f0 = r < 2 ? _mm256_slli_epi64(h0, 4 - 2 * r) : _mm256_srli_epi64(h0, 2 * r - 4);
        const __m256i f1 = r < 2 ? _mm256_slli_epi64(h1, 4 - 2 * r) : _mm256_srli_epi64(h1, 2 * r - 4);
        const __m256i q0 = _mm256_and_si256(_mm256_srlv_epi64(repeat128(b + 48 + 32 * r), high_lane), low);
        const __m256i q1 = _mm256_and_si256(_mm256_srlv_epi64(repeat128(b + 64 + 32 * r), high_lane), low);
        const __m256i w0 = _mm256_or_si256(q0, _mm256_and_si256(f0, fifth));
        const __m256i w1 = _mm256_or_si256(q1, _mm256_and_si256(f1, fifth));
        total = add_run(total, s, w0, w1, words, r);
    }
    return add_group32(sum, s, total, by);
}

// MARK: Q2_K, Q3_K, Q6_K

// Activations of 16 groups of 16. Vectors hold the first or the second eight of four groups, 4 p to 4 p + 3,
// the even ones in the low lane: what a group's two eights add to one place has one word, so they add up in
// 16 bits.
typedef struct eights {
    __m256i first[4], second[4];
    __m256i m[2];  // multipliers of eight groups each, twice, the even groups' in the low lane
    __m256i sums;  // of each 16
    __m256 unit;   // in all places
    __m256 each;   // multipliers of each 32; Q2_K: scales
} eights;

// The same arrangement of two times two groups.
INLINE void by_eights(__m256i two, __m256i more, __m256i *first, __m256i *second) {
    *first = _mm256_unpacklo_epi64(two, more);
    *second = _mm256_unpackhi_epi64(two, more);
}

INLINE eights prepare_eights(sw_q8 x, size_t i) {
    const __m256i m = repeat128(x.m + i / 32);
    eights s = {
        .m = {_mm256_unpacklo_epi16(m, m), _mm256_unpackhi_epi16(m, m)},
        .sums = load256(x.sum + i / 16),
        .unit = _mm256_set1_ps(x.unit[i / 256]),
        .each = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(load128(x.m + i / 32))),
    };
    UNROLL
    for (int p = 0; p < 4; p++) {
        const int8_t *q = x.q + i + 64 * p;
        by_eights(load256(q), load256(q + 32), &s.first[p], &s.second[p]);
    }
    return s;
}

// Scales of 16 groups, twice each: groups 8 h to 8 h + 7, the even ones in the low lane.
INLINE __m256i twice_each(__m256i bytes, const int h) {
    const __m256i from = _mm256_setr_epi8(-1, 0, -1, 0, -1, 2, -1, 2, -1, 4, -1, 4, -1, 6, -1, 6,  //
                                          -1, 1, -1, 1, -1, 3, -1, 3, -1, 5, -1, 5, -1, 7, -1, 7);
    const __m256i eight = h == 0 ? bytes : _mm256_unpackhi_epi64(bytes, bytes);
    return _mm256_srai_epi16(_mm256_shuffle_epi8(eight, from), 8);
}

// Groups 8 h to 8 h + 7 times their scales.
INLINE __m256i eight_groups(const eights *s, const __m256i first[2], const __m256i second[2], __m256i scales,
                            const int h) {
    const __m256i words = _mm256_mullo_epi16(scales, s->m[h]);
    const __m256i a = _mm256_add_epi16(pair_products(first[0], s->first[2 * h]),
                                       pair_products(second[0], s->second[2 * h]));
    const __m256i b = _mm256_add_epi16(pair_products(first[1], s->first[2 * h + 1]),
                                       pair_products(second[1], s->second[2 * h + 1]));
    return _mm256_add_epi32(_mm256_madd_epi16(a, _mm256_shuffle_epi32(words, 0x50)),
                            _mm256_madd_epi16(b, _mm256_shuffle_epi32(words, 0xfa)));
}

// The activations' sums times words, one for each 16.
INLINE __m256 times_sums(const eights *s, __m256i words) {
    return _mm256_cvtepi32_ps(_mm256_madd_epi16(words, s->sums));
}

// Two bits of each of 128 weights, in runs of 32.
INLINE void two_bits(__m256i q, __m256i first[2], __m256i second[2]) {
    const __m256i two = _mm256_set1_epi8(3);
    __m256i low, high;
    by_eights(q, _mm256_srli_epi16(q, 2), &low, &high);
    first[0] = _mm256_and_si256(low, two);
    second[0] = _mm256_and_si256(high, two);
    first[1] = _mm256_and_si256(_mm256_srli_epi16(low, 4), two);
    second[1] = _mm256_and_si256(_mm256_srli_epi16(high, 4), two);
}

INLINE eights prepare_q2_k(sw_q8 x, size_t i) {
    eights s = prepare_eights(x, i);
    s.each = _mm256_loadu_ps(x.d + i / 32);
    return s;
}

INLINE __m256 row_q2_k(const eights *s, const uint8_t *b, __m256 sum) {
    const __m128i packed = load128(b), low = _mm_set1_epi8(15);
    const __m256i bytes = _mm256_and_si256(repeat128(b), _mm256_set1_epi8(15));
    __m256i total[2];
    UNROLL
    for (int h = 0; h < 2; h++) {
        __m256i first[2], second[2];
        two_bits(load256(b + 16 + 32 * h), first, second);
        total[h] = eight_groups(s, first, second, twice_each(bytes, h), h);
    }
    const __m256 minimums = times_sums(s, _mm256_cvtepu8_epi16(_mm_and_si128(_mm_srli_epi16(packed, 4), low)));
    const __m256 products = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_add_epi32(total[0], total[1])), s->unit);
    sum = _mm256_fmadd_ps(products, half256(b + 80), sum);
    return _mm256_fnmadd_ps(_mm256_mul_ps(minimums, s->each), half256(b + 82), sum);
}

// Adds products of weights that are 1 << `shift` more than their value. words: scales of each 16.
INLINE __m256 add_less_offset(__m256 sum, const eights *s, __m256 total, __m256i words, const int shift, __m256 d) {
    const __m256 offsets = times_sums(s, _mm256_slli_epi16(words, shift));
    return _mm256_fmadd_ps(_mm256_fnmadd_ps(offsets, s->each, total), _mm256_mul_ps(d, s->unit), sum);
}

INLINE __m256 row_q3_k(const eights *s, const uint8_t *b, __m256 sum) {
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
    const __m256i words = _mm256_cvtepi8_epi16(six), bytes = _mm256_broadcastsi128_si256(six);
    const __m256i third = _mm256_set1_epi8(4), bits = load256(b);
    __m256i total[2], high[2];
    by_eights(bits, _mm256_srli_epi16(bits, 1), &high[0], &high[1]);
    UNROLL
    for (int h = 0; h < 2; h++) {
        __m256i weights[2][2];
        two_bits(load256(b + 32 + 32 * h), weights[0], weights[1]);
        UNROLL
        for (int k = 0; k < 4; k++) {
            // Bit 2 p, of what moved right bit 2 p + 1, to bit 2.
            const int p = 2 * h + k % 2;
            const __m256i from = high[k / 2];
            const __m256i bit = p == 0 ? _mm256_slli_epi16(from, 2) : _mm256_srli_epi16(from, 2 * p - 2);
            weights[k / 2][k % 2] = _mm256_or_si256(weights[k / 2][k % 2], _mm256_and_si256(bit, third));
        }
        total[h] = eight_groups(s, weights[0], weights[1], twice_each(bytes, h), h);
    }
    const __m256 products = _mm256_cvtepi32_ps(_mm256_add_epi32(total[0], total[1]));
    return add_less_offset(sum, s, products, words, 2, half256(b + 108));
}

INLINE __m256 row_q6_k(const eights *s, const uint8_t *b, __m256 sum) {
    const __m256i low = _mm256_set1_epi8(15), high = _mm256_set1_epi8(0x30);
    const __m256i words = _mm256_cvtepi8_epi16(load128(b + 192)), bytes = repeat128(b + 192);
    // 128 products of 63, 127 and 128 * 127 are what an int32 holds.
    __m256 total[2];
    UNROLL
    for (int r = 0; r < 2; r++) {
        const __m256i top = load256(b + 128 + 32 * r);
        __m256i l[2], h[2], weights[2][2];
        by_eights(load256(b + 64 * r), load256(b + 64 * r + 32), &l[0], &l[1]);
        by_eights(top, _mm256_srli_epi16(top, 2), &h[0], &h[1]);
        UNROLL
        for (int k = 0; k < 2; k++) {
            const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(l[k], 4), low);
            weights[k][0] =
                _mm256_or_si256(_mm256_and_si256(l[k], low), _mm256_and_si256(_mm256_slli_epi16(h[k], 4), high));
            weights[k][1] = _mm256_or_si256(upper, _mm256_and_si256(h[k], high));
        }
        total[r] = _mm256_cvtepi32_ps(eight_groups(s, weights[0], weights[1], twice_each(bytes, r), r));
    }
    return add_less_offset(sum, s, _mm256_add_ps(total[0], total[1]), words, 5, half256(b + 208));
}

MATVEC_AVX2(q4_k, group32, 256, 144, 256, prepare_group32, row_q4_k)
MATVEC_AVX2(q5_k, group32, 256, 176, 256, prepare_group32, row_q5_k)
MATVEC_AVX2(q2_k, eights, 256, 84, 256, prepare_q2_k, row_q2_k)
MATVEC_AVX2(q3_k, eights, 256, 110, 256, prepare_eights, row_q3_k)
MATVEC_AVX2(q6_k, eights, 256, 210, 256, prepare_eights, row_q6_k)

AVX2_END
#endif
