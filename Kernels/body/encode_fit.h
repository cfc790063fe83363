// encode_fit.h: the best scale (and minimum) of a few values, for codes that are integers.

// Sums over values x with weights w and their codes q, from which errors of any scale follow.
typedef struct {
    float xq, qq;
} products;

typedef struct {
    float scale;
    // Sum of w q q: what a deviation from the scale costs.
    float stiffness;
} scale_fit;

IN products multiply_codes(const float *x, const float *w, int n, float inverse, float low, float high) {
    v8 xq = 0, qq = 0;
    for (int i = 0; i < n; i += 8) {
        const v8 v = load8(x + i), q = clamp8(nearest8(v * inverse), low, high), wq = load8(w + i) * q;
        xq += wq * v;
        qq += wq * q;
    }
    return (products){sum8(xq), sum8(qq)};
}

// x ~ scale * q, q in low ... high. The largest value is put at steps around `low`.
IN scale_fit fit_scale(const float *x, const float *w, int n, float low, float high, int steps, float step) {
    const float largest = extreme(x, n);
    if (fabsf(largest) < NOTHING) return (scale_fit){0, 0};
    scale_fit best = {0, 0};
    float gain = 0;
    for (int k = -steps; k <= steps; k++) {
        const products p = multiply_codes(x, w, n, (low + step * (float)k) / largest, low, high);
        if (p.qq > 0 && p.xq * p.xq > gain * p.qq) {
            best = (scale_fit){p.xq / p.qq, p.qq};
            gain = p.xq * best.scale;
        }
    }
    for (int round = 0; round < 3 && best.scale != 0; round++) {
        const products p = multiply_codes(x, w, n, 1 / best.scale, low, high);
        if (!(p.qq > 0 && p.xq * p.xq > gain * p.qq * 1.000001f)) break;
        best = (scale_fit){p.xq / p.qq, p.qq};
        gain = p.xq * best.scale;
    }
    return best;
}

// Sum of w (x - scale q)^2 with the best codes.
IN float scale_error(const float *x, const float *w, int n, float scale, float low, float high) {
    const float inverse = scale != 0 ? 1 / scale : 0;
    v8 error = 0;
    for (int i = 0; i < n; i += 8) {
        const v8 v = load8(x + i), q = clamp8(nearest8(v * inverse), low, high), off = v - scale * q;
        error += load8(w + i) * off * off;
    }
    return sum8(error);
}

IN void scale_codes(const float *x, int n, float scale, float low, float high, int8_t *codes) {
    const float inverse = scale != 0 ? 1 / scale : 0;
    for (int i = 0; i < n; i += 8) {
        const v8i q = __builtin_convertvector(clamp8(nearest8(load8(x + i) * inverse), low, high), v8i);
        for (int j = 0; j < 8; j++) codes[i + j] = (int8_t)q[j];
    }
}

typedef struct {
    float scale, minimum;
    // Sums of w q q and of w.
    float stiffness, weight;
} affine_fit;

typedef struct {
    float q, qq, xq;
} affine_products;

IN affine_products multiply_affine(
    const float *x, const float *w, int n, float inverse, float minimum, float high) {
    v8 sq = 0, qq = 0, xq = 0;
    for (int i = 0; i < n; i += 8) {
        const v8 v = load8(x + i), q = clamp8(nearest8((v + minimum) * inverse), 0, high),
                 wq = load8(w + i) * q;
        sq += wq;
        qq += wq * q;
        xq += wq * v;
    }
    return (affine_products){sum8(sq), sum8(qq), sum8(xq)};
}

