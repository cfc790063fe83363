// body/matvec_turned.h: turned weights (groups of a block side by side, as a level wants them) times any number of
// columns: decode and prompts.
//
// A row's 256 weights stay in registers while columns go past: products of bytes, which add up to one vector for
// all groups, and one conversion. The next column's products are issued before the last one's are converted and added,
// for in one column each waits for the other (Q4_K on AVX2: 6.7 cycles a column, 7.3 in the order of the formula).
// What a column has lies together: one address, one page. Some rows take turns with each 256.
//
// More columns than go past at a time find the weights unpacked in scratch. A sum has the same operations in the same
// order whatever goes past with it, and alone.
//
// Included inside a target region, after these are defined: TURNED_COLUMNS that go past at a time, TURNED_ROWS that
// take turns, of which TURNED_PASS share what is loaded of a column; TURNED_KEPT bytes of activations that a column's
// state only points to: TURNED_KEEP(state, bytes) makes it point to a copy.
#ifndef SWINFER_BODY_MATVEC_TURNED_H
#define SWINFER_BODY_MATVEC_TURNED_H

#include "gemm_scratch.h"
#include "matvec.h"

// The next 256 activations, into L2: columns are too many streams for the processor's own prefetcher.
INLINE void turned_fetch(sw_q8 x, size_t i) {
    sw_prefetch((const uint8_t *)x.turned + i, 256);
    if (i % 512 != 0) return;
    sw_prefetch((const uint8_t *)(x.d + i / 32), 64);
    sw_prefetch((const uint8_t *)(x.s32 + i / 32), 64);
}

// Some rows of a matrix: file blocks, or unpacked weights, all rows' first 256 before the next.
typedef struct turned_rows {
    const void *w;
    size_t row_bytes, rows;
    bool unpacked;
    const uint8_t *next;  // as much again, to be fetched meanwhile; or NULL
} turned_rows;

// A type's loops.
typedef struct turned_kernel {
    size_t weights_bytes;  // of 256, unpacked
    void (*unpack)(const turned_rows *from, size_t n, void *to);
    void (*multiply)(const turned_rows *w, const sw_columns *x, size_t first, size_t count, float *y);
} turned_kernel;

INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// Rows times all columns, straight off the file's blocks.
INLINE void turned_direct(const turned_kernel *f, const uint8_t *w, size_t row_bytes, size_t rows,
                          const sw_columns *x) {
    const size_t together = sw_rows_together(row_bytes, TURNED_ROWS);
    for (size_t r = 0; r < rows; r += together) {
        turned_rows part = {.w = w + r * row_bytes, .row_bytes = row_bytes, .rows = smaller(rows - r, together),
                            .next = w + (r + together) * row_bytes + 8192};
        for (size_t c = 0; c < x->count; c += TURNED_COLUMNS) {
            f->multiply(&part, x, c, smaller(x->count - c, TURNED_COLUMNS), x->y + c * x->ldy + r);
            part.next = NULL;
        }
    }
}

// Rows that are unpacked at a time: what L2 keeps beside some columns; fewer where rows are long, none if too long.
INLINE size_t turned_rows_at_once(size_t row_bytes) {
    const size_t rows = 192 * 1024 / row_bytes / TURNED_ROWS * TURNED_ROWS;
    return rows > 0 ? rows : smaller(SW_GEMM_SCRATCH / row_bytes, 16) / 4 * 4;
}

// More columns than go past at a time find the weights unpacked.
INLINE void turned_columns(const turned_kernel *f, const uint8_t *w, size_t row_bytes, size_t rows,
                           const sw_columns *x) {
    const size_t bytes = (x->n + 255) / 256 * f->weights_bytes, at_once = turned_rows_at_once(bytes);
    char *unpacked = (char *)x->scratch;
    if (x->count <= TURNED_COLUMNS || at_once == 0 || unpacked == NULL) {
        return turned_direct(f, w, row_bytes, rows, x);
    }
    for (size_t r = 0; r < rows; r += at_once) {
        const size_t count = smaller(rows - r, at_once);
        for (size_t k = 0; k < count; k += TURNED_ROWS) {
            const turned_rows part = {.w = w + (r + k) * row_bytes, .row_bytes = row_bytes,
                                      .rows = smaller(count - k, TURNED_ROWS)};
            f->unpack(&part, x->n, unpacked + k * bytes);
        }
        for (size_t c = 0; c < x->count; c += TURNED_COLUMNS) {
            for (size_t k = 0; k < count; k += TURNED_ROWS) {
                const uint8_t *next = c == 0 ? w + (r + at_once + k) * row_bytes : NULL;
                const turned_rows part = {.w = unpacked + k * bytes, .rows = smaller(count - k, TURNED_ROWS),
                                          .unpacked = true, .next = next};
                f->multiply(&part, x, c, smaller(x->count - c, TURNED_COLUMNS), x->y + c * x->ldy + r + k);
            }
        }
    }
}

