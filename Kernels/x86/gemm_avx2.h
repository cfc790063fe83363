// gemm_avx2.h: what the AVX2 gemm files share.
#ifndef SWINFER_GEMM_AVX2_H
#define SWINFER_GEMM_AVX2_H

#include "../body/gemm_blocked.h"

#define SW_TILE_COLS_AVX2 4

// Integer scales of 16 stay out of the codes: smaller ones add up longer in 16 bits.
static inline sw_panel_type sw_panel_type_avx2(int type) {
    switch (type) {
    case SW_Q2_K: return (sw_panel_type){SW_FORM_STEP_MINIMA, 0, 3};
    case SW_Q3_K: return (sw_panel_type){SW_FORM_STEPS, 0, 4};
    case SW_Q6_K: return (sw_panel_type){SW_FORM_STEPS, 0, 32};
    default: return sw_panel_type_of(type);
    }
}

void sw_unpack_avx2(int type, const sw_unpack_job *job);

// For the forms with steps: activations to where and how the tiles want them, and the tiles.
void sw_prepare_steps_avx2(sw_panel_type type, const sw_tile_columns *x, size_t groups);
void sw_multiply_steps_avx2(const sw_tile *t);

void sw_gemm_float_avx2(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const float *x,
                        size_t ldx, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch);

#endif
