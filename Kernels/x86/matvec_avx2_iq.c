// matvec_avx2_iq.c: IQ2 and IQ3: codebooks of magnitudes, 32 weights at a time; signs go to the activations.
#if defined(__x86_64__)
#include "matvec_avx2_books.h"

AVX2_BEGIN

// Activations of group j with their signs taken where the word's bits are set.
INLINE __m256i with_signs(__m256i x, uint32_t signs) {
    const __m256i byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32((int)signs), byte);
    const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit);
    return _mm256_sub_epi8(_mm256_xor_si256(x, set), set);
}

INLINE __m256i add_signed(__m256i total, const run256 *s, __m256i magnitudes, uint32_t signs, __m256i words,
                          const int j) {
    const __m256i x = with_signs(load256(s->x + 32 * j), signs);
    return _mm256_add_epi32(total, _mm256_madd_epi16(pair_products(magnitudes, x), words));
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

// The words of eight scales of 32.
INLINE __m256i words_of_32(const run256 *s, __m128i scales) {
    const __m128i odd = _mm_add_epi16(_mm_add_epi16(scales, scales), _mm_set1_epi16(1));
    return _mm256_broadcastsi128_si256(_mm_mullo_epi16(odd, s->m32));
}

// The words of eight scales in the top four bits of 32-bit words.
INLINE __m256i words_of_tops(const run256 *s, __m256i u) {
    const __m256i scales = _mm256_srli_epi32(u, 28);
    return words_of_32(s, _mm_packs_epi32(_mm256_castsi256_si128(scales), _mm256_extracti128_si256(scales, 1)));
}

// The words of 16 scales in the nibbles of eight bytes.
INLINE words16 words_of_nibbles(const run256 *s, const uint8_t *b) {
    const __m128i nibbles = nibbles_of_8(_mm_cvtsi64_si128((long long)sw_load64(b)));
    return words_of_16(_mm256_mullo_epi16(odd_words(_mm256_cvtepu8_epi16(nibbles)), s->m));
}

INLINE __m256 finish_iq(__m256 sum, const run256 *s, __m256i total, const uint8_t *half) {
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(total), scale_256(s, half), sum);
}

INLINE run256 prepare_iq2(sw_q8 x, size_t i) { return prepare_256(x, i, 0.125f); }

INLINE __m256 row_iq2_xxs(const run256 *s, const uint8_t *b, __m256 sum) {
    __m256i total = _mm256_setzero_si256();
    // The second words of eight pairs.
    const __m256 pairs =
        _mm256_shuffle_ps(_mm256_castsi256_ps(load256(b + 2)), _mm256_castsi256_ps(load256(b + 34)), 0xdd);
    const __m256i u = _mm256_permute4x64_epi64(_mm256_castps_si256(pairs), 0xd8);
    const __m256i words = words_of_tops(s, u);
    uint32_t signs[8];
    complete_signs(sevens_to_bytes(u), signs);
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint8_t *q = b + 2 + 8 * j;
        const __m256i magnitudes = four_entries(sw_grid_iq2_xxs, q[0], q[1], q[2], q[3]);
        total = add_signed(total, s, magnitudes, signs[j], word32(words, j), j);
    }
    return finish_iq(sum, s, total, b);
}

INLINE __m256 row_iq2_xs(const run256 *s, const uint8_t *b, __m256 sum) {
    __m256i total = _mm256_setzero_si256();
    const __m256i u0 = load256(b + 2), u1 = load256(b + 34), nine = _mm256_set1_epi16(511);
    indices places;
    store_indices(&places, 0, _mm256_and_si256(u0, nine));
    store_indices(&places, 1, _mm256_and_si256(u1, nine));
    const __m256i high = _mm256_packus_epi16(_mm256_srli_epi16(u0, 9), _mm256_srli_epi16(u1, 9));
    uint32_t signs[8];
    complete_signs(_mm256_permute4x64_epi64(high, 0xd8), signs);
    const words16 words = words_of_nibbles(s, b + 66);
    UNROLL
    for (int j = 0; j < 8; j++) {
        const __m256i magnitudes = entries_at(sw_grid_iq2_xs, &places, j);
        total = add_signed(total, s, magnitudes, signs[j], word16(words, j), j);
    }
    return finish_iq(sum, s, total, b);
}

