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

void sw_avx2_quantize_row(const float *x, void *row, size_t n) {
    const sw_q8 out = sw_q8_view(row, n);
    int8_t *q = (int8_t *)out.q;
    float *d = (float *)out.d, *s32 = (float *)out.s32, *s16 = (float *)out.s16;
    for (size_t b = 0; b < n / 32; b++) {
        __m256 v[4];
        load_32(x + 32 * b, v);
        float largest = largest_magnitude(v);
        if (largest < 0x1p-120f) largest = 0;
        const float inverse = largest > 0 ? 127 / largest : 0;
        d[b] = largest / 127;
        const __m256i bytes = nearest_bytes(v, inverse, -127, 127);
        _mm256_storeu_si256((__m256i *)(q + 32 * b), bytes);
        // Sums of eight, of the values made unsigned.
        const __m256i eights =
            _mm256_sad_epu8(_mm256_xor_si256(bytes, _mm256_set1_epi8((char)128)), _mm256_setzero_si256());
        const __m128i first = _mm256_castsi256_si128(eights), second = _mm256_extracti128_si256(eights, 1);
        const int sum0 = _mm_cvtsi128_si32(first) + _mm_extract_epi32(first, 2) - 2048;
        const int sum1 = _mm_cvtsi128_si32(second) + _mm_extract_epi32(second, 2) - 2048;
        s16[2 * b] = d[b] * (float)sum0;
        s16[2 * b + 1] = d[b] * (float)sum1;
        s32[b] = d[b] * (float)(sum0 + sum1);
    }
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
