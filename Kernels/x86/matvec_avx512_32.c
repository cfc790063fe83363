// matvec_avx512_32.c: the types with one float scale per 32 weights, four blocks a step.
#if defined(__x86_64__)
#include "matvec_avx512_quads.h"

AVX512_BEGIN

INLINE __m512i dot_nibbles(const quads *s, __m512i q) {
    const __m512i low = _mm512_set1_epi8(15);
    const __m512i products = dot(s->start, _mm512_and_si512(q, low), s->first);
    return dot(products, _mm512_and_si512(_mm512_srli_epi16(q, 4), low), s->second);
}

INLINE quads prepare_q4_0(sw_q8 x, size_t i) { return prepare_quads(x, i, 8); }

INLINE __m512 row_q4_0(const quads *s, const uint8_t *b, __m512 sum) {
    const __m512i a = load512(b), c = load512(b + 8);
    const __m512 d = _mm512_mul_ps(block_halves(a, q4_0_d), s->d);
    return add_products(sum, dot_nibbles(s, _mm512_permutex2var_epi16(a, load512(q4_0_q), c)), d);
}

static const words512 q4_1_q = {BLOCK_WORDS(2, 8), BLOCK_WORDS(12, 8), BLOCK_WORDS(22, 8),
                                BLOCK_WORDS(32, 8)};
static const words512 q4_1_d = {FOUR(0), FOUR(10), FOUR(20), FOUR(30)};
static const words512 q4_1_m = {FOUR(1), FOUR(11), FOUR(21), FOUR(31)};

INLINE quads prepare_q4_1(sw_q8 x, size_t i) { return prepare_quads(x, i, 0); }

INLINE __m512 row_q4_1(const quads *s, const uint8_t *b, __m512 sum) {
    const __m512i a = load512(b), c = load512(b + 16);
    const __m512 d = _mm512_mul_ps(block_halves(a, q4_1_d), s->d);
    sum = _mm512_fmadd_ps(block_halves(a, q4_1_m), s->s, sum);
    return add_products(sum, dot_nibbles(s, _mm512_permutex2var_epi16(a, load512(q4_1_q), c)), d);
}

// Fifth bits: the low halves of the four 32-bit words are those of the first 16 elements each,
// the high halves those of the second.
INLINE __m512i dot_fives(const quads *s, __m512i q, __m128i halves) {
    const __m512i low = _mm512_set1_epi8(15), fifth = _mm512_set1_epi8(16);
    const __mmask64 first = _cvtu64_mask64((uint64_t)_mm_cvtsi128_si64(halves));
    const __mmask64 second = _cvtu64_mask64((uint64_t)_mm_extract_epi64(halves, 1));
    const __m512i a = _mm512_and_si512(q, low), c = _mm512_and_si512(_mm512_srli_epi16(q, 4), low);
    return dot(dot(s->start, _mm512_mask_add_epi8(a, first, a, fifth), s->first),
               _mm512_mask_add_epi8(c, second, c, fifth), s->second);
}

static const words512 q5_0_q = {BLOCK_WORDS(3, 12), BLOCK_WORDS(14, 12), BLOCK_WORDS(25, 12),
                                BLOCK_WORDS(36, 12)};
static const words512 q5_0_d = {FOUR(0), FOUR(11), FOUR(22), FOUR(33 - 12 + 32)};
static const words512 q5_0_h = {1, 12, 23, WORDS(34, 12), 2, 13, 24, WORDS(35, 12)};

INLINE quads prepare_q5_0(sw_q8 x, size_t i) { return prepare_quads(x, i, 16); }

INLINE __m512 row_q5_0(const quads *s, const uint8_t *b, __m512 sum) {
    const __m512i a = load512(b), c = load512(b + 24);
    const __m512i h = _mm512_permutex2var_epi16(a, load512(q5_0_h), c),
                  d = _mm512_permutex2var_epi16(a, load512(q5_0_d), c);
    const __m512i products =
        dot_fives(s, _mm512_permutex2var_epi16(a, load512(q5_0_q), c), _mm512_castsi512_si128(h));
    return add_products(sum, products, _mm512_mul_ps(_mm512_cvtph_ps(_mm512_castsi512_si256(d)), s->d));
}

static const words512 q5_1_q = {BLOCK_WORDS(4, 16), BLOCK_WORDS(16, 16), BLOCK_WORDS(28, 16),
                                BLOCK_WORDS(40, 16)};
