// matvec_avx2_float.c: F32, F16 and BF16 weights with float32 activations.
#if defined(__x86_64__)
#include "matvec_avx2.h"

AVX2_BEGIN

INLINE __m256 avx2_load_x(const float *x) { return _mm256_loadu_ps(x); }
INLINE __m256 avx2_multiply_add(__m256 a, __m256 b, __m256 c) { return _mm256_fmadd_ps(a, b, c); }
INLINE __m256 avx2_add(__m256 a, __m256 b) { return _mm256_add_ps(a, b); }

INLINE __m256 load_f32(const uint8_t *w) { return _mm256_loadu_ps((const float *)w); }
INLINE __m256 load_f16(const uint8_t *w) { return _mm256_cvtph_ps(load128(w)); }
INLINE __m256 load_bf16(const uint8_t *w) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load128(w)), 16));
}

MATVEC_FLOAT(avx2, __m256, 8, f32, 4, load_f32, sw_one_f32)
MATVEC_FLOAT(avx2, __m256, 8, f16, 2, load_f16, sw_one_f16)
MATVEC_FLOAT(avx2, __m256, 8, bf16, 2, load_bf16, sw_one_bf16)

AVX2_END
#endif
