// tables.h: codebooks shared by the reference and the fast kernels.
#ifndef SWINFER_TABLES_H
#define SWINFER_TABLES_H

#include <stdint.h>

// Eight unsigned magnitudes an entry.
extern const uint64_t sw_grid_iq2_xxs[256];
extern const uint64_t sw_grid_iq2_xs[512];
extern const uint64_t sw_grid_iq2_s[1024];
// Eight values of -1, 0, 1 an entry (IQ1_S, IQ1_M).
extern const uint64_t sw_grid_iq1[2048];
// Four unsigned magnitudes an entry.
extern const uint32_t sw_grid_iq3_xxs[256];
extern const uint32_t sw_grid_iq3_s[512];

// Seven stored signs and an eighth that makes their number even.
static inline uint8_t sw_iq_signs(uint32_t index) {
    return (uint8_t)(index | (uint32_t)(__builtin_popcount(index) & 1) << 7);
}

// Values of the 4-bit codes of IQ4_NL and IQ4_XS.
#define SW_IQ4_VALUES -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
// Twice the values of E2M1, the 4-bit float of MXFP4 and NVFP4.
#define SW_E2M1_VALUES 0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12

#endif
