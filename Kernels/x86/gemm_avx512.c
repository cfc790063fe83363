// gemm_avx512.c: the int8 tile kernel. 32 rows x up to 6 columns: 12 registers of integer sums
// over a group of 32 k, 12 of float sums over all of them.
//
// Per group and (16 rows, column): 8 vpdpbusd, one conversion and 2 multiplications, 3 with
// minimums, 4 with halves (and a second conversion) or their minimums: at most 73, 67 or 62 % of
// the vpdpbusd rate where all of these share two ports.
#include "../levels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../body/gemm_blocked.h"
#include "gemm_avx512.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,popcnt"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define ROWS 2
#define COLS 6

INLINE __m512i quad(const char *at) {
    __m512i four;
    __asm__ volatile("vpbroadcastd %1, %0" : "=v"(four) : "m"(*(const char(*)[4])at));
    return four;
}

INLINE __m512 number(const char *at) {
    float value;
    memcpy(&value, at, 4);
    return _mm512_set1_ps(value);
}

// Integer sums of `quads` quads, beginning with what takes the codes' bias off. Two blocks of
// rows share a broadcast register; one takes the instruction's own broadcast and saves it.
INLINE void dot(__m512i sum[][COLS], const int blocks, const int cols, const int quads, const bool biased,
                const uint8_t *codes, const char *const q[COLS], size_t k, const int32_t *sums) {
    UNROLL for (int b = 0; b < blocks; b++) {
        UNROLL for (int c = 0; c < cols; c++) {
            sum[b][c] = biased ? quad((const char *)(sums + c * SW_TILE_SUMS)) : _mm512_setzero_si512();
        }
    }
    UNROLL for (int i = 0; i < quads; i++) {
        __m512i w[ROWS];
        UNROLL for (int b = 0; b < blocks; b++) {
            w[b] = _mm512_load_si512(codes + b * SW_CODE_BYTES + i * SW_QUAD_BYTES);
        }
        UNROLL for (int c = 0; c < cols; c++) {
            const char *four = q[c] + k + 4 * i;
            if (blocks == 1) {
                __asm__ volatile("vpdpbusd %2%{1to16%}, %1, %0"
                                 : "+v"(sum[0][c])
                                 : "v"(w[0]), "m"(*(const char(*)[4])four));
            } else {
                const __m512i x = quad(four);
                UNROLL for (int b = 0; b < blocks; b++) {
                    __asm__ volatile("vpdpbusd %2, %1, %0" : "+v"(sum[b][c]) : "v"(w[b]), "v"(x));
                }
            }
        }
    }
}

INLINE void add_product(__m512 *acc, __m512 a, __m512 b) {
    __asm__("vfmadd231ps %2, %1, %0" : "+v"(*acc) : "v"(a), "v"(b));
}

INLINE void tile(const sw_panel_form form, const int blocks, const int cols, const sw_tile *t) {
    const bool halves = form == SW_FORM_HALVES, biased = form == SW_FORM_SCALE || halves;
    const bool whole = form == SW_FORM_SCALE || form == SW_FORM_MINIMUM;  // groups of 32 throughout
    const size_t step = sw_panel_step(form, (size_t)blocks);
    const __mmask16 last = (__mmask16)(0xffffu >> (16 * (size_t)blocks - t->rows));
    const char *q[COLS];
    UNROLL for (int c = 0; c < cols; c++) q[c] = t->x->q[c];
    __m512 acc[ROWS][COLS];
    UNROLL for (int b = 0; b < blocks; b++) {
        UNROLL for (int c = 0; c < cols; c++) {
            const __mmask16 mask = b == blocks - 1 ? last : 0xffff;
            acc[b][c] = _mm512_setzero_ps();
            if (!t->first) acc[b][c] = _mm512_maskz_loadu_ps(mask, t->y + (size_t)c * t->ldy + 16 * b);
        }
    }
    const uint8_t *codes = t->panel;
    const char *planes = (const char *)codes + blocks * SW_CODE_BYTES;
    const int32_t *sums = t->x->sums;
    const size_t to_d = t->x->d, to_s32 = t->x->s32, to_s16 = t->x->s16;
    for (size_t g = 0; g < t->groups; g++) {
        sw_fetch(t->ahead);
        if (t->fetch && g % 2 == 0) {
            UNROLL for (int c = 0; c < cols; c++) {
                const char *next = t->x->next[c];
                _mm_prefetch(next + 32 * g, _MM_HINT_T1);
                if (g % 16 == 0) _mm_prefetch(next + to_d + 4 * g, _MM_HINT_T1);
                if (g % 16 == 0 && whole) _mm_prefetch(next + to_s32 + 4 * g, _MM_HINT_T1);
                if (g % 8 == 0 && !whole) _mm_prefetch(next + to_s16 + 8 * g, _MM_HINT_T1);
            }
        }
        __m512i sum[ROWS][COLS], half[ROWS][COLS];
        if (halves) {
            dot(half, blocks, cols, 4, true, codes, q, 32 * g, sums);
            dot(sum, blocks, cols, 4, true, codes + 4 * SW_QUAD_BYTES, q, 32 * g + 16, sums + 1);
        } else {
            dot(sum, blocks, cols, 8, biased, codes, q, 32 * g, sums);
        }
        UNROLL for (int b = 0; b < blocks; b++) {
            const char *plane = planes + b * SW_PLANE_BYTES;
            const __m512 scale = _mm512_load_ps(plane);
            const __m512 second = sw_planes(form) > 1 ? _mm512_load_ps(plane + blocks * SW_PLANE_BYTES) : scale;
            const __m512 third = sw_planes(form) > 2 ? _mm512_load_ps(plane + 2 * blocks * SW_PLANE_BYTES) : scale;
            UNROLL for (int c = 0; c < cols; c++) {
                const __m512 d = number(q[c] + to_d + 4 * g), total = _mm512_cvtepi32_ps(sum[b][c]);
                if (halves) {
                    const __m512 first = _mm512_mul_ps(_mm512_cvtepi32_ps(half[b][c]), scale);
                    add_product(&acc[b][c], _mm512_fmadd_ps(total, second, first), d);
                } else {
                    add_product(&acc[b][c], total, _mm512_mul_ps(scale, d));
                }
                if (form == SW_FORM_MINIMUM) {
                    acc[b][c] = _mm512_fnmadd_ps(second, number(q[c] + to_s32 + 4 * g), acc[b][c]);
                }
                if (form == SW_FORM_HALF_MINIMA) {
                    acc[b][c] = _mm512_fnmadd_ps(second, number(q[c] + to_s16 + 8 * g), acc[b][c]);
                    acc[b][c] = _mm512_fnmadd_ps(third, number(q[c] + to_s16 + 8 * g + 4), acc[b][c]);
                }
            }
        }
        sums += halves ? 2 : 1;
        codes += step;
        planes += step;
    }
    UNROLL for (int b = 0; b < blocks; b++) {
        UNROLL for (int c = 0; c < cols; c++) {
            const __mmask16 mask = b == blocks - 1 ? last : 0xffff;
            _mm512_mask_storeu_ps(t->y + (size_t)c * t->ldy + 16 * b, mask, acc[b][c]);
        }
    }
}

