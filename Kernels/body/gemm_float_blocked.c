// gemm_float_blocked.c: as gemm_blocked.c, for float weights. Every sum is one chain of fused
// multiply-adds over ascending k.
#include "gemm_float_blocked.h"

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t divide(size_t a, size_t b) { return (a + b - 1) / b; }

typedef struct product {
    const sw_float_level *level;
    int type;
    size_t element;  // bytes
    const uint8_t *w;
    size_t row_bytes, rows, n;
    size_t panel_rows, run;  // of a full panel
    float *panel;
} product;

// Some rows over a run of k: what the scratch holds at a time.
typedef struct piece {
    size_t row, rows, k0, k;
} piece;

static piece piece_at(const product *p, size_t row, size_t k0) {
    return (piece){row, smaller(p->panel_rows, p->rows - row), k0, smaller(p->run, p->n - k0)};
}

static const uint8_t *weights(const product *p, size_t row, size_t k0) {
    return p->w + row * p->row_bytes + k0 * p->element;
}

static sw_ahead ahead_of(const product *p, const piece *piece) {
    return (sw_ahead){.row = weights(p, piece->row, piece->k0), .length = piece->k * p->element,
                      .stride = p->row_bytes, .rows = piece->rows};
}

static void unpack(const product *p, const piece *piece, sw_ahead *ahead) {
    const size_t stripe = SW_BLOCK_ROWS * p->level->tile_blocks, lines = ahead->length / 64 + 1;
    float *at = p->panel;
    for (size_t r = 0; r < piece->rows; r += stripe) {
        const size_t left = smaller(stripe, piece->rows - r), blocks = divide(left, SW_BLOCK_ROWS);
        for (size_t b = 0; b < blocks; b++) {
            // All of this block must be on its way; then the next one follows bit by bit.
            const size_t after = piece->rows - smaller(piece->rows, r + (b + 1) * SW_BLOCK_ROWS);
            ahead->burst = lines;
            while (ahead->rows > after) sw_fetch(ahead);
            ahead->burst = SW_BLOCK_ROWS * SW_FLOAT_CHUNK * p->element / 64;
            sw_float_job job = {.k = piece->k, .step = blocks * SW_BLOCK_ROWS, .panel = at + b * SW_BLOCK_ROWS,
                                .ahead = ahead};
            for (size_t i = 0; i < SW_BLOCK_ROWS; i++) {
                job.row[i] = weights(p, piece->row + r + smaller(b * SW_BLOCK_ROWS + i, left - 1), piece->k0);
            }
            p->level->unpack(p->type, &job);
        }
        at += piece->k * blocks * SW_BLOCK_ROWS;
    }
}

// All rows of the panel with a few columns.
static void multiply(const product *p, const piece *piece, sw_float_tile *tile, float *y) {
    const size_t stripe = SW_BLOCK_ROWS * p->level->tile_blocks;
    tile->panel = p->panel;
    for (size_t r = 0; r < piece->rows; r += stripe) {
        tile->rows = smaller(stripe, piece->rows - r);
        tile->blocks = divide(tile->rows, SW_BLOCK_ROWS);
        tile->y = y + piece->row + r;
        p->level->multiply(tile);
        tile->panel += piece->k * tile->blocks * SW_BLOCK_ROWS;
    }
}

void sw_gemm_float_blocked(const sw_float_level *level, int type, const void *w, size_t row_bytes, size_t rows,
                           size_t n, const float *x, size_t ldx, const int32_t *index, size_t cols, float *y,
                           size_t ldy, void *scratch) {
    const sw_type_info info = sw_type(type);
    if (info.name == NULL || info.quantized || rows == 0 || cols == 0 || n == 0) return;
    if (cols == 1) {
        const float *column = x + (index ? (size_t)index[0] : 0) * ldx;
        sw_kernels_named(level->name)->matvec_float(type, w, row_bytes, rows, n, column, y);
        return;
    }
    product p = {.level = level, .type = type, .element = info.bytes, .w = w, .row_bytes = row_bytes,
                 .rows = rows, .n = n, .panel = scratch};
    const size_t stripe = SW_BLOCK_ROWS * level->tile_blocks;
    p.run = divide(divide(n, divide(n, SW_FLOAT_RUN)), SW_FLOAT_CHUNK) * SW_FLOAT_CHUNK;
    const size_t stripes = SW_PANEL_BYTES / (p.run * stripe * sizeof(float));
    p.panel_rows = cols * n * sizeof(float) <= SW_FEW_BYTES ? stripe : stripes * stripe;
    const size_t tiles = divide(cols, level->tile_cols);  // of nearly equal width

    piece now = piece_at(&p, 0, 0);
    sw_ahead ahead = ahead_of(&p, &now);
    while (now.row < rows) {
        unpack(&p, &now, &ahead);
        const bool last_run = now.k0 + now.k == n;
        const piece next = piece_at(&p, last_run ? now.row + now.rows : now.row, last_run ? 0 : now.k0 + now.k);
        if (next.row < rows) {
            ahead = ahead_of(&p, &next);
            const size_t bursts = tiles * divide(now.rows, stripe) * divide(now.k, SW_FLOAT_CHUNK);
            ahead.burst = divide(next.rows * (ahead.length / 64 + 1), bursts);
        }
        sw_float_tile tile = {.k = now.k, .ldy = ldy, .first = now.k0 == 0, .ahead = &ahead};
        for (size_t c = 0, t = 0; t < tiles; t++, c += tile.cols) {
            tile.cols = divide(cols - c, tiles - t);
            for (size_t i = 0; i < tile.cols; i++) {
                tile.x[i] = x + (index ? (size_t)index[c + i] : c + i) * ldx + now.k0;
            }
            multiply(&p, &now, &tile, y + c * ldy);
        }
        now = next;
    }
}
