// encode_grids.c: sorts the codebooks.
#include "encode_grids.h"

#include <pthread.h>

#include "tables.h"

static sw_grid_orders orders;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int level_of_byte(uint8_t byte, const uint8_t *values, int levels) {
    for (int k = 0; k < levels; k++) {
        if (values[k] == byte) return k;
    }
    return 0;
}

// `bytes` values an entry, which are `values` by their level.
static void sort(sw_grid_order *order, const uint8_t *grid, int entries, int bytes, const uint8_t *values,
                 int levels) {
    uint8_t first[2048], second[2048];
    const int half = bytes / 2;
    order->patterns = 1;
    for (int i = 0; i < half; i++) order->patterns *= levels;
    for (int e = 0; e < entries; e++) {
        int patterns[2] = {0, 0};
        for (int i = bytes - 1; i >= 0; i--) {
            const int level = level_of_byte(grid[e * bytes + i], values, levels);
            patterns[i / half] = patterns[i / half] * levels + level;
        }
        first[e] = (uint8_t)patterns[0];
        second[e] = (uint8_t)patterns[1];
    }
    uint16_t place = 0;
    for (int p = 0; p <= SW_GRID_PATTERNS; p++) {
        order->start[p] = place;
        for (int e = 0; p < order->patterns && e < entries; e++) {
            if (first[e] != p) continue;
            order->second[place] = second[e];
            order->index[place] = (uint16_t)e;
            place++;
        }
    }
}

static void fill(void) {
    static const uint8_t three[] = {8, 25, 43}, ternary[] = {255, 0, 1},
                         eight[] = {4, 12, 20, 28, 36, 44, 52, 62}, odd[] = {1, 3, 5, 7, 9, 11, 13, 15};
    sort(&orders.iq2_xxs, (const uint8_t *)sw_grid_iq2_xxs, 256, 8, three, 3);
    sort(&orders.iq2_xs, (const uint8_t *)sw_grid_iq2_xs, 512, 8, three, 3);
    sort(&orders.iq2_s, (const uint8_t *)sw_grid_iq2_s, 1024, 8, three, 3);
    sort(&orders.iq1, (const uint8_t *)sw_grid_iq1, 2048, 8, ternary, 3);
    sort(&orders.iq3_xxs, (const uint8_t *)sw_grid_iq3_xxs, 256, 4, eight, 8);
    sort(&orders.iq3_s, (const uint8_t *)sw_grid_iq3_s, 512, 4, odd, 8);
}

const sw_grid_orders *sw_encode_grids(void) {
    pthread_once(&once, fill);
    return &orders;
}
