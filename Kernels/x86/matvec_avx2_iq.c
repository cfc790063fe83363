// matvec_avx2_iq.c: the codebook types, 32 weights at a time; signs go to the activations.
#if defined(__x86_64__)
#include "../reference/tables.h"
#include "matvec_avx2_group16.h"

AVX2_BEGIN

INLINE __m256i four_entries(const uint64_t *grid, int a, int b, int c, int d) {
    return _mm256_setr_epi64x((long long)grid[a], (long long)grid[b], (long long)grid[c], (long long)grid[d]);
}
INLINE __m128i four_small(const uint32_t *grid, int a, int b, int c, int d) {
    return _mm_setr_epi32((int)grid[a], (int)grid[b], (int)grid[c], (int)grid[d]);
}

// Activations of group j with their signs taken where the word's bits are set.
INLINE __m256i with_signs(__m256i x, uint32_t signs) {
    const __m256i byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32((int)signs), byte);
    const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit);
    return _mm256_sub_epi8(_mm256_xor_si256(x, set), set);
}

INLINE __m256 add_signed(__m256 products, const group16 *s, __m256i magnitudes, uint32_t signs, __m256i words,
                         const int j) {
    const __m256i p = pair_products(magnitudes, with_signs(s->x[j], signs));
    return add_products(products, _mm256_madd_epi16(p, words), _mm256_set1_ps(s->d[j]));
}

// Bytes of seven signs, completed by the eighth that makes their number even; four to a word.
INLINE void complete_signs(__m256i seven, uint32_t signs[8]) {
    const __m256i parity = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, -128, -128, 0, -128, 0, 0, -128, -128, 0, 0, -128, 0, -128, -128, 0));
    const __m256i folded =
        _mm256_and_si256(_mm256_xor_si256(seven, _mm256_srli_epi16(seven, 4)), _mm256_set1_epi8(15));
    _mm256_storeu_si256((__m256i *)signs, _mm256_or_si256(seven, _mm256_shuffle_epi8(parity, folded)));
}

// Four times seven bits of each 32-bit word to its four bytes.
INLINE __m256i sevens_to_bytes(__m256i u) {
    const __m256i ab = _mm256_or_si256(_mm256_and_si256(u, _mm256_set1_epi32(0x7f)),
                                       _mm256_and_si256(_mm256_slli_epi32(u, 1), _mm256_set1_epi32(0x7f00)));
    const __m256i cd =
        _mm256_or_si256(_mm256_and_si256(_mm256_slli_epi32(u, 2), _mm256_set1_epi32(0x7f0000)),
                        _mm256_and_si256(_mm256_slli_epi32(u, 3), _mm256_set1_epi32(0x7f000000)));
    return _mm256_or_si256(ab, cd);
}

// s -> 2 s + 1 in every word.
INLINE __m256i odd_words(int s) { return _mm256_set1_epi16((short)(2 * s + 1)); }
// The two nibbles of a byte, one to a lane.
INLINE __m256i odd_nibbles(uint8_t s) {
    return _mm256_setr_m128i(_mm_set1_epi16((short)(2 * (s & 15) + 1)),
                             _mm_set1_epi16((short)(2 * (s >> 4) + 1)));
}

INLINE group16 prepare_iq2(sw_q8 x, size_t i) { return prepare_group16(x, i, 0, 0.125f); }

INLINE __m256 row_iq2_xxs(const group16 *s, const uint8_t *b, __m256 sum) {
    __m256 products = _mm256_setzero_ps();
    // The second words of eight pairs.
    const __m256 pairs =
        _mm256_shuffle_ps(_mm256_castsi256_ps(load256(b + 2)), _mm256_castsi256_ps(load256(b + 34)), 0xdd);
    uint32_t signs[8];
    complete_signs(sevens_to_bytes(_mm256_permute4x64_epi64(_mm256_castps_si256(pairs), 0xd8)), signs);
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint8_t *q = b + 2 + 8 * j;
        const __m256i magnitudes = four_entries(sw_grid_iq2_xxs, q[0], q[1], q[2], q[3]);
        products = add_signed(products, s, magnitudes, signs[j], odd_words(q[7] >> 4), j);
    }
    return _mm256_fmadd_ps(products, half256(b), sum);
}

