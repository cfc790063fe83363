// gemm_panel.h: how gemm lays weights out in scratch before it multiplies.
//
// A panel holds some rows of weights over a run of k, as unsigned codes and float scales,
// whatever the type was. Rows come in blocks of 16, k in groups of 32; one group of `blocks`
// blocks lies together:
//
//   codes of block 0     512 bytes: 8 quads of 4 k, in each 16 rows x 4 k
//   codes of block 1     ...
//   plane 0 of block 0    64 bytes: a float per row
//   plane 0 of block 1   ...
//   plane 1 of block 0   ...
//
//             row 0       row 1            row 15
//   quad 0: | 0 1 2 3 | | 0 1 2 3 |  ... | 0 1 2 3 |     64 bytes, numbers are k in the group
//   quad 1: | 4 5 6 7 | | 4 5 6 7 |  ...
//
// so that an instruction which sums four byte products per 32-bit lane (vpdpbusd, sdot) takes a
// quad of 16 rows and four neighbouring activations, broadcast. What the codes mean:
//
//   form          planes                  w =
//   SCALE         scale                   scale * (code - bias)
//   MINIMUM       scale, minimum          scale * code - minimum
//   HALVES        scale of k < 16, >= 16  scale * (code - bias)
//   HALF_MINIMA   scale, minima of both   scale * code - minimum
//   STEPS         steps, sums, scale      scale * step * code
//   STEP_MINIMA   steps, scale, minima    scale * step * code - minimum
//
// The last two are for instructions that sum in 16 bits and multiply those by 16-bit numbers for
// nothing. The steps are two int16 per row, of k < 16 and k >= 16; each quad has two k of either:
//
//             row 0            row 1
//   quad 0: |  0  1 16 17 | |  0  1 16 17 |  ...
//   quad 1: |  2  3 18 19 | |  2  3 18 19 |  ...
//
// The codes of STEPS are signed and go with activations that are 128 too large: the plane of sums,
// int32, is -128 * (sum of step * code).
#ifndef SWINFER_GEMM_PANEL_H
#define SWINFER_GEMM_PANEL_H

#include "../include/kernels.h"
#include "gemm_scratch.h"

#define SW_BLOCK_ROWS 16
#define SW_QUAD_BYTES 64
#define SW_CODE_BYTES 512
#define SW_PLANE_BYTES 64

typedef enum sw_panel_form {
    SW_FORM_SCALE,
    SW_FORM_MINIMUM,
    SW_FORM_HALVES,
    SW_FORM_HALF_MINIMA,
    SW_FORM_STEPS,
    SW_FORM_STEP_MINIMA,
    SW_FORM_COUNT
} sw_panel_form;

typedef struct sw_panel_type {
    sw_panel_form form;
    uint8_t bias;
    uint8_t highest;  // code that occurs (magnitude of signed ones)
} sw_panel_type;

static inline size_t sw_planes(sw_panel_form form) {
    switch (form) {
    case SW_FORM_SCALE: return 1;
    case SW_FORM_HALF_MINIMA:
    case SW_FORM_STEPS: return 3;
    case SW_FORM_STEP_MINIMA: return 4;
    default: return 2;
    }
}

// Bytes from one group to the next.
static inline size_t sw_panel_step(sw_panel_form form, size_t blocks) {
    return blocks * (SW_CODE_BYTES + SW_PLANE_BYTES * sw_planes(form));
}

// Whether a level's `prepare` has something to do for the activations.
static inline bool sw_is_prepared(sw_panel_type type) {
    return type.bias != 0 || type.form == SW_FORM_STEPS || type.form == SW_FORM_STEP_MINIMA;
}

