// gemm_unpack_neon.c: rows decoded one by one and then interleaved.
#include "../levels.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "gemm_neon.h"

static void interleave(const uint8_t *const *row, uint8_t *to) {
    for (int part = 0; part < 4; part++) {
        uint32x4_t x[4];
        for (int i = 0; i < 4; i++) x[i] = vreinterpretq_u32_u8(vld1q_u8(row[4 * part + i]));
        const uint64x2_t low01 = vreinterpretq_u64_u32(vzip1q_u32(x[0], x[1]));
        const uint64x2_t low23 = vreinterpretq_u64_u32(vzip1q_u32(x[2], x[3]));
        const uint64x2_t high01 = vreinterpretq_u64_u32(vzip2q_u32(x[0], x[1]));
        const uint64x2_t high23 = vreinterpretq_u64_u32(vzip2q_u32(x[2], x[3]));
        uint8_t *at = to + 16 * part;
        vst1q_u8(at, vreinterpretq_u8_u64(vzip1q_u64(low01, low23)));
        vst1q_u8(at + SW_QUAD_BYTES, vreinterpretq_u8_u64(vzip2q_u64(low01, low23)));
        vst1q_u8(at + 2 * SW_QUAD_BYTES, vreinterpretq_u8_u64(vzip1q_u64(high01, high23)));
        vst1q_u8(at + 3 * SW_QUAD_BYTES, vreinterpretq_u8_u64(vzip2q_u64(high01, high23)));
    }
}

static inline float float_of_half(uint16_t h) {
    __fp16 value;
    memcpy(&value, &h, 2);
    return (float)value;
}

#include "../body/gemm_decode.h"

void sw_unpack_neon(int type, const sw_unpack_job *job) { unpack_any(type, job); }
#endif
