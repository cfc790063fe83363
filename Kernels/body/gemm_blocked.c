// gemm_blocked.c: unpack as many rows as fit into scratch, then take all columns past them, a
// few at a time.
//
// Every sum runs over its groups in ascending order, alone in its lane, whatever tile it falls
// into; where a row of weights is cut into runs, the sum waits in y as the float that it is. So
// no result depends on the other columns or rows of a call, except that a column alone is
// matvec's.
#include "gemm_blocked.h"

#include "../q8.h"

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static size_t divide(size_t a, size_t b) { return (a + b - 1) / b; }

typedef struct product {
    const sw_gemm_level *level;
    sw_panel_type form;
    int type;
    sw_type_info info;
    const uint8_t *w;
    size_t row_bytes, rows, n;
    size_t panel_rows, run;  // of a full panel
    bool few;                // columns
    uint8_t *panel;
} product;

// Some rows over a run of k: what the scratch holds at a time.
typedef struct piece {
    size_t row, rows, k0, k;
} piece;

static piece piece_at(const product *p, size_t row, size_t k0) {
    return (piece){row, smaller(p->panel_rows, p->rows - row), k0, smaller(p->run, p->n - k0)};
}

static const uint8_t *weights(const product *p, size_t row, size_t k0) {
    return p->w + row * p->row_bytes + k0 / p->info.block * p->info.bytes;
}

// The weights of a piece, or of all its rows from end to end: with few columns these are at work
// too briefly to fetch run by run.
static sw_ahead ahead_of(const product *p, const piece *piece) {
    const size_t k0 = p->few ? 0 : piece->k0, k = p->few ? p->n : piece->k;
    return (sw_ahead){.row = weights(p, piece->row, k0), .length = k / p->info.block * p->info.bytes,
                      .stride = p->row_bytes, .rows = piece->row < p->rows ? piece->rows : 0};
}

// Fetches what is still missing of all but the last `rows` rows.
static void fetch_until(sw_ahead *ahead, size_t rows) {
    ahead->burst = ahead->length / 64 + 1;
    while (ahead->rows > rows) sw_fetch(ahead);
}

// `cold`: nothing of this piece was fetched yet.
static void unpack(const product *p, const piece *piece, sw_ahead *ahead, bool cold) {
    const size_t stripe = SW_BLOCK_ROWS * p->level->tile_blocks, burst = ahead->burst;
    uint8_t *at = p->panel;
    for (size_t r = 0; r < piece->rows; r += stripe) {
        const size_t left = smaller(stripe, piece->rows - r), blocks = divide(left, SW_BLOCK_ROWS);
        const size_t step = sw_panel_step(p->form.form, blocks);
        for (size_t b = 0; b < blocks; b++) {
            // This block must be on its way; the next one follows in between.
            if (cold) fetch_until(ahead, piece->rows - smaller(piece->rows, r + (b + 1) * SW_BLOCK_ROWS));
            ahead->burst = cold ? divide(SW_BLOCK_ROWS * p->info.bytes, 64) : burst;
            sw_unpack_job job = {.k = piece->k,
                                 .codes = at + b * SW_CODE_BYTES,
                                 .planes = at + blocks * SW_CODE_BYTES + b * SW_PLANE_BYTES,
                                 .plane_bytes = blocks * SW_PLANE_BYTES,
                                 .step = step,
                                 .ahead = ahead};
            for (size_t i = 0; i < SW_BLOCK_ROWS; i++) {
                job.row[i] = weights(p, piece->row + r + smaller(b * SW_BLOCK_ROWS + i, left - 1), piece->k0);
            }
            p->level->unpack(p->type, &job);
        }
        at += piece->k / 32 * step;
    }
}

// All rows of the panel with a few columns.
static void multiply(const product *p, const piece *piece, const sw_tile_columns *x, float *y, size_t ldy,
                     sw_ahead *ahead) {
    const size_t stripe = SW_BLOCK_ROWS * p->level->tile_blocks, groups = piece->k / 32;
    sw_tile tile = {.type = p->form, .panel = p->panel, .groups = groups, .x = x, .ldy = ldy,
                    .first = piece->k0 == 0, .ahead = ahead};
    if (sw_is_prepared(p->form)) p->level->prepare(p->form, x, groups);
    for (size_t r = 0; r < piece->rows; r += stripe) {
        tile.rows = smaller(stripe, piece->rows - r);
        tile.blocks = divide(tile.rows, SW_BLOCK_ROWS);
        tile.y = y + piece->row + r;
        tile.fetch = r + stripe >= piece->rows;
        p->level->multiply(&tile);
        tile.panel += groups * sw_panel_step(p->form.form, tile.blocks);
    }
}

