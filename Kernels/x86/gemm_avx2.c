// gemm_avx2.c: the int8 tile kernel without VNNI. 16 rows x up to 4 columns: 8 registers of
// integer sums; the float sums wait in memory.
//
// vpmaddubsw adds pairs of products in 16 bits, saturating. Codes are small for most types, so
// that several quads fit before 16 bits overflow (2 * 127 * code each); what is left of 8-bit
// codes is multiplied as 16-bit numbers.
#include "../levels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../body/gemm_blocked.h"
#include "gemm_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define COLS 4

INLINE __m256i quad(const char *at) {
    int32_t four;
    memcpy(&four, at, 4);
    return _mm256_set1_epi32(four);
}

INLINE __m256 number(const char *at) {
    float value;
    memcpy(&value, at, 4);
    return _mm256_set1_ps(value);
}

INLINE __m256i codes_at(const uint8_t *codes, int i) {
    return _mm256_load_si256((const __m256i *)(const void *)(codes + 32 * i));
}

// `quads` quads onto sum[h], rows 8 h ..< 8 h + 8; `batch` of them at a time in 16 bits (0: none).
INLINE void dot(__m256i sum[2], const int quads, const int batch, const uint8_t *codes, const char *x) {
    if (batch == 0) {
        const __m256i low = _mm256_set1_epi16(255);
        UNROLL for (int i = 0; i < quads; i++) {
            const __m256i four = quad(x + 4 * i);
            const __m256i even = _mm256_srai_epi16(_mm256_slli_epi16(four, 8), 8), odd = _mm256_srai_epi16(four, 8);
            UNROLL for (int h = 0; h < 2; h++) {
                const __m256i w = codes_at(codes, 2 * i + h);
                sum[h] = _mm256_add_epi32(sum[h], _mm256_madd_epi16(_mm256_and_si256(w, low), even));
                sum[h] = _mm256_add_epi32(sum[h], _mm256_madd_epi16(_mm256_srli_epi16(w, 8), odd));
            }
        }
        return;
    }
    UNROLL for (int first = 0; first < quads; first += batch ? batch : 1) {
        __m256i pairs[2];
        UNROLL for (int i = first; i < first + batch; i++) {
            const __m256i four = quad(x + 4 * i);
            UNROLL for (int h = 0; h < 2; h++) {
                const __m256i products = _mm256_maddubs_epi16(codes_at(codes, 2 * i + h), four);
                pairs[h] = i == first ? products : _mm256_add_epi16(pairs[h], products);
            }
        }
        UNROLL for (int h = 0; h < 2; h++) {
            sum[h] = _mm256_add_epi32(sum[h], _mm256_madd_epi16(pairs[h], _mm256_set1_epi16(1)));
        }
    }
}

INLINE void tile(const sw_panel_form form, const int batch, const int cols, const sw_tile *t) {
    const bool halves = form == SW_FORM_HALVES, biased = form == SW_FORM_SCALE || halves;
    const size_t step = sw_panel_step(form, 1);
    __m256 acc[COLS][2];
    UNROLL for (int c = 0; c < cols; c++) {
        float y[16] = {0};
        if (!t->first) memcpy(y, t->y + (size_t)c * t->ldy, t->rows * sizeof(float));
        UNROLL for (int h = 0; h < 2; h++) acc[c][h] = _mm256_loadu_ps(y + 8 * h);
    }
    const uint8_t *codes = t->panel;
    const int32_t *sums = t->x->sums;
    const size_t to_d = t->x->d, to_s32 = t->x->s32, to_s16 = t->x->s16;
    for (size_t g = 0; g < t->groups; g++, codes += step, sums += halves ? 2 : 1) {
        sw_fetch(t->ahead);
        const float *planes = (const float *)(const void *)(codes + SW_CODE_BYTES);
        UNROLL for (int c = 0; c < cols; c++) {
            const char *q = t->x->q[c];
            const __m256 d = number(q + to_d + 4 * g);
            __m256i sum[2], half[2];
            UNROLL for (int h = 0; h < 2; h++) {
                const int32_t *bias = sums + c * SW_TILE_SUMS;
                sum[h] = biased ? _mm256_set1_epi32(bias[halves ? 1 : 0]) : _mm256_setzero_si256();
                half[h] = biased ? _mm256_set1_epi32(bias[0]) : _mm256_setzero_si256();
            }
            if (halves) {
                dot(half, 4, batch, codes, q + 32 * g);
                dot(sum, 4, batch, codes + SW_CODE_BYTES / 2, q + 32 * g + 16);
            } else {
                dot(sum, 8, batch, codes, q + 32 * g);
            }
            UNROLL for (int h = 0; h < 2; h++) {
                const __m256 scale = _mm256_load_ps(planes + 8 * h), total = _mm256_cvtepi32_ps(sum[h]);
                const __m256 second = sw_planes(form) > 1 ? _mm256_load_ps(planes + 16 + 8 * h) : scale;
                const __m256 third = sw_planes(form) > 2 ? _mm256_load_ps(planes + 32 + 8 * h) : scale;
                if (halves) {
                    const __m256 first = _mm256_mul_ps(_mm256_cvtepi32_ps(half[h]), scale);
                    acc[c][h] = _mm256_fmadd_ps(_mm256_fmadd_ps(total, second, first), d, acc[c][h]);
                } else {
                    acc[c][h] = _mm256_fmadd_ps(total, _mm256_mul_ps(scale, d), acc[c][h]);
                }
                if (form == SW_FORM_MINIMUM) {
                    acc[c][h] = _mm256_fnmadd_ps(second, number(q + to_s32 + 4 * g), acc[c][h]);
                }
                if (form == SW_FORM_HALF_MINIMA) {
                    acc[c][h] = _mm256_fnmadd_ps(second, number(q + to_s16 + 8 * g), acc[c][h]);
                    acc[c][h] = _mm256_fnmadd_ps(third, number(q + to_s16 + 8 * g + 4), acc[c][h]);
                }
            }
        }
    }
    UNROLL for (int c = 0; c < cols; c++) {
        float y[16];
        UNROLL for (int h = 0; h < 2; h++) _mm256_storeu_ps(y + 8 * h, acc[c][h]);
        memcpy(t->y + (size_t)c * t->ldy, y, t->rows * sizeof(float));
    }
}

