// gemm_scratch.h: what gemm keeps in the caches.
#ifndef SWINFER_GEMM_SCRATCH_H
#define SWINFER_GEMM_SCRATCH_H

#include <stddef.h>

// Scratch of one gemm call. The panel and what is kept per column stay in a core's own L2 while
// all columns pass by; n does not matter, for long rows are cut into runs of SW_PANEL_K.
#define SW_PANEL_K ((size_t)2560)
#define SW_FLOAT_RUN ((size_t)1024)
#define SW_PANEL_BYTES ((size_t)448 * 1024)
// Columns that stay in L2 next to a panel without being asked to.
#define SW_FEW_BYTES ((size_t)256 * 1024)
#define SW_FEW_K ((size_t)1024)
#define SW_GEMM_SCRATCH (SW_PANEL_BYTES + (size_t)64 * 1024)

#endif
