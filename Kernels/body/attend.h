// attend.h: blocked online softmax attention, for decode and prefill alike.
//
// The cache is walked in tiles of SW_ATTENTION_TILE keys. Per tile and up to SW_ATTENTION_QUERIES
// queries: all scores (register tiles of queries x keys), the softmax weights of every query, then
// the weighted values (register tiles of queries x columns). Rows of float16 and float32 are read
// where they lie; quantized ones, and the values of many queries, are converted to float32 first.
#ifndef SWINFER_BODY_ATTEND_H
#define SWINFER_BODY_ATTEND_H

#include "attend_tiles.h"
#include "attend_rows.h"

// From this many queries on a converted tile of values pays for its stores.
#define SW_CONVERT_FROM 24

// Rows of one of the caches.
typedef struct cache_rows {
    int type;
    const char *rows;
    size_t stride, dim;
} cache_rows;

static size_t row_bytes(cache_rows c) {
    return c.type == SW_F16    ? 2 * c.dim
           : c.type == SW_Q8_0 ? c.dim / 32 * 34
           : c.type == SW_Q4_0 ? c.dim / 32 * 18
                               : 4 * c.dim;
}

// The tile's rows as float32 or float16 with whole vectors, converted where they are not. The rows
// `ahead` are called into the cache by the conversion, or else left to the use of the view.
static rows_view view_rows(cache_rows c, sw_range keys, bool direct, float *buffer, cache_rows ahead) {
    const size_t padded = (c.dim + 15) & ~(size_t)15;
    if (direct && c.dim % VF_WIDTH == 0 && (c.type == SW_F16 || c.type == SW_F32))
        return (rows_view){.rows = c.rows,
                           .stride = c.stride,
                           .half = c.type == SW_F16,
                           .copy = buffer,
                           .copy_stride = padded,
                           .ahead = ahead.rows,
                           .ahead_stride = ahead.stride,
                           .ahead_bytes = row_bytes(ahead)};
    unpack_rows(c.type, c.rows, c.stride, keys.first, keys.last, c.dim, buffer, padded,
                ahead.rows, ahead.stride, row_bytes(ahead));
    return (rows_view){.rows = (const char *)buffer, .stride = padded * sizeof(float), .ahead = c.rows};
}

// The lines of each row ahead that step `step` of `steps` calls, so that memory is asked evenly.
static void share_ahead(rows_view *view, size_t bytes, size_t step, size_t steps) {
    const size_t lines = (bytes + 63) / 64, first = lines * step / steps;
    view->ahead += 64 * first;
    view->ahead_bytes = 64 * (lines * (step + 1) / steps - first);
}

// What the queries handled together see of a tile: each, groups of four, and all of them.
typedef struct tile_ranges {
    sw_range query[SW_ATTENTION_QUERIES], group[SW_ATTENTION_QUERIES / 4], all;
} tile_ranges;

static sw_range join(sw_range a, sw_range b) {
    if (a.last == 0) return b;
    if (b.last == 0) return a;
    return (sw_range){a.first < b.first ? a.first : b.first, a.last > b.last ? a.last : b.last};
}

static void find_ranges(const sw_attention *a, size_t start, size_t from, size_t count, tile_ranges *r) {
    const size_t left = a->keys - start, keys = left < SW_ATTENTION_TILE ? left : SW_ATTENTION_TILE;
    r->all = (sw_range){0, 0};
    for (size_t i = 0; i < count; i++) {
        r->query[i] = sw_attention_range(a, from + i, start, keys);
        r->group[i / 4] = i % 4 == 0 ? r->query[i] : join(r->group[i / 4], r->query[i]);
        r->all = join(r->all, r->query[i]);
    }
}

// Queries of the next register tile, when `left` remain and a tile takes `largest`.
SW_INLINE size_t tile_queries(size_t left, size_t largest) {
    return left >= 4 && largest >= 4 ? 4 : left >= 2 ? 2 : 1;
}

