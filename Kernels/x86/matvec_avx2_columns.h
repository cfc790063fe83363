// matvec_avx2_columns.h: the loops of AVX2's turned weights, see matvec_avx2_turned.h.
#ifndef SWINFER_MATVEC_AVX2_COLUMNS_H
#define SWINFER_MATVEC_AVX2_COLUMNS_H

#include "matvec_avx2_turned.h"

#define TURNED_COLUMNS 16
#define TURNED_ROWS 32
#define TURNED_PASS 1
#define TURNED_KEPT 256
#define TURNED_KEEP(state, bytes) ((state).x.q = (bytes))

AVX2_BEGIN
#include "../body/matvec_turned.h"
AVX2_END

// Defines sw_avx2_<name> and sw_avx2_gemm_<name>.
#define MATVEC_TURNED_AVX2(name, state, early, weights, BLOCK, BYTES, prepare, read, unpack, multiply, finish) \
    INLINE __m256 name##_add(const state *s, const weights *w, __m256 sum) {                                   \
        return finish(s, w, multiply(s, w), sum);                                                              \
    }                                                                                                          \
    MATVEC_UNPACKED(avx2, __m256, name, state, early, weights, BLOCK, BYTES, 256, prepare, read, unpack,       \
                    name##_add)                                                                                \
    MATVEC_TURNED(avx2, __m256, name, state, early, weights, BLOCK, BYTES, prepare, read, unpack, multiply, finish)\
    void sw_avx2_gemm_##name(const uint8_t *w, size_t row_bytes, size_t rows, const sw_columns *x) {           \
        name##_any_columns(w, row_bytes, rows, x);                                                             \
    }

#endif
