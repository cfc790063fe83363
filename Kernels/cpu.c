// cpu.c: what this CPU can run and the operating system saves across a context switch.
#include "levels.h"

#if defined(__x86_64__)
#include <cpuid.h>

static uint64_t xcr0(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

sw_cpu sw_cpu_detect(void) {
    sw_cpu cpu = {0};
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return cpu;
    const bool osxsave = c >> 27 & 1, fma = c >> 12 & 1, f16c = c >> 29 & 1;
    if (!osxsave) return cpu;
    const uint64_t saved = xcr0();
    const bool ymm = (saved & 0x06) == 0x06;  // XMM and YMM state
    const bool zmm = (saved & 0xe6) == 0xe6;  // and opmask, ZMM low and high
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return cpu;
    cpu.avx2 = ymm && fma && f16c && (b >> 5 & 1);
    const bool f = b >> 16 & 1, dq = b >> 17 & 1, bw = b >> 30 & 1, vl = b >> 31 & 1, vnni = c >> 11 & 1;
    cpu.avx512 = cpu.avx2 && zmm && f && dq && bw && vl && vnni;
    if (cpu.avx512 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) cpu.avx512_bf16 = a >> 5 & 1;
    return cpu;
}
#elif defined(__aarch64__)
#if defined(__linux__)
#include <sys/auxv.h>
sw_cpu sw_cpu_detect(void) {
    sw_cpu cpu = {0};
    cpu.neon = getauxval(AT_HWCAP) >> 20 & 1;  // HWCAP_ASIMDDP
    return cpu;
}
#else
sw_cpu sw_cpu_detect(void) { return (sw_cpu){.neon = true}; }
#endif
#else
sw_cpu sw_cpu_detect(void) { return (sw_cpu){0}; }
#endif

#include <sched.h>
void sw_yield(void) { sched_yield(); }