// The first queries of several read float16 keys, the others their copy in L1.
static void score_all(const sw_attention *a, size_t from, size_t count, const tile_ranges *ranges,
                      rows_view k, float *scores) {
    const sw_range keys = ranges->all;
    for (int32_t key = keys.first / SW_KEY_GROUP * SW_KEY_GROUP; key < keys.last; key += SW_KEY_GROUP) {
        rows_view rows = k;
        rows.rows += (size_t)key * k.stride;
        rows.ahead += (size_t)key * k.ahead_stride;
        const char *const ahead = rows.ahead;
        for (size_t i = 0, n; i < count; i += n) {
            n = tile_queries(count - i, VF_QUERIES);
            const sw_range wanted = ranges->group[i / 4];
            if (wanted.last <= key || wanted.first >= key + SW_KEY_GROUP) continue;
            rows.ahead = ahead;
            share_ahead(&rows, k.ahead_bytes, i / VF_QUERIES, (count + VF_QUERIES - 1) / VF_QUERIES);
            const bool copying = rows.copy != NULL && i + n < count;
            const score_function score = score_functions[n / 2][rows.half + 2 * copying];
            score(a->q + (from + i) * a->q_stride, a->q_stride, &rows, a->key_dim,
                  scores + i * SW_ATTENTION_TILE + key);
            if (!copying) continue;
            rows.rows = (const char *)rows.copy;
            rows.stride = rows.copy_stride * sizeof(float);
            rows.copy = NULL;
            rows.half = false;
        }
    }
}

// Keys lo to hi of a row of scores, multiples of VF_WIDTH.
typedef struct span {
    int32_t lo, hi;
} span;

static span whole_vectors(sw_range keys) {
    return (span){keys.first / VF_WIDTH * VF_WIDTH, (keys.last + VF_WIDTH - 1) / VF_WIDTH * VF_WIDTH};
}

// Products to scores, -infinity for keys the query does not see. Returns the new maximum.
static float score_row(const sw_attention *a, sw_range seen, span keys, float old, float *s) {
    const vf first = vf_set1((float)seen.first), last = vf_set1((float)seen.last);
    const vf none = vf_set1(-INFINITY), scale = vf_set1(a->scale), cap = vf_set1(a->softcap);
    const bool edge = keys.lo < seen.first || keys.hi > seen.last;
    vf top = vf_set1(old);
    for (int32_t j = keys.lo; j < keys.hi; j += VF_WIDTH) {
        vf x = vf_mul(vf_load(s + j), scale);
        if (a->softcap != 0) x = vf_mul(cap, vf_tanh(vf_div(x, cap)));
        if (edge) {
            const vf index = vf_add(vf_iota(), vf_set1((float)j));
            x = vf_select_less(index, first, none, vf_select_less(index, last, x, none));
        }
        vf_store(s + j, x);
        top = vf_max(x, top);
    }
    return vf_hmax(top);
}

// Scores to weights exp(score - base). Returns their sum.
static float weigh_row(span keys, float base, float *s) {
    vf sum = vf_zero();
    for (int32_t j = keys.lo; j < keys.hi; j += VF_WIDTH) {
        const vf x = vf_exp(vf_sub(vf_load(s + j), vf_set1(base)));
        vf_store(s + j, x);
        sum = vf_add(sum, x);
    }
    return vf_hsum(sum);
}

// The queries' maxima move from m to top; l is brought to them. rescale = exp(m - top).
// Where top is still -infinity, exp(score - top) would be NaN: base is 0, all weights are 0.
static void move_maxima(size_t count, float *m, float *l, const float *top, float *base, float *rescale) {
    for (size_t i = 0; i < count; i += VF_WIDTH) {
        const size_t n = count - i < VF_WIDTH ? count - i : VF_WIDTH;
        const vf lowest = vf_set1(-INFINITY), new = vf_load(top + i);
        const vf old = n == VF_WIDTH ? vf_load(m + i) : vf_load_part(m + i, n);
        const vf sum = n == VF_WIDTH ? vf_load(l + i) : vf_load_part(l + i, n);
        const vf from = vf_select_less(lowest, new, new, vf_zero());
        const vf factor = vf_select_less(old, new, vf_exp(vf_sub(old, from)), vf_set1(1));
        vf_store(base + i, from);
        vf_store(rescale + i, factor);
        if (n == VF_WIDTH) {
            vf_store(m + i, new);
            vf_store(l + i, vf_mul(sum, factor));
        } else {
            vf_store_part(m + i, new, n);
            vf_store_part(l + i, vf_mul(sum, factor), n);
        }
    }
}

// Products to softmax weights for all queries; m and l move on. rescale: what acc must take.
static void weigh_all(const sw_attention *a, size_t from, size_t count, const tile_ranges *ranges,
                      float *scores, float *rescale) {
    float top[SW_ATTENTION_QUERIES + VF_WIDTH], base[SW_ATTENTION_QUERIES + VF_WIDTH];
    float *m = a->m + from, *l = a->l + from;
    for (size_t i = 0; i < count; i++)
        top[i] = score_row(a, ranges->query[i], whole_vectors(ranges->group[i / 4]), m[i],
                           scores + i * SW_ATTENTION_TILE);
    for (size_t i = count; i % VF_WIDTH != 0; i++) top[i] = -INFINITY;
    move_maxima(count, m, l, top, base, rescale);
    for (size_t i = 0; i < count; i++)
        l[i] += weigh_row(whole_vectors(ranges->group[i / 4]), base[i], scores + i * SW_ATTENTION_TILE);
}

