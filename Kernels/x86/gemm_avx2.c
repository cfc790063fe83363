// gemm_avx2.c: the int8 tile kernel without VNNI: 16 rows x up to 4 columns.
//
// vpmaddubsw multiplies 32 bytes and adds pairs of products in 16 bits, saturating; widening them
// costs two instructions more. Codes are small for most types, so that several quads fit before
// 16 bits overflow (2 * 127 * code each): the pairs of all columns and rows of the tile wait in
// eight registers, with which every load of weights serves four columns. What has codes of 8 bits
// is multiplied as 16-bit numbers, the activations widened once for all rows.
#include "../levels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

#include "gemm_avx2_tile.h"

INLINE void add_pairs(__m256i sum[2], __m256i pairs[2], __m256i one) {
    __asm__ volatile("vpmaddwd %4, %2, %2\n\tvpmaddwd %4, %3, %3\n\tvpaddd %2, %0, %0\n\tvpaddd %3, %1, %1"
                     : "+x"(sum[0]), "+x"(sum[1]), "+x"(pairs[0]), "+x"(pairs[1])
                     : "x"(one));
}

// Products of 16-bit numbers, in 32 bits.
INLINE void more_words(__m256i sum[2], __m256i w0, __m256i w1, __m256i activations) {
    __m256i products0, products1;
    __asm__ volatile("vpmaddwd %6, %4, %0\n\tvpmaddwd %6, %5, %1\n\tvpaddd %0, %2, %2\n\tvpaddd %1, %3, %3"
                     : "=&x"(products0), "=&x"(products1), "+x"(sum[0]), "+x"(sum[1])
                     : "x"(w0), "x"(w1), "x"(activations));
}

// Eight bytes for each quad: 0 and 2, then 1 and 3.
static void widen(const sw_tile_columns *x, size_t groups) {
    for (size_t c = 0; c < x->count; c++) {
        char *to = prepared(x, c);
        for (size_t g = 0; g < groups; g++) {
            const __m256i q = _mm256_loadu_si256((const __m256i *)(const void *)(x->q[c] + 32 * g));
            const __m256i even = _mm256_srai_epi16(_mm256_slli_epi16(q, 8), 8), odd = _mm256_srai_epi16(q, 8);
            const __m256i low = _mm256_unpacklo_epi32(even, odd), high = _mm256_unpackhi_epi32(even, odd);
            __m256i *out = (__m256i *)(void *)(to + 64 * g);
            _mm256_storeu_si256(out, _mm256_permute2x128_si256(low, high, 0x20));
            _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(low, high, 0x31));
        }
    }
}

// What a tile reads of its columns: their activations, or (wide) those as 16-bit numbers.
typedef struct columns {
    const char *q[COLS];
} columns;

// `quads` quads onto sum[c][h], column c and rows 8 h ..< 8 h + 8; `batch` of them at a time in 16
// bits. `fresh`: nothing is in the sums yet. `at`: bytes from the run's first activation.
INLINE void dot(__m256i sum[][2], const bool fresh, const int cols, const int quads, const int batch,
                const uint8_t *codes, const columns *x, size_t at) {
    UNROLL for (int first = 0; first < quads; first += batch) {
        __m256i pairs[COLS][2];
        UNROLL for (int i = first; i < first + batch; i++) {
            const __m256i w0 = load_codes(codes, 2 * i), w1 = load_codes(codes, 2 * i + 1);
            UNROLL for (int c = 0; c < cols; c++) {
                const __m256i four = quad(x->q[c] + at + 4 * i);
                if (i == first) {
                    pairs[c][0] = first_pairs(false, w0, four);
                    pairs[c][1] = first_pairs(false, w1, four);
                } else {
                    more_pairs(false, pairs[c], w0, w1, four);
                }
            }
        }
        UNROLL for (int c = 0; c < cols; c++) {
            const __m256i one = _mm256_set1_epi16(1);
            if (fresh && first == 0) {
                UNROLL for (int h = 0; h < 2; h++) sum[c][h] = _mm256_madd_epi16(pairs[c][h], one);
            } else {
                add_pairs(sum[c], pairs[c], one);
            }
        }
    }
}

// The same in 16 bits throughout: k 0 and 2 of each quad, then 1 and 3, as `widen` lays them out.
INLINE void dot_wide(__m256i sum[][2], const int cols, const int quads, const uint8_t *codes, const columns *x,
                     size_t at) {
    UNROLL for (int i = 0; i < quads; i++) {
        __m256i even[2], odd[2];
        UNROLL for (int h = 0; h < 2; h++) {
            const __m256i w = load_codes(codes, 2 * i + h);
            even[h] = _mm256_and_si256(w, _mm256_set1_epi16(255));
            odd[h] = _mm256_srli_epi16(w, 8);
        }
        UNROLL for (int c = 0; c < cols; c++) {
            const char *four = x->q[c] + 2 * at + 8 * i;
            const __m256i x0 = quad(four), x1 = quad(four + 4);
            more_words(sum[c], even[0], even[1], x0);
            more_words(sum[c], odd[0], odd[1], x1);
        }
    }
}

