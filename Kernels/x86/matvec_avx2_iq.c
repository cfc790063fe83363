// matvec_avx2_iq.c: IQ2 and IQ3: codebooks of magnitudes and, beside their indices, signs.
//
// An offset makes the weights unsigned; the activations' sums times it are taken off again in 16 bits, where what
// wrapped around comes back. So many products meet in 16 bits as fit there without the offset: six of 43.
#if defined(__x86_64__)
#include "matvec_avx2_books.h"

AVX2_BEGIN

// Activations, and the offset times the sums of those that meet in each 16 bits of up to four sums.
typedef struct less {
    turned x;
    __m256i offset[4];
} less;

// `sums` sums, the ends of which are `ends`; `factor`: what the type's integers are multiples of.
INLINE less prepare_less(sw_q8 x, size_t i, const int sums, const int *ends, short offset, float factor) {
    const __m256i one = _mm256_set1_epi8(1);
    const __m256i ones[8] = {one, one, one, one, one, one, one, one};
    less s = {.x = prepare_turned(x, i)};
    s.x.d = _mm256_mul_ps(s.x.d, _mm256_set1_ps(factor));
    UNROLL
    for (int k = 0; k < sums; k++) {
        const __m256i met = products(ones, s.x.q, k == 0 ? 0 : ends[k - 1], ends[k]);
        s.offset[k] = _mm256_mullo_epi16(met, _mm256_set1_epi16(offset));
    }
    return s;
}

// `scales` vectors of scales: with two, the second half of the sums is multiplied by the second.
INLINE __m256i multiply_less(const less *s, const weights *w, const int sums, const int *ends, const int scales) {
    __m256i total = _mm256_setzero_si256();
    UNROLL
    for (int k = 0; k < sums; k++) {
        const __m256i p = products(w->w, s->x.q, k == 0 ? 0 : ends[k - 1], ends[k]);
        const __m256i less = _mm256_sub_epi16(p, s->offset[k]);
        total = _mm256_add_epi32(total, _mm256_madd_epi16(less, w->by[k * scales / sums]));
    }
    return total;
}

INLINE __m256 finish_less(const less *s, const weights *w, __m256i total, __m256 sum) {
    return add_groups(sum, s->x, total, w->d);
}

// MARK: Signs and scales

// Words of four times seven signs and above them the scale.
INLINE signs signs_and_scales(__m256i u, weights *to) {
    const __m256i odd = _mm256_or_si256(_mm256_srli_epi32(u, 27), _mm256_set1_epi32(1));
    to->by[0] = _mm256_or_si256(odd, _mm256_slli_epi32(odd, 16));
    return signs_of_sevens(sevens_to_bytes(u));
}

// Twice the low nibble of each 16 bits, and one.
INLINE __m256i odd_of_nibbles(__m256i twice) {
    return _mm256_or_si256(_mm256_and_si256(twice, _mm256_set1_epi16(30)), _mm256_set1_epi16(1));
}

// Nibbles of eight bytes: scales of 16.
INLINE void scales_of_16(const uint8_t *b, weights *to) {
    const __m256i place = _mm256_setr_epi16((short)0x8000, (short)0x8000, (short)0x8001, (short)0x8001,
                                            (short)0x8002, (short)0x8002, (short)0x8003, (short)0x8003,
                                            (short)0x8004, (short)0x8004, (short)0x8005, (short)0x8005,
                                            (short)0x8006, (short)0x8006, (short)0x8007, (short)0x8007);
    const __m256i bytes = _mm256_shuffle_epi8(repeat_eight(b), place);
    to->by[0] = odd_of_nibbles(_mm256_slli_epi16(bytes, 1));
    to->by[1] = odd_of_nibbles(_mm256_srli_epi16(bytes, 3));
}

// MARK: IQ2

static const int thirds[] = {3, 6, 8}, fourths[] = {2, 4, 6, 8}, halves[] = {4, 8}, whole[] = {8};

// Entry `k` of each group, signed.
INLINE void put_eights(weights *to, const int k, const uint64_t *grid, const size_t at[8], const signs *s) {
    __m256i v[2];
    load_eights(grid, at, v);
    UNROLL
    for (int i = 0; i < 2; i++) to->w[2 * k + i] = signed_codes(v[i], s, 2 * k + i, 43);
}

INLINE void put_indexed(weights *to, const uint64_t *grid, const indexed *from, const signs *s) {
    UNROLL
    for (int k = 0; k < 4; k++) {
        size_t at[8];
        indices_at(from, k, 4, at);
        put_eights(to, k, grid, at, s);
    }
}

INLINE less prepare_iq2_xxs(sw_q8 x, size_t i) { return prepare_less(x, i, 3, thirds, 43, 0.125f); }
INLINE less prepare_iq2(sw_q8 x, size_t i) { return prepare_less(x, i, 4, fourths, 43, 0.125f); }

INLINE __m256i multiply_iq2_xxs(const less *s, const weights *w) { return multiply_less(s, w, 3, thirds, 1); }
INLINE __m256i multiply_iq2(const less *s, const weights *w) { return multiply_less(s, w, 4, fourths, 2); }

