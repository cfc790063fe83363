// encode_iq1.h: IQ1_S and IQ1_M: values -1, 0, 1 from a codebook, moved by an eighth up or down,
// odd scales 1, 3, ... 15 per group of one float16. Layouts: reference/dequantize_iq.c.

// Entries of up to four eights for both shifts, and which shift is taken.
typedef struct {
    found both[2][4];
    uint8_t down[4];
} shifted;

typedef struct {
    grid up, down, flat;  // flat: between the two
    int group;   // elements with a scale of their own: 32 or 16
    bool apart;  // every eight has a shift of its own, else a group has
} iq1_kind;

IN float assign_shifted(const iq1_kind *kind, const float *x, const float *w, float scale, shifted *s,
                        bool new) {
    const int count = kind->group / 8;
    // What won last is searched first, and is the limit for the other shift.
    float error = 0, other = 0;
    for (int k = 0; k < count; k++) {
        const int shift = s->down[k];
        found *entry = &s->both[shift][k], *rival = &s->both[!shift][k];
        *entry = search(shift ? &kind->down : &kind->up, x + 8 * k, w + 8 * k, scale, entry, new, INFINITY);
        error += entry->error;
        if (!kind->apart) continue;
        *rival = search(shift ? &kind->up : &kind->down, x + 8 * k, w + 8 * k, scale, rival, new, entry->error);
        if (!(rival->error < entry->error)) continue;
        error += rival->error - entry->error;
        s->down[k] = (uint8_t)!shift;
    }
    if (kind->apart) return error;
    // The other shift for all eights: none of them can lose less than its best patterns without a codebook, so
    // what is left for one is the group's error less what the others must lose.
    const int shift = s->down[0];
    const grid *moved = shift ? &kind->up : &kind->down;
    half_parts parts[4][2];
    float rest[5];
    rest[count] = 0;
    for (int k = count - 1; k >= 0; k--) {
        for (int half = 0; half < 2; half++) {
            parts[k][half] = half_costs(moved, x + 8 * k + 4 * half, w + 8 * k + 4 * half, scale);
        }
        rest[k] = rest[k + 1] + parts[k][0].least + parts[k][1].least;
        if (!(rest[k] < error)) return error;
    }
    for (int k = 0; k < count; k++) {
        found *rival = &s->both[!shift][k];
        const float limit = error - other - rest[k + 1];
        *rival = search_parts(moved, &parts[k][0], &parts[k][1], rival, new, limit);
        if (!(rival->error < limit)) return error;
        other += rival->error;
    }
    if (!(other < error)) return error;
    for (int k = 0; k < count; k++) s->down[k] = (uint8_t)!shift;
    return other;
}

IN products shifted_products(const iq1_kind *kind, const float *x, const float *w, const shifted *s) {
    products sums = {0, 0};
    for (int k = 0; k < kind->group / 8; k++) {
        add_products(s->down[k] ? &kind->down : &kind->up, &s->both[s->down[k]][k], x + 8 * k, w + 8 * k, &sums);
    }
    return sums;
}

IN scale_fit fit_shifted(const iq1_kind *kind, const float *x, const float *w, shifted *s) {
    scale_fit best = {0, 0};
    for (int k = 0; k < 4; k++) {
        s->both[0][k] = s->both[1][k] = any_entry(&kind->up);
        s->down[k] = 0;
    }
    const float start = free_scale(&kind->flat, x, w, kind->group, 1.05f, 3.5f, 10);
    if (!(start > 0)) return best;
    shifted trial = *s;
    float gain = -1;
    for (int k = 0; k < 3; k++) {
        const float scale = k < 2 ? start * trials[k] : best.scale;
        if (!(scale > 0)) break;
        assign_shifted(kind, x, w, scale, &trial, k == 0);
        const products p = shifted_products(kind, x, w, &trial);
        if (p.qq > 0 && p.xq > 0 && p.xq * p.xq > gain * p.qq) {
            best = (scale_fit){p.xq / p.qq, p.qq};
            gain = p.xq * best.scale;
            *s = trial;
        }
    }
    return best;
}

typedef struct {
    shifted groups[16];
    int scales[16];
    uint8_t d[2];
} iq1_block;

