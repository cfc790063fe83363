// matvec_avx512_iq.c: the codebook types. Indices are computed by vectors where they need it, the
// entries loaded one by one (gathers are slower on Zen), and signs go to the activations.
#if defined(__x86_64__)
#include "../reference/tables.h"
#include "matvec_avx512_group16.h"

AVX512_BEGIN

// 32 indices of 16 bits, four to a general register: the cheapest way out of a vector.
typedef struct indices {
    uint64_t four[8];
} indices;

INLINE indices take_indices(__m512i words) {
    const __m256i low = _mm512_castsi512_si256(words), high = _mm512_extracti64x4_epi64(words, 1);
    return (indices){{(uint64_t)_mm256_extract_epi64(low, 0), (uint64_t)_mm256_extract_epi64(low, 1),
                      (uint64_t)_mm256_extract_epi64(low, 2), (uint64_t)_mm256_extract_epi64(low, 3),
                      (uint64_t)_mm256_extract_epi64(high, 0), (uint64_t)_mm256_extract_epi64(high, 1),
                      (uint64_t)_mm256_extract_epi64(high, 2), (uint64_t)_mm256_extract_epi64(high, 3)}};
}
INLINE size_t take(const indices *index, int k) { return index->four[k / 4] >> k % 4 * 16 & 0xffff; }
INLINE size_t take_byte(const uint8_t *index, int k) { return index[k]; }

INLINE __m128i two_entries(const uint64_t *a, const uint64_t *b) {
    return _mm_castpd_si128(
        _mm_loadh_pd(_mm_castsi128_pd(_mm_loadl_epi64((const __m128i *)a)), (const double *)b));
}

// Eight entries of eight bytes, from index `at` on.
#define LOOKUP8(grid, take, index, at)                                           \
    _mm512_inserti64x4(_mm512_castsi256_si512(LOOKUP4X8(grid, take, index, at)), \
                       LOOKUP4X8(grid, take, index, (at) + 4), 1)
#define LOOKUP4X8(grid, take, index, at)                                                 \
    _mm256_setr_m128i(two_entries(&grid[take(index, at)], &grid[take(index, (at) + 1)]), \
                      two_entries(&grid[take(index, (at) + 2)], &grid[take(index, (at) + 3)]))

// Sixteen entries of four bytes.
#define LOOKUP4(grid, take, index, at)                                                                      \
    _mm512_inserti64x4(                                                                                     \
        _mm512_castsi256_si512(                                                                             \
            _mm256_setr_m128i(LOOKUP4X4(grid, take, index, at), LOOKUP4X4(grid, take, index, (at) + 4))),   \
        _mm256_setr_m128i(LOOKUP4X4(grid, take, index, (at) + 8), LOOKUP4X4(grid, take, index, (at) + 12)), \
        1)
#define LOOKUP4X4(grid, take, index, at)                                         \
    _mm_setr_epi32((int)grid[take(index, at)], (int)grid[take(index, (at) + 1)], \
                   (int)grid[take(index, (at) + 2)], (int)grid[take(index, (at) + 3)])

// Magnitudes times activations whose signs are taken where bits are set.
INLINE __m512 signed_products(const group16 *s, const __m512i magnitudes[4], const uint64_t signs[4],
                              __m128i scales) {
    __m512i p[4];
    UNROLL
    for (int k = 0; k < 4; k++) {
        const __m512i x =
            _mm512_mask_sub_epi8(s->x[k], _cvtu64_mask64(signs[k]), _mm512_setzero_si512(), s->x[k]);
        p[k] = dot(_mm512_setzero_si512(), magnitudes[k], x);
    }
    const __m512i repeated = _mm512_broadcast_i32x4(scales);
    return scaled_products(s, p, scale_words(repeated, 0, 0), scale_words(repeated, 0, 1));
}

