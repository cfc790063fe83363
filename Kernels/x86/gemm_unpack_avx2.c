// gemm_unpack_avx2.c: chooses the unpacker; every quantized type has its own here.
#include "../levels.h"

#if defined(__x86_64__)
#include "gemm_unpack_avx2.h"

void sw_unpack_avx2(int type, const sw_unpack_job *job) {
    static sw_unpacker *(*const of[])(int) = {sw_unpacker_steps_avx2, sw_unpacker_k_avx2, sw_unpacker_32_avx2,
                                              sw_unpacker_books_avx2, sw_unpacker_iq1_avx2};
    sw_unpacker *own = NULL;
    for (size_t i = 0; own == NULL && i < sizeof of / sizeof *of; i++) own = of[i](type);
    if (own != NULL) own(job);
}

#endif
