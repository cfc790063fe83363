// gemm_float_blocked.h: the loops around a level's tile kernel for F32, F16 and BF16 weights.
//
// The panel holds float32 weights; `blocks` blocks of 16 rows lie together:
//
//   k = 0: | block 0: rows 0 ... 15 | block 1: rows 0 ... 15 |     64 bytes a block
//   k = 1: | ...
#ifndef SWINFER_GEMM_FLOAT_BLOCKED_H
#define SWINFER_GEMM_FLOAT_BLOCKED_H

#include "../include/kernels.h"
#include "gemm_panel.h"

#define SW_FLOAT_COLS_MAX 12
// k per burst of fetching ahead.
#define SW_FLOAT_CHUNK 32

// `k` elements of 16 rows to panel[i * step + row] (floats).
typedef struct sw_float_job {
    const uint8_t *row[SW_BLOCK_ROWS];
    size_t k, step;
    float *panel;
    sw_ahead *ahead;  // one burst per SW_FLOAT_CHUNK
} sw_float_job;

typedef struct sw_float_tile {
    const float *panel;
    size_t blocks, k;
    size_t cols;
    const float *x[SW_FLOAT_COLS_MAX];
    float *y;          // y[c * ldy + r]
    size_t ldy, rows;  // rows <= 16 * blocks are written
    bool first;        // else the sums in y are carried on
    sw_ahead *ahead;   // one burst per SW_FLOAT_CHUNK
} sw_float_tile;

typedef struct sw_float_level {
    const char *name;
    size_t tile_blocks, tile_cols;
    void (*unpack)(int type, const sw_float_job *job);
    void (*multiply)(const sw_float_tile *tile);
} sw_float_level;

void sw_gemm_float_blocked(const sw_float_level *level, int type, const void *w, size_t row_bytes, size_t rows,
                           size_t n, const float *x, size_t ldx, const int32_t *index, size_t cols, float *y,
                           size_t ldy, void *scratch);

#endif