// Bytes of seven signs, completed by the eighth that makes their number even.
INLINE void complete_signs(__m256i seven, uint64_t signs[4]) {
    const __m256i parity = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, -128, -128, 0, -128, 0, 0, -128, -128, 0, 0, -128, 0, -128, -128, 0));
    const __m256i folded =
        _mm256_and_si256(_mm256_xor_si256(seven, _mm256_srli_epi16(seven, 4)), _mm256_set1_epi8(15));
    const __m256i all = _mm256_or_si256(seven, _mm256_shuffle_epi8(parity, folded));
    signs[0] = (uint64_t)_mm256_extract_epi64(all, 0);
    signs[1] = (uint64_t)_mm256_extract_epi64(all, 1);
    signs[2] = (uint64_t)_mm256_extract_epi64(all, 2);
    signs[3] = (uint64_t)_mm256_extract_epi64(all, 3);
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

// s -> 2 s + 1, bytes.
INLINE __m128i odd(__m128i s) { return _mm_or_si128(_mm_add_epi8(s, s), _mm_set1_epi8(1)); }
// Eight bytes, each twice: scales per 32 as scales per 16.
INLINE __m128i twice(__m128i bytes) { return _mm_unpacklo_epi8(bytes, bytes); }
// The nibbles of eight bytes, low before high.
INLINE __m128i nibbles(const uint8_t *p) {
    const __m128i bytes = _mm_loadl_epi64((const __m128i *)p), low = _mm_set1_epi8(15);
    return _mm_unpacklo_epi8(_mm_and_si128(bytes, low), _mm_and_si128(_mm_srli_epi16(bytes, 4), low));
}

// MARK: IQ2

INLINE group16 prepare_iq2(sw_q8 x, size_t i) { return prepare_group16(x, i, 0, 0.125f); }

INLINE __m512 row_iq2_xxs(const group16 *s, const uint8_t *b, __m512 sum) {
    const uint8_t *q = b + 2;
    const __m256i u = _mm512_cvtepi64_epi32(_mm512_srli_epi64(load512(q), 32));
    uint64_t signs[4];
    complete_signs(sevens_to_bytes(u), signs);
    __m512i magnitudes[4];
    UNROLL
    for (int k = 0; k < 4; k++, q += 16) {
        const uint8_t index[8] = {q[0], q[1], q[2], q[3], q[8], q[9], q[10], q[11]};
        magnitudes[k] = LOOKUP8(sw_grid_iq2_xxs, take_byte, index, 0);
    }
    const __m128i scales = twice(odd(_mm256_cvtepi32_epi8(_mm256_srli_epi32(u, 28))));
    return _mm512_fmadd_ps(signed_products(s, magnitudes, signs, scales), half512(b), sum);
}

INLINE __m512 row_iq2_xs(const group16 *s, const uint8_t *b, __m512 sum) {
    const __m512i q = load512(b + 2);
    uint64_t signs[4];
    complete_signs(_mm512_cvtepi16_epi8(_mm512_srli_epi16(q, 9)), signs);
    const indices index = take_indices(_mm512_and_si512(q, _mm512_set1_epi16(511)));
    __m512i magnitudes[4];
    UNROLL
    for (int k = 0; k < 4; k++) magnitudes[k] = LOOKUP8(sw_grid_iq2_xs, take, &index, 8 * k);
    return _mm512_fmadd_ps(signed_products(s, magnitudes, signs, odd(nibbles(b + 66))), half512(b), sum);
}

