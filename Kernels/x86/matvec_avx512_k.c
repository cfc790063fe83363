// matvec_avx512_k.c: the K types: 256 weights with integer scales per 32 or 16.
#if defined(__x86_64__)
#include "matvec_avx512_group16.h"

AVX512_BEGIN

// MARK: Q4_K, Q5_K

// Activations of 256 weights whose nibbles come in four runs of 32 bytes, low nibbles the even
// groups of 32, high nibbles the odd ones. Vectors hold the first or second 16 of four groups, so
// that both halves of a group add up in the same four lanes.
typedef struct group32 {
    __m512i even[2], odd[2];
    __m512 factors;  // group j: d in lane 2 j, minus the sum in lane 2 j + 1
} group32;

INLINE group32 prepare_group32(sw_q8 x, size_t i, float odd_factor) {
    const int8_t *q = x.q + i;
    const __m512i a = load512(q), b = load512(q + 64), c = load512(q + 128), d = load512(q + 192);
    const __m512i ab0 = _mm512_shuffle_i64x2(a, b, 0x44), cd0 = _mm512_shuffle_i64x2(c, d, 0x44);
    const __m512i ab1 = _mm512_shuffle_i64x2(a, b, 0xee), cd1 = _mm512_shuffle_i64x2(c, d, 0xee);
    const __m512 pairs = _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(x.d + i / 32)),
                                            _mm256_loadu_ps(x.s32 + i / 32), 1);
    const __m512i interleave = _mm512_setr_epi32(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
    const __m512 signs = _mm512_broadcast_f32x4(_mm_setr_ps(1, -1, odd_factor, -1));
    return (group32){
        .even = {_mm512_shuffle_i64x2(ab0, cd0, 0x88), _mm512_shuffle_i64x2(ab0, cd0, 0xdd)},
        .odd = {_mm512_shuffle_i64x2(ab1, cd1, 0x88), _mm512_shuffle_i64x2(ab1, cd1, 0xdd)},
        .factors = _mm512_mul_ps(_mm512_permutexvar_ps(interleave, pairs), signs),
    };
}

// Scale and minimum of the eight groups, in lanes 2 j and 2 j + 1, times their factors and the
// block's two float16 scales. b: the first 16 bytes of a Q4_K or Q5_K block.
INLINE __m512 scales_and_minimums(const uint8_t *b, __m512 factors) {
    // To each lane the byte with the low bits and, above it, the one whose top bits are its high ones.
    const __m512i source = _mm512_setr_epi32(
        0x80808004, 0x80808008, 0x80808005, 0x80808009, 0x80808006, 0x8080800a, 0x80808007, 0x8080800b,
        0x8080040c, 0x8080080c, 0x8080050d, 0x8080090d, 0x8080060e, 0x80800a0e, 0x8080070f, 0x80800b0f);
    const __m512i shift = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 4, 0, 4, 0, 4);
    const __m512i mask = _mm512_setr_epi32(63, 63, 63, 63, 63, 63, 63, 63, 15, 15, 15, 15, 15, 15, 15, 15);
    const __m512i bytes = _mm512_shuffle_epi8(repeat128(b), source);
    const __m512i high = _mm512_and_si512(_mm512_srli_epi32(bytes, 10), _mm512_set1_epi32(0x30));
    const __m512i values = and_or(_mm512_srlv_epi32(bytes, shift), mask, high);
    const __m512 d = _mm512_cvtph_ps(_mm256_set1_epi32((int)sw_load32(b)));
    return _mm512_mul_ps(_mm512_cvtepi32_ps(values), _mm512_mul_ps(d, factors));
}

INLINE __m512 add_groups(__m512 sum, __m512i even, __m512i odd, __m512 scales) {
    sum = _mm512_mask_add_ps(sum, 0xaaaa, sum, scales);
    sum = add_products(sum, even, _mm512_permute_ps(scales, 0x00));
    return add_products(sum, odd, _mm512_permute_ps(scales, 0xaa));
}

// High nibbles stay where they are: sixteen times their value.
INLINE group32 prepare_q4_k(sw_q8 x, size_t i) { return prepare_group32(x, i, 0.0625f); }

INLINE __m512 row_q4_k(const group32 *s, const uint8_t *b, __m512 sum) {
    const __m512i zero = _mm512_setzero_si512(), low = _mm512_set1_epi8(15);
    const __m512i a = load512(b + 16), c = load512(b + 80);
    const __m512i first = _mm512_shuffle_i64x2(a, c, 0x88), second = _mm512_shuffle_i64x2(a, c, 0xdd);
    const __m512i even =
        dot(dot(zero, _mm512_and_si512(first, low), s->even[0]), _mm512_and_si512(second, low), s->even[1]);
    const __m512i odd = dot(dot(zero, _mm512_andnot_si512(low, first), s->odd[0]),
                            _mm512_andnot_si512(low, second), s->odd[1]);
    return add_groups(sum, even, odd, scales_and_minimums(b, s->factors));
}

