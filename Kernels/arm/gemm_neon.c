// gemm_neon.c: the int8 tile kernel with sdot. 16 rows x up to 4 columns: 16 registers of integer
// sums, four of weights, four of activations whose lanes are the quads.
#include "../levels.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "../body/gemm_blocked.h"
#include "gemm_neon.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define COLS 4
#define PARTS 4  // of 16 rows

// `quads` quads, a multiple of four, beginning with what takes the codes' bias off. sdot takes
// codes as signed: those that use all eight bits (`wide`) are moved down by 128.
INLINE void dot(int32x4_t sum[COLS][PARTS], const int cols, const int quads, const bool wide, const bool biased,
                const uint8_t *codes, const char *const q[COLS], size_t k, const int32_t *sums) {
    UNROLL for (int c = 0; c < cols; c++) {
        const int32x4_t bias = vdupq_n_s32(biased ? sums[c * SW_TILE_SUMS] : 0);
        UNROLL for (int p = 0; p < PARTS; p++) sum[c][p] = bias;
    }
    UNROLL for (int i = 0; i < quads; i += 4) {
        int8x16_t x[COLS];
        UNROLL for (int c = 0; c < cols; c++) x[c] = vld1q_s8((const int8_t *)q[c] + k + 4 * i);
        UNROLL for (int lane = 0; lane < 4; lane++) {
            UNROLL for (int p = 0; p < PARTS; p++) {
                uint8x16_t raw = vld1q_u8(codes + (i + lane) * SW_QUAD_BYTES + 16 * p);
                if (wide) raw = veorq_u8(raw, vdupq_n_u8(128));
                const int8x16_t w = vreinterpretq_s8_u8(raw);
                UNROLL for (int c = 0; c < cols; c++) {
                    switch (lane) {
                    case 0: sum[c][p] = vdotq_laneq_s32(sum[c][p], w, x[c], 0); break;
                    case 1: sum[c][p] = vdotq_laneq_s32(sum[c][p], w, x[c], 1); break;
                    case 2: sum[c][p] = vdotq_laneq_s32(sum[c][p], w, x[c], 2); break;
                    default: sum[c][p] = vdotq_laneq_s32(sum[c][p], w, x[c], 3);
                    }
                }
            }
        }
    }
}

INLINE float number(const char *at) {
    float value;
    memcpy(&value, at, 4);
    return value;
}

INLINE void tile(const sw_panel_form form, const bool wide, const int cols, const sw_tile *t) {
    const bool halves = form == SW_FORM_HALVES, biased = form == SW_FORM_SCALE || halves;
    const size_t step = sw_panel_step(form, 1);
    float acc[COLS][SW_BLOCK_ROWS] = {{0}};
    const char *q[COLS];
    UNROLL for (int c = 0; c < cols; c++) {
        if (!t->first) memcpy(acc[c], t->y + (size_t)c * t->ldy, t->rows * sizeof(float));
        q[c] = t->x->q[c];
    }
    const uint8_t *codes = t->panel;
    const int32_t *sums = t->x->sums;
    const size_t to_d = t->x->d, to_s32 = t->x->s32, to_s16 = t->x->s16;
    for (size_t g = 0; g < t->groups; g++, codes += step, sums += halves ? 2 : 1) {
        sw_fetch(t->ahead);
        const float *planes = (const float *)(const void *)(codes + SW_CODE_BYTES);
        int32x4_t sum[COLS][PARTS];
        float32x4_t half[COLS][PARTS];
        if (halves) {
            dot(sum, cols, 4, wide, biased, codes, q, 32 * g, sums);
            UNROLL for (int p = 0; p < PARTS; p++) {
                const float32x4_t scale = vld1q_f32(planes + 4 * p);
                UNROLL for (int c = 0; c < cols; c++) half[c][p] = vmulq_f32(vcvtq_f32_s32(sum[c][p]), scale);
            }
            dot(sum, cols, 4, wide, biased, codes + SW_CODE_BYTES / 2, q, 32 * g + 16, sums + 1);
        } else {
            dot(sum, cols, 8, wide, biased, codes, q, 32 * g, sums);
        }
        UNROLL for (int c = 0; c < cols; c++) {
            const float d = number(q[c] + to_d + 4 * g);
            UNROLL for (int p = 0; p < PARTS; p++) {
                const float *plane = planes + 4 * p;
                const float32x4_t scale = vld1q_f32(plane), total = vcvtq_f32_s32(sum[c][p]);
                float32x4_t y = vld1q_f32(acc[c] + 4 * p);
                if (halves) {
                    y = vfmaq_n_f32(y, vfmaq_f32(half[c][p], total, vld1q_f32(plane + 16)), d);
                } else {
                    y = vfmaq_f32(y, total, vmulq_n_f32(scale, d));
                }
                if (form == SW_FORM_MINIMUM) {
                    y = vfmsq_n_f32(y, vld1q_f32(plane + 16), number(q[c] + to_s32 + 4 * g));
                }
                if (form == SW_FORM_HALF_MINIMA) {
                    y = vfmsq_n_f32(y, vld1q_f32(plane + 16), number(q[c] + to_s16 + 8 * g));
                    y = vfmsq_n_f32(y, vld1q_f32(plane + 32), number(q[c] + to_s16 + 8 * g + 4));
                }
                vst1q_f32(acc[c] + 4 * p, y);
            }
        }
    }
    UNROLL for (int c = 0; c < cols; c++) {
        memcpy(t->y + (size_t)c * t->ldy, acc[c], t->rows * sizeof(float));
    }
}

#define TILE(form, wide, cols) \
    static void form##_##wide##x##cols(const sw_tile *t) { tile(SW_FORM_##form, wide, cols, t); }
#define TILES(form, wide) TILE(form, wide, 1) TILE(form, wide, 2) TILE(form, wide, 3) TILE(form, wide, 4)
#define NAMES(form, wide) {form##_##wide##x1, form##_##wide##x2, form##_##wide##x3, form##_##wide##x4}
TILES(SCALE, 0) TILES(SCALE, 1) TILES(MINIMUM, 0) TILES(HALVES, 0) TILES(HALF_MINIMA, 0)

typedef void (*tile_function)(const sw_tile *);
static const tile_function wide_scale[COLS] = NAMES(SCALE, 1);
static const tile_function tiles[SW_FORM_COUNT][COLS] = {
    [SW_FORM_SCALE] = NAMES(SCALE, 0),
    [SW_FORM_MINIMUM] = NAMES(MINIMUM, 0),
    [SW_FORM_HALVES] = NAMES(HALVES, 0),
    [SW_FORM_HALF_MINIMA] = NAMES(HALF_MINIMA, 0),
};

static bool is_wide(sw_panel_type type) { return type.highest > 127; }

static void multiply(const sw_tile *t) {
    (is_wide(t->type) ? wide_scale : tiles[t->type.form])[t->x->count - 1](t);
}

static void prepare(sw_panel_type type, const sw_tile_columns *x, size_t groups) {
    sw_gemm_sums(type.form, is_wide(type) ? type.bias - 128 : type.bias, x, groups);
}

static const sw_gemm_level level = {"neon", 1, COLS, sw_panel_type_of, sw_unpack_neon, prepare, multiply};

static void gemm(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                 size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch) {
    sw_gemm_blocked(&level, type, w, row_bytes, rows, n, q8, q8_stride, index, cols, y, ldy, scratch);
}

void sw_fill_neon_gemm(sw_kernels *k) {
    k->gemm = gemm;
    k->gemm_float = sw_gemm_float_neon;
}

#pragma clang attribute pop
#endif
