// vector_neon.c: the operations on one row, 4 floats at a time.
#include "../levels.h"
#include "../vector.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "simd_neon.h"
#include "../body/math.h"
#include "../body/vector.h"
#include "../body/recurrent.h"

void sw_fill_neon_vector(sw_kernels *k) {
    fill(k);
    k->delta_rule = delta_rule;
    k->conv_silu = conv_silu;
    sw_fill_neon_attention(k);
}
#endif
