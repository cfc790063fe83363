// gemm_steps_avx2.c: the int8 tile kernel for panels with integer scales per 16: 16 rows x up to 4
// columns.
//
// vpmaddwd, which widens sums of 16 bits to 32, multiplies them by 16-bit numbers while it does so:
// there the scales of both halves of a group of 32 come in, for nothing, if every quad has two k of
// either half. What is left in 16 bits are products of the bare codes, of which many fit: all eight
// quads of Q2_K and Q3_K, two of Q6_K. Signed codes (the other operand of vpmaddubsw then is not:
// activations + 128) are worth a bit, and their offset is the same for every column.
#include "../levels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

#include "gemm_avx2_tile.h"
#include "gemm_interleave_avx2.h"

// Eight quads, column by column in 16 bits.
INLINE void dot_eight(const bool negative, __m256i sum[][2], const int cols, const uint8_t *codes,
                      const __m256i *steps, const char *const q[COLS], size_t at) {
    __m256i pairs[COLS][2];
    UNROLL for (int i = 0; i < 8; i++) {
        const __m256i w0 = load_codes(codes, 2 * i), w1 = load_codes(codes, 2 * i + 1);
        UNROLL for (int c = 0; c < cols; c++) {
            const __m256i four = quad(q[c] + at + 4 * i);
            if (i == 0) {
                pairs[c][0] = first_pairs(negative, w0, four);
                pairs[c][1] = first_pairs(negative, w1, four);
            } else {
                more_pairs(negative, pairs[c], w0, w1, four);
            }
        }
    }
    UNROLL for (int c = 0; c < cols; c++) {
        UNROLL for (int h = 0; h < 2; h++) sum[c][h] = _mm256_madd_epi16(pairs[c][h], steps[h]);
    }
}

// `batch`: quads that fit into 16 bits.
INLINE void tile(const sw_panel_form form, const int batch, const int cols, const sw_tile *t) {
    const bool minima = form == SW_FORM_STEP_MINIMA;
    const size_t step = sw_panel_step(form, 1);
    const sw_tile_rows rows = rows_of(t);
    __m256 acc[COLS][2];
    load_tile(acc, cols, t, &rows);
    const char *q[COLS];
    UNROLL for (int c = 0; c < cols; c++) q[c] = prepared(t->x, (size_t)c);
    const uint8_t *codes = t->panel;
    for (size_t g = 0; g < t->groups; g++, codes += step) {
        sw_fetch(t->ahead);
        fetch_columns(cols, t, g, false, minima);
        const __m256i *steps = (const __m256i *)(const void *)(codes + SW_CODE_BYTES), *sums = steps + 2;
        const float *planes = (const float *)(const void *)(steps + (minima ? 2 : 4));
        __m256i sum[COLS][2];
        if (batch == 8) {
            dot_eight(!minima, sum, cols, codes, steps, q, 32 * g);
            UNROLL for (int c = 0; c < cols; c++) {
                UNROLL for (int h = 0; h < 2; h++) {
                    if (!minima) sum[c][h] = _mm256_add_epi32(sum[c][h], sums[h]);
                }
            }
        } else {
            UNROLL for (int c = 0; c < cols; c++) {
                UNROLL for (int h = 0; h < 2; h++) sum[c][h] = sums[h];
            }
            UNROLL for (int i = 0; i < 8; i += 2) {
                __m256i w[2][2];
                UNROLL for (int j = 0; j < 4; j++) w[j / 2][j % 2] = load_codes(codes, 2 * i + j);
                UNROLL for (int c = 0; c < cols; c++) two_quads(true, sum[c], w, q[c] + 32 * g + 4 * i, steps);
            }
        }
        UNROLL for (int c = 0; c < cols; c++) {
            const char *x = t->x->q[c];
            const __m256 d = number(x + t->x->d + 4 * g);
            UNROLL for (int h = 0; h < 2; h++) {
                const __m256 scale = _mm256_mul_ps(_mm256_load_ps(planes + 8 * h), d);
                acc[c][h] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[c][h]), scale, acc[c][h]);
                if (!minima) continue;
                const char *s16 = x + t->x->s16 + 8 * g;
                acc[c][h] = _mm256_fnmadd_ps(_mm256_load_ps(planes + 16 + 8 * h), number(s16), acc[c][h]);
                acc[c][h] = _mm256_fnmadd_ps(_mm256_load_ps(planes + 32 + 8 * h), number(s16 + 4), acc[c][h]);
            }
        }
    }
    store_tile(acc, cols, t, &rows);
}

#define TILE(form, batch, cols) \
    static void form##_##batch##x##cols(const sw_tile *t) { tile(SW_FORM_##form, batch, cols, t); }
#define TILES(form, batch) TILE(form, batch, 1) TILE(form, batch, 2) TILE(form, batch, 3) TILE(form, batch, 4)
#define NAMES(form, batch) {form##_##batch##x1, form##_##batch##x2, form##_##batch##x3, form##_##batch##x4}
TILES(STEPS, 2) TILES(STEPS, 8) TILES(STEP_MINIMA, 8)

typedef void (*tile_function)(const sw_tile *);
static const tile_function steps_two[COLS] = NAMES(STEPS, 2);
static const tile_function steps_eight[COLS] = NAMES(STEPS, 8);
static const tile_function step_minima[COLS] = NAMES(STEP_MINIMA, 8);

void sw_multiply_steps_avx2(const sw_tile *t) {
    // A quad adds at most 2 * 255 * highest.
    const tile_function *tiles = t->type.highest <= 8 ? steps_eight : steps_two;
    (t->type.form == SW_FORM_STEP_MINIMA ? step_minima : tiles)[t->x->count - 1](t);
}

void sw_prepare_steps_avx2(sw_panel_type type, const sw_tile_columns *x, size_t groups) {
    const __m256i offset = _mm256_set1_epi8(type.form == SW_FORM_STEPS ? -128 : 0);
    for (size_t c = 0; c < x->count; c++) {
        char *to = prepared(x, c);
        for (size_t g = 0; g < groups; g++) {
            const __m256i q = _mm256_xor_si256(load_in_turn(x->q[c] + 32 * g), offset);
            _mm256_storeu_si256((__m256i *)(void *)(to + 32 * g), q);
        }
    }
}

#pragma clang attribute pop
#endif
