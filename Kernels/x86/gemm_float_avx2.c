// gemm_float_avx2.c: float weights. 16 rows x up to 6 columns: 12 registers of sums.
#include "../levels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../body/gemm_float_blocked.h"
#include "gemm_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define COLS 6

INLINE void tile(const int cols, const sw_float_tile *t) {
    const float *x[COLS];
    __m256 acc[COLS][2];
    UNROLL for (int c = 0; c < cols; c++) {
        float y[16] = {0};
        if (!t->first) memcpy(y, t->y + (size_t)c * t->ldy, t->rows * sizeof(float));
        UNROLL for (int h = 0; h < 2; h++) acc[c][h] = _mm256_loadu_ps(y + 8 * h);
        x[c] = t->x[c];
    }
    const float *panel = t->panel;
    for (size_t k0 = 0; k0 < t->k; k0 += SW_FLOAT_CHUNK) {
        sw_fetch(t->ahead);
        const size_t end = t->k - k0 < SW_FLOAT_CHUNK ? t->k : k0 + SW_FLOAT_CHUNK;
        for (size_t k = k0; k < end; k++, panel += SW_BLOCK_ROWS) {
            const __m256 low = _mm256_load_ps(panel), high = _mm256_load_ps(panel + 8);
            UNROLL for (int c = 0; c < cols; c++) {
                const __m256 one = _mm256_set1_ps(x[c][k]);
                acc[c][0] = _mm256_fmadd_ps(low, one, acc[c][0]);
                acc[c][1] = _mm256_fmadd_ps(high, one, acc[c][1]);
            }
        }
    }
    UNROLL for (int c = 0; c < cols; c++) {
        float y[16];
        UNROLL for (int h = 0; h < 2; h++) _mm256_storeu_ps(y + 8 * h, acc[c][h]);
        memcpy(t->y + (size_t)c * t->ldy, y, t->rows * sizeof(float));
    }
}

#define TILE(cols) static void tile_##cols(const sw_float_tile *t) { tile(cols, t); }
TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
static void (*const tiles[COLS])(const sw_float_tile *) = {tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};

static void multiply(const sw_float_tile *t) { tiles[t->cols - 1](t); }

INLINE __m256 eight(const int type, const uint8_t *at) {
    if (type == SW_F32) return _mm256_loadu_ps((const float *)(const void *)at);
    const __m128i half = _mm_loadu_si128((const __m128i *)(const void *)at);
    if (type == SW_F16) return _mm256_cvtph_ps(half);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

// Eight k of eight rows, transposed.
INLINE void transpose(const int type, const uint8_t *const *row, size_t at, __m256 v[8]) {
    __m256 x[8], two[8];
    UNROLL for (int i = 0; i < 8; i++) x[i] = eight(type, row[i] + at);
    UNROLL for (int i = 0; i < 8; i += 2) {
        two[i] = _mm256_unpacklo_ps(x[i], x[i + 1]);
        two[i + 1] = _mm256_unpackhi_ps(x[i], x[i + 1]);
    }
    UNROLL for (int i = 0; i < 2; i++) {
        const __m256 *a = two + 4 * i;
        x[4 * i] = _mm256_shuffle_ps(a[0], a[2], 0x44);
        x[4 * i + 1] = _mm256_shuffle_ps(a[0], a[2], 0xee);
        x[4 * i + 2] = _mm256_shuffle_ps(a[1], a[3], 0x44);
        x[4 * i + 3] = _mm256_shuffle_ps(a[1], a[3], 0xee);
    }
    UNROLL for (int i = 0; i < 4; i++) {
        v[i] = _mm256_permute2f128_ps(x[i], x[4 + i], 0x20);
        v[4 + i] = _mm256_permute2f128_ps(x[i], x[4 + i], 0x31);
    }
}

INLINE void unpack_as(const int type, const sw_float_job *job) {
    const size_t element = type == SW_F32 ? 4 : 2;
    __m256 v[8];
    size_t k = 0;
    for (; k + 8 <= job->k; k += 8) {
        if (k % SW_FLOAT_CHUNK == 0) sw_fetch(job->ahead);
        for (size_t h = 0; h < 2; h++) {
            transpose(type, job->row + 8 * h, k * element, v);
            UNROLL for (size_t i = 0; i < 8; i++) _mm256_store_ps(job->panel + (k + i) * job->step + 8 * h, v[i]);
        }
    }
    if (k == job->k) return;
    // What is left of the rows ends short of eight.
    uint8_t rest[SW_BLOCK_ROWS][32] = {{0}};
    const uint8_t *rows[SW_BLOCK_ROWS];
    for (int r = 0; r < SW_BLOCK_ROWS; r++) {
        memcpy(rest[r], job->row[r] + k * element, (job->k - k) * element);
        rows[r] = rest[r];
    }
    for (size_t h = 0; h < 2; h++) {
        transpose(type, rows + 8 * h, 0, v);
        for (size_t i = 0; k + i < job->k; i++) _mm256_store_ps(job->panel + (k + i) * job->step + 8 * h, v[i]);
    }
}

static void unpack(int type, const sw_float_job *job) {
    switch (type) {
    case SW_F32: unpack_as(SW_F32, job); break;
    case SW_F16: unpack_as(SW_F16, job); break;
    default: unpack_as(SW_BF16, job); break;
    }
}

static const sw_float_level level = {"avx2", 1, COLS, unpack, multiply};

void sw_gemm_float_avx2(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const float *x,
                        size_t ldx, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch) {
    sw_gemm_float_blocked(&level, type, w, row_bytes, rows, n, x, ldx, index, cols, y, ldy, scratch);
}

#pragma clang attribute pop
#endif
