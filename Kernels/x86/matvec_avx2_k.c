// matvec_avx2_k.c: the K types: 256 weights with integer scales per 32 or 16.
//
// One vpmaddwd multiplies by the scales of all eight groups (see matvec_avx2_turned.h). What several columns cost is
// the vector instructions for a column, 20 of 256 weights for Q4_K and 22 for Q6_K; unpacking is shared.
//
// Nothing overflows: activations are at most 127, and 8 products of 31 or 16 of 15 fit into 16 bits.
#if defined(__x86_64__)
#include "matvec_avx2_columns.h"

AVX2_BEGIN

// The bits `low` of q and the bits `high` of more.
INLINE __m256i both_bits(__m256i q, __m256i low, __m256i more, __m256i high) {
    return _mm256_or_si256(_mm256_and_si256(q, low), _mm256_and_si256(more, high));
}

// Four vectors with dword t of each lane: of x in the first two places of the lane, of y in the others.
INLINE void repeat_twos(__m256i x, __m256i y, __m256i w[4]) {
    const __m256 a = _mm256_castsi256_ps(x), b = _mm256_castsi256_ps(y);
    w[0] = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x00));
    w[1] = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x55));
    w[2] = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xaa));
    w[3] = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xff));
}

// MARK: Q4_K, Q5_K

// Scales, twice each, and minimums times the block's second scale, from the first 16 bytes of a block.
INLINE void scales_of(const uint8_t *b, weights32 *to) {
    const __m128i bytes = load128(b);
    const __m128i low = _mm_and_si128(
        _mm_srlv_epi32(_mm_shuffle_epi32(bytes, _MM_SHUFFLE(3, 3, 2, 1)), _mm_setr_epi32(0, 0, 0, 4)),
        _mm_setr_epi32(0x3f3f3f3f, 0x3f3f3f3f, 0x0f0f0f0f, 0x0f0f0f0f));
    const __m128i high = _mm_and_si128(_mm_srli_epi32(_mm_shuffle_epi32(bytes, _MM_SHUFFLE(2, 1, 0, 0)), 2),
                                       _mm_setr_epi32(0, 0, 0x30303030, 0x30303030));
    // Scales 0 to 3, minimums 0 to 3, scales 4 to 7, minimums 4 to 7.
    const __m256i both = _mm256_broadcastsi128_si256(_mm_or_si128(low, high));
    const __m256i twice = _mm256_setr_epi8(0, -1, 0, -1, 1, -1, 1, -1, 2, -1, 2, -1, 3, -1, 3, -1,  //
                                           8, -1, 8, -1, 9, -1, 9, -1, 10, -1, 10, -1, 11, -1, 11, -1);
    const __m256i each = _mm256_setr_epi8(4, -1, -1, -1, 5, -1, -1, -1, 6, -1, -1, -1, 7, -1, -1, -1,  //
                                          12, -1, -1, -1, 13, -1, -1, -1, 14, -1, -1, -1, 15, -1, -1, -1);
    const __m128 halves = _mm_cvtph_ps(bytes);
    const __m256 minimums = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(both, each));
    to->by = _mm256_shuffle_epi8(both, twice);
    to->d = _mm256_broadcastss_ps(halves);
    const __m256 less = _mm256_xor_ps(_mm256_broadcastss_ps(_mm_movehdup_ps(halves)), _mm256_set1_ps(-0.0f));
    to->minimums = _mm256_mul_ps(minimums, less);
}

// Four runs of 32 bytes; run r holds groups 2 r (low nibbles) and 2 r + 1 (high).
INLINE weights32 unpack_q4_k(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m256i low = _mm256_set1_epi8(15), odd = _mm256_set1_epi64x(4ll << 32);
    weights32 to;
    scales_of(b, &to);
    UNROLL
    for (int half = 0; half < 2; half++) {
        const uint8_t *q = b + 16 + 16 * half;
        repeat_twos(load_two(q, q + 64), load_two(q + 32, q + 96), to.w + 4 * half);
    }
    UNROLL
    for (int t = 0; t < 8; t++) to.w[t] = _mm256_and_si256(_mm256_srlv_epi32(to.w[t], odd), low);
    return to;
}

INLINE weights32 unpack_q5_k(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m256i low = _mm256_set1_epi8(15), fifth = _mm256_set1_epi8(16);
    const __m256i high_lane = _mm256_setr_epi64x(0, 0, 4, 4);
    weights32 to;
    scales_of(b, &to);
    UNROLL
    for (int half = 0; half < 2; half++) {
        const uint8_t *q = b + 48 + 16 * half;
        const __m256i x = load_two(q, q + 64), y = load_two(q + 32, q + 96);
        // Bit j: the fifth bit of groups j and 4 + j.
        const __m256i bits = _mm256_srlv_epi64(repeat128(b + 16 + 16 * half), high_lane);
        const __m256i v[4] = {
            both_bits(x, low, _mm256_slli_epi16(bits, 4), fifth),
            both_bits(_mm256_srli_epi16(x, 4), low, _mm256_slli_epi16(bits, 3), fifth),
            both_bits(y, low, _mm256_slli_epi16(bits, 2), fifth),
            both_bits(_mm256_srli_epi16(y, 4), low, _mm256_slli_epi16(bits, 1), fifth),
        };
        turn_fours(v, to.w + 4 * half);
    }
    return to;
}

