// simd_avx512.h: the vector vocabulary of body/*.h in AVX-512, 16 floats at a time.
//
// Included inside a target region; the functions must not cross a file boundary. See
// simd_avx2.h and ../arm/simd_neon.h for the same names at 8 and 4 floats.
#ifndef SWINFER_SIMD_AVX512_H
#define SWINFER_SIMD_AVX512_H

#define VF_WIDTH 16
#define VF_TILE 16    // accumulators that a tile of scores keeps in registers
#define VF_QUERIES 4  // queries of the largest such tile
#define VF_COLUMNS 4  // vectors of the value that VF_QUERIES queries accumulate at once
typedef __m512 vf;

#define SW_INLINE static inline __attribute__((always_inline))

#define SW_UNROLL _Pragma("clang loop unroll(full)")

SW_INLINE __mmask16 vf_mask(size_t n) { return (__mmask16)((1u << n) - 1); }

SW_INLINE vf vf_zero(void) { return _mm512_setzero_ps(); }
SW_INLINE vf vf_set1(float x) { return _mm512_set1_ps(x); }
SW_INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
SW_INLINE void vf_store(float *p, vf v) { _mm512_storeu_ps(p, v); }
// The first n < VF_WIDTH elements, zeros after them; nothing beyond them is touched.
SW_INLINE vf vf_load_part(const float *p, size_t n) { return _mm512_maskz_loadu_ps(vf_mask(n), p); }
SW_INLINE void vf_store_part(float *p, vf v, size_t n) { _mm512_mask_storeu_ps(p, vf_mask(n), v); }

// float16 and int8 in memory to floats.
SW_INLINE vf vf_load_half(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
SW_INLINE vf vf_load_half_part(const void *p, size_t n) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(vf_mask(n), p));
}
SW_INLINE vf vf_load_int8(const void *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
// 32 nibbles less 8: the 16 low ones are the first 16 elements.
SW_INLINE void vf_load_nibbles(const void *p, vf out[32 / VF_WIDTH]) {
    const __m512i bytes = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p));
    const __m512i eight = _mm512_set1_epi32(8);
    out[0] = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_and_si512(bytes, _mm512_set1_epi32(15)), eight));
    out[1] = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_srli_epi32(bytes, 4), eight));
}
// A float16 in memory, in all lanes.
SW_INLINE vf vf_set1_half(const void *p) {
    int16_t h;
    memcpy(&h, p, 2);
    return _mm512_cvtph_ps(_mm256_set1_epi16(h));
}

SW_INLINE void vf_prefetch(const void *p) { _mm_prefetch(p, _MM_HINT_T1); }

SW_INLINE vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
SW_INLINE vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
SW_INLINE vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
SW_INLINE vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
SW_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }    // a b + c
SW_INLINE vf vf_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }  // c - a b
// The second operand where either is NaN.
SW_INLINE vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
SW_INLINE vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
SW_INLINE vf vf_abs(vf a) { return _mm512_abs_ps(a); }
SW_INLINE vf vf_copysign(vf a, vf sign) {
    const __m512i bit = _mm512_set1_epi32(INT32_MIN);
    const __m512i x = _mm512_castps_si512(a), y = _mm512_castps_si512(sign);
    return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(bit, y, x, 0xca));  // bit ? y : x
}
// a < b ? x : y
SW_INLINE vf vf_select_less(vf a, vf b, vf x, vf y) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), y, x);
}
SW_INLINE bool vf_any_less(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ) != 0; }
// 0, 1, ... VF_WIDTH - 1
SW_INLINE vf vf_iota(void) {
    return _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
SW_INLINE vf vf_round(vf a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// a * 2^n for whole n
SW_INLINE vf vf_scale2(vf a, vf n) { return _mm512_scalef_ps(a, n); }

SW_INLINE float vf_first(vf a) { return _mm512_cvtss_f32(a); }
SW_INLINE float vf_hsum(vf a) { return _mm512_reduce_add_ps(a); }
SW_INLINE float vf_hmax(vf a) { return _mm512_reduce_max_ps(a); }

// VF_WIDTH / 2 floats, each twice in a row; pairs turned by the angles whose c and s come so.
SW_INLINE vf vf_load_twice(const float *p) {
    const __m512i index = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    return _mm512_permutexvar_ps(index, _mm512_castps256_ps512(_mm256_loadu_ps(p)));
}
SW_INLINE vf vf_turn(vf x, vf c, vf s) {
    return _mm512_fmaddsub_ps(x, c, _mm512_mul_ps(_mm512_permute_ps(x, 0xb1), s));
}

// Lane i of the result is the sum of the lanes of a[i]: a transposing tree, in which every one
// of the 16 sums is added in the same order (lanes 8 apart first, then 4, 2, 1).
SW_INLINE vf vf_sums(const vf a[16]) {
    vf b[8], c[4], d[2];
    SW_UNROLL for (int i = 0; i < 8; i++)
        b[i] = vf_add(_mm512_mask_blend_ps(0xff00, a[i], a[i + 8]),
                      _mm512_shuffle_f32x4(a[i], a[i + 8], 0x4e));
    const __m512i swapped = _mm512_setr_epi64(2, 3, 8, 9, 6, 7, 12, 13);  // x1 y0 x3 y2, by 128 bits
    SW_UNROLL for (int i = 0; i < 4; i++) {
        const __m512d x = _mm512_castps_pd(b[i]), y = _mm512_castps_pd(b[i + 4]);
        c[i] = vf_add(_mm512_mask_blend_ps(0xf0f0, b[i], b[i + 4]),
                      _mm512_castpd_ps(_mm512_permutex2var_pd(x, swapped, y)));
    }
    SW_UNROLL for (int i = 0; i < 2; i++) {
        const vf x = c[i], y = c[i + 2];
        d[i] = vf_add(_mm512_mask_blend_ps(0xcccc, x, y), _mm512_shuffle_ps(x, y, 0x4e));
    }
    return vf_add(_mm512_mask_blend_ps(0xaaaa, d[0], d[1]),
                  _mm512_mask_movehdup_ps(_mm512_moveldup_ps(d[1]), 0x5555, d[0]));
}

// v as VF_WIDTH / `columns` rows (columns 4 or 8) at out, out + stride, ...
SW_INLINE void vf_store_rows(float *out, size_t stride, vf v, int columns) {
    if (columns == 8) {
        _mm256_storeu_ps(out, _mm512_castps512_ps256(v));
        _mm256_storeu_ps(out + stride, _mm512_extractf32x8_ps(v, 1));
    } else {
        _mm_storeu_ps(out, _mm512_castps512_ps128(v));
        _mm_storeu_ps(out + stride, _mm512_extractf32x4_ps(v, 1));
        _mm_storeu_ps(out + 2 * stride, _mm512_extractf32x4_ps(v, 2));
        _mm_storeu_ps(out + 3 * stride, _mm512_extractf32x4_ps(v, 3));
    }
}

#endif
