// matvec_avx512_tables.c: the types whose nibbles are looked up in a table of 16 values.
#if defined(__x86_64__)
#include "../reference/tables.h"
#include "matvec_avx512_blocks.h"

AVX512_BEGIN

static const int8_t iq4_values[16] __attribute__((aligned(16))) = {SW_IQ4_VALUES};
static const int8_t e2m1_values[16] __attribute__((aligned(16))) = {SW_E2M1_VALUES};

// The tables with the offset that makes their values unsigned.
INLINE __m512i iq4_table(void) {
    return _mm512_xor_si512(repeat128(iq4_values), _mm512_set1_epi8((char)128));
}
INLINE __m512i e2m1_table(void) { return _mm512_add_epi8(repeat128(e2m1_values), _mm512_set1_epi8(12)); }

INLINE void looked_up(const uint8_t *q, const size_t stride, __m512i table, __m512i w[4]) {
    nibbles_of(q, stride, w);
    UNROLL
    for (int t = 0; t < 4; t++) w[t] = _mm512_shuffle_epi8(table, w[t]);
}

// MARK: IQ4_NL, IQ4_XS

INLINE less prepare_iq4(sw_q8 x, size_t i) { return prepare_offset(x, i, 128, 1); }

INLINE weights unpack_iq4_nl(const sw_block *block) {
    const uint8_t *b = block->b;
    weights to = {.d = twice_eight(eight_halves(b, 18))};
    looked_up(b + 2, 18, iq4_table(), to.w);
    return to;
}

INLINE weights unpack_iq4_xs(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m256i low = _mm256_srlv_epi32(_mm256_set1_epi32((int)sw_load32(b + 4)),
                                          _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28));
    const __m256i high = _mm256_rolv_epi32(_mm256_set1_epi32(sw_load16(b + 2)),
                                           _mm256_setr_epi32(4, 2, 0, 30, 28, 26, 24, 22));
    const __m256i six = _mm256_or_si256(_mm256_and_si256(low, _mm256_set1_epi32(15)),
                                        _mm256_and_si256(high, _mm256_set1_epi32(0x30)));
    const __m256i scales = _mm256_sub_epi32(six, _mm256_set1_epi32(32));
    weights to = {.d = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_broadcast_i64x4(scales)), half_at_start(b))};
    looked_up(b + 8, 16, iq4_table(), to.w);
    return to;
}

// MARK: MXFP4

INLINE less prepare_mxfp4(sw_q8 x, size_t i) { return prepare_offset(x, i, 12, 1); }

// Powers of two by their exponents; half of each, for the table holds twice the values.
INLINE weights unpack_mxfp4(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m512i e = _mm512_cvtepu8_epi32(twice_eight_bytes(strided_bytes(b, 17)));
    const __m512i exponents = _mm512_sub_epi32(e, _mm512_set1_epi32(128));
    weights to = {.d = _mm512_scalef_ps(_mm512_set1_ps(1), _mm512_cvtepi32_ps(exponents))};
    looked_up(b + 1, 17, e2m1_table(), to.w);
    return to;
}

// MARK: NVFP4

// Twice the bias of E4M3 brings 2^-126 ... to 2^-6 ..., and the table holds twice the values.
INLINE less prepare_nvfp4(sw_q8 x, size_t i) { return prepare_offset(x, i, 12, 0x1p119f); }

// Four blocks; in each 16, a byte's nibbles are elements i and 8 + i.
INLINE weights unpack_nvfp4(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m512i low = _mm512_set1_epi8(15);
    const __m512i a = _mm512_inserti64x4(_mm512_castsi256_si512(load256(b + 4)), load256(b + 40), 1);
    const __m512i c = _mm512_inserti64x4(_mm512_castsi256_si512(load256(b + 76)), load256(b + 112), 1);
    // E4M3's bits, placed as a float's, are its value times 2^-120; its NaN counts as zero.
    const __m512i e = _mm512_cvtepu8_epi32(to_lanes(four_dwords(b, 36)));
    const __m512i seven = _mm512_and_si512(e, _mm512_set1_epi32(0x7f));
    const __mmask16 number = _mm512_cmpneq_epi32_mask(e, _mm512_set1_epi32(0x7f));
    weights to = {.d = _mm512_castsi512_ps(_mm512_maskz_slli_epi32(number, seven, 20))};
    UNROLL
    for (int t = 0; t < 2; t++) {
        const __m512i q = pick(a, c, LANES(0, 4, 8, 12, 16, 20, 24, 28, 2), t);
        to.w[t] = _mm512_shuffle_epi8(e2m1_table(), _mm512_and_si512(q, low));
        to.w[t + 2] = _mm512_shuffle_epi8(e2m1_table(), _mm512_and_si512(_mm512_srli_epi16(q, 4), low));
    }
    return to;
}

MATVEC_LESS(iq4_nl, sw_block, 32, 18, prepare_iq4, sw_read_block, unpack_iq4_nl)
MATVEC_LESS(iq4_xs, sw_block, 256, 136, prepare_iq4, sw_read_block, unpack_iq4_xs)
MATVEC_LESS(mxfp4, sw_block, 32, 17, prepare_mxfp4, sw_read_block, unpack_mxfp4)
MATVEC_LESS(nvfp4, sw_block, 64, 36, prepare_nvfp4, sw_read_block, unpack_nvfp4)

AVX512_END
#endif