// Two quads at a time, column by column with all their weights in registers.
INLINE void dot_twos(__m256i sum[][2], const int cols, const uint8_t *codes, const columns *x, size_t at) {
    static const int16_t ones[16] __attribute__((aligned(32))) = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    UNROLL for (int i = 0; i < 8; i += 2) {
        __m256i w[2][2];
        UNROLL for (int j = 0; j < 4; j++) w[j / 2][j % 2] = load_codes(codes, 2 * i + j);
        UNROLL for (int c = 0; c < cols; c++) {
            two_quads(false, sum[c], w, x->q[c] + at + 4 * i, (const __m256i *)(const void *)ones);
        }
    }
}

// Columns that go through `dot` together: all where their pairs are all it keeps in registers, two
// where the sums come in between.
INLINE int together(const int batch) { return batch == 1 ? 2 : COLS; }

INLINE void tile(const sw_panel_form form, const int batch, const int cols, const sw_tile *t) {
    const bool halves = form == SW_FORM_HALVES, biased = form == SW_FORM_SCALE || halves;
    const size_t step = sw_panel_step(form, 1);
    const sw_tile_rows rows = rows_of(t);
    __m256 acc[COLS][2];
    load_tile(acc, cols, t, &rows);
    columns x;
    UNROLL for (int c = 0; c < cols; c++) x.q[c] = batch == 0 ? prepared(t->x, (size_t)c) : t->x->q[c];
    const uint8_t *codes = t->panel;
    const int32_t *sums = t->x->sums;
    const size_t to_d = t->x->d, to_s32 = t->x->s32;
    for (size_t g = 0; g < t->groups; g++, codes += step, sums += halves ? 2 : 1) {
        sw_fetch(t->ahead);
        fetch_columns(cols, t, g, form == SW_FORM_MINIMUM, false);
        const float *planes = (const float *)(const void *)(codes + SW_CODE_BYTES);
        UNROLL for (int from = 0; from < cols; from += together(batch)) {
            const int count = cols - from < together(batch) ? cols - from : together(batch);
            const columns some = {{x.q[from], x.q[from + 1 < cols ? from + 1 : from],
                                   x.q[from + 2 < cols ? from + 2 : from], x.q[from + 3 < cols ? from + 3 : from]}};
            __m256i sum[COLS][2], half[COLS][2];
            UNROLL for (int c = 0; c < count; c++) {
                UNROLL for (int h = 0; h < 2; h++) {
                    const int32_t *bias = sums + (from + c) * SW_TILE_SUMS;
                    sum[c][h] = biased ? _mm256_set1_epi32(bias[halves ? 1 : 0]) : _mm256_setzero_si256();
                    half[c][h] = biased ? _mm256_set1_epi32(bias[0]) : _mm256_setzero_si256();
                }
            }
            if (halves) {
                dot(half, false, count, 4, batch, codes, &some, 32 * g);
                dot(sum, false, count, 4, batch, codes + SW_CODE_BYTES / 2, &some, 32 * g + 16);
            } else if (batch == 0) {
                dot_wide(sum, count, 8, codes, &some, 32 * g);
            } else if (batch == 2) {
                dot_twos(sum, count, codes, &some, 32 * g);
            } else {
                dot(sum, !biased, count, 8, batch, codes, &some, 32 * g);
            }
            UNROLL for (int c = 0; c < count; c++) {
                const char *q = t->x->q[from + c];
                const __m256 d = number(q + to_d + 4 * g);
                UNROLL for (int h = 0; h < 2; h++) {
                    const __m256 scale = _mm256_load_ps(planes + 8 * h), total = _mm256_cvtepi32_ps(sum[c][h]);
                    const __m256 second = sw_planes(form) > 1 ? _mm256_load_ps(planes + 16 + 8 * h) : scale;
                    __m256 *to = &acc[from + c][h];
                    if (halves) {
                        const __m256 first = _mm256_mul_ps(_mm256_cvtepi32_ps(half[c][h]), scale);
                        *to = _mm256_fmadd_ps(_mm256_fmadd_ps(total, second, first), d, *to);
                    } else {
                        *to = _mm256_fmadd_ps(total, _mm256_mul_ps(scale, d), *to);
                    }
                    if (form == SW_FORM_MINIMUM) *to = _mm256_fnmadd_ps(second, number(q + to_s32 + 4 * g), *to);
                }
            }
        }
    }
    store_tile(acc, cols, t, &rows);
}

