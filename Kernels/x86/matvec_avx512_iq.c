// matvec_avx512_iq.c: the codebook types. Entries are loaded one by one (gathers are slower on Zen).
#if defined(__x86_64__)
#include "matvec_avx512_turned.h"
#include "matvec_books.h"

AVX512_BEGIN

INLINE __m512i both(__m256i low, __m256i high) { return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1); }

// Codes with scales per 16, or per 32, times the block's.
INLINE weights widened(coded from, const int scales, __m512 d) {
    const __m512i by = _mm512_srai_epi32(both(from.by[0], from.by[scales - 1]), 16);
    weights to = {.d = _mm512_mul_ps(_mm512_cvtepi32_ps(by), d)};
    UNROLL
    for (int t = 0; t < 4; t++) to.w[t] = both(from.w[t], from.w[t + 4]);
    return to;
}

// MARK: IQ2, IQ3

INLINE less prepare_iq2(sw_q8 x, size_t i) { return prepare_offset(x, i, 43, 0.125f); }
INLINE less prepare_iq3_xxs(sw_q8 x, size_t i) { return prepare_offset(x, i, 31, 0.5f); }
INLINE less prepare_iq3_s(sw_q8 x, size_t i) { return prepare_offset(x, i, 15, 1); }

// Defines unpack_<name>.
#define UNPACK(name, early, scales)                                                            \
    INLINE weights unpack_##name(const early *from) {                                          \
        return widened(codes_##name(from), scales, half_at_start(from->b));                    \
    }
UNPACK(iq2_xxs, sw_block, 1)
UNPACK(iq2_xs, indexed, 2)
UNPACK(iq2_s, indexed, 2)
UNPACK(iq3_xxs, sw_block, 1)
UNPACK(iq3_s, indexed, 1)

// MARK: IQ1

// Weights in eighths, 9 more than their value: 8 (g + 1), and 2 more where the shift is upwards.
INLINE less prepare_iq1(sw_q8 x, size_t i) { return prepare_offset(x, i, 9, 0.125f); }

INLINE weights unpack_iq1_s(const indexed *from) {
    const uint8_t *b = from->b;
    const __m512i h = _mm512_cvtepu16_epi32(_mm256_broadcastsi128_si256(load128(b + 34)));
    const __m512i scales = _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi32(h, 11), _mm512_set1_epi32(14)),
                                           _mm512_set1_epi32(1));
    const __mmask16 up = _mm512_testn_epi32_mask(h, _mm512_set1_epi32(0x8000));
    weights to = {.d = _mm512_mul_ps(_mm512_cvtepi32_ps(scales), half_at_start(b))};
    __m256i v[8];
    load_indexed(sw_grid_iq1, from, v);
    UNROLL
    for (int t = 0; t < 4; t++) {
        const __m512i g = _mm512_add_epi8(both(v[t], v[t + 4]), _mm512_set1_epi8(1));
        const __m512i eighths = _mm512_slli_epi16(g, 3);
        to.w[t] = _mm512_mask_add_epi32(eighths, up, eighths, _mm512_set1_epi8(2));
    }
    return to;
}

INLINE weights unpack_iq1_m(const indexed *from) {
    const float d = sw_f16_to_f32(scale_of_nibbles(sw_load64(from->b + 48)));
    return widened(codes_iq1_m(from), 2, _mm512_set1_ps(d));
}

MATVEC_LESS(iq2_xxs, sw_block, 256, 66, prepare_iq2, sw_read_block, unpack_iq2_xxs)
MATVEC_LESS(iq2_xs, indexed, 256, 74, prepare_iq2, read_iq2_xs, unpack_iq2_xs)
MATVEC_LESS(iq2_s, indexed, 256, 82, prepare_iq2, read_iq2_s, unpack_iq2_s)
MATVEC_LESS(iq3_xxs, sw_block, 256, 98, prepare_iq3_xxs, sw_read_block, unpack_iq3_xxs)
MATVEC_LESS(iq3_s, indexed, 256, 110, prepare_iq3_s, read_iq3_s, unpack_iq3_s)
MATVEC_LESS(iq1_s, indexed, 256, 50, prepare_iq1, read_iq1_s, unpack_iq1_s)
MATVEC_LESS(iq1_m, indexed, 256, 56, prepare_iq1, read_iq1_m, unpack_iq1_m)

AVX512_END
#endif
