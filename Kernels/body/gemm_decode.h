// gemm_decode.h: one file block of any quantized type to the codes and planes of gemm_panel.h,
// k by k, and 16 rows of them to a panel. Plain loops, compiled by each level with its own
// instructions; the layouts are drawn in reference/dequantize_*.c. The levels have faster ways for
// the common types, AVX2 for all.
//
// Whoever includes this defines first:
//   interleave(const uint8_t *const row[16], uint8_t *to): 16 bytes of 16 rows as four quads
//   float_of_half(uint16_t)
// and may define DECODE_SIGNS, which see.
#ifndef SWINFER_GEMM_DECODE_H
#define SWINFER_GEMM_DECODE_H

#include "../half.h"
#include "../reference/tables.h"
#include "gemm_panel.h"

typedef struct sw_decoded {
    uint8_t codes[256];
    float planes[3][8];  // per 32
} sw_decoded;

static inline float decode_f16(const uint8_t *b) { return float_of_half(sw_load16(b)); }

// MARK: One scale per 32

static void decode_nibbles(const uint8_t *q, uint8_t *restrict codes) {
    for (int i = 0; i < 16; i++) {
        codes[i] = q[i] & 15;
        codes[16 + i] = q[i] >> 4;
    }
}

static void decode_fifth_bits(uint32_t h, uint8_t *restrict codes) {
    for (int i = 0; i < 32; i++) codes[i] |= (uint8_t)((h >> i & 1) << 4);
}

static void decode_table(const int8_t *values, int bias, const uint8_t *q, uint8_t *restrict codes) {
    for (int i = 0; i < 16; i++) {
        codes[i] = (uint8_t)(values[q[i] & 15] + bias);
        codes[16 + i] = (uint8_t)(values[q[i] >> 4] + bias);
    }
}

static void decode_q4_0(const uint8_t *b, sw_decoded *to) {
    decode_nibbles(b + 2, to->codes);
    to->planes[0][0] = decode_f16(b);
}

static void decode_q4_1(const uint8_t *b, sw_decoded *to) {
    decode_nibbles(b + 4, to->codes);
    to->planes[0][0] = decode_f16(b);
    to->planes[1][0] = -decode_f16(b + 2);
}

static void decode_q5_0(const uint8_t *b, sw_decoded *to) {
    decode_nibbles(b + 6, to->codes);
    decode_fifth_bits(sw_load32(b + 2), to->codes);
    to->planes[0][0] = decode_f16(b);
}

static void decode_q5_1(const uint8_t *b, sw_decoded *to) {
    decode_nibbles(b + 8, to->codes);
    decode_fifth_bits(sw_load32(b + 4), to->codes);
    to->planes[0][0] = decode_f16(b);
    to->planes[1][0] = -decode_f16(b + 2);
}

static void decode_q8_0(const uint8_t *b, sw_decoded *to) {
    uint8_t *restrict codes = to->codes;
    for (int i = 0; i < 32; i++) codes[i] = b[2 + i] ^ 0x80;
    to->planes[0][0] = decode_f16(b);
}

// Bits are the signs of one magnitude: codes 0 and 2.
static void decode_q1_0(const uint8_t *b, sw_decoded *to) {
    for (int i = 0; i < 128; i++) to->codes[i] = (uint8_t)((b[2 + i / 8] >> i % 8 & 1) << 1);
    for (int g = 0; g < 4; g++) to->planes[0][g] = decode_f16(b);
}

static const int8_t decode_iq4_values[16] = {SW_IQ4_VALUES};
static const int8_t decode_e2m1_values[16] = {SW_E2M1_VALUES};

static void decode_iq4_nl(const uint8_t *b, sw_decoded *to) {
    decode_table(decode_iq4_values, 128, b + 2, to->codes);
    to->planes[0][0] = decode_f16(b);
}

static void decode_iq4_xs(const uint8_t *b, sw_decoded *to) {
    const int high = sw_load16(b + 2);
    for (int g = 0; g < 8; g++) {
        decode_table(decode_iq4_values, 128, b + 8 + 16 * g, to->codes + 32 * g);
        const int scale = ((b[4 + g / 2] >> g % 2 * 4 & 15) | (high >> 2 * g & 3) << 4) - 32;
        to->planes[0][g] = decode_f16(b) * (float)scale;
    }
}

static void decode_mxfp4(const uint8_t *b, sw_decoded *to) {
    decode_table(decode_e2m1_values, 12, b + 1, to->codes);
    to->planes[0][0] = sw_float_of_bits(b[0] < 2 ? 0x00200000u << b[0] : (uint32_t)(b[0] - 1) << 23);
}

