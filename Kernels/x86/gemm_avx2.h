// gemm_avx2.h: what the AVX2 gemm files share.
#ifndef SWINFER_GEMM_AVX2_H
#define SWINFER_GEMM_AVX2_H

#include "../body/gemm_panel.h"

void sw_unpack_avx2(int type, const sw_unpack_job *job);

void sw_gemm_float_avx2(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const float *x,
                        size_t ldx, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch);

#endif
