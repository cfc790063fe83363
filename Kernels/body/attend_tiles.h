// attend_tiles.h: the two matrix products of attention as register tiles.
//
// Both add each query's terms in one order, whatever the tile's shape: a score's products go to
// its own accumulator along the dimensions and its lanes are added by vf_sums; an output adds
// its keys one by one. So a query's result does not depend on its neighbours.
#ifndef SWINFER_BODY_ATTEND_TILES_H
#define SWINFER_BODY_ATTEND_TILES_H

// Keys whose rows stay in L1 while all queries pass.
#define SW_KEY_GROUP 16

// Rows of a tile, float16 or float32. While they are used, as many rows of `ahead_bytes` at
// `ahead` are called into L2: the compute of few queries hides the memory only if both overlap.
// `copy` (or NULL) takes SW_KEY_GROUP keys in float32.
typedef struct rows_view {
    const char *rows, *ahead;
    size_t stride, ahead_stride, ahead_bytes;
    float *copy;
    size_t copy_stride;
    bool half;
} rows_view;

SW_INLINE void call_ahead(const char *row, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) vf_prefetch(row + i);
}

SW_INLINE vf cache_load(const bool half, const char *row, size_t i) {
    return half ? vf_load_half(row + 2 * i) : vf_load((const float *)row + i);
}

// Row y of the keys, elements i and on; copying, also kept in float32 for the next queries.
SW_INLINE vf key_load(const bool half, const bool copying, rows_view k, size_t y, size_t i) {
    const vf v = cache_load(half, k.rows + y * k.stride, i);
    if (copying) vf_store(k.copy + y * k.copy_stride + i, v);
    return v;
}

// One step along the dimensions: QT x KT accumulators take VF_WIDTH products each.
SW_INLINE void score_step(const int QT, const int KT, const bool half, const bool copying, const float *q,
                          size_t q_stride, size_t part, rows_view k, size_t i, vf acc[VF_TILE]) {
    if (QT >= KT) {
        vf kv[VF_TILE];
        SW_UNROLL for (int y = 0; y < KT; y++) kv[y] = key_load(half, copying, k, (size_t)y, i);
        SW_UNROLL for (int x = 0; x < QT; x++) {
            const float *row = q + (size_t)x * q_stride + i;
            const vf qv = part != 0 ? vf_load_part(row, part) : vf_load(row);
            SW_UNROLL for (int y = 0; y < KT; y++) acc[x * KT + y] = vf_fma(qv, kv[y], acc[x * KT + y]);
        }
    } else {
        vf qv[VF_TILE];
        SW_UNROLL for (int x = 0; x < QT; x++) {
            const float *row = q + (size_t)x * q_stride + i;
            qv[x] = part != 0 ? vf_load_part(row, part) : vf_load(row);
        }
        SW_UNROLL for (int y = 0; y < KT; y++) {
            const vf kv = key_load(half, copying, k, (size_t)y, i);
            SW_UNROLL for (int x = 0; x < QT; x++) acc[x * KT + y] = vf_fma(qv[x], kv, acc[x * KT + y]);
        }
    }
}

// out[x][y] = q[x] . k[y], x < QT, y < VF_TILE / QT; rows of out are SW_ATTENTION_TILE apart.
SW_INLINE void score_tile(const int QT, const bool half, const bool copying, const float *q, size_t q_stride,
                          const rows_view *group, size_t key, size_t dim, float *out) {
    const int KT = VF_TILE / QT;
    rows_view k = *group;
    k.rows += key * k.stride;
    if (copying) k.copy += key * k.copy_stride;
    vf acc[VF_TILE];
    SW_UNROLL for (int i = 0; i < VF_TILE; i++) acc[i] = vf_zero();
    size_t i = 0;
    for (; i + VF_WIDTH <= dim; i += VF_WIDTH) score_step(QT, KT, half, copying, q, q_stride, 0, k, i, acc);
    if (i < dim) score_step(QT, KT, half, copying, q, q_stride, dim - i, k, i, acc);
    SW_UNROLL for (int t = 0; t < VF_TILE; t += VF_WIDTH) {
        float *row = out + t / KT * SW_ATTENTION_TILE + t % KT;
        const vf sums = vf_sums(acc + t);
        if (KT >= VF_WIDTH) vf_store(row, sums);
        else vf_store_rows(row, SW_ATTENTION_TILE, sums, KT);
    }
}

// Scores of QT queries and SW_KEY_GROUP keys. Rows of k must be readable up to dim rounded to
// VF_WIDTH, and zero there.
SW_INLINE void score_group(const int QT, const bool half, const bool copying, const float *q, size_t q_stride,
                           const rows_view *k, size_t dim, float *out) {
    const size_t KT = VF_TILE / QT;
    for (size_t key = 0; key < SW_KEY_GROUP; key += KT) {
        for (size_t y = key; y < key + KT; y++) call_ahead(k->ahead + y * k->ahead_stride, k->ahead_bytes);
        score_tile(QT, half, copying, q, q_stride, k, key, dim, out + key);
    }
}

