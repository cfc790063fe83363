// simd_avx2.h: the vector vocabulary of body/*.h in AVX2, 8 floats at a time (see simd_avx512.h).
#ifndef SWINFER_SIMD_AVX2_H
#define SWINFER_SIMD_AVX2_H

#define VF_WIDTH 8
#define VF_TILE 8     // accumulators that a tile of scores keeps in registers
#define VF_QUERIES 2  // queries of the largest such tile
#define VF_COLUMNS 2  // vectors of the value that four queries accumulate at once
typedef __m256 vf;

#define SW_INLINE static inline __attribute__((always_inline))
#define SW_UNROLL _Pragma("clang loop unroll(full)")

SW_INLINE __m256i vf_mask(size_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

SW_INLINE vf vf_zero(void) { return _mm256_setzero_ps(); }
SW_INLINE vf vf_set1(float x) { return _mm256_set1_ps(x); }
SW_INLINE vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
SW_INLINE void vf_store(float *p, vf v) { _mm256_storeu_ps(p, v); }
// The first n < VF_WIDTH elements, zeros after them; nothing beyond them is touched.
SW_INLINE vf vf_load_part(const float *p, size_t n) { return _mm256_maskload_ps(p, vf_mask(n)); }
SW_INLINE void vf_store_part(float *p, vf v, size_t n) { _mm256_maskstore_ps(p, vf_mask(n), v); }

// float16 and int8 in memory to floats.
SW_INLINE vf vf_load_half(const void *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
SW_INLINE vf vf_load_half_part(const void *p, size_t n) {
    uint16_t halves[8] = {0};
    memcpy(halves, p, 2 * n);
    return vf_load_half(halves);
}
SW_INLINE vf vf_load_int8(const void *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
// 32 nibbles less 8: the 16 low ones are the first 16 elements.
SW_INLINE void vf_load_nibbles(const void *p, vf out[32 / VF_WIDTH]) {
    const __m128i bytes = _mm_loadu_si128((const __m128i *)p);
    const __m128i mask = _mm_set1_epi8(15), eight = _mm_set1_epi8(8);
    const __m128i low = _mm_sub_epi8(_mm_and_si128(bytes, mask), eight);
    const __m128i high = _mm_sub_epi8(_mm_and_si128(_mm_srli_epi16(bytes, 4), mask), eight);
    out[0] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(low));
    out[1] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(low, 8)));
    out[2] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(high));
    out[3] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(high, 8)));
}
// A float16 in memory, in all lanes.
SW_INLINE vf vf_set1_half(const void *p) {
    int16_t h;
    memcpy(&h, p, 2);
    return _mm256_cvtph_ps(_mm_set1_epi16(h));
}

SW_INLINE void vf_prefetch(const void *p) { _mm_prefetch(p, _MM_HINT_T1); }

SW_INLINE vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
SW_INLINE vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
SW_INLINE vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
SW_INLINE vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
SW_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }    // a b + c
SW_INLINE vf vf_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }  // c - a b
// The second operand where either is NaN.
SW_INLINE vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
SW_INLINE vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
SW_INLINE vf vf_abs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
SW_INLINE vf vf_copysign(vf a, vf sign) {
    const vf bit = _mm256_set1_ps(-0.0f);
    return _mm256_or_ps(_mm256_andnot_ps(bit, a), _mm256_and_ps(bit, sign));
}
// a < b ? x : y
SW_INLINE vf vf_select_less(vf a, vf b, vf x, vf y) {
    return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
SW_INLINE bool vf_any_less(vf a, vf b) { return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LT_OQ)) != 0; }
// 0, 1, ... VF_WIDTH - 1
SW_INLINE vf vf_iota(void) { return _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7); }
SW_INLINE vf vf_round(vf a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// a * 2^n for whole n, -252 to 254: in two steps, since 2^-150 is no float.
SW_INLINE vf vf_scale2(vf a, vf n) {
    const __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1);
    const __m256i bias = _mm256_set1_epi32(127);
    const __m256i first = _mm256_slli_epi32(_mm256_add_epi32(half, bias), 23);
    const __m256i second = _mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(whole, half), bias), 23);
    return vf_mul(vf_mul(a, _mm256_castsi256_ps(first)), _mm256_castsi256_ps(second));
}

SW_INLINE float vf_first(vf a) { return _mm256_cvtss_f32(a); }
SW_INLINE float vf_hsum(vf a) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
SW_INLINE float vf_hmax(vf a) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

// VF_WIDTH / 2 floats, each twice in a row; pairs turned by the angles whose c and s come so.
SW_INLINE vf vf_load_twice(const float *p) {
    const __m256i index = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
    return _mm256_permutevar8x32_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), index);
}
SW_INLINE vf vf_turn(vf x, vf c, vf s) {
    return _mm256_fmaddsub_ps(x, c, _mm256_mul_ps(_mm256_permute_ps(x, 0xb1), s));
}

// Lane i of the result is the sum of the lanes of a[i]: a transposing tree, in which every one
// of the 8 sums is added in the same order (lanes 4 apart first, then 2, 1).
SW_INLINE vf vf_sums(const vf a[8]) {
    vf b[4], c[2];
    SW_UNROLL for (int i = 0; i < 4; i++)
        b[i] = vf_add(_mm256_blend_ps(a[i], a[i + 4], 0xf0), _mm256_permute2f128_ps(a[i], a[i + 4], 0x21));
    SW_UNROLL for (int i = 0; i < 2; i++)
        c[i] = vf_add(_mm256_blend_ps(b[i], b[i + 2], 0xcc), _mm256_shuffle_ps(b[i], b[i + 2], 0x4e));
    return vf_add(_mm256_blend_ps(c[0], c[1], 0xaa),
                  _mm256_blend_ps(_mm256_movehdup_ps(c[0]), _mm256_moveldup_ps(c[1]), 0xaa));
}

// v as two rows of four at out and out + stride (columns is 4).
SW_INLINE void vf_store_rows(float *out, size_t stride, vf v, int columns) {
    (void)columns;
    _mm_storeu_ps(out, _mm256_castps256_ps128(v));
    _mm_storeu_ps(out + stride, _mm256_extractf128_ps(v, 1));
}

#endif