INLINE __m512 row_iq2_s(const group16 *s, const uint8_t *b, __m512 sum) {
    // Two bits of h[k / 4] above each index: the byte to the upper half of its four words, shifted.
    const __m512i upper = _mm512_set1_epi64((long long)0x0080008000800080);
    const __m512i h = _mm512_shuffle_epi8(
        _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)(b + 66))),
        _mm512_or_si512(upper, _mm512_broadcast_i32x4(_mm_set_epi64x((long long)0x0800080008000800, 0))));
    const __m512i high = _mm512_srlv_epi16(h, _mm512_set1_epi64((long long)0x0006000400020000));
    const indices index =
        take_indices(and_or(high, _mm512_set1_epi16(0x300), _mm512_cvtepu8_epi16(load256(b + 2))));
    uint64_t signs[4];
    memcpy(signs, b + 34, 32);
    __m512i magnitudes[4];
    UNROLL
    for (int k = 0; k < 4; k++) magnitudes[k] = LOOKUP8(sw_grid_iq2_s, take, &index, 8 * k);
    return _mm512_fmadd_ps(signed_products(s, magnitudes, signs, odd(nibbles(b + 74))), half512(b), sum);
}

// MARK: IQ3

INLINE group16 prepare_iq3_xxs(sw_q8 x, size_t i) { return prepare_group16(x, i, 0, 0.25f); }
INLINE group16 prepare_iq3_s(sw_q8 x, size_t i) { return prepare_group16(x, i, 0, 1); }

INLINE __m512 row_iq3_xxs(const group16 *s, const uint8_t *b, __m512 sum) {
    const __m256i u = load256(b + 66);
    uint64_t signs[4];
    complete_signs(sevens_to_bytes(u), signs);
    __m512i magnitudes[4];
    UNROLL
    for (int k = 0; k < 4; k++) magnitudes[k] = LOOKUP4(sw_grid_iq3_xxs, take_byte, b + 2, 16 * k);
    const __m128i scales = twice(odd(_mm256_cvtepi32_epi8(_mm256_srli_epi32(u, 28))));
    return _mm512_fmadd_ps(signed_products(s, magnitudes, signs, scales), half512(b), sum);
}

INLINE __m512 row_iq3_s(const group16 *s, const uint8_t *b, __m512 sum) {
    const __m512i high = _mm512_set1_epi16(0x100);
    const __m512i q0 = _mm512_cvtepu8_epi16(load256(b + 2)), q1 = _mm512_cvtepu8_epi16(load256(b + 34));
    const indices index[2] = {
        take_indices(_mm512_mask_add_epi16(q0, _cvtu32_mask32(sw_load32(b + 66)), q0, high)),
        take_indices(_mm512_mask_add_epi16(q1, _cvtu32_mask32(sw_load32(b + 70)), q1, high))};
    uint64_t signs[4];
    memcpy(signs, b + 74, 32);
    __m512i magnitudes[4];
    UNROLL
    for (int k = 0; k < 4; k++) magnitudes[k] = LOOKUP4(sw_grid_iq3_s, take, &index[k / 2], k % 2 * 16);
    const __m128i packed = _mm_cvtsi32_si128((int)sw_load32(b + 106)), low = _mm_set1_epi8(15);
    const __m128i scales =
        _mm_unpacklo_epi8(_mm_and_si128(packed, low), _mm_and_si128(_mm_srli_epi16(packed, 4), low));
    return _mm512_fmadd_ps(signed_products(s, magnitudes, signs, twice(odd(scales))), half512(b), sum);
}

// MARK: IQ1

// Weights in eighths, 9 more than their value: 8 (g + 1), and 2 more where the shift is positive.
INLINE group16 prepare_iq1(sw_q8 x, size_t i) { return prepare_group16(x, i, 9, 0.125f); }

INLINE __m512 shifted_products(const group16 *s, const indices *index, uint32_t negative, __m128i scales) {
    __m512i weights[4];
    UNROLL
    for (int k = 0; k < 4; k++) {
        const __m512i g = _mm512_add_epi8(LOOKUP8(sw_grid_iq1, take, index, 8 * k), _mm512_set1_epi8(1));
        const __m512i eighths = _mm512_slli_epi16(g, 3);
        weights[k] = _mm512_mask_add_epi64(eighths, _cvtu32_mask8(~negative >> 8 * k & 255), eighths,
                                           _mm512_set1_epi8(2));
    }
    return scaled_unsigned(s, weights, _mm512_broadcast_i32x4(scales));
}

