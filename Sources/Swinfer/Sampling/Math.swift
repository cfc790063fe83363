import Glibc

// The C library's functions, under names that say what they are.
func logarithm(_ x: Float) -> Float { logf(x) }
func logarithm(_ x: Double) -> Double { log(x) }
func power(_ base: Float, _ exponent: Float) -> Float { powf(base, exponent) }
