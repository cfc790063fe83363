// matvec_avx512_turned.h: 256 weights at a time, with one of their sixteen groups of 16 in each 32 bits.
//
// Vector t has four weights, 4 t to 4 t + 3, of each group: of the first halves of the eight groups of 32 in the low
// eight lanes, of the second halves in the others. So four vpdpbusd leave a group's sum in one lane, and one
// conversion, one product of scales and one multiply-add serve 256 weights, whether they have a scale per 32 or per
// 16: 7 instructions a column, 8 for types with minimums.
//
// vpdpbusd wants unsigned weights. Sums start at minus the activations' sums times what was added to the weights;
// where a type's bits stay at a higher place in some lanes, those lanes' activation scales are less.
#ifndef SWINFER_MATVEC_AVX512_TURNED_H
#define SWINFER_MATVEC_AVX512_TURNED_H

#include "matvec_avx512.h"

#define TURNED_COLUMNS 8
#define TURNED_ROWS 32
#define TURNED_PASS 2
#define TURNED_KEPT 0
#define TURNED_KEEP(state, bytes) ((void)(bytes))

AVX512_BEGIN

#include "../body/matvec_turned.h"

// Activations of 256 weights, the scale of each lane, and what the sums start with or the activations' own sums.
typedef struct turned {
    __m512i q[4];
    __m512 d;
} turned;
typedef struct less {
    turned x;
    __m512i start;
} less;
typedef struct summed {
    turned x;
    __m512 sums;
} summed;

INLINE turned prepare_turned(sw_q8 x, size_t i, __m512 factor) {
    turned s = {.d = _mm512_mul_ps(_mm512_broadcast_f32x8(_mm256_loadu_ps(x.d + i / 32)), factor)};
    UNROLL
    for (int t = 0; t < 4; t++) {
        const int8_t *q = x.turned + i + 32 * t;
        s.q[t] = _mm512_inserti64x4(_mm512_castsi256_si512(load256(q)), load256(q + 128), 1);
    }
    return s;
}

// `offsets`: of each lane, in the low word in the low eight lanes, in the high word in the others.
INLINE less prepare_less(sw_q8 x, size_t i, __m512i offsets, __m512 factor) {
    const __m512i minus = _mm512_sub_epi16(_mm512_setzero_si512(), offsets);
    return (less){prepare_turned(x, i, factor), _mm512_madd_epi16(repeat256(x.sum + i / 16), minus)};
}
INLINE __m512i offsets512(short low, short high) {
    return _mm512_inserti64x4(_mm512_set1_epi32(low), _mm256_set1_epi32((int)((uint32_t)high << 16)), 1);
}
INLINE less prepare_offset(sw_q8 x, size_t i, short offset, float factor) {
    return prepare_less(x, i, offsets512(offset, offset), _mm512_set1_ps(factor));
}

INLINE summed prepare_summed(sw_q8 x, size_t i, __m512 factor) {
    return (summed){prepare_turned(x, i, factor), _mm512_zextps256_ps512(_mm256_loadu_ps(x.s32 + i / 32))};
}

typedef struct weights {
    __m512i w[4];
    __m512 d;
} weights;
typedef struct weights_minimum {
    weights of;
    __m512 minimum;  // in the order of the activations' sums
} weights_minimum;

INLINE __m512i products_of(__m512i sum, const __m512i w[4], const __m512i q[4]) {
    UNROLL
    for (int t = 0; t < 4; t++) sum = _mm512_dpbusd_epi32(sum, w[t], q[t]);
    return sum;
}
INLINE __m512i multiply_less(const less *s, const weights *w) { return products_of(s->start, w->w, s->x.q); }
INLINE __m512i multiply_summed(const summed *s, const weights_minimum *w) {
    return products_of(_mm512_setzero_si512(), w->of.w, s->x.q);
}
INLINE __m512 finish_turned(const turned *x, __m512 d, __m512i total, __m512 sum) {
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(total), _mm512_mul_ps(x->d, d), sum);
}
INLINE __m512 finish_less(const less *s, const weights *w, __m512i total, __m512 sum) {
    return finish_turned(&s->x, w->d, total, sum);
}
INLINE __m512 finish_summed(const summed *s, const weights_minimum *w, __m512i total, __m512 sum) {
    return finish_turned(&s->x, w->of.d, total, _mm512_fnmadd_ps(w->minimum, s->sums, sum));
}

// MARK: Unpacking

// Eight dwords for the low lanes and, from them, for the others.
#define LANES(a, b, c, d, e, f, g, h, more)                                                                          \
    _mm512_setr_epi32(a, b, c, d, e, f, g, h, (a) + (more), (b) + (more), (c) + (more), (d) + (more), (e) + (more), \
                      (f) + (more), (g) + (more), (h) + (more))

