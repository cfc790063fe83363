// vector_avx512.c: the operations on one row, 16 floats at a time.
#include "../levels.h"
#include "../vector.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
#include "simd_avx512.h"
#include "../body/math.h"
#include "../body/vector.h"
#include "../body/recurrent.h"
#pragma clang attribute pop

void sw_fill_avx512_vector(sw_kernels *k) {
    fill(k);
    k->delta_rule = delta_rule;
    k->conv_silu = conv_silu;
    sw_fill_avx512_attention(k);
}
#endif
