/// Passes over many floats, eight at a time. What is no number is skipped by all of them.
///
/// Comparisons are written so that NaN fails them, and rounding adds a large number instead of
/// calling a function, so that they become a few vector instructions on any CPU.
enum LogitScan {
    typealias Lanes = SIMD8<Float>
    /// Floats that one block maximum or block sum stands for.
    static let block = 256

    @inline(__always)
    static func load(_ values: UnsafePointer<Float>, _ index: Int) -> Lanes {
        unsafe UnsafeRawPointer(values + index).loadUnaligned(as: Lanes.self)
    }

    /// Whether a comparison holds for one of eight; `any` of the standard library looks at lane after lane.
    @inline(__always)
    static func any(_ mask: SIMDMask<SIMD8<Int32>>) -> Bool {
        let pairs = unsafe unsafeBitCast(mask, to: SIMD4<UInt64>.self)
        return (pairs[0] | pairs[1]) | (pairs[2] | pairs[3]) != 0
    }

    /// Whether a comparison holds for all of eight.
    @inline(__always)
    static func all(_ mask: SIMDMask<SIMD8<Int32>>) -> Bool {
        let pairs = unsafe unsafeBitCast(mask, to: SIMD4<UInt64>.self)
        return (pairs[0] & pairs[1]) & (pairs[2] & pairs[3]) == .max
    }

    /// The largest of `count` values; -infinity when there is none.
    static func maximum(_ values: UnsafePointer<Float>, _ count: Int) -> Float {
        var first = Lanes(repeating: -.infinity)
        var second = first
        var index = 0
        while index + 16 <= count {
            let a = unsafe load(values, index)
            let b = unsafe load(values, index + 8)
            first.replace(with: a, where: a .> first)
            second.replace(with: b, where: b .> second)
            index += 16
        }
        first.replace(with: second, where: second .> first)
        var best = first.max()
        while index < count {
            let value = unsafe values[index]
            if value > best { best = value }
            index += 1
        }
        return best
    }

    /// Number of values that are at least a bound.
    static func count(_ values: UnsafePointer<Float>, _ count: Int, atLeast bound: Float) -> Int {
        var lanes = SIMD8<Int32>()
        var index = 0
        while index + 8 <= count {
            lanes.replace(with: lanes &+ 1, where: unsafe load(values, index) .>= bound)
            index += 8
        }
        var total = Int(lanes.wrappedSum())
        while index < count {
            if unsafe values[index] >= bound { total += 1 }
            index += 1
        }
        return total
    }

    /// Sum and number of the finite values.
    static func sum(_ values: UnsafePointer<Float>, _ count: Int) -> (sum: Double, count: Int) {
        unsafe accumulate(values, count) { $0 }
    }

    /// Sum of (value - mean)^2 over the finite values.
    static func squares(_ values: UnsafePointer<Float>, _ count: Int, around mean: Float) -> Double {
        unsafe accumulate(values, count) { ($0 - mean) * ($0 - mean) }.sum
    }

    /// Sum of exp(value - reference) over the finite values, of which none is larger than the reference.
    static func exponentialSum(_ values: UnsafePointer<Float>, _ count: Int, reference: Float) -> Double {
        unsafe accumulate(values, count) { exponential($0 - reference) }.sum
    }

    @inline(__always)
    private static func accumulate(
        _ values: UnsafePointer<Float>, _ count: Int, _ term: (Lanes) -> Lanes
    ) -> (sum: Double, count: Int) {
        var total = 0.0
        var found = 0
        var start = 0
        while start < count {
            let end = min(start + 4096, count)
            var sum = Lanes()
            var number = SIMD8<Int32>()
            var index = start
            while index < end {
                var value = Lanes(repeating: -.infinity)
                if index + 8 <= end {
                    value = unsafe load(values, index)
                } else {
                    for lane in 0..<end - index { value[lane] = unsafe values[index + lane] }
                }
                let finite = (value .> -.infinity) .& (value .< .infinity)
                sum += Lanes().replacing(with: term(value), where: finite)
                number.replace(with: number &+ 1, where: finite)
                index += 8
            }
            total += Double(sum.sum())
            found += Int(number.wrappedSum())
            start = end
        }
        return (total, found)
    }

