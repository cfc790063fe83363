// recurrent.h: the gated delta rule and the short causal convolution.
#ifndef SWINFER_BODY_RECURRENT_H
#define SWINFER_BODY_RECURRENT_H

// Rows of the state that stay in L1 while all tokens pass, and share the loads of q and k.
#define SW_STATE_ROWS 4

// With the old rows S: known = decay S k, change = beta (v - known),
// out = (decay S + change k') q = decay S q + change (k.q): so one walk over S reads and one writes.
// The first calls the rows that follow.
SW_INLINE void delta_rows(const int R, const sw_delta_rule *a, size_t first) {
    const size_t n = a->key_dim;
    float *const state = a->state + first * n;
    for (size_t t = 0; t < a->tokens; t++) {
        const float *q = a->q + t * a->q_stride, *k = a->k + t * a->k_stride;
        const float *v = a->v + t * a->v_stride + first;
        float *const out = a->out + t * a->out_stride + first;
        const float decay = a->decay[t * a->gate_stride], beta = a->beta[t * a->gate_stride];
        vf known[SW_STATE_ROWS], asked[SW_STATE_ROWS], change[SW_STATE_ROWS];
        SW_UNROLL for (int r = 0; r < R; r++) known[r] = asked[r] = vf_zero();
        SW_EACH(n, const vf keys = vf_get(k + i, part); const vf queries = vf_get(q + i, part);
                SW_UNROLL for (int r = 0; r < R; r++) {
                    const float *const at = state + (size_t)r * n + i;
                    vf_prefetch(at + (size_t)R * n);
                    const vf row = vf_get(at, part);
                    known[r] = vf_fma(keys, row, known[r]);
                    asked[r] = vf_fma(queries, row, asked[r]);
                });
        const float both = dot(q, k, n);
        SW_UNROLL for (int r = 0; r < R; r++) {
            const float learned = beta * (v[r] - decay * vf_hsum(known[r]));
            out[r] = decay * vf_hsum(asked[r]) + both * learned;
            change[r] = vf_set1(learned);
        }
        const vf factor = vf_set1(decay);
        SW_EACH(n, const vf keys = vf_get(k + i, part);
                SW_UNROLL for (int r = 0; r < R; r++) {
                    float *const row = state + (size_t)r * n + i;
                    vf_put(row, vf_fma(keys, change[r], vf_mul(vf_get(row, part), factor)), part);
                });
    }
}

static void delta_rule(const sw_delta_rule *a) {
    size_t row = 0;
    for (; row + SW_STATE_ROWS <= a->value_dim; row += SW_STATE_ROWS) delta_rows(SW_STATE_ROWS, a, row);
    for (; row < a->value_dim; row++) delta_rows(1, a, row);
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