#define TILE(form, batch, cols) \
    static void form##_##batch##x##cols(const sw_tile *t) { tile(SW_FORM_##form, batch, cols, t); }
#define TILES(form, batch) TILE(form, batch, 1) TILE(form, batch, 2) TILE(form, batch, 3) TILE(form, batch, 4)
#define NAMES(form, batch) \
    {form##_##batch##x1, form##_##batch##x2, form##_##batch##x3, form##_##batch##x4}
TILES(SCALE, 0) TILES(SCALE, 1) TILES(SCALE, 2) TILES(SCALE, 4) TILES(SCALE, 8)
TILES(MINIMUM, 4) TILES(MINIMUM, 8)
TILES(HALVES, 1) TILES(HALVES, 4)

typedef void (*tile_function)(const sw_tile *);

// By log2 of how many quads fit into 16 bits.
static const tile_function scale[4][COLS] = {NAMES(SCALE, 1), NAMES(SCALE, 2), NAMES(SCALE, 4), NAMES(SCALE, 8)};
static const tile_function scale_wide[COLS] = NAMES(SCALE, 0);
static const tile_function minimum[4][COLS] = {{NULL}, {NULL}, NAMES(MINIMUM, 4), NAMES(MINIMUM, 8)};
static const tile_function halves[4][COLS] = {NAMES(HALVES, 1), NAMES(HALVES, 1), NAMES(HALVES, 4), NAMES(HALVES, 4)};

static bool is_wide(sw_panel_type type) { return type.form == SW_FORM_SCALE && type.highest > 129; }

static void multiply(const sw_tile *t) {
    const int highest = t->type.highest, batch = highest <= 15 ? 3 : highest <= 32 ? 2 : highest <= 64 ? 1 : 0;
    const size_t c = t->x->count - 1;
    switch (t->type.form) {
    case SW_FORM_SCALE: (is_wide(t->type) ? scale_wide : scale[batch])[c](t); break;
    case SW_FORM_MINIMUM: minimum[batch][c](t); break;
    case SW_FORM_HALVES: halves[batch][c](t); break;
    default: sw_multiply_steps_avx2(t);
    }
}

// sw_gemm_sums, 16 halves of groups at a time: both sections have room for whole vectors.
static void take_off_bias(sw_panel_type type, const sw_tile_columns *x, size_t groups) {
    const __m256i bias = _mm256_set1_epi16((short)-type.bias);
    for (size_t c = 0; c < x->count; c++) {
        int32_t *sums = x->sums + c * SW_TILE_SUMS;
        for (size_t i = 0; i < 2 * groups; i += 16) {
            const __m256i sum = _mm256_loadu_si256((const __m256i *)(const void *)(x->q[c] + x->sum + 2 * i));
            if (type.form == SW_FORM_HALVES) {
                const __m256i low = _mm256_mullo_epi16(sum, bias), high = _mm256_mulhi_epi16(sum, bias);
                const __m256i even = _mm256_unpacklo_epi16(low, high), odd = _mm256_unpackhi_epi16(low, high);
                __m256i *to = (__m256i *)(void *)(sums + i);
                _mm256_storeu_si256(to, _mm256_permute2x128_si256(even, odd, 0x20));
                _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(even, odd, 0x31));
            } else {
                _mm256_storeu_si256((__m256i *)(void *)(sums + i / 2), _mm256_madd_epi16(sum, bias));
            }
        }
    }
}

static void prepare(sw_panel_type type, const sw_tile_columns *x, size_t groups) {
    if (type.form == SW_FORM_STEPS || type.form == SW_FORM_STEP_MINIMA) {
        sw_prepare_steps_avx2(type, x, groups);
        return;
    }
    take_off_bias(type, x, groups);
    if (is_wide(type)) widen(x, groups);
}

static const sw_gemm_level level = {"avx2", 1, COLS, sw_panel_type_avx2, sw_unpack_avx2, prepare, multiply};

static void gemm(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,
                 size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy, void *scratch) {
    if (sw_gemm_turned_avx2(type, w, row_bytes, rows, n, q8, q8_stride, index, cols, y, ldy, scratch)) return;
    sw_gemm_blocked(&level, type, w, row_bytes, rows, n, q8, q8_stride, index, cols, y, ldy, scratch);
}

void sw_fill_avx2_gemm(sw_kernels *k) {
    k->gemm = gemm;
    k->gemm_float = sw_gemm_float_avx2;
}

#pragma clang attribute pop
#endif