INLINE weights unpack_iq2_xxs(const sw_block *block) {
    const uint8_t *b = block->b;
    weights w = {.d = half256(b)};
    // The second words of eight pairs.
    const __m256 pairs =
        _mm256_shuffle_ps(_mm256_castsi256_ps(load256(b + 2)), _mm256_castsi256_ps(load256(b + 34)), 0xdd);
    const signs s = signs_and_scales(_mm256_permute4x64_epi64(_mm256_castps_si256(pairs), 0xd8), &w);
    UNROLL
    for (int k = 0; k < 4; k++) {
        size_t at[8];
        bytes_at(b + 2 + k, at);
        put_eights(&w, k, sw_grid_iq2_xxs, at, &s);
    }
    return w;
}

INLINE void read_iq2_xs(const uint8_t *b, indexed *to) {
    to->b = b;
    UNROLL
    for (int i = 0; i < 2; i++) {
        store_indices(&to->all, i, _mm256_and_si256(load256(b + 2 + 32 * i), _mm256_set1_epi16(511)));
    }
}

INLINE weights unpack_iq2_xs(const indexed *from) {
    const uint8_t *b = from->b;
    weights w = {.d = half256(b)};
    const __m256i u0 = load256(b + 2), u1 = load256(b + 34);
    const __m256i sevens = _mm256_packus_epi16(_mm256_srli_epi16(u0, 9), _mm256_srli_epi16(u1, 9));
    const signs s = signs_of_sevens(_mm256_permute4x64_epi64(sevens, 0xd8));
    scales_of_16(b + 66, &w);
    put_indexed(&w, sw_grid_iq2_xs, from, &s);
    return w;
}

INLINE void read_iq2_s(const uint8_t *b, indexed *to) {
    to->b = b;
    ten_bits(&to->all, b + 2, b + 66);
}

INLINE weights unpack_iq2_s(const indexed *from) {
    const uint8_t *b = from->b;
    weights w = {.d = half256(b)};
    const signs s = signs_of_bytes(load256(b + 34));
    scales_of_16(b + 74, &w);
    put_indexed(&w, sw_grid_iq2_s, from, &s);
    return w;
}

// MARK: IQ3

INLINE less prepare_iq3_xxs(sw_q8 x, size_t i) { return prepare_less(x, i, 2, halves, 31, 0.5f); }
INLINE less prepare_iq3_s(sw_q8 x, size_t i) { return prepare_less(x, i, 1, whole, 15, 1); }

INLINE __m256i multiply_iq3_xxs(const less *s, const weights *w) { return multiply_less(s, w, 2, halves, 1); }
INLINE __m256i multiply_iq3_s(const less *s, const weights *w) { return multiply_less(s, w, 1, whole, 1); }

// The magnitudes are even.
INLINE weights unpack_iq3_xxs(const sw_block *block) {
    const uint8_t *b = block->b;
    weights w = {.d = half256(b)};
    const signs s = signs_and_scales(load256(b + 66), &w);
    UNROLL
    for (int t = 0; t < 8; t++) {
        size_t at[8];
        bytes_at(b + 2 + t, at);
        w.w[t] = signed_codes(_mm256_srli_epi16(load_fours(sw_grid_iq3_xxs, at), 1), &s, t, 31);
    }
    return w;
}

INLINE void read_iq3_s(const uint8_t *b, indexed *to) {
    to->b = b;
    nine_bits(&to->all, b + 2, b + 66);
}

INLINE weights unpack_iq3_s(const indexed *from) {
    const uint8_t *b = from->b;
    weights w = {.d = half256(b)};
    const signs s = signs_of_bytes(load256(b + 74));
    // Four bytes of two scales.
    const __m256i pairs = _mm256_shuffle_epi8(
        _mm256_set1_epi32((int)sw_load32(b + 106)),
        _mm256_setr_epi32((int)0x80008000, (int)0x80008000, (int)0x80018001, (int)0x80018001, (int)0x80028002,
                          (int)0x80028002, (int)0x80038003, (int)0x80038003));
    w.by[0] = odd_of_nibbles(_mm256_srlv_epi32(_mm256_slli_epi16(pairs, 1), _mm256_set1_epi64x(4ll << 32)));
    UNROLL
    for (int t = 0; t < 8; t++) {
        size_t at[8];
        indices_at(from, t, 8, at);
        w.w[t] = signed_codes(load_fours(sw_grid_iq3_s, at), &s, t, 15);
    }
    return w;
}

MATVEC_TURNED(iq2_xxs, less, sw_block, weights, 256, 66, prepare_iq2_xxs, sw_read_block, unpack_iq2_xxs,
              multiply_iq2_xxs, finish_less)
MATVEC_TURNED(iq2_xs, less, indexed, weights, 256, 74, prepare_iq2, read_iq2_xs, unpack_iq2_xs, multiply_iq2,
              finish_less)
MATVEC_TURNED(iq2_s, less, indexed, weights, 256, 82, prepare_iq2, read_iq2_s, unpack_iq2_s, multiply_iq2,
              finish_less)
MATVEC_TURNED(iq3_xxs, less, sw_block, weights, 256, 98, prepare_iq3_xxs, sw_read_block, unpack_iq3_xxs,
              multiply_iq3_xxs, finish_less)
MATVEC_TURNED(iq3_s, less, indexed, weights, 256, 110, prepare_iq3_s, read_iq3_s, unpack_iq3_s, multiply_iq3_s,
              finish_less)

AVX2_END
#endif
