// quantize_avx2.c: activations and cache rows; the same bits as quantize_scalar.c gives.
#if defined(__x86_64__)
#include "../reference/dequantize.h"
#include "matvec_avx2.h"
#include "quantize_avx2.h"

AVX2_BEGIN

INLINE float largest_magnitude(const __m256 v[4]) {
    const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
    __m256 m = _mm256_setzero_ps();
    for (int k = 0; k < 4; k++) m = _mm256_max_ps(_mm256_and_ps(v[k], magnitude), m);
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(m), _mm256_extractf128_ps(m, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}

// 32 values times `inverse`, clamped, to the nearest int8.
INLINE __m256i nearest_bytes(const __m256 v[4], float inverse, float low, float high) {
    const __m256 factor = _mm256_set1_ps(inverse), lowest = _mm256_set1_ps(low),
                 highest = _mm256_set1_ps(high);
    __m256i q[4];
    for (int k = 0; k < 4; k++) {
        const __m256 scaled = _mm256_mul_ps(v[k], factor);
        q[k] = _mm256_cvtps_epi32(_mm256_max_ps(_mm256_min_ps(scaled, highest), lowest));
    }
    // Packing works within lanes; the last step puts the runs of four in order.
    const __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3]));
    return _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

INLINE void load_32(const float *x, __m256 v[4]) {
    for (int k = 0; k < 4; k++) v[k] = _mm256_loadu_ps(x + 8 * k);
}

// The largest magnitude of each of eight groups of 32, one to a lane.
INLINE __m256 largest_of_groups(const float *x) {
    const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
    __m256 a[8], b[4], c[2];
    for (int g = 0; g < 8; g++) {
        a[g] = _mm256_setzero_ps();
        for (int k = 0; k < 4; k++) {
            a[g] = _mm256_max_ps(_mm256_and_ps(_mm256_loadu_ps(x + 32 * g + 8 * k), magnitude), a[g]);
        }
    }
    for (int i = 0; i < 4; i++) {
        b[i] = _mm256_max_ps(_mm256_blend_ps(a[i], a[i + 4], 0xf0), _mm256_permute2f128_ps(a[i], a[i + 4], 0x21));
    }
    for (int i = 0; i < 2; i++) {
        c[i] = _mm256_max_ps(_mm256_blend_ps(b[i], b[i + 2], 0xcc), _mm256_shuffle_ps(b[i], b[i + 2], 0x4e));
    }
    return _mm256_max_ps(_mm256_blend_ps(c[0], c[1], 0xaa),
                         _mm256_blend_ps(_mm256_movehdup_ps(c[0]), _mm256_moveldup_ps(c[1]), 0xaa));
}

INLINE float largest_lane(__m256 m) {
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(m), _mm256_extractf128_ps(m, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}

// Sums of 16 of four vectors of 32, in order.
INLINE __m256i sums_of_16(const __m256i q[4]) {
    __m256i fours[4];
    for (int g = 0; g < 4; g++) {
        const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), q[g]);
        fours[g] = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    }
    // First halves of the four in the low lane, second halves in the high one.
    const __m256i halves =
        _mm256_hadd_epi32(_mm256_hadd_epi32(fours[0], fours[1]), _mm256_hadd_epi32(fours[2], fours[3]));
    const __m128i first = _mm256_castsi256_si128(halves), second = _mm256_extracti128_si256(halves, 1);
    return _mm256_setr_m128i(_mm_unpacklo_epi32(first, second), _mm_unpackhi_epi32(first, second));
}

// 256 values with their groups of 32 side by side.
INLINE void turn_256(const int8_t *q, int8_t *to) {
    for (int half = 0; half < 2; half++, q += 16, to += 128) {
        __m256i v[4], turned[4];
        for (int g = 0; g < 4; g++) v[g] = load_two(q + 32 * g, q + 32 * g + 128);
        turn_fours(v, turned);
        for (int t = 0; t < 4; t++) _mm256_storeu_si256((__m256i *)(to + 32 * t), turned[t]);
    }
}

