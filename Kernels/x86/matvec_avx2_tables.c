// matvec_avx2_tables.c: the types whose nibbles are looked up in a table of 16 values.
#if defined(__x86_64__)
#include "../reference/tables.h"
#include "matvec_avx2_turned_32.h"

AVX2_BEGIN

static const int8_t iq4_values[16] = {SW_IQ4_VALUES};

// MARK: IQ4_NL

// Activations of four groups of 32, two groups to a vector: their first and their second halves.
typedef struct quads {
    __m256i first[2], second[2];
    __m128 d;
} quads;

INLINE quads prepare_quads(sw_q8 x, size_t i) {
    quads v;
    load_halves(x.q + i, 2, v.first, v.second);
    v.d = _mm_loadu_ps(x.d + i / 32);
    return v;
}

// Scales 2 k and 2 k + 1 of four, each in four lanes.
INLINE __m256 two_scales(__m128 scales, const int k) {
    const int a = 2 * k, b = 2 * k + 1;
    return _mm256_permutevar8x32_ps(_mm256_castps128_ps256(scales),
                                    _mm256_setr_epi32(a, a, a, a, b, b, b, b));
}

INLINE __m256 row_iq4_nl(const quads *s, const uint8_t *b, __m256 sum) {
    const __m256i low = _mm256_set1_epi8(15), table = repeat128(iq4_values);
    const __m128 scales = _mm_mul_ps(four_halves(b, 18), s->d);
    UNROLL
    for (int k = 0; k < 2; k++) {
        const uint8_t *q = b + 2 + 36 * k;
        const __m256i bytes = load_two(q, q + 18);
        const __m256i a = _mm256_shuffle_epi8(table, _mm256_and_si256(bytes, low));
        const __m256i c = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low));
        const __m256i p = _mm256_add_epi32(sum_pairs(signed_products(a, s->first[k])),
                                           sum_pairs(signed_products(c, s->second[k])));
        sum = add_products(sum, p, two_scales(scales, k));
    }
    return sum;
}

// MARK: MXFP4

// Twice the values of E2M1, plus 12.
static const uint8_t e2m1_above[16] = {12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0};

INLINE less prepare_mxfp4(sw_q8 x, size_t i) { return prepare_less(x, i, 12); }

// Powers of two by their bits; half of each, for the table holds twice the values. The two smallest are subnormal.
INLINE __m256 half_e8m0(__m256i e) {
    const __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(e, _mm256_set1_epi32(1)), 23);
    const __m256i subnormal = _mm256_max_epi32(_mm256_slli_epi32(e, 22), _mm256_set1_epi32(0x00200000));
    return _mm256_castsi256_ps(_mm256_max_epi32(normal, subnormal));
}

INLINE weights_less unpack_mxfp4(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m256i table = repeat128(e2m1_above);
    weights_less to = {.d = half_e8m0(eight_bytes(b, 17))};
    turn_nibbles(b + 1, 17, to.w);
    UNROLL
    for (int t = 0; t < 8; t++) to.w[t] = _mm256_shuffle_epi8(table, to.w[t]);
    return to;
}

// MARK: IQ4_XS

// Activations of eight groups of 32, two groups to a vector: their first and their second halves.
typedef struct octets {
    __m256i first[4], second[4];
    __m128i m;
    __m128 unit;
} octets;

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
    const __m128i high =
        _mm_mullo_epi16(_mm_set1_epi16((short)sw_load16(b + 2)),
                        _mm_setr_epi16(1 << 14, 1 << 12, 1 << 10, 1 << 8, 1 << 6, 1 << 4, 1 << 2, 1));
    const __m128i six =
        _mm_or_si128(_mm_srli_epi16(low, 12), _mm_and_si128(_mm_srli_epi16(high, 10), _mm_set1_epi16(0x30)));
    return _mm_sub_epi16(six, _mm_set1_epi16(32));
}

