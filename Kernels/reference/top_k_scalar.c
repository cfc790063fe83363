// top_k_scalar.c: the k largest. Few of them are kept in a sorted list; for many (a sparse
// attention's keys) a radix selection finds the k-th value first, in time linear in n.
#include "../vector.h"

#include <string.h>

// Order-preserving: larger floats have larger keys, -0 is 0, NaN is -INFINITY.
static uint32_t order(float x) {
    x = x == x ? x + 0.0f : -__builtin_inff();
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return bits >> 31 ? ~bits : bits | 0x80000000;
}

static bool before(const float *x, int32_t a, int32_t b) {
    const uint32_t p = order(x[a]), q = order(x[b]);
    return p > q || (p == q && a < b);
}

void sw_top_few(const float *x, size_t start, size_t end, size_t k, int32_t *index, size_t *held) {
    for (size_t i = start; i < end; i++) {
        size_t place = *held;
        while (place > 0 && before(x, (int32_t)i, index[place - 1])) place--;
        if (place == k) continue;
        if (*held < k) ++*held;
        for (size_t j = *held - 1; j > place; j--) index[j] = index[j - 1];
        index[place] = (int32_t)i;
    }
}

// The k-th largest key, found 11, 11 and 10 bits at a time; *above: how many are larger.
static uint32_t kth(const float *x, size_t n, size_t k, size_t *above) {
    uint32_t counts[2048], prefix = 0;
    size_t larger = 0;
    for (int shift = 21; shift >= 0; shift = shift == 21 ? 10 : shift - 10) {
        const int width = shift == 0 ? 10 : 11;
        const uint32_t mask = (1u << width) - 1;
        memset(counts, 0, sizeof counts);
        for (size_t i = 0; i < n; i++) {
            const uint32_t key = order(x[i]);
            if ((uint64_t)(key ^ prefix) >> (shift + width) == 0) counts[key >> shift & mask]++;
        }
        uint32_t digit = mask;
        while (larger + counts[digit] < k) larger += counts[digit--];
        prefix |= digit << shift;
    }
    *above = larger;
    return prefix;
}

static void sink(const float *x, int32_t *heap, size_t root, size_t n) {
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && before(x, heap[child], heap[child + 1])) child++;
        if (!before(x, heap[root], heap[child])) return;
        const int32_t t = heap[root];
        heap[root] = heap[child];
        heap[child] = t;
    }
}

void sw_top_many(const float *x, size_t n, size_t k, int32_t *index) {
    size_t above, count = 0;
    const uint32_t least = kth(x, n, k, &above);
    size_t equal = k - above;
    for (size_t i = 0; i < n && count < k; i++) {
        const uint32_t key = order(x[i]);
        if (key > least || (key == least && equal > 0)) {
            if (key == least) equal--;
            index[count++] = (int32_t)i;
        }
    }
    // Heap sort: the heap's root is the last in order.
    for (size_t i = k / 2; i-- > 0;) sink(x, index, i, k);
    for (size_t end = k; end-- > 1;) {
        const int32_t t = index[0];
        index[0] = index[end];
        index[end] = t;
        sink(x, index, 0, end);
    }
}

void sw_scalar_top_k(const float *x, size_t n, size_t k, int32_t *index) {
    size_t held = 0;
    if (k > SW_TOP_FEW) sw_top_many(x, n, k, index);
    else if (k > 0) sw_top_few(x, 0, n, k, index, &held);
}