void sw_gemm_blocked(const sw_gemm_level *level, int type, const void *w, size_t row_bytes, size_t rows,
                     size_t n, const void *q8, size_t q8_stride, const int32_t *index, size_t cols, float *y,
                     size_t ldy, void *scratch) {
    product p = {.level = level, .form = level->type_of(type), .type = type, .info = sw_type(type),
                 .w = w, .row_bytes = row_bytes, .rows = rows, .n = n, .panel = scratch};
    if (p.form.form == SW_FORM_COUNT || rows == 0 || cols == 0 || n == 0) return;
    if (cols == 1) {
        // Nothing to share: straight off the file's blocks this is up to twice as fast.
        const size_t which = index ? (size_t)index[0] : 0;
        sw_kernels_named(level->name)->matvec(type, w, row_bytes, rows, n, (const char *)q8 + which * q8_stride, y);
        return;
    }

    const size_t stripe = SW_BLOCK_ROWS * level->tile_blocks, step = sw_panel_step(p.form.form, level->tile_blocks);
    const size_t tiles = divide(cols, level->tile_cols);  // of nearly equal width
    // Runs of k are of nearly equal length, in whole blocks of every type. While all columns fit
    // into L2 as well, a panel of one stripe that stays in L1 is best.
    p.few = cols * q8_stride <= SW_FEW_BYTES;
    const size_t longest = p.few ? SW_FEW_K : SW_PANEL_K;
    p.run = smaller(n, divide(n / divide(n, longest), 256) * 256);
    p.panel_rows = p.few ? stripe : SW_PANEL_BYTES / (step * (p.run / 32)) * stripe;

    piece now = piece_at(&p, 0, 0);
    sw_ahead ahead = ahead_of(&p, &now);
    for (bool cold = true; now.row < rows; cold = false) {
        const bool first_run = now.k0 == 0, last_run = now.k0 + now.k == n;
        const piece next = piece_at(&p, last_run ? now.row + now.rows : now.row, last_run ? 0 : now.k0 + now.k);
        const piece below = piece_at(&p, now.row + now.rows, 0);
        // What is fetched meanwhile, spread over the groups of the tiles and, with few columns,
        // evenly over the file blocks of the unpacker.
        const size_t groups = tiles * divide(now.rows, stripe) * (now.k / 32);
        if (!cold && (first_run || !p.few)) fetch_until(&ahead, 0);
        if (!cold && p.few) {
            const size_t lines = stripe * (now.k / p.info.block) * p.info.bytes / 64;
            if (first_run) ahead = ahead_of(&p, &below);
            ahead.burst = divide(lines, 2 * level->tile_blocks * (now.k / p.info.block));
            unpack(&p, &now, &ahead, false);
            ahead.burst = divide(lines, 2 * groups);
        } else {
            unpack(&p, &now, &ahead, cold);
            ahead = ahead_of(&p, p.few ? &below : &next);
            ahead.burst = divide(ahead.rows * (ahead.length / 64 + 1), groups * (p.few ? divide(n, now.k) : 1));
        }
        sw_tile_columns x = {.d = sw_q8_offset_d(n) + now.k0 / 8 - now.k0,
                             .s32 = sw_q8_offset_s32(n) + now.k0 / 8 - now.k0,
                             .s16 = sw_q8_offset_s16(n) + now.k0 / 4 - now.k0,
                             .sum = sw_q8_offset_sum(n) + now.k0 / 8 - now.k0,
                             .sums = (int32_t *)(p.panel + SW_PANEL_BYTES)};
        for (size_t c = 0, tile = 0; tile < tiles; tile++, c += x.count) {
            x.count = divide(cols - c, tiles - tile);
            for (size_t i = 0; i < 2 * x.count; i++) {
                const size_t column = smaller(c + i, cols - 1), which = index ? (size_t)index[column] : column;
                const char *at = (const char *)q8 + which * q8_stride + now.k0;
                if (i < x.count) x.q[i] = at;
                else x.next[i - x.count] = at;
            }
            multiply(&p, &now, &x, y + c * ldy, ldy, &ahead);
        }
        now = next;
    }
}

void sw_gemm_sums(sw_panel_form form, int bias, const sw_tile_columns *x, size_t groups) {
    for (size_t c = 0; c < x->count; c++) {
        const int16_t *sum = (const int16_t *)(const void *)(x->q[c] + x->sum);
        int32_t *sums = x->sums + c * SW_TILE_SUMS;
        if (form == SW_FORM_HALVES) {
            for (size_t i = 0; i < 2 * groups; i++) sums[i] = -bias * sum[i];
        } else {
            for (size_t i = 0; i < groups; i++) sums[i] = -bias * (sum[2 * i] + sum[2 * i + 1]);
        }
    }
}