INLINE __m256 row_iq2_s(const run256 *s, const uint8_t *b, __m256 sum) {
    __m256i total = _mm256_setzero_si256();
    indices places;
    UNROLL
    for (int half = 0; half < 2; half++) {
        // A byte holds two bits for each of four indices.
        const __m256i h = repeat_bytes(sw_load32(b + 66 + 4 * half));
        const __m256i above = _mm256_mullo_epi16(h, _mm256_set1_epi64x(0x0004001000400100));
        const __m256i q = _mm256_cvtepu8_epi16(load128(b + 2 + 16 * half));
        store_indices(&places, half, _mm256_or_si256(q, _mm256_and_si256(above, _mm256_set1_epi16(0x300))));
    }
    const words16 words = words_of_nibbles(s, b + 74);
    UNROLL
    for (int j = 0; j < 8; j++) {
        const __m256i magnitudes = entries_at(sw_grid_iq2_s, &places, j);
        total = add_signed(total, s, magnitudes, sw_load32(b + 34 + 4 * j), word16(words, j), j);
    }
    return finish_iq(sum, s, total, b);
}

INLINE run256 prepare_iq3_xxs(sw_q8 x, size_t i) { return prepare_256(x, i, 0.25f); }
INLINE run256 prepare_iq3_s(sw_q8 x, size_t i) { return prepare_256(x, i, 1); }

INLINE __m256 row_iq3_xxs(const run256 *s, const uint8_t *b, __m256 sum) {
    __m256i total = _mm256_setzero_si256();
    const __m256i u = load256(b + 66), words = words_of_tops(s, u);
    uint32_t signs[8];
    complete_signs(sevens_to_bytes(u), signs);
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint8_t *q = b + 2 + 8 * j;
        const __m256i magnitudes = _mm256_setr_m128i(four_small(sw_grid_iq3_xxs, q[0], q[1], q[2], q[3]),
                                                     four_small(sw_grid_iq3_xxs, q[4], q[5], q[6], q[7]));
        total = add_signed(total, s, magnitudes, signs[j], word32(words, j), j);
    }
    return finish_iq(sum, s, total, b);
}

INLINE __m256 row_iq3_s(const run256 *s, const uint8_t *b, __m256 sum) {
    __m256i total = _mm256_setzero_si256();
    // Four bytes of two scales.
    const __m128i nibbles = nibbles_of_8(_mm_cvtsi32_si128((int)sw_load32(b + 106)));
    const __m256i words = words_of_32(s, _mm_cvtepu8_epi16(nibbles));
    indices places[2];
    UNROLL
    for (int k = 0; k < 4; k++) {
        // A byte holds one bit for each of eight indices.
        const __m256i h = _mm256_setr_m128i(_mm_set1_epi16(b[66 + 2 * k]), _mm_set1_epi16(b[67 + 2 * k]));
        const __m256i bit = _mm256_broadcastsi128_si256(_mm_setr_epi16(256, 128, 64, 32, 16, 8, 4, 2));
        const __m256i above = _mm256_and_si256(_mm256_mullo_epi16(h, bit), _mm256_set1_epi16(256));
        const __m256i q = _mm256_cvtepu8_epi16(load128(b + 2 + 16 * k));
        store_indices(&places[k / 2], k % 2, _mm256_or_si256(q, above));
    }
    UNROLL
    for (int j = 0; j < 8; j++) {
        const uint16_t *q = places[j / 4].k + 8 * (j % 4);
        const __m256i magnitudes = _mm256_setr_m128i(four_small(sw_grid_iq3_s, q[0], q[1], q[2], q[3]),
                                                     four_small(sw_grid_iq3_s, q[4], q[5], q[6], q[7]));
        total = add_signed(total, s, magnitudes, sw_load32(b + 74 + 4 * j), word32(words, j), j);
    }
    return finish_iq(sum, s, total, b);
}

MATVEC_AVX2(iq2_xxs, run256, 256, 66, 256, prepare_iq2, row_iq2_xxs)
MATVEC_AVX2(iq2_xs, run256, 256, 74, 256, prepare_iq2, row_iq2_xs)
MATVEC_AVX2(iq2_s, run256, 256, 82, 256, prepare_iq2, row_iq2_s)
MATVEC_AVX2(iq3_xxs, run256, 256, 98, 256, prepare_iq3_xxs, row_iq3_xxs)
MATVEC_AVX2(iq3_s, run256, 256, 110, 256, prepare_iq3_s, row_iq3_s)

AVX2_END
#endif