static float decode_half_ue4m3(uint8_t x) {
    const int exponent = x >> 3 & 15, mantissa = x & 7;
    if (x == 0x7f) return 0;
    if (exponent == 0) return (float)mantissa * 0x1p-10f;
    return sw_float_of_bits((uint32_t)(exponent + 119) << 23 | (uint32_t)mantissa << 20);
}

static void decode_nvfp4(const uint8_t *b, sw_decoded *to) {
    for (int s = 0; s < 4; s++) {
        for (int i = 0; i < 8; i++) {
            const uint8_t q = b[4 + 8 * s + i];
            to->codes[16 * s + i] = (uint8_t)(decode_e2m1_values[q & 15] + 12);
            to->codes[16 * s + 8 + i] = (uint8_t)(decode_e2m1_values[q >> 4] + 12);
        }
        to->planes[s % 2][s / 2] = decode_half_ue4m3(b[s]);
    }
}

// MARK: K types and the ternary ones

static void decode_two_bits(const uint8_t *q, uint8_t *restrict codes) {
    for (int k = 0; k < 8; k++) {
        for (int i = 0; i < 32; i++) codes[32 * k + i] = q[k / 4 * 32 + i] >> k % 4 * 2 & 3;
    }
}

static void decode_q2_k(const uint8_t *b, sw_decoded *to) {
    const float d = decode_f16(b + 80), dm = decode_f16(b + 82);
    decode_two_bits(b + 16, to->codes);
    for (int j = 0; j < 16; j++) {
        const uint8_t scale = b[j] & 15;
        for (int i = 0; i < 16; i++) to->codes[16 * j + i] = (uint8_t)(to->codes[16 * j + i] * scale);
        to->planes[0][j / 2] = d;
        to->planes[1 + j % 2][j / 2] = dm * (float)(b[j] >> 4);
    }
}

static void decode_q3_k(const uint8_t *b, sw_decoded *to) {
    const float d = decode_f16(b + 108);
    const uint8_t *s = b + 96;
    decode_two_bits(b + 32, to->codes);
    for (int j = 0; j < 16; j++) {
        const int scale = ((s[j % 8] >> j / 8 * 4 & 15) | (s[8 + j % 4] >> j / 4 * 2 & 3) << 4) - 32;
        for (int i = 16 * j; i < 16 * j + 16; i++) {
            const int q = to->codes[i] - 4 + (b[i % 32] >> i / 32 & 1) * 4;
            to->codes[i] = (uint8_t)(q * scale + 127);
        }
        to->planes[0][j / 2] = d;
    }
}

static void decode_k_scales(const uint8_t *b, sw_decoded *to) {
    const float d = decode_f16(b), dm = decode_f16(b + 2);
    const uint8_t *s = b + 4;
    for (int g = 0; g < 4; g++) {
        to->planes[0][g] = d * (float)(s[g] & 63);
        to->planes[1][g] = dm * (float)(s[4 + g] & 63);
        to->planes[0][4 + g] = d * (float)((s[8 + g] & 15) | s[g] >> 6 << 4);
        to->planes[1][4 + g] = dm * (float)(s[8 + g] >> 4 | s[4 + g] >> 6 << 4);
    }
}

static void decode_long_nibbles(const uint8_t *q, uint8_t *restrict codes) {
    for (int r = 0; r < 4; r++) {
        for (int i = 0; i < 32; i++) {
            codes[64 * r + i] = q[32 * r + i] & 15;
            codes[64 * r + 32 + i] = q[32 * r + i] >> 4;
        }
    }
}

static void decode_q4_k(const uint8_t *b, sw_decoded *to) {
    decode_k_scales(b, to);
    decode_long_nibbles(b + 16, to->codes);
}

static void decode_q5_k(const uint8_t *b, sw_decoded *to) {
    decode_k_scales(b, to);
    decode_long_nibbles(b + 48, to->codes);
    for (int k = 0; k < 8; k++) {
        for (int i = 0; i < 32; i++) to->codes[32 * k + i] |= (uint8_t)((b[16 + i] >> k & 1) << 4);
    }
}

