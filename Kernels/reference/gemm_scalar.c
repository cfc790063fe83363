// gemm_scalar.c: what a matrix product is: dequantized weights times activations, summed in
// float64. The oracle of the faster ones, and the fallback.
#include "../body/gemm_panel.h"
#include "../levels.h"
#include "../q8.h"
#include "dequantize.h"

// A multiple of every type's block, so that a row can be dequantized piece by piece.
#define CHUNK 256
// Columns whose sums are kept at a time.
#define COLUMNS 32

size_t sw_gemm_scratch(size_t n) {
    (void)n;
    return SW_GEMM_SCRATCH;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static double dot_q8(const float *w, const sw_q8 *x, size_t at, size_t length) {
    double total = 0;
    for (size_t g = 0; g < length; g += 32) {
        double sum = 0;
        for (size_t i = g; i < g + 32; i++) sum += (double)w[i] * x->q[at + i];
        total += sum * x->d[(at + g) / 32];
    }
    return total;
}

static double dot_float(const float *w, const float *x, size_t length) {
    double total = 0;
    for (size_t i = 0; i < length; i++) total += (double)w[i] * (double)x[i];
    return total;
}

// x: rows of q8 or of floats, `stride` bytes from one to the next.
static void multiply(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *x,
                     size_t stride, const int32_t *index, size_t cols, float *y, size_t ldy) {
    const sw_type_info info = sw_type(type);
    for (size_t r = 0; r < rows; r++) {
        const char *row = (const char *)w + r * row_bytes;
        for (size_t c0 = 0; c0 < cols; c0 += COLUMNS) {
            const size_t width = smaller(COLUMNS, cols - c0);
            double total[COLUMNS] = {0};
            for (size_t at = 0; at < n; at += CHUNK) {
                const size_t length = smaller(CHUNK, n - at);
                float weights[CHUNK];
                sw_dequantize_scalar(type, row + at / info.block * info.bytes, weights, length);
                for (size_t c = 0; c < width; c++) {
                    const size_t which = index ? (size_t)index[c0 + c] : c0 + c;
                    const char *column = (const char *)x + which * stride;
                    if (info.quantized) {
                        const sw_q8 q8 = sw_q8_view(column, n);
                        total[c] += dot_q8(weights, &q8, at, length);
                    } else {
                        total[c] += dot_float(weights, (const float *)(const void *)column + at, length);
                    }
                }
            }
            for (size_t c = 0; c < width; c++) y[(c0 + c) * ldy + r] = (float)total[c];
        }
    }
}

static void gemm(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                 size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch) {
    (void)scratch;
    if (!sw_type(type).quantized) return;
    multiply(type, w, row_bytes, rows, n, q8, q8_stride, index, cols, y, ldy);
}

static void gemm_float(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const float *x,
                       size_t ldx, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch) {
    (void)scratch;
    const sw_type_info info = sw_type(type);
    if (info.name == NULL || info.quantized) return;
    multiply(type, w, row_bytes, rows, n, x, ldx * sizeof(float), index, cols, y, ldy);
}

void sw_fill_scalar_gemm(sw_kernels *k) {
    k->gemm = gemm;
    k->gemm_float = gemm_float;
}
