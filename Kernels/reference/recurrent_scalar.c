// recurrent_scalar.c: the mixers that carry a state of fixed size instead of a cache.
#include "../vector.h"

#include <math.h>

static void delta_rule(const sw_delta_rule *a) {
    for (size_t t = 0; t < a->tokens; t++) {
        const float *q = a->q + t * a->q_stride, *k = a->k + t * a->k_stride, *v = a->v + t * a->v_stride;
        const float decay = a->decay[t * a->gate_stride], beta = a->beta[t * a->gate_stride];
        float *out = a->out + t * a->out_stride;
        for (size_t j = 0; j < a->value_dim; j++) {
            double recalled = 0, sum = 0;
            for (size_t i = 0; i < a->key_dim; i++) {
                float *s = a->state + j * a->key_dim + i;
                *s *= decay;
                recalled += (double)k[i] * (double)*s;
            }
            const float change = beta * (v[j] - (float)recalled);
            for (size_t i = 0; i < a->key_dim; i++) {
                float *s = a->state + j * a->key_dim + i;
                *s += k[i] * change;
                sum += (double)q[i] * (double)*s;
            }
            out[j] = (float)sum;
        }
    }
}

static void conv_silu(const float *x, size_t x_stride, const float *w, size_t width, size_t tokens,
                      size_t channels, float *out, size_t out_stride) {
    for (size_t t = 0; t < tokens; t++) {
        for (size_t c = 0; c < channels; c++) {
            float sum = 0;
            for (size_t j = 0; j < width; j++) sum += w[j * channels + c] * x[(t + j) * x_stride + c];
            out[t * out_stride + c] = sum / (1 + expf(-sum));
        }
    }
}

void sw_fill_scalar_recurrent(sw_kernels *k) {
    k->delta_rule = delta_rule;
    k->conv_silu = conv_silu;
}
