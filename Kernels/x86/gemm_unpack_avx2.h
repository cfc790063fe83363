// gemm_unpack_avx2.h: steps of the AVX2 unpackers. A register holds one 32-bit word of each of eight rows: the file's
// bytes are brought into that order first and taken apart in it, so that what comes out is stored where it belongs.
#ifndef SWINFER_GEMM_UNPACK_AVX2_H
#define SWINFER_GEMM_UNPACK_AVX2_H

#include <immintrin.h>
#include <string.h>

#include "../half.h"
#include "gemm_avx2.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

#include "gemm_interleave_avx2.h"
#include "signs_avx2.h"

// Half of a job's rows.
typedef struct eight_rows {
    const uint8_t *row[8];
    uint8_t *codes, *planes;
    size_t plane_bytes, step;
} eight_rows;

INLINE eight_rows half_of(const sw_unpack_job *job, int h) {
    const size_t at = 32 * (size_t)h;
    eight_rows half = {.codes = job->codes + at, .planes = job->planes + at, .plane_bytes = job->plane_bytes,
                       .step = job->step};
    UNROLL for (int r = 0; r < 8; r++) half.row[r] = job->row[8 * h + r];
    return half;
}

// One file block of eight rows, `at` bytes from their beginnings, to the groups from `group` on.
typedef void unpack_block(const eight_rows *rows, size_t group, size_t at);

INLINE void unpack_blocks(const sw_unpack_job *job, unpack_block *block, size_t groups, size_t bytes) {
    const eight_rows halves[2] = {half_of(job, 0), half_of(job, 1)};
    for (size_t group = 0, at = 0; group < job->k / 32; group += groups, at += bytes) {
        sw_fetch(job->ahead);
        UNROLL for (int h = 0; h < 2; h++) block(&halves[h], group, at);
    }
}

INLINE void put(const eight_rows *rows, size_t group, int quad, __m256i codes) {
    uint8_t *to = rows->codes + group * rows->step + (size_t)quad * SW_QUAD_BYTES;
    _mm256_store_si256((__m256i *)(void *)to, codes);
}

INLINE void put_plane(const eight_rows *rows, size_t group, int plane, __m256 values) {
    uint8_t *to = rows->planes + group * rows->step + (size_t)plane * rows->plane_bytes;
    _mm256_store_ps((float *)(void *)to, values);
}

// Byte i of each word, unsigned, as a float.
INLINE __m256 float_of_byte(__m256i v, const int i) {
    const __m256i index = _mm256_add_epi32(_mm256_setr_epi32(0, 4, 8, 12, 0, 4, 8, 12),
                                           _mm256_set1_epi32((int)0x80808000 + i));
    return _mm256_cvtepi32_ps(i == 3 ? _mm256_srli_epi32(v, 24) : _mm256_shuffle_epi8(v, index));
}

// The low float16 of each word to d[0], the high one to d[1].
INLINE void both_f16(__m256i v, __m256 d[2]) {
    const __m128i order = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
    const __m256i all = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(v, alike(order)), 0xd8);
    d[0] = _mm256_cvtph_ps(_mm256_castsi256_si128(all));
    d[1] = _mm256_cvtph_ps(_mm256_extracti128_si256(all, 1));
}

INLINE short short_at(const uint8_t *b) { return (short)sw_load16(b); }

// The float16 at `at` of each row.
INLINE __m256 row_f16(const eight_rows *rows, size_t at) {
    const uint8_t *const *b = rows->row;
    return _mm256_cvtph_ps(_mm_setr_epi16(short_at(b[0] + at), short_at(b[1] + at), short_at(b[2] + at),
                                          short_at(b[3] + at), short_at(b[4] + at), short_at(b[5] + at),
                                          short_at(b[6] + at), short_at(b[7] + at)));
}

INLINE int int_at(const uint8_t *b) { return (int)sw_load32(b); }

// The word at `at` of each row.
INLINE __m256i row_words(const eight_rows *rows, size_t at) {
    const uint8_t *const *b = rows->row;
    return _mm256_setr_epi32(int_at(b[0] + at), int_at(b[1] + at), int_at(b[2] + at), int_at(b[3] + at),
                             int_at(b[4] + at), int_at(b[5] + at), int_at(b[6] + at), int_at(b[7] + at));
}

// A table of 16 values for byte shuffles, made unsigned.
INLINE __m256i value_table(const int8_t values[16], int bias) {
    const __m128i all = _mm_loadu_si128((const __m128i *)(const void *)values);
    return alike(_mm_add_epi8(all, _mm_set1_epi8((char)bias)));
}

// A group of 32 whose codes lie as Q4_0's: the first 16 in the low nibbles of 16 bytes.
INLINE void put_nibbles(const eight_rows *rows, size_t group, const __m256i q[4]) {
    UNROLL for (int i = 0; i < 4; i++) {
        put(rows, group, i, bits(q[i], 0, 15));
        put(rows, group, 4 + i, bits(q[i], 4, 15));
    }
}

INLINE void put_table(const eight_rows *rows, size_t group, const __m256i q[4], __m256i table) {
    UNROLL for (int i = 0; i < 4; i++) {
        put(rows, group, i, _mm256_shuffle_epi8(table, bits(q[i], 0, 15)));
        put(rows, group, 4 + i, _mm256_shuffle_epi8(table, bits(q[i], 4, 15)));
    }
}

// NULL where the type has none of its own.
sw_unpacker *sw_unpacker_32_avx2(int type);
sw_unpacker *sw_unpacker_k_avx2(int type);
sw_unpacker *sw_unpacker_books_avx2(int type);
sw_unpacker *sw_unpacker_iq1_avx2(int type);
sw_unpacker *sw_unpacker_steps_avx2(int type);

#pragma clang attribute pop
#endif