// MARK: Q2_K, Q3_K, Q6_K

// And the sums of each 16, in order.
typedef struct group16 {
    turned x;
    __m256i sums;
} group16;

INLINE group16 prepare_group16(sw_q8 x, size_t i) { return (group16){prepare_turned(x, i), load256(x.sum + i / 16)}; }

// Weights with scales of 16 groups of 16: the even groups' and the odd ones', twice each.
typedef struct weights16 {
    __m256i w[8], even, odd;
    __m256 d;
} weights16;

INLINE void twice_each(__m256i words, weights16 *to) {
    const __m256i even = _mm256_setr_epi16(0x0100, 0x0100, 0x0504, 0x0504, 0x0908, 0x0908, 0x0d0c, 0x0d0c,  //
                                           0x0100, 0x0100, 0x0504, 0x0504, 0x0908, 0x0908, 0x0d0c, 0x0d0c);
    const __m256i odd = _mm256_add_epi8(even, _mm256_set1_epi8(2));
    to->even = _mm256_shuffle_epi8(words, even);
    to->odd = _mm256_shuffle_epi8(words, odd);
}

// The first halves of the groups of 32 are in vectors 0 to 3, the second ones in 4 to 7.
INLINE __m256i times_scales(__m256i first, __m256i second, const weights16 *by) {
    return _mm256_add_epi32(_mm256_madd_epi16(first, by->even), _mm256_madd_epi16(second, by->odd));
}

// And minimums of 16 groups, and their block's second scale.
typedef struct weights2 {
    weights16 of;
    __m256i minimums;
    __m256 less;
} weights2;

// Two bits of a byte: those of odd groups stay where they are, four times their value, and the even groups'
// scales are made four times as large.
INLINE weights2 unpack_q2_k(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m128i packed = load128(b), low = _mm_set1_epi8(15);
    const __m256i two = _mm256_set1_epi64x(0x0c0c0c0c03030303), even = _mm256_set1_epi64x(2);
    const __m256i words = _mm256_cvtepu8_epi16(_mm_and_si128(packed, low));
    weights2 to = {.of.d = _mm256_mul_ps(half256(b + 80), _mm256_set1_ps(0.25f)),
                   .minimums = _mm256_cvtepu8_epi16(_mm_and_si128(_mm_srli_epi16(packed, 4), low)),
                   .less = half256(b + 82)};
    twice_each(_mm256_sllv_epi32(words, even), &to.of);
    UNROLL
    for (int half = 0; half < 2; half++) {
        const __m256i q = load_two(b + 16 + 16 * half, b + 48 + 16 * half);
        repeat_twos(q, _mm256_srli_epi16(q, 4), to.of.w + 4 * half);
    }
    UNROLL
    for (int t = 0; t < 8; t++) to.of.w[t] = _mm256_and_si256(to.of.w[t], two);
    return to;
}

INLINE __m256i multiply_q2_k(const group16 *s, const weights2 *w) {
    return times_scales(four_products(w->of.w, s->x.q, 0), four_products(w->of.w, s->x.q, 4), &w->of);
}

INLINE __m256 finish_q2_k(const group16 *s, const weights2 *w, __m256i total, __m256 sum) {
    const __m256 less = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_madd_epi16(w->minimums, s->sums)), w->less);
    return _mm256_fmadd_ps(_mm256_fmsub_ps(_mm256_cvtepi32_ps(total), w->of.d, less), s->x.d, sum);
}

// And four times the scales of 16 groups.
typedef struct weights3 {
    weights16 of;
    __m256i fourfold;
} weights3;

