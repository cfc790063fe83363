// books_avx2.h: the indices of codebooks whose bits lie apart, put together for a block. Its includer defines INLINE,
// UNROLL and sw_load64.
#ifndef SWINFER_BOOKS_AVX2_H
#define SWINFER_BOOKS_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

// They go through memory, since a load takes one or two from there at once; the compiler would rather extract them.
typedef struct indices {
    uint16_t k[64];
} indices;

INLINE void store_indices(indices *to, const int i, __m256i sixteen) {
    _mm256_storeu_si256((__m256i *)(void *)(to->k + 16 * i), sixteen);
    __asm__ volatile("" : "+m"(*to));
}

// Bytes at q and above them `high`.
INLINE void store_bytes_and(indices *to, const int i, const uint8_t *q, __m256i high) {
    const __m256i low = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)q));
    store_indices(to, i, _mm256_or_si256(low, high));
}

INLINE __m256i repeat_eight(const uint8_t *b) { return _mm256_set1_epi64x((long long)sw_load64(b)); }

// Each of four words as four words.
INLINE __m256i repeat_words(const uint8_t *b) {
    return _mm256_shuffle_epi8(repeat_eight(b), _mm256_setr_epi64x(0x0100010001000100, 0x0302030203020302,
                                                                   0x0504050405040504, 0x0706070607060706));
}

// IQ1: 32 from bytes at q and 16-bit words at h, in which three bits of each of four indices are brought to the top
// by `factors`.
INLINE void eleven_bits(indices *to, const uint8_t *q, const uint8_t *h, long long factors) {
    UNROLL
    for (int i = 0; i < 2; i++) {
        const __m256i top = _mm256_mullo_epi16(repeat_words(h + 8 * i), _mm256_set1_epi64x(factors));
        const __m256i above = _mm256_and_si256(_mm256_srli_epi16(top, 5), _mm256_set1_epi16(0x700));
        store_bytes_and(to, i, q + 16 * i, above);
    }
}

// IQ2_S: 32 from bytes at q and bytes at h, which hold two bits for each of four indices.
INLINE void ten_bits(indices *to, const uint8_t *q, const uint8_t *h) {
    const __m256i place =
        _mm256_setr_epi64x((long long)0x8000800080008000, (long long)0x8001800180018001,
                           (long long)0x8002800280028002, (long long)0x8003800380038003);
    UNROLL
    for (int i = 0; i < 2; i++) {
        const __m256i here = _mm256_add_epi8(place, _mm256_set1_epi8((char)(4 * i)));
        const __m256i bytes = _mm256_shuffle_epi8(repeat_eight(h), here);
        const __m256i above = _mm256_mullo_epi16(bytes, _mm256_set1_epi64x(0x0004001000400100));
        store_bytes_and(to, i, q + 16 * i, _mm256_and_si256(above, _mm256_set1_epi16(0x300)));
    }
}

// IQ3_S: 64 from bytes at q and bytes at h, which hold one bit for each of eight indices.
INLINE void nine_bits(indices *to, const uint8_t *q, const uint8_t *h) {
    const __m256i place = _mm256_setr_m128i(_mm_set1_epi16((short)0x8000), _mm_set1_epi16((short)0x8001));
    const __m256i bit = _mm256_broadcastsi128_si256(_mm_setr_epi16(256, 128, 64, 32, 16, 8, 4, 2));
    UNROLL
    for (int i = 0; i < 4; i++) {
        const __m256i here = _mm256_add_epi8(place, _mm256_set1_epi8((char)(2 * i)));
        const __m256i above = _mm256_mullo_epi16(_mm256_shuffle_epi8(repeat_eight(h), here), bit);
        store_bytes_and(to, i, q + 16 * i, _mm256_and_si256(above, _mm256_set1_epi16(0x100)));
    }
}

#pragma clang attribute pop
#endif
