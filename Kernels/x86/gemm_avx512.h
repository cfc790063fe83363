// gemm_avx512.h: what the AVX-512 gemm files share.
#ifndef SWINFER_GEMM_AVX512_H
#define SWINFER_GEMM_AVX512_H

#include "../body/gemm_panel.h"

// One unpacker per file layout; NULL for types that have none of their own.
sw_unpacker *sw_unpacker_32_avx512(int type);
sw_unpacker *sw_unpacker_k_avx512(int type);

void sw_unpack_avx512(int type, const sw_unpack_job *job);

void sw_gemm_float_avx512(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const float *x,
                          size_t ldx, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch);

#endif