#define TILE(form, batch, cols) \
    static void form##_##batch##x##cols(const sw_tile *t) { tile(SW_FORM_##form, batch, cols, t); }
#define TILES(form, batch) TILE(form, batch, 1) TILE(form, batch, 2) TILE(form, batch, 3) TILE(form, batch, 4)
#define NAMES(form, batch) \
    {form##_##batch##x1, form##_##batch##x2, form##_##batch##x3, form##_##batch##x4}
TILES(SCALE, 0) TILES(SCALE, 1) TILES(SCALE, 4) TILES(SCALE, 8)
TILES(MINIMUM, 4) TILES(MINIMUM, 8)
TILES(HALVES, 1) TILES(HALVES, 2) TILES(HALVES, 4)
TILES(HALF_MINIMA, 2)

typedef void (*tile_function)(const sw_tile *);

// By log2 of how many quads fit into 16 bits.
static const tile_function scale[4][COLS] = {NAMES(SCALE, 1), NAMES(SCALE, 1), NAMES(SCALE, 4), NAMES(SCALE, 8)};
static const tile_function scale_wide[COLS] = NAMES(SCALE, 0);
static const tile_function minimum[4][COLS] = {{NULL}, {NULL}, NAMES(MINIMUM, 4), NAMES(MINIMUM, 8)};
static const tile_function halves[4][COLS] = {NAMES(HALVES, 1), NAMES(HALVES, 2), NAMES(HALVES, 4), NAMES(HALVES, 4)};
static const tile_function half_minima[COLS] = NAMES(HALF_MINIMA, 2);

static void multiply(const sw_tile *t) {
    const int highest = t->type.highest, batch = highest <= 15 ? 3 : highest <= 32 ? 2 : highest <= 64 ? 1 : 0;
    const size_t c = t->x->count - 1;
    switch (t->type.form) {
    case SW_FORM_SCALE: (highest > 129 ? scale_wide : scale[batch])[c](t); break;
    case SW_FORM_MINIMUM: minimum[batch][c](t); break;
    case SW_FORM_HALVES: halves[batch][c](t); break;
    default: half_minima[c](t);
    }
}

static void prepare(sw_panel_type type, const sw_tile_columns *x, size_t groups) {
    sw_gemm_sums(type.form, type.bias, x, groups);
}

static const sw_gemm_level level = {"avx2", 1, COLS, sw_unpack_avx2, prepare, multiply};

static void gemm(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                 size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch) {
    sw_gemm_blocked(&level, type, w, row_bytes, rows, n, q8, q8_stride, index, cols, y, ldy, scratch);
}

void sw_fill_avx2_gemm(sw_kernels *k) {
    k->gemm = gemm;
    k->gemm_float = sw_gemm_float_avx2;
}

#pragma clang attribute pop
#endif
