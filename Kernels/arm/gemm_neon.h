// gemm_neon.h: what the NEON gemm files share.
#ifndef SWINFER_GEMM_NEON_H
#define SWINFER_GEMM_NEON_H

#include "../body/gemm_panel.h"

void sw_unpack_neon(int type, const sw_unpack_job *job);

void sw_gemm_float_neon(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const float *x,
                        size_t ldx, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch);

#endif
