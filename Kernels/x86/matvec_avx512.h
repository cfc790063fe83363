// matvec_avx512.h: what the AVX-512 matrix-vector kernels share.
#ifndef SWINFER_MATVEC_AVX512_H
#define SWINFER_MATVEC_AVX512_H

#include <immintrin.h>

#include "../body/matvec.h"

#define AVX512_FEATURES "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"
#define AVX512_PRAGMA(text) _Pragma(#text)
#define AVX512_BEGIN                                                                                         \
    AVX512_PRAGMA(clang attribute push(__attribute__((target(AVX512_FEATURES))), apply_to = function))
#define AVX512_END _Pragma("clang attribute pop")

sw_matvec_rows sw_avx512_q4_0, sw_avx512_q4_1, sw_avx512_q5_0, sw_avx512_q5_1, sw_avx512_q8_0,
    sw_avx512_iq4_nl, sw_avx512_mxfp4, sw_avx512_nvfp4, sw_avx512_q1_0;
sw_matvec_rows sw_avx512_q2_k, sw_avx512_q3_k, sw_avx512_q4_k, sw_avx512_q5_k, sw_avx512_q6_k,
    sw_avx512_iq4_xs, sw_avx512_tq1_0, sw_avx512_tq2_0;
sw_matvec_rows sw_avx512_iq2_xxs, sw_avx512_iq2_xs, sw_avx512_iq2_s, sw_avx512_iq3_xxs, sw_avx512_iq3_s,
    sw_avx512_iq1_s, sw_avx512_iq1_m;
sw_matvec_float_rows sw_avx512_f32, sw_avx512_f16, sw_avx512_bf16;

AVX512_BEGIN

INLINE __m512i load512(const void *p) { return _mm512_loadu_si512(p); }
INLINE __m256i load256(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE __m128i load128(const void *p) { return _mm_loadu_si128((const __m128i *)p); }
// The same 16 or 32 bytes in every lane.
INLINE __m512i repeat128(const void *p) { return _mm512_broadcast_i32x4(load128(p)); }
INLINE __m512i repeat256(const void *p) { return _mm512_broadcast_i64x4(load256(p)); }
// One float16 in every lane. It goes through memory, from where a product repeats it for free.
INLINE __m512 half512(const void *p) {
    float d = _mm_cvtss_f32(_mm_cvtph_ps(_mm_set1_epi16((short)sw_load16(p))));
    __asm__("" : "+m"(d));
    return _mm512_set1_ps(d);
}

// Two float16 as floats in memory, from where products repeat them without a shuffle.
INLINE void store_halves(float d[2], uint32_t halves) {
    _mm_storel_pi((__m64 *)d, _mm_cvtph_ps(_mm_cvtsi32_si128((int)halves)));
    __asm__("" : "+m"(*(float(*)[2])d));
}

INLINE __m512i dot(__m512i sum, __m512i unsigned_weights, __m512i activations) {
    return _mm512_dpbusd_epi32(sum, unsigned_weights, activations);
}
// -offset * (sum of each lane's four activations)
INLINE __m512i offset_start(char offset, __m512i activations) {
    const __m512i sums = _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_set1_epi8(offset), activations);
    return _mm512_sub_epi32(_mm512_setzero_si512(), sums);
}
INLINE __m512 add_products(__m512 sum, __m512i products, __m512 scales) {
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(products), scales, sum);
}
// (a & mask) | b
INLINE __m512i and_or(__m512i a, __m512i mask, __m512i b) {
    return _mm512_ternarylogic_epi64(a, mask, b, 0xea);
}

INLINE float avx512_reduce(__m512 v) { return _mm512_reduce_add_ps(v); }
INLINE void avx512_reduce4(const __m512 v[4], float *y) {
    const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(v[0], v[1]), _mm512_unpackhi_ps(v[0], v[1]));
    const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(v[2], v[3]), _mm512_unpackhi_ps(v[2], v[3]));
    const __m512 all = _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
    const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
    _mm_storeu_ps(y, _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1)));
}

AVX512_END

#define MATVEC_AVX512(...) MATVEC(avx512, __m512, __VA_ARGS__)

#endif
