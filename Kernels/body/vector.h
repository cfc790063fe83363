// vector.h: the operations on one row.
#ifndef SWINFER_BODY_VECTOR_H
#define SWINFER_BODY_VECTOR_H

SW_INLINE vf vf_get(const float *p, size_t part) { return part != 0 ? vf_load_part(p, part) : vf_load(p); }
SW_INLINE void vf_put(float *p, vf v, size_t part) {
    if (part != 0) vf_store_part(p, v, part);
    else vf_store(p, v);
}

// The statements for i = 0, VF_WIDTH, ... < n, with part = 0, or the elements left at the end.
#define SW_EACH(n, ...)                                                                                \
    do {                                                                                               \
        size_t i = 0;                                                                                  \
        for (; i + VF_WIDTH <= (n); i += VF_WIDTH) {                                                   \
            const size_t part = 0;                                                                     \
            __VA_ARGS__                                                                                \
        }                                                                                              \
        if (i < (n)) {                                                                                 \
            const size_t part = (n) - i;                                                               \
            __VA_ARGS__                                                                                \
        }                                                                                              \
    } while (0)

static void add(const float *x, float *y, size_t n) {
    SW_EACH(n, vf_put(y + i, vf_add(vf_get(y + i, part), vf_get(x + i, part)), part););
}

static void axpy(float a, const float *x, float *y, size_t n) {
    const vf factor = vf_set1(a);
    SW_EACH(n, vf_put(y + i, vf_fma(factor, vf_get(x + i, part), vf_get(y + i, part)), part););
}

static void scale(float a, float *x, size_t n) {
    const vf factor = vf_set1(a);
    SW_EACH(n, vf_put(x + i, vf_mul(factor, vf_get(x + i, part)), part););
}

// Four sums hide the latency of the additions.
static float dot(const float *x, const float *y, size_t n) {
    vf s[4] = {vf_zero(), vf_zero(), vf_zero(), vf_zero()};
    const size_t whole = n / (4 * VF_WIDTH) * (4 * VF_WIDTH);
    for (size_t j = 0; j < whole; j += 4 * VF_WIDTH) {
        SW_UNROLL for (int u = 0; u < 4; u++)
            s[u] = vf_fma(vf_load(x + j + u * VF_WIDTH), vf_load(y + j + u * VF_WIDTH), s[u]);
    }
    x += whole, y += whole;
    SW_EACH(n - whole, vf *const sum = s + i / VF_WIDTH;
            *sum = vf_fma(vf_get(x + i, part), vf_get(y + i, part), *sum););
    return vf_hsum(vf_add(vf_add(s[0], s[1]), vf_add(s[2], s[3])));
}

static void normalize(const float *x, const float *w, float factor, float *out, size_t n) {
    const vf f = vf_set1(factor);
    if (w == NULL) SW_EACH(n, vf_put(out + i, vf_mul(vf_get(x + i, part), f), part););
    else SW_EACH(n, vf_put(out + i, vf_mul(vf_mul(vf_get(x + i, part), f), vf_get(w + i, part)), part););
}

static void rms_norm(const float *x, const float *w, float eps, float *out, size_t n) {
    normalize(x, w, 1 / sqrtf(dot(x, x, n) / (float)n + eps), out, n);
}

static void add_rms_norm(float *x, const float *y, const float *w, float eps, float *out, size_t n) {
    vf s[4] = {vf_zero(), vf_zero(), vf_zero(), vf_zero()};
    const size_t whole = n / (4 * VF_WIDTH) * (4 * VF_WIDTH);
    for (size_t j = 0; j < whole; j += 4 * VF_WIDTH) {
        SW_UNROLL for (int u = 0; u < 4; u++) {
            const vf v = vf_add(vf_load(x + j + u * VF_WIDTH), vf_load(y + j + u * VF_WIDTH));
            vf_store(x + j + u * VF_WIDTH, v);
            s[u] = vf_fma(v, v, s[u]);
        }
    }
    float *tail = x + whole;
    y += whole;
    SW_EACH(n - whole, const vf v = vf_add(vf_get(tail + i, part), vf_get(y + i, part));
            vf_put(tail + i, v, part); s[i / VF_WIDTH] = vf_fma(v, v, s[i / VF_WIDTH]););
    const float sum = vf_hsum(vf_add(vf_add(s[0], s[1]), vf_add(s[2], s[3])));
    normalize(x, w, 1 / sqrtf(sum / (float)n + eps), out, n);
}

static void silu_mul(const float *gate, const float *up, float *out, size_t n) {
    SW_EACH(n, const vf g = vf_get(gate + i, part);
            vf_put(out + i, vf_mul(vf_gated(g, g), vf_get(up + i, part)), part););
}

// x/2 (1 + tanh u) is x sigmoid(2u), u = sqrt(2/pi) x (1 + 0.044715 x^2).
static void gelu_mul(const float *gate, const float *up, float *out, size_t n) {
    const vf one = vf_set1(1), cubic = vf_set1(0.044715f), twice = vf_set1(2 * 0.797884560802865f);
    SW_EACH(n, const vf x = vf_get(gate + i, part);
            const vf u = vf_mul(vf_mul(twice, x), vf_fma(vf_mul(cubic, x), x, one));
            vf_put(out + i, vf_mul(vf_gated(u, x), vf_get(up + i, part)), part););
}

