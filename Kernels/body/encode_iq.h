// encode_iq.h: IQ2 and IQ3: signs apart, magnitudes from a codebook, odd scales 1, 3, ... 31 per
// group of one float16. Layouts: reference/dequantize_iq.c.

typedef struct {
    grid g;
    int group;        // elements with a scale of their own: 16 or 32
    bool even_signs;  // signs per eight are stored as seven, their number even
    float top;        // what the largest value is at most, in scales; and at the least
    float bottom;     // (a group's scale is d * (2 s + 1), s in 0 ... 15)
} iq_kind;

typedef struct {
    float x[256], w[256];  // magnitudes (a sign that could not be stored stays) and weights
    uint8_t signs[32];
    found entries[64];
    int scales[16];
    uint8_t d[2];
} iq_block;

// Best entries of a group at a scale.
IN float assign(const grid *g, const float *x, const float *w, int n, float scale, found *entries, bool new) {
    float error = 0;
    for (int i = 0; i < n; i += g->width) {
        found *entry = entries + i / g->width;
        *entry = search(g, x + i, w + i, scale, entry, new, INFINITY);
        error += entry->error;
    }
    return error;
}

IN products group_products(const grid *g, const float *x, const float *w, int n, const found *entries) {
    products sums = {0, 0};
    for (int i = 0; i < n; i += g->width) add_products(g, entries + i / g->width, x + i, w + i, &sums);
    return sums;
}

// Around the best scale without a codebook, these are tried with it.
static const float trials[3] = {1, 0.92f, 1.09f};

// The scale that suits a group best, and its entries. The largest value is at least `low` and at
// most `high` scales.
IN scale_fit fit_group(const grid *g, const float *x, const float *w, int n, float low, float high,
                       found *entries) {
    scale_fit best = {0, 0};
    const int count = n / g->width;
    found trial[8];
    for (int k = 0; k < count; k++) entries[k] = trial[k] = any_entry(g);
    const float start = free_scale(g, x, w, n, low, high, 12);
    if (!(start > 0)) return best;
    float gain = -1;
    for (int k = 0; k < 5; k++) {
        const float scale = k < 3 ? start * trials[k] : best.scale;
        if (!(scale > 0)) break;
        assign(g, x, w, n, scale, trial, k == 0);
        const products p = group_products(g, x, w, n, trial);
        if (p.qq > 0 && p.xq > 0 && p.xq * p.xq > gain * p.qq) {
            best = (scale_fit){p.xq / p.qq, p.qq};
            gain = p.xq * best.scale;
            for (int i = 0; i < count; i++) entries[i] = trial[i];
        } else if (k >= 3) {
            break;
        }
    }
    return best;
}