// Eight groups of 32.
INLINE void quantize_run(const float *x, sw_q8 out, size_t first) {
    const __m256 largest = largest_of_groups(x);
    float top = largest_lane(largest);
    if (top < 0x1p-105f) top = 0;
    const float unit = top / (127 * 127), inverse_unit = top > 0 ? 127 / top : 0;
    ((float *)out.unit)[first / 8] = unit;
    const __m256 exact = _mm256_mul_ps(largest, _mm256_set1_ps(inverse_unit));
    const __m256 whole =
        _mm256_ceil_ps(_mm256_max_ps(_mm256_min_ps(exact, _mm256_set1_ps(127)), _mm256_setzero_ps()));
    const __m256 d = _mm256_mul_ps(_mm256_set1_ps(unit), whole);
    const __m256 some = _mm256_cmp_ps(whole, _mm256_setzero_ps(), _CMP_GT_OQ);
    float inverse[8];
    _mm256_storeu_ps(inverse, _mm256_and_ps(_mm256_div_ps(_mm256_set1_ps(1), d), some));
    const __m256i m = _mm256_cvtps_epi32(whole);
    _mm_storeu_si128((__m128i *)(out.m + first),
                     _mm_packs_epi32(_mm256_castsi256_si128(m), _mm256_extracti128_si256(m, 1)));
    _mm256_storeu_ps((float *)out.d + first, d);
    __m256i sums[2];
    for (int half = 0; half < 2; half++) {
        __m256i q[4];
        for (int k = 0; k < 4; k++) {
            const int g = 4 * half + k;
            __m256 v[4];
            load_32(x + 32 * g, v);
            q[k] = nearest_bytes(v, inverse[g], -127, 127);
            _mm256_storeu_si256((__m256i *)(out.q + 32 * (first + (size_t)g)), q[k]);
        }
        sums[half] = sums_of_16(q);
        const int p = 4 * half;
        const __m256 twice = _mm256_permutevar8x32_ps(d, _mm256_setr_epi32(p, p, p + 1, p + 1, p + 2, p + 2, p + 3, p + 3));
        _mm256_storeu_ps((float *)out.s16 + 2 * first + 8 * half, _mm256_mul_ps(twice, _mm256_cvtepi32_ps(sums[half])));
    }
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(sums[0], sums[1]), 0xd8);
    _mm256_storeu_si256((__m256i *)(out.sum + 2 * first), words);
    const __m256i sums32 = _mm256_madd_epi16(words, _mm256_set1_epi16(1));
    _mm256_storeu_ps((float *)out.s32 + first, _mm256_mul_ps(d, _mm256_cvtepi32_ps(sums32)));
    turn_256(out.q + 32 * first, (int8_t *)out.turned + 32 * first);
}

void sw_avx2_quantize_row(const float *x, void *row, size_t n) {
    const sw_q8 out = sw_q8_view(row, n);
    size_t g = 0;
    for (; g + 8 <= n / 32; g += 8) quantize_run(x + 32 * g, out, g);
    if (g < n / 32) sw_quantize_run_scalar(x, out, g, n / 32 - g);
}

INLINE float stored_scale(float d, uint8_t *stored) {
    d = d < 65504 ? d : 65504;
    d = d > -65504 ? d : -65504;
    const uint16_t bits = sw_f32_to_f16(d);
    memcpy(stored, &bits, 2);
    return sw_f16_to_f32(bits);
}

static void to_q8_0(const float *x, uint8_t *b) {
    __m256 v[4];
    load_32(x, v);
    const float d = stored_scale(largest_magnitude(v) / 127, b);
    _mm256_storeu_si256((__m256i *)(b + 2), nearest_bytes(v, d != 0 ? 1 / d : 0, -127, 127));
}

