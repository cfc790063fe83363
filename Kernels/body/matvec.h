// body/matvec.h: the loops of the matrix-vector kernels, the same for every instruction set.
//
// A kernel is two inline functions. `prepare` brings the activations of one step into the order in
// which the type's weights unpack, once for four rows; `row` adds one row's products to its sum.
//
// Products of unsigned weights and signed activations are what the instruction sets have. A type
// whose weights carry a fixed offset (q - 8, ...) starts its accumulators at minus the offset times
// the activations' sums, computed in `prepare`, so that the offset costs a row (almost) nothing.
#ifndef SWINFER_BODY_MATVEC_H
#define SWINFER_BODY_MATVEC_H

#include "../half.h"
#include "../q8.h"

#define INLINE static inline __attribute__((always_inline))

typedef struct sw_columns sw_columns;
typedef void sw_matvec_rows(const uint8_t *w, size_t row_bytes, size_t rows, const sw_columns *x);
typedef void sw_matvec_float_rows(const uint8_t *w, size_t row_bytes, size_t rows, size_t n, const float *x,
                                  float *y);

// Rows are counted by a constant: unrolled, their sums stay in registers.
#define UNROLL _Pragma("clang loop unroll(full)")

// Keeps the compiler from mixing the rows' instructions, for which the registers do not suffice.
#if defined(__x86_64__)
#define FINISH_ROW(sum) __asm__ volatile("" : "+v"(sum)::"memory")
#else
#define FINISH_ROW(sum) __asm__ volatile("" : "+w"(sum)::"memory")
#endif

// Activations from `start` on for a step that ends past the row. What has no zeros there (see q8.h) is q, padded
// with them in a copy, which compiles to nothing where a kernel does not read it, and sum, whose rest is multiplied by
// d's zeros.
INLINE sw_q8 sw_pad_tail(int8_t q[256], sw_q8 x, size_t start, size_t n) {
    memset(q, 0, 256);
    memcpy(q, x.q + start, n - start);
    return (sw_q8){.q = q, .d = x.d + start / 32, .s32 = x.s32 + start / 32, .sum = x.sum + start / 16,
                   .turned = x.turned + start};
}

// The bytes of a row from `start` on, and zeros up to a step.
INLINE void sw_pad_row(uint8_t *to, size_t step, const uint8_t *row, size_t start, size_t bytes) {
    memset(to, 0, step);
    memcpy(to, row + start, bytes);
}

// Four rows at a time share the activations but defeat the hardware's prefetcher (four short
// streams), so what comes later is fetched into the second-level cache meanwhile, in the order of the
// addresses: a step of four rows fetches as many bytes of what lies `sw_ahead` behind its rows' start.
// Measured, one thread on Zen 4, Q4_K: without 5 to 9 GB/s, one row at a time 16, with 20 to 22, into the
// first level 12. Two threads on Zen 3: a later row fetched beside each row, as four streams, costs Q6_K a
// fifth and Q4_K a tenth of the rate.
//
// The fourth row begins three rows on and is read at once, so four rows are the least that must be
// fetched before; 8 KiB more give the first bytes time to come. (8 KiB alone: Q6_K with rows of 7168 loses
// a quarter.)
INLINE size_t sw_ahead(size_t row_bytes) { return 4 * row_bytes + 8192; }

INLINE void sw_prefetch(const uint8_t *p, size_t bytes) {
    for (size_t j = 0; j < bytes; j += 64) __builtin_prefetch(p + j, 0, 2);
}

// One of `parts` nearly equal parts of that.
INLINE void sw_prefetch_part(const uint8_t *p, const size_t bytes, const size_t part, const size_t parts) {
    const size_t lines = (bytes + 63) / 64;
    UNROLL for (size_t j = part * lines / parts; j < (part + 1) * lines / parts; j++) {
        __builtin_prefetch(p + 64 * j, 0, 2);
    }
}

