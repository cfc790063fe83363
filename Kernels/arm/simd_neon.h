// simd_neon.h: the vector vocabulary of body/*.h in NEON, 4 floats at a time (see
// ../x86/simd_avx512.h).
#ifndef SWINFER_SIMD_NEON_H
#define SWINFER_SIMD_NEON_H

#define VF_WIDTH 4
#define VF_TILE 16    // accumulators that a tile of scores keeps in registers
#define VF_QUERIES 4  // queries of the largest such tile
#define VF_COLUMNS 4  // vectors of the value that four queries accumulate at once
typedef float32x4_t vf;

#define SW_INLINE static inline __attribute__((always_inline))
#define SW_UNROLL _Pragma("clang loop unroll(full)")

SW_INLINE vf vf_zero(void) { return vdupq_n_f32(0); }
SW_INLINE vf vf_set1(float x) { return vdupq_n_f32(x); }
SW_INLINE vf vf_load(const float *p) { return vld1q_f32(p); }
SW_INLINE void vf_store(float *p, vf v) { vst1q_f32(p, v); }
// The first n < VF_WIDTH elements, zeros after them; nothing beyond them is touched.
SW_INLINE vf vf_load_part(const float *p, size_t n) {
    float x[4] = {0};
    memcpy(x, p, n * sizeof(float));
    return vld1q_f32(x);
}
SW_INLINE void vf_store_part(float *p, vf v, size_t n) {
    float x[4];
    vst1q_f32(x, v);
    memcpy(p, x, n * sizeof(float));
}

// float16 and int8 in memory to floats.
SW_INLINE vf vf_load_half(const void *p) {
    return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8((const uint8_t *)p)));
}
SW_INLINE vf vf_load_half_part(const void *p, size_t n) {
    uint16_t halves[4] = {0};
    memcpy(halves, p, 2 * n);
    return vf_load_half(halves);
}
SW_INLINE vf vf_load_int8(const void *p) {
    int32_t four;
    memcpy(&four, p, 4);
    return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8((uint32_t)four)))));
}
// 32 nibbles less 8: the 16 low ones are the first 16 elements.
SW_INLINE void vf_load_nibbles(const void *p, vf out[32 / VF_WIDTH]) {
    const uint8x16_t bytes = vld1q_u8((const uint8_t *)p);
    const int8x16_t eight = vdupq_n_s8(8);
    const int8x16_t part[2] = {vsubq_s8(vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15))), eight),
                               vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4)), eight)};
    SW_UNROLL for (int i = 0; i < 2; i++) {
        const int16x8_t low = vmovl_s8(vget_low_s8(part[i])), high = vmovl_s8(vget_high_s8(part[i]));
        out[4 * i] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(low)));
        out[4 * i + 1] = vcvtq_f32_s32(vmovl_s16(vget_high_s16(low)));
        out[4 * i + 2] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(high)));
        out[4 * i + 3] = vcvtq_f32_s32(vmovl_s16(vget_high_s16(high)));
    }
}
// A float16 in memory, in all lanes.
SW_INLINE vf vf_set1_half(const void *p) {
    __fp16 h;
    memcpy(&h, p, 2);
    return vdupq_n_f32((float)h);
}

SW_INLINE void vf_prefetch(const void *p) { __builtin_prefetch(p, 0, 2); }

SW_INLINE vf vf_add(vf a, vf b) { return vaddq_f32(a, b); }
SW_INLINE vf vf_sub(vf a, vf b) { return vsubq_f32(a, b); }
SW_INLINE vf vf_mul(vf a, vf b) { return vmulq_f32(a, b); }
SW_INLINE vf vf_div(vf a, vf b) { return vdivq_f32(a, b); }
SW_INLINE vf vf_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }   // a b + c
SW_INLINE vf vf_fnma(vf a, vf b, vf c) { return vfmsq_f32(c, a, b); }  // c - a b
// The second operand where either is NaN (FMAX would return the NaN).
SW_INLINE vf vf_max(vf a, vf b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
SW_INLINE vf vf_min(vf a, vf b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
SW_INLINE vf vf_abs(vf a) { return vabsq_f32(a); }
SW_INLINE vf vf_copysign(vf a, vf sign) { return vbslq_f32(vdupq_n_u32(0x80000000), sign, a); }
// a < b ? x : y
SW_INLINE vf vf_select_less(vf a, vf b, vf x, vf y) { return vbslq_f32(vcltq_f32(a, b), x, y); }
SW_INLINE bool vf_any_less(vf a, vf b) { return vmaxvq_u32(vcltq_f32(a, b)) != 0; }
// 0, 1, ... VF_WIDTH - 1
SW_INLINE vf vf_iota(void) {
    const vf i = {0, 1, 2, 3};
    return i;
}
SW_INLINE vf vf_round(vf a) { return vrndnq_f32(a); }
// a * 2^n for whole n, -252 to 254: in two steps, since 2^-150 is no float.
SW_INLINE vf vf_scale2(vf a, vf n) {
    const int32x4_t whole = vcvtq_s32_f32(n), half = vshrq_n_s32(whole, 1), bias = vdupq_n_s32(127);
    const int32x4_t first = vshlq_n_s32(vaddq_s32(half, bias), 23);
    const int32x4_t second = vshlq_n_s32(vaddq_s32(vsubq_s32(whole, half), bias), 23);
    return vmulq_f32(vmulq_f32(a, vreinterpretq_f32_s32(first)), vreinterpretq_f32_s32(second));
}

SW_INLINE float vf_first(vf a) { return vgetq_lane_f32(a, 0); }
SW_INLINE float vf_hsum(vf a) { return vaddvq_f32(a); }
SW_INLINE float vf_hmax(vf a) { return vmaxvq_f32(a); }

// VF_WIDTH / 2 floats, each twice in a row; pairs turned by the angles whose c and s come so.
SW_INLINE vf vf_load_twice(const float *p) {
    const float32x2_t two = vld1_f32(p);
    return vcombine_f32(vdup_lane_f32(two, 0), vdup_lane_f32(two, 1));
}
SW_INLINE vf vf_turn(vf x, vf c, vf s) {
    const vf signs = {-1, 1, -1, 1};
    return vfmaq_f32(vmulq_f32(x, c), vrev64q_f32(x), vmulq_f32(s, signs));
}

// Lane i of the result is the sum of the lanes of a[i].
SW_INLINE vf vf_sums(const vf a[4]) { return vpaddq_f32(vpaddq_f32(a[0], a[1]), vpaddq_f32(a[2], a[3])); }

// Tiles are four keys wide at least: rows are whole vectors (see score_tile).
SW_INLINE void vf_store_rows(float *out, size_t stride, vf v, int columns) {
    (void)stride, (void)columns;
    vst1q_f32(out, v);
}

#endif
