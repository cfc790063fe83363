// vector.h: what the levels' vector files share.
#ifndef SWINFER_VECTOR_H
#define SWINFER_VECTOR_H

#include "include/kernels.h"

// Fill attend, attend_merge and attend_finish.
void sw_fill_scalar_attention(sw_kernels *k);
#if defined(__x86_64__)
void sw_fill_avx2_attention(sw_kernels *k);
void sw_fill_avx512_attention(sw_kernels *k);
#elif defined(__aarch64__)
void sw_fill_neon_attention(sw_kernels *k);
#endif

// Up to this many are selected by insertion.
#define SW_TOP_FEW 64

// index[0..<*held] = the best of x[0..<start], at most k; goes on to x[start..<end].
void sw_top_few(const float *x, size_t start, size_t end, size_t k, int32_t *index, size_t *held);
void sw_top_many(const float *x, size_t n, size_t k, int32_t *index);
void sw_scalar_top_k(const float *x, size_t n, size_t k, int32_t *index);
void sw_fill_scalar_recurrent(sw_kernels *k);

#endif
