// gemm_unpack_avx512.c: chooses the unpacker; types without their own are decoded row by row
// and then interleaved.
#include "../levels.h"

#if defined(__x86_64__)
#include <string.h>

#include "gemm_unpack_avx512.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,popcnt"))), apply_to = function)

static void interleave(const uint8_t *const *row, uint8_t *to) {
    __m512i q[4];
    words(row, 0, q);
    UNROLL for (int i = 0; i < 4; i++) _mm512_store_si512(to + i * SW_QUAD_BYTES, q[i]);
}

static inline float float_of_half(uint16_t h) { return _cvtsh_ss(h); }

// Sixty-four signs are a mask.
#define DECODE_SIGNS(book, bias, codes) \
    UNROLL for (int i = 0; i < 4; i++) { \
        const __m512i m = _mm512_loadu_si512((book)->magnitudes + 8 * i); \
        const __mmask64 negative = sw_load64((book)->signs + 8 * i); \
        const __m512i values = _mm512_mask_sub_epi8(m, negative, _mm512_setzero_si512(), m); \
        _mm512_storeu_si512((codes) + 64 * i, _mm512_add_epi8(values, _mm512_set1_epi8(bias))); \
    }

#include "../body/gemm_decode.h"

void sw_unpack_avx512(int type, const sw_unpack_job *job) {
    sw_unpacker *own = sw_unpacker_k_avx512(type);
    if (own == NULL) own = sw_unpacker_32_avx512(type);
    if (own != NULL) own(job);
    else unpack_any(type, job);
}

#pragma clang attribute pop
#endif