// The words of groups 2 r and 2 r + 1, one to a lane.
INLINE __m256i two_words(__m256i words, const int r) {
    const short a = (short)(0x0100 + 0x0404 * r), c = (short)(a + 0x0202);
    return _mm256_shuffle_epi8(words, _mm256_setr_epi16(a, a, a, a, a, a, a, a, c, c, c, c, c, c, c, c));
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
        const __m256i words = two_words(scales, k);
        total = _mm256_add_epi32(total, _mm256_madd_epi16(signed_products(a, s->first[k]), words));
        total = _mm256_add_epi32(total, _mm256_madd_epi16(signed_products(c, s->second[k]), words));
    }
    const __m128 d = _mm_mul_ss(_mm_cvtph_ps(_mm_cvtsi32_si128(sw_load16(b))), s->unit);
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(total), _mm256_broadcastss_ps(d), sum);
}

// MARK: NVFP4

INLINE less_halves prepare_nvfp4(sw_q8 x, size_t i) { return prepare_less_halves(x, i, 12); }

// E4M3's bits, placed as a float's, are its value times 2^-120; its NaN counts as zero. Half of each, for the
// table holds twice the values.
INLINE __m256 half_e4m3(__m256i e) {
    const __m256i seven = _mm256_set1_epi32(0x7f);
    const __m256i magnitude = _mm256_slli_epi32(_mm256_and_si256(e, seven), 20);
    const __m256i number = _mm256_andnot_si256(_mm256_cmpeq_epi32(e, seven), magnitude);
    return _mm256_mul_ps(_mm256_castsi256_ps(number), _mm256_set1_ps(0x1p119f));
}

// Four blocks, eight groups of 32: in each 16, a byte's nibbles are elements i and 8 + i, and each has a scale.
typedef struct weights_halves {
    __m256i w[8];
    __m256 d[2];
} weights_halves;

INLINE weights_halves unpack_nvfp4(const sw_block *block) {
    const uint8_t *b = block->b;
    const __m256i low = _mm256_set1_epi8(15), table = repeat128(e2m1_above);
    const __m256i scales = _mm256_cvtepu16_epi32(four_dwords(b, 36));
    weights_halves to = {.d = {half_e4m3(_mm256_and_si256(scales, _mm256_set1_epi32(0xff))),
                               half_e4m3(_mm256_srli_epi32(scales, 8))}};
    const __m256i v[4] = {load_two(b + 4, b + 76), load_two(b + 20, b + 92), load_two(b + 40, b + 112),
                          load_two(b + 56, b + 128)};
    __m256i bytes[4];
    turn_fours(v, bytes);
    UNROLL
    for (int t = 0; t < 4; t++) {
        __m256i *w = to.w + t / 2 * 4 + t % 2;
        w[0] = _mm256_shuffle_epi8(table, _mm256_and_si256(bytes[t], low));
        w[2] = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bytes[t], 4), low));
    }
    return to;
}

// Of the first and of the second halves of the groups.
typedef struct totals {
    __m256i half[2];
} totals;

INLINE totals multiply_nvfp4(const less_halves *s, const weights_halves *w) {
    totals to;
    UNROLL
    for (int half = 0; half < 2; half++) {
        to.half[half] = sum_pairs(_mm256_sub_epi16(four_products(w->w, s->x.q, 4 * half), s->offset[half]));
    }
    return to;
}

INLINE __m256 finish_nvfp4(const less_halves *s, const weights_halves *w, totals total, __m256 sum) {
    return add_groups(add_groups(sum, s->x, total.half[0], w->d[0]), s->x, total.half[1], w->d[1]);
}

MATVEC_AVX2(iq4_nl, quads, 32, 18, 128, prepare_quads, row_iq4_nl)
MATVEC_AVX2(iq4_xs, octets, 256, 136, 256, prepare_iq4_xs, row_iq4_xs)
MATVEC_TURNED_AVX2(mxfp4, less, sw_block, weights_less, 32, 17, prepare_mxfp4, sw_read_block, unpack_mxfp4,
                   multiply_less, finish_less)
MATVEC_TURNED_AVX2(nvfp4, less_halves, sw_block, weights_halves, 64, 36, prepare_nvfp4, sw_read_block, unpack_nvfp4,
                   multiply_nvfp4, finish_nvfp4)

AVX2_END
#endif