static void to_q4_0(const float *x, uint8_t *b) {
    __m256 v[4];
    load_32(x, v);
    __m256 high = _mm256_setzero_ps(), low = _mm256_setzero_ps();
    for (int k = 0; k < 4; k++) {
        high = _mm256_max_ps(v[k], high);
        low = _mm256_min_ps(v[k], low);
    }
    const __m256 lowest = _mm256_sub_ps(_mm256_setzero_ps(), low),
                 zero[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    const float top = largest_magnitude((const __m256[4]){high, zero[0], zero[0], zero[1]});
    const float bottom = largest_magnitude((const __m256[4]){lowest, zero[0], zero[0], zero[1]});
    const float d = stored_scale((top >= bottom ? top : -bottom) / -8, b);
    const __m256i q = _mm256_add_epi8(nearest_bytes(v, d != 0 ? 1 / d : 0, -8, 7), _mm256_set1_epi8(8));
    const __m128i first = _mm256_castsi256_si128(q), second = _mm256_extracti128_si256(q, 1);
    _mm_storeu_si128((__m128i *)(b + 2), _mm_or_si128(first, _mm_slli_epi16(second, 4)));
}

static void to_f16(const float *x, uint8_t *b, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        _mm_storeu_si128((__m128i *)(b + 2 * i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
    }
    sw_quantize_scalar(SW_F16, x + i, b + 2 * i, n - i);
}

static void to_bf16(const float *x, uint8_t *b, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const __m256 v = _mm256_loadu_ps(x + i);
        const __m256i bits = _mm256_castps_si256(v), upper = _mm256_srli_epi32(bits, 16);
        const __m256i even =
            _mm256_add_epi32(_mm256_and_si256(upper, _mm256_set1_epi32(1)), _mm256_set1_epi32(0x7fff));
        const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, even), 16);
        const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
        const __m256i halves =
            _mm256_blendv_epi8(rounded, _mm256_or_si256(upper, _mm256_set1_epi32(0x40)), nan);
        const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(halves, halves), 0x08);
        _mm_storeu_si128((__m128i *)(b + 2 * i), _mm256_castsi256_si128(packed));
    }
    sw_quantize_scalar(SW_BF16, x + i, b + 2 * i, n - i);
}

void sw_avx2_quantize(int type, const float *src, void *dst, size_t n) {
    uint8_t *b = dst;
    switch (type) {
    case SW_F16: to_f16(src, b, n); break;
    case SW_BF16: to_bf16(src, b, n); break;
    case SW_Q8_0:
        for (size_t i = 0; i < n; i += 32, b += 34) to_q8_0(src + i, b);
        break;
    case SW_Q4_0:
        for (size_t i = 0; i < n; i += 32, b += 18) to_q4_0(src + i, b);
        break;
    default: sw_quantize_scalar(type, src, dst, n);
    }
}

static void from_f16(const uint8_t *b, float *y, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) _mm256_storeu_ps(y + i, _mm256_cvtph_ps(load128(b + 2 * i)));
    sw_dequantize_scalar(SW_F16, b + 2 * i, y + i, n - i);
}

static void from_bf16(const uint8_t *b, float *y, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const __m256i bits = _mm256_slli_epi32(_mm256_cvtepu16_epi32(load128(b + 2 * i)), 16);
        _mm256_storeu_si256((__m256i *)(y + i), bits);
    }
    sw_dequantize_scalar(SW_BF16, b + 2 * i, y + i, n - i);
}

static void from_q8_0(const uint8_t *b, float *y) {
    const __m256 d = half256(b);
    for (int k = 0; k < 4; k++) {
        const __m256i q = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(b + 2 + 8 * k)));
        _mm256_storeu_ps(y + 8 * k, _mm256_mul_ps(_mm256_cvtepi32_ps(q), d));
    }
}

void sw_avx2_dequantize(int type, const void *src, float *dst, size_t n) {
    const uint8_t *b = src;
    switch (type) {
    case SW_F32: memcpy(dst, src, 4 * n); break;
    case SW_F16: from_f16(b, dst, n); break;
    case SW_BF16: from_bf16(b, dst, n); break;
    case SW_Q8_0:
        for (size_t i = 0; i < n; i += 32, b += 34) from_q8_0(b, dst + i);
        break;
    default: sw_dequantize_scalar(type, src, dst, n);
    }
}

AVX2_END
#endif
