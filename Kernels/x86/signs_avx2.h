// signs_avx2.h: the signs of IQ2's and IQ3's weights, and bytes of words, where a register holds one 32-bit word of
// each of eight rows or groups. Its includer defines INLINE and UNROLL.
#ifndef SWINFER_SIGNS_AVX2_H
#define SWINFER_SIGNS_AVX2_H

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

INLINE __m256i alike(__m128i half) { return _mm256_broadcastsi128_si256(half); }

// Bits `shift` ... of each byte.
INLINE __m256i bits(__m256i v, const int shift, char mask) {
    return _mm256_and_si256(shift ? _mm256_srli_epi32(v, shift) : v, _mm256_set1_epi8(mask));
}

// Byte `i` of each word to all four, or (`apart`) to two, with zeros above them.
INLINE __m256i byte_of_words(__m256i v, const int i, const bool apart) {
    const int first = apart ? (int)0x80008000 : 0, step = apart ? 0x00040004 : 0x04040404;
    const int here = first + i * (step / 4);
    return _mm256_shuffle_epi8(v, alike(_mm_setr_epi32(here, here + step, here + 2 * step, here + 3 * step)));
}

// MARK: Signs

// The signs of a group of 32 for each row: the low and the high nibbles of four bytes, with bit 4 set in all.
typedef struct signs {
    __m256i nibbles[2];
} signs;

INLINE __m256i with_bit_4(__m256i nibbles) { return _mm256_or_si256(nibbles, _mm256_set1_epi8(16)); }

INLINE signs signs_of_bytes(__m256i v) { return (signs){{with_bit_4(bits(v, 0, 15)), with_bit_4(bits(v, 4, 15))}}; }

// Of bytes with seven signs, the eighth makes their number even: whether the low nibble's is odd, and the high
// nibble completed as if it were even, with bit 4.
INLINE signs signs_of_sevens(__m256i v) {
    const __m256i odd = alike(_mm_setr_epi8(0, 8, 8, 0, 8, 0, 0, 8, 8, 0, 0, 8, 0, 8, 8, 0));
    const __m256i even = alike(_mm_setr_epi8(16, 25, 26, 19, 28, 21, 22, 31, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i low = bits(v, 0, 15), high = bits(v, 4, 7);
    const __m256i completed = _mm256_xor_si256(_mm256_shuffle_epi8(even, high), _mm256_shuffle_epi8(odd, low));
    return (signs){{with_bit_4(low), completed}};
}

// Four times seven bits of each word to its bytes: two to each half of it, then one to each half of those.
INLINE __m256i sevens_to_bytes(__m256i u) {
    const __m256i both = _mm256_blend_epi16(u, _mm256_slli_epi32(u, 2), 0xaa);
    const __m256i twos = _mm256_and_si256(both, _mm256_set1_epi16(0x3fff));
    return _mm256_add_epi16(twos, _mm256_and_si256(twos, _mm256_set1_epi16(0x3f80)));
}

// bias + or - each magnitude of quad `i`. A product brings the nibble's bits, two in each 16-bit word, to the tops of
// their bytes, and bit 4 into all of these, so that none is 0, for which vpsignb would give 0.
INLINE __m256i signed_codes(__m256i magnitudes, const signs *s, const int i, char bias) {
    const __m256i nibble = byte_of_words(s->nibbles[i % 2], i / 2, true);
    const __m256i tops = _mm256_mullo_epi16(nibble, _mm256_set1_epi32(0x10214081));
    return _mm256_add_epi8(_mm256_sign_epi8(magnitudes, tops), _mm256_set1_epi8(bias));
}

#pragma clang attribute pop
#endif
