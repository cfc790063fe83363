// q8.h: the layout of one row of int8 activations (see sw_q8_row_bytes).
//
//   int8  q  [n]      x = d * q
//   float d  [n/32]   one scale per 32: d = unit * m, rounded
//   float s32[n/32]   d * sum of the 32 q   (types with a minimum per 32)
//   float s16[n/16]   d * sum of the 16 q   (types with a scale or minimum per 16)
//   int16 m  [n/32]   0 (all 32 are zero) to 127
//   int16 sum[n/16]   sum of the 16 q
//   float unit[n/256] one per 256, rounded up: the last may be of fewer
//   int8  turned[n]   each 256 of q with its eight groups of 32 side by side: four of each, the next four of
//                     each, ...; zeros take the places of groups that the last lacks
//
// Each section starts on a multiple of 64 bytes; d and s32 end with zeros up to a multiple of eight. Scales that
// are small multiples of one unit cost next to nothing (the largest group's scale is exact, the others' are at most
// a unit too large) and let a kernel multiply them with a block's own integer scales: one conversion to float per
// 256, not per 32.
#ifndef SWINFER_Q8_H
#define SWINFER_Q8_H

#include "include/kernels.h"

static inline size_t sw_pad64(size_t bytes) { return (bytes + 63) & ~(size_t)63; }
static inline size_t sw_q8_offset_d(size_t n) { return sw_pad64(n); }
static inline size_t sw_q8_offset_s32(size_t n) { return sw_q8_offset_d(n) + sw_pad64(n / 32 * 4); }
static inline size_t sw_q8_offset_s16(size_t n) { return sw_q8_offset_s32(n) + sw_pad64(n / 32 * 4); }
static inline size_t sw_q8_offset_m(size_t n) { return sw_q8_offset_s16(n) + sw_pad64(n / 16 * 4); }
static inline size_t sw_q8_offset_sum(size_t n) { return sw_q8_offset_m(n) + sw_pad64(n / 32 * 2); }
static inline size_t sw_q8_offset_unit(size_t n) { return sw_q8_offset_sum(n) + sw_pad64(n / 16 * 2); }
static inline size_t sw_q8_offset_turned(size_t n) { return sw_q8_offset_unit(n) + sw_pad64((n + 255) / 256 * 4); }
static inline size_t sw_q8_size(size_t n) { return sw_q8_offset_turned(n) + (n + 255) / 256 * 256; }

typedef struct sw_q8 {
    const int8_t *q;
    const float *d, *s32, *s16;
    const int16_t *m, *sum;
    const float *unit;
    const int8_t *turned;
} sw_q8;

static inline sw_q8 sw_q8_view(const void *row, size_t n) {
    const char *p = (const char *)row;
    return (sw_q8){.q = (const int8_t *)p,
                   .d = (const float *)(p + sw_q8_offset_d(n)),
                   .s32 = (const float *)(p + sw_q8_offset_s32(n)),
                   .s16 = (const float *)(p + sw_q8_offset_s16(n)),
                   .m = (const int16_t *)(p + sw_q8_offset_m(n)),
                   .sum = (const int16_t *)(p + sw_q8_offset_sum(n)),
                   .unit = (const float *)(p + sw_q8_offset_unit(n)),
                   .turned = (const int8_t *)(p + sw_q8_offset_turned(n))};
}

#endif
