// dequantize.h: what the reference kernels share with each other.
#ifndef SWINFER_DEQUANTIZE_H
#define SWINFER_DEQUANTIZE_H

#include "../q8.h"

// Float32 values of one block (`sw_type(type).block` of them).
typedef void (*sw_dequantize_block)(const uint8_t *b, float *y);

// NULL for unknown types.
sw_dequantize_block sw_dequantize_block_of(int type);

// The largest block, in elements.
#define SW_MAX_BLOCK 256

void sw_dequantize_scalar(int type, const void *src, float *dst, size_t n);
void sw_quantize_scalar(int type, const float *src, void *dst, size_t n);
void sw_quantize_row_scalar(const float *x, void *q8, size_t n);
// The groups of 32 from `first` (a multiple of 8) on, at most eight: those of one unit.
void sw_quantize_run_scalar(const float *x, sw_q8 out, size_t first, size_t groups);
void sw_matvec_scalar(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8, float *y);
void sw_matvec_few_scalar(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                          size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy);

// By family.
void sw_dequantize_f32(const uint8_t *b, float *y);
void sw_dequantize_f16(const uint8_t *b, float *y);
void sw_dequantize_bf16(const uint8_t *b, float *y);
void sw_dequantize_q4_0(const uint8_t *b, float *y);
void sw_dequantize_q4_1(const uint8_t *b, float *y);
void sw_dequantize_q5_0(const uint8_t *b, float *y);
void sw_dequantize_q5_1(const uint8_t *b, float *y);
void sw_dequantize_q8_0(const uint8_t *b, float *y);
void sw_dequantize_q1_0(const uint8_t *b, float *y);
void sw_dequantize_q2_k(const uint8_t *b, float *y);
void sw_dequantize_q3_k(const uint8_t *b, float *y);
void sw_dequantize_q4_k(const uint8_t *b, float *y);
void sw_dequantize_q5_k(const uint8_t *b, float *y);
void sw_dequantize_q6_k(const uint8_t *b, float *y);
void sw_dequantize_iq2_xxs(const uint8_t *b, float *y);
void sw_dequantize_iq2_xs(const uint8_t *b, float *y);
void sw_dequantize_iq2_s(const uint8_t *b, float *y);
void sw_dequantize_iq3_xxs(const uint8_t *b, float *y);
void sw_dequantize_iq3_s(const uint8_t *b, float *y);
void sw_dequantize_iq1_s(const uint8_t *b, float *y);
void sw_dequantize_iq1_m(const uint8_t *b, float *y);
void sw_dequantize_iq4_nl(const uint8_t *b, float *y);
void sw_dequantize_iq4_xs(const uint8_t *b, float *y);
void sw_dequantize_tq1_0(const uint8_t *b, float *y);
void sw_dequantize_tq2_0(const uint8_t *b, float *y);
void sw_dequantize_mxfp4(const uint8_t *b, float *y);
void sw_dequantize_nvfp4(const uint8_t *b, float *y);

#endif
