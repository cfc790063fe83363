// encode_books.h: the types whose 4-bit codes are places in a table of 16 values.

// The table ascending, and the code of each place.
typedef struct {
    float values[16];
    uint8_t codes[16];
    int count;
} book;

static const book iq4_book = {
    {SW_IQ4_VALUES}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, 16};
static const book e2m1_book = {
    {-12, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8, 12}, {15, 14, 13, 12, 11, 10, 9, 0, 1, 2, 3, 4, 5, 6, 7}, 15};

// The nearest value of the table.
IN v8 book_values(const book *t, v8 v) {
    v8 q = t->values[0];
    for (int k = 1; k < t->count; k++) {
        const float middle = 0.5f * (t->values[k - 1] + t->values[k]);
        q = v > middle ? (v8)t->values[k] : q;
    }
    return q;
}

IN products multiply_book(const book *t, const float *x, const float *w, int n, float inverse) {
    v8 xq = 0, qq = 0;
    for (int i = 0; i < n; i += 8) {
        const v8 v = load8(x + i), q = book_values(t, v * inverse), wq = load8(w + i) * q;
        xq += wq * v;
        qq += wq * q;
    }
    return (products){sum8(xq), sum8(qq)};
}

IN float book_error(const book *t, const float *x, const float *w, int n, float scale) {
    const float inverse = scale != 0 ? 1 / scale : 0;
    v8 error = 0;
    for (int i = 0; i < n; i += 8) {
        const v8 v = load8(x + i), off = v - scale * book_values(t, v * inverse);
        error += load8(w + i) * off * off;
    }
    return sum8(error);
}

IN void book_codes(const book *t, const float *x, int n, float scale, uint8_t *codes) {
    const float inverse = scale != 0 ? 1 / scale : 0;
    for (int i = 0; i < n; i += 8) {
        const v8 v = load8(x + i) * inverse;
        v8i place = 0;
        for (int k = 1; k < t->count; k++) {
            place -= v > 0.5f * (t->values[k - 1] + t->values[k]);
        }
        for (int j = 0; j < 8; j++) codes[i + j] = t->codes[place[j]];
    }
}

// x ~ scale * value. The largest value is put at steps around the table's lowest and its highest.
IN scale_fit fit_book(const book *t, const float *x, const float *w, int n) {
    const float largest = extreme(x, n);
    if (fabsf(largest) < NOTHING) return (scale_fit){0, 0};
    scale_fit best = {0, 0};
    float gain = 0;
    const int steps = 24;
    for (int k = 0; k < steps + 3; k++) {
        const float end = k % 2 == 0 ? t->values[0] : t->values[t->count - 1];
        const float inverse =
            k < steps ? end * (0.9f + 0.035f * (float)(k / 2)) / largest : 1 / best.scale;
        const products p = multiply_book(t, x, w, n, inverse);
        if (p.qq > 0 && p.xq * p.xq > gain * p.qq) {
            best = (scale_fit){p.xq / p.qq, p.qq};
            gain = p.xq * best.scale;
        } else if (k >= steps) {
            break;
        }
        if (best.scale == 0) break;
    }
    return best;
}

IN void pack_nibbles(const uint8_t *codes, uint8_t *q) {
    for (int i = 0; i < 16; i++) q[i] = (uint8_t)(codes[i] | codes[16 + i] << 4);
}

IN void encode_iq4_nl(const float *x, const float *importance, float mean_square, uint8_t *b) {
    float w[32];
    uint8_t codes[32];
    weigh(x, importance, mean_square, false, 32, w);
    const float scale = store_scale(fit_book(&iq4_book, x, w, 32).scale, b);
    book_codes(&iq4_book, x, 32, scale, codes);
    pack_nibbles(codes, b + 2);
}

// The scale is a power of two: that of the largest value, or the next ones.
IN void encode_mxfp4(const float *x, const float *importance, float mean_square, uint8_t *b) {
    float w[32];
    uint8_t codes[32];
    if (importance != NULL) {
        weigh(x, importance, mean_square, false, 32, w);
    } else {
        for (int i = 0; i < 32; i++) w[i] = 1;
    }
    const float largest = fabsf(extreme(x, 32));
    int exponent = -126;
    if (largest >= 0x1p-126f) exponent = (int)(sw_bits_of_float(largest) >> 23) - 127 - 2;
    int best = exponent;
    float least = INFINITY;
    for (int e = exponent - 1; e <= exponent + 1; e++) {
        if (e < -125 || e > 126) continue;
        const float error = book_error(&e2m1_book, x, w, 32, ldexpf(1, e - 1));
        if (error < least) {
            least = error;
            best = e;
        }
    }
    if (best < -125) best = -125;
    b[0] = (uint8_t)(best + 127);
    book_codes(&e2m1_book, x, 32, ldexpf(1, best - 1), codes);
    pack_nibbles(codes, b + 1);
}

// Scales per 32 are integers in -32 ... 31 of one float16.
IN void encode_iq4_xs(const float *x, const float *importance, float mean_square, uint8_t *b) {
    float w[256], scales[8], stiffness[8];
    for (int j = 0; j < 8; j++) {
        weigh(x + 32 * j, importance ? importance + 32 * j : NULL, mean_square, false, 32, w + 32 * j);
        const scale_fit fit = fit_book(&iq4_book, x + 32 * j, w + 32 * j, 32);
        scales[j] = fit.scale;
        stiffness[j] = fit.stiffness;
    }
    memset(b, 0, 8);
    float d = store_scale(fit_scale(scales, stiffness, 8, -32, 31, 9, 0.1f).scale, b);
    int chosen[8];
    products all = {0, 0};
    float error = 0;
    for (int j = 0; j < 8; j++) {
        const int near = d != 0 ? (int)clamp(nearest(scales[j] / d), -32, 31) : 0;
        chosen[j] = near;
        float least = INFINITY;
        for (int s = near - 1; s <= near + 1; s++) {
            if (s < -32 || s > 31) continue;
            const float e = book_error(&iq4_book, x + 32 * j, w + 32 * j, 32, d * (float)s);
            if (e < least) {
                least = e;
                chosen[j] = s;
            }
        }
        error += least;
        if (chosen[j] == 0) continue;
        const float s = (float)chosen[j];
        const products p = multiply_book(&iq4_book, x + 32 * j, w + 32 * j, 32, 1 / (d * s));
        all.xq += s * p.xq;
        all.qq += s * s * p.qq;
    }
    if (all.qq > 0) {
        uint8_t bits[2];
        const float better = store_scale(all.xq / all.qq, bits);
        float e = 0;
        for (int j = 0; j < 8; j++) {
            e += book_error(&iq4_book, x + 32 * j, w + 32 * j, 32, better * (float)chosen[j]);
        }
        if (e < error) {
            memcpy(b, bits, 2);
            d = better;
        }
    }
    int high = 0;
    for (int j = 0; j < 8; j++) {
        uint8_t codes[32];
        book_codes(&iq4_book, x + 32 * j, 32, d * (float)chosen[j], codes);
        pack_nibbles(codes, b + 8 + 16 * j);
        const int s = chosen[j] + 32;
        b[4 + j / 2] |= (uint8_t)((s & 15) << j % 2 * 4);
        high |= (s >> 4) << 2 * j;
    }
    b[2] = (uint8_t)high;
    b[3] = (uint8_t)(high >> 8);
}
