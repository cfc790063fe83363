// vector_scalar.c: the operations on one row, an element at a time; sums in double.
#include "../levels.h"
#include "../vector.h"

#include <math.h>

static float sigmoid1(float x) { return 1 / (1 + expf(-x)); }

static void rms_norm(const float *x, const float *w, float eps, float *out, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    const float scale = (float)(1 / sqrt(sum / (double)n + (double)eps));
    for (size_t i = 0; i < n; i++) out[i] = x[i] * scale * (w != NULL ? w[i] : 1);
}

static void add(const float *x, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

static void add_rms_norm(float *x, const float *y, const float *w, float eps, float *out, size_t n) {
    add(y, x, n);
    rms_norm(x, w, eps, out, n);
}

static void silu_mul(const float *gate, const float *up, float *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

// x/2 (1 + tanh u) is x sigmoid(2u), which does not cancel for negative x.
static void gelu_mul(const float *gate, const float *up, float *out, size_t n) {
    const float root = 0.797884560802865f;  // sqrt(2 / pi)
    for (size_t i = 0; i < n; i++) {
        const float x = gate[i], u = root * x * (1 + 0.044715f * x * x);
        out[i] = x / (1 + expf(-2 * u)) * up[i];
    }
}

static void sigmoid_mul(const float *gate, const float *x, float *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = x[i] / (1 + expf(-gate[i]));
}

static void swiglu_clamped(const float *gate, const float *up, float alpha, float limit, float *out,
                           size_t n) {
    for (size_t i = 0; i < n; i++) {
        const float g = gate[i] > limit ? limit : gate[i];
        const float u = up[i] > limit ? limit : up[i] < -limit ? -limit : up[i];
        out[i] = g / (1 + expf(-alpha * g)) * (u + 1);
    }
}

static void sigmoid(float *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = sigmoid1(x[i]);
}

static void softcap(float cap, float *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = cap * tanhf(x[i] / cap);
}

static void axpy(float a, const float *x, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

static void scale(float a, float *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] *= a;
}

static float dot(const float *x, const float *y, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)y[i];
    return (float)sum;
}

static float largest(const float *x, size_t n) {
    float m = -INFINITY;
    for (size_t i = 0; i < n; i++) m = x[i] > m ? x[i] : m;
    return m;
}

static float exp_sum(float *x, float max, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)(x[i] = expf(x[i] - max));
    return (float)sum;
}

static void rotate(float *a, float *b, float c, float s) {
    const float x = *a, y = *b;
    *a = x * c - y * s;
    *b = x * s + y * c;
}

static void rope_neox(float *x, const float *cosines, const float *sines, size_t n) {
    for (size_t i = 0; i < n / 2; i++) rotate(x + i, x + n / 2 + i, cosines[i], sines[i]);
}

static void rope_interleaved(float *x, const float *cosines, const float *sines, size_t n) {
    for (size_t i = 0; i < n / 2; i++) rotate(x + 2 * i, x + 2 * i + 1, cosines[i], sines[i]);
}

void sw_fill_scalar_vector(sw_kernels *k) {
    k->rms_norm = rms_norm;
    k->add = add;
    k->add_rms_norm = add_rms_norm;
    k->silu_mul = silu_mul;
    k->gelu_mul = gelu_mul;
    k->sigmoid_mul = sigmoid_mul;
    k->swiglu_clamped = swiglu_clamped;
    k->sigmoid = sigmoid;
    k->softcap = softcap;
    k->axpy = axpy;
    k->scale = scale;
    k->dot = dot;
    k->max = largest;
    k->exp_sum = exp_sum;
    k->rope_neox = rope_neox;
    k->rope_interleaved = rope_interleaved;
    k->top_k = sw_scalar_top_k;
    sw_fill_scalar_recurrent(k);
    sw_fill_scalar_attention(k);
}