// What no step before has fetched, up to 16 KiB. The steps fetch past the last row too: whoever calls with a
// piece of a matrix mostly takes the next piece after it, and a prefetch of what is not there does nothing.
INLINE void sw_prefetch_first(const uint8_t *w, size_t rows, size_t row_bytes) {
    sw_prefetch(w, rows * row_bytes < 16384 ? rows * row_bytes : 16384);
}

// Activation columns of one call: column c lies at q8 + index[c] * stride, or c * stride where index is
// NULL; its results at y + c * ldy. `scratch`: gemm's, or NULL.
typedef struct sw_columns {
    const void *q8;
    size_t stride;
    const int32_t *index;
    size_t count, n;
    float *y;
    size_t ldy;
    void *scratch;
} sw_columns;

INLINE sw_q8 sw_column(const sw_columns *x, size_t c) {
    const size_t place = x->index != NULL ? (size_t)x->index[c] : c;
    return sw_q8_view((const char *)x->q8 + place * x->stride, x->n);
}

// Columns and rows that `name##_columns` takes at a time: their sums, 8 KiB, stay in the first-level cache.
#define SW_COLUMNS 8
#define SW_COLUMN_ROWS(vector) (8192 / SW_COLUMNS / sizeof(vector))

// Rows of that many bytes that should go through the columns together: what `prepare` costs is shared, but
// they and those fetched ahead of them are to fit into the second-level cache.
INLINE size_t sw_rows_together(size_t row_bytes, size_t most) {
    size_t rows = most;
    while (rows > 4 && rows * row_bytes > 65536) rows -= 4;
    return rows;
}

// y[k] = the lanes of sums[k] added up, k < rows.
#define REDUCE_ROWS(level, sums, rows, y)                                                                      \
    do {                                                                                                       \
        size_t k = 0;                                                                                          \
        for (; k + 4 <= (rows); k += 4) level##_reduce4((sums) + k, (y) + k);                                  \
        for (; k < (rows); k++) (y)[k] = level##_reduce((sums)[k]);                                            \
    } while (0)

// Types that are unpacked where they are multiplied.
typedef struct sw_block {
    const uint8_t *b;
} sw_block;
INLINE void sw_read_block(const uint8_t *b, sw_block *to) { to->b = b; }
INLINE sw_block sw_unpack_block(const sw_block *block) { return *block; }

