// matvec_avx2_tables.c: the types whose nibbles are looked up in a table of 16 values.
#if defined(__x86_64__)
#include "../reference/tables.h"
#include "matvec_avx2_256.h"
#include "matvec_avx2_quads.h"

AVX2_BEGIN

static const int8_t iq4_values[16] = {SW_IQ4_VALUES};
static const int8_t e2m1_values[16] = {SW_E2M1_VALUES};

INLINE __m256 add_table(__m256 sum, const quads *s, const uint8_t *q, const size_t stride, __m256i table,
                        __m128 scales) {
    const __m256i low = _mm256_set1_epi8(15);
    UNROLL
    for (int k = 0; k < 2; k++) {
        const __m256i bytes = load_two(q + 2 * k * stride, q + (2 * k + 1) * stride);
        const __m256i a = _mm256_shuffle_epi8(table, _mm256_and_si256(bytes, low));
        const __m256i c = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low));
        const __m256i p = _mm256_add_epi32(sum_four(signed_products(a, s->first[k])),
                                           sum_four(signed_products(c, s->second[k])));
        sum = add_products(sum, p, two_scales(scales, k));
    }
    return sum;
}

INLINE __m256 row_iq4_nl(const quads *s, const uint8_t *b, __m256 sum) {
    return add_table(sum, s, b + 2, 18, repeat128(iq4_values), _mm_mul_ps(four_halves(b, 18), s->d));
}

// Powers of two by their bits; half of each, for the table holds twice the values. The two
// smallest are subnormal.
INLINE __m128 half_e8m0(__m128i e) {
    const __m128i normal = _mm_slli_epi32(_mm_sub_epi32(e, _mm_set1_epi32(1)), 23);
    const __m128i subnormal = _mm_sllv_epi32(_mm_set1_epi32(0x00200000), e);
    const __m128i is_normal = _mm_cmpgt_epi32(e, _mm_set1_epi32(1));
    return _mm_castsi128_ps(_mm_blendv_epi8(subnormal, normal, is_normal));
}

INLINE __m256 row_mxfp4(const quads *s, const uint8_t *b, __m256 sum) {
    const __m128 d = half_e8m0(_mm_setr_epi32(b[0], b[17], b[34], b[51]));
    return add_table(sum, s, b + 1, 17, repeat128(e2m1_values), _mm_mul_ps(d, s->d));
}

// MARK: IQ4_XS

// Activations of eight groups of 32, two groups to a vector: their first and their second halves.
typedef struct octets {
    __m256i first[4], second[4];
    __m128i m;
    __m128 unit;
} octets;

INLINE quads prepare_signed(sw_q8 x, size_t i) { return prepare_quads(x, i, 0); }

INLINE octets prepare_iq4_xs(sw_q8 x, size_t i) {
    octets v;
    load_halves(x.q + i, 4, v.first, v.second);
    v.m = load128(x.m + i / 32);
    v.unit = _mm_set_ss(x.unit[i / 256]);
    return v;
}

// Eight scales of six bits, less 32: four bits of each from a 32-bit word, two from a 16-bit one. The
// products move each scale's bits to the top of its word.
INLINE __m128i iq4_xs_scales(const uint8_t *b) {
    const __m128i repeat = _mm_setr_epi8(0, 1, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 2, 3);
    const __m128i fours = _mm_shuffle_epi8(_mm_cvtsi32_si128((int)sw_load32(b + 4)), repeat);
    const __m128i low = _mm_mullo_epi16(fours, _mm_setr_epi16(4096, 256, 16, 1, 4096, 256, 16, 1));
    const __m128i high = _mm_mullo_epi16(_mm_set1_epi16((short)sw_load16(b + 2)),
                                         _mm_setr_epi16(1 << 14, 1 << 12, 1 << 10, 1 << 8, 1 << 6, 1 << 4, 1 << 2, 1));
    const __m128i six =
        _mm_or_si128(_mm_srli_epi16(low, 12), _mm_and_si128(_mm_srli_epi16(high, 10), _mm_set1_epi16(0x30)));
    return _mm_sub_epi16(six, _mm_set1_epi16(32));
}

