// gemm_blocked.h: the loops around a level's tile kernel, the same at every level.
#ifndef SWINFER_GEMM_BLOCKED_H
#define SWINFER_GEMM_BLOCKED_H

#include "../include/kernels.h"
#include "gemm_panel.h"

#define SW_TILE_COLS_MAX 8

// A few columns' activations over the run of k that the panel holds.
typedef struct sw_tile_columns {
    size_t count;
    const char *q[SW_TILE_COLS_MAX];  // first int8 of the run, per column
    size_t d, s32, s16, sum;          // bytes from there to the run's first scale and sums
    const char *next[SW_TILE_COLS_MAX];  // of the columns that come after these (or any others)
    int32_t *sums;                    // what `prepare` wrote, column stride SW_TILE_SUMS
} sw_tile_columns;

#define SW_TILE_SUMS (SW_PANEL_K / 16)

// One tile: some blocks of 16 rows x some columns, over one run of k.
typedef struct sw_tile {
    sw_panel_type type;
    const uint8_t *panel;
    size_t blocks, groups;
    const sw_tile_columns *x;
    float *y;          // y[c * ldy + r]
    size_t ldy, rows;  // rows <= 16 * blocks are written
    bool first;        // else the sums in y are carried on
    sw_ahead *ahead;   // one burst per group
    bool fetch;        // x->next's activations as well
} sw_tile;

// -bias * (sum of the activations), per group or half, to x->sums: what a level's `prepare` does
// if it has nothing faster.
void sw_gemm_sums(sw_panel_form form, int bias, const sw_tile_columns *x, size_t groups);

// What a level brings.
typedef struct sw_gemm_level {
    const char *name;
    size_t tile_blocks, tile_cols;
    sw_panel_type (*type_of)(int type);  // how it lays out a type
    void (*unpack)(int type, const sw_unpack_job *job);
    void (*prepare)(sw_panel_type type, const sw_tile_columns *x, size_t groups);
    void (*multiply)(const sw_tile *tile);
} sw_gemm_level;

void sw_gemm_blocked(const sw_gemm_level *level, int type, const void *w, size_t row_bytes, size_t rows,
                     size_t n, const void *q8, size_t q8_stride, const int32_t *index, size_t cols, float *y,
                     size_t ldy, void *scratch);

#endif
