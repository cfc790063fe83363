// encode_grids.h: the codebooks of the IQ types in the order in which encoders search them.
#ifndef SWINFER_ENCODE_GRIDS_H
#define SWINFER_ENCODE_GRIDS_H

#include <stdint.h>

// The halves of an entry: four values of three levels (81 patterns), or two of eight (64).
#define SW_GRID_PATTERNS 88

// A codebook, its entries sorted by their first half. Pattern: the levels as digits, lowest first.
typedef struct {
    int patterns;
    uint16_t start[SW_GRID_PATTERNS + 1];  // of the entries with a first half, by its pattern
    uint8_t second[2048];                  // pattern of the entry's second half
    uint16_t index[2048];                  // the entry's place in the codebook
} sw_grid_order;

typedef struct {
    sw_grid_order iq2_xxs, iq2_xs, iq2_s, iq1, iq3_xxs, iq3_s;
} sw_grid_orders;

// Made at the first call; may be called from any thread.
const sw_grid_orders *sw_encode_grids(void);

#endif
