// math.h: exp, tanh and their like, on the vectors of the including level.
#ifndef SWINFER_BODY_MATH_H
#define SWINFER_BODY_MATH_H

// Within 1 unit in the last place; 0 below -104, infinity above 88.73, NaN stays.
// exp(x) = 2^n exp(r), |r| <= ln 2 / 2; the polynomial is that of Cephes' expf.
SW_INLINE vf vf_exp(vf x) {
    // The bounds keep n finite; at both of them the result has already left the float range.
    x = vf_max(vf_set1(-104), vf_min(vf_set1(89), x));
    const vf n = vf_round(vf_mul(x, vf_set1(1.44269504088896341f)));
    vf r = vf_fnma(n, vf_set1(0.693147182464599609375f), x);
    r = vf_fnma(n, vf_set1(-1.904654323148236017e-9f), r);
    vf p = vf_set1(1.9875691500e-4f);
    p = vf_fma(p, r, vf_set1(1.3981999507e-3f));
    p = vf_fma(p, r, vf_set1(8.3334519073e-3f));
    p = vf_fma(p, r, vf_set1(4.1665795894e-2f));
    p = vf_fma(p, r, vf_set1(1.6666665459e-1f));
    p = vf_fma(p, r, vf_set1(5.0000001201e-1f));
    p = vf_fma(vf_mul(r, r), p, vf_add(r, vf_set1(1)));
    return vf_scale2(p, n);
}

// x / (1 + exp(-g)): x times the sigmoid of g. What exp would give below -87 adds nothing to 1, but where it is no
// normal number AVX-512's scaling takes a hundred times as long.
SW_INLINE vf vf_gated(vf g, vf x) {
    return vf_div(x, vf_add(vf_set1(1), vf_exp(vf_max(vf_set1(-87), vf_sub(vf_zero(), g)))));
}

// Cephes' tanhf: a polynomial where 1 - 2 / (exp(2x) + 1) would cancel.
SW_INLINE vf vf_tanh(vf x) {
    const vf a = vf_abs(x), z = vf_mul(x, x);
    vf p = vf_set1(-5.70498872745e-3f);
    p = vf_fma(p, z, vf_set1(2.06390887954e-2f));
    p = vf_fma(p, z, vf_set1(-5.37397155531e-2f));
    p = vf_fma(p, z, vf_set1(1.33314422036e-1f));
    p = vf_fma(p, z, vf_set1(-3.33332819422e-1f));
    const vf small = vf_fma(vf_mul(p, z), x, x);
    const vf e = vf_exp(vf_add(a, a));
    const vf large = vf_sub(vf_set1(1), vf_div(vf_set1(2), vf_add(e, vf_set1(1))));
    return vf_select_less(a, vf_set1(0.625f), small, vf_copysign(large, x));
}

#endif