// Dwords of a and c by their place in both.
INLINE __m512i pick(__m512i a, __m512i c, __m512i places, const int t) {
    return _mm512_permutex2var_epi32(a, _mm512_add_epi32(places, _mm512_set1_epi32(t)), c);
}
// Dword t of each run of four, four times.
INLINE __m512i spread(__m512i v, const int t) {
    return t == 0   ? _mm512_shuffle_epi32(v, 0x00)
           : t == 1 ? _mm512_shuffle_epi32(v, 0x55)
           : t == 2 ? _mm512_shuffle_epi32(v, 0xaa)
                    : _mm512_shuffle_epi32(v, 0xff);
}
// Two runs of 32 bytes: their first halves, then their second ones. (The compiler would do this anew for every t.)
INLINE __m512i two_runs(const uint8_t *b) {
    __m512i v = _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 1, 4, 5, 2, 3, 6, 7), load512(b));
    __asm__("" : "+v"(v));
    return v;
}
// The first 16 of 32 bytes twice, then the second ones.
INLINE __m512i halves_twice(const uint8_t *b) {
    __m512i v = _mm512_mask_broadcast_i32x4(repeat128(b), 0xff00, load128(b + 16));
    __asm__("" : "+v"(v));
    return v;
}
// (a & mask) | b
INLINE __m512i and_or(__m512i a, __m512i mask, __m512i b) {
    return _mm512_ternarylogic_epi64(a, mask, b, 0xea);
}

// 256 bytes in their own order.
INLINE void turn(const __m512i v[4], __m512i w[4]) {
    const __m512i twos = _mm512_setr_epi32(0, 8, 16, 24, 4, 12, 20, 28, 1, 9, 17, 25, 5, 13, 21, 29);
    const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const __m512i high = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    UNROLL
    for (int t = 0; t < 4; t += 2) {
        const __m512i a = pick(v[0], v[1], twos, t), c = pick(v[2], v[3], twos, t);
        w[t] = _mm512_permutex2var_epi64(a, low, c);
        w[t + 1] = _mm512_permutex2var_epi64(a, high, c);
    }
}

// Sixteen bytes, of groups of 16 in order, to the lanes.
INLINE __m128i to_lanes(__m128i bytes) {
    return _mm_shuffle_epi8(bytes, _mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15));
}
INLINE __m512 floats_of_unsigned(__m128i bytes) { return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)); }
INLINE __m512 floats_of_signed(__m128i bytes) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes)); }
// Through memory: from there they come repeated or widened at once.
INLINE __m128i eight_bytes(uint64_t bytes) {
    __asm__("" : "+m"(bytes));
    return _mm_loadl_epi64((const __m128i *)(const void *)&bytes);
}
INLINE __m128i twice_eight_bytes(uint64_t bytes) {
    __asm__("" : "+m"(bytes));
    return _mm_set1_epi64x((long long)bytes);
}
INLINE __m512 twice_eight(__m256 v) {
    return _mm512_castsi512_ps(_mm512_broadcast_i64x4(_mm256_castps_si256(v)));
}

AVX512_END

// Defines sw_avx512_<name>.
#define MATVEC_TURNED_AVX512(name, state, early, weights, BLOCK, BYTES, prepare, read, unpack, multiply, finish)\
    INLINE __m512 name##_add(const state *s, const weights *w, __m512 sum) {                                   \
        return finish(s, w, multiply(s, w), sum);                                                              \
    }                                                                                                          \
    MATVEC_ONE(avx512, __m512, name, state, early, weights, BLOCK, BYTES, 256, prepare, read, unpack, name##_add)\
    MATVEC_TURNED(avx512, __m512, name, state, early, weights, BLOCK, BYTES, prepare, read, unpack, multiply, finish)\
    void sw_avx512_##name(const uint8_t *w, size_t row_bytes, size_t rows, const sw_columns *x) {              \
        sw_prefetch_first(w, rows, row_bytes);                                                                 \
        if (x->count == 1) name##_one(w, row_bytes, rows, x);                                                  \
        else name##_any_columns(w, row_bytes, rows, x);                                                        \
    }

// Of weights with an offset, and with minimums.
#define MATVEC_LESS(name, early, BLOCK, BYTES, prepare, read, unpack)                                          \
    MATVEC_TURNED_AVX512(name, less, early, weights, BLOCK, BYTES, prepare, read, unpack, multiply_less, finish_less)
#define MATVEC_MINIMUM(name, BLOCK, BYTES, prepare, unpack)                                                    \
    MATVEC_TURNED_AVX512(name, summed, sw_block, weights_minimum, BLOCK, BYTES, prepare, sw_read_block, unpack,\
                         multiply_summed, finish_summed)

#endif
