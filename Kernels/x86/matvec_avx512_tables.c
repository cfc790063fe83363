// matvec_avx512_tables.c: the types whose nibbles are looked up in a table of 16 values.
#if defined(__x86_64__)
#include "../reference/tables.h"
#include "matvec_avx512_quads.h"

AVX512_BEGIN

static const int8_t iq4_values[16] __attribute__((aligned(16))) = {SW_IQ4_VALUES};
static const int8_t e2m1_values[16] __attribute__((aligned(16))) = {SW_E2M1_VALUES};

// The tables with the offset that makes their values unsigned.
INLINE __m512i iq4_table(void) {
    return _mm512_xor_si512(repeat128(iq4_values), _mm512_set1_epi8((char)128));
}
INLINE __m512i e2m1_table(void) { return _mm512_add_epi8(repeat128(e2m1_values), _mm512_set1_epi8(12)); }

INLINE __m512i dot_table(const quads *s, __m512i q, __m512i table) {
    const __m512i low = _mm512_set1_epi8(15);
    const __m512i products = dot(s->start, _mm512_shuffle_epi8(table, _mm512_and_si512(q, low)), s->first);
    return dot(products, _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(q, 4), low)),
               s->second);
}

// MARK: IQ4_NL, IQ4_XS

INLINE quads prepare_iq4_nl(sw_q8 x, size_t i) { return prepare_quads(x, i, (char)128); }

INLINE __m512 row_iq4_nl(const quads *s, const uint8_t *b, __m512 sum) {
    const __m512i a = load512(b), c = load512(b + 8);
    const __m512 d = _mm512_mul_ps(block_halves(a, q4_0_d), s->d);
    return add_products(sum, dot_table(s, _mm512_permutex2var_epi16(a, load512(q4_0_q), c), iq4_table()), d);
}

typedef struct octets {
    quads halves[2];
    __m256 d;
} octets;

INLINE octets prepare_iq4_xs(sw_q8 x, size_t i) {
    return (octets){{prepare_iq4_nl(x, i), prepare_iq4_nl(x, i + 128)}, _mm256_loadu_ps(x.d + i / 32)};
}

INLINE __m512 row_iq4_xs(const octets *s, const uint8_t *b, __m512 sum) {
    const __m256i low = _mm256_srlv_epi32(_mm256_set1_epi32((int)sw_load32(b + 4)),
                                          _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28));
    const __m256i high = _mm256_rolv_epi32(_mm256_set1_epi32(sw_load16(b + 2)),
                                           _mm256_setr_epi32(4, 2, 0, 30, 28, 26, 24, 22));
    const __m256i six = _mm256_or_si256(_mm256_and_si256(low, _mm256_set1_epi32(15)),
                                        _mm256_and_si256(high, _mm256_set1_epi32(0x30)));
    const __m256 scales = _mm256_cvtepi32_ps(_mm256_sub_epi32(six, _mm256_set1_epi32(32)));
    const __m256 d = _mm256_mul_ps(s->d, _mm256_cvtph_ps(_mm_set1_epi16((short)sw_load16(b))));
    const __m512 all = _mm512_castps256_ps512(_mm256_mul_ps(scales, d));
    const __m512i group = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    const __m512i p0 = dot_table(&s->halves[0], load512(b + 8), iq4_table());
    const __m512i p1 = dot_table(&s->halves[1], load512(b + 72), iq4_table());
    sum = add_products(sum, p0, _mm512_permutexvar_ps(group, all));
    return add_products(sum, p1, _mm512_permutexvar_ps(_mm512_add_epi32(group, _mm512_set1_epi32(4)), all));
}

// MARK: MXFP4

INLINE quads prepare_mxfp4(sw_q8 x, size_t i) { return prepare_quads(x, i, 12); }

INLINE __m512i four_runs(const uint8_t *p, const size_t stride) {
    const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(load128(p)), load128(p + stride), 1);
    const __m256i high =
        _mm256_inserti128_si256(_mm256_castsi128_si256(load128(p + 2 * stride)), load128(p + 3 * stride), 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

INLINE __m512 row_mxfp4(const quads *s, const uint8_t *b, __m512 sum) {
    const __m512i group = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    // The table holds twice the values: the exponent's bias is 128.
    const __m128i e = _mm_sub_epi32(_mm_setr_epi32(b[0], b[17], b[34], b[51]), _mm_set1_epi32(128));
    const __m512 exponents = _mm512_permutexvar_ps(group, _mm512_castps128_ps512(_mm_cvtepi32_ps(e)));
    const __m512 products = _mm512_cvtepi32_ps(dot_table(s, four_runs(b + 1, 17), e2m1_table()));
    return _mm512_fmadd_ps(products, _mm512_scalef_ps(s->d, exponents), sum);
}

// MARK: NVFP4

// Activations of one block: 64 in order, a group of 16 to a 128-bit lane.
typedef struct group64 {
    __m512i x, start;
    __m128 d;  // of the four groups of 16
} group64;

INLINE group64 prepare_nvfp4(sw_q8 x, size_t i) {
    group64 s = {.x = load512(x.q + i)};
    s.start = offset_start(12, s.x);
    // Twice the bias of E4M3 brings 2^-126 ... to 2^-6 ..., and the table holds twice the values.
    s.d = _mm_mul_ps(_mm_setr_ps(x.d[i / 32], x.d[i / 32], x.d[i / 32 + 1], x.d[i / 32 + 1]),
                     _mm_set1_ps(0x1p119f));
    return s;
}

INLINE __m512 row_nvfp4(const group64 *s, const uint8_t *b, __m512 sum) {
    const __m512i low = _mm512_set1_epi8(15);
    // Each 8 bytes twice, the second time for their high nibbles.
    const __m512i runs = _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3),
                                                  _mm512_castsi256_si512(load256(b + 4)));
    const __m512i q =
        _mm512_and_si512(_mm512_srlv_epi64(runs, _mm512_setr_epi64(0, 4, 0, 4, 0, 4, 0, 4)), low);
    const __m512i products = dot(s->start, _mm512_shuffle_epi8(e2m1_table(), q), s->x);
    // E4M3's bits, placed as a float's, are its value times 2^-120; its NaN counts as zero.
    const __m128i e = _mm_cvtepu8_epi32(_mm_cvtsi32_si128((int)sw_load32(b)));
    const __m128i magnitude = _mm_slli_epi32(_mm_and_si128(e, _mm_set1_epi32(0x7f)), 20);
    const __m128i number = _mm_andnot_si128(_mm_cmpeq_epi32(e, _mm_set1_epi32(0x7f)), magnitude);
    const __m512 scales = _mm512_castps128_ps512(_mm_mul_ps(_mm_castsi128_ps(number), s->d));
    const __m512i group = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    return add_products(sum, products, _mm512_permutexvar_ps(group, scales));
}

MATVEC_AVX512(iq4_nl, quads, 32, 18, 128, prepare_iq4_nl, row_iq4_nl)
MATVEC_AVX512(iq4_xs, octets, 256, 136, 256, prepare_iq4_xs, row_iq4_xs)
MATVEC_AVX512(mxfp4, quads, 32, 17, 128, prepare_mxfp4, row_mxfp4)
MATVEC_AVX512(nvfp4, group64, 64, 36, 64, prepare_nvfp4, row_nvfp4)

AVX512_END
#endif
