// dequantize_32.c: plain floats, and the types with one scale per 32 (or 64, or 128).
//
// Drawings give byte offsets; lo and hi are the nibbles of a byte.
#include "../half.h"
#include "dequantize.h"
#include "tables.h"

#pragma STDC FP_CONTRACT OFF

void sw_dequantize_f32(const uint8_t *b, float *y) { memcpy(y, b, 4); }
void sw_dequantize_f16(const uint8_t *b, float *y) { *y = sw_f16_to_f32(sw_load16(b)); }
void sw_dequantize_bf16(const uint8_t *b, float *y) { *y = sw_bf16_to_f32(sw_load16(b)); }

//  0    2                 18
//  | d  | q[16]           |     lo of byte i: element i, hi: element 16 + i
//  y = d * (q - 8)
void sw_dequantize_q4_0(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b));
    for (int i = 0; i < 16; i++) {
        y[i] = d * (float)((b[2 + i] & 15) - 8);
        y[16 + i] = d * (float)((b[2 + i] >> 4) - 8);
    }
}

//  0    2    4                 20
//  | d  | m  | q[16]           |
//  y = d * q + m
void sw_dequantize_q4_1(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b)), m = sw_f16_to_f32(sw_load16(b + 2));
    for (int i = 0; i < 16; i++) {
        y[i] = d * (float)(b[4 + i] & 15) + m;
        y[16 + i] = d * (float)(b[4 + i] >> 4) + m;
    }
}

//  0    2        6                 22
//  | d  | h      | q[16]           |     bit i of h: fifth bit of element i
//  y = d * (q - 16)
void sw_dequantize_q5_0(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b));
    const uint32_t h = sw_load32(b + 2);
    for (int i = 0; i < 16; i++) {
        y[i] = d * (float)((int)((b[6 + i] & 15) | (h >> i & 1) << 4) - 16);
        y[16 + i] = d * (float)((int)(b[6 + i] >> 4 | (h >> (16 + i) & 1) << 4) - 16);
    }
}

//  0    2    4        8                 24
//  | d  | m  | h      | q[16]           |
//  y = d * q + m
void sw_dequantize_q5_1(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b)), m = sw_f16_to_f32(sw_load16(b + 2));
    const uint32_t h = sw_load32(b + 4);
    for (int i = 0; i < 16; i++) {
        y[i] = d * (float)((b[8 + i] & 15) | (h >> i & 1) << 4) + m;
        y[16 + i] = d * (float)(b[8 + i] >> 4 | (h >> (16 + i) & 1) << 4) + m;
    }
}

//  0    2                                  34
//  | d  | q[32], signed                    |
//  y = d * q
void sw_dequantize_q8_0(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b));
    for (int i = 0; i < 32; i++) y[i] = d * (float)(int8_t)b[2 + i];
}

//  0    2                 18
//  | d  | q[16]           |     bit i % 8 of byte i / 8: element i of 128
//  y = bit ? d : -d
void sw_dequantize_q1_0(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b));
    for (int i = 0; i < 128; i++) y[i] = b[2 + i / 8] >> i % 8 & 1 ? d : -d;
}

static const int8_t iq4_values[16] = {SW_IQ4_VALUES};
static const int8_t e2m1_values[16] = {SW_E2M1_VALUES};

// Q4_0's layout, but the nibble is an index into a table of values.
void sw_dequantize_iq4_nl(const uint8_t *b, float *y) {
    const float d = sw_f16_to_f32(sw_load16(b));
    for (int i = 0; i < 16; i++) {
        y[i] = d * (float)iq4_values[b[2 + i] & 15];
        y[16 + i] = d * (float)iq4_values[b[2 + i] >> 4];
    }
}

//  0   1                 17
//  | e | q[16]           |     e: exponent of two, biased by 127; q: indices of E2M1 values
//  y = 2^(e - 127) * E2M1(q)
void sw_dequantize_mxfp4(const uint8_t *b, float *y) {
    // Half the scale, for the table holds twice the values; 2^-127 and 2^-128 are subnormal.
    const float d = sw_float_of_bits(b[0] < 2 ? 0x00200000u << b[0] : (uint32_t)(b[0] - 1) << 23);
    for (int i = 0; i < 16; i++) {
        y[i] = d * (float)e2m1_values[b[1 + i] & 15];
        y[16 + i] = d * (float)e2m1_values[b[1 + i] >> 4];
    }
}

// Half the value of an unsigned E4M3 float; its NaN counts as zero.
static float half_ue4m3(uint8_t x) {
    const int exponent = x >> 3 & 15, mantissa = x & 7;
    if (x == 0x7f) return 0;
    if (exponent == 0) return (float)mantissa * 0x1p-10f;
    return sw_float_of_bits((uint32_t)(exponent + 119) << 23 | (uint32_t)mantissa << 20);
}

//  0            4                 36
//  | s[4]       | q[4][8]         |     one E4M3 scale per 16; in each 16, lo of byte i:
//  y = E4M3(s) * E2M1(q)                element i, hi: element 8 + i
void sw_dequantize_nvfp4(const uint8_t *b, float *y) {
    for (int s = 0; s < 4; s++) {
        const float d = half_ue4m3(b[s]);
        for (int i = 0; i < 8; i++) {
            y[16 * s + i] = d * (float)e2m1_values[b[4 + 8 * s + i] & 15];
            y[16 * s + 8 + i] = d * (float)e2m1_values[b[4 + 8 * s + i] >> 4];
        }
    }
}