typedef void (*score_function)(const float *q, size_t q_stride, const rows_view *k, size_t dim, float *out);

#define SW_SCORES(name, QT, half, copying)                                                             \
    static void name(const float *q, size_t q_stride, const rows_view *k, size_t dim, float *out) {    \
        score_group(QT, half, copying, q, q_stride, k, dim, out);                                      \
    }
#define SW_SCORE_SET(QT)                                                                               \
    SW_SCORES(scores##QT, QT, false, false)                                                            \
    SW_SCORES(scores##QT##_half, QT, true, false)                                                      \
    SW_SCORES(scores##QT##_copy, QT, false, true)                                                      \
    SW_SCORES(scores##QT##_half_copy, QT, true, true)
#define SW_SCORE_NAMES(QT) {scores##QT, scores##QT##_half, scores##QT##_copy, scores##QT##_half_copy}
SW_SCORE_SET(1)
SW_SCORE_SET(2)
#if VF_QUERIES == 4
SW_SCORE_SET(4)
#endif

// By queries (1, 2, 4) and kind: half + 2 copying.
static const score_function score_functions[][4] = {
    SW_SCORE_NAMES(1),
    SW_SCORE_NAMES(2),
#if VF_QUERIES == 4
    SW_SCORE_NAMES(4),
#endif
};

// acc[x][0..<CT vectors] = acc[x] * rescale[x] + sum over keys of weights[x][key] * v[key], keys
// first to last in order. `part`: elements of the only vector, 0 for whole ones.
SW_INLINE void value_tile(const int QT, const int CT, const bool half, const float *weights,
                          const float *rescale, const rows_view *v, size_t column, size_t part,
                          sw_range keys, float *acc, size_t acc_stride) {
    vf sum[4 * 8];
    SW_UNROLL for (int x = 0; x < QT; x++) {
        const float *row = acc + (size_t)x * acc_stride + column;
        const vf factor = vf_set1(rescale[x]);
        SW_UNROLL for (int c = 0; c < CT; c++) {
            const vf old = part != 0 ? vf_load_part(row, part) : vf_load(row + c * VF_WIDTH);
            sum[x * CT + c] = vf_mul(old, factor);
        }
    }
    const char *row = v->rows + (size_t)keys.first * v->stride;
    const char *ahead = v->ahead + (size_t)keys.first * v->ahead_stride;
    for (int32_t key = keys.first; key < keys.last; key++, row += v->stride, ahead += v->ahead_stride) {
        call_ahead(ahead, v->ahead_bytes);
        vf value[8];
        SW_UNROLL for (int c = 0; c < CT; c++)
            value[c] = cache_load(half, row, column + (size_t)c * VF_WIDTH);
        SW_UNROLL for (int x = 0; x < QT; x++) {
            const vf weight = vf_set1(weights[x * SW_ATTENTION_TILE + key]);
            SW_UNROLL for (int c = 0; c < CT; c++)
                sum[x * CT + c] = vf_fma(weight, value[c], sum[x * CT + c]);
        }
    }
    SW_UNROLL for (int x = 0; x < QT; x++) {
        float *row = acc + (size_t)x * acc_stride + column;
        SW_UNROLL for (int c = 0; c < CT; c++) {
            if (part != 0) vf_store_part(row, sum[x * CT + c], part);
            else vf_store(row + c * VF_WIDTH, sum[x * CT + c]);
        }
    }
}

typedef void (*value_function)(const float *weights, const float *rescale, const rows_view *v, size_t column,
                               size_t part, sw_range keys, float *acc, size_t acc_stride);

#define SW_VALUES(name, QT, CT, half, PART)                                                            \
    static void name(const float *weights, const float *rescale, const rows_view *v, size_t column,    \
                     size_t part, sw_range keys, float *acc, size_t acc_stride) {                      \
        (void)part;                                                                                    \
        value_tile(QT, CT, half, weights, rescale, v, column, PART, keys, acc, acc_stride);            \
    }
// Four widths each: 8 or VF_COLUMNS vectors, two, one, and a part of one.
#define SW_VALUE_SET(QT, CT)                                                                           \
    SW_VALUES(values##QT, QT, CT, false, 0)                                                            \
    SW_VALUES(values##QT##_half, QT, CT, true, 0)                                                      \
    SW_VALUES(values##QT##_one, QT, 1, false, 0)                                                       \
    SW_VALUES(values##QT##_one_half, QT, 1, true, 0)                                                   \
    SW_VALUES(values##QT##_part, QT, 1, false, part)
SW_VALUE_SET(1, 8)
SW_VALUE_SET(2, 4)
SW_VALUE_SET(4, VF_COLUMNS)

#endif