INLINE __m256 row_iq2_xs(const group16 *s, const uint8_t *b, __m256 sum) {
    __m256 products = _mm256_setzero_ps();
    const __m256i high =
        _mm256_packus_epi16(_mm256_srli_epi16(load256(b + 2), 9), _mm256_srli_epi16(load256(b + 34), 9));
    uint32_t signs[8];
    complete_signs(_mm256_permute4x64_epi64(high, 0xd8), signs);
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint64_t q = sw_load64(b + 2 + 8 * j);
        const __m256i magnitudes =
            four_entries(sw_grid_iq2_xs, q & 511, q >> 16 & 511, q >> 32 & 511, q >> 48 & 511);
        products = add_signed(products, s, magnitudes, signs[j], odd_nibbles(b[66 + j]), j);
    }
    return _mm256_fmadd_ps(products, half256(b), sum);
}

INLINE __m256 row_iq2_s(const group16 *s, const uint8_t *b, __m256 sum) {
    __m256 products = _mm256_setzero_ps();
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint8_t *q = b + 2 + 4 * j;
        const int h = b[66 + j];
        const __m256i magnitudes =
            four_entries(sw_grid_iq2_s, q[0] | (h << 8 & 0x300), q[1] | (h << 6 & 0x300),
                         q[2] | (h << 4 & 0x300), q[3] | (h << 2 & 0x300));
        products = add_signed(products, s, magnitudes, sw_load32(b + 34 + 4 * j), odd_nibbles(b[74 + j]), j);
    }
    return _mm256_fmadd_ps(products, half256(b), sum);
}

INLINE group16 prepare_iq3_xxs(sw_q8 x, size_t i) { return prepare_group16(x, i, 0, 0.25f); }
INLINE group16 prepare_iq3_s(sw_q8 x, size_t i) { return prepare_group16(x, i, 0, 1); }

INLINE __m256 row_iq3_xxs(const group16 *s, const uint8_t *b, __m256 sum) {
    __m256 products = _mm256_setzero_ps();
    uint32_t signs[8];
    complete_signs(sevens_to_bytes(load256(b + 66)), signs);
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint8_t *q = b + 2 + 8 * j;
        const __m256i magnitudes = _mm256_setr_m128i(four_small(sw_grid_iq3_xxs, q[0], q[1], q[2], q[3]),
                                                     four_small(sw_grid_iq3_xxs, q[4], q[5], q[6], q[7]));
        products = add_signed(products, s, magnitudes, signs[j], odd_words(b[69 + 4 * j] >> 4), j);
    }
    return _mm256_fmadd_ps(products, half256(b), sum);
}

INLINE __m256 row_iq3_s(const group16 *s, const uint8_t *b, __m256 sum) {
    __m256 products = _mm256_setzero_ps();
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint8_t *q = b + 2 + 8 * j;
        const int h = b[66 + j];
        const __m256i magnitudes =
            _mm256_setr_m128i(four_small(sw_grid_iq3_s, q[0] | (h << 8 & 256), q[1] | (h << 7 & 256),
                                         q[2] | (h << 6 & 256), q[3] | (h << 5 & 256)),
                              four_small(sw_grid_iq3_s, q[4] | (h << 4 & 256), q[5] | (h << 3 & 256),
                                         q[6] | (h << 2 & 256), q[7] | (h << 1 & 256)));
        const int scale = b[106 + j / 2] >> j % 2 * 4 & 15;
        products = add_signed(products, s, magnitudes, sw_load32(b + 74 + 4 * j), odd_words(scale), j);
    }
    return _mm256_fmadd_ps(products, half256(b), sum);
}

