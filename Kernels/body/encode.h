// encode.h: float32 weights to blocks of a quantized type. Not for activations or caches: these
// look for the scales that lose least, which takes hundreds of passes over a block.
//
// Written with clang's vectors, eight floats wide, so that one text serves every instruction set;
// the including file says for which one it is compiled.
//
// The method is that of llama.cpp's quantizers: a block's values count by their importance and
// size, scales are tried around the one that the largest value asks for, each with its best
// integers, and the best scale for those integers follows by least squares. Unlike there, the
// integer scales of a block are then chosen by the true error, and grids are searched whole.
#include "../half.h"
#include "../include/kernels.h"
#include "../reference/encode_grids.h"
#include "../reference/tables.h"

#include <math.h>
#include <string.h>

#define IN static inline __attribute__((always_inline))

typedef float v8 __attribute__((ext_vector_type(8)));
typedef int32_t v8i __attribute__((ext_vector_type(8)));

IN v8 load8(const float *p) {
    v8 v;
    memcpy(&v, p, sizeof v);
    return v;
}

IN void store8(float *p, v8 v) { memcpy(p, &v, sizeof v); }

IN float sum8(v8 v) {
    const __auto_type half = v.lo + v.hi;
    const __auto_type quarter = half.lo + half.hi;
    return quarter.x + quarter.y;
}

// Nearest integers, ties to even, of values up to 2^22.
IN v8 nearest8(v8 v) { return (v + 12582912.0f) - 12582912.0f; }

IN v8 clamp8(v8 v, float low, float high) {
    return __builtin_elementwise_max(__builtin_elementwise_min(v, (v8)high), (v8)low);
}

IN float nearest(float v) { return (v + 12582912.0f) - 12582912.0f; }

IN float clamp(float v, float low, float high) { return v < low ? low : v > high ? high : v; }

// A float16 scale as it will be read; its bits go to `stored`.
IN float store_scale(float d, uint8_t *stored) {
    const uint16_t bits = sw_f32_to_f16(clamp(d, -65504, 65504));
    memcpy(stored, &bits, 2);
    return sw_f16_to_f32(bits);
}

// The value of greatest magnitude, with its sign.
IN float extreme(const float *x, int n) {
    v8 low = load8(x), high = low;
    for (int i = 8; i < n; i += 8) {
        low = __builtin_elementwise_min(low, load8(x + i));
        high = __builtin_elementwise_max(high, load8(x + i));
    }
    float least = low[0], most = high[0];
    for (int i = 1; i < 8; i++) {
        least = low[i] < least ? low[i] : least;
        most = high[i] > most ? high[i] : most;
    }
    return -least > most ? least : most;
}

IN float sum_of_squares(const float *x, int n) {
    v8 sum = 0;
    for (int i = 0; i < n; i += 8) sum += load8(x + i) * load8(x + i);
    return sum8(sum);
}

IN v8 magnitude8(v8 v) { return __builtin_elementwise_max(v, -v); }

// How much the squared error of each of `n` values counts. With importances (the mean squares of
// the inputs that the columns multiply): those, more for larger values. Without, or where all of
// them are zero: by size alone, `square` for twice as steeply.
IN void weigh(const float *x, const float *importance, float mean_square, bool square, int n, float *w) {
    v8 total = 0;
    if (importance != NULL) {
        for (int i = 0; i < n; i += 8) {
            const v8 v = load8(x + i);
            const v8 weight = load8(importance + i) * __builtin_elementwise_sqrt(v * v + mean_square);
            store8(w + i, weight);
            total += weight;
        }
        if (sum8(total) > 0) return;
    }
    const float size = square ? 0.25f * mean_square : sqrtf(mean_square);
    for (int i = 0; i < n; i += 8) {
        const v8 v = magnitude8(load8(x + i));
        store8(w + i, square ? v * v + size : v + size);
    }
}

// Below this nothing can be told from zero in float16.
#define NOTHING 1e-15f
