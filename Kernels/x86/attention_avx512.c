// attention_avx512.c: attention, 16 floats at a time.
#include "../attention.h"
#include "../vector.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
#include "simd_avx512.h"
#include "../body/math.h"
#include "../body/attend.h"
#include "../body/attend_state.h"
#pragma clang attribute pop

void sw_fill_avx512_attention(sw_kernels *k) {
    k->attend = attend;
    k->attend_merge = attend_merge;
    k->attend_finish = attend_finish;
}
#endif
