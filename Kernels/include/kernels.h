// kernels.h: the whole surface of the C kernels.
//
// One table of function pointers per instruction-set level (`sw_kernels`). Every entry has a
// scalar version under reference/, which is the oracle of the tests and the fallback. The
// active table is chosen once, from the CPU, the operating system's support (xgetbv) and the
// environment variable SWINFER_CPU=scalar|avx2|avx512|neon.
//
// Conventions. Lengths are in elements, strides in the unit their name tells. Pointers need no
// alignment beyond that of their element type. No kernel allocates, locks or keeps state, and
// none reads or writes outside the rows it is given. Rows of quantized weights hold a whole
// number of blocks.
#ifndef SWINFER_KERNELS_H
#define SWINFER_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Types

// Weight types by their number in GGUF files.
enum {
    SW_F32 = 0,
    SW_F16 = 1,
    SW_Q4_0 = 2,
    SW_Q4_1 = 3,
    SW_Q5_0 = 6,
    SW_Q5_1 = 7,
    SW_Q8_0 = 8,
    SW_Q8_1 = 9,
    SW_Q2_K = 10,
    SW_Q3_K = 11,
    SW_Q4_K = 12,
    SW_Q5_K = 13,
    SW_Q6_K = 14,
    SW_Q8_K = 15,
    SW_IQ2_XXS = 16,
    SW_IQ2_XS = 17,
    SW_IQ3_XXS = 18,
    SW_IQ1_S = 19,
    SW_IQ4_NL = 20,
    SW_IQ3_S = 21,
    SW_IQ2_S = 22,
    SW_IQ4_XS = 23,
    SW_IQ1_M = 29,
    SW_BF16 = 30,
    SW_TQ1_0 = 34,
    SW_TQ2_0 = 35,
    SW_MXFP4 = 39,
    SW_NVFP4 = 40,
    SW_Q1_0 = 41,
    SW_TYPE_COUNT = 42
};

typedef struct sw_type_info {
    const char *name;      // NULL when the number is no weight type known here
    uint32_t block;        // elements per block
    uint32_t bytes;        // bytes per block
    bool quantized;        // products take int8 activations (quantize_row); else float32 ones
} sw_type_info;

// Facts of a type; name is NULL for unknown numbers.
sw_type_info sw_type(int type);

// Bytes that one row of `n` activations takes after `quantize_row`: int8 values with one float
// scale per 32, and sums for the types that carry minimums or offsets. n is a multiple of 32. The result is
// a multiple of 64, so rows laid end to end keep their alignment.
size_t sw_q8_row_bytes(size_t n);

// MARK: Attention

// One pass of blocked online softmax attention over `keys` consecutive cache positions, for
// queries that share one key/value head. Call it for as many blocks as the cache has; state is
// carried in m, l and acc (before the first block: m = -INFINITY, l = 0, acc = 0).
//
// Within a level, a query's result is the same bit for bit whatever other queries share the call,
// and wherever the cache is cut into blocks, as long as the cuts fall on multiples of
// SW_ATTENTION_TILE keys from the first block's start. K and V rows that some query of the call
// does not see must still hold finite numbers (their weight is 0).
typedef struct sw_attention {
    size_t queries;
    const float *q;            // [queries][key_dim], row stride q_stride floats
    size_t q_stride;
    const int32_t *first;      // [queries] first key of this block the query sees (< 0: 0)
    const int32_t *last;       // [queries] one past the last; last <= first: sees none
    size_t keys;               // cache positions in the block; no entry of last exceeds it
    const void *k;             // [keys][key_dim] of k_type, row stride k_stride bytes
    size_t k_stride;
    int k_type;                // SW_F32, SW_F16, SW_Q8_0 or SW_Q4_0
    const void *v;             // [keys][value_dim] of v_type, row stride v_stride bytes; may be k
    size_t v_stride;
    int v_type;
    size_t key_dim, value_dim; // at most SW_MAX_HEAD_DIM; whole blocks of 32 for Q8_0, Q4_0
    float scale;               // score = scale * q.k
    float softcap;             // 0: none; else score = softcap * tanh(score / softcap)
    float *m;                  // [queries] running maximum
    float *l;                  // [queries] running sum of exp(score - m)
    float *acc;                // [queries][value_dim] unnormalized output, stride acc_stride floats
    size_t acc_stride;
    float *scratch;            // sw_attention_scratch(queries, keys) floats
} sw_attention;

