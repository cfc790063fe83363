// matvec_avx2_iq1.c: IQ1: a codebook of -1, 0 and 1, shifted by an eighth up or down.
#if defined(__x86_64__)
#include "matvec_avx2_columns.h"
#include "matvec_books.h"

AVX2_BEGIN

// Activations, and the sums of each 16, in order.
typedef struct shifted {
    turned x;
    __m256i sums;
} shifted;

// All integers are eighths.
INLINE shifted prepare_iq1(sw_q8 x, size_t i) {
    shifted s = {prepare_turned(x, i), load256(x.sum + i / 16)};
    s.x.d = _mm256_mul_ps(s.x.d, _mm256_set1_ps(0.125f));
    return s;
}

// And what the groups' sums are to be multiplied by.
typedef struct shifted_weights {
    coded of;
    __m256 d;
    __m256i shift;
} shifted_weights;

// Each word twice: the eight of a block's groups.
INLINE __m256i repeat_eight_words(const uint8_t *b) {
    return _mm256_shuffle_epi8(repeat128(b), _mm256_setr_epi32(0x01000100, 0x03020302, 0x05040504, 0x07060706,
                                                               0x09080908, 0x0b0a0b0a, 0x0d0c0d0c, 0x0f0e0f0e));
}

// MARK: IQ1_S

// The weights are 1 more than the codebook's.
INLINE shifted_weights unpack_iq1_s(const indexed *from) {
    const uint8_t *b = from->b;
    shifted_weights w = {.d = half256(b)};
    const __m256i h = repeat_eight_words(b + 34), one = _mm256_set1_epi8(1);
    const __m256i eightfold = _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(h, 8), _mm256_set1_epi16(0x70)),
                                              _mm256_set1_epi16(8));
    w.of.by[0] = eightfold;
    const __m256i shift = _mm256_sign_epi16(_mm256_srli_epi16(eightfold, 3), _mm256_or_si256(h, one));
    w.shift = _mm256_sub_epi16(shift, eightfold);
    load_indexed(sw_grid_iq1, from, w.of.w);
    UNROLL
    for (int t = 0; t < 8; t++) w.of.w[t] = _mm256_add_epi8(w.of.w[t], one);
    return w;
}

INLINE __m256i multiply_iq1_s(const shifted *s, const shifted_weights *w) {
    const __m256i p = eight_products(w->of.w, s->x.q);
    return _mm256_add_epi32(_mm256_madd_epi16(p, w->of.by[0]), _mm256_madd_epi16(s->sums, w->shift));
}

INLINE __m256 finish_iq1(const shifted *s, const shifted_weights *w, __m256i total, __m256 sum) {
    return add_groups(sum, s->x, total, w->d);
}

// MARK: IQ1_M

INLINE shifted_weights unpack_iq1_m(const indexed *from) {
    const uint16_t d = scale_of_nibbles(sw_load64(from->b + 48));
    shifted_weights w = {codes_iq1_m(from), .d = half256(&d)};
    w.shift = _mm256_mullo_epi16(_mm256_blend_epi16(w.of.by[0], w.of.by[1], 0xaa), _mm256_set1_epi16(9));
    return w;
}

INLINE __m256i multiply_iq1_m(const shifted *s, const shifted_weights *w) {
    const __m256i even = _mm256_madd_epi16(four_products(w->of.w, s->x.q, 0), w->of.by[0]);
    const __m256i odd = _mm256_madd_epi16(four_products(w->of.w, s->x.q, 4), w->of.by[1]);
    const __m256i nines = _mm256_madd_epi16(s->sums, w->shift);
    return _mm256_sub_epi32(_mm256_add_epi32(even, odd), nines);
}

MATVEC_TURNED_AVX2(iq1_s, shifted, indexed, shifted_weights, 256, 50, prepare_iq1, read_iq1_s, unpack_iq1_s,
                   multiply_iq1_s, finish_iq1)
MATVEC_TURNED_AVX2(iq1_m, shifted, indexed, shifted_weights, 256, 56, prepare_iq1, read_iq1_m, unpack_iq1_m,
                   multiply_iq1_m, finish_iq1)

AVX2_END
#endif