// Defines sw_<level>_<name>. A step is STEP elements in STEP / BLOCK blocks of BYTES bytes; a row
// may end within a step where BLOCK is less: then the step runs on a zero-padded copy, written at the
// start, for what was just written piece by piece is slow to read.
//
// One column has its sums in registers, and no two of its rows' instructions mixed. Several go past each
// block of weights in a loop around `row`, from which the compiler takes what does not depend on the
// activations, above all the unpacking: so the weights are in registers, and activations and sums come from
// memory, where one address counts for what a column has of both. The operations on a sum are the same and in
// the same order.
#define MATVEC(level, vector, name, state, BLOCK, BYTES, STEP, prepare, row)                                   \
    INLINE vector name##_add(const state *s, const sw_block *w, vector sum) { return row(s, w->b, sum); }      \
    MATVEC_UNPACKED(level, vector, name, state, sw_block, sw_block, BLOCK, BYTES, STEP, prepare, sw_read_block,\
                    sw_unpack_block, name##_add)

// The loops of one column, <name>_one, four rows at a time. Types that unpack through memory should not wait for it:
// `read` writes what is to be read again, `early`, for four rows, then `unpack` makes `weights` of it, and `add` adds
// their products.
#define MATVEC_ONE(level, vector, name, state, early, weights, BLOCK, BYTES, STEP, prepare, read, unpack, add) \
    INLINE void name##_rows(const int count, const uint8_t *w, size_t row_bytes, size_t n, sw_q8 x,            \
                            size_t ahead, float *y) {                                                          \
        vector sum[4] = {{0}};                                                                                 \
        const size_t step = STEP / BLOCK * BYTES;                                                              \
        uint8_t padded[4][STEP / BLOCK * BYTES];                                                               \
        for (int k = 0; k < count && BLOCK < STEP && n % STEP > 0; k++) {                                      \
            sw_pad_row(padded[k], step, w + (size_t)k * row_bytes, n / STEP * step, n % STEP / BLOCK * BYTES); \
        }                                                                                                      \
        const uint8_t *next = w + ahead;                                                                       \
        size_t i = 0;                                                                                          \
        for (; i + STEP <= n; i += STEP, w += step, next += (size_t)count * step) {                            \
            const state s = prepare(x, i);                                                                     \
            early e[4];                                                                                        \
            UNROLL                                                                                             \
            for (int k = 0; k < count; k++) read(w + (size_t)k * row_bytes, &e[k]);                            \
            UNROLL                                                                                             \
            for (int k = 0; k < count; k++) {                                                                  \
                sw_prefetch_part(next, (size_t)count * step, (size_t)k, (size_t)count);                        \
                const weights u = unpack(&e[k]);                                                               \
                sum[k] = add(&s, &u, sum[k]);                                                                  \
                FINISH_ROW(sum[k]);                                                                            \
            }                                                                                                  \
        }                                                                                                      \
        if (BLOCK < STEP && i < n) {                                                                           \
            int8_t tail[256];                                                                                  \
            const state s = prepare(sw_pad_tail(tail, x, i, n), 0);                                            \
            UNROLL                                                                                             \
            for (int k = 0; k < count; k++) {                                                                  \
                early e;                                                                                       \
                read(padded[k], &e);                                                                           \
                const weights u = unpack(&e);                                                                  \
                sum[k] = add(&s, &u, sum[k]);                                                                  \
            }                                                                                                  \
        }                                                                                                      \
        if (count == 4) {                                                                                      \
            level##_reduce4(sum, y);                                                                           \
        } else {                                                                                               \
            y[0] = level##_reduce(sum[0]);                                                                     \
        }                                                                                                      \
    }                                                                                                          \
    static void name##_one(const uint8_t *w, size_t row_bytes, size_t rows, const sw_columns *x) {             \
        const sw_q8 column = sw_column(x, 0);                                                                  \
        size_t r = 0;                                                                                          \
        for (; r + 4 <= rows; r += 4) {                                                                        \
            name##_rows(4, w + r * row_bytes, row_bytes, x->n, column, sw_ahead(row_bytes), x->y + r);         \
        }                                                                                                      \
        for (; r < rows; r++) name##_rows(1, w + r * row_bytes, row_bytes, x->n, column, 0, x->y + r);         \
    }