// scales ~ unit * (2 s + 1), s in 0 ... top
IN float fit_odd_unit(const float *scales, const float *stiffness, int n, int top) {
    float largest = 0;
    for (int j = 0; j < n; j++) largest = scales[j] > largest ? scales[j] : largest;
    if (largest < NOTHING) return 0;
    const float most = (float)(2 * top + 1);
    float best = largest / most, least = INFINITY;
    for (int k = -4; k <= 10; k++) {
        const float unit = largest / (most * (1 + 0.03f * (float)k));
        float xq = 0, qq = 0, xx = 0;
        for (int j = 0; j < n; j++) {
            const float s = 2 * clamp(nearest(0.5f * (scales[j] / unit - 1)), 0, (float)top) + 1;
            xq += stiffness[j] * scales[j] * s;
            qq += stiffness[j] * s * s;
            xx += stiffness[j] * scales[j] * scales[j];
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

// Magnitudes and signs of eight values; where the number of signs must be even, the one that
// matters least is wrong.
IN uint8_t take_signs(float *x, const float *w, bool even) {
    int signs = 0, least = 0;
    for (int i = 0; i < 8; i++) {
        if (x[i] < 0) {
            signs |= 1 << i;
            x[i] = -x[i];
        }
        if (w[i] * x[i] * x[i] < w[least] * x[least] * x[least]) least = i;
    }
    if (even && __builtin_popcount((unsigned)signs) % 2 == 1) {
        signs ^= 1 << least;
        x[least] = -x[least];
    }
    return (uint8_t)signs;
}

IN void fit_iq(const float *x, const float *importance, float mean_square, const iq_kind *kind,
               iq_block *block) {
    const grid *g = &kind->g;
    const int n = kind->group, groups = 256 / n, count = n / g->width;
    float scales[16], stiffness[16];
    weigh(x, importance, mean_square, true, 256, block->w);
    memcpy(block->x, x, sizeof block->x);
    for (int k = 0; k < 32; k++) {
        block->signs[k] = take_signs(block->x + 8 * k, block->w + 8 * k, kind->even_signs);
    }
    for (int j = 0; j < groups; j++) {
        const scale_fit fit = fit_group(g, block->x + n * j, block->w + n * j, n, kind->bottom, kind->top,
                                        block->entries + count * j);
        scales[j] = fit.scale;
        stiffness[j] = fit.stiffness;
    }
    float d = store_scale(fit_odd_unit(scales, stiffness, groups, 15), block->d);
    products all = {0, 0};
    float error = 0;
    for (int j = 0; j < groups; j++) {
        const float *v = block->x + n * j, *w = block->w + n * j;
        found *entries = block->entries + count * j, trial[8];
        const float place = d > 0 ? 0.5f * (scales[j] / d - 1) : 0;
        const int below = (int)clamp(floorf(place), 0, 15);
        float least = INFINITY;
        for (int k = 0; k < count; k++) trial[k] = entries[k];
        for (int s = below; s <= below + 1 && s <= 15; s++) {
            const float e = assign(g, v, w, n, d * (float)(2 * s + 1), trial, false);
            if (!(e < least)) continue;
            least = e;
            block->scales[j] = s;
            for (int k = 0; k < count; k++) entries[k] = trial[k];
        }
        error += least;
        const products p = group_products(g, v, w, n, entries);
        const float s = (float)(2 * block->scales[j] + 1);
        all.xq += s * p.xq;
        all.qq += s * s * p.qq;
    }
    uint8_t bits[2];
    if (!(all.qq > 0 && all.xq > 0)) return;
    const float better = store_scale(all.xq / all.qq, bits);
    found trial[64];
    memcpy(trial, block->entries, sizeof trial);
    float e = 0;
    for (int j = 0; j < groups; j++) {
        e += assign(g, block->x + n * j, block->w + n * j, n,
                    better * (float)(2 * block->scales[j] + 1), trial + count * j, false);
    }
    if (e < error) {
        memcpy(block->entries, trial, sizeof trial);
        memcpy(block->d, bits, 2);
    }
}

#define THREE_LEVELS {1, 3.125f, 5.375f}

IN void encode_iq2_xxs(const float *x, const float *importance, float mean_square, uint8_t *b) {
    const iq_kind kind = {{&sw_encode_grids()->iq2_xxs, 8, 3, THREE_LEVELS}, 32, true, 8.5f, 3.5f};
    iq_block block;
    fit_iq(x, importance, 0.5f * mean_square, &kind, &block);
    memcpy(b, block.d, 2);
    for (int j = 0; j < 8; j++) {
        uint32_t word = (uint32_t)block.scales[j] << 28;
        for (int k = 0; k < 4; k++) {
            b[2 + 8 * j + k] = (uint8_t)block.entries[4 * j + k].index;
            word |= (uint32_t)(block.signs[4 * j + k] & 127) << 7 * k;
        }
        memcpy(b + 2 + 8 * j + 4, &word, 4);
    }
}

IN void encode_iq2_xs(const float *x, const float *importance, float mean_square, uint8_t *b) {
    const iq_kind kind = {{&sw_encode_grids()->iq2_xs, 8, 3, THREE_LEVELS}, 16, true, 8, 3.5f};
    iq_block block;
    fit_iq(x, importance, 0.5f * mean_square, &kind, &block);
    memcpy(b, block.d, 2);
    for (int k = 0; k < 32; k++) {
        const uint16_t word = (uint16_t)(block.entries[k].index | (block.signs[k] & 127) << 9);
        memcpy(b + 2 + 2 * k, &word, 2);
    }
    for (int j = 0; j < 8; j++) b[66 + j] = (uint8_t)(block.scales[2 * j] | block.scales[2 * j + 1] << 4);
}

IN void encode_iq2_s(const float *x, const float *importance, float mean_square, uint8_t *b) {
    const iq_kind kind = {{&sw_encode_grids()->iq2_s, 8, 3, THREE_LEVELS}, 16, false, 8, 3.5f};
    iq_block block;
    fit_iq(x, importance, mean_square, &kind, &block);
    memcpy(b, block.d, 2);
    memcpy(b + 34, block.signs, 32);
    memset(b + 66, 0, 8);
    for (int k = 0; k < 32; k++) {
        b[2 + k] = (uint8_t)block.entries[k].index;
        b[66 + k / 4] |= (uint8_t)((block.entries[k].index >> 8) << k % 4 * 2);
    }
    for (int j = 0; j < 8; j++) b[74 + j] = (uint8_t)(block.scales[2 * j] | block.scales[2 * j + 1] << 4);
}

IN void encode_iq3_xxs(const float *x, const float *importance, float mean_square, uint8_t *b) {
    const iq_kind kind = {{&sw_encode_grids()->iq3_xxs, 4, 8, {1, 3, 5, 7, 9, 11, 13, 15.5f}}, 32, true, 19, 11};
    iq_block block;
    fit_iq(x, importance, mean_square, &kind, &block);
    memcpy(b, block.d, 2);
    for (int k = 0; k < 64; k++) b[2 + k] = (uint8_t)block.entries[k].index;
    for (int j = 0; j < 8; j++) {
        uint32_t word = (uint32_t)block.scales[j] << 28;
        for (int k = 0; k < 4; k++) word |= (uint32_t)(block.signs[4 * j + k] & 127) << 7 * k;
        memcpy(b + 66 + 4 * j, &word, 4);
    }
}

IN void encode_iq3_s(const float *x, const float *importance, float mean_square, uint8_t *b) {
    const iq_kind kind = {{&sw_encode_grids()->iq3_s, 4, 8, {1, 3, 5, 7, 9, 11, 13, 15}}, 32, false, 18, 11};
    iq_block block;
    fit_iq(x, importance, mean_square, &kind, &block);
    memcpy(b, block.d, 2);
    memset(b + 66, 0, 8);
    memcpy(b + 74, block.signs, 32);
    for (int k = 0; k < 64; k++) {
        b[2 + k] = (uint8_t)block.entries[k].index;
        b[66 + k / 8] |= (uint8_t)((block.entries[k].index >> 8) << k % 8);
    }
    for (int j = 0; j < 4; j++) b[106 + j] = (uint8_t)(block.scales[2 * j] | block.scales[2 * j + 1] << 4);
}
