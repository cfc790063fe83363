// q8.h: the layout of one row of int8 activations (see sw_q8_row_bytes).
//
//   int8  q  [n]      x = d * q
//   float d  [n/32]   one scale per 32
//   float s32[n/32]   d * sum of the 32 q   (types with a minimum per 32)
//   float s16[n/16]   d * sum of the 16 q   (types with a scale or minimum per 16)
//
// Each section starts on a multiple of 64 bytes.
#ifndef SWINFER_Q8_H
#define SWINFER_Q8_H

#include "include/kernels.h"

static inline size_t sw_pad64(size_t bytes) { return (bytes + 63) & ~(size_t)63; }
static inline size_t sw_q8_offset_d(size_t n) { return sw_pad64(n); }
static inline size_t sw_q8_offset_s32(size_t n) { return sw_q8_offset_d(n) + sw_pad64(n / 32 * 4); }
static inline size_t sw_q8_offset_s16(size_t n) { return sw_q8_offset_s32(n) + sw_pad64(n / 32 * 4); }
static inline size_t sw_q8_size(size_t n) { return sw_q8_offset_s16(n) + sw_pad64(n / 16 * 4); }

typedef struct sw_q8 {
    const int8_t *q;
    const float *d, *s32, *s16;
} sw_q8;

static inline sw_q8 sw_q8_view(const void *row, size_t n) {
    const char *p = (const char *)row;
    return (sw_q8){(const int8_t *)p, (const float *)(p + sw_q8_offset_d(n)),
                   (const float *)(p + sw_q8_offset_s32(n)), (const float *)(p + sw_q8_offset_s16(n))};
}

#endif