static void sigmoid_mul(const float *gate, const float *x, float *out, size_t n) {
    SW_EACH(n, vf_put(out + i, vf_gated(vf_get(gate + i, part), vf_get(x + i, part)), part););
}

static void swiglu_clamped(const float *gate, const float *up, float alpha, float limit, float *out,
                           size_t n) {
    const vf a = vf_set1(alpha), high = vf_set1(limit), low = vf_set1(-limit), one = vf_set1(1);
    SW_EACH(n, const vf g = vf_min(high, vf_get(gate + i, part));
            const vf u = vf_max(low, vf_min(high, vf_get(up + i, part)));
            vf_put(out + i, vf_mul(vf_gated(vf_mul(a, g), g), vf_add(u, one)), part););
}

static void sigmoid(float *x, size_t n) {
    SW_EACH(n, vf_put(x + i, vf_gated(vf_get(x + i, part), vf_set1(1)), part););
}

static void softcap(float cap, float *x, size_t n) {
    const vf c = vf_set1(cap);
    SW_EACH(n, vf_put(x + i, vf_mul(c, vf_tanh(vf_div(vf_get(x + i, part), c))), part););
}

static float exp_sum(float *x, float max, size_t n) {
    vf s[2] = {vf_zero(), vf_zero()};
    const vf base = vf_set1(max);
    const size_t whole = n / (2 * VF_WIDTH) * (2 * VF_WIDTH);
    for (size_t j = 0; j < whole; j += 2 * VF_WIDTH) {
        SW_UNROLL for (int u = 0; u < 2; u++) {
            const vf e = vf_exp(vf_sub(vf_load(x + j + u * VF_WIDTH), base));
            vf_store(x + j + u * VF_WIDTH, e);
            s[u] = vf_add(s[u], e);
        }
    }
    x += whole, n -= whole;
    for (size_t j = 0; j < n; j += VF_WIDTH) {
        const size_t left = n - j;
        if (left >= VF_WIDTH) {
            const vf e = vf_exp(vf_sub(vf_load(x + j), base));
            vf_store(x + j, e);
            s[0] = vf_add(s[0], e);
        } else {
            // Beyond the end exp(0 - max) is not 0: it goes through memory to be cut off.
            vf_store_part(x + j, vf_exp(vf_sub(vf_load_part(x + j, left), base)), left);
            s[1] = vf_add(s[1], vf_load_part(x + j, left));
        }
    }
    return vf_hsum(vf_add(s[0], s[1]));
}

static float largest(const float *x, size_t n) {
    if (n < VF_WIDTH) {
        float m = -INFINITY;
        for (size_t i = 0; i < n; i++) m = x[i] > m ? x[i] : m;
        return m;
    }
    vf m[4];
    SW_UNROLL for (int u = 0; u < 4; u++) m[u] = vf_set1(-INFINITY);
    size_t i = 0;
    for (; i + 4 * VF_WIDTH <= n; i += 4 * VF_WIDTH)
        SW_UNROLL for (int u = 0; u < 4; u++) m[u] = vf_max(vf_load(x + i + u * VF_WIDTH), m[u]);
    for (; i + VF_WIDTH <= n; i += VF_WIDTH) m[0] = vf_max(vf_load(x + i), m[0]);
    m[1] = vf_max(vf_load(x + n - VF_WIDTH), m[1]);  // the tail, overlapping
    return vf_hmax(vf_max(vf_max(m[0], m[1]), vf_max(m[2], m[3])));
}

static void rope_neox(float *x, const float *cosines, const float *sines, size_t n) {
    float *y = x + n / 2;
    SW_EACH(n / 2, const vf a = vf_get(x + i, part); const vf b = vf_get(y + i, part);
            const vf c = vf_get(cosines + i, part); const vf s = vf_get(sines + i, part);
            vf_put(x + i, vf_fnma(b, s, vf_mul(a, c)), part);
            vf_put(y + i, vf_fma(a, s, vf_mul(b, c)), part););
}

static void rope_interleaved(float *x, const float *cosines, const float *sines, size_t n) {
    size_t i = 0;
    for (; i + VF_WIDTH <= n; i += VF_WIDTH) {
        const vf c = vf_load_twice(cosines + i / 2), s = vf_load_twice(sines + i / 2);
        vf_store(x + i, vf_turn(vf_load(x + i), c, s));
    }
    for (; i + 1 < n; i += 2) {
        const float a = x[i], b = x[i + 1], c = cosines[i / 2], s = sines[i / 2];
        x[i] = a * c - b * s;
        x[i + 1] = a * s + b * c;
    }
}

// Vectors without an element better than the worst of the k held are passed over.
static void top_k(const float *x, size_t n, size_t k, int32_t *index) {
    if (k == 0) return;
    if (k > SW_TOP_FEW) {
        sw_top_many(x, n, k, index);
        return;
    }
    size_t held = 0;
    for (size_t i = 0; i < n; i += VF_WIDTH) {
        const size_t end = n - i < VF_WIDTH ? n : i + VF_WIDTH;
        if (held == k && end - i == VF_WIDTH) {
            const float worst = x[index[k - 1]];
            // No comparison with NaN holds, but every number is better.
            if (worst == worst && !vf_any_less(vf_set1(worst), vf_load(x + i))) continue;
        }
        sw_top_few(x, i, end, k, index, &held);
    }
}

static void fill(sw_kernels *k) {
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
    k->top_k = top_k;
}

#endif
