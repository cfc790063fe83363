// matvec_avx2_iq.c: IQ2 and IQ3: codebooks of magnitudes and, beside their indices, signs.
//
// An offset makes the weights unsigned; the activations' sums times it are taken off again in 16 bits, where what
// wrapped around comes back. So many products meet in 16 bits as fit there without the offset: six of 43.
#if defined(__x86_64__)
#include "matvec_avx2_columns.h"
#include "matvec_books.h"

AVX2_BEGIN

// Codes and their block's scale.
typedef struct weights {
    coded of;
    __m256 d;
} weights;

// The sums of products of vectors `first` to `end` - 1, as they meet in each 16 bits.
INLINE __m256i products(const __m256i w[8], const int8_t *q, const int first, const int end) {
    __m256i sum = pair_products(w[first], load256(q + 32 * first));
    UNROLL
    for (int t = first + 1; t < end; t++) sum = _mm256_add_epi16(sum, pair_products(w[t], load256(q + 32 * t)));
    return sum;
}

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
        const __m256i p = products(w->of.w, s->x.q, k == 0 ? 0 : ends[k - 1], ends[k]);
        const __m256i less = _mm256_sub_epi16(p, s->offset[k]);
        total = _mm256_add_epi32(total, _mm256_madd_epi16(less, w->of.by[k * scales / sums]));
    }
    return total;
}

INLINE __m256 finish_less(const less *s, const weights *w, __m256i total, __m256 sum) {
    return add_groups(sum, s->x, total, w->d);
}

// MARK: IQ2

static const int thirds[] = {3, 6, 8}, fourths[] = {2, 4, 6, 8}, halves[] = {4, 8}, whole[] = {8};

INLINE less prepare_iq2_xxs(sw_q8 x, size_t i) { return prepare_less(x, i, 3, thirds, 43, 0.125f); }
INLINE less prepare_iq2(sw_q8 x, size_t i) { return prepare_less(x, i, 4, fourths, 43, 0.125f); }

INLINE __m256i multiply_iq2_xxs(const less *s, const weights *w) { return multiply_less(s, w, 3, thirds, 1); }
INLINE __m256i multiply_iq2(const less *s, const weights *w) { return multiply_less(s, w, 4, fourths, 2); }

// MARK: IQ3

INLINE less prepare_iq3_xxs(sw_q8 x, size_t i) { return prepare_less(x, i, 2, halves, 31, 0.5f); }
INLINE less prepare_iq3_s(sw_q8 x, size_t i) { return prepare_less(x, i, 1, whole, 15, 1); }

INLINE __m256i multiply_iq3_xxs(const less *s, const weights *w) { return multiply_less(s, w, 2, halves, 1); }
INLINE __m256i multiply_iq3_s(const less *s, const weights *w) { return multiply_less(s, w, 1, whole, 1); }

// Defines unpack_<name>.
#define UNPACK(name, early)                                                                    \
    INLINE weights unpack_##name(const early *from) {                                          \
        return (weights){codes_##name(from), half256(from->b)};                                \
    }
UNPACK(iq2_xxs, sw_block)
UNPACK(iq2_xs, indexed)
UNPACK(iq2_s, indexed)
UNPACK(iq3_xxs, sw_block)
UNPACK(iq3_s, indexed)

MATVEC_TURNED_AVX2(iq2_xxs, less, sw_block, weights, 256, 66, prepare_iq2_xxs, sw_read_block, unpack_iq2_xxs,
                   multiply_iq2_xxs, finish_less)
MATVEC_TURNED_AVX2(iq2_xs, less, indexed, weights, 256, 74, prepare_iq2, read_iq2_xs, unpack_iq2_xs, multiply_iq2,
                   finish_less)
MATVEC_TURNED_AVX2(iq2_s, less, indexed, weights, 256, 82, prepare_iq2, read_iq2_s, unpack_iq2_s, multiply_iq2,
                   finish_less)
MATVEC_TURNED_AVX2(iq3_xxs, less, sw_block, weights, 256, 98, prepare_iq3_xxs, sw_read_block, unpack_iq3_xxs,
                   multiply_iq3_xxs, finish_less)
MATVEC_TURNED_AVX2(iq3_s, less, indexed, weights, 256, 110, prepare_iq3_s, read_iq3_s, unpack_iq3_s, multiply_iq3_s,
                   finish_less)

AVX2_END
#endif
