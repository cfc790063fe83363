// attend_state.h: states of several passes into one, and a state into the output.
#ifndef SWINFER_BODY_ATTEND_STATE_H
#define SWINFER_BODY_ATTEND_STATE_H

SW_INLINE float exp1(float x) { return vf_first(vf_exp(vf_set1(x))); }

// out = a * x + (plus ? out : 0).
static void scaled(float a, const float *x, float *out, size_t n, bool plus) {
    const vf factor = vf_set1(a), zero = vf_zero();
    size_t i = 0;
    for (; i + VF_WIDTH <= n; i += VF_WIDTH)
        vf_store(out + i, vf_fma(factor, vf_load(x + i), plus ? vf_load(out + i) : zero));
    if (i < n) {
        const vf old = plus ? vf_load_part(out + i, n - i) : zero;
        vf_store_part(out + i, vf_fma(factor, vf_load_part(x + i, n - i), old), n - i);
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
            const float weight = exp1(m[p * state_stride + query] - top);
            sum += weight * l[p * state_stride + query];
            scaled(weight, acc + p * acc_part_stride + query * acc_stride, out, value_dim, p != 0);
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
            const float top = fmaxf(m[query], sink), weight = exp1(m[query] - top);
            factor = weight / (l[query] * weight + exp1(sink - top));
        }
        scaled(factor, acc + query * acc_stride, out + query * out_stride, value_dim, false);
    }
}

#endif
