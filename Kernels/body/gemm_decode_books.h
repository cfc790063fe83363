// gemm_decode_books.h: the part of gemm_decode.h for the types whose codes are indices into
// codebooks of eight or four values.
#ifndef SWINFER_GEMM_DECODE_BOOKS_H
#define SWINFER_GEMM_DECODE_BOOKS_H

// Magnitudes, eight at a time, and their signs: bit i of signs[k] says that value 8 k + i is
// negative.
typedef struct decode_book {
    uint64_t magnitudes[32];
    uint8_t signs[32];
} decode_book;

// bias + or - each magnitude. The level may have instructions for it.
#ifndef DECODE_SIGNS
#define DECODE_SIGNS decode_signs
static void decode_signs(const decode_book *book, uint8_t bias, uint8_t *codes) {
    const uint64_t ones = 0x0101010101010101u;
    for (int k = 0; k < 32; k++) {
        // Bits to bytes of 0 or 255.
        const uint64_t bits = book->signs[k] * ones & 0x8040201008040201u;
        const uint64_t negative = ((bits + 0x7f * ones) >> 7 & ones) * 255;
        // No byte carries or borrows, for no magnitude exceeds the bias, nor the bias 43.
        const uint64_t m = book->magnitudes[k], codes8 = bias * ones + (m & ~negative) - (m & negative);
        memcpy(codes + 8 * k, &codes8, 8);
    }
}
#endif

static uint64_t decode_pair(const uint32_t *grid, int first, int second) {
    return grid[first] | (uint64_t)grid[second] << 32;
}

static void decode_iq2_xxs(const uint8_t *b, sw_decoded *to) {
    decode_book book;
    for (int g = 0; g < 8; g++) {
        const uint8_t *index = b + 2 + 8 * g;
        const uint32_t u = sw_load32(index + 4);
        for (int k = 0; k < 4; k++) {
            book.magnitudes[4 * g + k] = sw_grid_iq2_xxs[index[k]];
            book.signs[4 * g + k] = sw_iq_signs(u >> 7 * k & 127);
        }
        to->planes[0][g] = decode_f16(b) * (0.5f + (float)(u >> 28)) * 0.25f;
    }
    DECODE_SIGNS(&book, 43, to->codes);
}

// Nibbles of s: scales of 16.
static void decode_iq2_scales(const uint8_t *b, const uint8_t *s, sw_decoded *to) {
    const float d = decode_f16(b) * 0.25f;
    for (int g = 0; g < 8; g++) {
        to->planes[0][g] = d * (0.5f + (float)(s[g] & 15));
        to->planes[1][g] = d * (0.5f + (float)(s[g] >> 4));
    }
}

static void decode_iq2_xs(const uint8_t *b, sw_decoded *to) {
    decode_book book;
    for (int k = 0; k < 32; k++) {
        const uint32_t u = sw_load16(b + 2 + 2 * k);
        book.magnitudes[k] = sw_grid_iq2_xs[u & 511];
        book.signs[k] = sw_iq_signs(u >> 9);
    }
    DECODE_SIGNS(&book, 43, to->codes);
    decode_iq2_scales(b, b + 66, to);
}

static void decode_iq2_s(const uint8_t *b, sw_decoded *to) {
    decode_book book;
    memcpy(book.signs, b + 34, 32);
    for (int k = 0; k < 32; k++) {
        const int index = b[2 + k] | (b[66 + k / 4] >> k % 4 * 2 & 3) << 8;
        book.magnitudes[k] = sw_grid_iq2_s[index];
    }
    DECODE_SIGNS(&book, 43, to->codes);
    decode_iq2_scales(b, b + 74, to);
}

// Half the magnitudes, all of which are even.
static void decode_iq3_xxs(const uint8_t *b, sw_decoded *to) {
    decode_book book;
    for (int g = 0; g < 8; g++) {
        const uint8_t *index = b + 2 + 8 * g;
        const uint32_t u = sw_load32(b + 66 + 4 * g);
        for (int k = 0; k < 4; k++) {
            book.magnitudes[4 * g + k] = decode_pair(sw_grid_iq3_xxs, index[2 * k], index[2 * k + 1]) >> 1;
            book.signs[4 * g + k] = sw_iq_signs(u >> 7 * k & 127);
        }
        to->planes[0][g] = decode_f16(b) * (0.5f + (float)(u >> 28));
    }
    DECODE_SIGNS(&book, 31, to->codes);
}

static void decode_iq3_s(const uint8_t *b, sw_decoded *to) {
    decode_book book;
    memcpy(book.signs, b + 74, 32);
    for (int k = 0; k < 32; k++) {
        const int high = b[66 + k / 4] >> k % 4 * 2;
        const int first = b[2 + 2 * k] | (high & 1) << 8, second = b[3 + 2 * k] | (high >> 1 & 1) << 8;
        book.magnitudes[k] = decode_pair(sw_grid_iq3_s, first, second);
    }
    DECODE_SIGNS(&book, 15, to->codes);
    for (int g = 0; g < 8; g++) {
        to->planes[0][g] = decode_f16(b) * (float)(1 + 2 * (b[106 + g / 2] >> g % 2 * 4 & 15));
    }
}

// 9 + 8 * (-1, 0 or 1) +- 1, in eighths.
static void decode_shifted(int index, bool negative, uint8_t *codes) {
    const uint64_t ones = 0x0101010101010101u, grid = sw_grid_iq1[index];
    const uint64_t above = grid + ones - ((grid >> 7 & ones) << 8);  // 0, 1, 2; -1 + 1 carries
    const uint64_t codes8 = above * 8 + (negative ? 0 : 2 * ones);
    memcpy(codes, &codes8, 8);
}

static void decode_iq1_s(const uint8_t *b, sw_decoded *to) {
    for (int k = 0; k < 32; k++) {
        const int h = sw_load16(b + 34 + k / 4 * 2);
        decode_shifted(b[k + 2] | (h >> k % 4 * 3 & 7) << 8, h >> 15, to->codes + 8 * k);
    }
    for (int g = 0; g < 8; g++) {
        const int scale = sw_load16(b + 34 + 2 * g) >> 12 & 7;
        to->planes[0][g] = decode_f16(b) * (float)(1 + 2 * scale) * 0.125f;
    }
}

static void decode_iq1_m(const uint8_t *b, sw_decoded *to) {
    uint16_t bits = 0;
    for (int i = 0; i < 4; i++) bits |= (uint16_t)(sw_load16(b + 48 + 2 * i) >> 12 << 4 * i);
    const float d = float_of_half(bits) * 0.125f;
    for (int k = 0; k < 32; k++) {
        const int h = b[32 + k / 2] >> k % 2 * 4 & 15;
        decode_shifted(b[k] | (h & 7) << 8, h >> 3, to->codes + 8 * k);
    }
    for (int j = 0; j < 16; j++) {
        const int scale = sw_load16(b + 48 + j / 4 * 2) >> j % 4 * 3 & 7;
        to->planes[j % 2][j / 2] = d * (float)(1 + 2 * scale);
    }
}

#endif