// x ~ scale * q - minimum, q in 0 ... high, minimum >= 0 (or of any sign). `steps` scales from
// `first` codes below `high` to twice as many above.
IN affine_fit fit_affine(
    const float *x, const float *w, int n, float high, float first, float step, int steps, bool any_sign) {
    v8 low8 = load8(x), high8 = low8, weight8 = 0, wx8 = 0, wxx8 = 0;
    for (int i = 0; i < n; i += 8) {
        const v8 v = load8(x + i), wv = load8(w + i) * v;
        low8 = __builtin_elementwise_min(low8, v);
        high8 = __builtin_elementwise_max(high8, v);
        weight8 += load8(w + i);
        wx8 += wv;
        wxx8 += wv * v;
    }
    float least = low8[0], most = high8[0];
    for (int i = 1; i < 8; i++) {
        least = low8[i] < least ? low8[i] : least;
        most = high8[i] > most ? high8[i] : most;
    }
    if (!any_sign && least > 0) least = 0;
    const float weight = sum8(weight8), wx = sum8(wx8), wxx = sum8(wxx8);
    if (most - least < NOTHING) return (affine_fit){0, -least, 0, weight};
    affine_fit best = {(most - least) / high, -least, 0, weight};
    float least_error = INFINITY;
    for (int k = 0; k <= steps + 2; k++) {
        // The last two rounds start from the best so far.
        const bool polish = k > steps;
        const float inverse =
            polish ? 1 / best.scale : (high + first + step * (float)k) / (most - least);
        const affine_products p =
            multiply_affine(x, w, n, inverse, polish ? best.minimum : -least, high);
        if (!(p.qq > 0)) continue;
        const float determinant = weight * p.qq - p.q * p.q;
        float scale = p.xq / p.qq, minimum = 0;
        if (determinant > 0) {
            const float s = (weight * p.xq - wx * p.q) / determinant;
            const float m = (p.q * p.xq - p.qq * wx) / determinant;
            if (any_sign || m > 0) {
                scale = s;
                minimum = m;
            }
        }
        if (!(scale > 0)) continue;
        const float error = (float)((double)wxx - 2 * ((double)scale * p.xq - (double)minimum * wx) +
                                    (double)scale * scale * p.qq - 2 * (double)scale * minimum * p.q +
                                    (double)minimum * minimum * weight);
        if (error < least_error) {
            least_error = error;
            best = (affine_fit){scale, minimum, p.qq, weight};
        } else if (polish) {
            break;
        }
    }
    return best;
}

IN float affine_error(const float *x, const float *w, int n, float scale, float minimum, float high) {
    const float inverse = scale > 0 ? 1 / scale : 0;
    v8 error = 0;
    for (int i = 0; i < n; i += 8) {
        const v8 v = load8(x + i), q = clamp8(nearest8((v + minimum) * inverse), 0, high),
                 off = v + minimum - scale * q;
        error += load8(w + i) * off * off;
    }
    return sum8(error);
}

IN void affine_codes(const float *x, int n, float scale, float minimum, float high, uint8_t *codes) {
    const float inverse = scale > 0 ? 1 / scale : 0;
    for (int i = 0; i < n; i += 8) {
        const v8i q =
            __builtin_convertvector(clamp8(nearest8((load8(x + i) + minimum) * inverse), 0, high), v8i);
        for (int j = 0; j < 8; j++) codes[i + j] = (uint8_t)q[j];
    }
}

// values ~ unit * integer, integers in 0 ... top; stiffnesses say what deviations cost.
IN float fit_unit(const float *values, const float *stiffness, int n, float top) {
    float largest = 0;
    for (int j = 0; j < n; j++) largest = values[j] > largest ? values[j] : largest;
    if (largest < NOTHING) return 0;
    float best = largest / top, least = INFINITY;
    for (int k = -6; k <= 8; k++) {
        const float inverse = (top + 0.1f * (float)k) / largest;
        float xq = 0, qq = 0, xx = 0;
        for (int j = 0; j < n; j++) {
            const float q = clamp(nearest(values[j] * inverse), 0, top);
            xq += stiffness[j] * values[j] * q;
            qq += stiffness[j] * q * q;
            xx += stiffness[j] * values[j] * values[j];
        }
        if (!(qq > 0)) continue;
        const float error = xx - xq * xq / qq;
        if (error < least) {
            least = error;
            best = xq / qq;
        }
    }
    return best;
}
