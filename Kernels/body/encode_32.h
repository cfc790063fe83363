// encode_32.h: the types with a scale per 32 elements. Layouts: reference/dequantize_32.c.

// Offset binary codes in -half ..< half.
IN void encode_symmetric(const float *x, const float *importance, float mean_square, int half, uint8_t *b) {
    float w[32], scale;
    int8_t codes[32];
    const float low = (float)-half, high = (float)(half - 1);
    if (importance != NULL) {
        weigh(x, importance, mean_square, false, 32, w);
        scale = fit_scale(x, w, 32, low, high, 12, 0.1f).scale;
    } else {
        scale = extreme(x, 32) / low;
    }
    const float exact = scale;
    const float stored = store_scale(scale, b);
    scale_codes(x, 32, importance != NULL ? stored : exact, low, high, codes);
    uint8_t *q = b + (half == 8 ? 2 : 6);
    uint32_t fifths = 0;
    for (int i = 0; i < 16; i++) {
        const int first = codes[i] + half, second = codes[16 + i] + half;
        q[i] = (uint8_t)((first & 15) | (second & 15) << 4);
        fifths |= (uint32_t)(first >> 4) << i | (uint32_t)(second >> 4) << (16 + i);
    }
    if (half == 16) memcpy(b + 2, &fifths, 4);
}

// Codes in 0 ... high above a minimum.
IN void encode_affine(const float *x, const float *importance, float mean_square, int high, uint8_t *b) {
    float w[32];
    uint8_t codes[32];
    affine_fit fit;
    if (importance != NULL) {
        weigh(x, importance, mean_square, false, 32, w);
        fit = fit_affine(x, w, 32, (float)high, -0.9f, 0.05f, 40, true);
    } else {
        float least = x[0], most = x[0];
        for (int i = 1; i < 32; i++) {
            least = x[i] < least ? x[i] : least;
            most = x[i] > most ? x[i] : most;
        }
        fit = (affine_fit){(most - least) / (float)high, -least, 0, 0};
    }
    const float scale = store_scale(fit.scale, b), minimum = store_scale(-fit.minimum, b + 2);
    affine_codes(x, 32, scale, -minimum, (float)high, codes);
    uint8_t *q = b + (high == 15 ? 4 : 8);
    uint32_t fifths = 0;
    for (int i = 0; i < 16; i++) {
        q[i] = (uint8_t)((codes[i] & 15) | (codes[16 + i] & 15) << 4);
        fifths |= (uint32_t)(codes[i] >> 4) << i | (uint32_t)(codes[16 + i] >> 4) << (16 + i);
    }
    if (high == 31) memcpy(b + 4, &fifths, 4);
}

IN void encode_q8_0(const float *x, uint8_t *b) {
    const float exact = fabsf(extreme(x, 32)) / 127;
    store_scale(exact, b);
    scale_codes(x, 32, exact, -127, 127, (int8_t *)b + 2);
}
