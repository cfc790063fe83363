// gemm_unpack_avx2.c: rows decoded one by one and then interleaved; with steps elsewhere.
#include "../levels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "gemm_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

#include "gemm_interleave_avx2.h"

static inline float float_of_half(uint16_t h) { return _cvtsh_ss(h); }

#include "../body/gemm_decode.h"

void sw_unpack_avx2(int type, const sw_unpack_job *job) {
    if (!sw_unpack_steps_avx2(type, job)) unpack_any(type, job);
}

#pragma clang attribute pop
#endif