// And of several, where the compiler would not take the unpacking from the loop around them by itself.
#define MATVEC_UNPACKED(level, vector, name, state, early, weights, BLOCK, BYTES, STEP, prepare, read, unpack, add)\
    MATVEC_ONE(level, vector, name, state, early, weights, BLOCK, BYTES, STEP, prepare, read, unpack, add)     \
    typedef struct name##_column {                                                                             \
        state s;                                                                                               \
        vector sum[SW_COLUMN_ROWS(vector)];                                                                    \
    } name##_column;                                                                                           \
    INLINE void name##_step(const int first, const uint8_t *b, size_t k, name##_column *column, size_t cols) { \
        early e;                                                                                               \
        read(b, &e);                                                                                           \
        const weights u = unpack(&e);                                                                          \
        for (const name##_column *end = column + cols; column < end; column++) {                               \
            column->sum[k] = add(&column->s, &u, first ? (vector){0} : column->sum[k]);                        \
        }                                                                                                      \
    }                                                                                                          \
    INLINE const uint8_t *name##_rows_step(const int first, const uint8_t *w, size_t row_bytes, size_t rows,   \
                                           const uint8_t *next, name##_column *column, size_t cols) {          \
        const size_t step = STEP / BLOCK * BYTES;                                                              \
        for (size_t k = 0; k < rows; k++, w += row_bytes, next += step) {                                      \
            sw_prefetch(next, step);                                                                           \
            name##_step(first, w, k, column, cols);                                                            \
        }                                                                                                      \
        return next;                                                                                           \
    }                                                                                                          \
    static void name##_columns(size_t rows, size_t cols, const uint8_t *w, size_t row_bytes,                   \
                               const sw_columns *to, size_t c0, const uint8_t *next, float *y) {               \
        const size_t n = to->n, step = STEP / BLOCK * BYTES;                                                   \
        sw_q8 x[SW_COLUMNS];                                                                                   \
        name##_column column[SW_COLUMNS];                                                                      \
        for (size_t c = 0; c < cols; c++) x[c] = sw_column(to, c0 + c);                                        \
        size_t i = 0;                                                                                          \
        for (; i + STEP <= n; i += STEP, w += step) {                                                          \
            for (size_t c = 0; c < cols; c++) column[c].s = prepare(x[c], i);                                  \
            next = i == 0 ? name##_rows_step(1, w, row_bytes, rows, next, column, cols)                        \
                          : name##_rows_step(0, w, row_bytes, rows, next, column, cols);                       \
        }                                                                                                      \
        if (BLOCK < STEP && i < n) {                                                                           \
            for (size_t c = 0; c < cols; c++) {                                                                \
                int8_t tail[256];                                                                              \
                column[c].s = prepare(sw_pad_tail(tail, x[c], i, n), 0);                                       \
            }                                                                                                  \
            for (size_t k = 0; k < rows; k++) {                                                                \
                uint8_t padded[STEP / BLOCK * BYTES];                                                          \
                sw_pad_row(padded, step, w + k * row_bytes, 0, (n - i) / BLOCK * BYTES);                       \
                if (i == 0) name##_step(1, padded, k, column, cols);                                           \
                else name##_step(0, padded, k, column, cols);                                                  \
            }                                                                                                  \
        }                                                                                                      \
        for (size_t c = 0; c < cols; c++, y += to->ldy) REDUCE_ROWS(level, column[c].sum, rows, y);            \
    }                                                                                                          \
    void sw_##level##_##name(const uint8_t *w, size_t row_bytes, size_t rows, const sw_columns *x) {           \
        sw_prefetch_first(w, rows, row_bytes);                                                                 \
        if (x->count == 1) return name##_one(w, row_bytes, rows, x);                                           \
        const size_t together = sw_rows_together(row_bytes, SW_COLUMN_ROWS(vector));                           \
        for (size_t r = 0; r < rows; r += together) {                                                          \
            const size_t count = rows - r < together ? rows - r : together;                                    \
            const uint8_t *at = w + r * row_bytes;                                                             \
            for (size_t c = 0; c < x->count; c += SW_COLUMNS) {                                                \
                const size_t cols = x->count - c < SW_COLUMNS ? x->count - c : SW_COLUMNS;                     \
                name##_columns(count, cols, at, row_bytes, x, c,                                               \
                               c == 0 ? at + together * row_bytes + 8192 : at, x->y + c * x->ldy + r);         \
            }                                                                                                  \
        }                                                                                                      \
    }

