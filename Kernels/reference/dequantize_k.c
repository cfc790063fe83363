// dequantize_k.c: the K types and IQ4_XS: 256 elements, a float16 scale for the block and
// small integer scales per 16 or 32; and the ternary types.
#include "../half.h"
#include "dequantize.h"
#include "tables.h"

#pragma STDC FP_CONTRACT OFF

//  0             16                  80   82    84
//  | s[16]       | q[64]             | d  | dm  |
//
//  s[j]: scale (lo) and minimum (hi) of elements 16 j ..< 16 j + 16
//  q:    two runs of 32 bytes; bits 2 k, 2 k + 1 of byte i of run r: element 128 r + 32 k + i
//  y = d * lo(s) * q - dm * hi(s)
void sw_dequantize_q2_k(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b + 80)), dm = sw_f16_to_f32(sw_load16(b + 82));
    for (int i = 0; i < 256; i++) {
        const int q = b[16 + 32 * (i / 128) + i % 32] >> i % 128 / 32 * 2 & 3;
        const float scale = d * (float)(b[i / 16] & 15), minimum = dm * (float)(b[i / 16] >> 4);
        y[i] = scale * (float)q - minimum;
    }
}

//  0             32                  96            108  110
//  | h[32]       | q[64]             | s[12]       | d  |
//
//  h: bit k of byte i: element 32 k + i; a clear bit takes 4 off
//  q: as in Q2_K
//  s: sixteen 6-bit scales, offset 32. Low four bits of scale j: nibble j / 8 of byte j % 8;
//     high two: bits 2 (j / 4) of byte 8 + j % 4
//  y = d * (s - 32) * (q - (h ? 0 : 4))
void sw_dequantize_q3_k(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b + 108));
    const uint8_t *s = b + 96;
    for (int i = 0; i < 256; i++) {
        const int j = i / 16;
        const int scale = (s[j % 8] >> j / 8 * 4 & 15) | (s[8 + j % 4] >> j / 4 * 2 & 3) << 4;
        const int q = b[32 + 32 * (i / 128) + i % 32] >> i % 128 / 32 * 2 & 3;
        const int low = b[i % 32] >> i / 32 & 1 ? 0 : 4;
        y[i] = d * (float)(scale - 32) * (float)(q - low);
    }
}

// Scale j and minimum j, 6 bits each, of the 12 bytes that Q4_K and Q5_K share:
//
//  byte   bits 7 6        5 ... 0
//  0..3   scale 4..7 high scale 0..3
//  4..7   min   4..7 high min   0..3
//  8..11  min 4..7 low (bits 7..4), scale 4..7 low (bits 3..0)
static void scale_and_minimum(const uint8_t *s, int j, int *scale, int *minimum) {
    if (j < 4) {
        *scale = s[j] & 63;
        *minimum = s[4 + j] & 63;
    } else {
        *scale = (s[4 + j] & 15) | s[j - 4] >> 6 << 4;
        *minimum = s[4 + j] >> 4 | s[j] >> 6 << 4;
    }
}

//  0    2     4             16                    144
//  | d  | dm  | s[12]       | q[128]              |
//
//  q: four runs of 32 bytes; lo of byte i of run r: element 64 r + i, hi: 64 r + 32 + i
//  y = d * scale * q - dm * minimum, per 32
void sw_dequantize_q4_k(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b)), dm = sw_f16_to_f32(sw_load16(b + 2));
    for (int j = 0; j < 8; j++) {
        int scale, minimum;
        scale_and_minimum(b + 4, j, &scale, &minimum);
        const float ds = d * (float)scale, ms = dm * (float)minimum;
        for (int i = 0; i < 32; i++) {
            y[32 * j + i] = ds * (float)(b[16 + 32 * (j / 2) + i] >> j % 2 * 4 & 15) - ms;
        }
    }
}

