// gemm_unpack_steps_avx2.c: the K types with an integer scale per 16 to panels that keep those
// scales beside the codes (STEPS and STEP_MINIMA in gemm_panel.h). The layouts of the blocks are
// drawn in reference/dequantize_k.c.
#include "../levels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../half.h"
#include "gemm_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

#include "gemm_interleave_avx2.h"

#define UNROLL _Pragma("clang loop unroll(full)")
#define GROUPS 8  // of a file block

// A file block of one row.
typedef struct stepped {
    __m256i codes[GROUPS];  // in the order of quads
    int16_t steps[2 * GROUPS];
    float scale, minima[2 * GROUPS];
} stepped;

static inline float float_at(const uint8_t *b) { return _cvtsh_ss(sw_load16(b)); }

static inline __m256i bits(__m256i bytes, const int shift, char mask) {
    return _mm256_and_si256(_mm256_srli_epi16(bytes, shift), _mm256_set1_epi8(mask));
}

static inline void store_steps(__m128i steps, stepped *to) {
    _mm256_storeu_si256((__m256i *)(void *)to->steps, _mm256_cvtepi8_epi16(steps));
}

static inline __m128i load_16(const uint8_t *b) { return _mm_loadu_si128((const __m128i *)(const void *)b); }

static void decode_q2_k(const uint8_t *b, stepped *to) {
    UNROLL for (int i = 0; i < 2; i++) {
        const __m256i q = load_in_turn(b + 16 + 32 * i);
        UNROLL for (int k = 0; k < 4; k++) to->codes[4 * i + k] = bits(q, 2 * k, 3);
    }
    const __m128i low = _mm_set1_epi8(15), both = load_16(b);
    store_steps(_mm_and_si128(both, low), to);
    to->scale = float_at(b + 80);
    const __m128i minima = _mm_and_si128(_mm_srli_epi16(both, 4), low);
    const __m256 scale = _mm256_set1_ps(float_at(b + 82));
    const __m256 first = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(minima));
    const __m256 second = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(minima, 8)));
    _mm256_storeu_ps(to->minima, _mm256_mul_ps(first, scale));
    _mm256_storeu_ps(to->minima + 8, _mm256_mul_ps(second, scale));
}

// Scales of six bits, 32 too large: sixteen low nibbles in eight bytes, sixteen pairs of bits in four.
static void decode_q3_k_steps(const uint8_t *b, stepped *to) {
    const uint64_t low = 0x0f0f0f0f0f0f0f0fu, nibbles = sw_load64(b);
    const uint32_t high = sw_load32(b + 8), two = 0x03030303u;
    const __m128i fours = _mm_set_epi64x((int64_t)(nibbles >> 4 & low), (int64_t)(nibbles & low));
    const int twos[4] = {(int)(high & two), (int)(high >> 2 & two), (int)(high >> 4 & two), (int)(high >> 6 & two)};
    const __m128i sixteens = _mm_slli_epi16(load_16((const uint8_t *)twos), 4);
    store_steps(_mm_sub_epi8(_mm_or_si128(fours, sixteens), _mm_set1_epi8(32)), to);
}

static void decode_q3_k(const uint8_t *b, stepped *to) {
    const __m256i high = load_in_turn(b), four = _mm256_set1_epi8(4);
    UNROLL for (int i = 0; i < 2; i++) {
        const __m256i q = load_in_turn(b + 32 + 32 * i);
        UNROLL for (int k = 0; k < 4; k++) {
            const int g = 4 * i + k;
            const __m256i third = g < 2 ? _mm256_slli_epi16(high, 2 - g) : _mm256_srli_epi16(high, g - 2);
            const __m256i code = _mm256_or_si256(bits(q, 2 * k, 3), _mm256_and_si256(third, four));
            to->codes[g] = _mm256_sub_epi8(code, four);
        }
    }
    decode_q3_k_steps(b + 96, to);
    to->scale = float_at(b + 108);
}