static void decode_q6_k(const uint8_t *b, sw_decoded *to) {
    const float d = decode_f16(b + 208);
    for (int r = 0; r < 2; r++) {
        const uint8_t *q = b + 64 * r, *h = b + 128 + 32 * r;
        uint8_t *restrict codes = to->codes + 128 * r;
        for (int i = 0; i < 32; i++) {
            codes[i] = (uint8_t)((q[i] & 15) | (h[i] & 3) << 4);
            codes[32 + i] = (uint8_t)((q[32 + i] & 15) | (h[i] >> 2 & 3) << 4);
            codes[64 + i] = (uint8_t)(q[i] >> 4 | (h[i] >> 4 & 3) << 4);
            codes[96 + i] = (uint8_t)(q[32 + i] >> 4 | (h[i] >> 6) << 4);
        }
    }
    for (int j = 0; j < 16; j++) to->planes[j % 2][j / 2] = d * (float)(int8_t)b[192 + j];
}

static void decode_tq2_0(const uint8_t *b, sw_decoded *to) {
    decode_two_bits(b, to->codes);
    for (int g = 0; g < 8; g++) to->planes[0][g] = decode_f16(b + 64);
}

// Digits of a base-3 fraction x / 256: the first is 3 x >> 8, which compares tell; 3 x modulo 256
// brings the next one there.
static void decode_ternary(const uint8_t *q, int bytes, int digits, uint8_t *restrict codes) {
    for (int i = 0; i < bytes; i++) {
        uint8_t x = q[i];
        for (int k = 0; k < digits; k++, x = (uint8_t)(x * 3)) codes[bytes * k + i] = (uint8_t)((x > 85) + (x > 170));
    }
}

static void decode_tq1_0(const uint8_t *b, sw_decoded *to) {
    decode_ternary(b, 32, 5, to->codes);
    decode_ternary(b + 32, 16, 5, to->codes + 160);
    decode_ternary(b + 48, 4, 4, to->codes + 240);
    for (int g = 0; g < 8; g++) to->planes[0][g] = decode_f16(b + 52);
}

#include "gemm_decode_books.h"

// MARK: By type

typedef void (*sw_decode)(const uint8_t *b, sw_decoded *to);

static sw_decode decode_of(int type) {
    switch (type) {
    case SW_Q4_0: return decode_q4_0;
    case SW_Q4_1: return decode_q4_1;
    case SW_Q5_0: return decode_q5_0;
    case SW_Q5_1: return decode_q5_1;
    case SW_Q8_0: return decode_q8_0;
    case SW_Q1_0: return decode_q1_0;
    case SW_Q2_K: return decode_q2_k;
    case SW_Q3_K: return decode_q3_k;
    case SW_Q4_K: return decode_q4_k;
    case SW_Q5_K: return decode_q5_k;
    case SW_Q6_K: return decode_q6_k;
    case SW_TQ1_0: return decode_tq1_0;
    case SW_TQ2_0: return decode_tq2_0;
    case SW_IQ4_NL: return decode_iq4_nl;
    case SW_IQ4_XS: return decode_iq4_xs;
    case SW_MXFP4: return decode_mxfp4;
    case SW_NVFP4: return decode_nvfp4;
    case SW_IQ2_XXS: return decode_iq2_xxs;
    case SW_IQ2_XS: return decode_iq2_xs;
    case SW_IQ2_S: return decode_iq2_s;
    case SW_IQ3_XXS: return decode_iq3_xxs;
    case SW_IQ3_S: return decode_iq3_s;
    case SW_IQ1_S: return decode_iq1_s;
    case SW_IQ1_M: return decode_iq1_m;
    default: return NULL;
    }
}

static void unpack_any(int type, const sw_unpack_job *job) {
    const sw_type_info info = sw_type(type);
    const size_t planes = sw_planes(sw_panel_type_of(type).form), groups = info.block / 32;
    const sw_decode decode = decode_of(type);
    for (size_t block = 0; block < job->k / info.block; block++) {
        sw_decoded rows[SW_BLOCK_ROWS];
        sw_fetch(job->ahead);
        for (size_t r = 0; r < SW_BLOCK_ROWS; r++) decode(job->row[r] + block * info.bytes, &rows[r]);
        for (size_t g = 0; g < groups; g++) {
            const size_t group = block * groups + g;
            for (size_t half = 0; half < 2; half++) {
                const uint8_t *codes[SW_BLOCK_ROWS];
                for (size_t r = 0; r < SW_BLOCK_ROWS; r++) codes[r] = rows[r].codes + 32 * g + 16 * half;
                interleave(codes, job->codes + group * job->step + half * SW_CODE_BYTES / 2);
            }
            for (size_t p = 0; p < planes; p++) {
                float *plane = (float *)(void *)(job->planes + group * job->step + p * job->plane_bytes);
                for (size_t r = 0; r < SW_BLOCK_ROWS; r++) plane[r] = rows[r].planes[p][g];
            }
        }
    }
}

#endif
