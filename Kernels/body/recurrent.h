// recurrent.h: the gated delta rule and the short causal convolution.
#ifndef SWINFER_BODY_RECURRENT_H
#define SWINFER_BODY_RECURRENT_H

// Columns of the state that stay in L1 and registers while all tokens pass: two vectors.
#define SW_STATE_COLUMNS 2

typedef struct delta_step {
    const float *q, *k, *v;
    float decay, beta, *out;
} delta_step;

static delta_step delta_token(const sw_delta_rule *a, size_t t) {
    return (delta_step){.q = a->q + t * a->q_stride,
                        .k = a->k + t * a->k_stride,
                        .v = a->v + t * a->v_stride,
                        .decay = a->decay[t * a->gate_stride],
                        .beta = a->beta[t * a->gate_stride],
                        .out = a->out + t * a->out_stride};
}

// One walk over C vectors of columns: the state takes the change of the token before (NULL: none)
// and is read by q and k of the next one (NULL: none), so every token costs one load and store.
SW_INLINE void delta_walk(const int C, const sw_delta_rule *a, size_t column, size_t part,
                          const delta_step *before, const vf change[SW_STATE_COLUMNS],
                          const delta_step *next, vf recalled[SW_STATE_COLUMNS], vf sum[SW_STATE_COLUMNS]) {
    SW_UNROLL for (int c = 0; c < C; c++) recalled[c] = sum[c] = vf_zero();
    const vf decay = vf_set1(before != NULL ? before->decay : 1);
    float *row = a->state + column;
    for (size_t i = 0; i < a->key_dim; i++, row += a->value_dim) {
        vf s[SW_STATE_COLUMNS];
        SW_UNROLL for (int c = 0; c < C; c++) s[c] = vf_get(row + c * VF_WIDTH, part);
        if (before != NULL) {
            const vf k = vf_set1(before->k[i]);
            SW_UNROLL for (int c = 0; c < C; c++) {
                s[c] = vf_fma(k, change[c], vf_mul(s[c], decay));
                vf_put(row + c * VF_WIDTH, s[c], part);
            }
        }
        if (next != NULL) {
            const vf k = vf_set1(next->k[i]), q = vf_set1(next->q[i]);
            SW_UNROLL for (int c = 0; c < C; c++) {
                recalled[c] = vf_fma(k, s[c], recalled[c]);
                sum[c] = vf_fma(q, s[c], sum[c]);
            }
        }
    }
}

// With the old state S: recalled = decay k S, change = beta (v - recalled),
// out = q (decay S + k change) = decay q S + (q.k) change.
SW_INLINE void delta_columns(const int C, const sw_delta_rule *a, size_t column, size_t part) {
    vf change[SW_STATE_COLUMNS], recalled[SW_STATE_COLUMNS], sum[SW_STATE_COLUMNS];
    delta_step step = delta_token(a, 0);
    delta_walk(C, a, column, part, NULL, change, &step, recalled, sum);
    for (size_t t = 0; t < a->tokens; t++) {
        const vf decay = vf_set1(step.decay), beta = vf_set1(step.beta);
        const vf qk = vf_set1(dot(step.q, step.k, a->key_dim));
        SW_UNROLL for (int c = 0; c < C; c++) {
            const vf v = vf_get(step.v + column + c * VF_WIDTH, part);
            change[c] = vf_mul(beta, vf_fnma(decay, recalled[c], v));
            vf_put(step.out + column + c * VF_WIDTH, vf_fma(qk, change[c], vf_mul(decay, sum[c])), part);
        }
        const delta_step before = step;
        if (t + 1 < a->tokens) {
            step = delta_token(a, t + 1);
            delta_walk(C, a, column, part, &before, change, &step, recalled, sum);
        } else {
            delta_walk(C, a, column, part, &before, change, NULL, recalled, sum);
        }
    }
}

static void delta_rule(const sw_delta_rule *a) {
    if (a->tokens == 0) return;
    size_t column = 0;
    for (; column + SW_STATE_COLUMNS * VF_WIDTH <= a->value_dim; column += SW_STATE_COLUMNS * VF_WIDTH)
        delta_columns(SW_STATE_COLUMNS, a, column, 0);
    for (; column + VF_WIDTH <= a->value_dim; column += VF_WIDTH) delta_columns(1, a, column, 0);
    if (column < a->value_dim) delta_columns(1, a, column, a->value_dim - column);
}

static void conv_silu(const float *x, size_t x_stride, const float *w, size_t width, size_t tokens,
                      size_t channels, float *out, size_t out_stride) {
    for (size_t t = 0; t < tokens; t++, x += x_stride, out += out_stride) {
        SW_EACH(channels, vf sum = vf_zero();
                for (size_t j = 0; j < width; j++) sum = vf_fma(vf_get(w + j * channels + i, part),
                                                                vf_get(x + j * x_stride + i, part), sum);
                vf_put(out + i, vf_gated(sum, sum), part););
    }
}

#endif