IN void fit_iq1(const float *x, const float *importance, float mean_square, const iq1_kind *kind,
                iq1_block *block) {
    const int n = kind->group, groups = 256 / n;
    float w[256], scales[16], stiffness[16];
    weigh(x, importance, mean_square, true, 256, w);
    for (int j = 0; j < groups; j++) {
        const scale_fit fit = fit_shifted(kind, x + n * j, w + n * j, &block->groups[j]);
        scales[j] = fit.scale;
        stiffness[j] = fit.stiffness;
    }
    const float d = store_scale(fit_odd_unit(scales, stiffness, groups, 7), block->d);
    products all = {0, 0};
    float error = 0;
    for (int j = 0; j < groups; j++) {
        const float place = d > 0 ? 0.5f * (scales[j] / d - 1) : 0;
        const int below = (int)clamp(floorf(place), 0, 7);
        float least = INFINITY;
        shifted trial = block->groups[j];
        for (int s = below; s <= below + 1 && s <= 7; s++) {
            const float e = assign_shifted(kind, x + n * j, w + n * j, d * (float)(2 * s + 1), &trial, false);
            if (!(e < least)) continue;
            least = e;
            block->scales[j] = s;
            block->groups[j] = trial;
        }
        error += least;
        const products p = shifted_products(kind, x + n * j, w + n * j, &block->groups[j]);
        const float s = (float)(2 * block->scales[j] + 1);
        all.xq += s * p.xq;
        all.qq += s * s * p.qq;
    }
    if (!(all.qq > 0 && all.xq > 0)) return;
    uint8_t bits[2];
    const float better = store_scale(all.xq / all.qq, bits);
    shifted trial[16];
    memcpy(trial, block->groups, sizeof trial);
    float e = 0;
    for (int j = 0; j < groups; j++) {
        e += assign_shifted(kind, x + n * j, w + n * j, better * (float)(2 * block->scales[j] + 1), &trial[j],
                            false);
    }
    if (e < error) {
        memcpy(block->groups, trial, sizeof trial);
        memcpy(block->d, bits, 2);
    }
}

#define UP {-0.875f, 0.125f, 1.125f}
#define FLAT {-1, 0, 1}
#define DOWN {-1.125f, -0.125f, 0.875f}

IN int shifted_index(const shifted *s, int k) { return s->both[s->down[k]][k].index; }

IN void encode_iq1_s(const float *x, const float *importance, float mean_square, uint8_t *b) {
    const sw_grid_order *order = &sw_encode_grids()->iq1;
    const iq1_kind kind = {{order, 8, 3, UP}, {order, 8, 3, DOWN}, {order, 8, 3, FLAT}, 32, false};
    iq1_block block;
    fit_iq1(x, importance, mean_square, &kind, &block);
    memcpy(b, block.d, 2);
    for (int j = 0; j < 8; j++) {
        const shifted *s = &block.groups[j];
        int high = block.scales[j] << 12 | s->down[0] << 15;
        for (int k = 0; k < 4; k++) {
            b[2 + 4 * j + k] = (uint8_t)shifted_index(s, k);
            high |= (shifted_index(s, k) >> 8) << 3 * k;
        }
        b[34 + 2 * j] = (uint8_t)high;
        b[35 + 2 * j] = (uint8_t)(high >> 8);
    }
}

IN void encode_iq1_m(const float *x, const float *importance, float mean_square, uint8_t *b) {
    const sw_grid_order *order = &sw_encode_grids()->iq1;
    const iq1_kind kind = {{order, 8, 3, UP}, {order, 8, 3, DOWN}, {order, 8, 3, FLAT}, 16, true};
    iq1_block block;
    fit_iq1(x, importance, mean_square, &kind, &block);
    uint16_t words[4];
    for (int i = 0; i < 4; i++) words[i] = (uint16_t)((sw_load16(block.d) >> 4 * i & 15) << 12);
    for (int j = 0; j < 16; j++) {
        const shifted *s = &block.groups[j];
        words[j / 4] |= (uint16_t)(block.scales[j] << j % 4 * 3);
        int high = 0;
        for (int k = 0; k < 2; k++) {
            b[2 * j + k] = (uint8_t)shifted_index(s, k);
            high |= (shifted_index(s, k) >> 8 | s->down[k] << 3) << 4 * k;
        }
        b[32 + j] = (uint8_t)high;
    }
    memcpy(b + 48, words, 8);
}
