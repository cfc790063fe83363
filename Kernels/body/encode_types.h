// encode_types.h: which encoder makes which type.

// Each encoder by itself, so that constants reach its loops but the text is compiled once.
#define ENCODER(name, call)                                                                              \
    static __attribute__((noinline)) void name(const float *x, const float *i, float s, uint8_t *b) { \
        (void)i, (void)s;                                                                               \
        call;                                                                                            \
    }

ENCODER(make_q4_0, encode_symmetric(x, i, 0.5f * s, 8, b))
ENCODER(make_q5_0, encode_symmetric(x, i, 0.5f * s, 16, b))
ENCODER(make_q4_1, encode_affine(x, i, 0.5f * s, 15, b))
ENCODER(make_q5_1, encode_affine(x, i, 0.5f * s, 31, b))
ENCODER(make_q8_0, encode_q8_0(x, b))
ENCODER(make_q2_k, encode_q2_k(x, i, 0.5f * s, b))
ENCODER(make_q3_k, encode_q3_k(x, i, s, b))
ENCODER(make_q4_k, encode_q4_k(x, i, s, b))
ENCODER(make_q5_k, encode_q5_k(x, i, s, b))
ENCODER(make_q6_k, encode_q6_k(x, i, s, b))
ENCODER(make_iq4_nl, encode_iq4_nl(x, i, s, b))
ENCODER(make_iq4_xs, encode_iq4_xs(x, i, s, b))
ENCODER(make_mxfp4, encode_mxfp4(x, i, s, b))
ENCODER(make_iq2_xxs, encode_iq2_xxs(x, i, s, b))
ENCODER(make_iq2_xs, encode_iq2_xs(x, i, s, b))
ENCODER(make_iq2_s, encode_iq2_s(x, i, s, b))
ENCODER(make_iq3_xxs, encode_iq3_xxs(x, i, s, b))
ENCODER(make_iq3_s, encode_iq3_s(x, i, s, b))
ENCODER(make_iq1_s, encode_iq1_s(x, i, s, b))
ENCODER(make_iq1_m, encode_iq1_m(x, i, s, b))
ENCODER(make_tq1_0, encode_tq1_0(x, i, s, b))
ENCODER(make_tq2_0, encode_tq2_0(x, i, s, b))

typedef void (*encoder)(const float *, const float *, float, uint8_t *);

static encoder encoder_of(int type) {
    switch (type) {
    case SW_Q4_0: return make_q4_0;
    case SW_Q4_1: return make_q4_1;
    case SW_Q5_0: return make_q5_0;
    case SW_Q5_1: return make_q5_1;
    case SW_Q8_0: return make_q8_0;
    case SW_Q2_K: return make_q2_k;
    case SW_Q3_K: return make_q3_k;
    case SW_Q4_K: return make_q4_k;
    case SW_Q5_K: return make_q5_k;
    case SW_Q6_K: return make_q6_k;
    case SW_IQ4_NL: return make_iq4_nl;
    case SW_IQ4_XS: return make_iq4_xs;
    case SW_MXFP4: return make_mxfp4;
    case SW_IQ2_XXS: return make_iq2_xxs;
    case SW_IQ2_XS: return make_iq2_xs;
    case SW_IQ2_S: return make_iq2_s;
    case SW_IQ3_XXS: return make_iq3_xxs;
    case SW_IQ3_S: return make_iq3_s;
    case SW_IQ1_S: return make_iq1_s;
    case SW_IQ1_M: return make_iq1_m;
    case SW_TQ1_0: return make_tq1_0;
    case SW_TQ2_0: return make_tq2_0;
    default: return NULL;
    }
}

static bool encode(int type, const float *x, const float *importance, void *dst, size_t n) {
    const encoder make = encoder_of(type);
    if (make == NULL) return false;
    const sw_type_info info = sw_type(type);
    uint8_t *b = dst;
    // Twice the mean square; of the row where blocks are small.
    float square = info.block == 32 ? 2 * sum_of_squares(x, (int)n) / (float)n : 0;
    for (size_t i = 0; i < n; i += info.block, b += info.bytes) {
        if (info.block == 256) square = 2 * sum_of_squares(x + i, 256) / 256;
        make(x + i, importance ? importance + i : NULL, square, b);
    }
    return true;
}
