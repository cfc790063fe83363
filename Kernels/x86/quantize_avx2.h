// quantize_avx2.h: entries of the AVX2 table, which the AVX-512 one inherits.
#ifndef SWINFER_QUANTIZE_AVX2_H
#define SWINFER_QUANTIZE_AVX2_H

#include <stddef.h>

void sw_avx2_quantize_row(const float *x, void *row, size_t n);
void sw_avx2_quantize(int type, const float *src, void *dst, size_t n);
void sw_avx2_dequantize(int type, const void *src, float *dst, size_t n);

#endif