// Where a level knows nothing better: codes are the type's own, made unsigned; Q2_K's and Q3_K's
// are multiplied by their small integer scales (at most 3 * 15; -4..3 * -32..31), which leaves one
// float scale per 256; IQ3_XXS's, all even, are halved.
static inline sw_panel_type sw_panel_type_of(int type) {
    switch (type) {
    case SW_Q4_0: return (sw_panel_type){SW_FORM_SCALE, 8, 15};
    case SW_Q5_0: return (sw_panel_type){SW_FORM_SCALE, 16, 31};
    case SW_Q8_0: return (sw_panel_type){SW_FORM_SCALE, 128, 255};
    case SW_Q1_0: return (sw_panel_type){SW_FORM_SCALE, 1, 2};
    case SW_TQ1_0: return (sw_panel_type){SW_FORM_SCALE, 1, 2};
    case SW_TQ2_0: return (sw_panel_type){SW_FORM_SCALE, 1, 3};
    case SW_Q3_K: return (sw_panel_type){SW_FORM_SCALE, 127, 255};
    case SW_IQ4_NL: return (sw_panel_type){SW_FORM_SCALE, 128, 241};
    case SW_IQ4_XS: return (sw_panel_type){SW_FORM_SCALE, 128, 241};
    case SW_MXFP4: return (sw_panel_type){SW_FORM_SCALE, 12, 24};
    case SW_IQ2_XXS: return (sw_panel_type){SW_FORM_SCALE, 43, 86};
    case SW_IQ3_XXS: return (sw_panel_type){SW_FORM_SCALE, 31, 62};
    case SW_IQ3_S: return (sw_panel_type){SW_FORM_SCALE, 15, 30};
    case SW_IQ1_S: return (sw_panel_type){SW_FORM_SCALE, 9, 18};
    case SW_Q4_1: return (sw_panel_type){SW_FORM_MINIMUM, 0, 15};
    case SW_Q5_1: return (sw_panel_type){SW_FORM_MINIMUM, 0, 31};
    case SW_Q4_K: return (sw_panel_type){SW_FORM_MINIMUM, 0, 15};
    case SW_Q5_K: return (sw_panel_type){SW_FORM_MINIMUM, 0, 31};
    case SW_Q6_K: return (sw_panel_type){SW_FORM_HALVES, 32, 63};
    case SW_NVFP4: return (sw_panel_type){SW_FORM_HALVES, 12, 24};
    case SW_IQ2_XS: return (sw_panel_type){SW_FORM_HALVES, 43, 86};
    case SW_IQ2_S: return (sw_panel_type){SW_FORM_HALVES, 43, 86};
    case SW_IQ1_M: return (sw_panel_type){SW_FORM_HALVES, 9, 18};
    case SW_Q2_K: return (sw_panel_type){SW_FORM_HALF_MINIMA, 0, 45};
    default: return (sw_panel_type){SW_FORM_COUNT, 0, 0};
    }
}

// Weights that will be unpacked soon, fetched into the cache a few lines at a time in between
// other work: the rows are too many streams for the processor's own prefetcher.
typedef struct sw_ahead {
    const uint8_t *row;             // being fetched
    size_t offset, length, stride;  // in it, of it, to the next (bytes)
    size_t rows;                    // left, this one counted
    size_t burst;                   // lines that `sw_fetch` takes
} sw_ahead;

static inline __attribute__((always_inline)) void sw_fetch(sw_ahead *a) {
    if (a->rows == 0) return;
    // In registers: a store and a load for every line would make a chain of them.
    const uint8_t *row = a->row;
    size_t offset = a->offset, rows = a->rows;
    for (size_t i = a->burst; i > 0 && rows > 0; i--) {
        __builtin_prefetch(row + offset, 0, 2);
        offset += 64;
        if (offset >= a->length) {
            offset = 0;
            row += a->stride;
            rows--;
        }
    }
    a->row = row;
    a->offset = offset;
    a->rows = rows;
}

// What an unpacker is asked for: `k` elements of 16 rows, from whole file blocks. A block of
// fewer rows names its last row again.
typedef struct sw_unpack_job {
    const uint8_t *row[SW_BLOCK_ROWS];  // at the first file block wanted
    size_t k;
    uint8_t *codes;      // of the first group
    uint8_t *planes;     // plane 0 of the first group
    size_t plane_bytes;  // from plane to plane
    size_t step;         // from group to group
    sw_ahead *ahead;     // one burst for each file block of 16 rows
} sw_unpack_job;

// One layout of file blocks at one level.
typedef void sw_unpacker(const sw_unpack_job *job);

// Defines what gives the unpackers of types with a scale in every block of 32, 64 or 128, by the names that
// the levels have in common; NULL: of no such type.
#define SW_UNPACKERS_32(name)               \
    sw_unpacker *name(int type) {           \
        switch (type) {                     \
        case SW_Q4_0: return q4_0;          \
        case SW_Q4_1: return q4_1;          \
        case SW_Q5_0: return q5_0;          \
        case SW_Q5_1: return q5_1;          \
        case SW_Q8_0: return q8_0;          \
        case SW_Q1_0: return q1_0;          \
        case SW_IQ4_NL: return iq4_nl;      \
        case SW_MXFP4: return mxfp4;        \
        case SW_NVFP4: return nvfp4;        \
        default: return NULL;               \
        }                                   \
    }

#endif