//  0    2     4             16            48                    176
//  | d  | dm  | s[12]       | h[32]       | q[128]              |
//
//  h: bit k of byte i: fifth bit of element 32 k + i
void sw_dequantize_q5_k(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b)), dm = sw_f16_to_f32(sw_load16(b + 2));
    for (int j = 0; j < 8; j++) {
        int scale, minimum;
        scale_and_minimum(b + 4, j, &scale, &minimum);
        const float ds = d * (float)scale, ms = dm * (float)minimum;
        for (int i = 0; i < 32; i++) {
            const int q = (b[48 + 32 * (j / 2) + i] >> j % 2 * 4 & 15) | (b[16 + i] >> j & 1) << 4;
            y[32 * j + i] = ds * (float)q - ms;
        }
    }
}

//  0                    128              192           208  210
//  | q[128]             | h[64]          | s[16]       | d  |     s: signed, per 16
//
//  q: two runs of 64 bytes; lo of byte i of run r: element 128 r + i, hi: 128 r + 64 + i
//  h: two runs of 32; bits 2 k, 2 k + 1 of byte i of run r: high bits of element 128 r + 32 k + i
//  y = d * s * (q - 32)
void sw_dequantize_q6_k(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b + 208));
    for (int i = 0; i < 256; i++) {
        const int r = i / 128, k = i % 128;
        const int low = b[64 * r + k % 64] >> k / 64 * 4 & 15;
        const int high = b[128 + 32 * r + k % 32] >> k / 32 * 2 & 3;
        y[i] = d * (float)(int8_t)b[192 + i / 16] * (float)((low | high << 4) - 32);
    }
}

//  0    2     4        8                     136
//  | d  | sh  | sl[4]  | q[128]              |
//
//  Scale j (6 bits, offset 32) per 32: low four bits in nibble j % 2 of sl[j / 2], high two in
//  bits 2 j of the 16-bit sh. q: eight runs of 16 bytes, each laid out as IQ4_NL's.
//  y = d * (scale - 32) * table[q]
void sw_dequantize_iq4_xs(const uint8_t *b, float *y) {
    static const int8_t values[16] = {SW_IQ4_VALUES};
    const float d = sw_f16_to_f32(sw_load16(b));
    const int high = sw_load16(b + 2);
    for (int j = 0; j < 8; j++) {
        const int scale = ((b[4 + j / 2] >> j % 2 * 4 & 15) | (high >> 2 * j & 3) << 4) - 32;
        const float ds = d * (float)scale;
        for (int i = 0; i < 16; i++) {
            const uint8_t q = b[8 + 16 * j + i];
            y[32 * j + i] = ds * (float)values[q & 15];
            y[32 * j + 16 + i] = ds * (float)values[q >> 4];
        }
    }
}

// The digit that stands first after the point of the base-3 fraction x / 256: multiplying by a
// power of three (modulo 256) brings a later digit there.
static int ternary_digit(uint8_t x, int position) {
    static const uint8_t powers[5] = {1, 3, 9, 27, 81};
    return (uint8_t)(x * powers[position]) * 3 >> 8;
}

//  0                  48     52   54
//  | q[48]            | h[4] | d  |     five ternary digits a byte, four in h
//
//  elements   0 ..< 160: digit k of byte i,       i < 32: element 32 k + i
//           160 ..< 240: digit k of byte 32 + i,  i < 16: element 160 + 16 k + i
//           240 ..< 256: digit k of byte 48 + i,  i <  4: element 240 + 4 k + i
//  y = d * (digit - 1)
void sw_dequantize_tq1_0(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b + 52));
    for (int i = 0; i < 160; i++) y[i] = d * (float)(ternary_digit(b[i % 32], i / 32) - 1);
    for (int i = 0; i < 80; i++) y[160 + i] = d * (float)(ternary_digit(b[32 + i % 16], i / 16) - 1);
    for (int i = 0; i < 16; i++) y[240 + i] = d * (float)(ternary_digit(b[48 + i % 4], i / 4) - 1);
}

//  0                  64   66
//  | q[64]            | d  |     q: as in Q2_K
//  y = d * (q - 1)
void sw_dequantize_tq2_0(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b + 64));
    for (int i = 0; i < 256; i++) {
        const int q = b[32 * (i / 128) + i % 32] >> i % 128 / 32 * 2 & 3;
        y[i] = d * (float)(q - 1);
    }
}