INLINE group32 prepare_q5_k(sw_q8 x, size_t i) { return prepare_group32(x, i, 1); }

INLINE __m512 row_q5_k(const group32 *s, const uint8_t *b, __m512 sum) {
    const __m512i zero = _mm512_setzero_si512(), low = _mm512_set1_epi8(15), fifth = _mm512_set1_epi8(16);
    const __m512i a = load512(b + 48), c = load512(b + 112);
    const __m512i first = _mm512_shuffle_i64x2(a, c, 0x88), second = _mm512_shuffle_i64x2(a, c, 0xdd);
    const __m512i h0 = repeat128(b + 16), h1 = repeat128(b + 32);
    // Lane k holds groups 2 k and 2 k + 1, whose fifth bits are bits 2 k and 2 k + 1: bring them to 4.
    const __m512i to_even = _mm512_setr_epi64(4, 4, 2, 2, 0, 0, 62, 62);
    const __m512i to_odd = _mm512_setr_epi64(3, 3, 1, 1, 63, 63, 61, 61);
    const __m512i even0 = and_or(first, low, _mm512_and_si512(_mm512_rolv_epi64(h0, to_even), fifth));
    const __m512i even1 = and_or(second, low, _mm512_and_si512(_mm512_rolv_epi64(h1, to_even), fifth));
    const __m512i odd0 =
        and_or(_mm512_srli_epi16(first, 4), low, _mm512_and_si512(_mm512_rolv_epi64(h0, to_odd), fifth));
    const __m512i odd1 =
        and_or(_mm512_srli_epi16(second, 4), low, _mm512_and_si512(_mm512_rolv_epi64(h1, to_odd), fifth));
    const __m512i even = dot(dot(zero, even0, s->even[0]), even1, s->even[1]);
    const __m512i odd = dot(dot(zero, odd0, s->odd[0]), odd1, s->odd[1]);
    return add_groups(sum, even, odd, scales_and_minimums(b, s->factors));
}

// MARK: Q2_K, Q3_K, Q6_K

// One byte in the lower, another in the upper half.
INLINE __m512i halves512(char lower, char upper) {
    return _mm512_inserti64x4(_mm512_set1_epi8(lower), _mm256_set1_epi8(upper), 1);
}

INLINE void quarter_upper(group16 *s) {
    UNROLL
    for (int k = 0; k < 2; k++) s->d[k] = _mm512_mask_mul_ps(s->d[k], 0xff00, s->d[k], _mm512_set1_ps(0.25f));
}

// Bits 2 k of a byte stay where they are, in a first (k = 0, 1) or, by fixed shift, in a second
// (k = 2, 3) vector: four times the value in its upper half. High nibbles stay there, too.
INLINE group16 prepare_q2_k(sw_q8 x, size_t i) {
    group16 s = prepare_group16(x, i, 0, 1);
    quarter_upper(&s);
    s.s = _mm512_mul_ps(s.s, _mm512_set1_ps(-0.0625f));
    return s;
}

INLINE __m512 row_q2_k(const group16 *s, const uint8_t *b, __m512 sum) {
    const __m512i two = halves512(3, 12);
    const __m512i a = repeat256(b + 16), c = repeat256(b + 48);
    const __m512i weights[4] = {_mm512_and_si512(a, two), _mm512_and_si512(_mm512_srli_epi16(a, 4), two),
                                _mm512_and_si512(c, two), _mm512_and_si512(_mm512_srli_epi16(c, 4), two)};
    const __m512i scales = _mm512_and_si512(repeat128(b), _mm512_set1_epi8(15));
    const __m512i minimums = _mm512_cvtepu8_epi32(_mm_and_si128(load128(b), _mm_set1_epi8((char)0xf0)));
    float d[2];
    store_halves(d, sw_load32(b + 80));
    sum = _mm512_fmadd_ps(scaled_unsigned(s, weights, scales), _mm512_set1_ps(d[0]), sum);
    return _mm512_fmadd_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(minimums), s->s), _mm512_set1_ps(d[1]), sum);
}

// Two bits stay where they are as in Q2_K, so the upper halves are four times their value, and the
// third bit comes to bit 2 or, there, 4. Scales are signed bytes in the upper half of a word: 256
// times their value.
INLINE group16 prepare_q3_k(sw_q8 x, size_t i) {
    group16 s = prepare_group16(x, i, 0, 0x1p-8f);
    const __m512i offset = halves512(4, 16);
    UNROLL
    for (int k = 0; k < 4; k++) {
        s.start[k] = _mm512_sub_epi32(_mm512_setzero_si512(), dot(_mm512_setzero_si512(), offset, s.x[k]));
    }
    quarter_upper(&s);
    return s;
}

