// encode_k.h: the K types: 256 elements, integer scales (and minimums) per 16 or 32 of one or
// two float16. Layouts: reference/dequantize_k.c.

// The integers of 256 elements and what they are multiplied with.
typedef struct {
    uint8_t codes[256];
    int scales[16], minimums[16];
    uint8_t d[2], dm[2];
} k_block;

// x ~ d * scale * q, scales in lowest ... highest. Plain: importances alone are the weights.
IN void fit_k_symmetric(const float *x, const float *importance, float mean_square, bool plain, float low,
                        float high, int steps, float step, float lowest, float highest, k_block *block) {
    float w[256], scales[16], stiffness[16];
    for (int j = 0; j < 16; j++) {
        const float *v = x + 16 * j;
        const float *u = importance ? importance + 16 * j : NULL;
        if (plain && u != NULL && sum_of_squares(u, 16) > 0) {
            memcpy(w + 16 * j, u, 16 * sizeof *w);
        } else {
            weigh(v, u, mean_square, true, 16, w + 16 * j);
        }
        const scale_fit fit = fit_scale(v, w + 16 * j, 16, low, high, steps, step);
        scales[j] = fit.scale;
        stiffness[j] = fit.stiffness;
    }
    float d = store_scale(fit_scale(scales, stiffness, 16, lowest, highest, 9, 0.1f).scale, block->d);
    products all = {0, 0};
    float error = 0;
    for (int j = 0; j < 16; j++) {
        const float *v = x + 16 * j, *u = w + 16 * j;
        const float near = d != 0 ? clamp(nearest(scales[j] / d), lowest, highest) : 0;
        float least = INFINITY, best = near;
        // With many scales the nearest one is the best.
        const float reach = highest > 64 ? 0 : 1;
        for (float s = near - reach; s <= near + reach; s++) {
            if (s < lowest || s > highest) continue;
            const float e = scale_error(v, u, 16, d * s, low, high);
            if (e < least) {
                least = e;
                best = s;
            }
        }
        error += least;
        block->scales[j] = (int)best;
        if (best == 0 || d == 0) continue;
        const products p = multiply_codes(v, u, 16, 1 / (d * best), low, high);
        all.xq += best * p.xq;
        all.qq += best * best * p.qq;
    }
    if (all.qq > 0) {
        uint8_t bits[2];
        const float better = store_scale(all.xq / all.qq, bits);
        float e = 0;
        for (int j = 0; j < 16; j++) {
            e += scale_error(x + 16 * j, w + 16 * j, 16, better * (float)block->scales[j], low, high);
        }
        if (e < error) {
            memcpy(block->d, bits, 2);
            d = better;
        }
    }
    for (int j = 0; j < 16; j++) {
        int8_t codes[16];
        scale_codes(x + 16 * j, 16, d * (float)block->scales[j], low, high, codes);
        for (int i = 0; i < 16; i++) block->codes[16 * j + i] = (uint8_t)(codes[i] - (int)low);
    }
}

// Best pair of integer scale and minimum for some values, around the nearest.
IN float choose_affine(const float *x, const float *w, int n, affine_fit fit, float d, float dm, float high,
                       float top, int *scale, int *minimum) {
    const float near = d > 0 ? clamp(nearest(fit.scale / d), 0, top) : 0;
    float least = INFINITY;
    for (float s = near - 1; s <= near + 1; s++) {
        if (s < 0 || s > top) continue;
        // The minimum that suits this scale with the codes that it gives.
        float wanted = fit.minimum;
        if (d * s > 0) {
            v8 sum = 0;
            for (int i = 0; i < n; i += 8) {
                const v8 v = load8(x + i);
                const v8 q = clamp8(nearest8((v + fit.minimum) * (1 / (d * s))), 0, high);
                sum += load8(w + i) * (d * s * q - v);
            }
            if (fit.weight > 0) wanted = sum8(sum) / fit.weight;
        }
        const float place = dm > 0 ? wanted / dm : 0;
        const float below = clamp(floorf(place), 0, top);
        for (float m = below; m <= below + 1; m++) {
            if (m > top) continue;
            const float e = affine_error(x, w, n, d * s, dm * m, high);
            if (e < least) {
                least = e;
                *scale = (int)s;
                *minimum = (int)m;
            }
            if (!(dm > 0)) break;
        }
    }
    return least;
}

