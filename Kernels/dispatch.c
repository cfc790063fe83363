// dispatch.c: one table per level, filled once; each level starts as a copy of the one below.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "levels.h"

static sw_kernels scalar_table;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const sw_kernels *active;

#if defined(__x86_64__)
static sw_kernels avx2_table, avx512_table;
#elif defined(__aarch64__)
static sw_kernels neon_table;
#endif

static const sw_kernels *named(const char *name) {
    if (strcmp(name, "scalar") == 0) return &scalar_table;
#if defined(__x86_64__)
    if (strcmp(name, "avx2") == 0) return avx2_table.name ? &avx2_table : NULL;
    if (strcmp(name, "avx512") == 0) return avx512_table.name ? &avx512_table : NULL;
#elif defined(__aarch64__)
    if (strcmp(name, "neon") == 0) return neon_table.name ? &neon_table : NULL;
#endif
    return NULL;
}

static void fill(void) {
    sw_fill_scalar_matvec(&scalar_table);
    sw_fill_scalar_gemm(&scalar_table);
    sw_fill_scalar_vector(&scalar_table);
    sw_fill_scalar_limits(&scalar_table);
    sw_fill_scalar_encode(&scalar_table);
    scalar_table.name = "scalar";
    active = &scalar_table;
    const sw_cpu cpu = sw_cpu_detect();
#if defined(__x86_64__)
    if (cpu.avx2) {
        avx2_table = *active;
        sw_fill_avx2_matvec(&avx2_table);
        sw_fill_avx2_gemm(&avx2_table);
        sw_fill_avx2_vector(&avx2_table);
        sw_fill_avx2_limits(&avx2_table);
        sw_fill_avx2_encode(&avx2_table);
        avx2_table.name = "avx2";
        active = &avx2_table;
    }
    if (cpu.avx512) {
        avx512_table = *active;
        sw_fill_avx512_matvec(&avx512_table);
        sw_fill_avx512_gemm(&avx512_table);
        sw_fill_avx512_vector(&avx512_table);
        sw_fill_avx512_limits(&avx512_table);
        avx512_table.name = "avx512";
        active = &avx512_table;
    }
#elif defined(__aarch64__)
    if (cpu.neon) {
        neon_table = *active;
        sw_fill_neon_matvec(&neon_table);
        sw_fill_neon_gemm(&neon_table);
        sw_fill_neon_vector(&neon_table);
        sw_fill_neon_limits(&neon_table);
        neon_table.name = "neon";
        active = &neon_table;
    }
#else
    (void)cpu;
#endif
    const char *wanted = getenv("SWINFER_CPU");
    if (wanted != NULL) {
        const sw_kernels *forced = named(wanted);
        if (forced != NULL) active = forced;
    }
}

const sw_kernels *sw_kernels_named(const char *name) {
    pthread_once(&once, fill);
    return named(name);
}

const sw_kernels *sw_kernels_active(void) {
    pthread_once(&once, fill);
    return active;
}
