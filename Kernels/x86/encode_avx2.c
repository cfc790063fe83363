// encode_avx2.c: the encoders with AVX2 and FMA.
#include "../levels.h"

#if defined(__x86_64__)
// Before the region, so that their functions keep the target of the file.
#include "../half.h"
#include "../reference/encode_grids.h"
#include "../reference/tables.h"

#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "../body/encode.h"
#include "../body/encode_fit.h"
#include "../body/encode_32.h"
#include "../body/encode_books.h"
#include "../body/encode_k.h"
#include "../body/encode_search.h"
#include "../body/encode_iq.h"
#include "../body/encode_iq1.h"
#include "../body/encode_ternary.h"
#include "../body/encode_types.h"
#pragma clang attribute pop

void sw_fill_avx2_encode(sw_kernels *k) { k->encode = encode; }
#endif
