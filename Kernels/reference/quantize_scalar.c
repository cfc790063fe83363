// quantize_scalar.c: float32 to activations (q8.h) and to KV cache rows. The SIMD versions give
// the same bits: every step here is one that they can take in the same order.
#include "../half.h"
#include "../q8.h"
#include "dequantize.h"

#pragma STDC FP_CONTRACT OFF

// Nearest integer, ties to even, of values up to 2^22: the addition leaves no fraction bits.
static int nearest(float v) {
    const float shifted = v + 12582912.0f;
    return (int)(sw_bits_of_float(shifted) & 0x7fffff) - 0x400000;
}

// Clamps as minps and maxps do, so that NaN becomes a limit.
static float clamped(float v, float low, float high) {
    v = v < high ? v : high;
    return v > low ? v : low;
}

static float largest_magnitude(const float *x, int n) {
    float largest = 0;
    for (int i = 0; i < n; i++) {
        const float magnitude = x[i] < 0 ? -x[i] : x[i];
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

// Groups of up to 256 side by side, zeros for those that are missing.
static void turn_run(sw_q8 out, size_t first, size_t groups) {
    char *turned = (char *)out.turned + 32 * first;
    if (groups < 8) {
        memset(turned, 0, 256);
        memset((float *)out.d + first + groups, 0, (8 - groups) * sizeof *out.d);
        memset((float *)out.s32 + first + groups, 0, (8 - groups) * sizeof *out.s32);
    }
    for (size_t g = 0; g < groups; g++) {
        for (size_t t = 0; t < 8; t++) memcpy(turned + 32 * t + 4 * g, out.q + 32 * (first + g) + 4 * t, 4);
    }
}

void sw_quantize_run_scalar(const float *x, sw_q8 out, size_t first, size_t groups) {
    float largest[8], top = 0;
    for (size_t g = 0; g < groups; g++) {
        largest[g] = largest_magnitude(x + 32 * (first + g), 32);
        top = largest[g] > top ? largest[g] : top;
    }
    if (top < 0x1p-105f) top = 0;  // a scale's inverse would overflow
    const float unit = top / (127 * 127), inverse_unit = top > 0 ? 127 / top : 0;
    ((float *)out.unit)[first / 8] = unit;
    for (size_t g = first; g < first + groups; g++) {
        const float exact = clamped(largest[g - first] * inverse_unit, 0, 127);
        const int m = (int)exact + ((float)(int)exact < exact);
        const float d = unit * (float)m, inverse = m > 0 ? 1 / d : 0;
        int sums[2] = {0, 0};
        for (size_t i = 0; i < 32; i++) {
            const int value = nearest(clamped(x[32 * g + i] * inverse, -127, 127));
            ((int8_t *)out.q)[32 * g + i] = (int8_t)value;
            sums[i / 16] += value;
        }
        ((int16_t *)out.m)[g] = (int16_t)m;
        ((float *)out.d)[g] = d;
        ((float *)out.s32)[g] = d * (float)(sums[0] + sums[1]);
        for (size_t half = 0; half < 2; half++) {
            ((int16_t *)out.sum)[2 * g + half] = (int16_t)sums[half];
            ((float *)out.s16)[2 * g + half] = d * (float)sums[half];
        }
    }
    turn_run(out, first, groups);
}

void sw_quantize_row_scalar(const float *x, void *row, size_t n) {
    const sw_q8 out = sw_q8_view(row, n);
    for (size_t g = 0; g < n / 32; g += 8) sw_quantize_run_scalar(x, out, g, n / 32 - g < 8 ? n / 32 - g : 8);
}

// The scale as stored, rounded first so that the values are divided by what they will be
// multiplied by.
static float rounded_scale(float d, uint8_t *stored) {
    const uint16_t bits = sw_f32_to_f16(clamped(d, -65504, 65504));
    memcpy(stored, &bits, 2);
    return sw_f16_to_f32(bits);
}

static void to_q8_0(const float *x, uint8_t *b) {
    const float d = rounded_scale(largest_magnitude(x, 32) / 127, b);
    const float inverse = d != 0 ? 1 / d : 0;
    for (int i = 0; i < 32; i++) b[2 + i] = (uint8_t)nearest(clamped(x[i] * inverse, -127, 127));
}

// The value of largest magnitude, the positive one of two, becomes -8 exactly (but for d's rounding).
static void to_q4_0(const float *x, uint8_t *b) {
    float low = 0, high = 0;
    for (int i = 0; i < 32; i++) {
        high = x[i] > high ? x[i] : high;
        low = x[i] < low ? x[i] : low;
    }
    const float d = rounded_scale((high >= -low ? high : low) / -8, b);
    const float inverse = d != 0 ? 1 / d : 0;
    for (int i = 0; i < 16; i++) {
        const int first = nearest(clamped(x[i] * inverse, -8, 7)) + 8;
        const int second = nearest(clamped(x[16 + i] * inverse, -8, 7)) + 8;
        b[2 + i] = (uint8_t)(first | second << 4);
    }
}

void sw_quantize_scalar(int type, const float *src, void *dst, size_t n) {
    uint8_t *b = dst;
    switch (type) {
    case SW_F32: memcpy(b, src, 4 * n); break;
    case SW_F16:
        for (size_t i = 0; i < n; i++) {
            const uint16_t h = sw_f32_to_f16(src[i]);
            memcpy(b + 2 * i, &h, 2);
        }
        break;
    case SW_BF16:
        for (size_t i = 0; i < n; i++) {
            const uint16_t h = sw_f32_to_bf16(src[i]);
            memcpy(b + 2 * i, &h, 2);
        }
        break;
    case SW_Q8_0:
        for (size_t i = 0; i < n; i += 32, b += 34) to_q8_0(src + i, b);
        break;
    case SW_Q4_0:
        for (size_t i = 0; i < n; i += 32, b += 18) to_q4_0(src + i, b);
        break;
    default: break;
    }
}