// The same for float weights of BYTES bytes; `load` reads WIDTH of them, `load_one` one. Two sums a row.
#define MATVEC_FLOAT(level, vector, WIDTH, name, BYTES, load, load_one)                                        \
    INLINE void name##_rows(const int count, const uint8_t *w, size_t row_bytes, size_t n, const float *x,     \
                            float *y) {                                                                        \
        vector sum[8] = {{0}};                                                                                 \
        const size_t step = (size_t)count * 2 * WIDTH * BYTES;                                                 \
        const uint8_t *next = w + sw_ahead(row_bytes);                                                         \
        size_t i = 0;                                                                                          \
        for (; i + 2 * WIDTH <= n; i += 2 * WIDTH, next += step) {                                             \
            for (int h = 0; h < 2; h++) {                                                                      \
                const vector a = level##_load_x(x + i + (size_t)h * WIDTH);                                    \
                UNROLL                                                                                         \
                for (int k = 0; k < count; k++) {                                                              \
                    const uint8_t *p = w + (size_t)k * row_bytes + (i + (size_t)h * WIDTH) * BYTES;            \
                    sw_prefetch_part(next, step, (size_t)(h * count + k), (size_t)(2 * count));                \
                    sum[k + 4 * h] = level##_multiply_add(load(p), a, sum[k + 4 * h]);                         \
                }                                                                                              \
            }                                                                                                  \
        }                                                                                                      \
        float rest[4] = {0};                                                                                   \
        for (; i < n; i++) {                                                                                   \
            for (int k = 0; k < count; k++) rest[k] += load_one(w + (size_t)k * row_bytes + i * BYTES) * x[i]; \
        }                                                                                                      \
        for (int k = 0; k < 4; k++) sum[k] = level##_add(sum[k], sum[k + 4]);                                  \
        if (count == 4) {                                                                                      \
            level##_reduce4(sum, y);                                                                           \
        } else {                                                                                               \
            y[0] = level##_reduce(sum[0]);                                                                     \
        }                                                                                                      \
        for (int k = 0; k < count; k++) y[k] += rest[k];                                                       \
    }                                                                                                          \
    void sw_##level##_##name(const uint8_t *w, size_t row_bytes, size_t rows, size_t n, const float *x, float *y) {\
        size_t r = 0;                                                                                          \
        sw_prefetch_first(w, rows, row_bytes);                                                                 \
        for (; r + 4 <= rows; r += 4) {                                                                        \
            name##_rows(4, w + r * row_bytes, row_bytes, n, x, y + r);                                         \
        }                                                                                                      \
        for (; r < rows; r++) name##_rows(1, w + r * row_bytes, row_bytes, n, x, y + r);                       \
    }

// Defines the table's entries from a level's kernels by type.
#define MATVEC_ENTRIES(kernels, float_kernels)                                                                 \
    static void matvec_few(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,   \
                           size_t q8_stride, const int32_t *index, size_t cols, float *y, size_t ldy) {        \
        if (type < 0 || type >= SW_TYPE_COUNT) return;                                                         \
        const sw_columns x = {q8, q8_stride, index, cols, n, y, ldy, NULL};                                    \
        if (kernels[type] != NULL && n > 0) return kernels[type](w, row_bytes, rows, &x);                      \
        sw_matvec_few_scalar(type, w, row_bytes, rows, n, q8, q8_stride, index, cols, y, ldy);                 \
    }                                                                                                          \
    static void matvec(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const void *q8,       \
                       float *y) {                                                                             \
        matvec_few(type, w, row_bytes, rows, n, q8, 0, NULL, 1, y, 0);                                         \
    }                                                                                                          \
    static void matvec_float(int type, const void *w, size_t row_bytes, size_t rows, size_t n, const float *x, \
                             float *y) {                                                                       \
        if (type < 0 || type >= SW_TYPE_COUNT || float_kernels[type] == NULL) return;                          \
        float_kernels[type](w, row_bytes, rows, n, x, y);                                                      \
    }

INLINE float sw_one_f32(const uint8_t *p) {
    float v;
    memcpy(&v, p, 4);
    return v;
}
INLINE float sw_one_f16(const uint8_t *p) { return sw_f16_to_f32(sw_load16(p)); }
INLINE float sw_one_bf16(const uint8_t *p) { return sw_bf16_to_f32(sw_load16(p)); }

#endif
