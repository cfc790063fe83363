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
// Float16 numbers as floats in memory, from where products repeat them for free: the four at p, or the one at p, for
// which the six bytes before it are read as well.
INLINE void store_halves(float d[4], const void *p) {
    _mm_storeu_ps(d, _mm_cvtph_ps(_mm_loadl_epi64((const __m128i *)p)));
    __asm__("" : "+m"(*(float(*)[4])d));
}
INLINE __m512 half_at_end(const uint8_t *p) {
    float d[4];
    store_halves(d, p - 6);
    return _mm512_set1_ps(d[3]);
}
INLINE __m512 half_at_start(const uint8_t *p) {
    float d[4];
    store_halves(d, p);
    return _mm512_set1_ps(d[0]);
}

// In the same order, so that it does not matter with which others a row is reduced.
INLINE float avx512_reduce(__m512 v) {
    const __m512 twos = _mm512_add_ps(v, _mm512_shuffle_ps(v, v, 0x4e));
    const __m512 fours = _mm512_add_ps(twos, _mm512_shuffle_ps(twos, twos, 0xb1));
    const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(fours), _mm512_extractf32x8_ps(fours, 1));
    return _mm_cvtss_f32(_mm_add_ss(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1)));
}
INLINE void avx512_reduce4(const __m512 v[4], float *y) {
    const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(v[0], v[1]), _mm512_unpackhi_ps(v[0], v[1]));
    const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(v[2], v[3]), _mm512_unpackhi_ps(v[2], v[3]));
    const __m512 all = _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
    const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
    _mm_storeu_ps(y, _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1)));
}

AVX512_END

#endif