// All columns of the values for one register tile of n queries.
static void values_of(const sw_attention *a, size_t query, size_t n, sw_range keys, const float *weights,
                      const float *rescale, rows_view v, size_t column, size_t end) {
    static const size_t widths[] = {8, 4, VF_COLUMNS};
    const size_t which = n == 4 ? 2 : n - 1, wide = widths[which] * VF_WIDTH;
    static const value_function many[3][2] = {
        {values1, values1_half}, {values2, values2_half}, {values4, values4_half}};
    static const value_function one[3][2] = {
        {values1_one, values1_one_half}, {values2_one, values2_one_half}, {values4_one, values4_one_half}};
    static const value_function part[3] = {values1_part, values2_part, values4_part};
    float *acc = a->acc + query * a->acc_stride;
    while (column < end) {
        const size_t left = end - column;
        const size_t width = left >= wide ? wide : left >= VF_WIDTH ? VF_WIDTH : left;
        const value_function f = left >= wide       ? many[which][v.half]
                                 : left >= VF_WIDTH ? one[which][v.half]
                                                    : part[which];
        rows_view columns = v;
        share_ahead(&columns, v.ahead_bytes, column / wide, (a->value_dim + wide - 1) / wide);
        f(weights, rescale, &columns, column, width, keys, acc, a->acc_stride);
        column += width;
    }
}

static void attend_tile(const sw_attention *a, size_t start, size_t from, size_t count,
                        const tile_ranges *ranges, sw_attention_buffers b) {
    const cache_rows keys = {a->k_type, (const char *)a->k + start * a->k_stride, a->k_stride, a->key_dim};
    const cache_rows values = {a->v_type, (const char *)a->v + start * a->v_stride, a->v_stride,
                               a->value_dim};
    cache_rows next = keys;
    if (start + SW_ATTENTION_TILE < a->keys) next.rows += SW_ATTENTION_TILE * keys.stride;
    else next.dim = 0;
    // A last, shorter tile is converted too: tiles of scores read whole groups of keys.
    const bool whole = a->keys - start >= SW_ATTENTION_TILE, few = count < SW_CONVERT_FROM;
    const rows_view k = view_rows(keys, ranges->all, whole, b.k, values);
    score_all(a, from, count, ranges, k, b.scores);
    weigh_all(a, from, count, ranges, b.scores, b.rescale);
    const bool same = values.rows == keys.rows && values.type == keys.type &&
                      values.stride == keys.stride && values.dim <= keys.dim && k.rows == (const char *)b.k;
    const rows_view v = same ? k : view_rows(values, ranges->all, few, b.v, next);
    // A group of columns of all the tile's rows stays in L1 while all queries pass.
    const size_t group = VF_COLUMNS * VF_WIDTH * (few ? SW_MAX_HEAD_DIM : 1);
    for (size_t column = 0; column < a->value_dim; column += group) {
        const size_t end = a->value_dim - column < group ? a->value_dim : column + group;
        for (size_t i = 0, n; i < count; i += n) {
            n = tile_queries(count - i, 4);
            if (ranges->group[i / 4].last == 0) continue;
            rows_view columns = v;
            share_ahead(&columns, v.ahead_bytes, i / 4, (count + 3) / 4);
            values_of(a, from + i, n, ranges->group[i / 4], b.scores + i * SW_ATTENTION_TILE, b.rescale + i,
                      columns, column, end);
        }
    }
}

static void attend(const sw_attention *a) {
    const sw_attention_buffers buffers = sw_attention_carve(a);
    tile_ranges ranges;
    for (size_t from = 0; from < a->queries; from += SW_ATTENTION_QUERIES) {
        const size_t rest = a->queries - from;
        const size_t count = rest < SW_ATTENTION_QUERIES ? rest : SW_ATTENTION_QUERIES;
        for (size_t start = 0; start < a->keys; start += SW_ATTENTION_TILE) {
            find_ranges(a, start, from, count, &ranges);
            if (ranges.all.last != 0) attend_tile(a, start, from, count, &ranges, buffers);
        }
    }
}

#endif