#define TILE(form, blocks, cols) \
    static void form##_##blocks##x##cols(const sw_tile *t) { tile(SW_FORM_##form, blocks, cols, t); }
#define TILES_OF(form, blocks) \
    TILE(form, blocks, 1) TILE(form, blocks, 2) TILE(form, blocks, 3) \
    TILE(form, blocks, 4) TILE(form, blocks, 5) TILE(form, blocks, 6)
#define TILES(form) TILES_OF(form, 1) TILES_OF(form, 2)
TILES(SCALE)
TILES(MINIMUM)
TILES(HALVES)
TILES(HALF_MINIMA)

#define NAMES_OF(form, blocks) \
    {form##_##blocks##x1, form##_##blocks##x2, form##_##blocks##x3, \
     form##_##blocks##x4, form##_##blocks##x5, form##_##blocks##x6}
#define NAMES(form) [SW_FORM_##form] = {NAMES_OF(form, 1), NAMES_OF(form, 2)}
static void (*const tiles[SW_FORM_COUNT][ROWS][COLS])(const sw_tile *) = {
    NAMES(SCALE), NAMES(MINIMUM), NAMES(HALVES), NAMES(HALF_MINIMA)};

static void multiply(const sw_tile *t) { tiles[t->type.form][t->blocks - 1][t->x->count - 1](t); }

// -bias * (sum of the activations) per group or half, as integers again: s / d is the sum, at
// most 4064, so an inverse good to 14 bits rounds to it.
static void prepare(sw_panel_type type, const sw_tile_columns *x, size_t groups) {
    const bool halves = type.form == SW_FORM_HALVES;
    const __m512i bias = _mm512_set1_epi32(-type.bias);
    const __m512i twice = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    const size_t count = halves ? 2 * groups : groups;
    for (size_t c = 0; c < x->count; c++) {
        const char *s = x->q[c] + (halves ? x->s16 : x->s32), *d = x->q[c] + x->d;
        for (size_t i = 0; i < count; i += 16) {
            const __mmask16 mask = count - i < 16 ? (__mmask16)((1u << (count - i)) - 1) : 0xffff;
            const __m512 sum = _mm512_maskz_loadu_ps(mask, s + 4 * i);
            __m512 scale;
            if (halves) {
                const __mmask8 half = (__mmask8)((1u << (count - i < 16 ? (count - i) / 2 : 8)) - 1);
                scale = _mm512_castps256_ps512(_mm256_maskz_loadu_ps(half, d + 2 * i));
                scale = _mm512_permutexvar_ps(twice, scale);
            } else {
                scale = _mm512_maskz_loadu_ps(mask, d + 4 * i);
            }
            const __m512i whole = _mm512_cvtps_epi32(_mm512_mul_ps(sum, _mm512_rcp14_ps(scale)));
            _mm512_mask_storeu_epi32(x->sums + c * SW_TILE_SUMS + i, mask, _mm512_mullo_epi32(whole, bias));
        }
    }
}

static const sw_gemm_level level = {"avx512", ROWS, COLS, sw_panel_type_of, sw_unpack_avx512, prepare, multiply};

static void gemm(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                 size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch) {
    if (sw_gemm_turned_avx512(type, w, row_bytes, rows, n, q8, q8_stride, index, cols, y, ldy, scratch)) return;
    sw_gemm_blocked(&level, type, w, row_bytes, rows, n, q8, q8_stride, index, cols, y, ldy, scratch);
}

void sw_fill_avx512_gemm(sw_kernels *k) {
    k->gemm = gemm;
    k->gemm_float = sw_gemm_float_avx512;
}

#pragma clang attribute pop
#endif
