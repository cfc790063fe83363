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

typedef float v4 __attribute__((ext_vector_type(4)));
typedef bool b8 __attribute__((ext_vector_type(8)));

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

IN float least8(v8 v) {
    const v4 half = __builtin_elementwise_min(v.lo, v.hi);
    const __auto_type quarter = __builtin_elementwise_min(half.lo, half.hi);
    return quarter.x < quarter.y ? quarter.x : quarter.y;
}

// Errors of what a half is put together from, from which the tables of patterns are made: of three levels
// pairs of values with nine patterns each, of eight levels single values.
typedef struct {
    float low[9], high[9];
    float least;  // of all patterns of the half
} half_parts;

IN half_parts half_costs(const grid *g, const float *x, const float *w, float scale) {
    half_parts parts;
    v8 low, high;
    if (g->levels == 8) {
        low = level_costs(load8(g->values), x[0], w[0], scale);
        high = level_costs(load8(g->values), x[1], w[1], scale);
        parts.low[8] = parts.high[8] = INFINITY;
    } else {
        parts.low[8] = pair_costs(g, x, w, scale, &low);
        parts.high[8] = pair_costs(g, x + 2, w + 2, scale, &high);
    }
    store8(parts.low, low);
    store8(parts.high, high);
    const float a = least8(low), b = least8(high);
    parts.least = (parts.low[8] < a ? parts.low[8] : a) + (parts.high[8] < b ? parts.high[8] : b);
    return parts;
}

IN float pattern_cost(const grid *g, const half_parts *parts, int pattern) {
    const int base = g->levels == 8 ? 8 : 9;
    return parts->low[pattern % base] + parts->high[pattern / base];
}

// Errors of every pattern of a half; what is past the last pattern is infinite.
IN void half_table(const grid *g, const half_parts *parts, float *patterns) {
    const v8 low = load8(parts->low);
    if (g->levels == 8) {
        for (int b = 0; b < 8; b++) store8(patterns + 8 * b, low + parts->high[b]);
        return;
    }
    for (int b = 0; b < 9; b++) {
        store8(patterns + 9 * b, low + parts->high[b]);
        patterns[9 * b + 8] = parts->low[8] + parts->high[b];
    }
    for (int k = 81; k < SW_GRID_PATTERNS; k++) patterns[k] = INFINITY;
}

// A bit for each of eight comparisons that hold.
IN unsigned mask8(v8i holds) {
    const b8 set = __builtin_convertvector(holds, b8);
    uint8_t bits;
    memcpy(&bits, &set, 1);
    return bits;
}

IN float less(float a, float b) { return a < b ? a : b; }

// Looks through the entries with a first half, four at a time: few of them are better than the best.
IN void search_run(const sw_grid_order *order, const float *first, const float *second, int p, found *best) {
    const int end = order->start[p + 1];
    const uint8_t *half = order->second;
    float error = best->error;
    int place = -1;
    for (int e = order->start[p]; e < end; e += 4) {
        const int count = end - e < 4 ? end - e : 4;
        if (count == 4) {
            const float a = first[p] + second[half[e]], b = first[p] + second[half[e + 1]];
            const float c = first[p] + second[half[e + 2]], d = first[p] + second[half[e + 3]];
            if (!(less(less(a, b), less(c, d)) < error)) continue;
        }
        for (int k = e; k < e + count; k++) {
            const float own = first[p] + second[half[k]];
            if (!(own < error)) continue;
            error = own;
            place = k;
        }
    }
    if (place >= 0) *best = (found){error, p, half[place], order->index[place]};
}

// `previous`: the entry that was best at another scale, a good bound. New: there is none, and the
// run of the best first half gives one. Entries with an error of `limit` or more do not matter; when
// there are only such, the result has that error.
IN found search_parts(const grid *g, const half_parts *head, const half_parts *tail, const found *previous,
                      bool new, float limit) {
    found best = *previous;
    best.error = pattern_cost(g, head, best.first) + pattern_cost(g, tail, best.second);
    if (best.error > limit) best.error = limit;
    if (head->least + tail->least >= best.error) return best;
    float first[SW_GRID_PATTERNS], second[SW_GRID_PATTERNS];
    half_table(g, head, first);
    half_table(g, tail, second);
    const int patterns = g->levels == 8 ? 64 : SW_GRID_PATTERNS;
    if (new) {
        int k = 0;
        unsigned least = 0;
        for (; k < patterns && least == 0; k += 8) least = mask8(load8(first + k) <= head->least);
        search_run(g->order, first, second, k - 8 + __builtin_ctz(least), &best);
    }
    for (int k = 0; k < patterns; k += 8) {
        for (unsigned open = mask8(load8(first + k) + tail->least < best.error); open; open &= open - 1) {
            const int p = k + __builtin_ctz(open);
            if (first[p] + tail->least < best.error) search_run(g->order, first, second, p, &best);
        }
    }
    return best;
}

IN found search(const grid *g, const float *x, const float *w, float scale, const found *previous, bool new,
                float limit) {
    const half_parts head = half_costs(g, x, w, scale);
    const half_parts tail = half_costs(g, x + g->width / 2, w + g->width / 2, scale);
    return search_parts(g, &head, &tail, previous, new, limit);
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
