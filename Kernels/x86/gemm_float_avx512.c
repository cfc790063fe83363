// gemm_float_avx512.c: float weights. 32 rows x up to 8 columns: 16 registers of sums.
#include "../levels.h"

#if defined(__x86_64__)
#include <string.h>

#include "../body/gemm_float_blocked.h"
#include "gemm_unpack_avx512.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,popcnt"))), apply_to = function)

#define ROWS 2
#define COLS 8

INLINE void tile(const int blocks, const int cols, const sw_float_tile *t) {
    const __mmask16 last = (__mmask16)(0xffffu >> (16 * (size_t)blocks - t->rows));
    const float *x[COLS];
    UNROLL for (int c = 0; c < cols; c++) x[c] = t->x[c];
    __m512 acc[ROWS][COLS];
    UNROLL for (int b = 0; b < blocks; b++) {
        UNROLL for (int c = 0; c < cols; c++) {
            const __mmask16 mask = b == blocks - 1 ? last : 0xffff;
            acc[b][c] = _mm512_setzero_ps();
            if (!t->first) acc[b][c] = _mm512_maskz_loadu_ps(mask, t->y + (size_t)c * t->ldy + 16 * b);
        }
    }
    const float *panel = t->panel;
    for (size_t k0 = 0; k0 < t->k; k0 += SW_FLOAT_CHUNK) {
        sw_fetch(t->ahead);
        const size_t end = t->k - k0 < SW_FLOAT_CHUNK ? t->k : k0 + SW_FLOAT_CHUNK;
        _Pragma("clang loop unroll_count(4)") for (size_t k = k0; k < end; k++, panel += 16 * blocks) {
            __m512 w[ROWS];
            UNROLL for (int b = 0; b < blocks; b++) w[b] = _mm512_load_ps(panel + 16 * b);
            UNROLL for (int c = 0; c < cols; c++) {
                const __m512 one = _mm512_set1_ps(x[c][k]);
                UNROLL for (int b = 0; b < blocks; b++) acc[b][c] = _mm512_fmadd_ps(w[b], one, acc[b][c]);
            }
        }
    }
    UNROLL for (int b = 0; b < blocks; b++) {
        UNROLL for (int c = 0; c < cols; c++) {
            const __mmask16 mask = b == blocks - 1 ? last : 0xffff;
            _mm512_mask_storeu_ps(t->y + (size_t)c * t->ldy + 16 * b, mask, acc[b][c]);
        }
    }
}

#define TILE(blocks, cols) static void tile_##blocks##x##cols(const sw_float_tile *t) { tile(blocks, cols, t); }
#define TILES(blocks) TILE(blocks, 1) TILE(blocks, 2) TILE(blocks, 3) TILE(blocks, 4) \
    TILE(blocks, 5) TILE(blocks, 6) TILE(blocks, 7) TILE(blocks, 8)
#define NAMES(blocks) {tile_##blocks##x1, tile_##blocks##x2, tile_##blocks##x3, tile_##blocks##x4, \
    tile_##blocks##x5, tile_##blocks##x6, tile_##blocks##x7, tile_##blocks##x8}
TILES(1)
TILES(2)
static void (*const tiles[ROWS][COLS])(const sw_float_tile *) = {NAMES(1), NAMES(2)};

static void multiply(const sw_float_tile *t) { tiles[t->blocks - 1][t->cols - 1](t); }

// The 16 bytes of each row as float32, in order of k.
INLINE void convert(int type, const uint8_t *const *row, size_t at, __m512 values[8]) {
    __m512i v[4];
    words(row, at, v);
    UNROLL for (int i = 0; i < 4; i++) {
        if (type == SW_F32) {
            values[i] = _mm512_castsi512_ps(v[i]);
        } else if (type == SW_F16) {
            values[2 * i] = low_f16(v[i]);
            values[2 * i + 1] = high_f16(v[i]);
        } else {
            values[2 * i] = _mm512_castsi512_ps(_mm512_slli_epi32(v[i], 16));
            values[2 * i + 1] = _mm512_castsi512_ps(_mm512_and_si512(v[i], _mm512_set1_epi32((int)0xffff0000)));
        }
    }
}

INLINE void unpack_as(const int type, const sw_float_job *job) {
    const size_t element = type == SW_F32 ? 4 : 2, wide = 16 / element;
    __m512 values[8];
    size_t k = 0;
    for (; k + wide <= job->k; k += wide) {
        if (k % SW_FLOAT_CHUNK == 0) sw_fetch(job->ahead);
        convert(type, job->row, k * element, values);
        UNROLL for (size_t i = 0; i < wide; i++) _mm512_store_ps(job->panel + (k + i) * job->step, values[i]);
    }
    if (k == job->k) return;
    // What is left of the rows ends short of 16 bytes.
    uint8_t rest[SW_BLOCK_ROWS][16] = {{0}};
    const uint8_t *rows[SW_BLOCK_ROWS];
    for (int r = 0; r < SW_BLOCK_ROWS; r++) {
        memcpy(rest[r], job->row[r] + k * element, (job->k - k) * element);
        rows[r] = rest[r];
    }
    convert(type, rows, 0, values);
    for (size_t i = 0; k + i < job->k; i++) _mm512_store_ps(job->panel + (k + i) * job->step, values[i]);
}

static void unpack(int type, const sw_float_job *job) {
    switch (type) {
    case SW_F32: unpack_as(SW_F32, job); break;
    case SW_F16: unpack_as(SW_F16, job); break;
    default: unpack_as(SW_BF16, job); break;
    }
}

static const sw_float_level level = {"avx512", ROWS, COLS, unpack, multiply};

void sw_gemm_float_avx512(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const float *x,
                          size_t ldx, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch) {
    sw_gemm_float_blocked(&level, type, w, row_bytes, rows, n, x, ldx, index, cols, y, ldy, scratch);
}

#pragma clang attribute pop
#endif