static const words512 q5_1_d = {FOUR(0), FOUR(12), FOUR(24), FOUR(36 - 16 + 32),
                                FOUR(1), FOUR(13), FOUR(25), FOUR(37 - 16 + 32)};
static const words512 q5_1_h = {2, 14, 26, WORDS(38, 16), 3, 15, 27, WORDS(39, 16)};

INLINE __m512 row_q5_1(const quads *s, const uint8_t *b, __m512 sum) {
    const __m512i a = load512(b), c = load512(b + 32);
    const __m512i h = _mm512_permutex2var_epi16(a, load512(q5_1_h), c),
                  d = _mm512_permutex2var_epi16(a, load512(q5_1_d), c);
    const __m512i products =
        dot_fives(s, _mm512_permutex2var_epi16(a, load512(q5_1_q), c), _mm512_castsi512_si128(h));
    sum = _mm512_fmadd_ps(_mm512_cvtph_ps(_mm512_extracti64x4_epi64(d, 1)), s->s, sum);
    return add_products(sum, products, _mm512_mul_ps(_mm512_cvtph_ps(_mm512_castsi512_si256(d)), s->d));
}

// MARK: Q8_0

// Activations of four groups of 32 in order, two to a vector.
typedef struct pairs {
    __m512i x[2], start[2];
    __m512 d[2];
} pairs;

INLINE pairs prepare_pairs(sw_q8 x, size_t i, char offset) {
    const __m512i first = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    const __m512 d = _mm512_castps128_ps512(_mm_loadu_ps(x.d + i / 32));
    pairs s;
    UNROLL
    for (int k = 0; k < 2; k++) {
        s.x[k] = load512(x.q + i + 64 * k);
        s.start[k] = offset_start(offset, s.x[k]);
        s.d[k] = _mm512_permutexvar_ps(_mm512_add_epi32(first, _mm512_set1_epi32(2 * k)), d);
    }
    return s;
}

INLINE pairs prepare_q8_0(sw_q8 x, size_t i) { return prepare_pairs(x, i, (char)128); }

INLINE __m512 add_q8_0(__m512 sum, const pairs *s, const uint8_t *b, const int k) {
    const __m512i q = _mm512_inserti64x4(_mm512_castsi256_si512(load256(b + 2)), load256(b + 36), 1);
    const __m512i products = dot(s->start[k], _mm512_xor_si512(q, _mm512_set1_epi8((char)128)), s->x[k]);
    const __m256i d = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_set1_epi16((short)sw_load16(b))),
                                              _mm_set1_epi16((short)sw_load16(b + 34)), 1);
    return add_products(sum, products, _mm512_mul_ps(_mm512_cvtph_ps(d), s->d[k]));
}

INLINE __m512 row_q8_0(const pairs *s, const uint8_t *b, __m512 sum) {
    return add_q8_0(add_q8_0(sum, s, b, 0), s, b + 68, 1);
}

// MARK: Q1_0

// 2 where the bit is set, less 1.
INLINE pairs prepare_q1_0(sw_q8 x, size_t i) { return prepare_pairs(x, i, 1); }

INLINE __m512 row_q1_0(const pairs *s, const uint8_t *b, __m512 sum) {
    const __m512i two = _mm512_set1_epi8(2);
    const __m512i p0 =
        dot(s->start[0], _mm512_maskz_mov_epi8(_cvtu64_mask64(sw_load64(b + 2)), two), s->x[0]);
    const __m512i p1 =
        dot(s->start[1], _mm512_maskz_mov_epi8(_cvtu64_mask64(sw_load64(b + 10)), two), s->x[1]);
    const __m512 products = _mm512_mul_ps(_mm512_cvtepi32_ps(p0), s->d[0]);
    return _mm512_fmadd_ps(add_products(products, p1, s->d[1]), half512(b), sum);
}

MATVEC_AVX512(q4_0, quads, 32, 18, 128, prepare_q4_0, row_q4_0)
MATVEC_AVX512(q4_1, quads, 32, 20, 128, prepare_q4_1, row_q4_1)
MATVEC_AVX512(q5_0, quads, 32, 22, 128, prepare_q5_0, row_q5_0)
MATVEC_AVX512(q5_1, quads, 32, 24, 128, prepare_q4_1, row_q5_1)
MATVEC_AVX512(q1_0, pairs, 128, 18, 128, prepare_q1_0, row_q1_0)
MATVEC_AVX512(q8_0, pairs, 32, 34, 128, prepare_q8_0, row_q8_0)

AVX512_END
#endif
