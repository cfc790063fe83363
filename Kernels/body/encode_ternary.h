// encode_ternary.h: -1, 0, 1 times one float16 per 256. Layouts: reference/dequantize_k.c.

// Files of ternary models hold exactly such values, so without importances the largest is taken
// for the scale, and they are kept as they are.
IN void fit_ternary(const float *x, const float *importance, float mean_square, uint8_t *d, uint8_t *digits) {
    int8_t codes[256];
    float exact = fabsf(extreme(x, 256)), w[256];
    if (importance != NULL) {
        weigh(x, importance, mean_square, false, 256, w);
        float gain = 0, scale = exact;
        for (int k = 0; k < 16; k++) {
            const products p = multiply_codes(x, w, 256, (1 + 0.2f * (float)k) / exact, -1, 1);
            if (p.qq > 0 && p.xq * p.xq > gain * p.qq) {
                scale = p.xq / p.qq;
                gain = p.xq * scale;
            }
        }
        exact = scale;
    }
    store_scale(exact, d);
    scale_codes(x, 256, exact, -1, 1, codes);
    for (int i = 0; i < 256; i++) digits[i] = (uint8_t)(codes[i] + 1);
}

// Five digits as the first byte of a base-3 fraction, rounded up so that digits come out whole.
IN uint8_t ternary_byte(const uint8_t *digits, int stride, int count) {
    int value = 0;
    for (int k = 0; k < 5; k++) value = 3 * value + (k < count ? digits[stride * k] : 0);
    return (uint8_t)((value * 256 + 242) / 243);
}

IN void encode_tq1_0(const float *x, const float *importance, float mean_square, uint8_t *b) {
    uint8_t digits[256];
    fit_ternary(x, importance, mean_square, b + 52, digits);
    for (int i = 0; i < 32; i++) b[i] = ternary_byte(digits + i, 32, 5);
    for (int i = 0; i < 16; i++) b[32 + i] = ternary_byte(digits + 160 + i, 16, 5);
    for (int i = 0; i < 4; i++) b[48 + i] = ternary_byte(digits + 240 + i, 4, 4);
}

IN void encode_tq2_0(const float *x, const float *importance, float mean_square, uint8_t *b) {
    uint8_t digits[256];
    fit_ternary(x, importance, mean_square, b + 64, digits);
    pack_pairs(digits, b);
}