INLINE __m512 row_iq1_s(const group16 *s, const uint8_t *b, __m512 sum) {
    const __m128i h = load128(b + 34);
    // Each word of h for its four indices, whose high bits it holds three by three.
    const __m512i four =
        _mm512_setr_epi64(0, 0x0001000100010001, 0x0002000200020002, 0x0003000300030003, 0x0004000400040004,
                          0x0005000500050005, 0x0006000600060006, 0x0007000700070007);
    const __m512i repeated = _mm512_permutexvar_epi16(four, _mm512_castsi128_si512(h));
    const __m512i high =
        _mm512_slli_epi16(_mm512_srlv_epi16(repeated, _mm512_set1_epi64((long long)0x0009000600030000)), 8);
    const indices index =
        take_indices(and_or(high, _mm512_set1_epi16(0x700), _mm512_cvtepu8_epi16(load256(b + 2))));
    const __m128i three = _mm_and_si128(_mm_srli_epi16(h, 12), _mm_set1_epi16(7));
    const __m128i scales = twice(odd(_mm_packus_epi16(three, three)));
    const __m512 products =
        shifted_products(s, &index, _cvtmask32_u32(_mm512_movepi16_mask(repeated)), scales);
    return _mm512_fmadd_ps(products, half512(b), sum);
}

INLINE __m512 row_iq1_m(const group16 *s, const uint8_t *b, __m512 sum) {
    // Nibbles of h as words.
    const __m512i h = _mm512_cvtepu8_epi32(load128(b + 32));
    const __m512i words =
        _mm512_and_si512(_mm512_or_si512(h, _mm512_slli_epi32(h, 12)), _mm512_set1_epi16(15));
    const indices index = take_indices(
        and_or(_mm512_slli_epi16(words, 8), _mm512_set1_epi16(0x700), _mm512_cvtepu8_epi16(load256(b))));
    const uint32_t negative = _cvtmask32_u32(_mm512_test_epi16_mask(words, _mm512_set1_epi16(8)));
    const uint64_t packed = sw_load64(b + 48);
    const __m256i four = _mm256_setr_epi64x(0, 0x0001000100010001, 0x0002000200020002, 0x0003000300030003);
    const __m256i repeated =
        _mm256_permutexvar_epi16(four, _mm256_castsi128_si256(_mm_cvtsi64_si128((long long)packed)));
    const __m256i three = _mm256_and_si256(
        _mm256_srlv_epi16(repeated, _mm256_set1_epi64x((long long)0x0009000600030000)), _mm256_set1_epi16(7));
    const uint16_t d = (uint16_t)((packed >> 12 & 0xf) | (packed >> 24 & 0xf0) | (packed >> 36 & 0xf00) |
                                  (packed >> 48 & 0xf000));
    const __m512 products = shifted_products(s, &index, negative, odd(_mm256_cvtepi16_epi8(three)));
    return _mm512_fmadd_ps(products, half512(&d), sum);
}

MATVEC_AVX512(iq2_xxs, group16, 256, 66, 256, prepare_iq2, row_iq2_xxs)
MATVEC_AVX512(iq2_xs, group16, 256, 74, 256, prepare_iq2, row_iq2_xs)
MATVEC_AVX512(iq2_s, group16, 256, 82, 256, prepare_iq2, row_iq2_s)
MATVEC_AVX512(iq3_xxs, group16, 256, 98, 256, prepare_iq3_xxs, row_iq3_xxs)
MATVEC_AVX512(iq3_s, group16, 256, 110, 256, prepare_iq3_s, row_iq3_s)
MATVEC_AVX512(iq1_s, group16, 256, 50, 256, prepare_iq1, row_iq1_s)
MATVEC_AVX512(iq1_m, group16, 256, 56, 256, prepare_iq1, row_iq1_m)

AVX512_END
#endif
