// gemm_float_neon.c: float weights. 16 rows x up to 6 columns: 24 registers of sums.
#include "../levels.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "../body/gemm_float_blocked.h"
#include "gemm_neon.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define COLS 6
#define PARTS 4  // of 16 rows

INLINE void tile(const int cols, const sw_float_tile *t) {
    const float *x[COLS];
    float32x4_t acc[COLS][PARTS];
    UNROLL for (int c = 0; c < cols; c++) {
        float y[SW_BLOCK_ROWS] = {0};
        if (!t->first) memcpy(y, t->y + (size_t)c * t->ldy, t->rows * sizeof(float));
        UNROLL for (int p = 0; p < PARTS; p++) acc[c][p] = vld1q_f32(y + 4 * p);
        x[c] = t->x[c];
    }
    const float *panel = t->panel;
    for (size_t k0 = 0; k0 < t->k; k0 += SW_FLOAT_CHUNK) {
        sw_fetch(t->ahead);
        const size_t end = t->k - k0 < SW_FLOAT_CHUNK ? t->k : k0 + SW_FLOAT_CHUNK;
        for (size_t k = k0; k < end; k++, panel += SW_BLOCK_ROWS) {
            float32x4_t w[PARTS];
            UNROLL for (int p = 0; p < PARTS; p++) w[p] = vld1q_f32(panel + 4 * p);
            UNROLL for (int c = 0; c < cols; c++) {
                const float32x4_t one = vld1q_dup_f32(x[c] + k);
                UNROLL for (int p = 0; p < PARTS; p++) acc[c][p] = vfmaq_f32(acc[c][p], w[p], one);
            }
        }
    }
    UNROLL for (int c = 0; c < cols; c++) {
        float y[SW_BLOCK_ROWS];
        UNROLL for (int p = 0; p < PARTS; p++) vst1q_f32(y + 4 * p, acc[c][p]);
        memcpy(t->y + (size_t)c * t->ldy, y, t->rows * sizeof(float));
    }
}

#define TILE(cols) static void tile_##cols(const sw_float_tile *t) { tile(cols, t); }
TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
static void (*const tiles[COLS])(const sw_float_tile *) = {tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};

static void multiply(const sw_float_tile *t) { tiles[t->cols - 1](t); }

INLINE float32x4_t four(const int type, const uint8_t *at) {
    if (type == SW_F32) return vreinterpretq_f32_u8(vld1q_u8(at));
    const uint8x8_t half = vld1_u8(at);
    if (type == SW_F16) return vcvt_f32_f16(vreinterpret_f16_u8(half));
    return vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(half), 16));
}

// Four k of four rows, transposed.
INLINE void transpose(const int type, const uint8_t *const *row, size_t at, float32x4_t v[4]) {
    float64x2_t two[4];
    UNROLL for (int i = 0; i < 4; i += 2) {
        const float32x4_t a = four(type, row[i] + at), b = four(type, row[i + 1] + at);
        two[i] = vreinterpretq_f64_f32(vzip1q_f32(a, b));
        two[i + 1] = vreinterpretq_f64_f32(vzip2q_f32(a, b));
    }
    UNROLL for (int i = 0; i < 2; i++) {
        v[2 * i] = vreinterpretq_f32_f64(vzip1q_f64(two[i], two[2 + i]));
        v[2 * i + 1] = vreinterpretq_f32_f64(vzip2q_f64(two[i], two[2 + i]));
    }
}

INLINE void unpack_as(const int type, const sw_float_job *job) {
    const size_t element = type == SW_F32 ? 4 : 2;
    float32x4_t v[4];
    size_t k = 0;
    for (; k + 4 <= job->k; k += 4) {
        if (k % SW_FLOAT_CHUNK == 0) sw_fetch(job->ahead);
        for (size_t p = 0; p < PARTS; p++) {
            transpose(type, job->row + 4 * p, k * element, v);
            UNROLL for (size_t i = 0; i < 4; i++) vst1q_f32(job->panel + (k + i) * job->step + 4 * p, v[i]);
        }
    }
    if (k == job->k) return;
    // What is left of the rows ends short of four.
    uint8_t rest[SW_BLOCK_ROWS][16] = {{0}};
    const uint8_t *rows[SW_BLOCK_ROWS];
    for (int r = 0; r < SW_BLOCK_ROWS; r++) {
        memcpy(rest[r], job->row[r] + k * element, (job->k - k) * element);
        rows[r] = rest[r];
    }
    for (size_t p = 0; p < PARTS; p++) {
        transpose(type, rows + 4 * p, 0, v);
        for (size_t i = 0; k + i < job->k; i++) vst1q_f32(job->panel + (k + i) * job->step + 4 * p, v[i]);
    }
}

static void unpack(int type, const sw_float_job *job) {
    switch (type) {
    case SW_F32: unpack_as(SW_F32, job); break;
    case SW_F16: unpack_as(SW_F16, job); break;
    default: unpack_as(SW_BF16, job); break;
    }
}

static const sw_float_level level = {"neon", 1, COLS, unpack, multiply};

void sw_gemm_float_neon(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const float *x,
                        size_t ldx, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch) {
    sw_gemm_float_blocked(&level, type, w, row_bytes, rows, n, x, ldx, index, cols, y, ldy, scratch);
}
#endif
