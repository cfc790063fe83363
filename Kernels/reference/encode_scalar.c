// encode_scalar.c: the encoders with whatever vectors this target always has.
#include "../levels.h"

// All functions with vector arguments are inlined: no such argument is ever passed.
#pragma clang diagnostic ignored "-Wpsabi"

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

void sw_fill_scalar_encode(sw_kernels *k) { k->encode = encode; }
