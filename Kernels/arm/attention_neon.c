// attention_neon.c: attention, 4 floats at a time.
#include "../attention.h"
#include "../vector.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "simd_neon.h"
#include "../body/math.h"
#include "../body/attend.h"
#include "../body/attend_state.h"

void sw_fill_neon_attention(sw_kernels *k) {
    k->attend = attend;
    k->attend_merge = attend_merge;
    k->attend_finish = attend_finish;
}
#endif