// Defines <name>_any_columns. `multiply` makes of weights and a column's state what `finish` adds to the sum.
#define MATVEC_TURNED(level, vector, name, state, early, weights, BLOCK, BYTES, prepare, read, unpack, multiply,\
                      finish)                                                                                  \
    typedef struct name##_turned {                                                                             \
        int8_t q[TURNED_KEPT] __attribute__((aligned(64)));                                                    \
        state s;                                                                                               \
        vector sum[TURNED_ROWS];                                                                               \
    } name##_turned;                                                                                           \
    INLINE state name##_state(const name##_turned *column) {                                                   \
        state s = column->s;                                                                                   \
        TURNED_KEEP(s, column->q);                                                                             \
        return s;                                                                                              \
    }                                                                                                          \
    INLINE weights name##_weights(const uint8_t *b, size_t left) {                                             \
        uint8_t padded[256 / BLOCK * BYTES];                                                                   \
        if (BLOCK < 256 && left < 256) {                                                                       \
            sw_pad_row(padded, sizeof padded, b, 0, left / BLOCK * BYTES);                                     \
            b = padded;                                                                                        \
        }                                                                                                      \
        early e;                                                                                               \
        read(b, &e);                                                                                           \
        return unpack(&e);                                                                                     \
    }                                                                                                          \
    static void name##_unpack(const turned_rows *from, size_t n, void *to) {                                   \
        weights *p = to;                                                                                       \
        for (size_t k = 0; k < from->rows; k++) {                                                              \
            const uint8_t *b = (const uint8_t *)from->w + k * from->row_bytes;                                 \
            for (size_t i = 0; i < n; i += 256, b += 256 / BLOCK * BYTES) {                                    \
                p[i / 256 * from->rows + k] = name##_weights(b, n - i);                                        \
            }                                                                                                  \
        }                                                                                                      \
    }                                                                                                          \
    INLINE void name##_pass(const size_t rows, const weights *u, size_t k, name##_turned *column,              \
                            const name##_turned *last) {                                                       \
        __typeof__(multiply((const state *)NULL, u)) now[TURNED_PASS], more[TURNED_PASS];                      \
        state s = name##_state(column);                                                                        \
        UNROLL                                                                                                 \
        for (size_t j = 0; j < rows; j++) now[j] = multiply(&s, &u[j]);                                        \
        for (; column < last; column++) {                                                                      \
            const state after = name##_state(column + 1);                                                      \
            UNROLL                                                                                             \
            for (size_t j = 0; j < rows; j++) more[j] = multiply(&after, &u[j]);                               \
            s = name##_state(column);                                                                          \
            UNROLL                                                                                             \
            for (size_t j = 0; j < rows; j++) {                                                                \
                column->sum[k + j] = finish(&s, &u[j], now[j], column->sum[k + j]);                            \
                now[j] = more[j];                                                                              \
            }                                                                                                  \
        }                                                                                                      \
        s = name##_state(column);                                                                              \
        UNROLL                                                                                                 \
        for (size_t j = 0; j < rows; j++) column->sum[k + j] = finish(&s, &u[j], now[j], column->sum[k + j]);  \
    }                                                                                                          \
    typedef struct name##_place {                                                                              \
        const weights *ready;                                                                                  \
        const uint8_t *b;                                                                                      \
        size_t row_bytes, n;                                                                                   \
        const uint8_t *next;                                                                                   \
    } name##_place;                                                                                            \
    INLINE void name##_together(const bool unpacked, const size_t rows, name##_place *place, size_t i, size_t k,\
                                name##_turned *column, const name##_turned *last) {                            \
        weights u[TURNED_PASS];                                                                                \
        if (place->next != NULL) {                                                                             \
            sw_prefetch(place->next, rows * (256 / BLOCK * BYTES));                                            \
            place->next += rows * (256 / BLOCK * BYTES);                                                       \
        }                                                                                                      \
        UNROLL                                                                                                 \
        for (size_t j = 0; j < rows; j++) {                                                                    \
            u[j] = unpacked ? *place->ready++ : name##_weights(place->b + (k + j) * place->row_bytes, place->n - i);\
        }                                                                                                      \
        name##_pass(rows, u, k, column, last);                                                                 \
    }                                                                                                          \
    INLINE void name##_turn(const bool unpacked, const turned_rows *from, const sw_columns *to, size_t first,  \
                            size_t count, float *y) {                                                          \
        const size_t rows = from->rows;                                                                        \
        name##_place place = {from->w, from->w, from->row_bytes, to->n, from->next};                           \
        sw_q8 x[TURNED_COLUMNS];                                                                               \
        name##_turned column[TURNED_COLUMNS];                                                                  \
        for (size_t c = 0; c < count; c++) {                                                                   \
            x[c] = sw_column(to, first + c);                                                                   \
            memset(column[c].sum, 0, rows * sizeof *column[c].sum);                                            \
        }                                                                                                      \
        for (size_t i = 0; i < to->n; i += 256, place.b += 256 / BLOCK * BYTES) {                              \
            for (size_t c = 0; c < count; c++) {                                                               \
                column[c].s = prepare(x[c], i);                                                                \
                memcpy(column[c].q, x[c].turned + i, TURNED_KEPT);                                             \
                if (unpacked) turned_fetch(x[c], i + 256);                                                     \
            }                                                                                                  \
            size_t k = 0;                                                                                      \
            for (; k + TURNED_PASS <= rows; k += TURNED_PASS) {                                                \
                name##_together(unpacked, TURNED_PASS, &place, i, k, column, column + count - 1);              \
            }                                                                                                  \
            for (; k < rows; k++) name##_together(unpacked, 1, &place, i, k, column, column + count - 1);      \
        }                                                                                                      \
        for (size_t c = 0; c < count; c++, y += to->ldy) REDUCE_ROWS(level, column[c].sum, rows, y);           \
    }                                                                                                          \
    static void name##_multiply(const turned_rows *w, const sw_columns *x, size_t first, size_t count, float *y) {\
        if (w->unpacked) name##_turn(true, w, x, first, count, y);                                             \
        else name##_turn(false, w, x, first, count, y);                                                        \
    }                                                                                                          \
    static void name##_any_columns(const uint8_t *w, size_t row_bytes, size_t rows, const sw_columns *x) {     \
        static const turned_kernel kernel = {sizeof(weights), name##_unpack, name##_multiply};                 \
        turned_columns(&kernel, w, row_bytes, rows, x);                                                        \
    }

#endif
