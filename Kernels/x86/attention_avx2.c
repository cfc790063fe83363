// attention_avx2.c: attention, 8 floats at a time.
#include "../attention.h"
#include "../vector.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "simd_avx2.h"
#include "../body/math.h"
#include "../body/attend.h"
#include "../body/attend_state.h"
#pragma clang attribute pop

void sw_fill_avx2_attention(sw_kernels *k) {
    k->attend = attend;
    k->attend_merge = attend_merge;
    k->attend_finish = attend_finish;
}
#endif