    /// exp of numbers up to 0, within (5 - x) x 2^-24 of it; below -87, and of NaN, 0.
    ///
    /// It is 2 to a whole power times 2^r. The polynomial has the smallest relative error for r in -0.5...0.5, and its
    /// terms are added in pairs, which wait for each other less than one after the other.
    @inline(__always)
    static func exponential(_ x: Lanes) -> Lanes {
        // 1.5 x 2^23: adding it leaves a number's nearest integer in the low bits.
        let magic: Float = 12_582_912
        let power = x * 1.442_695_04
        let whole = power + magic
        let rest = power - (whole - magic)
        let square = rest * rest
        let low = rest * 0.693_147 + 1
        let middle = rest * 0.055_507_336 + 0.240_222_42
        let high = rest * 0.001_326_472_7 + 0.009_671_513
        let series = (high * square + middle) * square + low
        let bits = unsafe unsafeBitCast(whole, to: SIMD8<Int32>.self) &<< 23
        let scaled = unsafe unsafeBitCast(
            unsafeBitCast(series, to: SIMD8<Int32>.self) &+ bits, to: Lanes.self)
        return Lanes().replacing(with: scaled, where: x .>= -87)
    }

    /// weights[i] = exp(values[i] - reference); also each block's sum. Returns the sum.
    static func exponentials(
        _ values: UnsafePointer<Float>, _ count: Int, reference: Float,
        into weights: UnsafeMutablePointer<Float>, blockSums: UnsafeMutablePointer<Float>
    ) -> Double {
        var total = 0.0
        var start = 0
        while start < count {
            let end = min(start + block, count)
            var sum = Lanes()
            var index = start
            while index + 8 <= end {
                let weight = exponential(unsafe load(values, index) - reference)
                unsafe UnsafeMutableRawPointer(weights + index).storeBytes(of: weight, as: Lanes.self)
                sum += weight
                index += 8
            }
            if index < end {
                var last = Lanes(repeating: -.infinity)
                for lane in 0..<end - index { last[lane] = unsafe values[index + lane] - reference }
                let weight = exponential(last)
                for lane in 0..<end - index { unsafe weights[index + lane] = weight[lane] }
                sum += weight
            }
            let blockSum = sum.sum()
            unsafe blockSums[start / block] = blockSum
            total += Double(blockSum)
            start = end
        }
        return total
    }

    /// Each block's sum of weights. Returns the sum of all.
    static func blockSums(
        _ weights: UnsafePointer<Float>, _ count: Int, into sums: UnsafeMutablePointer<Float>
    ) -> Double {
        var total = 0.0
        var start = 0
        while start < count {
            let end = min(start + block, count)
            var sum = Lanes()
            var index = start
            while index + 8 <= end {
                sum += unsafe load(weights, index)
                index += 8
            }
            var blockSum = sum.sum()
            while index < end {
                blockSum += unsafe weights[index]
                index += 1
            }
            unsafe sums[start / block] = blockSum
            total += Double(blockSum)
            start = end
        }
        return total
    }

    /// Sum of weights[i] x (values[i] - reference), where a value counts as no less than -87 below.
    static func weightedSum(
        _ weights: UnsafePointer<Float>, _ values: UnsafePointer<Float>, _ count: Int, reference: Float
    ) -> Double {
        var total = 0.0
        var start = 0
        while start < count {
            let end = min(start + 4096, count)
            var sum = Lanes()
            var index = start
            while index + 8 <= end {
                let difference = unsafe load(values, index) - reference
                let bounded = Lanes(repeating: -87).replacing(with: difference, where: difference .> -87)
                sum += bounded * (unsafe load(weights, index))
                index += 8
            }
            var part = sum.sum()
            while index < end {
                let difference = unsafe values[index] - reference
                if difference > -87 { part += unsafe weights[index] * difference }
                index += 1
            }
            total += Double(part)
            start = end
        }
        return total
    }
}
