// matvec_avx2_iq1.c: IQ1: a codebook of -1, 0 and 1, shifted by an eighth up or down.
#if defined(__x86_64__)
#include "matvec_avx2_books.h"

AVX2_BEGIN

// MARK: IQ1_S

typedef struct group32 {
    const int8_t *x;
    __m128i m, sums;  // of each 32
    float unit;       // an eighth of it
} group32;

INLINE group32 prepare_iq1_s(sw_q8 x, size_t i) {
    const __m256i sums = _mm256_madd_epi16(load256(x.sum + i / 16), _mm256_set1_epi16(1));
    return (group32){
        .x = x.q + i,
        .m = load128(x.m + i / 32),
        .sums = _mm_packs_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1)),
        .unit = x.unit[i / 256] * 0.125f,
    };
}

INLINE __m256 row_iq1_s(const group32 *s, const uint8_t *b, __m256 sum) {
    const __m128i h = load128(b + 34), seven = _mm_set1_epi16(7);
    const __m128i scales = _mm_and_si128(_mm_srli_epi16(h, 12), seven);
    const __m128i odd = _mm_add_epi16(_mm_add_epi16(scales, scales), _mm_set1_epi16(1));
    const __m128i words = _mm_mullo_epi16(odd, s->m);
    // The shift of a group of 32 is a multiple of its sum.
    const __m128i shifted = _mm_sign_epi16(words, _mm_or_si128(h, _mm_set1_epi16(1)));
    const __m128i shifts = _mm_madd_epi16(shifted, s->sums);
    const __m256i all = _mm256_broadcastsi128_si256(words);
    indices places;
    UNROLL
    for (int half = 0; half < 2; half++) {
        // Three bits for each of four indices, brought to the top and down to bit 8.
        const __m256i top = _mm256_mullo_epi16(repeat_words(sw_load64(b + 34 + 8 * half)),
                                               _mm256_set1_epi64x(0x0010008004002000));
        const __m256i above = _mm256_and_si256(_mm256_srli_epi16(top, 5), _mm256_set1_epi16(0x700));
        const __m256i q = _mm256_cvtepu8_epi16(load128(b + 2 + 16 * half));
        store_indices(&places, half, _mm256_or_si256(q, above));
    }
    __m256i total = _mm256_setzero_si256();
    UNROLL
    for (int j = 0; j < 8; j++) {
        const __m256i x = _mm256_sign_epi8(load256(s->x + 32 * j), entries_at(sw_grid_iq1, &places, j));
        const __m256i p = pair_products(_mm256_set1_epi8(1), x);
        total = _mm256_add_epi32(total, _mm256_madd_epi16(p, word32(all, j)));
    }
    const __m256i eighths = _mm256_add_epi32(_mm256_slli_epi32(total, 3), _mm256_zextsi128_si256(shifts));
    const __m256 d = _mm256_mul_ps(half256(b), _mm256_set1_ps(s->unit));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(eighths), d, sum);
}

// MARK: IQ1_M

INLINE run256 prepare_iq1_m(sw_q8 x, size_t i) { return prepare_256(x, i, 0.125f); }

INLINE __m256 row_iq1_m(const run256 *s, const uint8_t *b, __m256 sum) {
    const uint64_t packed = sw_load64(b + 48);
    const __m256i top = _mm256_mullo_epi16(repeat_words(packed), _mm256_set1_epi64x(0x0010008004002000));
    const __m256i scales = _mm256_mullo_epi16(odd_words(_mm256_srli_epi16(top, 13)), s->m);
    const words16 words = words_of_16(scales);
    indices places, shifts;
    UNROLL
    for (int half = 0; half < 2; half++) {
        // Four bits for each of four indices: three of the index, brought to the top and down to bit 8,
        // and the shift's sign.
        const __m256i h = repeat_words(sw_load64(b + 32 + 8 * half));
        const __m256i high = _mm256_mullo_epi16(h, _mm256_set1_epi64x(0x0002002002002000));
        const __m256i above = _mm256_and_si256(_mm256_srli_epi16(high, 5), _mm256_set1_epi16(0x700));
        const __m256i q = _mm256_cvtepu8_epi16(load128(b + 16 * half));
        store_indices(&places, half, _mm256_or_si256(q, above));
        const __m256i sign = _mm256_mullo_epi16(h, _mm256_set1_epi64x(0x0001001001001000));
        store_indices(&shifts, half,
                      _mm256_andnot_si256(_mm256_srai_epi16(sign, 15), _mm256_set1_epi16(2)));
    }
    const __m256i eight = _mm256_setr_epi64x(0, 0x0202020202020202, 0x0404040404040404, 0x0606060606060606);
    __m256i total = _mm256_setzero_si256();
    UNROLL
    for (int j = 0; j < 8; j++) {
        // Weights in eighths, 9 more than their value: 8 (g + 1), and 2 more where the shift is upwards.
        const __m256i entries = _mm256_add_epi8(entries_at(sw_grid_iq1, &places, j), _mm256_set1_epi8(1));
        const __m256i up = _mm256_shuffle_epi8(
            _mm256_set1_epi64x((long long)sw_load64((const uint8_t *)(shifts.k + 4 * j))), eight);
        const __m256i weights = _mm256_add_epi8(_mm256_slli_epi16(entries, 3), up);
        total = add_256(total, s, weights, word16(words, j), j);
    }
    const __m256 nines = _mm256_cvtepi32_ps(_mm256_madd_epi16(scales, s->sums));
    const __m256 products = _mm256_fnmadd_ps(nines, _mm256_set1_ps(9), _mm256_cvtepi32_ps(total));
    const uint16_t d = (uint16_t)((packed >> 12 & 0xf) | (packed >> 24 & 0xf0) | (packed >> 36 & 0xf00) |
                                  (packed >> 48 & 0xf000));
    return _mm256_fmadd_ps(products, scale_256(s, &d), sum);
}

MATVEC_AVX2(iq1_s, group32, 256, 50, 256, prepare_iq1_s, row_iq1_s)
MATVEC_AVX2(iq1_m, run256, 256, 56, 256, prepare_iq1_m, row_iq1_m)

AVX2_END
#endif
