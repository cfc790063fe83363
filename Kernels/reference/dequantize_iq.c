// dequantize_iq.c: the types whose codes are indices into codebooks (tables.h) of eight
// (IQ1, IQ2) or four (IQ3) values.
#include "../half.h"
#include "dequantize.h"
#include "tables.h"

#pragma STDC FP_CONTRACT OFF

// y = d * sign * magnitude for `count` magnitudes; bit i of signs: element i is negative.
static void signed_values(float d, const void *magnitudes, uint8_t signs, int count, float *y) {
    const uint8_t *m = magnitudes;
    for (int i = 0; i < count; i++) {
        const float value = d * (float)m[i];
        y[i] = signs >> i & 1 ? -value : value;
    }
}

//  0    2                                66
//  | d  | 8 x { index[4], u32 }          |     per 32 elements
//
//  u32: bits 28..31 scale s, bits 7 k ..< 7 k + 7 signs of the k-th eight
//  y = d * (0.5 + s) / 4 * sign * grid[index]
void sw_dequantize_iq2_xxs(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b));
    for (int j = 0; j < 8; j++) {
        const uint8_t *index = b + 2 + 8 * j;
        const uint32_t u = sw_load32(index + 4);
        const float ds = d * (0.5f + (float)(u >> 28)) * 0.25f;
        for (int k = 0; k < 4; k++) {
            signed_values(ds, &sw_grid_iq2_xxs[index[k]], sw_iq_signs(u >> 7 * k & 127), 8,
                          y + 32 * j + 8 * k);
        }
    }
}

//  0    2                            66        74
//  | d  | u16[32]                    | s[8]    |
//
//  u16 of each eight: bits 0..8 index, 9..15 signs. Nibble j % 2 of s[j / 2]: scale of 16 j
//  y = d * (0.5 + s) / 4 * sign * grid[index]
void sw_dequantize_iq2_xs(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b));
    for (int k = 0; k < 32; k++) {
        const uint32_t u = sw_load16(b + 2 + 2 * k);
        const float ds = d * (0.5f + (float)(b[66 + k / 4] >> k / 2 % 2 * 4 & 15)) * 0.25f;
        signed_values(ds, &sw_grid_iq2_xs[u & 511], sw_iq_signs(u >> 9), 8, y + 8 * k);
    }
}

//  0    2              34             66      74      82
//  | d  | q[32]        | signs[32]    | h[8]  | s[8]  |
//
//  Index of the k-th eight: q[k] and, as bits 8 and 9, bits 2 (k % 4) of h[k / 4]
void sw_dequantize_iq2_s(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b));
    for (int k = 0; k < 32; k++) {
        const int index = b[2 + k] | (b[66 + k / 4] >> k % 4 * 2 & 3) << 8;
        const float ds = d * (0.5f + (float)(b[74 + k / 4] >> k / 2 % 2 * 4 & 15)) * 0.25f;
        signed_values(ds, &sw_grid_iq2_s[index], b[34 + k], 8, y + 8 * k);
    }
}

//  0    2                        66              98
//  | d  | q[64]                  | u32[8]        |
//
//  q: an index per four; u32 per 32 as in IQ2_XXS
//  y = d * (0.5 + s) / 2 * sign * grid[q]
void sw_dequantize_iq3_xxs(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b));
    for (int k = 0; k < 64; k++) {
        const uint32_t u = sw_load32(b + 66 + k / 8 * 4);
        const float ds = d * (0.5f + (float)(u >> 28)) * 0.5f;
        const uint8_t signs = sw_iq_signs(u >> k % 8 / 2 * 7 & 127);
        signed_values(ds, &sw_grid_iq3_xxs[b[2 + k]], signs >> k % 2 * 4, 4, y + 4 * k);
    }
}

//  0    2                  66      74              106     110
//  | d  | q[64]            | h[8]  | signs[32]     | s[4]  |
//
//  Index of the k-th four: q[k] and, as bit 8, bit k % 8 of h[k / 8]. Nibble j % 2 of s[j / 2]:
//  scale of 32 j
//  y = d * (1 + 2 s) * sign * grid[index]
void sw_dequantize_iq3_s(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b));
    for (int k = 0; k < 64; k++) {
        const int index = b[2 + k] | (b[66 + k / 8] >> k % 8 & 1) << 8;
        const float ds = d * (float)(1 + 2 * (b[106 + k / 16] >> k / 8 % 2 * 4 & 15));
        signed_values(ds, &sw_grid_iq3_s[index], b[74 + k / 2] >> k % 2 * 4, 4, y + 4 * k);
    }
}

static const float delta = 0.125f;

static void shifted_values(float d, int index, bool negative, float *y) {
    for (int i = 0; i < 8; i++) {
        const float value = (float)(int8_t)(sw_grid_iq1[index] >> 8 * i);
        y[i] = d * (value + (negative ? -delta : delta));
    }
}

//  0    2              34              50
//  | d  | q[32]        | h: u16[8]     |
//
//  h of each 32: bits 3 k ..< 3 k + 3 high bits of the k-th index, 12..14 scale s, 15 shift's sign
//  y = d * (1 + 2 s) * (grid[index] +- 1/8)
void sw_dequantize_iq1_s(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b));
    for (int k = 0; k < 32; k++) {
        const int h = sw_load16(b + 34 + k / 4 * 2);
        const float ds = d * (float)(1 + 2 * (h >> 12 & 7));
        shifted_values(ds, b[k + 2] | (h >> k % 4 * 3 & 7) << 8, h >> 15, y + 8 * k);
    }
}

//  0            32       48            56
//  | q[32]      | h[16]  | s: u16[4]   |
//
//  Nibble k % 2 of h[k / 2]: high bits of the k-th index (0..2), its shift's sign (3).
//  Three bits 3 (j % 4) of s[j / 4]: scale of 16 j; the four top nibbles of s make the float16 d
void sw_dequantize_iq1_m(const uint8_t *b, float *y) {
    uint16_t s[4], bits = 0;
    for (int i = 0; i < 4; i++) {
        s[i] = sw_load16(b + 48 + 2 * i);
        bits |= (uint16_t)(s[i] >> 12 << 4 * i);
    }
    const float d = sw_f16_to_f32(bits);
    for (int k = 0; k < 32; k++) {
        const int h = b[32 + k / 2] >> k % 2 * 4 & 15, j = k / 2;
        const float ds = d * (float)(1 + 2 * (s[j / 4] >> j % 4 * 3 & 7));
        shifted_values(ds, b[k] | (h & 7) << 8, h >> 3, y + 8 * k);
    }
}