INLINE __m256 row_iq4_xs(const octets *s, const uint8_t *b, __m256 sum) {
    const __m256i low = _mm256_set1_epi8(15), table = repeat128(iq4_values);
    const __m256i scales = _mm256_broadcastsi128_si256(_mm_mullo_epi16(iq4_xs_scales(b), s->m));
    __m256i total = _mm256_setzero_si256();
    UNROLL
    for (int k = 0; k < 4; k++) {
        const __m256i bytes = load256(b + 8 + 32 * k);
        const __m256i a = _mm256_shuffle_epi8(table, _mm256_and_si256(bytes, low));
        const __m256i c = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low));
        const __m256i words = two_words32(scales, k);
        total = _mm256_add_epi32(total, _mm256_madd_epi16(signed_products(a, s->first[k]), words));
        total = _mm256_add_epi32(total, _mm256_madd_epi16(signed_products(c, s->second[k]), words));
    }
    const __m128 d = _mm_mul_ss(_mm_cvtph_ps(_mm_cvtsi32_si128(sw_load16(b))), s->unit);
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(total), _mm256_broadcastss_ps(d), sum);
}

// MARK: NVFP4

// Activations of one block in order, a group of 16 to a 128-bit lane.
typedef struct group64 {
    __m256i x[2];
    __m128 d;  // of the four groups of 16
} group64;

INLINE group64 prepare_nvfp4(sw_q8 x, size_t i) {
    const float *d = x.d + i / 32;
    // Twice the bias of E4M3 brings 2^-126 ... to 2^-6 ..., and the table holds twice the values.
    const __m128 scales = _mm_mul_ps(_mm_setr_ps(d[0], d[0], d[1], d[1]), _mm_set1_ps(0x1p119f));
    return (group64){{load256(x.q + i), load256(x.q + i + 32)}, scales};
}

INLINE __m256 row_nvfp4(const group64 *s, const uint8_t *b, __m256 sum) {
    // E4M3's bits, placed as a float's, are its value times 2^-120; its NaN counts as zero.
    const __m128i e = _mm_cvtepu8_epi32(_mm_cvtsi32_si128((int)sw_load32(b)));
    const __m128i magnitude = _mm_slli_epi32(_mm_and_si128(e, _mm_set1_epi32(0x7f)), 20);
    const __m128i number = _mm_andnot_si128(_mm_cmpeq_epi32(e, _mm_set1_epi32(0x7f)), magnitude);
    const __m128 scales = _mm_mul_ps(_mm_castsi128_ps(number), s->d);
    UNROLL
    for (int k = 0; k < 2; k++) {
        // Each 8 bytes twice, the second time for their high nibbles.
        const __m256i runs = _mm256_permute4x64_epi64(_mm256_castsi128_si256(load128(b + 4 + 16 * k)), 0x50);
        const __m256i q =
            _mm256_and_si256(_mm256_srlv_epi64(runs, _mm256_setr_epi64x(0, 4, 0, 4)), _mm256_set1_epi8(15));
        const __m256i weights = _mm256_shuffle_epi8(repeat128(e2m1_values), q);
        sum = add_products(sum, sum_four(signed_products(weights, s->x[k])), two_scales(scales, k));
    }
    return sum;
}

MATVEC_AVX2(iq4_nl, quads, 32, 18, 128, prepare_signed, row_iq4_nl)
MATVEC_AVX2(iq4_xs, octets, 256, 136, 256, prepare_iq4_xs, row_iq4_xs)
MATVEC_AVX2(mxfp4, quads, 32, 17, 128, prepare_signed, row_mxfp4)
MATVEC_AVX2(nvfp4, group64, 64, 36, 64, prepare_nvfp4, row_nvfp4)

AVX2_END
#endif
