// attention_scalar.c: one query, one key, one element at a time.
//
// Tiles of SW_ATTENTION_TILE keys, as in the vector versions: the maximum of a tile's scores is
// taken first, so that the weights need one exponential each and the state one rescale a tile.
#include "../attention.h"
#include "../vector.h"

#include <math.h>
#include <string.h>

size_t sw_attention_scratch(size_t queries, size_t keys) {
    (void)keys;
    const size_t together = queries < SW_ATTENTION_QUERIES ? queries : SW_ATTENTION_QUERIES;
    return together * SW_ATTENTION_TILE + together + 48 + 2 * SW_ATTENTION_TILE * SW_MAX_HEAD_DIM;
}

static float half_to_float(uint16_t h) {
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, mantissa = h & 0x3ff;
    if (exponent == 0) {
        const float f = (float)mantissa * 0x1p-24f;
        return sign ? -f : f;
    }
    const uint32_t bits = sign | (exponent == 31 ? 255u << 23 : (exponent + 112) << 23) | mantissa << 13;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

static float half_at(const uint8_t *p) {
    uint16_t h;
    memcpy(&h, p, 2);
    return half_to_float(h);
}

// n elements of a cache row to float32.
static void unpack(int type, const void *row, float *out, size_t n) {
    const uint8_t *p = row;
    switch (type) {
    case SW_F16:
        for (size_t i = 0; i < n; i++) out[i] = half_at(p + 2 * i);
        break;
    case SW_Q8_0:
        for (size_t i = 0; i < n; i++) {
            const uint8_t *block = p + i / 32 * 34;
            out[i] = half_at(block) * (float)(int8_t)block[2 + i % 32];
        }
        break;
    case SW_Q4_0:
        for (size_t i = 0; i < n; i++) {
            const uint8_t *block = p + i / 32 * 18;
            const int q = block[2 + i % 16] >> (i % 32 < 16 ? 0 : 4) & 15;
            out[i] = half_at(block) * (float)(q - 8);
        }
        break;
    default:
        memcpy(out, p, n * sizeof(float));
    }
}

static void scores(const sw_attention *a, size_t start, size_t count, size_t from, size_t to, float *out) {
    float row[SW_MAX_HEAD_DIM];
    for (size_t key = 0; key < count; key++) {
        unpack(a->k_type, (const char *)a->k + (start + key) * a->k_stride, row, a->key_dim);
        for (size_t query = from; query < to; query++) {
            const float *q = a->q + query * a->q_stride;
            double sum = 0;
            for (size_t i = 0; i < a->key_dim; i++) sum += (double)q[i] * (double)row[i];
            float score = a->scale * (float)sum;
            if (a->softcap != 0) score = a->softcap * tanhf(score / a->softcap);
            out[(query - from) * SW_ATTENTION_TILE + key] = score;
        }
    }
}

// Scores to weights; m and l move on, acc is brought to the new maximum.
static void weigh(const sw_attention *a, size_t query, sw_range range, float *scores, size_t count) {
    float m = a->m[query];
    for (int32_t j = range.first; j < range.last; j++) m = fmaxf(m, scores[j]);
    // All scores -infinity so far: exp(score - m) would be NaN, and every weight is 0.
    const float base = m == -INFINITY ? 0 : m;
    double sum = 0;
    for (int32_t j = 0; j < (int32_t)count; j++) {
        const bool seen = j >= range.first && j < range.last;
        scores[j] = seen ? expf(scores[j] - base) : 0;
        sum += (double)scores[j];
    }
    const float rescale = expf(a->m[query] - base);
    a->m[query] = m;
    a->l[query] = a->l[query] * rescale + (float)sum;
    float *acc = a->acc + query * a->acc_stride;
    for (size_t i = 0; i < a->value_dim; i++) acc[i] *= rescale;
}

static void attend(const sw_attention *a) {
    float *weights = sw_attention_carve(a).scores;
    float row[SW_MAX_HEAD_DIM];
    for (size_t start = 0; start < a->keys; start += SW_ATTENTION_TILE) {
        const size_t left = a->keys - start;
        const size_t count = left < SW_ATTENTION_TILE ? left : SW_ATTENTION_TILE;
        for (size_t from = 0; from < a->queries; from += SW_ATTENTION_QUERIES) {
            const size_t rest = a->queries - from;
            const size_t to = from + (rest < SW_ATTENTION_QUERIES ? rest : SW_ATTENTION_QUERIES);
            scores(a, start, count, from, to, weights);
            for (size_t query = from; query < to; query++) {
                const sw_range range = sw_attention_range(a, query, start, count);
                if (range.last == 0) continue;
                weigh(a, query, range, weights + (query - from) * SW_ATTENTION_TILE, count);
            }
            for (size_t key = 0; key < count; key++) {
                unpack(a->v_type, (const char *)a->v + (start + key) * a->v_stride, row, a->value_dim);
                for (size_t query = from; query < to; query++) {
                    const sw_range range = sw_attention_range(a, query, start, count);
                    if ((int32_t)key < range.first || (int32_t)key >= range.last) continue;
                    const float weight = weights[(query - from) * SW_ATTENTION_TILE + key];
                    float *acc = a->acc + query * a->acc_stride;
                    for (size_t i = 0; i < a->value_dim; i++) acc[i] += weight * row[i];
                }
            }
        }
    }
}

static void attend_merge(size_t parts, size_t queries, size_t value_dim, float *m, float *l,
                         size_t state_stride, float *acc, size_t acc_stride, size_t acc_part_stride) {
    for (size_t query = 0; query < queries; query++) {
        float top = -INFINITY;
        for (size_t p = 0; p < parts; p++) top = fmaxf(top, m[p * state_stride + query]);
        if (top == -INFINITY) continue;
        float sum = 0;
        float *out = acc + query * acc_stride;
        for (size_t p = 0; p < parts; p++) {
            const float weight = expf(m[p * state_stride + query] - top);
            const float *part = acc + p * acc_part_stride + query * acc_stride;
            sum += weight * l[p * state_stride + query];
            for (size_t i = 0; i < value_dim; i++) out[i] = (p == 0 ? 0 : out[i]) + weight * part[i];
        }
        m[query] = top;
        l[query] = sum;
    }
}

static void attend_finish(size_t queries, size_t value_dim, const float *m, const float *l,
                          const float *sinks, const float *acc, size_t acc_stride, float *out,
                          size_t out_stride) {
    for (size_t query = 0; query < queries; query++) {
        float factor = 0;
        if (m[query] != -INFINITY) {
            // A sink above every score would overflow exp(sink - m): take the larger as base.
            const float sink = sinks != NULL ? sinks[query] : -INFINITY;
            const float top = fmaxf(m[query], sink), weight = expf(m[query] - top);
            factor = weight / (l[query] * weight + expf(sink - top));
        }
        for (size_t i = 0; i < value_dim; i++)
            out[query * out_stride + i] = factor * acc[query * acc_stride + i];
    }
}

void sw_fill_scalar_attention(sw_kernels *k) {
    k->attend = attend;
    k->attend_merge = attend_merge;
    k->attend_finish = attend_finish;
}
