// gemm_unpack_avx2.c: chooses the unpacker; types without their own are decoded row by row and
// then interleaved.
#include "../levels.h"

#if defined(__x86_64__)
#include "gemm_unpack_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

static inline float float_of_half(uint16_t h) { return _cvtsh_ss(h); }

#include "../body/gemm_decode.h"

void sw_unpack_avx2(int type, const sw_unpack_job *job) {
    sw_unpacker *own = sw_unpacker_steps_avx2(type);
    if (own == NULL) own = sw_unpacker_k_avx2(type);
    if (own == NULL) own = sw_unpacker_books_avx2(type);
    if (own == NULL) own = sw_unpacker_iq1_avx2(type);
    if (own == NULL) own = sw_unpacker_32_avx2(type);
    if (own != NULL) own(job);
    else unpack_any(type, job);
}

#pragma clang attribute pop
#endif
