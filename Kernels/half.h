// half.h: float16 and bfloat16 by their bits, for code that may not assume F16C.
#ifndef SWINFER_HALF_H
#define SWINFER_HALF_H

#include <stdint.h>
#include <string.h>

static inline float sw_float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static inline uint32_t sw_bits_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

static inline float sw_f16_to_f32(uint16_t h) {
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, mantissa = h & 0x3ff;
    if (exponent == 31) return sw_float_of_bits(sign | 0x7f800000 | mantissa << 13);
    if (exponent != 0) return sw_float_of_bits(sign | (exponent + 112) << 23 | mantissa << 13);
    const float subnormal = (float)mantissa * 0x1p-24f;
    return sign ? -subnormal : subnormal;
}

// Nearest, ties to even; NaN stays a (quiet) NaN. Equals vcvtps2ph bit for bit.
static inline uint16_t sw_f32_to_f16(float value) {
    const uint32_t bits = sw_bits_of_float(value), magnitude = bits & 0x7fffffff;
    const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    if (magnitude >= 0x47800000) return (uint16_t)(sign | 0x7c00);  // 65536 and above: infinity
    if (magnitude < 0x38800000) {  // subnormal: adding 0.5 makes the float unit round at 2^-24
        return (uint16_t)(sign | (sw_bits_of_float(sw_float_of_bits(magnitude) + 0.5f) - 0x3f000000));
    }
    const uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
    return (uint16_t)(sign | (rounded - 0x38000000) >> 13);
}

static inline float sw_bf16_to_f32(uint16_t h) { return sw_float_of_bits((uint32_t)h << 16); }

// Nearest, ties to even; NaN stays a (quiet) NaN.
static inline uint16_t sw_f32_to_bf16(float value) {
    const uint32_t bits = sw_bits_of_float(value);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// Unaligned little-endian reads (the only byte order GGUF files have in practice).
static inline uint16_t sw_load16(const void *p) {
    uint16_t v;
    memcpy(&v, p, 2);
    return v;
}
static inline uint32_t sw_load32(const void *p) {
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}
static inline uint64_t sw_load64(const void *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

#endif
