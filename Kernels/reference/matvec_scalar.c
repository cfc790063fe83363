// matvec_scalar.c: the products by definition, from dequantized weights, summed in float64.
#include "../levels.h"
#include "../q8.h"
#include "dequantize.h"

void sw_matvec_scalar(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                      float *y) {
    const sw_dequantize_block block = sw_dequantize_block_of(type);
    const sw_type_info info = sw_type(type);
    if (block == NULL || !info.quantized) return;
    const sw_q8 x = sw_q8_view(q8, n);
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *b = (const uint8_t *)w + r * row_bytes;
        double sum = 0;
        for (size_t i = 0; i < n; i += info.block, b += info.bytes) {
            float values[SW_MAX_BLOCK];
            block(b, values);
            for (size_t j = 0; j < info.block; j += 32) {
                double part = 0;
                for (size_t k = j; k < j + 32; k++) part += (double)values[k] * x.q[i + k];
                sum += part * x.d[(i + j) / 32];
            }
        }
        y[r] = (float)sum;
    }
}

void sw_matvec_few_scalar(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                          size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy) {
    for (size_t c = 0; c < cols; c++) {
        const size_t place = index != NULL ? (size_t)index[c] : c;
        sw_matvec_scalar(type, w, row_bytes, rows, n, (const char *)q8 + place * q8_stride, y + c * ldy);
    }
}

static void matvec_float(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const float *x,
                         float *y) {
    const sw_type_info info = sw_type(type);
    if (info.name == NULL || info.quantized) return;
    const sw_dequantize_block element = sw_dequantize_block_of(type);
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *b = (const uint8_t *)w + r * row_bytes;
        double sum = 0;
        for (size_t i = 0; i < n; i++, b += info.bytes) {
            float value;
            element(b, &value);
            sum += (double)value * (double)x[i];
        }
        y[r] = (float)sum;
    }
}

void sw_fill_scalar_matvec(sw_kernels *k) {
    k->dequantize = sw_dequantize_scalar;
    k->quantize = sw_quantize_scalar;
    k->quantize_row = sw_quantize_row_scalar;
    k->matvec = sw_matvec_scalar;
    k->matvec_few = sw_matvec_few_scalar;
    k->matvec_float = matvec_float;
}