// The two float16 that are best for given integers: normal equations over the whole block.
IN bool refit_affine(const float *x, const float *w, int group, float d, float dm, float high,
                     const k_block *block, float *scale, float *minimum) {
    double qq = 0, qm = 0, mm = 0, xq = 0, xm = 0;
    for (int j = 0; j < 256 / group; j++) {
        const float s = d * (float)block->scales[j], m = (float)block->minimums[j];
        const float inverse = s > 0 ? 1 / s : 0;
        v8 sw = 0, sq = 0, sqq = 0, swx = 0, sxq = 0;
        for (int i = group * j; i < group * (j + 1); i += 8) {
            const v8 v = load8(x + i), u = load8(w + i);
            const v8 q = clamp8(nearest8((v + dm * m) * inverse), 0, high);
            sw += u;
            sq += u * q;
            sqq += u * q * q;
            swx += u * v;
            sxq += u * v * q;
        }
        const double k = block->scales[j];
        qq += k * k * sum8(sqq);
        qm += k * m * sum8(sq);
        mm += (double)m * m * sum8(sw);
        xq += k * sum8(sxq);
        xm += m * sum8(swx);
    }
    const double determinant = qq * mm - qm * qm;
    if (mm > 0 && determinant > 1e-9 * qq * mm) {
        *scale = (float)((xq * mm - xm * qm) / determinant);
        *minimum = (float)((xq * qm - xm * qq) / determinant);
    } else if (qq > 0) {
        *scale = (float)(xq / qq);
        *minimum = 0;
    } else {
        return false;
    }
    return *scale > 0 && *minimum >= 0;
}

// x ~ d * scale * q - dm * minimum, both integers in 0 ... top.
IN void fit_k_affine(const float *x, const float *importance, float mean_square, int group, float high,
                     int steps, float top, k_block *block) {
    float w[256], scales[16], minimums[16], stiffness[16], weights[16];
    affine_fit fits[16];
    const int groups = 256 / group;
    for (int j = 0; j < groups; j++) {
        const float *v = x + group * j;
        const float own = importance ? mean_square : sum_of_squares(v, group) / (float)group;
        weigh(v, importance ? importance + group * j : NULL, own, false, group, w + group * j);
        fits[j] = fit_affine(v, w + group * j, group, high, -0.9f, 2.7f / (float)steps, steps, false);
        scales[j] = fits[j].scale;
        minimums[j] = fits[j].minimum;
        stiffness[j] = fits[j].stiffness;
        weights[j] = fits[j].weight;
    }
    float d = store_scale(fit_unit(scales, stiffness, groups, top), block->d);
    float dm = store_scale(fit_unit(minimums, weights, groups, top), block->dm);
    float error = 0;
    for (int j = 0; j < groups; j++) {
        error += choose_affine(x + group * j, w + group * j, group, fits[j], d, dm, high, top,
                               &block->scales[j], &block->minimums[j]);
    }
    for (int round = 0; round < 2; round++) {
        float scale, minimum, e = 0;
        uint8_t bits[4];
        if (!refit_affine(x, w, group, d, dm, high, block, &scale, &minimum)) break;
        scale = store_scale(scale, bits);
        minimum = store_scale(minimum, bits + 2);
        for (int j = 0; j < groups; j++) {
            e += affine_error(x + group * j, w + group * j, group, scale * (float)block->scales[j],
                              minimum * (float)block->minimums[j], high);
        }
        if (!(e < error)) break;
        error = e;
        d = scale;
        dm = minimum;
        memcpy(block->d, bits, 2);
        memcpy(block->dm, bits + 2, 2);
    }
    for (int j = 0; j < groups; j++) {
        affine_codes(x + group * j, group, d * (float)block->scales[j], dm * (float)block->minimums[j], high,
                     block->codes + group * j);
    }
}

// Four 2-bit codes a byte: element 128 r + 32 k + i in bits 2 k of byte 32 r + i.
IN void pack_pairs(const uint8_t *codes, uint8_t *q) {
    for (int r = 0; r < 2; r++) {
        for (int i = 0; i < 32; i++) {
            const uint8_t *c = codes + 128 * r + i;
            q[32 * r + i] =
                (uint8_t)((c[0] & 3) | (c[32] & 3) << 2 | (c[64] & 3) << 4 | (c[96] & 3) << 6);
        }
    }
}