// MARK: IQ1

// Weights in eighths, 9 more than their value: 8 (g + 1), and 2 more where the shift is positive.
INLINE group16 prepare_iq1(sw_q8 x, size_t i) { return prepare_group16(x, i, 9, 0.125f); }

INLINE __m256 add_shifted(__m256 products, const group16 *s, __m256i entries, __m256i shifts, __m256i words,
                          const int j) {
    const __m256i eighths = _mm256_slli_epi16(_mm256_add_epi8(entries, _mm256_set1_epi8(1)), 3);
    return add_group16(products, s, _mm256_add_epi8(eighths, shifts), words, j);
}

INLINE __m256 row_iq1_s(const group16 *s, const uint8_t *b, __m256 sum) {
    __m256 products = _mm256_setzero_ps();
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint8_t *q = b + 2 + 4 * j;
        const int h = sw_load16(b + 34 + 2 * j);
        const __m256i entries = four_entries(sw_grid_iq1, q[0] | (h << 8 & 0x700), q[1] | (h << 5 & 0x700),
                                             q[2] | (h << 2 & 0x700), q[3] | (h >> 1 & 0x700));
        const __m256i shifts = _mm256_set1_epi8(h >> 15 ? 0 : 2);
        products = add_shifted(products, s, entries, shifts, odd_words(h >> 12 & 7), j);
    }
    return _mm256_fmadd_ps(products, half256(b), sum);
}

INLINE __m256 row_iq1_m(const group16 *s, const uint8_t *b, __m256 sum) {
    __m256 products = _mm256_setzero_ps();
    const uint64_t packed = sw_load64(b + 48);
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint8_t *q = b + 4 * j;
        const int h = sw_load16(b + 32 + 2 * j);
        const __m256i entries = four_entries(sw_grid_iq1, q[0] | (h << 8 & 0x700), q[1] | (h << 4 & 0x700),
                                             q[2] | (h & 0x700), q[3] | (h >> 4 & 0x700));
        const __m256i negative =
            _mm256_and_si256(_mm256_set1_epi64x(h), _mm256_setr_epi64x(0x8, 0x80, 0x800, 0x8000));
        const __m256i positive = _mm256_cmpeq_epi64(negative, _mm256_setzero_si256());
        const int scales = (int)(packed >> (16 * (j / 2) + 6 * (j % 2)));
        const __m256i words = _mm256_setr_m128i(_mm_set1_epi16((short)(2 * (scales & 7) + 1)),
                                                _mm_set1_epi16((short)(2 * (scales >> 3 & 7) + 1)));
        products =
            add_shifted(products, s, entries, _mm256_and_si256(positive, _mm256_set1_epi8(2)), words, j);
    }
    const uint16_t d = (uint16_t)((packed >> 12 & 0xf) | (packed >> 24 & 0xf0) | (packed >> 36 & 0xf00) |
                                  (packed >> 48 & 0xf000));
    return _mm256_fmadd_ps(products, half256(&d), sum);
}

MATVEC_AVX2(iq2_xxs, group16, 256, 66, 256, prepare_iq2, row_iq2_xxs)
MATVEC_AVX2(iq2_xs, group16, 256, 74, 256, prepare_iq2, row_iq2_xs)
MATVEC_AVX2(iq2_s, group16, 256, 82, 256, prepare_iq2, row_iq2_s)
MATVEC_AVX2(iq3_xxs, group16, 256, 98, 256, prepare_iq3_xxs, row_iq3_xxs)
MATVEC_AVX2(iq3_s, group16, 256, 110, 256, prepare_iq3_s, row_iq3_s)
MATVEC_AVX2(iq1_s, group16, 256, 50, 256, prepare_iq1, row_iq1_s)
MATVEC_AVX2(iq1_m, group16, 256, 56, 256, prepare_iq1, row_iq1_m)

AVX2_END
#endif