static void decode_q6_k(const uint8_t *b, stepped *to) {
    const __m256i offset = _mm256_set1_epi8(32);
    UNROLL for (int i = 0; i < 2; i++) {
        const __m256i q0 = load_in_turn(b + 64 * i), q1 = load_in_turn(b + 64 * i + 32);
        const __m256i h = load_in_turn(b + 128 + 32 * i);
        const __m256i low[4] = {bits(q0, 0, 15), bits(q1, 0, 15), bits(q0, 4, 15), bits(q1, 4, 15)};
        UNROLL for (int k = 0; k < 4; k++) {
            const __m256i high = _mm256_slli_epi16(bits(h, 2 * k, 3), 4);
            to->codes[4 * i + k] = _mm256_sub_epi8(_mm256_or_si256(low[k], high), offset);
        }
    }
    store_steps(load_16(b + 192), to);
    to->scale = float_at(b + 208);
}

// -128 * (sum of step * code) of eight rows over a group of signed codes.
static inline __m256i offset_sums(const uint8_t *codes, __m256i steps) {
    __m256i pairs = _mm256_setzero_si256();
    UNROLL for (int i = 0; i < 8; i++) {
        const __m256i w = _mm256_load_si256((const __m256i *)(const void *)(codes + SW_QUAD_BYTES * i));
        pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(_mm256_set1_epi8(1), w));
    }
    const __m256i sums = _mm256_madd_epi16(pairs, steps);
    return _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_slli_epi32(sums, 7));
}

static inline void store_group(const stepped rows[SW_BLOCK_ROWS], size_t g, const bool minima, uint8_t *codes,
                               uint8_t *planes, size_t plane_bytes) {
    UNROLL for (int half = 0; half < 2; half++) {
        const uint8_t *from[SW_BLOCK_ROWS];
        UNROLL for (int r = 0; r < SW_BLOCK_ROWS; r++) from[r] = (const uint8_t *)(rows[r].codes + g) + 16 * half;
        interleave(from, codes + half * SW_CODE_BYTES / 2);
    }
    UNROLL for (int r = 0; r < SW_BLOCK_ROWS; r++) {
        memcpy(planes + 4 * r, rows[r].steps + 2 * g, 4);
        memcpy(planes + (minima ? 1 : 2) * plane_bytes + 4 * r, &rows[r].scale, 4);
        if (minima) {
            memcpy(planes + 2 * plane_bytes + 4 * r, rows[r].minima + 2 * g, 4);
            memcpy(planes + 3 * plane_bytes + 4 * r, rows[r].minima + 2 * g + 1, 4);
        }
    }
    if (minima) return;
    UNROLL for (int h = 0; h < 2; h++) {
        const __m256i steps = _mm256_load_si256((const __m256i *)(const void *)(planes + 32 * h));
        __m256i *sums = (__m256i *)(void *)(planes + plane_bytes + 32 * h);
        _mm256_store_si256(sums, offset_sums(codes + 32 * h, steps));
    }
}

typedef void decoder(const uint8_t *b, stepped *to);

static inline __attribute__((always_inline)) void unpack(const bool minima, decoder decode, size_t bytes,
                                                         const sw_unpack_job *job) {
    for (size_t block = 0; block < job->k / (32 * GROUPS); block++) {
        stepped rows[SW_BLOCK_ROWS];
        sw_fetch(job->ahead);
        for (size_t r = 0; r < SW_BLOCK_ROWS; r++) decode(job->row[r] + block * bytes, &rows[r]);
        for (size_t g = 0; g < GROUPS; g++) {
            const size_t at = (block * GROUPS + g) * job->step;
            store_group(rows, g, minima, job->codes + at, job->planes + at, job->plane_bytes);
        }
    }
}

bool sw_unpack_steps_avx2(int type, const sw_unpack_job *job) {
    const size_t bytes = sw_type(type).bytes;
    switch (type) {
    case SW_Q2_K: unpack(true, decode_q2_k, bytes, job); return true;
    case SW_Q3_K: unpack(false, decode_q3_k, bytes, job); return true;
    case SW_Q6_K: unpack(false, decode_q6_k, bytes, job); return true;
    default: return false;
    }
}

#pragma clang attribute pop
#endif
