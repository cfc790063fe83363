// attention.h: what the levels' attention kernels share: the scratch and the entries' names.
//
// Scratch of one `attend`, in floats, each section aligned to 64 bytes:
//
//   scores [SW_ATTENTION_QUERIES][SW_ATTENTION_TILE]   of the queries handled together
//   rescale[SW_ATTENTION_QUERIES]                      exp(old maximum - new maximum)
//   k      [SW_ATTENTION_TILE][key_dim, padded to 16]   the tile's keys in float32
//   v      [SW_ATTENTION_TILE][value_dim, padded to 16]
#ifndef SWINFER_ATTENTION_H
#define SWINFER_ATTENTION_H

#include "include/kernels.h"

// Queries handled together: their q, acc and scores, and one tile of K and V, stay in L2.
#define SW_ATTENTION_QUERIES 128

typedef struct sw_attention_buffers {
    float *scores, *rescale, *k, *v;
} sw_attention_buffers;

static inline sw_attention_buffers sw_attention_carve(const sw_attention *a) {
    float *p = (float *)(((uintptr_t)a->scratch + 63) & ~(uintptr_t)63);
    const size_t queries = a->queries < SW_ATTENTION_QUERIES ? a->queries : SW_ATTENTION_QUERIES;
    sw_attention_buffers b;
    b.scores = p;
    b.rescale = b.scores + queries * SW_ATTENTION_TILE;
    b.k = b.rescale + ((queries + 15) & ~(size_t)15);
    b.v = b.k + SW_ATTENTION_TILE * ((a->key_dim + 15) & ~(size_t)15);
    return b;
}

// The part of a query's range that falls into the tile [start, start + count), relative to start.
typedef struct sw_range {
    int32_t first, last;
} sw_range;

static inline sw_range sw_attention_range(const sw_attention *a, size_t query, size_t start, size_t count) {
    const int64_t first = (int64_t)a->first[query] - (int64_t)start;
    const int64_t last = (int64_t)a->last[query] - (int64_t)start;
    const int64_t n = (int64_t)count;
    const sw_range r = {(int32_t)(first < 0 ? 0 : first > n ? n : first),
                        (int32_t)(last < 0 ? 0 : last > n ? n : last)};
    return r.first < r.last ? r : (sw_range){0, 0};
}

#endif