IN void encode_q2_k(const float *x, const float *importance, float mean_square, uint8_t *b) {
    k_block block;
    fit_k_affine(x, importance, mean_square, 16, 3, 24, 15, &block);
    for (int j = 0; j < 16; j++) b[j] = (uint8_t)(block.scales[j] | block.minimums[j] << 4);
    pack_pairs(block.codes, b + 16);
    memcpy(b + 80, block.d, 2);
    memcpy(b + 82, block.dm, 2);
}

IN void encode_q3_k(const float *x, const float *importance, float mean_square, uint8_t *b) {
    k_block block;
    const int steps = importance ? 9 : 4;
    fit_k_symmetric(x, importance, mean_square, false, -4, 3, steps, 0.9f / (float)steps, -32, 31, &block);
    memset(b, 0, 32);
    memset(b + 96, 0, 12);
    for (int i = 0; i < 256; i++) b[i % 32] |= (uint8_t)((block.codes[i] >> 2) << i / 32);
    pack_pairs(block.codes, b + 32);
    uint8_t *s = b + 96;
    for (int j = 0; j < 16; j++) {
        const int scale = block.scales[j] + 32;
        s[j % 8] |= (uint8_t)((scale & 15) << j / 8 * 4);
        s[8 + j % 4] |= (uint8_t)((scale >> 4) << j / 4 * 2);
    }
    memcpy(b + 108, block.d, 2);
}

// Q4_K and Q5_K: the 12 bytes of scales and minimums.
IN void pack_scales(const k_block *block, uint8_t *s) {
    for (int j = 0; j < 4; j++) {
        const int scale = block->scales[j + 4], minimum = block->minimums[j + 4];
        s[j] = (uint8_t)(block->scales[j] | (scale >> 4) << 6);
        s[4 + j] = (uint8_t)(block->minimums[j] | (minimum >> 4) << 6);
        s[8 + j] = (uint8_t)((scale & 15) | (minimum & 15) << 4);
    }
}

IN void encode_q4_k(const float *x, const float *importance, float mean_square, uint8_t *b) {
    k_block block;
    fit_k_affine(x, importance, mean_square, 32, 15, 18, 63, &block);
    memcpy(b, block.d, 2);
    memcpy(b + 2, block.dm, 2);
    pack_scales(&block, b + 4);
    for (int i = 0; i < 128; i++) {
        const uint8_t *c = block.codes + 64 * (i / 32) + i % 32;
        b[16 + i] = (uint8_t)(c[0] | c[32] << 4);
    }
}

IN void encode_q5_k(const float *x, const float *importance, float mean_square, uint8_t *b) {
    k_block block;
    fit_k_affine(x, importance, mean_square, 32, 31, 18, 63, &block);
    memcpy(b, block.d, 2);
    memcpy(b + 2, block.dm, 2);
    pack_scales(&block, b + 4);
    memset(b + 16, 0, 32);
    for (int i = 0; i < 256; i++) b[16 + i % 32] |= (uint8_t)((block.codes[i] >> 4) << i / 32);
    for (int i = 0; i < 128; i++) {
        const uint8_t *c = block.codes + 64 * (i / 32) + i % 32;
        b[48 + i] = (uint8_t)((c[0] & 15) | (c[32] & 15) << 4);
    }
}

IN void encode_q6_k(const float *x, const float *importance, float mean_square, uint8_t *b) {
    k_block block;
    fit_k_symmetric(x, importance, mean_square, true, -32, 31, 9, 0.1f, -128, 127, &block);
    for (int r = 0; r < 2; r++) {
        const uint8_t *c = block.codes + 128 * r;
        for (int i = 0; i < 64; i++) b[64 * r + i] = (uint8_t)((c[i] & 15) | (c[64 + i] & 15) << 4);
        for (int i = 0; i < 32; i++) {
            b[128 + 32 * r + i] = (uint8_t)(c[i] >> 4 | (c[32 + i] >> 4) << 2 | (c[64 + i] >> 4) << 4 |
                                            (c[96 + i] >> 4) << 6);
        }
    }
    for (int j = 0; j < 16; j++) b[192 + j] = (uint8_t)(int8_t)block.scales[j];
    memcpy(b + 208, block.d, 2);
}
