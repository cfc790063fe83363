// encode_search.h: the entry of a codebook that is nearest to a few values, exactly.
//
// The weighted error of an entry is that of its first half plus that of its second. Both are
// tabulated for every pattern of levels; entries are sorted by their first half, and a run is
// only looked at when its first half plus the least second half beats the best so far.

// What codebook, of which levels, and what its scales are.
typedef struct {
    const sw_grid_order *order;
    int width;        // values an entry: 8 or 4
    int levels;       // 3 or 8
    float values[8];  // of the levels
} grid;

// The best entry of some values, with the sums from which the best scale follows.
typedef struct {
    float error;
    int first, second, index;
} found;

// Errors of the eight levels of a value.
IN v8 level_costs(v8 levels, float x, float w, float scale) {
    const v8 off = scale * levels - x;
    return w * off * off;
}

// Errors of the patterns of two values of three levels: the first eight, and the ninth.
IN float pair_costs(const grid *g, const float *x, const float *w, float scale, v8 *patterns) {
    const float a = g->values[0], b = g->values[1], c = g->values[2];
    const v8 first = {a, b, c, a, b, c, a, b}, second = {a, a, a, b, b, b, c, c};
    *patterns = level_costs(first, x[0], w[0], scale) + level_costs(second, x[1], w[1], scale);
    const float off0 = scale * c - x[0], off1 = scale * c - x[1];
    return w[0] * off0 * off0 + w[1] * off1 * off1;
}

// Errors of every pattern of a half; what is past the last pattern is infinite. The least is
// returned.
IN float half_costs(const grid *g, const float *x, const float *w, float scale, float *patterns) {
    v8 least;
    if (g->levels == 8) {
        const v8 low = level_costs(load8(g->values), x[0], w[0], scale);
        const v8 high = level_costs(load8(g->values), x[1], w[1], scale);
        least = low + high[0];
        for (int b = 0; b < 8; b++) {
            store8(patterns + 8 * b, low + high[b]);
            least = __builtin_elementwise_min(least, low + high[b]);
        }
    } else {
        v8 low, high;
        const float low_last = pair_costs(g, x, w, scale, &low);
        const float high_last = pair_costs(g, x + 2, w + 2, scale, &high);
        least = INFINITY;
        for (int b = 0; b < 9; b++) {
            const float rest = b < 8 ? high[b] : high_last;
            store8(patterns + 9 * b, low + rest);
            patterns[9 * b + 8] = low_last + rest;
            least = __builtin_elementwise_min(least, low + rest);
            least[0] = low_last + rest < least[0] ? low_last + rest : least[0];
        }
        for (int k = 81; k < SW_GRID_PATTERNS; k++) patterns[k] = INFINITY;
    }
    float floor = least[0];
    for (int i = 1; i < 8; i++) floor = least[i] < floor ? least[i] : floor;
    return floor;
}

// Looks through the entries with a first half.
IN void search_run(const sw_grid_order *order, const float *first, const float *second, int p, found *best) {
    for (int e = order->start[p]; e < order->start[p + 1]; e++) {
        const float error = first[p] + second[order->second[e]];
        if (error < best->error) *best = (found){error, p, order->second[e], order->index[e]};
    }
}

// `previous`: the entry that was best at another scale, a good bound. New: there is none, and the
// run of the best first half gives one. Entries with an error of `limit` or more do not matter; when
// there are only such, the result has that error.
IN found search(const grid *g, const float *x, const float *w, float scale, const found *previous, bool new,
                float limit) {
    float first[SW_GRID_PATTERNS], second[SW_GRID_PATTERNS];
    const float least = half_costs(g, x, w, scale, first);
    const float floor = half_costs(g, x + g->width / 2, w + g->width / 2, scale, second);
    const int patterns = g->levels == 8 ? 64 : SW_GRID_PATTERNS;
    found best = *previous;
    best.error = first[best.first] + second[best.second];
    if (best.error > limit) best.error = limit;
    if (least + floor >= best.error) return best;
    if (new) {
        int p = 0;
        while (p < patterns - 1 && first[p] != least) p++;
        search_run(g->order, first, second, p, &best);
    }
    for (int k = 0; k < patterns; k += 8) {
        const v8i open = load8(first + k) + floor < best.error;
        if (__builtin_reduce_or(open) == 0) continue;
        for (int p = k; p < k + 8; p++) {
            if (first[p] + floor < best.error) search_run(g->order, first, second, p, &best);
        }
    }
    return best;
}

// The scale that would suit a group best if every value could have any level: where to begin.
IN float free_scale(const grid *g, const float *x, const float *w, int n, float low, float high, int steps) {
    const float largest = fabsf(extreme(x, n));
    if (largest < NOTHING) return 0;
    float best = 0, gain = 0;
    for (int k = 0; k < steps; k++) {
        const float inverse = (low + (high - low) * (float)k / (float)(steps - 1)) / largest;
        v8 xq = 0, qq = 0;
        for (int i = 0; i < n; i += 8) {
            const v8 v = load8(x + i), scaled = v * inverse;
            v8 q = g->values[0];
            for (int l = 1; l < g->levels; l++) {
                q = scaled > 0.5f * (g->values[l - 1] + g->values[l]) ? (v8)g->values[l] : q;
            }
            const v8 wq = load8(w + i) * q;
            xq += wq * v;
            qq += wq * q;
        }
        const float xqs = sum8(xq), qqs = sum8(qq);
        if (qqs > 0 && xqs > 0 && xqs * xqs > gain * qqs) {
            best = xqs / qqs;
            gain = xqs * best;
        }
    }
    return best;
}

// The codebook's first entry, to start from.
IN found any_entry(const grid *g) {
    int p = 0;
    while (g->order->start[p + 1] == g->order->start[p]) p++;
    const int e = g->order->start[p];
    return (found){INFINITY, p, g->order->second[e], g->order->index[e]};
}

// Adds sums of an entry's values with the weights.
IN void add_products(const grid *g, const found *entry, const float *x, const float *w, products *sums) {
    int patterns[2] = {entry->first, entry->second};
    for (int i = 0; i < g->width; i++) {
        const int half = 2 * i / g->width;
        const float q = g->values[patterns[half] % g->levels];
        patterns[half] /= g->levels;
        sums->xq += w[i] * x[i] * q;
        sums->qq += w[i] * q * q;
    }
}
