// attend_rows.h: a tile's cache rows to float32, dense and padded with zeros to VF_WIDTH.
#ifndef SWINFER_BODY_ATTEND_ROWS_H
#define SWINFER_BODY_ATTEND_ROWS_H

static void row_from_float(const char *row, float *out, size_t n) {
    size_t i = 0;
    for (; i + VF_WIDTH <= n; i += VF_WIDTH) vf_store(out + i, vf_load((const float *)row + i));
    if (i < n) vf_store(out + i, vf_load_part((const float *)row + i, n - i));
}

static void row_from_half(const char *row, float *out, size_t n) {
    size_t i = 0;
    for (; i + VF_WIDTH <= n; i += VF_WIDTH) vf_store(out + i, vf_load_half(row + 2 * i));
    if (i < n) vf_store(out + i, vf_load_half_part(row + 2 * i, n - i));
}

static void row_from_q8_0(const char *row, float *out, size_t n) {
    for (size_t i = 0; i < n; i += 32, row += 34) {
        const vf d = vf_set1_half(row);
        SW_UNROLL for (size_t j = 0; j < 32; j += VF_WIDTH)
            vf_store(out + i + j, vf_mul(d, vf_load_int8(row + 2 + j)));
    }
}

static void row_from_q4_0(const char *row, float *out, size_t n) {
    for (size_t i = 0; i < n; i += 32, row += 18) {
        const vf d = vf_set1_half(row);
        vf values[32 / VF_WIDTH];
        vf_load_nibbles(row + 2, values);
        SW_UNROLL for (size_t j = 0; j < 32 / VF_WIDTH; j++)
            vf_store(out + i + j * VF_WIDTH, vf_mul(d, values[j]));
    }
}

// Rows first to last of a tile whose row 0 is at `rows`; out[row][padded]. As many rows of
// `ahead_bytes` at `ahead` are called into L2 meanwhile.
static void unpack_rows(int type, const char *rows, size_t stride, int32_t first, int32_t last, size_t dim,
                        float *out, size_t padded, const char *ahead, size_t ahead_stride,
                        size_t ahead_bytes) {
    void (*const convert)(const char *, float *, size_t) = type == SW_F16    ? row_from_half
                                                           : type == SW_Q8_0 ? row_from_q8_0
                                                           : type == SW_Q4_0 ? row_from_q4_0
                                                                             : row_from_float;
    for (int32_t i = first; i < last; i++) {
        call_ahead(ahead + (size_t)i * ahead_stride, ahead_bytes);
        convert(rows + (size_t)i * stride, out + (size_t)i * padded, dim);
    }
}

#endif