INLINE weights3 unpack_q3_k(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m128i packed = load128(b + 94);  // two bytes of q, twelve of scales, d
    const __m128i low =
        _mm_and_si128(_mm_srlv_epi64(_mm_shuffle_epi8(packed, _mm_setr_epi8(2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4,
                                                                            5, 6, 7, 8, 9)),
                                     _mm_set_epi64x(4, 0)),
                      _mm_set1_epi8(15));
    const __m128i repeated = _mm_shuffle_epi8(
        packed, _mm_setr_epi8(10, 11, 12, 13, 10, 11, 12, 13, 10, 11, 12, 13, 10, 11, 12, 13));
    const __m128i top = _mm_and_si128(_mm_srlv_epi32(repeated, _mm_setr_epi32(0, 2, 4, 6)), _mm_set1_epi8(3));
    const __m256i words =
        _mm256_cvtepi8_epi16(_mm_sub_epi8(_mm_or_si128(low, _mm_slli_epi16(top, 4)), _mm_set1_epi8(32)));
    const __m256i two = _mm256_set1_epi8(3), third = _mm256_set1_epi8(4);
    const __m256i high_lane = _mm256_setr_epi64x(0, 0, 4, 4);
    weights3 to = {.of.d = half256(b + 108), .fourfold = _mm256_slli_epi16(words, 2)};
    twice_each(words, &to.of);
    UNROLL
    for (int half = 0; half < 2; half++) {
        const __m256i q = load_two(b + 32 + 16 * half, b + 64 + 16 * half);
        // Bit j: the third bit of groups j and 4 + j.
        const __m256i bits = _mm256_srlv_epi64(repeat128(b + 16 * half), high_lane);
        const __m256i v[4] = {
            both_bits(q, two, _mm256_slli_epi16(bits, 2), third),
            both_bits(_mm256_srli_epi16(q, 2), two, _mm256_slli_epi16(bits, 1), third),
            both_bits(_mm256_srli_epi16(q, 4), two, bits, third),
            both_bits(_mm256_srli_epi16(q, 6), two, _mm256_srli_epi16(bits, 1), third),
        };
        turn_fours(v, to.of.w + 4 * half);
    }
    return to;
}

INLINE __m256i multiply_q3_k(const group16 *s, const weights3 *w) {
    const __m256i total = times_scales(four_products(w->of.w, s->x.q, 0), four_products(w->of.w, s->x.q, 4), &w->of);
    return _mm256_sub_epi32(total, _mm256_madd_epi16(w->fourfold, s->sums));
}

INLINE __m256 finish_q3_k(const group16 *s, const weights3 *w, __m256i total, __m256 sum) {
    return add_groups(sum, s->x, total, w->of.d);
}

INLINE less_halves prepare_q6_k(sw_q8 x, size_t i) { return prepare_less_halves(x, i, 32); }

// Eight products of at most 32 fit into 16 bits; those of the weights before 32 is subtracted need not, but what
// wraps around comes back.
INLINE weights16 unpack_q6_k(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m256i low = _mm256_set1_epi8(15), high = _mm256_set1_epi8(0x30);
    weights16 to = {.d = half256(b + 208)};
    twice_each(_mm256_cvtepi8_epi16(load128(b + 192)), &to);
    UNROLL
    for (int half = 0; half < 2; half++) {
        const uint8_t *q = b + 16 * half;
        const __m256i x = load_two(q, q + 64), y = load_two(q + 32, q + 96), z = load_two(q + 128, q + 160);
        const __m256i v[4] = {
            both_bits(x, low, _mm256_slli_epi16(z, 4), high),
            both_bits(y, low, _mm256_slli_epi16(z, 2), high),
            both_bits(_mm256_srli_epi16(x, 4), low, z, high),
            both_bits(_mm256_srli_epi16(y, 4), low, _mm256_srli_epi16(z, 2), high),
        };
        turn_fours(v, to.w + 4 * half);
    }
    return to;
}

INLINE __m256i multiply_q6_k(const less_halves *s, const weights16 *w) {
    return times_scales(_mm256_sub_epi16(four_products(w->w, s->x.q, 0), s->offset[0]),
                        _mm256_sub_epi16(four_products(w->w, s->x.q, 4), s->offset[1]), w);
}

INLINE __m256 finish_q6_k(const less_halves *s, const weights16 *w, __m256i total, __m256 sum) {
    return add_groups(sum, s->x, total, w->d);
}

MATVEC_TURNED_AVX2(q4_k, group32, sw_block, weights32, 256, 144, prepare_group32, sw_read_block, unpack_q4_k,
                   multiply_group32, finish_group32)
MATVEC_TURNED_AVX2(q5_k, group32, sw_block, weights32, 256, 176, prepare_group32, sw_read_block, unpack_q5_k,
                   multiply_group32_halves, finish_group32)
MATVEC_TURNED_AVX2(q2_k, group16, sw_block, weights2, 256, 84, prepare_group16, sw_read_block, unpack_q2_k,
                   multiply_q2_k, finish_q2_k)
MATVEC_TURNED_AVX2(q3_k, group16, sw_block, weights3, 256, 110, prepare_group16, sw_read_block, unpack_q3_k,
                   multiply_q3_k, finish_q3_k)
MATVEC_TURNED_AVX2(q6_k, less_halves, sw_block, weights16, 256, 210, prepare_q6_k, sw_read_block, unpack_q6_k,
                   multiply_q6_k, finish_q6_k)

AVX2_END
#endif
