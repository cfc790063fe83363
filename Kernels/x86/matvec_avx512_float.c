// matvec_avx512_float.c: F32, F16 and BF16 weights with float32 activations.
#if defined(__x86_64__)
#include "matvec_avx512.h"

AVX512_BEGIN

INLINE __m512 avx512_load_x(const float *x) { return _mm512_loadu_ps(x); }
INLINE __m512 avx512_multiply_add(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
INLINE __m512 avx512_add(__m512 a, __m512 b) { return _mm512_add_ps(a, b); }

INLINE __m512 load_f32(const uint8_t *w) { return _mm512_loadu_ps(w); }
INLINE __m512 load_f16(const uint8_t *w) { return _mm512_cvtph_ps(load256(w)); }
INLINE __m512 load_bf16(const uint8_t *w) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(load256(w)), 16));
}

MATVEC_FLOAT(avx512, __m512, 16, f32, 4, load_f32, sw_one_f32)
MATVEC_FLOAT(avx512, __m512, 16, f16, 2, load_f16, sw_one_f16)
MATVEC_FLOAT(avx512, __m512, 16, bf16, 2, load_bf16, sw_one_bf16)

AVX512_END
#endif
