// vector_avx2.c: the operations on one row, 8 floats at a time.
#include "../levels.h"
#include "../vector.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "simd_avx2.h"
#include "../body/math.h"
#include "../body/vector.h"
#include "../body/recurrent.h"
#pragma clang attribute pop

void sw_fill_avx2_vector(sw_kernels *k) {
    fill(k);
    k->delta_rule = delta_rule;
    k->conv_silu = conv_silu;
    sw_fill_avx2_attention(k);
}
#endif