INLINE __m512 row_q3_k(const group16 *s, const uint8_t *b, __m512 sum) {
    const __m512i two = halves512(3, 12), third = halves512(4, 16);
    const __m512i a = repeat256(b + 32), c = repeat256(b + 64);
    // Bits 2 k in the lower, 2 k + 1 in the upper half, which moves one up (and out of reach for k = 3).
    const __m512i bits = repeat256(b), h = _mm512_sllv_epi64(bits, _mm512_setr_epi64(0, 0, 0, 0, 1, 1, 1, 1));
    const __m512i last = _mm512_srlv_epi64(bits, _mm512_setr_epi64(4, 4, 4, 4, 3, 3, 3, 3));
    const __m512i weights[4] = {and_or(a, two, _mm512_and_si512(_mm512_slli_epi16(h, 2), third)),
                                and_or(_mm512_srli_epi16(a, 4), two, _mm512_and_si512(h, third)),
                                and_or(c, two, _mm512_and_si512(_mm512_srli_epi16(h, 2), third)),
                                and_or(_mm512_srli_epi16(c, 4), two, _mm512_and_si512(last, third))};
    const __m128i packed = load128(b + 94);  // two bytes of q, twelve of scales, d
    const __m128i low =
        _mm_and_si128(_mm_srlv_epi64(_mm_shuffle_epi8(packed, _mm_setr_epi8(2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4,
                                                                            5, 6, 7, 8, 9)),
                                     _mm_setr_epi32(0, 0, 4, 0)),
                      _mm_set1_epi8(15));
    const __m128i high =
        _mm_and_si128(_mm_rolv_epi32(_mm_shuffle_epi8(packed, _mm_setr_epi8(10, 11, 12, 13, 10, 11, 12, 13,
                                                                            10, 11, 12, 13, 10, 11, 12, 13)),
                                     _mm_setr_epi32(4, 2, 0, 30)),
                      _mm_set1_epi8(0x30));
    const __m512i scales = _mm512_broadcast_i32x4(_mm_sub_epi8(_mm_or_si128(low, high), _mm_set1_epi8(32)));
    return _mm512_fmadd_ps(scaled_signed(s, weights, scales), half512(b + 108), sum);
}

INLINE group16 prepare_q6_k(sw_q8 x, size_t i) { return prepare_group16(x, i, 32, 0x1p-8f); }

INLINE __m512 row_q6_k(const group16 *s, const uint8_t *b, __m512 sum) {
    const __m512i low = _mm512_set1_epi8(15), high = _mm512_set1_epi8(0x30);
    // Bits 2 k of h, to bit 4, for the halves of the 64 low and the 64 high nibbles.
    const __m512i to_low = _mm512_setr_epi64(4, 4, 4, 4, 2, 2, 2, 2);
    const __m512i to_high = _mm512_setr_epi64(0, 0, 0, 0, 62, 62, 62, 62);
    const __m512i a = load512(b), c = load512(b + 64), h0 = repeat256(b + 128), h1 = repeat256(b + 160);
    const __m512i weights[4] = {
        and_or(a, low, _mm512_and_si512(_mm512_rolv_epi64(h0, to_low), high)),
        and_or(_mm512_srli_epi16(a, 4), low, _mm512_and_si512(_mm512_rolv_epi64(h0, to_high), high)),
        and_or(c, low, _mm512_and_si512(_mm512_rolv_epi64(h1, to_low), high)),
        and_or(_mm512_srli_epi16(c, 4), low, _mm512_and_si512(_mm512_rolv_epi64(h1, to_high), high))};
    const __m512i scales = repeat128(b + 192);
    const __m512 products = scaled_signed(s, weights, scales);
    return _mm512_fmadd_ps(products, half512(b + 208), sum);
}

MATVEC_AVX512(q4_k, group32, 256, 144, 256, prepare_q4_k, row_q4_k)
MATVEC_AVX512(q5_k, group32, 256, 176, 256, prepare_q5_k, row_q5_k)
MATVEC_AVX512(q2_k, group16, 256, 84, 256, prepare_q2_k, row_q2_k)
MATVEC_AVX512(q3_k, group16, 256, 110, 256, prepare_q3_k, row_q3_k)
MATVEC_AVX512(q6_k, group16, 256, 210, 256, prepare_q6_k, row_q6_k)

AVX512_END
#endif
