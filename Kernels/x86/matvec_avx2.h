// matvec_avx2.h: what the AVX2 matrix-vector kernels share.
//
// vpmaddubsw multiplies unsigned weights by signed activations and adds pairs in int16, which
// weights up to 128 cannot overflow; vpmaddwd then multiplies by integer scales (or by one) and
// adds pairs in int32.
#ifndef SWINFER_MATVEC_AVX2_H
#define SWINFER_MATVEC_AVX2_H

#include <immintrin.h>

#include "../body/matvec.h"
#include "turn_avx2.h"

#define AVX2_BEGIN \
    _Pragma("clang attribute push(__attribute__((target(\"avx2,fma,f16c\"))), apply_to=function)")
#define AVX2_END _Pragma("clang attribute pop")

sw_matvec_rows sw_avx2_q4_0, sw_avx2_q4_1, sw_avx2_q5_0, sw_avx2_q5_1, sw_avx2_q8_0, sw_avx2_iq4_nl,
    sw_avx2_mxfp4, sw_avx2_nvfp4, sw_avx2_q1_0;
sw_matvec_rows sw_avx2_q2_k, sw_avx2_q3_k, sw_avx2_q4_k, sw_avx2_q5_k, sw_avx2_q6_k, sw_avx2_iq4_xs,
    sw_avx2_tq1_0, sw_avx2_tq2_0;
sw_matvec_rows sw_avx2_iq2_xxs, sw_avx2_iq2_xs, sw_avx2_iq2_s, sw_avx2_iq3_xxs, sw_avx2_iq3_s, sw_avx2_iq1_s,
    sw_avx2_iq1_m;
sw_matvec_rows sw_avx2_gemm_q4_0, sw_avx2_gemm_q4_1, sw_avx2_gemm_q5_0, sw_avx2_gemm_q5_1, sw_avx2_gemm_q2_k,
    sw_avx2_gemm_q3_k, sw_avx2_gemm_q4_k, sw_avx2_gemm_q5_k, sw_avx2_gemm_q6_k, sw_avx2_gemm_mxfp4,
    sw_avx2_gemm_nvfp4, sw_avx2_gemm_iq2_xxs, sw_avx2_gemm_iq2_xs, sw_avx2_gemm_iq2_s, sw_avx2_gemm_iq3_xxs,
    sw_avx2_gemm_iq3_s, sw_avx2_gemm_iq1_s, sw_avx2_gemm_iq1_m;
sw_matvec_float_rows sw_avx2_f32, sw_avx2_f16, sw_avx2_bf16;

AVX2_BEGIN

INLINE __m256i load256(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE __m128i load128(const void *p) { return _mm_loadu_si128((const __m128i *)p); }
// The same 16 bytes in both lanes.
INLINE __m256i repeat128(const void *p) { return _mm256_broadcastsi128_si256(load128(p)); }
// 16 bytes from each of two places.
INLINE __m256i load_two(const void *low, const void *high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load128(low)), load128(high), 1);
}
// Groups of 32, two to a vector: their first and their second halves.
INLINE void load_halves(const int8_t *q, const int pairs, __m256i *first, __m256i *second) {
    UNROLL
    for (int k = 0; k < pairs; k++, q += 64) {
        first[k] = load_two(q, q + 32);
        second[k] = load_two(q + 16, q + 48);
    }
}
INLINE __m256 half256(const void *p) {
    return _mm256_broadcastss_ps(_mm_cvtph_ps(_mm_cvtsi32_si128(sw_load16(p))));
}

INLINE __m256i pair_products(__m256i unsigned_weights, __m256i activations) {
    return _mm256_maddubs_epi16(unsigned_weights, activations);
}
// Signed weights: their magnitudes times the activations with their signs.
INLINE __m256i signed_products(__m256i weights, __m256i activations) {
    return pair_products(_mm256_abs_epi8(weights), _mm256_sign_epi8(activations, weights));
}
// Words in pairs.
INLINE __m256i sum_pairs(__m256i words) { return _mm256_madd_epi16(words, _mm256_set1_epi16(1)); }
INLINE __m256 add_products(__m256 sum, __m256i products, __m256 scales) {
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(products), scales, sum);
}

// In the same order, so that it does not matter with which others a row is reduced.
INLINE float avx2_reduce(__m256 v) {
    const __m256 twos = _mm256_hadd_ps(v, v), fours = _mm256_hadd_ps(twos, twos);
    return _mm_cvtss_f32(_mm_add_ss(_mm256_castps256_ps128(fours), _mm256_extractf128_ps(fours, 1)));
}
INLINE void avx2_reduce4(const __m256 v[4], float *y) {
    const __m256 all = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
    _mm_storeu_ps(y, _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1)));
}

AVX2_END

#define MATVEC_AVX2(...) MATVEC(avx2, __m256, __VA_ARGS__)

#endif