#define SW_ATTENTION_TILE 64

#define SW_MAX_HEAD_DIM 1024

// Floats of scratch that one `attend` call wants.
size_t sw_attention_scratch(size_t queries, size_t keys);

// MARK: Recurrent mixers

// The gated delta rule over consecutive tokens of one head. Per token, with its decay and beta:
//   S = decay S;  S += (beta (v - S k)) k';  out = S q
// Splitting the tokens over several calls does not change the result.
typedef struct sw_delta_rule {
    size_t tokens, key_dim, value_dim;
    const float *q, *k;        // [tokens][key_dim], normalized and scaled as the model wants
    const float *v;            // [tokens][value_dim]
    size_t q_stride, k_stride, v_stride;  // floats
    const float *decay, *beta; // [tokens], gate_stride floats apart
    size_t gate_stride;
    float *state;              // [value_dim][key_dim]
    float *out;                // [tokens][value_dim], row stride out_stride floats
    size_t out_stride;
} sw_delta_rule;

// MARK: The table

typedef struct sw_kernels {
    const char *name;  // "scalar", "avx2", "avx512", "neon"

    // dst[0..<n] = float32 values of n weights of `type`. The reference of everything below.
    void (*dequantize)(int type, const void *src, float *dst, size_t n);

    // Float32 to one of F16, BF16, Q8_0, Q4_0, F32 (KV cache rows). n: whole blocks.
    void (*quantize)(int type, const float *src, void *dst, size_t n);

    // Activations to int8, one scale per 32 (see sw_q8_row_bytes).
    void (*quantize_row)(const float *x, void *q8, size_t n);

    // y[r] = sum_i w[r][i] * x[i], r < rows; `row_bytes` from one weight row to the next.
    // Quantized types take x as q8, F32/F16/BF16 as floats.
    void (*matvec)(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8, float *y);
    void (*matvec_float)(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const float *x,
                         float *y);
    // The same for few columns (addressed as in gemm), sharing what does not depend on them. Each is
    // matvec's result, bit for bit.
    void (*matvec_few)(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                       size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy);

    // y[c * ldy + r] = sum_i w[r][i] * x[c][i], r < rows, c < cols. Activation row c lies at
    // q8 + index[c] * q8_stride (bytes), or c * q8_stride where index is NULL; likewise ldx
    // (floats). `scratch` holds sw_gemm_scratch bytes, aligned to 64. A single column is
    // matvec's result; among several, none depends on the others, nor on how rows are split. (A level
    // may multiply up to 32 or 64 columns in another way than more: then it is as among so many.)
    void (*gemm)(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                 size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch);
    void (*gemm_float)(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const float *x,
                       size_t ldx, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch);

    // out = x / sqrt(mean(x^2) + eps) * w (w NULL: ones). out may be x.
    void (*rms_norm)(const float *x, const float *w, float eps, float *out, size_t n);
    // out = silu(gate) * up; out = gelu_tanh(gate) * up. out may be gate or up.
    void (*silu_mul)(const float *gate, const float *up, float *out, size_t n);
    void (*gelu_mul)(const float *gate, const float *up, float *out, size_t n);
    // y += a * x;  x *= a;  sum x*y;  largest element
    void (*axpy)(float a, const float *x, float *y, size_t n);
    void (*scale)(float a, float *x, size_t n);
    float (*dot)(const float *x, const float *y, size_t n);
    float (*max)(const float *x, size_t n);
    // x = exp(x - max); returns the sum (softmax without its division).
    float (*exp_sum)(float *x, float max, size_t n);
    // Rotary embedding of one head: pairs (i, i + n/2) (neox) or (2i, 2i + 1) (interleaved),
    // i < n/2, by the angles whose cosines and sines are given.
    void (*rope_neox)(float *x, const float *cosines, const float *sines, size_t n);
    void (*rope_interleaved)(float *x, const float *cosines, const float *sines, size_t n);

    // y += x
    void (*add)(const float *x, float *y, size_t n);
    // x += y, then out = x / sqrt(mean(x^2) + eps) * w: residual and the next norm in one pass.
    void (*add_rms_norm)(float *x, const float *y, const float *w, float eps, float *out, size_t n);
    // out = sigmoid(gate) * x. out may be gate or x.
    void (*sigmoid_mul)(const float *gate, const float *x, float *out, size_t n);
    // gpt-oss: g = min(gate, limit), u = clamp(up, -limit, limit);
    // out = g * sigmoid(alpha * g) * (u + 1). out may be gate or up.
    void (*swiglu_clamped)(const float *gate, const float *up, float alpha, float limit, float *out,
                           size_t n);
    // x = 1 / (1 + exp(-x));  x = cap * tanh(x / cap)
    void (*sigmoid)(float *x, size_t n);
    void (*softcap)(float cap, float *x, size_t n);
    // index[0..<k] = places of the k largest of x[0..<n], descending, the lower place first where
    // equal; k <= n < 2^31. NaN counts as -INFINITY.
    void (*top_k)(const float *x, size_t n, size_t k, int32_t *index);

    void (*attend)(const sw_attention *a);
    // Joins the states of `parts` passes over different keys, in order, into the first one. Part p
    // lies at m + p * state_stride, l + p * state_stride, acc + p * acc_part_stride (floats).
    void (*attend_merge)(size_t parts, size_t queries, size_t value_dim, float *m, float *l,
                         size_t state_stride, float *acc, size_t acc_stride, size_t acc_part_stride);
    // out[q] = acc[q] / l[q]; with a sink logit per query (sinks not NULL) / (l + exp(sink - m)).
    // A query that saw no key gets 0. out may be acc.
    void (*attend_finish)(size_t queries, size_t value_dim, const float *m, const float *l,
                          const float *sinks, const float *acc, size_t acc_stride, float *out,
                          size_t out_stride);

    // What the machine can do at most. Reads n bytes (a multiple of 512) and returns a mix of
    // them, at the rate that memory allows; and runs `rounds` rounds of independent int8
    // multiply-accumulates in registers, int8_round_operations operations each (two per
    // multiply-accumulate; 0: no such instructions at this level).
    uint64_t (*read_bytes)(const uint8_t *bytes, size_t n);
    int32_t (*int8_rounds)(size_t rounds);
    size_t int8_round_operations;
    void (*delta_rule)(const sw_delta_rule *a);
    // out[t][c] = silu(sum_j w[j][c] * x[t + j][c]), j < width, t < tokens: a causal convolution per
    // channel whose first width - 1 rows of x are those before the first token. w is [width][channels].
    void (*conv_silu)(const float *x, size_t x_stride, const float *w, size_t width, size_t tokens,
                      size_t channels, float *out, size_t out_stride);
    // A row of n finite weights to blocks of a quantized type, with the scales that lose least.
    // `importance`: how much the squared error of each column counts; NULL: by size alone. False
    // for types that cannot be made. n: whole blocks. Levels may differ in the last bits.
    bool (*encode)(int type, const float *x, const float *importance, void *dst, size_t n);
} sw_kernels;

// Bytes of scratch that gemm/gemm_float want for any number of rows and columns at row length n.
size_t sw_gemm_scratch(size_t n);

// The table of a level ("scalar", "avx2", "avx512", "neon"); NULL when this machine cannot run it.
const sw_kernels *sw_kernels_named(const char *name);

// The table in use: SWINFER_CPU's if set and possible, else the best. Chosen once.
const sw_kernels *sw_kernels_active(void);

// MARK: Waiting

// Tells the core that this is a spin loop.
static inline void sw_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

// Lets another thread have the core.
void sw_yield(void);

#ifdef __cplusplus
}
#endif
#endif
